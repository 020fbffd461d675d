from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

Play = Callable[..., Any]


def charged(played: Any, name: str = "first_reply") -> tuple[str | None, str | None]:  # noqa: ANN401 -- a Played
    clock = played.clock(name)
    return clock.agent, clock.team


@pytest.fixture(scope="module")
def two_hours(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    """120 minutes round the clock."""
    return timelines.edition("policies", timelines.policy(timelines.first_reply("120m", time="calendar")))


# --- Who answers for a breach -------------------------------------------------------------------------------------


def test_v10_who_held_a_clock_for_less_than_a_tenth_of_the_goal_is_not_charged(play: Play, two_hours: object) -> None:
    """An holds it for 110 of 120 minutes, then Bình.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:50 assignee becomes binh
    """
    assert charged(play("06-09 12:00", two_hours)) == ("an", "group:1")


def test_who_holds_a_tenth_of_the_goal_at_the_breach_is_charged(play: Play, two_hours: object) -> None:
    """Bình has had it for exactly 12 minutes when it is due.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:48 assignee becomes binh
    """
    assert charged(play("06-09 12:00", two_hours)) == ("binh", "group:1")


def test_a_hand_over_at_the_very_instant_of_the_breach_does_not_shift_the_charge(play: Play, two_hours: object) -> None:
    """Events at an instant precede timers: Bình is the holder, but for no time at all.

    06-09 09:00 customer opens assignee=an group=1
    06-09 11:00 assignee becomes binh
    """
    assert charged(play("06-09 12:00", two_hours)) == ("an", "group:1")


def test_where_nobody_had_it_for_half_of_the_goal_the_team_answers(play: Play, two_hours: object) -> None:
    """Three agents share it before Bình gets it, too late.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:50 assignee becomes chi
    06-09 10:40 assignee becomes nothing
    06-09 10:55 assignee becomes binh, group becomes 2
    """
    assert charged(play("06-09 12:00", two_hours)) == (None, "group:2")


def test_where_nobody_holds_it_at_the_breach_the_one_who_had_it_longest_answers(play: Play, two_hours: object) -> None:
    """An gives it back after exactly half of the goal.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:00 assignee becomes nothing
    """
    assert charged(play("06-09 12:00", two_hours)) == ("an", "group:1")


def test_a_ticket_nobody_took_is_charged_to_its_group_and_without_one_to_nobody(
    play: Play, timelines: ModuleType, two_hours: object
) -> None:
    """Left alone.

    06-09 09:00 customer opens group=1
    06-09 11:00:01 group becomes nothing
    """
    assert charged(play("06-09 12:00", two_hours)) == (None, "group:1")
    alone = timelines.history("06-09 09:00 customer opens")
    played = timelines.played(alone, [*timelines.USUAL, two_hours], timelines.moment("06-09 12:00"))
    assert charged(played) == (None, None)


def test_shares_are_measured_in_the_clocks_own_time(play: Play, timelines: ModuleType) -> None:
    """An holds it for an evening and a night, but only for ten minutes of business time.

    06-09 17:20 customer opens assignee=an group=1
    06-10 08:00 assignee becomes binh
    """
    business = timelines.edition("policies", timelines.policy(timelines.first_reply("2h")))
    assert charged(play("06-10 10:00", business)) == ("binh", "group:1")


def test_a_pause_gives_no_share(play: Play, timelines: ModuleType) -> None:
    """An has it while it waits for the customer, Bình for 30 minutes before and the last 6 after.

    06-09 09:00 customer opens assignee=chi group=1
    06-09 09:54 assignee becomes an, status becomes pending
    06-09 11:00 assignee becomes binh, status becomes open
    """
    hour = timelines.edition("policies", timelines.policy(timelines.resolution("60m", time="calendar")))
    played = play("06-09 12:00", hour)
    assert played.breached("resolution") == "06-09 11:06"
    assert charged(played, "resolution") == ("binh", "group:1")


def test_time_after_the_breach_gives_no_share(play: Play, two_hours: object) -> None:
    """Bình works on it for days, after An let it become late.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:50 assignee becomes binh
    06-12 09:00 binh replies
    """
    assert charged(play("06-13 09:00", two_hours)) == ("an", "group:1")


def test_the_team_of_a_charge_is_the_configured_one_at_the_breach(
    play: Play, timelines: ModuleType, two_hours: object
) -> None:
    """An moves to the south team an hour after the breach.

    06-09 09:00 customer opens assignee=an group=1
    """
    north = timelines.edition("organization", {"team_of": {"an": "north"}})
    south = timelines.edition("organization", {"team_of": {"an": "south"}}, since=timelines.moment("06-09 12:00"))
    played = play("06-09 13:00", two_hours, north, south)
    assert charged(played) == ("an", "north")
    assert played.held() == [
        ("an", "north", "new", "06-09 09:00", "06-09 12:00"),
        ("an", "south", "new", "06-09 12:00", None),
    ]


def test_a_warning_concerns_the_holder_and_an_escalation_who_answers_for_the_breach(
    play: Play, timelines: ModuleType
) -> None:
    """An holds it when it is warned about and when it is late; Bình when it is escalated.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:50 assignee becomes chi
    06-09 10:05 assignee becomes binh
    """
    t = timelines
    rule = t.policy(t.first_reply("1h", warn=["75%"]), escalations=[t.escalating("first_reply", (1, "10m"))])
    firings = play("06-09 12:00", t.edition("policies", rule)).measurement.firings
    assert [(firing.step, firing.agent) for firing in firings] == [
        ("warn:75%", "an"),
        ("breach", "chi"),
        ("escalation:1", "chi"),
    ]


# --- Holdings -----------------------------------------------------------------------------------------------------


def test_holdings_tell_who_had_the_unsolved_ticket_in_which_status(play: Play) -> None:
    """Passed on, solved and reopened.

    06-09 09:00 customer opens group=1
    06-09 09:30 assignee becomes an, status becomes open
    06-09 10:00 an replies
    06-09 11:00 status becomes solved
    06-10 09:00 status becomes open, assignee becomes binh
    """
    assert play("06-10 10:00").held() == [
        (None, "group:1", "new", "06-09 09:00", "06-09 09:30"),
        ("an", "group:1", "open", "06-09 09:30", "06-09 11:00"),
        ("binh", "group:1", "open", "06-10 09:00", None),
    ]


def test_a_solved_or_deleted_ticket_is_held_by_nobody(play: Play) -> None:
    """Solved, then deleted and restored as open.

    06-09 09:00 customer opens
    06-09 11:00 status becomes solved
    06-10 09:00 status becomes deleted
    06-11 09:00 status becomes open
    """
    assert play("06-12 09:00").held() == [
        (None, None, "new", "06-09 09:00", "06-09 11:00"),
        (None, None, "open", "06-11 09:00", None),
    ]


def told(played: Any, name: str) -> list[tuple[str | None, object]]:  # noqa: ANN401 -- a Played
    """Return what the holdings say of one thing, from when on."""
    said: list[tuple[str | None, object]] = []
    for holding in played.measurement.holdings:
        value = getattr(holding, name)
        if not said or said[-1][1] != value:
            said.append((played.told(holding.start), value))
    return said


def test_holdings_tell_everything_that_is_asked_of_an_instant(play: Play, timelines: ModuleType) -> None:
    """A ticket with a life: it moves, is answered, and somebody else asks.

    06-09 09:00 customer opens priority=low field:segment=silver
    06-09 10:00 priority becomes high by robot
    06-09 11:00 field:segment becomes gold by binh
    06-09 12:00 requester becomes friend automatically
    06-09 13:00 schedule becomes night automatically
    06-09 14:00 an replies
    06-09 15:00 friend writes
    06-09 16:00 friend writes
    06-09 17:00 an notes
    """
    night = timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "night")
    played = play("06-09 18:00", night)
    at = timelines.moment
    assert told(played, "priority") == [("06-09 09:00", "low"), ("06-09 10:00", "high")]
    assert told(played, "segment") == [("06-09 09:00", "silver"), ("06-09 11:00", "gold")]
    assert told(played, "requester") == [("06-09 09:00", "customer"), ("06-09 12:00", "friend")]
    assert told(played, "calendar") == [("06-09 09:00", "vn"), ("06-09 13:00", "night")]
    assert told(played, "answered") == [("06-09 09:00", False), ("06-09 14:00", True)]
    assert told(played, "owed_since") == [
        ("06-09 09:00", at("06-09 09:00")),
        ("06-09 14:00", None),
        ("06-09 15:00", at("06-09 15:00")),
    ]
    assert told(played, "touched_at") == [
        ("06-09 09:00", None),
        ("06-09 11:00", at("06-09 11:00")),
        ("06-09 14:00", at("06-09 14:00")),
        ("06-09 17:00", at("06-09 17:00")),
    ]
    assert {(h.channel, h.opened_at) for h in played.measurement.holdings} == {("web", at("06-09 09:00"))}


def test_a_holding_goes_on_where_nothing_in_it_changes(play: Play) -> None:
    """Two messages of the customer, one of a machine.

    06-09 09:00 customer opens
    06-09 10:00 customer writes
    06-09 11:00 status becomes new by robot
    """
    assert len(play("06-09 12:00").measurement.holdings) == 1


def test_holdings_tell_since_when_a_clock_is_over_its_goal(play: Play, timelines: ModuleType) -> None:
    """The resolution breaches first, the first reply later; it is answered, solved, reopened and solved.

    06-09 09:00 customer opens
    06-09 12:00 an replies
    06-09 13:00 status becomes solved
    06-09 14:00 status becomes open
    """
    t = timelines
    rules = t.policy(t.first_reply("2h", time="calendar"), t.resolution("1h", time="calendar"))
    played = play("06-09 15:00", t.edition("policies", rules))
    assert told(played, "overdue_since") == [
        ("06-09 09:00", None),
        ("06-09 10:00", t.moment("06-09 10:00")),
        ("06-09 14:00", None),
    ]
    assert [t.told(holding.start) for holding in played.measurement.holdings] == [
        "06-09 09:00",
        "06-09 10:00",
        "06-09 12:00",
        "06-09 14:00",
    ]


def test_the_next_clock_over_its_goal_counts_once_the_first_one_ended(play: Play, timelines: ModuleType) -> None:
    """The first reply is late at 10:00, the resolution at 11:00; answered at noon.

    06-09 09:00 customer opens
    06-09 12:00 an replies
    """
    t = timelines
    rules = t.policy(t.first_reply("1h", time="calendar"), t.resolution("2h", time="calendar"))
    assert told(play("06-09 15:00", t.edition("policies", rules)), "overdue_since") == [
        ("06-09 09:00", None),
        ("06-09 10:00", t.moment("06-09 10:00")),
        ("06-09 12:00", t.moment("06-09 11:00")),
    ]
