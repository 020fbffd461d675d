from dataclasses import replace

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.editions import Edition
from kpi_engine.observe import observed
from kpi_engine.records import FieldValue, Observation

WORK = Observation(
    kind="work_items",
    observation_id="w-1",
    at=1_795_399_200,
    agent="an",
    customer_id=None,
    ticket_id="35436",
    account="acme",
    values={"handle_s": 540, "active_s": 300, "channel": "Chat"},
    source="Omni-Channel",
)
KEY = "work_item_handling_time"


def said(rule: dict[str, str], **values: FieldValue) -> tuple[object, ...]:
    rules = compiled([Edition("parameters", "", None, "x", {"indicators": {KEY: rule}})])
    told = {name: value for name, value in {**WORK.values, **values}.items() if value is not None}
    (found,) = observed((replace(WORK, values=told),), rules, WORK.at)
    (one,) = found.lines or found.omissions
    return (one.reason,) if not found.lines else (one.numerator, one.agent, one.channel, one.at)  # type: ignore[union-attr]  # told apart by what was found


@pytest.mark.parametrize(
    ("rule", "values", "answer"),
    [
        ({}, {}, (540, "an", "Chat", WORK.at)),
        ({"time": "active"}, {}, (300, "an", "Chat", WORK.at)),
        ({"time": "active"}, {"active_s": None}, ("no_time_told",)),
        ({}, {"channel": None}, (540, "an", None, WORK.at)),
    ],
)
def test_a_work_item_took_as_long_as_it_was_open_or_in_front_of_its_agent(
    rule: dict[str, str], values: dict[str, FieldValue], answer: tuple[object, ...]
) -> None:
    assert said(rule, **values) == answer
