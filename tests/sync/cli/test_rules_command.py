"""Policies checked, tested, shown and compared, as an admin meets it; none of it needs a helpdesk."""

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from connectors.sandbox.zendesk.records import SlaPolicy

if TYPE_CHECKING:
    from conftest import Desk

POLICIES = """\
version: 1
policies:
  - id: vip
    when: {all: [{segment: [vip]}]}
    calendar: always
    clocks:
      - {id: first_reply, goal: {any: 30m}, stop: [agent_public_reply]}
  - id: rest
    clocks:
      - {id: first_reply, goal: {any: 4h}, stop: [agent_public_reply], warn: ["50%"]}
"""
STORIES = """\
version: 1
timezone: Asia/Ho_Chi_Minh
calendars: {ticket: {week: {mon..fri: ["08:00-12:00"]}}, always: {week: {mon..sun: ["00:00-24:00"]}}}
stories:
  - name: a VIP at noon
    ticket: {segment: vip, agent: an}
    timeline: ["2025-06-09 11:50 customer opens", "2025-06-09 12:10 agent notes, agent becomes nobody"]
    at: 2025-06-09 12:20
    expect: {first_reply: {policy: vip, state: breached_open, due: 2025-06-09 12:20}, resolution: {state: none}}
  - name: everybody else
    timeline: ["2025-06-09 10:00 customer opens"]
    at: 2025-06-10 08:30
    expect: {first_reply: {goal: 4h, fired: {"warn:50%": 2025-06-09 12:00}, due: 2025-06-10 10:00, breached: never}}
"""


@pytest.fixture
def own(empty_desk: "Desk") -> "Desk":
    (empty_desk.folder / "own.yaml").write_text(POLICIES)
    (empty_desk.folder / "own.stories.yaml").write_text(STORIES)
    return empty_desk


@pytest.mark.parametrize("pack", ["by-priority", "tiered-severity", "telesales-callback"])
def test_every_starter_pack_keeps_what_its_stories_promise(empty_desk: "Desk", pack: str) -> None:
    found = empty_desk.told("rules", "test", f"starter/{pack}")
    assert found["failed"] == 0
    assert len(found["stories"]) >= 2
    assert empty_desk.told("rules", "lint", f"starter/{pack}")["clocks"] >= 2


def test_a_story_that_differs_fails_with_what_differs(own: "Desk") -> None:
    result = own.run("rules", "test", "own.yaml")
    assert result.exit_code == 8
    lines = result.stdout.splitlines()
    assert lines[0] == "FAILED: a VIP at noon"
    assert "first_reply, state: expected breached_open, but it is running" in lines[1]
    assert lines[2:] == ["passed: everybody else", "1 of 2 stories passed"]
    own.folder.joinpath("own.stories.yaml").write_text(STORIES.replace("breached_open", "running"))
    assert own.told("rules", "test", "own.yaml") == {
        "stories": [{"story": "a VIP at noon", "differences": []}, {"story": "everybody else", "differences": []}],
        "failed": 0,
    }


def test_without_a_file_the_configured_policies_are_meant(own: "Desk", sandbox_settings: dict[str, object]) -> None:
    own.config.write_text(json.dumps({**sandbox_settings, "policies": "own.yaml"}))
    unmapped = own.run("rules", "lint")
    assert (unmapped.exit_code, "own.yaml:4: policies[0].when.all[0].segment" in unmapped.stderr) == (2, True)
    (remark,) = own.told("rules", "lint", "own.yaml")["remarks"]
    assert remark == "these policies go by fields.segment: map it in the configuration, which refuses them otherwise"
    mapped = {"segment": {"a": {"tag": "vip"}}}
    own.config.write_text(json.dumps({**sandbox_settings, "policies": "own.yaml", "fields": mapped}))
    assert own.told("rules", "lint") == {"policies": 2, "clocks": 2, "remarks": []}
    assert own.run("rules", "test").exit_code == 8
    own.config.write_text(json.dumps({**sandbox_settings, "policies": {"policies": []}}))
    result = own.run("rules", "test")
    assert (result.exit_code, "no stories beside" in result.stderr) == (2, True)
    assert own.run("rules", "test", "starter/by-priority").exit_code == 0


@pytest.fixture
def sandbox_settings() -> dict[str, object]:
    auth = {"method": "bearer", "token": "${env:TOKEN}"}
    connector = {"name": "a", "kind": "zendesk", "base_url": "https://a.zendesk.com", "auth": auth}
    return {"version": 1, "organization": "Sao Mai", "timezone": "Asia/Ho_Chi_Minh", "connectors": [connector]}


def test_show_and_diff_go_by_the_names_of_policies_and_clocks(own: "Desk") -> None:
    assert "policies[vip].when.all[0].segment: vip" in own.run("rules", "show", "own.yaml").stdout.splitlines()
    (own.folder / "new.yaml").write_text(POLICIES.replace("any: 4h", "any: 2h"))
    result = own.run("rules", "diff", "own.yaml", "new.yaml")
    heading, change = (line.split() for line in result.stdout.splitlines())
    assert (heading, change) == (
        ["Setting", "Before", "After"],
        ["policies[rest].clocks[first_reply].goal.any", "4h", "2h"],
    )
    assert own.run("rules", "diff", "own.yaml", "own.yaml").stdout.splitlines() == ["the two say the same"]
    steps = [each["path"] for each in own.told("rules", "diff", "own.yaml", "starter/tiered-severity")]
    assert "escalations[S1.first_reply].steps[4].after" in steps


def test_one_file_alone_is_compared_with_the_configured_policies(desk: "Desk") -> None:
    assert desk.run("rules", "diff", "starter/by-priority").stdout == "the two say the same\n"
    (change, *_) = desk.told("rules", "diff", "starter/tiered-severity")
    assert change["before"] != change["after"]


@pytest.mark.parametrize(
    ("said", "instead", "problem"),
    [
        ("customer opens", "customer open", "stories[0].timeline[0]: nothing that can happen is told here"),
        (
            "agent notes",
            "sevrity becomes S1",
            "stories[0].timeline[1]: a ticket has no sevrity here; did you mean sever",
        ),
        ("agent notes", "status becomes opn", "stories[0].timeline[1]: this is no status; did you mean open"),
        ("agent notes", "customer opens", "stories[0].timeline[1]: a timeline begins with the opening, and has one"),
        ("09 12:10", "09 11:10", "stories[0].timeline[1]: this lies before the line above"),
        ("09 12:10", "31 12:10", "stories[0].timeline[1]: this is no date and time"),
        ("2025-06-09 12:10", "noon", "stories[0].timeline[1]: this is no line of a timeline"),
        ("at: 2025-06-09 12:20", "at: soon", "stories[0].at: this is no date and time"),
        ("state: breached_open", "state: late", "stories[0].expect.first_reply.state: this word is not known here"),
        ("policy: vip", "polcy: vip", "stories[0].expect.first_reply.polcy: there is no such key; did you mean policy"),
        ("goal: 4h", "goal: soon", "stories[1].expect.first_reply.goal: this is no length of time"),
    ],
)
def test_fault_26_a_wrong_story_is_told_with_its_line(own: "Desk", said: str, instead: str, problem: str) -> None:
    assert said in STORIES
    own.folder.joinpath("own.stories.yaml").write_text(STORIES.replace(said, instead, 1))
    result = own.run("rules", "lint", "own.yaml")
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.startswith("own.stories.yaml:")


def test_a_wrong_policy_and_a_missing_file_are_told(own: "Desk") -> None:
    (own.folder / "own.yaml").write_text(POLICIES.replace("any: 30m", "any: 0m"))
    result = own.run("rules", "lint", "own.yaml")
    assert (result.exit_code, result.stderr.split(": a goal")[0]) == (2, "own.yaml:7: policies[0].clocks[0].goal.any")
    assert "there is no such file" in own.run("rules", "show", "none.yaml").stderr
    assert "did you mean starter/by-priority" in own.run("rules", "show", "starter/by-prority").stderr


def test_the_schemas_of_both_files_are_published(empty_desk: "Desk") -> None:
    for option in ("--policies", "--stories"):
        schema = json.loads(empty_desk.run("schema", option).stdout)
        Draft202012Validator.check_schema(schema)
        assert {error.validator for error in Draft202012Validator(schema).iter_errors({"odd": 1})} >= {
            "additionalProperties"
        }


UNFAIR = """\
version: 1
policies: [{id: care, clocks: [{id: first_reply, goal: {any: 2h}, stop: [agent_public_reply]}]}]
penalties: [{id: hard, min_volume: 5, unsure: true, bands: [{over: 0, points: 1}]}]
rewards: [{id: praise, min_n: 10}]
"""


def test_what_is_less_fair_than_it_could_be_is_told_and_accepted(empty_desk: "Desk") -> None:
    (empty_desk.folder / "hard.yaml").write_text(UNFAIR, encoding="utf-8")
    told = empty_desk.told("rules", "lint", "hard.yaml")
    assert [remark.partition(" ")[2][:40] for remark in told["remarks"]] == [
        "penalty hard was never announced, so it ",
        "penalty hard charges from 5 judged clock",
        "penalty hard has no quota: the first dea",
        "penalty hard has no cap: one bad week ma",
        "penalty hard charges what is known only ",
        "reward praise was never announced, so it",
        "reward praise is given from 10 ratings o",
        "reward praise goes by numbers alone: `at",
    ]
    assert "to think over: the penalty hard has no cap" in empty_desk.run("rules", "lint", "hard.yaml").stdout
    fair = UNFAIR.replace("min_volume: 5, unsure: true", "quota: 2, cap: 10, announced_on: 2026-12-01")
    fair = fair.replace("min_n: 10", "at_least: 80 %, announced_on: 2026-12-01")
    (empty_desk.folder / "fair.yaml").write_text(fair, encoding="utf-8")
    assert empty_desk.told("rules", "lint", "fair.yaml")["remarks"] == []
    assert "penalties[hard].min_volume: 5" in empty_desk.run("rules", "show", "hard.yaml").stdout


def test_a_helpdesks_own_set_up_is_written_as_a_file_and_what_is_left_is_listed(desk: "Desk") -> None:
    brand = ({"field": "brand_id", "operator": "is", "value": "9"},)
    targets = (("high", "first_reply_time", 60, True), ("high", "total_resolution_time", 30, True))
    desk.sandbox.state.sla_policies.clear()
    for number, conditions in ((1, brand), (2, ())):
        desk.sandbox.state.add_sla_policy(
            SlaPolicy(id=number, title=f"Policy {number}", created_at=0, targets=targets, filter_all=conditions)
        )
    result = desk.run("rules", "import", "zendesk")
    assert result.exit_code == 5
    assert "zendesk.yaml: 1 policy" in result.stdout
    assert "not carried over: Policy 1: left out, for brand_id is cannot be said" in result.stdout
    assert "the first reply is promised later than the solution; at most 30m" in result.stderr
    assert (desk.folder / "zendesk.yaml").read_text().startswith("# ")
    assert desk.run("rules", "import", "zendesk").exit_code == 2
    assert desk.run("rules", "import", "freshdesk").exit_code == 2
    desk.sandbox.state.sla_policies.pop()
    for _ in range(2):  # one that cannot be carried over, then none at all
        nothing = desk.run("rules", "import", "zendesk", "sao-mai", "--output", "other.yaml", "--json")
        assert nothing.exit_code == 2
        assert "there is nothing to write" in nothing.stderr
        assert "policies: starter/by-priority" in nothing.stderr
        told = json.loads(nothing.stdout)
        assert (told["file"], told["policies"], len(told["left"])) == (None, 0, len(desk.sandbox.state.sla_policies))
        assert not (desk.folder / "other.yaml").exists()
        desk.sandbox.state.sla_policies.clear()
