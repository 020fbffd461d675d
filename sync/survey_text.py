"""How the answers to surveys are put into words: beside a figure, and where they go missing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from kpi_engine.response_bias import Gap, Responses, Unheard
from kpi_engine.rulebook import Rulebook
from sync.locale import Language
from sync.wording import NOBODY, NONE_GIVEN, subject_name

LEAST_SURE: Final = 0.05
"""Below this chance a gap is called more than chance."""

_TITLES: Final = {
    "channel": message("Channel"),
    "agent": message("Agent"),
    "hour": message("Hour"),
    "language": message("Language"),
    "priority": message("Priority"),
    "segment": message("Segment"),
}
_SHOWN: Final = 8  # lines a dimension: the most silent ones, the rest is in the JSON


def surveys_table(
    found: Mapping[str | None, Responses], names: Mapping[str | None, str], min_n: int, language: Language
) -> Table:
    """Return a table of what stands beside the survey figures of each subject; of fewer answers than min_n no rate."""
    table = _table(language(message("Beside the survey figures: tickets solved in the period")))
    heads = (message("Whose"), message("Asked"), message("Answered"), message("Bias"), message("Satisfied"))
    for head in (*heads, message("Weighed"), message("Worst to best")):
        table.add_column(language(head), overflow="fold")
    for subject, name in names.items():
        if subject in found:
            table.add_row(*(Text(each) for each in _row(found[subject], name, min_n, language)))
    return table


def _row(found: Responses, name: str, min_n: int, language: Language) -> Iterator[str]:
    yield one_line(name)
    yield language(_of(found.asked, found.eligible, found.coverage, language))
    yield language(_of(found.answered, found.asked, found.response, language))
    yield gap_text(found.gap, language)
    enough = found.answered >= min_n
    yield _share(found.rate, language) if enough else f"(n={found.answered})"
    yield _share(found.adjusted, language) if enough else ""
    yield f"{_share(found.worst, language)} – {_share(found.best, language)}"


def _of(part: int, whole: int, share: float | None, language: Language) -> Message:
    return message("{share} ({part} of {whole})", share=_share(share, language), part=part, whole=whole)


def _share(share: float | None, language: Language) -> str:
    return "–" if share is None else language.percent(share)


def gap_text(found: Gap | None, language: Language) -> str:
    """Return how much more or less of one kind the answers are than all tickets, and whether chance may explain it."""
    if found is None:
        return "–"
    points = language.number(found.share * 100, 1)
    told = {"points": points, "kind": one_line(found.of or language(NONE_GIVEN))}
    if found.chance is None:
        return language(message("{points} pp ({kind})", **told))
    if found.chance < LEAST_SURE:
        return language(message("{points} pp ({kind}), more than chance", **told))
    return language(message("{points} pp ({kind}), may be chance", **told))


def survey_notes() -> Iterator[Message]:
    """Yield what a reader must know of that table."""
    yield message(
        "Asked, of those solved; answered, of those asked. Bias: by how much a channel, agent, priority or the like is "
        "more or less frequent among the answers than among all. Weighed: each kind of ticket by its share of all. "
        "Worst to best: had none, or all, of the silent customers been satisfied; the truth lies between. "
        "(n=): too few answers."
    )


def silences_tables(
    found: Mapping[str, Sequence[Unheard]], rules: Rulebook, at: int, language: Language
) -> Iterator[Table]:
    """Yield a table for each dimension: where surveys go unsent or unanswered, the most silent first."""
    for dimension, rows in found.items():
        table = _table(
            language(message("Where surveys go unsent or unanswered, by {dimension}", dimension=_TITLES[dimension]))
        )
        for head in (
            _TITLES[dimension],
            message("Solved"),
            message("Not asked"),
            message("Asked, no answer"),
            message("Answered"),
        ):
            table.add_column(language(head), overflow="fold")
        for row in rows[:_SHOWN]:
            counts = (row.eligible, row.eligible - row.asked, row.asked - row.answered, row.answered)
            cells = (kind_name(dimension, row.kind, rules, at, language), *(language.number(each) for each in counts))
            table.add_row(*(Text(one_line(cell)) for cell in cells))
        yield table


def kind_name(dimension: str, kind: str | None, rules: Rulebook, at: int, language: Language) -> str:
    """Return how a kind is called: agents by name."""
    if dimension == Scope.AGENT:
        return language(NOBODY if kind is None else subject_name(kind, Scope.AGENT, rules, at))
    return language(NONE_GIVEN) if kind is None else kind


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), header_style="bold underline")


def responses_document(found: Responses, name: str, subject: str | None, min_n: int) -> dict[str, object]:
    """Return what stands beside a subject's survey figures as JSON."""
    gap = found.gap
    return {
        "subject": subject,
        "name": name,
        "solved": found.eligible,
        "asked": found.asked,
        "answered": found.answered,
        "coverage": found.coverage,
        "response_rate": found.response,
        "bias": None if gap is None else {"gap": gap.share, "kind": gap.of, "chance": gap.chance},
        "enough": found.answered >= min_n,
        "satisfaction": found.rate,
        "weighed": found.adjusted,
        "weighed_covers": found.covered,
        "worst": found.worst,
        "best": found.best,
    }


def silences_document(found: Mapping[str, Sequence[Unheard]]) -> dict[str, object]:
    """Return where surveys go unsent or unanswered as JSON, every kind."""
    return {
        dimension: [
            {"kind": row.kind, "solved": row.eligible, "asked": row.asked, "answered": row.answered} for row in rows
        ]
        for dimension, rows in found.items()
    }
