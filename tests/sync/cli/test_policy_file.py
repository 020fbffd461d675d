"""A policy file that goes wrong while the plugin is in use: the last good edition stays in force."""

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

GOOD = """\
version: 1
policies:
  - id: everybody
    clocks:
      - {id: first_reply, goal: {any: 2h}, stop: [agent_public_reply]}
"""
WRONG = GOOD.replace("{any: 2h}", "{any: 2hours}").replace("stop:", "stp:")


@pytest.fixture
def ruled(desk: "Desk") -> "Desk":
    document = json.loads(desk.config.read_text())
    desk.config.write_text(json.dumps({**document, "policies": "care.yaml"}))
    (desk.folder / "care.yaml").write_text(GOOD)
    return desk


def test_the_last_good_edition_stays_in_force_and_status_says_so(ruled: "Desk") -> None:
    assert ruled.run("sync", "--dry-run").exit_code == 0
    (good,) = [account["policies"] for account in ruled.told("status")["accounts"]]
    assert (good["problems"], good["wrong_since"], good["in_force_from"]) == ([], None, None)
    assert f"policies: edition {good['edition']}, in force from the beginning" in ruled.run("status").stdout
    (ruled.folder / "care.yaml").write_text(WRONG)
    unseen = ruled.run("status")
    assert unseen.exit_code == 0
    assert "wrong since" not in unseen.stdout
    ruled.sandbox.advance(3600)
    result = ruled.run("sync", "--dry-run")
    assert result.exit_code == 5
    assert "care.yaml:5: policies[0].clocks[0].stp: there is no such key; did you mean stop?" in result.stdout
    shown = ruled.run("status").stdout
    assert f"those kept last (edition {good['edition']}, in force from the beginning) stay in force" in shown
    assert "wrong since 2026-11-21 13:0" in shown
    (now,) = [account["policies"] for account in ruled.told("status")["accounts"]]
    assert now["edition"] == good["edition"]
    assert any(problem.startswith("care.yaml:5: ") for problem in now["problems"])
    checked = ruled.run("check")
    assert checked.exit_code == 2
    assert "care.yaml:5" in checked.stdout
    # a second pass keeps to when it was first seen
    ruled.sandbox.advance(3600)
    ruled.run("sync", "--dry-run")
    assert ruled.told("status")["accounts"][0]["policies"]["wrong_since"] == now["wrong_since"]


def test_a_mended_policy_file_is_in_force_from_then_on(ruled: "Desk") -> None:
    ruled.run("sync", "--dry-run")
    before = ruled.told("status")["accounts"][0]["policies"]
    (ruled.folder / "care.yaml").unlink()
    assert ruled.run("sync", "--dry-run").exit_code == 5
    (ruled.folder / "care.yaml").write_text(GOOD.replace("2h", "1h"))
    assert ruled.run("sync", "--dry-run").exit_code == 0
    after = ruled.told("status")["accounts"][0]["policies"]
    assert (after["problems"], after["wrong_since"]) == ([], None)
    assert after["edition"] != before["edition"]
    assert after["in_force_from"] is not None


def test_a_policy_file_that_was_never_right_lets_nothing_begin(ruled: "Desk") -> None:
    (ruled.folder / "care.yaml").write_text(WRONG)
    result = ruled.run("sync", "--dry-run")
    assert result.exit_code == 2
    assert "care.yaml:5" in result.stderr
    assert ruled.told("status")["accounts"][0]["tickets"] == 0
    assert "no policies are in force" in ruled.run("status").stdout


TWO = """\
version: 1
policies:
  - id: high
    when: {all: [{priority: [high]}]}
    clocks:
      - {id: first_reply, goal: {any: GOAL}, stop: [agent_public_reply]}
  - id: rest
    clocks:
      - {id: first_reply, goal: {any: 8h}, stop: [agent_public_reply]}
"""


def test_a_changed_policy_has_exactly_those_tickets_measured_again_that_it_can_touch(ruled: "Desk") -> None:
    (ruled.folder / "care.yaml").write_text(TWO.replace("GOAL", "1h"))
    ruled.run("sync", "--dry-run")
    (ruled.folder / "care.yaml").write_text(TWO.replace("GOAL", "30m"))
    open_ones = ruled.rows("SELECT ticket_id FROM reading WHERE held_to IS NULL")
    priorities = {str(ticket.id): ticket.priority for ticket in ruled.sandbox.state.tickets.values()}
    high = [ticket_id for (ticket_id,) in open_ones if priorities[ticket_id] == "high"]
    assert 0 < len(high) < len(open_ones)
    (told,) = ruled.told("sync", "--dry-run")["passes"]
    touched, in_force = told["rules"]
    assert touched == (
        f"the policies changed: they touch {len(high)} of {len(open_ones)} unfinished tickets, which are measured again"
    )
    assert in_force.startswith("although this is a dry run, the changed policies are in force from now on")
    assert told["measured"] == len(high)
    assert ruled.told("sync", "--dry-run")["passes"][0]["rules"] == []


def test_check_tells_which_roles_nobody_holds_and_who_stands_in(ruled: "Desk") -> None:
    escalation = "escalations: [{on: {clock: first_reply}, steps: [{level: 1, notify: [assignee, team_lead]}]}]\n"
    (ruled.folder / "care.yaml").write_text(GOOD + escalation)
    assert "nobody is team_lead of" not in ruled.run("check").stdout
    ruled.run("sync", "--dry-run")
    assert "nobody is team_lead of Hỗ trợ, " in (told := ruled.run("check").stdout)
    assert ": what it is told goes to nobody\n" in told
    assert told.count("nobody is team_lead of") == 1
    (ruled.folder / "care.yaml").write_text(
        GOOD + escalation.replace("[assignee, team_lead]", "[assignee], note: true")
    )
    assert "not yet in force" not in ruled.run("status").stderr


def test_check_tells_of_words_in_conditions_that_no_ticket_of_the_helpdesk_can_have(ruled: "Desk") -> None:
    clause = "{group: [Hỗ trợ, Ho tro 2], form: ['77'], tag: [never_seen], segment: [vip], complaint: true}"
    (ruled.folder / "care.yaml").write_text(GOOD.replace("    clocks:", f"    when: {{all: [{clause}]}}\n    clocks:"))
    document = json.loads(ruled.config.read_text())
    fields = {name: {document["connectors"][0]["name"]: {"tag": name}} for name in ("complaint", "segment")}
    fields["segment"] = {document["connectors"][0]["name"]: {"tag": "vip"}}
    ruled.config.write_text(json.dumps({**document, "fields": fields}))
    ruled.run("sync", "--dry-run")
    told = [line for line in ruled.run("check").stdout.splitlines() if "policies.policies[0].when.all[0]" in line]
    for part in (
        "when.all[0].group[1]: the helpdesk has no group Ho tro 2",
        "when.all[0].form[0]: the helpdesk has no ticket form 77",
        "when.all[0].tag[0]: no ticket that is here bears the tag never_seen",
    ):
        assert any(part in line for line in told)
    assert len(told) == 3
    other = {**document["connectors"][0], "name": "other"}
    fields = {"complaint": {"other": {"tag": "c"}}, "segment": {"other": {"tag": "vip"}}}
    ruled.config.write_text(json.dumps({**document, "connectors": [*document["connectors"], other], "fields": fields}))
    told = ruled.run("check", document["connectors"][0]["name"]).stdout
    assert "policies.policies[0].when.all[0].complaint: nothing is mapped to complaint here, so it never fits" in told
