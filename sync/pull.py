"""Pulling: every stream's pages into the store, each page in one transaction with the cursor that stands for it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.base import DATING, Page, Stream, Unavailable
from kpi_engine.message import Message
from kpi_engine.records import Agent, Group, Membership, Rating, Schedule, TicketEvent, TicketSnapshot
from sync.account import Account
from sync.crash import crash_point
from sync.store.locks import Lock

Progress = Callable[[Stream, int, int | None], None]
"""Told after every page: the stream, the rows so far, and how many there are where the helpdesk says so."""


def silent(_stream: Stream, _rows: int, _total: int | None) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Pulled:
    """What a pull brought: rows, rows really new, unreadable rows, and streams the account does not have."""

    rows: dict[str, int] = field(default_factory=dict)
    new: int = 0
    rejected: int = 0
    skipped: dict[Stream, Message] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pass:
    """The pass under way: its number and the lock it holds."""

    pass_id: int
    lock: Lock


def pull(account: Account, this: Pass, progress: Progress) -> Pulled:
    """Pull every stream; agents and calendars come last, so that nobody in the history is a stranger."""
    pulled = Pulled()
    streams = account.connector.streams
    for stream in [s for s in streams if s in DATING] + [s for s in streams if s not in DATING]:
        try:
            _pull_stream(account, this, stream, pulled, progress)
        except Unavailable as gap:
            pulled.skipped[stream] = gap.reason
            with account.store.transaction(this.lock):  # one that the account had once must not hold back the others
                account.store.cursors.drop(account.name, stream)
    return pulled


def _pull_stream(account: Account, this: Pass, stream: Stream, pulled: Pulled, progress: Progress) -> None:
    stored = account.store.cursors.get(account.name, stream)
    for page in account.connector.pull(stream, stored.cursor if stored else None):
        crash_point("before_page")
        with account.store.transaction(this.lock):
            account.store.locks.beat(this.lock, account.now())
            pulled.new += _save(account, stream, page)
            account.store.quarantine.put(account.name, stream, page.rejects, this.pass_id, account.now())
            account.store.cursors.save(account.name, stream, page.cursor, page.complete_through, account.now())
        crash_point("after_page")
        pulled.rows[stream] = pulled.rows.get(stream, 0) + len(page.records)
        pulled.rejected += len(page.rejects)
        progress(stream, pulled.rows[stream], page.total)
    if stream not in DATING:
        account.store.records.finish_listing(account.name, stream)


def _save(account: Account, stream: Stream, page: Page) -> int:
    if stream in DATING:
        of_tickets = [record for record in page.records if isinstance(record, TicketSnapshot | TicketEvent | Rating)]
        return account.store.records.save(account.name, of_tickets)
    listed = [record for record in page.records if isinstance(record, Agent | Group | Membership | Schedule)]
    return account.store.records.save_account(account.name, stream, listed)


def complete_through(account: Account) -> int | None:
    """Return the instant up to which tickets, history and ratings are all complete; None while one is not.

    A stream the account does not have holds nothing back.
    """
    cursors = account.store.cursors.all(account.name)
    instants = [cursors[stream].complete_through for stream in DATING if stream in cursors]
    known = [instant for instant in instants if instant is not None]
    return min(known) if known and len(known) == len(instants) else None
