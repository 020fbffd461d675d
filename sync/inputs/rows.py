"""A file's rows as JSON, one after another: each either taken, or named by its line and set aside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from kpi_engine.message import Message, message
from sync.inputs.columns import Column, RowModel, schema_of
from sync.inputs.csv_lines import Record, UnreadableFileError, records
from sync.inputs.header import Header, header_of, template_of
from sync.inputs.kinds import KINDS, Kind
from sync.inputs.values import READINGS, CellError, Forms, Json, instant, plain_word

__all__ = [
    "KINDS",
    "Forms",
    "Kind",
    "Refused",
    "Row",
    "Taken",
    "UnreadableFileError",
    "header_of",
    "instant",
    "read_rows",
    "template_of",
]


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that can be read: its columns that are not empty, instants in ISO 8601 with their offset."""

    line: int
    values: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot: why, and the text as it stands."""

    line: int
    reason: Message
    raw: str


Row: TypeAlias = Taken | Refused


def read_rows(path: Path, kind: Kind, forms: Forms, header: Header | None = None) -> Iterator[Row]:
    """Yield a file's rows in flat memory, every one of them; raise UnreadableFileError if the file as a whole is bad.

    The whole file is known to be UTF-8, and its header to fit, before the first row comes.
    """
    found = header or header_of(path, kind)
    for record in records(path, found.separator):
        if record.line > found.line:
            yield _row(record, found, kind, forms)


def _row(record: Record, header: Header, kind: Kind, forms: Forms) -> Row:
    if record.broken is not None:
        return Refused(record.line, record.broken, record.raw)
    if len(record.cells) > header.width and any(cell.strip() for cell in record.cells[header.width :]):
        more = message("{n} cells, but the header has {columns}", n=len(record.cells), columns=header.width)
        return Refused(record.line, more, record.raw)
    values, problems = _cells(record, header, forms)
    problems += [_wording(error) for error in _validator(kind.model).iter_errors(values) if _new(error, problems)]
    if not problems and (misfit := kind.misfit(values)) is not None:
        problems.append(misfit)
    return Refused(record.line, _all(problems), record.raw) if problems else Taken(record.line, values)


def _cells(record: Record, header: Header, forms: Forms) -> tuple[dict[str, Json], list[Message]]:
    values: dict[str, Json] = {}
    problems: list[Message] = []
    for place, column in header.columns.items():
        cell = record.cells[place] if place < len(record.cells) else ""
        if cell.strip():
            try:
                values[column.name] = _value(column, cell, forms)
            except CellError as error:
                problems.append(message("{column}: {reason}", column=column.name, reason=error.message))
    return values, problems


def _value(column: Column, cell: str, forms: Forms) -> Json:
    if column.words:
        return column.words.get(plain_word(cell), cell.strip())
    return READINGS[column.reading](cell, forms)


@cache
def _validator(model: type[RowModel]) -> Draft202012Validator:
    return Draft202012Validator(schema_of(model))


def _new(error: ValidationError, problems: list[Message]) -> bool:
    """Tell whether it was not said already: a cell that could not be read is missing in the row for that reason."""
    told = {str(each.values.get("column")) for each in problems}
    return error.validator != "required" or not any(f"'{name}' is a required" in error.message for name in told)


def _wording(error: ValidationError) -> Message:
    column, value = ".".join(map(str, error.absolute_path)), error.instance
    match error.validator:
        case "required":
            return message("{column} is empty", column=error.message.split("'")[1])
        case "enum":
            words: Any = error.validator_value
            allowed = ", ".join(map(str, words))
            return message("{column}: “{value}” is none of {allowed}", column=column, value=value, allowed=allowed)
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return message("{column}: {value} is out of range", column=column, value=value)
        case "maxLength":
            return message("{column} is longer than {n} characters", column=column, n=error.validator_value)
        case _:
            return message("{column}: “{value}” does not fit; it looks like {example}", **_example(error, column))


def _example(error: ValidationError, column: str) -> Mapping[str, object]:
    examples = error.schema.get("examples", [""]) if isinstance(error.schema, Mapping) else [""]
    return {"column": column, "value": error.instance, "example": examples[0]}


def _all(problems: list[Message]) -> Message:
    """Return everything that is wrong with a row as one message."""
    told = problems[0]
    for each in problems[1:]:
        told = message("{one}; {other}", one=told, other=each)
    return told
