"""Small facts about a connector that outlive a pass: when it was armed, what the rules were last time."""

from sqlalchemy import delete, select

from sync.store.database import Database
from sync.store.tables import SWITCH


class Switches:
    """One text or whole number by connector and key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, connector: str, key: str) -> str | None:
        """Return what was set, as text."""
        found: str | None = self._database.scalar(
            select(SWITCH.c.value).where(SWITCH.c.connector == connector, SWITCH.c.key == key)
        )
        return found

    def under(self, connector: str, prefix: str) -> dict[str, str]:
        """Return what was set under every key that begins with `prefix`, by the rest of the key."""
        these = select(SWITCH.c.key, SWITCH.c.value).where(SWITCH.c.connector == connector)
        found = self._database.rows(these.where(SWITCH.c.key.startswith(prefix, autoescape=True)))
        return {key.removeprefix(prefix): value for key, value in found}

    def number(self, connector: str, key: str) -> int | None:
        """Return what was set, as a whole number."""
        found = self.get(connector, key)
        return None if found is None else int(found)

    def set(self, connector: str, key: str, value: str | int) -> None:
        """Set a switch."""
        self._database.upsert(SWITCH, [{"connector": connector, "key": key, "value": str(value)}])

    def clear(self, connector: str, key: str) -> None:
        """Forget a switch."""
        self._database.execute(delete(SWITCH).where(SWITCH.c.connector == connector, SWITCH.c.key == key))
