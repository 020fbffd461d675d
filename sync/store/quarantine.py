"""Rows that could not be read, kept whole until someone looks at them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select

from connectors.base import Reject
from kpi_engine.message import Message
from sync.store.codec import chunked, decoded, encoded, fingerprint, message_values, read_message
from sync.store.database import Database
from sync.store.tables import QUARANTINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A row set aside: `raw` is its JSON as it came; `pass_id` is the pass that first met it."""

    quarantine_id: int
    connector: str
    stream: str
    key: str
    reason: Message
    raw: str
    pass_id: int | None
    first_seen_at: int
    last_seen_at: int


class Quarantine:
    """The rows set aside, each once however often it comes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, connector: str, stream: str, rejects: Iterable[Reject], pass_id: int | None, now: int) -> int:
        """Set rows aside and return how many were not there yet."""
        whose = {"connector": connector, "stream": str(stream), "pass_id": pass_id, "first_seen_at": now}
        rows = [{**whose, **_written(reject), "last_seen_at": now} for reject in rejects]
        with self._database.writing() as connection:
            new = self._database.insert_missing(QUARANTINE, rows)
            for chunk in chunked(row["digest"] for row in rows):
                these = _of(connector, QUARANTINE.update()).where(QUARANTINE.c.digest.in_(chunk))
                connection.execute(these.where(QUARANTINE.c.stream == str(stream)).values(last_seen_at=now))
        return new

    def all(self, connector: str, limit: int | None = None) -> list[Quarantined]:
        """Return what is set aside, newest first."""
        newest = _of(connector, select(QUARANTINE)).order_by(QUARANTINE.c.quarantine_id.desc())
        return [_quarantined(row) for row in self._database.rows(newest.limit(limit))]

    def some(self, connector: str, quarantine_ids: Iterable[int]) -> list[Quarantined]:
        """Return these rows, oldest first; those that are not there (any more) are left out."""
        wanted = set(quarantine_ids)
        return [row for row in reversed(self.all(connector)) if row.quarantine_id in wanted]

    def count(self, connector: str) -> int:
        """Return how many rows are set aside."""
        return int(self._database.scalar(_of(connector, select(func.count()).select_from(QUARANTINE))))

    def drop_from(self, connector: str, stream: str, prefix: str) -> int:
        """Forget the rows of a stream whose keys begin so, and return how many they were."""
        begins = QUARANTINE.c.body.startswith(encoded([prefix])[:-2], autoescape=True)
        these = _of(connector, delete(QUARANTINE)).where(QUARANTINE.c.stream == stream, begins)
        return self._database.execute(these)

    def drop(self, connector: str, quarantine_ids: Iterable[int] | None = None) -> int:
        """Forget these rows, or all, and return how many they were."""
        every = _of(connector, delete(QUARANTINE))
        if quarantine_ids is None:
            return self._database.execute(every)
        chunks = chunked(quarantine_ids)
        return sum(self._database.execute(every.where(QUARANTINE.c.quarantine_id.in_(chunk))) for chunk in chunks)


def _of(connector: str, statement: Any) -> Any:
    return statement.where(QUARANTINE.c.connector == connector)


def _written(reject: Reject) -> dict[str, str]:
    body = encoded([reject.key, message_values(reject.reason), reject.raw])
    return {"digest": fingerprint(body), "body": body}


def _quarantined(row: Any) -> Quarantined:
    key, reason, raw = decoded(row.body)
    return Quarantined(
        quarantine_id=row.quarantine_id,
        connector=row.connector,
        stream=row.stream,
        key=key,
        reason=read_message(reason),
        raw=raw,
        pass_id=row.pass_id,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
    )
