"""What a ticket's own fields should show: its next due time, whether it is overdue, and its two final figures."""

from collections.abc import Mapping

from kpi_engine.measurement import Clock, ClockState, Measurement
from kpi_engine.records import FieldValue
from kpi_engine.statistics import half_up

FIELD_KEYS = ("due_at", "overdue", "overdue_clock", "escalation_level", "first_reply_minutes", "resolution_minutes")
_MINUTE = 60


def live_fields(measurement: Measurement) -> dict[str, FieldValue]:
    """Return the wanted value of every ticket field; None is empty, `overdue_clock` names clocks by key.

    Values change on a transition only, never because time passed; `due_at` is cut to whole minutes, all that helpdesks
    show. A ticket that counts nowhere shows nothing.
    """
    due = [clock.due_at - clock.due_at % _MINUTE for clock in measurement.clocks if clock.due_at is not None]
    over = [clock for clock in measurement.clocks if clock.state is ClockState.BREACHED_OPEN]
    # Backwards, so that the first stays: the first reply is written once, though a reopening may ask for another one.
    seconds = {line.indicator: line.numerator for line in reversed(measurement.lines)}
    return {
        "due_at": min(due, default=None),
        "overdue": bool(over),
        "overdue_clock": ",".join(clock.clock for clock in over) or None,
        "escalation_level": _escalation_level(measurement, over),
        "first_reply_minutes": _minutes(seconds, "first_reply"),
        "resolution_minutes": _minutes(seconds, "full_resolution"),
    }


def _escalation_level(measurement: Measurement, over: list[Clock]) -> int | None:
    open_instances = {(clock.clock, clock.instance) for clock in over}
    levels = [f.level for f in measurement.firings if (f.clock, f.instance) in open_instances]
    return max(levels, default=0) or None


def _minutes(seconds: Mapping[str, int], indicator: str) -> int | None:
    return half_up(seconds[indicator], _MINUTE) if indicator in seconds else None
