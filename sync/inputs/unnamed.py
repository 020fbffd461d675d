"""Rows of files without the words of people who are forgotten."""

from typing import Final

from sync.inputs.rows import Taken
from sync.store.pseudonyms import Names

_OF_PEOPLE: Final = frozenset(
    {
        "agent_ref",
        "lead",
        "manager",
        "evaluator",
        "reviewer",
        "approved_by",
        "referrer_ref",
        "customer_ref",
        "requester_ref",
        "subject",
        "proposer",
    }
)
"""The columns of files in which somebody is named."""


def unnamed(row: Taken, names: Names) -> Taken:
    """Return a row of a file without the words of people who are forgotten."""
    if not names.known:
        return row
    values = {
        name: names(value) or value if name in _OF_PEOPLE and isinstance(value, str) else value
        for name, value in row.values.items()
    }
    return Taken(row.line, values)
