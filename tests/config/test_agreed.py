"""Benchmarks and scorecards in the configuration: what is refused, and what is kept of them."""

from datetime import date

import pytest
from pydantic import ValidationError

from config.agreement import disagreements
from config.benchmarks import BenchmarkSettings, benchmark_records
from config.benchmarks import lint as benchmark_lint
from config.problems import Document
from config.scorecards import Scorecard, lint, scorecard_documents
from kpi_engine.benchmarks import Benchmark
from kpi_engine.reduce import Scope

RECORD = {"indicator": "first_reply", "value": "2h", "source": "a study", "date": "2026-01-01"}


def test_a_benchmark_is_read_in_its_indicators_unit() -> None:
    told = BenchmarkSettings.model_validate({**RECORD, "low": "30m", "high": "4h", "n": 9, "only": {"channel": "mail"}})
    planned = BenchmarkSettings.model_validate({**RECORD, "indicator": "no_such_key"})
    assert benchmark_records((told, planned)) == [
        Benchmark(
            indicator="first_reply", value=7200, source="a study", told_on="2026-01-01", n=9, low=1800, high=14_400,
            only={Scope.CHANNEL: "mail"},
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"low": "3h"}, "not in this order"),
        ({"high": "1h"}, "not in this order"),
        ({"value": 7200}, "no length of time"),
        ({"low": "soon"}, "no length of time"),
        ({"n": 0}, "greater than or equal to 1"),
    ],
)
def test_a_benchmark_that_cannot_be_read_is_refused(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        BenchmarkSettings.model_validate({**RECORD, **changed})


def test_what_a_benchmark_lacks_is_told() -> None:
    bare = BenchmarkSettings.model_validate({**RECORD, "date": "2024-01-01"})
    told = BenchmarkSettings.model_validate({**RECORD, "n": 9, "low": "1h"})
    assert len(list(benchmark_lint((bare,), date(2026, 11, 1)))) == 3
    assert list(benchmark_lint((told,), date(2026, 11, 1))) == []


def card(**blocks: object) -> dict[str, object]:
    return {"blocks": blocks}


def test_a_scorecard_is_kept_with_weights_for_what_is_listed_and_without_what_is_off() -> None:
    told = Scorecard.model_validate(
        card(
            quality={"weight": 3, "indicators": {"one_touch": 2, "reopen_rate": 1}},
            work={"indicators": ["solved", "net_promoter"]},
            later={"on": False, "indicators": ["satisfaction_rate"]},
        )
    )
    assert scorecard_documents({"support": told})["support"] == {
        "teams": [],
        "blocks": [
            {"name": "quality", "weight": 3.0, "indicators": {"one_touch": 2.0, "reopen_rate": 1.0}},
            {"name": "work", "weight": 1.0, "indicators": {"solved": 1.0}},
        ],
        "grades": {"A": 1.0, "B": 0.9, "C": 0.75, "D": 0.0},
    }
    titled = Scorecard.model_validate(
        {**card(work={"title": "Việc", "indicators": ["solved"]}), "title": {"vi": "Hỗ trợ"}}
    )
    document = scorecard_documents({"support": titled})["support"]
    assert (document["titles"], document["blocks"][0]["titles"]) == ({"vi": "Hỗ trợ"}, {"vi": "Việc", "en": "Việc"})


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (card(work={"weight": -1, "indicators": ["solved"]}), "greater than or equal to 0"),
        (card(work={"indicators": {"solved": -1}}), "less than 0"),
        (card(work={"indicators": ["solved"]}, more={"indicators": ["solved"]}), "counts twice"),
        ({**card(work={}), "grades": {"A": 1, "B": 0.5}}, "begins at 0"),
        ({**card(work={}), "grades": {"A": 0, "B": 0}}, "the same attainment"),
        ({**card(work={}), "grades": {"A": "much", "B": 0}}, "no share"),
        ({**card(work={}), "grades": {"A": -0.5, "B": 0}}, "less than 0"),
    ],
)
def test_a_scorecard_that_cannot_be_put_together_is_refused(told: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Scorecard.model_validate(told)


def test_what_a_scorecard_lacks_is_told() -> None:
    told = {"support": Scorecard.model_validate(card(work={"indicators": ["solved", "reopens"]}, none={}))}
    assert [str(each) for each in lint(told, {"solved"})] == [
        "the scorecard support counts reopens, for which targets agree on nothing: nobody can attain it",
        "the block none of the scorecard support counts nothing",
    ]


def test_roles_and_keys_that_do_not_fit_are_told_where_they_stand() -> None:
    value = {
        "benchmarks": [{"indicator": "solvd"}],
        "scorecards": {
            "one": {"teams": ["Tier-1"], "blocks": {"a": {"indicators": ["solvd"]}}},
            "two": {"teams": ["tier-1"], "blocks": {"a": {"indicators": {"reopns": 1}}}},
            "three": {"blocks": {}},
            "four": {"teams": [], "blocks": {}},
            "five": "no section",
        },
    }
    found = {each.path: str(each.message) for each in disagreements(Document("c", value))}
    assert found == {
        ("benchmarks", 0, "indicator"): "no indicator has this key",
        ("scorecards", "one", "blocks", "a", "indicators", 0): "no indicator has this key",
        ("scorecards", "two", "blocks", "a", "indicators", "reopns"): "no indicator has this key",
        ("scorecards", "two", "teams"): "another role already has this team",
        ("scorecards", "four", "teams"): "another role is everybody's",
    }
