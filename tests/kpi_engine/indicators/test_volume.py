from collections.abc import Callable
from types import ModuleType
from typing import Any

Played = Callable[..., Any]


def test_every_assignment_is_a_line_of_the_same_ticket(play: Played, lines: Played, parts: Played) -> None:
    """An has it, Bình, An again; for a while nobody.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 assignee becomes binh
    06-09 11:00 assignee becomes an
    06-09 11:30 assignee becomes nothing
    06-09 11:45 assignee becomes an
    """
    played = play("06-09 12:00")
    assert [(agent, at) for agent, at, _, _ in lines(played, "assigned")] == [
        ("an", "06-09 09:00"),
        ("binh", "06-09 10:00"),
        ("an", "06-09 11:00"),
        ("an", "06-09 11:45"),
    ]
    assert set(parts(played, "assigned")) == {"1"}


def test_every_solve_is_an_event_but_only_the_one_that_stands_is_a_solved_ticket(
    play: Played, lines: Played, left: Played, chosen: Played
) -> None:
    """Solved by An, reopened by the customer, solved by Bình and closed.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 status becomes solved
    06-09 11:00 customer replies, status becomes open by customer
    06-09 14:00 assignee becomes binh
    06-09 15:00 status becomes solved by binh
    06-13 15:00 status becomes closed automatically
    """
    assert left(play("06-09 12:00"), "solved") == [("reopened", "an", "06-09 10:00")]
    played = play("06-20 09:00")
    assert lines(played, "solve_events") == [("an", "06-09 10:00", 1, 1), ("binh", "06-09 15:00", 1, 1)]
    assert lines(played, "solved") == [("binh", "06-09 15:00", 1, 1)]
    assert lines(played, "net_flow") == [("an", "06-09 09:00", 1, 1), ("binh", "06-09 15:00", -1, 1)]
    assert lines(played, "solve_ratio") == [("an", "06-09 09:00", 0, 1), ("binh", "06-09 15:00", 1, 0)]
    of_those_created = chosen("solve_ratio", cohort="created")
    assert lines(play("06-09 12:00", of_those_created), "solve_ratio") == [("an", "06-09 09:00", 0, 1)]
    assert lines(play("06-20 09:00", of_those_created), "solve_ratio") == [("an", "06-09 09:00", 1, 1)]
    back_and_forth = lines(play("06-20 09:00", chosen("net_flow", reopens="count")), "net_flow")
    assert [(at, number) for _, at, number, _ in back_and_forth] == [
        ("06-09 09:00", 1),
        ("06-09 11:00", 1),
        ("06-09 10:00", -1),
        ("06-09 15:00", -1),
    ]


def test_a_solve_by_an_automation_says_so_and_can_be_left_out(
    play: Played, lines: Played, parts: Played, left: Played, chosen: Played
) -> None:
    """Nobody came back.

    06-09 09:00 customer opens assignee=an status=pending
    06-12 09:00 status becomes solved automatically
    """
    played = play("06-20 09:00")
    assert parts(played, "solved") == parts(played, "solve_events") == ["automatic"]
    without = play("06-20 09:00", chosen("solved", automatic_solves="exclude"))
    assert lines(without, "solved") == lines(without, "solve_events") == []
    assert left(without, "solved") == left(without, "solve_events") == [("automatic_solve", "an", "06-12 09:00")]


def test_a_choice_made_later_does_not_change_what_was_stamped_before(
    play: Played, lines: Played, chosen: Played, timelines: ModuleType
) -> None:
    """Solved by an automation on June 12, chosen to be left out from the next day on.

    06-09 09:00 customer opens assignee=an status=pending
    06-12 09:00 status becomes solved automatically
    """
    before = timelines.edition("parameters", {"indicators": {}})
    later = chosen("solved", since=timelines.moment("06-13 09:00"), automatic_solves="exclude")
    assert lines(play("06-20 09:00", before, later), "solved") == [("an", "06-12 09:00", 1, 1)]


def test_messages_in_a_row_are_one_turn_whoever_writes_them(play: Played, lines: Played) -> None:
    """An writes twice and Bình adds something; later An answers once more. Notes and bots do not count.

    06-09 09:00 customer opens
    06-09 09:01 robot replies
    06-09 10:00 an replies
    06-09 10:01 an notes
    06-09 10:02 an replies
    06-09 10:05 binh replies
    06-09 11:00 customer replies
    06-09 11:30 an replies
    """
    played = play("06-09 12:00")
    assert [(agent, at) for agent, at, _, _ in lines(played, "public_replies")] == [
        ("an", "06-09 10:00"),
        ("an", "06-09 10:02"),
        ("binh", "06-09 10:05"),
        ("an", "06-09 11:30"),
    ]
    assert lines(played, "reply_turns") == [("an", "06-09 10:00", 1, 1), ("an", "06-09 11:30", 1, 1)]


def test_who_does_something_touches_the_ticket_and_machines_and_customers_do_not(
    play: Played, lines: Played, parts: Played
) -> None:
    """A note, a reply with a change in the same second, an automation, a bot and the customer.

    06-09 09:00 customer opens
    06-09 09:30 group becomes 2 automatically
    06-09 10:00 binh notes
    06-09 11:00 an replies, status becomes pending
    06-09 11:30 robot replies
    06-09 11:45 customer replies
    """
    played = play("06-09 12:00")
    assert lines(played, "tickets_touched") == [("binh", "06-09 10:00", 1, 1), ("an", "06-09 11:00", 1, 1)]
    assert parts(played, "tickets_touched") == ["1", "1"]


def test_time_unassigned_is_what_the_unsolved_ticket_spent_with_nobody_up_to_its_solve(
    play: Played, minutes: Played, left: Played
) -> None:
    """Half an hour at first, over lunch later, an hour while solved and a day deleted.

    06-09 09:00 customer opens group=1
    06-09 09:30 assignee becomes an
    06-09 11:30 assignee becomes nothing
    06-09 14:00 assignee becomes an
    06-09 14:30 status becomes solved, assignee becomes nothing
    06-09 15:30 status becomes open, assignee becomes an
    06-09 16:00 status becomes deleted, assignee becomes nothing
    06-10 16:00 status becomes open, assignee becomes an
    06-10 16:30 status becomes solved
    """
    played = play("06-20 09:00")
    assert minutes(played, "unassigned_time") == [90]
    assert minutes(played, "unassigned_time_calendar") == [180]
    line = played.line("unassigned_time")
    assert (line.agent, line.team) == (None, "group:1")
    assert left(play("06-09 12:00"), "unassigned_time") == [("not_solved", None, "06-09 09:00")]


def test_a_beginning_that_was_not_pulled_leaves_the_time_unassigned_unknown_not_negative(
    play: Played, lines: Played, left: Played, since_june_9: Played
) -> None:
    """Assigned again after June 9.

    06-01 09:00 customer opens
    06-09 10:00 assignee becomes an
    06-09 11:00 status becomes solved
    """
    played = play("06-20 09:00", change=since_june_9)
    assert lines(played, "unassigned_time") == []
    assert left(played, "unassigned_time_calendar") == [("before_history", "an", "06-09 11:00")]
    assert lines(played, "solved") == [("an", "06-09 11:00", 1, 1)]


def test_a_solve_before_the_history_is_left_out_for_that_reason(
    play: Played, left: Played, since_june_9: Played
) -> None:
    """Solved on June 3, and closed.

    06-01 09:00 customer opens assignee=an
    06-03 09:00 status becomes solved
    06-10 09:00 status becomes closed
    """
    assert left(play("06-20 09:00", change=since_june_9), "solved") == [("before_history", "an", "06-01 09:00")]


def test_tickets_that_agents_open_are_also_counted_apart(play: Played, lines: Played, timelines: ModuleType) -> None:
    """An writes to a customer.

    06-09 09:00 an opens assignee=an
    """
    assert lines(play("06-30 09:00"), "created_outbound") == [("an", "06-09 09:00", 1, 1)]
    called = play("06-30 09:00", change=lambda history: timelines.snapshot_of(history, channel="phone"))
    assert lines(called, "created_outbound") == []
    assert lines(called, "created") == [("an", "06-09 09:00", 1, 1)]
