import json
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import STREAM_NAMES, Page, Stream, Unavailable
from connectors.errors import AddressError, RefusedError, SettingError, SignInError, UnexpectedPayloadError
from connectors.zendesk import Zendesk, connect
from connectors.zendesk.settings import ZendeskSettings
from kpi_engine.records import MetricSet, TicketEvent, TicketSnapshot

if TYPE_CHECKING:
    from tests.connectors.zendesk.conftest import FakeZendesk, WorldClock


CURSOR = "/api/v2/incremental/tickets/cursor.json"
EVENTS = "/api/v2/incremental/ticket_events.json"
RATINGS = "/api/v2/satisfaction_ratings.json"
SPAN = 30 * 86_400
SURVEYS = "/api/v2/guide/survey_responses"
EVERYTHING = {"per_page": "1000", "include": "metric_sets", "support_type_scope": "all"}
SCHEDULES = "/api/v2/business_hours/schedules.json"
USERS = "/api/v2/users.json"
NOW = 1_795_000_000
NEW_YEAR_IN_SAIGON = 1_767_200_400
FIRST_RATINGS = NEW_YEAR_IN_SAIGON - 3 * 86_400


def pulled(account: Zendesk, stream: Stream, cursor: str | None = None) -> list[Page]:
    return list(account.pull(stream, cursor))


def asked_of(fake: "FakeZendesk", path: str) -> list[dict[str, Any]]:
    return [params for asked, params in fake.asked if asked == path]


def tickets(page: Callable[[str], Any], *stamps: int, **rest: object) -> dict[str, object]:
    rows = [page("exported_ticket") | {"id": stamp, "generated_timestamp": stamp} for stamp in stamps]
    return {"tickets": rows, "end_of_stream": False, **rest}


def events(*stamps: int, **rest: object) -> dict[str, object]:
    rows = [{"id": stamp, "ticket_id": 1, "timestamp": stamp, "child_events": []} for stamp in stamps]
    return {"ticket_events": rows, "end_time": stamps[-1] if stamps else None, "end_of_stream": False, **rest}


# The ticket export


def test_the_first_pull_starts_at_midnight_of_the_first_day_in_the_report_zone(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, page("export_end_with_after_url"))
    assert [record.ticket_id for found in pulled(account, Stream.TICKETS) for record in found.records] == ["28"]
    assert asked_of(fake, CURSOR) == [{"start_time": str(NEW_YEAR_IN_SAIGON), **EVERYTHING}]


def test_a_start_within_the_last_minute_is_moved_back_by_zendesks_clock(
    settings_with: Callable[..., ZendeskSettings], fake: "FakeZendesk", page: Callable[[str], Any], clock: "WorldClock"
) -> None:
    midnight = 1_794_960_000
    clock.seconds = midnight + 7200  # our own clock is wrong
    fake.answers("/api/v2/users/me.json", page("admin"), headers={"Date": formatdate(midnight + 20, usegmt=True)})
    fake.answers(CURSOR, page("export_end_with_after_url"))
    account = connect(settings_with(history_from="2026-11-18"), clock)
    pulled(account, Stream.TICKETS)
    account.close()
    assert asked_of(fake, CURSOR)[0]["start_time"] == str(midnight + 20 - 90)


@pytest.mark.parametrize("stream", [Stream.TICKETS, Stream.HISTORY, Stream.RATINGS])
def test_a_history_that_begins_in_the_future_is_a_setting_to_mend(
    settings_with: Callable[..., ZendeskSettings],
    fake: "FakeZendesk",
    page: Callable[[str], Any],
    clock: "WorldClock",
    stream: Stream,
) -> None:
    fake.answers("/api/v2/users/me.json", page("admin"))
    account = connect(settings_with(history_from="2026-12-24"), clock)
    with pytest.raises(SettingError, match="history_from of sao-mai is 2026-12-24"):
        pulled(account, stream)
    account.close()


def test_the_end_of_the_stream_ends_the_pull_though_after_url_goes_on(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, page("export_end_with_after_url"))
    found = pulled(account, Stream.TICKETS)
    assert len(found) == 1
    assert found[0].cursor == f"{NOW - 70}@MTY5NTA1MjY2My4wfHwyOHw"
    assert found[0].complete_through == NOW - 70


def test_the_kept_cursor_goes_on_where_the_last_run_stopped(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, page("export_end_with_after_url"))
    pulled(account, Stream.TICKETS, "1695052663@abc")
    assert asked_of(fake, CURSOR) == [{"cursor": "abc", **EVERYTHING}]
    assert not asked_of(fake, "/api/v2/users/me.json")


def test_within_the_stream_complete_is_what_lies_safely_before_the_last_row(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, tickets(page, 1700000000, 1700000100, after_cursor="c2"))
    fake.answers(CURSOR, {"tickets": [], "after_cursor": "c3", "end_of_stream": True})
    first, last = pulled(account, Stream.TICKETS)
    assert (first.complete_through, first.cursor) == (1700000094, "1700000094@c2")
    assert (last.complete_through, last.cursor) == (NOW - 70, f"{NOW - 70}@c3")
    assert [params.get("cursor") for params in asked_of(fake, CURSOR)] == [None, "c2"]


def test_a_page_without_rows_knows_no_time_but_keeps_its_cursor(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(CURSOR, {"tickets": [], "after_cursor": "c2", "end_of_stream": False})
    fake.answers(CURSOR, {"tickets": [], "after_cursor": None, "end_of_stream": True})
    first, last = pulled(account, Stream.TICKETS)
    assert (first.complete_through, first.cursor) == (None, f"{NEW_YEAR_IN_SAIGON}@c2")
    assert last.cursor == f"{NOW - 70}@c2"


def test_an_empty_stream_without_cursor_keeps_the_start(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(CURSOR, {"tickets": [], "after_cursor": None, "end_of_stream": True})
    assert pulled(account, Stream.TICKETS)[0].cursor is None


def test_a_stream_that_goes_on_without_cursor_is_an_unknown_shape(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(CURSOR, {"tickets": [], "after_cursor": None, "end_of_stream": False})
    with pytest.raises(UnexpectedPayloadError, match="gives no cursor"):
        pulled(account, Stream.TICKETS)


def test_fault_15_a_cursor_that_stays_the_same_is_no_progress(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, tickets(page, 1700000000, after_cursor="c2"))
    with pytest.raises(UnexpectedPayloadError, match="circles"):
        pulled(account, Stream.TICKETS)


def test_fault_15_a_forgotten_cursor_begins_again_at_its_last_known_time(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, {"error": "InvalidCursor"}, status=400)
    fake.answers(CURSOR, {"error": "InvalidCursor"}, status=400)
    fake.answers(CURSOR, page("export_end_with_after_url"))
    found = pulled(account, Stream.TICKETS, "1700000000@forgotten")
    assert asked_of(fake, CURSOR)[2] == {"start_time": "1699999700", **EVERYTHING}
    assert found[0].complete_through == NOW - 70
    assert "read again from 1700000000" in str(found[0].note)


def test_an_account_that_knows_no_ai_agents_is_asked_without_them(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, {"error": "unknown parameter"}, status=400)
    fake.answers(CURSOR, {"tickets": [], "after_cursor": "c2", "end_of_stream": False})
    fake.answers(CURSOR, page("export_end_with_after_url"))
    found = pulled(account, Stream.TICKETS)
    assert [params.get("support_type_scope") for params in asked_of(fake, CURSOR)] == ["all", None, None]
    assert [part.note for part in found] == [None, None]


def test_a_page_that_takes_zendesk_too_long_is_asked_for_in_smaller_ones(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, tickets(page, 1700000000, after_cursor="c2"))
    pages = account.pull(Stream.TICKETS, None)
    next(pages)
    slow = fake.mock.replace("GET", f"https://saomai.zendesk.com{CURSOR}", status=504)
    del slow
    for _ in range(4):
        fake.answers(CURSOR, "", status=504)
    fake.answers(CURSOR, page("export_end_with_after_url"))
    assert len(list(pages)) == 1
    asked = asked_of(fake, CURSOR)
    assert {params["per_page"] for params in asked[:-1]} == {"1000"}
    assert (asked[-1]["per_page"], asked[-1]["cursor"]) == ("100", "c2")


def test_zendesks_own_figures_come_with_the_tickets(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    sets = [page("metric_set"), {"ticket_id": None}]
    fake.answers(CURSOR, {**page("export_end_with_after_url"), "metric_sets": sets})
    (found,) = pulled(account, Stream.TICKETS)
    assert [type(record) for record in found.records] == [TicketSnapshot, MetricSet]
    assert [reject.key.partition(":")[0] for reject in found.rejects] == ["metric_sets"]


def test_a_refused_first_start_is_not_tried_again(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(CURSOR, {"error": "Invalid"}, status=422)
    with pytest.raises(RefusedError):
        pulled(account, Stream.TICKETS)


def test_fault_25_a_poisonous_row_is_set_aside_and_the_others_go_on(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(CURSOR, page("export_with_a_poisonous_row"))
    found = pulled(account, Stream.TICKETS)[0]
    assert [record.ticket_id for record in found.records] == ["28"]
    assert found.rejects[0].key == "tickets:31"
    assert str(found.rejects[0].reason).startswith("created_at cannot be read")
    kept = json.loads(found.rejects[0].raw)
    assert kept["status"] == "new"
    assert {"subject", "raw_subject", "description", "custom_fields", "fields"}.isdisjoint(kept)


@pytest.mark.parametrize("row", ["odd", None, {"no": "id"}])
def test_a_row_that_is_no_ticket_at_all_is_set_aside_under_its_own_key(
    account: Zendesk, fake: "FakeZendesk", row: object
) -> None:
    fake.answers(CURSOR, {"tickets": [row, [row]], "after_cursor": "c", "end_of_stream": True})
    found = pulled(account, Stream.TICKETS)[0]
    assert len({reject.key for reject in found.rejects}) == 2


def test_an_impossible_row_says_what_is_wrong(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    row = page("exported_ticket") | {"updated_at": "2023-09-17T15:57:42Z"}
    fake.answers(CURSOR, {"tickets": [row], "after_cursor": "c", "end_of_stream": True})
    reason = pulled(account, Stream.TICKETS)[0].rejects[0].reason
    assert str(reason) == "The row cannot be read: updated_at lies before created_at"


def test_an_answer_without_rows_is_an_unknown_shape(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(CURSOR, {"error": "odd"})
    with pytest.raises(UnexpectedPayloadError, match="tickets"):
        pulled(account, Stream.TICKETS)


# The history


def test_history_is_asked_for_with_its_comments(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(EVENTS, events(1767300000, end_of_stream=True))
    found = pulled(account, Stream.HISTORY)
    assert asked_of(fake, EVENTS) == [
        {"start_time": str(NEW_YEAR_IN_SAIGON), "include": "comment_events"},
    ]
    assert (found[0].cursor, found[0].complete_through) == ("1767300000", NOW - 70)


def test_history_goes_on_at_end_time_though_next_page_is_always_there(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    row = page("event_of_a_creation")
    fake.answers(EVENTS, events(1767300000, 1767300009, next_page="https://elsewhere/"))
    fake.answers(
        EVENTS, {"ticket_events": [row], "end_time": 1767300009, "end_of_stream": True, "next_page": "https://e/"}
    )
    first, last = pulled(account, Stream.HISTORY)
    assert (first.cursor, first.complete_through) == ("1767300009", 1767300003)
    assert last.cursor == "1767300009"
    assert all(isinstance(record, TicketEvent) for record in last.records)
    assert [params["start_time"] for params in asked_of(fake, EVENTS)][1] == "1767300009"


def test_an_old_answer_without_end_of_stream_ends_with_a_short_page(account: Zendesk, fake: "FakeZendesk") -> None:
    body = events(1767300000)
    del body["end_of_stream"]
    fake.answers(EVENTS, body)
    assert len(pulled(account, Stream.HISTORY)) == 1


def test_an_end_without_end_time_keeps_the_position(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(EVENTS, events(end_of_stream=True))
    assert pulled(account, Stream.HISTORY, "1767300000")[0].cursor == "1767300000"


def test_the_kept_position_never_enters_what_the_export_holds_back(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(EVENTS, events(NOW - 5, end_of_stream=True))
    assert pulled(account, Stream.HISTORY, "1767300000")[0].cursor == str(NOW - 70)


def test_a_second_that_holds_more_than_a_page_is_passed_by_and_told(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(EVENTS, events(1767300000))
    fake.answers(EVENTS, events(1767300001, end_of_stream=True))
    first, _ = pulled(account, Stream.HISTORY, "1767300000")
    assert [params["start_time"] for params in asked_of(fake, EVENTS)] == ["1767300000", "1767300001"]
    assert first.cursor == "1767300001"
    assert first.rejects[0].key == "ticket_events:second:1767300000"
    assert "1767300000" in str(first.rejects[0].reason)


def test_a_history_that_goes_on_without_end_time_is_an_unknown_shape(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(EVENTS, events())
    with pytest.raises(UnexpectedPayloadError, match="end_time"):
        pulled(account, Stream.HISTORY)


def test_fault_16_a_position_in_the_future_is_refused(account: Zendesk) -> None:
    with pytest.raises(UnexpectedPayloadError, match="future"):
        pulled(account, Stream.HISTORY, "4000000000")


# Lists


def test_a_list_is_followed_while_there_is_more(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(USERS, {"users": [{"id": 1, "role": "agent"}], "meta": {"has_more": True, "after_cursor": "p2"}})
    fake.answers(USERS, {"users": [{"id": 2, "role": "admin"}], "meta": {"has_more": False, "after_cursor": "p3"}})
    found = pulled(account, Stream.AGENTS)
    assert [record.agent_id for part in found for record in part.records] == ["1", "2"]
    assert asked_of(fake, USERS) == [
        {"role[]": ["agent", "admin"], "page[size]": "100"},
        {"role[]": ["agent", "admin"], "page[size]": "100", "page[after]": "p2"},
    ]
    assert {part.cursor for part in found} == {None}


def test_deleted_groups_are_read_too(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers("/api/v2/groups.json", {"groups": [{"id": 1, "name": "Old", "deleted": True}]})
    assert not pulled(account, Stream.GROUPS)[0].records[0].active
    assert asked_of(fake, "/api/v2/groups.json") == [{"exclude_deleted": "false", "page[size]": "100"}]


def test_memberships_are_read(account: Zendesk, fake: "FakeZendesk") -> None:
    path = "/api/v2/group_memberships.json"
    fake.answers(path, {"group_memberships": [{"id": 1, "user_id": 2, "group_id": 3}], "meta": {"has_more": False}})
    assert pulled(account, Stream.MEMBERSHIPS)[0].records[0].group_id == "3"


def test_schedules_come_with_their_holidays(account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]) -> None:
    row = page("schedule_in_rails_zone")
    holidays = row.pop("holidays")
    fake.answers(SCHEDULES, {"schedules": [row, "odd"]})
    fake.answers("/api/v2/business_hours/schedules/360000046694/holidays.json", {"holidays": holidays})
    found = pulled(account, Stream.SCHEDULES)[0]
    assert found.records[0].holidays == (("2023-12-31", "2024-01-02"),)
    assert len(found.rejects) == 1


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(("stream", "path"), [(Stream.SCHEDULES, SCHEDULES), (Stream.RATINGS, RATINGS)])
def test_what_the_plan_lacks_is_unavailable(
    account: Zendesk, fake: "FakeZendesk", stream: Stream, path: str, status: int
) -> None:
    fake.answers(path, {"error": {"title": "Forbidden", "message": "No"}}, status=status)
    with pytest.raises(Unavailable, match=f"does not offer {STREAM_NAMES[stream]}"):
        pulled(account, stream)


def test_a_right_that_is_missing_is_a_matter_of_sign_in(account: Zendesk, fake: "FakeZendesk") -> None:
    fake.answers(CURSOR, {"error": "Forbidden"}, status=403)
    with pytest.raises(SignInError):
        pulled(account, Stream.TICKETS)


# Ratings


def ratings(*rows: object, more: str | None = None) -> dict[str, object]:
    return {"satisfaction_ratings": list(rows), "meta": {"has_more": more is not None, "after_cursor": more}}


def test_ratings_of_every_state_are_read_from_the_start(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(RATINGS, ratings(page("rating_offered"), page("rating_good")))
    (only,) = pulled(account, Stream.RATINGS)
    assert asked_of(fake, RATINGS) == [{"start_time": str(FIRST_RATINGS), "page[size]": "100"}]
    assert len(only.records) == 2
    assert (only.cursor, only.complete_through) == (f"{NOW}@{NOW}", NOW)


def test_more_than_a_page_of_ratings_is_read_span_by_span(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any], clock: "WorldClock"
) -> None:
    """A year of ratings, whose list is newest first; an hour passes while they are read."""
    fake.answers(RATINGS, ratings(page("rating_good"), more="p2"))
    pages = account.pull(Stream.RATINGS, None)
    assert next(pages).cursor is None
    clock.seconds += 3600
    spans = list(range(FIRST_RATINGS, NOW, SPAN))
    for _ in spans:
        fake.answers(RATINGS, ratings())
    *found, last = pages

    asked = [{"start_time": str(since), "end_time": str(since + SPAN), "page[size]": "100"} for since in spans]
    del asked[-1]["end_time"]
    assert asked_of(fake, RATINGS)[1:] == asked
    assert [each.cursor for each in found] == [f"first:{since}@{NOW}" for since in spans[1:]]
    assert {each.complete_through for each in found} == {None}
    assert (last.cursor, last.complete_through) == (f"{NOW}@{NOW}", NOW), "what came since is asked for again"


def test_a_first_walk_through_the_ratings_goes_on_at_the_span_it_was_in(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    began, since = NOW - 7200, NOW - 40 * 86_400
    reached, following = f"first:{since}@{began}", f"first:{since + SPAN}@{began}"
    for more in ("p2", None, "p2", None):
        fake.answers(RATINGS, ratings(page("rating_good"), more=more))
    found = pulled(account, Stream.RATINGS, reached)

    in_span = {"start_time": str(since), "end_time": str(since + SPAN), "page[size]": "100"}
    rest = {"start_time": str(since + SPAN), "page[size]": "100"}
    assert asked_of(fake, RATINGS) == [in_span, {**in_span, "page[after]": "p2"}, rest, {**rest, "page[after]": "p2"}]
    assert [each.cursor for each in found] == [reached, following, following, f"{began}@{began}"]
    assert found[-1].complete_through == began


def test_later_pulls_look_back_for_verdicts_on_older_offers(
    account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]
) -> None:
    fake.answers(RATINGS, ratings(page("rating_offered")))
    fake.answers(RATINGS, ratings(page("rating_good")))
    before = NOW - 86_400
    first, last = pulled(account, Stream.RATINGS, f"{NOW - 900}@{before}")
    assert asked_of(fake, RATINGS) == [
        {"start_time": str(NOW - 900 - 3600), "page[size]": "100"},
        {"score": "received", "start_time": str(NOW - 900 - 30 * 86400), "page[size]": "100"},
    ]
    assert (first.cursor, last.cursor) == (f"{NOW - 900}@{before}", f"{NOW}@{NOW}")


def test_the_look_back_comes_once_a_day(account: Zendesk, fake: "FakeZendesk", page: Callable[[str], Any]) -> None:
    fake.answers(RATINGS, ratings(page("rating_offered")))
    (only,) = pulled(account, Stream.RATINGS, f"{NOW - 900}@{NOW - 86_399}")
    assert only.cursor == f"{NOW}@{NOW - 86_399}"


def test_surveys_are_asked_for_by_when_they_were_sent(account: Zendesk, fake: "FakeZendesk") -> None:
    empty = {"survey_responses": [], "meta": {"has_more": False}}
    fake.answers(SURVEYS, empty)
    fake.answers(SURVEYS, empty)
    pulled(account, Stream.SURVEYS, f"{NOW - 900}@0")
    assert asked_of(fake, SURVEYS) == [
        {"filter[created_at_start]": str(NOW - 900 - 3600), "page[size]": "100"},
        {"filter[created_at_start]": str(NOW - 900 - 30 * 86400), "page[size]": "100"},
    ]


# The address


def test_an_unknown_subdomain_is_an_address_to_mend(
    settings_with: Callable[..., ZendeskSettings], fake: "FakeZendesk", clock: "WorldClock"
) -> None:
    html = "<!DOCTYPE html><html><title>No help desk at saomai.zendesk.com</title></html>"
    fake.answers("/api/v2/users/me.json", html, status=404)
    account = connect(settings_with(), clock)
    with pytest.raises(AddressError, match=r"https://saomai\.zendesk\.com"):
        pulled(account, Stream.TICKETS)
    account.close()


def test_answers_that_never_tell_the_time_are_an_unknown_shape(
    settings_with: Callable[..., ZendeskSettings], fake: "FakeZendesk", clock: "WorldClock", page: Callable[[str], Any]
) -> None:
    fake.answers("/api/v2/users/me.json", page("admin"), headers={"Date": ""})
    account = connect(settings_with(), clock)
    with pytest.raises(UnexpectedPayloadError, match="time"):
        pulled(account, Stream.TICKETS)
    account.close()
