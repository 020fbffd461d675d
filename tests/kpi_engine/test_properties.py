"""What holds for every history."""

import os
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kpi_engine.indicators import INDICATORS
from kpi_engine.ledger import Entry, EntryKind, settle, standing
from kpi_engine.measure import measure
from kpi_engine.measurement import Measurement
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.records import TicketEvent
from kpi_engine.reduce import Question, Scope, cells, lines_in

MORE = int(os.environ.get("HELPDESK_KPI_EXAMPLES", "1"))  # times the usual number of histories
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
OF_THEIR_OWN = ("assignee", "group", "schedule", "brand")  # changes that do not touch one another
ADDITIVE = [indicator for indicator in INDICATORS.values() if indicator.additive]


def every(examples: int) -> Any:  # noqa: ANN401 -- a decorator
    return settings(max_examples=examples * MORE, deadline=None, suppress_health_check=SLOW)


@every(150)
@given(st.data())
def test_measuring_step_by_step_along_wake_at_ends_where_measuring_once_does(
    timelines: ModuleType, data: st.DataObject
) -> None:
    world = data.draw(timelines.worlds())
    assume(world.as_of > world.history.latest.created_at)
    rulebook, ledger = world.rulebook, list[Entry]()
    step = measure(world.history, rulebook, world.history.latest.created_at)
    while step.wake_at is not None and step.wake_at < world.as_of:
        assert step.wake_at >= step.as_of
        asleep = measure(world.history, rulebook, data.draw(st.integers(step.as_of, step.wake_at)))
        assert timelines.same_answers(asleep) == timelines.same_answers(step)
        assert asleep.wake_at == step.wake_at
        ledger += settle(ledger, step.firings, step.as_of)
        step = measure(world.history, rulebook, step.wake_at + 1)
    once = measure(world.history, rulebook, world.as_of)
    assert timelines.same_answers(step) == timelines.same_answers(once)
    ledger += settle(ledger, once.firings, once.as_of)
    assert {entry.kind for entry in ledger} <= {EntryKind.FIRED}
    noted = {(entry.clock, entry.instance, entry.step, entry.at) for entry in standing(ledger).values()}
    assert noted == {(firing.clock, firing.instance, firing.step, firing.at) for firing in once.firings}


@every(100)
@given(st.data())
def test_what_is_not_yet_known_changes_nothing_but_when_to_look_again(
    timelines: ModuleType, data: st.DataObject
) -> None:
    world = data.draw(timelines.worlds(whole=True))
    unheard = (event for event in world.history.events if event.at > world.as_of and event.field == "brand")
    brand = next((event.old for event in unheard), world.history.latest.brand_id)
    known = replace(
        timelines.snapshot_of(world.history, brand_id=brand),
        events=tuple(event for event in world.history.events if event.at <= world.as_of),
        ratings=tuple(rating for rating in world.history.ratings if rating.at <= world.as_of),
    )
    rulebook = world.rulebook
    foreseen, unforeseen = measure(world.history, rulebook, world.as_of), measure(known, rulebook, world.as_of)
    assert timelines.same_answers(foreseen) == timelines.same_answers(unforeseen)


@every(100)
@given(st.data())
def test_the_order_of_unrelated_changes_within_a_second_does_not_matter(
    timelines: ModuleType, data: st.DataObject
) -> None:
    world = data.draw(timelines.worlds(whole=True))
    ranks = {field: rank for rank, field in enumerate(data.draw(st.permutations([*OF_THEIR_OWN, None])))}
    shuffled = sorted(world.history.events, key=lambda event: (event.at, rank_of(event, ranks)))
    renumbered = tuple(replace(event, position=place) for place, event in enumerate(shuffled))
    rulebook = world.rulebook
    told, otherwise = (
        measure(history, rulebook, world.as_of)
        for history in (world.history, replace(world.history, events=renumbered))
    )
    assert timelines.same_answers(told) == timelines.same_answers(otherwise)


def rank_of(event: TicketEvent, ranks: dict[str | None, int]) -> int:
    if event.kind == "opened_with":
        return -1
    return ranks[event.field if event.field in OF_THEIR_OWN else None]


def counts(measurements: Sequence[Measurement], scope: Scope, instant: int) -> dict[str, dict[str | None, float]]:
    """Return the value of every additive indicator by subject, over the week of an instant."""
    period = period_at(PeriodKind.WEEK, "Asia/Ho_Chi_Minh", instant)
    question = Question(scope, "acme", period, instant, {})
    return {
        indicator.key: {
            subject: found.value or 0.0
            for subject, found in cells(indicator, lines_in(indicator, measurements, period, instant), question).items()
        }
        for indicator in ADDITIVE
    }


@every(40)
@given(st.data())
def test_counts_add_up_over_agents_and_over_teams_nobody_included(timelines: ModuleType, data: st.DataObject) -> None:
    worlds = data.draw(st.lists(timelines.worlds(), min_size=1, max_size=4))
    measurements = [measure(world.history, world.rulebook, world.as_of) for world in worlds]
    instant = worlds[0].as_of
    whole = {key: sum(found.values()) for key, found in counts(measurements, Scope.ACCOUNT, instant).items()}
    for scope in (Scope.AGENT, Scope.TEAM):
        assert {key: sum(found.values()) for key, found in counts(measurements, scope, instant).items()} == whole


@every(40)
@given(st.data())
def test_excluding_a_ticket_never_raises_a_count(timelines: ModuleType, data: st.DataObject) -> None:
    worlds = data.draw(st.lists(timelines.worlds(), min_size=1, max_size=4))
    instant = worlds[0].as_of
    before = [measure(world.history, world.rulebook, world.as_of) for world in worlds]
    tagged = timelines.snapshot_of(worlds[0].history, tags=("internal",))
    after = [measure(tagged, worlds[0].rulebook, instant), *before[1:]]
    for scope in Scope:
        more, fewer = counts(before, scope, instant), counts(after, scope, instant)
        for key, found in fewer.items():
            assert all(value <= more[key].get(subject, 0.0) for subject, value in found.items())
    assert counts(after[:1], Scope.ACCOUNT, instant) == {indicator.key: {} for indicator in ADDITIVE}
