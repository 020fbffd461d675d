"""A case of the simulated org beside its row."""

from dataclasses import dataclass, field

from connectors.sandbox.world.verbs import Row


@dataclass(slots=True)
class Ticket:
    """A case beside its row: the world's number, its status in the world's words, its team, when it was solved."""

    id: int
    key: str
    row: Row
    requester_id: int
    status: str = "new"
    group_id: int | None = None
    assignee_id: int | None = None
    solved_at: int | None = None
    api_writes: list[Row] = field(default_factory=list)

    @property
    def fields(self) -> Row:
        """The custom fields that are not empty."""
        return {name: value for name, value in self.row.items() if name.endswith("__c") and value is not None}

    @property
    def external_id(self) -> str | None:
        """The key of a summary case."""
        key = self.row.get("KPI_Summary_Key__c")
        return key if isinstance(key, str) else None

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.row["Subject"])

    @property
    def tags(self) -> tuple[str, ...]:
        """Nothing: cases have no tags."""
        return ()

    @property
    def deleted(self) -> bool:
        """Whether it lies in the bin."""
        return self.row["IsDeleted"] is True

    @property
    def last_audit_id(self) -> int:
        """When it last changed."""
        return int(str(self.row["SystemModstamp"]))
