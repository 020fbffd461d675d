"""Tickets that the helpdesk removed for good: they count as deleted ones do, and keep what was known of them."""

from collections.abc import Iterable
from dataclasses import replace

from kpi_engine.records import TicketSnapshot, Vanished
from sync.account import Account

DELETED = "deleted"


def vanished(account: Account, records: Iterable[object]) -> list[TicketSnapshot]:
    """Return the tickets of a page that vanished, as they were last seen, but deleted; unknown ones are nobody's."""
    gone = {record.ticket_id: record.at for record in records if isinstance(record, Vanished)}
    known = account.store.records.snapshots(account.name, gone) if gone else {}
    return [_deleted(ticket, gone[key]) for key, ticket in known.items() if ticket.status != DELETED]


def _deleted(ticket: TicketSnapshot, at: int) -> TicketSnapshot:
    version = max(at, ticket.version + 1)  # whatever was seen of it, it is gone now
    return replace(ticket, status=DELETED, version=version, updated_at=max(at, ticket.updated_at))
