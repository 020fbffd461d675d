"""How a stream is walked: where it begins, what each answer means for the next request, and when it is up to date."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors import paging
from connectors.base import Page, Reject
from connectors.errors import RefusedError, TransientError, UnexpectedPayloadError
from connectors.exchange import Params
from connectors.http import Answer, Session
from connectors.rows import kept_row, records_and_rejects
from connectors.scalars import loose_instant
from connectors.zendesk.mapping import FollowedFields
from kpi_engine.message import Message, message
from kpi_engine.records import Record

_LIST_ROWS = 100
_EVENT_ROWS = 1000  # a full page of the event export, whose size nobody may choose
_HELD_BACK = 70  # seconds: an export keeps back its last minute, and a row is stamped up to 5 s after its change
_STAMP_SLACK = 6  # seconds: the same 5, and the second that may not be whole yet
_START_SLACK = 90  # seconds: a start_time within the last minute is refused
_OVERLAP = 3600  # seconds
_RATING_OVERLAP = 3600  # seconds; a rating that changes later shows on its ticket, and in the wide look
_FIRST_OVERLAP = 3 * 86400  # seconds: whether the filter means creation or change is not documented
_ANSWERED_WITHIN = 30 * 86400
_WIDE_EVERY = 86400
_SPAN = 30 * 86400  # seconds of ratings that a first walk reads at a time
_FIRST_WALK = "first:"
_SMALL_PAGE = 100  # tickets: what Zendesk advises where a thousand, many of them archived, take too long
_FUTURE_SLACK = 86400
_CURSOR_OVERLAP = 300
_GONE_CURSOR = frozenset({400, 404, 410, 422})
_PRIVATE = frozenset(
    {"subject", "raw_subject", "description", "body", "html_body", "plain_body", "comment", "comments", "reason"}
    | {"recipient", "source", "system", "metadata", "attachments", "name", "email", "phone", "value", "previous_value"}
    | {"custom_fields", "fields", "custom_ticket_fields", "user_fields", "details", "notes", "signature", "alias"}
)
_VALUES = frozenset({"value", "previous_value"})
_PROPERTIES = frozenset({"status", "priority", "assignee_id", "group_id", "tags", "brand_id", "ticket_form_id"}) | {
    *("requester_id", "schedule_id", "custom_status_id", "organization_id", "type")
}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a pull begins, and how many tickets a page is asked for; instants are epoch seconds by Zendesk's clock.

    `server_now` may have to ask Zendesk first.
    """

    cursor: str | None
    history_from: int
    server_now: Callable[[], int]
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


Reading = Callable[[object, FollowedFields], Sequence[Record]]
"""What a row means as our records; raises ValueError for a row that cannot be read."""

Attempt = tuple[Params, Message | None]
"""A way to begin, and what people should know where it is taken."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One stream as Zendesk serves it: its address, the key of its rows, their meaning, its beginning and its walk.

    `again` are other ways to begin where Zendesk refuses the first; `beside` says what the rows sent along under
    other keys mean; `whole` lays in what a row needs from other addresses. `optional` streams may be missing from the
    account's plan. `further` is a second list of the same records, which may be missing too.
    """

    path: str
    rows: str
    records: Reading
    first: Callable[[Start], Params]
    step: Callable[[Visit], Step]
    again: Callable[[Start], Iterable[Attempt]] = lambda _: ()
    beside: Mapping[str, Reading] = field(default_factory=dict)
    whole: Callable[[Session, object], object] = lambda _, row: row
    optional: bool = False
    further: "Resource | None" = None


def read(session: Session, resource: Resource, start: Start, followed: FollowedFields) -> Iterator[Page]:
    """Yield the pages of `resource` from `start` until it is up to date.

    Where Zendesk refuses how the walk begins (a parameter it does not know, a cursor it has forgotten), the other
    ways are tried. Raises UnexpectedPayloadError for an answer of another shape, and for a walk that goes round in
    circles.
    """
    attempts = iter(resource.again(start))
    attempt: Attempt | None = (resource.first(start), None)
    while attempt is not None:
        try:
            yield from _walk(session, resource, start, attempt, followed)
        except RefusedError as refusal:
            attempt = next(attempts, None)
            if attempt is None or refusal.status not in _GONE_CURSOR:
                raise
        else:
            return


def _walk(
    session: Session, resource: Resource, start: Start, attempt: Attempt, followed: FollowedFields
) -> Iterator[Page]:
    """Yield the pages from one beginning; where a big page takes Zendesk too long, the walk goes on with small ones."""
    following: Params | None
    following, note = attempt
    while following is not None:
        try:
            for step, page in _steps(session, resource, start, following, followed):
                following = step.next
                yield replace(page, note=note)
                note = None
        except TransientError:
            following = _smaller(following)
            if following is None:
                raise


def _smaller(params: Params | None) -> Params | None:
    per_page = None if params is None else params.get("per_page")
    return {**(params or {}), "per_page": _SMALL_PAGE} if isinstance(per_page, int) and per_page > _SMALL_PAGE else None


def _steps(
    session: Session, resource: Resource, start: Start, params: Params, followed: FollowedFields
) -> Iterator[tuple[Step, Page]]:
    step = Step(params)
    began: int | None = None

    def following(_answer: Answer, _params: Params) -> Params | None:
        return step.next

    for answer in paging.pages(session, resource.path, params, following):
        began = began or answer.server_time or start.server_now()
        rows = [resource.whole(session, row) for row in listed(answer, resource.rows)]
        step = resource.step(Visit(start, step.next or params, answer, rows, began))
        found = _found(resource.rows, rows, resource.records, followed)
        for key, meaning in resource.beside.items():
            found += _found(key, _sent_along(answer, key), meaning, followed)
        yield step, _page(found, step)


def _sent_along(answer: Answer, key: str) -> list[object]:
    rows = answer.mapping().get(key)
    return rows if isinstance(rows, list) else []


def listed(answer: Answer, key: str) -> list[object]:
    """Return the rows in an answer; raises UnexpectedPayloadError where there are none to be found."""
    rows = answer.mapping().get(key)
    if not isinstance(rows, list):
        raise UnexpectedPayloadError(message("Zendesk's answer has no list of {rows}", rows=key))
    return rows


def read_again(resource: Resource, raw: str, followed: FollowedFields) -> Page:
    """Return the page that a kept row makes by itself today; one cut for its length stays unreadable."""
    row = kept_row(resource.rows, raw)
    if isinstance(row, Reject):
        return Page([], [row], None, None)
    return rows_as_page(resource.rows, [row], resource.records, followed)


def rows_as_page(rows: str, found: Sequence[object], records: Reading, followed: FollowedFields) -> Page:
    """Return rows that stand for themselves, outside any walk, as a page without cursor."""
    return _page(_found(rows, found, records, followed), Step(None))


def _found(rows: str, found: Sequence[object], meaning: Reading, followed: FollowedFields) -> list[Record | Reject]:
    return records_and_rejects(rows, found, lambda row: meaning(row, followed), _without_private)


def _page(found: Sequence[Record | Reject], step: Step) -> Page:
    records = [one for one in found if not isinstance(one, Reject)]
    rejects = [one for one in found if isinstance(one, Reject)]
    return Page(records, [step.lost, *rejects] if step.lost else rejects, step.cursor, step.complete_through)


def _without_private(value: object) -> object:
    """Return the row without what people wrote, which is never kept; what a ticket's own property was is nobody's."""
    if isinstance(value, dict):
        private = _PRIVATE - _VALUES if _PROPERTIES & {*value, str(value.get("field_name"))} else _PRIVATE
        return {str(key): _without_private(inner) for key, inner in value.items() if key not in private}
    return [_without_private(inner) for inner in value] if isinstance(value, list) else value


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
    return {"page[size]": _LIST_ROWS}


def first_agents(_: Start) -> Params:
    """Return the first request of the users who work tickets."""
    return {"role[]": ["agent", "admin"], "page[size]": _LIST_ROWS}


def first_groups(_: Start) -> Params:
    """Return the first request of the groups, deleted ones included: the past needs their names."""
    return {"exclude_deleted": "false", "page[size]": _LIST_ROWS}


def unpaged(_: Start) -> Params:
    """Return the request of a short list that comes whole."""
    return {}


def whole(visit: Visit) -> Step:
    """Follow the older way of paging, which a short list may have; mostly it came whole."""
    return Step(paging.by_next_page(visit.answer, visit.params))


def by_page(visit: Visit) -> Step:
    """Follow `meta.after_cursor` while there is more."""
    return Step(paging.by_cursor(visit.answer, visit.params))


# Ratings of both systems: lists without order in time. Their cursor is when the recent ones were last asked for,
# "@", and when the older ones were. Before they all were read once it is the marker, where the next span of time
# begins, "@", and when the walk began.


@dataclass(frozen=True, slots=True)
class Filters:
    """What the parameters of a list of ratings are called, and what leaves out those never given."""

    since: str
    until: str
    received: Params


def first_ratings(start: Start, filters: Filters) -> Params:
    """Return the first request of all ratings, whatever their score: an offer or a withdrawal must be seen too."""
    if start.cursor is None:
        return _span(filters, max(0, start.history_from - _FIRST_OVERLAP), None)
    if start.cursor.startswith(_FIRST_WALK):
        return _span(filters, *_reached(start.cursor))
    return _span(filters, max(0, _asked_at(start.cursor)[0] - _RATING_OVERLAP), None)


def by_page_dated(visit: Visit, filters: Filters) -> Step:
    """Follow the ratings in their walks: all of them once, then the recent ones, and once a day what older ones got.

    But for the first walk only the last page moves the cursor, to when the first was asked.
    """
    following = paging.by_cursor(visit.answer, visit.params)
    if visit.start.cursor is None or visit.start.cursor.startswith(_FIRST_WALK):
        return _first_walk(visit, filters, following)
    older = _older(visit, filters)
    if following is None and older is not None:
        following = older
    if following is not None:
        return Step(following, visit.start.cursor)
    last_wide = visit.began if _is_wide(visit, filters.since) else _asked_at(visit.start.cursor)[1]
    return Step(None, f"{visit.began}@{last_wide}", visit.began)


def _first_walk(visit: Visit, filters: Filters, following: Params | None) -> Step:
    """Follow the first walk: more than a page of ratings is read span by span, so that it can go on after any span.

    A list that comes newest first has no place in its middle from which it could.
    """
    since, until = _number(visit, filters.since), visit.params.get(filters.until)
    resumed = visit.start.cursor is not None
    began = _reached(visit.start.cursor)[1] if visit.start.cursor is not None else visit.began
    if isinstance(until, int):
        here = since if following is not None else until
        return Step(following or _span(filters, until, began), f"{_FIRST_WALK}{here}@{began}")
    in_spans = _span(filters, since, began)
    if following is not None and filters.until in in_spans:
        return Step(in_spans, visit.start.cursor)
    if following is not None:
        return Step(following, f"{_FIRST_WALK}{since}@{began}" if resumed else None)
    return Step(None, f"{began}@{began}", began)


def _span(filters: Filters, since: int, began: int | None) -> Params:
    """Return the first request of the ratings from an instant on: of one span, or of all where there is no more."""
    asked: Params = {filters.since: since, "page[size]": _LIST_ROWS}
    until = since + _SPAN
    return asked if began is None or until >= began else {**asked, filters.until: until}


def _number(visit: Visit, name: str) -> int:
    asked = visit.params[name]
    return asked if isinstance(asked, int) else 0


def _reached(cursor: str) -> tuple[int, int]:
    return _asked_at(cursor.removeprefix(_FIRST_WALK))


def _older(visit: Visit, filters: Filters) -> Params | None:
    """Return the daily second walk: a rating keeps the time of its offer, and may be given weeks after it."""
    if _is_wide(visit, filters.since):
        return None
    recent, wide = _asked_at(visit.start.cursor or "")
    if visit.began - wide < _WIDE_EVERY:
        return None
    return {**filters.received, **_span(filters, max(0, recent - _ANSWERED_WITHIN), None)}


def _is_wide(visit: Visit, since: str) -> bool:
    recent = _asked_at(visit.start.cursor or "")[0]
    return _number(visit, since) < max(0, recent - _RATING_OVERLAP)


def _asked_at(cursor: str) -> tuple[int, int]:
    recent, _, wide = cursor.partition("@")
    return int(recent or 0), int(wide or 0)
