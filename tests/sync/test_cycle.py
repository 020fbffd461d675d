import os
import socket
from typing import TYPE_CHECKING

import pytest

from connectors.base import Stream, Target
from connectors.errors import SignInError, TransientError
from sync.cycle import Mode, PassReport
from sync.exits import Exit, exit_for
from sync.planning import ARMED
from sync.store.errors import LockHeldError
from sync.store.locks import Holder

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import Played, World

NAME = "sao-mai"
BULK = "/api/v2/tickets/update_many*"


def planned(report: PassReport) -> dict[str, dict[str, object]]:
    return {plan.ticket_id: {change.key: change.new for change in plan.changes} for plan in report.plans}


@pytest.fixture
def busy(world: "World") -> "World":
    """Give an account with an open and an overdue ticket, and one solved long ago."""
    world.answered()
    world.ticket()
    world.advance(3600)
    world.ticket()
    world.advance(120)
    return world


@pytest.mark.parametrize("mode", [{"yes": False}, {"dry_run": True, "yes": False}, {"dry_run": True, "yes": True}])
def test_nothing_is_written_before_a_pass_was_allowed_to(busy: "World", mode: dict[str, bool]) -> None:
    """Rows and cursors are kept and every write is shown; nothing is queued and nothing sent."""
    report = busy.run(**mode)
    assert not report.armed
    assert len(report.plans) == 2
    assert (busy.writes, report.sent.delivered, report.created_fields) == ([], [], [])
    assert busy.store.changes.counts(NAME) == {}
    assert busy.store.switches.number(NAME, ARMED) is None
    assert busy.store.records.ticket_count(NAME) == 3
    offered = set(busy.account.connector.streams) - {Stream.SURVEYS}  # which this account has not
    assert set(busy.store.cursors.all(NAME)) == offered


def test_the_first_writing_pass_writes_what_the_dry_run_showed(busy: "World") -> None:
    shown = planned(busy.run(dry_run=True, yes=False))
    again = planned(busy.run(yes=False))
    written = busy.run()
    assert shown == again == planned(written) != {}
    assert written.armed
    assert {queued.target_id: dict(queued.values) for queued in written.sent.delivered} == shown


def test_the_leave_to_write_is_remembered(busy: "World") -> None:
    as_of = busy.run().as_of
    assert busy.store.switches.number(NAME, ARMED) == as_of
    busy.ticket()
    busy.advance(120)
    report = busy.run(yes=False)
    assert report.armed
    assert len(report.sent.delivered) == 1
    assert busy.store.switches.number(NAME, ARMED) == as_of


def test_a_dry_run_after_the_first_writing_pass_shows_and_leaves_all_to_the_next(busy: "World") -> None:
    busy.run()
    ticket = busy.ticket()
    busy.advance(120)
    busy.forget_writes()
    shown = busy.run(dry_run=True)
    assert (list(planned(shown)), busy.writes) == ([str(ticket.id)], [])
    assert busy.store.changes.pending_count(NAME) == 0
    assert planned(busy.run(yes=False)) == planned(shown)


def test_a_pass_receives_its_own_echo_and_writes_nothing(played: "Played") -> None:
    """The demo's two passes; two minutes later the export brings back exactly what the second one wrote."""
    assert len(played.second.sent.delivered) > 40
    delivered = {q.target_id for q in played.second.sent.delivered if q.target is Target.TICKET}
    made = {str(ticket.id) for ticket in played.world.summaries()}
    assert played.returned == played.written == delivered | made
    assert played.third.pulled.new > 0
    assert played.third.writes_planned == 0
    assert (played.third.sent.delivered, played.third.sent.waiting) == ([], 0)


def test_the_echo_is_what_is_stored(played: "Played") -> None:
    world = played.world
    remote = {int(id_): key for (_, key), id_ in world.store.remote_fields.all(NAME).items()}
    delivered = [q.target_id for q in played.second.sent.delivered if q.target is Target.TICKET]
    snapshots = world.store.records.snapshots(NAME, delivered)
    for ticket_id in delivered:
        told = {
            remote[int(id_)]: value for id_, value in snapshots[ticket_id].fields.items() if value not in {None, False}
        }
        last = world.store.changes.last_delivered(NAME, Target.TICKET, ticket_id)
        assert last is not None
        assert {key: value for key, value in last.values.items() if value not in {None, False}} == told


def test_a_pass_on_an_unchanged_account_measures_and_writes_nothing(busy: "World") -> None:
    busy.run()
    busy.advance(120)
    busy.run()
    busy.forget_writes()
    busy.advance(60)
    report = busy.run()
    assert (report.measured, report.writes_planned, report.pulled.new, busy.writes) == (0, 0, 0, [])


def test_the_demos_passes_wait_for_no_quota_and_quarantine_nothing(played: "Played") -> None:
    for report in (played.first, played.second, played.third):
        assert report.usage.waited == 0
        assert (report.pulled.rejected, report.sent.refused, report.problems) == (0, [], [])
    assert len(played.second.summaries) == len(played.world.summaries()) > 3


def test_a_pass_leaves_its_figures_in_the_history(busy: "World") -> None:
    report = busy.run()
    (told,) = busy.store.passes.last(NAME, 1)
    assert (told.mode, told.state, told.as_of) == ("sync", "done", report.as_of)
    assert told.counts["planned"] == told.counts["delivered"] == 2
    assert told.counts["measured"] == 3
    assert told.counts["rows"] == sum(report.pulled.rows.values()) >= told.counts["new_rows"] > 0
    assert told.counts["requests"] == report.usage.requests > 0
    busy.run(dry_run=True)
    assert busy.store.passes.last(NAME, 1)[0].mode == "dry-run"


def test_only_one_pass_of_an_account_runs_at_a_time(busy: "World") -> None:
    other = Holder(socket.gethostname(), os.getppid(), 0)
    lock = busy.store.locks.acquire(NAME, other, busy.account.now())
    with pytest.raises(LockHeldError) as raised:
        busy.run()
    assert exit_for(raised.value) is Exit.LOCKED
    assert busy.store.passes.last(NAME, 1) == []
    busy.store.locks.release(lock)
    busy.run()


def test_a_pass_that_fails_ends_in_the_history_and_gives_back_the_lock(busy: "World") -> None:
    busy.sandbox.fail_next("/api/v2/incremental/ticket_events.json", 500, None)
    with pytest.raises(TransientError):
        busy.run()
    (told,) = busy.store.passes.last(NAME, 1)
    assert (told.state, told.as_of, told.counts["delivered"]) == ("failed", None, 0)
    assert busy.store.records.ticket_count(NAME) == 3
    busy.sandbox.clear_faults()
    assert len(busy.run().sent.delivered) == 2


def test_a_sign_in_that_is_lost_stops_the_pass_and_the_next_one_goes_on(busy: "World") -> None:
    busy.sandbox.fail_next("*", "expired_token", None)
    with pytest.raises(SignInError) as raised:
        busy.run()
    assert exit_for(raised.value) is Exit.SIGN_IN
    busy.sandbox.clear_faults()
    assert len(busy.run().sent.delivered) == 2


@pytest.mark.parametrize("path", ["/api/v2/ticket_fields*", BULK, "/api/v2/tickets/show_many*"])
def test_a_sign_in_that_is_lost_while_writing_loses_no_write(busy: "World", path: str) -> None:
    """Whether the fields are made, the values sent, or what was left in doubt looked up: the next pass ends it."""
    if "show_many" in path:
        busy.sandbox.doom_next_job("vanished")
        busy.run()
    busy.sandbox.fail_next(path, "expired_token", None)
    with pytest.raises(SignInError):
        busy.run()
    busy.sandbox.clear_faults()
    report = busy.run()
    assert len(report.sent.delivered) == 2
    assert report.sent.waiting == 0
    busy.advance(120)
    assert busy.run().writes_planned == 0


def test_what_is_deleted_or_excluded_loses_its_fields(make_world: "Callable[..., World]") -> None:
    """A ticket is tagged "test" after it was written to: it counts nowhere and must not show an old due time."""
    world = make_world(own={"exclude": {"tags": ["test"]}})
    ticket = world.ticket()
    world.advance(120)
    world.run()
    assert world.shown(ticket)
    world.state.change(ticket.id, world.agents[0], tags=("test",))
    world.advance(120)
    world.run()
    assert world.shown(ticket) == {}


def test_spam_counts_nowhere_and_what_zendesk_suspended_is_never_asked_for(world: "World") -> None:
    """An agent marks one of two tickets as spam, which deletes it; other mail Zendesk suspends by itself."""
    spam, ticket = world.ticket(), world.ticket()
    world.state.delete(spam.id)
    world.advance(120)
    report = world.run()
    readings = {str(each.id): world.store.readings.get("sao-mai", str(each.id)) for each in (spam, ticket)}
    assert [each is not None and each.measurement.excluded is None for each in readings.values()] == [False, True]
    assert [plan.ticket_id for plan in report.plans] == [str(ticket.id)]
    assert not [path for _, path, _ in world.sandbox.requests if "suspended" in path or "deleted_tickets" in path]


def test_a_mode_has_a_name_in_the_history() -> None:
    assert [Mode().word, Mode(dry_run=True).word] == ["sync", "dry-run"]
