"""What escalations set on tickets, from the outbox: so that what is pulled afterwards is known for ours."""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import select

from connectors.base import Target
from connectors.effects import ASSIGNEE, GROUP, PRIORITY, TAGS_ADDED, TAGS_REMOVED
from kpi_engine.own_writes import OwnWrite
from kpi_engine.records import Field
from sync.store.codec import chunked, decoded
from sync.store.database import Database
from sync.store.tables import CHANGE

_FIELDS: Final = {PRIORITY: Field.PRIORITY, GROUP: Field.GROUP, ASSIGNEE: Field.ASSIGNEE}
_TAGS: Final = (TAGS_ADDED, TAGS_REMOVED)


class OwnWrites:
    """What escalations of one account set on its tickets; nothing is asked where they never did anything."""

    def __init__(self, database: Database, connector: str) -> None:
        self._database = database
        self._mine = select(CHANGE).where(CHANGE.c.connector == connector, CHANGE.c.target == Target.ESCALATION)
        self._any = bool(database.rows(self._mine.limit(1)))

    def of(self, ticket_ids: Iterable[str]) -> dict[str, tuple[OwnWrite, ...]]:
        """Return what was sent of it to those of some tickets, in order, by ticket."""
        found: dict[str, tuple[OwnWrite, ...]] = {}
        for chunk in chunked(ticket_ids) if self._any else ():
            sent = self._mine.where(CHANGE.c.target_id.in_(chunk), CHANGE.c.attempts > 0).order_by(CHANGE.c.change_id)
            for row in self._database.rows(sent):
                end = row.changed_at if row.state == "delivered" else None
                writes = _writes(decoded(row.values), row.created_at, end)
                found[row.target_id] = (*found.get(row.target_id, ()), *writes)
        return found


def _writes(values: dict[str, object], start: int, end: int | None) -> Iterator[OwnWrite]:
    for key, field in _FIELDS.items():
        if key in values:
            value = values[key]
            yield OwnWrite(field, None if value is None else str(value), start, end)
    for key in _TAGS:
        if values.get(key):
            yield OwnWrite(Field.TAGS, str(values[key]), start, end)
