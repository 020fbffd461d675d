from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from connectors.base import DATING, Page, Stream, Unavailable
from connectors.errors import ConnectorError, TransientError, UnexpectedPayloadError
from kpi_engine.message import message
from sync.exits import Exit, exit_for
from sync.figures import missing_inputs
from sync.pull import complete_through
from sync.store.errors import LostLockError
from sync.store.locks import Lock

if TYPE_CHECKING:
    from tests.sync.conftest import World

TICKETS = "/api/v2/incremental/tickets/cursor*"
HISTORY = "/api/v2/incremental/ticket_events*"
JOBS = "/api/v2/job_statuses/*"


def second_page(world: "World", path: str, act: Callable[[], object]) -> None:
    """Let `act` happen just before the second request from now to `path` is answered."""
    world.sandbox.before_next(path, lambda: world.sandbox.before_next(path, act))


def stored(world: "World") -> int:
    return world.store.records.ticket_count(world.account.name)


def test_everything_the_helpdesk_has_is_stored_once(small_world: "World") -> None:
    world = small_world
    world.advance(120)
    pulled = world.run(dry_run=True).pulled
    exported = [ticket for ticket in world.state.tickets.values() if ticket.support_type == "agent"]
    assert stored(world) == len(exported) == pulled.rows[Stream.TICKETS]
    assert pulled.new == sum(pulled.rows.values())
    assert (pulled.rejected, pulled.skipped) == (0, {})
    again = world.run(dry_run=True).pulled
    assert again.new == 0


def test_progress_is_told_after_every_page(small_world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Stream, int]] = []
    monkeypatch.setattr("tests.sync.conftest.silent", lambda stream, rows, _total: told.append((stream, rows)))
    small_world.run(dry_run=True)
    assert [rows for stream, rows in told if stream is Stream.TICKETS] == [10, 20, 30, 40]


def test_what_dates_a_pass_comes_before_people_and_calendars(world: "World") -> None:
    order = list(dict.fromkeys(path for _, path, _ in run_and_list(world)))
    assert order.index("/api/v2/satisfaction_ratings.json") < order.index("/api/v2/users.json")


def run_and_list(world: "World") -> list[tuple[str, str, int]]:
    before = len(world.sandbox.requests)
    world.run(dry_run=True)
    return world.sandbox.requests[before:]


@pytest.mark.parametrize(
    ("kind", "error", "path"),
    [
        (429, TransientError, TICKETS),
        (500, TransientError, TICKETS),
        ("drop", TransientError, TICKETS),
        ("html", UnexpectedPayloadError, TICKETS),
        ("truncated", UnexpectedPayloadError, TICKETS),
        (503, TransientError, HISTORY),
        ("cut", UnexpectedPayloadError, HISTORY),
    ],
)
def test_a_failure_ends_the_pass_between_two_pages(
    small_world: "World", kind: int | str, error: type[ConnectorError], path: str
) -> None:
    """The second page never comes: the first is saved with its cursor, and the next pass goes on behind it."""
    world = small_world
    second_page(world, TICKETS, lambda: world.sandbox.fail_next(path, kind, None))
    with pytest.raises(error) as raised:
        world.run()
    assert exit_for(raised.value) is Exit.UNAVAILABLE
    whole = path == HISTORY
    assert stored(world) == (40 if whole else 10)
    cursors = world.store.cursors.all(world.account.name)
    assert set(cursors) == {Stream.TICKETS}
    assert cursors[Stream.TICKETS].cursor is not None
    assert world.store.passes.last(world.account.name, 1)[0].state == "failed"
    assert world.store.changes.pending_count(world.account.name) == 0
    world.sandbox.clear_faults()
    report = world.run()
    assert report.pulled.rows[Stream.TICKETS] == (0 if whole else 30)
    assert stored(world) == 40
    assert report.sent.delivered


@pytest.mark.parametrize("kind", [429, "drop", "html", "truncated", "expired_token"])
def test_a_failure_that_passes_costs_nothing_but_time(small_world: "World", kind: int | str) -> None:
    world = small_world
    second_page(world, TICKETS, lambda: world.sandbox.fail_next(TICKETS, kind, 1))
    report = world.run(dry_run=True)
    assert report.pulled.rows[Stream.TICKETS] == 40


def test_a_pass_that_lost_its_lock_saves_neither_rows_nor_cursor(small_world: "World") -> None:
    world = small_world
    second_page(world, TICKETS, lambda: world.store.locks.release(Lock(world.account.name, 1)))
    with pytest.raises(LostLockError):
        world.run()
    assert stored(world) == 10


def test_a_row_nobody_can_read_is_set_aside_and_the_rest_goes_on(small_world: "World") -> None:
    world = small_world

    def spoilt(page: dict[str, list[dict[str, object]]]) -> object:
        page["tickets"][0]["created_at"] = "yesterday"
        return page

    world.sandbox.fail_next(TICKETS, spoilt, 1)
    report = world.run(dry_run=True)
    assert report.pulled.rejected == 1
    (row,) = world.store.quarantine.all(world.account.name)
    assert (row.stream, stored(world)) == (Stream.TICKETS, 39)


def test_a_stream_the_account_lacks_is_skipped_and_holds_nothing_back(make_world: "Callable[..., World]") -> None:
    world = make_world(sandbox={"tickets": 20, "days": 7})
    world.sandbox.features.clear()
    report = world.run(dry_run=True)
    assert set(report.pulled.skipped) == {Stream.RATINGS, Stream.SCHEDULES}
    assert report.as_of == world.sandbox.now - 70
    assert set(missing_inputs(world.account)) == {"satisfaction_rate"}


def test_people_who_left_the_listing_are_marked_as_gone(world: "World") -> None:
    world.run(dry_run=True)
    world.state.users[world.agents[0]].role = "end-user"
    world.run(dry_run=True)
    now = {agent.agent_id for agent in agents(world)}
    assert str(world.agents[0]) not in now
    assert str(world.agents[0]) in {agent.agent_id for agent in agents(world, gone=True)}


def agents(world: "World", *, gone: bool = False) -> list["object"]:
    return world.store.records.account(world.account.name, Stream.AGENTS, gone=gone)


def test_data_is_complete_through_what_the_slowest_stream_has_told(world: "World") -> None:
    world.run(dry_run=True)
    cursors = world.store.cursors.all(world.account.name)
    told = [cursors[stream].complete_through for stream in DATING]
    assert complete_through(world.account) == min(told) == world.sandbox.now - 70


def test_nothing_is_complete_before_every_dating_stream_has_said_so(world: "World") -> None:
    """A stream whose pages do not say how far they go: nothing is measured, nothing written, and the pass is whole."""
    real = world.account.connector.pull

    def vague(stream: Stream, cursor: str | None) -> Iterator[Page]:
        for page in real(stream, cursor):
            through = None if stream is Stream.HISTORY else page.complete_through
            yield Page(page.records, page.rejects, page.cursor, through, page.total)

    world.ticket()
    world.advance(120)
    world.instead(pull=vague)
    report = world.run()
    assert (report.as_of, report.measured, report.writes_planned) == (None, 0, 0)
    assert world.store.passes.last(world.account.name, 1)[0].state == "done"


def test_nothing_is_complete_where_no_dating_stream_exists(world: "World") -> None:
    def absent(stream: Stream, _cursor: str | None) -> Iterator[Page]:
        raise Unavailable(message("no {stream} here", stream=stream))

    world.instead(pull=absent)
    assert world.run().as_of is None
    assert complete_through(world.account) is None


def test_a_stream_that_the_account_lost_holds_nothing_back_any_more(world: "World") -> None:
    world.run(dry_run=True)
    world.sandbox.fail_next("/api/v2/satisfaction_ratings*", 404, times=None)
    world.advance(86_400)
    report = world.run(dry_run=True)
    assert set(report.pulled.skipped) == {Stream.RATINGS}
    assert report.as_of == world.sandbox.now - 70
    world.sandbox.clear_faults()
    assert world.run(dry_run=True).pulled.skipped == {}
