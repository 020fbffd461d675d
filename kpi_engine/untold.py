"""Changes of a ticket that its history does not tell, though it tells of others: what two looks at it differ in."""

from collections.abc import Collection, Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

from kpi_engine.differences import DERIVED, followed_in_both
from kpi_engine.records import EventKind, Field, TicketEvent, TicketSnapshot

NEW: Final = "new"
"""The status in which a ticket begins, where nothing tells another."""

_LAST: Final = 1 << 60  # in one second, after what was said and what is told
_PLAIN: Final[Mapping[str, Any]] = {
    Field.STATUS: attrgetter("status"),
    Field.CUSTOM_STATUS: attrgetter("custom_status_id"),
    Field.PRIORITY: attrgetter("priority"),
    Field.ASSIGNEE: attrgetter("assignee_id"),
    Field.FORM: attrgetter("form_id"),
    Field.SCHEDULE: attrgetter("schedule_id"),
    Field.TYPE: attrgetter("ticket_type"),
    Field.ORGANIZATION: attrgetter("organization_id"),
}
_CUSTOM: Final = "field:"

Change = tuple[str, str | None, str | None]
"""A property, what it held and what it holds."""


def untold(before: TicketSnapshot | None, now: TicketSnapshot, names: Collection[str], after: int) -> list[TicketEvent]:
    """Return the changes of the properties `names` since `before`, each with the instants between which it happened.

    At the first look (`before` is None) only a status other than the one tickets begin in tells of a change; what
    decides verdicts is noted as it was first seen, a change of nothing, for what it was until then nobody knows.
    `after` is the instant up to which nothing had happened that `before` does not show.
    """
    since = now.created_at if before is None else max(before.version, min(after, now.updated_at))
    changes = [*_begun(now), *_first_seen(now, names)] if before is None else _changed(before, now)
    return [_event(now, place, change, since) for place, change in enumerate(changes) if change[0] in names]


def _begun(now: TicketSnapshot) -> Iterator[Change]:
    if now.status != NEW:
        yield Field.STATUS, NEW, now.status
        yield Field.CUSTOM_STATUS, None, now.custom_status_id


def _first_seen(now: TicketSnapshot, names: Collection[str]) -> Iterator[Change]:
    """Yield what was as it was first seen nobody knows since when; nothing of a ticket that never changed."""
    if now.updated_at <= now.created_at:
        return
    for plain in (Field.PRIORITY, Field.ASSIGNEE):
        yield plain, _PLAIN[plain](now), _PLAIN[plain](now)
    for name in sorted(names):
        if name.startswith(_CUSTOM):
            value = _worded(now, name.removeprefix(_CUSTOM))
            yield name, value, value


def _changed(before: TicketSnapshot, now: TicketSnapshot) -> Iterator[Change]:
    for name, value in _PLAIN.items():
        if value(before) != value(now):
            yield name, value(before), value(now)
    if before.group_id != now.group_id:
        # Where a ticket has one owner, it shows no team while an agent has it: it stays with the one it was with.
        yield Field.GROUP, before.group_id, now.group_id or (before.group_id if now.assignee_id else None)
    for custom in followed_in_both(before, now):
        old, new = _worded(before, custom), _worded(now, custom)
        if old != new:
            yield f"{_CUSTOM}{custom}", old, new


def _worded(ticket: TicketSnapshot, custom: str) -> str | None:
    value = ticket.fields.get(custom)
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _event(now: TicketSnapshot, place: int, change: Change, since: int) -> TicketEvent:
    name, old, new = change
    stamp = now.entered.get(now.status) if name in (Field.STATUS, Field.CUSTOM_STATUS) else None
    is_stamped = stamp is not None and since <= stamp <= now.updated_at
    at = stamp if stamp is not None and is_stamped else max(now.updated_at, since)
    return TicketEvent(
        ticket_id=now.ticket_id,
        event_id=f"{DERIVED}{now.version}:{name}",
        at=at,
        order=at,
        position=_LAST + place,
        kind=EventKind.CHANGED,
        actor_id=None,
        automatic=False,
        field=str(name),
        old=old,
        new=new,
        since=None if is_stamped or since >= at else since,
    )
