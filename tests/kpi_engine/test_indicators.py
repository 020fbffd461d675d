from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import Certainty

Play = Callable[..., Any]


def credited(line: Any) -> tuple[str | None, str | None, int, int]:  # noqa: ANN401 -- a CreditLine
    return line.agent, line.team, line.numerator, line.denominator


def indicators(played: Any) -> set[str]:  # noqa: ANN401 -- a Played
    return {line.indicator for line in played.measurement.lines}


def test_a_created_ticket_is_credited_to_its_first_assignee_in_the_group_it_was_created_in(play: Play) -> None:
    """Given to An later, in another group, and passed on to Bình.

    06-09 09:00 customer opens group=1
    06-09 10:00 assignee becomes an, group becomes 2
    06-09 11:00 assignee becomes binh
    """
    assert credited(play("06-09 09:30").line("created")) == (None, "group:1", 1, 1)
    played = play("06-09 12:00")
    assert credited(played.line("created")) == ("an", "group:1", 1, 1)
    assert played.told(played.line("created").at) == "06-09 09:00"


def test_a_solve_counts_once_for_who_has_the_ticket_and_only_while_it_stands(play: Play) -> None:
    """Solved by An, reopened, solved by Bình and closed by the platform.

    06-09 09:00 customer opens assignee=an group=1
    06-09 11:00 status becomes solved
    06-09 12:00 status becomes open
    06-10 09:00 assignee becomes binh
    06-10 10:00 status becomes solved
    06-14 10:00 status becomes closed
    """
    assert play("06-09 11:30").line("solved").agent == "an"
    assert "solved" not in indicators(play("06-09 12:00"))
    played = play("06-20 09:00")
    assert credited(played.line("solved")) == ("binh", "group:1", 1, 1)
    assert played.told(played.line("solved").at) == "06-10 10:00"


def test_who_takes_and_solves_a_ticket_in_one_go_is_its_solver(play: Play) -> None:
    """The platform tells of the status before the assignee.

    06-09 09:00 customer opens
    06-09 11:00 status becomes solved, assignee becomes an, group becomes 3
    """
    played = play("06-09 12:00")
    assert credited(played.line("solved")) == ("an", "group:3", 1, 1)
    assert credited(played.line("full_resolution_calendar")) == ("an", "group:3", 7200, 1)


def test_a_jump_to_closed_is_a_solve(play: Play) -> None:
    """Closed without ever being solved.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes closed
    """
    played = play("06-20 09:00")
    assert played.told(played.line("solved").at) == "06-09 10:00"
    assert played.line("full_resolution").numerator == 3600


def test_resolution_runs_to_the_last_solve_in_business_and_in_calendar_time(play: Play) -> None:
    """Solved on Monday, reopened, solved on Tuesday.

    06-09 16:30 customer opens
    06-09 17:00 status becomes solved
    06-10 08:00 status becomes open
    06-10 09:00 status becomes solved
    """
    played = play("06-11 09:00")
    assert played.line("full_resolution").numerator == 2 * 3600
    assert played.line("full_resolution_calendar").numerator == 16 * 3600 + 1800


def test_the_first_reply_is_credited_to_who_wrote_it_whoever_has_the_ticket(play: Play) -> None:
    """Bình answers An's ticket over lunch; An writes again.

    06-09 11:30 customer opens assignee=an group=1
    06-09 13:00 robot replies
    06-09 13:45 binh replies
    06-09 14:00 an replies
    """
    played = play("06-09 15:00")
    assert credited(played.line("first_reply")) == ("binh", "group:1", 45 * 60, 1)
    assert credited(played.line("first_reply_calendar")) == ("binh", "group:1", 135 * 60, 1)
    assert played.told(played.line("first_reply").at) == "06-09 13:45"


def test_the_opening_comment_of_an_agent_is_no_reply(play: Play) -> None:
    """An writes to a customer, and writes again.

    06-09 09:00 an opens
    06-09 10:00 an replies
    """
    assert "first_reply" not in indicators(play("06-09 09:59"))
    assert play("06-09 10:00").line("first_reply").numerator == 3600


def test_a_ticket_without_comments_has_an_agents_first_comment_as_its_reply(play: Play) -> None:
    """Made by an integration, without a word.

    06-09 09:00 customer opens silently
    06-09 10:00 an replies
    """
    assert play("06-09 11:00").line("first_reply").numerator == 3600


def test_time_in_the_bin_counts_for_nothing(play: Play) -> None:
    """Deleted for a day and restored.

    06-09 09:00 customer opens
    06-09 10:00 status becomes deleted
    06-10 10:00 status becomes open
    06-10 11:00 an replies, status becomes solved
    """
    played = play("06-11 09:00")
    taken = {line.indicator: line.numerator for line in played.measurement.lines}
    assert [taken[key] for key in ("first_reply", "first_reply_calendar", "full_resolution_calendar")] == [7200] * 3


def test_each_part_of_a_wait_is_measured_by_the_calendar_in_force_then(play: Play, timelines: ModuleType) -> None:
    """Moved to a schedule round the clock after closing time.

    06-09 16:30 customer opens
    06-09 19:30 schedule becomes night
    06-09 20:00 an replies
    """
    night = timelines.edition("calendar", timelines.ROUND_THE_CLOCK, "night")
    assert play("06-09 21:00", night).line("first_reply").numerator == 3600 + 1800


def test_business_time_by_a_guessed_calendar_is_approximate_and_calendar_time_never(
    play: Play, timelines: ModuleType
) -> None:
    """Nothing says which hours apply until 10:00.

    06-09 09:00 customer opens
    06-09 10:00 schedule becomes vn
    06-09 11:00 an replies
    """
    nothing_chosen = timelines.edition("calendar_choice", {"assumed": "vn"}, since=0)
    played = play("06-09 12:00", nothing_chosen)
    assert played.line("first_reply").certainty is Certainty.APPROXIMATE
    assert played.line("first_reply_calendar").certainty is Certainty.EXACT


def test_a_schedule_assigned_in_the_second_of_creation_is_no_guess(play: Play, timelines: ModuleType) -> None:
    """The platform assigns its schedule right after the creation.

    06-09 09:00 customer opens
    06-09 09:00 schedule becomes vn
    06-09 11:00 an replies
    """
    nothing_chosen = timelines.edition("calendar_choice", {"assumed": "vn"}, since=0)
    assert play("06-09 12:00", nothing_chosen).line("first_reply").certainty is Certainty.EXACT


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ("06-10 09:00 customer rated good", ("binh", 1)),
        ("06-10 09:00 customer rated bad", ("binh", 0)),
        ("06-10 09:00 customer rated neutral", ("binh", 0)),
        ("06-10 09:00 customer rated good for an", ("an", 1)),
        ("06-10 09:00 customer rated good\n06-10 09:30 customer rated bad", ("binh", 0)),
        ("06-10 09:00 customer rated bad, customer rated good", ("binh", 1)),
        ("06-10 09:00 customer rated good\n06-10 09:30 customer rated nothing", None),
        ("06-10 09:00 customer rated good\n06-12 09:00 customer rated bad", ("binh", 1)),
        ("", None),
    ],
)
def test_the_latest_rating_counts_for_the_assignee_of_its_instant_and_neutral_counts_against(
    timelines: ModuleType, ratings: str, expected: tuple[str, int] | None
) -> None:
    lines = f"06-09 09:00 customer opens assignee=an\n06-10 09:00 assignee becomes binh\n{ratings}"
    played = timelines.played(timelines.history(lines), timelines.USUAL, timelines.moment("06-11 09:00"))
    line = played.line("satisfaction_rate")
    assert (None if line is None else (line.agent, line.numerator)) == expected


def test_a_ticket_is_overdue_once_per_clock_and_agent(play: Play, timelines: ModuleType) -> None:
    """Late with the reply and twice with the resolution.

    06-09 09:00 customer opens assignee=an group=1
    06-09 11:00 an replies, status becomes solved
    06-09 14:00 assignee becomes binh, status becomes open
    """
    clocks = (timelines.first_reply("1h"), timelines.resolution("90m", rearm="on_reopen"))
    played = play("06-10 09:00", timelines.edition("policies", timelines.policy(*clocks)))
    assert len([clock for clock in played.measurement.clocks if clock.breached_at]) == 3
    late = [line for line in played.measurement.lines if line.indicator == "overdue_count"]
    assert [(line.part, line.agent, played.told(line.at)) for line in late] == [
        ("first_reply:1", "an", "06-09 10:00"),
        ("resolution:1", "an", "06-09 10:30"),
        ("resolution:1", "binh", "06-09 15:30"),
    ]
    cells = timelines.figures_of(
        "overdue_count", [played.measurement], played.rulebook, played.measurement.as_of, timelines.Scope.AGENT
    )
    assert {agent: cell.value for agent, cell in cells.items()} == {"an": 2, "binh": 1}


def test_a_line_says_where_and_under_which_rules_it_arose(play: Play, timelines: ModuleType) -> None:
    """Made high after an hour, and urgent after the solve.

    06-09 09:00 customer opens
    06-09 10:00 priority becomes high, status becomes solved
    06-09 11:00 priority becomes urgent
    """
    old = timelines.edition("policies", timelines.policy(timelines.resolution("8h")))
    new = timelines.edition(
        "policies", timelines.policy(timelines.resolution("4h")), since=timelines.moment("06-09 09:30")
    )
    played = play("06-10 09:00", old, new)
    created, solved = played.line("created"), played.line("solved")
    assert (created.priority, created.channel, created.account, created.edition) == (None, "web", "acme", old.digest)
    assert (solved.priority, solved.ticket_id, solved.edition) == ("high", "1", new.digest)


def test_a_ticket_opened_before_the_history_has_neither_clocks_nor_a_first_reply(
    play: Play, timelines: ModuleType
) -> None:
    """Only what happened from June 9 on was pulled.

    06-01 09:00 customer opens assignee=an group=1 priority=low
    06-09 09:00 binh replies
    06-09 10:00 assignee becomes binh
    06-09 11:00 status becomes solved
    """
    reply = timelines.edition("policies", timelines.policy(timelines.first_reply("2h"), timelines.resolution("8h")))
    known_from = timelines.moment("06-09 00:00")
    played = play("06-10 09:00", reply, change=lambda whole: timelines.cut(whole, known_from))
    assert played.measurement.clocks == ()
    assert {"created", "solved", "full_resolution", "full_resolution_calendar"} <= indicators(played)
    unknown = {"first_reply", "first_resolution", "requester_wait", "one_touch", "first_contact_resolution"}
    assert not unknown & indicators(played)
    assert played.line("created").agent == "an"
    assert played.held()[0] == ("an", "group:1", "new", "06-01 09:00", "06-09 10:00")
    assert played.line("created").priority == "low"


def test_a_solve_before_the_history_was_pulled_is_not_counted_at_the_creation(
    play: Play, timelines: ModuleType
) -> None:
    """Solved before June 9; reopened and solved again after it.

    06-01 09:00 customer opens
    06-03 09:00 status becomes solved
    06-10 09:00 status becomes open
    06-10 10:00 status becomes solved
    """
    known_from = timelines.moment("06-09 00:00")
    before = play("06-09 12:00", change=lambda whole: timelines.cut(whole, known_from))
    assert "created" in indicators(before)
    assert not {"solved", "solve_events", "full_resolution"} & indicators(before)
    after = play("06-11 12:00", change=lambda whole: timelines.cut(whole, known_from))
    assert after.told(after.line("solved").at) == "06-10 10:00"


def test_every_indicator_is_described_under_its_own_key() -> None:
    for key, indicator in INDICATORS.items():
        assert key == indicator.key
        sentences = (indicator.name, indicator.formula, indicator.stamp, indicator.credit)
        assert all(str(sentence).strip() for sentence in sentences)
        assert indicator.needs or indicator.feeds
        assert indicator.catalogue
