"""What we changed on somebody's ticket ourselves, told apart by what it is: nobody's hand, and no wish of anybody's."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from kpi_engine.records import EventKind, Field, TicketEvent

OWN = "own:"
"""How the ids of events begin that came of our own writes."""

_SLACK = 300
"""Seconds by which the helpdesk's clock and ours may differ."""

_HANDED = frozenset({Field.GROUP, Field.ASSIGNEE})


class OwnWrite(NamedTuple):
    """A property that we set, and when: not before `start`, not after `end` (None: nobody knows yet when, or whether).

    `new` is what it was set to, as events word it; of tags, those that were added or removed.
    """

    field: str
    new: str | None
    start: int
    end: int | None


def told_apart(events: Sequence[TicketEvent], writes: Iterable[OwnWrite]) -> Iterator[TicketEvent]:
    """Yield events, those that came of our own writes told apart; a write explains one event at the most.

    A raised priority and added tags are means to be noticed: no goal, no figure and no clock goes by them, so that they
    change nothing here, and the next change of the priority begins where people had left it. Whom we handed the ticket
    to has it: that stays, as nobody's doing.
    """
    left, before = list(writes), dict[str | None, str | None]()
    for event in events:
        told = replace(event, old=before.pop(event.field)) if event.field in before else event
        write = next((each for each in left if _explains(each, event)), None)
        if write is None:
            yield told
            continue
        left.remove(write)
        ours = replace(told, event_id=f"{OWN}{event.event_id}", actor_id=None, automatic=True)
        if event.field not in _HANDED:
            before[event.field] = told.old
            ours = replace(ours, new=told.old)
        yield ours


def _explains(write: OwnWrite, event: TicketEvent) -> bool:
    if event.kind is not EventKind.CHANGED or event.field != write.field:
        return False
    first, last = event.at if event.since is None else event.since, event.at
    if last < write.start - _SLACK or (write.end is not None and first > write.end + _SLACK):
        return False
    return _is_all_that_differs(write, event) if write.field == Field.TAGS else event.new == write.new


def _is_all_that_differs(write: OwnWrite, event: TicketEvent) -> bool:
    changed = set((event.old or "").split()) ^ set((event.new or "").split())
    return bool(changed) and changed <= set((write.new or "").split())
