"""What a person's id stands in: the parts of records and of measurements that name somebody."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from kpi_engine.history import DerivedEvent
from kpi_engine.measurement import Clock, CreditLine, Measurement
from kpi_engine.records import Agent, Field, Membership, Rating, TicketEvent, TicketSnapshot

Rename: TypeAlias = Callable[[str | None], str | None]
"""What somebody is called from now on; whoever is not forgotten keeps his id."""

R = TypeVar("R")
_IDS: Mapping[type, tuple[str, ...]] = {
    TicketSnapshot: ("assignee_id", "requester_id", "submitter_id"),
    TicketEvent: ("actor_id",),
    Rating: ("agent_id",),
    Membership: ("agent_id",),
}


def renamed(record: R, of: Rename) -> R:
    """Return a record with everybody in it renamed; an agent who is forgotten loses name, e-mail and language too."""
    changes: dict[str, Any] = {name: of(getattr(record, name)) for name in _IDS.get(type(record), ())}
    match record:
        case TicketEvent(field=Field.ASSIGNEE | Field.REQUESTER):
            changes |= {"old": of(record.old), "new": of(record.new)}
        case DerivedEvent():
            changes = {"cause": renamed(record.cause, of), "spoken": tuple(map(of, record.spoken))}
        case Agent():
            changes = _agent(record, of)
    return replace(record, **changes) if changes else record  # type: ignore[type-var]  # records are dataclasses


def _agent(agent: Agent, of: Rename) -> dict[str, Any]:
    called = of(agent.agent_id)
    return {} if called == agent.agent_id else {"agent_id": called, "name": called, "email": None, "locale": None}


def renamed_measurement(measured: Measurement, of: Rename) -> Measurement:
    """Return a measurement with everybody in it renamed."""
    return replace(
        measured,
        lines=tuple(_line(line, of) for line in measured.lines),
        clocks=tuple(_clock(each, of) for each in measured.clocks),
        firings=tuple(replace(each, agent=of(each.agent)) for each in measured.firings),
        holdings=tuple(replace(each, agent=of(each.agent), requester=of(each.requester)) for each in measured.holdings),
        omissions=tuple(replace(each, agent=of(each.agent)) for each in measured.omissions),
    )


def _clock(clock: Clock, of: Rename) -> Clock:
    shares = tuple((of(agent), seconds) for agent, seconds in clock.shares)
    return replace(clock, agent=of(clock.agent), spared=of(clock.spared), shares=shares)


def _line(line: CreditLine, of: Rename) -> CreditLine:
    # A part may be a person: who held the ticket in that part of the time, who complained.
    return replace(line, stamp=line.stamp._replace(agent=of(line.agent)), part=of(line.part))
