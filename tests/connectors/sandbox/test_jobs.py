from collections.abc import Callable
from typing import Any

import pytest

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., Any]
MANY = "/api/v2/tickets/update_many.json"


def queued(ask: Ask, *tickets: dict[str, object]) -> str:
    job = ask(MANY, "PUT", json={"tickets": list(tickets)}).json()["job_status"]
    assert (job["status"], job["results"], job["total"]) == ("queued", None, len(tickets))
    name: str = job["id"]
    return name


def status(ask: Ask, job: str) -> dict[str, Any]:
    found: dict[str, Any] = ask(f"/api/v2/job_statuses/{job}.json").json()["job_status"]
    return found


def by_id(job: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {result["id"]: result for result in job["results"]}


def test_a_job_is_queued_then_works_then_completes_as_time_passes(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket()
    job = queued(ask, {"id": ticket.id, "priority": "high"})
    assert status(ask, job)["status"] == "queued"
    sandbox.advance(3)
    assert status(ask, job)["status"] == "working"
    assert ticket.priority is None
    sandbox.advance(4)
    done = status(ask, job)
    assert done["status"] == "completed"
    assert done["results"] == [{"id": ticket.id, "action": "update", "status": "Updated", "success": True}]
    assert sandbox.state.tickets[ticket.id].priority == "high"
    assert sandbox.state.audits_of(ticket.id)[-1].author_id == sandbox.state.account.integration_id


def test_a_job_completes_when_it_is_asked_often_enough(sandbox: ZendeskSandbox, ask: Ask) -> None:
    job = queued(ask, {"id": sandbox.state.create_ticket().id, "priority": "high"})
    assert [status(ask, job)["status"] for _ in range(5)] == ["queued", "working", "working", "completed", "completed"]
    sandbox.advance(10)
    shown = ask("/api/v2/job_statuses/show_many.json", params={"ids": f"{job},unknown"}).json()["job_statuses"]
    assert [(row["id"], row["status"]) for row in shown] == [(job, "completed")]


def test_each_item_fails_or_succeeds_on_its_own_and_results_are_shuffled(sandbox: ZendeskSandbox, ask: Ask) -> None:
    state = sandbox.state
    field = state.add_ticket_field("integer", "Phút")
    good = [state.create_ticket() for _ in range(20)]
    closed, gone, collided = (state.create_ticket() for _ in range(3))
    state.close(closed.id)
    state.delete(gone.id)
    items: list[dict[str, object]] = [
        {"id": ticket.id, "custom_fields": [{"id": field.id, "value": 5}]} for ticket in good
    ]
    items += [{"id": ticket.id, "priority": "low"} for ticket in (closed, gone, collided)]
    items += [{"id": 999, "priority": "low"}, {"id": good[0].id, "custom_fields": [{"id": field.id, "value": "x"}]}]
    job = queued(ask, *items)
    state.comment(collided.id, state.account.admin_id)
    sandbox.advance(10)
    done = status(ask, job)
    results = by_id(done)
    assert [result["id"] for result in done["results"]] != [item["id"] for item in items]
    assert all(results[ticket.id]["success"] for ticket in good[1:])
    assert all(ticket.fields == {field.id: "5"} for ticket in good)
    assert results[closed.id]["details"] == "Status closed prevents ticket update"
    assert results[gone.id]["error"] == results[999]["error"] == "RecordNotFound"
    assert results[collided.id]["error"] == "UpdateConflict"
    twice = [result for result in done["results"] if result["id"] == good[0].id]
    assert {result.get("error") for result in twice} == {None, "RecordInvalid"}


def test_a_collision_can_be_ordered_and_happens_once(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.conflict_next(ticket.id)
    for success in (False, True):
        job = queued(ask, {"id": ticket.id, "priority": "high"})
        sandbox.advance(10)
        assert by_id(status(ask, job))[ticket.id]["success"] is success


def test_a_safe_update_without_a_stamp_fails_its_item(sandbox: ZendeskSandbox, ask: Ask) -> None:
    ticket = sandbox.state.create_ticket()
    job = queued(ask, {"id": ticket.id, "safe_update": True})
    sandbox.advance(10)
    assert by_id(status(ask, job))[ticket.id]["error"] == "Invalid attribute"


def test_more_than_a_hundred_are_refused(ask: Ask) -> None:
    refused = ask(MANY, "PUT", json={"tickets": [{"id": number} for number in range(101)]})
    assert refused.status_code == 400
    assert refused.json() == {
        "error": "TooManyValues",
        "description": "Parameter  cannot specify more than 100 values",
        "max_count": 100,
    }
    users = ask("/api/v2/users/update_many.json", "PUT", json={"users": [{"id": number} for number in range(101)]})
    assert users.status_code == 400
    assert "max_count" not in users.json()


@pytest.mark.parametrize("body", [{}, {"tickets": []}, {"tickets": [5]}])
def test_a_batch_without_tickets_is_refused(ask: Ask, body: dict[str, object]) -> None:
    assert ask(MANY, "PUT", json=body).status_code == 400


def test_one_change_can_go_to_many_ids(sandbox: ZendeskSandbox, ask: Ask) -> None:
    tickets = [sandbox.state.create_ticket() for _ in range(3)]
    ids = ",".join(str(ticket.id) for ticket in tickets)
    made = ask(MANY, "PUT", params={"ids": ids}, json={"ticket": {"additional_tags": ["x"], "odd": 1}})
    assert made.headers["X-Zendesk-API-Warn"].count("ticket.odd") == 1
    sandbox.advance(10)
    assert all(ticket.tags == ("x",) for ticket in tickets)


def test_user_fields_are_updated_and_unknown_keys_left_out(sandbox: ZendeskSandbox, ask: Ask) -> None:
    state = sandbox.state
    state.add_user_field("kpi_csat", "decimal", "CSAT")
    agent = state.account.agent_ids[0]
    items = [
        {"id": agent, "user_fields": {"kpi_csat": 4.5, "other": 1}},
        {"id": state.account.admin_id, "user_fields": {"kpi_csat": "many"}},
        {"id": 5, "user_fields": {}},
        {"id": state.account.bot_id},
    ]
    made = ask("/api/v2/users/update_many.json", "PUT", json={"users": items})
    assert '"user.user_fields.other"' in made.headers["X-Zendesk-API-Warn"]
    sandbox.advance(10)
    results = by_id(status(ask, made.json()["job_status"]["id"]))
    assert results[agent]["success"]
    assert not results[state.account.admin_id]["success"]
    assert results[5]["error"] == "RecordNotFound"
    assert ask(f"/api/v2/users/{agent}.json").json()["user"]["user_fields"] == {"kpi_csat": "4.5"}


@pytest.mark.parametrize(
    ("fate", "shown", "applied"),
    [
        ("lost", None, True), ("vanished", None, False), ("stuck", "working", False), ("failed", "failed", False),
        ("killed", "killed", False),
    ],
)  # fmt: skip
def test_a_job_can_be_doomed(sandbox: ZendeskSandbox, ask: Ask, fate: Any, shown: str | None, applied: bool) -> None:  # noqa: ANN401, FBT001 -- parameters of the test
    ticket = sandbox.state.create_ticket()
    sandbox.doom_next_job(fate)
    job = queued(ask, {"id": ticket.id, "priority": "high"})
    sandbox.advance(1000)
    answer = ask(f"/api/v2/job_statuses/{job}.json")
    assert answer.status_code == (404 if shown is None else 200)
    assert shown is None or answer.json()["job_status"]["status"] == shown
    assert (ticket.priority == "high") is applied
    after = queued(ask, {"id": ticket.id, "priority": "low"})
    sandbox.advance(10)
    assert status(ask, after)["status"] == "completed"


def test_a_jobs_record_is_gone_after_a_day(sandbox: ZendeskSandbox, ask: Ask) -> None:
    job = queued(ask, {"id": sandbox.state.create_ticket().id})
    sandbox.advance(80_000)
    assert status(ask, job)["status"] == "completed"
    sandbox.advance(10_000)
    assert ask(f"/api/v2/job_statuses/{job}.json").status_code == 404


def test_the_number_of_jobs_can_be_limited(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.limit_jobs(0)
    assert ask(MANY, "PUT", json={"tickets": [{"id": 1}]}).status_code == 429
