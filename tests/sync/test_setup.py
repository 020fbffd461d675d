import shutil
from typing import TYPE_CHECKING

import pytest

from connectors.account import TICKET_FIELDS
from connectors.base import Target
from connectors.errors import ConnectorError
from sync.setup import missing_fields, wanted_fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sync.conftest import World

FIELDS = "/api/v2/ticket_fields*"


def titles(world: "World") -> list[str]:
    return [field.title for field in world.state.ticket_fields.values() if field.title.startswith("KPI")]


def test_the_first_writing_pass_makes_the_fields_and_later_ones_ask_nothing(world: "World") -> None:
    report = world.run()
    assert report.created_fields == titles(world) == [field.title for field in wanted_fields(world.account)]
    assert len(titles(world)) == len(TICKET_FIELDS)
    before = len(world.sandbox.requests)
    assert world.run().created_fields == []
    assert not [path for _, path, _ in world.sandbox.requests[before:] if "fields" in path]
    assert missing_fields(world.account) == []


def test_a_pass_that_may_not_write_makes_no_field(world: "World") -> None:
    world.run(yes=False)
    world.run(yes=True, dry_run=True)
    assert titles(world) == []


def test_fields_that_are_there_already_are_used(world: "World") -> None:
    made = [
        world.state.add_ticket_field("text", "KPI: due at"),
        world.state.add_ticket_field("checkbox", "KPI: overdue"),
    ]
    report = world.run()
    assert not {"KPI: due at", "KPI: overdue"} & set(report.created_fields)
    remembered = world.store.remote_fields.all(world.account.name)
    assert [remembered[Target.TICKET, key] for key in ("due_at", "overdue")] == [str(field.id) for field in made]


def test_fault_31_a_field_of_another_type_is_reported_and_the_others_are_written_all_the_same(world: "World") -> None:
    world.state.add_ticket_field("date", "KPI: due at")
    ticket = world.ticket()
    world.advance(3600)
    report = world.run()
    assert ["KPI: due at" in str(problem) for problem in report.problems] == [True]
    assert report.sent.refused == []
    assert len(report.created_fields) == len(TICKET_FIELDS) - 1
    assert world.shown(ticket)["overdue"] is True
    assert "due_at" not in world.shown(ticket)


@pytest.mark.parametrize("after_effect", [True, False])
def test_a_field_whose_creation_was_not_answered_is_made_once(world: "World", *, after_effect: bool) -> None:
    world.sandbox.fail_next(FIELDS, "drop", 1, method="POST", after_effect=after_effect)
    try:
        world.run()
    except ConnectorError:
        assert not after_effect
    world.run()
    assert sorted(titles(world)) == sorted(field.title for field in wanted_fields(world.account))


def test_agents_get_a_number_field_for_each_indicator_asked_for(make_world: "Callable[..., World]") -> None:
    world = make_world(push={"ticket_fields": [], "agent_fields": ["solved", "first_reply"]})
    report = world.run()
    assert report.created_fields == ["KPI: Tickets solved", "KPI: First reply time"]
    kinds = {field.key: field.type for field in world.state.user_fields.values()}
    assert (kinds["kpi_solved"], kinds["kpi_first_reply"]) == ("decimal", "decimal")


def test_after_a_lost_store_what_still_stands_in_the_fields_is_known_and_cleared(
    make_world: "Callable[..., World]", empty_store: "Path"
) -> None:
    world = make_world()
    ticket = world.ticket()
    world.advance(7200)
    world.run()
    assert world.shown(ticket)["overdue"] is True
    world.state.comment(ticket.id, world.agents[0], status="open")
    world.close()
    for part in world.folder.glob("helpdesk-kpi.db*"):
        part.unlink()
    shutil.copy(empty_store, world.folder / "helpdesk-kpi.db")
    world.configure()
    world.advance(120)
    assert world.run().created_fields == []
    assert not world.shown(ticket)["overdue"]
