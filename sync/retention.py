"""Retention: what is older than the configuration keeps is deleted, once a day by a pass, or by hand."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from kpi_engine.durations import months_of
from sync.account import Account
from sync.organization import midnight
from sync.store.locks import Lock

_DONE: Final = "retained_from"
"""The switch that remembers the day before which all was deleted."""

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Outdated:
    """What lies before `cutoff`: so many tickets, and so many other rows."""

    cutoff: int
    tickets: int
    others: int


def cutoff_of(account: Account, as_of: int) -> int:
    """Return the instant before which nothing is kept: so many months back, at midnight in the report time zone."""
    settings = account.settings
    today = datetime.fromtimestamp(as_of, UTC).astimezone(ZoneInfo(settings.timezone)).date()
    months = today.year * 12 + today.month - 1 - months_of(settings.privacy.retention)
    first = date(months // 12, months % 12 + 1, 1)
    last_day = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - first).days
    return midnight(first.replace(day=min(today.day, last_day)).isoformat(), settings.timezone) or 0


def outdated(account: Account, as_of: int) -> Outdated:
    """Return how much there is that may not be kept any longer; deletes nothing."""
    cutoff, kept = cutoff_of(account, as_of), account.store.retention
    return Outdated(cutoff, len(kept.outdated(account.name, cutoff)), kept.count_older(account.name, cutoff))


def enforce_retention(account: Account, lock: Lock, as_of: int, *, again: bool = False) -> Outdated | None:
    """Delete what may not be kept any longer and return how much; None where today's was done, unless `again`.

    A ticket on which something happened since stays whole; a crash costs only the rest, which the next pass deletes.
    """
    store, name, cutoff = account.store, account.name, cutoff_of(account, as_of)
    if store.switches.number(name, _DONE) == cutoff and not again:
        return None
    tickets = 0
    while ids := store.retention.outdated(name, cutoff, _AT_ONCE):
        with store.transaction(lock):
            store.retention.drop_tickets(name, ids)
        tickets += len(ids)
        account.clock.sleep(0)  # a safe point: whoever waits to stop the pass may do it here
    with store.transaction(lock):
        others = store.retention.drop_older(name, cutoff)
        store.switches.set(name, _DONE, str(cutoff))
    return Outdated(cutoff, tickets, others)
