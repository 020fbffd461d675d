"""The incremental exports: tickets by cursor, ticket events by time."""

from werkzeug.wrappers import Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import Call, Route, decoded, encoded, invalid
from connectors.sandbox.zendesk.metrics import metric_set_row
from connectors.sandbox.zendesk.records import Audit
from connectors.sandbox.zendesk.rows import API, event_row, ticket_row
from connectors.sandbox.zendesk.surveys import shown_on_ticket

MOST = 1000
HELD_BACK = 60  # seconds of the newest data that exports keep to themselves
SCOPES = {"all": frozenset({"agent", "ai_agent"}), "agent": frozenset({"agent"}), "ai_agent": frozenset({"ai_agent"})}


def tickets(call: Call) -> Response:
    """Answer a page of tickets in the order (generated_timestamp, id)."""
    key = _position(call)
    if call.text("support_type_scope") is not None and "ai_agents" not in call.features:
        raise invalid("unknown parameter: support_type_scope")
    if call.text("include") not in (None, "metric_sets"):
        raise invalid("include is unknown")
    size = min(call.number("per_page") or MOST, MOST)
    ids, at_end = call.state.order.after(key, allowed_until(call), size)
    rows = [_exported(call, ticket_id) for ticket_id in ids if _wanted(call, ticket_id)]
    if ids:
        key = (call.state.tickets[ids[-1]].generated_at, ids[-1])
    cursor = encoded(f"{key[0]}.0||{key[1]}|")
    page: Row = {
        "tickets": rows,
        "after_url": f"{API}/incremental/tickets/cursor.json?cursor={cursor}",
        "after_cursor": cursor,
        "before_url": None,
        "before_cursor": None,
        "end_of_stream": at_end,
    }
    if call.text("include") is not None:
        page["metric_sets"] = [metric_set_row(call.state, call.state.tickets[int(str(row["id"]))]) for row in rows]
    return answer(page)


def _position(call: Call) -> tuple[int, int]:
    cursor = call.text("cursor")
    if cursor is None:
        return start_time(call), -1
    generated, _, rest = decoded(cursor, "cursor").partition(".0||")
    ticket_id = rest.rstrip("|")
    if not (generated.isdecimal() and ticket_id.lstrip("-").isdecimal()):
        raise invalid("cursor is no valid cursor")
    return int(generated), int(ticket_id)


def start_time(call: Call) -> int:
    """Return where an export is asked to begin; raises Refusal for a time that is missing or too recent."""
    wanted = call.number("start_time")
    if wanted is None:
        raise invalid("start_time is missing")
    if wanted > allowed_until(call):
        text = "Too recent start_time. Use a start_time older than 60 seconds"
        raise Refusal(422, {"error": "StartTimeTooRecent", "description": text})
    return wanted


def allowed_until(call: Call) -> int:
    """Return the newest second that exports tell."""
    return call.state.world.second - HELD_BACK


def _wanted(call: Call, ticket_id: int) -> bool:
    ticket = call.state.tickets[ticket_id]
    scope = call.text("support_type_scope") or "agent"
    if scope not in SCOPES:
        raise invalid("support_type_scope must be all, agent or ai_agent")
    hidden = call.text("exclude_deleted") == "true" and ticket.status == "deleted"
    return ticket.support_type in SCOPES[scope] and not hidden


def _exported(call: Call, ticket_id: int) -> Row:
    ticket = call.state.tickets[ticket_id]
    row = ticket_row(call.state, ticket, rated="satisfaction" in call.features)
    row["generated_timestamp"] = ticket.generated_at
    if "surveys" in call.features:
        row["satisfaction_rating"] = shown_on_ticket(call.state, ticket.id)
    return row


def ticket_events(call: Call) -> Response:
    """Answer a time-based page of audits, with the ends of pages as they were recorded."""
    if call.text("include") not in (None, "comment_events"):
        raise invalid("include must be comment_events")
    audits, end_time, at_end = _stretch(call, start_time(call))
    comments = call.text("include") is not None
    onward = f"{API}/incremental/ticket_events.json?start_time={end_time}"
    page = {
        "ticket_events": [event_row(call.state, audit, comments=comments) for audit in audits],
        "count": len(audits),
        "end_time": end_time,
        "end_of_stream": at_end,
        "next_page": onward + ("&include=comment_events" if comments else ""),
    }
    return answer(page)


def _stretch(call: Call, since: int) -> tuple[list[Audit], int, bool]:
    """Return a page's audits, its end_time and whether it is the last one.

    A page that lies in one second takes that second whole and ends one later; a page over several seconds, and the
    last page, end at their last row's second, so that the next one repeats it.
    """
    state = call.state
    first, end = state.audits_from(since), state.audits_from(allowed_until(call) + 1)
    stop = min(first + MOST, end)
    if stop <= first:
        return [], since, True
    last_second = state.audits[stop - 1].at
    if stop < end and state.audits[first].at == last_second:
        stop = state.audits_from(last_second + 1)
        return state.audits[first:stop], last_second + 1, stop >= end
    return state.audits[first:stop], last_second, stop >= end


ROUTES = (
    Route(
        "GET", "/api/v2/incremental/tickets/cursor", tickets,
        frozenset({"start_time", "cursor", "per_page", "exclude_deleted", "support_type_scope", "include"}),
        admin=True, quotas=("incremental-exports",),
    ),
    Route(
        "GET", "/api/v2/incremental/ticket_events", ticket_events, frozenset({"start_time", "include"}),
        admin=True, quotas=("incremental-exports",),
    ),
)  # fmt: skip
