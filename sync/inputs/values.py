"""What a cell says: numbers, dates and words as Vietnamese and English spreadsheets write them, never guessed."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from kpi_engine.message import Message, message
from kpi_engine.periods import period_named

Json = str | int | float | bool
_EARLIEST, _LATEST = 1990, 2199


class DateOrder(StrEnum):
    """How a date such as 03/04/2026 is meant, where somebody said so."""

    UNKNOWN = "unknown"
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class Decimal(StrEnum):
    """Which sign separates the decimals, where somebody said so."""

    UNKNOWN = "unknown"
    COMMA = "comma"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Forms:
    """How a file's cells are to be read: the zone of times without an offset, and what was said about its forms."""

    zone: str
    dates: DateOrder = DateOrder.UNKNOWN
    decimal: Decimal = Decimal.UNKNOWN


class CellError(ValueError):
    """A cell cannot be read; `message` says why, and what could be."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.message = reason


def plain_word(text: str) -> str:
    """Return a word without case, accents and signs: what headers and choices are compared by."""
    apart = unicodedata.normalize("NFD", text.strip().casefold().replace("đ", "d"))
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return " ".join(re.sub(r"[\s_\-./]+", " ", bare).split())


def text_of(cell: str, _forms: Forms) -> str:
    """Return one line of text, composed; an apostrophe that only keeps a spreadsheet from running it is dropped."""
    text = unicodedata.normalize("NFC", " ".join(cell.split()))
    if not text.isprintable():
        raise CellError(message("“{value}” has control characters", value=_shown(text)))
    if re.fullmatch(r"\d(?:[.,]\d+)?E\+\d+", text):
        raise CellError(
            message("“{value}” is a number that a spreadsheet shortened; format the column as text", value=text)
        )
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@" else text


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:60])


_PLAIN = re.compile(r"[+-]?\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([., ])\d{3})(?:\1\d{3})*(?:(?!\1)[.,](\d+))?")
_FRACTION = re.compile(r"([+-]?\d+)([.,])(\d+)")
_SIGNS: Mapping[Decimal, str] = {Decimal.COMMA: ",", Decimal.POINT: "."}


def number_of(cell: str, forms: Forms) -> int | float:
    """Return a number written with a comma or a point, with or without groups of thousands; raise CellError."""
    text = re.sub(r"\s", " ", cell.strip()).replace("\u2212", "-")
    if len(text) > 30 or not text.isascii():  # noqa: PLR2004 -- no number that means something is longer
        raise _no_number(cell)
    if _PLAIN.fullmatch(text):
        return int(text)
    sign = _SIGNS.get(forms.decimal)
    if sign is not None:
        return _number_with(text, sign, cell)
    fraction, grouped = _FRACTION.fullmatch(text), _GROUPED.fullmatch(text)
    if fraction and grouped and not fraction[1].lstrip("+-").startswith("0"):
        whole, decimals = fraction[1] + fraction[3], f"{fraction[1]}{fraction[2]}{fraction[3]}0"
        raise CellError(
            message(
                "“{value}” may mean two numbers; write {whole}, or {decimals} for decimals, or say --decimal",
                value=_shown(text),
                whole=whole,
                decimals=decimals,
            )
        )
    if fraction:
        return _finite(f"{fraction[1]}.{fraction[3]}")
    if grouped is None:
        raise _no_number(cell)
    return _regrouped(text, grouped[2])


def _number_with(text: str, sign: str, cell: str) -> int | float:
    other = "." if sign == "," else ","
    whole, separator, decimals = text.partition(sign)
    groups = re.fullmatch(rf"[+-]?(?:\d+|\d{{1,3}}(?:[{re.escape(other)} ]\d{{3}})+)", whole)
    if groups is None or (separator and not re.fullmatch(r"\d+", decimals)):
        raise _no_number(cell)
    return _regrouped(text, decimals or None)


def _regrouped(text: str, decimals: str | None) -> int | float:
    whole = text[: -len(decimals) - 1] if decimals else text
    digits = re.sub(r"[., ]", "", whole)
    return _finite(f"{digits}.{decimals}") if decimals else int(digits)


def _finite(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _no_number(cell: str) -> CellError:
    return CellError(message("“{value}” is no number; write for example {example}", value=_shown(cell), example="1234"))


def whole_of(cell: str, forms: Forms) -> int:
    """Return a whole number; raise CellError."""
    value = number_of(cell, forms)
    if not isinstance(value, int):
        raise CellError(message("“{value}” is no whole number", value=_shown(cell)))
    return value


_TRUTHS = {
    **dict.fromkeys(("true", "yes", "y", "1", "x", "co", "dung", "phai"), True),
    **dict.fromkeys(("false", "no", "n", "0", "khong", "sai"), False),
}


def truth_of(cell: str, _forms: Forms) -> bool:
    """Return what a yes or a no says; raise CellError."""
    truth = _TRUTHS.get(plain_word(cell))
    if truth is None:
        raise CellError(message("“{value}” is neither {yes} nor {no}", value=_shown(cell), yes="true", no="false"))
    return truth


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_LOCAL_DAY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_WORDED = re.compile(r"(?:ngay )?(\d{1,2})(?: (?:thang|thg) (\d{1,2})|,? ([a-z]+)),?(?: nam)? (\d{4})")
_MONTH_FIRST_WORDED = re.compile(r"([a-z]+) (\d{1,2}),? (\d{4})")
_TIME = re.compile(r"(\d{1,2})(?:[:h](\d{2})?)(?::(\d{2})(?:[.,]\d+)?)? ?(am|pm|sa|ch|sang|chieu|toi)?")
_OFFSET = re.compile(r"^(.*:\d{2}(?:[.,]\d+)?)\s?(Z|z|UTC|GMT|[+-]\d{2}:?\d{2})$")


def day_of(cell: str, forms: Forms) -> str:
    """Return a date as year-month-day; raise CellError for one that may be two, such as 03/04/2026."""
    return _day(cell.strip(), forms).isoformat()


def _day(text: str, forms: Forms) -> date:
    if found := _ISO_DAY.fullmatch(text):
        return _date(text, int(found[1]), int(found[2]), int(found[3]))
    if found := _LOCAL_DAY.fullmatch(text):
        return _date(text, int(found[4]), *_month_and_day(text, int(found[1]), int(found[3]), forms))
    # A sign between words would be lost; what has none is compared without accents.
    words = plain_word(text)
    if found := _WORDED.fullmatch(words):
        return _date(text, int(found[4]), int(found[2] or _month(text, found[3])), int(found[1]))
    if found := _MONTH_FIRST_WORDED.fullmatch(words):
        return _date(text, int(found[3]), _month(text, found[1]), int(found[2]))
    raise _no_date(text)


def _month_and_day(text: str, first: int, second: int, forms: Forms) -> tuple[int, int]:
    if forms.dates is DateOrder.DAY_FIRST:
        return second, first
    if forms.dates is DateOrder.MONTH_FIRST:
        return first, second
    if first <= 12 and second <= 12 and first != second:  # noqa: PLR2004 -- both may be a month
        year = text[-4:]
        raise CellError(
            message(
                "“{value}” may mean two days; write {one} or {other}, or say --dates",
                value=_shown(text),
                one=f"{year}-{second:02}-{first:02}",
                other=f"{year}-{first:02}-{second:02}",
            )
        )
    return (second, first) if first > 12 else (first, second)  # noqa: PLR2004 -- no month beyond


def _month(text: str, name: str) -> int:
    if name not in _MONTHS:
        raise _no_date(text)
    return _MONTHS[name]


def _date(text: str, year: int, month: int, day: int) -> date:
    try:
        if _EARLIEST <= year <= _LATEST:
            return date(year, month, day)
    except ValueError:
        pass
    raise _no_date(text)


def _no_date(text: str) -> CellError:
    example = "2026-03-31"
    return CellError(message("“{value}” is no date; write for example {example}", value=_shown(text), example=example))


def moment_of(cell: str, forms: Forms) -> str:
    """Return an instant in ISO 8601 with its offset; a time without one is the zone's. Raise CellError."""
    text = " ".join(cell.replace("T", " ").split()) if _ISO_DAY.match(cell.strip()) else " ".join(cell.split())
    offset = None
    if found := _OFFSET.match(text):
        text, offset = found[1], found[2]
    day, at = _day_and_time(text, forms, cell)
    wall = datetime.combine(day, at)
    return _placed(wall, offset, forms, cell).isoformat()


def _day_and_time(text: str, forms: Forms, cell: str) -> tuple[date, time]:
    """Tell the time, which has a colon or an h, from the date, whichever comes first."""
    words = text.split(" ")
    for cut in range(len(words) - 1, 0, -1):
        for clock, day in ((words[cut:], words[:cut]), (words[:cut], words[cut:])):
            if found := _TIME.fullmatch(plain_time(" ".join(clock))):
                return _day(" ".join(day), forms), _time(found, cell)
    _day(text, forms)  # says what is wrong with it, if it is no date either
    example = "2026-03-31 14:05"
    raise CellError(message("“{value}” has no time; write for example {example}", value=_shown(cell), example=example))


def plain_time(text: str) -> str:
    """Return a time of day without accents, its colons kept."""
    return ":".join(plain_word(part) for part in text.replace(".", ",").split(":"))


_AFTERNOON = frozenset({"pm", "ch", "chieu", "toi"})
_NOON = 12


def _time(found: re.Match[str], cell: str) -> time:
    hour, half = int(found[1]), found[4]
    if half and not 1 <= hour <= _NOON:
        raise _no_time(cell)
    if half:
        hour = hour % _NOON + (_NOON if half in _AFTERNOON else 0)
    try:
        return time(hour, int(found[2] or 0), int(found[3] or 0))
    except ValueError:
        raise _no_time(cell) from None


def _no_time(cell: str) -> CellError:
    return CellError(message("“{value}” is no time of day", value=_shown(cell)))


def _placed(wall: datetime, offset: str | None, forms: Forms, cell: str) -> datetime:
    if offset is not None:
        sign = "+00:00" if offset.upper() in ("Z", "UTC", "GMT") else f"{offset[:3]}:{offset[-2:]}"
        try:
            return datetime.fromisoformat(f"{wall.isoformat()}{sign}")
        except ValueError:
            raise _no_time(cell) from None
    zone = ZoneInfo(forms.zone)
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        raise CellError(
            message("“{value}” comes twice or never, for clocks change there; write its offset", value=_shown(cell))
        )
    return early


_MONTH_PERIOD = re.compile(r"(?:thang |thg )?(\d{1,2})(?: nam)? (\d{4})")
_QUARTER_PERIOD = re.compile(r"(?:quy |q)([1-4])(?: nam)? (\d{4})")


def period_of(cell: str, forms: Forms) -> str:
    """Return a period's label: 2026-03-31, 2026-W13, 2026-03, 2026-Q1; months as 03/2026 or tháng 3/2026 too."""
    words = plain_word(cell)
    if found := _MONTH_PERIOD.fullmatch(words):
        cell = f"{found[2]}-{int(found[1]):02}"
    elif found := _QUARTER_PERIOD.fullmatch(words):
        cell = f"{found[2]}-Q{found[1]}"
    try:
        return period_named(cell, forms.zone).label
    except ValueError as error:
        reason = error.args[0] if error.args and isinstance(error.args[0], Message) else message("this is no period")
        raise CellError(reason) from None


def instant(moment: str) -> int:
    """Return the seconds since 1970 UTC of what `moment_of` returned."""
    return int(datetime.fromisoformat(moment).astimezone(UTC).timestamp())


Reading = Callable[[str, Forms], Json]
READINGS: Mapping[str, Reading] = {
    "text": text_of,
    "integer": whole_of,
    "number": number_of,
    "boolean": truth_of,
    "date": day_of,
    "date-time": moment_of,
    "period": period_of,
}
"""How a cell is read, by what its column holds."""
