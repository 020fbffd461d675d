"""The summary tickets we mean to create and those we did: what each shows, and which periods were looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select, update

from sync.store.announcements import SCOPE as ANNOUNCED
from sync.store.database import Database
from sync.store.tables import DUPLICATE, SERVED_PERIOD, STALE, SUMMARY

PLANNED = "planned"  # the intent is stored, the ticket not known to exist
PROVISIONAL = "provisional"  # brought up to date in place
SETTLED = "settled"  # frozen
CORRECTED = "corrected"  # another summary took its place
REVERTED = "reverted"  # taken back by an administrator


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A summary ticket: of an agent or a team (`scope`, `subject`) over [period_start, period_end).

    `external_id` is ours and stable; `remote_id` is the helpdesk's, None until it is known to exist. `correction`
    counts the summaries it replaces. `shown` is what its newest version says, of which `version` have been delivered.
    `unwritable`: closed, archived or deleted on the helpdesk. `look_again_at`: when to look whether a creation of
    unknown outcome left a second ticket.
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
    correction: int = 0
    version: int = 0
    shown: str | None = None
    unwritable: bool = False
    look_again_at: int | None = None


class Summaries:
    """The summaries of every connector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, summary: Summary) -> bool:
        """Remember a summary to be created, and say whether it is a new one; a known external id changes nothing."""
        return self._database.insert_missing(SUMMARY, [asdict(summary)]) > 0

    def created(self, external_id: str, remote_id: str, now: int, *, look_again: bool = False) -> None:
        """Remember the ticket that carries a summary; should it have been measured already, it is measured again.

        One that is still planned becomes provisional. `look_again`: a second ticket may have come of it; where that
        was known before, it stays known.
        """
        found = {"remote_id": remote_id, "created_at": now, **({"look_again_at": now} if look_again else {})}
        with self._database.writing() as connection:
            this = update(SUMMARY).where(SUMMARY.c.external_id == external_id)
            connector = connection.execute(this.values(**found).returning(SUMMARY.c.connector)).scalar_one()
            connection.execute(this.where(SUMMARY.c.state == PLANNED).values(state=PROVISIONAL))
            self._database.insert_missing(STALE, [{"connector": connector, "ticket_id": remote_id}])

    def show(self, external_id: str, shown: str, state: str) -> None:
        """Remember what a summary says now that one more version was delivered, and the state it is in."""
        newer = {"shown": shown, "state": state, "version": SUMMARY.c.version + 1}
        self._database.execute(update(SUMMARY).where(SUMMARY.c.external_id == external_id).values(**newer))

    def change(self, external_id: str, **values: object) -> None:
        """Set these columns of a summary."""
        self._database.execute(update(SUMMARY).where(SUMMARY.c.external_id == external_id).values(**values))

    def get(self, external_id: str) -> Summary | None:
        """Return one summary."""
        found = _summaries(self._database.rows(select(SUMMARY).where(SUMMARY.c.external_id == external_id)))
        return found[0] if found else None

    def duplicated(self, connector: str, external_id: str, remote_ids: Iterable[str], now: int) -> None:
        """Remember tickets that double another: no evidence, whatever is measured of them already."""
        found = list(remote_ids)
        rows = [
            {"connector": connector, "remote_id": each, "external_id": external_id, "found_at": now} for each in found
        ]
        self._database.insert_missing(DUPLICATE, rows)
        self._database.insert_missing(STALE, [{"connector": connector, "ticket_id": each} for each in found])

    def remote_ids(self, connector: str) -> set[str]:
        """Return the tickets that are ours, doubles too: never evidence."""
        ours = select(SUMMARY.c.remote_id).where(SUMMARY.c.connector == connector, SUMMARY.c.remote_id.is_not(None))
        doubles = select(DUPLICATE.c.remote_id).where(DUPLICATE.c.connector == connector)
        return {*self._database.scalars(ours), *self._database.scalars(doubles)}

    def all(self, connector: str) -> list[Summary]:
        """Return the connector's summaries, oldest period first."""
        summaries = select(SUMMARY).where(SUMMARY.c.connector == connector)
        return _summaries(self._database.rows(summaries.order_by(SUMMARY.c.period_start, SUMMARY.c.external_id)))

    def of_period(self, connector: str, scope: str, period: str) -> dict[str, list[Summary]]:
        """Return a period's summaries by subject, each with its corrections in order."""
        these = select(SUMMARY).where(
            SUMMARY.c.connector == connector, SUMMARY.c.scope == scope, SUMMARY.c.period == period
        )
        found: dict[str, list[Summary]] = {}
        for summary in _summaries(self._database.rows(these.order_by(SUMMARY.c.correction))):
            found.setdefault(summary.subject, []).append(summary)
        return found

    def to_look_again(self, connector: str, now: int) -> list[Summary]:
        """Return the summaries for which a second ticket is to be looked for."""
        due = select(SUMMARY).where(SUMMARY.c.connector == connector, SUMMARY.c.look_again_at <= now)
        there = due.where(SUMMARY.c.remote_id.is_not(None))
        return _summaries(self._database.rows(there.order_by(SUMMARY.c.external_id)))

    def counts(self, connector: str) -> dict[str, int]:
        """Return how many summaries there are by state; announcements are none."""
        mine = (SUMMARY.c.connector == connector) & (SUMMARY.c.scope != ANNOUNCED)
        grouped = select(SUMMARY.c.state, func.count()).where(mine)
        return dict(map(tuple, self._database.rows(grouped.group_by(SUMMARY.c.state))))

    def served(self, connector: str, scope: str) -> dict[str, str]:
        """Return the periods looked at before, and what they looked like then."""
        these = select(SERVED_PERIOD.c.period, SERVED_PERIOD.c.stamp)
        mine = these.where(SERVED_PERIOD.c.connector == connector, SERVED_PERIOD.c.scope == scope)
        return dict(map(tuple, self._database.rows(mine)))

    def serve(self, connector: str, scope: str, period: str, stamp: str) -> None:
        """Remember that a period was looked at and what it looked like; an empty stamp asks to look again."""
        row = {"connector": connector, "scope": scope, "period": period, "stamp": stamp}
        self._database.upsert(SERVED_PERIOD, [row])


def _summaries(rows: Sequence[Any]) -> list[Summary]:
    return [Summary(**row._asdict()) for row in rows]
