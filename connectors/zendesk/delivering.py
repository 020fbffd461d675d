"""How changes are sent: bulk updates that become jobs, and summary tickets one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import TypeAlias

from connectors import paging
from connectors.base import Change, Conflicting, Delivered, InDoubt, Outcome, Refused, Snoozed, SummaryTicket, UnderWay
from connectors.errors import InDoubtError, RefusedError, TransientError, UnexpectedPayloadError
from connectors.http import Answer, Session
from connectors.scalars import clean
from connectors.zendesk import jobs
from connectors.zendesk.exports import listed
from connectors.zendesk.jobs import Told
from connectors.zendesk.mapping import numeric_id, private_note, summary_import
from connectors.zendesk.payloads import JobStatus
from connectors.zendesk.setup import unknown_keys
from kpi_engine.message import Message, message

Outcomes: TypeAlias = dict[int, Outcome]

_LATER = 60.0
_DIVISIBLE = frozenset({400, 413, 422})  # one item's fault may have cost the whole batch
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Bulk:
    """A kind of bulk update: its address, the key of its items, an item's payload, and where our fields live."""

    path: str
    items: str
    payload: Callable[[Change], dict[str, object]]
    field_ids: Mapping[str, str]

    @property
    def keys(self) -> Mapping[str, str]:
        """Our keys by Zendesk's names of the fields."""
        return {name: key for key, name in self.field_ids.items()}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a delivery gave: an outcome each, and what Zendesk warned of in which job."""

    outcomes: Outcomes
    warnings: Mapping[str, Message]


def send_bulk(session: Session, bulk: Bulk, changes: Sequence[Change]) -> Sent:
    """Send the changes in one request; values are absolute, so that a lost answer may simply be repeated.

    A batch refused as a whole is halved until the item at fault stands alone.
    """
    homeless = {
        change.change_id: _without_field(absent)
        for change in changes
        if (absent := unknown_keys(change.values, bulk.field_ids))
    }
    sendable = [change for change in changes if change.change_id not in homeless]
    if not sendable:
        return Sent(homeless, {})
    sent = _send(session, bulk, sendable)
    return Sent(homeless | sent.outcomes, sent.warnings)


def _without_field(keys: str) -> Outcome:
    return Refused(message("There is no field for {keys} in Zendesk yet: run the setup", keys=keys))


def _send(session: Session, bulk: Bulk, changes: Sequence[Change]) -> Sent:
    try:
        answer = session.send("PUT", bulk.path, {bulk.items: _payloads(bulk, changes)}, safe_to_repeat=True)
    except TransientError as error:
        return Sent(_all(changes, Snoozed(error.after or _LATER, error.message)), {})
    except RefusedError as error:
        outcome = jobs.refused(_told(error), error.status, bulk.keys)
        if len(changes) == 1 or error.status not in _DIVISIBLE or isinstance(outcome, Snoozed):
            return Sent(_all(changes, outcome), {})
        return _halved(session, bulk, changes)
    job = job_status(answer).id
    warning = jobs.warning_in(answer.headers, bulk.keys)
    return Sent(_all(changes, UnderWay(job)), {job: warning} if warning else {})


def _payloads(bulk: Bulk, changes: Sequence[Change]) -> list[dict[str, object]]:
    """Return one item per ticket or user: two of the same in one batch would collide with each other."""
    merged: dict[str, Change] = {}
    for change in changes:
        before = merged.get(change.target_id)
        values = {**(before.values if before else {}), **change.values}
        merged[change.target_id] = Change(change.change_id, change.target, change.target_id, values)
    return [bulk.payload(change) for change in merged.values()]


def _halved(session: Session, bulk: Bulk, changes: Sequence[Change]) -> Sent:
    middle = len(changes) // 2
    first, second = _send(session, bulk, changes[:middle]), _send(session, bulk, changes[middle:])
    return Sent(first.outcomes | second.outcomes, {**first.warnings, **second.warnings})


def _all(changes: Sequence[Change], outcome: Outcome) -> Outcomes:
    return {change.change_id: outcome for change in changes}


def _told(error: RefusedError) -> str:
    return error.detail or str(error)


def job_status(answer: Answer) -> JobStatus:
    """Return the job in an answer; raises UnexpectedPayloadError where there is none."""
    try:
        return JobStatus.model_validate(answer.mapping().get("job_status"))
    except ValueError as error:
        raise UnexpectedPayloadError(message("Zendesk's answer names no job")) from error


def follow(session: Session, job: str, changes: Sequence[Change], told: Told) -> Outcomes:
    """Return what became of a job's changes; Zendesk forgets a job after about a day."""
    try:
        answer = session.get(f"/api/v2/job_statuses/{job}.json")
    except TransientError:
        return _all(changes, UnderWay(job))
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        return jobs.lost(changes, message("Zendesk no longer knows the job {job}", job=job))
    return jobs.judged(job_status(answer), changes, told)


def create_summary(session: Session, summary: SummaryTicket, own_id: str, group_id: str | None) -> Outcome:
    """Create a summary ticket; whoever loses the answer must look for its external id before trying again."""
    payload = {"ticket": summary_import(summary, own_id, group_id)}
    made = _sent_once(lambda: session.send("POST", "/api/v2/imports/tickets.json", payload, safe_to_repeat=False))
    return replace(made, closed=False) if isinstance(made, Refused) else made  # there is no ticket yet to be closed


def update_summary(session: Session, ticket_id: str, summary: SummaryTicket, own_id: str) -> Outcome:
    """Bring a summary ticket up to date by a private note, or be done with it."""
    done = {"status": "solved", "tags": list(summary.tags)} if summary.solve else {}
    payload = {"ticket": {"comment": private_note(summary, own_id), **done}}
    path = f"/api/v2/tickets/{numeric_id(ticket_id)}.json"
    return _sent_once(lambda: session.send("PUT", path, payload, safe_to_repeat=False))


def noted(session: Session, ticket_id: str, marker: str) -> bool | None:
    """Tell whether a comment with that marker stands on a ticket; None where the ticket is gone."""
    path = f"/api/v2/tickets/{numeric_id(ticket_id)}/comments.json"
    try:
        answers = paging.pages(session, path, {"page[size]": 100}, paging.by_cursor)
        return any(_says(row, marker) for answer in answers for row in listed(answer, "comments"))
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        return None


def _says(comment: object, marker: str) -> bool:
    texts = [str(comment.get(key)) for key in ("html_body", "body")] if isinstance(comment, dict) else []
    return any(_bare(marker) in _bare(text) for text in texts)


def _bare(text: str) -> str:
    """Return the letters of a text, however it was escaped, wrapped or guarded against being expanded."""
    return "".join(letter for letter in clean(unescape(text)) if letter.isprintable() and not letter.isspace())


def _sent_once(send: Callable[[], Answer]) -> Outcome:
    try:
        answer = send()
        return _created(answer.mapping().get("ticket"), answer.headers)
    except (InDoubtError, UnexpectedPayloadError) as error:
        return InDoubt(error.message)
    except TransientError as error:
        return Snoozed(error.after or _LATER, error.message)
    except RefusedError as error:
        outcome = jobs.refused(_told(error), error.status)
        # Nothing of a summary was compared, so there is nothing to look at: it is sent again as it is.
        return Snoozed(_LATER, outcome.reason) if isinstance(outcome, Conflicting) else outcome


def _created(ticket: object, headers: Mapping[str, str]) -> Outcome:
    """Return the delivery of a ticket; a success that names none may be anything."""
    ticket_id = ticket.get("id") if isinstance(ticket, dict) else None
    if ticket_id is None:
        return InDoubt(message("Zendesk's answer does not name the ticket it made"))
    return Delivered(str(ticket_id), jobs.warning_in(headers, {}))
