from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Target
from sync.planning import ARMED
from sync.reverting import REVERT_TAG, UnknownPassError, reversal, revert
from sync.store.changes import ChangeState
from sync.store.summaries import REVERTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

HOUR = 3600
DAY = 24 * HOUR
MONDAY = 1_795_399_200
WEEK_END = MONDAY + 7 * DAY - 9 * HOUR
NAME = "sao-mai"
JOBS = "/api/v2/job_statuses/*"


def last_pass(world: "World") -> int:
    return world.store.passes.last(NAME, 1)[0].pass_id


def kept(world: "World", pass_id: int) -> dict[str, str]:
    return {each.target_id: str(each.reason) for each in reversal(world.account, pass_id).kept}


def test_every_field_gets_its_previous_value_and_nothing_is_written_again(world: "World") -> None:
    ticket, other = world.ticket(), world.ticket()
    world.advance(120)
    world.run()
    before = [world.shown(each) for each in (ticket, other)]
    world.advance(600)
    world.state.comment(ticket.id, world.agents[0], status="solved")
    world.advance(120)
    world.run()
    taken_back = last_pass(world)
    assert world.shown(ticket) != before[0]
    plan = reversal(world.account, taken_back)
    assert [each.target_id for each in plan.writes] == [str(ticket.id)]
    assert plan.kept == []
    sent = revert(world.account, plan)
    assert (sent.delivered.total, sent.waiting) == (1, 0)
    assert [world.shown(each) for each in (ticket, other)] == before
    assert world.store.switches.get(NAME, ARMED) is None
    assert world.store.passes.last(NAME, 1)[0].mode == "revert"
    world.advance(120)
    assert not world.run(yes=False).armed
    assert world.shown(ticket) == before[0]


def test_a_plan_alone_writes_nothing(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run()
    shown = world.shown(ticket)
    world.forget_writes()
    assert reversal(world.account, last_pass(world)).writes
    assert (world.writes, world.shown(ticket)) == ([], shown)
    assert world.store.switches.get(NAME, ARMED) is not None


def test_what_is_closed_gone_or_changed_since_stays_and_is_told(world: "World") -> None:
    tickets = [world.ticket() for _ in range(4)]
    world.advance(120)
    world.run()
    pass_id = last_pass(world)
    world.state.close(tickets[0].id)
    world.state.delete(tickets[1].id)
    world.edit(tickets[2], "due_at", "2026-12-24 12:00 +07:00")
    world.advance(120)
    world.run(dry_run=True)
    told = kept(world, pass_id)
    assert told == {
        str(tickets[0].id): "it is closed: nobody can change it",
        str(tickets[1].id): "it is gone from the helpdesk",
        str(tickets[2].id): "changed since by somebody else or a later pass: due_at",
    }
    plan = reversal(world.account, pass_id)
    assert {each.target_id for each in plan.kept if each.conflict} == {str(tickets[2].id)}
    assert [each.target_id for each in plan.writes] == [str(tickets[3].id)]
    revert(world.account, plan)
    assert world.shown(tickets[3]) == {}
    assert world.shown(tickets[2])["due_at"] == "2026-12-24 12:00 +07:00"


def test_what_was_only_queued_is_given_up(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run(max_writes=0)
    plan = reversal(world.account, last_pass(world))
    assert (len(plan.queued), plan.writes) == (1, [])
    revert(world.account, plan)
    assert world.shown(ticket) == {}
    assert world.store.changes.counts(NAME) == {ChangeState.SUPERSEDED: 1}


def test_what_is_still_unknown_is_left_to_the_next_pass(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.sandbox.doom_next_job("lost")
    world.run()
    assert kept(world, last_pass(world)) == {
        str(ticket.id): "what became of it is not known yet: the next pass finds out"
    }


def test_agents_fields_are_restored_too(make_world: "Callable[..., World]") -> None:
    world = make_world(push={"agent_fields": ["solved"]}, privacy={"individual": "all"})
    world.answered()
    world.advance(WEEK_END + 7 * HOUR - world.sandbox.now)
    world.run()
    agent = world.state.users[world.agents[0]]
    assert "1" in str(agent.user_fields["kpi_solved"])
    plan = reversal(world.account, last_pass(world))
    assert Target.AGENT in {each.target for each in plan.writes}
    revert(world.account, plan)
    assert agent.user_fields["kpi_solved"] is None


@pytest.fixture
def summarized(make_world: "Callable[..., World]") -> "World":
    """Give a world in which one weekly summary was made by the last pass."""
    wanted: dict[str, Any] = {"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}]}
    world = make_world(push=wanted, privacy={"visible_to_all_agents": True}, language="en")
    world.advance(120)
    world.run()
    world.answered(agent=0, minutes=40)
    world.advance(WEEK_END + 6 * HOUR + 70 - world.sandbox.now)
    world.run()
    return world


def test_a_summary_made_is_solved_tagged_and_never_made_again(summarized: "World") -> None:
    world = summarized
    plan = reversal(world.account, last_pass(world))
    (ticket,) = world.summaries()
    revert(world.account, plan)
    assert ticket.status == "solved"
    assert REVERT_TAG in ticket.tags
    said, body = list(world.state.comments_of(ticket.id))[-1]
    assert (said.public, "taken back by an administrator" in body) == (False, True)
    (summary,) = world.store.summaries.all(NAME)
    assert summary.state == REVERTED
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(HOUR)
    world.run()
    world.advance(HOUR)
    world.run()
    assert world.summaries() == [ticket]
    assert len(list(world.state.comments_of(ticket.id))) == 2


def test_a_note_and_a_closed_summary_cannot_be_taken_back(summarized: "World") -> None:
    world = summarized
    made = last_pass(world)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(HOUR)
    world.run()
    (ticket,) = world.summaries()
    assert "a note on a ticket cannot be taken back" in kept(world, last_pass(world)).values()
    world.state.close(ticket.id)
    world.state.change(first, world.agents[0], tags=("helpdesk-kpi-dispute",))
    world.advance(HOUR)
    world.run()
    assert kept(world, made)[str(ticket.id)] == "it is closed: nobody can change it"


def test_a_pass_that_never_was_is_told_so(world: "World") -> None:
    with pytest.raises(UnknownPassError, match="sao-mai has had no pass 99"):
        reversal(world.account, 99)


def test_writes_that_an_earlier_pass_had_planned_are_named_as_its_own(world: "World") -> None:
    world.ticket()
    world.ticket()
    world.advance(120)
    world.run(max_writes=1)
    planned_by = last_pass(world)
    world.run()
    assert reversal(world.account, last_pass(world)).delivered_for_others == 1
    plan = reversal(world.account, planned_by)
    assert (len(plan.writes), plan.delivered_for_others) == (2, 0)
