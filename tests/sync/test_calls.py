"""Zendesk Talk's calls, pulled into figures."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from connectors.base import OBSERVED, Page, Stream
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.records import Observation
from kpi_engine.reduce import Scope
from sync.calls import bring_calls
from sync.figures import figures

if TYPE_CHECKING:
    from tests.sync.conftest import World


@pytest.fixture
def world(make_world: Callable[..., "World"]) -> "World":
    made = make_world(own={"talk": True})
    for agent in (0, 1, 1):
        made.ticket(agent=agent, channel="voice")
    made.ticket(agent=1, channel="voice", assignee_id=None)
    made.ticket(agent=1, channel="mail")
    made.advance(3600)
    return made


def rung(world: "World") -> list[Observation]:
    """Return what the exports told of agents."""
    pages: list[Page] = list(world.account.connector.pull(Stream.CALL_LEGS, None))
    return [row for page in pages for row in page.records if isinstance(row, Observation)]


def test_calls_become_the_agents_figures_and_are_pulled_once(world: "World") -> None:
    world.run(dry_run=True)
    as_of = int(world.sandbox.now)
    day = period_at(PeriodKind.DAY, "Asia/Ho_Chi_Minh", as_of)
    found = figures(world.account, day, Scope.AGENT, as_of).scorecards
    told = rung(world)
    for agent in {str(each.agent) for each in told}:
        mine = [str(each.values["outcome"]) for each in told if each.agent == agent]
        cell = found[agent]["missed_call_rate"]
        assert (cell.numerator, cell.denominator) == (mine.count("missed"), len(mine))
        assert found[agent]["calls_handled"].n == mine.count("answered")
    assert sum(card["calls_handled"].n for card in found.values()) == 3
    last = world.store.observations.last_intake()
    world.advance(600)
    world.run(dry_run=True)
    assert world.store.observations.last_intake() == last


def test_a_part_takes_direction_and_ticket_from_its_call_and_waits_for_one_not_told_yet(world: "World") -> None:
    told = rung(world)
    assert bring_calls(world.account, "legs", told) == len(told)
    kept = world.store.observations.named("sao-mai", "calls", [each.observation_id for each in told])
    assert all("direction" not in each.values and each.ticket_id is None for each in kept.values())
    world.run(dry_run=True)
    kept = world.store.observations.named("sao-mai", "calls", [each.observation_id for each in told])
    assert {each.values["direction"] for each in kept.values()} == {"inbound"}
    assert all(each.ticket_id for each in kept.values())


def test_a_plan_without_talk_is_skipped_and_nobody_is_asked_who_does_not_want_it(
    make_world: Callable[..., "World"],
) -> None:
    world = make_world(own={"talk": True})
    world.sandbox.features.discard("talk")
    assert set(world.run(dry_run=True).pulled.skipped) >= OBSERVED
    assert not OBSERVED & set(make_world().account.connector.streams)
