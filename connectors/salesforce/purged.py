"""Cases removed for good: no query shows them any more, only the list of what was deleted lately.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

from connectors.base import Page
from connectors.errors import RefusedError, SignInError
from connectors.rows import understood
from connectors.salesforce.descriptions import Deleted
from connectors.salesforce.org import Org
from connectors.salesforce.reading import every_case
from connectors.salesforce.soql import Query, whole_id
from kpi_engine.message import Message, message
from kpi_engine.records import RollCall, Vanished

LOOK_BACK = 7200
"""Seconds before the watermark from which deletions are asked for: they may be told late."""

FARTHEST = 29 * 86_400
"""Seconds into the past for which Salesforce tells deletions, at the most."""

_MINUTE = 60


def vanished(org: Org, cursor: str) -> Page:
    """Return the cases that vanished since the watermark, on a page that leaves it where it is.

    After an outage longer than Salesforce tells of, it holds a RollCall beside them.
    """
    now = org.account.now()
    since = int(cursor) - LOOK_BACK
    begin = max(since, now - FARTHEST)
    try:
        told = _deleted(org, begin, now)
    except (RefusedError, SignInError) as refusal:
        if refusal.status == HTTPStatus.UNAUTHORIZED:
            raise
        return Page([], [], cursor, int(cursor), note=_unknown(refusal.detail or str(refusal)))
    there = _in_the_bin(org, [each.id for each in told])
    records = [Vanished(ticket_id=each.id, at=each.deleted_date) for each in told if each.id not in there]
    page = Page(records, [], cursor, int(cursor))
    if begin <= since:
        return page
    if not _sees_all(org):
        return replace(page, note=_untold(begin))
    return replace(page, records=[*records, RollCall(since=int(cursor))])


def _sees_all(org: Org) -> bool:
    """Tell whether a case that no query shows is there no more: else it may only be shared with us no longer."""
    try:
        return bool(list(org.rows(every_case(org))))
    except (RefusedError, SignInError):
        return False


def _untold(since: int) -> Message:
    day = datetime.fromtimestamp(since, UTC).date().isoformat()
    return message(
        "Salesforce does not tell which cases were removed for good before {day}: they may still be counted, for we "
        "lack View All on cases and cannot look ourselves",
        day=day,
    )


def _unknown(reason: str) -> Message:
    return message(
        "Salesforce does not tell us which cases were removed for good, and they are still counted: {reason}",
        reason=reason,
    )


def _deleted(org: Org, begin: int, end: int) -> list[Deleted]:
    """Return what was deleted in a stretch, which Salesforce takes in whole minutes."""
    span = {"start": _minute(begin), "end": _minute(end + _MINUTE)}
    rows = org.session.get(f"{org.root}/sobjects/Case/deleted/", span).mapping().get("deletedRecords")
    return [understood(Deleted, row) for row in (rows if isinstance(rows, list) else [])]


def _minute(at: int) -> str:
    return datetime.fromtimestamp(at - at % _MINUTE, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_the_bin(org: Org, ids: Sequence[str]) -> set[str]:
    """Return those of some deleted cases that a query still shows, or shows again: a walk tells of these."""
    return {whole_id(str(row["Id"])) for row in org.rows_among(Query("Case", ("Id",)), "Id", ids, deleted=True)}
