"""A file brought in: each row is kept as an observation, or named and set aside; doing it again has no effect."""

import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config import Settings
from connectors.base import Clock, Reject
from kpi_engine.message import Message, message
from kpi_engine.periods import period_named
from kpi_engine.records import FieldValue, Observation
from sync.approving import Approving
from sync.crash import crash_point
from sync.inputs.columns import columns_of
from sync.inputs.header import Header, header_of
from sync.inputs.kinds import Kind, Values
from sync.inputs.rows import Refused, Row, Taken, read_rows
from sync.inputs.unnamed import unnamed
from sync.inputs.values import Forms, instant
from sync.people import Ambiguous, People, people
from sync.store import Store
from sync.store.codec import chunked, encoded
from sync.store.locks import Holder, Lock
from sync.store.observations import INPUTS, OVERRIDES
from sync.store.pseudonyms import EVERYWHERE

_AHEAD = 86_400
_NAMED = 200
"""So many words that mean nobody are told one by one."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be brought in, what it is, and how its cells are to be read.

    `replace` withdraws what an earlier state of the file brought and this one no longer holds. `account` is the
    connector its rows belong to where they do not say.
    """

    path: Path
    kind: Kind
    forms: Forms
    replace: bool = False
    account: str | None = None


@dataclass(slots=True)
class Imported:
    """What became of a file's rows: `gone` are those of an earlier state of it that it no longer holds.

    `strangers` are the words that mean no agent, or several: their rows are kept and count for nobody. `nowhere`
    are the lines of those that count on none of several helpdesks, for they name neither one nor an agent.
    """

    kind: str
    file: str
    dry_run: bool
    new: int = 0
    corrected: int = 0
    same: int = 0
    gone: int = 0
    withdrawn: int = 0
    late: int = 0
    refused: list[Refused] = field(default_factory=list)
    refused_count: int = 0
    unknown: tuple[str, ...] = ()
    strangers: dict[str, Message] = field(default_factory=dict)
    nowhere: list[int] = field(default_factory=list)
    nowhere_count: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """The numbers, by name."""
        return {
            "new": self.new,
            "corrected": self.corrected,
            "same": self.same,
            "gone": self.gone,
            "withdrawn": self.withdrawn,
            "late": self.late,
            "refused": self.refused_count,
        }


class _ShownOnlyError(Exception):
    """Undoes what was only to be shown."""


@dataclass(slots=True)
class _Importing:
    """An import under way."""

    store: Store
    source: Source
    found: Imported
    everybody: People
    approving: Approving
    accounts: frozenset[str]
    settled: int
    clock: Clock

    @property
    def now(self) -> int:
        """The local time, for bookkeeping."""
        return int(self.clock.now())


def import_file(store: Store, settings: Settings, source: Source, clock: Clock, *, dry_run: bool = False) -> Imported:
    """Bring a file in and return what became of it; a dry run does all of it and undoes it again.

    Raises UnreadableFileError, before anything is kept, where the file as a whole cannot be read; StoreError and
    LockHeldError.
    """
    header = header_of(source.path, source.kind)
    found = Imported(source.kind.name, source.path.name, dry_run, unknown=header.unknown)
    names = frozenset(own.name for own in settings.connectors)
    now = int(clock.now())
    settled = min((store.switches.number(name, "settled_through") or 0 for name in names), default=0)
    everybody = people(store, settings)
    approving = Approving(store, settings, everybody, now)
    importing = _Importing(store, source, found, everybody, approving, names, settled, clock)
    with _locked(store, now) as lock, suppress(_ShownOnlyError):
        _import_as(importing, header, lock, dry_run=dry_run)
    return found


def _import_as(importing: _Importing, header: Header, lock: Lock, *, dry_run: bool) -> None:
    if not dry_run:
        _import(importing, header, lock)
        return
    with importing.store.transaction(lock):
        _import(importing, header, lock)
        raise _ShownOnlyError


@contextmanager
def _locked(store: Store, now: int) -> Iterator[Lock]:
    lock = store.locks.acquire(INPUTS, Holder(socket.gethostname(), os.getpid(), now), now)
    try:
        yield lock
    finally:
        store.locks.release(lock)


def _import(importing: _Importing, header: Header, lock: Lock) -> None:
    store, source, found = importing.store, importing.source, importing.found
    with store.transaction(lock):
        store.observations.take_back_unfinished(INPUTS)
    with store.transaction(lock):
        store.quarantine.drop_from(INPUTS, source.kind.name, f"{found.file}:")
        intake = store.observations.begin(INPUTS, source.kind.name, found.file, importing.now)
    for rows in chunked(read_rows(source.path, source.kind, source.forms, header), 1_000):
        with store.transaction(lock):
            store.locks.beat(lock, importing.now)
            _bring(importing, intake, rows)
        crash_point("after_rows")
    with store.transaction(lock):
        whose = (INPUTS, source.kind.name, found.file, intake)
        found.gone = store.observations.unseen(*whose)
        if source.replace:
            found.withdrawn = store.observations.withdraw_unseen(*whose)
        store.observations.end(intake, found.counts, importing.now)
    crash_point("after_import")


def _bring(importing: _Importing, intake: int, rows: Sequence[Row]) -> None:
    store, found = importing.store, importing.found
    names = store.pseudonyms.names(EVERYWHERE)
    by_line = {row.line: unnamed(row, names) for row in rows if isinstance(row, Taken)}
    refused = [row for row in rows if isinstance(row, Refused)]
    made = {line: _observation(importing, row) for line, row in by_line.items()}
    refused += [each for each in made.values() if isinstance(each, Refused)]
    refused += _objected(importing, by_line, made)
    observations = [each for each in made.values() if isinstance(each, Observation)]
    _note_nowhere(importing, observations)
    brought = store.observations.bring(INPUTS, intake, observations)
    found.new, found.corrected = found.new + brought.new, found.corrected + brought.corrected
    found.same += brought.same
    found.late += sum(each.at < importing.settled for each in observations)
    refused += [_twice(by_line[line], other) for line, other in brought.twice if line is not None]
    _set_aside(importing, sorted(refused, key=lambda each: each.line))


def _note_nowhere(importing: _Importing, observations: Iterable[Observation]) -> None:
    """Note the lines of those that no helpdesk of several can be told to own."""
    found = importing.found
    if len(importing.accounts) > 1:
        lines = [line_of(each) for each in observations if each.account is None and each.agent is None]
        found.nowhere_count += len(lines)
        found.nowhere += lines[: max(0, _NAMED - len(found.nowhere))]


def line_of(observation: Observation) -> int:
    """Return the line of a file that an observation was made of."""
    return int(observation.source.rpartition(":")[2])


def _objected(
    importing: _Importing, rows: Mapping[int, Taken], made: dict[int, Observation | Refused]
) -> Iterator[Refused]:
    """Take out of what was made, and yield, the decisions that cannot be taken."""
    if importing.source.kind.name != OVERRIDES:
        return
    decisions = {line: each for line, each in made.items() if isinstance(each, Observation)}
    objections = importing.approving.objections(list(decisions.values()))
    for line, decision in decisions.items():
        if decision.source in objections:
            del made[line]
            yield _refused(rows[line], objections[decision.source])


def _twice(row: Taken, other: int | None) -> Refused:
    told = message("line {line} has the same key, and says something else", line=other)
    return Refused(row.line, told, encoded(row.values))


def _set_aside(importing: _Importing, refused: Sequence[Refused]) -> None:
    found = importing.found
    rejects = [Reject(f"{found.file}:{each.line}", each.reason, each.raw) for each in refused]
    importing.store.quarantine.put(INPUTS, found.kind, rejects, None, importing.now)
    found.refused_count += len(refused)
    found.refused += refused[: max(0, _NAMED - len(found.refused))]


def _observation(importing: _Importing, row: Taken) -> Observation | Refused:
    kind, source = importing.source.kind, importing.source
    values = row.values
    account = str(values.get("account", source.account or "")) or None
    if account is not None and account not in importing.accounts:
        return _refused(row, message("no connector is called {name}", name=account))
    if kind.name == OVERRIDES:
        account = account or (next(iter(importing.accounts)) if len(importing.accounts) == 1 else None)
        if account is None:
            return _refused(row, message("say in {column} which connector's ticket it is", column="account"))
    at = _instant(kind, str(values[kind.at]), source.forms)
    if at > importing.now + _AHEAD and columns_of(kind.model)[kind.at].reading == "date-time":
        return _refused(row, message("{column} lies in the future", column=kind.at))
    whose = kind.agent if kind.of_agent(values) else None
    agent = _word(values.get(whose or ""))
    _meet(importing, agent, account)
    apart = {whose, kind.customer, kind.ticket, "account"}
    kept = {name for name, column in columns_of(kind.model).items() if column.kept and name not in apart}
    return Observation(
        kind=kind.name,
        observation_id=_key(kind, values | ({"account": account} if account is not None else {})),
        at=at,
        agent=agent,
        customer_id=_word(values.get(kind.customer or "")),
        ticket_id=_word(values.get(kind.ticket or "")),
        account=account,
        values={name: value for name, value in values.items() if name in kept},
        source=f"{importing.found.file}:{row.line}",
    )


def _refused(row: Taken, reason: Message) -> Refused:
    return Refused(row.line, reason, encoded(row.values))


def _word(value: FieldValue) -> str | None:
    return None if value is None else str(value)


def _key(kind: Kind, values: Values) -> str:
    parts = [str(values.get(name, "")) for name in kind.key]
    while parts and not parts[-1]:
        parts.pop()
    return parts[0] if len(parts) == 1 else encoded(parts)


def _instant(kind: Kind, text: str, forms: Forms) -> int:
    """Return the instant a row stands at: of a day its first second, of a period its last one."""
    match columns_of(kind.model)[kind.at].reading:
        case "date-time":
            return instant(text)
        case "date":
            return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(forms.zone)).timestamp())
        case _:
            return period_named(text, forms.zone).end - 1


def _meet(importing: _Importing, word: str | None, account: str | None) -> None:
    strangers = importing.found.strangers
    if word is None or word in strangers or len(strangers) >= _NAMED:
        return
    found = importing.everybody.matched(word, account)
    if found is None:
        strangers[word] = message("no agent has this e-mail address, id or name of the configuration")
    elif isinstance(found, Ambiguous):
        strangers[word] = message("several people may be meant: {names}", names=_names(found.candidates))


def _names(candidates: Iterable[object]) -> str:
    return ", ".join(str(getattr(each, "name", each)) for each in candidates)
