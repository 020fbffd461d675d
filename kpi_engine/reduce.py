"""Credit lines become cells: one figure for an indicator, a subject and a period."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from operator import attrgetter

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import NO_FACTS, Asked, Borrowed, Facts, Indicator, Portion, Reduction
from kpi_engine.measurement import Certainty, CreditLine, Holding, Measurement, Stamp
from kpi_engine.organization import Place
from kpi_engine.periods import Period
from kpi_engine.rulebook import Rulebook
from kpi_engine.statistics import median, percentile
from kpi_engine.tally import COUNTS, Part, Tally, chosen_series, interval_of, sum_of, times_of


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
    SEVERITY = "severity"


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
    a mean score, or the currency of an amount: figures of different series do not compare. `approximated` counts the
    lines that are not exact, `others` those left out because they are of another series. `parts` says, part by part,
    what a breakdown is made of, as (part, numerator, denominator); `strays` counts whoever is in a step of a funnel
    though not in the one before, which ought not to be.
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
    parts: tuple[Part, ...] = ()
    strays: int = 0
    others: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a set of credit lines: the scope, the period, the instant and where min_n was configured.

    `currencies` are those in which some subjects' amounts are told.
    """

    scope: Scope
    account: str
    period: Period
    as_of: int
    min_n: Mapping[str, int]
    currencies: Mapping[str | None, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """A period as far as the data has come, the rulebook by which holdings are read in it, and facts told beside."""

    period: Period
    as_of: int
    rulebook: Rulebook
    facts: Facts = NO_FACTS

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
        if window.has(line.at):
            if line.indicator in indicators:
                yield line
            if line.indicator in LENT:
                yield from _borrowed(line, indicators, window.facts)
    held = [each for each in indicators.values() if each.held]
    lenders = [INDICATORS[key] for key in _HELD_LENT if key not in indicators and _wanted(key, indicators)]
    if (held or lenders) and measurement.holdings and window.period.start < window.end:
        for line in _held_lines(measurement, [*held, *lenders], window):
            if line.indicator in indicators:
                yield line
            if line.indicator in LENT:
                yield from _borrowed(line, indicators, window.facts)


LENT: Mapping[str, tuple[tuple[str, Borrowed], ...]] = {
    lender: tuple((each.key, each.borrows[lender]) for each in INDICATORS.values() if lender in each.borrows)
    for lender in {key for each in INDICATORS.values() for key in each.borrows}
}
"""Which indicators borrow the lines of which, and how each makes them its own."""

_HELD_LENT = sorted(key for key in LENT if INDICATORS[key].held)


def _wanted(lender: str, indicators: Mapping[str, Indicator]) -> bool:
    return any(key in indicators for key, _ in LENT[lender])


def asks_holdings(indicators: Mapping[str, Indicator]) -> bool:
    """Tell whether some of these indicators are answered by holdings, or borrow from one that is."""
    return any(each.held for each in indicators.values()) or any(_wanted(key, indicators) for key in _HELD_LENT)


def _borrowed(line: CreditLine, indicators: Mapping[str, Indicator], facts: Facts) -> Iterator[CreditLine]:
    for key, make in LENT[line.indicator]:
        if key in indicators and (made := make(line, facts)) is not None:
            yield from made if isinstance(made, tuple) else (made,)


def _held_lines(measurement: Measurement, indicators: Collection[Indicator], window: Window) -> Iterator[CreditLine]:
    known = window.rulebook, measurement.holdings, window.facts, measurement.clocks
    asked = Asked(window.period.start, window.end, *known)
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


_SAME_HANDS = attrgetter(
    "agent", "team", "channel", "priority", "segment", "severity", "requester", "calendar", "assumed"
)


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
        severity=holding.severity,
    )
    certainty = Certainty.APPROXIMATE if portion.assumed else Certainty.EXACT
    return CreditLine(indicator.key, stamp, portion.numerator, portion.denominator, portion.part, certainty)


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
    """Return the figure that a tally comes to; of several series only one, for scales and currencies never mix."""
    series = chosen_series(tally, question.currencies.get(subject))
    one = tally if series is None else tally.series[series]
    found = sum_of(tally, one)
    interval = interval_of(indicator.interval, one, found)
    min_n = question.min_n.get(indicator.key, indicator.min_n)
    times = times_of(one)
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
        parts=found.parts,
        strays=found.strays,
        others=sum(each.n for name, each in tally.series.items() if name != series),
    )


def enters(line: CreditLine, cell: Cell) -> bool:
    """Tell whether a line of the cell's indicator, subject and period is among those its value is made of."""
    return cell.series is None or line.part is None or line.part == cell.series
