import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Target
from kpi_engine.message import message
from sync.store import Store
from sync.store.findings import Finding, What

if TYPE_CHECKING:
    from conftest import Desk


def checks(document: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 -- JSON
    """Return the checks of the only account by subject."""
    (account,) = document["accounts"]
    return {check["subject"]: check for check in account["checks"]}


def test_each_check_is_a_line_and_what_is_to_be_done_stands_below_it(desk: "Desk") -> None:
    result = desk.run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert "ok  sao-mai  settings: valid" in lines
    assert "ok  sao-mai  sign-in: signed in as KPI Integration (admin)" in lines
    (missing,) = (place for place, line in enumerate(lines) if line.endswith(": not there yet"))
    assert lines[missing].startswith("warning  sao-mai  field KPI: due at; field KPI: overdue; field ")
    assert lines[missing + 1] == "         → run `helpdesk-kpi setup`"


def test_a_check_changes_nothing_on_the_helpdesk(desk: "Desk") -> None:
    desk.run("check")
    assert desk.writes() == []


def test_the_json_tells_subject_verdict_finding_and_mend(desk: "Desk") -> None:
    found = checks(desk.told("check"))
    assert found["store"] == {"subject": "store", "verdict": "ok", "finding": "sound", "mend": None}
    assert found["field KPI: due at"]["mend"] == "run `helpdesk-kpi setup`"
    assert {"sign-in", "credentials", "quota", "clock", "ticket export", "business hours"} <= found.keys()


def test_fields_that_are_there_are_in_order(desk: "Desk") -> None:
    assert desk.run("setup", "--yes").exit_code == 0
    found = checks(desk.told("check"))
    assert {check["verdict"] for check in found.values()} == {"ok"}


def test_a_field_of_another_type_is_a_warning_that_says_what_to_do(desk: "Desk") -> None:
    desk.sandbox.state.add_ticket_field("integer", "KPI: overdue")
    check = checks(desk.told("check"))["field KPI: overdue"]
    assert check["verdict"] == "warning"
    assert "KPI: overdue" in check["finding"]


def test_a_field_deleted_after_it_was_used_is_told_apart_from_one_never_made(desk: "Desk") -> None:
    desk.run("setup", "--yes")
    state = desk.sandbox.state
    del state.ticket_fields[next(field.id for field in state.ticket_fields.values() if field.title == "KPI: overdue")]
    check = checks(desk.told("check"))["field KPI: overdue"]
    assert (check["finding"], check["mend"]) == ("deleted by somebody since we used it", "run `helpdesk-kpi setup`")


def test_forms_without_our_fields_and_a_missing_view_are_told(desk: "Desk") -> None:
    desk.run("setup", "--yes", "--fields-only")
    found = checks(desk.told("check"))
    for subject in ("our fields on the form Mặc định", "the view KPI: overdue tickets"):
        assert (found[subject]["finding"], found[subject]["mend"]) == ("not there yet", "run `helpdesk-kpi setup`")


def test_a_plan_without_forms_is_told_with_the_way_to_go(desk: "Desk") -> None:
    desk.sandbox.features.discard("ticket_forms")
    check = checks(desk.told("check"))["our fields on the ticket form"]
    assert (check["verdict"], "Admin Center" in check["finding"]) == ("warning", True)


def test_rules_that_our_writes_would_wake_are_told(desk: "Desk") -> None:
    since = {"field": "updated_at", "operator": "greater_than", "value": "24"}
    desk.sandbox.workspace.add("automations", "Nhắc sau 24 giờ", since)
    check = checks(desk.told("check"))["automations"]
    assert (check["verdict"], "Nhắc sau 24 giờ" in check["finding"]) == ("warning", True)


def test_what_passes_found_about_our_fields_is_told(desk: "Desk") -> None:
    findings = [
        Finding(what=What.EDITED_AGAIN, target=Target.TICKET, target_id="7", field="due_at", found="mine"),
        Finding(what=What.IGNORED, target=Target.TICKET, field="x", told=message("Zendesk ignored x")),
    ]
    with Store.open(f"sqlite:///{desk.store.name}", desk.store.parent) as store:
        store.findings.note("sao-mai", findings, 1_795_000_000)
    found = checks(desk.told("check"))
    assert found["fields edited by hand"]["finding"] == "set by hand by somebody else: 1 value"
    assert found["writes taken only in part"]["finding"] == "Zendesk ignored x"
    shown = desk.run("status").stdout
    assert "somebody set due_at of ticket 7 to “mine” once more; it is left so" in shown
    assert "Zendesk ignored x" in shown


def test_figures_on_profiles_are_a_warning(desk: "Desk") -> None:
    own = desk.account("sao-mai", desk.sandbox, push={"agent_fields": ["first_reply"]})
    desk.configure(own, privacy={"individual": "all"})
    check = checks(desk.told("check"))["agent fields"]
    assert (check["verdict"], "push.agent_fields" in check["mend"]) == ("warning", True)
    assert "every agent can read" in check["finding"]


@pytest.mark.parametrize(
    ("visible", "group", "verdict", "words"),
    [
        (False, "Hỗ trợ", "warning", "none is written: all of them could be read by"),
        (True, "Hỗ trợ", "warning", "as the configuration allows"),
        (False, "KPI", "ok", "only the agent himself"),
    ],
)
def test_readers_of_agents_summaries_are_counted(
    desk: "Desk", *, visible: bool, group: str, verdict: str, words: str
) -> None:
    summaries = [{"scope": "agent", "period": "week", "group": group}, {"scope": "team", "period": "month"}]
    own = desk.account("sao-mai", desk.sandbox, push={"summaries": summaries})
    desk.configure(own, privacy={"visible_to_all_agents": visible})
    check = checks(desk.told("check"))["readers of agents' summaries"]
    assert check["verdict"] == verdict
    assert words in check["finding"]


def test_a_store_that_is_not_sound_is_a_warning(desk: "Desk") -> None:
    desk.run("sync")
    desk.sandbox.clock.now = lambda: 1_700_000_000.0  # a local clock three years behind
    result = desk.run("check")
    assert "warning  sao-mai  store: the stream history of sao-mai is said" in result.stdout
    assert "in the future" in result.stdout


def test_an_agent_without_an_admins_rights_is_a_failure(desk: "Desk") -> None:
    agent = desk.sandbox.state.account.agent_ids[0]
    desk.patch.setenv("WEAK", desk.sandbox.issue_token(agent))
    desk.configure(desk.account("sao-mai", desk.sandbox, auth={"method": "bearer", "token": "${env:WEAK}"}))
    result = desk.run("check")
    assert result.exit_code == 3
    failures = [line for line in result.stdout.splitlines() if line.startswith("failure")]
    assert "no admin" in failures[0]
    assert "→ Make" in result.stdout
    assert desk.run("sync").exit_code == 3
    assert desk.run("setup").exit_code in (0, 3)


def test_wrong_credentials_are_a_failure_with_the_way_to_mend_them(desk: "Desk") -> None:
    desk.patch.setenv("SECRET_SAO_MAI", "not-the-secret")
    result = desk.run("check")
    assert result.exit_code == 3
    assert "401" in result.stdout
    assert "→ correct the credentials" in result.stdout
    assert "not-the-secret" not in result.output


def test_a_helpdesk_out_of_reach_is_a_failure_to_be_tried_again(desk: "Desk") -> None:
    own = desk.account("sao-mai", desk.sandbox)
    desk.sandbox.stop()
    desk.configure(own)
    result = desk.run("check")
    assert result.exit_code == 6
    assert own["base_url"] in result.stdout
    assert "→ try again later" in result.stdout


@pytest.mark.parametrize("path", ["/api/v2/users/me.json", "/api/v2/incremental/tickets/cursor.json"])
def test_a_login_page_instead_of_an_answer_is_a_failure(desk: "Desk", path: str) -> None:
    desk.sandbox.fail_next(path, "html", times=None)
    result = desk.run("check")
    assert result.exit_code == 6
    assert "no JSON" in result.stdout


def test_every_account_is_looked_at_and_the_gravest_outcome_counts(two_desks: "Desk") -> None:
    two_desks.patch.setenv("SECRET_SAO_MAI", "not-the-secret")
    result = two_desks.run("check")
    assert result.exit_code == 3
    assert "failure  sao-mai" in result.stdout
    assert "ok  sao-hom  ticket export: allowed" in result.stdout
    assert two_desks.run("check", "sao-hom").exit_code == 0


def test_an_address_without_a_helpdesk_is_named_with_the_way_to_mend_it(desk: "Desk") -> None:
    desk.sandbox.fail_next("/api/v2/users/me.json", 404, times=None)
    result = desk.run("check")
    assert result.exit_code == 2
    assert f"There is no Zendesk account at {desk.sandbox.base_url}" in result.stdout
    assert "→ correct base_url" in result.stdout


def test_a_group_or_an_assignee_of_summaries_that_does_not_exist_is_told_with_those_that_do(desk: "Desk") -> None:
    summaries = [
        {"scope": "agent", "period": "week", "group": "KPII"},
        {"scope": "team", "period": "month", "group": "KPI", "assignee": "nobody@sao-mai.example"},
    ]
    own = desk.account("sao-mai", desk.sandbox, push={"summaries": summaries})
    desk.configure(own)
    found = checks(desk.told("check"))
    assert found["group of summaries"]["finding"] == "there is no group KPII"
    assert "KPI" in found["group of summaries"]["mend"]
    assert found["assignee of summaries"]["finding"] == "no agent has the address nobody@sao-mai.example"


def test_quietly_only_what_is_not_well_is_told(desk: "Desk") -> None:
    lines = desk.run("check", "-q").stdout.splitlines()
    assert lines
    assert not [line for line in lines if line.startswith("ok ")]


def test_a_mapped_field_that_is_not_there_is_named_with_what_there_is(desk: "Desk") -> None:
    topic = desk.sandbox.state.add_ticket_field("tagger", "Topic")
    desk.configure(desk.account("sao-mai", desk.sandbox), fields={"topic": {"sao-mai": {"field": 42}}})
    lines = desk.run("check").stdout.splitlines()
    found = lines.index("warning  sao-mai  meanings: fields.topic: the helpdesk has no ticket field 42")
    assert lines[found + 1] == f"         → did you mean {topic.id} (“Topic”)?"


def test_an_account_of_the_map_that_is_not_there_is_told_once_the_agents_are_known(two_desks: "Desk") -> None:
    accounts = [two_desks.account(name, sandbox) for name, sandbox in two_desks.sandboxes.items()]
    two_desks.configure(*accounts, agents=[{"name": "An", "accounts": {"sao-hom": "42"}}])
    assert two_desks.run("sync", "--dry-run").exit_code == 0
    lines = two_desks.run("check").stdout.splitlines()
    told = "agents: An has the id 42 on sao-hom, which no agent there has"
    assert lines.count(f"warning  sao-hom  one person, several accounts: {told}") == 1


def test_nobody_is_called_unknown_before_agents_were_pulled(desk: "Desk") -> None:
    lead = desk.sandbox.state.users[desk.sandbox.state.account.agent_ids[0]].email
    document = json.loads(desk.config.read_text())
    teams = {"north": {"lead": lead}, "south": {"lead": "nemo@acme.vn"}}
    desk.config.write_text(json.dumps({**document, "teams": teams}))
    assert "nobody is called" not in desk.run("check").stdout
    desk.run("sync", "--dry-run")
    shown = desk.run("check").stdout
    assert "teams.south: nobody is called nemo@acme.vn" in shown
    assert "teams.north: nobody" not in shown
