from dataclasses import replace
from typing import TYPE_CHECKING

from kpi_engine.history import MERGED_IN, REQUESTER_RETURNED, DerivedEvent
from sync.store.contacts import Contact

if TYPE_CHECKING:
    from collections.abc import Callable

    from kpi_engine.records import TicketEvent, TicketSnapshot
    from sync.store import Store

AN = Contact(ticket_id="1", requester_id="an", created_at=10, merged_into=None, merged_at=None, digest="x")


def test_a_requesters_tickets_come_in_the_order_of_their_creation(store: "Store") -> None:
    others = [replace(AN, ticket_id="3", created_at=5), replace(AN, ticket_id="2"), replace(AN, ticket_id="4")]
    stranger = replace(AN, ticket_id="5", requester_id="binh")
    store.contacts.save("sao-mai", [AN, *others, stranger, replace(AN, ticket_id="6", requester_id=None)])
    assert store.contacts.of("sao-mai", ["an", "chi"]) == {"an": [(5, "3"), (10, "1"), (10, "2"), (10, "4")]}
    assert store.contacts.of("cua-hang", ["an"]) == {}


def test_a_contact_is_kept_as_it_is_now(store: "Store") -> None:
    store.contacts.save("sao-mai", [AN])
    store.contacts.save("sao-mai", [replace(AN, merged_into="9", merged_at=50)])
    assert store.contacts.get("sao-mai", ["1", "2"]) == {"1": replace(AN, merged_into="9", merged_at=50)}
    assert [each.ticket_id for each in store.contacts.merged_into("sao-mai", ["8", "9"])] == ["1"]
    assert store.contacts.merged_into("sao-mai", ["8"]) == []


def test_a_merge_is_the_last_event_that_names_a_target(
    store: "Store", snapshot: "Callable[..., TicketSnapshot]", event: "Callable[..., TicketEvent]"
) -> None:
    said = event(event_id="e1", at=10, field="tags", new="merged_into")
    first = event(event_id="e2", at=20, field="merged_into", new="7")
    last = event(event_id="e3", at=30, field="merged_into", new="8")
    undone = event(event_id="e4", ticket_id="2", at=30, field="merged_into", new=None)
    store.records.save("sao-mai", [snapshot("1"), snapshot("2"), said, last, first, undone])
    assert store.records.merges("sao-mai", ["1", "2", "3"]) == {"1": last}


def test_derived_events_are_kept_and_taken_back_with_their_tickets_stale(
    store: "Store", snapshot: "Callable[..., TicketSnapshot]"
) -> None:
    cause = snapshot("2", tags=("a",))
    returned = DerivedEvent(ticket_id="1", kind=REQUESTER_RETURNED, at=30, cause_ticket_id="2", cause=cause)
    merged = DerivedEvent(ticket_id="1", kind=MERGED_IN, at=30, cause_ticket_id="2", cause=cause)
    store.records.save("sao-mai", [snapshot("1"), returned, merged])
    found = store.records.derived("sao-mai", ["1", "2"])
    assert {key: {event.kind: event for event in events} for key, events in found.items()} == {
        "1": {REQUESTER_RETURNED: returned, MERGED_IN: merged}
    }
    store.readings.save("sao-mai", [], 1)
    store.records.take_back("sao-mai", [merged])
    assert store.records.derived("sao-mai", ["1"]) == {"1": [returned]}
    assert store.records.stale("sao-mai") == ["1"]


def test_how_many_events_a_ticket_has_is_judged_by_those_there(
    store: "Store", snapshot: "Callable[..., TicketSnapshot]", event: "Callable[..., TicketEvent]"
) -> None:
    assert store.records.events_a_ticket("sao-mai") == 0
    store.records.save("sao-mai", [snapshot("1"), snapshot("2"), *(event("1", f"e{n}") for n in range(3))])
    assert store.records.events_a_ticket("sao-mai") == 1.5
