"""Business time: calendars compiled into sorted spans of open seconds, and the arithmetic along them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from operator import sub
from typing import Any, Final, Protocol, Self, TypeAlias
from zoneinfo import ZoneInfo

from kpi_engine.message import message

Spans: TypeAlias = tuple[tuple[int, int], ...]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_A_DAY: Final = 1440

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = 86_400
# No zone of the IANA database has changed its offset twice within less than four days.
_STRIDE: Final = 2 * _DAY


def _new_year(year: int) -> int:
    return (datetime(year, 1, 1, tzinfo=UTC) - _EPOCH) // _SECOND


HORIZON_START: Final = _new_year(1900)
HORIZON_END: Final = _new_year(2200)


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA time zone of that name; ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: a folder of zones, such as "America"
        raise ValueError(
            message("“{zone}” is not an IANA time zone; write a name such as Asia/Ho_Chi_Minh.", zone=name)
        ) from error


def wall_time(zone: ZoneInfo, at: int) -> datetime:
    """Return what the clocks of `zone` show at an instant, as a naive datetime."""
    return (_EPOCH + timedelta(seconds=at)).astimezone(zone).replace(tzinfo=None)


class WorkingTime(Protocol):
    """Time as a clock may count it. Instants are epoch seconds, durations working seconds."""

    @property
    def key(self) -> str:
        """The calendar's key; "" is calendar time."""
        ...

    def between(self, start: int, end: int) -> int:
        """Return the working seconds in [start, end), 0 where end is not after start."""
        ...

    def add(self, start: int, seconds: int) -> int | None:
        """Return the earliest instant from `start` on by which `seconds` were worked; None if that never comes."""
        ...

    def subtract(self, end: int, seconds: int) -> int | None:
        """Return the latest instant up to `end` since which `seconds` were worked; None if there is none."""
        ...

    def is_open(self, at: int) -> bool:
        """Tell whether the second that begins at `at` is worked."""
        ...

    def days_later(self, start: int, days: int) -> int | None:
        """Return the time of day of the first second worked from `start` on, so many working days later."""
        ...

    def end_of_day(self, at: int) -> int | None:
        """Return when the working day ends on which work was going on at `at`, or goes on next."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDefinition:
    """Opening hours as people agree on them; ValueError where they cannot be meant.

    `week` holds seven tuples, Monday first, of (opening, closing) in minutes since that day's local midnight; a
    closing beyond 1440 lies on the next day. A span belongs to the day it opens on: on the dates of `holidays`,
    (first, last) both closed, none opens; on a date of `overrides` those given there open instead, holiday or not.
    """

    key: str
    name: str
    zone: str
    week: tuple[Spans, ...]
    holidays: tuple[tuple[str, str], ...] = ()
    overrides: Mapping[str, Spans] = field(default_factory=dict, hash=False)
    created_at: int | None = None

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if len(self.week) != len(WEEKDAYS):
            raise ValueError(
                message("A week has seven days, Monday first; this one has {count}.", count=len(self.week))
            )
        for day, spans in (*zip(WEEKDAYS, self.week, strict=True), *self.overrides.items()):
            _check_spans(day, spans)
        for first, last in self.holidays:
            _check_holiday(first, last)
        for day in self.overrides:
            _date(day)

    @classmethod
    def from_document(cls, key: str, document: Mapping[str, Any]) -> Self:
        """Return the definition that `document()` wrote; ValueError where the shape is another."""
        try:
            parts = _parts(document)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                message("Calendar “{calendar}” is not written as a calendar: {detail}.", calendar=key, detail=error)
            ) from error
        return cls(key=key, **parts)

    def document(self) -> dict[str, Any]:
        """Return all but the key as JSON values, the same for every order in which the parts were given."""
        return {
            "name": self.name,
            "zone": self.zone,
            "week": [_listed(spans) for spans in self.week],
            "holidays": _listed(self.holidays),
            "overrides": {day: _listed(spans) for day, spans in sorted(self.overrides.items())},
            "created_at": self.created_at,
        }


def _parts(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": document["name"],
        "zone": document["zone"],
        "week": tuple(_pairs(spans) for spans in document["week"]),
        "holidays": _pairs(document.get("holidays", ())),
        "overrides": {day: _pairs(spans) for day, spans in document.get("overrides", {}).items()},
        "created_at": document.get("created_at"),
    }


def _pairs(values: Iterable[Any]) -> tuple[tuple[Any, Any], ...]:
    return tuple((first, last) for first, last in values)


def _listed(pairs: Iterable[tuple[Any, Any]]) -> list[list[Any]]:
    return [list(pair) for pair in sorted(pairs)]


def _check_spans(day: str, spans: Spans) -> None:
    for opening, closing in spans:
        whole = isinstance(opening, int) and isinstance(closing, int)
        if not (whole and 0 <= opening < MINUTES_OF_A_DAY and opening < closing <= 2 * MINUTES_OF_A_DAY):
            raise ValueError(
                message(
                    "{day}: hours from minute {opening} to minute {closing} cannot be; they open at a whole minute "
                    "from 0 to 1439 and close after that, by 2880 (the end of the next day) at the latest.",
                    day=day,
                    opening=opening,
                    closing=closing,
                )
            )


def _check_holiday(first: str, last: str) -> None:
    if _date(first) > _date(last):
        raise ValueError(
            message("The holiday from {first} to {last} ends before it begins; swap the dates.", first=first, last=last)
        )


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        day = None
    if day is None or day.isoformat() != text:  # one day has one spelling, or overrides could contradict each other
        raise ValueError(message("“{date}” is not a date; write it as 2027-02-05.", date=text))
    return day


def _day_number(text: str) -> int:
    return (_date(text) - _EPOCH.date()).days


@dataclass(frozen=True, slots=True)
class _Timeline:
    """A calendar compiled over [start, end).

    `worked` holds the working seconds before each opening and, as its last, those before `end`.
    """

    start: int
    end: int
    openings: tuple[int, ...] = ()
    closings: tuple[int, ...] = ()
    worked: tuple[int, ...] = (0,)

    def worked_until(self, at: int) -> int:
        index = bisect_right(self.openings, at) - 1
        if index < 0:
            return 0
        return self.worked[index] + min(at, self.closings[index]) - self.openings[index]


_NOTHING_COMPILED: Final = _Timeline(HORIZON_END, HORIZON_START)


class Calendar:
    """A definition compiled for arithmetic, a block of years at a time; it never opens outside 1900 to 2199.

    A second is worked iff its local wall time lies in a span: one that the clocks show twice counts both times.
    """

    __slots__ = ("_timeline", "_zone", "definition")

    def __init__(self, definition: CalendarDefinition) -> None:
        self.definition: Final = definition
        self._zone = zone_named(definition.zone)
        self._timeline = _NOTHING_COMPILED

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.definition.key

    def between(self, start: int, end: int) -> int:
        """Return the working seconds in [start, end), 0 where end is not after start."""
        if end <= start:
            return 0
        timeline = self._covering(start, end)
        return timeline.worked_until(end) - timeline.worked_until(start)

    def add(self, start: int, seconds: int) -> int | None:
        """Return the earliest instant from `start` on by which `seconds` were worked; None if that never comes."""
        if seconds <= 0:
            return _unmoved(start, seconds)
        timeline = self._covering(start, start)
        while (goal := timeline.worked_until(start) + seconds) > timeline.worked[-1]:
            if timeline.end == HORIZON_END:
                return None
            timeline = self._covering(timeline.start, 2 * timeline.end - timeline.start)
        index = bisect_left(timeline.worked, goal)
        return timeline.closings[index - 1] - (timeline.worked[index] - goal)

    def subtract(self, end: int, seconds: int) -> int | None:
        """Return the latest instant up to `end` since which `seconds` were worked; None if there is none."""
        if seconds <= 0:
            return _unmoved(end, seconds)
        timeline = self._covering(end, end)
        while (goal := timeline.worked_until(end) - seconds) < 0:
            if timeline.start == HORIZON_START:
                return None
            timeline = self._covering(2 * timeline.start - timeline.end, timeline.end)
        index = bisect_right(timeline.worked, goal) - 1
        return timeline.openings[index] + (goal - timeline.worked[index])

    def is_open(self, at: int) -> bool:
        """Tell whether the second that begins at `at` is worked."""
        timeline = self._covering(at, at)
        index = bisect_right(timeline.openings, at) - 1
        return index >= 0 and at < timeline.closings[index]

    def days_later(self, start: int, days: int) -> int | None:
        """Return the time of day of the first second worked from `start` on, so many working days later.

        A working day is a date on which something opens; None if there are not so many.
        """
        first = self._worked_from(start)
        if first is None:
            return None
        day, second = self._place(first)
        for _ in range(days):
            later = self._next_day(day)
            if later is None:
                return None
            day = later
        return _instant_of(self._zone, day * _DAY + second)

    def end_of_day(self, at: int) -> int | None:
        """Return when the working day ends on which work was going on at `at`, or goes on next.

        A closing belongs to the day it ends; None if nothing opens any more.
        """
        second = at - 1 if self.is_open(at - 1) else self._worked_from(at)
        if second is None:
            return None
        day, _ = self._place(second)
        return _instant_of(self._zone, day * _DAY + 60 * max(closing for _, closing in self._hours_of(day)))

    def _worked_from(self, at: int) -> int | None:
        """Return the first second from `at` on that is worked."""
        done = self.add(at, 1)
        return None if done is None else done - 1

    def _place(self, worked: int) -> tuple[int, int]:
        """Return the working day, counted from 1970-01-01, and the second since its midnight of a second worked."""
        wall = worked + _offset(self._zone, worked)
        day, second = divmod(wall, _DAY)
        opened = any(60 * opening <= second < 60 * closing for opening, closing in self._hours_of(day))
        return (day, second) if opened else (day - 1, second + _DAY)

    def _hours_of(self, day: int) -> Spans:
        """Return the spans, in minutes, that open on a day."""
        date_ = (_EPOCH + timedelta(days=day)).date().isoformat()
        if date_ in self.definition.overrides:
            return self.definition.overrides[date_]
        if any(first <= date_ <= last for first, last in self.definition.holidays):
            return ()
        return self.definition.week[(day + 3) % 7]

    def _next_day(self, day: int) -> int | None:
        last = HORIZON_END // _DAY
        return next((later for later in range(day + 1, last) if self._hours_of(later)), None)

    def _covering(self, start: int, end: int) -> _Timeline:
        # Each caller goes on with the timeline returned: another thread may meanwhile put a different one in place.
        timeline = self._timeline
        if timeline.start <= start and end <= timeline.end:
            return timeline
        first = min(timeline.start, _new_year(_year(start)))
        last = max(timeline.end, _new_year(_year(end) + 1))
        if (first, last) != (timeline.start, timeline.end):  # equal: asked about beyond the horizon
            timeline = self._timeline = _compiled(self.definition, self._zone, first, last)
        return timeline


class CalendarTime:
    """Every second counts, round the clock and for ever."""

    __slots__ = ()
    key: Final = ""

    def between(self, start: int, end: int) -> int:
        """Return the seconds in [start, end), 0 where end is not after start."""
        return max(0, end - start)

    def add(self, start: int, seconds: int) -> int:
        """Return the instant `seconds` after `start`."""
        return _unmoved(start, seconds) if seconds <= 0 else start + seconds

    def subtract(self, end: int, seconds: int) -> int:
        """Return the instant `seconds` before `end`."""
        return _unmoved(end, seconds) if seconds <= 0 else end - seconds

    def is_open(self, at: int) -> bool:  # noqa: ARG002 -- the answer is the same at every instant
        """Tell that the second is worked: all are."""
        return True

    def days_later(self, start: int, days: int) -> int:
        """Return the instant so many times 24 hours later."""
        return start + days * _DAY

    def end_of_day(self, at: int) -> int:
        """Return `at`: days without opening hours end nowhere."""
        return at


ALWAYS: Final[WorkingTime] = CalendarTime()


def _instant_of(zone: ZoneInfo, wall: int) -> int:
    """Return when the clocks of `zone` show a wall time, in seconds since 1970 by them; of two such, the later."""
    naive = (_EPOCH + timedelta(seconds=wall)).replace(tzinfo=zone, fold=1)
    return (naive.astimezone(UTC) - _EPOCH) // _SECOND


def _unmoved(at: int, seconds: int) -> int:
    if seconds < 0:
        raise ValueError(message("A duration cannot be negative: {seconds} seconds.", seconds=seconds))
    return at


def _year(at: int) -> int:
    inside = min(max(at, HORIZON_START), HORIZON_END - 1)
    return (_EPOCH + timedelta(seconds=inside)).year


def _compiled(definition: CalendarDefinition, zone: ZoneInfo, start: int, end: int) -> _Timeline:
    # West of Greenwich it is still the day before, and a span may have opened on the day before that.
    walls = _merged(_wall_spans(definition, start // _DAY - 2, end // _DAY))
    wall_openings = [opening for opening, _ in walls]
    wall_closings = [closing for _, closing in walls]
    openings: list[int] = []
    closings: list[int] = []
    for first, last, offset in _constant_offsets(zone, start, end):
        low, high = first + offset, last + offset
        inside = slice(bisect_right(wall_closings, low), bisect_left(wall_openings, high))
        openings += [max(opening, low) - offset for opening in wall_openings[inside]]
        closings += [min(closing, high) - offset for closing in wall_closings[inside]]
    worked = (0, *accumulate(map(sub, closings, openings)))
    return _Timeline(start, end, tuple(openings), tuple(closings), worked)


def _wall_spans(definition: CalendarDefinition, first_day: int, last_day: int) -> Iterator[tuple[int, int]]:
    """Yield the spans that open on each day, counted from 1970-01-01, in seconds of wall time since then."""
    closed = _holidays(definition, first_day, last_day)
    overrides = {_day_number(text): spans for text, spans in definition.overrides.items()}
    for day in range(first_day, last_day + 1):
        usual = () if day in closed else definition.week[(day + 3) % 7]  # 1970-01-01 was a Thursday
        for opening, closing in overrides.get(day, usual):
            yield day * _DAY + opening * 60, day * _DAY + closing * 60


def _holidays(definition: CalendarDefinition, first_day: int, last_day: int) -> set[int]:
    ranges = ((_day_number(first), _day_number(last)) for first, last in definition.holidays)
    return {day for first, last in ranges for day in range(max(first, first_day), min(last, last_day) + 1)}


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return disjoint spans in order, overlapping and touching ones as one."""
    merged: list[tuple[int, int]] = []
    for opening, closing in sorted(spans):
        if merged and opening <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closing))
        else:
            merged.append((opening, closing))
    return merged


def _constant_offsets(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (first, last, offset): the stretches of [start, end) over which wall time is UTC plus `offset`."""
    first = start
    while first < end:
        last = _offset_end(zone, first, end)
        yield first, last, _offset(zone, first)
        first = last


def _offset_end(zone: ZoneInfo, first: int, end: int) -> int:
    offset = _offset(zone, first)
    for low in range(first, end, _STRIDE):
        stride = range(low, min(low + _STRIDE, end))
        if _offset(zone, stride[-1]) != offset:
            return low + bisect_left(stride, True, key=lambda at: _offset(zone, at) != offset)  # noqa: FBT003 -- sought
    return end


def _offset(zone: ZoneInfo, at: int) -> int:
    return (wall_time(zone, at).replace(tzinfo=UTC) - _EPOCH) // _SECOND - at
