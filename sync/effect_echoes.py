"""Effects that left no trace: what an escalation wrote on a ticket is looked for there, and done once more at most."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.base import Target
from connectors.effects import (
    ASSIGNEE,
    GROUP,
    LOOK_FIRST,
    MARKER,
    NOTE,
    PRIORITY,
    RANKS,
    RESTORES,
    TAGS_ADDED,
    WHILE_UNSOLVED,
    Standing,
    undone,
)
from kpi_engine.history import History
from kpi_engine.message import Message, message
from kpi_engine.own_writes import OWN, told_apart
from kpi_engine.records import Field, TicketSnapshot
from sync.account import Account
from sync.echoes import GRACE
from sync.effect_text import TITLES
from sync.effects import GOING_ON, clock_key
from sync.planning import has_come_back
from sync.pull import Pass
from sync.store.changes import ChangeState, Desired, LastDelivered, Queued
from sync.store.findings import Finding, What

LOOKED_AT: Final = "effects_seen_through"
"""The switch that remembers the last change of an escalation that was looked for."""

_AGAIN: Final = ":again"
_LONG_AGO: Final = 2 * 86_400
"""What was done so many seconds ago is not looked for any more: a request for each note of years would help nobody."""

_PLACE: Final = frozenset({GROUP, ASSIGNEE})
_FIELDS: Final = {PRIORITY: Field.PRIORITY, GROUP: Field.GROUP, ASSIGNEE: Field.ASSIGNEE, TAGS_ADDED: Field.TAGS}


def look_for_effects(account: Account, this: Pass, as_of: int) -> None:
    """See that what escalations did stands on the tickets; what does not is done once more, then told and left.

    Tickets tell their properties by coming back; of a note the helpdesk is asked, with a request or two for each.
    Raises ConnectorError.
    """
    name, store = account.name, account.store
    while batch := store.changes.delivered_after(
        name, Target.ESCALATION, store.switches.number(name, LOOKED_AT) or 0, as_of - GRACE
    ):
        looked_for = [each for each in batch if _is_looked_for(each, as_of)]
        lost = list(_lost(account, looked_for, as_of))
        with store.transaction(this.lock):
            _note(account, this, looked_for, lost)
            store.switches.set(name, LOOKED_AT, batch[-1].change_id)


def first_key(key: str) -> str:
    """Return the key of what was done first, of which this may be what was done once more."""
    return key.removesuffix(_AGAIN)


@dataclass(frozen=True, slots=True)
class _Lost:
    """What of a change its ticket does not show, and whether it is done once more."""

    change: Queued
    keys: frozenset[str]
    again: bool

    def desired(self) -> Desired:
        """Return what is left as a change of its own, whose note is looked for right before it is written."""
        change, kept = self.change, {*self.keys, WHILE_UNSOLVED} | ({MARKER} if NOTE in self.keys else set())
        return Desired(
            key=f"{change.key}{_AGAIN}",
            target=Target.ESCALATION,
            target_id=change.target_id,
            values={**{key: value for key, value in change.values.items() if key in kept}, LOOK_FIRST: True},
            previous=change.previous,
            why=change.why,
            urgency=change.urgency,
        )

    def findings(self) -> Iterator[Finding]:
        """Yield what is told of each part."""
        for key in sorted(self.keys):
            yield Finding(
                what=What.UNKEPT,
                target=Target.ESCALATION,
                target_id=first_key(self.change.key),
                field=key,
                told=self._told(key),
            )

    def _told(self, key: str) -> Message:
        ticket_id, what = self.change.target_id, TITLES[key]
        if self.again:
            return message(
                "ticket {id} does not show what an escalation did ({what}); done again", id=ticket_id, what=what
            )
        if self.change.key.endswith(_AGAIN):
            return message(
                "ticket {id} does not show what an escalation did twice ({what}); left so", id=ticket_id, what=what
            )
        return message(
            "ticket {id} does not show what an escalation did ({what}); left so, for it is over",
            id=ticket_id,
            what=what,
        )


def _is_looked_for(each: Queued, as_of: int) -> bool:
    is_fresh = as_of - each.changed_at <= _LONG_AGO
    return each.state is ChangeState.DELIVERED and is_fresh and not each.values.get(RESTORES)


def _lost(account: Account, looked_for: Sequence[Queued], as_of: int) -> Iterator[_Lost]:
    ids = sorted({each.target_id for each in looked_for})
    histories = {each.ticket_id: each for each in account.store.records.histories(account.name, ids, 0)}
    for each in looked_for:
        unseen = _unseen(each, histories.get(each.target_id))
        missing = account.connector.undone(each.change) if unseen else None
        if keys := unseen.intersection(missing or ()):
            again = not each.key.endswith(_AGAIN) and _still_matters(account, each, as_of)
            yield _Lost(each, keys, again)


def _unseen(each: Queued, history: History | None) -> frozenset[str]:
    """Return which of a change's values nothing tells of; a handover that was left undone is not waited for."""
    left_out = _PLACE if each.reason is not None else frozenset()
    written = {key for key in (*_FIELDS, NOTE) if key in each.values} - left_out
    return frozenset(written if history is None else written - set(_seen(each, history)))


def _seen(each: Queued, history: History) -> Iterator[str]:
    """Yield the values that a look since, or an event, told of, whatever people made of them afterwards."""
    own = [write for write in history.writes if write.start == each.created_at]
    told = {event.field for event in told_apart(history.events, own) if event.event_id.startswith(OWN)}
    since = LastDelivered({}, each.changed_at)
    looks = [
        undone(each.change, _standing(ticket), bool) for ticket in history.snapshots if has_come_back(ticket, since)
    ]
    for key, field in _FIELDS.items():
        if field in told or any(key not in missing for missing in looks):
            yield key


def _standing(ticket: TicketSnapshot) -> Standing:
    known = ticket.priority is None or ticket.priority in RANKS
    return Standing(ticket.priority, ticket.group_id, ticket.assignee_id, ticket.tags, solved=False, ranked=known)


def _still_matters(account: Account, each: Queued, as_of: int) -> bool:
    """Tell whether what was lost is still allowed, not too long ago, and about a clock that goes on."""
    push = account.own.push.escalations
    if not push.allow or as_of - each.created_at > push.within:
        return False
    readings = account.store.readings.of(account.name, [each.target_id])
    return not each.values.get(WHILE_UNSOLVED) or any(
        clock.state in GOING_ON and each.key.startswith(clock_key(each.target_id, clock))
        for reading in readings
        for clock in reading.clocks
    )


def _note(account: Account, this: Pass, looked_for: Iterable[Queued], lost: Iterable[_Lost]) -> None:
    name, findings, now = account.name, account.store.findings, account.now()
    findings.kept_again(name, Target.ESCALATION, {first_key(each.key) for each in looked_for}, now)
    again = [each.desired() for each in lost if each.again]
    account.store.changes.enqueue(name, again, pass_id=this.pass_id, now=now)
    findings.note(name, [told for each in lost for told in each.findings()], now)
