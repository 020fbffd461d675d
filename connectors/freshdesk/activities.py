"""The daily export of ticket activities, where an account admin switched it on: who changed what, to the second.

A day's file lies on another host behind a signed address, which our key is never sent to. Files are kept for a month.
What the file of a day tells in full needs no guessing from the differences of two looks.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from connectors.base import STREAM_NAMES, Page, Reject, Stream, Unavailable
from connectors.errors import ConnectorError, RefusedError, SignInError, UnexpectedPayloadError
from connectors.freshdesk.mapping import PRIORITIES
from connectors.freshdesk.payloads import Activities, Activity
from connectors.http import Session
from connectors.quota import Quota
from connectors.rows import page_of, records_and_rejects, understood
from connectors.scalars import clean
from connectors.signing_in import Anonymous
from kpi_engine.message import Message, message
from kpi_engine.records import Coverage, EventKind, Field, Record, TicketEvent

PATH = "/api/v2/export/ticket_activities"
KEPT_DAYS = 30
DAY = timedelta(days=1)
_PAGE = 2000
_MISSING = 404
_READ = ("status", "priority", "group", "agent_id")


@dataclass(frozen=True, slots=True)
class Names:
    """The numbers of statuses and groups by the names that activities call them by."""

    statuses: Mapping[str, str]
    groups: Mapping[str, str]


_NO_NAMES = Names({}, {})


@dataclass(frozen=True, slots=True)
class Export:
    """Reads the files of the days since the last one read; `names` are asked for once a file is there.

    `begins` is the first instant that counts, `now` Freshdesk's time; `trusted_host` as for the account itself.
    """

    session: Session
    names: Callable[[], Names]
    begins: int
    now: int
    trusted_host: bool

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Yield the days not read yet; raises Unavailable where there is no file of any."""
        first, last = self._reach()
        day = first if cursor is None else max(first, date.fromisoformat(cursor) + DAY)
        begun, later, names = cursor is not None, False, _NO_NAMES
        while day <= last:
            addresses = _addresses(self.session, day)
            later = later or (not addresses and day < last and bool(_addresses(self.session, last)))
            if not addresses and not later:
                break  # of this day there is none yet, nor of a later one
            if addresses and names is _NO_NAMES:
                names = self.names()
            if addresses or begun:  # before the export was switched on there is nothing to miss
                yield from self._day(day, addresses, names)
                begun = True
            day += DAY
        if not begun and first <= last:
            told = message("Freshdesk does not offer {stream} to this account", stream=STREAM_NAMES[Stream.ACTIVITIES])
            raise Unavailable(told)

    def _reach(self) -> tuple[date, date]:
        """Return the first and the last day of which there may be a file."""
        last = datetime.fromtimestamp(self.now, UTC).date() - DAY
        return max(last - (KEPT_DAYS - 1) * DAY, datetime.fromtimestamp(self.begins, UTC).date()), last

    def _day(self, day: date, addresses: Sequence[str], names: Names) -> Iterator[Page]:
        """Yield a day in pages of many rows: it is done with the last of them only."""
        before, told = (day - DAY).isoformat(), day.isoformat()
        files = [self._file(address) for address in addresses]
        read = [file for file in files if file is not None]
        rows = [row for file in read for row in file.activities_data]
        reading = Reading(names)
        for start in range(0, len(rows), _PAGE):
            found = reading.records(rows[start : start + _PAGE])
            page = page_of(found, before)
            reading.whole = reading.whole and not page.rejects
            yield page
        whole = bool(addresses) and len(read) == len(files) and reading.whole
        spans = [file.span() for file in read] if whole else []
        covered = [Coverage(coverage_id=f"{told}:{start}", start=start, end=end) for start, end in spans]
        yield Page(covered, [], told, None, note=None if whole else _gap(told))

    def _file(self, address: str) -> Activities | None:
        """Return what a day's file says; None where it cannot be read, now or ever."""
        parts = urlsplit(address)
        try:
            host = Session(
                f"{parts.scheme}://{parts.netloc}",
                sign_in=Anonymous(),
                clock=self.session.clock,
                quota=Quota(1, self.session.clock, {}),
                trusted_host=self.trusted_host,
                secrets=[parts.query] if parts.query else [],
            )
        except ConnectorError:
            return None
        try:
            return understood(Activities, host.get(f"{parts.path}?{parts.query}").json)
        except (SignInError, RefusedError, UnexpectedPayloadError):
            return None
        finally:
            host.close()


def exists(session: Session, now: int) -> bool:
    """Tell whether there is a file of one of the last two days that are over."""
    today = datetime.fromtimestamp(now, UTC).date()
    return any(_addresses(session, today - ago * DAY) for ago in (1, 2))


def _addresses(session: Session, day: date) -> list[str]:
    """Return where the files of a day are; none while the export is off, or the day's file not made yet."""
    try:
        answer = session.get(PATH, {"created_at": day.isoformat()})
    except RefusedError as refusal:
        if refusal.status != _MISSING:
            raise
        return []
    found = answer.mapping().get("export")
    rows = found if isinstance(found, list) else [found]
    return [row["url"] for row in rows if isinstance(row, dict) and isinstance(row.get("url"), str)]


def _gap(day: str) -> Message:
    return message(
        "What happened on tickets on {day} is not told in full by the export of activities; it is taken from how the "
        "tickets looked before and after",
        day=day,
    )


@dataclass(slots=True)
class Reading:
    """Reads rows; `place` counts them, `whole` tells whether all was understood so far."""

    names: Names
    place: int = 0
    whole: bool = True

    def records(self, rows: Sequence[object]) -> list[Record | Reject]:
        """Return what rows mean, and those that cannot be read."""
        return records_and_rejects("activities", rows, self.events, withheld)

    def events(self, row: object) -> Sequence[TicketEvent]:
        """Return what one row set, a field an event; raises ValueError where it cannot be read."""
        activity, identity = Activity.model_validate(row), _identity(row)
        by_hand = activity.performer_type == "user"
        self.place += len(_READ)
        return [
            TicketEvent(
                ticket_id=activity.ticket_id,
                event_id=f"activity:{identity}:{field}",
                at=activity.performed_at,
                order=1,  # after what was said in the same second
                position=self.place + place,
                kind=EventKind.CHANGED,
                actor_id=activity.performer_id if by_hand else None,
                automatic=not by_hand,
                field=field,
                new=new,
            )
            for place, (field, new) in enumerate(self._changes(activity.activity))
        ]

    def _changes(self, activity: Mapping[str, object]) -> Iterator[tuple[str, str | None]]:
        if "status" in activity:
            yield from self._named(Field.STATUS, activity["status"], self.names.statuses)
        if "priority" in activity:
            yield Field.PRIORITY, _priority(activity["priority"])
        if "group" in activity:
            yield from self._named(Field.GROUP, activity["group"], self.names.groups)
        if "agent_id" in activity:
            yield Field.ASSIGNEE, _word(activity["agent_id"])

    def _named(self, field: Field, name: object, known: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
        """Yield a value told by its name; a name that nothing has any more is left out, and the day not whole."""
        if name is None:
            yield field, None
        elif isinstance(name, str) and clean(name) in known:
            yield field, known[clean(name)]
        else:
            self.whole = False


def _priority(value: object) -> str | None:
    word = _word(value)
    found = PRIORITIES.get(int(word)) if word is not None and word.isdecimal() else (word or "").lower()
    if word is not None and found not in PRIORITIES.values():
        raise ValueError(f"{word} is no priority")
    return found or None


def _word(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("neither a number nor a name")  # noqa: TRY004 -- what makes a row unreadable
    return str(value)


def withheld(row: object) -> object:
    """Return a row without what people may have written: of an activity only what we read."""
    if not isinstance(row, dict):
        return row
    activity = row.get("activity")
    told = activity if isinstance(activity, dict) else {}
    kept = {key: value for key, value in told.items() if key in _READ}
    return {**{key: value for key, value in row.items() if key in Activity.model_fields}, "activity": kept}


def _identity(row: object) -> str:
    """Return what tells activities apart: they have no ids, and the same one may come twice."""
    return hashlib.blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=8).hexdigest()
