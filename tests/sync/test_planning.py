from functools import partial
from typing import TYPE_CHECKING

import pytest

from connectors.base import Target
from sync.editions import rulebook
from sync.locale import Language
from sync.planning import ARMED, TicketPlan, ticket_plans, urgency
from sync.store.changes import Desired
from sync.store.codec import chunked
from sync.store.findings import What
from sync.wording import clock_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.cycle import PassReport
    from tests.sync.conftest import World

HOUR = 3600
MANY_YEARS = 4_000_000_000


def changes(report: "PassReport") -> dict[str, str]:
    return {change.key: str(change.why) for plan in report.plans for change in plan.changes}


def test_a_ticket_shows_when_it_is_due(world: "World") -> None:
    """09:00 an urgent ticket comes; a first reply is due within half an hour."""
    ticket = world.ticket()
    world.advance(120)
    report = world.run()
    assert world.shown(ticket) == {"due_at": "2026-11-23 09:30 +07:00"}
    assert changes(report) == {"due_at": "a clock runs"}


def test_a_breach_shows_its_clock_and_its_level_with_no_new_event(world: "World") -> None:
    """09:00 opened; 09:30 overdue; 10:00 second level."""
    ticket = world.ticket()
    world.advance(120)
    world.run()
    world.advance(0.6 * HOUR)
    report = world.run()
    overdue = {"due_at": "2026-11-23 09:30 +07:00", "overdue": True, "overdue_clock": "First reply"}
    assert world.shown(ticket) == overdue | {"escalation_level": "1"}
    assert changes(report) == {
        "overdue": "First reply is over its goal",
        "overdue_clock": "First reply is over its goal",
        "escalation_level": "escalation level 1 fell due",
    }
    world.advance(0.5 * HOUR)
    world.run()
    assert world.shown(ticket) == overdue | {"escalation_level": "2"}


def test_a_reply_a_solve_and_a_reopening_move_the_fields_on(world: "World") -> None:
    """09:00 opened; 09:40 replied; 10:00 solved; 11:00 the customer comes back."""
    ticket = world.ticket()
    world.advance(40 * 60)
    world.run()
    world.state.comment(ticket.id, world.agents[0])
    world.advance(20 * 60)
    replied = world.run()
    assert world.shown(ticket) == {"due_at": "2026-11-23 17:00 +07:00", "overdue": False, "first_reply_minutes": "40"}
    assert changes(replied) == {
        "due_at": "a clock started, stopped, paused or went on, or its goal changed",
        "overdue": "no clock is over its goal any more",
        "overdue_clock": "no clock is over its goal any more",
        "escalation_level": "the escalation ended",
        "first_reply_minutes": "the first reply was given",
    }
    world.state.comment(ticket.id, world.agents[0], status="solved")
    world.advance(HOUR)
    solved = world.run()
    assert world.shown(ticket) == {"overdue": False, "first_reply_minutes": "40", "resolution_minutes": "60"}
    assert changes(solved) == {"due_at": "no clock runs", "resolution_minutes": "the ticket was solved"}
    world.state.comment(ticket.id, ticket.requester_id)
    world.advance(120)
    reopened = world.run()
    assert world.shown(ticket) == {"overdue": False, "first_reply_minutes": "40", "due_at": "2026-11-23 19:00 +07:00"}
    assert changes(reopened)["resolution_minutes"] == "the ticket was reopened"


def test_clocks_are_named_in_the_configured_language(make_world: "Callable[..., World]") -> None:
    world = make_world(language="vi")
    ticket = world.ticket()
    world.advance(HOUR)
    world.run()
    assert world.shown(ticket)["overdue_clock"] == Language("vi")(clock_name("first_reply"))


def test_only_the_configured_fields_are_written(make_world: "Callable[..., World]") -> None:
    world = make_world(push={"ticket_fields": ["overdue"]})
    ticket = world.ticket()
    world.advance(HOUR)
    world.run()
    assert world.shown(ticket) == {"overdue": True}


def test_the_first_writing_pass_serves_running_clocks_and_leaves_the_past_alone(world: "World") -> None:
    """One ticket was solved before the first writing pass, one waits for the customer, one is open."""
    solved, waiting, open_ticket = world.answered(), world.ticket(), world.ticket()
    world.state.comment(waiting.id, world.agents[0], status="pending")
    world.advance(120)
    report = world.run()
    assert [plan.ticket_id for plan in report.plans] == [str(open_ticket.id)]
    assert (world.shown(solved), world.shown(waiting)) == ({}, {})


def test_later_passes_serve_whatever_changed_since(world: "World") -> None:
    solved, waiting = world.answered(), world.ticket()
    world.state.comment(waiting.id, world.agents[0], status="pending")
    world.advance(120)
    world.run()
    world.state.change(waiting.id, world.agents[0], tags=("vip",))
    world.advance(120)
    report = world.run()
    assert [plan.ticket_id for plan in report.plans] == [str(waiting.id)]
    assert world.shown(waiting) == {"first_reply_minutes": "0"}
    assert world.shown(solved) == {}


def test_a_ticket_that_once_got_fields_keeps_them_right_though_no_clock_runs(world: "World") -> None:
    """The pass that writes is the first one, and the ticket stops within it: what it shows must follow."""
    ticket = world.ticket()
    world.advance(120)
    world.run()
    world.store.switches.set(world.account.name, ARMED, MANY_YEARS)
    world.state.comment(ticket.id, world.agents[0], status="solved")
    world.advance(120)
    world.run()
    assert world.shown(ticket) == {"first_reply_minutes": "2", "resolution_minutes": "2"}


def test_a_closed_ticket_is_set_aside(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run()
    world.state.close(ticket.id)
    world.advance(120)
    world.forget_writes()
    report = world.run()
    assert report.closed == 1
    assert (report.plans, world.writes) == ([], [])
    assert world.run().closed == 0  # told once: nothing about it is new


def test_a_value_edited_by_hand_is_written_again_once(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run()
    world.advance(120)
    world.edit(ticket, "due_at", "someday")
    world.advance(120)
    report = world.run()
    (change,) = report.plans[0].changes
    assert (change.key, change.old, str(change.why)) == ("due_at", "someday", "somebody else changed it")
    assert world.shown(ticket) == {"due_at": "2026-11-23 09:30 +07:00"}
    world.advance(120)
    after = world.run()
    assert (after.pulled.rows["tickets"], after.writes_planned) == (1, 0)
    assert finding_of(world) == []


def finding_of(world: "World") -> list[tuple[str, str, object]]:
    found = world.store.findings.open(world.account.name, 9)
    return [(finding.what, finding.field, finding.found) for finding in found]


def test_a_second_edit_by_hand_is_only_reported_until_the_value_must_change_anyway(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run()
    for value in ("someday", None):
        world.advance(120)
        world.edit(ticket, "due_at", value)
        world.advance(120)
        report = world.run()
    assert (report.writes_planned, world.shown(ticket)) == (0, {})
    assert [(edit.what, edit.found) for edit in report.edits] == [(What.EDITED_AGAIN, None)]
    assert finding_of(world) == [(What.EDITED_AGAIN, "due_at", None)]
    world.state.comment(ticket.id, world.agents[0])
    world.advance(120)
    world.run()
    assert world.shown(ticket)["due_at"] == "2026-11-23 17:00 +07:00"
    world.advance(120)
    world.run()
    assert finding_of(world) == []


def test_an_edit_in_the_very_second_of_the_delivery_is_seen(world: "World") -> None:
    """The job is done, and before the pass has heard of it, in the same second, somebody types over what it wrote."""
    ticket = world.ticket()
    world.advance(120)
    jobs = "/api/v2/job_statuses/*"

    def edit_what_was_written() -> None:
        if world.shown(ticket):
            world.edit(ticket, "due_at", "mine")
        else:
            world.sandbox.before_next(jobs, edit_what_was_written)

    world.sandbox.before_next(jobs, edit_what_was_written)
    assert len(world.run().sent.delivered) == 1
    assert world.shown(ticket) == {"due_at": "mine"}
    world.advance(120)
    report = world.run()
    assert [(edit.what, edit.found) for edit in report.edits] == [(What.EDITED, "mine")]
    assert world.shown(ticket) == {"due_at": "2026-11-23 09:30 +07:00"}


def test_an_edit_in_the_second_in_which_a_lost_write_was_looked_up_is_seen(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.sandbox.doom_next_job("lost")
    world.run()
    world.run()
    last = world.store.changes.last_delivered(world.account.name, Target.TICKET, str(ticket.id))
    world.edit(ticket, "due_at", "mine")
    assert last is not None
    assert ticket.updated_at == last.delivered_at
    world.advance(120)
    assert [edit.found for edit in world.run().edits] == ["mine"]


def test_a_row_that_is_not_newer_than_the_delivery_is_not_trusted(world: "World") -> None:
    """The fields were written seconds ago; the export still shows the ticket without them while it is measured anew."""
    ticket = world.ticket()
    world.advance(120)
    world.run()
    world.store.readings.plan_anew(world.account.name)  # as whatever measures it again does
    report = world.run()
    snapshot = world.store.records.snapshots(world.account.name, [str(ticket.id)])[str(ticket.id)]
    assert not any(snapshot.fields.values())
    assert (report.writes_planned, report.edits) == (0, [])


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ({"overdue": True, "escalation_level": 3}, {"overdue": True, "escalation_level": 1}),
        ({"overdue": True}, {"due_at": 1_000}),
        ({"due_at": 1_000}, {"due_at": 2_000}),
        ({"due_at": 2_000}, {"first_reply_minutes": 5}),
    ],
)
def test_overdue_tickets_go_first_then_those_due_soonest(more: dict[str, object], less: dict[str, object]) -> None:
    assert urgency(more) > urgency(less)  # type: ignore[arg-type]  # literals in a table


def test_many_readings_are_planned_group_by_group(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run(dry_run=True)
    (reading,) = world.store.readings.unplanned(world.account.name)
    rules = rulebook(world.account)
    plans = list(ticket_plans(world.account, [reading] * 501, rules, 0))
    assert len(plans) == 501
    assert {plan.desired(1).target_id for plan in plans} == {str(ticket.id)}
    assert plans[0].desired(1).target is Target.TICKET


def test_what_is_looked_at_again_without_having_changed_itself_is_not_written(world: "World") -> None:
    """Rules change, or a field is new; a write would restart what counts hours since the ticket's last update."""
    ticket = world.ticket()
    world.advance(300)
    world.state.comment(ticket.id, world.agents[0], status="pending")
    world.advance(300)
    world.run()
    world.store.readings.plan_anew(world.account.name)
    world.advance(300)
    assert (world.run().plans, world.shown(ticket)) == ([], {})


def test_a_plan_of_many_tickets_keeps_none_of_them_in_mind(world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    """A first plan concerns every ticket there is: they are read, planned and noted as planned some at a time."""
    tickets = [world.ticket() for _ in range(7)]
    world.advance(120)
    monkeypatch.setattr("sync.store.readings._AT_ONCE", 2)
    monkeypatch.setattr("sync.cycle.chunked", partial(chunked, size=2))
    monkeypatch.setattr("sync.planning.chunked", partial(chunked, size=1))
    planned = world.store.readings.planned
    happened: list[str] = []

    def note(connector: str, ids: list[str]) -> None:
        happened.extend(f"noted {each}" for each in ids)
        planned(connector, ids)

    def queued(plan: TicketPlan, pass_id: int) -> Desired:
        happened.append(f"queued {plan.ticket_id}")
        return desired(plan, pass_id)

    desired = TicketPlan.desired
    monkeypatch.setattr(world.store.readings, "planned", note)
    monkeypatch.setattr(TicketPlan, "desired", queued)
    world.run()
    ids = sorted(str(ticket.id) for ticket in tickets)
    pairs = [ids[:2], ids[2:4], ids[4:6], ids[6:]]
    assert happened == [f"{what} {each}" for pair in pairs for what in ("queued", "noted") for each in pair]
    assert list(world.store.readings.unplanned("sao-mai")) == []
    assert all(world.shown(ticket) for ticket in tickets)
