"""What measuring one ticket gives: credit lines, clocks, firings, holdings and the instant to look again."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from kpi_engine.message import Message


class Certainty(StrEnum):
    """How sure a figure's atom is."""

    EXACT = "exact"
    APPROXIMATE = "approximate"  # a calendar was assumed, or an instant is only known to lie in some span


class Stamp(NamedTuple):
    """What all credit lines of one instant and one agent share; `agent` None is nobody, like any other.

    Channel, priority, segment and severity are the ticket's at that instant, `edition` is the digest of the rules in
    force then.
    """

    at: int
    agent: str | None
    team: str | None
    ticket_id: str | None
    account: str
    channel: str | None
    priority: str | None
    segment: str | None
    edition: str
    observation_id: str | None = None
    severity: str | None = None


@dataclass(slots=True, unsafe_hash=True)  # not frozen: that makes it four times as slow to make
class CreditLine:
    """The atom of every figure: what one ticket adds to one indicator, for whom and when.

    `numerator` is seconds for time measures and a count otherwise; `part` names the clock or the rating it comes from,
    where a ticket can have several.
    """

    indicator: str
    stamp: Stamp
    numerator: int = 1
    denominator: int = 1
    part: str | None = None
    certainty: Certainty = Certainty.EXACT

    @property
    def at(self) -> int:
        """The instant that decides in which period it counts."""
        return self.stamp.at

    @property
    def agent(self) -> str | None:
        """Who is credited, None for nobody."""
        return self.stamp.agent

    @property
    def team(self) -> str | None:
        """The agent's team at that instant, else the ticket's group."""
        return self.stamp.team

    @property
    def ticket_id(self) -> str | None:
        """The ticket it comes from, None where an observation is its source."""
        return self.stamp.ticket_id

    @property
    def account(self) -> str:
        """The connector."""
        return self.stamp.account

    @property
    def channel(self) -> str | None:
        """The ticket's channel."""
        return self.stamp.channel

    @property
    def priority(self) -> str | None:
        """The ticket's priority at that instant."""
        return self.stamp.priority

    @property
    def segment(self) -> str | None:
        """The customer's segment at that instant."""
        return self.stamp.segment

    @property
    def severity(self) -> str | None:
        """How grave the ticket was at that instant."""
        return self.stamp.severity

    @property
    def edition(self) -> str:
        """The digest of the rules in force at that instant."""
        return self.stamp.edition


class ClockState(StrEnum):
    """Where an SLA clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED_OPEN = "breached_open"  # over its goal and still running or paused
    BREACHED_CLOSED = "breached_closed"
    VOID = "void"  # ended without a verdict, or without a goal now
    UNDECIDED = "undecided"  # whether its goal was met lies within a span in which nobody knows what happened when


@dataclass(slots=True, unsafe_hash=True)  # not frozen: that makes it four times as slow to make
class Run:
    """A stretch in which a clock ran under one calendar ("" is calendar time); `end` is as_of while it still runs."""

    start: int
    end: int
    calendar: str


@dataclass(slots=True, kw_only=True, unsafe_hash=True)  # not frozen: that makes it four times as slow to make
class Clock:
    """One SLA clock instance and its verdict; `elapsed` and `goal` are seconds of the clock's own time.

    `due_at` is None while paused or ended, and where its calendar never opens again; it stays on a breached clock
    that still runs. `agent` and `team` are who answers for a breach, `spared` a holder who does not, for he was on
    leave. `forgiven_at` is the breach of a clock that somebody exempted: it counts nowhere. `shares` are, of a breached
    one, the seconds of its own time up to the breach that each holder had it while at work, the longest first.
    """

    clock: str
    instance: int
    policy: str
    started_at: int
    stopped_at: int | None
    goal: int
    elapsed: int
    due_at: int | None
    breached_at: int | None
    state: ClockState
    paused: bool
    agent: str | None
    team: str | None
    runs: tuple[Run, ...]
    certainty: Certainty
    edition: str
    spared: str | None = None
    forgiven_at: int | None = None
    shares: tuple[tuple[str | None, int], ...] = ()


@dataclass(slots=True, kw_only=True, unsafe_hash=True)  # not frozen: that makes it four times as slow to make
class Firing:
    """A step that fell due on a clock: its warning (level 0) or one of the escalation levels after breach.

    `severity` is how grave the ticket was then, where policies say that somebody answers for each severity.
    """

    ticket_id: str
    clock: str
    instance: int
    step: str  # "warn:75%", "breach", "escalation:2"
    level: int
    at: int
    agent: str | None
    team: str | None
    edition: str
    kind: str | None = None  # functional or hierarchical, of an escalation
    severity: str | None = None


@dataclass(slots=True, kw_only=True, unsafe_hash=True)  # not frozen: that makes it four times as slow to make
class Holding:
    """Who held the unsolved ticket, and how it stood, over [start, end); `end` is None while it lasts.

    A new one begins whenever anything here changes, so that whatever is asked of an instant is answered by the
    holding that covers it. `owed_since` is the oldest public message of the customer's side that nobody answered;
    `touched_at` the last thing a human agent did; `overdue_since` since when some clock is over its goal; `binned` the
    stretches [start, end) before it in which the ticket was deleted, None where it never was.
    """

    agent: str | None
    team: str | None
    status: str
    start: int
    end: int | None
    channel: str | None
    priority: str | None
    segment: str | None = None
    requester: str | None = None
    opened_at: int = 0
    calendar: str = ""  # the ticket's calendar then; "" is calendar time
    assumed: bool = False  # nothing said that it was this calendar
    answered: bool = False
    owed_since: int | None = None
    touched_at: int | None = None
    overdue_since: int | None = None
    binned: tuple[tuple[int, int], ...] | None = None
    severity: str | None = None


@dataclass(slots=True, unsafe_hash=True)  # not frozen: that makes it four times as slow to make
class Omission:
    """A ticket that an indicator leaves out, for a reason (a code that sync words) its reader may ask about.

    `at` is where its line would be; `until` is the last instant of what must pass first, never before as_of.
    """

    indicator: str
    at: int
    agent: str | None
    team: str | None
    reason: str
    until: int | None = None


class Guard(StrEnum):
    """What a sign is about."""

    REASSIGNED_BEFORE_BREACH = "reassigned_before_breach"
    SOLVED_AND_REOPENED = "solved_and_reopened"
    SOLVED_WITHOUT_REPLY = "solved_without_reply"
    PUT_TO_WAIT = "put_to_wait"
    REASSIGNED_AFTER_BAD_RATING = "reassigned_after_bad_rating"


class Sign(NamedTuple):
    """Something about a ticket that a reader of its figures should know; `part` names the clock, where it is about one.

    It is a note about data: it enters no figure and no charge.
    """

    guard: Guard
    at: int
    agent: str | None
    team: str | None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a ticket counts nowhere; `at` is its creation, which says in which periods it is missed."""

    code: str
    reason: Message
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """All answers about one ticket as of one instant; `excluded` says why it counts nowhere, if so.

    Those about an observation have a `source` ("calls.csv:17"), and the id of its ticket if it has one. `shared`: every
    account of its agent's person tells it, so that it counts once where several are joined.
    """

    ticket_id: str
    account: str
    as_of: int
    edition: str  # digest of the policies in force at as_of
    lines: tuple[CreditLine, ...] = ()
    clocks: tuple[Clock, ...] = ()
    firings: tuple[Firing, ...] = ()
    holdings: tuple[Holding, ...] = ()
    wake_at: int | None = None
    excluded: Exclusion | None = None
    omissions: tuple[Omission, ...] = ()
    source: str | None = None
    shared: bool = False
    signs: tuple[Sign, ...] = ()
