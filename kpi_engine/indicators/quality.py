"""Family D: the quality of resolutions."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from kpi_engine.course import Reopen, until
from kpi_engine.evidence import Evidence, Left
from kpi_engine.exclusions import configured_exclusion, exclusion
from kpi_engine.history import MERGED_IN, REQUESTER_RETURNED, DerivedEvent
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Unit
from kpi_engine.indicators.volume import AUTOMATIC_SOLVES, COUNT, EXCLUDE
from kpi_engine.measurement import CreditLine, Omission, Stamp
from kpi_engine.message import message
from kpi_engine.rulebook import Status
from kpi_engine.story import Step, StepKind

_WEEK = 7 * 86_400
_TWO = 2
_IGNORE = "ignore"
_LE1, _EQ1, _EQ1_INCL_OPEN, _NO_WAIT_STATUS = "le1", "eq1", "eq1_incl_open", "no_wait_status"
_FIRST_CONTACT, _ONE_TOUCH, _REOPEN_RATE, _REPEAT = (
    "first_contact_resolution",
    "one_touch",
    "reopen_rate",
    "repeat_contact_rate",
)


# --- Touches ----------------------------------------------------------------------------------------------------------


class _Touched(NamedTuple):
    """A solved ticket's number of replies by then, and whether it counts as solved in one touch."""

    solve: Stamp
    touches: int
    once: bool


def _touched(evidence: Evidence) -> _Touched | Left:
    solved = evidence.solved
    if isinstance(solved, Left):
        return solved
    rule = evidence.word(_ONE_TOUCH, "touch_rule", _LE1, at=solved.at)
    touches = sum([reply.at <= solved.at for reply in evidence.course.replies])
    if rule == _EQ1_INCL_OPEN:
        touches += evidence.course.opened_publicly
    if touches == 0 and evidence.word(_ONE_TOUCH, "zero_reply", COUNT, at=solved.at) == EXCLUDE:
        return Left(solved, "no_reply")
    if rule == _NO_WAIT_STATUS:
        return _Touched(solved, touches, touches > 0 and _never_waited(evidence, solved.at))
    return _Touched(solved, touches, touches == 1 or (rule == _LE1 and touches == 0))


def _never_waited(evidence: Evidence, at: int) -> bool:
    """Tell whether a ticket was never pending, on hold or reopened up to its last solve."""
    waiting = (Status.PENDING, Status.HOLD)
    waited = any(step.at <= at and step.state.status in waiting for step in evidence.story.steps)
    return not waited and not evidence.course.reopens


def _touch(key: str, fits: Callable[[_Touched], bool], evidence: Evidence) -> Iterator[CreditLine | Omission]:
    touched = evidence.once(_touched)
    if isinstance(touched, Left):
        yield touched.out_of(key)
    else:
        yield CreditLine(key, touched.solve, int(fits(touched)))


# --- First contact resolution -----------------------------------------------------------------------------------------


def _first_contact_resolution(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    solved = evidence.solved
    if isinstance(solved, Left):
        yield solved.out_of(_FIRST_CONTACT)
    else:
        yield _contact_line(_FIRST_CONTACT, solved, evidence.once(_at_first_contact))


def _first_contact_resolution_gross(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    opened_at, solve = evidence.opened_at, evidence.last_solve
    agent = evidence.story.last.agent if solve is None else evidence.assignee_at(solve.at)
    found = evidence.once(_at_first_contact) if evidence.whole else evidence.before_history(opened_at)
    yield _contact_line("first_contact_resolution_gross", evidence.stamp(agent, opened_at), found)


def _contact_line(key: str, stamp: Stamp, found: int | Left) -> CreditLine | Omission:
    return found._replace(stamp=stamp).out_of(key) if isinstance(found, Left) else CreditLine(key, stamp, found)


def _at_first_contact(evidence: Evidence) -> int | Left:
    """Return 1 where the last solve answered the first contact, else 0; a reason where that is not told (yet)."""
    solve = evidence.last_solve
    if solve is None:
        return 0
    at = solve.at
    if solve.automatic and evidence.word(_FIRST_CONTACT, AUTOMATIC_SOLVES, COUNT, at=at) == EXCLUDE:
        return Left(evidence.solver(solve), "automatic_solve")
    end = at + evidence.number(_FIRST_CONTACT, "window", _WEEK, at=at)
    if evidence.story.as_of <= end:
        return Left(evidence.solver(solve), "window_open", end)
    turns = sum([turn.at <= at for turn in evidence.course.turns])
    agents = {station.holder for station in until(evidence.course.stations, at)}
    if turns != 1 or len(agents) > 1 or _reopens(evidence, _FIRST_CONTACT, at):
        return 0
    return int(not _returned(evidence, at, end) and not _brought_back(evidence, at, end))


def _brought_back(evidence: Evidence, start: int, end: int) -> bool:
    """Tell whether a ticket that its requester opened in [start, end) was merged into this one: he came back with it.

    Merged away it counts nowhere itself; that must not hide that the first contact was not the last.
    """
    return any(
        event.kind == MERGED_IN
        and start <= event.cause.created_at < end
        and event.cause.requester_id == evidence.story.ticket.requester_id
        and event.at <= evidence.story.as_of
        and configured_exclusion(event.cause, evidence.rulebook.meanings.at(event.cause.created_at)) is None
        for event in evidence.history.derived
    )


def _returned(evidence: Evidence, start: int, end: int) -> bool:
    """Tell whether the requester opened another ticket about the same topic in [start, end)."""
    return any(
        event.kind == REQUESTER_RETURNED and start <= event.at < end and _counts(evidence, event, start)
        for event in evidence.history.derived
    )


def _counts(evidence: Evidence, event: DerivedEvent, at: int) -> bool:
    """Tell whether another ticket counts at all, and may be about the same topic: where either says nothing, it may."""
    if exclusion(event.cause, evidence.rulebook.meanings.at(event.at)) is not None:
        return False
    ours, theirs = evidence.meaning("topic", at), evidence.meaning("topic", at, event.cause)
    return ours is None or theirs is None or ours == theirs


def _repeat_contact_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    opened_at, requester = evidence.opened_at, evidence.story.ticket.requester_id
    end = opened_at + evidence.number(_REPEAT, "window", _WEEK, at=opened_at)
    if requester is None:
        yield Left(evidence.opening, "no_requester").out_of(_REPEAT)
    elif evidence.story.as_of <= end:
        yield Left(evidence.opening, "window_open", end).out_of(_REPEAT)
    else:
        yield CreditLine(_REPEAT, evidence.opening, int(_returned(evidence, opened_at, end)), 1, requester)


# --- Reopens ----------------------------------------------------------------------------------------------------------


def _reopens(evidence: Evidence, key: str, at: int) -> Sequence[Reopen]:
    """Return the reopens that count for an indicator, as it is configured at an instant."""
    course = evidence.course
    if course.reopens and evidence.word(key, "thanks_reopens", COUNT, at=at) == _IGNORE:
        return [reopen for reopen in course.reopens if not course.is_thanks(reopen)]
    return course.reopens


def _reopen_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    solves = evidence.course.solves
    judged = [solve for solve in solves if _is_judged(evidence, solve, solves[-1].at)]
    if not solves:
        yield evidence.unsolved().out_of(_REOPEN_RATE)
    elif not evidence.whole:
        yield evidence.before_history(solves[-1].at).out_of(_REOPEN_RATE)
    elif not judged:
        yield Left(evidence.solver(solves[-1]), "automatic_solve").out_of(_REOPEN_RATE)
    else:
        yield _reopen_rate_line(evidence, judged)


def _reopen_rate_line(evidence: Evidence, judged: Sequence[Step]) -> CreditLine:
    last = judged[-1]
    reopens = [reopen for reopen in _reopens(evidence, _REOPEN_RATE, last.at) if reopen.failed in judged]
    solver = _whose(evidence, reopens[-1].failed if reopens else last)
    return CreditLine(_REOPEN_RATE, evidence.stamp(solver, last.at), int(bool(reopens)))


def _reopens_counted(evidence: Evidence) -> Iterator[CreditLine]:
    for reopen in evidence.course.reopens:
        at = reopen.step.at
        if reopen in _reopens(evidence, _REOPEN_RATE, at) and _is_judged(evidence, reopen.failed, at):
            yield CreditLine("reopens", evidence.stamp(_whose(evidence, reopen.failed), at))


def _is_judged(evidence: Evidence, solve: Step | None, at: int) -> bool:
    """Tell whether a solve (None: one before the history) is one that may fail, as configured at an instant."""
    automatic = solve is not None and solve.automatic
    return not automatic or evidence.word(_REOPEN_RATE, AUTOMATIC_SOLVES, COUNT, at=at) == COUNT


def _whose(evidence: Evidence, solve: Step | None) -> str | None:
    """Return whose solve it was: who had the ticket then, at first where it lies before the history.

    What a machine solved was nobody's decision, whoever has the ticket.
    """
    if solve is None:
        return evidence.assignee_at(evidence.opened_at)
    return None if solve.automatic else evidence.assignee_at(solve.at)


# --- Hands ------------------------------------------------------------------------------------------------------------


def _assignees(evidence: Evidence, at: int) -> list[str]:
    return [station.holder for station in until(evidence.course.stations, at)]


def _unique_assignees(evidence: Evidence, at: int) -> set[str]:
    return set(_assignees(evidence, at))


def _groups(evidence: Evidence, at: int) -> list[str]:
    return [station.holder for station in until(evidence.course.group_stations, at)]


_WRITING = (StepKind.OPENED, StepKind.AGENT_REPLY, StepKind.NOTE)


def _writers(evidence: Evidence, at: int) -> set[str | None]:
    """Return the agents who wrote on the ticket, its opening included."""
    steps = evidence.story.steps
    return {step.actor for step in steps if step.by_agent and step.kind in _WRITING and step.at <= at}


def _hands(
    key: str, find: Callable[[Evidence, int], Collection[str | None]], evidence: Evidence
) -> Iterator[CreditLine | Omission]:
    solved = evidence.solved
    if isinstance(solved, Left):
        yield solved.out_of(key)
    else:
        yield CreditLine(key, solved, len(find(evidence, solved.at)))


def _escalation_rate(evidence: Evidence) -> Iterator[CreditLine]:
    key, ticket_id = "escalation_rate", evidence.history.ticket_id
    for at, agent in evidence.course.actions:
        yield CreditLine(key, evidence.stamp(agent, at), 0, 1, ticket_id)
    for firing in evidence.firings:
        if firing.level > 0:
            yield CreditLine(key, evidence.holder(firing.at), 1, 1, ticket_id)


_NEEDS = frozenset({Input.TICKETS, Input.HISTORY})
_LAST_SOLVE = message("the last solve, while it stands")

_WINDOW = Parameter(
    name="window",
    default=_WEEK,
    least=1,
    duration=True,
    why=message(
        "A week is long enough for a customer to notice that the answer did not help, and short enough for a figure to "
        "be of use; no product agrees with another. A figure counts a ticket once its window has ended, so that "
        "yesterday's solves do not flatter it."
    ),
)

_THANKS = Parameter(
    name="thanks_reopens",
    default=COUNT,
    allowed=(COUNT, _IGNORE),
    why=message(
        "Zendesk, dbt_zendesk and Zoho count every reopening. A customer's thank-you reopens a ticket too: `ignore` "
        "leaves a reopening out that an agent solved again without a reply."
    ),
)

_TOUCH = Indicator(
    key=_ONE_TOUCH,
    catalogue="one_touch",
    name=message("One-touch resolution"),
    formula=message("solved tickets with at most one public reply divided by solved tickets"),
    stamp=_LAST_SOLVE,
    credit=message("the assignee at that solve"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.RATIO,
    lines=partial(_touch, _ONE_TOUCH, lambda touched: touched.once),
    needs=_NEEDS,
    interval=Interval.WILSON,
    min_n=10,
    parameters=(
        Parameter(
            name="touch_rule",
            default=_LE1,
            allowed=(_LE1, _EQ1, _EQ1_INCL_OPEN, _NO_WAIT_STATUS),
            why=message(
                "Zendesk's help says fewer than two replies (`le1`) in one language and exactly one (`eq1`) in "
                "another; Freshdesk and Zoho mean the first response. dbt_zendesk counts an agent's opening comment "
                "too (`eq1_incl_open`). Zendesk messaging wants a reply and neither waiting nor reopening "
                "(`no_wait_status`)."
            ),
        ),
        Parameter(
            name="zero_reply",
            default=COUNT,
            allowed=(COUNT, EXCLUDE),
            why=message(
                "A ticket solved by telephone needs no written reply and stays among the solved. Groove divides by "
                "tickets with a reply only: `exclude` does."
            ),
        ),
    ),
)

_FEW_TOUCHES = replace(_TOUCH, better=Better.LOWER, parameters=())

_FCR = replace(
    _TOUCH,
    key=_FIRST_CONTACT,
    catalogue="fcr",
    name=message("First contact resolution"),
    formula=message(
        "solved tickets with exactly one reply turn, one assignee at most, no reopening and no other ticket of the "
        "requester about the same topic in the window after the solve, divided by solved tickets whose window ended"
    ),
    stamp=message("the last solve, once its window has ended"),
    lines=_first_contact_resolution,
    parameters=(
        _WINDOW,
        _THANKS,
        Parameter(
            name=AUTOMATIC_SOLVES,
            default=COUNT,
            allowed=(COUNT, EXCLUDE),
            why=message(
                "Where the customer never came back after the one reply, the first contact has most likely solved it, "
                "whoever pressed the button. `exclude` leaves out tickets that an automation solved."
            ),
        ),
    ),
)

_REOPENED = replace(
    _TOUCH,
    key=_REOPEN_RATE,
    catalogue="reopen_rate",
    name=message("Reopen rate"),
    formula=message("tickets that were solved and reopened at least once divided by tickets that were solved"),
    stamp=message("the last solve, whether it stands or not"),
    credit=message("the assignee at the latest solve that failed, else at the last solve; nobody if a machine solved"),
    better=Better.LOWER,
    lines=_reopen_rate,
    parameters=(
        _THANKS,
        Parameter(
            name=AUTOMATIC_SOLVES,
            default=COUNT,
            allowed=(COUNT, EXCLUDE),
            why=message(
                "That an automation closed a ticket too early says something about the rules, not about the agent who "
                "has it: such a ticket counts for the team and the account, and for nobody. Zendesk charges whoever "
                "has the ticket. `exclude` leaves solves by automations and their reopening out altogether."
            ),
        ),
    ),
)

_STATIONS = replace(
    _TOUCH,
    key="assignee_stations",
    catalogue="transfers (stations)",
    name=message("Assignee stations"),
    formula=message("how often a ticket was given to an agent up to the last solve; A, B and A again are three"),
    unit=Unit.TIMES,
    better=Better.LOWER,
    reduction=Reduction.MEAN,
    lines=partial(_hands, "assignee_stations", _assignees),
    interval=Interval.NONE,
    min_n=1,
    parameters=(),
)

INDICATORS = (
    _FCR,
    replace(
        _FCR,
        key="first_contact_resolution_gross",
        catalogue="fcr_gross",
        name=message("First contact resolution (gross)"),
        formula=message("tickets solved at the first contact divided by all tickets, unsolved ones included"),
        stamp=message("the creation; a solved ticket once the window after its last solve has ended"),
        credit=message("the assignee at the last solve, else who has the ticket"),
        lines=_first_contact_resolution_gross,
        parameters=(),
    ),
    _TOUCH,
    replace(
        _FEW_TOUCHES,
        key="two_touch",
        catalogue="two_touch",
        name=message("Two-touch resolution"),
        formula=message("solved tickets with two public replies divided by solved tickets"),
        lines=partial(_touch, "two_touch", lambda touched: touched.touches == _TWO),
    ),
    replace(
        _FEW_TOUCHES,
        key="multi_touch",
        catalogue="multi_touch",
        name=message("Multi-touch resolution"),
        formula=message("solved tickets with more than two public replies divided by solved tickets"),
        lines=partial(_touch, "multi_touch", lambda touched: touched.touches > _TWO),
    ),
    _REOPENED,
    replace(
        _REOPENED,
        key="reopens",
        catalogue="reopens",
        name=message("Reopens"),
        formula=message("number of changes from solved to unsolved"),
        stamp=message("the reopening"),
        credit=message("the assignee at the solve that failed; nobody if a machine solved"),
        unit=Unit.TIMES,
        reduction=Reduction.COUNT,
        lines=_reopens_counted,
        interval=Interval.NONE,
        min_n=1,
        additive=True,
        parameters=(),
    ),
    _STATIONS,
    replace(
        _STATIONS,
        key="unique_assignees",
        catalogue="transfers (unique)",
        name=message("Different assignees"),
        formula=message("how many different agents a ticket was given to up to the last solve"),
        unit=Unit.PEOPLE,
        lines=partial(_hands, "unique_assignees", _unique_assignees),
    ),
    replace(
        _STATIONS,
        key="group_stations",
        catalogue="group_hops",
        name=message("Group stations"),
        formula=message("how often a ticket was given to a group up to the last solve, the first included"),
        lines=partial(_hands, "group_stations", _groups),
    ),
    replace(
        _STATIONS,
        key="commenting_agents",
        catalogue="handoffs",
        name=message("Commenting agents"),
        formula=message("how many different agents wrote on a ticket, publicly or privately, up to the last solve"),
        unit=Unit.PEOPLE,
        lines=partial(_hands, "commenting_agents", _writers),
    ),
    replace(
        _TOUCH,
        key=_REPEAT,
        catalogue="repeat_contact",
        name=message("Repeat contact rate"),
        formula=message(
            "different requesters who opened another ticket about the same topic within the window, divided by "
            "different requesters"
        ),
        stamp=message("the creation of the first ticket, once its window has ended"),
        credit=message("the first agent the first ticket is given to"),
        better=Better.LOWER,
        reduction=Reduction.DISTINCT_RATIO,
        lines=_repeat_contact_rate,
        parameters=(_WINDOW,),
    ),
    replace(
        _TOUCH,
        key="escalation_rate",
        catalogue="esc_rate",
        name=message("Escalation rate"),
        formula=message(
            "different tickets that a clock escalated to level 1 or above divided by those and the different tickets "
            "on which the agent did something"
        ),
        stamp=message("the escalation; each thing done"),
        credit=message("who has the ticket when it escalates; the agent who did something"),
        better=Better.LOWER,
        reduction=Reduction.DISTINCT_RATIO,
        lines=_escalation_rate,
        parameters=(),
    ),
)
