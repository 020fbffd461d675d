"""Targets and how far figures attain them: the catalogue's vectors, and the edges."""

from dataclasses import replace

import pytest

from kpi_engine import targets
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine, Stamp
from kpi_engine.periods import PeriodKind, period_named
from kpi_engine.reduce import Cell, Question, Scope, cell
from kpi_engine.targets import MOST, Attainment, Comparator, Target, TargetKind, attained, required

ZONE = "Asia/Ho_Chi_Minh"
MONTH = period_named("2026-11", ZONE)
DOCUMENT = {
    "indicator": "satisfaction_rate",
    "scope": "account",
    "subject": None,
    "kind": "abs",
    "value": 0.8,
    "windows": 1,
    "by": "month",
    "baseline": None,
    "owner": "Lan",
    "announced_on": "2026-10-25",
    "benchmark": None,
    "only": {"channel": "mail"},
}


def target(indicator: str, value: float, kind: TargetKind = TargetKind.ABS, **more: object) -> Target:
    plain = Target.from_document({**DOCUMENT, "only": {}})
    return replace(plain, indicator=indicator, value=value, kind=kind, **more)


def figure(indicator: str, *lines: tuple[int, int]) -> Cell:
    stamp = Stamp(MONTH.start, "an", None, "1", "acme", "mail", None, None, "")
    made = [CreditLine(indicator, stamp, *line) for line in lines]
    question = Question(Scope.ACCOUNT, "acme", MONTH, MONTH.end, {})
    return cell(INDICATORS[indicator], made, question, "acme")


def valued(indicator: str, value: float | None) -> Cell:
    return replace(figure(indicator), value=value, enough=True)


def test_v14_ten_percent_fewer_complaints_of_which_three_quarters_were_achieved() -> None:
    """Complaints -10 % against the quarter before, 40 -> 37: -7.5 %, not met, 0.75 of the change attained."""
    agreed = target("complaints", -0.1, TargetKind.REL_CHANGE)
    found = attained(agreed, valued("complaints", 37), 40)
    assert (found.required, found.met) == (36, False)
    assert found.share == pytest.approx(0.75)


def test_v15_five_percent_more_is_84_or_85_by_what_was_meant() -> None:
    assert required(target("satisfaction_rate", 0.05, TargetKind.REL_CHANGE), 0.8) == pytest.approx(0.84)
    assert required(target("satisfaction_rate", 0.05, TargetKind.POINT_CHANGE), 0.8) == pytest.approx(0.85)


@pytest.mark.parametrize(
    ("indicator", "goal", "value", "share", "met"),
    [
        ("satisfaction_rate", 0.8, 0.6, 0.75, False),
        ("satisfaction_rate", 0.8, 0.8, 1.0, True),
        ("satisfaction_rate", 0.5, 0.9, MOST, True),
        ("satisfaction_rate", 0.0, 0.5, MOST, True),
        ("first_reply", 7200, 14_400, 0.5, False),
        ("first_reply", 7200, 7200, 1.0, True),
        ("first_reply", 7200, 0, MOST, True),
        ("complaints", 0, 0, 1.0, True),
        ("complaints", 0, 3, 0.0, False),
    ],
)
def test_attainment_goes_the_way_that_is_better_and_exactly_at_the_target_is_met(
    indicator: str, goal: float, value: float, share: float, *, met: bool
) -> None:
    found = attained(target(indicator, goal), valued(indicator, value), None)
    assert (found.share, found.met) == (pytest.approx(share), met)


def test_on_a_scale_that_does_not_begin_at_0_what_counts_is_the_distance_from_its_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From -100 to 100: a score of 20 where 50 was agreed has come 120 of 150, and one of -100 nowhere."""
    scored = replace(INDICATORS["satisfaction_rate"], floor=-100.0)
    monkeypatch.setattr(targets, "INDICATORS", {"satisfaction_rate": scored})
    agreed = target("satisfaction_rate", 50)
    assert attained(agreed, valued("satisfaction_rate", 20), None).share == pytest.approx(0.8)
    assert attained(agreed, valued("satisfaction_rate", -100), None).share == 0


def test_a_change_the_wrong_way_attains_nothing_and_one_of_nothing_has_no_share() -> None:
    agreed = target("complaints", -0.1, TargetKind.REL_CHANGE)
    assert attained(agreed, valued("complaints", 44), 40) == Attainment(36, 0.0, met=False)
    assert attained(agreed, valued("complaints", 3), 0) == Attainment(0, None, met=False)


def test_without_a_figure_enough_of_one_or_a_baseline_there_is_no_verdict() -> None:
    assert attained(target("satisfaction_rate", 0.8), valued("satisfaction_rate", None), None) == Attainment(0.8)
    assert attained(target("satisfaction_rate", 0.8), figure("satisfaction_rate", (1, 1)), None) == Attainment(0.8)
    change = target("complaints", -0.1, TargetKind.REL_CHANGE)
    assert attained(change, valued("complaints", 37), None) == Attainment(None)


def test_a_verdict_is_evident_where_the_whole_interval_lies_on_its_side() -> None:
    many = figure("satisfaction_rate", *[(1, 1)] * 90, *[(0, 1)] * 10)
    assert attained(target("satisfaction_rate", 0.8), many, None).evident
    near = attained(target("satisfaction_rate", 0.88), many, None)
    assert (near.met, near.evident) == (True, False)
    assert attained(target("satisfaction_rate", 0.99), many, None).evident
    assert not attained(target("first_reply", 60), valued("first_reply", 30), None).evident


def test_it_speaks_of_its_own_indicators_tickets_alone() -> None:
    stamp = Stamp(0, None, None, "1", "acme", "mail", None, None, "")
    by_mail = CreditLine("satisfaction_rate", stamp)
    narrow = Target.from_document(DOCUMENT)
    assert narrow.takes(by_mail)
    assert not narrow.takes(CreditLine("satisfaction_rate", stamp._replace(channel="chat")))
    assert not narrow.takes(CreditLine("created", stamp))
    grave = replace(narrow, only={Scope.SEVERITY: "S1"})
    assert not grave.takes(by_mail)
    assert grave.takes(CreditLine("satisfaction_rate", stamp._replace(severity="S1")))
    assert narrow.about == replace(narrow, subject="an", value=0.5).about


def test_a_window_of_several_periods_ends_with_the_last_and_is_measured_against_as_many_before() -> None:
    quarterly = target("satisfaction_rate", 0.05, TargetKind.POINT_CHANGE, windows=3, baseline="previous")
    stretch = quarterly.stretch(MONTH)
    assert (stretch.label, stretch.start) == ("2026-09…2026-11", period_named("2026-09", ZONE).start)
    before = quarterly.before(stretch)
    assert before is not None
    assert (before.label, before.end) == ("2026-06…2026-08", stretch.start)


def test_a_baseline_may_be_named_and_a_figure_by_itself_has_none() -> None:
    named = target("satisfaction_rate", 0.05, TargetKind.POINT_CHANGE, baseline="2026-Q2")
    assert named.stretch(MONTH) == MONTH
    assert named.before(MONTH) == period_named("2026-Q2", ZONE)
    assert target("satisfaction_rate", 0.8).before(MONTH) is None


@pytest.mark.parametrize(
    ("announced_on", "judges"), [("2026-11-01", True), ("2026-10-31", True), ("2026-11-02", False), (None, False)]
)
def test_nobody_is_judged_by_what_was_announced_later_or_never(announced_on: str | None, *, judges: bool) -> None:
    assert target("satisfaction_rate", 0.8, announced_on=announced_on, by=PeriodKind.MONTH).judges(MONTH) is judges


BAND = {"comparator": Comparator.BETWEEN, "high": 0.8}


@pytest.mark.parametrize(
    ("value", "share", "met"),
    [
        (0.0, 0.0, False),
        (0.3, 0.5, False),
        (0.6, 1.0, True),
        (0.7, 1.0, True),
        (0.8, 1.0, True),
        (1.0, 0.75, False),
        (1.6, 0.0, False),
        (2.0, 0.0, False),
    ],
)
def test_a_band_is_attained_inside_and_outside_the_share_falls_evenly(value: float, share: float, *, met: bool) -> None:
    """Of 60 to 80 %: 30 % is half of the way from 0 up to it; 100 % is a quarter of 80 beyond it."""
    found = attained(target("occupancy", 0.6, **BAND), valued("occupancy", value), None)
    assert (found.required, found.share, found.met) == (0.6, pytest.approx(share), met)


def test_a_verdict_on_a_band_is_evident_where_the_interval_lies_on_one_side() -> None:
    def evident(low: float, value: float, high: float) -> bool:
        figured = replace(valued("occupancy", value), low=low, high=high)
        return attained(target("occupancy", 0.6, **BAND), figured, None).evident

    assert evident(0.62, 0.7, 0.78)
    assert evident(0.3, 0.4, 0.5)
    assert not evident(0.5, 0.7, 0.78)
    assert not evident(0.5, 0.55, 0.9), "too low or too high, nobody knows which"


def test_what_nobody_can_call_better_goes_by_what_was_agreed() -> None:
    limit = target("handling_time", 600, comparator=Comparator.AT_MOST)
    assert attained(limit, valued("handling_time", 600), None) == Attainment(600, 1.0, met=True)
    assert attained(limit, valued("handling_time", 1200), None) == Attainment(600, 0.5, met=False)
    least = target("created", 40, comparator=Comparator.AT_LEAST)
    assert attained(least, valued("created", 30), None) == Attainment(40, 0.75, met=False)


def test_a_target_may_ask_for_more_cases_than_its_figure_and_never_for_fewer() -> None:
    twelve = figure("satisfaction_rate", *[(1, 1)] * 12)
    more, fewer = (target("satisfaction_rate", 0.8, min_n=n) for n in (13, 1))
    assert (attained(more, twelve, None).met, more.least(twelve)) == (None, 13)
    assert (attained(fewer, twelve, None).met, fewer.least(twelve)) == (True, 10)
    assert attained(fewer, figure("satisfaction_rate", *[(1, 1)] * 9), None).met is None


def test_it_judges_no_stretch_that_began_before_it_was_valid_or_agreed_as_it_is() -> None:
    at = period_named("2026-11-02", ZONE).start
    assert not target("satisfaction_rate", 0.8, valid_from="2026-11-02").judges(MONTH)
    assert target("satisfaction_rate", 0.8, valid_from="2026-11-01").judges(MONTH)
    assert not target("satisfaction_rate", 0.8, since=at).judges(MONTH)
    assert target("satisfaction_rate", 0.8, since=MONTH.start).judges(MONTH)


def test_an_edition_tells_all_that_was_agreed() -> None:
    more = {"min_n": 30, "agreed_by": "the team", "agreed_on": "2026-10-20", "valid_from": "2026-11-01", "high": 0.9}
    found = Target.from_document({**DOCUMENT, **more, "comparator": "between"})
    assert {name: getattr(found, name) for name in more} == more
    assert found.way is Comparator.BETWEEN
    assert Target.from_document(DOCUMENT).way is Comparator.AT_LEAST
    assert found.terms != replace(found, min_n=31).terms
    assert found.terms == replace(found, owner="Minh").terms
