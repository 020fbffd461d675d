"""What was agreed for indicators, and how far a figure attains it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Better
from kpi_engine.measurement import CreditLine
from kpi_engine.periods import Period, PeriodKind, period_at, period_named
from kpi_engine.reduce import Cell, Scope, subject_of

MOST = 1.2
"""An attainment counts up to here: doing one thing far better than agreed makes up for little elsewhere."""

PREVIOUS = "previous"


class TargetKind(StrEnum):
    """What a target's value is: the figure itself, or its change against a baseline, relative or in its own unit."""

    ABS = "abs"
    REL_CHANGE = "rel_change"
    POINT_CHANGE = "point_change"


class Comparator(StrEnum):
    """Which figures attain a target: those that reach it, those that stay under it, those that lie in a band."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"


USUAL = {Better.HIGHER: Comparator.AT_LEAST, Better.LOWER: Comparator.AT_MOST}
"""The comparator of an indicator of which everybody can say which way is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An agreed target of one indicator; `value` is in the indicator's unit (seconds, a share), or the change.

    `high` is the upper end of a band, whose lower end is `value`. `subject` None: of everybody in the scope. The figure
    is that of `windows` periods of the kind, ending together; `only` narrows its tickets down by channel, priority,
    segment or severity. `baseline` is `previous` (the stretch just before, as long) or a period's label. It judges
    nobody before the days `announced_on` (an ISO date; None: not at all) and `valid_from`, nor where fewer than `min_n`
    cases make the figure; `since` is the instant from which it has been agreed as it is, 0 from the beginning.
    """

    indicator: str
    scope: Scope
    subject: str | None
    kind: TargetKind
    value: float
    windows: int
    by: PeriodKind
    baseline: str | None
    owner: str
    announced_on: str | None
    benchmark: str | None = None
    only: Mapping[Scope, str] = field(default_factory=dict)
    comparator: Comparator | None = None
    high: float | None = None
    min_n: int | None = None
    agreed_by: str | None = None
    agreed_on: str | None = None
    valid_from: str | None = None
    since: int = 0

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Target":
        """Return the target that an edition keeps."""
        narrowed = {Scope(scope): str(name) for scope, name in document["only"].items()}
        told = document.get("comparator")
        enums = {
            "scope": Scope(document["scope"]),
            "kind": TargetKind(document["kind"]),
            "by": PeriodKind(document["by"]),
            "comparator": Comparator(told) if told is not None else None,
        }
        return cls(**{**document, **enums, "only": narrowed})

    @property
    def about(self) -> tuple[object, ...]:
        """What it is about, whoever's: one for somebody by name takes the place of everybody's."""
        return self.indicator, self.scope, self.kind, self.windows, self.by, tuple(self.only.items())

    @property
    def terms(self) -> tuple[object, ...]:
        """What was agreed: with any other of these it is another target, which holds from then on."""
        agreed = (self.value, self.high, self.comparator, self.baseline, self.min_n)
        return *self.about, self.subject, *agreed, self.announced_on, self.valid_from

    @property
    def way(self) -> Comparator:
        """The comparator that was agreed, else the indicator's own."""
        return self.comparator or USUAL[INDICATORS[self.indicator].better]

    def takes(self, line: CreditLine) -> bool:
        """Tell whether a credit line is among those it speaks of."""
        return line.indicator == self.indicator and all(
            subject_of(line, scope) == name for scope, name in self.only.items()
        )

    def stretch(self, last: Period) -> Period:
        """Return the stretch of time whose figure counts, ending with the period `last`."""
        return _stretch(last, self.windows)

    def before(self, stretch: Period) -> Period | None:
        """Return the stretch that a change is measured against, None where the target is no change."""
        if self.baseline is None:
            return None
        if self.baseline != PREVIOUS:
            return period_named(self.baseline, stretch.zone)
        return _stretch(period_at(self.by, stretch.zone, stretch.start - 1), self.windows)

    def begun(self, stretch: Period) -> bool:
        """Tell whether the day from which it is valid had come when the stretch began."""
        return self.valid_from is None or period_named(self.valid_from, stretch.zone).start <= stretch.start

    def judges(self, stretch: Period) -> bool:
        """Tell whether it was agreed and announced before the stretch began: nothing that was agreed acts backwards."""
        return self.announced(stretch) and self.begun(stretch) and self.since <= stretch.start

    def announced(self, stretch: Period) -> bool:
        """Tell whether it was announced before the stretch began."""
        return self.announced_on is not None and period_named(self.announced_on, stretch.zone).start <= stretch.start

    def least(self, figure: Cell) -> int:
        """Return how many cases its verdict needs: never fewer than the figure needs to be shown."""
        return max(figure.min_n, self.min_n or 0)


def _stretch(last: Period, windows: int) -> Period:
    if windows == 1:
        return last
    first = last
    for _ in range(windows - 1):
        first = first.previous()
    return Period(last.kind, last.zone, first.start, last.end, f"{first.label}…{last.label}")


@dataclass(frozen=True, slots=True)
class Attainment:
    """How far a figure attains a target: the figure `required`, the `share` attained (0 to MOST), whether it is met.

    Of a band `required` is the lower end. `evident`: the figure's interval does not leave room for the opposite
    verdict. All but `required` are None (False) where there is no figure, too little of one, or no baseline.
    """

    required: float | None
    share: float | None = None
    met: bool | None = None
    evident: bool = False


def required(target: Target, baseline: float | None) -> float | None:
    """Return the figure to be reached, None where its baseline is not known."""
    if target.kind is TargetKind.ABS:
        return target.value
    if baseline is None:
        return None
    return baseline * (1 + target.value) if target.kind is TargetKind.REL_CHANGE else baseline + target.value


def attained(target: Target, figure: Cell, baseline: float | None) -> Attainment:
    """Return how far a figure attains its target.

    At least: figure over target; at most: target over figure, both measured from the floor of the scale; a change:
    achieved over required change; a band: 1 inside, outside it falls evenly, below to 0 at the floor, above to 0 as far
    over the upper end as that is over the floor. Each lies between 0 and MOST. Exactly at the target is met.
    """
    goal = required(target, baseline)
    if goal is None or figure.value is None or not figure.enough or figure.n < (target.min_n or 0):
        return Attainment(goal)
    side = _side(target, figure.value, goal)
    ends = [end for end in (figure.low, figure.high) if end is not None]
    evident = len(ends) > 0 and all(_side(target, end, goal) == side for end in ends)
    return Attainment(goal, _share(target, figure.value, goal, baseline), side == 0, evident)


def _side(target: Target, value: float, goal: float) -> int:
    """Return 0 where a figure attains its target, -1 where it is too low, 1 where it is too high."""
    if target.way is not Comparator.AT_MOST and value < goal:
        return -1
    most = goal if target.way is Comparator.AT_MOST else target.high
    return int(most is not None and value > most)


def _share(target: Target, value: float, goal: float, baseline: float | None) -> float | None:
    if target.kind is not TargetKind.ABS and baseline is not None:
        # A relative change of nothing is nothing: whatever came of it, no share of it was achieved.
        return None if goal == baseline else _clamped(value - baseline, goal - baseline)
    floor = INDICATORS[target.indicator].floor
    reached, wanted = value - floor, goal - floor
    if target.high is not None:
        return _of_band(reached, wanted, target.high - floor)
    return _clamped(reached, wanted) if target.way is Comparator.AT_LEAST else _clamped(wanted, reached)


def _of_band(reached: float, low: float, high: float) -> float:
    if reached < low:
        return _clamped(reached, low)
    return 1.0 if reached <= high else _clamped(2 * high - reached, high)


def _clamped(part: float, whole: float) -> float:
    """Return part over whole within 0 and MOST; all of nothing is 1, something over nothing MOST."""
    if whole == 0:
        return 1.0 if part == 0 else MOST
    return min(MOST, max(0.0, part / whole))
