"""Bringing the store's schema up to date: never without a copy of what was there, never backwards."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from kpi_engine.message import message
from sync.file_errors import why
from sync.store.database import Database
from sync.store.errors import StoreError
from sync.store.tables import METADATA

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "helpdesk_kpi_schema"

_MIGRATION_LOCK = 7_104_120_451  # any number of our own: PostgreSQL's advisory locks are told apart by number


def bring_up_to_date(database: Database) -> None:
    """Create the tables, or back up and migrate an older schema, in one transaction. Raises StoreError."""
    if database.path is not None:
        _create_file(database.path)
    if _needs_migration(database):
        with database.writing() as connection:
            _one_at_a_time(connection)
            _migrate(database, connection)


def revision(database: Database) -> str | None:
    """Return the schema's revision, None in an empty database."""
    with database.reading() as connection:
        return _revision(connection)


def newest_revision() -> str:
    """Return the revision this program works with."""
    return max(_known_revisions())


def _create_file(path: Path) -> None:
    # It names people and what they did: nobody else's business.
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(
            message("The store {store} cannot be created: {reason}.", store=str(path), reason=why(error))
        ) from error


def _needs_migration(database: Database) -> bool:
    with database.reading() as connection:
        there = set(inspect(connection).get_table_names())  # first: another process may be creating ours right now
        found = _revision(connection)
    if found == newest_revision():
        return False
    if found is None:
        _refuse_other_programs_tables(database, there)
    elif found not in _known_revisions():
        raise StoreError(
            message(
                "The store {store} was written by a newer version of helpdesk-kpi (schema {found}; this one knows "
                "{known}). Install that version, or restore the backup made before it migrated the store.",
                store=database.name,
                found=found,
                known=newest_revision(),
            )
        )
    return True


def _refuse_other_programs_tables(database: Database, there: set[str]) -> None:
    # A file is one program's; a PostgreSQL database may be shared as long as names do not clash.
    foreign = there if database.path is not None else there & METADATA.tables.keys()
    if foreign:
        raise StoreError(
            message(
                "{store} holds another program's tables ({tables}). Name another database in `store`.",
                store=database.name,
                tables=", ".join(sorted(foreign)[:5]),
            )
        )


def _one_at_a_time(connection: Connection) -> None:
    # On SQLite the write transaction itself keeps everyone else out.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})


def _migrate(database: Database, connection: Connection) -> None:
    found = _revision(connection)  # again: another process may have migrated while this one waited
    if found == newest_revision():
        return
    if found is not None:
        _back_up(database, connection, found)
    from alembic import command  # noqa: PLC0415 -- only who migrates pays for loading it, not every start
    from alembic.config import Config  # noqa: PLC0415 -- the same

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    command.upgrade(config, "head")


def _known_revisions() -> set[str]:
    """Return the revisions by the names of their files: to ask Alembic takes longer than all else at a start."""
    return {path.stem[1:].partition("_")[0] for path in (MIGRATIONS / "versions").glob("r*.py")}


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 -- a constant
    return found


def _back_up(database: Database, connection: Connection, found: str) -> None:
    if database.path is None:
        _copy_tables(connection, found)
    else:
        _copy_file(database.path, found)


def _copy_tables(connection: Connection, found: str) -> None:
    there = set(inspect(connection).get_table_names())
    suffix = next(name for name in _backup_names(f"_before_{found}") if f"pass{name}" not in there)
    for table in sorted(there & METADATA.tables.keys()):
        connection.execute(text(f'CREATE TABLE "{table}{suffix}" AS TABLE "{table}"'))


def _copy_file(path: Path, found: str) -> None:
    names = (path.with_name(path.name + suffix) for suffix in _backup_names(f".before_{found}"))
    backup = next(name for name in names if not name.exists())
    unfinished = backup.with_name(backup.name + ".unfinished")
    try:
        _create_file(unfinished)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
        _flush(unfinished)
        unfinished.replace(backup)
    except (sqlite3.Error, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(
            message(
                "The store {store} needs a new schema, but no backup of it could be made ({reason}). "
                "Nothing was changed: free some space beside it.",
                store=str(path),
                reason=str(error),
            )
        ) from error


def _backup_names(first: str) -> Iterator[str]:
    yield first
    yield from (f"{first}_{number}" for number in count(2))


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
