"""A policy tried on a ticket's past: what its clocks came to, and what they would come to under another one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from kpi_engine.cases import Case, verdicts
from kpi_engine.history import History
from kpi_engine.measure import Judged, judged
from kpi_engine.measurement import Exclusion, Firing
from kpi_engine.penalties import Circumstances, Penalty, assessed
from kpi_engine.periods import Period
from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Rulebook

_ESCALATION = "escalation:"
_STEPS = (_ESCALATION, "early:", "success:", "repeat:")


class Side(NamedTuple):
    """The rules that a span is looked at under, and the penalties that go with them."""

    rulebook: Rulebook
    penalties: tuple[Penalty, ...] = ()


class Count(NamedTuple):
    """How many clocks of somebody's were judged and late, and how many escalations concerned him."""

    judged: int = 0
    late: int = 0
    escalated: int = 0

    def plus(self, other: "Count") -> "Count":
        """Return both together."""
        return Count(self.judged + other.judged, self.late + other.late, self.escalated + other.escalated)


Whose: TypeAlias = tuple[str, str, str]
"""A scope, a subject in it (empty: nobody) and a clock."""

Reached: TypeAlias = tuple[str, str, str, str, str, str]
"""A scope, a subject in it (empty: nobody), a clock, a step by its name, the roles it is for, and what it does.

Roles and doings are words, a comma between them.
"""

Under: TypeAlias = tuple[str, str, str]
"""A penalty, a subject and a period's label."""


@dataclass(slots=True)
class Sums:
    """What some tickets come to on one side; it grows with subjects, clocks and periods, never with tickets.

    `held` are, by penalty, subject and period, the cases judged and those held against the subject; `steps` how often
    each step of an escalation fell due, notices repeated included.
    """

    counts: dict[Whose, Count] = field(default_factory=dict)
    held: dict[Under, tuple[int, int]] = field(default_factory=dict)
    steps: dict[Reached, int] = field(default_factory=dict)

    def add(self, whose: Whose, count: Count) -> None:
        """Count something in."""
        self.counts[whose] = self.counts.get(whose, Count()).plus(count)

    def hold(self, under: Under, volume: int, counted: int) -> None:
        """Count cases in under a penalty."""
        before = self.held.get(under, (0, 0))
        self.held[under] = (before[0] + volume, before[1] + counted)

    def reach(self, reached: Reached, n: int = 1) -> None:
        """Count steps in that fell due."""
        self.steps[reached] = self.steps.get(reached, 0) + n

    def merge(self, other: "Sums") -> None:
        """Count in all that another one has."""
        for whose, count in other.counts.items():
            self.add(whose, count)
        for under, (volume, counted) in other.held.items():
            self.hold(under, volume, counted)
        for reached, n in other.steps.items():
            self.reach(reached, n)


@dataclass(frozen=True, slots=True)
class Trial:
    """Two sides, and the span [start, end) whose verdicts count; `periods` are those of penalties that touch it."""

    now: Side
    then: Side
    start: int
    end: int
    as_of: int
    periods: tuple[Period, ...] = ()

    def of(self, history: History, sums: tuple[Sums, Sums]) -> bool:
        """Count a ticket in on both sides, and tell whether it comes to something else on one than on the other."""
        found = [self._judge(side, history, its) for side, its in zip((self.now, self.then), sums, strict=True)]
        return found[0] != found[1]

    def _judge(self, side: Side, history: History, sums: Sums) -> set[object]:
        """Count a ticket in, and return its late clocks and what followed them."""
        found = judged(history, side.rulebook, self.as_of)
        if isinstance(found, Exclusion):
            return set()
        cases = [case for case in verdicts(found, side.rulebook) if self._has(case.at)]
        escalations = [each for each in found.firings if each.step.startswith(_ESCALATION) and self._has(each.at)]
        for whose, count in _counted(cases, escalations):
            sums.add(whose, count)
        self._hold(side.penalties, cases, sums)
        followed = [(each, told) for each, told in _followed(found, side.rulebook) if self._has(each.at)]
        for each, told in followed:
            for scope, whom in _whom(each.agent, each.team):
                sums.reach((scope, whom or "", each.clock, each.step, *told))
        late = {(case.clock, case.at, case.agent, case.team) for case in cases if case.late is not None}
        return late | {(each.clock, each.step, each.at, *told) for each, told in followed}

    def _has(self, at: int) -> bool:
        return self.start <= at < self.end

    def _hold(self, penalties: Sequence[Penalty], cases: Sequence[Case], sums: Sums) -> None:
        for period in self.periods if penalties else ():
            within = [case for case in cases if period.start <= case.at < period.end]
            for each in assessed(penalties, within, period, Circumstances()) if within else ():
                under = (each.penalty.penalty, each.subject, period.label)
                sums.hold(under, each.volume, each.counted)


def _followed(found: Judged, rules: Rulebook) -> Iterator[tuple[Firing, tuple[str, str]]]:
    """Yield the steps of escalations that fell due, each with the roles it is for and what it does."""
    policy_of = {(each.clock, each.instance): each.policy for each in found.clocks}
    for each in found.firings:
        if each.step.startswith(_STEPS):
            step = rules.policies.at(each.at).step(policy_of[each.clock, each.instance], each.clock, each.step)
            told = ("", "") if step is None else (",".join(step.notify), ",".join(step.effects.words))
            yield each, told


def _counted(cases: Iterable[Case], escalations: Iterable[Firing]) -> Iterator[tuple[Whose, Count]]:
    for case in cases:
        late = int(case.late is not None and not case.exempt)
        count = Count(0 if case.exempt else 1, late, 0)
        yield from (((scope, whom or "", case.clock), count) for scope, whom in _whom(case.agent, case.team))
    for each in escalations:
        yield from (((scope, whom or "", each.clock), Count(0, 0, 1)) for scope, whom in _whom(each.agent, each.team))


def _whom(agent: str | None, team: str | None) -> tuple[tuple[str, str | None], ...]:
    return (Scope.AGENT.value, agent), (Scope.TEAM.value, team)


def points(penalties: Iterable[Penalty], sums: Sums) -> dict[tuple[str, str, str], int]:
    """Return what the sums cost, by scope, subject and penalty, all periods together."""
    found: dict[tuple[str, str, str], int] = {}
    known = {each.penalty: each for each in penalties}
    for (name, subject, _), (volume, counted) in sums.held.items():
        spot = (known[name].scope.value, subject, name)
        found[spot] = found.get(spot, 0) + known[name].points(counted, volume)
    return found
