"""Phone calls: those of Salesforce Voice, and those that a telephone integration logs as tasks.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_voicecall.htm
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_task.htm
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from connectors.salesforce.mapping import CASE, USER
from connectors.salesforce.payloads import Id, Nested, OptionalId, Payload, Yes
from connectors.salesforce.sense import Sense
from connectors.scalars import Instant, OptionalInstant, OptionalText, number
from kpi_engine.records import FieldValue, Observation, Withdrawn

FACTS: Final = "phone_calls"
"""The kind of whole calls: they tell what an agent's part of one does not, its direction and its case."""

CALLS: Final = "calls"
VOICE_NEEDS: Final = ("CallStartDateTime", "CallType", "CallAcceptDateTime", "CallEndDateTime")
TASK_NEEDS: Final = ("CallType", "CallDurationInSeconds")

_CONTACT: Final = "003"
_DIRECTIONS: Final[Mapping[str, str]] = {
    "inbound": "inbound",
    "transfer": "inbound",
    "outbound": "outbound",
    "callback": "outbound",
}
"""What the types of calls mean; any other is a call among colleagues, and none of a customer's."""

_UNDER_WAY: Final = frozenset({"in-progress", "in progress"})
_IN_VAIN: Final[Mapping[str, str]] = {"busy": "busy", "failed": "no_answer"}
_VOICEMAIL: Final = "Voicemail"
RESULTS: Final[Mapping[str, str]] = {
    "no answer": "no_answer",
    "busy": "busy",
    "voicemail": "voicemail",
    "left voicemail": "voicemail",
    "missed": "missed",
    "abandoned": "abandoned_queue",
}
"""What the usual results of logged calls mean, however they are written; others were talks if they took any time."""


_UNANSWERED: Final[Mapping[str, str]] = {"inbound": "missed", "outbound": "no_answer"}
"""What a logged call of no seconds was whose result nobody explained."""


class PreviousCall(Payload):
    """The call that was passed on."""

    call_type: OptionalText = None


class VoiceCall(Payload):
    """A call of Salesforce Voice; whoever it was passed on to has one of his own."""

    id: Id
    call_type: OptionalText = None
    call_disposition: OptionalText = None
    call_origin: OptionalText = None
    call_start_date_time: Instant
    call_queued_date_time: OptionalInstant = None
    call_accept_date_time: OptionalInstant = None
    call_connect_date_time: OptionalInstant = None
    call_end_date_time: OptionalInstant = None
    customer_hold_duration: object = None
    previous_call: Annotated[PreviousCall, Nested] = PreviousCall()
    related_record_id: OptionalId = None
    user_id: OptionalId = None
    owner_id: OptionalId = None
    is_deleted: Yes = False
    system_modstamp: Instant


class Task(Payload):
    """A call that was logged as a task."""

    id: Id
    owner_id: OptionalId = None
    what_id: OptionalId = None
    who_id: OptionalId = None
    call_type: OptionalText = None
    call_disposition: OptionalText = None
    call_duration_in_seconds: object = None
    created_date: Instant
    completed_date_time: OptionalInstant = None
    is_closed: Yes = False
    is_deleted: Yes = False
    system_modstamp: Instant


def voice_call(row: object, _: Sense) -> Sequence[Observation | Withdrawn]:
    """Return what a call tells as a whole and, once it is over, who took it; one that nobody took is nobody's."""
    read = VoiceCall.model_validate(row)
    if read.is_deleted:
        return [Withdrawn(kind=kind, observation_id=read.id) for kind in (FACTS, CALLS)]
    direction = _direction(read)
    if direction is None:
        return []
    facts = _observation(read, FACTS, None, {"direction": direction})
    if not _is_over(read):
        return [facts]
    outcome = _outcome(read, direction)
    nobodys = direction == "inbound" and outcome != "answered"
    return [facts, _observation(read, CALLS, None if nobodys else _agent(read), _told(read, direction, outcome))]


def _direction(read: VoiceCall) -> str | None:
    """Return whose call it was: one that was passed on goes on as it began, as far as the one before it tells."""
    kind = (read.call_type or "").casefold()
    before = _DIRECTIONS.get((read.previous_call.call_type or "").casefold())
    return before if kind == "transfer" and before is not None else _DIRECTIONS.get(kind)


def _is_over(read: VoiceCall) -> bool:
    if (read.call_disposition or "").casefold() in _UNDER_WAY or read.call_end_date_time is None:
        return False
    # An inbound call that nobody took stays "new" for ever, and one that rings has an end at its start.
    return _taken_at(read) is not None or read.call_end_date_time > read.call_start_date_time


def _taken_at(read: VoiceCall) -> int | None:
    return read.call_accept_date_time or read.call_connect_date_time


def _outcome(read: VoiceCall, direction: str) -> str:
    in_vain = _IN_VAIN.get((read.call_disposition or "").casefold())
    if _taken_at(read) is not None and in_vain is None:
        return "answered"
    if direction == "outbound":
        return in_vain or "no_answer"
    return "voicemail" if read.call_origin == _VOICEMAIL else "abandoned_queue"


def _agent(read: VoiceCall) -> str | None:
    return next((each for each in (read.user_id, read.owner_id) if each is not None and each.startswith(USER)), None)


def _told(read: VoiceCall, direction: str, outcome: str) -> dict[str, FieldValue]:
    told: dict[str, FieldValue] = {"direction": direction, "outcome": outcome}
    taken, hold = _taken_at(read), seconds(read.customer_hold_duration)
    if direction == "inbound":
        queued = read.call_queued_date_time or read.call_start_date_time
        told["wait_s"] = max(0, (taken or read.call_end_date_time or queued) - queued)
    if outcome == "answered" and taken is not None and read.call_end_date_time is not None:
        told |= {"talk_s": max(0, read.call_end_date_time - taken - (hold or 0)), "hold_s": hold}
    return told


def _observation(read: VoiceCall, kind: str, agent: str | None, values: Mapping[str, FieldValue]) -> Observation:
    return Observation(
        kind=kind,
        observation_id=read.id,
        at=read.call_start_date_time,
        agent=agent,
        customer_id=None,
        ticket_id=case_id(read.related_record_id),
        account=None,
        values={name: value for name, value in values.items() if value is not None},
        source="Salesforce Voice",
    )


def task(row: object, sense: Sense) -> Sequence[Observation | Withdrawn]:
    """Return a call that was logged as a task and is done: one still to be done is a plan, and no call."""
    read = Task.model_validate(row)
    if read.is_deleted or not read.is_closed:
        return [Withdrawn(kind=CALLS, observation_id=read.id)]
    kind = (read.call_type or "").casefold()
    lasted = seconds(read.call_duration_in_seconds)
    if kind and kind not in _DIRECTIONS:
        return []
    direction = _DIRECTIONS.get(kind)
    outcome = result(read.call_disposition, sense) or ("answered" if lasted != 0 else _UNANSWERED.get(direction or ""))
    if outcome is None:
        return []
    told = {"direction": direction, "outcome": outcome, "talk_s": lasted if outcome == "answered" else None}
    return [
        Observation(
            kind=CALLS,
            observation_id=read.id,
            at=(read.completed_date_time or read.created_date) - (lasted or 0),
            agent=read.owner_id if (read.owner_id or "").startswith(USER) else None,
            customer_id=read.who_id if (read.who_id or "").startswith(_CONTACT) else None,
            ticket_id=case_id(read.what_id),
            account=None,
            values={name: value for name, value in told.items() if value is not None},
            source="Task",
        )
    ]


def result(word: str | None, sense: Sense) -> str | None:
    """Return what the result of a logged call means: what the configuration says, else the usual words, if one is."""
    return sense.call_results.get(word or "") or RESULTS.get((word or "").casefold())


def seconds(value: object) -> int | None:
    """Return a number of seconds, None where nothing tells one."""
    found = number(value)
    return None if found is None else int(found)


def case_id(related: str | None) -> str | None:
    """Return the case that something belongs to, if it is one."""
    return related if related is not None and related.startswith(CASE) else None
