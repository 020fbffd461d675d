"""What the simulated account holds, and the verbs by which people, rules and the API change it."""

from collections.abc import Iterator
from functools import partial
from itertools import count

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.freshdesk.account import Setup
from connectors.sandbox.freshdesk.records import (
    CLOSED,
    FOR_SUPPLIER,
    OPEN,
    PENDING,
    PRIORITIES,
    RESOLVED,
    SOURCES,
    STATUSES,
    WORDS,
    Activity,
    Conversation,
    Rating,
    Ticket,
)
from connectors.sandbox.world.verbs import (
    CLOSES_AFTER,
    SYSTEM_USER,
    Comment,
    Created,
    Opening,
    Row,
    Update,
    Values,
    named,
)

NAMES = {"assignee_id": "responder_id", "brand_id": "product_id", "organization_id": "company_id"}
VERDICTS = {"good": 103, "bad": -103}
DONE = (RESOLVED, CLOSED)
REPLY, NOTE, SURVEY_ANSWER = 0, 2, 6
FIRST_OF_API = 90_000_000
"""What clients make is numbered apart: the lives of this world have the same numbers whenever a client came by."""


class State:
    """The account's content. Verbs act at the world's present second; of the past only activities are kept."""

    def __init__(self, setup: Setup, world: WorldTime) -> None:
        self.world = world
        self.account = setup.account
        self.persons = setup.persons
        self.groups = setup.groups
        self.calendars = setup.calendars
        self.fields = setup.fields
        self.policies = setup.policies
        self.ids = setup.ids
        self.tickets: dict[int, Ticket] = {}
        self.ratings: dict[int, Rating] = {}  # by ticket
        self.activities: list[Activity] = []
        self.conversations: dict[int, list[Conversation]] = {}
        self.notifications: list[tuple[int, int]] = []  # (ticket, person) e-mails that went out
        self.create_ticket = Created(self.account, self.open)
        self._ticket_ids = count(1)
        self.api_ids = count(FIRST_OF_API)

    # -- looking ------------------------------------------------------------------------------------------------

    def status_of(self, ticket_id: int) -> str:
        """Return a ticket's status in the world's words."""
        ticket = self.tickets[ticket_id]
        return "deleted" if ticket.deleted else WORDS[ticket.status]

    def older(self, ticket_id: int) -> Iterator[int]:
        """Yield the ids of the tickets before this one, newest first."""
        yield from range(ticket_id - 1, 0, -1)

    # -- general verbs ------------------------------------------------------------------------------------------

    def begin(self, opening: Opening) -> int:
        """Create a ticket as described and return its id."""
        return self.open(opening).id

    def open(self, opening: Opening, number: int | None = None) -> Ticket:
        """Create a ticket as described; what rules add, and statuses other than open, come with it."""
        now = self.world.second
        outbound = opening.author_id != opening.requester_id and opening.comment.author_id is None
        ticket = Ticket(
            id=number or next(self._ticket_ids), created_at=now, updated_at=now, subject=opening.subject,
            description=opening.comment.body, requester_id=opening.requester_id,
            source=10 if outbound and opening.channel == "web" else SOURCES.get(opening.channel, 2),
            company_id=self.persons[opening.requester_id].company_id,
        )  # fmt: skip
        ticket.stats = {"status_updated_at": now}
        self.tickets[ticket.id] = ticket
        self.conversations[ticket.id] = []
        self._change(ticket, opening.values)
        self._note(ticket, opening.author_id, {"new_ticket": True, **_shown(ticket)})
        for rule in opening.rules:
            self._act(ticket, SYSTEM_USER, rule.changes)
        return ticket

    def update(self, ticket_id: int, update: Update) -> Ticket:
        """Update a ticket: its author's words and changes, then the rules'."""
        ticket = self.tickets[ticket_id]
        if update.comment is not None:
            self.say(ticket, update.author_id, update.comment, update.rule_id)
        self._act(ticket, update.author_id, update.changes)
        for rule in update.rules:
            self._act(ticket, SYSTEM_USER, rule.changes)
        ticket.updated_at = self.world.second
        return ticket

    def say(
        self, ticket: Ticket, author: int, comment: Comment, rule_id: int | None = None, number: int | None = None
    ) -> Conversation:
        """Add a reply or a note."""
        now, incoming = self.world.second, author == ticket.requester_id
        said = Conversation(
            number or next(self.ids), ticket.id, author, comment.body, now, incoming, not comment.public,
            REPLY if comment.public else NOTE, rule_id,
        )  # fmt: skip
        self.conversations[ticket.id].append(said)
        if incoming:
            ticket.stats["requester_responded_at"] = now
        elif comment.public:
            ticket.stats["agent_responded_at"] = now
            if ticket.stats.get("first_responded_at") is None:
                ticket.stats["first_responded_at"] = now
        ticket.updated_at = now
        return said

    def _act(self, ticket: Ticket, author: int, changes: Values) -> None:
        """Let somebody change a ticket, and note what that came to."""
        before = _shown(ticket)
        self._change(ticket, changes)
        if changed := {name: value for name, value in _shown(ticket).items() if value != before[name]}:
            self._note(ticket, author, changed)

    def _note(self, ticket: Ticket, author: int, values: Row) -> None:
        performer = None if author == SYSTEM_USER else author
        self.activities.append(Activity(self.world.second, ticket.id, performer, values))

    def _change(self, ticket: Ticket, changes: Values) -> None:
        for name, value in changes.items():
            if isinstance(name, int):
                self.set_field(ticket, next(each.name for each in self.fields.values() if each.id == name), value)
            elif name == "status":
                self.enter(ticket, STATUSES[value] if isinstance(value, str) else int(str(value)))
            elif name == "priority":
                ticket.priority = PRIORITIES[str(value)] if isinstance(value, str) else int(str(value or 1))
            else:
                setattr(ticket, NAMES.get(name, name), value)

    def set_field(self, ticket: Ticket, name: str, value: object) -> None:
        """Let a custom field hold a value, None: nothing."""
        if value is None:
            ticket.fields.pop(name, None)
        else:
            ticket.fields[name] = value

    def enter(self, ticket: Ticket, status: int) -> None:
        """Put a ticket into a status: only the last time it got into some of them is kept."""
        if status == ticket.status:
            return
        now, before, ticket.status = self.world.second, ticket.status, status
        ticket.stats["status_updated_at"] = now
        ticket.stats["pending_since"] = now if status == PENDING else None
        if status in DONE:
            ticket.stats["closed_at" if status == CLOSED else "resolved_at"] = now
            if ticket.stats.get("resolved_at") is None:
                ticket.stats["resolved_at"] = now
        elif before in DONE:
            ticket.stats |= {"reopened_at": now, "resolved_at": None, "closed_at": None}
        if status == RESOLVED:
            self.world.agenda.add(now + CLOSES_AFTER, partial(self._close_if_left_alone, ticket, now))

    def _close_if_left_alone(self, ticket: Ticket, resolved_at: int) -> None:
        if not ticket.deleted and ticket.status == RESOLVED and ticket.stats["resolved_at"] == resolved_at:
            self.close(ticket.id)

    # -- what lives need ----------------------------------------------------------------------------------------

    def wait_for_supplier(self, ticket_id: int, author: int) -> Ticket:
        """Put a ticket on hold in the account's own status."""
        return self.update(ticket_id, Update(author_id=author, changes={"status": FOR_SUPPLIER}))

    def close(self, ticket_id: int) -> Ticket:
        """Close a ticket as an automation does."""
        return self.update(ticket_id, Update(author_id=SYSTEM_USER, changes={"status": "closed"}))

    def merge(self, ticket_id: int, into: int, author: int) -> None:
        """Merge a ticket into another: it closes with a note, the other gets one too."""
        said = Comment(f"Ticket {ticket_id} is merged with this one.", public=False)
        self.update(into, Update(author_id=author, comment=said))
        said = Comment(f"This ticket is closed and merged into ticket {into}.", public=False)
        self.update(ticket_id, Update(author_id=author, comment=said, changes={"status": "closed"}))

    def delete(self, ticket_id: int) -> None:
        """Delete a ticket: only the list of deleted ones shows it."""
        ticket = self.tickets[ticket_id]
        ticket.deleted, ticket.updated_at = True, self.world.second

    def scrub(self, ticket_id: int) -> None:
        """Delete a ticket for good: nothing shows it any more."""
        self.delete(ticket_id)
        self.tickets[ticket_id].scrubbed = True

    def recalculate(self, ticket_id: int) -> None:
        """Let the account's own SLA find the ticket late: it changes, and nobody did anything."""
        ticket = self.tickets[ticket_id]
        ticket.escalated, ticket.updated_at = True, self.world.second

    def offer_rating(self, ticket_id: int) -> None:
        """Send the survey, of which no list tells."""

    def rate(self, ticket_id: int, score: str, comment: str | None = None) -> Rating | None:
        """Let the requester rate, or rate anew; nobody can withdraw a rating. The answer is a conversation too."""
        if score not in VERDICTS:
            return None
        ticket, now = self.tickets[ticket_id], self.world.second
        rating = self.ratings.get(ticket_id)
        if rating is None:
            rating = self.ratings[ticket_id] = Rating(
                id=next(self.ids), ticket_id=ticket_id, user_id=ticket.requester_id, agent_id=ticket.responder_id,
                group_id=ticket.group_id, verdict=0, feedback=None, created_at=now, updated_at=now,
            )  # fmt: skip
        rating.verdict, rating.feedback, rating.updated_at = VERDICTS[score], comment, now
        answer = Conversation(
            next(self.ids),
            ticket_id,
            ticket.requester_id,
            comment or "",
            now,
            incoming=True,
            private=False,
            source=SURVEY_ANSWER,
        )
        self.conversations[ticket_id].append(answer)
        ticket.stats["requester_responded_at"] = ticket.updated_at = now
        return rating

    # -- verbs a story is told with -----------------------------------------------------------------------------

    def comment(
        self, ticket_id: int, author: int, *, public: bool = True, body: str = "Vâng ạ.", **changes: object
    ) -> Ticket:
        """Say something, changing properties in the same update; a requester's words wake a ticket that waits."""
        ticket = self.tickets[ticket_id]
        if author == ticket.requester_id and ticket.status != OPEN:
            changes.setdefault("status", "open")
        return self.update(ticket_id, Update(author_id=author, comment=Comment(body, public), changes=named(changes)))

    def change(
        self, ticket_id: int, author: int = SYSTEM_USER, *, fields: dict[str, object] | None = None, **changes: object
    ) -> Ticket:
        """Change properties, and custom fields (`fields`, by name)."""
        for name, value in (fields or {}).items():
            self.set_field(self.tickets[ticket_id], name, value)
        return self.update(ticket_id, Update(author_id=author, changes=named(changes)))


def _shown(ticket: Ticket) -> Row:
    """Return what activities tell of, as it stands."""
    return {
        "status": ticket.status, "priority": ticket.priority, "group": ticket.group_id, "agent_id": ticket.responder_id,
    }  # fmt: skip
