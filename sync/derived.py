"""Events that other tickets cause: a requester who came back, a ticket merged into this one."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from config import mapped_fields
from kpi_engine.exclusions import MERGED_TAG
from kpi_engine.history import MERGED_IN, REQUESTER_RETURNED, DerivedEvent, History
from kpi_engine.records import EventKind, Field, TicketEvent, TicketSnapshot
from kpi_engine.rulebook import DONE, Status
from sync.account import Account
from sync.pull import Pass
from sync.settling import longest_window
from sync.store.codec import encoded, fingerprint
from sync.store.contacts import Contact
from sync.store.records import MERGED_INTO

RETURNS = 20
"""How many of a requester's next tickets are noted: whoever writes more within a window is no person."""

_SHORTEST_REACH = 31 * 86_400
Returns = Mapping[str, list[tuple[int, str]]]
Snapshots = Mapping[str, TicketSnapshot]
Key = tuple[str, int, str]


def derive(account: Account, this: Pass) -> None:
    """Note on every ticket concerned what the changed ones caused there, and have it measured again.

    Driven by what waits to be measured, and the same however often it runs: a crash costs nothing. First all that
    changed are known as contacts, then each is brought up to date, once, however many of them concern it.
    """
    deriving = _Deriving.of(account)
    for step in (deriving.note, deriving.bring_up_to_date):
        for ticket_ids in account.store.records.stale_in_turn(account.name):
            with account.store.transaction(this.lock):
                account.store.locks.beat(this.lock, account.now())
                step(ticket_ids)


@dataclass(frozen=True, slots=True)
class _Deriving:
    """`fields` are the custom fields that carry a meaning, `reach` the seconds within which a return can matter."""

    account: Account
    fields: Collection[str]
    reach: int

    @classmethod
    def of(cls, account: Account) -> "_Deriving":
        fields = mapped_fields(account.settings.fields, account.name)
        return cls(account, frozenset(fields), max(longest_window(account), _SHORTEST_REACH))

    def note(self, ticket_ids: list[str]) -> None:
        """Know these tickets as contacts, and bring up to date what they concern that is not itself to be measured."""
        store, name = self.account.store, self.account.name
        snapshots = store.records.snapshots(name, ticket_ids)
        merges = store.records.merges(name, snapshots)
        new = {key: self.contact(ticket, merges.get(key)) for key, ticket in snapshots.items()}
        old = store.contacts.get(name, new)
        changed = [contact for key, contact in new.items() if contact != old.get(key)]
        store.contacts.save(name, changed)
        former = [old[contact.ticket_id] for contact in changed if contact.ticket_id in old]
        # What was said on a merged ticket may come later than that it was merged.
        into = {contact.merged_into for contact in new.values() if contact.merged_into is not None}
        concerned = {*into, *self.concerned([*changed, *former])}
        self.bring_up_to_date(concerned - store.records.stale_among(name, concerned))

    def contact(self, ticket: TicketSnapshot, merge: TicketEvent | None) -> Contact:
        return Contact(
            ticket_id=ticket.ticket_id,
            requester_id=ticket.requester_id,
            created_at=ticket.created_at,
            merged_into=merge.new if merge is not None else None,
            merged_at=merge.at if merge is not None else None,
            digest=fingerprint(encoded(self.deciding(ticket))),
        )

    def deciding(self, ticket: TicketSnapshot) -> TicketSnapshot:
        """Return the ticket reduced to what decides whether it counts and what it is about."""
        deleted = self.meaning(ticket) is Status.DELETED
        return replace(
            ticket,
            version=0,
            updated_at=0,
            status=Status.DELETED if deleted else "",
            tags=tuple(sorted(ticket.tags)),
            fields={key: value for key, value in sorted(ticket.fields.items()) if key in self.fields},
            priority=None,
            assignee_id=None,
            group_id=None,
            submitter_id=None,
            custom_status_id=None,
            survey=None,
        )

    def meaning(self, ticket: TicketSnapshot) -> Status:
        return Status(self.account.connector.statuses.get(ticket.status, Status.UNKNOWN))

    def concerned(self, contacts: list[Contact]) -> Iterator[str]:
        """Yield the tickets on which these cause something, or did."""
        returns = self.returns(contacts)
        for contact in contacts:
            if contact.merged_into is not None:
                yield contact.merged_into
            line = returns.get(contact.requester_id or "", [])
            place = bisect_right(line, (contact.created_at, contact.ticket_id))
            yield from (ticket_id for _, ticket_id in line[max(0, place - RETURNS - 1) : place])

    def returns(self, contacts: Iterable[Contact]) -> Returns:
        requesters = {contact.requester_id for contact in contacts if contact.requester_id is not None}
        return self.account.store.contacts.of(self.account.name, requesters)

    def bring_up_to_date(self, ticket_ids: Collection[str]) -> None:
        """Write what these tickets lack of derived events, or hold too many."""
        records, name = self.account.store.records, self.account.name
        there = records.derived(name, ticket_ids)
        causes, snapshots = self.causes(ticket_ids)
        spoken = self.spoken({(cause, at) for keys in causes.values() for kind, at, cause in keys if kind == MERGED_IN})
        gone: list[DerivedEvent] = []
        news: list[DerivedEvent] = []
        for ticket_id in ticket_ids:
            held = {(event.kind, event.at, event.cause_ticket_id): event for event in there.get(ticket_id, ())}
            keys = [key for key in causes.get(ticket_id, ()) if key[2] in snapshots]
            wanted = {key: _derived(ticket_id, key, snapshots[key[2]], spoken) for key in keys}
            gone += [event for key, event in held.items() if key not in wanted]
            news += [event for key, event in wanted.items() if self.is_news(event, held.get(key))]
        records.take_back(name, gone)
        records.save(name, news)

    def is_news(self, event: DerivedEvent, known: DerivedEvent | None) -> bool:
        if known is None or known.spoken != event.spoken:
            return True
        return known.cause != event.cause and self.deciding(known.cause) != self.deciding(event.cause)

    def spoken(self, merges: Collection[tuple[str, int]]) -> dict[str, tuple[str, ...]]:
        """Return who spoke on each of these tickets, given with the instants at which they were merged away."""
        merged_at = dict(merges)
        found = self.account.store.records.histories(self.account.name, sorted(merged_at), 0)
        return {each.ticket_id: _spoken(each, merged_at[each.ticket_id]) for each in found}

    def causes(self, ticket_ids: Collection[str]) -> tuple[dict[str, list[Key]], Snapshots]:
        """Return kind, instant and cause of what should stand on each of these tickets, and how the causes stand."""
        store, name = self.account.store, self.account.name
        later = {key: line for key, line in self.later(store.contacts.get(name, ticket_ids)) if line}
        snapshots = store.records.snapshots(name, later)
        found = {key: list(self.returned(snapshots[key], line)) for key, line in later.items()}
        for merged in store.contacts.merged_into(name, ticket_ids):
            event = (MERGED_IN, merged.merged_at or merged.created_at, merged.ticket_id)
            found.setdefault(merged.merged_into or "", []).append(event)
        unread = {cause for keys in found.values() for _, _, cause in keys} - snapshots.keys()
        return found, snapshots | store.records.snapshots(name, unread)

    def later(self, contacts: Mapping[str, Contact]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
        """Yield of each ticket when its requester came back with which others, in order."""
        returns = self.returns(contacts.values())
        for key, contact in contacts.items():
            line = returns.get(contact.requester_id or "", [])
            place = bisect_right(line, (contact.created_at, contact.ticket_id))
            yield key, line[place : place + RETURNS]

    def returned(self, ticket: TicketSnapshot, later: Iterable[tuple[int, str]]) -> Iterator[Key]:
        done = self.meaning(ticket) in DONE or self.meaning(ticket) is Status.DELETED
        for created_at, ticket_id in later:
            if not done or created_at <= ticket.updated_at + self.reach:
                yield REQUESTER_RETURNED, created_at, ticket_id


def _derived(ticket_id: str, key: Key, cause: TicketSnapshot, spoken: Mapping[str, tuple[str, ...]]) -> DerivedEvent:
    kind, at, cause_id = key
    said = spoken.get(cause_id, ()) if kind == MERGED_IN else ()
    return DerivedEvent(ticket_id=ticket_id, kind=kind, at=at, cause_ticket_id=cause_id, cause=cause, spoken=said)


def _spoken(history: History, merged_at: int) -> tuple[str, ...]:
    """Return who wrote publicly and by hand after the opening and before the merge, in order, once for each turn.

    What is written in merging, such as "closed and merged into #12", answers nobody.
    """
    merging = {(event.at, event.order) for event in history.events if _merges(event)}
    speakers = (
        event.actor_id
        for event in history.events
        if event.kind is EventKind.COMMENTED
        and event.public
        and not event.automatic
        and event.actor_id is not None
        and history.latest.created_at < event.at < merged_at
        and (event.at, event.order) not in merging
    )
    return tuple(who for who, _ in groupby(speakers))


def _merges(event: TicketEvent) -> bool:
    added_tag = event.field == Field.TAGS and MERGED_TAG in (event.new or "").split()
    return event.field == MERGED_INTO or added_tag
