"""Changes that an org does not track are known from one pass to the next, and what rests on them is approximate."""

from typing import TYPE_CHECKING

from sync_agreement import WEEK, WEEKLY, agreed

from kpi_engine.measurement import Certainty, CreditLine
from kpi_engine.records import TicketEvent
from sync.charging import charges_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

NAME = "sao-mai"


def noted(world: "World", key: str) -> list[TicketEvent]:
    """Return the changes of a case that were noted from differences."""
    (history,) = world.store.records.histories(NAME, [key], 0)
    return [event for event in history.events if event.event_id.startswith("difference:")]


def lines(world: "World") -> list[CreditLine]:
    """Return every credit line."""
    return [line for measured in world.store.readings.all(NAME) for line in measured.lines]


def test_an_untracked_owner_is_seen_to_change_between_two_passes_and_tracked_status_stays_exact(
    make_world: "Callable[..., World]",
) -> None:
    """09:00 opened for one agent; a pass; handed to another; a pass; solved; a pass."""
    world = make_world(kind="salesforce")
    world.state.rows.tracked.discard("OwnerId")
    one, two = world.agents[:2]
    ticket = world.ticket(assignee_id=one)
    world.advance(600)
    world.run()
    seen = world.account.now()
    assert noted(world, ticket.key) == []
    world.advance(1200)
    world.state.change(ticket.id, two, assignee_id=two)
    handed = world.state.world.second
    world.advance(300)
    world.run()
    (event,) = noted(world, ticket.key)
    ids = world.state.org.ids
    assert (event.field, event.old, event.new, event.at) == ("assignee", ids[one], ids[two], handed)
    assert seen - 900 < (event.since or 0) <= seen
    world.state.comment(ticket.id, two, status="solved")
    world.advance(300)
    world.run()
    assert len(noted(world, ticket.key)) == 1
    (solved,) = [line for line in lines(world) if line.indicator == "solved"]
    assert (solved.agent, solved.certainty) == (ids[two], Certainty.EXACT)


def test_without_any_tracking_a_case_is_closed_to_the_second_and_the_rest_is_approximate(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(kind="salesforce")
    world.state.rows.tracked.clear()
    before, opened = world.ticket(), world.state.world.second
    world.advance(7200)
    world.state.comment(before.id, world.agents[0], status="solved")
    closed = world.state.world.second
    world.advance(300)
    world.run()
    assert [(event.field, event.at, event.since) for event in noted(world, before.key)] == [
        ("status", closed, None),
        ("custom_status", closed, None),
        ("priority", closed, opened),
        ("assignee", closed, opened),
    ]
    world.state.comment(before.id, before.requester_id)
    world.advance(300)
    world.run()
    reopened = [event for event in noted(world, before.key) if event.field == "status"][-1]
    assert (reopened.old, reopened.new) == ("solved", "open")
    assert reopened.since is not None
    assert any(line.certainty is Certainty.APPROXIMATE for line in lines(world))
    world.advance(300)
    world.run()  # the echo of what was written
    world.advance(300)
    assert world.run().pulled.new == 0


def test_what_is_tracked_is_not_noted_beside_its_history(make_world: "Callable[..., World]") -> None:
    world = make_world(kind="salesforce")
    ticket = world.answered()
    world.advance(300)
    world.run()
    assert noted(world, ticket.key) == []


def test_an_untracked_severity_that_is_first_seen_after_the_breach_charges_nobody_and_explain_says_so(
    make_world: "Callable[..., World]",
) -> None:
    """Opened; breached after half an hour; two hours later made urgent, and seen for the first time."""
    severe = {**WEEKLY, "metric": "severe_overdue_count", "id": "severe"}
    world = make_world(kind="salesforce", **agreed(severe, {**WEEKLY, "id": "any"}))
    world.state.rows.tracked.discard("Priority")
    world.configure(**agreed(severe, {**WEEKLY, "id": "any"}))
    world.run(dry_run=True)
    raised, known = world.ticket(priority="low"), world.ticket()
    world.advance(7200)
    world.state.change(raised.id, world.agents[0], priority="urgent")
    world.advance(3600)
    world.run(dry_run=True)
    found = {
        each.ticket_id: (each.penalty, each.points) for each in charges_of(world.account, WEEK, world.account.now())
    }
    assert found == {raised.key: ("any", 1), known.key: ("severe", 1)}
    severe_lines = {each.ticket_id: each.certainty for each in lines(world) if each.indicator == "severe_overdue_count"}
    assert severe_lines == {raised.key: Certainty.APPROXIMATE, known.key: Certainty.EXACT}
