"""Figures over several helpdesks: one person's credit lines from all of them, reduced as one, as of the least."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Reduction
from kpi_engine.measurement import CreditLine, Measurement
from kpi_engine.message import Message
from kpi_engine.periods import Period
from kpi_engine.reduce import PLACED, Question, Scope, Window, subject_of
from kpi_engine.rulebook import Person, Rulebook, Timeline
from sync.account import Account
from sync.figures import Figures, Scorecard, reduced
from sync.people import People, people
from sync.people import Person as Somebody
from sync.privacy import Sight
from sync.settling import PeriodState, looks, state_of
from sync.sources import Source, as_of_now, source
from sync.wording import EVERY_ACCOUNT

_DISTINCT = frozenset(
    {
        Reduction.DISTINCT,
        Reduction.DISTINCT_RATIO,
        Reduction.NESTED,
        Reduction.NESTED_RATIO,
        Reduction.NESTED_REST,
        Reduction.NESTED_BESIDE,
        Reduction.LARGEST,
    }
)
_GROUP = "group:"


@dataclass(frozen=True)
class Joined:
    """What one period's figures over several accounts are made of: the credit lines of all, each person's together.

    It is asked like the source of one account. Agents go by the person's key; a group that no configuration names is a
    team of its own on each helpdesk. Nothing after the instant to which the data of all is complete counts.
    """

    sources: tuple[Source, ...]
    everybody: People
    window: Window
    sight: Sight | None = None

    @property
    def name(self) -> str:
        """What stands in place of an account's name."""
        return EVERY_ACCOUNT

    @property
    def account(self) -> Account:
        """The first of the accounts: their settings and store are the same."""
        return self.sources[0].account

    @property
    def parts(self) -> tuple[Source, ...]:
        """The sources of the accounts."""
        return self.sources

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """Those asked for that some account has the inputs of."""
        return {key: INDICATORS[key] for key in INDICATORS if any(key in each.indicators for each in self.sources)}

    @cached_property
    def missing(self) -> Mapping[str, Message]:
        """Why an indicator has nothing to say on any account."""
        reasons = {key: why for each in reversed(self.sources) for key, why in each.missing.items()}
        return {key: why for key, why in reasons.items() if key not in self.indicators}

    @cached_property
    def partly(self) -> Mapping[str, tuple[str, ...]]:
        """The accounts that have nothing to say about an indicator of which others do."""
        lacking = {key: tuple(each.account.name for each in self.sources if key in each.missing) for key in self.keys}
        return {key: names for key, names in lacking.items() if names and key in self.indicators}

    @property
    def keys(self) -> list[str]:
        """The indicators asked for, in their usual order."""
        return self.sources[0].keys

    def lines(self) -> Iterator[CreditLine]:
        """Yield every credit line of the period, account by account."""
        for part in self.sources:
            for measurement in part.measurements():
                if self.tells(part, measurement):
                    yield from self.told(part, measurement)

    def told(self, part: Source, measurement: Measurement) -> Iterator[CreditLine]:
        """Yield what one ticket of one account adds, credited to persons."""
        for line in part.told(part, measurement):
            if line.at <= self.window.as_of:
                yield self._own(line)

    def tells(self, part: Source, measurement: Measurement) -> bool:
        """Tell whether what one account says is to count here: of what several say, the first of them does."""
        if not measurement.shared:
            return True
        told = [each.agent for each in measurement.lines] + [each.agent for each in measurement.omissions]
        agents = {agent for agent in told if agent is not None}
        theirs = {name for agent in agents for name in self.everybody.person_of(part.name, agent).accounts}
        return part.name == next((each.name for each in self.sources if each.name in theirs), part.name)

    def _own(self, line: CreditLine) -> CreditLine:
        account, stamp = line.account, line.stamp
        agent = self.whose(account, Scope.AGENT, stamp.agent)
        mine = replace(line, stamp=stamp._replace(agent=agent, team=self.whose(account, Scope.TEAM, stamp.team)))
        if INDICATORS[line.indicator].reduction in _DISTINCT:  # the fifth ticket of one helpdesk is not that of another
            mine.part = f"{line.part or ''}@{account}"
        return mine

    def whose(self, account: str, scope: Scope, subject: str | None) -> str | None:
        """Return whose figure it is here that is a subject's on an account."""
        if scope is Scope.ACCOUNT:
            return EVERY_ACCOUNT
        if scope is Scope.MANAGER:
            return self.everybody.key_today(subject)
        if subject is None or scope not in (Scope.AGENT, Scope.TEAM):
            return subject
        if scope is Scope.AGENT:
            return self.everybody.person_of(account, subject).key
        return f"{_GROUP}{account}/{subject.removeprefix(_GROUP)}" if subject.startswith(_GROUP) else subject

    def subject(self, line: CreditLine, scope: Scope) -> str | None:
        """Return whose figure a line enters; where it stood in the organization, its own account's knows."""
        if scope not in PLACED:
            return EVERY_ACCOUNT if scope is Scope.ACCOUNT else subject_of(line, scope)
        return self.whose(line.account, scope, self._windows[line.account].subject(self._there(line), scope))

    @cached_property
    def _windows(self) -> Mapping[str, Window]:
        return {each.name: each.window for each in self.sources}

    def _there(self, line: CreditLine) -> CreditLine:
        """Return a line of ours as it is on its own account."""
        key, team = line.agent, line.team
        person = self.everybody.person(key) if key is not None else None
        agent = person.accounts[line.account] if person is not None else key and key.removeprefix(f"{line.account}/")
        if team is not None and team.startswith(prefix := f"{_GROUP}{line.account}/"):
            team = f"{_GROUP}{team.removeprefix(prefix)}"
        return replace(line, stamp=line.stamp._replace(agent=agent, team=team))

    def question(self, scope: Scope) -> Question:
        """Return what is asked of the lines in a scope."""
        asked = {each.name: each.question(scope) for each in self.sources}
        currencies = {
            self.whose(name, scope, subject): currency
            for name, question in asked.items()
            for subject, currency in question.currencies.items()
        }
        return replace(asked[self.sources[0].name], account=EVERY_ACCOUNT, currencies=currencies)

    def of(self, period: Period) -> "Joined":
        """Return the same of another period."""
        window = replace(self.window, period=period)
        return replace(self, sources=tuple(each.of(period) for each in self.sources), window=window)

    @property
    def state(self) -> PeriodState:
        """How final the figures are: no more than on any account."""
        return _least_final(each.state for each in self.sources)


def joined(accounts: Sequence[Account], period: Period, as_of: int, only: Collection[str] = ()) -> Joined:
    """Return the source of a period's figures over these accounts: of the indicators named, else of all that are on."""
    everybody = people(accounts[0].store, accounts[0].settings)
    sources = tuple(source(account, period, as_of, only) for account in accounts)
    return Joined(sources, everybody, Window(period, as_of, _names(sources, everybody)))


def least(accounts: Sequence[Account]) -> int | None:
    """Return the instant to which the data of all these accounts is complete, None where one was never pulled."""
    instants = [as_of_now(account) for account in accounts]
    known = [instant for instant in instants if instant is not None]
    return min(known) if known and len(known) == len(instants) else None


def _names(sources: Sequence[Source], everybody: People) -> Rulebook:
    """Return a rulebook that knows how persons and teams are called; nothing is measured by it."""
    groups = {
        f"{each.account.name}/{key}": line for each in sources for key, line in each.window.rulebook.groups.items()
    }
    agents = {
        each.key: Timeline((Person(each.key, each.name, each.email, works=True, bot=False),), ("",), ())
        for each in everybody.persons
    }
    return replace(sources[0].window.rulebook, agents=agents, groups=groups)


def here(found: Figures, everybody: People, account: Account) -> Figures:
    """Return persons' figures as those of their agents on one account; who has none there is left out."""
    owners: dict[str | None, Somebody | None] = {
        subject: everybody.person(subject) for subject in found.scorecards if subject is not None
    }
    ids = {
        key: person.accounts[account.name]
        for key, person in owners.items()
        if person is not None and account.name in person.accounts
    }
    cards: dict[str | None, Scorecard] = {
        ids[key]: {name: replace(cell, subject=ids[key], account=account.name) for name, cell in card.items()}
        for key, card in found.scorecards.items()
        if key in ids
    }
    lines: dict[str | None, Mapping[str, Sequence[CreditLine]]] = {
        ids[key]: each for key, each in found.lines.items() if key in ids
    }
    question = replace(found.question, account=account.name)
    return replace(found, question=question, scorecards=cards, lines=lines)


def figures_here(everyone: Sequence[Account], account: Account, period: Period, as_of: int) -> Figures:
    """Return, for each agent of an account, the person's figures over all these accounts."""
    asked = joined(everyone, period, as_of)
    return here(reduced(asked, Scope.AGENT), asked.everybody, account)


def looks_joined(everyone: Sequence[Account], period: Period, as_of: int) -> str:
    """Return a text that changes whenever a figure of the period over these accounts may have."""
    return "|".join(looks(each, period, state_of(each, period, as_of)) for each in everyone)


def state_joined(everyone: Sequence[Account], period: Period, as_of: int) -> PeriodState:
    """Return how final the figures of a period over these accounts are: no more than on any of them."""
    return _least_final(state_of(each, period, as_of) for each in everyone)


def _least_final(states: Iterable[PeriodState]) -> PeriodState:
    found = set(states)
    return next(each for each in (PeriodState.PROVISIONAL, PeriodState.CORRECTED, PeriodState.SETTLED) if each in found)
