import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.records import Agent
from kpi_engine.reduce import Scope
from sync.figures import figures
from sync.forgetting import CannotForgetError, agent_named, forget, requester_named
from sync.overriding import Decision, decide, take_back
from sync.store.pseudonyms import EVERYWHERE, is_pseudonym
from sync.store.renaming import renamed
from sync.store.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from kpi_engine.reduce import Cell
    from tests.sync.conftest import World

pytestmark = pytest.mark.usefixtures("every_store")

HOUR, DAY = 3600, 86_400
HANOI = "Asia/Ho_Chi_Minh"
NAME = "sao-mai"
ORG = "agent_ref,team,lead\n"


def remembered(world: "World") -> str:
    """Return everything that stands in the store, in letters."""
    engine = create_engine(world.store_url or f"sqlite:///{world.folder}/helpdesk-kpi.db")
    with engine.connect() as connection:
        rows = [row for table in METADATA.sorted_tables for row in connection.execute(table.select())]
    engine.dispose()
    dump = "\n".join(str(value) for row in rows for value in row)
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), dump)


def cards(world: "World", period: Period) -> "dict[str | None, dict[str, Cell]]":
    as_of = world.run(yes=False).as_of or 0
    found = figures(world.account, period, Scope.AGENT, as_of).scorecards
    return {subject: dict(card) for subject, card in found.items()}


def numbers(card: "dict[str, Cell]") -> dict[str, tuple[object, ...]]:
    return {key: (each.value, each.n, each.numerator, each.denominator, each.p90) for key, each in card.items()}


@pytest.fixture
def lived(make_world: "Callable[..., World]") -> "World":
    """Give an account with a week's work and summaries of agent 0, who has left since; he leads agent 1."""
    world = make_world(
        push={"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}], "agent_fields": ["solved"]},
        privacy={"individual": "all", "visible_to_all_agents": True},
        inputs={"org": "org.csv", "roster": "roster.csv"},
    )
    gone, other = world.agents[0], world.agents[1]
    email = world.state.users[gone].email
    (world.folder / "org.csv").write_text(f"{ORG}{email},north,\n{other},north,{email}\n", encoding="utf-8")
    (world.folder / "roster.csv").write_text(f"agent_ref,kind,first_day\n{gone},leave,2026-11-25\n", encoding="utf-8")
    world.advance(120)
    world.run()
    world.answered()
    late = world.ticket()
    world.advance(5 * HOUR)
    world.state.comment(late.id, gone, status="solved")
    world.answered(agent=1)
    world.run()
    world.advance(7 * DAY)
    world.run()
    world.state.downgrade(gone)
    world.advance(2 * HOUR)
    world.run()
    world.advance(2 * HOUR)
    world.run()
    return world


def test_who_left_is_nowhere_any_more_and_the_figures_are_the_same(lived: "World") -> None:
    world, gone = lived, str(lived.agents[0])
    user = world.state.users[lived.agents[0]]
    week = period_at(PeriodKind.WEEK, HANOI, 1_795_399_200)
    before = cards(world, week)
    assert [word for word in (gone, user.email or "", user.name) if word not in remembered(world)] == []
    by_name = agent_named([world.account], user.name)
    assert by_name.ids == {NAME: gone}
    assert user.name not in by_name.words, "another may come to bear it"
    whom = agent_named([world.account], user.email or "")
    assert by_name == whom
    assert (whom.ids, whom.agent) == ({NAME: gone}, True)
    done = forget([world.account], whom)
    changed = {"records", "account", "editions", "readings", "ledger", "published", "summaries", "changes", "delivered"}
    assert set(done.rows) >= changed
    for word in (gone, user.email or "", user.name):
        assert word not in remembered(world), word
    after = cards(world, week)
    (called,) = after.keys() - before.keys()
    assert called is not None
    assert is_pseudonym(called)
    assert numbers(after[called]) == numbers(before[gone])
    assert {key: numbers(card) for key, card in after.items() if key != called} == {
        key: numbers(card) for key, card in before.items() if key != gone
    }
    assert len(list(whom.left_over)) == 4


def test_what_is_pulled_or_imported_again_does_not_bring_the_name_back(lived: "World") -> None:
    world, gone = lived, str(lived.agents[0])
    user = world.state.users[lived.agents[0]]
    forget([world.account], agent_named([world.account], gone))
    summaries = len(world.summaries())
    for ticket in list(world.state.tickets.values()):
        if ticket.assignee_id == lived.agents[0] and not (ticket.external_id or "").startswith("helpdesk-kpi"):
            world.state.comment(ticket.id, ticket.requester_id, status="open")
    (world.folder / "org.csv").write_text(f"{ORG}{(user.email or '').upper()},south,\n", encoding="utf-8")
    for _ in range(3):
        world.advance(DAY)
        world.run()
    for word in (gone, user.email or "", user.name):
        assert word.casefold() not in remembered(world).casefold(), word
    assert f"{NAME}/forgotten-1" in remembered(world)
    assert len(world.summaries()) >= summaries
    assert not [each for each in world.writes if "forgotten" in each]
    again = agent_named([world.account], f"{NAME}/forgotten-1")
    assert forget([world.account], again).ids == {NAME: "forgotten-1"}


def test_a_customer_is_forgotten_too_and_still_counts_as_one(lived: "World") -> None:
    world = lived
    ticket = next(each for each in world.state.tickets.values() if each.assignee_id == world.agents[1])
    requester = str(ticket.requester_id)
    week = period_at(PeriodKind.WEEK, HANOI, 1_795_399_200)
    before = cards(world, week)
    forget([world.account], requester_named([world.account], requester))
    assert f'"{requester}"' not in remembered(world)
    assert {key: numbers(card) for key, card in cards(world, week).items()} == {
        key: numbers(card) for key, card in before.items()
    }
    world.state.comment(ticket.id, ticket.requester_id, status="open")
    world.advance(DAY)
    world.run()
    assert f'"{requester}"' not in remembered(world)


def test_who_works_or_is_not_one_person_is_not_forgotten(world: "World") -> None:
    world.run(dry_run=True)
    for accounts, word, told in (
        ([world.account], str(world.agents[1]), "still works on sao-mai"),
        ([world.account], "nemo", "no agent is called nemo"),
    ):
        with pytest.raises(CannotForgetError, match=told):
            agent_named(accounts, word)
    with pytest.raises(CannotForgetError, match="still works on sao-mai"):
        agent_named([world.account], world.state.users[world.agents[1]].name.upper())
    with pytest.raises(CannotForgetError, match="--account"):
        requester_named([world.account, world.account], "7")
    first, second = (world.state.users[agent] for agent in world.agents[:2])
    second.email, second.name = first.email, first.name
    world.advance(2 * HOUR)
    world.run(dry_run=True)
    with pytest.raises(CannotForgetError, match="2 people may be meant"):
        agent_named([world.account], first.email or "")
    with pytest.raises(CannotForgetError, match="2 people may be meant"):
        agent_named([world.account], first.name)


def test_ids_are_kept_as_digests_of_a_salt_and_emails_in_any_case(world: "World") -> None:
    names = world.store.pseudonyms
    assert names.names(EVERYWHERE)("an@acme.vn") == "an@acme.vn"
    called = names.remember(NAME, "An@acme.vn")
    assert (called, names.remember(NAME, "an@ACME.vn")) == ("forgotten-1", "forgotten-1")
    assert names.remember(NAME, "77") == "forgotten-2"
    assert names.names(NAME)("AN@acme.vn") == called
    assert names.names(NAME)(None) is None
    assert "acme" not in remembered(world)


def test_a_field_that_names_who_left_is_renamed_or_listed_and_the_configuration_brings_nobody_back(
    lived: "World",
) -> None:
    world, gone = lived, str(lived.agents[0])
    user, state = world.state.users[lived.agents[0]], world.state
    field = state.account.order_field_id
    carrier = {"sao-mai": {"field": str(field), "values": {user.name: gone}}}
    target = {"indicator": "first_reply", "value": "2h", "window": "week", "owner": user.email}
    world.configure(
        inputs={"org": "org.csv", "roster": "roster.csv"},
        agents=[{"name": user.name, "accounts": {NAME: gone}, "team": "north"}],
        fields={"responsible_agent": carrier},
        exemptions={NAME: {"approvers": [gone], "tags": {"spare": "rating"}}},
        targets=[{**target, "scope": f"agent:{user.email}"}],
    )
    exact, within = world.ticket(agent=1), world.ticket(agent=1)
    state.change(exact.id, world.agents[1], fields={field: user.name.upper()})
    state.change(within.id, world.agents[1], fields={field: f"hỏi {user.name}"})
    world.advance(600)
    world.run()
    told = Decision(ticket_id=str(exact.id), what="rating", reason="An outage.", approved_by=user.email or "")
    decide(world.account, told, world.account.now(), "override")
    take_back(world.account, replace(told, reason="A mistake."))
    whom = agent_named([world.account], gone)
    listed = [str(each) for each in whom.left_over if "names the person" in str(each)]
    assert [each.split(":")[0] for each in listed] == [
        f"the field {field} names the person on 2 tickets of {NAME} ({exact.id}, {within.id})"
    ]
    forget([world.account], whom)
    for each in (exact, within):
        state.comment(each.id, each.requester_id)
    for _ in range(2):
        world.advance(DAY)
        world.run()
    held = world.store.records.snapshots(NAME, [str(exact.id), str(within.id)])
    assert is_pseudonym(str(held[str(exact.id)].fields[str(field)]))
    assert held[str(within.id)].fields[str(field)] == f"hỏi {user.name}"
    for word in (gone, user.email or "", user.name.upper()):
        assert word not in remembered(world), word
    assert remembered(world).count(user.name) == remembered(world).count(f"hỏi {user.name}")


def test_a_forgotten_manager_is_renamed_where_others_report_to_him() -> None:
    gone = {"7": "forgotten-1"}
    agent = Agent(
        agent_id="8", name="An", email="an@acme.vn", role="agent", active=True, bot=False, locale=None,
        ticket_access="all", manager_id="7",
    )  # fmt: skip
    assert renamed(agent, lambda word: gone.get(word or "", word)) == replace(agent, manager_id="forgotten-1")
    both = renamed(replace(agent, agent_id="7"), lambda word: gone.get(word or "", word))
    assert (both.agent_id, both.manager_id, both.email) == ("forgotten-1", "forgotten-1", None)
