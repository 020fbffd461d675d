import base64
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from connectors.sandbox import ZendeskSandbox
from connectors.sandbox.zendesk.export_order import MANY, ExportOrder

Ask = Callable[..., Any]
Pages = Callable[[Ask, str, dict[str, Any]], list[dict[str, Any]]]
TICKETS = "/api/v2/incremental/tickets/cursor.json"
EVENTS = "/api/v2/incremental/ticket_events.json"


def test_the_ticket_export_shows_every_ticket_once_in_the_order_of_generation(
    world: ZendeskSandbox, look: Ask, pages: Pages
) -> None:
    found = pages(look, TICKETS, {"start_time": 0, "per_page": 37, "support_type_scope": "all"})
    keys = [(row["generated_timestamp"], row["id"]) for page in found for row in page["tickets"]]
    assert keys == sorted(keys)
    shown = {ticket.id for ticket in world.state.tickets.values() if ticket.generated_at <= world.now - 60}
    assert {key[1] for key in keys} == shown
    assert len(keys) == len(shown)


def test_the_cursor_is_the_last_rows_generation_and_id(look: Ask) -> None:
    page = look(TICKETS, params={"start_time": 0, "per_page": 5}).json()
    last = page["tickets"][-1]
    assert base64.b64decode(page["after_cursor"]).decode() == f"{last['generated_timestamp']}.0||{last['id']}|"
    assert page["after_url"].endswith(page["after_cursor"])
    assert not page["after_url"].startswith("http://127.0.0.1")
    assert page["end_of_stream"] is False


def test_a_cursor_at_the_end_stays_good_and_shows_what_happens_later(sandbox: ZendeskSandbox, ask: Ask) -> None:
    start = int(sandbox.now)
    ticket = sandbox.state.create_ticket()
    sandbox.advance(70)
    first = ask(TICKETS, params={"start_time": start}).json()
    assert [row["id"] for row in first["tickets"]] == [ticket.id]
    idle = ask(TICKETS, params={"cursor": first["after_cursor"]}).json()
    assert (idle["tickets"], idle["after_cursor"], idle["end_of_stream"]) == ([], first["after_cursor"], True)
    sandbox.state.comment(ticket.id, sandbox.state.account.admin_id)
    sandbox.advance(70)
    later = ask(TICKETS, params={"cursor": idle["after_cursor"]}).json()
    assert [row["id"] for row in later["tickets"]] == [ticket.id]


@pytest.mark.parametrize("path", [TICKETS, EVENTS])
def test_the_newest_minute_is_held_back_and_cannot_be_asked_for(sandbox: ZendeskSandbox, ask: Ask, path: str) -> None:
    start = int(sandbox.now)
    sandbox.state.create_ticket()
    refused = ask(path, params={"start_time": start})
    assert refused.status_code == 422
    assert refused.json()["error"] == "StartTimeTooRecent"
    sandbox.advance(59)
    assert ask(path, params={"start_time": start - 60}).json()["end_of_stream"] is True
    page = ask(path, params={"start_time": start - 60}).json()
    assert page.get("tickets", page.get("ticket_events")) == []
    sandbox.advance(10)
    page = ask(path, params={"start_time": start}).json()
    assert page.get("tickets") or page.get("ticket_events")


@pytest.mark.parametrize("cursor", ["???", "YWJj", base64.b64encode(b"12.0||x|").decode(), "gICA"])
def test_a_cursor_that_stands_for_nothing_is_refused(ask: Ask, cursor: str) -> None:
    assert ask(TICKETS, params={"cursor": cursor}).status_code == 400


@pytest.mark.parametrize(
    ("path", "parameters", "named"),
    [
        (TICKETS, {}, "start_time"),
        (TICKETS, {"start_time": "soon"}, "start_time"),
        (TICKETS, {"start_time": 0, "sideways": 1}, "sideways"),
        (TICKETS, {"start_time": 0, "support_type_scope": "robots"}, "support_type_scope"),
        (EVENTS, {"start_time": 0, "include": "everything"}, "include"),
        (EVENTS, {"start_time": 0, "per_page": 10}, "per_page"),
    ],
)
def test_a_parameter_that_means_nothing_is_named(look: Ask, path: str, parameters: dict[str, Any], named: str) -> None:
    refused = look(path, params=parameters)
    assert refused.status_code == 400
    assert named in refused.json()["error"]["message"]


def test_deleted_tickets_are_shown_unless_left_out(look: Ask) -> None:
    def statuses(**parameters: str) -> set[str]:
        rows = look(TICKETS, params={"start_time": 0, **parameters}).json()["tickets"]
        return {row["status"] for row in rows}

    assert "deleted" in statuses()
    assert "deleted" not in statuses(exclude_deleted="true")
    assert {"new", "open", "pending", "solved", "closed"} <= statuses()


def test_tickets_of_the_ai_agent_are_left_out_unless_asked_for(world: ZendeskSandbox, look: Ask) -> None:
    machine = {ticket.id for ticket in world.state.tickets.values() if ticket.support_type == "ai_agent"}

    def shown(**parameters: str) -> set[int]:
        return {row["id"] for row in look(TICKETS, params={"start_time": 0, **parameters}).json()["tickets"]}

    assert machine
    assert not shown() & machine
    assert shown(support_type_scope="ai_agent") == machine
    assert shown(support_type_scope="all") >= machine


def test_an_internal_recalculation_moves_only_the_generation(sandbox: ZendeskSandbox) -> None:
    ticket = sandbox.state.create_ticket()
    updated_at = ticket.updated_at
    sandbox.advance(500)
    sandbox.state.recalculate(ticket.id)
    assert ticket.updated_at == updated_at
    assert ticket.generated_at >= updated_at + 500


def test_the_order_survives_many_moves_at_once_and_single_ones() -> None:
    order = ExportOrder()
    for number in range(MANY + 10):
        order.move(number, 1000 - number)
    assert order.after((0, 0), 2000, 2) == ([MANY + 9, MANY + 8], False)
    order.move(MANY + 9, 5000)
    assert order.after((999, 10**9), 9999, 5) == ([0, MANY + 9], True)
    assert order.after((999, 10**9), 4999, 5) == ([0], True)


def test_ticket_events_repeat_the_last_second_of_a_page_and_of_the_stream(look: Ask, pages: Pages) -> None:
    found = pages(look, EVENTS, {"start_time": 0})
    assert len(found) > 1
    for page, following in pairwise(found):
        assert page["count"] == 1000
        assert page["end_time"] == page["ticket_events"][-1]["timestamp"]
        assert following["ticket_events"][0]["timestamp"] == page["end_time"]
    last = found[-1]
    assert last["next_page"].endswith(f"start_time={last['end_time']}")
    again = look(EVENTS, params={"start_time": last["end_time"]}).json()
    assert again["ticket_events"]
    assert again["end_of_stream"] is True
    seen = [event["id"] for page in found for event in page["ticket_events"]]
    assert len(seen) > len(set(seen))


def test_a_page_within_one_second_is_stretched_to_the_whole_second(sandbox: ZendeskSandbox, ask: Ask) -> None:
    start = int(sandbox.now)
    for _ in range(1203):
        sandbox.state.create_ticket()
    sandbox.advance(1)
    sandbox.state.create_ticket()
    sandbox.advance(100)
    page = ask(EVENTS, params={"start_time": start}).json()
    assert (page["count"], page["end_time"], page["end_of_stream"]) == (1203, start + 1, False)
    rest = ask(EVENTS, params={"start_time": page["end_time"]}).json()
    assert (rest["count"], rest["end_time"], rest["end_of_stream"]) == (1, start + 1, True)


def test_nothing_new_still_has_an_end_and_a_next_page(sandbox: ZendeskSandbox, ask: Ask) -> None:
    start = int(sandbox.now) - 100
    page = ask(EVENTS, params={"start_time": start, "include": "comment_events"}).json()
    assert (page["count"], page["end_time"], page["end_of_stream"]) == (0, start, True)
    assert page["next_page"].endswith("&include=comment_events")


def test_an_event_tells_who_did_what_and_what_a_trigger_added(sandbox: ZendeskSandbox, ask: Ask) -> None:
    """A customer writes; an agent takes the ticket; in his update a trigger raises the priority."""
    state = sandbox.state
    agent, start = state.account.agent_ids[0], int(sandbox.now)
    ticket = state.create_ticket(tags=("a", "b"))
    sandbox.advance(5)
    state.change(ticket.id, agent, assignee_id=agent, fields={state.account.order_field_id: "DH-1"})
    sandbox.advance(5)
    state.change(ticket.id, agent, automatic=True, priority="high")
    state.change(ticket.id, automatic=True, priority="urgent")
    sandbox.advance(100)
    told = ask(EVENTS, params={"start_time": start}).json()["ticket_events"]
    opening, taken, raised, again = told
    assert opening["updater_id"] == ticket.requester_id
    assert opening["via"] == "Mail"
    assert {"tags": ["a", "b"], "event_type": "Create"}.items() <= opening["child_events"][-1].items()
    assert {"comment_present": True, "comment_public": True}.items() <= opening["child_events"][0].items()
    assert [set(child) - {"id", "via", "via_reference_id", "event_type"} for child in taken["child_events"]] == [
        {"custom_ticket_fields", "previous_value"},
        {"assignee_id", "previous_value"},
    ]
    assert taken["child_events"][0]["custom_ticket_fields"] == {str(state.account.order_field_id): "DH-1"}
    assert taken["child_events"][1]["assignee_id"] == str(agent)
    assert raised["updater_id"] == agent
    assert raised["child_events"][0]["via"] == "Rule"
    assert (again["updater_id"], again["via"]) == (-1, "Rule")
    assert again["child_events"][0]["previous_value"] == "high"


def test_with_comment_events_a_comment_says_who_and_what(sandbox: ZendeskSandbox, ask: Ask) -> None:
    state, start = sandbox.state, int(sandbox.now)
    agent = state.account.agent_ids[0]
    ticket = state.create_ticket()
    state.comment(ticket.id, agent, public=False, body="<b>ghi chú</b>")
    sandbox.advance(100)
    events = ask(EVENTS, params={"start_time": start, "include": "comment_events"}).json()["ticket_events"]
    said = events[1]["child_events"][0]
    assert (said["author_id"], said["body"], said["public"]) == (agent, "<b>ghi chú</b>", False)
    assert said["audit_id"] == events[1]["id"]


def test_a_rating_is_an_event_of_its_own_kind(sandbox: ZendeskSandbox, ask: Ask) -> None:
    start = int(sandbox.now)
    ticket = sandbox.state.create_ticket()
    sandbox.state.rate(ticket.id, "good")
    sandbox.advance(100)
    events = ask(EVENTS, params={"start_time": start}).json()["ticket_events"]
    rated = events[1]["child_events"][0]
    assert (rated["event_type"], rated["score"]) == ("SatisfactionRating", "good")
