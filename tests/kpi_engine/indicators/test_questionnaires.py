"""Surveys outside the helpdesk, ratings on public pages, quality reviews and evaluations."""

from types import ModuleType
from typing import Any

import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from kpi_engine.indicators.indicator import Facts
from kpi_engine.periods import period_named
from kpi_engine.statistics import normal_interval, standard_scores


@pytest.fixture
def answer(observing: ModuleType) -> Any:  # noqa: ANN401 -- a function
    """Return a row of a survey that was answered a day after it was sent."""

    def made(instrument: str, score: float | None, number: object = 1, **values: Any) -> Any:  # noqa: ANN401
        of_row = {name: values.pop(name) for name in ("at", "agent", "about") if name in values}
        usual = {
            "response_id": f"n-{number}",
            "instrument": instrument,
            "item": {"nps": "recommend", "ces": "effort", "csat": "satisfaction"}.get(instrument, "P1"),
            "score": score,
            "scale_min": 0 if instrument == "nps" else 1,
            "scale_max": 10 if instrument == "nps" else 7,
            "answered_at": None if score is None else "2026-10-06T09:00:00+07:00",
        }
        return observing.row("surveys", **of_row, **{**usual, **values})

    return made


# --- Net promoter score -----------------------------------------------------------------------------------------------


def test_r15_70_promoters_and_20_detractors_of_100_are_plus_50_give_or_take_15_8(
    observing: ModuleType,
    answer: Any,  # noqa: ANN401 -- a function
) -> None:
    scores = [9] * 40 + [10] * 30 + [7] * 5 + [8] * 5 + [0] * 10 + [6] * 10
    found = observing.measured(answer("nps", score, number) for number, score in enumerate(scores))
    net = observing.figure("net_promoter_score", found)
    assert (net.value, net.n, net.enough) == (50, 100, True)
    assert (net.high - 50, 50 - net.low) == pytest.approx((15.8, 15.8), abs=0.05)
    assert observing.figure("promoter_share", found).value == 0.7
    assert observing.figure("detractor_share", found).value == 0.2


def test_the_same_score_of_another_split_keeps_its_split(observing: ModuleType, answer: Any) -> None:  # noqa: ANN401
    found = observing.measured(
        answer("nps", score, number) for number, score in enumerate([9] * 60 + [8] * 30 + [0] * 10)
    )
    assert observing.figure("net_promoter_score", found).value == 50
    assert observing.figure("detractor_share", found).value == 0.1
    assert observing.figure("net_promoter_score", found).high < 65.8


def test_the_interval_of_a_mean_is_the_normal_one_of_statsmodels() -> None:
    values = [100, 100, 0, -100, 100, 0, 0, 100]
    found = normal_interval(sum(values), sum(each * each for each in values), len(values))
    assert found == pytest.approx(_by_statsmodels(values), abs=1e-9)
    assert normal_interval(0, 0, 0) is None


def _by_statsmodels(values: list[int]) -> tuple[float, float]:
    """Return its interval with the variance divided by n."""
    described = DescrStatsW(values, ddof=0)
    margin = stats.norm.ppf(0.975) * described.std / len(values) ** 0.5
    return described.mean - margin, described.mean + margin


@pytest.mark.parametrize(("score", "net"), [(10, 100), (9, 100), (8, 0), (7, 0), (6, -100), (0, -100)])
def test_0_is_a_detractors_and_7_is_nobodys(observing: ModuleType, answer: Any, score: int, net: int) -> None:  # noqa: ANN401
    found = observing.figure("net_promoter_score", observing.measured([answer("nps", score)]))
    assert (found.value, found.n, found.enough) == (net, 1, False)


def test_no_answers_make_no_score_and_one_is_no_verdict(observing: ModuleType, answer: Any) -> None:  # noqa: ANN401
    nothing = observing.figure("net_promoter_score", observing.measured([answer("nps", None)]))
    assert (nothing.value, nothing.n, nothing.low) == (None, 0, None)
    assert observing.figure("net_promoter_response_rate", observing.measured([answer("nps", None)])).value == 0
    assert observing.figure("net_promoter_response_rate", observing.measured([answer("ces", 3)])).value is None


def test_another_scale_than_0_to_10_is_left_out(observing: ModuleType, answer: Any) -> None:  # noqa: ANN401
    found = observing.measured([answer("nps", 9, scale_min=1)])
    assert observing.left_out("net_promoter_score", found) == [(None, "scale_unfit")]
    assert observing.figure("net_promoter_score", found).value is None


def test_an_agent_is_credited_where_the_answer_is_about_one_ticket_else_his_team_alone(
    observing: ModuleType,
    answer: Any,  # noqa: ANN401 -- a function
) -> None:
    found = observing.measured([answer("nps", 9, 1), answer("nps", 9, 2, about=(None, "35436"))])
    assert [line.agent for line in observing.lines("net_promoter_score", found)] == [None, "an"]


def test_an_answer_counts_when_it_came_and_the_survey_when_it_was_sent(
    observing: ModuleType,
    answer: Any,  # noqa: ANN401 -- a function
) -> None:
    september = period_named("2026-09", observing.ZONE)
    rows = [answer("nps", 9, at="09-30 20:00", answered_at="2026-10-01T08:00:00+07:00")]
    assert observing.figure("net_promoter_score", observing.measured(rows)).n == 1
    assert observing.figure("net_promoter_response_rate", observing.measured(rows)).n == 0
    before = observing.measured(rows, period=september)
    assert observing.figure("net_promoter_response_rate", before, period=september).value == 0, "not answered yet"
    assert observing.figure("net_promoter_score", before, period=september).n == 0


def test_of_several_questions_the_one_that_asks_for_it_counts(observing: ModuleType, answer: Any) -> None:  # noqa: ANN401
    two = [answer("nps", 9, item="recommend"), answer("nps", 0, item="price")]
    assert observing.figure("net_promoter_score", observing.measured(two)).value == 100
    unnamed = [answer("nps", 9, item="price"), answer("nps", 0, item="place")]
    assert observing.figure("net_promoter_score", observing.measured(unnamed)).n == 0
    assert observing.figure("net_promoter_score", observing.measured(unnamed[:1])).n == 1


# --- Effort, willingness, satisfaction --------------------------------------------------------------------------------


def test_which_end_is_easy_depends_on_the_wording(observing: ModuleType, answer: Any) -> None:  # noqa: ANN401
    rows = [
        answer("ces", 7, 1, higher_is_better=True),
        answer("ces", 2, 2, higher_is_better=False),
        answer("ces", 4, 3, higher_is_better=True),
        answer("ces", 7, 4),
    ]
    found = observing.measured(rows)
    mean = observing.figure("customer_effort", found)
    assert (mean.value, mean.series, mean.n) == (pytest.approx(17 / 3), "1-7", 3)
    assert observing.figure("customer_effort_easy", found).value == pytest.approx(2 / 3)
    assert [reason for _, reason in observing.left_out("customer_effort", found)] == ["wording_unknown"]


def test_who_would_go_on_paying_is_another_question_of_the_same_survey(
    observing: ModuleType,
    answer: Any,  # noqa: ANN401 -- a function
) -> None:
    rows = [
        answer("ces", 6, 1, higher_is_better=True),
        answer("ces", 5, 1, item="willingness", scale_max=5),
        answer("ces", 5, 2, item="willingness", scale_max=5, higher_is_better=False),
        answer("ces", None, 3, item="willingness"),
    ]
    found = observing.measured(rows)
    assert observing.figure("customer_effort", found).n == 1
    assert observing.figure("willingness_to_stay", found).value == 0.5
    assert observing.figure("willingness_to_stay_mean", found).value == 3
    assert observing.figure("customer_effort_response_rate", found).value == pytest.approx(2 / 3)


def test_satisfaction_asked_elsewhere_is_a_figure_of_its_own(observing: ModuleType, answer: Any) -> None:  # noqa: ANN401
    found = observing.measured(answer("csat", score, score, scale_max=5) for score in (5, 4, 3))
    assert observing.figure("survey_satisfaction_rate", found).value == pytest.approx(2 / 3)
    assert observing.figure("survey_satisfaction_mean", found).value == 4


# --- SERVQUAL ---------------------------------------------------------------------------------------------------------


def paired(answer: Any, dimension: str, expected: float, perceived: float, **values: Any) -> list[Any]:  # noqa: ANN401
    return [
        answer("servqual", score, dimension=dimension, kind=kind, **values)
        for kind, score in (("expectation", expected), ("perception", perceived))
    ]


@pytest.fixture
def five(answer: Any) -> list[Any]:  # noqa: ANN401 -- a function
    """Return one response with a gap of -2, -1, 0, 1 and 2 in the five dimensions."""
    dimensions = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")
    return [row for place, each in enumerate(dimensions) for row in paired(answer, each, 4, 2 + place)]


def test_a_gap_is_what_is_perceived_less_what_is_expected(observing: ModuleType, five: list[Any]) -> None:
    found = observing.measured(five)
    gaps = [observing.figure(f"service_quality_gap_{each}", found).value for each in ("tangibles", "empathy")]
    assert gaps == [-2, 2]
    overall = observing.figure("service_quality_gap", found)
    assert (overall.value, overall.n, overall.series) == (0, 1, "1-7")
    assert {line.agent for line in observing.lines("service_quality_gap", found)} == {None}


def test_the_dimensions_weigh_what_was_configured(observing: ModuleType, five: list[Any]) -> None:
    rest = {"weight_responsiveness": 0, "weight_assurance": 0, "weight_empathy": 0}
    rules = observing.choosing("service_quality_gap", weight_tangibles=30, weight_reliability=10, **rest)
    assert observing.figure("service_quality_gap", observing.measured(five, rules)).value == -1.75
    none = observing.choosing("service_quality_gap", weight_tangibles=0, weight_reliability=0, **rest)
    assert observing.figure("service_quality_gap", observing.measured(five, none)).value is None


def test_what_has_no_pair_or_lacks_a_dimension_is_left_out(
    observing: ModuleType,
    five: list[Any],
    answer: Any,  # noqa: ANN401 -- a function
) -> None:
    without = observing.measured(five[1:])
    assert observing.left_out("service_quality_gap_tangibles", without) == [(None, "no_pair")]
    assert observing.left_out("service_quality_gap", without) == [(None, "dimension_missing")]
    other_scale = [answer("servqual", 3, dimension="empathy", kind="perception", scale_max=5), five[8]]
    assert observing.left_out("service_quality_gap_empathy", observing.measured(other_scale)) == [(None, "no_pair")]
    assert observing.figure("service_quality_response_rate", without).value == 1


# --- Public pages -----------------------------------------------------------------------------------------------------


def test_stars_have_a_mean_a_number_and_a_negative_share(observing: ModuleType) -> None:
    rows = [observing.row("social", stars=stars, url=str(place)) for place, stars in enumerate((5, 4, 2, 1))]
    found = observing.measured([*rows, observing.row("social", at="10-01 09:00", stars=9, scale_max=10, url="x")])
    assert (observing.figure("social_rating", found).value, observing.figure("social_rating", found).series) == (
        3,
        "0-5",
    )
    assert observing.figure("social_reviews", found).value == 5
    assert observing.figure("social_negative_share", found).value == 0.4
    assert observing.figure("social_negative_share", []).value is None


# --- Quality reviews --------------------------------------------------------------------------------------------------


def reviewed(observing: ModuleType, review: str, category: str, score: float | None, **values: Any) -> Any:  # noqa: ANN401
    usual = {"review_id": review, "category": category, "weight": 1, "score": score, "scale_min": 0, "scale_max": 100}
    return observing.row("qa_reviews", **{**usual, **values})


def test_r12_reviews_of_100_9_91_63_96_90_99_and_0_make_52_97(observing: ModuleType) -> None:
    scores = (100, 9.91, 63.96, 90.99, 0)
    found = observing.measured(reviewed(observing, f"r-{n}", "attitude", score) for n, score in enumerate(scores))
    quality = observing.figure("quality_score", found)
    assert quality.value == pytest.approx(0.52972, abs=1e-9)
    assert (round(quality.value * 100, 2), quality.n, quality.enough) == (52.97, 5, True)


@pytest.mark.parametrize(
    ("points", "shares"),
    [(3, [0, 0.5, 1]), (4, [0, 1 / 3, 2 / 3, 1]), (5, [0, 0.25, 0.5, 0.75, 1])],
)
def test_r13_a_scale_of_some_points_is_spread_from_0_to_100(
    observing: ModuleType, points: int, shares: list[float]
) -> None:
    for place, share in enumerate(shares):
        row = reviewed(observing, "r", "listening", place + 1, scale_min=1, scale_max=points)
        found = observing.measured([row])
        assert observing.figure("quality_score", found).value == pytest.approx(share, abs=1e-9)
        assert observing.figure("quality_listening", found).value == pytest.approx(share, abs=1e-9)


def test_what_does_not_apply_leaves_both_sums_and_a_failed_critical_category_leaves_nothing(
    observing: ModuleType,
) -> None:
    review = [
        reviewed(observing, "r-1", "listening", 75, weight=2),
        reviewed(observing, "r-1", "attitude", None, na=True, weight=5),
        reviewed(observing, "r-1", "correctness", 50, critical=True),
    ]
    assert observing.figure("quality_score", observing.measured(review)).value == pytest.approx(2 / 3)
    failed = [*review[:2], reviewed(observing, "r-1", "correctness", 49.9, critical=True)]
    found = observing.measured(failed)
    assert observing.figure("quality_score", found).value == 0
    assert observing.figure("quality_listening", found).value == 0.75, "the categories stand as they are"
    assert observing.figure("quality_attitude", found).value is None


def test_a_review_of_nothing_is_left_out(observing: ModuleType) -> None:
    nothing = observing.measured([reviewed(observing, "r-1", "attitude", None, na=True)])
    assert observing.left_out("quality_score", nothing) == [("an", "nothing_applied")]
    weightless = observing.measured([reviewed(observing, "r-1", "attitude", 5, weight=0)])
    assert observing.left_out("quality_score", weightless) == [("an", "no_weight")]


def test_an_answer_is_correct_or_not_and_calls_count_theirs(observing: ModuleType) -> None:
    rows = [
        reviewed(observing, "r-1", "correctness", 100),
        reviewed(observing, "r-2", "correctness", 99),
        observing.row("calls", direction="inbound", outcome="answered", talk_s=60, questions=3, correct=2),
        observing.row("calls", direction="inbound", outcome="answered", talk_s=61, questions=0, correct=0),
        observing.row("calls", direction="inbound", outcome="answered", talk_s=62, questions=4),
    ]
    found = observing.figure("correct_answer_rate", observing.measured(rows))
    assert (found.numerator, found.denominator) == (3, 5)
    lenient = observing.choosing("correct_answer_rate", correct_from=50)
    assert observing.figure("correct_answer_rate", observing.measured(rows, lenient)).numerator == 4


def test_reviews_cover_so_many_of_the_tickets_solved(observing: ModuleType, play: Any) -> None:  # noqa: ANN401
    """An solves a ticket.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes solved by an
    """
    june = period_named("2025-06", observing.ZONE)
    solved = play("06-20 09:00").measurement
    assert observing.figure("review_coverage", [solved], period=june).value == 0
    covered = Facts(reviewed=frozenset({solved.ticket_id}))
    assert observing.figure("review_coverage", [solved], period=june, facts=covered).value == 1
    (review,) = observing.measured([reviewed(observing, "r-1", "attitude", 5, at="10-05 09:00")])
    assert observing.figure("review_coverage", [review]).value is None, "nothing was solved"


# --- Evaluations ------------------------------------------------------------------------------------------------------


def evaluated(observing: ModuleType, agent: str, score: float, **values: Any) -> Any:  # noqa: ANN401
    usual = {
        "period": "2026-10",
        "evaluator": "lead",
        "role": "manager",
        "item": "care",
        "score": score,
        "scale_max": 5,
    }
    return observing.row("evaluations", "10-31 23:59", agent, **{**usual, **values})


def test_items_count_by_their_weights_and_scales_never_mix(observing: ModuleType) -> None:
    rows = [
        evaluated(observing, "an", 5, weight=3),
        evaluated(observing, "an", 1, item="teamwork"),
        evaluated(observing, "an", 2, role="peer", evaluator="binh", item="teamwork"),
        evaluated(observing, "an", 5, role="self", evaluator="an", item="teamwork"),
        evaluated(observing, "an", 3, role="self", evaluator="an", item="adaptability", weight=0),
    ]
    found = observing.measured(rows)
    values = {
        key: observing.figure(key, found).value
        for key in ("manager_evaluation", "peer_evaluation", "self_evaluation", "teamwork", "adaptability")
    }
    expected = {"manager_evaluation": 4, "peer_evaluation": 2, "self_evaluation": 5, "teamwork": 1.5}
    assert values == expected | {"adaptability": None}
    assert observing.figure("manager_evaluation", found).series == "1-5"
    weightless = observing.measured([evaluated(observing, "an", 3, weight=0)])
    assert observing.left_out("manager_evaluation", weightless) == [("an", "no_weight")]


def test_a_strict_and_a_mild_manager_become_comparable(observing: ModuleType) -> None:
    strict = {"an": 1, "binh": 2, "chi": 3}
    mild = {"dung": 3, "em": 4, "giang": 5}
    rows = [evaluated(observing, agent, score) for agent, score in strict.items()]
    rows += [evaluated(observing, agent, score, evaluator="boss") for agent, score in mild.items()]
    found = observing.measured(rows)
    assert {each.source for each in found} == {"evaluations.csv:2"}
    calibrated = {
        line.agent: line.numerator / line.denominator
        for line in observing.lines("manager_evaluation_calibrated", found)
    }
    assert calibrated == pytest.approx({"an": -1, "binh": 0, "chi": 1, "dung": -1, "em": 0, "giang": 1}, abs=1e-9)


def test_who_is_evaluated_alone_or_like_all_others_cannot_be_compared(observing: ModuleType) -> None:
    alone = observing.measured([evaluated(observing, "an", 3)])
    assert observing.left_out("manager_evaluation_calibrated", alone) == [("an", "nothing_to_compare")]
    alike = observing.measured([evaluated(observing, agent, 3) for agent in ("an", "binh")])
    assert len(observing.left_out("manager_evaluation_calibrated", alike)) == 2
    nobody = observing.measured([evaluated(observing, None, 3)])
    assert observing.left_out("manager_evaluation_calibrated", nobody) == []


@pytest.mark.parametrize("values", [[1.0, 2.0, 4.0, 4.5], [3.0, 3.0, 5.0], [-1.0, 1.0]])
def test_standard_scores_are_scipys(values: list[float]) -> None:
    assert standard_scores(values) == pytest.approx(stats.zscore(values, ddof=1), abs=1e-9)


def test_there_are_no_standard_scores_of_one_of_none_and_of_equal_values() -> None:
    assert [standard_scores(values) for values in ([], [1.0], [2.0, 2.0])] == [None, None, None]


def test_a_months_evaluation_is_no_weeks_and_is_one_of_its_quarter(observing: ModuleType) -> None:
    week, quarter = (period_named(label, observing.ZONE) for label in ("2026-W44", "2026-Q4"))
    rows = [evaluated(observing, "an", 3), evaluated(observing, "binh", 4)]
    of_week = observing.measured(rows, period=week)
    assert [each.lines for each in of_week] == [(), ()]
    found = observing.measured(rows, period=quarter)
    assert observing.figure("manager_evaluation", found, period=quarter).n == 2
