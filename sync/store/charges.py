"""The ledger of charges, appended to only."""

from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from sqlalchemy import select

from kpi_engine.charges import ChargeEntry, ChargeKind
from kpi_engine.reduce import Scope
from sync.store.codec import decoded, encoded, tupled
from sync.store.database import Database
from sync.store.tables import CHARGE_ENTRY

_NAMES = tuple(field.name for field in fields(ChargeEntry))
_VALUES = attrgetter(*_NAMES)


class Charges:
    """What settled periods came to, in the order it was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, connector: str, entries: Iterable[ChargeEntry]) -> int:
        """Append entries and return how many are new: appending one twice changes nothing."""
        rows = [{"connector": connector, **_row(entry)} for entry in entries]
        return self._database.insert_missing(CHARGE_ENTRY, rows)

    def of_period(self, connector: str, label: str) -> list[ChargeEntry]:
        """Return the entries of a period in the order they were made."""
        columns = [CHARGE_ENTRY.c[name] for name in _NAMES]
        mine = select(*columns).where(CHARGE_ENTRY.c.connector == connector, CHARGE_ENTRY.c.period == label)
        return [_entry(row) for row in self._database.rows(mine.order_by(CHARGE_ENTRY.c.charge_id))]


def _row(entry: ChargeEntry) -> dict[str, object]:
    return dict(zip(_NAMES, _VALUES(entry), strict=True)) | {"shares": encoded(entry.shares)}


def _entry(row: Any) -> ChargeEntry:
    kinds = {"kind": ChargeKind(row.kind), "scope": Scope(row.scope), "shares": tupled(decoded(row.shares))}
    return ChargeEntry(**{**row._asdict(), **kinds})
