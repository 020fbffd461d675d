"""A span of what is stored looked at under another policy: what would differ, before anybody is told of it.

Nothing is written to the store or a helpdesk; how far it came may be kept in a file, to go on from there.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from config.documents import plain_policies
from config.penalties import consequences
from config.policies import PolicyDocument
from kpi_engine.compiling import compiled
from kpi_engine.editions import Edition, digest_of
from kpi_engine.history import History
from kpi_engine.message import Message, message
from kpi_engine.penalties import Penalty
from kpi_engine.periods import Period, periods_between
from kpi_engine.rulebook import Kind
from kpi_engine.trying import Count, Side, Sums, Trial
from sync.account import Account
from sync.charging import Consequences, consequences_at
from sync.editions import rulebook
from sync.row_files import appearing_whole

CHUNK: Final = 500
_KEPT_EVERY: Final = 10  # chunks
_SAMPLES: Final = 20
_LONG_AGO: Final = "1970-01-01"


class OtherProgressError(Exception):
    """The file of a simulation's progress belongs to another one; `message` says what to do."""

    def __init__(self, told: Message) -> None:
        super().__init__(str(told))
        self.message = told


@dataclass(slots=True)
class Simulation:
    """What a simulation found so far: the sums of both sides, after which ticket to go on, and some that differ.

    `fingerprint` tells whether a kept one is of the same span, policies and rules; it is as of `as_of`.
    """

    fingerprint: str
    as_of: int
    after: str = ""
    tickets: int = 0
    differing: int = 0
    samples: list[str] = field(default_factory=list)
    now: Sums = field(default_factory=Sums)
    then: Sums = field(default_factory=Sums)

    def take(self, found: "Tried") -> None:
        """Count in what some tickets came to."""
        self.after = found.last
        self.tickets += found.tickets
        self.differing += len(found.differing)
        self.samples += found.differing[: _SAMPLES - len(self.samples)]
        self.now.merge(found.now)
        self.then.merge(found.then)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a few tickets came to on both sides, small enough to be sent here from another process."""

    last: str
    tickets: int
    differing: list[str]
    now: Sums
    then: Sums


def trial_of(account: Account, document: PolicyDocument, start: int, end: int, as_of: int) -> Trial:
    """Return the trial of a policy document over [start, end): beside what was in force, and what is agreed now.

    The document's penalties count as announced long ago.
    """
    editions = account.store.editions.all(account.name)
    body = plain_policies(document)
    tried = Edition(Kind.POLICIES, "", None, digest_of(body), body)
    others = [each for each in editions if each.kind != Kind.POLICIES]
    agreed = Consequences.from_document(consequences(document.penalties, document.rewards))
    announced = tuple(replace(each, announced_on=_LONG_AGO, acknowledged=False) for each in agreed.penalties)
    now = consequences_at(account, as_of).penalties
    return Trial(
        now=Side(rulebook(account), now),
        then=Side(compiled([*others, tried]), announced),
        start=start,
        end=end,
        as_of=as_of,
        periods=_periods(account, (*now, *announced), start, end),
    )


def _periods(account: Account, penalties: Sequence[Penalty], start: int, end: int) -> tuple[Period, ...]:
    zone = account.settings.timezone
    return tuple(
        period for kind in sorted({each.by for each in penalties}) for period in periods_between(kind, zone, start, end)
    )


def fingerprint(account: Account, document: PolicyDocument, start: int, end: int) -> str:
    """Return what tells one simulation from another: its account, span and policies, and the rules kept by now."""
    body = {"policies": plain_policies(document), **consequences(document.penalties, document.rewards)}
    return digest_of({"of": [account.name, start, end, account.store.editions.last(account.name)], **body})


def simulate(
    account: Account, trial: Trial, found: Simulation, keep: Callable[[Simulation], None], workers: int = 1
) -> Simulation:
    """Go on with a simulation until all tickets were looked at; `keep` is told now and then how far it came.

    Memory stays flat however many tickets there are; what was found until an interruption is kept, too.
    """
    chunks = _histories(account, trial, found.after)
    try:
        with _tried(trial, chunks, workers) as answers:
            _take_in(account, answers, found, keep)
    finally:
        keep(found)
    return found


def _take_in(account: Account, answers: Iterator[Tried], found: Simulation, keep: Callable[[Simulation], None]) -> None:
    for number, each in enumerate(answers, start=1):
        found.take(each)
        account.clock.sleep(0)  # a safe point: whoever waits to stop it may do it here
        if number % _KEPT_EVERY == 0:
            keep(found)


def _histories(account: Account, trial: Trial, after: str) -> Iterator[list[History]]:
    records, start = account.store.records, account.history_start
    while ids := records.held_within(account.name, trial.start, trial.end, after, CHUNK):
        yield list(records.histories(account.name, ids, start))
        after = ids[-1]


@contextmanager
def _tried(trial: Trial, chunks: Iterator[list[History]], workers: int) -> Iterator[Iterator[Tried]]:
    if workers == 1:
        yield (_of(trial, chunk) for chunk in chunks)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _equip, (trial,)) as pool:
        yield _in_order(pool, chunks, 2 * workers)


def _in_order(pool: ProcessPoolExecutor, chunks: Iterator[list[History]], most: int) -> Iterator[Tried]:
    waiting: deque[Future[Tried]] = deque()
    for chunk in chunks:
        waiting.append(pool.submit(_of_here, chunk))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


_equipment: list[Trial] = []
"""What a process of the pool tries: given once, for the rulebooks are larger than the tickets."""


def _equip(trial: Trial) -> None:
    _equipment[:] = [trial]


def _of_here(histories: list[History]) -> Tried:
    return _of(_equipment[0], histories)


def _of(trial: Trial, histories: Sequence[History]) -> Tried:
    now, then = Sums(), Sums()
    differing = [history.ticket_id for history in histories if trial.of(history, (now, then))]
    return Tried(histories[-1].ticket_id, len(histories), differing, now, then)


# --- How far it came, kept in a file ---------------------------------------------------------------------------------


def resumed(path: Path | None, mark: str, as_of: int) -> Simulation:
    """Return the simulation that a file keeps, else a new one; raise OtherProgressError if it is of another kind."""
    if path is None or not path.exists():
        return Simulation(mark, as_of)
    try:
        return _read(json.loads(path.read_text(encoding="utf-8")), mark)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        told = message(
            "{file} keeps the progress of another simulation; name another file, or delete it", file=path.name
        )
        raise OtherProgressError(told) from error


def kept_in(path: Path | None) -> Callable[[Simulation], None]:
    """Return what keeps a simulation in a file, whole or not at all; without one it keeps nothing."""

    def keep(found: Simulation) -> None:
        if path is not None:
            with appearing_whole(path) as file:
                file.write(json.dumps(_written(found)).encode())

    return keep


def _written(found: Simulation) -> dict[str, Any]:
    return {
        "simulation": found.fingerprint,
        "as_of": found.as_of,
        "after": found.after,
        "tickets": found.tickets,
        "differing": found.differing,
        "samples": found.samples,
        "now": _sums_written(found.now),
        "then": _sums_written(found.then),
    }


def _sums_written(sums: Sums) -> dict[str, Any]:
    return {
        "counts": [[*whose, *count] for whose, count in sums.counts.items()],
        "held": [[*under, *cases] for under, cases in sums.held.items()],
        "steps": [[*reached, n] for reached, n in sums.steps.items()],
    }


def _read(document: dict[str, Any], mark: str) -> Simulation:
    if document["simulation"] != mark:
        raise ValueError(mark)
    return Simulation(
        mark,
        document["as_of"],
        document["after"],
        document["tickets"],
        document["differing"],
        document["samples"],
        _sums_read(document["now"]),
        _sums_read(document["then"]),
    )


def _sums_read(document: dict[str, Any]) -> Sums:
    counts = {(row[0], row[1], row[2]): Count(*row[3:]) for row in document["counts"]}
    held = {(row[0], row[1], row[2]): (row[3], row[4]) for row in document["held"]}
    return Sums(counts, held, {(row[0], row[1], row[2], row[3], row[4], row[5]): row[6] for row in document["steps"]})
