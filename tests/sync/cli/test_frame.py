import io
import logging
import os
import signal
from typing import TYPE_CHECKING

import click
import pytest
from rich.console import Console

from connectors.base import Stream
from kpi_engine.message import Message, message
from sync.advance import Advance, silent
from sync.cli.frame import framed, plain, tamed
from sync.cli.progress import progress_on

if TYPE_CHECKING:
    from conftest import Desk

    from sync.cli.frame import Call


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nguyễn Văn An", "Nguyễn Văn An"),
        ("\x1b[2J\x07bell\x9b", "[2Jbell"),
        ("an\u202egp", "angp"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_text_is_shown_without_what_could_steer_a_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_value_is_kept_on_one_line_however_deep_it_stands() -> None:
    inner = message("of {name}", name="An\r\nfailure  sao-mai")
    told = tamed(message("{subject}: {n}", subject=inner, n=7))
    assert str(told) == "of An failure sao-mai: 7"
    assert isinstance(told.values["subject"], Message)


def run(desk: "Desk", act: "click.Command", *arguments: str) -> tuple[int, str, str]:
    """Run a command of our own making; return its exit code and what it printed."""
    result = click.testing.CliRunner().invoke(act, list(arguments), catch_exceptions=False)
    assert desk.folder
    return result.exit_code, result.stdout, result.stderr


def test_sigterm_ends_a_command_with_143_and_the_old_ways_come_back(empty_desk: "Desk") -> None:
    @click.command()
    @framed
    def act(call: "Call") -> None:
        del call
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Exception:  # noqa: BLE001 -- what must not swallow it
            pytest.fail("swallowed")

    before = signal.getsignal(signal.SIGTERM)
    assert run(empty_desk, act) == (143, "", "stopped; what was saved until now stays\n")
    assert signal.getsignal(signal.SIGTERM) is before


def test_ctrl_c_ends_a_command_with_130(empty_desk: "Desk") -> None:
    @click.command()
    @framed
    def act(call: "Call") -> None:
        del call
        raise KeyboardInterrupt

    assert run(empty_desk, act)[0] == 130


def test_an_error_nobody_foresaw_is_not_hidden(empty_desk: "Desk") -> None:
    @click.command()
    @framed
    def act(call: "Call") -> None:
        del call
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(empty_desk, act)


def test_an_error_of_the_machine_without_a_file_is_told_in_its_own_words(empty_desk: "Desk") -> None:
    @click.command()
    @framed
    def act(call: "Call") -> None:
        del call
        raise OSError("something broke")

    assert run(empty_desk, act) == (1, "", "–: something broke\n")


@pytest.mark.parametrize(
    ("flags", "level"),
    [((), logging.ERROR), (("-v",), logging.INFO), (("-vv",), logging.DEBUG), (("-vvv",), logging.DEBUG)],
)
def test_more_vs_log_more(
    empty_desk: "Desk", monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], level: int
) -> None:
    chosen: list[object] = []
    monkeypatch.setattr("logging.basicConfig", lambda **given: chosen.append(given["level"]))

    @click.command()
    @framed
    def act(call: "Call") -> None:
        call.note(message("a remark"))

    assert run(empty_desk, act, *flags) == (0, "", "a remark\n")
    assert chosen == [level]
    assert run(empty_desk, act, "-q") == (0, "", "")


@pytest.fixture
def call(empty_desk: "Desk") -> "Call":
    """Give a call before a terminal."""
    calls: list[Call] = []

    @click.command()
    @framed
    def act(call: "Call") -> None:
        calls.append(call)

    run(empty_desk, act)
    (made,) = calls
    made.notes = Console(file=io.StringIO(), force_terminal=True, width=80)
    return made


def test_on_a_terminal_each_stream_has_a_bar(call: "Call") -> None:
    with progress_on(call, "sao-mai") as told:
        told(Advance(Stream.TICKETS, 1, 5, share=0.25, seconds_left=1800))
        told(Advance(Stream.TICKETS, 2, 10, share=0.5, seconds_left=1200))
        told(Advance(Stream.HISTORY, 1, 3))
        told(Advance(Stream.HISTORY, 2, 6))
        (bar,) = call.notes._live_stack  # noqa: SLF001 -- the only way to look at what is being drawn
        shown = Console(width=120, file=io.StringIO(), record=True)
        shown.print(bar.get_renderable())
        text = shown.export_text()
    assert text.count("tickets") == 1
    assert text.count("history") == 1
    assert "10 · 2" in text
    assert "20" in text


@pytest.mark.parametrize("which", ["as_json", "no terminal"])
def test_elsewhere_there_is_a_line_now_and_then(call: "Call", which: str) -> None:
    if which == "no terminal":
        call.notes = Console(file=io.StringIO(), width=200)
    else:
        call.as_json = True
    now = iter([0.0, 29.0, 30.0, 30.0, 59.0, 61.0, 61.0])
    with progress_on(call, "sao-mai", lambda: next(now)) as told:
        for pages in (1, 2, 3):
            told(Advance(Stream.TICKETS, pages, 1000 * pages, share=0.5, seconds_left=7200))
        told(Advance(Stream.HISTORY, 9, 8123))
    assert isinstance(call.notes.file, io.StringIO)
    first, second = call.notes.file.getvalue().splitlines()
    assert "sao-mai: tickets: 2,000 rows on 2 pages so far, about" in first
    assert second.endswith("ticket history: 8,123 rows on 9 pages so far")


def test_where_quiet_was_asked_for_nothing_is_told(call: "Call") -> None:
    call.quiet = True
    with progress_on(call, "sao-mai") as told:
        assert told is silent
        told(Advance(Stream.TICKETS, 1, 5))
    assert isinstance(call.notes.file, io.StringIO)
    assert call.notes.file.getvalue() == ""
