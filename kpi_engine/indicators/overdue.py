"""Family E: overdue requests and the goals of clocks."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.evidence import Credit, Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Unit
from kpi_engine.measurement import Certainty, Clock, ClockState, CreditLine, Omission
from kpi_engine.message import message

_WARNED_FROM = 75
_ENDED = frozenset({ClockState.MET, ClockState.BREACHED_CLOSED, ClockState.VOID})


def _clock_line(key: str, evidence: Evidence, clock: Clock, fraction: tuple[int, int] = (1, 1)) -> CreditLine:
    """Return the line of a clock's verdict: at its breach for who answers for it, else at its end for the holder."""
    at, credit = _judged(evidence, clock)
    line = evidence.line(key, at, credit, fraction, clock.clock)
    return line if clock.certainty is Certainty.EXACT else replace(line, certainty=clock.certainty)


def _judged(evidence: Evidence, clock: Clock) -> tuple[int, Credit]:
    if clock.breached_at is not None:
        return clock.breached_at, (clock.agent, clock.team)
    at = clock.stopped_at if clock.stopped_at is not None else evidence.story.as_of
    return at, evidence.credit(evidence.assignee_at(at), at)


def _overdue_count(evidence: Evidence) -> Iterator[CreditLine]:
    counted = set()
    for clock in evidence.clocks:  # instances in order: a ticket counts once per clock, at its first breach
        if clock.breached_at is not None and clock.clock not in counted:
            counted.add(clock.clock)
            yield _clock_line("overdue_count", evidence, clock)


def _verdicts(key: str, evidence: Evidence, *, breached: int, met: int) -> Iterator[CreditLine | Omission]:
    """Yield a line for each clock that was judged; one that ended without a verdict is left out."""
    for clock in evidence.clocks:
        if clock.breached_at is not None:
            yield _clock_line(key, evidence, clock, (breached, 1))
        elif clock.state is ClockState.MET:
            yield _clock_line(key, evidence, clock, (met, 1))
        elif clock.state is ClockState.VOID:
            yield evidence.omission(key, *_judged(evidence, clock), "clock_void")


def _overdue_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    yield from _verdicts("overdue_rate", evidence, breached=1, met=0)


def _goals_met(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    yield from _verdicts("goals_met", evidence, breached=0, met=1)


def _goals_met_tickets(evidence: Evidence) -> Iterator[CreditLine]:
    breached = [clock for clock in evidence.clocks if clock.breached_at is not None]
    met = [clock for clock in evidence.clocks if clock.state is ClockState.MET]
    if breached:
        first = min(breached, key=lambda clock: clock.breached_at or 0)
        yield replace(_clock_line("goals_met_tickets", evidence, first, (0, 1)), part=None)
    elif met and all(clock.state in _ENDED for clock in evidence.clocks):
        last = max(met, key=lambda clock: clock.stopped_at or 0)
        yield replace(_clock_line("goals_met_tickets", evidence, last), part=None)


def _overdue_minutes(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    for clock in evidence.clocks:
        if clock.breached_at is not None:
            line = _clock_line("overdue_minutes", evidence, clock, (max(0, clock.elapsed - clock.goal), 1))
            if clock.stopped_at is not None:
                yield replace(line, at=clock.stopped_at)
            else:
                yield evidence.omission(line.indicator, line.at, (line.agent, line.team), "still_running")


def _near_miss(evidence: Evidence) -> Iterator[CreditLine]:
    for clock in evidence.clocks:
        if clock.breached_at is None and clock.state is ClockState.MET:
            line = _clock_line("near_miss", evidence, clock)
            per_cent = evidence.number("near_miss", "per_cent", _WARNED_FROM, at=line.at)
            yield replace(line, numerator=int(clock.elapsed * 100 > clock.goal * per_cent))


_NEEDS = frozenset({Input.TICKETS, Input.HISTORY})
_BREACHED_BY = message(
    "the holder at the breach if he held the clock for at least a tenth of its goal, "
    "else who held it longest if for at least half of the goal, else the team"
)
_JUDGED_BY = message("{breach}; for a goal met, who has the ticket then", breach=_BREACHED_BY)

_COUNT = Indicator(
    key="overdue_count",
    catalogue="overdue_cnt",
    name=message("Overdue requests"),
    formula=message("number of clocks that went over their goal, each ticket once per clock"),
    stamp=message("the instant of the breach"),
    credit=_BREACHED_BY,
    unit=Unit.TICKETS,
    better=Better.LOWER,
    reduction=Reduction.COUNT,
    lines=_overdue_count,
    needs=_NEEDS,
    additive=True,
)

_RATE = Indicator(
    key="overdue_rate",
    catalogue="overdue_rate",
    name=message("Overdue rate"),
    formula=message("clocks that went over their goal divided by those and the clocks that met it"),
    stamp=message("the breach, else the end of the clock"),
    credit=_JUDGED_BY,
    unit=Unit.SHARE,
    better=Better.LOWER,
    reduction=Reduction.RATIO,
    interval=Interval.WILSON,
    min_n=10,
    lines=_overdue_rate,
    needs=_NEEDS,
)

INDICATORS = (
    _COUNT,
    _RATE,
    replace(
        _COUNT,
        key="overdue_minutes",
        catalogue="overdue_min",
        name=message("Overdue time"),
        formula=message("time by which clocks ended over their goal, in the clock's own time, summed up"),
        stamp=message("the end of the clock"),
        unit=Unit.SECONDS,
        reduction=Reduction.SUM,
        lines=_overdue_minutes,
    ),
    replace(
        _RATE,
        key="goals_met",
        catalogue="sla_pct (clocks)",
        name=message("Goals met"),
        formula=message("clocks that met their goal divided by those and the clocks that went over it"),
        better=Better.HIGHER,
        lines=_goals_met,
    ),
    replace(
        _RATE,
        key="goals_met_tickets",
        catalogue="sla_pct (tickets)",
        name=message("Tickets with all goals met"),
        formula=message("tickets all of whose clocks ended within their goals divided by those and the overdue ones"),
        stamp=message("the ticket's first breach, else the end of its last clock"),
        better=Better.HIGHER,
        lines=_goals_met_tickets,
    ),
    replace(
        _RATE,
        key="near_miss",
        catalogue="near_miss",
        name=message("Near misses"),
        formula=message("clocks that met their goal after `per_cent` of it had passed, divided by all that met it"),
        stamp=message("the end of the clock"),
        credit=message("who has the ticket then"),
        lines=_near_miss,
        parameters=(
            Parameter(
                name="per_cent",
                default=_WARNED_FROM,
                least=1,
                most=99,
                why=message(
                    "Three quarters of the goal is where the starter policies warn, and a warning is what makes a "
                    "near miss visible while it can still be helped."
                ),
            ),
        ),
    ),
)
