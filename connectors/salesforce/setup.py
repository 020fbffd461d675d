"""The custom fields we need in an org: how they are found, and made where the admin lets us."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.base import Extra, FieldSetup, Target, WantedField
from connectors.errors import RefusedError, SettingError, UnexpectedPayloadError
from connectors.salesforce import refusals
from connectors.salesforce.descriptions import FieldDescription
from connectors.salesforce.org import Org
from connectors.salesforce.soql import Query, is_
from kpi_engine.message import Message, message

MARK = "[helpdesk-kpi]"
"""Ends the help text of whatever we make, so that it is known for ours should the store be lost."""

OBJECTS = {Target.TICKET: "Case", Target.SUMMARY: "Case", Target.AGENT: "User"}
PERMISSION_SET = "Helpdesk_KPI"
SUMMARY_KEY = WantedField(
    Target.SUMMARY,
    "summary_key",
    "key",
    "KPI: summary key",
    "Tells which summary a case is, so that none is ever made twice.",
)
"""The external id of summary cases."""

TEXT_LENGTH = 255
_KEY_EXTRA = "field:summary:summary_key"
_TYPES = {"integer": "double", "number": "double", "text": "string", "moment": "datetime", "yes_no": "boolean"}
_TYPES |= {"key": "string"}
_HELP_LENGTH = 510
_DUPLICATE = frozenset({"DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """What makes a custom field: its name without object, and its properties as the Metadata API names them."""

    name: str
    properties: Mapping[str, object]


def api_name(wanted: WantedField) -> str:
    """Return the API name of a wanted field; the same key gives the same name in every org."""
    words = "_".join(word.capitalize() for word in wanted.key.split("_"))
    return f"KPI_{words}__c"


def metadata(wanted: WantedField) -> Metadata:
    """Return what makes a wanted field; our fields are never tracked, so that writing them fills no history."""
    properties = {
        "label": wanted.title[:40],
        "description": wanted.description,
        "inlineHelpText": f"{wanted.description[: _HELP_LENGTH - len(MARK) - 1]} {MARK}",
        **_TYPED[wanted.value_kind],
    }
    return Metadata(api_name(wanted), properties)


_TYPED: dict[str, dict[str, object]] = {
    "integer": {"type": "Number", "precision": 18, "scale": 0, "required": False},
    "number": {"type": "Number", "precision": 18, "scale": 4, "required": False},
    "text": {"type": "Text", "length": TEXT_LENGTH, "required": False},
    "moment": {"type": "DateTime", "required": False},
    "yes_no": {"type": "Checkbox", "defaultValue": "false"},
    "key": {"type": "Text", "length": TEXT_LENGTH, "required": False, "externalId": True, "unique": True},
}


def standing(org: Org, wanted: Iterable[WantedField]) -> list[FieldSetup]:
    """Ask the org how each wanted field stands among those that we may see."""
    return [_stands(field, org) for field in wanted]


def _stands(wanted: WantedField, org: Org) -> FieldSetup:
    found = org.fields(OBJECTS[wanted.target]).get(api_name(wanted))
    if found is None:
        return FieldSetup(wanted, None, None if org.settings.create_fields else _to_be_deployed(wanted))
    title = found.label if found.label != wanted.title[:40] else None
    marked = (found.inline_help_text or "").endswith(MARK)
    return FieldSetup(wanted, found.name, _problem(wanted, found), title, marked)


def _to_be_deployed(wanted: WantedField) -> Message:
    return message(
        "{field} is missing, or hidden from us: have the admin deploy the package that `helpdesk-kpi setup --package` "
        "writes and assign its permission set {permission_set}; or let the setup create fields with {setting}",
        field=f"{OBJECTS[wanted.target]}.{api_name(wanted)}",
        permission_set=PERMISSION_SET,
        setting="create_fields: true",
    )


def _problem(wanted: WantedField, found: FieldDescription) -> Message | None:
    place = f"{OBJECTS[wanted.target]}.{found.name}"
    if found.type != _TYPES[wanted.value_kind]:
        return message(
            "The field {field} is of type {type} and not {wanted}; delete it, so that the right one can be made",
            field=place,
            type=found.type,
            wanted=_TYPES[wanted.value_kind],
        )
    if not found.updateable:
        return message(
            "We may not write to the field {field}: assign the permission set {permission_set} to the integration user",
            field=place,
            permission_set=PERMISSION_SET,
        )
    if wanted.value_kind == "key" and not (found.external_id and found.unique):
        return message("The field {field} must be an external id and unique", field=place)
    return None


def extras(org: Org) -> list[Extra]:
    """Return how the key of summary cases stands, where there are any; the list of overdue cases is the package's."""
    if not org.settings.push.summaries:
        return []
    found = standing(org, [SUMMARY_KEY])[0]
    title = message("the field {field} that keeps summary cases single", field=api_name(SUMMARY_KEY))
    there = found.remote_id is not None and found.problem is None
    return [Extra(_KEY_EXTRA, title, there, found.remote_id if found.made_by_us else None, found.problem)]


# -- making, where the admin lets us -----------------------------------------------------------------------------------


def create_allowed(org: Org, wanted: WantedField) -> str:
    """Create a missing field and return its API name; raises SettingError where the admin forbids it."""
    if not org.settings.create_fields:
        told = standing(org, [wanted])[0].problem
        raise SettingError(told or message("The field {field} is there", field=api_name(wanted)))
    return create(org, wanted)


def create(org: Org, wanted: WantedField) -> str:
    """Create a field, let ourselves see it, and return its API name. Safe to repeat.

    A new field is hidden from everybody, its maker too, until a permission set shows it.
    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_fieldpermissions.htm
    """
    made, subject = metadata(wanted), OBJECTS[wanted.target]
    payload = {"FullName": f"{subject}.{made.name}", "Metadata": dict(made.properties)}
    try:
        org.session.send("POST", f"{org.root}/tooling/sobjects/CustomField", payload, safe_to_repeat=True)
    except RefusedError as refusal:
        if not refusals.codes_of(refusal) & _DUPLICATE:
            raise
    _show(org, f"{subject}.{made.name}", subject)
    org.forget(at_once=True)
    if made.name not in org.fields(subject):
        raise UnexpectedPayloadError(message("The field {field} was made, but is not shown to us", field=made.name))
    return made.name


def _show(org: Org, field: str, subject: str) -> None:
    shown = Query("FieldPermissions", ("Id",), (is_("Field", field), is_("Parent.Name", PERMISSION_SET)))
    if list(org.rows(shown)):
        return
    permission = {"ParentId": _permission_set(org), "SobjectType": subject, "Field": field}
    _made(org, "FieldPermissions", {**permission, "PermissionsRead": True, "PermissionsEdit": True})


def _permission_set(org: Org) -> str:
    """Return the id of our permission set, made and assigned to us where it was not."""
    found = [str(row["Id"]) for row in org.rows(Query("PermissionSet", ("Id",), (is_("Name", PERMISSION_SET),)))]
    if found:
        return found[0]
    made = _made(org, "PermissionSet", {"Name": PERMISSION_SET, "Label": "Helpdesk KPI"})
    _made(org, "PermissionSetAssignment", {"AssigneeId": org.own_id(), "PermissionSetId": made})
    return made


def _made(org: Org, subject: str, payload: Mapping[str, object]) -> str:
    answer = org.session.send("POST", f"{org.root}/sobjects/{subject}", dict(payload), safe_to_repeat=False)
    made = answer.mapping().get("id")
    if not isinstance(made, str):
        raise UnexpectedPayloadError(message("Salesforce's answer does not name what it made ({field})", field=subject))
    return made


def remove(org: Org, target: Target, name: str) -> None:
    """Delete a custom field with all it holds; one that is gone is fine, and Salesforce keeps one that is in use."""
    developer_name = name.removesuffix("__c")
    query = Query("CustomField", ("Id",), (is_("DeveloperName", developer_name), is_("TableEnumOrId", OBJECTS[target])))
    answer = org.session.get(f"{org.root}/tooling/query", {"q": query.text()})
    rows = answer.mapping().get("records")
    for row in rows if isinstance(rows, list) else []:
        path = f"{org.root}/tooling/sobjects/CustomField/{row['Id']}"
        org.session.send("DELETE", path, None, safe_to_repeat=True)
    org.forget(at_once=True)
