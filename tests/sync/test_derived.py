from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.history import MERGED_IN, REQUESTER_RETURNED, DerivedEvent
from kpi_engine.measurement import Measurement
from kpi_engine.records import EventKind, TicketEvent, TicketSnapshot
from sync.derived import RETURNS, derive
from sync.pull import Pass
from sync.store import Reading
from sync.store.locks import Holder

if TYPE_CHECKING:
    from tests.sync.conftest import World

DAY = 86_400
NAME = "sao-mai"


def ticket(ticket_id: str, created_at: int = 0, **values: Any) -> TicketSnapshot:  # noqa: ANN401 -- any property
    nobody = dict.fromkeys(("priority", "assignee_id", "group_id", "submitter_id", "brand_id", "form_id", "channel"))
    given = {"version": 1, "updated_at": created_at, "status": "solved", "tags": (), "requester_id": "an", **nobody}
    return TicketSnapshot(ticket_id=ticket_id, created_at=created_at, **{**given, **values})


def merge(away: str, into: str, at: int) -> TicketEvent:
    return TicketEvent(
        ticket_id=away,
        event_id=f"m{away}",
        at=at,
        order=0,
        position=0,
        kind=EventKind.CHANGED,
        actor_id="7",
        automatic=False,
        field="merged_into",
        new=into,
    )


class Desk:
    """An account whose records are put into the store by hand."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.store = world.store
        lock = self.store.locks.acquire(NAME, Holder("here", 1, 0), world.account.now())
        self.this = Pass(self.store.passes.begin(NAME, "test", 0), lock)

    def told(self, *records: TicketSnapshot | TicketEvent) -> None:
        """Let records come in, and derive what they cause."""
        self.store.records.save(NAME, records)
        derive(self.world.account, self.this)

    def measured(self) -> None:
        """Let everything that waits be measured."""
        waiting = [Measurement(ticket_id=key, account=NAME, as_of=0, edition="") for key in self.stale]
        self.store.readings.save(NAME, [Reading(measurement=each, live={}) for each in waiting], 0)

    def caused(self, ticket_id: str) -> list[tuple[str, int, str]]:
        """Return what other tickets caused on one."""
        found = self.events(ticket_id)
        return sorted((event.kind, event.at, event.cause_ticket_id) for event in found)

    def events(self, ticket_id: str) -> list[DerivedEvent]:
        """Return the derived events of a ticket."""
        return self.store.records.derived(NAME, [ticket_id]).get(ticket_id, [])

    @property
    def stale(self) -> list[str]:
        """The tickets that wait to be measured."""
        return self.store.records.stale(NAME)


@pytest.fixture
def desk(make_world: Callable[..., "World"]) -> Desk:
    world = make_world(fields={"topic": {NAME: {"field": 360}}})
    return Desk(world)


def test_a_requesters_later_tickets_are_noted_on_the_earlier_ones(desk: Desk) -> None:
    desk.told(ticket("1", 10), ticket("2", 20), ticket("3", 15, requester_id="binh"), ticket("4", 5))
    assert desk.caused("4") == [(REQUESTER_RETURNED, 10, "1"), (REQUESTER_RETURNED, 20, "2")]
    assert desk.caused("1") == [(REQUESTER_RETURNED, 20, "2")]
    assert desk.caused("2") == desk.caused("3") == []


def test_it_does_not_matter_in_which_order_tickets_are_told(desk: Desk) -> None:
    desk.told(ticket("2", 20))
    desk.told(ticket("1", 10))
    desk.told(ticket("3", 30))
    assert desk.caused("1") == [(REQUESTER_RETURNED, 20, "2"), (REQUESTER_RETURNED, 30, "3")]
    assert desk.caused("2") == [(REQUESTER_RETURNED, 30, "3")]


def test_tickets_without_a_requester_are_nobodys_return(desk: Desk) -> None:
    desk.told(ticket("1", 10, requester_id=None), ticket("2", 20, requester_id=None))
    assert desk.caused("1") == []


def test_deriving_again_changes_nothing_and_makes_nothing_stale(desk: Desk) -> None:
    desk.told(ticket("1", 10), ticket("2", 20))
    desk.measured()
    assert desk.stale == []
    desk.store.records.mark_stale(NAME, ["2"])
    derive(desk.world.account, desk.this)
    assert desk.stale == ["2"]


def test_a_cause_that_changes_what_it_counts_for_is_noted_anew_and_no_other_change(desk: Desk) -> None:
    desk.told(ticket("1", 10), ticket("2", 20, fields={"360": "refund", "9": 1}))
    desk.measured()
    busy = ticket("2", 20, version=2, updated_at=90, status="open", assignee_id="7", fields={"360": "refund", "9": 2})
    desk.told(busy)
    assert desk.stale == ["2"]
    desk.measured()
    for version, changes in enumerate(({"tags": ("spam",)}, {"fields": {"360": "other"}}, {"status": "deleted"}), 3):
        busy = replace(busy, version=version, **changes)
        desk.told(busy)
        assert desk.stale == ["1", "2"]
        (event,) = desk.events("1")
        assert event.cause == busy
        desk.measured()


def test_a_link_to_the_closed_ticket_is_noted_with_the_return_and_where_it_is_only_told_later(desk: Desk) -> None:
    desk.told(ticket("1", 10), ticket("2", 20))
    desk.measured()
    assert [event.cause.follows for event in desk.events("1")] == [None]
    desk.told(ticket("2", 20, version=2, follows="1"))
    assert [event.cause.follows for event in desk.events("1")] == ["1"]
    assert "1" in desk.stale


def test_a_requester_changed_by_hand_moves_the_return(desk: Desk) -> None:
    desk.told(ticket("1", 10), ticket("2", 20), ticket("3", 5, requester_id="binh"))
    desk.measured()
    desk.told(ticket("2", 20, version=2, requester_id="binh"))
    assert desk.stale == ["1", "2", "3"]
    assert desk.caused("1") == []
    assert desk.caused("3") == [(REQUESTER_RETURNED, 20, "2")]


def test_a_return_long_after_a_ticket_was_done_is_none(desk: Desk) -> None:
    done = ticket("1", 10, updated_at=DAY)
    desk.told(done, ticket("2", 20 * DAY), ticket("3", 40 * DAY))
    assert desk.caused("1") == [(REQUESTER_RETURNED, 20 * DAY, "2")]
    desk.told(replace(done, version=2, status="open"))
    assert desk.caused("1") == [(REQUESTER_RETURNED, 20 * DAY, "2"), (REQUESTER_RETURNED, 40 * DAY, "3")]


def test_of_a_requester_who_writes_without_end_only_the_next_tickets_are_noted(desk: Desk) -> None:
    desk.told(*(ticket(f"{n:03}", n) for n in range(3 * RETURNS)))
    assert [at for _, at, _ in desk.caused("005")] == list(range(6, 6 + RETURNS))
    desk.measured()
    desk.told(ticket("x", 25, requester_id="an"))
    assert desk.stale == sorted([*(f"{n:03}" for n in range(26 - RETURNS, 26)), "x"])


def test_a_merge_is_noted_on_the_ticket_that_took_the_other_in(desk: Desk) -> None:
    away = ticket("2", 20, requester_id="binh", tags=("closed_by_merge",))
    desk.told(ticket("1", 10), away, merge("2", "1", 50))
    assert desk.caused("1") == [(MERGED_IN, 50, "2")]
    (event,) = desk.events("1")
    assert event.cause == away


def said(ticket_id: str, who: str, at: int, *, public: bool = True, automatic: bool = False) -> TicketEvent:
    return TicketEvent(
        ticket_id=ticket_id,
        event_id=f"c{ticket_id}-{at}-{who}",
        at=at,
        order=at,
        position=0,
        kind=EventKind.COMMENTED,
        actor_id=who,
        automatic=automatic,
        public=public,
    )


def test_a_merge_tells_who_spoke_on_the_other_ticket_before_it(desk: Desk) -> None:
    """The opening, machines, notes and what is written in merging itself are none of that."""
    tagged = replace(merge("2", "1", 49), event_id="t2", order=49, field="tags", new="vip closed_by_merge")
    desk.told(
        ticket("1", 10),
        ticket("2", 20, requester_id="binh"),
        said("2", "binh", 20),
        said("2", "7", 30),
        said("2", "7", 31),
        said("2", "bot", 32, automatic=True),
        said("2", "binh", 40),
        said("2", "8", 41, public=False),
        said("2", "7", 49),
        tagged,
        said("2", "7", 50),
        merge("2", "1", 50),
    )
    (event,) = desk.events("1")
    assert event.spoken == ("7", "binh")
    desk.measured()
    desk.told(ticket("2", 20, requester_id="binh", version=2), said("2", "8", 45))
    assert [event.spoken for event in desk.events("1")] == [("7", "binh", "8")]
    assert "1" in desk.stale


def test_a_merge_told_before_its_ticket_waits_for_it(desk: Desk) -> None:
    desk.told(ticket("1", 10), merge("2", "1", 50))
    assert desk.caused("1") == []
    desk.measured()
    desk.told(ticket("2", 20, requester_id="binh"))
    assert desk.caused("1") == [(MERGED_IN, 50, "2")]
    assert desk.stale == ["1", "2"]


def test_the_cause_reaches_the_history_that_is_measured(desk: Desk) -> None:
    desk.told(ticket("1", 10), ticket("2", 20))
    (history,) = desk.store.records.histories(NAME, ["1"], 0)
    assert [event.cause_ticket_id for event in history.derived] == ["2"]


def test_a_pass_derives_what_the_helpdesk_tells(make_world: Callable[..., "World"]) -> None:
    world = make_world()
    first = world.answered()
    world.advance(600)
    second = world.answered()
    third = world.ticket()
    world.state.merge(third.id, second.id, world.agents[0])
    world.advance(120)
    world.run(dry_run=True)
    derived = world.store.records.derived(NAME, [str(first.id), str(second.id)])
    assert {(e.ticket_id, e.kind, e.cause_ticket_id) for events in derived.values() for e in events} == {
        (str(first.id), REQUESTER_RETURNED, str(second.id)),
        (str(first.id), REQUESTER_RETURNED, str(third.id)),
        (str(second.id), REQUESTER_RETURNED, str(third.id)),
        (str(second.id), MERGED_IN, str(third.id)),
    }
