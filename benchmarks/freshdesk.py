"""A Freshdesk account end to end: requests against the fewest possible, and memory, of a first pass and a quiet one.

Run it as `python benchmarks/freshdesk.py [--tickets 50000]`. It fails only if a pass needs more memory than it may.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path

from world import WorldClock

from config import load
from connectors.freshdesk import Freshdesk
from connectors.quota import Quota
from connectors.sandbox import FreshdeskSandbox
from sync.accounts import opened
from sync.cycle import Mode, run_pass
from sync.pull import silent

MOST_MEGABYTES = 300
SECRET = "HELPDESK_KPI_BENCHMARK_KEY"  # noqa: S105 -- the name of a variable
PAGE = 100
_PROCESSES = multiprocessing.get_context("spawn")


def main() -> int:
    """Run both passes and return the exit status: 1 where one needed too much memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=50_000)
    chosen = parser.parse_args()
    ours, theirs = _PROCESSES.Pipe()
    helpdesk = _PROCESSES.Process(target=_serve, args=(theirs, chosen.tickets), daemon=True)
    helpdesk.start()
    base_url, key, tickets = ours.recv()
    with tempfile.TemporaryDirectory(prefix="helpdesk-kpi-benchmark-") as folder:
        path = Path(folder) / "helpdesk-kpi.yaml"
        path.write_text(_config(base_url, tickets), encoding="utf-8")
        peaks = [_in_a_process(ours, path, key, (name, tickets)) for name in ("first", "unchanged")]
    ours.send(None)
    helpdesk.join()
    return int(max(peaks) >= MOST_MEGABYTES)


def _serve(orders: Connection, tickets: int) -> None:
    with FreshdeskSandbox(tickets=tickets) as sandbox:
        orders.send((sandbox.base_url, sandbox.api_key, len(sandbox.state.tickets)))
        while (seconds := orders.recv()) is not None:
            sandbox.advance(seconds)
            orders.send(sandbox.now)


def _config(base_url: str, tickets: int) -> str:
    account = {
        "name": "cua-hang", "kind": "freshdesk", "base_url": base_url, "trusted_host": True, "plan": "enterprise",
        "auth": {"method": "api_key", "api_key": f"${{env:{SECRET}}}"}, "history_from": "2025-01-01",
        "conversations_per_pass": 2 * tickets + 1, "push": {"ticket_fields": []},
    }  # fmt: skip
    return json.dumps({"version": 1, "organization": "x", "timezone": "Asia/Ho_Chi_Minh", "connectors": [account]})


def _in_a_process(orders: Connection, path: Path, key: str, what: tuple[str, int]) -> float:
    """Run a pass in a process of its own and return its peak memory in megabytes."""
    ours, theirs = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_pass, args=(theirs, orders, path, key, what))
    process.start()
    peak: float = ours.recv()
    process.join()
    return peak


def _pass(answer: Connection, orders: Connection, path: Path, key: str, what: tuple[str, int]) -> None:
    name, tickets = what
    asked: Counter[str] = Counter()
    clock = WorldClock(orders)
    with opened(load(path, {SECRET: key}), [], clock) as (account,):
        connector = account.connector
        if isinstance(connector, Freshdesk):  # its real limits would hide ours
            connector.session.quota = Quota(1e9, clock, {})
            _count(connector, asked)
        began = time.perf_counter()
        report = run_pass(account, Mode(yes=True), silent)
    pages = 2 * ceil(tickets / PAGE) + 2 if name == "first" else 4  # for tickets and again for what was said; the rest
    least = {"list": pages, "conversations": tickets if name == "first" else 0}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    line = ", ".join(f"{kind}: {asked[kind]} requests (least {n})" for kind, n in least.items())
    print(
        f"{name}: {sum(report.pulled.rows.values())} rows, {report.measured} measured; {line}; "
        f"{report.usage.requests} in all; {time.perf_counter() - began:.0f} s, {peak:.0f} MB",
        flush=True,
    )
    answer.send(peak)


def _count(connector: Freshdesk, asked: Counter[str]) -> None:
    get = connector.session.get

    def counted(path: str, *rest: object, **named: object) -> object:
        asked["list" if path.endswith("/tickets") else path.rpartition("/")[2]] += 1
        return get(path, *rest, **named)  # type: ignore[arg-type]  # get's own

    connector.session = _Instead(connector.session, counted)  # type: ignore[assignment]  # all a session is, and it counts


class _Instead:
    """The real session, but that `get` is counted."""

    def __init__(self, session: object, get: object) -> None:
        self._session, self.get = session, get

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)


if __name__ == "__main__":
    sys.exit(main())
