from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.reconcile import Cause, Comparison, reconciler
from kpi_engine.records import MetricSet

Play = Callable[..., Any]
METRICS = {
    "reply_time.business": "first_reply",
    "full_resolution_time.business": "full_resolution",
    "requester_wait_time.calendar": "requester_wait_calendar",
    "reopens": "reopens",
    "nobody_measures": "no_such_indicator",
}
STATUSES = {word: word for word in ("new", "open", "pending", "hold", "solved", "closed", "deleted")}


@pytest.fixture
def compare(play: Play) -> Callable[..., dict[str, Comparison]]:
    """Play the timeline of the test and compare it with figures of the helpdesk, by their names."""

    def compared(as_of: str, minutes: dict[str, int | None], *rules: object, **more: Any) -> dict[str, Comparison]:  # noqa: ANN401 -- counts, version, change
        played = play(as_of, *rules, change=more.pop("change", None))
        theirs = MetricSet(
            ticket_id="1",
            version=more.pop("version", played.measurement.as_of),
            minutes=minutes,
            counts=more.pop("counts", {"reopens": 0}),
            instants={},
        )
        stations = {name: name for name in theirs.counts if name.endswith("_stations")}
        comparing = reconciler(played.rulebook, played.measurement.as_of, {**METRICS, **stations}, STATUSES)
        return {each.metric: each for each in comparing.comparisons(played.history, theirs)}

    return compared


def causes(found: dict[str, Comparison]) -> dict[str, Cause]:
    return {metric: each.cause for metric, each in found.items()}


def test_figures_that_agree_to_the_minute_agree(compare: Callable[..., dict[str, Comparison]]) -> None:
    """An everyday ticket.

    06-09 09:00 customer opens
    06-09 10:00:40 an replies, status becomes solved
    """
    theirs = {"reply_time.business": 60, "full_resolution_time.business": 61, "requester_wait_time.calendar": 60}
    found = compare("06-10 09:00", theirs)
    assert set(causes(found).values()) == {Cause.AGREES}
    assert found["reply_time.business"].ours == 3640
    assert found["reply_time.business"].theirs == 3600
    assert set(found) == METRICS.keys() - {"nobody_measures"}


def test_a_difference_that_nothing_explains_says_so(compare: Callable[..., dict[str, Comparison]]) -> None:
    """Answered within the hour.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    """
    found = compare("06-10 09:00", {"reply_time.business": 58, "full_resolution_time.business": 60}, counts={})
    assert found["reply_time.business"].cause is Cause.UNEXPLAINED
    assert found["full_resolution_time.business"].cause is Cause.AGREES
    assert found["requester_wait_time.calendar"].cause is Cause.MISSING_THERE
    assert found["reopens"].cause is Cause.MISSING_THERE


def test_what_was_taken_before_or_after_our_instant_is_named(compare: Callable[..., dict[str, Comparison]]) -> None:
    """Solved twice.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    06-09 11:00 customer replies, status becomes open
    06-09 15:00 an replies, status becomes solved
    """
    older = compare("06-10 09:00", {"full_resolution_time.business": 60}, version=1)
    assert older["full_resolution_time.business"].cause is Cause.OLDER_THERE
    newer = compare("06-09 11:30", {"full_resolution_time.business": 270}, version=2_000_000_000)
    assert newer["full_resolution_time.business"].cause is Cause.NEWER_THERE


def test_an_excluded_ticket_is_named_with_its_reason(
    compare: Callable[..., dict[str, Comparison]], timelines: ModuleType
) -> None:
    """A test of our own.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    """
    found = compare(
        "06-10 09:00",
        {"reply_time.business": 60},
        change=lambda whole: timelines.snapshot_of(whole, tags=("internal",)),
    )
    assert found["reply_time.business"] == Comparison(
        "1", "reply_time.business", "first_reply", None, 3600, Cause.EXCLUDED, "excluded_tag"
    )


def test_a_machine_whose_answer_they_count_is_the_cause(compare: Callable[..., dict[str, Comparison]]) -> None:
    """A robot answers first.

    06-09 09:00 customer opens
    06-09 09:05 robot replies
    06-09 10:00 an replies, status becomes solved
    """
    found = compare("06-10 09:00", {"reply_time.business": 5})
    assert found["reply_time.business"].cause is Cause.MACHINES


def test_a_calendar_that_changed_on_the_way_is_the_cause(
    compare: Callable[..., dict[str, Comparison]], timelines: ModuleType
) -> None:
    """Handed over to a desk that never closes.

    06-09 09:00 customer opens schedule=vn
    06-09 19:00 schedule becomes always
    06-09 20:00 an replies, status becomes solved
    """
    always = timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "always")
    found = compare("06-10 09:00", {"reply_time.business": 660, "full_resolution_time.business": 660}, always)
    assert found["reply_time.business"].cause is Cause.CALENDAR_SWITCH
    assert found["full_resolution_time.business"].cause is Cause.CALENDAR_SWITCH


def test_a_status_that_means_something_else_here_is_the_cause(
    compare: Callable[..., dict[str, Comparison]], timelines: ModuleType
) -> None:
    """Their "hold" is our "pending".

    06-09 09:00 customer opens
    06-09 09:30 status becomes hold
    06-09 10:30 status becomes open
    06-09 11:00 an replies, status becomes solved
    """
    body = {**timelines.MEANINGS, "statuses": {**STATUSES, "hold": "pending"}}
    found = compare("06-10 09:00", {"requester_wait_time.calendar": 120}, timelines.edition("meanings", body))
    assert found["requester_wait_time.calendar"].ours == 3600
    assert found["requester_wait_time.calendar"].cause is Cause.STATUS_MEANINGS


def test_what_we_leave_out_is_named_with_its_reason(compare: Callable[..., dict[str, Comparison]]) -> None:
    """Never answered.

    06-09 09:00 customer opens
    06-09 10:00 status becomes solved
    """
    found = compare("06-10 09:00", {"reply_time.business": 30})
    assert found["reply_time.business"].cause is Cause.MISSING_HERE
    assert found["reply_time.business"].detail is not None


def test_an_assumed_calendar_is_the_last_explanation(
    compare: Callable[..., dict[str, Comparison]], timelines: ModuleType
) -> None:
    """Nobody said which calendar it follows.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    """
    choice = {"by_group": {}, "by_brand": {}, "default": None, "assumed": "vn"}
    found = compare("06-10 09:00", {"reply_time.business": 17}, timelines.edition("calendar_choice", choice))
    assert found["reply_time.business"].cause is Cause.ASSUMED_CALENDAR


def test_the_rulebook_that_is_compared_stays_as_it_was(play: Play) -> None:
    """An everyday ticket.

    06-09 09:00 customer opens
    """
    played = play("06-10 09:00")
    before = replace(played.rulebook)
    reconciler(played.rulebook, played.measurement.as_of, METRICS, STATUSES)
    assert played.rulebook == before


def test_hands_that_came_after_the_solve_are_counted_there_alone(
    compare: Callable[..., dict[str, Comparison]],
) -> None:
    """Solved by An, then passed on to Bình and to another group.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:00 an replies, status becomes solved
    06-09 11:00 assignee becomes binh, group becomes 2
    """
    found = compare("06-10 09:00", {}, counts={"assignee_stations": 2, "group_stations": 3})
    assert found["assignee_stations"].cause is Cause.AFTER_SOLVE
    assert (found["assignee_stations"].ours, found["assignee_stations"].theirs) == (1, 2)
    assert found["group_stations"].cause is Cause.UNEXPLAINED
