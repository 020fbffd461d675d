"""A ticket that the helpdesk removed for good counts as a deleted one does."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Question, Scope
from sync.explaining import explained
from sync.sources import min_n

if TYPE_CHECKING:
    from tests.sync.conftest import World


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


def counted(world: "World") -> tuple[set[str], dict[str, str]]:
    """Return the cases that count as solved today, and why the others do not."""
    as_of = int(world.sandbox.now) - 60
    day = period_at(PeriodKind.DAY, "Asia/Ho_Chi_Minh", as_of)
    question = Question(Scope.ACCOUNT, world.account.name, day, as_of, min_n(world.account))
    found = explained(world.account, INDICATORS["solved"], question, world.account.name)
    return {line.ticket_id for line in found.lines}, {each.ticket_id: each.reason for each in found.excluded}
