"""Custom fields: made and deleted by the tooling address, hidden from everybody until a permission set shows them."""

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.salesforce.call import Call, Route, refusal
from connectors.sandbox.salesforce.objects import Column
from connectors.sandbox.salesforce.selecting import Row

TYPES = {"Number": "double", "Text": "string", "DateTime": "datetime", "Checkbox": "boolean"}
NEEDED = {
    "Number": {"precision", "scale"},
    "Text": {"length"},
    "DateTime": set[str](),
    "Checkbox": {"defaultValue"},
}
LONGEST_LABEL, LONGEST_HELP = 40, 510


def create(call: Call) -> Response:
    """Make a field."""
    body, state = call.json(), call.service.state
    subject, _, name = str(body.get("FullName")).partition(".")
    metadata = body.get("Metadata")
    if set(body) != {"FullName", "Metadata"} or not isinstance(metadata, dict) or subject not in ("Case", "User"):
        raise refusal(400, "JSON_PARSER_ERROR", "FullName and Metadata are needed")
    if name in state.tables[subject].columns:
        raise refusal(400, "DUPLICATE_DEVELOPER_NAME", f"There is already a field named {name} on {subject}.")
    _check(name, metadata)
    state.tables[subject].columns[name] = Column(
        TYPES[str(metadata["type"])], str(metadata["label"]), updateable=True, custom=True,
        length=int(str(metadata.get("length", 0))), scale=int(str(metadata.get("scale", 0))),
        external_id=bool(metadata.get("externalId")), unique=bool(metadata.get("unique")),
        help=str(metadata.get("inlineHelpText") or ""),
    )  # fmt: skip
    for row in state.tables[subject].rows.values():
        row[name] = False if metadata["type"] == "Checkbox" else None
    made = state.org.add("CustomField", DeveloperName=name.removesuffix("__c"), TableEnumOrId=subject)
    return answer({"id": made, "success": True, "errors": [], "warnings": [], "infos": []}, 201)


def _check(name: str, metadata: Row) -> None:
    kind = str(metadata.get("type"))
    if not name.endswith("__c") or "__" in name.removesuffix("__c"):
        raise refusal(400, "FIELD_INTEGRITY_EXCEPTION", f"{name} is no name of a custom field")
    if kind not in TYPES or NEEDED[kind] - metadata.keys():
        raise refusal(400, "FIELD_INTEGRITY_EXCEPTION", f"a field of type {kind} needs {sorted(NEEDED.get(kind, ()))}")
    for key, most in (("label", LONGEST_LABEL), ("inlineHelpText", LONGEST_HELP)):
        if not 0 < len(str(metadata.get(key, "x"))) <= most:
            raise refusal(400, "STRING_TOO_LONG", f"{key} has more than {most} characters")


def delete(call: Call) -> Response:
    """Delete a field with all it holds."""
    fields = call.service.state.tables["CustomField"].rows
    row = fields.pop(call.words["key"], None)
    if row is None:
        raise refusal(404, "NOT_FOUND", "The requested resource does not exist")
    name = f"{row['DeveloperName']}__c"
    table = call.service.state.tables[str(row["TableEnumOrId"])]
    table.columns.pop(name)
    for each in table.rows.values():
        each.pop(name, None)
    shown = call.service.state.tables["FieldPermissions"].rows
    for key in [key for key, right in shown.items() if right["Field"] == f"{table.name}.{name}"]:
        shown.pop(key)
    return Response("", 204)


ROUTES = (
    Route("POST", "/services/data/<version>/tooling/sobjects/CustomField", create),
    Route("DELETE", "/services/data/<version>/tooling/sobjects/CustomField/<key>", delete),
)
