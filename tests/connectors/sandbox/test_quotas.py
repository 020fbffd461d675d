from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., Any]
EXPORT = "/api/v2/incremental/tickets/cursor.json"
PAST = {"start_time": 0}


@pytest.fixture
def tight() -> Iterator[tuple[ZendeskSandbox, Ask]]:
    with ZendeskSandbox(tickets=0, quotas="small") as sandbox, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.token}"

        def ask(path: str, method: str = "GET", **arguments: Any) -> requests.Response:  # noqa: ANN401 -- requests' own
            return session.request(method, sandbox.base_url + path, timeout=5, **arguments)

        yield sandbox, ask


def test_every_answer_says_what_is_left_of_the_quota(ask: Ask) -> None:
    first, second = ask("/api/v2/groups.json"), ask("/api/v2/nonsense.json")
    assert first.headers["X-Rate-Limit"] == "100000"
    assert first.headers["x-rate-limit-remaining"] == first.headers["ratelimit-remaining"] == "99999"
    assert first.headers["rate-limit-reset"] == "60"
    assert second.headers["X-Rate-Limit-Remaining"] == "99999"


def test_an_exhausted_endpoint_limit_says_how_long_to_wait_and_opens_again(
    tight: tuple[ZendeskSandbox, Ask],
) -> None:
    sandbox, ask = tight
    assert (
        ask(EXPORT, params=PAST).headers["zendesk-rate-limit-incremental-exports"] == "total=2; remaining=1; resets=60"
    )
    sandbox.advance(20)
    assert ask("/api/v2/incremental/ticket_events.json", params=PAST).status_code == 200
    refused = ask(EXPORT, params=PAST)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "40"
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert refused.text == "Number of allowed incremental exports API requests per minute exceeded"
    assert int(refused.headers["x-rate-limit-remaining"]) > 0
    sandbox.clock.sleep(40)
    assert ask(EXPORT, params=PAST).status_code == 200
    assert sandbox.clock.slept == 40


def test_the_accounts_limit_counts_everything(tight: tuple[ZendeskSandbox, Ask]) -> None:
    sandbox, ask = tight
    answers = [ask("/api/v2/groups.json").status_code for _ in range(13)]
    assert answers == [200] * 12 + [429]
    assert ask("/api/v2/groups.json").text == "Number of allowed API requests per minute exceeded"
    sandbox.advance(60)
    assert ask("/api/v2/groups.json").headers["x-rate-limit-remaining"] == "11"


def test_one_ticket_takes_few_updates(tight: tuple[ZendeskSandbox, Ask]) -> None:
    sandbox, ask = tight
    first, other = (sandbox.state.create_ticket() for _ in range(2))

    def put(ticket_id: int) -> int:
        answer = ask(f"/api/v2/tickets/{ticket_id}.json", "PUT", json={"ticket": {"priority": "low"}})
        status: int = answer.status_code
        return status

    assert [put(first.id) for _ in range(3)] == [200, 200, 429]
    assert put(other.id) == 200
    sandbox.advance(61)
    assert put(first.id) == 429


def test_only_so_many_jobs_at_a_time(tight: tuple[ZendeskSandbox, Ask]) -> None:
    sandbox, ask = tight
    ticket = sandbox.state.create_ticket()
    body = {"tickets": [{"id": ticket.id, "priority": "low"}]}
    answers = [ask("/api/v2/tickets/update_many.json", "PUT", json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["error"] == "TooManyJobs"
    sandbox.advance(10)
    assert ask("/api/v2/tickets/update_many.json", "PUT", json=body).status_code == 200


def test_a_plan_allows_ten_exports_a_minute() -> None:
    with ZendeskSandbox(tickets=0, quotas="plan") as sandbox, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.token}"
        answers = [session.get(sandbox.base_url + EXPORT, params=PAST, timeout=5).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
