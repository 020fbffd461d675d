"""The plain values in helpdesks' JSON: tolerant of how they are written, strict about what they mean."""

import math
import re
import unicodedata
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_EARLIEST, _LATEST = 0, 4_102_444_800  # 1970 and 2100: beyond them a time is a mistake, not a time


def clean(text: str) -> str:
    """Return `text` as every store can hold it: whole characters, no NUL, composed (NFC)."""
    if text.isascii() and "\0" not in text:
        return text  # most of what comes: ids, statuses, tags
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    return unicodedata.normalize("NFC", whole)


def _id(value: object) -> object:
    """Return an id as text: they come as numbers, or as text of them in histories."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value:
        return clean(value)
    raise ValueError("not an id")


def _optional_id(value: object) -> object:
    return None if value is None or value == "" else _id(value)


def _instant(value: object) -> object:
    """Return epoch seconds: times are ISO 8601 with an offset, or whole seconds in the exports."""
    if isinstance(value, str) and _ISO.fullmatch(value):
        return _in_range(int(datetime.fromisoformat(value).timestamp()))
    if isinstance(value, int) and not isinstance(value, bool):
        return _in_range(value)
    raise ValueError("not a time with its offset")


def _in_range(seconds: int) -> int:
    if not _EARLIEST < seconds < _LATEST:
        raise ValueError("a time beyond 1970 to 2100")
    return seconds


def _optional_instant(value: object) -> object:
    return None if value is None else _instant(value)


def _text(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def texts(value: object) -> object:
    """Return a list, empty where there is none."""
    return [] if value is None else value


def mapping(value: object) -> object:
    """Return an object, empty where there is something else."""
    return value if isinstance(value, dict) else {}


Id: TypeAlias = Annotated[str, BeforeValidator(_id)]
OptionalId: TypeAlias = Annotated[str | None, BeforeValidator(_optional_id)]
Instant: TypeAlias = Annotated[int, BeforeValidator(_instant)]
OptionalInstant: TypeAlias = Annotated[int | None, BeforeValidator(_optional_instant)]
Text: TypeAlias = Annotated[str, BeforeValidator(_text)]
OptionalText: TypeAlias = Annotated[str | None, BeforeValidator(_text)]
Texts: TypeAlias = Annotated[list[Text], BeforeValidator(texts)]
Yes: TypeAlias = Annotated[bool, BeforeValidator(lambda value: value is None or value)]
No: TypeAlias = Annotated[bool, BeforeValidator(bool)]
Loose: TypeAlias = Annotated[dict[str, object], BeforeValidator(mapping)]


def loose_instant(value: object) -> int | None:
    """Return an instant that nothing depends on; None where there is none, or none to be read."""
    try:
        found = _optional_instant(value)
    except ValueError:
        return None
    return found if isinstance(found, int) else None


def number(value: object) -> float | None:
    """Return a number that came as a number or as text; None where it is neither, or not finite."""
    try:
        found = float(value) if isinstance(value, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
