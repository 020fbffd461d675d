"""What is known for the front of each summary of a period: open tickets, targets, scorecards, earlier figures."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kpi_engine.measurement import Clock, ClockState, Holding, Measurement
from kpi_engine.reduce import Scope
from kpi_engine.role_cards import Grading, RoleCard
from kpi_engine.rulebook import UNSOLVED
from sync.account import Account
from sync.figures import Figures
from sync.grading import cards_in_force, gradings
from sync.joined import Joined
from sync.settling import PeriodState
from sync.sources import Asked
from sync.summaries.front import (
    DUE,
    FEEDBACK,
    OVERDUE,
    OWED,
    PRAISE,
    USUAL,
    Doing,
    Front,
    Headline,
    chosen,
    is_shown,
    ordered,
)
from sync.summaries.whose import Whose
from sync.surveyed import Answered, beside_figures
from sync.targets import Judged, in_force, judged
from sync.trends import TREND
from sync.zones import homes

SOON: Final = 2 * 3600
"""Seconds within which a deadline needs doing now."""


@dataclass(frozen=True)
class Agreed:
    """What was agreed for a subject in a period: its figures beside targets, and its role's scorecard."""

    judged: tuple[Judged, ...] = ()
    grading: Grading | None = None

    def of(self, key: str) -> Judged | None:
        """Return the figure of an indicator over all tickets beside its target, if there is one that judges."""
        return next((each for each in self.judged if each.target.indicator == key and not each.target.only), None)


def front_keys(cards: Sequence[RoleCard]) -> set[str]:
    """Return the indicators that a front may show under these scorecards, and whose credit lines it needs."""
    return {*USUAL, FEEDBACK, PRAISE, *(key for card in cards for key in card.indicators)}


def agreed(asked: Asked, found: Figures) -> dict[str | None, Agreed]:
    """Return what was agreed for each subject; nothing is read again where nothing was agreed."""
    scope, period = found.question.scope, asked.window.period
    wanted = [each for each in in_force(asked.account, period.start) if each.scope is scope and each.by is period.kind]
    cards: Sequence[RoleCard] = cards_in_force(asked.account, period.start)
    if not wanted and not cards:
        return {}
    own = homes(asked, scope, found.scorecards) if wanted else ()
    listed = [each for there, subjects in own for each in judged(there, scope, subjects)]
    roles = gradings(asked, found, listed)
    return {
        subject: Agreed(tuple(each for each in listed if each.subject == subject), roles.get(subject))
        for subject in found.scorecards
    }


@dataclass(frozen=True)
class Fronting:
    """Makes the fronts of one period's summaries.

    `figures` are those of the period, by the ids of the account; `offered` are the indicators that a summary shows.
    """

    whose: Whose
    everyone: Sequence[Account]
    asked: Asked
    figures: Figures
    state: PeriodState
    offered: AbstractSet[str]

    @property
    def _scope(self) -> Scope:
        return self.figures.question.scope

    @cached_property
    def _agreed(self) -> dict[str | None, Agreed]:
        if not isinstance(self.asked, Joined):
            return agreed(self.asked, self.figures)
        keys = {self.asked.whose(self.whose.account, Scope.AGENT, each): each for each in self.figures.scorecards}
        cards = {key: self.figures.scorecards[each] for key, each in keys.items()}
        named = Figures(self.asked.question(Scope.AGENT), cards)
        return {keys[key]: each for key, each in agreed(self.asked, named).items() if key in keys}

    def front(self, subject: str) -> Front:
        """Return the front of one subject's summary."""
        card, told = self.figures.scorecards.get(subject, {}), self._agreed.get(subject, Agreed())
        headlines = [
            Headline(card[key], told.of(key), [before.get((subject, key)) for before in self._before])
            for key in chosen(card, told.grading)
        ]
        # What is to be done now is no matter of a period that is long settled.
        doing = self._doing.get(subject, []) if self.state is PeriodState.PROVISIONAL else []
        lines, answered = self.figures.lines.get(subject, {}), self._answered.get(subject, ())
        return Front(ordered(doing), headlines, told.grading, lines, answered)

    @cached_property
    def _answered(self) -> dict[str | None, list[Answered]]:
        """Who answered the surveys whose figures are shown, by whose summary it is."""
        cards = self.figures.scorecards
        keys = {key for card in cards.values() for key, each in card.items() if each.value is not None and each.n}
        if isinstance(self.asked, Joined):
            found = beside_figures(self.asked, self._scope, keys & self.offered)
            return {each: found.get(self.asked.whose(self.whose.account, self._scope, each), []) for each in cards}
        own = homes(self.asked, self._scope, cards)
        told = [(beside_figures(there, self._scope, keys & self.offered), subjects) for there, subjects in own]
        return {each: found.get(each, []) for found, subjects in told for each in subjects}

    @cached_property
    def _before(self) -> list[Mapping[tuple[str, str], float | None]]:
        """What was shown of the periods before, oldest first: by subject and indicator."""
        periods = [self.asked.window.period.previous()]
        while len(periods) < TREND - 1:
            periods.append(periods[-1].previous())
        return [self._shown(period.label) for period in reversed(periods)]

    def _shown(self, label: str) -> dict[tuple[str, str], float | None]:
        listed = self.asked.account.store.published.for_period(self.whose.account, label)
        return {
            (each.subject, each.indicator): self._value(each.indicator, each.value, each.n)
            for each in listed
            if each.scope == self._scope
        }

    def _value(self, key: str, value: float | None, n: int) -> float | None:
        cell = next((card[key] for card in self.figures.scorecards.values() if key in card), None)
        return value if cell is not None and is_shown(cell, value, n) else None

    @cached_property
    def _doing(self) -> dict[str, list[Doing]]:
        """What needs doing now, by whose it is."""
        found: dict[str, list[Doing]] = {}
        for account, measured, holding in self._open():
            subject = self.whose.holding(account.name, holding)
            if subject is not None and (each := self._due(account, measured, holding)) is not None:
                found.setdefault(subject, []).append(each)
        return found

    def _open(self) -> Iterator[tuple[Account, Measurement, Holding]]:
        """Yield every ticket that is open now, by who holds it."""
        at = self.asked.window.as_of
        for account in self.everyone:
            for measured in account.store.readings.held_at(account.name, at):
                yield from ((account, measured, holding) for holding in _held(measured, at))

    def _due(self, account: Account, measured: Measurement, holding: Holding) -> Doing | None:
        ticket = self.whose.ticket(account.name, measured.ticket_id)
        if holding.overdue_since is not None:
            return Doing(ticket, OVERDUE, holding.overdue_since)
        soon = min(_soon(measured.clocks, self.asked.window.as_of), key=lambda clock: clock.due_at or 0, default=None)
        if soon is not None and soon.due_at is not None:
            return Doing(ticket, DUE, soon.due_at, soon.clock)
        return None if holding.owed_since is None else Doing(ticket, OWED, holding.owed_since)


def _held(measured: Measurement, at: int) -> Iterator[Holding]:
    for holding in measured.holdings:
        if holding.start <= at and (holding.end is None or holding.end > at) and holding.status in UNSOLVED:
            yield holding


def _soon(clocks: Sequence[Clock], at: int) -> list[Clock]:
    running = [clock for clock in clocks if clock.state is ClockState.RUNNING and clock.due_at is not None]
    return [clock for clock in running if clock.due_at is not None and clock.due_at <= at + SOON]
