from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., Any]
TICKET_FIELDS, USER_FIELDS = "/api/v2/ticket_fields.json", "/api/v2/user_fields.json"


def test_a_created_ticket_field_is_listed_and_shown_on_tickets(sandbox: ZendeskSandbox, ask: Ask) -> None:
    made = ask(TICKET_FIELDS, "POST", json={"ticket_field": {"type": "checkbox", "title": "Quá hạn"}})
    assert made.status_code == 201
    field = made.json()["ticket_field"]
    assert made.headers["Location"].endswith(f"/ticket_fields/{field['id']}.json")
    assert (field["type"], field["title"], field["active"], field["removable"]) == ("checkbox", "Quá hạn", True, True)
    listed = ask(TICKET_FIELDS).json()["ticket_fields"]
    assert field in listed
    ticket = sandbox.state.create_ticket()
    row = ask(f"/api/v2/tickets/{ticket.id}.json").json()["ticket"]
    assert {"id": field["id"], "value": None} in row["custom_fields"]
    assert row["fields"] == row["custom_fields"]


def test_a_second_field_of_the_same_title_is_a_twin(ask: Ask) -> None:
    wanted = {"ticket_field": {"type": "text", "title": "Hạn"}}
    first, second = (ask(TICKET_FIELDS, "POST", json=wanted).json()["ticket_field"] for _ in range(2))
    assert first["id"] != second["id"]
    assert first["title"] == second["title"]


def test_the_list_holds_system_fields_and_inactive_ones(look: Ask) -> None:
    fields = look(TICKET_FIELDS).json()["ticket_fields"]
    assert {"subject", "status", "priority"} <= {field["type"] for field in fields if not field["removable"]}
    assert any(not field["active"] for field in fields)
    options = next(field for field in fields if field["type"] == "tagger")["custom_field_options"]
    assert [option["value"] for option in options] == ["giao_hang", "chat_luong", "thai_do"]


def test_a_field_can_be_renamed_and_switched_off_but_keeps_its_type(sandbox: ZendeskSandbox, ask: Ask) -> None:
    field_id = sandbox.state.account.order_field_id
    path = f"/api/v2/ticket_fields/{field_id}.json"
    sandbox.advance(60)
    changed = ask(path, "PUT", json={"ticket_field": {"title": "Mã", "active": False}}).json()["ticket_field"]
    assert (changed["title"], changed["active"]) == ("Mã", False)
    assert changed["updated_at"] > changed["created_at"]
    assert ask(path).json()["ticket_field"] == changed
    refused = ask(path, "PUT", json={"ticket_field": {"type": "integer"}})
    assert refused.status_code == 422
    assert ask("/api/v2/ticket_fields/5.json").status_code == 404


@pytest.mark.parametrize("wrong", [{"type": "magic", "title": "x"}, {"type": "text"}, {"type": "text", "title": " "}])
def test_a_field_needs_a_known_type_and_a_title(ask: Ask, wrong: dict[str, str]) -> None:
    assert ask(TICKET_FIELDS, "POST", json={"ticket_field": wrong}).status_code == 422


def test_a_drop_down_is_created_with_its_options(ask: Ask) -> None:
    wanted = {"type": "tagger", "title": "Mức", "custom_field_options": [{"name": "Một", "value": "mot"}]}
    made = ask(TICKET_FIELDS, "POST", json={"ticket_field": wanted}).json()["ticket_field"]
    assert [option["value"] for option in made["custom_field_options"]] == ["mot"]


def test_a_user_field_lives_under_a_key_of_its_own(ask: Ask) -> None:
    wanted = {"user_field": {"key": "kpi_csat", "type": "decimal", "title": "CSAT"}}
    made = ask(USER_FIELDS, "POST", json=wanted)
    assert made.status_code == 201
    assert made.json()["user_field"] in ask(USER_FIELDS).json()["user_fields"]
    assert ask(USER_FIELDS, "POST", json=wanted).status_code == 422


@pytest.mark.parametrize("key", ["", "123", "kpi-csat", "điểm"])
def test_a_user_fields_key_is_letters_digits_and_underscores(ask: Ask, key: str) -> None:
    wanted = {"user_field": {"key": key, "type": "decimal", "title": "CSAT"}}
    assert ask(USER_FIELDS, "POST", json=wanted).status_code == 422


def test_only_admins_create_fields(sandbox: ZendeskSandbox, ask: Ask) -> None:
    token = sandbox.issue_token(sandbox.state.account.agent_ids[0])
    wanted = {"ticket_field": {"type": "text", "title": "x"}}
    assert ask(TICKET_FIELDS, "POST", json=wanted, token=token).status_code == 403
