"""The simulated account in time: tickets arrive day after day and live the lives planned for them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.zendesk.account import DAY, furnished
from connectors.sandbox.zendesk.lives import LEFT_DAYS_BEFORE, told
from connectors.sandbox.zendesk.state import GONE, State
from connectors.sandbox.zendesk.tale import Tale
from connectors.sandbox.zendesk.working_hours import arrival, day_weight

MANY_CUSTOMERS = 20_000
FEW_CUSTOMERS = 6
BIG = 5_000  # tickets


@dataclass(slots=True)
class Arrivals:
    """How many tickets come each day: as many as wished before the start, then on at the same rate for good."""

    seed: int
    tickets: int
    days: int
    start: int
    ordinal: int = 0
    weights: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.weights = [day_weight(self.begins(day)) for day in range(7)]

    def begins(self, day: int) -> int:
        """Return when a day begins; day 0 is the first of the past."""
        return self.start - (self.days - day) * DAY

    def _weight_before(self, day: int) -> float:
        weeks, rest = divmod(day, 7)
        return weeks * sum(self.weights) + sum(self.weights[:rest])

    def count_on(self, day: int) -> int:
        """Return how many tickets come on a day."""
        rate = self.tickets / self._weight_before(self.days)
        return round(rate * self._weight_before(day + 1)) - round(rate * self._weight_before(day))


def created(*, seed: int, tickets: int, days: int, start: int, live: bool = False) -> State:
    """Return an account with `tickets` tickets of the last `days` days, at `start`, and a future planned alike."""
    founded_at = start - (days + 400) * DAY
    customers = min(max(tickets // 4, FEW_CUSTOMERS), MANY_CUSTOMERS)
    setup = furnished(Random(f"{seed}/people"), founded_at, customers)  # noqa: S311 -- worlds must repeat
    world = WorldTime(start - days * DAY - 1, live=live)
    state = State(setup, world)
    if tickets:
        arrivals = Arrivals(seed, tickets, days, start)
        world.agenda.add(arrivals.begins(0), partial(_plan_day, state, arrivals, 0))
    with _undisturbed(tickets):
        world.run_until(start)
    return state


@contextmanager
def _undisturbed(tickets: int) -> Iterator[None]:
    """Keep the garbage collector from searching a big world again and again: it holds nothing to collect."""
    if tickets < BIG:
        yield
        return
    gc.disable()
    yield
    gc.enable()
    gc.freeze()


def _plan_day(state: State, arrivals: Arrivals, day: int) -> None:
    """Plan the lives of the tickets of one day, and the planning of the next."""
    random = Random(f"{arrivals.seed}/day {day}")  # noqa: S311 -- worlds must repeat
    begins = arrivals.begins(day)
    early = day < arrivals.days - LEFT_DAYS_BEFORE
    for at in sorted(arrival(begins, random) for _ in range(arrivals.count_on(day))):
        tale = told(state.account, random, arrivals.ordinal, at, early=early)
        arrivals.ordinal += 1
        state.world.agenda.add(tale.at, partial(_open, state, tale))
    state.world.agenda.add(begins + DAY, partial(_plan_day, state, arrivals, day + 1))


def _open(state: State, tale: Tale) -> None:
    if tale.opening is not None:
        ticket = state.open(tale.opening)
        _await(state, tale, ticket.id, 0)


def _await(state: State, tale: Tale, ticket_id: int, place: int) -> None:
    if place < len(tale.steps):
        state.world.agenda.add(tale.steps[place][0], partial(_live, state, tale, ticket_id, place))


def _live(state: State, tale: Tale, ticket_id: int, place: int) -> None:
    """Let one step of a life happen; a ticket that is closed or gone lives no further."""
    if state.tickets[ticket_id].status in GONE:
        return
    tale.steps[place][1](state, ticket_id)
    _await(state, tale, ticket_id, place + 1)
