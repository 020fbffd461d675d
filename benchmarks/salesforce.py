"""What a first pull of one Salesforce org costs: API calls against the least possible, and memory at the peak.

    python benchmarks/salesforce.py [--tickets 50000]

The simulated org runs in a process of its own. It fails only if pulling needs 300 MB or more.
"""

import argparse
import multiprocessing
import os
import resource
import sys
from math import ceil
from multiprocessing.connection import Connection
from zoneinfo import ZoneInfo

from connectors.base import Stream
from connectors.salesforce import bulk, connect
from connectors.salesforce.org import PAGE
from connectors.salesforce.settings import SalesforceSettings
from connectors.sandbox import SalesforceSandbox

SECRET = "SALESFORCE_BENCHMARK_SECRET"  # noqa: S105 -- names a variable
MOST_MEMORY = 300  # MB
OBJECTS = {
    Stream.TICKETS: ("Case",),
    Stream.HISTORY: ("CaseHistory", "EmailMessage", "CaseComment"),
    Stream.CALLS: ("VoiceCall",),
    Stream.WORK_ITEMS: ("AgentWork",),
}


class Standing:
    """The org's clock as the puller needs it: it stands still."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        """Return the world's time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Go on: a job needs only so many looks."""


def serve(orders: Connection, tickets: int) -> None:
    """Answer over HTTP until told to stop; say first what there is."""
    with SalesforceSandbox(tickets=tickets) as sandbox:
        rows = {name: len(sandbox.state.tables[name].rows) for names in OBJECTS.values() for name in names}
        orders.send((sandbox.base_url, sandbox.oauth, sandbox.now, rows))
        orders.recv()
        orders.send(len(sandbox.requests))


def pulled(base_url: str, oauth: tuple[str, str], now: float, bulk_above: int) -> tuple[int, int]:
    """Pull cases and their history, and return the requests made and the records seen."""
    auth = {"method": "oauth_client_credentials", "client_id": oauth[0], "client_secret": f"${{env:{SECRET}}}"}
    keys = {"name": "care", "kind": "salesforce", "base_url": base_url, "trusted_host": True, "auth": auth}
    keys |= {"calls": "voice_call", "agent_work": True}
    settings = SalesforceSettings.model_validate({**keys, "rate_limit_share": 1, "bulk_above": bulk_above})
    connector = connect(settings, Standing(now), ZoneInfo("UTC"))
    connector.begin()
    records = sum(len(page.records) for stream in OBJECTS for page in connector.pull(stream, None))
    requests = connector.usage().requests
    connector.close()
    return requests, records


def least(rows: dict[str, int], *, in_bulk: bool) -> int:
    """Return the requests without which nobody gets these rows: pages, and for a job its making and two looks."""
    size, beside = (bulk.ROWS_AT_ONCE, 3) if in_bulk else (PAGE, 0)
    return sum(ceil(count / size) + beside for count in rows.values())


def main() -> int:
    """Measure both ways of reading."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=50_000)
    tickets = parser.parse_args().tickets
    orders, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, tickets))
    process.start()
    base_url, oauth, now, rows = orders.recv()
    os.environ[SECRET] = oauth[1]
    print(f"{tickets} cases, {sum(rows.values())} rows: {rows}")
    memory = 0
    for way, above in (("bulk jobs", 0), ("page by page", sys.maxsize)):
        requests, records = pulled(base_url, oauth, now, above)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        fewest = least(rows, in_bulk=above == 0)
        print(f"{way}: {requests} requests, {fewest} is the least; {records} records; peak so far {memory} MB")
    orders.send(None)
    orders.recv()
    process.join()
    return int(memory >= MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
