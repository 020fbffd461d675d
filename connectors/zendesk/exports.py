"""How a stream is walked: where it begins, what each answer means for the next request, and when it is up to date."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from connectors import paging
from connectors.base import Page, Reject
from connectors.errors import RefusedError, UnexpectedPayloadError
from connectors.exchange import Params
from connectors.http import Answer, Session
from connectors.zendesk.mapping import FollowedFields
from kpi_engine.message import Message, message
from kpi_engine.records import Record

Payload = TypeVar("Payload", bound=BaseModel)

_LIST_ROWS = 100
_EVENT_ROWS = 1000  # a full page of the event export, whose size nobody may choose
_HELD_BACK = 70  # seconds: an export keeps back its last minute, and a row is stamped up to 5 s after its change
_STAMP_SLACK = 6  # seconds: the same 5, and the second that may not be whole yet
_START_SLACK = 90  # seconds: a start_time within the last minute is refused
_RATING_OVERLAP = 3 * 86400  # seconds: whether the filter means creation or change is not documented
_ANSWERED_WITHIN = 30 * 86400
_FUTURE_SLACK = 86400
_CURSOR_OVERLAP = 300
_RAW_LENGTH = 20_000
_GONE_CURSOR = frozenset({400, 404, 410, 422})
_PRIVATE = frozenset(
    {"subject", "raw_subject", "description", "body", "html_body", "plain_body", "comment", "comments", "reason"}
    | {"recipient", "source", "system", "metadata", "attachments", "name", "email", "phone", "value", "previous_value"}
    | {"custom_fields", "fields", "custom_ticket_fields", "user_fields", "details", "notes", "signature", "alias"}
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a pull begins, and how many tickets a page is asked for; instants are epoch seconds by Zendesk's clock."""

    cursor: str | None
    history_from: int
    server_time: int
    per_page: int = 1000


@dataclass(frozen=True, slots=True)
class Visit:
    """One answer of the walk, with the request it answers and when the walk's first answer was given."""

    start: Start
    params: Params
    answer: Answer
    rows: Sequence[object]
    began: int


@dataclass(frozen=True, slots=True)
class Step:
    """What an answer means: the next request (None: up to date), the cursor to keep, what is complete, what is lost."""

    next: Params | None
    cursor: str | None = None
    complete_through: int | None = None
    lost: Reject | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One stream as Zendesk serves it: its address, the key of its rows, their meaning, its beginning and its walk.

    `whole` lays in what a row needs from other addresses; `optional` streams may be missing from the account's plan.
    """

    path: str
    rows: str
    records: Callable[[object, FollowedFields], Sequence[Record]]
    first: Callable[[Start], Params]
    step: Callable[[Visit], Step]
    again: Callable[[Start], Params | None] = lambda _: None
    whole: Callable[[Session, object], object] = lambda _, row: row
    optional: bool = False


def read(session: Session, resource: Resource, start: Start, followed: FollowedFields) -> Iterator[Page]:
    """Yield the pages of `resource` from `start` until it is up to date.

    Where Zendesk no longer knows a kept cursor, the walk begins again at the last time noted beside it. Raises
    UnexpectedPayloadError for an answer of another shape, and for a walk that goes round in circles.
    """
    try:
        yield from _walk(session, resource, start, resource.first(start), followed)
    except RefusedError as refusal:
        again = resource.again(start)
        if again is None or refusal.status not in _GONE_CURSOR:
            raise
    else:
        return
    yield from _walk(session, resource, start, again, followed)


def _walk(
    session: Session, resource: Resource, start: Start, params: Params, followed: FollowedFields
) -> Iterator[Page]:
    step = Step(params)
    began: int | None = None

    def following(_answer: Answer, _params: Params) -> Params | None:
        return step.next

    for answer in paging.pages(session, resource.path, params, following):
        began = began or answer.server_time or start.server_time
        rows = [resource.whole(session, row) for row in listed(answer, resource.rows)]
        step = resource.step(Visit(start, step.next or params, answer, rows, began))
        yield _page(resource, rows, step, followed)


def listed(answer: Answer, key: str) -> list[object]:
    """Return the rows in an answer; raises UnexpectedPayloadError where there are none to be found."""
    rows = answer.mapping().get(key)
    if not isinstance(rows, list):
        raise UnexpectedPayloadError(message("Zendesk's answer has no list of {rows}", rows=key))
    return rows


def understood(payload: type[Payload], row: object) -> Payload:
    """Return a row that must be readable; raises UnexpectedPayloadError, saying what is wrong with it."""
    try:
        return payload.model_validate(row)
    except ValidationError as error:
        raise UnexpectedPayloadError(_reason(error)) from error


def _page(resource: Resource, rows: Sequence[object], step: Step, followed: FollowedFields) -> Page:
    records: list[Record] = []
    rejects = [step.lost] if step.lost else []
    for row in rows:
        try:
            records.extend(resource.records(row, followed))
        except ValueError as error:
            rejects.append(_reject(resource.rows, row, error))
    return Page(records, rejects, step.cursor, step.complete_through)


def _reject(rows: str, row: object, error: ValueError) -> Reject:
    raw = json.dumps(_without_private(row), sort_keys=True)
    row_id = row.get("id") if isinstance(row, dict) else None
    name = row_id if isinstance(row_id, (int, str)) else hashlib.sha256(raw.encode()).hexdigest()[:16]
    return Reject(f"{rows}:{name}", _reason(error), raw[:_RAW_LENGTH])


def _without_private(value: object) -> object:
    """Return the row without what people wrote, which is never kept."""
    if isinstance(value, dict):
        return {str(key): _without_private(inner) for key, inner in value.items() if key not in _PRIVATE}
    return [_without_private(inner) for inner in value] if isinstance(value, list) else value


def _reason(error: ValueError) -> Message:
    if not isinstance(error, ValidationError):
        return message("The row cannot be read: {problem}", problem=str(error))
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "row"
    return message("{field} cannot be read: {problem}", field=where, problem=first["msg"])


# The ticket export: an opaque cursor that stands for (generated_timestamp, ticket id).


def first_tickets(start: Start) -> Params:
    """Return the first request of the ticket export: the kept cursor, else the start of history."""
    if start.cursor is None:
        return {"start_time": _allowed(start.history_from, start), "per_page": start.per_page}
    return {"cursor": start.cursor.partition("@")[2], "per_page": start.per_page}


def tickets_again(start: Start) -> Params | None:
    """Return the request that goes on from the time noted beside a cursor which Zendesk has forgotten."""
    if start.cursor is None:
        return None
    known = int(start.cursor.partition("@")[0])
    return {"start_time": _allowed(known - _CURSOR_OVERLAP, start), "per_page": start.per_page}


def _allowed(wanted: int, start: Start) -> int:
    return min(wanted, start.server_time - _START_SLACK)


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
    return Step(None if ended else {"cursor": after, "per_page": visit.start.per_page}, f"{known}@{after}", complete)


def _at_end(visit: Visit) -> int | None:
    return visit.answer.server_time and visit.answer.server_time - _HELD_BACK


def _last(rows: Sequence[object], key: str) -> int | None:
    stamps = [row.get(key) for row in rows if isinstance(row, dict)]
    return max((stamp for stamp in stamps if isinstance(stamp, int)), default=None)


# The ticket event export: its cursor is the next start_time.


def first_events(start: Start) -> Params:
    """Return the first request of the event export; raises UnexpectedPayloadError for a cursor from the future."""
    wanted = start.history_from if start.cursor is None else int(start.cursor)
    if wanted > start.server_time + _FUTURE_SLACK:
        raise UnexpectedPayloadError(
            message("The kept position of the ticket history ({wanted}) lies in the future", wanted=wanted)
        )
    return {"start_time": _allowed(wanted, start), "include": "comment_events"}


def by_time(visit: Visit) -> Step:
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
        raise UnexpectedPayloadError(message("The ticket history goes on, but gives no end_time"))
    stuck = reached <= began
    following = began + 1 if stuck else reached
    told = _last(visit.rows, "timestamp")
    return Step(
        {**visit.params, "start_time": following},
        str(following),
        told and told - _STAMP_SLACK,
        _lost(began) if stuck else None,
    )


def _ended(visit: Visit) -> bool:
    ended = visit.answer.mapping().get("end_of_stream")
    return ended if isinstance(ended, bool) else len(visit.rows) < _EVENT_ROWS


def _lost(second: int) -> Reject:
    reason = message(
        "More history shares the second {second} than Zendesk's export can tell; some of it may be missing",
        second=second,
    )
    return Reject(f"ticket_events:second:{second}", reason, "")


# Lists


def first_of_list(_: Start) -> Params:
    """Return the first request of a list that is read whole each time."""
    return {"page[size]": _LIST_ROWS}


def first_agents(_: Start) -> Params:
    """Return the first request of the users who work tickets."""
    return {"role[]": ["agent", "admin"], "page[size]": _LIST_ROWS}


def first_groups(_: Start) -> Params:
    """Return the first request of the groups, deleted ones included: the past needs their names."""
    return {"exclude_deleted": "false", "page[size]": _LIST_ROWS}


def first_ratings(start: Start) -> Params:
    """Return the first request of all ratings, whatever their score: an offer or a withdrawal must be seen too."""
    since = start.history_from if start.cursor is None else int(start.cursor)
    return {"start_time": max(0, since - _RATING_OVERLAP), "page[size]": _LIST_ROWS}


def unpaged(_: Start) -> Params:
    """Return the request of a short list that comes whole."""
    return {}


def whole(_: Visit) -> Step:
    """Stop: the list came whole."""
    return Step(None)


def by_page(visit: Visit) -> Step:
    """Follow `meta.after_cursor` while there is more."""
    return Step(paging.by_cursor(visit.answer, visit.params))


def by_page_dated(visit: Visit) -> Step:
    """Follow the ratings in their two walks: all recent ones, then what was received of the older ones.

    Only the last page moves the cursor, to when the first was asked: the pages have no order in time.
    """
    following = paging.by_cursor(visit.answer, visit.params) or _older_ratings(visit)
    if following is not None:
        return Step(following, visit.start.cursor)
    return Step(None, str(visit.began), visit.began)


def _older_ratings(visit: Visit) -> Params | None:
    """Return the second walk: a rating keeps the time of its offer, and may be given weeks after it."""
    if visit.start.cursor is None or "score" in visit.params:
        return None
    since = max(0, int(visit.start.cursor) - _ANSWERED_WITHIN)
    return {"score": "received", "start_time": since, "page[size]": _LIST_ROWS}
