"""Shared by those who send changes: one item an object, the same outcome for all, and marks found again in texts."""

from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from typing import TypeAlias

from connectors.base import Change, Outcome, Refused
from connectors.scalars import clean
from kpi_engine.message import message

Outcomes: TypeAlias = dict[int, Outcome]
"""What became of changes, by their ids."""

LATER = 60.0
"""Seconds after which a delivery is tried again where the helpdesk does not say when."""


def for_all(changes: Iterable[Change], outcome: Outcome) -> Outcomes:
    """Return one outcome for all of some changes."""
    return {change.change_id: outcome for change in changes}


def homeless(changes: Iterable[Change], names: Mapping[str, str], helpdesk: str) -> Outcomes:
    """Return the refusals of the changes that name a field which is not there; `names` says where ours live."""
    absent = {change.change_id: sorted(change.values.keys() - names.keys()) for change in changes}
    return {
        change_id: Refused(
            message(
                "There is no field for {keys} in {helpdesk} yet: run the setup",
                keys=", ".join(keys),
                helpdesk=helpdesk,
            )
        )
        for change_id, keys in absent.items()
        if keys
    }


def merged(changes: Sequence[Change]) -> dict[str, Change]:
    """Return one change an object, by its id: two of the same object in one request would be in each other's way."""
    found: dict[str, Change] = {}
    for change in changes:
        before = found.get(change.target_id)
        values = {**(before.values if before else {}), **change.values}
        found[change.target_id] = Change(change.change_id, change.target, change.target_id, values)
    return found


def says(row: object, keys: Sequence[str], marker: str) -> bool:
    """Tell whether a marker stands in one of the texts of a row, however they were escaped, wrapped or guarded."""
    texts = [str(row.get(key)) for key in keys] if isinstance(row, dict) else []
    return any(letters(marker) in letters(text) for text in texts)


def letters(text: str) -> str:
    """Return the letters of a text, however it was escaped, wrapped or guarded."""
    return "".join(letter for letter in clean(unescape(text)) if letter.isprintable() and not letter.isspace())
