"""What a case means as our record, and what our changes look like as Salesforce's payloads: pure functions."""

import hashlib
from collections.abc import Mapping

from connectors.account import SUMMARY_TAG
from connectors.base import Change, SummaryTicket
from connectors.salesforce import payloads
from connectors.salesforce.payloads import Creator
from connectors.salesforce.sense import Sense, priority, status_of
from connectors.salesforce.values import moment, moment_text, text
from connectors.values import FollowedFields, followed_values, kind, sent_value
from kpi_engine.exclusions import MERGED_INTO, MERGED_TAG
from kpi_engine.records import EventKind, FieldValue, TicketEvent, TicketSnapshot

STATUSES = {status: status for status in ("new", "open", "pending", "hold", "solved", "closed", "deleted")}
"""Ours: an org words its own, which are the custom statuses; a row shows which of ours each counts to."""

USER, QUEUE, CASE = "005", "00G", "500"
HISTORY_LAST = 1 << 50
"""Where what was changed begins in a second: after what was said."""

_WORKER = "Standard"
_MAIL = "Email"


def case(row: object, sense: Sense) -> list[TicketSnapshot | TicketEvent]:
    """Return a case as a snapshot, with the words it was opened with and, of a duplicate, where it went."""
    read = payloads.Case.model_validate(row)
    ticket = _snapshot(read, sense)
    told: list[TicketSnapshot | TicketEvent] = [ticket]
    if not (sense.mails and read.origin == _MAIL):  # a mail that opens a case is a row of its own
        told.append(_opening(read, ticket))
    if read.master_record_id is not None:
        told.append(_merged(read, read.master_record_id))
    return told


def _snapshot(read: payloads.Case, sense: Sense) -> TicketSnapshot:
    if read.system_modstamp < read.created_date:
        raise ValueError("SystemModstamp lies before CreatedDate")
    more = {**(read.model_extra or {}), "Type": read.type, "AccountId": read.account_id}
    status = status_of(read.status, sense)
    return TicketSnapshot(
        ticket_id=read.id,
        version=read.system_modstamp,
        created_at=read.created_date,
        updated_at=read.last_modified_date or read.system_modstamp,
        status=_fate(read) or status.status,
        priority=priority(read.priority, sense),
        assignee_id=assignee(read.owner_id),
        group_id=queue(read.owner_id),
        requester_id=requester(read),
        submitter_id=_submitter(read),
        brand_id=None,
        form_id=read.record_type_id,
        channel=read.origin,
        tags=_tags(read, more, sense),
        fields=field_values(more, sense),
        custom_status_id=status.custom_status_id,
        survey=None if sense.csat is None else text(more.get(sense.csat)),
        schedule_id=read.business_hours_id,
        ticket_type=read.type,
        organization_id=read.account_id,
        entered={} if read.closed_date is None else {status.status: read.closed_date},
    )


def _fate(read: payloads.Case) -> str | None:
    if read.master_record_id is not None:
        return "closed"
    return "deleted" if read.is_deleted else None


def _tags(read: payloads.Case, more: Mapping[str, object], sense: Sense) -> tuple[str, ...]:
    """Salesforce has no tags: ours tell our own summaries apart, and what was merged into another case."""
    own = (SUMMARY_TAG,) if more.get(sense.own_key) else ()
    return (*own, MERGED_TAG) if read.master_record_id is not None else own


def requester(read: payloads.Case) -> str | None:
    """Return who asked: the contact, else the address he wrote from, made unreadable."""
    if read.contact_id is not None or read.supplied_email is None:
        return read.contact_id
    return f"mail:{hashlib.sha256(read.supplied_email.strip().lower().encode()).hexdigest()[:20]}"


def _submitter(read: payloads.Case) -> str | None:
    """Return who opened the case: an agent only where it did not come in by itself (a phone call he noted down)."""
    came_in = read.origin not in (None, "Phone")
    return requester(read) if came_in or not _works_here(read.created_by) else read.created_by_id


def _works_here(creator: Creator) -> bool:
    return creator.user_type in (None, _WORKER)


def _opening(read: payloads.Case, ticket: TicketSnapshot) -> TicketEvent:
    """Return what the case was opened with: the customer's words, but an agent's own note where nothing came in."""
    own_note = read.origin is None and _works_here(read.created_by)
    customer = ticket.requester_id or f"case:{read.id}"
    return TicketEvent(
        ticket_id=read.id,
        event_id=f"{read.id}:opening",
        at=read.created_date,
        order=read.created_date,
        position=-1,
        kind=EventKind.COMMENTED,
        actor_id=read.created_by_id if own_note else customer,
        automatic=False,
        public=not own_note,
    )


def _merged(read: payloads.Case, master: str) -> TicketEvent:
    return TicketEvent(
        ticket_id=read.id,
        event_id=f"{read.id}:{MERGED_INTO}:{master}",
        at=read.system_modstamp,
        order=read.system_modstamp,
        position=HISTORY_LAST,
        kind=EventKind.CHANGED,
        actor_id=None,
        automatic=False,
        field=MERGED_INTO,
        new=master,
    )


def assignee(owner: str | None) -> str | None:
    """Return the user who owns a case."""
    return owner if owner is not None and owner.startswith(USER) else None


def queue(owner: str | None) -> str | None:
    """Return the queue that owns a case."""
    return owner if owner is not None and owner.startswith(QUEUE) else None


def field_values(row: Mapping[str, object], sense: Sense) -> dict[str, FieldValue]:
    """Return the followed custom fields of a row by API name: ours in our own kinds, the others as they are."""
    return followed_values(row.items(), FollowedFields(sense.ours, sense.mapped), moment)


def case_update(change: Change, names: Mapping[str, str]) -> dict[str, object]:
    """Return one case of a collection: only the fields in it will change."""
    values = {names[key]: sent_value(kind(key), value, moment_text) for key, value in change.values.items()}
    return {"attributes": {"type": "Case"}, "id": change.target_id, **values}


def user_update(change: Change, names: Mapping[str, str]) -> dict[str, object]:
    """Return one user of a collection."""
    values = {names[key]: value for key, value in change.values.items()}
    return {"attributes": {"type": "User"}, "id": change.target_id, **values}


def summary_case(summary: SummaryTicket, owner_id: str | None) -> dict[str, object]:
    """Return a summary as a case of nobody's: without a contact there is no customer whom anything could be mailed."""
    content: dict[str, object] = {"Subject": summary.subject, "Description": summary.text}
    return content if owner_id is None else {**content, "OwnerId": owner_id}
