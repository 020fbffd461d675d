"""A real store for every test: an SQLite file, and PostgreSQL too where HELPDESK_KPI_TEST_POSTGRESQL names one."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from kpi_engine.records import EventKind, Rating, TicketEvent, TicketSnapshot
from sync.store import Store

POSTGRESQL = os.environ.get("HELPDESK_KPI_TEST_POSTGRESQL")


@pytest.fixture
def postgresql() -> Iterator[str]:
    """Give the address of an empty schema in a real PostgreSQL."""
    if not POSTGRESQL:
        pytest.skip("HELPDESK_KPI_TEST_POSTGRESQL names no PostgreSQL to test against")
    schema = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(POSTGRESQL.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        yield f"{POSTGRESQL}?options=-csearch_path%3D{schema}"
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRESQL else ["sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database."""
    return "sqlite:///store.db" if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    with Store.open(url, tmp_path) as opened:
        yield opened


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty SQLite store."""
    with Store.open("sqlite:///store.db", tmp_path) as opened:
        yield opened


@pytest.fixture
def snapshot() -> Callable[..., TicketSnapshot]:
    """Make a snapshot, saying only what matters."""

    def make(ticket_id: str = "1", version: int = 1, **values: object) -> TicketSnapshot:
        nobody = dict.fromkeys(("priority", "assignee_id", "group_id", "requester_id", "submitter_id"))
        rest = dict.fromkeys(("brand_id", "form_id", "channel"))
        given = {"created_at": 10, "updated_at": version, "status": "open", "tags": (), **nobody, **rest, **values}
        return TicketSnapshot(ticket_id=ticket_id, version=version, **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def event() -> Callable[..., TicketEvent]:
    """Make an event, saying only what matters."""

    def make(ticket_id: str = "1", event_id: str = "e1", at: int = 10, **values: object) -> TicketEvent:
        given = {"order": 0, "position": 0, "kind": EventKind.CHANGED, "actor_id": "7", "automatic": False, **values}
        return TicketEvent(ticket_id=ticket_id, event_id=event_id, at=at, **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def rating() -> Callable[..., Rating]:
    """Make a rating, saying only what matters."""

    def make(ticket_id: str = "1", version: int = 1, **values: object) -> Rating:
        given = {"category": "good", "score": None, "scale": None, "agent_id": None, "group_id": None, **values}
        return Rating(ticket_id=ticket_id, rating_id="r1", at=20, version=version, **given)  # type: ignore[arg-type]

    return make
