"""What measuring gave: one compact row a ticket, and the days on which it counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, tuple_, update

from kpi_engine.measurement import (
    Certainty,
    Clock,
    ClockState,
    CreditLine,
    Exclusion,
    Firing,
    Holding,
    Measurement,
    Omission,
    Run,
)
from kpi_engine.records import FieldValue
from sync.store.codec import Layout, chunked, decoded, encoded, message_values, read_message
from sync.store.database import Database
from sync.store.tables import READING, READING_DAY, STALE

DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A ticket's measurement and what its live fields should show."""

    measurement: Measurement
    live: Mapping[str, FieldValue]


_LINES: Final = Layout(CreditLine, certainty=Certainty)
_CLOCKS: Final = Layout(Clock, state=ClockState, certainty=Certainty, runs=Layout(Run).read_all)
_FIRINGS: Final = Layout(Firing)
_HOLDINGS: Final = Layout(Holding)
_OMISSIONS: Final = Layout(Omission)


class Readings:
    """The last reading of every ticket."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, connector: str, readings: Iterable[Reading], now: int) -> None:
        """Keep readings in place of earlier ones, as not yet planned for, and take their tickets off the stale."""
        with self._database.writing() as connection:
            for chunk in chunked(readings):
                ticket_ids = [reading.measurement.ticket_id for reading in chunk]
                self._database.upsert(READING, [_row(connector, reading, now) for reading in chunk])
                self._save_days(connection, connector, [reading.measurement for reading in chunk])
                connection.execute(
                    delete(STALE).where(STALE.c.connector == connector, STALE.c.ticket_id.in_(ticket_ids))
                )

    def _save_days(self, connection: Connection, connector: str, measured: Sequence[Measurement]) -> None:
        # Most readings change no day: writing differences alone is what keeps a recompute fast.
        days = select(READING_DAY.c.day, READING_DAY.c.ticket_id).where(
            READING_DAY.c.connector == connector,
            READING_DAY.c.ticket_id.in_([measurement.ticket_id for measurement in measured]),
        )
        old = {tuple(row) for row in connection.execute(days)}
        new = {(line.at // DAY, each.ticket_id) for each in measured for line in each.lines}
        for gone in chunked(sorted(old - new)):
            there = tuple_(READING_DAY.c.day, READING_DAY.c.ticket_id).in_(gone)
            connection.execute(delete(READING_DAY).where(READING_DAY.c.connector == connector, there))
        self._database.insert_missing(
            READING_DAY,
            [{"connector": connector, "day": day, "ticket_id": ticket_id} for day, ticket_id in sorted(new - old)],
        )

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

    def held_at(self, connector: str, instant: int) -> Iterator[Measurement]:
        """Yield the measurements of tickets that may have been held at `instant`: look at their holdings."""
        still = or_(READING.c.held_to > instant, READING.c.held_to.is_(None))
        ticket_ids = self._ticket_ids(connector, READING.c.held_from <= instant, still)
        yield from self._measurements(connector, ticket_ids)

    def all(self, connector: str) -> Iterator[Measurement]:
        """Yield every measurement."""
        yield from self._measurements(connector, self._ticket_ids(connector))

    def unplanned(self, connector: str) -> Iterator[Reading]:
        """Yield the readings that no plan has looked at yet."""
        for chunk in chunked(self._ticket_ids(connector, READING.c.unplanned.is_(True))):
            yield from map(_reading, self._rows(connector, chunk))

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


def _row(connector: str, reading: Reading, now: int) -> dict[str, object]:
    measured = reading.measurement
    ends = [holding.end for holding in measured.holdings]
    return {
        "connector": connector,
        "ticket_id": measured.ticket_id,
        "wake_at": measured.wake_at,
        "held_from": min((holding.start for holding in measured.holdings), default=None),
        "held_to": None if None in ends else max(filter(None, ends), default=None),
        "unplanned": True,
        "measured_at": now,
        "live": encoded(dict(reading.live)),
        "body": encoded(_values(measured)),
    }


def _values(measured: Measurement) -> list[object]:
    why = measured.excluded
    excluded = None if why is None else [why.code, message_values(why.reason), why.at]
    many = [measured.lines, measured.clocks, measured.firings, measured.holdings, measured.omissions]
    return [measured.account, measured.as_of, measured.edition, measured.wake_at, excluded, *many]


def _measurement(row: Any) -> Measurement:
    account, as_of, edition, wake_at, excluded, lines, clocks, firings, holdings, omissions = decoded(row.body)
    return Measurement(
        ticket_id=row.ticket_id,
        account=account,
        as_of=as_of,
        edition=edition,
        lines=_LINES.read_all(lines),
        clocks=_CLOCKS.read_all(clocks),
        firings=_FIRINGS.read_all(firings),
        holdings=_HOLDINGS.read_all(holdings),
        wake_at=wake_at,
        excluded=None if excluded is None else Exclusion(excluded[0], read_message(excluded[1]), excluded[2]),
        omissions=_OMISSIONS.read_all(omissions),
    )


def _reading(row: Any) -> Reading:
    return Reading(measurement=_measurement(row), live=decoded(row.live))
