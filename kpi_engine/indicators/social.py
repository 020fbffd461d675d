"""Family F: ratings on public pages."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Parameter, Reduction, Seen, Unit
from kpi_engine.indicators.questionnaires import FINE
from kpi_engine.indicators.verdicts import scale_name
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message

_STARS, _NEGATIVE, _COUNT = "social_rating", "social_negative_share", "social_reviews"
_USUAL = 5.0
_PERCENT = 100
_UP_TO = Parameter(
    name="negative_up_to",
    default=40,
    most=100,
    why=message("In per cent of the most stars there are: 40 makes 1 and 2 of 5 negative, 3 neither."),
)


def _stars(seen: Seen) -> tuple[float, float]:
    return seen.decimal("stars", 0.0) or 0.0, seen.decimal("scale_max", _USUAL) or _USUAL


def _rating(seen: Seen) -> Iterator[CreditLine]:
    stars, most = _stars(seen)
    yield CreditLine(_STARS, seen.team_stamp(), round(stars * FINE), FINE, scale_name((0.0, most)))


def _negative(seen: Seen) -> Iterator[CreditLine]:
    stars, most = _stars(seen)
    yield CreditLine(_NEGATIVE, seen.team_stamp(), int(stars * _PERCENT <= most * seen.chosen(_NEGATIVE, _UP_TO)))


def _counted(seen: Seen) -> Iterator[CreditLine]:
    yield CreditLine(_COUNT, seen.team_stamp())


_RATING = Indicator(
    key=_STARS,
    catalogue="social (mean)",
    name=message("Rating on public pages"),
    formula=message("mean of the stars; pages with more or fewer stars are a series of their own, the newest is shown"),
    stamp=message("when it was posted"),
    credit=message("the team of the agent whom the file names, never the agent"),
    unit=Unit.POINTS,
    better=Better.HIGHER,
    reduction=Reduction.SERIES_MEAN,
    min_n=10,
    observed=_rating,
    needs=frozenset({Input.SOCIAL}),
)

INDICATORS = (
    _RATING,
    replace(
        _RATING,
        key=_COUNT,
        catalogue="social (n)",
        name=message("Ratings on public pages"),
        formula=message("number of ratings posted"),
        unit=Unit.REVIEWS,
        better=Better.NEUTRAL,
        reduction=Reduction.COUNT,
        min_n=1,
        observed=_counted,
    ),
    replace(
        _RATING,
        key=_NEGATIVE,
        catalogue="social (negative)",
        name=message("Share of negative public ratings"),
        formula=message("ratings with few stars divided by all ratings"),
        unit=Unit.SHARE,
        better=Better.LOWER,
        reduction=Reduction.RATIO,
        interval=Interval.WILSON,
        observed=_negative,
        parameters=(_UP_TO,),
    ),
)
