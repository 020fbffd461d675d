import pytest

from kpi_engine.durations import DurationError, months_of, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0m", 0),
        ("30s", 30),
        ("15m", 900),
        ("4h", 14_400),
        ("2d", 172_800),
        ("7 days", 604_800),
        ("1w", 604_800),
        ("1h 30m", 5_400),
        ("1h30m", 5_400),
        (" 1 day 2 hours 3 minutes 4 seconds ", 93_784),
        ("1 minute", 60),
        ("5 min 1 sec", 301),
    ],
)
def test_a_length_of_time_is_read_as_seconds(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15",
        "m",
        "1.5h",
        "-5m",
        "15x",
        "15 M",
        "30m 1h",
        "1h 1h",
        "1h 60",
        "2 months",
        "1h,30m",
        "\u0661\u0665m",
        "1234567s",
    ],
)
def test_what_is_no_length_of_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(DurationError, match="no length of time") as caught:
        seconds_of(text)
    assert "1h 30m" in str(caught.value.allowed)
    assert str(caught.value.message) == str(caught.value)


@pytest.mark.parametrize(("text", "months"), [("25 months", 25), ("1 month", 1), ("2 years", 24), (" 1year ", 12)])
def test_retention_is_read_as_months(text: str, months: int) -> None:
    assert months_of(text) == months


@pytest.mark.parametrize("text", ["", "25", "0 months", "3 days", "1 year 2 months", "-1 months", "m"])
def test_what_is_no_number_of_months_is_refused(text: str) -> None:
    with pytest.raises(DurationError, match="no number of months") as caught:
        months_of(text)
    assert "25 months" in str(caught.value.allowed)
