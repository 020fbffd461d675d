"""Family C: resolution and the time spent in each state."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise

from kpi_engine.course import until
from kpi_engine.elapsed import Spent, Stay, total
from kpi_engine.evidence import Evidence, Left, Timing
from kpi_engine.indicators.indicator import Better, Indicator, Input, Parameter, Reduction, Unit
from kpi_engine.indicators.timed import CALENDAR_SWITCH, span, twins
from kpi_engine.measurement import Stamp
from kpi_engine.message import message
from kpi_engine.rulebook import UNSOLVED, Status

REQUESTER_WAITS = frozenset({Status.NEW, Status.OPEN, Status.HOLD})
AGENT_WORKS = frozenset({Status.NEW, Status.OPEN})
_COUNT, _EXCLUDE = "count", "exclude"


# --- From creation or assignment to a solve ---------------------------------------------------------------------------


def _first_resolution(evidence: Evidence) -> Iterator[Timing | Left]:
    solves = evidence.course.solves
    if not solves:
        yield evidence.unsolved()
    elif not evidence.whole:
        yield evidence.before_history(solves[0].at)
    else:
        yield span(evidence, "first_resolution", evidence.opened_at, evidence.solver(solves[0]))


def _full_resolution(evidence: Evidence) -> Iterator[Timing | Left]:
    if solve := evidence.last_solve:
        yield span(evidence, "full_resolution", evidence.opened_at, evidence.solver(solve))
    else:
        yield evidence.unsolved()


def _from_station(key: str, place: int, evidence: Evidence) -> Iterator[Timing | Left]:
    """Yield the time from the station at `place`, of those before the solve, to that solve."""
    solved = evidence.solved
    if isinstance(solved, Left):
        yield solved
    elif stations := until(evidence.course.stations, solved.at):
        yield span(evidence, key, stations[place].at, solved)
    else:
        yield Left(solved, "never_assigned")


# --- In a state -------------------------------------------------------------------------------------------------------


def _in_states(statuses: Collection[Status], evidence: Evidence) -> Iterator[Timing | Left]:
    """Yield the part of each who had the unsolved ticket, and the solver's, though it be nothing."""
    hands = evidence.once(_in_hands)
    if isinstance(hands, Left):
        yield hands
        return
    for stamp, stays in hands:
        times = [stay.spent for stay in stays if stay.state.status in statuses]
        if times or stamp.agent is not None or stamp == evidence.solved:
            yield Timing(stamp, total(times))


def _in_hands(evidence: Evidence) -> list[tuple[Stamp, list[Stay]]] | Left:
    """Return who had the unsolved ticket up to its last solve, nobody included, and when; the solver first."""
    solved = evidence.solved
    if isinstance(solved, Left):
        return solved
    held: dict[str | None, list[Stay]] = {solved.agent: []}
    for stay in evidence.elapsed.until(solved.at):
        if stay.state.status in UNSOLVED:
            held.setdefault(stay.state.agent, []).append(stay)
    return [(evidence.stamp(holder, solved.at), stays) for holder, stays in held.items()]


# --- In somebody's hands ----------------------------------------------------------------------------------------------


def _ownership_time(evidence: Evidence) -> Iterator[Timing | Left]:
    for start, end, holder, spent in _owned(evidence):
        agent, group = holder
        stamp = evidence.stamp_of(agent, evidence.rulebook.team(agent, group, end), end)
        if start == evidence.opened_at and not evidence.whole:
            yield Left(stamp, "before_history")
        else:
            yield Timing(stamp, spent)


def _owned(evidence: Evidence) -> Iterator[tuple[int, int, tuple[str | None, str | None], Spent]]:
    """Yield (start, end, (agent, group), time) of each stretch in the same hands that a handover or a solve ended."""
    start, holder = evidence.opened_at, None
    for step in evidence.story.steps:
        now = None if step.done else (step.state.agent, step.state.group)
        if now == holder:  # to be deleted and restored interrupts nothing either
            continue
        if holder is not None:
            spent = evidence.elapsed.between(start, step.at)
            if spent.calendar:
                yield start, step.at, holder, spent
        start, holder = step.at, now


def _update_gap(evidence: Evidence) -> Iterator[Timing | Left]:
    for before, reply in pairwise(evidence.course.replies):
        counted = _counted(evidence, reply.at)
        between = [stay for stay in evidence.elapsed.stays if before.at <= stay.start and stay.end <= reply.at]
        spent = total([stay.spent for stay in between if stay.state.status in counted])
        yield Timing(evidence.holder(reply.at), spent)


def _counted(evidence: Evidence, at: int) -> Collection[Status]:
    excludes = evidence.word("update_gap", "pending", _COUNT, at=at) == _EXCLUDE
    return UNSOLVED - {Status.PENDING} if excludes else UNSOLVED


_NEEDS = frozenset({Input.TICKETS, Input.HISTORY})
_LAST_SOLVE = message("the last solve, while it stands")
_SOLVER = message("the assignee at that solve")

_FULL = Indicator(
    key="full_resolution",
    catalogue="full_res",
    name=message("Full resolution time"),
    formula=message("business time from creation to the last solve"),
    stamp=_LAST_SOLVE,
    credit=_SOLVER,
    unit=Unit.SECONDS,
    better=Better.LOWER,
    reduction=Reduction.MEAN,
    needs=_NEEDS,
    parameters=(CALENDAR_SWITCH,),
)

_FIRST = replace(
    _FULL,
    key="first_resolution",
    catalogue="first_res",
    name=message("First resolution time"),
    formula=message("business time from creation to the first solve, whether it was undone later or not"),
    stamp=message("the first solve"),
)

_REQUESTER_WAIT = replace(
    _FULL,
    key="requester_wait",
    catalogue="req_wait",
    name=message("Requester wait time"),
    formula=message("business time in new, open and on hold up to the last solve"),
    credit=message("each who had the ticket, for the part that passed in his hands"),
    reduction=Reduction.SHARED,
    parameters=(),
)

_AGENT_WAIT = replace(
    _REQUESTER_WAIT,
    key="agent_wait",
    catalogue="agent_wait",
    name=message("Agent wait time"),
    formula=message("business time in pending, waiting for the customer, up to the last solve"),
    better=Better.NEUTRAL,
)

_ON_HOLD = replace(
    _REQUESTER_WAIT,
    key="on_hold",
    catalogue="onhold",
    name=message("On-hold time"),
    formula=message("business time on hold, waiting for somebody else, up to the last solve"),
)

_AGENT_WORK = replace(
    _REQUESTER_WAIT,
    key="agent_work",
    catalogue="agent_work",
    name=message("Agent work time"),
    formula=message("business time in new and open up to the last solve"),
)

_TO_SOLVE = replace(
    _FULL,
    key="assignment_to_solve",
    catalogue="assign_to_solve (first)",
    name=message("First assignment to solve"),
    formula=message("business time from the first assignment to an agent to the last solve"),
)

_LAST_TO_SOLVE = replace(
    _FULL,
    key="last_assignment_to_solve",
    catalogue="assign_to_solve (last)",
    name=message("Last assignment to solve"),
    formula=message("business time from the last assignment to an agent before the last solve to that solve"),
)

_OWNERSHIP = replace(
    _REQUESTER_WAIT,
    key="ownership_time",
    catalogue="owner_time",
    name=message("Ownership time"),
    formula=message("business time for which the unsolved ticket stayed with the same agent and group"),
    stamp=message("the handover or the solve that ended it"),
    credit=message("who had the ticket"),
    reduction=Reduction.MEAN,
)

_GAP = replace(
    _REQUESTER_WAIT,
    key="update_gap",
    catalogue="update_gap",
    name=message("Update gap"),
    formula=message("business time between two public replies while the ticket was unsolved"),
    stamp=message("the later reply"),
    credit=message("who has the ticket then"),
    reduction=Reduction.MEAN,
    parameters=(
        Parameter(
            name="pending",
            default=_COUNT,
            allowed=(_COUNT, _EXCLUDE),
            why=message(
                "A customer likes to hear from us whoever the next step is with: Zendesk's periodic update counts "
                "every unsolved status. Its pausable update leaves out the time in pending, and so does `exclude`."
            ),
        ),
    ),
)

INDICATORS = (
    *twins(
        _FIRST,
        _first_resolution,
        message("First resolution time (calendar)"),
        message("calendar time from creation to the first solve, whether it was undone later or not"),
    ),
    *twins(
        _FULL,
        _full_resolution,
        message("Full resolution time (calendar)"),
        message("calendar time from creation to the last solve"),
    ),
    *twins(
        _REQUESTER_WAIT,
        partial(_in_states, REQUESTER_WAITS),
        message("Requester wait time (calendar)"),
        message("calendar time in new, open and on hold up to the last solve"),
    ),
    *twins(
        _AGENT_WAIT,
        partial(_in_states, {Status.PENDING}),
        message("Agent wait time (calendar)"),
        message("calendar time in pending, waiting for the customer, up to the last solve"),
    ),
    *twins(
        _ON_HOLD,
        partial(_in_states, {Status.HOLD}),
        message("On-hold time (calendar)"),
        message("calendar time on hold, waiting for somebody else, up to the last solve"),
    ),
    *twins(
        _AGENT_WORK,
        partial(_in_states, AGENT_WORKS),
        message("Agent work time (calendar)"),
        message("calendar time in new and open up to the last solve"),
    ),
    *twins(
        _TO_SOLVE,
        partial(_from_station, "assignment_to_solve", 0),
        message("First assignment to solve (calendar)"),
        message("calendar time from the first assignment to an agent to the last solve"),
    ),
    *twins(
        _LAST_TO_SOLVE,
        partial(_from_station, "last_assignment_to_solve", -1),
        message("Last assignment to solve (calendar)"),
        message("calendar time from the last assignment to an agent before the last solve to that solve"),
    ),
    *twins(
        _OWNERSHIP,
        _ownership_time,
        message("Ownership time (calendar)"),
        message("calendar time for which the unsolved ticket stayed with the same agent and group"),
    ),
    *twins(
        _GAP,
        _update_gap,
        message("Update gap (calendar)"),
        message("calendar time between two public replies while the ticket was unsolved"),
    ),
)
