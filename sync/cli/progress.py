"""Progress while rows are pulled: a bar on a terminal, silence elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from connectors.base import STREAM_NAMES, Stream
from sync.cli.frame import Call
from sync.pull import Progress as Told
from sync.pull import silent


@contextmanager
def progress_on(call: Call) -> Iterator[Told]:
    """Yield what a pass tells its progress to."""
    if call.quiet or call.as_json or not call.notes.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=call.notes, transient=True) as bar:
        tasks: dict[str, int] = {}

        def told(stream: Stream, rows: int, total: int | None) -> None:
            if stream not in tasks:
                tasks[stream] = bar.add_task(call.language(STREAM_NAMES[stream]), total=total)
            bar.update(tasks[stream], completed=rows, total=total)  # type: ignore[arg-type]  # rich's own TaskID is an int

        yield told
