"""What became of a ticket: its state from step to step, who did what, and who waits for whom."""

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum, auto
from operator import itemgetter
from typing import NamedTuple

from kpi_engine.records import TicketSnapshot
from kpi_engine.rulebook import Places, Status

_AT = itemgetter(0)


class StepKind(Enum):
    """What a step means for clocks and indicators."""

    OPENED = auto()
    CHANGED = auto()  # some followed property changed
    ESCALATED = auto()  # an escalation of ours did something on the ticket: nobody did anything
    RULES = auto()  # a later edition of the rules came into force: nobody did anything
    AGENT_REPLY = auto()
    CUSTOMER_MESSAGE = auto()  # also one that another ticket brought along when it was merged in
    NOTE = auto()  # a private comment of a human agent


# States and steps are made by the dozen for every ticket, a NamedTuple four times as fast as a frozen dataclass.
class State(NamedTuple):
    """How a ticket stands between two steps; `calendar` "" is calendar time, `assumed` marks a guessed calendar.

    `policy` is the place of the first policy that fits it, among those in force; `places` is all that a calendar may go
    by, `fits` are the keys of the criteria it meets.
    """

    status: Status
    agent: str | None
    group: str | None
    priority: str | None
    calendar: str
    assumed: bool
    segment: str | None = None
    requester: str | None = None
    severity: str | None = None
    policy: int = 0
    places: Places = Places()
    fits: frozenset[str] = frozenset()


class Step(NamedTuple):
    """Something that happened at `at`, and how the ticket stands from then on.

    `actor` is who did it, None for machines, rules and later editions; `by_agent` tells a human agent's hand, the
    opening of a ticket included. `done`: solved or closed (a deleted ticket is what it was). `awaited`: the first
    reply is owed and missing; `replied`: an agent has replied, or may have before we looked; `owed_since`: the oldest
    public message of the customer's side that nobody answered (a solve answers what follows the first reply, too).
    Where only a span is known, it happened after `since`, and at `at` at the latest; `nameless`: nobody tells whose
    hand it was.
    """

    at: int
    kind: StepKind
    state: State
    actor: str | None = None
    by_agent: bool = False
    done: bool = False
    awaited: bool = False
    replied: bool = False
    owed_since: int | None = None
    since: int | None = None
    nameless: bool = False

    @property
    def automatic(self) -> bool:
        """Whether no person did it: a trigger, an automation, a machine or the rules."""
        return self.actor is None and not self.nameless


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of one ticket up to `as_of`, in order, the opening first.

    `whole` is false when the ticket's beginning lies before the history that was pulled. `unheard_at` is the instant
    of the first known event after `as_of`. `solves` are the steps at which the ticket became solved or went straight
    to closed (never the closing of a solved one), `reopens` those at which it became unsolved again. In the stretch
    `ungraded` (after its first instant, before its second) it may have been graver, or less grave, than it was first
    seen.
    """

    ticket: TicketSnapshot
    steps: tuple[Step, ...]
    as_of: int
    whole: bool
    unheard_at: int | None
    solves: tuple[Step, ...]
    reopens: tuple[Step, ...]
    ungraded: tuple[int, int] | None = None

    def step_at(self, instant: int) -> Step:
        """Return the last step up to and including `instant`, the opening where there is none."""
        return self.steps[max(0, bisect_right(self.steps, instant, key=_AT) - 1)]

    def state_at(self, instant: int) -> State:
        """Return the state after everything that happened up to and including `instant`."""
        return self.step_at(instant).state

    @property
    def last(self) -> State:
        """The state at `as_of`."""
        return self.steps[-1].state

    @property
    def opened_by_agent(self) -> bool:
        """Whether a human agent opened the ticket, for somebody else."""
        return self.steps[0].by_agent

    @property
    def owed_from(self) -> Step | None:
        """The step from which the first reply is owed; None: not yet, an agent opened it towards the customer."""
        return next((step for step in self.steps if step.awaited), None)

    @property
    def standing_solve(self) -> Step | None:
        """The step at which the ticket was last solved, or went straight to closed.

        None while it is unsolved, and where it was solved before we looked. A deleted ticket is what it was.
        """
        return self.solves[-1] if self.solves and self.steps[-1].done else None
