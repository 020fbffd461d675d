from typing import Any

import pytest

from connectors.values import FollowedFields
from connectors.zendesk import talk

AT = "2026-11-18T03:00:00Z"
CALL = {
    "id": 7,
    "direction": "inbound",
    "completion_status": "completed",
    "ticket_id": 35,
    "customer_id": 9,
    "wait_time": 12,
    "created_at": AT,
    "phone_number": "+84 000",
    "recording_time": 3,
}
LEG = {
    "id": 8,
    "call_id": 7,
    "type": "agent",
    "agent_id": 361,
    "completion_status": "completed",
    "talk_time": 60,
    "hold_time": 5,
    "wrap_up_time": None,
    "created_at": AT,
}


def parts(**changed: Any) -> list[Any]:  # noqa: ANN401 -- any JSON
    return list(talk.leg({**LEG, **changed}, FollowedFields()))


def test_a_call_tells_direction_ticket_and_customer_and_nothing_that_names_a_person() -> None:
    (facts,) = talk.call(CALL, FollowedFields())
    assert (facts.kind, facts.observation_id, facts.ticket_id, facts.customer_id) == ("phone_calls", "7", "35", "9")
    assert facts.values == {"direction": "inbound", "wait_s": 12}
    (whose,) = talk.call({**CALL, "agent_id": 361}, FollowedFields())
    assert whose.values["first_agent"] == "361"


@pytest.mark.parametrize(
    ("status", "outcome"), [("abandoned_in_queue", "abandoned_queue"), ("abandoned_in_ivr", "abandoned_ivr")]
)
def test_a_call_that_the_customer_gave_up_is_nobodys(status: str, outcome: str) -> None:
    _, call = talk.call({**CALL, "completion_status": status, "ticket_id": None}, FollowedFields())
    assert (call.kind, call.agent, call.values) == (
        "calls",
        None,
        {"direction": "inbound", "outcome": outcome, "wait_s": 12},
    )


@pytest.mark.parametrize(
    ("status", "outcome"), [("completed", "answered"), ("agent_missed", "missed"), ("agent_declined", "missed")]
)
def test_an_agents_part_of_a_call_was_taken_or_missed(status: str, outcome: str) -> None:
    (part,) = parts(completion_status=status)
    assert (part.observation_id, part.agent) == ("7/8", "361")
    assert part.values == {"call_id": "7", "outcome": outcome, "talk_s": 60, "hold_s": 5}


def test_the_customers_part_and_one_that_ended_in_a_way_we_do_not_know_are_nobodys() -> None:
    assert parts(type="customer") == []
    assert parts(agent_id=None) == []
    assert parts(completion_status="agent_teleported") == []
