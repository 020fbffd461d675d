"""Single tickets: showing, updating, creating, importing."""

from collections.abc import Iterator

from werkzeug.wrappers import Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.world.verbs import Comment, Opening, Row, RuleChanges, Update
from connectors.sandbox.zendesk.account import DAY, ROUTING_TRIGGER
from connectors.sandbox.zendesk.call import PAGING, Call, Route, invalid, paged, record_invalid, warning
from connectors.sandbox.zendesk.records import Ticket
from connectors.sandbox.zendesk.rows import API, audit_row, comment_row, ticket_row
from connectors.sandbox.zendesk.service import Creation
from connectors.sandbox.zendesk.writes import Edit, check_stamp, comment, edit, existing, instant, writable

ARCHIVED_AFTER = 120 * DAY
LONGEST_KEY = 255


def tickets(call: Call) -> Response:
    """Answer the tickets that are neither archived nor deleted, those of one external id if it is named."""
    external_id = call.text("external_id")
    state = call.state
    ids = list(state.tickets) if external_id is None else state.by_external_id.get(external_id, [])
    rows = [(ticket_id, state.tickets[ticket_id]) for ticket_id in ids if _listed(call, state.tickets[ticket_id])]
    return paged(call, "tickets", rows, lambda ticket: _row(call, ticket))


def _listed(call: Call, ticket: Ticket) -> bool:
    old = ticket.closed_at is not None and call.state.world.second - ticket.closed_at >= ARCHIVED_AFTER
    return ticket.status != "deleted" and not (ticket.archived or old)


def _row(call: Call, ticket: Ticket) -> Row:
    return ticket_row(call.state, ticket, rated="satisfaction" in call.features)


def some_tickets(call: Call) -> Response:
    """Answer the named tickets that exist."""
    found = [call.state.tickets[ticket_id] for ticket_id in call.ids() if ticket_id in call.state.tickets]
    rows = [_row(call, ticket) for ticket in found if ticket.status != "deleted"]
    return answer({"tickets": rows, "count": len(rows), "next_page": None, "previous_page": None})


def one_ticket(call: Call) -> Response:
    """Answer one ticket."""
    return answer({"ticket": _row(call, existing(call.state, call.numbers["ticket_id"]))})


def update_ticket(call: Call) -> Response:
    """Update one ticket and answer it with its new audit; keys it does not know are left out with a warning."""
    wanted, ticket = call.body("ticket"), writable(call.state, call.numbers["ticket_id"])
    check_stamp(ticket, wanted)
    wish = edit(call.state, wanted, ticket)
    audit = call.state.update(ticket.id, wish.update(call.author_id))
    _notify(call, ticket, wish.comment)
    body = {"ticket": _row(call, ticket), "audit": audit_row(call.state, audit)}
    return answer(body, headers=warning("tickets/update", wish.unknown))


def _notify(call: Call, ticket: Ticket, said: Comment | None) -> None:
    """Let the notification trigger tell a customer about a public comment."""
    if said is not None and said.public and call.state.users[ticket.requester_id].role == "end-user":
        call.state.notifications.append((ticket.id, ticket.requester_id))


def create_ticket(call: Call) -> Response:
    """Create a ticket, once per idempotency key within two hours; triggers run."""
    key = call.request.headers.get("Idempotency-Key")
    if key is None:
        return _created(call, _new_ticket(call))
    if len(key) > LONGEST_KEY:
        raise Refusal(400, {"error": "IdempotentRequestError", "description": "The key is longer than 255 characters"})
    known = call.service.creation(key)
    if known is not None:
        return _repeated(call, known)
    ticket = _new_ticket(call)
    call.service.creations[key] = Creation(call.state.world.now, call.request.get_data(), ticket.id)
    return _created(call, ticket, {"x-idempotency-lookup": "miss"})


def _repeated(call: Call, known: Creation) -> Response:
    if known.body != call.request.get_data():
        text = "Request parameters do not match the request made with the same idempotency key"
        raise Refusal(400, {"error": "IdempotentRequestError", "description": text})
    return _created(call, call.state.tickets[known.ticket_id], {"x-idempotency-lookup": "hit"})


def _new_ticket(call: Call) -> Ticket:
    wanted = call.body("ticket")
    wish = edit(call.state, wanted, None)
    first = wish.comment or comment({"body": wanted.get("description")} if wanted.get("description") else None)
    if first is None:
        raise record_invalid("base", "Description: cannot be blank")
    routing = RuleChanges(rule_id=ROUTING_TRIGGER, changes={"group_id": call.state.account.group_ids[0]})
    rules = () if wish.changes.get("group_id") else (routing,)
    ticket = call.state.open(_opening(call, wish, first, rules))
    _notify(call, ticket, first)
    return ticket


def _opening(call: Call, wish: Edit, first: Comment, rules: tuple[RuleChanges, ...] = ()) -> Opening:
    requester = wish.changes.pop("requester_id", None)
    return Opening(
        requester_id=requester if isinstance(requester, int) else call.author_id,
        author_id=call.author_id,
        subject=str(wish.changes.pop("subject", None) or first.body[:80]),
        comment=first,
        values=wish.changes,
        rules=rules,
        channel="api",
    )


def _created(call: Call, ticket: Ticket, headers: dict[str, str] | None = None) -> Response:
    first = next(audit for audit in call.state.audits_of(ticket.id))
    body = {"ticket": _row(call, ticket), "audit": audit_row(call.state, first)}
    return answer(body, 201, {"Location": f"{API}/tickets/{ticket.id}.json", **(headers or {})})


def import_ticket(call: Call) -> Response:
    """Import a ticket with its own times: no triggers run, nobody is notified."""
    wanted = dict(call.body("ticket"))
    times = {name: instant(wanted.pop(name, None)) for name in ("created_at", "updated_at", "solved_at")}
    said = list(_comments(wanted.pop("comments", None)))
    wish = edit(call.state, wanted, None)
    if wish.comment is not None:
        said.insert(0, wish.comment)
    if not said:
        said = [Comment(str(wanted.get("description") or ""))]
    ticket = call.state.open(_opening(call, wish, said[0]))
    for later in said[1:]:
        call.state.update(ticket.id, Update(author_id=call.author_id, comment=later, channel="api"))
    for name, at in times.items():
        setattr(ticket, name, getattr(ticket, name) if at is None else at)
    ticket.archived = call.text("archive_immediately") == "true" and ticket.status == "closed"
    headers = {"Location": f"{API}/tickets/{ticket.id}.json"} | warning("imports/ticket", wish.unknown)
    return answer({"ticket": _row(call, ticket)}, 201, headers)


def _comments(given: object) -> Iterator[Comment]:
    for entry in given if isinstance(given, list) else []:
        said = comment(entry)
        if said is None:
            raise invalid("comments must be objects")
        yield said


def ticket_comments(call: Call) -> Response:
    """Answer what was said on a ticket, oldest first."""
    ticket = existing(call.state, call.numbers["ticket_id"])
    said = list(enumerate(call.state.comments_of(ticket.id)))
    return paged(call, "comments", said, lambda each: comment_row(*each))


ROUTES = (
    Route("GET", "/api/v2/tickets", tickets, PAGING | {"external_id"}, quotas=("tickets-index",)),
    Route("GET", "/api/v2/tickets/show_many", some_tickets, frozenset({"ids"})),
    Route("GET", "/api/v2/tickets/<int:ticket_id>", one_ticket),
    Route("GET", "/api/v2/tickets/<int:ticket_id>/comments", ticket_comments, PAGING),
    Route("PUT", "/api/v2/tickets/<int:ticket_id>", update_ticket, quotas=("tickets-update", "ticket-update")),
    Route("POST", "/api/v2/tickets", create_ticket),
    Route("POST", "/api/v2/imports/tickets", import_ticket, frozenset({"archive_immediately"}), admin=True),
)
