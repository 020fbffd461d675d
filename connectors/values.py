"""What single values of custom fields mean: of our own in our kinds, of those the configuration names as they are."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.scalars import clean, number
from kpi_engine.records import FieldValue

_KINDS = {"due_at": "moment", "overdue": "yes_no", "overdue_clock": "text"}
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) ([+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class FollowedFields:
    """The custom fields we read: `ours` (the helpdesk's name to our key), and those the configuration gives sense."""

    ours: Mapping[str, str] = field(default_factory=dict)
    mapped: frozenset[str] = frozenset()


def kind(key: str) -> str:
    """Return the kind of value one of our ticket fields holds."""
    return _KINDS.get(key, "integer")


def plain(value: object) -> FieldValue:
    """Return a custom field's value as one plain value; several choices are joined by one space."""
    if isinstance(value, str):
        return clean(value) or None
    if isinstance(value, list):
        return " ".join(clean(choice) for choice in value if isinstance(choice, str)) or None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (bool, int)) else None


def moment(text: str) -> FieldValue:
    """Return the instant `text` names, in whole seconds; `text` itself where it names none."""
    match = _MOMENT.fullmatch(text)
    try:
        return int(datetime.fromisoformat("".join(match.groups())).timestamp()) if match else plain(text)
    except ValueError:
        return plain(text)


def moment_text(seconds: float, zone: ZoneInfo) -> str:
    """Return sortable text for an instant, to the minute: for helpdesks whose date fields have no time of day."""
    text = datetime.fromtimestamp(seconds, zone).isoformat(sep=" ", timespec="minutes")
    return f"{text[:16]} {text[16:]}"


def remote_value(value_kind: str, value: object, instant: Callable[[str], FieldValue] = moment) -> FieldValue:
    """Return what one of our fields holds, in our kind; what someone typed over it comes back as it is.

    Numbers and ticks may come as text, and an empty checkbox as null; `instant` reads the text of a moment.
    """
    if value_kind == "yes_no":
        return value in (True, "true", "1")
    if value_kind in ("integer", "number") and not isinstance(value, bool) and (found := number(value)) is not None:
        return int(found) if value_kind == "integer" and found.is_integer() else found
    return instant(value) if value_kind == "moment" and isinstance(value, str) else plain(value)


def sent_value(value_kind: str, value: FieldValue, written: Callable[[float], FieldValue]) -> FieldValue:
    """Return `value` as a helpdesk wants it in a field of that kind; `written` says an instant as it does."""
    if value_kind == "yes_no":
        return bool(value)
    if value_kind == "moment" and isinstance(value, (int, float)):
        return written(value)
    return value


def followed_values(
    shown: Iterable[tuple[str, object]], followed: FollowedFields, instant: Callable[[str], FieldValue] = moment
) -> dict[str, FieldValue]:
    """Return the followed fields among those `shown`, by the helpdesk's name."""
    found: dict[str, FieldValue] = {}
    for name, value in shown:
        if name in followed.ours:
            found[name] = remote_value(kind(followed.ours[name]), value, instant)
        elif name in followed.mapped:
            found[name] = plain(value)
    return found
