"""A million calls from one file: rows a second, and that what it takes in memory does not grow with them.

Run as `python benchmarks/inputs.py [ROWS…]`; prints a line for each size: import, the same file again, and one figure.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from config import load
from sync.clock import WallClock
from sync.inputs.importing import Source, import_file
from sync.inputs.kinds import KINDS
from sync.inputs.values import Forms
from sync.store import Store

CONFIG = """\
version: 1
organization: Sao Mai
timezone: Asia/Ho_Chi_Minh
connectors:
  - {name: sao-mai, kind: zendesk, base_url: https://saomai.zendesk.com, auth: {method: bearer, token: "${env:T}"}}
"""
HEADER = "call_id,started_at,direction,agent_ref,customer_ref,queue,wait_s,ring_s,talk_s,hold_s,wrap_s,outcome\n"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def written(path: Path, rows: int) -> None:
    """Write a file of so many calls."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for n in range(rows):
            at = (FIRST + timedelta(seconds=20 * n)).strftime("%Y-%m-%d %H:%M:%S")
            outcome = "missed" if n % 9 == 0 else "answered"
            file.write(
                f"c-{n},{at},inbound,agent{n % 40}@saomai.vn,KH-{n % 9000},support,5,4,{n % 600},0,30,{outcome}\n"
            )


def megabytes() -> float:
    """Return the most memory this process ever had."""
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def measured(rows: int) -> None:
    """Import a file twice, and print how long that took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "helpdesk-kpi.yaml").write_text(CONFIG, encoding="utf-8")
        written(folder / "calls.csv", rows)
        settings = load(folder / "helpdesk-kpi.yaml", {"T": "x"})
        source = Source(folder / "calls.csv", KINDS["calls"], Forms(settings.timezone))
        with Store.open("sqlite:///store.db", folder) as store:
            for what in ("first", "again"):
                begun = time.perf_counter()
                found = import_file(store, settings, source, WallClock())
                seconds = time.perf_counter() - begun
                print(
                    f"{rows:>9,} rows, {what}: {rows / seconds:>7,.0f} rows/s, {seconds:.0f} s, "
                    f"peak {megabytes():.0f} MB; new {found.new:,}, same {found.same:,}, refused {found.refused_count}"
                )


if __name__ == "__main__":
    for size in [int(each) for each in sys.argv[1:]] or [10_000, 100_000, 1_000_000]:
        measured(size)
