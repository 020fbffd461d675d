from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from connectors.base import (
    Change,
    Conflicting,
    Delivered,
    InDoubt,
    Refused,
    Snoozed,
    Stream,
    SummaryTicket,
    Target,
    UnderWay,
)
from connectors.errors import RefusedError, SignInError, UnexpectedPayloadError
from connectors.zendesk import Zendesk, connect
from connectors.zendesk.settings import ZendeskSettings

if TYPE_CHECKING:
    from tests.connectors.zendesk.conftest import FakeZendesk, WorldClock


TICKETS = "/api/v2/tickets/update_many.json"
USERS = "/api/v2/users/update_many.json"
IMPORTS = "/api/v2/imports/tickets.json"
JOB = "/api/v2/job_statuses/V3-a1.json"
SUMMARY = SummaryTicket("kpi:2026-W47:7", "Week 47", "<p>12</p>", "12", ("helpdesk-kpi",), "7", "KPI")


def level(change_id: int, ticket_id: str, value: object = 1) -> Change:
    return Change(change_id, Target.TICKET, ticket_id, {"escalation_level": value})


def summary(target_id: str = "", content: SummaryTicket | None = SUMMARY) -> Change:
    return Change(1, Target.SUMMARY, target_id, summary=content)


@pytest.fixture
def ready(account: Zendesk) -> Zendesk:
    """Return an account whose fields are known."""
    account.use_fields({(Target.TICKET, "escalation_level"): "12", (Target.AGENT, "solved"): "kpi_solved"})
    return account


@pytest.fixture
def staffed(ready: Zendesk, fake: "FakeZendesk") -> Zendesk:
    """Return an account with one hidden group and two agents."""
    agents = [{"id": 7, "name": "An", "role": "agent"}, {"id": 8, "role": "agent"}, {"id": 9, "role": "admin"}]
    fake.answers("/api/v2/users.json", {"users": agents})
    fake.answers("/api/v2/groups.json", {"groups": [{"id": 3, "name": "KPI", "is_public": False}]})
    fake.answers("/api/v2/group_memberships.json", {"group_memberships": [{"id": 1, "user_id": 8, "group_id": 3}]})
    return ready


# Bulk updates


def test_a_batch_of_ticket_fields_becomes_one_job(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TICKETS, page("job_queued"), method="PUT")
    outcomes = ready.deliver([level(1, "28", 2), level(2, "29", None)])
    assert outcomes == {1: UnderWay("V3-a1"), 2: UnderWay("V3-a1")}
    assert fake.sent() == {
        "tickets": [
            {"id": 28, "custom_fields": [{"id": 12, "value": 2}]},
            {"id": 29, "custom_fields": [{"id": 12, "value": None}]},
        ]
    }


def test_two_changes_of_one_ticket_do_not_collide_with_each_other(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TICKETS, page("job_queued"), method="PUT")
    assert set(ready.deliver([level(1, "28", 2), level(2, "28", 3)])) == {1, 2}
    assert fake.sent() == {"tickets": [{"id": 28, "custom_fields": [{"id": 12, "value": 3}]}]}


def test_agents_figures_go_to_their_user_fields(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(USERS, page("job_queued"), method="PUT")
    assert ready.deliver([Change(1, Target.AGENT, "7", {"solved": 12.5})]) == {1: UnderWay("V3-a1")}
    assert fake.sent() == {"users": [{"id": 7, "user_fields": {"kpi_solved": 12.5}}]}


def test_a_key_without_a_field_is_refused_and_the_others_are_sent(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TICKETS, page("job_queued"), method="PUT")
    outcomes = ready.deliver([Change(1, Target.TICKET, "28", {"overdue": True}), level(2, "29")])
    assert isinstance(outcomes[1], Refused)
    assert "overdue" in str(outcomes[1].reason)
    assert outcomes[2] == UnderWay("V3-a1")
    assert len(fake.sent()["tickets"]) == 1


def test_nothing_is_sent_when_nothing_has_a_field(ready: Zendesk, fake: "FakeZendesk") -> None:
    outcomes = ready.deliver([Change(1, Target.TICKET, "28", {"overdue": True})])
    assert isinstance(outcomes[1], Refused)
    assert fake.asked == []


def test_a_rate_limit_that_outlasts_the_pass_is_a_snooze(ready: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(TICKETS, "Number of allowed API requests per minute exceeded", method="PUT", status=429)
    outcome = ready.deliver([level(1, "28")])[1]
    assert isinstance(outcome, Snoozed)
    assert outcome.seconds > 0


def test_a_lost_answer_to_absolute_values_is_simply_repeated(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(TICKETS, requests.ConnectionError("gone"), method="PUT")
    fake.answers(TICKETS, page("job_queued"), method="PUT")
    assert ready.deliver([level(1, "28")]) == {1: UnderWay("V3-a1")}


def test_too_many_jobs_snooze_the_whole_batch(ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]) -> None:
    fake.answers(TICKETS, page("too_many_jobs"), method="PUT", status=422)
    outcomes = ready.deliver([level(1, "28"), level(2, "29")])
    assert {type(outcome) for outcome in outcomes.values()} == {Snoozed}
    assert len(fake.asked) == 1


def test_a_poisonous_change_does_not_cost_the_others_their_delivery(ready: Zendesk, fake: "FakeZendesk") -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        poisoned = b'"id": 30' in request.body
        return (
            (422, {}, '{"error":"RecordInvalid"}')
            if poisoned
            else (200, {}, '{"job_status":{"id":"J","status":"queued"}}')
        )

    fake.mock.add_callback("PUT", f"https://saomai.zendesk.com{TICKETS}", answer)
    outcomes = ready.deliver([level(number, str(number)) for number in range(28, 33)])
    assert [type(outcomes[number]) for number in range(28, 33)] == [UnderWay, UnderWay, Refused, UnderWay, UnderWay]


def test_a_batch_refused_for_another_reason_is_not_divided(ready: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(TICKETS, {"error": "odd"}, method="PUT", status=406)
    outcomes = ready.deliver([level(1, "28"), level(2, "29")])
    assert {type(outcome) for outcome in outcomes.values()} == {Refused}
    assert len(fake.asked) == 1


def test_a_lost_sign_in_stops_the_delivery(ready: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(TICKETS, {"error": "Couldn't authenticate you"}, method="PUT", status=401)
    with pytest.raises(SignInError):
        ready.deliver([level(1, "28")])


@pytest.mark.parametrize("body", [{}, {"job_status": {"status": "queued"}}])
def test_an_answer_that_names_no_job_is_an_unknown_shape(ready: Zendesk, fake: "FakeZendesk", body: object) -> None:
    fake.answers(TICKETS, body, method="PUT")
    with pytest.raises(UnexpectedPayloadError):
        ready.deliver([level(1, "28")])


def test_nothing_is_sent_for_no_changes(ready: Zendesk) -> None:
    assert ready.deliver([]) == {}


# Jobs


def test_a_job_that_waits_is_still_under_way(ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]) -> None:
    fake.answers(JOB, page("job_queued"))
    assert ready.follow("V3-a1", [level(1, "28")]) == {1: UnderWay("V3-a1")}


def test_fault_33_every_item_is_judged_by_its_own_id(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(JOB, page("job_completed_in_part_and_out_of_order"))
    outcomes = ready.follow("V3-a1", [level(number, str(number)) for number in range(1, 7)])
    assert outcomes[1] == Delivered()
    assert isinstance(outcomes[2], Refused)
    assert outcomes[2].closed
    assert isinstance(outcomes[3], Refused)
    assert outcomes[3].closed
    assert isinstance(outcomes[4], Conflicting)
    assert isinstance(outcomes[5], InDoubt)
    assert isinstance(outcomes[6], Refused)
    assert not outcomes[6].closed
    assert "is not a number" in str(outcomes[6].reason)


@pytest.mark.parametrize("name", ["job_with_one_object_as_result", "job_killed"])
def test_fault_33_a_job_that_does_not_say_leaves_its_items_in_doubt(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any], name: str
) -> None:
    fake.answers(JOB, page(name))
    assert isinstance(ready.follow("V3-a1", [level(1, "28")])[1], InDoubt)


def test_one_result_may_stand_alone(ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]) -> None:
    job = page("job_with_one_object_as_result")
    job["job_status"]["results"] = {"id": 28, "status": "Updated"}
    fake.answers(JOB, job)
    assert ready.follow("V3-a1", [level(1, "28")]) == {1: Delivered()}


@pytest.mark.parametrize("results", [None, "odd", ["odd", {"id": 28, "success": "who knows"}]])
def test_results_of_another_shape_leave_everything_in_doubt(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any], results: object
) -> None:
    job = page("job_with_one_object_as_result")
    job["job_status"]["results"] = results
    fake.answers(JOB, job)
    assert isinstance(ready.follow("V3-a1", [level(1, "28")])[1], InDoubt)


def test_of_two_results_for_one_ticket_the_failure_counts(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    job = page("job_with_one_object_as_result")
    bad = {"id": 28, "success": False, "error": "TooManyJobs"}
    job["job_status"]["results"] = [{"id": 28, "success": True}, bad, {"id": 28, "success": True}]
    fake.answers(JOB, job)
    assert isinstance(ready.follow("V3-a1", [level(1, "28")])[1], Snoozed)


def test_a_failure_without_words_shows_its_status(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    job = page("job_with_one_object_as_result")
    job["job_status"]["results"] = [{"id": 28, "status": "Failed"}]
    fake.answers(JOB, job)
    assert "Failed" in str(ready.follow("V3-a1", [level(1, "28")])[1].reason)


def test_fault_33_a_job_that_zendesk_has_forgotten_is_in_doubt(ready: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(JOB, {"error": "RecordNotFound"}, status=404)
    assert isinstance(ready.follow("V3-a1", [level(1, "28")])[1], InDoubt)


def test_a_job_that_may_not_be_looked_at_is_an_error(ready: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(JOB, {"error": "odd"}, status=400)
    with pytest.raises(RefusedError):
        ready.follow("V3-a1", [level(1, "28")])


def test_a_job_out_of_reach_is_still_under_way(ready: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(JOB, "down", status=500)
    assert ready.follow("V3-a1", [level(1, "28")]) == {1: UnderWay("V3-a1")}


def test_what_zendesk_dropped_silently_is_told_with_the_delivery(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    warned = {"X-Zendesk-API-Warn": '{:unpermitted_keys=>["ticket.custom_fields.12"], :invalid_values=>[]}'}
    fake.answers(TICKETS, page("job_queued"), method="PUT", headers=warned)
    fake.answers(JOB, page("job_completed_in_part_and_out_of_order"))
    ready.deliver([level(1, "1")])
    warning = ready.follow("V3-a1", [level(1, "1")])[1].warning
    assert str(warning) == "Zendesk ignored ticket.custom_fields.12 (escalation_level)"


# Summaries


def test_a_summary_is_imported_into_its_group(staffed: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(IMPORTS, {"ticket": {"id": 501}}, method="POST", status=201)
    assert staffed.deliver([summary()]) == {1: Delivered("501")}
    sent = fake.sent()["ticket"]
    assert (sent["external_id"], sent["group_id"], sent["assignee_id"], sent["requester_id"]) == (
        "kpi:2026-W47:7",
        3,
        7,
        900,
    )


def test_a_summary_for_a_group_that_is_not_there_is_refused(staffed: Zendesk) -> None:
    content = SummaryTicket("kpi:1", "s", "<p></p>", "", (), None, "Nowhere")
    outcome = staffed.deliver([summary(content=content)])[1]
    assert isinstance(outcome, Refused)
    assert "Nowhere" in str(outcome.reason)


def test_a_summary_without_group_needs_none(ready: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(IMPORTS, {"ticket": {"id": 501}}, method="POST", status=201, headers={"X-Zendesk-API-Warn": "odd"})
    outcome = ready.deliver([summary(content=SummaryTicket("kpi:1", "s", "<p></p>", "", (), None, None))])[1]
    assert "odd" in str(outcome.warning)


def test_a_summary_without_content_is_refused(ready: Zendesk) -> None:
    assert isinstance(ready.deliver([summary(content=None)])[1], Refused)


@pytest.mark.parametrize("lost", [requests.ConnectionError("gone"), "<html>a proxy</html>"])
def test_fault_06_a_lost_answer_leaves_a_summary_in_doubt(staffed: Zendesk, fake: "FakeZendesk", lost: object) -> None:
    fake.answers(IMPORTS, lost, method="POST")
    assert isinstance(staffed.deliver([summary()])[1], InDoubt)


@pytest.mark.parametrize("body", [{}, [], {"ticket": {}}])
def test_a_creation_that_names_no_ticket_is_in_doubt(staffed: Zendesk, fake: "FakeZendesk", body: object) -> None:
    fake.answers(IMPORTS, body, method="POST", status=201)
    assert isinstance(staffed.deliver([summary()])[1], InDoubt)


def test_a_summary_refused_by_its_content_says_why(staffed: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(IMPORTS, {"error": "RecordInvalid", "description": "Assignee: is invalid"}, method="POST", status=422)
    assert "Assignee: is invalid" in str(staffed.deliver([summary()])[1].reason)


def test_a_rate_limited_summary_is_snoozed(staffed: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(IMPORTS, "too many", method="POST", status=429)
    assert isinstance(staffed.deliver([summary()])[1], Snoozed)


def test_a_summary_that_is_there_gets_a_private_note(ready: Zendesk, fake: "FakeZendesk") -> None:
    path = "/api/v2/tickets/501.json"
    fake.answers(path, {"ticket": {"id": 501}, "audit": {}}, method="PUT")
    assert ready.deliver([summary("501")]) == {1: Delivered("501")}
    note = {"author_id": 900, "html_body": "<p>12</p>", "public": False}
    assert fake.sent() == {"ticket": {"comment": note}}


def test_a_closed_summary_can_no_longer_be_written(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers("/api/v2/tickets/501.json", page("closed_ticket_update"), method="PUT", status=422)
    outcome = ready.deliver([summary("501")])[1]
    assert isinstance(outcome, Refused)
    assert outcome.closed


@pytest.mark.parametrize(("status", "kind"), [(404, Refused), (409, Snoozed)])
def test_a_summary_that_is_gone_or_being_changed(
    ready: Zendesk, fake: "FakeZendesk", status: int, kind: object
) -> None:
    fake.answers("/api/v2/tickets/501.json", {"error": "odd"}, method="PUT", status=status)
    assert isinstance(ready.deliver([summary("501")])[1], kind)


def test_an_anonymous_visitor_creates_no_summary(
    settings_with: Callable[..., ZendeskSettings], clock: "WorldClock", fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers("/api/v2/users/me.json", page("anonymous_visitor"))
    account = connect(settings_with(), clock)
    with pytest.raises(SignInError, match="anonymous"):
        account.deliver([summary()])
    account.close()


def test_what_an_external_id_left_behind_is_found_oldest_first(
    ready: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    row = page("exported_ticket") | {"external_id": "kpi:1"}
    newer = row | {"id": 5, "created_at": "2023-09-19T15:57:42Z", "updated_at": "2023-09-19T15:57:42Z"}
    fake.answers("/api/v2/tickets.json", {"tickets": [newer, row | {"external_id": "kpi:11"}, row]})
    assert ready.find("kpi:1") == ["28", "5"]
    assert fake.asked[-1] == ("/api/v2/tickets.json", {"external_id": "kpi:1"})


# Readers


def test_a_hidden_groups_tickets_are_read_by_its_members_and_their_assignee(staffed: Zendesk) -> None:
    assert staffed.readers("KPI", "7") == ["7", "8"]
    assert staffed.readers("KPI", None) == ["8"]


def test_without_a_group_every_unrestricted_agent_reads(staffed: Zendesk) -> None:
    assert staffed.readers(None, None) == ["7", "8"]


def test_who_can_read_is_looked_up_once_until_the_agents_are_pulled_again(
    staffed: Zendesk, fake: "FakeZendesk"
) -> None:
    staffed.readers(None, None)
    staffed.readers("KPI", None)
    assert [path for path, _ in fake.asked].count("/api/v2/groups.json") == 1
    list(staffed.pull(Stream.AGENTS, None))
    staffed.readers(None, None)
    assert [path for path, _ in fake.asked].count("/api/v2/groups.json") == 2


@pytest.mark.parametrize(
    ("user", "reads"),
    [
        ({"ticket_restriction": "assigned"}, False),
        ({"ticket_restriction": "groups"}, False),
        ({"custom_role_id": 5}, True),
        ({"suspended": True, "custom_role_id": 5}, False),
        ({"active": False, "custom_role_id": 5}, False),
        ({"role": "admin"}, False),
        ({}, False),
    ],
)
def test_who_reads_a_hidden_group_without_belonging_to_it(
    ready: Zendesk, fake: "FakeZendesk", user: dict[str, object], *, reads: bool
) -> None:
    fake.answers("/api/v2/users.json", {"users": [{"id": 7, "role": "agent", **user}, {"id": None}]})
    fake.answers("/api/v2/groups.json", {"groups": [{"id": 3, "name": "KPI", "is_public": False}]})
    fake.answers("/api/v2/group_memberships.json", {"group_memberships": []})
    assert ready.readers("KPI", None) == (["7"] if reads else [])


def test_a_ticket_is_opened_at_its_address(account: Zendesk) -> None:
    assert account.ticket_url("28") == "https://saomai.zendesk.com/agent/tickets/28"
