"""Scorecards as people and machines read them: tables for the terminal, documents for JSON."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from connectors.body import one_line
from kpi_engine.indicators import FAMILIES, INDICATORS
from kpi_engine.indicators.indicator import Indicator, Reduction, Unit
from kpi_engine.measurement import Certainty, CreditLine
from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.reduce import Cell, Scope
from kpi_engine.rulebook import Rulebook
from sync.explaining import Explanation, LeftOut
from sync.figures import Figures, reduced
from sync.fitting import NAME_WIDTH, Linked, plain_table
from sync.locale import Language
from sync.sources import Asked, source
from sync.trends import Trend
from sync.wording import (
    HEADLINES,
    SCOPES,
    cell_text,
    detail_text,
    heading,
    part_text,
    reason_text,
    subject_name,
    value_text,
)

_BARS = "▁▂▃▄▅▆▇█"
_GAP = "·"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a report shows: the figures, the indicators chosen (none: the usual ones), and the trends if asked for."""

    figures: Figures
    chosen: Collection[str] = ()
    trends: Mapping[str | None, Trend] = field(default_factory=dict)

    def trend(self, subject: str | None, key: str) -> str:
        """Return a subject's trend as a sparkline, nothing where it was not asked for."""
        return sparkline(self.trends.get(subject, {}).get(key, ()))


def ordered_subjects(figures: Figures, rulebook: Rulebook, language: Language) -> list[tuple[str | None, str]]:
    """Return (subject, name) in alphabetical order, nobody last: a scorecard is no ranking."""
    at = figures.question.period.end - 1
    named = [
        (subject, language(subject_name(subject, figures.question.scope, rulebook, at)))
        for subject in figures.scorecards
    ]
    return sorted(named, key=lambda pair: (pair[0] is None, pair[1].casefold(), pair[0] or ""))


def sparkline(cells: Sequence[Cell]) -> str:
    """Return a small curve of the periods' values, a dot where there is no figure or one on another scale."""
    series = cells[-1].series if cells else None
    return curve([each.value if each.enough and each.series == series else None for each in cells])


def curve(values: Sequence[float | None]) -> str:
    """Return a small curve of values, a dot where there is none."""
    known = [value for value in values if value is not None]
    if not known:
        return _GAP * len(values)
    low, span = min(known), max(known) - min(known)
    return "".join(_GAP if value is None else _bar(value - low, span) for value in values)


def _bar(above: float, span: float) -> str:
    """Return the bar of a value that lies so far above the lowest; where all are the same, one in the middle."""
    return _BARS[round(above / span * (len(_BARS) - 1))] if span else _BARS[len(_BARS) // 2]


def report_table(shown: Shown, rulebook: Rulebook, language: Language) -> Table:
    """Return the table that fits: one card for a single subject, else one row for each with one or a few figures."""
    subjects = ordered_subjects(shown.figures, rulebook, language)
    if len(subjects) == 1:
        return card_table(shown, subjects[0], language)
    if len(shown.chosen) == 1:
        return indicator_table(shown, subjects, language)
    return scorecard_table(shown.figures, rulebook, language, shown.chosen)


def scorecard_table(figures: Figures, rulebook: Rulebook, language: Language, chosen: Collection[str] = ()) -> Table:
    """Return a table with a row for every subject and a column for every indicator chosen, else each headline."""
    table = _narrow_table(_title(figures, language))
    table.add_column(language(SCOPES[figures.question.scope]), overflow="fold", max_width=NAME_WIDTH)
    there = next(iter(figures.scorecards.values()), {})
    columns = [INDICATORS[key] for key in chosen or HEADLINES if key in there]
    for indicator in columns:
        table.add_column(language(heading(indicator)), justify="right", overflow="fold")
    for subject, name in ordered_subjects(figures, rulebook, language):
        card = figures.scorecards[subject]
        cells = [Text(_headline(figures, indicator, card[indicator.key], language)) for indicator in columns]
        table.add_row(Text(one_line(name)), *cells)
    return table


def card_table(shown: Shown, subject: tuple[str | None, str], language: Language) -> Table:
    """Return one subject's card: a row for every indicator, by families, with what stands beside it and its trend."""
    table = _narrow_table(f"{_title(shown.figures, language)}: {one_line(subject[1])}")
    _add_figure_columns(table, language(message("Indicator")), language, trend=bool(shown.trends))
    card = shown.figures.scorecards[subject[0]]
    for family, indicators in FAMILIES:
        rows = [each for each in indicators if _on_card(each, card, shown)]
        if rows:
            table.add_row(Text(language(family), style="bold"))
        for indicator in rows:
            cell, trend = card[indicator.key], shown.trend(subject[0], indicator.key)
            table.add_row(Text(f"  {language(indicator.name)}"), *_figure(indicator, cell, trend, language))
    return table


def _on_card(indicator: Indicator, card: Mapping[str, Cell], shown: Shown) -> bool:
    if indicator.key not in card or indicator.key in shown.figures.missing:
        return False
    return indicator.key in shown.chosen if shown.chosen else not indicator.key.endswith("_calendar")


def indicator_table(shown: Shown, subjects: Iterable[tuple[str | None, str]], language: Language) -> Table:
    """Return one indicator's table: a row for every subject with its figure, what stands beside it and its trend."""
    (key,) = shown.chosen
    indicator = INDICATORS[key]
    table = _narrow_table(f"{_title(shown.figures, language)}: {language(indicator.name)}")
    scope = language(SCOPES[shown.figures.question.scope])
    _add_figure_columns(table, scope, language, trend=bool(shown.trends), widest=NAME_WIDTH)
    for subject, name in subjects:
        cell = shown.figures.scorecards[subject][key]
        table.add_row(Text(one_line(name)), *_figure(indicator, cell, shown.trend(subject, key), language))
    return table


def _add_figure_columns(
    table: Table, first: str, language: Language, *, trend: bool, widest: int | None = None
) -> None:
    table.add_column(first, overflow="fold", max_width=widest)
    table.add_column(language(message("Figure")), justify="right", overflow="fold")
    table.add_column(language(message("Details")), overflow="fold")
    if trend:
        table.add_column(language(message("Trend")), no_wrap=True)


def _figure(indicator: Indicator, cell: Cell, trend: str, language: Language) -> list[Text]:
    texts = [cell_text(indicator, cell, language), detail_text(indicator, cell, language), trend]
    return [Text(text) for text in texts if text or text is not trend]


def _title(figures: Figures, language: Language) -> str:
    return language(message("Scorecards {period}", period=figures.question.period.label))


def _narrow_table(title: str | None = None) -> Table:
    """Return an empty table without rules, so that a scorecard fits a terminal of 80 columns.

    It is as wide as its title, which a table of nobody would break letter by letter.
    """
    table = plain_table(title)
    table.min_width = cell_len(title or "")
    return table


def _headline(figures: Figures, indicator: Indicator, cell: Cell, language: Language) -> str:
    if indicator.key in figures.missing:
        return "–"
    return cell_text(indicator, cell, language) if cell.enough or not cell.n else f"(n={cell.n})"


def scorecard_notes(figures: Figures, shown: Collection[str] = HEADLINES) -> list[Message]:
    """Return what a reader of the table must know: what is not supplied, and what stands in brackets."""
    notes = [*_missing_notes(figures, shown), *_scale_notes(figures, shown)]
    cells = [card[key] for card in figures.scorecards.values() for key in shown if key in card]
    if len(figures.scorecards) > 1 and len(shown) > 1 and any(cell.n and not cell.enough for cell in cells):
        notes.append(
            message("(n=) in brackets: so many until now, too few for a figure; `explain` says how many are needed")
        )
    return [*notes, *_sum_notes(figures, shown)]


def _sum_notes(figures: Figures, shown: Collection[str]) -> Iterator[Message]:
    """Yield which numbers are of different things, where somebody may be tempted to add them up."""
    if figures.question.scope not in (Scope.AGENT, Scope.TEAM):
        return
    for key in shown:
        cells = [card[key] for card in figures.scorecards.values() if key in card and card[key].n]
        if INDICATORS[key].reduction is Reduction.DISTINCT and len(cells) > 1:
            yield message(
                "{indicator}: what concerns several of them counts for each, and once for the whole account, whose "
                "number may be less than their sum",
                indicator=INDICATORS[key].name,
            )


_MAPPED_BY: Mapping[Scope, Message] = {
    Scope.MANAGER: message(
        "nobody stood under a manager in this period: `teams` in the configuration, or org.csv, says who leads whom"
    ),
    Scope.COUNTRY: message(
        "no team had a country in this period: `teams` in the configuration, or org.csv, says which"
    ),
    Scope.TIER: message("no team had a tier in this period: `teams` in the configuration, or org.csv, says which"),
    Scope.SEGMENT: message(
        "no ticket of this period has a segment: `fields.segment` in the configuration says which field or tag tells it"
    ),
}


def unmapped_note(figures: Figures) -> Message | None:
    """Return what to map, where all figures of a scope are nobody's because nothing says whose they are."""
    return _MAPPED_BY.get(figures.question.scope) if set(figures.scorecards) == {None} else None


def _scale_notes(figures: Figures, shown: Collection[str]) -> Iterator[Message]:
    """Yield that a share of the satisfied rests on several scales: each verdict goes by its own."""
    scored = [card["satisfaction_mean"] for card in figures.scorecards.values() if "satisfaction_mean" in card]
    if "satisfaction_rate" in shown and any(each.others for each in scored):
        yield _several_scales(figures.question.period)


def _several_scales(period: Period) -> Message:
    return message(
        "{indicator}: customers rated on several scales in {period}; each verdict goes by its own, so it may not "
        "compare with what was before",
        indicator="satisfaction_rate",
        period=period.label,
    )


def unasked_scale_notes(asked: Asked) -> Iterator[Message]:
    """Yield the same where the mean, which tells the scales, is not asked for beside the share of the satisfied."""
    window, mean = asked.window, "satisfaction_mean"
    if "satisfaction_rate" not in asked.keys or mean in asked.keys:
        return
    sources = (source(part.account, window.period, window.as_of, (mean,)) for part in asked.parts)
    cards = (card for each in sources for card in reduced(each, Scope.ACCOUNT).scorecards.values())
    if any(card[mean].others for card in cards):
        yield _several_scales(window.period)


def _missing_notes(figures: Figures, shown: Collection[str]) -> Iterator[Message]:
    """Yield, for each reason, the indicators that have nothing to say because of it."""
    names: dict[str, list[str]] = {}
    reasons: dict[str, Message] = {}
    for key, reason in figures.missing.items():
        if key in shown:
            reasons[str(reason)] = reason
            names.setdefault(str(reason), []).append(key)
    for text, keys in names.items():
        yield message("{indicator}: {reason}", indicator=", ".join(keys), reason=reasons[text])
    lacking: dict[tuple[str, ...], list[str]] = {}
    for key, accounts in figures.partly.items():
        if key in shown:
            lacking.setdefault(accounts, []).append(key)
    for accounts, keys in lacking.items():
        yield message(
            "{indicator}: without {accounts}, which supply no inputs for it",
            indicator=", ".join(keys),
            accounts=", ".join(accounts),
        )


def figures_document(
    figures: Figures, names: Iterable[tuple[str | None, str]], trends: Mapping[str | None, Trend] | None = None
) -> dict[str, object]:
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
        **({"partly": {key: list(names) for key, names in figures.partly.items()}} if figures.partly else {}),
        "scorecards": [
            {
                "subject": subject,
                "name": name,
                **_own_period(figures, subject),
                "indicators": {key: cell_document(cell) for key, cell in figures.scorecards[subject].items()},
                **({"trend": _trend_document(trends[subject])} if trends else {}),
            }
            for subject, name in names
        ],
    }


def _own_period(figures: Figures, subject: str | None) -> dict[str, object]:
    """Return when the period of a team with a time zone of its own begins and ends there."""
    period = next((cell.period for cell in figures.scorecards[subject].values()), figures.question.period)
    own = period != figures.question.period
    return {"zone": period.zone, "start": period.start, "end": period.end} if own else {}


def zone_notes(figures: Figures, names: Mapping[str | None, str]) -> Iterator[Message]:
    """Yield which teams' periods are those of their own time zone."""
    for subject, name in names.items():
        if zone := _own_period(figures, subject).get("zone"):
            yield message("the period of {name} begins and ends in its own time zone, {zone}", name=name, zone=zone)


def _trend_document(trend: Trend) -> dict[str, object]:
    return {
        key: [
            {
                "period": each.period.label,
                "value": each.value,
                "n": each.n,
                "enough": each.enough,
                "series": each.series,
            }
            for each in cells
        ]
        for key, cells in trend.items()
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
        "approximated": cell.approximated,
        "editions": list(cell.editions),
        "series": cell.series,
        "others": cell.others,
        "parts": [{"part": name, "numerator": top, "denominator": bottom} for name, top, bottom in cell.parts],
        "strays": cell.strays,
    }


Urls: TypeAlias = Mapping[tuple[str, str], str]
"""Where a person opens a ticket, by account and id."""


def explanation_table(explanation: Explanation, urls: Urls, language: Language) -> Linked:
    """Return the tickets behind a figure: when, what each adds, and where to open it."""
    headings = (message("Ticket"), message("When"), message("Adds"), message("Part"))
    again, already = _counted_before(explanation), language(message("0, counted already"))
    rows = []
    for line, known in zip(explanation.lines, again, strict=True):
        adds = line_text(explanation, line.numerator, line.denominator, language)
        cells = (
            line.ticket_id or explanation.source(line) or "",
            language.moment(line.at),
            f"{_roughly(line)}{already if known else adds}",
            part_text(line.part, language),
        )
        rows.append((cells, urls.get((line.account, line.ticket_id or ""), "")))
    return Linked(None, [language(each) for each in headings], language(message("Link")), rows)


def _counted_before(explanation: Explanation) -> list[bool]:
    """Return of each line whether the figure counts different things, and an earlier line tells of the same one."""
    if explanation.indicator.reduction is not Reduction.DISTINCT:
        return [False] * len(explanation.lines)
    first: dict[str | None, int] = {}
    return [first.setdefault(line.part, place) != place for place, line in enumerate(explanation.lines)]


def _roughly(line: CreditLine) -> str:
    """Return what stands before a value that is known only approximately."""
    return "" if line.certainty is Certainty.EXACT else "≈ "


def left_out_table(left_out: Iterable[LeftOut], urls: Urls, language: Language) -> Linked:
    """Return the tickets that do not count: when they would have, why they do not, and where to open them."""
    headings = (message("Left out"), message("When"), message("Why"))
    rows = []
    for each in left_out:
        why = language(each.why) if each.why is not None else reason_text(each.reason, language)
        cells = (each.ticket_id or each.source or "", language.moment(each.at), why)
        rows.append((cells, urls.get((each.account, each.ticket_id), "")))
    return Linked(None, [language(each) for each in headings], language(message("Link")), rows)


_EXACT = frozenset({Unit.POINTS, Unit.DEVIATIONS, Unit.MONEY, Unit.NET_POINTS})
"""The units of which a line is told as its value, not as a fraction."""


def line_text(explanation: Explanation, numerator: int, denominator: int, language: Language) -> str:
    """Return what one credit line adds, in the indicator's unit."""
    indicator = explanation.indicator
    if indicator.unit is Unit.SECONDS:
        return language.duration(numerator)
    if denominator and (indicator.unit in _EXACT or indicator.reduction is Reduction.SCORE):
        return value_text(indicator, numerator / denominator, language)
    # A share, and a load: seconds held of the seconds of the period.
    fraction = indicator.unit is Unit.SHARE or denominator != 1
    return f"{numerator}/{denominator}" if fraction else str(numerator)
