"""What Freshdesk alone makes necessary: told on whole passes, for no other helpdesk keeps so little."""

from typing import TYPE_CHECKING, Any

from kpi_engine.differences import completed
from kpi_engine.history import History

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

NAME = "sao-mai"
HOUR = 3600


def history(world: "World", ticket: Any) -> History:  # noqa: ANN401 -- the sandbox's
    (found,) = world.store.records.histories(NAME, [str(ticket.id)], world.account.history_start)
    return completed(found)


def test_our_write_in_the_second_of_somebody_elses_does_not_narrow_when_a_ticket_changed_hands(
    make_world: "Callable[..., World]", standing_clock: type
) -> None:
    """Handed over in an hour nobody watched, seen, and written to by us in the second of another change."""
    world = make_world(kind="freshdesk")
    world.clock = standing_clock(world.sandbox)
    world.configure()
    ticket = world.ticket()
    world.advance(300)
    world.run()
    world.advance(HOUR)
    handed_over = int(world.sandbox.now)
    world.state.change(ticket.id, world.agents[0], assignee_id=world.agents[1])
    world.advance(2 * HOUR)
    world.edit(ticket, "overdue_clock", "by hand")
    world.run()
    assert world.shown(ticket)["overdue_clock"] != "by hand"
    world.advance(HOUR)
    world.run()
    (change,) = (event for event in history(world, ticket).events if event.field == "assignee")
    assert change.since is not None
    assert change.since < handed_over <= change.at
