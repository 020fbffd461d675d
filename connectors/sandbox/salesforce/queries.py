"""Queries, their batches, and what objects look like."""

from datetime import datetime

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.salesforce.call import Call, Route, refusal
from connectors.sandbox.salesforce.ids import PREFIXES
from connectors.sandbox.salesforce.objects import TOOLING, Column
from connectors.sandbox.salesforce.rendering import moment, shown
from connectors.sandbox.salesforce.selecting import Row
from connectors.sandbox.salesforce.service import Locator
from connectors.sandbox.salesforce.soql import parsed

FARTHEST = 30 * 86_400  # seconds for which deletions are told


def query(call: Call) -> Response:
    """Answer a query without deleted rows."""
    return _queried(call, deleted=False)


def query_all(call: Call) -> Response:
    """Answer a query with deleted and merged rows."""
    return _queried(call, deleted=True)


def tooling(call: Call) -> Response:
    """Answer a query about what the org is made of."""
    return _queried(call, deleted=False)


def _queried(call: Call, *, deleted: bool) -> Response:
    if len(call.request.full_path) > call.service.longest_address:
        return Response("<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", 414, content_type="text/html")
    select = parsed(call.parameter("q"))
    if (select.subject in TOOLING) != ("/tooling/" in call.request.path):
        raise refusal(400, "INVALID_TYPE", f"sObject type '{select.subject}' is not supported.")
    call.service.refresh_tracking()
    rows = call.service.database().found(select, deleted=deleted)
    if not select.fields:
        return answer({"totalSize": len(rows), "done": True, "records": []})
    return _batch(call, Locator(call.session, rows, select.fields, select.subject), 0)


def more(call: Call) -> Response:
    """Answer with the next batch: a locator dies with the session that asked."""
    key, _, first = call.words["locator"].partition("-")
    kept = call.service.locators.get(key)
    if kept is None or kept.session != call.session or not first.isdecimal():
        raise refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _batch(call, kept, int(first), key)


def _batch(call: Call, kept: Locator, first: int, key: str | None = None) -> Response:
    service, database = call.service, call.service.database()
    last = first + service.batch
    table = database.table(kept.subject)
    records = [shown(database, table, row, kept.select_fields) for row in kept.rows[first:last]]
    told: Row = {"totalSize": len(kept.rows), "done": last >= len(kept.rows), "records": records}
    if not told["done"]:
        key = key or f"0r8{next(service.numbers):015d}"
        service.locators[key] = kept
        root = call.request.path.split("/query")[0]
        told["nextRecordsUrl"] = f"{root}/query/{key}-{last}"
    return answer(told)


def describe(call: Call) -> Response:
    """Tell an object as the user may see it."""
    name, database = call.words["subject"], call.service.database()
    table = database.tables.get(name)
    if table is None or name in call.service.absent:
        raise refusal(404, "NOT_FOUND", "The requested resource does not exist")
    fields = [
        _described(key, column) for key, column in table.columns.items() if f"{name}.{key}" not in database.hidden
    ]
    types = [
        {"recordTypeId": row["Id"], "name": row["Name"], "active": True, "master": False}
        for row in (database.tables["RecordType"].rows.values() if name == "Case" else ())
    ]
    return answer({"name": name, "keyPrefix": PREFIXES.get(name), "fields": fields, "recordTypeInfos": types})


def _described(name: str, column: Column) -> Row:
    return {
        "name": name,
        "label": column.label or name,
        "type": column.type,
        "length": column.length,
        "scale": column.scale,
        "updateable": column.updateable,
        "externalId": column.external_id,
        "unique": column.unique,
        "inlineHelpText": column.help,
        "filterable": column.filterable,
        "picklistValues": [{"value": value, "label": value, "active": True} for value in column.choices],
    }


def deleted(call: Call) -> Response:
    """Tell which cases were deleted in a stretch of whole minutes, those removed for good too."""
    begin, end = (_minute(call.parameter(name)) for name in ("start", "end"))
    now, state = call.service.state.world.second, call.service.state
    if call.words["subject"] != "Case" or not now - FARTHEST <= begin < end:
        raise refusal(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
    binned = {
        key: int(str(row["SystemModstamp"])) for key, row in state.tables["Case"].rows.items() if row["IsDeleted"]
    }
    told = [
        {"id": key, "deletedDate": moment(at)} for key, at in {**binned, **state.purged}.items() if begin <= at < end
    ]
    return answer(
        {"deletedRecords": told, "earliestDateAvailable": moment(now - FARTHEST), "latestDateCovered": moment(now)}
    )


def _minute(text: str) -> int:
    at = int(datetime.fromisoformat(text).timestamp())
    return at - at % 60


def limits(call: Call) -> Response:
    """Tell what may still be asked."""
    daily = {"Max": call.service.daily, "Remaining": max(0, call.service.daily - call.service.used)}
    return answer({"DailyApiRequests": daily, "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000}})


ROUTES = (
    Route("GET", "/services/data/<version>/query", query),
    Route("GET", "/services/data/<version>/queryAll", query_all),
    Route("GET", "/services/data/<version>/query/<locator>", more),
    Route("GET", "/services/data/<version>/tooling/query", tooling),
    Route("GET", "/services/data/<version>/sobjects/<subject>/describe", describe),
    Route("GET", "/services/data/<version>/sobjects/<subject>/deleted/", deleted),
    Route("GET", "/services/data/<version>/limits", limits),
)
