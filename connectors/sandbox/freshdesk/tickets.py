"""Tickets: listing, showing, creating and updating them, and what was said on them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from werkzeug.wrappers import Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.freshdesk.api import Call, Route, invalid, not_found, paged
from connectors.sandbox.freshdesk.records import CLOSED, RESOLVED, TICKET_TYPES, Ticket, TicketField
from connectors.sandbox.freshdesk.rows import LABELS, conversation_row, ticket_row
from connectors.sandbox.world.verbs import Comment, Opening, Row, Update

DAY = 86_400
UNASKED, ARCHIVED_AFTER = 30 * DAY, 120 * DAY
LAST_PAGE = 300
LISTING = frozenset(
    {"updated_since", "order_by", "order_type", "per_page", "page", "include", "filter", "requester_id", "email"}
)
INCLUDED = frozenset({"stats", "requester", "description"})
ALLOWED = {"Allow": "GET"}
EDITABLE = frozenset(
    {"subject", "description", "status", "priority", "source", "type", "group_id", "responder_id", "tags",
     "custom_fields", "requester_id", "email"}
)  # fmt: skip
LONGEST_TAG = 32


def tickets(call: Call) -> Response:
    """Answer tickets: without `updated_since` only those created within thirty days, newest first."""
    included = set((call.text("include") or "").split(",")) - {""}
    if included - INCLUDED:
        raise invalid("include", "It should be one of these values: 'requester,stats,description'")
    found = sorted(_chosen(call), key=_order(call.text("order_by") or "created_at"))
    if (call.text("order_type") or "desc") == "desc":
        found.reverse()
    return paged(call, found, lambda ticket: ticket_row(ticket, stats="stats" in included), LAST_PAGE)


def _order(name: str) -> Callable[[Ticket], tuple[int, int]]:
    if name not in ("created_at", "updated_at"):
        raise invalid("order_by", "It should be one of these values: 'due_by,created_at,updated_at,priority,status'")
    return lambda ticket: (getattr(ticket, name), ticket.id)


def _chosen(call: Call) -> Iterator[Ticket]:
    which, now, since = call.text("filter") or "usual", call.state.world.second, call.text("updated_since")
    updated_since = None if since is None else instant(since)
    requester = call.text("requester_id")
    for ticket in call.state.tickets.values():
        if ticket.scrubbed or _is_archived(ticket, now) or _kind(ticket) != which:
            continue
        fresh = ticket.created_at >= now - UNASKED if updated_since is None else ticket.updated_at >= updated_since
        if fresh and requester in (None, str(ticket.requester_id)):
            yield ticket


def _kind(ticket: Ticket) -> str:
    if ticket.deleted:
        return "deleted"
    return "spam" if ticket.spam else "usual"


def _is_archived(ticket: Ticket, now: int) -> bool:
    return ticket.status == CLOSED and now - ticket.updated_at >= ARCHIVED_AFTER


def instant(text: str) -> int:
    """Return an ISO time in epoch seconds; raises Refusal where it is none."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise invalid("updated_since", "It should be in the 'combined date and time ISO8601' format") from None


def _existing(call: Call) -> Ticket:
    ticket = call.state.tickets.get(call.numbers["ticket_id"])
    if ticket is None or ticket.scrubbed or _is_archived(ticket, call.state.world.second):
        raise not_found()
    return ticket


def _writable(call: Call) -> Ticket:
    ticket = _existing(call)
    if ticket.deleted or ticket.spam:
        raise Refusal(405, {"message": "PUT method is not allowed. It should be one of these method(s): GET"}, ALLOWED)
    return ticket


def one_ticket(call: Call) -> Response:
    """Answer one ticket, also a deleted one."""
    stats = "stats" in (call.text("include") or "")
    return answer(ticket_row(_existing(call), stats=stats, alone=True))


def said(call: Call) -> Response:
    """Answer what was said on a ticket, oldest first; its description is no part of it."""
    ticket = _existing(call)
    if ticket.deleted or ticket.spam:
        raise not_found()
    return paged(call, call.state.conversations[ticket.id], conversation_row)


def update_ticket(call: Call) -> Response:
    """Update a ticket: only the custom fields listed change, while tags replace all there are."""
    ticket, wanted = _writable(call), call.body()
    _check(call, wanted, ticket)
    for name, value in _fields(wanted).items():
        call.state.set_field(ticket, name, value)
    call.state.update(ticket.id, Update(author_id=call.person.id, changes=_changes(wanted)))
    return answer(ticket_row(ticket, alone=True))


def create_ticket(call: Call) -> Response:
    """Create a ticket; its requester is told of it, and there is nothing by which a repetition would be known."""
    wanted = call.body()
    requester = wanted.get("requester_id")
    if requester is None:
        raise invalid("requester_id", "One of requester_id, phone, email, twitter_id or facebook_id is mandatory")
    if requester not in call.state.persons:
        raise invalid("requester_id", "There is no contact matching the given requester_id")
    for name in ("subject", "description", "status", "priority", "source"):
        if wanted.get(name) in (None, ""):
            raise invalid(name, "It should be a/an String", "missing_field")
    _check(call, wanted, None)
    ticket = call.state.open(
        Opening(
            requester_id=int(str(requester)),
            author_id=int(str(requester)),
            subject=str(wanted["subject"]),
            comment=Comment(str(wanted["description"])),
            values=_changes({name: value for name, value in wanted.items() if name not in ("subject", "description")}),
            channel="api",
        ),
        next(call.state.api_ids),
    )
    for name, value in _fields(wanted).items():
        call.state.set_field(ticket, name, value)
    call.state.notifications.append((ticket.id, ticket.requester_id))
    location = f"https://sao-mai.freshdesk.com/api/v2/tickets/{ticket.id}"
    return answer(ticket_row(ticket, alone=True), 201, {"Location": location})


def create_note(call: Call) -> Response:
    """Add a note, private unless it says otherwise."""
    ticket, wanted = _writable(call), call.body()
    body = wanted.get("body")
    if not isinstance(body, str) or not body:
        raise invalid("body", "It should be a/an String", "missing_field")
    said = Comment(body, wanted.get("private", True) is not True)
    note = call.state.say(ticket, call.person.id, said, number=next(call.state.api_ids))
    return answer(conversation_row(note), 201)


def _fields(wanted: Row) -> dict[str, object]:
    given = wanted.get("custom_fields") or {}
    return {str(name): value for name, value in given.items()} if isinstance(given, dict) else {}


def _changes(wanted: Row) -> dict[str | int, object]:
    skipped = {"custom_fields", "source", "requester_id", "email", "description"}
    changes: dict[str | int, object] = {name: value for name, value in wanted.items() if name not in skipped}
    if "tags" in changes:
        changes["tags"] = tuple(str(tag) for tag in _listed(changes["tags"]))
    return changes


def _listed(value: object) -> list[object]:
    if not isinstance(value, list):
        raise invalid("tags", "It should be a/an Array", "datatype_mismatch")
    return value


def _check(call: Call, wanted: Row, ticket: Ticket | None) -> None:
    """Refuse what Freshdesk would: unknown keys and fields, wrong types, and required fields left empty."""
    _check_own(wanted)
    given = _fields(wanted)
    for name, value in given.items():
        known = call.state.fields.get(name)
        if known is None or known.default:
            raise invalid(name, "Unexpected/invalid field in request", "invalid_field")
        _check_value(known, value)
    status = wanted.get("status", ticket.status if ticket else None)
    held = {**(ticket.fields if ticket else {}), **given}
    for known in call.state.fields.values():
        if known.required_for_closure and status in (RESOLVED, CLOSED) and held.get(known.name) in (None, ""):
            raise invalid(known.name, "It should not be blank as this is a mandatory field", "missing_field")


def _check_own(wanted: Row) -> None:
    """Refuse what Freshdesk's own properties do not take."""
    for name in wanted:
        if name not in EDITABLE:
            raise invalid(name, "Unexpected/invalid field in request", "invalid_field")
    for name, allowed in (("status", LABELS), ("type", TICKET_TYPES)):
        if wanted.get(name) is not None and wanted[name] not in allowed:
            raise invalid(name, f"It should be one of these values: '{','.join(map(str, allowed))}'")
    for tag in _listed(wanted.get("tags", [])):
        if not isinstance(tag, str) or len(tag) > LONGEST_TAG:
            raise invalid("tags", "Has 33 characters, it can have maximum of 32 characters")


def _check_value(known: TicketField, value: object) -> None:
    if value is None:
        return
    kinds, told = TYPES.get(known.type, ((str,), "String"))
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise invalid(
            known.name, f"Value set is of type {type(value).__name__}.It should be a/an {told}", "datatype_mismatch"
        )
    if known.type == "custom_dropdown" and value not in known.choices:
        raise invalid(known.name, f"It should be one of these values: '{','.join(known.choices)}'")


TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "custom_number": ((int,), "Integer"),
    "custom_decimal": ((int, float), "Number"),
    "custom_checkbox": ((bool,), "Boolean"),
}

ONE = "/api/v2/tickets/<int:ticket_id>"
ROUTES = (
    Route("GET", "/api/v2/tickets", tickets, LISTING, quota="list"),
    Route("POST", "/api/v2/tickets", create_ticket, quota="create"),
    Route("GET", ONE, one_ticket, frozenset({"include"})),
    Route("PUT", ONE, update_ticket, quota="update"),
    Route("GET", f"{ONE}/conversations", said, frozenset({"per_page", "page"})),
    Route("POST", f"{ONE}/notes", create_note),
)
