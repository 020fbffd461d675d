"""Findings: what people or the helpdesk did to our fields, kept from the first sight on."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from connectors.base import Target
from kpi_engine.message import Message
from kpi_engine.records import FieldValue
from sync.store.codec import chunked, decoded, decoded_message, encoded, encoded_message
from sync.store.database import Database
from sync.store.tables import FINDING


class What(StrEnum):
    """What was found."""

    EDITED = "edited"  # somebody changed a value of ours: it was written again
    EDITED_AGAIN = "edited_again"  # and once more: it stands as they left it
    UNFIT = "unfit"  # a field cannot serve any more: of another type, deactivated
    DELETED = "deleted"  # a field is gone
    IGNORED = "ignored"  # the helpdesk took a write and left a part of it out
    UNKEPT = "unkept"  # what was written does not stand there


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: about a field, on one object or on all (`target_id` empty); `over_at`: when it was well again."""

    what: What
    target: Target
    target_id: str = ""
    field: str = ""
    expected: FieldValue = None
    found: FieldValue = None
    told: Message | None = None
    first_seen_at: int = 0
    last_seen_at: int = 0
    over_at: int | None = None


class Findings:
    """The findings of every connector."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, connector: str, findings: Iterable[Finding], now: int) -> None:
        """Keep what is seen now; one seen before keeps its first sight and is open again."""
        rows = [
            {
                "connector": connector,
                "what": each.what,
                "target": each.target,
                "target_id": each.target_id,
                "field": each.field,
                "expected": encoded(each.expected),
                "found": encoded(each.found),
                "told": encoded_message(each.told),
                "first_seen_at": now,
                "last_seen_at": now,
                "over_at": None,
            }
            for each in findings
        ]
        if not rows:
            return
        new = self._database.insert(FINDING)
        keys = [column.name for column in FINDING.primary_key]
        later = {name: new.excluded[name] for name in ("expected", "found", "told", "last_seen_at", "over_at")}
        with self._database.writing() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=keys, set_=later), rows)

    def over(self, connector: str, target: Target, field: str, what: Iterable[What], now: int) -> None:
        """Note that a field is well again, on every object at once."""
        these = update(FINDING).where(
            FINDING.c.connector == connector,
            FINDING.c.target == target,
            FINDING.c.target_id == "",
            FINDING.c.field == field,
            FINDING.c.what.in_(list(what)),
            FINDING.c.over_at.is_(None),
        )
        self._database.execute(these.values(over_at=now))

    def edits_over(self, connector: str, target_ids: Iterable[str], now: int) -> None:
        """Note that these tickets show again what was delivered."""
        these = update(FINDING).where(
            FINDING.c.connector == connector, FINDING.c.what.in_(_EDITS), FINDING.c.over_at.is_(None)
        )
        for chunk in chunked(target_ids):
            self._database.execute(these.where(FINDING.c.target_id.in_(chunk)).values(over_at=now))

    def edited(self, connector: str, target: Target, target_ids: Iterable[str]) -> dict[str, set[str]]:
        """Return, by object, the fields that somebody edited before, whether well again or not."""
        edits = select(FINDING.c.target_id, FINDING.c.field).where(
            FINDING.c.connector == connector, FINDING.c.target == target, FINDING.c.what.in_(_EDITS)
        )
        found: dict[str, set[str]] = {}
        for chunk in chunked(target_ids):
            for target_id, field in self._database.rows(edits.where(FINDING.c.target_id.in_(chunk))):
                found.setdefault(target_id, set()).add(field)
        return found

    def open_edits(self, connector: str, target_ids: Iterable[str]) -> set[str]:
        """Return those of the objects on which an edit is not over."""
        return self._open_on(connector, target_ids, FINDING.c.what.in_(_EDITS))

    def _open_on(self, connector: str, target_ids: Iterable[str], *conditions: ColumnElement[bool]) -> set[str]:
        these = select(FINDING.c.target_id).where(FINDING.c.connector == connector, FINDING.c.over_at.is_(None))
        these, chunks = these.where(*conditions), chunked(target_ids)
        return {found for ids in chunks for found in self._database.scalars(these.where(FINDING.c.target_id.in_(ids)))}

    def unkept(self, connector: str, target: Target, target_ids: Iterable[str]) -> set[str]:
        """Return those of the objects on which something written did not stand, and does not since."""
        return self._open_on(connector, target_ids, FINDING.c.what == What.UNKEPT, FINDING.c.target == target)

    def kept_again(self, connector: str, target: Target, target_ids: Iterable[str], now: int) -> None:
        """Note that these objects show what was written to them."""
        these = update(FINDING).where(
            FINDING.c.connector == connector,
            FINDING.c.target == target,
            FINDING.c.what == What.UNKEPT,
            FINDING.c.over_at.is_(None),
        )
        for chunk in chunked(target_ids):
            self._database.execute(these.where(FINDING.c.target_id.in_(chunk)).values(over_at=now))

    def open_of(self, connector: str, what: Iterable[What]) -> list[Finding]:
        """Return the findings of some kinds about whole fields that are not over."""
        these = _open(connector).where(FINDING.c.what.in_(list(what)), FINDING.c.target_id == "")
        return [_finding(row) for row in self._database.rows(these.order_by(FINDING.c.target, FINDING.c.field))]

    def open(self, connector: str, limit: int) -> list[Finding]:
        """Return the newest findings that are not over, those about whole fields first."""
        rows = _open(connector).order_by(FINDING.c.target_id != "", FINDING.c.last_seen_at.desc(), FINDING.c.target_id)
        return [_finding(row) for row in self._database.rows(rows.limit(limit))]

    def counts(self, connector: str) -> dict[What, int]:
        """Return how many findings are not over, by what they are."""
        grouped = select(FINDING.c.what, func.count()).where(
            FINDING.c.connector == connector, FINDING.c.over_at.is_(None)
        )
        return {What(what): n for what, n in self._database.rows(grouped.group_by(FINDING.c.what))}


_EDITS = (What.EDITED, What.EDITED_AGAIN)


def _open(connector: str) -> Any:
    return select(FINDING).where(FINDING.c.connector == connector, FINDING.c.over_at.is_(None))


def _finding(row: Any) -> Finding:
    return Finding(
        what=What(row.what),
        target=Target(row.target),
        target_id=row.target_id,
        field=row.field,
        expected=decoded(row.expected),
        found=decoded(row.found),
        told=decoded_message(row.told),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        over_at=row.over_at,
    )
