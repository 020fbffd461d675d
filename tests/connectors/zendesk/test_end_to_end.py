"""The connector against the simulated Zendesk, over real HTTP on loopback."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.base import (
    DATING,
    OF_TICKETS,
    Change,
    Conflicting,
    Delivered,
    InDoubt,
    Outcome,
    Page,
    Refused,
    Stream,
    SummaryTicket,
    Target,
    Unavailable,
    UnderWay,
    Verdict,
    WantedField,
)
from connectors.sandbox import ZendeskSandbox
from connectors.sandbox.zendesk.records import SlaPolicy
from connectors.zendesk import Zendesk, connect
from connectors.zendesk.settings import ZendeskSettings
from kpi_engine.records import EventKind, MetricSet, TicketSnapshot

WANTED = [
    WantedField(Target.TICKET, "due_at", "moment", "KPI: due at", "d"),
    WantedField(Target.TICKET, "overdue", "yes_no", "KPI: overdue", "d"),
    WantedField(Target.TICKET, "overdue_clock", "text", "KPI: overdue clock", "d"),
    WantedField(Target.TICKET, "escalation_level", "integer", "KPI: escalation level", "d"),
    WantedField(Target.AGENT, "first_reply", "number", "KPI: first reply", "d"),
]


@pytest.fixture
def sandbox() -> Iterator[ZendeskSandbox]:
    """Give an account in which there is something of every stream."""
    with ZendeskSandbox(tickets=40, days=7) as made:
        furnish(made)
        yield made


def furnish(sandbox: ZendeskSandbox) -> None:
    """Add what an account need not have: an answered survey of the newer kind, and an SLA policy."""
    goal = ("low", "first_reply_time", 60, False)
    sandbox.state.add_sla_policy(SlaPolicy(id=36, title="Sự cố", created_at=0, targets=(goal,)))
    sandbox.features.add("surveys")
    ticket = sandbox.state.create_ticket(status="solved")
    sandbox.state.offer_survey(ticket.id)
    sandbox.state.answer_survey(ticket.id, 5, "good")


@pytest.fixture
def open_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Zendesk]]:
    """Return a function that opens a connector to a sandbox with the OAuth client's credentials."""
    opened = []

    def open_one(sandbox: ZendeskSandbox, **changed: object) -> Zendesk:
        monkeypatch.setenv("ZENDESK_CLIENT_SECRET", sandbox.oauth.client_secret)
        auth = {
            "method": "oauth_client_credentials",
            "client_id": sandbox.oauth.client_id,
            "client_secret": "${env:ZENDESK_CLIENT_SECRET}",
        }
        keys = {"name": "sao-mai", "kind": "zendesk", "trusted_host": True, "base_url": sandbox.base_url, "auth": auth}
        settings = ZendeskSettings.model_validate({**keys, "rate_limit_share": 1, **changed})
        opened.append(connect(settings, sandbox.clock, ZoneInfo("Asia/Ho_Chi_Minh")))
        return opened[-1]

    yield open_one
    for account in opened:
        account.close()


@pytest.fixture
def account(sandbox: ZendeskSandbox, open_account: Callable[..., Zendesk]) -> Zendesk:
    return open_account(sandbox)


@pytest.fixture
def furnished(account: Zendesk) -> Zendesk:
    """Return an account with our fields made."""
    made = {(field.target, field.key): account.create_field(field) for field in WANTED}
    account.use_fields(made)
    return account


def pulled(account: Zendesk, stream: Stream, cursor: str | None = None) -> tuple[list[Any], list[Page]]:
    pages = list(account.pull(stream, cursor))
    return [record for page in pages for record in page.records], pages


def pulled_tickets(account: Zendesk, cursor: str | None = None) -> tuple[list[TicketSnapshot], list[Page]]:
    """Return the tickets without the figures that Zendesk sends along with them."""
    records, pages = pulled(account, Stream.TICKETS, cursor)
    return [record for record in records if isinstance(record, TicketSnapshot)], pages


def finished(account: Zendesk, outcomes: dict[int, Outcome], changes: list[Change]) -> dict[int, Outcome]:
    while any(isinstance(outcome, UnderWay) for outcome in outcomes.values()):
        job = next(outcome.job for outcome in outcomes.values() if isinstance(outcome, UnderWay))
        outcomes = account.follow(job, changes)
    return outcomes


def of_status(sandbox: ZendeskSandbox, *statuses: str) -> list[str]:
    return [str(ticket.id) for ticket in sandbox.state.tickets.values() if ticket.status in statuses]


def summary(external_id: str = "kpi:2026-W47:7", **changed: object) -> Change:
    place = {"assignee_id": None, "group": "KPI"} | changed
    return Change(
        1, Target.SUMMARY, "", summary=SummaryTicket(external_id, "W47", "<p>12</p>", "12", ("kpi",), **place)
    )


def test_every_stream_is_pulled_without_a_reject(account: Zendesk) -> None:
    for stream in account.streams:
        records, pages = pulled(account, stream)
        assert records, stream
        assert not [reject for page in pages for reject in page.rejects]
        assert (pages[-1].complete_through is not None) == (stream in OF_TICKETS)


def test_every_ticket_is_pulled_once_and_as_it_is(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    sandbox.advance(120)
    records, pages = pulled_tickets(account)
    shown = {record.ticket_id: record.status for record in records}
    truth = {
        str(ticket.id): ticket.status for ticket in sandbox.state.tickets.values() if ticket.support_type == "agent"
    }
    assert shown == truth
    assert len(records) == len(shown)
    sets = [record for page in pages for record in page.records if isinstance(record, MetricSet)]
    assert {each.ticket_id for each in sets} == set(truth)


def test_the_history_leads_to_what_the_tickets_show(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    sandbox.advance(120)
    tickets, _ = pulled_tickets(account)
    events, _ = pulled(account, Stream.HISTORY)
    statuses = {}
    for event in sorted(set(events), key=lambda event: (event.at, event.order, event.position)):
        if event.field == "status":
            assert event.kind is EventKind.OPENED_WITH or statuses[event.ticket_id] == event.old
            statuses[event.ticket_id] = event.new
    known = {ticket.ticket_id: ticket.status for ticket in tickets if ticket.status != "deleted"}
    assert {ticket_id: statuses[ticket_id] for ticket_id in known} == known
    assert Counter(event.kind for event in events)[EventKind.COMMENTED] > len(known)
    assert {event.automatic for event in events} == {True, False}


def test_event_ids_are_as_unique_as_the_events(account: Zendesk) -> None:
    events = set(pulled(account, Stream.HISTORY)[0])
    assert len({(event.ticket_id, event.event_id) for event in events}) == len(events)


def test_later_pulls_bring_what_is_new_and_little_else(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    cursors = {stream: pulled(account, stream)[1][-1].cursor for stream in DATING}
    sandbox.advance(120)
    ticket = sandbox.state.create_ticket()
    sandbox.state.comment(ticket.id, sandbox.state.account.agent_ids[0])
    sandbox.state.rate(ticket.id, "good")
    sandbox.advance(120)
    tickets, pages = pulled_tickets(account, cursors[Stream.TICKETS])
    assert str(ticket.id) in {record.ticket_id for record in tickets}
    assert len(tickets) < len(sandbox.state.tickets) / 2
    assert pages[-1].complete_through >= sandbox.now - 71
    events, _ = pulled(account, Stream.HISTORY, cursors[Stream.HISTORY])
    assert str(ticket.id) in {event.ticket_id for event in events}
    ratings, _ = pulled(account, Stream.RATINGS, cursors[Stream.RATINGS])
    assert "good" in {rating.category for rating in ratings if rating.ticket_id == str(ticket.id)}


def test_nothing_that_happened_by_complete_through_is_missing(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    cursor, seen, ours = None, set(), set()
    for _ in range(6):
        ours.add(sandbox.state.create_ticket().id)
        sandbox.advance(37)
        events, pages = pulled(account, Stream.HISTORY, cursor)
        cursor, complete = pages[-1].cursor, pages[-1].complete_through
        seen |= {event.order for event in events}
        told = {audit.id for audit in sandbox.state.audits if audit.ticket_id in ours and audit.at <= complete}
        assert told <= seen
    assert told


def test_pages_come_in_order_of_time(sandbox: ZendeskSandbox, open_account: Callable[..., Zendesk]) -> None:
    account = open_account(sandbox, per_page=7)
    _, pages = pulled(account, Stream.TICKETS)
    assert len(pages) > 3
    told = [page.complete_through for page in pages if page.complete_through is not None]
    assert all(earlier <= later for earlier, later in pairwise(told))


def test_missing_features_are_unavailable(sandbox: ZendeskSandbox, account: Zendesk) -> None:
    sandbox.features.clear()
    for stream in (Stream.SCHEDULES, Stream.RATINGS):
        with pytest.raises(Unavailable):
            pulled(account, stream)
    found = {str(check.subject): check.verdict for check in account.checks()}
    assert found["business hours"] is Verdict.WARNING


def test_a_healthy_account_passes_its_checks(account: Zendesk) -> None:
    assert {check.verdict for check in account.checks()} == {Verdict.OK}


def test_a_token_revoked_between_two_pages_is_replaced(
    sandbox: ZendeskSandbox, open_account: Callable[..., Zendesk]
) -> None:
    account = open_account(sandbox, per_page=7)
    pages = account.pull(Stream.TICKETS, None)
    next(pages)
    sandbox.revoke_tokens()
    assert next(pages).records


@pytest.mark.usefixtures("furnished")
def test_fields_are_made_once_and_found_again(open_account: Callable[..., Zendesk], sandbox: ZendeskSandbox) -> None:
    again = open_account(sandbox)
    found = again.fields(WANTED)
    assert [setup.problem for setup in found] == [None] * len(WANTED)
    again.use_fields({(setup.wanted.target, setup.wanted.key): setup.remote_id for setup in found})
    assert [setup.remote_id for setup in again.fields(WANTED)] == [setup.remote_id for setup in found]


def test_a_field_whose_creation_got_no_answer_is_not_made_twice(account: Zendesk, sandbox: ZendeskSandbox) -> None:
    sandbox.fail_next("*/ticket_fields*", "drop", after_effect=True, method="POST")
    made = account.create_field(WANTED[0])
    titles = [field.title for field in sandbox.state.ticket_fields.values()]
    assert titles.count("KPI: due at") == 1
    assert made == account.fields(WANTED[:1])[0].remote_id


def test_ticket_fields_are_written_and_read_back(furnished: Zendesk, sandbox: ZendeskSandbox) -> None:
    values = {"due_at": 1_795_343_400, "overdue": True, "overdue_clock": "first_reply", "escalation_level": 2}
    changes = [Change(n, Target.TICKET, ticket, values) for n, ticket in enumerate(of_status(sandbox, "open", "new"))]
    outcomes = finished(furnished, furnished.deliver(changes), changes)
    assert set(outcomes.values()) == {Delivered()}
    assert set(outcomes) == {change.change_id for change in changes}
    shown = furnished.read(Target.TICKET, [change.target_id for change in changes])
    assert all(shown[change.target_id] == values for change in changes)
    sandbox.advance(120)
    records, _ = pulled(furnished, Stream.TICKETS)
    written = next(record for record in records if record.ticket_id == changes[0].target_id)
    assert set(written.fields.values()) == set(values.values())


def test_cleared_fields_are_read_back_as_cleared(furnished: Zendesk, sandbox: ZendeskSandbox) -> None:
    ticket = of_status(sandbox, "open", "new")[0]
    for values in ({"due_at": 1_795_343_400, "overdue": True}, {"due_at": None, "overdue": None}):
        changes = [Change(1, Target.TICKET, ticket, values)]
        assert finished(furnished, furnished.deliver(changes), changes) == {1: Delivered()}
    shown = furnished.read(Target.TICKET, [ticket])[ticket]
    assert (shown["due_at"], shown["overdue"]) == (None, False)


def test_agents_figures_are_written_and_read_back(furnished: Zendesk, sandbox: ZendeskSandbox) -> None:
    agent = str(sandbox.state.account.agent_ids[0])
    changes = [Change(1, Target.AGENT, agent, {"first_reply": 12.5})]
    assert finished(furnished, furnished.deliver(changes), changes) == {1: Delivered()}
    assert furnished.read(Target.AGENT, [agent]) == {agent: {"first_reply": 12.5}}


def test_bug_7_a_closed_ticket_is_refused_and_its_neighbour_delivered(
    furnished: Zendesk, sandbox: ZendeskSandbox
) -> None:
    live = of_status(sandbox, "open", "new")[0]
    closed = sandbox.state.create_ticket()
    sandbox.state.close(closed.id)
    conflicting = of_status(sandbox, "open", "new", "pending")[-1]
    sandbox.conflict_next(int(conflicting))
    targets = [live, str(closed.id), conflicting, "999999"]
    changes = [Change(n, Target.TICKET, target, {"escalation_level": 1}) for n, target in enumerate(targets)]
    outcomes = finished(furnished, furnished.deliver(changes), changes)
    assert outcomes[0] == Delivered()
    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].closed
    assert isinstance(outcomes[2], Conflicting)
    assert isinstance(outcomes[3], Refused)
    assert outcomes[3].closed


@pytest.mark.parametrize("fate", ["lost", "failed", "killed"])
def test_a_job_with_an_unhappy_end_leaves_its_changes_in_doubt(
    furnished: Zendesk, sandbox: ZendeskSandbox, fate: str
) -> None:
    sandbox.doom_next_job(fate)
    changes = [Change(1, Target.TICKET, of_status(sandbox, "open", "new")[0], {"escalation_level": 1})]
    outcomes = furnished.deliver(changes)
    sandbox.advance(10)
    assert isinstance(finished(furnished, outcomes, changes)[1], InDoubt)


def test_a_lost_answer_to_a_bulk_update_is_repeated(furnished: Zendesk, sandbox: ZendeskSandbox) -> None:
    sandbox.fail_next("*/update_many*", "drop", after_effect=True)
    ticket = of_status(sandbox, "open", "new")[0]
    changes = [Change(1, Target.TICKET, ticket, {"escalation_level": 3})]
    finished(furnished, furnished.deliver(changes), changes)
    sandbox.advance(60)
    assert furnished.read(Target.TICKET, [ticket])[ticket]["escalation_level"] == 3


def test_a_summary_is_created_open_private_and_without_noise(account: Zendesk, sandbox: ZendeskSandbox) -> None:
    outcome = account.deliver([summary()])[1]
    assert isinstance(outcome, Delivered)
    assert outcome.warning is None
    made = sandbox.state.tickets[int(outcome.remote_id)]
    assert (made.external_id, made.status, made.is_public) == ("kpi:2026-W47:7", "open", False)
    assert made.group_id == sandbox.state.account.kpi_group_id
    assert made.requester_id == sandbox.state.account.integration_id
    assert sandbox.state.notifications == []
    assert account.find("kpi:2026-W47:7") == [outcome.remote_id]


def test_fault_06_a_summary_whose_answer_was_lost_is_found(account: Zendesk, sandbox: ZendeskSandbox) -> None:
    sandbox.fail_next("*/imports/tickets*", "drop", after_effect=True)
    assert isinstance(account.deliver([summary()])[1], InDoubt)
    assert len(account.find("kpi:2026-W47:7")) == 1


def test_fault_06_a_summary_that_never_arrived_is_not_found(account: Zendesk, sandbox: ZendeskSandbox) -> None:
    sandbox.fail_next("*/imports/tickets*", "drop")
    assert isinstance(account.deliver([summary()])[1], InDoubt)
    assert account.find("kpi:2026-W47:7") == []


def test_a_summary_is_brought_up_to_date_by_a_private_note(account: Zendesk, sandbox: ZendeskSandbox) -> None:
    remote_id = account.deliver([summary()])[1].remote_id
    content = summary().summary
    outcome = account.deliver([Change(2, Target.SUMMARY, remote_id, summary=content)])[2]
    assert (outcome.remote_id, outcome.warning) == (remote_id, None)
    said = list(sandbox.state.comments_of(int(remote_id)))
    assert [child.public for child, _ in said] == [False, False]


def test_only_the_assignee_reads_what_stands_in_a_hidden_group(account: Zendesk, sandbox: ZendeskSandbox) -> None:
    agent = str(sandbox.state.account.agent_ids[0])
    assert account.readers("KPI", agent) == [agent]
    assert len(account.readers("Hỗ trợ", agent)) > 1


def test_everything_fits_into_a_small_plan_by_waiting(open_account: Callable[..., Zendesk]) -> None:
    with ZendeskSandbox(tickets=40, days=7, quotas="small") as small:
        furnish(small)
        small.advance(120)
        account = open_account(small, rate_limit_share=0.5, per_page=15)
        for stream in account.streams:
            assert pulled(account, stream)[0]
        assert small.clock.slept > 0
        refused = [path for _, path, status in small.requests if status == 429]
        # That it shares the exports' limit, this one tells by its first refusal.
        assert refused in ([], ["/api/v2/incremental/ticket_metric_events.json"])
