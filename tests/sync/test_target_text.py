from dataclasses import replace

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import PeriodKind, period_named
from kpi_engine.reduce import Question, Scope, tallied
from kpi_engine.tally import Tally
from kpi_engine.targets import Attainment, Comparator, Target, TargetKind
from sync.locale import Language
from sync.target_text import finding, target_text
from sync.targets import Judged

WEEK = period_named("2026-W46", "Asia/Ho_Chi_Minh")
TARGET = Target(
    indicator="goals_met",
    scope=Scope.TEAM,
    subject=None,
    kind=TargetKind.ABS,
    value=0.75,
    windows=1,
    by=PeriodKind.WEEK,
    baseline=None,
    owner="Lan",
    announced_on="2026-10-01",
)
CELL = tallied(
    INDICATORS["goals_met"], Tally(INDICATORS["goals_met"].reduction), Question(Scope.TEAM, "a", WEEK, 0, {}), "x"
)
COUNTED = replace(CELL, n=40, value=0.8, low=0.65, high=0.9, enough=True)
PLAIN = replace(COUNTED, low=None, high=None)
JUDGED = Judged(TARGET, "x", COUNTED, None, Attainment(0.75, 1.07, met=True), judging=True, running=False)
NOT_MET = Attainment(0.75, 0.9, met=False)


@pytest.mark.parametrize(
    ("judged", "told"),
    [
        (JUDGED, "met, which may be chance"),
        (replace(JUDGED, attainment=NOT_MET), "not met, which may be chance"),
        (replace(JUDGED, attainment=replace(JUDGED.attainment, evident=True)), "met"),
        (replace(JUDGED, attainment=replace(NOT_MET, evident=True)), "not met"),
        (replace(JUDGED, figure=PLAIN), "met"),
        (replace(JUDGED, running=True), "met so far"),
        (replace(JUDGED, attainment=NOT_MET, running=True), "not met so far"),
        (replace(JUDGED, figure=CELL, attainment=Attainment(0.75)), "not enough data yet (0 of 10)"),
        (replace(JUDGED, attainment=Attainment(None)), "what it is measured against is not known"),
        (
            replace(JUDGED, target=replace(TARGET, min_n=50), attainment=Attainment(0.75)),
            "not enough data yet (40 of 50)",
        ),
        (
            replace(JUDGED, target=replace(TARGET, announced_on=None), judging=False),
            "not announced before this began: it judges nobody",
        ),
        (replace(JUDGED, judging=False), "it holds only since after this began: it judges nobody"),
    ],
)
def test_a_verdict_claims_no_more_than_is_known(judged: Judged, told: str) -> None:
    assert str(finding(judged)) == told


def test_a_target_says_what_is_to_be_reached_of_which_tickets() -> None:
    assert target_text(JUDGED, Language("en")) == "≥ 75%"
    change = replace(TARGET, kind=TargetKind.REL_CHANGE, value=0.05, baseline="previous", only={Scope.CHANNEL: "web"})
    assert target_text(replace(JUDGED, target=change), Language("en")) == "≥ 75% (5%), web"


def test_a_band_is_told_by_its_ends_and_a_limit_by_its_sign() -> None:
    band = replace(TARGET, indicator="occupancy", comparator=Comparator.BETWEEN, value=0.6, high=0.85)
    attained = Attainment(0.6, 1.0, met=True)
    assert target_text(replace(JUDGED, target=band, attainment=attained), Language("vi")) == "60% – 85%"
    limit = replace(TARGET, indicator="handling_time", comparator=Comparator.AT_MOST, value=600)
    assert target_text(replace(JUDGED, target=limit, attainment=Attainment(600)), Language("en")) == "≤ 10 min"
    unknown = replace(limit, kind=TargetKind.REL_CHANGE, value=-0.1, baseline="previous")
    assert target_text(replace(JUDGED, target=unknown, attainment=Attainment(None)), Language("en")) == "– (-10%)"
