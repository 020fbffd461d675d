"""Notes about data: what may make a figure mean something else than it seems to."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

Play = Callable[..., Any]


@pytest.fixture(scope="module")
def care(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    """Two hours round the clock for a first reply."""
    return timelines.edition("policies", timelines.policy(timelines.first_reply("120m", time="calendar")))


def told(played: Any) -> list[tuple[str, str | None, str | None, str | None]]:  # noqa: ANN401 -- a Played
    return [(each.guard, played.told(each.at), each.agent, each.part) for each in played.measurement.signs]


def test_a_ticket_given_away_just_before_its_breach_is_noted_for_who_gave_it(play: Play, care: object) -> None:
    """V10: An has it for 110 of 120 minutes.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:50 assignee becomes binh by an
    """
    played = play("06-09 12:00", care)
    assert told(played) == [("reassigned_before_breach", "06-09 10:50", "an", "first_reply")]
    assert played.measurement.signs[0].team == "group:1"


def test_one_given_away_by_somebody_else_or_long_before_or_to_nobody_is_not(play: Play, care: object) -> None:
    """Chi hands it on, not An.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:50 assignee becomes binh by chi
    """
    assert told(play("06-09 12:00", care)) == []


def test_who_holds_it_long_enough_at_the_breach_has_it_in_his_own_right(play: Play, care: object) -> None:
    """Bình has it for an hour.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:00 assignee becomes binh by an
    """
    assert told(play("06-09 12:00", care)) == []


def test_a_handover_that_another_one_undid_is_not_what_led_to_the_breach(play: Play, care: object) -> None:
    """Chi takes it from Bình at last.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:50 assignee becomes binh by an
    06-09 10:55 assignee becomes chi by robot
    """
    assert told(play("06-09 12:00", care)) == []


def test_a_solve_undone_at_once_by_the_same_hand_is_noted(play: Play, care: object) -> None:
    """Solved at a quarter past, and open again ten minutes later without a word of the customer's.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:10 an replies
    06-09 09:15 status becomes solved by an
    06-09 09:25 status becomes open by an
    """
    assert told(play("06-09 12:00", care)) == [("solved_and_reopened", "06-09 09:25", "an", None)]


def test_a_solve_undone_later_by_another_or_by_the_customer_is_not(play: Play, care: object) -> None:
    """The customer, somebody else, and An after two hours.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:10 an replies
    06-09 09:15 status becomes solved by an
    06-09 09:20 customer writes, status becomes open by customer
    06-09 09:30 an replies, status becomes solved by an
    06-09 09:35 status becomes open by chi
    06-09 09:40 status becomes solved by an
    06-09 11:45 status becomes open by an
    """
    assert told(play("06-09 12:00", care)) == []


def test_a_solve_that_nobody_answered_is_noted_and_one_of_a_machine_or_of_our_own_ticket_is_not(
    play: Play, care: object
) -> None:
    """Solved in silence.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:30 status becomes solved by an
    """
    assert told(play("06-09 12:00", care)) == [("solved_without_reply", "06-09 09:30", "an", None)]


def test_what_a_machine_solved_is_no_note_about_anybody(play: Play, care: object) -> None:
    """Solved by an automation.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:30 status becomes solved automatically
    """
    assert told(play("06-09 12:00", care)) == []


def test_a_ticket_put_to_wait_while_the_customer_waits_is_noted_and_one_with_an_answer_is_not(
    play: Play, care: object
) -> None:
    """Pending without a word; later with one in the same breath.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:30 status becomes pending by an
    06-09 09:40 status becomes open by an
    06-09 09:50 an replies, status becomes hold by an
    06-09 09:55 status becomes pending by an
    """
    assert told(play("06-09 12:00", care)) == [("put_to_wait", "06-09 09:30", "an", None)]


def test_a_ticket_given_away_after_a_bad_rating_is_noted_and_after_a_good_one_not(play: Play, care: object) -> None:
    """Rated bad, then handed on; good, then handed on.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:10 an replies, status becomes solved by an
    06-09 10:00 customer rated bad
    06-10 09:00 assignee becomes binh by an
    06-11 09:00 customer rated good
    06-12 09:00 assignee becomes chi by binh
    """
    assert told(play("06-13 12:00", care)) == [("reassigned_after_bad_rating", "06-10 09:00", "an", None)]


def test_a_solve_undone_after_the_customer_wrote_is_no_note_where_the_helpdesk_left_it_solved(
    play: Play, care: object
) -> None:
    """The message reopens nothing by itself, so An does.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:10 an replies
    06-09 09:15 status becomes solved by an
    06-09 09:20 customer writes
    06-09 09:25 status becomes open by an
    """
    assert told(play("06-09 12:00", care)) == []


@pytest.mark.parametrize(("solver", "noted"), [("customer", []), ("an", ["an"]), ("chi", ["chi"])])
def test_a_silent_solve_is_noted_for_the_agent_who_did_it_and_a_customers_own_is_not(
    timelines: ModuleType, care: object, solver: str, noted: list[str]
) -> None:
    """Chi solves what An has; or the customer needs no answer any more."""
    told_so = f"06-09 09:00 customer opens assignee=an group=1\n06-09 09:30 status becomes solved by {solver}"
    whole, as_of = timelines.history(told_so), timelines.moment("06-09 12:00")
    assert [who for _, _, who, _ in told(timelines.played(whole, [*timelines.USUAL, care], as_of))] == noted


def test_a_call_that_was_solved_without_a_written_word_was_answered_as_it_came(play: Play, care: object) -> None:
    """An writes the call down.

    06-09 09:00 an opens assignee=an group=1 channel=phone
    06-09 09:30 status becomes solved by an
    """
    assert told(play("06-09 12:00", care)) == []


def test_a_ticket_given_away_once_a_bad_rating_was_made_good_is_no_note(play: Play, care: object) -> None:
    """The customer thinks better of it before Bình gets it.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:10 an replies, status becomes solved by an
    06-09 10:00 customer rated bad
    06-09 18:00 customer rated good
    06-10 09:00 assignee becomes binh by an
    """
    assert told(play("06-13 12:00", care)) == []
