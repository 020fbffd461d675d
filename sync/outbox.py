"""The outbox: sends what is queued, follows jobs, and looks before it repeats anything of unknown outcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.base import Delivered, InDoubt, Outcome, Refused, Snoozed, Target
from kpi_engine.message import Message, message
from sync.account import Account
from sync.crash import crash_point
from sync.planning import same
from sync.pull import Pass
from sync.store.changes import ChangeState, Queued

ORDER = (Target.TICKET, Target.AGENT, Target.SUMMARY)
_POLL_SECONDS = 2.0
_POLLS = 150
"""How often a job is asked after before it is left to the next pass: five minutes in all."""


@dataclass(slots=True)
class Sent:
    """What a pass delivered: counts by outcome, what was written, and what was refused with reasons."""

    delivered: list[Queued] = field(default_factory=list)
    refused: list[tuple[Queued, Message]] = field(default_factory=list)
    closed: int = 0
    warnings: list[Message] = field(default_factory=list)
    waiting: int = 0  # still queued, under way or in doubt


def send_all(account: Account, this: Pass, limit: int | None) -> Sent:
    """Send what is queued, at most `limit` changes, the most urgent first, and return what became of it."""
    sent = Sent()
    resolve_leftovers(account, this, sent)
    left = limit if limit is not None else account.store.changes.pending_count(account.name)
    for target in ORDER:
        while left > 0 and (batch := _next_batch(account, target, left)):
            left -= len(batch)
            _send(account, this, batch, sent)
            if _all_still_wait(account, batch):
                break
    sent.waiting = account.store.changes.pending_count(account.name)
    return sent


def _next_batch(account: Account, target: Target, left: int) -> list[Queued]:
    size = 1 if target is Target.SUMMARY else account.connector.batch
    return account.store.changes.next_batch(account.name, target, min(size, left), _server_now(account))


def _all_still_wait(account: Account, batch: Iterable[Queued]) -> bool:
    """Tell whether a batch was turned away as a whole: the rest would be, too."""
    now = [account.store.changes.get(each.change_id) for each in batch]
    return all(each is not None and each.state is ChangeState.QUEUED for each in now)


def _send(account: Account, this: Pass, batch: Sequence[Queued], sent: Sent) -> None:
    with account.store.transaction(this.lock):
        account.store.changes.sending([each.change_id for each in batch], account.now())
    crash_point("before_request")
    outcomes = account.connector.deliver([each.change for each in batch])
    crash_point("after_request")
    _note(account, this, batch, outcomes, sent)
    _follow(account, this, batch, sent)
    account.clock.sleep(0)  # a safe point: whoever waits to stop the pass may do it here


def _note(account: Account, this: Pass, batch: Iterable[Queued], outcomes: dict[int, Outcome], sent: Sent) -> None:
    """Store what became of each change; a delivered summary's remote id is remembered in the same transaction."""
    unknown = InDoubt(message("the helpdesk said nothing about this change"))
    with account.store.transaction(this.lock):
        for each in batch:
            outcome = outcomes.get(each.change_id, unknown)
            account.store.changes.outcome(each.change_id, outcome, _server_now(account))
            if isinstance(outcome, Delivered) and each.summary is not None and outcome.remote_id is not None:
                account.store.summaries.created(each.summary.external_id, outcome.remote_id, _server_now(account))
            _count(each, outcome, sent)
        account.store.locks.beat(this.lock, account.now())
    crash_point("after_outcome")


def _server_now(account: Account) -> int:
    """Return the helpdesk's time, which later rows are dated by; ours where it told none."""
    told = account.connector.usage().now
    return told if told is not None else account.now()


def _count(each: Queued, outcome: Outcome, sent: Sent) -> None:
    if isinstance(outcome, Delivered):
        sent.delivered.append(each)
        if outcome.warning is not None:
            sent.warnings.append(outcome.warning)
    elif isinstance(outcome, Refused):
        sent.closed += outcome.closed
        if not outcome.closed:
            sent.refused.append((each, outcome.reason))


def _follow(account: Account, this: Pass, batch: Iterable[Queued], sent: Sent) -> None:
    """Ask after the batch's jobs until each is over or patience ends; what is left is followed in the next pass."""
    for _ in range(_POLLS):
        running = _under_way(account, batch)
        if not running:
            return
        for job, changes in running.items():
            outcomes = account.connector.follow(job, [each.change for each in changes])
            _note(account, this, changes, outcomes, sent)
        if _under_way(account, batch):
            account.clock.sleep(_POLL_SECONDS)


def _under_way(account: Account, batch: Iterable[Queued]) -> dict[str, list[Queued]]:
    jobs: dict[str, list[Queued]] = {}
    for each in batch:
        now = account.store.changes.get(each.change_id)
        if now is not None and now.state is ChangeState.UNDER_WAY and now.job is not None:
            jobs.setdefault(now.job, []).append(now)
    return jobs


def resolve_leftovers(account: Account, this: Pass, sent: Sent) -> None:
    """Settle what an earlier pass left open: follow its jobs, and look up what was sent without an answer."""
    leftovers = account.store.changes.unresolved(account.name)
    _follow(account, this, [each for each in leftovers if each.state is ChangeState.UNDER_WAY], sent)
    for target in ORDER:
        doubtful = [
            each
            for each in account.store.changes.unresolved(account.name)
            if each.target is target and each.state is not ChangeState.UNDER_WAY
        ]
        look_up = _found_summaries if target is Target.SUMMARY else _found_values
        if doubtful:
            _note(account, this, doubtful, look_up(account, doubtful), sent)


def _found_values(account: Account, doubtful: Sequence[Queued]) -> dict[int, Outcome]:
    """Compare the remote values with what was sent: there means delivered, not there means to be sent again."""
    remote = account.connector.read(doubtful[0].target, [each.target_id for each in doubtful])
    outcomes: dict[int, Outcome] = {}
    for each in doubtful:
        found = remote.get(each.target_id)
        if found is None:
            outcomes[each.change_id] = Refused(message("it is gone from the helpdesk"), closed=True)
        elif all(same(found.get(key), value) for key, value in each.values.items()):
            outcomes[each.change_id] = Delivered()
        else:
            outcomes[each.change_id] = Snoozed(0, message("its answer was lost and it had not arrived"))
    return outcomes


def _found_summaries(account: Account, doubtful: Sequence[Queued]) -> dict[int, Outcome]:
    """Look for the ticket by its external id: the oldest one found is it; none means to be created again."""
    outcomes: dict[int, Outcome] = {}
    for each in doubtful:
        found = account.connector.find(each.summary.external_id) if each.summary is not None else []
        again = Snoozed(0, message("its answer was lost and no such ticket was found"))
        outcomes[each.change_id] = Delivered(remote_id=found[0]) if found else again
    return outcomes
