"""The daily export of activities: what happened on tickets on a day that is over, as a file behind an address."""

from datetime import UTC, date, datetime, timedelta

from werkzeug.wrappers import Response

from connectors.sandbox.answers import Refusal, answer
from connectors.sandbox.freshdesk.api import Call, Route, invalid, not_found
from connectors.sandbox.freshdesk.records import Activity
from connectors.sandbox.freshdesk.rows import LABELS
from connectors.sandbox.freshdesk.state import State
from connectors.sandbox.world.verbs import Row

FEATURE = "activities"
KEPT_DAYS = 30
SIGNATURE = "Signature=c2FuZGJveA"
DAY = timedelta(days=1)


def export(call: Call) -> Response:
    """Answer where a day's file is; none while the export is off, before the day is over, and after a month."""
    day = _day(call.text("created_at"))
    today = datetime.fromtimestamp(call.state.world.now, UTC).date()
    if FEATURE not in call.features or not today - KEPT_DAYS * DAY <= day < today:
        raise not_found()
    url = f"{call.request.host_url}exports/activities/{day.isoformat()}?{SIGNATURE}"
    return answer({"export": [{"created_at": f"{day.day}-{day.month}-{day.year}", "url": url}]})


def file(call: Call) -> Response:
    """Answer a day's file to whoever has its signed address, and to nobody who sends credentials along."""
    if call.request.authorization is not None or call.request.query_string.decode() != SIGNATURE:
        raise Refusal(403, "<Error><Code>AccessDenied</Code></Error>")
    day = datetime.combine(_day(call.words["day"]), datetime.min.time(), UTC)
    start, end = int(day.timestamp()), int((day + DAY).timestamp()) - 1
    found = [_row(each, call.state) for each in call.state.activities if start <= each.at <= end]
    told = {"start_at": day_first(start), "end_at": day_first(end), "activities_count": len(found)}
    return answer({"metadata": told, "activities_data": [*found[:1], *found]})  # one comes twice


def _row(told: Activity, state: State) -> Row:
    """Return an activity: statuses and groups go by their names."""
    values = dict(told.values)
    if "status" in values:
        values["status"] = LABELS[int(str(values["status"]))][0]
    if values.get("group") is not None:
        values["group"] = state.groups[int(str(values["group"]))].name
    by = {"performer_type": "system"} if told.performer_id is None else {"performer_type": "user"}
    who = {} if told.performer_id is None else {"performer_id": told.performer_id}
    return {"performed_at": day_first(told.at), "ticket_id": told.ticket_id, **by, **who, "activity": values}


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise invalid("created_at", "It should be in the 'YYYY-MM-DD' format") from None


def day_first(at: int) -> str:
    """Return an instant as the files write it."""
    return datetime.fromtimestamp(at, UTC).strftime("%d-%m-%Y %H:%M:%S +0000")


ROUTES = (
    Route("GET", "/api/v2/export/ticket_activities", export, frozenset({"created_at"}), admin=True),
    Route("GET", "/exports/activities/<day>", file, open=True),
)
