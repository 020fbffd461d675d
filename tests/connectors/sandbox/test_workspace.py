"""Forms, views, triggers and automations of the simulated account, and what deleting a field does."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from connectors.sandbox import ZendeskSandbox
from connectors.sandbox.zendesk.sandbox import Fate

Ask = Callable[..., requests.Response]

FORMS, VIEWS = "/api/v2/ticket_forms", "/api/v2/views"
UNSOLVED = {"field": "status", "operator": "less_than", "value": "solved"}


def form_path(sandbox: ZendeskSandbox) -> str:
    return f"{FORMS}/{next(iter(sandbox.workspace.forms))}.json"


def test_forms_are_listed_by_whether_they_are_active(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.workspace.add_form("Cũ", [], active=False)

    def names(query: str) -> list[str]:
        return [form["name"] for form in ask(f"{FORMS}.json{query}").json()["ticket_forms"]]

    assert (names(""), names("?active=true"), names("?active=false")) == (["Mặc định", "Cũ"], ["Mặc định"], ["Cũ"])


def test_a_form_takes_fields_that_exist_all_at_once(sandbox: ZendeskSandbox, ask: Ask) -> None:
    first, second, *_ = sandbox.state.ticket_fields
    path = form_path(sandbox)
    changed = ask(path, "PUT", json={"ticket_form": {"ticket_field_ids": [second, first]}})
    assert changed.json()["ticket_form"]["ticket_field_ids"] == [second, first]
    assert ask(path, "PUT", json={"ticket_form": {"ticket_field_ids": [1]}}).status_code == 422
    assert ask(path, "PUT", json={"ticket_form": {"name": "N"}}).json()["ticket_form"]["ticket_field_ids"]
    assert ask(path).json()["ticket_form"]["ticket_field_ids"] == [second, first]
    assert ask(f"{FORMS}/404.json").status_code == 404


def test_a_new_field_stands_on_no_form_and_a_deleted_one_leaves_them(sandbox: ZendeskSandbox, ask: Ask) -> None:
    made = ask("/api/v2/ticket_fields.json", "POST", json={"ticket_field": {"type": "text", "title": "T"}})
    field = made.json()["ticket_field"]["id"]
    (form,) = sandbox.workspace.forms.values()
    assert field not in form.field_ids
    form.field_ids.append(field)
    ticket = sandbox.state.create_ticket(fields={field: "x"})
    assert ask(f"/api/v2/ticket_fields/{field}.json", "DELETE").status_code == 204
    assert (field in form.field_ids, ticket.fields) == (False, {})
    assert ask(f"/api/v2/ticket_fields/{field}.json", "DELETE").status_code == 404


def test_a_system_field_cannot_be_deleted(sandbox: ZendeskSandbox, ask: Ask) -> None:
    system = next(field.id for field in sandbox.state.ticket_fields.values() if not field.removable)
    assert ask(f"/api/v2/ticket_fields/{system}.json", "DELETE").status_code == 422


@pytest.mark.parametrize("by", ["id", "key"])
def test_a_user_field_is_deleted_by_id_or_key_with_its_values(sandbox: ZendeskSandbox, ask: Ask, by: str) -> None:
    field = sandbox.state.add_user_field("kpi_x", "decimal", "X")
    agent = sandbox.state.users[sandbox.state.account.agent_ids[0]]
    agent.user_fields["kpi_x"] = "1"
    assert ask(f"/api/v2/user_fields/{getattr(field, by)}.json", "DELETE").status_code == 204
    assert (field.id in sandbox.state.user_fields, agent.user_fields) == (False, {})
    assert ask("/api/v2/user_fields/kpi_x.json", "DELETE").status_code == 404


def test_forms_are_a_matter_of_the_plan(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.features.discard("ticket_forms")
    assert ask(f"{FORMS}.json").status_code == 403


def test_an_agent_changes_no_form(sandbox: ZendeskSandbox, ask: Ask) -> None:
    token = sandbox.issue_token(sandbox.state.account.agent_ids[0])
    assert ask(form_path(sandbox), "PUT", token=token, json={"ticket_form": {}}).status_code == 403


def test_a_view_is_made_changed_and_deleted(ask: Ask) -> None:
    view: dict[str, Any] = {"title": "V", "all": [UNSOLVED], "description": "d", "output": {"columns": ["subject", 5]}}
    made = ask(f"{VIEWS}.json", "POST", json={"view": view})
    assert made.status_code == 201
    path = f"{VIEWS}/{made.json()['view']['id']}.json"
    assert [column["id"] for column in made.json()["view"]["execution"]["columns"]] == ["subject", 5]
    changed = ask(path, "PUT", json={"view": {"active": False, "description": None}}).json()["view"]
    assert (changed["active"], changed["description"], changed["conditions"]["all"]) == (False, None, [UNSOLVED])
    assert "V" not in {view["title"] for view in ask(f"{VIEWS}/active.json").json()["views"]}
    assert ask(path).json()["view"]["title"] == "V"
    assert ask(path, "DELETE").status_code == 204
    assert ask(path).status_code == 404


@pytest.mark.parametrize(
    "view", [{"title": "V", "all": []}, {"title": " ", "all": [UNSOLVED]}, {"title": "V", "all": 1}]
)
def test_a_view_needs_a_title_and_a_condition_that_narrows_it(sandbox: ZendeskSandbox, ask: Ask, view: object) -> None:
    before = len(sandbox.workspace.views)
    assert ask(f"{VIEWS}.json", "POST", json={"view": view}).status_code == 422
    assert len(sandbox.workspace.views) == before


@pytest.mark.parametrize("kind", ["triggers", "automations"])
def test_rules_are_listed_the_active_ones_on_their_own(sandbox: ZendeskSandbox, ask: Ask, kind: str) -> None:
    sandbox.workspace.add(kind, "Tắt", UNSOLVED, active=False)
    every = ask(f"/api/v2/{kind}.json").json()[kind]
    active = ask(f"/api/v2/{kind}/active.json").json()[kind]
    assert len(every) == len(active) + 1
    assert every[-1]["conditions"] == {"all": [UNSOLVED], "any": []}
    assert ("description" in every[-1]) is (kind == "triggers")


@pytest.mark.parametrize(
    ("fate", "status", "results"),
    [("half", "killed", list), ("silent", "completed", dict), ("aborted", "aborted", type(None))],
)
def test_jobs_end_in_odd_ways_when_told_to(
    sandbox: ZendeskSandbox, ask: Ask, fate: Fate, status: str, results: type
) -> None:
    tickets = [sandbox.state.create_ticket() for _ in range(2)]
    sandbox.doom_next_job(fate)
    items = [{"id": ticket.id, "subject": "S"} for ticket in tickets]
    job = ask("/api/v2/tickets/update_many.json", "PUT", json={"tickets": items}).json()["job_status"]["id"]
    sandbox.advance(10)
    told = ask(f"/api/v2/job_statuses/{job}.json").json()["job_status"]
    assert (told["status"], type(told["results"])) == (status, results)
    done = {"half": 1, "silent": 2, "aborted": 0}[fate]
    assert sum(ticket.subject == "S" for ticket in tickets) == done
