from types import ModuleType

import pytest

from kpi_engine.rules import (
    NO_MATCH,
    NO_POLICIES,
    NO_POLICY,
    EscalationKind,
    EscalationStep,
    OnChange,
    Policy,
    Rearm,
    Stage,
    Start,
    Stop,
    parse_policies,
)


def parse_policy(document: dict[str, object]) -> Policy:
    return parse_policies(document).policies[0]


def test_a_policy_document_says_everything_about_a_clock(timelines: ModuleType) -> None:
    t = timelines
    reply = t.first_reply(
        {"urgent": "30m", "normal": "4h", "default": "normal"},
        time={"urgent": "calendar"},
        warn=["90%", "75%"],
        pause_in=["hold"],
    )
    steps = t.escalating("first_reply", (3, "4h"), (1, "0m"), (2, "30m"))
    policy = parse_policy(t.policy(reply, t.resolution("8h", rearm="on_reopen"), escalations=[steps]))
    first, second = policy.clocks
    assert (policy.policy, first.clock, first.is_reply_clock, second.is_reply_clock) == (
        "care",
        "first_reply",
        True,
        False,
    )
    assert first.goals == {"urgent": 1800, "normal": 14_400, "default": 14_400}
    assert [first.in_business_time(priority) for priority in ("urgent", "low", None)] == [False, True, True]
    assert (first.warnings, first.pause_in, first.rearm) == (("90%", "75%"), {"hold"}, Rearm.NEVER)
    assert first.steps == (
        EscalationStep(1, 0),
        EscalationStep(2, 1800, EscalationKind.FUNCTIONAL),
        EscalationStep(3, 14_400),
    )
    assert (second.steps, second.stop, second.rearm) == ((), {Stop.SOLVED}, Rearm.ON_REOPEN)


def test_no_priority_takes_the_default_goal_and_a_priority_left_out_has_none(timelines: ModuleType) -> None:
    (with_default,) = parse_policy(timelines.policy(timelines.first_reply({"high": "1h", "default": "2h"}))).clocks
    (without,) = parse_policy(timelines.policy(timelines.first_reply({"high": "1h"}))).clocks
    assert [with_default.goal(priority) for priority in ("high", "odd", None)] == [3600, None, 7200]
    assert [without.goal(priority) for priority in ("high", "odd", None)] == [3600, None, None]
    (any_,) = parse_policy(timelines.policy(timelines.first_reply({"high": "1h", "any": "3h"}))).clocks
    assert [any_.goal(priority) for priority in ("high", "odd", None)] == [3600, 10_800, 10_800]


def test_a_clock_may_count_calendar_time_for_every_priority(timelines: ModuleType) -> None:
    (clock,) = parse_policy(timelines.policy(timelines.first_reply("1h", time="calendar"))).clocks
    assert not clock.in_business_time("urgent")
    assert not clock.in_business_time(None)


def test_warnings_and_the_breach_come_in_the_order_they_are_due(timelines: ModuleType) -> None:
    (clock,) = parse_policy(timelines.policy(timelines.first_reply("1h", warn=["-10m", "50%", "-2h"]))).clocks
    assert clock.stages(3600) == (
        Stage("warn:-2h", 0, 0),
        Stage("warn:50%", 0, 1800),
        Stage("warn:-10m", 0, 3000),
        Stage("breach", 0, 3600),
    )
    assert clock.stages(300) is clock.stages(300)


def test_a_document_without_policies_has_no_clocks() -> None:
    assert parse_policies({"version": 1, "policies": []}) == NO_POLICIES == parse_policies({"version": 1})
    assert NO_POLICIES.match(lambda _: ()) == NO_MATCH
    assert NO_POLICIES.at(NO_MATCH) is NO_POLICY


def test_what_a_policy_does_not_say_is_not_done(timelines: ModuleType) -> None:
    bare = {"id": "first_reply", "goal": {"default": "1h"}, "stop": ["agent_public_reply"]}
    (clock,) = parse_policy(timelines.policy(bare)).clocks
    assert (clock.warnings, clock.steps, clock.pause_in, clock.rearm) == ((), (), frozenset(), Rearm.NEVER)
    assert (clock.start, clock.on_change) == (Start.CREATED, OnChange.RECOMPUTE)
    assert clock.in_business_time(None)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"policies": "none"}, "policies: a list is needed, not 'none'"),
        ({"policies": ["care"]}, "policies.0: a mapping is needed, not 'care'"),
        ({"policies": [{"id": "x", "clocks": [1]}]}, "policies.0.clocks: a mapping is needed, not 1"),
        ({"policies": [{"id": "x", "clocks": [{"id": "c", "goal": "1h"}]}]}, "c.goal: a mapping is needed"),
        (
            {"policies": [{"id": "x", "clocks": [{"id": "c", "goal": {}, "warn": ["15m"]}]}]},
            "a warning is a percentage of the goal or a time before it, not '15m'",
        ),
        (
            {"policies": [{"id": "x", "clocks": [{"id": "c", "goal": {}, "warn": ["-soon"]}]}]},
            "this is no length of time",
        ),
        ({"policies": [{"id": "x"}], "escalations": [{"on": "c"}]}, "escalations.on: a mapping is needed"),
    ],
)
def test_a_policy_that_is_not_understood_is_refused_with_the_place(document: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_policy(document)
