"""The history of a ticket whose helpdesk tells none: what its consecutive snapshots differ in, and when."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import attrgetter, itemgetter

from kpi_engine.exclusions import MERGED_INTO
from kpi_engine.history import History
from kpi_engine.own_writes import told_apart
from kpi_engine.records import EventKind, Field, FieldValue, TicketEvent, TicketSnapshot

DERIVED = "difference:"
"""How the ids of derived events begin: of none of them is it known whose hand it was."""

LONG = 3600
"""Seconds unseen after which what may have come and gone in between makes what follows approximate."""

_SLACK = 5  # seconds by which two stamps of one change may differ
_SPANNED = {
    Field.PRIORITY: attrgetter("priority"),
    Field.ASSIGNEE: attrgetter("assignee_id"),
    Field.GROUP: attrgetter("group_id"),
    Field.BRAND: attrgetter("brand_id"),
    Field.REQUESTER: attrgetter("requester_id"),
}
_BESIDE = {Field.TYPE: attrgetter("ticket_type"), Field.ORGANIZATION: attrgetter("organization_id")}
_TELLING = frozenset({Field.STATUS, *_SPANNED})
_IN_ORDER = attrgetter("at", "order", "position")

Change = tuple[str, str | None, str | None, int, int | None]
"""A field's change: its name, old and new value, when at the latest, and after which instant (None: exactly then)."""

Stretch = tuple[int, int | None]
"""After the first instant, up to and including the second (None: for good)."""


def completed(history: History) -> History:
    """Return the history with what its snapshots' differences tell; one whose events are told is complete already.

    What the platform told by itself (comments, an export of activities) stands, and is not told again. What we wrote
    ourselves is told apart.
    """
    whole = _completed(history)
    return replace(whole, events=tuple(told_apart(whole.events, history.writes))) if history.writes else whole


def _completed(history: History) -> History:
    if history.latest.begins_as is None:
        return _beside_told(history)
    told = [event for event in history.events if event.kind is EventKind.CHANGED]
    changes = [left for change in _changes(history.snapshots) if (left := _untold(change, told)) is not None]
    derived = [_event(history.ticket_id, place, change) for place, change in enumerate(changes)]
    events = sorted([*history.events, *derived], key=_IN_ORDER)
    return replace(history, events=tuple(_chained(events, history.snapshots[0]) if told else events))


def unsure(history: History, asked: frozenset[str] = frozenset()) -> tuple[Stretch, ...]:
    """Return the stretches of a completed history in which it is not known when things happened.

    What came and went between two snapshots far apart is not known at all, and weighs on all that follows, unless the
    platform told of every change there. Tags and custom fields, our own among them, decide about no instant, unless
    they are `asked`: policies go by them.
    """
    telling = _TELLING | asked
    if history.latest.begins_as is None:
        return tuple(_spans(history.events, telling))
    first = history.snapshots[0]
    unseen = [(first.created_at, first.updated_at)]
    unseen += [(_after(before, now), now.updated_at) for before, now in pairwise(history.snapshots)]
    pieces = (piece for start, end in unseen for piece in _uncovered(start, end, history.covered))
    hidden: list[Stretch] = [(start, None) for start, end in pieces if end - start > LONG]
    told = ((event.field, event.since, event.at) for event in history.events)
    return (*hidden, *((since, at) for name, since, at in told if name in telling and since is not None))


def is_first_look(event: TicketEvent) -> bool:
    """Tell whether an event is no change, but the first look at a property whose changes no history tells."""
    return event.since is not None and event.old == event.new and event.event_id.startswith(DERIVED)


def blind(history: History, names: Collection[str]) -> tuple[int, int] | None:
    """Return the stretch in which some of these properties may have been other than they were first seen."""
    first = [event for event in history.events if event.field in names and is_first_look(event)]
    return max(((event.since or 0, event.at) for event in first), key=itemgetter(1), default=None)


def _uncovered(start: int, end: int, covered: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield what is left of a stretch without those of which the platform told every change."""
    for first, last in covered:
        if start < first < end:
            yield start, first
        if first < end:
            start = max(start, last)
    if start < end:
        yield start, end


def _after(before: TicketSnapshot, now: TicketSnapshot) -> int:
    """Return the last instant at which the ticket still was as `before` shows it."""
    return max(before.updated_at, min(now.after or 0, now.updated_at))


def _changes(snapshots: Sequence[TicketSnapshot]) -> Iterator[Change]:
    """Yield what changed, oldest first; of what was before a ticket was first seen only its status tells."""
    first = snapshots[0]
    begun = replace(first, status=first.begins_as or first.status, updated_at=first.created_at, entered={})
    yield from _statuses(begun, first, first.created_at)
    for before, now in pairwise(snapshots):
        after = _after(before, now)
        yield from _statuses(before, now, after)
        for name, old, new in _values(before, now):
            if old != new:
                yield name, old, new, now.updated_at, after


def _statuses(before: TicketSnapshot, now: TicketSnapshot, after: int) -> Iterator[Change]:
    """Yield the way from one status to the other: through each that was entered since, at the instant stamped."""
    status = before.status
    # Of several statuses stamped with one instant, the last is how the ticket stands.
    stamped = sorted((at, name == now.status, name) for name, at in now.entered.items())
    for at, _, name in stamped:
        is_new = before.updated_at <= at <= now.updated_at and before.entered.get(name) != at
        if is_new and name != status:
            yield Field.STATUS, status, name, at, None
            status, after = name, max(after, at)
    if status != now.status:
        yield Field.STATUS, status, now.status, now.updated_at, after


def _values(before: TicketSnapshot, now: TicketSnapshot) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield every property but the status, and every custom field, with what it held and holds, as events word it."""
    for name, value in (_SPANNED | _BESIDE).items():
        yield name, value(before), value(now)
    yield Field.TAGS, " ".join(sorted(before.tags)), " ".join(sorted(now.tags))
    for custom in followed_in_both(before, now):
        yield f"field:{custom}", _worded(before.fields[custom]), _worded(now.fields[custom])


def followed_in_both(before: TicketSnapshot, now: TicketSnapshot) -> Iterator[str]:
    """Yield the custom fields that were read both times: one given a meaning only since was not seen to change."""
    return (custom for custom in now.fields if custom in before.fields)


def _worded(value: FieldValue) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _beside_told(history: History) -> History:
    """Return a history that is told, without the differences noted beside it that it tells of after all."""
    if not any(event.event_id.startswith(DERIVED) for event in history.events):
        return history
    told = [event for event in history.events if not event.event_id.startswith(DERIVED)]
    return replace(history, events=tuple(_left(history.events, told)))


def _left(events: Sequence[TicketEvent], told: Sequence[TicketEvent]) -> Iterator[TicketEvent]:
    for event in events:
        if not event.event_id.startswith(DERIVED):
            yield event
        elif (left := _untold((event.field or "", event.old, event.new, event.at, event.since), told)) is not None:
            yield replace(event, since=left[-1])


def _spans(events: Sequence[TicketEvent], telling: frozenset[str]) -> Iterator[Stretch]:
    """Yield where it is not known when something happened; after long, something may have come and gone as well."""
    for event in events:
        if event.since is not None and event.field in telling and not is_first_look(event):
            yield event.since, None if event.at - event.since > LONG else event.at


def _untold(change: Change, told: Sequence[TicketEvent]) -> Change | None:
    """Return what is left of a change beside what the platform told: nothing, where it told of the value it brought."""
    name, old, new, at, since = change
    first, last = at - _SLACK if since is None else since + 1, at + _SLACK
    beside = [event for event in told if event.field == name and first <= event.at <= last]
    if any(event.new == new for event in beside):
        return None
    if since is None or not beside:
        return change
    return name, old, new, at, min(beside[-1].at, at - 1)


def _chained(events: Sequence[TicketEvent], first: TicketSnapshot) -> Iterator[TicketEvent]:
    """Yield events with what each field held before, which an export does not tell; what changes nothing is left out.

    What the platform tells of the ticket's creation itself only says what the next change found there.
    """
    held: dict[str, str | None] = {}
    for event in events:
        name = event.field
        if event.kind is not EventKind.CHANGED or name is None or name == MERGED_INTO:
            yield event
            continue
        before = held[name] if name in held else _found(event, first)
        held[name] = event.new
        derived = event.event_id.startswith(DERIVED)
        if event.new != before and (derived or event.at > first.created_at):
            yield replace(event, old=before)


def _found(event: TicketEvent, first: TicketSnapshot) -> str | None:
    """Return what the first change of a field found there."""
    if event.event_id.startswith(DERIVED):
        return event.old
    if event.field == Field.STATUS:
        return first.begins_as
    for name, value in _SPANNED.items():
        if name == event.field and first.updated_at < event.at:
            found: str | None = value(first)
            return found
    return None


def _event(ticket_id: str, place: int, change: Change) -> TicketEvent:
    name, old, new, at, since = change
    return TicketEvent(
        ticket_id=ticket_id,
        event_id=f"{DERIVED}{place}",
        at=at,
        order=1,  # after what was said in the same second
        position=place,
        kind=EventKind.CHANGED,
        actor_id=None,
        automatic=False,
        field=name,
        old=old,
        new=new,
        since=since,
    )
