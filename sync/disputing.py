"""Disputes of closed tickets, which take no tag: marked on the agent's open summary by a tag that names the ticket."""

from collections.abc import Iterator

from kpi_engine.message import Message, message
from kpi_engine.records import TicketSnapshot
from sync.account import Account
from sync.overriding import Decision, UnfitOverrideError, decide, decisions
from sync.settling import settles_after
from sync.store import LockHeldError
from sync.store.observations import DISPUTED
from sync.store.summaries import Summary
from sync.summaries.marking import DISPUTE_TAG

_NAMING = f"{DISPUTE_TAG}-"


def note_disputes(account: Account, as_of: int) -> list[Message]:
    """Note what agents dispute on their summaries; return what could not be noted, and why.

    A dispute that was taken back is not noted again, though its tag is still there.
    """
    marked = list(_marked(account, as_of))
    known = {each.ticket_id for each in decisions(account, past=True) if each.what == DISPUTED} if marked else set()
    found = (_noted(account, *each) for each in marked if _ticket_of(each[2]) not in known)
    return [told for told in found if told is not None]


def _marked(account: Account, as_of: int) -> Iterator[tuple[Summary, TicketSnapshot, str]]:
    """Yield the tags that name a ticket, on summaries of agents whose period is not settled."""
    after = as_of - settles_after(account)
    open_ones = {
        each.remote_id: each
        for each in account.store.summaries.all(account.name)
        if each.scope == "agent" and each.remote_id is not None and each.period_end > after
    }
    for remote_id, snapshot in account.store.records.snapshots(account.name, open_ones).items():
        yield from ((open_ones[remote_id], snapshot, tag) for tag in snapshot.tags if tag.startswith(_NAMING))


def _ticket_of(tag: str) -> str:
    return tag.removeprefix(_NAMING)


def _noted(account: Account, summary: Summary, snapshot: TicketSnapshot, tag: str) -> Message | None:
    marked = Decision(ticket_id=_ticket_of(tag), what=DISPUTED, reason=tag, approved_by=summary.subject)
    try:
        decide(account, marked, snapshot.updated_at, f"#{snapshot.ticket_id}")
    except UnfitOverrideError as error:
        return message("ticket {ticket}, tag {tag}: {reason}", ticket=snapshot.ticket_id, tag=tag, reason=error.message)
    except LockHeldError:
        pass  # a file is being brought in: the next pass notes it
    return None
