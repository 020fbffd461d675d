"""YAML text as plain values with their places: the safe part of YAML 1.2, and one problem for each thing beyond it."""

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path as FilePath

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from config.problems import Document, Finding, Mark, Path, Problem, SettingsError
from kpi_engine.message import Message, message

LARGEST_FILE = 1_048_576
DEEPEST = 24
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Digits after a leading zero stay text: account ids keep their zeros.
_WHOLE_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?[0-9]{0,17}\.[0-9]{1,17}")
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_document(path: FilePath, file: str, missing: Message) -> Document:
    """Return the YAML file at `path`, called `file` in problems.

    Raises SettingsError with one problem where there is no file (`missing` says what to do) or no YAML mapping in it.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise SettingsError([Problem(file, None, None, "", message("there is no such file"), missing)]) from None
    except (OSError, ValueError) as error:
        reason = message("the file cannot be read ({reason})", reason=type(error).__name__)
        raise SettingsError([Problem(file, None, None, "", reason)]) from None
    return parse_document(_text(content, file), file)


@lru_cache(maxsize=8)  # every pass reads its policies again, which seldom change
def parse_document(text: str, file: str) -> Document:
    """Return the one mapping that YAML `text` holds; raise SettingsError with one problem where there is none."""
    reader = _Reader(file)
    try:
        value = reader.document(YAML(typ="safe", pure=True).parse(text))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise reader.stop(Mark(line, 1), message("a character stands here that YAML does not allow")) from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
        raise reader.stop(place, *_misread(str(getattr(error, "problem", "")), text, place)) from None
    return Document(file, value, reader.marks, reader.key_marks, tuple(reader.findings), frozenset(reader.broken))


def _text(content: bytes, file: str) -> str:
    if len(content) > LARGEST_FILE:
        reason = message("the file is larger than {limit} bytes", limit=LARGEST_FILE)
        raise SettingsError([Problem(file, None, None, "", reason)])
    if content.startswith(_BYTE_ORDER_MARKS):
        reason = message("the file begins with a byte order mark")
        raise SettingsError([Problem(file, 1, 1, "", reason, message("save it as UTF-8 without BOM"))])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem(file, line, None, "", message("the file is not UTF-8"), message("save it as UTF-8"))
    raise SettingsError([problem])


def _misread(reason: str, text: str, place: Mark) -> tuple[Message, Message | None]:
    """Return what people can do about a YAML error; the parser's own sentence may quote the file, so it is not used."""
    line = text.split("\n")[place.line - 1] if place.line <= text.count("\n") + 1 else ""
    if "'\\t'" in reason:
        return message("a tab stands where YAML wants spaces"), message("indent with spaces")
    if "${" in line:
        return message("YAML cannot be read here"), message(
            "a reference needs quotes, for example {example}", example='"${env:NAME}"'
        )
    if "mapping values" in reason or "expected ':'" in reason or "<block end>" in reason:
        return message("YAML cannot be read here"), message(
            "one `key: value` a line, equally indented; a text with : or # or one that begins with * needs quotes"
        )
    if "expected ',' or" in reason or "end of stream" in reason:
        return message("YAML cannot be read here"), message("a quote or a bracket may be left open above")
    return message("YAML cannot be read here"), message("put texts with special characters in quotes")


class _Reader:
    """Builds plain values from YAML's events, noting places and everything that is refused."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.marks: dict[Path, Mark] = {}
        self.key_marks: dict[Path, Mark] = {}
        self.findings: list[Finding] = []
        self.broken: set[Path] = set()

    def stop(self, mark: Mark, reason: Message, allowed: Message | None = None) -> SettingsError:
        return SettingsError([Problem(self.file, mark.line, mark.column, "", reason, allowed)])

    def document(self, events: Iterator[Event]) -> dict[str, object]:
        next(events)  # the stream's start
        first = next(events)
        if not isinstance(first, DocumentStartEvent):
            raise self.stop(Mark(1, 1), message("the file is empty"), message("a mapping of keys and values"))
        value = self._value(next(events), events, ())
        if not isinstance(value, dict):
            raise self.stop(self.marks[()], *_no_mapping(value))
        next(events)  # the document's end
        beyond = next(events)
        if isinstance(beyond, DocumentStartEvent):
            raise self.stop(_mark(beyond), message("a second document begins here"), message("one document a file"))
        return value

    def _value(self, event: Event, events: Iterator[Event], path: Path) -> object:
        self.marks[path] = self.key_marks.get(path, _mark(event))
        if len(path) > DEEPEST:
            raise self.stop(_mark(event), message("this is nested too deep"))
        self._refuse_extras(event, path)
        if isinstance(event, ScalarEvent):
            self.marks[path] = _mark(event)
            return _scalar(event)
        if isinstance(event, SequenceStartEvent):
            return self._list(events, path)
        return self._mapping(events, path) if isinstance(event, MappingStartEvent) else None

    def _list(self, events: Iterator[Event], path: Path) -> list[object]:
        values: list[object] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            values.append(self._value(event, events, (*path, len(values))))
        return values

    def _mapping(self, events: Iterator[Event], path: Path) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._key(event, path)
            here = (*path, key)
            if key in values:
                self._skip_repeated(here, event, events)
            else:
                self.key_marks[here] = _mark(event)
                values[key] = self._value(next(events), events, here)
        return values

    def _skip_repeated(self, path: Path, event: Event, events: Iterator[Event]) -> None:
        reason = message("this key was already given on line {line}", line=self.key_marks[path].line)
        self.findings.append(Finding(path, reason, message("each key once"), _mark(event)))
        unread = _Reader(self.file)
        unread._value(next(events), events, path)

    def _key(self, event: Event, path: Path) -> str:
        if not isinstance(event, ScalarEvent):
            raise self.stop(_mark(event), message("a key must be one word"), message("`key: value`"))
        self._refuse_extras(event, path)
        return str(event.value)

    def _refuse_extras(self, event: Event, path: Path) -> None:
        quotes = message("a text that begins with {characters} needs quotes", characters="* & !")
        if isinstance(event, AliasEvent):
            self.broken.add(path)
            self.findings.append(Finding(path, message("YAML aliases are not read here"), quotes, _mark(event)))
        elif getattr(event, "tag", None) is not None:
            self.broken.add(path)
            self.findings.append(Finding(path, message("YAML tags are not read here"), quotes, _mark(event)))
        elif getattr(event, "anchor", None) is not None:
            self.findings.append(Finding(path, message("YAML anchors are not read here"), quotes, _mark(event)))


def _no_mapping(value: object) -> tuple[Message, Message]:
    wanted = message("a mapping of keys and values")
    if value is None:
        return message("the file is empty"), wanted
    return message("the file holds no mapping at its top"), wanted


def _scalar(event: ScalarEvent) -> object:
    text = str(event.value)
    if event.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _mark(event: Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
