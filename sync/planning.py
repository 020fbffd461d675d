"""Planning: which ticket fields must change, from what to what and why; nothing is sent here."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from connectors.base import Target
from kpi_engine.measurement import ClockState
from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, TicketSnapshot
from kpi_engine.rulebook import Rulebook, Status
from sync.account import Account
from sync.locale import Language
from sync.store.changes import Desired, LastDelivered
from sync.store.readings import Reading
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

    Of the reading it keeps only how urgent the write is: a pass may plan for every ticket there is.
    """

    ticket_id: str
    urgency: int
    changes: tuple[FieldChange, ...]
    closed: bool = False

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
    readings: Iterable[Reading],
    rulebook: Rulebook,
    armed: int,
    unfit: Collection[str] = (),
) -> Iterator[TicketPlan]:
    """Yield what each freshly measured ticket needs, but for the fields that cannot serve.

    Once armed, a ticket gets fields while one of its clocks runs, or when it changed after the first writing pass.
    """
    remote = ticket_field_ids(account)
    planner = _Planner(account.language, rulebook, account.own.push.ticket_fields, unfit)
    for group in _groups(readings):
        ids = [reading.measurement.ticket_id for reading in group]
        delivered = account.store.changes.last_delivered_to(account.name, Target.TICKET, ids)
        pending = account.store.changes.pending_values(account.name, Target.TICKET, ids)
        snapshots = account.store.records.snapshots(account.name, ids)
        for reading in group:
            ticket = snapshots[reading.measurement.ticket_id]
            if _is_eligible(reading, ticket, armed) or ticket.ticket_id in delivered:
                last = delivered.get(ticket.ticket_id)
                shown = _shown(ticket, last, remote) | pending.get(ticket.ticket_id, {})
                yield planner.plan(reading, ticket, shown, last.values if last is not None else {})


def _groups(readings: Iterable[Reading], size: int = 500) -> Iterator[list[Reading]]:
    group: list[Reading] = []
    for reading in readings:
        group.append(reading)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _is_eligible(reading: Reading, ticket: TicketSnapshot, armed: int) -> bool:
    # The ticket's own last change, not the reading's: a new colleague or calendar has old tickets measured again, too.
    running = any(clock.state in RUNNING and not clock.paused for clock in reading.measurement.clocks)
    return running or ticket.updated_at > armed


def ticket_field_ids(account: Account) -> dict[str, str]:
    """Return the platform's ids of our ticket fields by our keys."""
    remote = account.store.remote_fields.all(account.name)
    return {key: remote_id for (target, key), remote_id in remote.items() if target is Target.TICKET}


@dataclass(frozen=True, slots=True)
class _Planner:
    language: Language
    rulebook: Rulebook
    keys: Sequence[str]
    unfit: Collection[str]

    def plan(self, reading: Reading, ticket: TicketSnapshot, shown: Values, delivered: Values) -> TicketPlan:
        """Return what a ticket's fields need, given what they are known to show and what was last delivered."""
        wanted = {key: self.wording(key, reading.live[key]) for key in self.keys if key not in self.unfit}
        changes = tuple(
            FieldChange(key, shown.get(key), new, self.why(key, new, reading.live, delivered))
            for key, new in wanted.items()
            if not same(shown.get(key), new)
        )
        status = self.rulebook.meanings.at(reading.measurement.as_of).status(ticket.status)
        if status in (Status.CLOSED, Status.DELETED):
            return TicketPlan(ticket.ticket_id, urgency(reading.live), (), closed=bool(changes))
        return TicketPlan(ticket.ticket_id, urgency(reading.live), changes)

    def why(self, key: str, new: FieldValue, live: Values, delivered: Values) -> Message:
        """Return the reason of a change; what was delivered already and is gone was changed by somebody else."""
        if key in delivered and same(delivered[key], new):
            return message("somebody else changed it")
        return _why(key, new, live)

    def wording(self, key: str, value: FieldValue) -> FieldValue:
        """Return a wanted value as the field shows it: clocks by their names."""
        if key != "overdue_clock" or value is None:
            return value
        return ", ".join(self.language(clock_name(clock)) for clock in str(value).split(","))


def _shown(ticket: TicketSnapshot, delivered: LastDelivered | None, remote: Mapping[str, str]) -> dict[str, FieldValue]:
    """Return what the ticket's fields hold as far as we know.

    The delivered values until a row newer than that delivery has been pulled; then the pulled ones.
    """
    pulled = {key: ticket.fields.get(remote_id) for key, remote_id in remote.items()}
    if delivered is not None and ticket.updated_at <= delivered.delivered_at:
        return pulled | dict(delivered.values)
    return pulled


def same(old: FieldValue, new: FieldValue) -> bool:
    """Tell whether two values show the same; an unticked box is an empty one."""
    return (old or None) == (new or None) if isinstance(new, bool) or isinstance(old, bool) else old == new


def _why(key: str, new: FieldValue, live: Mapping[str, FieldValue]) -> Message:
    if key == "due_at":
        return message("a clock was started, stopped or moved") if new is not None else message("no clock runs")
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
