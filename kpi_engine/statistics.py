"""The few statistics that figures need, which answer None where there is nothing to answer from."""

from collections.abc import Collection
from fractions import Fraction
from math import floor, fsum, sqrt

NORMAL_975 = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


_SOME = 2
"""From so many values on there is a spread."""


def wilson(successes: float, n: float, z: float = NORMAL_975) -> tuple[float, float] | None:
    """Return the Wilson score interval of a share (Wilson 1927), 95 % by default; None for n = 0."""
    if not 0 <= successes <= n:
        raise ValueError(f"successes must lie between 0 and n; they are {successes} of {n}")
    if n == 0:
        return None
    share = successes / n
    weight = z * z / n
    middle = share + weight / 2
    margin = z * sqrt((share * (1 - share) + weight / 4) / n)
    # A share of 0 or 1 ends its interval there; rounding could carry the bound past it.
    return max(0.0, (middle - margin) / (1 + weight)), min(1.0, (middle + margin) / (1 + weight))


def normal_interval(total: float, squares: float, n: int) -> tuple[float, float] | None:
    """Return the 95 % normal interval of a mean, of the sums of n values and of their squares; None for n = 0.

    The variance is the values' own (divided by n), as is usual for the net promoter score.
    """
    if n == 0:
        return None
    middle = total / n
    margin = NORMAL_975 * sqrt(max(0.0, squares / n - middle * middle) / n)
    return middle - margin, middle + margin


def standard_scores(values: Collection[float]) -> list[float] | None:
    """Return how many standard deviations (sample, n - 1) each value lies above the mean; None where all are alike."""
    middle = mean(values)
    if middle is None or len(values) < _SOME:
        return None
    spread = sqrt(fsum((value - middle) ** 2 for value in values) / (len(values) - 1))
    # Equal values may come out apart by a rounding: that is no spread.
    return [(value - middle) / spread for value in values] if max(values) > min(values) else None


def percentile(values: Collection[float], q: float) -> float | None:
    """Return the q-quantile, 0 <= q <= 1, interpolated at rank (n - 1) q (type 7, as percentile_cont); None of none.

    `q` is taken as the decimal fraction it was written as, so that the result is exact but for its last rounding.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"q must lie between 0 and 1; it is {q}")
    if not values:
        return None
    ordered = sorted(values)
    rank = (len(ordered) - 1) * Fraction(str(q))
    below = floor(rank)
    above = min(below + 1, len(ordered) - 1)
    low, high = Fraction(ordered[below]), Fraction(ordered[above])
    return float(low + (high - low) * (rank - below))


def mean(values: Collection[float]) -> float | None:
    """Return the arithmetic mean; None of none."""
    return fsum(values) / len(values) if values else None


def median(values: Collection[float]) -> float | None:
    """Return the middle value, or the mean of the two in the middle; None of none."""
    return percentile(values, 0.5)


def half_up(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to a whole number, exact halves up; seconds over 60 are whole minutes."""
    return (2 * numerator + denominator) // (2 * denominator)
