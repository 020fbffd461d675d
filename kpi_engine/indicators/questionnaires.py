"""Family F: surveys outside the helpdesk: net promoter score, customer effort, and whether customers would stay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Seen, Unit
from kpi_engine.indicators.verdicts import scale_name
from kpi_engine.measurement import CreditLine, Omission, Stamp
from kpi_engine.message import message
from kpi_engine.records import Observation

Said: TypeAlias = Iterator[CreditLine | Omission]

FINE: Final = 10_000
"""Scores are kept in so many parts of a point."""

_NET, _EFFORT, _STAY = "net_promoter_score", "customer_effort", "willingness_to_stay"
_PROMOTER_FROM, _DETRACTOR_UP_TO = 9, 6
_PERCENT = 100
_USUAL: Final = (0.0, 10.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answered question: its row, when it was answered and for whom that counts, and the score on its scale."""

    row: Seen
    stamp: Stamp
    score: float
    scale: tuple[float, float]


def answer_of(row: Seen) -> Answer | None:
    """Return the answer that a row holds, None where nobody answered."""
    at, score = row.instant("answered_at"), row.decimal("score")
    if at is None or score is None:
        return None
    scale = row.decimal("scale_min", 0.0) or 0.0, row.decimal("scale_max", 0.0) or 0.0
    return Answer(row, row.transaction_stamp(at), score, scale)


def _answers(seen: Seen, instrument: str, item: str) -> list[Answer]:
    """Return the answer to a question: to the one of that name, else to the only one there is."""
    rows = [row for row in seen.each() if row.text("instrument") == instrument]
    named = [row for row in rows if row.text("item") == item]
    found = [answer_of(row) for row in named or (rows if len(rows) == 1 else [])]
    return [each for each in found if each is not None]


def _left(answer: Answer, key: str, reason: str) -> Omission:
    return answer.row.left_out_of(key, reason, answer.stamp)


# --- Net promoter score -----------------------------------------------------------------------------------------------


def _recommending(key: str, value: Callable[[float], int], seen: Seen) -> Said:
    for answer in _answers(seen, "nps", "recommend"):
        if answer.scale != _USUAL:
            yield _left(answer, key, "scale_unfit")
        else:
            yield CreditLine(key, answer.stamp, value(answer.score))


def _promotes(score: float) -> int:
    return int(score >= _PROMOTER_FROM)


def _detracts(score: float) -> int:
    return int(score <= _DETRACTOR_UP_TO)


def _net(score: float) -> int:
    return 100 * (_promotes(score) - _detracts(score))


# --- Effort, and whether customers would stay -------------------------------------------------------------------------


def _oriented(key: str, answer: Answer, *, by_default: bool | None) -> Answer | Omission:
    """Return an answer as if the best one were the highest; its wording says which end that is."""
    told = answer.row.truth("higher_is_better")
    upwards = by_default if told is None else told
    if upwards is None:
        return _left(answer, key, "wording_unknown")
    return answer if upwards else replace(answer, score=sum(answer.scale) - answer.score)


def _effort(seen: Seen, key: str) -> Iterator[Answer | Omission]:
    for answer in _answers(replace(seen, rows=_but_willingness(seen)), "ces", "effort"):
        yield _oriented(key, answer, by_default=None)


def _but_willingness(seen: Seen) -> tuple[Observation, ...]:
    return tuple(row for row in seen.rows if row.values.get("item") != "willingness")


def _willingness(seen: Seen, key: str) -> Iterator[Answer | Omission]:
    for row in seen.each():
        answer = answer_of(row) if row.text("item") == "willingness" else None
        if answer is not None:
            yield _oriented(key, answer, by_default=True)


def _mean_of(find: Callable[[Seen, str], Iterator[Answer | Omission]], key: str, seen: Seen) -> Said:
    for each in find(seen, key):
        yield each if isinstance(each, Omission) else scored(key, each)


def scored(key: str, answer: Answer) -> CreditLine:
    """Return the line of a score, its scale a series."""
    return CreditLine(key, answer.stamp, round(answer.score * FINE), FINE, scale_name(answer.scale))


def _share_of(
    find: Callable[[Seen, str], Iterator[Answer | Omission]], key: str, parameter: Parameter, seen: Seen
) -> Said:
    for each in find(seen, key):
        yield each if isinstance(each, Omission) else _reached(key, parameter, each)


def _reached(key: str, parameter: Parameter, answer: Answer) -> CreditLine:
    low, high = answer.scale
    enough = (answer.score - low) * _PERCENT >= (high - low) * answer.row.chosen(key, parameter)
    return CreditLine(key, answer.stamp, int(enough))


def _satisfied(seen: Seen, _key: str) -> Iterator[Answer]:
    yield from _answers(seen, "csat", "satisfaction")


# --- How many answer --------------------------------------------------------------------------------------------------


def _answered(key: str, instrument: str, seen: Seen) -> Iterator[CreditLine]:
    """Yield one line for a response, when it was sent: 1 where some question of it was answered."""
    rows = [row for row in seen.each() if row.text("instrument") == instrument]
    if rows:
        given = [at for row in rows if (at := row.instant("answered_at")) is not None]
        stamp = rows[0].transaction_stamp(rows[0].observation.at)
        yield CreditLine(key, stamp, int(any(at <= seen.as_of for at in given)))


_NEEDS = frozenset({Input.SURVEYS})
_ANSWERED = message("when it was answered")
CREDIT: Final = message("the agent where the response is about one ticket, else his team alone")
_FROM = Parameter(
    name="easy_from",
    default=66,
    least=1,
    most=100,
    why=message(
        "In per cent of the scale, read so that more is easier: 66 makes 5, 6 and 7 of 7 easy, as is usual, and 4 and "
        "5 of 5. Which end of the scale is easy depends on the wording; the file says it in `higher_is_better`."
    ),
)

_SCORE = Indicator(
    key=_NET,
    catalogue="nps",
    name=message("Net promoter score"),
    formula=message(
        "share of those who would recommend us with 9 or 10 less the share of those with 0 to 6, in points; other "
        "scales than 0 to 10 do not count"
    ),
    stamp=_ANSWERED,
    credit=CREDIT,
    unit=Unit.NET_POINTS,
    better=Better.HIGHER,
    reduction=Reduction.NET,
    interval=Interval.NORMAL,
    min_n=10,
    floor=-100.0,
    observed=partial(_recommending, _NET, _net),
    needs=_NEEDS,
)

_SHARE = replace(
    _SCORE,
    key="promoter_share",
    catalogue="nps (promoters)",
    name=message("Share of promoters"),
    formula=message("answers of 9 and 10 divided by all answers from 0 to 10"),
    unit=Unit.SHARE,
    reduction=Reduction.RATIO,
    interval=Interval.WILSON,
    floor=0.0,
    observed=partial(_recommending, "promoter_share", _promotes),
)

_MEAN = replace(
    _SHARE,
    key=_EFFORT,
    catalogue="ces (mean)",
    name=message("Customer effort score"),
    formula=message(
        "mean of the answers how easy it was, turned round where the wording makes the low end easy, so that more is "
        "easier; each scale is a series of its own, the newest is shown"
    ),
    unit=Unit.POINTS,
    reduction=Reduction.SERIES_MEAN,
    interval=Interval.NONE,
    observed=partial(_mean_of, _effort, _EFFORT),
)

_RESPONSE_RATE = replace(
    _SHARE,
    key="net_promoter_response_rate",
    catalogue="resp_rate (nps)",
    name=message("Response rate of net promoter surveys"),
    formula=message("surveys answered divided by surveys sent"),
    stamp=message("when the survey was sent"),
    observed=partial(_answered, "net_promoter_response_rate", "nps"),
)

_RESPONSE_RATES = (
    ("customer_effort", "ces", message("Response rate of customer effort surveys")),
    ("survey_satisfaction", "csat", message("Response rate of satisfaction surveys outside the helpdesk")),
    ("service_quality", "servqual", message("Response rate of service quality surveys")),
)

INDICATORS = (
    _SCORE,
    _SHARE,
    replace(
        _SHARE,
        key="detractor_share",
        catalogue="nps (detractors)",
        name=message("Share of detractors"),
        formula=message("answers from 0 to 6 divided by all answers from 0 to 10"),
        better=Better.LOWER,
        observed=partial(_recommending, "detractor_share", _detracts),
    ),
    _RESPONSE_RATE,
    _MEAN,
    replace(
        _SHARE,
        key="customer_effort_easy",
        catalogue="ces (share)",
        name=message("Share who found it easy"),
        formula=message("answers in the easy part of the scale divided by all answers how easy it was"),
        observed=partial(_share_of, _effort, "customer_effort_easy", _FROM),
        parameters=(_FROM,),
    ),
    replace(
        _SHARE,
        key=_STAY,
        catalogue="ces (go on paying, share)",
        name=message("Share who would go on paying"),
        formula=message(
            "answers in the upper part of the scale divided by all answers whether they would go on paying"
        ),
        observed=partial(_share_of, _willingness, _STAY, replace(_FROM, name="willing_from")),
        parameters=(
            replace(
                _FROM,
                name="willing_from",
                why=message(
                    "In per cent of the scale: 66 makes 5, 6 and 7 of 7 willing, and 4 and 5 of 5. The question is the "
                    "one whose item is called willingness."
                ),
            ),
        ),
    ),
    replace(
        _MEAN,
        key="willingness_to_stay_mean",
        catalogue="ces (go on paying, mean)",
        name=message("Willingness to go on paying"),
        formula=message("mean of the answers whether they would go on paying; each scale is a series of its own"),
        observed=partial(_mean_of, _willingness, "willingness_to_stay_mean"),
    ),
    replace(
        _SHARE,
        key="survey_satisfaction_rate",
        catalogue="csat_pct (outside the helpdesk)",
        name=message("Satisfaction rate outside the helpdesk"),
        formula=message("answers in the satisfied part of the scale divided by all answers"),
        observed=partial(
            _share_of, _satisfied, "survey_satisfaction_rate", replace(_FROM, name="positive_from", default=75)
        ),
        parameters=(
            replace(
                _FROM,
                name="positive_from",
                default=75,
                why=message(
                    "In per cent of the scale: 75 makes 4 and 5 of 5 positive, as ratings on the helpdesk are."
                ),
            ),
        ),
    ),
    replace(
        _MEAN,
        key="survey_satisfaction_mean",
        catalogue="csat_mean (outside the helpdesk)",
        name=message("Mean satisfaction outside the helpdesk"),
        formula=message("mean of the scores; each scale is a series of its own, the newest is shown"),
        observed=partial(_mean_of, _satisfied, "survey_satisfaction_mean"),
    ),
    *(
        replace(
            _RESPONSE_RATE,
            key=f"{key}_response_rate",
            catalogue=f"resp_rate ({instrument})",
            name=name,
            observed=partial(_answered, f"{key}_response_rate", instrument),
        )
        for key, instrument, name in _RESPONSE_RATES
    ),
)
