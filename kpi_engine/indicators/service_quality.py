"""Family F: SERVQUAL, what customers perceive beside what they expect, in five dimensions (Parasuraman et al. 1988)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import fsum
from typing import Final

from kpi_engine.indicators.indicator import Better, Indicator, Input, Parameter, Reduction, Seen, Unit
from kpi_engine.indicators.questionnaires import Answer, answer_of
from kpi_engine.indicators.verdicts import scale_name
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import message

_KEY = "service_quality_gap"
_PRECISE = 1_000_000_000
DIMENSIONS: Final = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")


def _gap_of(dimension: str, seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield the mean gap of a response's paired items; an item without its pair is left out."""
    key = f"{_KEY}_{dimension}"
    pairs, alone = _pairs(seen, dimension)
    if pairs:
        yield _line(key, pairs, _mean_gap(pairs))
    elif alone:
        yield alone[0].row.left_out_of(key, "no_pair", alone[0].row.team_stamp(alone[0].stamp.at))


def _overall(seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield the weighted mean of a response's dimensions; all that have a weight must be there."""
    found = {dimension: _pairs(seen, dimension)[0] for dimension in DIMENSIONS}
    pairs = [pair for each in found.values() for pair in each]
    if not pairs:
        return
    weights = {dimension: seen.chosen(_KEY, parameter) for dimension, parameter in _WEIGHTS.items()}
    weighed = [dimension for dimension, weight in weights.items() if weight]
    if not weighed or not all(found[dimension] for dimension in weighed):
        row, at = pairs[0][0].row, pairs[0][0].stamp.at
        yield row.left_out_of(_KEY, "dimension_missing", row.team_stamp(at))
        return
    gap = fsum(weights[each] * _mean_gap(found[each]) for each in weighed) / sum(weights.values())
    yield _line(_KEY, pairs, gap)


def _pairs(seen: Seen, dimension: str) -> tuple[list[tuple[Answer, Answer]], list[Answer]]:
    """Return the items of which both the expectation and the perception are told, and the answers left alone."""
    rows = [row for row in seen.each() if row.text("instrument") == "servqual" and row.text("dimension") == dimension]
    told = {(row.text("item"), row.text("kind")): answer for row in rows if (answer := answer_of(row)) is not None}
    pairs, alone = [], []
    for item in sorted({str(item) for item, _ in told}):
        expected, perceived = told.get((item, "expectation")), told.get((item, "perception"))
        if expected is not None and perceived is not None and expected.scale == perceived.scale:
            pairs.append((expected, perceived))
        else:
            alone += [each for each in (expected, perceived) if each is not None]
    return pairs, alone


def _mean_gap(pairs: list[tuple[Answer, Answer]]) -> float:
    return fsum(perceived.score - expected.score for expected, perceived in pairs) / len(pairs)


def _line(key: str, pairs: list[tuple[Answer, Answer]], gap: float) -> CreditLine:
    perceived = pairs[0][1]
    stamp = perceived.row.team_stamp(perceived.stamp.at)
    return CreditLine(key, stamp, round(gap * _PRECISE), _PRECISE, scale_name(perceived.scale))


_WEIGHTS: Final = {
    dimension: Parameter(
        name=f"weight_{dimension}",
        default=20,
        most=100,
        why=message(
            "The weight of this dimension, of those of all together. The authors let customers share 100 points among "
            "the five; until that is asked, each has the same."
        ),
    )
    for dimension in DIMENSIONS
}

_GAP = Indicator(
    key=_KEY,
    catalogue="servqual",
    name=message("Service quality gap"),
    formula=message(
        "perception less expectation on paired items, the mean of each of the five dimensions weighted; a response "
        "that leaves out a dimension with a weight does not count"
    ),
    stamp=message("when it was answered"),
    credit=message("the team of the agent whom the file names, never the agent"),
    unit=Unit.POINTS,
    better=Better.HIGHER,
    reduction=Reduction.SERIES_MEAN,
    min_n=10,
    floor=-6.0,
    observed=_overall,
    needs=frozenset({Input.SURVEYS}),
    parameters=tuple(_WEIGHTS.values()),
)

_NAMES = {
    "tangibles": message("Service quality gap: tangibles"),
    "reliability": message("Service quality gap: reliability"),
    "responsiveness": message("Service quality gap: responsiveness"),
    "assurance": message("Service quality gap: assurance"),
    "empathy": message("Service quality gap: empathy"),
}

INDICATORS = (
    _GAP,
    *(
        replace(
            _GAP,
            key=f"{_KEY}_{dimension}",
            catalogue=f"servqual ({dimension})",
            name=_NAMES[dimension],
            formula=message("mean of perception less expectation on the paired items of this dimension"),
            observed=partial(_gap_of, dimension),
            parameters=(),
        )
        for dimension in DIMENSIONS
    ),
)
