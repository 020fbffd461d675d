"""Credit lines become cells: one figure for an indicator, a subject and a period."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kpi_engine.indicators.indicator import Indicator, Interval, Reduction
from kpi_engine.measurement import Certainty, CreditLine, Measurement
from kpi_engine.periods import Period
from kpi_engine.statistics import mean, median, percentile, wilson


class Scope(StrEnum):
    """Whose figure a cell is."""

    AGENT = "agent"
    TEAM = "team"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A reduced figure; `subject` None is nobody. `value` None: nothing to say (0 of 0), never a zero in disguise.

    `n` counts the credit lines; `numerator` and `denominator` are their exact sums. A time is in seconds, a share lies
    in 0..1. `enough` is false below `min_n`, where the value must not be shown as a verdict. `low` and `high` are the
    ends of the indicator's interval.
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


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a set of credit lines: the scope, the period, the instant and where min_n was configured."""

    scope: Scope
    account: str
    period: Period
    as_of: int
    min_n: Mapping[str, int]


def subject_of(line: CreditLine, scope: Scope) -> str | None:
    """Return whose figure a line enters in that scope."""
    if scope is Scope.AGENT:
        return line.agent
    return line.team if scope is Scope.TEAM else line.account


def lines_in(
    indicator: Indicator, measurements: Iterable[Measurement], period: Period, as_of: int
) -> Iterator[CreditLine]:
    """Yield the credit lines that make the indicator's figures in the period: `reduce` and `explain` both ask this."""
    for measurement in measurements:
        if indicator.reduction is Reduction.SNAPSHOT:
            yield from _held_lines(indicator, measurement, min(period.end, as_of + 1))
        else:
            for line in measurement.lines:
                if line.indicator == indicator.key and period.start <= line.at < period.end:
                    yield line


def _held_lines(indicator: Indicator, measurement: Measurement, end: int) -> Iterator[CreditLine]:
    """Yield the line of the holding that covers the last instant before `end`."""
    instant = end - 1
    for holding in measurement.holdings:
        if holding.start <= instant and (holding.end is None or instant < holding.end):
            yield CreditLine(
                indicator=indicator.key,
                ticket_id=measurement.ticket_id,
                observation_id=None,
                part=None,
                agent=holding.agent,
                team=holding.team,
                account=measurement.account,
                channel=holding.channel,
                priority=holding.priority,
                segment=None,
                at=instant,
                numerator=1,
                denominator=1,
                certainty=Certainty.EXACT,
                edition=measurement.edition,
            )


def cells(indicator: Indicator, lines: Iterable[CreditLine], question: Question) -> dict[str | None, Cell]:
    """Return a cell for every subject that has a line, "nobody" (None) among them."""
    by_subject: dict[str | None, list[CreditLine]] = {}
    for line in lines:
        by_subject.setdefault(subject_of(line, question.scope), []).append(line)
    return {subject: cell(indicator, group, question, subject) for subject, group in by_subject.items()}


def cell(indicator: Indicator, lines: list[CreditLine], question: Question, subject: str | None) -> Cell:
    """Return the figure that these lines make; without any, a count is 0 and every other value None."""
    numerator, denominator = sum(line.numerator for line in lines), sum(line.denominator for line in lines)
    interval = wilson(numerator, denominator) if indicator.interval is Interval.WILSON else None
    seconds = [line.numerator for line in lines] if indicator.reduction is Reduction.MEAN else []
    min_n = question.min_n.get(indicator.key, indicator.min_n)
    return Cell(
        indicator=indicator.key,
        scope=question.scope,
        account=question.account,
        subject=subject,
        period=question.period,
        n=len(lines),
        numerator=numerator,
        denominator=denominator,
        value=_value(indicator, lines, numerator, denominator),
        median=median(seconds),
        p90=percentile(seconds, 0.9),
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        min_n=min_n,
        enough=len(lines) >= min_n or indicator.additive,
        approximate=any(line.certainty is not Certainty.EXACT for line in lines),
        as_of=question.as_of,
        editions=tuple(sorted({line.edition for line in lines})),
    )


def _value(indicator: Indicator, lines: list[CreditLine], numerator: int, denominator: int) -> float | None:
    if indicator.reduction in (Reduction.COUNT, Reduction.SNAPSHOT):
        return float(len(lines))
    if indicator.reduction is Reduction.MEAN:
        return mean([line.numerator for line in lines])
    return numerator / denominator if denominator else None
