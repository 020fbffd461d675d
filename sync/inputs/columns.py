"""What the columns of a file are called and hold: read off the schema that a row's model makes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from sync.inputs.values import plain_word

NAMES, WORDS, KEPT = "x-names", "x-words", "x-kept"


class RowModel(BaseModel):
    """One row of a file, as JSON: an empty cell is an absent key."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def column(  # noqa: PLR0913 -- one argument for each thing a schema says of a column
    *names: str,
    example: str | float,
    about: str | None = None,
    optional: bool = False,
    words: Mapping[str, Iterable[str]] | None = None,
    kept: bool = True,
    shape: str | None = None,
    **bounds: object,
) -> Any:  # noqa: ANN401 -- pydantic's fields are Any
    """Return a column: its other names, an example, whether it may be empty, and what its words may be called.

    `shape` is date, date-time or period. What is not `kept` is read and checked, and then forgotten.
    """
    extra: dict[str, object] = {NAMES: list(names), **bounds}
    if words:
        extra[WORDS] = {word: list(others) for word, others in words.items()}
    if shape is not None:
        extra["format"] = shape
    if not kept:
        extra[KEPT] = False
    default = None if optional else ...
    return Field(default, description=about, examples=[example], json_schema_extra=extra)  # type: ignore[arg-type]  # pydantic wants only JSON here, which this is


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its cells are read, and what its words may be called instead."""

    name: str
    reading: str
    required: bool
    example: str
    names: tuple[str, ...]
    words: Mapping[str, str]
    kept: bool


@cache
def schema_of(model: type[RowModel]) -> dict[str, Any]:
    """Return the JSON Schema of a row, without generated titles and without null: an empty cell is no key."""
    schema: dict[str, Any] = _tidy(model.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _tidy(schema: Any) -> Any:  # noqa: ANN401 -- JSON of any shape
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    tidy = {key: _tidy(part) for key, part in schema.items() if key != "title" or not isinstance(part, str)}
    if tidy.get("default", ...) is None:
        del tidy["default"]
    real = [part for part in tidy.get("anyOf", ()) if part != {"type": "null"}]
    if len(real) == 1:
        del tidy["anyOf"]
        return {**real[0], **tidy}
    return tidy


@cache
def columns_of(model: type[RowModel]) -> Mapping[str, Column]:
    """Return a row's columns by name, in their order."""
    schema = schema_of(model)
    required = frozenset(schema.get("required", ()))
    return {name: _column(name, part, name in required) for name, part in schema["properties"].items()}


def _column(name: str, schema: Mapping[str, Any], required: bool) -> Column:  # noqa: FBT001 -- a fact, not a switch
    called = {plain_word(word): word for word in schema.get("enum", ())}
    for word, others in schema.get(WORDS, {}).items():
        called |= {plain_word(other): word for other in others}
    reading = schema.get("format", {"string": "text"}.get(schema["type"], schema["type"]))
    return Column(
        name=name,
        reading=str(reading),
        required=required,
        example=str(schema["examples"][0]),
        names=(name, *schema.get(NAMES, ())),
        words=called,
        kept=bool(schema.get(KEPT, True)),
    )
