"""Calls of Salesforce Voice, calls logged as tasks, and Omni-Channel's work items as observations."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import OBSERVED, Stream, Unavailable
from connectors.salesforce import calls, work
from connectors.salesforce.sense import Sense
from kpi_engine.records import Observation, Withdrawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.connectors.salesforce.conftest import Scene

USER, CASE, CALL = "0055g00000XyzabAAB", "5005g00000AbCdEAAV", "0LQ5g00000AbCdEAAV"
VOICE = Sense(voice="0LQ")


def at(seconds: int) -> str:
    return f"2026-11-20T02:{seconds // 60:02}:{seconds % 60:02}.000+0000"


TAKEN: dict[str, Any] = {
    "Id": CALL,
    "CallType": "Inbound",
    "CallDisposition": "completed",
    "CallStartDateTime": at(0),
    "CallQueuedDateTime": at(5),
    "CallAcceptDateTime": at(30),
    "CallEndDateTime": at(330),
    "CustomerHoldDuration": 40,
    "RelatedRecordId": CASE,
    "UserId": USER,
    "SystemModstamp": at(340),
    "FromPhoneNumber": "+84 000",
}


def parts(**changed: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 -- any JSON
    told = calls.voice_call({**TAKEN, **changed}, VOICE)
    return [(each.agent, each.values) for each in told if isinstance(each, Observation) and each.kind == "calls"]


def test_a_call_taken_tells_who_took_it_and_how_long_it_was_and_nobodys_number() -> None:
    facts, part = calls.voice_call(TAKEN, VOICE)
    assert isinstance(facts, Observation)
    assert isinstance(part, Observation)
    assert (facts.kind, facts.values, facts.ticket_id) == ("phone_calls", {"direction": "inbound"}, CASE)
    timed = {"wait_s": 25, "talk_s": 260, "hold_s": 40}
    assert (part.agent, part.values) == (USER, {"direction": "inbound", "outcome": "answered", **timed})
    assert "+84" not in repr((facts, part))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"CallAcceptDateTime": None, "CallDisposition": "new"}, [(None, "inbound", "abandoned_queue")]),
        ({"CallAcceptDateTime": None, "CallOrigin": "Voicemail"}, [(None, "inbound", "voicemail")]),
        ({"CallAcceptDateTime": None, "CallDisposition": "new", "CallEndDateTime": at(0)}, []),
        ({"CallDisposition": "in-progress"}, []),
        ({"CallEndDateTime": None}, []),
        ({"CallType": "Outbound", "CallDisposition": "busy"}, [(USER, "outbound", "busy")]),
        ({"CallType": "Callback", "CallAcceptDateTime": None}, [(USER, "outbound", "no_answer")]),
        ({"CallType": "Outbound", "CallAcceptDateTime": None, "CallConnectDateTime": at(9)},
         [(USER, "outbound", "answered")]),
        ({"CallType": "Transfer"}, [(USER, "inbound", "answered")]),
        ({"CallType": "Transfer", "PreviousCall": {"CallType": "Outbound"}}, [(USER, "outbound", "answered")]),
        ({"CallType": "Transfer", "PreviousCall": {"CallType": "Consult"}}, [(USER, "inbound", "answered")]),
        ({"CallType": "InternalCall"}, []),
        ({"UserId": None, "OwnerId": "00G5g00000XyzabEAB"}, [(None, "inbound", "answered")]),
    ],
)  # fmt: skip
def test_what_a_call_was_follows_from_its_type_its_end_and_who_accepted_it(
    changed: dict[str, Any], found: list[tuple[Any, ...]]
) -> None:
    told = [(agent, values["direction"], values["outcome"]) for agent, values in parts(**changed)]
    assert told == found


def test_what_was_deleted_is_withdrawn() -> None:
    gone = {"Id": CALL, "IsDeleted": True, "SystemModstamp": at(0)}
    assert calls.voice_call({**gone, "CallStartDateTime": at(0)}, VOICE) == [
        Withdrawn(kind=kind, observation_id=CALL) for kind in ("phone_calls", "calls")
    ]
    assert calls.task({**gone, "CreatedDate": at(0)}, VOICE) == [Withdrawn(kind="calls", observation_id=CALL)]
    done = {**gone, "Id": "0Bz5g00000AbCdEAAV", "WorkItemId": CALL}
    assert [each.kind for each in work.work_item(done, VOICE)] == ["work_items", "calls"]
    assert [each.kind for each in work.work_item({**done, "WorkItemId": CASE}, VOICE)] == ["work_items"]


LOGGED: dict[str, Any] = {
    "Id": "00T5g00000AbCdEAAV",
    "OwnerId": USER,
    "WhatId": CASE,
    "WhoId": "0035g00000AbCdEAAV",
    "CallType": "Outbound",
    "CallDurationInSeconds": 120,
    "CreatedDate": at(0),
    "CompletedDateTime": at(200),
    "IsClosed": True,
    "SystemModstamp": at(200),
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, ("outbound", "answered", 120)),
        ({"CallDisposition": "No Answer", "CallDurationInSeconds": None}, ("outbound", "no_answer", None)),
        ({"CallDisposition": "Máy bận"}, ("outbound", "busy", None)),
        ({"CallDurationInSeconds": 0}, ("outbound", "no_answer", None)),
        ({"CallDurationInSeconds": 0, "CallType": "Inbound", "CallDisposition": "?"}, ("inbound", "missed", None)),
        ({"CallDisposition": "Khách hài lòng", "CallType": None}, (None, "answered", 120)),
    ],
)
def test_a_call_logged_as_a_task_is_one_of_its_owners(changed: dict[str, Any], told: tuple[Any, ...]) -> None:
    (call,) = calls.task({**LOGGED, **changed}, Sense(call_results={"Máy bận": "busy"}))
    assert isinstance(call, Observation)
    assert (call.agent, call.ticket_id, call.customer_id) == (USER, CASE, LOGGED["WhoId"])
    assert tuple(call.values.get(name) for name in ("direction", "outcome", "talk_s")) == told


def test_a_logged_call_began_before_it_was_done_and_one_to_be_made_is_none_yet() -> None:
    (call,) = calls.task(LOGGED, Sense())
    (early,) = calls.task({**LOGGED, "CompletedDateTime": None, "OwnerId": "00G5g00000XyzabEAB"}, Sense())
    assert isinstance(call, Observation)
    assert isinstance(early, Observation)
    assert (call.at - early.at, early.agent) == (200, None)
    planned = calls.task({**LOGGED, "IsClosed": False}, Sense())
    assert planned == [Withdrawn(kind="calls", observation_id=LOGGED["Id"])]
    for nothing in ({"CallType": "Internal"}, {"CallType": None, "CallDurationInSeconds": 0}):
        assert calls.task({**LOGGED, **nothing}, Sense()) == []


def test_work_done_took_its_time_and_a_call_declined_is_missed_but_a_machines_is_nobodys() -> None:
    row = {"Id": "0Bz5g00000AbCdEAAV", "UserId": USER, "WorkItemId": CASE, "Status": "Closed", "HandleTime": 540}
    closed = {**row, "ActiveTime": "300", "CloseDateTime": at(600), "ServiceChannel": {"DeveloperName": "Case"}}
    (done,) = work.work_item(closed, VOICE)
    assert isinstance(done, Observation)
    assert (done.values, done.ticket_id) == ({"handle_s": 540, "active_s": 300, "channel": "Case"}, CASE)
    declined = {**row, "Status": "Declined", "WorkItemId": CALL, "DeclineDateTime": at(9)}
    (missed,) = work.work_item(declined, VOICE)
    assert isinstance(missed, Observation)
    assert (missed.kind, missed.agent, missed.values) == ("calls", USER, {"call_id": CALL, "outcome": "missed"})
    for none in (
        {**closed, "BotId": "0Xx5g00000AbCdEAAV"},
        {**row, "Status": "Opened"},
        {**declined, "WorkItemId": CASE},
    ):
        assert work.work_item(none, VOICE) == []
    assert work.work_item(declined, Sense()) == []  # calls come from elsewhere, or from nowhere


def test_calls_and_work_are_read_where_they_are_asked_for_and_there(make_scene: "Callable[..., Scene]") -> None:
    assert not OBSERVED & set(make_scene().connector.streams)
    scene = make_scene(calls="voice_call", agent_work=True)
    assert OBSERVED & set(scene.connector.streams) == {Stream.CALLS, Stream.WORK_ITEMS}
    agent = scene.state.account.agent_ids[0]
    scene.ticket(channel="voice", assignee_id=agent)
    scene.sandbox.advance(1000)
    told = [r for r in scene.records(Stream.CALLS) if isinstance(r, Observation)]
    assert [(r.kind, r.agent) for r in told] == [("phone_calls", None), ("calls", scene.state.org.ids[agent])]
    scene.sandbox.service.hidden.add("AgentWork.HandleTime")
    scene.sandbox.service.absent.add("VoiceCall")
    scene.connector.org.forget(at_once=True)
    with pytest.raises(Unavailable, match="HandleTime") as lacking:
        scene.pages(Stream.WORK_ITEMS)
    assert "AgentWork has no" in str(lacking.value)
    with pytest.raises(Unavailable, match="VoiceCall"):
        scene.pages(Stream.CALLS)


def test_calls_logged_as_tasks_are_found_among_all_tasks_and_read_again_once_set_aside(
    make_scene: "Callable[..., Scene]",
) -> None:
    scene = make_scene(calls="task")
    agent = scene.state.org.ids[scene.state.account.agent_ids[0]]
    task = {"OwnerId": agent, "IsClosed": True, "CallDurationInSeconds": 60}
    for kind in ({"CallType": "Inbound"}, {"TaskSubtype": "Call"}, {"TaskSubtype": "Task"}):
        scene.state.rows.add("Task", {**task, **kind}, author=agent)
    assert len(scene.records(Stream.CALLS)) == 2
    next(iter(scene.state.tables["Task"].rows.values()))["CreatedDate"] = None
    (page,) = scene.pages(Stream.CALLS)
    (reject,) = page.rejects
    mended = {**json.loads(reject.raw), "CreatedDate": at(0)}
    assert len(scene.connector.read_again(Stream.CALLS, json.dumps(mended)).records) == 1
