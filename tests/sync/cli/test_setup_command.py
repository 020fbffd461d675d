from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from connectors.account import TICKET_FIELDS

if TYPE_CHECKING:
    from conftest import Desk


def titles(desk: "Desk") -> list[str]:
    """Return the titles of our fields on the helpdesk."""
    state = desk.sandbox.state
    fields = [*state.ticket_fields.values(), *state.user_fields.values()]
    return sorted(field.title for field in fields if field.title.startswith("KPI: "))


def test_the_plan_is_shown_and_nothing_is_created_without_yes(desk: "Desk") -> None:
    result = desk.run("setup")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "sao-mai  KPI: overdue: to be created" in result.stdout
    assert "nothing was created; say --yes to create" in result.stdout
    assert (desk.writes(), titles(desk)) == ([], [])


def test_yes_creates_what_is_missing_and_a_second_run_nothing(desk: "Desk") -> None:
    first = desk.run("setup", "--yes")
    assert "sao-mai: 6 fields created" in first.stdout
    there, writes = titles(desk), len(desk.writes())
    assert len(there) == len(set(there)) == len(TICKET_FIELDS) == writes
    second = desk.run("setup", "--yes")
    assert "sao-mai: 0 fields created" in second.stdout
    assert "sao-mai  KPI: overdue: there" in second.stdout
    assert (titles(desk), len(desk.writes())) == (there, writes)


def test_fields_are_found_again_without_the_store(desk: "Desk") -> None:
    desk.run("setup", "--yes")
    there = titles(desk)
    desk.store.unlink()
    desk.run("setup", "--yes")
    assert titles(desk) == there
    assert len(desk.rows("SELECT * FROM remote_field")) == len(there)


def test_half_a_setup_is_finished_without_twins(desk: "Desk") -> None:
    desk.sandbox.fail_next("/api/v2/ticket_fields.json", 403, method="POST", times=1)
    assert desk.run("setup", "--yes").exit_code == 3
    assert desk.run("setup", "--yes").exit_code == 0
    assert len(titles(desk)) == len(set(titles(desk))) == len(TICKET_FIELDS)


def test_a_field_whose_creation_was_not_answered_gets_no_twin(desk: "Desk") -> None:
    desk.sandbox.fail_next("/api/v2/ticket_fields.json", "drop", method="POST", after_effect=True)
    desk.run("setup", "--yes")
    desk.run("setup", "--yes")
    assert len(titles(desk)) == len(set(titles(desk))) == len(TICKET_FIELDS)


def test_the_json_tells_every_field_and_what_was_created(desk: "Desk") -> None:
    (account,) = desk.told("setup", "--yes")["accounts"]
    assert account["connector"] == "sao-mai"
    assert sorted(account["created"]) == titles(desk)
    assert account["fields"][0] == {
        "target": "ticket",
        "key": "due_at",
        "title": "KPI: due at",
        "remote_id": None,
        "problem": None,
    }
    (again,) = desk.told("setup")["accounts"]
    assert again["created"] == []
    assert all(field["remote_id"] for field in again["fields"])


def test_fields_on_profiles_are_created_too(desk: "Desk") -> None:
    desk.configure(desk.account("sao-mai", desk.sandbox, push={"ticket_fields": [], "agent_fields": ["first_reply"]}))
    assert "1 fields created" in desk.run("setup", "--yes").stdout
    assert desk.writes() == [("POST", "/api/v2/user_fields.json")]


def test_a_field_of_another_type_is_left_alone_and_the_rest_created(desk: "Desk") -> None:
    desk.sandbox.state.add_ticket_field("integer", "KPI: overdue")
    result = desk.run("setup", "--yes")
    assert result.exit_code == 5
    assert "sao-mai: 5 fields created" in result.stdout
    assert titles(desk).count("KPI: overdue") == 1


@pytest.mark.parametrize(("answer", "created"), [("y\n", 6), ("n\n", 0)])
def test_whoever_sits_at_a_terminal_is_asked(desk: "Desk", answer: str, created: int) -> None:
    there = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    desk.patch.setattr("sync.cli.setup_command.sys", there)
    result = desk.run("setup", answers=answer)
    assert result.exit_code == 0
    assert "Create 6 custom fields now?" in result.stderr
    assert len(titles(desk)) == created


def test_whoever_leaves_at_the_question_creates_nothing(desk: "Desk") -> None:
    there = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    desk.patch.setattr("sync.cli.setup_command.sys", there)
    assert desk.run("setup", answers="").exit_code == 130
    assert titles(desk) == []


def test_json_never_asks(desk: "Desk") -> None:
    there = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    desk.patch.setattr("sync.cli.setup_command.sys", there)
    (account,) = desk.told("setup")["accounts"]
    assert account["created"] == []


def test_one_accounts_trouble_does_not_stop_another(two_desks: "Desk") -> None:
    two_desks.patch.setenv("SECRET_SAO_MAI", "not-the-secret")
    result = two_desks.run("setup", "--yes")
    assert result.exit_code == 3
    assert result.stderr.startswith("sao-mai: ")
    assert "sao-hom: 6 fields created" in result.stdout
    assert two_desks.writes("sao-mai") == []
