"""What rows mean: owners told twice, words said by whom, statuses of the org's own, clocks, days off."""

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Named, Stream, Unavailable
from connectors.errors import RefusedError, SettingError, UnexpectedPayloadError
from connectors.salesforce import history, holidays, lists, mapping, payloads, pulling, sense, soql, values
from connectors.salesforce.resources import CASES
from connectors.salesforce.sense import Sense
from connectors.sandbox.world.verbs import Comment, Opening
from kpi_engine.records import (
    CustomStatus,
    Field,
    MetricEvent,
    Rating,
    Schedule,
    TicketEvent,
    TicketSnapshot,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.connectors.salesforce.conftest import Scene

STAMPS = {"CreatedDate": "2026-11-20T02:00:00.000+0000", "SystemModstamp": "2026-11-20T03:00:00.000Z"}
CASE = {"Id": "5005g00000AbCdEAAV", "Status": "New", "OwnerId": "0055g00000XyzabAAB", **STAMPS}


def events(scene: "Scene", ticket_id: str) -> list[TicketEvent]:
    found = [record for stream in (Stream.TICKETS, Stream.HISTORY) for record in scene.records(stream)]
    return [event for event in found if isinstance(event, TicketEvent) and event.ticket_id == ticket_id]


def snapshots(scene: "Scene") -> dict[str, TicketSnapshot]:
    return {one.ticket_id: one for one in scene.records(Stream.TICKETS) if isinstance(one, TicketSnapshot)}


def test_an_owners_two_rows_are_one_change_and_the_queue_stays_the_team(scene: "Scene") -> None:
    """In a queue, taken by an agent, handed to another, put into another queue."""
    account, ids = scene.state.account, scene.state.org.ids
    (one, two), (first, second) = account.agent_ids[:2], account.group_ids[:2]
    ticket = scene.ticket(group_id=first)
    scene.state.change(ticket.id, one, assignee_id=one)
    scene.state.change(ticket.id, one, assignee_id=two)
    scene.state.change(ticket.id, two, assignee_id=None, group_id=second)
    told = [(event.field, event.old, event.new) for event in events(scene, ticket.key) if event.field is not None]
    assert told == [
        (Field.GROUP, None, ids[first]),
        (Field.ASSIGNEE, None, ids[one]),
        (Field.GROUP, ids[first], ids[first]),
        (Field.ASSIGNEE, ids[one], ids[two]),
        (Field.ASSIGNEE, ids[two], None),
        (Field.GROUP, None, ids[second]),
    ]


def test_who_spoke_is_told_whatever_the_channel(scene: "Scene") -> None:
    """A mail, an agent's answer, a note; a call noted down; an agent's own case."""
    account, org = scene.state.account, scene.state.org
    agent, customer = account.agent_ids[0], account.customer_ids[0]
    words = Comment("Gọi hỏi bảo hành.", author_id=customer)
    call = Opening(requester_id=customer, author_id=agent, subject="Gọi", comment=words, channel="voice")
    mailed, called = scene.ticket(), scene.state.open(call)
    noted = scene.ticket(author=agent, public=False)
    for ticket in (mailed, called):
        scene.state.comment(ticket.id, agent)
        scene.state.comment(ticket.id, agent, public=False)
        scene.state.comment(ticket.id, customer)
    scene.state.rows.add(
        "EmailMessage", {"ParentId": mailed.key, "Incoming": False, "Status": "5"}, author=org.ids[agent]
    )
    contact, user = org.contacts[customer], org.ids[agent]
    for ticket in (mailed, called):
        said = [(e.actor_id, e.public) for e in events(scene, ticket.key) if e.public is not None]
        assert sorted(said, key=repr) == sorted(
            [(contact, True), (user, True), (user, False), (contact, True)], key=repr
        )
    found = snapshots(scene)
    assert [(e.actor_id, e.public) for e in events(scene, noted.key)] == [(user, False)]
    assert (found[called.key].submitter_id, found[called.key].requester_id) == (user, contact)
    assert found[mailed.key].submitter_id == contact
    assert found[noted.key].submitter_id == user


def test_statuses_count_by_their_names_their_default_and_whether_they_close(scene: "Scene") -> None:
    found = {one.custom_status_id: one.status for one in scene.records(Stream.CUSTOM_STATUSES)}  # type: ignore[union-attr]  # statuses alone
    assert found == {
        "New": "new",
        "Working": "open",
        "Waiting on Customer": "pending",
        "On Hold": "hold",
        "Waiting on Supplier": "open",
        "Closed": "solved",
    }
    ticket = scene.ticket(status="open")
    agent = scene.state.account.agent_ids[0]
    scene.state.wait_for_supplier(ticket.id, agent)
    scene.state.change(ticket.id, agent, status="solved")
    told = [(e.field, e.old, e.new) for e in events(scene, ticket.key) if e.field is not None]
    assert told == [
        (Field.CUSTOM_STATUS, "Working", "Waiting on Supplier"),
        (Field.STATUS, "open", "solved"),
        (Field.CUSTOM_STATUS, "Waiting on Supplier", "Closed"),
    ]
    assert sense.status_of("Gone", Sense()).status == "Gone"


def test_record_types_and_business_hours_are_told_by_their_ids_where_they_are_tracked(scene: "Scene") -> None:
    types, ticket = scene.state.org.record_types, scene.ticket()
    own, (first, other) = scene.sandbox.service.own_id, list(scene.state.tables["BusinessHours"].rows)
    scene.state.rows.write(ticket, own, {"RecordTypeId": types["test"], "BusinessHoursId": other})
    scene.state.rows.write(ticket, own, {"RecordTypeId": None})
    told = [(event.field, event.old, event.new) for event in events(scene, ticket.key) if event.field is not None]
    assert told == [
        (Field.FORM, None, types["test"]),
        (Field.SCHEDULE, first, other),
        (Field.FORM, types["test"], None),
    ]
    assert scene.connector.untold == frozenset()
    scene.state.rows.tracked -= {"RecordTypeId", "Priority"}
    scene.connector.org.forget(at_once=True)
    assert scene.connector.untold == {Field.FORM, Field.PRIORITY}
    scene.sandbox.service.absent.add("CaseHistory")
    scene.connector.org.forget(at_once=True)
    assert scene.connector.untold > {Field.STATUS, Field.CUSTOM_STATUS, Field.ASSIGNEE, Field.GROUP, Field.SCHEDULE}


def test_deleted_and_merged_cases_are_told_with_where_they_went(scene: "Scene") -> None:
    gone, away, into = scene.ticket(), scene.ticket(), scene.ticket()
    scene.state.delete(gone.id)
    scene.state.comment(away.id, scene.state.account.customer_ids[0])
    scene.state.merge(away.id, into.id, scene.state.account.agent_ids[0])
    found = snapshots(scene)
    assert found[gone.key].status == "deleted"
    assert (found[away.key].status, found[away.key].tags) == ("closed", ("closed_by_merge",))
    assert [e.new for e in events(scene, away.key) if e.field == "merged_into"] == [into.key]


def test_priorities_are_ours_and_a_strange_one_stays(make_scene: "Callable[..., Scene]") -> None:
    own = Sense(priorities={"Khẩn": "urgent"})
    words = ("Medium", "CRITICAL", "Khẩn", "P9", None)
    assert [sense.priority(word, own) for word in words] == ["normal", "urgent", "urgent", "P9", None]
    scene = make_scene(priorities={"Critical": "high"})
    ticket = scene.ticket(priority="urgent")
    assert snapshots(scene)[ticket.key].priority == "high"


def test_a_tracked_rating_is_dated_to_the_second_and_a_withdrawn_one_is_none(scene: "Scene") -> None:
    ticket = scene.ticket()
    scene.state.rate(ticket.id, "bad")
    scene.sandbox.advance(60)
    scene.state.rate(ticket.id, "good")
    scene.sandbox.advance(60)
    scene.state.rate(ticket.id, "offered")
    at = scene.state.world.second
    found = [(r.at, r.score) for r in scene.records(Stream.RATINGS) if isinstance(r, Rating)]
    assert found == [(at - 120, 1), (at - 60, 5), (at, None)]
    assert scene.connector.unseen_rating(snapshots(scene)[ticket.key], []) == {}


def test_an_untracked_rating_is_met_on_the_case_that_shows_it(scene: "Scene") -> None:
    scene.state.rows.tracked.discard("CSAT__c")
    first, second = scene.ticket(), scene.ticket()
    scene.sandbox.advance(60)
    scene.state.rate(first.id, "good")
    (page,) = scene.pages(Stream.RATINGS)
    assert [r.at - (r.since or 0) for r in page.records if isinstance(r, Rating)] == [60]
    assert [(r.ticket_id, r.score, r.scale) for r in page.records] == [(first.key, 5, (1, 5))]  # type: ignore[union-attr]  # ratings alone
    assert "first seen" in str(page.note)
    scene.state.rate(second.id, "bad")
    (later,) = scene.pages(Stream.RATINGS, page.cursor)
    assert later.records == []
    shown = snapshots(scene)
    ratings = [r for r in page.records if isinstance(r, Rating)]
    assert scene.connector.unseen_rating(shown[first.key], ratings) == {}
    assert scene.connector.unseen_rating(shown[second.key], []) == {Stream.RATINGS: second.key}
    (fetched,) = scene.connector.fetch(Stream.RATINGS, [second.key, "nobody"])
    assert [(r.ticket_id, r.score) for r in fetched.records] == [(second.key, 1)]  # type: ignore[union-attr]  # ratings alone


def test_answers_to_a_survey_are_ratings_of_the_case_it_was_about(make_scene: "Callable[..., Scene]") -> None:
    question = "0Kq5g0000000001CAA"
    scene = make_scene(csat={"survey_question": question, "scale": [1, 5]})
    assert Stream.SURVEYS in scene.connector.streams
    assert Stream.RATINGS not in scene.connector.streams
    ticket, org = scene.ticket(), scene.state.org
    author = org.ids[scene.state.account.admin_id]
    responses = [org.add("SurveyResponse", CompletionDateTime=scene.state.world.second) for _ in range(3)]
    for response, shown in zip(responses, (4, 9, 5), strict=True):
        answer = {"ResponseId": response, "QuestionId": question, "NumberValue": shown}
        scene.state.rows.add("SurveyQuestionResponse", answer, author=author)
    for response in responses[:2]:
        org.add("SurveySubject", ParentId=response, SubjectId=ticket.key)
    (page,) = scene.pages(Stream.SURVEYS)
    assert [(r.ticket_id, r.score) for r in page.records] == [(ticket.key, 4)]  # type: ignore[union-attr]  # ratings alone
    assert "9" in str(page.rejects[0].reason)
    scene.sandbox.service.absent.add("SurveySubject")
    scene.connector.org.forget(at_once=True)
    with pytest.raises(Unavailable, match="SurveySubject"):
        scene.pages(Stream.SURVEYS)


def test_milestones_begin_break_and_end(scene: "Scene") -> None:
    ticket, now = scene.ticket(), scene.state.world.second
    scene.state.add_milestone(ticket.id, IsCompleted=True, IsViolated=True, TargetDate=now + 5, CompletionDate=now + 9)
    found = [
        (e.kind, e.at - now, e.metric, e.target)
        for e in scene.records(Stream.METRIC_EVENTS)
        if isinstance(e, MetricEvent)
    ]
    assert found == [
        (kind, at, "First Response", 3600) for kind, at in (("activate", 0), ("breach", 5), ("fulfill", 9))
    ]


def test_business_hours_are_local_end_at_midnight_and_close_on_chosen_days(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(holidays=["Ngày Nhà giáo"])
    home, always = (one for one in scene.records(Stream.SCHEDULES) if isinstance(one, Schedule))
    assert home.zone == "Asia/Ho_Chi_Minh"
    assert home.week == (((480, 1050),),) * 5 + (((480, 720),), ())
    assert home.holidays == (("2026-11-20", "2026-11-20"),)
    assert always.week == (((0, 1440),),) * 7
    assert (home.default, always.default) == (True, False)
    late = {"Id": home.schedule_id, "Name": "x", "TimeZoneSidKey": "UTC", "CreatedDate": STAMPS["CreatedDate"]}
    shift = {"MondayStartTime": "13:00:00.000Z", "MondayEndTime": "00:00:00.000Z"}
    assert lists.schedule({**late, **shift}, Sense())[0].week[0] == ((780, 1440),)
    with pytest.raises(ValueError, match="closes before"):
        lists.schedule({**late, **shift, "MondayEndTime": "12:00:00.000Z"}, Sense())
    with pytest.raises(ValueError, match="not a time of day"):
        lists.schedule({**late, "MondayStartTime": "noon"}, Sense())


@pytest.mark.parametrize(
    ("recurrence", "days"),
    [
        ({"RecurrenceType": "RecursYearly", "RecurrenceDayOfMonth": 2, "RecurrenceMonthOfYear": "September"},
         ["2026-09-02", "2027-09-02"]),
        ({"RecurrenceType": "RecursYearlyNth", "RecurrenceInstance": "Last", "RecurrenceDayOfWeekMask": 2,
          "RecurrenceMonthOfYear": "May"}, ["2027-05-31"]),
        ({"RecurrenceType": "RecursYearlyNth", "RecurrenceInstance": "First", "RecurrenceDayOfWeekMask": 2,
          "RecurrenceMonthOfYear": "September"}, ["2026-09-07", "2027-09-06"]),
        ({"RecurrenceType": "RecursMonthly", "RecurrenceDayOfMonth": 1, "RecurrenceInterval": 6},
         ["2026-09-01", "2027-03-01", "2027-09-01"]),
        ({"RecurrenceType": "RecursMonthlyNth", "RecurrenceInstance": "Second", "RecurrenceDayOfWeekMask": 64,
          "RecurrenceInterval": 12}, ["2026-09-12", "2027-09-11"]),
        ({"RecurrenceType": "RecursWeekly", "RecurrenceDayOfWeekMask": 65, "RecurrenceInterval": 26},
         ["2026-09-05", "2027-02-28", "2027-03-06", "2027-08-29", "2027-09-04"]),
        ({"RecurrenceType": "RecursDaily", "RecurrenceInterval": 200}, ["2026-09-01", "2027-03-20"]),
    ],
)  # fmt: skip
def test_a_recurring_holiday_falls_on_its_days(recurrence: dict[str, Any], days: list[str]) -> None:
    span = {"RecurrenceStartDate": "2026-09-01", "RecurrenceEndDateOnly": "2027-09-30"}
    holiday = payloads.Holiday.model_validate({"Name": "x", "IsRecurrence": True, **span, **recurrence})
    assert [day.isoformat() for day in holidays.days(holiday, date(2026, 11, 1))] == days


def test_an_endless_recurrence_is_listed_for_some_years_and_a_strange_one_refused() -> None:
    endless = {"Name": "x", "IsRecurrence": True, "RecurrenceType": "RecursEveryWeekday", "ActivityDate": "2026-11-02"}
    found = list(holidays.days(payloads.Holiday.model_validate(endless), date(2026, 11, 1)))
    assert found[:6] == [date(2026, 11, day) for day in (2, 3, 4, 5, 6, 9)]
    assert found[-1] < date(2029, 12, 1)
    strange = payloads.Holiday.model_validate({**endless, "RecurrenceType": "RecursOnFullMoon"})
    with pytest.raises(ValueError, match="FullMoon"):
        list(holidays.days(strange, date(2026, 11, 1)))


def test_rows_that_cannot_be_read_are_set_aside_without_what_people_wrote(scene: "Scene") -> None:
    ticket = scene.ticket()
    ticket.row |= {"CreatedDate": scene.state.world.second + 50, "SuppliedEmail": "khach@example.com"}
    scene.state.rate(ticket.id, "good")
    scene.state.rows.write(ticket, scene.sandbox.service.own_id, {"CSAT__c": 11})
    (page,) = scene.pages(Stream.TICKETS)
    assert "SystemModstamp lies before CreatedDate" in str(page.rejects[0].reason)
    assert "khach@example.com" not in page.rejects[0].raw
    again = scene.connector.read_again(Stream.TICKETS, page.rejects[0].raw)
    assert len(again.rejects) == 1
    (ratings,) = scene.pages(Stream.RATINGS)
    assert "11" in str(ratings.rejects[0].reason)
    cut = scene.connector.read_again(Stream.HISTORY, '{"Incoming": tr')
    assert "beginning" in str(cut.rejects[0].reason)
    mail = json.dumps({"Id": "02s5g00000AbCdEAAV", "ParentId": CASE["Id"], "Incoming": True, **STAMPS})
    (said,) = scene.connector.read_again(Stream.HISTORY, mail).records
    assert isinstance(said, TicketEvent)
    assert said.actor_id == f"case:{CASE['Id']}"


def test_somebody_without_a_contact_is_known_by_his_unreadable_address() -> None:
    written = payloads.Case.model_validate({**CASE, "SuppliedEmail": "Khach@Example.com "})
    same = payloads.Case.model_validate({**CASE, "SuppliedEmail": "khach@example.com"})
    assert mapping.requester(written) == mapping.requester(same)
    assert "example" not in str(mapping.requester(same))
    (ticket, opening) = mapping.case({**CASE, "Origin": "Web"}, Sense())
    assert ticket.requester_id is None  # type: ignore[union-attr]  # the snapshot comes first
    assert opening.actor_id == f"case:{CASE['Id']}"  # type: ignore[union-attr]  # then the opening


def test_a_portal_users_comment_is_the_customers_and_a_processs_is_automatic() -> None:
    row = {
        "Id": "00a5g00000AbCdEAAV",
        "ParentId": CASE["Id"],
        "IsPublished": "true",
        "CreatedById": CASE["OwnerId"],
        **STAMPS,
    }
    portal = {"UserType": "CspLitePortal", "ContactId": "0035g00000AbCdEAAV"}
    (said,) = history.comment({**row, "CreatedBy": portal}, Sense())
    assert (said.actor_id, said.automatic) == (portal["ContactId"], False)
    (said,) = history.comment({**row, "CreatedBy": {"UserType": "AutomatedProcess"}}, Sense())
    assert said.automatic


def test_our_fields_and_mapped_ones_are_read_in_their_kinds() -> None:
    own = Sense(ours={"KPI_Due_At__c": "due_at", "KPI_Overdue__c": "overdue"}, mapped=frozenset({"Topic__c", "No__c"}))
    row = {
        **CASE,
        "KPI_Due_At__c": "2026-11-23T02:00:00.000+0000",
        "KPI_Overdue__c": "true",
        "Topic__c": "x",
        "No__c": {},
    }
    snapshot = mapping.case(row, own)[0]
    assert isinstance(snapshot, TicketSnapshot)
    assert snapshot.fields == {"KPI_Due_At__c": 1_795_399_200, "KPI_Overdue__c": True, "Topic__c": "x", "No__c": None}
    assert values.moment("by hand") == "by hand"
    change = {"Id": "0175g00000AbCdEAAV", "CaseId": CASE["Id"], "Field": "Topic__c", "OldValue": 3.0, "NewValue": True}
    (event,) = history.history({**change, **STAMPS}, own)
    assert (event.field, event.old, event.new) == ("field:Topic__c", "3", "true")


def test_an_ids_two_lengths_are_one_id_and_what_is_none_is_never_asked_for(scene: "Scene") -> None:
    ticket = scene.ticket()
    assert soql.whole_id(ticket.key[:15]) == ticket.key
    assert soql.whole_id("x") == "x"
    assert scene.connector.fetch(Stream.AGENTS, ["999999", "' OR Name != '"])
    with pytest.raises(ValueError, match="no name"):
        soql.is_("Name = '' OR Id", "x")
    assert soql.is_("Name", "O'Brien\\ \n") == "Name = 'O\\'Brien\\\\ \\n'"
    assert soql.is_not("Name", None) == "Name != null"


def test_what_the_org_lacks_is_skipped_with_a_word(scene: "Scene") -> None:
    scene.sandbox.service.absent |= {"CaseMilestone", "SlaProcess", "EmailMessage", "CaseComment"}
    ticket = scene.ticket()
    for stream in (Stream.METRIC_EVENTS, Stream.SLA_POLICIES):
        with pytest.raises(Unavailable):
            scene.pages(stream)
    assert any(e.public for e in events(scene, ticket.key))  # no mails: the case itself tells how it was opened
    assert {page.complete_through is not None for page in scene.pages(Stream.HISTORY)} == {True}
    scene.sandbox.service.absent.add("CaseHistory")
    scene.connector.org.forget(at_once=True)
    with pytest.raises(Unavailable, match="CaseHistory"):
        scene.pages(Stream.HISTORY)
    scene.sandbox.service.hidden.add("Case.CSAT__c")
    scene.connector.org.forget(at_once=True)
    with pytest.raises(Unavailable, match="CSAT__c"):
        scene.pages(Stream.RATINGS)
    assert scene.records(Stream.TICKETS)


def test_a_field_we_may_not_see_is_not_asked_for_and_one_taken_away_is_noticed_by_the_next_pass(scene: "Scene") -> None:
    scene.ticket()
    scene.sandbox.service.hidden |= {"Case.Origin", "Case.SuppliedEmail", "User.ManagerId"}
    assert scene.records(Stream.TICKETS)
    assert scene.records(Stream.AGENTS)
    scene.sandbox.service.hidden.add("Case.Priority")
    with pytest.raises(RefusedError, match="Priority"):
        scene.records(Stream.TICKETS)
    (ticket,) = [r for r in scene.records(Stream.TICKETS) if isinstance(r, TicketSnapshot)]
    assert ticket.priority is None


def test_a_start_in_the_future_and_a_watermark_from_there_are_refused(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(history_from="2030-01-01")
    with pytest.raises(SettingError, match="future"):
        scene.pages(Stream.TICKETS)
    scene = make_scene()
    with pytest.raises(UnexpectedPayloadError, match="future"):
        scene.pages(Stream.TICKETS, "4000000000")


def test_a_page_that_leads_nowhere_is_an_error(scene: "Scene", monkeypatch: pytest.MonkeyPatch) -> None:
    scene.ticket()
    monkeypatch.setattr(pulling, "PAGE", 1)
    scene.connector.org.fields("Case")
    scene.sandbox.fail_next("*/queryAll", lambda _: {"done": False, "records": [{"Id": None}]})
    with pytest.raises(UnexpectedPayloadError, match="where it stands"):
        list(pulling.walked(scene.connector._reading.walk(CASES, str(scene.state.world.second - 3600))))  # noqa: SLF001 -- one walk, from a watermark
    same = {"Id": CASE["Id"], "SystemModstamp": STAMPS["SystemModstamp"]}
    scene.sandbox.fail_next("*/queryAll", lambda _: {"done": False, "records": [same]})
    with pytest.raises(UnexpectedPayloadError, match="circles"):
        list(pulling.walked(scene.connector._reading.walk(CASES, str(scene.state.world.second - 3600))))  # noqa: SLF001 -- as above
    scene.sandbox.fail_next("*/queryAll", lambda _: {"done": True})
    with pytest.raises(UnexpectedPayloadError, match="list of records"):
        list(pulling.walked(scene.connector._reading.walk(CASES, str(scene.state.world.second - 3600))))  # noqa: SLF001 -- as above


def test_long_lists_are_followed_batch_by_batch(scene: "Scene") -> None:
    scene.sandbox.service.batch = 3
    assert len(scene.records(Stream.AGENTS)) == 12
    assert len(scene.records(Stream.MEMBERSHIPS)) == 11
    assert all(isinstance(one, CustomStatus) for one in scene.records(Stream.CUSTOM_STATUSES))
    assert "CSAT" in scene.connector.titles(Named.FIELD).values()
    assert set(scene.connector.titles(Named.FORM).values()) == {"test", "internal"}
    assert scene.connector.cost({Stream.TICKETS: 5000}).requests == 3
