"""The same questions for every helpdesk the product speaks with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest

from connectors import CONNECTORS
from connectors.base import (
    DATING,
    Change,
    Check,
    Clock,
    Connector,
    Delivered,
    Named,
    Stream,
    SummaryTicket,
    Target,
    Unavailable,
    UnderWay,
    Verdict,
    WantedField,
    WantedView,
)
from connectors.freshdesk.settings import FreshdeskSettings
from connectors.salesforce.settings import SalesforceSettings
from connectors.sandbox import FreshdeskSandbox, SalesforceSandbox, ZendeskSandbox
from connectors.sandbox.zendesk.records import SlaPolicy as SlaTargets
from connectors.zendesk.settings import ZendeskSettings
from kpi_engine.records import (
    Agent,
    Coverage,
    CustomStatus,
    Group,
    Membership,
    MetricEvent,
    MetricSet,
    Rating,
    Schedule,
    SlaPolicy,
    TicketEvent,
    TicketSnapshot,
)

OURS = {"new", "open", "pending", "hold", "solved", "closed", "deleted"}
RECORDS = {
    Stream.AGENTS: {Agent},
    Stream.GROUPS: {Group},
    Stream.MEMBERSHIPS: {Membership},
    Stream.SCHEDULES: {Schedule},
    Stream.TICKETS: {TicketSnapshot, MetricSet},
    Stream.HISTORY: {TicketEvent},
    Stream.RATINGS: {Rating},
    Stream.SURVEYS: {Rating},
    Stream.METRIC_EVENTS: {MetricEvent},
    Stream.ACTIVITIES: {TicketEvent, Coverage},
    Stream.SLA_POLICIES: {SlaPolicy},
    Stream.CUSTOM_STATUSES: {CustomStatus},
}
WANTED = WantedField(Target.TICKET, "escalation_level", "integer", "KPI: escalation level", "How far it went.")


@dataclass
class Helpdesk:
    """A simulated helpdesk: its clock, its configuration and a ticket that may be written."""

    kind: str
    clock: Clock
    settings: object
    ticket_id: str


def zendesk(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Helpdesk:
    sandbox = ZendeskSandbox(tickets=20, days=7)
    sandbox.start()
    request.addfinalizer(sandbox.stop)
    monkeypatch.setenv("CONTRACT_TOKEN", sandbox.token)
    keys = {
        "name": "contract",
        "kind": "zendesk",
        "base_url": sandbox.base_url,
        "trusted_host": True,
        "auth": {"method": "bearer", "token": "${env:CONTRACT_TOKEN}"},
    }
    ticket = sandbox.state.create_ticket()
    sandbox.state.add_sla_policy(
        SlaTargets(id=36, title="Sự cố", created_at=0, targets=(("low", "first_reply_time", 60, False),))
    )
    sandbox.advance(120)
    return Helpdesk("zendesk", sandbox.clock, ZendeskSettings.model_validate(keys), str(ticket.id))


def freshdesk(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Helpdesk:
    sandbox = FreshdeskSandbox(tickets=20, days=7, quotas="enterprise", activities=True)
    sandbox.start()
    request.addfinalizer(sandbox.stop)
    monkeypatch.setenv("CONTRACT_KEY", sandbox.api_key)
    keys = {
        "name": "contract",
        "kind": "freshdesk",
        "base_url": sandbox.base_url,
        "trusted_host": True,
        "auth": {"method": "api_key", "api_key": "${env:CONTRACT_KEY}"},
        "plan": "enterprise",
    }
    ticket = sandbox.state.create_ticket()
    sandbox.advance(120)
    return Helpdesk("freshdesk", sandbox.clock, FreshdeskSettings.model_validate(keys), str(ticket.id))


def salesforce(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Helpdesk:
    sandbox = SalesforceSandbox(tickets=20, days=7)
    sandbox.start()
    request.addfinalizer(sandbox.stop)
    monkeypatch.setenv("CONTRACT_SECRET", sandbox.oauth.client_secret)
    keys = {
        "name": "contract",
        "kind": "salesforce",
        "base_url": sandbox.base_url,
        "trusted_host": True,
        "auth": {
            "method": "oauth_client_credentials",
            "client_id": sandbox.oauth.client_id,
            "client_secret": "${env:CONTRACT_SECRET}",
        },
        "csat": {"field": "CSAT__c", "scale": [1, 5]},
        "holidays": ["Ngày Nhà giáo"],
        "create_fields": True,
        "push": {"summaries": [{"scope": "agent", "period": "week"}]},
    }
    ticket = sandbox.state.create_ticket()
    sandbox.state.add_milestone(ticket.id)
    sandbox.advance(120)
    return Helpdesk("salesforce", sandbox.clock, SalesforceSettings.model_validate(keys), ticket.key)


HELPDESKS: dict[str, Callable[..., Helpdesk]] = {"freshdesk": freshdesk, "salesforce": salesforce, "zendesk": zendesk}


@pytest.fixture(params=sorted(CONNECTORS))
def helpdesk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Helpdesk:
    return HELPDESKS[request.param](monkeypatch, request)


@pytest.fixture
def connector(helpdesk: Helpdesk) -> Iterator[Connector]:
    made = CONNECTORS[helpdesk.kind](helpdesk.settings, helpdesk.clock, ZoneInfo("Asia/Ho_Chi_Minh"), frozenset())
    yield made
    made.close()


def test_it_has_a_name_streams_in_the_order_of_a_pass_and_a_batch(connector: Connector) -> None:
    assert connector.name == "contract"
    assert list(connector.streams) == [stream for stream in Stream if stream in connector.streams]
    assert {Stream.AGENTS, Stream.TICKETS} <= set(connector.streams)
    assert connector.batch > 0


def test_its_usage_counts_from_the_beginning_of_a_pass(connector: Connector) -> None:
    list(connector.pull(Stream.GROUPS, None))
    assert connector.usage().requests > 0
    assert connector.usage().now is not None
    connector.begin()
    assert (connector.usage().requests, connector.usage().waited) == (0, 0)


def test_its_statuses_mean_ours(connector: Connector) -> None:
    assert set(connector.statuses.values()) <= OURS
    assert {"open", "solved"} <= set(connector.statuses.values())


def test_each_stream_yields_its_own_kind_of_record(connector: Connector) -> None:
    yielded = 0
    for stream in connector.streams:
        try:
            records = [record for page in connector.pull(stream, None) for record in page.records]
        except Unavailable:
            continue
        yielded += 1
        assert records
        figures = set() if connector.metrics else {MetricSet}
        words = {TicketEvent} if stream is Stream.TICKETS else set()  # what a ticket was opened with may come with it
        assert {type(record) for record in records} - words == RECORDS[stream] - figures
    assert yielded >= len(connector.streams) - 1  # one system of ratings at a time


def test_dating_streams_say_up_to_when_they_are_complete_and_where_to_go_on(
    connector: Connector, helpdesk: Helpdesk
) -> None:
    for stream in (DATING - {Stream.SURVEYS}) & set(connector.streams):
        last = list(connector.pull(stream, None))[-1]
        assert last.complete_through is not None
        assert last.complete_through <= helpdesk.clock.now()
        again = list(connector.pull(stream, last.cursor))[-1]
        assert again.complete_through is not None
        assert again.complete_through >= last.complete_through


def test_its_slow_streams_are_its_own_and_have_a_pace(connector: Connector) -> None:
    assert set(connector.paces) <= set(connector.streams) - DATING
    assert all(pace > 0 for pace in connector.paces.values())


def test_agents_are_fetched_by_their_ids_and_strangers_left_out(connector: Connector) -> None:
    listed = [record for page in connector.pull(Stream.AGENTS, None) for record in page.records]
    wanted = [record.agent_id for record in listed if isinstance(record, Agent)][:2]
    found = [record for page in connector.fetch(Stream.AGENTS, [*wanted, "999999"]) for record in page.records]
    assert [record.agent_id for record in found if isinstance(record, Agent)] == wanted


def test_a_ticket_never_rated_lacks_no_rating(connector: Connector) -> None:
    tickets = [
        r for page in connector.pull(Stream.TICKETS, None) for r in page.records if isinstance(r, TicketSnapshot)
    ]
    assert connector.unseen_rating(replace(tickets[0], survey=None), []) == {}


def test_its_checks_have_a_verdict_and_failures_a_mend(connector: Connector) -> None:
    found = list(connector.checks())
    assert all(isinstance(check, Check) for check in found)
    assert {check.verdict for check in found} == {Verdict.OK}
    assert all(str(check.subject) and str(check.finding) for check in found)


def test_what_it_lists_by_title_is_what_it_makes(connector: Connector) -> None:
    made = connector.create_field(WANTED)
    assert connector.titles(Named.FIELD)[made] == WANTED.title
    assert all(connector.titles(Named.FORM).values())


def test_a_field_is_missing_then_made_then_there(connector: Connector) -> None:
    assert connector.fields([WANTED])[0].remote_id is None
    made = connector.create_field(WANTED)
    found = connector.fields([WANTED])[0]
    assert (found.remote_id, found.problem) == (made, None)


def test_what_is_delivered_can_be_read(connector: Connector, helpdesk: Helpdesk) -> None:
    connector.use_fields({(Target.TICKET, WANTED.key): connector.create_field(WANTED)})
    change = Change(41, Target.TICKET, helpdesk.ticket_id, {WANTED.key: 2})
    outcome = connector.deliver([change])[41]
    while isinstance(outcome, UnderWay):
        outcome = connector.follow(outcome.job, [change])[41]
    assert isinstance(outcome, Delivered)
    assert connector.read(Target.TICKET, [helpdesk.ticket_id, "999999"]) == {helpdesk.ticket_id: {WANTED.key: 2}}


def test_a_summary_is_found_by_its_external_id(connector: Connector) -> None:
    content = SummaryTicket("kpi:contract", "Week 47", "<p>12</p>", "12", ("helpdesk-kpi",), None, None)
    for extra in connector.extras([], {}):
        if extra.problem is None and not extra.there:
            connector.install(extra, [])
    assert connector.find("kpi:contract") == []
    outcome = connector.deliver([Change(1, Target.SUMMARY, "", summary=content)])[1]
    assert isinstance(outcome, Delivered)
    assert connector.find("kpi:contract") == [outcome.remote_id]


def test_those_who_may_read_are_agents(connector: Connector) -> None:
    agents = {
        record.agent_id
        for page in connector.pull(Stream.AGENTS, None)
        for record in page.records
        if isinstance(record, Agent) and record.role == "agent"
    }
    assert set(connector.readers(None, None)) <= agents


def test_it_knows_whose_credentials_it_uses(connector: Connector) -> None:
    agents = {record for page in connector.pull(Stream.AGENTS, None) for record in page.records}
    assert connector.own_id() in {each.agent_id for each in agents if isinstance(each, Agent)}


def test_a_ticket_has_an_address(connector: Connector, helpdesk: Helpdesk) -> None:
    assert helpdesk.ticket_id in connector.ticket_url(helpdesk.ticket_id)


def test_a_field_once_removed_is_missing_again(connector: Connector) -> None:
    made = connector.create_field(WANTED)
    assert connector.uses(Target.TICKET, made) == []
    for _ in range(2):
        connector.remove_field(Target.TICKET, made)
    assert connector.fields([WANTED])[0].remote_id is None


def test_a_field_we_made_bears_our_mark(connector: Connector) -> None:
    connector.create_field(WANTED)
    assert connector.fields([WANTED])[0].made_by_us


def test_what_shows_the_fields_is_made_found_again_and_removed(connector: Connector) -> None:
    overdue = WantedField(Target.TICKET, "overdue", "yes_no", "KPI: overdue", "Whether it is.")
    ids = {(wanted.target, wanted.key): connector.create_field(wanted) for wanted in (WANTED, overdue)}
    connector.use_fields(ids)
    views = [WantedView("overdue", "KPI: overdue tickets", "What is overdue.", "overdue")]
    missing = [extra for extra in connector.extras(views, {}) if extra.problem is None]
    assert not any(extra.there or extra.handle for extra in missing)
    handles = {extra.key: connector.install(extra, views) for extra in missing}
    again = {extra.key: connector.install(extra, views) for extra in connector.extras(views, handles)}
    assert again == handles
    assert not any(connector.uses(target, remote_id) for (target, _), remote_id in ids.items())
    for _ in range(2):
        for key, handle in handles.items():
            connector.remove(key, handle)
    left = connector.extras(views, {})
    assert [(extra.key, extra.there) for extra in left] == [(extra.key, False) for extra in missing]
