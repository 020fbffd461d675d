"""Figures side by side: several subjects in one period, or two periods, like for like."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from kpi_engine.comparison import (
    AVERAGED,
    Adjustment,
    Estimate,
    Parting,
    Piles,
    Standing,
    adjusted,
    difference,
    estimate,
    on_the_same,
    parted,
    piled,
    standing,
    stratified,
    whole,
)
from kpi_engine.fairness import FunnelPoint, Shrinkage, funnel, places, shrunk
from kpi_engine.indicators.indicator import Indicator, Reduction
from kpi_engine.measurement import CreditLine
from kpi_engine.reduce import Cell, Scope, tallied
from kpi_engine.tally import MONETARY, Tally, chosen_series
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
    """How a figure differs between two sides: by how much, and why as far as the mix of tickets tells.

    `standing` is that of the part on the same kinds of tickets, where the figure can be parted; `by_mix`: the whole
    difference would be evidence, but without the mix there is none.
    """

    by: Estimate | None
    parting: Parting | None
    standing: Standing
    by_mix: bool = False


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


@dataclass(frozen=True, slots=True)
class Series:
    """The one scale or currency that all are compared in, and how many values in others are left out of it."""

    name: str
    others: int


def common_series(asked: Asked, indicator: Indicator) -> Series | None:
    """Return what all are compared in: the newest scale, the currency of most amounts; None where there is but one."""
    if indicator.reduction not in _OF_SERIES:
        return None
    tally = Tally(indicator.reduction)
    for line in asked.lines():
        tally.add(line)
    name = chosen_series(tally, asked.question(Scope.ACCOUNT).currencies.get(asked.name))
    return None if name is None else Series(name, sum(each.n for key, each in tally.series.items() if key != name))


_OF_SERIES = frozenset({Reduction.SERIES_MEAN, *MONETARY})
"""The reductions whose scale or currency may be another for each subject."""


def sides(
    asked: Asked, wanted: tuple[Indicator, Scope], only: Collection[str | None] = (), series: Series | None = None
) -> dict[str | None, Side]:
    """Return the subjects' figures in the source's period: of those named, else of everybody who has any.

    All of them are of the one `series`, if the indicator has several.
    """
    indicator, scope = wanted
    cards = reduced(asked, scope).scorecards
    cells = {
        subject: (cards.get(subject) or empty_card(asked, scope, subject))[indicator.key] for subject in only or cards
    }
    if indicator.reduction in _OF_SERIES:
        cells = _within(asked, indicator, scope, cells, series)
    lines = (line for line in asked.lines() if _enters(line, series))
    piles = piled(indicator, lines, scope, partial(asked.subject, scope=scope)) if stratified(indicator) else {}
    return {subject: _side(indicator, each, piles.get(subject, {})) for subject, each in cells.items()}


def _enters(line: CreditLine, series: Series | None) -> bool:
    return series is None or line.part in (None, series.name)


def _within(
    asked: Asked, indicator: Indicator, scope: Scope, cells: Mapping[str | None, Cell], series: Series | None
) -> dict[str | None, Cell]:
    """Return the cells anew, of lines of one series alone."""
    question, tallies = asked.question(scope), {subject: Tally(indicator.reduction) for subject in cells}
    for line in asked.lines():
        subject = asked.subject(line, scope)
        if subject in tallies and _enters(line, series):
            tallies[subject].add(line)
    return {subject: tallied(indicator, tally, question, subject) for subject, tally in tallies.items()}


def _side(indicator: Indicator, cell: Cell, piles: Piles) -> Side:
    if cell.value is None:
        return Side(cell, None, piles)
    if indicator.reduction in AVERAGED:
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
    if not (first.piles and second.piles):
        return Change(by, None, standing(indicator, by, 0.0))
    alike = on_the_same(indicator, first.piles, second.piles)
    parting, raw = parted(first.piles, second.piles), standing(indicator, by, 0.0)
    found = standing(indicator, alike, 0.0)
    if (
        found is Standing.UNKNOWN
    ):  # strata too small for intervals of their own: the difference's spread, without its mix
        found = standing(indicator, _less(by, parting.mix), 0.0)
    by_mix = found is Standing.NO_EVIDENCE and raw is not found
    return Change(by, parting, found, by_mix=by_mix)


def _less(found: Estimate, by: float) -> Estimate:
    ends = (None if end is None else end - by for end in (found.low, found.high))
    return Estimate(found.value - by, *ends)
