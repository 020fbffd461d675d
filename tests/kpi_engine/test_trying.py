"""A policy tried on the past of one ticket."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.penalties import Band, Penalty
from kpi_engine.periods import PeriodKind, period_named
from kpi_engine.reduce import Scope
from kpi_engine.trying import Count, Side, Sums, Trial, points

Play = Callable[..., Any]
JUNE = period_named("2025-06", "Asia/Ho_Chi_Minh")
PENALTY = Penalty(
    penalty="overdue",
    scope=Scope.AGENT,
    by=PeriodKind.MONTH,
    bands=(Band(0, 2),),
    min_volume=1,
    announced_on="1970-01-01",
)


@pytest.fixture(scope="module")
def sides(timelines: ModuleType) -> tuple[Side, Side]:
    """Two hours for a first reply now; half an hour, with an escalation after another one, then."""

    def side(goal: str, penalties: tuple[Penalty, ...], *steps: Any) -> Side:  # noqa: ANN401 -- steps of an escalation
        policy = timelines.policy(timelines.first_reply(goal, time="calendar"), escalations=list(steps))
        return Side(compiled([*timelines.USUAL, timelines.edition("policies", policy)]), penalties)

    return side("2h", ()), side("30m", (PENALTY,), timelines.escalating("first_reply", (1, "30m")))


def tried(
    timelines: ModuleType,
    sides: tuple[Side, Side],
    timeline: str,
    **changed: Any,  # noqa: ANN401 -- of the history
) -> tuple[bool, Sums, Sums]:
    history = replace(timelines.history(timeline), **changed)
    trial = Trial(*sides, JUNE.start, JUNE.end, timelines.moment("06-30 00:00"), (JUNE,))
    now, then = Sums(), Sums()
    return trial.of(history, (now, then)), now, then


SLOW = """
    06-09 09:00 customer opens assignee=an group=1
    06-09 10:30 an replies
"""


def test_what_would_differ_is_counted_by_agent_and_team_and_costs_what_it_would(
    timelines: ModuleType, sides: tuple[Side, Side]
) -> None:
    differs, now, then = tried(timelines, sides, SLOW)
    assert differs
    assert now.counts == {
        ("agent", "an", "first_reply"): Count(1, 0, 0),
        ("team", "group:1", "first_reply"): Count(1, 0, 0),
    }
    assert then.counts == {
        ("agent", "an", "first_reply"): Count(1, 1, 1),
        ("team", "group:1", "first_reply"): Count(1, 1, 1),
    }
    assert (points((), now), points((PENALTY,), then)) == ({}, {("agent", "an", "overdue"): 2})


def test_sums_of_parts_are_the_sum_of_the_whole(timelines: ModuleType, sides: tuple[Side, Side]) -> None:
    _, _, once = tried(timelines, sides, SLOW)
    _, _, twice = tried(timelines, sides, SLOW)
    twice.merge(once)
    assert twice.counts["agent", "an", "first_reply"] == Count(2, 2, 2)
    assert twice.held == {("overdue", "an", "2025-06"): (2, 2)}


def test_what_is_the_same_on_both_sides_excluded_or_outside_the_span_makes_no_difference(
    timelines: ModuleType, sides: tuple[Side, Side]
) -> None:
    quick = "06-09 09:00 customer opens\n 06-09 09:10 an replies"
    assert tried(timelines, sides, quick)[0] is False
    differs, now, then = tried(timelines, sides, SLOW, own=True)
    assert (differs, now.counts, then.counts) == (False, {}, {})
    differs, now, then = tried(timelines, sides, SLOW.replace("06-09", "05-09"))
    assert (differs, now.counts, then.held) == (False, {}, {})


def test_what_was_exempted_is_neither_judged_nor_late(timelines: ModuleType, sides: tuple[Side, Side]) -> None:
    _, now, then = tried(timelines, sides, SLOW, exempt=frozenset({"first_reply"}))
    assert now.counts["agent", "an", "first_reply"] == Count(0, 0, 0)
    assert then.counts["agent", "an", "first_reply"] == Count(0, 0, 0)


def test_steps_that_would_fall_due_are_counted_with_whom_they_are_for_and_what_they_do(
    timelines: ModuleType,
) -> None:
    """The same step on both sides is still a difference, where it does something else on the ticket."""
    t = timelines
    quiet = {"level": 1, "after": "30m", "notify": ["team_lead"]}
    loud = {**quiet, "note": True, "assign": "l2", "raise_priority": True, "add_tags": ["late", "l2"]}

    def side(step: dict[str, object]) -> Side:
        follow = {"on": {"clock": "first_reply"}, "steps": [step], "repeat": {"every": "10m", "most": 1}}
        policy = t.policy(t.first_reply("30m", time="calendar"), escalations=[follow])
        return Side(compiled([*t.USUAL, t.edition("policies", policy)]))

    differs, now, then = tried(t, (side(quiet), side(loud)), SLOW)
    assert differs
    does = "note,assign:l2,raise_priority,add_tags:late l2"
    assert now.steps == {
        (scope, whom, "first_reply", step, "team_lead", ""): 1
        for scope, whom in (("agent", "an"), ("team", "group:1"))
        for step in ("escalation:1", "repeat:1")
    }
    assert {key[5] for key in then.steps} == {does}
    assert tried(t, (side(quiet), side(quiet)), SLOW)[0] is False
    then.merge(then)
    assert then.steps["agent", "an", "first_reply", "escalation:1", "team_lead", does] == 2


def test_a_step_of_a_policy_that_the_ticket_left_since_is_counted_without_what_it_was_for(
    timelines: ModuleType,
) -> None:
    t = timelines
    follow = {"on": {"clock": "first_reply", "policy": "urgent"}, "steps": [{"level": 1, "notify": ["manager"]}]}
    clock = t.first_reply({"any": "30m"}, time="calendar")
    document = {
        "policies": [
            {"id": "urgent", "when": {"all": [{"priority": ["urgent"]}]}, "clocks": [clock], "calendar": "ticket"},
            {"id": "rest", "clocks": [clock]},
        ],
        "escalations": [follow],
    }
    side = Side(compiled([*t.USUAL, t.edition("policies", document)]))
    story = """
    06-09 09:00 customer opens assignee=an group=1 priority=urgent
    06-09 09:40 priority becomes low
    06-09 10:30 an replies
    """
    _, now, _ = tried(t, (side, side), story)
    assert now.steps == {
        ("agent", "an", "first_reply", "escalation:1", "", ""): 1,
        ("team", "group:1", "first_reply", "escalation:1", "", ""): 1,
    }
    policies = side.rulebook.policies.at(0)
    assert (policies.step("none", "first_reply", "escalation:1"), policies.step("rest", "none", "x")) == (None, None)
