"""The files that the configuration names: read in each pass where they changed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from config import InputFile, Settings
from kpi_engine.message import Message, message
from sync.account import Account
from sync.file_errors import why
from sync.inputs.importing import Imported, Source, import_file
from sync.inputs.kinds import KINDS, Kind
from sync.inputs.rows import UnreadableFileError
from sync.inputs.values import DateOrder, Decimal, Forms
from sync.store.errors import LockHeldError
from sync.store.observations import INPUTS


def forms_of(settings: Settings, place: InputFile) -> Forms:
    """Return how the cells of a configured file are to be read."""
    return Forms(
        settings.timezone,
        DateOrder(place.dates or DateOrder.UNKNOWN),
        Decimal(place.decimal or Decimal.UNKNOWN),
    )


def source_of(settings: Settings, kind: Kind, place: InputFile, path: Path) -> Source:
    """Return one file of a configured place as what is to be brought in."""
    return Source(path, kind, forms_of(settings, place), place.replace, place.account)


def import_changed(account: Account) -> Iterator[Message]:
    """Bring in every configured file that is not as it was read last; yield what people should know of it.

    One that another pass reads just now is left to it.
    """
    for name, place in account.settings.inputs.files.items():
        if name in KINDS and KINDS[name].observed:
            yield from _changed(account, KINDS[name], place)


def _changed(account: Account, kind: Kind, place: InputFile) -> Iterator[Message]:
    where = account.settings.origin.folder / place.path
    try:
        paths = sorted(where.glob("*.csv")) if where.is_dir() else [where]
        for path in paths:
            yield from _imported(account, source_of(account.settings, kind, place, path))
    except OSError as error:
        yield message("inputs.{kind}: {path}: {reason}", kind=kind.name, path=place.path, reason=why(error))


def _imported(account: Account, source: Source) -> Iterator[Message]:
    key, looks = f"file:{source.kind.name}:{source.path.name}", _looks(source)
    if account.store.switches.get(INPUTS, key) == looks:
        return
    try:
        found = import_file(account.store, account.settings, source, account.clock)
    except UnreadableFileError as error:
        yield error.message
    except LockHeldError:
        return
    else:
        yield summary_of(found)
        yield from strangers_of(found)
        yield from nowhere_of(found)
    account.store.switches.set(INPUTS, key, looks)


def _looks(source: Source) -> str:
    """Return a text that changes whenever the file, or how it is to be read, does."""
    stat = source.path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}:{replace(source, path=Path())}"


def summary_of(found: Imported) -> Message:
    """Return in a sentence what became of a file."""
    return message(
        "{file}: {new} new, {corrected} corrected, {same} as before, {refused} refused",
        file=found.file,
        new=found.new,
        corrected=found.corrected,
        same=found.same,
        refused=found.refused_count,
    )


def strangers_of(found: Imported) -> Iterator[Message]:
    """Yield the words of a file that mean no agent, each with the reason."""
    for word, reason in found.strangers.items():
        yield message("{file}: {word}: {reason}", file=found.file, word=word, reason=reason)


def nowhere_of(found: Imported) -> Iterator[Message]:
    """Yield which lines of a file count nowhere, for nothing says on which of several helpdesks they would."""
    if found.nowhere_count:
        yield nowhere(found.file, found.nowhere, found.nowhere_count)


def nowhere(file: str, lines: Sequence[int], n: int) -> Message:
    """Return in a sentence how many rows of a file count nowhere, and on which lines the first of them stand."""
    return message(
        "{file}: {n} rows name neither a connector nor an agent, so they count on none of several helpdesks; lines "
        "{lines}",
        file=file,
        n=n,
        lines=", ".join(map(str, lines[:LISTED])) + (", …" if n > LISTED else ""),
    )


NOWHERE_MEND = message(
    "say whose they are: in the column account, by `account` of the file under inputs, or by `import --account`"
)
LISTED = 20
"""So many lines are named one by one."""
