import base64
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Stream
from connectors.errors import SignInError, UnexpectedPayloadError
from connectors.zendesk import Zendesk, connect
from connectors.zendesk.settings import ZendeskSettings

if TYPE_CHECKING:
    from tests.connectors.zendesk.conftest import FakeZendesk, WorldClock


ME = "/api/v2/users/me.json"
TOKENS = "/oauth/tokens"
CLIENT = {"method": "oauth_client_credentials", "client_id": "kpi", "client_secret": "${env:ZENDESK_SECRET}"}


@pytest.fixture
def client(settings_with: Callable[..., ZendeskSettings], clock: "WorldClock") -> Iterator[Zendesk]:
    made = connect(settings_with(auth=CLIENT), clock)
    yield made
    made.close()


def signatures(fake: "FakeZendesk") -> list[str]:
    return [call.request.headers["Authorization"] for call in fake.mock.calls if "/users/me" in call.request.url]


def granted(token: str, lifetime: int | None = 7200) -> dict[str, object]:
    return {"access_token": token, "token_type": "bearer", "expires_in": lifetime}


def test_a_token_is_asked_for_when_one_is_needed_and_kept(
    client: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TOKENS, granted("first"), method="POST", status=201)
    fake.answers(ME, page("admin"))
    client.session.get(ME)
    client.session.get(ME)
    assert signatures(fake) == ["Bearer first", "Bearer first"]
    assert fake.sent(0) == {
        "grant_type": "client_credentials",
        "client_id": "kpi",
        "client_secret": "s3cret-value",
        "scope": "read write",
        "expires_in": 7200,
    }
    assert "Authorization" not in fake.mock.calls[0].request.headers


def test_a_token_is_renewed_a_minute_before_its_end(
    client: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any], clock: "WorldClock"
) -> None:
    fake.answers(TOKENS, granted("first", 300), method="POST")
    fake.answers(TOKENS, granted("second", None), method="POST")
    fake.answers(ME, page("admin"))
    for pause in (0, 239, 1, 7139):
        clock.seconds += pause
        client.session.get(ME)
    assert signatures(fake) == ["Bearer first", "Bearer first", "Bearer second", "Bearer second"]


def test_a_revoked_token_is_replaced_once(client: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]) -> None:
    fake.answers(TOKENS, granted("first"), method="POST")
    fake.answers(TOKENS, granted("second"), method="POST")
    fake.answers(ME, {"error": "invalid_token"}, status=401)
    fake.answers(ME, page("admin"))
    client.session.get(ME)
    assert signatures(fake) == ["Bearer first", "Bearer second"]


def test_a_token_that_is_never_accepted_stops_the_connector(client: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(TOKENS, granted("first"), method="POST")
    fake.answers(ME, {"error": "invalid_token"}, status=401)
    with pytest.raises(SignInError):
        client.session.get(ME)
    assert len(signatures(fake)) == 2


def test_a_refused_client_is_a_matter_of_sign_in_and_its_secret_stays_hidden(
    client: Zendesk, fake: "FakeZendesk"
) -> None:
    fake.answers(TOKENS, {"error": "invalid_client", "told": "s3cret-value"}, method="POST", status=400)
    with pytest.raises(SignInError, match="kpi") as caught:
        list(client.pull(Stream.AGENTS, None))
    assert "invalid_client" in str(caught.value)
    assert "s3cret-value" not in str(caught.value)


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": 5}])
def test_an_answer_without_token_is_an_unknown_shape(client: Zendesk, fake: "FakeZendesk", body: object) -> None:
    fake.answers(TOKENS, body, method="POST")
    with pytest.raises(UnexpectedPayloadError, match="no token"):
        client.session.get(ME)


def test_an_api_token_signs_as_its_agent(
    settings_with: Callable[..., ZendeskSettings], fake: "FakeZendesk", clock: "WorldClock", page: Callable[[str], Any]
) -> None:
    auth = {"method": "api_token", "email": "bot@x.vn", "token": "${env:ZENDESK_SECRET}"}
    account = connect(settings_with(auth=auth), clock)
    fake.answers(ME, page("admin"))
    account.session.get(ME)
    assert base64.b64decode(signatures(fake)[0].removeprefix("Basic ")) == b"bot@x.vn/token:s3cret-value"
    account.close()


def test_a_bearer_token_signs_as_it_is(account: Zendesk, fake: "FakeZendesk") -> None:
    account.session.get(ME)
    assert signatures(fake) == ["Bearer s3cret-value"]


def test_a_revoked_secret_shows_neither_in_the_sign_in_nor_in_its_settings(client: Zendesk) -> None:
    assert "s3cret-value" not in repr(client.session.sign_in)
