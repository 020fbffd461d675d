"""A CSV file's records with the line each begins on: UTF-8, any of three separators, whatever stands in quotes."""

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from kpi_engine.message import Message, message

SEPARATORS = (",", ";", "\t")
_LONGEST_LINE = 1_000_000
_LONGEST_RECORD = 200
"""So many lines one record may stretch over; beyond, its quote was never meant to be open."""
_PIECE = 1 << 20
_FOREIGN_MARKS = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class UnreadableFileError(Exception):
    """A file as a whole cannot be read; `message` says why and what to do."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.message = reason


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line it begins on, its cells, the text as it stands; `broken` says why it has no cells."""

    line: int
    cells: tuple[str, ...]
    raw: str
    broken: Message | None = None


def check_encoding(path: Path) -> None:
    """Raise UnreadableFileError unless the whole file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        first = file.read(2)
        if first in _FOREIGN_MARKS:
            raise _foreign(path, 1, _FOREIGN_MARKS[first])
        file.seek(0)
        while True:
            piece = file.read(_PIECE)
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise _foreign(path, line + error.object[: error.start].count(b"\n"), None) from None
            if not piece:
                return
            line += piece.count(b"\n")


def _foreign(path: Path, line: int, encoding: str | None) -> UnreadableFileError:
    place = f"{path.name}:{line}"
    if encoding is not None:
        return UnreadableFileError(
            message("{place}: this file is {encoding}; save it as “CSV UTF-8”", place=place, encoding=encoding)
        )
    return UnreadableFileError(message("{place}: this file is not UTF-8; save it as “CSV UTF-8”", place=place))


def records(path: Path, separator: str) -> Iterator[Record]:
    """Yield the file's records, blank ones left out, in flat memory; a quote that never closes breaks one line only."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = _Lines(file)
        while lines.more():
            yield from _until_broken(lines, separator)


def _until_broken(lines: "_Lines", separator: str) -> Iterator[Record]:
    """Yield records until one cannot be read, that one last: the line after its first is then the next to be read."""
    # Each record gets a reader of its own, so that one that breaks takes nothing of the next with it.
    while lines.more():
        lines.begin()
        try:
            cells = next(csv.reader(lines, delimiter=separator, strict=True))
        except (csv.Error, _TooLongError, StopIteration):
            yield Record(lines.first, (), lines.give_back(), _BROKEN)
            return
        if any(cell.strip() for cell in cells):
            yield Record(lines.first, tuple(cells), lines.text())


_BROKEN = message("the quotes of this line do not match, or it is too long")


class _TooLongError(Exception):
    """A record goes on for longer than any record does."""


class _Lines(Iterator[str]):
    """The lines of a file, counted, and given back where a record turns out to be broken."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._next = 1
        self.first = 1

    def more(self) -> bool:
        """Tell whether there is another line."""
        if not self._again and (line := self._file.readline(_LONGEST_LINE)):
            self._again.append(line)
        return bool(self._again)

    def begin(self) -> None:
        """Begin a record at the next line."""
        self._next += len(self._taken)
        self.first, self._taken = self._next, []

    def __next__(self) -> str:
        if not self.more():
            raise StopIteration
        line = self._again.popleft()
        self._taken.append(line)
        if len(self._taken) > _LONGEST_RECORD or len(line) >= _LONGEST_LINE:
            raise _TooLongError
        return line

    def text(self) -> str:
        """Return the record as it stands."""
        return "".join(self._taken).rstrip("\r\n")

    def give_back(self) -> str:
        """Return the first line of the record, and have those after it read again."""
        first, *rest = self._taken
        self._again.extendleft(reversed(rest))
        self._taken = [first]
        while first and not first.endswith(("\n", "\r")) and len(first) >= _LONGEST_LINE:
            first = self._file.readline(_LONGEST_LINE)
        return self._taken[0][:2_000].rstrip("\r\n")
