"""Zendesk Talk: calls, and each agent's part of them, from its incremental exports.

https://developer.zendesk.com/api-reference/voice/talk-api/incremental_exports/
"""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from connectors.scalars import Id, Instant, OptionalId, OptionalText
from connectors.values import FollowedFields
from kpi_engine.records import FieldValue, Observation

FACTS: Final = "phone_calls"
"""The kind of whole calls: they tell what the parts of a call do not, its direction and its ticket."""

CALLS: Final = "calls"
_AGENT: Final = "agent"
_ABANDONED: Final[Mapping[str, str]] = {
    "abandoned_in_queue": "abandoned_queue",
    "abandoned_in_ivr": "abandoned_ivr",
    "abandoned_in_voicemail": "voicemail",
}
_PARTS: Final[Mapping[str, str]] = {
    "completed": "answered",
    "agent_missed": "missed",
    "agent_declined": "missed",
}


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Call(_Payload):
    """A row of the export of calls."""

    id: Id
    created_at: Instant
    direction: str
    completion_status: OptionalText = None
    customer_id: OptionalId = None
    ticket_id: OptionalId = None
    wait_time: int | None = None
    agent_id: OptionalId = None


class Leg(_Payload):
    """A row of the export of legs: one party's part of a call."""

    id: Id
    call_id: Id
    type: str
    created_at: Instant
    agent_id: OptionalId = None
    completion_status: OptionalText = None
    talk_time: int | None = None
    hold_time: int | None = None
    wrap_up_time: int | None = None


def call(row: object, _: FollowedFields) -> list[Observation]:
    """Return a call's direction, ticket and customer; one that the customer gave up is a call of nobody's too."""
    read = Call.model_validate(row)
    given_up = _ABANDONED.get(read.completion_status or "")
    first = {"wait_s": read.wait_time, "first_agent": read.agent_id} if given_up is None else {}
    facts = _of_call(read, FACTS, {"direction": read.direction, **first})
    values: dict[str, FieldValue] = {"direction": read.direction, "outcome": given_up, "wait_s": read.wait_time}
    return [facts, _of_call(read, CALLS, values)] if given_up is not None else [facts]


def _of_call(read: Call, kind: str, values: dict[str, FieldValue]) -> Observation:
    return Observation(
        kind=kind,
        observation_id=read.id,
        at=read.created_at,
        agent=None,
        customer_id=read.customer_id,
        ticket_id=read.ticket_id,
        account=None,
        values={name: value for name, value in values.items() if value is not None},
        source="Zendesk Talk",
    )


def leg(row: object, _: FollowedFields) -> list[Observation]:
    """Return an agent's part of a call, taken or missed; of others, and of parts that ended otherwise, nothing."""
    read = Leg.model_validate(row)
    outcome = _PARTS.get(read.completion_status or "")
    if read.type != _AGENT or read.agent_id is None or outcome is None:
        return []
    told: dict[str, FieldValue] = {
        "call_id": read.call_id,
        "outcome": outcome,
        "talk_s": read.talk_time,
        "hold_s": read.hold_time,
        "wrap_s": read.wrap_up_time,
    }
    return [
        Observation(
            kind=CALLS,
            observation_id=f"{read.call_id}/{read.id}",
            at=read.created_at,
            agent=read.agent_id,
            customer_id=None,
            ticket_id=None,
            account=None,
            values={name: value for name, value in told.items() if value is not None},
            source="Zendesk Talk",
        )
    ]
