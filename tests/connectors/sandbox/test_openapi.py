"""The simulated account's answers, and what we ask of it, beside Zendesk's own description of its API.

The description may not be redistributed: it is looked for where HELPDESK_KPI_ZENDESK_OPENAPI says, or beside the
checkout, and these tests are skipped where it is not.
"""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from connectors.sandbox import ZendeskSandbox
from connectors.sandbox.zendesk.records import SlaPolicy
from connectors.zendesk.exports import Start
from connectors.zendesk.streams import LOOKUPS, RESOURCES

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "zendesk-openapi.json.gz"
DESCRIPTION = Path(os.environ.get("HELPDESK_KPI_ZENDESK_OPENAPI") or BESIDE)
pytestmark = pytest.mark.skipif(not DESCRIPTION.is_file(), reason="Zendesk's OpenAPI description is not here")

MAY_BE_NULL = {
    "alias", "assignee_id", "assignee_updated_at", "assigned_at", "business", "calendar", "comment", "custom_role_id",
    "default_group_id", "details", "due_at", "email", "external_id", "forum_topic_id", "group_id",
    "initially_assigned_at", "last_login_at", "next_page", "notes", "organization_id", "phone", "photo",
    "previous_page", "priority", "problem_id", "reason", "recipient", "role_type", "satisfaction_rating",
    "shared_phone_number", "signature", "solved_at", "status_updated_at", "ticket_restriction",
    "two_factor_auth_enabled", "type", "value", "after_url", "before_cursor", "before_url", "after_cursor",
}  # fmt: skip
"""What recordings show to be null though the description does not say so."""

UNDESCRIBED = {
    "/api/v2/guide/survey_responses",  # described elsewhere, in words only
    "/api/v2/business_hours/schedules.json",
    "/api/v2/channels/voice/stats/incremental/calls.json",
    "/api/v2/channels/voice/stats/incremental/legs.json",
}
ALSO_ASKED = {
    "/api/v2/incremental/tickets/cursor.json": {"per_page", "include", "support_type_scope"},
    "/api/v2/incremental/ticket_events.json": {"include"},
    "/api/v2/satisfaction_ratings.json": {"start_time", "score"},
}
"""Parameters that Zendesk's documentation tells in words, and its description leaves out."""

PAGING = {"page[size]", "page[after]", "page"}
START = "start_time=1795000000"
TICKETS = f"/api/v2/incremental/tickets/cursor.json?{START}&include=metric_sets"
ANSWERED = {
    TICKETS: "CursorBasedExportIncrementalTicketsResponse",
    f"/api/v2/incremental/ticket_metric_events.json?{START}": "TicketMetricEventsResponse",
    "/api/v2/satisfaction_ratings.json": "SatisfactionRatingsResponse",
    "/api/v2/slas/policies.json": "SLAPoliciesResponse",
    "/api/v2/group_slas/policies.json": "GroupSLAPoliciesResponse",
    "/api/v2/custom_statuses.json": "CustomStatusesResponse",
    "/api/v2/users.json?role[]=agent": "UsersResponse",
    "/api/v2/groups.json": "GroupsResponse",
    "/api/v2/group_memberships.json": "GroupMembershipsResponse",
}


@pytest.fixture(scope="module")
def description() -> Any:  # noqa: ANN401 -- somebody else's JSON
    return json.loads(gzip.decompress(DESCRIPTION.read_bytes()))


@pytest.fixture(scope="module")
def problems_of(description: Any) -> Callable[[str, object], list[str]]:  # noqa: ANN401 -- somebody else's JSON
    """Return what checks an answer against a schema, forgiving the nulls that recordings show."""

    def problems(schema: str, answer: object) -> list[str]:
        root = {"$ref": f"#/components/schemas/{schema}", "components": description["components"]}
        errors = Draft202012Validator(_nullable(root)).iter_errors(answer)
        return [f"{error.json_path}: {error.message}" for error in _leaves(errors) if not _forgiven(error)]

    return problems


def _nullable(schema: Any) -> Any:  # noqa: ANN401 -- somebody else's JSON
    """Return an OpenAPI 3.0 schema in plain JSON Schema, which says otherwise that something may be null."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _nullable(value) for key, value in schema.items()}
    if inner.get("nullable") is True and isinstance(inner.get("type"), str):
        inner["type"] = [inner["type"], "null"]
    return inner


def _leaves(errors: Any) -> Iterator[Any]:  # noqa: ANN401 -- jsonschema's errors have no public type in a union
    for error in errors:
        yield from _leaves(error.context) if error.context else [error]


def _forgiven(error: Any) -> bool:  # noqa: ANN401 -- see _leaves
    names = [part for part in error.absolute_path if isinstance(part, str)]
    return error.instance is None and bool(names) and names[-1] in MAY_BE_NULL


@pytest.fixture(scope="module")
def sandbox() -> Iterator[ZendeskSandbox]:
    with ZendeskSandbox(tickets=60, days=20) as started:
        goals = (("low", "first_reply_time", 60, False),)
        started.state.add_sla_policy(SlaPolicy(id=36, title="Sự cố", created_at=1, targets=goals))
        started.state.add_sla_policy(SlaPolicy(id="01H078", title="Bậc 1", created_at=1, targets=goals))
        yield started


def answer_to(sandbox: ZendeskSandbox, path: str) -> Any:  # noqa: ANN401 -- JSON
    bearer = {"Authorization": f"Bearer {sandbox.token}"}
    answer = requests.get(sandbox.base_url + path, headers=bearer, timeout=10)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("path", ANSWERED)
def test_answers_are_as_zendesk_describes_them(
    sandbox: ZendeskSandbox, problems_of: Callable[[str, object], list[str]], path: str
) -> None:
    found = answer_to(sandbox, path)
    assert max(len(rows) for rows in found.values() if isinstance(rows, list)) > 0
    assert problems_of(ANSWERED[path], found) == []


def test_metric_sets_are_as_zendesk_describes_them(
    sandbox: ZendeskSandbox, problems_of: Callable[[str, object], list[str]]
) -> None:
    found = answer_to(sandbox, TICKETS)["metric_sets"]
    assert found
    assert [problem for row in found for problem in problems_of("TicketMetricObject", row)] == []


def test_a_wrong_answer_is_noticed(problems_of: Callable[[str, object], list[str]]) -> None:
    assert problems_of("SatisfactionRatingsResponse", {"satisfaction_ratings": [{"id": "nine"}]})
    assert problems_of("GroupsResponse", {"groups": [{"name": None}]})


def _asked() -> Iterator[tuple[str, set[str]]]:
    """Yield every address we read from, with the parameters that its own way of beginning adds."""
    start = Start(None, 1_790_000_000, lambda: 1_795_000_000)
    for resource in RESOURCES.values():
        yield resource.path, set(resource.first(start))
        if resource.further is not None:
            yield resource.further.path, set(resource.further.first(start))
    for lookup in LOOKUPS.values():
        yield lookup.path, set(lookup.params(["1"]))


@pytest.mark.parametrize(("path", "parameters"), [one for one in _asked() if one[0] not in UNDESCRIBED])
def test_we_ask_for_what_there_is(description: Any, path: str, parameters: set[str]) -> None:  # noqa: ANN401 -- JSON
    described = description["paths"][path.removesuffix(".json").replace("{id}", "{satisfaction_rating_id}")]
    listed = [*described.get("parameters", []), *described["get"].get("parameters", [])]
    names = {_named(description, one) for one in listed}
    assert parameters - PAGING <= names | ALSO_ASKED.get(path, set())


def _named(description: Any, parameter: Any) -> str:  # noqa: ANN401 -- JSON
    reference = parameter.get("$ref", "").rpartition("/")[2]
    found = description["components"]["parameters"][reference] if reference else parameter
    return str(found["name"])
