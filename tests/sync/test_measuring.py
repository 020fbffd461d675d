from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kpi_engine.ledger import EntryKind
from kpi_engine.rulebook import Timeline
from sync.editions import rulebook
from sync.measuring import CHUNK, measure_changed_and_due
from sync.pull import Pass
from sync.store.locks import Holder

if TYPE_CHECKING:
    import pytest

    from kpi_engine.ledger import Entry
    from tests.sync.conftest import World

HALF_AN_HOUR = 1800


def ledger(world: "World", ticket_id: int) -> list["Entry"]:
    return world.store.ledger.entries(world.account.name, [str(ticket_id)])


def test_only_what_changed_is_measured(world: "World") -> None:
    first = world.ticket()
    world.ticket()
    world.advance(120)
    assert world.run(dry_run=True).measured == 2
    world.state.comment(first.id, world.agents[0])
    world.advance(120)
    assert world.run(dry_run=True).measured == 1


def test_what_falls_due_is_measured_with_no_new_event_and_does_not_count_as_changed(world: "World") -> None:
    """09:00 opened, urgent; at 09:22:30 the warning falls due, at 09:30 the breach."""
    ticket = world.ticket()
    world.advance(120)
    world.run(dry_run=True)
    world.advance(60)
    assert world.run(dry_run=True).measured == 0
    world.advance(HALF_AN_HOUR)
    report = world.run(dry_run=True)
    assert report.measured == 1
    reading = world.store.readings.get(world.account.name, str(ticket.id))
    assert reading is not None
    assert reading.measurement.as_of == report.as_of


def test_what_falls_due_is_entered_in_the_ledger_once(world: "World") -> None:
    ticket = world.ticket()
    world.advance(HALF_AN_HOUR + 120)
    world.run(dry_run=True)
    steps = [(entry.step, entry.level, entry.at - ticket.created_at) for entry in ledger(world, ticket.id)]
    assert steps == [("warn:75%", 0, 1350), ("breach", 0, 1800), ("escalation:1", 1, 1800)]
    world.state.comment(ticket.id, world.agents[0])
    world.advance(120)
    assert world.run(dry_run=True).measured == 1
    assert len(ledger(world, ticket.id)) == 3


def test_a_firing_that_no_longer_holds_is_taken_back_by_a_line_of_its_own(world: "World") -> None:
    ticket = world.ticket()
    world.advance(HALF_AN_HOUR + 120)
    world.run(dry_run=True)
    world.state.delete(ticket.id)
    world.advance(120)
    world.run(dry_run=True)
    kinds = [(entry.step, entry.kind) for entry in ledger(world, ticket.id)]
    assert sorted(kinds[3:]) == sorted((step, EntryKind.WITHDRAWN) for step, _ in kinds[:3])


def test_one_ticket_that_cannot_be_measured_is_set_aside_and_tried_again(
    world: "World", caplog: "pytest.LogCaptureFixture"
) -> None:
    """A rulebook in which one group's calendar is broken: the other group's ticket is measured all the same."""
    broken_group, group = world.state.account.group_ids[:2]
    broken = world.ticket(group_id=broken_group, priority="normal")
    world.ticket(group_id=group, priority="normal")
    world.advance(120)
    world.run(dry_run=True)
    world.store.records.mark_all_stale(world.account.name)
    rules = rulebook(world.account)
    choice = rules.choice.at(0)
    calendars = {**rules.calendars, "broken": Timeline((), (), ())}
    by_group = replace(choice, by_group={str(broken_group): "broken"})
    flawed = replace(rules, choice=Timeline((by_group,), ("",), ()), calendars=calendars)
    assert measured(world, flawed) == 1
    (row,) = world.store.quarantine.all(world.account.name)
    assert (row.key, str(row.reason)) == (f"ticket:{broken.id}", "it could not be measured: IndexError")
    assert world.store.records.stale(world.account.name) == [str(broken.id)]
    assert f"ticket {broken.id} could not be measured" in caplog.text
    assert measured(world, rules) == 1


def measured(world: "World", rules: object) -> int:
    store, name = world.store, world.account.name
    lock = store.locks.acquire(name, Holder("here", 1, 0), world.account.now())
    this = Pass(store.passes.begin(name, "test", world.account.now()), lock)
    as_of = int(world.sandbox.now) - 70
    found = measure_changed_and_due(world.account, this, rules, as_of)  # type: ignore[arg-type]  # a rulebook
    store.locks.release(lock)
    return found


def test_tickets_are_measured_in_chunks_with_a_safe_point_after_each(make_world: "Callable[..., World]") -> None:
    world = make_world(sandbox={"tickets": 30, "days": 7})
    slept: list[float] = []
    real = world.sandbox.clock.sleep
    world.account.clock.sleep = lambda seconds: (slept.append(seconds), real(seconds))[1]  # type: ignore[method-assign]
    report = world.run(dry_run=True)
    assert 0 < report.measured <= CHUNK
    assert slept == [0]


def test_history_begins_at_midnight_in_the_report_time_zone(make_world: "Callable[..., World]") -> None:
    def starts() -> Iterator[int]:
        for zone in ("UTC", "Asia/Ho_Chi_Minh"):
            world.configure(own={"history_from": "2026-01-01"}, timezone=zone)
            yield world.account.history_start

    world = make_world()
    assert list(starts()) == [1_767_225_600, 1_767_225_600 - 7 * 3600]
