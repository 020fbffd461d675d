"""The figures someone was shown, as they were shown."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import select

from sync.store.codec import decoded, encoded
from sync.store.database import Database
from sync.store.tables import PUBLISHED_CELL


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCell:
    """A figure (`value`, over `n` cases, in [low, high]) as of an instant, under the editions named by digest."""

    connector: str
    indicator: str
    scope: str
    subject: str
    period: str
    value: float | None
    n: int
    low: float | None
    high: float | None
    as_of: int
    editions: tuple[str, ...]


class PublishedCells:
    """Published figures, never overwritten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(self, cells: Iterable[PublishedCell]) -> int:
        """Remember what was shown and return how many figures are new."""
        rows = [{**asdict(cell), "editions": encoded(cell.editions)} for cell in cells]
        return self._database.insert_missing(PUBLISHED_CELL, rows)

    def for_period(self, connector: str, period: str) -> list[PublishedCell]:
        """Return every figure shown of a period, in the order they were published."""
        columns = [column for column in PUBLISHED_CELL.c if column.name != "cell_id"]
        shown = select(*columns).where(PUBLISHED_CELL.c.connector == connector, PUBLISHED_CELL.c.period == period)
        rows = self._database.rows(shown.order_by(PUBLISHED_CELL.c.cell_id))
        return [PublishedCell(**{**row._asdict(), "editions": tuple(decoded(row.editions))}) for row in rows]
