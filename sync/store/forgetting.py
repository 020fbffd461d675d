"""Making a person unrecognizable: a pseudonym in place of the id in all that is stored."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, delete, false, or_, select, update

from kpi_engine.editions import digest_of
from kpi_engine.records import TicketSnapshot
from sync.store.codec import decoded, encoded, fingerprint
from sync.store.database import Database
from sync.store.observations import INPUTS
from sync.store.pseudonyms import EVERYWHERE
from sync.store.readings import measurement_body, read_measurement
from sync.store.records import ACCOUNT_LAYOUTS, LAYOUTS
from sync.store.renaming import Rename, renamed, renamed_body, renamed_measurement
from sync.store.tables import (
    ACCOUNT_RECORD,
    ANNOUNCEMENT,
    AWARD_ENTRY,
    CHANGE,
    CHARGE_ENTRY,
    CONTACT,
    DELIVERED_VALUE,
    EDITION,
    FINDING,
    INTAKE,
    LEDGER_ENTRY,
    OBSERVATION,
    PUBLISHED_CELL,
    QUARANTINE,
    READING,
    RECORD,
    SETTLED_READING,
    SUMMARY,
)

_BY_AGENT: Final = ("agent", "membership", "roster")


class Forgetting:
    """Renames what is stored, in one transaction or in the caller's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rename(
        self, connector: str, old: str, new: str, words: Collection[str] = (), names: Collection[str] = ()
    ) -> dict[str, int]:
        """Put `new` in place of a person's id in all that is stored, and return how many rows changed by table.

        `words` are what files call the person: e-mails, ids, names; `names` what custom fields do.
        """
        renaming = _Renaming(connector, old, new, frozenset({*words, f"{connector}/{old}"}), frozenset(names))
        with self._database.writing() as connection:
            return {table: count for table, rename in _STEPS.items() if (count := rename(connection, renaming))}

    def fields_naming(self, connector: str, names: Collection[str]) -> dict[str, list[str]]:
        """Return, by the id of a custom field, the tickets on which it mentions any of these words."""
        found: dict[str, list[str]] = {}
        plain = [name.casefold() for name in names]
        for ticket in self._mentioning(connector, names):
            for field, value in ticket.fields.items():
                if isinstance(value, str) and any(_is_named(name, value.casefold()) for name in plain):
                    found.setdefault(field, []).append(ticket.ticket_id)
        return {field: sorted(set(tickets)) for field, tickets in found.items()}

    def _mentioning(self, connector: str, names: Collection[str]) -> Iterator[TicketSnapshot]:
        mine = select(RECORD.c.body).where(RECORD.c.connector == connector, RECORD.c.kind == "snapshot")
        for body in self._database.scalars(mine.where(_mentioned(RECORD.c.body, names))):
            yield LAYOUTS["snapshot"].read(decoded(body))


def _mentioned(column: Any, names: Collection[str]) -> Any:
    """Return the condition that a body may hold any of these names, in any case: look at what it says.

    Letters beyond ASCII are stored as escapes, each case as another one: the longest part without any is looked for.
    """
    plain = (max(re.findall(r"[\w .@-]+", name, re.ASCII) or [""], key=len) for name in names)
    return or_(false(), *(column.icontains(part, autoescape=True) for part in plain))


def _is_named(name: str, value: str) -> bool:
    return name == value if name.isdecimal() else name in value


@dataclass(frozen=True, slots=True)
class _Renaming:
    connector: str
    old: str
    new: str
    words: frozenset[str]
    names: frozenset[str]

    def spoken(self, word: str | None) -> str | None:
        """Return a custom field's value, the pseudonym in place of what calls the person by id, e-mail or name."""
        plain = {each.casefold() for each in (*self.names, self.old)}
        return self.new if word is not None and word.strip().casefold() in plain else word

    def mentions(self, column: Any) -> Any:
        """Return the condition that a body may hold a field that calls the person by e-mail or name."""
        return _mentioned(column, self.names)

    @property
    def key(self) -> str:
        """The person's key."""
        return f"{self.connector}/{self.new}"

    @property
    def of(self) -> Rename:
        return lambda word: self.new if word == self.old else word

    def named(self, value: Any) -> Any:
        """Return a value of a file, the person's key in place of what it calls him."""
        spoken = {word.casefold() if "@" in word else word for word in self.words}
        plain = value.strip().casefold() if isinstance(value, str) and "@" in value else value
        return self.key if isinstance(plain, str) and plain in spoken else value

    def speaks(self, column: Any) -> Any:
        """Return the condition that a body may speak of the person."""
        return column.contains(encoded(self.old), autoescape=True)


def _same(table: Table, row: Any) -> Any:
    """Return the condition that finds a row again."""
    return and_(*(column == getattr(row, column.name) for column in table.primary_key))


def _records(connection: Connection, this: _Renaming) -> int:
    where = (RECORD.c.connector == this.connector, or_(this.speaks(RECORD.c.body), this.mentions(RECORD.c.body)))
    count = 0
    for row in connection.execute(select(RECORD).where(*where)).all():
        body = encoded(renamed(LAYOUTS[row.kind].read(decoded(row.body)), this.of, this.spoken))
        if body == row.body:
            continue
        same = _same(RECORD, row)
        count += connection.execute(update(RECORD).where(same).values(body=body, digest=fingerprint(body))).rowcount
    return count


def _account_records(connection: Connection, this: _Renaming) -> int:
    where = (ACCOUNT_RECORD.c.connector == this.connector, this.speaks(ACCOUNT_RECORD.c.body))
    rows = connection.execute(select(ACCOUNT_RECORD).where(*where)).all()
    for row in rows:
        layout, identity = ACCOUNT_LAYOUTS[row.stream]
        record = renamed(layout.read(decoded(row.body)), this.of)
        same = _same(ACCOUNT_RECORD, row)
        values = {"key": getattr(record, identity), "body": encoded(record)}
        connection.execute(update(ACCOUNT_RECORD).where(same).values(**values))
    return len(rows)


def _editions(connection: Connection, this: _Renaming) -> int:
    count = 0
    for row in connection.execute(select(EDITION).where(EDITION.c.connector.in_((this.connector, EVERYWHERE)))).all():
        key, body = row.key, decoded(row.body)
        if row.kind in _BY_AGENT and row.key == this.old:
            key = this.new
            body |= {"name": this.new, "email": None, "locale": None} if row.kind == "agent" else {}
        elif row.connector != EVERYWHERE:
            body = renamed_body(row.kind, body, this.of, this.named)
        else:
            body["rows"] = [_named(each, this) for each in body["rows"]]
        if (key, body) != (row.key, decoded(row.body)):
            values = {"key": key, "body": encoded(body), "digest": digest_of(body)}
            connection.execute(update(EDITION).where(EDITION.c.edition_id == row.edition_id).values(**values))
            count += 1
    return count


def _named(values: dict[str, Any], this: _Renaming) -> dict[str, Any]:
    return {name: this.named(value) for name, value in values.items()}


def _measurements(table: Table, identity: str) -> Any:
    def rename(connection: Connection, this: _Renaming) -> int:
        where = (table.c.connector == this.connector, this.speaks(table.c.body))
        rows = connection.execute(select(table.c[identity], table.c.ticket_id, table.c.body).where(*where)).all()
        for key, ticket_id, body in rows:
            changed = measurement_body(renamed_measurement(read_measurement(ticket_id, body), this.of))
            same = (table.c.connector == this.connector, table.c[identity] == key)
            connection.execute(update(table).where(*same).values(body=changed))
        return len(rows)

    return rename


def _column(table: Table, name: str, *which: Any) -> Any:
    def rename(connection: Connection, this: _Renaming) -> int:
        mine = update(table).where(table.c.connector == this.connector, table.c[name] == this.old, *which)
        return connection.execute(mine.values({name: this.new})).rowcount

    return rename


def _charges(connection: Connection, this: _Renaming) -> int:
    """Rename whose charges they are, and whoever had a clock with others."""
    whose = and_(CHARGE_ENTRY.c.scope == "agent", CHARGE_ENTRY.c.subject == this.old)
    mine = select(CHARGE_ENTRY).where(CHARGE_ENTRY.c.connector == this.connector)
    rows = connection.execute(mine.where(or_(whose, this.speaks(CHARGE_ENTRY.c.shares)))).all()
    for row in rows:
        shares = encoded([[this.of(agent), seconds] for agent, seconds in decoded(row.shares)])
        subject = this.new if row.scope == "agent" and row.subject == this.old else row.subject
        connection.execute(update(CHARGE_ENTRY).where(_same(CHARGE_ENTRY, row)).values(subject=subject, shares=shares))
    return len(rows)


def _summaries(connection: Connection, this: _Renaming) -> int:
    """Rename whose summaries they are, and forget what they said: the person's name stands in it."""
    ours = SUMMARY.c.scope.in_(("agent", "announcement"))
    mine = (SUMMARY.c.connector == this.connector, ours, SUMMARY.c.subject == this.old)
    rows = connection.execute(select(SUMMARY.c.external_id).where(*mine)).scalars().all()
    for external_id in rows:
        called = _external(external_id, this)
        connection.execute(
            update(SUMMARY).where(SUMMARY.c.external_id == external_id).values(external_id=called, subject=this.new)
        )
    return len(rows)


def _announcements(connection: Connection, this: _Renaming) -> int:
    mine = select(ANNOUNCEMENT.c.external_id).where(
        ANNOUNCEMENT.c.connector == this.connector, ANNOUNCEMENT.c.subject == this.old
    )
    rows = connection.execute(mine).scalars().all()
    for external_id in rows:
        same = update(ANNOUNCEMENT).where(ANNOUNCEMENT.c.external_id == external_id)
        connection.execute(same.values(external_id=_external(external_id, this), subject=this.new))
    return len(rows)


def _external(text: str, this: _Renaming) -> str:
    return text.replace(f":agent:{this.old}:", f":agent:{this.new}:")


def _changes(connection: Connection, this: _Renaming) -> int:
    """Forget what was written about the person, and give up what still waits to be."""
    about = or_(
        and_(CHANGE.c.target == "agent", CHANGE.c.target_id == this.old),
        CHANGE.c.key.contains(f":agent:{this.old}:", autoescape=True),
        and_(CHANGE.c.target == "summary", this.speaks(CHANGE.c.summary)),
    )
    rows = connection.execute(select(CHANGE).where(CHANGE.c.connector == this.connector, about)).all()
    for row in rows:
        values: dict[str, Any] = {
            "key": _external(row.key, this),
            "target_id": _external(row.target_id, this),
            "summary": None,
        }
        if row.target == "agent":
            values |= {"key": row.key.replace(f"agent:{this.old}:", f"agent:{this.new}:"), "target_id": this.new}
        if row.state == "queued":
            values["state"] = "superseded"
        connection.execute(update(CHANGE).where(CHANGE.c.change_id == row.change_id).values(**values))
    return len(rows)


def _observations(connection: Connection, this: _Renaming) -> int:
    where = or_(
        and_(OBSERVATION.c.connector == this.connector, OBSERVATION.c.agent == this.old),
        and_(OBSERVATION.c.connector == this.connector, this.speaks(OBSERVATION.c.body)),
        OBSERVATION.c.connector == INPUTS,
    )
    count = 0
    for row in connection.execute(select(OBSERVATION).where(where)).all():
        ours = this.of if row.connector == this.connector else this.named
        customer, ticket_id, values = decoded(row.body)
        agent, body = (
            ours(row.agent),
            encoded([ours(customer), ticket_id, {k: this.named(v) for k, v in values.items()}]),
        )
        key = encoded([this.named(part) for part in decoded(row.key)]) if row.key.startswith("[") else row.key
        if (agent, body, key) != (row.agent, row.body, row.key):
            digest = fingerprint(encoded([row.at, agent, row.account, body]))
            same = update(OBSERVATION).where(OBSERVATION.c.number == row.number)
            connection.execute(same.values(agent=agent, body=body, key=key, digest=digest))
            count += 1
    return count


def _intakes(connection: Connection, this: _Renaming) -> int:
    """Rename who took a decision back: he stands before the reason."""
    mine, count = select(INTAKE.c.intake_id, INTAKE.c.source).where(INTAKE.c.connector == INPUTS), 0
    for number, source in connection.execute(mine).all():
        who, colon, reason = source.partition(": ")
        if colon and (called := this.named(who)) != who:
            same = update(INTAKE).where(INTAKE.c.intake_id == number)
            count += connection.execute(same.values(source=f"{called}: {reason}")).rowcount
    return count


def _quarantined(connection: Connection, this: _Renaming) -> int:
    """Drop the unreadable rows that speak of the person: what cannot be read cannot be renamed."""
    spoken = [QUARANTINE.c.body.contains(word, autoescape=True) for word in {*this.words, this.old}]
    mine = QUARANTINE.c.connector.in_((this.connector, INPUTS))
    return connection.execute(delete(QUARANTINE).where(mine, or_(*spoken))).rowcount


_STEPS: Final = {
    "records": _records,
    "account": _account_records,
    "editions": _editions,
    "readings": _measurements(READING, "ticket_id"),
    "settled_readings": _measurements(SETTLED_READING, "kept_id"),
    "contacts": _column(CONTACT, "requester_id"),
    "ledger": _column(LEDGER_ENTRY, "agent"),
    "charges": _charges,
    "awards": _column(AWARD_ENTRY, "agent"),
    "published": _column(PUBLISHED_CELL, "subject", PUBLISHED_CELL.c.scope == "agent"),
    "summaries": _summaries,
    "announcements": _announcements,
    "changes": _changes,
    "delivered": _column(DELIVERED_VALUE, "target_id", DELIVERED_VALUE.c.target == "agent"),
    "findings": _column(FINDING, "target_id", FINDING.c.target == "agent"),
    "observations": _observations,
    "intakes": _intakes,
    "quarantine": _quarantined,
}
