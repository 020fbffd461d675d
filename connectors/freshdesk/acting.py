"""What a step of an escalation does on a ticket: its properties first, which may be repeated, and then the note."""

from dataclasses import replace
from functools import partial
from http import HTTPStatus

from connectors.base import Change, Delivered, Outcome, Refused, Snoozed
from connectors.delivering import LATER
from connectors.effects import Doing, Standing, doing, looks_first, note_html
from connectors.effects import undone as undone_on
from connectors.errors import RefusedError, SignInError, TransientError
from connectors.freshdesk import payloads
from connectors.freshdesk.delivering import refused, written
from connectors.freshdesk.mapping import CLOSED, PRIORITIES, RESOLVED
from connectors.freshdesk.summaries import noted, sent_once
from connectors.freshdesk.walking import TICKETS
from connectors.http import Session
from connectors.rows import understood
from kpi_engine.message import message

EFFECTS = frozenset({"note", "add_tags", "raise_priority", "assign"})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_NUMBERS = {word: number for number, word in PRIORITIES.items()}


def act(session: Session, change: Change) -> Outcome:
    """Do what is left to be done. Tags are written as a whole: those the ticket has are read right before."""
    path = f"{TICKETS}/{change.target_id}"
    try:
        ticket = understood(payloads.Ticket, session.get(path).mapping())
        is_noted = looks_first(change, partial(noted, session, change.target_id))
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    except RefusedError as error:
        return refused(error)
    except SignInError as error:
        if error.status not in _GONE:
            raise
        return _gone()
    if ticket.deleted or ticket.spam:
        return _gone()
    wanted = doing(change, replace(_standing(ticket), noted=is_noted))
    return wanted if isinstance(wanted, Refused) else _done(session, path, wanted)


def _done(session: Session, path: str, wanted: Doing) -> Outcome:
    if wanted.changes:
        failed = written(lambda: session.send("PUT", path, _update(wanted), safe_to_repeat=True))
        if failed is not None:
            return failed
    if wanted.note is None:
        return Delivered(warning=wanted.left)
    note = {"body": note_html(wanted.note), "private": True}
    outcome = sent_once(lambda: session.send("POST", f"{path}/notes", note, safe_to_repeat=False), named=False)
    return Delivered(warning=wanted.left) if isinstance(outcome, Delivered) else outcome


def undone(session: Session, change: Change) -> frozenset[str] | None:
    """Return which of a change's values its ticket does not show; None where it is gone. Raises ConnectorError."""
    try:
        ticket = understood(payloads.Ticket, session.get(f"{TICKETS}/{change.target_id}").mapping())
    except (RefusedError, SignInError) as error:
        if error.status not in _GONE:
            raise
        return None
    if ticket.deleted or ticket.spam:
        return None
    return undone_on(change, _standing(ticket), partial(noted, session, change.target_id))


def _gone() -> Outcome:
    return Refused(message("The ticket was deleted, or taken for spam, and cannot be written"), closed=True)


def _standing(ticket: payloads.Ticket) -> Standing:
    return Standing(
        PRIORITIES.get(ticket.priority or 0),
        ticket.group_id,
        ticket.responder_id,
        tuple(ticket.tags),
        solved=str(ticket.status) in (RESOLVED, CLOSED),
    )


def _update(wanted: Doing) -> dict[str, object]:
    content: dict[str, object] = {}
    if wanted.tags is not None:
        content["tags"] = list(wanted.tags)
    if wanted.priority is not None:
        content["priority"] = _NUMBERS[wanted.priority]
    if wanted.place is not None:
        content["responder_id"] = _number(wanted.place.assignee)
        if wanted.place.group is not None:
            content["group_id"] = _number(wanted.place.group)
    return content


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
