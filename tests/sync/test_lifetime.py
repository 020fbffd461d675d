"""Weeks of a helpdesk's life with a pass every few hours: faults and kills on the way must not show in the end.

The short life is part of every run of the tests; HELPDESK_KPI_TEST_LIFETIME=days,tickets,hours gives it another length:
60,2000,1 is two months with a pass every hour: a quarter of an hour of processor time.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import ConnectorError
from connectors.sandbox import ZendeskSandbox
from connectors.zendesk.mapping import kind, remote_value
from kpi_engine.ledger import standing
from sync.crash import CRASH_VARIABLE, POINTS
from sync.exits import Exit
from sync.locale import Language
from sync.measuring import history_start
from sync.wording import clock_name

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.sync.conftest import World

    Worlds = Callable[..., AbstractContextManager[World]]

NAME = "sao-mai"
HOUR, DAY = 3600, 86_400
START = 1_795_399_200  # Monday 2026-11-23 09:00 +07:00
DAYS, TICKETS, HOURS = map(int, os.environ.get("HELPDESK_KPI_TEST_LIFETIME", "6,90,6").split(","))
SEED = int(os.environ.get("HELPDESK_KPI_TEST_SEED", "20261123"))
QUIET = 26  # passes, an hour apart, in which what was disturbed may come to rest
DISTURBED = 0.5  # the share of passes that are
GONE = ("closed", "deleted")
ENGLISH = Language("en")
BREEDER = """
import json, os, sys
import sync.cli.frame, sync.cli.sync_command
from sync.cli import main
class Standing:
    def __init__(self, now): self.instant = now
    def now(self): return self.instant
    def sleep(self, seconds): self.instant += seconds
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
READS = ("*/incremental/tickets*", "*/incremental/ticket_events*", "*/satisfaction_ratings*", "*/job_statuses/*", "*")
WRITES = ("*/tickets/update_many*", "*/imports/tickets*")
FATES = ("lost", "vanished", "failed", "killed")


class Standing:
    """The helpdesk's clock, on which nobody waits: every pass of an hour begins at that hour's instant.

    Only the one who waits sees the time pass, or he would wait for ever for a quota to be free again.
    """

    def __init__(self, sandbox: ZendeskSandbox) -> None:
        self._sandbox = sandbox
        self._waited = (0.0, 0.0)

    def now(self) -> float:
        """Return the world's time, and what was waited since it passed last."""
        instant, waited = self._waited
        return self._sandbox.now + (waited if instant == self._sandbox.now else 0)

    def sleep(self, seconds: float) -> None:
        """Go on at once."""
        self._waited = (self._sandbox.now, self.now() + seconds - self._sandbox.now)


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
        commands.write(json.dumps([{**world.secrets, CRASH_VARIABLE: crash_at}, world.sandbox.now, arguments]) + "\n")
        return int(results.readline())

    with breeder:
        yield fork
        commands.close()


def hurry_jobs(world: "World") -> None:
    """Have every job done when it is asked after for the first time, for nobody waits here."""
    for job in world.state.jobs.values():
        job.polls = 10
    world.sandbox.before_next("/api/v2/job_statuses/*", lambda: hurry_jobs(world))


def lived(world: "World", disturb: Callable[["World"], None]) -> None:
    """Let the helpdesk live, with a pass every so many hours, and at last in peace."""
    hurry_jobs(world)
    summaries = [{"scope": "agent", "period": "week", "group": "KPI"}, {"scope": "team", "period": "week"}]
    world.configure(
        own={"exclude": {"tags": ["test", "internal"]}},
        push={"summaries": summaries},
        privacy={"visible_to_all_agents": True},
    )
    world.run()
    for _ in range(DAYS * 24 // HOURS):
        world.advance(HOURS * HOUR)
        disturb(world)
    world.sandbox.clear_faults()
    for _ in range(QUIET):
        world.advance(HOUR)
        world.run()


def undisturbed(world: "World") -> None:
    world.run()


class Trouble:
    """Disturbs passes at random: answers spoiled or lost, jobs doomed, foreign edits, processes killed."""

    def __init__(self, fork_a_pass: "Callable[[World, str], int]") -> None:
        self.random = random.Random(SEED)
        self.fork_a_pass = fork_a_pass
        self.had: Counter[str] = Counter()

    def __call__(self, world: "World") -> None:
        """Run a pass, disturbed or not."""
        world.sandbox.clear_faults()
        chosen = "nothing"
        if self.random.random() < DISTURBED:
            chosen = self.random.choice(("answers", "writes", "jobs", "conflict", "kill", "kill"))
            getattr(self, chosen)(world)
        self.had[chosen] += 1
        try:
            world.run()
        except ConnectorError:
            self.had["failed"] += 1

    def answers(self, world: "World") -> None:
        """Spoil some answers to what is read."""
        for _ in range(self.random.randint(1, 3)):
            kind = self.random.choice((429, 500, 503, "drop", "html", "truncated", "cut", "empty", "expired_token"))
            wait = 1 if kind == 429 else None
            world.sandbox.fail_next(
                self.random.choice(READS), kind, self.random.choice((1, 1, 2, 9)), method="GET", retry_after=wait
            )

    def writes(self, world: "World") -> None:
        """Spoil an answer to what is written, with or without its effect."""
        kind, after = self.random.choice((429, 500, 503, "drop", "truncated")), self.random.random() < 0.5
        world.sandbox.fail_next(self.random.choice(WRITES), kind, self.random.choice((1, 2)), after_effect=after)

    def jobs(self, world: "World") -> None:
        """Let a job of the helpdesk end badly."""
        world.sandbox.doom_next_job(self.random.choice(FATES))

    def conflict(self, world: "World") -> None:
        """Let somebody else change a ticket while it is written."""
        open_ones = [ticket.id for ticket in world.state.tickets.values() if ticket.status not in GONE]
        world.sandbox.conflict_next(self.random.choice(open_ones))

    def kill(self, world: "World") -> None:
        """Let a pass before this one be killed somewhere."""
        ended = self.fork_a_pass(world, f"{self.random.choice(POINTS)}:{self.random.randint(1, 4)}")
        assert ended in {-signal.SIGKILL, Exit.OK, Exit.PARTIAL, Exit.CONFLICT}
        self.had["killed"] += ended == -signal.SIGKILL


def end_state(world: "World") -> dict[str, Any]:
    """Return what the weeks must have come to, however they went."""
    ours = {ticket.id for ticket in world.summaries()}
    tickets = {str(t.id): t for t in world.state.tickets.values() if t.id not in ours}
    entries = world.store.ledger.entries(NAME, list(tickets))
    return {
        "fields": {key: world.shown(ticket) for key, ticket in tickets.items() if ticket.status not in GONE},
        "summaries": sorted((t.external_id, t.subject, t.assignee_id, t.status) for t in world.summaries()),
        "known": sorted((s.external_id, s.remote_id is None) for s in world.store.summaries.all(NAME)),
        "readings": {each.ticket_id: (each.lines, verdicts(each), each.holdings) for each in readings(world)},
        "ledger": set(standing(entries)),
        "pending": world.store.changes.pending_count(NAME),
        "tickets": len(tickets),
    }


def verdicts(measurement: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- a measurement
    """Return what does not depend on when the ticket was last measured: a running clock's elapsed time does."""
    return [(c.clock, c.instance, c.state, c.breached_at, c.due_at, c.agent, c.team) for c in measurement.clocks]


def readings(world: "World") -> list[Any]:
    return [each for each in world.store.readings.all(NAME) if each.excluded is None]


@pytest.fixture(scope="module")
def lives(
    world_in: "Worlds", tmp_path_factory: pytest.TempPathFactory, fork_a_pass: "Callable[[World, str], int]"
) -> "Iterator[tuple[World, World, Trouble]]":
    """Give the same weeks lived twice: in peace and in trouble."""
    first_days = max(1, min(3, DAYS // 2))
    tickets = TICKETS * first_days // (DAYS + first_days)

    def sandbox() -> ZendeskSandbox:
        return ZendeskSandbox(tickets=tickets, days=first_days, start=START)

    trouble = Trouble(fork_a_pass)
    calm, stormy = sandbox(), sandbox()
    with (
        world_in(calm, tmp_path_factory.mktemp("calm"), clock=Standing(calm)) as peace,
        world_in(stormy, tmp_path_factory.mktemp("stormy"), clock=Standing(stormy)) as storm,
    ):
        lived(peace, undisturbed)
        lived(storm, trouble)
        yield peace, storm, trouble


def test_trouble_on_the_way_does_not_show_in_the_end(lives: "tuple[World, World, Trouble]") -> None:
    peace, storm, trouble = lives
    found, wanted = end_state(storm), end_state(peace)
    assert trouble.had["killed"] > 0
    assert wanted["pending"] == 0
    assert len(wanted["fields"]) > TICKETS // 10
    for key, value in wanted.items():
        assert differing(found[key], value) == {}, (key, SEED, trouble.had)


def differing(found: Any, wanted: Any) -> Any:  # noqa: ANN401 -- whatever the end state holds
    """Return where the two differ, as briefly as can be told."""
    if found == wanted:
        return {}
    if isinstance(wanted, dict):
        keys = found.keys() | wanted.keys()
        return {key: (found.get(key), wanted.get(key)) for key in keys if found.get(key) != wanted.get(key)}
    return found, wanted


@pytest.mark.parametrize("which", [0, 1], ids=["in peace", "in trouble"])
def test_every_field_that_can_still_be_written_is_the_oracles(
    lives: "tuple[World, World, Trouble]", oracle: SimpleNamespace, which: int
) -> None:
    world = lives[which]
    assert not isinstance(world, Trouble)
    as_of = world.store.passes.last(NAME, 1)[0].as_of
    assert as_of is not None
    editions = tuple((e.kind, e.key, e.valid_from, e.body) for e in world.store.editions.all(NAME))
    compared = 0
    for history in world.store.records.histories(NAME, map(str, world.state.tickets), history_start(world.account)):
        ticket = world.state.tickets[int(history.ticket_id)]
        answer = oracle.answers(history, editions, as_of)
        shown = {key: remote_value(kind(key), value) for key, value in world.shown(ticket).items()}
        if ticket.status in GONE or answer is None or not shown:
            continue
        assert {key: value for key, value in shown.items() if value} == in_words(answer.live), history.ticket_id
        compared += 1
    assert compared > 0


def in_words(live: Any) -> dict[str, Any]:  # noqa: ANN401 -- the oracle's values by field
    """Return what the fields show, the empty ones left out: clocks by their names."""
    told = {key: value for key, value in live.items() if value}
    if clocks := told.get("overdue_clock"):
        told["overdue_clock"] = ", ".join(ENGLISH(clock_name(clock)) for clock in clocks.split(","))
    return told


def test_no_summary_stands_twice(lives: "tuple[World, World, Trouble]") -> None:
    for world in lives[:2]:
        counts = Counter(ticket.external_id for ticket in world.summaries() if ticket.status not in GONE)
        assert all(n == 1 for n in counts.values()), counts
