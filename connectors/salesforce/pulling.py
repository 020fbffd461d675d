"""How a stream is walked: by the stamp of its rows and their ids, behind a watermark that looks back a little."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Page
from connectors.errors import UnexpectedPayloadError
from connectors.rows import page_of, records_and_rejects, without
from connectors.rows import read_again as rows_again
from connectors.salesforce import bulk
from connectors.salesforce.org import PAGE, Org, listed
from connectors.salesforce.payloads import Payload, asked
from connectors.salesforce.sense import Sense
from connectors.salesforce.soql import Condition, Query, before, behind, since
from connectors.scalars import loose_instant
from kpi_engine.message import message
from kpi_engine.records import Record

LOOK_BACK = 600
"""Seconds before the watermark at which a walk begins: a row may become visible long after its stamp."""

HELD_BACK = 60
"""Seconds before the org's present in which more may still be told."""

_FUTURE_SLACK = 86_400
_LONG = 86_400  # seconds since the watermark beyond which rows are counted before they are read
_PRIVATE = frozenset(
    {"Subject", "Description", "SuppliedEmail", "SuppliedName", "Name", "Email", "OldValue", "NewValue", "CommentBody"}
    | {"attributes", "ChoiceValue", "ResponseValue"}
)

Reading = Callable[[object, Sense], Sequence[Record]]
"""What a row means as our records; raises ValueError for a row that cannot be read."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of rows as Salesforce keeps it: its object, what is asked of it, what it means, what dates it."""

    subject: str
    payload: type[Payload]
    records: Reading
    stamp: str = "SystemModstamp"
    where: tuple[Condition, ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time a walk covers, in epoch seconds of the org's: from `begin` on, before `end`.

    `cursor` is the watermark it began with, None: there was none.
    """

    begin: int
    end: int
    cursor: str | None


def stretch(org: Org, cursor: str | None, history_from: int) -> Stretch:
    """Return what a walk has to cover; raises UnexpectedPayloadError for a watermark from the future."""
    now = org.account.now()
    known = history_from if cursor is None else int(cursor)
    if known > now + _FUTURE_SLACK:
        raise UnexpectedPayloadError(
            message("The kept position of an export ({wanted}) lies in the future", wanted=known)
        )
    begin = known if cursor is None else known - LOOK_BACK
    return Stretch(min(begin, now - HELD_BACK), now - HELD_BACK, cursor)


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk over one resource: what is asked, over which time, and what its rows mean."""

    org: Org
    resource: Resource
    stretch: Stretch
    sense: Sense
    more: Sequence[str] = ()  # custom fields

    @property
    def query(self) -> Query:
        """What is asked, without the time."""
        fields = asked(self.resource.payload, self.org.has(self.resource.subject))
        return Query(self.resource.subject, [*fields, *self.more], self.resource.where)

    @property
    def covered(self) -> Query:
        """What is asked of the whole time."""
        stamp = self.resource.stamp
        return self.query.narrowed(since(stamp, self.stretch.begin), before(stamp, self.stretch.end))


def walked(walk: Walk) -> Iterator[Page]:
    """Yield the pages of a walk; many rows come through a bulk job, where the org can do that."""
    note = None
    if _is_long(walk):
        total = _counted(walk)
        if total > walk.org.settings.bulk_above:
            try:
                yield from _in_bulk(walk, total)
            except bulk.NoBulkError as trouble:
                note = message("A bulk query was not possible ({why}): read page by page", why=str(trouble))
            else:
                return
    for page in _page_by_page(walk):
        yield replace(page, note=note)
        note = None


def _is_long(walk: Walk) -> bool:
    return walk.stretch.cursor is None or walk.stretch.end - walk.stretch.begin > _LONG


def _counted(walk: Walk) -> int:
    total = walk.org.query(walk.covered.count(), deleted=walk.resource.deleted).mapping().get("totalSize")
    return total if isinstance(total, int) else 0


def _in_bulk(walk: Walk, total: int) -> Iterator[Page]:
    """Yield the rows of a bulk job; they come in no order, so that only the last page moves the watermark."""
    job = bulk.Job(walk.org.root, walk.covered.text(), walk.resource.deleted)
    known = None if walk.stretch.cursor is None else int(walk.stretch.cursor)
    for rows in bulk.rows(walk.org.session, walk.org.session.clock, job):
        for first in range(0, len(rows), PAGE):
            page = as_page(walk.resource, rows[first : first + PAGE], walk.sense)
            yield replace(page, cursor=walk.stretch.cursor, complete_through=known, total=total)
    yield _done(walk, [])


def _done(walk: Walk, rows: Sequence[object]) -> Page:
    end = walk.stretch.end
    return replace(as_page(walk.resource, rows, walk.sense), cursor=str(end), complete_through=end)


def _page_by_page(walk: Walk) -> Iterator[Page]:
    """Yield the rows in order, each page asked for by what lies behind the last row.

    No page depends on a locator, which dies with the session: signing in anew in the middle costs nothing, and a
    flood of rows of one stamp is walked by their ids.
    """
    stamp, place = walk.resource.stamp, (walk.stretch.begin, "")
    floor = walk.stretch.begin if walk.stretch.cursor is None else int(walk.stretch.cursor)
    while True:
        answer = walk.org.query(_behind(walk, place).text(), deleted=walk.resource.deleted)
        rows = listed(answer)
        if answer.mapping().get("done") is not False and len(rows) < PAGE:
            yield _done(walk, rows)
            return
        following = _place(rows, stamp)
        if following == place or following[0] < place[0]:
            raise UnexpectedPayloadError(
                message("{path} goes round in circles: it leads again to {place}.", path=stamp, place=str(place))
            )
        place = following
        complete = max(floor, place[0] - HELD_BACK)
        yield replace(as_page(walk.resource, rows, walk.sense), cursor=str(complete), complete_through=complete)


def _behind(walk: Walk, place: tuple[int, str]) -> Query:
    at, last = place
    stamp = walk.resource.stamp
    query = walk.query.narrowed(since(stamp, at), before(stamp, walk.stretch.end))
    if last:
        query = query.narrowed(behind(stamp, at, last))
    return replace(query, by=(stamp, "Id"), most=PAGE)


def _place(rows: Sequence[Mapping[str, object]], stamp: str) -> tuple[int, str]:
    """Return where the last row stands; raises UnexpectedPayloadError where it does not say."""
    last = rows[-1] if rows else {}
    at, row_id = loose_instant(last.get(stamp)), last.get("Id")
    if at is None or not isinstance(row_id, str):
        told = message("The last row of a page does not tell where it stands ({field})", field=stamp)
        raise UnexpectedPayloadError(told)
    return at, row_id


@dataclass(frozen=True, slots=True)
class Positions:
    """The watermarks of a stream that is told by several kinds of rows, by object."""

    cursors: Mapping[str, str] = field(default_factory=dict)
    complete: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def of(cursor: str | None) -> "Positions":
        """Return the watermarks that a cursor keeps, as `text` made it."""
        kept = {} if cursor is None else json.loads(cursor)
        return Positions(kept, {subject: int(at) for subject, at in kept.items()})

    def moved(self, subject: str, page: Page) -> "Positions":
        """Return the watermarks after a page of one kind of rows."""
        cursors = {**self.cursors, **({} if page.cursor is None else {subject: page.cursor})}
        told = {} if page.complete_through is None else {subject: page.complete_through}
        return Positions(cursors, {**self.complete, **told})

    def text(self) -> str | None:
        """Return the cursor that keeps them; None while there are none."""
        return json.dumps(dict(self.cursors), sort_keys=True) if self.cursors else None

    def through(self, subjects: Sequence[str]) -> int | None:
        """Return up to when all of `subjects` are complete; None while one is not."""
        known = [self.complete[subject] for subject in subjects if subject in self.complete]
        return min(known) if len(known) == len(subjects) else None


def whole_list(org: Org, resource: Resource, sense: Sense) -> Iterator[Page]:
    """Yield the pages of a list that is read whole, in the order of its ids."""
    query = Query(resource.subject, asked(resource.payload, org.has(resource.subject)), resource.where)
    yield as_page(resource, list(org.rows(query)), sense)


def as_page(resource: Resource, rows: Sequence[object], sense: Sense) -> Page:
    """Return rows as a page that stands for no position."""
    return page_of(records_and_rejects(resource.subject, rows, lambda row: resource.records(row, sense), _withheld))


def read_again(resource: Resource, raw: str, sense: Sense) -> Page:
    """Return what a kept row means today, as a page."""
    return rows_again(resource.subject, raw, lambda row: as_page(resource, [row], sense))


def _withheld(row: object) -> object:
    """Return the row without what people wrote, which is never kept; what a case's own property was is nobody's."""
    is_property = isinstance(row, dict) and row.get("Field") in _PROPERTIES
    return without(_PRIVATE - {"OldValue", "NewValue"} if is_property else _PRIVATE, row)


_PROPERTIES = frozenset({"Status", "Priority", "Type", "Owner", "ownerAssignment", "ownerAccepted", "ownerEscalated"})
