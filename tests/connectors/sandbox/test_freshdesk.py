"""The simulated Freshdesk refuses what Freshdesk refuses, in its words."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox import FreshdeskSandbox

Ask = Callable[..., requests.Response]
NEW: dict[str, Any] = {"subject": "S", "description": "D", "status": 2, "priority": 1, "source": 2}


@pytest.fixture
def sandbox() -> Iterator[FreshdeskSandbox]:
    with FreshdeskSandbox(tickets=0, quotas="growth") as running:
        yield running


@pytest.fixture
def ask(sandbox: FreshdeskSandbox) -> Iterator[Ask]:
    with requests.Session() as session:

        def asked(path: str, method: str = "GET", key: str | None = None, **rest: Any) -> requests.Response:  # noqa: ANN401 -- requests' own
            signed = (key or sandbox.api_key, "X")
            return session.request(method, f"{sandbox.base_url}/api/v2{path}", auth=signed, timeout=5, **rest)

        yield asked


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("/tickets", {"per_page": 101}, "per_page"),
        ("/tickets", {"page": 301}, "page"),
        ("/tickets", {"page": "x"}, "page"),
        ("/tickets", {"include": "company"}, "include"),
        ("/tickets", {"order_by": "subject"}, "order_by"),
        ("/tickets", {"updated_since": "yesterday"}, "updated_since"),
        ("/tickets", {"updated_after": "x"}, "updated_after"),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_its_field(
    ask: Ask, path: str, parameters: dict[str, object], field: str
) -> None:
    answer = ask(path, params=parameters)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"requester_id": None}, "requester_id"),
        ({"requester_id": 1}, "requester_id"),
        ({"description": ""}, "description"),
        ({"status": 99}, "status"),
        ({"tags": "a"}, "tags"),
        ({"tags": ["x" * 33]}, "tags"),
        ({"colour": "red"}, "colour"),
        ({"custom_fields": {"cf_unknown": 1}}, "cf_unknown"),
        ({"custom_fields": {"cf_loai_khieu_nai": "none of them"}}, "cf_loai_khieu_nai"),
        ({"custom_fields": {"cf_ma_don_hang": 5}}, "cf_ma_don_hang"),
    ],
)
def test_a_ticket_that_cannot_be_so_is_refused_by_its_field(
    sandbox: FreshdeskSandbox, ask: Ask, changes: dict[str, object], field: str
) -> None:
    whole = {**NEW, "requester_id": sandbox.state.account.integration_id, **changes}
    answer = ask("/tickets", "POST", json=whole)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert sandbox.state.tickets == {}


def test_a_new_ticket_tells_its_requester_and_holds_what_was_asked(sandbox: FreshdeskSandbox, ask: Ask) -> None:
    fields = {"cf_ma_don_hang": "A7", "cf_loai_khieu_nai": None}
    whole = {**NEW, "requester_id": sandbox.state.account.integration_id, "tags": ["a"], "custom_fields": fields}
    answer = ask("/tickets", "POST", json=whole)
    assert (answer.status_code, answer.json()["custom_fields"]) == (201, {"cf_ma_don_hang": "A7"})
    assert answer.headers["Location"].endswith("/tickets/90000000")
    assert sandbox.state.notifications == [(90000000, sandbox.state.account.integration_id)]
    assert ask("/tickets/90000000", params={"include": "stats"}).json()["stats"]["resolved_at"] is None
    assert ask("/tickets/90000000/notes", "POST", json={"body": ""}).status_code == 400
    assert ask("/tickets/90000000", "PUT", data="{").json()["code"] == "invalid_json"


def test_who_is_nobody_and_what_is_nowhere(sandbox: FreshdeskSandbox, ask: Ask) -> None:
    assert ask("/tickets", key="wrong").json()["code"] == "invalid_credentials"
    assert (ask("/nothing").status_code, ask("/tickets/9").text) == (404, "")
    assert ask("/groups/9").status_code == 404
    assert ask("/admin/ticket_fields/9", "DELETE").status_code == 404
    assert ask("/admin/ticket_fields", "POST", json={"label": "x", "type": "custom_moment"}).status_code == 400
    known = {"label": "Mã đơn hàng", "type": "custom_text"}
    assert ask("/admin/ticket_fields", "POST", json=known).json()["errors"][0]["code"] == "duplicate_value"
    assert sandbox.credentials == {"api_key": sandbox.api_key}


def test_lists_have_a_limit_of_their_own_and_what_is_included_costs_two_more(ask: Ask) -> None:
    first = ask("/tickets", params={"include": "stats,requester"})
    assert (first.headers["X-Ratelimit-Used-CurrentRequest"], first.headers["X-Ratelimit-Total"]) == ("5", "200.0")
    assert first.headers["X-Ratelimit-Remaining"] == "195"
    refused = [ask("/tickets") for _ in range(20)][-1]
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert ask("/agents/me").status_code == 200


def test_a_reopened_ticket_forgets_when_it_was_resolved(sandbox: FreshdeskSandbox) -> None:
    state = sandbox.state
    ticket = state.create_ticket(status="solved")
    sandbox.advance(60)
    state.comment(ticket.id, ticket.requester_id)
    assert (ticket.stats["resolved_at"], ticket.stats["closed_at"]) == (None, None)
    assert ticket.stats["reopened_at"] == state.world.second
    state.change(ticket.id, status="solved")
    sandbox.advance(5 * 86_400)
    assert (state.status_of(ticket.id), ticket.last_audit_id) == ("closed", ticket.updated_at)
