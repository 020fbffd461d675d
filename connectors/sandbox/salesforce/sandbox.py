"""A simulated Salesforce org that answers over HTTP on loopback, for the demo, the tests and the benchmarks."""

from random import Random
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.sandbox.application import Application
from connectors.sandbox.salesforce.account import furnished
from connectors.sandbox.salesforce.api import Api
from connectors.sandbox.salesforce.service import Service
from connectors.sandbox.salesforce.state import State
from connectors.sandbox.sandbox import START, Sandbox
from connectors.sandbox.world import arrivals

DAILY = {"none": 1_000_000, "small": 60, "plan": 100_000}


class OAuth(NamedTuple):
    """An External Client App's credentials."""

    client_id: str
    client_secret: str


class SalesforceSandbox(Sandbox):
    """One simulated org. The same arguments give the same world; `live` lets its time pass by itself."""

    def __init__(  # noqa: PLR0913 -- what makes a world, all optional
        self,
        seed: int = 7,
        tickets: int = 300,
        days: int = 28,
        *,
        quotas: Literal["none", "small", "plan"] = "none",
        start: int = START,
        live: bool = False,
    ) -> None:
        random = Random(f"{seed}/secrets")  # noqa: S311 -- make-believe secrets that must repeat
        self.oauth = OAuth("3MVG9helpdesk-kpi", f"{random.getrandbits(160):040X}")
        self.state = created(seed=seed, tickets=tickets, days=days, start=start, live=live)
        self.service = Service(self.state, random, *self.oauth, daily=DAILY[quotas])
        super().__init__(self.state.world, Application(self.state.world, Api(self.service).answer))

    @property
    def credentials(self) -> dict[str, object]:
        """What signs in."""
        return {"oauth": self.oauth._asdict()}

    def certify(self) -> str:
        """Make a certificate known to the app, and return its private key in PEM form."""
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.service.public_key = public.decode()
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def end_sessions(self) -> None:
        """Let every session end at once, and the locators with them."""
        self.service.sessions.clear()


def created(*, seed: int, tickets: int, days: int, start: int, live: bool = False) -> State:
    """Return an org with `tickets` cases of the last `days` days, at `start`, and a future planned alike."""
    people = Random(f"{seed}/people")  # noqa: S311 -- worlds must repeat
    org = furnished(people, arrivals.founded_at(days, start), arrivals.number_of_customers(tickets))
    state = State(org, arrivals.time_before(days, start, live=live))
    arrivals.populate(state, seed=seed, tickets=tickets, days=days, start=start)
    return state
