"""A ticket's history told through the rulebook: its state from step to step, and who said what when."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import zip_longest
from operator import attrgetter

from kpi_engine.history import History
from kpi_engine.records import EventKind, Field, TicketEvent, TicketSnapshot
from kpi_engine.rulebook import DONE, Rulebook, Status


class StepKind(Enum):
    """What a step means for clocks and indicators."""

    OPENED = auto()
    CHANGED = auto()  # some followed property, or a rule, changed
    AGENT_REPLY = auto()
    CUSTOMER_MESSAGE = auto()
    NOTE = auto()  # a private comment of a human agent


@dataclass(frozen=True, slots=True)
class State:
    """How a ticket stands between two steps; `calendar` "" is calendar time, `assumed` marks a guessed calendar."""

    status: Status
    agent: str | None
    group: str | None
    priority: str | None
    calendar: str
    assumed: bool
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened at `at`, and the state from then on.

    `actor` is who did it, None for machines, rules and later editions; `by_agent` tells a human agent's hand.
    """

    at: int
    kind: StepKind
    state: State
    actor: str | None = None
    by_agent: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of one ticket up to `as_of`, in order, the opening first.

    `owed_from` is the step from which a reply is owed (None: not yet: an agent opened it towards the customer).
    `whole` is false when the ticket's beginning lies before the history that was pulled. `unheard_at` is the instant
    of the first known event after `as_of`.
    """

    ticket: TicketSnapshot
    steps: tuple[Step, ...]
    as_of: int
    owed_from: Step | None
    whole: bool
    unheard_at: int | None

    def state_at(self, instant: int) -> State:
        """Return the state after everything that happened up to and including `instant`."""
        index = bisect_right(self.steps, instant, key=attrgetter("at"))
        return self.steps[max(0, index - 1)].state

    def working_seconds(self, rulebook: Rulebook, start: int, end: int) -> int:
        """Return the business seconds in [start, end), each part by the calendar in force then."""
        return sum(
            rulebook.calendar(step.state.calendar, step.at).between(first, last)
            for step, first, last in self._spans(start, end)
        )

    def assumes(self, start: int, end: int) -> bool:
        """Tell whether the calendar of some part of [start, end) is a guess."""
        return any(step.state.assumed for step, _, _ in self._spans(start, end))

    def calendar_seconds(self, start: int, end: int) -> int:
        """Return the seconds in [start, end)."""
        return sum(last - first for _, first, last in self._spans(start, end))

    def _spans(self, start: int, end: int) -> Iterator[tuple[Step, int, int]]:
        """Yield the stretches of [start, end) in which the ticket existed: it may have been deleted and restored."""
        for step, following in zip_longest(self.steps, self.steps[1:]):
            if step.at >= end:
                return
            first, last = max(step.at, start), min(following.at if following else end, end)
            if first < last and step.state.status is not Status.DELETED:
                yield step, first, last

    @property
    def last(self) -> State:
        """The state at `as_of`."""
        return self.steps[-1].state

    @property
    def standing_solve(self) -> Step | None:
        """The step at which the ticket was last solved, or went straight to closed.

        None while it is unsolved, and where it was solved before we looked. A deleted ticket is what it was.
        """
        solve, done = None, not self.whole and self.steps[0].state.status in DONE
        for step in self.steps:
            now_done = step.state.status in DONE
            if now_done is not done and step.state.status is not Status.DELETED:
                solve, done = (step if now_done else None), now_done
        return solve


FOLLOWED = (Field.STATUS, Field.ASSIGNEE, Field.GROUP, Field.PRIORITY, Field.BRAND, Field.SCHEDULE)


def told(history: History, rulebook: Rulebook, as_of: int) -> Story:
    """Return the story of a ticket opened at or before `as_of`."""
    ticket = history.latest
    heard = [event for event in history.events if event.at <= as_of]
    opening_order = next((event.order for event in heard if event.kind is EventKind.OPENED_WITH), None)
    opening = _opening_comment(ticket, heard, opening_order)
    values = _opening_values(ticket, history.events, created=opening_order is not None)
    steps = [Step(ticket.created_at, StepKind.OPENED, _state(values, rulebook, ticket.created_at))]
    reader = _Reader(ticket, rulebook, _assignees(history), opening.event_id if opening else None)
    steps += _later_steps(values, heard, reader, as_of)
    unheard = [event.at for event in history.events if event.at > as_of]
    unheard += [rating.at for rating in history.ratings if rating.at > as_of]
    return Story(
        ticket=ticket,
        steps=tuple(steps),
        as_of=as_of,
        owed_from=_owed_from(opening, steps, replace(reader, opening_id=None)),
        whole=opening_order is not None or ticket.created_at >= history.known_from,
        unheard_at=min(unheard, default=None),
    )


def _state(values: dict[str, str | None], rulebook: Rulebook, at: int) -> State:
    group = values[Field.GROUP]
    calendar, assumed = rulebook.chosen_calendar(values[Field.SCHEDULE], group, values[Field.BRAND], at)
    status = rulebook.meanings.at(at).status(values[Field.STATUS])
    return State(status, values[Field.ASSIGNEE], group, values[Field.PRIORITY], calendar, assumed)


def _opening_values(ticket: TicketSnapshot, events: Iterable[TicketEvent], *, created: bool) -> dict[str, str | None]:
    """Return the followed properties at creation, as the platform words them.

    What the creation says; else what the first change says was there before; else nothing, where we heard of the
    creation, and what the snapshot shows where we did not, because it never changed since.
    """
    unsaid: dict[str, str | None] = {
        Field.STATUS: ticket.status,
        Field.ASSIGNEE: None if created else ticket.assignee_id,
        Field.GROUP: None if created else ticket.group_id,
        Field.PRIORITY: None if created else ticket.priority,
        Field.BRAND: ticket.brand_id,
        Field.SCHEDULE: None,
    }
    known: dict[str, str | None] = {}
    for event in events:
        if event.field in unsaid:
            known.setdefault(event.field, event.new if event.kind is EventKind.OPENED_WITH else event.old)
    return unsaid | known


def _assignees(history: History) -> frozenset[str | None]:
    """Return everybody the ticket was ever assigned to."""
    changes = [event for event in history.events if event.field == Field.ASSIGNEE]
    return frozenset({history.latest.assignee_id, *(c.old for c in changes), *(c.new for c in changes)})


def _opening_comment(
    ticket: TicketSnapshot, events: Iterable[TicketEvent], opening_order: int | None
) -> TicketEvent | None:
    """Return the comment the ticket was opened with: it answers nobody."""
    first = next((event for event in events if event.kind is EventKind.COMMENTED), None)
    if first is not None and (first.at <= ticket.created_at or first.order == opening_order):
        return first
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Tells what a comment is: a reply of ours, a message of the customer's side, or neither."""

    ticket: TicketSnapshot
    rulebook: Rulebook
    assignees: frozenset[str | None]
    opening_id: str | None

    def kind(self, event: TicketEvent) -> StepKind | None:
        if not event.public or event.automatic or event.actor_id is None or event.event_id == self.opening_id:
            return None
        if event.actor_id == self.ticket.requester_id:
            return StepKind.CUSTOMER_MESSAGE
        if self.rulebook.is_machine(event.actor_id, event.at):
            return None
        return StepKind.AGENT_REPLY if self.is_agent(event.actor_id, event.at) else StepKind.CUSTOMER_MESSAGE

    def is_agent(self, actor_id: str, at: int) -> bool:
        """Tell whether a person works tickets; one who left before we looked is known by having had this one."""
        left_before = self.rulebook.person(actor_id, at) is None and actor_id in self.assignees
        return left_before or self.rulebook.is_agent(actor_id, at)


def _later_steps(
    values: dict[str, str | None], events: Iterable[TicketEvent], reader: _Reader, as_of: int
) -> Iterator[Step]:
    """Yield a step for each event that matters and for each later edition of the rules, in order of time."""
    rulebook, opened_at = reader.rulebook, reader.ticket.created_at
    turns = [at for at in rulebook.turning_points if opened_at < at <= as_of]
    for event in events:
        while turns and turns[0] < event.at:
            at = turns.pop(0)
            yield Step(at, StepKind.CHANGED, _state(values, rulebook, at))
        if event.kind is EventKind.COMMENTED:
            kind = reader.kind(event)
            if kind is not None:
                yield Step(event.at, kind, _state(values, rulebook, event.at), event.actor_id)
        elif event.kind is EventKind.CHANGED and event.field in values:
            values[event.field] = event.new
            yield Step(event.at, StepKind.CHANGED, _state(values, rulebook, event.at))
    for at in turns:
        yield Step(at, StepKind.CHANGED, _state(values, rulebook, at))


def _owed_from(opening: TicketEvent | None, steps: Sequence[Step], reader: _Reader) -> Step | None:
    """Return the step since which the customer waits for us.

    A ticket that an agent opened with a public message asks nothing of us until the customer answers.
    """
    if opening is None or reader.kind(opening) is not StepKind.AGENT_REPLY:
        return steps[0]
    return next((step for step in steps if step.kind is StepKind.CUSTOMER_MESSAGE), None)
