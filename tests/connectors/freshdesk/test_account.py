"""The connector against the simulated account, as strict as Freshdesk; each known bug of its clients by number."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import (
    Change,
    Delivered,
    InDoubt,
    Named,
    Refused,
    Snoozed,
    Stream,
    SummaryTicket,
    Target,
    Unavailable,
    Verdict,
    WantedField,
)
from connectors.errors import AddressError, InDoubtError, SettingError, SignInError, UnexpectedPayloadError
from connectors.freshdesk import Freshdesk, connect, walking
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.sandbox import FreshdeskSandbox
from kpi_engine.records import Agent, TicketEvent, TicketSnapshot

DAY = 86_400
OVERDUE = WantedField(Target.TICKET, "overdue", "yes_no", "KPI: overdue", "Whether it is.")
LEVEL = WantedField(Target.TICKET, "escalation_level", "integer", "KPI: level", "How far.")
Open = Callable[..., Freshdesk]


@pytest.fixture
def sandbox() -> Iterator[FreshdeskSandbox]:
    with FreshdeskSandbox(tickets=0) as running:
        yield running


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    made: list[Freshdesk] = []

    def connected(sandbox: FreshdeskSandbox, **keys: Any) -> Freshdesk:  # noqa: ANN401 -- any setting
        monkeypatch.setenv("FRESHDESK_KEY", sandbox.api_key)
        settings = {
            "name": "cua-hang", "kind": "freshdesk", "base_url": sandbox.base_url, "trusted_host": True,
            "auth": {"method": "api_key", "api_key": "${env:FRESHDESK_KEY}"}, "plan": "enterprise",
            "rate_limit_share": 1,
        }  # fmt: skip
        made.append(connect(FreshdeskSettings.model_validate({**settings, **keys}), sandbox.clock, ZoneInfo("UTC")))
        return made[-1]

    yield connected
    for each in made:
        each.close()


@pytest.fixture
def account(sandbox: FreshdeskSandbox, opened: Open) -> Freshdesk:
    return opened(sandbox)


def pulled(account: Freshdesk, stream: Stream, cursor: str | None = None) -> tuple[list[Any], str | None]:
    account.begin()
    pages = list(account.pull(stream, cursor))
    assert [reject for page in pages for reject in page.rejects] == []
    return [record for page in pages for record in page.records], pages[-1].cursor


def ids(records: list[Any]) -> list[str]:
    return [record.ticket_id for record in records]


# --- Pulling: what other clients got wrong ------------------------------------------------------------------------


def test_bug_01_the_walk_never_reaches_the_page_that_is_refused(
    sandbox: FreshdeskSandbox, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sandbox.freshdesk.tickets.LAST_PAGE", 2)
    for _ in range(30):
        sandbox.state.create_ticket()
        sandbox.advance(30)
    records, cursor = pulled(opened(sandbox, per_page=5), Stream.TICKETS)
    assert ids(records) == [str(number) for number in range(1, 31)]
    again, _ = pulled(opened(sandbox, per_page=5), Stream.TICKETS, cursor)
    assert again == []


def test_more_changes_in_one_second_than_a_page_holds_are_paged_through(
    sandbox: FreshdeskSandbox, opened: Open
) -> None:
    for _ in range(12):
        sandbox.state.create_ticket()
    sandbox.advance(5)
    sandbox.state.create_ticket()
    records, _ = pulled(opened(sandbox, per_page=5), Stream.TICKETS)
    assert sorted(map(int, ids(records))) == list(range(1, 14))


def test_a_second_that_fills_every_page_is_told_and_not_skipped(
    sandbox: FreshdeskSandbox, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "LAST_PAGE", 2)
    for _ in range(12):
        sandbox.state.create_ticket()
    with pytest.raises(UnexpectedPayloadError, match="More tickets changed"):
        pulled(opened(sandbox, per_page=5), Stream.TICKETS)


def test_tickets_that_change_while_the_list_is_read_make_nobody_skip_a_place(
    sandbox: FreshdeskSandbox, opened: Open
) -> None:
    for _ in range(15):
        sandbox.state.create_ticket()
        sandbox.advance(30)
    answered = 0

    def stirred(rows: Any) -> Any:  # noqa: ANN401 -- JSON
        nonlocal answered
        answered += 1
        if answered < 4:  # the first that was shown moves to the end, and all others a place forward
            sandbox.advance(30)
            sandbox.state.change(answered, assignee_id=sandbox.state.account.agent_ids[answered])
        return rows

    sandbox.fail_next("/api/v2/tickets", stirred, None)
    records, _ = pulled(opened(sandbox, per_page=5), Stream.TICKETS)
    newest = {record.ticket_id: record.assignee_id for record in records}
    assert set(newest) == {str(number) for number in range(1, 16)}
    assert [newest[str(number)] for number in (1, 2, 3)] == [str(sandbox.state.account.agent_ids[n]) for n in (1, 2, 3)]


def test_the_overlap_of_two_passes_is_read_again_and_brings_nothing_twice(
    sandbox: FreshdeskSandbox, account: Freshdesk
) -> None:
    """A list takes a while to show a change: what appears a minute late is not missed, what was read is not news."""
    for _ in range(3):
        sandbox.state.create_ticket()
        sandbox.advance(20)
    late = sandbox.state.tickets.pop(2)
    records, cursor = pulled(account, Stream.TICKETS)
    assert ids(records) == ["1", "3"]
    sandbox.state.tickets[2] = late
    again, cursor = pulled(account, Stream.TICKETS, cursor)
    assert ids(again) == ["2"]
    assert pulled(account, Stream.TICKETS, cursor)[0] == []


def test_what_include_costs_counts_against_our_share(opened: Open) -> None:
    """A page of tickets with their stats costs three of the two hundred requests a minute."""
    with FreshdeskSandbox(tickets=0, quotas="enterprise") as sandbox:
        account = opened(sandbox, rate_limit_share=0.1)  # seventy a minute
        for _ in range(30):
            list(account.session.get("/api/v2/tickets", {"include": "stats"}).headers)
        assert sandbox.clock.slept > 0
        plain = sandbox.clock.slept
        sandbox.advance(120)
        for _ in range(30):
            account.session.get("/api/v2/agents/me")
        assert sandbox.clock.slept == plain


def test_a_conversation_longer_than_a_page_is_read_to_its_end(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    ticket = sandbox.state.create_ticket()
    for _ in range(130):
        sandbox.state.comment(ticket.id, sandbox.state.account.agent_ids[0])
    assert len(pulled(account, Stream.HISTORY)[0]) == 131


def test_bug_02_tickets_older_than_thirty_days_come_too(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.state.create_ticket()
    sandbox.advance(45 * DAY)
    assert ids(pulled(account, Stream.TICKETS)[0]) == ["1"]


def test_bug_03_deleted_tickets_and_spam_are_asked_for(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    kept, deleted, spam = (sandbox.state.create_ticket() for _ in range(3))
    _, cursor = pulled(account, Stream.TICKETS)
    sandbox.advance(300)
    sandbox.state.delete(deleted.id)
    spam.spam, spam.updated_at = True, sandbox.state.world.second
    records, _ = pulled(account, Stream.TICKETS, cursor)
    assert {record.ticket_id: record.status for record in records} == {str(deleted.id): "deleted", str(spam.id): "spam"}
    assert str(kept.id) not in ids(records)


def test_bug_04_what_was_said_on_a_deleted_ticket_stops_nothing(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    first, second = (sandbox.state.create_ticket() for _ in range(2))
    sandbox.state.comment(second.id, sandbox.state.account.agent_ids[0])
    sandbox.before_next(f"/api/v2/tickets/{first.id}/conversations", lambda: sandbox.state.delete(first.id))
    records, _ = pulled(account, Stream.HISTORY)
    assert [(event.ticket_id, event.event_id == "description") for event in records] == [
        (str(first.id), True),
        (str(second.id), True),
        (str(second.id), False),
    ]


def test_bug_05_a_plan_without_surveys_lacks_them_and_no_more(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.features.clear()
    with pytest.raises(Unavailable, match="ratings"):
        list(account.pull(Stream.RATINGS, None))
    assert pulled(account, Stream.AGENTS)[0]


def test_bug_06_the_plans_limits_are_kept_without_ever_being_refused(opened: Open) -> None:
    with FreshdeskSandbox(tickets=60, days=10, quotas="growth") as sandbox:
        account = opened(sandbox, plan="growth", per_page=2)
        pulled(account, Stream.TICKETS)
        pulled(account, Stream.HISTORY)
        assert 429 not in {status for _, _, status in sandbox.requests}
        assert sandbox.clock.slept > 0


def test_bug_06_a_rate_limit_is_waited_for_as_long_as_told(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.state.create_ticket()
    sandbox.fail_next("/api/v2/tickets", 429, retry_after=34)
    before = sandbox.now
    assert ids(pulled(account, Stream.TICKETS)[0]) == ["1"]
    assert sandbox.now - before >= 34


@pytest.mark.parametrize("mark", ["deleted", "spam"])
def test_bug_07_a_deleted_ticket_and_spam_are_set_aside(
    sandbox: FreshdeskSandbox, account: Freshdesk, mark: str
) -> None:
    ticket = sandbox.state.create_ticket()
    account.use_fields({(Target.TICKET, "overdue"): account.create_field(OVERDUE)})
    setattr(ticket, mark, True)
    outcome = account.deliver([Change(1, Target.TICKET, str(ticket.id), {"overdue": True})])[1]
    assert isinstance(outcome, Refused)
    assert outcome.closed


def test_bug_08_a_summary_is_looked_for_without_the_search_that_lags_and_ends(
    sandbox: FreshdeskSandbox, account: Freshdesk
) -> None:
    summary = SummaryTicket("helpdesk-kpi:a", "S", "<p>kpi·1</p>", "1", ("helpdesk-kpi",), None, None, "kpi·1")
    sandbox.fail_next("/api/v2/tickets", "drop", after_effect=True, method="POST")
    assert isinstance(account.deliver([Change(1, Target.SUMMARY, "helpdesk-kpi:a", summary=summary)])[1], InDoubt)
    (made,) = account.find("helpdesk-kpi:a")
    assert account.find("helpdesk-kpi:b") == []
    assert not any("search" in path for _, path, _ in sandbox.requests)
    assert (account.noted(made, "kpi·1"), account.noted(made, "kpi·2"), account.noted("999", "kpi·1")) == (
        True,
        False,
        None,
    )
    assert sandbox.state.tickets[int(made)].requester_id == sandbox.state.account.integration_id


def test_an_archived_ticket_is_neither_deleted_nor_read_again(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    ticket = sandbox.state.create_ticket(status="closed")
    _, cursor = pulled(account, Stream.TICKETS)
    sandbox.advance(130 * DAY)
    assert pulled(account, Stream.TICKETS, cursor)[0] == []
    account.use_fields({(Target.TICKET, "overdue"): account.create_field(OVERDUE)})
    outcome = account.deliver([Change(1, Target.TICKET, str(ticket.id), {"overdue": True})])[1]
    assert isinstance(outcome, Refused)
    assert outcome.closed


def test_what_a_snapshot_shows_happened_after_the_pass_before(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    ticket = sandbox.state.create_ticket()
    sandbox.advance(600)
    _, cursor = pulled(account, Stream.TICKETS)
    looked = int(sandbox.now)
    sandbox.advance(900)
    sandbox.state.change(ticket.id, assignee_id=sandbox.state.account.agent_ids[1])
    (shot,), _ = pulled(account, Stream.TICKETS, cursor)
    assert isinstance(shot, TicketSnapshot)
    assert looked - 120 <= (shot.after or 0) <= looked


def test_what_was_said_is_read_within_a_budget_and_the_rest_next_time(sandbox: FreshdeskSandbox, opened: Open) -> None:
    for _ in range(5):
        sandbox.state.create_ticket()
        sandbox.advance(60)
    account = opened(sandbox, conversations_per_pass=2)
    heard, cursor, complete = [], None, []
    for _ in range(3):
        account.begin()
        pages = list(account.pull(Stream.HISTORY, cursor))
        heard += [event.ticket_id for page in pages for event in page.records if isinstance(event, TicketEvent)]
        cursor = pages[-1].cursor
        complete.append(pages[-1].complete_through)
    assert heard == ["1", "2", "3", "4", "5"]
    assert complete == sorted(complete)


def test_our_own_write_is_not_listened_to(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    ticket = sandbox.state.create_ticket()
    _, cursor = pulled(account, Stream.HISTORY)
    account.use_fields({(Target.TICKET, "overdue"): account.create_field(OVERDUE)})
    sandbox.advance(300)
    account.deliver([Change(1, Target.TICKET, str(ticket.id), {"overdue": True})])
    asked = len(sandbox.requests)
    assert pulled(account, Stream.HISTORY, cursor)[0] == []
    assert not any("conversations" in path for _, path, _ in sandbox.requests[asked:])


def test_a_rating_edited_later_is_seen_within_a_day(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    ticket = sandbox.state.create_ticket(assignee_id=sandbox.state.account.agent_ids[0])
    sandbox.state.rate(ticket.id, "bad")
    (first,), cursor = pulled(account, Stream.RATINGS)
    sandbox.advance(3 * DAY)
    sandbox.state.rate(ticket.id, "good")
    (second,), _ = pulled(account, Stream.RATINGS, cursor)
    assert (first.rating_id, first.category, second.category) == (second.rating_id, "bad", "good")
    assert second.version > first.version


def test_of_several_questions_the_configured_one_is_the_rating(sandbox: FreshdeskSandbox, opened: Open) -> None:
    ticket = sandbox.state.create_ticket(assignee_id=sandbox.state.account.agent_ids[0])
    sandbox.state.rate(ticket.id, "good")
    for question, category, verdict in (
        ("default_question", "good", Verdict.OK),
        ("question_2", "bad", Verdict.OK),
        ("question_9", None, Verdict.WARNING),
    ):
        account = opened(sandbox, csat={"question": question})
        assert [rating.category for rating in pulled(account, Stream.RATINGS)[0]] == [category]
        (check,) = [check for check in account.checks() if str(check.subject) == "the survey's questions"]
        assert (check.verdict, "question_2: Bạn" in str(check.finding)) == (verdict, True)
    sandbox.fail_next("/api/v2/surveys", lambda _: [{"id": 1}])
    assert not [check for check in account.checks() if str(check.subject) == "the survey's questions"]


def test_agents_who_were_deleted_are_left_out_when_asked_for(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    there, gone = sandbox.state.account.agent_ids[0], sandbox.state.account.agent_ids[6]
    found = [record for page in account.fetch(Stream.AGENTS, [str(there), str(gone)]) for record in page.records]
    assert [record.agent_id for record in found if isinstance(record, Agent)] == [str(there)]
    assert list(account.fetch(Stream.RATINGS, ["1"])) == []


def test_a_position_in_the_future_is_refused(account: Freshdesk) -> None:
    with pytest.raises(UnexpectedPayloadError, match="future"):
        list(account.pull(Stream.TICKETS, walking.Place(4_000_000_000).text()))


def test_a_history_that_begins_in_the_future_is_a_matter_of_settings(sandbox: FreshdeskSandbox, opened: Open) -> None:
    with pytest.raises(SettingError):
        list(opened(sandbox, history_from="2090-01-01").pull(Stream.TICKETS, None))


# --- Writing ------------------------------------------------------------------------------------------------------


def test_a_field_required_for_closure_is_named_where_it_stands_in_the_way(
    sandbox: FreshdeskSandbox, account: Freshdesk
) -> None:
    ticket = sandbox.state.create_ticket(status="solved")
    account.use_fields({(Target.TICKET, "escalation_level"): account.create_field(LEVEL)})
    sandbox.state.fields["cf_ma_don_hang"].required_for_closure = True
    outcome = account.deliver([Change(1, Target.TICKET, str(ticket.id), {"escalation_level": 2})])[1]
    assert isinstance(outcome, Refused)
    assert "cf_ma_don_hang" in str(outcome.reason)
    assert not outcome.closed


def test_a_value_without_a_field_and_one_for_an_agent_are_refused(account: Freshdesk) -> None:
    changes = [Change(1, Target.TICKET, "1", {"overdue": True}), Change(2, Target.AGENT, "1", {"solved": 1})]
    assert all(isinstance(outcome, Refused) for outcome in account.deliver(changes).values())
    assert isinstance(account.follow("x", changes)[1], Refused)


def test_a_helpdesk_that_is_down_snoozes_a_write(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    ticket = sandbox.state.create_ticket()
    account.use_fields({(Target.TICKET, "overdue"): account.create_field(OVERDUE)})
    sandbox.fail_next("/api/v2/tickets/*", 500, None, method="PUT")
    assert isinstance(account.deliver([Change(1, Target.TICKET, str(ticket.id), {"overdue": True})])[1], Snoozed)


def test_a_summary_is_brought_up_to_date_by_a_note_and_solved_with_its_last(
    sandbox: FreshdeskSandbox, account: Freshdesk
) -> None:
    first = SummaryTicket("helpdesk-kpi:a", "S", "<p>1</p>", "1", ("helpdesk-kpi",), None, "KPI")
    made = account.deliver([Change(1, Target.SUMMARY, "helpdesk-kpi:a", summary=first)])[1]
    assert isinstance(made, Delivered)
    last = SummaryTicket("helpdesk-kpi:a", "S", "<p>2</p>", "2", ("helpdesk-kpi",), None, "KPI", "m2", solve=True)
    assert isinstance(account.deliver([Change(2, Target.SUMMARY, str(made.remote_id), summary=last)])[2], Delivered)
    ticket = sandbox.state.tickets[int(str(made.remote_id))]
    assert ticket.status == 4
    assert [said.private for said in sandbox.state.conversations[ticket.id]] == [True]
    sandbox.state.delete(ticket.id)
    gone = account.deliver([Change(3, Target.SUMMARY, str(made.remote_id), summary=last)])[3]
    assert isinstance(gone, Refused)
    assert account.noted(str(ticket.id), "m2") is None
    assert account.read(Target.SUMMARY, [str(ticket.id), "999"]) == {}


def test_a_summary_for_a_group_that_is_not_there_is_refused(account: Freshdesk) -> None:
    summary = SummaryTicket("helpdesk-kpi:a", "S", "<p>1</p>", "1", (), None, "Nobody's")
    assert isinstance(account.deliver([Change(1, Target.SUMMARY, "a", summary=summary)])[1], Refused)
    assert isinstance(account.deliver([Change(1, Target.SUMMARY, "a")])[1], Refused)


def test_a_field_whose_answer_was_lost_is_looked_for(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.fail_next("/api/v2/admin/ticket_fields", "drop", after_effect=True, method="POST")
    assert account.create_field(OVERDUE) in sandbox.state.fields
    sandbox.fail_next("/api/v2/admin/ticket_fields", "drop", method="POST")
    with pytest.raises(InDoubtError):
        account.create_field(LEVEL)


# --- Looking around -----------------------------------------------------------------------------------------------


def test_readers_are_those_of_wide_scope_the_groups_members_and_the_assignee(
    sandbox: FreshdeskSandbox, account: Freshdesk
) -> None:
    people = sandbox.state.account
    found = account.readers("Hỗ trợ", str(people.agent_ids[2]))
    assert {str(people.agent_ids[place]) for place in (0, 1, 2, 3)} <= set(found)
    assert str(people.agent_ids[5]) not in found


def test_what_freshdesk_cannot_do_is_nothing(account: Freshdesk) -> None:
    assert account.titles(Named.FORM) == {}
    assert account.extras([], {}) == []
    assert account.uses(Target.TICKET, "cf_x") == []
    assert account.read(Target.AGENT, ["1"]) == {}
    cost = account.cost({Stream.TICKETS: 1000, Stream.HISTORY: 500})
    assert (cost.requests, cost.minutes) == (510, 1)


def test_checks_tell_a_wrong_plan_and_missing_features(sandbox: FreshdeskSandbox, opened: Open) -> None:
    sandbox.features.clear()
    found = {str(check.subject): check for check in opened(sandbox).checks()}
    assert found["quota"].verdict is Verdict.WARNING
    assert found["satisfaction ratings"].verdict is Verdict.WARNING
    sandbox.state.persons[sandbox.state.account.integration_id].is_admin = False
    found = {str(check.subject): check for check in opened(sandbox).checks()}
    assert found["agents"].verdict is Verdict.FAILURE
    with FreshdeskSandbox(tickets=0, quotas="growth") as small:
        found = {str(check.subject): check for check in opened(small, plan="pro").checks()}
        assert "growth" not in str(found["quota"].finding)
        assert found["quota"].verdict is Verdict.WARNING


@pytest.mark.parametrize(("days", "told"), [(119, False), (125, True)])
def test_a_history_longer_than_the_lists_reach_lacks_what_was_archived_and_check_says_so(
    sandbox: FreshdeskSandbox, opened: Open, days: int, *, told: bool
) -> None:
    begins = datetime.fromtimestamp(sandbox.now - days * DAY, UTC).date()
    account = opened(sandbox, history_from=begins.isoformat())
    assert any(str(check.subject) == "archived tickets" for check in account.checks()) is told


def test_a_wrong_key_and_a_wrong_domain_are_told_as_such(
    sandbox: FreshdeskSandbox, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = opened(sandbox)
    sandbox.fail_next("/api/v2/agents/me", 404, None)
    with pytest.raises(AddressError):
        list(account.checks())
    sandbox.clear_faults()
    monkeypatch.setattr(sandbox, "api_key", "wrong")
    wrong = opened(sandbox)
    asked = len(sandbox.requests)
    with pytest.raises(SignInError):
        list(wrong.pull(Stream.GROUPS, None))
    # Never again and again: a key that fails often locks the account out.
    assert [status for _, _, status in sandbox.requests[asked:]] == [401, 401]


def test_without_its_secret_it_still_tells_addresses(
    sandbox: FreshdeskSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRESHDESK_KEY", raising=False)
    keys = {
        "name": "x", "kind": "freshdesk", "base_url": sandbox.base_url, "trusted_host": True,
        "auth": {"method": "api_key", "api_key": "${env:FRESHDESK_KEY}"},
    }  # fmt: skip
    account = connect(FreshdeskSettings.model_validate(keys), sandbox.clock)
    assert account.ticket_url("7") == f"{sandbox.base_url}/a/tickets/7"
    with pytest.raises(SignInError):
        list(account.pull(Stream.GROUPS, None))


def test_a_row_nobody_can_read_is_set_aside_without_words_and_read_again_later(
    sandbox: FreshdeskSandbox, account: Freshdesk
) -> None:
    sandbox.state.create_ticket("Bí mật")
    sandbox.fail_next("/api/v2/tickets", lambda rows: [{**row, "status": "?"} for row in rows])  # type: ignore[attr-defined]  # JSON
    account.begin()
    (reject,) = [reject for page in account.pull(Stream.TICKETS, None) for reject in page.rejects][:1]
    assert "Bí mật" not in reject.raw
    assert account.read_again(Stream.TICKETS, reject.raw).rejects
    assert account.read_again(Stream.TICKETS, reject.raw.replace('"?"', "2")).records
    assert account.read_again(Stream.TICKETS, reject.raw[:10]).rejects
    assert account.read_again(Stream.HISTORY, reject.raw).records == []
    assert account.read_again(Stream.GROUPS, '{"id": 1, "name": "x"}').records


def test_a_list_that_is_none_is_unexpected(sandbox: FreshdeskSandbox, account: Freshdesk) -> None:
    sandbox.fail_next("/api/v2/groups", lambda _: {"groups": []})
    with pytest.raises(UnexpectedPayloadError, match="list"):
        list(account.pull(Stream.GROUPS, None))
