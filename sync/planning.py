"""Planning: which ticket fields must change, from what to what and why; nothing is sent here."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from connectors.base import Target
from kpi_engine.measurement import ClockState
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, TicketSnapshot
from kpi_engine.rulebook import Rulebook, Status
from sync.account import Account
from sync.locale import Language
from sync.store.changes import Desired, LastDelivered
from sync.store.codec import chunked
from sync.store.findings import Finding, What
from sync.store.readings import Outlook
from sync.wording import clock_name

ARMED = "armed_as_of"
"""The switch that remembers the as_of of the first pass that was allowed to write."""

RUNNING = frozenset({ClockState.RUNNING, ClockState.BREACHED_OPEN})
_MOST_URGENT = 2**40


Values: TypeAlias = Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's old and new value and the reason, as the plan shows it."""

    key: str
    old: FieldValue
    new: FieldValue
    why: Message


@dataclass(frozen=True, slots=True)
class TicketPlan:
    """What one ticket's fields need; `changes` may be empty. `closed`: a closed ticket, which nobody can write.

    `edits`: values that somebody else set over ours; `is_well_again`: none of those found before stands any more.
    Of the outlook it keeps only how urgent the write is: a pass may plan for every ticket there is.
    """

    ticket_id: str
    urgency: int
    changes: tuple[FieldChange, ...]
    closed: bool = False
    edits: tuple[Finding, ...] = ()
    is_well_again: bool = False

    def desired(self, pass_id: int) -> Desired:
        """Return the plan as a row for the outbox; the most urgent tickets go first."""
        return Desired(
            key=f"ticket:{self.ticket_id}:{pass_id}",
            target=Target.TICKET,
            target_id=self.ticket_id,
            values={change.key: change.new for change in self.changes},
            previous={change.key: change.old for change in self.changes},
            why=self.changes[0].why,
            urgency=self.urgency,
        )


def urgency(live: Mapping[str, FieldValue]) -> int:
    """Return how urgent a ticket's write is, higher first: overdue by level, then by due time, then the rest."""
    level, due_at = live.get("escalation_level"), live.get("due_at")
    if live.get("overdue"):
        return 2 * _MOST_URGENT + (level if isinstance(level, int) else 0)
    return _MOST_URGENT - due_at if isinstance(due_at, int) else 0


def ticket_plans(
    account: Account,
    outlooks: Iterable[Outlook],
    rulebook: Rulebook,
    armed: int,
    unfit: Collection[str] = (),
) -> Iterator[TicketPlan]:
    """Yield what each freshly measured ticket needs, but for the fields that cannot serve.

    Once armed, a ticket gets fields while one of its clocks runs, or when it changed after the first writing pass.
    """
    remote = ticket_field_ids(account)
    over = {Status.DELETED, *((Status.CLOSED,) if account.connector.closed_is_final else ())}
    planner = _Planner(account.language, rulebook, account.own.push.ticket_fields, unfit, over)
    for group in chunked(outlooks):
        known = _Known.of(account, [outlook.ticket_id for outlook in group], remote)
        for outlook in group:
            ticket = known.snapshots[outlook.ticket_id]
            if _is_eligible(outlook, ticket, armed) or ticket.ticket_id in known.delivered:
                yield planner.plan(outlook, known.of_ticket(ticket))


def _is_eligible(outlook: Outlook, ticket: TicketSnapshot, armed: int) -> bool:
    # The ticket's own last change, not the reading's: a new colleague or calendar has old tickets measured again, too.
    running = any(clock.state in RUNNING and not clock.paused for clock in outlook.clocks)
    return running or ticket.updated_at > armed


def ticket_field_ids(account: Account) -> dict[str, str]:
    """Return the platform's ids of our ticket fields by our keys."""
    remote = account.store.remote_fields.all(account.name)
    return {key: remote_id for (target, key), remote_id in remote.items() if target is Target.TICKET}


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is known of one ticket's fields: what they show, and what of it is not what we delivered.

    `delivered` is what was last written, `edited` what stands in its place by somebody else's hand; `edited_before`
    are the fields to which that happened earlier, `was_open` whether it was still so when last looked at.
    """

    ticket: TicketSnapshot
    values: Values
    delivered: Values = field(default_factory=dict)
    edited: Values = field(default_factory=dict)
    edited_before: Collection[str] = ()
    was_open: bool = False
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows of some tickets' fields."""

    remote: Mapping[str, str]
    snapshots: Mapping[str, TicketSnapshot]
    delivered: Mapping[str, LastDelivered]
    pending: Mapping[str, Values]
    edited: Mapping[str, Collection[str]]
    open_edits: Collection[str]

    @classmethod
    def of(cls, account: Account, ids: Sequence[str], remote: Mapping[str, str]) -> "_Known":
        store, name = account.store, account.name
        return cls(
            remote,
            store.records.snapshots(name, ids),
            store.changes.last_delivered_to(name, Target.TICKET, ids),
            store.changes.pending_values(name, Target.TICKET, ids),
            store.findings.edited(name, Target.TICKET, ids),
            store.findings.open_edits(name, ids),
        )

    def of_ticket(self, ticket: TicketSnapshot) -> _Shown:
        """Return what one ticket shows as far as we know.

        The delivered values until a row newer than that delivery has been pulled; then the pulled ones. Only such a
        row can show that somebody else wrote over ours, and not in a field to which a write of ours is still open.
        """
        pulled = {key: ticket.fields.get(remote_id) for key, remote_id in self.remote.items()}
        last = self.delivered.get(ticket.ticket_id)
        pending = self.pending.get(ticket.ticket_id, {})
        if last is None:
            return _Shown(ticket, pulled | dict(pending))
        if not has_come_back(ticket, last):
            return _Shown(ticket, pulled | dict(last.values) | dict(pending), last.values)
        edited = {
            key: pulled[key]
            for key, value in last.values.items()
            if key in pulled and key not in pending and not same(pulled[key], value)
        }
        before = self.edited.get(ticket.ticket_id, ())
        was_open = ticket.ticket_id in self.open_edits
        return _Shown(ticket, pulled | dict(pending), last.values, edited, before, was_open, is_fresh=True)


def has_come_back(ticket: TicketSnapshot, delivered: LastDelivered) -> bool:
    """Tell whether a ticket has been pulled since something was delivered to it: a row made at or after that.

    A delivery is dated by the second it was asked for and followed by no pull before its outcome is known, so that a
    row of that very second is one pulled later: it shows our values, or what somebody made of them.
    """
    return max(ticket.updated_at, ticket.version) >= delivered.delivered_at


@dataclass(frozen=True, slots=True)
class _Planner:
    language: Language
    rulebook: Rulebook
    keys: Sequence[str]
    unfit: Collection[str]
    over: Collection[Status]

    def plan(self, outlook: Outlook, shown: _Shown) -> TicketPlan:
        """Return what a ticket's fields need, given what they are known to show.

        What somebody else wrote over is written again once; a second time it is left as it is, until it must change
        for a reason of its own.
        """
        ticket = shown.ticket
        wanted = {key: self.wording(key, outlook.live[key]) for key in self.keys if key not in self.unfit}
        edits = tuple(self.edits(shown, wanted))
        left = {edit.field for edit in edits if edit.what is What.EDITED_AGAIN}
        changes = tuple(
            FieldChange(key, shown.values.get(key), new, self.why(key, new, outlook.live, shown))
            for key, new in wanted.items()
            if key not in left and not same(shown.values.get(key), new)
        )
        level, well = urgency(outlook.live), shown.is_fresh and shown.was_open and not edits
        status = self.rulebook.meanings.at(outlook.as_of).status(ticket.status)
        if status in self.over:
            return TicketPlan(ticket.ticket_id, level, (), closed=bool(changes), is_well_again=shown.was_open)
        return TicketPlan(ticket.ticket_id, level, changes, edits=edits, is_well_again=well)

    def edits(self, shown: _Shown, wanted: Values) -> Iterator[Finding]:
        """Yield the fields in which somebody else's value stands."""
        for key, found in shown.edited.items():
            if key in wanted:
                again = key in shown.edited_before and same(shown.delivered[key], wanted[key])
                yield Finding(
                    what=What.EDITED_AGAIN if again else What.EDITED,
                    target=Target.TICKET,
                    target_id=shown.ticket.ticket_id,
                    field=key,
                    expected=shown.delivered[key],
                    found=found,
                )

    def why(self, key: str, new: FieldValue, live: Values, shown: _Shown) -> Message:
        """Return the reason of a change; what was delivered already and is gone was changed by somebody else."""
        if key in shown.delivered and same(shown.delivered[key], new):
            return message("somebody else changed it")
        return _why_due(shown.values.get(key), new) if key == "due_at" else _why(key, new, live)

    def wording(self, key: str, value: FieldValue) -> FieldValue:
        """Return a wanted value as the field shows it: clocks by their names."""
        if key != "overdue_clock" or value is None:
            return value
        return ", ".join(self.language(clock_name(clock)) for clock in str(value).split(","))


def same(old: FieldValue, new: FieldValue) -> bool:
    """Tell whether two values show the same; an unticked box is an empty one."""
    return (old or None) == (new or None) if isinstance(new, bool) or isinstance(old, bool) else old == new


def _why_due(old: FieldValue, new: FieldValue) -> Message:
    if new is None:
        return message("no clock runs")
    if not old:
        return message("a clock runs")
    return message("a clock started, stopped, paused or went on, or its goal changed")


def _why(key: str, new: FieldValue, live: Mapping[str, FieldValue]) -> Message:
    if key in ("overdue", "overdue_clock"):
        if not new:
            return message("no clock is over its goal any more")
        return message("{clock} is over its goal", clock=_clocks(live))
    if key == "escalation_level":
        return message("escalation level {level} fell due", level=new) if new else message("the escalation ended")
    if new is None:
        return message("the ticket was reopened")
    return message("the first reply was given") if key == "first_reply_minutes" else message("the ticket was solved")


def _clocks(live: Mapping[str, FieldValue]) -> Message:
    return clock_name(str(live.get("overdue_clock")).split(",")[0])
