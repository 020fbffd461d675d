"""The same stories on every helpdesk give the same figures, but for what docs/platforms.md says cannot be equal."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from connectors import CONNECTORS
from connectors.base import Stream
from connectors.freshdesk import Freshdesk
from connectors.zendesk.streams import RESOURCES
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import Certainty
from sync.platforms import EXACT, UNEQUAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sync.conftest import Platform, World

MONDAY = 1_795_399_200  # 2026-11-23 09:00 +07:00
OPENED = {"status": "open", "priority": "urgent"}
CALENDARS = {"vn": {"tz": "Asia/Ho_Chi_Minh", "week": {"mon..fri": ["08:00-17:30"]}}, "default": "vn"}


def lived(world: "World", every: int = 1) -> "World":
    """Let five tickets live, each step followed by a pass.

    09:00 five are opened; one by one they are taken, answered, put off, solved, reopened, rated, passed on, deleted.
    With `every`, only each so many-th step is.
    """
    state, agents, groups = world.state, world.agents, world.state.account.group_ids
    answered, silent, waiting, passed_on, unwanted = (
        state.create_ticket(f"S{n}", requester=state.account.customer_ids[n], group_id=groups[0], **OPENED)
        for n in range(5)
    )
    steps: list[Callable[[], object]] = [
        lambda: [state.change(t.id, agents[0], assignee_id=agents[0]) for t in (answered, silent, waiting, passed_on)],
        lambda: state.comment(answered.id, agents[0]),
        lambda: state.change(silent.id, agents[0], status="solved"),
        lambda: state.comment(waiting.id, agents[0], status="pending"),
        lambda: state.comment(passed_on.id, agents[0], public=False, assignee_id=agents[1], group_id=groups[1]),
        lambda: state.change(answered.id, agents[0], status="solved"),
        lambda: state.delete(unwanted.id),
        lambda: state.comment(waiting.id, waiting.requester_id),
        lambda: state.rate(answered.id, "good"),
        lambda: state.comment(passed_on.id, agents[1], status="solved"),
        lambda: state.comment(waiting.id, agents[0], status="solved"),
        lambda: state.comment(waiting.id, waiting.requester_id),
        lambda: state.comment(waiting.id, agents[0], status="solved"),
    ]
    world.advance(300)
    world.run()
    for place, step in enumerate(steps, start=1):
        world.advance(MONDAY + 1200 * place - world.sandbox.now)  # passes take time too, and not everywhere the same
        step()
        world.advance(600)
        if place % every == 0:
            world.run()
    return world


def lines(world: "World") -> Counter[tuple[Any, ...]]:
    """Return every credit line in words that no helpdesk decides: people and groups by their place."""
    account, platform = world.state.account, world.platform
    known = partial(platform.person, world.state)
    names = {known(agent): f"agent {place}" for place, agent in enumerate(account.agent_ids)}
    names |= {f"group:{known(group)}": f"group {place}" for place, group in enumerate(account.group_ids)}
    tickets = {platform.key(ticket): place for place, ticket in enumerate(world.state.tickets.values())}
    return Counter(
        (line.indicator, tickets[line.ticket_id or ""], line.at - MONDAY, names.get(str(line.agent)),
         names.get(str(line.team)), line.numerator, line.denominator)
        for measured in world.store.readings.all(world.account.name)
        for line in measured.lines
    )  # fmt: skip


@pytest.mark.untraced
def test_the_same_stories_give_the_same_figures(
    world_in: "Callable[..., Any]", platforms: "dict[str, Platform]", tmp_path: "Path"
) -> None:
    found = {}
    for kind in CONNECTORS:
        sandbox = platforms[kind].sandbox(tickets=0, days=1, start=MONDAY)
        with world_in(sandbox, tmp_path / kind) as world:
            world.configure(calendars=CALENDARS)
            lived(world)
            world.advance(600)
            world.run()
            found[kind] = lines(world)
    assert sum(found["zendesk"].values()) > 100
    teamless = {kind: Counter((*line[:4], *line[5:]) for line in all_of.elements()) for kind, all_of in found.items()}
    for kind in ("freshdesk", "salesforce"):
        told = teamless if kind == "salesforce" else found  # whose one owner says no team
        here, there = told[kind] - told["zendesk"], told["zendesk"] - told[kind]
        known = {key for each in UNEQUAL if kind in each.kinds for key in each.indicators}
        assert {line[0].removesuffix("_calendar") for line in [*here, *there]} == known, (kind, here, there)


@pytest.mark.untraced
def test_an_export_of_activities_makes_freshdesk_as_exact_as_any_other_a_day_later(
    world_in: "Callable[..., Any]", platforms: "dict[str, Platform]", tmp_path: "Path"
) -> None:
    """Passes are four steps apart, so that until the file of the day comes next to nothing is known exactly."""
    found = {}
    for kind, more in (("zendesk", {}), ("freshdesk", {"activities": True})):
        sandbox = platforms[kind].sandbox(tickets=0, days=1, start=MONDAY, **more)
        with world_in(sandbox, tmp_path / kind) as world:
            world.configure(calendars=CALENDARS)
            lived(world, every=4)
            world.run()
            before = approximate(world)
            world.advance(24 * 3600)
            world.run()
            assert kind == "zendesk" or (before > 20 and approximate(world) == 0)
            found[kind] = lines(world)
            known = {each.agent_id for each in world.store.records.account("sao-mai", "agents", gone=True)}
            assert not known & {str(customer) for customer in world.state.account.customer_ids}
    here, there = found["freshdesk"] - found["zendesk"], found["zendesk"] - found["freshdesk"]
    assert {line[0].removesuffix("_calendar") for line in [*here, *there]} == {"survey_response_rate"}, (here, there)


def approximate(world: "World") -> int:
    """Return how many credit lines rest on what is not known for sure."""
    measured = world.store.readings.all(world.account.name)
    return sum(line.certainty is Certainty.APPROXIMATE for each in measured for line in each.lines)


def test_every_stream_of_every_helpdesk_is_described() -> None:
    assert list(EXACT) == list(CONNECTORS)
    for kind, streams in (("zendesk", RESOURCES), ("freshdesk", Freshdesk.streams)):
        assert set(EXACT[kind]) == set(streams)
    # Ratings or surveys, as the org is configured.
    assert set(EXACT["salesforce"]) == set(Stream) - {Stream.CALL_LEGS, Stream.ACTIVITIES}
    assert {key for each in UNEQUAL for key in each.indicators} <= set(INDICATORS)
    assert {kind for each in UNEQUAL for kind in each.kinds} <= set(CONNECTORS)
