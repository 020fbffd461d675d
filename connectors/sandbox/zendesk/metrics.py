"""The figures Zendesk itself keeps of a ticket."""

from collections.abc import Sequence
from itertools import pairwise

from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.records import Audit, Ticket, User
from connectors.sandbox.zendesk.rows import API, iso
from connectors.sandbox.zendesk.state import State

FINISHED = frozenset({"solved", "closed"})


def metric_set_row(state: State, ticket: Ticket) -> Row:
    """Return a ticket's metric set; no business figures are worked out, as on a plan without schedules."""
    audits = state.audits_of(ticket.id)
    statuses = _changes(audits, "status")
    solved = _solves(statuses)
    assigned = [at for at, value in _changes(audits, "assignee_id") if value is not None]
    replies = _replies(state, ticket, audits)
    return {
        "url": f"{API}/ticket_metrics/{ticket.id}.json",
        "id": ticket.id + 500_000_000,
        "ticket_id": ticket.id,
        "created_at": iso(ticket.created_at),
        "updated_at": iso(ticket.updated_at),
        "group_stations": len(_changes(audits, "group_id")),
        "assignee_stations": len(assigned),
        "reopens": _reopens([value for _, value in statuses]),
        "replies": len(replies),
        "assignee_updated_at": _at(replies[-1:]),
        "requester_updated_at": iso(ticket.created_at),
        "status_updated_at": _at([at for at, _ in statuses][-1:]) or iso(ticket.created_at),
        "initially_assigned_at": _at(assigned),
        "assigned_at": _at(assigned[-1:]),
        "solved_at": None if ticket.solved_at is None else iso(ticket.solved_at),
        "latest_comment_added_at": iso(ticket.updated_at),
        "reply_time_in_minutes": _minutes(ticket, replies),
        "first_resolution_time_in_minutes": _minutes(ticket, solved),
        "full_resolution_time_in_minutes": _minutes(ticket, solved[-1:]),
        "agent_wait_time_in_minutes": {"calendar": None, "business": None},
        "requester_wait_time_in_minutes": {"calendar": None, "business": None},
        "on_hold_time_in_minutes": {"calendar": _on_hold(statuses) // 60, "business": None},
    }


def _changes(audits: Sequence[Audit], name: str) -> list[tuple[int, object]]:
    return [(audit.at, child.value) for audit in audits for child in audit.children if child.name == name]


def _on_hold(statuses: Sequence[tuple[int, object]]) -> int:
    """Return the seconds the ticket was on hold before it was taken up again."""
    return sum(end - begin for (begin, status), (end, _) in pairwise(statuses) if status == "hold")


def _solves(statuses: Sequence[tuple[int, object]]) -> list[int]:
    """Return when the ticket was solved: from solved to closed is none."""
    before = [(0, "new"), *statuses]
    return [at for (_, old), (at, new) in pairwise(before) if new in FINISHED and old not in FINISHED]


def _replies(state: State, ticket: Ticket, audits: Sequence[Audit]) -> list[int]:
    """Return when somebody who works, or worked, tickets spoke in public after the opening, the requester aside."""
    return [
        audit.at
        for audit in audits[1:]
        for child in audit.children
        if child.kind == "Comment" and child.public and child.author_id != ticket.requester_id
        and child.author_id in state.users and _is_staff(state.users[child.author_id])
    ]  # fmt: skip


def _is_staff(user: User) -> bool:
    """Tell whether somebody works tickets, or did until he left: he keeps the group he had."""
    return user.role != "end-user" or user.default_group_id is not None


def _reopens(statuses: Sequence[object]) -> int:
    return sum(before == "solved" and after not in FINISHED for before, after in pairwise(statuses))


def _at(instants: Sequence[int]) -> str | None:
    return iso(instants[0]) if instants else None


def _minutes(ticket: Ticket, instants: Sequence[int]) -> Row:
    return {"calendar": (instants[0] - ticket.created_at) // 60 if instants else None, "business": None}
