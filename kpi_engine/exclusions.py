"""Why a ticket counts nowhere, judged by how it is now and by what the account meant when it was created."""

from kpi_engine.history import History
from kpi_engine.message import Message, message
from kpi_engine.records import TicketSnapshot
from kpi_engine.rulebook import DONE, Meanings, Status

MERGED_TAG = "closed_by_merge"
MERGED_INTO = "merged_into"
"""The field of the event on a ticket that was merged away; its new value is the ticket that took it in."""


def exclusion(ticket: TicketSnapshot, meanings: Meanings) -> tuple[str, Message] | None:
    """Return why the ticket counts nowhere, as a code and in words; None if it counts."""
    status = meanings.status(ticket.status, ticket.custom_status_id)
    if status is Status.DELETED:
        return "deleted", message("it was deleted")
    if MERGED_TAG in ticket.tags and status in DONE:  # a follow-up inherits the tag of a merged ticket
        return "merged", message("it was merged into another ticket")
    if ticket.ai_agent:
        return "ai_agent", message("only an AI agent worked on it")
    return configured_exclusion(ticket, meanings)


def merged_away(history: History) -> tuple[str, Message] | None:
    """Return why a ticket counts nowhere that its history alone says was merged into another; None if it counts."""
    if history.latest.begins_as is None or all(event.field != MERGED_INTO for event in history.events):
        return None
    return "merged", message("it was merged into another ticket")


def configured_exclusion(ticket: TicketSnapshot, meanings: Meanings) -> tuple[str, Message] | None:
    """Return which of the account's own exclusions a ticket falls under, as a code and in words; None: none."""
    for tag in ticket.tags:
        if tag in meanings.excluded_tags:
            return "excluded_tag", message("its tag {tag} is excluded", tag=tag)
    if ticket.form_id in meanings.excluded_forms:
        return "excluded_form", message("its form {form} is excluded", form=ticket.form_id)
    return None
