"""What Salesforce's rows mean as our records, and what our changes look like as its payloads: pure functions."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from connectors.account import SUMMARY_TAG
from connectors.base import Change, SummaryTicket
from connectors.salesforce import payloads
from connectors.salesforce.holidays import days
from connectors.salesforce.payloads import Creator
from connectors.salesforce.soql import looks_like_id, whole_id
from connectors.scalars import clean, number
from kpi_engine.exclusions import MERGED_TAG
from kpi_engine.records import (
    Agent,
    CustomStatus,
    EventKind,
    Field,
    FieldValue,
    Group,
    Membership,
    MetricEvent,
    Rating,
    Schedule,
    SlaPolicy,
    TicketEvent,
    TicketSnapshot,
)

STATUSES = {status: status for status in ("new", "open", "pending", "hold", "solved", "closed", "deleted")}
"""Ours: an org words its own, which are the custom statuses; a row shows which of ours each counts to."""

PRIORITIES = {
    "low": "low",
    "medium": "normal",
    "normal": "normal",
    "high": "high",
    "critical": "urgent",
    "urgent": "urgent",
}
"""What the usual priorities mean, in whatever case they are written."""

USER, QUEUE = "005", "00G"
MERGED_INTO = "merged_into"
KINDS = {"due_at": "moment", "overdue": "yes_no", "overdue_clock": "text"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_WAITS = {
    "on hold": "hold",
    "hold": "hold",
    "pending": "pending",
    "waiting on customer": "pending",
    "waiting for customer": "pending",
    "awaiting customer": "pending",
}
_AT_CREATION = "ownerAssignment"
_OWNER_FIELDS = frozenset({"Owner", _AT_CREATION, "ownerAccepted", "ownerEscalated"})
_MACHINES = frozenset({"AutomatedProcess", "CloudIntegrationUser"})
_WORKER = "Standard"
_MAIL = "Email"
_DRAFT = "5"
_DAY = 1440
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HISTORY_LAST = 1 << 50  # in one second, what was said comes before what was changed


@dataclass(frozen=True, slots=True)
class Sense:
    """What is needed to understand rows: our fields and the mapped ones, what statuses and priorities mean.

    `ours` are our keys by API name; `statuses` are the org's, by API name and by label; `own_key` is the field that
    marks our summary cases; `csat` and `scale` tell where ratings stand; `mails`: mails are rows of their own.
    """

    ours: Mapping[str, str] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()
    statuses: Mapping[str, CustomStatus] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    own_key: str = ""
    csat: str | None = None
    scale: tuple[float, float] = (1, 5)
    mails: bool = True
    holidays: tuple[tuple[str, str], ...] = ()


def kind(key: str) -> str:
    """Return the kind of value one of our case fields holds."""
    return KINDS.get(key, "integer")


# -- cases -----------------------------------------------------------------------------------------------------------


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
    more = read.model_extra or {}
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
        survey=None if sense.csat is None else _text(more.get(sense.csat)),
        schedule_id=read.business_hours_id,
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
        position=_HISTORY_LAST,
        kind=EventKind.CHANGED,
        actor_id=None,
        automatic=False,
        field=MERGED_INTO,
        new=master,
    )


def status_of(word: str | None, sense: Sense) -> CustomStatus:
    """Return the status a row names, by API name or by label; one the org no longer has keeps its word."""
    known = sense.statuses.get(word or "")
    return known or CustomStatus(custom_status_id=word or "", label=word or "", status=word or "", active=False)


def priority(word: str | None, sense: Sense) -> str | None:
    """Return a priority in our words; one that nobody explained stays as it is."""
    if not word:
        return None
    return sense.priorities.get(word) or PRIORITIES.get(word.casefold(), word)


def assignee(owner: str | None) -> str | None:
    """Return the user who owns a case."""
    return owner if owner is not None and owner.startswith(USER) else None


def queue(owner: str | None) -> str | None:
    """Return the queue that owns a case."""
    return owner if owner is not None and owner.startswith(QUEUE) else None


def field_values(row: Mapping[str, object], sense: Sense) -> dict[str, FieldValue]:
    """Return the followed custom fields of a row by API name: ours in our own kinds, the others as they are."""
    own = {name: remote_value(kind(key), row[name]) for name, key in sense.ours.items() if name in row}
    return {**{name: _plain(row[name]) for name in sense.mapped if name in row}, **own}


def rating(row: object, sense: Sense, at: int | None = None) -> list[Rating]:
    """Return the rating that a case's field shows, dated by the row's last change: it may have been given earlier."""
    read = payloads.Case.model_validate(row)
    when = at or read.last_modified_date or read.system_modstamp
    return [_rating(read.id, when, (read.model_extra or {}).get(sense.csat or ""), sense)]


def tracked_rating(row: object, sense: Sense) -> list[Rating]:
    """Return the rating that a tracked change of the field tells, to the second; an emptied one is withdrawn."""
    read = payloads.CaseHistory.model_validate(row)
    return [_rating(read.case_id, read.created_date, read.new_value, sense)] if read.field == sense.csat else []


def _rating(case_id: str, at: int, shown: object, sense: Sense) -> Rating:
    return Rating(
        ticket_id=case_id,
        rating_id=f"{case_id}:csat",
        at=at,
        version=at,
        category=None,
        score=score(shown, sense.scale),
        scale=sense.scale,
        agent_id=None,
        group_id=None,
    )


def score(shown: object, scale: tuple[float, float]) -> float | None:
    """Return a score on the scale; raises ValueError for what is none."""
    if shown in (None, ""):
        return None
    found = number(shown)
    if found is None or not scale[0] <= found <= scale[1]:
        raise ValueError(f"{shown!r} is no score from {scale[0]:g} to {scale[1]:g}")
    return found


def unseen_rating(ticket: TicketSnapshot, ratings: Sequence[Rating]) -> bool:
    """Tell whether a case shows another score than the newest rating we have of it."""
    newest = max(ratings, key=lambda one: one.version, default=None)
    shown = number(ticket.survey)
    return shown != (newest.score if newest is not None else None)


# -- history ---------------------------------------------------------------------------------------------------------


def history(row: object, sense: Sense) -> list[TicketEvent]:
    """Return what one tracked change means: a row of a field we do not follow means nothing."""
    read = payloads.CaseHistory.model_validate(row)
    return [_changed(read, name, old, new) for name, old, new in _differences(read, sense)]


def _differences(read: payloads.CaseHistory, sense: Sense) -> Iterator[tuple[str, str | None, str | None]]:
    old, new = _text(read.old_value), _text(read.new_value)
    if read.field in _OWNER_FIELDS:
        # At creation the owner is the creator for a moment, before the assignment rule hands the case on.
        yield from _owners(None if read.field == _AT_CREATION else old, new)
    elif read.field == "Status":
        yield from _statuses(status_of(old, sense), status_of(new, sense))
    elif read.field == "Priority":
        yield Field.PRIORITY, priority(old, sense), priority(new, sense)
    elif read.field in sense.mapped:
        yield f"field:{read.field}", old, new


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
        position=_HISTORY_LAST + place(read.id),
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
            automatic=_is_machine(read.created_by),
            public=read.is_published,
        )
    ]


def _actor(creator: Creator, user_id: str | None) -> str | None:
    """Return who did it: a customer on the portal has a user of his own, and is known as a contact."""
    return creator.contact_id or user_id


def _is_machine(creator: Creator) -> bool:
    return creator.user_type in _MACHINES


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


def survey_answer(row: object, cases: Mapping[str, str], sense: Sense) -> list[Rating]:
    """Return an answer as a rating of the case the survey was about; `cases` are those by invitation and response."""
    read = payloads.SurveyAnswer.model_validate(row)
    about = cases.get(read.response.invitation_id or "") or cases.get(read.response_id or "")
    if about is None:
        return []
    at = read.response.completion_date_time or read.created_date
    shown = next((value for value in (read.number_value, read.choice_value, read.response_value) if value), None)
    return [
        Rating(
            ticket_id=about,
            rating_id=read.id,
            at=at,
            version=read.system_modstamp,
            category=None,
            score=score(shown, sense.scale),
            scale=sense.scale,
            agent_id=None,
            group_id=None,
        )
    ]


# -- the org ---------------------------------------------------------------------------------------------------------


def agent(row: object, _: Sense) -> list[Agent]:
    """Return a user who works cases."""
    read = payloads.User.model_validate(row)
    return [
        Agent(
            agent_id=read.id,
            name=read.name,
            email=read.email,
            role="admin" if read.profile.permissions_modify_all_data else "agent",
            active=read.is_active,
            bot=read.user_type in _MACHINES,
            locale=read.language_locale_key,
            ticket_access="all",
        )
    ]


def group(row: object, _: Sense) -> list[Group]:
    """Return a queue: the team that cases wait with."""
    read = payloads.Queue.model_validate(row)
    return [Group(group_id=read.id, name=read.name or read.id, active=True, private=False)]


def membership(group_id: str, user_id: str) -> Membership:
    """Return an agent's place in a queue, his own or through groups in it."""
    return Membership(membership_id=f"{group_id}:{user_id}", agent_id=user_id, group_id=group_id)


def schedule(row: object, sense: Sense) -> list[Schedule]:
    """Return business hours with the holidays the admin chose."""
    read = payloads.BusinessHours.model_validate(row)
    return [
        Schedule(
            schedule_id=read.id,
            name=read.name,
            zone=read.time_zone_sid_key,
            week=tuple(_opening_hours(read, day) for day in DAYS),
            holidays=sense.holidays,
            created_at=read.created_date,
            default=read.is_default,
        )
    ]


def _opening_hours(read: payloads.BusinessHours, day: str) -> tuple[tuple[int, int], ...]:
    """Return a day's opening hours; an end at 00:00 is the midnight at which the day ends."""
    opening, closing = getattr(read, f"{day}_start_time"), getattr(read, f"{day}_end_time")
    if opening is None or closing is None:
        return ()
    closing = closing or _DAY
    if closing <= opening:
        raise ValueError(f"{day} closes before it opens")
    return ((opening, closing),)


def holidays_of(rows: Sequence[payloads.Holiday], chosen: Sequence[str], today: date) -> tuple[tuple[str, str], ...]:
    """Return the chosen holidays as (first, last) dates; part of a day is none, for opening hours end with days."""
    closed = {day for row in rows if row.name in chosen and row.is_all_day for day in days(row, today)}
    return tuple((day.isoformat(), day.isoformat()) for day in sorted(closed))


def entitlement_process(row: object, _: Sense) -> list[SlaPolicy]:
    """Return an entitlement process; what its milestones ask for is told by those of the cases."""
    read = payloads.EntitlementProcess.model_validate(row)
    return [SlaPolicy(policy_id=read.id, title=read.name, position=0, body={"active": read.is_active})]


def custom_status(row: object, _: Sense) -> list[CustomStatus]:
    """Return a status of the org's own, and which of ours it counts to unless the configuration says otherwise."""
    read = payloads.CaseStatus.model_validate(row)
    if read.is_closed:
        counts_to = "solved"
    else:
        usual = "new" if read.is_default else "open"
        counts_to = _WAITS.get(read.api_name.casefold()) or _WAITS.get(read.master_label.casefold(), usual)
    return [
        CustomStatus(
            custom_status_id=read.api_name, label=read.master_label or read.api_name, status=counts_to, active=True
        )
    ]


def by_word(statuses: Sequence[CustomStatus]) -> dict[str, CustomStatus]:
    """Return statuses by API name, and by label where no API name is the same word."""
    return {each.label: each for each in statuses} | {each.custom_status_id: each for each in statuses}


# -- values ----------------------------------------------------------------------------------------------------------


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(str(value))


def _plain(value: object) -> FieldValue:
    """Return a field's value as one plain value; several choices come as one text."""
    if isinstance(value, str):
        return clean(value) or None
    return value if isinstance(value, (bool, int, float)) else None


def remote_value(value_kind: str, value: object) -> FieldValue:
    """Return what one of our fields holds, in our kind; what somebody typed over it comes back as it is."""
    if value_kind == "yes_no":
        return value is True or value == "true"
    if value_kind in ("integer", "number") and (found := number(value)) is not None:
        return int(found) if value_kind == "integer" and found.is_integer() else found
    if value_kind == "moment" and isinstance(value, str) and value:
        try:
            return int(datetime.fromisoformat(value).timestamp())
        except ValueError:
            return clean(value)
    return _plain(value)


def sent_value(value_kind: str, value: FieldValue) -> FieldValue:
    """Return `value` as Salesforce wants it in a field of that kind; a moment is a moment there."""
    if value_kind == "yes_no":
        return bool(value)
    if value_kind == "moment" and isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return value


def case_update(change: Change, names: Mapping[str, str]) -> dict[str, object]:
    """Return one case of a collection: only the fields in it will change."""
    values = {names[key]: sent_value(kind(key), value) for key, value in change.values.items()}
    return {"attributes": {"type": "Case"}, "id": change.target_id, **values}


def user_update(change: Change, names: Mapping[str, str]) -> dict[str, object]:
    """Return one user of a collection."""
    values = {names[key]: value for key, value in change.values.items()}
    return {"attributes": {"type": "User"}, "id": change.target_id, **values}


def summary_case(summary: SummaryTicket, owner_id: str | None) -> dict[str, object]:
    """Return a summary as a case of nobody's: without a contact there is no customer whom anything could be mailed."""
    content: dict[str, object] = {"Subject": summary.subject, "Description": summary.text}
    return content if owner_id is None else {**content, "OwnerId": owner_id}
