from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox import ZendeskSandbox

Ask = Callable[..., requests.Response]


@pytest.fixture
def sandbox() -> Iterator[ZendeskSandbox]:
    """Play stories in an account without tickets."""
    with ZendeskSandbox(tickets=0) as running:
        yield running


@pytest.fixture(scope="session")
def world() -> Iterator[ZendeskSandbox]:
    """Look at an account with 300 tickets; nobody writes to it."""
    with ZendeskSandbox() as running:
        yield running


def asking(sandbox: ZendeskSandbox, session: requests.Session) -> Ask:
    """Return a function that asks `sandbox` as the integration: ask(path, method=…, token=…, plus requests' own)."""

    def ask(path: str, method: str = "GET", *, token: str | None = None, **arguments: Any) -> requests.Response:  # noqa: ANN401 -- requests' own arguments
        headers = {"Authorization": f"Bearer {token or sandbox.token}", **arguments.pop("headers", {})}
        return session.request(method, sandbox.base_url + path, headers=headers, timeout=5, **arguments)

    return ask


@pytest.fixture
def ask(sandbox: ZendeskSandbox) -> Iterator[Ask]:
    """Ask the empty account."""
    with requests.Session() as session:
        yield asking(sandbox, session)


@pytest.fixture(scope="session")
def look(world: ZendeskSandbox) -> Iterator[Ask]:
    """Ask the account of 300 tickets."""
    with requests.Session() as session:
        yield asking(world, session)


@pytest.fixture
def pages() -> Callable[[Ask, str, dict[str, Any]], list[dict[str, Any]]]:
    """Return a function that follows an incremental export to its end and returns the pages."""

    def follow(ask: Ask, path: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while not found or not found[-1]["end_of_stream"]:
            found.append(ask(path, params=parameters).json())
            onward = {"cursor": found[-1].get("after_cursor"), "start_time": found[-1].get("end_time")}
            parameters = {name: value for name, value in parameters.items() if name not in onward}
            parameters |= {name: value for name, value in onward.items() if value is not None}
        return found

    return follow
