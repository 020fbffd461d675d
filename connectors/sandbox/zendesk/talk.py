"""Zendesk Talk's exports: a call for every ticket that came by telephone, and the agents at whose phones it rang."""

from collections.abc import Callable, Iterator
from operator import itemgetter

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.world.calls import LIFE, rung_in_vain, told_of
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import Call, Route
from connectors.sandbox.zendesk.exports import MOST, allowed_until, start_time
from connectors.sandbox.zendesk.records import Ticket
from connectors.sandbox.zendesk.rows import API, iso
from connectors.sandbox.zendesk.state import State

_CALL_IDS, _LEG_IDS = 7_000_000, 8_000_000
Rows = Callable[[State, Ticket], Iterator[Row]]


def calls(call: Call) -> Response:
    """Answer a page of calls in the order they were updated."""
    return _page(call, "calls", _call)


def legs(call: Call) -> Response:
    """Answer a page of the parts of calls."""
    return _page(call, "legs", _legs)


def _page(call: Call, key: str, rows_of: Rows) -> Response:
    since, state = start_time(call), call.state
    by_phone = [ticket for ticket in state.tickets.values() if ticket.channel == "voice"]
    found = sorted(
        (ticket.created_at + LIFE, str(row["id"]), row)
        for ticket in by_phone
        if since <= ticket.created_at + LIFE <= allowed_until(call)
        for row in rows_of(state, ticket)
    )[:MOST]
    end_time = found[-1][0] if found else since
    onward = f"{API}/channels/voice/stats/incremental/{key}.json?start_time={end_time}"
    rows = list(map(itemgetter(2), found))
    return answer({key: rows, "count": len(rows), "end_time": end_time, "next_page": onward})


def _call(_: State, ticket: Ticket) -> Iterator[Row]:
    status = "completed" if ticket.assignee_id is not None else "abandoned_in_queue"
    yield {
        "id": _CALL_IDS + ticket.id,
        "direction": "inbound",
        "completion_status": status,
        "ticket_id": ticket.id,
        "customer_id": ticket.requester_id,
        "agent_id": ticket.assignee_id,
        "wait_time": told_of(ticket.created_at).waited,
        **_times(ticket),
    }


def _legs(state: State, ticket: Ticket) -> Iterator[Row]:
    """Yield that it rang in vain at some agents' and was taken by the one who has the ticket."""
    taken = ticket.assignee_id is not None
    rung = rung_in_vain(ticket.created_at, state.account.agent_ids) if taken else []
    for turn, agent in enumerate(rung):
        yield _leg(ticket, turn, agent, "agent_missed", 0)
    if ticket.assignee_id is not None:
        yield _leg(ticket, len(rung), ticket.assignee_id, "completed", told_of(ticket.created_at).talked)
    yield {**_leg(ticket, 9, None, "completed", 0), "type": "customer"}


def _leg(ticket: Ticket, place: int, agent: int | None, status: str, talked: int) -> Row:
    return {
        "id": _LEG_IDS + 10 * ticket.id + place,
        "call_id": _CALL_IDS + ticket.id,
        "type": "agent",
        "agent_id": agent,
        "completion_status": status,
        "talk_time": talked,
        "hold_time": told_of(ticket.created_at).held,
        "wrap_up_time": 30,
        **_times(ticket),
    }


def _times(ticket: Ticket) -> Row:
    return {"created_at": iso(ticket.created_at), "updated_at": iso(ticket.created_at + LIFE)}


ROUTES = tuple(
    Route(
        "GET", f"/api/v2/channels/voice/stats/incremental/{key}", answering, frozenset({"start_time"}),
        admin=True, feature="talk", quotas=("incremental-exports",),
    )
    for key, answering in (("calls", calls), ("legs", legs))
)  # fmt: skip
