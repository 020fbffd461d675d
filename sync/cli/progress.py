"""Progress while rows are pulled: a bar a stream on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from connectors.base import STREAM_NAMES, Stream
from kpi_engine.message import Message, message
from sync.advance import Advance, silent
from sync.advance import Progress as Told
from sync.cli.frame import Call
from sync.counting import PAGES, ROWS
from sync.locale import Language

EVERY = 30.0
"""Seconds between two lines: a pass shorter than that is not worth one."""


@contextmanager
def progress_on(call: Call, name: str, now: Callable[[], float] = time.monotonic) -> Iterator[Told]:
    """Yield what a pass of the account called `name` tells its progress to; results and JSON are never disturbed."""
    if call.quiet:
        yield silent
    elif call.as_json or not call.notes.is_terminal:
        yield lines_to(call.note, call.language, name, now)
    else:
        yield from _bars(call)


def lines_to(
    say: Callable[[Message], None], language: Language, name: str, now: Callable[[], float] = time.monotonic
) -> Told:
    """Return what says, every so many seconds, how far a pass of the account called `name` is."""
    said_at = now()

    def told(advance: Advance) -> None:
        nonlocal said_at
        if now() - said_at >= EVERY:
            said_at = now()
            say(sentence(advance, language, name))

    return told


def sentence(advance: Advance, language: Language, name: str) -> Message:
    """Return how far a stream is, in words."""
    values = {
        "name": name,
        "stream": STREAM_NAMES[advance.stream],
        "rows": ROWS.of(advance.rows, language),
        "pages": PAGES.of(advance.pages, language),
    }
    if advance.seconds_left is None:
        return message("{name}: {stream}: {rows} on {pages} so far", **values)
    left = language.duration(advance.seconds_left)
    return message("{name}: {stream}: {rows} on {pages} so far, about {left} left", **values, left=left)


def _bars(call: Call) -> Iterator[Told]:
    counts = TextColumn("{task.fields[rows]} · {task.fields[pages]}"), TextColumn("{task.fields[left]}")
    columns = (TextColumn("{task.description}"), BarColumn(), *counts, TimeElapsedColumn())
    with Progress(*columns, console=call.notes, transient=True) as bar:
        tasks: dict[Stream, TaskID] = {}

        def told(advance: Advance) -> None:
            shown = _shown(advance, call.language)
            if advance.stream not in tasks:
                tasks[advance.stream] = bar.add_task(call.language(STREAM_NAMES[advance.stream]), total=None, **shown)
            share = advance.share
            bar.update(tasks[advance.stream], total=None if share is None else 1.0, completed=share or 0.0, **shown)

        yield told


def _shown(advance: Advance, language: Language) -> dict[str, Any]:  # rich takes any field of its columns
    left = advance.seconds_left
    return {
        "rows": language.number(advance.rows),
        "pages": language(PAGES.of(advance.pages, language)),
        "left": "" if left is None else language(message("{left} left", left=language.duration(left))),
    }
