import pytest

from connectors.base import (
    Change,
    Delivered,
    InDoubt,
    Refused,
    Snoozed,
    SummaryTicket,
    Target,
    UnderWay,
)
from kpi_engine.message import message
from sync.store import ChangeState, Desired, Queued, Store

WHY = message("The {clock} clock breached.", clock="first_reply")
TICKET = SummaryTicket(
    external_id="x", subject="KPI", html="<p>", text="p", tags=("helpdesk-kpi",), assignee_id="7", group=None
)


def desired(key: str, target_id: str = "1", **values: object) -> Desired:
    given = {"target": Target.TICKET, "values": {"overdue": True}, "why": WHY, **values}
    return Desired(key=key, target_id=target_id, **given)  # type: ignore[arg-type]


def enqueue(store: Store, *wanted: Desired, now: int = 100) -> int:
    return store.changes.enqueue("sao-mai", wanted, pass_id=None, now=now)


def batch(store: Store, now: int = 1000, target: Target = Target.TICKET) -> list[Queued]:
    return store.changes.next_batch("sao-mai", target, 100, now)


def only(store: Store) -> Queued:
    (change,) = store.changes.recent("sao-mai", 10)
    return change


def test_a_change_comes_back_as_it_was_queued(store: Store) -> None:
    pass_id = store.passes.begin("sao-mai", "sync", 1)
    wanted = desired("a", values={"due_at": 5}, previous={"due_at": None}, urgency=3, summary=TICKET)
    assert store.changes.enqueue("sao-mai", [wanted], pass_id=pass_id, now=100) == 1

    (change,) = batch(store)

    assert change == Queued(
        change_id=change.change_id,
        connector="sao-mai",
        key="a",
        target=Target.TICKET,
        target_id="1",
        values={"due_at": 5},
        previous={"due_at": None},
        why=WHY,
        urgency=3,
        state=ChangeState.QUEUED,
        attempts=0,
        not_before=None,
        job=None,
        reason=None,
        closed=False,
        remote_id=None,
        pass_id=pass_id,
        created_at=100,
        changed_at=100,
        summary=TICKET,
    )
    assert change.change == Change(change.change_id, Target.TICKET, "1", {"due_at": 5}, TICKET, {"due_at": None})
    assert store.changes.get(change.change_id) == change
    assert store.changes.get(change.change_id + 1) is None


def test_a_key_already_queued_or_sent_changes_nothing(store: Store) -> None:
    assert enqueue(store, desired("a"), desired("a")) == 1
    (change,) = batch(store)
    store.changes.sending([change.change_id], 101)
    store.changes.outcome(change.change_id, Delivered(), 102)

    assert enqueue(store, desired("a")) == 0
    assert batch(store) == []


def test_a_newer_desired_state_takes_the_place_of_a_queued_one(store: Store) -> None:
    enqueue(store, desired("a", values={"overdue": True, "due_at": 5}, previous={"overdue": False}, urgency=9))
    later = desired("b", values={"due_at": 6}, previous={"overdue": None, "due_at": 4}, urgency=1)
    assert enqueue(store, later, desired("c", "2")) == 2

    first, _ = batch(store)

    assert (first.key, first.values, first.urgency) == ("b", {"overdue": True, "due_at": 6}, 9)
    assert first.previous == {"overdue": False, "due_at": 4}
    assert store.changes.counts("sao-mai") == {ChangeState.QUEUED: 2, ChangeState.SUPERSEDED: 1}


def test_what_was_superseded_can_be_wanted_again(store: Store) -> None:
    assert enqueue(store, desired("a"), desired("b"), desired("a")) == 3
    assert [each.key for each in batch(store)] == ["a"]


def test_a_newer_state_keeps_the_summary_and_the_snooze_of_the_older(store: Store) -> None:
    enqueue(store, desired("a", summary=TICKET))
    store.changes.snooze([only(store).change_id], 500, message("Busy."), 100)
    enqueue(store, desired("b"))

    assert batch(store, now=499) == []
    (change,) = batch(store, now=500)
    assert change.summary == TICKET


def test_the_most_urgent_goes_first_and_the_oldest_among_equals(store: Store) -> None:
    enqueue(store, desired("a", "1"), desired("b", "2", urgency=5), desired("c", "3"))

    assert [each.key for each in batch(store)] == ["b", "a", "c"]
    assert [each.key for each in store.changes.next_batch("sao-mai", Target.TICKET, 1, 1000)] == ["b"]
    assert batch(store, target=Target.AGENT) == []
    assert store.changes.next_batch("cua-hang", Target.TICKET, 9, 1000) == []


def test_an_object_with_an_unknown_outcome_waits_for_it(store: Store) -> None:
    enqueue(store, desired("a"))
    first = only(store).change_id
    store.changes.sending([first], 101)
    enqueue(store, desired("b"), desired("c", "2"))

    assert [each.key for each in batch(store)] == ["c"]
    store.changes.outcome(first, InDoubt(message("Answer lost.")), 102)
    assert [each.key for each in batch(store)] == ["c"]
    store.changes.outcome(first, Delivered(), 103)
    assert [each.key for each in batch(store)] == ["b", "c"]


def test_fault_06_an_intent_survives_as_unresolved_until_its_outcome_is_known(store: Store) -> None:
    enqueue(store, desired("a"), desired("b", "2"), desired("c", "3"))
    first, second, _ = [each.change_id for each in batch(store)]
    store.changes.sending([first, second], 101)
    store.changes.outcome(second, UnderWay("job-1"), 102)

    assert [(each.state, each.attempts, each.job) for each in store.changes.unresolved("sao-mai")] == [
        (ChangeState.SENDING, 1, None),
        (ChangeState.UNDER_WAY, 1, "job-1"),
    ]
    assert store.changes.pending_count("sao-mai") == 3
    store.changes.outcome(first, Refused(message("Gone.")), 103)
    store.changes.outcome(second, Delivered(), 103)
    assert store.changes.unresolved("sao-mai") == []
    assert store.changes.pending_count("sao-mai") == 1


def test_a_snooze_waits_and_never_counts_as_an_attempt(store: Store) -> None:
    enqueue(store, desired("a"))
    change_id = only(store).change_id
    store.changes.sending([change_id], 101)
    store.changes.outcome(change_id, Snoozed(9.2, message("Too many requests.")), 102)

    waiting = only(store)

    assert (waiting.state, waiting.attempts, waiting.not_before) == (ChangeState.QUEUED, 0, 112)
    assert waiting.reason == message("Too many requests.")
    assert batch(store, now=111) == []
    assert len(batch(store, now=112)) == 1
    store.changes.snooze([change_id], 300, message("Later."), 120)
    assert only(store).attempts == 0


def test_a_job_that_has_to_be_sent_again_keeps_its_attempt(store: Store) -> None:
    enqueue(store, desired("a"))
    change_id = only(store).change_id
    store.changes.sending([change_id], 101)
    store.changes.outcome(change_id, UnderWay("job"), 102)
    store.changes.outcome(change_id, Snoozed(0, message("The job was lost.")), 103)

    assert (only(store).attempts, only(store).job) == (1, None)


def test_a_refusal_is_kept_with_its_reason(store: Store) -> None:
    enqueue(store, desired("a"), desired("b", "2"))
    first, second = [each.change_id for each in batch(store)]
    nested = message("Refused: {detail}", detail=message("no field {id}", id=9), code=422)
    store.changes.outcome(first, Refused(nested), 101)
    store.changes.outcome(second, Refused(message("Closed."), closed=True), 101)

    refused = store.changes.get(first)

    assert refused is not None
    assert (refused.state, refused.reason, refused.closed) == (ChangeState.REFUSED, nested, False)
    assert store.changes.closed("sao-mai", Target.TICKET) == {"2"}


def test_what_was_delivered_is_remembered_field_by_field(store: Store) -> None:
    enqueue(store, desired("a", values={"overdue": True, "due_at": "2026-11-22 17:30"}))
    store.changes.outcome(only(store).change_id, Delivered(remote_id="9", warning=message("Slow.")), 101)
    enqueue(store, desired("b", values={"overdue": None}), now=102)
    store.changes.outcome(batch(store)[0].change_id, Delivered(), 103)

    last = store.changes.last_delivered("sao-mai", Target.TICKET, "1")

    assert last is not None
    assert (last.values, last.delivered_at) == ({"overdue": None, "due_at": "2026-11-22 17:30"}, 103)
    newest, first = store.changes.recent("sao-mai", 10)
    assert (newest.key, newest.state, first.remote_id) == ("b", ChangeState.DELIVERED, "9")
    assert first.reason == message("Slow.")
    assert store.changes.last_delivered("sao-mai", Target.AGENT, "1") is None
    assert store.changes.last_delivered_to("sao-mai", Target.TICKET, ["1", "2"]) == {"1": last}


def test_what_will_stand_at_an_object_counts_unknown_outcomes_and_what_is_queued(store: Store) -> None:
    enqueue(store, desired("a", values={"overdue": True, "due_at": 5}), desired("b", "2"), desired("c", "3"))
    first, _, third = [each.change_id for each in batch(store)]
    store.changes.sending([first], 101)
    store.changes.outcome(third, Delivered(), 101)
    enqueue(store, desired("d", values={"due_at": 6}), desired("e", "9", target=Target.AGENT))

    assert store.changes.pending_values("sao-mai", Target.TICKET, ["1", "2", "3", "9"]) == {
        "1": {"overdue": True, "due_at": 6},
        "2": {"overdue": True},
    }


@pytest.mark.parametrize("target", [Target.SUMMARY, Target.AGENT])
def test_a_change_without_values_delivers_none(store: Store, target: Target) -> None:
    enqueue(store, desired("a", target=target, values={}, summary=TICKET))
    store.changes.outcome(only(store).change_id, Delivered("77"), 101)

    assert only(store).state is ChangeState.DELIVERED
    assert store.changes.last_delivered("sao-mai", target, "1") is None
