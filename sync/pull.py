"""Pulling: every stream's pages into the store, each page in one transaction with the cursor that stands for it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from connectors.base import DATING, OBSERVED, OF_TICKETS, Page, Stream, Unavailable
from kpi_engine.message import Message
from kpi_engine.records import (
    Agent,
    Coverage,
    CustomStatus,
    Group,
    Membership,
    MetricEvent,
    MetricSet,
    Rating,
    RollCall,
    Schedule,
    SlaPolicy,
    TicketEvent,
    TicketSnapshot,
)
from sync.account import Account
from sync.advance import Progress, Watch, silent
from sync.crash import crash_point
from sync.native import bring_observations
from sync.store.cursors import StoredCursor
from sync.store.locks import Lock
from sync.unseen import Acquaintance, introduced, nameless, strangers, unseen_ratings
from sync.untold import note_seen, untold_changes
from sync.vanishing import call_roll, vanished

__all__ = ["Pass", "Progress", "Pulled", "complete_through", "lacking", "pull", "silent"]

PROBED_EVERY = 6 * 3600
"""Seconds until a stream that the account does not have is asked for again."""

UNREAD_AT_MOST = 86_400
"""Seconds after which a slowly changing stream is read again, however many others are with it."""

MEANWHILE_EVERY = 600
"""Seconds of pulling history after which what is complete is measured, so that it can be read before the end."""

_LACKING = "lacking:"
_STAFF = (Stream.AGENTS, Stream.GROUPS, Stream.MEMBERSHIPS)
_DATED = (Stream.TICKETS, Stream.RATINGS, Stream.SURVEYS, Stream.HISTORY)  # history last: it is what dates the others


@dataclass(slots=True)
class Pulled:
    """What a pull brought: rows, rows really new, unreadable rows, streams the account lacks, and what to tell."""

    rows: dict[str, int] = field(default_factory=dict)
    new: int = 0
    rejected: int = 0
    skipped: dict[Stream, Message] = field(default_factory=dict)
    notes: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pass:
    """The pass under way: its number and the lock it holds."""

    pass_id: int
    lock: Lock


Meanwhile = Callable[[], None]


@dataclass(slots=True)
class _Pulling:
    """One pull under way."""

    account: Account
    this: Pass
    progress: Progress
    meanwhile: Meanwhile
    people: Acquaintance
    pulled: Pulled = field(default_factory=Pulled)
    measured_at: int = 0


def pull(
    account: Account, this: Pass, progress: Progress, meanwhile: Meanwhile = lambda: None, *, probing: bool = False
) -> Pulled:
    """Pull every stream that is due, then what the rows spoke of and nobody had told.

    The account's people, teams and calendars come first and its history last: so what is complete can be measured
    while the rest of a long history is still coming (`meanwhile`). `probing` asks for what the account lacked too,
    whenever that was asked for last: a plan's features seldom change, so that passes on schedule leave them alone for
    hours, but whoever has just switched one on and runs a pass must not be told that it is not there.
    """
    pulling = _Pulling(account, this, progress, meanwhile, Acquaintance(account), measured_at=account.now())
    rated_before = _has_pulled_ratings(account)
    due = _due(account, probing=probing)
    for stream in due:
        _pull_if_offered(pulling, stream)
    if rated_before:
        _fetch_unseen_ratings(pulling)
    _meet_strangers(pulling, due)
    return pulling.pulled


@dataclass(frozen=True, slots=True)
class _Reads:
    """When each stream of an account was read last, and which it did not have then."""

    account: Account
    cursors: Mapping[str, StoredCursor]
    probed: Mapping[str, str]

    @classmethod
    def of(cls, account: Account) -> "_Reads":
        probed = account.store.switches.under(account.name, _LACKING)
        return cls(account, account.store.cursors.all(account.name), probed)

    def lacking(self, stream: Stream) -> bool:
        return stream in self.probed

    def at(self, stream: Stream) -> int | None:
        if stream in self.cursors:
            return self.cursors[stream].saved_at
        return int(self.probed[stream]) if stream in self.probed else None

    def unread_for(self, stream: Stream) -> int:
        """Return for how many seconds a stream has not been read; a clock set back makes none wait."""
        return abs(self.account.now() - (self.at(stream) or 0))

    def lateness(self, stream: Stream) -> float | None:
        """Return how many times its pace a stream has gone unread; None: not due; 0: read always, or never yet."""
        pace = PROBED_EVERY if self.lacking(stream) else self.account.connector.paces.get(stream)
        if pace is None or self.at(stream) is None:
            return 0
        since = self.unread_for(stream)
        return None if since < pace else since / pace


def _due(account: Account, *, probing: bool) -> list[Stream]:
    """Return the streams to be read in this pass, in order."""
    reads = _Reads.of(account)
    found = {stream: reads.lateness(stream) for stream in account.connector.streams}
    late = {stream: lateness for stream, lateness in found.items() if lateness is not None}
    chosen = {stream for stream in late if late[stream] == 0 or reads.unread_for(stream) >= UNREAD_AT_MOST}
    chosen |= _in_turn(late, [stream for stream in late if stream not in chosen])
    chosen |= {stream for stream in found if probing and reads.lacking(stream)}
    about = [stream for stream in account.connector.streams if stream in chosen and stream not in OF_TICKETS]
    return about + [stream for stream in (*_DATED, Stream.METRIC_EVENTS, Stream.ACTIVITIES) if stream in chosen]


def _in_turn(lateness: Mapping[Stream, float], slow: Collection[Stream]) -> set[Stream]:
    """Return the slow stream longest overdue, and a list of staff beside it: no pass may cost much more than another.

    The lists of staff are one request each; other streams may need more.
    """
    in_order = sorted(slow, key=lambda stream: -lateness[stream])
    beside = [stream for stream in in_order[1:] if stream in _STAFF]
    return {*in_order[:1], *beside[:1]}


def lacking(account: Account, stream: Stream) -> bool:
    """Tell whether the account did not have this stream when it was last asked for."""
    return account.store.switches.number(account.name, _lacking_switch(stream)) is not None


def _lacking_switch(stream: Stream) -> str:
    return f"{_LACKING}{stream}"


def _pull_if_offered(pulling: _Pulling, stream: Stream) -> None:
    account, store = pulling.account, pulling.account.store
    try:
        _pull_stream(pulling, stream)
    except Unavailable as gap:
        pulling.pulled.skipped[stream] = gap.reason
        with store.transaction(pulling.this.lock):  # one that the account had once must not hold back the others
            store.cursors.drop(account.name, stream)
            store.switches.set(account.name, _lacking_switch(stream), account.now())
    else:
        if lacking(account, stream):
            with store.transaction(pulling.this.lock):
                store.switches.clear(account.name, _lacking_switch(stream))


def _pull_stream(pulling: _Pulling, stream: Stream) -> None:
    account, pulled = pulling.account, pulling.pulled
    stored = account.store.cursors.get(account.name, stream)
    watch, through = Watch(stream, account.now(), stored.complete_through if stored else None), None
    for page in account.connector.pull(stream, stored.cursor if stored else None):
        crash_point("before_page")
        with account.store.transaction(pulling.this.lock):
            account.store.locks.beat(pulling.this.lock, account.now())
            _save(pulling, stream, page)
            account.store.cursors.save(account.name, stream, page.cursor, page.complete_through, account.now())
        crash_point("after_page")
        _call_roll(pulling, page)
        through = page.complete_through
        rows = rows_on(page)
        pulled.rows[stream] = pulled.rows.get(stream, 0) + rows
        if page.note is not None:
            pulled.notes.append(page.note)
        pulling.progress(watch.advanced(page, rows, account.now()))
        if stream is Stream.HISTORY:
            _measure_meanwhile(pulling)
    if stream not in OF_TICKETS | OBSERVED:
        account.store.records.finish_listing(account.name, stream)
    note_seen(pulling.account, stream, through)


def _call_roll(pulling: _Pulling, page: Page) -> None:
    """Look for tickets one by one where a page asks for it; its cursor stays, so that a call cut short is repeated."""
    for roll in [record for record in page.records if isinstance(record, RollCall)]:
        told = call_roll(pulling.account, roll, partial(_save_fetched, pulling, Stream.TICKETS))
        pulling.pulled.notes.append(told)


def rows_on(page: Page) -> int:
    """Return how many rows a page brought: the figures sent along with tickets are none of their own."""
    return sum(not isinstance(record, MetricSet | Coverage) for record in page.records)


def _measure_meanwhile(pulling: _Pulling) -> None:
    if pulling.account.now() - pulling.measured_at >= MEANWHILE_EVERY:
        pulling.meanwhile()
        pulling.measured_at = pulling.account.now()


def _save(pulling: _Pulling, stream: Stream, page: Page) -> None:
    account, pulled = pulling.account, pulling.pulled
    if stream in OF_TICKETS:
        of_tickets = [
            record
            for record in page.records
            if isinstance(record, TicketSnapshot | TicketEvent | Rating | MetricSet | MetricEvent)
        ]
        own = [record for record in of_tickets if not isinstance(record, MetricSet)]
        own += [*untold_changes(account, own), *vanished(account, page.records)]
        keep = not account.connector.tells_history
        pulled.new += account.store.records.save(account.name, own, keep_snapshots=keep)
        account.store.records.save(account.name, [record for record in of_tickets if isinstance(record, MetricSet)])
        account.store.records.save_coverage(account.name, [each for each in page.records if isinstance(each, Coverage)])
        pulling.people.note(of_tickets)
    elif stream in OBSERVED:
        pulled.new += bring_observations(account, stream, page.records)
    else:
        listed = [
            record
            for record in page.records
            if isinstance(record, Agent | Group | Membership | Schedule | SlaPolicy | CustomStatus)
        ]
        pulled.new += account.store.records.save_account(account.name, stream, listed)
    account.store.quarantine.put(account.name, stream, page.rejects, pulling.this.pass_id, account.now())
    pulled.rejected += len(page.rejects)


def _has_pulled_ratings(account: Account) -> bool:
    """Tell whether ratings were pulled to their end before: only later can one have been missed."""
    cursors = account.store.cursors.all(account.name)
    return any(s in cursors and cursors[s].complete_through is not None for s in (Stream.RATINGS, Stream.SURVEYS))


def _fetch_unseen_ratings(pulling: _Pulling) -> None:
    account = pulling.account
    offered = account.store.cursors.all(account.name)
    for stream, ids in unseen_ratings(account).items():
        for page in account.connector.fetch(stream, ids) if stream in offered else ():
            _save_fetched(pulling, stream, page)


def _save_fetched(pulling: _Pulling, stream: Stream, page: Page) -> None:
    with pulling.account.store.transaction(pulling.this.lock):
        _save(pulling, stream, page)
    pulling.pulled.rows[stream] = pulling.pulled.rows.get(stream, 0) + len(page.records)


def _meet_strangers(pulling: _Pulling, read: Sequence[Stream]) -> None:
    """Learn who the strangers are: someone new is in the lists by now, someone who left is asked for by number."""
    account = pulling.account
    if not strangers(account):
        return
    for stream in _STAFF:
        if stream not in read:
            _pull_if_offered(pulling, stream)
    unknown = strangers(account)
    for page in account.connector.fetch(Stream.AGENTS, unknown) if unknown else ():
        with account.store.transaction(pulling.this.lock):
            account.store.records.save_account(account.name, Stream.AGENTS, introduced(page))
    with account.store.transaction(pulling.this.lock):
        account.store.records.save_account(account.name, Stream.AGENTS, nameless(strangers(account)))


def complete_through(account: Account) -> int | None:
    """Return the instant up to which tickets, history and ratings are all complete; None while one is not.

    A stream the account does not have holds nothing back; one that is still to be pulled for the first time does.
    """
    cursors = account.store.cursors.all(account.name)
    dating = [s for s in account.connector.streams if s in DATING and not lacking(account, s)]
    instants = [cursors[stream].complete_through if stream in cursors else None for stream in dating]
    known = [instant for instant in instants if instant is not None]
    return min(known) if known and len(known) == len(instants) else None
