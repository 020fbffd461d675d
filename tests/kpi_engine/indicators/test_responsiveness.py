from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.evidence import Evidence
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import Certainty, ClockState
from kpi_engine.telling import told

Played = Callable[..., Any]


# --- First reply --------------------------------------------------------------------------------------------------


def test_r1_a_change_of_schedule_is_measured_in_parts_or_by_the_last_schedule(
    play: Played, lines: Played, chosen: Played, timelines: ModuleType
) -> None:
    """Ticket 941606 of the decision log of dbt_zendesk, on the same weekdays and hours of another year.

    09-30 17:01:38 customer opens schedule=level1
    10-01 19:01:25 schedule becomes level2
    10-01 19:01:46 an replies, status becomes solved
    """
    level1 = timelines.calendar("America/Chicago", [[[420, 1260]]] * 7)
    level2 = timelines.calendar("America/Los_Angeles", [[[480, 1050]]] * 5 + [[], []])
    rules = timelines.edition("calendar", level1, "level1"), timelines.edition("calendar", level2, "level2")
    in_parts = play("10-02 09:00", *rules, zone="UTC")
    for key in ("first_reply", "first_resolution", "full_resolution", "response_time"):
        (line,) = lines(in_parts, key)
        assert round(line[2] / 60, 2) == 960.13
        native = play("10-02 09:00", *rules, chosen(key, calendar_switch="closing_event"), zone="UTC")
        assert round(lines(native, key)[0][2] / 60, 2) == 690.13
    assert lines(in_parts, "first_reply_calendar")[0][2] == lines(native, "first_reply_calendar")[0][2] == 93_608


def test_the_last_schedule_alone_skips_time_in_the_bin_and_tells_when_it_was_guessed(
    play: Played, chosen: Played, timelines: ModuleType
) -> None:
    """A day deleted; no schedule in the end.

    06-09 09:00 customer opens schedule=vn
    06-09 10:00 status becomes deleted
    06-10 10:00 status becomes open, schedule becomes nothing
    06-10 11:00 an replies
    """
    guessed = timelines.edition("calendar_choice", {"assumed": "vn"})
    line = play("06-11 09:00", guessed, chosen("first_reply", calendar_switch="closing_event")).line("first_reply")
    assert (line.numerator, line.certainty) == (7200, Certainty.APPROXIMATE)


def test_r3_the_time_can_start_when_a_machine_hands_over(
    play: Played, lines: Played, chosen: Played, round_the_clock: tuple[object, ...]
) -> None:
    """Handed over to people after 20 seconds, answered after 62.

    06-09 09:00:00 customer opens assignee=robot
    06-09 09:00:05 robot replies
    06-09 09:00:20 assignee becomes nothing by robot
    06-09 09:01:02 an replies, assignee becomes an
    """
    assert lines(play("06-09 10:00", *round_the_clock), "first_reply") == [("an", "06-09 09:01:02", 62, 1)]
    handed_over = play("06-09 10:00", *round_the_clock, chosen("first_reply", start="handoff"))
    assert lines(handed_over, "first_reply") == lines(handed_over, "first_reply_calendar")
    assert lines(handed_over, "first_reply") == [("an", "06-09 09:01:02", 42, 1)]


def test_without_a_machine_the_time_starts_at_the_creation_whatever_was_chosen(
    play: Played, minutes: Played, chosen: Played
) -> None:
    """An took it over from Bình.

    06-09 09:00 customer opens assignee=binh
    06-09 09:30 assignee becomes an
    06-09 10:00 an replies
    """
    assert minutes(play("06-09 11:00", chosen("first_reply", start="handoff")), "first_reply") == [60]


def test_the_time_can_start_anew_at_every_reopening(play: Played, minutes: Played, chosen: Played) -> None:
    """Two replies, a reopening with an answer, one without, and one after it.

    06-09 09:00 customer opens assignee=an
    06-09 09:10 an replies
    06-09 09:20 an replies, status becomes solved
    06-09 10:00 customer replies, status becomes open by customer
    06-09 10:30 an replies, status becomes solved
    06-09 11:00 status becomes open by customer
    06-09 11:10 status becomes solved
    06-09 14:00 status becomes open by customer
    06-09 14:05 binh replies
    """
    assert minutes(play("06-09 15:00"), "first_reply") == [10]
    again = play("06-09 15:00", chosen("first_reply", start="reopen"))
    assert minutes(again, "first_reply") == [10, 30, 5]


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        ("06-09 09:00 customer opens assignee=an", ("no_reply", "an", "06-09 09:00")),
        (
            "06-09 09:00 customer opens\n06-09 10:00 an notes, assignee becomes an, status becomes solved",
            ("solved_without_reply", "an", "06-09 10:00"),
        ),
        ("06-09 09:00 an opens assignee=an", ("agent_opened", "an", "06-09 09:00")),
        (
            "06-09 09:00 an opens assignee=an\n06-09 10:00 customer replies",
            ("no_reply", "an", "06-09 09:00"),
        ),
    ],
)
def test_a_ticket_without_a_reply_says_why(
    timelines: ModuleType, left: Played, story: str, reason: tuple[object, ...]
) -> None:
    played = timelines.played(timelines.history(story), timelines.USUAL, timelines.moment("06-11 09:00"))
    for key in ("first_reply", "first_reply_calendar", "response_time", "total_reply_wait", "longest_wait"):
        assert left(played, key) == [reason]
    assert left(played, "next_reply") == []


def test_an_agents_private_opening_is_answered_by_the_first_public_message_and_a_public_one_by_the_second(
    timelines: ModuleType, minutes: Played, left: Played
) -> None:
    for word, waits in (("privately", [60]), ("publicly", [])):
        story = f"06-09 09:00 an opens {word}\n06-09 10:00 an replies"
        played = timelines.played(timelines.history(story), timelines.USUAL, timelines.moment("06-11 09:00"))
        assert minutes(played, "first_reply") == [60]
        assert minutes(played, "response_time") == waits
    assert left(played, "response_time") == [("agent_opened", "an", "06-09 10:00")]


def test_before_the_history_the_first_reply_is_unknown_and_later_waits_are_not(
    play: Played, minutes: Played, left: Played, since_june_9: Played
) -> None:
    """A message of which nobody knows whether it was the oldest, its answer, and another exchange.

    06-01 09:00 customer opens
    06-09 09:00 customer replies
    06-09 10:00 an replies
    06-09 10:30 customer replies
    06-09 11:00 an replies
    """
    played = play("06-11 09:00", change=since_june_9)
    assert left(played, "first_reply") == [("before_history", None, "06-09 10:00")]
    assert minutes(played, "response_time") == minutes(played, "next_reply") == [30]
    assert left(played, "total_reply_wait") == [("before_history", None, "06-01 09:00")]
    silent = play("06-09 09:30", change=since_june_9)
    assert left(silent, "response_time") == left(silent, "first_reply") == [("before_history", None, "06-01 09:00")]


# --- Within the goal ----------------------------------------------------------------------------------------------


@pytest.fixture
def an_hour(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    return timelines.edition("policies", timelines.policy(timelines.first_reply("1h"), timelines.resolution("1h")))


def test_a_reply_in_time_counts_for_its_author(play: Played, lines: Played, parts: Played, an_hour: object) -> None:
    """Bình answers An's ticket exactly at the goal.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 binh replies
    """
    assert lines(play("06-09 09:59", an_hour), "first_reply_within") == []
    played = play("06-09 11:00", an_hour)
    assert lines(played, "first_reply_within") == [("binh", "06-09 10:00", 1, 1)]
    assert parts(played, "first_reply_within") == ["first_reply"]


def test_a_late_reply_and_a_missing_one_count_against_who_answers_for_the_breach(
    play: Played, lines: Played, an_hour: object
) -> None:
    """Bình answers too late.

    06-09 09:00 customer opens assignee=an
    06-09 11:00 binh replies
    """
    expected = [("an", "06-09 10:00", 0, 1)]
    assert lines(play("06-09 10:30", an_hour), "first_reply_within") == expected
    assert lines(play("06-09 12:00", an_hour), "first_reply_within") == expected


def test_a_solve_without_a_reply_is_no_verdict(play: Played, lines: Played, left: Played, an_hour: object) -> None:
    """Solved in silence.

    06-09 09:00 customer opens assignee=an
    06-09 09:30 status becomes solved
    """
    played = play("06-09 12:00", an_hour)
    assert lines(played, "first_reply_within") == []
    assert left(played, "first_reply_within") == [("clock_void", "an", "06-09 09:30")]


def test_a_reply_to_a_ticket_without_a_goal_is_left_out(play: Played, lines: Played, left: Played) -> None:
    """No policy at all.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    """
    played = play("06-09 12:00")
    assert lines(played, "first_reply_within") == []
    assert left(played, "first_reply_within") == [("no_goal", "an", "06-09 09:30")]


def test_a_verdict_by_a_guessed_calendar_is_approximate(play: Played, timelines: ModuleType, an_hour: object) -> None:
    """Nothing says which hours apply.

    06-09 09:00 customer opens
    06-09 09:30 an replies
    """
    guessed = timelines.edition("calendar_choice", {"assumed": "vn"})
    assert play("06-09 12:00", an_hour, guessed).line("first_reply_within").certainty is Certainty.APPROXIMATE


# --- Every reply --------------------------------------------------------------------------------------------------


def test_r19_the_gitlab_example_with_the_corrected_figures(
    play: Played, minutes: Played, round_the_clock: tuple[object, ...]
) -> None:
    """The handbook's published waits are wrong; these are the right ones.

    06-09 09:00 customer opens assignee=an status=new
    06-09 14:00 an replies, status becomes open
    06-09 15:30 customer replies
    06-09 16:00 an replies, status becomes pending
    06-10 10:00 customer replies, status becomes open by customer
    06-10 11:00 status becomes hold
    06-11 14:00 status becomes open
    06-11 14:30 an replies, status becomes solved
    """
    played = play("06-12 09:00", *round_the_clock)
    hours = {
        "first_reply": [5],
        "next_reply": [0.5, 28.5],
        "response_time": [5, 0.5, 28.5],
        "total_reply_wait": [34],
        "longest_wait": [28.5],
        "requester_wait": [35.5],
        "agent_work": [8.5],
        "agent_wait": [18],
        "on_hold": [27],
        "full_resolution": [53.5],
    }
    for key, expected in hours.items():
        assert minutes(played, key) == minutes(played, f"{key}_calendar") == [hour * 60 for hour in expected], key


def test_r20_a_wait_starts_at_the_first_message_of_a_burst_not_at_the_last(
    play: Played, minutes: Played, round_the_clock: tuple[object, ...]
) -> None:
    """Three messages in a row.

    06-09 13:00:00 customer opens
    06-09 13:10:00 an replies
    06-09 14:00:00 customer replies
    06-09 14:01:10 friend replies
    06-09 14:02:45 customer replies
    06-09 14:07:00 an replies
    """
    played = play("06-09 15:00", *round_the_clock)
    assert minutes(played, "next_reply") == [7]


def test_a_customers_thanks_that_a_silent_solve_settles_waits_for_no_answer(play: Played, minutes: Played) -> None:
    """Thanked on Monday, asked something else on Thursday, and once more in the very second of a solve.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    06-09 11:00 customer replies, status becomes open by customer
    06-09 11:30 status becomes solved
    06-12 09:00 customer replies, status becomes open by customer
    06-12 09:20 status becomes solved, an replies
    06-12 10:00 customer replies, status becomes open by customer
    06-12 10:30 status becomes solved
    06-12 11:00 an replies
    """
    assert minutes(play("06-13 09:00"), "next_reply") == [20]


def test_the_first_wait_runs_on_through_a_solve_that_answered_nobody(play: Played, minutes: Played) -> None:
    """Solved in silence, asked again.

    06-09 09:00 customer opens
    06-09 09:30 status becomes solved
    06-09 10:00 customer replies, status becomes open by customer
    06-09 11:00 an replies
    """
    played = play("06-09 12:00")
    assert minutes(played, "response_time") == minutes(played, "first_reply") == [120]
    assert minutes(played, "next_reply") == []


def test_where_an_agent_wrote_first_the_customer_waits_from_his_first_message_on(play: Played, lines: Played) -> None:
    """An writes twice before the customer answers.

    06-09 09:00 an opens
    06-09 10:00 an replies
    06-09 11:00 customer replies
    06-09 11:30 binh replies
    06-09 14:00 customer replies
    06-09 14:10 an replies
    """
    played = play("06-09 15:00")
    assert lines(played, "first_reply") == [("an", "06-09 10:00", 3600, 1)]
    assert lines(played, "response_time") == [("binh", "06-09 11:30", 1800, 1), ("an", "06-09 14:10", 600, 1)]
    assert lines(played, "next_reply") == lines(played, "response_time")
    assert lines(played, "total_reply_wait") == [("an", "06-09 14:10", 2400, 1)]
    assert lines(played, "longest_wait") == [("an", "06-09 14:10", 1800, 1)]


def test_the_longest_wait_in_business_time_need_not_be_the_longest_in_calendar_time(
    play: Played, minutes: Played
) -> None:
    """Two hours of the morning, then a night.

    06-09 09:00 customer opens
    06-09 11:00 an replies
    06-09 17:00 customer replies
    06-10 08:30 an replies
    """
    played = play("06-11 09:00")
    assert (minutes(played, "longest_wait"), minutes(played, "longest_wait_calendar")) == ([120], [930])
    assert minutes(played, "total_reply_wait") == [180]


# --- Taking it up -------------------------------------------------------------------------------------------------


def test_a_ticket_is_assigned_and_acknowledged_once(play: Played, lines: Played, left: Played) -> None:
    """A trigger gives it to An, Bình writes a note.

    06-09 09:00 customer opens group=1
    06-09 09:30 assignee becomes an automatically
    06-09 10:00 binh notes
    06-09 11:00 assignee becomes binh by binh
    """
    assert left(play("06-09 09:10"), "time_to_assign") == [("never_assigned", None, "06-09 09:00")]
    assert left(play("06-09 09:40"), "time_to_acknowledge") == [("no_action", "an", "06-09 09:00")]
    played = play("06-09 12:00")
    assert lines(played, "time_to_assign") == [(None, "06-09 09:30", 1800, 1)]
    assert played.line("time_to_assign").team == "group:1"
    assert lines(played, "time_to_acknowledge") == [("binh", "06-09 10:00", 3600, 1)]


def test_what_an_agent_opens_needs_no_acknowledging(play: Played, lines: Played, left: Played) -> None:
    """An takes a call.

    06-09 09:00 an opens privately assignee=an
    06-09 09:05 an notes
    """
    played = play("06-09 12:00")
    assert left(played, "time_to_acknowledge") == [("agent_opened", "an", "06-09 09:00")]
    assert lines(played, "time_to_assign_calendar") == [(None, "06-09 09:00", 0, 1)]


def test_a_beginning_that_was_not_pulled_hides_who_took_it_up(play: Played, left: Played, since_june_9: Played) -> None:
    """Passed on after June 9.

    06-01 09:00 customer opens assignee=an
    06-09 10:00 assignee becomes binh by binh
    """
    played = play("06-11 09:00", change=since_june_9)
    for key in ("time_to_assign", "time_to_acknowledge"):
        assert left(played, key) == [("before_history", "an", "06-01 09:00")]


def test_where_something_else_than_a_reply_met_the_goal_the_assignee_is_credited(
    play: Played, an_hour: object, timelines: ModuleType
) -> None:
    """A private note, taken for an answer.

    06-09 09:00 customer opens assignee=an
    06-09 09:30 binh notes
    """
    played = play("06-09 09:45", an_hour)
    met = replace(played.clock("first_reply"), state=ClockState.MET, stopped_at=timelines.moment("06-09 09:30"))
    story = told(played.history, played.rulebook, played.measurement.as_of)
    evidence = Evidence(played.history, story, played.rulebook, (met,))
    (line,) = INDICATORS["first_reply_within"].lines(evidence)
    assert (line.agent, line.numerator) == ("an", 1)
