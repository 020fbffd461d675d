"""Every awkward record, asked of the simulated account over real HTTP."""

from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Page, Stream, Unavailable
from connectors.errors import RefusedError
from connectors.sandbox import ZendeskSandbox
from connectors.sandbox.zendesk.records import Child, SlaPolicy
from connectors.sandbox.zendesk.records import Group as SandboxGroup
from connectors.zendesk import Zendesk, connect
from connectors.zendesk.settings import ZendeskSettings
from kpi_engine.records import (
    Agent,
    CustomStatus,
    EventKind,
    Field,
    Group,
    MetricEvent,
    MetricSet,
    Rating,
    Record,
    TicketEvent,
    TicketSnapshot,
)
from kpi_engine.records import SlaPolicy as KeptPolicy

EXPORT = "/api/v2/incremental/tickets/cursor*"
EVENTS = "/api/v2/incremental/ticket_events*"
HOUR = 3600


@pytest.fixture
def sandbox() -> Iterator[ZendeskSandbox]:
    with ZendeskSandbox(tickets=0, days=1) as started:
        yield started


@pytest.fixture
def account_on(sandbox: ZendeskSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Zendesk]]:
    """Return a function that opens the account; `mapped` are the custom fields the configuration gives a meaning."""
    monkeypatch.setenv("SANDBOX_TOKEN", sandbox.token)
    opened: list[Zendesk] = []

    def made(*mapped: int, **changes: Any) -> Zendesk:  # noqa: ANN401 -- any key of the settings
        keys = {
            "name": "sao-mai",
            "kind": "zendesk",
            "base_url": sandbox.base_url,
            "trusted_host": True,
            "auth": {"method": "bearer", "token": "${env:SANDBOX_TOKEN}"},
            "history_from": "2026-01-01",
            "rate_limit_share": 1,
            **changes,
        }
        fields = frozenset(str(field) for field in mapped)
        opened.append(connect(ZendeskSettings.model_validate(keys), sandbox.clock, ZoneInfo("UTC"), fields))
        return opened[-1]

    yield made
    for account in opened:
        account.close()


@pytest.fixture
def account(account_on: Callable[..., Zendesk]) -> Zendesk:
    return account_on()


def records(pages: Iterator[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def tickets(account: Zendesk, cursor: str | None = None) -> dict[str, TicketSnapshot]:
    found = records(account.pull(Stream.TICKETS, cursor))
    return {record.ticket_id: record for record in found if isinstance(record, TicketSnapshot)}


def history(account: Zendesk, ticket_id: int) -> list[TicketEvent]:
    found = records(account.pull(Stream.HISTORY, None))
    return [record for record in found if isinstance(record, TicketEvent) and record.ticket_id == str(ticket_id)]


def changes(account: Zendesk, ticket_id: int, field: str) -> list[tuple[str | None, str | None, bool]]:
    events = history(account, ticket_id)
    return [
        (event.old, event.new, event.automatic)
        for event in events
        if event.field == field and event.kind is EventKind.CHANGED
    ]


def asked(sandbox: ZendeskSandbox, since: int = 0) -> list[str]:
    return [path for _, path, _ in sandbox.requests[since:]]


# Tickets


def test_deleted_merged_scrubbed_archived_and_ai_agent_tickets_are_all_there(
    sandbox: ZendeskSandbox, account: Zendesk
) -> None:
    state = sandbox.state
    deleted, merged, into, scrubbed, archived = (state.create_ticket(subject="PRIVATE").id for _ in range(5))
    machine = state.create_ticket()
    machine.support_type = "ai_agent"
    state.delete(deleted)
    state.merge(merged, into, state.account.agent_ids[0])
    state.scrub(scrubbed)
    state.close(archived)
    sandbox.advance(130 * 24 * HOUR)
    found = tickets(account)
    assert {found[str(ticket)].status for ticket in (deleted, scrubbed)} == {"deleted"}
    assert "closed_by_merge" in found[str(merged)].tags
    assert found[str(archived)].status == "closed"
    assert str(machine.id) in found
    assert "PRIVATE" not in repr(found)
    assert "SCRUBBED" not in repr(found)


def test_bugs_5_and_6_nothing_is_asked_of_archived_and_deleted_tickets_one_by_one(
    sandbox: ZendeskSandbox, account: Zendesk
) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.state.delete(ticket.id)
    sandbox.advance(120)
    for stream in account.streams:
        try:
            list(account.pull(stream, None))
        except Unavailable:
            assert stream is Stream.SURVEYS
    assert not [path for path in asked(sandbox) if path.startswith("/api/v2/tickets")]


def test_spam_is_a_deleted_ticket_of_a_suspended_requester_and_what_never_became_a_ticket_is_not_asked_for(
    sandbox: ZendeskSandbox, account: Zendesk
) -> None:
    spam, kept = sandbox.state.create_ticket(), sandbox.state.create_ticket()
    sandbox.state.users[spam.requester_id].suspended = True
    sandbox.state.delete(spam.id)
    sandbox.advance(120)
    found = tickets(account)
    assert (found[str(spam.id)].status, found[str(kept.id)].status) == ("deleted", "new")
    assert not [path for path in asked(sandbox) if "suspended" in path or "deleted" in path]


def test_a_recalculation_inside_zendesk_shows_a_ticket_again_and_tells_of_no_event(
    sandbox: ZendeskSandbox, account: Zendesk
) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.advance(HOUR)
    (before,), told = tickets(account).values(), history(account, ticket.id)
    sandbox.state.recalculate(ticket.id)
    sandbox.advance(HOUR)
    (after,) = tickets(account).values()
    assert (after.updated_at, after.version) == (before.updated_at, before.version + HOUR)
    assert history(account, ticket.id) == told


def test_an_account_without_ai_agents_is_asked_without_them(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    sandbox.features.discard("ai_agents")
    ticket = sandbox.state.create_ticket()
    sandbox.advance(120)
    assert set(tickets(account)) == {str(ticket.id)}
    answers = [status for _, path, status in sandbox.requests if path.startswith("/api/v2/incremental")]
    assert answers == [400, 200]


def test_bug_10_custom_fields_go_by_their_ids_though_titles_are_the_same(
    sandbox: ZendeskSandbox, account_on: Callable[..., Zendesk]
) -> None:
    first, second = (sandbox.state.add_ticket_field("text", "Chủ đề").id for _ in range(2))
    ticket = sandbox.state.create_ticket(fields={first: "a"})
    sandbox.state.change(ticket.id, sandbox.state.account.agent_ids[0], fields={second: "b"})
    sandbox.advance(120)
    account = account_on(first, second)
    assert tickets(account)[str(ticket.id)].fields == {str(first): "a", str(second): "b"}
    assert changes(account, ticket.id, f"field:{second}") == [(None, "b", False)]


def test_zendesks_own_figures_cost_no_request_of_their_own(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    state = sandbox.state
    ticket = state.create_ticket()
    sandbox.advance(16 * 60)
    state.comment(ticket.id, state.account.agent_ids[0], status="solved")
    sandbox.advance(120)
    found = [one for one in records(account.pull(Stream.TICKETS, None)) if isinstance(one, MetricSet)]
    assert [(one.ticket_id, one.minutes["reply_time.calendar"], one.counts["replies"]) for one in found] == [
        (str(ticket.id), 16, 1)
    ]
    assert len([path for path in asked(sandbox) if "incremental" in path]) == 1


def test_a_thousand_tickets_too_many_at_once_come_a_hundred_at_a_time(
    sandbox: ZendeskSandbox, account: Zendesk
) -> None:
    for _ in range(150):
        sandbox.state.create_ticket()
    sandbox.advance(120)
    sandbox.fail_next(EXPORT, 504, 5)
    pages = account.pull(Stream.TICKETS, None)
    assert [sum(isinstance(one, TicketSnapshot) for one in page.records) for page in pages] == [100, 50]


def test_custom_statuses_and_their_changes(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    state = sandbox.state
    supplier = state.add_custom_status("hold", "Chờ nhà cung cấp 2")
    ticket = state.create_ticket(status="open")
    state.change(ticket.id, state.account.agent_ids[0], custom_status_id=supplier.id)
    sandbox.advance(120)
    found = tickets(account)[str(ticket.id)]
    assert (found.status, found.custom_status_id) == ("hold", str(supplier.id))
    assert changes(account, ticket.id, Field.CUSTOM_STATUS)[-1][1] == str(supplier.id)
    statuses = [one for one in records(account.pull(Stream.CUSTOM_STATUSES, None)) if isinstance(one, CustomStatus)]
    assert {one.custom_status_id: one.status for one in statuses}[str(supplier.id)] == "hold"


# History


def test_one_update_holds_a_persons_changes_and_a_triggers(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    state = sandbox.state
    an, ngoc = state.account.agent_ids[:2]
    ticket = state.create_ticket(status="open")
    state.change(ticket.id, an, assignee_id=ngoc, status="pending")
    state.change(ticket.id, an, automatic=True, status="hold", requester_id=state.account.customer_ids[1])
    sandbox.advance(120)
    assert changes(account, ticket.id, Field.ASSIGNEE) == [(None, str(ngoc), False)]
    assert changes(account, ticket.id, Field.STATUS) == [("open", "pending", False), ("pending", "hold", True)]
    assert changes(account, ticket.id, Field.REQUESTER)[0][1] == str(state.account.customer_ids[1])


def test_what_the_system_does_has_no_author_and_is_automatic(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.state.close(ticket.id)
    sandbox.advance(120)
    closed = next(event for event in history(account, ticket.id) if event.new == "closed")
    assert (closed.actor_id, closed.automatic) == (None, True)


def test_sla_objects_and_kinds_nobody_knows_are_passed_over(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    ticket = sandbox.state.create_ticket()
    goal = {"minutes": 1440, "in_business_hours": False}
    told = [Child("Change", "first_reply_time", goal, {"minutes": 60}), Child("Knowledge", "status", "solved")]
    sandbox.state.tell(ticket.id, [*told, Child("Change", "status", "open", "new")])
    sandbox.advance(120)
    assert changes(account, ticket.id, Field.STATUS) == [("new", "open", True)]
    pages = list(account.pull(Stream.HISTORY, None))
    assert [page.rejects for page in pages] == [[]]


def test_a_ticket_opened_before_history_begins_shows_what_it_was(
    sandbox: ZendeskSandbox, account_on: Callable[..., Zendesk]
) -> None:
    state = sandbox.state
    ticket = state.create_ticket(status="open", priority="high")
    sandbox.advance(3 * 24 * HOUR)
    state.change(ticket.id, state.account.agent_ids[0], status="pending", priority="low")
    sandbox.advance(120)
    account = account_on(history_from="2026-11-23")
    assert str(ticket.id) in tickets(account)
    kinds = {event.kind for event in history(account, ticket.id)}
    assert kinds == {EventKind.CHANGED}
    assert changes(account, ticket.id, Field.STATUS) == [("open", "pending", False)]
    assert changes(account, ticket.id, Field.PRIORITY) == [("high", "low", False)]


# The exports' own ways


def test_bug_1_next_page_without_end_does_not_keep_us(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    sandbox.state.create_ticket()
    sandbox.advance(120)
    pages = list(account.pull(Stream.HISTORY, None))
    again = list(account.pull(Stream.HISTORY, pages[-1].cursor))
    assert (len(pages), len(again)) == (1, 1)
    assert again[0].records == pages[0].records  # the last second comes again, and is known
    assert again[0].cursor == pages[0].cursor


def test_bug_1_an_answer_without_end_of_stream_ends_with_a_short_page(
    sandbox: ZendeskSandbox, account: Zendesk
) -> None:
    def older(page: dict[str, object]) -> object:
        del page["end_of_stream"]
        return page

    sandbox.state.create_ticket()
    sandbox.advance(120)
    sandbox.fail_next(EVENTS, older)
    assert len(list(account.pull(Stream.HISTORY, None))) == 1


@pytest.mark.parametrize("rows", [1200, 2500])
def test_bug_2_a_mass_update_in_one_second_neither_stops_nor_doubles_anything(
    sandbox: ZendeskSandbox, account: Zendesk, rows: int
) -> None:
    ticket = sandbox.state.create_ticket(status="open")
    sandbox.advance(60)
    for number in range(rows):
        sandbox.state.change(ticket.id, sandbox.state.account.agent_ids[number % 2], tags=(f"t{number}",))
    sandbox.advance(60)
    sandbox.state.change(ticket.id, sandbox.state.account.agent_ids[0], status="pending")
    sandbox.advance(120)
    events = [one for one in history(account, ticket.id) if one.field == Field.TAGS]
    assert len({event.event_id for event in events}) == rows
    assert changes(account, ticket.id, Field.STATUS)[-1][:2] == ("open", "pending")


def test_bug_2_a_second_that_pins_the_export_is_passed_and_told(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.advance(120)
    at = sandbox.state.audits[0].at

    def pinned(page: dict[str, object]) -> object:
        return page | {"end_time": at, "end_of_stream": False}

    sandbox.fail_next(EVENTS, pinned)
    pages = list(account.pull(Stream.HISTORY, str(at)))
    assert [reject.key for reject in pages[0].rejects] == [f"ticket_events:second:{at}"]
    assert {one.ticket_id for one in pages[0].records if isinstance(one, TicketEvent)} == {str(ticket.id)}
    assert len(pages) == 2


def test_bug_3_a_list_longer_than_a_hundred_pages_is_read_to_its_end(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    groups = sandbox.state.groups
    first = max(groups) + 1
    groups |= {
        number: SandboxGroup(id=number, name=f"Team {number}", created_at=1_790_000_000)
        for number in range(first, first + 10_001)
    }
    listed = [one.group_id for one in records(account.pull(Stream.GROUPS, None)) if isinstance(one, Group)]
    assert sorted(listed) == sorted(map(str, groups))


def test_a_forgotten_cursor_is_told_and_costs_no_ticket(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    sandbox.state.create_ticket()
    sandbox.advance(HOUR)
    known = list(account.pull(Stream.TICKETS, None))[-1].cursor
    assert known is not None
    late = sandbox.state.create_ticket()
    sandbox.advance(HOUR)
    sandbox.fail_next(EXPORT, 410, 2)
    pages = list(account.pull(Stream.TICKETS, known))
    assert str(late.id) in {one.ticket_id for one in pages[0].records}
    assert pages[0].note is not None


def test_fault_12_a_ticket_changed_while_pages_are_read_comes_again(
    sandbox: ZendeskSandbox, account_on: Callable[..., Zendesk]
) -> None:
    first, _ = sandbox.state.create_ticket(), sandbox.state.create_ticket()
    sandbox.advance(120)
    account = account_on(per_page=1)
    pages = account.pull(Stream.TICKETS, None)
    next(pages)
    sandbox.state.change(first.id, sandbox.state.account.agent_ids[0], status="pending")
    sandbox.advance(120)
    last = [one for page in pages for one in page.records if isinstance(one, TicketSnapshot)][-1]
    assert (last.ticket_id, last.status) == (str(first.id), "pending")


# People, groups, policies, clocks


def test_suspended_agents_are_listed_and_deleted_ones_can_be_asked_for(
    sandbox: ZendeskSandbox, account: Zendesk
) -> None:
    state = sandbox.state
    an, ngoc, minh = state.account.agent_ids[:3]
    state.delete_user(an)
    state.downgrade(ngoc)
    state.users[minh].suspended = True
    listed = {one.agent_id: one for one in records(account.pull(Stream.AGENTS, None)) if isinstance(one, Agent)}
    assert not {str(an), str(ngoc)} & set(listed)
    assert not listed[str(minh)].active
    before = len(sandbox.requests)
    many = [str(number) for number in range(1, 151)]
    fetched = records(account.fetch(Stream.AGENTS, [str(an), *many, str(ngoc)]))
    assert {one.agent_id for one in fetched if isinstance(one, Agent)} == {str(an), str(ngoc)}
    assert len(asked(sandbox, before)) == 2


def test_dissolved_groups_keep_their_names(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    old = next(group for group in sandbox.state.groups.values() if group.deleted)
    found = {one.group_id: one for one in records(account.pull(Stream.GROUPS, None)) if isinstance(one, Group)}
    assert (found[str(old.id)].name, found[str(old.id)].active) == ("Tổ cũ", False)


@pytest.mark.parametrize("missing", ["none", "group_sla"])
def test_sla_policies_of_both_kinds_are_one_stream(sandbox: ZendeskSandbox, account: Zendesk, missing: str) -> None:
    goals = (("low", "first_reply_time", 60, False),)
    sandbox.state.add_sla_policy(SlaPolicy(id=36, title="Sự cố", created_at=0, targets=goals, exact=False))
    held = (("low", "group_ownership_time", 60, True),)
    sandbox.state.add_sla_policy(SlaPolicy(id="01H078CBDY", title="Bậc 1", created_at=0, targets=held))
    sandbox.features.discard(missing)
    found = [one for one in records(account.pull(Stream.SLA_POLICIES, None)) if isinstance(one, KeptPolicy)]
    assert [one.policy_id for one in found] == (["36", "01H078CBDY"] if missing == "none" else ["36"])
    assert [one.body["policy_metrics"][0]["target_in_seconds"] for one in found] == [3600] * len(found)  # type: ignore[index]


@pytest.mark.parametrize(
    ("feature", "stream"),
    [
        ("schedules", Stream.SCHEDULES),
        ("sla", Stream.SLA_POLICIES),
        ("satisfaction", Stream.RATINGS),
        ("surveys", Stream.SURVEYS),
    ],
)
def test_what_the_plan_lacks_is_told_as_such(
    sandbox: ZendeskSandbox, account: Zendesk, feature: str, stream: Stream
) -> None:
    sandbox.features.discard(feature)
    with pytest.raises(Unavailable, match="does not offer"):
        list(account.pull(stream, None))


def test_clock_events_come_by_time_and_those_taken_back_are_withdrawn(
    sandbox: ZendeskSandbox, account: Zendesk
) -> None:
    state = sandbox.state
    ticket = state.create_ticket()
    sla = {"target": 60, "target_in_seconds": 3600, "business_hours": False, "policy": {"id": 36, "title": "S"}}
    state.add_metric_event(ticket.id, metric="reply_time", type="apply_sla", sla=sla)
    state.add_metric_event(ticket.id, metric="reply_time", type="breach", deleted=True)
    sandbox.advance(120)
    pages = list(account.pull(Stream.METRIC_EVENTS, None))
    found = [one for page in pages for one in page.records if isinstance(one, MetricEvent)]
    assert [(one.kind, one.target, one.withdrawn) for one in found] == [
        ("activate", None, False),
        ("apply_sla", 3600, False),
        ("breach", None, True),
    ]
    assert len(list(account.pull(Stream.METRIC_EVENTS, pages[-1].cursor))) == 1


def test_more_clock_events_than_a_page_come_whole(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    for _ in range(3):
        for number in range(450):
            sandbox.state.add_metric_event(number, metric="reply_time", type="breach")
        sandbox.advance(1)
    for number in range(1100):
        sandbox.state.add_metric_event(number, metric="reply_time", type="pause")
    sandbox.advance(120)
    found = records(account.pull(Stream.METRIC_EVENTS, None))
    assert len({one.event_id for one in found if isinstance(one, MetricEvent)}) == 3 * 450 + 1100


# Ratings


def solved(sandbox: ZendeskSandbox) -> int:
    state = sandbox.state
    ticket = state.create_ticket(assignee_id=state.account.agent_ids[0])
    state.comment(ticket.id, state.account.agent_ids[0], status="solved")
    return ticket.id


def test_a_legacy_offer_is_dated_and_an_event(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    ticket_id = solved(sandbox)
    offered = sandbox.state.offer_rating(ticket_id)
    sandbox.advance(HOUR)
    sandbox.state.rate(ticket_id, "good")
    sandbox.advance(120)
    (found,) = (one for one in records(account.pull(Stream.RATINGS, None)) if isinstance(one, Rating))
    assert (found.category, found.offered_at, found.at) == ("good", offered.created_at, offered.created_at + HOUR)
    assert found.agent_id == str(sandbox.state.account.agent_ids[0])
    kinds = [event.kind for event in history(account, ticket_id)]
    assert kinds.count(EventKind.SURVEY_OFFERED) == 1


def test_a_rating_is_fetched_by_its_id(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    ticket_id = solved(sandbox)
    rating = sandbox.state.rate(ticket_id, "bad")
    sandbox.advance(120)
    shown = account.unseen_rating(tickets(account)[str(ticket_id)], [])
    assert shown == {Stream.RATINGS: str(rating.id), Stream.SURVEYS: str(ticket_id)}
    found = records(account.fetch(Stream.RATINGS, [shown[Stream.RATINGS], "999"]))
    assert [one.category for one in found if isinstance(one, Rating)] == ["bad"]


def test_a_refusal_that_is_no_missing_record_is_told(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    sandbox.fail_next("/api/v2/satisfaction_ratings/*", 422)
    with pytest.raises(RefusedError):
        list(account.fetch(Stream.RATINGS, ["1"]))


def test_surveys_answered_edited_skipped_and_unanswered(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    state = sandbox.state
    sandbox.features.add("surveys")
    answered, skipped, silent = (solved(sandbox) for _ in range(3))
    for ticket_id in (answered, skipped, silent):
        state.offer_survey(ticket_id)
    state.answer_survey(answered, 5, "good", "PRIVATE")
    state.answer_survey(skipped, None, None)
    sandbox.advance(2 * HOUR)
    first = list(account.pull(Stream.SURVEYS, None))
    found = {one.ticket_id: one for page in first for one in page.records if isinstance(one, Rating)}
    assert {ticket_id: one.category for ticket_id, one in found.items()} == {str(answered): "good", str(skipped): None}
    assert "PRIVATE" not in repr(found)
    sandbox.advance(2 * HOUR)
    state.answer_survey(answered, 1, "bad")
    sandbox.advance(120)
    assert records(account.pull(Stream.SURVEYS, first[-1].cursor)) == []
    ticket = tickets(account)[str(answered)]
    wanted = account.unseen_rating(ticket, [found[str(answered)]])
    (edited,) = records(account.fetch(Stream.SURVEYS, [wanted[Stream.SURVEYS]]))
    assert isinstance(edited, Rating)
    assert (edited.category, edited.rating_id) == ("bad", found[str(answered)].rating_id)
    assert edited.version > found[str(answered)].version
