"""How the answers to surveys are put into words: beside a figure, and where they go missing."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from kpi_engine.response_bias import Gap, Responses, Survey, Unheard
from kpi_engine.rulebook import Rulebook
from sync.fitting import NAME_WIDTH, plain_table
from sync.locale import Language
from sync.surveyed import Answered
from sync.wording import NOBODY, NONE_GIVEN, priority_name, subject_name, value_text

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
_BESIDE: Final = {
    "ratings": message("Beside the survey figures: tickets solved in the period"),
    "csat": message("Beside the satisfaction surveys of files: those sent in the period"),
    "nps": message("Beside the net promoter surveys: those sent in the period"),
    "ces": message("Beside the customer effort surveys: those sent in the period"),
    "servqual": message("Beside the service quality surveys: those sent in the period"),
}
_COUNTED: Final = {
    True: (message("Solved"), message("Not asked"), message("Asked, no answer"), message("Answered")),
    False: (message("Sent"), message("Asked, no answer"), message("Answered")),
}
_SHOWN: Final = 8  # lines a dimension: the most silent ones, the rest is in the JSON


def surveys_table(
    survey: Survey,
    found: Mapping[str | None, Responses],
    names: Mapping[str | None, str],
    min_n: int,
    language: Language,
) -> Table:
    """Return a table of what stands beside a survey's figure, by whose it is; of fewer answers than min_n no figure."""
    table = plain_table(language(_BESIDE[survey.name]))
    asked = message("Asked") if survey.covers else message("Sent")
    heads = (message("Whose"), asked, message("Answered"), message("Bias"), _figure_head(survey))
    for head in (*heads, message("Weighed"), message("Worst to best")):
        table.add_column(language(head), overflow="fold")
    table.columns[0].max_width = NAME_WIDTH
    for subject, name in names.items():
        if subject in found:
            table.add_row(*(Text(each) for each in _row(survey, found[subject], name, min_n, language)))
    return table


def _figure_head(survey: Survey) -> Message:
    """Return the head of the figure's column: scorecards count ratings by when they came, this by their tickets."""
    name = INDICATORS[survey.answered].name
    if survey.covers:
        return message("{indicator}, of tickets solved in the period", indicator=name)
    return message("{indicator}, of surveys sent in the period", indicator=name)


def _row(survey: Survey, found: Responses, name: str, min_n: int, language: Language) -> Iterator[str]:
    told = partial(_value, survey, language)
    yield one_line(name)
    yield language(_of(found.asked, found.eligible, found.coverage, language)) if survey.covers else str(found.asked)
    yield language(_of(found.answered, found.asked, found.response, language))
    yield gap_text(found.gap, language)
    enough = found.answered >= min_n
    yield told(found.value) if enough else f"(n={found.answered})"
    yield told(found.adjusted) if enough else ""
    yield f"{told(found.worst)} – {told(found.best)}"


def _value(survey: Survey, language: Language, value: float | None) -> str:
    if value is None:
        return "–"
    return value_text(INDICATORS[survey.answered], value, language)


def _of(part: int, whole: int, share: float | None, language: Language) -> Message:
    return message("{share} ({part} of {whole})", share=_share(share, language), part=part, whole=whole)


def _share(share: float | None, language: Language) -> str:
    return "–" if share is None else language.percent(share)


def gap_text(found: Gap | None, language: Language) -> str:
    """Return how much more or less of one kind the answers are than all tickets, and whether chance may explain it."""
    if found is None:
        return "–"
    points = language.number(found.share * 100, 1)
    kind = NONE_GIVEN if found.of is None else priority_name(found.of)
    told = {"points": points, "kind": one_line(language(kind))}
    if found.chance is None:
        return language(message("{points} pp ({kind})", **told))
    if found.chance < LEAST_SURE:
        return language(message("{points} pp ({kind}), more than chance", **told))
    return language(message("{points} pp ({kind}), may be chance", **told))


def answered_text(told: Answered, language: Language) -> str:
    """Return in one sentence who answered a survey, and between which bounds that leaves its figure."""
    survey, found = told.survey, told.responses
    value, enough = partial(_value, survey, language), found.answered >= told.min_n
    words = {
        "indicator": INDICATORS[survey.answered].name,
        "answered": _of(found.answered, found.asked, found.response, language),
        "bias": gap_text(found.gap, language),
        "weighed": value(found.adjusted) if enough else f"(n={found.answered})",
        "worst": value(found.worst),
        "best": value(found.best),
    }
    if not survey.covers:
        return language(
            message(
                "{indicator}: answered {answered}; bias {bias}; weighed {weighed}, worst to best {worst} – {best}",
                **words,
            )
        )
    asked = _of(found.asked, found.eligible, found.coverage, language)
    return language(
        message(
            "{indicator}: asked {asked}, answered {answered}; bias {bias}; weighed {weighed}, worst to best {worst} – "
            "{best}",
            **words,
            asked=asked,
        )
    )


def survey_notes() -> Iterator[Message]:
    """Yield what a reader must know of that table."""
    yield message(
        "Asked, of those solved; answered, of those asked or sent. Bias: by how much a channel, agent, priority or the "
        "like is more or less frequent among the answers than among all. Weighed: each kind of ticket by its share of "
        "all. Worst to best: had all silent customers given the lowest, or the highest answer; the truth lies between. "
        "(n=): too few answers."
    )
    yield message(
        "Scorecards count a rating in the period in which it was given, this table in that in which its ticket was "
        "solved: the two figures are not the same."
    )


def silences_tables(
    survey: Survey, found: Mapping[str, Sequence[Unheard]], place: tuple[Rulebook, int], language: Language
) -> Iterator[Table]:
    """Yield a table for each dimension: where surveys go unsent or unanswered, the most silent first.

    `place` are the rulebook and the instant that name agents.
    """
    for dimension, rows in found.items():
        table = plain_table(language(_where(survey, dimension)))
        for head in (_TITLES[dimension], *_COUNTED[survey.covers]):
            table.add_column(language(head), overflow="fold")
        for row in rows[:_SHOWN]:
            counts = (row.eligible, row.eligible - row.asked, row.asked - row.answered, row.answered)
            told = counts if survey.covers else (row.eligible, row.asked - row.answered, row.answered)
            cells = (kind_name(dimension, row.kind, *place, language), *(language.number(each) for each in told))
            table.add_row(*(Text(one_line(cell)) for cell in cells))
        yield table


def _where(survey: Survey, dimension: str) -> Message:
    by = _TITLES[dimension]
    if survey.covers:
        return message("Where surveys go unsent or unanswered, by {dimension}", dimension=by)
    return message("Where surveys go unanswered ({survey}), by {dimension}", survey=survey.name, dimension=by)


def kind_name(dimension: str, kind: str | None, rules: Rulebook, at: int, language: Language) -> str:
    """Return how a kind is called: agents by name."""
    if dimension == Scope.AGENT:
        return language(NOBODY if kind is None else subject_name(kind, Scope.AGENT, rules, at))
    if kind is None:
        return language(NONE_GIVEN)
    return language(priority_name(kind)) if dimension == Scope.PRIORITY else kind


def responses_document(
    survey: Survey, found: Responses, whose: tuple[str | None, str], min_n: int
) -> dict[str, object]:
    """Return what stands beside a survey's figure as JSON; `whose` are the subject's key and name."""
    gap = found.gap
    return {
        "survey": survey.name,
        "figure": survey.answered,
        "subject": whose[0],
        "name": whose[1],
        "eligible": found.eligible,
        "asked": found.asked,
        "answered": found.answered,
        "coverage": found.coverage if survey.covers else None,
        "response_rate": found.response,
        "bias": None if gap is None else {"gap": gap.share, "kind": gap.of, "chance": gap.chance},
        "enough": found.answered >= min_n,
        "value": found.value,
        "weighed": found.adjusted,
        "weighed_covers": found.covered,
        "worst": found.worst,
        "best": found.best,
    }


def silences_document(found: Mapping[str, Sequence[Unheard]]) -> dict[str, object]:
    """Return where surveys go unsent or unanswered as JSON, every kind."""
    return {
        dimension: [
            {"kind": row.kind, "eligible": row.eligible, "asked": row.asked, "answered": row.answered} for row in rows
        ]
        for dimension, rows in found.items()
    }
