"""What periods come to under penalties: a preview while they are open, charges in the ledger once they are settled."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kpi_engine.cases import Case, cases_of
from kpi_engine.charges import ChargeEntry, settle_charges, standing_charges
from kpi_engine.editions import Edition, digest_of
from kpi_engine.measurement import Measurement
from kpi_engine.penalties import Assessment, Circumstances, Penalty, assessed
from kpi_engine.periods import Period, PeriodKind, periods_between
from kpi_engine.rewards import Reward
from kpi_engine.rulebook import Kind
from sync.account import Account
from sync.disputes import open_disputes
from sync.editions import rulebook
from sync.settling import frozen, settled_through

_CHARGED_THROUGH: Final = "charged_through"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What missed deadlines cost and what is rewarded, as some edition says."""

    penalties: tuple[Penalty, ...] = ()
    rewards: tuple[Reward, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Consequences":
        """Return what an edition keeps."""
        return cls(
            tuple(Penalty.from_document(each) for each in document["penalties"]),
            tuple(Reward.from_document(each) for each in document["rewards"]),
        )


def consequences_at(account: Account, at: int) -> Consequences:
    """Return what was agreed at an instant: the newest edition that had begun by then."""
    begun = [each for each in _editions(account) if each.valid_from is None or each.valid_from <= at]
    return Consequences.from_document(begun[-1].body) if begun else Consequences()


def _editions(account: Account) -> list[Edition]:
    return account.store.editions.all(account.name, Kind.CONSEQUENCES)


def _kinds(account: Account) -> list[PeriodKind]:
    """Return how long the periods are that any penalty ever was about."""
    agreed = (Consequences.from_document(each.body) for each in _editions(account))
    return sorted({penalty.by for each in agreed for penalty in each.penalties})


def charged_through(account: Account) -> int:
    """Return the instant by which ended periods are charged for good; 0: none is."""
    return account.store.switches.number(account.name, _CHARGED_THROUGH) or 0


def is_settled(account: Account, period: Period) -> bool:
    """Tell whether the period's charges are in the ledger, and no preview any more."""
    return period.end <= charged_through(account)


def charges_of(account: Account, period: Period, as_of: int) -> list[ChargeEntry]:
    """Return what a period comes to: the ledger's lines that stand; before it is settled what they would be today."""
    if is_settled(account, period):
        return standing_charges(account.store.charges.of_period(account.name, period.label))
    return list(settle_charges([], assessments(account, period, as_of), as_of))


def assessments(account: Account, period: Period, as_of: int) -> list[Assessment]:
    """Return what the period comes to under the penalties in force when it began."""
    penalties = consequences_at(account, period.start).penalties
    if not any(each.by is period.kind for each in penalties):
        return []
    return assessed(penalties, cases_in(account, period, as_of), period, circumstances(account, period))


def cases_in(account: Account, period: Period, as_of: int) -> Iterator[Case]:
    """Yield the verdicts of a period, of a settled one as they are frozen."""
    rules = rulebook(account)
    for measurement in told_about(account, period, as_of):
        yield from cases_of(measurement, period, rules, as_of)


def told_about(account: Account, period: Period, as_of: int) -> Iterator[Measurement]:
    """Yield what tickets say about a period, of a settled one as it is frozen."""
    found = account.store.readings.about(account.name, period.start, period.end, held=False)
    yield from frozen(account, period, as_of).over(found)


def circumstances(account: Account, period: Period) -> Circumstances:
    """Return the disputes that nobody has decided, and who acknowledged which penalty before the period began."""
    return Circumstances(
        disputed=frozenset(open_disputes(account, period.start, period.end)),
        acknowledged=acknowledged(account, _digests(account, period.start), period.start),
    )


def penalty_digest(document: Mapping[str, Any]) -> str:
    """Return what tells a penalty from one that costs otherwise; when it was announced is no part of that."""
    return digest_of({name: value for name, value in document.items() if name != "announced_on"})


def _digests(account: Account, at: int) -> dict[str, str]:
    """Return the digests, by name, of the penalties agreed at an instant that must be acknowledged."""
    begun = [each for each in _editions(account) if each.valid_from is None or each.valid_from <= at]
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


def settle_charges_of_periods(account: Account, as_of: int) -> None:
    """Write into the ledger what periods come to that were settled since; in the caller's transaction."""
    through, before = settled_through(account), charged_through(account)
    if through <= before:
        return
    for period in _ended(account, before, through):
        _charge(account, period, as_of, 0)
    account.store.switches.set(account.name, _CHARGED_THROUGH, through)


def correct_charges(account: Account, corrected: Period, as_of: int, number: int) -> None:
    """Bring the charges of settled periods in line with a correction; in the caller's transaction."""
    through = charged_through(account)
    for kind in _kinds(account):
        for period in periods_between(kind, corrected.zone, corrected.start, corrected.end):
            if period.end <= through:
                _charge(account, period, as_of, number)


def _ended(account: Account, before: int, through: int) -> Iterator[Period]:
    """Yield the periods, of the lengths that penalties are about, that ended after `before` and by `through`."""
    days = account.store.readings.days(account.name)
    since = max(before, days[0] if days is not None else through)
    for kind in _kinds(account):
        for period in periods_between(kind, account.settings.timezone, since, through):
            if before < period.end <= through:
                yield period


def _charge(account: Account, period: Period, as_of: int, correction: int) -> None:
    entries = account.store.charges.of_period(account.name, period.label)
    if not entries and not _is_judged(account, period):
        return  # most periods of a store that is older than its penalties
    judging = [each for each in assessments(account, period, as_of) if each.penalty.judges(period)]
    account.store.charges.append(account.name, settle_charges(entries, judging, as_of, correction))


def _is_judged(account: Account, period: Period) -> bool:
    agreed = consequences_at(account, period.start).penalties
    return any(each.by is period.kind and each.judges(period) for each in agreed)
