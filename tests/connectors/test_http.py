"""What one session with a helpdesk promises, and how it takes whatever the network does."""

import base64
import contextlib
import gzip
import json
import logging
import re
import socket
import ssl
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any, NoReturn, Protocol

import pytest
import requests
import responses
from urllib3.exceptions import NameResolutionError, NewConnectionError

from connectors.base import Clock
from connectors.errors import (
    AddressError,
    ConnectorError,
    InDoubtError,
    RefusedError,
    SignInError,
    TransientError,
    UnexpectedPayloadError,
)
from connectors.http import Answer, Limits, Session, SignIn
from connectors.quota import Allowance, Quota
from connectors.redaction import Redaction
from connectors.signing_in import Basic, Bearer
from connectors.waiting import backoff

HOST = "https://saomai.zendesk.com"
ME = "/api/v2/users/me.json"
URL = HOST + ME
CERTIFICATE = Path(__file__).with_name("loopback.pem")
HTML = "<html><head><style>p {}</style><title>Sign in</title></head><body><p>Welcome &amp; log in</p></body></html>"
NOW = 1_700_000_000
OK_BYTES = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 1}'

Opening = Callable[..., Session]


class FakeClock(Clock, Protocol):
    """The conftest's clock."""

    instant: float
    slept: list[float]


class Helpdesk(Protocol):
    """The conftest's helpdesk on loopback."""

    url: str
    port: int
    heads: list[str]
    connections: int


Starting = Callable[..., Helpdesk]


@dataclass
class RenewedToken:
    """A sign-in whose token is renewed on demand, `renewals` times."""

    renewals: int
    asked: int = 0
    tokens: list[str] = field(default_factory=lambda: ["first-token"])

    def headers(self, session: Session) -> dict[str, str]:  # noqa: ARG002 -- the protocol's shape
        """Sign with the newest token."""
        return {"Authorization": f"Bearer {self.tokens[-1]}"}

    def refresh(self, session: Session) -> bool:  # noqa: ARG002 -- the protocol's shape
        """Renew the token."""
        self.asked += 1
        self.tokens.append(f"renewed-token-{self.asked}")
        return self.asked <= self.renewals


def create(session: Session) -> Answer:
    return session.send("POST", "/api/v2/imports/tickets.json", {"ticket": {}}, safe_to_repeat=False)


def local(server: Helpdesk, open_session: Opening, **limits: float) -> Session:
    return open_session(server.url, trusted_host=True, limits=Limits(**{"attempts": 1} | limits))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------- what goes out


@responses.activate
def test_a_read_is_signed_and_its_answer_taken_apart(open_session: Opening, clock: FakeClock) -> None:
    date = formatdate(NOW - 90, usegmt=True)
    responses.get(URL, json={"user": {"id": 7}}, headers={"Date": date, "X-Zendesk-API-Warn": "unpermitted"})
    session = open_session()
    answer = session.get(ME, {"include": "roles", "ids": ["1", "2"], "page[size]": 100})
    sent = responses.calls[0].request
    assert sent.url == f"{URL}?include=roles&ids=1&ids=2&page%5Bsize%5D=100"
    assert sent.headers["Authorization"] == "Bearer token-of-the-bot"
    assert sent.headers["Accept"] == "application/json"
    assert (answer.status, answer.mapping()) == (200, {"user": {"id": 7}})
    assert answer.headers["x-zendesk-api-warn"] == "unpermitted"
    assert (answer.server_time, session.server_time, session.skew) == (NOW - 90, NOW - 90, 90)
    assert (session.requests_made, session.seconds_waited, clock.slept) == (1, 0, [])


@responses.activate
def test_a_write_is_sent_as_json_with_its_own_headers(open_session: Opening) -> None:
    responses.put(URL, json={"ok": True}, status=201)
    headers = {"Idempotency-Key": "k-1", "Authorization": "mine"}
    answer = open_session().send("PUT", ME, {"name": "An"}, safe_to_repeat=True, headers=headers, params={"async": 1})
    sent = responses.calls[0].request
    assert json.loads(sent.body or b"") == {"name": "An"}
    assert sent.url == f"{URL}?async=1"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["Idempotency-Key"] == "k-1"
    assert sent.headers["Authorization"] == "Bearer token-of-the-bot"
    assert answer.status == 201


@responses.activate
def test_a_write_without_payload_has_no_body(open_session: Opening) -> None:
    responses.delete(URL, status=204)
    answer = open_session().send("DELETE", ME, None, safe_to_repeat=True)
    assert responses.calls[0].request.body is None
    assert answer.json is None


@responses.activate
def test_an_unsigned_request_carries_no_credentials(open_session: Opening) -> None:
    responses.post(f"{HOST}/oauth/tokens", json={"access_token": "x"})
    open_session().send("POST", "/oauth/tokens", {}, safe_to_repeat=True, unsigned=True)
    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
def test_an_address_that_is_whole_already_must_be_our_own(open_session: Opening) -> None:
    responses.get(URL, json={})
    session = open_session()
    session.get(URL)
    for elsewhere in (
        "https://evil.example/api/v2/users/me.json",
        "http://saomai.zendesk.com/api/v2/users/me.json",
        "https://saomai.zendesk.com:8443/api/v2/users/me.json",
        "https://saomai.zendesk.com@evil.example/",
        "https://saomai.zendesk.com\\@evil.example/",
        "@evil.example/",
        "users/me.json",
        "file:///etc/passwd",
        "https://[",
    ):
        with pytest.raises(AddressError, match="never sent there"):
            session.get(elsewhere)
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("path", ["//evil.example/x", "/@evil.example/x", "/\\evil.example/x", "/../x"])
def test_fault_39_no_path_changes_the_host(open_session: Opening, path: str) -> None:
    responses.get(re.compile(".*"), json={})
    open_session().get(path)
    assert str(responses.calls[0].request.url).startswith(f"{HOST}/")


@responses.activate
def test_a_base_url_may_have_a_path_of_its_own(open_session: Opening) -> None:
    responses.get(f"https://saomai.zendesk.com:444/helpdesk{ME}", json={})
    assert open_session("https://saomai.zendesk.com:444/helpdesk/").get(ME).status == 200


@responses.activate
def test_limits_and_rights_are_about_the_path_after_base_url(open_session: Opening, clock: FakeClock) -> None:
    responses.get(f"{HOST}/helpdesk{ME}", status=403)
    session = open_session(f"{HOST}/helpdesk", quota=Quota(0.5, clock, {"/api/v2/users": Allowance(2)}))
    for _ in range(2):
        with pytest.raises(SignInError, match=f"allows reading {ME}"):
            session.get(ME)
    assert clock.slept == [60]


@pytest.mark.parametrize(
    ("base_url", "trusted"),
    [
        ("http://saomai.zendesk.com", False),
        ("http://saomai.zendesk.com", True),
        ("http://169.254.169.254", True),
        ("http://127.0.0.1:8000", False),
        ("http://localhost.evil.example", True),
        ("ftp://saomai.zendesk.com", True),
        ("file:///etc/passwd", True),
        ("saomai.zendesk.com", True),
        ("https://", True),
        ("https://bot:hunter22@saomai.zendesk.com", True),
        ("https://saomai.zendesk.com?x=1", True),
        ("https://saomai.zendesk.com/#x", True),
        ("https://s\u0430omai.zendesk.com", True),
        ("https://saomai.zendesk.com:port", True),
        ("https://[::1", True),
        ("https://saomai.zendesk.com\n", True),
        ("https://saomai.zendesk.com\\.evil.example", True),
    ],
)
def test_fault_39_an_address_that_credentials_must_not_go_to_is_refused(
    open_session: Opening, base_url: str, *, trusted: bool
) -> None:
    with pytest.raises(AddressError, match="base_url") as caught:
        open_session(base_url, trusted_host=trusted)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"])
def test_plain_http_is_for_a_trusted_loopback_host(open_session: Opening, base_url: str) -> None:
    with pytest.raises(TransientError, match=re.escape(base_url)):
        open_session(base_url, trusted_host=True, limits=Limits(attempts=1)).get(ME)


@responses.activate
def test_fault_39_netrc_and_cookies_add_no_credentials(
    open_session: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine saomai.zendesk.com login someone password else")
    monkeypatch.setenv("NETRC", str(netrc))
    responses.get(URL, json={}, headers={"Set-Cookie": "_session=abc; path=/"})
    session = open_session()
    session.get(ME)
    session.send("GET", ME, None, safe_to_repeat=True, unsigned=True)
    signed, unsigned = (call.request.headers for call in responses.calls)
    assert signed["Authorization"] == "Bearer token-of-the-bot"
    assert "Authorization" not in unsigned
    assert "Cookie" not in unsigned


@responses.activate
def test_encrypted_sessions_use_the_environments_proxy_and_loopback_never_does(
    open_session: Opening, loopback: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    responses.add_passthru(re.compile(r"https?://.*"))
    server = loopback(OK_BYTES)
    assert local(server, open_session).get(ME).json == {"a": 1}
    with pytest.raises(TransientError, match="proxy"):
        open_session(limits=Limits(attempts=1)).get(ME)


@pytest.mark.parametrize("token", ["with\r\nbreak", "v\u1ecbetnam", "tab\there"])
def test_credentials_that_cannot_be_sent_are_not(open_session: Opening, token: str) -> None:
    with pytest.raises(SignInError, match="character that cannot be sent") as caught:
        open_session(sign_in=Bearer(token)).get(ME)
    assert token not in str(caught.value)


# --------------------------------------------------------------------------------------- waiting and repeating


@responses.activate
@pytest.mark.parametrize("status", [429, 503])
def test_a_rate_limited_read_waits_as_long_as_it_is_told(open_session: Opening, clock: FakeClock, status: int) -> None:
    responses.get(URL, status=status, body="Number of allowed API requests exceeded", headers={"Retry-After": "37"})
    responses.get(URL, json={"done": True})
    session = open_session()
    assert session.get(ME).json == {"done": True}
    assert clock.slept == [37]
    assert (session.seconds_waited, session.requests_made) == (37, 2)


@responses.activate
def test_fault_07_a_date_to_wait_for_is_read_on_the_helpdesks_clock(open_session: Opening, clock: FakeClock) -> None:
    behind = NOW - 7200
    told = {"Date": formatdate(behind, usegmt=True), "Retry-After": formatdate(behind + 45, usegmt=True)}
    responses.get(URL, status=429, headers=told)
    responses.get(URL, status=429, headers={"Retry-After": formatdate(NOW + 45 + 20, usegmt=True)})
    responses.get(URL, json={})
    open_session().get(ME)
    assert clock.slept == [45, 20]


@responses.activate
@pytest.mark.parametrize("told", [None, "0", "-5", "", "soon", "nan", "Thu, 01 Jan 1970 00:00:00 GMT", "1e9"])
def test_fault_07_without_a_usable_wait_it_backs_off_longer_each_time(
    open_session: Opening, clock: FakeClock, told: str | None
) -> None:
    for _ in range(4):
        responses.get(URL, status=429, headers={} if told is None else {"Retry-After": told})
    responses.get(URL, json={})
    open_session().get(ME)
    assert len(clock.slept) == 4
    for waited, whole in zip(clock.slept, (1, 2, 4, 8), strict=True):
        assert whole / 2 <= waited <= whole


@responses.activate
@pytest.mark.parametrize("told", ["1000000000", "9" * 400, "Fri, 31 Dec 2100 23:59:59 GMT", "3600.5"])
def test_fault_07_an_absurd_wait_is_cut_and_warned_about(
    open_session: Opening, clock: FakeClock, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    responses.get(URL, status=429, headers={"Retry-After": told})
    responses.get(URL, json={})
    open_session().get(ME)
    assert clock.slept == [600]
    assert "waiting less" in caplog.text


@responses.activate
def test_fault_07_a_wait_that_cannot_be_a_date_is_passed_over(open_session: Opening, clock: FakeClock) -> None:
    responses.get(URL, status=429, headers={"Retry-After": "Mon, 99 Foo 99999 00:00:00 GMT"})
    responses.get(URL, json={})
    open_session().get(ME)
    assert len(clock.slept) == 1


@responses.activate
def test_fault_08_a_rate_limit_without_end_stops_at_the_deadline(open_session: Opening, clock: FakeClock) -> None:
    responses.get(URL, status=429, headers={"Retry-After": "60"})
    session = open_session(limits=Limits(deadline_seconds=630, attempts=2))
    with pytest.raises(TransientError, match="429") as caught:
        session.get(ME)
    assert caught.value.after == 60
    assert clock.slept == [60] * 10
    session.begin()
    with pytest.raises(TransientError):
        session.get(ME)
    assert clock.slept == [60] * 20


@responses.activate
def test_fault_08_waits_are_announced(open_session: Opening, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    responses.get(URL, status=429, headers={"Retry-After": "37"})
    responses.get(URL, json={})
    open_session().get(ME)
    assert "Waiting 37.0 s before asking saomai.zendesk.com again" in caplog.text


@responses.activate
@pytest.mark.parametrize("status", [408, 500, 502, 504, 520])
def test_fault_11_a_broken_helpdesk_is_asked_a_few_times(open_session: Opening, clock: FakeClock, status: int) -> None:
    responses.get(URL, status=status, body=HTML)
    with pytest.raises(TransientError, match=f"{status} Sign in Welcome & log in") as caught:
        open_session(limits=Limits(attempts=3)).get(ME)
    assert len(responses.calls) == 3
    assert len(clock.slept) == 2
    assert caught.value.after is not None


@responses.activate
def test_fault_11_a_helpdesk_that_keeps_failing_is_left_alone_until_the_next_pass(open_session: Opening) -> None:
    responses.get(URL, status=500)
    session = open_session(limits=Limits(attempts=2, failures=3))
    for _ in range(3):
        with pytest.raises(TransientError, match="500"):
            session.get(ME)
    with pytest.raises(TransientError, match="3 requests in a row"):
        session.get(ME)
    assert len(responses.calls) == 6
    session.begin()
    responses.replace(responses.GET, URL, json={"a": 1})
    assert session.get(ME).json == {"a": 1}


@responses.activate
@pytest.mark.parametrize("between", [{"json": {}}, {"status": 422, "json": {}}])
def test_an_answer_of_any_kind_shows_that_the_helpdesk_is_there(open_session: Opening, between: dict[str, Any]) -> None:
    session = open_session(limits=Limits(attempts=1, failures=2))
    for kind in ({"status": 500}, between, {"status": 500}):
        responses.upsert(responses.GET, URL, **kind)
        with contextlib.suppress(TransientError, RefusedError):
            session.get(ME)
    responses.upsert(responses.GET, URL, json={"a": 1})
    assert session.get(ME).json == {"a": 1}


@responses.activate
def test_a_rate_limit_never_consumes_an_attempt(open_session: Opening) -> None:
    for status in (500, 429, 503, 429, 500):
        responses.get(URL, status=status)
    responses.get(URL, json={"done": True})
    assert open_session(limits=Limits(attempts=3)).get(ME).json == {"done": True}


@responses.activate
def test_repeats_end_at_the_deadline_even_with_attempts_left(open_session: Opening, clock: FakeClock) -> None:
    responses.get(URL, status=500)
    with pytest.raises(TransientError) as caught:
        open_session(limits=Limits(attempts=50, deadline_seconds=5)).get(ME)
    assert sum(clock.slept) <= 5
    assert caught.value.after is not None
    assert sum(clock.slept) + caught.value.after > 5


def test_the_backoff_stays_within_its_bounds() -> None:
    steady: Any = type("Steady", (), {"uniform": staticmethod(lambda _low, high: high)})()
    assert [backoff(attempt, steady) for attempt in (1, 2, 3, 7, 8, 5000)] == [1, 2, 4, 64, 64, 64]


@responses.activate
def test_fault_09_our_share_is_waited_for(open_session: Opening, clock: FakeClock) -> None:
    told = {"x-rate-limit": "10", "x-rate-limit-remaining": "5", "rate-limit-reset": "21"}
    responses.get(URL, json={}, headers=told)
    session = open_session(quota=Quota(0.5, clock))
    session.get(ME)
    session.get(ME)
    assert clock.slept == [21]
    assert session.seconds_waited == 21


@responses.activate
def test_fault_09_a_share_that_frees_up_too_late_ends_the_pass(open_session: Opening, clock: FakeClock) -> None:
    responses.get(URL, json={})
    quota = Quota(0.5, clock, {"/api/v2/users": Allowance(2, 600)})
    session = open_session(quota=quota, limits=Limits(deadline_seconds=599))
    session.get(ME)
    with pytest.raises(TransientError, match="share") as caught:
        session.get(ME)
    assert caught.value.after == 600
    assert len(responses.calls) == 1


@responses.activate
def test_repeats_count_against_our_share_as_well(open_session: Opening, clock: FakeClock) -> None:
    responses.get(URL, status=500)
    responses.get(URL, json={})
    open_session(quota=Quota(0.5, clock, {"/api/v2/users": Allowance(2, 600)})).get(ME)
    assert sum(clock.slept) == pytest.approx(600)


# ------------------------------------------------------------------------------------ writes that must not be doubled


@responses.activate
@pytest.mark.parametrize("status", [429, 503])
def test_a_creation_that_was_put_off_is_sent_again(open_session: Opening, clock: FakeClock, status: int) -> None:
    responses.post(f"{HOST}/api/v2/imports/tickets.json", status=status, headers={"Retry-After": "9"})
    responses.post(f"{HOST}/api/v2/imports/tickets.json", status=201, json={"ticket": {"id": 1}})
    assert create(open_session()).status == 201
    assert clock.slept == [9]


@responses.activate
@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_creation_that_broke_is_in_doubt_and_not_repeated(open_session: Opening, status: int) -> None:
    responses.post(f"{HOST}/api/v2/imports/tickets.json", status=status)
    with pytest.raises(InDoubtError, match=f"HTTP {status}"):
        create(open_session())
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("body", ["", HTML, '{"ticket": '])
def test_a_creation_with_an_unreadable_answer_is_in_doubt(open_session: Opening, body: str) -> None:
    responses.post(f"{HOST}/api/v2/imports/tickets.json", body=body)
    with pytest.raises(InDoubtError):
        create(open_session())
    assert len(responses.calls) == 1


@responses.activate
def test_a_creation_with_an_endless_answer_is_in_doubt(open_session: Opening) -> None:
    responses.post(f"{HOST}/api/v2/imports/tickets.json", json=["x" * 1000])
    with pytest.raises(InDoubtError, match="more than 100 bytes"):
        create(open_session(limits=Limits(max_bytes=100)))


def test_a_creation_whose_connection_drops_is_in_doubt(open_session: Opening, loopback: Starting) -> None:
    server = loopback(lambda _connection: None, OK_BYTES)
    with pytest.raises(InDoubtError, match="looked up"):
        create(local(server, open_session, attempts=5))
    assert len(server.heads) == 1


def test_a_creation_that_was_never_sent_is_repeated_and_not_in_doubt(open_session: Opening, clock: FakeClock) -> None:
    session = open_session("http://127.0.0.1:1", trusted_host=True, limits=Limits(attempts=3))
    with pytest.raises(TransientError, match="cannot be reached"):
        create(session)
    assert len(clock.slept) == 2


def test_a_creation_nobody_accepted_in_time_was_never_sent(open_session: Opening) -> None:
    with responses.RequestsMock() as helpdesk:
        helpdesk.post(f"{HOST}/api/v2/imports/tickets.json", body=requests.ConnectTimeout("timed out"))
        with pytest.raises(TransientError, match="timed out"):
            create(open_session(limits=Limits(attempts=1)))


# -------------------------------------------------------------------------------------------- refusals and sign-in


@responses.activate
@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 413, 422])
def test_a_refusal_carries_its_status_and_what_it_says(open_session: Opening, status: int) -> None:
    responses.get(URL, status=status, json={"error": "RecordInvalid", "description": "x" * 600})
    with pytest.raises(RefusedError, match="RecordInvalid") as caught:
        open_session().get(ME)
    assert caught.value.status == status
    assert len(caught.value.detail) == 500
    assert caught.value.detail.startswith('{"error": "RecordInvalid"')
    assert len(responses.calls) == 1


@responses.activate
def test_fault_43_what_a_refusal_says_is_one_clean_line(open_session: Opening) -> None:
    responses.get(URL, status=404, body="No\r\nhelp \x1b[31mdesk\u202e at\x00 all \xff".encode("latin-1", "replace"))
    with pytest.raises(RefusedError) as caught:
        open_session().get(ME)
    assert caught.value.detail == "No help [31mdesk? at all \ufffd"


@responses.activate
def test_an_expired_token_is_renewed_once(open_session: Opening) -> None:
    responses.get(URL, status=401)
    responses.get(URL, json={"done": True})
    token = RenewedToken(renewals=1)
    assert open_session(sign_in=token).get(ME).json == {"done": True}
    sent = [call.request.headers["Authorization"] for call in responses.calls]
    assert sent == ["Bearer first-token", "Bearer renewed-token-1"]


@responses.activate
@pytest.mark.parametrize(("renewals", "requests_made"), [(0, 1), (9, 2)])
def test_fault_37_a_refused_sign_in_is_not_tried_until_the_account_locks(
    open_session: Opening, renewals: int, requests_made: int
) -> None:
    responses.get(URL, status=401, json={"error": "Couldn't authenticate you"})
    token = RenewedToken(renewals)
    with pytest.raises(SignInError, match="Couldn't authenticate you") as caught:
        open_session(sign_in=token).get(ME)
    assert len(responses.calls) == requests_made
    assert token.asked == 1
    assert caught.value.status == 401


@responses.activate
def test_an_unsigned_request_is_never_signed_after_a_401(open_session: Opening) -> None:
    responses.post(f"{HOST}/oauth/tokens", status=401, json={"error": "invalid_client"})
    token = RenewedToken(renewals=9)
    with pytest.raises(SignInError, match="invalid_client"):
        open_session(sign_in=token).send("POST", "/oauth/tokens", {}, safe_to_repeat=True, unsigned=True)
    assert token.asked == 0


@responses.activate
@pytest.mark.parametrize(("method", "right"), [("GET", "reading"), ("PUT", "writing to")])
def test_fault_37_a_missing_right_names_the_path_and_what_is_missing(
    open_session: Opening, method: str, right: str
) -> None:
    responses.add(method, URL, status=403, json={"error": "Forbidden"})
    with pytest.raises(SignInError, match=f"role or scope that allows {right} {ME}") as caught:
        open_session().send(method, ME, None, safe_to_repeat=True)
    assert (caught.value.status, caught.value.detail) == (403, '{"error": "Forbidden"}')


@responses.activate
@pytest.mark.parametrize("location", ["https://evil.example/steal?x=1", "//evil.example/", "http://evil.example"])
def test_fault_39_a_redirect_to_another_host_is_not_followed(open_session: Opening, location: str) -> None:
    responses.get(URL, status=302, headers={"Location": location})
    with pytest.raises(AddressError, match=r"evil\.example"):
        open_session().get(ME)
    assert len(responses.calls) == 1


@responses.activate
def test_a_redirect_to_nowhere_is_reported_as_one(open_session: Opening) -> None:
    responses.get(URL, status=302, headers={"Location": "https://[bad"})
    with pytest.raises(AddressError, match=r"redirected \(302\)"):
        open_session().get(ME)


@responses.activate
@pytest.mark.parametrize("headers", [{"Location": "/access/login?return_to=x"}, {}])
def test_a_redirect_within_the_host_is_refused(open_session: Opening, headers: dict[str, str]) -> None:
    responses.get(URL, status=301, headers=headers)
    with pytest.raises(RefusedError, match="within saomai") as caught:
        open_session().get(ME)
    assert caught.value.status == 301


# --------------------------------------------------------------------------------------------- what comes back


@responses.activate
@pytest.mark.parametrize(
    ("body", "content_type", "shown"),
    [
        (HTML, "text/html", "text/html “Sign in Welcome & log in”"),
        ("  <p>" + "x" * 200, "text/html", "text/html “" + "x" * 80 + "”"),
        ('{"user": {"id"', "application/json", "application/json “{"),
        ('{"user": 1} trailing', "application/json", "trailing"),
        ("", "application/json", "application/json “”"),
        ('{"value": NaN}', "application/json", "NaN"),
        (b'{"name": "\xff\xfe"}', "application/json", "application/json"),
        ("[" * 200_000, "application/json", "application/json"),
    ],
)
def test_fault_24_an_answer_that_is_no_json_is_asked_for_again_and_then_reported(
    open_session: Opening, body: str | bytes, content_type: str, shown: str
) -> None:
    responses.get(URL, body=body, content_type=content_type)
    with pytest.raises(UnexpectedPayloadError, match=re.escape(shown)):
        open_session(limits=Limits(attempts=3)).get(ME)
    assert len(responses.calls) == 3


@responses.activate
def test_fault_24_a_page_that_was_garbled_once_is_read_the_second_time(open_session: Opening) -> None:
    responses.get(URL, body=HTML, content_type="text/html")
    responses.get(URL, json={"done": True})
    assert open_session().get(ME).json == {"done": True}


@responses.activate
@pytest.mark.parametrize(("status", "body"), [(201, ""), (202, " "), (204, "")])
def test_nothing_to_say_is_an_answer_where_nothing_is_expected(open_session: Opening, status: int, body: str) -> None:
    responses.post(f"{HOST}/api/v2/imports/tickets.json", status=status, body=body)
    assert create(open_session()).json is None


@responses.activate
@pytest.mark.parametrize("content", [[], None, "text", 7])
def test_fault_24_a_list_where_an_object_was_expected_is_reported(open_session: Opening, content: object) -> None:
    responses.get(URL, body=json.dumps(content))
    with pytest.raises(UnexpectedPayloadError, match=f"GET saomai.*{type(content).__name__}"):
        open_session().get(ME).mapping()


@responses.activate
def test_a_date_that_is_none_changes_no_clock(open_session: Opening) -> None:
    responses.get(URL, json={}, headers={"Date": formatdate(NOW)})
    responses.get(URL, json={}, headers={"Date": "today"})
    session = open_session()
    assert session.get(ME).server_time == NOW
    assert session.get(ME).server_time is None
    assert (session.server_time, session.skew) == (NOW, 0)


@responses.activate
def test_fault_11_a_body_that_is_too_large_is_refused_at_once(open_session: Opening) -> None:
    responses.get(URL, json=["x" * 1000])
    with pytest.raises(UnexpectedPayloadError, match="more than 1000 bytes"):
        open_session(limits=Limits(max_bytes=1000)).get(ME)
    assert len(responses.calls) == 1


def test_fault_11_a_redirects_body_is_not_swallowed_whole(open_session: Opening, loopback: Starting) -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n")
        while sent < 1_000:
            connection.sendall(b" " * 65_536)
            sent += 1

    with pytest.raises(AddressError, match=r"evil\.example"):
        local(loopback(endless), open_session).get(ME)
    assert sent < 1_000


# ------------------------------------------------------------------------------------------ a real network's moods


def test_a_connection_is_kept_for_the_next_request(open_session: Opening, loopback: Starting) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1,2\r\n1\r\n]\r\n0\r\n\r\n"
    server = loopback(OK_BYTES, chunked, OK_BYTES)
    session = local(server, open_session)
    assert [session.get(ME).json for _ in range(3)] == [{"a": 1}, [1, 2], {"a": 1}]
    assert server.connections == 1


def test_fault_11_a_dropped_connection_is_tried_again(open_session: Opening, loopback: Starting) -> None:
    server = loopback(lambda _connection: None, OK_BYTES)
    assert local(server, open_session, attempts=2).get(ME).json == {"a": 1}


def test_fault_11_a_truncated_body_is_tried_again_and_then_reported(open_session: Opening, loopback: Starting) -> None:
    def truncated(connection: socket.socket) -> None:
        connection.sendall(OK_BYTES[:-3])

    def unchunked(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{")

    server = loopback(truncated, OK_BYTES, truncated, unchunked)
    session = local(server, open_session, attempts=2)
    assert session.get(ME).json == {"a": 1}
    with pytest.raises(UnexpectedPayloadError, match="no JSON"):
        session.get(ME)


def test_fault_11_a_connection_reset_within_the_body_is_no_ones_payload(
    open_session: Opening, loopback: Starting
) -> None:
    def reset(connection: socket.socket) -> None:
        connection.sendall(OK_BYTES[:-3])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    with pytest.raises(TransientError, match=r"(?i)reset"):
        local(loopback(reset), open_session).get(ME)


def test_fault_11_a_body_that_drips_is_cut_off(open_session: Opening, loopback: Starting) -> None:
    enough = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not enough.wait(0.02):
            connection.sendall(b" ")

    session = local(loopback(drip), open_session, body_seconds=0.1, read_timeout=5)
    try:
        with pytest.raises(TransientError, match=r"not complete after 0\.1 seconds"):
            session.get(ME)
    finally:
        enough.set()


def test_fault_11_a_refusal_that_drips_is_a_refusal_all_the_same(open_session: Opening, loopback: Starting) -> None:
    enough = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n")
        while not enough.wait(0.02):
            connection.sendall(b"x")

    session = local(loopback(drip), open_session, read_timeout=0.1)
    try:
        with pytest.raises(RefusedError, match="xx"):
            session.get(ME)
    finally:
        enough.set()


def test_a_truncated_refusal_is_a_refusal_all_the_same(open_session: Opening, loopback: Starting) -> None:
    server = loopback(lambda connection: connection.sendall(b"HTTP/1.1 404 Gone\r\nContent-Length: 99\r\n\r\ncut"))
    with pytest.raises(RefusedError, match="cut"):
        local(server, open_session).get(ME)


def test_fault_11_a_silent_helpdesk_times_out(open_session: Opening, loopback: Starting) -> None:
    enough = threading.Event()
    session = local(loopback(lambda _connection: enough.wait(2)), open_session, read_timeout=0.1)
    try:
        with pytest.raises(TransientError, match="timed out"):
            session.get(ME)
    finally:
        enough.set()


def test_fault_11_a_gzip_bomb_is_not_unpacked(open_session: Opening, loopback: Starting) -> None:
    bomb = gzip.compress(b"[" + b" " * 30_000_000 + b"]")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with pytest.raises(UnexpectedPayloadError, match="more than 1000000 bytes"):
        local(loopback(head + bomb), open_session, max_bytes=1_000_000).get(ME)


def test_a_packed_answer_is_unpacked(open_session: Opening, loopback: Starting) -> None:
    packed = gzip.compress(json.dumps(["x" * 100_000]).encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert local(loopback(head + packed), open_session).get(ME).json == ["x" * 100_000]


def test_fault_11_a_body_that_is_not_what_it_says_is_reported(open_session: Opening, loopback: Starting) -> None:
    lie = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip"
    with pytest.raises(UnexpectedPayloadError, match="no JSON"):
        local(loopback(lie), open_session).get(ME)


def test_fault_11_a_body_without_end_is_cut_off(open_session: Opening, loopback: Starting) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * 65_536)

    with pytest.raises(UnexpectedPayloadError, match="more than 1000000 bytes"):
        local(loopback(endless), open_session, max_bytes=1_000_000).get(ME)


def test_an_answer_that_is_no_http_is_transient(open_session: Opening, loopback: Starting) -> None:
    with pytest.raises(TransientError, match="connection broke"):
        local(loopback(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")), open_session).get(ME)


def looked_up(error: Exception) -> Callable[..., NoReturn]:
    def look_up(*_: object, **__: object) -> NoReturn:
        raise error

    return look_up


def test_fault_11_a_host_that_does_not_exist_is_named(open_session: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    monkeypatch.setattr(socket, "getaddrinfo", looked_up(unknown))
    session = open_session("https://no-such-account.zendesk.com")
    with pytest.raises(AddressError, match=r"https://no-such-account\.zendesk\.com: there is no host"):
        session.get(ME)
    assert session.requests_made == 1


def test_fault_11_a_name_service_that_is_down_passes(open_session: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    down = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    monkeypatch.setattr(socket, "getaddrinfo", looked_up(down))
    session = open_session(limits=Limits(attempts=3))
    with pytest.raises(TransientError, match="looked up just now"):
        create(session)
    assert session.requests_made == 3


def test_the_callers_own_trouble_is_not_taken_for_the_sessions(open_session: Opening) -> None:
    session = open_session("http://127.0.0.1:1", trusted_host=True, limits=Limits(attempts=1))
    try:
        looked_up(NameResolutionError("other.example", None, socket.gaierror(1, "unknown")))()  # type: ignore[arg-type]
    except NameResolutionError:
        with pytest.raises(TransientError, match="cannot be reached"):
            session.get(ME)


# ----------------------------------------------------------------------------------------------------------- TLS


@pytest.fixture
def no_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_bundles")
def test_fault_40_a_certificate_nobody_vouches_for_is_refused(open_session: Opening, loopback: Starting) -> None:
    server = loopback(OK_BYTES, tls=True)
    with pytest.raises(AddressError, match=r"self-signed certificate.*set ca_bundle"):
        open_session(f"https://localhost:{server.port}").get(ME)
    assert server.heads == []


@pytest.mark.usefixtures("no_bundles")
def test_fault_40_a_companys_own_certificate_is_trusted_when_given(open_session: Opening, loopback: Starting) -> None:
    server = loopback(OK_BYTES, tls=True)
    session = open_session(f"https://localhost:{server.port}", ca_bundle=str(CERTIFICATE))
    assert session.get(ME).json == {"a": 1}


def test_fault_40_the_given_certificates_go_before_the_environments(
    open_session: Opening, loopback: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at-all.pem")
    server = loopback(OK_BYTES, tls=True)
    url = f"https://localhost:{server.port}"
    assert open_session(url, ca_bundle=str(CERTIFICATE)).get(ME).json == {"a": 1}
    with pytest.raises(AddressError, match=r"at-all\.pem"):
        open_session(url).get(ME)


@pytest.mark.usefixtures("no_bundles")
def test_fault_40_a_certificate_for_another_host_is_refused(open_session: Opening, loopback: Starting) -> None:
    server = loopback(OK_BYTES, tls=True)
    with pytest.raises(AddressError, match=r"127\.0\.0\.1"):
        open_session(f"https://127.0.0.1:{server.port}", ca_bundle=str(CERTIFICATE)).get(ME)
    assert server.heads == []


@pytest.mark.usefixtures("no_bundles")
def test_fault_40_a_helpdesk_that_speaks_no_tls_is_refused(open_session: Opening, loopback: Starting) -> None:
    server = loopback(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(AddressError, match="no secure connection"):
        open_session(f"https://127.0.0.1:{server.port}").get(ME)


@pytest.mark.usefixtures("no_bundles")
def test_a_handshake_that_is_cut_passes(open_session: Opening, loopback: Starting) -> None:
    session = open_session(f"https://127.0.0.1:{loopback(cut=True).port}", limits=Limits(attempts=2))
    with pytest.raises(TransientError, match="connection broke"):
        session.get(ME)
    assert session.requests_made == 2


@pytest.mark.usefixtures("no_bundles")
def test_fault_11_a_handshake_that_stalls_times_out(open_session: Opening) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        session = open_session(
            f"https://127.0.0.1:{silent.getsockname()[1]}", limits=Limits(attempts=1, connect_timeout=0.1)
        )
        with pytest.raises(TransientError, match="timed out"):
            session.get(ME)


def test_fault_40_a_ca_bundle_must_be_a_file(open_session: Opening, tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="ca_bundle"):
        open_session(ca_bundle=str(tmp_path / "missing.pem"))


@responses.activate
def test_an_address_the_http_library_cannot_use_is_named(open_session: Opening) -> None:
    responses.get(URL, body=requests.exceptions.InvalidURL("label too long"))
    with pytest.raises(AddressError, match="label too long"):
        open_session().get(ME)


# ------------------------------------------------------------------------------------------------------- secrets

CANARY = "cänary/of the+coal=mine"
TOKEN = "bird-in-the-bearer"
COOKIE = "crumb-in-the-cookie"
TRACES = (CANARY, "c%C3%A4nary%2Fof", "canary", "coal", TOKEN, COOKIE, base64.b64encode(CANARY.encode()).decode())


def everything_said(error: BaseException) -> str:
    """Return the text, the repr, the arguments and the traceback of an exception and of all it is chained to."""
    said = "".join(traceback.format_exception(error))
    seen: BaseException | None = error
    while seen is not None:
        said += f"{seen} {seen!r} {seen.args!r} {getattr(seen, 'detail', '')}"
        said += everything_said(seen.__context__) if seen.__context__ not in (None, seen.__cause__) else ""
        seen = seen.__cause__
    return said


def echo(**changes: object) -> dict[str, Any]:
    body = f"You sent {CANARY}, {json.dumps(CANARY)}, Bearer {TOKEN}, {COOKIE} <b>{'x' * 450}</b> {CANARY}"
    return {"body": body, "headers": {"Location": f"https://evil.example/?{CANARY}"}} | changes


@responses.activate
@pytest.mark.parametrize(
    ("method", "answer"),
    [
        *(
            (method, echo(status=status))
            for method in ("GET", "POST")
            for status in (302, 400, 401, 403, 404, 429, 500)
        ),
        ("GET", echo(status=200, content_type=f"text/{CANARY}")),
        ("POST", echo(status=200)),
        ("GET", echo(status=302, headers={"Location": f"/login?{CANARY}"})),
        ("GET", {"body": requests.ConnectionError(f"to {CANARY} with {TOKEN}")}),
        ("POST", {"body": requests.ReadTimeout(f"to {CANARY} with {TOKEN}")}),
        ("GET", {"body": requests.exceptions.SSLError(ssl.SSLError(1, f"{CANARY} {TOKEN}"))}),
        ("GET", {"body": requests.exceptions.ProxyError(f"http://user:{CANARY}@proxy")}),
        ("GET", {"body": requests.exceptions.InvalidURL(f"https://{CANARY}")}),
        ("GET", {"body": requests.ConnectionError(NewConnectionError(None, f"{CANARY}"))}),  # type: ignore[arg-type]
    ],
)
def test_fault_38_no_secret_enters_an_error(
    open_session: Opening, caplog: pytest.LogCaptureFixture, method: str, answer: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    responses.add(method, URL, **answer)
    session = open_session(sign_in=Bearer(TOKEN), secrets=[CANARY, ""], limits=Limits(attempts=2, deadline_seconds=3))
    with pytest.raises(ConnectorError) as caught:
        session.send(
            method,
            ME,
            {"secret": CANARY},
            safe_to_repeat=method == "GET",
            params={"secret": CANARY},
            headers={"Cookie": f"other=1; crumb={COOKIE}"},
        )
    said = everything_said(caught.value) + caplog.text
    assert [trace for trace in TRACES if trace in said] == []
    assert ME in said or HOST in said


def test_fault_38_no_secret_enters_the_http_librarys_log(
    open_session: Opening, loopback: Starting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = loopback(OK_BYTES, OK_BYTES)
    session = open_session(server.url, trusted_host=True, secrets=[CANARY])
    session.get(ME, {"q": CANARY})
    assert ME in caplog.text
    assert [trace for trace in TRACES if trace in caplog.text] == []
    session.close()
    session.get(ME, {"q": CANARY})
    assert "c%C3%A4nary%2Fof" in caplog.text


def test_fault_38_a_logged_exception_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    redaction = Redaction([CANARY])
    redaction.guard_logs()
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger("urllib3.connectionpool").exception("failed with %s", CANARY)
    finally:
        redaction.release_logs()
    assert "failed with ***" in caplog.text
    assert "ValueError: invalid literal for int() with base 10: '***'" in caplog.text


def test_fault_38_each_accounts_secrets_are_hidden_though_several_redact(caplog: pytest.LogCaptureFixture) -> None:
    several = [Redaction(["somebody-elses"]), Redaction([CANARY])]
    for each in several:
        each.guard_logs()
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger("urllib3.connectionpool").exception("failed")
    finally:
        for each in several:
            each.release_logs()
    assert "failed" in caplog.text
    assert CANARY not in caplog.text


@responses.activate
def test_fault_38_a_secret_is_hidden_before_a_text_is_cut(open_session: Opening) -> None:
    long = requests.ConnectionError("x" * 190 + CANARY)
    responses.get(URL, body=long)
    responses.get(f"{HOST}/api", body="y" * 70 + " " + CANARY)
    session = open_session(secrets=[CANARY], limits=Limits(attempts=1))
    for path in (ME, "/api"):
        with pytest.raises(ConnectorError, match=r"\*\*\*") as caught:
            session.get(path)
        assert "c\u00e4n" not in everything_said(caught.value)


@responses.activate
def test_fault_38_a_token_in_a_garbled_answer_is_hidden_before_it_is_known(open_session: Opening) -> None:
    responses.post(f"{HOST}/oauth/tokens", body='{"access_token": "never-seen-before", "refresh_token":"nor-th')
    with pytest.raises(UnexpectedPayloadError) as caught:
        open_session().send("POST", "/oauth/tokens", {}, safe_to_repeat=True, unsigned=True)
    assert "never-seen" not in everything_said(caught.value)
    assert "nor-th" not in everything_said(caught.value)


@responses.activate
def test_fault_38_a_password_is_hidden_in_every_spelling(open_session: Opening) -> None:
    basic = Basic("bot@saomai.vn/token", "s3cret & spaced")
    encoded = base64.b64encode(b"bot@saomai.vn/token:s3cret & spaced").decode()
    spoken = f"{encoded} s3cret & spaced s3cret+%26+spaced Authorization: Basic {encoded}"
    responses.get(URL, status=400, body=spoken)
    with pytest.raises(RefusedError) as caught:
        open_session(sign_in=basic).get(ME)
    assert responses.calls[0].request.headers["Authorization"] == f"Basic {encoded}"
    assert caught.value.detail == "*** *** *** Authorization: ***"


def test_a_header_that_only_looks_like_a_password_is_hidden_whole() -> None:
    redaction = Redaction()
    redaction.learn_header("Basic no-base64!")
    redaction.learn_header("opaque-key")
    assert redaction.hide("no-base64! opaque-key abc") == "*** *** abc"


def test_a_secret_within_another_leaves_no_rest() -> None:
    assert Redaction(["abcd", "abcdefgh"]).hide("abcdefgh abcd") == "*** ***"


def test_credentials_do_not_show_themselves(open_session: Opening) -> None:
    shown = repr((Bearer(TOKEN), Basic("bot", CANARY), open_session(secrets=[CANARY])))
    assert TOKEN not in shown
    assert CANARY not in shown


@pytest.mark.parametrize("sign_in", [Bearer("x"), Basic("x", "y")])
def test_fixed_credentials_cannot_be_renewed(open_session: Opening, sign_in: SignIn) -> None:
    assert sign_in.refresh(open_session()) is False
