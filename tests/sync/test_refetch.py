from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Stream
from sync.recompute import locked
from sync.refetch import cost, lacking_fields, refetch, unfetched

if TYPE_CHECKING:
    from connectors.sandbox.zendesk.records import Ticket
    from tests.sync.conftest import World


@pytest.fixture
def world(make_world: Callable[..., "World"]) -> "World":
    """Give an account with a custom field that no meaning is given to yet, and one ticket on which it is filled."""
    world = make_world()
    field = world.state.add_ticket_field("text", "Chủ đề")
    world.answered(fields={field.id: "refund"})
    world.advance(120)
    return world


def field_id(world: "World") -> int:
    return next(field.id for field in world.state.ticket_fields.values() if field.title == "Chủ đề")


def meaning(world: "World", **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- any meaning
    return {"fields": {"topic": {"sao-mai": {"field": field_id(world)}}, **more}}


def topics(world: "World") -> list[object]:
    tickets = [str(ticket_id) for ticket_id in world.state.tickets]
    found = world.store.records.snapshots("sao-mai", tickets).values()
    return [snapshot.fields.get(str(field_id(world))) for snapshot in found]


def test_a_field_that_means_something_from_the_start_is_pulled_with_its_changes(world: "World") -> None:
    world.configure(**meaning(world))
    ticket: Ticket = next(iter(world.state.tickets.values()))
    world.state.change(ticket.id, world.agents[0], fields={field_id(world): "delivery"})
    world.advance(120)
    report = world.run(dry_run=True)
    assert topics(world) == ["delivery"]
    (history,) = world.store.records.histories("sao-mai", [str(ticket.id)], 0)
    changes = [event.new for event in history.events if event.field == f"field:{field_id(world)}"]
    assert changes == ["refund", "delivery"]
    assert unfetched(world.account) is None
    assert report.pulled.notes == []


def test_a_meaning_given_later_says_what_fetching_its_field_costs(world: "World") -> None:
    world.run(dry_run=True)
    assert topics(world) == [None]
    severity = {"severity": {"sao-mai": {"field": field_id(world)}}, "warranty": {"sao-mai": {"tag": "bh"}}}
    world.configure(**meaning(world, **severity))
    world.advance(120)
    (note,) = world.run(dry_run=True).pulled.notes
    assert str(note) == (
        f"fields.topic, fields.severity: the field {field_id(world)} was not pulled with the 1 tickets already stored; "
        "until it is, these have no such meaning; `helpdesk-kpi recompute --refetch` reads them again: "
        "about 2 requests, 1 minutes"
    )
    assert lacking_fields(world.account) == [note]


def test_fetching_again_fills_the_field_keeps_the_data_and_ends_the_note(world: "World") -> None:
    as_of = world.run(dry_run=True).as_of
    world.configure(**meaning(world))
    world.run(dry_run=True)
    with locked(world.account) as this:
        refetch(world.account, this.lock)
    cursor = world.store.cursors.get("sao-mai", Stream.TICKETS)
    assert cursor is not None
    assert (cursor.cursor, cursor.complete_through is not None and cursor.complete_through >= (as_of or 0)) == (
        None,
        True,
    )
    report = world.run(dry_run=True)
    assert topics(world) == ["refund"]
    assert report.measured == 1
    assert (report.pulled.notes, unfetched(world.account)) == ([], None)


def test_a_meaning_taken_away_for_a_while_must_be_fetched_again(world: "World") -> None:
    world.configure(**meaning(world))
    world.run(dry_run=True)
    world.configure()
    world.run(dry_run=True)
    world.configure(**meaning(world))
    assert unfetched(world.account) is not None


def test_the_cost_follows_the_rows_and_the_share_of_the_quota(make_world: Callable[..., "World"]) -> None:
    world = make_world(sandbox={"tickets": 40, "days": 10}, own={"per_page": 10, "rate_limit_share": 0.2})
    world.run(dry_run=True)
    tickets = world.store.records.ticket_count("sao-mai")
    price = cost(world.account)
    assert price.requests == -(-tickets // 10) + 1
    assert price.minutes == -(-price.requests // 2)
