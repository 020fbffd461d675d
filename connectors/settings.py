"""What the settings of every helpdesk account are made of."""

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)

from kpi_engine.durations import DURATION_PATTERN, DurationError, seconds_of
from kpi_engine.message import Message, message


class UnfitError(ValueError):
    """A value cannot serve: why, what would, and the steps from the checked value `below` to the spot."""

    def __init__(self, reason: Message, allowed: Message | None = None, below: tuple[str | int, ...] = ()) -> None:
        super().__init__(str(reason))
        self.message = reason
        self.allowed = allowed
        self.below = below


class Section(BaseModel):
    """A part of the configuration: unchangeable, without unknown keys, silent about its values in errors."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Item = TypeVar("Item", bound=Hashable)


def each_once(items: Sequence[Item]) -> Sequence[Item]:
    """Return `items` unless one comes twice."""
    counts = Counter(items)
    for position, item in reversed(tuple(enumerate(items))):
        if counts[item] > 1:
            raise UnfitError(message("this is listed twice"), below=(position,))
    return items


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise UnfitError(message("this is not one line of text"), message("visible characters only"))
    return text


def _seconds(value: object) -> int:
    try:
        return value if type(value) is int else seconds_of(str(value))
    except DurationError as error:
        raise UnfitError(error.message, error.allowed) from None


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            return date.fromisoformat(str(value))
    except ValueError:
        pass
    raise UnfitError(message("this is no date"), message("year-month-day, for example {example}", example="2026-01-31"))


def _identifier(value: object) -> object:
    return str(value) if type(value) is int else value


def _existing_file(value: str, info: ValidationInfo) -> str:
    path = Path((info.context or {}).get("folder", ".")) / value
    if not path.is_file():
        raise UnfitError(message("there is no such file"), message("a path relative to the configuration file"))
    return str(path.resolve())


def _shaped(pattern: str, reason: Message, allowed: Message) -> AfterValidator:
    def check(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise UnfitError(reason, allowed)
        return text

    return AfterValidator(check)


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
"""One line of text."""

Duration = Annotated[
    int,
    BeforeValidator(_seconds),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["15m", "6h", "7 days"]}),
]
"""Seconds, written as a length of time."""

Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-01-31"]})
]
"""A calendar date."""

Identifier = Annotated[
    str,
    BeforeValidator(_identifier),
    AfterValidator(_one_line),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["361"]}),
]
"""An id of the helpdesk's own, as text."""

Slug = Annotated[
    str,
    Field(examples=["sao-mai"]),
    _shaped(
        r"[a-z0-9][a-z0-9_-]{0,39}",
        message("this cannot serve as a name"),
        message("up to 40 of a-z, 0-9, - and _, beginning with a letter or a digit"),
    ),
]
"""A name that becomes part of stored keys."""

Key = Annotated[
    str,
    Field(examples=["satisfaction_rate"]),
    _shaped(r"[a-z][a-z0-9_]{0,79}", message("this is no indicator's key"), message("a key such as satisfaction_rate")),
]
"""An indicator's key."""

Email = Annotated[
    str,
    Field(examples=["bot@example.com"]),
    _shaped(
        r"[^@\s/:]{1,64}@[^@\s/:]{1,190}", message("this is no e-mail address"), message("for example bot@example.com")
    ),
]
"""An e-mail address."""

Tag = Annotated[
    str,
    Field(examples=["test"]),
    _shaped(r"[^\s,]{1,80}", message("this is no tag"), message("up to 80 characters without spaces or commas")),
]
"""A ticket's tag."""

FilePath = Annotated[str, Field(min_length=1), AfterValidator(_existing_file)]
"""An existing file, made absolute from the configuration file's folder."""
