"""What our fields show on tickets now, in our own kinds."""

from collections.abc import Iterator, Sequence

from connectors.base import Target
from connectors.connecting import Account
from connectors.errors import RefusedError, SignInError
from connectors.freshdesk.payloads import Ticket
from connectors.freshdesk.pulling import GONE
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.freshdesk.walking import TICKETS
from connectors.rows import understood
from connectors.values import FollowedFields, followed_values
from kpi_engine.records import FieldValue


def shown(
    account: Account[FreshdeskSettings], target: Target, ids: Sequence[str]
) -> Iterator[tuple[str, dict[str, FieldValue]]]:
    """Yield what our fields show on some tickets, one request each; one that is gone is left out."""
    for ticket_id in ids if target is not Target.AGENT else ():
        values = _shown(account, ticket_id)
        if values is not None:
            yield ticket_id, values


def _shown(account: Account[FreshdeskSettings], ticket_id: str) -> dict[str, FieldValue] | None:
    try:
        ticket = understood(Ticket, account.session.get(f"{TICKETS}/{ticket_id}").mapping())
    except (RefusedError, SignInError) as error:
        if error.status not in GONE:
            raise
        return None
    ours = account.ours()
    values = followed_values(ticket.custom_fields.items(), FollowedFields(ours))
    return None if ticket.deleted else {ours[name]: value for name, value in values.items()}
