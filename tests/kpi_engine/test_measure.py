from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.live import live_fields
from kpi_engine.measurement import ClockState

Play = Callable[..., Any]
NO_FIELDS = {
    "due_at": None,
    "overdue": False,
    "overdue_clock": None,
    "escalation_level": None,
    "first_reply_minutes": None,
    "resolution_minutes": None,
}


@pytest.fixture(scope="module")
def care(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    t = timelines
    clocks = (t.first_reply("2h", warn=["75%"]), t.resolution("8h", rearm="on_reopen"))
    return t.edition("policies", t.policy(*clocks, escalations=[t.escalating("first_reply", (1, "30m"))]))


# --- What counts nowhere ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "deleted"}, "it was deleted"),
        ({"tags": ("vip", "closed_by_merge")}, "it was merged into another ticket"),
        ({"tags": ("internal",)}, "its tag internal is excluded"),
        ({"tags": ("helpdesk-kpi",)}, "its tag helpdesk-kpi is excluded"),
        ({"form_id": "77"}, "its form 77 is excluded"),
        ({"ai_agent": True}, "only an AI agent worked on it"),
    ],
)
def test_an_excluded_ticket_counts_nowhere_and_says_why(
    play: Play, timelines: ModuleType, care: object, changes: dict[str, object], reason: str
) -> None:
    """Late, answered and solved, but excluded.

    06-09 09:00 customer opens
    06-09 15:00 an replies, status becomes solved
    """
    played = play("06-10 09:00", care, change=lambda whole: timelines.snapshot_of(whole, **changes))
    assert str(played.measurement.excluded.reason) == reason
    assert live_fields(played.measurement) == NO_FIELDS
    empty = ("lines", "clocks", "firings", "holdings", "wake_at")
    assert not any(getattr(played.measurement, name) for name in empty)


def test_other_tags_and_forms_exclude_nothing(play: Play, timelines: ModuleType) -> None:
    """An everyday ticket.

    06-09 09:00 customer opens
    """
    played = play("06-10 09:00", change=lambda whole: timelines.snapshot_of(whole, tags=("vip",), form_id="1"))
    assert played.measurement.excluded is None


def test_our_own_summary_is_no_evidence(play: Play) -> None:
    """A ticket that we wrote.

    06-09 09:00 customer opens
    """
    played = play("06-10 09:00", change=lambda whole: replace(whole, own=True))
    assert str(played.measurement.excluded.reason) == "it is a summary or an announcement written by helpdesk-kpi"


def test_a_ticket_opened_after_the_instant_the_data_is_complete_to_waits_for_its_time(play: Play) -> None:
    """Pulled early.

    06-09 09:00 customer opens
    """
    early = play("06-09 08:59:59")
    assert str(early.measurement.excluded.reason) == "it was opened after the instant the data is complete to"
    assert early.wake == "06-09 08:59:59"
    assert play("06-09 09:00").measurement.excluded is None


# --- Only what happened up to as_of -------------------------------------------------------------------------------


def test_what_happened_after_as_of_is_ignored_until_then(play: Play, timelines: ModuleType, care: object) -> None:
    """A reply, a solve and a rating that are known before the data is complete to them.

    06-09 09:00 customer opens
    06-09 10:00 an replies
    06-09 11:00 status becomes solved
    06-09 12:00 customer rated good
    """
    before = play("06-09 09:59:59", care)
    assert {line.at for line in before.measurement.lines} == {timelines.moment("06-09 09:00")}
    assert before.wake == "06-09 09:59:59"
    assert play("06-09 10:00", care).line("first_reply") is not None
    assert play("06-09 10:59", care).wake == "06-09 10:59:59"
    assert play("06-09 11:59:59", care).wake == "06-09 11:59:59"
    assert play("06-09 12:00", care).line("satisfaction_rate") is not None
    assert play("06-09 12:00", care).wake == "06-16 09:00"  # the windows in which the customer may return
    assert play("06-17 12:00", care).wake is None


def test_a_later_change_tells_what_was_there_before_it(play: Play, timelines: ModuleType) -> None:
    """The creation did not say who had the ticket; the snapshot shows what it became after as_of.

    06-09 09:00 customer opens silently
    06-11 09:00 assignee becomes an
    06-12 09:00 assignee becomes binh
    """
    known_from = timelines.moment("06-12 00:00")
    played = play("06-10 09:00", change=lambda whole: timelines.cut(whole, known_from))
    assert played.held() == [("an", None, "new", "06-09 09:00", None)]


def test_what_never_changed_is_as_the_snapshot_shows_it(play: Play, timelines: ModuleType) -> None:
    """Nothing was heard of the creation.

    06-01 09:00 customer opens assignee=an group=1 priority=high status=open
    """
    played = play("06-10 09:00", change=lambda whole: timelines.cut(whole, timelines.moment("06-05 00:00")))
    assert played.held() == [("an", "group:1", "open", "06-01 09:00", None)]
    assert played.line("created").priority == "high"


def test_what_the_creation_did_not_say_was_empty(play: Play, timelines: ModuleType) -> None:
    """The snapshot shows a priority that was never said.

    06-09 09:00 customer opens
    """
    played = play("06-10 09:00", change=lambda whole: timelines.snapshot_of(whole, priority="high", assignee_id="an"))
    assert played.line("created").priority is None
    assert played.held() == [(None, None, "new", "06-09 09:00", None)]


# --- wake_at ------------------------------------------------------------------------------------------------------


def test_nothing_changes_up_to_wake_at_and_something_does_right_after(
    play: Play, timelines: ModuleType, care: object
) -> None:
    """Nobody answers: a warning, a breach, an escalation, the resolution's breach, a week without another ticket.

    06-09 09:00 customer opens
    """
    woken, as_of = [], "06-09 09:00"
    while (wake := play(as_of, care).measurement.wake_at) is not None:
        now, then = play(as_of, care), play(timelines.told(wake), care)
        assert timelines.same_answers(now.measurement) == timelines.same_answers(then.measurement)
        assert then.measurement.wake_at == wake
        woken.append(now.told(wake))
        as_of = timelines.told(wake + 1)
        assert timelines.same_answers(play(as_of, care).measurement) != timelines.same_answers(then.measurement)
    assert woken == ["06-09 10:30", "06-09 11:00", "06-09 11:30", "06-10 09:00", "06-16 09:00"]


def test_a_finished_ticket_sleeps(play: Play, timelines: ModuleType, care: object) -> None:
    """Answered and solved; a later policy does not matter to it.

    06-09 09:00 customer opens
    06-09 10:00 an replies, status becomes solved
    """
    later = timelines.edition("policies", timelines.policy(), since=timelines.moment("06-20 00:00"))
    assert play("06-16 09:00", care, later).wake == "06-16 09:00"  # to the last instant of its windows
    assert play("06-16 09:00:01", care, later).wake == "06-16 10:00"
    assert play("06-16 10:00:01", care, later).wake is None


def test_a_paused_ticket_wakes_for_a_rule_that_is_already_agreed_on(play: Play, timelines: ModuleType) -> None:
    """From June 20 on pending counts too.

    06-09 09:00 customer opens
    06-09 10:00 status becomes pending
    """
    t = timelines
    now = t.edition("policies", t.policy(t.resolution("8h")))
    then = t.edition("policies", t.policy(t.resolution("8h", pause_in=[])), since=t.moment("06-20 08:00"))
    assert play("06-11 09:00", now, then).wake == "06-16 09:00"
    assert play("06-17 09:00", now, then).wake == "06-20 07:59:59"
    assert play("06-20 07:59:59", now, then).wake == "06-20 07:59:59"
    assert play("06-20 08:00", now, then).wake == "06-20 16:30"
    assert play("06-20 09:00", now, then).clock("resolution").state is ClockState.RUNNING
    assert play("06-20 09:00", now, then).due("resolution") == "06-20 16:30"


# --- The live fields ----------------------------------------------------------------------------------------------


def test_due_at_is_the_earliest_due_time_of_the_running_clocks(play: Play, care: object) -> None:
    """Answered after an hour, pending after two, solved on the next day, reopened.

    06-09 09:00:30 customer opens
    06-09 10:00 an replies
    06-09 11:00 status becomes pending
    06-10 09:00 status becomes solved
    06-10 10:00 status becomes open
    """

    def shown(as_of: str) -> tuple[str | None, object]:
        played = play(as_of, care)
        live = live_fields(played.measurement)
        return played.told(live["due_at"]), live["overdue"]

    assert shown("06-09 09:30") == ("06-09 11:00", False)  # cut to the whole minute
    assert shown("06-09 10:30") == ("06-10 09:00", False)
    assert shown("06-09 12:00") == (None, False)
    assert shown("06-10 09:30") == (None, False)
    assert shown("06-10 10:30") == ("06-11 10:00", False)


def test_an_overdue_ticket_shows_its_clocks_and_its_highest_level_until_it_is_answered(
    play: Play, care: object
) -> None:
    """Late with the reply, then with the resolution too; pending; solved.

    06-09 09:00 customer opens
    06-10 10:00 an replies
    06-10 11:00 status becomes pending
    06-10 14:00 status becomes solved
    """

    def shown(as_of: str) -> tuple[object, ...]:
        live = live_fields(play(as_of, care).measurement)
        return tuple(live[key] for key in ("overdue", "overdue_clock", "escalation_level", "due_at"))

    due = play("06-09 09:00", care).clock("first_reply").due_at
    assert shown("06-09 11:00") == (False, None, None, due)
    assert shown("06-09 11:00:01") == (True, "first_reply", None, due)
    assert shown("06-09 12:00") == (True, "first_reply", 1, due)
    assert shown("06-10 09:30") == (True, "first_reply,resolution", 1, due)
    assert shown("06-10 10:30")[:3] == (True, "resolution", None)
    assert shown("06-10 12:00") == (True, "resolution", None, None)
    assert shown("06-10 15:00") == (False, None, None, None)


def test_the_final_minutes_are_rounded_half_up_and_a_reopening_clears_the_resolution(play: Play) -> None:
    """Answered after 59 minutes and 30 seconds, solved 29 seconds after the two hours.

    06-09 09:00 customer opens
    06-09 09:59:30 an replies
    06-09 11:00:29 status becomes solved
    06-09 14:00 status becomes open
    """
    solved, reopened = live_fields(play("06-09 12:00").measurement), live_fields(play("06-09 15:00").measurement)
    assert (solved["first_reply_minutes"], solved["resolution_minutes"]) == (60, 120)
    assert (reopened["first_reply_minutes"], reopened["resolution_minutes"]) == (60, None)
