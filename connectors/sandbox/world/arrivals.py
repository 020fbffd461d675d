"""The simulated company in time: tickets arrive day after day and live the lives planned for them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from random import Random

from connectors.sandbox.agenda import WorldTime
from connectors.sandbox.world.lives import LEFT_DAYS_BEFORE, told
from connectors.sandbox.world.tale import Tale
from connectors.sandbox.world.verbs import GONE, Helpdesk
from connectors.sandbox.world.working_hours import DAY, arrival, day_weight

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


def founded_at(days: int, start: int) -> int:
    """Return when the account of a world was set up."""
    return start - (days + 400) * DAY


def time_before(days: int, start: int, *, live: bool) -> WorldTime:
    """Return the time of a world just before its first day."""
    return WorldTime(start - days * DAY - 1, live=live)


def number_of_customers(tickets: int) -> int:
    """Return how many customers write so many tickets."""
    return min(max(tickets // 4, FEW_CUSTOMERS), MANY_CUSTOMERS)


def populate(helpdesk: Helpdesk, *, seed: int, tickets: int, days: int, start: int) -> None:
    """Let `tickets` tickets of the last `days` days live until `start`, and plan a future alike."""
    if tickets:
        arrivals = Arrivals(seed, tickets, days, start)
        helpdesk.world.agenda.add(arrivals.begins(0), partial(_plan_day, helpdesk, arrivals, 0))
    with _undisturbed(tickets):
        helpdesk.world.run_until(start)


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


def _plan_day(helpdesk: Helpdesk, arrivals: Arrivals, day: int) -> None:
    """Plan the lives of the tickets of one day, and the planning of the next."""
    random = Random(f"{arrivals.seed}/day {day}")  # noqa: S311 -- worlds must repeat
    begins = arrivals.begins(day)
    early = day < arrivals.days - LEFT_DAYS_BEFORE
    for at in sorted(arrival(begins, random) for _ in range(arrivals.count_on(day))):
        tale = told(helpdesk.account, random, arrivals.ordinal, at, early=early)
        arrivals.ordinal += 1
        helpdesk.world.agenda.add(tale.at, partial(_open, helpdesk, tale))
    helpdesk.world.agenda.add(begins + DAY, partial(_plan_day, helpdesk, arrivals, day + 1))


def _open(helpdesk: Helpdesk, tale: Tale) -> None:
    if tale.opening is not None:
        _await(helpdesk, tale, helpdesk.begin(tale.opening), 0)


def _await(helpdesk: Helpdesk, tale: Tale, ticket_id: int, place: int) -> None:
    if place < len(tale.steps):
        helpdesk.world.agenda.add(tale.steps[place][0], partial(_live, helpdesk, tale, ticket_id, place))


def _live(helpdesk: Helpdesk, tale: Tale, ticket_id: int, place: int) -> None:
    """Let one step of a life happen; a ticket that is closed or gone lives no further."""
    if helpdesk.status_of(ticket_id) in GONE:
        return
    tale.steps[place][1](helpdesk, ticket_id)
    _await(helpdesk, tale, ticket_id, place + 1)
