"""Like for like: hand-worked answers, peers (statsmodels), and worlds in which the truth is known."""

from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from random import Random

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from kpi_engine.comparison import (
    Estimate,
    Method,
    Parting,
    Pile,
    Standing,
    adjusted,
    combined,
    difference,
    estimate,
    on_the_same,
    parted,
    piled,
    standing,
    stratified,
    whole,
)
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Better
from kpi_engine.measurement import CreditLine, Stamp
from kpi_engine.reduce import Scope
from kpi_engine.statistics import wilson

SOLVED_AT_ONCE = INDICATORS["first_contact_resolution"]  # a share: higher is better
WAIT = INDICATORS["first_reply"]  # a mean: lower is better
EASY, HARD = ("chat", None, None), ("mail", None, None)


def pile(total: int, n: int) -> Pile:
    return Pile(n, total, total)


def line(agent: str, *, channel: str, numerator: int = 1, denominator: int = 1) -> CreditLine:
    stamp = Stamp(0, agent, None, "1", "acme", channel, "high", None, "")
    return CreditLine("first_contact_resolution", stamp, numerator, denominator)


def test_the_parts_that_a_team_had_in_a_ticket_are_one_value() -> None:
    parts = [
        replace(line(who, channel="chat"), numerator=seconds) for who, seconds in (("an", 3), ("binh", 4), ("an", 1))
    ]
    shared = INDICATORS["requester_wait"]
    assert stratified(shared)
    assert piled(shared, parts, Scope.CHANNEL, channel) == {"chat": {("high", None): Pile(1, 8, 64)}}
    assert piled(shared, parts, Scope.AGENT, agent)["an"] == {("chat", "high", None): Pile(1, 4, 16)}


agent, channel = attrgetter("agent"), attrgetter("channel")


def test_lines_are_summed_up_by_who_and_by_kind_of_ticket_but_not_by_what_is_compared() -> None:
    lines = [line("an", channel="chat"), line("an", channel="chat", numerator=0), line("binh", channel="mail")]
    assert piled(SOLVED_AT_ONCE, lines, Scope.AGENT, agent) == {
        "an": {("chat", "high", None): Pile(2, 1, 1)},
        "binh": {("mail", "high", None): Pile(1, 1, 1)},
    }
    by_channel = piled(SOLVED_AT_ONCE, lines, Scope.CHANNEL, channel)
    assert by_channel == {"chat": {("high", None): Pile(2, 1, 1)}, "mail": {("high", None): Pile(1, 1, 1)}}


def test_scores_of_one_scale_have_piles_of_points_and_from_thirty_on_an_interval() -> None:
    scores = INDICATORS["satisfaction_mean"]
    lines = [line("an", channel="chat", numerator=score * 100, denominator=100) for score in (4, 5)]
    piles = piled(scores, lines, Scope.AGENT, agent)["an"]
    assert piles == {("chat", "high", None): Pile(2, 9, 41)}
    assert estimate(scores, whole(piles.values())) == Estimate(4.5)
    found = estimate(scores, Pile(100, 450, 2050))
    assert found.low == pytest.approx(4.5 - 1.959963984540054 * (25 / 99 / 100) ** 0.5)


def test_a_line_that_weighs_nothing_makes_no_kind_of_ticket_and_a_mean_counts_lines() -> None:
    assert piled(SOLVED_AT_ONCE, [line("an", channel="chat", numerator=0, denominator=0)], Scope.AGENT, agent) == {
        "an": {}
    }
    times = [line("an", channel="chat", numerator=seconds) for seconds in (60, 120)]
    (found,) = piled(WAIT, times, Scope.AGENT, agent)["an"].values()
    assert (found.n, found.rate, found.squares) == (2, 90, 60**2 + 120**2)


def test_only_what_is_put_together_of_kinds_of_tickets_can_be_adjusted() -> None:
    keys = ("first_contact_resolution", "first_reply", "created", "complaint_rate")
    assert [stratified(INDICATORS[key]) for key in keys] == [True, True, False, False]


@pytest.mark.parametrize(
    ("first", "n", "second", "m"), [(9, 10, 3, 10), (56, 70, 48, 80), (0, 10, 0, 20), (5, 5, 0, 9)]
)
def test_the_difference_of_two_shares_has_newcombes_interval(first: int, n: int, second: int, m: int) -> None:
    found = difference(estimate(SOLVED_AT_ONCE, pile(second, m)), estimate(SOLVED_AT_ONCE, pile(first, n)))
    peer = confint_proportions_2indep(first, n, second, m, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(peer, abs=1e-9)
    assert found.value == pytest.approx(first / n - second / m)


def test_newcombes_own_example() -> None:
    """Newcombe 1998, table II, method 10: 56/70 - 48/80 lies between 0.0524 and 0.3339."""
    found = difference(estimate(SOLVED_AT_ONCE, pile(48, 80)), estimate(SOLVED_AT_ONCE, pile(56, 70)))
    assert found.low is not None
    assert found.high is not None
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 3), (50, 100), (99, 100), (1234, 5678)])
def test_wilsons_interval_is_that_of_a_well_known_library(successes: int, n: int) -> None:
    assert wilson(successes, n) == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-9)


def test_wilsons_interval_holds_the_truth_about_95_times_in_100() -> None:
    """Its mean coverage over shares from 0.1 to 0.9, exactly by the binomial distribution, for n from 10 to 100."""
    for n in (10, 25, 50, 100):
        shares = [0.1 + 0.8 * place / 200 for place in range(201)]
        covered = [sum(p for k, p in enumerate(binomial(n, share)) if holds(k, n, share)) for share in shares]
        assert 0.93 < sum(covered) / len(covered) < 0.97


def binomial(n: int, share: float) -> list[float]:
    chances = [(1 - share) ** n]
    for k in range(n):
        chances.append(chances[-1] * (n - k) / (k + 1) * share / (1 - share))
    return chances


def holds(k: int, n: int, share: float) -> bool:
    low, high = wilson(k, n) or (0, 0)
    return low <= share <= high


def test_a_mean_of_few_times_has_no_interval_and_of_many_the_normal_one() -> None:
    few, many = Pile(29, 290, 3000), Pile(100, 1000, 12_000)  # spread: (12000 - 10000) / 99
    assert estimate(WAIT, few) == Estimate(10)
    found = estimate(WAIT, many)
    assert found.low == pytest.approx(10 - 1.959963984540054 * (2000 / 99 / 100) ** 0.5)
    assert difference(estimate(WAIT, few), found) == Estimate(0.0)


def test_the_same_mix_for_everybody_takes_away_what_the_mix_alone_made() -> None:
    """An has easy tickets, Bình hard ones; both solve 9 of 10 easy ones and half of the hard ones at once."""
    subjects = {
        "an": {EASY: pile(72, 80), HARD: pile(10, 20)},
        "binh": {EASY: pile(18, 20), HARD: pile(40, 80)},
    }
    assert [whole(piles.values()).rate for piles in subjects.values()] == [0.82, 0.58]
    found = adjusted(SOLVED_AT_ONCE, subjects)
    assert (found.method, found.covered, found.reference) == (Method.DIRECT, 1.0, 0.7)
    assert [each.value for each in found.of.values() if each] == pytest.approx([0.7, 0.7])
    assert {standing(SOLVED_AT_ONCE, each, found.reference) for each in found.of.values()} == {Standing.NO_EVIDENCE}


def test_each_kind_of_ticket_weighs_what_it_weighs_among_all_together() -> None:
    """Together 100 easy and 60 hard ones: An 5/8 of 0.9 and 3/8 of 0.5, Bình 5/8 of 0.75 and 3/8 of 0.3."""
    subjects = {"an": {EASY: pile(72, 80), HARD: pile(10, 20)}, "binh": {EASY: pile(15, 20), HARD: pile(12, 40)}}
    found = adjusted(SOLVED_AT_ONCE, subjects)
    assert [each.value for each in found.of.values() if each] == pytest.approx([0.75, 0.58125], abs=1e-9)


def test_only_kinds_of_tickets_that_everybody_has_are_compared_directly() -> None:
    rare = ("fax", None, None)
    subjects = {"an": {EASY: pile(45, 50), rare: pile(0, 10)}, "binh": {EASY: pile(30, 40)}}
    found = adjusted(SOLVED_AT_ONCE, subjects)
    assert (found.method, found.covered) == (Method.DIRECT, 0.9)
    assert [each.value for each in found.of.values() if each] == pytest.approx([0.9, 0.75])
    assert found.reference == pytest.approx(75 / 90)


def test_with_too_little_in_common_each_is_set_beside_what_all_expect_of_his_mix() -> None:
    """Together: 50 of 60 easy ones, 20 of 60 hard. An should have 50 * 5/6 + 10 * 1/3 = 45, Bình 10 * 5/6 + 50 / 3."""
    fax = ("fax", None, None)
    subjects = {
        "an": {EASY: pile(45, 50), HARD: pile(2, 10), fax: pile(0, 60)},
        "binh": {EASY: pile(5, 10), HARD: pile(18, 50)},
    }
    found = adjusted(SOLVED_AT_ONCE, subjects)
    reference = 70 / 180
    assert (found.method, found.covered, found.reference) == (Method.INDIRECT, 120 / 180, reference)
    values = [each.value for each in found.of.values() if each]
    assert values == pytest.approx([47 / 45 * reference, 23 / 25 * reference])
    an, factor = found.of["an"], reference * 120 / 45
    low, high = wilson(47, 120) or (0, 0)
    assert an == Estimate(pytest.approx(47 / 120 * factor), pytest.approx(low * factor), pytest.approx(high * factor))


def test_where_nothing_is_expected_of_somebody_nothing_is_said_of_him() -> None:
    apart = {"an": {EASY: pile(0, 10)}, "binh": {HARD: pile(5, 10)}}
    found = adjusted(SOLVED_AT_ONCE, apart)
    assert (found.method, found.covered, found.of["an"]) == (Method.INDIRECT, 0, None)
    assert standing(SOLVED_AT_ONCE, found.of["an"], found.reference) is Standing.UNKNOWN
    nobody_ever = adjusted(SOLVED_AT_ONCE, {"an": {EASY: pile(0, 10)}, "binh": {HARD: pile(0, 10)}})
    assert nobody_ever.of["an"] == estimate(SOLVED_AT_ONCE, pile(0, 10))


def test_an_indirect_mean_of_few_times_has_no_interval_either() -> None:
    found = adjusted(WAIT, {"an": {EASY: Pile(10, 100, 1000)}, "binh": {HARD: Pile(10, 300, 9000)}})
    assert found.of == {"an": Estimate(pytest.approx(20.0)), "binh": Estimate(pytest.approx(20.0))}


def test_a_difference_is_parted_into_mix_and_performance_which_add_up_to_it() -> None:
    """Easy tickets from 20 to 80 of 100, still 9 in 10; hard ones improved from 0.5 to 0.6."""
    before = {EASY: pile(18, 20), HARD: pile(40, 80)}
    after = {EASY: pile(72, 80), HARD: pile(12, 20)}
    found = parted(before, after)
    assert found.mix == pytest.approx(0.6 * 0.9 - 0.6 * 0.55)
    assert found.performance == pytest.approx(0.1 * 0.5)
    assert found.mix + found.performance == pytest.approx(0.84 - 0.58)


def test_the_part_on_the_same_kinds_of_tickets_has_an_interval() -> None:
    """All that differs is the mix: the whole is evidently more, the same kinds of tickets are not."""
    goals = INDICATORS["goals_met"]
    before, after = {EASY: pile(90, 100), HARD: pile(450, 900)}, {EASY: pile(810, 900), HARD: pile(50, 100)}
    found = on_the_same(goals, before, after)
    assert found.value == pytest.approx(parted(before, after).performance) == pytest.approx(0)
    assert standing(goals, found, 0.0) is Standing.NO_EVIDENCE
    better = on_the_same(goals, before, {EASY: pile(99, 100), HARD: pile(855, 900)})
    assert standing(goals, better, 0.0) is Standing.BETTER


def test_a_kind_of_ticket_that_one_side_does_not_have_is_all_mix() -> None:
    found = parted({EASY: pile(9, 10)}, {EASY: pile(9, 10), HARD: pile(0, 10)})
    assert found == Parting(pytest.approx(-0.45), pytest.approx(0))
    assert parted({EASY: pile(9, 10)}, {HARD: pile(5, 10)}) == Parting(pytest.approx(-0.4), pytest.approx(0))


@pytest.mark.parametrize(
    ("better", "found", "expected"),
    [
        (Better.HIGHER, Estimate(0.9, 0.8, 1), Standing.BETTER),
        (Better.HIGHER, Estimate(0.2, 0.1, 0.3), Standing.WORSE),
        (Better.LOWER, Estimate(0.2, 0.1, 0.3), Standing.BETTER),
        (Better.LOWER, Estimate(0.9, 0.8, 1), Standing.WORSE),
        (Better.NEUTRAL, Estimate(0.9, 0.8, 1), Standing.HIGHER),
        (Better.NEUTRAL, Estimate(0.2, 0.1, 0.3), Standing.LOWER),
        (Better.HIGHER, Estimate(0.6, 0.5, 0.7), Standing.NO_EVIDENCE),
        (Better.HIGHER, Estimate(0.6), Standing.UNKNOWN),
    ],
)
def test_only_an_interval_that_leaves_the_reference_out_is_evidence(
    better: Better, found: Estimate, expected: Standing
) -> None:
    assert standing(replace(SOLVED_AT_ONCE, better=better), found, 0.5) is expected


def test_weights_are_those_of_a_sum_whatever_their_sign() -> None:
    one, two = Estimate(1, 0, 3), Estimate(2, 1, 4)
    assert combined([(1, one), (-1, two)]) == Estimate(-1, pytest.approx(-1 - 5**0.5), pytest.approx(-1 + 5**0.5))
    assert combined([]) == Estimate(0, 0, 0)


def test_equal_agents_on_unequal_mixes_come_out_equal_after_adjustment() -> None:
    """Fifty made worlds of six agents who are all alike, but get very different tickets (seed 20261129).

    Raw figures differ by tens of points. Adjusted ones are off the truth by no more than chance: three points on
    average with 400 tickets each, and their 95 % intervals leave the whole's figure out about once in twenty.
    """
    random = Random(20261129)
    chances = {EASY: 0.9, HARD: 0.3}
    raw_spread, off, outside = [], [], 0
    for _ in range(50):
        mixes = [0.1 + 0.8 * place / 5 for place in range(6)]
        subjects = {f"agent {place}": _tickets(random, mix, chances) for place, mix in enumerate(mixes)}
        raw = [whole(piles.values()).rate for piles in subjects.values()]
        raw_spread.append(max(raw) - min(raw))
        found = adjusted(SOLVED_AT_ONCE, subjects)
        truth = 0.5 * chances[EASY] + 0.5 * chances[HARD]
        off += [abs(each.value - truth) for each in found.of.values() if each]
        outside += sum(
            standing(SOLVED_AT_ONCE, each, found.reference) is not Standing.NO_EVIDENCE for each in found.of.values()
        )
    assert min(raw_spread) > 0.3
    assert sum(off) / len(off) < 0.03
    assert 0.005 < outside / (50 * 6) < 0.06


def _tickets(random: Random, easy: float, chances: Mapping[tuple[str, None, None], float]) -> dict[object, Pile]:
    found: dict[object, Pile] = {}
    for _ in range(400):
        kind = EASY if random.random() < easy else HARD
        found.setdefault(kind, Pile()).add(pile(int(random.random() < chances[kind]), 1))
    return found
