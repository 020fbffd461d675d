"""The custom fields we need in a Zendesk account: how they are found, and made where they are missing."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from connectors import paging
from connectors.base import FieldSetup, Target, WantedField
from connectors.connecting import Account
from connectors.errors import InDoubtError, RefusedError, UnexpectedPayloadError
from connectors.http import Answer, Session
from connectors.rows import understood
from connectors.zendesk.exports import listed
from connectors.zendesk.payloads import CustomFieldDefinition
from connectors.zendesk.settings import ZendeskSettings
from kpi_engine.message import Message, message

MARK = "[helpdesk-kpi]"
"""Ends the description of whatever we make, so that it is known for ours should the store be lost."""
_LISTS = {
    Target.TICKET: ("/api/v2/ticket_fields.json", "ticket_fields"),
    Target.AGENT: ("/api/v2/user_fields.json", "user_fields"),
}
_TYPES = {"integer": "integer", "number": "decimal", "text": "text", "moment": "text", "yes_no": "checkbox"}


def user_field_key(indicator: str) -> str:
    """Return the key of the user field that shows an indicator."""
    return f"kpi_{indicator}"


def definitions(session: Session, target: Target) -> list[CustomFieldDefinition]:
    """Return every custom field of tickets or of users."""
    path, key = _LISTS[target]
    return [
        understood(CustomFieldDefinition, row)
        for answer in paging.pages(session, path, {}, paging.by_next_page)
        for row in listed(answer, key)
    ]


def standing(account: Account[ZendeskSettings], wanted: Sequence[WantedField]) -> list[FieldSetup]:
    """Ask the account how each wanted field stands."""
    existing = {target: definitions(account.session, target) for target in {field.target for field in wanted}}
    return [_compared(field, existing[field.target], account.fields) for field in wanted]


def _compared(
    field: WantedField, existing: Sequence[CustomFieldDefinition], remembered: Mapping[tuple[Target, str], str]
) -> FieldSetup:
    found = _found(field, existing, remembered.get((field.target, field.key)))
    if found is None:
        return FieldSetup(field, None)
    title = found.title if found.title != field.title else None
    return FieldSetup(field, remote_name(field, found), _problem(field, found), title, is_marked(found.description))


def is_marked(description: str | None) -> bool:
    """Tell by its description whether something was made by us."""
    return description is not None and description.endswith(MARK)


def marked(description: str) -> str:
    """Return a description by which we shall know what we made."""
    return f"{description} {MARK}"


def _found(
    field: WantedField, existing: Sequence[CustomFieldDefinition], remembered: str | None
) -> CustomFieldDefinition | None:
    """Return the field we know, else one that is ours by its name; the one that can serve comes first.

    A title is no key in Zendesk: a second field of the same title may be made at any time.
    """
    known = [definition for definition in existing if remote_name(field, definition) == remembered]
    named = [definition for definition in existing if _is_named(field, definition)]
    return next(iter(known or sorted(named, key=lambda definition: _problem(field, definition) is not None)), None)


def _is_named(field: WantedField, definition: CustomFieldDefinition) -> bool:
    if field.target is Target.AGENT:
        return definition.key == user_field_key(field.key)
    return definition.title == field.title


def remote_name(field: WantedField, definition: CustomFieldDefinition) -> str | None:
    """Return what addresses a field in a write: its id on tickets, its key on users."""
    return definition.key if field.target is Target.AGENT else definition.id


def _problem(field: WantedField, found: CustomFieldDefinition) -> Message | None:
    if found.type != field_type(field):
        return _wrong_type(field, found.type)
    if not found.active:
        return message("The field {title} is deactivated; activate it in the Admin Center", title=field.title)
    return None


def _wrong_type(field: WantedField, found: str) -> Message:
    types = {"title": field.title, "type": found, "wanted": field_type(field)}
    if field.target is Target.AGENT:
        return message(
            "The user field {title} is of type {type} and not {wanted}; Zendesk changes neither type nor key, so that "
            "the field with the key {key} must be deleted before one of the right type can be made",
            key=user_field_key(field.key),
            **types,
        )
    return message(
        "The field {title} is of type {type}, which Zendesk never changes; rename it, so that one of type {wanted} "
        "can be made",
        **types,
    )


def field_type(field: WantedField) -> str:
    """Return Zendesk's type for a wanted field; indicators on users are always decimal."""
    return "decimal" if field.target is Target.AGENT else _TYPES[field.value_kind]


def create(account: Account[ZendeskSettings], wanted: WantedField) -> str:
    """Create a missing custom field and return its id (its key, on users); after a lost answer, look first."""
    path, _ = _LISTS[wanted.target]
    try:
        answer = account.session.send("POST", path, _new_field(wanted), safe_to_repeat=False)
    except InDoubtError:
        made = standing(account, [wanted])[0]
        if made.remote_id is None:
            raise
        return made.remote_id
    return _created_name(wanted, answer)


def remove(session: Session, target: Target, remote_id: str) -> None:
    """Delete a custom field with all it holds; one that is gone already is fine."""
    path, _ = _LISTS[target]
    try:
        session.send("DELETE", f"{path.removesuffix('.json')}/{remote_id}.json", None, safe_to_repeat=True)
    except RefusedError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise


def _new_field(field: WantedField) -> dict[str, object]:
    """Return the payload that makes a field; end users neither see nor edit it."""
    described = {
        "type": field_type(field),
        "title": field.title,
        "description": marked(field.description),
        "active": True,
    }
    if field.target is Target.AGENT:
        return {"user_field": {**described, "key": user_field_key(field.key)}}
    return {"ticket_field": {**described, "visible_in_portal": False, "editable_in_portal": False}}


def _created_name(field: WantedField, answer: Answer) -> str:
    """Return what addresses the field just made; raises UnexpectedPayloadError where the answer does not say."""
    made = answer.mapping().get("user_field" if field.target is Target.AGENT else "ticket_field")
    try:
        name = remote_name(field, CustomFieldDefinition.model_validate(made))
    except ValueError:
        name = None
    if name is None:
        raise UnexpectedPayloadError(message("Zendesk's answer does not name the field it made"))
    return name
