"""Ticket fields and user fields: listing, creating, changing."""

import re
from collections.abc import Callable

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import PAGING, Call, Route, not_found, paged, record_invalid
from connectors.sandbox.zendesk.records import CustomField
from connectors.sandbox.zendesk.rows import API, ticket_field_row, user_field_row

TICKET_FIELD_TYPES = frozenset(
    {"text", "textarea", "checkbox", "date", "integer", "decimal", "regexp", "tagger", "multiselect", "lookup",
     "partialcreditcard"}
)  # fmt: skip
USER_FIELD_TYPES = frozenset(
    {"checkbox", "date", "decimal", "dropdown", "integer", "lookup", "multiselect", "regexp", "text", "textarea"}
)
KEY = re.compile(r"(?=.*[A-Za-z_])\w+", re.ASCII)
EDITABLE = ("title", "description", "active")


def ticket_fields(call: Call) -> Response:
    """Answer all ticket fields, the inactive ones too."""
    return paged(call, "ticket_fields", list(call.state.ticket_fields.items()), ticket_field_row)


def user_fields(call: Call) -> Response:
    """Answer all user fields."""
    return paged(call, "user_fields", list(call.state.user_fields.items()), user_field_row)


def create_ticket_field(call: Call) -> Response:
    """Create a ticket field; a second one of the same title is a twin."""
    wanted = call.body("ticket_field")
    kind, title = _kind(wanted, TICKET_FIELD_TYPES), _title(wanted)
    made = call.state.add_ticket_field(kind, title, str(wanted.get("description") or ""))
    made.options = _options(wanted)
    return _created("ticket_field", made, ticket_field_row)


def create_user_field(call: Call) -> Response:
    """Create a user field under a key of its own."""
    wanted = call.body("user_field")
    key = str(wanted.get("key") or "")
    if not KEY.fullmatch(key):
        raise record_invalid("key", "Key: must consist of letters, digits and underscores, not only digits")
    if any(known.key == key for known in call.state.user_fields.values()):
        raise record_invalid("key", f"Key: {key} has already been taken")
    kind, title = _kind(wanted, USER_FIELD_TYPES), _title(wanted)
    made = call.state.add_user_field(key, kind, title, str(wanted.get("description") or ""))
    return _created("user_field", made, user_field_row)


def _kind(wanted: Row, known: frozenset[str]) -> str:
    kind = str(wanted.get("type") or "")
    if kind not in known:
        raise record_invalid("type", f"Type: {kind} is not a field type")
    return kind


def _title(wanted: Row) -> str:
    title = wanted.get("title")
    if not isinstance(title, str) or not title.strip():
        raise record_invalid("title", "Title: cannot be blank")
    return title


def _options(wanted: Row) -> tuple[str, ...]:
    options = wanted.get("custom_field_options")
    return tuple(str(option["value"]) for option in options) if isinstance(options, list) else ()


def _created(key: str, made: CustomField, row: Callable[[CustomField], Row]) -> Response:
    return answer({key: row(made)}, 201, {"Location": f"{API}/{key}s/{made.id}.json"})


def ticket_field(call: Call) -> Response:
    """Answer one ticket field."""
    return answer({"ticket_field": ticket_field_row(_known(call))})


def update_ticket_field(call: Call) -> Response:
    """Change a ticket field's title, description or activity; its type never changes."""
    known, wanted = _known(call), call.body("ticket_field")
    if wanted.get("type", known.type) != known.type:
        raise record_invalid("type", "Type: cannot be changed")
    for name in EDITABLE:
        setattr(known, name, wanted.get(name, getattr(known, name)))
    known.updated_at = call.state.world.second
    return answer({"ticket_field": ticket_field_row(known)})


def delete_ticket_field(call: Call) -> Response:
    """Delete a ticket field: its values go with it, and every form forgets it."""
    known = _known(call)
    if not known.removable:
        raise record_invalid("base", f"{known.title}: is a system field and cannot be deleted")
    del call.state.ticket_fields[known.id]
    call.service.workspace.forget_field(known.id)
    for ticket in call.state.tickets.values():
        ticket.fields.pop(known.id, None)
    return Response("", 204)


def delete_user_field(call: Call) -> Response:
    """Delete a user field, named by its id or its key."""
    name = call.words["field_name"]
    known = next((each for each in call.state.user_fields.values() if name in (str(each.id), each.key)), None)
    if known is None:
        raise not_found()
    del call.state.user_fields[known.id]
    for user in call.state.users.values():
        user.user_fields.pop(str(known.key), None)
    return Response("", 204)


def _known(call: Call) -> CustomField:
    known = call.state.ticket_fields.get(call.numbers["field_id"])
    if known is None:
        raise not_found()
    return known


ROUTES = (
    Route("GET", "/api/v2/ticket_fields", ticket_fields, PAGING, quotas=("ticket-fields",)),
    Route("POST", "/api/v2/ticket_fields", create_ticket_field, admin=True),
    Route("GET", "/api/v2/ticket_fields/<int:field_id>", ticket_field),
    Route("PUT", "/api/v2/ticket_fields/<int:field_id>", update_ticket_field, admin=True),
    Route("DELETE", "/api/v2/ticket_fields/<int:field_id>", delete_ticket_field, admin=True),
    Route("DELETE", "/api/v2/user_fields/<field_name>", delete_user_field, admin=True, scope="users"),
    Route("GET", "/api/v2/user_fields", user_fields, PAGING, scope="users"),
    Route("POST", "/api/v2/user_fields", create_user_field, admin=True, scope="users"),
)
