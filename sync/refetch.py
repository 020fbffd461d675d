"""Fields that were given a meaning after tickets had been pulled without them, and how to fetch those again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import Cost, Stream
from kpi_engine.message import Message, message
from sync.account import Account
from sync.store import Lock

_FETCHED = "fetched_fields"
_AGAIN = (Stream.TICKETS, Stream.HISTORY)


@dataclass(frozen=True, slots=True)
class Unfetched:
    """The fields not pulled for the `tickets` that are here, with the meanings each carries, and what that costs."""

    fields: Mapping[str, list[str]]
    tickets: int
    cost: Cost

    @property
    def finding(self) -> Message:
        """What is missing, in words."""
        return message(
            "{meanings}: the field {fields} was not pulled with the {tickets} tickets already stored; until it is, "
            "these have no such meaning",
            meanings=", ".join(name for names in self.fields.values() for name in names),
            fields=", ".join(self.fields),
            tickets=self.tickets,
        )

    @property
    def mend(self) -> Message:
        """The way to fetch it, and what it costs."""
        return message(
            "`helpdesk-kpi recompute --refetch` reads them again: about {requests} requests, {minutes} minutes",
            requests=self.cost.requests,
            minutes=self.cost.minutes,
        )


def note_fields(account: Account, lock: Lock) -> None:
    """Remember, before a pull, which mapped fields are read from the very beginning of the tickets."""
    mapped = set(account.settings.watched_fields(account.name))
    known = mapped if _begins(account) else mapped & _fetched(account)
    if known != _fetched(account):
        with account.store.transaction(lock):
            account.store.switches.set(account.name, _FETCHED, json.dumps(sorted(known)))


def unfetched(account: Account) -> Unfetched | None:
    """Return the mapped fields that tickets here lack; None where they lack none."""
    mapped = account.settings.watched_fields(account.name)
    lacking = {field: names for field, names in mapped.items() if field not in _fetched(account)}
    if not lacking or _begins(account):
        return None
    return Unfetched(lacking, account.store.records.ticket_count(account.name), cost(account))


def lacking_fields(account: Account) -> list[Message]:
    """Return in words what tickets here lack, and what it costs to fetch it: nothing where they lack nothing."""
    found = unfetched(account)
    return [message("{finding}; {mend}", finding=found.finding, mend=found.mend)] if found is not None else []


def cost(account: Account) -> Cost:
    """Return about what it takes to read all tickets and their history again."""
    tickets = account.store.records.ticket_count(account.name)
    events = round(tickets * account.store.records.events_a_ticket(account.name))
    return account.connector.cost({Stream.TICKETS: tickets, Stream.HISTORY: events})


def refetch(account: Account, lock: Lock) -> None:
    """Have the next passes read all tickets and their history again; what is stored stays until then."""
    with account.store.transaction(lock):
        for stream in _AGAIN:
            account.store.cursors.rewind(account.name, stream)


def _begins(account: Account) -> bool:
    """Tell whether the tickets are about to be read from their beginning."""
    stored = account.store.cursors.get(account.name, Stream.TICKETS)
    return stored is None or stored.cursor is None


def _fetched(account: Account) -> set[str]:
    return set(json.loads(account.store.switches.get(account.name, _FETCHED) or "[]"))
