"""A field's value in words."""

from kpi_engine.message import message
from kpi_engine.records import FieldValue
from sync.locale import Language
from sync.wording import FIELD_KINDS


def value_words(key: str, value: FieldValue, language: Language) -> object:
    """Return a field's value as a person reads it."""
    if value is None:
        return message("empty")
    if isinstance(value, bool):
        return message("yes") if value else message("no")
    if FIELD_KINDS.get(key) == "moment" and isinstance(value, int | float):
        return language.moment(value)
    return language.number(value, 0 if value == int(value) else 1) if isinstance(value, int | float) else str(value)
