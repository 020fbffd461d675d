from collections.abc import Callable, Sequence
from typing import Any

import pytest

from connectors.base import Stream
from connectors.values import FollowedFields
from connectors.zendesk import exports
from connectors.zendesk.audits import ticket_events
from connectors.zendesk.streams import RESOURCES
from kpi_engine.records import EventKind, Record, TicketEvent

NOTHING = FollowedFields()
MAPPED = FollowedFields(mapped=frozenset({"27642"}))


def told(events: Sequence[TicketEvent]) -> list[tuple[str | None, str | None, str | None]]:
    return [(event.field, event.old, event.new) for event in events]


def test_a_triggers_changes_stand_inside_the_audit_of_a_person(page: Callable[[str], Any]) -> None:
    comment, status, group = ticket_events(page("event_of_a_person_and_a_trigger"), NOTHING)
    assert (comment.kind, comment.actor_id, comment.public) == (EventKind.COMMENTED, "35437", True)
    assert (status.kind, status.old, status.new, status.automatic) == (EventKind.CHANGED, "new", "open", False)
    assert (group.field, group.old, group.new, group.automatic) == ("group", None, "44", True)
    assert [event.position for event in (comment, status, group)] == [0, 1, 2]
    assert {(event.at, event.order, event.ticket_id) for event in (comment, status, group)} == {
        (1719792000, 926256957613, "123"),
    }
    assert len({event.event_id for event in (comment, status, group)}) == 3


def test_what_people_wrote_is_not_kept(page: Callable[[str], Any]) -> None:
    assert "chào" not in repr(ticket_events(page("event_of_a_person_and_a_trigger"), NOTHING))


def test_a_creation_opens_with_its_values(page: Callable[[str], Any]) -> None:
    events = ticket_events(page("event_of_a_creation"), MAPPED)
    assert told(events) == [
        ("status", None, "new"),
        ("requester", None, "7881"),
        ("tags", None, "giao_hang vip"),
        ("field:27642", None, "745"),
        (None, None, None),
    ]
    assert {event.kind for event in events[:4]} == {EventKind.OPENED_WITH}
    assert (events[4].kind, events[4].public, events[4].actor_id) == (EventKind.COMMENTED, True, "35436")
    assert events[4].event_id == "926256957613.5:comment"


def test_a_comment_is_not_told_twice(page: Callable[[str], Any]) -> None:
    row = page("event_of_a_person_and_a_trigger")
    row["child_events"].append({"comment_present": True, "comment_public": True, "event_type": "Change"})
    kinds = [event.kind for event in ticket_events(row, NOTHING)]
    assert kinds.count(EventKind.COMMENTED) == 1


def test_the_values_of_sla_fields_are_objects_and_ignored(page: Callable[[str], Any]) -> None:
    assert ticket_events(page("event_with_an_sla_object"), NOTHING) == []


def test_tags_without_a_previous_value_are_told_by_what_was_added_and_removed(page: Callable[[str], Any]) -> None:
    assert told(ticket_events(page("event_with_tags_added_and_removed"), NOTHING)) == [
        ("tags", "a b", "a c"),
        ("tags", None, "a"),
    ]


def test_the_shape_of_single_audits_is_understood_too(page: Callable[[str], Any]) -> None:
    events = ticket_events(page("event_in_the_shape_of_an_audit"), MAPPED)
    assert told(events) == [
        ("assignee", None, "6130907993114"),
        ("status", "new", "open"),
        ("field:27642", "745", "746"),
    ]
    assert [event.automatic for event in events] == [False, True, False]


@pytest.mark.parametrize("old", ["745", {"27642": "745"}])
def test_a_custom_fields_previous_value_may_be_plain_or_by_id(page: Callable[[str], Any], old: object) -> None:
    row = page("event_of_a_creation")
    row["child_events"] = [
        {"id": 1, "event_type": "Change", "custom_ticket_fields": {"27642": "746"}, "previous_value": old},
        {"id": 2, "event_type": "Change", "custom_ticket_fields": "odd", "previous_value": old},
        {"id": 3, "event_type": "Change", "27642": True, "previous_value": False},
    ]
    assert told(ticket_events(row, MAPPED)) == [("field:27642", "745", "746"), ("field:27642", "false", "true")]


def test_one_child_may_tell_of_several_properties(page: Callable[[str], Any]) -> None:
    row = page("event_of_a_creation")
    row["child_events"] = [{"id": 1, "event_type": "Create", "status": "new", "priority": "high", "assignee_id": None}]
    events = ticket_events(row, NOTHING)
    assert told(events) == [("status", None, "new"), ("priority", None, "high"), ("assignee", None, None)]
    assert len({event.event_id for event in events}) == 3


def test_the_tickets_type_is_told_apart_from_the_events_own(page: Callable[[str], Any]) -> None:
    row = page("event_of_a_creation")
    export = {"id": 1, "event_type": "Change", "type": "incident", "previous_value": "question"}
    single = {"id": 2, "type": "Change", "field_name": "type", "value": "problem", "previous_value": "incident"}
    moved = {"id": 3, "event_type": "Change", "organization_id": 9, "previous_value": None}
    row["child_events"] = [export, single, moved]
    assert told(ticket_events(row, NOTHING)) == [
        ("type", "question", "incident"),
        ("type", "incident", "problem"),
        ("organization", None, "9"),
    ]


def test_what_nobody_did_is_automatic_and_has_no_actor(page: Callable[[str], Any]) -> None:
    row = page("event_of_a_creation") | {"updater_id": -1, "via": None}
    row["child_events"] = [{"id": 1, "event_type": "Change", "status": "closed", "previous_value": "solved"}]
    event = ticket_events(row, NOTHING)[0]
    assert (event.automatic, event.actor_id) == (True, None)


@pytest.mark.parametrize("via", ["Rule", "rule", "Automation rule", {"channel": "trigger"}, {"channel": "system"}])
def test_a_rules_whole_audit_is_automatic(page: Callable[[str], Any], via: object) -> None:
    row = page("event_of_a_creation") | {"via": via}
    row["child_events"] = [{"id": 1, "event_type": "Change", "status": "closed", "previous_value": "solved"}]
    assert ticket_events(row, NOTHING)[0].automatic


def test_unknown_kinds_are_ignored(page: Callable[[str], Any]) -> None:
    row = page("event_of_a_creation")
    row["child_events"] = [
        {"id": 1, "event_type": "Sharing", "status": "x"},
        {"event_type": 5, "status": "x"},
    ]
    assert ticket_events(row, NOTHING) == []


def test_without_children_nothing_happened(page: Callable[[str], Any]) -> None:
    assert ticket_events(page("event_of_a_creation") | {"child_events": None}, NOTHING) == []


def test_a_schedule_assignment_without_any_schedule_says_nothing(page: Callable[[str], Any]) -> None:
    row = page("event_of_a_creation")
    row["child_events"] = [{"id": 1, "event_type": "ScheduleAssignment"}]
    assert ticket_events(row, NOTHING) == []


def test_a_schedule_assignment_that_names_one_is_taken(page: Callable[[str], Any]) -> None:
    row = page("event_of_a_creation")
    row["child_events"] = [{"id": 1, "event_type": "ScheduleAssignment", "schedule_id": 5, "previous_schedule_id": 4}]
    assert told(ticket_events(row, NOTHING)) == [("schedule", "4", "5")]


def test_the_export_time_serves_where_an_audit_has_none(page: Callable[[str], Any]) -> None:
    row = page("event_with_tags_added_and_removed") | {"created_at": None, "timestamp": 1719792009}
    assert ticket_events(row, NOTHING)[0].at == 1719792009


def test_an_event_without_time_is_unreadable(page: Callable[[str], Any]) -> None:
    row = page("event_with_tags_added_and_removed") | {"created_at": None, "timestamp": None}
    with pytest.raises(ValueError, match="without time"):
        ticket_events(row, NOTHING)


def test_an_audit_whose_id_is_no_number_cannot_be_placed(page: Callable[[str], Any]) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        ticket_events(page("event_with_tags_added_and_removed") | {"id": "abc"}, NOTHING)


# Surveys and merges


def told_by(row: dict[str, object], **changes: object) -> list[TicketEvent]:
    return ticket_events(
        {"id": 7, "ticket_id": 123, "timestamp": 1719792000, "updater_id": 5, **row, **changes}, NOTHING
    )


@pytest.mark.parametrize("kind", ["Survey offered", "SurveyOffered"])
def test_a_survey_that_went_out_is_an_event(kind: str) -> None:
    (event,) = told_by({"child_events": [{"id": 8, "event_type": kind}]})
    assert (event.kind, event.field, event.event_id) == (EventKind.SURVEY_OFFERED, None, "8:survey")


def test_a_legacy_survey_is_offered_by_a_rule_and_not_by_a_customer_who_takes_his_verdict_back() -> None:
    child = {"id": 8, "event_type": "SatisfactionRating", "score": "offered"}
    assert [event.kind for event in told_by({"child_events": [child], "via": "Rule"})] == [EventKind.SURVEY_OFFERED]
    assert told_by({"child_events": [child], "via": "Web form"}) == []
    assert told_by({"child_events": [child | {"score": "good"}], "via": "Rule"}) == []


def test_both_tickets_of_a_merge_tell_of_one_event_on_the_one_merged_away() -> None:
    away = {"channel": "web", "source": {"from": {}, "to": {"ticket_id": 456}, "rel": "merge"}}
    into = {"channel": "web", "source": {"from": {"ticket_ids": [123, 124]}, "to": {}, "rel": "merge"}}
    first = told_by({"via": away})
    second = told_by({"via": into}, ticket_id=456)
    assert [(event.ticket_id, event.field, event.new) for event in second] == [
        ("123", "merged_into", "456"),
        ("124", "merged_into", "456"),
    ]
    assert first[0].event_id == second[0].event_id
    assert (first[0].kind, first[0].old, first[0].actor_id) == (EventKind.CHANGED, None, "5")


@pytest.mark.parametrize(
    "source", [None, "merge", {"rel": None}, {"rel": "merge"}, {"rel": "merge", "from": {"ticket_id": 123}, "to": 4}]
)
def test_a_via_that_names_no_other_ticket_tells_of_no_merge(source: object) -> None:
    assert told_by({"via": {"channel": "web", "source": source}}) == []


@pytest.mark.parametrize(
    "child",
    [
        {"id": 1, "event_type": "Change", "status": "solved", "previous_value": "open"},
        {"id": 1, "type": "Change", "field_name": "group_id", "value": "7", "previous_value": "5"},
        {"id": 1, "event_type": "Change", "tags": ["a", "b"], "previous_value": ["a"]},
    ],
)
def test_a_row_that_was_set_aside_tells_the_same_when_it_is_read_again(child: dict[str, object]) -> None:
    row = {"id": 9, "ticket_id": 1, "created_at": "2026-11-23T02:00:00Z", "updater_id": 5, "child_events": [child]}
    aside = exports.rows_as_page("ticket_events", [row], _refusing, FollowedFields()).rejects[0]
    again = exports.read_again(RESOURCES[Stream.HISTORY], aside.raw, FollowedFields())
    assert list(again.records) == ticket_events(row, FollowedFields())
    assert again.records


def test_what_a_custom_field_was_is_not_kept_when_a_row_is_set_aside() -> None:
    child = {"id": 1, "event_type": "Change", "custom_ticket_fields": {"27642": "secret"}, "previous_value": "secret"}
    aside = exports.rows_as_page("ticket_events", [{"id": 9, "child_events": [child]}], _refusing, FollowedFields())
    assert "secret" not in aside.rejects[0].raw


def _refusing(_row: object, _followed: FollowedFields) -> list[Record]:
    raise ValueError("of no known shape")
