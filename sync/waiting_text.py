"""What waits in the outbox, in sentences and as JSON."""

from collections.abc import Iterator

from connectors.base import Target
from connectors.effects import MARKER, NOTE
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue
from sync.effect_text import TITLES, written
from sync.locale import Language
from sync.look_ups import is_creation
from sync.store.changes import Queued
from sync.value_words import value_words
from sync.waiting import Waiting
from sync.wording import TARGET_NAMES, field_name


def waiting_sentences(waiting: Waiting, language: Language) -> Iterator[Message]:
    """Yield each write that waits: object, field, old → new, why."""
    if waiting.total:
        n = language.number(waiting.total)
        yield message("already queued by earlier passes, and sent by the next one that writes: {n}", n=n)
    for each in waiting.queued.values():
        yield from _fields(each, language) if each.summary is None else [_summary(each, each.summary.subject)]
    if waiting.unsettled:
        n = language.number(waiting.unsettled)
        yield message("sent, but what became of it is not known yet: {n}; the next pass looks it up first", n=n)


def waiting_documents(waiting: Waiting) -> list[dict[str, object]]:
    """Return each write that waits as JSON."""
    return [_document(each) for each in waiting.queued.values()]


def _summary(each: Queued, subject: str) -> Message:
    if is_creation(each):
        return message("new ticket: {subject} ({why})", subject=subject, why=each.why)
    return message("note on: {subject} ({why})", subject=subject, why=each.why)


def _fields(each: Queued, language: Language) -> Iterator[Message]:
    told = {key: value for key, value in _written(each).items() if key != MARKER}
    for key, new in told.items():
        yield message(
            "{target} {id}: {field}: {old} → {new} ({why})",
            target=TARGET_NAMES[each.target],
            id=each.target_id,
            field=TITLES.get(key) or field_name(key),
            old=value_words(key, each.previous.get(key), language),
            new=" · ".join(str(new).splitlines()) if key == NOTE else value_words(key, new, language),
            why=each.why,
        )


def _written(each: Queued) -> dict[str, FieldValue]:
    return written(each.values) if each.target is Target.ESCALATION else dict(each.values)


def _document(each: Queued) -> dict[str, object]:
    values = _written(each)
    return {
        "target": each.target,
        "id": each.target_id,
        "values": values,
        "previous": {key: each.previous.get(key) for key in values},
        "why": str(each.why),
        "pass": each.pass_id,
    }
