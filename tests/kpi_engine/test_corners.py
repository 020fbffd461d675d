"""Corners in which the naive oracle and the engine once differed, each with what the rules say of it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.live import live_fields
from kpi_engine.measurement import ClockState

Agree = Callable[..., Any]


@pytest.fixture
def rules(timelines: ModuleType) -> Callable[..., Any]:
    """Return the edition of one of the oracle's policies, from the beginning or from a later instant on."""

    def chosen(number: int, since: str | None = None) -> Any:  # noqa: ANN401 -- an Edition
        return timelines.edition(
            "policies", timelines.POLICIES[number], since=None if since is None else timelines.moment(since)
        )

    return chosen


@pytest.fixture
def from_reopening(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    """Return the parameters by which first reply times start anew with a reopening."""
    return timelines.edition("parameters", {"indicators": {"first_reply": {"start": "reopen"}}})


def verdicts(played: Any, name: str) -> list[tuple[str | None, str | None, ClockState]]:  # noqa: ANN401
    return [(played.told(each.started_at), played.told(each.stopped_at), each.state) for each in played.clocks(name)]


def test_a_reply_in_the_second_of_a_solve_answers_the_message_of_that_second_too(
    agree: Agree, rules: Callable[..., Any]
) -> None:
    """A machine solves; customer and agent write in the same second: which came first is not told (seed 8938).

    06-09 08:00 customer opens
    06-09 08:30 an replies
    06-09 09:00 customer replies
    06-09 09:30 status becomes solved by robot
    06-09 09:30 customer replies, an replies
    """
    played = agree("06-09 10:00", rules(3))
    assert verdicts(played, "next_reply") == [("06-09 09:00", "06-09 09:30", ClockState.MET)]


def test_a_policy_that_comes_after_a_silent_solve_judges_nothing_that_the_solve_settled(
    agree: Agree, rules: Callable[..., Any]
) -> None:
    """The customer's thank-you was settled by a solve before there was a clock for it (seed 10605).

    06-09 08:00 customer opens
    06-09 08:30 an replies
    06-09 09:00 friend replies
    06-09 10:00 status becomes solved by gone
    06-10 09:00 status becomes open
    """
    played = agree("06-10 09:30", rules(4), rules(3, since="06-10 09:00"))
    assert verdicts(played, "next_reply") == []


def test_a_policy_that_comes_after_a_silent_solve_judges_what_was_asked_since(
    agree: Agree, rules: Callable[..., Any]
) -> None:
    """The customer asked again before there was a clock.

    06-09 08:00 customer opens
    06-09 08:30 an replies
    06-09 09:00 customer replies
    06-09 10:00 status becomes solved
    06-09 10:30 customer replies, status becomes open by customer
    """
    played = agree("06-09 11:30", rules(4), rules(3, since="06-09 11:00"))
    assert verdicts(played, "next_reply") == [("06-09 11:00", None, ClockState.RUNNING)]


def test_of_two_first_replies_in_one_second_the_field_shows_the_first(agree: Agree, from_reopening: object) -> None:
    """A reply, a reopening and another reply share a second (seed 10740).

    06-09 08:00 customer opens status=solved assignee=an
    06-09 09:30 chi replies, status becomes pending by binh
    06-09 09:30 chi replies
    """
    assert live_fields(agree("06-30 09:00", from_reopening).measurement)["first_reply_minutes"] == 90


def test_of_two_first_replies_in_one_audit_the_field_shows_the_first(agree: Agree, from_reopening: object) -> None:
    """The same in one go, on a ticket that an agent opened (seed 15695).

    06-09 08:00 an opens status=open
    06-09 08:01 status becomes solved by chi
    06-10 09:01 binh replies, status becomes pending by binh, binh replies
    """
    assert live_fields(agree("06-30 09:00", from_reopening).measurement)["first_reply_minutes"] == 8 * 60 + 61


def test_a_ticket_that_is_created_solved_is_owed_nothing_that_came_with_it(agree: Agree) -> None:
    """A ticket is opened as solved, answered, and written to, all in one second (seed 11730).

    06-09 08:00 customer opens automatically status=solved
    06-09 08:00 an replies
    06-09 08:00 friend replies
    06-09 09:00 status becomes open
    """
    played = agree("06-30 09:00")
    assert [holding.owed_since for holding in played.measurement.holdings] == [None]


def test_a_clock_whose_rule_freezes_goes_on_in_the_time_it_had_last(agree: Agree, rules: Callable[..., Any]) -> None:
    """A breached clock of calendar time goes over to business time, then to a policy that freezes (seed 14366).

    06-09 08:00 customer opens
    """
    played = agree("06-10 09:00", rules(2), rules(0, since="06-09 12:00"), rules(3, since="06-09 14:00"))
    assert played.clock("first_reply").elapsed == (4 + 4 + 1) * 3600


def test_a_reply_in_the_second_of_a_reopening_and_of_a_change_of_policy(
    agree: Agree, rules: Callable[..., Any]
) -> None:
    """A ticket that an agent opened solved, with merges, machines and a new policy on the way (seed 14361).

    06-07 14:46 binh opens publicly status=solved
    06-08 20:16 customer rated 2 of 3, status becomes pending by chi
    06-09 00:16 elsewhere merges
    06-09 05:16 status becomes open by robot, binh replies
    06-09 22:16 robot replies, status becomes closed
    06-09 22:16 elsewhere merges
    06-10 15:16 friend replies, customer replies, status becomes open by gone
    06-10 15:16 status becomes pending automatically, status becomes waiting
    06-10 15:27 chi replies, gone notes
    06-10 15:28 status becomes solved by gone
    """
    played = agree("06-10 15:57", rules(3), rules(0, since="06-10 15:17"))
    assert verdicts(played, "next_reply")[-1] == ("06-09 22:16", "06-10 15:27", ClockState.MET)


@pytest.mark.parametrize("later", [0, 2])
def test_a_solve_settles_a_next_reply_whatever_policy_holds_by_then(
    agree: Agree, rules: Callable[..., Any], later: int
) -> None:
    """The policy changes between the question and the silent solve (seed 19626).

    06-09 08:00 customer opens priority=normal
    06-09 08:30 an replies
    06-09 09:00 customer replies
    06-09 15:00 status becomes solved
    06-10 10:00 an replies
    """
    played = agree("06-10 10:30", rules(0), rules(later, since="06-09 09:30"))
    assert verdicts(played, "next_reply") == [("06-09 09:00", "06-09 15:00", ClockState.BREACHED_CLOSED)]


def test_a_complaint_goes_to_who_solved_the_ticket_before_and_not_to_who_had_it_when_it_left_the_bin(
    agree: Agree,
) -> None:
    """Deleting and restoring solves nothing anew.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved by an
    06-09 11:00 status becomes deleted by chi
    06-09 12:00 status becomes solved by chi, assignee becomes binh by chi
    06-12 09:00 elsewhere returns tags=complaint
    """
    played = agree("06-20 10:00")
    assert played.line("complaints_attributed").agent == "an"


def test_a_complaint_about_another_ticket_is_as_grave_as_it_says_itself(agree: Agree) -> None:
    """An answers for it; severity, segment and priority are the complaint's, not those of the ticket she solved.

    06-09 09:00 customer opens assignee=an priority=low field:severity=S2 field:segment=gold
    06-09 10:00 an replies, status becomes solved by an
    06-12 09:00 elsewhere returns tags=complaint severity=S1
    """
    line = agree("06-20 10:00").line("complaints_attributed")
    assert (line.agent, line.severity, line.segment, line.stamp.priority) == ("an", "S1", None, None)


def test_a_complaint_about_another_ticket_is_graded_by_the_policies_of_its_own_instant(
    play: Agree, timelines: ModuleType
) -> None:
    """Every complaint is grave by the floor, which the solved ticket is not.

    06-09 09:00 customer opens assignee=an field:severity=S2
    06-09 10:00 an replies, status becomes solved by an
    06-12 09:00 elsewhere returns tags=complaint
    """
    floor = {"scale": ["S1", "S2"], "floor": {"severity": "S1", "when": {"all": [{"tag": ["complaint"]}]}}}
    policies = timelines.edition("policies", {**timelines.POLICIES[0], "severity": floor})
    played = play("06-20 10:00", policies)
    assert [played.line(key).severity for key in ("created", "complaints_attributed")] == ["S2", "S1"]


def test_a_goal_that_is_shortened_in_the_second_of_the_stop_breaks_nothing(
    agree: Agree, rules: Callable[..., Any]
) -> None:
    """The priority rises and the ticket is solved in one second, past the new goal (seed 3896, and 33 like it).

    06-09 08:00 customer opens status=open priority=low
    06-09 14:00 priority becomes high, status becomes solved by an
    """
    assert verdicts(agree("06-10 09:00", rules(0)), "resolution") == [("06-09 08:00", "06-09 14:00", ClockState.MET)]


def test_each_reopening_asks_the_rule_of_its_own_time_whether_the_clock_starts_anew(
    agree: Agree, rules: Callable[..., Any]
) -> None:
    """One reopening under a policy that starts nothing anew, one under a later policy that does (seed 5721).

    06-09 08:00 customer opens status=open field:topic=refund
    06-09 09:00 status becomes solved by an
    06-09 10:00 status becomes open by customer
    06-09 11:00 status becomes solved by an
    06-09 14:00 status becomes open by customer
    """
    played = agree("06-09 14:30", rules(5), rules(0, since="06-09 12:00"))
    assert [(started, state) for started, _, state in verdicts(played, "resolution")] == [
        ("06-09 08:00", ClockState.MET),
        ("06-09 14:00", ClockState.RUNNING),
    ]


def test_what_fields_mean_changes_the_policy_after_all_that_happened_in_that_second(
    agree: Agree, rules: Callable[..., Any], timelines: ModuleType
) -> None:
    """The topic loses its meaning in the second of the solve, or of the first question (seeds 16131 and 14236).

    06-09 08:00 an opens publicly status=new field:topic=refund
    06-09 09:00 customer replies
    06-09 09:00 assignee becomes gone automatically, status becomes solved by robot
    """
    meaningless = {**timelines.MEANINGS, "fields": {}}
    change = timelines.edition("meanings", meaningless, since=timelines.moment("06-09 09:00"))
    played = agree("06-09 10:00", rules(5), change)
    assert [(clock.clock, clock.policy, clock.goal) for clock in played.measurement.clocks] == [
        ("first_reply", "any", 3600),
        ("resolution", "any", 8 * 3600),
    ]
