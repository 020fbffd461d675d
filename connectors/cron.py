"""Whether a text is a cron line that means the same everywhere."""

import re

from connectors.settings import UnfitError
from kpi_engine.message import message

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, start=1)}
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(_WEEKDAYS)}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_TERM = re.compile(r"(?:\*|(?P<first>[a-z]+|[0-9]{1,2})(?:-(?P<last>[a-z]+|[0-9]{1,2}))?)(?:/(?P<step>[0-9]{1,2}))?")
_FIELDS = 5
_WEEKDAY_FIELD = 4
_MONTH_FIELD = 3


def checked_cron(text: str) -> str:
    """Return `text` if it is minute, hour, day, month and weekday (by name only); raise UnfitError otherwise."""
    fields = text.lower().split()
    if len(fields) != _FIELDS or not all(_fits(field, position) for position, field in enumerate(fields)):
        raise UnfitError(
            message("this is no cron line"),
            message(
                "minute, hour, day, month and weekday, weekdays by name because their numbers differ between "
                "systems, for example {example}",
                example='"*/15 8-18 * * mon-sat"',
            ),
        )
    return text


def _fits(field: str, position: int) -> bool:
    return all(_term_fits(term, position) for term in field.split(","))


def _term_fits(term: str, position: int) -> bool:
    found = _TERM.fullmatch(term)
    if found is None or found["step"] in {"0", "00"}:
        return False
    if found["first"] is None:
        return True
    first = _number(found["first"], position)
    last = _number(found["last"] or found["first"], position)
    lowest, highest = _RANGES[position]
    return first is not None and last is not None and lowest <= first <= last <= highest and _plain(found, position)


def _plain(found: re.Match[str], position: int) -> bool:
    """Return whether no step runs over named weekdays, which schedulers read differently."""
    return position != _WEEKDAY_FIELD or found["step"] is None


def _number(word: str, position: int) -> int | None:
    if position == _WEEKDAY_FIELD:
        return _WEEKDAY_NUMBERS.get(word)
    if position == _MONTH_FIELD and word in _MONTH_NUMBERS:
        return _MONTH_NUMBERS[word]
    return int(word) if word.isdigit() else None
