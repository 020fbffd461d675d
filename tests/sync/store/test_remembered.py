import pytest

from connectors.base import Reject, Target
from kpi_engine.editions import Edition, digest_of
from kpi_engine.ledger import Entry, EntryKind
from kpi_engine.message import message
from sync.store import Pass, PublishedCell, Store, StoredCursor, StoreError, Summary


def test_a_pass_is_remembered_with_its_figures(store: Store) -> None:
    first = store.passes.begin("sao-mai", "sync", 10)
    store.passes.end(first, "done", 9, {"tickets": 3}, 20)
    second = store.passes.begin("sao-mai", "dry-run", 30)

    assert store.passes.last("sao-mai", 5) == [
        Pass(second, "sao-mai", "dry-run", "running", None, {}, 30, None),
        Pass(first, "sao-mai", "sync", "done", 9, {"tickets": 3}, 10, 20),
    ]
    assert [each.pass_id for each in store.passes.last("sao-mai", 1)] == [second]


def test_fault_01_a_pass_that_a_crash_left_running_is_shown_as_interrupted(store: Store) -> None:
    store.passes.begin("sao-mai", "sync", 10)
    store.passes.begin("cua-hang", "sync", 10)
    store.passes.begin("sao-mai", "sync", 20)

    assert [each.state for each in store.passes.last("sao-mai", 5)] == ["running", "interrupted"]
    assert [each.state for each in store.passes.last("cua-hang", 5)] == ["running"]


def test_a_cursor_is_remembered_by_stream(store: Store) -> None:
    assert store.cursors.get("sao-mai", "tickets") is None
    store.cursors.save("sao-mai", "tickets", "c1", 50, now=60)
    store.cursors.save("sao-mai", "history", None, None, now=61)
    store.cursors.save("sao-mai", "tickets", "c2", None, now=70)

    assert store.cursors.get("sao-mai", "tickets") == StoredCursor("c2", 50, 70)
    assert store.cursors.all("sao-mai") == {
        "history": StoredCursor(None, None, 61),
        "tickets": StoredCursor("c2", 50, 70),
    }
    store.cursors.drop("sao-mai", "tickets")
    assert list(store.cursors.all("sao-mai")) == ["history"]


def test_fault_16_a_stream_complete_in_the_future_is_refused(store: Store) -> None:
    store.cursors.save("sao-mai", "tickets", "c1", 50, now=60)

    with pytest.raises(StoreError, match="tickets of sao-mai is said to be complete through 2100-01-01"):
        store.cursors.save("sao-mai", "tickets", "c2", 4_102_444_800, now=70)

    assert store.cursors.get("sao-mai", "tickets") == StoredCursor("c1", 50, 60)


def test_the_first_edition_holds_from_the_beginning_and_a_later_one_from_its_pass(store: Store) -> None:
    one, two = {"goal": 1, "days": [1, 2]}, {"goal": 2}
    assert store.editions.keep("sao-mai", "policy", "p", one, as_of=100)
    assert not store.editions.keep("sao-mai", "policy", "p", {"days": [1, 2], "goal": 1}, as_of=150)
    assert store.editions.keep("sao-mai", "policy", "p", two, as_of=200)
    assert store.editions.keep("sao-mai", "policy", "p", one, as_of=190), "back to an old one is a new edition"
    assert store.editions.keep("sao-mai", "calendar", "p", one, as_of=300)

    assert store.editions.all("sao-mai") == [
        Edition("calendar", "p", None, digest_of(one), one),
        Edition("policy", "p", None, digest_of(one), one),
        Edition("policy", "p", 200, digest_of(two), two),
        Edition("policy", "p", 200, digest_of(one), one),
    ]
    assert store.editions.all("cua-hang") == []


def test_an_editions_digest_depends_on_its_content_alone() -> None:
    assert digest_of({"b": 1, "a": "ạ"}) == digest_of({"a": "ạ", "b": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
    assert len(digest_of({})) == 12


def test_a_remote_field_is_found_by_target_and_key(store: Store) -> None:
    store.remote_fields.save("sao-mai", Target.TICKET, "due_at", "1", "moment", 5)
    store.remote_fields.save("sao-mai", Target.AGENT, "due_at", "2", "moment", 5)
    store.remote_fields.save("sao-mai", Target.TICKET, "due_at", "3", "text", 6)

    assert store.remote_fields.all("sao-mai") == {(Target.TICKET, "due_at"): "3", (Target.AGENT, "due_at"): "2"}
    assert store.remote_fields.all("cua-hang") == {}


def summary(external_id: str, start: int) -> Summary:
    return Summary(
        connector="sao-mai",
        scope="team",
        subject="tier-1",
        period="2026-11",
        period_start=start,
        period_end=start + 9,
        external_id=external_id,
    )


def test_a_summary_is_planned_once_and_found_by_its_external_id(store: Store) -> None:
    assert store.summaries.plan(summary("x", 20))
    assert not store.summaries.plan(summary("x", 99))
    assert store.summaries.plan(summary("y", 10))
    assert store.summaries.get("x") == summary("x", 20)
    assert store.summaries.get("z") is None
    assert store.summaries.remote_ids("sao-mai") == set()

    store.summaries.created("x", "501", now=30)
    store.summaries.change("y", state="settled")

    found = store.summaries.get("x")
    assert found is not None
    assert (found.remote_id, found.state, found.created_at) == ("501", "provisional", 30)
    assert store.summaries.remote_ids("sao-mai") == {"501"}
    assert [(each.external_id, each.state) for each in store.summaries.all("sao-mai")] == [
        ("y", "settled"),
        ("x", "provisional"),
    ]


def cell(as_of: int, value: float | None) -> PublishedCell:
    return PublishedCell(
        connector="sao-mai",
        indicator="first_reply",
        scope="agent",
        subject="7",
        period="2026-W47",
        value=value,
        n=12,
        low=0.25,
        high=None,
        as_of=as_of,
        editions=("abc", "def"),
    )


def test_a_published_figure_is_never_overwritten(store: Store) -> None:
    assert store.published.publish([cell(1, 0.5), cell(2, None)]) == 2
    assert store.published.publish([cell(1, 0.75)]) == 0

    assert store.published.for_period("sao-mai", "2026-W47") == [cell(1, 0.5), cell(2, None)]
    assert store.published.for_period("sao-mai", "2026-W48") == []


def entry(ticket_id: str, kind: EntryKind = EntryKind.FIRED, recorded_as_of: int = 60) -> Entry:
    return Entry(
        ticket_id=ticket_id,
        clock="first_reply",
        instance=1,
        step="breach",
        level=1,
        kind=kind,
        at=50,
        recorded_as_of=recorded_as_of,
        agent="7",
        team=None,
        edition="abc",
    )


def test_appending_to_the_ledger_twice_changes_nothing(store: Store) -> None:
    store.ledger.append("sao-mai", [entry("1"), entry("2")])
    store.ledger.append("sao-mai", [entry("1"), entry("1", EntryKind.WITHDRAWN, 70), entry("1", EntryKind.FIRED, 80)])
    store.ledger.append("sao-mai", [])

    assert store.ledger.entries("sao-mai", ["1"]) == [
        entry("1"),
        entry("1", EntryKind.WITHDRAWN, 70),
        entry("1", EntryKind.FIRED, 80),
    ]
    assert store.ledger.entries("sao-mai", ["1"])[1].kind is EntryKind.WITHDRAWN
    assert len(store.ledger.entries("sao-mai", ["1", "2", "3"])) == 4
    assert store.ledger.entries("cua-hang", ["1"]) == []


def test_a_bad_row_is_set_aside_once_however_often_it_comes(store: Store) -> None:
    bad = Reject("77", message("No {field}.", field="status"), '{"id": 77, "x": "\x00\ud800"}')
    other = Reject("78", message("No id."), "{}")
    pass_id = store.passes.begin("sao-mai", "sync", 1)

    assert store.quarantine.put("sao-mai", "tickets", [bad, bad], pass_id, now=10) == 1
    assert store.quarantine.put("sao-mai", "tickets", [bad, other], None, now=20) == 1
    assert store.quarantine.put("sao-mai", "history", [], None, now=30) == 0

    newest, oldest = store.quarantine.all("sao-mai")
    assert (newest.key, newest.pass_id) == ("78", None)
    assert (oldest.key, oldest.reason, oldest.raw) == ("77", bad.reason, bad.raw)
    assert (oldest.pass_id, oldest.first_seen_at, oldest.last_seen_at) == (pass_id, 10, 20)
    assert store.quarantine.all("sao-mai", limit=1) == [newest]


def test_quarantined_rows_can_be_dropped_some_or_all(store: Store) -> None:
    rejects = [Reject(str(number), message("Bad."), "") for number in range(3)]
    store.quarantine.put("sao-mai", "tickets", rejects, None, now=10)
    store.quarantine.put("cua-hang", "tickets", rejects, None, now=10)
    first = store.quarantine.all("sao-mai")[0].quarantine_id

    assert store.quarantine.drop("sao-mai", [first, -1]) == 1
    assert store.quarantine.count("sao-mai") == 2
    assert store.quarantine.drop("sao-mai") == 2
    assert (store.quarantine.count("sao-mai"), store.quarantine.count("cua-hang")) == (0, 3)


def test_a_switch_keeps_text_or_a_whole_number(store: Store) -> None:
    assert store.switches.get("sao-mai", "rules") is None
    assert store.switches.number("sao-mai", "armed_as_of") is None
    store.switches.set("sao-mai", "rules", "abc")
    store.switches.set("sao-mai", "armed_as_of", 5)
    store.switches.set("sao-mai", "armed_as_of", 6)

    assert store.switches.get("sao-mai", "rules") == "abc"
    assert store.switches.number("sao-mai", "armed_as_of") == 6
    assert store.switches.get("cua-hang", "rules") is None
