from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

Played = Callable[..., Any]

AS_OF = "06-30 09:00"
REPLY = "06-09 10:00 an replies, status becomes solved"
ONE_REPLY = f"06-09 09:00 customer opens assignee=an\n{REPLY}"


def test_nothing_is_said_about_the_first_contact_until_its_window_has_ended(
    play: Played, lines: Played, left: Played
) -> None:
    """Solved on June 9 at ten.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    """
    early, gross = play("06-16 09:00:00"), play("06-16 10:00:00")
    stamps = {"first_contact_resolution": "06-09 10:00", "first_contact_resolution_gross": "06-09 09:00"}
    for key, stamped in stamps.items():
        assert lines(early, key) == []
        assert left(early, key) == [("window_open", "an", stamped)]
    assert early.wake == "06-16 09:00"
    assert lines(gross, "first_contact_resolution") == []
    assert gross.wake == "06-16 10:00"
    played = play("06-16 10:00:01")
    assert lines(played, "first_contact_resolution") == [("an", "06-09 10:00", 1, 1)]
    assert lines(played, "first_contact_resolution_gross") == [("an", "06-09 09:00", 1, 1)]


def test_an_unsolved_ticket_is_one_issue_more_for_who_has_it(
    play: Played, lines: Played, parts: Played, left: Played
) -> None:
    """Passed on to Bình.

    06-09 09:00 customer opens assignee=an group=1
    06-09 10:00 assignee becomes binh
    """
    early, played = play("06-16 09:00"), play("06-16 09:00:01")
    assert left(early, "first_contact_resolution_gross") == [("window_open", "binh", "06-09 09:00")]
    assert lines(played, "first_contact_resolution_gross") == [("binh", "06-09 09:00", 0, 1)]
    assert parts(played, "first_contact_resolution_gross") == ["not_solved"]


def test_a_ticket_solved_long_after_its_creation_is_in_the_gross_figure_before_its_period_settles(
    play: Played, lines: Played, parts: Played
) -> None:
    """Solved after thirteen days.

    06-09 09:00 customer opens assignee=an
    06-22 09:00 an replies, status becomes solved
    """
    key = "first_contact_resolution_gross"
    told = [(lines(play(at), key)[0][2:], parts(play(at), key)) for at in ("06-20 09:00", "06-29 09:00", "06-29 09:01")]
    assert told == [((0, 1), ["not_solved"]), ((0, 1), ["window_open"]), ((1, 1), [None])]


@pytest.mark.parametrize(
    ("story", "failed"),
    [
        (["06-09 10:00 an notes, status becomes solved"], "reply_turns"),
        (["06-09 10:00 an replies, status becomes solved, assignee becomes binh"], "transferred"),
        ([REPLY, "06-09 11:00 status becomes open", "06-09 12:00 status becomes solved"], "reopened"),
        ([REPLY, "06-10 11:00 elsewhere returns"], "returned"),
        (
            [
                "06-09 10:00 an notes, assignee becomes binh, status becomes solved",
                "06-09 11:00 status becomes open by binh",
                "06-09 12:00 status becomes solved",
                "06-10 11:00 elsewhere merges",
            ],
            "reply_turns+transferred+reopened+returned",
        ),
    ],
)
def test_a_first_contact_that_did_not_solve_it_says_which_conditions_failed(
    timelines: ModuleType, story: list[str], failed: str
) -> None:
    history = timelines.history("\n".join(["06-09 09:00 customer opens assignee=an", *story]))
    played = timelines.played(history, timelines.USUAL, timelines.moment(AS_OF))
    for key in ("first_contact_resolution", "first_contact_resolution_gross"):
        line = played.line(key)
        assert (line.numerator, line.part) == (0, failed)


@pytest.mark.parametrize(
    ("returned", "resolved"),
    [
        ("06-16 09:59:59 elsewhere returns", 0),
        ("06-16 10:00:00 elsewhere returns", 1),
        ("06-09 10:00:00 elsewhere returns", 0),
        ("06-09 09:30:00 elsewhere returns", 1),
        ("06-10 09:00 elsewhere returns topic=moneyback", 0),
        ("06-10 09:00 elsewhere returns topic=delay", 1),
        ("06-10 09:00 elsewhere returns status=deleted", 1),
        ("06-10 09:00 elsewhere returns tags=closed_by_merge status=closed", 1),
        ("06-10 09:00 elsewhere returns tags=internal", 1),
        ("06-10 09:00 elsewhere returns tags=helpdesk-kpi", 1),
        ("06-10 09:00 elsewhere merges", 0),
        ("06-10 09:00 elsewhere returns by=an", 1),
        ("06-10 09:00 elsewhere returns by=an channel=Phone", 0),
        ("06-10 09:00 elsewhere returns by=robot", 0),
        ("06-10 09:00 elsewhere returns by=customer", 0),
        ("06-10 09:00 elsewhere returns by=long_gone assignee=long_gone", 1),
        ("06-10 09:00 elsewhere merges by=an", 1),
        ("06-10 09:00 elsewhere merges tags=internal", 1),
    ],
)
def test_who_returns_about_the_same_topic_in_the_window_was_not_helped_by_the_first_contact(
    timelines: ModuleType, returned: str, resolved: int
) -> None:
    opened = ONE_REPLY.replace("assignee=an", "assignee=an field:topic=refund")
    story = f"{opened}\n{returned}" if returned > "06-09 10" else opened.replace("\n", f"\n{returned}\n")
    played = timelines.played(timelines.history(story), timelines.USUAL, timelines.moment(AS_OF))
    assert played.line("first_contact_resolution").numerator == resolved


def test_where_the_first_ticket_has_no_topic_any_other_counts(play: Played) -> None:
    """No topic here.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    06-10 10:00 elsewhere returns topic=refund
    """
    assert play(AS_OF).line("first_contact_resolution").numerator == 0


def test_an_excluded_form_of_the_other_ticket_counts_for_nothing(play: Played) -> None:
    """The other ticket was an internal form.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    06-10 10:00 elsewhere returns
    """

    def internal(history: Any) -> Any:  # noqa: ANN401 -- a History
        (event,) = history.derived
        return replace(history, derived=(replace(event, cause=replace(event.cause, form_id="77")),))

    assert play(AS_OF, change=internal).line("first_contact_resolution").numerator == 1


def test_the_window_can_be_longer(play: Played, chosen: Played, left: Played) -> None:
    """Back after ten days.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes solved
    06-19 10:00 elsewhere returns
    """
    assert play(AS_OF).line("first_contact_resolution").numerator == 1
    longer = chosen("first_contact_resolution", window=14 * 86_400)
    assert play(AS_OF, longer).line("first_contact_resolution").numerator == 0
    assert left(play("06-20 09:00", longer), "first_contact_resolution") == [("window_open", "an", "06-09 10:00")]


def test_a_solve_by_an_automation_counts_as_first_contact_unless_it_is_to_be_left_out(
    play: Played, lines: Played, left: Played, chosen: Played
) -> None:
    """The customer never came back.

    06-09 09:00 customer opens assignee=an
    06-09 10:00 an replies, status becomes pending
    06-12 10:00 status becomes solved automatically
    """
    keys = ("first_contact_resolution", "first_contact_resolution_gross")
    assert [lines(play(AS_OF), key)[0][2] for key in keys] == [1, 1]
    without = play(AS_OF, chosen("first_contact_resolution", automatic_solves="exclude"))
    for key, stamped in zip(keys, ("06-12 10:00", "06-09 09:00"), strict=True):
        assert lines(without, key) == []
        assert left(without, key) == [("automatic_solve", "an", stamped)]


def test_to_give_a_ticket_up_and_take_it_again_is_no_transfer(play: Played, lines: Played) -> None:
    """An, nobody, An.

    06-09 09:00 customer opens assignee=an
    06-09 09:10 assignee becomes nothing
    06-09 09:20 assignee becomes an
    06-09 10:00 an replies, status becomes solved
    """
    played = play(AS_OF)
    assert played.line("first_contact_resolution").numerator == 1
    assert lines(played, "assignee_stations")[0][2] == 2
    assert lines(played, "unique_assignees")[0][2] == 1


# --- Repeat contacts ----------------------------------------------------------------------------------------------


def test_a_requester_who_opens_another_ticket_within_the_window_contacts_us_again(
    play: Played, lines: Played, parts: Played, left: Played
) -> None:
    """Back on the sixth day.

    06-09 09:00 customer opens
    06-09 10:00 assignee becomes an
    06-15 09:00 elsewhere returns
    """
    assert left(play("06-16 09:00"), "repeat_contact_rate") == [("window_open", "an", "06-09 09:00")]
    played = play("06-16 09:00:01")
    assert lines(played, "repeat_contact_rate") == [("an", "06-09 09:00", 1, 1)]
    assert parts(played, "repeat_contact_rate") == ["customer"]


def test_who_returns_after_the_window_does_not_contact_us_again(play: Played, lines: Played, chosen: Played) -> None:
    """Back on the sixth day.

    06-09 09:00 customer opens
    06-15 09:00 elsewhere returns
    """
    played = play(AS_OF, chosen("repeat_contact_rate", window=5 * 86_400))
    assert lines(played, "repeat_contact_rate") == [(None, "06-09 09:00", 0, 1)]


def test_a_ticket_of_nobody_says_nothing_about_returning(play: Played, left: Played, timelines: ModuleType) -> None:
    """The requester is gone.

    06-09 09:00 customer opens
    """

    def anonymous(history: Any) -> Any:  # noqa: ANN401 -- a History
        return timelines.snapshot_of(history, requester_id=None)

    assert left(play(AS_OF, change=anonymous), "repeat_contact_rate") == [("no_requester", None, "06-09 09:00")]


def test_a_ticket_that_an_agent_opens_is_no_contact_that_could_be_repeated(
    play: Played, lines: Played, left: Played
) -> None:
    """An writes to the customer, who answers in a ticket of his own.

    06-09 09:00 an opens
    06-10 09:00 elsewhere returns
    """
    assert lines(play(AS_OF), "repeat_contact_rate") == []
    assert left(play(AS_OF), "repeat_contact_rate") == [("agent_opened", None, "06-09 09:00")]


def test_a_telephone_call_that_an_agent_writes_down_is_a_contact(
    play: Played, lines: Played, timelines: ModuleType
) -> None:
    """The customer calls twice.

    06-09 09:00 an opens
    06-10 09:00 elsewhere returns by=an channel=voice
    """
    played = play(AS_OF, change=lambda history: timelines.snapshot_of(history, channel="voice"))
    assert lines(played, "repeat_contact_rate") == [(None, "06-09 09:00", 1, 1)]
