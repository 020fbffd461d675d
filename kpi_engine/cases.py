"""Cases that penalties are made of: verdicts on clocks, from a measurement or a history, and customers' complaints."""

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from kpi_engine.evidence import EXEMPTED
from kpi_engine.indicators.overdue import WITHOUT_VERDICT, is_graded_in_a_span, is_severe
from kpi_engine.measure import Judged
from kpi_engine.measurement import Certainty, Clock, ClockState, CreditLine, Measurement, Omission
from kpi_engine.periods import Period
from kpi_engine.rulebook import Rulebook
from kpi_engine.story import Story

JUDGED = "overdue_rate"
"""The indicator whose lines are cases: a clock that met its goal, or did not."""

SEVERE = "severe_overdue_count"
COMPLAINTS = "complaint_rate"
COMPLAINT = "complaint"
"""What stands in the place of a clock where a case is a customer who complained, or did not."""

_REASONS = frozenset({EXEMPTED, *WITHOUT_VERDICT.values()})


class Case(NamedTuple):
    """A clock that was judged: whose it is and when, as the overdue rate counts it.

    `late` is by how many seconds of its own time it was over its goal when it ended, or is by now; None for a goal met.
    `exempt`: somebody decided that it counts for nobody. `unsure`: it is known only approximately. `shares` are the
    seconds that each holder had it, `spared` a holder who does not answer, for he was on leave. `severe`: the ticket
    was of the gravest kind at the breach, and nobody doubts it who knows when it was. A `customer` who was held is a
    case, too: late by nothing if he complained of the agent.
    """

    ticket_id: str
    account: str
    clock: str
    at: int
    agent: str | None
    team: str | None
    priority: str | None
    channel: str | None
    edition: str
    late: int | None = None
    exempt: bool = False
    unsure: bool = False
    goal: int = 0
    ended: bool = True
    policy: str = ""
    shares: tuple[tuple[str | None, int], ...] = ()
    spared: str | None = None
    severe: bool = False
    customer: str | None = None


def cases_of(measurement: Measurement, period: Period, rulebook: Rulebook, as_of: int) -> Iterator[Case]:
    """Yield the cases of one ticket in a period; how late a clock is that still runs is told as of `as_of`."""
    severe = {(line.part, line.at): line.certainty for line in measurement.lines if line.indicator == SEVERE}
    for line in measurement.lines:
        if line.indicator == JUDGED and period.start <= line.at < period.end:
            case = _judged(line, measurement, rulebook, as_of)
            certainty = severe.get((f"{case.clock}:{case.ticket_id}", case.at))
            yield case._replace(severe=certainty is Certainty.EXACT or (case.unsure and certainty is not None))
    for omission, clock in _left_out(measurement):
        if omission.reason == EXEMPTED and period.start <= omission.at < period.end:
            yield _exempted(omission, clock, measurement)


def complaints_of(measurement: Measurement, period: Period) -> Iterator[Case]:
    """Yield the customers whom agents held in a period, and those of them who complained of one that answers for it."""
    for held in measurement.holdings:
        start, end = max(held.start, period.start), period.end if held.end is None else min(held.end, period.end)
        if held.requester is not None and start < end:
            yield _customer(measurement, start, held.agent, held.team, held.requester)._replace(
                priority=held.priority, channel=held.channel
            )
    for line in measurement.lines:
        if line.indicator == COMPLAINTS and period.start <= line.at < period.end:
            case = _customer(measurement, line.at, line.agent, line.team, line.part or "")
            yield case._replace(
                ticket_id=line.ticket_id or measurement.ticket_id,
                priority=line.priority,
                channel=line.channel,
                edition=line.edition,
                late=0,
                unsure=line.certainty is not Certainty.EXACT,
            )


def _customer(measurement: Measurement, at: int, agent: str | None, team: str | None, customer: str) -> Case:
    return Case(
        ticket_id=measurement.ticket_id,
        account=measurement.account,
        clock=COMPLAINT,
        at=at,
        agent=agent,
        team=team,
        priority=None,
        channel=None,
        edition=measurement.edition,
        customer=customer,
    )


def _left_out(measurement: Measurement) -> Iterator[tuple[Omission, Clock | None]]:
    """Yield why clocks without a verdict are left out, each with its clock: those of an instant stand in one order."""
    waiting: dict[int, list[Clock]] = {}
    for clock in measurement.clocks:
        if clock.state in WITHOUT_VERDICT:
            waiting.setdefault(_ended_at(clock), []).append(clock)
    for omission in measurement.omissions:
        if omission.indicator == JUDGED and omission.reason in _REASONS:
            found = waiting.get(omission.at)
            yield omission, found.pop(0) if found else None


def _judged(line: CreditLine, measurement: Measurement, rulebook: Rulebook, as_of: int) -> Case:
    case = Case(
        ticket_id=measurement.ticket_id,
        account=line.account,
        clock=line.part or "",
        at=line.at,
        agent=line.agent,
        team=line.team,
        priority=line.priority,
        channel=line.channel,
        edition=line.edition,
        unsure=line.certainty is not Certainty.EXACT,
    )
    return case if not line.numerator else _with_evidence(case, measurement, rulebook, as_of)


def _with_evidence(case: Case, measurement: Measurement, rulebook: Rulebook, as_of: int) -> Case:
    found = (each for each in measurement.clocks if (each.clock, each.breached_at) == (case.clock, case.at))
    clock = next(found)
    return case._replace(
        late=lateness(clock, rulebook, as_of),
        goal=clock.goal,
        ended=clock.stopped_at is not None,
        policy=clock.policy,
        shares=clock.shares,
        spared=clock.spared,
    )


def lateness(clock: Clock, rulebook: Rulebook, as_of: int) -> int:
    """Return by how many seconds of its own time a breached clock is over its goal, as of an instant while it runs."""
    late = max(0, clock.elapsed - clock.goal)
    if clock.stopped_at is not None or clock.paused or not clock.runs:
        return late
    last = clock.runs[-1]
    return late + rulebook.calendar(last.calendar, last.end).between(last.end, as_of)


def _exempted(omission: Omission, clock: Clock | None, measurement: Measurement) -> Case:
    forgiven = clock is not None and clock.forgiven_at is not None
    held = [each for each in measurement.holdings if each.start <= omission.at]
    told = [each for each in measurement.lines if each.at <= omission.at]  # where it was never unsolved till then
    last = held[-1] if held else max(told, key=attrgetter("at"), default=None)
    return Case(
        ticket_id=measurement.ticket_id,
        account=measurement.account,
        clock=clock.clock if clock is not None else "",
        at=omission.at,
        agent=omission.agent,
        team=omission.team,
        priority=last.priority if last is not None else None,
        channel=last.channel if last is not None else None,
        edition=clock.edition if clock is not None else measurement.edition,
        late=clock.elapsed - clock.goal if clock is not None and forgiven else None,
        exempt=True,
    )


def _ended_at(clock: Clock) -> int:
    ends = (clock.forgiven_at, clock.stopped_at, clock.started_at)
    return next(each for each in ends if each is not None)


def verdicts(found: Judged, rulebook: Rulebook) -> Iterator[Case]:
    """Yield the cases of a ticket of which only the clocks were judged: those that its measurement has, too."""
    for clock in found.clocks:
        if clock.breached_at is not None:
            case = _case(clock, clock.breached_at, clock.agent, clock.team, found)._replace(
                late=lateness(clock, rulebook, found.story.as_of),
                shares=clock.shares,
                spared=clock.spared,
            )
            yield case._replace(severe=_is_surely_severe(case, found.story, rulebook))
        elif clock.state is ClockState.MET or (clock.state is ClockState.VOID and clock.clock in found.history.exempt):
            yield _unbreached(clock, found, rulebook)


def _is_surely_severe(case: Case, story: Story, rulebook: Rulebook) -> bool:
    """Tell it of a breach; where all of it is known only approximately, so may its severity be."""
    if not is_severe(story.state_at(case.at), rulebook, case.at):
        return False
    return case.unsure or not is_graded_in_a_span(story, case.at)


def _unbreached(clock: Clock, found: Judged, rulebook: Rulebook) -> Case:
    if clock.forgiven_at is not None:
        forgiven = _case(clock, clock.forgiven_at, clock.agent, clock.team, found)
        return forgiven._replace(late=clock.elapsed - clock.goal, exempt=True)
    at = clock.stopped_at if clock.stopped_at is not None else clock.started_at
    state = found.story.state_at(at)
    case = _case(clock, at, state.agent, rulebook.team(state.agent, state.group, at), found)
    return case._replace(exempt=clock.state is ClockState.VOID)


def _case(clock: Clock, at: int, agent: str | None, team: str | None, found: Judged) -> Case:
    return Case(
        ticket_id=found.history.ticket_id,
        account=found.history.account,
        clock=clock.clock,
        at=at,
        agent=agent,
        team=team,
        priority=found.story.state_at(at).priority,
        channel=found.story.ticket.channel,
        edition=clock.edition,
        unsure=clock.certainty is not Certainty.EXACT,
        goal=clock.goal,
        ended=clock.stopped_at is not None,
        policy=clock.policy,
    )
