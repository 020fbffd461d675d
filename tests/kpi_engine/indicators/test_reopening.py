from collections.abc import Callable
from typing import Any

Played = Callable[..., Any]

AS_OF = "06-30 09:00"


def test_a_reopening_is_put_down_to_the_agent_whose_solve_failed(play: Played, lines: Played, left: Played) -> None:
    """An's solve fails, Bình's stands.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes solved
    06-09 11:00 customer replies, status becomes open by customer
    06-09 14:00 assignee becomes binh
    06-09 15:00 binh replies, status becomes solved by binh
    """
    assert left(play("06-09 09:30"), "reopen_rate") == [("not_solved", "an", "06-09 09:00")]
    assert lines(play("06-09 10:30"), "reopen_rate") == [("an", "06-09 10:00", 0, 1)]
    assert lines(play("06-09 11:30"), "reopen_rate") == [("an", "06-09 10:00", 1, 1)]
    played = play(AS_OF)
    assert lines(played, "reopen_rate") == [("an", "06-09 15:00", 1, 1)]
    assert lines(played, "reopens") == [("an", "06-09 11:00", 1, 1)]


def test_a_reopening_for_a_word_of_thanks_can_be_ignored(play: Played, lines: Played, chosen: Played) -> None:
    """Thanked, and solved again in silence; reopened once more, and left to an automation.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    06-09 11:00 customer replies, status becomes open by customer
    06-09 11:30 status becomes solved
    06-09 15:00 customer replies, status becomes pending by customer
    06-12 15:00 status becomes solved automatically
    """
    ignored = chosen("reopen_rate", thanks_reopens="ignore")
    assert lines(play("06-09 12:00"), "reopen_rate") == [("an", "06-09 11:30", 1, 1)]
    assert lines(play("06-09 12:00", ignored), "reopen_rate") == [("an", "06-09 11:30", 0, 1)]
    assert lines(play("06-09 11:15", ignored), "reopen_rate") == [("an", "06-09 10:00", 1, 1)]
    played = play(AS_OF, ignored)
    assert lines(played, "reopens") == [("an", "06-09 15:00", 1, 1)]
    assert lines(played, "reopen_rate") == [("an", "06-12 15:00", 1, 1)]


def test_a_solve_by_a_machine_that_fails_is_charged_to_nobody(
    play: Played, lines: Played, left: Played, chosen: Played
) -> None:
    """An automation solves what waits for the customer, who comes back.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:00 an replies, status becomes pending
    06-12 10:00 status becomes solved automatically
    06-12 11:00 customer replies, status becomes open by customer
    06-12 12:00 an replies, status becomes solved
    06-13 12:00 customer replies, status becomes open by customer
    """
    early, once = play("06-12 10:30"), play("06-12 12:30")
    assert lines(early, "reopen_rate") == [(None, "06-12 10:00", 0, 1)]
    assert lines(once, "reopen_rate") == [(None, "06-12 12:00", 1, 1)]
    assert lines(once, "reopens") == [(None, "06-12 11:00", 1, 1)]
    assert lines(play(AS_OF), "reopen_rate") == [("an", "06-12 12:00", 1, 1)]
    without = chosen("reopen_rate", automatic_solves="exclude")
    assert left(play("06-12 10:30", without), "reopen_rate") == [("automatic_solve", "an", "06-12 10:00")]
    assert lines(play("06-12 12:30", without), "reopen_rate") == [("an", "06-12 12:00", 0, 1)]
    assert lines(play(AS_OF, without), "reopens") == [("an", "06-13 12:00", 1, 1)]


def test_a_reopening_that_is_answered_is_no_thanks(play: Played, lines: Played, chosen: Played) -> None:
    """Answered before the solve.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    06-09 11:00 customer replies, status becomes open by customer
    06-09 11:20 an replies
    06-09 11:30 status becomes solved
    """
    played = play(AS_OF, chosen("reopen_rate", thanks_reopens="ignore"))
    assert lines(played, "reopen_rate") == [("an", "06-09 11:30", 1, 1)]


def test_of_a_solve_before_the_history_the_reopening_counts_and_the_rate_is_unknown(
    play: Played, lines: Played, left: Played, since_june_9: Played
) -> None:
    """Solved on June 3.

    06-01 09:00 customer opens assignee=an
    06-03 09:00 status becomes solved
    06-09 09:00 status becomes open, assignee becomes binh
    06-09 10:00 status becomes solved
    """
    early, played = play("06-09 09:30", change=since_june_9), play(AS_OF, change=since_june_9)
    assert lines(played, "reopens") == [("an", "06-09 09:00", 1, 1)]
    assert left(played, "reopen_rate") == [("before_history", "binh", "06-09 10:00")]
    assert left(early, "reopen_rate") == [("not_solved", "binh", "06-01 09:00")]
    assert lines(early, "reopens") == [("an", "06-09 09:00", 1, 1)]
