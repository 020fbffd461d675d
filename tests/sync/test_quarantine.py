from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Reject, Stream
from kpi_engine.message import message
from sync.quarantine import MEASURING, retry
from sync.store import LockHeldError
from sync.store.locks import Holder

if TYPE_CHECKING:
    from tests.sync.conftest import World

NAME = "sao-mai"
EXPORT = "/api/v2/incremental/tickets/cursor.json"


def spoiled(page: Any) -> Any:  # noqa: ANN401 -- JSON
    """Return the page with a first ticket whose priority nobody can read."""
    page["tickets"][0]["priority"] = {"name": "urgent"}
    return page


@pytest.fixture
def quarantined(world: "World") -> "World":
    """Give a world with one ticket, which could not be read."""
    world.ticket()
    world.advance(120)
    world.sandbox.fail_next(EXPORT, spoiled)
    assert world.run().pulled.rejected == 1
    return world


def mend(world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    """Have today's program understand what yesterday's did not."""
    real = world.account.connector.read_again
    worse = '"priority": {}'  # the name in it was what somebody may have written: it is not kept
    monkeypatch.setattr(
        world.account.connector,
        "read_again",
        lambda stream, raw: real(stream, raw.replace(worse, '"priority": "urgent"')),
        raising=False,
    )


def test_what_still_cannot_be_read_stays(quarantined: "World") -> None:
    rows = quarantined.store.quarantine.all(NAME)
    found = retry(quarantined.account, rows)
    assert (found.read, found.unreadable) == ([], rows)
    assert quarantined.store.quarantine.count(NAME) == 1


def test_what_can_be_read_by_now_is_saved_and_measured_by_the_next_pass(
    quarantined: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    world = quarantined
    mend(world, monkeypatch)
    found = retry(world.account, world.store.quarantine.all(NAME))
    assert len(found.read) == 1
    assert world.store.quarantine.count(NAME) == 0
    world.run()
    (ticket,) = world.state.tickets
    assert world.store.readings.get(NAME, str(ticket)) is not None


def test_a_ticket_read_again_keeps_the_fields_it_was_last_seen_with(
    world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run()
    world.advance(120)
    world.run()
    known = world.store.records.snapshots(NAME, [str(ticket.id)])[str(ticket.id)].fields
    assert known
    world.state.change(ticket.id, world.agents[0], priority="high")
    world.advance(120)
    world.sandbox.fail_next(EXPORT, spoiled)
    world.run()
    mend(world, monkeypatch)
    assert len(retry(world.account, world.store.quarantine.all(NAME)).read) == 1
    assert world.store.records.snapshots(NAME, [str(ticket.id)])[str(ticket.id)].fields == known


def test_a_ticket_that_broke_a_rule_is_measured_again(world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = world.ticket()
    world.advance(120)
    with monkeypatch.context() as broken:
        broken.setattr("sync.measuring.measure", lambda *_, **__: 1 / 0)
        world.run()
    (row,) = world.store.quarantine.all(NAME)
    assert row.stream == MEASURING
    assert retry(world.account, [row]).read == [row]
    world.run()
    assert world.store.readings.get(NAME, str(ticket.id)) is not None
    assert world.store.quarantine.count(NAME) == 0


def test_a_row_of_a_list_is_left_to_the_next_pull_for_its_name_was_not_kept(world: "World") -> None:
    world.store.quarantine.put(NAME, Stream.AGENTS, [Reject("users:1", message("no"), '{"id": 1}')], None, 1)
    rows = world.store.quarantine.all(NAME)
    assert retry(world.account, rows).listed == rows
    assert world.store.quarantine.count(NAME) == 1


@pytest.mark.parametrize("raw", ["", '{"id": 1, "cut'])
def test_a_row_that_was_not_kept_whole_stays_unreadable(world: "World", raw: str) -> None:
    world.store.quarantine.put(NAME, Stream.TICKETS, [Reject("tickets:1", message("no"), raw)], None, 1)
    rows = world.store.quarantine.all(NAME)
    assert retry(world.account, rows).unreadable == rows


def test_nothing_is_read_again_while_a_pass_runs(quarantined: "World") -> None:
    world = quarantined
    now = world.account.now()
    world.store.locks.acquire(NAME, Holder("elsewhere", 1, now), now)
    with pytest.raises(LockHeldError):
        retry(world.account, world.store.quarantine.all(NAME))


def test_rows_can_be_asked_for_by_id(quarantined: "World") -> None:
    (row,) = quarantined.store.quarantine.all(NAME)
    assert quarantined.store.quarantine.some(NAME, [row.quarantine_id, 99]) == [row]
