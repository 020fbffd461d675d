"""The one place that talks to the database library: connections, transactions, upserts, and what its errors mean."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from kpi_engine.message import Message, message
from sync.store.errors import StoreError

BUSY_SECONDS = 30.0
"""How long a writer waits for another process's transaction; ours last well under a second."""

_WRITING = "helpdesk_kpi_writing"

# WAL lets `status` and `report` read while a pass writes. synchronous=FULL costs one fsync a commit, a few dozen a
# pass; NORMAL could lose the last commits at a power cut, and with them the intent that says a write may already have
# reached the helpdesk: the very thing that keeps us from creating a summary ticket twice.
_STATEMENTS = 16  # kept prepared: one that saves hundreds of rows takes half a megabyte, and each number is another one
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")

Insert = sqlite.Insert | postgresql.Insert
Rows = Sequence[Mapping[str, object]]


class Database:
    """An engine, and for each thread the write transaction it is in.

    A connection belongs to one transaction of one thread at a time; between transactions it rests in the pool.
    """

    def __init__(self, engine: Engine, name: str, path: Path | None) -> None:
        self.engine = engine
        self.name = name
        self.path = path
        self._thread = threading.local()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the thread's write transaction, beginning and committing one unless it is already in one.

        A database error undoes the whole transaction, whoever catches it. Raises StoreError.
        """
        current: Connection | None = getattr(self._thread, "connection", None)
        if current is None:
            with self._translated(), self._own_transaction() as connection:
                yield connection
        else:
            with self._translated(current):
                yield current

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give the thread's write transaction if it is in one, else a consistent view. Raises StoreError."""
        current: Connection | None = getattr(self._thread, "connection", None)
        if current is None:
            with self._translated(), self.engine.connect() as connection, connection.begin():
                yield connection
        else:
            with self._translated(current):
                yield current

    @contextmanager
    def _own_transaction(self) -> Iterator[Connection]:
        writer = self.engine.connect().execution_options(**{_WRITING: True})
        with writer as connection, connection.begin() as transaction:
            self._thread.connection = connection
            try:
                yield connection
            finally:
                self._thread.connection = None
            if not transaction.is_active:
                raise StoreError(message("An error undid this transaction, and nothing of it was saved."))

    @contextmanager
    def _translated(self, joined: Connection | None = None) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            transaction = joined.get_transaction() if joined is not None else None
            if transaction is not None:
                transaction.rollback()
            raise StoreError(_meaning(error, self.name)) from error

    def insert(self, table: Table) -> Insert:
        """Return the dialect's insert, which knows ON CONFLICT."""
        return postgresql.insert(table) if self.engine.dialect.name == "postgresql" else sqlite.insert(table)

    def upsert(self, table: Table, rows: Rows) -> None:
        """Insert `rows` (all with the same columns), or set those columns where the primary key exists."""
        if not rows:
            return
        statement = self.insert(table)
        keys = [column.name for column in table.primary_key]
        values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        with self.writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), list(rows))

    def add_missing(self, table: Table, rows: Rows) -> None:
        """Insert those of `rows` that break no uniqueness: many, of which nobody asks how many were new."""
        if rows:
            with self.writing() as connection:
                connection.execute(self.insert(table).on_conflict_do_nothing(), list(rows))

    def insert_missing(self, table: Table, rows: Rows) -> int:
        """Insert those of `rows` that break no uniqueness, and return how many they were."""
        if not rows:
            return 0
        new = self.insert(table).on_conflict_do_nothing().returning(*table.primary_key)
        with self.writing() as connection:
            return len(connection.execute(new, list(rows)).all())

    def rows(self, statement: Any) -> Sequence[Any]:
        """Return all rows of a select."""
        with self.reading() as connection:
            return connection.execute(statement).all()

    def scalars(self, statement: Any) -> Sequence[Any]:
        """Return the values of a select of one column."""
        with self.reading() as connection:
            return connection.execute(statement).scalars().all()

    def scalar(self, statement: Any) -> Any:
        """Return the one value of a select, None where there is no row."""
        with self.reading() as connection:
            return connection.execute(statement).scalar()

    def execute(self, statement: Any) -> int:
        """Run a statement and return the number of rows it touched."""
        with self.writing() as connection:
            return int(connection.execute(statement).rowcount)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def database(url: str, directory: Path) -> Database:
    """Return the database at `url`, a relative SQLite path being relative to `directory`; connects to nothing yet.

    Raises StoreError for a URL that cannot serve.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, directory)
    return Database(_postgresql_engine(address), address.render_as_string(hide_password=True), None)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreError(message("`store` is not a database URL. {allowed}", allowed=_ALLOWED)) from error
    if address.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise StoreError(
            message("`store` cannot be a {kind} database. {allowed}", kind=address.drivername, allowed=_ALLOWED)
        )
    return address


_ALLOWED = message("Write sqlite:///helpdesk-kpi.db or postgresql+psycopg://user@host/database.")


def _postgresql_engine(address: URL) -> Engine:
    try:
        return create_engine(address, pool_pre_ping=True)
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            message("The PostgreSQL driver is not installed: run `pip install 'helpdesk-kpi[postgresql]'`.")
        ) from error


def _sqlite(address: URL, directory: Path) -> Database:
    if not address.database or address.database == ":memory:":
        raise StoreError(message("`store` names no file. {allowed}", allowed=_ALLOWED))
    path = directory / address.database
    engine = create_engine("sqlite://", creator=lambda: _sqlite_connection(path), poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return Database(engine, str(path), path)


def _sqlite_connection(path: Path) -> sqlite3.Connection:
    # No isolation level: Python's driver would begin transactions late and leave DDL outside them. Not tied to a
    # thread: the pool lends a connection to one thread at a time.
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )
    try:
        for pragma in _PRAGMAS:
            _patience(_set, connection, pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _set(connection: sqlite3.Connection, pragma: str) -> None:
    connection.execute(f"PRAGMA {pragma}").fetchall()  # to its end: nothing may stay under way


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY


# Where several processes turn a new file's WAL on, SQLite refuses all but one at once, however long they would wait.
_patience = Retrying(
    retry=retry_if_exception(_is_busy), wait=wait_random(0, 0.1), stop=stop_after_delay(BUSY_SECONDS), reraise=True
)


def _begin(connection: Connection) -> None:
    # A writer that begins as a reader can find itself unable to upgrade; IMMEDIATE waits for its turn at once.
    writing = connection.get_execution_options().get(_WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


_CORRUPT = message(
    "The store {store} is damaged ({reason}). Stop helpdesk-kpi and put a backup in its place, or move it away: "
    "the next pass then pulls everything again."
)
_SQLITE_MEANINGS = {
    sqlite3.SQLITE_FULL: message("The disk of the store {store} is full. Nothing was saved: free some space."),
    sqlite3.SQLITE_READONLY: message("The store {store} is read-only. Let this user write the file and its folder."),
    sqlite3.SQLITE_PERM: message("The store {store} may not be opened. Let this user write the file and its folder."),
    sqlite3.SQLITE_CANTOPEN: message(
        "The store {store} cannot be opened. Its folder must exist, and this user must be allowed to write there."
    ),
    sqlite3.SQLITE_BUSY: message("The store {store} is busy: another program has been writing to it for too long."),
    sqlite3.SQLITE_LOCKED: message("The store {store} is busy: another program has been writing to it for too long."),
    sqlite3.SQLITE_IOERR: message("The disk of the store {store} failed ({reason}). Nothing was saved."),
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_NOTADB: _CORRUPT,
}
_OTHER = message("The store {store} failed: {reason}")


def _meaning(error: SQLAlchemyError, store: str) -> Message:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # The low byte is the kind of failure, the rest its detail.
    known = _SQLITE_MEANINGS.get(getattr(cause, "sqlite_errorcode", -1) & 0xFF, _OTHER)
    reason = str(cause).strip().partition("\n")[0]
    return Message(known.text, {"store": store, "reason": reason})
