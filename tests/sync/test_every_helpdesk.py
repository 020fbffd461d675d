"""What must hold on every helpdesk, told on those that keep less than Zendesk does."""

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import ConnectorError
from sync.crash import CRASH_VARIABLE, POINTS
from sync.editions import rulebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.sync.conftest import Platform, World

    Worlds = Callable[..., AbstractContextManager[World]]

KINDS = ("freshdesk", "salesforce")
NAME = "sao-mai"
SATURDAY = 1_795_237_200  # 2026-11-21 12:00 +07:00
HOUR, DAY = 3600, 86_400
SEED = 20261129
PUSH = {"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}]}
BREEDER = """
import json, os, sys
import sync.cli.frame, sync.cli.sync_command
from sync.cli import main
class Standing:
    def __init__(self, now): self.instant = now
    def now(self): return self.instant
    def sleep(self, seconds): pass
for line in sys.stdin:
    environment, now, arguments = json.loads(line)
    child = os.fork()
    if not child:
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        sync.cli.frame.WallClock = lambda: Standing(now)
        main(arguments)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Standing:
    """The helpdesk's clock without its waits."""

    def __init__(self, sandbox: Any) -> None:  # noqa: ANN401 -- any platform's
        self._sandbox = sandbox

    def now(self) -> float:
        """Return the world's time."""
        return float(self._sandbox.now)

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


@pytest.fixture(scope="module")
def fork_a_pass() -> "Iterator[Callable[[World, str], int]]":
    """Return a function that runs a pass to its named death in a process of its own, and says how that ended."""
    breeder = subprocess.Popen(
        (sys.executable, "-c", BREEDER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert breeder.stdin is not None
    assert breeder.stdout is not None
    commands, results = breeder.stdin, breeder.stdout

    def fork(world: "World", crash_at: str) -> int:
        arguments = ["sync", "--yes", "--config", str(world.path)]
        environment = {**world.secrets, CRASH_VARIABLE: crash_at}
        commands.write(json.dumps([environment, world.sandbox.now, arguments]) + "\n")
        return int(results.readline())

    with breeder:
        yield fork
        commands.close()


@pytest.fixture(scope="module")
def standing(world_in: "Worlds", platforms: "dict[str, Platform]") -> "Worlds":
    """Return what gives a world whose time stands still while passes run: thirty tickets in twelve days."""

    def made(kind: str, folder: "Path") -> "AbstractContextManager[World]":
        sandbox = platforms[kind].sandbox(tickets=20, days=12, start=SATURDAY)
        return world_in(sandbox, folder, clock=Standing(sandbox))

    return made


def configured(world: "World") -> "World":
    """Configure an account whose first pass has been and whose last week's summaries are due in two days."""
    world.configure(own={"exclude": {"tags": ["test", "internal"]}}, push=PUSH, privacy={"visible_to_all_agents": True})
    world.run()
    world.advance(2 * DAY)
    return world


def end_state(world: "World") -> dict[str, Any]:
    """Return what must not depend on where a pass was killed."""
    store = world.store
    ours = {ticket.id for ticket in world.summaries()}
    key = world.platform.key
    tickets = {key(ticket): ticket for ticket in world.state.tickets.values() if ticket.id not in ours}
    return {
        "fields": {key: world.shown(ticket) for key, ticket in tickets.items()},
        "titles": sorted(title for title in world.account.connector.titles("field").values()),
        "summaries": sorted((ticket.subject, ticket.tags) for ticket in world.summaries()),
        "known": sorted((each.external_id, each.remote_id is None) for each in store.summaries.all(NAME)),
        "readings": {each.ticket_id: repr(replace(each, wake_at=None)) for each in store.readings.all(NAME)},
        "ledger": store.ledger.entries(NAME, list(tickets)),
        "pending": store.changes.pending_count(NAME),
    }


@pytest.fixture(scope="module", params=KINDS)
def undisturbed(
    request: pytest.FixtureRequest, standing: "Worlds", tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any]]:
    """Return the end state of two passes that nobody disturbed."""
    with standing(request.param, tmp_path_factory.mktemp("undisturbed")) as world:
        configured(world).run()
        found = end_state(world)
    assert found["pending"] == 0
    assert len(found["summaries"]) > 3
    assert any(found["fields"].values())
    return request.param, found


@pytest.mark.parametrize("point", ["after_page", "after_request", "after_outcome"])
def test_a_pass_killed_at_any_point_costs_nothing_but_its_rest(
    standing: "Worlds",
    tmp_path: "Path",
    undisturbed: tuple[str, dict[str, Any]],
    fork_a_pass: "Callable[[World, str], int]",
    point: str,
) -> None:
    kind, wanted = undisturbed
    with standing(kind, tmp_path) as world:
        configured(world)
        assert fork_a_pass(world, point) == -signal.SIGKILL
        world.run()
        found = end_state(world)
        assert {key: value for key, value in found.items() if value != wanted[key]} == {}
        world.advance(300)
        report = world.run()
        assert report.pulled.rows["tickets"] > 0  # the echo
        assert (report.writes_planned, report.sent.delivered) == (0, [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_pass_receives_its_own_echo_and_writes_nothing(make_world: "Callable[..., World]", kind: str) -> None:
    world = make_world(kind=kind)
    ticket = world.ticket()
    world.advance(300)
    assert world.run().sent.delivered
    assert set(world.shown(ticket)) >= {"due_at"}
    world.advance(300)
    world.forget_writes()
    report = world.run()
    assert report.pulled.rows["tickets"] == 1
    assert (report.writes_planned, world.writes) == (0, [])
    world.advance(300)
    assert world.run().pulled.new == 0


@pytest.mark.parametrize("kind", KINDS)
def test_somebodys_hand_on_our_field_is_found_and_put_right_once(make_world: "Callable[..., World]", kind: str) -> None:
    world = make_world(kind=kind)
    ticket = world.ticket()
    world.advance(300)
    world.run()
    shown = world.shown(ticket)
    world.edit(ticket, "overdue_clock", "by hand")
    world.advance(300)
    world.run()
    assert world.shown(ticket) == shown


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("arrived", [True, False], ids=["it arrived", "it did not"])
def test_a_summary_whose_answer_was_lost_is_made_once(
    make_world: "Callable[..., World]", kind: str, *, arrived: bool
) -> None:
    world = make_world(kind=kind, push=PUSH, privacy={"visible_to_all_agents": True})
    world.run()
    world.answered()
    world.advance(8 * DAY)
    place, method = world.platform.making
    world.sandbox.fail_next(place, "drop", after_effect=arrived, method=method)
    world.run()
    world.advance(HOUR)
    world.run()
    assert len(world.summaries()) == 1
    (known,) = world.store.summaries.all(NAME)
    assert known.remote_id == world.platform.key(world.summaries()[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_write_of_fields_is_repeated_and_a_rate_limit_waited_for(
    make_world: "Callable[..., World]", kind: str
) -> None:
    world = make_world(kind=kind)
    ticket = world.ticket()
    world.advance(300)
    place, method = world.platform.writing
    world.sandbox.fail_next(place, "drop", after_effect=True, method=method)
    world.sandbox.fail_next(place, 429, method=method, retry_after=30)
    report = world.run()
    assert "due_at" in world.shown(ticket)
    assert report.sent.waiting == 0


def test_freshdesks_statuses_go_by_label_and_its_groups_say_which_hours_they_keep(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(kind="freshdesk", statuses={"sao-mai": {"Chờ nhà cung cấp": "hold"}})
    world.run()
    rules = rulebook(world.account)
    assert [rules.meanings.at(0).status(number) for number in ("2", "8", "9")] == ["open", "hold", "unknown"]
    home, group = str(world.state.calendars[0].id), str(world.state.account.group_ids[0])
    assert rules.chosen_calendar(None, group, None, 0) == (home, False)
    assert rules.chosen_calendar(None, None, None, 0) == (home, False)


class Trouble:
    """Disturbs passes at random: answers spoiled or lost, processes killed."""

    def __init__(self, fork_a_pass: "Callable[[World, str], int]") -> None:
        self.random = random.Random(SEED)
        self.fork_a_pass = fork_a_pass
        self.had: Counter[str] = Counter()

    def __call__(self, world: "World") -> None:
        """Run a pass, disturbed or not."""
        world.sandbox.clear_faults()
        chosen = self.random.choice(("nothing", "nothing", "answers", "writes", "kill"))
        self.had[chosen] += 1
        if chosen == "answers":
            kind = self.random.choice((429, 500, 503, "drop", "html", "truncated", "cut", "empty"))
            world.sandbox.fail_next("*", kind, self.random.choice((1, 2, 9)), method="GET", retry_after=1)
        elif chosen == "writes":
            kind = self.random.choice((429, 500, 503, "drop", "truncated"))
            method, after = self.random.choice(("PUT", "POST", "PATCH")), self.random.random() < 0.5
            world.sandbox.fail_next("*", kind, method=method, after_effect=after, retry_after=1)
        elif chosen == "kill":
            self.fork_a_pass(world, f"{self.random.choice(POINTS)}:{self.random.randint(1, 3)}")
        try:
            world.run()
        except ConnectorError:
            self.had["failed"] += 1


@pytest.mark.parametrize("kind", KINDS)
def test_days_of_trouble_double_nothing_and_leave_nothing_undone(
    standing: "Worlds", tmp_path: "Path", fork_a_pass: "Callable[[World, str], int]", kind: str
) -> None:
    """Five days, a pass every eight hours, then some in peace.

    What was seen when differs from what an undisturbed helpdesk would show, where no history is kept: not the fields.
    """
    with standing(kind, tmp_path) as world:
        configured(world)
        trouble = Trouble(fork_a_pass)
        for _ in range(15):
            world.advance(8 * HOUR)
            trouble(world)
        world.sandbox.clear_faults()
        for _ in range(3):
            world.advance(HOUR)
            world.run()
        assert trouble.had["kill"] > 0
        counts = Counter(ticket.subject for ticket in world.summaries() if world.state.status_of(ticket.id) != "closed")
        assert counts
        assert set(counts.values()) == {1}
        assert world.store.changes.pending_count(NAME) == 0
        ours = {ticket.id for ticket in world.summaries()}
        for ticket in world.state.tickets.values():
            reading = world.store.readings.get(NAME, world.platform.key(ticket))
            if ticket.id not in ours and world.shown(ticket) and reading is not None and not ticket.deleted:
                assert bool(world.shown(ticket).get("overdue")) is bool(reading.live["overdue"]), ticket.id
