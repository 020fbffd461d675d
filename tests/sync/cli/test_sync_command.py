import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk

    from connectors.sandbox import ZendeskSandbox

TICKET_WRITES = re.compile(r"/api/v2/tickets/(update_many|\d+)\.json")


def ours(sandbox: "ZendeskSandbox") -> dict[int, dict[str, object]]:
    """Return what our fields hold on the helpdesk, by ticket."""
    state = sandbox.state
    keys = {field.id: field.title for field in state.ticket_fields.values() if field.title.startswith("KPI: ")}
    shown = {
        ticket.id: {keys[field]: value for field, value in ticket.fields.items() if field in keys}
        for ticket in state.tickets.values()
    }
    return {ticket_id: fields for ticket_id, fields in shown.items() if fields}


def test_a_dry_run_prints_every_write_with_old_new_and_why_and_makes_none(desk: "Desk") -> None:
    result = desk.run("sync", "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    first, fields, second, *writes, last = result.stdout.splitlines()
    assert re.fullmatch(
        r"sao-mai: data complete to 2026-11-21 11:5\d; \d+ rows pulled, \d+ tickets measured, .*", first
    )
    assert fields.startswith("custom fields that would be created: KPI: due at, ")
    assert re.fullmatch(r"writes this pass would make: \d+; none was made", second)
    assert last.startswith("writing is not yet allowed")
    assert all(re.fullmatch(r"ticket \d+: KPI: .+: .+ → .+ \(.+\)", line) for line in writes)
    assert any("KPI: due at: empty → 2026-11-" in line for line in writes)
    assert desk.writes() == []
    assert desk.rows("SELECT count(*) FROM change") == [(0,)]
    assert desk.rows("SELECT count(*) FROM cursor") != [(0,)]


def test_what_a_dry_run_shows_is_what_the_first_writing_pass_writes(desk: "Desk") -> None:
    planned = desk.told("sync", "--dry-run")["passes"][0]["writes"]
    written = desk.told("sync", "--yes")["passes"][0]
    assert written["writes"] == planned
    assert written["delivered"] == len({write["ticket_id"] for write in planned}) > 1
    assert {int(write["ticket_id"]) for write in planned} == ours(desk.sandbox).keys()


def test_no_pass_writes_before_one_was_allowed_to(desk: "Desk") -> None:
    result = desk.run("sync")
    assert result.exit_code == 0
    assert "none was made" in result.stdout
    assert "--yes" in result.stdout
    assert desk.run("sync").exit_code == 0
    assert desk.writes() == []


def test_yes_on_a_dry_run_allows_nothing(desk: "Desk") -> None:
    assert desk.run("sync", "--dry-run", "--yes").exit_code == 0
    assert desk.run("sync").exit_code == 0
    assert desk.writes() == []


def test_once_allowed_later_passes_write_by_themselves_and_only_what_changed(desk: "Desk") -> None:
    result = desk.run("sync", "--yes")
    assert result.exit_code == 0
    assert "custom fields created: " in result.stdout
    assert re.search(r"written: [1-9]\d*; refused: 0; .*; still waiting: 0", result.stdout)
    writes = len(desk.writes())
    assert "written: 0; refused: 0" in desk.run("sync").stdout
    assert len(desk.writes()) == writes
    ticket = desk.sandbox.state.create_ticket(priority="urgent", status="open")
    desk.sandbox.advance(120)
    assert ticket.id not in ours(desk.sandbox)
    assert "refused: 0" in desk.run("sync").stdout
    assert ticket.id in ours(desk.sandbox)


def test_max_writes_writes_some_and_leaves_the_rest_for_later(desk: "Desk") -> None:
    (all_,) = desk.told("sync", "--dry-run")["passes"]
    wanted = len({write["ticket_id"] for write in all_["writes"]})
    result = desk.run("sync", "--yes", "--max-writes", "1", "--json")
    (first,) = json.loads(result.stdout)["passes"]
    assert (result.exit_code, first["exit"], first["delivered"], first["waiting"]) == (5, 5, 1, wanted - 1)
    assert len(ours(desk.sandbox)) == 1
    result = desk.run("sync", "--max-writes", "0")
    assert result.exit_code == 5
    assert f"still waiting: {wanted - 1}" in result.stdout
    result = desk.run("sync")
    assert result.exit_code == 0
    assert f"written: {wanted - 1}; " in result.stdout
    assert len(ours(desk.sandbox)) == wanted


@pytest.mark.parametrize("value", ["-1", "many"])
def test_max_writes_is_a_number(desk: "Desk", value: str) -> None:
    desk.store.unlink()
    result = desk.run("sync", "--max-writes", value)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--max-writes" in result.stderr
    assert not desk.store.exists()


def test_only_the_connectors_named_are_served(two_desks: "Desk") -> None:
    result = two_desks.run("sync", "sao-hom")
    assert result.exit_code == 0
    assert "sao-hom: " in result.stdout
    assert two_desks.sandboxes["sao-mai"].requests == []


def test_an_unknown_connector_is_told_with_those_there_are(two_desks: "Desk") -> None:
    result = two_desks.run("sync", "sao-hom", "nemo")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "no connector is called nemo; there are: sao-mai, sao-hom\n"
    assert two_desks.sandboxes["sao-hom"].requests == []


def test_one_connectors_trouble_does_not_stop_another(two_desks: "Desk") -> None:
    two_desks.patch.setenv("SECRET_SAO_MAI", "not-the-secret")
    result = two_desks.run("sync", "--json")
    broken, whole = json.loads(result.stdout)["passes"]
    assert result.exit_code == 3
    assert (broken["connector"], broken["exit"]) == ("sao-mai", 3)
    assert "401" in broken["error"]
    assert (whole["connector"], whole["exit"]) == ("sao-hom", 0)
    assert whole["measured"] > 0
    assert result.stderr.startswith("sao-mai: ")


def test_the_json_of_a_pass_has_its_documented_shape(desk: "Desk") -> None:
    (document,) = desk.told("sync", "--yes")["passes"]
    assert set(document) == {
        *("connector", "as_of", "rows", "new_rows", "quarantined", "skipped", "measured", "requests"),
        *("waited_seconds", "armed", "fields_created", "writes", "agent_writes", "summaries", "withheld"),
        *("delivered", "refused", "closed", "waiting", "problems", "warnings", "exit"),
        *("notes", "conflicts", "edits", "backfill", "rules", "effects", "effects_left", "effect_remarks"),
        *("already_queued", "unsettled", "writes_due"),
    }
    assert set(document["writes"][0]) == {"ticket_id", "field", "old", "new", "why"}
    assert document["armed"] is True
    assert document["rows"]["tickets"] == 12
    assert (document["notes"], document["conflicts"], document["edits"], document["backfill"]) == ([], 0, [], None)


def test_a_row_that_cannot_be_read_is_quarantined_and_told(desk: "Desk") -> None:
    def spoiled(page: object) -> object:
        assert isinstance(page, dict)
        page["tickets"][0]["created_at"] = "yesterday"
        return page

    desk.sandbox.fail_next("/api/v2/incremental/tickets/cursor.json", spoiled)
    result = desk.run("sync")
    assert result.exit_code == 5
    assert "in quarantine: 1 row that could not be read" in result.stdout


def test_a_write_that_is_refused_is_told_and_the_others_are_made(desk: "Desk") -> None:
    (planned,) = desk.told("sync", "--dry-run")["passes"]
    ticket_id = planned["writes"][0]["ticket_id"]
    desk.run("setup", "--yes")
    desk.sandbox.fail_next("/api/v2/tickets/update_many.json", 422, method="PUT", times=None)
    desk.sandbox.fail_next(f"/api/v2/tickets/{ticket_id}.json", 422, method="PUT", times=None)
    result = desk.run("sync", "--yes")
    assert result.exit_code == 5
    assert f"ticket {ticket_id} refused: " in result.stdout


def test_what_the_account_lacks_is_told(desk: "Desk") -> None:
    desk.sandbox.features.discard("satisfaction")
    result = desk.run("sync")
    assert result.exit_code == 0
    assert "satisfaction ratings skipped: " in result.stdout


def test_quiet_says_results_only_and_json_nothing_else(desk: "Desk") -> None:
    desk.configure(desk.account("sao-mai", desk.sandbox), targets=[])
    loud = desk.run("sync")
    assert loud.stdout.count("\n") == 5
    quiet = desk.run("sync", "-q")
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    machine = desk.run("sync", "--json")
    assert (json.loads(machine.stdout)["passes"][0]["connector"], machine.stderr) == ("sao-mai", "")


def test_summaries_and_figures_on_profiles_are_planned_shown_and_made(
    desk: "Desk", simulated: "Callable[..., ZendeskSandbox]"
) -> None:
    del simulated
    push = {"agent_fields": ["first_reply"], "summaries": [{"scope": "agent", "period": "week", "group": "KPI"}]}
    own = desk.account("sao-mai", desk.sandbox, push=push)
    desk.configure(own, privacy={"visible_to_all_agents": True})
    assert desk.run("sync", "--yes").exit_code == 0
    desk.sandbox.advance(4 * 86_400)
    shown = desk.run("sync", "--dry-run").stdout
    assert re.search(r"new ticket: KPI · .+ · 2026-W47 \(the summary of 2026-W47 is due\)", shown)
    assert re.search(r"agent \d+: .+: .+ → .+ \(.+\)", shown)
    (made,) = desk.told("sync")["passes"]
    assert made["summaries"]
    assert all(re.fullmatch(r"helpdesk-kpi:sao-mai:agent:\d+:2026-W47", each) for each in made["summaries"])
    external = [t.external_id for t in desk.sandbox.state.tickets.values() if t.external_id]
    assert sorted(made["summaries"]) == sorted(each for each in external if each.startswith("helpdesk-kpi"))


def test_summaries_that_others_could_read_are_withheld_and_told(desk: "Desk") -> None:
    push = {"summaries": [{"scope": "agent", "period": "week", "group": "Hỗ trợ"}]}
    desk.configure(desk.account("sao-mai", desk.sandbox, push=push))
    desk.run("sync", "--yes")
    desk.sandbox.advance(4 * 86_400)
    result = desk.run("sync")
    told = r"not written: \d summary tickets for 2026-W47 \(.+, .+\): it could be read by \d+ other agents"
    assert re.search(told, result.stdout)


def test_a_dry_run_counts_and_lists_what_earlier_passes_queued(desk: "Desk") -> None:
    first = json.loads(desk.run("sync", "--yes", "--max-writes", "1", "--json").stdout)["passes"][0]
    (dry,) = desk.told("sync", "--dry-run")["passes"]
    assert (first["already_queued"], dry["unsettled"]) == ([], 0)
    assert dry["writes_due"] == len(dry["already_queued"]) == first["waiting"] > 1
    told = desk.run("sync", "--dry-run").stdout.splitlines()
    assert f"writes this pass would make: {first['waiting']}; none was made" in told
    at = told.index(f"already queued by earlier passes, and sent by the next one that writes: {first['waiting']}")
    fields = sum(len(each["values"]) for each in dry["already_queued"])
    assert len([line for line in told[at + 1 :] if re.fullmatch(r"ticket \d+: KPI: .+ → .+ \(.+\)", line)]) == fields
    assert desk.told("sync")["passes"][0]["delivered"] == dry["writes_due"]
    assert desk.told("sync", "--dry-run")["passes"][0]["writes_due"] == 0
