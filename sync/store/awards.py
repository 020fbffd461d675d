"""The ledger of rewards, appended to only."""

from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from sqlalchemy import select

from kpi_engine.awards import AwardEntry, AwardKind
from kpi_engine.rewards import Standing
from sync.store.database import Database
from sync.store.tables import AWARD_ENTRY

_NAMES = tuple(field.name for field in fields(AwardEntry))
_VALUES = attrgetter(*_NAMES)


class Awards:
    """Where everybody stood in the rewards of settled periods, in the order it was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, connector: str, entries: Iterable[AwardEntry]) -> int:
        """Append entries and return how many are new: appending one twice changes nothing."""
        rows = [{"connector": connector, **dict(zip(_NAMES, _VALUES(entry), strict=True))} for entry in entries]
        return self._database.insert_missing(AWARD_ENTRY, rows)

    def of_period(self, connector: str, label: str) -> list[AwardEntry]:
        """Return the entries of a period in the order they were made."""
        columns = [AWARD_ENTRY.c[name] for name in _NAMES]
        mine = select(*columns).where(AWARD_ENTRY.c.connector == connector, AWARD_ENTRY.c.period == label)
        return [_entry(row) for row in self._database.rows(mine.order_by(AWARD_ENTRY.c.award_id))]


def _entry(row: Any) -> AwardEntry:
    return AwardEntry(**{**row._asdict(), "kind": AwardKind(row.kind), "standing": Standing(row.standing)})
