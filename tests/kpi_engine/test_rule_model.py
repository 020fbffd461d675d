"""The rule model beyond the five usual clocks: days, conditions, calendars, starts, severities, escalations."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any, TypeAlias

import pytest

from kpi_engine.calendars import ALWAYS, Calendar, CalendarDefinition
from kpi_engine.compiling import compiled
from kpi_engine.conditions import NO, YES
from kpi_engine.escalating import Escalation, parse_escalations
from kpi_engine.measurement import ClockState
from kpi_engine.recipients import Asked, Recipient, reached, recipients, tier
from kpi_engine.rules import parse_policies
from kpi_engine.severity import parse_severity
from kpi_engine.touching import touches

Play: TypeAlias = Callable[..., Any]


def rules(timelines: ModuleType, *clocks: object, **more: Any) -> object:  # noqa: ANN401 -- parts of a document
    """Return an edition of one policy for everything."""
    escalations, severity = more.pop("escalations", ()), more.pop("severity", {})
    document = timelines.several(timelines.meant({}, *clocks, **more), escalations=escalations)
    return timelines.edition("policies", document | ({"severity": severity} if severity else {}))


def runs(played: Any, name: str) -> list[tuple[object, ...]]:  # noqa: ANN401 -- a Played
    """Return (began, ended, state) of every run of a clock."""
    told = played.told
    return [(told(each.started_at), told(each.stopped_at), each.state.value) for each in played.clocks(name)]


# --- Working days -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "end_of_day", "opened", "due"),
    [
        ("1wd", False, "06-06 16:45", "06-07 12:00"),  # Saturday closes at noon: the end of its last hours
        ("1wd", True, "06-06 16:45", "06-07 12:00"),
        ("2wd", False, "06-06 16:45", "06-09 16:45"),
        ("2wd", True, "06-06 09:00", "06-09 17:30"),
        ("0wd", True, "06-06 09:00", "06-06 17:30"),
        ("0wd", True, "06-06 20:00", "06-07 12:00"),
        ("2h", True, "06-06 16:45", "06-07 12:00"),
        ("1wd", False, "06-08 10:00", "06-09 17:30"),  # Sunday: the whole of Monday
    ],
)
def test_glpis_goals_in_working_days_and_to_the_end_of_the_day(
    timelines: ModuleType,
    goal: str,
    end_of_day: bool,  # noqa: FBT001 -- a column
    opened: str,
    due: str,
) -> None:
    at = timelines.moment(opened)
    opening = timelines.history(f"{opened} customer opens")
    said = rules(timelines, timelines.first_reply(goal, end_of_day=end_of_day))
    played = timelines.played(opening, [*timelines.USUAL, said], at + 1)
    assert played.due("first_reply") == due


def test_a_pause_moves_the_end_of_the_day_on_to_a_later_day(play: Play, timelines: ModuleType) -> None:
    """Due by the end of Monday, but it waited for the customer until Tuesday.

    06-09 09:00 customer opens
    06-09 10:00 status becomes pending
    06-10 16:30 status becomes open
    06-10 17:00 priority becomes low
    """
    said = rules(timelines, timelines.resolution({"any": "2h"}, end_of_day=True))
    assert play("06-09 09:30", said).due("resolution") == "06-09 17:30"
    assert play("06-09 12:00", said).clock("resolution").state is ClockState.PAUSED
    assert play("06-10 16:40", said).due("resolution") == "06-10 17:30"
    assert play("06-10 17:10", said).due("resolution") == "06-10 17:30"
    assert play("06-10 18:00", said).breached("resolution") == "06-10 17:30"


def test_a_frozen_goal_reaches_to_the_end_of_the_day_it_is_due_on_as_well(play: Play, timelines: ModuleType) -> None:
    """The raised priority changes nothing.

    06-09 09:00 customer opens
    06-09 09:10 status becomes pending
    06-10 09:00 status becomes open, priority becomes urgent
    """
    goals = {"urgent": "1h", "any": "1wd"}
    said = rules(timelines, timelines.resolution(goals, end_of_day=True, on_change="freeze"))
    assert play("06-10 09:10", said).due("resolution") == "06-11 17:30"


def test_working_days_of_a_calendar_that_closes_for_good_are_never_over(timelines: ModuleType) -> None:
    t = timelines
    once = {"2025-06-09": [[480, 720]]}
    shut = t.edition("calendar", t.calendar(t.VIETNAM, [[]] * 7, overrides=once), "vn")
    said = rules(t, t.first_reply("2wd", end_of_day=True))
    opening = t.history("06-09 09:00 customer opens")
    played = t.played(opening, [*t.USUAL, shut, said], t.moment("06-10 09:00"))
    clock = played.clock("first_reply")
    assert (clock.state, clock.due_at) == (ClockState.RUNNING, None)
    late = t.played(t.history("06-10 09:00 customer opens"), [*t.USUAL, shut, said], t.moment("06-10 09:10"))
    assert late.clock("first_reply").due_at is None


def test_days_of_a_calendar_that_ends_a_shift_after_midnight(timelines: ModuleType) -> None:
    nights = Calendar(CalendarDefinition.from_document("nights", timelines.BERLIN_NIGHTS))
    told = lambda at: timelines.told(at, "Europe/Berlin")  # noqa: E731 -- once
    in_the_small_hours = timelines.moment("06-10 02:00", "Europe/Berlin")
    assert told(nights.end_of_day(in_the_small_hours)) == "06-10 06:00"
    assert told(nights.days_later(in_the_small_hours, 1)) == "06-11 02:00"
    closed = Calendar(CalendarDefinition.from_document("shut", timelines.calendar("UTC", [[]] * 7)))
    assert (closed.end_of_day(0), closed.days_later(0, 1)) == (None, None)
    assert (ALWAYS.end_of_day(5), ALWAYS.days_later(5, 2)) == (5, 5 + 2 * 86_400)


def test_holidays_are_no_working_days(timelines: ModuleType) -> None:
    calendar = Calendar(CalendarDefinition.from_document("holidays", timelines.HOLIDAYS))
    wednesday = timelines.moment("04-29 09:00")
    # 30 April is one, 1 May has an hour of its own
    assert timelines.told(calendar.end_of_day(calendar.days_later(wednesday, 1) or 0)) == "05-01 09:00"


# --- What a ticket must be ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "opened", "fits"),
    [
        ({"type": ["incident"]}, "type=incident", True),
        ({"type": ["incident"]}, "type=question", False),
        ({"type": ["incident"]}, "", False),
        ({"organization": ["9", "10"]}, "organization=10", True),
        ({"status": ["new", "open"]}, "", True),
        ({"status": ["hold"]}, "custom_status=71", True),
        ({"complaint": True}, "tags=complaint", True),
        ({"complaint": False}, "", True),
        ({"warranty": True}, "field:warranty=no", False),
        ({"warranty": True}, "field:warranty=yes", True),
        ({"field": {"product": ["phone", "tablet"]}}, "field:product=phone", True),
        ({"field": {"product": ["phone"], "topic": ["refund"]}}, "field:product=phone", False),
    ],
)
def test_conditions_over_type_organization_status_complaint_warranty_and_any_mapped_field(
    timelines: ModuleType,
    clause: dict[str, object],
    opened: str,
    fits: bool,  # noqa: FBT001 -- a column
) -> None:
    t = timelines
    carriers = {**t.CARRIERS, "product": {"field": "product", "tag": None, "values": {}}}
    meanings = t.edition("meanings", {**t.MEANINGS, "fields": carriers})
    said = t.edition("policies", t.several(t.meant({"all": [clause]}, t.first_reply("1h"))))
    played = t.played(
        t.history(f"06-09 09:00 customer opens {opened}"), [*t.USUAL, meanings, said], t.moment("06-09 09:10")
    )
    assert bool(played.clocks("first_reply")) is fits


def test_type_and_organization_that_never_changed_are_read_from_the_ticket(timelines: ModuleType) -> None:
    t = timelines
    said = t.edition(
        "policies", t.several(t.meant({"all": [{"type": ["incident"], "organization": ["9"]}]}, t.first_reply("1h")))
    )
    opening = t.snapshot_of(t.history("06-09 09:00 customer opens"), ticket_type="incident", organization_id="9")
    untold = replace(opening, events=tuple(each for each in opening.events if each.kind != "opened_with"))
    assert t.played(untold, [*t.USUAL, said], t.moment("06-09 09:10")).clocks("first_reply")


def test_a_clause_says_yes_or_no() -> None:
    policy = parse_policies(
        {"policies": [{"id": "a", "clocks": [], "when": {"all": [{"complaint": True, "warranty": False}]}}]}
    )
    assert policy.policies[0].when.all == ({"complaint": frozenset({YES}), "warranty": frozenset({NO})},)


# --- Which hours --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("schedule=york", "06-09 21:00"),  # 9:00 there is 20:00 here
        ("organization=9", "06-09 13:10"),
        ("group=7", "06-09 14:30"),
        ("brand=3", "06-09 14:30"),
        ("", "06-09 21:00"),
    ],
)
def test_a_policy_looks_for_a_calendar_in_one_place_after_another(timelines: ModuleType, opened: str, due: str) -> None:
    t = timelines
    choice = {"by_group": {"7": "vn"}, "by_brand": {"3": "vn"}, "by_organization": {"9": "always"}, "default": "vn"}
    places = {"first_of": ["ticket", "organization", "group", "brand", "nowhere", "york"]}
    editions = [
        *t.USUAL,
        t.edition("calendar_choice", choice),
        t.edition("calendar", t.ROUND_THE_CLOCK, "always"),
        t.edition("calendar", t.NEW_YORK, "york"),
        rules(t, t.first_reply("1h"), calendar=places),
    ]
    played = t.played(t.history(f"06-09 12:10 customer opens {opened}"), editions, t.moment("06-09 12:20"))
    assert played.due("first_reply") == due


def test_a_tickets_own_calendar_may_come_from_its_organization(timelines: ModuleType) -> None:
    """It is followed, so that a ticket moved to another customer goes by that one's hours from then on."""
    t = timelines
    choice = {"by_group": {}, "by_brand": {}, "by_organization": {"9": "always"}, "default": "vn"}
    editions = [
        *t.USUAL,
        t.edition("calendar_choice", choice),
        t.edition("calendar", t.ROUND_THE_CLOCK, "always"),
        rules(t, t.first_reply("1h"), calendar={"first_of": ["organization"]}),
    ]
    moved = t.history(
        "06-09 12:10 customer opens\n06-09 12:20 organization becomes 9\n06-09 12:30 organization becomes 8"
    )
    assert t.played(moved, editions, t.moment("06-09 12:15")).due("first_reply") == "06-09 14:30"
    assert t.played(moved, editions, t.moment("06-09 12:25")).due("first_reply") == "06-09 13:20"
    assert t.played(moved, editions, t.moment("06-09 12:35")).due("first_reply") == "06-09 14:20"


# --- What starts, stops and pauses --------------------------------------------------------------------------------


def test_r3_a_clock_that_starts_when_a_machine_hands_over(play: Play, timelines: ModuleType) -> None:
    """A bot takes the ticket, hands it over, takes it back and hands it over again.

    06-09 09:00:00 customer opens
    06-09 09:00:05 assignee becomes robot by robot
    06-09 09:00:20 assignee becomes nothing by robot
    06-09 09:00:30 assignee becomes robot by robot
    06-09 09:00:40 assignee becomes an by robot
    06-09 09:01:22 an replies
    06-09 09:02:00 assignee becomes robot by an
    06-09 09:03:00 assignee becomes an by robot
    """
    said = rules(timelines, timelines.first_reply("42s", start="handoff", time="calendar"))
    assert runs(play("06-09 10:00", said), "first_reply") == [
        ("06-09 09:00", "06-09 09:00:05", "void"),
        ("06-09 09:00:20", "06-09 09:00:30", "void"),
        ("06-09 09:00:40", "06-09 09:01:22", "met"),
    ]


def test_nobody_waits_for_people_while_a_machine_has_the_ticket(play: Play, timelines: ModuleType) -> None:
    """From the beginning.

    06-09 09:00 customer opens assignee=robot
    06-09 09:10 robot replies
    """
    said = rules(timelines, timelines.first_reply("42s", start="handoff", time="calendar"))
    assert play("06-09 10:00", said).clocks("first_reply") == []


CRITERIA = {"start": "criteria", "start_when": {"all": [{"tag": ["waiting"]}]}}


def test_a_clock_of_ones_own_starts_stops_and_pauses_by_conditions(play: Play, timelines: ModuleType) -> None:
    """A spare part is waited for, and the warehouse is closed for a while.

    06-09 08:00 customer opens
    06-09 09:00 tags becomes waiting
    06-09 10:00 tags becomes waiting+shut
    06-09 11:00 tags becomes waiting
    06-09 11:30 tags becomes arrived
    06-09 14:00 tags becomes waiting
    """
    more = {"stop_when": {"any": [{"tag": ["arrived"]}]}, "pause_when": {"all": [{"tag": ["shut"]}]}}
    clock = timelines.clock("spare_part", "2h", stop=["criteria"], rearm="on_criteria", **CRITERIA, **more)
    said = rules(timelines, clock)
    assert play("06-09 08:30", said).clocks("spare_part") == []
    assert play("06-09 10:30", said).clock("spare_part").state is ClockState.PAUSED
    assert play("06-09 11:10", said).due("spare_part") == "06-09 12:00"
    assert runs(play("06-09 14:30", said), "spare_part") == [
        ("06-09 09:00", "06-09 11:30", "met"),
        ("06-09 14:00", None, "running"),
    ]


def test_a_clock_whose_conditions_are_over_before_it_began_never_begins(play: Play, timelines: ModuleType) -> None:
    """In sequence: the second would begin at ten.

    06-09 09:00 customer opens tags=waiting
    06-09 09:10 an replies
    06-09 09:20 tags becomes nothing
    """
    clock = timelines.clock("contact", "1h", stop=["agent_public_reply"], rearm="sequential", **CRITERIA)
    said = rules(timelines, clock)
    assert runs(play("06-09 09:15", said), "contact")[1:] == [("06-09 10:00", None, "running")]
    assert runs(play("06-09 12:00", said), "contact") == [("06-09 09:00", "06-09 09:10", "met")]
    first = rules(timelines, timelines.clock("contact", "1h", stop=["solved"], **CRITERIA))
    short = timelines.history("06-09 09:00 customer opens tags=waiting, tags becomes nothing")
    assert timelines.played(short, [*timelines.USUAL, first], timelines.moment("06-09 09:01")).clocks("contact") == []


def test_salesforces_sequence_goes_on_from_where_the_last_would_have_been_due(
    play: Play, timelines: ModuleType
) -> None:
    """Kept waiting twice, then late, then solved before it began.

    06-09 08:00 customer opens
    06-09 08:10 an replies
    06-09 09:30 an replies, status becomes pending
    06-09 09:40 status becomes open
    06-09 11:30 an replies
    06-09 11:40 status becomes solved
    """
    clock = timelines.clock("contact", "1h", stop=["agent_public_reply"], rearm="sequential", pause_in=["pending"])
    assert runs(play("06-09 11:35", rules(timelines, clock)), "contact") == [
        ("06-09 08:00", "06-09 08:10", "met"),
        ("06-09 09:00", "06-09 09:30", "met"),
        ("06-09 10:00", "06-09 11:30", "breached_closed"),
        ("06-09 11:30", None, "running"),
    ]
    assert runs(play("06-09 12:00", rules(timelines, clock)), "contact")[-1] == ("06-09 11:30", "06-09 11:40", "void")


@pytest.mark.parametrize(
    ("becomes", "begun"),
    [("solved", [("06-09 09:30", "06-09 09:30", "void")]), ("pending", [("06-09 10:00", None, "paused")])],
)
def test_what_is_only_known_as_a_span_takes_nothing_back_from_a_run_that_had_not_begun(
    timelines: ModuleType, becomes: str, begun: list[tuple[str | None, ...]]
) -> None:
    """The second of a sequence would begin at ten; it was solved, or waits, since some time before half past nine."""
    t = timelines
    clock = t.clock("contact", "1h", stop=["agent_public_reply"], **CRITERIA, rearm="sequential", pause_in=["pending"])
    told = t.history(
        "06-09 09:00 customer opens tags=waiting\n06-09 09:10 an replies\n06-09 09:20 tags becomes waiting+more\n"
        f"06-09 09:30 status becomes {becomes}"
    )
    *before, last = told.events
    spanned = replace(last, event_id="difference:1", since=t.moment("06-09 09:25"))
    whole = replace(told, events=(*before, spanned))
    played = t.played(whole, [*t.USUAL, rules(t, clock)], t.moment("06-09 12:00"))
    assert runs(played, "contact")[1:] == begun


def test_a_solve_meets_nothing_of_a_sequence_that_has_not_begun(timelines: ModuleType) -> None:
    """It would begin at ten: solved before that, it is not owed; reopened, it is again, though not before ten."""
    t = timelines
    clock = t.clock("contact", "1h", stop=["any_agent_action", "solved"], rearm="sequential", time="calendar")
    told = "06-09 09:00 customer opens\n06-09 09:10 an notes\n06-09 09:30 status becomes solved"
    solved = t.played(t.history(told), [*t.USUAL, rules(t, clock)], t.moment("06-09 12:00"))
    assert runs(solved, "contact") == [("06-09 09:00", "06-09 09:10", "met")]
    reopened = t.history(f"{told}\n06-09 09:40 customer writes, status becomes open by customer")
    played = t.played(reopened, [*t.USUAL, rules(t, clock)], t.moment("06-09 10:30"))
    assert runs(played, "contact")[1:] == [("06-09 10:00", None, "running")]


def test_a_clock_of_ones_own_that_waits_for_people_goes_on_when_they_have_the_ticket_again(
    play: Play, timelines: ModuleType
) -> None:
    """A machine has it for a while, though it was answered before.

    06-09 09:00 customer opens assignee=an
    06-09 09:10 an replies
    06-09 09:20 assignee becomes robot
    06-09 09:30 assignee becomes an
    06-09 09:40 assignee becomes robot
    06-09 09:50 status becomes solved
    """
    clock = timelines.clock("people", "1h", start="handoff", stop=["solved"], rearm="on_reopen", time="calendar")
    assert runs(play("06-09 09:35", rules(timelines, clock)), "people") == [
        ("06-09 09:00", "06-09 09:20", "void"),
        ("06-09 09:30", None, "running"),
    ]
    assert [state for _, _, state in runs(play("06-09 10:00", rules(timelines, clock)), "people")] == ["void", "void"]


def test_each_message_begins_a_clock_of_ones_own_anew_though_the_first_reply_is_still_owed(
    play: Play, timelines: ModuleType
) -> None:
    """Something was done, and nobody replied.

    06-09 09:00 customer opens
    06-09 09:10 an notes
    06-09 09:20 customer writes
    """
    more = {"start": "customer_message", "stop": ["any_agent_action"], "rearm": "on_customer_message"}
    clock = timelines.clock("seen_to", "1h", **more)
    assert [began for began, _, _ in runs(play("06-09 09:30", rules(timelines, clock)), "seen_to")] == [
        "06-09 09:00",
        "06-09 09:20",
    ]


@pytest.mark.parametrize(
    ("more", "begun"),
    [
        ({"start": "customer_message"}, ["06-09 09:00", "06-09 11:30"]),
        ({"start": "agent_reply", "stop": ["agent_public_reply"]}, ["06-09 10:10", "06-09 12:00"]),
        ({"start": "assigned", "stop": ["any_agent_action"]}, []),
    ],
)
def test_what_comes_true_in_a_sequence_is_what_starts_the_clock(
    play: Play, timelines: ModuleType, more: dict[str, Any], begun: list[str]
) -> None:
    """The customer writes while the first has not been due yet.

    06-09 09:00 customer opens
    06-09 10:10 an replies
    06-09 11:30 customer writes
    06-09 12:00 an replies
    """
    clock = timelines.clock("own", "1h", rearm="sequential", **{"stop": ["agent_public_reply"], **more})
    assert [began for began, _, _ in runs(play("06-09 12:00", rules(timelines, clock)), "own")] == begun


def test_a_goal_that_is_missing_or_a_calendar_that_is_shut_leaves_nothing_to_wait_for(timelines: ModuleType) -> None:
    """A sequence whose first run has no goal, or stood still when it ended, goes on at once."""
    t = timelines
    clock = t.clock("contact", {"urgent": "1h"}, stop=["agent_public_reply"], rearm="sequential")
    told = t.history("06-09 09:00 customer opens\n06-09 09:10 an replies\n06-09 09:20 priority becomes urgent")
    played = t.played(told, [*t.USUAL, rules(t, clock)], t.moment("06-09 09:30"))
    assert runs(played, "contact") == [("06-09 09:10", None, "running")]
    paused = t.clock("contact", "1h", stop=["agent_public_reply"], rearm="sequential", pause_in=["pending"])
    told = t.history("06-09 09:00 customer opens\n06-09 09:10 status becomes pending\n06-09 09:20 an replies")
    assert runs(t.played(told, [*t.USUAL, rules(t, paused)], t.moment("06-09 09:30")), "contact")[1:] == [
        ("06-09 09:20", None, "paused")
    ]
    told = t.history("06-09 09:00 customer opens status=pending\n06-09 09:20 an replies, status becomes open")
    assert runs(t.played(told, [*t.USUAL, rules(t, paused)], t.moment("06-09 09:30")), "contact")[1:] == [
        ("06-09 09:20", None, "running")
    ]
    shut = t.edition("calendar", t.calendar(t.VIETNAM, [[]] * 7, overrides={"2025-06-09": [[540, 550]]}), "vn")
    told = t.history("06-09 09:00 customer opens\n06-09 09:05 an replies")
    assert runs(t.played(told, [*t.USUAL, shut, rules(t, paused)], t.moment("06-09 09:30")), "contact")[1:] == [
        ("06-09 09:05", None, "running")
    ]


def test_a_rule_that_goes_by_the_last_change_starts_again_with_each(play: Play, timelines: ModuleType) -> None:
    """Nothing restarts it in its own second, nor once it is solved.

    06-09 09:00 customer opens, priority becomes low
    06-09 10:00 an notes
    06-09 10:30 group becomes 7 by chi
    06-09 12:00 status becomes solved
    """
    clock = timelines.clock("idle", {"any": "1h"}, stop=["solved"], rearm="on_any_change")
    assert runs(play("06-09 15:00", rules(timelines, clock)), "idle") == [
        ("06-09 09:00", "06-09 10:00", "met"),
        ("06-09 10:00", "06-09 10:30", "met"),
        ("06-09 10:30", "06-09 12:00", "breached_closed"),
    ]


@pytest.mark.parametrize(
    ("stop", "ended"), [("any_agent_action", "06-09 11:00"), ("any_change", "06-09 10:00"), ("group_changed", None)]
)
def test_a_clock_may_end_with_any_action_or_any_change(
    play: Play, timelines: ModuleType, stop: str, ended: str | None
) -> None:
    """The customer writes first, then an agent makes a note.

    06-09 09:00 customer opens
    06-09 10:00 customer writes
    06-09 11:00 an notes
    """
    clock = timelines.clock("untouched", "1h", stop=[stop])
    assert (
        play("06-09 12:00", rules(timelines, clock)).told(
            play("06-09 12:00", rules(timelines, clock)).clock("untouched").stopped_at
        )
        == ended
    )


def test_zendesks_wait_goes_on_after_a_reopening_from_where_it_stood(play: Play, timelines: ModuleType) -> None:
    """Solved after half of the goal.

    06-09 09:00 customer opens
    06-09 10:00 status becomes solved
    06-10 09:00 status becomes open
    """
    clock = timelines.resolution("2h", rearm="continues")
    assert play("06-09 12:00", rules(timelines, clock)).clock("resolution").state is ClockState.MET
    played = play("06-10 09:30", rules(timelines, clock))
    assert (played.due("resolution"), len(played.clocks("resolution"))) == ("06-10 10:00", 1)


def test_a_warranty_that_lasts_a_second_or_a_rule_never_rearmed(play: Play, timelines: ModuleType) -> None:
    """A clock that is never re-armed stays ended.

    06-09 09:00 customer opens
    06-09 09:10 status becomes solved
    06-09 09:20 status becomes open
    """
    assert len(play("06-09 10:00", rules(timelines, timelines.resolution("2h"))).clocks("resolution")) == 1


# --- How grave it is ----------------------------------------------------------------------------------------------

SCALE: dict[str, Any] = {
    "scale": ["S1", "S2", "S3", "S4"],
    "matrix": {
        "safety": {"any": "S1"},
        "company": {"high": "S1", "low": "S2"},
        "any": {"high": "S3", "any": "S4"},
    },
    "floor": {"severity": "S2", "when": {"any": [{"tag": ["danger"]}]}},
    "tiers": {"S1": {"owner": "l3", "authority": ["recall", "refund"]}, "S4": {}},
}


@pytest.mark.parametrize(
    ("facts", "severity"),
    [
        ({}, "S4"),
        ({"impact": "safety", "urgency": "low"}, "S1"),
        ({"impact": "company", "urgency": "low"}, "S2"),
        ({"impact": "company"}, None),
        ({"impact": "person", "urgency": "high"}, "S3"),
        ({"severity": "S3", "impact": "safety"}, "S3"),
        ({"severity": "S3", "tag": "danger"}, "S2"),
        ({"severity": "S1", "tag": "danger"}, "S1"),
        ({"impact": "company", "tag": "danger"}, "S2"),
        ({"severity": "odd", "tag": "danger"}, "S2"),
    ],
)
def test_a_severity_is_what_the_ticket_says_else_impact_and_urgency_but_never_below_the_floor(
    facts: dict[str, str], severity: str | None
) -> None:
    words = lambda subject: [facts[subject]] if subject in facts else []  # noqa: E731 -- once
    assert parse_severity(SCALE).of(words) == severity


def test_a_scale_alone_is_enough_and_tiers_tell_who_answers() -> None:
    bare = parse_severity({"scale": ["S1"]})
    assert (bare.of(lambda _: ()), list(bare.subjects)) == (None, ["severity", "impact", "urgency"])
    tiers = parse_severity(SCALE).tiers
    assert (tiers["S1"].owner, tiers["S1"].authority, tiers["S4"].owner) == ("l3", ("recall", "refund"), None)


def test_goals_and_conditions_go_by_the_severity_worked_out(timelines: ModuleType) -> None:
    t = timelines
    carriers = {name: {"field": name, "tag": None, "values": {}} for name in ("impact", "urgency", "severity")}
    meanings = t.edition("meanings", {**t.MEANINGS, "fields": carriers})
    grave = t.meant({"all": [{"severity": ["S1"]}]}, t.first_reply("15m"), id="grave")
    rest = t.meant({}, {**t.first_reply("0m"), "goal_by": {"severity": {"S2": "1h", "S4": "8h"}}}, id="rest")
    said = t.edition("policies", t.several(grave, rest) | {"severity": SCALE})
    editions = [*t.USUAL, meanings, said]
    told = t.history(
        "06-09 09:00 customer opens\n06-09 09:10 tags becomes danger\n"
        "06-09 09:20 field:impact becomes company, field:urgency becomes high"
    )
    found = [t.played(told, editions, t.moment(f"06-09 09:{at}")).clock("first_reply") for at in ("05", "15", "25")]
    assert [(each.policy, each.goal) for each in found] == [("rest", 28_800), ("rest", 3600), ("grave", 900)]


# --- What follows a breach ----------------------------------------------------------------------------------------

LADDER = [{"level": 1, "after": "30m"}, {"level": 2, "after": "4h"}]
SEEN = {"when": {"all": [{"tag": ["seen"]}]}, "holds_for": "60m"}


def escalated(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- parts of a document
    return {"on": {"clock": "first_reply"}, "steps": LADDER, **more}


def fired(played: Any) -> dict[str, str]:  # noqa: ANN401 -- a Played
    return {name: at for name, at in played.fired("first_reply").items() if not name.startswith("warn:")}


def test_v8_an_acknowledgement_holds_later_steps_and_expires(play: Play, timelines: ModuleType) -> None:
    """Breached at 10:00, taken in hand at 10:20 for an hour.

    06-09 09:00 customer opens assignee=an
    06-09 10:20 tags becomes seen
    """
    said = rules(timelines, timelines.first_reply("1h", time="calendar"), escalations=[escalated(acknowledgement=SEEN)])
    assert fired(play("06-09 10:40", said)) == {"breach": "06-09 10:00"}
    assert play("06-09 10:40", said).wake == "06-09 11:20"
    assert fired(play("06-09 11:30", said)) == {"breach": "06-09 10:00", "escalation:1": "06-09 11:20"}
    assert fired(play("06-09 14:01", said))["escalation:2"] == "06-09 14:00"


def test_v8_a_step_that_is_held_until_the_answer_never_comes(play: Play, timelines: ModuleType) -> None:
    """Answered while it was held.

    06-09 09:00 customer opens assignee=an
    06-09 10:20 tags becomes seen
    06-09 11:10 an replies
    """
    said = rules(timelines, timelines.first_reply("1h", time="calendar"), escalations=[escalated(acknowledgement=SEEN)])
    assert fired(play("06-09 15:00", said)) == {"breach": "06-09 10:00"}


def test_without_an_end_an_acknowledgement_holds_for_good(play: Play, timelines: ModuleType) -> None:
    """Taken in hand after the first step.

    06-09 09:00 customer opens
    06-09 10:40 tags becomes seen
    """
    told = {"when": SEEN["when"]}
    said = rules(timelines, timelines.first_reply("1h", time="calendar"), escalations=[escalated(acknowledgement=told)])
    played = play("06-12 09:00", said)
    assert fired(played) == {"breach": "06-09 10:00", "escalation:1": "06-09 10:30"}


@pytest.mark.parametrize(
    ("by", "who", "held"),
    [
        ([], "an", True),
        ([], "robot", False),
        ([], "customer", False),
        (["assignee"], "an", True),
        (["assignee"], "binh", False),
        (["assignee", "team_lead"], "binh", True),
        (["manager"], "chi", True),
        (["head"], "chi", False),
    ],
)
def test_an_acknowledgement_counts_only_by_those_who_may(
    timelines: ModuleType,
    by: list[str],
    who: str,
    held: bool,  # noqa: FBT001 -- a column
) -> None:
    t = timelines
    places = {"an": [{"team": "north", "lead": "acme/binh", "manager": "acme/chi"}]}
    organization = t.edition("organization", {"places": places})
    said = rules(t, t.first_reply("1h", time="calendar"), escalations=[escalated(acknowledgement={**SEEN, "by": by})])
    told = t.history(f"06-09 09:00 customer opens assignee=an\n06-09 10:20 tags becomes seen by {who}")
    played = t.played(told, [*t.USUAL, organization, said], t.moment("06-09 10:45"))
    assert ("escalation:1" not in fired(played)) is held


def test_steps_and_notices_may_count_in_a_calendar_of_their_own(play: Play, timelines: ModuleType) -> None:
    """The clock runs round the clock, its steps in office hours, its notices not in the lunch break.

    06-09 16:00 customer opens
    06-10 09:00 status becomes pending
    """
    always = timelines.first_reply("1h", time="calendar", pause_in=["pending"])
    repeat = {"every": "2h", "most": 2, "quiet_outside": "vn"}
    said = rules(timelines, always, escalations=[escalated(calendar="vn", repeat=repeat)])
    assert fired(play("06-09 17:20", said)) == {"breach": "06-09 17:00"}
    found = fired(play("06-11 12:00", said))
    # half an hour after 17:00 the office closes: a pause of the clock does not hold its steps
    assert (found["escalation:1"], found["escalation:2"]) == ("06-09 17:30", "06-10 11:30")
    assert (found["repeat:1"], found["repeat:2"]) == ("06-10 15:00", "06-10 17:00")


def test_notices_are_repeated_and_wait_until_quiet_hours_are_over(play: Play, timelines: ModuleType) -> None:
    """In the evening.

    06-09 15:00 customer opens
    """
    repeat = {"every": "2h", "most": 3, "quiet_outside": "vn"}
    steps = [{"level": 3}]
    said = rules(
        timelines, timelines.first_reply("1h", time="calendar"), escalations=[escalated(steps=steps, repeat=repeat)]
    )
    played = play("06-10 09:00", said)
    assert fired(played) == {
        "breach": "06-09 16:00",
        "escalation:3": "06-09 16:00",
        "repeat:1": "06-10 08:00",
    }
    assert played.wake == "06-10 10:00"
    assert len(fired(play("06-12 09:00", said))) == 5
    unheard = {"every": "2h", "most": 1, "quiet_outside": "nowhere"}
    loud = rules(
        timelines, timelines.first_reply("1h", time="calendar"), escalations=[escalated(steps=steps, repeat=unheard)]
    )
    assert fired(play("06-10 09:00", loud))["repeat:1"] == "06-09 18:00"


def test_a_notice_that_waited_for_the_end_of_quiet_hours_waits_on_while_somebody_has_it_in_hand(
    play: Play, timelines: ModuleType
) -> None:
    """Taken in hand for an hour, half an hour before the office opens.

    06-09 15:00 customer opens assignee=an
    06-10 07:30 tags becomes seen
    """
    repeat = {"every": "2h", "most": 1, "quiet_outside": "vn"}
    held = escalated(steps=[{"level": 3}], repeat=repeat, acknowledgement=SEEN)
    said = rules(timelines, timelines.first_reply("1h", time="calendar"), escalations=[held])
    assert fired(play("06-10 08:15", said)) == {"breach": "06-09 16:00", "escalation:3": "06-09 16:00"}
    assert fired(play("06-10 09:00", said))["repeat:1"] == "06-10 08:30"


def test_where_a_calendar_never_opens_again_nothing_more_falls_due(timelines: ModuleType) -> None:
    t = timelines
    shut = t.edition("calendar", t.calendar(t.VIETNAM, [[]] * 7, overrides={"2025-06-09": [[540, 720]]}), "shut")
    steps = [
        {"level": 1, "at": "warn", "after": "8h"},
        {"level": 1},
        {"level": 2, "after": "1h"},
        {"level": 3, "after": "8h"},
    ]
    clock = t.first_reply("1h", time="calendar", warn=["50%"])
    told = t.history("06-09 09:00 customer opens")
    said = rules(t, clock, escalations=[escalated(steps=steps, calendar="shut")])
    found = fired(t.played(told, [*t.USUAL, shut, said], t.moment("06-20 09:00")))
    assert found == {"breach": "06-09 10:00", "escalation:1": "06-09 10:00", "escalation:2": "06-09 11:00"}
    for repeat in ({"every": "4h", "most": 2}, {"every": "30m", "most": 9, "quiet_outside": "shut"}):
        more = {"calendar": "shut"} if "quiet_outside" not in repeat else {}
        said = rules(t, clock, escalations=[escalated(steps=[{"level": 1}], repeat=repeat, **more)])
        found = fired(t.played(told, [*t.USUAL, shut, said], t.moment("06-20 09:00")))
        assert sum(name.startswith("repeat:") for name in found) == (3 if not more else 0)


def test_steps_may_follow_a_warning_and_the_goal_met_late_or_not(play: Play, timelines: ModuleType) -> None:
    """Salesforce's warning, violation and success actions.

    06-09 09:00 customer opens assignee=an
    06-09 10:40 an replies
    """
    steps = [
        {"level": 1, "at": "warn", "after": "10m", "notify": ["assignee"]},
        {"level": 2, "after": "20m"},
        {"level": 1, "at": "met", "after": "5m", "add_tags": ["done"]},
    ]
    clock = timelines.first_reply("1h", warn=["50%"])
    said = rules(timelines, clock, escalations=[escalated(steps=steps)])
    assert fired(play("06-09 11:00", said)) == {
        "early:1": "06-09 09:40",
        "breach": "06-09 10:00",
        "escalation:2": "06-09 10:20",
        "success:1": "06-09 10:45",
    }
    holder = {firing.step: firing.agent for firing in play("06-09 11:00", said).measurement.firings}
    assert holder["early:1"] == "an"
    assert play("06-09 10:41", said).wake == "06-09 10:45"
    assert fired(play("06-09 09:35", said)) == {}


@pytest.mark.parametrize(("after", "firings"), [("5m", ["success:1"]), ("30m", []), ("9h", [])])
def test_what_follows_a_goal_met_stays_on_record_when_the_clock_goes_on_after_all(
    timelines: ModuleType, after: str, firings: list[str]
) -> None:
    """Reopened after a quarter of an hour; what was to follow later than that never does."""
    t = timelines
    shut = t.edition("calendar", t.calendar(t.VIETNAM, [[]] * 7, overrides={"2025-06-09": [[540, 720]]}), "shut")
    met = {"on": {"clock": "resolution"}, "calendar": "shut", "steps": [{"level": 1, "at": "met", "after": after}]}
    said = rules(t, t.resolution({"any": "4h"}, rearm="continues"), escalations=[met])
    told = t.history("06-09 09:00 customer opens\n06-09 10:00 status becomes solved\n06-09 10:15 status becomes open")
    played = t.played(told, [*t.USUAL, shut, said], t.moment("06-09 10:40"))
    assert list(played.fired("resolution")) == firings


def test_where_nobody_tells_who_acknowledged_it_counts(timelines: ModuleType) -> None:
    """Two looks at a ticket differ in their tags: a helpdesk that tells no history."""
    t = timelines
    said = rules(
        t,
        t.first_reply("1h", time="calendar"),
        escalations=[escalated(acknowledgement={**SEEN, "by": ["assignee"]})],
    )
    told = t.history("06-09 09:00 customer opens\n06-09 10:20 tags becomes seen")
    *before, tagged = told.events
    unnamed = replace(tagged, event_id="difference:1", actor_id=None)
    played = t.played(replace(told, events=(*before, unnamed)), [*t.USUAL, said], t.moment("06-09 10:45"))
    assert "escalation:1" not in fired(played)


def test_a_suspension_holds_steps_back_until_the_ticket_is_reopened(play: Play, timelines: ModuleType) -> None:
    """Solved without an answer after the breach, and reopened.

    06-09 09:00 customer opens
    06-09 10:10 status becomes solved
    06-09 14:30 status becomes open
    """
    said = rules(timelines, timelines.first_reply("1h", time="calendar"), escalations=[escalated(calendar="vn")])
    assert fired(play("06-09 14:00", said)) == {"breach": "06-09 10:00"}
    assert fired(play("06-09 14:40", said)) == {"breach": "06-09 10:00", "escalation:1": "06-09 14:30"}


def test_an_escalation_tells_the_step_behind_each_name() -> None:
    document = {
        "escalations": [
            {
                "on": {"clock": "first_reply"},
                "steps": [
                    {"level": 1, "notify": ["assignee"], "note": True, "add_tags": ["late"]},
                    {"level": 2, "after": "1h", "assign": "l2", "raise_priority": True, "type": "functional"},
                ],
            }
        ]
    }
    found = parse_escalations(document)[None, "first_reply"]
    first, second = found.steps
    assert (first.name, first.effects.note, first.effects.tags, first.notify) == (
        "escalation:1",
        True,
        ("late",),
        ("assignee",),
    )
    assert (second.effects.group, second.effects.raise_priority) == ("l2", True)
    assert (found.named("escalation:1"), found.named("repeat:3"), found.named("breach")) == (first, second, None)
    assert Escalation().named("repeat:1") is None


@pytest.mark.parametrize(
    ("roles", "agent", "roles_reached", "missing"),
    [
        (["assignee", "team_lead"], "an", ("assignee", "team_lead"), ()),
        (["assignee"], None, ("manager",), ("assignee",)),
        (["team_lead"], "chi", ("team_lead",), ("team_lead",)),
        (["team_lead", "head"], "binh", ("manager", "head"), ("team_lead",)),
        (["owner", "manager"], "binh", ("owner", "manager"), ()),
    ],
)
def test_a_role_that_nobody_holds_goes_to_the_next_level_up(
    timelines: ModuleType, roles: list[str], agent: str | None, roles_reached: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    """By the dated organization: nobody leads binh's team since June, and nobody is above chi."""
    t = timelines
    places = {
        "an": [{"team": "north", "lead": "acme/binh", "manager": "acme/dung"}],
        "binh": [
            {"team": "north", "lead": "acme/em", "manager": "acme/dung", "end": t.moment("06-01 00:00")},
            {"team": "north", "manager": "acme/dung", "start": t.moment("06-01 00:00")},
        ],
        "dung": [{"team": "board", "lead": "acme/boss"}],
    }
    teams = {"nobody": [{"manager": "acme/dung"}]}
    body = {"places": places, "teams": teams}
    rulebook = compiled([t.edition("organization", body)])
    team = rulebook.team(agent, None, t.moment("06-09 09:00")) if agent else "nobody"
    found = reached(roles, Asked("acme", agent, team, t.moment("06-09 09:00")), rulebook)
    assert (found.roles, found.missing) == (roles_reached, missing)


TIERS = {
    "scale": ["S1", "S2", "S3"],
    "tiers": {"S1": {"owner": "Tier 3", "authority": ["recall"]}, "S2": {"owner": "manager"}},
}


@pytest.mark.parametrize(
    ("severity", "managed", "expected"),
    [
        ("S1", True, Recipient("owner", "owner", group="Tier 3")),
        ("S2", True, Recipient("owner", "owner", "chi")),
        ("S2", False, Recipient("owner", "owner")),
        ("S3", True, Recipient("owner", "owner")),
        (None, True, Recipient("owner", "owner")),
    ],
)
def test_the_owner_is_who_answers_for_the_severity(
    timelines: ModuleType, severity: str | None, expected: Recipient, *, managed: bool
) -> None:
    t = timelines
    places = {"an": [{"team": "a", "manager": "chi"}]} if managed else {}
    policies = t.edition("policies", t.policy(t.first_reply("1h")) | {"severity": TIERS})
    rulebook = compiled([t.edition("organization", {"places": places}), policies])
    asked = Asked("acme", "an", "a", t.moment("06-09 09:00"), severity)
    assert recipients(["owner"], asked, rulebook) == (expected,)
    assert expected.is_missing is (expected.who is None and expected.group is None)
    assert tier(asked, rulebook).authority == (("recall",) if severity == "S1" else ())
    assert tier(asked, compiled([])).owner is None


def test_a_step_remembers_how_grave_its_ticket_was_where_somebody_answers_for_that(
    play: Play, timelines: ModuleType
) -> None:
    """It is judged less grave later.

    06-09 09:00 customer opens field:severity=S1
    06-09 09:30 field:severity becomes S2
    """
    t = timelines
    more = {"escalations": [escalated()], "severity": TIERS}
    found = play("06-10 18:00", rules(t, t.first_reply("15m", time="calendar", warn=["10%"]), **more)).measurement
    assert {(each.step, each.severity) for each in found.firings} >= {("warn:10%", "S1"), ("breach", "S1")}
    assert {each.severity for each in found.firings if each.step.startswith("escalation")} == {"S2"}


@pytest.mark.parametrize(
    ("owner", "who", "counts"),
    [("Tier 3", "an", True), ("3", "an", True), ("Tier 3", "binh", False), ("assignee", "binh", True)],
)
def test_who_answers_for_a_severity_may_acknowledge(
    timelines: ModuleType, owner: str, who: str, *, counts: bool
) -> None:
    t = timelines
    story = f"""
        06-09 09:00 customer opens field:severity=S1 assignee=binh
        06-09 10:10 tags becomes seen by {who}
        """
    severity = {"scale": ["S1"], "tiers": {"S1": {"owner": owner}}}
    told = rules(t, t.first_reply("1h", time="calendar"), severity=severity,
                 escalations=[escalated(acknowledgement={**SEEN, "by": ["owner"], "holds_for": None})])  # fmt: skip
    group = (t.edition("group", {"name": "Tier 3"}, "3"), t.edition("membership", {"groups": ["9", "3"]}, "an"))
    found = t.played(t.history(story), [*t.USUAL, *group, told], t.moment("06-09 18:00")).measurement
    assert any(each.step == "escalation:2" for each in found.firings) is not counts


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"escalations": [3]}, "escalations: a mapping is needed, not 3"),
        ({"policies": [{"id": "a", "clocks": 3}]}, "clocks: a list is needed, not 3"),
    ],
)
def test_a_document_of_another_shape_is_refused_with_the_place(document: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_policies(document)


@pytest.mark.parametrize(
    ("after", "touched"),
    [
        ({"id": "vip", "when": {"all": [{"tag": ["vip"]}]}}, False),
        ({"id": "vip", "when": {"all": [{"tag": ["rush"]}]}}, True),
        ({"id": "late", "when": {"all": [{"tag": ["late"]}]}}, False),
    ],
)
def test_other_policies_touch_a_ticket_only_where_they_rule_it_otherwise(
    timelines: ModuleType,
    after: dict[str, Any],
    touched: bool,  # noqa: FBT001 -- a column
) -> None:
    """A ticket with the tag rush; the goals of everybody else stay."""
    t = timelines
    rest = t.meant({}, t.first_reply({"any": "8h"}), id="rest")
    before = t.several(t.meant({"all": [{"tag": ["vip"]}]}, t.first_reply({"any": "2h"}), id="vip"), rest)
    changed = t.several({**t.meant({}, t.first_reply({"any": "1h"})), **after}, rest)
    since = t.moment("06-09 10:00")
    rulebook = compiled([*t.USUAL, t.edition("policies", before), t.edition("policies", changed, since=since)])
    told = t.history("06-09 09:00 customer opens tags=rush")
    assert touches(told, parse_policies(before), rulebook, since) is touched
    opened_now = t.history("06-09 10:00 customer opens tags=rush")
    assert not touches(opened_now, parse_policies(before), rulebook, since)
