"""The keys that are frozen, and what definitions D2, D7, D11, D12 and D24 say, each in one story."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.indicators import FAMILIES, INDICATORS
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


LIVED = """
    06-09 09:00 customer opens assignee=an priority=urgent tags=complaint+warranty
    06-09 09:30 an replies
    06-09 09:40 customer replies
    06-09 10:00 binh replies, assignee becomes binh
    06-09 10:10 status becomes pending by binh
    06-09 10:20 customer replies, status becomes open by customer
    06-09 10:30 status becomes solved by binh
    06-09 11:00 customer offered survey
    06-09 12:00 customer rated good
    06-09 13:00 customer replies, status becomes open by customer
    06-09 14:00 binh replies, status becomes solved by binh
"""
"""A ticket that says something in every family of figures of tickets."""

MERGED = """
    06-10 09:00 tags becomes complaint+warranty+closed_by_merge by an, status becomes closed by an
"""


def test_d13_a_ticket_that_is_merged_away_is_in_no_figure_of_any_family(timelines: ModuleType) -> None:
    """Whatever it said before: lines, what is left out, clocks, firings, holdings."""
    carriers = {name: {"field": None, "tag": name, "values": {}} for name in ("complaint", "warranty")}
    rules = [
        *timelines.USUAL,
        timelines.edition("policies", timelines.policy(timelines.first_reply({"urgent": "10m"}))),
        timelines.edition("meanings", {**timelines.MEANINGS, "fields": carriers}),
    ]
    as_of = timelines.moment("06-20 09:00")
    before, after = (
        timelines.played(timelines.history(story), rules, as_of).measurement for story in (LIVED, LIVED + MERGED)
    )
    said = {line.indicator for line in before.lines}
    families = {family.text for family, indicators in FAMILIES if any(each.key in said for each in indicators)}
    assert families >= {
        "Volume and workload", "Responsiveness", "Resolution", "Quality of resolution", "Overdue requests and goals",
        "The customer's voice",
    }  # fmt: skip
    assert {"created", "solved", "first_contact_resolution", "satisfaction_rate", "complaints"} <= said
    assert before.clocks
    assert before.firings
    assert before.holdings
    assert after.excluded is not None
    assert after.excluded.code == "merged"
    assert [*after.lines, *after.omissions, *after.clocks, *after.firings, *after.holdings] == []
    month, rulebook = period_named("2025-06", "Asia/Ho_Chi_Minh"), compiled(rules)
    for indicator in INDICATORS.values():
        assert list(lines_in(indicator, [after], month, as_of, rulebook)) == []


def test_d13_what_the_customer_asked_there_is_the_targets_from_the_merge_on_and_not_before(play: Play) -> None:
    """The other ticket was opened at nine; it is merged in at noon, after this one was answered, and answered at one.

    06-09 08:30 customer opens assignee=an
    06-09 08:40 an replies
    06-09 12:00 elsewhere merges tags=closed_by_merge status=closed
    06-09 13:00 an replies
    06-09 13:30 status becomes solved by an
    """
    played = play("06-20 09:00")
    assert numerators(played, "created") == numerators(played, "solved") == [1]
    assert numerators(played, "next_reply_calendar") == [3600]
    assert numerators(played, "first_contact_resolution") == [0], "it took two turns"
    assert numerators(played, "reply_turns") == [1, 1]


def test_d16_a_follow_up_to_a_closed_ticket_is_a_repeat_contact_of_the_same_matter(play: Play) -> None:
    """Solved, closed by the platform, and answered by the customer, which makes a ticket of its own.

    06-09 09:00 customer opens assignee=an
    06-09 09:10 an replies, status becomes solved by an
    06-12 09:00 status becomes closed automatically
    06-13 09:00 elsewhere returns channel=email
    """
    played = play("06-20 09:00")
    assert numerators(played, "first_contact_resolution") == [0]
    assert numerators(played, "first_contact_resolution_gross") == [0]
    assert numerators(played, "reopen_rate") == [0], "it is not reopened"
    assert numerators(played, "one_touch") == [1], "which asks about this ticket alone"


@pytest.mark.parametrize(
    ("link", "first"),
    [
        ({"follows": "1"}, 0),
        ({"follows": "2"}, 1),
        ({"follows": "1", "submitter_id": "an"}, 1),
        ({"follows": "1", "submitter_id": "an", "channel": "phone"}, 0),
        ({"submitter_id": "an"}, 1),
        ({"follows": "1", "tags": ("internal",)}, 1),
    ],
)
def test_d16_what_the_helpdesk_says_follows_it_up_is_the_customers_return_whatever_its_topic(
    play: Play, link: dict[str, object], first: int
) -> None:
    """Solved and closed; then there is a ticket about something else.

    06-09 09:00 customer opens assignee=an field:topic=refund
    06-09 09:10 an replies, status becomes solved by an
    06-12 09:00 status becomes closed automatically
    06-13 09:00 elsewhere returns topic=delay
    """

    def linked(history: Any) -> Any:  # noqa: ANN401 -- a History
        returned = history.derived[0]
        return replace(history, derived=(replace(returned, cause=replace(returned.cause, **link)),))

    played = play("06-20 09:00", change=linked)
    assert numerators(played, "first_contact_resolution") == [first]
    assert numerators(played, "first_contact_resolution_gross") == [first]
    assert numerators(played, "repeat_contact_rate") == [1 - first]


def test_d16_a_follow_up_after_the_window_is_a_new_matter(play: Play) -> None:
    """Eight days after the solve.

    06-02 09:00 customer opens assignee=an
    06-02 09:10 an replies, status becomes solved by an
    06-06 09:00 status becomes closed automatically
    06-10 09:11 elsewhere returns channel=email
    """
    assert numerators(play("06-20 09:00"), "first_contact_resolution") == [1]
