"""Forgetting a person: an agent who left, or a customer; in the store, and in what comes in later."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final

from connectors.base import Stream
from kpi_engine.message import Message, message
from kpi_engine.records import Agent
from sync.account import Account
from sync.locking import locked
from sync.naming import unaccented
from sync.people import Ambiguous, People, Person, people
from sync.store import Store
from sync.store.pseudonyms import EVERYWHERE, in_fields

_LISTED: Final = 20


class CannotForgetError(Exception):
    """Nobody can be forgotten by that name; `message` says why, and what to do."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.message = reason


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Who is to be forgotten: ids by connector, and the words by which files name the person.

    `names` are the words of custom fields; `fields` tells, by connector and field, the tickets on which they stand.
    """

    ids: Mapping[str, str]
    words: frozenset[str]
    agent: bool
    names: frozenset[str] = frozenset()
    fields: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def left_over(self) -> Iterator[Message]:
        """What nothing here can remove."""
        where = ", ".join(f"{name}: {identity}" for name, identity in self.ids.items())
        yield message("on the helpdesk the person's account stays ({where}): remove or anonymize it there", where=where)
        if self.agent:
            yield message(
                "summary tickets and profile fields that were written stay on the helpdesk: delete them there"
            )
        for account, told in self.fields.items():
            for each, tickets in told.items():
                shown = ", ".join(tickets[:_LISTED]) + ("…" if len(tickets) > _LISTED else "")
                yield message(
                    "the field {field} names the person on {n} tickets of {account} ({tickets}): clear it there; here "
                    "only a value that is the name, the e-mail or the id and nothing else is made unrecognizable",
                    field=each,
                    n=len(tickets),
                    account=account,
                    tickets=shown,
                )
        yield message("files that are imported and the configuration may still name the person: correct them")
        yield message("copies of the store made earlier still hold everything: delete them")


def agent_named(accounts: Sequence[Account], word: str) -> Forgotten:
    """Return the agent that an e-mail, an id, a key or a name means; raises CannotForgetError.

    Whoever still works is refused: what he does from now on would come back under his name. A name that only the
    helpdesk tells finds the person, but is none of the words by which files name him: another may come to bear it.
    """
    first = accounts[0]
    known = people(first.store, first.settings)
    found = known.matched(word, first.name if len(accounts) == 1 else None)
    match found or _by_name(accounts, known, word):
        case Person() as person:
            _refuse_working(first.store, person)
            given = word if found is not None else ""
            words = {person.email or "", *person.accounts.values(), person.name if person.mapped else "", given}
            names = {person.email or "", *_own_names(first.store, person)}
            return _with_fields(first.store, Forgotten(person.accounts, _some(words), agent=True, names=_some(names)))
        case Ambiguous(candidates=candidates):
            raise CannotForgetError(
                message("{n} people may be meant; say connector/id, one of {keys}", **_candidates(candidates))
            )
    raise CannotForgetError(message("no agent is called {name}; `report` lists them", name=word))


def _by_name(accounts: Sequence[Account], known: People, word: str) -> Person | Ambiguous | None:
    """Return whom a name means as these helpdesks tell it, whatever its case and accents."""
    wanted = unaccented(word.strip())
    found = {
        person.key: person
        for account in accounts
        for each in account.store.records.account(account.name, Stream.AGENTS, gone=True)
        if isinstance(each, Agent) and unaccented(each.name) == wanted
        for person in [known.person_of(account.name, each.agent_id)]
    }
    if len(found) > 1:
        return Ambiguous(word, tuple(found.values()))
    return next(iter(found.values()), None)


def _some(words: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, words))


def _own_names(store: Store, person: Person) -> Iterator[str]:
    """Yield what helpdesks, and the configuration, call a person and nobody else."""
    yield person.name if person.mapped else ""
    for name, agent_id in person.accounts.items():
        told = [each for each in store.records.account(name, Stream.AGENTS, gone=True) if isinstance(each, Agent)]
        mine = {each.name.casefold(): each.name for each in told if each.agent_id == agent_id}
        others = {each.name.casefold() for each in told if each.agent_id != agent_id}
        yield from (mine[plain] for plain in mine.keys() - others)


def _with_fields(store: Store, whom: Forgotten) -> Forgotten:
    """Return the same with the tickets whose custom fields name the person."""
    told = {
        name: store.forgetting.fields_naming(name, {*whom.names, agent_id} if whom.agent else {agent_id})
        for name, agent_id in whom.ids.items()
    }
    return replace(whom, fields={name: found for name, found in told.items() if found})


def _candidates(candidates: Sequence[Person]) -> dict[str, object]:
    return {"n": len(candidates), "keys": ", ".join(each.key for each in candidates)}


def _refuse_working(store: Store, person: Person) -> None:
    for name, agent_id in person.accounts.items():
        listed = (each for each in store.records.account(name, Stream.AGENTS) if isinstance(each, Agent))
        if any(each.agent_id == agent_id and each.active for each in listed):
            raise CannotForgetError(
                message(
                    "{name} still works on {account}: deactivate the account there first", name=agent_id, account=name
                )
            )


def requester_named(accounts: Sequence[Account], requester_id: str) -> Forgotten:
    """Return the customer with that id on the one account; raises CannotForgetError where there are several."""
    if len(accounts) > 1:
        raise CannotForgetError(message("say with --account on which connector the id is"))
    found = Forgotten({accounts[0].name: requester_id}, frozenset({requester_id}), agent=False)
    return _with_fields(accounts[0].store, found)


def forget(accounts: Iterable[Account], whom: Forgotten) -> Forgotten:
    """Put a pseudonym in the person's place, in one transaction; return it with how many rows changed.

    Raises LockHeldError where a pass runs.
    """
    concerned = [account for account in accounts if account.name in whom.ids]
    store, rows = concerned[0].store, dict[str, int]()
    with ExitStack() as stack:
        for account in concerned:
            stack.enter_context(locked(account))
        with store.transaction():
            for account in concerned:
                _forget_on(store, account.name, whom, rows)
    return replace(whom, rows=rows)


def _forget_on(store: Store, connector: str, whom: Forgotten, rows: dict[str, int]) -> None:
    identity = whom.ids[connector]
    called = store.pseudonyms.remember(connector, identity)
    for word in (*whom.words, f"{connector}/{identity}"):
        store.pseudonyms.remember(EVERYWHERE, word, f"{connector}/{called}")
    for name in whom.names:
        store.pseudonyms.remember(in_fields(connector), name, called)
    for table, count in store.forgetting.rename(connector, identity, called, whom.words, whom.names).items():
        rows[table] = rows.get(table, 0) + count
