"""Notes about data in words: for a report, a line each; for a lead's summary, counts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from kpi_engine.message import Message, message
from sync.counting import TICKETS
from sync.guarding import NOTES, Note, Noted
from sync.locale import Language

_LISTED = 5


def note_lines(found: Iterable[Noted], names: Callable[[str | None], str], language: Language) -> Iterator[Message]:
    """Yield a sentence for each note: of whom, how many tickets, and the first of them."""
    listed = list(found)
    if listed:
        yield message("Worth a look before anybody draws conclusions; none of it is an accusation:")
    for each in listed:
        yield message("  {name}: {what}", name=names(each.subject), what=_what(each, language))


def _what(each: Noted, language: Language) -> Message:
    if each.share is not None and each.others is not None:
        told = {"share": language.percent(each.share), "others": language.percent(each.others)}
        return message("{note}: {share}, all others {others}", note=NOTES[each.note], **told)
    first = ", ".join(f"#{ticket}" for _, ticket in each.tickets[:_LISTED])
    so_many = TICKETS.of(len(each.tickets), language)
    if len(each.tickets) > _LISTED:
        return message("{so_many} {note} ({tickets} …)", so_many=so_many, note=NOTES[each.note], tickets=first)
    return message("{so_many} {note} ({tickets})", so_many=so_many, note=NOTES[each.note], tickets=first)


def counts(found: Iterable[Noted]) -> Mapping[Note, int]:
    """Return how many tickets there are by note, whoever's."""
    total: Counter[Note] = Counter()
    for each in found:
        total[each.note] += len(each.tickets)
    return {note: total[note] for note in Note if total[note]}
