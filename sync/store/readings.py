"""What measuring gave: one compact row a ticket, and the days on which it counts."""

import marshal
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from kpi_engine.measurement import (
    Certainty,
    Clock,
    ClockState,
    CreditLine,
    Exclusion,
    Firing,
    Guard,
    Holding,
    Measurement,
    Omission,
    Run,
    Sign,
    Stamp,
)
from kpi_engine.records import FieldValue
from sync.store.codec import Layout, chunked, decoded, encoded, message_values, read_message, tupled
from sync.store.database import Database
from sync.store.packing import Packing
from sync.store.tables import READING, READING_DAY, RECORD, STALE

DAY: Final = 86_400
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A ticket's measurement, what its live fields should show, and whether somebody disputes what it counts."""

    measurement: Measurement
    live: Mapping[str, FieldValue]
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What planning asks of a reading: how the clocks stand, as of when, and what the live fields should show."""

    ticket_id: str
    as_of: int
    clocks: tuple[Clock, ...]
    live: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class Written:
    """A reading as it is kept: the values of its row, and by day a number that stands for what it says about it."""

    ticket_id: str
    values: Mapping[str, object]
    days: Mapping[int, int]


_STAMPS: Final = Packing(Stamp)
_CLOCKS: Final = Layout(Clock, state=ClockState, certainty=Certainty, runs=Layout(Run).read_all, shares=tupled)
_FIRINGS: Final = Layout(Firing)
_HOLDINGS: Final = Packing(Holding, binned=tupled)
_OMISSIONS: Final = Packing(Omission)


class Readings:
    """The last reading of every ticket."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, connector: str, readings: Iterable[Reading], now: int) -> None:
        """Keep readings in place of earlier ones, as not yet planned for, and take their tickets off the stale."""
        self.keep(connector, map(written, readings), now)

    def keep(self, connector: str, readings: Iterable[Written], now: int) -> None:
        """Do so with readings that are written already, maybe in another process."""
        same = {"connector": connector, "unplanned": True, "measured_at": now}
        with self._database.writing() as connection:
            for chunk in chunked(readings):
                ticket_ids = [reading.ticket_id for reading in chunk]
                self._database.upsert(READING, [{**same, **reading.values} for reading in chunk])
                self._save_days(connection, connector, chunk)
                connection.execute(
                    delete(STALE).where(STALE.c.connector == connector, STALE.c.ticket_id.in_(ticket_ids))
                )

    def _save_days(self, connection: Connection, connector: str, readings: Sequence[Written]) -> None:
        # Most readings change few days: writing differences alone is what keeps a recompute fast.
        days = _days_of(connector, [reading.ticket_id for reading in readings])
        old = {(day, ticket_id): digest for day, ticket_id, digest in connection.execute(days)}
        new = {(day, reading.ticket_id): digest for reading in readings for day, digest in reading.days.items()}
        for gone in chunked(sorted(old.keys() - new.keys())):
            there = tuple_(READING_DAY.c.day, READING_DAY.c.ticket_id).in_(gone)
            connection.execute(delete(READING_DAY).where(READING_DAY.c.connector == connector, there))
        self._database.upsert(
            READING_DAY,
            [
                {"connector": connector, "day": day, "ticket_id": ticket_id, "digest": digest}
                for (day, ticket_id), digest in sorted(new.items() - old.items())
            ],
        )

    def unlike(self, connector: str, readings: Iterable[Written], until: int) -> set[str]:
        """Return the tickets about which these say something else than is kept, up to the day of `until`."""
        last, found = until // DAY, set[str]()
        for chunk in chunked(readings):
            rows = self._database.rows(_days_of(connector, [reading.ticket_id for reading in chunk]))
            kept = {(day, ticket_id, said) for day, ticket_id, said in rows if day <= last}
            now = {(day, each.ticket_id, said) for each in chunk for day, said in each.days.items() if day <= last}
            found |= {ticket_id for _, ticket_id, _ in kept ^ now}
        return found

    def get(self, connector: str, ticket_id: str) -> Reading | None:
        """Return a ticket's reading, None before it was measured."""
        rows = self._rows(connector, [ticket_id])
        return _reading(rows[0]) if rows else None

    def due(self, connector: str, as_of: int) -> list[str]:
        """Return the tickets whose answers changed before `as_of` with no new event."""
        return self._ticket_ids(connector, READING.c.wake_at < as_of)

    def unfinished(self, connector: str) -> list[str]:
        """Return the tickets whose answers may still change with the rules: those still held, and those excluded."""
        return self._ticket_ids(connector, READING.c.held_to.is_(None))

    def in_period(self, connector: str, start: int, end: int) -> Iterator[Measurement]:
        """Yield the measurements that have credit lines in [start, end)."""
        days = READING_DAY.c.day.between(start // DAY, (end - 1) // DAY)
        found = select(READING_DAY.c.ticket_id).where(READING_DAY.c.connector == connector, days)
        ticket_ids = sorted(set(self._database.scalars(found)))
        for measurement in self._measurements(connector, ticket_ids):
            if any(start <= line.at < end for line in measurement.lines):
                yield measurement

    def about(self, connector: str, start: int, end: int, *, held: bool) -> Iterator[Measurement]:
        """Yield, each once, the measurements that may say something about [start, end): look at what they say.

        Those with credit lines, omissions or the reason of an exclusion then; with `held`, those held then too.
        """
        yield from self._measurements(connector, self.ids_about(connector, start, end, held=held))

    def ids_about(self, connector: str, start: int, end: int, *, held: bool) -> list[str]:
        """Return the tickets whose measurements may say something about [start, end)."""
        days = READING_DAY.c.day.between(start // DAY, (end - 1) // DAY)
        found = select(READING_DAY.c.ticket_id).where(READING_DAY.c.connector == connector, days)
        ticket_ids = set(self._database.scalars(found))
        if held:
            ticket_ids.update(self._database.scalars(_held(connector, start, end)))
        return sorted(ticket_ids)

    def days(self, connector: str) -> tuple[int, int] | None:
        """Return the first and the last instant of the days about which there is anything; None without any."""
        # Asked for both at once, SQLite goes through every day: for one of them the end of its index is enough.
        ends = (func.min(READING_DAY.c.day), func.max(READING_DAY.c.day))
        first, last = (self._database.scalar(select(day).where(READING_DAY.c.connector == connector)) for day in ends)
        return None if first is None else (first * DAY, last * DAY + DAY - 1)

    def held_at(self, connector: str, instant: int) -> Iterator[Measurement]:
        """Yield the measurements of tickets that may have been held at `instant`: look at their holdings."""
        held = self._database.scalars(_held(connector, instant, instant + 1))
        yield from self._measurements(connector, sorted(held))

    def of(self, connector: str, ticket_ids: Iterable[str]) -> Iterator[Measurement]:
        """Yield the measurements of some tickets, those that have one."""
        yield from self._measurements(connector, ticket_ids)

    def stamp(self, connector: str, start: int, end: int) -> str:
        """Return a text that changes whenever what the readings say about [start, end) does, and hardly otherwise.

        What is said about an earlier day belongs to it too for tickets held then: who holds a ticket is said once.
        """
        first, last = start // DAY, (end - 1) // DAY
        counted = select(func.count(), func.sum(READING_DAY.c.digest)).where(READING_DAY.c.connector == connector)
        within = counted.where(READING_DAY.c.day.between(first, last))
        # Joined with their readings, SQLite goes through all earlier days: only so through those of tickets held then.
        theirs = READING_DAY.alias()
        of_held = theirs.c.ticket_id.in_(_held(connector, start, end))
        listed = select(*(theirs.c[column.name] for column in READING_DAY.primary_key))
        earlier = listed.where(theirs.c.connector == connector, theirs.c.day < first, of_held)
        before = counted.where(tuple_(*READING_DAY.primary_key).in_(earlier))
        rows = [self._database.rows(question)[0] for question in (within, before)]
        return encoded([[number, int(total or 0)] for number, total in rows])

    def tagged(
        self, connector: str, tag: str, start: int, end: int, also: Collection[str] = ()
    ) -> Iterator[Measurement]:
        """Yield the measurements of tickets that bear a tag now, or are named, and may have lines in [start, end)."""
        days = READING_DAY.c.day.between(start // DAY, (end - 1) // DAY)
        named = READING_DAY.c.ticket_id.in_(sorted(also))
        bears = or_(RECORD.c.body.contains(encoded(tag), autoescape=True), named)
        same = and_(RECORD.c.connector == READING_DAY.c.connector, RECORD.c.ticket_id == READING_DAY.c.ticket_id)
        found = select(READING_DAY.c.ticket_id).join(RECORD, same)
        of_tag = found.where(READING_DAY.c.connector == connector, days, RECORD.c.kind == "snapshot", bears)
        yield from self._measurements(connector, sorted(set(self._database.scalars(of_tag))))

    def saying(self, connector: str, word: str, start: int, end: int) -> Iterator[Measurement]:
        """Yield the measurements in which a word stands and that may say something about [start, end)."""
        days = READING_DAY.c.day.between(start // DAY, (end - 1) // DAY)
        same = and_(READING.c.connector == READING_DAY.c.connector, READING.c.ticket_id == READING_DAY.c.ticket_id)
        found = select(READING_DAY.c.ticket_id).join(READING, same).where(READING_DAY.c.connector == connector, days)
        of_word = found.where(READING.c.body.contains(encoded(word), autoescape=True))
        yield from self._measurements(connector, sorted(set(self._database.scalars(of_word))))

    def after(self, connector: str, ticket_id: str, limit: int) -> list[Outlook]:
        """Return the next `limit` outlooks after `ticket_id`, in the order of their tickets' ids as text."""
        rows = select(READING.c.ticket_id, READING.c.live, READING.c.body).where(READING.c.connector == connector)
        following = rows.where(READING.c.ticket_id > ticket_id).order_by(READING.c.ticket_id).limit(limit)
        return [_outlook(row) for row in self._database.rows(following)]

    def all(self, connector: str) -> Iterator[Measurement]:
        """Yield every measurement."""
        yield from self._measurements(connector, self._ticket_ids(connector))

    def unplanned(self, connector: str) -> Iterator[Outlook]:
        """Yield the outlooks that no plan has looked at yet: all of them in a first plan, so some at a time."""
        columns = select(READING.c.ticket_id, READING.c.live, READING.c.body)
        waiting = columns.where(READING.c.connector == connector, READING.c.unplanned.is_(True))
        in_order, after = waiting.order_by(READING.c.ticket_id).limit(_AT_ONCE), ""
        while rows := self._database.rows(in_order.where(READING.c.ticket_id > after)):
            yield from map(_outlook, rows)
            after = rows[-1].ticket_id

    def plan_anew(self, connector: str, ticket_ids: Iterable[str] | None = None) -> None:
        """Let the next plan look again at the readings of some tickets, or at every one."""
        these = update(READING).where(READING.c.connector == connector).values(unplanned=True)
        if ticket_ids is None:
            self._database.execute(these)
            return
        for chunk in chunked(ticket_ids):
            self._database.execute(these.where(READING.c.ticket_id.in_(chunk)))

    def planned(self, connector: str, ticket_ids: Iterable[str]) -> None:
        """Note that a plan looked at the readings of these tickets."""
        for chunk in chunked(ticket_ids):
            these = update(READING).where(READING.c.connector == connector, READING.c.ticket_id.in_(chunk))
            self._database.execute(these.values(unplanned=False))

    def count(self, connector: str) -> int:
        """Return how many tickets are measured."""
        return int(self._database.scalar(select(func.count()).where(READING.c.connector == connector)))

    def _ticket_ids(self, connector: str, *conditions: ColumnElement[bool]) -> list[str]:
        found = select(READING.c.ticket_id).where(READING.c.connector == connector, *conditions)
        # Sorted here: asked to sort, SQLite walks the whole table in that order instead of using the right index.
        return sorted(self._database.scalars(found))

    def _measurements(self, connector: str, ticket_ids: Iterable[str]) -> Iterator[Measurement]:
        for chunk in chunked(ticket_ids):
            yield from (_measurement(row) for row in self._rows(connector, chunk))

    def _rows(self, connector: str, ticket_ids: Sequence[str]) -> Sequence[Any]:
        columns = select(READING.c.ticket_id, READING.c.live, READING.c.body)
        these = columns.where(READING.c.connector == connector, READING.c.ticket_id.in_(ticket_ids))
        return self._database.rows(these.order_by(READING.c.ticket_id))


def _held(connector: str, start: int, end: int) -> CompoundSelect[str]:
    """Return the select of the tickets that may have been held in [start, end): look at their holdings."""
    begun = select(READING.c.ticket_id).where(READING.c.connector == connector, READING.c.held_from < end)
    # One after the other: asked for either, SQLite goes through the whole index.
    return union_all(begun.where(READING.c.held_to > start), begun.where(READING.c.held_to.is_(None)))


def _days_of(connector: str, ticket_ids: Sequence[str]) -> Select[int, str, int]:
    """Return the select of the days of some tickets, with their digests."""
    # Asked for digests at once, SQLite goes through every ticket's days: only without them its index is enough.
    listed = READING_DAY.alias()
    same = and_(*(column == listed.c[column.name] for column in READING_DAY.primary_key))
    found = select(READING_DAY.c.day, READING_DAY.c.ticket_id, READING_DAY.c.digest).join(listed, same)
    return found.where(listed.c.connector == connector, listed.c.ticket_id.in_(ticket_ids))


_HOLDING_VALUES: Final = attrgetter(*(each for each in Holding.__annotations__ if each != "end"))
_OMISSION_VALUES: Final = attrgetter(*Omission.__annotations__)


def _days(measured: Measurement, *, disputed: bool) -> dict[int, int]:
    """Return, by day, a number for all that a measurement says about it: how holdings begin and end there included."""
    said: dict[int, list[object]] = {}
    stamp, about = None, list[object]()
    for line in measured.lines:
        if line.stamp is not stamp:  # most lines share theirs with the one before
            stamp = line.stamp
            about = said.setdefault(stamp.at // DAY, [disputed])
            about += stamp
        about += (line.indicator, line.numerator, line.denominator, line.part)
        if line.certainty is not Certainty.EXACT:
            about.append(line.certainty)
    for sign in measured.signs:
        said.setdefault(sign.at // DAY, [disputed]).extend(sign)
    for omission in measured.omissions:
        said.setdefault(omission.at // DAY, [disputed]).extend(_OMISSION_VALUES(omission))
    for holding in measured.holdings:
        said.setdefault(holding.start // DAY, [disputed]).extend(_HOLDING_VALUES(holding))
        if holding.end is not None:
            said.setdefault(holding.end // DAY, [disputed]).append(holding.end)
    if measured.excluded is not None:
        said.setdefault(measured.excluded.at // DAY, [disputed]).append(measured.excluded.code)
    return {day: _digest(about) for day, about in said.items()}


def _digest(values: list[object]) -> int:
    """Return a number of forty bits: millions of them can be added up in a column."""
    return int.from_bytes(blake2b(_bytes(values), digest_size=5).digest())


def _bytes(values: list[object]) -> bytes:
    """Return what tells these values from others; nobody reads them back, so the fastest way there is will do."""
    try:
        return marshal.dumps(values, 2)  # this version knows no references: equal values are equal bytes
    except ValueError:  # some word is a member of an enumeration
        return encoded(values).encode()


def written(reading: Reading) -> Written:
    """Return a reading as it is kept."""
    measured = reading.measurement
    ends = [holding.end for holding in measured.holdings]
    values = {
        "ticket_id": measured.ticket_id,
        "wake_at": measured.wake_at,
        "held_from": min((holding.start for holding in measured.holdings), default=None),
        "held_to": None if None in ends else max(filter(None, ends), default=None),
        "live": encoded(dict(reading.live)),
        "body": measurement_body(measured),
    }
    return Written(measured.ticket_id, values, _days(measured, disputed=reading.disputed))


def measurement_body(measured: Measurement) -> str:
    """Return a measurement as it is kept; its ticket's id stands beside it.

    How it stands is a line of its own, so that whoever asks no more need not read all that it says.
    """
    return f"{encoded(_standing(measured))}\n{encoded(_said(measured))}"


def _standing(measured: Measurement) -> list[object]:
    why = measured.excluded
    excluded = None if why is None else [why.code, message_values(why.reason), why.at]
    begins = [measured.account, measured.as_of, measured.edition, measured.wake_at, excluded]
    return [*begins, measured.clocks, measured.firings]


def _said(measured: Measurement) -> list[object]:
    holdings, omissions = list(_HOLDINGS.packed(measured.holdings)), list(_OMISSIONS.packed(measured.omissions))
    signs = [list(measured.signs)] if measured.signs else []  # most tickets show none
    return [_packed_lines(measured.lines), holdings, omissions, *signs]


def _in_one(body: str) -> tuple[list[Any], list[Any]]:
    """Return what stands in both lines of a body from when they were one list."""
    values = decoded(body)
    return [*values[:5], *values[6:8]], [values[5], *values[8:]]


def _packed_lines(lines: Sequence[CreditLine]) -> list[list[Any]]:
    """Return the stamps that lines share and then the lines, each of their properties a list: short and fast to read.

    Of the certainties only the places of those that are not exact.
    """
    stamps = [line.stamp for line in lines]
    keys = list(map(id, stamps))  # hashing each one's ten values would cost far more
    shared = dict(zip(keys, stamps, strict=True))
    places = {key: place for place, key in enumerate(shared)}
    return [
        [places[key] for key in keys],
        list(_STAMPS.packed(shared.values())),
        [line.indicator for line in lines],
        [line.numerator for line in lines],
        [line.denominator for line in lines],
        [line.part for line in lines],
        [place for place, line in enumerate(lines) if line.certainty is not Certainty.EXACT],
    ]


def _read_lines(places: list[int], packed: list[list[Any]], *columns: list[Any]) -> tuple[CreditLine, ...]:
    stamps = list(_STAMPS.read(packed))
    indicators, numerators, denominators, parts, approximate = columns
    lines = tuple(map(CreditLine, indicators, [stamps[place] for place in places], numerators, denominators, parts))
    for place in approximate:
        lines[place].certainty = Certainty.APPROXIMATE
    return lines


def _measurement(row: Any) -> Measurement:
    return read_measurement(row.ticket_id, row.body)


def read_measurement(ticket_id: str, body: str) -> Measurement:
    """Return the measurement that `measurement_body` wrote."""
    standing, has_two, said = body.partition("\n")
    head, rest = (decoded(standing), decoded(said)) if has_two else _in_one(body)
    account, as_of, edition, wake_at, excluded, clocks, firings = head
    lines, holdings, omissions, *signs = rest
    return Measurement(
        ticket_id=ticket_id,
        account=account,
        as_of=as_of,
        edition=edition,
        lines=_read_lines(*lines),
        clocks=_CLOCKS.read_all(clocks),
        firings=_FIRINGS.read_all(firings),
        holdings=tuple(_HOLDINGS.read(holdings)),
        wake_at=wake_at,
        excluded=None if excluded is None else Exclusion(excluded[0], read_message(excluded[1]), excluded[2]),
        omissions=tuple(_OMISSIONS.read(omissions)),
        signs=tuple(Sign(Guard(each[0]), *each[1:]) for each in (signs[0] if signs else ())),
    )


def _outlook(row: Any) -> Outlook:
    standing, has_two, _ = row.body.partition("\n")
    _, as_of, *_, clocks, _ = decoded(standing) if has_two else _in_one(row.body)[0]
    return Outlook(row.ticket_id, as_of, _CLOCKS.read_all(clocks), decoded(row.live))


def _reading(row: Any) -> Reading:
    return Reading(measurement=_measurement(row), live=decoded(row.live))
