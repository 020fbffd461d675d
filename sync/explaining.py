"""One figure with the credit lines behind it, and what was left out of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from kpi_engine.evidence import EXEMPTED
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Input
from kpi_engine.measurement import CreditLine, Exclusion, Measurement, Omission
from kpi_engine.message import Message
from kpi_engine.reduce import (
    PLACED,
    Cell,
    Question,
    Scope,
    Window,
    cell,
    enters,
)
from kpi_engine.tally import MONETARY
from sync.account import Account
from sync.exempted import exemption_text
from sync.figures import unknown
from sync.sources import Asked, Source, source

OTHER_SCALE, OTHER_CURRENCY = "other_scale", "other_currency"
"""Why a credit line is left out: it belongs to another series than the one that is shown."""


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
    omitted += [_of_other_series(line, indicator, sources) for line in lines if not enters(line, figure)]
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

    def unnamed(line: CreditLine) -> CreditLine:
        return replace(line, stamp=line.stamp._replace(agent=own(line.agent)), part=sight.part(asked, line.part))

    return replace(
        explanation,
        lines=tuple(map(unnamed, explanation.lines)),
        omitted=tuple(replace(each, agent=own(each.agent)) for each in explanation.omitted),
    )


def _when(each: CreditLine | LeftOut) -> tuple[int, str]:
    return each.at, each.ticket_id or ""


def _of_other_series(line: CreditLine, indicator: Indicator, sources: Mapping[str, str]) -> LeftOut:
    reason = OTHER_CURRENCY if indicator.reduction in MONETARY else OTHER_SCALE
    where = sources.get(line.stamp.observation_id or "")
    return LeftOut(line.ticket_id or "", line.at, reason, line.agent, line.team, account=line.account, source=where)


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
    """Return whose figure an omission concerns.

    A channel's, a priority's, a segment's or a severity's goes by what the ticket says.
    """
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
