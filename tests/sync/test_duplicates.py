import json
import signal
from typing import TYPE_CHECKING

import pytest

from sync.crash import LOOK_UP_POINTS
from sync.duplicates import DUPLICATE_TAG
from sync.look_ups import LOOK_UP_WINDOW
from sync.store.changes import ChangeState
from sync.store.summaries import PROVISIONAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.zendesk.records import Ticket
    from tests.sync.conftest import World

HOUR = 3600
DAY = 24 * HOUR
MONDAY = 1_795_399_200
WEEK_END = MONDAY + 7 * DAY - 9 * HOUR
WEEKLY = {"scope": "agent", "period": "week", "group": "KPI"}
IMPORTS = "/api/v2/imports/tickets*"
FIND = "/api/v2/tickets.json"
UPDATES = "/api/v2/tickets/[0-9]*"
NAME = "sao-mai"


@pytest.fixture
def due(make_world: "Callable[..., World]") -> "Callable[..., World]":
    """Return a function that makes a world in which one agent's weekly summary is due."""

    def make() -> "World":
        push = {"summaries": [WEEKLY]}
        world = make_world(push=push, privacy={"visible_to_all_agents": True}, language="en")
        world.advance(120)
        world.run()
        world.answered(agent=0, minutes=40)
        world.advance(WEEK_END + 6 * HOUR + 70 - world.sandbox.now)
        return world

    return make


def ours(world: "World") -> "list[Ticket]":
    """Return the summary tickets in the order of their making."""
    return sorted(world.summaries(), key=lambda ticket: ticket.id)


def alive(world: "World") -> "list[Ticket]":
    return [ticket for ticket in ours(world) if DUPLICATE_TAG not in ticket.tags]


def lose_the_creation(world: "World", *, committed: bool) -> None:
    world.sandbox.fail_next(IMPORTS, "drop", 1, after_effect=committed)
    world.run()
    assert world.store.changes.counts(NAME)[ChangeState.IN_DOUBT] == 1


def commit_late(world: "World", external_id: str) -> "Ticket":
    """Let the helpdesk carry out now what it took long ago, as it was asked then."""
    return world.state.create_ticket(external_id=external_id, tags=("helpdesk-kpi",), status="open")


def external_id(world: "World") -> str:
    (summary,) = world.store.summaries.all(NAME)
    return summary.external_id


def remembered(world: "World") -> str | None:
    summary = world.store.summaries.get(external_id(world))
    assert summary is not None
    return summary.remote_id


def test_fault_06_what_is_committed_within_the_window_is_found_and_never_made_again(
    due: "Callable[..., World]",
) -> None:
    """The answer is lost and the ticket not there yet; it comes while the next pass looks."""
    world = due()
    lose_the_creation(world, committed=False)
    late: list[Ticket] = []
    world.sandbox.before_next(
        FIND, lambda: world.sandbox.before_next(FIND, lambda: late.append(commit_late(world, external_id(world))))
    )
    began = world.sandbox.now
    report = world.run()
    assert ours(world) == late
    assert (remembered(world), report.sent.waiting) == (str(late[0].id), 0)
    assert 0 < world.sandbox.now - began <= LOOK_UP_WINDOW + 5


def test_what_is_not_there_once_the_window_is_over_is_sent_again_once(due: "Callable[..., World]") -> None:
    world = due()
    lose_the_creation(world, committed=False)
    began = world.sandbox.now
    world.run()
    assert world.sandbox.now - began >= LOOK_UP_WINDOW
    assert len(ours(world)) == 1


def test_a_window_that_is_over_already_costs_one_look(due: "Callable[..., World]") -> None:
    world = due()
    lose_the_creation(world, committed=False)
    world.advance(900)
    before = len(world.sandbox.requests)
    world.run()
    asked = [path for method, path, _ in world.sandbox.requests[before:] if path == FIND and method == "GET"]
    assert len(asked) == 1
    assert len(ours(world)) == 1


def test_what_is_committed_after_the_window_is_found_by_the_next_pass_and_closed(due: "Callable[..., World]") -> None:
    world = due()
    lose_the_creation(world, committed=False)
    world.run()
    (first,) = ours(world)
    world.advance(30)
    second = commit_late(world, external_id(world))
    world.advance(600)
    world.run()
    assert (first.status, second.status) == ("open", "solved")
    assert DUPLICATE_TAG in second.tags
    said, body = list(world.state.comments_of(second.id))[-1]
    assert not said.public
    assert f"/agent/tickets/{first.id}" in body
    assert remembered(world) == str(first.id)
    assert {str(first.id), str(second.id)} == world.store.summaries.remote_ids(NAME)
    spoken = len(list(world.state.comments_of(second.id)))
    for hours in (2, 30, 60):
        world.advance(hours * HOUR)
        world.run()
    assert len(list(world.state.comments_of(second.id))) == spoken
    reading = world.store.readings.get(NAME, str(second.id))
    assert reading is not None
    assert reading.measurement.lines == ()


def test_the_oldest_stays_even_where_we_knew_the_other(due: "Callable[..., World]") -> None:
    world = due()
    lose_the_creation(world, committed=False)
    world.run()
    (known,) = ours(world)
    late = commit_late(world, external_id(world))
    late.created_at = known.created_at - 60
    world.advance(600)
    world.run()
    assert (known.status, late.status) == ("solved", "open")
    assert remembered(world) == str(late.id)
    world.advance(600)
    world.run()
    assert "40 phút" in list(world.state.comments_of(late.id))[-1][1]
    assert [summary.state for summary in world.store.summaries.all(NAME)] == [PROVISIONAL]


def test_several_found_at_once_leave_one(due: "Callable[..., World]") -> None:
    world = due()
    lose_the_creation(world, committed=True)
    (first,) = ours(world)
    for _ in range(2):
        commit_late(world, external_id(world))
    world.advance(900)
    world.run()
    assert alive(world) == [first]
    assert [ticket.status for ticket in ours(world)] == ["open", "solved", "solved"]


def test_a_creation_that_was_never_in_doubt_is_not_looked_for(due: "Callable[..., World]") -> None:
    world = due()
    world.run()
    before = len(world.sandbox.requests)
    world.advance(600)
    world.run()
    assert FIND not in [path for _, path, _ in world.sandbox.requests[before:]]


def test_a_closing_whose_answer_was_lost_is_written_once(due: "Callable[..., World]") -> None:
    for after_effect in (True, False):
        world = due()
        lose_the_creation(world, committed=True)
        second = commit_late(world, external_id(world))
        world.advance(900)
        world.sandbox.fail_next(UPDATES, "drop", 1, after_effect=after_effect, method="PUT")
        world.run()
        assert world.store.changes.counts(NAME)[ChangeState.IN_DOUBT] == 1
        world.advance(900)
        world.run()
        told = [body for _, body in world.state.comments_of(second.id) if "made twice" in body]
        assert (len(told), second.status) == (1, "solved")
        world.close()


def test_a_double_that_a_person_closed_or_deleted_is_left_alone(due: "Callable[..., World]") -> None:
    world = due()
    lose_the_creation(world, committed=True)
    closed = commit_late(world, external_id(world))
    world.state.close(closed.id)
    world.advance(900)
    report = world.run()
    assert (report.sent.refused.total, report.sent.closed, report.sent.waiting) == (0, 1, 0)


def test_the_points_of_a_look_up_are_tried() -> None:
    assert {point for point, _ in CRASHES} >= set(LOOK_UP_POINTS)


CRASHES = [
    ("after_planning", 1),
    ("before_look_up", 1),
    ("after_look_up", 1),
    ("after_look_up", 2),
    ("after_duplicates", 1),
    ("before_request", 1),
    ("after_request", 1),
    ("after_outcome", 1),
    ("after_outcome", 2),
]


@pytest.mark.untraced
@pytest.mark.parametrize(("point", "visit"), CRASHES)
def test_fault_01_a_pass_killed_while_it_resolves_or_closes_leaves_one_ticket(
    due: "Callable[..., World]", fork_a_pass: "Callable[[World, str], int]", point: str, visit: int
) -> None:
    """The creation's answer was lost, and by now there are two tickets: one pass finds, keeps and closes."""
    world = due()
    lose_the_creation(world, committed=True)
    first, second = *ours(world), commit_late(world, external_id(world))
    world.advance(900)
    assert fork_a_pass(world, f"{point}:{visit}") == -signal.SIGKILL
    for _ in range(2):
        world.advance(900)
        world.run()
    assert alive(world) == [first]
    told = [body for _, body in world.state.comments_of(second.id) if "made twice" in body]
    assert (len(told), second.status, remembered(world)) == (1, "solved", str(first.id))
    assert len(list(world.state.comments_of(first.id))) == 1
    assert world.store.changes.pending_count(NAME) == 0


@pytest.mark.untraced
@pytest.mark.parametrize(("point", "visit"), [("after_planning", 1), ("before_request", 1), ("after_request", 1)])
def test_fault_01_a_pass_killed_while_it_creates_leaves_one_ticket(
    due: "Callable[..., World]", fork_a_pass: "Callable[[World, str], int]", point: str, visit: int
) -> None:
    world = due()
    world.store.changes.withdraw(NAME, "ticket", [], 0)  # type: ignore[arg-type]  # nothing else is queued
    assert fork_a_pass(world, f"{point}:{visit}") == -signal.SIGKILL
    for _ in range(2):
        world.advance(900)
        world.run()
    (ticket,) = ours(world)
    assert remembered(world) == str(ticket.id)
    assert len(list(world.state.comments_of(ticket.id))) == 1
    assert json.loads(world.store.summaries.all(NAME)[0].shown or "null")
