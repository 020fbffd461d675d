"""The observations behind an account's figures: whose they are, and which state of each counts in a settled period."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kpi_engine.indicators.indicator import Input
from kpi_engine.measurement import Measurement
from kpi_engine.observe import OBSERVED, SEVERAL_ROWS, observed, reach, together
from kpi_engine.records import Observation
from kpi_engine.reduce import Window
from sync.account import Account
from sync.people import People, Person, people
from sync.settling import PeriodState, corrections, state_of
from sync.store.observations import INPUTS, Kept
from sync.store.settled import Correction


def observed_kinds(account: Account) -> set[str]:
    """Return the kinds of observations, of those some indicator asks for, that the account, or any file, has."""
    return account.store.observations.kinds((account.name, INPUTS), OBSERVED)


def observed_in(account: Account, window: Window, kinds: Collection[str]) -> Iterator[Measurement]:
    """Yield what observations of these kinds say about a window, as measurements of tickets do.

    Those of one row each come in order of time, then the kinds that have several.
    """
    wanted = account.store.observations.kinds((account.name, INPUTS), OBSERVED & set(kinds))
    if not wanted:
        return
    for rows in _each(account, window, wanted):
        for measurement in observed(rows.mine, window.rulebook, window.as_of, window.period):
            yield replace(measurement, shared=rows.shared)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one observation; `shared`: they belong to a person wherever he has an account."""

    mine: Sequence[Observation]
    shared: bool


def _each(account: Account, window: Window, kinds: Collection[str]) -> Iterator[_Rows]:
    several: dict[str, dict[bool, list[Observation]]] = {}
    for mine, shared in rows_within(account, window, kinds):
        if mine.kind in SEVERAL_ROWS:
            several.setdefault(mine.kind, {}).setdefault(shared, []).append(mine)
        else:
            yield _Rows((mine,), shared)
    for kind in several.values():
        for shared, rows in kind.items():
            yield from (_Rows(each, shared) for each in together(rows))


def rows_within(
    account: Account, window: Window, kinds: Collection[str], later: int = 0
) -> Iterator[tuple[Observation, bool]]:
    """Yield the rows of these kinds that may speak of a window, as they count in it, and whether they are shared.

    They stand within it, or up to `later` seconds after it: those too as they had come when it was settled.
    """
    owning, standing = _owning(account), _standing(account, window)
    end = min(window.period.end + later, window.as_of + 1)
    of = account.store.observations
    for far, alike in _alike(kinds):
        for kept in of.within((account.name, INPUTS), alike, window.period.start - far[0], end + far[1]):
            if standing.counts(kept, min(kept.observation.at, window.period.end - 1)):
                shared = kept.connector == INPUTS and kept.observation.account is None
                yield from ((mine, shared) for mine in owning.mine(kept))


def _alike(kinds: Collection[str]) -> list[tuple[tuple[int, int], list[str]]]:
    """Return the kinds by how far from a period what is said of it may stand."""
    found: dict[tuple[int, int], list[str]] = {}
    for kind in sorted(kinds):
        found.setdefault(reach(kind), []).append(kind)
    return list(found.items())


def _owning(account: Account) -> "_Owning":
    return _Owning(account, people(account.store, account.settings), _requesters(account))


def _requesters(account: Account) -> dict[str, str]:
    """Return the helpdesk's ids of customers by the company's own keys."""
    if not account.store.observations.kinds((INPUTS,), {Input.CUSTOMERS}):
        return {}
    told = (kept.observation for kept in account.store.observations.standing(INPUTS, Input.CUSTOMERS))
    return {
        str(each.customer_id): str(each.values["requester_ref"])
        for each in told
        if each.account in (None, account.name) and "requester_ref" in each.values
    }


def _standing(account: Account, window: Window) -> "_Standing":
    observations = account.store.observations
    unfinished = observations.unfinished((account.name, INPUTS))
    if state_of(account, window.period, window.as_of) is PeriodState.PROVISIONAL:
        return _Standing(None, (), unfinished)
    return _Standing(observations.settled(account.name), corrections(account), unfinished)


@dataclass(frozen=True, slots=True)
class _Standing:
    """Which state of an observation counts: the newest; in a settled period, the newest when that was settled.

    `settled` holds until which instants what is settled goes by which intake; None where the period is not settled.
    What is still being brought in, or was broken off, counts for nothing.
    """

    settled: Sequence[tuple[int, int]] | None
    corrections: Collection[Correction]
    unfinished: frozenset[int]

    def counts(self, kept: Kept, at: int) -> bool:
        """Tell whether this state of an observation is the one that counts at an instant."""
        if kept.since in self.unfinished:
            return False
        until = None if kept.until in self.unfinished else kept.until
        if self.settled is None:
            return until is None
        last = self._last_intake(at, self.settled)
        return kept.since <= last and (until is None or until > last)

    def _last_intake(self, at: int, settled: Sequence[tuple[int, int]]) -> int:
        let_in = max((each.last_intake for each in self.corrections if each.start <= at < each.end), default=0)
        return max(let_in, next((intake for through, intake in settled if through > at), 0))


@dataclass(frozen=True, slots=True)
class _Owning:
    """Whose an observation is: a file's word is somebody who has an agent on the account, or it is another's."""

    account: Account
    everybody: People
    requesters: Mapping[str, str] = field(default_factory=dict)
    known: dict[tuple[str, str | None], Person | None] = field(default_factory=dict)

    def mine(self, kept: Kept) -> Iterator[Observation]:
        """Yield the observation with its agent's id on the account, if it belongs there."""
        observation, name = kept.observation, self.account.name
        if kept.connector != INPUTS:
            yield replace(observation, account=name)
            return
        if observation.account not in (None, name):
            return
        observation = self._renamed(observation)
        person = self._person(observation.agent, observation.account)
        agent = person.accounts.get(name) if person is not None else None
        # With one helpdesk all rows are its own; with several, one that names neither it nor an agent is nobody's.
        alone = len(self.account.settings.connectors) == 1 or observation.account is not None
        if agent is not None or alone:
            yield replace(observation, agent=agent, account=name)

    def _renamed(self, observation: Observation) -> Observation:
        """Return an observation with customers by their ids on the helpdesk, where the list of customers tells them."""
        names = self.requesters
        customer, referrer = observation.customer_id, observation.values.get("referrer_ref")
        known = {"referrer_ref": names[str(referrer)]} if str(referrer) in names else {}
        values = {**observation.values, **known}
        return replace(observation, customer_id=names.get(customer or "", customer), values=values)

    def _person(self, word: str | None, account: str | None) -> Person | None:
        if word is None:
            return None
        if (word, account) not in self.known:
            found = self.everybody.matched(word, account)
            self.known[word, account] = found if isinstance(found, Person) else None
        return self.known[word, account]
