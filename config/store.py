"""Where results are remembered: the store's address, its references to the environment filled in late."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, quote

from pydantic import AfterValidator, Field

from connectors.secret import VARIABLE_NAME
from connectors.settings import UnfitError
from kpi_engine.message import Message, message

DEFAULT_STORE = "sqlite:///helpdesk-kpi.db"
_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql+psycopg://"
_REFERENCE = re.compile(r"\$\{env:(" + VARIABLE_NAME + r")\}")


def checked_store(text: str) -> str:
    """Return the address if it is SQLite's or PostgreSQL's and holds no password; raise UnfitError otherwise."""
    if _REFERENCE.fullmatch(text):
        return text
    plain = _REFERENCE.sub("X", text)
    if "$" in plain or not plain.isprintable():
        raise UnfitError(message("this is no store"), _wanted())
    _check_scheme(plain)
    if any(_passwords(text)):
        raise UnfitError(
            message("a password is never written here, only a reference to it"),
            message("for example {example}", example="postgresql+psycopg://kpi:${env:DB_PASSWORD}@localhost/kpi"),
        )
    return text


def filled_store(text: str, environ: Mapping[str, str], folder: Path) -> str:
    """Return the address to connect to; SQLite's file is taken from `folder`.

    Raises UnfitError where a variable is missing or holds no store.
    """
    whole = _REFERENCE.fullmatch(text)
    address = _variable(environ, whole[1]) if whole else _REFERENCE.sub(lambda found: _quoted(environ, found[1]), text)
    _check_scheme(address)
    if not address.startswith(_SQLITE):
        return address
    file, mark, options = address.removeprefix(_SQLITE).partition("?")
    return f"{_SQLITE}{(folder / file).resolve()}{mark}{options}"


def _quoted(environ: Mapping[str, str], name: str) -> str:
    return quote(_variable(environ, name), safe="")


def _variable(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise UnfitError(message("the environment variable {name} is not set, or is empty", name=name))
    return value


def _check_scheme(address: str) -> None:
    file = address.removeprefix(_SQLITE).partition("?")[0]
    sqlite = address.startswith(_SQLITE) and file not in {"", "/"} and not file.startswith(":")
    if not sqlite and not (address.startswith(_POSTGRESQL) and len(address) > len(_POSTGRESQL)):
        raise UnfitError(message("this is no store"), _wanted())


def _passwords(address: str) -> list[str]:
    """Return what stands in a password's place, before the host or among the options; a reference is left empty."""
    rest = _REFERENCE.sub("", address).removeprefix(_POSTGRESQL)
    if rest.startswith(_SQLITE):
        return []
    credentials = rest.rpartition("@")[0]
    options = parse_qsl(rest.partition("?")[2])
    return [credentials.partition(":")[2], *(value for key, value in options if "pass" in key.lower())]


def _wanted() -> Message:
    return message(
        "{sqlite} or {postgresql}",
        sqlite="sqlite:///file.db",
        postgresql="postgresql+psycopg://user:${env:NAME}@host/database",
    )


Store = Annotated[str, Field(examples=[DEFAULT_STORE]), AfterValidator(checked_store)]
"""The address of the database."""
