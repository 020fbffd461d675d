"""What readings were before late changes, and the corrections that let those changes in."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import func, insert, select

from kpi_engine.measurement import Measurement
from sync.store.database import Database
from sync.store.readings import measurement_body, read_measurement
from sync.store.tables import CORRECTION, INTAKE, SETTLED_READING


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReading:
    """A measurement as it was when periods up to `through` were settled, before a change in [differs_from, differs_to].

    `number` orders those of one connector; 0 before it is kept.
    """

    measurement: Measurement
    through: int
    differs_from: int
    differs_to: int
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The past of a period, [start, end), measured anew on demand.

    From then on it is made of readings newer than the kept one numbered `last_kept`, under the rules that were the
    newest at the edition numbered `last_edition`, and of observations as of the intake numbered `last_intake`.
    """

    number: int
    period: str
    start: int
    end: int
    as_of: int
    last_kept: int
    last_edition: int
    made_at: int
    last_intake: int = 0

    def concerns(self, start: int, end: int) -> bool:
        """Tell whether a period shares an instant with it."""
        return self.start < end and start < self.end


class Settled:
    """The kept readings and corrections of every connector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, connector: str, kept: Iterable[KeptReading], now: int) -> None:
        """Keep readings aside; none is ever changed afterwards."""
        rows = [
            {
                "connector": connector,
                "ticket_id": each.measurement.ticket_id,
                "through": each.through,
                "differs_from": each.differs_from,
                "differs_to": each.differs_to,
                "kept_at": now,
                "body": measurement_body(each.measurement),
            }
            for each in kept
        ]
        self._database.insert_missing(SETTLED_READING, rows)

    def within(self, connector: str, start: int, end: int) -> list[KeptReading]:
        """Return, oldest first, the readings kept before a change in [start, end) that came once it was settled."""
        table = SETTLED_READING.c
        found = select(SETTLED_READING).where(
            table.connector == connector, table.through >= end, table.differs_from < end, table.differs_to >= start
        )
        return [
            KeptReading(
                measurement=read_measurement(row.ticket_id, row.body),
                through=row.through,
                differs_from=row.differs_from,
                differs_to=row.differs_to,
                number=row.kept_id,
            )
            for row in self._database.rows(found.order_by(table.kept_id))
        ]

    def last_kept(self, connector: str) -> int:
        """Return the number of the reading kept last, 0 where none is."""
        newest = select(func.max(SETTLED_READING.c.kept_id)).where(SETTLED_READING.c.connector == connector)
        return int(self._database.scalar(newest) or 0)

    def correct(self, connector: str, correction: Correction) -> int:
        """Note a correction and return its number."""
        values = {"connector": connector, **_columns(correction)}
        with self._database.writing() as connection:
            made = connection.execute(insert(CORRECTION).values(values).returning(CORRECTION.c.correction_id))
            return int(made.scalar_one())

    def let_in(self, connector: str, number: int) -> None:
        """Have a correction take in every change made until now."""
        intake = self._database.scalar(select(func.max(INTAKE.c.intake_id)))
        newest = {"last_kept": self.last_kept(connector), "last_intake": int(intake or 0)}
        chosen = CORRECTION.update().where(CORRECTION.c.correction_id == number)
        self._database.execute(chosen.values(**newest))

    def corrections(self, connector: str, after: int = 0) -> list[Correction]:
        """Return the corrections numbered above `after`, in the order they were made."""
        table = CORRECTION.c
        found = select(CORRECTION).where(table.connector == connector, table.correction_id > after)
        return [
            Correction(
                number=row.correction_id,
                period=row.period,
                start=row.period_start,
                end=row.period_end,
                as_of=row.as_of,
                last_kept=row.last_kept,
                last_edition=row.last_edition,
                made_at=row.made_at,
                last_intake=row.last_intake,
            )
            for row in self._database.rows(found.order_by(table.correction_id))
        ]


def _columns(correction: Correction) -> dict[str, object]:
    values = asdict(correction)
    del values["number"]
    return {{"start": "period_start", "end": "period_end"}.get(name, name): value for name, value in values.items()}
