"""Who may decide that a ticket's clock or rating counts for nobody: who is above its agent, and never he himself."""

from collections.abc import Iterator
from dataclasses import dataclass

from kpi_engine.exempting import above
from kpi_engine.history import RATING, History
from kpi_engine.measure import Judged, judged
from kpi_engine.measurement import Exclusion
from kpi_engine.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a decision about a ticket concerns: agents by id whose own it is, and who is above them, by keys of persons.

    `own` are who held the ticket when it was made, and who answer for the clock or were rated. Whoever was above one of
    them at that instant may make it, unless he is one of them.
    """

    own: frozenset[str]
    above: frozenset[str]


def concerned(history: History, what: str | None, at: int, rulebook: Rulebook, as_of: int) -> Concerned:
    """Return whom it concerns that a ticket's clock, its rating (`RATING`) or, with None, all of it is decided on.

    `at` is when it was decided: one from before the ticket is judged as of its beginning.
    """
    found = judged(history, rulebook, as_of)
    instant = max(at, history.latest.created_at)
    own: list[tuple[str | None, str | None]]
    if isinstance(found, Exclusion):
        own = [(history.latest.assignee_id, history.latest.group_id)]
    else:
        state = found.story.state_at(instant)
        own = [(state.agent, state.group), *((agent, None) for agent in _answering(found, what))]
    return Concerned(
        own=frozenset(agent for agent, _ in own if agent is not None),
        above=frozenset(key for agent, group in own for key in above(agent, group, instant, history.account, rulebook)),
    )


def _answering(found: Judged, what: str | None) -> Iterator[str | None]:
    """Yield who answers for a clock, or was rated, or with None for either."""
    if what in (None, RATING):
        yield from (found.story.state_at(each.at).agent for each in found.history.ratings)
    yield from (clock.agent for clock in found.clocks if what in (None, clock.clock))
