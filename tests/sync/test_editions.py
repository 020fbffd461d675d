from typing import TYPE_CHECKING

from kpi_engine.rulebook import Kind
from sync.editions import rulebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from kpi_engine.editions import Edition
    from tests.sync.conftest import World

HOLIDAY = "2026-12-24"
OWN_HOURS = {"default": "office", "office": {"week": {"mon..sun": ["08:00-20:00"]}}}


def kept(world: "World", kind: Kind, key: object = "") -> list["Edition"]:
    every = world.store.editions.all(world.account.name)
    return [edition for edition in every if (edition.kind, edition.key) == (kind, str(key))]


def starts(editions: list["Edition"]) -> list[int | None]:
    return [edition.valid_from for edition in editions]


def test_everything_that_decides_is_kept_from_the_beginning(world: "World") -> None:
    world.run(dry_run=True)
    every = world.store.editions.all(world.account.name)
    assert {edition.kind for edition in every} == set(Kind)
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
    world.state.users[world.agents[0]].name = "An Nguyễn"
    assert world.run(dry_run=True).measured == 1


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
    assert rules.chosen_calendar(None, None, None, as_of) == ("office", False)
    assert rules.policies.at(as_of).clocks == ()
    assert rules.policies.at(as_of - 1).clocks


def test_memberships_are_kept_agent_by_agent(make_world: "Callable[..., World]") -> None:
    world = make_world()
    world.run(dry_run=True)
    agent = world.agents[0]  # in two groups
    groups = sorted(str(m.group_id) for m in world.state.memberships.values() if m.user_id == agent)
    assert [edition.body["groups"] for edition in kept(world, Kind.MEMBERSHIP, agent)] == [groups]
    assert len(groups) == 2
