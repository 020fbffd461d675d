"""Credit lines become cells: one figure for an indicator, a subject and a period."""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from itertools import accumulate
from math import lcm
from operator import attrgetter

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Asked, Indicator, Interval, Portion, Reduction
from kpi_engine.measurement import Certainty, CreditLine, Holding, Measurement, Stamp
from kpi_engine.organization import Place
from kpi_engine.periods import Period
from kpi_engine.rulebook import Rulebook
from kpi_engine.statistics import mean, median, percentile, wilson


class Scope(StrEnum):
    """Whose figure a cell is: each one names the property of a credit line it goes by, or of its place."""

    AGENT = "agent"
    TEAM = "team"
    MANAGER = "manager"
    COUNTRY = "country"
    TIER = "tier"
    ACCOUNT = "account"
    CHANNEL = "channel"
    PRIORITY = "priority"
    SEGMENT = "segment"


PLACED: Mapping[Scope, Callable[[Place], str | None]] = {
    Scope.MANAGER: attrgetter("manager"),
    Scope.COUNTRY: attrgetter("country"),
    Scope.TIER: attrgetter("tier"),
}
"""The scopes that go by where whoever is credited stood in the organization at the line's own instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A reduced figure; `subject` None is nobody. `value` None: nothing to say (0 of 0), never a zero in disguise.

    `n` counts the credit lines, or the different parts where those are counted; `numerator` and `denominator` are
    their exact sums. A time is in seconds, a share lies in 0..1. `enough` is false below `min_n`, where the value must
    not be shown as a verdict. `low` and `high` are the ends of the indicator's interval. `series` names the scale of
    a mean score: figures of different series do not compare. `approximated` counts the lines that are not exact.
    """

    indicator: str
    scope: Scope
    account: str
    subject: str | None
    period: Period
    n: int
    numerator: int
    denominator: int
    value: float | None
    median: float | None
    p90: float | None
    low: float | None
    high: float | None
    min_n: int
    enough: bool
    approximate: bool
    as_of: int
    editions: tuple[str, ...]
    series: str | None = None
    approximated: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a set of credit lines: the scope, the period, the instant and where min_n was configured."""

    scope: Scope
    account: str
    period: Period
    as_of: int
    min_n: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Window:
    """A period as far as the data has come, and the rulebook by which holdings are read in it."""

    period: Period
    as_of: int
    rulebook: Rulebook

    @property
    def end(self) -> int:
        """The end of what is known of the period: not after its own, and not after the instant the data is complete."""
        return min(self.period.end, self.as_of + 1)

    def has(self, at: int) -> bool:
        """Tell whether an instant lies in the period."""
        return self.period.start <= at < self.period.end

    def subject(self, line: CreditLine, scope: Scope) -> str | None:
        """Return whose figure a line enters in that scope, by the organization of its own instant."""
        if scope in PLACED:
            return PLACED[scope](self.rulebook.place(line.agent, line.team, placed_at(line)))
        return subject_of(line, scope)


def placed_at(line: CreditLine) -> int:
    """Return the instant whose organization a line goes by: what ends just then belongs to the time before."""
    ends = line.numerator < 0 and INDICATORS[line.indicator].reduction is Reduction.LEVEL
    return line.at - 1 if ends else line.at


def subject_of(line: CreditLine, scope: Scope) -> str | None:
    """Return whose figure a line enters in a scope that needs no organization."""
    subject: str | None = getattr(line, scope)
    return subject


def lines_in(
    indicator: Indicator, measurements: Iterable[Measurement], period: Period, as_of: int, rulebook: Rulebook
) -> Iterator[CreditLine]:
    """Yield the credit lines that make the indicator's figures in the period."""
    window = Window(period, as_of, rulebook)
    for measurement in measurements:
        yield from lines_of(measurement, {indicator.key: indicator}, window)


def lines_of(measurement: Measurement, indicators: Mapping[str, Indicator], window: Window) -> Iterator[CreditLine]:
    """Yield the credit lines one ticket adds to these indicators in the window: every figure and list asks this."""
    for line in measurement.lines:
        if line.indicator in indicators and window.has(line.at):
            yield line
    held = [indicator for indicator in indicators.values() if indicator.held]
    if held and measurement.holdings and window.period.start < window.end:
        yield from _held_lines(measurement, held, window)


def _held_lines(measurement: Measurement, indicators: Collection[Indicator], window: Window) -> Iterator[CreditLine]:
    asked = Asked(window.period.start, window.end, window.rulebook, measurement.holdings)
    covering = next((each for each in measurement.holdings if _shares(each, asked.instant, asked.end)), None)
    joined = [each for each in _joined(measurement.holdings) if _shares(each, asked.start, asked.end)]
    stretches = [piece for each in joined for piece in _placed(each, asked)]
    for indicator in indicators:
        for holding, portion in _portions(indicator, covering, stretches, asked):
            yield _line(indicator, measurement, holding, portion)


def _portions(
    indicator: Indicator, covering: Holding | None, stretches: Sequence[Holding], asked: Asked
) -> Iterator[tuple[Holding, Portion]]:
    """Yield what the holding that covers the instant answers, and what each stretch of the period does."""
    if indicator.at_instant is not None and covering is not None:
        portion = indicator.at_instant(covering, asked)
        if portion is not None:
            yield covering, portion
    if indicator.over_period is not None:
        for stretch in stretches:
            for portion in indicator.over_period(stretch, asked):
                yield stretch, portion


def _shares(holding: Holding, start: int, end: int) -> bool:
    """Tell whether a holding shares an instant with [start, end)."""
    return holding.start < end and (holding.end is None or holding.end > start)


_SAME_HANDS = attrgetter("agent", "team", "channel", "priority", "segment", "requester", "calendar", "assumed")


def _joined(holdings: Sequence[Holding]) -> list[Holding]:
    """Return the holdings with those joined that follow each other in the same hands."""
    joined: list[Holding] = []
    for holding in holdings:
        before = joined[-1] if joined else None
        if before is not None and before.end == holding.start and _SAME_HANDS(before) == _SAME_HANDS(holding):
            joined[-1] = replace(before, end=holding.end)
        else:
            joined.append(holding)
    return joined


def _placed(holding: Holding, asked: Asked) -> Iterator[Holding]:
    """Yield a holding in pieces that end where its holder's place changes within what is asked, though not his team."""
    rules, start = asked.rulebook, max(holding.start, asked.start)
    place = partial(rules.place, holding.agent, holding.team)
    for turn in rules.reorganized:
        if start < turn < asked.end and (holding.end is None or turn < holding.end) and place(start) != place(turn):
            yield replace(holding, end=turn)
            holding, start = replace(holding, start=turn), turn
    yield holding


def _line(indicator: Indicator, measurement: Measurement, holding: Holding, portion: Portion) -> CreditLine:
    stamp = Stamp(
        at=portion.at,
        agent=holding.agent,
        team=holding.team,
        ticket_id=measurement.ticket_id,
        account=measurement.account,
        channel=holding.channel,
        priority=holding.priority,
        segment=holding.segment,
        edition=measurement.edition,
    )
    certainty = Certainty.APPROXIMATE if portion.assumed else Certainty.EXACT
    return CreditLine(indicator.key, stamp, portion.numerator, portion.denominator, portion.part, certainty)


@dataclass(slots=True)
class Tally:
    """One indicator's credit lines of one subject, summed up as they come: it keeps only what its reduction needs."""

    reduction: Reduction
    n: int = 0
    numerator: int = 0
    denominator: int = 0
    times: "array[int]" = field(default_factory=lambda: array("q"))
    parts: dict[str | None, bool] = field(default_factory=dict)  # whether any line of the part has a numerator
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


def _keep_part(tally: Tally, line: CreditLine) -> None:
    tally.parts[line.part] = tally.parts.get(line.part, False) or line.numerator > 0


def _keep_level(tally: Tally, line: CreditLine) -> None:
    tally.levels.append((line.at, line.numerator))


def _keep_share(tally: Tally, line: CreditLine) -> None:
    tally.shares[line.denominator] = tally.shares.get(line.denominator, 0) + line.numerator


def _keep_series(tally: Tally, line: CreditLine) -> None:
    tally.series.setdefault(line.part or "", Tally(Reduction.RATIO)).add(line)


_KEPT: Mapping[Reduction, Callable[[Tally, CreditLine], None]] = {
    Reduction.MEAN: _keep_time,
    Reduction.DISTINCT: _keep_part,
    Reduction.DISTINCT_RATIO: _keep_part,
    Reduction.MAX: _keep_time,
    Reduction.LEVEL: _keep_level,
    Reduction.OVERLAP: _keep_share,
    Reduction.SERIES_MEAN: _keep_series,
}


@dataclass(frozen=True, slots=True)
class _Sum:
    """What a tally comes to."""

    n: int
    numerator: int
    denominator: int
    value: float | None


def _counted(tally: Tally) -> _Sum:
    return _Sum(tally.n, tally.numerator, tally.denominator, float(tally.n))


def _summed(tally: Tally) -> _Sum:
    return _Sum(tally.n, tally.numerator, tally.denominator, float(tally.numerator))


def _averaged(tally: Tally) -> _Sum:
    return _Sum(tally.n, tally.numerator, tally.denominator, mean(tally.times))


def _divided(tally: Tally) -> _Sum:
    value = tally.numerator / tally.denominator if tally.denominator else None
    return _Sum(tally.n, tally.numerator, tally.denominator, value)


def _different(tally: Tally) -> _Sum:
    n = len(tally.parts)
    return _Sum(n, n, n, float(n))


def _different_divided(tally: Tally) -> _Sum:
    n, marked = len(tally.parts), sum(tally.parts.values())
    return _Sum(n, marked, n, marked / n if n else None)


def _largest(tally: Tally) -> _Sum:
    largest = max(tally.times, default=None)
    return _Sum(tally.n, largest or 0, int(largest is not None), None if largest is None else float(largest))


def _highest(tally: Tally) -> _Sum:
    # Sorted, an end comes before a start of the same instant: who hands over and takes has one ticket, not two.
    highest = max(accumulate(change for _, change in sorted(tally.levels)), default=0)
    return _Sum(tally.n, highest, 1, float(highest))


def _overlapped(tally: Tally) -> _Sum:
    whole = lcm(*tally.shares)
    held = sum(numerator * (whole // denominator) for denominator, numerator in tally.shares.items())
    return _Sum(tally.n, held, whole, held / whole)


_SUMS: Mapping[Reduction, Callable[[Tally], _Sum]] = {
    Reduction.COUNT: _counted,
    Reduction.SNAPSHOT: _counted,
    Reduction.SUM: _summed,
    Reduction.MEAN: _averaged,
    Reduction.RATIO: _divided,
    Reduction.SERIES_MEAN: _divided,
    Reduction.DISTINCT: _different,
    Reduction.DISTINCT_RATIO: _different_divided,
    Reduction.MAX: _largest,
    Reduction.LEVEL: _highest,
    Reduction.OVERLAP: _overlapped,
}
COUNTS = frozenset(
    {
        Reduction.COUNT,
        Reduction.SNAPSHOT,
        Reduction.SUM,
        Reduction.DISTINCT,
        Reduction.LEVEL,
        Reduction.OVERLAP,
    }
)
"""The reductions that say 0 where there is nothing, and are a fact from the first line on."""


def cells(indicator: Indicator, lines: Iterable[CreditLine], question: Question) -> dict[str | None, Cell]:
    """Return a cell for every subject that has a line, "nobody" (None) among them."""
    tallies: dict[str | None, Tally] = {}
    for line in lines:
        tallies.setdefault(subject_of(line, question.scope), Tally(indicator.reduction)).add(line)
    return {subject: tallied(indicator, tally, question, subject) for subject, tally in tallies.items()}


def cell(indicator: Indicator, lines: Iterable[CreditLine], question: Question, subject: str | None) -> Cell:
    """Return the figure that these lines make; without any, a count is 0 and every other value None."""
    tally = Tally(indicator.reduction)
    for line in lines:
        tally.add(line)
    return tallied(indicator, tally, question, subject)


def tallied(indicator: Indicator, tally: Tally, question: Question, subject: str | None) -> Cell:
    """Return the figure that a tally comes to; of several series the newest, for scales are never pooled."""
    series = max(tally.series, key=lambda name: (tally.series[name].last_at, name), default=None)
    one = tally if series is None else tally.series[series]
    found = _SUMS[indicator.reduction](one)
    interval = wilson(found.numerator, found.denominator) if indicator.interval is Interval.WILSON else None
    min_n = question.min_n.get(indicator.key, indicator.min_n)
    times = one.times if indicator.reduction is Reduction.MEAN else ()
    return Cell(
        indicator=indicator.key,
        scope=question.scope,
        account=question.account,
        subject=subject,
        period=question.period,
        n=found.n,
        numerator=found.numerator,
        denominator=found.denominator,
        value=found.value,
        median=median(times),
        p90=percentile(times, 0.9),
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        min_n=min_n,
        enough=found.n >= min_n or indicator.reduction in COUNTS,
        approximate=one.approximated > 0,
        as_of=question.as_of,
        editions=tuple(sorted(one.editions)),
        series=series,
        approximated=one.approximated,
    )


def enters(line: CreditLine, cell: Cell) -> bool:
    """Tell whether a line of the cell's indicator, subject and period is among those its value is made of."""
    return cell.series is None or line.part == cell.series
