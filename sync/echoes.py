"""Writes that left no trace: what was delivered to a ticket comes back with the ticket, or is looked for."""

from collections.abc import Iterable, Mapping
from typing import Final

from connectors.base import Target
from kpi_engine.message import message
from kpi_engine.records import FieldValue
from sync.account import Account
from sync.comparing import shows
from sync.planning import has_come_back
from sync.pull import Pass
from sync.store.changes import LastDelivered, Queued
from sync.store.findings import Finding, What

LOOKED_AT: Final = "echoes_through"
"""The switch that remembers the last change that was confirmed, or found not to stand."""

GRACE: Final = 900
"""A ticket is given so many seconds, of complete data, to come back with what was written to it."""


def look_for_echoes(account: Account, this: Pass, as_of: int) -> None:
    """See that what was delivered to tickets stands there; where it does not, let the next plan write it once more.

    Every helpdesk shows a ticket anew after a write, so that only those tickets are asked for that did not come back.
    What is lost a second time is told and left alone. Raises ConnectorError.
    """
    name, store = account.name, account.store
    while batch := store.changes.delivered_after(
        name, Target.TICKET, store.switches.number(name, LOOKED_AT) or 0, as_of - GRACE
    ):
        last = store.changes.last_delivered_to(name, Target.TICKET, {each.target_id for each in batch})
        lost = _lost(account, last, as_of - GRACE)
        with store.transaction(this.lock):
            _note(account, batch, lost, last)
            store.switches.set(name, LOOKED_AT, batch[-1].change_id)


def _lost(account: Account, last: Mapping[str, LastDelivered], through: int) -> dict[str, Mapping[str, FieldValue]]:
    """Return what tickets show that do not show what was delivered to them."""
    due = [ticket_id for ticket_id, delivered in last.items() if delivered.delivered_at <= through]
    known = account.store.records.snapshots(account.name, due)
    pending = account.store.changes.pending_values(account.name, Target.TICKET, due)
    silent = [key for key in due if key in known and key not in pending and not has_come_back(known[key], last[key])]
    found = account.connector.read(Target.TICKET, silent) if silent else {}
    return {key: values for key, values in found.items() if not shows(values, last[key].values)}


def _note(
    account: Account,
    batch: Iterable[Queued],
    lost: Mapping[str, Mapping[str, FieldValue]],
    last: Mapping[str, LastDelivered],
) -> None:
    store, name, now = account.store, account.name, account.now()
    before = store.findings.unkept(name, Target.TICKET, lost)
    again = [ticket_id for ticket_id in lost if ticket_id not in before]
    store.findings.kept_again(name, Target.TICKET, {each.target_id for each in batch} - lost.keys(), now)
    store.changes.forget_delivered_to(name, Target.TICKET, lost)
    store.readings.plan_anew(name, again)
    store.findings.note(
        name, [_finding(key, values, last[key], twice=key in before) for key, values in lost.items()], now
    )


def _finding(ticket_id: str, found: Mapping[str, FieldValue], delivered: LastDelivered, *, twice: bool) -> Finding:
    fields = ", ".join(sorted(key for key, value in delivered.values.items() if not shows(found, {key: value})))
    told = message(
        "ticket {id} does not show {fields}, which the helpdesk took; written again", id=ticket_id, fields=fields
    )
    if twice:
        told = message(
            "ticket {id} does not show {fields}, which the helpdesk took twice; left so", id=ticket_id, fields=fields
        )
    return Finding(what=What.UNKEPT, target=Target.TICKET, target_id=ticket_id, told=told)
