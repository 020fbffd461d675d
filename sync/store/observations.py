"""Observations: each state of each, what brought it in, and what of it counted when."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, or_, select, update

from kpi_engine.records import Observation
from sync.store.codec import decoded, encoded, fingerprint
from sync.store.database import Database
from sync.store.tables import INTAKE, OBSERVATION, SETTLED_INTAKE

INPUTS = "inputs"
"""The name that what comes from files is stored under; no connector may have it."""

OVERRIDES = "overrides"
"""The kind of those that say which clock or rating of a ticket does not count."""

REFUSED = "refused"
"""What is decided of a dispute that changes nothing."""

DISPUTED = "disputed"
"""What is noted of a ticket whose agent disputes it and could not mark it himself."""

ALL_OF_IT = frozenset({REFUSED, DISPUTED})
"""What is said of a ticket as a whole, not of one clock or its rating: it exempts nothing."""

_PIECE = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A state of an observation, whose it is, the intake that brought it and the one that ended it, if any did."""

    observation: Observation
    connector: str
    since: int
    until: int | None


@dataclass(slots=True)
class Brought:
    """What became of some observations: new, corrected, or there already.

    `twice` holds the lines of those that were not kept, with the line of another that has the same key.
    """

    new: int = 0
    corrected: int = 0
    same: int = 0
    twice: list[tuple[int | None, int | None]] = field(default_factory=list)


class Observations:
    """The observations of every connector, and of files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, connector: str, kind: str, source: str, now: int) -> int:
        """Note that something is brought in, and return its number."""
        values = {"connector": connector, "kind": kind, "source": source, "began_at": now, "counts": "{}"}
        with self._database.writing() as connection:
            return int(connection.execute(insert(INTAKE).values(values).returning(INTAKE.c.intake_id)).scalar_one())

    def unfinished(self, connectors: Collection[str]) -> frozenset[int]:
        """Return the numbers of what is being brought in, or was broken off: none of it counts."""
        mine = select(INTAKE.c.intake_id).where(INTAKE.c.connector.in_(connectors), INTAKE.c.ended_at.is_(None))
        return frozenset(self._database.scalars(mine))

    def take_back_unfinished(self, connector: str) -> None:
        """Undo what was broken off, while nothing else is being brought in: as if it had never begun."""
        broken = sorted(self.unfinished([connector]))
        if not broken:
            return
        table = OBSERVATION.c
        with self._database.writing() as connection:
            connection.execute(delete(OBSERVATION).where(table.connector == connector, table.since.in_(broken)))
            ended = update(OBSERVATION).where(table.connector == connector, table.until.in_(broken))
            connection.execute(ended.values(until=None))
            connection.execute(delete(INTAKE).where(INTAKE.c.intake_id.in_(broken)))

    def end(self, intake: int, counts: Mapping[str, int], now: int) -> None:
        """Note that all of it is in."""
        ended = {"ended_at": now, "counts": encoded(dict(counts))}
        self._database.execute(update(INTAKE).where(INTAKE.c.intake_id == intake).values(**ended))

    def bring(self, connector: str, intake: int, observations: Sequence[Observation]) -> Brought:
        """Keep observations of one kind: what is the same stays, what differs takes the place of what was there."""
        found = Brought()
        rows = _each_once(observations, connector, intake, found)
        with self._database.writing() as connection:
            before = self._standing(connector, observations[0].kind, list(rows)) if rows else {}
            new = [row for key, row in rows.items() if _is_new(row, before.get(key), intake, found)]
            same = [row | {"number": before[key].number} for key, row in rows.items() if _stands(row, before.get(key))]
            replaced = [before[row["key"]].number for row in new if row["key"] in before]
            connection.execute(update(OBSERVATION).where(OBSERVATION.c.number.in_(replaced)).values(until=intake))
            if same:
                connection.execute(_MOVED, [{"b_number": row["number"], **_place(row)} for row in same])
            if new:
                connection.execute(insert(OBSERVATION), new)
        return found

    def fresh(self, connector: str, observations: Sequence[Observation]) -> list[Observation]:
        """Return those of some observations, all of one kind, that are new or say something else than what stands."""
        keys = [each.observation_id for each in observations]
        before = self._standing(connector, observations[0].kind, keys) if observations else {}
        digests = {key: row.digest for key, row in before.items()}
        return [each for each in observations if _row(each, connector, 0)["digest"] != digests.get(each.observation_id)]

    def named(self, connector: str, kind: str, keys: Sequence[str]) -> dict[str, Observation]:
        """Return the observations of a kind that stand under some keys, by key."""
        table = OBSERVATION.c
        mine = select(OBSERVATION).where(table.connector == connector, table.kind == kind, table.until.is_(None))
        return {row.key: _kept(row).observation for row in self._database.rows(mine.where(table.key.in_(keys)))}

    def _standing(self, connector: str, kind: str, keys: Sequence[str]) -> dict[str, Any]:
        table = OBSERVATION.c
        columns = select(table.number, table.key, table.digest, table.seen, table.line)
        mine = columns.where(table.connector == connector, table.kind == kind, table.until.is_(None))
        return {row.key: row for row in self._database.rows(mine.where(table.key.in_(keys)))}

    def withdraw_unseen(self, connector: str, kind: str, file: str, intake: int) -> int:
        """End what an earlier state of a file brought and this one no longer holds; return how many that are."""
        return self._database.execute(
            self._unseen(update(OBSERVATION), connector, kind, file, intake).values(until=intake)
        )

    def unseen(self, connector: str, kind: str, file: str, intake: int) -> int:
        """Return how many observations an earlier state of a file brought that this one no longer holds."""
        counted = select(func.count()).select_from(OBSERVATION)
        return int(self._database.scalar(self._unseen(counted, connector, kind, file, intake)))

    def _unseen(self, statement: Any, connector: str, kind: str, file: str, intake: int) -> Any:
        table = OBSERVATION.c
        mine = statement.where(table.connector == connector, table.kind == kind, table.file == file)
        return mine.where(table.until.is_(None), table.seen < intake)

    def within(self, connectors: Collection[str], kinds: Collection[str], start: int, end: int) -> Iterator[Kept]:
        """Yield every state of the observations in [start, end), in order of time; memory stays flat."""
        table = OBSERVATION.c
        mine = select(OBSERVATION).where(table.connector.in_(connectors), table.kind.in_(kinds), table.at < end)
        after = (start, 0)
        while True:
            at, number = after
            later = or_(table.at > at, (table.at == at) & (table.number > number))
            page = mine.where(table.at >= at, later).order_by(table.at, table.number).limit(_PIECE)
            rows = self._database.rows(page)
            yield from map(_kept, rows)
            if len(rows) < _PIECE:
                return
            after = (rows[-1].at, rows[-1].number)

    def standing(self, connector: str, kind: str) -> list[Kept]:
        """Return the observations of a kind as they stand now, in order of time: of one that has few only."""
        return [each for each in self.past(connector, kind) if each.until is None]

    def past(self, connector: str, kind: str) -> list[Kept]:
        """Return every state of the observations of a kind, in order of time: of one that has few only.

        What is being brought in, or was broken off, is as if it had never begun.
        """
        table = OBSERVATION.c
        broken = self.unfinished([connector])
        mine = select(OBSERVATION).where(table.connector == connector, table.kind == kind)
        kept = [_kept(row) for row in self._database.rows(mine.order_by(table.at, table.number))]
        return [
            replace(each, until=None) if each.until in broken else each for each in kept if each.since not in broken
        ]

    def withdraw(self, connector: str, kind: str, key: str, intake: int) -> int:
        """End an observation; return how many that were."""
        table = OBSERVATION.c
        mine = update(OBSERVATION).where(table.connector == connector, table.kind == kind, table.key == key)
        return self._database.execute(mine.where(table.until.is_(None)).values(until=intake))

    def intakes(self, connector: str, kind: str) -> dict[int, tuple[str, int]]:
        """Return what brought in a kind and when, by number."""
        mine = select(INTAKE).where(INTAKE.c.connector == connector, INTAKE.c.kind == kind)
        return {row.intake_id: (row.source, row.began_at) for row in self._database.rows(mine)}

    def kinds(self, connectors: Collection[str], among: Collection[str]) -> set[str]:
        """Return those of some kinds of which there is, or ever was, anything."""
        table = OBSERVATION.c
        brought = set(self._database.scalars(_BROUGHT.where(INTAKE.c.connector.in_(connectors))))  # most never were
        one = select(table.number).where(table.connector.in_(connectors)).limit(1)
        asked = brought.intersection(among)
        return {kind for kind in asked if self._database.scalar(one.where(table.kind == kind)) is not None}

    def nowhere(self, connector: str, listed: int) -> dict[str, tuple[int, list[int]]]:
        """Return, file by file, how many standing observations name neither account nor agent, and the first lines."""
        table = OBSERVATION.c
        mine = and_(table.connector == connector, table.account.is_(None), table.agent.is_(None), stands())
        counted = select(table.file, func.count().label("n")).where(mine).group_by(table.file).order_by(table.file)
        lines = select(table.line).where(mine).order_by(table.line).limit(listed)
        return {
            row.file: (row.n, list(self._database.scalars(lines.where(table.file == row.file))))
            for row in self._database.rows(counted)
        }

    def first(self, connectors: Collection[str]) -> int | None:
        """Return the instant of the earliest observation of these connectors, None where there is none."""
        earliest = select(func.min(OBSERVATION.c.at)).where(OBSERVATION.c.connector.in_(sorted(connectors)))
        at: int | None = self._database.scalar(earliest)
        return at

    def stamp(self, connectors: Collection[str]) -> str:
        """Return a text that changes whenever an observation may have."""
        brought = select(func.max(INTAKE.c.intake_id), func.count(INTAKE.c.ended_at))
        return encoded(list(self._database.rows(brought.where(INTAKE.c.connector.in_(connectors)))[0]))

    def last_intake(self) -> int:
        """Return the number of what was brought in last, 0 where nothing ever was."""
        return int(self._database.scalar(select(func.max(INTAKE.c.intake_id))) or 0)

    def settle(self, connector: str, through: int) -> None:
        """Note that what lies before `through` is settled with what has been brought in until now."""
        self._database.upsert(
            SETTLED_INTAKE, [{"connector": connector, "intake": self.last_intake(), "through": through}]
        )

    def settled(self, connector: str) -> list[tuple[int, int]]:
        """Return, in order, until which instants what is settled goes by which intake."""
        table = SETTLED_INTAKE.c
        mine = select(table.through, table.intake).where(table.connector == connector).order_by(table.through)
        return [(row.through, row.intake) for row in self._database.rows(mine)]

    def drop(self, connector: str, kind: str) -> int:
        """Forget every observation of a kind, in all its states."""
        mine = delete(OBSERVATION).where(OBSERVATION.c.connector == connector, OBSERVATION.c.kind == kind)
        return self._database.execute(mine)


def stands() -> ColumnElement[bool]:
    """Return the condition that a state of an observation stands, whatever is being brought in or was broken off."""
    broken = select(INTAKE.c.intake_id).where(INTAKE.c.ended_at.is_(None))
    table = OBSERVATION.c
    return and_(table.since.not_in(broken), or_(table.until.is_(None), table.until.in_(broken)))


_BROUGHT = select(INTAKE.c.kind).distinct()
_MOVED = (
    update(OBSERVATION)
    .where(OBSERVATION.c.number == bindparam("b_number"))
    .values(seen=bindparam("b_seen"), file=bindparam("b_file"), line=bindparam("b_line"))
)


def _stands(row: Mapping[str, Any], before: Any) -> bool:
    return before is not None and before.digest == row["digest"]


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"b_seen": row["seen"], "b_file": row["file"], "b_line": row["line"]}


def _each_once(
    observations: Iterable[Observation], connector: str, intake: int, found: Brought
) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for each in observations:
        row = _row(each, connector, intake)
        earlier = rows.setdefault(row["key"], row)
        if earlier is not row:
            _note_twice(row, earlier["digest"], earlier["line"], found)
    return rows


def _is_new(row: dict[str, Any], before: Any, intake: int, found: Brought) -> bool:
    """Tell whether a row is to be kept as a new state, counting what it is."""
    if before is None:
        found.new += 1
        return True
    if before.seen == intake:
        _note_twice(row, before.digest, before.line, found)
        return False
    if before.digest == row["digest"]:
        found.same += 1
        return False
    found.corrected += 1
    return True


def _note_twice(row: dict[str, Any], digest: str, line: int | None, found: Brought) -> None:
    if digest == row["digest"]:
        found.same += 1
    else:
        found.twice.append((row["line"], line))


def _row(each: Observation, connector: str, intake: int) -> dict[str, Any]:
    file, _, line = each.source.rpartition(":")
    body = encoded([each.customer_id, each.ticket_id, each.values])
    return {
        "connector": connector,
        "kind": each.kind,
        "key": each.observation_id,
        "since": intake,
        "until": None,
        "seen": intake,
        "at": each.at,
        "agent": each.agent,
        "account": each.account,
        "file": file if line.isdecimal() else each.source,
        "line": int(line) if line.isdecimal() else None,
        "digest": fingerprint(encoded([each.at, each.agent, each.account, body])),
        "body": body,
    }


def _kept(row: Any) -> Kept:
    customer_id, ticket_id, values = decoded(row.body)
    observation = Observation(
        kind=row.kind,
        observation_id=row.key,
        at=row.at,
        agent=row.agent,
        customer_id=customer_id,
        ticket_id=ticket_id,
        account=row.account,
        values=values,
        source=row.file if row.line is None else f"{row.file}:{row.line}",
    )
    return Kept(observation, row.connector, row.since, row.until)
