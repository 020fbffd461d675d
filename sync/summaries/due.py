"""For whom and which period a summary is due, and what is queued for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.account import Summary as SummarySettings
from connectors.base import Target
from kpi_engine.message import Message
from kpi_engine.periods import Period, PeriodKind, period_named, periods_between
from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.accounts import with_peers
from sync.figures import Figures
from sync.joined import least, looks_joined, state_joined
from sync.pull import Pass
from sync.settling import PeriodState
from sync.store.observations import INPUTS
from sync.store.pseudonyms import is_pseudonym
from sync.summaries.decisions import Decision, DueSummary, Moved, PeriodWork, Waiting, Withdrawn
from sync.summaries.life import Life
from sync.summaries.look import Look
from sync.summaries.withholding import Remembered, Withheld, note_withheld, withheld_before
from sync.summaries.writing import Writer
from sync.zones import widest


def summary_work(account: Account, this: Pass, rules: Rulebook, as_of: int, since: int) -> Iterator[PeriodWork]:
    """Yield, oldest first, what is to be done for each period whose summaries may need anything.

    Those are the periods that ended after `since`, their grace over, and all those ever served.
    """
    beside = dict[tuple[str, Scope], Figures]()
    for wanted in account.own.push.summaries:
        with _asked(account, wanted, rules, as_of) as asked:
            withheld = withheld_before(account, wanted.scope)
            for period, stamp, first in asked.changed(since):
                state = state_joined(asked.everyone, asked.span(period), asked.through)
                look = Look(account, asked.everyone, this, rules, wanted, period, state, asked.through, first, beside)
                yield _work(look, stamp, withheld.get(period.label))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The accounts over which an account's summaries go, and the instant to which their data is complete."""

    account: Account
    wanted: SummarySettings
    rules: Rulebook
    everyone: Sequence[Account]
    through: int

    def span(self, period: Period) -> Period:
        """Return a period made as long as to hold that of every team, where summaries are teams'."""
        return widest(self.rules, period) if Scope(self.wanted.scope) is Scope.TEAM else period

    def changed(self, since: int) -> Iterator[tuple[Period, str, bool]]:
        """Yield each period that looks otherwise than when it was served last: how, and whether it never was."""
        served = self.account.store.summaries.served(self.account.name, self.wanted.scope)
        since = max(since, _begins(self.everyone, self.through))
        for period in _periods(self.account, self.wanted, served, self.through, since):
            span = self.span(period)
            if period.label not in served and span.end > self.through - self.wanted.grace:
                continue  # somewhere it is not over yet
            stamp = looks_joined(self.everyone, span, self.through)
            if served.get(period.label) != stamp:
                yield period, stamp, period.label not in served


@contextmanager
def _asked(account: Account, wanted: SummarySettings, rules: Rulebook, as_of: int) -> Iterator[_Asked]:
    """Give what summaries go over.

    Figures over accounts of which one was never pulled would be too small: until then no period has ended.
    """
    if Scope(wanted.scope) is Scope.AGENT and account.own.push.joined:
        with with_peers(account) as everyone:
            yield _Asked(account, wanted, rules, everyone, min(least(everyone) or 0, as_of))
    else:
        yield _Asked(account, wanted, rules, [account], as_of)


def queue_summaries(account: Account, this: Pass, work: PeriodWork) -> None:
    """Store what is intended, and queue it; in the caller's transaction."""
    if work.is_old:
        return
    store, name, now = account.store, account.name, account.now()
    store.changes.withdraw(name, Target.SUMMARY, work.withdrawn, now)
    for each in work.due:
        store.summaries.plan(each.summary)
        store.published.publish(each.cells)
        store.changes.enqueue(name, [each.desired], pass_id=this.pass_id, now=now)
    for moved in work.moved:
        store.summaries.change(moved.summary.external_id, state=moved.state, shown=moved.shown)
    store.summaries.serve(name, work.scope, work.period.label, work.stamp if work.is_done else "")
    note_withheld(account, work.scope, work.period.label, f"{work.stamp}|{work.readers}", work.only_withheld)


def _begins(everyone: Iterable[Account], otherwise: int) -> int:
    """Return the first instant that anything is said about: nobody has a figure in the years before it."""
    days = [account.store.readings.days(account.name) for account in everyone]
    told = [account.store.observations.first((account.name, INPUTS)) for account in everyone]
    return min([*(day[0] for day in days if day is not None), *(at for at in told if at is not None), otherwise])


def _periods(
    account: Account, wanted: SummarySettings, served: Mapping[str, str], as_of: int, since: int
) -> list[Period]:
    kind, zone = PeriodKind(wanted.period), account.settings.timezone
    ended = {
        period.label: period
        for period in periods_between(kind, zone, since, as_of)
        if since < period.end <= as_of - wanted.grace
    }
    known = (period_named(label, zone) for label in served if label not in ended)
    return sorted([*ended.values(), *(each for each in known if each.kind is kind)], key=lambda each: each.start)


def _work(look: Look, stamp: str, before: Remembered | None) -> PeriodWork:
    """Decide about everybody who has a credit line in the period, or had one when a summary was made.

    Nobody does where all is as it was when summaries were withheld, `before`.
    """
    scope = look.wanted.scope
    if before is not None and before.stamp == f"{stamp}|{look.readers}":
        return PeriodWork(scope, look.period, stamp, is_old=True, withheld=before.withheld)
    decided = [(subject, each) for subject in sorted(_subjects(look)) for each in _decided(look, subject)]
    withheld = {subject: each for subject, each in decided if isinstance(each, Message)}
    return PeriodWork(
        scope,
        look.period,
        stamp,
        readers=look.readers if withheld else "",
        due=[each for _, each in decided if isinstance(each, DueSummary)],
        moved=[each for _, each in decided if isinstance(each, Moved)],
        withdrawn=[each.target_id for _, each in decided if isinstance(each, Withdrawn)],
        withheld=Withheld(tuple(withheld), look.period.label, next(iter(withheld.values()))) if withheld else None,
        waiting=sum(isinstance(each, Waiting) for _, each in decided),
    )


def _subjects(look: Look) -> set[str]:
    """Return everybody who has a credit line now, and everybody who has a summary."""
    everybody = {*(subject for subject in look.found.scorecards if subject is not None), *look.known}
    return {each for each in everybody if not is_pseudonym(each)}


def _decided(look: Look, subject: str) -> Iterator[Decision]:
    chain, writer = look.known.get(subject, []), Writer(look, subject)
    if chain:
        yield from Life(look, writer, chain).decided()
    elif look.first or look.state is PeriodState.PROVISIONAL:
        yield writer.withheld or writer.created()
