"""Writing: collections with an outcome for each record, single records, and records found by their external id."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from werkzeug.wrappers import Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.salesforce.call import Call, Route, error, refusal
from connectors.sandbox.salesforce.objects import MADE_BY_CLIENTS, Column, Table
from connectors.sandbox.salesforce.records import Ticket
from connectors.sandbox.salesforce.selecting import Row

MOST = 200
LONGEST_COMMENT = 4000


class Unwritable(Exception):  # noqa: N818 -- an outcome, not a failure of ours
    """Why one record cannot be written."""

    def __init__(self, code: str, told: str, *fields: str) -> None:
        super().__init__(code)
        self.code, self.told, self.fields = code, told, fields


def collection(call: Call) -> Response:
    """Update up to two hundred records: each has an outcome of its own, in the order they came."""
    body = call.json()
    records = body.get("records")
    if not isinstance(records, list) or not 0 < len(records) <= MOST:
        raise refusal(400, "EXCEEDED_MAX_SIZE_REQUEST", f"Maximum number of records is {MOST}.")
    if body.get("allOrNone") is not False:
        raise refusal(400, "INVALID_INPUT", "the sandbox wants every record by itself")
    ids = [record.get("id") for record in records]
    if len(set(ids)) < len(ids):
        raise refusal(400, "DUPLICATE_VALUE", "duplicate id specified")
    return answer([_outcome(call, record) for record in records])


def _outcome(call: Call, record: Mapping[str, object]) -> Row:
    attributes = record.get("attributes")
    subject = attributes.get("type") if isinstance(attributes, dict) else None
    values = {name: value for name, value in record.items() if name not in ("attributes", "id")}
    try:
        _write(call, str(subject), str(record.get("id")), values)
    except Unwritable as reason:
        told = {"statusCode": reason.code, "message": reason.told, "fields": list(reason.fields)}
        return {"success": False, "errors": [told]}
    return {"id": record["id"], "success": True, "errors": []}


def _write(call: Call, subject: str, row_id: str, values: Mapping[str, object]) -> None:
    table = call.service.state.tables.get(subject)
    row = None if table is None else table.rows.get(row_id)
    if table is None or row is None:
        raise Unwritable("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row.get("IsDeleted"):
        raise Unwritable("ENTITY_IS_DELETED", "entity is deleted")
    if row_id in call.service.locked:
        call.service.locked.discard(row_id)
        raise Unwritable("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    if row_id in call.service.invalid:
        raise Unwritable("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Case này đã khoá")
    written = {name: _checked(call, table, name, value) for name, value in values.items()}
    _save(call, table, row, written)


def _save(call: Call, table: Table, row: Row, values: Row) -> None:
    state = call.service.state
    ticket = state.ticket_of(str(row["Id"]))
    if ticket is None:
        row |= values
        row["SystemModstamp"] = state.world.second
        table.version += 1
        return
    ticket.api_writes.append(dict(values))
    state.rows.write(ticket, call.service.own_id, values)
    if values.get("Status") == "Closed":
        ticket.status = "solved"
    _assigned(call, ticket)


def _assigned(call: Call, ticket: Ticket) -> None:
    """Run the assignment rule, which every write does that does not forbid it."""
    if call.request.headers.get("Sforce-Auto-Assign", "TRUE").upper() == "FALSE":
        return
    state = call.service.state
    state.rows.write(ticket, call.service.own_id, {"OwnerId": state.org.ids[state.account.group_ids[0]]})
    state.mailed.append(ticket.key)


def _checked(call: Call, table: Table, name: str, value: object) -> object:
    """Return a value as it is kept; raises Unwritable for one the field cannot hold."""
    if name not in table.columns or f"{table.name}.{name}" in call.service.database().hidden:
        raise Unwritable("INVALID_FIELD", f"No such column '{name}' on sobject of type {table.name}", name)
    column = table.columns[name]
    if not column.updateable:
        told = f"Unable to create/update fields: {name}. Please check the security settings of this field"
        raise Unwritable("INVALID_FIELD_FOR_INSERT_UPDATE", told, name)
    if value is None and column.type == "boolean":
        raise Unwritable("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{name}: value not of required type", name)
    return value if value is None else _kept(column, name, value)


def _kept(column: Column, name: str, value: object) -> object:
    wanted = {"double": (int, float), "int": (int,), "boolean": (bool,)}.get(column.type, (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and column.type != "boolean"):
        raise Unwritable("JSON_PARSER_ERROR", f"Cannot deserialize instance of {column.type} from {value!r}", name)
    if isinstance(value, str) and column.length and len(value) > column.length:
        told = f"{name}: data value too large: (max length={column.length})"
        raise Unwritable("STRING_TOO_LONG", told, name)
    return int(datetime.fromisoformat(str(value)).timestamp()) if column.type == "datetime" else value


def _refused(reason: Unwritable) -> Refusal:
    return Refusal(400, error(reason.code, reason.told, *reason.fields))


def update(call: Call) -> Response:
    """Update one record: an empty answer."""
    try:
        _write(call, call.words["subject"], call.words["key"], call.json())
    except Unwritable as reason:
        raise _refused(reason) from None
    return Response("", 204)


def upsert(call: Call) -> Response:
    """Update the record with an external id, or make it."""
    state, subject, field = call.service.state, call.words["subject"], call.words["field"]
    table = state.tables.get(subject)
    column = None if table is None else table.columns.get(field)
    if table is None or column is None or f"{subject}.{field}" in call.service.database().hidden:
        raise refusal(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
    if not (column.external_id and column.unique):
        raise refusal(400, "INVALID_FIELD", f"{field} is no external id")
    found = [key for key, row in table.rows.items() if row.get(field) == call.words["key"] and not row["IsDeleted"]]
    try:
        if found:
            _write(call, subject, found[0], call.json())
            return answer({"id": found[0], "success": True, "errors": [], "created": False})
        made = _made_case(call, table, field)
    except Unwritable as reason:
        raise _refused(reason) from None
    return answer({"id": made.key, "success": True, "errors": [], "created": True}, 201)


def _made_case(call: Call, table: Table, field: str) -> Ticket:
    state, own, now = call.service.state, call.service.own_id, call.service.state.world.second
    values = {name: _checked(call, table, name, value) for name, value in call.json().items()}
    owner = values.get("OwnerId")
    if owner is not None and not any(owner in state.tables[name].rows for name in ("User", "Group")):
        raise Unwritable("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "OwnerId")
    row: Row = {"IsDeleted": False, "Status": "New", "IsClosed": False, "OwnerId": own, "CreatedDate": now}
    stamps = {"LastModifiedDate": now, "LastModifiedById": own, "SystemModstamp": now, "CreatedById": own}
    ticket = state.adopt({**row, **stamps, **values, field: call.words["key"]})
    _assigned(call, ticket)
    return ticket


def create(call: Call) -> Response:
    """Make a record of one of the few kinds that a setup makes."""
    subject, body = call.words["subject"], call.json()
    state = call.service.state
    table = state.tables.get(subject)
    if subject not in MADE_BY_CLIENTS or table is None:
        raise refusal(400, "INVALID_TYPE", f"sObject type '{subject}' is not supported.")
    for name, value in body.items():
        if name not in table.columns:
            raise refusal(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {subject}")
        if name == "Field" and str(value).partition(".")[2] not in _columns(state.tables, str(value)):
            raise refusal(400, "INVALID_INPUT", f"Field Name: bad value {value}")
    if subject == "CaseComment":
        return answer({"id": _commented(call, body), "success": True, "errors": []}, 201)
    made = state.org.add(subject, **body)
    return answer({"id": made, "success": True, "errors": []}, 201)


def _commented(call: Call, body: Mapping[str, object]) -> str:
    """Add a comment to a case that is there; its words may be no longer than 4,000 characters."""
    ticket = call.service.state.ticket_of(str(body.get("ParentId")))
    if ticket is None or ticket.row["IsDeleted"]:
        raise refusal(404, "ENTITY_IS_DELETED", "entity is deleted")
    if len(str(body.get("CommentBody"))) > LONGEST_COMMENT:
        raise refusal(400, "STRING_TOO_LONG", "Comment Body: data value too large")
    said = {"ParentId": ticket.key, "IsPublished": body.get("IsPublished") is True, "CommentBody": body["CommentBody"]}
    return call.service.state.rows.add("CaseComment", said, author=call.service.own_id)


def _columns(tables: Mapping[str, Table], field: str) -> Iterator[str]:
    yield from tables[field.partition(".")[0]].columns


ROUTES = (
    Route("PATCH", "/services/data/<version>/composite/sobjects", collection),
    Route("PATCH", "/services/data/<version>/sobjects/<subject>/<key>", update),
    Route("PATCH", "/services/data/<version>/sobjects/<subject>/<field>/<key>", upsert),
    Route("POST", "/services/data/<version>/sobjects/<subject>", create),
)
