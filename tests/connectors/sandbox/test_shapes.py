"""Every successful answer has the shape of Zendesk's own OpenAPI description, where that is at hand."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., Any]
DESCRIPTION = Path(__file__).parents[4] / "shared" / "reference" / "zendesk-openapi.json.gz"
pytestmark = pytest.mark.skipif(not DESCRIPTION.exists(), reason="Zendesk's OpenAPI description is not at hand")

MAY_BE_NULL = {
    "TicketObject": (
        "external_id", "type", "priority", "recipient", "assignee_id", "organization_id", "group_id", "forum_topic_id",
        "problem_id", "satisfaction_rating",
    ),
    "SatisfactionRatingObject": ("assignee_id", "group_id", "comment", "reason"),
    "TicketFieldObject": ("agent_description",),
    "UserForAdmin": ("alias", "details", "notes", "signature", "last_login_at", "default_group_id", "email"),
}  # fmt: skip
"""What the description leaves out and recordings show."""


@pytest.fixture(scope="session")
def components() -> dict[str, Any]:
    schemas = json.loads(gzip.decompress(DESCRIPTION.read_bytes()))["components"]["schemas"]
    for name, properties in MAY_BE_NULL.items():
        for property_name in properties:
            schemas[name]["properties"].setdefault(property_name, {})["nullable"] = True
    schemas["TicketObject"]["properties"]["status"]["enum"].append("deleted")
    schemas["TicketObject"]["properties"]["custom_fields"]["items"]["properties"]["value"] = {}
    schemas["CurrentUserResponse"]["properties"]["user"] = {"$ref": "#/components/schemas/UserObject"}
    return {"schemas": _with_null(schemas)}


def _with_null(schema: Any) -> Any:  # noqa: ANN401 -- JSON
    """Return an OpenAPI 3.0 schema as a JSON schema: nullable becomes a type of its own."""
    if isinstance(schema, list):
        return [_with_null(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _with_null(part) for name, part in schema.items()}
    return {"anyOf": [plain, {"type": "null"}]} if plain.pop("nullable", False) is True else plain


def faults(components: dict[str, Any], name: str, body: object) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    found = Draft7Validator(schema).iter_errors(body)
    return [f"{'/'.join(str(part) for part in fault.absolute_path)}: {fault.message[:200]}" for fault in found]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v2/incremental/tickets/cursor.json?start_time=0", "CursorBasedExportIncrementalTicketsResponse"),
        ("/api/v2/users/me.json", "CurrentUserResponse"),
        ("/api/v2/users.json", "UsersResponse"),
        ("/api/v2/groups.json", "GroupsResponse"),
        ("/api/v2/group_memberships.json", "GroupMembershipsResponse"),
        ("/api/v2/satisfaction_ratings.json", "SatisfactionRatingsResponse"),
        ("/api/v2/ticket_fields.json", "TicketFieldsResponse"),
        ("/api/v2/user_fields.json", "UserFieldsResponse"),
        ("/api/v2/custom_statuses.json", "CustomStatusesResponse"),
        ("/api/v2/ticket_forms.json", "TicketFormsResponse"),
        ("/api/v2/account/settings.json", "AccountSettingsResponse"),
        ("/api/v2/tickets.json", "TicketsResponse"),
        ("/api/v2/tickets/show_many.json?ids=1,2,3", "TicketsResponse"),
        ("/api/v2/tickets/1.json", "TicketResponse"),
    ],
)
def test_what_is_read_has_zendesks_shape(look: Ask, components: dict[str, Any], path: str, name: str) -> None:
    answer = look(path)
    assert answer.status_code == 200
    assert faults(components, name, answer.json()) == []


def test_a_wrong_shape_is_noticed(look: Ask, components: dict[str, Any]) -> None:
    page = look("/api/v2/incremental/tickets/cursor.json?start_time=0&per_page=1").json()
    page["tickets"][0]["status"] = "sleeping"
    page["tickets"][0]["requester_id"] = None
    assert len(faults(components, "CursorBasedExportIncrementalTicketsResponse", page)) == 2


def test_what_is_written_answers_in_zendesks_shape(
    sandbox: ZendeskSandbox, ask: Ask, components: dict[str, Any]
) -> None:
    ticket = sandbox.state.create_ticket()
    text = {"type": "text", "title": "Hạn"}
    words = {"comment": {"body": "x"}}
    many = {"tickets": [{"id": ticket.id, "priority": "low"}, {"id": 99}]}
    people = {"users": [{"id": 5, "user_fields": {}}]}
    client = {"grant_type": "client_credentials", **sandbox.oauth._asdict()}
    for method, path, body, name in (
        ("POST", "/oauth/tokens", client, "OAuthTokenForGrantTypesObject"),
        ("POST", "/api/v2/ticket_fields.json", {"ticket_field": text}, "TicketFieldResponse"),
        ("POST", "/api/v2/user_fields.json", {"user_field": {"key": "due", **text}}, "UserFieldResponse"),
        ("POST", "/api/v2/tickets.json", {"ticket": words}, "TicketResponse"),
        ("POST", "/api/v2/imports/tickets.json", {"ticket": words}, "TicketResponse"),
        ("PUT", f"/api/v2/tickets/{ticket.id}.json", {"ticket": words}, "TicketUpdateResponse"),
        ("PUT", "/api/v2/tickets/update_many.json", many, "JobStatusResponse"),
        ("PUT", "/api/v2/users/update_many.json", people, "JobStatusResponse"),
    ):
        answer = ask(path, method, json=body)
        assert answer.status_code in {200, 201}
        assert (path, faults(components, name, answer.json())) == (path, [])
    for seconds in (0, 3, 10):
        sandbox.advance(seconds)
        jobs = ",".join(sandbox.state.jobs)
        answer = ask("/api/v2/job_statuses/show_many.json", params={"ids": jobs}).json()
        assert faults(components, "JobStatusesResponse", answer) == []
