import os
import shutil
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from connectors.account import TICKET_FIELDS
from connectors.base import Target
from connectors.errors import ConnectorError
from sync.cli.sync_command import outcome
from sync.exits import Exit
from sync.findings import OF_FIELDS
from sync.pull import Pass
from sync.setup import (
    install,
    removals,
    set_up,
    uninstall,
    use_remembered_fields,
    wanted_fields,
    wanted_views,
)
from sync.store.findings import What
from sync.store.locks import Holder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.sandbox.zendesk.records import CustomField
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


# Fields that change under us


def remote(world: "World", key: str) -> "CustomField":
    return world.state.ticket_fields[int(world.store.remote_fields.all(world.account.name)[Target.TICKET, key])]


def field_requests(world: "World", since: int) -> int:
    return sum("ticket_fields" in path for _, path, _ in world.sandbox.requests[since:])


def drifted(world: "World") -> list[What]:
    return [finding.what for finding in world.store.findings.open_of(world.account.name, OF_FIELDS)]


@pytest.fixture
def used(world: "World") -> "World":
    """Give an account whose fields are in use, two hours later."""
    world.ticket()
    world.advance(120)
    world.run()
    world.advance(7200)
    return world


def deactivate(world: "World") -> None:
    remote(world, "due_at").active = False


def retype(world: "World") -> None:
    remote(world, "due_at").type = "integer"


def delete(world: "World") -> None:
    del world.state.ticket_fields[remote(world, "due_at").id]


@pytest.mark.parametrize(
    ("drift", "what", "words"),
    [
        (deactivate, What.UNFIT, "is deactivated"),
        (retype, What.UNFIT, "is of type integer"),
        (delete, What.DELETED, "was deleted"),
    ],
)
def test_fault_31_a_field_that_changed_is_found_reported_and_the_rest_goes_on(
    used: "World", drift: "Callable[[World], None]", what: What, words: str
) -> None:
    drift(used)
    ticket = used.ticket()
    used.advance(3600)
    report = used.run()
    assert [words in str(problem) for problem in report.problems] == [True]
    assert outcome(report) is Exit.PARTIAL
    assert (report.sent.refused, report.created_fields, drifted(used)) == ([], [], [what])
    assert used.shown(ticket) == {"overdue": True, "overdue_clock": "First reply", "escalation_level": "1"}


def test_known_fields_are_looked_at_once_an_hour_and_what_was_wrong_stays_wrong_in_between(used: "World") -> None:
    deactivate(used)
    since = len(used.sandbox.requests)
    for _ in range(3):
        assert [str(setup.problem) for setup in used.run().setups] == [
            "The field KPI: due at is deactivated; activate it in the Admin Center"
        ]
        used.advance(600)
    assert field_requests(used, since) == 1
    remote(used, "due_at").active = True
    used.advance(3600)
    assert used.run().problems == []
    assert drifted(used) == []


def test_a_refused_write_has_the_fields_looked_at_at_once(used: "World") -> None:
    used.run()
    retype(used)
    ticket = used.ticket()
    used.advance(120)
    report = used.run()
    assert [str(reason) for _, reason in report.sent.refused] == [
        "Zendesk refuses: RecordInvalid KPI: due at: is not a whole number"
    ]
    assert ["is of type integer" in str(problem) for problem in report.problems] == [True]
    used.advance(3600)
    used.run()
    assert used.shown(ticket)["overdue"] is True


def test_a_deleted_field_is_made_anew_by_the_setup_alone_and_filled_again(used: "World") -> None:
    delete(used)
    assert used.run().created_fields == []
    assert "KPI: due at" not in titles(used)
    with locked(used) as this:
        setups = used.account.connector.fields(wanted_fields(used.account))
        assert set_up(used.account, this, setups) == ["KPI: due at"]
    used.advance(120)
    report = used.run()
    assert report.problems == []
    assert used.shown(used.state.tickets[1])["due_at"] == "2026-11-23 09:30 +07:00"
    assert report.edits == []
    used.advance(3600)
    used.run()
    assert drifted(used) == []


# What shows the fields, and undoing it all


@contextmanager
def locked(world: "World") -> "Iterator[Pass]":
    holder = Holder(socket.gethostname(), os.getpid(), 0)
    lock = world.store.locks.acquire(world.account.name, holder, world.account.now())
    try:
        yield Pass(0, lock)
    finally:
        world.store.locks.release(lock)


def installed(world: "World") -> "World":
    with locked(world) as this:
        use_remembered_fields(world.account)
        set_up(world.account, this, world.account.connector.fields(wanted_fields(world.account)))
        install(world.account, this)
    return world


def undo(world: "World") -> list[str]:
    world.account.connector.begin()
    with locked(world) as this:
        return [removal.key for removal in uninstall(world.account, this, removals(world.account))]


def remains(world: "World") -> list[str]:
    """Return what of ours stands on the helpdesk."""
    ids = {field.id for field in world.state.ticket_fields.values() if field.title.startswith("KPI")}
    forms = [form.name for form in world.sandbox.workspace.forms.values() if ids & set(form.field_ids)]
    views = [view.title for view in world.sandbox.workspace.views.values() if view.title.startswith("KPI")]
    profiles = [str(field.key) for field in world.state.user_fields.values() if str(field.key).startswith("kpi_")]
    return [*titles(world), *forms, *views, *profiles]


def test_what_was_installed_is_undone_whole_and_its_history_stays(make_world: "Callable[..., World]") -> None:
    world = installed(make_world(push={"agent_fields": ["solved"]}))
    world.ticket()
    world.advance(3600)
    world.run()
    assert len(remains(world)) == len(TICKET_FIELDS) + 3
    before = world.store.changes.counts(world.account.name)
    assert len(undo(world)) == len(TICKET_FIELDS) + 3
    assert remains(world) == []
    assert (removals(world.account), undo(world)) == ([], [])
    assert world.store.changes.counts(world.account.name) == before
    assert world.store.changes.recent(world.account.name, 1)[0].values


def test_after_an_uninstall_no_pass_writes_until_it_is_allowed_anew(world: "World") -> None:
    installed(world)
    ticket = world.ticket()
    world.advance(3600)
    world.run()
    other = world.ticket()
    world.advance(120)
    world.run(max_writes=0)
    undo(world)
    world.advance(120)
    report = world.run(yes=False)
    assert (report.armed, remains(world)) == (False, [])
    world.run(yes=True)
    assert world.shown(ticket)["overdue"] is True
    assert world.shown(other)["due_at"]


def test_a_field_that_something_else_works_with_is_left_until_that_lets_go(world: "World") -> None:
    installed(world)
    field = remote(world, "overdue").id
    condition = {"field": f"custom_fields_{field}", "operator": "is", "value": "true"}
    trigger = world.sandbox.workspace.add("triggers", "Báo trễ", condition)
    planned = {removal.key: [str(use) for use in removal.uses] for removal in removals(world.account)}
    assert {key: uses for key, uses in planned.items() if uses} == {"field:ticket:overdue": ["the trigger Báo trễ"]}
    undo(world)
    assert remains(world) == ["KPI: overdue"]
    del world.sandbox.workspace.triggers[trigger.id]
    assert undo(world) == ["field:ticket:overdue"]
    assert remains(world) == []


def test_fields_that_were_there_before_are_left(world: "World") -> None:
    world.state.add_ticket_field("text", "KPI: due at", "our own")
    installed(world)
    undo(world)
    assert remains(world) == ["KPI: due at"]


def test_an_uninstall_that_was_interrupted_goes_on(world: "World") -> None:
    installed(world)
    world.sandbox.fail_next("/api/v2/ticket_fields/*", 422, 1, method="DELETE")
    with pytest.raises(ConnectorError):
        undo(world)
    assert len(remains(world)) == len(TICKET_FIELDS)
    assert len(undo(world)) == len(TICKET_FIELDS)
    assert remains(world) == []


def test_without_the_overdue_field_no_view_is_offered(make_world: "Callable[..., World]") -> None:
    world = installed(make_world(push={"ticket_fields": ["due_at"]}))
    assert remains(world) == ["KPI: due at", "Mặc định"]
    assert wanted_views(world.account) == []


def test_no_view_is_made_of_a_field_that_could_not_be(world: "World") -> None:
    world.state.add_ticket_field("text", "KPI: overdue")
    installed(world)
    assert not [view for view in world.sandbox.workspace.views.values() if view.title.startswith("KPI")]


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
