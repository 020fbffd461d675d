"""What is looked up only when it is needed: secrets and the store's address."""

from collections.abc import Collection, Iterator

from config.problems import Finding, Path, SettingsError
from config.settings import Settings
from config.store import filled_store
from connectors.secret import SecretError, SecretReference
from connectors.settings import Section, UnfitError


def resolve(settings: Settings, names: Collection[str] | None = None) -> None:
    """Raise SettingsError with every secret (of the connectors `names`, or all) that is not where it should be."""
    problems = [
        settings.origin.document.problem(finding)
        for position, connector in enumerate(settings.connectors)
        if names is None or connector.name in names
        for finding in _missing_secrets(connector, ("connectors", position))
    ]
    if problems:
        raise SettingsError(problems)


def _missing_secrets(section: Section, path: Path) -> Iterator[Finding]:
    for key, value in section:
        here = (*path, key)
        if isinstance(value, Section):
            yield from _missing_secrets(value, here)
        elif isinstance(value, SecretReference):
            yield from _missing_secret(value, here)


def _missing_secret(secret: SecretReference, path: Path) -> Iterator[Finding]:
    try:
        secret.reveal()
    except SecretError as error:
        yield Finding(path, error.message)


def store_url(settings: Settings) -> str:
    """Return the database's address with references filled in; raise SettingsError where one cannot be."""
    origin = settings.origin
    try:
        return filled_store(settings.store, origin.environ, origin.folder)
    except UnfitError as error:
        problem = origin.document.problem(Finding(("store",), error.message, error.allowed))
    raise SettingsError([problem])
