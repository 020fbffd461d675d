"""What keeps a comparison of people fair: wide limits for the few, figures drawn to the whole, places in ranges.

All of it takes the estimates of `comparison`, so that it is of the same tickets, raw or adjusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Final

from kpi_engine.comparison import Estimate, Pile, whole
from kpi_engine.indicators.indicator import Better, Indicator, Reduction
from kpi_engine.significance import binomial_limit
from kpi_engine.statistics import NORMAL_975

NORMAL_999: Final = 3.0902323061678132
"""The normal quantile of a two-sided 99.8 % interval: outside it, chance is hardly an explanation any more."""

_USUAL, _RARE = 0.025, 0.001


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """One subject in a funnel plot: its figure, of how many, and between which limits chance alone keeps such a one.

    `usual` holds 95 % of those that are just like the whole, `rare` 99.8 %. They are None for means of no spread.
    """

    value: float
    n: int
    usual: tuple[float, float] | None
    rare: tuple[float, float] | None

    @property
    def inside(self) -> bool:
        """Whether chance alone may explain where it lies: it is then no evidence of anything."""
        return self.rare is None or self.rare[0] <= self.value <= self.rare[1]


def funnel(indicator: Indicator, piles: Mapping[str | None, Pile]) -> dict[str | None, FunnelPoint]:
    """Return the points of a funnel plot around the figure of all together; the piles must not be empty."""
    together = whole(piles.values())
    return {subject: _point(indicator, pile, together) for subject, pile in piles.items()}


def _point(indicator: Indicator, pile: Pile, together: Pile) -> FunnelPoint:
    if indicator.reduction is Reduction.RATIO:
        share = together.rate
        usual, rare = (
            (binomial_limit(share, pile.n, tail, -z), binomial_limit(share, pile.n, 1 - tail, z))
            for tail, z in ((_USUAL, NORMAL_975), (_RARE, NORMAL_999))
        )
        return FunnelPoint(pile.rate, pile.n, usual, rare)
    if together.n < 2:  # noqa: PLR2004 -- of one value nobody knows the spread
        return FunnelPoint(pile.rate, pile.n, None, None)
    spread = max(0.0, together.squares - together.total * together.total / together.n) / (together.n - 1)
    error = sqrt(spread / pile.n)
    usual, rare = ((together.rate - z * error, together.rate + z * error) for z in (NORMAL_975, NORMAL_999))
    return FunnelPoint(pile.rate, pile.n, usual, rare)


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """Estimates drawn towards the whole, the more the less each rests on (empirical Bayes).

    `between` is the variance of the true figures among the subjects: 0 where chance explains all there is to see.
    Who has no interval is not among them.
    """

    mean: float
    between: float
    of: Mapping[str | None, Estimate]


def shrunk(estimates: Mapping[str | None, Estimate | None]) -> Shrinkage | None:
    """Return the estimates shrunk; None for fewer than two with an interval.

    The variance between subjects is DerSimonian and Laird's (1986) estimate, each one's own comes from its interval;
    the shrunk figure is the posterior mean of the normal model (Efron & Morris 1975), its interval the posterior's.
    """
    known = {key: (each.value, _variance(each)) for key, each in estimates.items() if each and _variance(each) > 0}
    if len(known) < 2:  # noqa: PLR2004 -- it takes two to have something in common
        return None
    between = _between([*known.values()])
    weights = {key: 1 / (own + between) for key, (_, own) in known.items()}
    mean = fsum(weights[key] * value for key, (value, _) in known.items()) / fsum(weights.values())
    return Shrinkage(mean, between, {key: _drawn(*each, mean, between) for key, each in known.items()})


def _variance(found: Estimate) -> float:
    if found.low is None or found.high is None:
        return 0.0
    return ((found.high - found.low) / (2 * NORMAL_975)) ** 2


def _between(known: list[tuple[float, float]]) -> float:
    weights = [1 / own for _, own in known]
    total = fsum(weights)
    mean = fsum(weight * value for weight, (value, _) in zip(weights, known, strict=True)) / total
    excess = fsum(weight * (value - mean) ** 2 for weight, (value, _) in zip(weights, known, strict=True))
    return max(0.0, (excess - (len(known) - 1)) / (total - fsum(weight * weight for weight in weights) / total))


def _drawn(value: float, own: float, mean: float, between: float) -> Estimate:
    kept = between / (own + between)
    middle, margin = mean + kept * (value - mean), NORMAL_975 * sqrt(kept * own)
    return Estimate(middle, middle - margin, middle + margin)


def places(indicator: Indicator, estimates: Mapping[str | None, Estimate | None]) -> dict[str | None, tuple[int, int]]:
    """Return between which places each subject may stand, the first the best: whose intervals overlap share them.

    Only intervals that lie wholly apart put one before another. Of an indicator of which neither way is better, and
    without intervals, nobody has a place.
    """
    if indicator.better is Better.NEUTRAL:
        return {}
    sign = 1 if indicator.better is Better.HIGHER else -1
    spans = {
        key: tuple(sorted((sign * each.low, sign * each.high)))
        for key, each in estimates.items()
        if each is not None and each.low is not None and each.high is not None
    }
    return {
        key: (
            1 + sum(other[0] > span[1] for other in spans.values()),
            len(spans) - sum(other[1] < span[0] for other in spans.values()),
        )
        for key, span in spans.items()
    }
