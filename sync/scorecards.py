"""Scorecards as people and machines read them: a table for the terminal, a document for JSON."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.message import Message, message
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rulebook import Rulebook
from sync.figures import Explanation, Figures
from sync.locale import Language
from sync.wording import cell_text, clock_name, heading, subject_name


def ordered_subjects(figures: Figures, rulebook: Rulebook, language: Language) -> list[tuple[str | None, str]]:
    """Return (subject, name) in alphabetical order, nobody last: a scorecard is no ranking."""
    at = figures.question.period.end - 1
    named = [
        (subject, language(subject_name(subject, figures.question.scope, rulebook, at)))
        for subject in figures.scorecards
    ]
    return sorted(named, key=lambda pair: (pair[0] is None, pair[1].casefold(), pair[0] or ""))


def scorecard_table(figures: Figures, rulebook: Rulebook, language: Language) -> Table:
    """Return a table with a row for every subject and a column for every indicator that has a headline."""
    title = language(message("Scorecards {period}", period=figures.question.period.label))
    table = _narrow_table(title)
    table.add_column(language(_SCOPES[figures.question.scope]), min_width=_NAME_WIDTH, overflow="fold")
    shown = [indicator for indicator in INDICATORS.values() if not indicator.key.endswith("_calendar")]
    for indicator in shown:
        table.add_column(language(heading(indicator)), justify="right", overflow="fold")
    for subject, name in ordered_subjects(figures, rulebook, language):
        card = figures.scorecards[subject]
        cells = [Text(_headline(figures, indicator, card[indicator.key], language)) for indicator in shown]
        table.add_row(Text(one_line(name)), *cells)
    return table


def _narrow_table(title: str | None = None) -> Table:
    """Return an empty table without rules, so that a scorecard fits a terminal of 80 columns."""
    padding = (0, 1, 0, 0)
    return Table(title=title, title_justify="left", box=None, padding=padding, header_style="bold underline")


def _headline(figures: Figures, indicator: Indicator, cell: Cell, language: Language) -> str:
    missing = figures.missing.get(indicator.key)
    if missing is not None:
        return "–"
    return cell_text(indicator, cell, language) if cell.enough or not cell.n else f"(n={cell.n})"


def scorecard_notes(figures: Figures) -> list[Message]:
    """Return what a reader of the table must know: what stands in brackets, and what is not supplied at all."""
    notes = [
        message("{indicator}: {reason}", indicator=INDICATORS[key].name, reason=reason)
        for key, reason in figures.missing.items()
    ]
    if any(cell.n and not cell.enough for card in figures.scorecards.values() for cell in card.values()):
        notes.append(
            message("(n=) in brackets: so many until now, too few for a figure; `explain` says how many are needed")
        )
    return notes


_NAME_WIDTH = 12
_SCOPES = {
    Scope.AGENT: message("Agent"),
    Scope.TEAM: message("Team"),
    Scope.ACCOUNT: message("Account"),
}


def figures_document(figures: Figures, names: Iterable[tuple[str | None, str]]) -> dict[str, object]:
    """Return the scorecards as JSON; times are in seconds, shares in 0..1, instants in seconds since 1970 UTC."""
    question = figures.question
    return {
        "account": question.account,
        "scope": question.scope,
        "period": question.period.label,
        "start": question.period.start,
        "end": question.period.end,
        "as_of": question.as_of,
        "missing": {key: str(reason) for key, reason in figures.missing.items()},
        "scorecards": [
            {
                "subject": subject,
                "name": name,
                "indicators": {key: cell_document(cell) for key, cell in figures.scorecards[subject].items()},
            }
            for subject, name in names
        ],
    }


def cell_document(cell: Cell) -> dict[str, object]:
    """Return one figure as JSON."""
    return {
        "value": cell.value,
        "n": cell.n,
        "numerator": cell.numerator,
        "denominator": cell.denominator,
        "median": cell.median,
        "p90": cell.p90,
        "low": cell.low,
        "high": cell.high,
        "enough": cell.enough,
        "min_n": cell.min_n,
        "approximate": cell.approximate,
        "editions": list(cell.editions),
    }


def explanation_table(explanation: Explanation, urls: dict[str, str], language: Language) -> Table:
    """Return the tickets behind a figure: when, what each adds, and where to open it."""
    table = _narrow_table()
    headings = (message("Ticket"), message("When"), message("Adds"), message("Clock"), message("Link"))
    for title in headings:
        table.add_column(language(title), overflow="fold")
    for line in explanation.lines:
        cells = (
            line.ticket_id or "",
            language.moment(line.at),
            line_text(explanation, line.numerator, line.denominator, language),
            language(clock_name(line.part)) if line.part is not None else "",
            urls.get(line.ticket_id or "", ""),
        )
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    return table


def line_text(explanation: Explanation, numerator: int, denominator: int, language: Language) -> str:
    """Return what one credit line adds, in the indicator's unit."""
    unit = explanation.indicator.unit
    if unit is unit.SECONDS:
        return language.duration(numerator)
    return f"{numerator}/{denominator}" if unit is unit.SHARE else str(numerator)
