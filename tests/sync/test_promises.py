"""What every write promises: never doubled, never lost, never where others may read it, never without consent."""

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from connectors.base import Target
from sync.cli.setup_command import Wish, _create
from sync.duplicates import DUPLICATE_TAG
from sync.reverting import reversal, revert
from sync.setup import wanted_fields
from sync.store.changes import ChangeState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.base import Change, Clock, Outcome
    from connectors.sandbox.zendesk.records import Ticket
    from sync.cli.frame import Call
    from tests.sync.conftest import World

NAME = "sao-mai"
HOUR = 3600
DAY = 24 * HOUR
MONDAY = 1_795_399_200
WEEK_END = MONDAY + 7 * DAY - 9 * HOUR
IMPORTS = "/api/v2/imports/tickets*"
UPDATES = "/api/v2/tickets/[0-9]*"
WEEKLY = {"scope": "agent", "period": "week", "group": "KPI"}


class KilledError(BaseException):
    """The process ends here."""


class Ahead:
    """A computer's clock that is ahead of the helpdesk's."""

    def __init__(self, clock: "Clock", seconds: float) -> None:
        self._clock, self._seconds = clock, seconds

    def now(self) -> float:
        """Return its time."""
        return self._clock.now() + self._seconds

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._clock.sleep(seconds)


@pytest.fixture
def due(make_world: "Callable[..., World]") -> "Callable[..., World]":
    """Return a function that makes a world in which one agent's weekly summary is due."""

    def make(**top: Any) -> "World":  # noqa: ANN401 -- any key of the configuration
        chosen = {"push": {"summaries": [WEEKLY]}, "privacy": {"visible_to_all_agents": True}, **top}
        world = make_world(language="en", **chosen)
        world.advance(120)
        world.run()
        world.answered(agent=0, minutes=40)
        world.advance(WEEK_END + 6 * HOUR + 70 - world.sandbox.now)
        return world

    return make


def commit(world: "World", external_id: str) -> "Ticket":
    return world.state.create_ticket(external_id=external_id, tags=("helpdesk-kpi",), status="open")


def external_id(world: "World") -> str:
    return world.store.summaries.all(NAME)[0].external_id


def alive(world: "World") -> "list[Ticket]":
    return [ticket for ticket in world.summaries() if DUPLICATE_TAG not in ticket.tags]


def killed_while_creating(world: "World") -> None:
    original = world.account

    def deliver(changes: "Sequence[Change]") -> "dict[int, Outcome]":
        if changes[0].target is Target.SUMMARY:
            raise KilledError
        return original.connector.deliver(changes)

    world.instead(deliver=deliver)
    with pytest.raises(KilledError):
        world.run()
    world.account = original


def test_a_double_of_a_creation_cut_off_by_a_kill_is_found_however_late_it_comes(
    due: "Callable[..., World]",
) -> None:
    world = due()
    killed_while_creating(world)
    assert world.store.changes.counts(NAME)[ChangeState.SENDING] == 1
    world.advance(900)
    world.run()
    assert len(alive(world)) == 1
    commit(world, external_id(world))
    world.advance(900)
    world.run()
    assert len(alive(world)) == 1


def test_a_double_is_found_though_newer_figures_took_the_creations_place_meanwhile(due: "Callable[..., World]") -> None:
    world = due()
    world.sandbox.fail_next(IMPORTS, "drop", 1)
    world.run()
    world.advance(900)
    world.run(max_writes=0)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(900)
    world.run()
    assert len(alive(world)) == 1
    commit(world, external_id(world))
    world.advance(900)
    world.run()
    assert len(alive(world)) == 1


def test_the_look_up_window_is_the_helpdesks_whatever_this_computers_clock_says(due: "Callable[..., World]") -> None:
    world = due()
    world.clock = Ahead(world.sandbox.clock, 300)
    world.open(world.account.settings)
    world.sandbox.fail_next(IMPORTS, "drop", 1)
    world.run()
    began = world.sandbox.now
    world.run()
    assert world.sandbox.now - began >= 40
    assert len(alive(world)) == 1


def team_of(world: "World", name: str) -> None:
    """Put the first agent in a team whose weekly summary is due."""
    people = [{"name": "An", "accounts": {NAME: str(world.agents[0])}, "team": name}]
    world.configure(language="en", push={"summaries": [{**WEEKLY, "scope": "team"}]}, agents=people)
    world.advance(120)
    world.run()
    world.answered(agent=0, minutes=40)
    world.advance(WEEK_END + 6 * HOUR + 70 - world.sandbox.now)


def of_team(world: "World") -> "list[Ticket]":
    return [ticket for ticket in world.summaries() if ":team:group:" not in str(ticket.external_id)]


@pytest.mark.parametrize("name", ["R&D <sao>", "tier  {{one}}", "Ho\u0302\u0303 tro\u031b\u0323"])
def test_a_summary_is_known_again_whatever_its_team_is_called(world: "World", name: str) -> None:
    team_of(world, name)
    world.sandbox.fail_next(IMPORTS, "drop", None, after_effect=True)
    world.run()
    world.sandbox.clear_faults()
    world.advance(900)
    world.run()
    (summary,) = of_team(world)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(HOUR)
    world.sandbox.fail_next(UPDATES, "drop", None, after_effect=True, method="PUT")
    world.run()
    world.sandbox.clear_faults()
    assert world.store.changes.counts(NAME)[ChangeState.IN_DOUBT]
    world.advance(HOUR)
    world.run()
    assert len(list(world.state.comments_of(summary.id))) == 2


def test_a_pass_taken_back_in_part_can_be_taken_back_again(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run()
    pass_id = world.store.passes.last(NAME, 1)[0].pass_id
    shown = world.shown(ticket)
    revert(world.account, reversal(world.account, pass_id))
    assert world.shown(ticket) == {}
    for key, value in shown.items():
        world.edit(ticket, key, value)
    world.advance(120)
    again = reversal(world.account, pass_id)
    assert [each.target_id for each in again.writes] == [str(ticket.id)]
    revert(world.account, again)
    assert world.shown(ticket) == {}


def test_what_a_pass_wrote_since_the_plan_was_shown_is_not_taken_back_with_it(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run()
    plan = reversal(world.account, world.store.passes.last(NAME, 1)[0].pass_id)
    world.state.comment(ticket.id, world.agents[0], status="open")
    world.advance(120)
    world.run()
    shown = world.shown(ticket)
    assert shown["due_at"] != "2026-11-23 09:30 +07:00"
    sent = revert(world.account, plan)
    assert (sent.delivered.total, world.shown(ticket)) == (0, shown)
    assert [each.conflict for each in plan.kept] == [True]


@pytest.fixture
def private(due: "Callable[..., World]") -> "World":
    """Give a world in which a summary is due that its agent alone could read: until agents may read all tickets."""
    world = due(push={"summaries": [{"scope": "agent", "period": "week"}]}, privacy={})
    let_them_read(world, "assigned")
    return world


def let_them_read(world: "World", restriction: str | None) -> None:
    for agent in world.state.users.values():
        agent.ticket_restriction = restriction


def reopened(world: "World") -> None:
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(HOUR)


def test_a_queued_summary_is_not_written_once_others_could_read_it(private: "World") -> None:
    world = private
    world.run(max_writes=0)
    let_them_read(world, None)
    world.advance(900)
    assert world.run().withheld
    assert world.summaries() == []
    let_them_read(world, "assigned")
    world.advance(900)
    assert not world.run().withheld
    assert len(world.summaries()) == 1


def test_a_summary_that_others_can_read_by_now_gets_no_newer_figures(private: "World") -> None:
    world = private
    world.run()
    (summary,) = world.summaries()
    let_them_read(world, None)
    reopened(world)
    report = world.run()
    assert len(list(world.state.comments_of(summary.id))) == 1
    assert report.withheld
    let_them_read(world, "assigned")
    world.advance(900)
    world.run()
    assert len(list(world.state.comments_of(summary.id))) == 2


def test_a_summary_that_somebody_moved_to_where_others_read_it_gets_no_newer_figures(
    due: "Callable[..., World]",
) -> None:
    world = due(privacy={})
    world.run()
    (summary,) = world.summaries()
    world.state.change(summary.id, world.agents[1], group_id=world.state.account.group_ids[0])
    world.advance(120)
    reopened(world)
    assert world.run().withheld
    assert len(list(world.state.comments_of(summary.id))) == 1


def test_a_queued_note_is_not_written_once_others_could_read_it(private: "World") -> None:
    world = private
    world.run()
    (summary,) = world.summaries()
    reopened(world)
    world.run(max_writes=0)
    world.advance(900)
    world.run(max_writes=0)
    let_them_read(world, None)
    world.advance(900)
    assert world.run().withheld
    assert len(list(world.state.comments_of(summary.id))) == 1


def test_fields_that_a_pass_made_while_setup_asked_get_no_twins(world: "World") -> None:
    world.run()
    before = world.account.connector.fields(wanted_fields(world.account))
    for (target, key), remote_id in world.store.remote_fields.all(NAME).items():
        world.store.remote_fields.forget(NAME, target, key)
        del world.state.ticket_fields[int(remote_id)]
    before = [replace(each, remote_id=None) for each in before]
    world.advance(2 * HOUR)
    world.run()
    call = cast("Call", SimpleNamespace(say=lambda _: None, as_json=True))
    created, _ = _create(call, world.account, before, [], Wish(yes=True, fields_only=True, undo=False))
    assert created == []
    assert len([each for each in world.state.ticket_fields.values() if each.title == "KPI: overdue"]) == 1


def test_what_an_earlier_version_made_can_be_undone_too(world: "World") -> None:
    world.run()
    made = world.store.installed.all(NAME)
    for key in made:
        world.store.installed.forget(NAME, key)
    world.advance(2 * HOUR)
    world.run()
    assert world.store.installed.all(NAME) == made


def test_a_creation_that_finds_no_such_address_is_told_as_refused(due: "Callable[..., World]") -> None:
    world = due()
    world.sandbox.fail_next(IMPORTS, 404, 1)
    report = world.run()
    assert report.sent.refused.total == 1
