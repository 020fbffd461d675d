import json

import pytest

from connectors.base import Change, Conflicting, Delivered, InDoubt, Outcome, Refused, Snoozed, Target
from connectors.zendesk.jobs import Told, judged, refused, warning_in
from connectors.zendesk.payloads import JobStatus
from kpi_engine.message import message

KEYS = {"360011": "due_at", "360012": "escalation_level"}
CHANGES = [Change(1, Target.TICKET, "28", {"escalation_level": 1}), Change(2, Target.TICKET, "29", {"due_at": None})]


def record_invalid(details: object) -> str:
    return json.dumps({"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def reason(outcome: Outcome) -> str:
    assert isinstance(outcome, Refused)
    return str(outcome.reason)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            record_invalid({"base": [{"description": "KPI: level: is not a number", "ticket_field_id": 360012}]}),
            "Zendesk refuses the field escalation_level: base: KPI: level: is not a number",
        ),
        (
            record_invalid({"custom_fields_360011": [{"description": "too long"}]}),
            "Zendesk refuses the field due_at: custom_fields_360011: too long",
        ),
        (
            record_invalid({"status": [{"description": "Solved needs a cause"}], "type": ["missing"]}),
            "Zendesk refuses: status: Solved needs a cause type: missing",
        ),
        (record_invalid({"priority": "wrong"}), "Zendesk refuses: priority: wrong"),
        (json.dumps({"error": "Odd", "details": "text"}), 'Zendesk refuses: {"error": "Odd", "details": "text"}'),
        ("[1]", "Zendesk refuses: [1]"),
        ("3600125 is another", "Zendesk refuses: 3600125 is another"),
    ],
)
def test_a_refusal_names_the_field_it_is_about(told: str, words: str) -> None:
    assert reason(refused(told, 422, KEYS)) == words


def test_a_long_refusal_is_cut() -> None:
    assert len(reason(refused("x" * 9000))) < 600


@pytest.mark.parametrize(
    ("told", "status", "kind", "closed"),
    [
        (record_invalid({"status": [{"description": "Status closed prevents ticket update"}]}), 422, Refused, True),
        ("RecordNotFound", None, Refused, True),
        ("", 404, Refused, True),
        ("UpdateConflict", None, Conflicting, None),
        ("", 409, Conflicting, None),
        ("TooManyJobs", 429, Snoozed, None),
        ("odd", 422, Refused, False),
    ],
)
def test_what_zendesk_says_decides_what_becomes_of_a_write(
    told: str, status: int | None, kind: type[Outcome], *, closed: bool | None
) -> None:
    outcome = refused(told, status)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "closed", None) is closed


# Warnings


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (
            '{:allowed_parameters=>{:action=>"update", :unpermitted_keys=>["ticket.id"], :invalid_values=>[]}}',
            "Zendesk ignored ticket.id",
        ),
        (
            '{:unpermitted_keys=>["ticket.custom_fields.360011", "ticket.x", "ticket.x"], :invalid_values=>[]}',
            "Zendesk ignored ticket.custom_fields.360011 (due_at), ticket.x",
        ),
        (
            '{:unpermitted_keys=>[], :invalid_values=>["ticket.custom_fields.360012"]}',
            "Zendesk did not accept ticket.custom_fields.360012 (escalation_level)",
        ),
        ('{unpermitted_keys: ["a"], invalid_values: ["b"]}', "Zendesk ignored a and did not accept b"),
        ("Something new", "Zendesk warns: Something new"),
        ("{:unpermitted_keys=>[], :invalid_values=>[]}", None),
        ("", None),
    ],
)
def test_a_warning_says_what_was_left_out_in_our_words(header: str, words: str | None) -> None:
    told = warning_in({"X-Zendesk-API-Warn": header} if header else {}, KEYS)
    assert (None if told is None else str(told)) == words


# Jobs


def job(status: str, results: object = None) -> dict[int, Outcome]:
    warning = message("careful")
    return judged(
        JobStatus.model_validate({"id": "V3", "status": status, "results": results}), CHANGES, Told(KEYS, warning)
    )


@pytest.mark.parametrize("status", ["killed", "failed", "aborted", "completed"])
def test_fault_33_of_a_job_half_done_what_it_tells_counts_and_the_rest_is_to_be_looked_up(status: str) -> None:
    outcomes = job(status, [{"id": 28, "status": "Updated", "success": True}])
    assert outcomes[1] == Delivered(warning=message("careful"))
    assert isinstance(outcomes[2], InDoubt)
    assert status in str(outcomes[2].reason)


def test_an_items_refusal_names_its_field_whatever_shape_its_details_have() -> None:
    failed = {"id": 28, "success": False, "error": "RecordInvalid", "details": [{"ticket_field_id": 360012}]}
    assert reason(job("completed", [failed])[1]).startswith("Zendesk refuses the field escalation_level: ")


@pytest.mark.parametrize("results", [{"success": True}, None, [], "odd", [{"success": True}]])
def test_results_that_name_nothing_leave_everything_in_doubt(results: object) -> None:
    assert [type(outcome) for outcome in job("completed", results).values()] == [InDoubt, InDoubt]
