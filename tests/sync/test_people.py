import json
from typing import TYPE_CHECKING, Any

import pytest

from config import Settings, load
from connectors.base import Stream
from kpi_engine.records import Agent
from sync.people import Ambiguous, People, Person, people
from sync.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNTS = ("north", "south", "west")


class Everybody:
    """A store into which agents are put, and a configuration of three helpdesks."""

    def __init__(self, store: Store, folder: "Path") -> None:
        self.store = store
        self.folder = folder

    def agent(self, place: str, email: str | None = None, **changed: object) -> None:
        """Let a helpdesk tell of an agent; `place` is the connector and the id."""
        account, agent_id = place.split("/")
        usual = {"name": f"Agent {agent_id}", "role": "agent", "active": True, "bot": False, "locale": "vi"}
        agent = Agent(**{"agent_id": agent_id, "email": email, "ticket_access": "all", **usual, **changed})  # type: ignore[arg-type]  # fields of an agent
        self.store.records.save_account(account, Stream.AGENTS, [agent])

    def left(self, account: str) -> None:
        """Let a helpdesk list nobody any more."""
        self.store.records.finish_listing(account, Stream.AGENTS)
        self.store.records.finish_listing(account, Stream.AGENTS)

    def settings(self, *agents: dict[str, Any], bots: tuple[str, ...] = ()) -> Settings:
        """Return the configuration with this map of people."""
        auth = {"method": "bearer", "token": "${env:TOKEN}"}
        usual = {"kind": "zendesk", "base_url": "https://acme.zendesk.com", "history_from": "2026-01-01", "auth": auth}
        document = {
            "version": 1,
            "organization": "Acme",
            "timezone": "UTC",
            "connectors": [{"name": name, **usual} for name in ACCOUNTS],
            "agents": agents,
            "bots": bots,
        }
        path = self.folder / "helpdesk-kpi.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")
        return load(path, {})

    def found(self, *agents: dict[str, Any], bots: tuple[str, ...] = ()) -> People:
        """Return who is who under this map."""
        return people(self.store, self.settings(*agents, bots=bots))


@pytest.fixture
def everybody(tmp_path: "Path") -> "Iterator[Everybody]":
    with Store.open("sqlite:///people.db", tmp_path) as store:
        yield Everybody(store, tmp_path)


def joined(found: People) -> set[str]:
    return {"+".join(f"{name}/{key}" for name, key in each.accounts.items()) for each in found.persons}


def one(found: Person | Ambiguous | None) -> str:
    assert isinstance(found, Person)
    return found.key


def test_one_email_in_any_case_is_one_person_and_one_name_is_not(everybody: Everybody) -> None:
    everybody.agent("north/1", "An@acme.vn", name="An", locale=None)
    everybody.agent("south/7", "an@ACME.vn", name="An Nguyễn")
    everybody.agent("west/3", "an@other.vn", name="An")
    everybody.agent("west/4", None, name="An")
    found = everybody.found()
    assert joined(found) == {"north/1+south/7", "west/3", "west/4"}
    assert not found.doubts
    an = found.person_of("south", "7")
    assert (an.key, an.name, an.email, an.locale, an.mapped) == ("north/1", "An", "An@acme.vn", "vi", False)
    assert [found.person(key) for key in ("north/1", "south/7", "south/9", "x")] == [an, an, None, None]
    assert [one(found.matched(word)) for word in ("AN@acme.vn", "7", "south/7", " 1 ")] == ["north/1"] * 4
    assert [found.matched(word) for word in ("An", "An Nguyễn", "9", "", "nobody@acme.vn")] == [None] * 5
    assert found.person_of("south", "99") == Person("south/99", "99", {"south": "99"}, None, None)


def test_the_map_joins_what_no_email_does_and_wins_over_it(everybody: Everybody) -> None:
    everybody.agent("north/1", "an@acme.vn")
    everybody.agent("south/7", "a.nguyen@acme.vn")
    everybody.agent("south/8", "an@acme.vn")
    everybody.agent("west/3", "a.nguyen@acme.vn")
    found = everybody.found({"name": "Nguyễn An", "accounts": {"north": "1", "south": "7"}})
    assert joined(found) == {"north/1+south/7+west/3", "south/8"}
    assert [str(doubt.finding) for doubt in found.doubts] == [
        "south/8: by e-mail this would be Nguyễn An, who has another account there"
    ]
    assert one(found.matched("Nguyễn An")) == one(found.matched("3", "west")) == "north/1"
    assert found.matched("nguyễn an") is None
    shared = found.matched("an@acme.vn")
    assert isinstance(shared, Ambiguous)
    assert {each.key for each in shared.candidates} == {"north/1", "south/8"}


def test_two_working_agents_of_one_helpdesk_with_one_email_are_joined_to_nobody(everybody: Everybody) -> None:
    everybody.agent("north/1", "team@acme.vn")
    everybody.agent("north/2", "team@acme.vn")
    everybody.agent("south/7", "Team@acme.vn")
    found = everybody.found()
    assert joined(found) == {"north/1", "north/2", "south/7"}
    ((doubt, account),) = [(str(each.finding), each.account) for each in found.doubts]
    assert (doubt, account) == ("north/1, north/2 have the same e-mail team@acme.vn, so none is joined by it", "north")
    assert isinstance(found.matched("team@acme.vn"), Ambiguous)


def test_who_works_no_more_does_not_stand_in_the_way_and_is_found_where_nobody_does(everybody: Everybody) -> None:
    everybody.agent("north/1", "an@acme.vn", active=False)
    everybody.agent("north/2", "an@acme.vn")
    everybody.agent("south/7", "an@acme.vn", role="end-user")
    everybody.agent("west/3", "an@acme.vn")
    everybody.left("west")
    found = everybody.found()
    assert joined(found) == {"north/1", "north/2+south/7+west/3"}
    assert not found.doubts
    assert one(found.matched("an@acme.vn")) == "north/2"


def test_a_machine_is_nobody_elses_account(everybody: Everybody) -> None:
    everybody.agent("north/1", "bot@acme.vn", bot=True)
    everybody.agent("south/7", "bot@acme.vn")
    everybody.agent("west/3", "bot@acme.vn")
    assert joined(everybody.found(bots=("3",))) == {"north/1", "south/7", "west/3"}


def test_an_email_of_two_mapped_people_joins_a_third_account_to_neither(everybody: Everybody) -> None:
    everybody.agent("north/1", "team@acme.vn")
    everybody.agent("south/7", "team@acme.vn")
    everybody.agent("west/3", "team@acme.vn")
    an, binh = {"name": "An", "accounts": {"north": "1"}}, {"name": "Bình", "accounts": {"south": "7"}}
    found = everybody.found(an, binh)
    assert joined(found) == {"north/1", "south/7", "west/3"}
    assert [str(doubt.finding) for doubt in found.doubts] == [
        "west/3: the e-mail team@acme.vn is that of An, Bình, so it is joined to none of them"
    ]
    assert isinstance(found.matched("team@acme.vn"), Ambiguous)


def test_an_id_of_the_map_that_no_agent_has_is_told_once_agents_are_known(everybody: Everybody) -> None:
    an = {"name": "An", "accounts": {"north": "1", "south": "7"}}
    assert not everybody.found(an).doubts
    everybody.agent("north/2", "an@acme.vn")
    found = everybody.found(an)
    assert [str(doubt.finding) for doubt in found.doubts] == [
        "agents: An has the id 1 on north, which no agent there has"
    ]
    assert joined(found) == {"north/1+south/7", "north/2"}
    assert found.person_of("north", "1").name == "An"


def test_one_id_on_two_helpdesks_means_two_people_until_the_helpdesk_is_named(everybody: Everybody) -> None:
    everybody.agent("north/1", "an@acme.vn")
    everybody.agent("south/1", "binh@acme.vn")
    found = everybody.found()
    assert isinstance(found.matched("1"), Ambiguous)
    assert one(found.matched("1", "south")) == "south/1"


def test_the_order_of_the_agents_does_not_matter(everybody: Everybody) -> None:
    for place in ("west/3", "south/7", "north/1"):
        everybody.agent(place, "an@acme.vn")
    (an,) = everybody.found().persons
    assert (an.key, list(an.accounts)) == ("north/1", ["north", "south", "west"])
