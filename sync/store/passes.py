"""The passes that ran, and how each ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from sync.store.codec import decoded, encoded
from sync.store.database import Database
from sync.store.tables import PASS

RUNNING = "running"
INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass; `counts` are its figures by name, `ended_at` None while it runs and when it was interrupted."""

    pass_id: int
    connector: str
    mode: str
    state: str
    as_of: int | None
    counts: Mapping[str, int]
    began_at: int
    ended_at: int | None


class Passes:
    """The passes of every connector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, connector: str, mode: str, now: int) -> int:
        """Note that a pass begins and return its id; those that a crash left running become interrupted."""
        left = update(PASS).where(PASS.c.connector == connector, PASS.c.state == RUNNING)
        begun = insert(PASS).values(connector=connector, mode=mode, state=RUNNING, counts="{}", began_at=now)
        with self._database.writing() as connection:
            connection.execute(left.values(state=INTERRUPTED))
            return int(connection.execute(begun.returning(PASS.c.pass_id)).scalar_one())

    def end(self, pass_id: int, state: str, as_of: int | None, counts: Mapping[str, int], now: int) -> None:
        """Note how a pass ended."""
        ended = {"state": state, "as_of": as_of, "counts": encoded(dict(counts)), "ended_at": now}
        self._database.execute(update(PASS).where(PASS.c.pass_id == pass_id).values(**ended))

    def last(self, connector: str, n: int) -> list[Pass]:
        """Return the last `n` passes, newest first."""
        newest = select(PASS).where(PASS.c.connector == connector).order_by(PASS.c.pass_id.desc()).limit(n)
        return [_pass(row) for row in self._database.rows(newest)]

    def get(self, connector: str, pass_id: int) -> Pass | None:
        """Return one pass of the connector."""
        this = select(PASS).where(PASS.c.connector == connector, PASS.c.pass_id == pass_id)
        rows = self._database.rows(this)
        return _pass(rows[0]) if rows else None


def _pass(row: Any) -> Pass:
    return Pass(
        pass_id=row.pass_id,
        connector=row.connector,
        mode=row.mode,
        state=row.state,
        as_of=row.as_of,
        counts=decoded(row.counts),
        began_at=row.began_at,
        ended_at=row.ended_at,
    )
