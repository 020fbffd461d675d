"""Work items of Omni-Channel: how long an agent had each open, and calls that rang at an agent's in vain.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_agentwork.htm
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from connectors.salesforce.calls import CALLS, case_id, seconds
from connectors.salesforce.payloads import Id, Nested, OptionalId, Payload, Yes
from connectors.salesforce.sense import Sense
from connectors.scalars import OptionalInstant, OptionalText
from kpi_engine.records import FieldValue, Observation, Withdrawn

WORK_ITEMS: Final = "work_items"
NEEDS: Final = ("UserId", "Status", "CloseDateTime", "HandleTime")

_DONE: Final = frozenset({"Closed", "Transferred"})
_DECLINED: Final = frozenset({"Declined", "DeclinedOnPushTimeout"})


class ServiceChannel(Payload):
    """The channel that work comes by."""

    developer_name: OptionalText = None


class AgentWork(Payload):
    """One agent's part of a work item: passed on, it is another's too."""

    id: Id
    user_id: OptionalId = None
    bot_id: OptionalId = None
    work_item_id: OptionalId = None
    service_channel: Annotated[ServiceChannel, Nested] = ServiceChannel()
    status: OptionalText = None
    assigned_date_time: OptionalInstant = None
    decline_date_time: OptionalInstant = None
    push_timeout_date_time: OptionalInstant = None
    close_date_time: OptionalInstant = None
    handle_time: object = None
    active_time: object = None
    is_deleted: Yes = False
    system_modstamp: OptionalInstant = None


def work_item(row: object, sense: Sense) -> Sequence[Observation | Withdrawn]:
    """Return a work item that is done with, or a call that its agent did not take; a machine's is nobody's."""
    read = AgentWork.model_validate(row)
    if read.is_deleted:
        return [Withdrawn(kind=WORK_ITEMS, observation_id=read.id), *_withdrawn_call(read, sense)]
    if read.bot_id is not None or read.user_id is None:
        return []
    if read.status in _DONE and read.close_date_time is not None:
        return [_done(read, read.close_date_time)]
    at = read.decline_date_time or read.push_timeout_date_time or read.assigned_date_time
    if read.status in _DECLINED and _is_call(read, sense) and at is not None:
        return [_observation(read, CALLS, at, {"call_id": read.work_item_id, "outcome": "missed"})]
    return []


def _done(read: AgentWork, at: int) -> Observation:
    told: dict[str, FieldValue] = {
        "handle_s": seconds(read.handle_time),
        "active_s": seconds(read.active_time),
        "channel": read.service_channel.developer_name,
    }
    return _observation(read, WORK_ITEMS, at, told)


def _is_call(read: AgentWork, sense: Sense) -> bool:
    return sense.voice is not None and (read.work_item_id or "").startswith(sense.voice)


def _withdrawn_call(read: AgentWork, sense: Sense) -> list[Withdrawn]:
    return [Withdrawn(kind=CALLS, observation_id=_part(read))] if _is_call(read, sense) else []


def _part(read: AgentWork) -> str:
    return f"{read.work_item_id}/{read.id}"


def _observation(read: AgentWork, kind: str, at: int, values: Mapping[str, FieldValue]) -> Observation:
    return Observation(
        kind=kind,
        observation_id=_part(read) if kind == CALLS else read.id,
        at=at,
        agent=read.user_id,
        customer_id=None,
        ticket_id=case_id(read.work_item_id),
        account=None,
        values={name: value for name, value in values.items() if value is not None},
        source="Omni-Channel",
    )
