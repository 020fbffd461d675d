"""Measuring: what changed or fell due, read through the rulebook, with the ledger settled in the same transaction."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from connectors.base import Reject
from kpi_engine.history import History
from kpi_engine.ledger import settle
from kpi_engine.live import live_fields
from kpi_engine.measure import measure
from kpi_engine.message import message
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.pull import Pass
from sync.store.readings import Reading

CHUNK = 500
_log = logging.getLogger(__name__)


def measure_changed_and_due(account: Account, this: Pass, rulebook: Rulebook, as_of: int) -> int:
    """Measure the tickets that changed and those whose answers changed by themselves; return how many."""
    measuring = _Measuring(account, this, rulebook, as_of)
    changed, due = account.store.records.stale(account.name), account.store.readings.due(account.name, as_of)
    return sum(measuring.measure(chunk) for chunk in _chunks(dict.fromkeys([*changed, *due])))


def history_start(account: Account) -> int:
    """Return the instant at which the pulled history begins: history_from in the report time zone."""
    day = account.own.history_from
    zone = ZoneInfo(account.settings.timezone)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp())


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


@dataclass(frozen=True, slots=True)
class _Measuring:
    account: Account
    this: Pass
    rulebook: Rulebook
    as_of: int

    def measure(self, ids: Sequence[str]) -> int:
        """Measure some tickets and store the readings, with the ledger settled, in one transaction."""
        store, name = self.account.store, self.account.name
        readings, rejects = [], []
        for history in store.records.histories(name, ids, history_start(self.account)):
            try:
                readings.append(self.reading(history))
            except Exception as error:  # noqa: BLE001 -- one ticket that breaks a rule must not stop all the others
                rejects.append(_reject(history, error))
        measured = [reading.measurement for reading in readings]
        firings = [firing for measurement in measured for firing in measurement.firings]
        with store.transaction(self.this.lock):
            store.locks.beat(self.this.lock, self.account.now())
            store.readings.save(name, readings, self.account.now())
            entries = store.ledger.entries(name, [measurement.ticket_id for measurement in measured])
            store.ledger.append(name, settle(entries, firings, self.as_of))
            store.quarantine.put(name, "measuring", rejects, self.this.pass_id, self.account.now())
        self.account.clock.sleep(0)  # a safe point: whoever waits to stop the pass may do it here
        return len(readings)

    def reading(self, history: History) -> Reading:
        measurement = measure(history, self.rulebook, self.as_of)
        return Reading(measurement=measurement, live=live_fields(measurement))


def _reject(history: History, error: Exception) -> Reject:
    kind = type(error).__name__
    _log.warning("ticket %s could not be measured: %s", history.ticket_id, kind, exc_info=error)
    return Reject(f"ticket:{history.ticket_id}", message("it could not be measured: {kind}", kind=kind), "")
