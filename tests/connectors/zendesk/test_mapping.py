import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Change, SummaryTicket, Target
from connectors.time_zones import iana
from connectors.values import FollowedFields
from connectors.zendesk import mapping
from kpi_engine.records import Rating

NOTHING = FollowedFields()
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")


def test_an_exported_ticket_becomes_a_snapshot_ordered_by_its_generated_timestamp(page: Callable[[str], Any]) -> None:
    snapshot = mapping.ticket(page("exported_ticket"), NOTHING)[0]
    assert (snapshot.ticket_id, snapshot.version, snapshot.created_at) == ("28", 1695052663, 1695052662)
    assert (snapshot.status, snapshot.priority, snapshot.channel) == ("new", None, "api")
    assert snapshot.requester_id == "6130907993114"
    assert snapshot.form_id == "6130830344474"
    assert snapshot.tags == ()


@pytest.mark.parametrize(
    ("row", "follows"),
    [
        ({"via": {"channel": "email", "source": {"rel": "follow_up", "from": {"ticket_id": 613090}}}}, "613090"),
        ({"via": {"channel": "web", "source": {"rel": "follow_up", "from": None}}, "via_followup_source_id": 7}, "7"),
        ({"via": {"channel": "web", "source": None}, "followup_source_id": 7}, "7"),
        ({"via": {"channel": "web", "source": {"rel": "merge", "from": {"ticket_id": 7}}}}, None),
        ({"via": "web"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_ticket_tells_which_closed_one_it_follows_up(
    page: Callable[[str], Any], row: dict[str, object], follows: str | None
) -> None:
    assert mapping.ticket(page("exported_ticket") | row, NOTHING)[0].follows == follows


def test_a_ticket_outside_the_exports_is_ordered_by_its_update(page: Callable[[str], Any]) -> None:
    row = page("exported_ticket")
    del row["generated_timestamp"]
    assert mapping.ticket(row, NOTHING)[0].version == 1695052662


def test_deleted_and_scrubbed_tickets_are_tickets(page: Callable[[str], Any]) -> None:
    found = [mapping.ticket(page(name), NOTHING)[0] for name in ("deleted_ticket", "scrubbed_ticket")]
    assert [snapshot.status for snapshot in found] == ["deleted", "deleted"]


def test_what_people_wrote_is_not_kept(page: Callable[[str], Any]) -> None:
    row = page("exported_ticket") | {"subject": "PRIVATE", "description": "PRIVATE"}
    assert "PRIVATE" not in repr(mapping.ticket(row, FollowedFields(mapped=frozenset({"27642"}))))


def test_only_followed_custom_fields_are_kept(page: Callable[[str], Any]) -> None:
    assert mapping.ticket(page("exported_ticket"), NOTHING)[0].fields == {}
    followed = FollowedFields(mapped=frozenset({"27642"}))
    assert mapping.ticket(page("exported_ticket"), followed)[0].fields == {"27642": "745"}


def test_our_own_fields_are_read_in_our_kinds(page: Callable[[str], Any]) -> None:
    followed = FollowedFields({"11": "due_at", "12": "escalation_level", "13": "overdue", "14": "overdue_clock"})
    row = page("field_values_as_text")["tickets"][0]
    assert mapping.ticket(row, followed)[0].fields == {"11": 1795343400, "12": 2, "13": False, "14": "by hand"}


def test_an_update_before_the_creation_is_impossible(page: Callable[[str], Any]) -> None:
    row = page("exported_ticket") | {"updated_at": "2023-09-17T15:57:42Z"}
    with pytest.raises(ValueError, match="before created_at"):
        mapping.ticket(row, NOTHING)


@pytest.mark.parametrize(
    "wrong",
    ["2023-09-18T15:57:42", "0000-00-00T00:00:00Z", "9999-01-01T00:00:00Z", "yesterday", True, None, 1.5],
)
def test_a_time_that_is_no_time_makes_the_row_unreadable(page: Callable[[str], Any], wrong: object) -> None:
    with pytest.raises(ValueError, match="created_at"):
        mapping.ticket(page("exported_ticket") | {"created_at": wrong}, NOTHING)


@pytest.mark.parametrize("wrong", [True, None, "", 2.5, {}])
def test_an_id_that_is_no_id_makes_the_row_unreadable(page: Callable[[str], Any], wrong: object) -> None:
    with pytest.raises(ValueError, match="id"):
        mapping.ticket(page("exported_ticket") | {"id": wrong}, NOTHING)


def test_ids_may_come_as_text(page: Callable[[str], Any]) -> None:
    snapshot = mapping.ticket(page("exported_ticket") | {"id": "28", "assignee_id": "", "tags": None}, NOTHING)[0]
    assert (snapshot.ticket_id, snapshot.assignee_id, snapshot.tags) == ("28", None, ())


def test_times_may_carry_an_offset_and_fractions(page: Callable[[str], Any]) -> None:
    row = page("exported_ticket") | {
        "created_at": "2023-09-18T22:57:42+07:00",
        "updated_at": "2023-09-18T15:57:42.900Z",
        "via": "Mail",
    }
    snapshot = mapping.ticket(row, NOTHING)[0]
    assert (snapshot.created_at, snapshot.updated_at, snapshot.channel) == (1695052662, 1695052662, "Mail")


def test_text_is_made_fit_for_every_store(page: Callable[[str], Any]) -> None:
    row = page("exported_ticket") | {"tags": ["e\u0302", "a\0b", json.loads('"\\ud800"')], "via": None}
    assert mapping.ticket(row, NOTHING)[0].tags == ("ê", "ab", "\ufffd")


def test_an_offered_rating_has_no_verdict(page: Callable[[str], Any]) -> None:
    found = mapping.rating(page("rating_offered"), NOTHING)[0]
    assert (found.category, found.score, found.version) == (None, None, 1311202529)


def test_a_verdict_is_dated_by_its_last_change(page: Callable[[str], Any]) -> None:
    found = mapping.rating(page("rating_good"), NOTHING)[0]
    assert (found.category, found.at, found.version) == ("good", 1311288929, 1311288929)
    assert (found.ticket_id, found.agent_id, found.group_id) == ("208", "135", "44")


@pytest.mark.parametrize(
    ("restriction", "access"),
    [(None, "all"), ("groups", "groups"), ("assigned", "assigned"), ("organization", "all")],
)
def test_an_agents_ticket_access(restriction: str | None, access: str) -> None:
    found = mapping.agent({"id": 7, "name": "An", "role": "agent", "ticket_restriction": restriction}, NOTHING)[0]
    assert (found.agent_id, found.ticket_access, found.active, found.bot) == ("7", access, True, False)


def test_a_suspended_agent_is_not_active() -> None:
    found = mapping.agent({"id": 7, "name": "An", "suspended": True, "active": None}, NOTHING)[0]
    assert (found.active, found.role) == (False, "end-user")


def test_a_visitor_is_no_agent(page: Callable[[str], Any]) -> None:
    with pytest.raises(ValueError, match="without id"):
        mapping.agent(page("anonymous_visitor")["user"], NOTHING)


def test_groups_and_memberships() -> None:
    group = mapping.group({"id": 3, "name": "KPI", "is_public": False, "deleted": True}, NOTHING)[0]
    assert (group.group_id, group.active, group.private) == ("3", False, True)
    found = mapping.membership({"id": 1, "user_id": 7, "group_id": 3, "default": True}, NOTHING)[0]
    assert (found.membership_id, found.agent_id, found.group_id) == ("1", "7", "3")


def test_a_schedules_week_begins_on_monday(page: Callable[[str], Any]) -> None:
    schedule = mapping.schedule(page("schedule_in_rails_zone"), NOTHING)[0]
    assert schedule.zone == "America/New_York"
    assert schedule.week[0] == ((540, 1020),)
    assert schedule.week[1] == ((540, 1020),)
    assert schedule.week[6] == ((0, 60),)
    assert schedule.week[2:6] == ((), (), (), ())
    assert schedule.holidays == (("2023-12-31", "2024-01-02"),)


def test_an_interval_that_closes_before_it_opens_is_refused(page: Callable[[str], Any]) -> None:
    row = page("schedule_in_rails_zone") | {"intervals": [{"start_time": 60, "end_time": 60}]}
    with pytest.raises(ValueError, match="closes before it opens"):
        mapping.schedule(row, NOTHING)


def test_zones_may_have_iana_names_already() -> None:
    assert iana("Asia/Ho_Chi_Minh") == "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize("name", ["Atlantis", "../../etc/passwd", ""])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        iana(name)


def test_a_ticket_update_lists_only_the_fields_that_change() -> None:
    change = Change(1, Target.TICKET, "28", {"due_at": 1795343459, "overdue": None, "resolution_minutes": 12})
    ids = {"due_at": "11", "overdue": "13", "resolution_minutes": "15"}
    assert mapping.ticket_update(change, ids, SAIGON) == {
        "id": 28,
        "custom_fields": [
            {"id": 11, "value": "2026-11-22 17:30 +07:00"},
            {"id": 13, "value": False},
            {"id": 15, "value": 12},
        ],
    }


def test_a_cleared_due_time_is_sent_as_nothing() -> None:
    change = Change(1, Target.TICKET, "x9", {"due_at": None})
    update = mapping.ticket_update(change, {"due_at": "11"}, SAIGON)
    assert update == {"id": "x9", "custom_fields": [{"id": 11, "value": None}]}


def test_an_agents_figures_are_written_under_their_keys() -> None:
    change = Change(1, Target.AGENT, "7", {"first_reply": 12.5})
    assert mapping.user_update(change, {"first_reply": "kpi_first_reply"}) == {
        "id": 7,
        "user_fields": {"kpi_first_reply": 12.5},
    }


def test_a_summary_is_imported_open_with_a_private_note_by_ourselves() -> None:
    summary = SummaryTicket("kpi:1", "Week 47", "<p>{{ticket.id}} {% x %}</p>", "t", ("helpdesk-kpi",), "7", "KPI")
    assert mapping.summary_import(summary, "900", "3") == {
        "external_id": "kpi:1",
        "subject": "Week 47",
        "comments": [
            {"author_id": 900, "html_body": "<p>{&#8203;{ticket.id}} {&#8203;% x %}</p>", "public": False},
        ],
        "tags": ["helpdesk-kpi"],
        "requester_id": 900,
        "status": "open",
        "assignee_id": 7,
        "group_id": 3,
    }


def test_a_summary_without_place_names_none() -> None:
    summary = SummaryTicket("kpi:1", "Week 47", "<p></p>", "t", (), None, None)
    assert {"assignee_id", "group_id"}.isdisjoint(mapping.summary_import(summary, "900", None))


# Zendesk's own figures, clocks and policies


def test_a_metric_set_keeps_zendesks_names_and_what_is_not_there_yet(page: Callable[[str], Any]) -> None:
    (found,) = mapping.metric_set(page("metric_set"), NOTHING)
    assert found.ticket_id == "28"
    assert found.minutes == {
        "reply_time.calendar": 16,
        "reply_time.business": None,
        "first_resolution_time.calendar": None,
        "first_resolution_time.business": None,
    }
    assert found.counts == {"replies": 1, "reopens": 0, "assignee_stations": 0, "group_stations": 0}
    assert found.instants["solved_at"] is None
    assert found.instants["assigned_at"] == 1_595_226_086
    assert found.version == 1_595_294_236


def test_a_metric_set_may_lack_figures_and_hold_odd_ones(page: Callable[[str], Any]) -> None:
    row = page("metric_set") | {"custom_status_updated_at": "once", "reply_time_in_minutes": None}
    del row["replies"]
    (found,) = mapping.metric_set(row, NOTHING)
    assert "replies" not in found.counts
    assert "reply_time.calendar" not in found.minutes
    assert found.instants["custom_status_updated_at"] is None


def test_a_clock_event_tells_its_target_in_seconds() -> None:
    sla = {"target": 1440, "target_in_seconds": 86400, "business_hours": False, "policy": {"id": 360001113485}}
    row = {"id": 363482654384, "ticket_id": 1212, "metric": "reply_time", "instance_id": 1, "type": "apply_sla"}
    (found,) = mapping.metric_event(row | {"time": "2020-10-26T12:53:12Z", "sla": sla, "deleted": False}, NOTHING)
    assert (found.event_id, found.ticket_id, found.metric, found.instance) == ("363482654384", "1212", "reply_time", 1)
    assert (found.kind, found.at) == ("apply_sla", 1_603_716_792)
    assert (found.target, found.business_hours, found.policy_id) == (86_400, False, "360001113485")
    assert not found.withdrawn


def test_a_clock_event_that_zendesk_took_back_is_withdrawn() -> None:
    row = {"id": 1, "ticket_id": 2, "metric": "reply_time", "type": "breach", "time": "2020-10-26T12:53:12Z"}
    (found,) = mapping.metric_event(row | {"deleted": True}, NOTHING)
    assert found.withdrawn
    assert (found.target, found.business_hours, found.policy_id) == (None, None, None)


@pytest.mark.parametrize(
    ("applied", "seconds"),
    [({"target": 60}, 3600), ({"target": 3600, "target_in_seconds": 3600}, 3600), ({"target": None}, None), ({}, None)],
)
def test_targets_are_minutes_unless_told_in_seconds(applied: dict[str, object], seconds: int | None) -> None:
    assert mapping.target_seconds(applied) == seconds


def test_sla_policies_of_both_kinds_keep_their_conditions_and_tell_targets_in_seconds() -> None:
    metric = {"priority": "low", "metric": "first_reply_time", "target": 60, "business_hours": False}
    conditions = {"all": [{"field": "type", "operator": "is", "value": "incident"}], "any": []}
    row = {"id": "01H078", "title": "Tier 1", "position": 3, "filter": conditions, "policy_metrics": [metric]}
    (found,) = mapping.sla_policy(row, NOTHING)
    assert (found.policy_id, found.title, found.position) == ("01H078", "Tier 1", 3)
    assert found.body == {"filter": conditions, "policy_metrics": [{**metric, "target_in_seconds": 3600}]}


def test_a_custom_status_belongs_to_a_category() -> None:
    row = {"id": 35436, "agent_label": "Chờ", "status_category": "hold", "active": False}
    (found,) = mapping.custom_status(row, NOTHING)
    assert (found.custom_status_id, found.label, found.status, found.active) == ("35436", "Chờ", "hold", False)


# What a ticket shows of its rating


def rating(category: str | None, version: int = 1, rating_id: str = "7") -> Rating:
    return Rating(
        ticket_id="28", rating_id=rating_id, at=version, version=version, category=category, score=None, scale=None,
        agent_id=None, group_id=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "known", "wanted"),
    [
        (None, [], None),
        ({"score": "unoffered"}, [], None),
        ({"score": "offered"}, [rating(None)], None),
        ({"score": "good", "id": 9}, [], "9"),
        ({"score": "good"}, [], ""),
        ({"score": "good", "id": 7}, [rating("good")], None),
        ({"score": "bad", "id": 7}, [rating("good")], "7"),
        ({"score": "good", "id": 7}, [rating("bad", 1), rating("good", 2)], None),
        ({"score": "offered"}, [rating("bad")], "7"),
        ({"score": "bad"}, [rating("neutral")], None),
        ({"score": "offered"}, [rating("neutral")], "7"),
    ],
)
def test_a_ticket_that_shows_another_rating_names_the_one_to_fetch(
    page: Callable[[str], Any], shown: dict[str, object] | None, known: list[Rating], wanted: str | None
) -> None:
    (ticket,) = mapping.ticket(page("exported_ticket") | {"satisfaction_rating": shown}, NOTHING)
    assert mapping.unseen_rating(ticket, known) == wanted
