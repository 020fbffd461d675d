"""Agents' own fields, opt-in: each asked-for indicator of the last complete week, written on the agent's profile."""

from collections.abc import Iterator

from connectors.base import Target
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Unit
from kpi_engine.message import message
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.records import FieldValue
from kpi_engine.reduce import Cell, Scope
from kpi_engine.statistics import half_up
from sync.account import Account
from sync.figures import figures
from sync.planning import writable_keys
from sync.store.changes import Desired

_GRACE = 6 * 3600


def agent_plans(account: Account, pass_id: int, as_of: int) -> Iterator[Desired]:
    """Yield the agents whose fields must change to show the last week that is complete, its grace over."""
    keys = writable_keys(account, Target.AGENT, account.own.push.agent_fields)
    if not keys:
        return
    week = period_at(PeriodKind.WEEK, account.settings.timezone, as_of - _GRACE).previous()
    cards = figures(account, week, Scope.AGENT, as_of).scorecards
    agents = [agent for agent in cards if agent is not None]
    delivered = account.store.changes.last_delivered_to(account.name, Target.AGENT, agents)
    pending = account.store.changes.pending_values(account.name, Target.AGENT, agents)
    for agent in agents:
        values = {key: field_value(cards[agent][key]) for key in keys}
        last = delivered[agent].values if agent in delivered else {}
        shown = {**last, **pending.get(agent, {})}
        new = {key: value for key, value in values.items() if shown.get(key) != value}
        if new:
            yield Desired(
                key=f"agent:{agent}:{pass_id}",
                target=Target.AGENT,
                target_id=agent,
                values=new,
                previous={key: shown.get(key) for key in new},
                why=message("the figures of {period} are complete", period=week.label),
            )


def field_value(cell: Cell) -> FieldValue:
    """Return a figure as a number field holds it: minutes, percent or a count; nothing without enough data."""
    if cell.value is None or not cell.enough:
        return None
    unit = INDICATORS[cell.indicator].unit
    if unit is Unit.SECONDS:
        return half_up(cell.numerator, 60 * cell.denominator)
    return half_up(cell.numerator * 1000, cell.denominator) / 10 if unit is Unit.SHARE else int(cell.value)
