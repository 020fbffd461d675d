import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from connectors.sandbox import ZendeskSandbox
from connectors.sandbox.world.verbs import SYSTEM_USER
from connectors.sandbox.world.working_hours import works
from connectors.sandbox.zendesk.records import Ticket

Ask = Callable[..., Any]
DAY = 86_400


def held(sandbox: ZendeskSandbox) -> list[object]:
    state = sandbox.state
    tickets = [asdict(ticket) for ticket in state.tickets.values()]
    return [tickets, state.audits, list(state.ratings.values()), list(state.users.values())]


def test_a_seed_gives_the_same_world_however_it_is_advanced() -> None:
    first, second, other = ZendeskSandbox(tickets=80), ZendeskSandbox(tickets=80), ZendeskSandbox(8, 80)
    assert held(first) == held(second)
    assert held(first) != held(other)
    assert (first.token, first.oauth, first.api_token) == (second.token, second.oauth, second.api_token)
    first.advance(5 * DAY)
    for _ in range(50):
        second.clock.sleep(DAY / 10)
    assert held(first) == held(second)


def test_a_world_holds_as_many_tickets_as_asked_and_goes_on_at_that_rate() -> None:
    sandbox = ZendeskSandbox(tickets=100, days=14)
    assert len(sandbox.state.tickets) == pytest.approx(100, abs=3)
    sandbox.advance(60 * DAY)
    assert len(sandbox.state.tickets) == pytest.approx(100 / 14 * 74, rel=0.03)
    working = [works(ticket.created_at) for ticket in sandbox.state.tickets.values()]
    assert sum(working) / len(working) > 0.6


def test_an_account_without_tickets_stays_without(sandbox: ZendeskSandbox) -> None:
    sandbox.advance(30 * DAY)
    assert sandbox.state.tickets == {}


def test_a_ticket_has_about_ten_events(world: ZendeskSandbox) -> None:
    events = sum(len(audit.children) for audit in world.state.audits)
    assert 8 <= events / len(world.state.tickets) <= 20
    assert [audit.at for audit in world.state.audits] == sorted(audit.at for audit in world.state.audits)


def test_generation_follows_an_update_by_a_few_seconds_and_never_precedes_it(world: ZendeskSandbox) -> None:
    lags = sorted(ticket.generated_at - ticket.updated_at for ticket in world.state.tickets.values())
    assert lags[0] == 0
    assert lags[len(lags) * 9 // 10] in {1, 2, 3}


def by_agent_then_trigger(sandbox: ZendeskSandbox, ticket: Ticket) -> bool:
    return any(
        sum(child.name == "status" and child.kind == "Change" for child in audit.children) > 1
        for audit in sandbox.state.audits_of(ticket.id)
    )


def solved_without_reply(sandbox: ZendeskSandbox, ticket: Ticket) -> bool:
    spoken = [child for child, _ in sandbox.state.comments_of(ticket.id) if child.public]
    return ticket.solved_at is not None and len(spoken) == 1 and ticket.support_type == "agent"


def reopened(sandbox: ZendeskSandbox, ticket: Ticket) -> bool:
    changes = [child for audit in sandbox.state.audits_of(ticket.id) for child in audit.children]
    return any(child.previous == "solved" and child.value == "open" for child in changes)


def rated_by_another(sandbox: ZendeskSandbox, ticket: Ticket) -> bool:
    rating = sandbox.state.ratings.get(ticket.rating_id or 0)
    return rating is not None and rating.score in {"good", "bad"} and rating.assignee_id != ticket.assignee_id


def role_of_requester(sandbox: ZendeskSandbox, ticket: Ticket) -> str:
    return sandbox.state.users[ticket.requester_id].role


AWKWARD: dict[str, Callable[[ZendeskSandbox, Ticket], bool]] = {
    "deleted": lambda _, ticket: ticket.status == "deleted" and ticket.subject != "SCRUBBED",
    "scrubbed": lambda _, ticket: (ticket.subject, ticket.description) == ("SCRUBBED", "X"),
    "merged": lambda _, ticket: "closed_by_merge" in ticket.tags,
    "reopened": reopened,
    "opened by an agent": lambda _, ticket: ticket.submitter_id != ticket.requester_id and ticket.channel == "web",
    "on behalf": lambda _, ticket: ticket.submitter_id != ticket.requester_id and ticket.channel == "voice",
    "never replied": lambda _, ticket: ticket.status == "new" and ticket.assignee_id is None,
    "two statuses in one update": by_agent_then_trigger,
    "solved without a reply": solved_without_reply,
    "jumped to closed": lambda _, ticket: (
        ticket.solved_at is None and ticket.status == "closed" and "closed_by_merge" not in ticket.tags
    ),
    "requester is an agent": lambda sandbox, ticket: role_of_requester(sandbox, ticket) == "agent",
    "rated before a handover": rated_by_another,
    "withdrawn": lambda sandbox, ticket: (
        any(
            sum(child.kind == "SatisfactionRating" for child in audit.children)
            and audit.author_id == ticket.requester_id
            for audit in sandbox.state.audits_of(ticket.id)
        )
        and sandbox.state.ratings[ticket.rating_id or 0].score == "offered"
    ),
    "test": lambda _, ticket: "test" in ticket.tags,
    "internal": lambda _, ticket: "internal" in ticket.tags,
    "own status": lambda sandbox, ticket: any(
        child.name == "custom_status_id" for audit in sandbox.state.audits_of(ticket.id) for child in audit.children
    ),
    "AI agent": lambda _, ticket: ticket.support_type == "ai_agent",
    "bot": lambda sandbox, ticket: any(
        audit.author_id == sandbox.state.account.bot_id for audit in sandbox.state.audits_of(ticket.id)
    ),
    "no priority": lambda _, ticket: ticket.priority is None,
}


@pytest.mark.parametrize("kind", AWKWARD)
def test_awkward_tickets_are_among_300(world: ZendeskSandbox, kind: str) -> None:
    assert any(AWKWARD[kind](world, ticket) for ticket in world.state.tickets.values())


def test_some_subjects_are_meant_to_break_things(world: ZendeskSandbox) -> None:
    subjects = {ticket.subject for ticket in world.state.tickets.values()}
    for start in ("<img", "{{ticket.id}}", "=HYPERLINK"):
        assert any(subject.startswith(start) for subject in subjects)
    assert any("\u0302" in subject for subject in subjects)


def test_a_solved_ticket_closes_four_days_later_unless_it_wakes(sandbox: ZendeskSandbox) -> None:
    state = sandbox.state
    agent = state.account.agent_ids[0]
    left, woken = (state.create_ticket() for _ in range(2))
    for ticket in (left, woken):
        state.comment(ticket.id, agent, status="solved")
    sandbox.advance(DAY)
    state.comment(woken.id, woken.requester_id)
    assert woken.status == "open"
    state.change(woken.id, agent, status="solved")
    sandbox.advance(3 * DAY)
    assert (left.status, woken.status) == ("closed", "solved")
    closing = state.audits_of(left.id)[-1]
    assert (closing.author_id, closing.at) == (SYSTEM_USER, state.audits_of(left.id)[1].at + 4 * DAY)
    sandbox.advance(DAY)
    assert woken.status == "closed"


def test_a_story_can_be_told(sandbox: ZendeskSandbox) -> None:
    """Asked, rated by one agent's customer, changed, withdrawn, merged away."""
    state = sandbox.state
    customer = state.add_user("Khách mới", email="moi@khach.example")
    agent, other = state.account.agent_ids[:2]
    target = state.create_ticket(requester=customer.id)
    ticket = state.create_ticket("Hỏi", requester=customer.id, author=agent, public=False, channel="web")
    assert (ticket.channel, ticket.is_public, ticket.submitter_id) == ("web", False, agent)
    state.change(ticket.id, agent, assignee_id=agent)
    offered = state.offer_rating(ticket.id)
    assert (offered.score, offered.assignee_id) == ("offered", agent)
    state.change(ticket.id, agent, assignee_id=other)
    assert state.rate(ticket.id, "bad", "Chậm").assignee_id == other
    state.change(ticket.id, agent, assignee_id=agent)
    rating = state.rate(ticket.id, "good")
    assert (rating.id, rating.score, rating.assignee_id) == (offered.id, "good", other)
    state.rate(ticket.id, "offered")
    assert rating.score == "offered"
    state.merge(ticket.id, target.id, agent)
    assert (ticket.status, ticket.tags) == ("closed", ("closed_by_merge",))
    assert str(ticket.id) in [words for _, words in state.comments_of(target.id)][-1]
    assert state.add_user("Nhân viên", "agent").id not in state.account.customer_ids


def test_a_planned_life_ends_when_its_ticket_is_gone() -> None:
    sandbox = ZendeskSandbox(tickets=300)
    living = [ticket for ticket in sandbox.state.tickets.values() if ticket.status in {"open", "new", "pending"}]
    for ticket in living:
        sandbox.state.delete(ticket.id)
    audits = {ticket.id: len(sandbox.state.audits_of(ticket.id)) for ticket in living}
    sandbox.advance(20 * DAY)
    assert living
    assert {ticket.id: len(sandbox.state.audits_of(ticket.id)) for ticket in living} == audits


def test_answers_are_dated_by_the_worlds_clock(sandbox: ZendeskSandbox, ask: Ask) -> None:
    sandbox.advance(3600)
    dated = parsedate_to_datetime(ask("/api/v2/groups.json").headers["Date"])
    assert dated == datetime.fromtimestamp(int(sandbox.now), UTC) == datetime(2026, 11, 21, 6, tzinfo=UTC)


def test_a_live_world_moves_by_itself() -> None:
    sandbox = ZendeskSandbox(tickets=0, live=True)
    before = sandbox.clock.now()
    time.sleep(0.02)
    assert 0 < sandbox.clock.now() - before < 30


def test_connections_stay_open_between_requests_and_end_with_the_sandbox() -> None:
    sandbox = ZendeskSandbox(tickets=0)
    with pytest.raises(RuntimeError):
        _ = sandbox.base_url
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.token}"
        with sandbox:
            address = f"{sandbox.base_url}/api/v2/groups.json"
            sockets = set()
            for _ in range(3):
                answer = session.get(address, stream=True, timeout=5)
                sockets.add(getattr(answer.raw.connection, "sock", None))
                assert answer.json()
            assert len(sockets) == 1
            assert [line[2] for line in sandbox.requests] == [200] * 3
            sandbox.requests.clear()
        with pytest.raises(requests.ConnectionError):
            session.get(address, timeout=5)
    assert sandbox.requests == []
    sandbox.stop()


def test_another_process_can_serve_a_world() -> None:
    code = "from connectors.sandbox import ZendeskSandbox, serve_forever; serve_forever(ZendeskSandbox(tickets=30))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as served:
        assert served.stdin is not None
        assert served.stdout is not None
        told = json.loads(served.stdout.readline())
        headers = {"Authorization": f"Bearer {told['token']}"}
        answer = requests.get(f"{told['base_url']}/api/v2/tickets.json", headers=headers, timeout=5)
        served.stdin.close()
        assert served.wait(timeout=10) == 0
    assert len(answer.json()["tickets"]) > 20
    assert told["oauth"]["client_id"] == "helpdesk-kpi"


def test_a_big_world_leaves_the_garbage_collector_on() -> None:
    sandbox = ZendeskSandbox(tickets=5000, days=14)
    assert len(sandbox.state.tickets) == pytest.approx(5000, rel=0.01)
    assert gc.isenabled()
    gc.unfreeze()
