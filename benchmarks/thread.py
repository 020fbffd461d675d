"""One account end to end: the first pass, one an hour later and one over an unchanged world, with what limits them.

Run it as `python benchmarks/thread.py [--tickets 50000]`. It fails only if a pass needs more memory than it may.
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
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import micro
from stopwatch import Spent, Stopwatch
from world import Address, WorldClock, serve

import sync.cycle
import sync.measuring
import sync.pull
from config import load
from connectors import paging
from connectors.exchange import Params
from connectors.http import Answer, Session
from connectors.quota import Quota
from connectors.zendesk import Zendesk, exports
from sync.accounts import opened
from sync.cycle import Mode, run_pass
from sync.demo import SECRET_VARIABLE
from sync.pull import silent

MOST_MEGABYTES = 300
EXPORTS_A_MINUTE = 10
"""Requests that Zendesk allows to its incremental exports; half of them are ours by default."""
R = TypeVar("R")
_PROCESSES = multiprocessing.get_context("spawn")

DOWNLOAD, READ, SAVE = "download", "read rows", "write rows"
LOAD, WALK, KEEP = "load histories", "measure", "write readings"
PLAN, DELIVER = "plan and queue", "deliver"
PULL, MEASURING = (DOWNLOAD, READ, SAVE), (LOAD, WALK, KEEP)
PHASES = {"Pull": PULL, "Measure": MEASURING, "Plan": (PLAN,), "Deliver": (DELIVER,)}


@dataclass(frozen=True, slots=True)
class Result:
    """What a pass did and cost; `parts` are seconds by part, `pages` what it asked for."""

    rows: int
    new_rows: int
    measured: int
    planned: int
    delivered: int
    requests: int
    megabytes: float
    wall: float
    processor: float
    parts: dict[str, Spent]
    pages: list[str]


def main() -> int:
    """Run everything and return the exit status: 1 where a pass needed too much memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON as well")
    chosen = parser.parse_args()
    _say(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    ours, theirs = _PROCESSES.Pipe()
    helpdesk = _PROCESSES.Process(target=serve, args=(theirs, chosen.tickets), daemon=True)
    helpdesk.start()
    try:
        with tempfile.TemporaryDirectory(prefix="helpdesk-kpi-benchmark-") as folder:
            results = _thread(ours, Path(folder))
            micro.report(Path(folder))
    finally:
        ours.send(None)
        helpdesk.join()
    if chosen.json:
        _say(json.dumps({name: asdict(result) | {"pages": None} for name, result in results.items()}))
    return int(max(result.megabytes for result in results.values()) >= MOST_MEGABYTES)


def _thread(orders: Connection, folder: Path) -> dict[str, Result]:
    address: Address = orders.recv()
    (folder / "helpdesk-kpi.yaml").write_text(address.config, encoding="utf-8")
    _say(f"{address.tickets} tickets with {address.events / address.tickets:.1f} events each\n")
    first = _in_a_process(_pass, orders, folder, address.secret)
    _show("First pass", first, address.tickets)
    bare = _in_a_process(_bare, address.base_url, address.token, first.pages)
    _say(
        f"  A bare client downloads the same {len(first.pages)} pages in {bare:.1f} s ({address.tickets / bare:.0f} "
        f"tickets/s): the first pass takes {first.wall / bare:.1f} times as long, its pull "
        f"{_seconds(first, PULL) / bare:.1f} times."
    )
    exported = sum("/incremental/" in page for page in first.pages)
    _say(
        f"  Zendesk's own limits, lifted here: {exported} of these requests go to its exports, at {EXPORTS_A_MINUTE} a "
        f"minute of which half are ours by default: {2 * exported / EXPORTS_A_MINUTE:.0f} minutes at least.\n"
    )
    results = {"first": first}
    for name, moved in (("an hour later", 3600), ("its own writes", 120), ("unchanged", 0)):
        orders.send(moved)
        orders.recv()
        results[name] = later = _in_a_process(_pass, orders, folder, address.secret)
        _say(
            f"{name.capitalize()}: {later.rows} rows, {later.new_rows} of them new, {later.measured} tickets measured,"
            f" {later.planned} writes in {later.requests} requests; {later.wall / first.wall:.1%} of the first "
            f"pass's time, {later.megabytes:.0f} MB"
        )
    _say("")
    return results


def _in_a_process(work: Callable[..., R], *arguments: object) -> R:
    """Return what `work` returns in a process of its own: its memory is nobody else's."""
    ours, theirs = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_answering, args=(theirs, work, *arguments))
    process.start()
    theirs.close()
    try:
        result: R = ours.recv()
    finally:
        process.join()
    return result


def _answering(answer: Connection, work: Callable[..., object], *arguments: object) -> None:
    answer.send(work(*arguments))


def _pass(orders: Connection, folder: Path, secret: str) -> Result:
    watch = Stopwatch()
    pages: list[str] = []
    _watch(watch, pages)
    settings = load(folder / "helpdesk-kpi.yaml", {SECRET_VARIABLE: secret})
    clock = WorldClock(orders)
    with opened(settings, [], clock) as (account,):
        if isinstance(account.connector, Zendesk):  # its real limits would hide ours: see EXPORTS_A_MINUTE
            account.connector.session.quota = Quota(1, clock, {})
        watch.wrap_generator(account.store.records, "histories", LOAD)
        began = time.perf_counter(), time.process_time()
        with watch.timing(PLAN):
            report = run_pass(account, Mode(yes=True), silent)
        ended = time.perf_counter(), time.process_time()
    return Result(
        rows=sum(report.pulled.rows.values()),
        new_rows=report.pulled.new,
        measured=report.measured,
        planned=report.writes_planned,
        delivered=len(report.sent.delivered),
        requests=report.usage.requests,
        megabytes=_peak_megabytes(),
        wall=ended[0] - began[0],
        processor=ended[1] - began[1],
        parts=watch.parts,
        pages=pages,
    )


def _watch(watch: Stopwatch, pages: list[str]) -> None:
    """Have the parts of every pass in this process timed, and note the pages it asks for."""
    get = Session.get

    def noted(session: Session, path: str, params: Params | None = None) -> Answer:
        if "job_statuses" not in path:
            pages.append(f"{path}?{urlencode(params, doseq=True)}" if params else path)
        return get(session, path, params)

    Session.get = noted  # type: ignore[assignment, method-assign]  # that is how it is timed
    watch.wrap_generator(paging, "pages", DOWNLOAD)
    watch.wrap(exports, "_page", READ)
    watch.wrap(sync.measuring, "measure", WALK)
    watch.wrap(sync.cycle, "pull", SAVE)
    watch.wrap(sync.cycle, "measure_changed_and_due", KEEP)
    watch.wrap(sync.cycle, "send_all", DELIVER)


def _show(title: str, result: Result, tickets: int) -> None:
    """Print what each phase and part took; a rate is tickets per second on the wall."""
    _say(f"{title}: {result.rows} rows, {result.measured} tickets measured, {result.planned} writes planned")
    _say(f"  {'':16}{'wall s':>9}{'cpu s':>9}{'tickets/s':>11}{'share':>8}")
    for phase, parts in PHASES.items():
        _line(phase, parts, result, tickets)
        for part in parts if len(parts) > 1 else ():
            _line(f"  {part}", (part,), result, tickets)
    _line("All", tuple(result.parts), result, tickets)
    longest = max(result.parts, key=lambda part: result.parts[part].wall)
    _say(f"  What limits: “{longest}”. Peak memory {result.megabytes:.0f} MB of at most {MOST_MEGABYTES} MB.")


def _line(name: str, parts: Iterable[str], result: Result, tickets: int) -> None:
    wall, processor = _seconds(result, parts), sum(result.parts[part].processor for part in parts)
    _say(f"  {name:16}{wall:9.1f}{processor:9.1f}{tickets / wall:11.0f}{wall / result.wall:8.0%}")


def _seconds(result: Result, parts: Iterable[str]) -> float:
    return sum(result.parts[part].wall for part in parts)


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024) if sys.platform == "darwin" else peak / 1024


def _bare(base_url: str, token: str, pages: list[str]) -> float:
    """Return the seconds in which `pages` can be had, read by nobody: the helpdesk's own ceiling."""
    connection = HTTPConnection(urlsplit(base_url).netloc)
    began = time.perf_counter()
    for page in pages:
        connection.request("GET", page, headers={"Authorization": f"Bearer {token}"})
        connection.getresponse().read()
    return time.perf_counter() - began


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
