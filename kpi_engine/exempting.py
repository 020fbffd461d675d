"""Exemptions that somebody allowed to do so gave by setting a tag on the ticket."""

from dataclasses import replace

from kpi_engine.history import History
from kpi_engine.records import Field
from kpi_engine.rulebook import Rulebook


def with_exemptions(history: History, rulebook: Rulebook, as_of: int) -> History:
    """Return the history with what its tags exempt beside what was decided elsewhere."""
    meanings = rulebook.meanings.at(as_of)
    given = {
        what
        for tag, what in meanings.exempting.items()
        if tag in history.latest.tags and _setter(history, tag, as_of) in meanings.approvers
    }
    return replace(history, exempt=history.exempt | given) if given else history


def _setter(history: History, tag: str, as_of: int) -> str | None:
    """Return who put the tag on the ticket last, None where nobody is known to have."""
    for event in reversed(history.events):
        if event.field == Field.TAGS and event.at <= as_of and tag in _tags(event.new) - _tags(event.old):
            return event.actor_id
    return None


def _tags(words: str | None) -> set[str]:
    return set((words or "").split())
