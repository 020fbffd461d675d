"""One core, no network: stored tickets read, measured and written, all of them and then the one per cent that changed.

Run it as `python benchmarks/engine.py [--tickets 10000]`, with 100000 or 1000000 for what a large account takes; with
`--folder PLACE` the store stays there, and the next run only changes and measures one in a hundred. It only reports.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import accumulate, islice
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from stopwatch import Stopwatch

import kpi_engine.measure
import sync.measuring
from config import load
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.records import EventKind, TicketEvent, TicketRecord, TicketSnapshot
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.accounts import opened
from sync.cycle import PassReport, running
from sync.editions import rulebook
from sync.measuring import measure_changed_and_due
from sync.planning import ticket_plans
from sync.settling import PeriodState, looks

NAME = "bench"
AS_OF = 1_767_225_600 + 120 * 86_400  # 2026-05-01
SPREAD = 110 * 86_400  # the tickets are opened over so long, until AS_OF
EVENTS = 10  # of every ticket
TICKETS_A_CUSTOMER = 4
CHANGED = 100  # one ticket of so many changes before the second pass
SAMPLE = 2000  # tickets of which is told what measuring them is made of
PARTS = {"told": "story", "_judged": "clocks", "held": "holdings", "Evidence": "course of things", "_answers": "lines"}
TELLING = 50_000  # after so many tickets a pass tells how far it has come
AT_ONCE = 1000  # tickets saved in one transaction
SAVE, DERIVE, READ, MEASURE, WRITE, PLAN = "save", "derive", "read", "measure", "write", "plan"
CONFIG = """\
version: 1
organization: Benchmark
timezone: Asia/Ho_Chi_Minh
language: en
connectors:
  - name: bench
    kind: zendesk
    base_url: http://127.0.0.1:9
    trusted_host: true
    auth: {method: api_token, email: nobody@example.com, token: "${env:BENCHMARK_TOKEN}"}
    history_from: 2026-01-01
"""
STATUSES = ("new", "open", "pending", "hold", "solved", "closed", "deleted")
WEEKDAY = [[8 * 60, 12 * 60], [13 * 60, 17 * 60 + 30]]
GOALS = {"urgent": "30m", "high": "1h", "normal": "2h", "low": "8h", "default": "normal"}
REPLY = {"goal": GOALS, "pause_in": [], "warn": ["75%"]}
POLICY = {
    "version": 1,
    "policies": [
        {
            "id": "care",
            "clocks": [
                {**REPLY, "id": "first_reply", "start": "created", "stop": ["agent_public_reply"], "rearm": "never"},
                {
                    **REPLY,
                    "id": "next_reply",
                    "start": "customer_message",
                    "stop": ["agent_public_reply", "solved"],
                    "rearm": "on_customer_message",
                },
                {
                    "id": "resolution",
                    "goal": {"default": "16h"},
                    "start": "created",
                    "stop": ["solved"],
                    "pause_in": ["pending", "hold"],
                    "rearm": "on_reopen",
                    "warn": ["50%", "75%"],
                },
            ],
        }
    ],
    "escalations": [
        {
            "on": {"clock": name},
            "steps": [{"level": 1, "at": "breach", "after": "0m"}, {"level": 2, "at": "breach", "after": "4h"}],
        }
        for name in ("first_reply", "next_reply", "resolution")
    ],
}
RULES = {
    ("policies", ""): POLICY,
    ("meanings", ""): {"statuses": {word: word for word in STATUSES}, "excluded_tags": ["test"]},
    ("calendar_choice", ""): {"by_group": {}, "by_brand": {}, "default": "office"},
    ("calendar", "office"): {
        "name": "Office",
        "zone": "Asia/Ho_Chi_Minh",
        "week": [*[WEEKDAY] * 5, [[8 * 60, 12 * 60]], []],
        "holidays": [["2026-02-16", "2026-02-20"], ["2026-04-30", "2026-05-01"]],
        "overrides": {},
        "created_at": 0,
    },
    **{
        ("agent", f"agent{number}"): {"name": f"Agent {number}", "email": None, "role": "agent", "bot": False}
        for number in range(20)
    },
}
PROCESSES = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class StandingClock:
    """The local clock, stopped: nothing here waits. A pass asks it to wait for no time at all after each chunk."""

    chunks: int = 0
    since: float = field(default_factory=time.process_time)

    def now(self) -> float:
        """Return the instant at which everything is told."""
        return float(AS_OF)

    def sleep(self, seconds: float) -> None:
        """Wait for nothing, and tell now and then how far the pass has come: a million tickets take a while."""
        del seconds
        self.chunks += 1
        tickets = self.chunks * sync.measuring.CHUNK
        if tickets % TELLING == 0:
            took, self.since = time.process_time() - self.since, time.process_time()
            say(
                f"  … {tickets:,} measured; the last {TELLING:,} in {took:.0f} s of one core; {peak_megabytes():.0f} MB"
            )


@dataclass(frozen=True, slots=True)
class Result:
    """What a measuring pass took; `seconds` are of the processor, by part."""

    tickets: int
    seconds: dict[str, float]
    wall: float
    megabytes: float
    at_rest: float

    @property
    def processor(self) -> float:
        """All seconds of the processor."""
        return sum(self.seconds.values())


# --- The tickets --------------------------------------------------------------------------------------------------


def records_of(number: int, customers: int) -> Iterator[TicketRecord]:
    """Yield a ticket's records: ten events from its opening to its solve, less those that are still to come."""
    random, ticket_id = Random(number), str(number)  # noqa: S311 -- tickets that must repeat
    agent, customer = f"agent{random.randrange(20)}", f"customer{random.randrange(customers)}"
    priority, opened_at = random.choice(tuple(GOALS)[:4]), AS_OF - random.randrange(SPREAD)
    assigned, replied, asked, solved = (
        opened_at + pause for pause in accumulate(random.choices((600, 3600, 20_000, 90_000), k=4))
    )
    told = (
        (opened_at, customer, EventKind.OPENED_WITH, "status", None, "new"),
        (opened_at, customer, EventKind.OPENED_WITH, "priority", None, priority),
        (opened_at, customer, EventKind.COMMENTED, None, None, None),
        (assigned, agent, EventKind.CHANGED, "assignee", None, agent),
        (replied, agent, EventKind.COMMENTED, None, None, None),
        (replied, agent, EventKind.CHANGED, "status", "new", "pending"),
        (asked, customer, EventKind.COMMENTED, None, None, None),
        (asked, customer, EventKind.CHANGED, "status", "pending", "open"),
        (solved, agent, EventKind.COMMENTED, None, None, None),
        (solved, agent, EventKind.CHANGED, "status", "open", "solved"),
    )
    heard = [thing for thing in told if thing[0] <= AS_OF]
    for order, (at, actor, kind, name, old, new) in enumerate(heard):
        yield TicketEvent(
            ticket_id=ticket_id, event_id=f"{ticket_id}-{order}", at=at, order=order, position=0, kind=kind,
            actor_id=actor, automatic=False, field=name, old=old, new=new,
            public=True if kind is EventKind.COMMENTED else None,
        )  # fmt: skip
    yield TicketSnapshot(
        ticket_id=ticket_id, version=1, created_at=opened_at, updated_at=heard[-1][0],
        status=[new for *_, name, _, new in heard if name == "status"][-1] or "new", priority=priority,
        assignee_id=agent if assigned <= AS_OF else None, group_id="1", requester_id=customer, submitter_id=customer,
        brand_id=None, form_id=None, channel="email", tags=(),
    )  # fmt: skip


def changes(count: int, which: int) -> Iterator[TicketRecord]:
    """Yield a note for one ticket in every hundred; another `which` gives another note."""
    for number in range(0, count, CHANGED):
        yield TicketEvent(
            ticket_id=str(number), event_id=f"{number}-note-{which}", at=AS_OF, order=EVENTS + which, position=0,
            kind=EventKind.COMMENTED, actor_id="agent1", automatic=False, public=False,
        )  # fmt: skip


def fill(folder: Path, count: int) -> None:
    """Make the store, with its rules and its tickets."""
    (folder / "helpdesk-kpi.yaml").write_text(CONFIG, encoding="utf-8")
    with account_in(folder) as account:
        for (kind, key), body in RULES.items():
            account.store.editions.keep(NAME, kind, key, body, 0)
        numbers, customers = iter(range(count)), max(1, count // TICKETS_A_CUSTOMER)
        while some := list(islice(numbers, AT_ONCE)):
            account.store.records.save(NAME, (record for number in some for record in records_of(number, customers)))


@contextmanager
def account_in(folder: Path) -> Iterator[Account]:
    """Open the account whose store lies in a folder."""
    settings = load(folder / "helpdesk-kpi.yaml", {"BENCHMARK_TOKEN": "none"})
    with opened(settings, [], StandingClock()) as (account,):
        yield account


def change(account: Account, count: int) -> None:
    """Save what happened to one ticket in every hundred, as a pass saves what it pulls."""
    earlier = next(account.store.records.histories(NAME, ["0"], 0)).events
    account.store.records.save(NAME, changes(count, len(earlier)))


# --- The passes ---------------------------------------------------------------------------------------------------


def measuring(folder: Path, count: int, answer: Connection) -> None:
    """Measure what changed or is due, and tell what it took: in a process of its own, whose memory is nobody else's.

    Where there is a `count` of tickets, one in a hundred of them changes before, and is planned for afterwards.
    """
    watch = Stopwatch()
    with account_in(folder) as account, running(account, "sync", PassReport(NAME)) as this:
        rules, at_rest = rulebook(account), peak_megabytes()
        began = time.perf_counter()
        if count:
            with watch.timing(SAVE):
                change(account, count)
        watch.wrap_generator(account.store.records, "histories", READ)
        watch.wrap(sync.measuring, "measure", MEASURE)
        watch.wrap(sync.measuring, "live_fields", MEASURE)
        watch.wrap(sync.measuring, "derive", DERIVE)
        watch.wrap_generator(account.store.records, "stale_in_turn", DERIVE)
        with watch.timing(WRITE):
            tickets = measure_changed_and_due(account, this, rules, AS_OF)
        if count:
            with watch.timing(PLAN):
                plan(account, rules, tickets)
        wall = time.perf_counter() - began
    parts = (SAVE, DERIVE, READ, MEASURE, WRITE, PLAN)
    seconds = {part: watch.parts[part].processor for part in parts if part in watch.parts}
    answer.send(Result(tickets, seconds, wall, peak_megabytes(), at_rest))


def plan(account: Account, rules: Rulebook, count: int) -> None:
    """Plan the fields of so many measured tickets, and see whether the figures of the last week are others now."""
    unplanned = islice(account.store.readings.unplanned(NAME), count)
    deque(ticket_plans(account, unplanned, rules, AS_OF), maxlen=0)
    week = period_at(PeriodKind.WEEK, account.settings.timezone, AS_OF).previous()
    looks(account, week, PeriodState.PROVISIONAL)


def parts_of_measuring(folder: Path) -> dict[str, float]:
    """Return the seconds of the processor that each part of measuring some tickets takes."""
    watch = Stopwatch()
    with account_in(folder) as account:
        records, rules = account.store.records, rulebook(account)
        histories = list(records.histories(NAME, records.known(NAME, "", SAMPLE), account.history_start))
    for name, part in PARTS.items():
        watch.wrap(kpi_engine.measure, name, part)
    with watch.timing("the rest"):
        for history in histories:
            kpi_engine.measure.measure(history, rules, AS_OF)
    return {part: spent.processor for part, spent in watch.parts.items()}


def peak_megabytes() -> float:
    """Return the most memory that this process ever had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024) if sys.platform == "darwin" else peak / 1024


def measured(folder: Path, count: int = 0) -> Result:
    """Return what measuring took in a process of its own; with a `count` of tickets one in a hundred changes before."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=measuring, args=(folder, count, theirs))
    process.start()
    theirs.close()
    try:
        result: Result = ours.recv()
    finally:
        process.join()
    return result


def in_a_process(work: Callable[..., None], *arguments: object) -> None:
    """Do something in a process of its own and wait for it."""
    process = PROCESSES.Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


# --- What it says -------------------------------------------------------------------------------------------------


def show(name: str, result: Result) -> None:
    """Print rates per second of one core, and what limits."""
    say(f"{name}: {result.tickets:,} tickets in {result.wall:.1f} s on the wall, {result.processor:.1f} s of one core")
    for part, seconds in result.seconds.items():
        say(f"  {part:10}{result.tickets / seconds:12,.0f} tickets/s{seconds / result.processor:8.0%} of the time")
    say(f"  {'together':10}{result.tickets / result.processor:12,.0f} tickets/s")
    limit = max(result.seconds, key=lambda part: result.seconds[part])
    say(f"  What limits: “{limit}”. Peak memory {result.megabytes:.0f} MB, {result.at_rest:.0f} MB before the first.")


def show_parts(seconds: dict[str, float]) -> None:
    """Print what measuring is made of, the largest part first."""
    whole = sum(seconds.values())
    parts = sorted(seconds.items(), key=lambda each: -each[1])
    say("\nMeasuring: " + ", ".join(f"{part} {spent / whole:.0%}" for part, spent in parts))


def compare(whole: Result, later: Result, bytes_stored: int) -> None:
    """Print the ratios that should hold on any machine."""
    share, took = later.tickets / whole.tickets, later.wall / whole.wall
    say(f"A pass over {share:.1%} of the tickets takes {took:.1%} of the time")
    grown = (whole.megabytes - whole.at_rest) * 1024 * 1024 / whole.tickets
    say(
        f"Memory above rest: {grown:,.0f} bytes a ticket; the store: {bytes_stored / whole.tickets:,.0f} bytes a ticket"
    )


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


@contextmanager
def place_for(chosen: Path | None) -> Iterator[Path]:
    """Give the folder that was chosen, or one for this run alone."""
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="helpdesk-kpi-engine-") as place:
        yield Path(place)


def whole_in(folder: Path, count: int) -> Result:
    """Make the store, measure all of it and note what that took; of a store that is there already only return it."""
    noted = folder / "whole.json"
    if noted.exists():
        return Result(**json.loads(noted.read_text(encoding="utf-8")))
    began = time.perf_counter()
    in_a_process(fill, folder, count)
    saved = time.perf_counter() - began
    say(f"{count:,} tickets of {EVENTS} events under three clocks, saved in {saved:.0f} s\n")
    whole = measured(folder)
    noted.write_text(json.dumps(asdict(whole)), encoding="utf-8")
    return whole


def main() -> None:
    """Make the store, measure all of it, change one per cent and measure that."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="keep the store here; one that is there is changed, not made anew")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON as well")
    chosen = parser.parse_args()
    say(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    with place_for(chosen.folder) as folder:
        whole = whole_in(folder, chosen.tickets)
        show("All of them", whole)
        later = measured(folder, whole.tickets)
        show("\nOne in a hundred changed", later)
        show_parts(parts_of_measuring(folder))
        compare(whole, later, sum(file.stat().st_size for file in folder.glob("helpdesk-kpi.db*")))
    if chosen.json:
        say(json.dumps({"all": asdict(whole), "changed": asdict(later)}))


if __name__ == "__main__":
    main()
