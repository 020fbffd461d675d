"""Funnels, shrinkage and places: beside scipy and statsmodels, and in worlds in which the truth is known."""

from dataclasses import replace
from random import Random

import pytest
from numpy import array
from scipy.stats import norm
from statsmodels.stats.meta_analysis import combine_effects

from kpi_engine.comparison import Estimate, Pile, estimate
from kpi_engine.fairness import NORMAL_999, funnel, places, shrunk
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Better
from kpi_engine.statistics import NORMAL_975

SHARE = INDICATORS["first_contact_resolution"]  # higher is better
WAIT = INDICATORS["first_reply"]  # a mean, lower is better


def pile(total: int, n: int) -> Pile:
    return Pile(n, total, total)


def test_the_quantiles_are_those_of_the_normal_curve() -> None:
    assert pytest.approx(norm.ppf(0.999), abs=1e-9) == NORMAL_999
    assert pytest.approx(norm.ppf(0.975), abs=1e-9) == NORMAL_975


def test_the_same_figure_is_chance_for_few_and_none_for_many() -> None:
    found = funnel(SHARE, {"few": pile(5, 10), "many": pile(200, 400), "rest": pile(795, 990)})
    assert (found["few"].value, found["many"].value) == (0.5, 0.5)
    assert found["few"].inside
    assert not found["many"].inside
    for point in found.values():
        assert point.usual is not None
        assert point.rare is not None
        assert point.rare[0] <= point.usual[0] <= 1000 / 1400 <= point.usual[1] <= point.rare[1]


def test_the_limits_of_a_mean_widen_with_the_root_of_how_few_there_are() -> None:
    """Together ten values of 0 and ten of 20: the mean is 10, the spread 2000/19."""
    found = funnel(WAIT, {"an": Pile(4, 40, 800), "binh": Pile(16, 160, 3200)})
    margin = NORMAL_975 * (2000 / 19 / 4) ** 0.5
    assert found["an"].usual == pytest.approx((10 - margin, 10 + margin))
    assert found["binh"].usual == pytest.approx((10 - margin / 2, 10 + margin / 2))
    assert funnel(WAIT, {"an": Pile(1, 9, 81)})["an"].usual is None
    assert funnel(WAIT, {"an": Pile(1, 9, 81)})["an"].inside


def test_chance_leaves_the_funnel_as_often_as_it_says() -> None:
    """Two hundred agents who are all alike (seed 20261130): about one in twenty beyond 95 %, hardly one beyond 99.8."""
    random = Random(20261130)
    sizes = [random.choice((20, 50, 120)) for _ in range(200)]
    piles = {str(place): pile(sum(random.random() < 0.7 for _ in range(n)), n) for place, n in enumerate(sizes)}
    found = funnel(SHARE, piles).values()
    beyond = sum(point.usual is None or not point.usual[0] <= point.value <= point.usual[1] for point in found)
    assert 2 <= beyond <= 18
    assert sum(not point.inside for point in found) <= 2


def test_the_variance_between_people_and_the_shrunk_mean_are_those_of_a_well_known_library() -> None:
    counts = {"an": (45, 50), "binh": (9, 10), "chi": (30, 60), "dung": (70, 90)}
    estimates = {name: estimate(SHARE, pile(*each)) for name, each in counts.items()}
    found = shrunk(estimates)
    assert found is not None
    values = [each.value for each in estimates.values()]
    owns = [((each.high - each.low) / (2 * NORMAL_975)) ** 2 for each in estimates.values() if each.low and each.high]
    peer = combine_effects(array(values), array(owns), method_re="dl")
    assert found.between == pytest.approx(peer.tau2, abs=1e-9)
    assert found.mean == pytest.approx(peer.mean_effect_re, abs=1e-9)
    for (name, value), own in zip(zip(estimates, values, strict=True), owns, strict=True):
        kept = peer.tau2 / (peer.tau2 + own)
        each = found.of[name]
        assert each.value == pytest.approx(peer.mean_effect_re + kept * (value - peer.mean_effect_re), abs=1e-9)
        assert each.high == pytest.approx(each.value + norm.ppf(0.975) * (kept * own) ** 0.5, abs=1e-9)


def test_who_rests_on_little_is_drawn_further_to_the_whole() -> None:
    counts = {"few": (5, 5), "many": (95, 100), "chi": (64, 80), "dung": (55, 80)}
    raw = {name: estimate(SHARE, pile(*each)) for name, each in counts.items()}
    found = shrunk(raw)
    assert found is not None
    moved = {name: raw[name].value - each.value for name, each in found.of.items()}
    assert moved["few"] > 3 * moved["many"] > 0
    assert found.of["few"].value < found.of["many"].value


def test_where_chance_explains_everything_all_are_the_whole() -> None:
    found = shrunk({"an": Estimate(0.8, 0.6, 1.0), "binh": Estimate(0.8, 0.6, 1.0), "none": Estimate(0.1), "no": None})
    assert found is not None
    assert found.between == 0
    assert found.of == {
        key: Estimate(pytest.approx(0.8), pytest.approx(0.8), pytest.approx(0.8)) for key in ("an", "binh")
    }
    assert shrunk({"an": Estimate(0.8, 0.6, 1.0), "binh": Estimate(0.5), "chi": Estimate(0.5, 0.5, 0.5)}) is None


def test_shrunk_figures_are_nearer_to_the_truth_than_raw_ones() -> None:
    """A hundred made teams of eight with 5 to 80 tickets each, whose true shares differ a little (seed 20261131)."""
    random, raw, drawn = Random(20261131), 0.0, 0.0
    for _ in range(100):
        truth = {place: min(0.98, max(0.02, random.gauss(0.75, 0.05))) for place in range(8)}
        sizes = {place: random.choice((5, 10, 30, 80)) for place in truth}
        found = {
            str(place): estimate(SHARE, pile(sum(random.random() < share for _ in range(sizes[place])), sizes[place]))
            for place, share in truth.items()
        }
        better = shrunk(found)
        assert better is not None
        raw += sum((found[str(place)].value - share) ** 2 for place, share in truth.items())
        drawn += sum((better.of[str(place)].value - share) ** 2 for place, share in truth.items())
    assert drawn < 0.6 * raw


def test_only_intervals_apart_put_one_before_another() -> None:
    spans = {
        "an": Estimate(0.9, 0.85, 0.95),
        "binh": Estimate(0.8, 0.7, 0.9),
        "chi": Estimate(0.5, 0.4, 0.6),
        "x": None,
    }
    assert places(SHARE, spans) == {"an": (1, 2), "binh": (1, 2), "chi": (3, 3)}
    assert places(WAIT, {**spans, "y": Estimate(0.1)}) == {"chi": (1, 1), "an": (2, 3), "binh": (2, 3)}
    assert places(replace(SHARE, better=Better.NEUTRAL), spans) == {}
    alike = {str(place): Estimate(0.7, 0.5, 0.9) for place in range(5)}
    assert set(places(SHARE, alike).values()) == {(1, 5)}
