"""Who held a ticket, how it stood meanwhile, and who answers for what happened."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from kpi_engine.clock_run import ClockRun
from kpi_engine.measurement import Holding
from kpi_engine.rulebook import UNSOLVED, Rulebook, Status
from kpi_engine.story import State, Step, Story

HOLDER_AT_BREACH_PER_CENT = 10
LARGEST_SHARE_PER_CENT = 50

Late: TypeAlias = list[tuple[int, int | None]]
"""From when to when (None: still) each clock was over its goal, the earliest first."""


class _Held(NamedTuple):
    """What a holding tells beside its time, as the story has it."""

    state: State
    team: str | None
    replied: bool
    owed_since: int | None
    touched_at: int | None
    overdue_since: int | None
    binned: tuple[tuple[int, int], ...] | None


def held(story: Story, rulebook: Rulebook, runs: Sequence[ClockRun] = ()) -> tuple[Holding, ...]:
    """Return the stretches in which the ticket was unsolved; a new one begins whenever anything in it changes."""
    late = sorted([(run.breached_at, run.stopped_at) for run in runs if run.breached_at is not None], key=itemgetter(0))
    holdings: list[Holding] = []
    before: _Held | None = None
    for what, start, end in _told(story, rulebook, late):
        if what == before and holdings[-1].end == start:  # nothing changed: it goes on
            holdings[-1].end = end
        else:
            holdings.append(_holding(what, start, end, story))
        before = what
    return tuple(holdings)


def _told(story: Story, rulebook: Rulebook, late: Late) -> Iterator[tuple[_Held, int, int | None]]:
    touched_at, binned = None, tuple[tuple[int, int], ...]()
    for step, end in _spans(story.steps):
        touched_at = step.at if step.by_agent else touched_at
        state = step.state
        if state.status is Status.DELETED and end is not None:
            binned = (*binned, (step.at, end))
        if state.status in UNSOLVED and end != step.at:
            team = rulebook.team(state.agent, state.group, step.at)
            for start, stop in _cut(step.at, end, late):
                overdue_since = _overdue_since(start, late) if late else None
                told = (step.replied, step.owed_since, touched_at, overdue_since, binned or None)
                yield _Held(state, team, *told), start, stop


def _spans(steps: Sequence[Step]) -> Iterator[tuple[Step, int | None]]:
    for step, following in pairwise(steps):
        yield step, following.at
    yield steps[-1], None


def _cut(start: int, end: int | None, late: Late) -> Iterator[tuple[int, int | None]]:
    """Yield [start, end) in pieces that end where a clock goes over its goal; where it stops there is a step."""
    for at, _ in late:
        if start < at and (end is None or at < end):
            yield start, at
            start = at
    yield start, end


def _overdue_since(instant: int, late: Late) -> int | None:
    return next((at for at, stop in late if at <= instant and (stop is None or instant < stop)), None)


def _holding(what: _Held, start: int, end: int | None, story: Story) -> Holding:
    state = what.state
    return Holding(
        agent=state.agent,
        team=what.team,
        status=state.status.value,
        start=start,
        end=end,
        channel=story.ticket.channel,
        priority=state.priority,
        segment=state.segment,
        requester=state.requester,
        opened_at=story.ticket.created_at,
        calendar=state.calendar,
        assumed=state.assumed,
        answered=what.replied,
        owed_since=what.owed_since,
        touched_at=what.touched_at,
        overdue_since=what.overdue_since,
        binned=what.binned,
        severity=state.severity,
    )


class Answerable(NamedTuple):
    """Who answers for a breach: an agent, or the team alone; `spared` is a holder who was on leave then.

    `shares` are the seconds that each holder had the clock, the longest first: what the answer rests on.
    """

    agent: str | None
    team: str | None
    spared: str | None = None
    shares: tuple[tuple[str | None, int], ...] = ()


def responsible(run: ClockRun, story: Story, rulebook: Rulebook) -> Answerable:
    """Return the agent and the team that answer for a breached clock, the agent None for the team alone.

    The holder at breach if he held the clock for at least 10 % of its goal; else who held it longest, if for at least
    half of the goal; else the team. Shares are measured in the clock's own time while the holder was at work by his
    roster; who was on leave at the breach does not answer for it.
    """
    breached_at, goal = run.breached_at or 0, run.goal or 0
    state = story.state_at(breached_at)
    shares = _shares(run, story, rulebook, breached_at)
    told = tuple(sorted(shares.items(), key=lambda share: (-share[1], share[0] or "")))
    spared = state.agent if rulebook.on_leave(state.agent, breached_at) else None
    if spared is not None:
        shares.pop(spared, None)
    there = spared is None and _reaches(shares.get(state.agent, 0), goal, HOLDER_AT_BREACH_PER_CENT)
    agent = state.agent if there else None
    if agent is None:
        longest = max((seconds, holder or "") for holder, seconds in shares.items()) if shares else (0, "")
        agent = longest[1] or None if _reaches(longest[0], goal, LARGEST_SHARE_PER_CENT) else None
    return Answerable(agent, rulebook.team(agent, state.group, breached_at), spared, told)


def _reaches(seconds: int, goal: int, per_cent: int) -> bool:
    return seconds * 100 >= goal * per_cent


def _shares(run: ClockRun, story: Story, rulebook: Rulebook, breached_at: int) -> dict[str | None, int]:
    """Return the seconds of the clock's own time up to the breach that each holder had it, nobody included."""
    shares: dict[str | None, int] = {}
    for agent, since, until in _assignments(story, breached_at):
        for stretch in run.runs:
            start, end = max(since, stretch.start), min(stretch.end, until)
            if start < end:
                calendar = rulebook.calendar(stretch.calendar, stretch.start)
                seconds = rulebook.roster(agent, breached_at).between(calendar, start, end)
                shares[agent] = shares.get(agent, 0) + seconds
    return shares


def _assignments(story: Story, until: int) -> Iterator[tuple[str | None, int, int]]:
    """Yield (agent, start, end): who was assigned when, nobody included, up to an instant."""
    agent, since = story.steps[0].state.agent, story.steps[0].at
    for step in story.steps:
        if step.state.agent != agent:
            yield agent, since, min(step.at, until)
            agent, since = step.state.agent, step.at
    yield agent, since, until
