"""Rewards: who had the most positive feedback among those whose feedback is enough, and good enough, to tell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from kpi_engine.penalties import Worth
from kpi_engine.periods import Period, PeriodKind, period_named
from kpi_engine.reduce import Cell

GUARDS: Mapping[str, str] = {
    "positive_feedback": "satisfaction_rate",
    "warranty_positive": "warranty_satisfaction",
}
"""What can be rewarded, and the share whose lower bound and number of answers guard it."""

RESPONSE = "survey_response_rate"


class Standing(StrEnum):
    """Where somebody stands in a reward: it is no verdict on who was not rewarded."""

    REWARDED = "rewarded"
    BEHIND = "behind"
    FEW_ANSWERS = "few_answers"
    LOW_BOUND = "low_bound"
    FEW_RESPONSES = "few_responses"
    PENALIZED = "penalized"
    NOT_ANNOUNCED = "not_announced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """A reward's rule: the `top` counts of an indicator, within each team or among everybody ("account").

    Eligible is who has `min_n` answers, a lower bound of the guarding share of at least `at_least`, a response rate of
    at least `min_response` (where it is known and asked for), and fewer than `penalty_points_below` penalty points.
    """

    reward: str
    indicator: str
    by: PeriodKind
    within: str
    top: int = 1
    min_n: int = 30
    at_least: float = 0.0
    min_response: float | None = None
    penalty_points_below: int | None = None
    announced_on: str | None = None
    worth: Worth | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Reward":
        """Return the reward that an edition keeps."""
        worth = Worth(*document["worth"]) if document.get("worth") else None
        return cls(**{**document, "by": PeriodKind(document["by"]), "worth": worth})

    @property
    def guard(self) -> str:
        """The indicator whose lower bound makes one eligible."""
        return GUARDS[self.indicator]

    def judges(self, period: Period) -> bool:
        """Tell whether it was announced before the period began."""
        return self.announced_on is not None and period_named(self.announced_on, period.zone).start <= period.start


class Candidate(NamedTuple):
    """What somebody has to show: the rewarded count, the guarding share, the response rate, and penalty points."""

    agent: str
    team: str | None
    praise: Cell
    guard: Cell
    response: Cell | None = None
    points: int = 0


@dataclass(frozen=True, slots=True)
class Award:
    """Where a candidate stands; `place` counts those with more from 1, None for who is not eligible."""

    candidate: Candidate
    standing: Standing
    place: int | None = None


def awards(reward: Reward, candidates: Iterable[Candidate], period: Period) -> list[Award]:
    """Return where everybody stands, the highest counts first, who is not eligible last.

    Whoever has as many as the last one rewarded is rewarded too; nobody is for a count of nothing.
    """
    listed = sorted(candidates, key=lambda each: (-each.praise.numerator, each.agent))
    barred = {each.agent: why for each in listed if (why := _barred(reward, each, period)) is not None}
    eligible = [each for each in listed if each.agent not in barred]
    placed = list(_placed(reward, eligible))
    return [*placed, *(Award(each, barred[each.agent]) for each in listed if each.agent in barred)]


def _placed(reward: Reward, eligible: list[Candidate]) -> Iterator[Award]:
    for each in eligible:
        rivals = [other for other in eligible if reward.within == "account" or other.team == each.team]
        place = 1 + sum(other.praise.numerator > each.praise.numerator for other in rivals)
        won = place <= reward.top and each.praise.numerator > 0
        yield Award(each, Standing.REWARDED if won else Standing.BEHIND, place)


def _barred(reward: Reward, each: Candidate, period: Period) -> Standing | None:
    if not reward.judges(period):
        return Standing.NOT_ANNOUNCED
    if each.guard.n < reward.min_n:
        return Standing.FEW_ANSWERS
    if each.guard.low is None or each.guard.low < reward.at_least:
        return Standing.LOW_BOUND
    response = each.response.value if each.response is not None else None
    if reward.min_response is not None and response is not None and response < reward.min_response:
        return Standing.FEW_RESPONSES
    few = reward.penalty_points_below
    return Standing.PENALIZED if few is not None and each.points >= few else None
