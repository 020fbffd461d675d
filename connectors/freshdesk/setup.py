"""The custom fields we need in a Freshdesk account: how they are found, and made where they are missing."""

from collections.abc import Mapping, Sequence

from connectors.base import FieldSetup, Target, WantedField
from connectors.connecting import Account
from connectors.errors import InDoubtError, UnexpectedPayloadError
from connectors.freshdesk.payloads import TicketField
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.http import Answer, Session
from connectors.rows import listed, understood
from kpi_engine.message import Message, message

MARK = "[helpdesk-kpi]"
"""Ends the customers' label of whatever we make, which no customer sees: so it is known for ours."""
_FIELDS = "/api/v2/admin/ticket_fields"
_TYPES = {
    "integer": "custom_number",
    "number": "custom_decimal",
    "text": "custom_text",
    "moment": "custom_text",
    "yes_no": "custom_checkbox",
}


def definitions(session: Session) -> list[TicketField]:
    """Return every field of tickets."""
    return [understood(TicketField, row) for row in listed(session.get(_FIELDS))]


def standing(account: Account[FreshdeskSettings], wanted: Sequence[WantedField]) -> list[FieldSetup]:
    """Ask the account how each wanted field stands."""
    on_tickets = any(field.target is Target.TICKET for field in wanted)
    return compared(wanted, definitions(account.session) if on_tickets else [], account.fields)


def compared(
    wanted: Sequence[WantedField],
    existing: Sequence[TicketField],
    remembered: Mapping[tuple[Target, str], str],
) -> list[FieldSetup]:
    """Return how each wanted field stands among those the account has."""
    return [_compared(field, existing, remembered.get((field.target, field.key))) for field in wanted]


def _compared(field: WantedField, existing: Sequence[TicketField], remembered: str | None) -> FieldSetup:
    if field.target is Target.AGENT:
        told = message("Freshdesk's agents have no fields of their own; their values are shown in the summary tickets")
        return FieldSetup(field, None, told)
    known = [each for each in existing if each.name == remembered]
    named = [each for each in existing if each.label == field.title and not each.default]
    found = next(iter(known or sorted(named, key=lambda each: _problem(field, each) is not None)), None)
    if found is None:
        return FieldSetup(field, None)
    title = found.label if found.label != field.title else None
    return FieldSetup(field, found.name, _problem(field, found), title, is_marked(found))


def is_marked(field: TicketField) -> bool:
    """Tell whether a field was made by us."""
    return (field.label_for_customers or "").endswith(MARK)


def _problem(field: WantedField, found: TicketField) -> Message | None:
    wanted = _TYPES[field.value_kind]
    if found.type == wanted:
        return None
    return message(
        "The field {title} is of type {type}, which Freshdesk never changes; rename it, so that one of type {wanted} "
        "can be made",
        title=field.title,
        type=found.type,
        wanted=wanted,
    )


def create(account: Account[FreshdeskSettings], wanted: WantedField) -> str:
    """Create a missing ticket field and return the name it was given; after a lost answer, look first."""
    try:
        answer = account.session.send("POST", _FIELDS, new_field(wanted), safe_to_repeat=False)
    except InDoubtError:
        made = standing(account, [wanted])[0]
        if made.remote_id is None:
            raise
        return made.remote_id
    return created_name(answer)


def remove(session: Session, remote_id: str) -> None:
    """Delete a ticket field with all it holds; one that is gone already is fine."""
    number = next((each.id for each in definitions(session) if each.name == remote_id), None)
    if number is not None:
        session.send("DELETE", f"{_FIELDS}/{number}", None, safe_to_repeat=True)


def new_field(field: WantedField) -> dict[str, object]:
    """Return the payload that makes a field; customers neither see nor edit it, and no agent must fill it in."""
    return {
        "label": field.title,
        "label_for_customers": f"{field.title} {MARK}",
        "type": _TYPES[field.value_kind],
        "displayed_to_customers": False,
        "customers_can_edit": False,
        "required_for_closure": False,
        "required_for_agents": False,
    }


def created_name(answer: Answer) -> str:
    """Return the name Freshdesk gave the field just made, which may carry a suffix: it is never worked out."""
    try:
        return TicketField.model_validate(answer.mapping()).name
    except ValueError as error:
        raise UnexpectedPayloadError(message("Freshdesk's answer does not name the field it made")) from error
