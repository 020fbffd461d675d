"""Which steps of escalations did nothing on their tickets, and why: noted once, when it was decided."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from kpi_engine.message import Message
from sync.store.codec import decoded_message, encoded_message
from sync.store.database import Database
from sync.store.tables import STEP_LEFT


@dataclass(frozen=True, slots=True)
class StepLeft:
    """A step, by what names its effect, that fell due on a ticket at an instant and did nothing for a reason."""

    key: str
    ticket_id: str
    at: int
    reason: Message


class StepsLeft:
    """The steps of every connector that did nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, connector: str, steps: Iterable[StepLeft], as_of: int) -> None:
        """Remember why steps did nothing; what was decided about one first stays."""
        rows = [
            {
                "connector": connector,
                "step_key": each.key,
                "ticket_id": each.ticket_id,
                "at": each.at,
                "reason": encoded_message(each.reason),
                "decided_as_of": as_of,
            }
            for each in steps
        ]
        self._database.insert_missing(STEP_LEFT, rows)

    def within(self, connector: str, start: int, end: int) -> dict[str, Message]:
        """Return why steps that fell due in [start, end) did nothing, by what names their effects."""
        mine = select(STEP_LEFT.c.step_key, STEP_LEFT.c.reason).where(
            STEP_LEFT.c.connector == connector, STEP_LEFT.c.at >= start, STEP_LEFT.c.at < end
        )
        rows = ((row.step_key, decoded_message(row.reason)) for row in self._database.rows(mine))
        return {key: reason for key, reason in rows if reason is not None}
