"""What a connector yields: the helpdesk's own values in our shape, not yet interpreted.

Ids are the helpdesk's own, as text. Instants are whole seconds since 1970-01-01 UTC. Fields keep their order: the
store writes them by position.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

FieldValue: TypeAlias = str | int | float | bool | None


class EventKind(StrEnum):
    """What an event of a ticket's history is, whatever the helpdesk calls it."""

    OPENED_WITH = "opened_with"  # a field's value at creation
    CHANGED = "changed"
    COMMENTED = "commented"
    SURVEY_OFFERED = "survey_offered"  # the customer was asked for a rating


class Field(StrEnum):
    """The ticket properties whose changes we follow; a custom field is "field:" and its platform id."""

    STATUS = "status"
    PRIORITY = "priority"
    ASSIGNEE = "assignee"
    GROUP = "group"
    TAGS = "tags"  # values are tags joined by one space
    BRAND = "brand"
    FORM = "form"
    REQUESTER = "requester"
    SCHEDULE = "schedule"
    CUSTOM_STATUS = "custom_status"
    TYPE = "type"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSnapshot:
    """A ticket as the helpdesk showed it once; `version` orders the snapshots of one ticket.

    Of the three from `begins_as` on: `begins_as` is the status in which tickets begin on a helpdesk that tells no
    history, None where events tell; `entered` says when the ticket last entered a status, by the platform's own stamps,
    where no event tells it; `after` is the instant up to which nothing of what differs from the snapshot before had
    happened yet.
    """

    ticket_id: str
    version: int
    created_at: int
    updated_at: int
    status: str
    priority: str | None
    assignee_id: str | None
    group_id: str | None
    requester_id: str | None
    submitter_id: str | None
    brand_id: str | None
    form_id: str | None
    channel: str | None
    tags: tuple[str, ...]
    fields: dict[str, FieldValue] = field(default_factory=dict)  # custom fields by platform id
    custom_status_id: str | None = None
    ai_agent: bool = False  # the platform says that a machine alone works it
    survey: str | None = None  # the platform's word for how its satisfaction survey stands
    rating_id: str | None = None  # the rating that survey brought, where the platform says
    begins_as: str | None = None
    entered: dict[str, int] = field(default_factory=dict)
    after: int | None = None
    schedule_id: str | None = None  # the business hours it goes by, where its history does not tell
    ticket_type: str | None = None
    organization_id: str | None = None  # the customer's organization, company or account
    follows: str | None = None  # the closed ticket it follows up, where the platform says


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One thing that happened to a ticket; `order` then `position` break ties inside a second.

    `automatic` is true for what a trigger, an automation or the system did; `old` and `new` are the helpdesk's own
    values as text (None: empty); `public` belongs to comments. Where only a span is known, it happened after `since`
    and at `at` at the latest.
    """

    ticket_id: str
    event_id: str
    at: int
    order: int
    position: int
    kind: EventKind
    actor_id: str | None
    automatic: bool
    field: str | None = None
    old: str | None = None
    new: str | None = None
    public: bool | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A customer's verdict; `version` orders the states of one rating, which may be edited or withdrawn.

    `category` is the platform's own good, neutral or bad where it gives one; a state that is no verdict (offered,
    withdrawn) has neither `category` nor `score`. `agent_id` is the assignee at rating time where the platform says.
    Where only a span is known, it was given after `since` and at `at` at the latest.
    """

    ticket_id: str
    rating_id: str
    at: int
    version: int
    category: str | None
    score: float | None
    scale: tuple[float, float] | None
    agent_id: str | None
    group_id: str | None
    offered_at: int | None = None  # when the survey was sent, where the platform says
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSet:
    """The platform's own figures of a ticket, kept for reconciling; `version` orders the states of one ticket.

    `minutes` maps the platform's names ("reply_time.business") to whole minutes, None: not there yet; `counts` maps
    names ("reopens") to numbers; `instants` maps names ("solved_at") to seconds since 1970 UTC.
    """

    ticket_id: str
    version: int
    minutes: dict[str, int | None]
    counts: dict[str, int | None]
    instants: dict[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEvent:
    """What the platform's own SLA clocks did; `metric` and `kind` are its words, `target` is in seconds."""

    ticket_id: str
    event_id: str
    at: int
    metric: str
    instance: int
    kind: str
    target: int | None
    business_hours: bool | None
    policy_id: str | None
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person or a machine that works tickets; `ticket_access` is what he may read: all, groups or assigned.

    `manager_id` is whom he reports to, where the helpdesk says.
    """

    agent_id: str
    name: str
    email: str | None
    role: str  # admin | agent | end-user, as the helpdesk has it today
    active: bool
    bot: bool  # the platform's own flag
    locale: str | None
    ticket_access: str
    manager_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A platform's group of agents, the default team; `schedule_id` is whose hours its tickets follow, if it says."""

    group_id: str
    name: str
    active: bool
    private: bool
    schedule_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An agent's place in a group."""

    membership_id: str
    agent_id: str
    group_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A platform's business hours.

    `week` holds seven lists, Monday first, of (opening, closing) in minutes since that day's local midnight; a
    closing beyond 1440 lies on the next day. `holidays` are (first, last) ISO dates, both closed. `default`:
    it is followed where nothing names another one.
    """

    schedule_id: str
    name: str
    zone: str
    week: tuple[tuple[tuple[int, int], ...], ...]
    holidays: tuple[tuple[str, str], ...]
    created_at: int
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaPolicy:
    """One of the platform's own SLA policies; `body` is its JSON as the platform sends it."""

    policy_id: str
    title: str
    position: int
    body: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomStatus:
    """A status the account defined; `status` is the platform's own status it belongs to."""

    custom_status_id: str
    label: str
    status: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A stretch of time, both ends in it, of which a helpdesk that tells no history told every change all the same."""

    coverage_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Something that is no ticket: a call, a cost, a review, a sale; `kind` says which, `values` hold the rest.

    `agent` is the agent's id on `account` where a connector tells it; else the word of the file (an e-mail address, an
    id, a name of the configuration), and `account` is the connector that the file names, if any. Seconds and counts
    are whole numbers. `source` is where a person finds it: "calls.csv:17", or the helpdesk's own word.
    """

    kind: str
    observation_id: str
    at: int
    agent: str | None
    customer_id: str | None
    ticket_id: str | None
    account: str | None
    values: dict[str, FieldValue]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An observation that the helpdesk told once and holds no more."""

    kind: str
    observation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """A ticket that the helpdesk has no more, not even among the deleted ones; `at`: when it was removed for good."""

    ticket_id: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall:
    """The helpdesk no longer tells all it removed for good since `since`: every known ticket must be asked for."""

    since: int


TicketRecord: TypeAlias = TicketSnapshot | TicketEvent | Rating | MetricSet | MetricEvent
AccountRecord: TypeAlias = Agent | Group | Membership | Schedule | SlaPolicy | CustomStatus | Coverage
Record: TypeAlias = TicketRecord | AccountRecord | Observation | Withdrawn | Vanished | RollCall
