import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from sync.store import Store
from sync.store import schema as store_schema
from sync.store.database import database

if TYPE_CHECKING:
    from collections.abc import Callable

    from kpi_engine.records import TicketEvent, TicketSnapshot

# As revision 0001 wrote them, one row of each table that settlement touches and of those beside it.
CONTENT = """
INSERT INTO record VALUES ('sao-mai', '7', 'snapshot', '', 5, 'd1',
  '["7",5,1000,2000,"solved","urgent","31","41","51","51",null,null,"web",["vip"],{}]');
INSERT INTO record VALUES ('sao-mai', '7', 'event', 'e1', 0, 'd2',
  '["7","e1",1500,1,0,"commented","31",false,null,null,null,true]');
INSERT INTO record VALUES ('sao-mai', '8', 'event', 'e2', 0, 'd3',
  '["8","e2",1500,1,0,"commented","31",false,null,null,null,true]');
INSERT INTO stale VALUES ('sao-mai', '8');
INSERT INTO reading VALUES ('sao-mai', '7', null, null, null, 0, 1, '{}', '["an older shape"]');
INSERT INTO reading_day VALUES ('sao-mai', 0, '7');
INSERT INTO edition VALUES (1, 'sao-mai', 'policies', '', null, 'd', '{"version":1}');
INSERT INTO switch VALUES ('sao-mai', 'armed', '1234');
INSERT INTO cursor VALUES ('sao-mai', 'tickets', 'c1', 2000, 2001);
INSERT INTO ledger_entry VALUES (1, 'sao-mai', '7', 'first_reply', 0, 'breach', 0, 'fired', 1800, 1900, '31', 'g', 'd');
INSERT INTO published_cell
  VALUES (1, 'sao-mai', 'solved', 'agent', '31', '2026-W40', 3.0, 3, null, null, 1900, '["d"]');
"""


def at_first_revision(url: str, folder: Path) -> None:
    """Make a database as the first release left it."""
    (folder / "store.db").touch()
    with closing(database(url, folder)) as opened, opened.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(store_schema.MIGRATIONS))
        config.attributes.update(connection=connection, version_table=store_schema.VERSION_TABLE)
        command.upgrade(config, "0001")
        for statement in filter(str.strip, CONTENT.split(";\n")):
            connection.exec_driver_sql(statement.replace("0, 1, '{}'", "false, 1, '{}'"))


def test_the_files_of_the_revisions_are_named_for_them_one_following_the_other() -> None:
    scripts = list(ScriptDirectory(str(store_schema.MIGRATIONS)).walk_revisions())
    names = [Path(script.path).stem[1:].partition("_")[0] for script in scripts]
    assert names == [script.revision for script in scripts] == sorted(names, reverse=True)
    assert store_schema.newest_revision() == names[0]


@pytest.fixture
def migrated(url: str, tmp_path: Path) -> Store:
    at_first_revision(url, tmp_path)
    return Store.open(url, tmp_path)


def test_a_store_of_the_first_revision_keeps_what_was_pulled_and_shown(migrated: Store) -> None:
    with migrated as store:
        (history,) = store.records.histories("sao-mai", ["7"], 0)
        assert (history.latest.requester_id, history.latest.tags, len(history.events)) == ("51", ("vip",), 1)
        assert history.latest.custom_status_id is None
        assert store.switches.number("sao-mai", "armed") == 1234
        assert store.cursors.all("sao-mai")["tickets"].cursor == "c1"
        assert len(store.editions.all("sao-mai")) == 1
        assert len(store.ledger.entries("sao-mai", ["7"])) == 1
        assert [cell.value for cell in store.published.for_period("sao-mai", "2026-W40")] == [3.0]
        assert store.check() == []


def test_all_its_tickets_are_measured_again_and_nothing_is_settled_yet(
    migrated: Store, snapshot: "Callable[..., TicketSnapshot]", event: "Callable[..., TicketEvent]"
) -> None:
    with migrated as store:
        assert store.readings.count("sao-mai") == 0
        assert list(store.readings.in_period("sao-mai", 0, 86_400)) == []
        assert store.records.stale("sao-mai") == ["7"]
        assert store.switches.get("sao-mai", "settled_through") is None
        assert store.settled.corrections("sao-mai") == []
        store.records.save("sao-mai", [event("9"), snapshot("9")])
        assert store.records.stale("sao-mai") == ["7", "9"]


def test_the_older_database_is_backed_up(tmp_path: Path) -> None:
    at_first_revision("sqlite:///store.db", tmp_path)
    Store.open("sqlite:///store.db", tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "store.db.before_0001")) as connection:
        assert connection.execute("SELECT count(*) FROM reading").fetchone() == (1,)
