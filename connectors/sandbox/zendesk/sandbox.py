"""A simulated Zendesk account that answers over HTTP on loopback, for the demo, the tests and the benchmarks."""

import json
import sys
from collections.abc import Callable, Iterable
from random import Random
from types import TracebackType
from typing import Literal, NamedTuple, Self, TypeAlias

from connectors.sandbox.agenda import WorldClock
from connectors.sandbox.faults import Change, Fault
from connectors.sandbox.quotas import QUOTAS, Meter
from connectors.sandbox.server import LoopbackServer
from connectors.sandbox.zendesk.application import Application
from connectors.sandbox.zendesk.service import Service, Tokens
from connectors.sandbox.zendesk.sign_in import FULL
from connectors.sandbox.zendesk.workspace import Workspace
from connectors.sandbox.zendesk.world import created

START = 1_795_237_200  # Saturday 2026-11-21 12:00 +07:00


Fate: TypeAlias = Literal["lost", "vanished", "stuck", "failed", "killed", "aborted", "half", "silent"]


class OAuth(NamedTuple):
    """An OAuth client's credentials."""

    client_id: str
    client_secret: str


class ApiToken(NamedTuple):
    """An administrator's e-mail and API token."""

    email: str
    token: str


class ZendeskSandbox:
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
        self.clock = WorldClock(self.state.world)
        self.features = {"schedules", "satisfaction", "sla", "group_sla", "ai_agents", "ticket_forms"}
        tokens = Tokens(random, *self.oauth, *self.api_token)
        self.service = Service(self.state, tokens, self.features, QUOTAS[quotas].jobs)
        self._application = Application(self.service, Meter(QUOTAS[quotas]))
        self.token = self.issue_token()
        self._server: LoopbackServer | None = None

    # -- serving ------------------------------------------------------------------------------------------------

    def start(self, port: int = 0) -> str:
        """Answer on 127.0.0.1 (port 0: any free one) and return the base address."""
        self._server = LoopbackServer(self._application, lambda: self.now, port)
        return self._server.base_url

    def stop(self) -> None:
        """Stop answering; the world stays as it is and may be started again."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def base_url(self) -> str:
        """The address to be asked while the sandbox answers."""
        if self._server is None:
            raise RuntimeError("The sandbox is not started")
        return self._server.base_url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- time ---------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The world's time in epoch seconds."""
        return self.state.world.now

    def advance(self, seconds: float) -> None:
        """Move the world on: whatever falls due happens, each thing at its own instant."""
        self.state.world.run_until(self.now + seconds)

    # -- looking on and interfering -----------------------------------------------------------------------------

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """The requests answered so far as (method, path, status); status 0: dropped."""
        return self._application.log

    def issue_token(self, user_id: int | None = None, scopes: Iterable[str] = FULL, life: float | None = None) -> str:
        """Return a bearer token of a user (default: the integration's), good for `life` seconds (None: for good)."""
        owner = self.state.account.integration_id if user_id is None else user_id
        return self.service.tokens.issue(owner, scopes, None if life is None else self.now + life)

    def revoke_tokens(self) -> None:
        """Make every bearer token issued so far worthless."""
        self.service.tokens.bearer.clear()

    def fail_next(  # noqa: PLR0913 -- one sentence of a test: where, what, how often, in which way
        self,
        path_pattern: str,
        kind: str | int | Change,
        times: int | None = 1,
        *,
        after_effect: bool = False,
        method: str | None = None,
        retry_after: str | int | None = None,
    ) -> Fault:
        """Spoil the next `times` (None: all) answers to paths like `path_pattern` (*, ? and [] as in file names).

        `kind`: a status (429, 500, 503 …; `retry_after` as it shall stand in the header), "drop", "html",
        "truncated", "cut", "empty", "slow", "long", "gzip_bomb", "expired_token", or a function from the true JSON to
        a false one. With `after_effect` the request is carried out and only its answer is lost.
        """
        stated = None if retry_after is None else str(retry_after)
        fault = Fault(path_pattern, kind, times, after_effect, method, stated)
        self._application.faults.waiting.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Let everything work again."""
        self._application.faults.waiting.clear()

    def before_next(self, path_pattern: str, act: Callable[[], object]) -> None:
        """Let `act` happen once, just before a request to a path like `path_pattern` is answered."""
        self._application.faults.acts.append((path_pattern, act))

    @property
    def workspace(self) -> Workspace:
        """The account's forms, views, triggers and automations."""
        return self.service.workspace

    def doom_next_job(self, fate: Fate) -> None:
        """Give the next job an unhappy end.

        lost: done but unknown; vanished: neither; stuck: never finished; failed, killed, aborted (a state nobody has
        heard of): not done at all; half: killed in the middle, and only half of it told; silent: done, and all it
        tells is that it was.
        """
        self.service.job_fates.append(fate)

    def conflict_next(self, ticket_id: int) -> None:
        """Let the ticket's next job item meet somebody else's update."""
        self.service.conflicts.add(ticket_id)

    def limit_jobs(self, jobs: int) -> None:
        """Allow so many jobs at a time."""
        self.service.job_limit = jobs


def serve_forever(sandbox: ZendeskSandbox, port: int = 0) -> None:
    """Print the address and credentials as one line of JSON, then answer until standard input ends."""
    base_url = sandbox.start(port)
    shown = {"base_url": base_url, "token": sandbox.token, "now": sandbox.now}
    shown |= {"oauth": sandbox.oauth._asdict(), "api_token": sandbox.api_token._asdict()}
    sys.stdout.write(json.dumps(shown) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    sandbox.stop()
