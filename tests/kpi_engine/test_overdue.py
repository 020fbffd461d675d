from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.records import EventKind, TicketEvent
from kpi_engine.story import StepKind
from kpi_engine.telling import told

Play = Callable[..., Any]
EXACT = {"first_reply": "2h", "resolution": "8h"}


@pytest.fixture
def goals(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an edition
    """Give two hours to the first reply and eight to the resolution, both of business time."""
    t = timelines
    return t.edition("policies", t.policy(t.first_reply("2h"), t.resolution("8h", rearm="on_reopen")))


def lines(played: Any, key: str) -> list[tuple[object, ...]]:  # noqa: ANN401 -- a Played
    """Return what an indicator says: which clock, for whom, when, how much."""
    found = [line for line in played.measurement.lines if line.indicator == key]
    return [(line.part, line.agent, played.told(line.at), line.numerator, line.denominator) for line in found]


def omissions(played: Any, key: str) -> list[tuple[str, str | None, str | None]]:  # noqa: ANN401 -- a Played
    """Return why an indicator leaves something out."""
    found = [each for each in played.measurement.omissions if each.indicator == key]
    return [(each.reason, played.told(each.at), each.agent) for each in found]


def test_a_clock_is_judged_once_at_its_breach_or_where_it_was_met(play: Play, goals: Any) -> None:  # noqa: ANN401
    """The reply comes a second too late, the solve exactly at the goal, by somebody else.

    06-09 08:00 customer opens assignee=an group=1
    06-09 10:00:01 an replies
    06-09 14:00 assignee becomes binh
    06-09 17:30 status becomes solved
    """
    played = play("06-20 09:00", goals)
    judged = [("first_reply", "an", "06-09 10:00"), ("resolution", "binh", "06-09 17:30")]
    assert lines(played, "overdue_rate") == [(*judged[0], 1, 1), (*judged[1], 0, 1)]
    assert lines(played, "goals_met") == [(*judged[0], 0, 1), (*judged[1], 1, 1)]
    assert lines(played, "goals_met_tickets") == [(None, "an", "06-09 10:00", 0, 1)]
    assert lines(played, "overdue_count") == [("first_reply:1", *judged[0][1:], 1, 1)]
    assert lines(played, "overdue_minutes") == [("first_reply", "an", "06-09 10:00:01", 1, 1)]
    assert lines(played, "near_miss") == [(*judged[1], 1, 1)]


def test_a_running_clock_is_not_judged_unless_it_is_over_its_goal(play: Play, goals: Any) -> None:  # noqa: ANN401
    """Replied to in time, unsolved.

    06-09 08:00 customer opens assignee=an
    06-09 09:00 an replies
    """
    early, late = play("06-09 12:00", goals), play("06-20 09:00", goals)
    assert [line[0] for line in lines(early, "goals_met")] == ["first_reply"]
    assert lines(early, "goals_met_tickets") == []
    assert lines(late, "goals_met_tickets") == [(None, "an", "06-09 17:30", 0, 1)]
    assert lines(late, "overdue_minutes") == []
    assert omissions(late, "overdue_minutes") == [("still_running", "06-09 17:30", "an")]


def test_overdue_time_is_told_by_the_clocks_own_hours_and_by_the_wall(play: Play, goals: Any) -> None:  # noqa: ANN401
    """Due on Monday at 17:30; an hour late by our hours, half of Tuesday's in pending, and a night longer by the wall.

    06-09 08:00 customer opens assignee=an
    06-09 09:00 an replies
    06-10 08:30 status becomes pending
    06-10 09:30 status becomes open
    06-10 10:00 status becomes solved
    """
    played, night, worked = play("06-20 09:00", goals), 14 * 3600 + 1800, 3600
    assert lines(played, "overdue_minutes") == [("resolution", "an", "06-10 10:00", worked, 1)]
    assert lines(played, "overdue_minutes_calendar") == [("resolution", "an", "06-10 10:00", worked + night, 1)]
    # Both are left out while the clock runs.
    assert omissions(play("06-10 09:45", goals), "overdue_minutes_calendar") == [("still_running", "06-09 17:30", "an")]


def test_goals_met_are_told_by_clock_too(play: Play, goals: Any, timelines: ModuleType) -> None:  # noqa: ANN401
    """The reply is in time, the solve is late; nothing else was promised.

    06-09 08:00 customer opens assignee=an
    06-09 09:00 an replies
    06-10 10:00 status becomes solved
    """
    played = play("06-20 09:00", goals)
    told = {
        key: timelines.figures_of(key, [played.measurement], played.rulebook, played.measurement.as_of)
        for key in ("goals_met", "first_reply_within", "next_reply_within", "resolution_within")
    }
    assert {key: [(cell.value, cell.n) for cell in cells.values()] for key, cells in told.items()} == {
        "goals_met": [(0.5, 2)],
        "first_reply_within": [(1.0, 1)],
        "next_reply_within": [],
        "resolution_within": [(0.0, 1)],
    }


def test_a_ticket_meets_its_goals_when_the_last_of_its_clocks_has_ended(play: Play, goals: Any) -> None:  # noqa: ANN401
    """Replied and solved in time, reopened, then solved too late.

    06-09 08:00 customer opens assignee=an
    06-09 09:00 an replies
    06-09 11:00 status becomes solved
    06-10 08:00 status becomes open
    06-13 08:00 status becomes solved
    """
    assert lines(play("06-09 12:00", goals), "goals_met_tickets") == [(None, "an", "06-09 11:00", 1, 1)]
    assert lines(play("06-10 09:00", goals), "goals_met_tickets") == []
    assert lines(play("06-20 09:00", goals), "goals_met_tickets") == [(None, "an", "06-10 17:30", 0, 1)]


def test_a_clock_that_ended_without_a_verdict_is_left_out_and_said(play: Play, goals: Any) -> None:  # noqa: ANN401
    """Solved without a reply.

    06-09 08:00 customer opens assignee=an
    06-09 09:00 status becomes solved
    """
    played = play("06-20 09:00", goals)
    assert [line[0] for line in lines(played, "overdue_rate")] == ["resolution"]
    for key in ("overdue_rate", "goals_met"):
        assert omissions(played, key) == [("clock_void", "06-09 09:00", "an")]
    assert lines(played, "goals_met_tickets") == [(None, "an", "06-09 09:00", 1, 1)]


def test_a_ticket_without_a_single_verdict_has_none(play: Play, timelines: ModuleType) -> None:
    """Solved without a reply, and a reply was all that was agreed.

    06-09 08:00 customer opens assignee=an
    06-09 09:00 status becomes solved
    """
    only_reply = timelines.edition("policies", timelines.policy(timelines.first_reply({"any": "2h"})))
    played = play("06-20 09:00", only_reply)
    assert (lines(played, "goals_met_tickets"), lines(played, "near_miss")) == ([], [])


@pytest.mark.parametrize(("replied", "near"), [("09:30", 0), ("09:30:01", 1), ("10:00", 1)])
def test_a_near_miss_is_met_after_three_quarters_of_the_goal_had_passed(
    timelines: ModuleType,
    goals: Any,  # noqa: ANN401
    replied: str,
    near: int,
) -> None:
    history = timelines.history(f"06-09 08:00 customer opens assignee=an\n06-09 {replied} an replies")
    played = timelines.played(history, [*timelines.USUAL, goals], timelines.moment("06-09 11:00"))
    assert [line[3] for line in lines(played, "near_miss")] == [near]


def test_where_near_begins_is_a_parameter(play: Play, goals: Any, timelines: ModuleType) -> None:  # noqa: ANN401
    """Replied to after 95 of 120 minutes.

    06-09 08:00 customer opens assignee=an
    06-09 09:35 an replies
    """
    said = timelines.edition("parameters", {"indicators": {"near_miss": {"per_cent": 80}}})
    assert [line[3] for line in lines(play("06-09 11:00", goals, said), "near_miss")] == [0]


def test_a_ticket_counts_once_per_clock_among_the_overdue_of_a_period(
    play: Play,
    goals: Any,  # noqa: ANN401
    timelines: ModuleType,
) -> None:
    """Solved too late, reopened, too late again.

    06-09 08:00 customer opens assignee=an
    06-12 09:00 status becomes solved
    06-13 08:00 status becomes open
    06-18 09:00 status becomes solved
    """
    played = play("06-20 09:00", goals)
    assert [line[:3] for line in lines(played, "overdue_count")] == [
        ("first_reply:1", "an", "06-09 10:00"),
        ("resolution:1", "an", "06-09 17:30"),
        ("resolution:1", "an", "06-13 17:30"),
    ]
    cell = timelines.figures_of("overdue_count", [played.measurement], played.rulebook, played.measurement.as_of)
    assert cell["acme"].value == 2
    assert [line[0] for line in lines(played, "goals_met")].count("resolution") == 2


@pytest.mark.parametrize(
    ("told", "severe"),
    [
        ("priority=urgent", True),
        ("priority=high", False),
        ("priority=urgent field:severity=S3", False),
        ("priority=low field:severity=S1", True),
        ("", False),
    ],
)
def test_a_breach_is_severe_by_severity_or_else_by_priority(timelines: ModuleType, told: str, *, severe: bool) -> None:
    alike = dict.fromkeys(("urgent", "high", "normal", "low"), "2h") | {"default": "normal"}
    goals = timelines.edition("policies", timelines.policy(timelines.first_reply(alike), timelines.resolution(alike)))
    story = f"06-09 08:00 customer opens assignee=an {told}\n06-12 09:00 status becomes solved"
    rules = [goals, *(each for each in timelines.USUAL if each.kind != "policies")]
    played = timelines.played(timelines.history(story), rules, timelines.moment("06-20 09:00"))
    late = lines(played, "overdue_count")
    assert len(late) == 2
    assert lines(played, "severe_overdue_count") == (late if severe else [])


def test_a_verdict_by_a_guessed_calendar_is_marked(play: Play, goals: Any, timelines: ModuleType) -> None:  # noqa: ANN401
    """No calendar was chosen, the oldest is assumed.

    06-09 08:00 customer opens assignee=an
    06-09 09:00 an replies
    """
    assumed = timelines.edition("calendar_choice", {"assumed": "vn"}, since=0)
    played = play("06-09 11:00", goals, assumed)
    assert {line.certainty for line in played.measurement.lines if line.indicator == "goals_met"} == {"approximate"}


def test_what_groups_promise_one_another_is_judged_by_group_and_not_by_person(
    play: Play, timelines: ModuleType
) -> None:
    """The first group hands over in time, the second too late.

    06-09 09:00 customer opens group=1 assignee=an
    06-09 09:30 group becomes 2, assignee becomes binh
    06-09 11:00 status becomes solved
    """
    t = timelines
    rule = {"start": "group_assigned", "stop": ["group_changed", "solved"], "rearm": "on_group_change"}
    played = play("06-20 09:00", t.edition("policies", t.policy(t.clock("ownership", "1h", **rule))))
    found = [line for line in played.measurement.lines if line.indicator == "internal_goals_met"]
    assert [(line.agent, line.team, played.told(line.at), line.numerator) for line in found] == [
        (None, "group:1", "06-09 09:30", 1),
        (None, "group:2", "06-09 10:30", 0),
    ]


def severe(timelines: ModuleType, story: str, more: dict[str, object], *editions: object) -> list[tuple[object, ...]]:
    """Return the severe lines, of a first reply of two hours opened at 8:00, and how sure each is."""
    policies = timelines.policy(timelines.first_reply({"any": "2h"}))
    rules = [timelines.edition("policies", {**policies, **more}), *editions]
    rules += [
        each for each in timelines.USUAL if each.kind != "policies" and not (editions and each.kind == "meanings")
    ]
    played = timelines.played(timelines.history(story), rules, timelines.moment("06-20 09:00"))
    found = [each for each in played.measurement.lines if each.indicator == "severe_overdue_count"]
    return [(played.told(each.at), str(each.certainty)) for each in found]


@pytest.mark.parametrize(
    ("story", "is_severe"),
    [
        ("06-09 09:59 field:severity becomes S1", True),
        ("06-09 10:00 field:severity becomes S1", True),  # what happens at an instant precedes its timers
        ("06-09 10:01 field:severity becomes S1", False),  # a label put on afterwards judges nobody
        ("06-09 09:59 priority becomes urgent", True),
        ("06-09 10:01 priority becomes urgent", False),
    ],
)
def test_a_breach_is_judged_by_the_severity_of_its_instant(
    timelines: ModuleType, story: str, *, is_severe: bool
) -> None:
    found = severe(timelines, f"06-09 08:00 customer opens assignee=an priority=low\n{story}", {})
    assert bool(found) is is_severe
    lowered = "06-09 08:00 customer opens assignee=an field:severity=S1\n06-12 09:00 field:severity becomes S4"
    assert severe(timelines, lowered, {})  # nor does taking it away afterwards undo anything


def test_a_ticket_under_the_safety_floor_is_severe_whatever_it_says_itself(timelines: ModuleType) -> None:
    floor = {"severity": "A", "when": {"all": [{"tag": ["danger"]}]}}
    scale = {"severity": {"scale": ["A", "S1"], "matrix": {}, "floor": floor}}
    opens = "06-09 08:00 customer opens assignee=an priority=low"
    assert severe(timelines, f"{opens} tags=danger", scale) == [("06-09 10:00", "exact")]
    assert severe(timelines, f"{opens} tags=danger field:severity=S1", scale)
    assert not severe(timelines, f"{opens} field:severity=S1", scale)  # the scale's gravest is another
    assert severe(timelines, f"{opens.replace('low', 'urgent')}", scale)  # no severity is told: the priority is


@pytest.mark.parametrize(
    ("field", "seen", "goal", "sure"),
    [
        ("field:severity", "06-09 11:00", {"goal": {"any": "2h"}}, ["exact", "approximate"]),
        ("field:severity", "06-09 09:30", {"goal": {"any": "2h"}}, ["exact", "exact"]),  # before the breach
        ("field:topic", "06-09 11:00", {"goal": {"any": "2h"}}, ["exact", "exact"]),
        ("field:severity", "06-09 11:00", {"goal_by": {"severity": {"S1": "2h"}}}, ["approximate", "approximate"]),
        ("priority", "06-09 11:00", {"goal": {"any": "2h"}}, ["exact", "approximate"]),
        ("priority", "06-09 11:00", {"goal": {"urgent": "2h", "any": "2h"}}, ["approximate", "approximate"]),
        ("assignee", "06-09 11:00", {"goal": {"any": "2h"}}, ["approximate", "approximate"]),  # who had it is not known
    ],
)
def test_what_is_first_seen_after_a_breach_and_told_by_no_history_leaves_it_approximate(
    timelines: ModuleType, field: str, seen: str, goal: dict[str, object], sure: list[str]
) -> None:
    t = timelines
    story = t.history("06-09 08:00 customer opens assignee=an priority=urgent field:severity=S1 field:topic=S1")
    look = TicketEvent(
        ticket_id=story.ticket_id, event_id="difference:1", at=t.moment(seen), order=1, position=1,
        kind=EventKind.CHANGED, actor_id=None, automatic=False, field=field, old="S1", new="S1",
        since=story.latest.created_at,
    )  # fmt: skip
    looked_at = replace(story, events=tuple(sorted([*story.events, look], key=lambda each: each.at)))
    rule = {"id": "first_reply", "time": "calendar", "stop": ["agent_public_reply"], **goal}
    rules = [t.edition("policies", t.policy(rule)), *(each for each in t.USUAL if each.kind != "policies")]
    played = t.played(looked_at, rules, t.moment("06-20 09:00"))
    (clock,) = played.measurement.clocks
    (line,) = [each for each in played.measurement.lines if each.indicator == "severe_overdue_count"]
    assert [str(clock.certainty), str(line.certainty)] == sure
    steps = told(looked_at, compiled(rules), t.moment("06-20 09:00")).steps
    assert [step.kind for step in steps] == [StepKind.OPENED]  # nobody did anything


def test_a_severity_known_to_have_changed_in_a_span_around_the_breach_is_approximate(timelines: ModuleType) -> None:
    story = timelines.history(
        "06-09 08:00 customer opens assignee=an field:severity=S1\n06-09 11:00 field:severity becomes S3"
    )
    (changed,) = [each for each in story.events if each.kind == "changed"]
    for since, certainty in (("06-09 09:30", "approximate"), ("06-09 10:30", "exact")):
        spanned = replace(changed, event_id="difference:1", since=timelines.moment(since))
        events = tuple(spanned if each is changed else each for each in story.events)
        rules = [
            timelines.edition("policies", timelines.policy(timelines.first_reply({"any": "2h"}))),
            *timelines.USUAL,
        ]
        played = timelines.played(replace(story, events=events), rules, timelines.moment("06-20 09:00"))
        (line,) = [each for each in played.measurement.lines if each.indicator == "severe_overdue_count"]
        assert str(line.certainty) == certainty
