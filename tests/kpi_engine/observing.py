"""What tests of observations share: rows of any kind, and the figures they make."""

from collections.abc import Iterable
from datetime import datetime

from kpi_engine.compiling import compiled
from kpi_engine.editions import Edition, digest_of
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import NO_FACTS, Facts
from kpi_engine.measurement import CreditLine, Measurement, Omission
from kpi_engine.observe import SEVERAL_ROWS, observed, together
from kpi_engine.periods import Period, period_named
from kpi_engine.records import FieldValue, Observation
from kpi_engine.reduce import Cell, Question, Scope, Window, cell, lines_of
from kpi_engine.rulebook import Rulebook

ZONE = "Asia/Ho_Chi_Minh"
MONTH = period_named("2026-10", ZONE)
RULES = compiled([])


def moment(text: str) -> int:
    """Return the instant of a local time such as "10-05 09:00" of 2026."""
    return int(datetime.fromisoformat(f"2026-{text}+07:00").timestamp())


def row(
    of: str,
    at: str = "10-05 09:00",
    agent: str | None = "an",
    *,
    about: tuple[str | None, str | None] = (None, None),
    **values: FieldValue,
) -> Observation:
    """Return a row of a kind `about` a customer and a ticket, without the values that are None."""
    there = {name: value for name, value in values.items() if value is not None}
    return Observation(
        kind=of,
        observation_id=f"{of}-{at}-{agent}-{about}-{sorted(map(str, there.items()))}",
        at=moment(at),
        agent=agent,
        customer_id=about[0],
        ticket_id=about[1],
        account="acme",
        values=there,
        source=f"{of}.csv:2",
    )


def measured(rows: Iterable[Observation], rules: Rulebook = RULES, period: Period = MONTH) -> list[Measurement]:
    """Return what rows say, those that belong together as one."""
    by_kind: dict[str, list[Observation]] = {}
    for each in rows:
        by_kind.setdefault(each.kind, []).append(each)
    groups = [
        group
        for kind, mine in by_kind.items()
        for group in (together(mine) if kind in SEVERAL_ROWS else [(each,) for each in mine])
    ]
    return [each for group in groups for each in observed(group, rules, period.end, period)]


def lines(
    key: str,
    measurements: Iterable[Measurement],
    *,
    period: Period = MONTH,
    facts: Facts = NO_FACTS,
    rules: Rulebook = RULES,
) -> list[CreditLine]:
    """Return the lines of an indicator in a period."""
    window = Window(period, period.end, rules, facts)
    return [line for each in measurements for line in lines_of(each, {key: INDICATORS[key]}, window)]


def figure(key: str, measurements: Iterable[Measurement], *, period: Period = MONTH, facts: Facts = NO_FACTS) -> Cell:
    """Return the account's figure of an indicator."""
    found = lines(key, measurements, period=period, facts=facts)
    return cell(INDICATORS[key], found, Question(Scope.ACCOUNT, "acme", period, period.end, {}), "acme")


def left_out(key: str, measurements: Iterable[Measurement]) -> list[tuple[str | None, str]]:
    """Return whom an indicator leaves out and why."""
    found: list[Omission] = [each for one in measurements for each in one.omissions if each.indicator == key]
    return [(each.agent, each.reason) for each in found]


def choosing(indicator: str, **parameters: object) -> Rulebook:
    """Return a rulebook with some parameters of an indicator."""
    body = {"indicators": {indicator: parameters}}
    return compiled([Edition("parameters", "", None, digest_of(body), body)])
