import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sync.cli import run_command

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence

    from conftest import Desk

    from sync.scheduler import Job

HELD = "SELECT held FROM pass_lock"


def at_once(desk: "Desk", number: signal.Signals, *, in_time: bool = True) -> None:
    """Let `run` make one pass of each account here and now, and then be stopped by a signal."""

    def run_until_stopped(jobs: "Sequence[Job]", timezone: str, stopping: threading.Event) -> bool:
        assert timezone == "Asia/Ho_Chi_Minh"
        for job in jobs:
            job.run()
        os.kill(os.getpid(), number)
        assert stopping.wait(5)
        return in_time

    desk.patch.setattr("sync.cli.run_command.run_until_stopped", run_until_stopped)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_exit_code_tells_which_signal_stopped_it(desk: "Desk", number: signal.Signals, code: int) -> None:
    before = signal.getsignal(number)
    at_once(desk, number)
    result = desk.run("run")
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("running; stop with Ctrl-C or SIGTERM\nsao-mai: data complete to ")
    assert result.stderr.endswith("stopped; what was saved until now stays\n")
    assert signal.getsignal(number) == before


def test_run_never_writes_before_a_pass_was_allowed_to(desk: "Desk") -> None:
    at_once(desk, signal.SIGTERM)
    desk.run("run")
    desk.run("run")
    assert desk.writes() == []


def test_run_writes_once_a_pass_was_allowed_to(desk: "Desk") -> None:
    desk.run("sync", "--yes")
    desk.sandbox.state.create_ticket(priority="urgent", status="open")
    desk.sandbox.advance(120)
    writes = len(desk.writes())
    at_once(desk, signal.SIGTERM)
    desk.patch.setattr("sync.scheduler.StoppableClock.sleep", lambda *_: desk.sandbox.advance(2))
    desk.run("run")
    assert len(desk.writes()) > writes


def test_quiet_leaves_only_what_matters(desk: "Desk") -> None:
    at_once(desk, signal.SIGTERM)
    result = desk.run("run", "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (143, "", "")


def test_one_accounts_trouble_does_not_stop_another(two_desks: "Desk") -> None:
    two_desks.patch.setenv("SECRET_SAO_MAI", "not-the-secret")
    at_once(two_desks, signal.SIGTERM)
    result = two_desks.run("run")
    assert result.exit_code == 143
    assert "sao-mai: POST 127.0.0.1/oauth/tokens: the sign-in was not accepted (401)" in result.stderr
    assert "sao-hom: data complete to " in result.stderr


def test_a_secret_that_goes_missing_is_told_each_time_and_the_rest_goes_on(two_desks: "Desk") -> None:
    secret = two_desks.folder / "secret.txt"
    secret.write_text(two_desks.sandboxes["sao-mai"].oauth.client_secret, encoding="utf-8")
    first = two_desks.account("sao-mai", two_desks.sandboxes["sao-mai"])
    first["auth"]["client_secret"] = "${file:secret.txt}"
    two_desks.configure(first, two_desks.account("sao-hom", two_desks.sandboxes["sao-hom"]))
    at_once(two_desks, signal.SIGTERM)
    signals = run_command._stop_signals  # noqa: SLF001 -- the moment between the start and the first pass
    two_desks.patch.setattr("sync.cli.run_command._stop_signals", lambda _: secret.unlink() or signals(_))
    result = two_desks.run("run")
    assert result.exit_code == 143
    assert "connectors[0].auth.client_secret: the secret's file secret.txt cannot be read" in result.stderr
    assert "sao-hom: data complete to " in result.stderr


def test_a_missing_secret_is_told_before_anything_runs(desk: "Desk") -> None:
    desk.store.unlink()
    desk.patch.delenv("SECRET_SAO_MAI")
    result = desk.run("run")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "SECRET_SAO_MAI" in result.stderr
    assert not desk.store.exists()


def test_a_pass_that_hangs_is_cut_off(desk: "Desk") -> None:
    cut: list[int] = []
    desk.patch.setattr("sync.cli.run_command.os._exit", cut.append)
    at_once(desk, signal.SIGTERM, in_time=False)
    desk.run("run")
    assert cut == [143]


def wait_until(true: "Callable[[], object]") -> None:
    """Wait until something is so, not for ever."""
    ends = time.monotonic() + 120
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


def stopped(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[int, str]:
    """Stop the process, which waits for nobody; return its exit code and what it told."""
    time.sleep(0.2)  # it is on its way into the system call in which it will wait
    process.send_signal(number)
    try:
        _, told = process.communicate(timeout=20)
    finally:
        process.kill()
    return process.returncode, told


def test_the_process_makes_a_pass_at_once_and_stops_when_told(desk: "Desk") -> None:
    process = desk.start("run")
    wait_until(lambda: ("done",) in desk.rows("SELECT state FROM pass"))
    wait_until(lambda: desk.rows(HELD) == [(0,)])
    exit_code, told = stopped(process, signal.SIGINT)
    assert (exit_code, desk.rows(HELD)) == (130, [(0,)])
    assert "Traceback" not in told
    assert told.endswith("stopped; what was saved until now stays\n")


def test_in_the_middle_of_a_pass_it_stops_at_the_next_page_and_gives_the_lock_back(desk: "Desk") -> None:
    reached, go_on = threading.Event(), threading.Event()
    desk.sandbox.before_next("/api/v2/incremental/ticket_events.json", lambda: (reached.set(), go_on.wait(120)))
    process = desk.start("run")
    assert reached.wait(120)
    threading.Timer(0.5, go_on.set).start()
    exit_code, told = stopped(process, signal.SIGTERM)
    assert (exit_code, desk.rows(HELD)) == (143, [(0,)])
    assert "Traceback" not in told
    read = {stream for (stream,) in desk.rows("SELECT stream FROM cursor")}
    assert {"agents", "tickets", "history"} <= read
    assert "metric_events" not in read  # which would have come next


def test_when_the_helpdesk_hangs_it_stops_all_the_same_and_the_next_pass_takes_the_lock_over(desk: "Desk") -> None:
    reached, go_on = threading.Event(), threading.Event()
    desk.sandbox.before_next("/api/v2/incremental/ticket_events.json", lambda: (reached.set(), go_on.wait(120)))
    process = desk.start("run")
    assert reached.wait(120)
    exit_code, told = stopped(process, signal.SIGTERM)
    go_on.set()
    assert exit_code == 143
    assert "Traceback" not in told
    process = desk.start("sync")
    shown, trouble = process.communicate(timeout=30)
    assert (process.returncode, trouble) == (0, "")
    assert "data complete to" in shown
    assert desk.rows("SELECT state FROM pass ORDER BY pass_id") == [("interrupted",), ("done",)]


def test_a_single_pass_stops_too_and_gives_the_lock_back(desk: "Desk") -> None:
    reached, go_on = threading.Event(), threading.Event()
    desk.sandbox.before_next("/api/v2/incremental/ticket_events.json", lambda: (reached.set(), go_on.wait(120)))
    process = desk.start("sync")
    assert reached.wait(120)
    exit_code, told = stopped(process, signal.SIGINT)
    go_on.set()
    assert (exit_code, told) == (130, "stopped; what was saved until now stays\n")
    assert desk.rows(HELD) == [(0,)]
    read = {stream for (stream,) in desk.rows("SELECT stream FROM cursor")}
    assert "tickets" in read
    assert "history" not in read
