"""Agents' own fields, opt-in: each asked-for indicator of the last complete week, written on the agent's profile."""

from collections.abc import Collection, Iterable, Iterator

from connectors.base import Stream, Target
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Unit
from kpi_engine.message import message
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.records import Agent, FieldValue
from kpi_engine.reduce import Cell, Scope, cell
from kpi_engine.statistics import half_up
from sync.account import Account
from sync.figures import Figures, figures
from sync.store.changes import Desired

_GRACE = 6 * 3600


def agent_plans(account: Account, pass_id: int, as_of: int, unfit: Collection[str] = ()) -> Iterator[Desired]:
    """Yield the agents whose fields must change to show the last week that is complete, its grace over.

    Whoever was idle in it shows an idle week, not the one before; whoever left the helpdesk is not written to.
    """
    keys = [key for key in account.own.push.agent_fields if key not in unfit]
    if not keys:
        return
    week = period_at(PeriodKind.WEEK, account.settings.timezone, as_of - _GRACE).previous()
    found = figures(account, week, Scope.AGENT, as_of)
    listed = account.store.records.account(account.name, Stream.AGENTS)
    agents = [agent.agent_id for agent in listed if isinstance(agent, Agent)]
    delivered = account.store.changes.last_delivered_to(account.name, Target.AGENT, agents)
    pending = account.store.changes.pending_values(account.name, Target.AGENT, agents)
    for agent in agents:
        last = delivered[agent].values if agent in delivered else {}
        shown = {**last, **pending.get(agent, {})}
        values = _values(found, agent, keys) if agent in found.scorecards or shown else {}
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


def _values(found: Figures, agent: str, keys: Iterable[str]) -> dict[str, FieldValue]:
    card = found.scorecards.get(agent, {})
    cells = {key: card.get(key) or cell(INDICATORS[key], [], found.question, agent) for key in keys}
    return {key: field_value(each) for key, each in cells.items()}


def field_value(cell: Cell) -> FieldValue:
    """Return a figure as a number field holds it: minutes, percent or a count; nothing without enough data."""
    if cell.value is None or not cell.enough:
        return None
    unit = INDICATORS[cell.indicator].unit
    if unit is Unit.SECONDS:
        return half_up(cell.numerator, 60 * cell.denominator)
    return half_up(cell.numerator * 1000, cell.denominator) / 10 if unit is Unit.SHARE else int(cell.value)
