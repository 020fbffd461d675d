"""Figures side by side: several subjects in one period, or two periods, like for like."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from kpi_engine.comparison import (
    Adjustment,
    Estimate,
    Parting,
    Piles,
    Standing,
    adjusted,
    difference,
    estimate,
    parted,
    piled,
    standing,
    stratified,
    whole,
)
from kpi_engine.fairness import FunnelPoint, Shrinkage, funnel, places, shrunk
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Reduction
from kpi_engine.reduce import Cell, Scope
from kpi_engine.tally import MONETARY
from sync.figures import empty_card, reduced
from sync.sources import Asked

OF_CHANCE = 0.05
"""The share of 95 % intervals that leave out the truth."""


@dataclass(frozen=True, slots=True)
class Side:
    """A subject's figure in one period, what stands for its spread, and the piles it is made of by kind of ticket."""

    cell: Cell
    raw: Estimate | None
    piles: Piles

    @property
    def fit(self) -> bool:
        """Whether there is enough of it to be compared."""
        return self.raw is not None and self.cell.enough


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure differs between two sides: by how much, and why as far as the mix of tickets tells."""

    by: Estimate | None
    parting: Parting | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Across:
    """Several subjects' figures of one indicator in one period.

    `adjustment` is None where the indicator has no strata or fewer than two subjects have enough to be compared;
    `change` is there for exactly two of them: the second beside the first. `funnel` tells between which limits chance
    alone keeps each raw figure, `shrinkage` the adjusted figures drawn to the whole, `places` between which places each
    adjusted one stands.
    """

    sides: Mapping[str | None, Side]
    adjustment: Adjustment | None
    standings: Mapping[str | None, Standing]
    change: Change | None
    funnel: Mapping[str | None, FunnelPoint] = field(default_factory=dict)
    shrinkage: Shrinkage | None = None
    places: Mapping[str | None, tuple[int, int]] = field(default_factory=dict)


def sides(
    asked: Asked, indicator: Indicator, scope: Scope, only: Collection[str | None] = ()
) -> dict[str | None, Side]:
    """Return the subjects' figures in the source's period: of those named, else of everybody who has any."""
    cards = reduced(asked, scope).scorecards
    piles = piled(indicator, asked.lines(), scope, partial(asked.subject, scope=scope)) if stratified(indicator) else {}
    chosen = only or list(cards)
    found = {subject: cards.get(subject) or empty_card(asked, scope, subject) for subject in chosen}
    return {subject: _side(indicator, card[indicator.key], piles.get(subject, {})) for subject, card in found.items()}


def _side(indicator: Indicator, cell: Cell, piles: Piles) -> Side:
    if cell.value is None:
        return Side(cell, None, piles)
    if indicator.reduction is Reduction.MEAN:
        return Side(cell, estimate(indicator, whole(piles.values())), piles)
    return Side(cell, Estimate(cell.value, cell.low, cell.high), piles)


def across(found: Mapping[str | None, Side], indicator: Indicator) -> Across:
    """Compare subjects with one another; nobody, who is no subject, and who has too little is left out."""
    fit: dict[str | None, Side] = {key: side for key, side in found.items() if side.fit and key is not None}
    if len(fit) < 2 or not stratified(indicator):  # noqa: PLR2004 -- it takes two to compare
        return Across(found, None, {}, _of_two(fit, indicator))
    adjustment = adjusted(indicator, {subject: side.piles for subject, side in fit.items()})
    standings = {key: standing(indicator, each, adjustment.reference) for key, each in adjustment.of.items()}
    points = funnel(indicator, {key: whole(side.piles.values()) for key, side in fit.items()})
    alike = adjustment.of
    return Across(
        found, adjustment, standings, _of_two(fit, indicator), points, shrunk(alike), places(indicator, alike)
    )


def _of_two(fit: Mapping[str | None, Side], indicator: Indicator) -> Change | None:
    return change(*fit.values(), indicator=indicator) if len(fit) == 2 else None  # noqa: PLR2004 -- the first and the second


def change(first: Side, second: Side, *, indicator: Indicator) -> Change:
    """Return how the second figure differs from the first."""
    if first.raw is None or second.raw is None or not (first.fit and second.fit):
        return Change(None, None, Standing.UNKNOWN)
    by = difference(first.raw, second.raw)
    parting = parted(first.piles, second.piles) if first.piles and second.piles else None
    return Change(by, parting, standing(indicator, by, 0.0))


def comparable() -> list[str]:
    """Return the keys of the indicators that can be compared: all but those whose scale or currency may be another."""
    changing = {Reduction.SERIES_MEAN, *MONETARY}
    return [key for key, each in INDICATORS.items() if each.reduction not in changing]
