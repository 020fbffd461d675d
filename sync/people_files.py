"""The files about people that the configuration names: read at each pass, taken whole or not at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from config import Settings
from connectors.base import Stream
from kpi_engine.message import Message, message
from sync.file_errors import why
from sync.inputs.kinds import KINDS
from sync.inputs.rows import Forms, Refused, Taken, UnreadableFileError, read_rows
from sync.inputs.scheduled import forms_of
from sync.inputs.unnamed import unnamed
from sync.organization import ORG, Placed, Problem, contradictions, placed, unknown_leads
from sync.people import People, people
from sync.rosters import ROSTER, overlapping_weeks
from sync.store import Store
from sync.store.pseudonyms import EVERYWHERE


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """A file as it was read: the rows of known people, what forbids to take it, and what was set aside of it."""

    name: str
    kind: str
    rows: tuple[dict[str, object], ...] = ()
    problems: tuple[Message, ...] = ()
    aside: tuple[Message, ...] = field(default=())


def _org_problems(rows: Sequence[Placed], everybody: People) -> Iterator[Problem]:
    yield from contradictions(rows, everybody)


def _roster_problems(rows: Sequence[Placed], _everybody: People) -> Iterator[Problem]:
    yield from overlapping_weeks(rows)


def _no_warnings(_rows: Iterable[Placed], _everybody: People) -> Iterator[Problem]:
    yield from ()


Judge = Callable[[Sequence[Placed], People], Iterator[Problem]]
_JUDGES: Final[dict[str, tuple[Judge, Judge]]] = {
    ORG: (_org_problems, unknown_leads),
    ROSTER: (_roster_problems, _no_warnings),
}
PEOPLE_KINDS: Final = tuple(_JUDGES)


def read_people_file(path: Path, kind: str, store: Store, settings: Settings, forms: Forms) -> PeopleFile:
    """Read a file about people and judge it as a whole; changes nothing.

    A row that cannot be read, or contradicts another, forbids to take the file: half an organization is an unfair one.
    Rows about people whom no helpdesk knows are set aside, once every helpdesk has told its agents.
    """
    try:
        found = list(read_rows(path, KINDS[kind], forms))
    except UnreadableFileError as error:
        return PeopleFile(path.name, kind, problems=(error.message,))
    except OSError as error:
        reason = why(error)
        return PeopleFile(path.name, kind, problems=(message("{place}: {reason}", place=path.name, reason=reason),))
    everybody = people(store, settings)
    names = store.pseudonyms.names(EVERYWHERE)
    taken = [unnamed(row, names) for row in found if isinstance(row, Taken)]
    known, unknown = placed(taken, everybody)
    judge, warn = _JUDGES[kind]
    refused = [(row.line, row.reason) for row in found if isinstance(row, Refused)]
    warnings = [*unknown, *warn(known, everybody)] if _all_told(store, settings) else []
    return PeopleFile(
        path.name,
        kind,
        tuple(dict(row.values) for row in taken),
        tuple(_at(path.name, each) for each in sorted([*refused, *judge(known, everybody)], key=lambda each: each[0])),
        tuple(_at(path.name, each) for each in sorted(warnings, key=lambda each: each[0])),
    )


def _all_told(store: Store, settings: Settings) -> bool:
    """Tell whether every helpdesk has told who its agents are."""
    return all(store.records.account(own.name, Stream.AGENTS) for own in settings.connectors)


def _at(name: str, problem: Problem) -> Message:
    line, reason = problem
    return message("{file}:{line}: {reason}", file=name, line=line, reason=reason)


def take(store: Store, found: PeopleFile, as_of: int) -> bool:
    """Keep a file's rows from now on, and tell whether they differ from those kept; one with problems is not taken."""
    if found.problems:
        return False
    return store.editions.keep(EVERYWHERE, found.kind, "", {"rows": list(found.rows)}, as_of)


@dataclass(frozen=True, slots=True)
class Configured:
    """A file about people that the configuration names, and how its cells are to be read."""

    kind: str
    path: Path
    forms: Forms

    def read(self, store: Store, settings: Settings) -> PeopleFile:
        """Read the file as it is now."""
        return read_people_file(self.path, self.kind, store, settings, self.forms)


def configured_files(settings: Settings) -> Iterator[Configured]:
    """Yield each file about people that the configuration names."""
    for kind in PEOPLE_KINDS:
        place = settings.inputs.files.get(kind)
        if place is not None:
            yield Configured(kind, settings.origin.folder / place.path, forms_of(settings, place))


def refresh(store: Store, settings: Settings, as_of: int) -> list[Message]:
    """Take the files that the configuration names, and return what is to be said about them."""
    told: list[Message] = []
    for configured in configured_files(settings):
        found = configured.read(store, settings)
        told += [*found.problems, *found.aside]
        if found.problems:
            told.append(message("{file} is not taken; what was known before stays in force", file=found.name))
        take(store, found, as_of)
    return told
