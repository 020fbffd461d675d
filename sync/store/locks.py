"""One pass at a time for each connector: a lock with a heartbeat and a fence that only ever rises."""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update

from kpi_engine.message import message
from sync.store.database import Database
from sync.store.errors import LockHeldError, LostLockError
from sync.store.tables import PASS_LOCK

PATIENCE = 2400
"""Seconds without a heartbeat after which a pass is taken for dead: longer than it may wait for one request."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who runs a pass: host name, process id, and when that process started (epoch seconds)."""

    host: str
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class Lock:
    """The right to write for a connector, until someone holds a higher fence."""

    connector: str
    fence: int


class Locks:
    """Who may run a pass."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, connector: str, holder: Holder, now: int) -> Lock:
        """Take the connector's lock, over from a dead pass if need be. Raises LockHeldError while another lives."""
        with self._database.writing() as connection:
            self._database.insert_missing(PASS_LOCK, [_free(connector)])
            there = select(PASS_LOCK).where(PASS_LOCK.c.connector == connector).with_for_update()
            found = connection.execute(there).one()
            if found.held and _alive(found, holder, now):
                raise _held(found)
            lock = Lock(connector, found.fence + 1)
            held = {"fence": lock.fence, "held": True, "since": now, "heartbeat": now}
            whose = {"host": holder.host, "pid": holder.pid, "started": holder.started}
            connection.execute(update(PASS_LOCK).where(PASS_LOCK.c.connector == connector).values(**held, **whose))
            return lock

    def beat(self, lock: Lock, now: int) -> None:
        """Say that the pass is alive. Raises LostLockError."""
        if not self._database.execute(update(PASS_LOCK).where(_still(lock)).values(heartbeat=now)):
            raise _lost(lock)

    def release(self, lock: Lock) -> None:
        """Give the lock back; one that was lost is left alone."""
        self._database.execute(update(PASS_LOCK).where(_still(lock)).values(held=False))

    def verify(self, lock: Lock) -> None:
        """Make sure, until the transaction ends, that the lock is still ours. Raises LostLockError."""
        with self._database.writing() as connection:
            mine = select(PASS_LOCK.c.fence).where(_still(lock)).with_for_update(read=True)
            if connection.execute(mine).first() is None:
                raise _lost(lock)


def _free(connector: str) -> dict[str, object]:
    nobody = {"host": "", "pid": 0, "started": 0, "since": 0, "heartbeat": 0}
    return {"connector": connector, "fence": 0, "held": False, **nobody}


def _still(lock: Lock) -> ColumnElement[bool]:
    return and_(PASS_LOCK.c.connector == lock.connector, PASS_LOCK.c.fence == lock.fence, PASS_LOCK.c.held.is_(True))


def _alive(found: Any, asking: Holder, now: int) -> bool:
    # A heartbeat far in the future comes from a clock that was wrong: it proves no life either.
    if abs(now - found.heartbeat) >= PATIENCE:
        return False
    if found.host != asking.host:
        return True
    if found.pid == asking.pid:
        return bool(found.started == asking.started)
    return _process_runs(found.pid)


def _process_runs(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # there, signal 0 would end the process instead of asking after it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # someone else's, but running
    return True


def _held(found: Any) -> LockHeldError:
    who = f"{found.host}/{found.pid}"
    since = datetime.fromtimestamp(found.since, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return LockHeldError(
        message(
            "Another pass of {connector} is running: {who} (host/process), since {since}; let it finish.",
            connector=found.connector,
            who=who,
            since=since,
        ),
        who,
        found.since,
    )


def _lost(lock: Lock) -> LostLockError:
    return LostLockError(
        message(
            "This pass of {connector} was silent for so long that another one took over; it saves nothing more.",
            connector=lock.connector,
        )
    )
