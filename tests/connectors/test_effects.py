"""What is left to be done of an escalation, by how the ticket stands right before it is written."""

from typing import Any

import pytest

from connectors.base import Change, Refused, Target
from connectors.effects import Doing, Place, Standing, doing, is_own_note, marker, note_html

NOW = Standing("normal", "1", "7", ("a", "b"), solved=False)
BEFORE = {"priority": "normal", "group": "1", "assignee": "7"}


def change(previous: dict[str, Any] | None = None, **values: Any) -> Change:  # noqa: ANN401 -- field values
    return Change(1, Target.ESCALATION, "5", values, previous=BEFORE if previous is None else previous)


@pytest.mark.parametrize(
    ("wanted", "now", "left"),
    [
        (change(priority="high"), NOW, Doing(priority="high")),
        (change(priority="high"), Standing("urgent", "1", "7", (), solved=False), Doing()),
        (change(priority="high"), Standing(None, "1", "7", (), solved=False), Doing(priority="high")),
        (change(priority="high"), Standing("vip", "1", "7", (), solved=False, ranked=False), Doing()),
        (change(add_tags="b c"), NOW, Doing(tags=("a", "b", "c"))),
        (change(add_tags="a"), NOW, Doing()),
        (change(group="2", assignee=None), NOW, Doing(place=Place("2", None))),
        (change(group="2", assignee=None), Standing("low", "2", "9", (), solved=False), Doing()),
        (change(group="1", assignee="9"), NOW, Doing(place=Place("1", "9"))),
        (change(group="1", assignee="9"), Standing("low", "3", "9", (), solved=False), Doing()),
        (change(note="x"), NOW, Doing(note="x")),
        (change(restores=True, priority="low", previous=BEFORE), NOW, Doing(priority="low")),
        (change(restores=True, priority="low", previous={"priority": "high"}), NOW, Doing()),
        (change(restores=True, remove_tags="b"), NOW, Doing(tags=("a",))),
    ],
)
def test_only_what_is_not_so_already_is_done(wanted: Change, now: Standing, left: Doing) -> None:
    assert doing(wanted, now) == left
    assert left.is_nothing is (left == Doing())
    assert left.changes is (left not in (Doing(), Doing(note="x")))


def test_a_ticket_that_somebody_handed_over_meanwhile_stays_where_it_is() -> None:
    found = doing(change(group="2", assignee=None, note="x"), Standing("normal", "1", "8", (), solved=False))
    assert isinstance(found, Doing)
    assert (found.place, found.note) == (None, "x")
    assert "stays where it is" in str(found.left)


def test_nothing_is_done_on_a_ticket_that_was_solved_meanwhile_unless_the_step_follows_its_end() -> None:
    solved = Standing("normal", "1", "7", (), solved=True)
    found = doing(change(note="x", while_unsolved=True), solved)
    assert isinstance(found, Refused)
    assert found.closed
    assert doing(change(note="x", while_unsolved=False), solved) == Doing(note="x")


def test_our_notes_are_known_by_their_mark_however_a_helpdesk_shows_them() -> None:
    mark = marker("0123456789abcdef")
    html = note_html(f"Leo thang <cấp 1>\n{mark}")
    assert html == f"Leo thang &lt;cấp 1&gt;<br>{mark}"
    assert is_own_note(None, html)
    assert is_own_note(mark.replace("escalation:", "escalation:\n "))
    assert not is_own_note("helpdesk-kpi:escalation:xyz", None)
