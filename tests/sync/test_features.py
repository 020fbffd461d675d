"""What the account offers changes: features switched off and on, people renamed, groups and fields deleted."""

from typing import TYPE_CHECKING

import pytest

from connectors.base import Stream
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Kind
from sync.cycle import Mode, run_pass
from sync.editions import rulebook
from sync.figures import figures
from sync.missing import missing_inputs
from sync.pull import PROBED_EVERY, silent
from sync.wording import subject_name

if TYPE_CHECKING:
    from sync.cycle import PassReport
    from sync.figures import Figures
    from tests.sync.conftest import World

ZONE = "Asia/Ho_Chi_Minh"
PASSES = 900


def by_hand(world: "World", *, dry_run: bool = True) -> "PassReport":
    world.advance(PASSES)
    return run_pass(world.account, Mode(dry_run=dry_run, by_hand=True), silent)


def on_schedule(world: "World") -> "PassReport":
    world.advance(PASSES)
    return world.run(dry_run=True)


def today(world: "World", scope: Scope) -> "Figures":
    as_of = int(world.sandbox.now)
    return figures(world.account, period_at(PeriodKind.DAY, ZONE, as_of), scope, as_of)


@pytest.fixture
def switched_off(world: "World") -> "World":
    """Give an account with one good rating, whose ratings were then switched off, as a pass has seen."""
    ticket = world.answered()
    world.state.rate(ticket.id, "good")
    on_schedule(world)
    world.sandbox.features.discard("satisfaction")
    assert Stream.RATINGS in on_schedule(world).pulled.skipped
    assert "satisfaction_rate" in missing_inputs(world.account)
    return world


def test_whoever_runs_a_pass_after_switching_ratings_on_has_them_at_once(switched_off: "World") -> None:
    world = switched_off
    world.sandbox.features.add("satisfaction")
    late = world.answered()
    world.state.rate(late.id, "bad")
    report = by_hand(world)
    assert Stream.RATINGS not in report.pulled.skipped
    assert "satisfaction_rate" not in missing_inputs(world.account)
    card = today(world, Scope.ACCOUNT).scorecards["sao-mai"]
    assert (card["satisfaction_rate"].numerator, card["satisfaction_rate"].denominator) == (1, 2)


def test_a_pass_on_schedule_asks_for_them_again_some_hours_later(switched_off: "World") -> None:
    world = switched_off
    world.sandbox.features.add("satisfaction")
    on_schedule(world)
    assert "satisfaction_rate" in missing_inputs(world.account), "a plan's features seldom change"
    world.advance(PROBED_EVERY)
    for _ in range(8):  # other streams are due by then, too, and each pass reads one or two of them
        on_schedule(world)
    assert "satisfaction_rate" not in missing_inputs(world.account)


def test_what_is_not_there_is_told_by_each_pass_by_hand_and_holds_nothing_back(switched_off: "World") -> None:
    for _ in range(2):
        report = by_hand(switched_off)
        assert Stream.RATINGS in report.pulled.skipped
        assert report.as_of == switched_off.sandbox.now - 70


def test_names_outlive_whoever_bears_them_and_the_newest_is_shown(world: "World") -> None:
    """Ha answers a ticket of a group; she leaves, Binh is renamed, the group is deleted."""
    world.instead(paces={})
    (gone, renamed), group = world.agents[:2], world.state.account.group_ids[0]
    was = world.state.groups[group].name
    world.state.users[gone].name = "Hà"
    world.answered(agent=0)
    world.answered(agent=1)
    on_schedule(world)
    world.state.delete_user(gone)
    world.state.users[renamed].name = "Bình Mới"
    del world.state.groups[group]
    world.state.memberships = {k: v for k, v in world.state.memberships.items() if v.group_id != group}
    on_schedule(world)
    told = [each.key for each in world.store.editions.all("sao-mai") if each.kind == Kind.GROUP]
    assert str(group) in told
    rules, now = rulebook(world.account), int(world.sandbox.now)
    people = {str(subject_name(each, Scope.AGENT, rules, now)) for each in today(world, Scope.AGENT).scorecards}
    assert {"Hà", "Bình Mới"} <= people
    teams = {str(subject_name(each, Scope.TEAM, rules, now)) for each in today(world, Scope.TEAM).scorecards}
    assert was in teams


def test_a_mapped_field_that_is_deleted_ends_no_pass_and_the_past_keeps_its_meaning(world: "World") -> None:
    segment = world.state.add_ticket_field("text", "Khách hàng")
    world.configure(fields={"segment": {"sao-mai": {"field": str(segment.id)}}})
    world.instead(paces={})
    ticket = world.answered(fields={segment.id: "vip"})
    on_schedule(world)
    before = today(world, Scope.SEGMENT).scorecards
    assert before["vip"]["solved"].value == 1
    del world.state.ticket_fields[segment.id]
    for each in world.state.tickets.values():
        each.fields.pop(segment.id, None)
    world.answered()
    assert on_schedule(world).pulled.rejected == 0
    after = today(world, Scope.SEGMENT).scorecards
    assert after["vip"]["solved"].value == 1, "the ticket did not change, so that nobody told it again"
    assert after[None]["solved"].value == 1
    world.state.comment(ticket.id, world.agents[0])
    assert on_schedule(world).pulled.rejected == 0
    assert today(world, Scope.SEGMENT).scorecards["vip"]["solved"].value == 1, "its history tells what it was then"
