"""Each helpdesk's own SLA set-up as a policy file, over real HTTP, and in force as it is."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from config.documents import named_policies
from connectors.sandbox.zendesk.records import SlaPolicy as SlaTargets
from kpi_engine.records import SlaPolicy
from sync.carrying import asked_policies, carried, platform_policies, written
from sync.cli import main
from sync.editions import rulebook
from sync.policies import todays_policies

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

ALL = ("first_reply_time", "next_reply_time", "periodic_update_time", "pausable_update_time", "requester_wait_time")
SEVEN = (*ALL, "agent_work_time", "total_resolution_time")


def zendesk_policies(world: "World") -> None:
    incidents = ({"field": "type", "operator": "is", "value": "incident"},)
    tagged = ({"field": "current_tags", "operator": "not_includes", "value": "test internal"}, *incidents)
    odd = ({"field": "brand_id", "operator": "is", "value": "9"},)
    targets = tuple(("high", metric, 60, True) for metric in SEVEN)
    urgent = tuple(("urgent", metric, 15, False) for metric in SEVEN)
    at = int(world.sandbox.now)
    for policy in (
        SlaTargets(id=1, title="Incidents", created_at=at, targets=(*targets, *urgent), filter_all=tagged),
        SlaTargets(id=2, title="Brand nine", created_at=at, targets=targets, filter_all=odd),
        SlaTargets(id=3, title="Everybody", created_at=at, targets=(("high", "first_reply_time", 90, True),)),
        SlaTargets(id=4, title="Too late", created_at=at, targets=(("high", "first_reply_time", 5, True),)),
        SlaTargets(id="01HQ", title="Own it", created_at=at, targets=(("", "group_ownership_time", 60, True),)),
    ):
        world.state.add_sla_policy(policy)


def test_zendesks_policies_are_carried_over_but_for_what_cannot_be_said(world: "World") -> None:
    world.state.sla_policies.clear()
    world.state.group_sla_policies.clear()
    zendesk_policies(world)
    world.account.connector.begin()
    found = written(world.account, carried(world.account, asked_policies(world.account)), "zendesk.yaml")
    assert (found.policies, found.problems) == (2, ())
    assert [str(each) for each in found.left] == [
        "Brand nine: left out, for brand_id is cannot be said",
        "Too late: never reached, for one before it is for all its tickets",
    ]
    (world.folder / "zendesk.yaml").write_text(found.text, encoding="utf-8")
    incidents, everybody = named_policies(str(world.folder / "zendesk.yaml"))["policies"]
    assert incidents["when"] == {
        "all": [{"type": ["incident"]}],
        "none": [{"tag": ["test", "internal"]}],
    }
    clocks = {clock["id"]: clock for clock in incidents["clocks"]}
    assert len(clocks) == len(SEVEN) + 1
    assert clocks["first_reply"]["goal"] == {"urgent": "15m", "high": "1h"}
    assert clocks["first_reply"]["time"] == {"urgent": "calendar", "default": "business"}
    assert clocks["agent_work"]["pause_in"] == ["pending", "hold"]
    assert [clock["id"] for clock in everybody["clocks"]] == ["first_reply", "ownership"]
    assert "# - Brand nine: left out, for brand_id is cannot be said" in found.text


def test_policies_platform_puts_the_helpdesks_own_in_force_from_the_beginning(world: "World") -> None:
    world.state.sla_policies.clear()
    zendesk_policies(world)
    world.configure(policies="platform")
    assert todays_policies(world.account) is None  # nothing was pulled yet
    world.run(dry_run=True)
    rules = rulebook(world.account)
    assert {policy.policy for policy in rules.policies.at(0).policies} == {"Incidents", "Everybody"}
    assert "requester_wait" in rules.clock_names


def policy(title: str, position: int = 1, **body: Any) -> SlaPolicy:  # noqa: ANN401 -- JSON
    return SlaPolicy(policy_id=title, title=title, position=position, body=body)


TARGET = {"respond_within": 900, "next_respond_within": None, "resolve_within": 5400, "business_hours": True}
LEVELS = {
    "response": {"escalation_time": 1800, "agent_ids": [-1, 7]},
    "resolution": {
        "level_1": {"escalation_time": 0, "agent_ids": [-1]},
        "level_2": {"escalation_time": 3600, "agent_ids": [7, 8]},
    },
    "reminder_response": {"escalation_time": 900},
    "next_response": {},
}


def test_freshdesks_policies_come_with_their_levels_the_default_one_last(make_world: "Callable[..., World]") -> None:
    world = make_world(kind="freshdesk")
    told = [
        policy("Default", 1, sla_target={"priority_1": {**TARGET, "business_hours": False}}, is_default=True),
        policy("Off", 2, sla_target={"priority_1": TARGET}, active=False),
        policy("Products", 3, sla_target={"priority_1": TARGET}, applicable_to={"product_ids": [5]}),
        policy("Empty", 4, sla_target={}),
        policy(
            "Incidents",
            5,
            sla_target={"priority_4": TARGET, "priority_3": {**TARGET, "business_hours": False}},
            applicable_to={"ticket_types": ["Incident"], "sources": [1, 42], "group_ids": []},
            escalation=LEVELS,
        ),
    ]
    found = world.account.connector.carry_over(told, {})
    incidents, default = found.document["policies"]
    assert incidents["when"] == {"all": [{"type": ["Incident"], "channel": ["email", "42"]}]}
    assert incidents["clocks"][0] == {
        "id": "first_reply",
        "stop": ["agent_public_reply"],
        "goal": {"urgent": "15m", "high": "15m"},
        "time": {"high": "calendar"},
    }
    assert (default["id"], default["clocks"][1]["goal"], default["clocks"][1]["time"]) == (
        "Default",
        {"low": "1h 30m"},
        "calendar",
    )
    response, resolution = found.document["escalations"]
    assert response["steps"] == [{"level": 1, "after": "30m", "notify": ["assignee"]}]
    assert resolution["steps"][1] == {"level": 2, "after": "1h"}
    left = " / ".join(str(each) for each in found.left)
    for word in ("Products", "Empty", "pending, hold", "Incidents, resolution: 2 agents", "reminder_response"):
        assert word in left
    assert written(world.account, found, "f.yaml").problems == ()
    world.account.connector.begin()
    assert asked_policies(world.account)


def test_salesforces_processes_are_a_draft_of_what_its_milestones_showed(make_world: "Callable[..., World]") -> None:
    world = make_world(kind="salesforce")
    world.account.connector.begin()
    seen = {"First Response": 3600, "Giải quyết": 28_800, "???": 60, "nothing": 0}
    found = world.account.connector.carry_over(asked_policies(world.account), seen)
    assert not found.whole
    (only,) = found.document["policies"]
    assert [(clock["id"], clock["goal"]["any"]) for clock in only["clocks"]] == [
        ("milestone_0", "1m"),
        ("first_response", "1h"),
        ("giai_quyet", "8h"),
    ]
    assert "Hỗ trợ chuẩn" in str(found.left[0])
    assert written(world.account, found, "s.yaml").problems == ()
    assert platform_policies(world.account) is None
    assert "no milestones were seen" in str(world.account.connector.carry_over([], {}).left[-1])
    assert json.dumps(found.document["policies"])


@pytest.mark.parametrize("kind", ["freshdesk", "salesforce"])
def test_policies_platform_in_a_whole_pass_and_the_import_by_the_command(
    make_world: "Callable[..., World]", kind: str
) -> None:
    """Freshdesk's are in force as they are; of Salesforce's there are no clocks, and every command says so."""
    world = make_world(kind=kind, sandbox={"tickets": 12, "days": 5})
    world.configure(policies="platform", language="en")
    if kind == "salesforce":
        world.state.add_milestone(world.ticket().id, TargetResponseInMins=60)
        world.advance(3600)
    world.run(dry_run=True)
    clocks = {clock.clock for each in world.store.readings.of("sao-mai", tickets(world)) for clock in each.clocks}
    asked = ("--config", str(world.path))
    told = CliRunner().invoke(main, ["status", *asked], env=world.secrets)
    assert told.exit_code == 0
    if kind == "freshdesk":
        assert {"first_reply", "resolution"} <= clocks
        assert "not yet in force" not in told.stderr
    else:
        assert (clocks, rulebook(world.account).clock_names) == (set(), ())
        assert "policies is accepted but not yet in force" in told.stderr
    file = world.folder / "own.yaml"
    done = CliRunner().invoke(main, ["rules", "import", kind, "--output", str(file), *asked], env=world.secrets)
    assert done.exit_code == 0, done.output
    assert "not carried over" in done.stdout
    assert named_policies(str(file))["policies"]
    again = CliRunner().invoke(main, ["rules", "import", kind, "--output", str(file), *asked], env=world.secrets)
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)


def tickets(world: "World") -> list[str]:
    return sorted(str(key) for key in world.store.records.held_within("sao-mai", 0, int(world.sandbox.now), "", 100))
