"""Calls that helpdesks tell natively, pulled into figures: Zendesk Talk's, and Salesforce's."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import OBSERVED, Page, Stream
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.records import Observation
from kpi_engine.reduce import Scope
from sync.figures import figures
from sync.native import bring_observations

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sync.conftest import Platform, World


pytestmark = pytest.mark.usefixtures("every_store")


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
    assert bring_observations(world.account, "legs", told) == len(told)
    kept = world.store.observations.named("sao-mai", "calls", [each.observation_id for each in told])
    assert all("direction" not in each.values and each.ticket_id is None for each in kept.values())
    world.run(dry_run=True)
    kept = world.store.observations.named("sao-mai", "calls", [each.observation_id for each in told])
    assert {each.values["direction"] for each in kept.values()} == {"inbound"}
    assert all(each.ticket_id for each in kept.values())


def test_a_call_told_again_does_not_bring_back_who_is_forgotten(world: "World") -> None:
    told = rung(world)
    called = {str(each.agent): world.store.pseudonyms.remember("sao-mai", str(each.agent)) for each in told}
    bring_observations(world.account, "legs", told)
    kept = world.store.observations.named("sao-mai", "calls", [each.observation_id for each in told])
    assert {key: each.agent for key, each in kept.items()} == {
        each.observation_id: called[str(each.agent)] for each in told
    }


def test_a_plan_without_talk_is_skipped_and_nobody_is_asked_who_does_not_want_it(
    make_world: Callable[..., "World"],
) -> None:
    world = make_world(own={"talk": True})
    world.sandbox.features.discard("talk")
    assert set(world.run(dry_run=True).pulled.skipped) >= {Stream.CALLS, Stream.CALL_LEGS}
    assert not OBSERVED & set(make_world().account.connector.streams)


def by_place(world: "World", keys: tuple[str, ...]) -> dict[int, dict[str, tuple[float, int]]]:
    """Return today's figures of each agent by his place in the company, which is the same on every helpdesk."""
    as_of = int(world.sandbox.now)
    cards = figures(world.account, period_at(PeriodKind.DAY, "Asia/Ho_Chi_Minh", as_of), Scope.AGENT, as_of).scorecards
    known = {world.platform.person(world.state, agent): place for place, agent in enumerate(world.agents)}
    return {
        known[str(agent)]: {key: (card[key].numerator, card[key].denominator) for key in keys}
        for agent, card in cards.items()
        if str(agent) in known
    }


NATIVELY = {"zendesk": {"talk": True}, "salesforce": {"calls": "voice_call", "agent_work": True}}


def test_salesforces_calls_give_the_figures_that_talks_give(
    world_in: Callable[..., Any], platforms: "dict[str, Platform]", tmp_path: "Path"
) -> None:
    found = []
    for kind, own in NATIVELY.items():
        sandbox = platforms[kind].sandbox(tickets=0, days=1, start=1_795_399_200)
        with world_in(sandbox, tmp_path / kind) as world:
            world.configure(own=own)
            for agent in (0, 1, 1, None):
                world.ticket(agent=agent or 0, channel="voice", **({} if agent is not None else {"assignee_id": None}))
                world.advance(660)
            world.advance(3600)
            world.run(dry_run=True)
            found.append(by_place(world, ("missed_call_rate", "calls_handled")))
    assert found[0] == found[1]
    assert sum(card["calls_handled"][0] for card in found[0].values()) == 3
    assert sum(card["missed_call_rate"][0] for card in found[0].values()) > 0


def test_salesforces_work_items_give_a_handling_time_and_one_that_is_deleted_leaves_it(
    make_world: Callable[..., "World"],
) -> None:
    world = make_world(kind="salesforce", own={"agent_work": True})
    ticket = world.ticket(agent=0)
    world.advance(900)
    world.state.change(ticket.id, world.agents[0], status="solved")
    world.advance(300)
    world.run(dry_run=True)
    assert by_place(world, ("work_item_handling_time",))[0]["work_item_handling_time"][1] == 1
    (row,) = world.state.tables["AgentWork"].rows.values()
    row |= {"IsDeleted": True, "SystemModstamp": world.state.world.second}
    world.state.tables["AgentWork"].version += 1
    world.advance(300)
    world.run(dry_run=True)
    assert by_place(world, ("work_item_handling_time",))[0]["work_item_handling_time"] == (0, 0)
    last = world.store.observations.last_intake()
    world.advance(300)
    world.run(dry_run=True)
    assert world.store.observations.last_intake() == last
