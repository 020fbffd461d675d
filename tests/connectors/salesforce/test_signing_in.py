"""Signing in: an app's secret, a certificate, sessions that end, and where the org lives."""

from typing import TYPE_CHECKING

import pytest

from connectors.base import Stream
from connectors.errors import AddressError, RefusedError, SettingError, SignInError, TransientError
from connectors.exchange import Refusal, Request
from connectors.salesforce import connect, refusals
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.signing_in import audience
from connectors.waiting import Again

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.salesforce.conftest import Scene

AUTH = {"method": "oauth_client_credentials", "client_id": "3MVG9", "client_secret": "${env:SALESFORCE_TEST_SECRET}"}


def certified(make_scene: "Callable[..., Scene]", folder: "Path", **auth: str) -> "Scene":
    """Return a scene that signs in with a certificate the app knows."""
    jwt = {
        "method": "oauth_jwt_bearer",
        "client_id": "3MVG9helpdesk-kpi",
        "username": "kpi@sao-mai.example",
        "private_key": f"${{file:{folder / 'key.pem'}}}",
        **auth,
    }
    (folder / "key.pem").write_text("none yet", encoding="utf-8")
    scene = make_scene(auth=jwt)
    (folder / "key.pem").write_text(scene.sandbox.certify(), encoding="utf-8")
    return make_scene_again(scene)


def make_scene_again(scene: "Scene") -> "Scene":
    """Return the scene with a connector that has read the key."""
    scene.connector.close()
    scene.connector = connect(scene.connector.org.settings, scene.sandbox.clock)
    return scene


def test_a_certificate_signs_in(make_scene: "Callable[..., Scene]", tmp_path: "Path") -> None:
    scene = certified(make_scene, tmp_path)
    assert scene.records(Stream.GROUPS)
    scene.connector.close()


def test_a_clock_that_is_wrong_is_told_by_the_first_refusal_and_put_right(
    make_scene: "Callable[..., Scene]", tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = certified(make_scene, tmp_path)
    clock = scene.connector.session.clock
    monkeypatch.setattr(type(clock), "now", lambda self: self._world.now - 7200)
    assert scene.records(Stream.GROUPS)
    assert scene.asked("/oauth2/token") == 2
    scene.connector.close()


def test_an_assertion_that_stays_refused_is_a_sign_in_error(
    make_scene: "Callable[..., Scene]", tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = certified(make_scene, tmp_path, username="other@sao-mai.example")
    with pytest.raises(SignInError, match="hasn't approved"):
        scene.records(Stream.GROUPS)
    monkeypatch.setattr(type(scene.connector.session.clock), "now", lambda self: self._world.now - 7200)
    with pytest.raises(SignInError, match="hasn't approved"):
        scene.records(Stream.GROUPS)
    scene.connector.close()


def test_a_file_that_holds_no_key_is_said_without_its_content(
    make_scene: "Callable[..., Scene]", tmp_path: "Path"
) -> None:
    scene = certified(make_scene, tmp_path)
    (tmp_path / "key.pem").write_text("canary-7", encoding="utf-8")
    make_scene_again(scene)
    with pytest.raises(SignInError) as refused:
        scene.records(Stream.GROUPS)
    assert "private_key" in str(refused.value)
    assert "canary" not in repr(refused.value) + str(refused.value.__cause__)
    scene.connector.close()


def test_a_wrong_secret_is_told_with_the_apps_name(
    make_scene: "Callable[..., Scene]", monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene()
    monkeypatch.setenv("SALESFORCE_TEST_SECRET", "wrong")
    make_scene_again(scene)
    with pytest.raises(SignInError, match=r"3MVG9helpdesk-kpi.*invalid_client"):
        scene.records(Stream.GROUPS)
    monkeypatch.delenv("SALESFORCE_TEST_SECRET")
    make_scene_again(scene)
    with pytest.raises(SignInError, match="SALESFORCE_TEST_SECRET"):
        scene.records(Stream.GROUPS)
    assert scene.connector.package([], [])
    scene.connector.close()


def test_the_org_is_asked_where_it_says_it_lives_and_nowhere_untrusted(scene: "Scene") -> None:
    scene.sandbox.service.instance_url = scene.sandbox.base_url.replace("127.0.0.1", "localhost")
    assert scene.records(Stream.GROUPS)
    scene.sandbox.end_sessions()
    scene.sandbox.service.instance_url = "http://acme.example.com"
    with pytest.raises(AddressError):
        scene.records(Stream.GROUPS)


def test_a_days_requests_used_up_end_the_pass_and_say_when_to_ask_again(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(sandbox={"quotas": "small"})
    scene.records(Stream.GROUPS)
    scene.sandbox.service.used = 60
    with pytest.raises(TransientError, match="last 24 hours") as refused:
        scene.records(Stream.GROUPS)
    assert refused.value.after == 3600


def ask_on_and_on(scene: "Scene") -> None:
    """Ask more often than a small org may be asked in a day."""
    for _ in range(60):
        scene.records(Stream.GROUPS)


def test_a_fifth_of_the_days_requests_is_left_to_others(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(sandbox={"quotas": "small"})
    with pytest.raises(TransientError, match="share"):
        ask_on_and_on(scene)
    assert scene.sandbox.service.used == 48


def test_too_many_at_once_is_waited_out(scene: "Scene") -> None:
    told = [
        {
            "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
            "errorCode": "REQUEST_LIMIT_EXCEEDED",
        }
    ]
    scene.records(Stream.GROUPS)
    scene.sandbox.fail_next("*/query", 420)
    assert scene.records(Stream.GROUPS)

    request = Request("GET", "https://x", "/x", "GET x", "https://x", safe_to_repeat=True)
    again = refusals.read(request, Refusal(403, str(told)))
    assert isinstance(again, Again)
    assert not again.counts


@pytest.mark.parametrize(
    ("method", "status", "detail", "meant"),
    [
        ("GET", 410, "gone", SettingError),
        ("PATCH", 300, '["/services/data/v62.0/sobjects/Case/500"]', RefusedError),
        ("GET", 400, '[{"errorCode":"QUERY_TIMEOUT","message":"Your query request was running for too long."}]', Again),
        ("PATCH", 403, '[{"errorCode":"INSUFFICIENT_ACCESS_OR_READONLY"}]', RefusedError),
        ("GET", 403, '[{"errorCode":"INSUFFICIENT_ACCESS"}]', type(None)),
        ("GET", 403, '[{"errorCode":"API_DISABLED_FOR_ORG"}]', type(None)),
    ],
)
def test_a_refusal_whose_status_misleads_is_read_by_its_code(
    method: str, status: int, detail: str, meant: type[object]
) -> None:
    request = Request(method, "https://x", "/x", f"{method} x", "https://x", safe_to_repeat=True)
    assert type(refusals.read(request, Refusal(status, detail))) is meant


def test_a_sandbox_orgs_assertions_are_for_the_test_host() -> None:
    assert audience("https://acme--uat.sandbox.my.salesforce.com") == "https://test.salesforce.com"
    assert audience("https://acme.my.salesforce.com") == "https://login.salesforce.com"


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "https://login.salesforce.com"},
        {"base_url": "https://acme.lightning.force.com"},
        {"api_version": "58.0"},
        {"csat": {"scale": [1, 5]}},
        {"csat": {"field": "CSAT__c", "scale": [5, 1]}},
        {"csat": {"field": "CSAT__c; DROP", "scale": [1, 5]}},
        {"holidays": ["Tết", "Tết"]},
    ],
)
def test_settings_that_cannot_serve_are_refused(wrong: dict[str, object]) -> None:
    right = {"name": "care", "kind": "salesforce", "base_url": "https://acme.my.salesforce.com", "auth": AUTH}
    assert SalesforceSettings.model_validate(right).api_version == "62.0"
    with pytest.raises(ValueError, match=r"."):
        SalesforceSettings.model_validate({**right, **wrong})
