"""Bulk queries: jobs that take a while, and results as CSV in no order."""

import csv
import io
from random import Random

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.salesforce.call import Call, Route, refusal
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.rendering import cell
from connectors.sandbox.salesforce.selecting import Row
from connectors.sandbox.salesforce.service import BulkJob
from connectors.sandbox.salesforce.soql import parsed

UNSUPPORTED = frozenset({"FieldDefinition", "CaseStatus", "CustomField"})


def create(call: Call) -> Response:
    """Begin a job."""
    body, service = call.json(), call.service
    if not service.bulk:
        raise refusal(400, "FEATURENOTENABLED", "Bulk API 2.0 is not enabled")
    if set(body) != {"operation", "query"} or body["operation"] not in ("query", "queryAll"):
        raise refusal(400, "INVALIDJOB", "operation and query are needed, and nothing else")
    select = parsed(str(body["query"]))
    if not select.fields or select.subject in UNSUPPORTED:
        raise refusal(400, "INVALIDENTITY", f"Entity '{select.subject}' is not supported by the Bulk API.")
    rows = list(service.database().found(select, deleted=body["operation"] == "queryAll"))
    number = next(service.numbers)
    Random(number).shuffle(rows)  # noqa: S311 -- results come in no order
    job = BulkJob(made_id("Job", number), select.fields, select.subject, rows, str(body["operation"]))
    job.fate = service.fates.pop(0) if service.fates else None
    service.jobs[job.id] = job
    return answer(_told(job, "UploadComplete"))


def _told(job: BulkJob, state: str) -> Row:
    told: Row = {"id": job.id, "operation": job.operation, "object": job.subject, "state": state, "contentType": "CSV"}
    if state == "JobComplete":
        told["numberRecordsProcessed"] = len(job.rows) + (job.fate == "short")
    elif state in ("Failed", "Aborted"):
        told["errorMessage"] = "InternalServerError: retried 15 times"
    return told


def _job(call: Call) -> BulkJob:
    found = call.service.jobs.get(call.words["job"])
    if found is None:
        raise refusal(404, "NOT_FOUND", "The requested resource does not exist")
    return found


def look(call: Call) -> Response:
    """Tell how a job stands: it needs to be looked at a few times."""
    job = _job(call)
    job.looks += 1
    if job.looks <= call.service.looks:
        return answer(_told(job, "InProgress"))
    return answer(_told(job, job.fate if job.fate in ("Failed", "Aborted") else "JobComplete"))


def results(call: Call) -> Response:
    """Answer with some rows, and where the next ones are: the word null after the last."""
    job = _job(call)
    if job.looks <= call.service.looks:
        raise refusal(400, "INVALIDJOBSTATE", "The job is not complete")
    first = int(call.request.args.get("locator", "0"))
    last = min(first + int(call.request.args.get("maxRecords", "50000")), len(job.rows))
    database, table = call.service.database(), call.service.state.tables[job.subject]
    written = io.StringIO()
    lines = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n")
    lines.writerow(job.fields)
    lines.writerows([cell(database, table, row, name) for name in job.fields] for row in job.rows[first:last])
    headers = {
        "Sforce-NumberOfRecords": str(last - first),
        "Sforce-Locator": "null" if last >= len(job.rows) else str(last),
    }
    return Response(written.getvalue().encode(), 200, headers, content_type="text/csv; charset=UTF-8")


ROUTES = (
    Route("POST", "/services/data/<version>/jobs/query", create),
    Route("GET", "/services/data/<version>/jobs/query/<job>", look),
    Route("GET", "/services/data/<version>/jobs/query/<job>/results", results),
)
