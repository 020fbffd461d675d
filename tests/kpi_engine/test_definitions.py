"""The keys that are frozen, and what definitions D2, D7, D11, D12 and D24 say, each in one story."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import MEANS
from kpi_engine.periods import period_named
from kpi_engine.reduce import lines_in

Play = Callable[..., Any]

FROZEN = """
    created assigned solved backlog backlog_overlap first_reply next_reply response_time first_resolution
    full_resolution requester_wait agent_wait on_hold first_contact_resolution first_contact_resolution_gross one_touch
    reopen_rate satisfaction_rate satisfaction_mean survey_response_rate positive_feedback complaints complaint_rate
    net_promoter_score customer_effort quality_score handling_time overdue_count overdue_rate overdue_now goals_met
"""
"""Keys that stores, configurations and helpdesks' fields hold: none may ever be renamed."""

IN_BOTH_TIMES = """
    first_reply next_reply response_time first_resolution full_resolution requester_wait agent_wait on_hold
"""
ENDED = {"time_to_assign", "time_to_assign_calendar"}  # at the creation


def numerators(played: Any, key: str) -> list[int]:  # noqa: ANN401 -- a Played
    return [line.numerator for line in played.measurement.lines if line.indicator == key]


def test_the_keys_that_are_stored_are_those_they_have_always_been() -> None:
    assert set(INDICATORS) >= set(FROZEN.split())
    assert set(INDICATORS) >= {f"{key}_calendar" for key in IN_BOTH_TIMES.split()}


def test_d2_seconds_are_kept_so_that_the_parts_of_a_time_add_up_to_it(play: Play) -> None:
    """Every change lies near the end of a minute.

    06-09 09:00:59 customer opens assignee=an
    06-09 09:01:01 an replies, status becomes pending
    06-09 09:02:59 customer replies, status becomes open by customer
    06-09 09:04:01 status becomes hold by an
    06-09 09:04:59 status becomes open by an
    06-09 09:05:02 status becomes solved by an
    """
    played = play("06-09 10:00")
    assert numerators(played, "first_reply") == numerators(played, "first_reply_calendar") == [2]
    assert sum(numerators(played, "requester_wait")) == 2 + 62 + 58 + 3
    assert sum(numerators(played, "agent_wait")) == 118
    assert sum(numerators(played, "on_hold")) == 58
    assert numerators(played, "full_resolution") == [2 + 118 + 62 + 58 + 3]


def test_d7_only_a_persons_public_word_is_a_reply_and_several_in_a_row_are_one_turn(play: Play) -> None:
    """A robot, an automation and a private note come first; An answers in two messages, and Bình adds a third.

    06-09 09:00 customer opens assignee=an
    06-09 09:01 robot replies
    06-09 09:02 an replies automatically
    06-09 09:03 an notes
    06-09 09:10 an replies
    06-09 09:11 an replies
    06-09 09:12 binh replies
    06-09 09:20 customer replies
    06-09 09:25 an replies
    """
    played = play("06-09 10:00")
    assert numerators(played, "first_reply") == [600]
    assert len(numerators(played, "public_replies")) == 4
    assert len(numerators(played, "reply_turns")) == 2


def test_d11_a_closing_by_the_platform_is_neither_a_solve_nor_anybodys_work(play: Play) -> None:
    """Solved by An, and closed four days later.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved by an
    06-13 10:00 status becomes closed automatically
    """
    before, after = play("06-13 09:59"), play("06-20 09:00")
    for key in ("solved", "solve_events", "tickets_touched", "full_resolution_calendar", "reopens"):
        assert numerators(after, key) == numerators(before, key), key
    assert numerators(after, "full_resolution_calendar") == [3600]


def test_d12_reopenings_are_counted_one_by_one_and_the_rate_by_ticket(play: Play) -> None:
    """Reopened twice, the second time still open; a solve that is told twice in a row reopens nothing.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved by an
    06-09 10:05 status becomes closed by an
    06-09 11:00 status becomes open by customer
    06-09 12:00 an replies, status becomes solved by an
    06-09 13:00 status becomes open by customer
    """
    assert numerators(play("06-09 10:30"), "reopens") == []
    assert numerators(play("06-09 11:30"), "reopens") == [1]
    played = play("06-09 14:00")
    assert numerators(played, "reopens") == [1, 1]
    assert sum(numerators(played, "reopen_rate")) == 1


def test_d24_what_still_runs_enters_no_mean_and_is_overdue_now(play: Play, timelines: ModuleType) -> None:
    """Nobody answers within the hour that is promised.

    06-09 09:00 customer opens assignee=an
    """
    promise = timelines.edition("policies", timelines.policy(timelines.first_reply("1h")))
    for as_of, breached, late in (("06-09 09:30", None, 0), ("06-09 11:00", "06-09 10:00", 1)):
        played = play(as_of, promise)
        known = {line.indicator for line in played.measurement.lines}
        assert {key for key in known if INDICATORS[key].reduction in MEANS} == ENDED
        assert played.breached("first_reply") == breached
        day, instant = period_named("2025-06-09", timelines.VIETNAM), timelines.moment(as_of)
        found = lines_in(INDICATORS["overdue_now"], [played.measurement], day, instant, played.rulebook)
        assert len(list(found)) == late
