from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from connectors.base import Change, Outcome, Target, Usage
from connectors.errors import SignInError
from sync.cli.sync_command import outcome
from sync.exits import Exit
from sync.outbox import Sent, resolve_leftovers
from sync.store.changes import ChangeState
from sync.store.findings import What

if TYPE_CHECKING:
    from connectors.base import Clock
    from connectors.sandbox.zendesk.records import Ticket
    from sync.store.changes import Queued
    from tests.sync.conftest import World

BULK = "/api/v2/tickets/update_many*"
JOBS = "/api/v2/job_statuses/*"
LONG_ENOUGH = 1200  # for a ticket to come back with what was written to it
DAY = 86_400


@pytest.fixture
def tickets(world: "World") -> "list[Ticket]":
    """Three urgent tickets, opened a minute apart, that the export shows and no pass has seen."""
    made = []
    for _ in range(3):
        made.append(world.ticket())
        world.advance(60)
    world.advance(120)
    return made


def states(world: "World") -> dict[str, int]:
    return {str(state): n for state, n in world.store.changes.counts(world.account.name).items()}


def recent(world: "World") -> "list[Queued]":
    return world.store.changes.recent(world.account.name, 10)


def times_written(world: "World", ticket: "Ticket") -> int:
    fields = {
        int(remote) for (_, key), remote in world.store.remote_fields.all(world.account.name).items() if key == "due_at"
    }
    audits = world.state.audits_of(ticket.id)
    return sum(child.name in fields for audit in audits for child in audit.children)


def test_a_batch_is_one_request_and_one_job(world: "World", tickets: "list[Ticket]") -> None:
    report = world.run()
    assert [path for path in world.writes if "update_many" in path] == ["/api/v2/tickets/update_many.json"]
    assert (len(report.sent.delivered), report.sent.waiting) == (3, 0)
    assert all(world.shown(ticket) for ticket in tickets)


def test_bug_9_more_than_a_hundred_changes_go_in_several_jobs_and_none_is_left_out(world: "World") -> None:
    made = [world.ticket() for _ in range(101)]
    world.advance(180)
    report = world.run()
    assert (len(report.sent.delivered), report.sent.waiting) == (101, 0)
    assert [path for path in world.writes if "update_many" in path] == ["/api/v2/tickets/update_many.json"] * 2
    assert [times_written(world, ticket) for ticket in made] == [1] * 101


def test_bug_9_a_job_that_only_says_it_was_done_is_found_out_and_its_changes_are_written_once_more(
    world: "World", tickets: "list[Ticket]"
) -> None:
    world.sandbox.doom_next_job("pretended")
    assert len(world.run().sent.delivered) == 3
    assert not any(world.shown(ticket) for ticket in tickets)
    world.advance(LONG_ENOUGH)
    assert len(world.run().sent.delivered) == 3
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]
    assert len(unkept(world)) == 3
    world.advance(LONG_ENOUGH)
    world.run()
    assert unkept(world) == []
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]


def test_what_does_not_stand_after_two_writes_is_told_and_left_until_it_must_change(world: "World") -> None:
    tickets = [world.ticket(priority="low") for _ in range(3)]
    world.advance(180)
    for _ in range(2):
        world.sandbox.doom_next_job("pretended")
        assert len(world.run().sent.delivered) == 3
        world.advance(LONG_ENOUGH)
    assert world.run().plans.total == 0
    assert all("took twice" in told for told in unkept(world))
    world.state.comment(tickets[0].id, world.agents[0], status="solved")
    world.advance(LONG_ENOUGH)
    world.run()
    assert world.shown(tickets[0])
    world.advance(LONG_ENOUGH)
    world.run()
    assert len(unkept(world)) == 2


def test_what_came_back_is_not_asked_for(world: "World", tickets: "list[Ticket]") -> None:
    assert len(world.run().sent.delivered) == len(tickets)
    world.advance(LONG_ENOUGH)
    before = len(world.sandbox.requests)
    world.run()
    assert not [path for _, path, _ in world.sandbox.requests[before:] if "show_many" in path]


def unkept(world: "World") -> list[str]:
    return [str(each.told) for each in world.store.findings.open(world.account.name, 9) if each.what is What.UNKEPT]


def test_the_most_urgent_are_written_and_the_rest_goes_next_time(world: "World", tickets: "list[Ticket]") -> None:
    first = world.run(max_writes=1)
    assert (len(first.plans), len(first.sent.delivered), first.sent.waiting) == (3, 1, 2)
    assert [bool(world.shown(ticket)) for ticket in tickets] == [True, False, False]
    second = world.run(max_writes=1)
    assert (second.writes_planned, len(second.sent.delivered), second.sent.waiting) == (0, 1, 1)
    assert [bool(world.shown(ticket)) for ticket in tickets] == [True, True, False]
    assert world.run().sent.waiting == 0
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]


def test_no_write_at_all_may_be_asked_for(world: "World", tickets: "list[Ticket]") -> None:
    report = world.run(max_writes=0)
    assert (report.sent.delivered, report.sent.waiting) == ([], len(tickets))
    assert not [path for path in world.writes if "update_many" in path]


def test_a_newer_desired_state_takes_the_place_of_a_queued_one(world: "World") -> None:
    """09:00 opened, its due time is queued; 09:10 replied and solved: that the first was ever wanted is not written."""
    ticket = world.ticket()
    world.advance(120)
    world.run(max_writes=0)
    world.advance(480)
    world.state.comment(ticket.id, world.agents[0], status="solved")
    world.advance(120)
    report = world.run()
    assert world.shown(ticket) == {"first_reply_minutes": "10", "resolution_minutes": "10"}
    assert times_written(world, ticket) == 0
    assert [queued.target_id for queued in report.sent.delivered] == [str(ticket.id)]
    assert states(world) == {ChangeState.SUPERSEDED: 1, ChangeState.DELIVERED: 1}


def test_a_job_item_that_fails_is_refused_with_its_reason_and_alone(world: "World", tickets: "list[Ticket]") -> None:
    world.run(max_writes=0)
    field = world.store.remote_fields.all(world.account.name)[Target.TICKET, "due_at"]
    world.state.ticket_fields[int(field)].type = "integer"
    solved = tickets[0]
    world.state.comment(solved.id, world.agents[0], status="solved")
    world.advance(120)
    report = world.run()
    assert [queued.target_id for queued in report.sent.delivered] == [str(solved.id)]
    assert {queued.target_id for queued, _ in report.sent.refused} == {str(ticket.id) for ticket in tickets[1:]}
    assert all("Zendesk refuses" in str(reason) for _, reason in report.sent.refused)
    assert states(world)[ChangeState.REFUSED] == 2


def test_a_ticket_closed_since_it_was_pulled_refuses_and_is_set_aside(world: "World", tickets: "list[Ticket]") -> None:
    world.sandbox.before_next(BULK, lambda: world.state.close(tickets[0].id))
    report = world.run()
    assert (report.sent.closed, report.sent.refused, len(report.sent.delivered)) == (1, [], 2)
    world.advance(120)
    assert world.run().writes_planned == 0


def test_fault_32_a_collision_is_looked_at_and_what_still_holds_is_sent_again_at_once(
    world: "World", tickets: "list[Ticket]"
) -> None:
    world.sandbox.conflict_next(tickets[0].id)
    report = world.run()
    assert {queued.target_id: queued.attempts for queued in report.sent.delivered} == {"1": 2, "2": 1, "3": 1}
    assert (report.sent.waiting, report.sent.conflicts) == (0, 0)
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]


def test_fault_35_where_our_own_field_changed_meanwhile_the_next_pass_thinks_again(
    world: "World", tickets: "list[Ticket]"
) -> None:
    """Somebody sets the due time by hand in the second in which it is written."""
    world.run(max_writes=0)
    world.sandbox.before_next(JOBS, lambda: world.edit(tickets[0], "due_at", "by hand"))
    report = world.run()
    assert (report.sent.conflicts, report.sent.waiting, len(report.sent.delivered)) == (1, 1, 2)
    assert outcome(report) is Exit.CONFLICT
    assert world.shown(tickets[0]) == {"due_at": "by hand"}
    world.advance(120)
    again = world.run()
    assert (again.sent.conflicts, again.sent.waiting) == (0, 0)
    assert world.shown(tickets[0]) == {"due_at": "2026-11-23 09:30 +07:00"}


def test_what_collides_twice_waits_for_the_next_pass(world: "World", tickets: "list[Ticket]") -> None:
    def again() -> None:
        world.sandbox.conflict_next(tickets[0].id)

    again()
    world.sandbox.before_next("/api/v2/tickets/show_many*", again)
    report = world.run()
    assert (report.sent.conflicts, report.sent.waiting) == (1, 1)
    world.advance(60)
    assert world.run().sent.waiting == 0


def test_what_is_there_or_gone_when_a_collision_is_looked_at_is_settled(
    world: "World", tickets: "list[Ticket]"
) -> None:
    """While the job runs an agent deletes one ticket and types our value into another."""
    world.run(max_writes=0)
    changes = recent(world)
    shown = {queued.target_id: "2026-11-23 09:31 +07:00" for queued in changes if queued.target_id == "2"}

    def interfere() -> None:
        world.edit(tickets[1], "due_at", shown["2"])
        world.sandbox.conflict_next(tickets[2].id)
        world.sandbox.before_next("/api/v2/tickets/show_many*", lambda: world.state.delete(tickets[2].id))

    world.sandbox.before_next(JOBS, interfere)
    report = world.run()
    assert {queued.target_id for queued in report.sent.delivered} == {"1", "2"}
    assert (report.sent.closed, report.sent.conflicts, report.sent.waiting) == (1, 0, 0)


def test_bug_8_what_zendesk_ignores_is_passed_on_as_a_warning(world: "World", tickets: "list[Ticket]") -> None:
    world.run(max_writes=0)
    field = world.store.remote_fields.all(world.account.name)[Target.TICKET, "due_at"]
    del world.state.ticket_fields[int(field)]
    report = world.run()
    assert len(report.sent.delivered) == len(tickets)
    assert list(report.sent.warnings) == [f"Zendesk ignored ticket.custom_fields.{field} (due_at)"]
    assert [finding.what for finding in world.store.findings.open(world.account.name, 9)] == [
        What.DELETED,
        What.IGNORED,
    ]
    assert ["was deleted" in str(problem) for problem in report.problems] == [True]
    assert outcome(report) is Exit.PARTIAL


def test_bug_4_a_rate_limit_told_in_plain_text_is_waited_for_and_costs_no_attempt(
    world: "World", tickets: "list[Ticket]"
) -> None:
    world.sandbox.fail_next(BULK, 429, 2, retry_after=30)
    report = world.run()
    assert report.usage.waited >= 60
    assert [queued.attempts for queued in report.sent.delivered] == [1] * len(tickets)


@pytest.mark.parametrize("kind", [429, 500, "drop"])
def test_a_batch_that_is_never_taken_waits_whole_for_the_next_pass(
    world: "World", tickets: "list[Ticket]", kind: int | str
) -> None:
    world.sandbox.fail_next(BULK, kind, None)
    report = world.run()
    assert (report.sent.waiting, report.sent.delivered) == (len(tickets), [])
    assert [queued.attempts for queued in recent(world)] == [0] * len(tickets)
    world.sandbox.clear_faults()
    world.advance(600)
    assert len(world.run().sent.delivered) == len(tickets)


@pytest.mark.usefixtures("tickets")
def test_a_queue_that_is_turned_away_is_not_pushed_batch_after_batch(world: "World") -> None:
    world.account.connector.batch = 1  # type: ignore[misc]  # so that there are several
    world.sandbox.fail_next(BULK, 500, None)
    world.run()
    asked = [path for path in world.writes if "update_many" in path]
    assert len(asked) == 5  # one batch, tried five times


@pytest.mark.parametrize(("kind", "after_effect"), [("drop", True), ("drop", False), (500, True), ("cut", True)])
def test_a_bulk_write_whose_answer_is_lost_is_repeated_and_changes_each_ticket_once(
    world: "World", tickets: "list[Ticket]", kind: int | str, *, after_effect: bool
) -> None:
    world.sandbox.fail_next(BULK, kind, 1, after_effect=after_effect)
    report = world.run()
    assert len(report.sent.delivered) + report.sent.waiting == len(tickets)
    world.advance(120)
    world.run()
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]


@pytest.mark.parametrize(
    ("fate", "in_effect"),
    [("lost", True), ("silent", True), ("vanished", False), ("failed", False), ("killed", False), ("aborted", False)],
)
def test_a_job_that_is_lost_is_looked_up_before_anything_is_sent_again(
    world: "World", tickets: "list[Ticket]", fate: str, *, in_effect: bool
) -> None:
    world.sandbox.doom_next_job(fate)  # type: ignore[arg-type]  # one of its fates
    report = world.run()
    assert states(world) == {ChangeState.IN_DOUBT: 3}
    assert report.sent.waiting == 3
    assert [bool(world.shown(ticket)) for ticket in tickets] == [in_effect] * 3
    world.forget_writes()
    second = world.run()
    assert ("/api/v2/tickets/update_many.json" in world.writes) is not in_effect
    assert (len(second.sent.delivered), second.sent.waiting) == (3, 0)
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]


def test_bug_9_a_job_that_does_not_end_is_followed_by_later_passes_and_holds_back_newer_writes(
    world: "World", tickets: "list[Ticket]"
) -> None:
    """The first pass cannot ask after its job; the second asks for five minutes; meanwhile one ticket is solved."""
    world.sandbox.doom_next_job("stuck")
    world.sandbox.fail_next(JOBS, "expired_token", None)
    with pytest.raises(SignInError):
        world.run()
    assert states(world) == {ChangeState.UNDER_WAY: 3}
    world.sandbox.clear_faults()
    world.advance(300)
    world.state.comment(tickets[0].id, world.agents[0], status="solved")
    world.advance(120)
    began = world.sandbox.now
    second = world.run()
    assert (len(second.plans), second.sent.waiting) == (1, 4)
    assert 300 <= world.sandbox.now - began < 400
    (job,) = world.state.jobs.values()
    job.fate = None
    world.forget_writes()
    third = world.run()
    assert (len(third.sent.delivered), third.sent.waiting) == (3, 0)  # of the solved one only what is newer
    assert world.shown(tickets[0]) == {"first_reply_minutes": "10", "resolution_minutes": "10"}
    assert times_written(world, tickets[0]) == 0


def test_fault_33_a_job_killed_in_the_middle_has_its_other_half_sent_again(
    world: "World", tickets: "list[Ticket]"
) -> None:
    world.sandbox.doom_next_job("half")
    first = world.run()
    assert (len(first.sent.delivered), first.sent.waiting) == (1, 2)
    second = world.run()
    assert (len(second.sent.delivered), second.sent.waiting) == (2, 0)
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]


def test_fault_33_a_job_that_never_ends_is_given_up_after_an_hour_and_looked_up(
    world: "World", tickets: "list[Ticket]"
) -> None:
    world.sandbox.doom_next_job("stuck")
    assert world.run().sent.waiting == 3
    world.advance(600)
    assert world.run().sent.waiting == 3
    assert states(world) == {ChangeState.UNDER_WAY: 3}
    world.advance(3600)
    asked = sum(path.startswith("/api/v2/job_statuses") for _, path, _ in world.sandbox.requests)
    report = world.run()
    assert (len(report.sent.delivered), report.sent.waiting) == (3, 0)
    assert sum(path.startswith("/api/v2/job_statuses") for _, path, _ in world.sandbox.requests) < asked + 20
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]


def test_too_many_jobs_are_waited_for(world: "World", tickets: "list[Ticket]") -> None:
    world.sandbox.limit_jobs(0)
    report = world.run()
    assert (report.sent.waiting, [queued.attempts for queued in recent(world)]) == (3, [0] * 3)
    world.sandbox.limit_jobs(1)
    world.advance(600)
    assert len(world.run().sent.delivered) == len(tickets)


def test_what_never_arrives_is_set_aside_after_five_attempts(world: "World", tickets: "list[Ticket]") -> None:
    for _ in range(5):
        world.sandbox.doom_next_job("vanished")
        assert world.run().sent.waiting == len(tickets)
    report = world.run()
    assert {str(reason) for _, reason in report.sent.refused} == {"it was sent 5 times and never arrived"}
    assert (report.sent.refused.total, report.sent.waiting) == (3, 0)


def test_batches_that_do_not_end_hold_back_the_rest(make_world: "Callable[..., World]") -> None:
    world = make_world()
    world.account.connector.batch = 1  # type: ignore[misc]  # so that there are several
    for _ in range(3):
        world.ticket()
    world.advance(120)
    world.sandbox.doom_next_job("stuck")
    assert world.run().sent.waiting == 3
    assert len(world.state.jobs) == 1


def test_values_for_agents_are_read_back_once(make_world: "Callable[..., World]") -> None:
    world = make_world(push={"ticket_fields": [], "agent_fields": ["solved"]}, privacy={"individual": "all"})
    world.answered()
    world.advance(8 * DAY)
    assert world.run().sent.delivered
    shown = [path for method, path, _ in world.sandbox.requests if "users/show_many" in path]
    assert len(shown) == 1
    world.answered()
    world.answered()
    world.advance(7 * DAY)
    assert world.run().sent.delivered
    assert [path for method, path, _ in world.sandbox.requests if "users/show_many" in path] == shown


def test_values_for_agents_that_the_helpdesk_takes_and_does_not_keep_are_noticed(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(push={"ticket_fields": [], "agent_fields": ["solved"]}, privacy={"individual": "all"})
    world.answered()
    world.advance(8 * DAY)
    world.sandbox.before_next("/api/v2/users/show_many*", lambda: forget_profiles(world))
    report = world.run()
    assert list(report.sent.warnings) == ["the helpdesk took values for solved and does not show them"]
    assert [(found.what, found.field) for found in world.store.findings.open(world.account.name, 9)] == [
        (What.UNKEPT, "solved")
    ]


def forget_profiles(world: "World") -> None:
    for user in world.state.users.values():
        user.user_fields.clear()


def test_what_is_gone_when_looked_up_is_set_aside(world: "World", tickets: "list[Ticket]") -> None:
    world.sandbox.doom_next_job("vanished")
    world.run()
    world.state.delete(tickets[0].id)
    report = world.run()
    assert (report.sent.closed, len(report.sent.delivered)) == (1, 2)


def test_a_change_about_which_nothing_is_said_is_looked_up(world: "World", tickets: "list[Ticket]") -> None:
    """No helpdesk should, but a connector may answer for some changes only: the others are not taken as done."""

    def silent_about_all(_changes: Sequence[Change]) -> dict[int, Outcome]:
        return {}

    real = world.account.connector
    world.instead(deliver=silent_about_all)
    assert world.run().sent.waiting == 3
    assert {str(queued.reason) for queued in recent(world)} == {"the helpdesk said nothing about this change"}
    world.instead(deliver=real.deliver)
    assert world.run().sent.waiting == 0
    assert [times_written(world, ticket) for ticket in tickets] == [1, 1, 1]


def test_deliveries_are_dated_by_the_helpdesks_clock_and_by_ours_where_it_tells_none(world: "World") -> None:
    asked_at: list[int] = []

    def delivered_at() -> int:
        ticket = str(world.ticket().id)
        world.advance(120)
        world.sandbox.before_next(BULK, lambda: asked_at.append(int(world.sandbox.now)))
        world.run()
        last = world.store.changes.last_delivered(world.account.name, Target.TICKET, ticket)
        assert last is not None
        return last.delivered_at

    ours = 4_000_000_000
    world.account.clock.now = lambda: float(ours)  # type: ignore[method-assign]
    assert delivered_at() == asked_at[-1] < int(world.sandbox.now)
    world.instead(usage=lambda: Usage(0, 0.0, None))
    assert delivered_at() == ours


def test_an_unticked_box_counts_as_an_empty_one_when_looked_up(world: "World", tickets: "list[Ticket]") -> None:
    """What was sent says "not overdue"; the helpdesk shows an empty box: that is what was sent."""
    world.advance(1800)
    world.run()
    for ticket in tickets:
        world.state.comment(ticket.id, world.agents[0])
    world.advance(120)
    world.sandbox.doom_next_job("lost")
    world.run()
    for ticket in tickets:
        world.edit(ticket, "overdue", None)
    world.forget_writes()
    assert len(world.run().sent.delivered) == 3
    assert world.writes == []


def test_a_zero_that_has_not_arrived_is_no_empty_field_that_has(make_world: "Callable[..., World]") -> None:
    """Answered within the first half minute, and the job that should say so is lost without effect."""
    world = make_world(push={"ticket_fields": ["first_reply_minutes"]})
    ticket = world.ticket()
    world.advance(20)
    world.state.comment(ticket.id, world.agents[0])
    world.advance(120)
    world.sandbox.doom_next_job("vanished")
    world.run()
    assert world.shown(ticket) == {}
    world.run()
    assert world.shown(ticket) == {"first_reply_minutes": "0"}


def test_nothing_left_over_needs_no_look_up(world: "World") -> None:
    world.run()
    before = len(world.sandbox.requests)
    sent = Sent()
    resolve_leftovers(world.account, None, sent)  # type: ignore[arg-type]  # no pass is needed for nothing
    assert len(world.sandbox.requests) == before
    assert sent == Sent()


def test_several_batches_go_one_after_another(make_world: "Callable[..., World]") -> None:
    world = make_world()
    world.account.connector.batch = 2  # type: ignore[misc]  # so that there are several
    made = [world.ticket() for _ in range(5)]
    world.advance(120)
    report = world.run()
    assert world.writes.count("/api/v2/tickets/update_many.json") == 3
    assert {queued.target_id for queued in report.sent.delivered} == {str(ticket.id) for ticket in made}


class Behind:
    """The helpdesk's clock as a computer sees it whose own is three hours slow."""

    def __init__(self, clock: "Clock") -> None:
        self._clock = clock

    def now(self) -> float:
        """Return seconds since 1970-01-01 UTC, as that computer has it."""
        return self._clock.now() - 3 * 3600

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._clock.sleep(seconds)


def test_what_was_put_off_is_sent_in_time_by_a_computer_whose_clock_is_slow(make_world: "Callable[..., World]") -> None:
    world = make_world()
    world.clock = Behind(world.clock)
    world.open(world.account.settings)
    ticket = world.ticket()
    world.advance(120)
    world.sandbox.fail_next(BULK, 429, None, retry_after=60)
    assert world.run().sent.waiting == 1
    world.sandbox.clear_faults()
    world.advance(120)
    assert world.run().sent.waiting == 0
    assert world.shown(ticket)
