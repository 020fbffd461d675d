"""`helpdesk-kpi run`: passes on schedule until stopped."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

import click

from config import Settings, SettingsError
from connectors.errors import ConnectorError
from kpi_engine.message import message
from sync.accounts import opened
from sync.advance import Advance
from sync.cli.frame import Call, framed
from sync.cli.progress import lines_to
from sync.cycle import Mode, run_pass
from sync.exits import Exit
from sync.locale import Language, terminal_text
from sync.scheduler import Job, StoppableClock, run_until_stopped
from sync.showing import pass_sentences
from sync.store import StoreError

_STOPS = {signal.SIGTERM: Exit.TERMINATED, signal.SIGINT: Exit.INTERRUPTED}


@click.command("run", help=terminal_text(message("Run passes on schedule until stopped.")))
@framed
def command(call: Call) -> Exit:
    """Run passes until SIGINT or SIGTERM; one account's trouble never stops the others."""
    settings, stopping = call.settings(), threading.Event()
    with opened(settings, [], StoppableClock(stopping)):
        pass  # a secret or a store that cannot serve is told now, not on every schedule
    with _stop_signals(stopping) as received:
        jobs = [
            Job(own.name, own.schedule, partial(_passed, call, settings, own.name, stopping))
            for own in settings.connectors
        ]
        call.note(message("running; stop with Ctrl-C or SIGTERM"))
        in_time = run_until_stopped(jobs, settings.timezone, stopping)
    call.note(message("stopped; what was saved until now stays"))
    if not in_time:  # a request hangs: every step of a pass survives being cut off, waiting longer would not
        os._exit(int(received[0]))
    return received[0]


@contextmanager
def _stop_signals(stopping: threading.Event) -> Iterator[list[Exit]]:
    """Set `stopping` on the first signal; yields the list that the exit code is put in."""
    received: list[Exit] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(_STOPS[signal.Signals(number)])
        stopping.set()

    previous = {number: signal.signal(number, stop) for number in _STOPS}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _passed(call: Call, settings: Settings, name: str, stopping: threading.Event) -> None:
    """Run one pass in a thread of the scheduler's, with a store and a session of its own."""
    clock, language = StoppableClock(stopping), Language(settings.language, settings.timezone)

    tell = lines_to(call.note, language, name)

    def progress(advance: Advance) -> None:
        clock.sleep(0)
        tell(advance)

    try:
        with opened(settings, [name], clock) as accounts:
            report = run_pass(accounts[0], Mode(), progress)
            for sentence in pass_sentences(report, Mode(), language):
                call.note(sentence)
    except (ConnectorError, StoreError) as error:
        call.complain(message("{name}: {problem}", name=name, problem=error.message))
    except SettingsError as error:  # a secret's file can go while we run
        call.complain_settings(error)
