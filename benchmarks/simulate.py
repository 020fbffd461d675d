"""One core, no network: a stored past looked at under another policy, interrupted half way and taken up again.

Run it as `python benchmarks/simulate.py [--tickets 10000]`, with 100000 or 1000000 for what a large account takes. The
tickets are those of engine.py, not measured before. It only reports.
"""

import argparse
import multiprocessing
import os
import platform
import tempfile
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from engine import AS_OF, POLICY, SPREAD, account_in, fill, in_a_process, peak_megabytes, say

from config.policies import PolicyDocument
from sync.simulating import Simulation, fingerprint, kept_in, resumed, simulate, trial_of

PROCESSES = multiprocessing.get_context("spawn")
START = AS_OF - SPREAD


class StoppedError(Exception):
    """Half of the tickets were looked at."""


def stricter() -> PolicyDocument:
    """Return the benchmark's policy with a first reply in half of the time, and a penalty."""
    body: dict[str, Any] = {"version": 1, "policies": [], "escalations": POLICY["escalations"]}
    for policy in POLICY["policies"]:  # type: ignore[attr-defined]  # a document
        clocks = [
            {**clock, "goal": {"any": "1h"}} if clock["id"] == "first_reply" else clock for clock in policy["clocks"]
        ]
        body["policies"].append({**policy, "clocks": clocks})
    body["penalties"] = [{"id": "overdue", "quota": 5, "bands": [{"over": 0, "points": 1}]}]
    return PolicyDocument.model_validate(body)


def trying(folder: Path, most: int, answer: Connection) -> None:
    """Go on with the simulation, until so many tickets were looked at, and tell what it took."""
    document, kept = stricter(), folder / "progress.json"
    with account_in(folder) as account:
        found = resumed(kept, fingerprint(account, document, START, AS_OF + 1), AS_OF)
        before, at_rest, began, used = found.tickets, peak_megabytes(), time.perf_counter(), time.process_time()
        keep = kept_in(kept)

        def kept_until(now: Simulation) -> None:
            keep(now)
            if before < most <= now.tickets:
                raise StoppedError

        with suppress(StoppedError):
            simulate(account, trial_of(account, document, START, AS_OF + 1, AS_OF), found, kept_until)
        took = (time.perf_counter() - began, time.process_time() - used)
    answer.send((found.tickets - before, found.differing, *took, peak_megabytes(), at_rest))


def tried(folder: Path, most: int) -> tuple[Any, ...]:
    """Return what a part of the simulation took in a process of its own."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=trying, args=(folder, most, theirs))
    process.start()
    theirs.close()
    try:
        result: tuple[Any, ...] = ours.recv()
    finally:
        process.join()
    return result


def show(name: str, result: tuple[Any, ...]) -> None:
    """Print rates per second of one core, and the memory."""
    tickets, differing, wall, processor, megabytes, at_rest = result
    say(f"{name}: {tickets:,} tickets in {wall:.1f} s on the wall, {processor:.1f} s of one core")
    say(f"  {tickets / processor:,.0f} tickets/s; {differing:,} differ so far")
    say(f"  Peak memory {megabytes:.0f} MB, {at_rest:.0f} MB before the first.")


def main() -> None:
    """Make the store, look at half of it, and then at the rest."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=10_000)
    count = parser.parse_args().tickets
    say(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    with tempfile.TemporaryDirectory(prefix="helpdesk-kpi-simulate-") as place:
        folder = Path(place)
        in_a_process(fill, folder, count)
        show("The first half", tried(folder, count // 2))
        show("The rest, taken up again", tried(folder, count))


if __name__ == "__main__":
    main()
