import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, event

from kpi_engine.measurement import (
    Certainty,
    Clock,
    ClockState,
    CreditLine,
    Exclusion,
    Firing,
    Holding,
    Measurement,
    Run,
    Stamp,
)
from kpi_engine.message import message
from sync.store import Reading, Store
from sync.store.readings import Outlook

DAY = 86_400


def line(at: int, ticket_id: str = "1") -> CreditLine:
    stamp = Stamp(at, "7", None, ticket_id, "sao-mai", "web", None, None, "abc")
    return CreditLine("first_reply", stamp, 60, certainty=Certainty.APPROXIMATE)


def clock(state: ClockState = ClockState.RUNNING, *, paused: bool = False) -> Clock:
    return Clock(
        clock="first_reply",
        instance=1,
        policy="p",
        started_at=0,
        stopped_at=None,
        goal=60,
        elapsed=10,
        due_at=60,
        breached_at=None,
        state=state,
        paused=paused,
        agent="7",
        team=None,
        runs=(Run(0, 5, ""), Run(7, 12, "8x5")),
        certainty=Certainty.EXACT,
        edition="abc",
    )


def holding(start: int, end: int | None) -> Holding:
    return Holding(agent="7", team=None, status="open", start=start, end=end, channel=None, priority="high")


def reading(ticket_id: str = "1", **values: object) -> Reading:
    measured = Measurement(ticket_id=ticket_id, account="sao-mai", as_of=100, edition="abc", **values)  # type: ignore[arg-type]
    return Reading(measurement=measured, live={"overdue": True, "due_at": 60})


def tickets(measured: Iterable[Measurement]) -> list[str]:
    return [each.ticket_id for each in measured]


def test_a_reading_comes_back_as_it_was_saved(store: Store) -> None:
    fired = Firing(
        ticket_id="1", clock="c", instance=1, step="warn:75%", level=0, at=45, agent=None, team="t", edition="abc"
    )
    whole = reading(
        lines=(line(50), line(DAY + 1)),
        clocks=(clock(), clock(ClockState.MET)),
        firings=(fired,),
        holdings=(holding(0, 40), holding(40, None)),
        wake_at=60,
        excluded=Exclusion("excluded_tag", message("Tagged {tag}.", tag="test", tags=["test"]), 5),
    )
    store.readings.save("sao-mai", [whole, reading("2")], now=100)

    found = store.readings.get("sao-mai", "1")

    assert found is not None
    assert found.measurement.excluded == Exclusion(
        "excluded_tag", message("Tagged {tag}.", tag="test", tags="['test']"), 5
    )
    assert found.measurement.clocks == whole.measurement.clocks
    assert found.measurement.lines == whole.measurement.lines
    assert isinstance(found.measurement.clocks[0].state, ClockState)
    assert (found.measurement.firings, found.measurement.holdings) == ((fired,), whole.measurement.holdings)
    assert (found.measurement.wake_at, found.live) == (60, whole.live)
    assert store.readings.get("sao-mai", "2") == reading("2")
    assert store.readings.get("sao-mai", "3") is None
    assert store.readings.get("cua-hang", "1") is None
    assert store.readings.count("sao-mai") == 2
    assert tickets(store.readings.all("sao-mai")) == ["1", "2"]


def test_a_ticket_is_due_once_its_wake_instant_has_passed(store: Store) -> None:
    store.readings.save("sao-mai", [reading("1", wake_at=60), reading("2", wake_at=61), reading("3")], now=1)

    assert store.readings.due("sao-mai", as_of=60) == []
    assert store.readings.due("sao-mai", as_of=61) == ["1"]
    assert store.readings.due("sao-mai", as_of=1000) == ["1", "2"]


def test_a_period_has_the_tickets_with_lines_inside_it(store: Store) -> None:
    store.readings.save(
        "sao-mai",
        [
            reading("1", lines=(line(DAY - 1), line(5 * DAY))),
            reading("2", lines=(line(DAY, "2"),)),
            reading("3", lines=(line(DAY + 10, "3"),)),
        ],
        now=1,
    )

    assert tickets(store.readings.in_period("sao-mai", DAY, DAY + 10)) == ["2"]
    assert tickets(store.readings.in_period("sao-mai", 0, 9 * DAY)) == ["1", "2", "3"]
    assert tickets(store.readings.in_period("sao-mai", 2 * DAY, 5 * DAY)) == []


def test_a_line_that_moved_or_vanished_leaves_its_old_day(store: Store) -> None:
    store.readings.save("sao-mai", [reading(lines=(line(5), line(3 * DAY)))], now=1)
    store.readings.save("sao-mai", [reading(lines=(line(3 * DAY), line(7 * DAY)))], now=2)

    assert tickets(store.readings.in_period("sao-mai", 0, DAY)) == []
    assert tickets(store.readings.in_period("sao-mai", 3 * DAY, 4 * DAY)) == ["1"]
    assert tickets(store.readings.in_period("sao-mai", 7 * DAY, 8 * DAY)) == ["1"]
    store.readings.save("sao-mai", [reading()], now=3)
    assert tickets(store.readings.in_period("sao-mai", 0, 99 * DAY)) == []


def test_who_was_held_when_is_found_at_any_past_instant(store: Store) -> None:
    store.readings.save(
        "sao-mai",
        [
            reading("1", holdings=(holding(10, 20), holding(20, 30))),
            reading("2", holdings=(holding(15, None),)),
            reading("3"),
        ],
        now=1,
    )

    assert tickets(store.readings.held_at("sao-mai", 9)) == []
    assert tickets(store.readings.held_at("sao-mai", 10)) == ["1"]
    assert tickets(store.readings.held_at("sao-mai", 29)) == ["1", "2"]
    assert tickets(store.readings.held_at("sao-mai", 30)) == ["2"]
    assert store.readings.unfinished("sao-mai") == ["2", "3"], "still held, or counted nowhere for now"


def test_a_reading_is_planned_for_once_and_again_when_measured_anew(store: Store) -> None:
    store.readings.save("sao-mai", [reading("1"), reading("2")], now=1)
    assert [each.ticket_id for each in store.readings.unplanned("sao-mai")] == ["1", "2"]

    store.readings.planned("sao-mai", ["1", "2"])
    assert list(store.readings.unplanned("sao-mai")) == []

    store.readings.save("sao-mai", [reading("2")], now=2)
    again = reading("2")
    measured = again.measurement
    expected = Outlook(ticket_id="2", as_of=measured.as_of, clocks=measured.clocks, live=again.live)
    assert list(store.readings.unplanned("sao-mai")) == [expected]


def test_a_reading_from_when_all_of_it_was_one_list_reads_as_ever(tmp_path: Path) -> None:
    kept = reading("1", lines=(line(5),), holdings=(holding(1, 9),))
    with Store.open("sqlite:///store.db", tmp_path) as store:
        store.readings.save("sao-mai", [kept], now=1)
        (outlook,) = store.readings.unplanned("sao-mai")
        with closing(sqlite3.connect(tmp_path / "store.db")) as connection, connection:
            (body,) = connection.execute("SELECT body FROM reading").fetchone()
            standing, said = map(json.loads, body.split("\n"))
            in_one = json.dumps([*standing[:5], said[0], *standing[5:], *said[1:]])
            connection.execute("UPDATE reading SET body = ?", (in_one,))
        assert store.readings.get("sao-mai", "1") == kept
        assert list(store.readings.unplanned("sao-mai")) == [outlook]


def test_readings_beyond_one_chunk_are_all_kept(store: Store) -> None:
    store.readings.save("sao-mai", [reading(str(n), lines=(line(n, str(n)),)) for n in range(1100)], now=1)

    assert len(tickets(store.readings.in_period("sao-mai", 0, 2000))) == 1100
    assert len(list(store.readings.unplanned("sao-mai"))) == 1100


def test_the_stamp_of_a_period_changes_with_what_is_said_about_it_and_with_nothing_else(store: Store) -> None:
    """A week with a line on its first day and a holding from the day before; then what happens later, then inside."""
    week = (7 * DAY, 14 * DAY)

    def saved(*lines: CreditLine, until: int | None = None, now: int = 1, disputed: bool = False) -> str:
        held = (holding(6 * DAY, until),)
        store.readings.save("sao-mai", [replace(reading("1", lines=lines, holdings=held), disputed=disputed)], now=now)
        return store.readings.stamp("sao-mai", *week)

    first = saved(line(7 * DAY))
    assert saved(line(7 * DAY), now=2) == first, "measured again, and nothing new"
    assert saved(line(7 * DAY), line(15 * DAY), until=16 * DAY, now=3) == first, "what came after it"
    assert saved(line(7 * DAY), line(5 * DAY), now=4) != first, "what it was held with from before may be another thing"

    others = {
        saved(line(7 * DAY), line(8 * DAY)),
        saved(line(7 * DAY), until=9 * DAY),
        saved(line(7 * DAY + 1)),
        saved(line(7 * DAY), disputed=True),
        saved(),
        first,
    }
    assert len(others) == 6
    assert saved(line(7 * DAY), now=5) == first


def test_whether_a_period_looks_otherwise_is_not_asked_of_every_day_before_it(tmp_path: Path) -> None:
    asked: list[tuple[str, Sequence[str | int]]] = []

    def note(_connection: object, _cursor: object, sql: str, values: Sequence[str | int], *_: object) -> None:
        asked.append((sql, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with Store.open("sqlite:///store.db", tmp_path) as store:
            asked.clear()
            store.readings.stamp("sao-mai", 7 * DAY, 14 * DAY)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        steps = [step for sql, values in asked for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    ways = {step.partition("(")[2] for step in steps if step.startswith("SEARCH reading_day")}
    assert ways == {
        "connector=? AND day>? AND day<?)",
        "connector=? AND ticket_id=? AND day<?)",
        "connector=? AND day=? AND ticket_id=?)",
    }
