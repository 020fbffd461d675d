from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

Played = Callable[..., Any]

AS_OF = "06-30 09:00"
ONE_REPLY = """06-09 09:00 customer opens assignee=an
06-09 10:00 an replies, status becomes solved"""
TOUCHED = {
    "T1": ONE_REPLY,
    "T2": """06-09 09:00 customer opens assignee=an
             06-09 10:00 an notes, status becomes solved""",
    "T3": """06-09 09:00 customer opens assignee=an
             06-09 10:00 an replies, status becomes pending
             06-09 11:00 customer replies, status becomes open by customer
             06-09 11:30 an replies, status becomes solved""",
    "T4": """06-09 09:00 customer opens assignee=an
             06-09 10:00 an replies, status becomes solved
             06-09 11:00 customer replies, status becomes open by customer
             06-09 11:30 an replies, status becomes solved""",
    "T5": """06-09 09:00 customer opens assignee=an
             06-09 10:00 an replies, status becomes solved
             06-09 11:00 customer replies, status becomes open by customer
             06-09 11:30 status becomes solved""",
    "T6": """06-09 09:00 customer opens assignee=an
             06-09 09:30 assignee becomes binh
             06-09 10:00 binh replies, status becomes solved""",
    "T7": f"{ONE_REPLY}\n06-12 10:00 elsewhere returns",
    "T8": """06-09 09:00 customer opens assignee=an
             06-09 10:00 an replies""",
    "T9": f"{ONE_REPLY}\n06-09 10:30 tags becomes closed_by_merge automatically",
    "T10": """06-09 09:00 an opens assignee=an
              06-09 09:00:30 status becomes solved""",
}


@pytest.fixture
def ten(timelines: ModuleType) -> Callable[..., dict[str, Any]]:
    """Return the ten tickets of V11, measured under the usual rules and more."""

    def measured(*rules: object) -> dict[str, Any]:
        editions, as_of = [*timelines.USUAL, *rules], timelines.moment(AS_OF)
        return {name: timelines.played(timelines.history(story), editions, as_of) for name, story in TOUCHED.items()}

    return measured


def fraction(played: dict[str, Any], key: str) -> tuple[list[str], int]:
    """Return the tickets in the numerator, and how many are in the denominator."""
    found = {name: each.line(key) for name, each in played.items() if each.line(key) is not None}
    return [name for name, line in found.items() if line.numerator], len(found)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("le1", ["T1", "T2", "T5", "T6", "T7", "T10"]),
        ("eq1", ["T1", "T5", "T6", "T7"]),
        ("eq1_incl_open", ["T1", "T5", "T6", "T7", "T10"]),
        ("no_wait_status", ["T1", "T6", "T7"]),
    ],
)
def test_v11_one_touch_by_every_rule(
    ten: Callable[..., dict[str, Any]], chosen: Played, rule: str, expected: Sequence[str]
) -> None:
    assert fraction(ten(chosen("one_touch", touch_rule=rule)), "one_touch") == (expected, 8)


def test_v11_without_the_tickets_that_were_never_answered(
    ten: Callable[..., dict[str, Any]], chosen: Played, left: Played
) -> None:
    played = ten(chosen("one_touch", zero_reply="exclude"))
    assert fraction(played, "one_touch") == (["T1", "T5", "T6", "T7"], 6)
    assert left(played["T2"], "one_touch") == left(played["T2"], "two_touch") == [("no_reply", "an", "06-09 10:00")]
    opened = ten(chosen("one_touch", zero_reply="exclude", touch_rule="eq1_incl_open"))
    assert fraction(opened, "one_touch") == (["T1", "T5", "T6", "T7", "T10"], 7)


def test_v11_two_and_more_touches_are_the_rest(ten: Callable[..., dict[str, Any]]) -> None:
    assert fraction(ten(), "two_touch") == (["T3", "T4"], 8)
    assert fraction(ten(), "multi_touch") == ([], 8)


def test_v11_first_contact_resolution_strict_and_gross_with_and_without_thanks(
    ten: Callable[..., dict[str, Any]], chosen: Played
) -> None:
    assert fraction(ten(), "first_contact_resolution") == (["T1"], 8)
    assert fraction(ten(), "first_contact_resolution_gross") == (["T1"], 9)
    thanks = chosen("first_contact_resolution", thanks_reopens="ignore")
    assert fraction(ten(thanks), "first_contact_resolution") == (["T1", "T5"], 8)
    assert fraction(ten(thanks), "first_contact_resolution_gross") == (["T1", "T5"], 9)


def test_three_replies_are_many_touches_and_those_after_the_solve_do_not_count(play: Played, lines: Played) -> None:
    """Three replies before the solve, one after it.

    06-09 09:00 customer opens assignee=an
    06-09 09:10 an replies
    06-09 09:20 an replies
    06-09 09:30 binh replies, status becomes solved
    06-09 10:00 an replies
    """
    played = play(AS_OF)
    assert lines(played, "multi_touch") == [("an", "06-09 09:30", 1, 1)]
    assert lines(played, "one_touch") == lines(played, "two_touch") == [("an", "06-09 09:30", 0, 1)]


def test_touches_of_an_unknown_beginning_or_an_unsolved_ticket_are_left_out(
    play: Played, left: Played, since_june_9: Played
) -> None:
    """Solved on June 9.

    06-01 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    """
    keys = ("one_touch", "first_contact_resolution", "assignee_stations", "commenting_agents")
    for key in keys:
        assert left(play("06-05 09:00"), key) == [("not_solved", "an", "06-01 09:00")]
        assert left(play(AS_OF, change=since_june_9), key) == [("before_history", "an", "06-09 10:00")]
    gross = left(play(AS_OF, change=since_june_9), "first_contact_resolution_gross")
    assert gross == [("before_history", "an", "06-01 09:00")]


# --- First contact resolution -------------------------------------------------------------------------------------


def test_nothing_is_said_about_the_first_contact_until_its_window_has_ended(
    play: Played, lines: Played, left: Played
) -> None:
    """Solved on June 9 at ten.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    """
    early = play("06-16 10:00:00")
    stamps = {"first_contact_resolution": "06-09 10:00", "first_contact_resolution_gross": "06-09 09:00"}
    for key, stamped in stamps.items():
        assert lines(early, key) == []
        assert left(early, key) == [("window_open", "an", stamped)]
    assert early.wake == "06-16 10:00"
    played = play("06-16 10:00:01")
    assert lines(played, "first_contact_resolution") == [("an", "06-09 10:00", 1, 1)]
    assert lines(played, "first_contact_resolution_gross") == [("an", "06-09 09:00", 1, 1)]


def test_an_unsolved_ticket_is_one_issue_more_for_who_has_it(play: Played, lines: Played) -> None:
    """Passed on to Bình.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:00 assignee becomes binh
    """
    assert lines(play("06-09 12:00"), "first_contact_resolution_gross") == [("binh", "06-09 09:00", 0, 1)]


@pytest.mark.parametrize(
    ("returned", "resolved"),
    [
        ("06-16 09:59:59 elsewhere returns", 0),
        ("06-16 10:00:00 elsewhere returns", 1),
        ("06-09 10:00:00 elsewhere returns", 0),
        ("06-09 09:30:00 elsewhere returns", 1),
        ("06-10 09:00 elsewhere returns topic=moneyback", 0),
        ("06-10 09:00 elsewhere returns topic=delay", 1),
        ("06-10 09:00 elsewhere returns status=deleted", 1),
        ("06-10 09:00 elsewhere returns tags=closed_by_merge status=closed", 1),
        ("06-10 09:00 elsewhere returns tags=internal", 1),
        ("06-10 09:00 elsewhere returns tags=helpdesk-kpi", 1),
        ("06-10 09:00 elsewhere merges", 0),
    ],
)
def test_who_returns_about_the_same_topic_in_the_window_was_not_helped_by_the_first_contact(
    timelines: ModuleType, returned: str, resolved: int
) -> None:
    opened = ONE_REPLY.replace("assignee=an", "assignee=an field:topic=refund")
    story = f"{opened}\n{returned}" if returned > "06-09 10" else opened.replace("\n", f"\n{returned}\n")
    played = timelines.played(timelines.history(story), timelines.USUAL, timelines.moment(AS_OF))
    assert played.line("first_contact_resolution").numerator == resolved


def test_where_the_first_ticket_has_no_topic_any_other_counts(play: Played) -> None:
    """No topic here.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    06-10 10:00 elsewhere returns topic=refund
    """
    assert play(AS_OF).line("first_contact_resolution").numerator == 0


def test_an_excluded_form_of_the_other_ticket_counts_for_nothing(play: Played) -> None:
    """The other ticket was an internal form.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    06-10 10:00 elsewhere returns
    """

    def internal(history: Any) -> Any:  # noqa: ANN401 -- a History
        (event,) = history.derived
        return replace(history, derived=(replace(event, cause=replace(event.cause, form_id="77")),))

    assert play(AS_OF, change=internal).line("first_contact_resolution").numerator == 1


def test_the_window_can_be_longer(play: Played, chosen: Played, left: Played) -> None:
    """Back after ten days.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    06-19 10:00 elsewhere returns
    """
    assert play(AS_OF).line("first_contact_resolution").numerator == 1
    longer = chosen("first_contact_resolution", window=14 * 86_400)
    assert play(AS_OF, longer).line("first_contact_resolution").numerator == 0
    assert left(play("06-20 09:00", longer), "first_contact_resolution") == [("window_open", "an", "06-09 10:00")]


def test_a_solve_by_an_automation_counts_as_first_contact_unless_it_is_to_be_left_out(
    play: Played, lines: Played, left: Played, chosen: Played
) -> None:
    """The customer never came back.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes pending
    06-12 10:00 status becomes solved automatically
    """
    keys = ("first_contact_resolution", "first_contact_resolution_gross")
    assert [lines(play(AS_OF), key)[0][2] for key in keys] == [1, 1]
    without = play(AS_OF, chosen("first_contact_resolution", automatic_solves="exclude"))
    for key, stamped in zip(keys, ("06-12 10:00", "06-09 09:00"), strict=True):
        assert lines(without, key) == []
        assert left(without, key) == [("automatic_solve", "an", stamped)]


def test_to_give_a_ticket_up_and_take_it_again_is_no_transfer(play: Played, lines: Played) -> None:
    """An, nobody, An.

    06-09 09:00 customer opens assignee=an
    06-09 09:10 assignee becomes nothing
    06-09 09:20 assignee becomes an
    06-09 10:00 an replies, status becomes solved
    """
    played = play(AS_OF)
    assert played.line("first_contact_resolution").numerator == 1
    assert lines(played, "assignee_stations")[0][2] == 2
    assert lines(played, "unique_assignees")[0][2] == 1


# --- Repeat contacts ----------------------------------------------------------------------------------------------


def test_a_requester_who_opens_another_ticket_within_the_window_contacts_us_again(
    play: Played, lines: Played, parts: Played, left: Played
) -> None:
    """Back on the sixth day.

    06-09 09:00 customer opens
    06-09 10:00 assignee becomes an
    06-15 09:00 elsewhere returns
    """
    assert left(play("06-16 09:00"), "repeat_contact_rate") == [("window_open", "an", "06-09 09:00")]
    played = play("06-16 09:00:01")
    assert lines(played, "repeat_contact_rate") == [("an", "06-09 09:00", 1, 1)]
    assert parts(played, "repeat_contact_rate") == ["customer"]


def test_who_returns_after_the_window_does_not_contact_us_again(play: Played, lines: Played, chosen: Played) -> None:
    """Back on the sixth day.

    06-09 09:00 customer opens
    06-15 09:00 elsewhere returns
    """
    played = play(AS_OF, chosen("repeat_contact_rate", window=5 * 86_400))
    assert lines(played, "repeat_contact_rate") == [(None, "06-09 09:00", 0, 1)]


def test_a_ticket_of_nobody_says_nothing_about_returning(play: Played, left: Played, timelines: ModuleType) -> None:
    """The requester is gone.

    06-09 09:00 customer opens
    """

    def anonymous(history: Any) -> Any:  # noqa: ANN401 -- a History
        return timelines.snapshot_of(history, requester_id=None)

    assert left(play(AS_OF, change=anonymous), "repeat_contact_rate") == [("no_requester", None, "06-09 09:00")]


# --- Reopens ------------------------------------------------------------------------------------------------------


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


# --- Hands --------------------------------------------------------------------------------------------------------


def test_stations_are_counted_up_to_the_last_solve(play: Played, lines: Played) -> None:
    """A, B, A; two groups; three agents write; later somebody else has it.

    06-09 09:00 an opens privately assignee=an group=1
    06-09 09:10 assignee becomes binh, group becomes 2
    06-09 09:15 chi notes
    06-09 09:20 assignee becomes an, group becomes 1
    06-09 09:30 binh replies
    06-09 09:40 group becomes nothing
    06-09 10:00 an replies, status becomes solved
    06-09 10:30 chi replies, assignee becomes chi, group becomes 3
    """
    played = play(AS_OF)
    counted = {
        "assignee_stations": 3,
        "unique_assignees": 2,
        "group_stations": 3,
        "commenting_agents": 3,
    }
    for key, count in counted.items():
        assert lines(played, key) == [("an", "06-09 10:00", count, 1)], key


def test_an_escalated_ticket_counts_once_against_the_tickets_an_agent_worked_on(
    play: Played, lines: Played, parts: Played, timelines: ModuleType
) -> None:
    """Bình writes a note, two levels are reached while An has it.

    06-09 08:00 customer opens assignee=an
    06-09 08:30 binh notes
    """
    steps = timelines.escalating("first_reply", (1, "0m"), (2, "30m"))
    rules = timelines.edition("policies", timelines.policy(timelines.first_reply("1h"), escalations=[steps]))
    played = play("06-09 12:00", rules)
    assert lines(played, "escalation_rate") == [
        ("binh", "06-09 08:30", 0, 1),
        ("an", "06-09 09:00", 1, 1),
        ("an", "06-09 09:30", 1, 1),
    ]
    assert set(parts(played, "escalation_rate")) == {"1"}
