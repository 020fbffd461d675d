"""What goes wrong is one clear message and the right exit code; nothing is half written, nothing secret is told."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from base64 import b64encode
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.faults import Fault
from sync.store import Holder, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Desk
    from werkzeug.wrappers import Response

EVERY = [["check"], ["setup"], ["sync"], ["run"], ["report"], ["explain", "created"], ["status"]]
ASKING = [["check"], ["setup"], ["sync"], ["run"]]
WORKING = [["sync", "--yes"], ["sync"], ["setup", "--yes"]]


def the_only_message(result: Any, code: int) -> str:  # noqa: ANN401 -- click's result
    """Return the one line on standard error of a command that failed like that, with nothing on standard output."""
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    (line,) = result.stderr.splitlines()
    assert "Traceback" not in line
    return str(line)


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", EVERY)
def test_without_a_configuration_the_way_to_get_one_is_told(empty_desk: "Desk", command: list[str]) -> None:
    line = the_only_message(empty_desk.run(*command), 2)
    assert line == "helpdesk-kpi.yaml: there is no such file; `helpdesk-kpi init` writes one"
    assert not list(empty_desk.folder.iterdir())


@pytest.mark.parametrize("how", ["option", "environment"])
def test_another_configuration_may_be_named(desk: "Desk", how: str) -> None:
    desk.config.rename(desk.folder / "other.yaml")
    assert desk.run("status").exit_code == 2
    if how == "environment":
        desk.patch.setenv("HELPDESK_KPI_CONFIG", "other.yaml")
        assert desk.run("status").exit_code == 0
    else:
        assert desk.run("status", "--config", "other.yaml").exit_code == 0


def test_a_folder_is_no_configuration(empty_desk: "Desk") -> None:
    result = empty_desk.run("status", "--config", str(empty_desk.folder))
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(empty_desk.folder) in result.stderr


@pytest.mark.parametrize("command", EVERY)
def test_every_problem_of_the_configuration_is_told_with_its_place(empty_desk: "Desk", command: list[str]) -> None:
    empty_desk.config.write_text(
        "version: 1\norganisation: x\ntimezone: Mars/Olympus\nconnectors:\n"
        "  - {name: A b, kind: zendesk, base_url: https://saomai.example,\n"
        "     auth: {method: bearer, token: canary-in-the-file}}\n",
        encoding="utf-8",
    )
    result = empty_desk.run(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    places = [line.split(": ")[:2] for line in result.stderr.splitlines()]
    assert ["helpdesk-kpi.yaml:2", "organisation"] in places
    assert ["helpdesk-kpi.yaml:3", "timezone"] in places
    assert ["helpdesk-kpi.yaml:5", "connectors[0].name"] in places
    assert ["helpdesk-kpi.yaml:6", "connectors[0].auth.token"] in places
    assert "did you mean organization?" in result.stderr
    assert "canary" not in result.output
    assert [path.name for path in empty_desk.folder.iterdir()] == ["helpdesk-kpi.yaml"]


def test_yaml_that_cannot_be_read_is_told_with_its_line(empty_desk: "Desk") -> None:
    empty_desk.config.write_text("version: 1\nconnectors: [\n", encoding="utf-8")
    assert the_only_message(empty_desk.run("check"), 2).startswith("helpdesk-kpi.yaml:")


def test_what_is_not_yet_in_force_is_noted_unless_quiet(desk: "Desk") -> None:
    org = {
        "name": "care",
        "kind": "salesforce",
        "base_url": "https://saomai.my.salesforce.com",
        "auth": {"method": "oauth_client_credentials", "client_id": "kpi", "client_secret": "${env:SECRET_SAO_MAI}"},
    }
    desk.configure(desk.account("sao-mai", desk.sandbox), org, policies="platform")
    told = "policies is accepted but not yet in force"
    assert told in desk.run("status").stderr
    assert desk.run("status", "-q").stderr == ""


@pytest.mark.parametrize("command", ASKING)
def test_a_missing_secret_is_told_with_its_place_and_its_variable(desk: "Desk", command: list[str]) -> None:
    desk.store.unlink()
    desk.patch.delenv("SECRET_SAO_MAI")
    line = the_only_message(desk.run(*command), 2)
    assert line == (
        "helpdesk-kpi.yaml:1: connectors[0].auth.client_secret: "
        "the environment variable SECRET_SAO_MAI is not set, or is empty"
    )
    assert not desk.store.exists()
    assert desk.sandbox.requests == []


# -- signing in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", WORKING)
def test_wrong_credentials_change_nothing(desk: "Desk", command: list[str]) -> None:
    desk.run("sync")
    before = desk.remembered
    desk.patch.setenv("SECRET_SAO_MAI", "not-the-secret")
    line = the_only_message(desk.run(*command), 3)
    assert "401" in line
    assert "`auth`" in line
    assert (desk.remembered, desk.writes()) == (before, [])


def test_an_agent_without_an_admins_rights_changes_nothing(desk: "Desk") -> None:
    desk.run("sync")
    before = desk.remembered
    desk.patch.setenv("WEAK", desk.sandbox.issue_token(desk.sandbox.state.account.agent_ids[0]))
    desk.configure(desk.account("sao-mai", desk.sandbox, auth={"method": "bearer", "token": "${env:WEAK}"}))
    line = the_only_message(desk.run("sync", "--yes"), 3)
    assert "403" in line
    assert "the role or scope" in line
    assert (desk.remembered, desk.writes()) == (before, [])


# -- the helpdesk and the way to it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", WORKING)
def test_a_helpdesk_out_of_reach_changes_nothing_and_may_be_tried_again(desk: "Desk", command: list[str]) -> None:
    desk.run("sync")
    before, address = desk.remembered, desk.sandbox.base_url
    desk.sandbox.stop()
    line = the_only_message(desk.run(*command), 6)
    assert address in line
    assert "try again later" in line
    assert desk.remembered == before
    assert desk.sandbox.clock.slept > 0


@pytest.mark.parametrize("command", WORKING)
def test_a_host_that_does_not_exist_is_the_settings_fault(
    desk: "Desk", command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(host: str, *_: object, **__: object) -> None:
        assert host == "sao-mai.invalid"
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    desk.configure(desk.account("sao-mai", desk.sandbox, base_url="https://sao-mai.invalid"))
    monkeypatch.setattr("socket.getaddrinfo", nowhere)
    line = the_only_message(desk.run(*command), 2)
    assert "https://sao-mai.invalid: there is no host of that name; check base_url." in line


@pytest.mark.parametrize(
    ("kind", "times"),
    [("html", 5), ("truncated", 5), ("empty", 5), (500, 10)],  # what failed with big pages is tried with small ones
)
def test_an_answer_that_is_none_is_repeated_then_told_and_changes_nothing(
    desk: "Desk", kind: str | int, times: int
) -> None:
    desk.run("sync")
    before = desk.remembered
    asked = len(desk.sandbox.requests)
    desk.sandbox.fail_next("/api/v2/incremental/tickets/cursor.json", kind, times=None)
    line = the_only_message(desk.run("sync", "--yes"), 6)
    assert "/api/v2/incremental/tickets/cursor.json" in line
    paths = [path for _, path, _ in desk.sandbox.requests[asked:]]
    assert paths.count("/api/v2/incremental/tickets/cursor.json") == times
    assert (desk.remembered, desk.writes()) == (before, [])
    desk.sandbox.clear_faults()
    assert desk.run("sync").exit_code == 0


def test_a_rate_limit_that_outlasts_the_pass_is_told(desk: "Desk") -> None:
    desk.sandbox.fail_next("/api/v2/incremental/tickets/cursor.json", 429, times=None, retry_after=600)
    line = the_only_message(desk.run("sync"), 6)
    assert "429" in line


# -- the store ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", EVERY)
def test_a_file_that_is_no_store_is_told_and_left_alone(desk: "Desk", command: list[str]) -> None:
    desk.store.write_bytes(b"This is somebody's letter, and no database at all.\n" * 100)
    before = desk.store.read_bytes()
    line = the_only_message(desk.run(*command), 1)
    assert str(desk.store) in line
    assert "backup" in line
    assert (desk.store.read_bytes(), desk.sandbox.requests) == (before, [])


def test_a_damaged_store_is_told_and_nothing_is_written_to_the_helpdesk(desk: "Desk") -> None:
    desk.run("sync")
    pages = bytearray(desk.store.read_bytes())
    pages[4096 * 2 :] = os.urandom(len(pages) - 4096 * 2)
    desk.store.write_bytes(pages)
    for command in (["sync", "--yes"], ["report"]):
        line = the_only_message(desk.run(*command), 1)
        assert "is damaged" in line
    assert desk.writes() == []


@pytest.mark.parametrize("command", [["sync"], ["status"], ["check"], ["setup"]])
def test_a_store_of_a_newer_version_is_not_touched(desk: "Desk", command: list[str]) -> None:
    desk.run("sync")
    with closing(sqlite3.connect(desk.store)) as connection, connection:
        connection.execute("UPDATE helpdesk_kpi_schema SET version_num = '9999'")
    before = desk.remembered
    line = the_only_message(desk.run(*command), 1)
    assert "newer version" in line
    assert "9999" in line
    assert desk.remembered == before


def test_a_full_disk_costs_the_rest_of_the_pass_and_nothing_else(desk: "Desk") -> None:
    desk.run("sync")
    whole = desk.told("report", "--period", "2026-11")
    desk.store.unlink()
    desk.run("status")
    room = desk.rows("PRAGMA page_count")[0][0] + 8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.store.database._PRAGMAS", ("journal_mode=WAL", f"max_page_count={room}"))
        line = the_only_message(desk.run("sync", "--yes"), 1)
    assert f"The disk of the store {desk.store} is full" in line
    assert desk.writes() == []
    assert desk.rows("PRAGMA quick_check") == [("ok",)]
    assert desk.rows("SELECT held FROM pass_lock") == [(0,)]
    assert desk.run("sync").exit_code == 0
    assert desk.told("report", "--period", "2026-11") == whole


def test_a_file_that_may_not_grow_is_told_by_the_process(desk: "Desk") -> None:
    desk.run("status")
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); from sync.cli import main; main()"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    process = subprocess.run(
        [sys.executable, "-c", limited, "sync", "--yes"], check=False, capture_output=True, text=True, env=environ
    )
    assert (process.returncode, process.stdout) == (1, "")
    (line,) = process.stderr.splitlines()
    assert str(desk.store) in line
    assert desk.writes() == []
    assert desk.run("sync", "--yes").exit_code == 0


@pytest.fixture
def as_somebody_else(desk: "Desk") -> "Iterator[Desk]":
    """Give a folder that whoever runs the tests, even root, can look into but not write."""
    desk.run("sync")
    with tempfile.TemporaryDirectory(prefix="helpdesk-kpi-test-", dir="/tmp") as name:
        desk.folder = Path(name)
        desk.patch.chdir(name)
        desk.configure(desk.account("sao-mai", desk.sandbox))
        yield desk


@contextmanager
def forbidden(folder: Path) -> "Iterator[None]":
    """Forbid writing in a folder; root, who may do anything, becomes somebody else for as long."""
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)
        folder.chmod(0o755)


@pytest.mark.parametrize("there", [True, False])
def test_a_store_that_may_not_be_written_is_told(as_somebody_else: "Desk", *, there: bool) -> None:
    desk = as_somebody_else
    if there:
        desk.run("status")
    before = desk.writes()
    with forbidden(desk.folder):
        line = the_only_message(desk.run("sync"), 1)
    assert str(desk.store) in line
    assert desk.writes() == before


def test_the_stores_folder_must_exist(desk: "Desk") -> None:
    desk.configure(desk.account("sao-mai", desk.sandbox), store="sqlite:///nowhere/kpi.db")
    assert str(desk.folder / "nowhere" / "kpi.db") in the_only_message(desk.run("sync"), 1)


def test_a_database_out_of_reach_is_told_without_its_password(desk: "Desk") -> None:
    desk.patch.setenv("DB_PASSWORD", "canary-of-the-database")
    store = "postgresql+psycopg://kpi:${env:DB_PASSWORD}@127.0.0.1:1/kpi"
    desk.configure(desk.account("sao-mai", desk.sandbox), store=store)
    result = desk.run("status")
    assert result.exit_code == 1
    assert "127.0.0.1" in result.stderr
    assert "canary" not in result.output
    desk.patch.delenv("DB_PASSWORD")
    assert "DB_PASSWORD" in the_only_message(desk.run("status"), 2)


@pytest.mark.parametrize("command", WORKING)
def test_another_passes_lock_is_respected(desk: "Desk", command: list[str]) -> None:
    now = int(desk.sandbox.now)
    with Store.open("sqlite:///helpdesk-kpi.db", desk.folder) as store:
        store.locks.acquire("sao-mai", Holder("elsewhere", 4711, now), now)
    before = desk.remembered
    result = desk.run(*command)
    assert result.exit_code == 7
    assert result.stderr.count("\n") == 1
    assert "Another pass of sao-mai is running: elsewhere/4711" in result.stderr
    assert (desk.remembered, desk.writes()) == (before, [])
    assert desk.run("status").exit_code == 0


def test_a_file_that_cannot_be_written_is_named(empty_desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere/kpi.yaml")

    monkeypatch.setattr("sync.cli.schema_command.schema_text", full)
    line = the_only_message(empty_desk.run("schema"), 1)
    assert line == "/somewhere/kpi.yaml: the disk is full; make room, then try again"


# -- secrets -----------------------------------------------------------------------------------------------------------


def canaries(desk: "Desk") -> list[str]:
    """Return every secret there is, in each form in which it travels."""
    sandbox = desk.sandbox
    email, token = sandbox.api_token
    basic = b64encode(f"{email}/token:{token}".encode()).decode()
    return [sandbox.oauth.client_secret, token, basic, *sandbox.service.tokens.bearer]


def kept(desk: "Desk") -> bytes:
    """Return every byte that is in the folder beside the configuration."""
    return b"".join(path.read_bytes() for path in desk.folder.iterdir() if path != desk.config)


def test_no_secret_is_told_logged_or_kept(desk: "Desk", caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        told = "".join(desk.run(*command).output for command in (["check"], ["setup", "--yes"], ["sync", "--yes"]))
    assert "/oauth/tokens" in caplog.text
    for secret in canaries(desk):
        assert secret not in told + caplog.text
        assert secret.encode() not in kept(desk)


def test_the_process_tells_no_secret_at_its_most_talkative(desk: "Desk") -> None:
    desk.patch.setenv("TOKEN", desk.sandbox.api_token.token)
    auth = {"method": "api_token", "email": desk.sandbox.api_token.email, "token": "${env:TOKEN}"}
    desk.configure(desk.account("sao-mai", desk.sandbox, auth=auth))
    process = desk.start("check", "-vv")
    shown, logged = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "DEBUG" in logged
    for secret in canaries(desk):
        assert secret not in shown + logged
        assert secret.encode() not in kept(desk)


@pytest.mark.parametrize("code", [200, 400, 401, 403, 422, 500])
def test_a_helpdesk_that_repeats_our_secret_does_not_get_it_into_a_message(desk: "Desk", code: int) -> None:
    secret = desk.sandbox.oauth.client_secret
    spoil = Fault.spoil

    def repeated(_answer: object) -> object:
        return {"error": f"you sent client_secret={secret} and {secret}", "access_token": None}

    def with_status(fault: Fault, answer: "Response") -> "Response":
        spoiled = spoil(fault, answer)
        spoiled.status_code = code
        return spoiled

    desk.patch.setattr(Fault, "spoil", with_status)
    desk.sandbox.fail_next("/oauth/tokens", repeated, times=None)
    result = desk.run("sync", "--json")
    assert result.exit_code in (3, 6)
    assert json.loads(result.stdout)["passes"][0]["error"]
    assert secret not in result.output
