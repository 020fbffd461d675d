"""Taking a pass back: every field it wrote gets its previous value again, every ticket it made is done with."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from connectors.base import Target
from connectors.effects import ASSIGNEE, GROUP, NOTE, PRIORITY, RESTORES, TAGS, TAGS_ADDED, TAGS_REMOVED
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue
from kpi_engine.rulebook import Rulebook, Status
from sync.account import Account
from sync.cycle import PassReport, running
from sync.duplicates import closing
from sync.editions import rulebook
from sync.look_ups import is_creation
from sync.outbox import Sent, send_all
from sync.planning import same
from sync.pull import Pass
from sync.setup import use_remembered_fields
from sync.stopping import stop
from sync.store.changes import UNRESOLVED, ChangeState, Desired, Queued
from sync.store.codec import chunked
from sync.store.summaries import REVERTED

REVERT_TAG: Final = "helpdesk-kpi-reverted"
_FIELDS: Final = (Target.TICKET, Target.AGENT)
_WHY: Final = message("the pass that wrote it is taken back")


class UnknownPassError(Exception):
    """No pass of that number is known for the account; `message` says so."""

    def __init__(self, pass_id: int, connector: str) -> None:
        self.message = message("{connector} has had no pass {pass_id}", connector=connector, pass_id=pass_id)
        super().__init__(str(self.message))


@dataclass(frozen=True, slots=True)
class Kept:
    """What cannot be taken back, and why; `conflict`: because somebody changed it since."""

    target: Target
    target_id: str
    reason: Message
    conflict: bool = False


@dataclass(slots=True)
class Reversal:
    """The plan: what would be written, what cannot be taken back, and how much was queued and is now given up."""

    pass_id: int
    writes: list[Desired] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    queued: list[Queued] = field(default_factory=list)
    delivered_for_others: int = 0  # writes it made that earlier passes had planned: those are theirs to take back
    planned_by: list[int] = field(default_factory=list)  # which passes that were


def reversal(account: Account, pass_id: int) -> Reversal:
    """Return what taking a pass back comes to, asking the helpdesk what stands there now; writes nothing.

    Raises UnknownPassError, ConnectorError or StoreError.
    """
    reverted = account.store.passes.get(account.name, pass_id)
    if reverted is None:
        raise UnknownPassError(pass_id, account.name)
    account.connector.begin()
    use_remembered_fields(account)
    plan = Reversal(pass_id)
    rules, own = rulebook(account), 0
    for chunk in chunked(account.store.changes.of_pass(account.name, pass_id), 100):
        plan.queued += [each for each in chunk if each.state is ChangeState.QUEUED]
        _note_unsettled(plan, chunk)
        delivered = [each for each in chunk if each.state is ChangeState.DELIVERED]
        own += len(delivered)
        _take_back(account, rules, plan, delivered)
    plan.delivered_for_others = max(0, reverted.counts.get("delivered", 0) - own)
    if plan.delivered_for_others and reverted.ended_at is not None:
        between = (reverted.began_at, reverted.ended_at)
        plan.planned_by = account.store.changes.planners(account.name, pass_id, between)
    return plan


def _take_back(account: Account, rules: Rulebook, plan: Reversal, delivered: Sequence[Queued]) -> None:
    for target in _FIELDS:
        _restore(account, rules, plan, [each for each in delivered if each.target is target])
    for each in delivered:
        if each.target is Target.SUMMARY:
            _be_done_with(account, plan, each)
        elif each.target is Target.ESCALATION:
            _undo(plan, each)


def revert(account: Account, plan: Reversal) -> Sent:
    """Carry a plan out, as a pass of its own; from now on no pass writes until one is allowed to again.

    Otherwise the next one would write the same once more.
    """
    report = PassReport(account.name)
    with running(account, "revert", report) as this:
        _look_again(account, plan)
        with account.store.transaction(this.lock):
            _queue_instead(account, this, plan)
        report.sent = send_all(account, this, None, of_pass=this.pass_id)
    return report.sent


def _queue_instead(account: Account, this: Pass, plan: Reversal) -> None:
    """Queue what takes a pass back in place of all that waits for the same objects."""
    now, store = account.now(), account.store
    stop(account, plan.pass_id)
    objects = [(each.target, each.target_id) for each in plan.queued]
    objects += [(each.target, each.target_id) for each in plan.writes]
    for target in Target:
        store.changes.withdraw(account.name, target, [each for of, each in objects if of is target], now)
    for summary in (each.summary for each in plan.writes if each.summary is not None):
        store.summaries.change(summary.external_id, state=REVERTED)
    writes = [_once_more(each, this.pass_id) for each in plan.writes]
    store.changes.enqueue(account.name, writes, pass_id=this.pass_id, now=now)


def _look_again(account: Account, plan: Reversal) -> None:
    """Leave in a plan, now that no pass can come between, only what is still as it was when the plan was shown."""
    now = reversal(account, plan.pass_id)
    newer = message("it was written again since the plan was made")
    since = [Kept(each.target, each.target_id, newer, conflict=True) for each in now.writes if each not in plan.writes]
    plan.writes = [each for each in now.writes if each in plan.writes]
    plan.queued, plan.kept = now.queued, [*now.kept, *since]


def _once_more(each: Desired, pass_id: int) -> Desired:
    """Return a write that is made even where an earlier taking back of the same pass made it; a note is not."""
    return each if each.summary is not None else replace(each, key=f"{each.key}:{pass_id}")


def _note_unsettled(plan: Reversal, chunk: Iterable[Queued]) -> None:
    unsettled = message("what became of it is not known yet: the next pass finds out")
    plan.kept += [Kept(each.target, each.target_id, unsettled) for each in chunk if each.state in UNRESOLVED]


def _restore(account: Account, rules: Rulebook, plan: Reversal, written: Sequence[Queued]) -> None:
    """Plan the previous values of some tickets or agents, unless they are closed, gone or changed since."""
    if not written:
        return
    target, ids = written[0].target, [each.target_id for each in written]
    remote = account.connector.read(target, ids)
    closed = set(_closed(account, rules, ids)) if target is Target.TICKET else set()
    for each in written:
        obstacle = _obstacle(each, remote.get(each.target_id), is_closed=each.target_id in closed)
        if obstacle is None:
            plan.writes.append(_previous(plan.pass_id, each))
        else:
            plan.kept.append(obstacle)


def _closed(account: Account, rules: Rulebook, ids: Sequence[str]) -> Iterator[str]:
    for ticket_id, snapshot in account.store.records.snapshots(account.name, ids).items():
        meanings = rules.meanings.values[-1]
        if meanings.status(snapshot.status) in (Status.CLOSED, Status.DELETED):
            yield ticket_id


def _obstacle(each: Queued, remote: dict[str, FieldValue] | None, *, is_closed: bool) -> Kept | None:
    if remote is None:
        return Kept(each.target, each.target_id, message("it is gone from the helpdesk"))
    if is_closed:
        return Kept(each.target, each.target_id, message("it is closed: nobody can change it"))
    changed = sorted(key for key, value in each.values.items() if not same(remote.get(key), value))
    if changed:
        told = message("changed since by somebody else or a later pass: {fields}", fields=", ".join(changed))
        return Kept(each.target, each.target_id, told, conflict=True)
    return None


def _previous(pass_id: int, each: Queued) -> Desired:
    return Desired(
        key=f"revert:{pass_id}:{each.target}:{each.target_id}",
        target=each.target,
        target_id=each.target_id,
        values={key: each.previous.get(key) for key in each.values},
        previous=each.values,
        why=_WHY,
    )


def _undo(plan: Reversal, each: Queued) -> None:
    """Plan what undoes an escalation, as far as nobody changed it since: whoever writes it looks first."""
    if NOTE in each.values:
        plan.kept.append(Kept(each.target, each.target_id, message("a note on a ticket cannot be taken back")))
    added, before = (
        str(values.get(key) or "").split() for values, key in ((each.values, TAGS_ADDED), (each.previous, TAGS))
    )
    values = {key: each.previous.get(key) for key in (PRIORITY, GROUP, ASSIGNEE) if key in each.values}
    if removed := [tag for tag in added if tag not in before]:
        values[TAGS_REMOVED] = " ".join(removed)
    if values:
        plan.writes.append(
            Desired(
                key=f"revert:{plan.pass_id}:{each.key}",
                target=each.target,
                target_id=each.target_id,
                values={**values, RESTORES: True},
                previous={key: value for key, value in each.values.items() if key in values},
                why=_WHY,
            )
        )


def _be_done_with(account: Account, plan: Reversal, each: Queued) -> None:
    """Plan the end of a summary the pass made; what it wrote on tickets made earlier stays written."""
    summary = account.store.summaries.get(each.summary.external_id) if each.summary is not None else None
    if summary is None or summary.remote_id is None or not is_creation(each):
        plan.kept.append(Kept(each.target, each.target_id, message("a note on a ticket cannot be taken back")))
    elif summary.unwritable:
        plan.kept.append(Kept(each.target, summary.remote_id, message("it is closed: nobody can change it")))
    else:
        told = account.language(message("This summary was taken back by an administrator."))
        plan.writes.append(closing(summary, summary.remote_id, told, REVERT_TAG, _WHY))
