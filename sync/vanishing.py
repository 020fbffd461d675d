"""Tickets that the helpdesk removed for good: they count as deleted ones do, and keep what was known of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from connectors.base import Page, Stream
from kpi_engine.message import Message, message
from kpi_engine.records import RollCall, TicketSnapshot, Vanished
from sync.account import Account

DELETED = "deleted"
AT_ONCE = 1000
"""Tickets that are looked for in one go."""


def vanished(account: Account, records: Iterable[object]) -> list[TicketSnapshot]:
    """Return the tickets of a page that vanished, as they were last seen, but deleted; unknown ones are nobody's."""
    gone = {record.ticket_id: record.at for record in records if isinstance(record, Vanished)}
    known = account.store.records.snapshots(account.name, gone) if gone else {}
    return [_deleted(ticket, gone[key]) for key, ticket in known.items() if ticket.status != DELETED]


def call_roll(account: Account, roll: RollCall, save: Callable[[Page], None]) -> Message:
    """Look for every ticket that counts where the helpdesk no longer tells what it removed for good.

    Costs a request for each two hundred tickets or so. Nobody knows when one that is gone went: it counts as gone since
    the helpdesk was asked last, so that nothing is said of a time in which it may not have been there.
    """
    looked_for, gone, after = 0, 0, ""
    while ids := account.store.records.known(account.name, after, AT_ONCE):
        after = ids[-1]
        there = account.store.records.snapshots(account.name, ids)
        asked = [ticket_id for ticket_id in ids if there[ticket_id].status != DELETED]
        absent = _absent(account, asked, save) if asked else []
        save(Page([Vanished(ticket_id=each, at=roll.since) for each in absent], [], None, None))
        looked_for, gone = looked_for + len(asked), gone + len(absent)
    return message(
        "What the helpdesk removed for good since {day} it tells in part only: {n} tickets were looked for one by one, "
        "and {gone} of them are there no more",
        day=account.language.moment(roll.since),
        n=looked_for,
        gone=gone,
    )


def _absent(account: Account, asked: Sequence[str], save: Callable[[Page], None]) -> list[str]:
    """Return which of some tickets are there no more; what is said of the others is saved."""
    pages = list(account.connector.fetch(Stream.TICKETS, asked))
    for page in pages:
        save(page)
    found = {record.ticket_id for page in pages for record in page.records if isinstance(record, TicketSnapshot)}
    found |= {row.key.rpartition(":")[2] for page in pages for row in page.rejects}  # unreadable, but there
    return [ticket_id for ticket_id in asked if ticket_id not in found]


def _deleted(ticket: TicketSnapshot, at: int) -> TicketSnapshot:
    version = max(at, ticket.version + 1)  # whatever was seen of it, it is gone now
    return replace(ticket, status=DELETED, version=version, updated_at=max(at, ticket.updated_at))
