"""The ledger of firings, appended to only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import func, or_, select

from kpi_engine.ledger import Entry, EntryKind
from sync.store.codec import Layout, chunked
from sync.store.database import Database
from sync.store.tables import LEDGER_ENTRY

_NAMES = tuple(field.name for field in fields(Entry))
_VALUES = attrgetter(*_NAMES)  # asdict copies each value deeply, which takes longer than settling does

_COLUMNS: Final = [LEDGER_ENTRY.c[name] for name in _NAMES]
_ENTRY: Final = Layout(Entry, kind=EntryKind)
_AT_ONCE: Final = 1000


def _entry(row: Sequence[Any]) -> Entry:
    """Return the entry that a row begins with."""
    return _ENTRY.read(list(row[: len(_NAMES)]))


class Ledger:
    """The ledger's entries, in the order they were made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, connector: str, entries: Iterable[Entry]) -> None:
        """Append entries: appending one twice changes nothing."""
        rows = [{"connector": connector, **dict(zip(_NAMES, _VALUES(entry), strict=True))} for entry in entries]
        self._database.add_missing(LEDGER_ENTRY, rows)

    def within(self, connector: str, start: int, end: int) -> Iterator[Entry]:
        """Yield the entries about [start, end) in order of what they are about; memory stays flat."""
        at, number = LEDGER_ENTRY.c.at, LEDGER_ENTRY.c.entry_id
        mine = select(*_COLUMNS, number).where(LEDGER_ENTRY.c.connector == connector, at < end).order_by(at, number)
        reached, last = start, 0
        while rows := self._database.rows(mine.where(at >= reached, or_(at > reached, number > last)).limit(_AT_ONCE)):
            yield from map(_entry, rows)
            reached, last = rows[-1].at, rows[-1].entry_id

    def last(self, connector: str) -> int:
        """Return the number of the newest entry, 0 where there is none."""
        newest = select(func.max(LEDGER_ENTRY.c.entry_id)).where(LEDGER_ENTRY.c.connector == connector)
        return int(self._database.scalar(newest) or 0)

    def after(self, connector: str, number: int) -> Iterator[tuple[int, list[Entry]]]:
        """Yield the entries made after the one numbered so, some at a time, with the number of the last of them."""
        mine = select(*_COLUMNS, LEDGER_ENTRY.c.entry_id).where(LEDGER_ENTRY.c.connector == connector)
        in_order = mine.order_by(LEDGER_ENTRY.c.entry_id)
        while rows := self._database.rows(in_order.where(LEDGER_ENTRY.c.entry_id > number).limit(_AT_ONCE)):
            number = rows[-1].entry_id
            yield number, [_entry(row) for row in rows]

    def entries(self, connector: str, ticket_ids: Iterable[str]) -> list[Entry]:
        """Return the entries of some tickets, those of each ticket in the order they were made."""
        made = select(*_COLUMNS).where(LEDGER_ENTRY.c.connector == connector).order_by(LEDGER_ENTRY.c.entry_id)
        return [
            _entry(row)
            for chunk in chunked(ticket_ids)
            for row in self._database.rows(made.where(LEDGER_ENTRY.c.ticket_id.in_(chunk)))
        ]
