"""Exit codes: what each means, and which one an error or a mixture of outcomes ends with."""

from collections.abc import Iterable
from enum import IntEnum

from config.problems import SettingsError
from connectors.errors import (
    AddressError,
    ConnectorError,
    InDoubtError,
    RefusedError,
    SettingError,
    SignInError,
)
from sync.accounts import UnknownAccountError
from sync.store.errors import LockHeldError


class Exit(IntEnum):
    """How a command ended, for scripts and schedulers."""

    OK = 0
    UNEXPECTED = 1
    SETTINGS = 2
    SIGN_IN = 3
    CONFLICT = 4
    PARTIAL = 5
    UNAVAILABLE = 6
    LOCKED = 7
    QUALITY = 8
    INTERRUPTED = 130
    TERMINATED = 143


_GRAVEST_FIRST = (
    Exit.UNEXPECTED,
    Exit.SETTINGS,
    Exit.SIGN_IN,
    Exit.QUALITY,
    Exit.CONFLICT,
    Exit.UNAVAILABLE,
    Exit.LOCKED,
    Exit.PARTIAL,
    Exit.OK,
)


def gravest(exits: Iterable[Exit]) -> Exit:
    """Return the gravest of several outcomes."""
    return min(exits, key=_GRAVEST_FIRST.index, default=Exit.OK)


def exit_for(error: Exception) -> Exit:
    """Return the exit code that tells a scheduler what to do about an error."""
    if isinstance(error, SettingsError | SettingError | AddressError | UnknownAccountError):
        return Exit.SETTINGS
    if isinstance(error, SignInError):
        return Exit.SIGN_IN
    if isinstance(error, LockHeldError):
        return Exit.LOCKED
    if isinstance(error, RefusedError | InDoubtError):
        return Exit.PARTIAL
    if isinstance(error, ConnectorError):
        return Exit.UNAVAILABLE
    return Exit.UNEXPECTED
