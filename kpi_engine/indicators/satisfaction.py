"""Family F: satisfaction, as the ratings of tickets say it; of those under warranty by themselves, too."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.evidence import EXEMPTED, Evidence, Left, said
from kpi_engine.history import RATING
from kpi_engine.indicators.indicator import (
    Better,
    Facts,
    Indicator,
    Input,
    Interval,
    Parameter,
    Reduction,
    Seen,
    Unit,
    no_lines,
)
from kpi_engine.indicators.verdicts import (
    GOOD,
    NEUTRAL,
    POSITIVE_FROM,
    RULES,
    Verdict,
    category_of,
    counted,
    is_told,
    rater,
    scale_name,
    states_of,
    verdicts,
)
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import message

_HUNDREDTHS = 100


def _satisfaction(key: str, evidence: Evidence) -> Iterator[CreditLine | Omission]:
    chosen = evidence.once(counted)
    yield from _passed_over(key, evidence, chosen)
    if chosen is None:
        return
    stamp = rater(evidence, chosen.rating)
    neutral = evidence.word(RULES, "neutral_votes", "against", at=chosen.at)
    if chosen.category == NEUTRAL and neutral == "ignore":
        yield Left(stamp, "neutral_ignored").out_of(key)
        return
    positive = chosen.category == GOOD or (chosen.category == NEUTRAL and neutral == "for")
    yield CreditLine(key, stamp, int(positive))


def _passed_over(key: str, evidence: Evidence, chosen: Verdict | None) -> Iterator[Omission]:
    """Yield what became of the ratings that do not count."""
    for states in evidence.once(states_of).values():
        last = states[-1]
        given = [state for state in states if is_told(state)]
        if given and evidence.is_exempt(RATING):
            yield Left(rater(evidence, given[-1]), EXEMPTED).out_of(key)
        elif given and not is_told(last):
            yield Left(rater(evidence, given[-1]), "rating_withdrawn").out_of(key)
        elif given and category_of(evidence, last) is None:
            yield Left(rater(evidence, last), "scale_unknown").out_of(key)
        elif given and chosen is not None and chosen.rating.rating_id != last.rating_id:
            yield Left(rater(evidence, last), "other_rating").out_of(key)


def _satisfaction_rate(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    yield from _satisfaction(RULES, evidence)


def _satisfaction_mean(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    chosen = evidence.once(counted)
    if chosen is None:
        if evidence.is_exempt(RATING):
            yield from _passed_over("satisfaction_mean", evidence, None)
        return
    key, rating, stamp = "satisfaction_mean", chosen.rating, rater(evidence, chosen.rating)
    if rating.score is None or rating.scale is None:
        yield Left(stamp, "no_score" if rating.score is None else "scale_unknown").out_of(key)
        return
    yield CreditLine(key, stamp, round(rating.score * _HUNDREDTHS), _HUNDREDTHS, scale_name(rating.scale))


def _changed(key: str, evidence: Evidence, *, better: bool) -> Iterator[CreditLine]:
    found = evidence.once(verdicts)
    if not found or found[0].rank == found[-1].rank or evidence.is_exempt(RATING):
        return
    if (found[-1].rank > found[0].rank) is better:
        yield CreditLine(key, rater(evidence, found[-1].rating))


def _ratings_improved(evidence: Evidence) -> Iterator[CreditLine]:
    yield from _changed("ratings_improved", evidence, better=True)


def _ratings_worsened(evidence: Evidence) -> Iterator[CreditLine]:
    yield from _changed("ratings_worsened", evidence, better=False)


def _positive(key: str, evidence: Evidence) -> Iterator[CreditLine]:
    chosen = evidence.once(counted)
    if chosen is not None and chosen.category == GOOD:
        yield CreditLine(key, rater(evidence, chosen.rating), part=evidence.story.ticket.requester_id)


def _positive_feedback(evidence: Evidence) -> Iterator[CreditLine]:
    yield from _positive("positive_feedback", evidence)


def _warranty_satisfaction(evidence: Evidence) -> Iterator[CreditLine | Omission]:
    if _under_warranty(evidence):
        yield from _satisfaction("warranty_satisfaction", evidence)


def _warranty_positive(evidence: Evidence) -> Iterator[CreditLine]:
    if _under_warranty(evidence):
        yield from _positive("warranty_positive", evidence)


def _under_warranty(evidence: Evidence) -> bool:
    chosen = evidence.once(counted)
    return chosen is not None and said(evidence.meaning("warranty", chosen.at))


def _complimented(seen: Seen) -> Iterator[CreditLine]:
    yield CreditLine("compliments", seen.stamp(), part=seen.observation.customer_id)


def _praise(line: CreditLine, facts: Facts) -> CreditLine | None:
    """Return a compliment as positive feedback, unless its ticket has that already."""
    return replace(line, indicator="positive_feedback") if line.stamp.observation_id in facts.praises else None


_RATED = frozenset({Input.TICKETS, Input.RATINGS})

_SATISFACTION = Indicator(
    key=RULES,
    catalogue="csat_pct",
    name=message("Satisfaction rate"),
    formula=message("tickets rated good divided by tickets rated; one verdict a ticket"),
    stamp=message("when the rating was given"),
    credit=message("the assignee at rating time"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.RATIO,
    interval=Interval.WILSON,
    min_n=10,
    lines=_satisfaction_rate,
    needs=_RATED,
    parameters=(
        Parameter(
            name="rating_policy",
            default="latest",
            allowed=("latest", "first", "worst"),
            why=message(
                "A customer who changes his mind means the last thing he said, and Zendesk shows that too. `first` "
                "keeps what he felt before anybody talked to him about it, `worst` hides no bad one. All indicators "
                "of the customer's voice use it."
            ),
        ),
        Parameter(
            name="neutral_votes",
            default="against",
            allowed=("against", "ignore", "for"),
            why=message(
                "The rate is the share of the satisfied among all who answered, so a neutral vote counts against. "
                "Nicereply used to count it for and now counts it against; Zendesk's two-point survey has none."
            ),
        ),
        Parameter(
            name="positive_from",
            default=POSITIVE_FROM,
            least=1,
            most=100,
            why=message(
                "In per cent of the scale, where the platform does not say itself what is good: 75 makes 4 and 5 of "
                "5 good, 3 of 3 and 8 of 10, as Front, Gorgias and Nicereply do. Half of the scale and above is "
                "neutral, less is bad; Zendesk's own verdict, where 3 of 5 is bad, goes before."
            ),
        ),
    ),
)

_RATINGS_COUNT = replace(
    _SATISFACTION,
    unit=Unit.TICKETS,
    reduction=Reduction.COUNT,
    interval=Interval.NONE,
    min_n=1,
    additive=True,
    parameters=(),
)

_POSITIVE_COUNT = replace(
    _RATINGS_COUNT,
    key="positive_feedback",
    catalogue="positive_cnt",
    name=message("Positive feedback"),
    formula=message(
        "number of tickets rated good, one verdict a ticket, and of compliments; one about a ticket that was rated "
        "good in the period, or praised before in it, adds nothing"
    ),
    stamp=message("when the rating was given; when the compliment was received"),
    credit=message("the assignee at rating time; the agent whom the compliment praises"),
    unit=Unit.TIMES,
    lines=_positive_feedback,
    borrows={"compliments": _praise},
    feeds=frozenset({Input.COMPLIMENTS}),
)

INDICATORS = (
    _SATISFACTION,
    replace(
        _SATISFACTION,
        key="satisfaction_mean",
        catalogue="csat_mean",
        name=message("Mean satisfaction"),
        formula=message("mean of the scores, one a ticket; each scale is a series of its own, the newest is shown"),
        unit=Unit.POINTS,
        reduction=Reduction.SERIES_MEAN,
        interval=Interval.NONE,
        lines=_satisfaction_mean,
        parameters=(),
    ),
    _POSITIVE_COUNT,
    replace(
        _RATINGS_COUNT,
        key="compliments",
        catalogue="compliments",
        name=message("Compliments"),
        formula=message("number of compliments received"),
        stamp=message("when the compliment was received"),
        credit=message("the agent whom it praises, else nobody"),
        unit=Unit.TIMES,
        lines=no_lines,
        observed=_complimented,
        needs=frozenset({Input.COMPLIMENTS}),
    ),
    replace(
        _RATINGS_COUNT,
        key="ratings_improved",
        catalogue="csat_change (bad to good)",
        name=message("Ratings improved"),
        formula=message("number of tickets whose last verdict is better than their first"),
        stamp=message("the last verdict"),
        lines=_ratings_improved,
    ),
    replace(
        _RATINGS_COUNT,
        key="ratings_worsened",
        catalogue="csat_change (good to bad)",
        name=message("Ratings worsened"),
        formula=message("number of tickets whose last verdict is worse than their first"),
        stamp=message("the last verdict"),
        better=Better.LOWER,
        lines=_ratings_worsened,
    ),
    replace(
        _SATISFACTION,
        key="warranty_satisfaction",
        catalogue="warranty_csat",
        name=message("Warranty satisfaction rate"),
        formula=message("warranty tickets rated good divided by warranty tickets rated; one verdict a ticket"),
        lines=_warranty_satisfaction,
        needs=_RATED | {Input.WARRANTY},
        parameters=(),
    ),
    replace(
        _RATINGS_COUNT,
        key="warranty_positive",
        catalogue="warranty_csat (count)",
        name=message("Positive warranty feedback"),
        formula=message("number of warranty tickets rated good; one verdict a ticket"),
        lines=_warranty_positive,
        needs=_RATED | {Input.WARRANTY},
    ),
)
