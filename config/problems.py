"""What is wrong with a configuration, each problem with its place and its remedy."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, TypeAlias

from kpi_engine.message import Message, message

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at `path` of a document; `mark` where the place is not the value's own."""

    path: Path
    message: Message
    allowed: Message | None = None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend; `line` and `column` are None where the whole file is meant, `path` reads a.b[0].c."""

    file: str
    line: int | None
    column: int | None
    path: str
    message: Message
    allowed: Message | None = None

    def text(self, render: Callable[[Message], str] = str) -> str:
        """Return `file:line: path: what is wrong; what is allowed`, its sentences rendered by `render`."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        wrong = render(self.message)
        sentence = wrong if self.allowed is None else f"{wrong}; {render(self.allowed)}"
        return ": ".join(part for part in (place, self.path, sentence) if part)

    def __str__(self) -> str:
        return self.text()


class SettingsError(Exception):
    """Everything that is wrong with the configuration, in the order of its lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=_order))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _order(problem: Problem) -> tuple[str, int, int]:
    return problem.file, problem.line or 0, problem.column or 0


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, with the place of each; `key_marks` are the places of mappings' keys."""

    file: str
    value: object
    marks: dict[Path, Mark] = field(default_factory=dict)
    key_marks: dict[Path, Mark] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    broken: frozenset[Path] = frozenset()  # what stands there could not be read, and was reported

    def mark(self, path: Path) -> Mark:
        """Return the place of the value at `path`, or of the nearest that contains it."""
        for length in range(len(path), 0, -1):
            found = self.marks.get(path[:length])
            if found is not None:
                return found
        return self.marks.get((), Mark(1, 1))

    def problem(self, finding: Finding) -> Problem:
        """Return the finding with its place in the file."""
        mark = finding.mark or self.mark(finding.path)
        return Problem(self.file, mark.line, mark.column, path_text(finding.path), finding.message, finding.allowed)


def path_text(path: Path) -> str:
    """Return a path as people write it: connectors[0].auth.token."""
    text = "".join(_step_text(step) for step in path)
    return text.removeprefix(".")


def _step_text(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if re.fullmatch(r"[\w-]+", step) else f'["{printable(step)}"]'


def printable(text: str) -> str:
    """Return `text` on one short line, without anything a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)[:80]


_ELSEWHERE: Final = {"timezone": "tz", "time_zone": "tz", "zone": "tz", "working_hours": "week", "hours": "week"}
"""What keys are called elsewhere, and here."""


def one_of(words: Iterable[str], given: object = None) -> Message:
    """Return the sentence that lists what is allowed, with a guess at what was meant."""
    words = tuple(words)
    close = get_close_matches(given, words, n=1) if isinstance(given, str) else []
    close = close or [word for word in words if word == _ELSEWHERE.get(str(given))]
    listed = ", ".join(words)
    if close:
        return message("did you mean {guess}? Known here: {words}", guess=close[0], words=listed)
    return message("known here: {words}", words=listed)
