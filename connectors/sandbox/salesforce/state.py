"""What the simulated org holds, and the verbs by which people, rules and the API change it."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import count

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.salesforce import calls
from connectors.sandbox.salesforce.account import COMPLAINT, ORDER, ORIGINS, PRIORITIES, TEST_TAGS, WORDS, Org
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.objects import Table
from connectors.sandbox.salesforce.records import Ticket
from connectors.sandbox.salesforce.rows import Rows
from connectors.sandbox.world.people import Account
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

SCORES = {"good": 5, "bad": 1}
FIELDS: Mapping[int, str] = {1: COMPLAINT, 2: ORDER}
FIRST_OF_API = 90_000_000
"""What clients make is numbered apart: the lives of this world have the same numbers whenever a client came by."""


class State:
    """The org's content. Verbs act at the world's present second and leave history where fields are tracked."""

    def __init__(self, org: Org, world: WorldTime) -> None:
        self.world = world
        self.org = org
        self.tickets: dict[int, Ticket] = {}
        self.rows = Rows(org, world)
        self.purged: dict[str, int] = {}  # cases removed for good, by id, with when
        self.mailed: list[str] = []  # cases whose new owner an assignment rule mailed
        self._by_key: dict[str, Ticket] = {}
        self.create_ticket = Created(self.account, self.open)
        self._numbers = count(1)
        self._api_numbers = count(FIRST_OF_API)

    @property
    def account(self) -> Account:
        """Who is who, by the world's numbers."""
        return self.org.account

    @property
    def tables(self) -> dict[str, Table]:
        """The org's objects."""
        return self.org.tables

    def ticket_of(self, key: str) -> Ticket | None:
        """Return a case by its id."""
        return self._by_key.get(key)

    def status_of(self, ticket_id: int) -> str:
        """Return a case's status in the world's words."""
        return self.tickets[ticket_id].status

    def older(self, ticket_id: int) -> Iterator[int]:
        """Yield the numbers of the cases before this one, newest first."""
        yield from range(ticket_id - 1, 0, -1)

    # -- the world's verbs --------------------------------------------------------------------------------------------

    def begin(self, opening: Opening) -> int:
        """Create a case as described and return its number."""
        return self.open(opening).id

    def open(self, opening: Opening) -> Ticket:
        """Create a case: by a customer through some channel, or by an agent."""
        number, now = next(self._numbers), self.world.second
        key = made_id("Case", number)
        author = self._author(opening.author_id)
        by_agent = opening.author_id in self.org.ids and opening.author_id not in self.account.customer_ids
        outbound = by_agent and opening.author_id != opening.requester_id and opening.comment.author_id is None
        origin = self._origin(opening, outbound=outbound)
        contact = self.org.contacts[opening.requester_id]
        row: Row = dict.fromkeys(self.tables["Case"].columns)
        row |= {
            "Id": key, "IsDeleted": False, "CaseNumber": f"{number:08d}", "Subject": opening.subject[:255],
            "Description": opening.comment.body, "Origin": origin, "Status": "New", "IsClosed": False,
            "ContactId": contact, "AccountId": self.org.company(contact), "OwnerId": author, "CreatedDate": now,
            "CreatedById": author, "LastModifiedDate": now, "LastModifiedById": author, "SystemModstamp": now,
            "BusinessHoursId": self.org.hours_id,
        }  # fmt: skip
        row["RecordTypeId"] = next((self.org.record_types[tag] for tag in TEST_TAGS if tag in _tags(opening)), None)
        ticket = Ticket(number, key, row, opening.requester_id)
        self._settle(ticket, opening)
        self.tickets[number] = self._by_key[key] = ticket
        self.tables["Case"].rows[key] = row
        self.tables["Case"].version += 1
        self.rows.tell(ticket, author, ("created", None, None))
        self._assign(ticket, row["CreatedById"])
        if origin == "Phone":
            self.world.agenda.add(now + calls.LIFE, partial(calls.ring, self.rows, ticket))
        if origin == "Email":
            self._mail(ticket, author, incoming=not outbound)
        return ticket

    def _origin(self, opening: Opening, *, outbound: bool) -> str | None:
        if outbound:
            return "Email" if opening.comment.public else None
        return ORIGINS.get(opening.channel, opening.channel.capitalize())

    def _settle(self, ticket: Ticket, opening: Opening) -> None:
        """Give a new case the values it begins with, and what a rule adds to them."""
        values = dict(opening.values)
        for rule in opening.rules:
            values |= rule.changes
        for name, value in values.items():
            ticket.row |= self._columns(ticket, name, value)

    def _assign(self, ticket: Ticket, creator: object) -> None:
        owner = self._owner(ticket)
        if owner is not None and owner != creator:
            ticket.row["OwnerId"] = creator
            self.rows.write(ticket, self._author(SYSTEM_USER), {"OwnerId": owner}, owner_field="ownerAssignment")

    def _columns(self, ticket: Ticket, name: str | int, value: object) -> Row:
        """Return the columns that hold one of the world's properties; owners are set apart."""
        if isinstance(name, int):
            return {FIELDS[name]: value} if name in FIELDS else {}
        if name == "status":
            self._enter(ticket, str(value))
            return {"Status": WORDS[str(value)], "IsClosed": WORDS[str(value)] == "Closed"}
        if name == "priority":
            return {"Priority": None if value is None else PRIORITIES[str(value)]}
        if name == "type":
            return {"Type": value}
        if name in ("assignee_id", "group_id"):
            setattr(ticket, name, value)
        return {}

    def _enter(self, ticket: Ticket, status: str) -> None:
        """Note the world's status: a case left alone after its solution is over, which no field here shows."""
        now = self.world.second
        ticket.status = status
        if status == "solved":
            calls.finish(self.rows, ticket)
            ticket.solved_at = now
            self.world.agenda.add(now + CLOSES_AFTER, partial(self._end, ticket, now))

    def _end(self, ticket: Ticket, solved_at: int) -> None:
        if ticket.status == "solved" and ticket.solved_at == solved_at:
            ticket.status = "closed"

    def _owner(self, ticket: Ticket) -> str | None:
        """Return who owns a case: its agent, else its team's queue; one owner is all there is."""
        owner = ticket.assignee_id if ticket.assignee_id is not None else ticket.group_id
        return None if owner is None else self.org.ids[owner]

    def update(self, ticket_id: int, update: Update) -> None:
        """Update a case: its author's words and changes, then the rules'."""
        ticket, author = self.tickets[ticket_id], self._author(update.author_id)
        if update.comment is not None:
            self._say(ticket, update, update.comment)
        self._change(ticket, author, update.changes)
        for rule in update.rules:
            self._change(ticket, self._author(SYSTEM_USER), rule.changes)
        self.rows.touch(ticket, author)

    def _change(self, ticket: Ticket, author: str, changes: Values) -> None:
        columns: Row = {}
        for name, value in changes.items():
            columns |= self._columns(ticket, name, value)
        owner = self._owner(ticket)
        if owner is not None and {"assignee_id", "group_id"} & {str(name) for name in changes}:
            columns["OwnerId"] = owner
        columns.pop("IsClosed", None)
        if columns:
            self.rows.write(ticket, author, columns)

    def _say(self, ticket: Ticket, update: Update, comment: Comment) -> None:
        """Mail or comment: customers write mails; agents answer by mail or by a published comment, one as the other."""
        speaker = update.author_id if comment.author_id is None else comment.author_id
        author = self._author(speaker)
        if speaker in self.account.customer_ids or speaker == ticket.requester_id:
            self._mail(ticket, self._author(SYSTEM_USER), incoming=True)
        elif comment.public and ticket.id % 2:
            self._mail(ticket, author, incoming=False)
        else:
            said = {"ParentId": ticket.key, "IsPublished": comment.public, "CommentBody": comment.body[:4000]}
            self.rows.add("CaseComment", said, author=author)

    def _mail(self, ticket: Ticket, author: str, *, incoming: bool) -> None:
        mail = {"ParentId": ticket.key, "Incoming": incoming, "Status": "0" if incoming else "3", "TextBody": "…"}
        self.rows.add("EmailMessage", {**mail, "MessageDate": self.world.second}, author=author)

    def _author(self, number: int) -> str:
        """Return the user who acts: what customers do comes in through a process."""
        row_id = self.org.ids.get(number, "")
        return row_id if row_id.startswith("005") else self.org.ids[SYSTEM_USER]

    def wait_for_supplier(self, ticket_id: int, author: int) -> None:
        """Put a case on hold in the org's own status."""
        ticket = self.tickets[ticket_id]
        ticket.status = "hold"
        self.rows.write(ticket, self._author(author), {"Status": "Waiting on Supplier"})

    def close(self, ticket_id: int) -> None:
        """Close a case for good, as a flow does."""
        ticket = self.tickets[ticket_id]
        self.rows.write(ticket, self._author(SYSTEM_USER), {"Status": "Closed"})
        ticket.status = "closed"

    def merge(self, ticket_id: int, into: int, author: int) -> None:
        """Merge a case into another: it lies in the bin, and its mails and comments belong to the other."""
        source, master = self.tickets[ticket_id], self.tickets[into]
        for subject in ("EmailMessage", "CaseComment"):
            for row in self.tables[subject].rows.values():
                if row["ParentId"] == source.key:
                    row |= {"ParentId": master.key, "SystemModstamp": self.world.second}
            self.tables[subject].version += 1
        source.row |= {"MasterRecordId": master.key, "IsDeleted": True}
        source.status = "closed"
        self.rows.touch(source, self._author(author))
        self.rows.touch(master, self._author(author))

    def delete(self, ticket_id: int) -> None:
        """Delete a case: it lies in the bin."""
        ticket = self.tickets[ticket_id]
        ticket.status = "deleted"
        ticket.row["IsDeleted"] = True
        self.rows.touch(ticket, self._author(self.account.admin_id))

    def purge(self, ticket_id: int) -> None:
        """Remove a case for good, its history and words with it: as if it had never been."""
        ticket, now = self.tickets[ticket_id], self.world.second
        ticket.status = "deleted"
        ticket.row["IsDeleted"] = True
        self.purged[ticket.key] = now
        self.tables["Case"].rows.pop(ticket.key)
        for subject, owner in (("CaseHistory", "CaseId"), ("EmailMessage", "ParentId"), ("CaseComment", "ParentId")):
            table = self.tables[subject]
            for key in [key for key, row in table.rows.items() if row[owner] == ticket.key]:
                table.rows.pop(key)
            table.version += 1
        self.tables["Case"].version += 1

    def scrub(self, ticket_id: int) -> None:
        """Delete a case and empty the bin."""
        self.purge(ticket_id)

    def recalculate(self, ticket_id: int) -> None:
        """Let the platform recalculate something inside: SystemModstamp moves alone."""
        self.rows.touch(self.tickets[ticket_id], None)

    def offer_rating(self, ticket_id: int) -> None:
        """Send the satisfaction survey: nothing in the org shows it."""

    def rate(self, ticket_id: int, score: str, comment: str | None = None) -> None:  # noqa: ARG002 -- words stay with the survey's tool
        """Let the survey's tool write what the requester chose into the field; withdrawn, it is emptied."""
        ticket = self.tickets[ticket_id]
        self.rows.write(ticket, self._author(self.account.admin_id), {"CSAT__c": SCORES.get(score)})

    # -- verbs a story is told with -----------------------------------------------------------------------------------

    def comment(
        self, ticket_id: int, author: int, *, public: bool = True, body: str = "Vâng ạ.", **changes: object
    ) -> None:
        """Say something, changing properties too; a requester's words wake a case that waits."""
        ticket = self.tickets[ticket_id]
        if author == ticket.requester_id and ticket.status in {"pending", "hold", "solved"}:
            changes.setdefault("status", "open")
        self.update(ticket_id, Update(author_id=author, comment=Comment(body, public), changes=named(changes)))

    def change(
        self, ticket_id: int, author: int = SYSTEM_USER, *, fields: Values | None = None, **changes: object
    ) -> None:
        """Change properties, and custom fields by number or by API name (`fields`)."""
        ticket = self.tickets[ticket_id]
        own = {str(name): value for name, value in (fields or {}).items() if isinstance(name, str)}
        if own:
            self.rows.write(ticket, self._author(author), own)
        numbered: dict[str | int, object] = {
            name: value for name, value in (fields or {}).items() if isinstance(name, int)
        }
        if changes or numbered:
            self.update(ticket_id, Update(author_id=author, changes=named(changes, numbered)))

    def add_milestone(self, ticket_id: int, **values: object) -> str:
        """Let one of the platform's own clocks stand on a case."""
        kind = self.org.add("MilestoneType", Name="First Response")
        row: Row = {"CaseId": self.tickets[ticket_id].key, "MilestoneTypeId": kind, "StartDate": self.world.second,
                    "IsCompleted": False, "IsViolated": False, "TargetResponseInMins": 60,
                    "TimeRemainingInMins": "60:00", "BusinessHoursId": self.org.hours_id}  # fmt: skip
        return self.rows.add("CaseMilestone", {**row, **values}, author=self._author(SYSTEM_USER))

    def adopt(self, row: Row) -> Ticket:
        """Take a case in that a client made."""
        number = next(self._api_numbers)
        key = made_id("Case", number)
        ticket = Ticket(number, key, {**dict.fromkeys(self.tables["Case"].columns), **row, "Id": key}, 0)
        ticket.row["CaseNumber"] = f"{number:08d}"
        self.tickets[number] = self._by_key[key] = ticket
        self.tables["Case"].rows[key] = ticket.row
        self.tables["Case"].version += 1
        return ticket


def _tags(opening: Opening) -> tuple[object, ...]:
    tags = opening.values.get("tags", ())
    return tuple(tags) if isinstance(tags, (tuple, list)) else ()
