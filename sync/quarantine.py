"""Rows that were set aside: read again as they were kept."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from connectors.base import OBSERVED, OF_TICKETS, Page, Stream
from kpi_engine.records import Record, TicketRecord, TicketSnapshot
from sync.account import Account
from sync.native import bring_observations
from sync.store.locks import Holder
from sync.store.quarantine import Quarantined

MEASURING = "measuring"
"""The stream of tickets that could not be measured: a rule broke on them."""


@dataclass(slots=True)
class Retried:
    """What became of the rows: read now, still unreadable, or part of a list that every pull reads whole anyway."""

    read: list[Quarantined] = field(default_factory=list)
    unreadable: list[Quarantined] = field(default_factory=list)
    listed: list[Quarantined] = field(default_factory=list)


def retry(account: Account, rows: Sequence[Quarantined]) -> Retried:
    """Read rows again through the connector's mapping of today; what can be read is measured in the next pass.

    What people wrote was never kept: a ticket read so has the custom fields it was last seen with, if any; and an
    agent would lose his name, so that lists are left to the next pull. Raises LockHeldError while a pass runs.
    """
    now = account.now()
    lock = account.store.locks.acquire(account.name, Holder(socket.gethostname(), os.getpid(), now), now)
    found = Retried()
    try:
        for row in rows:
            with account.store.transaction(lock):
                _retry(account, row, found)
    finally:
        account.store.locks.release(lock)
    return found


def _retry(account: Account, row: Quarantined, found: Retried) -> None:
    if row.stream == MEASURING:
        account.store.records.mark_stale(account.name, [row.key.partition(":")[2]])
    elif Stream(row.stream) not in OF_TICKETS | OBSERVED:
        found.listed.append(row)
        return
    else:
        page = account.connector.read_again(Stream(row.stream), row.raw)
        # Of what is no ticket's, a row may well say nothing: a call among colleagues.
        if page.rejects or not (page.records or Stream(row.stream) in OBSERVED):
            found.unreadable.append(row)
            return
        bring_observations(account, row.stream, page.records)
        _save(account, page)
    account.store.quarantine.drop(account.name, [row.quarantine_id])
    found.read.append(row)


def _save(account: Account, page: Page) -> None:
    tickets = [record.ticket_id for record in page.records if isinstance(record, TicketSnapshot)]
    known = account.store.records.snapshots(account.name, tickets)
    records = [_with_fields(record, known) for record in page.records]
    account.store.records.save(
        account.name,
        [record for record in records if isinstance(record, TicketRecord)],
    )


def _with_fields(record: Record, known: dict[str, TicketSnapshot]) -> Record:
    if isinstance(record, TicketSnapshot) and not record.fields and record.ticket_id in known:
        return replace(record, fields=known[record.ticket_id].fields)
    return record
