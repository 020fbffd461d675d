"""The seam between the product and a helpdesk: what every connector can be asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from kpi_engine.message import Message, message
from kpi_engine.records import FieldValue, Rating, Record, SlaPolicy, TicketSnapshot


class Clock(Protocol):
    """Time as the connector feels it: real on the wall, the world's own in the demo and in tests."""

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Stream(StrEnum):
    """What can be pulled, in the order a pass pulls it."""

    AGENTS = "agents"
    GROUPS = "groups"
    MEMBERSHIPS = "memberships"
    SCHEDULES = "schedules"
    TICKETS = "tickets"
    HISTORY = "history"
    RATINGS = "ratings"
    SURVEYS = "surveys"
    METRIC_EVENTS = "metric_events"
    ACTIVITIES = "activities"
    SLA_POLICIES = "sla_policies"
    CUSTOM_STATUSES = "custom_statuses"
    CALLS = "calls"
    CALL_LEGS = "call_legs"
    WORK_ITEMS = "work_items"


STREAM_NAMES = {
    Stream.AGENTS: message("agents"),
    Stream.GROUPS: message("groups"),
    Stream.MEMBERSHIPS: message("group memberships"),
    Stream.SCHEDULES: message("business hours"),
    Stream.TICKETS: message("tickets"),
    Stream.HISTORY: message("ticket history"),
    Stream.RATINGS: message("satisfaction ratings"),
    Stream.SURVEYS: message("survey responses"),
    Stream.METRIC_EVENTS: message("the helpdesk's own clock events"),
    Stream.ACTIVITIES: message("the daily export of ticket activities"),
    Stream.SLA_POLICIES: message("the helpdesk's own SLA policies"),
    Stream.CUSTOM_STATUSES: message("custom statuses"),
    Stream.CALLS: message("calls"),
    Stream.CALL_LEGS: message("agents' parts of calls"),
    Stream.WORK_ITEMS: message("agents' work items"),
}
"""What people call the streams."""

DATING = frozenset({Stream.TICKETS, Stream.HISTORY, Stream.RATINGS, Stream.SURVEYS})
"""The streams whose least complete_through is a pass's as_of."""

OF_TICKETS = DATING | {Stream.METRIC_EVENTS, Stream.ACTIVITIES}
"""The streams whose records belong to tickets; those of the others describe the account and are listed whole."""


OBSERVED = frozenset({Stream.CALLS, Stream.CALL_LEGS, Stream.WORK_ITEMS})
"""The streams whose records are observations: no tickets, and no list that is whole."""


HOUR = 3600
PACES: Mapping[Stream, int] = {
    **dict.fromkeys((Stream.AGENTS, Stream.GROUPS, Stream.MEMBERSHIPS), HOUR),
    **dict.fromkeys((Stream.SCHEDULES, Stream.METRIC_EVENTS, Stream.SLA_POLICIES, Stream.CUSTOM_STATUSES), 6 * HOUR),
}
"""How many seconds usually may pass between two readings of the streams that change slowly."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row we could not read, kept whole for the quarantine; `raw` is the JSON as it came."""

    key: str
    reason: Message
    raw: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a stream: its records, the cursor that stands for having them, and what is now complete.

    `complete_through` is the instant up to which the helpdesk has told everything this stream knows, by the
    helpdesk's own clock; None where the page does not say. `total` is the helpdesk's own count, where it gives one.
    `note` is something people should know about how the stream was read.
    """

    records: Sequence[Record]
    rejects: Sequence[Reject]
    cursor: str | None
    complete_through: int | None
    total: int | None = None
    note: Message | None = None


class Unavailable(Exception):  # noqa: N818 -- a fact about the account's plan, not a failure
    """The account has no such stream (its plan lacks it, or the feature is off): skip it, saying why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `check`: what was looked at, how it stands, and the way to mend it."""

    subject: Message
    verdict: Verdict
    finding: Message
    mend: Message | None = None


class Target(StrEnum):
    """What kind of remote thing a change is about."""

    TICKET = "ticket"
    AGENT = "agent"
    SUMMARY = "summary"
    ESCALATION = "escalation"  # what a step of an escalation does on a ticket: each stands by itself


class Named(StrEnum):
    """What a configuration may name by the helpdesk's own id."""

    FIELD = "field"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class WantedField:
    """A custom field we need on a target: our key and its kind of value (integer, number, text, moment, yes_no)."""

    target: Target
    key: str
    value_kind: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class FieldSetup:
    """How a wanted field stands remotely; `remote_id` None: to be created; `problem`: why it cannot serve.

    `remote_title` is what people call it there, should somebody have renamed it; `made_by_us`: it carries our mark.
    """

    wanted: WantedField
    remote_id: str | None
    problem: Message | None = None
    remote_title: str | None = None
    made_by_us: bool = False


@dataclass(frozen=True, slots=True)
class WantedView:
    """A list of the unsolved tickets in which our yes_no field `shows` is ticked, those due first on top."""

    key: str
    title: str
    description: str
    shows: str


@dataclass(frozen=True, slots=True)
class Extra:
    """Something beside the fields that lets people see them: their place on a form, a view of the overdue tickets.

    `key` is ours and stable. `there`: nothing is left to be done; `problem`: why only an admin can do it, and how.
    `handle` is what `install` returned for it, and all that `remove` needs; None while it is none of ours.
    """

    key: str
    title: Message
    there: bool
    handle: str | None = None
    problem: Message | None = None


@dataclass(frozen=True, slots=True)
class SummaryTicket:
    """The content of a summary ticket, ready to be shown: `html` is escaped, `external_id` is stable and ours.

    `marker` stands in the text and tells this version from any other; `solve`: the ticket is done with this note.
    """

    external_id: str
    subject: str
    html: str
    text: str
    tags: tuple[str, ...]
    assignee_id: str | None
    group: str | None
    marker: str = ""
    solve: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A desired remote state: some fields of one ticket or agent, or one summary ticket to be there.

    `values` maps our field keys to what they must hold (None clears); moments are seconds since 1970 UTC. `previous` is
    what stood in their place when it was planned. Of an escalation the keys are those of `connectors.effects`.
    """

    change_id: int
    target: Target
    target_id: str
    values: Mapping[str, FieldValue] = field(default_factory=dict)
    summary: SummaryTicket | None = None
    previous: Mapping[str, FieldValue] = field(default_factory=dict)

    @property
    def creates(self) -> bool:
        """Whether it makes a summary ticket, rather than writing on one that is there."""
        return self.summary is not None and self.target_id in ("", self.summary.external_id)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The helpdesk says it is done; `remote_id` names what was created."""

    remote_id: str | None = None
    warning: Message | None = None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """The helpdesk works on it in a job to be followed."""

    job: str


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Not now: try again after so many seconds; never counts as an attempt."""

    seconds: float
    reason: Message


@dataclass(frozen=True, slots=True)
class Refused:
    """Never like this: set aside and shown; `closed` says the ticket can no longer be written at all."""

    reason: Message
    closed: bool = False


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Sent, answer lost: look before doing anything again."""

    reason: Message


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Turned away, for somebody changed the object meanwhile: look at it, then send once more or leave it."""

    reason: Message


Outcome = Delivered | UnderWay | Snoozed | Refused | InDoubt | Conflicting


@dataclass(frozen=True, slots=True)
class Usage:
    """What a connector cost since `begin`: requests made, seconds waited for quotas; `now` is the helpdesk's clock."""

    requests: int
    waited: float
    now: int | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading something would take: requests, and minutes at our share of the quota, both about."""

    requests: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Carried:
    """The account's own SLA set-up as far as policies can say it: a plain policy document, and what they cannot say.

    `whole`: the document is the set-up itself, not a draft made of what was seen.
    """

    document: Mapping[str, object]
    left: Sequence[Message] = ()
    whole: bool = True


class Connector(Protocol):
    """One configured helpdesk account."""

    @property
    def name(self) -> str:
        """The account's name in the configuration: part of every stored key."""
        ...

    @property
    def streams(self) -> Sequence[Stream]:
        """The streams this connector can pull, in order."""
        ...

    @property
    def paces(self) -> Mapping[Stream, int]:
        """How many seconds may pass between two readings of the streams that change slowly; others: every pass."""
        ...

    @property
    def statuses(self) -> Mapping[str, str]:
        """The platform's default map from its statuses to ours (new, open, pending, hold, solved, closed, deleted)."""
        ...

    @property
    def metrics(self) -> Mapping[str, str]:
        """The platform's own figures of a ticket (names in a MetricSet), and our indicators that they stand beside."""
        ...

    @property
    def scales(self) -> bool:
        """Whether ratings come as a score on a scale that is told; else nobody can say what their mean means."""
        ...

    @property
    def tells_history(self) -> bool:
        """Whether events tell what changed; else every snapshot is kept, for their differences are all there is."""
        ...

    @property
    def untold(self) -> frozenset[str]:
        """The properties whose changes the events do not tell (as Field words them), where they tell of others."""
        ...

    @property
    def closed_is_final(self) -> bool:
        """Whether nobody can write to a closed ticket any more; else what our fields show there is kept true, too."""
        ...

    @property
    def takes_tags(self) -> bool:
        """Whether people can put tags on tickets, by which an agent disputes one himself."""
        ...

    @property
    def effects(self) -> frozenset[str]:
        """What steps of escalations can do on tickets here, of the names that `push.escalations` knows."""
        ...

    @property
    def batch(self) -> int:
        """How many ticket changes one delivery may carry."""
        ...

    def begin(self) -> None:
        """Start a pass: its deadline and its usage count from now."""
        ...

    def usage(self) -> Usage:
        """Return what the pass has cost so far."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...

    def pull(self, stream: Stream, cursor: str | None) -> Iterator[Page]:
        """Yield the pages of `stream` since `cursor` (None: from the configured start) until it is up to date.

        Raises Unavailable where the account lacks the stream, and the errors of connectors.errors.
        """
        ...

    def cost(self, rows: Mapping[Stream, int]) -> Cost:
        """Return about what it takes to read so many rows of some streams."""
        ...

    def fetch(self, stream: Stream, ids: Sequence[str]) -> Iterator[Page]:
        """Yield the records named, on pages without cursor; those that the helpdesk does not know are left out.

        Agents and ratings go by their own ids, survey responses by those of their tickets. Tickets are asked for only
        where a page held a RollCall.
        """
        ...

    def unseen_rating(self, ticket: TicketSnapshot, ratings: Sequence[Rating]) -> Mapping[Stream, str]:
        """Return what to fetch, by stream, where a ticket shows another rating than these; else nothing."""
        ...

    def checks(self) -> Iterator[Check]:
        """Look at sign-in, rights, quota, clock skew and feature availability, one finding each."""
        ...

    def titles(self, kind: Named) -> Mapping[str, str]:
        """Return what the account has of a kind, the titles that people see by id; nothing where it has none."""
        ...

    def fields(self, wanted: Sequence[WantedField]) -> list[FieldSetup]:
        """Compare what is wanted with what the account has; changes nothing."""
        ...

    def create_field(self, wanted: WantedField) -> str:
        """Create a missing custom field and return its remote id."""
        ...

    def use_fields(self, remote_ids: Mapping[tuple[Target, str], str]) -> None:
        """Tell the connector where each of our field keys lives, by target and key."""
        ...

    def remove_field(self, target: Target, remote_id: str) -> None:
        """Delete a custom field with all it holds; one that is gone already is fine."""
        ...

    def uses(self, target: Target, remote_id: str) -> list[Message]:
        """Return what else on the helpdesk works with a field (views, rules …), by name: it would break without it."""
        ...

    def package(self, wanted: Sequence[WantedField], views: Sequence[WantedView]) -> Mapping[str, str]:
        """Return files, by path, that an admin deploys to give us all we need; none where there is no such way."""
        ...

    def extras(self, views: Sequence[WantedView], handles: Mapping[str, str]) -> list[Extra]:
        """Compare what shows our fields to people with what is there; `handles` are those of our extras, by key."""
        ...

    def install(self, extra: Extra, views: Sequence[WantedView]) -> str:
        """Make one of `extras`, or what it still lacks, and return its handle. Safe to repeat."""
        ...

    def remove(self, key: str, handle: str) -> None:
        """Undo what `install` did, and no more; what is gone already is fine."""
        ...

    def read(self, target: Target, ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return our fields' current remote values by object id; an object that is gone is absent."""
        ...

    def deliver(self, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Send one batch (of one target) and return each change's outcome by its id."""
        ...

    def follow(self, job: str, changes: Sequence[Change]) -> dict[int, Outcome]:
        """Return what became of the changes sent in `job`: still under way, or an outcome each."""
        ...

    def find(self, external_id: str) -> list[str]:
        """Return the ids of the tickets that carry `external_id`, oldest first: what an in-doubt creation left."""
        ...

    def noted(self, ticket_id: str, marker: str) -> bool | None:
        """Tell whether a comment with that marker stands on a ticket; None where the ticket is gone."""
        ...

    def undone(self, change: Change) -> frozenset[str] | None:
        """Return the keys of what an escalation's change wrote and its ticket does not show; None where that is gone.

        A ticket that somebody solved, handed over or made more urgent since lacks nothing of it.
        """
        ...

    def read_again(self, stream: Stream, raw: str) -> Page:
        """Return what a row that was set aside means today: `raw` is a Reject's, without what people wrote."""
        ...

    def own_id(self) -> str:
        """Return the id of the user whose credentials are used: he may be an agent on paper only."""
        ...

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents, admins left out, who could read a private ticket in that group with that assignee."""
        ...

    def carry_over(self, policies: Sequence[SlaPolicy], seen: Mapping[str, int]) -> Carried:
        """Return the account's SLA policies as a policy document; `seen` are targets met on tickets, in seconds."""
        ...

    def ticket_url(self, ticket_id: str) -> str:
        """Return the address where a person opens the ticket."""
        ...
