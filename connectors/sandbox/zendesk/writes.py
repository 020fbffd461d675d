"""From a ticket in a request's JSON to what it would change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from connectors.sandbox.answers import Refusal
from connectors.sandbox.world.verbs import Comment, Row, Update
from connectors.sandbox.zendesk.call import closed_ticket, invalid, not_found, record_invalid
from connectors.sandbox.zendesk.records import Ticket
from connectors.sandbox.zendesk.rows import iso
from connectors.sandbox.zendesk.state import State
from connectors.sandbox.zendesk.values import WrongValueError, field_changes

STATUSES = frozenset({"new", "open", "pending", "hold", "solved", "closed"})
PRIORITIES = frozenset({"low", "normal", "high", "urgent", None})
KINDS = frozenset({"problem", "incident", "question", "task", None})
PLAIN = frozenset({"subject", "external_id", "brand_id", "ticket_form_id"})
ELSEWHERE = frozenset(
    {"id", "description", "custom_fields", "fields", "comment", "metadata", "safe_update", "updated_stamp"}
)
CONFLICT = (
    "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again."
)


@dataclass(slots=True)
class Edit:
    """What a request's ticket comes to; `unknown` are the keys that are left out with a warning."""

    changes: dict[str | int, object] = field(default_factory=dict)
    comment: Comment | None = None
    metadata: Row | None = None
    unknown: list[str] = field(default_factory=list)

    def update(self, author_id: int) -> Update:
        """Return the edit as an update through the API."""
        return Update(
            author_id=author_id, comment=self.comment, changes=self.changes, channel="api", metadata=self.metadata
        )


def edit(state: State, wanted: Row, ticket: Ticket | None) -> Edit:
    """Return what `wanted` does to `ticket` (None: to a new one); raises Refusal where it cannot be saved."""
    found = Edit(comment=comment(wanted.get("comment")), metadata=_metadata(wanted))
    for name, value in wanted.items():
        if name in PLAIN:
            found.changes[name] = value
        elif name in CHECKED:
            found.changes[name] = CHECKED[name](state, value)
        elif name in {"tags", "additional_tags", "remove_tags"}:
            found.changes["tags"] = _tags(name, value, ticket)
        elif name not in ELSEWHERE:
            found.unknown.append(f"ticket.{name}")
    try:
        fields = field_changes(state, wanted.get("custom_fields", wanted.get("fields")))
    except WrongValueError as error:
        raise record_invalid("base", str(error)) from error
    found.changes |= fields.values
    found.unknown += fields.unknown
    return found


def comment(given: object) -> Comment | None:
    """Return the comment a request carries, if any; it is public unless it says otherwise."""
    if not isinstance(given, dict):
        return None
    body = given.get("html_body") or given.get("body") or given.get("value")
    if not isinstance(body, str):
        raise record_invalid("comment", "Comment: cannot be blank")
    author = given.get("author_id")
    return Comment(body, given.get("public", True) is True, author if isinstance(author, int) else None)


def _metadata(wanted: Row) -> Row | None:
    given = wanted.get("metadata")
    return {"custom": given} if isinstance(given, dict) else None


def _tags(name: str, value: object, ticket: Ticket | None) -> tuple[str, ...]:
    given = tuple(str(tag) for tag in value) if isinstance(value, list) else tuple(str(value).split())
    present = ticket.tags if ticket is not None else ()
    if name == "additional_tags":
        return (*present, *(tag for tag in given if tag not in present))
    return tuple(tag for tag in present if tag not in given) if name == "remove_tags" else given


def _one_of(name: str, known: frozenset[str] | frozenset[str | None]) -> Callable[[State, object], object]:
    def check(_state: State, value: object) -> object:
        if value not in known:
            raise record_invalid(name, f"{name.capitalize()}: {value!r} is not included in the list")
        return value

    return check


def _assignee(state: State, value: object) -> object:
    user = state.users.get(value) if isinstance(value, int) else None
    able = user is not None and user.role != "end-user" and not user.suspended
    if value is not None and not able:
        raise record_invalid("assignee", "Assignee: is not an agent who can take tickets")
    return value


def _requester(state: State, value: object) -> object:
    if value not in state.users:
        raise record_invalid("requester", "Requester: does not exist")
    return value


def _group(state: State, value: object) -> object:
    group = state.groups.get(value) if isinstance(value, int) else None
    if value is not None and (group is None or group.deleted):
        raise record_invalid("group", "Group: is not a group that can take tickets")
    return value


def _custom_status(state: State, value: object) -> object:
    if not isinstance(value, int) or state.category_of(value) is None:
        raise record_invalid("custom_status_id", "Custom status: does not exist")
    return value


CHECKED: dict[str, Callable[[State, object], object]] = {
    "status": _one_of("status", STATUSES),
    "priority": _one_of("priority", PRIORITIES),
    "type": _one_of("type", KINDS),
    "assignee_id": _assignee,
    "group_id": _group,
    "requester_id": _requester,
    "custom_status_id": _custom_status,
}


def writable(state: State, ticket_id: object) -> Ticket:
    """Return a ticket that can be updated; raises Refusal where it is gone or closed."""
    ticket = existing(state, ticket_id)
    if ticket.status == "closed":
        raise closed_ticket()
    return ticket


def existing(state: State, ticket_id: object) -> Ticket:
    """Return a ticket that has not been deleted; raises Refusal."""
    ticket = state.tickets.get(ticket_id) if isinstance(ticket_id, int) else None
    if ticket is None or ticket.status == "deleted":
        raise not_found()
    return ticket


def check_stamp(ticket: Ticket, wanted: Row) -> None:
    """Refuse a safe update that was made for an older state of the ticket."""
    if wanted.get("safe_update") is not True:
        return
    stamp = wanted.get("updated_stamp")
    if stamp is None:
        raise invalid("updated_stamp is needed with safe_update")
    if stamp != iso(ticket.updated_at):
        raise Refusal(409, {"error": "UpdateConflict", "description": CONFLICT})


def instant(value: object) -> int | None:
    """Return an ISO time in epoch seconds; raises Refusal where it is none."""
    if value is None:
        return None
    try:
        return int(datetime.fromisoformat(str(value)).timestamp())
    except ValueError:
        raise invalid(f"{value!r} is no time") from None
