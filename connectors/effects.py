"""What a step of an escalation does on a ticket, decided from how the ticket stands: the same on every helpdesk."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Final

from connectors.base import Change, Refused
from connectors.delivering import letters
from kpi_engine.message import Message, message

# The keys of a change's values.
NOTE, MARKER = "note", "marker"
PRIORITY, GROUP, ASSIGNEE = "priority", "group", "assignee"
TAGS, TAGS_ADDED, TAGS_REMOVED = "tags", "add_tags", "remove_tags"  # joined by one space
WHILE_UNSOLVED = "while_unsolved"
"""Whether nothing is done on a ticket that was solved meanwhile."""

LOOK_FIRST = "look_first"
"""Whether the note is written only if none with its marker stands there: it was taken once, and was not seen since."""

RESTORES = "restores"
"""Whether it takes an earlier change back: then it may lower a priority."""

RANKS: Final = ("low", "normal", "high", "urgent")
"""The priorities, the least urgent first; a ticket without one is taken for normal."""

_MARK: Final = "helpdesk-kpi:escalation:"
_MARKED: Final = re.compile(rf"{_MARK}[0-9a-f]{{16}}")


def marker(digits: str) -> str:
    """Return what a note is known by, of sixteen hexadecimal digits."""
    return f"{_MARK}{digits}"


def is_own_note(*texts: object) -> bool:
    """Tell whether a private comment, in any of its forms, is a note that an escalation wrote."""
    return any(isinstance(text, str) and _MARKED.search(letters(text)) is not None for text in texts)


def note_html(text: str) -> str:
    """Return a note's plain text as HTML."""
    return "<br>".join(escape(line) for line in text.splitlines())


@dataclass(frozen=True, slots=True)
class Standing:
    """How a ticket stands: its priority in our words, None where it has none or one that nobody explained."""

    priority: str | None
    group: str | None
    assignee: str | None
    tags: tuple[str, ...]
    solved: bool
    ranked: bool = True  # whether its priority is one of ours, or none
    noted: bool = False  # whether the note is there already


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a ticket is given to; a group's ticket is nobody's in particular."""

    group: str | None
    assignee: str | None


@dataclass(frozen=True, slots=True)
class Doing:
    """What is left to be done: `tags` are all that the ticket is to have; `left` is why something is not done."""

    priority: str | None = None
    tags: tuple[str, ...] | None = None
    place: Place | None = None
    note: str | None = None
    left: Message | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is left."""
        return (self.priority, self.tags, self.place, self.note) == (None, None, None, None)

    @property
    def changes(self) -> bool:
        """Whether a property of the ticket is to be changed."""
        return (self.priority, self.tags, self.place) != (None, None, None)


def doing(change: Change, now: Standing) -> Doing | Refused:
    """Return what of a change is left to be done on a ticket that stands so: done twice, it does nothing more.

    A priority is never lowered, and a ticket that somebody handed over meanwhile stays with whom it is.
    """
    if change.values.get(WHILE_UNSOLVED) and now.solved:
        return Refused(message("it was solved before the escalation could be written"), closed=True)
    place, left = _place(change, now)
    note = None if now.noted else _word(change, NOTE)
    return Doing(_priority(change, now), _tags(change, now), place, note, left)


def looks_first(change: Change, noted: Callable[[str], bool | None]) -> bool:
    """Tell whether a note that may be there already is there; `noted` asks the helpdesk for a marker."""
    return bool(change.values.get(LOOK_FIRST)) and MARKER in change.values and bool(noted(str(change.values[MARKER])))


def undone(change: Change, now: Standing, noted: Callable[[str], bool | None]) -> frozenset[str]:
    """Return which of a change's values a ticket does not show; nothing of one that people are done with.

    `noted` asks the helpdesk whether a note with a marker stands there.
    """
    wanted = doing(change, now)
    if isinstance(wanted, Refused):
        return frozenset()
    left = {
        PRIORITY: wanted.priority is not None,
        TAGS_ADDED: wanted.tags is not None,
        GROUP: wanted.place is not None,
        ASSIGNEE: wanted.place is not None,
        NOTE: MARKER in change.values and not noted(str(change.values[MARKER])),
    }
    return frozenset(key for key, lacks in left.items() if lacks and key in change.values)


def _word(change: Change, key: str) -> str | None:
    value = change.values.get(key)
    return None if value is None else str(value)


def _priority(change: Change, now: Standing) -> str | None:
    wanted = _word(change, PRIORITY)
    if wanted is None or not now.ranked:
        return None
    if change.values.get(RESTORES):
        return wanted if now.priority == change.previous.get(PRIORITY) else None
    return wanted if rank(now.priority) < rank(wanted) else None


def rank(priority: str | None) -> int:
    """Return how urgent a priority is."""
    return RANKS.index(priority if priority in RANKS else "normal")


def _tags(change: Change, now: Standing) -> tuple[str, ...] | None:
    added, removed = (str(change.values.get(key) or "").split() for key in (TAGS_ADDED, TAGS_REMOVED))
    wanted = (*(tag for tag in now.tags if tag not in removed), *(tag for tag in added if tag not in now.tags))
    return None if wanted == now.tags else wanted


def _place(change: Change, now: Standing) -> tuple[Place | None, Message | None]:
    if GROUP not in change.values and ASSIGNEE not in change.values:
        return None, None
    wanted = Place(_word(change, GROUP), _word(change, ASSIGNEE))
    if wanted.group == now.group if wanted.assignee is None else wanted.assignee == now.assignee:
        return None, None
    if (now.group, now.assignee) != (change.previous.get(GROUP), change.previous.get(ASSIGNEE)):
        return None, message("somebody handed a ticket over before the escalation could: it stays where it is")
    return wanted, None
