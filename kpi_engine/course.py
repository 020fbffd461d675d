"""What happened to a ticket, as indicators ask for it: solves, reopens, replies, waits and stations."""

from collections.abc import Iterator
from typing import NamedTuple

from kpi_engine.rulebook import Rulebook
from kpi_engine.story import Step, StepKind, Story


class Reopen(NamedTuple):
    """A solve that failed (None: it lay before the history), the step that undid it, and the next solve, if any."""

    failed: Step | None
    step: Step
    resolved: Step | None


class Wait(NamedTuple):
    """A wait of the customer's side that a reply ended; `asked_at` is the oldest message then unanswered."""

    asked_at: int
    reply: Step


class Station(NamedTuple):
    """An agent, or a group, that was given the ticket."""

    at: int
    holder: str


class Course:
    """The facts of one story that nearly every indicator asks for, each found once."""

    __slots__ = (
        "actions",
        "group_stations",
        "last_solve",
        "reopens",
        "replies",
        "solves",
        "stations",
        "story",
        "turns",
        "waits",
    )

    def __init__(self, story: Story, rulebook: Rulebook) -> None:
        self.story = story
        self.solves = story.solves
        """Every solve, or jump to closed, that we saw."""
        self.last_solve = story.standing_solve
        """The solve that stands: None while the ticket is unsolved, or where it was solved before we looked."""
        self.reopens = _reopens(story)
        """Every change from solved to unsolved, but for one of what a status means: nobody's solve failed then."""
        self.replies = [step for step in story.steps if step.kind is StepKind.AGENT_REPLY]
        """Every public message of a human agent but the opening comment."""
        self.turns = _turns(story)
        """The first message of every reply turn: what agents write before the customer's next message is one turn."""
        self.waits = list(_waits(story))
        """Every wait that was answered, in order; where the beginning is unknown, from the first reply we saw on."""
        given = _stations((step.at, step.state.agent) for step in story.steps)
        self.stations = [station for station in given if not rulebook.is_machine(station.holder, station.at)]
        """Every time the ticket was given to an agent, its creation included: A, B and A again are three."""
        self.group_stations = list(_stations((step.at, step.state.group) for step in story.steps))
        """Every time the ticket was given to a group, its creation included."""
        self.actions = _actions(story)
        """When human agents did something and who, each agent once a second; within one, their order says nothing."""

    def is_thanks(self, reopen: Reopen) -> bool:
        """Tell whether an agent solved the ticket again without a word: the customer had only said thank you."""
        solve = reopen.resolved
        return solve is not None and solve.by_agent and not self._replied(reopen.step.at, solve.at)

    def _replied(self, start: int, end: int) -> bool:
        return any(start <= reply.at <= end for reply in self.replies)

    @property
    def opened_publicly(self) -> bool:
        """Whether a human agent opened the ticket with a message to the customer."""
        opening = self.story.steps[0]
        return opening.by_agent and not opening.awaited

    @property
    def episodes(self) -> list[tuple[Step, Step]]:
        """The creation and every reopen with the first reply after it, where there is one before the next reopen."""
        begins, found = {id(reopen.step) for reopen in self.reopens}, []
        begun: Step | None = self.story.steps[0]
        for step in self.story.steps:
            if id(step) in begins:
                begun = step
            elif step.kind is StepKind.AGENT_REPLY and begun is not None:
                found.append((begun, step))
                begun = None
        return found


def _turns(story: Story) -> list[Step]:
    turns, ours = [], False
    for step in story.steps:
        if step.kind is StepKind.AGENT_REPLY:
            if not ours:
                turns.append(step)
            ours = True
        elif step.kind is StepKind.CUSTOMER_MESSAGE:
            ours = False
    return turns


def _reopens(story: Story) -> list[Reopen]:
    if not story.reopens:
        return []
    begins_solved = story.steps[0].done and not story.whole  # before the history begins
    solves: list[Step | None] = [*story.solves]
    failed = [None, *solves] if begins_solved else solves
    following = solves if begins_solved else solves[1:]
    found = [Reopen(*parts) for parts in zip(failed, story.reopens, [*following, None], strict=False)]
    return [reopen for reopen in found if reopen.step.kind is not StepKind.RULES]


def _waits(story: Story) -> Iterator[Wait]:
    solved = {solve.at for solve in story.solves}
    listening, settled_at = story.whole, None
    asked_at = story.steps[0].at if listening and story.steps[0].awaited else None
    answered = not listening
    for step in story.steps:
        if settled_at is not None and step.at > settled_at:
            asked_at = settled_at = None
        if step.kind is StepKind.AGENT_REPLY:
            if asked_at is not None:
                yield Wait(asked_at, step)
                answered = True
            asked_at, listening = None, True
        elif step.kind is StepKind.CUSTOMER_MESSAGE and listening and asked_at is None:
            asked_at = step.at
        # "Thanks!" and a silent solve: nobody waits for an answer any more. The first wait runs on, as its clock.
        if answered and step.at in solved:
            settled_at = step.at


def _actions(story: Story) -> list[tuple[int, str]]:
    return sorted({(step.at, step.actor) for step in story.steps if step.by_agent and step.actor is not None})


def _stations(holders: Iterator[tuple[int, str | None]]) -> Iterator[Station]:
    before = None
    for at, holder in holders:
        if holder is not None and holder != before:
            yield Station(at, holder)
        before = holder


def until(stations: list[Station], instant: int) -> list[Station]:
    """Return the stations up to and including an instant."""
    if not stations or stations[-1].at <= instant:  # most tickets end with their solve
        return stations
    return [station for station in stations if station.at <= instant]
