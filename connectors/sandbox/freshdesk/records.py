"""What a simulated Freshdesk account holds."""

from dataclasses import dataclass, field

from connectors.sandbox.world.verbs import Row

OPEN, PENDING, RESOLVED, CLOSED, WAITING_FOR_OTHERS, FOR_SUPPLIER = 2, 3, 4, 5, 7, 8

STATUSES = {
    "new": OPEN, "open": OPEN, "pending": PENDING, "hold": WAITING_FOR_OTHERS, "solved": RESOLVED, "closed": CLOSED,
}  # fmt: skip
"""The statuses of the world's lives as Freshdesk numbers them; it knows no new one."""

WORDS = {OPEN: "open", PENDING: "pending", WAITING_FOR_OTHERS: "hold", FOR_SUPPLIER: "hold", RESOLVED: "solved",
         CLOSED: "closed"}  # fmt: skip
PRIORITIES = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
TICKET_TYPES = ("Question", "Incident", "Problem", "Feature Request", "Refund")
SOURCES = {"mail": 1, "web": 2, "mobile": 2, "voice": 3, "chat": 7, "messaging": 7, "api": 2}


@dataclass(slots=True, kw_only=True)
class Person:
    """An agent or a contact; a deleted agent is a contact."""

    id: int
    name: str
    email: str
    created_at: int
    is_agent: bool = False
    is_admin: bool = False
    ticket_scope: int = 1
    company_id: int | None = None
    group_ids: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Group:
    """A group of agents."""

    id: int
    name: str
    created_at: int


@dataclass(slots=True, kw_only=True)
class TicketField:
    """A ticket field, addressed by a name that Freshdesk made up."""

    id: int
    name: str
    label: str
    label_for_customers: str
    type: str
    default: bool = False
    required_for_closure: bool = False
    choices: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A ticket as it stands; `fields` holds the custom fields by name."""

    id: int
    created_at: int
    updated_at: int
    subject: str
    description: str
    requester_id: int
    source: int
    status: int = OPEN
    priority: int = 1
    responder_id: int | None = None
    group_id: int | None = None
    product_id: int | None = None
    type: str | None = None
    company_id: int | None = None
    tags: tuple[str, ...] = ()
    fields: dict[str, object] = field(default_factory=dict)
    spam: bool = False
    deleted: bool = False
    scrubbed: bool = False
    escalated: bool = False
    stats: dict[str, int | None] = field(default_factory=dict)

    @property
    def last_audit_id(self) -> int:
        """What moves with every change."""
        return self.updated_at


@dataclass(slots=True, frozen=True)
class Conversation:
    """A reply or a note."""

    id: int
    ticket_id: int
    user_id: int
    body: str
    at: int
    incoming: bool
    private: bool
    source: int
    automation_id: int | None = None


@dataclass(slots=True, frozen=True)
class Activity:
    """What one hand, or the system (None), set on a ticket in one go, by the names of rows."""

    at: int
    ticket_id: int
    performer_id: int | None
    values: Row


@dataclass(slots=True, kw_only=True)
class Rating:
    """A survey's answer."""

    id: int
    ticket_id: int
    user_id: int
    agent_id: int | None
    group_id: int | None
    verdict: int
    feedback: str | None
    created_at: int
    updated_at: int


@dataclass(slots=True, kw_only=True)
class Calendar:
    """Business hours: a span of local time for each weekday that is open."""

    id: int
    name: str
    time_zone: str
    is_default: bool
    hours: dict[str, tuple[str, str]]
    created_at: int


@dataclass(slots=True, kw_only=True)
class SlaPolicy:
    """An SLA policy as it is sent, but for its id."""

    id: int
    body: Row
