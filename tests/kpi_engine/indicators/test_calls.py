from dataclasses import replace

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.measurement import Certainty, Measurement
from kpi_engine.observe import OBSERVED, observed
from kpi_engine.records import Observation

RULES = compiled([])
OF_AGENTS = {"calls_handled", "missed_call_rate", "handling_time"}
"""What is said of an agent's part of a call; what is said of queues is tested beside."""

CALL = Observation(
    kind="calls",
    observation_id="c-1",
    at=1_795_399_200,
    agent="an",
    customer_id=None,
    ticket_id="35436",
    account="acme",
    values={"direction": "inbound", "outcome": "answered", "talk_s": 180, "hold_s": 20, "wrap_s": 30},
    source="calls.csv:2",
)


def call(agent: str | None = "an", **values: str | int | None) -> Observation:
    there = {name: value for name, value in {**CALL.values, **values}.items() if value is not None}
    return replace(CALL, agent=agent, values=there)


def told(observation: Observation, as_of: int = CALL.at) -> Measurement:
    (found,) = observed((observation,), RULES, as_of)
    return found


def said(observation: Observation) -> dict[str, tuple[object, ...]]:
    found = told(observation)
    assert [line.channel for line in found.lines] == ["phone"] * len(found.lines)
    lines = {line.indicator: (line.agent, line.numerator, line.denominator) for line in found.lines}
    lines |= {each.indicator: (each.agent, each.reason) for each in found.omissions}
    return {key: told for key, told in lines.items() if key in OF_AGENTS}


def test_a_call_taken_is_handled_picked_up_and_took_all_its_seconds() -> None:
    assert said(CALL) == {
        "calls_handled": ("an", 1, 1),
        "missed_call_rate": ("an", 0, 1),
        "handling_time": ("an", 230, 1),
    }


def test_a_call_that_was_not_picked_up_is_missed_and_nothing_else() -> None:
    assert said(call(outcome="missed")) == {"missed_call_rate": ("an", 1, 1)}


@pytest.mark.parametrize("outcome", ["abandoned_queue", "abandoned_ivr", "voicemail", "no_answer", "busy"])
def test_a_call_that_rang_at_nobodys_is_nobodys_miss(outcome: str) -> None:
    assert said(call(None, outcome=outcome)) == {}


def test_a_call_dialled_is_handled_where_it_was_answered_and_never_missed() -> None:
    assert set(said(call(direction="outbound"))) == {"calls_handled", "handling_time"}
    assert said(call(direction="outbound", outcome="no_answer")) == {}


def test_times_that_nobody_told_make_the_handling_time_approximate_or_unknown() -> None:
    (line,) = [each for each in told(call(wrap_s=None)).lines if each.indicator == "handling_time"]
    assert (line.numerator, line.certainty) == (200, Certainty.APPROXIMATE)
    (line,) = [each for each in told(CALL).lines if each.indicator == "handling_time"]
    assert line.certainty is Certainty.EXACT
    assert said(call(talk_s=None))["handling_time"] == ("an", "no_talk_time")


def test_a_part_of_a_call_that_is_not_known_to_be_inbound_is_left_out() -> None:
    assert said(call(direction=None))["missed_call_rate"] == ("an", "no_direction")


def test_a_line_knows_its_observation_its_ticket_and_its_account() -> None:
    stamp = told(CALL).lines[0].stamp
    assert (stamp.observation_id, stamp.ticket_id, stamp.account, stamp.at) == ("c-1", "35436", "acme", CALL.at)
    loose = told(replace(CALL, ticket_id=None, account=None))
    assert (loose.ticket_id, loose.account, loose.lines[0].account) == ("", "", "")


def test_what_no_indicator_asks_for_says_nothing() -> None:
    assert told(replace(CALL, kind="unheard of")).lines == ()
    assert "calls" in OBSERVED
