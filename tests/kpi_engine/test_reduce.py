from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Reduction
from kpi_engine.measurement import CreditLine, Measurement, Stamp
from kpi_engine.periods import Period, period_named
from kpi_engine.reduce import Cell, Question, Scope, cell, cells, enters, lines_in

Play = Callable[..., Any]
JUNE_9 = period_named("2025-06-09", "Asia/Ho_Chi_Minh")


@pytest.fixture
def tickets(timelines: ModuleType) -> Callable[..., list[Measurement]]:
    """Measure several timelines, each a ticket, under the usual rules."""

    def measured(as_of: str, *texts: str, rules: tuple[object, ...] = ()) -> list[Measurement]:
        editions = [*timelines.USUAL, *rules]
        instant = timelines.moment(as_of)
        return [timelines.played(timelines.history(text), editions, instant).measurement for text in texts]

    return measured


def reduced(
    key: str,
    measurements: list[Measurement],
    scope: Scope = Scope.AGENT,
    period: Period = JUNE_9,
    min_n: Mapping[str, int] | None = None,
) -> dict[str | None, Cell]:
    as_of = max(measurement.as_of for measurement in measurements)
    lines = lines_in(INDICATORS[key], measurements, period, as_of, compiled(()))
    return cells(INDICATORS[key], lines, Question(scope, "acme", period, as_of, min_n or {}))


def values(found: Mapping[str | None, Cell]) -> dict[str | None, float | None]:
    return {subject: cell.value for subject, cell in found.items()}


def test_counts_are_kept_by_agent_by_team_and_for_the_account_nobody_included(
    tickets: Callable[..., list[Measurement]],
) -> None:
    measurements = tickets(
        "06-10 09:00",
        "06-09 09:00 customer opens assignee=an group=1",
        "06-09 10:00 customer opens assignee=an group=2",
        "06-09 11:00 customer opens group=1",
    )
    assert values(reduced("created", measurements)) == {"an": 2.0, None: 1.0}
    assert values(reduced("created", measurements, Scope.TEAM)) == {"group:1": 2.0, "group:2": 1.0}
    assert values(reduced("created", measurements, Scope.ACCOUNT)) == {"acme": 3.0}


def test_a_line_belongs_to_the_period_its_instant_lies_in_and_midnight_to_the_next(
    tickets: Callable[..., list[Measurement]],
) -> None:
    measurements = tickets(
        "06-12 09:00",
        "06-08 23:59:59 customer opens",
        "06-09 00:00 customer opens assignee=an",
        "06-09 23:59:59 customer opens assignee=an",
        "06-10 00:00 customer opens",
    )
    assert values(reduced("created", measurements)) == {"an": 2.0}


def test_a_time_is_its_mean_with_median_and_90th_percentile_beside_it(
    tickets: Callable[..., list[Measurement]],
) -> None:
    openings = [f"06-09 08:00 customer opens\n06-09 08:{minutes} an replies" for minutes in (10, 20, 30)]
    found = reduced("first_reply", tickets("06-10 09:00", *openings, "06-09 08:00 customer opens"))["an"]
    assert (found.value, found.median, found.p90, found.n) == (1200.0, 1200.0, 1680.0, 3)
    assert (found.numerator, found.denominator, found.low, found.high) == (3600, 3, None, None)


def test_a_share_has_its_wilson_interval_and_is_no_verdict_below_min_n(
    tickets: Callable[..., list[Measurement]],
) -> None:
    opening = "06-09 09:00 customer opens assignee=an\n06-09 10:00 customer rated "
    measurements = tickets("06-10 09:00", *[opening + "good"] * 9, opening + "neutral")
    found = reduced("satisfaction_rate", measurements)["an"]
    assert (found.value, found.numerator, found.denominator, found.enough, found.min_n) == (0.9, 9, 10, True, 10)
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.5958, 0.9821)
    assert reduced("satisfaction_rate", measurements[:9])["an"].enough is False
    assert reduced("satisfaction_rate", measurements, min_n={"satisfaction_rate": 11})["an"].enough is False
    assert (found.median, found.p90) == (None, None)


def test_without_lines_a_count_is_zero_and_every_other_value_is_none() -> None:
    question = Question(Scope.AGENT, "acme", JUNE_9, JUNE_9.end, {})
    assert cell(INDICATORS["created"], [], question, "an").value == 0.0
    assert cell(INDICATORS["backlog"], [], question, "an").value == 0.0
    for key in ("first_reply", "satisfaction_rate"):
        empty = cell(INDICATORS[key], [], question, "an")
        assert (empty.value, empty.low, empty.median, empty.n, empty.enough) == (None, None, None, 0, False)


def test_the_backlog_of_a_past_day_is_what_was_held_at_its_end_whatever_became_of_it(
    tickets: Callable[..., list[Measurement]],
) -> None:
    measurements = tickets(
        "06-12 09:00",
        "06-09 09:00 customer opens assignee=an\n06-10 00:00 status becomes solved",
        "06-09 09:00 customer opens assignee=an\n06-09 23:59:59 status becomes solved",
        "06-09 09:00 customer opens\n06-11 09:00 assignee becomes an",
        "06-10 00:00 customer opens assignee=an",
    )
    found = reduced("backlog", measurements)
    assert values(found) == {"an": 1.0, None: 1.0}
    assert [
        line.at for line in lines_in(INDICATORS["backlog"], measurements, JUNE_9, 2 * JUNE_9.end, compiled(()))
    ] == [JUNE_9.end - 1] * 2


def test_the_backlog_of_a_running_day_is_that_of_now(tickets: Callable[..., list[Measurement]]) -> None:
    ticket = "06-09 09:00 customer opens assignee=an\n06-09 12:00 assignee becomes binh"
    assert values(reduced("backlog", tickets("06-09 11:59:59", ticket))) == {"an": 1.0}
    assert values(reduced("backlog", tickets("06-09 12:00", ticket))) == {"binh": 1.0}


def test_a_cell_names_the_editions_behind_it_and_says_where_a_calendar_was_guessed(
    tickets: Callable[..., list[Measurement]], timelines: ModuleType
) -> None:
    t = timelines
    old = t.edition("policies", t.policy(t.first_reply("1h")))
    new = t.edition("policies", t.policy(t.first_reply("2h")), since=t.moment("06-09 12:00"))
    nothing_chosen = t.edition("calendar_choice", {"assumed": "vn"}, since=0)
    texts = (
        "06-09 09:00 customer opens\n06-09 10:00 an replies",
        "06-09 14:00 customer opens\n06-09 15:00 an replies",
    )
    sure = reduced("first_reply", tickets("06-10 09:00", *texts, rules=(old, new)))["an"]
    assert sure.editions == tuple(sorted((old.digest, new.digest)))
    assert sure.approximate is False
    guessed = tickets("06-10 09:00", *texts, rules=(nothing_chosen,))
    assert reduced("first_reply", guessed)["an"].approximate is True


def line(
    numerator: int, denominator: int = 1, *, at: int = 0, part: str | None = None, ticket: str = "1"
) -> CreditLine:
    """Return a credit line of An's."""
    stamp = Stamp(at, "an", "t", ticket, "acme", "web", "high", "vip", "e")
    return CreditLine("", stamp, numerator, denominator, part)


@pytest.mark.parametrize(
    ("reduction", "lines", "expected"),
    [
        (Reduction.COUNT, [line(5), line(7)], (2.0, 2, 12, 2)),
        (Reduction.SUM, [line(5), line(-7)], (-2.0, 2, -2, 2)),
        (Reduction.MEAN, [line(5), line(6)], (5.5, 2, 11, 2)),
        (Reduction.SHARED, [line(5), line(6, ticket="2"), line(2)], (6.5, 2, 13, 2)),
        (Reduction.SHARED, [], (None, 0, 0, 0)),
        (Reduction.RATIO, [line(1, 4), line(0, 4)], (0.125, 2, 1, 8)),
        (Reduction.RATIO, [line(1, 0)], (None, 1, 1, 0)),
        (Reduction.MAX, [line(5), line(9), line(7)], (9.0, 3, 9, 1)),
        (Reduction.MAX, [], (None, 0, 0, 0)),
        (Reduction.LEVEL, [line(1, at=5), line(-1, at=7), line(1, at=7), line(1, at=6)], (2.0, 4, 2, 1)),
        (Reduction.LEVEL, [], (0.0, 0, 0, 1)),
        (Reduction.OVERLAP, [line(1, 2), line(1, 3)], (5 / 6, 2, 5, 6)),
        (Reduction.OVERLAP, [], (0.0, 0, 0, 1)),
        (Reduction.DISTINCT, [line(1, part="a"), line(1, part="b"), line(1, part="a")], (2.0, 2, 2, 2)),
        (Reduction.DISTINCT_RATIO, [line(0, part="a"), line(1, part="a"), line(0, part="b")], (0.5, 2, 1, 2)),
        (Reduction.DISTINCT_RATIO, [], (None, 0, 0, 0)),
        (Reduction.SERIES_MEAN, [line(9, at=1, part="1-9"), line(4, at=2, part="1-5")], (4.0, 1, 4, 1)),
        (Reduction.SERIES_MEAN, [], (None, 0, 0, 0)),
        (Reduction.SCORE, [line(1, 2), line(1, 4)], (0.375, 2, 3, 8)),
    ],
)
def test_each_reduction_is_exact(
    reduction: Reduction, lines: list[CreditLine], expected: tuple[float | None, int, int, int]
) -> None:
    indicator = replace(INDICATORS["solved"], reduction=reduction)
    found = cell(indicator, lines, Question(Scope.AGENT, "acme", JUNE_9, JUNE_9.end, {}), "an")
    assert (found.value, found.n, found.numerator, found.denominator) == expected
    counts = {Reduction.COUNT, Reduction.SUM, Reduction.LEVEL, Reduction.OVERLAP, Reduction.DISTINCT}
    assert found.enough is (reduction in counts or found.n >= 1)


def test_only_the_lines_of_the_newest_series_enter_a_mean_score() -> None:
    lines = [line(9, at=1, part="1-9"), line(4, at=2, part="1-5")]
    found = cell(
        replace(INDICATORS["solved"], reduction=Reduction.SERIES_MEAN),
        lines,
        Question(Scope.AGENT, "acme", JUNE_9, JUNE_9.end, {}),
        "an",
    )
    assert [enters(each, found) for each in lines] == [False, True]
    assert enters(lines[0], replace(found, series=None))


@pytest.mark.parametrize(
    ("scope", "subject"),
    [(Scope.CHANNEL, "web"), (Scope.PRIORITY, "high"), (Scope.SEGMENT, "vip"), (Scope.TEAM, "t"), (Scope.AGENT, "an")],
)
def test_a_line_is_reduced_by_whatever_is_asked(scope: Scope, subject: str) -> None:
    question = Question(scope, "acme", JUNE_9, JUNE_9.end, {})
    assert set(cells(INDICATORS["solved"], [line(1)], question)) == {subject}


@pytest.mark.parametrize("label", ["2025-06-09", "2025-W24", "2025-06", "2025-Q2"])
def test_a_figure_is_reduced_over_a_day_a_week_a_month_or_a_quarter(
    tickets: Callable[..., list[Measurement]], label: str
) -> None:
    measurements = tickets("06-20 09:00", "06-09 09:00 customer opens assignee=an")
    assert values(reduced("created", measurements, period=period_named(label, "Asia/Ho_Chi_Minh"))) == {"an": 1.0}


def test_r18_median_90th_percentile_and_mean_of_ten_times() -> None:
    lines = [line(seconds) for seconds in (*range(10, 100, 10), 1000)]
    found = cell(INDICATORS["first_reply"], lines, Question(Scope.AGENT, "acme", JUNE_9, JUNE_9.end, {}), "an")
    assert (found.value, found.median, found.p90) == (145.0, 55.0, 181.0)


@pytest.mark.parametrize(
    ("good", "n", "low", "high"),
    [(9, 10, 0.5958, 0.9821), (45, 50, 0.7864, 0.9565), (450, 500, 0.8706, 0.9233), (0, 5, 0, 0.4345),
     (5, 5, 0.5655, 1), (1, 1, 0.2065, 1)],
)  # fmt: skip
def test_r17_the_interval_of_a_share_is_wilsons(good: int, n: int, low: float, high: float) -> None:
    lines = [line(1)] * good + [line(0)] * (n - good)
    found = cell(INDICATORS["satisfaction_rate"], lines, Question(Scope.AGENT, "acme", JUNE_9, 0, {}), "an")
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (low, high)
