"""A simulated org and a connector to it, with whatever the test configures."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Page, Stream
from connectors.salesforce import Salesforce, connect
from connectors.salesforce.settings import SalesforceSettings
from connectors.sandbox import SalesforceSandbox
from connectors.sandbox.salesforce.state import State, Ticket
from kpi_engine.records import Record

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SECRET = "SALESFORCE_TEST_SECRET"
CSAT = {"field": "CSAT__c", "scale": [1, 5]}


@dataclass
class Scene:
    """An org and the connector that a test talks through."""

    sandbox: SalesforceSandbox
    connector: Salesforce

    @property
    def state(self) -> State:
        """The org's content."""
        return self.sandbox.state

    def ticket(self, **values: Any) -> Ticket:  # noqa: ANN401 -- any property of a ticket
        """Let a customer write in."""
        return self.state.create_ticket(**values)

    def records(self, stream: Stream, cursor: str | None = None) -> list[Record]:
        """Pull a stream and return its records."""
        return [record for page in self.pages(stream, cursor) for record in page.records]

    def pages(self, stream: Stream, cursor: str | None = None) -> list[Page]:
        """Pull a stream two minutes later, when all that happened until now is told."""
        self.sandbox.advance(120)
        self.connector.begin()
        return list(self.connector.pull(stream, cursor))

    def asked(self, end: str) -> int:
        """Return how many requests went to paths that end so."""
        return sum(path.endswith(end) for _, path, _ in self.sandbox.requests)


@pytest.fixture
def make_scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Scene]]:
    """Return a function that makes a scene; `sandbox` are the sandbox's arguments, the rest is configuration."""
    with ExitStack() as stack:

        def make(*, sandbox: dict[str, Any] | None = None, mapped: frozenset[str] = frozenset(), **keys: Any) -> Scene:  # noqa: ANN401 -- any key of the configuration
            simulated = stack.enter_context(SalesforceSandbox(**{"tickets": 0, "days": 1, **(sandbox or {})}))
            monkeypatch.setenv(SECRET, simulated.oauth.client_secret)
            auth = {"method": "oauth_client_credentials", "client_id": simulated.oauth.client_id}
            settings = {
                "name": "care",
                "kind": "salesforce",
                "base_url": simulated.base_url,
                "trusted_host": True,
                "auth": {**auth, "client_secret": f"${{env:{SECRET}}}"},
                "create_fields": True,
                "csat": CSAT,
                "rate_limit_share": 1,
                **keys,
            }
            connector = connect(SalesforceSettings.model_validate(settings), simulated.clock, HANOI, mapped)
            stack.callback(connector.close)
            return Scene(simulated, connector)

        yield make


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """Give an empty org."""
    return make_scene()
