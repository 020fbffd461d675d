from typing import TYPE_CHECKING

import pytest

from connectors.base import Target
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine, Stamp
from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.reduce import Question, Scope, cell
from sync.agent_fields import field_value
from sync.figures import Figures, figures
from sync.store.changes import ChangeState

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.account import Account
    from tests.sync.conftest import World

HOUR = 3600
DAY = 24 * HOUR
KEYS = ["solved", "first_reply", "satisfaction_rate"]
END = 1_795_399_200 + 7 * DAY - 9 * HOUR  # of the week that began on Monday


@pytest.fixture
def world(make_world: "Callable[..., World]") -> "World":
    """Give an account that shows three indicators on agents' profiles, agent 0 at work since Monday."""
    made = make_world(push={"agent_fields": KEYS}, privacy={"individual": "all"})
    made.advance(120)
    made.run()
    made.answered(minutes=40)
    return made


def at(world: "World", hours: float) -> None:
    """Move to so many hours after the end of the first week, as the data will be complete then."""
    world.advance(END + hours * HOUR + 70 - world.sandbox.now)


def profile(world: "World", place: int = 0) -> dict[str, object]:
    return world.state.users[world.agents[place]].user_fields


def written(world: "World") -> int:
    return world.writes.count("/api/v2/users/update_many.json")


def test_nothing_is_written_on_profiles_unless_asked_for(make_world: "Callable[..., World]") -> None:
    world = make_world()
    world.answered()
    at(world, 12)
    assert world.run().agents == []
    assert written(world) == 0


def test_the_last_complete_week_is_shown_once_its_grace_is_over(world: "World") -> None:
    at(world, 5.9)
    assert world.run().agents == []
    at(world, 6)
    report = world.run()
    (plan,) = report.agents
    assert plan.target_id == str(world.agents[0])
    assert str(plan.why) == "the figures of 2026-W48 are complete"
    assert profile(world) == {"kpi_solved": "1", "kpi_first_reply": "40"}
    assert written(world) == 1


def test_it_is_written_once_a_week(world: "World") -> None:
    at(world, 6)
    world.run()
    for day in range(3):
        at(world, 10 + 24 * day)
        assert world.run().agents == []
    world.answered(minutes=20)
    at(world, 7 * 24 + 6)
    (plan,) = world.run().agents
    assert plan.values == {"first_reply": 20}
    assert plan.previous == {"first_reply": 40}
    assert profile(world)["kpi_first_reply"] == "20"
    assert written(world) == 2


def test_what_is_queued_already_is_not_queued_again(world: "World") -> None:
    at(world, 6)
    first = world.run(max_writes=0)
    assert len(first.agents) == 1
    world.advance(60)
    second = world.run(max_writes=0)
    assert (second.agents, second.sent.waiting) == ([], first.sent.waiting)
    world.run()
    assert world.store.changes.counts("sao-mai")[ChangeState.DELIVERED] == first.sent.waiting
    assert profile(world) == {"kpi_solved": "1", "kpi_first_reply": "40"}


def test_a_dry_run_shows_them_and_writes_none(world: "World") -> None:
    at(world, 6)
    assert len(world.run(dry_run=True).agents) == 1
    assert profile(world) == {}


def line(numerator: int, denominator: int = 1) -> CreditLine:
    return CreditLine("", Stamp(0, None, None, "1", "", None, None, None, ""), numerator, denominator, "1-5")


@pytest.mark.parametrize(
    ("key", "lines", "shown"),
    [
        ("solved", [], 0),
        ("solved", [line(1), line(1)], 2),
        ("first_reply", [], None),
        ("first_reply", [line(89), line(90)], 1),
        ("first_reply", [line(90), line(90)], 2),
        ("satisfaction_rate", [line(1)] * 9, None),
        ("satisfaction_rate", [line(1)] * 2 + [line(0)] * 10, 16.7),
        ("satisfaction_rate", [line(1)] * 11 + [line(0)] * 5, 68.8),
        ("satisfaction_rate", [line(1)] * 1337 + [line(0)] * 663, 66.9),
        ("overdue_minutes", [line(1800), line(5430)], 121),
        ("longest_wait", [line(60), line(7200)], 120),
        ("backlog_overlap", [line(5, 8)], 0.63),
        ("backlog_overlap", [line(1, 2), line(3, 2)], 2),
        ("net_flow", [line(-1), line(-1), line(1)], -1),
        ("satisfaction_mean", [line(366, 100)] * 12, 3.66),
    ],
)
def test_a_number_field_holds_counts_minutes_percent_or_points(
    key: str, lines: list[CreditLine], shown: float | None
) -> None:
    week = period_at(PeriodKind.WEEK, "UTC", END)
    found = cell(INDICATORS[key], lines, Question(Scope.AGENT, "", week, END, {}), None)
    assert field_value(found) == shown


def test_an_idle_week_does_not_go_on_showing_the_busy_one_before(world: "World") -> None:
    world.answered(agent=1)
    at(world, 6)
    world.run()
    at(world, 7 * 24 + 6)
    plans = {plan.target_id: plan.values for plan in world.run().agents}
    assert plans == {str(agent): {"solved": 0, "first_reply": None} for agent in world.agents[:2]}
    assert profile(world)["kpi_solved"] == "0"
    assert not profile(world).get("kpi_first_reply")


def test_whoever_left_the_helpdesk_is_not_written_to_pass_after_pass(world: "World") -> None:
    del world.state.users[world.agents[0]]
    at(world, 6)
    assert world.run().agents == []
    assert written(world) == 0


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the weeks whose figures are worked out for profiles from now on."""
    weeks: list[str] = []

    def noticed(account: "Account", week: Period, scope: Scope, as_of: int) -> Figures:
        weeks.append(week.label)
        return figures(account, week, scope, as_of)

    monkeypatch.setattr("sync.agent_fields.figures", noticed)
    return weeks


def test_the_week_is_worked_out_anew_only_once_something_in_it_changed(world: "World", worked_out: list[str]) -> None:
    at(world, 6)
    assert len(world.run().agents) == 1
    at(world, 7)
    world.run()
    assert worked_out == ["2026-W48"] * 2  # once more, to see that all is there
    for hour in (7.5, 8, 8.5, 9):
        at(world, hour)
        world.run(dry_run=hour == 8)
    assert len(worked_out) == 2
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    at(world, 14)
    (plan,) = world.run().agents
    assert plan.values == {"solved": 0}
    at(world, 7 * 24 + 6)
    world.run()
    assert worked_out[2:] == ["2026-W48", "2026-W49"]


def test_what_the_configuration_asks_for_is_worked_out_at_once(world: "World", worked_out: list[str]) -> None:
    at(world, 6)
    world.run()
    at(world, 7)
    world.run()
    del worked_out[:]
    world.configure(push={"agent_fields": [*KEYS, "created"]}, privacy={"individual": "all"})
    at(world, 8)
    (plan,) = world.run().agents
    assert plan.values == {"created": 1}
    assert worked_out == ["2026-W48"]


def test_a_write_that_waits_or_was_refused_is_come_back_to(world: "World") -> None:
    at(world, 6)
    world.run(max_writes=0)
    world.advance(60)
    world.run(max_writes=0)
    assert world.store.changes.withdraw_all("sao-mai", [Target.AGENT], int(world.sandbox.now)) == 1
    world.advance(60)
    assert len(world.run().agents) == 1
