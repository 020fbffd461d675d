"""Summaries withheld because others could read them: remembered, so that no pass works their period out again."""

from collections.abc import Mapping
from dataclasses import dataclass

from kpi_engine.message import Message
from sync.account import Account
from sync.store.codec import decoded, encoded, fingerprint, message_values, read_message

_KEY = "withheld:"


@dataclass(frozen=True, slots=True)
class Withheld:
    """Summaries that are due but would be read by others than their agents, `subjects`; once for a period."""

    subjects: tuple[str, ...]
    period: str
    reason: Message


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was withheld of a period when that, and who could read what, looked like `stamp`."""

    stamp: str
    withheld: Withheld


def withheld_before(account: Account, scope: str) -> Mapping[str, Remembered]:
    """Return what was withheld when each period was last looked at, by the period."""
    kept = account.store.switches.under(account.name, f"{_KEY}{scope}:")
    return {period: _read(period, *decoded(value)) for period, value in kept.items()}


def _read(period: str, stamp: str, subjects: list[str], reason: list[object]) -> Remembered:
    return Remembered(stamp, Withheld(tuple(subjects), period, read_message(reason)))


def note_withheld(account: Account, scope: str, period: str, stamp: str, withheld: Withheld | None) -> None:
    """Remember what was withheld of a period, or that nothing is any more; in the caller's transaction."""
    key = f"{_KEY}{scope}:{period}"
    if withheld is None:
        account.store.switches.clear(account.name, key)
    else:
        told = [stamp, withheld.subjects, message_values(withheld.reason)]
        account.store.switches.set(account.name, key, encoded(told))


def readers_stamp(account: Account, group: str | None, places: Mapping[str, tuple[str | None, str | None]]) -> str:
    """Return a text that changes when somebody else can read summaries in a group, or where they lie by now.

    `places` are the group and the assignee of those that are there, by their tickets.
    """
    groups = sorted({group or "", *(place[0] or "" for place in places.values())})
    readers = [sorted(account.connector.readers(each or None, None)) for each in groups]
    privacy = account.settings.privacy
    rules = [privacy.individual, privacy.visible_to_all_agents, account.store.editions.last(account.name)]
    return fingerprint(encoded([rules, groups, readers, places]))
