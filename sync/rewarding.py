"""Rewards of a period: who has the most positive feedback, of those of whom enough is known; for leads only."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kpi_engine.charges import ChargeEntry
from kpi_engine.measurement import CreditLine
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rewards import RESPONSE, Award, Candidate, Reward, awards
from sync.charging import consequences_at
from sync.figures import Figures, reduced_in
from sync.sources import Source, source


@dataclass(frozen=True, slots=True)
class Rewarded:
    """A reward, and where everybody with a figure stands in it."""

    reward: Reward
    awards: tuple[Award, ...]


def rewarded(asked: Source, charges: Iterable[ChargeEntry]) -> list[Rewarded]:
    """Return the rewards agreed for the source's period, given what was charged in it."""
    account, period, as_of = asked.account, asked.window.period, asked.window.as_of
    agreed = [each for each in consequences_at(account, period.start).rewards if each.by is period.kind]
    if not agreed:
        return []
    wanted = {RESPONSE, *(each.indicator for each in agreed), *(each.guard for each in agreed)}
    keep = {each.indicator for each in agreed}
    found = reduced_in(source(account, period, as_of, tuple(wanted)), (Scope.AGENT,), keep)[Scope.AGENT]
    points = _points(charges)
    return [
        Rewarded(each, tuple(awards(each, _candidates(each, found, points), period)))
        for each in agreed
        if {each.indicator, each.guard}.isdisjoint(found.missing)
    ]


def _points(charges: Iterable[ChargeEntry]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in charges:
        if each.scope is Scope.AGENT:
            found[each.subject] = found.get(each.subject, 0) + each.points
    return found


def _candidates(reward: Reward, found: Figures, points: Mapping[str, int]) -> Iterator[Candidate]:
    for agent, card in found.scorecards.items():
        lines = found.lines.get(agent, {}).get(reward.indicator, ())
        if agent is not None and lines:
            team = max(lines, key=_at).team
            yield Candidate(
                agent, team, card[reward.indicator], card[reward.guard], _known(found, card), points.get(agent, 0)
            )


def _known(found: Figures, card: Mapping[str, Cell]) -> Cell | None:
    return None if RESPONSE in found.missing else card.get(RESPONSE)


def _at(line: CreditLine) -> int:
    return line.at
