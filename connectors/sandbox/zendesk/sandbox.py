"""A simulated Zendesk account that answers over HTTP on loopback, for the demo, the tests and the benchmarks."""

from collections.abc import Iterable
from random import Random
from typing import Literal, NamedTuple, TypeAlias

from connectors.sandbox.application import Application
from connectors.sandbox.quotas import QUOTAS, Meter
from connectors.sandbox.sandbox import START, Sandbox
from connectors.sandbox.world import arrivals
from connectors.sandbox.world.books import Books, books
from connectors.sandbox.zendesk.account import furnished
from connectors.sandbox.zendesk.api import Api
from connectors.sandbox.zendesk.company import company
from connectors.sandbox.zendesk.service import Service, Tokens
from connectors.sandbox.zendesk.sign_in import FULL
from connectors.sandbox.zendesk.state import State
from connectors.sandbox.zendesk.workspace import Workspace

Fate: TypeAlias = Literal["lost", "vanished", "stuck", "failed", "killed", "aborted", "half", "silent", "pretended"]


class OAuth(NamedTuple):
    """An OAuth client's credentials."""

    client_id: str
    client_secret: str


class ApiToken(NamedTuple):
    """An administrator's e-mail and API token."""

    email: str
    token: str


class ZendeskSandbox(Sandbox):
    """One simulated account. The same arguments give the same world; `live` lets its time pass by itself."""

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
        secrets = [f"{random.getrandbits(160):040x}" for _ in range(2)]
        self.oauth = OAuth("helpdesk-kpi", secrets[0])
        self.api_token = ApiToken("kpi@sao-mai.example", secrets[1])
        self.state = created(seed=seed, tickets=tickets, days=days, start=start, live=live)
        self.seed, self.days = seed, days
        self.features = {"schedules", "satisfaction", "sla", "group_sla", "ai_agents", "ticket_forms", "talk"}
        tokens = Tokens(random, *self.oauth, *self.api_token)
        self.service = Service(self.state, tokens, self.features, QUOTAS[quotas].jobs)
        api = Api(self.service, Meter(QUOTAS[quotas]))
        super().__init__(self.state.world, Application(self.state.world, api.answer))
        self.token = self.issue_token()

    # -- looking on and interfering -----------------------------------------------------------------------------

    @property
    def credentials(self) -> dict[str, object]:
        """What signs in, by kind."""
        return {"token": self.token, "oauth": self.oauth._asdict(), "api_token": self.api_token._asdict()}

    def issue_token(self, user_id: int | None = None, scopes: Iterable[str] = FULL, life: float | None = None) -> str:
        """Return a bearer token of a user (default: the integration's), good for `life` seconds (None: for good)."""
        owner = self.state.account.integration_id if user_id is None else user_id
        return self.service.tokens.issue(owner, scopes, None if life is None else self.now + life)

    def revoke_tokens(self) -> None:
        """Make every bearer token issued so far worthless."""
        self.service.tokens.bearer.clear()

    @property
    def workspace(self) -> Workspace:
        """The account's forms, views, triggers and automations."""
        return self.service.workspace

    def books(self) -> Books:
        """Return what the company keeps beside the helpdesk, from its first day until now: rows by kind of file."""
        return books(company(self.state, self.seed, self.days, int(self.now)))

    def doom_next_job(self, fate: Fate) -> None:
        """Give the next job an unhappy end.

        lost: done but unknown; vanished: neither; stuck: never finished; failed, killed, aborted (a state nobody has
        heard of): not done at all; half: killed in the middle, and only half of it told; silent: done, and all it
        tells is that it was; pretended: told as done, item by item, and not done.
        """
        self.service.job_fates.append(fate)

    def conflict_next(self, ticket_id: int) -> None:
        """Let the ticket's next job item meet somebody else's update."""
        self.service.conflicts.add(ticket_id)

    def limit_jobs(self, jobs: int) -> None:
        """Allow so many jobs at a time."""
        self.service.job_limit = jobs


def created(*, seed: int, tickets: int, days: int, start: int, live: bool = False) -> State:
    """Return an account with `tickets` tickets of the last `days` days, at `start`, and a future planned alike."""
    people = Random(f"{seed}/people")  # noqa: S311 -- worlds must repeat
    setup = furnished(people, arrivals.founded_at(days, start), arrivals.number_of_customers(tickets))
    state = State(setup, arrivals.time_before(days, start, live=live))
    arrivals.populate(state, seed=seed, tickets=tickets, days=days, start=start)
    return state
