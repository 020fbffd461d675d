"""The account's own SLA policies, of both kinds."""

from collections.abc import Sequence

from werkzeug.wrappers import Response

from connectors.sandbox.answers import answer
from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.call import PAGING, Call, Route
from connectors.sandbox.zendesk.records import SlaPolicy
from connectors.sandbox.zendesk.rows import API, iso


def policies(call: Call) -> Response:
    """Answer the SLA policies."""
    return _listed("sla_policies", call.state.sla_policies, "slas/policies")


def group_policies(call: Call) -> Response:
    """Answer the group SLA policies."""
    return _listed("group_sla_policies", call.state.group_sla_policies, "group_slas/policies")


def _listed(key: str, found: Sequence[SlaPolicy], folder: str) -> Response:
    rows = [policy_row(policy, place, folder) for place, policy in enumerate(found, start=1)]
    return answer({key: rows, "count": len(rows), "next_page": None, "previous_page": None})


def policy_row(policy: SlaPolicy, place: int, folder: str) -> Row:
    """Return an SLA policy."""
    return {
        "url": f"{API}/{folder}/{policy.id}.json",
        "id": policy.id,
        "title": policy.title,
        "description": "",
        "position": place,
        "filter": {"all": list(policy.filter_all), "any": []},
        "policy_metrics": [_target(policy, *target) for target in policy.targets],
        "created_at": iso(policy.created_at),
        "updated_at": iso(policy.created_at),
    }


def _target(policy: SlaPolicy, priority: str, metric: str, minutes: int, in_hours: bool) -> Row:  # noqa: FBT001 -- a row of the table
    row: Row = {"priority": priority, "metric": metric, "target": minutes, "business_hours": in_hours}
    return {**row, "target_in_seconds": minutes * 60} if policy.exact else row


ROUTES = (
    Route("GET", "/api/v2/slas/policies", policies, PAGING, admin=True, feature="sla"),
    Route("GET", "/api/v2/group_slas/policies", group_policies, PAGING, admin=True, feature="group_sla"),
)
