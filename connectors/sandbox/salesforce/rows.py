"""How rows of the simulated org change: with the stamps every row has, and history of what is tracked."""

from itertools import count

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.salesforce.account import COMPLAINT, LABELS, WORDS, Org
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.records import Ticket
from connectors.sandbox.world.verbs import Row

LOOKUPS = frozenset({"RecordTypeId", "BusinessHoursId", "AccountId"})


class Rows:
    """Writes the org's rows as the platform does, at the world's present second."""

    def __init__(self, org: Org, world: WorldTime) -> None:
        self.org = org
        self.world = world
        self.tracked = {"Status", "OwnerId", "Priority", "RecordTypeId", "BusinessHoursId", "CSAT__c", COMPLAINT}
        self.tracked |= {"Type", "AccountId"}
        self._made = {name: count(1) for name in org.tables}

    def add(self, subject: str, row: Row, *, author: str) -> str:
        """Add a row with what every row has, and return its id."""
        table, now = self.org.tables[subject], self.world.second
        row_id = made_id(subject, next(self._made[subject]) * 61 + 1_000_000)
        stamps = {"CreatedDate": now, "CreatedById": author, "LastModifiedDate": now, "LastModifiedById": author}
        made: Row = {**stamps, "SystemModstamp": now, "IsDeleted": False}
        table.rows[row_id] = {"Id": row_id, **{name: made[name] for name in made if name in table.columns}, **row}
        table.version += 1
        return row_id

    def touch(self, ticket: Ticket, author: str | None) -> None:
        """Move a case's stamps; without an author only the system's own."""
        now = self.world.second
        ticket.row["SystemModstamp"] = now
        if author is not None:
            ticket.row |= {"LastModifiedDate": now, "LastModifiedById": author}
        self.org.tables["Case"].version += 1

    def write(self, ticket: Ticket, author: str, values: Row, *, owner_field: str = "Owner") -> None:
        """Write fields of a case as the platform does: history of what is tracked, and the stamps."""
        for name, value in values.items():
            before = ticket.row.get(name)
            if before == value:
                continue
            ticket.row[name] = value
            if name == "Status":
                closed = value == WORDS["solved"]
                ticket.row |= {"IsClosed": closed, "ClosedDate": self.world.second if closed else None}
            if name in self.tracked:
                self._track(ticket, author, (name, before, value), owner_field)
        self.touch(ticket, author)

    def _track(self, ticket: Ticket, author: str, change: tuple[str, object, object], owner_field: str) -> None:
        name, before, after = change
        if name == "OwnerId":  # told twice: as people read it, and by ids
            for old, new in ((self._name(before), self._name(after)), (before, after)):
                self.tell(ticket, author, (owner_field, old, new))
        elif name in LOOKUPS:
            for old, new in ((self._name(before), self._name(after)), (before, after)):
                self.tell(ticket, author, (name.removesuffix("Id"), old, new))
        elif name == "Status":
            self.tell(ticket, author, (name, LABELS.get(str(before), before), LABELS.get(str(after), after)))
        else:
            self.tell(ticket, author, change)

    def tell(self, ticket: Ticket, author: str, change: tuple[str, object, object]) -> None:
        """Leave one line of a case's history."""
        field_name, old, new = change
        told = {"CaseId": ticket.key, "Field": field_name, "OldValue": old, "NewValue": new, "DataType": "Text"}
        self.add("CaseHistory", told, author=author)

    def _name(self, owner: object) -> object:
        for subject in ("User", "Group", "RecordType", "BusinessHours", "Account"):
            row = self.org.tables[subject].rows.get(str(owner))
            if row is not None:
                return row["Name"]
        return owner
