"""Summary cases: made once by their unique key, brought up to date in their place, found again."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from connectors.base import HOUR, Change, Delivered, Outcome, Refused, Snoozed, SummaryTicket
from connectors.delivering import LATER
from connectors.errors import RefusedError, TransientError
from connectors.rows import understood
from connectors.salesforce import mapping, setup
from connectors.salesforce.delivering import UNASSIGNED, of_refusal
from connectors.salesforce.descriptions import Saved
from connectors.salesforce.org import Org
from connectors.salesforce.setup import SUMMARY_KEY
from connectors.salesforce.soql import Query, is_, whole_id
from kpi_engine.message import message

QueueId = Callable[[str], str | None]
"""Tells the id of a queue by its name."""


def deliver(org: Org, change: Change, queue_id: QueueId) -> Outcome:
    """Deliver a summary: a change aimed at a case's id brings that case up to date, any other makes one."""
    if change.summary is None:
        return Refused(message("The summary has no content"))
    if not change.creates:
        return _update(org, change.target_id, change.summary)
    key = setup.standing(org, [SUMMARY_KEY])[0]
    if key.problem is not None:
        return Snoozed(HOUR, key.problem)  # it waits for the admin
    key_field = key.remote_id or setup.create(org, SUMMARY_KEY)
    owner, group = change.summary.assignee_id, change.summary.group
    if owner is None and group is not None:
        owner = queue_id(group)
        if owner is None:
            return Refused(message("Salesforce has no queue named {group}", group=group))
    return _create(org, key_field, change.summary, owner)


def _create(org: Org, key_field: str, summary: SummaryTicket, owner_id: str | None) -> Outcome:
    """Make a summary case, or bring the one with this key up to date: sent twice, there is still one."""
    path = f"{org.root}/sobjects/Case/{key_field}/{quote(summary.external_id, safe='')}"
    return _write(org, path, mapping.summary_case(summary, owner_id))


def _update(org: Org, case_id: str, summary: SummaryTicket) -> Outcome:
    """Bring a summary case up to date in its place, or be done with it; repeated, it changes nothing more."""
    content: dict[str, object] = {"Description": summary.text}
    if summary.solve:
        content["Status"] = next(each.custom_status_id for each in org.statuses() if each.status == "solved")
    outcome = _write(org, f"{org.root}/sobjects/Case/{case_id}", content)
    return Delivered(case_id, outcome.warning) if isinstance(outcome, Delivered) else outcome


def _write(org: Org, path: str, content: Mapping[str, object]) -> Outcome:
    try:
        answer = org.session.send("PATCH", path, dict(content), safe_to_repeat=True, headers=UNASSIGNED)
    except TransientError as error:
        return Snoozed(error.after or LATER, error.message)
    except RefusedError as error:
        return of_refusal(error)
    return Delivered(understood(Saved, answer.json).id) if answer.json is not None else Delivered()


def found(org: Org, external_id: str) -> list[str]:
    """Return the ids of the cases that carry `external_id`."""
    name = setup.api_name(SUMMARY_KEY)
    if name not in org.fields("Case"):
        return []
    rows = org.rows(Query("Case", ("Id",), (is_(name, external_id),), by=("CreatedDate", "Id")))
    return [whole_id(str(row["Id"])) for row in rows]


def noted(org: Org, case_id: str, marker: str) -> bool | None:
    """Tell whether a version of a summary stands in its case; None where the case is gone."""
    rows = list(org.rows(Query("Case", ("Id", "Description"), (is_("Id", case_id),))))
    return any(marker in str(row.get("Description")) for row in rows) if rows else None
