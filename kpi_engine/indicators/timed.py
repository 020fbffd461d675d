"""Times come in twins, in business and in calendar time; what both and their tables share."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from kpi_engine.evidence import Evidence, Left, Timing
from kpi_engine.indicators.indicator import Indicator, Parameter
from kpi_engine.measurement import Certainty, CreditLine, Omission, Stamp
from kpi_engine.message import Message, message

Find: TypeAlias = Callable[[Evidence], Iterable[Timing | Left]]

_SEGMENTS, _CLOSING_EVENT = "segments", "closing_event"

CALENDAR_SWITCH = Parameter(
    name="calendar_switch",
    default=_SEGMENTS,
    allowed=(_SEGMENTS, _CLOSING_EVENT),
    why=message(
        "Where a ticket changes its schedule, each part of the time is measured by the calendar in force then and "
        "the parts are added up, as dbt_zendesk does: hours that were closed while they passed are nobody's delay. "
        "Zendesk measures the whole time by the calendar in force at the event that closes it; `closing_event` does "
        "so too, to compare with its figures."
    ),
)


def twins(row: Indicator, find: Find, name: Message, formula: Message) -> tuple[Indicator, Indicator]:
    """Return an indicator in business time and its twin in calendar time, which has its own name and formula.

    Both read the parameters configured for the first, and one function tells the lines of both.
    """
    key = f"{row.key}_calendar"
    business = replace(row, catalogue=f"{row.catalogue} (business)", lines=partial(_lines, row.key, key, find))
    calendar = replace(
        business, key=key, catalogue=f"{row.catalogue} (calendar)", name=name, formula=formula, parameters=()
    )
    return business, calendar


def _lines(business: str, calendar: str, find: Find, evidence: Evidence) -> list[CreditLine | Omission]:
    lines: list[CreditLine | Omission] = []
    for found in find(evidence):
        if isinstance(found, Left):
            lines += (found.out_of(business), found.out_of(calendar))
        else:
            stamp, spent = found
            certainty = Certainty.APPROXIMATE if spent.guessed else Certainty.EXACT
            lines.append(CreditLine(business, stamp, spent.business, 1, None, certainty))
            lines.append(CreditLine(calendar, stamp, spent.calendar, 1))
    return lines


def span(evidence: Evidence, key: str, start: int, stamp: Stamp) -> Timing:
    """Return the time from a step to the one that closes it, whose stamp is given, by the calendars a parameter wants.

    The parameter is that of the indicator `key`.
    """
    end = stamp.at
    if evidence.word(key, CALENDAR_SWITCH.name, _SEGMENTS, at=end) == _CLOSING_EVENT:
        return Timing(stamp, evidence.elapsed.by_last_calendar(start, end, evidence.state_at(end)))
    return Timing(stamp, evidence.elapsed.between(start, end))
