"""Mistakes that other connectors to Salesforce were reported for, each by its number in the fact sheet."""

from typing import TYPE_CHECKING

import pytest

from connectors.base import Change, Delivered, Snoozed, Stream, SummaryTicket, Target, WantedField
from connectors.errors import RefusedError, SignInError, UnexpectedPayloadError
from connectors.salesforce import bulk, pulling, setup, soql
from kpi_engine.records import Rating, Record, TicketEvent, TicketSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.connectors.salesforce.conftest import Scene

LEVEL = WantedField(Target.TICKET, "escalation_level", "integer", "KPI: escalation level", "How far it went.")


def ids(records: list[Record]) -> list[str]:
    return [record.ticket_id for record in records if isinstance(record, TicketSnapshot)]


def test_bug_1_a_session_that_ends_in_the_middle_of_a_walk_costs_no_row(scene: "Scene") -> None:
    tickets = [scene.ticket() for _ in range(7)]
    scene.sandbox.service.batch = 2
    scene.sandbox.advance(120)
    walk = scene.connector.pull(Stream.TICKETS, None)
    found = ids(list(next(walk).records))
    scene.sandbox.end_sessions()
    found += ids([record for page in walk for record in page.records])
    assert sorted(found) == sorted(ticket.key for ticket in tickets)


def test_bug_1_a_session_that_ends_while_a_bulk_result_is_read_costs_no_row(
    make_scene: "Callable[..., Scene]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS_AT_ONCE", 3)
    scene = make_scene(bulk_above=0)
    tickets = [scene.ticket() for _ in range(7)]
    scene.sandbox.advance(120)
    walk = scene.connector.pull(Stream.TICKETS, None)
    found = ids(list(next(walk).records))
    scene.sandbox.end_sessions()
    found += ids([record for page in walk for record in page.records])
    assert sorted(found) == sorted(ticket.key for ticket in tickets)


def test_bug_1_a_list_whose_next_batch_died_with_the_session_is_asked_for_anew(scene: "Scene") -> None:
    scene.sandbox.service.batch = 5
    scene.sandbox.before_next("*/query/*", scene.sandbox.end_sessions)
    assert len(scene.records(Stream.AGENTS)) == 12
    scene.sandbox.fail_next("*/query/*", 404)
    with pytest.raises(RefusedError):
        scene.records(Stream.AGENTS)


def test_bug_2_a_sign_in_that_is_refused_twice_is_told_and_not_tried_for_ever(scene: "Scene") -> None:
    scene.sandbox.fail_next("*/sobjects/*", 401, times=None)
    with pytest.raises(SignInError) as refused:
        scene.records(Stream.AGENTS)
    assert "401" in str(refused.value)
    assert scene.asked("/oauth2/token") == 2


def test_bug_3_many_ids_go_in_addresses_that_are_short_enough(scene: "Scene") -> None:
    tickets = [scene.ticket().key for _ in range(450)]
    assert len(scene.connector.read(Target.TICKET, tickets)) == 450
    assert scene.asked("/query") == 3


@pytest.mark.parametrize("longest", [4000, 500])
def test_bug_3_an_address_too_long_for_somebody_on_the_way_is_halved(scene: "Scene", longest: int) -> None:
    tickets = [scene.ticket().key for _ in range(200)]
    scene.sandbox.service.longest_address = longest
    assert sorted(scene.connector.read(Target.TICKET, tickets)) == sorted(tickets)
    assert 414 in {status for _, _, status in scene.sandbox.requests}
    scene.sandbox.fail_next("*/query", 431)
    assert list(scene.connector.read(Target.TICKET, tickets[:2])) == tickets[:2]


def test_bug_3_a_page_in_html_instead_of_json_is_told_as_it_came(scene: "Scene") -> None:
    scene.sandbox.service.longest_address = 10
    with pytest.raises(RefusedError) as refused:
        scene.connector.read(Target.TICKET, [scene.ticket().key])
    assert refused.value.status == 414
    assert "Bad Message 414" in refused.value.detail


def test_bug_4_a_row_that_becomes_visible_behind_the_watermark_is_not_lost(scene: "Scene") -> None:
    scene.ticket()
    late = scene.ticket()
    scene.state.tables["Case"].rows.pop(late.key)
    scene.state.tables["Case"].version += 1
    cursor = scene.pages(Stream.TICKETS)[-1].cursor
    scene.state.tables["Case"].rows[late.key] = late.row
    scene.state.tables["Case"].version += 1
    scene.sandbox.advance(300)
    assert late.key in ids(scene.records(Stream.TICKETS, cursor))


def test_bug_5_more_rows_of_one_stamp_than_a_page_holds_come_once_each(
    scene: "Scene", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "PAGE", 3)
    tickets = [scene.ticket().key for _ in range(8)]
    assert sorted(ids(scene.records(Stream.TICKETS))) == sorted(tickets)


def test_bug_6_every_page_of_a_bulk_result_is_read(
    make_scene: "Callable[..., Scene]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS_AT_ONCE", 3)
    scene = make_scene(bulk_above=0)
    tickets = [scene.ticket().key for _ in range(8)]
    pages = scene.pages(Stream.TICKETS)
    assert sorted(ids([record for page in pages for record in page.records])) == sorted(tickets)
    assert [page.complete_through for page in pages[:-1]] == [None] * (len(pages) - 1)
    assert {page.total for page in pages[:-1]} == {8}
    assert scene.asked("/results") == 3


def test_bug_6_a_bulk_result_shorter_than_its_job_counted_moves_nothing(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(bulk_above=0)
    scene.ticket()
    scene.sandbox.service.fates.append("short")
    with pytest.raises(UnexpectedPayloadError, match="counted 2 rows and brought 1"):
        scene.pages(Stream.TICKETS)


def test_bug_7_without_a_start_date_cases_of_any_age_are_read(scene: "Scene") -> None:
    old = scene.ticket()
    old.row |= {"CreatedDate": 1_000_000_000, "SystemModstamp": 1_000_000_000, "LastModifiedDate": 1_000_000_000}
    scene.state.tables["Case"].version += 1
    assert ids(scene.records(Stream.TICKETS)) == [old.key]


def test_bug_8_no_plus_sign_of_a_time_or_a_text_becomes_a_blank(scene: "Scene") -> None:
    assert soql.moment(1_795_399_200) == "2026-11-23T02:00:00Z"
    setup.create(scene.connector.org, setup.SUMMARY_KEY)
    key = "tuần 47+1 + 'quý' \\ 4 a?b#c%20"
    summary = SummaryTicket(key, "Tuần 47", "<p>12</p>", "12", (), None, None)
    outcome = scene.connector.deliver([Change(1, Target.SUMMARY, key, summary=summary)])[1]
    assert isinstance(outcome, Delivered)
    assert scene.connector.find(key) == [outcome.remote_id]


def test_bug_9_letters_line_breaks_and_quotes_come_whole_out_of_a_bulk_job(
    make_scene: "Callable[..., Scene]",
) -> None:
    scene = make_scene(bulk_above=0, mapped=frozenset({"Ma_Don_Hang__c"}))
    ticket = scene.ticket()
    ticket.row["Ma_Don_Hang__c"] = 'Đơn "số 7",\ngiao gấp; ưu tiên 😀'
    (found,) = [r for r in scene.records(Stream.TICKETS) if isinstance(r, TicketSnapshot)]
    assert found.fields == {"Ma_Don_Hang__c": 'Đơn "số 7",\ngiao gấp; ưu tiên 😀'}


def test_bug_10_a_locked_record_is_tried_again_and_the_others_are_done(scene: "Scene") -> None:
    locked, free = scene.ticket(), scene.ticket()
    scene.connector.use_fields({(Target.TICKET, LEVEL.key): scene.connector.create_field(LEVEL)})
    scene.sandbox.service.locked.add(locked.key)
    changes = [Change(n, Target.TICKET, ticket.key, {LEVEL.key: 1}) for n, ticket in enumerate((locked, free))]
    outcomes = scene.connector.deliver(changes)
    assert isinstance(outcomes[0], Snoozed)
    assert isinstance(outcomes[1], Delivered)
    assert isinstance(scene.connector.deliver(changes[:1])[0], Delivered)


def test_rows_are_the_same_through_a_bulk_job_and_page_by_page(make_scene: "Callable[..., Scene]") -> None:
    told = []
    for above in (0, 1000):
        scene = make_scene(bulk_above=above, sandbox={"tickets": 40, "days": 10})
        told.append([
            sorted(map(repr, scene.records(stream)))
            for stream in (Stream.TICKETS, Stream.HISTORY, Stream.RATINGS, Stream.METRIC_EVENTS)
        ])  # fmt: skip
    assert told[0] == told[1]
    assert any(TicketEvent.__name__ in row for row in told[0][1])
    assert any(Rating.__name__ in row for row in told[0][2])


def test_an_org_without_bulk_queries_is_read_page_by_page_and_says_so(make_scene: "Callable[..., Scene]") -> None:
    scene = make_scene(bulk_above=0)
    ticket = scene.ticket()
    scene.sandbox.service.bulk = False
    (page,) = scene.pages(Stream.TICKETS)
    assert ids(list(page.records)) == [ticket.key]
    assert "FEATURENOTENABLED" in str(page.note)
    scene.sandbox.service.bulk = True
    scene.sandbox.service.fates.append("Failed")
    assert "retried 15 times" in str(scene.pages(Stream.TICKETS)[0].note)
