"""How a stream is walked: page after page from its beginning, by the steps of its resource, until it is up to date."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors import paging, rows
from connectors.base import Page, Reject
from connectors.errors import RefusedError, TransientError, UnexpectedPayloadError
from connectors.exchange import Params
from connectors.http import Answer, Session
from connectors.values import FollowedFields
from kpi_engine.message import Message, message
from kpi_engine.records import Record

_SMALL_PAGE = 100  # tickets: what Zendesk advises where a thousand, many of them archived, take too long
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
        there = [resource.whole(session, row) for row in listed(answer, resource.rows)]
        step = resource.step(Visit(start, step.next or params, answer, there, began))
        found = [*([step.lost] if step.lost else []), *_meant(resource.rows, there, resource.records, followed)]
        for key, meaning in resource.beside.items():
            found += _meant(key, _sent_along(answer, key), meaning, followed)
        yield step, rows.page_of(found, step.cursor, step.complete_through)


def _sent_along(answer: Answer, key: str) -> list[object]:
    found = answer.mapping().get(key)
    return found if isinstance(found, list) else []


def listed(answer: Answer, key: str) -> list[object]:
    """Return the rows in an answer; raises UnexpectedPayloadError where there are none to be found."""
    found = answer.mapping().get(key)
    if not isinstance(found, list):
        raise UnexpectedPayloadError(message("Zendesk's answer has no list of {rows}", rows=key))
    return found


def read_again(resource: Resource, raw: str, followed: FollowedFields) -> Page:
    """Return what a kept row means today, as a page."""
    return rows.read_again(
        resource.rows, raw, lambda row: rows_as_page(resource.rows, [row], resource.records, followed)
    )


def rows_as_page(name: str, found: Sequence[object], records: Reading, followed: FollowedFields) -> Page:
    """Return rows that stand for themselves, outside any walk, as a page without cursor."""
    return rows.page_of(_meant(name, found, records, followed))


def _meant(name: str, found: Sequence[object], meaning: Reading, followed: FollowedFields) -> list[Record | Reject]:
    return rows.records_and_rejects(name, found, lambda row: meaning(row, followed), _without_private)


def _without_private(value: object) -> object:
    """Return the row without what people wrote, which is never kept; what a ticket's own property was is nobody's."""
    if isinstance(value, dict):
        private = _PRIVATE - _VALUES if _PROPERTIES & {*value, str(value.get("field_name"))} else _PRIVATE
        return {str(key): _without_private(inner) for key, inner in value.items() if key not in private}
    return [_without_private(inner) for inner in value] if isinstance(value, list) else value
