"""A changed policy: measuring only the tickets it touches comes to what measuring all of them would."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from random import Random
from types import ModuleType
from typing import Any

from kpi_engine.compiling import compiled
from kpi_engine.measure import measure
from kpi_engine.measurement import Measurement
from kpi_engine.rules import parse_policies
from kpi_engine.touching import touches

WORLDS = 250
Document = dict[str, Any]
Pick = Callable[[Any], Any]


def somewhere(pick: Pick, document: Document) -> Document:
    """Return one of a document's clocks."""
    clocks: Document = pick(pick(document["policies"])["clocks"])
    return clocks


def other_goal(pick: Pick, document: Document) -> None:
    clock = somewhere(pick, document)
    goals = clock.get("goal_by", {"": clock.get("goal")})
    words = goals[pick(sorted(goals))]
    words[pick(sorted(words))] = pick(("5m", "45m", "3h", "12h"))


def other_time(pick: Pick, document: Document) -> None:
    somewhere(pick, document)["time"] = pick(("business", "calendar"))


def other_warning(pick: Pick, document: Document) -> None:
    somewhere(pick, document)["warn"] = [pick(("10%", "60%", "-5m"))]


def other_pause(pick: Pick, document: Document) -> None:
    somewhere(pick, document)["pause_in"] = pick(([], ["pending"], ["open", "hold"]))


def one_clock_less(pick: Pick, document: Document) -> None:
    clocks = pick(document["policies"])["clocks"]
    if len(clocks) > 1:
        clocks.remove(pick(clocks))


def one_policy_less(pick: Pick, document: Document) -> None:
    if len(document["policies"]) > 1:
        document["policies"].remove(pick(document["policies"]))


def the_order(pick: Pick, document: Document) -> None:
    document["policies"].sort(key=lambda _: pick(range(9)))


def one_more(pick: Pick, document: Document) -> None:
    when = pick(({"tag": ["vip"]}, {"priority": ["urgent", "low"]}, {"group": ["1"]}, {"channel": ["chat"]}))
    copied = deepcopy(pick(document["policies"]))
    document["policies"].insert(0, {**copied, "id": "new", "when": {"all": [when]}})


def a_step(pick: Pick, document: Document) -> None:
    follows = document.setdefault("escalations", [])
    follows[:] = [each for each in follows if pick((True, False))]
    if pick((True, False)):
        clock = somewhere(pick, document)["id"]
        follows[:] = [each for each in follows if each["on"] != {"clock": clock}]
        follows.append({"on": {"clock": clock}, "steps": [{"level": 7, "after": pick(("0m", "2h"))}]})


def the_floor(pick: Pick, document: Document) -> None:
    document["severity"] = {
        "scale": ["S1", "S2"],
        "matrix": {"any": {"any": "S2"}},
        "floor": {"severity": "S1", "when": {"all": [{"tag": [pick(("vip", "warranty"))]}]}},
    }


CHANGES = (other_goal, other_goal, other_time, other_warning, other_pause, one_clock_less, one_policy_less, the_order,
           one_more, one_more, a_step, the_floor)  # fmt: skip


def answers(t: ModuleType, measurement: Measurement) -> Measurement:
    """Return the answers but for names of editions, and holdings that other rules only cut in two as one."""
    same: Measurement = t.same_answers(measurement)
    holdings: list[Any] = []
    for each in same.holdings:
        last = holdings[-1] if holdings else None
        goes_on = last is not None and replace(last, start=each.start, end=each.end) == each and last.end == each.start
        holdings[-1:] = [replace(last, end=each.end)] if goes_on else [*holdings[-1:], each]
    return replace(
        same,
        clocks=tuple(replace(each, edition="") for each in same.clocks),
        firings=tuple(replace(each, edition="") for each in same.firings),
        lines=tuple(replace(each, stamp=each.stamp._replace(edition="")) for each in same.lines),
        holdings=tuple(holdings),
    )


def test_what_a_changed_policy_does_not_touch_is_as_if_it_had_been_measured_anew(timelines: ModuleType) -> None:
    """Random tickets, under random policies that change at a random instant in one or two random ways."""
    t, seen = timelines, {True: 0, False: 0}
    for seed in range(WORLDS):
        pick = Random(seed).choice
        world = t.a_world(pick, whole=True)
        as_of = pick(world.moments)
        if as_of <= world.history.latest.created_at:
            continue
        told = replace(world.history, events=tuple(each for each in world.history.events if each.at <= as_of))
        before = next(
            each.body for each in reversed(world.editions)
            if each.kind == "policies" and (each.valid_from is None or each.valid_from < as_of)
        )  # fmt: skip
        after = deepcopy(dict(before))
        for _ in range(pick((1, 1, 2))):
            pick(CHANGES)(pick, after)
        editions = [each for each in world.editions if each.valid_from is None or each.valid_from < as_of]
        old, new = compiled(editions), compiled([*editions, t.edition("policies", after, since=as_of)])
        touched = touches(told, parse_policies(before), new, as_of)
        seen[touched] += 1
        if not touched:
            asleep = measure(told, old, as_of)
            assert measure(told, new, as_of).wake_at == asleep.wake_at, seed
            for at in {as_of, as_of + 1, asleep.wake_at or as_of + 90_000}:
                anew, kept = (answers(t, measure(told, each, at)) for each in (new, old))
                assert anew == kept, (seed, at)
    assert min(seen.values()) > WORLDS // 8, seen
