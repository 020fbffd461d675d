"""The lists around the tickets: agents, groups, business hours, SLA policies, ratings and fields."""

import re
import unicodedata

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.freshdesk.api import Call, Route, invalid, not_found, paged
from connectors.sandbox.freshdesk.records import Person, TicketField
from connectors.sandbox.freshdesk.rows import agent_row, calendar_row, field_row, group_row, policy_row, rating_row
from connectors.sandbox.freshdesk.tickets import instant

PAGING = frozenset({"per_page", "page"})
KINDS = frozenset(
    {"custom_text", "custom_paragraph", "custom_number", "custom_decimal", "custom_date", "custom_checkbox",
     "custom_dropdown"}
)  # fmt: skip


def agents(call: Call) -> Response:
    """Answer the agents; one who was deleted is a contact now."""
    return paged(call, [each for each in call.state.persons.values() if each.is_agent], agent_row)


def me(call: Call) -> Response:
    """Answer who the key belongs to."""
    return answer(agent_row(call.person, alone=True))


def one_agent(call: Call) -> Response:
    """Answer one agent with his groups."""
    return answer(agent_row(_agent(call), alone=True))


def _agent(call: Call) -> Person:
    person = call.state.persons.get(call.numbers["agent_id"])
    if person is None or not person.is_agent:
        raise not_found()
    return person


def groups(call: Call) -> Response:
    """Answer the groups without their agents."""
    home = call.state.calendars[0].id
    return paged(call, list(call.state.groups.values()), lambda group: group_row(group, home))


def one_group(call: Call) -> Response:
    """Answer one group with its agents."""
    group = call.state.groups.get(call.numbers["group_id"])
    if group is None:
        raise not_found()
    members = [each.id for each in call.state.persons.values() if each.is_agent and group.id in each.group_ids]
    return answer(group_row(group, call.state.calendars[0].id, members))


def business_hours(call: Call) -> Response:
    """Answer the calendars; of holidays nothing tells."""
    return paged(call, call.state.calendars, calendar_row)


def sla_policies(call: Call) -> Response:
    """Answer the SLA policies."""
    return paged(call, call.state.policies, policy_row)


def ratings(call: Call) -> Response:
    """Answer the surveys' answers, newest first, by when they were first given."""
    since = call.text("created_since")
    earliest = instant(since) if since else 0
    found = [each for each in call.state.ratings.values() if each.created_at >= earliest]
    return paged(call, sorted(found, key=lambda each: -each.created_at), rating_row)


def surveys(call: Call) -> Response:
    """Answer the surveys with what they ask."""
    asked = {"default_question": "Bạn có hài lòng không?", "question_2": "Bạn có phải chờ lâu không?"}
    questions = [
        {"id": key, "label": label, "accepted_ratings": [103, 100, -103], "default": key == "default_question"}
        for key, label in asked.items()
    ]
    return paged(call, [{"id": 1, "title": "CSAT", "active": True, "questions": questions}], lambda survey: survey)


def ticket_fields(call: Call) -> Response:
    """Answer the ticket fields, of one type if it is named."""
    kind = call.text("type")
    return paged(call, [each for each in call.state.fields.values() if kind in (None, each.type)], field_row)


def all_fields(call: Call) -> Response:
    """Answer all ticket fields at once."""
    return answer([field_row(each) for each in call.state.fields.values()])


def create_field(call: Call) -> Response:
    """Make a ticket field under a name of Freshdesk's own, with a number behind it."""
    wanted = call.body()
    label, kind = str(wanted.get("label") or ""), str(wanted.get("type") or "")
    if kind not in KINDS:
        raise invalid("type", f"It should be one of these values: '{','.join(sorted(KINDS))}'")
    if any(each.label == label for each in call.state.fields.values()):
        raise invalid("label", "has already been taken", "duplicate_value")
    number = next(call.state.api_ids)
    made = TicketField(
        id=number, name=f"cf_{_plain(label)}_{number % 1_000_000}", label=label,
        label_for_customers=str(wanted.get("label_for_customers") or label), type=kind,
        required_for_closure=wanted.get("required_for_closure") is True,
    )  # fmt: skip
    call.state.fields[made.name] = made
    return answer(field_row(made), 201)


def _plain(label: str) -> str:
    letters = unicodedata.normalize("NFD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


def delete_field(call: Call) -> Response:
    """Delete a ticket field with all it holds."""
    known = next((each for each in call.state.fields.values() if each.id == call.numbers["field_id"]), None)
    if known is None:
        raise not_found()
    del call.state.fields[known.name]
    for ticket in call.state.tickets.values():
        ticket.fields.pop(known.name, None)
    return Response(status=204)


ROUTES = (
    Route("GET", "/api/v2/agents", agents, PAGING, admin=True),
    Route("GET", "/api/v2/agents/me", me),
    Route("GET", "/api/v2/agents/<int:agent_id>", one_agent, admin=True),
    Route("GET", "/api/v2/groups", groups, PAGING),
    Route("GET", "/api/v2/groups/<int:group_id>", one_group),
    Route("GET", "/api/v2/business_hours", business_hours, PAGING, admin=True),
    Route("GET", "/api/v2/sla_policies", sla_policies, PAGING, admin=True),
    Route(
        "GET", "/api/v2/surveys/satisfaction_ratings", ratings, PAGING | {"created_since", "user_id"},
        feature="satisfaction",
    ),
    Route("GET", "/api/v2/surveys", surveys, PAGING | {"state"}, feature="satisfaction"),
    Route("GET", "/api/v2/ticket_fields", ticket_fields, PAGING | {"type"}),
    Route("GET", "/api/v2/admin/ticket_fields", all_fields, PAGING, admin=True),
    Route("POST", "/api/v2/admin/ticket_fields", create_field, admin=True),
    Route("DELETE", "/api/v2/admin/ticket_fields/<int:field_id>", delete_field, admin=True),
)  # fmt: skip
