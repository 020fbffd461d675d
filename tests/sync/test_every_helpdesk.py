"""What must hold on every helpdesk, told on those that keep less than Zendesk does."""

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.rulebook import Places
from sync.editions import rulebook

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.sync.conftest import Platform, World

    Worlds = Callable[..., AbstractContextManager[World]]

KINDS = ("freshdesk", "salesforce")
NAME = "sao-mai"
SATURDAY = 1_795_237_200  # 2026-11-21 12:00 +07:00
HOUR, DAY = 3600, 86_400
PUSH = {"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}]}


@pytest.fixture(scope="module")
def standing(world_in: "Worlds", platforms: "dict[str, Platform]", standing_clock: type) -> "Worlds":
    """Return what gives a world whose time stands still while passes run: thirty tickets in twelve days."""

    def made(kind: str, folder: "Path") -> "AbstractContextManager[World]":
        sandbox = platforms[kind].sandbox(tickets=20, days=12, start=SATURDAY)
        return world_in(sandbox, folder, clock=standing_clock(sandbox))

    return made


def configured(world: "World") -> "World":
    """Configure an account whose first pass has been and whose last week's summaries are due in two days."""
    world.configure(own={"exclude": {"tags": ["test", "internal"]}}, push=PUSH, privacy={"visible_to_all_agents": True})
    world.run()
    world.advance(2 * DAY)
    return world


def end_state(world: "World") -> dict[str, Any]:
    """Return what must not depend on where a pass was killed."""
    store = world.store
    ours = {ticket.id for ticket in world.summaries()}
    key = world.platform.key
    tickets = {key(ticket): ticket for ticket in world.state.tickets.values() if ticket.id not in ours}
    return {
        "fields": {key: world.shown(ticket) for key, ticket in tickets.items()},
        "titles": sorted(title for title in world.account.connector.titles("field").values()),
        "summaries": sorted((ticket.subject, ticket.tags) for ticket in world.summaries()),
        "known": sorted((each.external_id, each.remote_id is None) for each in store.summaries.all(NAME)),
        "readings": {each.ticket_id: repr(replace(each, wake_at=None)) for each in store.readings.all(NAME)},
        "ledger": store.ledger.entries(NAME, list(tickets)),
        "pending": store.changes.pending_count(NAME),
    }


@pytest.fixture(scope="module", params=KINDS)
def undisturbed(
    request: pytest.FixtureRequest, standing: "Worlds", tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any]]:
    """Return the end state of two passes that nobody disturbed."""
    with standing(request.param, tmp_path_factory.mktemp("undisturbed")) as world:
        configured(world).run()
        found = end_state(world)
    assert found["pending"] == 0
    assert len(found["summaries"]) > 3
    assert any(found["fields"].values())
    return request.param, found


@pytest.mark.untraced
@pytest.mark.parametrize("point", ["after_page", "after_request", "after_outcome"])
def test_a_pass_killed_at_any_point_costs_nothing_but_its_rest(
    standing: "Worlds",
    tmp_path: "Path",
    undisturbed: tuple[str, dict[str, Any]],
    fork_a_pass: "Callable[[World, str], int]",
    point: str,
) -> None:
    kind, wanted = undisturbed
    with standing(kind, tmp_path) as world:
        configured(world)
        assert fork_a_pass(world, point) == -signal.SIGKILL
        world.run()
        found = end_state(world)
        assert {key: value for key, value in found.items() if value != wanted[key]} == {}
        world.advance(300)
        report = world.run()
        assert report.pulled.rows["tickets"] > 0  # the echo
        assert (report.writes_planned, report.sent.delivered) == (0, [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_pass_receives_its_own_echo_and_writes_nothing(make_world: "Callable[..., World]", kind: str) -> None:
    world = make_world(kind=kind)
    ticket = world.ticket()
    world.advance(300)
    assert world.run().sent.delivered
    assert set(world.shown(ticket)) >= {"due_at"}
    world.advance(300)
    world.forget_writes()
    report = world.run()
    assert report.pulled.rows["tickets"] == 1
    assert (report.writes_planned, world.writes) == (0, [])
    world.advance(300)
    assert world.run().pulled.new == 0


@pytest.mark.parametrize("kind", KINDS)
def test_somebodys_hand_on_our_field_is_found_and_put_right_once(make_world: "Callable[..., World]", kind: str) -> None:
    world = make_world(kind=kind)
    ticket = world.ticket()
    world.advance(300)
    world.run()
    shown = world.shown(ticket)
    world.edit(ticket, "overdue_clock", "by hand")
    world.advance(300)
    world.run()
    assert world.shown(ticket) == shown


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("arrived", [True, False], ids=["it arrived", "it did not"])
def test_a_summary_whose_answer_was_lost_is_made_once(
    make_world: "Callable[..., World]", kind: str, *, arrived: bool
) -> None:
    world = make_world(kind=kind, push=PUSH, privacy={"visible_to_all_agents": True})
    world.run()
    world.answered()
    world.advance(8 * DAY)
    place, method = world.platform.making
    world.sandbox.fail_next(place, "drop", after_effect=arrived, method=method)
    world.run()
    world.advance(HOUR)
    world.run()
    assert len(world.summaries()) == 1
    (known,) = world.store.summaries.all(NAME)
    assert known.remote_id == world.platform.key(world.summaries()[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_write_of_fields_is_repeated_and_a_rate_limit_waited_for(
    make_world: "Callable[..., World]", kind: str
) -> None:
    world = make_world(kind=kind)
    ticket = world.ticket()
    world.advance(300)
    place, method = world.platform.writing
    world.sandbox.fail_next(place, "drop", after_effect=True, method=method)
    world.sandbox.fail_next(place, 429, method=method, retry_after=30)
    report = world.run()
    assert "due_at" in world.shown(ticket)
    assert report.sent.waiting == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_or_merged_ticket_shows_no_deadline_any_more_where_it_can_still_be_written(
    make_world: "Callable[..., World]", kind: str
) -> None:
    world = make_world(kind=kind)
    closed, merged, into = (world.ticket() for _ in range(3))
    world.advance(180)
    world.run()
    assert all("due_at" in world.shown(ticket) for ticket in (closed, merged, into))
    world.state.close(closed.id)
    world.state.merge(merged.id, into.id, world.agents[0])
    world.advance(HOUR)
    world.run()
    in_the_bin = kind == "salesforce"  # where a merged case lies, which nobody can write
    assert ["due_at" in world.shown(ticket) for ticket in (closed, merged, into)] == [False, in_the_bin, True]
    world.forget_writes()
    world.advance(60)
    world.run()
    assert world.writes == []


def test_freshdesks_statuses_go_by_label_and_its_groups_say_which_hours_they_keep(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(kind="freshdesk", statuses={"sao-mai": {"Chờ nhà cung cấp": "hold"}})
    world.run()
    rules = rulebook(world.account)
    assert [rules.meanings.at(0).status(number) for number in ("2", "8", "9")] == ["open", "hold", "unknown"]
    home, group = str(world.state.calendars[0].id), str(world.state.account.group_ids[0])
    assert rules.chosen_calendar(Places(None, group, None), 0) == (home, False)
    assert rules.chosen_calendar(Places(None, None, None), 0) == (home, False)
