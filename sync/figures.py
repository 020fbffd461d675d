"""Figures from what is stored: the scorecards that a source's credit lines make."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine
from kpi_engine.message import Message
from kpi_engine.periods import Period
from kpi_engine.reduce import (
    Cell,
    Question,
    Scope,
    tallied,
)
from kpi_engine.tally import Tally
from sync.account import Account
from sync.sources import Asked, source

Scorecard = Mapping[str, Cell]
"""A subject's cells by indicator, one for every indicator asked for."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The scorecards of one period in one scope; `lines` only holds those that were asked for, by subject and key.

    `missing` says why an indicator has nothing to say at all, `partly` on which of several accounts it has not.
    `hidden` counts the people whose figures may not be shown.
    """

    question: Question
    scorecards: Mapping[str | None, Scorecard]
    lines: Mapping[str | None, Mapping[str, Sequence[CreditLine]]] = field(default_factory=dict)
    missing: Mapping[str, Message] = field(default_factory=dict)
    partly: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: int = 0


def figures(account: Account, period: Period, scope: Scope, as_of: int, *, keep: Collection[str] = ()) -> Figures:
    """Return the scorecards of everybody who has a credit line in the period, with every indicator that is on.

    `keep` names the indicators whose credit lines are wanted too.
    """
    return reduced(source(account, period, as_of), scope, keep)


@dataclass(frozen=True, slots=True)
class _Heap:
    """What the lines come to in one scope: everybody who has one, and the sums of the indicators that are `wanted`."""

    wanted: Collection[str]
    keep: Collection[str]
    tallies: dict[str | None, dict[str, Tally]] = field(default_factory=dict)
    lines: dict[str | None, dict[str, list[CreditLine]]] = field(default_factory=dict)

    def add(self, subject: str | None, line: CreditLine) -> None:
        of_subject, key = self.tallies.setdefault(subject, {}), line.indicator
        if key not in self.wanted:
            return
        if key not in of_subject:
            of_subject[key] = Tally(INDICATORS[key].reduction)
        of_subject[key].add(line)
        if key in self.keep:
            self.lines.setdefault(subject, {}).setdefault(key, []).append(line)

    def figures(self, asked: Asked, scope: Scope) -> Figures:
        question, keys = asked.question(scope), [key for key in asked.keys if key in self.wanted]
        seen = self.tallies
        if scope is Scope.AGENT and asked.sight is not None:
            seen = {each: found for each, found in seen.items() if asked.sight.sees(asked, each)}
        cards = {subject: _card(asked, found, question, subject, keys) for subject, found in seen.items()}
        return Figures(question, cards, self.lines, asked.missing, asked.partly, len(self.tallies) - len(seen))


def reduced(asked: Asked, scope: Scope, keep: Collection[str] = ()) -> Figures:
    """Return the scorecards that a source's lines make; what it takes in memory does not grow with the tickets."""
    return reduced_in(asked, (scope,), keep)[scope]


def reduced_in(
    asked: Asked, scopes: Collection[Scope], keep: Collection[str] = (), only: Collection[str] | None = None
) -> Mapping[Scope, Figures]:
    """Return the same in several scopes, for little more than in one: reading the lines is what costs.

    With `only`, a card has but these indicators; still everybody with a line of any indicator has a card.
    """
    wanted = frozenset(asked.keys if only is None else only)
    heaps = {scope: _Heap(wanted, keep) for scope in scopes}
    for line in asked.lines():
        for scope, heap in heaps.items():
            heap.add(asked.subject(line, scope), line)
    return {scope: heap.figures(asked, scope) for scope, heap in heaps.items()}


def _card(
    asked: Asked, found: Mapping[str, Tally], question: Question, subject: str | None, keys: Iterable[str]
) -> Scorecard:
    cells = {}
    for key in keys:
        indicator = INDICATORS[key]
        figure = tallied(indicator, found.get(key) or Tally(indicator.reduction), question, subject)
        cells[key] = unknown(figure) if key in asked.missing else figure
    return cells


def unknown(cell: Cell) -> Cell:
    """Return the cell of an indicator without its inputs: not even a count is known to be 0."""
    return replace(cell, value=None, enough=False)


def empty_card(from_source: Asked, scope: Scope, subject: str | None) -> Scorecard:
    """Return the scorecard of somebody without a single credit line."""
    return _card(from_source, {}, from_source.question(scope), subject, from_source.keys)
