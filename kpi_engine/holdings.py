"""Who held a ticket, and who answers for what happened meanwhile."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from kpi_engine.clocks import ClockRun
from kpi_engine.measurement import Holding
from kpi_engine.rulebook import UNSOLVED, Rulebook
from kpi_engine.story import Step, Story

HOLDER_AT_BREACH_PER_CENT = 10
LARGEST_SHARE_PER_CENT = 50


def held(story: Story, rulebook: Rulebook) -> tuple[Holding, ...]:
    """Return the stretches in which the ticket was unsolved, by agent, team and status; the last one may last."""
    holdings: list[Holding] = []
    for step, end in _spans(story.steps):
        if step.state.status in UNSOLVED and end != step.at:
            holding = _holding(step, end, story, rulebook)
            if holdings and _continues(holdings[-1], holding):
                holding = _joined(holdings.pop(), holding)
            holdings.append(holding)
    return tuple(holdings)


def _spans(steps: Sequence[Step]) -> Iterator[tuple[Step, int | None]]:
    for step, following in pairwise(steps):
        yield step, following.at
    yield steps[-1], None


def _holding(step: Step, end: int | None, story: Story, rulebook: Rulebook) -> Holding:
    state = step.state
    return Holding(
        agent=state.agent,
        team=rulebook.team(state.agent, state.group, step.at),
        status=state.status,
        start=step.at,
        end=end,
        channel=story.ticket.channel,
        priority=state.priority,
    )


def _continues(before: Holding, after: Holding) -> bool:
    same_hands = (before.agent, before.team, before.status, before.priority)
    return before.end == after.start and same_hands == (after.agent, after.team, after.status, after.priority)


def _joined(before: Holding, after: Holding) -> Holding:
    return replace(before, end=after.end)


def responsible(
    run: ClockRun, story: Story, holdings: Iterable[Holding], rulebook: Rulebook
) -> tuple[str | None, str | None]:
    """Return the agent and the team that answer for a breached clock, the agent None for the team alone.

    The holder at breach if he held the clock for at least 10 % of its goal; else who held it longest, if for at least
    half of the goal; else the team. Shares are measured in the clock's own time.
    """
    breached_at, goal = run.breached_at or 0, run.goal or 0
    state = story.state_at(breached_at)
    shares = _shares(run, holdings, rulebook, breached_at)
    agent = state.agent if _reaches(shares.get(state.agent, 0), goal, HOLDER_AT_BREACH_PER_CENT) else None
    if agent is None:
        longest = max((seconds, holder or "") for holder, seconds in shares.items()) if shares else (0, "")
        agent = longest[1] or None if _reaches(longest[0], goal, LARGEST_SHARE_PER_CENT) else None
    return agent, rulebook.team(agent, state.group, breached_at)


def _reaches(seconds: int, goal: int, per_cent: int) -> bool:
    return seconds * 100 >= goal * per_cent


def _shares(run: ClockRun, holdings: Iterable[Holding], rulebook: Rulebook, breached_at: int) -> dict[str | None, int]:
    """Return the seconds of the clock's own time up to the breach that each holder had it, nobody included."""
    shares: dict[str | None, int] = {}
    for holding in holdings:
        for stretch in run.runs:
            start = max(holding.start, stretch.start)
            end = min(stretch.end, breached_at, breached_at if holding.end is None else holding.end)
            if start < end:
                seconds = rulebook.calendar(stretch.calendar, stretch.start).between(start, end)
                shares[holding.agent] = shares.get(holding.agent, 0) + seconds
    return shares
