"""Measuring: what changed or fell due, read through the rulebook, with the ledger settled in the same transaction."""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing import get_context

from connectors.base import Reject
from kpi_engine.history import History
from kpi_engine.ledger import settle
from kpi_engine.live import live_fields
from kpi_engine.measure import measure
from kpi_engine.measurement import Firing, Measurement
from kpi_engine.message import message
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.derived import derive
from sync.garbage import look_rarely_for_cycles
from sync.pull import Pass
from sync.settling import Freeze, late_changes, settle_periods, settled_through
from sync.settling_charges import settle_charges_of_periods
from sync.store.observations import DISPUTED
from sync.store.readings import Reading, Written, written
from sync.summaries.marking import DISPUTE_TAG

CHUNK = 500
WORTH_WORKERS = 10 * CHUNK
"""From how many tickets on it pays to start processes beside this one."""

_log = logging.getLogger(__name__)


def measure_changed_and_due(account: Account, this: Pass, rulebook: Rulebook, as_of: int) -> int:
    """Measure the tickets that changed and those whose answers changed by themselves; return how many.

    Before that, what they caused on other tickets is noted there; afterwards what is old enough is settled.
    """
    derive(account, this)
    measuring = Measuring(account, this, rulebook, as_of, Freeze(settled_through(account)))
    measured = measuring.measure(chain.from_iterable(account.store.records.stale_in_turn(account.name)))
    measured += measuring.measure(account.store.readings.due(account.name, as_of))
    with account.store.transaction(this.lock):
        settle_periods(account, as_of)
        settle_charges_of_periods(account, as_of)
    return measured


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What measuring some tickets gave, small enough to be sent here from another process.

    `early` is all that was said of tickets opened before what is frozen.
    """

    written: list[Written] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)
    early: list[Measurement] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Measurer:
    """Measures, in this process or in another one: it reads and writes nothing."""

    rulebook: Rulebook
    as_of: int
    through: int

    def __call__(self, histories: Sequence[History]) -> _Outcome:
        outcome = _Outcome()
        for history in histories:
            try:
                self.note(history, outcome)
            except Exception as error:  # noqa: BLE001 -- one ticket that breaks a rule must not stop all the others
                outcome.rejects.append(_reject(history, error))
        return outcome

    def note(self, history: History, outcome: _Outcome) -> None:
        measurement = measure(history, self.rulebook, self.as_of)
        disputed = DISPUTE_TAG in history.snapshots[-1].tags or DISPUTED in history.exempt
        reading = Reading(measurement=measurement, live=live_fields(measurement), disputed=disputed)
        outcome.written.append(written(reading))
        outcome.firings.extend(measurement.firings)
        if history.snapshots[0].created_at < self.through:
            outcome.early.append(measurement)


@dataclass(frozen=True, slots=True)
class Measuring:
    """Measures tickets of an account and stores their readings; what `freeze` binds is kept as it was."""

    account: Account
    this: Pass
    rulebook: Rulebook
    as_of: int
    freeze: Freeze

    def measure(self, ids: Iterable[str], workers: int = 1) -> int:
        """Measure tickets, chunk by chunk, and return how many; with `workers`, in so many processes of their own."""
        chunks = self._histories(ids)
        measurer = _Measurer(self.rulebook, self.as_of, self.freeze.through)
        with _outcomes(measurer, chunks, workers) as outcomes:
            return sum(self._save(outcome) for outcome in outcomes)

    def _histories(self, ids: Iterable[str]) -> Iterator[list[History]]:
        records, start = self.account.store.records, self.account.history_start
        return (list(records.histories(self.account.name, chunk, start)) for chunk in _chunks(ids))

    def _save(self, outcome: _Outcome) -> int:
        """Store readings, with the ledger settled, in one transaction."""
        store, name, now = self.account.store, self.account.name, self.account.now()
        with store.transaction(self.this.lock):
            store.locks.beat(self.this.lock, now)
            self._keep_aside(outcome)
            store.readings.keep(name, outcome.written, now)
            self._settle([each.ticket_id for each in outcome.written], outcome.firings)
            store.quarantine.put(name, "measuring", outcome.rejects, self.this.pass_id, now)
        self.account.clock.sleep(0)  # a safe point: whoever waits to stop the pass may do it here
        return len(outcome.written)

    def _keep_aside(self, outcome: _Outcome) -> None:
        """Keep the readings whose answers about what is frozen would change: few do, and only those are read."""
        store, name, through = self.account.store, self.account.name, self.freeze.through
        early = {each.ticket_id: each for each in outcome.early}
        changed = store.readings.unlike(
            name, (each for each in outcome.written if each.ticket_id in early), through - 1
        )
        before = {each.ticket_id: each for each in store.readings.of(name, changed)}
        late = late_changes(before, (early[ticket_id] for ticket_id in sorted(changed)), through)
        store.settled.keep(name, late, self.account.now())

    def _settle(self, ticket_ids: Iterable[str], firings: Iterable[Firing]) -> None:
        """Bring the ledger in line with what fires now, but for what is frozen."""
        store, name, binds = self.account.store, self.account.name, self.freeze.binds
        open_entries = [entry for entry in store.ledger.entries(name, ticket_ids) if not binds(entry.at)]
        open_firings = [firing for firing in firings if not binds(firing.at)]
        store.ledger.append(name, settle(open_entries, open_firings, self.as_of))


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


@contextmanager
def _outcomes(measurer: _Measurer, chunks: Iterator[list[History]], workers: int) -> Iterator[Iterator[_Outcome]]:
    """Give what measuring each chunk gives, in their order."""
    if workers == 1:
        yield map(measurer, chunks)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _equip, (measurer,)) as pool:
        yield _in_order(pool, chunks, 2 * workers)


def _in_order(pool: ProcessPoolExecutor, chunks: Iterator[list[History]], most: int) -> Iterator[_Outcome]:
    """Yield the outcomes in the order of the chunks, with at most so many chunks under way: memory stays flat."""
    waiting: deque[Future[_Outcome]] = deque()
    for chunk in chunks:
        waiting.append(pool.submit(_measured_here, chunk))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


_equipment: list[_Measurer] = []
"""What a process of the pool measures with: given once, for the rulebook is larger than the tickets."""


def _equip(measurer: _Measurer) -> None:
    look_rarely_for_cycles()
    _equipment[:] = [measurer]


def _measured_here(histories: list[History]) -> _Outcome:
    return _equipment[0](histories)


def _reject(history: History, error: Exception) -> Reject:
    kind = type(error).__name__
    _log.warning("ticket %s could not be measured: %s", history.ticket_id, kind, exc_info=error)
    return Reject(f"ticket:{history.ticket_id}", message("it could not be measured: {kind}", kind=kind), "")
