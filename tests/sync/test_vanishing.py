"""A ticket that the helpdesk removed for good counts as a deleted one does."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import TransientError
from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Question, Scope
from sync import vanishing
from sync.explaining import explained
from sync.sources import min_n

if TYPE_CHECKING:
    from tests.sync.conftest import World

DAY = 86_400


def test_a_case_emptied_from_the_bin_leaves_the_figures_and_is_named_among_those_left_out(
    make_world: Callable[..., "World"],
) -> None:
    world = make_world(kind="salesforce")
    gone, stays = world.answered(), world.answered()
    unknown = world.ticket()
    world.advance(300)
    world.state.purge(unknown.id)
    world.run()
    assert counted(world) == ({gone.key, stays.key}, {})
    world.advance(300)
    world.state.purge(gone.id)
    for _ in range(2):
        world.advance(300)
        world.run()
        assert counted(world) == ({stays.key}, {gone.key: "deleted"})
    world.forget_writes()
    world.advance(300)
    assert world.run().pulled.new == 0
    assert world.writes == []


def test_what_was_removed_in_an_outage_longer_than_salesforce_tells_of_is_looked_for_case_by_case(
    make_world: Callable[..., "World"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody runs a pass for forty days; early in them a case is removed for good, another changes, others stay."""
    monkeypatch.setattr(vanishing, "AT_ONCE", 2)
    world = make_world(kind="salesforce")
    gone, changed, stays = (world.answered() for _ in range(3))
    world.state.delete(world.ticket().id)
    world.advance(300)
    world.run()
    known = int(world.sandbox.now)
    world.advance(DAY)
    world.state.purge(gone.id)
    world.advance(39 * DAY)
    world.state.change(changed.id, world.agents[1], priority="urgent")
    world.advance(300)
    world.sandbox.fail_next("*/queryAll", 503, None)
    with pytest.raises(TransientError):
        world.run()
    world.sandbox.clear_faults()
    world.sandbox.fail_next("*/queryAll", spoiled)  # a row that cannot be read is there all the same
    (note,) = world.run().pulled.notes
    assert (note.values["n"], note.values["gone"]) == (3, 1)
    shown = world.store.records.snapshots("sao-mai", [gone.key, changed.key, stays.key])
    assert {key: (each.status, each.priority) for key, each in shown.items()} == {
        gone.key: ("deleted", shown[gone.key].priority),
        changed.key: ("solved", "urgent"),
        stays.key: ("solved", shown[stays.key].priority),
    }
    assert shown[gone.key].updated_at <= known
    world.advance(300)
    assert world.run().pulled.notes == []


def spoiled(answer: Any) -> Any:  # noqa: ANN401 -- JSON
    """Return an answer whose rows say of no case when it was opened."""
    return {**answer, "records": [{**row, "CreatedDate": None} for row in answer["records"]]}


def counted(world: "World") -> tuple[set[str], dict[str, str]]:
    """Return the cases that count as solved today, and why the others do not."""
    as_of = int(world.sandbox.now) - 60
    day = period_at(PeriodKind.DAY, "Asia/Ho_Chi_Minh", as_of)
    question = Question(Scope.ACCOUNT, world.account.name, day, as_of, min_n(world.account))
    found = explained(world.account, INDICATORS["solved"], question, world.account.name)
    return {line.ticket_id for line in found.lines}, {each.ticket_id: each.reason for each in found.excluded}
