"""Calendars of the admin's own: opening hours, holidays and overrides, and which calendar a ticket follows."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, ClassVar, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field

from connectors.settings import Line, Section, UnfitError
from kpi_engine.calendars import MINUTES_OF_A_DAY, WEEKDAYS, zone_named
from kpi_engine.message import message

Minutes: TypeAlias = list[list[int]]
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))")
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LONGEST_HOLIDAY = 366


def checked_zone(name: str) -> str:
    """Return `name` if it is an IANA time zone; raise UnfitError otherwise."""
    with suppress(ValueError):
        zone_named(name)
        return name
    # Etc/GMT+7 lies west of Greenwich, seven hours behind it: never what somebody who writes GMT+7 means.
    zones = (zone for zone in available_timezones() if name and not zone.startswith("Etc/"))
    guesses = [zone for zone in zones if zone.rsplit("/")[-1].lower() == name.lower()]
    example = min(guesses, default="Asia/Ho_Chi_Minh")
    raise UnfitError(message("this is no time zone"), message("an IANA name such as {example}", example=example))


def minutes(span: str) -> list[int]:
    """Return opening and closing of "08:00-12:00" in minutes since midnight; closing next day lies beyond 1440."""
    found = _SPAN.fullmatch(span)
    if found is not None:
        opening, closing = _clock_minutes(span[:5]), _clock_minutes(span[6:])
        if closing != opening:
            return [opening, closing if closing > opening else closing + MINUTES_OF_A_DAY]
    raise UnfitError(
        message("these are no opening hours"),
        message("for example {examples}", examples='"08:00-12:00", "22:00-06:00", "00:00-24:00"'),
    )


def weekdays(words: str) -> range:
    """Return the days that "sat" or "mon..fri" name, Monday being 0."""
    first, _, last = words.partition("..")
    if first in WEEKDAYS and (last or first) in WEEKDAYS:
        days = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
        if days:
            return days
    raise UnfitError(
        message("these are no days of the week"),
        message("one of {days}, or a range such as mon..fri", days=", ".join(WEEKDAYS)),
    )


def holiday(text: str) -> list[str]:
    """Return first and last date of "2027-02-05..2027-02-11", or twice the one date."""
    first, _, last = text.partition("..")
    try:
        length = (_date(last or first) - _date(first)).days
    except ValueError:
        length = -1
    if 0 <= length <= _LONGEST_HOLIDAY:
        return [first, last or first]
    raise UnfitError(
        message("this is no date and no range of dates"),
        message("for example {examples}", examples="2027-04-30 or 2027-02-05..2027-02-11"),
    )


def _clock_minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _date(text: str) -> date:
    if re.fullmatch(_DATE, text) is None:
        raise ValueError
    return date.fromisoformat(text)


def _span(text: str) -> str:
    minutes(text)
    return text


def _days(text: str) -> str:
    weekdays(text)
    return text


def _holiday(text: str) -> str:
    holiday(text)
    return text


def _override_date(text: str) -> str:
    if ".." in text:
        raise UnfitError(message("an override is for one date"), message("for example {example}", example="2027-02-13"))
    return _holiday(text)


Span = Annotated[str, Field(examples=["08:00-12:00"]), AfterValidator(_span)]
Spans: TypeAlias = tuple[Span, ...]


def _week(week: dict[str, Spans]) -> dict[str, Spans]:
    given: set[int] = set()
    for words in week:
        days = set(weekdays(words))
        if given & days:
            raise UnfitError(message("a day of the week is given twice"), below=(words,))
        given |= days
    _refuse_overlaps(week)
    return week


def _refuse_overlaps(week: dict[str, Spans]) -> None:
    days = _week_minutes(week)
    for words in week:
        for day in weekdays(words):
            tomorrow = [[opening + MINUTES_OF_A_DAY] for opening, _ in days[(day + 1) % len(days)]]
            spans = sorted([*days[day], *tomorrow])
            _refuse_overlap(spans, words)


def _refuse_overlap(spans: Iterable[Sequence[int]], below: str) -> None:
    """Raise UnfitError where one of some spans, in their order, begins before the one before it has ended."""
    for now, then in pairwise(spans):
        if len(now) > 1 and now[1] > then[0]:
            end, begin = (f"{at // 60 % 24:02}:{at % 60:02}" for at in (now[1], then[0]))
            allowed = message(
                "one ends at {end} and another begins at {begin}: let it begin then or later", end=end, begin=begin
            )
            raise UnfitError(message("opening hours overlap"), allowed, below=(below,))


def _overrides(overrides: dict[str, Spans]) -> dict[str, Spans]:
    for day, spans in overrides.items():
        _refuse_overlap(sorted(minutes(span) for span in spans), day)
    return overrides


Zone = Annotated[str, Field(examples=["Asia/Ho_Chi_Minh"]), AfterValidator(checked_zone)]
"""An IANA time zone."""


class OwnCalendar(Section):
    """Opening hours defined here instead of on the helpdesk."""

    tz: Zone | None = Field(None, description="Its time zone; default: the report time zone.")
    week: Annotated[dict[Annotated[str, AfterValidator(_days)], Spans], AfterValidator(_week)] = Field(
        description="Opening hours by day or range of days.", examples=[{"mon..fri": ["08:00-12:00", "13:30-17:30"]}]
    )
    holidays: tuple[Annotated[str, Field(examples=["2027-02-05..2027-02-11"]), AfterValidator(_holiday)], ...] = Field(
        (), description="Dates, or ranges of dates, on which nothing opens."
    )
    overrides: Annotated[dict[Annotated[str, AfterValidator(_override_date)], Spans], AfterValidator(_overrides)] = (
        Field({}, description="Other opening hours on single dates, holidays included.")
    )


class Calendars(Section):
    """Which calendar a ticket follows where the helpdesk does not say, and calendars defined here, by key."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, OwnCalendar] = Field(init=False)

    by_group: dict[str, Line] = Field(
        {}, description="A calendar by the ticket's group: a key defined here, or the helpdesk's schedule."
    )
    by_brand: dict[str, Line] = Field({}, description="A calendar by the ticket's brand.")
    by_organization: dict[str, Line] = Field(
        {}, description="A calendar by the customer's organization, company or account (by its id)."
    )
    default: Line | None = Field(None, description="The calendar of all other tickets; default: the oldest schedule.")


def calendar_document(name: str, calendar: OwnCalendar, timezone: str) -> dict[str, Any]:
    """Return a calendar as the engine reads it, spans in minutes since midnight."""
    return {
        "name": name,
        "zone": calendar.tz or timezone,
        "week": _week_minutes(calendar.week),
        "holidays": [holiday(text) for text in calendar.holidays],
        "overrides": {
            day: sorted(minutes(span) for span in spans) for day, spans in sorted(calendar.overrides.items())
        },
        "created_at": None,
    }


def _week_minutes(week: dict[str, Spans]) -> list[Minutes]:
    days: list[Minutes] = [[] for _ in WEEKDAYS]
    for words, spans in week.items():
        for day in weekdays(words):
            days[day] = sorted(minutes(span) for span in spans)
    return days
