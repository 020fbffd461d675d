"""Random histories: the engine's answers are the naive oracle's."""

import os
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_engine.live import live_fields
from kpi_engine.measure import measure
from kpi_engine.measurement import Certainty, Clock, CreditLine, Firing, Measurement

MORE = int(os.environ.get("HELPDESK_KPI_EXAMPLES", "1"))  # times the usual number of histories
KNOWN = {
    "created", "solved", "first_reply", "first_reply_calendar", "full_resolution", "full_resolution_calendar",
    "overdue_count", "satisfaction_rate",
}  # fmt: skip
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def line(said: CreditLine) -> tuple[object, ...]:
    fraction = (said.numerator, said.denominator)
    guessed = said.certainty is Certainty.APPROXIMATE
    return said.indicator, said.part, said.agent, said.team, said.priority, said.at, *fraction, guessed


def clock(said: Clock) -> tuple[object, ...]:
    return (
        said.clock, said.instance, said.started_at, said.stopped_at, said.goal or None, said.elapsed, said.due_at,
        said.breached_at, str(said.state), said.paused, said.agent, said.team, said.certainty is Certainty.APPROXIMATE,
    )  # fmt: skip


def firing(said: Firing) -> tuple[object, ...]:
    return said.clock, said.instance, said.step, said.level, said.at, said.agent, said.team


def held_at(measurement: Measurement, instant: int) -> tuple[object, ...] | None:
    for holding in measurement.holdings:
        if holding.start <= instant and (holding.end is None or instant < holding.end):
            return holding.agent, holding.team, str(holding.status), holding.priority
    return None


@settings(max_examples=300 * MORE, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_every_answer_is_the_naive_oracles(timelines: ModuleType, oracle: ModuleType, data: st.DataObject) -> None:
    world = data.draw(timelines.worlds())
    measurement = measure(world.history, world.rulebook, world.as_of)
    expected = oracle.answers(world.history, world.plain, world.as_of)
    assert (measurement.excluded is not None) == (expected is None)
    if expected is not None:
        lines = [line(said) for said in measurement.lines if said.indicator in KNOWN]
        assert sorted(lines, key=repr) == expected.lines
        assert [clock(said) for said in measurement.clocks] == expected.clocks
        assert [firing(said) for said in measurement.firings] == expected.firings
        assert live_fields(measurement) == expected.live


@settings(max_examples=150 * MORE, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_the_backlog_of_any_past_instant_is_the_naive_oracles(
    timelines: ModuleType, oracle: ModuleType, data: st.DataObject
) -> None:
    world = data.draw(timelines.worlds())
    measurement = measure(world.history, world.rulebook, world.as_of)
    instants = {event.at + shift for event in world.history.events for shift in (-1, 0, 1)} | {world.as_of}
    for instant in sorted(instant for instant in instants if instant <= world.as_of):
        expected = oracle.backlog(world.history, world.plain, world.as_of, instant)
        assert held_at(measurement, instant) == expected, timelines.told(instant, world.zone)


@pytest.mark.parametrize("name", ["vn", "york", "berlin", "howe", "always", "holidays"])
def test_the_oracle_knows_the_same_hours_as_the_wall(timelines: ModuleType, oracle: ModuleType, name: str) -> None:
    """A check of the oracle by hand: the working hours of one week in each calendar."""
    hours = {"vn": 44, "york": 40, "berlin": 56, "howe": 7 * (140 + 360) / 60, "always": 168, "holidays": 40}
    body, zone, _ = timelines.CALENDARS[name]
    spelled = oracle.json.dumps(body)
    start, end = timelines.moment("06-09 00:00", zone), timelines.moment("06-16 00:00", zone)
    assert oracle.worked(spelled, start, end) == hours[name] * 3600
    assert oracle.worked(spelled, start + 90, end - 30) == oracle.worked(spelled, start, end) - (
        120 if name in ("always", "berlin") else 0
    )
