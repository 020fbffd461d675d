import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sync.crash import BACKFILL_POINTS, CRASH_VARIABLE
from sync.cycle import Mode, PassReport, run_pass
from sync.joined import looks_joined
from sync.pull import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kpi_engine.periods import Period
    from sync.account import Account
    from tests.sync.conftest import World

HOUR = 3600
DAY = 24 * HOUR
MONDAY = 1_795_399_200
WEEK_END = MONDAY + 7 * DAY - 9 * HOUR
NAME = "sao-mai"


def backfilled(
    world: "World", *, since: int | None = None, max_writes: int | None = None, dry_run: bool = False
) -> PassReport:
    past = world.account.history_start if since is None else since
    mode = Mode(dry_run=dry_run, yes=True, max_writes=max_writes, backfill_since=past)
    return run_pass(world.account, mode, silent)


@pytest.fixture
def past(make_world: "Callable[..., World]", monkeypatch: pytest.MonkeyPatch) -> "World":
    """Give a world with seven tickets solved on the Saturday before writing was allowed, read three at a time."""
    monkeypatch.setattr("sync.backfill._CHUNK", 3)
    wanted = {"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}]}
    start = MONDAY - 364 * DAY  # a real process lives in real time: its helpdesk must not lie in its future
    top = {"push": wanted, "privacy": {"visible_to_all_agents": True}, "language": "en"}
    world = make_world(sandbox={"start": start}, **top)
    world.advance(5 * DAY)
    for _ in range(7):
        world.answered(minutes=10)
    world.advance(WEEK_END - 363 * DAY - world.sandbox.now)
    world.run()
    return world


def written(world: "World") -> int:
    ours = {ticket.id for ticket in world.summaries()}
    return sum(bool(world.shown(ticket)) for ticket in world.state.tickets.values() if ticket.id not in ours)


def test_the_past_gets_its_fields_and_summaries_once(past: "World") -> None:
    world = past
    assert (written(world), world.summaries()) == (0, [])
    report = backfilled(world)
    assert report.backfilled is not None
    assert (report.backfilled.tickets, report.backfilled.planned, report.backfilled.is_whole) == (7, 7, True)
    assert (written(world), len(world.summaries())) == (7, 1)
    world.advance(HOUR)
    world.forget_writes()
    again = backfilled(world).backfilled
    assert again is not None
    assert (again.planned, again.summaries, again.is_whole) == (0, 0, True)
    assert world.writes == []


def test_the_empty_years_before_the_first_ticket_cost_nothing(past: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = []

    def looks(everyone: "Sequence[Account]", period: "Period", as_of: int) -> str:
        looked_at.append(period.label)
        return looks_joined(everyone, period, as_of)

    monkeypatch.setattr("sync.summaries.due.looks_joined", looks)
    report = backfilled(past, since=MONDAY - 3650 * DAY)
    assert report.backfilled is not None
    assert (report.backfilled.is_whole, report.backfilled.summaries) == (True, 1)
    assert len(set(looked_at)) == 1


def test_a_bounded_backfill_goes_on_where_it_stopped(past: "World") -> None:
    world = past
    seen = []
    for _ in range(12):
        report = backfilled(world, max_writes=2)
        assert report.sent.attempted <= 2
        seen.append(written(world))
        world.advance(300)
        if report.backfilled is not None and report.backfilled.is_whole:
            break
    assert seen[0] == 2
    assert seen == sorted(seen)
    assert seen[-1] == 7
    world.run()
    assert len(world.summaries()) == 1


def test_fault_01_a_backfill_killed_between_two_bits_goes_on(past: "World") -> None:
    world = past
    command = (sys.executable, "-c", "from sync.cli import main; main()", "sync", "--backfill")
    died = subprocess.run(
        (*command, "--config", str(world.path)),
        env={**os.environ, **world.secrets, CRASH_VARIABLE: f"{BACKFILL_POINTS[0]}:1"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    world.advance(300)
    report = backfilled(world)
    assert report.backfilled is not None
    assert report.backfilled.is_whole
    assert (written(world), len(world.summaries())) == (7, 1)


def test_only_what_changed_since_the_day_asked_for_is_made_up(past: "World") -> None:
    world = past
    report = backfilled(world, since=int(world.sandbox.now) - HOUR)
    assert report.backfilled is not None
    assert (written(world), world.summaries(), report.backfilled.is_whole) == (0, [], True)


def test_a_backfill_from_another_day_begins_anew(past: "World") -> None:
    world = past
    backfilled(world, since=MONDAY - 365 * DAY, max_writes=3)
    world.advance(300)
    report = backfilled(world, max_writes=100)
    assert report.backfilled is not None
    assert report.backfilled.tickets >= 7
    assert written(world) == 7


def test_a_dry_run_shows_what_a_backfill_would_write(past: "World") -> None:
    world = past
    world.forget_writes()
    report = backfilled(world, dry_run=True)
    assert (len(report.plans), len(report.summaries), world.writes) == (7, 1, [])


def test_the_summaries_of_the_past_live_on_like_others(past: "World") -> None:
    world = past
    backfilled(world)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(HOUR)
    assert [str(due.desired.why) for due in world.run().summaries] == ["its figures changed"]
