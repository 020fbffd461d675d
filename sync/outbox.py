"""The outbox: sends what is queued, follows jobs, and looks before it repeats anything of unknown outcome."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.base import Conflicting, Delivered, InDoubt, Outcome, Refused, Snoozed, Target, UnderWay
from kpi_engine.message import Message, message
from sync.account import Account
from sync.comparing import after_conflict, changed_meanwhile, found_values, unkept
from sync.crash import crash_point
from sync.duplicates import close_duplicates
from sync.findings import note_warning
from sync.look_ups import found_writings, remember_summary, server_now
from sync.pull import Pass
from sync.sample import Sample
from sync.store.changes import ChangeState, Queued
from sync.store.codec import chunked

ORDER = (Target.TICKET, Target.ESCALATION, Target.AGENT, Target.SUMMARY)
_ONE_BY_ONE = frozenset({Target.ESCALATION, Target.SUMMARY})
_POLL_SECONDS = 2.0
_POLLS = 150
"""How often a job is asked after before it is left to the next pass: five minutes in all."""

_STUCK_SECONDS = 3600
"""After so long under way a job is given up: what it was to write is looked up."""


@dataclass(slots=True)
class Sent:
    """What a pass delivered: the first of what was written and of what was refused with reasons, and counts of all.

    `conflicts` are changes left to the next pass, for the helpdesk's own values changed since they were planned.
    """

    delivered: Sample[Queued] = field(default_factory=Sample)
    refused: Sample[tuple[Queued, Message]] = field(default_factory=Sample)
    closed: int = 0
    conflicts: int = 0
    warnings: dict[str, Message] = field(default_factory=dict)  # by their words: one for many tickets is one
    waiting: int = 0  # still queued, under way or in doubt
    attempted: int = 0  # changes that left for the helpdesk, whatever became of them

    def add(self, more: "Sent") -> None:
        """Add what was sent later in the same pass."""
        self.delivered.take(more.delivered)
        self.refused.take(more.refused)
        self.closed += more.closed
        self.conflicts += more.conflicts
        self.warnings |= more.warnings
        self.waiting = more.waiting
        self.attempted += more.attempted


def send_all(account: Account, this: Pass, limit: int | None, *, of_pass: int | None = None) -> Sent:
    """Send what is queued, at most `limit` changes, the most urgent first, and return what became of it.

    `of_pass`: only what that pass queued.
    """
    sent = Sent()
    resolve_leftovers(account, this, sent)
    close_duplicates(account, this, server_now(account))
    left = limit if limit is not None else account.store.changes.pending_count(account.name)
    for target in ORDER:
        while left > 0 and (batch := _next_batch(account, target, left, of_pass)):
            left -= len(batch)
            sent.attempted += len(batch)
            _send(account, this, batch, sent)
            if _all_still_wait(account, batch):
                break
    sent.waiting = account.store.changes.pending_count(account.name)
    return sent


def _next_batch(account: Account, target: Target, left: int, of_pass: int | None) -> list[Queued]:
    size = min(1 if target in _ONE_BY_ONE else account.connector.batch, left)
    return account.store.changes.next_batch(account.name, target, size, server_now(account), of_pass=of_pass)


def _all_still_wait(account: Account, batch: Iterable[Queued]) -> bool:
    """Tell whether a batch was turned away, or is not done, as a whole: the rest would fare the same."""
    now = [account.store.changes.get(each.change_id) for each in batch]
    return all(each is not None and each.state in (ChangeState.QUEUED, ChangeState.UNDER_WAY) for each in now)


def _send(account: Account, this: Pass, batch: Sequence[Queued], sent: Sent, *, again: bool = False) -> None:
    """Send one batch and see it through; `again`: it already met somebody else's change once."""
    with account.store.transaction(this.lock):
        account.store.changes.sending([each.change_id for each in batch], server_now(account))
    crash_point("before_request")
    outcomes = account.connector.deliver([each.change for each in batch])
    crash_point("after_request")
    # Dated by the answer to the request: whatever a pull brings later from this second on is newer than the delivery.
    at = server_now(account)
    met = _note(account, this, batch, outcomes, sent, at) + _follow(account, this, batch, sent, at)
    if batch[0].target is Target.AGENT:
        _read_back(account, this, batch, sent)
    _after_conflict(account, this, met, sent, again=again)
    account.clock.sleep(0)  # a safe point: whoever waits to stop the pass may do it here


def _note(  # noqa: PLR0913, PLR0917 -- what happened to what, when, in which pass, and where it is counted
    account: Account,
    this: Pass,
    batch: Iterable[Queued],
    outcomes: Mapping[int, Outcome],
    sent: Sent,
    at: int | None = None,
) -> list[Queued]:
    """Store what became of each change, `at` the helpdesk's time (None: now); return those that met a conflict.

    A delivered summary's remote id is remembered in the same transaction.
    """
    unknown = InDoubt(message("the helpdesk said nothing about this change"))
    now = server_now(account)
    news = [(each, outcomes.get(each.change_id, unknown)) for each in batch]
    with account.store.transaction(this.lock):
        for each, outcome in news:
            if isinstance(outcome, UnderWay) and each.job == outcome.job:
                continue  # it has been so since, and how long decides when it is given up
            dated = at if at is not None and isinstance(outcome, Delivered) else now
            account.store.changes.outcome(each.change_id, outcome, dated)
            remember_summary(account, each, outcome, now)
            _count(account, each, outcome, sent)
        account.store.locks.beat(this.lock, account.now())
    crash_point("after_outcome")
    return [each for each, outcome in news if isinstance(outcome, Conflicting)]


def _after_conflict(account: Account, this: Pass, met: Sequence[Queued], sent: Sent, *, again: bool) -> None:
    """Look at what somebody else changed meanwhile: what still holds is sent once more, the rest is left.

    A newer change of the same object takes over by itself.
    """
    now = [account.store.changes.get(each.change_id) for each in met]
    left = [each for each in now if each is not None and each.state is ChangeState.QUEUED]
    outcomes = {each.change_id: changed_meanwhile() for each in left} if again else after_conflict(account, left)
    judged = [each for each in left if each.change_id in outcomes]
    sent.conflicts += sum(isinstance(outcome, Snoozed) for outcome in outcomes.values())
    if judged:
        _note(account, this, judged, outcomes, sent)
    if unchanged := [each for each in left if each.change_id not in outcomes]:
        _send(account, this, unchanged, sent, again=True)


def _read_back(account: Account, this: Pass, batch: Sequence[Queued], sent: Sent) -> None:
    lost = unkept(account, batch)
    with account.store.transaction(this.lock):
        account.store.findings.note(account.name, lost, account.now())
    sent.warnings |= {str(each.told): each.told for each in lost if each.told is not None}


def _count(account: Account, each: Queued, outcome: Outcome, sent: Sent) -> None:
    if isinstance(outcome, Delivered):
        sent.delivered.note(each)
        if outcome.warning is not None and str(outcome.warning) not in sent.warnings:
            sent.warnings[str(outcome.warning)] = outcome.warning
            note_warning(account, each.target, outcome.warning)
    elif isinstance(outcome, Refused):
        sent.closed += outcome.closed
        if not outcome.closed:
            sent.refused.note((each, outcome.reason))


def _follow(account: Account, this: Pass, batch: Iterable[Queued], sent: Sent, at: int | None = None) -> list[Queued]:
    """Ask after the batch's jobs until each is over or patience ends; what is left is followed in the next pass.

    Returns the changes that met a conflict.
    """
    met: list[Queued] = []
    for _ in range(_POLLS):
        running = _under_way(account, batch)
        if not running:
            break
        for job, changes in running.items():
            outcomes = account.connector.follow(job, [each.change for each in changes])
            met += _note(account, this, changes, _given_up(account, changes, outcomes), sent, at)
        if _under_way(account, batch):
            account.clock.sleep(_POLL_SECONDS)
    return met


def _given_up(account: Account, changes: Iterable[Queued], outcomes: Mapping[int, Outcome]) -> dict[int, Outcome]:
    """Return the outcomes, those in doubt that have been under way for too long."""
    stuck = [each for each in changes if server_now(account) - each.changed_at >= _STUCK_SECONDS]
    lost = {
        each.change_id: InDoubt(message("the helpdesk's job {job} does not get done", job=each.job))
        for each in stuck
        if isinstance(outcomes.get(each.change_id), UnderWay)
    }
    return {**outcomes, **lost}


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
    met = _follow(account, this, [each for each in leftovers if each.state is ChangeState.UNDER_WAY], sent)
    for target in ORDER:
        doubtful = [
            each
            for each in account.store.changes.unresolved(account.name)
            if each.target is target and each.state is not ChangeState.UNDER_WAY
        ]
        look_up = found_writings if target in _ONE_BY_ONE else found_values
        for some in chunked(doubtful, account.connector.batch):
            _note(account, this, some, look_up(account, some), sent)
        _after_conflict(account, this, [each for each in met if each.target is target], sent, again=False)
