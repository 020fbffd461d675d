from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_engine.message import Message
from kpi_engine.periods import Period, PeriodKind, period_at, period_named, periods_between

ZONES = ("Asia/Ho_Chi_Minh", "America/New_York", "America/St_Johns", "America/Havana", "Pacific/Apia", "UTC")
HOUR = 3600


def local(zone: str, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("kind", "label", "start", "end"),
    [
        (PeriodKind.DAY, "2026-11-22", "2026-11-22", "2026-11-23"),
        (PeriodKind.WEEK, "2026-W47", "2026-11-16", "2026-11-23"),
        (PeriodKind.MONTH, "2026-11", "2026-11-01", "2026-12-01"),
        (PeriodKind.QUARTER, "2026-Q4", "2026-10-01", "2027-01-01"),
    ],
)
def test_a_period_runs_from_local_midnight_to_local_midnight(
    kind: PeriodKind, label: str, start: str, end: str
) -> None:
    zone = "Asia/Ho_Chi_Minh"
    expected = Period(kind, zone, local(zone, start), local(zone, end), label)
    assert period_at(kind, zone, expected.start) == expected
    assert period_at(kind, zone, expected.end - 1) == expected
    assert period_at(kind, zone, expected.end) != expected
    assert period_at(kind, zone, expected.start - 1) != expected
    assert period_named(label, zone) == expected


@pytest.mark.parametrize(
    ("label", "before", "after"),
    [
        ("2024-02-29", "2024-02-28", "2024-03-01"),
        ("2026-03-30", "2026-03-29", "2026-03-31"),  # the day before has 23 hours
        ("2026-W53", "2026-W52", "2027-W01"),
        ("2025-W01", "2024-W52", "2025-W02"),
        ("2026-01", "2025-12", "2026-02"),
        ("2026-12", "2026-11", "2027-01"),
        ("2026-Q1", "2025-Q4", "2026-Q2"),
        ("2026-Q3", "2026-Q2", "2026-Q4"),
        ("2026-Q4", "2026-Q3", "2027-Q1"),
    ],
)
def test_each_period_has_a_neighbour_on_either_side(label: str, before: str, after: str) -> None:
    period = period_named(label, "Europe/Berlin")
    assert period.label == label
    assert period.previous() == period_named(before, "Europe/Berlin")
    assert period.next() == period_named(after, "Europe/Berlin")


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_lies_in_its_quarter(month: int) -> None:
    middle = local("UTC", f"2026-{month:02}-15")
    assert period_at(PeriodKind.MONTH, "UTC", middle).label == f"2026-{month:02}"
    assert period_at(PeriodKind.QUARTER, "UTC", middle).label == f"2026-Q{(month - 1) // 3 + 1}"


def test_iso_weeks_belong_to_the_year_of_their_thursday() -> None:
    week = period_at(PeriodKind.WEEK, "UTC", local("UTC", "2027-01-03"))
    assert week.label == "2026-W53"
    assert (week.start, week.end) == (local("UTC", "2026-12-28"), local("UTC", "2027-01-04"))


def test_days_on_which_clocks_change_are_shorter_and_longer() -> None:
    spring, autumn = period_named("2026-03-29", "Europe/Berlin"), period_named("2026-10-25", "Europe/Berlin")
    assert spring.end - spring.start == 23 * HOUR
    assert autumn.end - autumn.start == 25 * HOUR


def test_a_day_whose_midnight_is_skipped_begins_when_the_clocks_jump() -> None:
    day = period_named("2018-11-04", "America/Sao_Paulo")  # 00:00 became 01:00
    assert day.start == local("UTC", "2018-11-04T03:00")
    assert day.end - day.start == 23 * HOUR


def test_a_day_begins_at_the_jump_even_where_that_began_the_evening_before() -> None:
    day = period_named("1919-03-31", "America/Toronto")  # 23:30 on the 30th became 00:30 on the 31st
    assert day.start == local("UTC", "1919-03-31T04:30")
    assert period_at(PeriodKind.DAY, "America/Toronto", day.start) == day
    assert period_at(PeriodKind.DAY, "America/Toronto", day.start - 1).label == "1919-03-30"


def test_a_day_whose_midnight_comes_twice_begins_with_the_first() -> None:
    day = period_named("2026-11-01", "America/Havana")  # 01:00 became 00:00
    assert day.start == local("UTC", "2026-11-01T04:00")
    assert day.end - day.start == 25 * HOUR


def test_minutes_of_the_evening_that_come_back_after_midnight_belong_to_the_day_begun() -> None:
    # St John's put its clocks back from 00:01 to 23:01 of the day before.
    day = period_named("2007-11-04", "America/St_Johns")
    again = day.start + 60 + 1800
    assert datetime.fromtimestamp(again, ZoneInfo("America/St_Johns")).isoformat() == "2007-11-03T23:31:00-03:30"
    assert period_at(PeriodKind.DAY, "America/St_Johns", again) == day
    assert day.previous().end == day.start


def test_a_day_left_out_by_the_date_line_is_nobodys_neighbour() -> None:
    before, after = period_named("2011-12-29", "Pacific/Apia"), period_named("2011-12-31", "Pacific/Apia")
    assert before.next() == after
    assert after.previous() == before
    skipped = period_named("2011-12-30", "Pacific/Apia")
    assert skipped.start == skipped.end == before.end


@given(st.sampled_from(PeriodKind), st.sampled_from(ZONES), st.integers(0, 2_500_000_000))
def test_periods_leave_no_gap_and_never_overlap(kind: PeriodKind, zone: str, instant: int) -> None:
    period = period_at(kind, zone, instant)
    assert period.start <= instant < period.end
    assert period_at(kind, zone, period.start) == period_at(kind, zone, period.end - 1) == period
    assert period.next().start == period.end
    assert period.previous().end == period.start
    assert period_named(period.label, zone) == period


def test_the_periods_between_two_instants_are_all_that_share_one_with_them() -> None:
    zone = "Asia/Ho_Chi_Minh"
    start, end = local(zone, "2026-10-31T23:59:59"), local(zone, "2026-12-01")
    assert [period.label for period in periods_between(PeriodKind.MONTH, zone, start, end)] == ["2026-10", "2026-11"]
    assert [period.label for period in periods_between(PeriodKind.MONTH, zone, start, end + 1)][-1] == "2026-12"
    assert periods_between(PeriodKind.DAY, zone, start, start) == ()
    assert periods_between(PeriodKind.DAY, zone, end, start) == ()


def test_labels_may_be_typed_in_small_letters_and_with_spaces() -> None:
    assert period_named(" 2026-w47 ", "UTC").label == "2026-W47"
    assert period_named("2026-q4", "UTC").label == "2026-Q4"


@pytest.mark.parametrize(
    "label",
    ["", "2026", "2026-13", "2026-00", "2026-02-30", "2025-W53", "2026-W00", "2026-Q5", "2026-11-22-1", "1899-12"],
)
def test_any_other_text_is_refused_with_examples(label: str) -> None:
    with pytest.raises(ValueError, match=rf"“{label}” is not a period; write a day \(2026-11-22\)") as refusal:
        period_named(label, "UTC")
    assert isinstance(refusal.value.args[0], Message)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="“Mars/Base” is not an IANA time zone"):
        period_at(PeriodKind.DAY, "Mars/Base", 0)
    with pytest.raises(ValueError, match="“Mars/Base” is not an IANA time zone"):
        period_named("2026-11", "Mars/Base")
