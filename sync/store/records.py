"""The records as pulled: each ticket's snapshots, events and ratings, and the account around them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update

from kpi_engine.history import DerivedEvent, History
from kpi_engine.records import (
    AccountRecord,
    Agent,
    Coverage,
    CustomStatus,
    EventKind,
    Group,
    Membership,
    MetricEvent,
    MetricSet,
    Rating,
    Schedule,
    SlaPolicy,
    TicketEvent,
    TicketRecord,
    TicketSnapshot,
)
from sync.store.codec import Layout, chunked, decoded, decoded_all, encoded, fingerprint, tupled
from sync.store.database import Database
from sync.store.observations import INPUTS, OVERRIDES, stands
from sync.store.own_writes import OwnWrites
from sync.store.pseudonyms import Pseudonyms, in_fields
from sync.store.renaming import renamed
from sync.store.tables import ACCOUNT_RECORD, DUPLICATE, OBSERVATION, READING, RECORD, STALE, SUMMARY

Kept = TicketRecord | DerivedEvent
R = TypeVar("R")
_SAMPLE: Final = 500
_AT_ONCE: Final = 500

MERGED_INTO: Final = "merged_into"
"""The field of the event on a ticket that was merged away; its new value is the ticket that took it in."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a kind of ticket record is told apart, ordered and read."""

    kind: str
    layout: Layout[Any]
    key: Callable[[Any], str]
    version: Callable[[Any], int]


def _unversioned(_record: object) -> int:
    return 0


def _the_only(_record: object) -> str:
    return ""


def _state(record: Rating) -> str:
    """Return what tells the states of a rating apart: helpdesks change it in place, and what was said before counts."""
    return f"{record.rating_id}:{record.version}"


def _cause(record: DerivedEvent) -> str:
    return f"{record.kind}:{record.cause_ticket_id}:{record.at}"


_SNAPSHOT: Final = _Shape("snapshot", Layout(TicketSnapshot, tags=tuple), _the_only, attrgetter("version"))
_EVERY_SNAPSHOT: Final = _Shape("snapshot", _SNAPSHOT.layout, lambda record: str(record.version), attrgetter("version"))
_SHAPES: Final[dict[type, _Shape]] = {
    TicketSnapshot: _SNAPSHOT,
    TicketEvent: _Shape("event", Layout(TicketEvent, kind=EventKind), attrgetter("event_id"), _unversioned),
    Rating: _Shape("rating", Layout(Rating, scale=tupled), _state, attrgetter("version")),
    MetricSet: _Shape("metrics", Layout(MetricSet), _the_only, attrgetter("version")),
    MetricEvent: _Shape("metric_event", Layout(MetricEvent), attrgetter("event_id"), _unversioned),
    DerivedEvent: _Shape(
        "derived", Layout(DerivedEvent, cause=_SNAPSHOT.layout.read, spoken=tuple), _cause, _unversioned
    ),
}
LAYOUTS: Final = {shape.kind: shape.layout for shape in _SHAPES.values()}
"""How each kind of ticket record is read."""

ACCOUNT_LAYOUTS: Final[dict[str, tuple[Layout[Any], str]]] = {
    "agents": (Layout(Agent), "agent_id"),
    "groups": (Layout(Group), "group_id"),
    "memberships": (Layout(Membership), "membership_id"),
    "sla_policies": (Layout(SlaPolicy), "policy_id"),
    "custom_statuses": (Layout(CustomStatus), "custom_status_id"),
    "strangers": (Layout(Agent), "agent_id"),
    "schedules": (Layout(Schedule, week=tupled, holidays=tupled), "schedule_id"),
    "activities": (Layout(Coverage), "coverage_id"),
}


class Records:
    """Everything pulled, as it is."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._newer = _saving_what_is_newer(database)
        self._pseudonyms = Pseudonyms(database)

    def save(self, connector: str, records: Iterable[Kept], *, keep_snapshots: bool = False) -> int:
        """Save what is new or changed, mark its tickets stale, and return how many records that were.

        An older version never replaces a newer one. Each state of a rating stays, of a ticket's snapshots only the
        newest, unless `keep_snapshots`: the only history of a helpdesk that has none. A version of those that comes
        again with other content (we wrote in the second of somebody else's change) keeps its first `after`: a later one
        would say of what was seen to have changed already that it had not.
        """
        shapes = {**_SHAPES, TicketSnapshot: _EVERY_SNAPSHOT} if keep_snapshots else _SHAPES
        saved = 0
        with self._database.writing() as connection:
            for chunk in chunked(records):
                seen = self._seen_first(connector, chunk) if keep_snapshots else chunk
                rows = _newest(_row(connector, shapes[type(each)], each) for each in self._unnamed(connector, seen))
                fresh = connection.execute(self._newer, rows).scalars().all()
                self.mark_stale(connector, set(fresh))
                saved += len(fresh)
        return saved

    def _seen_first(self, connector: str, records: Sequence[Kept]) -> Iterator[Kept]:
        """Yield records, each snapshot with the `after` of the first look at that version of it."""
        shots = [each for each in records if isinstance(each, TicketSnapshot)]
        tickets, versions = {each.ticket_id for each in shots}, {str(each.version) for each in shots}
        whose = RECORD.c.connector == connector, RECORD.c.kind == "snapshot"
        found = select(RECORD.c.body).where(*whose, RECORD.c.ticket_id.in_(tickets), RECORD.c.key.in_(versions))
        known = map(_SNAPSHOT.layout.read, decoded_all(self._database.scalars(found)))
        first = {(each.ticket_id, each.version): each.after for each in known}
        for record in records:
            if isinstance(record, TicketSnapshot) and (record.ticket_id, record.version) in first:
                yield replace(record, after=first[record.ticket_id, record.version])
            else:
                yield record

    def _unnamed(self, connector: str, records: Iterable[R]) -> Iterable[R]:
        """Return records without the ids of people who are forgotten."""
        names, spoken = self._pseudonyms.names(connector), self._pseudonyms.names(in_fields(connector))
        if not names.known:
            return records
        return (renamed(record, names, lambda word: spoken(names(word))) for record in records)

    def bears(self, connector: str, tag: str) -> bool:
        """Tell whether some ticket here may bear a tag now; where none does, every ticket is looked at."""
        borne = RECORD.c.body.contains(encoded(tag), autoescape=True)
        found = select(RECORD.c.ticket_id).where(RECORD.c.connector == connector, RECORD.c.kind == "snapshot", borne)
        return self._database.scalar(found.limit(1)) is not None

    def histories(self, connector: str, ticket_ids: Iterable[str], known_from: int) -> Iterator[History]:
        """Yield the histories of `ticket_ids`, in their order; a ticket without a snapshot yet has none."""
        exempt, covered = self.exempt(connector), self.covered(connector)
        escalations = OwnWrites(self._database, connector)
        for chunk in chunked(ticket_ids):
            found, own = self._by_ticket(connector, chunk), self._own(connector, chunk)
            writes = escalations.of(chunk)
            for ticket_id in (each for each in chunk if "snapshot" in found[each]):
                history = _history(connector, ticket_id, found[ticket_id], known_from, own=ticket_id in own)
                if ticket_id in exempt or covered:
                    history = replace(history, exempt=exempt.get(ticket_id, frozenset()), covered=covered)
                if ticket_id in writes:
                    history = replace(history, writes=writes[ticket_id])
                yield history

    def covered(self, connector: str) -> tuple[tuple[int, int], ...]:
        """Return the stretches of time, in order, of which the helpdesk told every change without keeping history."""
        found = [each for each in self.account(connector, "activities") if isinstance(each, Coverage)]
        return tuple(sorted((each.start, each.end) for each in found))

    def save_coverage(self, connector: str, stretches: Sequence[Coverage]) -> None:
        """Save stretches of which every change is told; what was guessed about tickets changed since is made again."""
        if stretches and self.save_account(connector, "activities", stretches):
            since = min(each.start for each in stretches)
            whose = RECORD.c.connector == connector, RECORD.c.kind == "snapshot", RECORD.c.version >= since
            self.mark_stale(connector, self._database.scalars(select(RECORD.c.ticket_id).where(*whose).distinct()))

    def held_within(self, connector: str, start: int, end: int, after: str, limit: int) -> list[str]:
        """Return the next tickets after `after`, by their ids as text, that may have been unsolved in [start, end).

        One that was never measured may have been.
        """
        same = and_(READING.c.connector == RECORD.c.connector, READING.c.ticket_id == RECORD.c.ticket_id)
        held = and_(READING.c.held_from < end, or_(READING.c.held_to >= start, READING.c.held_to.is_(None)))
        listed = select(RECORD.c.ticket_id).distinct().join(READING, same, isouter=True)
        mine = listed.where(RECORD.c.connector == connector, RECORD.c.ticket_id > after, RECORD.c.kind == "snapshot")
        chosen = mine.where(or_(READING.c.ticket_id.is_(None), held))
        return list(self._database.scalars(chosen.order_by(RECORD.c.ticket_id).limit(limit)))

    def known(self, connector: str, after: str, limit: int) -> list[str]:
        """Return the next tickets after `after`, by their ids as text."""
        mine = select(RECORD.c.ticket_id).distinct().where(RECORD.c.connector == connector, RECORD.c.kind == "snapshot")
        chosen = mine.where(RECORD.c.ticket_id > after).order_by(RECORD.c.ticket_id).limit(limit)
        return list(self._database.scalars(chosen))

    def _own(self, connector: str, ticket_ids: Sequence[str]) -> set[str]:
        """Return those of some tickets that we wrote."""
        return {
            remote_id
            for ours in (SUMMARY, DUPLICATE)
            for remote_id in self._database.scalars(
                select(ours.c.remote_id).where(ours.c.connector == connector, ours.c.remote_id.in_(ticket_ids))
            )
        }

    def exempt(self, connector: str) -> dict[str, frozenset[str]]:
        """Return, by ticket, which of its clocks are exempted, and whether its rating is."""
        # All decisions come from files or by hand, under one name: with it SQLite reads them by their index alone.
        named = and_(OBSERVATION.c.connector == INPUTS, OBSERVATION.c.kind == OVERRIDES)
        mine = select(OBSERVATION.c.body).where(named, OBSERVATION.c.account == connector)
        found: dict[str, frozenset[str]] = {}
        for _, ticket_id, values in decoded_all(self._database.scalars(mine.where(stands()))):
            found[ticket_id] = found.get(ticket_id, frozenset()) | {values["clock"]}
        return found

    def _by_ticket(self, connector: str, ticket_ids: Sequence[str]) -> dict[str, dict[str, list[Any]]]:
        wanted = and_(RECORD.c.connector == connector, RECORD.c.ticket_id.in_(ticket_ids))
        found: dict[str, dict[str, list[Any]]] = {ticket_id: {} for ticket_id in ticket_ids}
        rows = self._database.rows(select(RECORD.c.ticket_id, RECORD.c.kind, RECORD.c.body).where(wanted))
        for (ticket_id, kind, _), values in zip(rows, decoded_all(row.body for row in rows), strict=True):
            found[ticket_id].setdefault(kind, []).append(LAYOUTS[kind].read(values))
        return found

    def snapshots(self, connector: str, ticket_ids: Iterable[str]) -> dict[str, TicketSnapshot]:
        """Return the newest snapshot of each ticket that has one."""
        wanted = select(RECORD.c.body).where(RECORD.c.connector == connector, RECORD.c.kind == "snapshot")
        found: dict[str, TicketSnapshot] = {}
        for chunk in chunked(ticket_ids):
            for values in decoded_all(self._database.scalars(wanted.where(RECORD.c.ticket_id.in_(chunk)))):
                snapshot = LAYOUTS["snapshot"].read(values)
                if snapshot.ticket_id not in found or found[snapshot.ticket_id].version < snapshot.version:
                    found[snapshot.ticket_id] = snapshot
        return found

    def ratings(self, connector: str, ticket_ids: Iterable[str]) -> dict[str, list[Rating]]:
        """Return the ratings of each ticket that has any."""
        found: dict[str, list[Rating]] = {}
        for body in self._bodies(connector, ticket_ids, RECORD.c.kind == "rating"):
            rating = LAYOUTS["rating"].read(decoded(body))
            found.setdefault(rating.ticket_id, []).append(rating)
        return found

    def metric_sets(self, connector: str) -> Iterator[list[MetricSet]]:
        """Yield the platform's own figures of all tickets that have some, in lists."""
        wanted = select(RECORD.c.ticket_id).where(RECORD.c.connector == connector, RECORD.c.kind == "metrics")
        for chunk in chunked(list(self._database.scalars(wanted))):
            these = (RECORD.c.connector == connector, RECORD.c.kind == "metrics", RECORD.c.ticket_id.in_(chunk))
            bodies = (row.body for row in self._database.rows(select(RECORD.c.body).where(*these)))
            yield [LAYOUTS["metrics"].read(values) for values in decoded_all(bodies)]

    def targets_seen(self, connector: str, most: int = 5_000) -> dict[str, int]:
        """Return, by the platform's name of a clock, the target in seconds that its events tell most often."""
        wanted = select(RECORD.c.body).where(RECORD.c.connector == connector, RECORD.c.kind == "metric_event")
        bodies = self._database.scalars(wanted.order_by(RECORD.c.ticket_id.desc()).limit(most))
        events = (LAYOUTS["metric_event"].read(values) for values in decoded_all(bodies))
        counts = Counter((event.metric, event.target) for event in events if event.target is not None)
        ordered = sorted(counts.items(), key=lambda each: (each[1], -each[0][1]))
        return {metric: target for (metric, target), _ in ordered}

    def derived(self, connector: str, ticket_ids: Iterable[str]) -> dict[str, list[DerivedEvent]]:
        """Return the derived events of each ticket that has any."""
        found: dict[str, list[DerivedEvent]] = {}
        for values in decoded_all(self._bodies(connector, ticket_ids, RECORD.c.kind == "derived")):
            event = LAYOUTS["derived"].read(values)
            found.setdefault(event.ticket_id, []).append(event)
        return found

    def take_back(self, connector: str, events: Iterable[DerivedEvent]) -> None:
        """Delete derived events that no longer hold, and mark their tickets stale."""
        for event in events:
            one = and_(RECORD.c.ticket_id == event.ticket_id, RECORD.c.key == _cause(event))
            self._database.execute(
                delete(RECORD).where(RECORD.c.connector == connector, RECORD.c.kind == "derived", one)
            )
            self.mark_stale(connector, [event.ticket_id])

    def merges(self, connector: str, ticket_ids: Iterable[str]) -> dict[str, TicketEvent]:
        """Return the latest event that says which other ticket took a ticket in, by the ticket merged away."""
        told = and_(RECORD.c.kind == "event", RECORD.c.body.contains(f'"{MERGED_INTO}"'))
        events = [LAYOUTS["event"].read(decoded(body)) for body in self._bodies(connector, ticket_ids, told)]
        merges = [event for event in events if event.field == MERGED_INTO and event.new is not None]
        return {event.ticket_id: event for event in sorted(merges, key=attrgetter("at", "order", "position"))}

    def events_a_ticket(self, connector: str) -> float:
        """Return how many events a ticket has, judged by the first few hundred."""
        whose = RECORD.c.connector == connector
        some = select(RECORD.c.ticket_id).where(whose, RECORD.c.kind == "snapshot").distinct().limit(_SAMPLE)
        tickets = self._database.scalars(some)
        events = select(func.count()).where(whose, RECORD.c.kind == "event", RECORD.c.ticket_id.in_(tickets))
        return int(self._database.scalar(events)) / max(1, len(tickets))

    def _bodies(self, connector: str, ticket_ids: Iterable[str], which: ColumnElement[bool]) -> Iterator[str]:
        for chunk in chunked(ticket_ids):
            these = and_(RECORD.c.connector == connector, RECORD.c.ticket_id.in_(chunk), which)
            yield from self._database.scalars(select(RECORD.c.body).where(these))

    def stale(self, connector: str, limit: int | None = None) -> list[str]:
        """Return tickets to measure again; one that has no snapshot yet waits for it."""
        return list(self._database.scalars(_stale(connector).order_by(STALE.c.ticket_id).limit(limit)))

    def stale_in_turn(self, connector: str) -> Iterator[list[str]]:
        """Yield all of them in lists, in order: in a first pass they are too many to be held at once."""
        in_order, after = _stale(connector).order_by(STALE.c.ticket_id).limit(_AT_ONCE), ""
        while ticket_ids := list(self._database.scalars(in_order.where(STALE.c.ticket_id > after))):
            yield ticket_ids
            after = ticket_ids[-1]

    def stale_among(self, connector: str, ticket_ids: Iterable[str]) -> set[str]:
        """Return those of some tickets that are to be measured again."""
        among = (_stale(connector).where(STALE.c.ticket_id.in_(chunk)) for chunk in chunked(ticket_ids))
        return {ticket_id for some in among for ticket_id in self._database.scalars(some)}

    def mark_stale(self, connector: str, ticket_ids: Iterable[str]) -> None:
        """Have tickets measured again."""
        self._database.add_missing(
            STALE, [{"connector": connector, "ticket_id": ticket_id} for ticket_id in ticket_ids]
        )

    def mark_all_stale(self, connector: str) -> None:
        """Have every ticket measured again: the rules changed."""
        tickets = select(RECORD.c.connector, RECORD.c.ticket_id).where(
            RECORD.c.connector == connector, RECORD.c.kind == "snapshot"
        )
        every = self._database.insert(STALE).from_select(["connector", "ticket_id"], tickets.distinct())
        self._database.execute(every.on_conflict_do_nothing())

    def ticket_count(self, connector: str, *, own: bool = True) -> int:
        """Return how many tickets are known; without `own` those left out that we made ourselves."""
        tickets = select(func.count(RECORD.c.ticket_id.distinct()))
        known = tickets.where(RECORD.c.connector == connector, RECORD.c.kind == "snapshot")
        for table in () if own else (SUMMARY, DUPLICATE):
            ours = select(table.c.remote_id).where(table.c.connector == connector, table.c.remote_id.is_not(None))
            known = known.where(RECORD.c.ticket_id.not_in(ours))
        return int(self._database.scalar(known))

    def save_account(self, connector: str, stream: str, records: Iterable[AccountRecord]) -> int:
        """Save a page of a listing of the account and return how many records are new or changed."""
        with self._database.writing() as connection:
            known = {row.key: (row.body, row.gone) for row in connection.execute(_listed(connector, stream))}
            rows = {
                row["key"]: row
                for row in (_account_row(connector, stream, record) for record in self._unnamed(connector, records))
            }
            self._database.upsert(ACCOUNT_RECORD, list(rows.values()))
        return sum(known.get(key) != (row["body"], False) for key, row in rows.items())

    def finish_listing(self, connector: str, stream: str) -> int:
        """Mark as gone what the listing that ends here did not show, and return how many that are."""
        rows = update(ACCOUNT_RECORD).where(ACCOUNT_RECORD.c.connector == connector, ACCOUNT_RECORD.c.stream == stream)
        unseen = rows.where(ACCOUNT_RECORD.c.seen.is_(False), ACCOUNT_RECORD.c.gone.is_(False))
        with self._database.writing() as connection:
            gone = connection.execute(unseen.values(gone=True)).rowcount
            connection.execute(rows.values(seen=False))
        return gone

    def account(self, connector: str, stream: str, *, gone: bool = False) -> list[AccountRecord]:
        """Return the account's records of a stream by id, those that left too if `gone`: none is ever forgotten."""
        listed = _listed(connector, stream)
        if not gone:
            listed = listed.where(ACCOUNT_RECORD.c.gone.is_(False))
        layout, _ = ACCOUNT_LAYOUTS[stream]
        return [layout.read(decoded(row.body)) for row in self._database.rows(listed)]


def _stale(connector: str) -> Select[str]:
    seen = exists().where(
        RECORD.c.connector == STALE.c.connector,
        RECORD.c.ticket_id == STALE.c.ticket_id,
        RECORD.c.kind == "snapshot",
    )
    return select(STALE.c.ticket_id).where(STALE.c.connector == connector, seen)


def _row(connector: str, shape: _Shape, record: Kept) -> dict[str, Any]:
    body = encoded(record)
    return {
        "connector": connector,
        "ticket_id": record.ticket_id,
        "kind": shape.kind,
        "key": shape.key(record),
        "version": shape.version(record),
        "digest": fingerprint(body),
        "body": body,
    }


def _newest(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newest row of each identity: no statement may touch one row twice."""
    newest: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        identity = (row["ticket_id"], row["kind"], row["key"])
        if identity not in newest or row["version"] >= newest[identity]["version"]:
            newest[identity] = row
    return list(newest.values())


def _saving_what_is_newer(database: Database) -> Any:
    """Return the statement that saves rows and returns the tickets of those that were new or changed."""
    insert = database.insert(RECORD)
    fresh = and_(insert.excluded.version >= RECORD.c.version, insert.excluded.digest != RECORD.c.digest)
    values = {name: insert.excluded[name] for name in ("version", "digest", "body")}
    saving = insert.on_conflict_do_update(index_elements=list(RECORD.primary_key), set_=values, where=fresh)
    return saving.returning(RECORD.c.ticket_id)


def _history(connector: str, ticket_id: str, found: dict[str, list[Any]], known_from: int, *, own: bool) -> History:
    return History(
        account=connector,
        ticket_id=ticket_id,
        snapshots=tuple(sorted(found["snapshot"], key=attrgetter("version"))),
        events=tuple(sorted(found.get("event", ()), key=attrgetter("at", "order", "position"))),
        ratings=tuple(sorted(found.get("rating", ()), key=attrgetter("at", "rating_id"))),
        derived=tuple(sorted(found.get("derived", ()), key=attrgetter("at", "kind", "cause_ticket_id"))),
        known_from=known_from,
        own=own,
    )


def _listed(connector: str, stream: str) -> Select[str, str, bool]:
    rows = select(ACCOUNT_RECORD.c.key, ACCOUNT_RECORD.c.body, ACCOUNT_RECORD.c.gone)
    there = rows.where(ACCOUNT_RECORD.c.connector == connector, ACCOUNT_RECORD.c.stream == stream)
    return there.order_by(ACCOUNT_RECORD.c.key)


def _account_row(connector: str, stream: str, record: AccountRecord) -> dict[str, Any]:
    _, identity = ACCOUNT_LAYOUTS[stream]
    whose = {"connector": connector, "stream": str(stream), "key": getattr(record, identity)}
    return {**whose, "body": encoded(record), "seen": True, "gone": False}
