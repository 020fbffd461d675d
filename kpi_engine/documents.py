"""Parts of plain documents, taken out with the place named where the shape is another."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Document: TypeAlias = Mapping[str, object]


def mapping(value: object, place: str) -> Document:
    """Return a value that is a mapping; ValueError names the place of one that is not."""
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{place}: a mapping is needed, not {value!r}")


def listed(document: Document, key: str) -> Sequence[object]:
    """Return the list under a key, empty where there is none; ValueError names what is no list."""
    value = document.get(key) or []
    if isinstance(value, list | tuple):
        return value
    raise ValueError(f"{key}: a list is needed, not {value!r}")
