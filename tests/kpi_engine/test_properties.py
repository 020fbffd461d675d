"""What holds for every history."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kpi_engine.history import History
from kpi_engine.indicators import INDICATORS
from kpi_engine.ledger import Entry, EntryKind, settle, standing
from kpi_engine.measure import measure
from kpi_engine.measurement import Measurement
from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.records import TicketEvent
from kpi_engine.reduce import Scope

pytestmark = pytest.mark.untraced

MORE = max(1, int(os.environ.get("HELPDESK_KPI_EXAMPLES", "0")) // 1000)  # times the usual number of histories
DRAWN_AFRESH = (
    "HELPDESK_KPI_EXAMPLES" in os.environ
)  # else every run draws the same: a find belongs to who looks for it
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
OF_THEIR_OWN = ("assignee", "group", "schedule", "brand")  # changes that do not touch one another
ADDITIVE = [key for key, indicator in INDICATORS.items() if indicator.additive]
SIGNED = {"net_flow"}  # what is solved lowers it
PLACES = {
    Scope.AGENT: 2,
    Scope.TEAM: 3,
    Scope.PRIORITY: 4,
    Scope.SEGMENT: 5,
    Scope.CHANNEL: 10,
    Scope.SEVERITY: 12,
}  # in the oracle's lines


def every(examples: int) -> Any:  # noqa: ANN401 -- a decorator
    return settings(
        max_examples=examples * MORE, derandomize=not DRAWN_AFRESH, deadline=None, suppress_health_check=SLOW
    )


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
    known = known_by(timelines, world.history, world.as_of)
    rulebook = world.rulebook
    foreseen, unforeseen = measure(world.history, rulebook, world.as_of), measure(known, rulebook, world.as_of)
    assert timelines.same_answers(foreseen) == timelines.same_answers(unforeseen)


def known_by(timelines: ModuleType, history: History, instant: int) -> History:
    """Return what was known of a ticket at an instant."""
    later = [event for event in history.events if event.at > instant]
    # What the snapshot alone tells of, it tells as it is now; policies, and whose figure it is, may go by any of it.
    assume(not any(event.field == "requester" or (event.field or "").startswith("field:") for event in later))
    brand = next((event.old for event in later if event.field == "brand"), history.latest.brand_id)
    return replace(
        timelines.snapshot_of(history, brand_id=brand),
        events=tuple(event for event in history.events if event.at <= instant),
        ratings=tuple(rating for rating in history.ratings if rating.at <= instant),
        derived=tuple(derived for derived in history.derived if derived.at <= instant),
    )


@every(60)
@given(st.data())
def test_measuring_event_by_event_and_whenever_it_wakes_fires_just_what_measuring_once_does(
    timelines: ModuleType, data: st.DataObject
) -> None:
    """Each measurement knows only what had happened by then; nothing that fired is ever taken back."""
    world = data.draw(timelines.worlds(whole=True))
    history, rulebook, ledger = world.history, world.rulebook, list[Entry]()
    happened = {each.at for each in (*history.events, *history.ratings, *history.derived)} | {world.as_of}
    woken: int | None = None
    for instant in sorted(at for at in happened if history.latest.created_at <= at <= world.as_of):
        while woken is not None and woken < instant:
            step = measure(known_by(timelines, history, woken + 1), rulebook, woken + 1)
            ledger += settle(ledger, step.firings, step.as_of)
            woken = step.wake_at
        step = measure(known_by(timelines, history, instant), rulebook, instant)
        ledger += settle(ledger, step.firings, step.as_of)
        woken = step.wake_at
    once = measure(history, rulebook, world.as_of)
    assert {entry.kind for entry in ledger} <= {EntryKind.FIRED}
    assert all(entry.recorded_as_of <= entry.at + 1 for entry in ledger), "it woke when something fell due, not later"
    noted = {(entry.clock, entry.instance, entry.step, entry.at) for entry in standing(ledger).values()}
    assert noted == {(firing.clock, firing.instance, firing.step, firing.at) for firing in once.firings}


@every(100)
@given(st.data())
def test_the_order_of_unrelated_changes_within_a_second_does_not_matter(
    timelines: ModuleType, data: st.DataObject
) -> None:
    world = data.draw(timelines.worlds(whole=True))
    assume('"start": "assigned"' not in json.dumps(world.plain))  # there, who is given a ticket matters to a reply
    ranks = {field: rank for rank, field in enumerate(data.draw(st.permutations([*OF_THEIR_OWN, None])))}
    together = [at_once(event, world.history.latest.created_at) for event in world.history.events]
    shuffled = sorted(together, key=lambda event: (event.at, rank_of(event, ranks)))
    renumbered = tuple(replace(event, position=place) for place, event in enumerate(shuffled))
    rulebook = world.rulebook
    told, otherwise = (
        measure(replace(world.history, events=events), rulebook, world.as_of)
        for events in (tuple(together), renumbered)
    )
    assert timelines.same_answers(told) == timelines.same_answers(otherwise)


def at_once(event: TicketEvent, created_at: int) -> TicketEvent:
    """Return what happened after the creation with whatever else happened in the same three hours."""
    return replace(event, at=max(event.at // 10_800 * 10_800, created_at + 1)) if event.at > created_at else event


def rank_of(event: TicketEvent, ranks: dict[str | None, int]) -> int:
    if event.kind == "opened_with":
        return -1
    return ranks[event.field if event.field in OF_THEIR_OWN else None]


def counts(
    timelines: ModuleType,
    measurements: Sequence[Measurement],
    world: Any,  # noqa: ANN401 -- a World
    scope: Scope,
) -> dict[str, dict[str | None, float]]:
    """Return the value of every additive indicator by subject, over the quarter of a world's instant."""
    rulebook, as_of = world.rulebook, world.as_of
    return {
        key: {
            subject: found.value or 0.0
            for subject, found in timelines.figures_of(key, measurements, rulebook, as_of, scope).items()
        }
        for key in ADDITIVE
    }


OF_TICKETS = {key: row for key, row in INDICATORS.items() if not row.borrows}
"""The indicators that are made of tickets' own lines."""


def drawn_together(timelines: ModuleType, data: st.DataObject) -> tuple[list[Any], list[Measurement]]:
    """Draw some tickets of one account: they share the rules and the instant of the first."""
    worlds = data.draw(st.lists(timelines.worlds(), min_size=1, max_size=4))
    first = worlds[0]
    together = [replace(world, editions=first.editions, as_of=first.as_of) for world in worlds]
    return together, [measure(world.history, world.rulebook, world.as_of) for world in together]


@every(40)
@given(st.data())
def test_counts_add_up_over_agents_and_over_teams_nobody_included(timelines: ModuleType, data: st.DataObject) -> None:
    worlds, measurements = drawn_together(timelines, data)
    found = {scope: counts(timelines, measurements, worlds[0], scope) for scope in Scope}
    whole = {key: sum(values.values()) for key, values in found[Scope.ACCOUNT].items()}
    for scope in Scope:
        sums = {key: sum(values.values()) for key, values in found[scope].items()}
        assert sums == pytest.approx(whole), scope


@every(40)
@given(st.data())
def test_excluding_a_ticket_never_raises_a_count(timelines: ModuleType, data: st.DataObject) -> None:
    worlds, before = drawn_together(timelines, data)
    tagged = timelines.snapshot_of(worlds[0].history, tags=("internal",))
    after = [measure(tagged, worlds[0].rulebook, worlds[0].as_of), *before[1:]]
    for scope in Scope:
        more, fewer = (counts(timelines, some, worlds[0], scope) for some in (before, after))
        for key in set(ADDITIVE) - SIGNED:
            assert all(value <= more[key].get(subject, 0.0) + 1e-9 for subject, value in fewer[key].items()), key
    assert not any(counts(timelines, after[:1], worlds[0], Scope.ACCOUNT).values())


@every(20)
@given(st.data())
def test_every_cell_is_what_the_oracle_makes_of_its_lines(
    timelines: ModuleType, oracle: SimpleNamespace, data: st.DataObject
) -> None:
    worlds, measurements = drawn_together(timelines, data)
    as_of, rulebook = worlds[0].as_of, worlds[0].rulebook
    period = period_at(PeriodKind.QUARTER, timelines.VIETNAM, as_of)
    told = [line for world in worlds for line in lines_told(oracle, world, period)]
    scope, place = data.draw(st.sampled_from(list(PLACES.items())))
    for key, row in OF_TICKETS.items():
        cells = timelines.figures_of(key, measurements, rulebook, as_of, scope)
        mine = [line for line in told if line[0] == key]
        assert set(cells) == {line[place] for line in mine}, key
        for subject, cell in cells.items():
            its = [line for line in mine if line[place] == subject]
            expected = oracle.figure(str(row.reduction), its)
            found = (cell.n, cell.numerator, cell.denominator, cell.value)
            pairs = zip(expected, found, strict=True)
            assert all(one is None or other == pytest.approx(one) for one, other in pairs), (key, subject, cell)
            if cell.series is None:
                assert cell.approximate == any(line[oracle.ASSUMED] for line in its), (key, subject, cell)


def lines_told(oracle: SimpleNamespace, world: Any, period: Period) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- a World
    told = oracle.answers(world.history, world.plain, world.as_of)
    lines = [] if told is None else [line for line in told.lines if period.start <= line[oracle.AT] < period.end]
    past = oracle.Past(world.history, world.plain, world.as_of)
    return [*lines, *oracle.held_lines(past, period.start, period.end)]
