"""Who is the same person on several helpdesks: by the configuration's map, else by e-mail, never by name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from config import AgentSettings, Settings
from connectors.base import Stream
from kpi_engine.message import Message, message
from kpi_engine.records import Agent
from sync.store import Store

_WORKING = ("agent", "admin")
_CORRECT = message("give the person's accounts under `agents` in the configuration, or correct the e-mail there")
_NO_ACCOUNT = message("correct `agents` in the configuration; `report` lists the agents")


class AccountId(NamedTuple):
    """An agent's account: on which connector, under which id."""

    account: str
    agent_id: str

    @property
    def key(self) -> str:
        """The key of whoever it belongs to."""
        return f"{self.account}/{self.agent_id}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account on one or several helpdesks, `accounts` the agent's id by connector.

    `key` is the first of the accounts; any of them finds the person again, whatever is joined later. `mapped` tells
    that the configuration names the person. `locale` is the one that the first account tells.
    """

    key: str
    name: str
    accounts: Mapping[str, str]
    email: str | None
    locale: str | None
    mapped: bool = False


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A word that may mean several people."""

    word: str
    candidates: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Accounts that may or may not belong together, the first of them on `account`, and how to settle it."""

    account: str
    finding: Message
    mend: Message


@dataclass(frozen=True, slots=True)
class _Known:
    """An agent's account as the helpdesk told it last."""

    place: AccountId
    name: str
    email: str | None
    active: bool
    machine: bool
    locale: str | None


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who has, or had, an agent's account; `doubts` are what was not joined because it is not clear."""

    persons: tuple[Person, ...]
    doubts: tuple[Doubt, ...]
    _by_account: Mapping[AccountId, Person] = field(repr=False)
    _by_word: Mapping[str, tuple[Person, ...]] = field(repr=False)

    def person_of(self, account: str, agent_id: str) -> Person:
        """Return whose account that is; one that nobody told of is a person by itself, without a name."""
        place = AccountId(account, agent_id)
        return self._by_account.get(place) or Person(place.key, agent_id, {account: agent_id}, None, None)

    def person(self, key: str) -> Person | None:
        """Return the person with that key, or who had it before more accounts were joined."""
        account, _, agent_id = key.partition("/")
        return self._by_account.get(AccountId(account, agent_id))

    def agent_here(self, key: str, account: str) -> str | None:
        """Return the agent's id that whoever has a key has on an account; None where he has none there."""
        person, unknown = self.person(key), f"{account}/"
        if person is not None:
            return person.accounts.get(account)
        return key.removeprefix(unknown) if key.startswith(unknown) else None

    def key_today(self, word: str | None) -> str | None:
        """Return the key that a person has by now, by an earlier one or by a word; what nobody is stays as it is."""
        person = self.matched(word) if word is not None else None
        return person.key if isinstance(person, Person) else word

    def matched(self, word: str, account: str | None = None) -> Person | Ambiguous | None:
        """Return whom a word of a file means: an e-mail, a person's key, an agent's id, or a name of the map exactly.

        Ids are looked for on `account` where one is given, else on all. Names that helpdesks tell are never matched.
        """
        word = word.strip()
        if account is not None and (found := self._by_account.get(AccountId(account, word))) is not None:
            return found
        if (keyed := self.person(word)) is not None:
            return keyed
        found_all = self._by_word.get(_as_email(word), self._by_word.get(word, ())) if word else ()
        if len(found_all) > 1:
            return Ambiguous(word, found_all)
        return found_all[0] if found_all else None


def people(store: Store, settings: Settings) -> People:
    """Return everybody on the configured accounts, from the agents that were pulled."""
    names = [own.name for own in settings.connectors]
    known = {each.place: each for name in names for each in _known(store, name, settings.bots)}
    return _joined(known, settings.agents, names)


def _known(store: Store, account: str, bots: Iterable[str]) -> Iterator[_Known]:
    present = {each.agent_id for each in _agents(store, account)}
    for agent in _agents(store, account, gone=True):
        works = agent.active and agent.role in _WORKING and agent.agent_id in present
        place, machine = AccountId(account, agent.agent_id), agent.bot or agent.agent_id in bots
        yield _Known(place, agent.name, agent.email or None, works, machine, agent.locale or None)


def _agents(store: Store, account: str, *, gone: bool = False) -> list[Agent]:
    return [each for each in store.records.account(account, Stream.AGENTS, gone=gone) if isinstance(each, Agent)]


def _as_email(word: str) -> str:
    return word.casefold() if "@" in word else word


@dataclass(slots=True)
class _Joining:
    """Accounts being brought together: a list for each person, those of the map first."""

    known: Mapping[AccountId, _Known]
    mapped: list[AgentSettings]
    claims: list[list[AccountId]]
    doubts: list[Doubt] = field(default_factory=list)

    def owner(self, place: AccountId) -> int | None:
        """Return the number of the mapped person whose account the map says it is."""
        owned = (number for number, agent in enumerate(self.mapped) if agent.accounts.get(place.account) == place[1])
        return next(owned, None)


def _joined(known: Mapping[AccountId, _Known], agents: Sequence[AgentSettings], names: Sequence[str]) -> People:
    mapped = list(agents)
    claims = [[AccountId(name, agent.accounts[name]) for name in names if name in agent.accounts] for agent in mapped]
    joining = _Joining(known, mapped, claims)
    joining.doubts += _unknown_ids(joining)
    for email, places in _by_email(known).items():
        _join(joining, email, places)
    _take_back_doubles(joining)
    persons = _persons(joining, names)
    return People(
        tuple(persons),
        tuple(joining.doubts),
        {place: person for person in persons for place in _places(person)},
        _words(persons, known, names),
    )


def _places(person: Person) -> Iterator[AccountId]:
    yield from (AccountId(*each) for each in person.accounts.items())


def _unknown_ids(joining: _Joining) -> Iterator[Doubt]:
    pulled = {place.account for place in joining.known}
    for agent, places in zip(joining.mapped, joining.claims, strict=True):
        for place in places:
            if place.account in pulled and place not in joining.known:
                told = message(
                    "agents: {name} has the id {id} on {account}, which no agent there has",
                    name=agent.name,
                    id=place.agent_id,
                    account=place.account,
                )
                yield Doubt(place.account, told, _NO_ACCOUNT)


def _by_email(known: Mapping[AccountId, _Known]) -> Mapping[str, list[AccountId]]:
    """Return the accounts of people by e-mail: on each helpdesk those that work, or all where none does any more."""
    groups: dict[str, dict[str, list[_Known]]] = {}
    for each in known.values():
        if each.email is not None and not each.machine:
            groups.setdefault(_as_email(each.email), {}).setdefault(each.place.account, []).append(each)
    return {
        email: [
            each.place for listed in of_account.values() for each in ([one for one in listed if one.active] or listed)
        ]
        for email, of_account in groups.items()
    }


def _join(joining: _Joining, email: str, places: Sequence[AccountId]) -> None:
    """Join the accounts of one e-mail: to the mapped person among them, else to one another."""
    owners = {owner for place in places if (owner := joining.owner(place)) is not None}
    free = [place for place in places if joining.owner(place) is None]
    accounts = [place.account for place in places]
    if len(owners) > 1 and free:
        joining.doubts.append(_of_several(joining, email, owners, free))
        joining.claims += [[place] for place in free]
    elif len(set(accounts)) < len(accounts) and len(owners) < len(places):
        joining.doubts.append(_shared(email, [place for place in places if accounts.count(place.account) > 1]))
        joining.claims += [[place] for place in free]
    elif owners:
        joining.claims[owners.pop()] += free
    else:
        joining.claims.append(list(places))


def _shared(email: str, places: Sequence[AccountId]) -> Doubt:
    keys = ", ".join(place.key for place in places)
    told = message("{accounts} have the same e-mail {email}, so none is joined by it", accounts=keys, email=email)
    return Doubt(places[0].account, told, _CORRECT)


def _of_several(joining: _Joining, email: str, owners: Iterable[int], free: Sequence[AccountId]) -> Doubt:
    told = message(
        "{accounts}: the e-mail {email} is that of {names}, so it is joined to none of them",
        accounts=", ".join(place.key for place in free),
        email=email,
        names=", ".join(joining.mapped[owner].name for owner in sorted(owners)),
    )
    return Doubt(free[0].account, told, _CORRECT)


def _take_back_doubles(joining: _Joining) -> None:
    """Take from mapped persons what e-mails gave them on a helpdesk where they have another account: the map wins."""
    for number, agent in enumerate(joining.mapped):
        places = joining.claims[number]
        given = [place for place in places if joining.owner(place) is None]
        accounts = [place.account for place in places]
        doubles = [place for place in given if accounts.count(place.account) > 1]
        if doubles:
            keys = ", ".join(place.key for place in doubles)
            told = message(
                "{accounts}: by e-mail this would be {name}, who has another account there",
                accounts=keys,
                name=agent.name,
            )
            joining.doubts.append(Doubt(doubles[0].account, told, _CORRECT))
            joining.claims[number] = [place for place in places if place not in doubles]
            joining.claims += [[place] for place in doubles]


def _persons(joining: _Joining, names: Sequence[str]) -> list[Person]:
    claimed = {place for places in joining.claims for place in places}
    alone = [[place] for place in joining.known if place not in claimed]
    made = []
    for number, places in enumerate([*joining.claims, *alone]):
        ordered = sorted(places, key=lambda place: names.index(place.account))
        mapped = joining.mapped[number].name if number < len(joining.mapped) else None
        made.append(_person(ordered, [joining.known[each] for each in ordered if each in joining.known], mapped))
    return made


def _person(places: Sequence[AccountId], known: Sequence[_Known], mapped: str | None) -> Person:
    return Person(
        key=places[0].key,
        name=mapped or known[0].name,
        accounts=dict(places),
        email=next((each.email for each in known if each.email is not None), None),
        locale=next((each.locale for each in known if each.locale is not None), None),
        mapped=mapped is not None,
    )


def _words(
    persons: Iterable[Person], known: Mapping[AccountId, _Known], names: Sequence[str]
) -> Mapping[str, tuple[Person, ...]]:
    """Return whom each e-mail, id and mapped name means; an e-mail is that of those who work, if any does."""
    by_email, found = _by_email(known), dict[str, list[Person]]()
    for person in persons:
        places = [AccountId(name, person.accounts[name]) for name in names if name in person.accounts]
        words = {place.agent_id for place in places} | ({person.name} if person.mapped else set())
        words |= {email for email, those in by_email.items() if not set(those).isdisjoint(places)}
        for word in words:
            found.setdefault(word, []).append(person)
    return {word: tuple(those) for word, those in found.items()}
