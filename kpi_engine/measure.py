"""The one definition: a ticket's history, read through the rulebook, as of an instant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kpi_engine.clock_run import ClockRun
from kpi_engine.clocks import played
from kpi_engine.differences import Stretch, blind, completed, unsure
from kpi_engine.escalations import escalate
from kpi_engine.evidence import Evidence
from kpi_engine.exclusions import exclusion, merged_away
from kpi_engine.exempting import Given, exemptions, with_exemptions
from kpi_engine.guards import signs
from kpi_engine.history import History
from kpi_engine.holdings import Answerable, held, responsible
from kpi_engine.indicators import INDICATORS, complaints, satisfaction
from kpi_engine.indicators.indicator import Input, no_lines
from kpi_engine.measurement import Certainty, Clock, ClockState, CreditLine, Exclusion, Firing, Measurement, Omission
from kpi_engine.message import message
from kpi_engine.rulebook import DONE, Rulebook
from kpi_engine.story import Story
from kpi_engine.telling import told


def measure(history: History, rulebook: Rulebook, as_of: int) -> Measurement:
    """Return everything a ticket's history says, up to and including `as_of`, under the rulebook."""
    found = judged(history, rulebook, as_of)
    return _blank(history, rulebook, as_of, found) if isinstance(found, Exclusion) else _measured(found, rulebook)


@dataclass(frozen=True, slots=True)
class Judged:
    """A ticket's history (whole, with all that is exempted), its story, and what its clocks came to."""

    history: History
    story: Story
    runs: tuple[ClockRun, ...]
    clocks: tuple[Clock, ...]
    firings: tuple[Firing, ...]
    stretches: Sequence[Stretch]


def judged(history: History, rulebook: Rulebook, as_of: int) -> Judged | Exclusion:
    """Return what a ticket's clocks came to, without any figure, or why the ticket counts nowhere."""
    created_at = history.latest.created_at
    if created_at > as_of:
        too_young = message("it was opened after the instant the data is complete to")
        return Exclusion("too_young", too_young, created_at)
    if history.own:
        ours = message("it is a summary or an announcement written by helpdesk-kpi")
        return Exclusion("own", ours, created_at)
    if (excluded := exclusion(history.latest, rulebook.meanings.at(created_at))) is not None:
        return Exclusion(*excluded, created_at)
    if (away := merged_away(history)) is not None:
        return Exclusion(*away, created_at)
    whole = completed(history)
    return _judged(whole, told(whole, rulebook, as_of), rulebook)


def exempted_by(history: History, rulebook: Rulebook, as_of: int) -> tuple[Given, ...]:
    """Return what is exempted on the ticket itself, and who set what says so: as `measure` goes by it."""
    whole = completed(history)
    return tuple(exemptions(whole, told(whole, rulebook, as_of), rulebook))


def _blank(history: History, rulebook: Rulebook, as_of: int, excluded: Exclusion) -> Measurement:
    return Measurement(
        ticket_id=history.ticket_id,
        account=history.account,
        as_of=as_of,
        edition=rulebook.policies.digest_at(as_of),
        excluded=excluded,
        wake_at=excluded.at - 1 if excluded.at > as_of else None,
    )


def _judged(told_history: History, story: Story, rulebook: Rulebook) -> Judged:
    history = with_exemptions(told_history, story, rulebook)
    played_runs = _clock_runs(story, history.account, rulebook) if story.whole else []
    runs = tuple(run for run in played_runs if run.rule.clock not in history.exempt)
    stretches, unseen = unsure(history, rulebook.telling), blind(history, rulebook.deciding)
    verdicts = {id(run): _doubted(_clock(run, story, rulebook), stretches, unseen) for run in runs}
    clocks = tuple(verdicts.get(id(run)) or _exempted(_clock(run, story, rulebook)) for run in played_runs)
    firings = tuple(_firings(zip(runs, verdicts.values(), strict=True), story, rulebook))
    return Judged(history, story, runs, clocks, firings, stretches)


def _measured(found: Judged, rulebook: Rulebook) -> Measurement:
    history, story = found.history, found.story
    holdings = held(story, rulebook, found.runs)
    evidence = Evidence(history, story, rulebook, found.clocks, found.firings)
    lines, omissions = _answers(evidence)
    _mark(lines, found.stretches)
    _mark_ratings(lines, history)
    return Measurement(
        ticket_id=history.ticket_id,
        account=history.account,
        as_of=story.as_of,
        edition=rulebook.policies.digest_at(story.as_of),
        lines=lines,
        omissions=omissions,
        clocks=found.clocks,
        firings=found.firings,
        holdings=holdings,
        wake_at=min(_waking(story, found.runs, rulebook, omissions), default=None),
        signs=signs(evidence),
    )


def _exempted(clock: Clock) -> Clock:
    """Return a clock that somebody exempted: without a verdict, but remembering the breach that is forgiven."""
    return replace(clock, state=ClockState.VOID, breached_at=None, due_at=None, forgiven_at=clock.breached_at)


def _doubted(clock: Clock, stretches: Sequence[Stretch], unseen: tuple[int, int] | None) -> Clock:
    """Return a clock, approximate where some stretch of its life is not known for sure.

    So is a verdict of before what decides it was first seen.
    """
    decided = clock.stopped_at if clock.breached_at is None else clock.breached_at
    if unseen is not None and decided is not None and unseen[0] < decided < unseen[1]:
        return replace(clock, certainty=Certainty.APPROXIMATE)
    ended = clock.breached_at if clock.stopped_at is None else clock.stopped_at
    unsure_ones = (
        (ended is None or start < ended) and (end is None or end >= clock.started_at) for start, end in stretches
    )
    return replace(clock, certainty=Certainty.APPROXIMATE) if any(unsure_ones) else clock


def _mark(lines: Iterable[CreditLine], stretches: Sequence[Stretch]) -> None:
    """Mark what rests on an instant that is only known to lie in a stretch."""
    if not stretches:
        return
    for line in lines:
        if any(start < line.at and (end is None or line.at <= end) for start, end in stretches):
            line.certainty = Certainty.APPROXIMATE


def _mark_ratings(lines: Iterable[CreditLine], history: History) -> None:
    """Mark what a rating says of which nobody knows when exactly it was given."""
    seen_late = {rating.at for rating in history.ratings if rating.since is not None}
    for line in lines if seen_late else ():
        if line.at in seen_late and line.indicator in _RATED:
            line.certainty = Certainty.APPROXIMATE


_RATED: Final = frozenset(key for key, indicator in INDICATORS.items() if Input.RATINGS in indicator.needs)
_ANSWERED_FOR: Final = ("breach", "escalation:", "repeat:")
"""What fell due because the clock breached."""

_OF_RATINGS: Final = tuple(dict.fromkeys(indicator.lines for indicator in satisfaction.INDICATORS))
"""What tells the lines of those indicators that say nothing of a ticket which nobody rated."""

_OF_COMPLAINTS: Final = tuple(dict.fromkeys(indicator.lines for indicator in complaints.INDICATORS))
"""What tells the lines of those that say nothing where no field or tag marks a complaint."""

_OF_ALL: Final = tuple(
    dict.fromkeys(
        indicator.lines
        for indicator in INDICATORS.values()
        if indicator.lines not in (no_lines, *_OF_RATINGS, *_OF_COMPLAINTS)
    )
)
"""What tells the lines of all others; twins share theirs."""


def _answers(evidence: Evidence) -> tuple[tuple[CreditLine, ...], tuple[Omission, ...]]:
    answering = _OF_ALL
    if evidence.history.ratings:
        answering += _OF_RATINGS
    if "complaint" in evidence.rulebook.carried:
        answering += _OF_COMPLAINTS
    found = [answer for tell in answering for answer in tell(evidence)]
    lines = tuple([answer for answer in found if isinstance(answer, CreditLine)])
    if len(lines) == len(found):
        return lines, ()
    return lines, tuple([answer for answer in found if isinstance(answer, Omission)])


def _clock_runs(story: Story, account: str, rulebook: Rulebook) -> list[ClockRun]:
    runs = [run for name in rulebook.clock_names for run in played(name, story, rulebook)]
    for run in runs:
        escalate(run, story, account, rulebook)
    return runs


def _clock(run: ClockRun, story: Story, rulebook: Rulebook) -> Clock:
    whose = Answerable(None, None) if run.breached_at is None else responsible(run, story, rulebook)
    judged_at = next(at for at in (run.breached_at, run.stopped_at, story.as_of) if at is not None)
    return Clock(
        clock=run.rule.clock,
        instance=run.instance,
        policy=run.rule.policy,
        started_at=run.started_at if run.stopped_at is None else min(run.started_at, run.stopped_at),
        stopped_at=run.stopped_at,
        goal=run.goal or 0,
        elapsed=run.elapsed,
        due_at=run.due_at,
        breached_at=run.breached_at,
        state=run.state,
        paused=run.stopped_at is None and run.since is None,
        agent=whose.agent,
        team=whose.team,
        runs=tuple(run.runs),
        certainty=run.certainty,
        edition=rulebook.policies.digest_at(judged_at),
        spared=whose.spared,
        shares=whose.shares,
    )


def _firings(pairs: Iterable[tuple[ClockRun, Clock]], story: Story, rulebook: Rulebook) -> Iterator[Firing]:
    """Yield what fell due: a warning concerns the holder, a breach and its escalations who answers for it."""
    for run, clock in pairs:
        for timer in run.fired:
            state = story.state_at(timer.at)
            holder = (state.agent, rulebook.team(state.agent, state.group, timer.at))
            agent, team = (clock.agent, clock.team) if timer.step.startswith(_ANSWERED_FOR) else holder
            yield Firing(
                ticket_id=story.ticket.ticket_id,
                clock=clock.clock,
                instance=clock.instance,
                step=timer.step,
                level=timer.level,
                kind=timer.kind,
                at=timer.at,
                agent=agent,
                team=team,
                edition=rulebook.policies.digest_at(timer.at),
                severity=state.severity if rulebook.policies.at(timer.at).has_tiers else None,
            )


def _waking(story: Story, runs: Iterable[ClockRun], rulebook: Rulebook, omissions: Iterable[Omission]) -> Iterator[int]:
    """Yield the instants up to which nothing changes by itself: look again once as_of has passed the least."""
    yield from (run.wake_at for run in runs if run.wake_at is not None)
    if story.last.status not in DONE:  # a later rule may resume what is paused now, or start a clock
        yield from (turn - 1 for turn in rulebook.turning_points if turn > story.as_of)
    if story.unheard_at is not None:
        yield story.unheard_at - 1
    yield from (each.until for each in omissions if each.until is not None)
