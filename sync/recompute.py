"""Measuring everything again, and explicit corrections of a period that is over."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.reduce import Cell, Scope
from sync.account import Account
from sync.derived import derive
from sync.editions import keep_editions, rulebook
from sync.figures import figures
from sync.measuring import WORTH_WORKERS, Measuring
from sync.pull import Pass, complete_through
from sync.settling import Freeze, settle_periods, settled_through
from sync.settling_charges import correct_charges
from sync.store import Holder
from sync.store.published import PublishedCell
from sync.store.settled import Correction

MODE = "recompute"
_SCOPES = (Scope.ACCOUNT, Scope.TEAM, Scope.AGENT)
Shown = dict[tuple[Scope, str | None, str], Cell]


class CannotRecomputeError(Exception):
    """There is nothing to measure, or the period is not over; `message` says which."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure that a correction changes; None where there was, or will be, none."""

    scope: Scope
    subject: str | None
    indicator: str
    old: Cell | None
    new: Cell | None


@dataclass(slots=True)
class Recomputed:
    """What was measured again; `correction` is its number, None where nothing was corrected, or only shown."""

    connector: str
    as_of: int
    measured: int = 0
    changes: list[FigureChange] = field(default_factory=list)
    correction: int | None = None


class _ShownOnlyError(Exception):
    """Undoes what was only to be shown."""


def _keep(*, wanted: bool) -> None:
    if not wanted:
        raise _ShownOnlyError


def recompute(account: Account, workers: int = 1) -> Recomputed:
    """Measure every ticket again under the rules as they are dated; figures of settled periods stay as they are.

    Raises CannotRecomputeError, StoreError or LockHeldError.
    """
    done = Recomputed(account.name, _as_of(account))
    with _running(account, done) as this:
        done.measured = _measure_all(account, this, done.as_of, Freeze(settled_through(account)), workers)
        with account.store.transaction(this.lock):
            settle_periods(account, done.as_of)
    return done


def correct(account: Account, period: Period, *, apply: bool, workers: int = 1) -> Recomputed:
    """Have today's rules, and every late change, act on a period that is over; unless `apply`, only show what changes.

    All is done in one transaction, and undone again where it was only to be shown: what is shown is what would be.
    Raises CannotRecomputeError, StoreError or LockHeldError.
    """
    done = Recomputed(account.name, _as_of(account))
    if period.end > done.as_of:
        told = message("{period} is not over in the data: its figures still follow every change", period=period.label)
        raise CannotRecomputeError(told)
    with _running(account, done) as this:
        try:
            with account.store.transaction(this.lock):
                _correct(account, this, period, done, workers)
                _keep(wanted=apply)
        except _ShownOnlyError:
            done.correction = None
    return done


def _correct(account: Account, this: Pass, period: Period, done: Recomputed, workers: int) -> None:
    store = account.store
    before = _shown(account, period, done.as_of)
    keep_editions(account, this, done.as_of)
    number = store.settled.correct(account.name, _correction(account, period, done.as_of))
    freeze = Freeze(settled_through(account), period.start, period.end)
    done.measured = _measure_all(account, this, done.as_of, freeze, workers)
    store.settled.let_in(account.name, number)
    correct_charges(account, period, done.as_of, number)
    done.correction = number
    done.changes = list(_changes(before, _shown(account, period, done.as_of)))
    store.published.publish(_published(account, each, number) for each in done.changes)


def _correction(account: Account, period: Period, as_of: int) -> Correction:
    return Correction(
        number=0,
        period=period.label,
        start=period.start,
        end=period.end,
        as_of=as_of,
        last_kept=0,
        last_edition=account.store.editions.last(account.name),
        made_at=account.now(),
    )


def _measure_all(account: Account, this: Pass, as_of: int, freeze: Freeze, workers: int) -> int:
    with account.store.transaction(this.lock):
        account.store.records.mark_all_stale(account.name)
    derive(account, this)
    ids = account.store.records.stale(account.name)
    measuring = Measuring(account, this, rulebook(account), as_of, freeze)
    return measuring.measure(ids, workers if len(ids) >= WORTH_WORKERS else 1)


def _shown(account: Account, period: Period, as_of: int) -> Shown:
    return {
        (scope, subject, key): cell
        for scope in _SCOPES
        for subject, card in figures(account, period, scope, as_of).scorecards.items()
        for key, cell in card.items()
    }


def _changes(before: Shown, after: Shown) -> Iterator[FigureChange]:
    for key in sorted(before.keys() | after.keys(), key=lambda key: (_SCOPES.index(key[0]), key[1] or "", key[2])):
        old, new = before.get(key), after.get(key)
        if _digits(old) != _digits(new):
            yield FigureChange(*key, old, new)


def _digits(cell: Cell | None) -> tuple[object, ...]:
    empty = (0, 0, 0, None, None)
    return empty if cell is None else (cell.n, cell.numerator, cell.denominator, cell.median, cell.p90)


def _published(account: Account, change: FigureChange, number: int) -> PublishedCell:
    cell = change.new or change.old
    assert cell is not None  # noqa: S101 -- a change has one side at least
    return PublishedCell(
        connector=account.name,
        indicator=change.indicator,
        scope=change.scope,
        subject=change.subject or "",
        period=cell.period.label,
        value=change.new.value if change.new else None,
        n=change.new.n if change.new else 0,
        low=change.new.low if change.new else None,
        high=change.new.high if change.new else None,
        as_of=cell.as_of,
        editions=(*cell.editions, f"correction:{number}"),
    )


def _as_of(account: Account) -> int:
    as_of = complete_through(account)
    if as_of is None:
        raise CannotRecomputeError(message("no data yet; run `helpdesk-kpi sync --dry-run` first"))
    return as_of


@contextmanager
def locked(account: Account) -> Iterator[Pass]:
    """Hold the account's lock as a pass of its own, noted in the history of passes as it ends."""
    done = Recomputed(account.name, complete_through(account) or 0)
    with _running(account, done) as this:
        yield this


@contextmanager
def _running(account: Account, done: Recomputed) -> Iterator[Pass]:
    store, name = account.store, account.name
    lock = store.locks.acquire(name, Holder(socket.gethostname(), os.getpid(), account.now()), account.now())
    this = Pass(store.passes.begin(name, MODE, account.now()), lock)
    state = "failed"
    try:
        yield this
        state = "done"
    finally:
        store.passes.end(this.pass_id, state, done.as_of, {"measured": done.measured}, account.now())
        store.locks.release(lock)
