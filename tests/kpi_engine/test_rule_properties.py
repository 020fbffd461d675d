"""What holds of clocks, firings and the ledger under every policy, those of the whole rule model among them."""

from dataclasses import replace
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kpi_engine.ledger import Entry, EntryKind, settle, standing
from kpi_engine.measure import measure
from kpi_engine.measurement import ClockState, Measurement
from kpi_engine.records import EventKind

pytestmark = pytest.mark.untraced

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
SEEN = {"when": {"any": [{"tag": ["complaint"]}]}, "by": ["assignee"], "holds_for": "3h"}
WAITING = {"start": "criteria", "start_when": {"all": [{"status": ["new", "open"]}]}}
LEVELS = [
    {"level": 1, "at": "warn", "after": "5m"},
    {"level": 1},
    {"level": 3, "after": "2h"},
    {"level": 2, "at": "met"},
]
SEVERITY = {
    "scale": ["S1", "S2", "S3"],
    "matrix": {"any": {"any": "S3"}},
    "floor": {"severity": "S1", "when": {"all": [{"tag": ["warranty"]}]}},
}


def richer(t: ModuleType) -> list[dict[str, Any]]:
    """Return policies that use what the usual ones do not."""
    repeated = {"every": "2h", "most": 3, "quiet_outside": "main"}
    watched = {"steps": LEVELS, "calendar": "other", "acknowledgement": SEEN, "repeat": repeated}
    own_time = {"steps": LEVELS, "acknowledgement": {"when": SEEN["when"]}}
    contact = t.clock("contact", {"any": "1h"}, stop=["agent_public_reply"], rearm="sequential", **WAITING)
    again = t.clock("again", {"any": "30m"}, stop=["any_agent_action", "solved"], rearm="on_criteria", **WAITING)
    idle = t.clock("idle", {"any": "3h"}, stop=["solved"], rearm="on_any_change", warn=["50%"])
    part = t.clock(
        "part",
        {"any": "4h", "low": "1wd"},
        stop=["criteria"],
        stop_when={"all": [{"tag": ["vip"]}]},
        rearm="sequential",
    )
    grave = {**t.first_reply("0m", warn=["50%"]), "goal_by": {"severity": {"S1": "15m", "S3": "2wd"}}}
    places = {"first_of": ["organization", "group", "other"]}
    return [
        t.policy(
            t.first_reply({"any": "1wd", "urgent": "30m"}, end_of_day=True, warn=["75%"]),
            t.resolution({"any": "2wd", "high": "4h"}, rearm="continues", end_of_day=True, warn=["-30m"]),
            contact,
            escalations=[{"on": {"clock": "first_reply"}, **watched}, {"on": {"clock": "contact"}, **own_time}],
        ),
        t.several(
            t.meant({"any": [{"complaint": True}, {"status": ["pending"]}]}, again, idle, part, calendar=places),
            t.meant({}, grave, idle, t.resolution({"any": "2h"}, rearm="sequential", pause_when=SEEN["when"])),
            escalations=[{"on": {"clock": "idle"}, **watched}, {"on": {"clock": "resolution"}, **own_time}],
        )
        | {"severity": SEVERITY},
        t.policy(
            t.first_reply({"any": "20m"}, start="handoff", time="calendar"),
            t.clock("untouched", {"any": "1h"}, stop=["any_change"], on_change="freeze", end_of_day=True),
            part,
            escalations=[{"on": {"clock": "untouched"}, **watched}],
        ),
    ]


@st.composite
def richer_worlds(draw: st.DrawFn, timelines: ModuleType) -> Any:  # noqa: ANN401 -- a World
    """Draw a world, made up from a number, that is ruled by those policies, or by one of them after another."""
    pick = Random(draw(st.integers(0, 2**32))).choice
    world, policies = timelines.a_world(pick, whole=True), richer(timelines)
    later = timelines.edition("policies", pick(policies), since=world.history.latest.created_at + 36_000)
    editions = [
        timelines.edition("policies", pick(policies), since=each.valid_from) if each.kind == "policies" else each
        for each in (*world.editions, *([later] if pick((False, True)) else []))
    ]
    return replace(world, editions=tuple(sorted(editions, key=lambda each: each.valid_from or 0)))


def every(examples: int) -> Any:  # noqa: ANN401 -- a decorator
    return settings(max_examples=examples, derandomize=True, deadline=None, suppress_health_check=SLOW)


def fired(measurement: Measurement) -> set[tuple[object, ...]]:
    return {(each.clock, each.instance, each.step, each.at) for each in measurement.firings}


@every(120)
@given(st.data())
def test_firings_are_the_same_whether_looked_for_once_at_the_end_or_at_every_event_and_wake_at(
    timelines: ModuleType, data: st.DataObject
) -> None:
    """And no look ever takes back what an earlier one found: the ledger is only appended to."""
    world = data.draw(richer_worlds(timelines))
    assume(world.as_of > world.history.latest.created_at)
    rulebook, ledger = world.rulebook, list[Entry]()
    instants = {at for at in world.moments if at >= world.history.latest.created_at}
    step = measure(world.history, rulebook, world.history.latest.created_at)
    while step.as_of < world.as_of:
        ledger += settle(ledger, step.firings, step.as_of)
        following = [at for at in instants if at > step.as_of]
        woken = [] if step.wake_at is None else [step.wake_at + 1]
        step = measure(world.history, rulebook, min([*following, *woken, world.as_of]))
    ledger += settle(ledger, step.firings, step.as_of)
    assert {entry.kind for entry in ledger} <= {EntryKind.FIRED}
    noted = {(entry.clock, entry.instance, entry.step, entry.at) for entry in standing(ledger).values()}
    assert noted == fired(measure(world.history, rulebook, world.as_of))


@every(60)
@given(st.data())
def test_nothing_changes_between_one_wake_at_and_the_next(timelines: ModuleType, data: st.DataObject) -> None:
    world = data.draw(richer_worlds(timelines))
    assume(world.as_of > world.history.latest.created_at)
    now = measure(world.history, world.rulebook, world.as_of)
    asleep = world.as_of + 86_400 if now.wake_at is None else now.wake_at
    later = measure(world.history, world.rulebook, data.draw(st.integers(world.as_of, max(world.as_of, asleep))))
    assert fired(later) == fired(now)


@every(80)
@given(st.data())
def test_no_clock_breaches_before_it_was_due(timelines: ModuleType, data: st.DataObject) -> None:
    """What was due, as told right before it, is breached then, unless something happens: never earlier."""
    world = data.draw(richer_worlds(timelines))
    created_at = world.history.latest.created_at
    assume(world.as_of > created_at)
    end = measure(world.history, world.rulebook, world.as_of)
    for clock in end.clocks:
        if clock.breached_at is not None:
            just_before = measure(world.history, world.rulebook, max(created_at, clock.breached_at - 1))
            same = [e for e in just_before.clocks if (e.clock, e.instance) == (clock.clock, clock.instance)]
            assert all(each.breached_at is None for each in same)
            dues = {each.due_at for each in same} - {None}
            assert dues <= {clock.breached_at} or clock.breached_at in turns(world)


def turns(world: Any) -> set[int]:  # noqa: ANN401 -- a World
    """Return the instants at which something happened, or other rules came into force."""
    happened = {each.at for each in (*world.history.events, *world.history.derived)}
    return happened | {each.valid_from for each in world.editions if each.valid_from is not None}


@every(80)
@given(st.data())
def test_a_pause_never_makes_a_ticket_overdue_earlier(timelines: ModuleType, data: st.DataObject) -> None:
    """The same ticket, but waiting for its customer over some stretch in which nothing else happened."""
    t = timelines
    clock = data.draw(
        st.sampled_from(
            [
                t.resolution({"any": "4h"}),
                t.resolution({"any": "2wd"}, end_of_day=True),
                t.resolution({"any": "3h"}, end_of_day=True, warn=["75%"]),
                t.resolution({"any": "1wd"}, time="business"),
                t.resolution({"any": "5h"}, time="calendar"),
            ]
        )
    )
    opened = t.moment("06-05 00:00") + data.draw(st.integers(0, 6 * 86_400))
    begins = opened + data.draw(st.integers(1, 3 * 86_400))
    ends = begins + data.draw(st.integers(1, 3 * 86_400))
    said = [*t.USUAL, t.edition("policies", t.policy(clock))]
    teller, paused = t.Teller(), t.Teller()
    for each in (teller, paused):
        each.tell(opened, ["customer opens"])
    paused.tell(begins, ["status becomes pending"])
    paused.tell(ends, ["status becomes open"])
    as_of = opened + 40 * 86_400
    rulebook = t.compiled(said)
    (plain,) = measure(teller.history(), rulebook, as_of).clocks
    (held,) = measure(paused.history(), rulebook, as_of).clocks
    assert plain.breached_at is not None
    assert held.breached_at is not None
    assert held.breached_at >= plain.breached_at
    assert held.state is plain.state is ClockState.BREACHED_OPEN
    assert paused.events[-1].kind is EventKind.CHANGED
