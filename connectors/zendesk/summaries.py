"""Summary tickets: made once by an import, brought up to date by private notes, found again by their external id."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus

from connectors import paging
from connectors.base import Change, Conflicting, Delivered, InDoubt, Outcome, Refused, Snoozed, SummaryTicket
from connectors.delivering import LATER, says
from connectors.errors import InDoubtError, RefusedError, TransientError, UnexpectedPayloadError
from connectors.http import Answer, Session
from connectors.rows import understood
from connectors.scalars import clean
from connectors.zendesk import jobs
from connectors.zendesk.exports import listed
from connectors.zendesk.mapping import numeric_id, private_note, summary_import
from connectors.zendesk.payloads import Ticket
from kpi_engine.message import message

GroupId = Callable[[str], str | None]
"""Tells the id of a group by its name."""


def deliver(session: Session, change: Change, own_id: str, group_id: GroupId) -> Outcome:
    """Deliver a summary: a change aimed at a ticket's id brings that ticket up to date, any other creates one."""
    summary = change.summary
    if summary is None:
        return Refused(message("The summary has no content"))
    if not change.creates:
        return _update(session, change.target_id, summary, own_id)
    place = None if summary.group is None else group_id(summary.group)
    if summary.group is not None and place is None:
        return Refused(message("Zendesk has no group named {group}", group=summary.group))
    return _create(session, summary, own_id, place)


def _create(session: Session, summary: SummaryTicket, own_id: str, group_id: str | None) -> Outcome:
    """Create a summary ticket; whoever loses the answer must look for its external id before trying again."""
    payload = {"ticket": summary_import(summary, own_id, group_id)}
    made = sent_once(lambda: session.send("POST", "/api/v2/imports/tickets.json", payload, safe_to_repeat=False))
    return replace(made, closed=False) if isinstance(made, Refused) else made  # there is no ticket yet to be closed


def _update(session: Session, ticket_id: str, summary: SummaryTicket, own_id: str) -> Outcome:
    """Bring a summary ticket up to date by a private note, or be done with it."""
    done = {"status": "solved", "tags": list(summary.tags)} if summary.solve else {}
    payload = {"ticket": {"comment": private_note(summary, own_id), **done}}
    path = f"/api/v2/tickets/{numeric_id(ticket_id)}.json"
    return sent_once(lambda: session.send("PUT", path, payload, safe_to_repeat=False))


def noted(session: Session, ticket_id: str, marker: str) -> bool | None:
    """Tell whether a comment with that marker stands on a ticket; None where the ticket is gone."""
    path = f"/api/v2/tickets/{numeric_id(ticket_id)}/comments.json"
    try:
        answers = paging.pages(session, path, {"page[size]": 100}, paging.by_cursor)
        return any(says(row, ("html_body", "body"), marker) for answer in answers for row in listed(answer, "comments"))
    except RefusedError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def sent_once(send: Callable[[], Answer]) -> Outcome:
    """Send a write that must not be repeated unseen, and return what became of it."""
    try:
        answer = send()
        return _created(answer.mapping().get("ticket"), answer.headers)
    except (InDoubtError, UnexpectedPayloadError) as error:
        return InDoubt(error.message)
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    except RefusedError as error:
        outcome = jobs.refused(error.detail or str(error), error.status)
        # Nothing of a summary was compared, so there is nothing to look at: it is sent again as it is.
        return Snoozed(LATER, outcome.reason) if isinstance(outcome, Conflicting) else outcome


def _created(ticket: object, headers: Mapping[str, str]) -> Outcome:
    """Return the delivery of a ticket; a success that names none may be anything."""
    ticket_id = ticket.get("id") if isinstance(ticket, dict) else None
    if ticket_id is None:
        return InDoubt(message("Zendesk's answer does not name the ticket it made"))
    return Delivered(str(ticket_id), jobs.warning_in(headers, {}))


def found(session: Session, external_id: str) -> list[str]:
    """Return the ids of the tickets that carry `external_id`, oldest first; this list has no index delay."""
    answer = session.get("/api/v2/tickets.json", {"external_id": external_id})
    there = [understood(Ticket, row) for row in listed(answer, "tickets")]
    ours = [ticket for ticket in there if ticket.external_id == clean(external_id)]
    return [ticket.id for ticket in sorted(ours, key=lambda ticket: (ticket.created_at, int(ticket.id)))]
