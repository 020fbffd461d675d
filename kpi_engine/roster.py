"""When a person is at work: rostered hours in place of the calendar's, and leave; never guessed where nothing says."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import Any, Final, TypeAlias

from kpi_engine.calendars import Calendar, CalendarDefinition, Spans, WorkingTime

Body: TypeAlias = Mapping[str, Any]
_FURTHEST: Final = 2 * 366 * 86_400
"""How far ahead or back a personal calendar is asked for work: beyond that there is none."""


class Shifts:
    """Hours spelled out one by one: only they are worked."""

    __slots__ = ("_before", "_spans")

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._spans = merged(spans)
        self._before = (0, *accumulate(end - start for start, end in self._spans))

    def between(self, start: int, end: int) -> int:
        """Return the worked seconds in [start, end)."""
        return self._until(end) - self._until(start) if start < end else 0

    def _until(self, at: int) -> int:
        index = bisect_right(self._spans, at, key=itemgetter(0)) - 1
        return self._before[index] + min(at, self._spans[index][1]) - self._spans[index][0] if index >= 0 else 0


@dataclass(frozen=True, slots=True)
class Hours:
    """What is worked over [start, end), `end` None while it lasts."""

    start: int
    end: int | None
    time: "Shifts | Calendar"


@dataclass(frozen=True, slots=True)
class Roster:
    """One person's: hours of his own, which replace the ticket's calendar where they apply, and leave."""

    hours: tuple[Hours, ...] = ()
    leave: Spans = ()

    @property
    def blank(self) -> bool:
        """Whether it says nothing: the calendar's hours are the person's."""
        return not (self.hours or self.leave)

    def on_leave(self, at: int) -> bool:
        """Tell whether the person is on leave at an instant."""
        return any(start <= at < end for start, end in self.leave)

    def between(self, base: WorkingTime, start: int, end: int) -> int:
        """Return the seconds in [start, end) that the person is at work: of his own hours, else of `base`."""
        if self.blank:
            return base.between(start, end)
        away = sum(self._rostered(base, *span) for span in _within(self.leave, start, end))
        return self._rostered(base, start, end) - away

    def _rostered(self, base: WorkingTime, start: int, end: int) -> int:
        seconds, reached = 0, start
        for each in self.hours:
            first, last = max(each.start, reached), end if each.end is None else min(each.end, end)
            if first < last:
                seconds += base.between(reached, first) + each.time.between(first, last)
                reached = last
        return seconds + base.between(reached, end)

    def first_worked(self, base: WorkingTime, start: int) -> int | None:
        """Return the first second from `start` on that is worked, None if none is within two years."""
        if self.blank:
            after = base.add(start, 1)
            return None if after is None else after - 1
        found = bisect_left(range(start, start + _FURTHEST), 1, key=lambda at: self.between(base, start, at + 1))
        return start + found if found < _FURTHEST else None

    def last_worked(self, base: WorkingTime, end: int) -> int | None:
        """Return the last second before `end` that is worked, None if none is within two years."""
        if self.blank:
            return base.subtract(end, 1)
        found = bisect_left(range(_FURTHEST), 1, key=lambda back: self.between(base, end - back - 1, end))
        return end - found - 1 if found < _FURTHEST else None


NO_ROSTER: Final = Roster()


def _within(spans: Spans, start: int, end: int) -> Iterator[tuple[int, int]]:
    for first, last in spans:
        if max(first, start) < min(last, end):
            yield max(first, start), min(last, end)


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """Return disjoint spans in order, overlapping and touching ones as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def roster(body: Body) -> Roster:
    """Return the roster that an edition's body tells: `weeks` by date, `shifts`, `leave`."""
    hours = [
        Hours(start, end, Calendar(CalendarDefinition(key="", name="", zone=zone, week=_week(week))))
        for start, end, zone, week in body.get("weeks", ())
    ]
    hours += [Hours(start, end, Shifts(map(tuple, spans))) for start, end, spans in body.get("shifts", ())]
    ordered = sorted(hours, key=lambda each: each.start)
    return Roster(tuple(ordered), merged(map(tuple, body.get("leave", ()))))


def _week(week: Sequence[Sequence[Sequence[int]]]) -> tuple[Spans, ...]:
    return tuple(tuple((opening, closing) for opening, closing in day) for day in week)
