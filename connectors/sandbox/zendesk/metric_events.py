"""What Zendesk's own SLA clocks did, as a time-based export."""

from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import Call, Route
from connectors.sandbox.zendesk.exports import MOST, allowed_until, start_time
from connectors.sandbox.zendesk.records import Audit
from connectors.sandbox.zendesk.rows import API, iso
from connectors.sandbox.zendesk.state import State

Dated = tuple[int, Row]


def metric_events(call: Call) -> Response:
    """Answer a page: each ticket starts a reply clock, and what was ordered happens beside it."""
    since = start_time(call)
    found = _between(call.state, since, allowed_until(call))
    stop = min(MOST, len(found))
    at_end = stop == len(found)
    end_time = found[stop - 1][0] if found else since
    if not at_end and found[0][0] == end_time:  # a page that lies in one second takes that second whole
        stop, end_time = bisect_left(found, end_time + 1, key=itemgetter(0)), end_time + 1
    rows = [{**row, "time": iso(at)} for at, row in found[:stop]]
    onward = f"{API}/incremental/ticket_metric_events.json?start_time={end_time}"
    page = {"ticket_metric_events": rows, "count": len(rows), "end_time": end_time, "next_page": onward}
    return answer({**page, "end_of_stream": stop == len(found)})


def _between(state: State, since: int, until: int) -> list[Dated]:
    audits = state.audits[state.audits_from(since) : state.audits_from(until + 1)]
    usual = [dated for audit in audits for dated in _clocks(audit)]
    ordered = [(at, row) for at, row in state.metric_events if since <= at <= until]
    return sorted([*usual, *ordered], key=itemgetter(0))


def _clocks(audit: Audit) -> Iterator[Dated]:
    if any(child.kind == "Create" for child in audit.children):
        row: Row = {"ticket_id": audit.ticket_id, "metric": "reply_time", "instance_id": 1}
        yield audit.at, {"id": audit.id + 3_000_000_000_000, **row, "type": "activate"}


ROUTES = (
    Route(
        "GET", "/api/v2/incremental/ticket_metric_events", metric_events, frozenset({"start_time"}),
        admin=True, quotas=("incremental-exports",),
    ),
)  # fmt: skip
