"""What escalations of ours did on a ticket: nobody's doing, and no reason for any clock to start or end."""

from dataclasses import replace
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_engine.compiling import compiled
from kpi_engine.history import History
from kpi_engine.measure import measure
from kpi_engine.measurement import Measurement
from kpi_engine.own_writes import OwnWrite, told_apart
from kpi_engine.records import EventKind, Field, TicketEvent

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def changed(at: int, field: str, old: str | None, new: str | None, **more: Any) -> TicketEvent:  # noqa: ANN401 -- any of its fields
    """Return a change by the admin whose credentials we use."""
    told = {"event_id": f"e{at}", "order": at, "position": 0, "actor_id": "binh", "automatic": False, **more}
    return TicketEvent(ticket_id="1", at=at, kind=EventKind.CHANGED, field=field, old=old, new=new, **told)


def answers(measured: Measurement) -> tuple[object, ...]:
    return measured.lines, measured.clocks, measured.firings, measured.holdings, measured.signs


def test_a_write_explains_the_one_event_it_made_and_no_other() -> None:
    raised = changed(1000, Field.PRIORITY, "normal", "high")
    by_hand = changed(2000, Field.PRIORITY, "high", "urgent")
    write = OwnWrite(Field.PRIORITY, "high", 900, 1010)
    ours, theirs = told_apart([raised, by_hand], [write])
    assert (ours.old, ours.new, ours.automatic, ours.actor_id) == ("normal", "normal", True, None)
    assert theirs == replace(by_hand, old="normal")
    again = changed(1020, Field.PRIORITY, "normal", "high")
    assert list(told_apart([raised, again], [write]))[1].actor_id == "binh"


@pytest.mark.parametrize(
    ("event", "explained"),
    [
        (changed(1000, Field.GROUP, "1", "2"), True),
        (changed(1000, Field.GROUP, "1", "3"), False),
        (changed(1000, Field.STATUS, "1", "2"), False),
        (changed(10, Field.GROUP, "1", "2"), False),
        (changed(9000, Field.GROUP, "1", "2"), False),
        (changed(9000, Field.GROUP, "1", "2", since=1005), True),
        (changed(1000, Field.TAGS, "a b", "a b late"), True),
        (changed(1000, Field.TAGS, "a b late", "a b"), True),
        (changed(1000, Field.TAGS, "a b", "a b late vip"), False),
        (changed(1000, Field.TAGS, "a b", "b a"), False),
        (replace(changed(1000, Field.GROUP, "1", "2"), kind=EventKind.OPENED_WITH), False),
    ],
)
def test_a_write_is_known_by_what_it_changed_and_when(event: TicketEvent, *, explained: bool) -> None:
    writes = [OwnWrite(Field.GROUP, "2", 990, 1010), OwnWrite(Field.TAGS, "late", 990, 1010)]
    (told,) = told_apart([event], writes)
    assert told.event_id.startswith("own:") is explained


def test_a_write_of_unknown_outcome_explains_whatever_comes_later() -> None:
    (told,) = told_apart([changed(90_000, Field.ASSIGNEE, "an", None)], [OwnWrite(Field.ASSIGNEE, None, 990, None)])
    assert told.automatic


def test_whom_we_hand_a_ticket_to_has_it_and_it_is_no_agents_doing(timelines: ModuleType) -> None:
    t = timelines
    told = t.history(
        """
        06-09 09:00 customer opens assignee=an group=1 priority=normal
        06-09 10:00 group becomes 2 by binh, assignee becomes nothing by binh, priority becomes high by binh
        """
    )
    at = t.moment("06-09 10:00")
    idle = t.clock("idle", {"any": "3h"}, stop=["solved"], rearm="on_any_change", time="calendar")
    owned = t.clock("ownership", {"any": "1h"}, start="group_assigned", stop=["group_changed", "solved"],
                    rearm="on_group_change", time="calendar")  # fmt: skip
    rules = t.edition("policies", t.policy(idle, owned, t.resolution({"normal": "9h", "high": "1m"}, time="calendar")))
    book = compiled([*t.USUAL, rules])
    writes = (
        OwnWrite(Field.GROUP, "2", at, at),
        OwnWrite(Field.ASSIGNEE, None, at, at),
        OwnWrite(Field.PRIORITY, "high", at, at),
    )
    own = measure(replace(told, writes=writes), book, at + 60)
    hand = measure(told, book, at + 60)
    assert [line.agent for line in hand.lines if line.indicator == "tickets_touched"] == ["binh"]
    assert [line.agent for line in own.lines if line.indicator == "tickets_touched"] == []
    assert [(each.team, each.agent) for each in own.holdings][-1] == ("group:2", None)
    assert {each.clock: each.instance for each in own.clocks} == {"idle": 1, "ownership": 2, "resolution": 1}
    assert max(each.instance for each in hand.clocks if each.clock == "idle") == 2
    assert {each.goal for each in own.clocks if each.clock == "resolution"} == {9 * 3600}
    assert [each.clock for each in hand.clocks if each.breached_at is not None] == ["resolution"]
    assert [each.clock for each in own.clocks if each.breached_at is not None] == []


def test_a_handover_known_as_a_span_keeps_its_span(timelines: ModuleType) -> None:
    """On a helpdesk without history, what we did is known by the difference of two looks."""
    t = timelines
    told = t.history("06-09 09:00 customer opens assignee=an group=1 priority=normal")
    before = replace(told.latest, begins_as="new")
    now = replace(before, version=9, updated_at=before.updated_at + 900, group_id="2", tags=("late",), priority="high")
    events = tuple(each for each in told.events if each.kind is EventKind.COMMENTED)
    start = before.updated_at + 600
    writes = (
        OwnWrite(Field.GROUP, "2", start, start),
        OwnWrite(Field.TAGS, "late", start, start),
        OwnWrite(Field.PRIORITY, "high", start, start),
    )
    seen = replace(told, snapshots=(before, now), events=events, writes=writes)
    book = compiled([*t.USUAL, t.edition("policies", t.policy(t.resolution({"normal": "9h", "high": "1m"})))])
    found = measure(seen, book, now.updated_at + 60)
    assert [(each.team, each.priority) for each in found.holdings] == [("group:1", "normal"), ("group:2", "normal")]
    assert [each.goal for each in found.clocks] == [9 * 3600]


def held(history: History, field: str, at: int, shown: str | None) -> str | None:
    """Return what a property held at an instant."""
    told = [each for each in history.events if each.field == field]
    before, after = [each.new for each in told if each.at <= at], [each.old for each in told if each.at > at]
    opened = any(each.kind is EventKind.OPENED_WITH for each in history.events)
    if before:
        return before[-1]
    return after[0] if after else (None if opened else shown)


def raised_within(history: History, at: int, chosen: str) -> History:
    """Return the history with a raise and a tag of ours in it, as the helpdesk would tell it."""
    tags = held(history, Field.TAGS, at, " ".join(history.latest.tags))
    priority = held(history, Field.PRIORITY, at, history.latest.priority)
    mine = changed(at, Field.PRIORITY, priority, chosen, event_id="ours", order=10**6)
    tagged = changed(at, Field.TAGS, tags, f"{tags or ''} late", event_id="tagged", order=10**6, position=1)
    events = sorted([*history.events, mine, tagged], key=lambda each: (each.at, each.order, each.position))
    writes = (OwnWrite(Field.PRIORITY, chosen, at, at), OwnWrite(Field.TAGS, "late", at, at))
    return replace(history, events=tuple(events), writes=writes)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=SLOW)
@given(st.integers(0, 2**32))
def test_no_figure_clock_or_firing_goes_by_what_we_raised_and_tagged(timelines: ModuleType, seed: int) -> None:
    """However a ticket lived, and whatever its rules: nothing fires again for it, and nobody becomes late by it."""
    pick = Random(seed).choice
    world = timelines.a_world(pick, whole=True)
    opened, last = world.history.latest.created_at, world.as_of
    at = pick(range(opened + 1, max(opened + 2, last)))
    by_hand = [each for each in world.history.events if each.field in (Field.PRIORITY, Field.TAGS)]
    if any(abs(each.at - at) <= 400 for each in by_hand):
        return  # which of two that say the same was ours, nobody could tell
    with_ours = raised_within(world.history, at, "urgent")
    assert answers(measure(with_ours, world.rulebook, last)) == answers(measure(world.history, world.rulebook, last))
