"""What a custom field takes, and how it keeps it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from connectors.sandbox.world.verbs import Row
from connectors.sandbox.zendesk.records import CustomField
from connectors.sandbox.zendesk.state import State

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
WHOLE = re.compile(r"[+-]?\d+")
DECIMAL = re.compile(r"[+-]?\d+(?:\.\d+)?")


class WrongValueError(ValueError):
    """A value that the field cannot hold."""


@dataclass(slots=True)
class Wanted:
    """Field values sorted: what can be set, and the keys that name nothing."""

    values: dict[str | int, object] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def field_changes(state: State, given: object) -> Wanted:
    """Return what `custom_fields` asks for; raises WrongValueError where a value does not fit its field."""
    wanted = Wanted()
    for entry in _entries(given):
        field_id = entry.get("id")
        known = state.ticket_fields.get(field_id) if isinstance(field_id, int) else None
        if known is None or not known.removable:
            wanted.unknown.append(f"ticket.custom_fields.{field_id}")
        else:
            wanted.values[known.id] = kept(known, entry.get("value"))
    return wanted


def _entries(given: object) -> Iterable[Row]:
    if isinstance(given, dict):
        return [{"id": int(key), "value": value} for key, value in given.items() if str(key).isdecimal()]
    return [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []


def kept(custom: CustomField, value: object) -> object:
    """Return `value` as the field keeps it: numbers as text, as Zendesk does; raises WrongValueError."""
    if value is None or value == "":
        return None
    keep = KEEPERS.get(custom.type, _text)
    return keep(custom, value)


def _text(custom: CustomField, value: object) -> object:
    if not isinstance(value, str):
        raise WrongValueError(f"{custom.title}: is not text")
    return value


def _checkbox(custom: CustomField, value: object) -> object:
    if not isinstance(value, bool):
        raise WrongValueError(f"{custom.title}: is not true or false")
    return value


def _matching(pattern: re.Pattern[str], kind: str) -> Callable[[CustomField, object], object]:
    def keep(custom: CustomField, value: object) -> object:
        if isinstance(value, bool) or not pattern.fullmatch(str(value)):
            raise WrongValueError(f"{custom.title}: is not {kind}")
        return str(value)

    return keep


def _option(custom: CustomField, value: object) -> object:
    if value not in custom.options:
        raise WrongValueError(f"{custom.title}: {value!r} is not one of its options")
    return value


KEEPERS: dict[str, Callable[[CustomField, object], object]] = {
    "checkbox": _checkbox,
    "integer": _matching(WHOLE, "a whole number"),
    "decimal": _matching(DECIMAL, "a number"),
    "date": _matching(DATE, "a date"),
    "tagger": _option,
    "dropdown": _option,
}
