"""Opening the configured accounts: the store beside the configuration file, and a connector for each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from config import ConnectorSettings, Settings, resolve, store_url
from connectors import CONNECTORS
from connectors.base import Clock
from kpi_engine.message import Message, message
from sync.account import Account
from sync.garbage import look_rarely_for_cycles
from sync.store import Store


class UnknownAccountError(Exception):
    """A connector was named that the configuration does not have; `message` lists those it has."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@contextmanager
def opened(
    settings: Settings, names: Sequence[str], clock: Clock, *, signed_in: bool = True
) -> Iterator[list[Account]]:
    """Open the store and the accounts named (or all), and close them afterwards.

    `signed_in` demands that their secrets are there. Raises SettingsError, StoreError or UnknownAccountError.
    """
    look_rarely_for_cycles()
    chosen = _chosen(settings, names)
    if signed_in:
        resolve(settings, [own.name for own in chosen])
    store = Store.open(store_url(settings), settings.origin.folder)
    try:
        accounts = [_account(own, settings, store, clock) for own in chosen]
        try:
            yield accounts
        finally:
            for account in accounts:
                account.connector.close()
    finally:
        store.close()


@contextmanager
def with_peers(account: Account) -> Iterator[list[Account]]:
    """Give every configured account, in the configuration's order, to read what is stored of it; nobody signs in."""
    settings, store, clock = account.settings, account.store, account.clock
    everyone = [
        account if own.name == account.name else _account(own, settings, store, clock) for own in settings.connectors
    ]
    try:
        yield everyone
    finally:
        for each in everyone:
            if each is not account:
                each.connector.close()


def _account(own: ConnectorSettings, settings: Settings, store: Store, clock: Clock) -> Account:
    mapped = frozenset(settings.watched_fields(own.name))
    connector = CONNECTORS[own.kind](own, clock, ZoneInfo(settings.timezone), mapped)
    return Account(connector, own, settings, store, clock)


def _chosen(settings: Settings, names: Sequence[str]) -> list[ConnectorSettings]:
    known = {own.name: own for own in settings.connectors}
    for name in names:
        if name not in known:
            told = message("no connector is called {name}; there are: {known}", name=name, known=", ".join(known))
            raise UnknownAccountError(told)
    return [known[name] for name in names] if names else list(known.values())
