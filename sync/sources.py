"""What figures are made of: one period of one account, asked alike by screen, fields, summaries and exports."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from kpi_engine.currencies import currencies_of
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator
from kpi_engine.measurement import CreditLine, Measurement
from kpi_engine.message import Message
from kpi_engine.periods import Period
from kpi_engine.reduce import (
    Question,
    Scope,
    Window,
    asks_holdings,
    lines_of,
)
from sync.account import Account
from sync.editions import rulebook
from sync.facts import facts_of
from sync.missing import lacking
from sync.observed import observed_in
from sync.people import People, people
from sync.privacy import Sight
from sync.pull import complete_through
from sync.settling import Frozen, PeriodState, frozen, state_of


class Asked(Protocol):
    """Whatever figures are made of: one account's source, or those of several joined."""

    @property
    def name(self) -> str:
        """The account's name, or what stands in its place."""

    @property
    def account(self) -> Account:
        """The account, or the first of several."""

    @property
    def parts(self) -> "tuple[Source, ...]":
        """The sources of the single accounts."""

    @property
    def sight(self) -> Sight | None:
        """What may be shown of single persons; None where nobody looks, but a pass works."""

    @property
    def window(self) -> Window:
        """The period, how far the data has come in it, and the rulebook that names its subjects."""

    @property
    def missing(self) -> Mapping[str, Message]:
        """Why an indicator has nothing to say at all."""

    @property
    def partly(self) -> Mapping[str, tuple[str, ...]]:
        """The accounts without an indicator's inputs, where others have them."""

    @property
    def keys(self) -> list[str]:
        """The indicators asked for, in their usual order."""

    @property
    def state(self) -> PeriodState:
        """How final the figures are."""

    def lines(self) -> Iterator[CreditLine]:
        """Yield every credit line of the period."""

    def told(self, part: "Source", measurement: Measurement) -> Iterator[CreditLine]:
        """Yield the credit lines that one ticket of one account adds."""

    def tells(self, part: "Source", measurement: Measurement) -> bool:
        """Tell whether what one account says is to count here, or another one says it too."""

    def whose(self, account: str, scope: Scope, subject: str | None) -> str | None:
        """Return whose figure it is here that is a subject's on an account."""

    def subject(self, line: CreditLine, scope: Scope) -> str | None:
        """Return whose figure a line enters."""

    def question(self, scope: Scope) -> Question:
        """Return what is asked of the lines in a scope."""

    def of(self, period: Period) -> "Asked":
        """Return the same of another period."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one period's figures are made of: the screen, JSON, CSV, fields and summary tickets all ask it.

    `indicators` are those asked for that have their inputs; `missing` says why another has nothing to say at all.
    A manager goes by the person's key, which `everybody` knows, for he may have no account on this helpdesk.
    """

    account: Account
    window: Window
    indicators: Mapping[str, Indicator]
    missing: Mapping[str, Message]
    kept: Frozen
    everybody: People
    sight: Sight | None = None

    @property
    def name(self) -> str:
        """The account's name."""
        return self.account.name

    @property
    def parts(self) -> "tuple[Source, ...]":
        """The source itself."""
        return (self,)

    @property
    def partly(self) -> Mapping[str, tuple[str, ...]]:
        """Nothing: what an account lacks, it lacks."""
        return {}

    @property
    def state(self) -> PeriodState:
        """How final the figures are."""
        return state_of(self.account, self.window.period, self.window.as_of)

    @property
    def keys(self) -> list[str]:
        """The indicators asked for, those without their inputs included, in their usual order."""
        return [key for key in INDICATORS if key in self.indicators or key in self.missing]

    def measurements(self) -> Iterator[Measurement]:
        """Yield what tickets, and then observations, say about the period, one after another."""
        start, end = self.window.period.start, self.window.period.end
        held = asks_holdings(self.indicators)
        yield from self.kept.over(self.account.store.readings.about(self.account.name, start, end, held=held))
        yield from observed_in(self.account, self.window, self._kinds)

    def saying(self, word: str) -> Iterator[Measurement]:
        """Yield what those tickets say about the period that may say a word in it: look at what they say."""
        readings, name = self.account.store.readings, self.account.name
        found = readings.saying(name, word, self.window.period.start, self.window.period.end)
        yield from self.kept.over(found)

    @property
    def _kinds(self) -> set[str]:
        """The kinds of observations that the indicators ask for."""
        return {str(each) for row in self.indicators.values() for each in row.needs | row.feeds}

    def lines(self) -> Iterator[CreditLine]:
        """Yield every credit line of the period, ticket by ticket."""
        for measurement in self.measurements():
            yield from self.told(self, measurement)

    def told(self, part: "Source", measurement: Measurement) -> Iterator[CreditLine]:
        """Yield the credit lines that one ticket adds."""
        return lines_of(measurement, part.indicators, part.window)

    def tells(self, part: "Source", measurement: Measurement) -> bool:
        """Tell that all counts."""
        del part, measurement
        return True

    def whose(self, account: str, scope: Scope, subject: str | None) -> str | None:
        """Return the subject itself, of a manager the key that the person has today."""
        del account
        return self.everybody.key_today(subject) if scope is Scope.MANAGER else subject

    def subject(self, line: CreditLine, scope: Scope) -> str | None:
        """Return whose figure a line enters."""
        return self.whose(line.account, scope, self.window.subject(line, scope))

    def question(self, scope: Scope) -> Question:
        """Return what is asked of the lines in a scope."""
        period, rules = self.window.period, self.window.rulebook
        currencies = currencies_of(rules, scope, period.end - 1)
        return Question(scope, self.account.name, period, self.window.as_of, min_n(self.account), currencies)

    def of(self, period: Period) -> "Source":
        """Return the source of the same indicators' figures in another period."""
        there = _told(self.account, replace(self.window, period=period), self.keys, self.everybody)
        return replace(there, sight=self.sight)


def source(account: Account, period: Period, as_of: int, only: Collection[str] = ()) -> Source:
    """Return the source of a period's figures: of the indicators named, else of all that are on."""
    wanted = [key for key in INDICATORS if key in only or (not only and key not in account.settings.off)]
    everybody = people(account.store, account.settings)
    rules = replace(rulebook(account), called={each.key: each.name for each in everybody.persons})
    return _told(account, Window(period, as_of, rules), wanted, everybody)


def _told(account: Account, window: Window, wanted: Collection[str], everybody: People) -> Source:
    """Return what the figures of a window are made of: of the indicators wanted those that have their inputs in it."""
    missing = {key: why for key, why in lacking(account, window).items() if key in wanted}
    told = {key: INDICATORS[key] for key in wanted if key not in missing}
    return Source(
        account,
        replace(window, facts=facts_of(account, window, told)),
        told,
        missing,
        frozen(account, window.period, window.as_of),
        everybody,
    )


def min_n(account: Account) -> Mapping[str, int]:
    """Return the configured least numbers of credit lines by indicator."""
    return {key: chosen.min_n for key, chosen in account.settings.indicators.items() if chosen.min_n is not None}


def as_of_now(account: Account) -> int | None:
    """Return the instant up to which the stored data is complete, None before the first whole pull."""
    return complete_through(account)
