"""The organization: what org.csv says of people, checked as a whole, and what it comes to on one helpdesk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from connectors.base import Stream
from kpi_engine.message import Message, message
from kpi_engine.records import Agent, Group
from sync.account import Account
from sync.inputs.rows import Taken
from sync.people import Ambiguous, People, Person, people
from sync.store import Store
from sync.store.pseudonyms import EVERYWHERE

ORG: Final = "org"
Body: TypeAlias = dict[str, Any]
Row: TypeAlias = Mapping[str, Any]
Problem: TypeAlias = tuple[int, Message]
"""A line, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of which it is known whom it is about, and the days it holds, the last one included."""

    line: int
    person: Person
    values: Row

    @property
    def first(self) -> str:
        """The first day, the earliest of all where none is said."""
        return str(self.values.get("valid_from", "0001-01-01"))

    @property
    def last(self) -> str:
        """The last day, the latest of all where none is said."""
        return str(self.values.get("valid_to", "9999-12-31"))


def placed(rows: Iterable[Taken], everybody: People) -> tuple[list[Placed], list[Problem]]:
    """Return the rows about people who are known, and what is wrong with the others: those are set aside."""
    found, unknown = [], []
    for row in rows:
        match everybody.matched(str(row.values["agent_ref"])):
            case Person() as person:
                found.append(Placed(row.line, person, row.values))
            case Ambiguous(candidates=candidates):
                who = ", ".join(each.key for each in candidates)
                told = message("{name} may be any of {candidates}", name=row.values["agent_ref"], candidates=who)
                unknown.append((row.line, told))
            case None:
                told = message("nobody is called {name}; say an e-mail or an id", name=row.values["agent_ref"])
                unknown.append((row.line, told))
    return found, unknown


def contradictions(rows: Sequence[Placed], everybody: People) -> Iterator[Problem]:
    """Yield what cannot be: somebody in two places at once, or leading those who lead him."""
    by_person: dict[str, list[Placed]] = {}
    for row in rows:
        by_person.setdefault(row.person.key, []).append(row)
    for places in by_person.values():
        ordered = sorted(places, key=lambda row: row.first)
        for one, other in pairwise(ordered):
            if other.first <= one.last:
                told = message(
                    "{name} is in a team already on these days: see line {line}", name=one.person.name, line=one.line
                )
                yield other.line, told
    yield from _circles(rows, everybody)


def _circles(rows: Sequence[Placed], everybody: People) -> Iterator[Problem]:
    told: set[int] = set()
    for day in sorted({row.first for row in rows}):
        above = {row.person.key: row for row in rows if row.first <= day <= row.last}
        for row in above.values():
            if row.line not in told and _leads_back(row, above, everybody):
                told.add(row.line)
                yield row.line, message("{name} is above those who are above him", name=row.person.name)


def _leads_back(row: Placed, above: Mapping[str, Placed], everybody: People) -> bool:
    waiting, seen = [*_above(row, everybody)], set[str]()
    while waiting:
        key = waiting.pop()
        if key == row.person.key:
            return True
        if key not in seen and key in above:
            seen.add(key)
            waiting += _above(above[key], everybody)
    return False


def _above(row: Placed, everybody: People) -> Iterator[str]:
    """Yield who is said to be above somebody; who leads his own team stands in it as its lead."""
    for level in ("lead", "manager"):
        key = known_key(row.values.get(level), everybody)
        if key is not None and key != row.person.key:
            yield key


def known_key(word: object, everybody: People) -> str | None:
    """Return the key of the one person that a word means, None for nobody or several."""
    found = everybody.matched(str(word)) if word is not None else None
    return found.key if isinstance(found, Person) else None


def manager_key(word: object, everybody: People) -> str | None:
    """Return the key of a manager, or else the word itself: he may have no account, or none that was pulled yet."""
    return known_key(word, everybody) or (None if word is None else str(word))


def unknown_leads(rows: Iterable[Placed], everybody: People) -> Iterator[Problem]:
    """Yield the leads and managers that nobody is: the next level up takes their place."""
    for row in rows:
        for level in ("lead", "manager"):
            if level in row.values and known_key(row.values[level], everybody) is None:
                told = message("nobody is called {name}; the next level up stands in", name=row.values[level])
                yield row.line, told


def kept_rows(store: Store, kind: str) -> list[Row] | None:
    """Return the rows of a file that were taken last, None where none ever were."""
    newest = store.editions.newest_of(EVERYWHERE, kind).get("")
    if newest is None:
        return None
    rows = newest.body["rows"]
    return list(rows) if isinstance(rows, list) else []


def organization_body(account: Account) -> Body | None:
    """Return the organization of an account's agents; None while a file is named and none could be taken yet."""
    settings = account.settings
    rows = kept_rows(account.store, ORG)
    if rows is None and ORG in settings.inputs.files:
        return None
    everybody = people(account.store, settings)
    places = _places(account, rows or [], everybody)
    teams = _teams(account, everybody)
    body: Body = {"team_of": _team_of(account)}
    managers = _managers(account, everybody)
    above = {key for line in (*places.values(), *teams.values()) for place in line for key in _named_above(place)}
    told = {
        "places": places,
        "teams": teams,
        "managers": managers,
        "keys": _keys(account, above.union(managers.values()), everybody),
    }
    return body | {name: each for name, each in told.items() if each}


def _managers(account: Account, everybody: People) -> dict[str, str]:
    """Return whom agents report to on the helpdesk itself: what the configuration or org.csv says goes before it."""
    agents = [one for one in account.store.records.account(account.name, Stream.AGENTS) if isinstance(one, Agent)]
    found = {one.agent_id: everybody.matched(one.manager_id, account.name) for one in agents if one.manager_id}
    return {agent: person.key for agent, person in found.items() if isinstance(person, Person)}


def _named_above(place: Body) -> Iterator[str]:
    yield from (place[level] for level in ("lead", "manager") if level in place)


def _keys(account: Account, above: Iterable[str], everybody: People) -> dict[str, str]:
    """Return the keys of leads and managers who go by an account on another helpdesk, by their agent's id here."""
    known = ((key, everybody.person(key)) for key in sorted(set(above)))
    here = ((key, person.accounts.get(account.name)) for key, person in known if person is not None)
    return {agent: key for key, agent in here if agent is not None and key != f"{account.name}/{agent}"}


def _team_of(account: Account) -> dict[str, str]:
    return {
        person.accounts[account.name]: person.team
        for person in account.settings.agents
        if person.team is not None and account.name in person.accounts
    }


def _places(account: Account, rows: Iterable[Row], everybody: People) -> dict[str, list[Body]]:
    found: dict[str, list[Body]] = {}
    for row in rows:
        person = everybody.matched(str(row["agent_ref"]))
        agent_id = person.accounts.get(account.name) if isinstance(person, Person) else None
        if agent_id is not None:
            found.setdefault(agent_id, []).append(_place(row, everybody, account.settings.timezone))
    return found


def _place(row: Row, everybody: People, zone: str) -> Body:
    body = {
        "team": row["team"],
        "lead": known_key(row.get("lead"), everybody),
        "manager": manager_key(row.get("manager"), everybody),
        "country": row.get("country"),
        "tier": row.get("tier"),
        "start": midnight(row.get("valid_from"), zone),
        "end": midnight(row.get("valid_to"), zone, after=1),
    }
    return {key: value for key, value in body.items() if value is not None}


def _teams(account: Account, everybody: People) -> dict[str, list[Body]]:
    """Return what is said of teams by their keys: of a group of the helpdesk, by its name or key."""
    zone, found = account.settings.timezone, dict[str, list[Body]]()
    groups = [each for each in account.store.records.account(account.name, Stream.GROUPS) if isinstance(each, Group)]
    for name, versions in account.settings.team_versions.items():
        starts = [midnight(each.since.isoformat() if each.since else None, zone) for each in versions]
        bodies = (
            {
                "lead": known_key(each.lead, everybody),
                "manager": manager_key(each.manager, everybody),
                "country": each.country,
                "tier": each.tier,
                "timezone": each.timezone,
                "currency": each.currency,
                "start": start,
            }
            for each, start in zip(versions, starts, strict=True)
        )
        told = [{key: value for key, value in body.items() if value is not None} for body in bodies]
        bearing = [f"group:{group.group_id}" for group in groups if group.name.casefold() == name.casefold()]
        found |= dict.fromkeys([name, *bearing], told)
    return found


def unknown_team_leads(account: Account) -> Iterator[Message]:
    """Yield the leads and managers of configured teams that nobody is; none before agents were pulled."""
    everybody = people(account.store, account.settings)
    if not everybody.persons:
        return
    for name, versions in account.settings.team_versions.items():
        for word in (word for each in versions for word in (each.lead, each.manager) if word is not None):
            if known_key(word, everybody) is None:
                yield message(
                    "teams.{team}: nobody is called {name}; the next level up stands in", team=name, name=word
                )


def midnight(day: object, zone: str, *, after: int = 0) -> int | None:
    """Return the instant at which a day, or one so many days later, begins in a zone; None for no day."""
    if day is None:
        return None
    begins = datetime.combine(date.fromisoformat(str(day)) + timedelta(days=after), datetime.min.time())
    return int(begins.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp())
