"""What single values mean in Salesforce: as events word them, as moments are written, as scores on a scale."""

from datetime import UTC, datetime

from connectors.scalars import clean, number
from connectors.values import plain
from kpi_engine.records import FieldValue


def text(value: object) -> str | None:
    """Return any value as events word it; nothing and an empty text are None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(str(value))


def moment(text: str) -> FieldValue:
    """Return the instant `text` names, in whole seconds; `text` itself where it names none."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return plain(text)


def moment_text(seconds: float) -> str:
    """Return an instant as Salesforce wants it: a moment is a moment there."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def score(shown: object, scale: tuple[float, float]) -> float | None:
    """Return a score on the scale; raises ValueError for what is none."""
    if shown in (None, ""):
        return None
    found = number(shown)
    if found is None or not scale[0] <= found <= scale[1]:
        raise ValueError(f"{shown!r} is no score from {scale[0]:g} to {scale[1]:g}")
    return found
