"""Family E: overdue requests and the goals of clocks."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise

from kpi_engine.evidence import EXEMPTED, Evidence, Left
from kpi_engine.indicators.indicator import (
    Better,
    Facts,
    Indicator,
    Input,
    Interval,
    Parameter,
    Reduction,
    Unit,
    no_lines,
)
from kpi_engine.measurement import Certainty, Clock, ClockState, CreditLine, Omission, Stamp
from kpi_engine.message import message
from kpi_engine.rulebook import Rulebook
from kpi_engine.story import State, Story

SEVERE = frozenset({"s1", "urgent"})
"""The severity where no scale tells the gravest, or the priority where no severity is told: no average may hide it."""

_WARNED_FROM = 75
_INTERNAL = "internal_goals_met"
_TIME, _TIME_CALENDAR = "overdue_minutes", "overdue_minutes_calendar"
OWNERSHIP = "ownership"
"""The clock that runs while one group has the ticket: what groups promise one another."""

WITHOUT_VERDICT = {ClockState.VOID: "clock_void", ClockState.UNDECIDED: "clock_undecided"}
"""The states in which a clock ended without telling whether its goal was met, and the reasons given."""
_ENDED = frozenset({ClockState.MET, ClockState.BREACHED_CLOSED, ClockState.VOID})


def _judged(evidence: Evidence) -> list[tuple[Clock, Stamp]]:
    """Return each clock with the stamp of its verdict: of its breach for who answers for it, else of its end."""
    return [(clock, _verdict(evidence, clock)) for clock in evidence.clocks]


def _verdict(evidence: Evidence, clock: Clock) -> Stamp:
    decided_at = clock.breached_at if clock.forgiven_at is None else clock.forgiven_at
    if decided_at is not None:
        return evidence.stamp_of(clock.agent, clock.team, decided_at)
    # One that lost its goal while it runs has no end: as_of would move its omission with every pass.
    return evidence.holder(clock.stopped_at if clock.stopped_at is not None else clock.started_at)


def _overdue_count(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    for clock, stamp in evidence.once(_judged):
        if clock.breached_at is not None:
            part = f"{clock.clock}:{stamp.ticket_id}"  # late twice in a period, for the same agent, is one request
            yield CreditLine("overdue_count", stamp, 1, 1, part, clock.certainty)
            yield from _spared("overdue_count", evidence, clock)
        elif clock.forgiven_at is not None:
            yield Left(stamp, EXEMPTED).out_of("overdue_count")


def _severe_overdue_count(evidence: Evidence) -> Iterator[CreditLine]:
    for clock, stamp in evidence.once(_judged):
        if clock.breached_at is not None and is_severe(evidence.state_at(stamp.at), evidence.rulebook, stamp.at):
            part = f"{clock.clock}:{stamp.ticket_id}"
            certainty = Certainty.APPROXIMATE if is_graded_in_a_span(evidence.story, stamp.at) else clock.certainty
            yield CreditLine("severe_overdue_count", stamp, 1, 1, part, certainty)


def is_severe(state: State, rulebook: Rulebook, at: int) -> bool:
    """Tell whether a ticket that stands so is of the gravest kind: by its severity, else by its priority.

    The gravest is the first of the policies' scale, S1 without one.
    """
    severity = rulebook.policies.at(at).severity
    if state.severity is not None and severity is not None:
        return state.severity == severity.scale[0]
    return str(state.priority if state.severity is None else state.severity).casefold() in SEVERE


def is_graded_in_a_span(story: Story, at: int) -> bool:
    """Tell whether how grave the ticket was at an instant is not known.

    Either a change lies in a span around it, or it was first seen later what no history tells.
    """
    if story.ungraded is not None and story.ungraded[0] < at < story.ungraded[1]:
        return True
    return any(
        after.since is not None
        and after.since < at < after.at
        and (before.state.severity, before.state.priority) != (after.state.severity, after.state.priority)
        for before, after in pairwise(story.steps)
    )


def _spared(key: str, evidence: Evidence, clock: Clock) -> Iterator[Omission]:
    """Yield that a breach does not count for its holder, who was on leave."""
    if clock.spared is not None and clock.breached_at is not None:
        yield Left(evidence.stamp(clock.spared, clock.breached_at), "on_leave").out_of(key)


def _verdicts(key: str, breached: int, met: int, evidence: Evidence) -> Iterator[CreditLine | Omission]:
    """Yield a line for each clock that was judged; one that ended without a verdict is left out."""
    for clock, stamp in evidence.once(_judged):
        if clock.breached_at is not None:
            yield CreditLine(key, stamp, breached, 1, clock.clock, clock.certainty)
            yield from _spared(key, evidence, clock)
        elif clock.state is ClockState.MET:
            yield CreditLine(key, stamp, met, 1, clock.clock, clock.certainty)
        elif clock.state in WITHOUT_VERDICT:
            reason = EXEMPTED if evidence.is_exempt(clock.clock) else WITHOUT_VERDICT[clock.state]
            yield Left(stamp, reason).out_of(key)


def _goals_undecided(evidence: Evidence) -> Iterator[CreditLine]:
    for clock, stamp in evidence.once(_judged):
        if clock.state is ClockState.UNDECIDED:
            yield CreditLine("goals_undecided", stamp, 1, 1, clock.clock, clock.certainty)


def _internal_goals_met(evidence: Evidence) -> Iterator[CreditLine]:
    """Yield the verdicts of the clocks of a group's hold on the ticket, each for the group that had it."""
    for clock, stamp in evidence.once(_judged):
        if clock.clock == OWNERSHIP and (clock.breached_at is not None or clock.state is ClockState.MET):
            team = evidence.rulebook.team(None, evidence.state_at(clock.started_at).group, stamp.at)
            held = evidence.stamp_of(None, team, stamp.at)
            yield CreditLine(_INTERNAL, held, int(clock.breached_at is None), 1, clock.clock, clock.certainty)


def _goals_met_tickets(evidence: Evidence) -> Iterator[CreditLine]:
    judged = evidence.once(_judged)
    breached = [each for each in judged if each[0].breached_at is not None]
    met = [each for each in judged if each[0].state is ClockState.MET]
    if breached:
        clock, stamp = min(breached, key=_stamped_at)
        yield CreditLine("goals_met_tickets", stamp, 0, 1, None, clock.certainty)
    elif met and all(clock.state in _ENDED for clock, _ in judged):
        clock, stamp = max(met, key=_stamped_at)
        yield CreditLine("goals_met_tickets", stamp, 1, 1, None, clock.certainty)


def _stamped_at(judged: tuple[Clock, Stamp]) -> int:
    return judged[1].at


def _overdue_minutes(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    for clock, stamp in evidence.once(_judged):
        if clock.breached_at is None:
            continue
        if clock.stopped_at is None:
            yield Left(stamp, "still_running").out_of(_TIME)
            yield Left(stamp, "still_running").out_of(_TIME_CALENDAR)
        else:
            late, ended = max(0, clock.elapsed - clock.goal), stamp._replace(at=clock.stopped_at)
            by_the_wall = _ran_on(clock, evidence.rulebook) if late else 0
            yield CreditLine(_TIME, ended, late, 1, clock.clock, clock.certainty)
            yield CreditLine(_TIME_CALENDAR, ended, by_the_wall, 1, clock.clock, clock.certainty)


def _ran_on(clock: Clock, rulebook: Rulebook) -> int:
    """Return the calendar seconds for which a clock ran once its goal was used up, its pauses left out."""
    left, seconds = clock.goal, 0
    for run in clock.runs:
        calendar = rulebook.calendar(run.calendar, run.start)
        worked = calendar.between(run.start, run.end)
        if seconds or worked >= left:
            used_up = (calendar.add(run.start, left) or run.start) if left else run.start
            seconds, left = seconds + run.end - used_up, 0
        else:
            left -= worked
    return seconds


def _of_clock(key: str, clock: str, line: CreditLine, _facts: Facts) -> CreditLine | None:
    return replace(line, indicator=key) if line.part == clock else None


def _near_miss(evidence: Evidence) -> Iterator[CreditLine]:
    for clock, stamp in evidence.once(_judged):
        if clock.breached_at is None and clock.state is ClockState.MET:
            per_cent = evidence.number("near_miss", "per_cent", _WARNED_FROM, at=stamp.at)
            near = int(clock.elapsed * 100 > clock.goal * per_cent)
            yield CreditLine("near_miss", stamp, near, 1, clock.clock, clock.certainty)


_NEEDS = frozenset({Input.TICKETS, Input.HISTORY})
_BREACHED_BY = message(
    "the holder at the breach if he held the clock for at least a tenth of its goal, "
    "else who held it longest if for at least half of the goal, else the team; who was on leave then does not answer"
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
    reduction=Reduction.DISTINCT,
    lines=_overdue_count,
    needs=_NEEDS,
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
    lines=partial(_verdicts, "overdue_rate", 1, 0),
    needs=_NEEDS,
)

_OVERDUE_TIME = replace(
    _COUNT,
    key=_TIME,
    catalogue="overdue_min",
    name=message("Overdue time"),
    formula=message("time by which clocks ended over their goal, in the clock's own time, summed up"),
    stamp=message("the end of the clock"),
    unit=Unit.SECONDS,
    reduction=Reduction.SUM,
    lines=_overdue_minutes,
    additive=True,
)

_GOALS_MET = replace(
    _RATE,
    key="goals_met",
    catalogue="sla_pct (clocks)",
    name=message("Goals met"),
    formula=message("clocks that met their goal divided by those and the clocks that went over it"),
    better=Better.HIGHER,
    lines=partial(_verdicts, "goals_met", 0, 1),
)

INDICATORS = (
    _COUNT,
    _RATE,
    replace(
        _COUNT,
        key="severe_overdue_count",
        catalogue="overdue_cnt (S1)",
        name=message("Severe overdue requests"),
        formula=message(
            "number of clocks that went over their goal on tickets that were of the gravest severity (the first of the "
            "policies' scale, else S1) at the breach, or of urgent priority where no severity is told, each ticket "
            "once per clock; one of them floors the grade of a scorecard"
        ),
        stamp=message("the instant of the breach, with the severity the ticket had then"),
        lines=_severe_overdue_count,
    ),
    _OVERDUE_TIME,
    replace(
        _OVERDUE_TIME,
        key=_TIME_CALENDAR,
        catalogue="overdue_min (calendar)",
        name=message("Overdue time (calendar)"),
        formula=message("calendar time for which clocks ran on over their goal until they ended, summed up"),
    ),
    _GOALS_MET,
    *(
        replace(
            _GOALS_MET,
            key=f"{clock}_within",
            catalogue=f"sla_pct ({clock})",
            name=name,
            formula=message(
                "clocks {clock} that met their goal divided by those and the ones that went over it", clock=clock
            ),
            lines=no_lines,
            borrows={"goals_met": partial(_of_clock, f"{clock}_within", clock)},
        )
        for clock, name in (
            ("next_reply", message("Next reply within the goal")),
            ("resolution", message("Resolution within the goal")),
        )
    ),
    replace(
        _RATE,
        key=_INTERNAL,
        catalogue="ola_pct",
        name=message("Internal goals met"),
        formula=message(
            "clocks of a group's hold on a ticket (ownership) that met their goal divided by those and the ones that "
            "went over it"
        ),
        stamp=message("the breach, else the handover or the solve"),
        credit=message("the group that had the ticket, no person"),
        better=Better.HIGHER,
        lines=_internal_goals_met,
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
        _COUNT,
        key="goals_undecided",
        catalogue="–",
        name=message("Undecided goals"),
        formula=message(
            "number of clocks of which nobody can tell whether they met their goal, because what ended them is only "
            "known to lie in a span; they count as neither met nor overdue"
        ),
        stamp=message("the end of the clock"),
        credit=message("who has the ticket then"),
        better=Better.NEUTRAL,
        reduction=Reduction.COUNT,
        lines=_goals_undecided,
        additive=True,
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
