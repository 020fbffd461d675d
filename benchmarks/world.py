"""The simulated helpdesk in a process of its own, and its clock as other processes see it."""

from dataclasses import dataclass
from multiprocessing.connection import Connection

from connectors.sandbox import ZendeskSandbox
from sync.demo import config_text


@dataclass(frozen=True, slots=True)
class Address:
    """What a pass needs to know of a running helpdesk, and how much there is in it."""

    base_url: str
    token: str
    config: str
    secret: str
    tickets: int
    events: int


def serve(orders: Connection, tickets: int) -> None:
    """Answer over HTTP, and move on as many seconds as each order says, until told to stop by None."""
    with ZendeskSandbox(tickets=tickets, quotas="none") as sandbox:
        audits = sandbox.state.audits
        secret, config = sandbox.oauth.client_secret, config_text(sandbox, "en")
        events = sum(len(audit.children) for audit in audits)
        orders.send(Address(sandbox.base_url, sandbox.token, config, secret, len(sandbox.state.tickets), events))
        while (seconds := orders.recv()) is not None:
            sandbox.advance(seconds)
            orders.send(sandbox.now)


class WorldClock:
    """The helpdesk's clock, asked for through `orders`; to sleep moves the world on instead of waiting."""

    def __init__(self, orders: Connection) -> None:
        self._orders = orders
        self._now = 0.0
        self.sleep(0.0)

    def now(self) -> float:
        """Return the world's time in epoch seconds, which stands still between two sleeps."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move the world on."""
        self._orders.send(seconds)
        self._now = self._orders.recv()
