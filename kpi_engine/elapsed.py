"""The time that passed along a ticket's story, added up once and then read off."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from kpi_engine.rulebook import Rulebook, Status
from kpi_engine.story import State, Story


class Spent(NamedTuple):
    """Seconds of business and of calendar time; `guessed` are the calendar seconds that a guessed calendar judged."""

    business: int
    calendar: int
    guessed: int


NOTHING = Spent(0, 0, 0)


class Stay(NamedTuple):
    """A stretch [start, end) between two steps, how the ticket stood in it and the time it took."""

    start: int
    end: int
    state: State
    spent: Spent


def total(times: Iterable[Spent]) -> Spent:
    """Return some times together."""
    business = calendar = guessed = 0
    for spent in times:
        business += spent[0]
        calendar += spent[1]
        guessed += spent[2]
    return Spent(business, calendar, guessed)


class Elapsed:
    """Time between the instants of a story's steps; the time a ticket spent deleted does not count."""

    __slots__ = ("_rulebook", "_until", "stays")

    def __init__(self, story: Story, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self.stays: list[Stay] = []
        self._until = {story.steps[0].at: NOTHING}
        business = calendar = guessed = 0
        for step, following in pairwise(story.steps):
            start, end = step.at, following.at
            if start != end:
                spent = self._spent(start, end, step.state)
                self.stays.append(Stay(start, end, step.state, spent))
                business, calendar, guessed = business + spent[0], calendar + spent[1], guessed + spent[2]
                self._until[end] = Spent(business, calendar, guessed)

    def _spent(self, start: int, end: int, state: State) -> Spent:
        if state.status is Status.DELETED:
            return NOTHING
        business = self._rulebook.calendar(state.calendar, start).between(start, end)
        return Spent(business, end - start, end - start if state.assumed else 0)

    def between(self, start: int, end: int) -> Spent:
        """Return the time in [start, end), each part by the calendar in force then; both are instants of steps."""
        business, calendar, guessed = self._until[end]
        before = self._until[start]
        return Spent(business - before[0], calendar - before[1], guessed - before[2])

    def until(self, instant: int) -> list[Stay]:
        """Return the stays before the instant of a step."""
        stays = self.stays
        if not stays or stays[-1].end <= instant:  # most tickets end with their solve
            return stays
        return [stay for stay in stays if stay.end <= instant]

    def by_last_calendar(self, start: int, end: int, closing: State) -> Spent:
        """Return the time in [start, end), all of it by the calendar of `closing`, the state at its end."""
        calendar = self._rulebook.calendar(closing.calendar, end)
        stays = [stay for stay in self.stays if start <= stay.start < end and stay.state.status is not Status.DELETED]
        seconds = sum(stay.end - stay.start for stay in stays)
        business = sum(calendar.between(stay.start, stay.end) for stay in stays)
        return Spent(business, seconds, seconds if closing.assumed else 0)
