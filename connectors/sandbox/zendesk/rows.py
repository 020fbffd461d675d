"""The account's records as Zendesk writes them in JSON."""

from datetime import UTC, datetime
from functools import lru_cache

from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.records import (
    Audit,
    Child,
    CustomField,
    CustomStatus,
    Group,
    Job,
    Membership,
    Rating,
    Schedule,
    Ticket,
    User,
)
from connectors.sandbox.zendesk.state import State

HOST = "https://hotro.sao-mai.example"
"""The account's mapped host: the addresses in answers name it, not the host that was asked, as recorded."""

API = f"{HOST}/api/v2"
EVENT_CHANNELS = {"web": "Web form", "mail": "Mail", "api": "Web service", "rule": "Rule", "chat": "Chat",
                  "mobile": "Mobile", "voice": "Phone call", "merge": "Merge", "messaging": "Messaging",
                  "batch": "Batch"}  # fmt: skip


@lru_cache(maxsize=100_000)
def iso(at: int) -> str:
    """Return an instant as Zendesk writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket_row(state: State, ticket: Ticket, *, rated: bool = True) -> Row:
    """Return a ticket's full field set; `rated`: whether the account asks for satisfaction."""
    shown = [
        {"id": field.id, "value": ticket.fields.get(field.id)}
        for field in state.ticket_fields.values()
        if field.removable and field.active
    ]
    return {
        "url": f"{API}/tickets/{ticket.id}.json",
        "id": ticket.id,
        "external_id": ticket.external_id,
        "via": _via(ticket.channel),
        "created_at": iso(ticket.created_at),
        "updated_at": iso(ticket.updated_at),
        "type": ticket.type,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.description,
        "priority": ticket.priority,
        "status": ticket.status,
        "recipient": None,
        "requester_id": ticket.requester_id,
        "submitter_id": ticket.submitter_id,
        "assignee_id": ticket.assignee_id,
        "organization_id": None,
        "group_id": ticket.group_id,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": ticket.is_public,
        "due_at": None,
        "tags": list(ticket.tags),
        "custom_fields": shown,
        "satisfaction_rating": _rating_on_ticket(state, ticket) if rated else None,
        "sharing_agreement_ids": [],
        "custom_status_id": ticket.custom_status_id,
        "fields": shown,
        "followup_ids": [],
        "ticket_form_id": ticket.ticket_form_id,
        "brand_id": ticket.brand_id,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": ticket.channel == "messaging",
        "support_type": ticket.support_type,
    }


def _via(channel: str) -> Row:
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}


def _rating_on_ticket(state: State, ticket: Ticket) -> Row:
    if ticket.rating_id is None:
        return {"score": "unoffered"}
    rating = state.ratings[ticket.rating_id]
    if rating.score not in {"good", "bad"}:
        return {"score": rating.score}
    return {"score": rating.score, "id": rating.id, "comment": rating.comment or "", "reason": rating.reason}


def event_row(state: State, audit: Audit, *, comments: bool) -> Row:
    """Return an audit as the ticket event export shows it; `comments`: with what was said and by whom."""
    via: object = EVENT_CHANNELS.get(audit.channel, audit.channel)
    if audit.source is not None:
        via = {"channel": audit.channel, "source": audit.source}
    return {
        "id": audit.id,
        "ticket_id": audit.ticket_id,
        "timestamp": audit.at,
        "created_at": iso(audit.at),
        "updater_id": audit.author_id,
        "via": via,
        "system": {"client": "sandbox", "ip_address": "127.0.0.1"},
        "metadata": audit.metadata or {},
        "event_type": "Audit",
        "child_events": [_child_row(state, audit, place, comments=comments) for place in range(len(audit.children))],
    }


def _child_row(state: State, audit: Audit, place: int, *, comments: bool) -> Row:
    child = audit.children[place]
    row: Row = {
        "id": audit.id + place + 1,
        "via": EVENT_CHANNELS.get(audit.channel, audit.channel) if child.rule_id is None else "Rule",
        "via_reference_id": child.rule_id,
        "event_type": child.kind,
    }
    if child.kind == "Comment":
        return row | _comment_part(state, audit, child, row["id"], comments=comments)
    if child.kind == "SatisfactionRating":
        return row | {"score": child.value, "assignee_id": child.author_id, "body": None}
    row |= _property_part(child)
    if child.kind == "Change":
        row["previous_value"] = _as_text(child.previous)
    return row


def _comment_part(state: State, audit: Audit, child: Child, comment_id: object, *, comments: bool) -> Row:
    if not comments:
        return {"comment_present": True, "comment_public": child.public}
    body = state.bodies.get(comment_id, "") if isinstance(comment_id, int) else ""
    return {
        "type": "Comment",
        "author_id": child.author_id,
        "body": body,
        "html_body": body,
        "public": child.public,
        "attachments": [],
        "audit_id": audit.id,
        "created_at": iso(audit.at),
    }


def comment_row(child: Child, body: str) -> Row:
    """Return what was said on a ticket, as its list of comments shows it."""
    return {
        "type": "Comment",
        "author_id": child.author_id,
        "body": body,
        "html_body": body,
        "plain_body": body,
        "public": child.public,
        "attachments": [],
    }


def _property_part(child: Child) -> Row:
    if isinstance(child.name, int):
        return {"custom_ticket_fields": {str(child.name): _as_text(child.value)}}
    return {str(child.name): _as_text(child.value)}


def _as_text(value: object) -> object:
    """Return a value as histories carry it: ids are text, tags a list."""
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def audit_row(state: State, audit: Audit) -> Row:
    """Return an audit as a ticket's update answers it."""
    events: list[Row] = []
    for place, child in enumerate(audit.children, start=1):
        event: Row = {"id": audit.id + place, "type": child.kind}
        if child.kind == "Comment":
            body = state.bodies[audit.id + place]
            event |= {"author_id": child.author_id, "body": body, "public": child.public, "audit_id": audit.id}
        else:
            event |= {"field_name": str(child.name), "value": _as_text(child.value)}
        if child.kind == "Change":
            event["previous_value"] = _as_text(child.previous)
        if child.rule_id is not None:
            event["via"] = {"channel": "rule", "source": {"from": {"id": child.rule_id}, "rel": "trigger", "to": {}}}
        events.append(event)
    return {
        "id": audit.id,
        "ticket_id": audit.ticket_id,
        "created_at": iso(audit.at),
        "author_id": audit.author_id,
        "metadata": {"system": {}, "custom": audit.metadata or {}},
        "events": events,
        "via": _via(audit.channel),
    }


def user_row(user: User) -> Row:
    """Return a user."""
    return {
        "id": user.id,
        "url": f"{API}/users/{user.id}.json",
        "name": user.name,
        "email": user.email,
        "created_at": iso(user.created_at),
        "updated_at": iso(user.updated_at),
        "time_zone": user.iana_time_zone,
        "iana_time_zone": user.iana_time_zone,
        "phone": None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": user.locale,
        "organization_id": None,
        "role": user.role,
        "verified": True,
        "external_id": None,
        "tags": list(user.tags),
        "alias": None,
        "active": user.active,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": None,
        "signature": None,
        "details": None,
        "notes": None,
        "role_type": None,
        "custom_role_id": None,
        "moderator": user.role == "admin",
        "ticket_restriction": user.ticket_restriction,
        "only_private_comments": False,
        "restricted_agent": user.ticket_restriction is not None,
        "suspended": user.suspended,
        "default_group_id": user.default_group_id,
        "report_csv": False,
        "user_fields": dict(user.user_fields),
    }


def group_row(group: Group) -> Row:
    """Return a group."""
    return {
        "url": f"{API}/groups/{group.id}.json",
        "id": group.id,
        "is_public": group.is_public,
        "name": group.name,
        "description": "",
        "default": group.default,
        "deleted": group.deleted,
        "created_at": iso(group.created_at),
        "updated_at": iso(group.created_at),
    }


def membership_row(membership: Membership) -> Row:
    """Return a group membership."""
    return {
        "url": f"{API}/group_memberships/{membership.id}.json",
        "id": membership.id,
        "user_id": membership.user_id,
        "group_id": membership.group_id,
        "default": membership.default,
        "created_at": iso(membership.created_at),
        "updated_at": iso(membership.created_at),
    }


def schedule_row(schedule: Schedule) -> Row:
    """Return a schedule, without its holidays."""
    return {
        "id": schedule.id,
        "name": schedule.name,
        "time_zone": schedule.time_zone,
        "intervals": [{"start_time": start, "end_time": end} for start, end in schedule.intervals],
        "created_at": iso(schedule.created_at),
        "updated_at": iso(schedule.created_at),
    }


def holiday_rows(schedule: Schedule) -> list[Row]:
    """Return a schedule's holidays."""
    return [
        {"id": holiday_id, "name": name, "start_date": first, "end_date": last}
        for holiday_id, name, first, last in schedule.holidays
    ]


def rating_row(rating: Rating) -> Row:
    """Return a satisfaction rating."""
    return {
        "url": f"{API}/satisfaction_ratings/{rating.id}.json",
        "id": rating.id,
        "assignee_id": rating.assignee_id,
        "group_id": rating.group_id,
        "requester_id": rating.requester_id,
        "ticket_id": rating.ticket_id,
        "score": rating.score,
        "comment": rating.comment,
        "reason": rating.reason,
        "created_at": iso(rating.created_at),
        "updated_at": iso(rating.updated_at),
    }


def ticket_field_row(field: CustomField) -> Row:
    """Return a ticket field."""
    row = _field_row(field, "ticket_fields") | {
        "title_in_portal": field.title,
        "raw_title_in_portal": field.title,
        "visible_in_portal": False,
        "editable_in_portal": False,
        "required_in_portal": False,
        "required": False,
        "collapsed_for_agents": False,
        "agent_description": None,
        "tag": None,
        "removable": field.removable,
        "key": None,
    }
    if field.type in {"tagger", "multiselect"}:
        row["custom_field_options"] = [
            {"id": field.id + place, "name": option, "raw_name": option, "value": option, "default": False}
            for place, option in enumerate(field.options, start=1)
        ]
    return row


def user_field_row(field: CustomField) -> Row:
    """Return a user field."""
    return _field_row(field, "user_fields") | {"key": field.key, "system": False}


def _field_row(field: CustomField, folder: str) -> Row:
    return {
        "url": f"{API}/{folder}/{field.id}.json",
        "id": field.id,
        "type": field.type,
        "title": field.title,
        "raw_title": field.title,
        "description": field.description,
        "raw_description": field.description,
        "position": 9999,
        "active": field.active,
        "regexp_for_validation": None,
        "created_at": iso(field.created_at),
        "updated_at": iso(field.updated_at),
    }


def status_row(status: CustomStatus, at: int) -> Row:
    """Return a custom status."""
    return {
        "url": f"{API}/custom_statuses/{status.id}.json",
        "id": status.id,
        "status_category": status.category,
        "agent_label": status.agent_label,
        "end_user_label": status.agent_label,
        "description": "",
        "end_user_description": "",
        "active": True,
        "default": status.default,
        "created_at": iso(at),
        "updated_at": iso(at),
    }


def job_row(job: Job) -> Row:
    """Return a job as it stands."""
    completed = job.status == "completed"
    row: Row = {
        "id": job.id,
        "job_type": job.kind,
        "url": f"{API}/job_statuses/{job.id}.json",
        "total": job.total,
        "progress": {"working": job.total // 2, "completed": job.total}.get(job.status),
        "status": job.status,
        "message": None,
        "results": job.results,
    }
    if job.status == "working":
        row["message"] = f"Updating #{job.total // 2}"
    if completed and job.completed_at is not None:
        row["message"] = f"Completed at {datetime.fromtimestamp(job.completed_at, UTC):%Y-%m-%d %H:%M:%S +0000}"
    return row
