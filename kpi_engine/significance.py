"""How far counts lie from what chance makes of them: chi-square tests and binomial limits, without tables."""

from collections.abc import Collection
from math import exp, fsum, lgamma, log, log1p, sqrt
from typing import Final

_MANY: Final = 100_000
"""From so many trials on, the normal limits of a share are as good as the exact ones."""

_TINY: Final = 1e-300
_EXACT: Final = 1e-16


def chi_square(observed: Collection[tuple[float, float]]) -> float:
    """Return Pearson's statistic of (observed, expected) counts; every expected one must be more than 0."""
    return fsum((count - expected) ** 2 / expected for count, expected in observed)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """Return how often chance alone makes a statistic at least as large, with so many degrees of freedom (1 or more).

    It is the regularized upper incomplete gamma function Q(freedom / 2, statistic / 2): below its turning point by
    the series, above it by Lentz's continued fraction (Press et al., Numerical Recipes, 6.2).
    """
    if freedom < 1 or statistic < 0:
        raise ValueError(f"statistic >= 0 with 1 or more degrees of freedom is needed, not {statistic} with {freedom}")
    a, x = freedom / 2, statistic / 2
    if x == 0:
        return 1.0
    front = exp(a * log(x) - x - lgamma(a))
    return 1 - front * _series(a, x) if x < a + 1 else front * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1 / a
    step = a
    while term > total * _EXACT:
        step += 1
        term *= x / step
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    found, change, step = d, 0.0, 0
    while abs(change - 1) > _EXACT * 10:
        step += 1
        slope = -step * (step - a)
        b += 2
        d = 1 / _away(slope * d + b)
        c = _away(b + slope / c)
        change = d * c
        found *= change
    return found


def _away(value: float) -> float:
    """Return the value, kept away from 0."""
    return value if abs(value) > _TINY else _TINY


def binomial_limit(share: float, n: int, quantile: float, z: float) -> float:
    """Return the share of n trials that chance stays below with the probability `quantile`, if the true one is `share`.

    Interpolated between whole numbers as Spiegelhalter 2005 (Funnel plots, section A.1.1) does; `z` is the normal
    quantile, by which very many trials go. It lies within 0 and 1.
    """
    if n < 1 or not 0 <= share <= 1:
        raise ValueError(f"a share within 0 and 1 of 1 or more trials is needed, not {share} of {n}")
    if share in (0, 1):
        return share
    if n >= _MANY:
        return min(1.0, max(0.0, share + z * sqrt(share * (1 - share) / n)))
    below = 0.0
    for count in range(n + 1):
        reached = below + _binomial(count, n, share)
        if reached >= quantile:
            back = (reached - quantile) / (reached - below)
            return max(0.0, (count - back) / n)
        below = reached
    return 1.0


def _binomial(count: int, n: int, share: float) -> float:
    ways = lgamma(n + 1) - lgamma(count + 1) - lgamma(n - count + 1)
    return exp(ways + count * log(share) + (n - count) * log1p(-share))
