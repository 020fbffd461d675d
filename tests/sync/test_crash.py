"""Real processes killed at every named point, and anywhere: what the next pass ends with is what would have been."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox import ZendeskSandbox
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Scope
from sync.crash import CRASH_VARIABLE, POINTS
from sync.exits import Exit
from sync.figures import figures
from sync.planning import ARMED
from sync.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.sandbox.zendesk.records import Ticket
    from tests.sync.conftest import World

    Worlds = Callable[..., AbstractContextManager[World]]

pytestmark = pytest.mark.untraced

NAME = "sao-mai"
SATURDAY = 1_763_787_600  # 2025-11-22 12:00 +07:00, long past on the wall: a helpdesk ahead of us is another story
DAY = 86_400
JOBS = "/api/v2/job_statuses/*"
COMMAND = (sys.executable, "-c", "from sync.cli import main; main()")
BREEDER = """
import json, os, sys
import sync.cli.sync_command
from sync.cli import main
for line in sys.stdin:
    environment, arguments = json.loads(line)
    child = os.fork()
    if not child:
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        main(arguments)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
KILLS = int(os.environ.get("HELPDESK_KPI_TEST_KILLS", "3"))
VISITS = {  # requests: the first is about tickets, the second about agents, the third creates a summary
    "before_page": (4,),
    "after_page": (1, 9),
    "before_request": (1, 3),
    "after_request": (1, 2, 3),
    "after_outcome": (1, 2, 5),
}
EVERYWHERE = [(point, visit) for point in POINTS for visit in VISITS.get(point, (1,))]


class WaitingNowhere:
    """The wall's clock for a pass in this process, which need not wait: the helpdesk's jobs move as they are asked."""

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


@pytest.fixture(scope="module")
def armed_store(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that was allowed to write ten days before, so that one pass does all that a pass can do."""
    folder = tmp_path_factory.mktemp("armed")
    path = folder / empty_store.name
    path.write_bytes(empty_store.read_bytes())
    with Store.open(f"sqlite:///{path.name}", folder) as store:
        store.switches.set(NAME, ARMED, SATURDAY - 10 * DAY)
    return path


@contextmanager
def standing(world_in: "Worlds", folder: Path, store: Path) -> "Iterator[World]":
    """Give a world whose time stands still: forty tickets in twelve days, last week's summaries due, no pass yet."""
    sandbox = ZendeskSandbox(tickets=40, days=12, start=SATURDAY)
    with world_in(sandbox, folder, store=store, clock=WaitingNowhere()) as world:
        hurry_jobs(world)
        world.configure(
            own={"per_page": 15, "exclude": {"tags": ["test", "internal"]}},
            push={"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}], "agent_fields": ["solved"]},
            privacy={"visible_to_all_agents": True},
        )
        yield world


def hurry_jobs(world: "World") -> None:
    """Have every job done when it is asked after for the first time."""
    for job in world.state.jobs.values():
        job.polls = 10
    world.sandbox.before_next(JOBS, lambda: hurry_jobs(world))


def end_state(world: "World") -> dict[str, Any]:
    """Return everything that must not depend on how often, and where, passes were killed."""
    store, account = world.store, world.account
    as_of = SATURDAY - 70
    this_week = period_at(PeriodKind.WEEK, "Asia/Ho_Chi_Minh", as_of)
    month = period_at(PeriodKind.MONTH, "Asia/Ho_Chi_Minh", as_of)
    asked = [(period, scope) for period in (this_week, this_week.previous(), month) for scope in Scope]
    ours = {ticket.id for ticket in world.summaries()}
    return {
        "fields": {t.id: dict(t.fields) for t in world.state.tickets.values() if t.id not in ours},
        "profiles": {user.id: dict(user.user_fields) for user in world.state.users.values()},
        "field titles": sorted(field.title for field in world.state.ticket_fields.values()),
        "summaries": sorted((t.external_id, t.subject, t.assignee_id) for t in world.summaries()),
        "texts": sorted(
            body.replace(world.sandbox.base_url, "") for t in world.summaries() for body in words(world, t)
        ),
        "known": sorted((s.external_id, s.state, s.remote_id is None) for s in store.summaries.all(NAME)),
        "tickets": store.records.ticket_count(NAME),
        "readings": sorted(repr(measurement) for measurement in store.readings.all(NAME)),
        "figures": [figures(account, period, scope, as_of).scorecards for period, scope in asked],
        "ledger": store.ledger.entries(NAME, [str(ticket_id) for ticket_id in world.state.tickets]),
        "published": store.published.for_period(NAME, this_week.previous().label),
        "editions": store.editions.all(NAME),
        "pending": store.changes.pending_count(NAME),
        "written twice": [
            t.id for t in world.state.tickets.values() if t.id not in ours and own_writes(world, t.id) > 1
        ],
    }


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {key: (value, wanted[key]) for key, value in found.items() if value != wanted[key]}


def words(world: "World", ticket: "Ticket") -> list[str]:
    return [body for _, body in world.state.comments_of(ticket.id)]


def own_writes(world: "World", ticket_id: int) -> int:
    own = world.state.account.integration_id
    return sum(audit.author_id == own for audit in world.state.audits_of(ticket_id))


@pytest.fixture(scope="module")
def undisturbed(world_in: "Worlds", armed_store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the end state of a pass that nobody disturbed."""
    with standing(world_in, tmp_path_factory.mktemp("undisturbed"), armed_store) as world:
        report = world.run()
        assert len(report.sent.delivered) > 15
        assert len(report.summaries) > 3
        found = end_state(world)
        assert (found["pending"], found["written twice"]) == (0, [])
        return found


@pytest.fixture
def world(world_in: "Worlds", armed_store: Path, tmp_path: Path) -> "Iterator[World]":
    with standing(world_in, tmp_path, armed_store) as made:
        yield made


def started(world: "World") -> subprocess.Popen[str]:
    """Start a pass in a process of its own, as a scheduler would."""
    environ = {**os.environ, **world.secrets, "LC_ALL": "C.UTF-8"}
    return subprocess.Popen(
        (*COMMAND, *argued(world)), env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def argued(world: "World") -> list[str]:
    return ["sync", "--yes", "--config", str(world.path)]


@pytest.fixture(scope="module")
def fork_a_pass() -> "Iterator[Callable[[World, str], int]]":
    """Return a function that runs a pass in a process of its own and returns how that ended.

    The process is forked from one that has loaded the program: that is what takes most of the time.
    """
    breeder = subprocess.Popen(
        (sys.executable, "-c", BREEDER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert breeder.stdin is not None
    assert breeder.stdout is not None
    commands, results = breeder.stdin, breeder.stdout

    def fork(world: "World", crash_at: str) -> int:
        commands.write(json.dumps([{**world.secrets, CRASH_VARIABLE: crash_at}, argued(world)]) + "\n")
        return int(results.readline())

    with breeder:
        yield fork
        commands.close()


def ended(process: subprocess.Popen[str], seconds: float = 60) -> int:
    """Wait for a process and return how it ended."""
    try:
        process.communicate(timeout=seconds)
    finally:
        process.kill()
        process.communicate()
    return process.returncode


def assert_quiet_afterwards(world: "World") -> None:
    """Two minutes later the echo has come back, and there is nothing to write."""
    world.advance(120)
    report = world.run()
    assert report.pulled.rows["tickets"] > 0
    assert (report.writes_planned, report.sent.delivered, report.sent.waiting) == (0, [], 0)


def test_every_named_point_is_tried() -> None:
    assert {point for point, _ in EVERYWHERE} == set(POINTS)
    assert set(VISITS) <= set(POINTS)


@pytest.mark.parametrize(("point", "visit"), EVERYWHERE)
def test_a_pass_killed_at_any_point_costs_nothing_but_its_rest(
    world: "World",
    undisturbed: dict[str, Any],
    fork_a_pass: "Callable[[World, str], int]",
    point: str,
    visit: int,
) -> None:
    assert fork_a_pass(world, f"{point}:{visit}") == -signal.SIGKILL
    world.run()
    found = end_state(world)
    assert differences(found, undisturbed) == {}
    assert [told.state for told in world.store.passes.last(NAME, 2)] == ["done", "interrupted"]
    assert_quiet_afterwards(world)


def test_passes_killed_again_and_again_anywhere_end_as_if_undisturbed(
    world: "World", undisturbed: dict[str, Any]
) -> None:
    """More kills by HELPDESK_KPI_TEST_KILLS; the seed stands in the assertion."""
    seed = random.randrange(10**9)
    moments = random.Random(seed)
    for _ in range(KILLS):
        process = started(world)
        time.sleep(moments.uniform(0.4, 2.5))
        process.kill()
        assert ended(process) in {-signal.SIGKILL, Exit.OK}
    world.run()
    found = end_state(world)
    assert differences(found, undisturbed) == {}, seed
    assert_quiet_afterwards(world)


def test_a_pass_in_a_process_of_its_own_ends_as_one_in_this(world: "World", undisturbed: dict[str, Any]) -> None:
    assert ended(started(world)) == Exit.OK
    found = end_state(world)
    assert differences(found, undisturbed) == {}


# --- Stopped politely -----------------------------------------------------------------------------------------------


def until_asked(world: "World", path: str) -> None:
    """Wait until the helpdesk has been asked for `path`."""
    for _ in range(6000):
        if any(path in asked for _, asked, _ in world.sandbox.requests):
            return
        time.sleep(0.02)
    pytest.fail(f"nobody asked for {path}")


def lock_is_held(world: "World") -> bool:
    with closing(sqlite3.connect(world.folder / "helpdesk-kpi.db")) as connection:
        return bool(connection.execute("SELECT held FROM pass_lock").fetchone()[0])


def slow_answer(world: "World") -> None:
    world.sandbox.fail_next("/api/v2/incremental/ticket_events*", "slow").pause = 1


def long_wait(world: "World") -> None:
    world.sandbox.fail_next("/api/v2/incremental/ticket_events*", 429, None, retry_after=300)


@pytest.mark.parametrize("hold_up", [slow_answer, long_wait])
def test_a_pass_told_to_stop_ends_soon_and_gives_back_the_lock(
    world: "World", undisturbed: dict[str, Any], hold_up: "Callable[[World], None]"
) -> None:
    hold_up(world)
    process = started(world)
    until_asked(world, "ticket_events")
    assert lock_is_held(world)
    process.terminate()
    assert ended(process, 20) == Exit.TERMINATED
    assert not lock_is_held(world)
    assert world.store.passes.last(NAME, 1)[0].state == "failed"
    world.sandbox.clear_faults()
    world.run()
    found = end_state(world)
    assert differences(found, undisturbed) == {}


def test_a_second_pass_while_one_runs_is_turned_away(world: "World") -> None:
    slow_answer(world)
    first = started(world)
    try:
        until_asked(world, "ticket_events")
        second = started(world)
        output, _ = second.communicate(timeout=30)
        assert second.returncode == Exit.LOCKED
        assert NAME in output
        assert first.poll() is None
    finally:
        first.terminate()
        assert ended(first, 10) == Exit.TERMINATED
