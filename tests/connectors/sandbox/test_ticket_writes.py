from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., Any]
DAY = 86_400
CLOSED = {"status": [{"description": "Status closed prevents ticket update"}]}


def put(ask: Ask, ticket_id: int, **ticket: object) -> Any:  # noqa: ANN401 -- a response
    return ask(f"/api/v2/tickets/{ticket_id}.json", "PUT", json={"ticket": ticket})


def post(ask: Ask, key: str | None = None, path: str = "/api/v2/tickets.json", **ticket: object) -> Any:  # noqa: ANN401 -- a response
    headers = {} if key is None else {"Idempotency-Key": key}
    return ask(path, "POST", json={"ticket": ticket}, headers=headers)


def test_an_update_answers_the_ticket_and_its_audit_and_exports_it_again(sandbox: ZendeskSandbox, ask: Ask) -> None:
    state = sandbox.state
    ticket = state.create_ticket()
    field = state.add_ticket_field("integer", "Phút")
    sandbox.advance(1000)
    answer = put(ask, ticket.id, custom_fields=[{"id": field.id, "value": 12}], metadata={"kpi": "run 1"})
    assert answer.status_code == 200
    body = answer.json()
    assert {"id": field.id, "value": "12"} in body["ticket"]["custom_fields"]
    assert body["audit"]["author_id"] == state.account.integration_id
    assert body["audit"]["via"]["channel"] == "api"
    assert body["audit"]["metadata"]["custom"] == {"custom": {"kpi": "run 1"}}
    assert body["audit"]["events"][0]["field_name"] == str(field.id)
    assert ticket.updated_at == int(sandbox.now)
    assert ticket.generated_at >= ticket.updated_at
    sandbox.advance(70)
    page = ask("/api/v2/incremental/tickets/cursor.json", params={"start_time": ticket.updated_at}).json()
    assert [row["id"] for row in page["tickets"]] == [ticket.id]


def test_a_closed_ticket_refuses_every_update(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.state.close(ticket.id)
    refused = put(ask, ticket.id, priority="low")
    assert refused.status_code == 422
    assert refused.json()["details"] == CLOSED


def test_a_deleted_ticket_is_not_found(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.state.delete(ticket.id)
    assert put(ask, ticket.id, priority="low").status_code == 404
    assert ask(f"/api/v2/tickets/{ticket.id}.json").json() == {"error": "RecordNotFound", "description": "Not found"}
    assert ask("/api/v2/tickets/show_many.json", params={"ids": f"{ticket.id},99"}).json()["tickets"] == []
    assert ask("/api/v2/tickets.json").json()["tickets"] == []


def test_unknown_fields_and_keys_are_left_out_with_a_warning(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket()
    system = next(field.id for field in sandbox.state.ticket_fields.values() if not field.removable)
    answer = put(
        ask, ticket.id, description="ignored", colour="red", custom_fields=[{"id": 5, "value": 1}, {"id": system}]
    )
    assert answer.status_code == 200
    warned = answer.headers["X-Zendesk-API-Warn"]
    assert '"ticket.colour"' in warned
    assert '"ticket.custom_fields.5"' in warned
    assert f'"ticket.custom_fields.{system}"' in warned
    assert "description" not in warned
    assert "X-Zendesk-API-Warn" not in put(ask, ticket.id, priority="low").headers


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("integer", "7", "7"), ("integer", -3, "-3"), ("decimal", 4.5, "4.5"), ("checkbox", True, True),
        ("date", "2026-11-22", "2026-11-22"), ("text", "xin chào", "xin chào"), ("text", "", None),
    ],
)  # fmt: skip
def test_a_field_keeps_what_fits_numbers_as_text(
    sandbox: ZendeskSandbox, ask: Ask, kind: str, value: object, kept: object
) -> None:
    ticket, field = sandbox.state.create_ticket(), sandbox.state.add_ticket_field(kind, "Trường")
    fields = put(ask, ticket.id, custom_fields={str(field.id): value}).json()["ticket"]["custom_fields"]
    assert {"id": field.id, "value": kept} in fields


@pytest.mark.parametrize(
    ("kind", "value"),
    [("integer", "12.5"), ("integer", True), ("decimal", "x"), ("checkbox", "yes"), ("date", "22/11"), ("text", 5)],
)
def test_a_value_that_does_not_fit_its_field_is_refused(
    sandbox: ZendeskSandbox, ask: Ask, kind: str, value: object
) -> None:
    ticket, field = sandbox.state.create_ticket(), sandbox.state.add_ticket_field(kind, "Trường")
    refused = put(ask, ticket.id, custom_fields=[{"id": field.id, "value": value}])
    assert refused.status_code == 422
    assert refused.json()["error"] == "RecordInvalid"
    assert ticket.fields == {}


def test_a_drop_down_takes_only_its_options_and_empties(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket, field_id = sandbox.state.create_ticket(), sandbox.state.account.complaint_field_id
    assert put(ask, ticket.id, custom_fields=[{"id": field_id, "value": "nope"}]).status_code == 422
    assert put(ask, ticket.id, custom_fields=[{"id": field_id, "value": "thai_do"}]).status_code == 200
    assert ticket.fields == {field_id: "thai_do"}
    assert put(ask, ticket.id, custom_fields=[{"id": field_id, "value": None}]).status_code == 200
    assert ticket.fields == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "sleeping"}, {"priority": "maximal"}, {"type": "miracle"}, {"assignee_id": 5}, {"group_id": 5},
        {"requester_id": 5}, {"custom_status_id": 5}, {"comment": {"public": True}},
    ],
)  # fmt: skip
def test_a_property_that_cannot_be_is_refused(sandbox: ZendeskSandbox, ask: Ask, wrong: dict[str, object]) -> None:
    ticket = sandbox.state.create_ticket()
    audits = len(sandbox.state.audits)
    assert put(ask, ticket.id, **wrong).status_code == 422
    assert len(sandbox.state.audits) == audits


def test_properties_and_a_custom_status_can_be_set(sandbox: ZendeskSandbox, ask: Ask) -> None:
    state, ticket = sandbox.state, sandbox.state.create_ticket()
    own = next(status for status in state.custom_statuses if not status.default)
    agent, group = state.account.agent_ids[0], state.account.group_ids[1]
    row = put(
        ask, ticket.id, assignee_id=agent, group_id=group, custom_status_id=own.id, subject="Mới", type=None
    ).json()["ticket"]
    assert (row["assignee_id"], row["group_id"], row["status"], row["subject"]) == (agent, group, "hold", "Mới")
    assert row["custom_status_id"] == own.id


def test_a_suspended_agent_takes_no_tickets(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket, users = sandbox.state.create_ticket(), sandbox.state.users
    gone = next(user.id for user in users.values() if user.suspended)
    assert put(ask, ticket.id, assignee_id=gone).status_code == 422


def test_tags_replace_the_list_or_add_to_it_or_take_from_it(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket(tags=("a",))
    put(ask, ticket.id, additional_tags=["b", "a"])
    assert list(ticket.tags) == ["a", "b"]
    put(ask, ticket.id, remove_tags=["a"])
    assert list(ticket.tags) == ["b"]
    put(ask, ticket.id, tags="c d")
    assert list(ticket.tags) == ["c", "d"]


def test_a_safe_update_meets_the_state_it_was_made_for_or_conflicts(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket()
    stamp = ask(f"/api/v2/tickets/{ticket.id}.json").json()["ticket"]["updated_at"]
    assert put(ask, ticket.id, safe_update=True, priority="low").status_code == 400
    sandbox.advance(10)
    assert put(ask, ticket.id, safe_update=True, updated_stamp=stamp, priority="low").status_code == 200
    conflict = put(ask, ticket.id, safe_update=True, updated_stamp=stamp, priority="high")
    assert (conflict.status_code, conflict.json()["error"]) == (409, "UpdateConflict")


def test_a_plain_creation_runs_triggers_and_tells_the_customer(sandbox: ZendeskSandbox, ask: Ask) -> None:
    state = sandbox.state
    customer = state.account.customer_ids[0]
    made = post(ask, subject="Tổng kết", comment={"html_body": "<p>x</p>"}, requester_id=customer, tags=["kpi"])
    assert made.status_code == 201
    ticket_id = made.json()["ticket"]["id"]
    assert made.headers["Location"].endswith(f"/tickets/{ticket_id}.json")
    assert state.tickets[ticket_id].group_id == state.account.group_ids[0]
    assert state.notifications == [(ticket_id, customer)]
    rule = made.json()["audit"]["events"][-1]
    assert (rule["field_name"], rule["via"]["channel"]) == ("group_id", "rule")


def test_a_private_note_to_oneself_tells_nobody(sandbox: ZendeskSandbox, ask: Ask) -> None:
    made = post(ask, comment={"body": "Ghi chú", "public": False}, group_id=sandbox.state.account.kpi_group_id)
    row = made.json()["ticket"]
    assert (row["requester_id"], row["is_public"]) == (sandbox.state.account.integration_id, False)
    assert row["group_id"] == sandbox.state.account.kpi_group_id
    assert put(ask, row["id"], comment={"body": "Thêm", "public": False}).status_code == 200
    assert sandbox.state.notifications == []


def test_a_creation_needs_some_words(ask: Ask) -> None:
    assert post(ask, subject="x").status_code == 422
    assert post(ask, description="Chữ").json()["ticket"]["subject"] == "Chữ"


def test_an_idempotency_key_creates_once_within_two_hours(sandbox: ZendeskSandbox, ask: Ask) -> None:
    words = {"body": "một"}
    first, second = post(ask, "k", comment=words), post(ask, "k", comment=words)
    assert first.headers["x-idempotency-lookup"] == "miss"
    assert second.headers["x-idempotency-lookup"] == "hit"
    assert first.json()["ticket"]["id"] == second.json()["ticket"]["id"]
    other = post(ask, "k", comment={"body": "hai"})
    assert (other.status_code, other.json()["error"]) == (400, "IdempotentRequestError")
    assert post(ask, "k" * 256, comment=words).status_code == 400
    sandbox.advance(7201)
    assert post(ask, "k", comment=words).json()["ticket"]["id"] != first.json()["ticket"]["id"]


def test_an_external_id_is_found_at_once_and_need_not_be_unique(sandbox: ZendeskSandbox, ask: Ask) -> None:
    made = [post(ask, comment={"body": "x"}, external_id="kpi:1").json()["ticket"]["id"] for _ in range(2)]
    post(ask, comment={"body": "x"}, external_id="kpi:2")
    found = ask("/api/v2/tickets.json", params={"external_id": "kpi:1"}).json()["tickets"]
    assert [row["id"] for row in found] == made
    sandbox.state.delete(made[0])
    found = ask("/api/v2/tickets.json", params={"external_id": "kpi:1"}).json()["tickets"]
    assert [row["id"] for row in found] == made[1:]
    assert ask("/api/v2/tickets.json", params={"external_id": "none"}).json()["tickets"] == []


def test_an_import_keeps_its_times_and_tells_nobody(sandbox: ZendeskSandbox, ask: Ask) -> None:
    customer = sandbox.state.account.customer_ids[0]
    made = post(
        ask, path="/api/v2/imports/tickets.json", requester_id=customer, subject="Cũ", status="solved", wrong=1,
        comments=[{"value": "một"}, {"value": "hai", "public": False}], external_id="kpi:3",
        created_at="2026-01-05T08:00:00Z", solved_at="2026-01-06T08:00:00Z",
    )  # fmt: skip
    assert made.status_code == 201
    assert "ticket.wrong" in made.headers["X-Zendesk-API-Warn"]
    row = made.json()["ticket"]
    assert (row["created_at"], row["status"], row["group_id"]) == ("2026-01-05T08:00:00Z", "solved", None)
    assert [words for _, words in sandbox.state.comments_of(row["id"])] == ["một", "hai"]
    assert sandbox.state.notifications == []
    assert sandbox.state.tickets[row["id"]].generated_at >= int(sandbox.now)


def test_an_import_can_go_straight_to_the_archive(sandbox: ZendeskSandbox, ask: Ask) -> None:
    path = "/api/v2/imports/tickets.json?archive_immediately=true"
    row = post(ask, path=path, description="x", status="closed", external_id="kpi:4").json()["ticket"]
    assert ask("/api/v2/tickets.json", params={"external_id": "kpi:4"}).json()["tickets"] == []
    assert ask(f"/api/v2/tickets/{row['id']}.json").status_code == 200
    assert sandbox.state.tickets[row["id"]].archived


def test_an_import_with_a_time_or_a_comment_that_is_none_is_refused(ask: Ask) -> None:
    path = "/api/v2/imports/tickets.json"
    assert post(ask, path=path, description="x", created_at="yesterday").status_code == 400
    assert post(ask, path=path, comments=["x"]).status_code == 400
    assert post(ask, path=path, comment={"body": "một"}).status_code == 201


def test_a_ticket_closed_long_ago_leaves_the_list_but_not_the_export(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket(external_id="x")
    sandbox.state.close(ticket.id)
    assert len(ask("/api/v2/tickets.json").json()["tickets"]) == 1
    sandbox.advance(121 * DAY)
    assert ask("/api/v2/tickets.json").json()["tickets"] == []
    export = ask("/api/v2/incremental/tickets/cursor.json", params={"start_time": 0}).json()["tickets"]
    assert [row["id"] for row in export] == [ticket.id]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"ticket": 5}', b'{"other": {}}'])
def test_a_body_that_is_no_ticket_is_refused(ask: Ask, body: bytes) -> None:
    assert ask("/api/v2/tickets.json", "POST", data=body).status_code == 400
