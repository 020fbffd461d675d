"""What others reach, or one did before: records that a figure stands beside and nobody is judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kpi_engine.reduce import Cell, Scope
from kpi_engine.statistics import median

TRAILING: Final = 3
"""How many periods before make a history of one's own, where there is none of a year ago."""


class Band(StrEnum):
    """Where a figure lies beside a benchmark's bands."""

    LOW = "low"
    USUAL = "usual"
    HIGH = "high"


class Origin(StrEnum):
    """Where a benchmark comes from."""

    RECORD = "record"  # somebody looked it up: its source is named
    LAST_YEAR = "last_year"  # one's own figure of the same season
    BEFORE = "before"  # one's own figures of the periods before


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A figure to read another by, in the indicator's unit; `low` and `high` are from where on one speaks of that.

    `source` says whose it is, `told_on` of when (an ISO date), `n` from how many. `only` narrows it down to a channel,
    a priority or a segment.
    """

    indicator: str
    value: float
    source: str
    told_on: str | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    only: Mapping[Scope, str] = field(default_factory=dict)
    origin: Origin = Origin.RECORD


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure beside a benchmark: its band, and whether its whole interval lies in that band."""

    benchmark: Benchmark
    band: Band | None
    evident: bool = False


def beside(benchmark: Benchmark, figure: Cell) -> Beside:
    """Return where a figure lies; without bands, a figure, or enough of one, in no band.

    At a bound it is low or high already.
    """
    banded = benchmark.low is not None or benchmark.high is not None
    if figure.value is None or not figure.enough or not banded:
        return Beside(benchmark, None)
    band = _band(benchmark, figure.value)
    ends = [end for end in (figure.low, figure.high) if end is not None]
    return Beside(benchmark, band, len(ends) > 0 and all(_band(benchmark, end) is band for end in ends))


def _band(benchmark: Benchmark, value: float) -> Band:
    if benchmark.low is not None and value <= benchmark.low:
        return Band.LOW
    return Band.HIGH if benchmark.high is not None and value >= benchmark.high else Band.USUAL


def chosen(benchmarks: Sequence[Benchmark], indicator: str, only: Mapping[Scope, str]) -> Benchmark | None:
    """Return the benchmark for a figure of just these tickets: the newest of those as narrow; None where none is."""
    found = [each for each in benchmarks if each.indicator == indicator and dict(each.only) == dict(only)]
    return max(found, key=lambda each: each.told_on or "", default=None)


def own_history(last_year: Cell | None, before: Sequence[Cell]) -> Benchmark | None:
    """Return one's own history as a benchmark: the same season last year, else the last TRAILING periods, else None.

    The bands are the interval of the one, the least and the most of the others; all must be enough to be shown.
    """
    if last_year is not None and last_year.value is not None and last_year.enough:
        return _own(last_year, last_year.value, (last_year.low, last_year.high), last_year.n, Origin.LAST_YEAR)
    values = [each.value for each in before if each.value is not None and each.enough]
    middle = median(values)
    if len(values) < TRAILING or middle is None:
        return None
    return _own(before[0], middle, (min(values), max(values)), sum(each.n for each in before), Origin.BEFORE)


def _own(cell: Cell, value: float, bands: tuple[float | None, float | None], n: int, origin: Origin) -> Benchmark:
    low, high = bands
    return Benchmark(
        indicator=cell.indicator, value=value, source=cell.period.label, n=n, low=low, high=high, origin=origin
    )
