"""Benchmarks beside figures and targets: the configured records, and one's own history where there is none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from config import benchmark_records
from kpi_engine.benchmarks import TRAILING, Benchmark, Beside, beside, chosen, own_history
from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.reduce import Cell, Scope
from sync.figures import Figures, reduced_in
from sync.sources import Asked
from sync.targets import Judged, pulled

_YEAR: Final = {PeriodKind.DAY: 364, PeriodKind.WEEK: 364, PeriodKind.MONTH: 365, PeriodKind.QUARTER: 365}
"""Days back to the same season of the year before, the same day of the week where that matters."""

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Placed:
    """A subject's figure beside a benchmark."""

    subject: str | None
    figure: Cell
    beside: Beside


def placed(asked: Asked, figures: Figures) -> list[Placed]:
    """Return every figure for which a benchmark of just these tickets is recorded, by indicator and subject."""
    scope, listed = figures.question.scope, benchmark_records(asked.account.settings.benchmarks)
    return [
        Placed(subject, card[key], beside(record, card[key]))
        for key in INDICATORS
        for subject, card in sorted(figures.scorecards.items(), key=lambda each: (each[0] is None, each[0] or ""))
        if subject is not None and key in card and key not in figures.missing
        if (record := chosen(listed, key, _only(scope, subject))) is not None
    ]


def _only(scope: Scope, subject: str) -> Mapping[Scope, str]:
    """Return what narrows the tickets of a subject down as a benchmark's `only` does."""
    return {scope: subject} if scope in (Scope.CHANNEL, Scope.PRIORITY, Scope.SEGMENT, Scope.SEVERITY) else {}


def of_targets(asked: Asked, found: Sequence[Judged]) -> list[Beside | None]:
    """Return what each figure with a target stands beside: a recorded benchmark, else its own history, else None.

    Only figures of one period over all tickets have a history here.
    """
    listed = benchmark_records(asked.account.settings.benchmarks)
    records = [chosen(listed, each.target.indicator, each.target.only) for each in found]
    alone = [each for each, record in zip(found, records, strict=True) if record is None and _plain(each)]
    histories = _histories(asked, alone[0].target.scope, {each.target.indicator for each in alone}) if alone else {}
    return [
        beside(benchmark, each.figure) if (benchmark := record or _own(histories, each)) is not None else None
        for each, record in zip(found, records, strict=True)
    ]


def _plain(each: Judged) -> bool:
    return each.target.windows == 1 and not each.target.only


Histories = Mapping[str | None, Figures]
"""The figures of earlier periods by their label; a year ago has none."""


def _histories(asked: Asked, scope: Scope, keys: Collection[str]) -> dict[str | None, Figures]:
    """Return the figures of the periods before, by label, and those of a year ago as None; those not pulled are out."""
    before: list[Period] = [asked.window.period]
    while len(before) <= TRAILING:
        before.append(before[-1].previous())
    now = asked.window.period
    year_ago = period_at(now.kind, now.zone, now.start - _YEAR[now.kind] * _DAY + _DAY // 2)
    wanted: list[tuple[str | None, Period]] = [(None, year_ago), *((each.label, each) for each in before[1:])]
    return {
        label: reduced_in(asked.of(period), (scope,), only=keys)[scope]
        for label, period in wanted
        if pulled(asked, period)
    }


def _own(histories: Histories, each: Judged) -> Benchmark | None:
    if not _plain(each):
        return None
    cells = {label: _cell(found, each) for label, found in histories.items()}
    return own_history(
        cells.get(None), [cell for label, cell in cells.items() if label is not None and cell is not None]
    )


def _cell(found: Figures, each: Judged) -> Cell | None:
    cell = found.scorecards.get(each.subject, {}).get(each.target.indicator)
    return cell if cell is not None and cell.series == each.figure.series else None
