from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from connectors.base import Stream
from connectors.sandbox.zendesk.records import SlaPolicy as SlaTargets
from kpi_engine.records import Agent, SlaPolicy
from kpi_engine.rulebook import Kind, Places
from sync.editions import rulebook
from sync.store.settled import Correction

if TYPE_CHECKING:
    from collections.abc import Callable

    from kpi_engine.editions import Edition
    from tests.sync.conftest import World

HOLIDAY = "2026-12-24"
OWN_HOURS = {"default": "office", "office": {"week": {"mon..sun": ["08:00-20:00"]}}}


@pytest.fixture(autouse=True)
def every_stream_is_read_in_every_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.zendesk.Zendesk.paces", {})


def kept(world: "World", kind: Kind, key: object = "") -> list["Edition"]:
    every = world.store.editions.all(world.account.name)
    return [edition for edition in every if (edition.kind, edition.key) == (kind, str(key))]


def starts(editions: list["Edition"]) -> list[int | None]:
    return [edition.valid_from for edition in editions]


def test_everything_that_decides_is_kept_from_the_beginning(world: "World") -> None:
    world.run(dry_run=True)
    every = world.store.editions.all(world.account.name)
    assert set(Kind) - {edition.kind for edition in every} <= {Kind.SLA_POLICY, Kind.ROSTER}
    assert starts(every) == [None] * len(every)
    rules = rulebook(world.account)
    assert set(rules.agents) == {str(user.id) for user in world.state.users.values() if user.role != "end-user"}
    assert set(rules.calendars) == {str(schedule_id) for schedule_id in world.state.schedules}
    assert {key: line.at(0) for key, line in rules.groups.items()} == {
        str(group.id): group.name for group in world.state.groups.values()
    }


def test_what_stays_as_it_was_is_not_kept_again(world: "World") -> None:
    world.run(dry_run=True)
    before = world.store.editions.all(world.account.name)
    world.advance(3600)
    world.run(dry_run=True)
    assert world.store.editions.all(world.account.name) == before


def test_a_change_holds_from_the_pass_that_saw_it(world: "World") -> None:
    world.run(dry_run=True)
    agent, group, schedule = world.agents[0], world.state.account.group_ids[0], next(iter(world.state.schedules))
    world.state.users[agent].name = "An Nguyễn"
    world.state.groups[group].name = "Tuyến 1"
    world.state.schedules[schedule].holidays = ((1, "Noel", HOLIDAY, HOLIDAY),)
    world.advance(3600)
    as_of = world.run(dry_run=True).as_of
    for kind, key in ((Kind.AGENT, agent), (Kind.GROUP, group), (Kind.CALENDAR, schedule)):
        assert starts(kept(world, kind, key)) == [None, as_of]
    assert as_of is not None
    rules = rulebook(world.account)
    assert rules.groups[str(group)].at(as_of) == "Tuyến 1"
    assert rules.groups[str(group)].at(as_of - 1) == "Hỗ trợ"


def test_the_oldest_schedule_is_assumed_and_one_set_up_later_changes_no_verdict(world: "World") -> None:
    schedules = dict(world.state.schedules)
    world.state.schedules.clear()
    world.advance(10 * 3600)
    ticket = world.ticket(priority="normal")
    world.advance(12 * 3600)
    world.run(dry_run=True)
    judged = world.store.readings.get(world.account.name, str(ticket.id))
    world.state.schedules.update(schedules)
    world.advance(3600)
    as_of = world.run(dry_run=True).as_of
    again = world.store.readings.get(world.account.name, str(ticket.id))
    assert judged is not None
    assert again is not None
    assert again.measurement.clocks[0].breached_at == judged.measurement.clocks[0].breached_at is not None
    oldest = min(schedules.values(), key=lambda schedule: schedule.created_at)
    assert rulebook(world.account).choice.at(as_of or 0).assumed == str(oldest.id)


def test_a_change_has_unfinished_tickets_measured_again_and_no_others(world: "World") -> None:
    world.answered()
    world.ticket()
    world.advance(120)
    assert world.run(dry_run=True).measured == 2
    assert world.run(dry_run=True).measured == 0
    listed = world.store.records.account("sao-mai", Stream.AGENTS)
    known = next(each for each in listed if isinstance(each, Agent))
    world.instead(streams=tuple(s for s in world.account.connector.streams if s is not Stream.AGENTS))
    for changed, measured in (({"bot": True}, 1), ({"bot": True, "role": "admin"}, 0), ({"role": "end-user"}, 1)):
        world.store.records.save_account("sao-mai", Stream.AGENTS, [replace(known, **changed)])
        assert world.run(dry_run=True).measured == measured, changed


def test_another_name_is_kept_and_changes_no_answer(world: "World") -> None:
    """An agent renamed, a group renamed, somebody put into a group, the helpdesk's own policies rewritten."""
    world.ticket()
    world.advance(120)
    assert world.run(dry_run=True).measured == 1
    agent, group = world.agents[0], world.state.account.group_ids[0]
    world.state.users[agent].name = "An Nguyễn"
    world.state.users[agent].email = "an.nguyen@sao-mai.example"
    world.state.groups[group].name = "Bảo hành"
    targets = (("urgent", "first_reply_time", 10, False),)
    world.state.add_sla_policy(SlaTargets(id=5, title="VIP", created_at=int(world.sandbox.now), targets=targets))
    assert world.run(dry_run=True).measured == 0
    names = [edition.body["name"] for edition in kept(world, Kind.AGENT, agent)]
    assert names[-1] == "An Nguyễn" != names[0]
    assert [len(kept(world, Kind.GROUP, group)), len(kept(world, Kind.SLA_POLICY, 5))] == [2, 1]


def test_somebody_new_may_have_been_at_work_already(world: "World") -> None:
    ticket = world.ticket()
    world.advance(120)
    world.run(dry_run=True)
    new = world.state.add_user("Mới", "agent", "moi@sao-mai.example")
    assert world.run(dry_run=True).measured == 1
    assert (ticket.status, kept(world, Kind.AGENT, new.id)[0].valid_from) == ("open", None)


def test_the_configuration_is_an_edition_too(world: "World") -> None:
    """Teams, exclusions, calendars and policies as the admin changes them hold from the next pass on."""
    world.run(dry_run=True)
    agent, group = str(world.agents[0]), world.state.account.group_ids[0]
    world.configure(
        own={"exclude": {"tags": ["test"], "forms": ["7"]}},
        agents=[
            {"name": "An", "accounts": {"sao-mai": agent}, "team": "tier-1"},
            {"name": "Ngọc", "accounts": {"sao-mai": str(world.agents[1])}},
        ],
        statuses={"sao-mai": {"hold": "open"}},
        bots=[str(world.agents[2])],
        calendars=OWN_HOURS,
        policies={"version": 1, "policies": []},
    )
    world.advance(3600)
    as_of = world.run(dry_run=True).as_of
    assert as_of is not None
    for kind in (Kind.POLICIES, Kind.MEANINGS, Kind.ORGANIZATION, Kind.CALENDAR_CHOICE):
        assert starts(kept(world, kind)) == [None, as_of]
    rules = rulebook(world.account)
    assert rules.team(agent, str(group), as_of) == "tier-1"
    assert rules.team(agent, str(group), as_of - 1) == f"group:{group}"
    assert rules.team(str(world.agents[1]), str(group), as_of) == f"group:{group}"
    assert rules.meanings.at(as_of).status("hold") == "open"
    assert rules.meanings.at(as_of).excluded_forms == {"7"}
    assert "test" in rules.meanings.at(as_of).excluded_tags
    assert rules.is_machine(str(world.agents[2]), as_of)
    assert rules.chosen_calendar(Places(None, None, None), as_of) == ("office", False)
    assert rules.policies.at(as_of).policies == ()
    assert rules.policies.at(as_of - 1).policies


def test_memberships_are_kept_agent_by_agent(make_world: "Callable[..., World]") -> None:
    world = make_world()
    world.run(dry_run=True)
    agent = world.agents[0]  # in two groups
    groups = sorted(str(m.group_id) for m in world.state.memberships.values() if m.user_id == agent)
    assert [edition.body["groups"] for edition in kept(world, Kind.MEMBERSHIP, agent)] == [groups]
    assert len(groups) == 2


PARAMETERS = {"first_contact_resolution": {"window": "3 days", "min_n": 4}, "one_touch": {"touch_rule": "eq1"}}
CARRIERS = {
    "topic": {"sao-mai": {"field": 360, "values": {"hoan_tien": "Refund"}}},
    "complaint": {"sao-mai": {"tag": "khieu_nai"}},
    "segment": {"sao-mai": {"tag": "vip"}},
    "responsible_agent": {"sao-mai": {"field": "361"}},
}


def test_parameters_are_editions_that_hold_from_the_pass_that_saw_them(world: "World") -> None:
    world.run(dry_run=True)
    assert [edition.body for edition in kept(world, Kind.PARAMETERS)] == [{"indicators": {}}]
    world.configure(indicators=PARAMETERS)
    world.advance(3600)
    as_of = world.run(dry_run=True).as_of
    assert as_of is not None
    rules = rulebook(world.account)
    assert rules.parameters.at(as_of) == {
        "first_contact_resolution": {"window": 259_200},
        "one_touch": {"touch_rule": "eq1"},
    }
    assert rules.parameters.at(as_of - 1) == {}


def test_fields_and_tags_carry_the_meanings_that_are_configured(world: "World") -> None:
    world.configure(fields=CARRIERS)
    world.run(dry_run=True)
    meanings = rulebook(world.account).meanings.at(0)
    tags = ("khieu_nai", "vip")
    assert meanings.read("topic", {"360": "hoan_tien"}, ()) == "Refund"
    assert meanings.read("topic", {"360": "khac"}, ()) == "khac"
    assert meanings.read("complaint", {}, tags) is True
    assert meanings.read("segment", {}, tags) == "vip"
    assert meanings.read("responsible_agent", {"361": 7}, tags) == 7
    assert meanings.read("warranty", {}, tags) is None


def test_the_accounts_own_statuses_are_explained_by_label_or_id(world: "World") -> None:
    waiting = world.state.add_custom_status("pending", "Chờ kho")
    spare = world.state.add_custom_status("open", "Đợi linh kiện")
    explained = {"chờ KHO": "hold", str(spare.id): "pending", "open": "new", "gone": "hold"}
    world.configure(statuses={"sao-mai": explained})
    report = world.run(dry_run=True)
    meanings = rulebook(world.account).meanings.at(0)
    assert meanings.status("pending", str(waiting.id)) == "hold"
    assert meanings.status("open", str(spare.id)) == "pending"
    assert (meanings.status("open"), meanings.status("pending"), meanings.status("gone")) == ("new", "pending", "hold")
    (note,) = [str(note) for note in report.pulled.notes if "statuses" in str(note)]
    assert note.startswith("statuses.sao-mai: the account has no status gone; it has new, open, pending, hold,")
    assert "Chờ kho" in note


def test_the_platforms_own_policies_are_kept_as_editions(world: "World") -> None:
    policy = SlaPolicy(policy_id="5", title="VIP", position=1, body={"goals": [1]})
    world.store.records.save_account("sao-mai", Stream.SLA_POLICIES, [policy])
    world.instead(streams=tuple(s for s in world.account.connector.streams if s is not Stream.SLA_POLICIES))
    world.run(dry_run=True)
    (edition,) = kept(world, Kind.SLA_POLICY, 5)
    assert edition.body == {"title": "VIP", "position": 1, "body": {"goals": [1]}}


def test_a_correction_changes_the_rules_of_its_period_and_no_facts(world: "World") -> None:
    world.run(dry_run=True)
    agent = str(world.agents[0])
    name = world.state.users[world.agents[0]].name
    world.state.users[world.agents[0]].name = "An Nguyễn"
    world.configure(indicators=PARAMETERS)
    world.advance(3 * 86_400)
    world.run(dry_run=True)
    made = Correction(
        number=0,
        period="2026-11-23",
        start=100,
        end=200,
        as_of=300,
        last_kept=0,
        last_edition=world.store.editions.last("sao-mai"),
        made_at=300,
    )
    world.store.settled.correct("sao-mai", made)
    rules = rulebook(world.account)
    assert [bool(rules.parameters.at(instant)) for instant in (99, 100, 199, 200)] == [False, True, True, False]
    assert {rules.agents[agent].at(instant).name for instant in (99, 150)} == {name}
