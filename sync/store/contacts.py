"""How tickets concern one another: who asked, when, and what a ticket was merged into."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Final

from sqlalchemy import ColumnElement, select

from sync.store.codec import chunked, maker
from sync.store.database import Database
from sync.store.tables import CONTACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A ticket as other tickets are concerned by it; `digest` changes with whatever decides whether it counts."""

    ticket_id: str
    requester_id: str | None
    created_at: int
    merged_into: str | None
    merged_at: int | None
    digest: str


_NAMES: Final = tuple(field.name for field in fields(Contact))
_COLUMNS: Final = [CONTACT.c[name] for name in _NAMES]
_values: Final = attrgetter(*_NAMES)
_contact: Final = maker(Contact)


class Contacts:
    """The contacts of every connector, with a search by requester."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, connector: str, contacts: Iterable[Contact]) -> None:
        """Keep contacts in place of what they were."""
        whose = {"connector": connector}
        self._database.upsert(CONTACT, [whose | dict(zip(_NAMES, _values(each), strict=True)) for each in contacts])

    def get(self, connector: str, ticket_ids: Iterable[str]) -> dict[str, Contact]:
        """Return what is kept of some tickets, by ticket."""
        chunks = chunked(ticket_ids)
        found = (contact for chunk in chunks for contact in self._where(connector, CONTACT.c.ticket_id.in_(chunk)))
        return {contact.ticket_id: contact for contact in found}

    def of(self, connector: str, requesters: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
        """Return creation and id of all tickets of some requesters, each one's in order."""
        found: dict[str, list[tuple[int, str]]] = {}
        columns = select(CONTACT.c.requester_id, CONTACT.c.created_at, CONTACT.c.ticket_id)
        for chunk in chunked(requesters):
            theirs = columns.where(CONTACT.c.connector == connector, CONTACT.c.requester_id.in_(chunk))
            for requester, created_at, ticket_id in self._database.rows(theirs):
                found.setdefault(requester, []).append((created_at, ticket_id))
        return {requester: sorted(tickets) for requester, tickets in found.items()}

    def merged_into(self, connector: str, ticket_ids: Iterable[str]) -> list[Contact]:
        """Return the tickets that were merged into any of these."""
        # Asked for all of them at once, SQLite goes through every contact: for their ids alone its index is enough.
        listed = select(CONTACT.c.ticket_id).where(CONTACT.c.connector == connector)
        return [
            contact
            for chunk in chunked(ticket_ids)
            for contact in self._where(
                connector, CONTACT.c.ticket_id.in_(listed.where(CONTACT.c.merged_into.in_(chunk)))
            )
        ]

    def _where(self, connector: str, condition: ColumnElement[bool]) -> list[Contact]:
        found = select(*_COLUMNS).where(CONTACT.c.connector == connector, condition)
        return [_contact(row) for row in self._database.rows(found.order_by(CONTACT.c.ticket_id))]
