"""How changes are sent: one ticket at a time, and summary tickets that are looked for before they are made again."""

import re
from collections.abc import Callable, Mapping
from html import unescape
from http import HTTPStatus
from zoneinfo import ZoneInfo

from connectors import paging
from connectors.base import Change, Delivered, InDoubt, Outcome, Refused, Snoozed, SummaryTicket
from connectors.errors import InDoubtError, RefusedError, SignInError, TransientError, UnexpectedPayloadError
from connectors.freshdesk.mapping import RESOLVED, summary_ticket, tags_of, ticket_update
from connectors.freshdesk.setup import unknown_keys
from connectors.freshdesk.walking import TICKETS, first_page, next_page
from connectors.http import Answer, Session
from connectors.rows import listed
from connectors.scalars import clean
from kpi_engine.message import message

_LATER = 60.0
_FIELD = re.compile(r'"field":\s*"([^"]{1,100})"')
_WORDS = re.compile(r'"message":\s*"([^"]{1,200})"')


def update_ticket(
    session: Session, change: Change, names: Mapping[str, str], zone: ZoneInfo
) -> tuple[Outcome, Answer | None]:
    """Write one ticket's fields; values are absolute, so that a lost answer may simply be repeated."""
    absent = unknown_keys(change.values, names)
    if absent:
        return Refused(message("There is no field for {keys} in Freshdesk yet: run the setup", keys=absent)), None
    path, payload = f"{TICKETS}/{change.target_id}", ticket_update(change.values, names, zone)
    answers: list[Answer] = []
    outcome = _written(lambda: answers.append(session.send("PUT", path, payload, safe_to_repeat=True)))
    return (outcome or Delivered(), answers[0] if answers else None)


def _refused(error: RefusedError) -> Refused:
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


def create_summary(session: Session, summary: SummaryTicket, own_id: str, group_id: str | None) -> Outcome:
    """Create a summary ticket; whoever loses the answer must look for its tag before trying again."""
    payload = summary_ticket(summary, own_id, group_id)
    return _sent_once(lambda: session.send("POST", TICKETS, payload, safe_to_repeat=False), named=True)


def update_summary(session: Session, ticket_id: str, summary: SummaryTicket) -> Outcome:
    """Bring a summary ticket up to date by a private note, or be done with it."""
    path = f"{TICKETS}/{ticket_id}"
    if summary.solve:  # first, for it may be repeated: a note whose answer is lost is looked for, and all sent again
        done = {"status": int(RESOLVED), "tags": tags_of(summary)}
        outcome = _written(lambda: session.send("PUT", path, done, safe_to_repeat=True))
        if outcome is not None:
            return outcome
    note = {"body": summary.html, "private": True}
    return _sent_once(lambda: session.send("POST", f"{path}/notes", note, safe_to_repeat=False), named=False)


def _written(send: Callable[[], object]) -> Outcome | None:
    """Return what went wrong with a write that may be repeated, None where it was done."""
    try:
        send()
    except TransientError as error:
        return Snoozed(error.after or _LATER, error.message)
    except RefusedError as error:
        return _refused(error)
    return None


def _sent_once(send: Callable[[], Answer], *, named: bool) -> Outcome:
    try:
        answer = send()
        made = answer.mapping().get("id")
    except (InDoubtError, UnexpectedPayloadError) as error:
        return InDoubt(error.message)
    except TransientError as error:
        return Snoozed(error.after or _LATER, error.message)
    except RefusedError as error:
        return _refused(error)
    if made is None:
        return InDoubt(message("Freshdesk's answer does not name what it made"))
    return Delivered(str(made) if named else None)


def noted(session: Session, ticket_id: str, marker: str) -> bool | None:
    """Tell whether a marker stands in a ticket's description or in a note; None where the ticket is gone."""
    try:
        shown = session.get(f"{TICKETS}/{ticket_id}").mapping()
        if shown.get("deleted") is True:
            return None
        if _says(shown, marker):
            return True
        path = f"{TICKETS}/{ticket_id}/conversations"
        answers = paging.pages(session, path, first_page({}), next_page)
        return any(_says(row, marker) for answer in answers for row in listed(answer))
    except (RefusedError, SignInError) as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def _says(row: object, marker: str) -> bool:
    keys = ("body", "body_text", "description", "description_text")
    texts = [str(row.get(key)) for key in keys] if isinstance(row, dict) else []
    return any(_bare(marker) in _bare(text) for text in texts)


def _bare(text: str) -> str:
    """Return the letters of a text, however it was escaped or wrapped."""
    return "".join(letter for letter in clean(unescape(text)) if letter.isprintable() and not letter.isspace())
