"""Figures from what is stored: scorecards of agents, teams and the account, and the credit lines behind one figure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.base import STREAM_NAMES, Stream
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Input, Reduction
from kpi_engine.measurement import CreditLine, Measurement
from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.reduce import Cell, Question, Scope, cell, lines_in, subject_of
from sync.account import Account
from sync.pull import complete_through

Scorecard = Mapping[str, Cell]
"""A subject's cells by indicator, one for every indicator."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The scorecards of one period in one scope, with the credit lines behind each subject's figures by indicator.

    `missing` says why an indicator has nothing to say at all.
    """

    question: Question
    scorecards: Mapping[str | None, Scorecard]
    lines: Mapping[str | None, Mapping[str, Sequence[CreditLine]]]
    missing: Mapping[str, Message] = field(default_factory=dict)


def figures(account: Account, period: Period, scope: Scope, as_of: int) -> Figures:
    """Return the scorecards of everybody who has a credit line in the period."""
    question = Question(scope, account.name, period, as_of, min_n(account))
    grouped: dict[str | None, dict[str, list[CreditLine]]] = {}
    for key, line in _lines(account, period, as_of):
        grouped.setdefault(subject_of(line, scope), {}).setdefault(key, []).append(line)
    cards = {
        subject: {key: cell(indicator, lines.get(key, []), question, subject) for key, indicator in INDICATORS.items()}
        for subject, lines in grouped.items()
    }
    return Figures(question, cards, grouped, missing_inputs(account))


def _lines(account: Account, period: Period, as_of: int) -> Iterator[tuple[str, CreditLine]]:
    flows = [indicator for indicator in INDICATORS.values() if indicator.reduction is not Reduction.SNAPSHOT]
    snapshots = [indicator for indicator in INDICATORS.values() if indicator.reduction is Reduction.SNAPSHOT]
    readings = account.store.readings
    yield from _of(flows, readings.in_period(account.name, period.start, period.end), period, as_of)
    last_instant = min(period.end - 1, as_of)
    if period.start <= as_of:
        yield from _of(snapshots, readings.held_at(account.name, last_instant), period, as_of)


def _of(
    indicators: Iterable[Indicator], measurements: Iterable[Measurement], period: Period, as_of: int
) -> Iterator[tuple[str, CreditLine]]:
    wanted = list(indicators)
    for measurement in measurements:
        for indicator in wanted:
            for line in lines_in(indicator, (measurement,), period, as_of):
                yield indicator.key, line


@dataclass(frozen=True, slots=True)
class Explanation:
    """One figure with the credit lines that make it, in order of time."""

    indicator: Indicator
    cell: Cell
    lines: tuple[CreditLine, ...]
    missing: Message | None


def explained(account: Account, indicator: Indicator, question: Question, subject: str | None) -> Explanation:
    """Return a subject's figure and exactly the credit lines it is made of."""
    found = [
        line
        for key, line in _lines(account, question.period, question.as_of)
        if key == indicator.key and subject_of(line, question.scope) == subject
    ]
    found.sort(key=lambda line: (line.at, line.ticket_id or ""))
    return Explanation(
        indicator,
        cell(indicator, found, question, subject),
        tuple(found),
        missing_inputs(account).get(indicator.key),
    )


def min_n(account: Account) -> Mapping[str, int]:
    """Return the configured least numbers of credit lines by indicator."""
    return {key: chosen.min_n for key, chosen in account.settings.indicators.items() if chosen.min_n is not None}


_STREAM_OF = {Input.TICKETS: Stream.TICKETS, Input.HISTORY: Stream.HISTORY, Input.RATINGS: Stream.RATINGS}


def missing_inputs(account: Account) -> dict[str, Message]:
    """Return why an indicator cannot say anything: by indicator, an input that this account does not supply."""
    cursors = account.store.cursors.all(account.name)
    absent = {needed for needed, stream in _STREAM_OF.items() if stream not in cursors}
    return {
        key: message("this account supplies no {input}", input=STREAM_NAMES[_STREAM_OF[min(indicator.needs & absent)]])
        for key, indicator in INDICATORS.items()
        if indicator.needs & absent
    }


def as_of_now(account: Account) -> int | None:
    """Return the instant up to which the stored data is complete, None before the first whole pull."""
    return complete_through(account)
