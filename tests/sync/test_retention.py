from typing import TYPE_CHECKING

import pytest

from kpi_engine.periods import PeriodKind, period_at, period_named
from kpi_engine.reduce import Scope
from sync.figures import figures
from sync.locking import locked
from sync.retention import cutoff_of, enforce_retention, outdated

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

pytestmark = pytest.mark.usefixtures("every_store")

DAY = 86_400
HANOI = "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    ("today", "retention", "kept_from"),
    [
        ("2026-11-23", "1 month", "2026-10-23"),
        ("2026-03-31", "1 month", "2026-02-28"),
        ("2026-01-31", "2 years", "2024-01-31"),
        ("2026-01-01", "25 months", "2023-12-01"),
        ("2026-12-31", "12 months", "2025-12-31"),
    ],
)
def test_so_many_months_are_kept_to_the_day(
    make_world: "Callable[..., World]", today: str, retention: str, kept_from: str
) -> None:
    account = make_world(privacy={"retention": retention}).account
    noon = period_named(today, HANOI).start + 43_200
    assert cutoff_of(account, noon) == period_named(kept_from, HANOI).start


def test_old_tickets_go_with_all_that_was_remembered_and_what_still_lives_stays(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(
        privacy={"retention": "1 month", "visible_to_all_agents": True},
        push={"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}]},
    )
    old, living, lasting = world.answered(), world.answered(), world.ticket()
    ours = str(world.run().connector)
    world.advance(20 * DAY)
    world.run()
    made = {each.id for each in world.summaries()}
    assert made
    world.advance(9 * DAY)
    world.state.comment(living.id, world.agents[0], status="open")
    world.advance(5 * DAY)
    before = world.run()
    assert before.outdated is not None
    kept = {measured.ticket_id for measured in world.store.readings.all(ours)}
    assert str(old.id) not in kept
    assert {str(living.id), str(lasting.id)} <= kept
    held = world.store.records
    assert list(held.histories(ours, [str(old.id)], 0)) == []
    assert world.store.ledger.entries(ours, [str(old.id)]) == []
    assert world.store.changes.last_delivered_to(ours, "ticket", [str(old.id)]) == {}  # type: ignore[arg-type]  # as it is stored
    assert len(world.store.ledger.entries(ours, [str(lasting.id)])) > 0
    again = world.run()
    assert (again.outdated, again.summaries) == (None, [])
    world.advance(40 * DAY)
    world.run()
    world.run()
    assert made <= {each.id for each in world.summaries()}
    assert len({each.external_id for each in world.summaries()}) == len(world.summaries())
    as_of = world.run().as_of or 0
    this_month = figures(world.account, period_at(PeriodKind.MONTH, HANOI, as_of), Scope.ACCOUNT, as_of)
    assert this_month.scorecards["sao-mai"]["backlog"].value == 2


def test_by_hand_the_same_is_counted_and_then_deleted_in_bits(
    make_world: "Callable[..., World]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.retention._AT_ONCE", 2)
    world = make_world()
    for _ in range(5):
        world.answered()
    world.advance(120)
    as_of = (world.run(dry_run=True).as_of or 0) + 800 * DAY
    assert outdated(world.account, as_of).tickets == 5
    with locked(world.account) as lock:
        done = enforce_retention(world.account, lock, as_of, again=True)
        assert done is not None
        assert done.tickets == 5
        assert enforce_retention(world.account, lock, as_of) is None
    assert outdated(world.account, as_of).tickets == world.store.records.ticket_count("sao-mai") == 0
