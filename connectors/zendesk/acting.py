"""What a step of an escalation does on a ticket: all of it in one update, made for the ticket as it was just read."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from connectors.base import Change, Delivered, Outcome, Refused, Snoozed
from connectors.delivering import LATER
from connectors.effects import Doing, Standing, doing, looks_first, note_html
from connectors.effects import undone as undone_on
from connectors.errors import RefusedError, TransientError
from connectors.http import Session
from connectors.rows import understood
from connectors.zendesk import jobs, payloads
from connectors.zendesk.mapping import defanged, numeric_id
from connectors.zendesk.summaries import noted, sent_once

EFFECTS = frozenset({"note", "add_tags", "raise_priority", "assign"})
_SOLVED = frozenset({"solved", "closed"})


def act(session: Session, change: Change, own_id: str) -> Outcome:
    """Do what is left to be done; where the ticket changes in the same moment, it is looked at again later.

    A note comes with all the rest in one audit, so that whoever finds it knows that everything arrived.
    https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#protecting-against-ticket-update-collisions
    """
    path = _path(change)
    try:
        shown = session.get(path).mapping().get("ticket")
        is_noted = looks_first(change, partial(noted, session, change.target_id))
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    except RefusedError as error:
        return jobs.refused(error.detail or str(error), error.status)
    wanted = doing(change, replace(_standing(shown), noted=is_noted))
    if isinstance(wanted, Refused):
        return wanted
    if wanted.is_nothing:
        return Delivered(change.target_id, wanted.left)
    stamp = shown.get("updated_at") if isinstance(shown, dict) else None
    body = {"ticket": {**_update(wanted, own_id), "safe_update": True, "updated_stamp": stamp}}
    outcome = sent_once(lambda: session.send("PUT", path, body, safe_to_repeat=False))
    return replace(outcome, warning=outcome.warning or wanted.left) if isinstance(outcome, Delivered) else outcome


def undone(session: Session, change: Change) -> frozenset[str] | None:
    """Return which of a change's values its ticket does not show; None where it is gone. Raises ConnectorError."""
    try:
        shown = session.get(_path(change)).mapping().get("ticket")
    except RefusedError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    return undone_on(change, _standing(shown), partial(noted, session, change.target_id))


def _path(change: Change) -> str:
    return f"/api/v2/tickets/{numeric_id(change.target_id)}.json"


def _standing(row: object) -> Standing:
    ticket = understood(payloads.Ticket, row)
    return Standing(
        ticket.priority, ticket.group_id, ticket.assignee_id, tuple(ticket.tags), solved=ticket.status in _SOLVED
    )


def _update(wanted: Doing, own_id: str) -> Mapping[str, object]:
    """Return the update; Zendesk expands {{placeholders}} in comments, so none may pass."""
    content: dict[str, object] = {}
    if wanted.note is not None:
        html = defanged(note_html(wanted.note))
        content["comment"] = {"author_id": numeric_id(own_id), "html_body": html, "public": False}
    if wanted.tags is not None:
        content["tags"] = list(wanted.tags)
    if wanted.priority is not None:
        content["priority"] = wanted.priority
    if wanted.place is not None:
        content |= {"group_id": _id(wanted.place.group), "assignee_id": _id(wanted.place.assignee)}
        if wanted.place.group is None:  # the agent's own group, as Zendesk chooses it
            del content["group_id"]
    return content


def _id(text: str | None) -> int | str | None:
    return None if text is None else numeric_id(text)
