"""What Freshdesk alone makes necessary: told on whole passes, for no other helpdesk keeps so little."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from connectors.sandbox.freshdesk.records import SlaPolicy
from kpi_engine.differences import completed
from kpi_engine.history import History
from kpi_engine.measurement import Certainty, Clock, ClockState
from sync.cli import main
from sync.disputes import open_disputes
from sync.editions import rulebook
from sync.overriding import Decision, decide
from sync.store.observations import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

NAME = "sao-mai"
HOUR = 3600


def history(world: "World", ticket: Any) -> History:  # noqa: ANN401 -- the sandbox's
    (found,) = world.store.records.histories(NAME, [str(ticket.id)], world.account.history_start)
    return completed(found)


def clocks(world: "World", ticket: Any) -> tuple[Clock, ...]:  # noqa: ANN401 -- the sandbox's
    reading = world.store.readings.get(NAME, str(ticket.id))
    assert reading is not None
    return reading.measurement.clocks


def address(world: "World", agent: int) -> str:
    return str(world.state.persons[agent].email)


def first_reply(world: "World", ticket: Any) -> Clock:  # noqa: ANN401 -- the sandbox's
    (found,) = (clock for clock in clocks(world, ticket) if clock.clock == "first_reply")
    return found


def test_our_write_in_the_second_of_somebody_elses_does_not_narrow_when_a_ticket_changed_hands(
    make_world: "Callable[..., World]", standing_clock: type
) -> None:
    """Handed over in an hour nobody watched, seen, and written to by us in the second of another change."""
    world = make_world(kind="freshdesk")
    world.clock = standing_clock(world.sandbox)
    world.configure()
    ticket = world.ticket()
    world.advance(300)
    world.run()
    world.advance(HOUR)
    handed_over = int(world.sandbox.now)
    world.state.change(ticket.id, world.agents[0], assignee_id=world.agents[1])
    world.advance(2 * HOUR)
    world.edit(ticket, "overdue_clock", "by hand")
    world.run()
    assert world.shown(ticket)["overdue_clock"] != "by hand"
    world.advance(HOUR)
    world.run()
    (change,) = (event for event in history(world, ticket).events if event.field == "assignee")
    assert change.since is not None
    assert change.since < handed_over <= change.at


# --- The account's own SLA policies --------------------------------------------------------------------------------


def promised(minutes: int, **limits: list[object]) -> dict[str, object]:
    """Return an SLA policy of the account: so many minutes, by the clock on the wall, to an answer and to the end."""
    target = {"respond_within": 60 * minutes, "resolve_within": 120 * minutes, "business_hours": False}
    whose = {"applicable_to": limits, "escalation": {"resolution": {"level_1": {"escalation_time": 600}}}}
    return {
        "name": f"{minutes} minutes", "active": True, "is_default": False, "position": 0, **whose,
        "sla_target": {f"priority_{priority}": target for priority in range(1, 5)},
    }  # fmt: skip


def test_the_accounts_own_policies_rule_by_type_and_company_for_whole_passes(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(kind="freshdesk", policies="platform")
    ordinary, vip = world.state.account.customer_ids[:2]
    world.state.persons[vip].company_id = 77
    world.state.policies.append(SlaPolicy(id=5, body=promised(20, company_ids=[77], ticket_types=["Incident"])))
    incident, question = (
        world.ticket(requester=vip, type=each, group_id=world.state.account.group_ids[1])
        for each in ("Incident", "Question")
    )
    elsewhere = world.ticket(requester=ordinary, type="Incident")
    world.advance(300)
    assert not world.run().sent.waiting
    shown = [world.shown(ticket)["due_at"] for ticket in (incident, question, elsewhere)]
    assert shown == ["2026-11-23 09:20 +07:00", "2026-11-23 10:00 +07:00", "2026-11-23 10:00 +07:00"]

    world.advance(600)
    world.state.change(question.id, world.agents[0], type="Incident")
    world.advance(1500)
    world.run()
    assert [world.shown(ticket).get("overdue") for ticket in (incident, question, elsewhere)] == [True, True, None]
    late = first_reply(world, question)
    assert (late.policy, late.certainty) == ("20 minutes", Certainty.APPROXIMATE)  # since when it is one, is a span
    assert {clock.certainty for clock in clocks(world, incident)} == {Certainty.EXACT}
    world.advance(HOUR)
    world.run()
    assert world.shown(incident)["escalation_level"] == 1


# --- Exemptions ----------------------------------------------------------------------------------------------------


def test_nobody_tells_who_set_a_tag_or_a_field_so_only_decisions_exempt_and_check_says_so(
    make_world: "Callable[..., World]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the daily export of activities, which tells whose hand it was of statuses, priorities, groups and agents."""
    world = make_world(kind="freshdesk", sandbox={"activities": True})
    lead = world.agents[1]
    exempting = {"tags": {"spare": "first_reply"}, "fields": {"cf_ma_don_hang": {"Outage": "first_reply"}}}
    world.configure(exemptions={NAME: {"approvers": [str(lead)], **exempting}})
    late = world.answered(minutes=120)
    world.advance(300)
    world.run()
    world.state.change(late.id, lead, tags=("spare",), fields={"cf_ma_don_hang": "Outage"}, priority="high")
    for _ in range(2):
        world.advance(24 * HOUR)
        world.run()
    told = {(event.field, event.actor_id) for event in history(world, late).events}
    assert told >= {
        ("priority", str(lead)),
        ("tags", None),
        ("field:cf_ma_don_hang", None),
    }
    assert first_reply(world, late).state is ClockState.BREACHED_CLOSED

    for name, value in world.secrets.items():
        monkeypatch.setenv(name, value)
    checked = CliRunner().invoke(main, ["check", "--json", "--config", str(world.path)])
    checks = json.loads(checked.stdout)["accounts"][0]["checks"]
    (warned,) = (each for each in checks if each["subject"] == "exemptions")
    assert (warned["verdict"], warned["finding"]) == (
        "warning",
        "this helpdesk does not tell who set a tag or a field, so neither exempts anything here",
    )

    decided = Decision(
        ticket_id=str(late.id), what="first_reply", reason="An outage.", approved_by=address(world, lead)
    )
    decide(world.account, decided, int(world.sandbox.now), "by hand")
    world.run()
    assert first_reply(world, late).state is ClockState.VOID


# --- After the end -------------------------------------------------------------------------------------------------


def lines(world: "World", ticket: Any, key: str) -> list[tuple[str | None, str | None, Certainty]]:  # noqa: ANN401 -- the sandbox's
    reading = world.store.readings.get(NAME, str(ticket.id))
    assert reading is not None
    moment = world.account.language.moment
    found = [line for line in reading.measurement.lines if line.indicator == key]
    return [(moment(line.at)[11:16], line.agent, line.certainty) for line in found]


def test_a_dispute_on_a_closed_ticket_is_heard_and_decided_without_touching_anything_else(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(kind="freshdesk")
    lead = world.agents[1]
    world.configure(exemptions={NAME: {"approvers": [str(lead)], "tags": {"spare": "rating"}}})
    world.run()
    world.advance(60)
    late = world.answered(minutes=100)
    world.advance(300)
    world.run()
    world.advance(5 * 24 * HOUR)
    assert world.state.status_of(late.id) == "closed"
    world.run()
    before, shown = world.store.readings.get(NAME, str(late.id)), world.shown(late)
    assert shown["resolution_minutes"] == 100
    world.state.change(late.id, world.agents[0], tags=("helpdesk-kpi-dispute",))
    world.advance(300)
    world.run()
    after = world.store.readings.get(NAME, str(late.id))
    assert before is not None
    assert after is not None
    assert after.measurement.lines == before.measurement.lines
    assert world.shown(late) == shown
    assert open_disputes(world.account, 0, int(world.sandbox.now)) == [str(late.id)]
    refused = Decision(ticket_id=str(late.id), what=REFUSED, reason="It was late.", approved_by=address(world, lead))
    decide(world.account, refused, int(world.sandbox.now), "by hand")
    assert open_disputes(world.account, 0, int(world.sandbox.now)) == []


def test_a_ticket_reopened_and_solved_again_while_no_pass_could_run_counts_as_both(
    make_world: "Callable[..., World]",
) -> None:
    """Solved 09:31 by one agent, seen; during an outage written to at 11:36, taken by another and solved at 12:36."""
    world = make_world(kind="freshdesk")
    world.run()
    world.advance(60)
    ticket = world.answered(minutes=30)
    world.advance(300)
    world.run()
    assert world.shown(ticket)["resolution_minutes"] == 30
    world.advance(2 * HOUR)
    world.state.comment(ticket.id, ticket.requester_id)
    world.advance(HOUR)
    world.state.comment(ticket.id, world.agents[1], assignee_id=world.agents[1], status="solved")
    world.advance(20 * HOUR)
    world.run()
    one, other = (str(agent) for agent in world.agents[:2])
    # Who knows what else happened in twenty hours.
    assert lines(world, ticket, "solved") == [("12:36", other, Certainty.APPROXIMATE)]
    assert lines(world, ticket, "reopens") == [("11:36", one, Certainty.APPROXIMATE)]
    assert [line[0] for line in lines(world, ticket, "next_reply")] == ["12:36"]
    resolved = [clock for clock in clocks(world, ticket) if clock.clock == "resolution"]
    assert [(clock.elapsed // 60, clock.state) for clock in resolved] == [(30, ClockState.MET), (60, ClockState.MET)]
    assert world.shown(ticket)["resolution_minutes"] == 215


def test_a_ticket_reopened_during_an_outage_and_still_open_is_due_from_where_it_stood(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(kind="freshdesk")
    world.run()
    world.advance(60)
    ticket = world.answered(minutes=30)
    world.advance(300)
    world.run()
    world.advance(2 * HOUR)
    world.state.comment(ticket.id, ticket.requester_id)
    world.advance(HOUR)
    world.run()
    shown = world.shown(ticket)
    assert "resolution_minutes" not in shown
    assert shown["due_at"]


def test_an_agent_who_was_deleted_keeps_his_figures_and_his_name(make_world: "Callable[..., World]") -> None:
    """A deleted agent is a contact there: no list shows him, and tickets go on naming him."""
    world = make_world(kind="freshdesk")
    world.run()
    world.advance(60)
    ticket = world.answered(agent=2, minutes=30)
    world.advance(300)
    world.run()
    gone = world.state.persons[world.agents[2]]
    gone.is_agent = False
    world.advance(2 * HOUR)
    world.state.comment(ticket.id, ticket.requester_id)
    world.advance(HOUR)
    world.run()
    person = rulebook(world.account).person(str(gone.id), int(world.sandbox.now))
    assert person is not None
    assert person.name == gone.name
    assert [line[1] for line in lines(world, ticket, "first_reply")] == [str(gone.id)]
    assert [line[1] for line in lines(world, ticket, "reopens")] == [str(gone.id)]
