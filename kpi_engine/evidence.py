"""One measured ticket as the indicators see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from kpi_engine.contacts import is_call
from kpi_engine.course import Course
from kpi_engine.elapsed import Elapsed, Spent
from kpi_engine.history import History
from kpi_engine.measurement import Clock, Firing, Omission, Stamp
from kpi_engine.records import FieldValue, TicketSnapshot
from kpi_engine.rulebook import Rulebook
from kpi_engine.story import State, Step, Story

T = TypeVar("T")


EXEMPTED = "exempted"
"""The reason that somebody exempted the clock, or the rating."""

_NOT_SAID = frozenset({"", "0", "false", "no", "none"})


def said(value: FieldValue) -> bool:
    """Tell whether a field or a tag that marks something does mark it: an empty box and a "no" do not."""
    return value is not None and str(value).casefold() not in _NOT_SAID


class Timing(NamedTuple):
    """A time that an indicator measured: when it was complete and whom it is credited to, and how long it took."""

    stamp: Stamp
    spent: Spent


class Left(NamedTuple):
    """Why an indicator says nothing about the ticket, or about a part of it; `reason` is a code that sync words.

    It lasts `until` the instant that ends it by itself, if there is one.
    """

    stamp: Stamp
    reason: str
    until: int | None = None

    def out_of(self, indicator: str) -> Omission:
        """Return the note that this indicator leaves the ticket out."""
        return Omission(indicator, self.stamp.at, self.stamp.agent, self.stamp.team, self.reason, self.until)


@dataclass(slots=True, eq=False)
class Evidence:
    """A ticket's history, story, clocks and firings, and the rulebook they were read by.

    What nearly every indicator asks for is worked out at once: the course of things, the time between them, the stamp
    of the creation for the first agent the ticket was given to, and that of the solve that stands for the assignee
    then, or why there is none. The latter holds for tickets known from their beginning; `last_solve` for all.
    """

    history: History
    story: Story
    rulebook: Rulebook
    clocks: Sequence[Clock]
    firings: Sequence[Firing] = ()
    course: Course = field(init=False)
    elapsed: Elapsed = field(init=False)
    opening: Stamp = field(init=False)
    solved: Stamp | Left = field(init=False)
    _states: dict[int, State] = field(init=False)
    _stamps: dict[tuple[str | None, int], Stamp] = field(init=False)
    _known: dict[object, object] = field(init=False)

    def __post_init__(self) -> None:
        self._states = {step.at: step.state for step in self.story.steps}
        self._stamps, self._known = {}, {}
        self.course = Course(self.story, self.rulebook)
        self.elapsed = Elapsed(self.story, self.rulebook)
        self.opening = self.stamp(self.first_assignee, self.opened_at)
        self.solved = self._solved()

    def _solved(self) -> Stamp | Left:
        solve = self.last_solve
        if solve is None:
            return self.unsolved()
        return self.solver(solve) if self.whole else self.before_history(solve.at)

    def once(self, find: Callable[["Evidence"], T]) -> T:
        """Return what `find` finds here, worked out once for all indicators that ask for it."""
        if find not in self._known:
            self._known[find] = find(self)
        return self._known[find]  # type: ignore[return-value]  # what `find` returned

    # --- What was configured ----------------------------------------------------------------------------------------

    def word(self, indicator: str, parameter: str, default: str, at: int | None = None) -> str:
        """Return the parameter of an indicator that is one of several words, as configured at an instant (as_of)."""
        if indicator not in self.rulebook.tuned:  # nearly all
            return default
        return str(self._configured(indicator, at).get(parameter, default))

    def number(self, indicator: str, parameter: str, default: int, at: int | None = None) -> int:
        """Return the parameter that is a whole number (seconds for a duration), as configured at an instant (as_of)."""
        if indicator not in self.rulebook.tuned:
            return default
        return int(str(self._configured(indicator, at).get(parameter, default)))

    def _configured(self, indicator: str, at: int | None) -> Mapping[str, object]:
        return self.rulebook.parameters.at(self.story.as_of if at is None else at).get(indicator, {})

    def is_exempt(self, what: str) -> bool:
        """Tell whether somebody exempted a clock of this ticket, or its rating."""
        return what in self.history.exempt

    def meaning(self, name: str, at: int | None = None, ticket: TicketSnapshot | None = None) -> FieldValue:
        """Return what a ticket's fields and tags say about a meaning (complaint, topic, …); None: nothing.

        The meanings are those in force at an instant (as_of), the ticket is this one unless another is given.
        """
        ticket = self.story.ticket if ticket is None else ticket
        meanings = self.rulebook.meanings.at(self.story.as_of if at is None else at)
        return meanings.read(name, ticket.fields, ticket.tags)

    # --- When, and whom it concerns ---------------------------------------------------------------------------------

    def stamp(self, agent: str | None, at: int) -> Stamp:
        """Return the stamp of an instant for an agent in his team then (the ticket's group if none is configured)."""
        stamp = self._stamps.get((agent, at))
        if stamp is None:
            team = self.rulebook.team(agent, self.state_at(at).group, at)
            stamp = self._stamps[agent, at] = self.stamp_of(agent, team, at)
        return stamp

    def stamp_of(self, agent: str | None, team: str | None, at: int) -> Stamp:
        """Return the stamp of an instant for an agent and a team that are known."""
        state, ticket = self.state_at(at), self.story.ticket
        edition = self.rulebook.policies.digest_at(at)
        return Stamp(
            at,
            agent,
            team,
            ticket.ticket_id,
            self.history.account,
            ticket.channel,
            state.priority,
            state.segment,
            edition,
            None,
            state.severity,
        )

    def holder(self, at: int) -> Stamp:
        """Return the stamp of an instant for who had the ticket after what happened then."""
        return self.stamp(self.state_at(at).agent, at)

    def solver(self, solve: Step) -> Stamp:
        """Return the stamp of a solve: for the assignee after it, for who takes and solves in one go says both."""
        return self.holder(solve.at)

    def assignee_at(self, at: int) -> str | None:
        """Return who had the ticket after what happened at `at`."""
        return self.state_at(at).agent

    def state_at(self, at: int) -> State:
        """Return how the ticket stood after what happened at `at`."""
        state = self._states.get(at)
        return self.story.state_at(at) if state is None else state

    # --- What happened ----------------------------------------------------------------------------------------------

    @property
    def opened_at(self) -> int:
        """When the ticket was created."""
        return self.story.ticket.created_at

    @property
    def whole(self) -> bool:
        """Whether the ticket's beginning lies in the history that was pulled."""
        return self.story.whole

    @property
    def outbound(self) -> bool:
        """Whether an agent opened the ticket for its requester, who had not come to us."""
        return self.story.opened_by_agent and not is_call(self.story.ticket)

    @property
    def first_assignee(self) -> str | None:
        """The first agent the ticket was given to."""
        stations = self.course.stations
        return stations[0].holder if stations else None

    @property
    def last_solve(self) -> Step | None:
        """The solve that stands: None while the ticket is unsolved, or where it was solved before we looked."""
        return self.course.last_solve

    def unsolved(self) -> Left:
        """Return why there is no solve that stands."""
        if self.story.steps[-1].done:
            return self.before_history(self.opened_at)
        if self.story.solves:
            return Left(self.solver(self.story.solves[-1]), "reopened")
        return Left(self.stamp(self.story.last.agent, self.opened_at), "not_solved")

    def before_history(self, at: int) -> Left:
        """Return the remark that the beginning of what would be measured was not pulled."""
        return Left(self.holder(at), "before_history")
