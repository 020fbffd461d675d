"""Lengths of time as people write them: 30s, 15m, 1h 30m, 7 days, and the months that retention is told in."""

import re

from kpi_engine.message import Message, message

_UNITS = (
    (604_800, ("w", "week", "weeks")),
    (86_400, ("d", "day", "days")),
    (3_600, ("h", "hour", "hours")),
    (60, ("m", "min", "minute", "minutes")),
    (1, ("s", "sec", "second", "seconds")),
)
_SECONDS = {word: seconds for seconds, words in _UNITS for word in words}
_MONTHS = {"month": 1, "months": 1, "year": 12, "years": 12}
_PART = r"([0-9]{1,6})\s*([a-z]+)"

DURATION_PATTERN = r"^\s*(?:[0-9]{1,6}\s*[a-z]+\s*)+$"
"""What a duration looks like, for schemas; `seconds_of` decides."""


WORKING_DAYS_PATTERN = r"\s*([0-9]{1,3})\s*wd\s*"
"""What a goal in working days looks like."""


class DurationError(ValueError):
    """The text is no length of time; `message` says what is wrong, `allowed` how to write it."""

    def __init__(self, reason: Message, allowed: Message) -> None:
        super().__init__(str(reason))
        self.message = reason
        self.allowed = allowed


def seconds_of(text: str) -> int:
    """Return the seconds of "15m", "4h", "1h 30m", "2d" or "7 days" (a day is 24 hours); raise DurationError."""
    if re.fullmatch(DURATION_PATTERN, text) is None:
        raise _no_duration()
    parts = [(int(count), _SECONDS.get(unit)) for count, unit in re.findall(_PART, text)]
    units = [unit for _, unit in parts if unit is not None]
    if len(units) < len(parts) or units != sorted(set(units), reverse=True):
        raise _no_duration()
    return sum(count * unit for (count, _), unit in zip(parts, units, strict=True))


def working_days_of(text: str) -> int | None:
    """Return the working days of "2wd" ("0wd": the same one), None where that is no such goal."""
    found = re.fullmatch(WORKING_DAYS_PATTERN, text)
    return int(found[1]) if found is not None else None


def months_of(text: str) -> int:
    """Return the months of "25 months" or "2 years"; raise DurationError."""
    found = re.fullmatch(r"\s*" + _PART + r"\s*", text)
    if found is None or found[2] not in _MONTHS or int(found[1]) == 0:
        raise DurationError(
            message("this is no number of months"),
            message("for example {examples}", examples='"25 months", "2 years"'),
        )
    return int(found[1]) * _MONTHS[found[2]]


def _no_duration() -> DurationError:
    return DurationError(
        message("this is no length of time"),
        message(
            "whole numbers with a unit, the largest unit first, for example {examples}",
            examples='"30s", "15m", "4h", "1h 30m", "7 days"',
        ),
    )
