"""Our share of an account's rate limits."""

from typing import Protocol

import pytest

from connectors.base import Clock
from connectors.quota import Allowance, Quota

TICKETS = "/api/v2/tickets.json"
EXPORT = "/api/v2/incremental/tickets/cursor.json"


class FakeClock(Clock, Protocol):
    """The conftest's clock."""

    instant: float
    slept: list[float]


def waits_of(quota: Quota, clock: FakeClock, path: str, count: int, method: str = "GET") -> list[int]:
    """Send `count` requests as the session does; return the wait before each, rounded to seconds."""
    waits = []
    for _ in range(count):
        waited = 0.0
        while seconds := quota.wait_before(path, method):
            clock.sleep(seconds)
            waited += seconds
        quota.spend(path, method)
        waits.append(round(waited))
    return waits


@pytest.mark.parametrize(
    "headers",
    [
        {"x-rate-limit": "700", "x-rate-limit-remaining": "350", "rate-limit-reset": "53"},
        {"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "350", "X-Rate-Limit-Reset": "53"},
        {"rate-limit": "700", "rate-limit-remaining": "350", "rate-limit-reset": "53"},
        {"ratelimit-limit": "700", "ratelimit-remaining": "350", "ratelimit-reset": "53"},
        {"RateLimit-Limit": "700, 700;w=60", "RateLimit-Remaining": "350", "RateLimit-Reset": "53"},
        {"X-Ratelimit-Total": "700.0", "X-Ratelimit-Remaining": "350.0", "Ratelimit-Reset": "53"},
        {"RateLimit": "limit=700, remaining=350, reset=53"},
        {"zendesk-rate-limit-tickets-index": "total=700; remaining=350; resets=53"},
        {"Zendesk-RateLimit-Tickets-Index": "total=700;remaining=350;resets=53"},
        {"ratelimit-limit": "700", "ratelimit-remaining": "350", "ratelimit-reset": "1700000053"},
    ],
)
def test_fault_09_the_other_half_of_a_limit_is_left_to_people(clock: FakeClock, headers: dict[str, str]) -> None:
    quota = Quota(0.5, clock)
    quota.read(headers, TICKETS)
    assert quota.wait_before(TICKETS) == 53
    clock.sleep(53)
    assert quota.wait_before(TICKETS) == 0


def test_above_our_share_there_is_no_wait(clock: FakeClock) -> None:
    quota = Quota(0.5, clock)
    quota.read({"x-rate-limit": "700", "x-rate-limit-remaining": "351", "rate-limit-reset": "53"}, TICKETS)
    assert quota.wait_before(TICKETS) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-rate-limit": "many", "x-rate-limit-remaining": "few"},
        {"x-rate-limit": "0", "x-rate-limit-remaining": "0"},
        {"x-rate-limit": "700"},
        {"x-rate-limit-remaining": "0"},
        {"zendesk-rate-limit-tickets-index": "soon"},
        {"X-Ratelimit-Used-CurrentRequest": "1"},
    ],
)
def test_headers_that_tell_no_limit_are_passed_over(clock: FakeClock, headers: dict[str, str]) -> None:
    quota = Quota(0.5, clock)
    quota.read(headers, TICKETS)
    assert quota.wait_before(TICKETS) == 0


@pytest.mark.parametrize("reset", [None, "0", "99999999999999", "1699999999", "never"])
def test_a_reset_that_is_missing_or_absurd_is_taken_for_a_minute(clock: FakeClock, reset: str | None) -> None:
    quota = Quota(0.5, clock)
    headers = {"x-rate-limit": "10", "x-rate-limit-remaining": "0"}
    quota.read(headers | ({} if reset is None else {"rate-limit-reset": reset}), TICKETS)
    assert quota.wait_before(TICKETS) == 60


def test_an_endpoints_own_limit_holds_for_its_siblings_and_for_nothing_else(clock: FakeClock) -> None:
    quota = Quota(0.5, clock)
    quota.read(
        {"zendesk-rate-limit-tickets-update": "total=20; remaining=9; resets=59"}, "/api/v2/tickets/1.json", "PUT"
    )
    assert quota.wait_before("/api/v2/tickets/2.json", "PUT") == 59
    assert quota.wait_before("/api/v2/tickets/2.json", "GET") == 0
    assert quota.wait_before(TICKETS) == 0


def test_a_configured_endpoint_limit_is_shared_too(clock: FakeClock) -> None:
    quota = Quota(0.5, clock, {"/api/v2/incremental/": Allowance(10)})
    assert waits_of(quota, clock, EXPORT, 11) == [0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 60]
    assert quota.wait_before(TICKETS) == 0


def test_the_window_slides(clock: FakeClock) -> None:
    quota = Quota(0.5, clock, {"/api/v2/incremental/": Allowance(4)})
    quota.spend(EXPORT)
    clock.sleep(50)
    quota.spend(EXPORT)
    assert quota.wait_before(EXPORT) == 10
    clock.sleep(10)
    quota.spend(EXPORT)
    assert quota.wait_before(EXPORT) == 50


def test_a_small_share_still_leaves_one_request(clock: FakeClock) -> None:
    quota = Quota(0.01, clock, {"/api/v2/incremental/": Allowance(10, 1200)})
    assert waits_of(quota, clock, EXPORT, 3) == [0, 1200, 1200]


def test_an_allowance_may_be_for_one_method(clock: FakeClock) -> None:
    quota = Quota(0.5, clock, {r"/api/v2/tickets/\d+\.json": Allowance(2, method="PUT")})
    assert waits_of(quota, clock, "/api/v2/tickets/7.json", 3) == [0, 0, 0]
    assert waits_of(quota, clock, "/api/v2/tickets/7.json", 2, "PUT") == [0, 60]


def test_without_headers_our_own_use_is_counted(clock: FakeClock) -> None:
    quota = Quota(0.5, clock, account=Allowance(6))
    assert waits_of(quota, clock, TICKETS, 7) == [0, 0, 0, 60, 0, 0, 60]


def test_the_account_is_as_large_as_its_headers_said_last(clock: FakeClock) -> None:
    quota = Quota(0.5, clock, account=Allowance(1000))
    quota.read({"x-rate-limit": "4", "x-rate-limit-remaining": "4"}, TICKETS)
    assert waits_of(quota, clock, TICKETS, 3) == [0, 0, 60]


def test_fault_17_a_clock_set_back_never_prolongs_a_wait(clock: FakeClock) -> None:
    quota = Quota(0.5, clock, {"/api/v2/incremental/": Allowance(4)})
    quota.read({"x-rate-limit": "700", "x-rate-limit-remaining": "0"}, TICKETS)
    quota.spend(EXPORT)
    quota.spend(EXPORT)
    clock.instant -= 7200
    assert quota.wait_before(TICKETS) == 0
    assert quota.wait_before(EXPORT) == 0


def test_fault_17_a_clock_set_back_a_little_waits_one_window_at_most(clock: FakeClock) -> None:
    quota = Quota(0.5, clock, {"/api/v2/incremental/": Allowance(4)})
    quota.spend(EXPORT)
    clock.sleep(50)
    quota.spend(EXPORT)
    quota.spend(EXPORT)
    clock.instant -= 30
    assert quota.wait_before(EXPORT) <= 60


def test_a_wait_too_short_to_move_the_clock_is_none(clock: FakeClock) -> None:
    quota = Quota(0.5, clock, {"/api/v2/incremental/": Allowance(2)})
    quota.spend(EXPORT)
    clock.instant += 60 - 1e-4
    assert quota.wait_before(EXPORT) == 0
    quota.read({"x-rate-limit": "2", "x-rate-limit-remaining": "0", "rate-limit-reset": "1"}, TICKETS)
    clock.instant += 1 - 1e-4
    assert quota.wait_before(TICKETS) == 0
