"""The summary tickets we mean to create, and those we did."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update

from sync.store.database import Database
from sync.store.tables import STALE, SUMMARY

PLANNED = "planned"
PROVISIONAL = "provisional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A summary ticket: of an agent or a team (`scope`, `subject`) over [period_start, period_end).

    `external_id` is ours and stable; `remote_id` is the helpdesk's, None until it is known to exist.
    """

    connector: str
    scope: str
    subject: str
    period: str
    period_start: int
    period_end: int
    external_id: str
    remote_id: str | None = None
    state: str = PLANNED
    created_at: int | None = None


class Summaries:
    """The summaries of every connector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, summary: Summary) -> bool:
        """Remember a summary to be created, and say whether it is a new one; a known external id changes nothing."""
        return self._database.insert_missing(SUMMARY, [asdict(summary)]) > 0

    def created(self, external_id: str, remote_id: str, now: int) -> None:
        """Remember the ticket that carries a summary; should it have been measured already, it is measured again."""
        found = {"remote_id": remote_id, "state": PROVISIONAL, "created_at": now}
        with self._database.writing() as connection:
            this = update(SUMMARY).where(SUMMARY.c.external_id == external_id)
            connector = connection.execute(this.values(**found).returning(SUMMARY.c.connector)).scalar_one()
            self._database.insert_missing(STALE, [{"connector": connector, "ticket_id": remote_id}])

    def move(self, external_id: str, state: str) -> None:
        """Put a summary into another state."""
        self._database.execute(update(SUMMARY).where(SUMMARY.c.external_id == external_id).values(state=state))

    def get(self, external_id: str) -> Summary | None:
        """Return one summary."""
        found = _summaries(self._database.rows(select(SUMMARY).where(SUMMARY.c.external_id == external_id)))
        return found[0] if found else None

    def remote_ids(self, connector: str) -> set[str]:
        """Return the tickets that are ours: never evidence."""
        ours = select(SUMMARY.c.remote_id).where(SUMMARY.c.connector == connector)
        return set(self._database.scalars(ours.where(SUMMARY.c.remote_id.is_not(None))))

    def all(self, connector: str) -> list[Summary]:
        """Return the connector's summaries, oldest period first."""
        summaries = select(SUMMARY).where(SUMMARY.c.connector == connector)
        return _summaries(self._database.rows(summaries.order_by(SUMMARY.c.period_start, SUMMARY.c.external_id)))


def _summaries(rows: Sequence[Any]) -> list[Summary]:
    return [Summary(**row._asdict()) for row in rows]
