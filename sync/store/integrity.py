"""Whether the store is sound: its pages, its disk, its schema, its cursors."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import select, text

from kpi_engine.message import Message, message
from sync.store.cursors import TOLERANCE
from sync.store.database import Database
from sync.store.schema import newest_revision, revision
from sync.store.tables import CURSOR

ROOM = 200 * 2**20
"""Bytes that should be free beside the store; a migration needs as much again as the store itself."""


def findings(database: Database, now: int) -> Iterator[Message]:
    """Yield what is wrong with the store, and nothing if it is sound. Raises StoreError if it cannot be read."""
    yield from _damage(database)
    yield from _little_room(database)
    yield from _another_schema(database)
    yield from _future_cursors(database, now)


def _damage(database: Database) -> Iterator[Message]:
    # PostgreSQL looks after its own pages.
    if database.path is None:
        return
    for found in database.scalars(text("PRAGMA quick_check(3)")):
        if found != "ok":
            yield message(
                "The store {store} is damaged ({reason}). Put a backup in its place.",
                store=database.name,
                reason=found,
            )


def _little_room(database: Database) -> Iterator[Message]:
    if database.path is None:
        return
    free = shutil.disk_usage(database.path.parent).free
    needed = max(ROOM, database.path.stat().st_size)
    if free < needed:
        yield message(
            "Only {free} MB are free beside the store {store}; it should have {needed} MB.",
            free=free // 2**20,
            needed=needed // 2**20,
            store=database.name,
        )


def _another_schema(database: Database) -> Iterator[Message]:
    found = revision(database)
    if found != newest_revision():
        yield message(
            "The store {store} was given schema {found} while this program, which knows {known}, was running.",
            store=database.name,
            found=found,
            known=newest_revision(),
        )


def _future_cursors(database: Database, now: int) -> Iterator[Message]:
    ahead = select(CURSOR).where(CURSOR.c.complete_through > now + TOLERANCE)
    for row in database.rows(ahead.order_by(CURSOR.c.connector, CURSOR.c.stream)):
        yield message(
            "the stream {stream} of {connector} is said to be complete through {instant}, in the future: look at this "
            "machine's clock, then have that stream pulled again.",
            connector=row.connector,
            stream=row.stream,
            instant=datetime.fromtimestamp(row.complete_through, UTC).isoformat(),
        )
