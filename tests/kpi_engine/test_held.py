import re
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import no_lines
from kpi_engine.periods import period_named
from kpi_engine.reduce import Cell, Question, Scope, cells, lines_in

VIETNAM = "Asia/Ho_Chi_Minh"
Ask = Callable[..., dict[str | None, Cell]]


@pytest.fixture
def ask(timelines: ModuleType) -> Ask:
    """Ask holdings: an indicator's cells by agent in a period, of several timelines measured at an instant."""

    def asked(
        key: str, label: str, as_of: str, *texts: str, rules: tuple[object, ...] = (), scope: Scope = Scope.AGENT
    ) -> dict[str | None, Cell]:
        editions, instant = [*timelines.USUAL, *rules], timelines.moment(as_of)
        measured = [timelines.played(timelines.history(text), editions, instant) for text in texts]
        numbered = [replace(each.measurement, ticket_id=str(number)) for number, each in enumerate(measured)]
        period, indicator = period_named(label, VIETNAM), INDICATORS[key]
        lines = lines_in(indicator, numbered, period, instant, measured[0].rulebook)
        return cells(indicator, lines, Question(scope, "acme", period, instant, {}))

    return asked


def values(found: dict[str | None, Cell]) -> dict[str | None, float | None]:
    return {subject: cell.value for subject, cell in found.items()}


OWED = """
06-09 09:00 customer opens assignee=an
06-09 10:00 an replies
06-09 14:00 customer writes
06-10 09:00 customer writes
06-12 09:00 an replies
06-13 09:00 status becomes solved
"""


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("backlog", ["2025-06-09", "2025-06-10", "2025-06-11", "2025-06-12"]),
        ("unreplied", []),
        ("owed_replies", ["2025-06-09", "2025-06-10", "2025-06-11"]),
        ("overdue_now", ["2025-06-11", "2025-06-12"]),
        # Asked on Monday at 14:00, eight business hours end on Tuesday at 14:00.
        ("forgotten", ["2025-06-10", "2025-06-11"]),
    ],
)
def test_what_is_open_is_right_at_the_end_of_any_past_day(
    ask: Ask, timelines: ModuleType, key: str, days: list[str]
) -> None:
    late = timelines.edition("policies", timelines.policy(timelines.resolution("20h", time="business")))
    every = [f"2025-06-{day:02}" for day in range(8, 15)]
    found = [day for day in every if values(ask(key, day, "06-20 09:00", OWED, rules=(late,)))]
    assert found == days


def test_which_clock_is_over_its_goal_is_told_of_any_past_day(ask: Ask, timelines: ModuleType) -> None:
    """The first reply is late on Monday until it is given, the second from Tuesday on; the solve was never promised."""
    t = timelines
    rules = (t.edition("policies", t.policy(t.first_reply("30m"), t.next_reply("4h"))),)
    every = [f"2025-06-{day:02}" for day in range(9, 14)]
    text = OWED.replace("06-09 10:00 an replies", "06-10 08:00 an replies").replace("06-09 14:00", "06-10 09:00")
    for key, days in (
        ("overdue_now_first_reply", ["2025-06-09"]),
        ("overdue_now_next_reply", ["2025-06-10", "2025-06-11"]),
        ("overdue_now_resolution", []),
        ("overdue_now", ["2025-06-09", "2025-06-10", "2025-06-11"]),
    ):
        assert [day for day in every if values(ask(key, day, "06-20 09:00", text, rules=rules))] == days, key


def test_a_ticket_is_unreplied_until_somebody_answers(ask: Ask) -> None:
    text = "06-09 09:00 customer opens assignee=an\n06-10 09:00 an replies"
    assert values(ask("unreplied", "2025-06-09", "06-12 09:00", text)) == {"an": 1.0}
    assert values(ask("unreplied", "2025-06-10", "06-12 09:00", text)) == {}


def test_forgotten_runs_from_the_oldest_unanswered_message_or_from_the_last_touch_whichever_is_later(
    ask: Ask, timelines: ModuleType
) -> None:
    text = "06-09 09:00 customer opens assignee=an\n06-09 10:00 an notes"
    hour = timelines.edition("parameters", {"indicators": {"forgotten": {"after": 3600}}})
    assert values(ask("forgotten", "2025-06-09", "06-09 11:00", text, rules=(hour,))) == {}
    assert values(ask("forgotten", "2025-06-09", "06-09 11:00:01", text, rules=(hour,))) == {"an": 1.0}
    assert values(ask("forgotten", "2025-06-09", "06-09 17:00", text)) == {}


def test_the_age_of_the_backlog_counts_each_stretch_by_the_calendar_of_that_time(
    ask: Ask, timelines: ModuleType
) -> None:
    """Solved from 10:00 to 11:00, which is part of its age; from 11:30 on in a group that works round the clock."""
    text = """
    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes solved
    06-09 11:00 status becomes open
    06-09 11:30 group becomes night
    """
    rules = (
        timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "always"),
        timelines.edition("calendar_choice", {"by_group": {"night": "always"}, "by_brand": {}, "default": "vn"}),
    )
    found = ask("backlog_age", "2025-06-09", "06-09 13:00", text, rules=rules)["an"]
    assert (found.value, found.median, found.n) == (4 * 3600, 4 * 3600, 1)
    assert ask("backlog_age_calendar", "2025-06-09", "06-09 13:00", text, rules=rules)["an"].value == 4 * 3600
    assert ask("backlog_age", "2025-06-09", "06-09 13:00", text)["an"].value == 3 * 3600
    assert ask("backlog_age", "2025-06-09", "06-09 10:30", text) == {}


def test_a_calendar_that_changes_counts_by_its_edition_of_that_time(ask: Ask, timelines: ModuleType) -> None:
    text = "06-09 08:00 customer opens assignee=an"
    shut = timelines.edition(
        "calendar", timelines.calendar(VIETNAM, [[]] * 7), "vn", since=timelines.moment("06-09 10:00")
    )
    assert ask("backlog_age", "2025-06-09", "06-09 17:00", text, rules=(shut,))["an"].value == 2 * 3600


def test_load_is_the_business_time_held_over_that_of_the_period(ask: Ask) -> None:
    """Monday has 8 business hours: An holds one ticket for all of them, another for the 4 of the morning."""
    first = "06-08 09:00 customer opens assignee=an\n06-10 09:00 status becomes solved"
    second = "06-09 07:00 customer opens assignee=an\n06-09 12:30 assignee becomes binh"
    found = ask("backlog_overlap", "2025-06-09", "06-20 09:00", first, second)
    assert {agent: (cell.numerator, cell.denominator, cell.value) for agent, cell in found.items()} == {
        "an": (12 * 3600, 8 * 3600, 1.5),
        "binh": (4 * 3600, 8 * 3600, 0.5),
    }
    assert values(ask("backlog_overlap", "2025-06-09", "06-20 09:00", first, second, scope=Scope.ACCOUNT)) == {
        "acme": 2.0
    }
    assert values(ask("backlog_overlap", "2025-06-08", "06-20 09:00", first)) == {}  # a Sunday
    assert ask("backlog_overlap", "2025-06-09", "06-09 09:59:59", first)["an"].value == 1.0


def test_loads_by_different_calendars_add_up_as_fractions(ask: Ask, timelines: ModuleType) -> None:
    """Twelve of the day's 24 hours, and two of its 8 business hours."""
    rules = (
        timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "always"),
        timelines.edition("calendar_choice", {"by_group": {"night": "always"}, "by_brand": {}, "default": "vn"}),
    )
    texts = (
        "06-09 00:00 customer opens assignee=an group=night\n06-09 12:00 status becomes solved",
        "06-09 08:00 customer opens assignee=an\n06-09 10:00 status becomes solved",
    )
    found = ask("backlog_overlap", "2025-06-09", "06-20 09:00", *texts, rules=rules)["an"]
    assert (found.value, found.n, found.numerator, found.denominator) == (0.75, 2, 64_800, 86_400)


def test_the_highest_load_is_of_tickets_held_at_once_in_business_time(ask: Ask) -> None:
    texts = (
        "06-09 09:00 customer opens assignee=an\n06-09 21:00 status becomes solved",
        "06-09 20:00 customer opens assignee=an\n06-10 09:00 status becomes solved",  # only the evening is shared
        "06-10 09:00 customer opens assignee=an\n06-10 10:00 status becomes solved",  # begins where the other ends
        "06-09 19:00 customer opens assignee=an\n06-09 20:30 status becomes solved",  # no business time at all
    )
    assert values(ask("backlog_overlap_max", "2025-W24", "06-20 09:00", *texts)) == {"an": 1.0}
    both = (texts[0], "06-09 16:59 customer opens assignee=an")
    assert values(ask("backlog_overlap_max", "2025-W24", "06-20 09:00", *both)) == {"an": 2.0}
    assert values(ask("backlog_overlap_max", "2025-W25", "06-20 09:00", *both)) == {"an": 1.0}


def test_a_ticket_handed_over_inside_a_team_is_one_ticket_of_the_team(ask: Ask) -> None:
    text = "06-09 09:00 customer opens assignee=an group=1\n06-09 10:00 assignee becomes binh"
    found = ask("backlog_overlap_max", "2025-06-09", "06-20 09:00", text, scope=Scope.TEAM)
    assert values(found) == {"group:1": 1.0}


def test_customers_are_counted_once_however_many_tickets_of_theirs_were_held(ask: Ask) -> None:
    texts = (
        "06-08 09:00 customer opens assignee=an requester=lan",
        "06-09 09:00 customer opens assignee=an requester=lan\n06-09 11:00 assignee becomes binh",
        "06-09 09:00 customer opens assignee=an requester=mai\n06-09 10:00 status becomes solved",
        "06-10 09:00 customer opens assignee=an requester=nam",
    )
    found = ask("customers_served", "2025-06-09", "06-20 09:00", *texts)
    assert {agent: (cell.value, cell.n) for agent, cell in found.items()} == {"an": (2.0, 2), "binh": (1.0, 1)}
    assert values(ask("customers_served", "2025-06-09", "06-20 09:00", *texts, scope=Scope.ACCOUNT)) == {"acme": 2.0}


def test_a_ticket_without_requester_serves_nobody(ask: Ask) -> None:
    text = "06-09 09:00 customer opens assignee=an\n06-09 09:00 requester becomes nothing"
    assert ask("customers_served", "2025-06-09", "06-20 09:00", text) == {}
    assert ask("complaint_rate", "2025-06-09", "06-20 09:00", text) == {}


def test_what_only_holdings_answer_has_no_lines_of_its_own(play: Any) -> None:  # noqa: ANN401 -- a fixture
    """Open.

    06-09 09:00 customer opens assignee=an
    """
    assert INDICATORS["backlog"].lines is no_lines
    assert {line.indicator for line in play("06-09 10:00").measurement.lines}.isdisjoint({"backlog", "unreplied"})


BINNED = """
06-09 08:00 customer opens assignee=an
06-09 10:00 status becomes deleted automatically
06-11 10:00 status becomes open automatically
"""


def test_time_in_the_bin_ages_no_ticket(ask: Ask) -> None:
    """Two hours on Monday and, from ten on, six on Wednesday: no more than the eight that make it forgotten."""
    as_of = "06-12 12:00"
    assert values(ask("backlog_age", "2025-06-12", as_of, BINNED)) == {"an": (2 + 6 + 4) * 3600}
    assert values(ask("backlog_age_calendar", "2025-06-12", as_of, BINNED)) == {"an": (2 + 26) * 3600}
    assert values(ask("forgotten", "2025-06-11", as_of, BINNED)) == {}
    assert values(ask("forgotten", "2025-06-12", as_of, BINNED)) == {"an": 1}


@pytest.mark.parametrize(
    ("as_of", "bucket"),
    [
        ("06-10 07:59", "0_to_1_days"),
        ("06-10 08:00", "1_to_3_days"),
        ("06-12 08:00", "3_to_7_days"),
        ("06-16 08:00", "7_to_14_days"),
        ("06-23 08:00", "from_14_days"),
    ],
)
def test_every_open_ticket_is_in_one_bucket_of_age(ask: Ask, as_of: str, bucket: str) -> None:
    story = "06-09 08:00 customer opens assignee=an"
    day = f"2025-{as_of[:5]}"
    found = {key: values(ask(key, day, as_of, story)) for key in INDICATORS if re.fullmatch(r"backlog_.*_days", key)}
    assert found.pop(f"backlog_{bucket}") == {"an": 1}
    assert list(found.values()) == [{}] * 4
