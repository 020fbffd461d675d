"""What periods come to under penalties: a preview while they are open, charges in the ledger once they are settled."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeAlias

from kpi_engine.cases import Case, cases_of, complaints_of
from kpi_engine.charges import ChargeEntry, settle_charges, standing_charges
from kpi_engine.editions import Edition, digest_of
from kpi_engine.measurement import Measurement
from kpi_engine.penalties import Assessment, Circumstances, Metric, Penalty, assessed
from kpi_engine.periods import Period, PeriodKind
from kpi_engine.reduce import Scope
from kpi_engine.rewards import Reward
from kpi_engine.rulebook import Kind
from sync.account import Account
from sync.accounts import with_peers
from sync.disputes import open_disputes
from sync.editions import rulebook
from sync.people import People, people
from sync.settling import frozen
from sync.zones import own_period, widest, zones_of

_CHARGED_THROUGH: Final = "charged_through"
_GROUP: Final = "group:"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What missed deadlines cost and what is rewarded, as some edition says."""

    penalties: tuple[Penalty, ...] = ()
    rewards: tuple[Reward, ...] = ()

    @property
    def kinds(self) -> set[PeriodKind]:
        """How long the periods are that anything is agreed about."""
        return {each.by for each in self.penalties} | {each.by for each in self.rewards}

    def judge(self, period: Period) -> bool:
        """Tell whether anything is agreed, and was announced, about a period."""
        penalties = any(each.by is period.kind and each.judges(period) for each in self.penalties)
        return penalties or any(each.by is period.kind and each.judges(period) for each in self.rewards)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Consequences":
        """Return what an edition keeps."""
        return cls(
            tuple(Penalty.from_document(each) for each in document["penalties"]),
            tuple(Reward.from_document(each) for each in document["rewards"]),
        )


def consequences_at(account: Account, at: int) -> Consequences:
    """Return what was agreed at an instant: the newest edition that had begun by then."""
    begun = [each for each in agreed_editions(account) if each.valid_from is None or each.valid_from <= at]
    return Consequences.from_document(begun[-1].body) if begun else Consequences()


def agreed_editions(account: Account) -> list[Edition]:
    """Return every edition of what was agreed, in order."""
    return account.store.editions.all(account.name, Kind.CONSEQUENCES)


def agreed_kinds(account: Account) -> list[PeriodKind]:
    """Return how long the periods are that any penalty or reward ever was about."""
    agreed = (Consequences.from_document(each.body) for each in agreed_editions(account))
    return sorted({kind for each in agreed for kind in each.kinds})


def charged_through(account: Account) -> int:
    """Return the instant by which ended periods are charged for good; 0: none is."""
    return account.store.switches.number(account.name, _CHARGED_THROUGH) or 0


def set_charged_through(account: Account, through: int) -> None:
    """Have the periods that ended by an instant be charged for good."""
    account.store.switches.set(account.name, _CHARGED_THROUGH, through)


def is_settled(account: Account, period: Period) -> bool:
    """Tell whether the period's charges are in the ledger, and no preview any more."""
    return end_of(account, period) <= charged_through(account)


def charges_of(account: Account, period: Period, as_of: int) -> list[ChargeEntry]:
    """Return what a period comes to: the ledger's lines that stand; before it is settled what they would be today."""
    if is_settled(account, period):
        return standing_charges(account.store.charges.of_period(account.name, period.label))
    return list(settle_charges([], assessments(account, period, as_of), as_of))


def counted_together(account: Account, everybody: People, charges: Iterable[ChargeEntry]) -> bool:
    """Tell whether some charges' subjects are judged over several accounts, so that the numbers beside are of all."""
    if len(account.settings.connectors) == 1:
        return False
    return any(
        len(everybody.person_of(account.name, each.subject).accounts) > 1
        if each.scope is Scope.AGENT
        else not each.subject.startswith(_GROUP)
        for each in charges
    )


def assessments(account: Account, period: Period, as_of: int) -> list[Assessment]:
    """Return what the period comes to under the penalties in force when it began, with the charges of this account.

    Persons are judged over all their accounts, and teams of the configuration over all helpdesks, each in its own zone.
    """
    return _asked(account, period, as_of, _Asked.of)


def points_of_persons(account: Account, period: Period, as_of: int) -> dict[str, int]:
    """Return how many penalty points people have in the period over all their accounts, by their keys."""
    found: dict[str, int] = {}
    for each in _asked(account, period, as_of, _Asked.whole):
        if each.penalty.scope is Scope.AGENT:
            found[each.subject] = found.get(each.subject, 0) + each.points
    return found


def _asked(account: Account, period: Period, as_of: int, how: "_How") -> list[Assessment]:
    penalties = consequences_at(account, period.start).penalties
    if not any(each.by is period.kind for each in penalties):
        return []
    with judged_together(account) as everyone:
        asked = _Asked(account, everyone, people(account.store, account.settings), as_of)
        return [found for home in _homes(account, penalties, period) for found in how(asked, penalties, home)]


@contextmanager
def judged_together(account: Account) -> Iterator[Sequence[Account]]:
    """Give the accounts over which people and teams are judged together."""
    if len(account.settings.connectors) == 1:
        yield [account]
        return
    with with_peers(account) as everyone:
        yield everyone


class _Home(NamedTuple):
    """A period as it begins and ends for subjects of a scope; `teams` None stands for those in no zone of their own."""

    period: Period
    scope: Scope
    teams: frozenset[str] | None = None
    elsewhere: frozenset[str] = frozenset()

    def has(self, subject: str) -> bool:
        """Tell whether it is the period of a subject."""
        return subject not in self.elsewhere if self.teams is None else subject in self.teams


def _homes(account: Account, penalties: Sequence[Penalty], period: Period) -> Iterator[_Home]:
    scopes = {each.scope for each in penalties if each.by is period.kind}
    if Scope.AGENT in scopes:
        yield _Home(period, Scope.AGENT)
    if Scope.TEAM in scopes:
        zones = zones_of(rulebook(account), period)
        yield _Home(period, Scope.TEAM, elsewhere=frozenset(zones))
        for zone in sorted(set(zones.values())):
            there = frozenset(team for team, its in zones.items() if its == zone)
            yield _Home(own_period(period, zone), Scope.TEAM, there)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose charges are asked for, over which accounts: people are judged over all of theirs."""

    account: Account
    everyone: Sequence[Account]
    everybody: People
    as_of: int

    def of(self, penalties: Sequence[Penalty], home: _Home) -> Iterator[Assessment]:
        """Yield what penalties come to at home, with the charges of the account's own tickets."""
        yield from filter(None, map(self._own, self.whole(penalties, home)))

    def whole(self, penalties: Sequence[Penalty], home: _Home) -> Iterator[Assessment]:
        """Yield what penalties come to at home over all accounts, people by their keys.

        Those of periods of another length charge nothing here, but what one of them speaks of first is theirs.
        """
        agreed = [each for each in penalties if each.scope is home.scope]
        cases = self._cases(home.period, {each.metric for each in agreed if each.by is home.period.kind})
        found = assessed(agreed, cases, home.period, self._known(home.period))
        return (each for each in found if home.has(each.subject))

    def _cases(self, period: Period, metrics: Collection[Metric]) -> Iterator[Case]:
        """Yield the cases of a period on all accounts, agents by their persons' keys."""
        for each in self.everyone:
            for case in cases_in(each, period, self.as_of, metrics):
                agent = None if case.agent is None else self.everybody.person_of(case.account, case.agent).key
                yield case._replace(agent=agent, team=self._team(case))

    def _team(self, case: Case) -> str | None:
        """Return a case's team: a helpdesk's group is a team of its own there, one of the configuration is the same."""
        if case.team is None or case.account == self.account.name or not case.team.startswith(_GROUP):
            return case.team
        return f"{_GROUP}{case.account}/{case.team.removeprefix(_GROUP)}"

    def _own(self, whole: Assessment) -> Assessment | None:
        """Return what of an assessment is the account's, by the subject's name there; None where nothing is."""
        charges = tuple(each for each in whole.charges if each.case.account == self.account.name)
        team = whole.penalty.scope is Scope.TEAM
        subject = whole.subject if team else self.everybody.agent_here(whole.subject, self.account.name)
        return replace(whole, subject=subject, charges=charges) if charges and subject is not None else None

    def _known(self, period: Period) -> Circumstances:
        """Return the disputes that nobody has decided, and who acknowledged which penalty before the period began."""
        digests = _digests(self.account, period.start)
        disputed = ((each, open_disputes(each, period.start, period.end)) for each in self.everyone)
        said = ((each, acknowledged(each, digests, period.start)) for each in self.everyone)
        return Circumstances(
            disputed=frozenset((each.name, ticket) for each, tickets in disputed for ticket in tickets),
            acknowledged=frozenset(
                (penalty, self.everybody.person_of(each.name, agent).key)
                for each, those in said
                for penalty, agent in those
            ),
        )


_How: TypeAlias = Callable[[_Asked, Sequence[Penalty], _Home], Iterator[Assessment]]


def cases_in(
    account: Account, period: Period, as_of: int, metrics: Collection[Metric] = (Metric.OVERDUE,)
) -> Iterator[Case]:
    """Yield the verdicts of a period, of a settled one as they are frozen, and its complaints where asked for."""
    rules = rulebook(account)
    for measurement in told_about(account, period, as_of, held=Metric.COMPLAINTS in metrics):
        if set(metrics) != {Metric.COMPLAINTS}:
            yield from cases_of(measurement, period, rules, as_of)
        if Metric.COMPLAINTS in metrics:
            yield from complaints_of(measurement, period)


def told_about(account: Account, period: Period, as_of: int, *, held: bool = False) -> Iterator[Measurement]:
    """Yield what tickets say about a period, of a settled one as it is frozen; with `held` also those held in it."""
    found = account.store.readings.about(account.name, period.start, period.end, held=held)
    yield from frozen(account, period, as_of).over(found)


def penalty_digest(document: Mapping[str, Any]) -> str:
    """Return what tells a penalty from one that costs otherwise; when it was announced is no part of that."""
    return digest_of({name: value for name, value in document.items() if name != "announced_on"})


def _digests(account: Account, at: int) -> dict[str, str]:
    """Return the digests, by name, of the penalties agreed at an instant that must be acknowledged."""
    begun = [each for each in agreed_editions(account) if each.valid_from is None or each.valid_from <= at]
    listed: Any = begun[-1].body["penalties"] if begun else ()
    return {each["penalty"]: penalty_digest(each) for each in listed if each["acknowledged"]}


def acknowledged(account: Account, penalties: Mapping[str, str], before: int) -> frozenset[tuple[str, str]]:
    """Return who acknowledged which of some penalties (their digests by name) before an instant."""
    return frozenset(
        (name, each.subject)
        for each in (account.store.announcements.all(account.name) if penalties else ())
        if each.acknowledged_at is not None and each.acknowledged_at < before
        for name, digest in each.penalties.items()
        if penalties.get(name) == digest
    )


def end_of(account: Account, period: Period) -> int:
    """Return when a period is over for everybody whom penalties are about: teams may be in zones of their own."""
    agreed = consequences_at(account, period.start).penalties
    if not any(each.scope is Scope.TEAM and each.by is period.kind for each in agreed):
        return period.end
    return widest(rulebook(account), period).end
