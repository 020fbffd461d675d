import pytest

from connectors.base import Target
from kpi_engine.message import message
from sync.store import Store
from sync.store.findings import Finding, What

NAME = "sao-mai"


def edit(ticket: str, what: What = What.EDITED, found: object = "x") -> Finding:
    return Finding(what=what, target=Target.TICKET, target_id=ticket, field="due_at", expected=1, found=found)  # type: ignore[arg-type]  # literals


def unfit(field: str = "due_at") -> Finding:
    return Finding(what=What.UNFIT, target=Target.TICKET, field=field, told=message("{field} is odd", field=field))


def test_a_finding_keeps_its_first_sight_and_shows_the_last(store: Store) -> None:
    store.findings.note(NAME, [edit("1"), unfit()], 10)
    store.findings.note(NAME, [edit("1", found="y")], 20)
    first, second = store.findings.open(NAME, 9)
    assert (first.what, str(first.told), first.first_seen_at) == (What.UNFIT, "due_at is odd", 10)
    assert (second.found, second.expected, second.first_seen_at, second.last_seen_at) == ("y", 1, 10, 20)


def test_nothing_to_note_is_nothing(store: Store) -> None:
    store.findings.note(NAME, [], 10)
    assert store.findings.open(NAME, 9) == []


def test_what_is_well_again_is_over_until_it_is_seen_anew(store: Store) -> None:
    store.findings.note(NAME, [unfit(), unfit("overdue")], 10)
    store.findings.over(NAME, Target.TICKET, "due_at", [What.UNFIT], 20)
    assert [found.field for found in store.findings.open_of(NAME, [What.UNFIT])] == ["overdue"]
    store.findings.note(NAME, [unfit()], 30)
    assert {found.first_seen_at for found in store.findings.open_of(NAME, [What.UNFIT])} == {10}


def test_edits_are_remembered_when_they_are_over(store: Store) -> None:
    store.findings.note(NAME, [edit("1"), edit("2", What.EDITED_AGAIN)], 10)
    store.findings.note("other", [edit("3")], 10)
    assert store.findings.open_edits(NAME, ["1", "2", "3"]) == {"1", "2"}
    store.findings.edits_over(NAME, ["1"], 20)
    assert store.findings.open_edits(NAME, ["1", "2", "3"]) == {"2"}
    assert store.findings.edited(NAME, Target.TICKET, ["1", "2", "3"]) == {"1": {"due_at"}, "2": {"due_at"}}
    assert store.findings.counts(NAME) == {What.EDITED_AGAIN: 1}


@pytest.mark.parametrize(("limit", "shown"), [(0, 0), (1, 1), (9, 2)])
def test_as_many_are_shown_as_asked_for(store: Store, limit: int, shown: int) -> None:
    store.findings.note(NAME, [edit("1"), edit("2")], 10)
    assert len(store.findings.open(NAME, limit)) == shown


def test_what_was_made_is_remembered_until_it_is_undone(store: Store) -> None:
    store.installed.save(NAME, "view:overdue", "7", 10)
    store.installed.save(NAME, "field:ticket:due_at", "11", 10)
    store.installed.save(NAME, "view:overdue", "8", 20)
    store.installed.save("other", "view:overdue", "9", 20)
    assert store.installed.all(NAME) == {"field:ticket:due_at": "11", "view:overdue": "8"}
    store.installed.forget(NAME, "view:overdue")
    assert (store.installed.all(NAME), store.installed.all("other")) == (
        {"field:ticket:due_at": "11"},
        {"view:overdue": "9"},
    )
