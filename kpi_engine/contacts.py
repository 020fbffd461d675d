"""Whether another ticket is its requester's contact with us, and whether he waits for an answer to it."""

from kpi_engine.exclusions import configured_exclusion
from kpi_engine.history import DerivedEvent
from kpi_engine.records import TicketSnapshot
from kpi_engine.rulebook import Role, Rulebook

CALLS = frozenset({"phone", "voice"})
"""Channels by which a customer comes to us though an agent opens the ticket: he writes a call down."""


def is_outbound(ticket: TicketSnapshot, rulebook: Rulebook, at: int) -> bool:
    """Tell whether an agent opened the ticket for its requester, who had not come to us."""
    opener = ticket.submitter_id
    return opener is not None and not is_call(ticket) and _is_agent(opener, ticket, rulebook, at)


def is_call(ticket: TicketSnapshot) -> bool:
    """Tell whether the ticket writes a telephone call down."""
    return (ticket.channel or "").casefold() in CALLS


def asks_something(merged: DerivedEvent, rulebook: Rulebook) -> bool:
    """Tell whether a merged-in ticket brings somebody's question along.

    A test does not, nor one that an agent opened, nor one that an agent had answered before the merge.
    """
    cause, at = merged.cause, merged.at
    if configured_exclusion(cause, rulebook.meanings.at(at)) is not None or is_outbound(cause, rulebook, at):
        return False
    people = [who for who in merged.spoken if not rulebook.is_machine(who, at)]
    return not people or not _is_agent(people[-1], cause, rulebook, at)


def _is_agent(person: str, ticket: TicketSnapshot, rulebook: Rulebook, at: int) -> bool:
    """Tell whether somebody works the ticket; an agent who left before we looked is known by having it."""
    role = rulebook.role(person, at)
    left = role is Role.STRANGER and person == ticket.assignee_id
    return person != ticket.requester_id and (role is Role.AGENT or left)
