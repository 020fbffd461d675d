"""Several subjects of one period side by side: raw, adjusted, and what is evidence of anything."""

from collections.abc import Iterator, Mapping

from rich.text import Text

from connectors.body import one_line
from kpi_engine.comparison import Adjustment, Method, Standing, stratified
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.message import Message, message
from sync.cli.comparing import Wish, compared_table, found_text, heading, named_subjects
from sync.cli.frame import Call
from sync.contrast_text import (
    adjustment_document,
    change_document,
    difference_text,
    estimate_document,
    estimate_text,
    figure_text,
    funnel_document,
    places_text,
    side_document,
    signed,
)
from sync.contrasts import OF_CHANCE, Across, Change
from sync.locale import Language
from sync.sources import Asked
from sync.wording import value_text

_BESIDE_THE_WHOLE = {
    Standing.BETTER: message("better than all together"),
    Standing.WORSE: message("worse than all together"),
    Standing.HIGHER: message("higher than all together"),
    Standing.LOWER: message("lower than all together"),
    Standing.NO_EVIDENCE: message("no evidence of a difference"),
    Standing.UNKNOWN: message("cannot be told"),
}


def shown_across(call: Call, asked: Asked, wish: Wish, found: Across) -> dict[str, object]:
    """Show several subjects side by side, and return it as JSON."""
    named = named_subjects(call, asked, wish.scope, found.sides)
    table = compared_table(call.language, wish, asked.window.period.label)
    for title in (message("Figure"), message("Adjusted for its mix"), message("n"), message("Finding"), *_more(wish)):
        table.add_column(call.language(title), overflow="fold")
    for subject, name in named:
        table.add_row(*(Text(each) for each in _row(call.language, wish, found, (subject, name))))
    call.show(table)
    for note in _notes(call.language, wish, found, dict(named)):
        call.say(note)
    return {
        **heading(asked, wish),
        "adjustment": adjustment_document(found.adjustment),
        "subjects": [
            {
                "subject": subject,
                "name": name,
                **side_document(found.sides[subject]),
                "adjusted": estimate_document(found.adjustment.of.get(subject) if found.adjustment else None),
                "finding": found.standings.get(subject, Standing.UNKNOWN).value,
                "funnel": funnel_document(found.funnel.get(subject)),
                **_asked_for(wish, found, subject),
            }
            for subject, name in named
        ],
        "difference": change_document(found.change),
    }


def _asked_for(wish: Wish, found: Across, subject: str | None) -> dict[str, object]:
    """Return as JSON what is only told where it was asked for."""
    shrunk = estimate_document(found.shrinkage.of.get(subject) if found.shrinkage else None)
    place = found.places.get(subject)
    told: dict[str, object] = {"shrunk": shrunk} if wish.shrink else {}
    return told | ({"places": None if place is None else list(place)} if wish.places else {})


def _more(wish: Wish) -> Iterator[Message]:
    """Yield the columns that are only shown where they were asked for."""
    if wish.shrink:
        yield message("Drawn to the whole")
    if wish.places:
        yield message("Place")


def _row(language: Language, wish: Wish, found: Across, named: tuple[str | None, str]) -> Iterator[str]:
    subject, name = named
    side, indicator = found.sides[subject], wish.indicator
    yield one_line(name)
    yield figure_text(indicator, side, language)
    yield estimate_text(indicator, found.adjustment.of.get(subject) if found.adjustment else None, language)
    yield language.number(side.cell.n)
    yield language(_BESIDE_THE_WHOLE[found.standings[subject]]) if subject in found.standings else ""
    if wish.shrink:
        yield estimate_text(indicator, found.shrinkage.of.get(subject) if found.shrinkage else None, language)
    if wish.places:
        yield places_text(found.places.get(subject))


def _notes(language: Language, wish: Wish, found: Across, names: Mapping[str | None, str]) -> Iterator[Message]:
    """Yield what a reader must know before he judges anybody by the table."""
    if found.adjustment is not None:
        yield message(
            "all together: {value}",
            value=value_text(wish.indicator, found.adjustment.reference, language),
        )
        yield _method(found.adjustment, language)
        yield message(
            "an interval misses the truth about once in twenty: of {n} compared, {chance} stand out by chance alone",
            n=len(found.standings),
            chance=language.number(len(found.standings) * OF_CHANCE, 1),
        )
    elif not stratified(wish.indicator):
        yield message("this figure cannot be adjusted: it is not put together of kinds of tickets")
    else:
        yield message("fewer than two have enough data to be compared")
    if found.change is not None:
        first, second = [names[key] for key, side in found.sides.items() if side.fit and key is not None]
        yield message("{second} beside {first}:", second=second, first=first)
        yield from _change_notes(language, wish.indicator, found.change)


def _method(adjustment: Adjustment, language: Language) -> Message:
    share = language.percent(adjustment.covered)
    if adjustment.method is Method.DIRECT:
        return message(
            "adjusted: as if all had the same mix of channels, priorities and segments; {share} of what was counted is "
            "of kinds that everybody had, and only that is compared",
            share=share,
        )
    return message(
        "adjusted: only {share} of what was counted is of kinds that everybody had, so each is set beside what all "
        "together would have reached with its own mix; read each beside the whole, not beside another",
        share=share,
    )


def _change_notes(language: Language, indicator: Indicator, found: Change) -> Iterator[Message]:
    yield message(
        "  difference {value}: {finding}",
        value=difference_text(indicator, found.by, language),
        finding=found_text(found),
    )
    if found.parting is not None:
        yield message(
            "  of it {mix} by another mix of tickets, {performance} on the same kinds of tickets",
            mix=signed(indicator, found.parting.mix, language),
            performance=signed(indicator, found.parting.performance, language),
        )
