"""Awkward tickets: nobody is credited or charged with what was not his."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.live import live_fields

Play = Callable[..., Any]
LATER = "06-30 09:00"


def lines(played: Any, key: str) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- what was played
    return [
        (played.told(line.at), line.agent, line.numerator, line.denominator)
        for line in played.measurement.lines
        if line.indicator == key
    ]


def chosen(timelines: ModuleType, **indicators: object) -> Any:  # noqa: ANN401 -- an Edition
    return timelines.edition("parameters", {"indicators": indicators})


def test_a_robots_handover_is_no_transfer(play: Play) -> None:
    """A robot has the ticket first and hands it over to the one agent who solves it.

    06-09 09:00 customer opens assignee=robot
    06-09 09:01 robot replies
    06-09 09:05 assignee becomes an by robot
    06-09 10:00 an replies, status becomes solved
    """
    assert lines(play(LATER), "first_contact_resolution") == [("06-09 10:00", "an", 1, 1)]


def test_a_robot_does_not_take_a_ticket_up(play: Play) -> None:
    """A robot has the ticket first; an agent gets it an hour later.

    06-09 09:00 customer opens assignee=robot
    06-09 10:00 assignee becomes an by robot
    06-09 11:00 an replies, status becomes solved
    """
    played = play(LATER)
    assert lines(played, "time_to_assign") == [("06-09 10:00", None, 3600, 1)]
    assert lines(played, "created") == [("06-09 09:00", "an", 1, 1)]


def test_a_status_that_means_something_else_from_now_on_reopens_nothing(timelines: ModuleType) -> None:
    """On the 11th the account says that what meant solved is pending."""
    story = """
    06-09 09:00 customer opens status=open assignee=an
    06-09 10:00 an replies, status becomes waiting
    """
    before, after = (
        timelines.edition(
            "meanings", {**timelines.MEANINGS, "statuses": {**timelines.STATUSES, "waiting": meaning}}, since=since
        )
        for meaning, since in (("solved", None), ("pending", timelines.moment("06-11 09:00")))
    )
    usual = [each for each in timelines.USUAL if each.kind != "meanings"]
    played = timelines.played(timelines.history(story), [*usual, before, after], timelines.moment(LATER))
    assert lines(played, "reopens") == []
    assert lines(played, "reopen_rate") == [("06-09 10:00", "an", 0, 1)]
    assert lines(played, "solved") == []


def test_the_first_reply_stays_the_first_in_the_tickets_field(play: Play, timelines: ModuleType) -> None:
    """Answered after ten minutes, reopened, answered after an hour.

    06-09 09:00 customer opens status=open assignee=an
    06-09 09:10 an replies, status becomes solved
    06-10 09:00 customer replies, status becomes open by customer
    06-10 10:00 an replies
    """
    played = play(LATER, chosen(timelines, first_reply={"start": "reopen"}))
    assert live_fields(played.measurement)["first_reply_minutes"] == 10


def test_who_breaches_later_is_charged_as_who_breached_first(play: Play, timelines: ModuleType) -> None:
    """An lets the customer wait in June, binh on the same ticket in July.

    06-09 09:00 customer opens status=open assignee=an
    06-09 09:10 an replies
    06-09 10:00 customer replies
    06-09 14:00 an replies
    07-07 08:00 assignee becomes binh
    07-07 09:00 customer replies
    07-07 14:00 binh replies
    """
    policy = timelines.edition("policies", timelines.policy(timelines.next_reply("1h")))
    played = play("07-30 09:00", policy)
    assert lines(played, "overdue_count") == [("06-09 11:00", "an", 1, 1), ("07-07 10:00", "binh", 1, 1)]


def test_a_goal_cut_at_night_is_breached_at_the_change(play: Play, timelines: ModuleType) -> None:
    """Raised at night to a goal that has passed long ago.

    06-09 16:00 customer opens priority=normal
    06-09 22:00 priority becomes urgent
    """
    policy = timelines.edition("policies", timelines.policy(timelines.first_reply({"normal": "8h", "urgent": "30m"})))
    assert play("06-10 09:00", policy).breached("first_reply") == "06-09 22:00"
    assert play("06-10 06:00", policy).breached("first_reply") == "06-09 22:00"


def test_what_happens_at_the_due_time_does_not_move_it(play: Play, timelines: ModuleType) -> None:
    """Due as the office closes on Saturday; at that second the calendar is chosen anew and the group changes.

    06-07 08:00 customer opens priority=normal schedule=vn
    06-07 12:00 priority becomes high
    """
    policy = timelines.edition("policies", timelines.policy(timelines.first_reply({"normal": "4h", "high": "4h"})))
    assert play("06-07 12:00", policy).due("first_reply") == "06-07 12:00"
    assert play("06-09 09:00", policy).breached("first_reply") == "06-07 12:00"


def test_what_is_excluded_later_counted_before(play: Play, timelines: ModuleType) -> None:
    """Solved; two days later the account excludes its tag.

    06-09 09:00 customer opens status=open assignee=an tags=trial
    06-09 09:10 an replies, status becomes solved
    """
    excluding = {**timelines.MEANINGS, "excluded_tags": ["internal", "trial"]}
    later = timelines.edition("meanings", excluding, since=timelines.moment("06-11 09:00"))
    before, after = play("06-10 09:00", later), play(LATER, later)
    assert lines(before, "solved") == lines(after, "solved") == [("06-09 09:10", "an", 1, 1)]


def test_a_follow_up_of_a_merged_ticket_is_not_merged(play: Play) -> None:
    """A follow-up inherits the tags of the closed ticket it follows, that of the merge included.

    06-09 09:00 customer opens status=open assignee=an tags=closed_by_merge
    06-09 09:10 an replies
    """
    assert play(LATER).measurement.excluded is None


def test_a_guessed_calendar_makes_the_backlogs_age_approximate(play: Play, timelines: ModuleType) -> None:
    """Nothing says which calendar the ticket follows.

    06-09 09:00 customer opens status=open assignee=an
    """
    guessed = timelines.edition("calendar_choice", {"by_group": {}, "by_brand": {}, "assumed": "vn"})
    played = play(LATER, guessed)
    cell = timelines.figures_of("backlog_age", [played.measurement], played.rulebook, timelines.moment(LATER))["acme"]
    assert cell.approximate


def test_an_open_window_is_told_in_the_period_the_solve_lies_in(play: Play) -> None:
    """Solved two days ago.

    06-28 09:00 customer opens status=open assignee=an
    06-28 09:10 an replies, status becomes solved
    """
    omitted = [each for each in play(LATER).measurement.omissions if each.indicator == "first_contact_resolution"]
    assert [each.reason for each in omitted] == ["window_open"]
    assert play(LATER).told(omitted[0].at) == "06-28 09:10"


def test_a_return_that_was_merged_into_the_solved_ticket_is_still_a_return(play: Play) -> None:
    """The customer came back with a new ticket, which was merged into the solved one.

    06-09 09:00 customer opens status=open assignee=an
    06-09 09:10 an replies, status becomes solved
    06-10 09:00 elsewhere returns tags=closed_by_merge status=closed
    06-10 09:00 elsewhere merges tags=closed_by_merge status=closed
    """
    assert lines(play(LATER), "first_contact_resolution") == [("06-09 09:10", "an", 0, 1)]


@pytest.mark.parametrize("said", ["tags=internal", "requester=friend"])
def test_what_is_no_return_is_none_merged_in_either(said: str, timelines: ModuleType) -> None:
    story = f"""
    06-09 09:00 customer opens status=open assignee=an
    06-09 09:10 an replies, status becomes solved
    06-10 09:00 elsewhere merges {said}
    """
    played = timelines.played(timelines.history(story), timelines.USUAL, timelines.moment(LATER))
    assert lines(played, "first_contact_resolution") == [("06-09 09:10", "an", 1, 1)]


def test_a_deleted_and_restored_ticket_is_what_it_was(play: Play) -> None:
    """Solved, deleted by mistake and restored as it was.

    06-09 09:00 customer opens status=open assignee=an
    06-09 09:10 an replies, status becomes solved
    06-10 09:00 status becomes deleted
    06-11 09:00 status becomes solved
    """
    played = play(LATER)
    assert lines(played, "solved") == [("06-09 09:10", "an", 1, 1)]
    assert lines(played, "reopens") == []


def test_where_nothing_marks_a_complaint_nobody_is_charged_with_one(timelines: ModuleType) -> None:
    story = """
    06-09 09:00 customer opens status=open assignee=an tags=complaint
    06-09 09:10 an replies, status becomes solved
    06-10 09:00 elsewhere returns tags=complaint
    """
    unmapped = timelines.edition("meanings", {**timelines.MEANINGS, "fields": {}})
    rules = [*(each for each in timelines.USUAL if each.kind != "meanings"), unmapped]
    played = timelines.played(timelines.history(story), rules, timelines.moment(LATER))
    assert [line for key in ("complaints", "complaints_attributed") for line in lines(played, key)] == []


@pytest.mark.parametrize(
    ("merged", "asked_at"),
    [
        ("", "06-09 10:00"),
        (" spoken=an", None),
        (" spoken=an+customer", "06-09 10:00"),
        (" spoken=customer+an+robot", None),
        (" spoken=robot", "06-09 10:00"),
        (" spoken=long_gone assignee=long_gone", None),
        (" by=an", None),
        (" by=an channel=voice", "06-09 10:00"),
        (" by=an channel=voice spoken=an", None),
        (" requester=an by=an", "06-09 10:00"),
        (" tags=internal", None),
    ],
)
def test_a_merged_ticket_opens_a_wait_only_if_its_question_was_open(
    timelines: ModuleType, merged: str, asked_at: str | None
) -> None:
    """An answered duplicate is merged into a ticket that was answered, too."""
    story = f"06-09 09:00 customer opens\n06-09 09:30 an replies\n06-09 10:00 elsewhere merges{merged}"
    played = timelines.played(timelines.history(story), timelines.USUAL, timelines.moment("06-09 11:00"))
    assert played.told(played.measurement.holdings[-1].owed_since) == asked_at
