from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.organization import Organization, Place, organization
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Question, Scope, Window, cell, lines_of

if TYPE_CHECKING:
    from kpi_engine.measurement import CreditLine

Play = Callable[..., Any]


def moved(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    """Return the organization in which An goes from Lan's north to Minh's south on the 10th."""
    turn = timelines.moment("06-10 00:00")
    north = {"team": "north", "lead": "acme/lan", "end": turn}
    south = {"team": "south", "lead": "acme/minh", "start": turn}
    body = {"places": {"an": [north, south], "binh": [{"team": "north"}]}}
    return timelines.edition("organization", body)


def test_who_changes_team_while_holding_a_ticket_has_it_in_both_each_to_its_day(
    play: Play, timelines: ModuleType
) -> None:
    """An answers twice before the move and once after it, and solves then.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:00 an replies
    06-09 11:00 customer writes
    06-09 11:30 an replies
    06-10 09:00 customer writes
    06-10 09:30 an replies, status becomes solved
    """
    played = play("06-12 09:00", moved(timelines))
    assert [held[1:2] + held[3:] for held in played.held()] == [
        ("north", "06-09 09:00", "06-10 00:00"),
        ("south", "06-10 00:00", "06-10 09:30"),
    ]
    as_of = timelines.moment("06-12 09:00")

    def counted(key: str, scope: Scope) -> dict[str | None, float | None]:
        found = timelines.figures_of(key, [played.measurement], played.rulebook, as_of, scope)
        return {subject: cell.value for subject, cell in found.items()}

    assert counted("public_replies", Scope.TEAM) == {"north": 2, "south": 1}
    assert counted("public_replies", Scope.AGENT) == {"an": 3}
    assert counted("solved", Scope.TEAM) == {"south": 1}
    assert counted("created", Scope.TEAM) == {"north": 1}
    organized = played.rulebook.organization.at(as_of)
    for day, lead in (("06-09 23:59", "acme/lan"), ("06-10 00:00", "acme/minh")):
        at = timelines.moment(day)
        assert organized.place("an", played.rulebook.team("an", "1", at), at).lead == lead


def test_a_move_that_is_still_to_come_is_waited_for_and_not_told_yet(play: Play, timelines: ModuleType) -> None:
    """Looked at on the day before.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:00 an replies
    """
    played = play("06-09 12:00", moved(timelines))
    assert played.held() == [("an", "north", "new", "06-09 09:00", None)]
    assert played.measurement.wake_at <= timelines.moment("06-10 00:00") - 1
    assert timelines.moment("06-10 00:00") in played.rulebook.turning_points


def test_a_later_organization_moves_nobody_before_it_was_known(play: Play, timelines: ModuleType) -> None:
    """The move of the 10th is entered on the 11th: until then An was in the north.

    06-09 09:00 customer opens assignee=an group=1
    06-10 09:00 an replies
    06-11 13:00 customer writes
    06-11 14:00 an replies, status becomes solved
    """
    before = timelines.edition("organization", {"team_of": {"an": "north"}})
    known = timelines.moment("06-11 12:00")
    later = timelines.edition("organization", dict(moved(timelines).body), since=known)
    lines = play("06-12 09:00", before, later).measurement.lines
    assert [line.team for line in lines if line.indicator == "public_replies"] == ["north", "south"]


def test_what_a_place_leaves_open_the_team_says_and_what_nobody_says_is_open() -> None:
    teams = {"north": [{"lead": "a/lan", "manager": "a/hoa", "country": "VN", "timezone": "UTC", "end": 10}]}
    body = {"teams": teams, "places": {"an": [{"country": "LA", "tier": "2", "start": 5}]}, "team_of": {"an": "north"}}
    found = organization(body)
    assert found.place("an", found.team("an", 7), 7) == Place(
        team="north", lead="a/lan", manager="a/hoa", country="LA", tier="2", timezone="UTC"
    )
    assert found.place("an", "north", 4).country == "VN"
    assert found.place("an", "north", 10) == Place(team="north", country="LA", tier="2")
    assert found.place(None, None, 7) == Place()
    assert (found.team("binh", 7), found.team(None, 7), found.names, set(found.bounds)) == (
        None,
        None,
        {"north"},
        {5, 10},
    )
    assert Organization(places={"an": [Place(team="south")]}).names == {"south"}


def test_whom_the_helpdesk_says_somebody_reports_to_stands_behind_what_is_said_here() -> None:
    teams = {"north": [{"manager": "a/hoa"}]}
    found = organization({"teams": teams, "managers": {"an": "a/lan", "binh": "a/lan"}, "team_of": {"an": "north"}})
    assert [found.place(agent, found.team(agent, 7), 7).manager for agent in ("an", "binh", "chi")] == [
        "a/hoa",
        "a/lan",
        None,
    ]


def test_who_changes_manager_while_holding_a_ticket_counts_for_both_each_to_its_day(
    play: Play, timelines: ModuleType
) -> None:
    """An works round the clock and stays in the north, whose manager and country change at midnight.

    06-09 21:00 customer opens assignee=an group=1
    06-09 22:00 an replies
    06-10 03:00 an replies, status becomes solved
    """
    turn = timelines.moment("06-10 00:00")
    before = {"manager": "acme/lan", "country": "VN", "end": turn}
    after = {"manager": "acme/minh", "country": "LA", "tier": "2", "start": turn}
    body = {"team_of": {"an": "north"}, "teams": {"north": [before, after]}}
    always = timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "always")
    choice = timelines.edition("calendar_choice", {"by_group": {}, "by_brand": {}, "default": "always"}, since=0)
    played = play("06-12 09:00", timelines.edition("organization", body), always, choice)
    window = Window(
        period_at(PeriodKind.WEEK, timelines.VIETNAM, turn), timelines.moment("06-12 09:00"), played.rulebook
    )

    def counted(key: str, scope: Scope) -> dict[str | None, float | None]:
        lines: dict[str | None, list[CreditLine]] = {}
        for line in lines_of(played.measurement, {key: INDICATORS[key]}, window):
            lines.setdefault(window.subject(line, scope), []).append(line)
        question = Question(scope, "acme", window.period, window.as_of, {})
        return {subject: cell(INDICATORS[key], found, question, subject).value for subject, found in lines.items()}

    assert counted("public_replies", Scope.MANAGER) == {"acme/lan": 1, "acme/minh": 1}
    assert counted("solved", Scope.COUNTRY) == {"LA": 1}
    assert counted("public_replies", Scope.TIER) == {None: 1, "2": 1}
    assert counted("backlog_overlap_max", Scope.MANAGER) == {"acme/lan": 1, "acme/minh": 1}
    assert counted("backlog_overlap_max", Scope.TEAM) == {"north": 1}
    assert counted("customers_served", Scope.COUNTRY) == {"VN": 1, "LA": 1}
    share = window.as_of + 1 - window.period.start
    assert counted("backlog_overlap", Scope.MANAGER) == {
        "acme/lan": pytest.approx(3 * 3600 / share),
        "acme/minh": pytest.approx(3 * 3600 / share),
    }
    window = replace(window, period=period_at(PeriodKind.DAY, timelines.VIETNAM, turn))
    assert counted("backlog_overlap_max", Scope.MANAGER) == {"acme/minh": 1}
