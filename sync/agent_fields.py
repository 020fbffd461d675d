"""Agents' own fields, opt-in: each asked-for indicator of the last complete week, written on the agent's profile."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from connectors.base import Stream, Target
from kpi_engine.editions import digest_of
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Unit
from kpi_engine.message import message
from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.records import Agent, FieldValue
from kpi_engine.reduce import Cell, Scope, cell
from sync.account import Account
from sync.accounts import with_peers
from sync.figures import Figures, figures
from sync.joined import figures_here, least, looks_joined
from sync.privacy import on_profiles
from sync.sources import min_n
from sync.store.changes import Desired
from sync.store.pseudonyms import is_pseudonym

SHOWN: Final = "agent_fields_shown"
"""The switch that remembers what the week looked like that every profile shows."""

_GRACE: Final = 6 * 3600


@dataclass(slots=True)
class AgentWork:
    """What one look at the agents' fields found; `stamp` is what the week they show looks like now."""

    stamp: str
    due: list[Desired] = field(default_factory=list)
    waiting: int = 0

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to come back for until the week looks otherwise."""
        return not (self.due or self.waiting)


def agent_work(account: Account, pass_id: int, as_of: int, unfit: Collection[str] = ()) -> AgentWork:
    """Return the agents whose fields must change to show the last week that is complete, its grace over.

    Whoever was idle in it shows an idle week, not the one before; whoever left the helpdesk is not written to. A week
    that every profile shows is worked out anew only once something in it changed.
    """
    if not account.own.push.joined:
        return _work(account, [account], pass_id, as_of, unfit)
    with with_peers(account) as everyone:
        # Figures over accounts of which one was never pulled would be too small: better none yet.
        through = least(everyone)
        if through is None:
            return AgentWork("", waiting=1)
        return _work(account, everyone, pass_id, min(through, as_of), unfit)


def _work(account: Account, everyone: Sequence[Account], pass_id: int, as_of: int, unfit: Collection[str]) -> AgentWork:
    allowed = on_profiles(account.settings)
    keys = [key for key in account.own.push.agent_fields if key not in unfit and allowed]
    if not keys:
        return AgentWork("")
    listed = account.store.records.account(account.name, Stream.AGENTS)
    agents = [each.agent_id for each in listed if isinstance(each, Agent) and not is_pseudonym(each.agent_id)]
    week = period_at(PeriodKind.WEEK, account.settings.timezone, as_of - _GRACE).previous()
    work = AgentWork(_stamp(account, everyone, week, as_of, {"keys": keys, "agents": agents}))
    if account.store.switches.get(account.name, SHOWN) != work.stamp:
        pending = account.store.changes.pending_values(account.name, Target.AGENT, agents)
        work.waiting = len(pending)
        found = _figures(account, everyone, week, as_of)
        work.due += _desired(found, keys, _shown(account, agents, pending), pass_id)
    return work


def _figures(account: Account, everyone: Sequence[Account], week: Period, as_of: int) -> Figures:
    if account.own.push.joined:
        return figures_here(everyone, account, week, as_of)
    return figures(account, week, Scope.AGENT, as_of)


def note_shown(account: Account, work: AgentWork) -> None:
    """Remember that every profile shows what it should, if so; in the caller's transaction."""
    if work.is_done:
        account.store.switches.set(account.name, SHOWN, work.stamp)


def _stamp(
    account: Account, everyone: Sequence[Account], week: Period, as_of: int, wanted: Mapping[str, object]
) -> str:
    """Return a text that changes whenever a field of some agent may have to."""
    remote = {key: name for (of, key), name in account.store.remote_fields.all(account.name).items() if of == "agent"}
    joined = {"joined": [each.name for each in everyone]} if account.own.push.joined else {}
    asked = digest_of(
        {**wanted, **joined, "fields": remote, "min_n": min_n(account), "off": sorted(account.settings.off)}
    )
    return f"{week.label}:{asked}:{looks_joined(everyone, week, as_of)}"


Shown = Mapping[str, Mapping[str, FieldValue]]
"""What agents' fields show, or will once what is queued is written, by agent and key."""


def _shown(account: Account, agents: Sequence[str], pending: Shown) -> Shown:
    delivered = account.store.changes.last_delivered_to(account.name, Target.AGENT, agents)
    last = {agent: delivered[agent].values if agent in delivered else {} for agent in agents}
    return {agent: {**last[agent], **pending.get(agent, {})} for agent in agents}


def _desired(found: Figures, keys: Collection[str], shown: Shown, pass_id: int) -> Iterator[Desired]:
    for agent, values in shown.items():
        wanted = _values(found, agent, keys) if agent in found.scorecards or values else {}
        new = {key: value for key, value in wanted.items() if values.get(key) != value}
        if new:
            yield Desired(
                key=f"agent:{agent}:{pass_id}",
                target=Target.AGENT,
                target_id=agent,
                values=new,
                previous={key: values.get(key) for key in new},
                why=message("the figures of {period} are complete", period=found.question.period.label),
            )


def _values(found: Figures, agent: str, keys: Collection[str]) -> dict[str, FieldValue]:
    card = found.scorecards.get(agent, {})
    cells = {key: card.get(key) or cell(INDICATORS[key], [], found.question, agent) for key in keys}
    return {key: field_value(each) for key, each in cells.items()}


def field_value(cell: Cell) -> FieldValue:
    """Return a figure as a number field holds it; nothing without enough data.

    Times are whole minutes and shares percent with one digit, counts whole; points and loads have two digits.
    """
    if cell.value is None or not cell.enough:
        return None
    # As it is written: the double nearest to 0.6685 lies below it, and half of its last digit would go down.
    value, unit = Decimal(repr(cell.value)), INDICATORS[cell.indicator].unit
    if unit is Unit.SECONDS:
        return int(_rounded(value / 60, "1"))
    if unit is Unit.SHARE:
        return float(_rounded(value * 100, "0.1"))
    number = _rounded(value, "0.01")
    return int(number) if number == number.to_integral_value() else float(number)


def _rounded(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)
