from collections.abc import Callable
from functools import partial

import pytest

from kpi_engine.history import DerivedEvent, History
from kpi_engine.measurement import Measurement
from kpi_engine.records import (
    Agent,
    EventKind,
    Group,
    Membership,
    Rating,
    Schedule,
    TicketEvent,
    TicketRecord,
    TicketSnapshot,
)
from sync.store import Reading, Store, Summary

Snapshot = Callable[..., TicketSnapshot]
Event = Callable[..., TicketEvent]
Verdict = Callable[..., Rating]


def history(store: Store, ticket_id: str = "1") -> History:
    (found,) = store.records.histories("sao-mai", [ticket_id], known_from=5)
    return found


def agent(agent_id: str, *, active: bool = True) -> Agent:
    return Agent(
        agent_id=agent_id,
        name=f"Nguyễn {agent_id}",
        email=None,
        role="agent",
        active=active,
        bot=False,
        locale="vi",
        ticket_access="groups",
    )


def test_a_history_comes_back_as_it_was_saved(store: Store, snapshot: Snapshot, event: Event, rating: Verdict) -> None:
    seen = snapshot(version=3, tags=("vip", "khẩn"), fields={"9": None, "10": 2.5, "11": True}, channel="web")
    said = event(kind=EventKind.COMMENTED, public=True, automatic=True)
    verdict = rating(score=4.0, scale=(1.0, 5.0))
    returned = DerivedEvent(ticket_id="1", kind="requester_returned", at=30, cause_ticket_id="2", cause=snapshot("2"))

    assert store.records.save("sao-mai", [seen, said, verdict, returned]) == 4

    assert history(store) == History(
        account="sao-mai",
        ticket_id="1",
        snapshots=(seen,),
        events=(said,),
        ratings=(verdict,),
        derived=(returned,),
        known_from=5,
    )
    assert isinstance(history(store).events[0].kind, EventKind)


def test_events_come_in_order_however_they_arrived(store: Store, snapshot: Snapshot, event: Event) -> None:
    late, tie, first = event(event_id="a", at=30), event(event_id="b", at=20, order=2), event(event_id="c", at=20)
    second = event(event_id="d", at=20, order=0, position=1)
    store.records.save("sao-mai", [snapshot(), late, tie, second, first])

    assert history(store).events == (first, second, tie, late)


def test_text_no_database_likes_survives(store: Store, snapshot: Snapshot) -> None:
    awkward = snapshot(status="\x00 \ud800 \u202e e\u0301 👩‍👩‍👧", channel="a\nb")
    store.records.save("sao-mai", [awkward])

    assert history(store).latest == awkward


def test_fault_13_a_row_sent_again_costs_nothing(store: Store, snapshot: Snapshot, event: Event) -> None:
    page: list[TicketRecord] = [snapshot(fields={"1": 1, "2": 2}), event(), event()]
    assert store.records.save("sao-mai", page) == 2
    assert store.records.stale("sao-mai") == ["1"]
    forget_stale(store, ["1"])

    again: list[TicketRecord] = [snapshot(fields={"2": 2, "1": 1}), event()]

    assert store.records.save("sao-mai", again) == 0
    assert store.records.stale("sao-mai") == []


def test_fault_14_an_older_version_never_replaces_a_newer_one(
    store: Store, snapshot: Snapshot, rating: Verdict
) -> None:
    store.records.save("sao-mai", [snapshot(version=5, status="solved"), snapshot(version=4, status="open")])
    store.records.save("sao-mai", [rating(version=2, category="bad")])

    assert store.records.save("sao-mai", [snapshot(version=4, status="pending")]) == 0
    assert store.records.save("sao-mai", [rating(version=2, category="bad")]) == 0
    assert history(store).latest.status == "solved"
    assert [each.category for each in history(store).ratings] == ["bad"]


def test_fault_28_each_state_of_a_rating_that_is_changed_in_place_is_kept(
    store: Store, snapshot: Snapshot, rating: Verdict
) -> None:
    store.records.save("sao-mai", [snapshot(), rating(version=2, category="bad")])
    assert store.records.save("sao-mai", [rating(version=3), rating(version=1, category=None)]) == 2
    assert store.records.save("sao-mai", [rating(version=3)]) == 0
    assert {each.version: each.category for each in history(store).ratings} == {1: None, 2: "bad", 3: "good"}


def test_the_same_version_seen_otherwise_is_saved_as_seen_last(store: Store, snapshot: Snapshot) -> None:
    store.records.save("sao-mai", [snapshot(version=5, status="open")])

    assert store.records.save("sao-mai", [snapshot(version=5, status="solved")]) == 1
    assert [each.status for each in history(store).snapshots] == ["solved"]


def test_only_the_newest_snapshot_stays_unless_they_are_all_the_history_there_is(
    store: Store, snapshot: Snapshot
) -> None:
    store.records.save("sao-mai", [snapshot(version=1), snapshot(version=2)])
    assert [each.version for each in history(store).snapshots] == [2]

    store.records.save("sao-mai", [snapshot("2", version=10), snapshot("2", version=9)], keep_snapshots=True)
    assert [each.version for each in history(store, "2").snapshots] == [9, 10]


def test_a_version_that_comes_again_does_not_narrow_when_what_was_seen_had_changed(
    store: Store, snapshot: Snapshot
) -> None:
    kept = partial(store.records.save, "sao-mai", keep_snapshots=True)
    kept([snapshot(version=100, status="open", after=None)])
    kept([snapshot(version=900, status="solved", after=300), snapshot("2", version=900, after=300)])
    kept([snapshot(version=900, status="closed", after=840), snapshot("2", version=1000, after=840)])

    assert [(each.status, each.after) for each in history(store).snapshots] == [("open", None), ("closed", 300)]
    assert [each.after for each in history(store, "2").snapshots] == [300, 840]


def test_a_ticket_is_stale_only_once_it_can_be_measured(store: Store, snapshot: Snapshot, event: Event) -> None:
    store.records.save("sao-mai", [event("1"), event("2")])
    assert store.records.stale("sao-mai") == []
    assert list(store.records.histories("sao-mai", ["1"], 0)) == []

    store.records.save("sao-mai", [snapshot("2"), snapshot("1")])
    assert store.records.stale("sao-mai") == ["1", "2"]
    assert store.records.stale("sao-mai", limit=1) == ["1"]
    assert store.records.stale("cua-hang") == []


def test_tickets_can_be_marked_stale_one_by_one_or_all(store: Store, snapshot: Snapshot, event: Event) -> None:
    store.records.save("sao-mai", [snapshot("1"), snapshot("2"), snapshot("3"), event("9")])
    assert store.records.ticket_count("sao-mai") == 3
    forget_stale(store, ["1", "2", "3"])

    store.records.mark_stale("sao-mai", ["2", "2"])
    assert store.records.stale("sao-mai") == ["2"]
    store.records.mark_all_stale("sao-mai")
    store.records.mark_all_stale("sao-mai")
    assert store.records.stale("sao-mai") == ["1", "2", "3"]


def forget_stale(store: Store, ticket_ids: list[str]) -> None:
    measured = [Measurement(ticket_id=ticket_id, account="sao-mai", as_of=1, edition="e") for ticket_id in ticket_ids]
    readings = [Reading(measurement=each, live={}) for each in measured]
    store.readings.save("sao-mai", readings, 1)
    assert store.records.stale("sao-mai") == []


def test_histories_keep_the_order_asked_for_across_chunks(store: Store, snapshot: Snapshot) -> None:
    store.records.save("sao-mai", [snapshot(str(number)) for number in range(1200)])
    wanted = [str(number) for number in reversed(range(1200))]

    assert [each.ticket_id for each in store.records.histories("sao-mai", wanted, 0)] == wanted


def test_the_newest_snapshot_of_each_ticket_is_found(store: Store, snapshot: Snapshot, event: Event) -> None:
    store.records.save(
        "sao-mai", [snapshot("1", version=10), snapshot("1", version=9), event("2")], keep_snapshots=True
    )
    store.records.save("sao-mai", [snapshot("3", version=1), event("3")])

    found = store.records.snapshots("sao-mai", ["1", "2", "3"])

    assert found == {"1": snapshot("1", version=10), "3": snapshot("3", version=1)}


def test_our_own_summary_ticket_is_known_as_ours(store: Store, snapshot: Snapshot) -> None:
    store.records.save("sao-mai", [snapshot("1"), snapshot("2")])
    forget_stale(store, ["1", "2"])
    store.summaries.plan(
        Summary(
            connector="sao-mai",
            scope="agent",
            subject="7",
            period="2026-W47",
            period_start=0,
            period_end=9,
            external_id="x",
        )
    )
    assert not history(store, "2").own

    store.summaries.created("x", "2", now=1)

    assert history(store, "2").own
    assert not history(store, "1").own
    assert store.records.stale("sao-mai") == ["2"]


@pytest.mark.parametrize(
    ("stream", "record"),
    [
        ("agents", agent("7")),
        ("groups", Group(group_id="7", name="Tuyến 1", active=True, private=False)),
        ("memberships", Membership(membership_id="7", agent_id="1", group_id="2")),
        (
            "schedules",
            Schedule(
                schedule_id="7",
                name="Giờ làm",
                zone="Asia/Ho_Chi_Minh",
                week=(((480, 720), (780, 1020)), (), (), (), (), (), ()),
                holidays=(("2026-09-02", "2026-09-02"),),
                created_at=5,
            ),
        ),
    ],
)
def test_the_account_comes_back_as_it_was_saved(store: Store, stream: str, record: Agent) -> None:
    assert store.records.save_account("sao-mai", stream, [record]) == 1
    assert store.records.save_account("sao-mai", stream, [record]) == 0
    assert store.records.account("sao-mai", stream) == [record]


def test_an_agent_who_left_is_gone_but_never_forgotten(store: Store) -> None:
    store.records.save_account("sao-mai", "agents", [agent("1")])
    store.records.save_account("sao-mai", "agents", [agent("2")])
    assert store.records.finish_listing("sao-mai", "agents") == 0

    store.records.save_account("sao-mai", "agents", [agent("2", active=False)])
    assert store.records.finish_listing("sao-mai", "agents") == 1

    assert store.records.account("sao-mai", "agents") == [agent("2", active=False)]
    assert store.records.account("sao-mai", "agents", gone=True) == [agent("1"), agent("2", active=False)]
    assert store.records.save_account("sao-mai", "agents", [agent("1")]) == 1, "back again is a change"
    assert store.records.account("sao-mai", "agents") == [agent("1"), agent("2", active=False)]


def test_many_records_are_saved_in_pieces_and_all_at_once_are_the_same(store: Store, event: Event) -> None:
    events = [event(str(number // 10), str(number), at=number, field="status") for number in range(3_000)]

    assert sum(store.records.save("sao-mai", events[start : start + 700]) for start in range(0, 3_000, 700)) == 3_000
    assert store.records.save("sao-mai", events) == 0
