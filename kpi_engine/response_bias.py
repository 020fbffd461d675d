"""Who was asked, who answered, and what that does to a survey's figure: bias, its adjustment, and its bounds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final, TypeAlias

from kpi_engine.indicators.verdicts import scale_of
from kpi_engine.measurement import CreditLine, Measurement
from kpi_engine.reduce import Window
from kpi_engine.significance import chi_square, chi_square_tail


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey by the indicators that tell of it: `asked` has a line for whoever could answer, `answered` the answers.

    `covers`: the numerator of the former says whether he was asked, else everybody with a line was. The figure lies
    within `bounds`; None: within those of the answers' own scale, or, where it is a `gap` between two answers on it,
    within its width to either side.
    """

    name: str
    asked: str
    answered: str
    bounds: tuple[float, float] | None = (0.0, 1.0)
    covers: bool = False
    gap: bool = False

    def scale(self, series: str | None) -> tuple[float, float]:
        """Return within which bounds the figure of a series lies."""
        if self.bounds is not None:
            return self.bounds
        low, high = scale_of(series or "")
        return (low - high, high - low) if self.gap else (low, high)


RATINGS: Final = Survey("ratings", "survey_coverage", "satisfaction_rate", covers=True)
"""The helpdesk's own survey: whoever could be asked had a ticket solved in the period."""

SURVEYS: Final = (
    RATINGS,
    Survey("csat", "survey_satisfaction_response_rate", "survey_satisfaction_rate"),
    Survey("nps", "net_promoter_response_rate", "net_promoter_score", (-100.0, 100.0)),
    Survey("ces", "customer_effort_response_rate", "customer_effort", None),
    Survey("servqual", "service_quality_response_rate", "service_quality_gap", None, gap=True),
)
"""The helpdesk's survey, then those of files, whose frame are the surveys sent in the period."""

LEAST_EXPECTED: Final = 5
"""Below so many expected answers a group is put together with the others: Pearson's test is not to be trusted there."""


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody who could have answered: whether he was asked, and what his answer counts for.

    `line` says whose he is and of which kind, `value` is None without an answer that counts; answers of several scales
    are several `series`.
    """

    line: CreditLine
    asked: bool
    value: float | None
    series: str | None = None

    @property
    def answered(self) -> bool:
        """Whether there is an answer that counts."""
        return self.value is not None


def cases(measurement: Measurement, window: Window, survey: Survey = RATINGS) -> Iterator[Case]:
    """Yield whoever could answer in the window, with whatever was said by the window's instant."""
    said = [each for each in measurement.lines if each.indicator == survey.answered and each.at <= window.as_of]
    for line in measurement.lines:
        if line.indicator == survey.asked and window.has(line.at):
            asked = bool(line.numerator) or not survey.covers
            if said:
                yield Case(line, asked, said[-1].numerator / said[-1].denominator, said[-1].part)
            else:
                yield Case(line, asked, None)


def of_one_series(found: Sequence[Case]) -> list[Case]:
    """Return the cases without those answered on another scale than the newest answer's: they are no one figure."""
    answered = [each for each in found if each.answered]
    if not answered:
        return list(found)
    newest = max(answered, key=lambda each: each.line.at).series
    return [each for each in found if not each.answered or each.series == newest]


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
    """What stands beside every figure of a survey; what there is nothing to divide for is None.

    `total` is the sum of the answers' values, each within `bounds`. `value` is their mean, `adjusted` the same with
    each kind weighed by its share of all (post-stratification), of which `covered` has any answers; `worst` and `best`
    are what it would be had all who did not answer given the lowest, or the highest (Manski 1989); None where no answer
    tells the scale.
    """

    eligible: int
    asked: int
    answered: int
    total: float
    gap: Gap | None
    adjusted: float | None
    covered: float | None
    bounds: tuple[float, float] | None = (0.0, 1.0)

    @property
    def coverage(self) -> float | None:
        """The share of those who could have been asked that were."""
        return self.asked / self.eligible if self.eligible else None

    @property
    def response(self) -> float | None:
        """The share of those asked who answered."""
        return self.answered / self.asked if self.asked else None

    @property
    def value(self) -> float | None:
        """The figure among the answers."""
        return self.total / self.answered if self.answered else None

    @property
    def worst(self) -> float | None:
        """The figure if all who are silent had answered with the lowest."""
        return self._with_silent(self.bounds[0]) if self.bounds is not None else None

    @property
    def best(self) -> float | None:
        """The figure if all who are silent had answered with the highest."""
        return self._with_silent(self.bounds[1]) if self.bounds is not None else None

    def _with_silent(self, value: float) -> float | None:
        silent = self.eligible - self.answered
        return (self.total + value * silent) / self.eligible if self.eligible else None


def stratum(case: Case) -> str | None:
    """Return the kind of ticket that answers are weighed by: its channel, priority and segment."""
    return " · ".join(each or "–" for each in (case.line.channel, case.line.priority, case.line.segment))


def responses(
    found: Sequence[Case], kinds: Iterable[Kind], weighed_by: Kind = stratum, survey: Survey = RATINGS
) -> Responses:
    """Return what is known of these cases' answers, of one series; the gap is the widest over the kinds."""
    answers = [each for each in found if each.answered]
    adjusted, covered = _weighed(found, weighed_by) if answers else (None, None)
    return Responses(
        eligible=len(found),
        asked=sum(each.asked or each.answered for each in found),
        answered=len(answers),
        total=fsum(each.value or 0.0 for each in answers),
        gap=max((gap(found, kind) for kind in kinds), key=lambda each: each.share) if answers else None,
        adjusted=adjusted,
        covered=covered,
        bounds=survey.scale(answers[0].series) if answers else survey.bounds,
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
    """Return the post-stratified figure, and the share of all that lies in kinds with any answer."""
    everybody, said = _counted(found, kind), dict[str | None, list[float]]()
    for each in found:
        if each.value is not None:
            said.setdefault(kind(each), []).append(each.value)
    reached = sum(everybody[each] for each in said)
    figure = fsum(everybody[each] * fsum(values) / len(values) for each, values in said.items()) / reached
    return figure, reached / len(found)


@dataclass(frozen=True, slots=True)
class Unheard:
    """Where surveys go unsent or unanswered: of one kind, how many could have been asked, were, and answered."""

    kind: str | None
    eligible: int
    asked: int
    answered: int


def unheard(found: Sequence[Case], kind: Kind) -> list[Unheard]:
    """Return each kind's counts, those with the most silent ones first."""
    everybody = _counted(found, kind)
    asked = _counted([each for each in found if each.asked or each.answered], kind)
    answered = _counted([each for each in found if each.answered], kind)
    rows = [Unheard(name, n, asked.get(name, 0), answered.get(name, 0)) for name, n in everybody.items()]
    return sorted(rows, key=lambda each: (each.answered - each.eligible, each.kind or ""))
