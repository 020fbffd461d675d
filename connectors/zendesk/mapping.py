"""What Zendesk's rows mean as our records, and what our changes look like as Zendesk's payloads: pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from zoneinfo import ZoneInfo

from connectors.base import Change, SummaryTicket
from connectors.scalars import clean, loose_instant, number
from connectors.time_zones import iana
from connectors.values import FollowedFields, followed_values, kind, moment_text, sent_value
from connectors.zendesk import payloads
from kpi_engine.records import (
    Agent,
    CustomStatus,
    Group,
    Membership,
    MetricEvent,
    MetricSet,
    Rating,
    Schedule,
    SlaPolicy,
    TicketSnapshot,
)

STATUSES = {status: status for status in ("new", "open", "pending", "hold", "solved", "closed", "deleted")}

METRICS = {
    **{
        f"{metric}.{time}": indicator + suffix
        for metric, indicator in {
            "reply_time": "first_reply",
            "first_resolution_time": "first_resolution",
            "full_resolution_time": "full_resolution",
            "requester_wait_time": "requester_wait",
            "agent_wait_time": "agent_wait",
            "on_hold_time": "on_hold",
        }.items()
        for time, suffix in {"business": "", "calendar": "_calendar"}.items()
    },
    "replies": "public_replies",
    "reopens": "reopens",
    "assignee_stations": "assignee_stations",
    "group_stations": "group_stations",
}
"""Zendesk's names in a metric set, and our indicators of the same meaning."""

_DAY = 1440
_VERDICTS = ("good", "bad")
_MINUTES = "_in_minutes"
_COUNTS = ("replies", "reopens", "assignee_stations", "group_stations")
_ACCESS = {"groups": "groups", "assigned": "assigned"}


def ticket(row: object, followed: FollowedFields) -> list[TicketSnapshot]:
    """Return a row of the ticket export as a snapshot; deleted, scrubbed and archived tickets are tickets too."""
    read = payloads.Ticket.model_validate(row)
    if read.updated_at < read.created_at:
        raise ValueError("updated_at lies before created_at")
    return [
        TicketSnapshot(
            ticket_id=read.id,
            version=read.generated_timestamp or read.updated_at,
            created_at=read.created_at,
            updated_at=read.updated_at,
            status=read.status,
            priority=read.priority,
            assignee_id=read.assignee_id,
            group_id=read.group_id,
            requester_id=read.requester_id,
            submitter_id=read.submitter_id,
            brand_id=read.brand_id,
            form_id=read.ticket_form_id,
            channel=channel(read.via),
            tags=tuple(read.tags),
            fields=followed_values(custom_fields(read), followed),
            custom_status_id=read.custom_status_id,
            ai_agent=read.support_type == "ai_agent",
            ticket_type=read.type,
            organization_id=read.organization_id,
            survey=plain_text(read.satisfaction_rating.get("score")),
            rating_id=plain_text(read.satisfaction_rating.get("id")),
            follows=followed_up(read),
        )
    ]


def custom_fields(read: payloads.Ticket) -> Iterator[tuple[str, object]]:
    """Yield the custom fields of a ticket with what they hold, by Zendesk's ids."""
    yield from ((custom.id, custom.value) for custom in read.custom_fields)


def channel(via: object) -> str | None:
    """Return how something came in; `via` is an object in tickets, and text in some histories."""
    name = via.get("channel") if isinstance(via, dict) else via
    return clean(name) if isinstance(name, str) and name else None


def followed_up(read: payloads.Ticket) -> str | None:
    """Return the closed ticket that a ticket follows up: an answer to a closed one makes a ticket of its own.

    https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets
    """
    source = read.via.get("source") if isinstance(read.via, dict) else None
    start = source.get("from") if isinstance(source, dict) and source.get("rel") == "follow_up" else None
    told = plain_text(start.get("ticket_id")) if isinstance(start, dict) else None
    return told or read.followup_source_id


def rating(row: object, _: FollowedFields) -> list[Rating]:
    """Return a row of satisfaction_ratings; an offer or a withdrawn verdict is a rating without category.

    A rating keeps its id while its score changes, so its instant and version are those of its last change.
    """
    read = payloads.SatisfactionRating.model_validate(row)
    verdict = read.score.partition("_")[0]
    return [
        Rating(
            ticket_id=read.ticket_id,
            rating_id=read.id,
            at=read.updated_at,
            version=read.updated_at,
            category=verdict if verdict in _VERDICTS else None,
            score=None,
            scale=None,
            agent_id=read.assignee_id,
            group_id=read.group_id,
            offered_at=read.created_at,
        )
    ]


def unseen_rating(ticket: TicketSnapshot, ratings: Sequence[Rating]) -> str | None:
    """Return the id of the rating a ticket shows where it differs from its newest one here, None where it agrees.

    The id is empty where the ticket does not say it. A ticket knows no neutral verdict.
    """
    if ticket.survey is None:
        return None
    newest = max(ratings, key=attrgetter("version", "rating_id"), default=None)
    word = ticket.survey.partition("_")[0]
    shown = word if word in _VERDICTS else None
    if newest is None:
        return None if shown is None else ticket.rating_id or ""
    agrees = newest.category == shown or (newest.category == "neutral" and shown is not None)
    return None if agrees else ticket.rating_id or newest.rating_id


def agent(row: object, _: FollowedFields) -> list[Agent]:
    """Return a user who works tickets; an access we do not know is taken as the widest."""
    read = payloads.User.model_validate(row)
    if read.id is None:
        raise ValueError("a user without id")
    return [
        Agent(
            agent_id=read.id,
            name=read.name,
            email=read.email,
            role=read.role,
            active=read.active and not read.suspended,
            bot=read.is_bot,
            locale=read.locale,
            ticket_access=_ACCESS.get(read.ticket_restriction or "", "all"),
        )
    ]


def group(row: object, _: FollowedFields) -> list[Group]:
    """Return a group; a deleted one is inactive, and keeps its name for the past."""
    read = payloads.Group.model_validate(row)
    return [Group(group_id=read.id, name=read.name, active=not read.deleted, private=not read.is_public)]


def membership(row: object, _: FollowedFields) -> list[Membership]:
    """Return an agent's place in a group."""
    read = payloads.Membership.model_validate(row)
    return [Membership(membership_id=read.id, agent_id=read.user_id, group_id=read.group_id)]


def schedule(row: object, _: FollowedFields) -> list[Schedule]:
    """Return business hours with their holidays; Zendesk counts minutes from Sunday, we list days from Monday."""
    read = payloads.Schedule.model_validate(row)
    return [
        Schedule(
            schedule_id=read.id,
            name=read.name,
            zone=iana(read.time_zone),
            week=week(read.intervals),
            holidays=tuple((holiday.start_date, holiday.end_date) for holiday in read.holidays),
            created_at=read.created_at,
        )
    ]


def metric_set(row: object, _: FollowedFields) -> list[MetricSet]:
    """Return Zendesk's own figures of a ticket, under its names without their unit; a minute figure may be missing."""
    read = payloads.MetricSet.model_validate(row)
    told = read.model_extra or {}
    return [
        MetricSet(
            ticket_id=read.ticket_id,
            version=read.updated_at,
            minutes={
                f"{name.removesuffix(_MINUTES)}.{time}": _whole(value)
                for name, both in told.items()
                if name.endswith(_MINUTES) and isinstance(both, dict)
                for time, value in both.items()
            },
            counts={name: _whole(told[name]) for name in _COUNTS if name in told},
            instants={name: loose_instant(value) for name, value in told.items() if name.endswith("_at")},
        )
    ]


def _whole(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def metric_event(row: object, _: FollowedFields) -> list[MetricEvent]:
    """Return what one of Zendesk's own SLA clocks did; one that Zendesk took back is withdrawn."""
    read = payloads.MetricEvent.model_validate(row)
    applied = read.sla or read.group_sla
    policy = applied.get("policy")
    hours = applied.get("business_hours")
    return [
        MetricEvent(
            ticket_id=read.ticket_id,
            event_id=read.id,
            at=read.time,
            metric=read.metric,
            instance=read.instance_id,
            kind=read.type,
            target=target_seconds(applied),
            business_hours=hours if isinstance(hours, bool) else None,
            policy_id=plain_text(policy.get("id")) if isinstance(policy, dict) else None,
            withdrawn=read.deleted,
        )
    ]


def target_seconds(applied: Mapping[str, object]) -> int | None:
    """Return a target in seconds: `target` is in minutes by its description, in seconds in an example for groups.

    https://developer.zendesk.com/api-reference/ticketing/business-rules/group_sla_policies/
    """
    exact = _whole(applied.get("target_in_seconds"))
    minutes = _whole(applied.get("target"))
    return exact if exact is not None or minutes is None else minutes * 60


def sla_policy(row: object, _: FollowedFields) -> list[SlaPolicy]:
    """Return one of the account's SLA policies of either kind, every target in seconds."""
    read = payloads.SlaPolicy.model_validate(row)
    metrics = [{**metric, "target_in_seconds": target_seconds(metric)} for metric in read.policy_metrics]
    return [
        SlaPolicy(
            policy_id=read.id,
            title=read.title,
            position=read.position or 0,
            body={"filter": read.filter, "policy_metrics": metrics},
        )
    ]


def custom_status(row: object, _: FollowedFields) -> list[CustomStatus]:
    """Return a status the account defined, with the category Zendesk counts it to."""
    read = payloads.CustomStatus.model_validate(row)
    return [
        CustomStatus(custom_status_id=read.id, label=read.agent_label, status=read.status_category, active=read.active)
    ]


def week(intervals: list[payloads.Interval]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return seven lists of (opening, closing), Monday first; an interval belongs to the day on which it opens."""
    days: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for interval in sorted(intervals, key=lambda interval: interval.start_time):
        if interval.end_time <= interval.start_time:
            raise ValueError("an interval that closes before it opens")
        sunday_first, opening = divmod(interval.start_time, _DAY)
        days[(sunday_first - 1) % 7].append((opening, opening + interval.end_time - interval.start_time))
    return tuple(tuple(day) for day in days)


def plain_text(value: object) -> str | None:
    """Return a word or an id as text, None where there is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return clean(str(value)) or None


def numeric_id(text: str) -> int | str:
    """Return an id as Zendesk writes it in JSON."""
    return int(text) if text.isdecimal() else text


def ticket_update(change: Change, field_ids: Mapping[str, str], zone: ZoneInfo) -> dict[str, object]:
    """Return one ticket of an update_many batch: only the fields listed in it will change."""
    written = partial(moment_text, zone=zone)
    held = [
        {"id": numeric_id(field_ids[key]), "value": sent_value(kind(key), value, written)}
        for key, value in change.values.items()
    ]
    return {"id": numeric_id(change.target_id), "custom_fields": held}


def user_update(change: Change, field_keys: Mapping[str, str]) -> dict[str, object]:
    """Return one user of an update_many batch."""
    return {
        "id": numeric_id(change.target_id),
        "user_fields": {field_keys[key]: value for key, value in change.values.items()},
    }


def private_note(summary: SummaryTicket, author_id: str) -> dict[str, object]:
    """Return the comment that shows a summary; Zendesk expands {{placeholders}} in comments, so none may pass."""
    return {"author_id": numeric_id(author_id), "html_body": defanged(summary.html), "public": False}


def defanged(html: str) -> str:
    """Return `html` without anything Zendesk would expand as a placeholder."""
    return html.replace("{{", "{&#8203;{").replace("{%", "{&#8203;%")


def summary_import(summary: SummaryTicket, own_id: str, group_id: str | None) -> dict[str, object]:
    """Return a summary ticket as an import: no trigger runs and nobody is notified.

    It is open, so that it stands in its reader's list until read; a solved one would be closed by the usual
    automation after four days, while a provisional summary still has to be brought up to date.
    """
    content = {
        "external_id": summary.external_id,
        "subject": summary.subject,
        "comments": [private_note(summary, own_id)],
        "tags": list(summary.tags),
        "requester_id": numeric_id(own_id),
        "status": "open",
    }
    places = {"assignee_id": summary.assignee_id, "group_id": group_id}
    return {**content, **{key: numeric_id(place) for key, place in places.items() if place is not None}}
