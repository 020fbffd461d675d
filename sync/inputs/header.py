"""A file's first line: which separator it uses, and which of its columns are which of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kpi_engine.message import Message, message
from sync.inputs.columns import Column, columns_of
from sync.inputs.csv_lines import SEPARATORS, UnreadableFileError, check_encoding, records
from sync.inputs.kinds import Kind
from sync.inputs.values import plain_word

_DECLARED = "sep="
"""A first line that spreadsheets write to say which separator follows."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header is, what separates cells, which column stands where, and which are none of ours."""

    line: int
    separator: str
    columns: Mapping[int, Column]
    unknown: tuple[str, ...]
    width: int


def header_of(path: Path, kind: Kind) -> Header:
    """Return the header of a file of that kind; raise UnreadableFileError, with all that is wrong with it."""
    check_encoding(path)
    found = [header for separator in SEPARATORS if (header := _read(path, kind, separator)) is not None]
    if not found:
        raise UnreadableFileError(message("{file}: this file is empty", file=path.name))
    best = max(found, key=lambda header: len(header.columns))
    _refuse_unfit(path, kind, best)
    return best


def _read(path: Path, kind: Kind, separator: str) -> Header | None:
    for record in records(path, separator):
        if record.broken is None and not record.raw.casefold().startswith(_DECLARED):
            return _header(record.line, separator, record.cells, kind)
    return None


def _header(line: int, separator: str, cells: Sequence[str], kind: Kind) -> Header:
    ours = _by_word(kind)
    named = {place: ours[plain_word(cell)] for place, cell in enumerate(cells) if plain_word(cell) in ours}
    unknown = [cell.strip() for place, cell in enumerate(cells) if place not in named and cell.strip()]
    return Header(line, separator, named, tuple(unknown), len(cells))


def _by_word(kind: Kind) -> dict[str, Column]:
    columns = columns_of(kind.model).values()
    every = {plain_word(name): each for each in columns for name in each.names[1:]}
    return every | {plain_word(each.name): each for each in columns}  # a column's own name is never another's


def _refuse_unfit(path: Path, kind: Kind, header: Header) -> None:
    place = f"{path.name}:{header.line}"
    if not header.columns:
        raise UnreadableFileError(
            message(
                "{place}: no column of this kind is here; `helpdesk-kpi import {kind} --template` shows them all",
                place=place,
                kind=kind.name,
            )
        )
    problems = [*_missing(kind, header), *_twice(header)]
    if problems:
        raise UnreadableFileError(message("{place}: {problem}", place=place, problem=problems[0]))


def _missing(kind: Kind, header: Header) -> list[Message]:
    there = {column.name for column in header.columns.values()}
    absent = [each.name for each in columns_of(kind.model).values() if each.required and each.name not in there]
    return [message("these columns are missing: {columns}", columns=", ".join(absent))] if absent else []


def _twice(header: Header) -> list[Message]:
    names = [column.name for column in header.columns.values()]
    again = sorted({name for name in names if names.count(name) > 1})
    return [message("these columns are there twice: {columns}", columns=", ".join(again))] if again else []


def template_of(kind: Kind) -> str:
    """Return a file to begin with: the header, and one row as an example."""
    columns = columns_of(kind.model).values()
    # An account's name is nobody else's: the example leaves it out.
    examples = ["" if column.name == "account" else column.example for column in columns]
    lines = ([column.name for column in columns], examples)
    return "".join(f"{','.join(map(_quoted, line))}\r\n" for line in lines)


def _quoted(cell: str) -> str:
    return f'"{cell}"' if any(sign in cell for sign in ',;"\n') else cell
