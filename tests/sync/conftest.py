"""A simulated helpdesk on loopback, a configuration for it, and its account opened on the helpdesk's own clock."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest
from psycopg import sql

from config import Settings, load
from connectors.base import Clock, Connector, Page, Stream, Target
from connectors.sandbox import FreshdeskSandbox, SalesforceSandbox, ZendeskSandbox
from connectors.sandbox.zendesk.records import Ticket
from kpi_engine.records import TicketSnapshot
from sync.accounts import opened
from sync.crash import CRASH_VARIABLE
from sync.cycle import Mode, PassReport, run_pass
from sync.demo import SECRET_VARIABLE, WORKING_DAY, config_text
from sync.pull import silent
from sync.store import Store

if TYPE_CHECKING:
    from sync.account import Account

POSTGRESQL = os.environ.get("HELPDESK_KPI_TEST_POSTGRESQL", "")
SECRET = "HELPDESK_KPI_TEST_SECRET"
MONDAY = 1_795_399_200  # 2026-11-23 09:00 +07:00, an hour after opening
STORE = "helpdesk-kpi.db"
ORACLE = ("oracle", "oracle_clocks", "oracle_indicators", "oracle_figures")
WEEKLY = {"scope": "agent", "period": "week", "group": "KPI"}
BREEDER = """
import json, os, sys
import sync.cli.frame, sync.cli.sync_command
from sync.cli import main
class Standing:
    def __init__(self, now): self.instant = now
    def now(self): return self.instant
    def sleep(self, seconds): self.instant += seconds
for line in sys.stdin:
    environment, now, arguments = json.loads(line)
    child = os.fork()
    if not child:
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        sync.cli.frame.WallClock = lambda: Standing(now)
        main(arguments)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Platform:
    """A helpdesk that stories can be told on: its sandbox, how to sign in to it, and how its tickets are looked at.

    `field` turns the remote id of a field into the key under which a simulated ticket holds it.
    """

    sandbox: Callable[..., Any]
    auth: Callable[[Any], dict[str, str]]
    secret: Callable[[Any], str]
    field: Callable[[str], Any]
    is_summary: Callable[[Any], bool]
    key: Callable[[Any], str] = lambda ticket: str(ticket.id)  # a ticket's id as the helpdesk's API knows it
    person: Callable[[Any, int], str] = lambda _, number: str(number)  # that of somebody or of a group, in a state
    own: Mapping[str, object] = field(default_factory=dict)  # what every account there needs in its configuration
    making: tuple[str, str] = ("/api/v2/tickets", "POST")  # where and how a summary is made
    writing: tuple[str, str] = ("/api/v2/tickets/*", "PUT")  # where and how fields are written
    reading: tuple[str, ...] = ("/api/v2/tickets", "*/conversations", "*/satisfaction_ratings")  # what comes first
    writable: Callable[[Any], bool] = lambda ticket: not ticket.deleted


PLATFORMS = {
    "zendesk": Platform(
        sandbox=ZendeskSandbox,
        auth=lambda sandbox: {
            "method": "oauth_client_credentials",
            "client_id": sandbox.oauth.client_id,
            "client_secret": f"${{env:{SECRET}}}",
        },
        secret=lambda sandbox: sandbox.oauth.client_secret,
        field=int,
        is_summary=lambda ticket: (ticket.external_id or "").startswith("helpdesk-kpi:"),
        making=("*/imports/tickets*", "POST"),
        writing=("*/tickets/update_many*", "PUT"),
        reading=(
            "*/incremental/tickets*",
            "*/incremental/ticket_events*",
            "*/satisfaction_ratings*",
            "*/job_statuses/*",
        ),
        writable=lambda ticket: ticket.status not in {"closed", "deleted"},
    ),
    "freshdesk": Platform(
        sandbox=FreshdeskSandbox,
        auth=lambda _: {"method": "api_key", "api_key": f"${{env:{SECRET}}}"},
        secret=lambda sandbox: sandbox.api_key,
        field=str,
        is_summary=lambda ticket: any(tag.startswith("helpdesk-kpi-") for tag in ticket.tags),
    ),
    "salesforce": Platform(
        sandbox=SalesforceSandbox,
        auth=lambda sandbox: {
            "method": "oauth_client_credentials",
            "client_id": sandbox.oauth.client_id,
            "client_secret": f"${{env:{SECRET}}}",
        },
        secret=lambda sandbox: sandbox.oauth.client_secret,
        field=str,
        is_summary=lambda ticket: ticket.external_id is not None,
        key=lambda ticket: str(ticket.key),
        person=lambda state, number: str(state.org.ids[number]),
        own={"create_fields": True, "csat": {"field": "CSAT__c", "scale": [1, 5]}},
        making=("*/sobjects/Case/KPI_Summary_Key__c/*", "PATCH"),
        writing=("*/composite/sobjects", "PATCH"),
        reading=("*/query*", "*/sobjects/Case/deleted*"),
    ),
}
"""The helpdesks by kind; another one is one more entry here."""


class Instead:
    """The real connector, but for the verbs given in place of its own."""

    def __init__(self, connector: Connector, verbs: dict[str, Any]) -> None:
        self._connector = connector
        self._verbs = verbs

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- any verb of the connector
        return self._verbs[name] if name in self._verbs else getattr(self._connector, name)


class World:
    """A sandbox with one configured account on it: tests tell stories on the one and run passes of the other."""

    elsewhere: Callable[[], str | None] = staticmethod(lambda: None)  # where else it remembers

    def __init__(self, sandbox: Any, folder: Path, clock: Clock | None = None) -> None:  # noqa: ANN401 -- any platform's
        self.sandbox = sandbox
        self.kind = next(kind for kind, platform in PLATFORMS.items() if platform.sandbox is type(sandbox))
        self.platform = PLATFORMS[self.kind]
        self.folder = folder
        self.clock = clock or sandbox.clock
        self.secrets = {SECRET: self.platform.secret(sandbox)}
        self.account: Account
        self.store_url = self.elsewhere()
        self._opened = ExitStack()
        self._seen = len(sandbox.requests)

    # -- the account ----------------------------------------------------------------------------------------------

    def configure(self, *, own: dict[str, Any] | None = None, push: dict[str, Any] | None = None, **top: Any) -> None:  # noqa: ANN401 -- any key of the configuration
        """Write the configuration, with these keys of the connector, of its `push` and of the top, and open it."""
        document = {
            "version": 1,
            "organization": "Sao Mai",
            "timezone": "Asia/Ho_Chi_Minh",
            "connectors": [
                {
                    "name": "sao-mai",
                    "kind": self.kind,
                    "base_url": self.sandbox.base_url,
                    "trusted_host": True,
                    "auth": self.platform.auth(self.sandbox),
                    "history_from": "2025-10-01",
                    "rate_limit_share": 1,
                    "push": push or {},
                    **self.platform.own,
                    **(own or {}),
                }
            ],
            **({} if self.store_url is None else {"store": self.store_url}),
            **top,
        }
        self.path.write_text(json.dumps(document), encoding="utf-8")
        self.open(load(self.path, self.secrets))

    @property
    def path(self) -> Path:
        """Where the configuration is."""
        return self.folder / "helpdesk-kpi.yaml"

    def open(self, settings: Settings) -> None:
        """Open the account (anew)."""
        self.close()
        (self.account,) = self._opened.enter_context(opened(settings, [], self.clock))

    def close(self) -> None:
        """Close the account."""
        self._opened.close()

    def instead(self, **verbs: object) -> None:
        """Give the account a connector with some verbs replaced."""
        connector = cast("Connector", Instead(self.account.connector, verbs))
        self.account = replace(self.account, connector=connector)

    def run(self, *, yes: bool = True, dry_run: bool = False, max_writes: int | None = None) -> PassReport:
        """Run one pass."""
        return run_pass(self.account, Mode(dry_run=dry_run, yes=yes, max_writes=max_writes), silent)

    @property
    def store(self) -> Store:
        """What is remembered."""
        return self.account.store

    # -- the helpdesk ---------------------------------------------------------------------------------------------

    @property
    def state(self) -> Any:  # noqa: ANN401 -- any platform's
        """The helpdesk's content."""
        return self.sandbox.state

    @property
    def agents(self) -> list[int]:
        """The helpdesk's agents."""
        return self.state.account.agent_ids

    def advance(self, seconds: float) -> None:
        """Let time pass on the helpdesk."""
        self.sandbox.advance(seconds)

    def ticket(self, *, agent: int = 0, **values: Any) -> Ticket:  # noqa: ANN401 -- any property of a ticket
        """Let a customer open a ticket, urgent and already in an agent's hands unless said otherwise."""
        chosen = {"priority": "urgent", "status": "open", "assignee_id": self.agents[agent]}
        return self.state.create_ticket(**{**chosen, "group_id": self.state.account.group_ids[0], **values})

    def answered(self, *, agent: int = 0, minutes: float = 1, **values: Any) -> Ticket:  # noqa: ANN401 -- any property of a ticket
        """Let a customer open a ticket, and an agent answer and solve it so many minutes later."""
        ticket = self.ticket(agent=agent, **values)
        self.advance(60 * minutes)
        self.state.comment(ticket.id, self.agents[agent], status="solved")
        return ticket

    def shown(self, ticket: Ticket) -> dict[str, object]:
        """Return what our fields hold on a ticket, those that are empty left out."""
        remote = self.store.remote_fields.all(self.account.name)
        ours = {key: remote_id for (target, key), remote_id in remote.items() if target is Target.TICKET}
        keys = {self.platform.field(remote_id): key for key, remote_id in ours.items()}
        return {keys[field]: value for field, value in ticket.fields.items() if field in keys}

    def edit(self, ticket: Ticket, key: str, value: object) -> None:
        """Let an agent change one of our fields by hand."""
        field = self.store.remote_fields.all(self.account.name)[Target.TICKET, key]
        self.state.change(ticket.id, self.agents[0], fields={self.platform.field(field): value})

    @property
    def writes(self) -> list[str]:
        """The paths written to since this was last asked."""
        new = self.sandbox.requests[self._seen :]
        self._seen = len(self.sandbox.requests)
        return [path for method, path, _ in new if method != "GET" and "oauth" not in path]

    def forget_writes(self) -> None:
        """Leave out of `writes` what was written until now."""
        self._seen = len(self.sandbox.requests)

    def summaries(self) -> list[Ticket]:
        """Return the summary tickets that are on the helpdesk."""
        return [ticket for ticket in self.state.tickets.values() if self.platform.is_summary(ticket)]


@dataclass(frozen=True)
class Played:
    """The world of the demo after its two passes and, two minutes later, a third one, with each pass's report.

    `written` are the tickets that changed while the second pass wrote, `returned` those that the third one pulled.
    """

    world: World
    written: frozenset[str]
    returned: frozenset[str]
    first: PassReport
    second: PassReport
    third: PassReport


@pytest.fixture(scope="session")
def platforms() -> dict[str, Platform]:
    """Return the helpdesks by kind."""
    return PLATFORMS


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty store to be copied: quicker than to make one each time."""
    folder = tmp_path_factory.mktemp("store")
    Store.open(f"sqlite:///{STORE}", folder).close()
    return folder / STORE


class Standing:
    """The helpdesk's clock, on which nobody waits: every pass of an hour begins at that hour's instant.

    Only the one who waits sees the time pass, or he would wait for ever for a quota to be free again.
    """

    def __init__(self, sandbox: Any) -> None:  # noqa: ANN401 -- any platform's
        self._sandbox = sandbox
        self._waited = (0.0, 0.0)

    def now(self) -> float:
        """Return the world's time, and what was waited since it passed last."""
        instant, waited = self._waited
        return float(self._sandbox.now) + (waited if instant == self._sandbox.now else 0)

    def sleep(self, seconds: float) -> None:
        """Go on at once."""
        self._waited = (self._sandbox.now, self.now() + seconds - self._sandbox.now)


@pytest.fixture(scope="session")
def standing_clock() -> type[Standing]:
    """Return the clock of a helpdesk whose time stands still while passes run."""
    return Standing


@pytest.fixture(scope="session")
def fork_a_pass() -> Iterator[Callable[[World, str], int]]:
    """Return a function that runs a pass to its named death in a process of its own, and says how that ended.

    The process is forked from one that has loaded the program: that is what takes most of the time.
    """
    breeder = subprocess.Popen(
        (sys.executable, "-c", BREEDER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert breeder.stdin is not None
    assert breeder.stdout is not None
    commands, results = breeder.stdin, breeder.stdout

    def fork(world: World, crash_at: str) -> int:
        arguments = ["sync", "--yes", "--config", str(world.path)]
        commands.write(json.dumps([{**world.secrets, CRASH_VARIABLE: crash_at}, world.sandbox.now, arguments]) + "\n")
        return int(results.readline())

    with breeder:
        yield fork
        commands.close()


@contextmanager
def _world(sandbox: object, folder: Path, store: Path, clock: Clock | None = None) -> Iterator[World]:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(store, folder / STORE)
    with cast("Any", sandbox):
        world = World(sandbox, folder, clock)
        try:
            yield world
        finally:
            world.close()


@pytest.fixture(scope="session")
def world_in(empty_store: Path) -> Callable[..., AbstractContextManager[World]]:
    """Return what makes a world of a sandbox in a folder, not yet configured."""

    def made(
        sandbox: object, folder: Path, *, store: Path | None = None, clock: Clock | None = None
    ) -> AbstractContextManager[World]:
        return _world(sandbox, folder, store or empty_store, clock)

    return made


@pytest.fixture
def make_world(
    tmp_path: Path, world_in: Callable[..., AbstractContextManager[World]]
) -> Iterator[Callable[..., World]]:
    """Return a function that makes a world; its arguments are the configuration's, those of `sandbox` the sandbox's."""
    with ExitStack() as stack:

        def make(*, kind: str = "zendesk", sandbox: dict[str, Any] | None = None, **configuration: Any) -> World:  # noqa: ANN401 -- any key of the configuration
            quiet = {"tickets": 0, "days": 1, "start": MONDAY}
            simulated = PLATFORMS[kind].sandbox(**{**quiet, **(sandbox or {})})
            made: World = stack.enter_context(world_in(simulated, tmp_path))
            made.configure(**configuration)
            return made

        yield make


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRESQL else ["sqlite"])
def every_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the worlds of a test remember in each kind of store, one after another."""
    if request.param == "sqlite":
        yield
        return
    made: list[str] = []
    with psycopg.connect(POSTGRESQL.replace("+psycopg", ""), autocommit=True) as connection:

        def empty() -> str:
            made.append(f"test_{uuid.uuid4().hex}")
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(made[-1])))
            return f"{POSTGRESQL}?options=-csearch_path%3D{made[-1]}"

        monkeypatch.setattr(World, "elsewhere", staticmethod(empty))
        yield
        for schema in made:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """Give an account on which nothing has happened yet, on a Monday morning."""
    return make_world()


@pytest.fixture
def small_world(make_world: Callable[..., World]) -> World:
    """Give an account with forty tickets, whose ticket export takes four pages."""
    return make_world(sandbox={"tickets": 40, "days": 10}, own={"per_page": 10})


@pytest.fixture(scope="session")
def played(
    tmp_path_factory: pytest.TempPathFactory, world_in: Callable[..., AbstractContextManager[World]]
) -> Iterator[Played]:
    """Give the demo's own world, played with a third pass two minutes after its second: only to be looked at."""
    sandbox = ZendeskSandbox(quotas="plan")
    with world_in(sandbox, tmp_path_factory.mktemp("played")) as world:
        # Without calls: the oracles that its figures are compared with know tickets only.
        world.path.write_text(config_text(sandbox, "vi").replace("talk: true", "talk: false"), encoding="utf-8")
        world.open(load(world.path, {SECRET_VARIABLE: sandbox.oauth.client_secret}))
        first = world.run()
        sandbox.advance(WORKING_DAY)
        before = {str(ticket.id): ticket.last_audit_id for ticket in sandbox.state.tickets.values()}
        second = world.run(yes=False)
        after = {str(ticket.id): ticket.last_audit_id for ticket in sandbox.state.tickets.values()}
        sandbox.advance(120)
        returned = _overheard(world)
        third = world.run(yes=False)
        written = frozenset(ticket_id for ticket_id, audit in after.items() if audit != before.get(ticket_id))
        yield Played(world, written, frozenset(returned), first, second, third)


def _overheard(world: World) -> set[str]:
    """Return a set that fills with the tickets that the export brings from now on."""
    heard: set[str] = set()
    pull = world.account.connector.pull

    def overheard(stream: Stream, cursor: str | None) -> Iterator[Page]:
        for page in pull(stream, cursor):
            heard.update(record.ticket_id for record in page.records if isinstance(record, TicketSnapshot))
            yield page

    world.instead(pull=overheard)
    return heard


def _loaded(name: str, place: Path) -> ModuleType:
    """Return a file that tests share, under the name by which they import it."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


def _oracle_file(name: str) -> ModuleType:
    """Return a file of the engine's own naive oracle, by the name under which its other files import it."""
    return _loaded(f"kpi_engine_{name}", Path(__file__).parents[1] / "kpi_engine" / f"{name}.py")


_loaded("sync_agreement", Path(__file__).with_name("agreement.py"))


@pytest.fixture(scope="session")
def oracle() -> SimpleNamespace:
    """Return everything that the naive oracle's files define, which works out one ticket's lines minute by minute."""
    return SimpleNamespace(**{key: found for name in ORACLE for key, found in vars(_oracle_file(name)).items()})


@pytest.fixture(scope="session")
def timelines() -> ModuleType:
    """Return what makes up tickets at random, with the rules they are read by."""
    return _oracle_file("timelines")
