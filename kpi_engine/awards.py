"""The ledger of rewards: where everybody stood when a period was settled, appended to, changed by corrections alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from kpi_engine.compensating import alive, compensated
from kpi_engine.periods import Period
from kpi_engine.rewards import Award, Reward, Standing


class AwardKind(StrEnum):
    """Whether a line says where somebody stands, or takes an earlier line back."""

    PLACED = "placed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardEntry:
    """Where somebody stands in a reward of a settled period, and what that rests on.

    `good` is the rewarded number, `ratings` how many answers the guarding share rests on, `low` its lower bound,
    `points` the penalty points of the period; `place` is 0 for who is not eligible. The money is what a reward is
    worth, a decimal as text, None for who is not rewarded. `correction` is as in a charge's line.
    """

    reward: str
    agent: str
    team: str | None
    period: str
    period_start: int
    period_end: int
    kind: AwardKind
    standing: Standing
    place: int
    good: int
    ratings: int
    low: float | None
    points: int
    recorded_as_of: int
    money: str | None = None
    currency: str | None = None
    correction: int = 0


Key: TypeAlias = tuple[object, ...]
"""All that a line says but for its kind, when it was written, and the bound that follows from its numbers."""


def _key(entry: AwardEntry) -> Key:
    return (
        *(entry.reward, entry.agent, entry.team, entry.period, entry.standing, entry.place),
        *(entry.good, entry.ratings, entry.points, entry.money, entry.currency),
    )


def award_entry(reward: Reward, award: Award, period: Period, as_of: int, correction: int = 0) -> AwardEntry:
    """Return the line that says where somebody stands."""
    each = award.candidate
    worth = reward.worth if award.standing is Standing.REWARDED else None
    return AwardEntry(
        reward=reward.reward,
        agent=each.agent,
        team=each.team,
        period=period.label,
        period_start=period.start,
        period_end=period.end,
        kind=AwardKind.PLACED,
        standing=award.standing,
        place=award.place or 0,
        good=each.praise.numerator,
        ratings=each.guard.n,
        low=each.guard.low,
        points=each.points,
        recorded_as_of=as_of,
        money=None if worth is None else worth.times(1),
        currency=None if worth is None else worth.currency,
        correction=correction,
    )


def standing_awards(entries: Iterable[AwardEntry]) -> list[AwardEntry]:
    """Return the lines that were not taken back, in the order they were made."""
    return list(alive(entries, _key, AwardKind.PLACED).values())


def settle_awards(
    entries: Iterable[AwardEntry], found: Iterable[AwardEntry], as_of: int, correction: int = 0
) -> Iterator[AwardEntry]:
    """Return the lines that bring the ledger of a period in line with where everybody stands now."""

    def withdrawn(gone: AwardEntry) -> AwardEntry:
        return replace(gone, kind=AwardKind.WITHDRAWN, recorded_as_of=as_of, correction=correction)

    return compensated(alive(entries, _key, AwardKind.PLACED), found, _key, withdrawn)
