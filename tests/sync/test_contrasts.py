"""What a comparison of two figures finds where they differ by the mix of tickets, or beside it."""

from dataclasses import replace

import pytest

from kpi_engine.comparison import Pile, Standing, estimate, whole
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.periods import period_named
from kpi_engine.reduce import Question, Scope, tallied
from kpi_engine.tally import Tally
from sync.cli.comparing import found_text
from sync.contrasts import Side, change

EASY, HARD = ("chat", None, None), ("mail", None, None)
OVERDUE, REPLY = INDICATORS["overdue_rate"], INDICATORS["first_reply"]
WEEK = Question(Scope.TEAM, "sao-mai", period_named("2026-W47", "Asia/Ho_Chi_Minh"), 1_795_399_200, {})


def side(indicator: Indicator, easy: Pile, hard: Pile) -> Side:
    piles = {EASY: easy, HARD: hard}
    cell = tallied(indicator, Tally(indicator.reduction), WEEK, "a team")
    return Side(replace(cell, enough=True), estimate(indicator, whole(piles.values())), piles)


def shares(easy: tuple[int, int], hard: tuple[int, int]) -> Side:
    return side(OVERDUE, *(Pile(n, part, part) for part, n in (easy, hard)))


def waits(easy: int, hard: int) -> Side:
    """Return a mean of tickets that wait 100 s and others that wait 900 s, exactly."""
    return side(REPLY, Pile(easy, easy * 100, easy * 100**2), Pile(hard, hard * 900, hard * 900**2))


def test_what_lies_in_the_mix_alone_is_no_finding() -> None:
    found = change(shares((10, 100), (450, 900)), shares((90, 900), (50, 100)), indicator=OVERDUE)
    assert found.by is not None
    assert found.by.high is not None
    assert found.by.high < 0, "as a whole evidently less is overdue"
    assert (found.standing, found.by_mix) == (Standing.NO_EVIDENCE, True)
    assert str(found_text(found)) == "no evidence of a difference apart from the mix"


def test_what_is_better_on_the_same_kinds_of_tickets_is_better() -> None:
    found = change(shares((50, 100), (450, 900)), shares((9, 100), (90, 900)), indicator=OVERDUE)
    assert (found.standing, str(found_text(found))) == (Standing.BETTER, "better")
    same = change(shares((50, 100), (450, 900)), shares((50, 100), (450, 900)), indicator=OVERDUE)
    assert (same.standing, str(found_text(same))) == (Standing.NO_EVIDENCE, "no evidence of a difference")


@pytest.mark.parametrize("few", [3, 40])
def test_a_mean_of_kinds_too_small_for_intervals_goes_by_the_spread_of_the_whole(few: int) -> None:
    found = change(waits(few, 300), waits(300, few), indicator=REPLY)
    assert (found.standing, found.by_mix) == (Standing.NO_EVIDENCE, True)
