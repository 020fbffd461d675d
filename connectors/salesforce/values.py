"""What single values mean: of our fields in our own kinds, of others as they are, of ratings on their scale."""

from datetime import UTC, datetime

from connectors.scalars import clean, number
from kpi_engine.records import FieldValue

KINDS = {"due_at": "moment", "overdue": "yes_no", "overdue_clock": "text"}


def kind(key: str) -> str:
    """Return the kind of value one of our case fields holds."""
    return KINDS.get(key, "integer")


def text(value: object) -> str | None:
    """Return any value as events word it; nothing and an empty text are None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(str(value))


def plain(value: object) -> FieldValue:
    """Return a field's value as one plain value; several choices come as one text."""
    if isinstance(value, str):
        return clean(value) or None
    return value if isinstance(value, (bool, int, float)) else None


def remote_value(value_kind: str, value: object) -> FieldValue:
    """Return what one of our fields holds, in our kind; what somebody typed over it comes back as it is."""
    if value_kind == "yes_no":
        return value is True or value == "true"
    if value_kind in ("integer", "number") and (found := number(value)) is not None:
        return int(found) if value_kind == "integer" and found.is_integer() else found
    if value_kind == "moment" and isinstance(value, str) and value:
        try:
            return int(datetime.fromisoformat(value).timestamp())
        except ValueError:
            return clean(value)
    return plain(value)


def sent_value(value_kind: str, value: FieldValue) -> FieldValue:
    """Return `value` as Salesforce wants it in a field of that kind; a moment is a moment there."""
    if value_kind == "yes_no":
        return bool(value)
    if value_kind == "moment" and isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return value


def score(shown: object, scale: tuple[float, float]) -> float | None:
    """Return a score on the scale; raises ValueError for what is none."""
    if shown in (None, ""):
        return None
    found = number(shown)
    if found is None or not scale[0] <= found <= scale[1]:
        raise ValueError(f"{shown!r} is no score from {scale[0]:g} to {scale[1]:g}")
    return found
