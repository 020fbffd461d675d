"""What the simulated API remembers beside the account itself: tokens, idempotency keys, what tests ordered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from connectors.sandbox.zendesk.state import State
from connectors.sandbox.zendesk.workspace import Workspace, furnished_workspace

TWO_HOURS = 7200


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token: whose, for what, until when (None: for good)."""

    user_id: int
    scopes: frozenset[str]
    expires_at: float | None = None


@dataclass(slots=True)
class Tokens:
    """The credentials the account honours."""

    random: Random
    client_id: str
    client_secret: str
    email: str
    api_token: str
    bearer: dict[str, Token] = field(default_factory=dict)

    def issue(self, user_id: int, scopes: Iterable[str], expires_at: float | None = None) -> str:
        """Return a new bearer token."""
        token = f"{self.random.getrandbits(256):064x}"
        self.bearer[token] = Token(user_id, frozenset(scopes), expires_at)
        return token

    def honoured(self, token: str, now: float) -> Token | None:
        """Return what a token stands for, None when it is unknown or has expired."""
        known = self.bearer.get(token)
        return None if known is None or (known.expires_at is not None and known.expires_at <= now) else known


@dataclass(frozen=True, slots=True)
class Creation:
    """A ticket creation under an idempotency key."""

    at: float
    body: bytes
    ticket_id: int


@dataclass(slots=True)
class Service:
    """The account and everything the API keeps about its callers.

    `job_fates` are the unhappy ends of the next jobs (lost, stuck, failed, half …); `conflicts` are tickets whose
    next job item meets a collision.
    """

    state: State
    tokens: Tokens
    features: set[str]
    job_limit: int
    job_fates: list[str] = field(default_factory=list)
    conflicts: set[int] = field(default_factory=set)
    creations: dict[str, Creation] = field(default_factory=dict)
    job_numbers: Iterator[int] = field(default_factory=lambda: count(1))
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        self.workspace = furnished_workspace(list(self.state.ticket_fields))

    def creation(self, key: str) -> Creation | None:
        """Return what was created under an idempotency key within the last two hours."""
        known = self.creations.get(key)
        fresh = known is not None and self.state.world.now - known.at < TWO_HOURS
        return known if fresh else None
