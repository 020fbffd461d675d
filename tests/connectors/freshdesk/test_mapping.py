import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import SummaryTicket, Target, WantedField
from connectors.errors import UnexpectedPayloadError
from connectors.freshdesk import mapping, setup
from connectors.freshdesk.payloads import TicketField
from connectors.http import Answer
from connectors.values import FollowedFields

PAGES = Path(__file__).with_name("pages")
OPENED, PENDING, UPDATED = 1_668_614_597, 1_668_614_605, 1_668_615_425
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")


def page(name: str, **changes: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    return {**found, **changes}


def stats(**changes: str) -> dict[str, Any]:
    return {**page("ticket_with_stats")["stats"], "pending_since": None, **changes}


def test_a_ticket_is_a_snapshot_with_the_stamps_of_its_statuses() -> None:
    ours = {"cf_kpi_overdue_1": "overdue", "cf_kpi_due_at_2": "due_at"}
    (shot,) = mapping.ticket(page("ticket_with_stats"), FollowedFields(ours, frozenset({"cf_topic"})), 7)
    assert (shot.ticket_id, shot.version, shot.created_at) == ("22", UPDATED, OPENED)
    assert (shot.status, shot.priority, shot.channel, shot.assignee_id) == ("3", "low", "phone", "67013469919")
    assert (shot.begins_as, shot.entered, shot.after) == ("2", {"3": PENDING}, 7)
    assert shot.fields == {"cf_kpi_overdue_1": True, "cf_kpi_due_at_2": 1_669_113_000, "cf_topic": "refund"}


@pytest.mark.parametrize(
    ("status", "stamps", "entered"),
    [
        (2, {"reopened_at": "2022-11-16T16:10:00Z", "status_updated_at": "2022-11-16T16:10:00Z"}, {"2": 1_668_615_000}),
        (4, {"resolved_at": "2022-11-16T16:10:00Z"}, {"4": 1_668_615_000}),
        (5, {"resolved_at": "2022-11-16T16:10:00Z", "closed_at": "2022-11-16T16:10:00Z"}, {"5": 1_668_615_000}),
        (8, {"status_updated_at": "2022-11-16T16:10:00Z"}, {"8": 1_668_615_000}),
        (2, {"status_updated_at": "2022-11-16T16:03:00Z"}, {"2": OPENED}),
    ],
)
def test_a_status_is_entered_when_its_stamp_says(status: int, stamps: dict[str, str], entered: dict[str, int]) -> None:
    row = page("ticket_with_stats", status=status, stats=stats(**stamps))
    assert mapping.ticket(row, FollowedFields())[0].entered == entered


def test_type_and_company_go_along() -> None:
    (shot,) = mapping.ticket(page("ticket_with_stats", type="Incident", company_id=901), FollowedFields())
    assert (shot.ticket_type, shot.organization_id) == ("Incident", "901")


def test_deleted_tickets_and_spam_are_statuses_of_their_own() -> None:
    shown = [
        mapping.ticket(page("ticket_with_stats", **{mark: True}), FollowedFields())[0] for mark in ("deleted", "spam")
    ]
    assert [mapping.STATUSES[shot.status] for shot in shown] == ["deleted", "deleted"]


def test_a_ticket_changed_before_it_was_made_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="before"):
        mapping.ticket(page("ticket_with_stats", updated_at="2021-01-01T00:00:00Z"), FollowedFields())


def test_bug_09_unknown_sources_are_shown_by_number_and_a_description_opens_the_ticket_once() -> None:
    shot = mapping.ticket(page("ticket_with_stats", source=15), FollowedFields())[0]
    assert shot.channel == "15"
    ticket = mapping.payloads.Ticket.model_validate(page("ticket_with_stats"))
    first = mapping.opening(ticket)
    assert (first.at, first.actor_id, first.event_id) == (OPENED, "67032849498", "description")
    (said,) = mapping.conversation("22", 0, page("conversation"))
    assert (said.actor_id, said.public, said.automatic, said.at) == ("67013469919", True, False, 1_668_615_418)


def test_an_outbound_mail_was_written_by_the_agent_who_has_it() -> None:
    ticket = mapping.payloads.Ticket.model_validate(page("ticket_with_stats", source=10))
    assert mapping.opening(ticket).actor_id == "67013469919"


@pytest.mark.parametrize("mark", [{"auto_response": True}, {"automation_id": 5}])
def test_what_a_rule_says_is_automatic(mark: dict[str, Any]) -> None:
    (said,) = mapping.conversation("22", 0, page("conversation", **mark))
    assert said.automatic


def test_a_surveys_answer_is_no_message_and_a_merge_is_told_by_its_note() -> None:
    assert list(mapping.conversation("22", 0, page("conversation", source=6))) == []
    note = page("conversation", source=2, private=True, body_text="This ticket is closed and merged into ticket 17.")
    merge, said = mapping.conversation("22", 0, note)
    assert (merge.field, merge.new, said.public) == ("merged_into", "17", False)


@pytest.mark.parametrize(
    ("verdict", "category"),
    [
        (103, "good"),
        (101, "good"),
        (100, "neutral"),
        (-101, "bad"),
        (-103, "bad"),
        (1, "good"),
        (2, "neutral"),
        (3, "bad"),
    ],
)
def test_ratings_are_good_neutral_or_bad_on_either_scale(verdict: int, category: str) -> None:
    row = {
        "id": 102, "survey_id": 1, "user_id": 2, "agent_id": 1, "feedback": "x", "group_id": None, "ticket_id": 432,
        "ratings": {"default_question": verdict, "question_67000084816": -103},
        "created_at": "2015-08-28T09:08:16Z", "updated_at": "2015-08-28T09:08:16Z",
    }  # fmt: skip
    assert [rating.category for rating in mapping.rating(row, "default_question")] == [category]
    assert mapping.rating(row, "question_67000084816")[0].category == "bad"
    assert mapping.rating({**row, "ratings": {"question_2": 103}}, "default_question")[0].category is None


def test_a_verdict_on_no_known_scale_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="no scale"):
        mapping.category(7)


@pytest.mark.parametrize(
    ("text", "minutes"), [("8:00 am", 480), ("08:00:00 am", 480), ("12:00 am", 0), ("12:30 PM", 750), ("20:15", 1215)]
)
def test_bug_10_times_of_day_come_in_several_formats(text: str, minutes: int) -> None:
    assert mapping.minutes(text) == minutes


def hours(**days: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": 67000039282, "name": "Default", "is_default": True, "time_zone": "Magadan", "business_hours": days,
        "created_at": "2020-10-22T02:37:13Z",
    }  # fmt: skip


def test_bug_10_business_hours_are_read_in_rails_zones_and_a_missing_day_is_closed() -> None:
    row = hours(
        monday={"start_time": "8:00 am", "end_time": "5:00 pm"},
        friday={"start_time": "9:00 am", "end_time": "11:59:59 pm"},
    )
    (schedule,) = mapping.schedule(row)
    assert (schedule.zone, schedule.default) == ("Asia/Magadan", True)
    assert schedule.week == (((480, 1020),), (), (), (), ((540, 1440),), (), ())


@pytest.mark.parametrize(
    "day", [{"start_time": "soon", "end_time": "5 pm"}, {"start_time": "6:00 pm", "end_time": "5:00 pm"}]
)
def test_hours_that_cannot_be_meant_are_rejected(day: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"time of day|before they begin"):
        mapping.schedule(hours(monday=day))


def test_statuses_go_by_number_and_the_agents_label() -> None:
    row = {"id": 1, "name": "status", "choices": {"2": ["Open", "Being Processed"], "8": "Chờ"}}
    assert [(each.custom_status_id, each.label, each.status) for each in mapping.statuses(row)] == [
        ("2", "Open", "2"),
        ("8", "Chờ", "8"),
    ]
    assert mapping.statuses({**row, "choices": ["a"]}) == []


def test_a_summarys_tag_is_deterministic_and_fits_a_tag() -> None:
    summary = SummaryTicket("helpdesk-kpi:a", "S", "<p>1</p>", "1", ("helpdesk-kpi",), None, None)
    tag = mapping.summary_tag("helpdesk-kpi:a")
    assert mapping.summary_ticket(summary, "7", "9")["tags"] == ["helpdesk-kpi", tag]
    assert tag == mapping.summary_tag("helpdesk-kpi:a") != mapping.summary_tag("helpdesk-kpi:b")
    assert len(tag) <= 32


WANTED = WantedField(Target.TICKET, "overdue", "yes_no", "KPI: overdue", "Whether it is.")


def definition(**changes: object) -> TicketField:
    usual = {"id": 1, "name": "cf_kpi_overdue_297457", "label": "KPI: overdue", "type": "custom_checkbox"}
    return TicketField.model_validate({**usual, **changes})


def test_a_field_is_known_by_the_name_read_back_even_when_renamed() -> None:
    remembered = {(Target.TICKET, "overdue"): "cf_kpi_overdue_297457"}
    (found,) = setup.compared([WANTED], [definition(label="Trễ hạn")], remembered)
    assert (found.remote_id, found.remote_title, found.made_by_us) == ("cf_kpi_overdue_297457", "Trễ hạn", False)


def test_a_field_of_the_wrong_type_and_one_for_agents_are_problems() -> None:
    (wrong,) = setup.compared([WANTED], [definition(type="custom_text")], {})
    assert "custom_text" in str(wrong.problem)
    agent = WantedField(Target.AGENT, "solved", "number", "Solved", "")
    (none,) = setup.compared([agent], [], {})
    assert none.remote_id is None
    assert "summary" in str(none.problem)


def test_an_answer_that_names_no_field_is_unexpected() -> None:
    with pytest.raises(UnexpectedPayloadError):
        setup.created_name(Answer(201, {}, {}, None))
