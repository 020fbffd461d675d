from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from kpi_engine.measure import measure
from kpi_engine.periods import period_named
from sync.recompute import CannotRecomputeError, correct, locked, recompute
from sync.store import LockHeldError

if TYPE_CHECKING:
    from tests.sync.conftest import World

ZONE = "Asia/Ho_Chi_Minh"
DAY = period_named("2026-11-23", ZONE)
STRICT = {
    "version": 1,
    "policies": [
        {"id": "strict", "clocks": [{"id": "first_reply", "goal": {"urgent": "10m"}, "stop": ["agent_public_reply"]}]}
    ],
}


def test_everything_is_measured_again_and_nothing_else_happens(make_world: Callable[..., "World"]) -> None:
    world = make_world(sandbox={"tickets": 40, "days": 10})
    world.run(dry_run=True)
    before = list(world.store.readings.all("sao-mai"))
    done = recompute(world.account)
    assert done.measured == len(before) > 30
    assert list(world.store.readings.all("sao-mai")) == before
    assert (done.changes, done.correction) == ([], None)
    last = world.store.passes.last("sao-mai", 1)[0]
    assert (last.mode, last.state, last.as_of, last.counts) == (
        "recompute",
        "done",
        done.as_of,
        {"measured": len(before)},
    )


@pytest.mark.untraced
def test_several_processes_measure_the_same_as_one(
    make_world: Callable[..., "World"], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(sandbox={"tickets": 40, "days": 10})
    world.run(dry_run=True)
    before = list(world.store.readings.all("sao-mai"))
    monkeypatch.setattr("sync.recompute.WORTH_WORKERS", 1)
    monkeypatch.setattr("sync.measuring.CHUNK", 5)
    started: list[int] = []
    monkeypatch.setattr("sync.measuring.measure", lambda *_: started.append(1) or measure(*_))
    assert recompute(world.account, workers=2).measured == len(before)
    assert list(world.store.readings.all("sao-mai")) == before
    assert started == [], "nothing was measured in this process"


def test_before_the_first_pull_there_is_nothing_to_recompute(world: "World") -> None:
    with pytest.raises(CannotRecomputeError, match="no data yet"):
        recompute(world.account)


def test_a_period_that_is_not_over_needs_no_correction(world: "World") -> None:
    world.ticket()
    world.advance(120)
    world.run(dry_run=True)
    with pytest.raises(CannotRecomputeError, match="2026-11-23 is not over in the data"):
        correct(world.account, DAY, apply=True)


def test_a_correction_has_todays_rules_act_on_that_period_alone(world: "World") -> None:
    """On two days a reply after 20 minutes: within the goal of then, over today's."""
    world.answered(minutes=20)
    world.advance(86_400)
    world.answered(minutes=20)
    world.advance(86_400)
    world.run(dry_run=True)
    world.configure(policies=STRICT)
    world.run(dry_run=True)
    assert breaches(world) == [None, None]
    changes = {(c.scope, c.indicator) for c in correct(world.account, DAY, apply=False).changes}
    assert ("account", "overdue_count") in changes
    assert breaches(world) == [None, None]
    done = correct(world.account, DAY, apply=True)
    assert {(c.scope, c.indicator) for c in done.changes} == changes
    first, second = breaches(world)
    assert (first is not None, second) == (True, None)
    entries = world.store.ledger.entries("sao-mai", [str(ticket_id) for ticket_id in world.state.tickets])
    assert [(entry.step, entry.at) for entry in entries if entry.step == "breach"] == [("breach", first)]


def breaches(world: "World") -> list[int | None]:
    readings = [world.store.readings.get("sao-mai", str(ticket_id)) for ticket_id in world.state.tickets]
    return [min((c.breached_at for c in r.measurement.clocks if c.breached_at), default=None) for r in readings if r]


def test_a_change_of_the_configuration_acts_backwards_with_the_correction_that_follows_it(world: "World") -> None:
    world.answered(minutes=20)
    world.advance(2 * 86_400)
    world.run(dry_run=True)
    world.configure(policies=STRICT)
    assert any(change.indicator == "overdue_count" for change in correct(world.account, DAY, apply=True).changes)


def test_a_correction_that_changes_nothing_says_so(world: "World") -> None:
    world.answered()
    world.advance(2 * 86_400)
    world.run(dry_run=True)
    assert correct(world.account, DAY, apply=True).changes == []


def test_only_one_works_at_a_time(world: "World") -> None:

    world.ticket()
    world.advance(120)
    world.run(dry_run=True)
    with locked(world.account), pytest.raises(LockHeldError):
        recompute(world.account)


def test_a_correction_that_breaks_leaves_nothing_behind(world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    world.answered(minutes=20)
    world.advance(2 * 86_400)
    world.run(dry_run=True)
    world.configure(policies=STRICT)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sync.store.published.PublishedCells.publish", broken)
    with pytest.raises(ZeroDivisionError):
        correct(world.account, DAY, apply=True)
    assert world.store.settled.corrections("sao-mai") == []
    assert breaches(world) == [None]
    assert world.store.passes.last("sao-mai", 1)[0].state == "failed"
