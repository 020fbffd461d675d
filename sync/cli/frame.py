"""What every command shares: its options, its settings, store and accounts, its output, and its exit code."""

import io
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from pydantic_core import to_json
from rich.console import Console

from config import Settings, SettingsError, load, not_yet_in_force
from connectors.body import one_line
from connectors.errors import ConnectorError
from kpi_engine.message import Message, message
from sync.account import Account
from sync.accounts import UnknownAccountError, opened
from sync.clock import WallClock
from sync.exits import Exit, exit_for
from sync.file_errors import why
from sync.locale import Language, preferred_language, terminal_text
from sync.store import StoreError

CONFIG_VARIABLE = "HELPDESK_KPI_CONFIG"
DEFAULT_CONFIG = "helpdesk-kpi.yaml"
_WIDE = 240
"""Columns of a file or a pipe: wide enough that no table is folded."""


@dataclass(slots=True)
class Call:
    """One call of a command: where its settings are, how it speaks, and what it has to say."""

    config: Path
    as_json: bool
    quiet: bool
    verbose: int
    language: Language
    screen: Console
    notes: Console

    def settings(self) -> Settings:
        """Return the validated settings; from now on the call speaks their language and time zone."""
        settings = load(self.config, last_good=True)
        self.language = Language(settings.language, settings.timezone)
        for path in not_yet_in_force(settings):
            self.note(message("{path} is accepted but not yet in force in this version", path=path))
        return settings

    @contextmanager
    def accounts(self, names: Sequence[str] = (), *, signed_in: bool = True) -> Iterator[list[Account]]:
        """Open the store and the configured accounts (those named, or all) and close them afterwards."""
        settings = self.settings()
        with opened(settings, names, WallClock(), signed_in=signed_in) as accounts:
            yield accounts

    def say(self, sentence: Message) -> None:
        """Print a result for people, unless JSON was asked for."""
        self.say_text(self.language(tamed(sentence)))

    def say_text(self, text: str) -> None:
        """Print a result that is in words already, of one line or several."""
        if not self.as_json:
            self.screen.print(plain(text), markup=False, highlight=False, soft_wrap=True)

    def show(self, renderable: object) -> None:
        """Print a table for people, unless JSON was asked for; in a file or a pipe no line ends in blanks."""
        if self.as_json:
            return
        if self.screen.is_terminal:
            self.screen.print(renderable)
            return
        with self.screen.capture() as printed:
            self.screen.print(renderable)
        self.screen.out(*(line.rstrip() for line in printed.get().splitlines()), sep="\n", highlight=False)

    def answer(self, document: object) -> None:
        """Print the JSON answer, if JSON was asked for."""
        if self.as_json:
            only_ascii = "utf" not in (sys.stdout.encoding or "").lower()
            sys.stdout.write(laid_out(document, only_ascii=only_ascii) + "\n")
            sys.stdout.flush()

    def note(self, sentence: Message) -> None:
        """Print a remark to standard error, unless -q was given."""
        if not self.quiet:
            self.notes.print(plain(self.language(tamed(sentence))), markup=False, highlight=False, soft_wrap=True)

    def complain(self, sentence: Message) -> None:
        """Print an error to standard error, always."""
        self.complain_text(self.language(tamed(sentence)))

    def complain_settings(self, error: SettingsError) -> None:
        """Print every problem of the configuration, each on a line with its place."""
        for problem in error.problems:
            self.complain_text(problem.text(self.language))

    def complain_text(self, text: str) -> None:
        """Print an error that is in words already."""
        self.notes.print(plain(text), markup=False, highlight=False, soft_wrap=True, style="bold red")


def laid_out(document: object, *, only_ascii: bool) -> str:
    """Return JSON as people can read it; without `only_ascii` many times as fast as `json` does when it indents."""
    if only_ascii:
        return json.dumps(document, indent=2)
    return to_json(document, indent=2).decode()


def plain(text: str) -> str:
    """Return text without control characters, so that nothing in it can steer a terminal."""
    return "".join(character for character in text if character.isprintable() or character == "\n")


def tamed(sentence: Message) -> Message:
    """Return the sentence with each of its values on one line, so that no name can forge a line of its own."""
    return Message(sentence.text, {name: _tame(value) for name, value in sentence.values.items()})


def _tame(value: object) -> object:
    if isinstance(value, Message):
        return tamed(value)
    return one_line(value) if isinstance(value, str) else value


def framed(function: Callable[..., Exit | None]) -> Callable[..., NoReturn]:
    """Give a command the options they all have, turn its errors into messages, and its result into an exit code."""

    @click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar=CONFIG_VARIABLE,
        default=DEFAULT_CONFIG,
        show_default=True,
        help=terminal_text(message("The configuration file.")),
    )
    @click.option("--json", "as_json", is_flag=True, help=terminal_text(message("Answer in JSON on standard output.")))
    @click.option("-q", "--quiet", is_flag=True, help=terminal_text(message("Say only what matters.")))
    @click.option("-v", "--verbose", count=True, help=terminal_text(message("Log what happens; twice for more.")))
    @wraps(function)
    def command(config: Path, as_json: bool, quiet: bool, verbose: int, **options: Any) -> NoReturn:  # noqa: ANN401, FBT001 -- click hands over whatever the command declared, by name
        _bear_any_encoding()
        logging.basicConfig(level=_level(verbose), format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
        call = Call(
            config=config,
            as_json=as_json,
            quiet=quiet,
            verbose=verbose,
            language=Language(preferred_language()),
            screen=Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDE),
            notes=Console(stderr=True),
        )
        sys.exit(int(_guarded(call, function, options)))

    return command


def _bear_any_encoding() -> None:
    """Let a character that the terminal or the file cannot hold become a question mark instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _level(verbose: int) -> int:
    return (logging.ERROR, logging.INFO, logging.DEBUG)[min(verbose, 2)]


def _guarded(call: Call, function: Callable[..., Exit | None], options: dict[str, Any]) -> Exit:
    # Ctrl-C stops us cleanly even where a shell in the background had it ignored.
    handlers = {signal.SIGTERM: _terminate, signal.SIGINT: signal.default_int_handler}
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        return function(call, **options) or Exit.OK
    except SettingsError as error:
        call.complain_settings(error)
        return Exit.SETTINGS
    except (ConnectorError, StoreError, UnknownAccountError) as error:
        call.complain(error.message)
        return exit_for(error)
    except (KeyboardInterrupt, click.Abort, TerminatedError) as stop:
        call.complain(message("stopped; what was saved until now stays"))
        return Exit.TERMINATED if isinstance(stop, TerminatedError) else Exit.INTERRUPTED
    except BrokenPipeError:
        raise  # whoever read our output has left: click ends quietly
    except OSError as error:
        call.complain(message("{place}: {reason}", place=error.filename or "–", reason=why(error)))
        return Exit.UNEXPECTED
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class TerminatedError(BaseException):
    """The process was asked to stop (SIGTERM); no `except Exception` may swallow it."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise TerminatedError
