import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from connectors.base import Reject
from kpi_engine.message import message
from kpi_engine.records import TicketSnapshot
from sync.store import Store, StoreError
from sync.store import schema as store_schema

SAVE_A_PAGE = """
import sys, time
from pathlib import Path
from kpi_engine.records import EventKind, TicketEvent
from sync.store import Store
store = Store.open(sys.argv[1], Path(sys.argv[2]))
page = [
    TicketEvent(ticket_id=str(n), event_id=str(n), at=n, order=0, position=0, kind=EventKind.COMMENTED,
                actor_id=None, automatic=False)
    for n in range(2000)
]
with store.transaction():
    store.records.save("sao-mai", page)
    store.cursors.save("sao-mai", "history", "after", 2000, 3000)
    if sys.argv[3] == "inside":
        print("ready", flush=True)
        time.sleep(60)
print("ready", flush=True)
time.sleep(60)
"""

NEWEST = store_schema.newest_revision()
NEXT_STEP = f"""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{NEWEST}"
def upgrade():
    op.add_column("switch", sa.Column("note", sa.Text()))
"""

FAILING_STEP = NEXT_STEP + '    op.execute("INSERT INTO nowhere VALUES (1)")\n'


def kill_while(moment: str, url: str, directory: Path) -> None:
    command = [sys.executable, "-c", SAVE_A_PAGE, url, str(directory), moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        os.kill(other.pid, signal.SIGKILL)


def cursor(store: Store) -> str | None:
    found = store.cursors.get("sao-mai", "history")
    return None if found is None else found.cursor


def test_fault_01_killed_before_the_commit_leaves_neither_rows_nor_cursor(
    store: Store, url: str, tmp_path: Path, snapshot: Callable[..., TicketSnapshot]
) -> None:
    store.cursors.save("sao-mai", "history", "before", 1, 1)

    kill_while("inside", url, tmp_path)

    assert cursor(store) == "before"
    store.records.save("sao-mai", [snapshot("5")])
    assert [len(each.events) for each in store.records.histories("sao-mai", ["5"], 0)] == [0]


def test_fault_01_killed_after_the_commit_has_both_rows_and_cursor(
    store: Store, url: str, tmp_path: Path, snapshot: Callable[..., TicketSnapshot]
) -> None:
    kill_while("outside", url, tmp_path)

    assert cursor(store) == "after"
    store.records.save("sao-mai", [snapshot("5")])
    assert [len(each.events) for each in store.records.histories("sao-mai", ["5"], 0)] == [1]


def save_and_fail(store: Store) -> None:
    with store.transaction():
        store.switches.set("sao-mai", "a", 1)
        with store.transaction():
            store.cursors.save("sao-mai", "history", "c", 1, 1)
        assert cursor(store) == "c", "what was written inside is read inside"
        raise ZeroDivisionError


def test_an_error_inside_a_transaction_undoes_all_of_it(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        save_and_fail(store)

    assert cursor(store) is None
    assert store.switches.get("sao-mai", "a") is None


def save_despite_an_error(store: Store) -> None:
    with store.transaction():
        store.switches.set("sao-mai", "a", 1)
        with pytest.raises(StoreError, match=r"(?i)foreign key"):
            store.quarantine.put("sao-mai", "tickets", [Reject("1", message("Bad."), "")], pass_id=999, now=1)


def test_a_store_error_undoes_its_transaction_even_if_someone_catches_it(store: Store) -> None:
    with pytest.raises(StoreError, match="An error undid this transaction"):
        save_despite_an_error(store)

    assert store.switches.get("sao-mai", "a") is None
    store.switches.set("sao-mai", "a", 2)
    assert store.switches.get("sao-mai", "a") == "2"


def test_threads_each_have_their_own_transaction(store: Store) -> None:
    inside, done = threading.Event(), threading.Event()
    seen: list[str | None] = []

    def look() -> None:
        inside.wait(10)
        seen.append(store.switches.get("sao-mai", "a"))
        done.set()

    reader = threading.Thread(target=look)
    reader.start()
    with store.transaction():
        store.switches.set("sao-mai", "a", 1)
        inside.set()
        assert done.wait(10), "a reader never waits for a writer"
    reader.join()

    assert seen == [None]
    assert store.switches.get("sao-mai", "a") == "1"


def test_many_writers_wait_for_their_turn(store: Store) -> None:
    def count(number: int) -> None:
        for step in range(10):
            store.switches.set("sao-mai", f"{number}:{step}", step)

    threads = [threading.Thread(target=count, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(store.switches.number("sao-mai", f"{number}:9") == 9 for number in range(4))


def test_many_processes_may_create_the_store_at_once(url: str, tmp_path: Path) -> None:
    opened: list[Store] = []
    threads = [threading.Thread(target=lambda: opened.append(Store.open(url, tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(opened) == 4
    for each in opened:
        assert each.check() == []
        each.close()


def test_a_store_that_another_process_creates_meanwhile_is_not_taken_for_another_programs(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is done right after this one saw that nothing is there."""
    newest = store_schema.newest_revision

    def meanwhile() -> str:
        monkeypatch.setattr(store_schema, "newest_revision", newest)
        Store.open(url, tmp_path).close()
        return newest()

    monkeypatch.setattr(store_schema, "newest_revision", meanwhile)
    with Store.open(url, tmp_path) as store:
        assert store.check() == []


class RefusedOnce(sqlite3.Connection):
    """Refuses to turn WAL on while, it seems, others are about to do the same."""

    left = 1

    def execute(self, sql: str, *rest: object) -> sqlite3.Cursor:
        """Run a statement, or refuse to."""
        if "journal_mode" in sql and RefusedOnce.left:
            RefusedOnce.left -= 1
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise busy
        return super().execute(sql, *rest)  # type: ignore[arg-type]


def test_several_that_turn_wal_on_at_once_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(RefusedOnce, "left", 1)
    monkeypatch.setattr(sqlite3, "connect", lambda path, **how: connect(path, **how, factory=RefusedOnce))
    Store.open("sqlite:///new.db", tmp_path).close()
    assert RefusedOnce.left == 0


def test_a_store_is_kept_from_other_users(file_store: Store, tmp_path: Path) -> None:
    assert file_store.name == str(tmp_path / "store.db")
    assert (tmp_path / "store.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("not a url", "`store` is not a database URL. Write sqlite:///"),
        ("mysql://u:secret@h/d", "cannot be a mysql database"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///missing/store.db", "cannot be created: there is no such file or folder"),
    ],
)
def test_an_address_that_cannot_serve_is_refused(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=said) as refused:
        Store.open(url, tmp_path)

    assert "secret" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_postgresql_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"postgresql\+psycopg://kpi:\*\*\*@127\.0\.0\.1:1/kpi failed") as refused:
        Store.open("postgresql+psycopg://kpi:hidden@127.0.0.1:1/kpi", tmp_path)

    assert "hidden" not in str(refused.value)


def test_a_missing_postgresql_driver_is_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StoreError, match=r"pip install 'helpdesk-kpi\[postgresql\]'"):
        Store.open("postgresql+psycopg://127.0.0.1/kpi", tmp_path)


def test_fault_04_a_corrupt_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is no database" * 500)

    with pytest.raises(StoreError, match=r"is damaged .* put a backup in its place"):
        Store.open("sqlite:///store.db", tmp_path)

    assert path.read_bytes() == b"this is no database" * 500


def test_fault_04_a_damaged_page_is_found_by_check(tmp_path: Path, snapshot: Callable[..., TicketSnapshot]) -> None:
    with Store.open("sqlite:///store.db", tmp_path) as store:
        store.records.save("sao-mai", [snapshot(str(number)) for number in range(1000)])
    with (tmp_path / "store.db").open("r+b") as file:
        file.seek(-40_000, os.SEEK_END)
        file.write(b"\xff" * 20_000)

    with Store.open("sqlite:///store.db", tmp_path) as store:
        assert any("is damaged" in str(finding) for finding in store.check())
        with pytest.raises(StoreError, match="is damaged"):
            list(store.records.histories("sao-mai", [str(number) for number in range(1000)], 0))


def test_fault_04_another_programs_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("CREATE TABLE bookmarks (id INTEGER)")

    with pytest.raises(StoreError, match=r"another program's tables \(bookmarks\)"):
        Store.open("sqlite:///store.db", tmp_path)


def test_fault_04_a_busy_store_is_waited_for_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.store.database.BUSY_SECONDS", 0.05)
    with (
        Store.open("sqlite:///store.db", tmp_path) as store,
        closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is busy"):
            store.switches.set("sao-mai", "a", 1)
        assert store.switches.get("sao-mai", "a") is None
        other.execute("ROLLBACK")
        store.switches.set("sao-mai", "a", 2)


def save_page(store: Store, page: list[TicketSnapshot]) -> None:
    with store.transaction():
        store.cursors.save("sao-mai", "tickets", "after", 2, 2)
        store.records.save("sao-mai", page)


def limit(monkeypatch: pytest.MonkeyPatch, pragma: str) -> None:
    monkeypatch.setattr("sync.store.database._PRAGMAS", ("journal_mode=WAL", "foreign_keys=ON", pragma))


def test_fault_03_a_full_disk_undoes_the_page_and_keeps_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: Callable[..., TicketSnapshot]
) -> None:
    page = [snapshot(str(number), fields={"1": "x" * 500}) for number in range(2000)]
    with Store.open("sqlite:///store.db", tmp_path) as store:
        store.cursors.save("sao-mai", "tickets", "before", 1, 1)
    with monkeypatch.context() as full:
        limit(full, "max_page_count=120")
        with Store.open("sqlite:///store.db", tmp_path) as store:
            with pytest.raises(StoreError, match=r"disk of the store .* is full"):
                save_page(store, page)
            assert store.records.ticket_count("sao-mai") == 0

    with Store.open("sqlite:///store.db", tmp_path) as store:
        assert store.cursors.all("sao-mai")["tickets"].cursor == "before"
        assert store.check() == []
        assert store.records.save("sao-mai", page) == 2000


def test_fault_03_a_read_only_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open("sqlite:///store.db", tmp_path).close()
    limit(monkeypatch, "query_only=ON")

    with (
        Store.open("sqlite:///store.db", tmp_path) as store,
        pytest.raises(StoreError, match=r"is read-only\. Let this user write"),
    ):
        store.switches.set("sao-mai", "a", 1)


def test_fault_03_a_folder_in_the_stores_place_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()

    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open("sqlite:///store.db", tmp_path)


@pytest.fixture
def migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the migrations of a later version of the program, once a test adds a step."""
    copied = tmp_path / "migrations"
    shutil.copytree(store_schema.MIGRATIONS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(store_schema, "MIGRATIONS", copied)
    return copied / "versions"


def test_fault_04_an_older_schema_is_backed_up_then_migrated(tmp_path: Path, migrations: Path) -> None:
    with Store.open("sqlite:///store.db", tmp_path) as store:
        store.switches.set("sao-mai", "a", 1)
    (migrations / "r9999.py").write_text(NEXT_STEP)

    with Store.open("sqlite:///store.db", tmp_path) as store:
        assert store.switches.get("sao-mai", "a") == "1"
        assert store.check() == []

    backup = tmp_path / f"store.db.before_{NEWEST}"
    assert columns(tmp_path / "store.db") == ["connector", "key", "value", "note"]
    assert columns(backup) == ["connector", "key", "value"]
    assert backup.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("*.unfinished*"))


def columns(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute("PRAGMA table_info(switch)")]


def test_fault_04_a_second_backup_never_replaces_the_first(tmp_path: Path, migrations: Path) -> None:
    (tmp_path / f"store.db.before_{NEWEST}").write_text("precious")
    Store.open("sqlite:///store.db", tmp_path).close()
    (migrations / "r9999.py").write_text(NEXT_STEP)
    Store.open("sqlite:///store.db", tmp_path).close()

    assert (tmp_path / f"store.db.before_{NEWEST}").read_text() == "precious"
    assert columns(tmp_path / f"store.db.before_{NEWEST}_2") == ["connector", "key", "value"]


def test_fault_04_a_migration_that_fails_changes_nothing(url: str, tmp_path: Path, migrations: Path) -> None:
    with Store.open(url, tmp_path) as store:
        store.switches.set("sao-mai", "a", 1)
    (migrations / "r9999.py").write_text(FAILING_STEP)
    with pytest.raises(StoreError, match="nowhere"):
        Store.open(url, tmp_path)
    (migrations / "r9999.py").unlink()

    with Store.open(url, tmp_path) as store:
        assert store.switches.get("sao-mai", "a") == "1"
        assert store.check() == []


def test_fault_04_without_a_backup_nothing_is_migrated(
    tmp_path: Path, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    Store.open("sqlite:///store.db", tmp_path).close()
    (migrations / "r9999.py").write_text(NEXT_STEP)
    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(StoreError, match=r"no backup of it could be made .*No space left"):
        Store.open("sqlite:///store.db", tmp_path)

    assert columns(tmp_path / "store.db") == ["connector", "key", "value"]
    assert not list(tmp_path.glob("store.db.before*"))


def test_fault_04_a_newer_schema_is_refused_and_noticed_while_running(
    url: str, tmp_path: Path, migrations: Path
) -> None:
    Store.open(url, tmp_path).close()
    (migrations / "r9999.py").write_text(NEXT_STEP)
    with Store.open(url, tmp_path) as store:
        (migrations / "r9999.py").unlink()
        shutil.rmtree(migrations / "__pycache__", ignore_errors=True)
        assert [str(finding) for finding in store.check() if "9999" in str(finding)] != []

    with pytest.raises(StoreError, match=rf"newer version of helpdesk-kpi \(schema 9999; this one knows {NEWEST}\)"):
        Store.open(url, tmp_path)


def test_a_process_that_waited_for_anothers_migration_has_nothing_left_to_do(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(url, tmp_path).close()
    monkeypatch.setattr(store_schema, "_needs_migration", lambda _database: True)

    with Store.open(url, tmp_path) as store:
        assert store.check() == []
    assert not list(tmp_path.glob("*before*")), "no backup either"


def test_little_room_beside_the_store_is_a_finding(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.store.integrity.ROOM", 2**80)

    (finding,) = file_store.check()

    assert "MB are free beside the store" in str(finding)


def test_fault_16_a_cursor_that_was_right_until_the_clock_was_mended_is_a_finding(store: Store) -> None:
    store.cursors.save("sao-mai", "tickets", "c", 4_102_444_800, now=4_102_444_800)

    (finding,) = store.check(now=1_800_000_000)

    assert "tickets of sao-mai is said to be complete through 2100-01-01" in str(finding)
