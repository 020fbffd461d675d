"""Who was asked, who answered, and what that does to a satisfaction rate: bias, its adjustment, and its bounds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final, TypeAlias

from kpi_engine.measurement import CreditLine, Measurement
from kpi_engine.reduce import Window
from kpi_engine.significance import chi_square, chi_square_tail

ELIGIBLE: Final = "survey_coverage"
"""The indicator whose lines are the tickets whose customers could have been asked: those solved in the period."""

VERDICT: Final = "satisfaction_rate"
LEAST_EXPECTED: Final = 5
"""Below so many expected answers a group is put together with the others: Pearson's test is not to be trusted there."""


@dataclass(frozen=True, slots=True)
class Case:
    """A solved ticket: whether its customer was asked, whether he answered, and whether the verdict counts as good.

    `line` says whose it is and of which kind, `good` is None without an answer that counts.
    """

    line: CreditLine
    asked: bool
    good: bool | None

    @property
    def answered(self) -> bool:
        """Whether there is an answer that counts."""
        return self.good is not None


def cases(measurement: Measurement, window: Window) -> Iterator[Case]:
    """Yield the ticket as solved in the window, with whatever the customer said about it by the window's instant."""
    said = [each for each in measurement.lines if each.indicator == VERDICT and each.at <= window.as_of]
    for line in measurement.lines:
        if line.indicator == ELIGIBLE and window.has(line.at):
            good = bool(said[-1].numerator) if said else None
            yield Case(line, bool(line.numerator), good)


Kind: TypeAlias = Callable[[Case], str | None]
"""What a case is of: its channel, its priority, its agent, its hour."""


@dataclass(frozen=True, slots=True)
class Gap:
    """How differently those who answered are made up from all who could have: by which kind, and by how much.

    `share` is the largest absolute difference of a kind's share among the answers and among all, `of` that kind.
    `chance` is how often chance alone makes the answers differ at least so much from the rest (Pearson's chi-square
    over answered or not), None where the groups are too small to tell.
    """

    share: float
    of: str | None
    chance: float | None


@dataclass(frozen=True, slots=True)
class Responses:
    """What stands beside every figure of a survey; the shares are None where there is nothing to divide by.

    `rate` is the satisfaction among the answers, `adjusted` the same with each kind of ticket weighed by its share of
    all (post-stratification), of which `covered` has any answers; `worst` and `best` are what it would be had nobody,
    or everybody, of those who did not answer been satisfied (Manski 1989).
    """

    eligible: int
    asked: int
    answered: int
    good: int
    gap: Gap | None
    adjusted: float | None
    covered: float | None

    @property
    def coverage(self) -> float | None:
        """The share of the tickets whose customers were asked."""
        return self.asked / self.eligible if self.eligible else None

    @property
    def response(self) -> float | None:
        """The share of those asked who answered."""
        return self.answered / self.asked if self.asked else None

    @property
    def rate(self) -> float | None:
        """The share of the satisfied among the answers."""
        return self.good / self.answered if self.answered else None

    @property
    def worst(self) -> float | None:
        """The share of the satisfied if nobody who is silent were."""
        return self.good / self.eligible if self.eligible else None

    @property
    def best(self) -> float | None:
        """The share of the satisfied if everybody who is silent were."""
        return (self.good + self.eligible - self.answered) / self.eligible if self.eligible else None


def stratum(case: Case) -> str | None:
    """Return the kind of ticket that answers are weighed by: its channel, priority and segment."""
    return " · ".join(each or "–" for each in (case.line.channel, case.line.priority, case.line.segment))


def responses(found: Sequence[Case], kinds: Iterable[Kind], weighed_by: Kind = stratum) -> Responses:
    """Return what is known of these cases' answers; the gap is the widest over the kinds."""
    answers = [each for each in found if each.answered]
    adjusted, covered = _weighed(found, weighed_by) if answers else (None, None)
    return Responses(
        eligible=len(found),
        asked=sum(each.asked or each.answered for each in found),
        answered=len(answers),
        good=sum(bool(each.good) for each in answers),
        gap=max((gap(found, kind) for kind in kinds), key=lambda each: each.share) if answers else None,
        adjusted=adjusted,
        covered=covered,
    )


def gap(found: Sequence[Case], kind: Kind) -> Gap:
    """Return how differently the answers are made up from all; some must have answered."""
    everybody, answered = _counted(found, kind), _counted([each for each in found if each.answered], kind)
    n, m = len(found), sum(answered.values())
    shares = {each: answered.get(each, 0) / m - count / n for each, count in everybody.items()}
    widest = max(shares, key=lambda each: (abs(shares[each]), each or ""))
    return Gap(abs(shares[widest]), widest, _chance(everybody, answered, m / n))


def _counted(found: Iterable[Case], kind: Kind) -> dict[str | None, int]:
    counts: dict[str | None, int] = {}
    for each in found:
        counts[kind(each)] = counts.get(kind(each), 0) + 1
    return counts


def _chance(everybody: Mapping[str | None, int], answered: Mapping[str | None, int], share: float) -> float | None:
    """Return the p-value of a chi-square test of independence: kind against answered or not."""
    rarer = min(share, 1 - share)
    groups = [(answered.get(each, 0), n) for each, n in everybody.items() if n * rarer >= LEAST_EXPECTED]
    rest = [(answered.get(each, 0), n) for each, n in everybody.items() if n * rarer < LEAST_EXPECTED]
    others = sum(n for _, n in rest)
    if others * rarer >= LEAST_EXPECTED:
        groups.append((sum(count for count, _ in rest), others))
    if len(groups) < 2:  # noqa: PLR2004 -- one group differs from nothing
        return None
    total, answers = sum(n for _, n in groups), sum(count for count, _ in groups)
    if answers in (0, total):
        return None
    of_groups = answers / total
    table = [(count, n * of_groups) for count, n in groups]
    table += [(n - count, n * (1 - of_groups)) for count, n in groups]
    return chi_square_tail(chi_square(table), len(groups) - 1)


def _weighed(found: Sequence[Case], kind: Kind) -> tuple[float, float]:
    """Return the post-stratified rate, and the share of all that lies in kinds with any answer."""
    everybody = _counted(found, kind)
    answered = _counted([each for each in found if each.answered], kind)
    good = _counted([each for each in found if each.good], kind)
    reached = sum(everybody[each] for each in answered)
    rate = fsum(everybody[each] * good.get(each, 0) / n for each, n in answered.items()) / reached
    return rate, reached / len(found)


@dataclass(frozen=True, slots=True)
class Unheard:
    """Where surveys go unsent or unanswered: of one kind, how many could have been asked, were, and answered."""

    kind: str | None
    eligible: int
    asked: int
    answered: int


def unheard(found: Sequence[Case], kind: Kind) -> list[Unheard]:
    """Return each kind's counts, those with the most silent tickets first."""
    everybody = _counted(found, kind)
    asked = _counted([each for each in found if each.asked or each.answered], kind)
    answered = _counted([each for each in found if each.answered], kind)
    rows = [Unheard(name, n, asked.get(name, 0), answered.get(name, 0)) for name, n in everybody.items()]
    return sorted(rows, key=lambda each: (each.answered - each.eligible, each.kind or ""))
