"""Benchmarks: which one a figure stands beside, in which band, and one's own history where there is none."""

from dataclasses import replace

import pytest

from kpi_engine.benchmarks import Band, Benchmark, Beside, Origin, beside, chosen, own_history
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine, Stamp
from kpi_engine.periods import period_named
from kpi_engine.reduce import Cell, Question, Scope, cell

MONTH = period_named("2026-11", "Asia/Ho_Chi_Minh")
RECORD = Benchmark(
    indicator="survey_response_rate", value=0.2, source="a study", told_on="2025-06-01", low=0.1, high=0.3
)


def figure(good: int, n: int) -> Cell:
    stamp = Stamp(MONTH.start, "an", None, "1", "acme", "mail", None, None, "")
    made = [CreditLine("survey_response_rate", stamp, int(place < good)) for place in range(n)]
    question = Question(Scope.ACCOUNT, "acme", MONTH, MONTH.end, {})
    return cell(INDICATORS["survey_response_rate"], made, question, "acme")


@pytest.mark.parametrize(
    ("good", "n", "band", "evident"),
    [
        (5, 100, Band.LOW, False),
        (20, 1000, Band.LOW, True),
        (10, 100, Band.LOW, False),
        (20, 100, Band.USUAL, True),
        (25, 100, Band.USUAL, False),
        (30, 100, Band.HIGH, False),
        (400, 1000, Band.HIGH, True),
    ],
)
def test_a_figure_is_low_usual_or_high_and_surely_so_where_its_interval_is(
    good: int, n: int, band: Band, *, evident: bool
) -> None:
    assert beside(RECORD, figure(good, n)) == Beside(RECORD, band, evident)


def test_without_bands_or_enough_data_there_is_no_band_and_one_bound_is_enough_for_one() -> None:
    plain = replace(RECORD, low=None, high=None)
    assert beside(plain, figure(50, 100)) == Beside(plain, None)
    assert beside(RECORD, figure(0, 0)) == beside(RECORD, figure(3, 5)) == Beside(RECORD, None)
    assert beside(replace(RECORD, low=None), figure(50, 100)).band is Band.HIGH
    assert beside(replace(RECORD, high=None), figure(50, 100)).band is Band.USUAL
    assert not beside(RECORD, replace(figure(50, 100), low=None, high=None)).evident


def test_a_figure_stands_beside_the_newest_benchmark_for_just_its_tickets() -> None:
    newer, by_mail = replace(RECORD, told_on="2026-01-01"), replace(RECORD, only={Scope.CHANNEL: "mail"})
    undated = replace(RECORD, told_on=None)
    listed = [newer, RECORD, undated, by_mail]
    assert chosen(listed, "survey_response_rate", {}) is newer
    assert chosen(listed, "survey_response_rate", {Scope.CHANNEL: "mail"}) is by_mail
    assert chosen(listed, "survey_response_rate", {Scope.CHANNEL: "chat"}) is None
    assert chosen(listed, "solved", {}) is None


def test_ones_own_history_is_the_same_season_a_year_ago_or_else_the_three_periods_before() -> None:
    last_year, before = figure(30, 100), [figure(good, 50) for good in (20, 10, 15)]
    found = own_history(last_year, before)
    assert found is not None
    assert (found.value, found.low, found.high, found.n, found.origin, found.source) == (
        0.3,
        last_year.low,
        last_year.high,
        100,
        Origin.LAST_YEAR,
        "2026-11",
    )
    for nothing in (None, figure(0, 0), figure(2, 3)):
        own = own_history(nothing, before)
        assert own is not None
        assert (own.value, own.low, own.high, own.n, own.origin) == (0.3, 0.2, 0.4, 150, Origin.BEFORE)
    assert own_history(None, [*before[:2], figure(1, 2)]) is None
    assert own_history(None, []) is None
