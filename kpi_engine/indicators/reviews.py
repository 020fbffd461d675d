"""Family G: what quality reviews find, category by category."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import fsum
from typing import Final

from kpi_engine.indicators.indicator import Better, Facts, Indicator, Input, Interval, Parameter, Reduction, Seen, Unit
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import message

_SCORE, _CORRECT, _COVER = "quality_score", "correct_answer_rate", "review_coverage"
PRECISE: Final = 1_000_000_000
"""Shares of a scale are kept in so many parts."""
CORRECTNESS: Final = "correctness"
_HALF = 0.5
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class _Rated:
    """A category that was rated: its share of the scale (0 to 1), its weight, and whether it may fail the review."""

    row: Seen
    share: float
    weight: float
    critical: bool


def _rated(seen: Seen, category: str | None = None) -> list[_Rated]:
    """Return the categories that were rated, those that did not apply left out."""
    found = []
    for row in seen.each():
        score = row.decimal("score")
        if score is not None and not row.truth("na") and category in (None, row.text("category")):
            low, high = row.decimal("scale_min", 0.0) or 0.0, row.decimal("scale_max", 1.0) or 1.0
            weight = row.decimal("weight", 1.0) or 0.0
            found.append(_Rated(row, (score - low) / (high - low), weight, bool(row.truth("critical"))))
    return found


def _quality_score(seen: Seen) -> Iterator[CreditLine | Omission]:
    rated = _rated(seen)
    weight = fsum(each.weight for each in rated)
    if not weight:
        yield seen.left_out_of(_SCORE, "no_weight" if rated else "nothing_applied")
        return
    failed = any(each.critical and each.share < _HALF for each in rated)
    share = 0.0 if failed else fsum(each.weight * each.share for each in rated) / weight
    yield CreditLine(_SCORE, seen.stamp(), round(share * PRECISE), PRECISE)


def _category(key: str, category: str, seen: Seen) -> Iterator[CreditLine]:
    for each in _rated(seen, category):
        yield CreditLine(key, each.row.stamp(), round(each.share * PRECISE), PRECISE)


def _correct(seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield the answers that were checked: those a review rated, and those that a call's row counts."""
    for each in _rated(seen, CORRECTNESS):
        right = each.share * _PERCENT >= each.row.chosen(_CORRECT, _CORRECT_FROM)
        yield CreditLine(_CORRECT, each.row.stamp(), int(right))
    questions, correct = seen.number("questions"), seen.number("correct")
    if questions and correct is not None:
        yield CreditLine(_CORRECT, seen.stamp(), correct, questions)


def _covered(line: CreditLine, facts: Facts) -> CreditLine:
    return replace(line, indicator=_COVER, numerator=int(line.ticket_id in facts.reviewed), denominator=1)


REVIEW_WINDOW: Final = Parameter(
    name="window",
    default=7 * 86_400,
    duration=True,
    why=message(
        "A review up to so long after the end of the period counts for its tickets; a period is settled no earlier, so "
        "choose by how long your reviewers take."
    ),
)


_CORRECT_FROM = Parameter(
    name="correct_from",
    default=100,
    least=1,
    most=100,
    why=message(
        "In per cent of the scale of the category called correctness: an answer is correct or it is not, so that only "
        "the best score counts; a scale with degrees may count from less."
    ),
)
_REVIEWED = message("when it was reviewed")
_REVIEWEE = message("the agent whose work was reviewed")

_QUALITY = Indicator(
    key=_SCORE,
    catalogue="iqs",
    name=message("Quality score"),
    formula=message(
        "mean of the reviews; in a review each category counts by where its score lies on its scale and by its weight; "
        "what did not apply is left out, and a critical category below the middle of its scale makes the review 0"
    ),
    stamp=_REVIEWED,
    credit=_REVIEWEE,
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.SCORE,
    min_n=5,
    observed=_quality_score,
    needs=frozenset({Input.QA_REVIEWS}),
)

_CATEGORIES = (
    ("listening", message("Listening")),
    ("attitude", message("Attitude")),
    ("communication", message("Communication")),
    ("solving", message("Problem solving")),
    ("conciseness", message("To the point")),
    ("room_to_speak", message("Lets the customer speak")),
    ("service_mention", message("Mentions services tactfully")),
)
"""The categories that every review may have, by the word of the file: each is an indicator of its own."""

_CATEGORY_FORMULA = message(
    "mean of where the scores of the category of this name lie on their scale; where it did not apply it is left out"
)

INDICATORS = (
    _QUALITY,
    *(
        replace(
            _QUALITY,
            key=f"quality_{word}",
            catalogue=word,
            name=name,
            formula=_CATEGORY_FORMULA,
            observed=partial(_category, f"quality_{word}", word),
        )
        for word, name in _CATEGORIES
    ),
    replace(
        _QUALITY,
        key=_CORRECT,
        catalogue="correct_answer",
        name=message("Correct-answer rate"),
        formula=message(
            "answers with correct content divided by answers checked: those that reviews rate in the category "
            "correctness, and those counted of calls"
        ),
        stamp=message("when it was reviewed, or the call began"),
        reduction=Reduction.RATIO,
        interval=Interval.WILSON,
        min_n=10,
        observed=_correct,
        needs=frozenset(),
        feeds=frozenset({Input.QA_REVIEWS, Input.CALLS}),
        parameters=(_CORRECT_FROM,),
    ),
    replace(
        _QUALITY,
        key=_COVER,
        catalogue="qa_cover",
        name=message("Review coverage"),
        formula=message(
            "solved tickets that somebody reviewed, however often, divided by solved tickets; a review that names no "
            "ticket covers none"
        ),
        stamp=message("the last solve, while it stands"),
        credit=message("the assignee at that solve"),
        reduction=Reduction.RATIO,
        min_n=1,
        observed=None,
        borrows={"solved": _covered},
        needs=frozenset({Input.TICKETS, Input.HISTORY, Input.QA_REVIEWS}),
        parameters=(REVIEW_WINDOW,),
    ),
)
