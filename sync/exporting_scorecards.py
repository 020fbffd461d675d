"""Scorecards of roles as rows: one for each part, with what the whole of it comes to."""

from collections.abc import Iterator

from kpi_engine.reduce import Scope
from sync.exporting import Columns, Row, Rows, Type
from sync.grading import graded_figures
from sync.locale import Language
from sync.sources import Asked
from sync.wording import subject_name

_COLUMNS: Columns = {
    "account": Type.TEXT,
    "scope": Type.TEXT,
    "subject": Type.TEXT,
    "name": Type.TEXT,
    "period": Type.TEXT,
    "role": Type.TEXT,
    "block": Type.TEXT,
    "indicator": Type.TEXT,
    "weight": Type.NUMBER,
    "attained": Type.NUMBER,
    "coverage": Type.NUMBER,
    "scorecard_attained": Type.NUMBER,
    "grade": Type.TEXT,
    "severe": Type.INTEGER,
}


def scorecard_rows(asked: Asked, scope: Scope) -> Rows:
    """Return the parts of everybody's scorecard in the source's period."""
    return Rows(_COLUMNS, _parts(asked, scope))


def _parts(asked: Asked, scope: Scope) -> Iterator[Row]:
    rules, at = asked.window.rulebook, asked.window.period.end - 1
    _, cards = graded_figures(asked, scope)
    english = Language("en")
    for subject in sorted(cards, key=lambda each: each or ""):
        card = cards[subject]
        for part in card.parts:
            yield {
                "account": asked.name,
                "scope": scope.value,
                "subject": subject,
                "name": english(subject_name(subject, scope, rules, at)),
                "period": asked.window.period.label,
                "role": card.card.role,
                "block": part.block,
                "indicator": part.indicator,
                "weight": part.weight,
                "attained": part.share,
                "coverage": card.coverage,
                "scorecard_attained": card.attained,
                "grade": card.grade,
                "severe": card.severe,
            }
