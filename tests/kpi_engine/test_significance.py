"""Chi-square tails and binomial limits beside scipy."""

from math import floor

import pytest
from scipy.stats import binom, chi2, chi2_contingency

from kpi_engine.significance import binomial_limit, chi_square, chi_square_tail
from kpi_engine.statistics import NORMAL_975


@pytest.mark.parametrize("freedom", [1, 2, 3, 7, 30, 200])
@pytest.mark.parametrize("statistic", [0, 1e-9, 0.01, 0.5, 1, 3.84, 12, 60, 250, 900])
def test_the_tail_of_chi_square_is_that_of_a_well_known_library(statistic: float, freedom: int) -> None:
    assert chi_square_tail(statistic, freedom) == pytest.approx(chi2.sf(statistic, freedom), abs=1e-9)


def test_the_statistic_is_pearsons() -> None:
    table = [[10, 20, 30], [6, 9, 17]]
    peer = chi2_contingency(table, correction=False)
    found = chi_square(
        [
            pair
            for row, expected in zip(table, peer.expected_freq, strict=True)
            for pair in zip(row, expected, strict=True)
        ]
    )
    assert found == pytest.approx(peer.statistic, abs=1e-9)
    assert chi_square_tail(found, 2) == pytest.approx(peer.pvalue, abs=1e-9)


@pytest.mark.parametrize(("statistic", "freedom"), [(-1, 1), (1, 0)])
def test_what_is_no_statistic_is_refused(statistic: float, freedom: int) -> None:
    with pytest.raises(ValueError, match=f"not {statistic} with {freedom}"):
        chi_square_tail(statistic, freedom)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 7, 60, 2500])
@pytest.mark.parametrize("quantile", [0.001, 0.025, 0.975, 0.999])
def test_a_limit_of_a_funnel_is_the_interpolated_quantile_of_the_binomial(
    share: float, n: int, quantile: float
) -> None:
    """Spiegelhalter 2005, A.1.1, with scipy's distribution: from the smallest count that reaches it, back a little."""
    count = floor(binom.ppf(quantile, n, share))
    reached, below = binom.cdf(count, n, share), binom.cdf(count - 1, n, share)
    peer = max(0.0, (count - (reached - quantile) / (reached - below)) / n)
    assert binomial_limit(share, n, quantile, 0.0) == pytest.approx(peer, abs=1e-9)


def test_very_many_trials_go_by_the_normal_curve_and_none_leaves_0_and_1() -> None:
    wide = binomial_limit(0.5, 1_000_000, 0.975, NORMAL_975)
    assert wide == pytest.approx(0.5 + NORMAL_975 * 0.0005)
    assert binomial_limit(0.0, 40, 0.975, NORMAL_975) == 0
    assert binomial_limit(1.0, 40, 0.025, -NORMAL_975) == 1
    assert binomial_limit(1e-9, 100_000, 0.025, -NORMAL_975) == 0
    assert binomial_limit(0.5, 3, 1 + 1e-12, 0.0) == 1


@pytest.mark.parametrize(("share", "n"), [(0.5, 0), (1.1, 9), (-0.1, 9)])
def test_what_is_no_share_of_anything_is_refused(share: float, n: int) -> None:
    with pytest.raises(ValueError, match=f"not {share} of {n}"):
        binomial_limit(share, n, 0.5, 0)
