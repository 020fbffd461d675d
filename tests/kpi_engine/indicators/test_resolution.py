from collections.abc import Callable
from types import ModuleType
from typing import Any

from kpi_engine.measurement import Certainty
from kpi_engine.reduce import Scope

Played = Callable[..., Any]


def test_the_first_resolution_stays_where_a_reopening_moves_the_full_one(
    play: Played, lines: Played, left: Played
) -> None:
    """Solved by An, reopened, solved by Bình.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes solved
    06-09 11:00 status becomes open, assignee becomes binh
    06-09 11:30 status becomes solved
    """
    open_again = play("06-09 11:15")
    assert lines(open_again, "first_resolution") == [("an", "06-09 10:00", 3600, 1)]
    assert left(open_again, "full_resolution") == [("reopened", "an", "06-09 10:00")]
    assert left(open_again, "full_resolution_calendar") == [("reopened", "an", "06-09 10:00")]
    played = play("06-09 12:00")
    assert lines(played, "first_resolution_calendar") == [("an", "06-09 10:00", 3600, 1)]
    assert lines(played, "full_resolution") == [("binh", "06-09 11:30", 9000, 1)]


def test_what_is_not_solved_yet_is_left_out_of_every_resolution(play: Played, left: Played) -> None:
    """Open.

    06-09 09:00 customer opens assignee=an
    """
    keys = ("first_resolution", "requester_wait", "agent_wait", "on_hold", "agent_work", "assignment_to_solve")
    for key in keys:
        assert left(play("06-09 12:00"), key) == [("not_solved", "an", "06-09 09:00")]


def test_the_states_up_to_the_last_solve_add_up_in_business_time(play: Played, minutes: Played, lines: Played) -> None:
    """Waiting for the customer over a night, on hold over lunch, an hour solved in between.

    06-09 09:00 customer opens assignee=an status=new
    06-09 10:00 status becomes open
    06-09 11:00 status becomes hold
    06-09 14:00 status becomes pending
    06-10 09:00 status becomes open
    06-10 10:00 status becomes solved
    06-10 11:00 status becomes open
    06-10 11:15 status becomes solved
    06-10 12:00 status becomes closed automatically
    """
    played = play("06-11 09:00")
    expected = {"requester_wait": 285, "on_hold": 90, "agent_wait": 270, "agent_work": 195, "full_resolution": 615}
    assert {key: minutes(played, key)[0] for key in expected} == expected
    expected = {"requester_wait": 375, "on_hold": 180, "agent_wait": 1140, "agent_work": 195}
    assert {key: minutes(played, f"{key}_calendar")[0] for key in expected} == expected
    assert lines(played, "requester_wait")[0][:2] == ("an", "06-10 11:15")


def test_d6_time_in_a_state_is_split_by_who_had_the_ticket(play: Played, lines: Played) -> None:
    """Nobody, An, Bình while it waits, An again; a moment of Chi's does not count, and Bình only solves it.

    06-09 09:00 customer opens group=1
    06-09 09:30 assignee becomes an, status becomes open
    06-09 10:00 assignee becomes chi
    06-09 10:00 assignee becomes binh, status becomes pending
    06-09 11:00 assignee becomes an, status becomes open
    06-09 11:15 assignee becomes binh, status becomes solved
    """
    played = play("06-09 12:00")
    parts = {"agent_work": {None: 1800, "an": 2700, "binh": 0}, "agent_wait": {"binh": 3600, "an": 0}}
    parts |= {"requester_wait": parts["agent_work"], "on_hold": {"an": 0, "binh": 0}}
    for key, expected in parts.items():
        assert {agent: seconds for agent, _, seconds, _ in lines(played, key)} == expected, key
        assert {at for _, at, _, _ in lines(played, key)} == {"06-09 11:15"}
    nobody = next(
        line for line in played.measurement.lines if line.indicator == "agent_work_calendar" and not line.agent
    )
    assert nobody.team == "group:1"


def test_d22_a_team_is_told_the_time_of_whole_tickets_and_everybody_his_own_part(
    play: Played, timelines: ModuleType
) -> None:
    """Nobody for half an hour, An for an hour, Bình for two.

    06-09 08:00 customer opens group=1
    06-09 08:30 assignee becomes an
    06-09 09:30 assignee becomes binh
    06-09 11:30 status becomes solved
    """
    played, t = play("06-09 12:00"), timelines

    def asked(scope: Scope) -> dict[str | None, tuple[float | None, float | None, int]]:
        cells = t.figures_of("requester_wait", [played.measurement], played.rulebook, played.measurement.as_of, scope)
        return {subject: (cell.value, cell.median, cell.n) for subject, cell in cells.items()}

    assert asked(Scope.TEAM) == {"group:1": (12_600, 12_600, 1)}
    assert asked(Scope.AGENT) == {None: (1800, 1800, 1), "an": (3600, 3600, 1), "binh": (7200, 7200, 1)}


def test_from_the_first_and_from_the_last_assignment_to_the_solve(play: Played, lines: Played) -> None:
    """An, then Bình, who solves it and passes it on afterwards.

    06-09 09:00 customer opens
    06-09 09:30 assignee becomes an
    06-09 10:00 assignee becomes binh
    06-09 11:00 status becomes solved
    06-09 11:30 assignee becomes chi
    """
    played = play("06-09 12:00")
    assert lines(played, "assignment_to_solve") == [("binh", "06-09 11:00", 5400, 1)]
    assert lines(played, "last_assignment_to_solve") == [("binh", "06-09 11:00", 3600, 1)]


def test_a_ticket_that_nobody_had_when_it_was_solved_has_no_time_from_assignment(play: Played, left: Played) -> None:
    """Given to An afterwards.

    06-09 09:00 customer opens
    06-09 11:00 status becomes solved
    06-09 11:30 assignee becomes an
    """
    for key in ("assignment_to_solve", "last_assignment_to_solve_calendar"):
        assert left(play("06-09 12:00"), key) == [("never_assigned", None, "06-09 11:00")]


def test_an_unknown_beginning_leaves_out_what_depends_on_it(
    play: Played, lines: Played, left: Played, since_june_9: Played
) -> None:
    """Solved, reopened and solved after June 9.

    06-01 09:00 customer opens assignee=an
    06-09 09:00 status becomes solved
    06-09 10:00 status becomes open
    06-09 11:00 status becomes solved
    """
    played = play("06-11 09:00", change=since_june_9)
    assert left(played, "first_resolution") == [("before_history", "an", "06-09 09:00")]
    for key in ("requester_wait", "agent_work", "assignment_to_solve"):
        assert left(played, key) == [("before_history", "an", "06-09 11:00")]
    assert left(played, "ownership_time") == [("before_history", "an", "06-09 09:00")]
    assert lines(played, "ownership_time") == [("an", "06-09 11:00", 3600, 1)]
    assert lines(played, "full_resolution_calendar")[0][2] == 8 * 86_400 + 7200


def test_ownership_ends_with_a_handover_or_a_solve_and_starts_anew_at_a_reopening(
    play: Played, lines: Played, minutes: Played
) -> None:
    """Nobody in group 1, An in 1, An in 2, solved, reopened, deleted for a day, Bình, who still has it.

    06-09 09:00 customer opens group=1
    06-09 09:30 assignee becomes an
    06-09 10:00 group becomes 2
    06-09 11:00 status becomes solved
    06-09 14:00 status becomes open
    06-09 15:00 status becomes deleted
    06-10 15:00 status becomes pending
    06-10 16:00 assignee becomes binh
    06-10 16:00 assignee becomes chi
    """
    played = play("06-11 09:00")
    assert [(agent, at) for agent, at, _, _ in lines(played, "ownership_time")] == [
        (None, "06-09 09:30"),
        ("an", "06-09 10:00"),
        ("an", "06-09 11:00"),
        ("an", "06-10 16:00"),
    ]
    assert minutes(played, "ownership_time_calendar") == [30, 30, 60, 120]
    teams = [line.team for line in played.measurement.lines if line.indicator == "ownership_time"]
    assert teams == ["group:1", "group:1", "group:2", "group:2"]


def test_the_gap_between_updates_counts_while_the_ticket_is_unsolved(
    play: Played, lines: Played, minutes: Played, chosen: Played
) -> None:
    """Pending for an hour, open for one, solved for one; Bình answers An's ticket at last.

    06-09 08:00 customer opens assignee=an
    06-09 08:30 an replies, status becomes pending
    06-09 09:30 status becomes open
    06-09 10:30 status becomes solved
    06-09 11:30 status becomes open
    06-09 11:45 binh replies
    """
    played = play("06-09 12:00")
    assert lines(played, "update_gap") == [("an", "06-09 11:45", 135 * 60, 1)]
    assert minutes(play("06-09 12:00", chosen("update_gap", pending="exclude")), "update_gap_calendar") == [75]


def test_a_guessed_calendar_marks_business_time_alone(play: Played, timelines: ModuleType) -> None:
    """Nothing says which hours apply while it is on hold.

    06-09 09:00 customer opens schedule=vn
    06-09 10:00 status becomes hold, schedule becomes nothing
    06-09 11:00 status becomes open, schedule becomes vn
    06-09 11:30 status becomes solved
    """
    played = play("06-09 12:00", timelines.edition("calendar_choice", {"assumed": "vn"}))
    marked = {
        key: played.line(key).certainty for key in ("on_hold", "requester_wait", "agent_work", "on_hold_calendar")
    }
    assert marked == {
        "on_hold": Certainty.APPROXIMATE,
        "requester_wait": Certainty.APPROXIMATE,
        "agent_work": Certainty.EXACT,
        "on_hold_calendar": Certainty.EXACT,
    }
