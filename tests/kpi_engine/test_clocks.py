from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.measurement import Certainty, ClockState

Play = Callable[..., Any]


@pytest.fixture(scope="module")
def care(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    """Two hours to a first reply, eight to a resolution, both in business time, and two levels of escalation."""
    t = timelines
    clocks = (t.first_reply("2h", warn=["75%"]), t.resolution("8h", rearm="on_reopen"))
    steps = t.escalating("first_reply", (1, "30m"), (2, "4h"))
    return t.edition("policies", t.policy(*clocks, escalations=[steps]))


@pytest.fixture(scope="module")
def by_priority(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    t = timelines
    return t.edition("policies", t.policy(t.first_reply({"normal": "2h", "urgent": "30m", "default": "normal"})))


# --- Acceptance vectors -------------------------------------------------------------------------------------------


def test_v1_two_hours_of_business_time_run_over_the_night(play: Play, care: object) -> None:
    """Opened on a Friday afternoon.

    06-06 16:45 customer opens
    """
    assert play("06-06 18:00", care).due("first_reply") == "06-07 09:15"


def test_v2_a_reply_exactly_at_the_goal_meets_it(play: Play, care: object) -> None:
    """Answered at the very instant it was due.

    06-06 16:45 customer opens
    06-07 09:15:00 an replies
    """
    clock = play("06-09 10:00", care).clock("first_reply")
    assert (clock.state, clock.elapsed, clock.breached_at) == (ClockState.MET, 7200, None)


def test_v2_a_reply_one_second_later_is_a_breach(play: Play, care: object) -> None:
    """Answered a second too late.

    06-06 16:45 customer opens
    06-07 09:15:01 an replies
    """
    played = play("06-09 10:00", care)
    clock = played.clock("first_reply")
    assert (clock.state, clock.elapsed) == (ClockState.BREACHED_CLOSED, 7201)
    assert played.breached("first_reply") == "06-07 09:15"


def test_v3_nothing_is_due_while_the_ticket_is_pending(play: Play, care: object) -> None:
    """Waiting for the customer does not count.

    06-09 10:00 customer opens
    06-09 11:00 status becomes pending
    06-10 09:00 status becomes open
    """
    pending = play("06-10 08:59", care).clock("resolution")
    assert (pending.state, pending.paused, pending.due_at, pending.elapsed) == (ClockState.PAUSED, True, None, 3600)
    assert play("06-10 10:00", care).due("resolution") == "06-10 17:30"


def test_v4_a_warning_at_75_percent_falls_due_in_business_time(play: Play, care: object) -> None:
    """Nobody answers.

    06-06 16:45 customer opens
    """
    played = play("06-07 08:45:01", care)
    assert played.fired("first_reply") == {"warn:75%": "06-07 08:45"}
    assert [firing.level for firing in played.measurement.firings] == [0]
    assert play("06-07 08:45:00", care).fired("first_reply") == {}


def test_v5_escalation_steps_count_business_time_from_the_breach(play: Play, care: object) -> None:
    """Nobody answers for days.

    06-06 16:45 customer opens
    """
    assert play("06-09 09:15:01", care).fired("first_reply") == {
        "warn:75%": "06-07 08:45",
        "breach": "06-07 09:15",
        "escalation:1": "06-07 09:45",
        "escalation:2": "06-09 09:15",
    }
    assert "escalation:2" not in play("06-09 09:15:00", care).fired("first_reply")


def test_v6_a_raised_priority_brings_the_due_time_forward(play: Play, by_priority: object) -> None:
    """Raised in time.

    06-06 16:45 customer opens priority=normal
    06-06 17:00 priority becomes urgent
    """
    assert play("06-06 17:00", by_priority).due("first_reply") == "06-06 17:15"


def test_v6_a_change_that_makes_a_ticket_late_breaches_it_at_the_change(play: Play, by_priority: object) -> None:
    """Raised when the shorter goal had already gone by.

    06-06 16:45 customer opens priority=normal
    06-06 17:20 priority becomes urgent
    """
    played = play("06-06 17:21", by_priority)
    assert played.breached("first_reply") == "06-06 17:20"
    assert played.due("first_reply") == "06-06 17:20"
    assert play("06-06 17:20", by_priority).breached("first_reply") is None


def test_escalation_counts_from_the_change_that_made_a_ticket_late(play: Play, timelines: ModuleType) -> None:
    """Two hours had gone by when the goal became half an hour.

    06-09 08:00 customer opens priority=normal
    06-09 10:00 priority becomes urgent
    """
    t = timelines
    clock = t.first_reply({"normal": "4h", "urgent": "30m"})
    rule = t.policy(clock, escalations=[t.escalating("first_reply", (1, "0m"), (2, "30m"))])
    assert play("06-09 11:00", t.edition("policies", rule)).fired("first_reply") == {
        "breach": "06-09 10:00",
        "escalation:1": "06-09 10:00",
        "escalation:2": "06-09 10:30",
    }


def test_v7_the_clocks_of_new_york_skip_an_hour_over_the_weekend(
    play: Play, timelines: ModuleType, care: object
) -> None:
    """Opened an hour before closing time, on the Friday before daylight saving time.

    03-07 16:00 customer opens
    """
    york = timelines.edition("calendar", timelines.NEW_YORK, "york")
    choice = timelines.edition("calendar_choice", {"default": "york"}, since=0)
    played = play("03-07 17:00", care, york, choice, zone="America/New_York")
    assert played.due("first_reply") == "03-10 10:00"
    assert played.clock("first_reply").due_at == 1741615200  # 14:00 UTC


# --- When a clock starts, stops, pauses ---------------------------------------------------------------------------


def test_a_solve_without_reply_voids_the_reply_clock_and_a_reopening_lets_it_run_on(play: Play, care: object) -> None:
    """Solved silently after an hour, reopened two days later.

    06-09 09:00 customer opens
    06-09 10:00 status becomes solved
    06-11 09:00 status becomes open
    """
    void = play("06-10 09:00", care).clock("first_reply")
    assert (void.state, void.elapsed, void.due_at) == (ClockState.VOID, 3600, None)
    reopened = play("06-11 09:30", care)
    assert reopened.clock("first_reply").state is ClockState.RUNNING
    assert reopened.due("first_reply") == "06-11 10:00"
    assert len(reopened.clocks("first_reply")) == 1


def test_a_reply_clock_that_breached_before_a_silent_solve_stays_breached(play: Play, care: object) -> None:
    """Solved silently when the reply was already late.

    06-09 08:00 customer opens
    06-09 10:30 status becomes solved
    06-10 09:00 status becomes open
    06-10 09:05 an replies
    """
    assert play("06-09 11:00", care).clock("first_reply").state is ClockState.BREACHED_CLOSED
    assert play("06-10 09:00", care).clock("first_reply").state is ClockState.BREACHED_OPEN
    played = play("06-11 09:00", care)
    assert played.clock("first_reply").state is ClockState.BREACHED_CLOSED
    assert played.breached("first_reply") == "06-09 10:00"


def test_a_reply_that_comes_with_the_solve_meets_the_goal_whichever_is_told_first(play: Play, care: object) -> None:
    """The platform tells of the status before the comment.

    06-09 09:00 customer opens
    06-09 10:00 status becomes solved, an replies
    """
    assert play("06-09 12:00", care).clock("first_reply").state is ClockState.MET


def test_a_reopened_ticket_gets_a_fresh_resolution_clock(play: Play, care: object) -> None:
    """Solved in time, then reopened.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    06-10 09:00 customer writes, status becomes open
    """
    first, second = play("06-10 10:00", care).clocks("resolution")
    assert (first.state, first.instance, first.elapsed) == (ClockState.MET, 1, 3600)
    assert (second.state, second.instance, second.elapsed) == (ClockState.RUNNING, 2, 3600)


def test_without_rearming_the_first_solve_is_the_verdict(play: Play, timelines: ModuleType) -> None:
    """Reopened for days.

    06-09 09:00 customer opens
    06-09 10:00 status becomes solved
    06-09 11:00 status becomes open
    """
    never = timelines.edition("policies", timelines.policy(timelines.resolution("1h")))
    played = play("06-20 09:00", never)
    assert [clock.state for clock in played.clocks("resolution")] == [ClockState.MET]


def test_closing_a_solved_ticket_stops_nothing_again(play: Play, care: object) -> None:
    """Closed by the platform four days after the solve.

    06-09 09:00 customer opens
    06-09 10:00 status becomes solved
    06-13 10:00 status becomes closed
    """
    played = play("06-20 09:00", care)
    assert played.told(played.clock("resolution").stopped_at) == "06-09 10:00"


def test_a_deleted_and_restored_ticket_is_neither_reopened_nor_solved_again(play: Play, care: object) -> None:
    """Solved, deleted by mistake and restored.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    06-10 09:00 status becomes deleted
    06-11 09:00 status becomes solved
    """
    played = play("06-12 09:00", care)
    assert [clock.state for clock in played.clocks("resolution")] == [ClockState.MET]
    assert played.told(played.line("solved").at) == "06-09 10:00"


def test_no_clock_runs_while_a_ticket_is_deleted(play: Play, care: object) -> None:
    """Deleted for a day.

    06-09 09:00 customer opens
    06-09 10:00 status becomes deleted
    06-10 10:00 status becomes open
    """
    assert play("06-10 10:30", care).due("first_reply") == "06-10 11:00"


def test_an_unknown_status_is_unsolved_and_pauses_nothing(play: Play, care: object) -> None:
    """A status of the account's own that nobody explained.

    06-09 09:00 customer opens
    06-09 10:00 status becomes waiting
    """
    played = play("06-09 11:30", care)
    assert played.clock("resolution").state is ClockState.RUNNING
    assert played.held()[-1] == (None, None, "unknown", "06-09 10:00", None)
    assert played.line("solved") is None


def test_a_ticket_that_is_opened_solved_has_no_clock(play: Play, care: object) -> None:
    """A phone call, written down afterwards.

    06-09 09:00 an opens status=solved privately
    """
    played = play("06-20 09:00", care)
    assert played.measurement.clocks == ()
    assert played.line("full_resolution").numerator == 0


def test_pausing_at_the_very_instant_of_the_goal_prevents_the_breach_until_it_runs_on(
    play: Play, timelines: ModuleType
) -> None:
    """Events at an instant precede timers.

    06-09 09:00 customer opens
    06-09 10:00 status becomes pending
    06-09 11:00 status becomes open
    """
    hour = timelines.edition("policies", timelines.policy(timelines.resolution("1h")))
    assert play("06-09 10:59", hour).clock("resolution").state is ClockState.PAUSED
    assert play("06-09 11:00", hour).due("resolution") == "06-09 11:00"
    assert play("06-09 11:01", hour).breached("resolution") == "06-09 11:00"


# --- Who owes what ------------------------------------------------------------------------------------------------


def test_no_reply_is_owed_on_a_ticket_an_agent_opened_until_the_customer_writes(play: Play, care: object) -> None:
    """An agent writes first, and again; then the customer answers.

    06-09 09:00 an opens
    06-09 10:00 an replies
    06-10 08:00 customer writes
    """
    assert play("06-10 07:00", care).clocks("first_reply") == []
    played = play("06-10 08:30", care)
    assert played.told(played.clock("first_reply").started_at) == "06-10 08:00"
    assert played.due("first_reply") == "06-10 10:00"


def test_an_agents_reply_in_the_second_before_the_customer_writes_answers_nothing(play: Play, care: object) -> None:
    """Agent and customer write within one second.

    06-09 09:00 an opens
    06-09 10:00 an replies
    06-09 10:00 customer writes
    """
    assert play("06-09 10:30", care).clock("first_reply").state is ClockState.RUNNING


def test_a_private_opening_note_leaves_the_customer_waiting(play: Play, care: object) -> None:
    """An agent writes a call down; the customer expects an answer.

    06-09 09:00 an opens privately
    06-09 10:00 an replies
    """
    clock = play("06-09 12:00", care).clock("first_reply")
    assert (clock.state, clock.elapsed) == (ClockState.MET, 3600)


@pytest.mark.parametrize(
    "comment",
    [
        "an notes",
        "robot replies",
        "script replies",
        "system replies",
        "an replies automatically",
        "customer writes",
        "friend writes",
    ],
)
def test_what_is_no_public_reply_of_a_human_agent_stops_no_clock(
    timelines: ModuleType, care: object, comment: str
) -> None:
    history = timelines.history(f"06-09 09:00 customer opens\n06-09 09:30 {comment}")
    played = timelines.played(history, [*timelines.USUAL, care], timelines.moment("06-09 10:00"))
    assert played.clock("first_reply").state is ClockState.RUNNING
    assert played.line("first_reply") is None


def test_an_agent_who_is_the_requester_speaks_as_a_customer(play: Play, care: object) -> None:
    """An agent asks a colleague.

    06-09 09:00 an opens requester=an
    06-09 09:30 an replies
    06-09 10:00 binh replies
    """
    assert play("06-09 09:45", care).clock("first_reply").state is ClockState.RUNNING
    assert play("06-09 12:00", care).line("first_reply").agent == "binh"


def test_a_former_agent_speaks_as_a_customer_from_then_on(play: Play, timelines: ModuleType, care: object) -> None:
    """Chi left the team on Monday and is copied in as a customer.

    06-07 09:00 an opens
    06-09 10:00 chi replies
    """
    left = timelines.agent("chi", timelines.moment("06-08 00:00"), role="end-user")
    assert play("06-09 10:30", care, left).clock("first_reply").started_at == timelines.moment("06-09 10:00")
    assert play("06-09 10:30", care).clocks("first_reply") == []


# --- Goals --------------------------------------------------------------------------------------------------------


def test_a_ticket_without_priority_takes_the_default_goal(play: Play, by_priority: object) -> None:
    """Nobody set a priority.

    06-09 09:00 customer opens
    """
    assert play("06-09 10:00", by_priority).due("first_reply") == "06-09 11:00"


def test_without_a_default_goal_a_ticket_without_priority_has_no_clock(play: Play, timelines: ModuleType) -> None:
    """The priority is only set after an hour; the hour counts.

    06-09 09:00 customer opens
    06-09 10:00 priority becomes high
    """
    some = timelines.edition("policies", timelines.policy(timelines.first_reply({"high": "2h"})))
    before = play("06-09 09:59", some)
    assert before.measurement.clocks == ()
    assert before.wake == "06-09 09:59:59"
    assert play("06-09 10:00", some).due("first_reply") == "06-09 11:00"


def test_a_clock_that_loses_its_goal_is_void_and_what_it_fired_stays_on_record(
    play: Play, timelines: ModuleType
) -> None:
    """Warned about, then the priority is taken away, and given again.

    06-09 09:00 customer opens priority=high
    06-09 10:40 priority becomes nothing
    06-09 11:30 priority becomes high
    """
    some = timelines.edition("policies", timelines.policy(timelines.first_reply({"high": "2h"}, warn=["75%"])))
    played = play("06-09 11:20", some)
    clock = played.clock("first_reply")
    assert (clock.state, clock.goal, clock.due_at, clock.paused) == (ClockState.VOID, 0, None, False)
    assert played.fired("first_reply") == {"warn:75%": "06-09 10:30"}
    assert play("06-09 11:31", some).breached("first_reply") == "06-09 11:30"


def test_urgent_tickets_may_count_the_night_too(play: Play, timelines: ModuleType) -> None:
    """Business time for two hours of which one was worked, then calendar time.

    06-09 16:30 customer opens
    06-09 18:30 priority becomes urgent
    """
    t = timelines
    clock = t.first_reply({"urgent": "4h", "default": "8h"}, time={"urgent": "calendar", "default": "business"})
    played = play("06-09 19:00", t.edition("policies", t.policy(clock)))
    assert played.due("first_reply") == "06-09 21:30"
    assert [(run.calendar, run.end - run.start) for run in played.clock("first_reply").runs] == [
        ("vn", 7200),
        ("", 1800),
    ]


def test_a_breached_clock_keeps_its_verdict_when_the_priority_falls(play: Play, by_priority: object) -> None:
    """Made less urgent after the breach.

    06-09 09:00 customer opens priority=urgent
    06-09 10:00 priority becomes normal
    """
    clock = play("06-09 10:30", by_priority).clock("first_reply")
    assert (clock.state, clock.goal) == (ClockState.BREACHED_OPEN, 1800)


def test_a_warning_that_was_given_is_not_given_again_for_a_longer_goal(play: Play, timelines: ModuleType) -> None:
    """Warned as urgent, then given more time.

    06-09 09:00 customer opens priority=urgent
    06-09 09:50 priority becomes normal
    """
    t = timelines
    rule = t.edition("policies", t.policy(t.first_reply({"urgent": "1h", "normal": "2h"}, warn=["75%"])))
    assert play("06-09 10:59", rule).fired("first_reply") == {"warn:75%": "06-09 09:45"}


def test_a_later_policy_counts_from_its_own_instant_only(play: Play, timelines: ModuleType) -> None:
    """Goals are cut from four hours to one at 11:00, when two hours have gone by.

    06-09 09:00 customer opens
    """
    t = timelines
    old = t.edition("policies", t.policy(t.first_reply("4h")))
    new = t.edition("policies", t.policy(t.first_reply("1h")), since=t.moment("06-09 11:00"))
    assert play("06-09 10:59:59", old, new).due("first_reply") == "06-09 14:30"
    played = play("06-09 11:00:01", old, new)
    assert played.breached("first_reply") == "06-09 11:00"
    assert played.clock("first_reply").edition == new.digest


def test_a_verdict_keeps_the_edition_it_was_given_by(play: Play, timelines: ModuleType) -> None:
    """Answered and solved before the goals were cut.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    """
    t = timelines
    old = t.edition("policies", t.policy(t.first_reply("4h"), t.resolution("8h")))
    new = t.edition("policies", t.policy(t.first_reply("5m"), t.resolution("5m")), since=t.moment("06-09 11:00"))
    played = play("06-10 09:00", old, new)
    assert {(clock.state, clock.edition) for clock in played.measurement.clocks} == {(ClockState.MET, old.digest)}
    assert played.measurement.edition == new.digest


def test_a_void_clock_keeps_the_goal_it_ended_with(play: Play, timelines: ModuleType) -> None:
    """Solved silently before the goals were cut.

    06-09 09:00 customer opens
    06-09 10:00 status becomes solved
    """
    t = timelines
    old = t.edition("policies", t.policy(t.first_reply("4h")))
    new = t.edition("policies", t.policy(t.first_reply("5m")), since=t.moment("06-09 11:00"))
    clock = play("06-10 09:00", old, new).clock("first_reply")
    assert (clock.state, clock.goal, clock.edition) == (ClockState.VOID, 14_400, old.digest)


def test_a_clock_that_a_later_policy_adds_starts_when_the_policy_does(play: Play, timelines: ModuleType) -> None:
    """First replies are only promised from 11:00 on.

    06-09 09:00 customer opens
    """
    t = timelines
    none = t.edition("policies", {"version": 1, "policies": [], "escalations": []})
    new = t.edition("policies", t.policy(t.first_reply("1h"), t.resolution("8h")), since=t.moment("06-09 11:00"))
    assert play("06-09 10:59", none, new).measurement.clocks == ()
    played = play("06-09 11:30", none, new)
    assert {played.told(clock.started_at) for clock in played.measurement.clocks} == {"06-09 11:00"}


def test_a_clock_that_a_later_policy_adds_does_not_start_on_answered_or_solved_tickets(
    play: Play, timelines: ModuleType
) -> None:
    """Answered and solved before there was a promise.

    06-09 09:00 customer opens
    06-09 10:00 an replies
    06-09 10:30 status becomes solved
    """
    t = timelines
    none = t.edition("policies", {"version": 1, "policies": [], "escalations": []})
    new = t.edition("policies", t.policy(t.first_reply("1h"), t.resolution("8h")), since=t.moment("06-09 11:00"))
    assert play("06-10 11:30", none, new).measurement.clocks == ()


def test_a_running_clock_keeps_its_rule_when_a_later_policy_no_longer_has_it(play: Play, timelines: ModuleType) -> None:
    """The promise is dropped an hour later, and the ticket is solved and reopened.

    06-09 09:00 customer opens
    06-09 15:00 status becomes solved
    06-09 16:00 status becomes open
    """
    t = timelines
    old = t.edition("policies", t.policy(t.resolution("2h", rearm="on_reopen")))
    new = t.edition("policies", {"version": 1, "policies": [], "escalations": []}, since=t.moment("06-09 10:00"))
    played = play("06-09 16:30", old, new)
    assert [clock.state for clock in played.clocks("resolution")] == [ClockState.BREACHED_CLOSED, ClockState.RUNNING]


# --- Calendars ----------------------------------------------------------------------------------------------------


def test_a_clock_changes_calendar_with_the_tickets_schedule(play: Play, timelines: ModuleType, care: object) -> None:
    """Moved to the round-the-clock schedule in the evening, with an hour left.

    06-09 16:30 customer opens
    06-09 20:00 schedule becomes night
    """
    night = timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "night")
    assert play("06-09 20:30", care, night).due("first_reply") == "06-09 21:00"


def test_an_assumed_calendar_makes_a_clock_approximate(play: Play, timelines: ModuleType, care: object) -> None:
    """Nothing says which hours apply.

    06-09 09:00 customer opens
    """
    nothing_chosen = timelines.edition("calendar_choice", {"assumed": "vn"}, since=0)
    guessed = play("06-09 10:00", care, nothing_chosen)
    assert guessed.clock("first_reply").certainty is Certainty.APPROXIMATE
    assert guessed.due("first_reply") == "06-09 11:00"
    assert play("06-09 10:00", care).clock("first_reply").certainty is Certainty.EXACT


def test_a_calendar_that_never_opens_again_gives_no_due_time(play: Play, timelines: ModuleType, care: object) -> None:
    """The office is closed for good.

    06-09 09:00 customer opens
    """
    closed = timelines.edition("calendar", timelines.calendar("UTC", [[]] * 7), "vn", since=0)
    played = play("06-20 10:00", care, closed)
    assert played.due("first_reply") is None
    assert played.clock("first_reply").state is ClockState.RUNNING
    assert played.wake is None


# --- Next replies -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answering(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    """Return a policy of an hour to each reply, round the clock."""
    t = timelines
    return t.edition("policies", t.policy(t.first_reply("1h", time="calendar"), t.next_reply("1h", time="calendar")))


def told_of(played: Any, name: str) -> list[tuple[str | None, ClockState, int]]:  # noqa: ANN401 -- a Played
    return [(played.told(clock.started_at), clock.state, clock.elapsed) for clock in played.clocks(name)]


def test_d9_a_next_reply_is_due_from_the_oldest_unanswered_message(play: Play, answering: object) -> None:
    """The customer writes again before anybody answers; the first wait belongs to the first reply.

    06-09 09:00 customer opens
    06-09 09:10 customer writes
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 10:40 friend writes
    """
    assert told_of(play("06-09 09:59", answering), "next_reply") == []
    played = play("06-09 10:50", answering)
    assert told_of(played, "next_reply") == [("06-09 10:00", ClockState.RUNNING, 3000)]
    assert played.due("next_reply") == "06-09 11:00"


def test_each_customers_turn_has_its_own_next_reply(play: Play, answering: object) -> None:
    """One in time, one late; two messages of ours are one turn.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 11:00 an replies
    06-09 11:05 binh replies
    06-09 12:00 customer writes
    06-09 13:30 an replies
    """
    assert told_of(play("06-09 18:00", answering), "next_reply") == [
        ("06-09 10:00", ClockState.MET, 3600),
        ("06-09 12:00", ClockState.BREACHED_CLOSED, 5400),
    ]


def test_r20_the_wait_is_longer_than_from_the_last_message_of_a_burst(play: Play, answering: object) -> None:
    """A chat: 4.25 minutes from the last message, 7 from the first that was not answered.

    06-09 13:50 customer opens
    06-09 13:55 an replies
    06-09 14:00:00 customer writes
    06-09 14:02:45 customer writes
    06-09 14:07:00 an replies
    """
    assert told_of(play("06-09 18:00", answering), "next_reply") == [("06-09 14:00", ClockState.MET, 7 * 60)]


def test_r6_exchanges_of_ten_and_five_minutes(play: Play, answering: object) -> None:
    """Within a target of an hour; the longest keeps 50 minutes.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 10:10 an replies
    06-09 11:00 customer writes
    06-09 11:05 an replies
    """
    clocks = play("06-09 18:00", answering).clocks("next_reply")
    assert [clock.elapsed for clock in clocks] == [600, 300]
    assert max((clock.elapsed, clock.goal - clock.elapsed) for clock in clocks) == (600, 3000)


def test_a_solve_settles_a_next_reply_and_the_next_message_starts_it_anew(play: Play, answering: object) -> None:
    """A thank-you is solved without a word; days later a new question is answered within the hour.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 10:50 status becomes solved
    06-11 12:00 customer writes, status becomes open
    06-11 12:20 an replies
    """
    assert told_of(play("06-09 11:00", answering), "next_reply") == [("06-09 10:00", ClockState.VOID, 3000)]
    assert told_of(play("06-12 09:00", answering), "next_reply") == [
        ("06-09 10:00", ClockState.VOID, 3000),
        ("06-11 12:00", ClockState.MET, 1200),
    ]


def test_a_reopening_without_a_word_owes_no_reply_to_what_was_settled(play: Play, answering: object) -> None:
    """Solved and reopened by the agent.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 10:20 status becomes solved
    06-09 12:00 status becomes open
    06-09 15:00 an replies
    """
    assert told_of(play("06-10 09:00", answering), "next_reply") == [("06-09 10:00", ClockState.VOID, 1200)]


def test_a_reply_in_the_very_second_of_the_solve_meets_a_next_reply(play: Play, answering: object) -> None:
    """Solved, and answered in the same breath.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 10:20 status becomes solved
    06-09 10:20 an replies
    """
    assert told_of(play("06-10 09:00", answering), "next_reply") == [("06-09 10:00", ClockState.MET, 1200)]


def test_a_late_next_reply_stays_late_whatever_is_solved(play: Play, answering: object) -> None:
    """Solved without a word, too late.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 11:20 status becomes solved
    """
    assert told_of(play("06-10 09:00", answering), "next_reply") == [("06-09 10:00", ClockState.BREACHED_CLOSED, 4800)]


def test_a_message_on_a_solved_ticket_is_due_once_it_is_reopened(play: Play, answering: object) -> None:
    """The customer writes; an agent reopens half an hour later.

    06-09 09:00 customer opens
    06-09 09:30 an replies, status becomes solved
    06-09 10:00 customer writes
    06-09 10:30 status becomes open
    """
    assert told_of(play("06-09 10:10", answering), "next_reply") == []
    played = play("06-09 11:00", answering)
    assert told_of(played, "next_reply") == [("06-09 10:00", ClockState.RUNNING, 1800)]
    assert played.due("next_reply") == "06-09 11:30"


def test_the_first_answer_to_a_ticket_an_agent_opened_is_no_next_reply(play: Play, answering: object) -> None:
    """An agent calls out, twice; the customer answers.

    06-09 09:00 an opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 10:30 an replies
    06-09 11:00 customer writes
    """
    played = play("06-09 11:30", answering)
    assert told_of(played, "first_reply") == [("06-09 10:00", ClockState.MET, 1800)]
    assert told_of(played, "next_reply") == [("06-09 11:00", ClockState.RUNNING, 1800)]


def test_without_rearming_only_the_first_next_reply_is_judged(play: Play, timelines: ModuleType) -> None:
    """Two turns.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    06-09 10:30 an replies
    06-09 11:00 customer writes
    """
    once = timelines.edition("policies", timelines.policy(timelines.next_reply("1h", rearm="never", time="calendar")))
    assert told_of(play("06-09 11:30", once), "next_reply") == [("06-09 10:00", ClockState.MET, 1800)]


def test_d13_a_merged_in_question_starts_a_next_reply(play: Play, answering: object) -> None:
    """Another customer's ticket is merged into this one.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 elsewhere merges requester=friend
    """
    assert told_of(play("06-09 10:30", answering), "next_reply") == [("06-09 10:00", ClockState.RUNNING, 1800)]


def test_a_promise_of_next_replies_that_comes_later_counts_from_its_own_instant(
    play: Play, timelines: ModuleType, answering: object
) -> None:
    """The message was there before.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    06-09 10:00 customer writes
    """
    t = timelines
    first = t.edition("policies", t.policy(t.first_reply("1h")))
    later = t.edition("policies", answering.body, since=t.moment("06-09 11:00"))  # type: ignore[attr-defined]
    assert told_of(play("06-09 11:30", first, later), "next_reply") == [("06-09 11:00", ClockState.RUNNING, 1800)]


# --- Starts, stops and re-arming ----------------------------------------------------------------------------------


def of_rule(t: ModuleType, **rule: object) -> Any:  # noqa: ANN401 -- an Edition
    """Return a policy with one resolution clock of an hour, round the clock."""
    return t.edition("policies", t.policy(t.resolution("1h", **{"time": "calendar", "pause_in": [], **rule})))


@pytest.mark.parametrize(
    ("start", "started"),
    [
        ("created", "06-09 09:00"),
        ("group_assigned", "06-09 09:10"),
        ("customer_message", "06-09 09:20"),
        ("assigned", "06-09 09:30"),
        ("agent_reply", "06-09 09:50"),
    ],
)
def test_a_clock_starts_where_its_policy_says(play: Play, timelines: ModuleType, start: str, started: str) -> None:
    """Written down by an agent, then it goes its way.

    06-09 09:00 an opens privately
    06-09 09:10 group becomes 1
    06-09 09:20 customer writes
    06-09 09:30 assignee becomes an
    06-09 09:40 customer writes
    06-09 09:50 an replies
    """
    (clock,) = play("06-09 10:00", of_rule(timelines, start=start)).clocks("resolution")
    assert timelines.told(clock.started_at) == started


def test_a_clock_that_starts_with_the_assignment_starts_at_once_where_it_comes_assigned(
    play: Play, timelines: ModuleType
) -> None:
    """A trigger assigned it.

    06-09 09:00 customer opens assignee=an
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.first_reply("1h", start="assigned")))
    assert t.told(play("06-09 09:30", rules).clock("first_reply").started_at) == "06-09 09:00"


def test_no_first_reply_starts_with_an_assignment_after_the_answer(play: Play, timelines: ModuleType) -> None:
    """Answered by somebody who passed by.

    06-09 09:00 customer opens
    06-09 09:10 binh replies
    06-09 09:20 assignee becomes an
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.first_reply("1h", start="assigned")))
    assert play("06-09 09:30", rules).clocks("first_reply") == []


def test_an_ownership_clock_stops_and_starts_with_each_group(play: Play, timelines: ModuleType) -> None:
    """Two groups, then none, then a solve.

    06-09 09:00 customer opens
    06-09 09:10 group becomes 1
    06-09 09:30 group becomes 2
    06-09 11:00 group becomes nothing
    06-09 11:10 group becomes 1
    06-09 11:20 status becomes solved
    """
    rules = of_rule(timelines, start="group_assigned", stop=["group_changed", "solved"], rearm="on_group_change")
    assert told_of(play("06-09 12:00", rules), "resolution") == [
        ("06-09 09:10", ClockState.MET, 1200),
        ("06-09 09:30", ClockState.BREACHED_CLOSED, 5400),
        ("06-09 11:10", ClockState.MET, 600),
    ]


def test_an_ownership_clock_begins_anew_at_a_reopening_and_owes_nothing_of_a_solved_ticket(
    play: Play, timelines: ModuleType
) -> None:
    """Solved, sorted to another group afterwards, reopened there.

    06-09 09:00 customer opens group=1
    06-09 09:30 status becomes solved
    06-09 10:00 group becomes 2 automatically
    06-09 11:00 status becomes open
    06-09 11:10 status becomes solved
    06-09 11:20 status becomes open
    """
    rules = of_rule(timelines, start="group_assigned", stop=["group_changed", "solved"], rearm="on_group_change")
    assert told_of(play("06-09 11:30", rules), "resolution") == [
        ("06-09 09:00", ClockState.MET, 1800),
        ("06-09 11:00", ClockState.MET, 600),
        ("06-09 11:20", ClockState.RUNNING, 600),
    ]


def test_a_wait_that_one_rule_left_alone_is_counted_from_the_next_message_under_another(
    play: Play, timelines: ModuleType
) -> None:
    """The second wait begins under a rule that never counts again; a later policy counts from what is asked under it.

    06-09 08:00 customer opens
    06-09 08:10 an replies
    06-09 08:20 customer replies
    06-09 08:30 an replies
    06-09 08:40 customer replies
    06-09 09:00 customer replies
    """
    t = timelines
    never = t.edition("policies", t.policy(t.first_reply("1h"), t.next_reply("1h", rearm="never")))
    always = t.edition("policies", t.policy(t.next_reply("1h")), since=t.moment("06-09 08:50"))
    assert told_of(play("06-09 09:10", never, always), "next_reply") == [
        ("06-09 08:20", ClockState.MET, 600),
        ("06-09 09:00", ClockState.RUNNING, 600),
    ]


def test_a_clock_that_rested_through_several_policies_goes_on_by_the_last_that_had_it(
    play: Play, timelines: ModuleType
) -> None:
    """Solved when the goal becomes four hours, and when the clock is dropped; then reopened unanswered.

    06-09 08:00 customer opens
    06-09 08:10 status becomes solved
    06-09 10:00 status becomes open
    """
    t = timelines
    rules = [t.edition("policies", t.policy(t.first_reply("1h")))]
    rules += [t.edition("policies", t.policy(t.first_reply("4h")), since=t.moment("06-09 08:30"))]
    rules += [t.edition("policies", t.policy(t.resolution("8h")), since=t.moment("06-09 08:40"))]
    assert play("06-09 10:30", *rules).clock("first_reply").goal == 4 * 3600


def test_an_update_clock_runs_from_reply_to_reply(play: Play, timelines: ModuleType) -> None:
    """Three replies; the one that stops an instance starts the next.

    06-09 09:00 customer opens
    06-09 09:10 an replies
    06-09 09:30 an replies
    06-09 11:00 an replies
    """
    rules = of_rule(timelines, start="agent_reply", stop=["agent_public_reply"], rearm="on_agent_reply")
    assert told_of(play("06-09 11:10", rules), "resolution") == [
        ("06-09 09:10", ClockState.MET, 1200),
        ("06-09 09:30", ClockState.BREACHED_CLOSED, 5400),
        ("06-09 11:00", ClockState.RUNNING, 600),
    ]


def test_a_reply_clock_may_also_end_with_the_group(play: Play, timelines: ModuleType) -> None:
    """Passed on before anybody answered.

    06-09 09:00 customer opens group=1
    06-09 09:30 group becomes 2
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.clock("first_reply", "1h", stop=["agent_public_reply", "group_changed"])))
    assert told_of(play("06-09 10:00", rules), "first_reply") == [("06-09 09:00", ClockState.MET, 1800)]


def test_a_clock_that_only_the_group_stops_is_suspended_by_a_solve(play: Play, timelines: ModuleType) -> None:
    """Solved, then reopened.

    06-09 09:00 customer opens group=1
    06-09 09:10 status becomes solved
    06-09 10:00 status becomes open
    06-09 10:20 group becomes 2
    """
    rules = of_rule(timelines, start="group_assigned", stop=["group_changed"])
    assert told_of(play("06-09 09:30", rules), "resolution") == [("06-09 09:00", ClockState.VOID, 600)]
    assert told_of(play("06-09 11:00", rules), "resolution") == [("06-09 09:00", ClockState.MET, 1800)]


def test_a_resolution_may_start_afresh_with_the_customers_next_message(play: Play, timelines: ModuleType) -> None:
    """Solved; the customer comes back.

    06-09 09:00 customer opens
    06-09 09:10 an replies, status becomes solved
    06-09 10:00 status becomes open, customer writes
    """
    rules = of_rule(timelines, rearm="on_customer_message")
    assert told_of(play("06-09 10:10", rules), "resolution") == [
        ("06-09 09:00", ClockState.MET, 600),
        ("06-09 10:00", ClockState.RUNNING, 600),
    ]


def test_a_first_reply_may_be_owed_again_after_a_reopening(play: Play, timelines: ModuleType) -> None:
    """D8, as an option.

    06-09 09:00 customer opens
    06-09 09:10 an replies, status becomes solved
    06-09 10:00 status becomes open
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.first_reply("1h", rearm="on_reopen", time="calendar")))
    assert told_of(play("06-09 10:10", rules), "first_reply") == [
        ("06-09 09:00", ClockState.MET, 600),
        ("06-09 10:00", ClockState.RUNNING, 600),
    ]


# --- Goals that stay, warnings before them ------------------------------------------------------------------------


def test_a_frozen_goal_ignores_a_raised_priority_and_a_later_policy(play: Play, timelines: ModuleType) -> None:
    """Made urgent, where urgent would mean half an hour; then everything means ten minutes.

    06-09 09:00 customer opens priority=normal
    06-09 09:40 priority becomes urgent
    """
    t = timelines
    clock = {"goal": {"normal": "2h", "urgent": "30m"}, "time": {"urgent": "calendar"}, "on_change": "freeze"}
    old = t.edition("policies", t.policy(t.first_reply(**clock)))
    new = t.edition(
        "policies", t.policy(t.first_reply(**{**clock, "goal": {"default": "10m", "urgent": "10m"}})),
        since=t.moment("06-09 10:00"),
    )  # fmt: skip
    played = play("06-09 10:30", old, new)
    assert (played.clock("first_reply").goal, played.due("first_reply")) == (7200, "06-09 11:00")
    assert [run.calendar for run in played.clock("first_reply").runs] == ["vn"]


def test_a_goal_is_frozen_once_there_is_one(play: Play, timelines: ModuleType) -> None:
    """Given a priority late, and another one later.

    06-09 09:00 customer opens
    06-09 09:30 priority becomes high
    06-09 09:40 priority becomes low
    """
    t = timelines
    clock = t.first_reply({"high": "1h", "low": "4h"}, on_change="freeze")
    assert play("06-09 09:50", t.edition("policies", t.policy(clock))).due("first_reply") == "06-09 10:00"


def test_a_warning_may_be_a_time_before_the_goal(play: Play, timelines: ModuleType) -> None:
    """In business time, as its clock; shorter goals are warned about at once.

    06-06 16:45 customer opens priority=normal
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.first_reply({"normal": "2h", "high": "10m"}, warn=["-15m", "75%"])))
    played = play("06-07 09:10", rules)
    assert played.fired("first_reply") == {"warn:75%": "06-07 08:45", "warn:-15m": "06-07 09:00"}
    assert played.wake == "06-07 09:15"
    urgent = t.history("06-06 16:45 customer opens priority=high")
    assert t.played(urgent, [*t.USUAL, rules], t.moment("06-06 16:46")).fired("first_reply") == {
        "warn:-15m": "06-06 16:45"
    }


def test_a_warning_that_a_shorter_goal_leaves_behind_is_due_at_the_change(play: Play, timelines: ModuleType) -> None:
    """Half an hour has gone by when only 40 minutes are left of it all.

    06-09 09:00 customer opens priority=normal
    06-09 09:30 priority becomes urgent
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.first_reply({"normal": "2h", "urgent": "40m"}, warn=["-15m"])))
    assert play("06-09 09:35", rules).fired("first_reply") == {"warn:-15m": "06-09 09:30"}


# --- Reference answers --------------------------------------------------------------------------------------------


def test_r3_a_reply_42_seconds_after_it_was_handed_over(play: Play, timelines: ModuleType) -> None:
    """A machine hands the conversation to a group, then a person writes.

    06-09 09:00:00 customer opens
    06-09 09:00:20 group becomes 1 by robot
    06-09 09:01:02 an replies
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.first_reply("1h", start="group_assigned", time="calendar")))
    assert told_of(play("06-09 10:00", rules), "first_reply") == [("06-09 09:00:20", ClockState.MET, 42)]


def test_r4_zammads_example(play: Play, timelines: ModuleType) -> None:
    """Pending does not count: first response at +75 minutes, closed at +120.

    06-09 09:00 customer opens
    06-09 10:00 status becomes open
    06-09 10:15 an replies
    06-09 10:30 status becomes pending
    06-09 11:00 status becomes closed
    """
    t = timelines
    said = {"time": "calendar", "pause_in": ["pending"]}
    rules = t.edition("policies", t.policy(t.first_reply("60m", **said), t.resolution("75m", **said)))
    played = play("06-09 12:00", rules)
    reply, solution = played.clock("first_reply"), played.clock("resolution")
    assert (played.breached("first_reply"), reply.elapsed, reply.goal - reply.elapsed) == ("06-09 10:00", 4500, -900)
    assert (played.breached("resolution"), solution.elapsed) == ("06-09 10:15", 90 * 60)


def test_r5_a_break_moves_the_due_time(play: Play, timelines: ModuleType) -> None:
    """Thirty minutes from +75 on, with a break from +90 to +120.

    06-09 10:15 customer opens
    06-09 10:30 status becomes pending
    06-09 11:00 status becomes open
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.resolution("30m", time="calendar")))
    assert play("06-09 11:01", rules).due("resolution") == "06-09 11:15"


def test_r7_znunys_suspended_ticket(play: Play, timelines: ModuleType) -> None:
    """Two hours, of which an hour and five minutes are suspended.

    06-09 08:00 customer opens
    06-09 09:00 status becomes hold
    06-09 10:05 status becomes open
    """
    t = timelines
    rules = t.edition("policies", t.policy(t.resolution("2h", time="calendar")))
    assert play("06-09 10:06", rules).due("resolution") == "06-09 11:05"


def test_r19_the_handbooks_example_with_its_figures_corrected(play: Play, timelines: ModuleType) -> None:
    """A first reply of 5 hours, next replies of half an hour and 28.5 hours, 53.5 hours in all.

    06-09 09:00 customer opens
    06-09 14:00 an replies, status becomes open
    06-09 15:30 customer writes
    06-09 16:00 an replies, status becomes pending
    06-10 10:00 customer writes, status becomes open
    06-10 11:00 status becomes hold
    06-11 14:00 status becomes open
    06-11 14:30 an replies, status becomes solved
    """
    t = timelines
    said = {"time": "calendar"}
    rules = t.edition(
        "policies",
        t.policy(t.first_reply("8h", **said), t.next_reply("40h", **said), t.resolution("80h", pause_in=[], **said)),
    )
    hours = {"first_reply": [5.0], "next_reply": [0.5, 28.5], "resolution": [53.5]}
    played = play("06-12 09:00", rules)
    assert {name: [clock.elapsed / 3600 for clock in played.clocks(name)] for name in hours} == hours


def test_a_goal_cut_below_what_was_worked_breaches_a_paused_clock_at_the_change(
    play: Play, timelines: ModuleType
) -> None:
    """Three of eight hours are worked; while it waits for the customer it becomes urgent.

    06-09 08:00 customer opens priority=normal
    06-09 11:00 status becomes pending
    06-09 11:30 priority becomes urgent
    06-09 15:00 status becomes solved
    """
    goals = {"normal": "8h", "urgent": "1h", "default": "8h"}
    care = timelines.edition("policies", timelines.policy(timelines.resolution(goals, time="calendar")))
    clock = play("06-10 09:00", care).clock("resolution")
    assert clock.state is ClockState.BREACHED_CLOSED
    assert clock.breached_at == timelines.moment("06-09 11:30")
