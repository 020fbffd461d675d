import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., Any]
GROUPS = "/api/v2/groups.json"


@pytest.mark.parametrize("retry_after", ["5", "Sat, 21 Nov 2026 05:01:00 GMT", "soon", "-1", None])
def test_a_rate_limit_says_what_it_is_told_to_say(sandbox: ZendeskSandbox, ask: Ask, retry_after: str | None) -> None:
    sandbox.fail_next("/api/v2/groups*", 429, retry_after=retry_after)
    refused = ask(GROUPS)
    assert refused.status_code == 429
    assert refused.headers.get("Retry-After") == retry_after
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert ask(GROUPS).status_code == 200


def test_faults_come_as_often_as_ordered_and_can_be_cleared(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.fail_next("*", 500, times=2)
    assert [ask(GROUPS).status_code for _ in range(3)] == [500, 500, 200]
    sandbox.fail_next("*", 503, times=None, retry_after=7)
    assert [ask(GROUPS).status_code for _ in range(4)] == [503] * 4
    assert ask(GROUPS).headers["Retry-After"] == "7"
    sandbox.clear_faults()
    assert ask(GROUPS).status_code == 200


def test_a_fault_waits_for_its_path_and_method(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.fail_next("/api/v2/tickets*", 502, method="POST")
    assert ask("/api/v2/tickets.json").status_code == 200
    assert ask(GROUPS).status_code == 200
    assert ask("/api/v2/tickets.json", "POST", json={}).status_code == 502


def test_a_dropped_request_has_no_effect_unless_ordered(sandbox: ZendeskSandbox, ask: Ask) -> None:
    body = {"ticket": {"comment": {"body": "x"}}}
    for after_effect, tickets in ((False, 0), (True, 1)):
        sandbox.fail_next("/api/v2/tickets.json", "drop", after_effect=after_effect)
        with pytest.raises(requests.ConnectionError):
            ask("/api/v2/tickets.json", "POST", json=body)
        assert len(sandbox.state.tickets) == tickets
    assert sandbox.requests == [("POST", "/api/v2/tickets.json", 0)] * 2


def test_a_sign_in_page_comes_with_200(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.fail_next(GROUPS, "html")
    page = ask(GROUPS)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<html>" in page.text


@pytest.mark.parametrize("kind", ["truncated", "empty"])
def test_half_an_answer_is_no_json(sandbox: ZendeskSandbox, ask: Ask, kind: str) -> None:
    sandbox.fail_next(GROUPS, kind)
    answer = ask(GROUPS)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


def test_an_answer_can_be_cut_off_on_the_way(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.fail_next(GROUPS, "cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(GROUPS)


def test_a_slow_answer_trickles_in(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.fail_next(GROUPS, "slow").pause = 0.005
    answer = ask(GROUPS, stream=True)
    pieces = list(answer.raw.stream(64))
    assert len(pieces) > 5
    assert json.loads(b"".join(pieces))["groups"]


def test_an_answer_can_be_far_too_long_packed_or_not(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.fail_next(GROUPS, "long").size = 300_000
    assert len(ask(GROUPS).content) > 300_000
    sandbox.fail_next(GROUPS, "gzip_bomb").size = 300_000
    bomb = ask(GROUPS)
    assert int(bomb.headers["Content-Length"]) < 2000
    assert len(bomb.content) > 300_000


@pytest.mark.parametrize("kind", [401, "expired_token"])
def test_a_token_can_be_said_to_have_expired(sandbox: ZendeskSandbox, ask: Ask, kind: int | str) -> None:
    sandbox.fail_next(GROUPS, kind)
    assert (ask(GROUPS).status_code, ask(GROUPS).status_code) == (401, 200)


def test_an_answer_can_be_rewritten(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.fail_next(GROUPS, lambda _body: ["a list"])
    assert ask(GROUPS).json() == ["a list"]


def test_something_can_happen_between_two_pages(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.before_next("/api/v2/tickets*", sandbox.state.create_ticket)
    assert [len(ask("/api/v2/tickets.json").json()["tickets"]) for _ in range(2)] == [1, 1]
