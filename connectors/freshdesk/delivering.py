"""How changes are sent: one ticket at a time."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from zoneinfo import ZoneInfo

from connectors.base import Change, Delivered, Outcome, Refused, Snoozed
from connectors.delivering import LATER, homeless
from connectors.errors import RefusedError, TransientError
from connectors.freshdesk.mapping import ticket_update
from connectors.freshdesk.walking import TICKETS
from connectors.http import Answer, Session
from kpi_engine.message import message

_FIELD = re.compile(r'"field":\s*"([^"]{1,100})"')
_WORDS = re.compile(r'"message":\s*"([^"]{1,200})"')


def update_ticket(
    session: Session, change: Change, names: Mapping[str, str], zone: ZoneInfo
) -> tuple[Outcome, Answer | None]:
    """Write one ticket's fields; values are absolute, so that a lost answer may simply be repeated."""
    absent = homeless([change], names, "Freshdesk")
    if absent:
        return absent[change.change_id], None
    path, payload = f"{TICKETS}/{change.target_id}", ticket_update(change.values, names, zone)
    answers: list[Answer] = []
    outcome = written(lambda: answers.append(session.send("PUT", path, payload, safe_to_repeat=True)))
    return (outcome or Delivered(), answers[0] if answers else None)


def refused(error: RefusedError) -> Refused:
    """Return why a write was turned away, with the name of the field in the way."""
    if error.status == HTTPStatus.METHOD_NOT_ALLOWED:
        return Refused(message("The ticket was deleted, or taken for spam, and cannot be written"), closed=True)
    if error.status == HTTPStatus.NOT_FOUND:
        return Refused(message("The ticket was archived or deleted, and cannot be written"), closed=True)
    fields = ", ".join(dict.fromkeys(_FIELD.findall(error.detail)))
    if not fields:
        return Refused(message("Freshdesk refused it: {told}", told=error.detail or str(error)))
    told = "; ".join(dict.fromkeys(_WORDS.findall(error.detail)))
    return Refused(message("Freshdesk refused it because of the field {fields}: {told}", fields=fields, told=told))


def written(send: Callable[[], object]) -> Outcome | None:
    """Return what went wrong with a write that may be repeated, None where it was done."""
    try:
        send()
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    except RefusedError as error:
        return refused(error)
    return None
