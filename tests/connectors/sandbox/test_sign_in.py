from collections.abc import Callable
from typing import Any

import pytest
import requests

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., Any]
EXPORT = "/api/v2/incremental/tickets/cursor.json"


def token_request(sandbox: ZendeskSandbox, **changes: object) -> requests.Response:
    body = {"grant_type": "client_credentials", **sandbox.oauth._asdict(), "scope": "read write", "expires_in": 300}
    return requests.post(f"{sandbox.base_url}/oauth/tokens", json=body | changes, timeout=5)


def test_client_credentials_give_a_token_that_expires_by_the_worlds_clock(sandbox: ZendeskSandbox, ask: Ask) -> None:
    given = token_request(sandbox)
    assert given.status_code == 201
    body = given.json()
    assert "refresh_token" not in body
    assert (body["token_type"], body["scope"], body["expires_in"]) == ("bearer", "read write", 300)
    token = body["access_token"]
    assert ask("/api/v2/users/me.json", token=token).json()["user"]["role"] == "admin"
    sandbox.advance(301)
    refused = ask("/api/v2/users/me.json", token=token)
    assert refused.status_code == 401
    assert refused.json()["error"] == "invalid_token"


def test_a_token_can_be_asked_for_with_a_form(sandbox: ZendeskSandbox) -> None:
    form = {"grant_type": "client_credentials", **sandbox.oauth._asdict()}
    given = requests.post(f"{sandbox.base_url}/oauth/tokens", data=form, timeout=5).json()
    assert (given["scope"], given["expires_in"]) == ("read", 7200)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "read everything"}, 400, "invalid_scope"),
        ({"expires_in": 299}, 400, "invalid_request"),
        ({"expires_in": 172_801}, 400, "invalid_request"),
        ({"expires_in": "soon"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_token_request_says_what_is_wrong(
    sandbox: ZendeskSandbox, changes: dict[str, object], status: int, error: str
) -> None:
    refused = token_request(sandbox, **changes)
    assert (refused.status_code, refused.json()["error"]) == (status, error)


def test_a_stranger_is_a_guest_to_users_me_and_nobody_elsewhere(sandbox: ZendeskSandbox) -> None:
    guest = requests.get(f"{sandbox.base_url}/api/v2/users/me.json", timeout=5)
    assert guest.status_code == 200
    assert guest.json()["user"]["id"] is None
    refused = requests.get(f"{sandbox.base_url}/api/v2/groups.json", timeout=5)
    assert refused.status_code == 401
    assert refused.json() == {"error": "Couldn't authenticate you"}
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="Web Password"'


def test_an_api_token_signs_in_and_a_wrong_one_does_not(sandbox: ZendeskSandbox) -> None:
    address, (email, token) = f"{sandbox.base_url}/api/v2/groups.json", sandbox.api_token
    assert requests.get(address, auth=(f"{email}/token", token), timeout=5).status_code == 200
    assert requests.get(address, auth=(email, token), timeout=5).status_code == 401
    assert requests.get(address, auth=(f"{email}/token", "x"), timeout=5).status_code == 401


def test_exports_are_for_admins(sandbox: ZendeskSandbox, ask: Ask) -> None:
    token = sandbox.issue_token(sandbox.state.account.agent_ids[0])
    refused = ask(EXPORT, token=token, params={"start_time": 0})
    assert refused.status_code == 403
    assert refused.json()["error"]["title"] == "Forbidden"
    assert ask("/api/v2/users/me.json", token=token).json()["user"]["role"] == "agent"


def test_a_scope_that_is_missing_is_forbidden(sandbox: ZendeskSandbox, ask: Ask) -> None:
    token = sandbox.issue_token(scopes=["tickets:read", "users:read", "users:write"])
    assert ask(EXPORT, token=token, params={"start_time": 0}).status_code == 200
    refused = ask("/api/v2/tickets.json", "POST", token=token, json={"ticket": {"comment": {"body": "x"}}})
    assert refused.status_code == 403
    assert "tickets:write" in refused.text


def test_revoked_tokens_are_worthless(sandbox: ZendeskSandbox, ask: Ask) -> None:
    short = sandbox.issue_token(life=60)
    assert ask("/api/v2/groups.json", token=short).status_code == 200
    sandbox.revoke_tokens()
    assert ask("/api/v2/groups.json", token=short).status_code == 401
