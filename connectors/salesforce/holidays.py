"""On which days a holiday falls: Salesforce keeps its recurrence, and we list the days."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import TypeAlias

from connectors.salesforce.payloads import Holiday

YEARS_AHEAD = 3
"""For how many years from its start, or from today, an endless recurrence is listed."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_INSTANCES = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4}
_WEEKDAYS = 0b0111110  # Sunday is 1, Monday 2 … Saturday 64
_WEEK = 7

Falls: TypeAlias = Callable[[Holiday, date, date], bool]
"""Whether a recurring holiday that begins on one day falls on another."""


def days(holiday: Holiday, today: date) -> Iterator[date]:
    """Yield the days of a holiday; raises ValueError for a recurrence nobody has told us about."""
    if not holiday.is_recurrence:
        yield date.fromisoformat(_day(holiday.activity_date))
        return
    falls = _RECURRENCES.get(holiday.recurrence_type or "")
    if falls is None:
        raise ValueError(f"a holiday that recurs as {holiday.recurrence_type}")
    first = date.fromisoformat(_day(holiday.recurrence_start_date or holiday.activity_date))
    for ahead in range((_end(holiday, first, today) - first).days + 1):
        if falls(holiday, first, first + timedelta(days=ahead)):
            yield first + timedelta(days=ahead)


def _day(text: str | None) -> str:
    return (text or "")[:10]


def _end(holiday: Holiday, first: date, today: date) -> date:
    ahead = max(first, today) + timedelta(days=366 * YEARS_AHEAD)
    told = holiday.recurrence_end_date_only
    return min(ahead, date.fromisoformat(_day(told))) if told else ahead


def _interval(holiday: Holiday) -> int:
    return holiday.recurrence_interval or 1


def _in_mask(holiday: Holiday, day: date) -> bool:
    return bool((holiday.recurrence_day_of_week_mask or 0) & 1 << (day.isoweekday() % _WEEK))


def _daily(holiday: Holiday, first: date, day: date) -> bool:
    return (day - first).days % _interval(holiday) == 0


def _every_weekday(_holiday: Holiday, _first: date, day: date) -> bool:
    return bool(_WEEKDAYS & 1 << (day.isoweekday() % _WEEK))


def _weekly(holiday: Holiday, first: date, day: date) -> bool:
    begins = first - timedelta(days=first.isoweekday() % _WEEK)
    return _in_mask(holiday, day) and (day - begins).days // _WEEK % _interval(holiday) == 0


def _this_month(holiday: Holiday, first: date, day: date) -> bool:
    return ((day.year - first.year) * 12 + day.month - first.month) % _interval(holiday) == 0


def _monthly(holiday: Holiday, first: date, day: date) -> bool:
    return day.day == holiday.recurrence_day_of_month and _this_month(holiday, first, day)


def _monthly_by_weekday(holiday: Holiday, first: date, day: date) -> bool:
    return _is_instance(holiday, day) and _this_month(holiday, first, day)


def _yearly(holiday: Holiday, _first: date, day: date) -> bool:
    return day.day == holiday.recurrence_day_of_month and _MONTHS[day.month - 1] == holiday.recurrence_month_of_year


def _yearly_by_weekday(holiday: Holiday, _first: date, day: date) -> bool:
    return _is_instance(holiday, day) and _MONTHS[day.month - 1] == holiday.recurrence_month_of_year


def _is_instance(holiday: Holiday, day: date) -> bool:
    """Tell whether a day is the first, second … or last of its weekday in its month."""
    if not _in_mask(holiday, day):
        return False
    if holiday.recurrence_instance == "Last":
        return (day + timedelta(days=_WEEK)).month != day.month
    return (day.day - 1) // _WEEK + 1 == _INSTANCES.get(holiday.recurrence_instance or "")


# https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_holiday.htm
_RECURRENCES: dict[str, Falls] = {
    "RecursDaily": _daily,
    "RecursEveryWeekday": _every_weekday,
    "RecursWeekly": _weekly,
    "RecursMonthly": _monthly,
    "RecursMonthlyNth": _monthly_by_weekday,
    "RecursYearly": _yearly,
    "RecursYearlyNth": _yearly_by_weekday,
}
