"""What our fields show on tickets and users now, in our own kinds."""

from collections.abc import Iterator, Sequence

from connectors.base import Target
from connectors.connecting import Account
from connectors.rows import understood
from connectors.values import FollowedFields, followed_values, remote_value
from connectors.zendesk.exports import listed
from connectors.zendesk.mapping import custom_fields
from connectors.zendesk.payloads import Ticket, User
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.streams import BATCH
from kpi_engine.records import FieldValue

Shown = tuple[str, dict[str, FieldValue]]
"""An object's id, and the values of our fields there by our keys."""


def shown(account: Account[ZendeskSettings], target: Target, ids: Sequence[str]) -> Iterator[Shown]:
    """Yield what our fields show on some objects; one that is gone is left out."""
    for first in range(0, len(ids), BATCH):
        chunk = ids[first : first + BATCH]
        yield from _on_users(account, chunk) if target is Target.AGENT else _on_tickets(account, target, chunk)


def _on_tickets(account: Account[ZendeskSettings], target: Target, ids: Sequence[str]) -> Iterator[Shown]:
    ours = account.ours() if target is Target.TICKET else {}
    for row in _rows(account, "tickets", ids):
        ticket = understood(Ticket, row)
        values = followed_values(custom_fields(ticket), FollowedFields(ours))
        yield ticket.id, {ours[field_id]: value for field_id, value in values.items()}


def _on_users(account: Account[ZendeskSettings], ids: Sequence[str]) -> Iterator[Shown]:
    keys = account.ours(Target.AGENT)
    for row in _rows(account, "users", ids):
        user = understood(User, row)
        there = {keys[name]: value for name, value in user.user_fields.items() if name in keys}
        yield str(user.id), {key: remote_value("number", value) for key, value in there.items()}


def _rows(account: Account[ZendeskSettings], rows: str, ids: Sequence[str]) -> list[object]:
    return listed(account.session.get(f"/api/v2/{rows}/show_many.json", {"ids": ",".join(ids)}), rows)
