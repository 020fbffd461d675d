import statistics
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.statistics import half_up, mean, median, percentile, wilson

TENS = (1000, *range(10, 100, 10))  # 10, 20, …, 90 and 1000, unsorted
numbers = st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=40)


def test_r14_150_of_250_satisfied_is_60_percent_between_53_8_and_65_9() -> None:
    bounds = wilson(150, 250)
    assert bounds is not None
    assert [round(100 * bound, 1) for bound in bounds] == [53.8, 65.9]


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (9, 10, 0.5958, 0.9821),
        (45, 50, 0.7864, 0.9565),
        (450, 500, 0.8706, 0.9233),
        (0, 5, 0, 0.4345),
        (5, 5, 0.5655, 1),
        (1, 1, 0.2065, 1),
    ],
)
def test_r17_wilson_bounds_at_95_percent(successes: int, n: int, low: float, high: float) -> None:
    bounds = wilson(successes, n)
    assert bounds is not None
    assert [round(bound, 4) for bound in bounds] == [low, high]


def test_r18_percentiles_interpolate_as_postgresql_does() -> None:
    assert percentile(TENS, 0.5) == 55
    assert percentile(TENS, 0.9) == pytest.approx(181)
    assert percentile(TENS, 0.95) == pytest.approx(590.5)
    assert mean(TENS) == 145
    assert median(TENS) == 55


def test_nothing_is_known_of_nothing() -> None:
    assert wilson(0, 0) is None
    assert percentile((), 0.9) is None
    assert mean(()) is None
    assert median(()) is None


def test_zero_is_a_value_like_any_other() -> None:
    assert mean([0, 0]) == 0
    assert median([0]) == 0
    assert percentile([0, 0], 0.9) == 0


@given(st.integers(1, 10_000), st.data())
def test_wilson_bounds_enclose_the_share_and_stay_within_0_and_1(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    bounds = wilson(successes, n)
    assert bounds is not None
    assert 0 <= bounds[0] <= successes / n + 1e-12
    assert successes / n - 1e-12 <= bounds[1] <= 1


def test_no_rounding_carries_a_bound_past_0_or_1() -> None:
    for n in range(1, 100):
        for bounds in (wilson(0, n), wilson(n, n)):
            assert bounds is not None
            assert 0 <= bounds[0] < bounds[1] <= 1


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    usual, strict = wilson(9, 10), wilson(9, 10, z=2.5758)
    assert usual is not None
    assert strict is not None
    assert strict[0] < usual[0]
    assert usual[1] < strict[1]


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"between 0 and n; they are {successes} of {n}"):
        wilson(successes, n)


@pytest.mark.parametrize("q", [-0.01, 1.01, 90])
def test_a_quantile_outside_0_and_1_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match=f"q must lie between 0 and 1; it is {q}"):
        percentile([1, 2], q)


@given(numbers)
def test_percentiles_agree_with_the_standard_library(values: list[int]) -> None:
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    assert [percentile(values, step / 10) for step in range(1, 10)] == pytest.approx(tenths)
    assert percentile(values, 0) == min(values)
    assert percentile(values, 1) == max(values)


@given(numbers)
def test_mean_and_median_agree_with_the_standard_library(values: list[int]) -> None:
    assert mean(values) == pytest.approx(statistics.mean(values))
    assert median(values) == pytest.approx(statistics.median(values))


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 0), (29, 0), (30, 1), (89, 1), (90, 2), (91, 2), (-30, 0), (-31, -1), (3599, 60)]
)
def test_seconds_become_whole_minutes_with_halves_rounded_up(seconds: int, minutes: int) -> None:
    assert half_up(seconds, 60) == minutes


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**20))
def test_rounding_is_exact_for_numbers_beyond_what_a_float_can_hold(numerator: int, denominator: int) -> None:
    assert half_up(numerator, denominator) == floor(Fraction(numerator, denominator) + Fraction(1, 2))
