"""Changes that a helpdesk's history does not tell, noted from what each pass sees differ from the one before."""

from collections.abc import Iterable

from connectors.base import Stream
from kpi_engine.records import TicketEvent, TicketSnapshot
from kpi_engine.untold import untold
from sync.account import Account

LATE = 600
"""Seconds that a row may become visible after its stamp."""

_SEEN = "seen_through"


def untold_changes(account: Account, records: Iterable[object]) -> list[TicketEvent]:
    """Return what the tickets of a page show to have changed and no history tells; part of the page's transaction."""
    names = account.connector.untold
    tickets = [record for record in records if isinstance(record, TicketSnapshot)]
    if not names or not tickets:
        return []
    known = account.store.records.snapshots(account.name, [ticket.ticket_id for ticket in tickets])
    after = (account.store.switches.number(account.name, _SEEN) or 0) - LATE
    return [
        event
        for ticket in tickets
        if (before := known.get(ticket.ticket_id)) is None or before.version < ticket.version
        for event in untold(before, ticket, names, after)
    ]


def note_seen(account: Account, stream: Stream, through: int | None) -> None:
    """Remember up to when every ticket was seen, once they were read to the end: a pass cut short saw only some."""
    if stream is Stream.TICKETS and through is not None and account.connector.untold:
        account.store.switches.set(account.name, _SEEN, through)
