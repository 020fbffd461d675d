"""The account's records as Freshdesk writes them."""

from datetime import UTC, datetime

from connectors.sandbox.freshdesk.records import (
    Calendar,
    Conversation,
    Group,
    Person,
    Rating,
    SlaPolicy,
    Ticket,
    TicketField,
)
from connectors.sandbox.world.verbs import Row

STATS = (
    "agent_responded_at", "requester_responded_at", "first_responded_at", "status_updated_at", "reopened_at",
    "resolved_at", "closed_at", "pending_since",
)  # fmt: skip
LABELS = {
    2: ["Open", "Being Processed"], 3: ["Pending", "Awaiting your Reply"],
    4: ["Resolved", "This ticket has been Resolved"],
    5: ["Closed", "This ticket has been Closed"], 6: ["Waiting on Customer", "Awaiting your Reply"],
    7: ["Waiting on Third Party", "Being Processed"], 8: ["Chờ nhà cung cấp", "Being Processed"],
}  # fmt: skip


def iso(at: int | None) -> str | None:
    """Return an instant as Freshdesk writes it."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket_row(ticket: Ticket, *, stats: bool = False, alone: bool = False) -> Row:
    """Return a ticket; alone it also tells its words, and whether it was deleted."""
    row: Row = {
        "cc_emails": None, "fwd_emails": [], "reply_cc_emails": [], "ticket_cc_emails": [], "fr_escalated": False,
        "spam": ticket.spam, "email_config_id": None, "group_id": ticket.group_id, "priority": ticket.priority,
        "requester_id": ticket.requester_id, "responder_id": ticket.responder_id, "source": ticket.source,
        "company_id": ticket.company_id, "status": ticket.status, "subject": ticket.subject, "association_type": None,
        "support_email": None, "to_emails": None, "product_id": ticket.product_id, "id": ticket.id, "type": ticket.type,
        "due_by": iso(ticket.created_at + 86_400), "fr_due_by": iso(ticket.created_at + 28_800),
        "is_escalated": ticket.escalated, "custom_fields": dict(ticket.fields), "created_at": iso(ticket.created_at),
        "updated_at": iso(ticket.updated_at), "associated_tickets_count": None, "tags": list(ticket.tags),
        "nr_due_by": None, "nr_escalated": False,
    }  # fmt: skip
    if stats:
        row["stats"] = {name: iso(ticket.stats.get(name)) for name in STATS}
    if alone:
        row |= {"description": ticket.description, "description_text": ticket.description}
        if ticket.deleted:
            row["deleted"] = True
    return row


def conversation_row(said: Conversation) -> Row:
    """Return a reply or a note."""
    return {
        "body": f"<div>{said.body}</div>", "body_text": said.body, "id": said.id, "incoming": said.incoming,
        "private": said.private, "user_id": said.user_id, "support_email": None, "source": said.source, "category": 3,
        "to_emails": [], "from_email": None, "cc_emails": [], "bcc_emails": [], "created_at": iso(said.at),
        "updated_at": iso(said.at), "last_edited_at": None, "last_edited_user_id": None, "attachments": [],
        "automation_id": said.automation_id, "automation_type_id": None, "auto_response": False,
        "ticket_id": said.ticket_id, "source_additional_info": None,
    }  # fmt: skip


def agent_row(person: Person, *, alone: bool = False) -> Row:
    """Return an agent; alone it also tells its groups."""
    row: Row = {
        "available": False, "occasional": False, "id": person.id, "ticket_scope": person.ticket_scope,
        "created_at": iso(person.created_at), "updated_at": iso(person.created_at), "type": "support_agent",
        "contact": {
            "active": True, "email": person.email, "job_title": None, "language": "vi", "mobile": None,
            "name": person.name, "phone": None, "time_zone": "Hanoi", "created_at": iso(person.created_at),
            "updated_at": iso(person.created_at),
        },
        "signature": None,
    }  # fmt: skip
    return row | ({"group_ids": person.group_ids, "role_ids": [], "skill_ids": []} if alone else {})


def group_row(group: Group, calendar: int, agents: list[int] | None = None) -> Row:
    """Return a group; alone it also tells its agents."""
    row: Row = {
        "id": group.id, "name": group.name, "description": None, "escalate_to": None, "unassigned_for": None,
        "business_hour_id": calendar, "group_type": "support_agent_group", "auto_ticket_assign": 0,
        "created_at": iso(group.created_at), "updated_at": iso(group.created_at),
    }  # fmt: skip
    return row | ({} if agents is None else {"agent_ids": agents})


def calendar_row(calendar: Calendar) -> Row:
    """Return business hours."""
    return {
        "id": calendar.id, "name": calendar.name, "description": None, "is_default": calendar.is_default,
        "time_zone": calendar.time_zone,
        "business_hours": {day: {"start_time": start, "end_time": end} for day, (start, end) in calendar.hours.items()},
        "created_at": iso(calendar.created_at), "updated_at": iso(calendar.created_at),
    }  # fmt: skip


def policy_row(policy: SlaPolicy) -> Row:
    """Return an SLA policy."""
    return {"id": policy.id, **policy.body}


def rating_row(rating: Rating) -> Row:
    """Return a survey's answer; further questions are numbered."""
    return {
        "id": rating.id, "survey_id": 1, "user_id": rating.user_id, "agent_id": rating.agent_id,
        "feedback": rating.feedback, "group_id": rating.group_id, "ticket_id": rating.ticket_id,
        "ratings": {"default_question": rating.verdict, "question_2": -rating.verdict},
        "created_at": iso(rating.created_at), "updated_at": iso(rating.updated_at),
    }  # fmt: skip


def field_row(field: TicketField) -> Row:
    """Return a ticket field; the status field lists the account's statuses."""
    choices: object = {str(number): labels for number, labels in LABELS.items()}
    return {
        "id": field.id, "name": field.name, "label": field.label, "label_for_customers": field.label_for_customers,
        "type": field.type, "default": field.default, "required_for_closure": field.required_for_closure,
        "choices": choices if field.type == "default_status" else list(field.choices),
    }  # fmt: skip
