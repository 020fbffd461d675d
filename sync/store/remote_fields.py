"""Where our fields live on each helpdesk."""

from sqlalchemy import delete, select

from connectors.base import Target
from sync.store.database import Database
from sync.store.tables import REMOTE_FIELD


class RemoteFields:
    """The remote id of each of our fields."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, connector: str) -> dict[tuple[Target, str], str]:
        """Return the remote ids by target and key."""
        fields = select(REMOTE_FIELD.c.target, REMOTE_FIELD.c.key, REMOTE_FIELD.c.remote_id)
        rows = self._database.rows(fields.where(REMOTE_FIELD.c.connector == connector))
        return {(Target(target), key): remote_id for target, key, remote_id in rows}

    def save(self, connector: str, target: Target, key: str, remote_id: str, value_kind: str, now: int) -> None:  # noqa: PLR0913, PLR0917 -- the columns of a remote field
        """Remember where a field lives."""
        field = {"connector": connector, "target": target, "key": key}
        self._database.upsert(
            REMOTE_FIELD, [{**field, "remote_id": remote_id, "value_kind": value_kind, "saved_at": now}]
        )

    def forget(self, connector: str, target: Target, key: str) -> None:
        """Forget where a field lived."""
        these = delete(REMOTE_FIELD).where(REMOTE_FIELD.c.connector == connector, REMOTE_FIELD.c.target == target)
        self._database.execute(these.where(REMOTE_FIELD.c.key == key))
