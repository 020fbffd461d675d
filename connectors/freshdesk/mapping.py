"""What Freshdesk's rows mean as our records, and what our changes look like as its payloads: pure functions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from zoneinfo import ZoneInfo

from connectors.base import SummaryTicket
from connectors.effects import is_own_note
from connectors.freshdesk import payloads
from connectors.scalars import clean, number
from connectors.time_zones import iana
from connectors.values import FollowedFields, followed_values, kind, moment_text, sent_value
from kpi_engine import records
from kpi_engine.exclusions import MERGED_INTO
from kpi_engine.records import EventKind, FieldValue, TicketEvent, TicketSnapshot

OPEN, PENDING, RESOLVED, CLOSED = "2", "3", "4", "5"
STATUSES = {
    OPEN: "open",
    PENDING: "pending",
    RESOLVED: "solved",
    CLOSED: "closed",
    "6": "pending",  # waiting on customer
    "7": "hold",  # waiting on third party
    "deleted": "deleted",
    "spam": "deleted",
}
OUTBOUND = 10

PRIORITIES = {1: "low", 2: "normal", 3: "high", 4: "urgent"}
_SOURCES = {1: "email", 2: "web", 3: "phone", 5: "twitter", 6: "facebook", 7: "chat", 9: "web", 10: "outbound_email"}
_NOTE, _SURVEY_ANSWER = 2, 6
_ACCESS = {1: "all", 2: "groups", 3: "assigned"}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"\s*(\d{1,2}):(\d\d)(?::(\d\d))?\s*([ap]m)?\s*", re.IGNORECASE)
_DAY = 1440
# What a merge leaves on the ticket merged away; neither documented nor recorded.
_MERGED = re.compile(r"merged into (?:ticket )?#?\s*(\d+)", re.IGNORECASE)


def ticket(row: object, followed: FollowedFields, after: int | None = None) -> list[TicketSnapshot]:
    """Return a row of the list as a snapshot; all that changed in it since the one before happened after `after`."""
    read = payloads.Ticket.model_validate(row)
    if read.updated_at < read.created_at:
        raise ValueError("updated_at lies before created_at")
    return [
        TicketSnapshot(
            ticket_id=read.id,
            version=read.updated_at,
            created_at=read.created_at,
            updated_at=read.updated_at,
            status=_status(read),
            priority=PRIORITIES.get(read.priority or 0),
            assignee_id=read.responder_id,
            group_id=read.group_id,
            requester_id=read.requester_id,
            submitter_id=_author(read),
            brand_id=read.product_id,
            form_id=None,
            channel=_SOURCES.get(read.source or 0, str(read.source)),
            tags=tuple(read.tags),
            fields={**dict.fromkeys(followed.mapped), **followed_values(read.custom_fields.items(), followed)},
            begins_as=OPEN,
            entered=_entered(read),
            after=after,
            ticket_type=read.type,
            organization_id=read.company_id,
        )
    ]


def _status(read: payloads.Ticket) -> str:
    if read.deleted:
        return "deleted"
    return "spam" if read.spam else str(read.status)


def _author(read: payloads.Ticket) -> str | None:
    """Return who wrote first: in an outbound e-mail an agent did, most likely the one who has it."""
    return read.responder_id if read.source == OUTBOUND else read.requester_id


def _entered(read: payloads.Ticket) -> dict[str, int]:
    """Return when the ticket last entered its statuses, by Freshdesk's own stamps."""
    stats = read.stats
    stamps = {
        PENDING: stats.pending_since if read.status == int(PENDING) else None,
        OPEN: stats.reopened_at,
        RESOLVED: stats.resolved_at if stats.resolved_at != stats.closed_at or read.status == int(RESOLVED) else None,
        CLOSED: stats.closed_at,
    }
    known = {status: max(at, read.created_at) for status, at in stamps.items() if at is not None}
    if stats.status_updated_at is not None and str(read.status) not in (RESOLVED, CLOSED):
        known[str(read.status)] = max(stats.status_updated_at, read.created_at)
    return known


def opening(read: payloads.Ticket) -> TicketEvent:
    """Return the message a ticket was opened with: its description, which no list of conversations shows."""
    return _said(read.id, "description", read.created_at, -1, _author(read), public=True, automatic=False)


def conversation(ticket_id: str, place: int, row: object) -> Iterator[TicketEvent]:
    """Yield what a reply or a note means; a survey's answer, which comes as a reply, means nothing."""
    read = payloads.Conversation.model_validate(row)
    if read.source == _SURVEY_ANSWER:
        return
    merged = _MERGED.search(read.body_text or "") if read.source == _NOTE else None
    if merged is not None:
        yield _merge(ticket_id, read, merged[1])
    own = read.private and is_own_note(read.body_text)
    automatic = read.auto_response or read.automation_id is not None or own
    yield _said(ticket_id, read.id, read.created_at, place, read.user_id, public=not read.private, automatic=automatic)


def _said(  # noqa: PLR0913 -- what an event is made of
    ticket_id: str, event_id: str, at: int, place: int, actor: str | None, *, public: bool, automatic: bool
) -> TicketEvent:
    return TicketEvent(
        ticket_id=ticket_id,
        event_id=event_id,
        at=at,
        order=0,
        position=place,
        kind=EventKind.COMMENTED,
        actor_id=actor,
        automatic=automatic,
        public=public,
    )


def _merge(ticket_id: str, read: payloads.Conversation, into: str) -> TicketEvent:
    return TicketEvent(
        ticket_id=ticket_id,
        event_id=f"{read.id}:{MERGED_INTO}:{into}",
        at=read.created_at,
        order=0,
        position=0,
        kind=EventKind.CHANGED,
        actor_id=read.user_id,
        automatic=False,
        field=MERGED_INTO,
        new=into,
    )


def rating(row: object, question: str) -> list[records.Rating]:
    """Return a row of satisfaction_ratings by its answer to `question`; one that has none is no verdict."""
    read = payloads.SatisfactionRating.model_validate(row)
    verdict = number(read.ratings.get(question))
    return [
        records.Rating(
            ticket_id=read.ticket_id,
            rating_id=read.id,
            at=read.updated_at,
            version=read.updated_at,
            category=None if verdict is None else category(int(verdict)),
            score=None,
            scale=None,
            agent_id=read.agent_id,
            group_id=read.group_id,
        )
    ]


def category(verdict: int) -> str:
    """Return what a verdict means: -103 to 103 around 100, or 1 to 3 in the classic survey; raises ValueError."""
    classic = {1: "good", 2: "neutral", 3: "bad", 100: "neutral"}
    if verdict in classic:
        return classic[verdict]
    if abs(verdict) not in (101, 102, 103):
        raise ValueError(f"{verdict} is on no scale of Freshdesk's surveys")
    return "good" if verdict > 0 else "bad"


def agent(row: object) -> list[records.Agent]:
    """Return an agent; the list does not tell who is an administrator."""
    read = payloads.Agent.model_validate(row)
    return [
        records.Agent(
            agent_id=read.id,
            name=read.contact.name,
            email=read.contact.email,
            role="agent",
            active=True,
            bot=False,
            locale=read.contact.language,
            ticket_access=_ACCESS.get(read.ticket_scope or 0, "all"),
        )
    ]


def group(row: object) -> list[records.Group]:
    """Return a group with the calendar its tickets follow."""
    read = payloads.Group.model_validate(row)
    return [
        records.Group(group_id=read.id, name=read.name, active=True, private=False, schedule_id=read.business_hour_id)
    ]


def memberships(row: object) -> list[records.Membership]:
    """Return the places of agents in one group."""
    read = payloads.Group.model_validate(row)
    return [
        records.Membership(membership_id=f"{read.id}:{agent_id}", agent_id=agent_id, group_id=read.id)
        for agent_id in read.agent_ids
    ]


def schedule(row: object) -> list[records.Schedule]:
    """Return business hours; Freshdesk tells no holidays, which belong into the configuration."""
    read = payloads.BusinessHours.model_validate(row)
    return [
        records.Schedule(
            schedule_id=read.id,
            name=read.name,
            zone=iana(read.time_zone),
            week=tuple(_day(read.business_hours.get(name)) for name in _WEEKDAYS),
            holidays=(),
            created_at=read.created_at,
            default=read.is_default,
        )
    ]


def _day(hours: object) -> tuple[tuple[int, int], ...]:
    if not isinstance(hours, dict) or not hours:
        return ()
    first, last = minutes(hours.get("start_time")), minutes(hours.get("end_time"))
    last = _DAY if last in (0, _DAY - 1) else last  # midnight, or a minute before it, ends the day
    if last <= first:
        raise ValueError("hours that end before they begin")
    return ((first, last),)


def minutes(text: object) -> int:
    """Return minutes since midnight of "8:00 am", "08:00:00 am" or "20:00"; raises ValueError for anything else."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is no time of day")
    hour, minute, half = int(match[1]), int(match[2]), (match[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 60 + minute


def sla_policy(row: object) -> list[records.SlaPolicy]:
    """Return one of the account's SLA policies, its targets in seconds; the default one is the last resort."""
    read = payloads.SlaPolicy.model_validate(row)
    return [
        records.SlaPolicy(
            policy_id=read.id,
            title=read.name,
            position=read.position or 0,
            body={
                "sla_target": read.sla_target,
                "applicable_to": read.applicable_to,
                "escalation": read.escalation,
                "active": read.active,
                "is_default": read.is_default,
            },
        )
    ]


def statuses(row: object) -> list[records.CustomStatus]:
    """Return the account's statuses as the field of that name lists them: by number, the agents' label first."""
    read = payloads.TicketField.model_validate(row)
    return [
        records.CustomStatus(custom_status_id=number, label=label, status=number, active=True)
        for number, label in labels(read)
    ]


def labels(statuses: payloads.TicketField) -> list[tuple[str, str]]:
    """Return the numbers of the account's statuses with the agents' labels."""
    choices = statuses.choices if isinstance(statuses.choices, dict) else {}
    return [(str(value), _label(told)) for value, told in choices.items()]


def _label(labels: object) -> str:
    first = labels[0] if isinstance(labels, list) and labels else labels
    return clean(str(first))


def summary_tag(external_id: str) -> str:
    """Return the tag by which a summary ticket is found again: Freshdesk's tickets have no external id."""
    return f"helpdesk-kpi-{sha256(external_id.encode()).hexdigest()[:16]}"


def summary_ticket(summary: SummaryTicket, own_id: str, group_id: str | None) -> dict[str, object]:
    """Return a new summary ticket: we are its requester, so that no customer is told of it."""
    content: dict[str, object] = {
        "requester_id": int(own_id),
        "subject": summary.subject,
        "description": summary.html,
        "status": int(OPEN),
        "priority": 1,
        "source": 2,
        "tags": tags_of(summary),
    }
    places = {"responder_id": summary.assignee_id, "group_id": group_id}
    return {**content, **{key: int(place) for key, place in places.items() if place is not None}}


def tags_of(summary: SummaryTicket) -> list[str]:
    """Return a summary's tags with the one it is found by."""
    return [*summary.tags, summary_tag(summary.external_id)]


def ticket_update(
    values: Mapping[str, FieldValue], names: Mapping[str, str], zone: ZoneInfo
) -> dict[str, dict[str, FieldValue]]:
    """Return a ticket's update: only the custom fields listed in it will change."""
    written = partial(moment_text, zone=zone)
    return {"custom_fields": {names[key]: sent_value(kind(key), value, written) for key, value in values.items()}}


def oldest_first(found: Sequence[payloads.Ticket]) -> list[str]:
    """Return the ids of tickets, oldest first."""
    return [each.id for each in sorted(found, key=lambda each: (each.created_at, int(each.id)))]
