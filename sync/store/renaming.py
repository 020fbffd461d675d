"""What a person's id stands in: the parts of records and of measurements that name somebody."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from kpi_engine.history import DerivedEvent
from kpi_engine.measurement import Clock, CreditLine, Measurement
from kpi_engine.records import Agent, Field, FieldValue, Membership, Rating, TicketEvent, TicketSnapshot

Rename: TypeAlias = Callable[[str | None], str | None]
"""What somebody is called from now on; whoever is not forgotten keeps his id."""

R = TypeVar("R")
_IDS: Mapping[type, tuple[str, ...]] = {
    TicketSnapshot: ("assignee_id", "requester_id", "submitter_id"),
    TicketEvent: ("actor_id",),
    Rating: ("agent_id",),
    Membership: ("agent_id",),
}


def renamed(record: R, of: Rename, spoken: Rename | None = None) -> R:
    """Return a record with everybody in it renamed; an agent who is forgotten loses name, e-mail and language too.

    `spoken` renames what custom fields call people: their names and e-mails too.
    """
    called = spoken or of
    changes: dict[str, Any] = {name: of(getattr(record, name)) for name in _IDS.get(type(record), ())}
    match record:
        case TicketSnapshot():
            changes["fields"] = {key: _in_field(value, called) for key, value in record.fields.items()}
        case TicketEvent(field=Field.ASSIGNEE | Field.REQUESTER):
            changes |= {"old": of(record.old), "new": of(record.new)}
        case TicketEvent(field=str() as field) if field.startswith("field:"):
            changes |= {"old": called(record.old), "new": called(record.new)}
        case DerivedEvent():
            changes = {"cause": renamed(record.cause, of, spoken), "spoken": tuple(map(of, record.spoken))}
        case Agent():
            changes = _agent(record, of)
    return replace(record, **changes) if changes else record  # type: ignore[type-var]  # records are dataclasses


def _in_field(value: FieldValue, called: Rename) -> FieldValue:
    return called(value) if isinstance(value, str) else value


def renamed_body(kind: str, body: Mapping[str, Any], of: Rename, named: Rename) -> dict[str, Any]:
    """Return what an edition says with everybody in it renamed: `of` renames ids here, `named` what files say."""
    made = dict(body)
    match kind:
        case "meanings":
            if "approvers" in made:
                made["approvers"] = sorted(str(of(each)) for each in made["approvers"])
            fields: dict[str, Any] = made.get("fields", {})
            if (meant := fields.get("responsible_agent")) is not None:
                values = {named(word): of(agent) for word, agent in meant["values"].items()}
                made["fields"] = {**fields, "responsible_agent": {**meant, "values": values}}
        case "organization":
            for part in ("team_of", "places", "managers", "keys"):
                if part in made:
                    made[part] = {of(agent): value for agent, value in made[part].items()}
            for part in ("places", "teams", "managers", "keys"):
                if part in made:
                    made[part] = {key: _spoken(value, named) for key, value in made[part].items()}
        case "targets" | "scorecards" | "consequences":
            made = {key: _spoken(value, named) for key, value in made.items()}
    return made


def _spoken(value: Any, named: Rename) -> Any:
    """Return a value with the words in it renamed, however deep they stand; a bare number is no word."""
    if isinstance(value, str):
        return value if value.isdecimal() else named(value)
    if isinstance(value, Mapping):
        return {key: _spoken(each, named) for key, each in value.items()}
    return [_spoken(each, named) for each in value] if isinstance(value, list | tuple) else value


def _agent(agent: Agent, of: Rename) -> dict[str, Any]:
    called, manager = of(agent.agent_id), of(agent.manager_id)
    above = {} if manager == agent.manager_id else {"manager_id": manager}
    if called == agent.agent_id:
        return above
    return {**above, "agent_id": called, "name": called, "email": None, "locale": None}


def renamed_measurement(measured: Measurement, of: Rename) -> Measurement:
    """Return a measurement with everybody in it renamed."""
    return replace(
        measured,
        lines=tuple(_line(line, of) for line in measured.lines),
        clocks=tuple(_clock(each, of) for each in measured.clocks),
        firings=tuple(replace(each, agent=of(each.agent)) for each in measured.firings),
        holdings=tuple(replace(each, agent=of(each.agent), requester=of(each.requester)) for each in measured.holdings),
        omissions=tuple(replace(each, agent=of(each.agent)) for each in measured.omissions),
        signs=tuple(each._replace(agent=of(each.agent)) for each in measured.signs),
    )


def _clock(clock: Clock, of: Rename) -> Clock:
    shares = tuple((of(agent), seconds) for agent, seconds in clock.shares)
    return replace(clock, agent=of(clock.agent), spared=of(clock.spared), shares=shares)


def _line(line: CreditLine, of: Rename) -> CreditLine:
    # A part may be a person: who held the ticket in that part of the time, who complained.
    return replace(line, stamp=line.stamp._replace(agent=of(line.agent)), part=of(line.part))
