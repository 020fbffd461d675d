"""Rows written as CSV, JSON or Parquet, one after another, so that memory stays flat however many there are."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, Any

from kpi_engine.message import Message, message
from sync.exporting import Columns, Row, Rows, Type, Value

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula: https://owasp.org/www-community/attacks/CSV_Injection."""
_BATCH = 10_000


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class FormatError(Exception):
    """Rows cannot be written in this format; `message` says what to do."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def write_rows(rows: Rows, form: Format, place: IO[bytes], *, bom: bool = False) -> int:
    """Write rows to a binary file and return how many; `bom` marks a CSV as UTF-8 for old spreadsheets.

    Raises FormatError where Parquet is asked for and its library is not installed.
    """
    if form is Format.PARQUET:
        return _write_parquet(rows, place)
    text = io.TextIOWrapper(place, encoding="utf-8-sig" if bom and form is Format.CSV else "utf-8", newline="")
    try:
        return _WRITERS[form](rows, text)
    finally:
        text.flush()
        text.detach()  # the file is not ours to close


def _write_csv(rows: Rows, place: IO[str]) -> int:
    writer = csv.writer(place, lineterminator="\r\n")  # as RFC 4180 has it; a lone CR or LF is then quoted
    writer.writerow(rows.columns)
    count = 0
    for row in rows.rows:
        writer.writerow([_plain(row.get(name)) for name in rows.columns])
        count += 1
    return count


def _plain(value: Value) -> Value:
    """Return a value that no spreadsheet runs: text that looks like a formula begins with an apostrophe."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_json(rows: Rows, place: IO[str]) -> int:
    place.write("[")
    count = 0
    for row in rows.rows:
        place.write(",\n" if count else "\n")
        count += 1
        place.write(json.dumps({name: row.get(name) for name in rows.columns}, ensure_ascii=False))
    place.write("\n]\n")
    return count


_WRITERS: Mapping[Format, Callable[[Rows, IO[str]], int]] = {Format.CSV: _write_csv, Format.JSON: _write_json}


def _write_parquet(rows: Rows, place: IO[bytes]) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415 -- an extra that few install
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415 -- an extra that few install
    except ImportError as error:
        raise FormatError(
            message("Parquet needs a library that is not installed; run: {command}", command=PARQUET_COMMAND)
        ) from error
    schema = pa.schema([(name, _arrow_type(pa, kind)) for name, kind in rows.columns.items()])
    count = 0
    with ParquetWriter(place, schema) as writer:
        while batch := [_typed(row, rows.columns) for row in islice(rows.rows, _BATCH)]:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


PARQUET_COMMAND = "pip install 'pyarrow>=17'"


def _arrow_type(pa: Any, kind: Type) -> object:  # noqa: ANN401 -- a module that has no types
    types = {
        Type.TEXT: pa.string(),
        Type.INTEGER: pa.int64(),
        Type.NUMBER: pa.float64(),
        Type.TRUTH: pa.bool_(),
        Type.MOMENT: pa.timestamp("s", tz="UTC"),
    }
    return types[kind]


def _typed(row: Row, columns: Columns) -> dict[str, object]:
    return {name: _instant(row.get(name)) if kind is Type.MOMENT else row.get(name) for name, kind in columns.items()}


def _instant(value: Value) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value is not None else None


@contextmanager
def appearing_whole(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write that takes its place only once it is whole: a reader sees the old one or the new one.

    Raises OSError with the file's own name where it cannot be made.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_usual_mode())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _usual_mode() -> int:
    """Return the mode that an ordinary new file has; a temporary one is closed to everybody else."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
