"""The editions kept of whatever decides."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select

from kpi_engine.editions import Edition, digest_of
from sync.store.codec import decoded, encoded
from sync.store.database import Database
from sync.store.tables import EDITION


class Editions:
    """Each edition as first seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, connector: str, kind: str, key: str, body: Mapping[str, object], as_of: int) -> bool:
        """Keep `body` as a new edition if it differs from the last, and say whether it did.

        The first of a key holds from the beginning, a later one from `as_of`, never from before the last.
        """
        digest = digest_of(body)
        with self._database.writing() as connection:
            last = connection.execute(_last(connector, kind, key)).first()
            if last is not None and last.digest == digest:
                return False
            valid_from = None if last is None else max(as_of, last.valid_from or as_of)
            whose = {"connector": connector, "kind": kind, "key": key}
            new = {"valid_from": valid_from, "digest": digest, "body": encoded(body)}
            connection.execute(insert(EDITION).values(**whose, **new))
            return True

    def keep_from(
        self, connector: str, kind: str, key: str, body: Mapping[str, object], valid_from: int | None
    ) -> None:
        """Keep `body` as a new edition from a stated instant on, even one before the last: it then hides that."""
        whose = {"connector": connector, "kind": kind, "key": key}
        new = {"valid_from": valid_from, "digest": digest_of(body), "body": encoded(body)}
        self._database.execute(insert(EDITION).values(**whose, **new))

    def all(self, connector: str, kind: str | None = None) -> list[Edition]:
        """Return every edition, or every one of a kind, those of one kind and key in the order they were kept."""
        columns = select(EDITION.c.kind, EDITION.c.key, EDITION.c.valid_from, EDITION.c.digest, EDITION.c.body)
        kept = columns.where(EDITION.c.connector == connector)
        kept = kept if kind is None else kept.where(EDITION.c.kind == kind)
        in_order = kept.order_by(EDITION.c.kind, EDITION.c.key, EDITION.c.edition_id)
        return [
            Edition(kind, key, valid_from, digest, decoded(written))
            for kind, key, valid_from, digest, written in self._database.rows(in_order)
        ]

    def newest(self, connector: str, number: int) -> dict[tuple[str, str], Edition]:
        """Return, by kind and key, the edition that was the newest once the one numbered `number` was kept."""
        columns = select(EDITION.c.kind, EDITION.c.key, EDITION.c.valid_from, EDITION.c.digest, EDITION.c.body)
        kept = columns.where(EDITION.c.connector == connector, EDITION.c.edition_id <= number)
        rows = self._database.rows(kept.order_by(EDITION.c.edition_id))
        return {
            (kind, key): Edition(kind, key, valid_from, digest, decoded(written))
            for kind, key, valid_from, digest, written in rows
        }

    def newest_of(self, connector: str, kind: str) -> dict[str, Edition]:
        """Return the newest edition of each key of a kind."""
        columns = select(EDITION.c.key, EDITION.c.valid_from, EDITION.c.digest, EDITION.c.body)
        kept = columns.where(EDITION.c.connector == connector, EDITION.c.kind == kind).order_by(EDITION.c.edition_id)
        return {
            key: Edition(kind, key, valid_from, digest, decoded(written))
            for key, valid_from, digest, written in self._database.rows(kept)
        }

    def last(self, connector: str) -> int:
        """Return the number of the edition kept last, 0 where none is."""
        return int(
            self._database.scalar(select(func.max(EDITION.c.edition_id)).where(EDITION.c.connector == connector)) or 0
        )


def _last(connector: str, kind: str, key: str) -> Any:
    columns = select(EDITION.c.digest, EDITION.c.valid_from)
    same = columns.where(EDITION.c.connector == connector, EDITION.c.kind == kind, EDITION.c.key == key)
    return same.order_by(EDITION.c.edition_id.desc()).limit(1)
