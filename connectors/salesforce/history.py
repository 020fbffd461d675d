"""What happened to a case: tracked changes, mails, comments and milestones as events."""

from collections.abc import Iterator

from connectors.effects import is_own_note
from connectors.salesforce import payloads
from connectors.salesforce.mapping import HISTORY_LAST, QUEUE, USER, assignee, queue
from connectors.salesforce.payloads import Creator
from connectors.salesforce.sense import Sense, priority, status_of
from connectors.salesforce.soql import looks_like_id, whole_id
from connectors.salesforce.values import text
from connectors.scalars import number
from kpi_engine.records import CustomStatus, EventKind, Field, MetricEvent, TicketEvent

MACHINES = frozenset({"AutomatedProcess", "CloudIntegrationUser"})
_AT_CREATION = "ownerAssignment"
_OWNER_FIELDS = frozenset({"Owner", _AT_CREATION, "ownerAccepted", "ownerEscalated"})
_LOOKUPS = {
    "RecordType": (Field.FORM, "012"),
    "RecordTypeId": (Field.FORM, "012"),
    "Account": (Field.ORGANIZATION, "001"),
    "AccountId": (Field.ORGANIZATION, "001"),
    "BusinessHours": (Field.SCHEDULE, "01m"),
    "BusinessHoursId": (Field.SCHEDULE, "01m"),
}
"""The fields that refer to something of the org's: what they are to us, and how ids of it begin."""

_DRAFT = "5"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def history(row: object, sense: Sense) -> list[TicketEvent]:
    """Return what one tracked change means: a row of a field we do not follow means nothing."""
    read = payloads.CaseHistory.model_validate(row)
    return [_changed(read, name, old, new) for name, old, new in _differences(read, sense)]


def _differences(read: payloads.CaseHistory, sense: Sense) -> Iterator[tuple[str, str | None, str | None]]:
    old, new = text(read.old_value), text(read.new_value)
    if read.field in _OWNER_FIELDS:
        # At creation the owner is the creator for a moment, before the assignment rule hands the case on.
        yield from _owners(None if read.field == _AT_CREATION else old, new)
    elif read.field == "Status":
        yield from _statuses(status_of(old, sense), status_of(new, sense))
    elif read.field == "Priority":
        yield Field.PRIORITY, priority(old, sense), priority(new, sense)
    elif read.field == "Type":
        yield Field.TYPE, old, new
        yield from [("field:Type", old, new)] if read.field in sense.mapped else []
    elif read.field in _LOOKUPS:
        yield from _lookups(_LOOKUPS[read.field], old, new)
    elif read.field in sense.mapped:
        yield f"field:{read.field}", old, new


def _lookups(kept: tuple[str, str], old: str | None, new: str | None) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield what a change of a record type or of business hours means: told twice too, in names and in ids."""
    name, prefix = kept
    values = [value for value in (old, new) if value is not None]
    if values and all(looks_like_id(value) and value.startswith(prefix) for value in values):
        yield name, None if old is None else whole_id(old), None if new is None else whole_id(new)


def _statuses(old: CustomStatus, new: CustomStatus) -> Iterator[tuple[str, str | None, str | None]]:
    if old.status != new.status:
        yield Field.STATUS, old.status or None, new.status
    yield Field.CUSTOM_STATUS, old.custom_status_id or None, new.custom_status_id


def _owners(old: str | None, new: str | None) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield what an owner's change means; it is told twice, in names and in ids, and names are nobody in particular.

    A case that an agent takes out of a queue stays with that queue's team: Salesforce keeps one owner alone.
    """
    before, after = _owner(old), _owner(new)
    if after is None or (old is not None and before is None):
        return
    if assignee(before) != assignee(after):
        yield Field.ASSIGNEE, assignee(before), assignee(after)
    if queue(after) is not None:
        yield Field.GROUP, queue(before), queue(after)
    elif queue(before) is not None:
        yield Field.GROUP, queue(before), queue(before)


def _owner(value: str | None) -> str | None:
    known = value is not None and looks_like_id(value) and value.startswith((USER, QUEUE))
    return whole_id(value) if known and value is not None else None


def _changed(read: payloads.CaseHistory, name: str, old: str | None, new: str | None) -> TicketEvent:
    return TicketEvent(
        ticket_id=read.case_id,
        event_id=f"{read.id}:{name}",
        at=read.created_date,
        order=read.created_date,
        position=HISTORY_LAST + place(read.id),
        kind=EventKind.CHANGED,
        actor_id=_actor(read.created_by, read.created_by_id),
        automatic=_is_machine(read.created_by),
        field=str(name),
        old=old,
        new=new,
    )


def mail(row: object, _: Sense) -> list[TicketEvent]:
    """Return a mail as something said: by the customer where it came in; a draft has not been said."""
    read = payloads.EmailMessage.model_validate(row)
    if read.parent_id is None or read.status == _DRAFT:
        return []
    customer = read.parent.contact_id or f"case:{read.parent_id}"
    sender = _actor(read.created_by, read.created_by_id)
    at = read.message_date or read.created_date
    return [
        TicketEvent(
            ticket_id=read.parent_id,
            event_id=read.id,
            at=at,
            order=at,
            position=place(read.id),
            kind=EventKind.COMMENTED,
            actor_id=customer if read.incoming else sender,
            automatic=not read.incoming and _is_machine(read.created_by),
            public=True,
        )
    ]


def comment(row: object, _: Sense) -> list[TicketEvent]:
    """Return a comment as something said: to the customer where it is published."""
    read = payloads.CaseComment.model_validate(row)
    return [
        TicketEvent(
            ticket_id=read.parent_id,
            event_id=read.id,
            at=read.created_date,
            order=read.created_date,
            position=place(read.id),
            kind=EventKind.COMMENTED,
            actor_id=_actor(read.created_by, read.created_by_id),
            automatic=_is_machine(read.created_by) or (not read.is_published and is_own_note(read.comment_body)),
            public=read.is_published,
        )
    ]


def _actor(creator: Creator, user_id: str | None) -> str | None:
    """Return who did it: a customer on the portal has a user of his own, and is known as a contact."""
    return creator.contact_id or user_id


def _is_machine(creator: Creator) -> bool:
    return creator.user_type in MACHINES


def place(row_id: str) -> int:
    """Return a number that grows with the ids of one object, to put rows of one second in order."""
    return sum(_DIGITS.index(digit) * 62**power for power, digit in enumerate(reversed(row_id[7:15])))


def milestone(row: object, _: Sense) -> list[MetricEvent]:
    """Return what one of Salesforce's own clocks did: it began, it was late, it was done."""
    read = payloads.CaseMilestone.model_validate(row)
    minutes = number(read.target_response_in_mins)
    happened = {
        "activate": read.start_date,
        "breach": read.target_date if read.is_violated else None,
        "fulfill": read.completion_date if read.is_completed else None,
    }
    return [
        MetricEvent(
            ticket_id=read.case_id,
            event_id=f"{read.id}:{what}",
            at=at,
            metric=read.milestone_type.name,
            instance=1,
            kind=what,
            target=None if minutes is None else int(minutes * 60),
            business_hours=read.business_hours_id is not None,
            policy_id=read.milestone_type_id,
            withdrawn=read.is_deleted,
        )
        for what, at in happened.items()
        if at is not None
    ]
