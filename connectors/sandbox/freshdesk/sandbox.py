"""A simulated Freshdesk account that answers over HTTP on loopback, for the demo, the tests and the benchmarks."""

from random import Random
from typing import Literal

from connectors.sandbox.application import Application
from connectors.sandbox.freshdesk import activities, lists, tickets
from connectors.sandbox.freshdesk.account import furnished
from connectors.sandbox.freshdesk.activities import FEATURE
from connectors.sandbox.freshdesk.api import PLANS, Api
from connectors.sandbox.freshdesk.state import State
from connectors.sandbox.sandbox import START, Sandbox
from connectors.sandbox.world import arrivals


class FreshdeskSandbox(Sandbox):
    """One simulated account. The same arguments give the same world; `live` lets its time pass by itself.

    With `activities` it exports daily what happened on tickets.
    """

    def __init__(  # noqa: PLR0913 -- what makes a world, all optional
        self,
        seed: int = 7,
        tickets: int = 300,
        days: int = 28,
        *,
        quotas: Literal["none", "growth", "pro", "enterprise"] = "none",
        start: int = START,
        live: bool = False,
        activities: bool = False,
    ) -> None:
        random = Random(f"{seed}/freshdesk secrets")  # noqa: S311 -- make-believe secrets that must repeat
        self.api_key = f"{random.getrandbits(80):020x}"
        self.state = created(seed=seed, tickets=tickets, days=days, start=start, live=live)
        self.features = {"satisfaction"} | ({FEATURE} if activities else set())
        api = Api(self.state, self.api_key, self.features, ROUTES, PLANS.get(quotas))
        super().__init__(self.state.world, Application(self.state.world, api.answer))

    @property
    def credentials(self) -> dict[str, object]:
        """What signs in, by kind."""
        return {"api_key": self.api_key}


ROUTES = (*tickets.ROUTES, *lists.ROUTES, *activities.ROUTES)


def created(*, seed: int, tickets: int, days: int, start: int, live: bool = False) -> State:
    """Return an account with `tickets` tickets of the last `days` days, at `start`, and a future planned alike."""
    people = Random(f"{seed}/people")  # noqa: S311 -- worlds must repeat
    setup = furnished(people, arrivals.founded_at(days, start), arrivals.number_of_customers(tickets))
    state = State(setup, arrivals.time_before(days, start, live=live))
    arrivals.populate(state, seed=seed, tickets=tickets, days=days, start=start)
    return state
