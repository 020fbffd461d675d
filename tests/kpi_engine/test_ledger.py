from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.ledger import Entry, EntryKind, settle, standing

Play = Callable[..., Any]


@pytest.fixture(scope="module")
def care(timelines: ModuleType) -> Any:  # noqa: ANN401 -- an Edition
    t = timelines
    clocks = (t.first_reply("2h", warn=["75%"]),)
    return t.edition("policies", t.policy(*clocks, escalations=[t.escalating("first_reply", (1, "30m"))]))


def written(entries: list[Entry]) -> list[tuple[str, str, str | None]]:
    return [(str(entry.kind), entry.step, entry.agent) for entry in entries]


def test_the_ledger_only_grows_by_what_fell_due_since(play: Play, care: object) -> None:
    """Nobody answers.

    06-09 09:00 customer opens assignee=an group=1
    """
    ledger: list[Entry] = []
    for as_of in ("06-09 10:00", "06-09 10:40", "06-09 10:50", "06-09 11:10", "06-09 12:00", "06-10 09:00"):
        measurement = play(as_of, care).measurement
        before = list(ledger)
        ledger += settle(ledger, measurement.firings, measurement.as_of)
        assert ledger[: len(before)] == before
    assert written(ledger) == [
        ("fired", "warn:75%", "an"),
        ("fired", "breach", "an"),
        ("fired", "escalation:1", "an"),
    ]
    breach = ledger[1]
    assert (breach.ticket_id, breach.clock, breach.instance, breach.level, breach.team) == (
        "1",
        "first_reply",
        1,
        0,
        "group:1",
    )
    assert breach.at < breach.recorded_as_of
    assert breach.edition == measurement.edition


def test_v9_a_ticket_merged_away_before_it_is_due_fires_nothing(
    play: Play, timelines: ModuleType, care: object
) -> None:
    """Merged after an hour.

    06-09 09:00 customer opens
    06-09 10:00 status becomes closed
    """
    played = play("06-10 09:00", care, change=lambda whole: timelines.snapshot_of(whole, tags=("closed_by_merge",)))
    assert (played.measurement.clocks, played.measurement.firings, played.measurement.lines) == ((), (), ())
    assert list(settle([], played.measurement.firings, played.measurement.as_of)) == []


def test_v9_a_merge_after_the_breach_is_compensated_and_the_firing_stays_on_record(
    play: Play, timelines: ModuleType, care: object
) -> None:
    """Merged when it was already late.

    06-09 09:00 customer opens assignee=an group=1
    06-09 12:00 status becomes closed
    """
    late = play("06-09 11:10", care).measurement
    ledger = list(settle([], late.firings, late.as_of))
    merged = play("06-10 09:00", care, change=lambda whole: timelines.snapshot_of(whole, tags=("closed_by_merge",)))
    compensation = list(settle(ledger, merged.measurement.firings, merged.measurement.as_of))
    assert [entry.kind for entry in compensation] == [EntryKind.WITHDRAWN] * 2
    assert [replace(entry, kind=EntryKind.FIRED, recorded_as_of=late.as_of) for entry in compensation] == ledger
    assert {entry.recorded_as_of for entry in compensation} == {merged.measurement.as_of}
    assert standing([*ledger, *compensation]) == {}
    assert list(settle([*ledger, *compensation], [], 0)) == []


def test_a_late_event_takes_a_breach_back_and_a_correction_of_it_fires_it_again(play: Play, care: object) -> None:
    """The reply of 10:20 becomes known only after the breach was noted.

    06-09 09:00 customer opens
    06-09 10:20 an replies
    """

    def unheard(whole: Any) -> Any:  # noqa: ANN401 -- a History
        return replace(whole, events=whole.events[:-1])

    late, heard = play("06-09 11:10", care, change=unheard).measurement, play("06-09 11:20", care).measurement
    ledger = list(settle([], late.firings, late.as_of))
    ledger += settle(ledger, heard.firings, heard.as_of)
    assert [kind for kind, _, _ in written(ledger)] == ["fired", "fired", "withdrawn", "withdrawn"]
    ledger += settle(ledger, late.firings, heard.as_of + 60)
    assert [kind for kind, _, _ in written(ledger)][4:] == ["fired", "fired"]
    assert len(standing(ledger)) == 2


def test_a_charge_that_passes_to_someone_else_is_withdrawn_and_made_anew(play: Play, care: object) -> None:
    """That Bình had it from 9:30 on becomes known only after the breach was charged to An.

    06-09 09:00 customer opens assignee=an
    06-09 09:30 assignee becomes binh
    """

    def unheard(whole: Any) -> Any:  # noqa: ANN401 -- a History
        return replace(whole, events=whole.events[:-1])

    before, after = play("06-09 11:10", care, change=unheard).measurement, play("06-09 11:20", care).measurement
    ledger = list(settle([], before.firings, before.as_of))
    ledger += settle(ledger, after.firings, after.as_of)
    assert written(ledger)[2:] == [
        ("fired", "warn:75%", "binh"),
        ("fired", "breach", "binh"),
        ("withdrawn", "warn:75%", "an"),
        ("withdrawn", "breach", "an"),
    ]
    assert list(settle(ledger, after.firings, after.as_of)) == []
