"""The custom fields we need in a Freshdesk account: how they are found, and made where they are missing."""

from collections.abc import Iterable, Mapping, Sequence

from connectors.base import FieldSetup, Target, WantedField
from connectors.errors import UnexpectedPayloadError
from connectors.freshdesk.payloads import TicketField
from connectors.http import Answer
from kpi_engine.message import Message, message

MARK = "[helpdesk-kpi]"
"""Ends the customers' label of whatever we make, which no customer sees: so it is known for ours."""
_TYPES = {
    "integer": "custom_number",
    "number": "custom_decimal",
    "text": "custom_text",
    "moment": "custom_text",
    "yes_no": "custom_checkbox",
}


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


def field_names(remote: Mapping[tuple[Target, str], str]) -> dict[str, str]:
    """Return the name of each of our ticket fields, by our key."""
    return {key: name for (target, key), name in remote.items() if target is Target.TICKET}


def unknown_keys(values: Iterable[str], names: Mapping[str, str]) -> str:
    """Return the keys that have no remote field, in words."""
    return ", ".join(sorted(key for key in values if key not in names))
