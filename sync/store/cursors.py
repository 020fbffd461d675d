"""How far each stream has been pulled."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, delete, select, update

from kpi_engine.message import message
from sync.store.database import Database
from sync.store.errors import StoreError
from sync.store.tables import CURSOR

TOLERANCE = 86_400
"""Seconds by which a helpdesk's clock may be ahead of ours: more than any time zone mistake in small change."""


@dataclass(frozen=True, slots=True)
class StoredCursor:
    """Where to read on; `complete_through` is the instant up to which the helpdesk has told this stream's all."""

    cursor: str | None
    complete_through: int | None
    saved_at: int


class Cursors:
    """The cursors of every connector's streams."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, connector: str, stream: str) -> StoredCursor | None:
        """Return where the stream stands, None before its first page."""
        rows = self._database.rows(_of(connector).where(CURSOR.c.stream == stream))
        return StoredCursor(*rows[0][1:]) if rows else None

    def save(self, connector: str, stream: str, cursor: str | None, complete_through: int | None, now: int) -> None:
        """Remember where the stream stands; a page that does not say how far it is complete leaves that as it was.

        Raises StoreError for a stream complete far into the future: every deadline until then would count as missed.
        """
        if complete_through is not None and complete_through > now + TOLERANCE:
            raise _in_the_future(connector, stream, complete_through)
        row = {"connector": connector, "stream": str(stream), "cursor": cursor, "saved_at": now}
        known = self.get(connector, stream)
        before = known.complete_through if known is not None else None
        told = [each for each in (complete_through, before) if each is not None]
        # One that is read again from the start stays as complete as it was.
        self._database.upsert(CURSOR, [{**row, "complete_through": max(told, default=None)}])

    def all(self, connector: str) -> dict[str, StoredCursor]:
        """Return the cursors by stream."""
        return {stream: StoredCursor(*cursor) for stream, *cursor in self._database.rows(_of(connector))}

    def rewind(self, connector: str, stream: str) -> None:
        """Have a stream read again from the start; what it told until now stays told."""
        this = update(CURSOR).where(CURSOR.c.connector == connector, CURSOR.c.stream == stream)
        self._database.execute(this.values(cursor=None))

    def drop(self, connector: str, stream: str) -> None:
        """Forget where the stream stands: it will be pulled again from the start."""
        self._database.execute(delete(CURSOR).where(CURSOR.c.connector == connector, CURSOR.c.stream == stream))


def _of(connector: str) -> Select[str, str | None, int | None, int]:
    columns = select(CURSOR.c.stream, CURSOR.c.cursor, CURSOR.c.complete_through, CURSOR.c.saved_at)
    return columns.where(CURSOR.c.connector == connector).order_by(CURSOR.c.stream)


def _in_the_future(connector: str, stream: str, complete_through: int) -> StoreError:
    return StoreError(
        message(
            "the stream {stream} of {connector} is said to be complete through {instant}, in the future. Nothing of "
            "that page was saved: look at this machine's clock, then at the helpdesk's.",
            connector=connector,
            stream=str(stream),
            instant=datetime.fromtimestamp(complete_through, UTC).isoformat(),
        )
    )
