"""The ledger of what fell due: appended to, corrected by compensation, never rewritten."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from kpi_engine.compensating import alive
from kpi_engine.measurement import Firing


class EntryKind(StrEnum):
    """Whether a line says that a step fell due, or takes an earlier line back."""

    FIRED = "fired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger; `at` is the firing's own instant, `recorded_as_of` the pass that learned of it."""

    ticket_id: str
    clock: str
    instance: int
    step: str
    level: int
    kind: EntryKind
    at: int
    recorded_as_of: int
    agent: str | None
    team: str | None
    edition: str


Key: TypeAlias = tuple[str, str, int, str, int, str | None, str | None]
"""Ticket, clock, instance, step, instant, agent and team: what makes two lines speak of the same thing."""


def _key(line: Entry | Firing) -> Key:
    return (line.ticket_id, line.clock, line.instance, line.step, line.at, line.agent, line.team)


def standing(entries: Iterable[Entry]) -> dict[Key, Entry]:
    """Return the fired lines that were not taken back."""
    return alive(entries, _key, EntryKind.FIRED)


def settle(entries: Iterable[Entry], firings: Iterable[Firing], as_of: int) -> Iterator[Entry]:
    """Yield the lines that bring the ledger of some tickets in line with what fires now.

    `entries` and `firings` must speak of the same tickets. A firing that moved to another instant or concerns
    someone else now, or that no longer holds (late events, a merge), is taken back by a compensating line; nothing is
    rewritten.
    """
    fired = standing(entries)
    for firing in firings:
        if fired.pop(_key(firing), None) is None:
            yield Entry(
                ticket_id=firing.ticket_id,
                clock=firing.clock,
                instance=firing.instance,
                step=firing.step,
                level=firing.level,
                kind=EntryKind.FIRED,
                at=firing.at,
                recorded_as_of=as_of,
                agent=firing.agent,
                team=firing.team,
                edition=firing.edition,
            )
    for gone in fired.values():
        yield replace(gone, kind=EntryKind.WITHDRAWN, recorded_as_of=as_of)
