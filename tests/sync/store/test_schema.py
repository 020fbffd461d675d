import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sync.store import Store, StoreError
from sync.store import schema as store_schema
from sync.store.database import database
from sync.store.tables import METADATA


def test_the_migrations_create_exactly_the_tables_the_store_uses(url: str, tmp_path: Path) -> None:
    Store.open(url, tmp_path).close()
    with closing(database(url, tmp_path)) as opened, opened.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": store_schema.VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []


def test_sqlite_also_agrees_on_what_a_comparison_overlooks(tmp_path: Path) -> None:
    Store.open("sqlite:///store.db", tmp_path).close()
    expected = sa.create_engine("sqlite://")
    METADATA.create_all(expected)
    written = sa.text("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name <> :version")
    version = {"version": store_schema.VERSION_TABLE}

    with closing(database("sqlite:///store.db", tmp_path)) as opened, opened.reading() as connection:
        migrated = {name: unordered(sql) for name, sql in connection.execute(written, version)}
    with expected.connect() as connection:
        wanted = {name: unordered(sql) for name, sql in connection.execute(written, version)}
    expected.dispose()

    assert migrated == wanted


def unordered(sql: str) -> set[str]:
    return {part.strip(" \n\t)") for part in sql.split(",")}


NEWEST = store_schema.newest_revision()
NEXT_STEP = f"""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{NEWEST}"
def upgrade():
    op.add_column("switch", sa.Column("note", sa.Text()))
"""


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_fault_04_an_older_postgresql_schema_is_copied_then_migrated(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(postgresql, tmp_path) as store:
        store.switches.set("sao-mai", "a", 1)
    monkeypatch.setattr(store_schema, "MIGRATIONS", shutil.copytree(store_schema.MIGRATIONS, tmp_path / "migrations"))
    (tmp_path / "migrations" / "versions" / "r9999.py").write_text(NEXT_STEP)
    with connected(postgresql) as connection:
        connection.execute(sa.text(f"CREATE TABLE pass_before_{NEWEST} (precious INTEGER)"))

    with Store.open(postgresql, tmp_path) as store:
        assert store.switches.get("sao-mai", "a") == "1"

    with connected(postgresql) as connection:
        migrated = connection.execute(sa.text("SELECT * FROM switch")).mappings().all()
        copied = connection.execute(sa.text(f"SELECT * FROM switch_before_{NEWEST}_2")).all()
    assert [dict(row) for row in migrated] == [{"connector": "sao-mai", "key": "a", "value": "1", "note": None}]
    assert [tuple(row) for row in copied] == [("sao-mai", "a", "1")]


def test_a_shared_postgresql_is_used_unless_a_table_of_that_name_is_there(postgresql: str, tmp_path: Path) -> None:
    with connected(postgresql) as connection:
        connection.execute(sa.text("CREATE TABLE bookmarks (id INTEGER)"))
        connection.execute(sa.text("CREATE TABLE reading (id INTEGER)"))
    with pytest.raises(StoreError, match=r"another program's tables \(reading\)"):
        Store.open(postgresql, tmp_path)

    with connected(postgresql) as connection:
        connection.execute(sa.text("DROP TABLE reading"))
    Store.open(postgresql, tmp_path).close()
