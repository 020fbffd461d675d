"""Credit lines summed up as they come: what each kind of reduction keeps of them, and what it comes to."""

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from math import lcm
from typing import TypeAlias

from kpi_engine.indicators.indicator import CENTS, MEANS, Interval, Reduction
from kpi_engine.measurement import Certainty, CreditLine
from kpi_engine.statistics import mean, normal_interval, wilson

Part: TypeAlias = tuple[str, int, int]
"""A part of a breakdown: its name, and the sums of its numerators and denominators."""


@dataclass(slots=True)
class Tally:
    """One indicator's credit lines of one subject, summed up as they come: it keeps only what its reduction needs."""

    reduction: Reduction
    n: int = 0
    numerator: int = 0
    denominator: int = 0
    squares: int = 0  # of numerators
    mask: int = 0  # the bits that some line asks for
    times: "array[int]" = field(default_factory=lambda: array("q"))
    added: dict[tuple[str, str | None], int] = field(default_factory=dict)  # numerators by account and ticket
    parts: dict[str | None, bool] = field(default_factory=dict)  # whether any line of the part has a numerator
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)  # numerators and denominators by part
    steps: dict[str, int] = field(default_factory=dict)  # bits by part
    levels: list[tuple[int, int]] = field(default_factory=list)  # when, +1 or -1
    shares: dict[int, int] = field(default_factory=dict)  # numerators by denominator
    series: dict[str, "Tally"] = field(default_factory=dict)
    last_at: int = 0
    approximated: int = 0
    editions: set[str] = field(default_factory=set)

    def add(self, line: CreditLine) -> None:
        """Count a line in."""
        self.n += 1
        self.numerator += line.numerator
        self.denominator += line.denominator
        self.last_at = max(self.last_at, line.at)
        self.approximated += line.certainty is not Certainty.EXACT
        self.editions.add(line.edition)
        if keep := _KEPT.get(self.reduction):
            keep(self, line)


def _keep_time(tally: Tally, line: CreditLine) -> None:
    tally.times.append(line.numerator)


def _keep_added(tally: Tally, line: CreditLine) -> None:
    ticket = line.account, line.ticket_id
    tally.added[ticket] = tally.added.get(ticket, 0) + line.numerator


def _keep_part(tally: Tally, line: CreditLine) -> None:
    tally.parts[line.part] = tally.parts.get(line.part, False) or line.numerator > 0


def _keep_sum(tally: Tally, line: CreditLine) -> None:
    numerator, denominator = tally.sums.get(line.part or "", (0, 0))
    tally.sums[line.part or ""] = (numerator + line.numerator, denominator + line.denominator)


def _keep_square(tally: Tally, line: CreditLine) -> None:
    tally.squares += line.numerator * line.numerator


def _keep_step(tally: Tally, line: CreditLine) -> None:
    tally.steps[line.part or ""] = tally.steps.get(line.part or "", 0) | line.numerator
    tally.mask |= line.denominator


def _keep_level(tally: Tally, line: CreditLine) -> None:
    tally.levels.append((line.at, line.numerator))


def _keep_share(tally: Tally, line: CreditLine) -> None:
    tally.shares[line.denominator] = tally.shares.get(line.denominator, 0) + line.numerator


def _keep_series(tally: Tally, line: CreditLine) -> None:
    tally.series.setdefault(line.part or "", Tally(Reduction.RATIO)).add(line)


def _keep_priced(tally: Tally, line: CreditLine) -> None:
    """Keep an amount by its currency; what has none is a contact, which is one in every currency."""
    if line.part is not None:
        _keep_series(tally, line)


_KEPT: Mapping[Reduction, Callable[[Tally, CreditLine], None]] = {
    Reduction.MEAN: _keep_time,
    Reduction.SHARED: _keep_added,
    Reduction.DISTINCT: _keep_part,
    Reduction.DISTINCT_RATIO: _keep_part,
    Reduction.MAX: _keep_time,
    Reduction.LEVEL: _keep_level,
    Reduction.OVERLAP: _keep_share,
    Reduction.SCORE: _keep_share,
    Reduction.SERIES_MEAN: _keep_series,
    Reduction.MONEY: _keep_priced,
    Reduction.MONEY_EACH: _keep_priced,
    Reduction.NET: _keep_square,
    Reduction.BREAKDOWN: _keep_sum,
    Reduction.CURVE: _keep_sum,
    Reduction.LARGEST: _keep_sum,
    Reduction.NESTED: _keep_step,
    Reduction.NESTED_RATIO: _keep_step,
    Reduction.NESTED_REST: _keep_step,
    Reduction.NESTED_BESIDE: _keep_step,
}


@dataclass(frozen=True, slots=True)
class Sum:
    """What a tally comes to."""

    n: int
    numerator: int
    denominator: int
    value: float | None
    parts: tuple[Part, ...] = ()
    strays: int = 0


def _counted(tally: Tally) -> Sum:
    return Sum(tally.n, tally.numerator, tally.denominator, float(tally.n))


def _summed(tally: Tally) -> Sum:
    return Sum(tally.n, tally.numerator, tally.denominator, float(tally.numerator))


def _averaged(tally: Tally) -> Sum:
    return Sum(tally.n, tally.numerator, tally.denominator, mean(tally.times))


def _averaged_by_ticket(tally: Tally) -> Sum:
    n = len(tally.added)
    return Sum(n, tally.numerator, n, mean(tally.added.values()))


def times_of(tally: Tally) -> Collection[int]:
    """Return the times that a mean is made of, one a ticket where several had a part in it; none of other figures."""
    if tally.reduction not in MEANS:
        return ()
    return tally.times if tally.reduction is Reduction.MEAN else tally.added.values()


def _divided(tally: Tally) -> Sum:
    value = tally.numerator / tally.denominator if tally.denominator else None
    return Sum(tally.n, tally.numerator, tally.denominator, value)


def _different(tally: Tally) -> Sum:
    n = len(tally.parts)
    return Sum(n, n, n, float(n))


def _different_divided(tally: Tally) -> Sum:
    n, marked = len(tally.parts), sum(tally.parts.values())
    return Sum(n, marked, n, marked / n if n else None)


def _maximal(tally: Tally) -> Sum:
    largest = max(tally.times, default=None)
    return Sum(tally.n, largest or 0, int(largest is not None), None if largest is None else float(largest))


def _highest(tally: Tally) -> Sum:
    # Sorted, an end comes before a start of the same instant: who hands over and takes has one ticket, not two.
    highest = max(accumulate(change for _, change in sorted(tally.levels)), default=0)
    return Sum(tally.n, highest, 1, float(highest))


def _over_one_denominator(shares: Mapping[int, int]) -> tuple[int, int]:
    whole = lcm(*shares)
    return sum(numerator * (whole // denominator) for denominator, numerator in shares.items()), whole


def _overlapped(tally: Tally) -> Sum:
    held, whole = _over_one_denominator(tally.shares)
    return Sum(tally.n, held, whole, held / whole)


def _scored(tally: Tally) -> Sum:
    total, whole = _over_one_denominator(tally.shares)
    return Sum(tally.n, total, whole * tally.n, float(Fraction(total, whole * tally.n)) if tally.n else None)


def _amounting(tally: Tally) -> Sum:
    return Sum(tally.n, tally.numerator, CENTS, tally.numerator / CENTS)


def _by_part(tally: Tally) -> tuple[Part, ...]:
    """Return the parts, the largest first."""
    parts = ((name, *sums) for name, sums in tally.sums.items())
    return tuple(sorted(parts, key=lambda part: (-part[2], -part[1], part[0])))


def _broken_down(tally: Tally) -> Sum:
    return Sum(tally.n, tally.numerator, tally.denominator, float(tally.n), _by_part(tally))


def _curved(tally: Tally) -> Sum:
    """Return the share of all, and how it rises from part to part, in the order of their numbers."""
    found = _divided(tally)
    steps = sorted((int(name), numerator) for name, (numerator, _) in tally.sums.items())
    risen = accumulate(numerator for _, numerator in steps)
    parts = ((str(name), so_far, tally.denominator) for (name, _), so_far in zip(steps, risen, strict=True))
    return Sum(found.n, found.numerator, found.denominator, found.value, tuple(parts))


def _largest(tally: Tally) -> Sum:
    """Return what share of all the largest part has; n is how many parts there are."""
    n, total = len(tally.sums), tally.numerator
    part, (most, _) = max(tally.sums.items(), key=lambda each: (each[1][0], each[0]), default=("", (0, 0)))
    return Sum(n, most, total, most / total if total else None, ((part, most, total),) if total else ())


def _nested(tally: Tally) -> Sum:
    """Return how many came through every step of a funnel, of those who came through all but the last."""
    mask = tally.mask
    before, last = _all_but_last(mask)
    through = _how_many(tally.steps.values(), mask)
    strays = sum(1 for bits in tally.steps.values() if bits & last and bits & 1 and bits & before != before)
    return Sum(through, through, _how_many(tally.steps.values(), before), float(through), strays=strays if mask else 0)


def _nested_ratio(tally: Tally) -> Sum:
    found = _nested(tally)
    n = found.denominator
    return Sum(n, found.numerator, n, found.numerator / n if n else None, strays=found.strays)


def _nested_rest(tally: Tally) -> Sum:
    found = _nested_ratio(tally)
    gone = found.n - found.numerator
    return Sum(found.n, gone, found.n, gone / found.n if found.n else None)


def _nested_beside(tally: Tally) -> Sum:
    """Return what share of those who came through the first step, and none between, came through the last one."""
    before, last = _all_but_last(tally.mask)
    beside = [bits for bits in tally.steps.values() if bits & before == 1]
    n, through = len(beside), sum(1 for bits in beside if bits & last)
    return Sum(n, through, n, through / n if n else None)


def _all_but_last(mask: int) -> tuple[int, int]:
    last = 1 << (mask.bit_length() - 1) if mask else 0
    return mask & ~last, last


def _how_many(steps: Iterable[int], mask: int) -> int:
    return sum(1 for bits in steps if bits & mask == mask)


_SUMS: Mapping[Reduction, Callable[[Tally], Sum]] = {
    Reduction.COUNT: _counted,
    Reduction.SNAPSHOT: _counted,
    Reduction.SUM: _summed,
    Reduction.MEAN: _averaged,
    Reduction.SHARED: _averaged_by_ticket,
    Reduction.RATIO: _divided,
    Reduction.NET: _divided,
    Reduction.SERIES_MEAN: _divided,
    Reduction.SCORE: _scored,
    Reduction.DISTINCT: _different,
    Reduction.DISTINCT_RATIO: _different_divided,
    Reduction.MAX: _maximal,
    Reduction.LEVEL: _highest,
    Reduction.OVERLAP: _overlapped,
    Reduction.MONEY: _amounting,
    Reduction.BREAKDOWN: _broken_down,
    Reduction.CURVE: _curved,
    Reduction.LARGEST: _largest,
    Reduction.NESTED: _nested,
    Reduction.NESTED_RATIO: _nested_ratio,
    Reduction.NESTED_REST: _nested_rest,
    Reduction.NESTED_BESIDE: _nested_beside,
}
COUNTS = frozenset(
    {
        Reduction.COUNT,
        Reduction.SNAPSHOT,
        Reduction.SUM,
        Reduction.DISTINCT,
        Reduction.LEVEL,
        Reduction.OVERLAP,
        Reduction.BREAKDOWN,
        Reduction.NESTED,
    }
)
"""The reductions that say 0 where there is nothing, and are a fact from the first line on."""

MONETARY = frozenset({Reduction.MONEY, Reduction.MONEY_EACH})
"""The reductions whose series are currencies."""


def chosen_series(tally: Tally, currency: str | None = None) -> str | None:
    """Return the one series that a figure is made of: the newest scale; the currency given or with most amounts."""
    if tally.reduction in MONETARY:
        if currency in tally.series:
            return currency
        return max(tally.series, key=lambda name: (tally.series[name].n, name), default=None)
    return max(tally.series, key=lambda name: (tally.series[name].last_at, name), default=None)


def sum_of(tally: Tally, one: Tally) -> Sum:
    """Return what a tally comes to, `one` being its chosen series, or the tally itself where it has none."""
    if tally.reduction is Reduction.MONEY_EACH:
        return _amount_each(tally, one)
    if tally.reduction is Reduction.MONEY and one is tally:
        return Sum(0, 0, CENTS, None)
    return _SUMS[tally.reduction](one)


def _amount_each(tally: Tally, one: Tally) -> Sum:
    """Return a currency's amounts divided by whatever they were spent on, which is the same for every currency."""
    n = tally.denominator // CENTS
    if one is tally or not n:
        return Sum(n, 0, tally.denominator, None)
    return Sum(n, one.numerator, tally.denominator, one.numerator / tally.denominator)


def interval_of(kind: Interval, tally: Tally, found: Sum) -> tuple[float, float] | None:
    """Return the interval of a figure, None where there is none."""
    if kind is Interval.WILSON:
        return wilson(found.numerator, found.denominator)
    if kind is Interval.NORMAL:
        return normal_interval(tally.numerator, tally.squares, tally.n)
    return None
