"""What each helpdesk makes of an escalation that cannot be written as it was planned: nothing lost, nothing twice."""

from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Change, Delivered, InDoubt, Outcome, Refused, Snoozed, Target
from connectors.effects import marker
from connectors.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sync.conftest import World

KINDS = ("zendesk", "freshdesk", "salesforce")
READING = {"zendesk": "/api/v2/tickets/*.json", "freshdesk": "/api/v2/tickets/*", "salesforce": "*/query*"}
WRITING = {
    "zendesk": ("/api/v2/tickets/*.json", "PUT"),
    "freshdesk": ("/api/v2/tickets/*", "PUT"),
    "salesforce": ("*/sobjects/Case/*", "PATCH"),
}
SAYING = {**WRITING, "freshdesk": ("*/notes", "POST"), "salesforce": ("*/sobjects/CaseComment", "POST")}
MARK = marker("0123456789abcdef")
NOTE = {"note": f"Late\n{MARK}", "marker": MARK}


@pytest.fixture(params=KINDS)
def desk(make_world: "Callable[..., World]", request: pytest.FixtureRequest) -> "Iterator[World]":
    world = make_world(kind=request.param)
    world.account.connector.begin()
    yield world
    world.sandbox.clear_faults()


def agent_of(ticket: Any) -> int | None:  # noqa: ANN401 -- any platform's
    held: int | None = getattr(ticket, "responder_id", None) or getattr(ticket, "assignee_id", None)
    return held


def asked(world: "World", ticket: Any, **values: Any) -> Change:  # noqa: ANN401 -- any platform's ticket, field values
    """Return an escalation of a ticket as it stands."""
    agent = ticket.responder_id if world.kind == "freshdesk" else ticket.assignee_id
    group, agent = (
        None if one is None else world.platform.person(world.state, one) for one in (ticket.group_id, agent)
    )
    if world.kind == "salesforce":
        group = None  # a case has one owner
    before = {"priority": "normal", "group": group, "assignee": agent, "tags": ""}
    wanted = {"while_unsolved": True, **values}
    return Change(1, Target.ESCALATION, world.platform.key(ticket), wanted, previous=before)


def became(world: "World", change: Change) -> Outcome:
    return world.account.connector.deliver([change])[1]


def there(world: "World", change: Change) -> bool | None:
    return world.account.connector.noted(change.target_id, MARK)


def test_a_helpdesk_that_does_not_answer_is_asked_again_later(desk: "World") -> None:
    change = asked(desk, desk.ticket(priority="normal"), priority="high", **NOTE)
    path, method = WRITING[desk.kind]
    desk.account.connector.undone(change)  # what it is like is known from here on
    for fails, of in ((READING[desk.kind], "GET"), (path, method)):
        desk.sandbox.fail_next(fails, 429, times=None, method=of, retry_after=3600)
        assert isinstance(became(desk, change), Snoozed), of
        desk.sandbox.clear_faults()
        desk.account.connector.begin()
    assert there(desk, change) is False


def test_what_a_helpdesk_refuses_is_set_aside_with_its_reason(desk: "World") -> None:
    change = asked(desk, desk.ticket(priority="normal"), priority="high", **NOTE)
    for path, method in dict.fromkeys((WRITING[desk.kind], SAYING[desk.kind])):
        desk.sandbox.fail_next(path, 400, method=method)
        found = became(desk, change)
        assert isinstance(found, Refused), method
        assert not found.closed
    assert there(desk, change) is False


def test_a_note_whose_answer_is_lost_is_in_doubt_and_one_turned_away_comes_later(desk: "World") -> None:
    change = asked(desk, desk.ticket(priority="normal"), **NOTE)
    path, method = SAYING[desk.kind]
    desk.sandbox.fail_next(path, 429, times=None, method=method, retry_after=3600)
    assert isinstance(became(desk, change), Snoozed)
    desk.sandbox.clear_faults()
    desk.account.connector.begin()
    desk.sandbox.fail_next(path, lambda _: [], method=method)
    assert isinstance(became(desk, change), InDoubt)
    assert there(desk, change) is True


def test_on_a_ticket_that_is_gone_or_done_nothing_is_written(desk: "World") -> None:
    gone, solved = desk.ticket(priority="normal"), desk.ticket(priority="normal")
    desk.state.delete(gone.id)
    desk.state.change(solved.id, desk.agents[0], status="solved")
    for ticket in (gone, solved):
        change = asked(desk, ticket, priority="high", **NOTE)
        found = became(desk, change)
        assert isinstance(found, Refused)
        assert found.closed
    connector = desk.account.connector
    assert connector.undone(asked(desk, gone, **NOTE)) is None
    assert connector.undone(asked(desk, solved, **NOTE)) == frozenset()
    assert not there(desk, asked(desk, solved))


def test_a_look_for_what_was_written_says_what_is_missing_and_fails_aloud(desk: "World") -> None:
    change = asked(desk, desk.ticket(priority="normal"), priority="high", **NOTE)
    connector = desk.account.connector
    assert connector.undone(change) == frozenset({"priority", "note"})
    assert isinstance(became(desk, change), Delivered)
    assert connector.undone(change) == frozenset()
    desk.sandbox.fail_next(READING[desk.kind], 400, method="GET")
    with pytest.raises(RefusedError):
        connector.undone(change)


def test_nothing_is_sent_where_nothing_is_left_to_be_done(desk: "World") -> None:
    change = asked(desk, desk.ticket(priority="urgent"), priority="high")
    desk.forget_writes()
    assert isinstance(became(desk, change), Delivered)
    assert desk.writes == []


def test_a_ticket_already_in_the_group_that_would_get_it_keeps_its_agent(desk: "World") -> None:
    """And one that somebody handed over meanwhile stays where it is, with a warning."""
    ticket, other = desk.ticket(priority="normal"), desk.ticket(priority="normal")
    groups, agents = desk.state.account.group_ids, desk.agents
    target = desk.platform.person(desk.state, groups[1])
    desk.state.change(other.id, agents[0], assignee_id=agents[1])
    handed = Change(
        1, Target.ESCALATION, desk.platform.key(other), {"group": target, "assignee": None},
        previous=asked(desk, ticket).previous,
    )  # fmt: skip
    found = became(desk, handed)
    assert isinstance(found, Delivered)
    assert "stays where it is" in str(found.warning)
    if desk.kind != "salesforce":  # there a case has one owner, so that a queue's case is nobody's
        desk.state.change(ticket.id, agents[0], group_id=groups[1], assignee_id=agents[1])
        kept = asked(desk, ticket, group=target, assignee=None)
        desk.forget_writes()
        assert isinstance(became(desk, kept), Delivered)
        assert desk.writes == []
        assert agent_of(ticket) == agents[1]


def test_a_case_gets_the_next_higher_priority_that_its_org_has(make_world: "Callable[..., World]") -> None:
    """Salesforce's words are the org's own: where none is as urgent, nothing is written, and nothing is missed."""
    world = make_world(kind="salesforce")
    connector = world.account.connector
    connector.begin()
    ticket = world.ticket(priority="normal")
    change = asked(world, ticket, priority="urgent")
    assert isinstance(became(world, change), Delivered)
    assert connector.undone(change) == frozenset()
