"""Where each export and list begins, and what an answer means for the next request."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connectors import paging
from connectors.base import Reject
from connectors.errors import UnexpectedPayloadError
from connectors.exchange import Params
from connectors.scalars import loose_instant
from connectors.zendesk.exports import Attempt, Start, Step, Visit
from kpi_engine.message import message

LIST_ROWS = 100
_EVENT_ROWS = 1000  # a full page of the event export, whose size nobody may choose
_HELD_BACK = 70  # seconds: an export keeps back its last minute, and a row is stamped up to 5 s after its change
_STAMP_SLACK = 6  # seconds: the same 5, and the second that may not be whole yet
_START_SLACK = 90  # seconds: a start_time within the last minute is refused
_OVERLAP = 3600  # seconds
_FUTURE_SLACK = 86400
_CURSOR_OVERLAP = 300


# The ticket export: an opaque cursor that stands for (generated_timestamp, ticket id).


def first_tickets(start: Start) -> Params:
    """Return the first request of the ticket export: the kept cursor, else the start of history.

    Tickets that an AI agent has worked are left out unless asked for, and Zendesk's own figures come along.
    """
    return {**_place(start), **_all_tickets(start), **_EVERY_KIND}


_EVERY_KIND: Params = {"support_type_scope": "all"}


def _all_tickets(start: Start) -> Params:
    return {"per_page": start.per_page, "include": "metric_sets"}


def _place(start: Start) -> Params:
    if start.cursor is None:
        return {"start_time": _allowed(start.history_from, start)}
    return {"cursor": start.cursor.partition("@")[2]}


def tickets_again(start: Start) -> Iterator[Attempt]:
    """Yield how else to begin: without the newer parameter, then from the time noted beside a forgotten cursor."""
    yield {**_place(start), **_all_tickets(start)}, None
    if start.cursor is None:
        return
    known = int(start.cursor.partition("@")[0])
    since: Params = {"start_time": _allowed(known - _CURSOR_OVERLAP, start), **_all_tickets(start)}
    forgotten = message("Zendesk no longer knew where the ticket export stood; it was read again from {at}", at=known)
    yield {**since, **_EVERY_KIND}, forgotten
    yield since, forgotten


def _allowed(wanted: int, start: Start) -> int:
    return min(wanted, start.server_now() - _START_SLACK)


def by_cursor(visit: Visit) -> Step:
    """Follow `after_cursor` until `end_of_stream`; the addresses in the answer are never followed.

    Our cursor is the last time told, "@" and Zendesk's.
    """
    ended = visit.answer.mapping().get("end_of_stream") is True
    after = visit.answer.mapping().get("after_cursor") or (visit.params.get("cursor") if ended else None)
    if not isinstance(after, str):
        if ended:
            return Step(None, visit.start.cursor, _at_end(visit))
        raise UnexpectedPayloadError(message("The ticket export goes on, but gives no cursor"))
    told = _last(visit.rows, "generated_timestamp")
    complete = _at_end(visit) if ended else told and told - _STAMP_SLACK
    known = complete or int((visit.start.cursor or f"{visit.start.history_from}@").partition("@")[0])
    asked = {name: value for name, value in visit.params.items() if name != "start_time"}
    return Step(None if ended else {**asked, "cursor": after}, f"{known}@{after}", complete)


def _at_end(visit: Visit) -> int | None:
    return visit.answer.server_time and visit.answer.server_time - _HELD_BACK


def _last(rows: Sequence[object], key: str) -> int | None:
    stamps = [loose_instant(row.get(key)) for row in rows if isinstance(row, dict)]
    return max((stamp for stamp in stamps if stamp is not None), default=None)


# The time-based exports: their cursor is the next start_time.


def first_events(start: Start) -> Params:
    """Return the first request of the event export, with what was said and by whom."""
    return {**first_since(start), "include": "comment_events"}


def first_since(start: Start) -> Params:
    """Return the first request of a time-based export; raises UnexpectedPayloadError for a cursor from the future."""
    wanted = start.history_from if start.cursor is None else int(start.cursor)
    if wanted > start.server_now() + _FUTURE_SLACK:
        raise UnexpectedPayloadError(
            message("The kept position of an export ({wanted}) lies in the future", wanted=wanted)
        )
    return {"start_time": _allowed(wanted, start)}


def first_again(start: Start) -> Params:
    """Return the first request of a time-based export of which the last hour is read once more.

    A row may have come before another one that explains it.
    """
    if start.cursor is None:
        return first_since(start)
    return first_since(replace(start, cursor=str(max(0, int(start.cursor) - _OVERLAP))))


def by_time(visit: Visit, rows: str, stamp: str) -> Step:
    """Follow `end_time`, which may repeat the last second, until the stream ends.

    `next_page` is always there, so it says nothing. A page that does not leave its second would come again for
    ever: more rows share that second than a page holds, and the walk goes on one second later, telling so.
    """
    asked = visit.params["start_time"]
    end = visit.answer.mapping().get("end_time")
    began = asked if isinstance(asked, int) else 0
    reached = end if isinstance(end, int) and not isinstance(end, bool) else None
    if _ended(visit):
        reached = began if reached is None else reached
        complete = _at_end(visit)
        kept = max(began, min(reached, complete if complete is not None else reached))
        return Step(None, str(kept), complete)
    if reached is None:
        raise UnexpectedPayloadError(message("An export goes on, but gives no end_time ({rows})", rows=rows))
    stuck = reached <= began
    following = began + 1 if stuck else reached
    told = _last(visit.rows, stamp)
    return Step(
        {**visit.params, "start_time": following},
        str(following),
        told and told - _STAMP_SLACK,
        _lost(rows, began) if stuck else None,
    )


def _ended(visit: Visit) -> bool:
    ended = visit.answer.mapping().get("end_of_stream")
    return ended if isinstance(ended, bool) else len(visit.rows) < _EVENT_ROWS


def _lost(rows: str, second: int) -> Reject:
    reason = message(
        "More history shares the second {second} than Zendesk's export can tell; some of it may be missing",
        second=second,
    )
    return Reject(f"{rows}:second:{second}", reason, "")


# Lists


def first_of_list(_: Start) -> Params:
    """Return the first request of a list that is read whole each time."""
    return {"page[size]": LIST_ROWS}


def first_agents(_: Start) -> Params:
    """Return the first request of the users who work tickets."""
    return {"role[]": ["agent", "admin"], "page[size]": LIST_ROWS}


def first_groups(_: Start) -> Params:
    """Return the first request of the groups, deleted ones included: the past needs their names."""
    return {"exclude_deleted": "false", "page[size]": LIST_ROWS}


def unpaged(_: Start) -> Params:
    """Return the request of a short list that comes whole."""
    return {}


def whole(visit: Visit) -> Step:
    """Follow the older way of paging, which a short list may have; mostly it came whole."""
    return Step(paging.by_next_page(visit.answer, visit.params))


def by_page(visit: Visit) -> Step:
    """Follow `meta.after_cursor` while there is more."""
    return Step(paging.by_cursor(visit.answer, visit.params))
