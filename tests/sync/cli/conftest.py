"""The command line as its user meets it: a folder with a configuration, simulated helpdesks on loopback, a terminal."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.sandbox import ZendeskSandbox
from sync.cli import main
from sync.store import Store

SCRIPT = str(Path(sys.executable).with_name("helpdesk-kpi"))
STORE = "helpdesk-kpi.db"
PASSES = ('INSERT INTO "pass', """INSERT INTO "sqlite_sequence" VALUES('pass'""")


class Desk:
    """A folder from which commands are given, and the helpdesks its configuration names."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch
        self.sandboxes: dict[str, ZendeskSandbox] = {}
        self.secrets: dict[str, str] = {}

    # -- what is there ----------------------------------------------------------------------------------------------

    def account(self, name: str, sandbox: ZendeskSandbox, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 -- any key of a connector
        """Return the configuration of an account on that sandbox; its secret stands in the environment."""
        self.sandboxes[name] = sandbox
        variable = f"SECRET_{name.upper().replace('-', '_')}"
        self.secrets[variable] = sandbox.oauth.client_secret
        self.patch.setenv(variable, sandbox.oauth.client_secret)
        auth = {"method": "oauth_client_credentials", "client_id": sandbox.oauth.client_id}
        return {
            "name": name,
            "kind": "zendesk",
            "base_url": sandbox.base_url,
            "trusted_host": True,
            "auth": {**auth, "client_secret": f"${{env:{variable}}}"},
            "history_from": "2026-10-01",
            "rate_limit_share": 1,
            **changed,
        }

    def configure(self, *accounts: dict[str, Any], **top: Any) -> None:  # noqa: ANN401 -- any key of the configuration
        """Write the configuration of these accounts."""
        document = {"version": 1, "organization": "Sao Mai", "timezone": "Asia/Ho_Chi_Minh", "connectors": accounts}
        self.config.write_text(json.dumps({**document, **top}, ensure_ascii=False), encoding="utf-8")

    @property
    def config(self) -> Path:
        """Where the configuration is."""
        return self.folder / "helpdesk-kpi.yaml"

    @property
    def store(self) -> Path:
        """Where the store is."""
        return self.folder / STORE

    @property
    def sandbox(self) -> ZendeskSandbox:
        """The only helpdesk."""
        (sandbox,) = self.sandboxes.values()
        return sandbox

    # -- what is done ----------------------------------------------------------------------------------------------

    def run(self, *arguments: str, answers: str | None = None, charset: str = "utf-8") -> Result:
        """Give a command in this process, as from a terminal that stands in the folder; no error may escape it."""
        return CliRunner(charset=charset).invoke(
            main, list(arguments), input=answers, catch_exceptions=False, prog_name="helpdesk-kpi"
        )

    def told(self, *arguments: str) -> Any:  # noqa: ANN401 -- JSON
        """Return the JSON answer to a command that ends well."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def start(self, *arguments: str, **environ: str) -> "subprocess.Popen[str]":
        """Start the console script itself."""
        return subprocess.Popen(
            [SCRIPT, *arguments],
            cwd=self.folder,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    # -- what became of it -----------------------------------------------------------------------------------------

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Return rows of the store."""
        with closing(sqlite3.connect(self.store)) as connection:
            return connection.execute(question).fetchall()

    @property
    def remembered(self) -> list[str]:
        """Everything in the store but the history of passes, and who held the lock."""
        with closing(sqlite3.connect(self.store)) as connection:
            return [line for line in connection.iterdump() if not line.startswith(PASSES)]

    def writes(self, name: str | None = None) -> list[tuple[str, str]]:
        """Return the requests by which something was changed on the helpdesk."""
        sandbox = self.sandbox if name is None else self.sandboxes[name]
        return [(method, path) for method, path, _ in sandbox.requests if method != "GET" and "oauth" not in path]


@pytest.fixture
def empty_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give a folder without anything in it, and an English terminal of no particular width."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELPDESK_KPI_LANGUAGE", "en")
    for variable in ("HELPDESK_KPI_CONFIG", "COLUMNS", "HELPDESK_KPI_CRASH_AT"):
        monkeypatch.delenv(variable, raising=False)
    return Desk(tmp_path, monkeypatch)


@pytest.fixture
def simulated() -> Iterator[Callable[..., ZendeskSandbox]]:
    """Return a function that starts a small simulated helpdesk."""
    with ExitStack() as stack:

        def start(tickets: int = 12, days: int = 7, **options: Any) -> ZendeskSandbox:  # noqa: ANN401 -- any option of a sandbox
            return stack.enter_context(ZendeskSandbox(tickets=tickets, days=days, **options))

        yield start


@pytest.fixture(scope="session")
def blank_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty store to be copied: quicker than to make one each time."""
    folder = tmp_path_factory.mktemp("blank")
    Store.open(f"sqlite:///{STORE}", folder).close()
    return folder / STORE


@pytest.fixture
def desk(
    empty_desk: Desk, blank_store: Path, simulated: Callable[..., ZendeskSandbox], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """Give a folder with an empty store and the configuration of one helpdesk, on whose time all waits happen."""
    sandbox = simulated()
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    empty_desk.configure(empty_desk.account("sao-mai", sandbox))
    shutil.copy(blank_store, empty_desk.store)
    return empty_desk


@pytest.fixture
def two_desks(desk: Desk, simulated: Callable[..., ZendeskSandbox]) -> Desk:
    """Give a folder with the configuration of two helpdesks: sao-mai and sao-hom."""
    first = desk.account("sao-mai", desk.sandbox)
    desk.configure(first, desk.account("sao-hom", simulated(seed=8)))
    return desk


@pytest.fixture(scope="session")
def known_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ZendeskSandbox]]:
    """Pull and measure a larger helpdesk once, for commands that only read."""
    folder = tmp_path_factory.mktemp("known")
    with pytest.MonkeyPatch.context() as patch, ZendeskSandbox(tickets=120, days=28) as sandbox:
        patch.chdir(folder)
        patch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
        first, second = sandbox.state.account.agent_ids[:2]
        sandbox.state.users[first].name = "Dư \x1b[31mđỏ\r\nokay  sao-mai  forged \u202e"
        sandbox.state.users[second].email = "Hai.Nguyen@Sao-Mai.example"
        third, fourth = sandbox.state.account.agent_ids[2:4]
        sandbox.state.users[third].name = sandbox.state.users[fourth].name = "Trùng Tên"
        made = Desk(folder, patch)
        agents = [{"name": "Hai", "accounts": {"sao-mai": str(second)}, "team": "Tuyến một"}]
        made.configure(made.account("sao-mai", sandbox), agents=agents)
        assert made.run("sync").exit_code == 0
        yield folder, sandbox


@pytest.fixture
def known(known_world: tuple[Path, ZendeskSandbox], empty_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give a folder whose store knows 28 days of a helpdesk; the secret is gone, for nobody needs it to read."""
    folder, sandbox = known_world
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    monkeypatch.delenv("SECRET_SAO_MAI", raising=False)
    made = Desk(folder, monkeypatch)
    made.sandboxes = {"sao-mai": sandbox}
    del empty_desk
    return made


@pytest.fixture
def known_apart(known_world: tuple[Path, ZendeskSandbox], empty_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give a copy of the folder whose store knows 28 days of a helpdesk: a test may bring more into it."""
    folder, sandbox = known_world
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    for name in (STORE, "helpdesk-kpi.yaml"):
        shutil.copy(folder / name, empty_desk.folder)
    empty_desk.sandboxes = {"sao-mai": sandbox}
    return empty_desk
