"""Whatever a ticket comes to say later, of what is frozen it goes on saying what it said."""

from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kpi_engine.indicators import INDICATORS
from kpi_engine.measure import measure
from kpi_engine.measurement import Measurement
from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.reduce import Window, lines_of
from sync.settling import Frozen, Segment, late_changes
from sync.store import Reading
from sync.store.readings import DAY, written

if TYPE_CHECKING:
    from sync.account import Account

pytestmark = pytest.mark.untraced

ALL_FOUND = cast("Account", SimpleNamespace(name="", store=SimpleNamespace(readings=SimpleNamespace(of=lambda *_: []))))
"""An account whose store need not be asked for readings that were kept and are not found any more."""

drawn = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def told_twice(timelines: ModuleType, data: st.DataObject) -> tuple[Any, Measurement, Measurement]:
    """Draw a ticket as one pass knew it, and what a later pass, of any other past of it, says of it."""
    earlier, later = data.draw(timelines.worlds()), data.draw(timelines.worlds())
    together = [replace(world, editions=earlier.editions, as_of=earlier.as_of) for world in (earlier, later)]
    first, second = (measure(world.history, world.rulebook, world.as_of) for world in together)
    more = data.draw(st.booleans())  # often the later pass says all that the earlier one said, and more
    return together[0], first, replace(second, lines=(*first.lines, *second.lines)) if more else second


def said_of(period: Period, measurements: Any, world: Any) -> list[tuple[object, ...]]:  # noqa: ANN401 -- of a test
    """Return all that figures of a period are made of."""
    window = Window(period, world.as_of, world.rulebook)
    lines = [line for each in measurements for line in lines_of(each, INDICATORS, window)]
    return sorted(
        [(line.indicator, line.stamp, line.numerator, line.denominator, line.part) for line in lines], key=repr
    )


@drawn
@given(st.data())
def test_no_figure_of_a_settled_period_changes_without_a_correction(timelines: ModuleType, data: st.DataObject) -> None:
    world, before, now = told_twice(timelines, data)
    period = period_at(PeriodKind.DAY, timelines.VIETNAM, data.draw(st.sampled_from(world.moments)))
    assume(period.end <= world.as_of)
    late = late_changes({"1": before}, [now], period.end)
    kept = {each.measurement.ticket_id: [replace(each, number=1)] for each in late}
    frozen = Frozen(ALL_FOUND, [Segment(period.start, period.end, 0)], kept)
    assert said_of(period, frozen.over([now]), world) == said_of(period, [before], world)


@drawn
@given(st.data())
def test_days_of_which_the_same_is_kept_hold_no_late_change(timelines: ModuleType, data: st.DataObject) -> None:
    world, before, now = told_twice(timelines, data)
    last = data.draw(st.sampled_from(world.moments)) // DAY
    said = [
        {day: number for day, number in written(Reading(measurement=each, live={})).days.items() if day <= last}
        for each in (before, now)
    ]
    late = list(late_changes({"1": before}, [now], (last + 1) * DAY))
    assert bool(late) == (said[0] != said[1])
