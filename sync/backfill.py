"""The past on demand: fields of tickets and summaries of periods from before writing was allowed."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.crash import crash_point
from sync.findings import noted
from sync.outbox import Sent, send_all
from sync.planning import TicketPlan, ticket_plans
from sync.pull import Pass
from sync.store.readings import Outlook
from sync.summaries.decisions import PeriodWork
from sync.summaries.due import queue_summaries, summary_work

_CHUNK: Final = 500
_POSITION: Final = "backfill_position"
_SINCE: Final = "backfill_since"


@dataclass(frozen=True, slots=True)
class Past:
    """What is to be made up for: everything since an instant, with at most `left` writes, outcomes added to `sent`."""

    since: int
    left: int | None
    unfit: Collection[str]
    sent: Sent


@dataclass(slots=True)
class Backfilled:
    """What a backfill found: tickets looked at, writes planned, summaries due; `is_whole` once nothing is left."""

    tickets: int = 0
    planned: int = 0
    closed: int = 0
    summaries: int = 0
    is_whole: bool = False


def past_plans(account: Account, rules: Rulebook, since: int, unfit: Collection[str]) -> Iterator[TicketPlan]:
    """Yield what the fields of every ticket changed after `since` would need; nothing is queued."""
    for chunk in _readings(account, ""):
        for plan in ticket_plans(account, chunk, rules, since, unfit):
            if plan.changes:
                yield plan


def backfill(account: Account, this: Pass, rules: Rulebook, as_of: int, past: Past) -> Backfilled:
    """Queue and send the past bit by bit, so that it fits any memory; a later backfill goes on where one stopped."""
    found = Backfilled()
    if _fields_are_whole(account, this, rules, past, found):
        work = summary_work(account, this, rules, as_of, past.since)
        found.is_whole = _summaries_are_whole(account, this, work, past, found)
    if found.is_whole:
        with account.store.transaction(this.lock):
            account.store.switches.clear(account.name, _POSITION)
    past.sent.waiting = account.store.changes.pending_count(account.name)
    return found


def _fields_are_whole(account: Account, this: Pass, rules: Rulebook, past: Past, found: Backfilled) -> bool:
    for chunk in _readings(account, _position(account, past.since)):
        if _is_spent(past):
            return False
        with account.store.transaction(this.lock):
            plans = list(noted(account, ticket_plans(account, chunk, rules, past.since, past.unfit)))
            changing = [plan for plan in plans if plan.changes]
            desired = (plan.desired(this.pass_id) for plan in changing)
            account.store.changes.enqueue(account.name, desired, pass_id=this.pass_id, now=account.now())
            account.store.switches.set(account.name, _SINCE, past.since)
            account.store.switches.set(account.name, _POSITION, chunk[-1].ticket_id)
        crash_point("after_backfill")
        found.tickets += len(chunk)
        found.planned += len(changing)
        found.closed += sum(plan.closed for plan in plans)
        _send(account, this, past)
    return not _is_spent(past) or not account.store.changes.pending_count(account.name)


def _summaries_are_whole(
    account: Account, this: Pass, work: Iterator[PeriodWork], past: Past, found: Backfilled
) -> bool:
    for period in work:
        if _is_spent(past):
            return False
        with account.store.transaction(this.lock):
            queue_summaries(account, this, period)
        found.summaries += len(period.due)
        _send(account, this, past)
    return True


def _position(account: Account, since: int) -> str:
    """Return the ticket after which to go on; a backfill of another past begins at its beginning."""
    same = account.store.switches.number(account.name, _SINCE) == since
    return (account.store.switches.get(account.name, _POSITION) if same else None) or ""


def _readings(account: Account, position: str) -> Iterator[Sequence[Outlook]]:
    while chunk := account.store.readings.after(account.name, position, _CHUNK):
        yield chunk
        position = chunk[-1].ticket_id


def _is_spent(past: Past) -> bool:
    return past.left is not None and past.sent.attempted >= past.left


def _send(account: Account, this: Pass, past: Past) -> None:
    left = None if past.left is None else max(0, past.left - past.sent.attempted)
    past.sent.add(send_all(account, this, left))
