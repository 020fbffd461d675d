from collections.abc import Callable, Sequence
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
    assert lines(played, "hierarchical_escalations") == [("an", "06-09 09:00", 1, 1)]
    assert lines(played, "functional_escalations") == [("an", "06-09 09:30", 1, 1)]
