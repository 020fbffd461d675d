import pytest

from config.targets import TargetSettings, target_documents

LEAST = {"scope": "account", "window": "month", "owner": "Lan"}


def read(**given: object) -> dict[str, object]:
    (document,) = target_documents((TargetSettings.model_validate({**LEAST, **given}),))
    return dict(document)


@pytest.mark.parametrize(
    ("indicator", "kind", "given", "value"),
    [
        ("satisfaction_rate", "abs", "70 %", 0.7),
        ("satisfaction_rate", "abs", 0.7, 0.7),
        ("satisfaction_rate", "abs", 1, 1.0),
        ("satisfaction_rate", "point_change", "+5%", 0.05),
        ("satisfaction_rate", "rel_change", "5 %", 0.05),
        ("first_reply", "abs", "1h 30m", 5400),
        ("first_reply", "point_change", "-15m", -900),
        ("first_reply", "rel_change", "-10 %", -0.1),
        ("complaints", "abs", 3, 3.0),
        ("complaints", "rel_change", -0.1, -0.1),
    ],
)
def test_a_value_is_read_in_the_indicators_unit(indicator: str, kind: str, given: object, value: float) -> None:
    baseline = {} if kind == "abs" else {"baseline": "previous"}
    assert read(indicator=indicator, kind=kind, value=given, **baseline)["value"] == pytest.approx(value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"indicator": "created", "value": 3}, "nobody can say which way"),
        ({"indicator": "complaints", "value": 3, "comparator": "at_least"}, "better the other way"),
        ({"indicator": "complaints", "value": 3, "comparator": "between"}, "only a band has"),
        ({"indicator": "complaints", "value": (1, 3), "comparator": "at_most"}, "only a band has"),
        ({"indicator": "complaints", "value": (3, 3)}, "the lower one"),
        (
            {"indicator": "complaints", "kind": "rel_change", "baseline": "previous", "value": (-0.2, -0.1)},
            "no band",
        ),
        ({"indicator": "complaints", "value": 3, "min_n": 0}, "min_n"),
        ({"indicator": "satisfaction_rate", "value": 70}, "between 0 and 1"),
        ({"indicator": "satisfaction_rate", "value": "-5 %"}, "between 0 and 1"),
        ({"indicator": "satisfaction_rate", "value": "much"}, "this is no share"),
        ({"indicator": "complaints", "kind": "rel_change", "baseline": "previous", "value": -10}, "not clear"),
        ({"indicator": "first_reply", "value": 2}, "no length of time"),
        ({"indicator": "first_reply", "value": "soon"}, "no length of time"),
        ({"indicator": "first_reply", "value": "3 moons"}, "no length of time"),
        ({"indicator": "complaints", "value": "three"}, "a number is needed"),
        ({"indicator": "complaints", "kind": "rel_change", "value": -0.1}, "a change needs a baseline"),
        ({"indicator": "complaints", "value": 3, "baseline": "previous"}, "only a change has one"),
        ({"indicator": "complaints", "kind": "rel_change", "baseline": "previous", "value": 0.1}, "no improvement"),
        ({"indicator": "complaints", "kind": "rel_change", "baseline": "previous", "value": 0}, "no improvement"),
        (
            {"indicator": "satisfaction_rate", "kind": "point_change", "baseline": "2026-Q2", "value": "-5 %"},
            "no improvement",
        ),
        ({"indicator": "complaints", "kind": "rel_change", "baseline": "last", "value": -0.1}, "no baseline"),
        ({"indicator": "complaints", "value": 3, "window": "fortnight"}, "no window"),
        ({"indicator": "complaints", "value": 3, "window": "99 months"}, "no window"),
        ({"indicator": "complaints", "value": 3, "scope": "world"}, "nobody has figures"),
        ({"indicator": "complaints", "value": 3, "scope": "team:"}, "nobody has figures"),
        ({"indicator": "complaints", "value": 3, "scope": "manager:"}, "nobody has figures"),
        ({"indicator": "complaints", "value": 3, "scope": "account:sao-mai"}, "nobody has figures"),
    ],
)
def test_what_is_not_specific_or_measurable_is_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read(**given)


@pytest.mark.parametrize("missing", ["value", "window", "owner", "scope"])
def test_a_target_without_one_of_its_parts_is_refused(missing: str) -> None:
    given = {**LEAST, "indicator": "complaints", "value": 3}
    del given[missing]
    with pytest.raises(ValueError, match=missing):
        TargetSettings.model_validate(given)


def test_windows_scopes_and_days_are_kept_as_the_engine_reads_them() -> None:
    document = read(
        indicator="first_reply",
        value="2h",
        scope="team:tier 1",
        window="3 months",
        announced_on="2026-10-25",
        only={"channel": "mail"},
    )
    told = {key: document[key] for key in ("scope", "subject", "windows", "by", "announced_on", "only")}
    assert told == {
        "scope": "team",
        "subject": "tier 1",
        "windows": 3,
        "by": "month",
        "announced_on": "2026-10-25",
        "only": {"channel": "mail"},
    }


def test_a_band_a_limit_and_the_papers_are_kept_where_they_are_told() -> None:
    assert (
        read(indicator="occupancy", value=("60 %", 0.85)).items()
        >= {
            "comparator": "between",
            "value": 0.6,
            "high": 0.85,
        }.items()
    )
    papers = {"agreed_by": "the team", "agreed_on": "2026-10-20", "valid_from": "2026-11-01", "min_n": 30}
    limit = read(indicator="handling_time", comparator="at_most", value="10m", only={"severity": "S1"}, **papers)
    assert limit.items() >= {**papers, "comparator": "at_most", "value": 600, "only": {"severity": "S1"}}.items()
    bare = read(indicator="complaints", value=3)
    assert not bare.keys() & {"comparator", "high", *papers}
