"""What a simulated Zendesk account holds."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.sandbox.world.verbs import Row


@dataclass(slots=True, kw_only=True)
class User:
    """A person or an integration."""

    id: int
    name: str
    email: str | None
    role: str
    created_at: int
    updated_at: int
    active: bool = True
    suspended: bool = False
    default_group_id: int | None = None
    ticket_restriction: str | None = None
    locale: str = "vi"
    iana_time_zone: str = "Asia/Ho_Chi_Minh"
    tags: tuple[str, ...] = ()
    user_fields: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Group:
    """A group of agents."""

    id: int
    name: str
    created_at: int
    is_public: bool = True
    default: bool = False
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class Membership:
    """An agent's place in a group."""

    id: int
    user_id: int
    group_id: int
    created_at: int
    default: bool = False


@dataclass(slots=True, kw_only=True)
class Schedule:
    """Business hours: intervals in minutes since Sunday 00:00 local, holidays as (id, name, first, last) dates."""

    id: int
    name: str
    time_zone: str
    intervals: tuple[tuple[int, int], ...]
    holidays: tuple[tuple[int, str, str, str], ...]
    created_at: int


@dataclass(slots=True, kw_only=True)
class CustomStatus:
    """A status as the account words it, in one of Zendesk's categories."""

    id: int
    category: str
    agent_label: str
    default: bool


@dataclass(slots=True, kw_only=True)
class CustomField:
    """A ticket or user field; `options` are a drop-down's values, `key` belongs to user fields."""

    id: int
    type: str
    title: str
    created_at: int
    updated_at: int
    description: str = ""
    key: str | None = None
    active: bool = True
    removable: bool = True
    options: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A ticket as it stands; `fields` holds the custom fields that are not empty."""

    id: int
    created_at: int
    updated_at: int
    generated_at: int
    subject: str
    description: str
    requester_id: int
    submitter_id: int
    channel: str
    brand_id: int
    ticket_form_id: int
    custom_status_id: int
    status: str = "new"
    priority: str | None = None
    type: str | None = None
    assignee_id: int | None = None
    group_id: int | None = None
    external_id: str | None = None
    tags: tuple[str, ...] = ()
    fields: dict[int, object] = field(default_factory=dict)
    is_public: bool = True
    support_type: str = "agent"
    rating_id: int | None = None
    solved_at: int | None = None
    closed_at: int | None = None
    archived: bool = False
    last_audit_id: int = 0


@dataclass(slots=True, frozen=True)
class Child:
    """One event inside an audit; `rule_id` names the trigger or automation that caused it."""

    kind: str  # Comment | Create | Change | SatisfactionRating
    name: str | int | None = None
    value: object = None
    previous: object = None
    author_id: int | None = None
    public: bool = False
    rule_id: int | None = None


@dataclass(slots=True, frozen=True)
class Audit:
    """Everything that one update did to a ticket; its children's ids follow its own."""

    id: int
    ticket_id: int
    at: int
    author_id: int
    channel: str
    children: tuple[Child, ...]
    rule_id: int | None = None
    metadata: Row | None = None
    source: Row | None = None  # what `via` says of where it came from


@dataclass(slots=True, kw_only=True)
class Rating:
    """A satisfaction rating in its present state."""

    id: int
    ticket_id: int
    requester_id: int
    assignee_id: int | None
    group_id: int | None
    score: str
    created_at: int
    updated_at: int
    comment: str | None = None
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Survey:
    """A survey of the newer kind, sent and perhaps answered: `rating` on its scale with its category."""

    id: str
    ticket_id: int
    responder_id: int
    offered_at: int
    rating: int | None = None
    category: str | None = None
    words: str | None = None
    answered_at: int | None = None
    edited_at: int | None = None


@dataclass(slots=True, kw_only=True)
class SlaPolicy:
    """An SLA policy: `targets` are (priority, metric, minutes, in business hours); a group's has a text id."""

    id: int | str
    title: str
    created_at: int
    targets: tuple[tuple[str, str, int, bool], ...]
    filter_all: tuple[Row, ...] = ()
    exact: bool = True  # whether targets are also told in seconds


@dataclass(slots=True, kw_only=True)
class Job:
    """A background job: `items` are done when it completes; `fate` is how a test lets it end otherwise."""

    id: str
    kind: str
    total: int
    queued_at: float
    act: Callable[[], list[Row]]
    fate: str | None = None
    polls: int = 0
    status: str = "queued"
    completed_at: float | None = None
    results: list[Row] | Row | None = None
