"""One configured helpdesk account with everything a pass needs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from config import ConnectorSettings, Settings
from connectors.base import Clock, Connector
from sync.locale import Language
from sync.store import Store


@dataclass(frozen=True, slots=True)
class Account:
    """A connector, what the admin decided about it and in general, and the store; `clock` is the local one."""

    connector: Connector
    own: ConnectorSettings
    settings: Settings
    store: Store
    clock: Clock

    @property
    def name(self) -> str:
        """The account's name in the configuration."""
        return self.own.name

    @property
    def language(self) -> Language:
        """The language of what is written where the reader's own is not known."""
        return Language(self.settings.language, self.settings.timezone)

    @property
    def history_start(self) -> int:
        """The instant at which the pulled history begins: history_from in the report time zone."""
        return history_start(self.own, self.settings)

    def now(self) -> int:
        """Return the local time in whole seconds: for bookkeeping only, never for measuring."""
        return int(self.clock.now())


def history_start(own: ConnectorSettings, settings: Settings) -> int:
    """Return the instant at which a connector's pulled history begins: history_from in the report time zone."""
    day, zone = own.history_from, ZoneInfo(settings.timezone)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp())
