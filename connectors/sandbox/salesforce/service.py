"""What the simulated API remembers beside the org itself: sessions, jobs, locators, what is to fail."""

from dataclasses import dataclass, field
from itertools import count
from random import Random

from connectors.sandbox.salesforce.objects import COLUMNS
from connectors.sandbox.salesforce.selecting import Database, Row
from connectors.sandbox.salesforce.state import State

RETIRED = frozenset(f"v{number}.0" for number in range(21, 31))
VERSIONS = ("61.0", "62.0", "63.0", "64.0", "65.0", "66.0")


@dataclass(frozen=True, slots=True)
class Locator:
    """Rows of a query still to be fetched, by the session that asked."""

    session: str
    rows: list[Row]
    select_fields: tuple[str, ...]
    subject: str


@dataclass(slots=True)
class BulkJob:
    """A bulk query: how often it was looked at, what it found, how it shall end."""

    id: str
    fields: tuple[str, ...]
    subject: str
    rows: list[Row]
    operation: str
    looks: int = 0
    fate: str | None = None


@dataclass(slots=True)
class Service:
    """The org and everything the API keeps about its callers.

    `longest_address` are the characters of an address that is still taken, `batch` the rows of one answer to a query,
    `daily` the requests of 24 hours, `locked` the cases whose next write meets somebody else's lock, `invalid` those
    that a validation rule protects, `fates` the ends of the next bulk jobs (Failed, Aborted, short).
    """

    state: State
    random: Random
    client_id: str
    client_secret: str
    public_key: str | None = None
    daily: int = 1_000_000
    used: int = 0
    batch: int = 2000
    longest_address: int = 16_000
    looks: int = 1
    sessions: dict[str, float | None] = field(default_factory=dict)
    session_life: float | None = None
    locators: dict[str, Locator] = field(default_factory=dict)
    jobs: dict[str, BulkJob] = field(default_factory=dict)
    fates: list[str] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    invalid: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    bulk: bool = True
    instance_url: str | None = None
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    _database: Database | None = None

    @property
    def own_id(self) -> str:
        """The integration user's id."""
        return self.state.org.ids[self.state.account.integration_id]

    def database(self) -> Database:
        """Return the tables as the integration user may see them."""
        hidden, absent = frozenset(self._unseen()), frozenset(self.absent)
        if self._database is None or (self._database.hidden, self._database.absent) != (hidden, absent):
            self._database = Database(self.state.tables, hidden, absent)
        return self._database

    def _unseen(self) -> set[str]:
        """Return the fields he is not shown: those made later are hidden until a permission set of his shows them."""
        tables = self.state.tables
        his = {row["PermissionSetId"] for row in tables["PermissionSetAssignment"].rows.values()
               if row["AssigneeId"] == self.own_id}  # fmt: skip
        shown = {row["Field"] for row in tables["FieldPermissions"].rows.values()
                 if row["ParentId"] in his and row["PermissionsRead"]}  # fmt: skip
        made = {f"{name}.{column}" for name in ("Case", "User") for column in tables[name].columns
                if column not in COLUMNS[name]}  # fmt: skip
        return (made - shown) | self.hidden

    def issue(self, now: float) -> str:
        """Return a new session."""
        token = f"00D5g000000SaoM!{self.random.getrandbits(160):040x}"
        self.sessions[token] = None if self.session_life is None else now + self.session_life
        return token

    def honours(self, token: str) -> bool:
        """Tell whether a session still stands."""
        ends = self.sessions.get(token, 0.0)
        return ends is None or ends > self.state.world.now

    def refresh_tracking(self) -> None:
        """Bring what tells which fields are tracked up to date."""
        table = self.state.tables["FieldDefinition"]
        table.rows = {
            name: {"Id": name, "QualifiedApiName": name,
                   "IsFieldHistoryTracked": name in self.state.rows.tracked, "EntityDefinitionId": "Case"}
            for name in self.state.tables["Case"].columns
        }  # fmt: skip
        table.version += 1
