"""Who is in which team under whom, and who was away: from files, over passes."""

from typing import TYPE_CHECKING

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Question, Scope
from sync.editions import rulebook
from sync.explaining import explained
from sync.figures import figures
from sync.people_files import configured_files
from sync.privacy import superiors
from sync.rosters import _body, changed_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.cycle import PassReport
    from tests.sync.conftest import World

HOUR, DAY = 3600, 86_400
HANOI = "Asia/Ho_Chi_Minh"
ORG = "agent_ref,team,lead,manager,country,valid_from,valid_to\n"
ROSTER = "agent_ref,kind,first_day,last_day,starts_at,ends_at,hours\n"


@pytest.fixture
def organized(make_world: "Callable[..., World]") -> "World":
    """Give an account on a Monday morning, whose configuration names an organization and a roster."""
    world = make_world(inputs={"org": "org.csv", "roster": "roster.csv"}, agents=[])
    write(world, "org", ORG)
    write(world, "roster", ROSTER)
    return world


def write(world: "World", kind: str, text: str) -> None:
    path = world.folder / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")


def email(world: "World", agent: int) -> str:
    return world.state.users[world.agents[agent]].email or ""


def run(world: "World") -> "PassReport":
    world.advance(120)
    return world.run(dry_run=True)


def by_team(world: "World", key: str = "solved", kind: PeriodKind = PeriodKind.MONTH) -> dict[str | None, float | None]:
    as_of = world.run(dry_run=True).as_of or 0
    found = figures(world.account, period_at(kind, HANOI, as_of), Scope.TEAM, as_of)
    return {subject: card[key].value for subject, card in found.scorecards.items() if card[key].n}


def notes(report: "PassReport") -> list[str]:
    return [str(note) for note in report.pulled.notes]


def test_a_month_goes_by_the_organization_of_each_day_and_yesterday_stays_as_it_was(organized: "World") -> None:
    world, an = organized, email(organized, 0)
    an_moves = f"{an},north,{email(world, 2)},,VN,,2026-11-23\n{an},south,{email(world, 3)},,VN,2026-11-24,\n"
    write(world, "org", ORG + an_moves)
    world.answered()
    assert notes(run(world)) == []
    world.advance(DAY)
    for _ in range(2):
        world.answered()
    run(world)
    assert by_team(world) == {"north": 1, "south": 2}
    rules = rulebook(world.account)
    leads = [rules.organization.at(at).place(str(world.agents[0]), None, at).lead for at in (0, 1_795_500_000)]
    assert leads == [f"sao-mai/{world.agents[2]}", f"sao-mai/{world.agents[3]}"]
    write(world, "org", ORG + f"{an},west,,,,,\n")
    run(world)
    world.advance(DAY)
    world.answered()
    run(world)
    assert by_team(world) == {"north": 1, "south": 2, "west": 1}
    assert sum(by_team(world, "created").values()) == 4  # type: ignore[arg-type]  # counts


def test_an_open_ticket_moves_with_its_holder_when_the_day_comes(organized: "World") -> None:
    world, an = organized, email(organized, 0)
    write(world, "org", ORG + f"{an},north,,,,,2026-11-23\n{an},south,,,,2026-11-24,\n")
    world.ticket()
    run(world)
    assert by_team(world, "backlog") == {"north": 1}
    world.advance(DAY)
    assert by_team(world, "backlog") == {"south": 1}


def test_what_is_wrong_is_named_by_line_and_nothing_of_the_file_is_taken(organized: "World") -> None:
    world = organized
    an, binh, chi = (email(world, agent) for agent in range(3))
    run(world)
    write(world, "org", ORG + f"{an},north,{binh},,,,\n")
    run(world)
    world.answered()
    bad = (
        f"{an},south,{binh},,,,2026-06-30\n"
        f"{an},west,{binh},,,2026-06-30,\n"
        f"{binh},south,{chi},,,,\n"
        f"{chi},south,,{an},,,\n"
        f"{an},south,,,,soon,\n"
        f"nobody@acme.vn,south,,,,,\n"
        f"{email(world, 3)},south,nemo,,,,\n"
    )
    write(world, "org", ORG + bad)
    told = notes(run(world))
    name = world.state.users[world.agents[0]].name
    assert f"org.csv:3: {name} is in a team already on these days: see line 2" in told
    circle = sorted(note.split(": ")[0] for note in told if "is above those" in note)
    assert circle == ["org.csv:2", "org.csv:3", "org.csv:4", "org.csv:5"]
    assert "org.csv:6: valid_from: “soon” is no date; write for example 2026-03-31" in told
    assert "org.csv:7: nobody is called nobody@acme.vn; say an e-mail or an id" in told
    assert "org.csv:8: nobody is called nemo; the next level up stands in" in told
    assert told[-1] == "org.csv is not taken; what was known before stays in force"
    assert by_team(world) == {"north": 1}
    (world.folder / "org.csv").unlink()
    assert notes(run(world))[0] == "org.csv: there is no such file or folder; make it, or name another"
    assert by_team(world) == {"north": 1}


def test_an_organization_that_is_mended_before_any_was_taken_holds_from_the_beginning(organized: "World") -> None:
    world = organized
    (world.folder / "org.csv").write_bytes(b"\xff\xfe")
    world.answered()
    assert "not taken" in notes(run(world))[1]
    assert list(by_team(world)) == [f"group:{world.state.account.group_ids[0]}"]
    write(world, "org", ORG + f"{email(world, 0)},north,,,,,\n")
    assert notes(run(world)) == []
    assert by_team(world) == {"north": 1}


def test_teams_of_the_configuration_are_dated(make_world: "Callable[..., World]") -> None:
    world = make_world()
    an, lead, other = str(world.agents[0]), email(world, 2), email(world, 3)
    teams = {
        "north": [{"lead": "gone@acme.vn", "manager": other, "country": "LA", "since": "2026-11-25"}, {"lead": lead}],
        "south": {"timezone": "UTC", "tier": "2"},
    }
    world.configure(teams=teams, agents=[{"name": "An", "accounts": {"sao-mai": an}, "team": "north"}])
    assert notes(run(world)) == ["teams.north: nobody is called gone@acme.vn; the next level up stands in"]
    organization = rulebook(world.account).organization.at(0)
    before, after = (organization.place(an, organization.team(an, at), at) for at in (0, 1_795_600_000))
    assert (before.team, before.lead, before.country) == ("north", f"sao-mai/{world.agents[2]}", None)
    assert (after.team, after.lead, after.manager) == ("north", None, f"sao-mai/{world.agents[3]}")
    assert organization.place(None, "south", 0).tier == "2"


def test_a_group_of_the_helpdesk_is_led_by_whom_the_configuration_says_of_its_name(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world()
    group = world.state.account.group_ids[0]
    name = world.state.groups[group].name
    world.configure(teams={name.upper(): {"lead": email(world, 2), "manager": "nemo@acme.vn", "country": "VN"}})
    run(world)
    rules, at = rulebook(world.account), world.account.now()
    of_group = [str(each) for each in world.agents if str(group) in rules.groups_of(str(each), at)]
    for agent in of_group:
        assert {f"sao-mai/{world.agents[2]}", "nemo@acme.vn"} <= set(superiors(rules, agent, at))
    assert of_group
    assert list(superiors(rules, "nobody", at)) == []
    world.answered()
    run(world)
    as_of = run(world).as_of or 0
    for scope, subject in ((Scope.MANAGER, "nemo@acme.vn"), (Scope.COUNTRY, "VN")):
        found = figures(world.account, period_at(PeriodKind.MONTH, HANOI, as_of), scope, as_of).scorecards
        assert found[subject]["solved"].n == 1


def test_salesforces_managers_are_the_default_and_a_new_one_counts_from_when_he_was_seen(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(kind="salesforce")
    ids = [str(world.state.org.ids[agent]) for agent in world.agents]
    users = world.state.tables["User"].rows
    users[ids[0]]["ManagerId"] = ids[2]
    users[ids[1]]["ManagerId"] = "0055g00000ZZZZZZZZ"
    run(world)
    then = world.account.now()
    world.advance(7200)
    users[ids[0]]["ManagerId"] = ids[3]
    run(world)
    rules = rulebook(world.account)
    assert [set(superiors(rules, ids[0], at)) for at in (0, then, world.account.now())] == [
        {f"sao-mai/{ids[2]}"},
        {f"sao-mai/{ids[2]}"},
        {f"sao-mai/{ids[3]}"},
    ]
    assert list(superiors(rules, ids[1], then)) == []
    world.configure(agents=[{"name": "An", "accounts": {"sao-mai": ids[0]}, "team": "north"}], teams={"north": {}})
    run(world)
    assert list(superiors(rulebook(world.account), ids[0], world.account.now())) == [f"sao-mai/{ids[3]}"]


# --- Rosters --------------------------------------------------------------------------------------------------------


def overdue(world: "World") -> dict[str | None, int]:
    as_of = world.run(dry_run=True).as_of or 0
    found = figures(world.account, period_at(PeriodKind.WEEK, HANOI, as_of), Scope.AGENT, as_of)
    return {subject: card["overdue_count"].n for subject, card in found.scorecards.items() if card["overdue_count"].n}


def test_leave_told_afterwards_takes_a_breach_off_its_holder_and_explain_says_so(organized: "World") -> None:
    world, an = organized, str(organized.agents[0])
    world.ticket()
    world.advance(2 * HOUR)
    run(world)
    assert overdue(world) == {an: 1}
    write(world, "roster", ROSTER + f"{email(world, 0)},leave,2026-11-23,,,,\n")
    as_of = run(world).as_of or 0
    assert overdue(world) == {None: 1}
    question = Question(Scope.AGENT, "sao-mai", period_at(PeriodKind.WEEK, HANOI, as_of), as_of, {})
    explanation = explained(world.account, INDICATORS["overdue_count"], question, an)
    assert [(each.reason, each.agent) for each in explanation.omitted] == [("on_leave", an)]
    write(world, "roster", ROSTER)
    run(world)
    assert overdue(world) == {an: 1}


def test_what_is_settled_stays_so_whatever_leave_is_told_of_later(make_world: "Callable[..., World]") -> None:
    world = make_world(inputs={"roster": "roster.csv"}, appeal="1 day")
    write(world, "roster", ROSTER)
    an = str(world.agents[0])
    world.ticket()
    as_of = run(world).as_of or 0
    week = period_at(PeriodKind.WEEK, HANOI, as_of)
    world.advance(2 * HOUR)
    run(world)
    world.advance(20 * DAY)
    run(world)

    def charged() -> int:
        now = run(world).as_of or 0
        return figures(world.account, week, Scope.AGENT, now).scorecards[an]["overdue_count"].n

    assert charged() == 2
    write(world, "roster", ROSTER + f"{email(world, 0)},leave,2026-11-23,2026-12-31,,,\n")
    assert charged() == 2
    assert not rulebook(world.account).on_leave(an, as_of)
    assert rulebook(world.account).on_leave(an, world.run(dry_run=True).as_of or 0)


def test_weekly_hours_twice_on_a_day_are_named_by_line(organized: "World") -> None:
    world, an = organized, email(organized, 0)
    run(world)
    hours = "mon..fri 08:00-12:00"
    text = f"{an},week,2026-11-01,2026-11-30,,,{hours}\n{an},week,2026-11-30,,,,{hours}\n"
    write(world, "roster", ROSTER + text)
    (_, roster) = configured_files(world.account.settings)
    found = roster.read(world.store, world.account.settings)
    assert [str(each).split(": ", 1)[0] for each in found.problems] == ["roster.csv:3"]


def test_shifts_replace_weekly_hours_on_their_days_and_say_alone_what_is_worked_without_any() -> None:
    def at(text: str) -> str:
        return f"2026-11-{text}:00+00:00"

    def day(number: int) -> int:
        return 1_793_491_200 + (number - 1) * DAY

    night = {"kind": "shift", "starts_at": at("03T22:00"), "ends_at": at("04T06:00")}
    late = {"kind": "shift", "starts_at": at("10T14:00"), "ends_at": at("10T18:00")}
    week = {"kind": "week", "first_day": "2026-11-01", "last_day": "2026-11-30", "hours": "mon 08:00-12:00"}
    both = _body([night, late, week], "UTC")
    assert [row[:2] for row in both["weeks"]] == [[day(1), day(3)], [day(5), day(10)], [day(11), day(31)]]
    assert [row[:2] for row in both["shifts"]] == [[day(3), day(5)], [day(10), day(11)]]
    alone = _body([late, night], "UTC")
    assert [(row[:2], len(row[2])) for row in alone["shifts"]] == [([day(3), day(11)], 2)]
    endless = _body([{key: value for key, value in week.items() if key != "last_day"}], "UTC")
    assert endless["weeks"] == [[day(1), None, "UTC", [[[480, 720]], [], [], [], [], [], []]]]
    leave = _body([{"kind": "leave", "first_day": "2026-11-02"}, {**late, "kind": "leave"}], "UTC")
    assert leave["leave"] == [[day(2), day(3)], [day(10) + 14 * HOUR, day(10) + 18 * HOUR]]
    assert (changed_from({}, leave), changed_from(leave, leave), changed_from(both, endless)) == (day(2), 0, day(1))
