"""What may become of a summary: the decisions that one look at a period comes to."""

from dataclasses import dataclass, field
from typing import TypeAlias

from kpi_engine.message import Message
from kpi_engine.periods import Period
from sync.store.changes import Desired
from sync.store.published import PublishedCell
from sync.store.summaries import Summary
from sync.summaries.withholding import Withheld


@dataclass(frozen=True, slots=True)
class DueSummary:
    """A summary ticket that is due, or a note on one: whose, for which period, with what figures and content."""

    summary: Summary
    desired: Desired
    cells: tuple[PublishedCell, ...] = ()

    @property
    def new(self) -> bool:
        """Whether a ticket is to be made, rather than one brought up to date."""
        return self.summary.remote_id is None


@dataclass(frozen=True, slots=True)
class Moved:
    """A summary that goes into another state without a word: nothing in it changed."""

    summary: Summary
    state: str
    shown: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A summary that must wait: what was sent for it is not settled, or was refused not long ago."""

    summary: Summary


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was queued for an object and must not be sent any more: others could read it by now."""

    target_id: str


Decision: TypeAlias = DueSummary | Moved | Waiting | Withdrawn | Message
"""What becomes of one subject's summary; a message is the reason for which it is withheld."""


@dataclass(slots=True)
class PeriodWork:
    """What one look at a period's summaries found; `stamp` is what the period looks like now, `readers` who reads.

    `is_old`: nobody looked again, for all is as it was when its summaries were withheld.
    """

    scope: str
    period: Period
    stamp: str
    readers: str = ""
    is_old: bool = False
    due: list[DueSummary] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    withheld: Withheld | None = None
    waiting: int = 0

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to come back for until the period looks otherwise."""
        return not (self.due or self.waiting or self.withheld)

    @property
    def only_withheld(self) -> Withheld | None:
        """What is withheld, where there is nothing else to come back for."""
        return None if self.due or self.waiting else self.withheld
