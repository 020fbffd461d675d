import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pytest
import responses

from connectors.sandbox import ZendeskSandbox
from connectors.zendesk import Zendesk, connect
from connectors.zendesk.settings import ZendeskSettings

NOW = 1_795_000_000
BASE = "https://saomai.zendesk.com"
Json: TypeAlias = Any  # its shape is what the tests are about


@dataclass
class WorldClock:
    """Time that passes only when somebody sleeps."""

    seconds: float = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Return the time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.seconds += seconds


class FakeZendesk:
    """What Zendesk answers, over faked HTTP that knows the time."""

    def __init__(self, mock: responses.RequestsMock, clock: WorldClock) -> None:
        self.mock = mock
        self.clock = clock

    def answers(
        self, path: str, body: object, *, method: str = "GET", status: int = 200, headers: dict[str, str] | None = None
    ) -> responses.BaseResponse:
        """Answer the next request to `path` (and the later ones, if nothing else is said) with `body`."""
        dated = {"Date": formatdate(self.clock.now(), usegmt=True), **(headers or {})}
        address = path if path.startswith("http") else f"{BASE}{path}"
        if isinstance(body, str | Exception):
            return self.mock.add(method, address, body=body, status=status, headers=dated)
        return self.mock.add(method, address, json=body, status=status, headers=dated)

    @property
    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        """The path and parameters of every request so far."""
        return [
            (call.request.url.removeprefix(BASE).partition("?")[0], call.request.params) for call in self.mock.calls
        ]

    def sent(self, number: int = -1) -> Json:
        """Return the JSON of a request."""
        return json.loads(self.mock.calls[number].request.body)


@pytest.fixture
def page() -> Callable[[str], Json]:
    """Return the JSON page of a name."""

    def read(name: str) -> Json:
        return json.loads((Path(__file__).parent / "pages" / f"{name}.json").read_text())

    return read


@pytest.fixture
def clock() -> WorldClock:
    return WorldClock()


@pytest.fixture
def fake(clock: WorldClock) -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock, clock)


@pytest.fixture
def settings_with(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ZendeskSettings]:
    """Return settings of an account with some keys changed."""
    monkeypatch.setenv("ZENDESK_SECRET", "s3cret-value")

    def made(**changed: object) -> ZendeskSettings:
        keys: dict[str, object] = {
            "name": "sao-mai",
            "kind": "zendesk",
            "base_url": BASE,
            "auth": {"method": "bearer", "token": "${env:ZENDESK_SECRET}"},
            "history_from": "2026-01-01",
            "rate_limit_share": 1,
        }
        return ZendeskSettings.model_validate({**keys, **changed})

    return made


@pytest.fixture
def account(
    settings_with: Callable[..., ZendeskSettings], clock: WorldClock, fake: FakeZendesk, page: Callable[[str], Json]
) -> Iterator[Zendesk]:
    """Return a connector that has signed in as an admin."""
    fake.answers("/api/v2/users/me.json", page("admin"))
    made = connect(settings_with(), clock, ZoneInfo("Asia/Ho_Chi_Minh"), frozenset({"27642"}))
    yield made
    made.close()


@pytest.fixture
def sandbox() -> Iterator[ZendeskSandbox]:
    """Simulate an account without tickets, over real HTTP."""
    with ZendeskSandbox(tickets=0) as made:
        yield made


@pytest.fixture
def open_there(
    sandbox: ZendeskSandbox, settings_with: Callable[..., ZendeskSettings], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Zendesk]]:
    """Return a function that opens a connector to the simulated account."""
    monkeypatch.setenv("ZENDESK_SECRET", sandbox.token)
    opened = []

    def open_one(**changed: object) -> Zendesk:
        settings = settings_with(base_url=sandbox.base_url, trusted_host=True, **changed)
        opened.append(connect(settings, sandbox.clock, ZoneInfo("Asia/Ho_Chi_Minh")))
        return opened[-1]

    yield open_one
    for account in opened:
        account.close()


@pytest.fixture
def account_there(open_there: Callable[..., Zendesk]) -> Zendesk:
    """Return a connector to the simulated account."""
    return open_there()
