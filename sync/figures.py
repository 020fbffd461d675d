"""Figures from what is stored: scorecards, trends, and the credit lines behind one figure, all from one source."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from connectors.base import STREAM_NAMES, Stream
from kpi_engine.evidence import EXEMPTED
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Input, Unit
from kpi_engine.measurement import CreditLine, Exclusion, Measurement, Omission
from kpi_engine.message import Message, message
from kpi_engine.periods import Period
from kpi_engine.reduce import (
    PLACED,
    Cell,
    Question,
    Scope,
    Window,
    asks_holdings,
    cell,
    enters,
    lines_of,
    tallied,
)
from kpi_engine.rulebook import Rulebook
from kpi_engine.tally import MONETARY, Tally
from sync.account import Account
from sync.editions import rulebook
from sync.exempted import exemption_text
from sync.facts import facts_of
from sync.inputs.kinds import KINDS
from sync.observed import observed_in, observed_kinds
from sync.people import People, people
from sync.privacy import Sight
from sync.pull import complete_through
from sync.settling import Frozen, PeriodState, frozen, state_of

OTHER_SCALE, OTHER_CURRENCY = "other_scale", "other_currency"
"""Why a credit line is left out: it belongs to another series than the one that is shown."""

Scorecard = Mapping[str, Cell]
"""A subject's cells by indicator, one for every indicator asked for."""


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
        return Question(scope, self.account.name, self.window.period, self.window.as_of, min_n(self.account))

    def of(self, period: Period) -> "Source":
        """Return the source of the same indicators' figures in another period."""
        window = replace(self.window, period=period)
        window = replace(window, facts=facts_of(self.account, window, self.indicators))
        return replace(self, window=window, kept=frozen(self.account, period, window.as_of))


def source(account: Account, period: Period, as_of: int, only: Collection[str] = ()) -> Source:
    """Return the source of a period's figures: of the indicators named, else of all that are on."""
    wanted = [key for key in INDICATORS if key in only or (not only and key not in account.settings.off)]
    everybody = people(account.store, account.settings)
    rules = replace(rulebook(account), called={each.key: each.name for each in everybody.persons})
    missing = {key: why for key, why in _missing(account, rules, as_of).items() if key in wanted}
    told = {key: INDICATORS[key] for key in wanted if key not in missing}
    window = Window(period, as_of, rules)
    return Source(
        account,
        replace(window, facts=facts_of(account, window, told)),
        told,
        missing,
        frozen(account, period, as_of),
        everybody,
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """The scorecards of one period in one scope; `lines` only holds those that were asked for, by subject and key.

    `missing` says why an indicator has nothing to say at all, `partly` on which of several accounts it has not.
    `hidden` counts the people whose figures may not be shown.
    """

    question: Question
    scorecards: Mapping[str | None, Scorecard]
    lines: Mapping[str | None, Mapping[str, Sequence[CreditLine]]] = field(default_factory=dict)
    missing: Mapping[str, Message] = field(default_factory=dict)
    partly: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: int = 0


def figures(account: Account, period: Period, scope: Scope, as_of: int, *, keep: Collection[str] = ()) -> Figures:
    """Return the scorecards of everybody who has a credit line in the period, with every indicator that is on.

    `keep` names the indicators whose credit lines are wanted too.
    """
    return reduced(source(account, period, as_of), scope, keep)


@dataclass(frozen=True, slots=True)
class _Heap:
    """What the lines come to in one scope: everybody who has one, and the sums of the indicators that are `wanted`."""

    wanted: Collection[str]
    keep: Collection[str]
    tallies: dict[str | None, dict[str, Tally]] = field(default_factory=dict)
    lines: dict[str | None, dict[str, list[CreditLine]]] = field(default_factory=dict)

    def add(self, subject: str | None, line: CreditLine) -> None:
        of_subject, key = self.tallies.setdefault(subject, {}), line.indicator
        if key not in self.wanted:
            return
        if key not in of_subject:
            of_subject[key] = Tally(INDICATORS[key].reduction)
        of_subject[key].add(line)
        if key in self.keep:
            self.lines.setdefault(subject, {}).setdefault(key, []).append(line)

    def figures(self, asked: Asked, scope: Scope) -> Figures:
        question, keys = asked.question(scope), [key for key in asked.keys if key in self.wanted]
        seen = self.tallies
        if scope is Scope.AGENT and asked.sight is not None:
            seen = {each: found for each, found in seen.items() if asked.sight.sees(asked, each)}
        cards = {subject: _card(asked, found, question, subject, keys) for subject, found in seen.items()}
        return Figures(question, cards, self.lines, asked.missing, asked.partly, len(self.tallies) - len(seen))


def reduced(asked: Asked, scope: Scope, keep: Collection[str] = ()) -> Figures:
    """Return the scorecards that a source's lines make; what it takes in memory does not grow with the tickets."""
    return reduced_in(asked, (scope,), keep)[scope]


def reduced_in(
    asked: Asked, scopes: Collection[Scope], keep: Collection[str] = (), only: Collection[str] | None = None
) -> Mapping[Scope, Figures]:
    """Return the same in several scopes, for little more than in one: reading the lines is what costs.

    With `only`, a card has but these indicators; still everybody with a line of any indicator has a card.
    """
    wanted = frozenset(asked.keys if only is None else only)
    heaps = {scope: _Heap(wanted, keep) for scope in scopes}
    for line in asked.lines():
        for scope, heap in heaps.items():
            heap.add(asked.subject(line, scope), line)
    return {scope: heap.figures(asked, scope) for scope, heap in heaps.items()}


def _card(
    asked: Asked, found: Mapping[str, Tally], question: Question, subject: str | None, keys: Iterable[str]
) -> Scorecard:
    cells = {}
    for key in keys:
        indicator = INDICATORS[key]
        figure = tallied(indicator, found.get(key) or Tally(indicator.reduction), question, subject)
        cells[key] = unknown(figure) if key in asked.missing else figure
    return cells


def unknown(cell: Cell) -> Cell:
    """Return the cell of an indicator without its inputs: not even a count is known to be 0."""
    return replace(cell, value=None, enough=False)


def empty_card(from_source: Asked, scope: Scope, subject: str | None) -> Scorecard:
    """Return the scorecard of somebody without a single credit line."""
    return _card(from_source, {}, from_source.question(scope), subject, from_source.keys)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A ticket that does not count in a figure, and the code of the reason; `why` puts a ticket's exclusion in words.

    An observation has a `source`, where it is to be found. `agent` and `team` are whom it would have been credited to,
    where that is known.
    """

    ticket_id: str
    at: int
    reason: str
    agent: str | None = None
    team: str | None = None
    why: Message | None = None
    account: str = ""
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One figure with the credit lines that make it, in order of time, and what was left out of it.

    `omitted` are tickets that this indicator leaves out, `excluded` those that count nowhere. `parameters` are those
    in force at the end of the period, `sources` tell by their ids where observations are to be found.
    """

    indicator: Indicator
    cell: Cell
    lines: tuple[CreditLine, ...]
    missing: Message | None
    omitted: tuple[LeftOut, ...] = ()
    excluded: tuple[LeftOut, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def source(self, line: CreditLine) -> str | None:
        """Return where the observation that a line comes from is to be found; None for a ticket."""
        return self.sources.get(line.stamp.observation_id or "")


def explained(account: Account, indicator: Indicator, question: Question, subject: str | None) -> Explanation:
    """Return a subject's figure, exactly the credit lines it is made of, and what was left out of it."""
    asked = source(account, question.period, question.as_of, (indicator.key,))
    return explained_by(asked, indicator, question, subject)


def explained_by(asked: Asked, indicator: Indicator, question: Question, subject: str | None) -> Explanation:
    """Return the same of what figures were asked of, one account or several."""
    lines: list[CreditLine] = []
    omitted: list[LeftOut] = []
    excluded: list[LeftOut] = []
    sources: dict[str, str] = {}
    for part in asked.parts:
        for measurement in (each for each in part.measurements() if asked.tells(part, each)):
            told = [line for line in asked.told(part, measurement) if asked.subject(line, question.scope) == subject]
            lines += told
            sources |= {line.stamp.observation_id or "": measurement.source for line in told if measurement.source}
            left = _omitted(measurement, indicator, (asked, part), question.scope, subject)
            omitted += [_with_reason(part, indicator, each) for each in left]
            excluded += _excluded(measurement, asked.window)
    figure = cell(indicator, lines, question, subject)
    missing = asked.missing.get(indicator.key)
    omitted += [_of_other_series(line, indicator) for line in lines if not enters(line, figure)]
    return Explanation(
        indicator=indicator,
        cell=figure if missing is None else unknown(figure),
        lines=tuple(sorted((line for line in lines if enters(line, figure)), key=_when)),
        missing=missing,
        omitted=tuple(sorted(omitted, key=_when)),
        excluded=tuple(sorted(excluded, key=_when)),
        parameters=parameters_in_force(indicator, asked.window),
        sources=sources,
    )


def masked(explanation: Explanation, asked: Asked) -> Explanation:
    """Return an explanation without the names of agents whose own figures may not be shown."""
    sight = asked.sight
    if sight is None:
        return explanation

    def own(agent: str | None) -> str | None:
        return agent if sight.sees(asked, agent) else None

    return replace(
        explanation,
        lines=tuple(replace(line, stamp=line.stamp._replace(agent=own(line.agent))) for line in explanation.lines),
        omitted=tuple(replace(each, agent=own(each.agent)) for each in explanation.omitted),
    )


def _when(each: CreditLine | LeftOut) -> tuple[int, str]:
    return each.at, each.ticket_id or ""


def _of_other_series(line: CreditLine, indicator: Indicator) -> LeftOut:
    reason = OTHER_CURRENCY if indicator.reduction in MONETARY else OTHER_SCALE
    return LeftOut(line.ticket_id or "", line.at, reason, line.agent, line.team, account=line.account)


def _omitted(
    measurement: Measurement, indicator: Indicator, told: tuple[Asked, Source], scope: Scope, subject: str | None
) -> Iterator[LeftOut]:
    account, (asked, part) = measurement.account, told
    for each in measurement.omissions:
        if each.indicator != indicator.key or not asked.window.has(each.at):
            continue
        if asked.whose(account, scope, whose(measurement, each, part.window, scope)) == subject:
            agent, team = asked.whose(account, Scope.AGENT, each.agent), asked.whose(account, Scope.TEAM, each.team)
            yield LeftOut(
                measurement.ticket_id, each.at, each.reason, agent, team, account=account, source=measurement.source
            )


def _with_reason(part: Source, indicator: Indicator, each: LeftOut) -> LeftOut:
    """Return it with the words of whoever exempted it, if somebody did."""
    if each.reason != EXEMPTED:
        return each
    rating = Input.RATINGS in indicator.needs
    return replace(each, why=exemption_text(part.account, part.window, each.ticket_id, rating=rating))


def whose(measurement: Measurement, omission: Omission, window: Window, scope: Scope) -> str | None:
    """Return whose figure an omission concerns; a channel's, a priority's or a segment's by what the ticket says."""
    if scope in PLACED:
        return PLACED[scope](window.rulebook.place(omission.agent, omission.team, omission.at))
    if scope is Scope.ACCOUNT:
        return measurement.account
    if scope in (Scope.AGENT, Scope.TEAM):
        return omission.agent if scope is Scope.AGENT else omission.team
    held = [each for each in measurement.holdings if each.start <= omission.at]
    told: CreditLine | object = held[-1] if held else next(iter(measurement.lines), None)
    found: str | None = getattr(told, scope, None)
    return found


def _excluded(measurement: Measurement, window: Window) -> Iterator[LeftOut]:
    why: Exclusion | None = measurement.excluded
    if why is not None and window.has(why.at):
        yield LeftOut(measurement.ticket_id, why.at, why.code, why=why.reason, account=measurement.account)


def parameters_in_force(indicator: Indicator, window: Window) -> dict[str, object]:
    """Return the parameters an indicator was read by at the end of the period, defaults included.

    The calendar twin of a time measure, and whatever else has none of its own, goes by those of its base.
    """
    base = INDICATORS[indicator.key.removesuffix("_calendar")]
    configured = window.rulebook.parameters.at(window.end - 1).get(base.key, {})
    return {each.name: configured.get(each.name, each.default) for each in base.parameters}


def min_n(account: Account) -> Mapping[str, int]:
    """Return the configured least numbers of credit lines by indicator."""
    return {key: chosen.min_n for key, chosen in account.settings.indicators.items() if chosen.min_n is not None}


_STREAM_OF = {Input.TICKETS: Stream.TICKETS, Input.HISTORY: Stream.HISTORY, Input.RATINGS: Stream.RATINGS}


def missing_inputs(account: Account, as_of: int | None = None) -> dict[str, Message]:
    """Return why an indicator cannot say anything: by indicator, an input that this account does not supply."""
    at = as_of_now(account) if as_of is None else as_of
    return _missing(account, rulebook(account), at or 0)


def _missing(account: Account, rules: Rulebook, as_of: int) -> dict[str, Message]:
    absent = set(_absent(account, rules, as_of))
    found = {
        key: _needed(min(lacking, key=list(Input).index))
        for key, indicator in INDICATORS.items()
        if (lacking := _lacking(indicator, absent))
    }
    if not account.connector.scales:
        untold = message("the helpdesk does not tell on which scale customers rate")
        rated = [each for each in INDICATORS.values() if Input.RATINGS in each.needs]
        scored = [each.key for each in rated if each.unit is Unit.POINTS]
        found = dict.fromkeys(scored, untold) | found
    return found


def _lacking(indicator: Indicator, absent: Collection[Input]) -> Collection[Input]:
    """Return the inputs for want of which an indicator has nothing to say; what only feeds it may lack but for one."""
    if indicator.needs:
        return indicator.needs.intersection(absent)
    return indicator.feeds if indicator.feeds.issubset(absent) else ()


def _absent(account: Account, rules: Rulebook, as_of: int) -> Iterator[Input]:
    cursors, mapped = account.store.cursors.all(account.name), rules.meanings.at(as_of).fields
    seen = observed_kinds(account)
    for needed in Input:
        stream = _STREAM_OF.get(needed)
        # One system of ratings is as good as the other, and an account has only one at a time.
        supplied = {*cursors, *([Stream.RATINGS] if Stream.SURVEYS in cursors else [])}
        there = stream in supplied if stream is not None else needed.removeprefix("fields.") in mapped
        if not there and needed not in seen:
            yield needed


def _needed(needed: Input) -> Message:
    if needed in _STREAM_OF:
        return message("this account supplies no {input}", input=STREAM_NAMES[_STREAM_OF[needed]])
    if needed in KINDS:
        return message("there are no {input} yet; `helpdesk-kpi import {kind}` brings them in", **_named(needed))
    return message("it needs `{field}` in the configuration: the field or tag that says so", field=needed.value)


def _named(needed: Input) -> dict[str, object]:
    return {"input": KINDS[needed].title, "kind": needed.value}


def as_of_now(account: Account) -> int | None:
    """Return the instant up to which the stored data is complete, None before the first whole pull."""
    return complete_through(account)
