"""Custom clocks against a naive oracle that lives through them minute by minute."""

import os
from collections.abc import Iterator
from random import Random
from types import ModuleType
from typing import Any

import pytest
from kpi_engine_oracle_minutes import DAY, Run, played

pytestmark = pytest.mark.untraced

SEEDS = int(os.environ.get("HELPDESK_KPI_EXAMPLES", "150"))
TAGS = ("start", "stop", "pause", "start+stop", "start+pause", "seen", "seen+start", "nothing")
CLAUSES = (
    *("an replies", "customer writes", "an notes", "group becomes 1", "group becomes 2"),
    *(f"status becomes {word}" for word in ("open", "pending", "hold", "solved")),
    *(f"assignee becomes {word}" for word in ("an", "binh", "robot", "nothing")),
    *(f"severity becomes {word}" for word in ("S1", "S2", "nothing")),
    "customer writes",
    *(f"priority becomes {word}" for word in ("urgent", "normal")),
    *(f"tags becomes {word}" for word in TAGS),
)
FAMILIES: tuple[dict[str, Any], ...] = (
    {"start": "agent_reply", "stop": ["agent_public_reply", "solved"], "rearm": "on_agent_reply"},
    {"start": "criteria", "stop": ["criteria", "solved"], "rearm": "on_criteria"},
    {"start": "criteria", "stop": ["any_agent_action"], "rearm": "never"},
    {"start": "created", "stop": ["any_change"], "rearm": "never"},
    {"start": "created", "stop": ["solved"], "rearm": "on_any_change"},
    {"start": "created", "stop": ["solved"], "rearm": "on_reopen"},
    {"start": "created", "stop": ["solved"], "rearm": "continues"},
    {"start": "assigned", "stop": ["solved", "criteria"], "rearm": "on_reopen"},
    {"start": "group_assigned", "stop": ["group_changed", "solved"], "rearm": "on_group_change"},
    {"start": "handoff", "stop": ["agent_public_reply"], "rearm": "never"},
    {"start": "handoff", "stop": ["solved"], "rearm": "on_reopen"},
    {"start": "customer_message", "stop": ["any_agent_action", "solved"], "rearm": "on_customer_message"},
    {"start": "customer_message", "stop": ["solved"], "rearm": "on_reopen"},
    {"start": "created", "stop": ["agent_public_reply"], "rearm": "sequential"},
    {"start": "customer_message", "stop": ["any_agent_action", "solved"], "rearm": "sequential"},
    {"start": "criteria", "stop": ["any_agent_action", "solved"], "rearm": "sequential"},
)
NEVER_PAUSED: dict[str, Any] = {"pause_in": [], "pause_when": False}
TAGGED = {name: {"all": [{"tag": [name]}]} for name in ("start", "stop", "pause")}


def a_rule(pick: Any) -> dict[str, Any]:  # noqa: ANN401 -- a Random's choice
    family, days = pick(FAMILIES), pick((True, False, False, False))
    plain = {"pause_in": pick(([], ["pending"], ["pending", "hold"])), "pause_when": pick((False, True))}
    by, word = pick((("priority", "urgent"), ("priority", "urgent"), ("severity", "S1"), ("channel", "chat")))
    goal = {"any": pick(("30m", "2h", "5h", "9h")), **pick(({}, {word: pick(("10m", "3h")), "default": "9h"}))}
    more = {"time": pick(("business", "calendar")), "warn": pick(([], ["50%"], ["-10m", "80%"]))}
    ends = days and pick((False, True))
    if days and family["rearm"] not in ("continues", "sequential"):  # how pauses move such a goal has tests of its own
        goal, plain = {"any": pick(("0wd", "1wd", "2wd", "3h") if ends else ("1wd", "2wd"))}, NEVER_PAUSED
        more = {"time": "business", "warn": [], "end_of_day": ends}
    return {
        **family,
        "by": by,
        "end_of_day": False,
        **plain,
        **more,
        "goal": goal,
        "on_change": pick(("recompute", "freeze")),
    }


def an_escalation(pick: Any) -> dict[str, Any]:  # noqa: ANN401 -- a Random's choice
    steps = pick(([(1, 0)], [(1, 0), (2, 45)], [(2, 20), (3, 200)]))
    more = {"early": pick(([], [(4, 15)])), "met": pick(([], [(5, 30)]))}
    more |= {"calendar": pick((None, None, "vn")), "hold": pick((None, 60, 300))}
    return {"steps": steps, **more, "repeat": {"every": pick((60, 150)), "most": pick((1, 3))}}


def a_story(pick: Any) -> tuple[list[tuple[int, str]], int]:  # noqa: ANN401 -- a Random's choice
    at = pick(range(5)) * DAY + pick(range(DAY))
    events = [(at, pick(("customer opens", "customer opens", "an opens")))]
    for _ in range(pick(range(9))):
        at += pick((1, 7, 30, 60, 61, 240, 500, DAY))
        events.append((at, pick(CLAUSES)))
    return events, at + pick((1, 60, 600, 2 * DAY))


def clause(words: str) -> str:
    return (
        f"{words} status=open priority=normal"
        if words.endswith("opens")
        else words.replace("severity", "field:severity")
    )


def said_by_engine(
    t: ModuleType, rule: dict[str, Any], escalation: dict[str, Any], events: list[tuple[int, str]], as_of: int
) -> list[tuple[object, ...]]:
    midnight = t.moment("06-09 00:00")  # a Monday
    teller = t.Teller()
    for at, words in events:
        teller.tell(midnight + at * 60, [clause(words)])
    named = {
        **({"start_when": TAGGED["start"]} if rule["start"] == "criteria" else {}),
        **({"stop_when": TAGGED["stop"]} if "criteria" in rule["stop"] else {}),
        **({"pause_when": TAGGED["pause"]} if rule["pause_when"] else {}),
    }
    own = {"id": "own", **{key: value for key, value in rule.items() if key not in ("pause_when", "by")}, **named}
    if rule["by"] != "priority":
        own = {**own, "goal": {}, "goal_by": {rule["by"]: rule["goal"]}}
    steps = [
        {"level": level, "at": at, "after": f"{after}m"}
        for at, word in (("breach", "steps"), ("warn", "early"), ("met", "met"))
        for level, after in escalation[word]
    ]
    repeat = {**escalation["repeat"], "every": f"{escalation['repeat']['every']}m", "quiet_outside": "vn"}
    follows = {"on": {"clock": "own"}, "steps": steps, "repeat": repeat}
    follows |= {"calendar": escalation["calendar"]} if escalation["calendar"] else {}
    if escalation["hold"]:
        follows["acknowledgement"] = {"when": {"all": [{"tag": ["seen"]}]}, "holds_for": f"{escalation['hold']}m"}
    rules = [*t.USUAL, t.edition("policies", t.policy(own, escalations=[follows]))]
    found = t.played(teller.history(), rules, midnight + as_of * 60)
    fired: dict[int, dict[str, float]] = {}
    for each in found.measurement.firings:
        fired.setdefault(each.instance, {})[each.step] = (each.at - midnight) / 60
    return [
        (
            (each.started_at - midnight) / 60,
            None if each.breached_at is None else (each.breached_at - midnight) / 60,
            each.elapsed / 60,
            fired.get(each.instance, {}),
        )
        for each in found.clocks("own")
    ]


def said(run: Run) -> tuple[object, ...]:
    """Return what is told of a run; one that ended before it began, began then."""
    return min(run.started, run.started if run.ended is None else run.ended), run.breached, run.elapsed, run.fired


def story_of(seed: int) -> tuple[dict[str, Any], dict[str, Any], list[tuple[int, str]], int]:
    pick = Random(seed).choice
    return a_rule(pick), an_escalation(pick), *a_story(pick)


def chunks() -> Iterator[range]:
    size = max(1, SEEDS // 3)
    yield from (range(first, min(first + size, SEEDS)) for first in range(0, SEEDS, size))


@pytest.mark.parametrize("seeds", list(chunks()), ids=str)
def test_custom_clocks_go_as_whoever_lives_through_them_minute_by_minute_sees_them(
    timelines: ModuleType, seeds: range
) -> None:
    for seed in seeds:
        rule, escalation, events, as_of = story_of(seed)
        expected = [said(run) for run in played(rule, escalation, events, as_of) if run.goal is not None]
        assert said_by_engine(timelines, rule, escalation, events, as_of) == expected, (seed, rule, escalation, events)


# --- Where they differed once, settled by the text ------------------------------------------------------------------

PLAIN: dict[str, Any] = {
    "by": "priority",
    "start": "created",
    "stop": ["solved"],
    "rearm": "never",
    "time": "business",
    "on_change": "recompute",
    "warn": [],
    "end_of_day": False,
    **NEVER_PAUSED,
}
ONCE: dict[str, Any] = {
    "steps": [(1, 0)],
    "early": [],
    "met": [],
    "calendar": None,
    "hold": None,
    "repeat": {"every": 150, "most": 2},
}
FRIDAY, SATURDAY, SUNDAY = 4 * DAY, 5 * DAY, 6 * DAY


def both_say(t: ModuleType, rule: dict[str, Any], events: list[tuple[int, str]], as_of: int) -> list[Run]:
    runs = played(rule, ONCE, events, as_of)
    assert said_by_engine(t, rule, ONCE, events, as_of) == [said(run) for run in runs]
    return runs


@pytest.mark.parametrize(
    ("opened", "goal", "end_of_day", "due"),
    [
        (266, "1wd", False, 1050),  # at 4:26, before the hours: to their end, a whole working day
        (1200, "1wd", False, DAY + 1050),  # in the evening: the end of the next one
        (376, "2wd", True, DAY + 1050),  # to the end of the day on which it is due, which is no later
        (600, "0wd", True, 1050),  # today
        (FRIDAY + 1220, "0wd", True, SATURDAY + 720),  # today is over: tomorrow, Saturday, to noon
        (SUNDAY + 734, "1wd", False, SUNDAY + DAY + 1050),  # on a day off: the whole of the next working day
    ],
)
def test_a_goal_in_days_is_due_by_the_hours_of_its_day_and_after_its_start(
    timelines: ModuleType, opened: int, goal: str, due: int, *, end_of_day: bool
) -> None:
    rule = {**PLAIN, "goal": {"any": goal}, "end_of_day": end_of_day}
    (run,) = both_say(timelines, rule, [(opened, "customer opens")], due + 1)
    assert run.breached == due


def test_a_notice_held_by_a_solve_waits_for_the_end_of_quiet_hours_too(timelines: ModuleType) -> None:
    """Solved over the time at which it fell due, and reopened at noon: the office is at lunch."""
    events = [(480, "customer opens"), (660, "status becomes solved"), (DAY + 760, "status becomes open")]
    rule = {**PLAIN, "rearm": "continues", "goal": {"any": "1h"}}
    (run,) = both_say(timelines, rule, events, DAY + 900)
    assert (run.fired["escalation:1"], run.fired["repeat:1"]) == (540, DAY + 810)


def test_a_clock_that_begins_on_a_solved_ticket_has_no_goal_until_it_is_reopened(timelines: ModuleType) -> None:
    rule = {**PLAIN, "start": "agent_reply", "stop": ["agent_public_reply", "solved"], "goal": {"any": "1h"}}
    events = [
        (480, "customer opens"),
        (490, "status becomes solved"),
        (500, "an replies"),
        (530, "status becomes open"),
    ]
    assert said_by_engine(timelines, rule, ONCE, events, 520) == []
    (run,) = both_say(timelines, rule, events, 600)
    assert (run.started, run.breached) == (500, 590)
