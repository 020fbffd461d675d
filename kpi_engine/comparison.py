"""Like for like: what differs between subjects or periods, and how much of it only the mix of tickets explains."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import fsum, sqrt
from typing import TypeAlias

from kpi_engine.indicators.indicator import MEANS, Better, Indicator, Interval, Reduction
from kpi_engine.measurement import CreditLine
from kpi_engine.reduce import Scope, subject_of
from kpi_engine.statistics import NORMAL_975, wilson

STRATA = (Scope.CHANNEL, Scope.PRIORITY, Scope.SEGMENT)
"""What makes tickets alike: those that agree in all of it are compared with each other."""

LEAST_COVERED = 0.8
"""Below this share of the tickets in strata that everybody has, adjustment is indirect."""

LEAST_FOR_MEANS = 30
"""From so many values on, the mean of skewed times is near enough to normal for an interval."""

Stratum: TypeAlias = tuple[str | None, ...]


class Method(StrEnum):
    """How figures were adjusted."""

    DIRECT = "direct"  # everybody's figures, put together in the same mix
    INDIRECT = "indirect"  # each one's figure beside what the whole's figures make of his own mix


class Standing(StrEnum):
    """Where a figure stands beside another."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"  # of an indicator of which neither is better
    LOWER = "lower"
    NO_EVIDENCE = "no_evidence"  # the interval leaves room for no difference at all
    UNKNOWN = "unknown"  # no interval can be told


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the ends of its 95 % interval, None where none can be told."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(slots=True)
class Pile:
    """Credit lines of one subject and one stratum, summed up; `squares` of values serve means only."""

    n: int = 0
    total: float = 0
    squares: float = 0

    def add(self, other: "Pile") -> None:
        """Count another pile in."""
        self.n += other.n
        self.total += other.total
        self.squares += other.squares

    @property
    def rate(self) -> float:
        """The share or the mean."""
        return self.total / self.n


Piles: TypeAlias = Mapping[Stratum, Pile]


AVERAGED = frozenset({*MEANS, Reduction.SERIES_MEAN})
"""The reductions to a mean, whose interval comes of the spread."""


def stratified(indicator: Indicator) -> bool:
    """Tell whether an indicator's figure is put together of its strata's.

    A count has no mix, and a customer has tickets of several.
    """
    return indicator.reduction in {Reduction.RATIO, *AVERAGED}


def piled(
    indicator: Indicator, lines: Iterable[CreditLine], scope: Scope, whose: Callable[[CreditLine], str | None]
) -> dict[str | None, dict[Stratum, Pile]]:
    """Return each subject's credit lines summed up by stratum; `whose` says whose they are in the scope.

    What the scope goes by makes no strata. Scores must be of one series.
    """
    strata = [each for each in STRATA if each is not scope]
    found: dict[str | None, dict[Stratum, Pile]] = {}
    for line in _each_ticket(lines, whose) if indicator.reduction is Reduction.SHARED else lines:
        of_subject = found.setdefault(whose(line), {})
        stratum = tuple(subject_of(line, each) for each in strata)
        of_subject.setdefault(stratum, Pile()).add(_as_pile(indicator, line))
    return {subject: {key: pile for key, pile in piles.items() if pile.n} for subject, piles in found.items()}


def _each_ticket(lines: Iterable[CreditLine], whose: Callable[[CreditLine], str | None]) -> Iterator[CreditLine]:
    """Yield a subject's parts in one ticket added up."""
    added: dict[tuple[str | None, str, str | None], CreditLine] = {}
    for line in lines:
        key = whose(line), line.account, line.ticket_id
        before = added.get(key)
        added[key] = line if before is None else replace(line, numerator=before.numerator + line.numerator)
    yield from added.values()


def _as_pile(indicator: Indicator, line: CreditLine) -> Pile:
    if indicator.reduction is Reduction.SERIES_MEAN:
        score = line.numerator / line.denominator
        return Pile(1, score, score * score)
    n = line.denominator if indicator.reduction is Reduction.RATIO else 1
    return Pile(n, line.numerator, line.numerator * line.numerator)


def whole(piles: Iterable[Pile]) -> Pile:
    """Return several piles as one."""
    together = Pile()
    for pile in piles:
        together.add(pile)
    return together


def estimate(indicator: Indicator, pile: Pile) -> Estimate:
    """Return a pile's figure: Wilson's interval for a share, the normal one for a mean of enough values.

    Raises ZeroDivisionError for a pile of nothing.
    """
    if indicator.interval is Interval.WILSON and (bounds := wilson(int(pile.total), pile.n)) is not None:
        return Estimate(pile.rate, *bounds)
    if indicator.reduction in AVERAGED and pile.n >= LEAST_FOR_MEANS:
        spread = (pile.squares - pile.total * pile.total / pile.n) / (pile.n - 1)
        margin = NORMAL_975 * sqrt(max(0.0, spread) / pile.n)
        return Estimate(pile.rate, pile.rate - margin, pile.rate + margin)
    return Estimate(pile.rate)


def combined(parts: Collection[tuple[float, Estimate]]) -> Estimate:
    """Return the weighted sum of independent estimates, its interval recovered from theirs.

    The method of variance estimates recovery (Zou & Donner 2008). Of two shares with Wilson's intervals and the weights
    1 and -1 it is the interval of Newcombe 1998, method 10.
    """
    value = fsum(weight * each.value for weight, each in parts)
    below, above = [], []
    for weight, each in parts:
        if each.low is None or each.high is None:
            return Estimate(value)
        down, up = weight * (each.value - each.low), weight * (each.high - each.value)
        below.append((down if weight > 0 else up) ** 2)
        above.append((up if weight > 0 else down) ** 2)
    return Estimate(value, value - sqrt(fsum(below)), value + sqrt(fsum(above)))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """Return by how much the second is more than the first."""
    return combined([(1.0, second), (-1.0, first)])


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The figures of several subjects as if all had the same mix of tickets.

    `covered` is the share of the tickets that lie in strata everybody has; `reference` is the figure of all together,
    beside which each one stands. An estimate is None where the whole's own figures expect nothing of a subject.
    """

    method: Method
    covered: float
    reference: float
    of: Mapping[str | None, Estimate | None]


def adjusted(indicator: Indicator, subjects: Mapping[str | None, Piles]) -> Adjustment:
    """Return the subjects' figures adjusted for their mix: directly, or indirectly below LEAST_COVERED.

    Direct standardization weighs each subject's figures by the mix of all together, over the strata everybody has.
    Indirect standardization multiplies the whole's figure by what is observed over what the whole's own figures
    expect of the subject's mix; such figures stand beside the whole, not beside one another. Every subject must have
    some lines.
    """
    pooled = _pooled(subjects.values())
    everything = whole(pooled.values())
    common = set.intersection(*(set(piles) for piles in subjects.values()))
    shared = whole(pooled[stratum] for stratum in common)
    covered = shared.n / everything.n
    if covered < LEAST_COVERED:
        of = {subject: _indirect(indicator, piles, pooled) for subject, piles in subjects.items()}
        return Adjustment(Method.INDIRECT, covered, everything.rate, of)
    weights = {stratum: pooled[stratum].n / shared.n for stratum in sorted(common, key=str)}
    direct: dict[str | None, Estimate | None] = {
        subject: combined([(weight, estimate(indicator, piles[stratum])) for stratum, weight in weights.items()])
        for subject, piles in subjects.items()
    }
    return Adjustment(Method.DIRECT, covered, shared.rate, direct)


def _pooled(several: Iterable[Piles]) -> dict[Stratum, Pile]:
    pooled: dict[Stratum, Pile] = {}
    for piles in several:
        for stratum, pile in piles.items():
            pooled.setdefault(stratum, Pile()).add(pile)
    return pooled


def _indirect(indicator: Indicator, piles: Piles, pooled: Piles) -> Estimate | None:
    own = estimate(indicator, whole(piles.values()))
    expected = fsum(pile.n * pooled[stratum].rate for stratum, pile in piles.items())
    reference = whole(pooled.values()).rate
    if not expected:
        return own if not reference else None
    factor = reference * whole(piles.values()).n / expected
    low, high = (None if end is None else end * factor for end in (own.low, own.high))
    return Estimate(own.value * factor, low, high)


@dataclass(frozen=True, slots=True)
class Parting:
    """How a difference comes about: `mix` by other tickets, `performance` by other figures on the same kind of ticket.

    The two add up to the difference.
    """

    mix: float
    performance: float


def parted(first: Piles, second: Piles) -> Parting:
    """Part the second's figure less the first's in two (Kitagawa 1955); neither side may be empty.

    Each stratum's shift in weight counts at the mean of both figures, its change of figure at the mean of both weights.
    A stratum that only one side has is all mix: nobody knows how the other would have done there.
    """
    n, m = whole(first.values()).n, whole(second.values()).n
    mix, performance = [], []
    for stratum in sorted({*first, *second}, key=str):
        before, after = first.get(stratum), second.get(stratum)
        weights = (before.n / n if before else 0.0), (after.n / m if after else 0.0)
        known = [pile.rate for pile in (before, after) if pile is not None]
        mix.append((weights[1] - weights[0]) * fsum(known) / len(known))
        performance.append((known[-1] - known[0]) * fsum(weights) / 2)
    return Parting(fsum(mix), fsum(performance))


def on_the_same(indicator: Indicator, first: Piles, second: Piles) -> Estimate:
    """Return the `performance` of `parted` with its interval; none where a stratum has too little for one."""
    n, m = whole(first.values()).n, whole(second.values()).n
    common = sorted(first.keys() & second.keys(), key=str)
    weights = [(stratum, (first[stratum].n / n + second[stratum].n / m) / 2) for stratum in common]
    after = [(weight, estimate(indicator, second[stratum])) for stratum, weight in weights]
    before = [(-weight, estimate(indicator, first[stratum])) for stratum, weight in weights]
    return combined([*after, *before])


def standing(indicator: Indicator, found: Estimate | None, reference: float) -> Standing:
    """Return where an estimate stands beside a value: anywhere else only if its interval leaves the value out."""
    if found is None or found.low is None or found.high is None:
        return Standing.UNKNOWN
    if found.low <= reference <= found.high:
        return Standing.NO_EVIDENCE
    higher = found.low > reference
    if indicator.better is Better.NEUTRAL:
        return Standing.HIGHER if higher else Standing.LOWER
    return Standing.BETTER if higher == (indicator.better is Better.HIGHER) else Standing.WORSE
