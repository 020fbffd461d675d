"""What was announced to whom, and who said that he has read it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from sync.store.codec import decoded, encoded
from sync.store.database import Database
from sync.store.tables import ANNOUNCEMENT, SUMMARY

SCOPE = "announcement"
"""What stands in the place of a summary's scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """An edition of rules announced to an agent by a ticket, from a day on (ISO).

    `penalties` are digests of the penalties it tells of, by their names. `remote_id` is None until the ticket is known
    to be there. `acknowledged_at` is None until the agent said so, `how` by what: a reply, a tag or a solve.
    """

    connector: str
    edition: str
    subject: str
    external_id: str
    effective_on: str
    penalties: Mapping[str, str]
    announced_at: int
    remote_id: str | None = None
    acknowledged_at: int | None = None
    how: str | None = None


class Announcements:
    """The announcements of every connector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, announced: Iterable[Announced]) -> int:
        """Remember what is to be announced and return how much of it is new: once for each agent and edition."""
        return self._database.insert_missing(ANNOUNCEMENT, [_row(each) for each in announced])

    def all(self, connector: str) -> list[Announced]:
        """Return what was announced, oldest first."""
        same = (SUMMARY.c.external_id == ANNOUNCEMENT.c.external_id) & (SUMMARY.c.connector == ANNOUNCEMENT.c.connector)
        listed = select(ANNOUNCEMENT, SUMMARY.c.remote_id).join(SUMMARY, same, isouter=True)
        mine = listed.where(ANNOUNCEMENT.c.connector == connector)
        return [
            _read(row)
            for row in self._database.rows(mine.order_by(ANNOUNCEMENT.c.announced_at, ANNOUNCEMENT.c.subject))
        ]

    def acknowledge(self, announced: Announced, at: int, how: str) -> None:
        """Remember that an agent has read something; the first time stays."""
        this = update(ANNOUNCEMENT).where(
            ANNOUNCEMENT.c.connector == announced.connector,
            ANNOUNCEMENT.c.external_id == announced.external_id,
            ANNOUNCEMENT.c.acknowledged_at.is_(None),
        )
        self._database.execute(this.values(acknowledged_at=at, how=how))


def _row(each: Announced) -> dict[str, object]:
    return {
        "connector": each.connector,
        "external_id": each.external_id,
        "edition": each.edition,
        "subject": each.subject,
        "effective_on": each.effective_on,
        "penalties": encoded(dict(each.penalties)),
        "announced_at": each.announced_at,
        "acknowledged_at": each.acknowledged_at,
        "how": each.how,
    }


def _read(row: Any) -> Announced:
    return Announced(**{**row._asdict(), "penalties": decoded(row.penalties)})
