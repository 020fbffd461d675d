"""The requests of 24 hours used up in the middle of a pass: it ends, and what is left is done once there are more."""

from contextlib import suppress
from functools import partial
from math import ceil
from typing import TYPE_CHECKING

import pytest

from connectors.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.salesforce.state import Ticket
    from tests.sync.conftest import World

RESERVE = 0.2


def begun(make_world: "Callable[..., World]") -> tuple["World", list["Ticket"]]:
    """Return an account with some cases to be written, and nothing else to be done."""
    world = make_world(kind="salesforce", own={"rate_limit_share": 1})
    world.run()
    tickets = [world.ticket() for _ in range(5)]
    world.advance(300)
    return world, tickets


def finishes(world: "World", tickets: list["Ticket"]) -> None:
    """Require that passes with enough requests write every case once."""
    world.sandbox.service.daily, world.sandbox.service.used = 1_000_000, 0
    world.advance(3700)
    assert world.run().sent.waiting == 0
    assert all("due_at" in world.shown(ticket) for ticket in tickets)
    for _ in range(2):
        world.advance(300)
        report = world.run()
    assert (report.pulled.new, report.writes_planned, world.store.changes.pending_count("sao-mai")) == (0, 0, 0)


@pytest.mark.parametrize("left", [1, 4])
def test_a_pass_that_would_use_what_is_kept_for_others_ends_and_goes_on_later(
    make_world: "Callable[..., World]", left: int
) -> None:
    world, tickets = begun(make_world)
    service = world.sandbox.service
    before = service.used
    service.daily = ceil((before + left) / (1 - RESERVE))
    with pytest.raises(TransientError, match="share"):
        world.run()
    assert 0 < service.used - before <= left + 1
    finishes(world, tickets)


@pytest.mark.parametrize("place", ["*/queryAll", "*/composite/sobjects"])
def test_a_pass_whose_requests_somebody_else_used_up_loses_nothing(
    make_world: "Callable[..., World]", place: str
) -> None:
    world, tickets = begun(make_world)
    service = world.sandbox.service
    world.sandbox.before_next(place, partial(setattr, service, "used", service.daily))
    with suppress(TransientError):  # a write is put off, a pull ends the pass
        world.run()
    assert not any(world.shown(ticket) for ticket in tickets)
    finishes(world, tickets)
