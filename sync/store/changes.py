"""The outbox: what is to be written to a helpdesk, and what became of it."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final, assert_never

from sqlalchemy import ColumnElement, Connection, Select, case, delete, exists, func, insert, select, true, update

from connectors.base import (
    Change,
    Conflicting,
    Delivered,
    InDoubt,
    Outcome,
    Refused,
    Snoozed,
    SummaryTicket,
    Target,
    UnderWay,
)
from kpi_engine.message import Message
from kpi_engine.records import FieldValue
from sync.store.codec import Layout, chunked, decoded, decoded_message, encoded, encoded_message
from sync.store.database import Database
from sync.store.tables import CHANGE, DELIVERED_VALUE


class ChangeState(StrEnum):
    """Where a change stands."""

    QUEUED = "queued"
    SENDING = "sending"  # committed before the request: a crash leaves it to be looked up
    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    SUPERSEDED = "superseded"  # a newer desired state took its place before it was sent


UNRESOLVED: Final = (ChangeState.SENDING, ChangeState.UNDER_WAY, ChangeState.IN_DOUBT)
PENDING: Final = (ChangeState.QUEUED, *UNRESOLVED)
_KEPT_TRUE: Final = (Target.TICKET, Target.AGENT)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """A state a remote object should be in: `key` is stable and names it, a higher `urgency` is sent earlier."""

    key: str
    target: Target
    target_id: str
    values: Mapping[str, FieldValue] = field(default_factory=dict)
    previous: Mapping[str, FieldValue] = field(default_factory=dict)
    why: Message
    urgency: int = 0
    summary: SummaryTicket | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A change and where it stands; `previous` are the values it replaces, `attempts` the requests that carried it.

    `closed` belongs to a refusal: the remote object can no longer be written at all.
    """

    change_id: int
    connector: str
    key: str
    target: Target
    target_id: str
    values: Mapping[str, FieldValue]
    previous: Mapping[str, FieldValue]
    why: Message
    urgency: int
    state: ChangeState
    attempts: int
    not_before: int | None
    job: str | None
    reason: Message | None
    closed: bool
    remote_id: str | None
    pass_id: int | None
    created_at: int
    changed_at: int
    summary: SummaryTicket | None

    @property
    def change(self) -> Change:
        """What the connector is given."""
        return Change(self.change_id, self.target, self.target_id, self.values, self.summary, self.previous)


@dataclass(frozen=True, slots=True)
class LastDelivered:
    """The values last delivered to one remote object, and when the newest of them were."""

    values: Mapping[str, FieldValue]
    delivered_at: int


_SUMMARY: Final = Layout(SummaryTicket, tags=tuple)


class Changes:
    """The changes of every connector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue(self, connector: str, desired: Iterable[Desired], *, pass_id: int | None, now: int) -> int:
        """Queue desired states and return how many are new: a key already queued or sent changes nothing.

        One still queued for the same object gives way: its values not desired anew are taken over, and so are the
        previous values it would have replaced. What escalations do gives way to nothing.
        """
        queued = 0
        with self._database.writing() as connection:
            for each in desired:
                if not _is_known(connection, connector, each.key):
                    row = _row(each, self._superseded(connection, connector, each, now))
                    dated = {"pass_id": pass_id, "created_at": now, "changed_at": now}
                    connection.execute(insert(CHANGE).values(connector=connector, **row, **dated))
                    queued += 1
        return queued

    def _superseded(self, connection: Connection, connector: str, desired: Desired, now: int) -> Queued | None:
        if desired.target is Target.ESCALATION:
            return None
        row = connection.execute(_queued_for(connector, desired.target, desired.target_id)).first()
        if row is None:
            return None
        this = update(CHANGE).where(CHANGE.c.change_id == row.change_id)
        connection.execute(this.values(state=ChangeState.SUPERSEDED, changed_at=now))
        return _queued(row)

    def next_batch(
        self, connector: str, target: Target, limit: int, now: int, *, of_pass: int | None = None
    ) -> list[Queued]:
        """Return what to send next, most urgent first; an object with a write of unknown outcome waits for it.

        `of_pass`: only what that pass queued.
        """
        before = CHANGE.alias()
        unresolved = exists().where(
            before.c.connector == CHANGE.c.connector,
            before.c.target == CHANGE.c.target,
            before.c.target_id == CHANGE.c.target_id,
            before.c.state.in_(UNRESOLVED),
        )
        ready = select(CHANGE).where(
            CHANGE.c.connector == connector,
            CHANGE.c.state == ChangeState.QUEUED,
            CHANGE.c.target == target,
            func.coalesce(CHANGE.c.not_before, now) <= now,
            ~unresolved,
            true() if of_pass is None else CHANGE.c.pass_id == of_pass,
        )
        in_order = ready.order_by(CHANGE.c.urgency.desc(), CHANGE.c.change_id).limit(limit)
        return [_queued(row) for row in self._database.rows(in_order)]

    def sending(self, change_ids: Iterable[int], now: int) -> None:
        """Note, before the request leaves, that it may reach the helpdesk; counts as an attempt."""
        sent = {"state": ChangeState.SENDING, "attempts": CHANGE.c.attempts + 1, "changed_at": now, "reason": None}
        for chunk in chunked(change_ids):
            self._database.execute(update(CHANGE).where(CHANGE.c.change_id.in_(chunk)).values(**sent))

    def outcome(self, change_id: int, outcome: Outcome, now: int) -> None:
        """Note what became of a change; values delivered become the object's last delivered ones."""
        match outcome:
            case Delivered(remote_id=remote_id, warning=warning):
                self._deliver(change_id, remote_id, warning, now)
            case UnderWay(job=job):
                self._move(change_id, now, state=ChangeState.UNDER_WAY, job=job)
            case Snoozed(seconds=seconds, reason=reason):
                self.snooze([change_id], now + math.ceil(seconds), reason, now)
            case Conflicting(reason=reason):
                self._leave(change_id, reason, now)
            case Refused(reason=reason, closed=closed):
                refused = {"reason": encoded_message(reason), "closed": closed}
                self._move(change_id, now, state=ChangeState.REFUSED, **refused)
            case InDoubt(reason=reason):
                self._move(change_id, now, state=ChangeState.IN_DOUBT, reason=encoded_message(reason))
            case _:  # pragma: no cover -- mypy proves it empty
                assert_never(outcome)

    def _leave(self, change_id: int, reason: Message, now: int) -> None:
        """Queue again what met somebody else's change: it was carried out, so that it counts as an attempt."""
        with self._database.writing() as connection:
            waiting = {"state": ChangeState.QUEUED, "not_before": now, "job": None}
            self._move(change_id, now, **waiting, reason=encoded_message(reason))
            self._give_way(connection, change_id, now)

    def snooze(self, change_ids: Iterable[int], until: int, reason: Message, now: int) -> None:
        """Queue changes again for `until`; the request that was turned away does not count as an attempt."""
        counted = case((CHANGE.c.state == ChangeState.SENDING, CHANGE.c.attempts - 1), else_=CHANGE.c.attempts)
        waiting = {"state": ChangeState.QUEUED, "attempts": counted, "not_before": until, "job": None}
        ids = list(change_ids)
        with self._database.writing() as connection:
            for chunk in chunked(ids):
                these = update(CHANGE).where(CHANGE.c.change_id.in_(chunk))
                connection.execute(these.values(**waiting, reason=encoded_message(reason), changed_at=now))
            for change_id in ids:
                self._give_way(connection, change_id, now)

    def _give_way(self, connection: Connection, change_id: int, now: int) -> None:
        """Let a newer change of the same object, queued while this one was under way, take its place."""
        older = connection.execute(select(CHANGE).where(CHANGE.c.change_id == change_id)).one()
        if older.target == Target.ESCALATION:
            return
        after = _queued_for(older.connector, older.target, older.target_id).where(CHANGE.c.change_id > change_id)
        newer = connection.execute(after).first()
        if newer is not None:
            taken_over = {
                "values": encoded({**decoded(older.values), **decoded(newer.values)}),
                "previous": encoded({**decoded(newer.previous), **decoded(older.previous)}),
                "urgency": max(newer.urgency, older.urgency),
                "not_before": older.not_before,
            }
            connection.execute(update(CHANGE).where(CHANGE.c.change_id == newer.change_id).values(**taken_over))
            self._move(change_id, now, state=ChangeState.SUPERSEDED)

    def _deliver(self, change_id: int, remote_id: str | None, warning: Message | None, now: int) -> None:
        with self._database.writing() as connection:
            row = connection.execute(select(CHANGE).where(CHANGE.c.change_id == change_id)).one()
            whose = {"connector": row.connector, "target": row.target, "target_id": row.target_id}
            # What a summary shows stands by it, and what an escalation did is people's to change.
            values = decoded(row.values) if row.target in _KEPT_TRUE else {}
            self._database.upsert(
                DELIVERED_VALUE,
                [
                    {**whose, "field": name, "value": encoded(value), "delivered_at": now}
                    for name, value in values.items()
                ],
            )
            done = {"remote_id": remote_id, "reason": encoded_message(warning)}
            self._move(change_id, now, state=ChangeState.DELIVERED, **done)

    def _move(self, change_id: int, now: int, **values: object) -> None:
        this = update(CHANGE).where(CHANGE.c.change_id == change_id)
        self._database.execute(this.values(**values, changed_at=now))

    def get(self, change_id: int) -> Queued | None:
        """Return one change."""
        rows = self._database.rows(select(CHANGE).where(CHANGE.c.change_id == change_id))
        return _queued(rows[0]) if rows else None

    def unresolved(self, connector: str) -> list[Queued]:
        """Return, oldest first, the changes sent whose outcome is not known."""
        return self._list(connector, CHANGE.c.state.in_(UNRESOLVED))

    def queued(self, connector: str) -> list[Queued]:
        """Return what is queued and not sent, most urgent first."""
        waiting = select(CHANGE).where(CHANGE.c.connector == connector, CHANGE.c.state == ChangeState.QUEUED)
        in_order = waiting.order_by(CHANGE.c.urgency.desc(), CHANGE.c.change_id)
        return [_queued(row) for row in self._database.rows(in_order)]

    def pending_count(self, connector: str) -> int:
        """Return how many changes are not settled."""
        waiting = CHANGE.c.state.in_(PENDING)  # few of many, whatever was sent over the years
        return int(self._database.scalar(select(func.count()).where(CHANGE.c.connector == connector, waiting)))

    def delivered_after(self, connector: str, target: Target, change_id: int, through: int) -> list[Queued]:
        """Return changes delivered up to `through`, in order from the one after `change_id` to the first not yet."""
        mine = select(CHANGE).where(CHANGE.c.connector == connector, CHANGE.c.target == target)
        mine = mine.where(CHANGE.c.change_id > change_id).order_by(CHANGE.c.change_id).limit(_AT_ONCE)
        done = takewhile(lambda each: _is_over(each, through), map(_queued, self._database.rows(mine)))
        return list(done)

    def counts(self, connector: str) -> dict[ChangeState, int]:
        """Return how many changes there are by state."""
        grouped = select(CHANGE.c.state, func.count()).where(CHANGE.c.connector == connector)
        return {ChangeState(state): n for state, n in self._database.rows(grouped.group_by(CHANGE.c.state))}

    def newest_of(self, connector: str, target: Target, target_ids: Iterable[str]) -> dict[str, Queued]:
        """Return the newest change of each object that has one, those replaced left out."""
        alive = select(CHANGE).where(CHANGE.c.connector == connector, CHANGE.c.target == target)
        alive = alive.where(CHANGE.c.state != ChangeState.SUPERSEDED).order_by(CHANGE.c.change_id)
        found: dict[str, Queued] = {}
        for chunk in chunked(target_ids):
            for row in self._database.rows(alive.where(CHANGE.c.target_id.in_(chunk))):
                found[row.target_id] = _queued(row)
        return found

    def escalated(self, connector: str, ticket_ids: Iterable[str]) -> dict[str, list[Queued]]:
        """Return what escalations do, or did, on those of some tickets of which they do anything, oldest first."""
        mine = select(CHANGE).where(CHANGE.c.connector == connector, CHANGE.c.target == Target.ESCALATION)
        in_order = mine.where(CHANGE.c.state != ChangeState.SUPERSEDED).order_by(CHANGE.c.change_id)
        found: dict[str, list[Queued]] = {}
        for chunk in chunked(ticket_ids):
            for row in self._database.rows(in_order.where(CHANGE.c.target_id.in_(chunk))):
                found.setdefault(row.target_id, []).append(_queued(row))
        return found

    def planners(self, connector: str, before: int, between: tuple[int, int]) -> list[int]:
        """Return the passes before one that queued what was delivered from one instant to another, in their order."""
        mine = select(CHANGE.c.pass_id).where(CHANGE.c.connector == connector, CHANGE.c.pass_id < before)
        then = mine.where(CHANGE.c.state == ChangeState.DELIVERED, CHANGE.c.changed_at.between(*between))
        return list(self._database.scalars(then.distinct().order_by(CHANGE.c.pass_id)))

    def of_pass(self, connector: str, pass_id: int) -> Iterator[Queued]:
        """Yield what a pass queued, in its order, those replaced left out."""
        mine = select(CHANGE).where(CHANGE.c.connector == connector, CHANGE.c.pass_id == pass_id)
        mine = mine.where(CHANGE.c.state != ChangeState.SUPERSEDED).order_by(CHANGE.c.change_id).limit(500)
        last = 0
        while rows := self._database.rows(mine.where(CHANGE.c.change_id > last)):
            yield from map(_queued, rows)
            last = rows[-1].change_id

    def withdraw(self, connector: str, target: Target, target_ids: Iterable[str], now: int) -> int:
        """Give up what is still queued for these objects and return how many changes that were."""
        queued = update(CHANGE).where(CHANGE.c.connector == connector, CHANGE.c.target == target)
        queued = queued.where(CHANGE.c.state == ChangeState.QUEUED)
        gone = queued.values(state=ChangeState.SUPERSEDED, changed_at=now)
        return sum(self._database.execute(gone.where(CHANGE.c.target_id.in_(ids))) for ids in chunked(target_ids))

    def recent(self, connector: str, n: int) -> list[Queued]:
        """Return the `n` changes something last happened to, newest first."""
        newest = select(CHANGE).where(CHANGE.c.connector == connector)
        in_order = newest.order_by(CHANGE.c.changed_at.desc(), CHANGE.c.change_id.desc()).limit(n)
        return [_queued(row) for row in self._database.rows(in_order)]

    def closed(self, connector: str, target: Target) -> set[str]:
        """Return the objects that refused a write because they can no longer be written."""
        refused = select(CHANGE.c.target_id).where(
            CHANGE.c.connector == connector, CHANGE.c.state == ChangeState.REFUSED, CHANGE.c.target == target
        )
        return set(self._database.scalars(refused.where(CHANGE.c.closed.is_(True))))

    def withdraw_all(self, connector: str, targets: Iterable[Target], now: int) -> int:
        """Give up all that is still queued for some kinds of objects and return how many changes that were."""
        queued = update(CHANGE).where(CHANGE.c.connector == connector, CHANGE.c.target.in_(list(targets)))
        queued = queued.where(CHANGE.c.state == ChangeState.QUEUED)
        return self._database.execute(queued.values(state=ChangeState.SUPERSEDED, changed_at=now))

    def forget_delivered(self, connector: str, target: Target, field: str) -> None:
        """Forget what was last delivered to a field that is no more; the changes themselves stay."""
        these = delete(DELIVERED_VALUE).where(
            DELIVERED_VALUE.c.connector == connector, DELIVERED_VALUE.c.target == target
        )
        self._database.execute(these.where(DELIVERED_VALUE.c.field == field))

    def forget_delivered_to(self, connector: str, target: Target, target_ids: Iterable[str]) -> None:
        """Forget what was last delivered to some objects, on which it does not stand."""
        these = delete(DELIVERED_VALUE).where(
            DELIVERED_VALUE.c.connector == connector, DELIVERED_VALUE.c.target == target
        )
        for chunk in chunked(target_ids):
            self._database.execute(these.where(DELIVERED_VALUE.c.target_id.in_(chunk)))

    def last_delivered(self, connector: str, target: Target, target_id: str) -> LastDelivered | None:
        """Return what was last delivered to one object, None if nothing ever was."""
        return self.last_delivered_to(connector, target, [target_id]).get(target_id)

    def last_delivered_to(self, connector: str, target: Target, target_ids: Iterable[str]) -> dict[str, LastDelivered]:
        """Return what was last delivered, by object; those that nothing was delivered to are absent."""
        values: dict[str, dict[str, FieldValue]] = {}
        moments: dict[str, int] = {}
        for row in self._delivered_rows(connector, target, target_ids):
            values.setdefault(row.target_id, {})[row.field] = decoded(row.value)
            moments[row.target_id] = max(row.delivered_at, moments.get(row.target_id, 0))
        return {target_id: LastDelivered(held, moments[target_id]) for target_id, held in values.items()}

    def pending_values(
        self, connector: str, target: Target, target_ids: Iterable[str]
    ) -> dict[str, dict[str, FieldValue]]:
        """Return the values that are queued, or sent with an unknown outcome, by object: what will stand there."""
        pending = select(CHANGE.c.target_id, CHANGE.c["values"]).where(
            CHANGE.c.connector == connector, CHANGE.c.target == target, CHANGE.c.state.in_(PENDING)
        )
        found: dict[str, dict[str, FieldValue]] = {}
        for chunk in chunked(target_ids):
            these = pending.where(CHANGE.c.target_id.in_(chunk)).order_by(CHANGE.c.change_id)
            for target_id, values in self._database.rows(these):
                found.setdefault(target_id, {}).update(decoded(values))
        return found

    def _delivered_rows(self, connector: str, target: Target, target_ids: Iterable[str]) -> Iterable[Any]:
        to_target = select(DELIVERED_VALUE).where(
            DELIVERED_VALUE.c.connector == connector, DELIVERED_VALUE.c.target == target
        )
        for chunk in chunked(target_ids):
            yield from self._database.rows(to_target.where(DELIVERED_VALUE.c.target_id.in_(chunk)))

    def _list(self, connector: str, condition: ColumnElement[bool]) -> list[Queued]:
        rows = select(CHANGE).where(CHANGE.c.connector == connector, condition).order_by(CHANGE.c.change_id)
        return [_queued(row) for row in self._database.rows(rows)]


def _is_over(change: Queued, through: int) -> bool:
    """Tell whether a change was settled one way or another, by `through` if it was delivered."""
    return change.state not in PENDING and (change.state is not ChangeState.DELIVERED or change.changed_at <= through)


def _queued_for(connector: str, target: str, target_id: str) -> Select[Any]:
    whose = (CHANGE.c.connector == connector, CHANGE.c.target == target, CHANGE.c.target_id == target_id)
    return select(CHANGE).where(*whose, CHANGE.c.state == ChangeState.QUEUED)


def _is_known(connection: Connection, connector: str, key: str) -> bool:
    same = select(CHANGE.c.change_id).where(
        CHANGE.c.connector == connector, CHANGE.c.key == key, CHANGE.c.state != ChangeState.SUPERSEDED
    )
    return connection.execute(same).first() is not None


def _row(desired: Desired, older: Queued | None) -> dict[str, object]:
    summary, values, previous = desired.summary, dict(desired.values), dict(desired.previous)
    urgency, not_before = desired.urgency, None
    if older is not None:
        summary = summary or older.summary
        values = {**older.values, **values}
        previous = {**previous, **older.previous}
        urgency, not_before = max(urgency, older.urgency), older.not_before
    return {
        "key": desired.key,
        "target": desired.target,
        "target_id": desired.target_id,
        "values": encoded(values),
        "previous": encoded(previous),
        "why": encoded_message(desired.why),
        "urgency": urgency,
        "state": ChangeState.QUEUED,
        "attempts": 0,
        "not_before": not_before,
        "closed": False,
        "summary": None if summary is None else encoded(summary),
    }


def _read_summary(body: str | None) -> SummaryTicket | None:
    return None if body is None else _SUMMARY.read(decoded(body))


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "target": Target,
    "values": decoded,
    "previous": decoded,
    "why": decoded_message,
    "state": ChangeState,
    "reason": decoded_message,
    "summary": _read_summary,
}


def _queued(row: Any) -> Queued:
    stored: dict[str, Any] = row._asdict()
    return Queued(**{name: _READ[name](value) if name in _READ else value for name, value in stored.items()})
