"""Who may decide about a ticket: whoever was above its agents on that day, and never one of them."""

from collections.abc import Callable
from types import ModuleType

import pytest

from kpi_engine.approving import Concerned, concerned
from kpi_engine.compiling import compiled
from kpi_engine.editions import Edition

ORGANIZATION = {
    "places": {
        "an": [
            {"team": "north", "lead": "acme/binh", "end": 1749600000},  # 06-11 07:00 in Hanoi
            {"team": "south", "lead": "acme/chi", "manager": "other/9", "start": 1749600000},
        ],
        "binh": [{"team": "north", "manager": "acme/hoa"}],
        "hoa": [{"team": "north", "manager": "boss@acme.vn"}],
    },
    "teams": {"north": [{"manager": "acme/hoa"}], "group:2": [{"lead": "acme/dung"}]},
    "keys": {"lan": "other/9"},
}


@pytest.fixture
def asked(timelines: ModuleType, request: pytest.FixtureRequest) -> Callable[..., Concerned]:
    """Ask about the timeline in the test's docstring, judged as of the 20th."""
    rules = timelines.edition("policies", timelines.policy(timelines.first_reply("1h")))
    organized = timelines.edition("organization", ORGANIZATION)

    def ask(what: str | None, at: str, *more: Edition) -> Concerned:
        history = timelines.history(request.function.__doc__)
        rulebook = compiled([*timelines.USUAL, rules, organized, *more])
        return concerned(history, what, timelines.moment(at), rulebook, timelines.moment("06-20 09:00"))

    return ask


def test_who_leads_the_agent_on_the_day_of_the_decision_may_decide_and_he_himself_is_concerned(
    asked: Callable[..., Concerned],
) -> None:
    """A ticket of An's, who changes team and lead on the 11th.

    06-09 09:00 customer opens assignee=an group=1
    06-09 16:00 an replies
    06-09 17:00 status becomes solved by an
    """
    before, after = asked("first_reply", "06-10 09:00"), asked("first_reply", "06-12 09:00")
    assert before == Concerned(frozenset({"an"}), frozenset({"acme/binh", "acme/hoa", "boss@acme.vn"}))
    assert after == Concerned(frozenset({"an"}), frozenset({"acme/chi", "other/9"}))
    assert asked("first_reply", "06-01 09:00") == before  # decided before there was a ticket: as of its beginning


def test_who_answers_for_a_clock_is_concerned_though_somebody_else_has_the_ticket_by_then(
    asked: Callable[..., Concerned],
) -> None:
    """An is late and passes the ticket to Bình, who leads him, and solves it; then nobody has it.

    06-09 09:00 customer opens assignee=an group=1
    06-09 16:00 an replies
    06-09 16:30 assignee becomes binh by an
    06-09 17:00 status becomes solved by binh
    """
    late = asked("first_reply", "06-10 09:00")
    assert late.own == {"an", "binh"}
    assert late.above == {"acme/binh", "acme/hoa", "boss@acme.vn"}
    assert asked(None, "06-10 09:00").own == {"an", "binh"}
    assert asked("rating", "06-10 09:00").own == {"binh"}


def test_a_rating_concerns_who_had_the_ticket_when_it_was_given(asked: Callable[..., Concerned]) -> None:
    """A rating of An's work, which is another's ticket by the time of the decision.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:10 an replies
    06-09 09:20 status becomes solved by an
    06-09 10:00 customer rated bad
    06-09 11:00 assignee becomes chi by chi
    """
    assert asked("rating", "06-10 09:00").own == {"an", "chi"}
    assert asked("first_reply", "06-10 09:00").own == {"chi"}


def test_of_a_ticket_that_nobody_holds_those_above_its_group_decide(asked: Callable[..., Concerned]) -> None:
    """A ticket that waits in a group.

    06-09 09:00 customer opens group=2
    """
    assert asked("resolution", "06-10 09:00") == Concerned(frozenset(), frozenset({"acme/dung"}))


def test_a_ticket_that_counts_nowhere_is_its_assignees(asked: Callable[..., Concerned], timelines: ModuleType) -> None:
    """A test ticket.

    06-09 09:00 customer opens assignee=an group=1 tags=test
    """
    meanings = timelines.edition("meanings", {**timelines.MEANINGS, "excluded_tags": ["test"]})
    assert asked("first_reply", "06-10 09:00", meanings).own == {"an"}
