"""What the set-up made on each helpdesk, so that it can be undone."""

from sqlalchemy import delete, select

from sync.store.database import Database
from sync.store.tables import INSTALLED


class Installed:
    """The handle of each thing made, by our key for it, in the order of keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, connector: str) -> dict[str, str]:
        """Return the handles by key."""
        made = select(INSTALLED.c.key, INSTALLED.c.handle).where(INSTALLED.c.connector == connector)
        return dict(self._database.rows(made.order_by(INSTALLED.c.key)))

    def save(self, connector: str, key: str, handle: str, now: int) -> None:
        """Remember what was made."""
        row = {"connector": connector, "key": key, "handle": handle, "made_at": now}
        self._database.upsert(INSTALLED, [row])

    def forget(self, connector: str, key: str) -> None:
        """Forget what was undone."""
        self._database.execute(delete(INSTALLED).where(INSTALLED.c.connector == connector, INSTALLED.c.key == key))
