"""A sentence for people, carried as its English text and its values until the top floor translates it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is the English sentence with {placeholders}: the key of the message catalogues; `values` fill it."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.values)


def message(text: str, /, **values: object) -> Message:
    """Return the sentence `text` with its values; the catalogues are extracted from the calls of this function."""
    return Message(text, values)
