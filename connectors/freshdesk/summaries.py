"""Summary tickets: made once, looked for by their tag before they are made again, brought up to date by notes."""

from collections.abc import Callable
from http import HTTPStatus

from connectors import paging
from connectors.base import Change, Delivered, InDoubt, Outcome, Refused, Snoozed, SummaryTicket
from connectors.delivering import LATER, says
from connectors.errors import InDoubtError, RefusedError, SignInError, TransientError, UnexpectedPayloadError
from connectors.freshdesk.delivering import refused, written
from connectors.freshdesk.mapping import RESOLVED, oldest_first, summary_tag, summary_ticket, tags_of
from connectors.freshdesk.payloads import Ticket
from connectors.freshdesk.walking import TICKETS, first_page, iso, next_page
from connectors.http import Answer, Session
from connectors.rows import listed, understood
from kpi_engine.message import message

_LOOK_BACK = 90 * 86_400
_TEXTS = ("body", "body_text", "description", "description_text")

GroupId = Callable[[str], str | None]
"""Tells the id of a group by its name."""


def deliver(session: Session, change: Change, own_id: Callable[[], str], group_id: GroupId) -> Outcome:
    """Deliver a summary: a change aimed at a ticket's id brings that ticket up to date, any other creates one."""
    summary = change.summary
    if summary is None:
        return Refused(message("The summary has no content"))
    if not change.creates:
        return _update(session, change.target_id, summary)
    place = None if summary.group is None else group_id(summary.group)
    if summary.group is not None and place is None:
        return Refused(message("Freshdesk has no group named {group}", group=summary.group))
    return _create(session, summary, own_id(), place)


def _create(session: Session, summary: SummaryTicket, own_id: str, group_id: str | None) -> Outcome:
    """Create a summary ticket; whoever loses the answer must look for its tag before trying again."""
    payload = summary_ticket(summary, own_id, group_id)
    return sent_once(lambda: session.send("POST", TICKETS, payload, safe_to_repeat=False), named=True)


def _update(session: Session, ticket_id: str, summary: SummaryTicket) -> Outcome:
    """Bring a summary ticket up to date by a private note, or be done with it."""
    path = f"{TICKETS}/{ticket_id}"
    if summary.solve:  # first, for it may be repeated: a note whose answer is lost is looked for, and all sent again
        done = {"status": int(RESOLVED), "tags": tags_of(summary)}
        outcome = written(lambda: session.send("PUT", path, done, safe_to_repeat=True))
        if outcome is not None:
            return outcome
    note = {"body": summary.html, "private": True}
    return sent_once(lambda: session.send("POST", f"{path}/notes", note, safe_to_repeat=False), named=False)


def sent_once(send: Callable[[], Answer], *, named: bool) -> Outcome:
    """Send a write that must not be repeated unseen, and return what became of it; `named`: what it made has an id."""
    try:
        answer = send()
        made = answer.mapping().get("id")
    except (InDoubtError, UnexpectedPayloadError) as error:
        return InDoubt(error.message)
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    except RefusedError as error:
        return refused(error)
    if made is None:
        return InDoubt(message("Freshdesk's answer does not name what it made"))
    return Delivered(str(made) if named else None)


def noted(session: Session, ticket_id: str, marker: str) -> bool | None:
    """Tell whether a marker stands in a ticket's description or in a note; None where the ticket is gone."""
    try:
        shown = session.get(f"{TICKETS}/{ticket_id}").mapping()
        if shown.get("deleted") is True:
            return None
        if says(shown, _TEXTS, marker):
            return True
        path = f"{TICKETS}/{ticket_id}/conversations"
        answers = paging.pages(session, path, first_page({}), next_page)
        return any(says(row, _TEXTS, marker) for answer in answers for row in listed(answer))
    except (RefusedError, SignInError) as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


def found(session: Session, external_id: str, own_id: str, now: int) -> list[str]:
    """Return the ids of our own tickets that bear the tag of `external_id`, oldest first.

    The list of one requester's tickets has no delay, while a search lags by minutes.
    """
    tag, since = summary_tag(external_id), iso(now - _LOOK_BACK)
    params = first_page({"requester_id": own_id, "updated_since": since})
    answers = paging.pages(session, TICKETS, params, next_page)
    there = [understood(Ticket, row) for answer in answers for row in listed(answer)]
    return oldest_first([ticket for ticket in there if tag in ticket.tags])
