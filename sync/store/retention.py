"""Deleting what is older than it may be kept: tickets nobody works on any more, and what was remembered of them."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table, delete, exists, func, or_, select, update

from sync.store.codec import chunked
from sync.store.database import Database
from sync.store.observations import INPUTS, OVERRIDES
from sync.store.readings import DAY
from sync.store.tables import (
    AWARD_ENTRY,
    CHANGE,
    CHARGE_ENTRY,
    CONTACT,
    DELIVERED_VALUE,
    FINDING,
    LEDGER_ENTRY,
    OBSERVATION,
    PUBLISHED_CELL,
    QUARANTINE,
    READING,
    READING_DAY,
    RECORD,
    SETTLED_READING,
    STALE,
    STEP_LEFT,
    SUMMARY,
)

_OF_TICKETS: Final = (RECORD, READING, READING_DAY, CONTACT, STALE, SETTLED_READING, LEDGER_ENTRY, STEP_LEFT)
_ABOUT_OBJECTS: Final = (CHANGE, DELIVERED_VALUE, FINDING)
_ENDED: Final = ("delivered", "refused", "superseded")
_NOTHING_SHOWN: Final = "[{},[],[]]"


class Retention:
    """Deletes for good; each method is one transaction, or part of the caller's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def outdated(self, connector: str, cutoff: int, limit: int | None = None) -> list[str]:
        """Return the tickets of which no reading says anything since `cutoff`: not held, no line, no omission."""
        since = exists().where(
            READING_DAY.c.connector == READING.c.connector,
            READING_DAY.c.ticket_id == READING.c.ticket_id,
            READING_DAY.c.day >= cutoff // DAY,
        )
        over = or_(READING.c.held_to < cutoff, READING.c.held_from.is_(None))
        found = select(READING.c.ticket_id).where(READING.c.connector == connector, over, ~since)
        return list(self._database.scalars(found.order_by(READING.c.ticket_id).limit(limit)))

    def drop_tickets(self, connector: str, ticket_ids: Sequence[str]) -> None:
        """Delete tickets and everything remembered of them."""
        with self._database.writing() as connection:
            for chunk in chunked(ticket_ids):
                for table in _OF_TICKETS:
                    mine = delete(table).where(table.c.connector == connector, table.c.ticket_id.in_(chunk))
                    connection.execute(mine)
                for table in _ABOUT_OBJECTS:
                    about = (table.c.connector == connector, table.c.target == "ticket", table.c.target_id.in_(chunk))
                    connection.execute(delete(table).where(*about))

    def drop_older(self, connector: str, cutoff: int) -> int:
        """Delete what was shown, written, observed or set aside before `cutoff`, and return how many rows that were.

        Summaries stay known by their ids, so that none is made or counted again, but not what they said.
        """
        with self._database.writing() as connection:
            said = update(SUMMARY).where(SUMMARY.c.connector == connector, SUMMARY.c.period_end < cutoff)
            connection.execute(said.where(SUMMARY.c.shown.is_not(None)).values(shown=_NOTHING_SHOWN))
            return sum(
                connection.execute(delete(table).where(table.c.connector.in_((connector, INPUTS)), *where)).rowcount
                for table, where in self._old(cutoff)
            )

    def _old(self, cutoff: int) -> list[tuple[Table, tuple[Any, ...]]]:
        return [
            (PUBLISHED_CELL, (PUBLISHED_CELL.c.as_of < cutoff,)),
            # A decision counts for as long as its ticket does, however old it is.
            (OBSERVATION, (OBSERVATION.c.at < cutoff, OBSERVATION.c.kind != OVERRIDES)),
            (CHANGE, (CHANGE.c.changed_at < cutoff, CHANGE.c.state.in_(_ENDED))),
            (QUARANTINE, (QUARANTINE.c.last_seen_at < cutoff,)),
            (FINDING, (FINDING.c.over_at < cutoff,)),
            (CHARGE_ENTRY, (CHARGE_ENTRY.c.period_end < cutoff,)),
            (AWARD_ENTRY, (AWARD_ENTRY.c.period_end < cutoff,)),
        ]

    def count_older(self, connector: str, cutoff: int) -> int:
        """Return how many rows `drop_older` would delete."""
        return sum(
            int(
                self._database.scalar(
                    select(func.count()).select_from(table).where(table.c.connector.in_((connector, INPUTS)), *where)
                )
            )
            for table, where in self._old(cutoff)
        )
