"""What happens to tickets, in words that suit every helpdesk, and what a simulated helpdesk must be able to live.

People, groups, brands, fields and rules go by the helpdesk's own ids, which its `Account` gives by place. Values are
named as here: status (new, open, pending, hold, solved, closed), priority (low, normal, high, urgent), assignee_id,
group_id, brand_id, tags, type.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeAlias, TypeVar

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.world.people import Account

Row: TypeAlias = dict[str, object]
Values: TypeAlias = Mapping[str | int, object]
"""Ticket properties by name and custom fields by id, with what they (shall) hold."""

SYSTEM_USER = -1
CLOSES_AFTER = 4 * 86_400
"""Seconds after which a solved ticket is closed by itself."""

GONE = frozenset({"closed", "deleted"})
"""The statuses in which a ticket lives no further."""


@dataclass(slots=True, frozen=True)
class Comment:
    """What somebody said on a ticket; `author_id` None: whoever makes the update."""

    body: str
    public: bool = True
    author_id: int | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class RuleChanges:
    """What a trigger or an automation sets."""

    rule_id: int
    changes: Values


@dataclass(slots=True, frozen=True, kw_only=True)
class Update:
    """One update of a ticket: what its author says and sets, then what rules add; `rule_id`: a rule is its author."""

    author_id: int
    comment: Comment | None = None
    changes: Values = field(default_factory=dict)
    rules: tuple[RuleChanges, ...] = ()
    channel: str = "web"
    rule_id: int | None = None
    metadata: Row | None = None
    source: Row | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Opening:
    """How a ticket begins; `created_at` None: now (only imports say otherwise)."""

    requester_id: int
    author_id: int
    subject: str
    comment: Comment
    values: Values = field(default_factory=dict)
    rules: tuple[RuleChanges, ...] = ()
    channel: str = "web"
    support_type: str = "agent"
    created_at: int | None = None


def named(values: Mapping[str, object], fields: Values | None = None) -> dict[str | int, object]:
    """Return properties by name, custom fields by id beside them."""
    return {**(fields or {}), **dict(values.items())}


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Created(Generic[T]):
    """Creates tickets as stories tell of them, through a helpdesk's `open`."""

    account: Account
    open: Callable[[Opening], T]

    def __call__(
        self,
        subject: str = "Cần hỗ trợ",
        *,
        requester: int | None = None,
        author: int | None = None,
        public: bool = True,
        fields: Values | None = None,
        **values: object,
    ) -> T:
        """Create a ticket: `values` are properties in the words above, `fields` custom fields by number."""
        requester_id = self.account.customer_ids[0] if requester is None else requester
        channel = str(values.pop("channel", "mail"))
        return self.open(
            Opening(
                requester_id=requester_id,
                author_id=requester_id if author is None else author,
                subject=subject,
                comment=Comment("Nhờ anh chị hỗ trợ.", public),
                values=named(values, fields),
                channel=channel,
            )
        )


class Helpdesk(Protocol):
    """A simulated helpdesk, as lives need it: it acts at the world's present second."""

    @property
    def world(self) -> WorldTime:
        """The time it lives in."""
        ...

    @property
    def account(self) -> Account:
        """Who is who, by the helpdesk's own ids."""
        ...

    def status_of(self, ticket_id: int) -> str:
        """Return the ticket's status, in the words above; deleted where it is gone."""
        ...

    def begin(self, opening: Opening) -> int:
        """Create a ticket as described and return its id; ids grow."""
        ...

    def update(self, ticket_id: int, update: Update) -> object:
        """Update a ticket: its author's words and changes, then the rules'."""
        ...

    def wait_for_supplier(self, ticket_id: int, author: int) -> object:
        """Put a ticket on hold in the account's own status."""
        ...

    def close(self, ticket_id: int) -> object:
        """Close a ticket as the helpdesk's automation does."""
        ...

    def merge(self, ticket_id: int, into: int, author: int) -> object:
        """Merge a ticket into another."""
        ...

    def delete(self, ticket_id: int) -> object:
        """Delete a ticket."""
        ...

    def scrub(self, ticket_id: int) -> object:
        """Delete a ticket for good: its words are gone."""
        ...

    def recalculate(self, ticket_id: int) -> object:
        """Let the helpdesk recalculate something inside, which nobody did."""
        ...

    def offer_rating(self, ticket_id: int) -> object:
        """Send the satisfaction survey."""
        ...

    def rate(self, ticket_id: int, score: str, comment: str | None = None) -> object:
        """Let the requester rate (good, bad), rate anew, or withdraw (offered)."""
        ...

    def older(self, ticket_id: int) -> Iterable[int]:
        """Yield the ids of the tickets before this one, newest first."""
        ...
