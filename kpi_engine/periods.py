"""Days, ISO weeks, months and quarters of a time zone: the periods that figures are reduced over."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from kpi_engine.calendars import wall_time, zone_named
from kpi_engine.message import message


class PeriodKind(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


_YEAR: Final = "((?:19|20|21)[0-9]{2})"
_LABELS: Final[tuple[tuple[PeriodKind, re.Pattern[str], Callable[..., date]], ...]] = (
    (PeriodKind.DAY, re.compile(_YEAR + r"-([0-9]{2})-([0-9]{2})"), date),
    (PeriodKind.WEEK, re.compile(_YEAR + r"-W([0-9]{2})"), lambda year, week: date.fromisocalendar(year, week, 1)),
    (PeriodKind.MONTH, re.compile(_YEAR + r"-([0-9]{2})"), lambda year, month: date(year, month, 1)),
    (PeriodKind.QUARTER, re.compile(_YEAR + r"-Q([1-4])"), lambda year, quarter: date(year, 3 * quarter - 2, 1)),
)
# Days from the first of a period that surely lie in the next one.
_LONGEST: Final = {PeriodKind.DAY: 1, PeriodKind.WEEK: 7, PeriodKind.MONTH: 31, PeriodKind.QUARTER: 92}


@dataclass(frozen=True, slots=True)
class Period:
    """A period of local time in an IANA zone, as the instants [start, end); its label names it for people."""

    kind: PeriodKind
    zone: str
    start: int
    end: int
    label: str  # 2026-11-22, 2026-W47, 2026-11, 2026-Q4

    def previous(self) -> "Period":
        """Return the period of the same kind that ends where this one starts."""
        return period_at(self.kind, self.zone, self.start - 1)

    def next(self) -> "Period":
        """Return the period of the same kind that starts where this one ends."""
        return period_at(self.kind, self.zone, self.end)


def period_at(kind: PeriodKind, zone: str, instant: int) -> Period:
    """Return the period that an instant lies in; ValueError for an unknown zone."""
    first = _first_day(kind, wall_time(zone_named(zone), instant).date())
    period = _period(kind, zone, first)
    # Where clocks go back across midnight the evening's date is shown again: those minutes belong to the day begun.
    return period if instant < period.end else _period(kind, zone, _day_after(kind, first))


def period_named(label: str, zone: str) -> Period:
    """Return the period of a label such as 2026-11-22, 2026-W47, 2026-11 or 2026-Q4; ValueError for any other text."""
    try:
        kind, first = _read(label.strip().upper())
    except ValueError as error:
        raise ValueError(
            message(
                "“{label}” is not a period; write a day (2026-11-22), an ISO week (2026-W47), a month (2026-11) "
                "or a quarter (2026-Q4), from 1900 to 2199.",
                label=label,
            )
        ) from error
    return _period(kind, zone, first)


def periods_between(kind: PeriodKind, zone: str, start: int, end: int) -> tuple[Period, ...]:
    """Return the periods, in order, that share an instant with [start, end)."""
    return tuple(_periods_from(kind, zone, start, end))


def _periods_from(kind: PeriodKind, zone: str, start: int, end: int) -> Iterator[Period]:
    at = start
    while at < end:
        period = period_at(kind, zone, at)
        yield period
        at = period.end


def _period(kind: PeriodKind, zone: str, first: date) -> Period:
    start, end = _start_of(first, zone), _start_of(_day_after(kind, first), zone)
    return Period(kind, zone, start, end, _label(kind, first))


def _read(label: str) -> tuple[PeriodKind, date]:
    for kind, pattern, first_day in _LABELS:
        if match := pattern.fullmatch(label):
            return kind, first_day(*map(int, match.groups()))
    raise ValueError(label)


def _first_day(kind: PeriodKind, day: date) -> date:
    match kind:
        case PeriodKind.DAY:
            return day
        case PeriodKind.WEEK:
            return day - timedelta(days=day.weekday())
        case PeriodKind.MONTH:
            return day.replace(day=1)
        case _:  # a quarter
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _day_after(kind: PeriodKind, first: date) -> date:
    return _first_day(kind, first + timedelta(days=_LONGEST[kind]))


def _label(kind: PeriodKind, first: date) -> str:
    match kind:
        case PeriodKind.DAY:
            return first.isoformat()
        case PeriodKind.WEEK:
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02}"
        case PeriodKind.MONTH:
            return f"{first.year}-{first.month:02}"
        case _:  # a quarter
            return f"{first.year}-Q{(first.month + 2) // 3}"


def _start_of(day: date, zone: str) -> int:
    """Return the first instant whose local date is `day` (or later, where clocks skipped the day)."""
    place = zone_named(zone)
    midnight = datetime.combine(day, time())
    before, after = (int(midnight.replace(tzinfo=place, fold=fold).timestamp()) for fold in (0, 1))
    # A midnight shown twice: before < after, the first counts. One skipped: after < before, and the clocks jump
    # somewhere between the two. On all other days both are the same and there is nothing to search.
    skipped = range(after, before)
    return min(before, after) + bisect_left(skipped, midnight, key=lambda at: wall_time(place, at))
