from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.calendars import ALWAYS, Calendar, CalendarDefinition
from kpi_engine.compiling import compiled
from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import period_named
from kpi_engine.reduce import Question, Scope, cells, lines_in
from kpi_engine.roster import NO_ROSTER, Roster, roster

Play = Callable[..., Any]
UTC_OFFICE = Calendar(CalendarDefinition(key="o", name="o", zone="UTC", week=(((540, 1020),),) * 7))
DAY = 86_400


@pytest.fixture(scope="module")
def two_hours(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    """120 minutes round the clock."""
    return timelines.edition("policies", timelines.policy(timelines.first_reply("120m", time="calendar")))


def away(timelines: ModuleType, agent: str, *spans: tuple[str, str]) -> Any:  # noqa: ANN401 -- an Edition
    leave = [[timelines.moment(first), timelines.moment(last)] for first, last in spans]
    return timelines.edition("roster", {"leave": leave}, agent)


def charged(played: Any) -> tuple[object, ...]:  # noqa: ANN401 -- a Played
    clock = played.clock("first_reply")
    return clock.agent, clock.team, clock.spared


def test_a_breach_whose_holder_is_on_leave_is_the_teams_and_he_is_told_why(
    play: Play, timelines: ModuleType, two_hours: object
) -> None:
    """An had it all the time, and went on leave an hour before it was late.

    06-09 09:00 customer opens assignee=an group=1
    """
    played = play("06-09 12:00", two_hours, away(timelines, "an", ("06-09 10:00", "06-10 00:00")))
    assert charged(played) == (None, "group:1", "an")
    late = [line for line in played.measurement.lines if line.indicator in ("overdue_count", "overdue_rate")]
    assert [line.agent for line in late] == [None, None]
    spared = {each.indicator: each.reason for each in played.measurement.omissions if each.agent == "an"}
    assert spared.items() >= {("overdue_count", "on_leave"), ("overdue_rate", "on_leave"), ("goals_met", "on_leave")}


@pytest.mark.parametrize(
    ("leave", "expected"),
    [
        ((), ("binh", "group:1", None)),
        ((("06-09 10:40", "06-09 11:00"),), ("an", "group:1", None)),  # at the very breach he is back, but had no time
        ((("06-09 10:40", "06-09 11:00:01"),), ("an", "group:1", "binh")),
    ],
)
def test_time_on_leave_is_no_time_of_holding(
    play: Play,
    timelines: ModuleType,
    two_hours: object,
    leave: tuple[tuple[str, str], ...],
    expected: tuple[object, ...],
) -> None:
    """An has it for 100 of 120 minutes, then Bình.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:40 assignee becomes binh
    """
    assert charged(play("06-09 12:00", two_hours, away(timelines, "binh", *leave))) == expected


def test_the_team_answers_where_the_longest_holder_was_mostly_away(
    play: Play, timelines: ModuleType, two_hours: object
) -> None:
    """An has it for 110 minutes, on leave for the first hour of them.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:50 assignee becomes binh
    """
    gone = away(timelines, "an", ("06-09 09:00", "06-09 10:00"))
    assert charged(play("06-09 12:00", two_hours, gone)) == (None, "group:1", None)


def test_who_works_mornings_only_is_measured_by_the_mornings(
    play: Play, timelines: ModuleType, two_hours: object
) -> None:
    """Bình, whose hours end at noon, has it for 11 minutes of them: less than a tenth of the goal.

    06-09 10:05 customer opens assignee=an group=1
    06-09 11:49 assignee becomes binh
    """
    mornings = [[[480, 720]]] * 7
    weeks = [[timelines.moment("06-01 00:00"), None, timelines.VIETNAM, mornings]]
    assert charged(play("06-09 13:00", two_hours, timelines.edition("roster", {"weeks": weeks}, "binh")))[0] == "an"
    assert charged(play("06-09 13:00", two_hours))[0] == "binh"


# --- Time at work ----------------------------------------------------------------------------------------------------


def minutes_at_work(body: dict[str, Any], start: int, end: int) -> list[int]:
    """Return, minute by minute, those of [start, end) in which somebody with this roster, else an office, works."""
    found = []
    for at in range(start, end, 60):
        minute, own = at % DAY // 60, None
        for first, last, _zone, week in body.get("weeks", ()):
            if first <= at and (last is None or at < last):
                own = any(opening <= minute < closing for opening, closing in week[(at // DAY + 3) % 7])
        for first, last, spans in body.get("shifts", ()):
            if first <= at < last:
                own = any(opening <= at < closing for opening, closing in spans)
        works = 540 <= minute < 1020 if own is None else own
        if works and not any(first <= at < last for first, last in body.get("leave", ())):
            found.append(at)
    return found


BODIES: list[dict[str, Any]] = [
    {},
    {"leave": [[DAY + 600 * 60, DAY + 700 * 60], [DAY + 650 * 60, 3 * DAY]]},
    {"weeks": [[DAY, None, "UTC", [[[480, 720]], [], [[480, 720], [780, 900]], [], [[0, 1440]], [], []]]]},
    {
        "weeks": [[0, 2 * DAY, "UTC", [[[480, 720]]] * 7]],
        "shifts": [[3 * DAY, 5 * DAY, [[3 * DAY + 3600, 3 * DAY + 7200], [4 * DAY, 4 * DAY + 1800]]]],
        "leave": [[3 * DAY + 5400, 4 * DAY + 600]],
    },
    {"leave": [[0, 7 * DAY]]},
]


@pytest.mark.parametrize("body", BODIES)
def test_time_at_work_is_what_walking_it_minute_by_minute_finds(body: dict[str, Any]) -> None:
    who = roster(body)
    for start in range(0, 6 * DAY, 7 * 3600):
        for length in (0, 3600, 9 * 3600, 2 * DAY):
            worked = minutes_at_work(body, start, start + length)
            assert who.between(UTC_OFFICE, start, start + length) == 60 * len(worked)
        ahead = minutes_at_work(body, start, start + 8 * DAY)
        assert who.first_worked(UTC_OFFICE, start) == ahead[0]
        behind = minutes_at_work(body, start - 2 * DAY, start)
        if behind:
            assert who.last_worked(UTC_OFFICE, start) == behind[-1] + 59


def test_leave_without_end_has_no_work_before_or_after_it() -> None:
    gone = Roster(leave=((-(10**10), 10**10),))
    assert (gone.first_worked(ALWAYS, 5), gone.last_worked(ALWAYS, 5), gone.on_leave(5)) == (None, None, True)
    closed = Calendar(CalendarDefinition(key="c", name="c", zone="UTC", week=((),) * 7))
    assert (NO_ROSTER.first_worked(closed, 5), NO_ROSTER.last_worked(closed, 5)) == (None, None)
    assert (NO_ROSTER.first_worked(ALWAYS, 5), NO_ROSTER.last_worked(ALWAYS, 5), NO_ROSTER.on_leave(5)) == (5, 4, False)


def test_load_is_measured_in_a_persons_own_time(timelines: ModuleType) -> None:
    """An and Bình each hold one ticket all week; Bình works half of the days and is on leave on one of them."""
    t = timelines
    start, end = t.moment("06-09 00:00"), t.moment("06-16 00:00")
    mornings = [[[480, 720]]] * 5 + [[], []]
    leave = [[t.moment("06-11 00:00"), t.moment("06-12 00:00")]]
    part_time = t.edition("roster", {"weeks": [[start, None, t.VIETNAM, mornings]], "leave": leave}, "binh")
    texts = ("06-01 09:00 customer opens assignee=an", "06-10 10:00 customer opens assignee=binh")
    measured = [t.played(t.history(text), [*t.USUAL, part_time], end + 5) for text in texts]
    period, rules = period_named("2025-W24", t.VIETNAM), measured[0].rulebook
    assert (period.start, period.end) == (start, end)

    def told(key: str) -> dict[str | None, Any]:
        lines = lines_in(INDICATORS[key], [each.measurement for each in measured], period, end + 5, rules)
        return dict(cells(INDICATORS[key], lines, Question(Scope.AGENT, "acme", period, end + 5, {})))

    overlap = told("backlog_overlap")
    assert overlap["an"].value == 1
    # Four mornings of four hours are his week; the ticket came at ten on the second day.
    assert overlap["binh"].value == (2 + 4 + 4) / (4 * 4)
    assert told("backlog_overlap_max")["binh"].value == 1


def test_a_roster_told_later_of_an_earlier_day_hides_what_was_known_since_then(timelines: ModuleType) -> None:
    t = timelines
    known = [
        t.edition("roster", {}, "an"),
        t.edition("roster", {"leave": [[50, 60]]}, "an", since=50),
        t.edition("roster", {"leave": [[20, 30], [50, 55]]}, "an", since=20),
    ]
    rules = compiled(known)
    assert [rules.on_leave("an", at) for at in (10, 20, 29, 30, 54, 55)] == [False, True, True, False, True, False]
    assert rules.on_leave("an", 55) is rules.on_leave(None, 20) is False


def test_not_even_a_goal_of_no_time_at_all_is_charged_to_who_is_on_leave(agree: Play, timelines: ModuleType) -> None:
    """The ticket is overdue from the second after it was opened, in the hands of somebody who is away.

    06-09 09:00 customer opens assignee=an group=1
    """
    at_once = timelines.edition("policies", timelines.policy(timelines.first_reply("0m", time="calendar")))
    played = agree("06-09 12:00", at_once, away(timelines, "an", ("06-09 08:00", "06-10 00:00")))
    assert charged(played) == (None, "group:1", "an")
