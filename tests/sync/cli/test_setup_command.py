import json
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
    assert len(there) == len(set(there)) == len(TICKET_FIELDS) == writes - 2  # the form and the view
    assert "sao-mai  the view KPI: overdue tickets: made" in first.stdout
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


def test_the_places_that_show_the_fields_are_planned_made_and_found_again(desk: "Desk") -> None:
    (planned,) = desk.told("setup")["accounts"]
    assert [(extra["key"].partition(":")[0], extra["there"]) for extra in planned["extras"]] == [
        ("form", False),
        ("view", False),
    ]
    assert "sao-mai  our fields on the form Mặc định: to be made" in desk.run("setup").stdout
    assert len(desk.told("setup", "--yes")["accounts"][0]["installed"]) == 2
    assert "sao-mai  our fields on the form Mặc định: there" in desk.run("setup").stdout
    assert {key.partition(":")[0] for key, *_ in desk.rows("SELECT key FROM installed")} == {"field", "form", "view"}


def test_forms_and_views_may_be_left_alone(desk: "Desk") -> None:
    desk.run("setup", "--yes", "--fields-only")
    assert len(desk.writes()) == len(TICKET_FIELDS)
    (account,) = desk.told("setup", "--fields-only")["accounts"]
    assert account["extras"] == []


def test_where_the_plan_has_no_forms_the_way_is_told_and_the_rest_is_made(desk: "Desk") -> None:
    desk.sandbox.features.discard("ticket_forms")
    result = desk.run("setup", "--yes")
    assert result.exit_code == 0
    assert "Admin Center" in result.stdout
    assert "the view KPI: overdue tickets: made" in result.stdout


def test_a_renamed_field_is_ours_still(desk: "Desk") -> None:
    desk.run("setup", "--yes")
    field = next(field for field in desk.sandbox.state.ticket_fields.values() if field.title == "KPI: overdue")
    field.title = "Trễ hạn"
    assert "sao-mai  KPI: overdue: there, as “Trễ hạn”" in desk.run("setup").stdout
    assert "ok  sao-mai  field KPI: overdue: there, renamed to “Trễ hạn”" in desk.run("check").stdout


def test_who_can_read_profiles_is_said_plainly(desk: "Desk") -> None:
    desk.configure(desk.account("sao-mai", desk.sandbox, push={"agent_fields": ["first_reply"]}))
    assert "every agent can read what stands on agents' profiles" in desk.run("setup").stdout


def test_an_uninstall_is_planned_and_then_done(desk: "Desk") -> None:
    desk.run("setup", "--yes")
    there = titles(desk)
    planned = desk.run("setup", "--uninstall")
    assert planned.exit_code == 0
    assert "nothing was removed; say --yes to remove" in planned.stdout
    assert titles(desk) == there
    done = desk.run("setup", "--uninstall", "--yes")
    assert "sao-mai: 8 removed" in done.stdout
    assert "writing stops until a pass with --yes allows it again" in done.stdout
    assert titles(desk) == []
    assert "writing: stopped since the set-up was taken back; a pass with --yes" in desk.run("status").stdout
    assert "sao-mai: nothing to remove" in desk.run("setup", "--uninstall").stdout


def test_a_field_in_use_elsewhere_is_named_and_left(desk: "Desk") -> None:
    desk.run("setup", "--yes")
    field = next(field for field in desk.sandbox.state.ticket_fields.values() if field.title == "KPI: overdue")
    condition = {"field": f"custom_fields_{field.id}", "operator": "is", "value": "true"}
    desk.sandbox.workspace.add("triggers", "Báo trễ", condition)
    result = desk.run("setup", "--uninstall", "--yes")
    assert result.exit_code == 5
    assert "left, for it is used by the trigger Báo trễ" in result.stdout
    assert titles(desk) == ["KPI: overdue"]
    (account,) = json.loads(desk.run("setup", "--uninstall", "--json").stdout)["accounts"]
    assert [removal["uses"] for removal in account["removals"]] == [["the trigger Báo trễ"]]
    assert account["removed"] == []


def test_whoever_sits_at_a_terminal_is_asked_before_anything_is_removed(desk: "Desk") -> None:
    desk.run("setup", "--yes")
    there = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    desk.patch.setattr("sync.cli.setup_command.sys", there)
    result = desk.run("setup", "--uninstall", answers="n\n")
    assert "Remove 8 things now?" in result.stderr
    assert len(titles(desk)) == len(TICKET_FIELDS)


def test_fields_on_profiles_are_created_too(desk: "Desk") -> None:
    desk.configure(desk.account("sao-mai", desk.sandbox, push={"ticket_fields": [], "agent_fields": ["first_reply"]}))
    assert "1 field created" in desk.run("setup", "--yes").stdout
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
    assert "Create 6 custom fields and 2 places that show them now?" in result.stderr
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


def test_a_package_is_written_for_a_salesforce_admin_and_nobody_is_asked(desk: "Desk") -> None:
    auth = {"method": "oauth_client_credentials", "client_id": "app", "client_secret": "${file:secret.txt}"}
    care = {"name": "care", "kind": "salesforce", "base_url": "https://acme.my.salesforce.com", "auth": auth}
    zendesk = desk.account("sao-mai", desk.sandbox)
    desk.configure(zendesk, care)
    folder = desk.config.parent / "package"  # its secret is not there yet, and is not needed
    result = desk.run("setup", "--package", str(folder))
    assert result.exit_code == 0
    assert "this helpdesk has no packages" in result.stdout
    assert "care: 3 files written to" in result.stdout
    assert "KPI_Due_At__c" in (folder / "care" / "objects" / "Case.object").read_text(encoding="utf-8")
    assert (desk.writes(), titles(desk)) == ([], [])
    again = desk.told("setup", "care", "--package", str(folder))
    assert str(folder / "care" / "package.xml") in again["accounts"][0]["package"]
