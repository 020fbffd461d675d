from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from kpi_engine.measurement import CreditLine, Exclusion, Holding, Measurement, Omission, Stamp
from kpi_engine.message import message
from kpi_engine.periods import Period, PeriodKind, period_named, periods_between
from kpi_engine.reduce import Scope
from sync.figures import figures
from sync.inputs.importing import Imported, Source, import_file
from sync.inputs.kinds import KINDS
from sync.inputs.values import Forms
from sync.recompute import correct
from sync.settling import (
    Frozen,
    PeriodState,
    Segment,
    clipped,
    corrections,
    frozen,
    late_changes,
    settle_periods,
    settled_through,
    settles_after,
    state_of,
)
from sync.store.settled import KeptReading

if TYPE_CHECKING:
    from connectors.sandbox.zendesk.records import Ticket
    from sync.account import Account
    from tests.sync.conftest import World

ZONE = "Asia/Ho_Chi_Minh"
DAY = 86_400
MONDAY = 1_795_399_200
WEEK, MONTH = period_named("2026-W48", ZONE), period_named("2026-11", ZONE)
SHORT: dict[str, Any] = {
    "appeal": "1d",
    "indicators": {
        "first_contact_resolution": {"window": "1d"},
        "repeat_contact_rate": {"window": "2d"},
    },
}
Digits = dict[tuple[str, str | None, str], tuple[object, ...]]


def shown(world: "World", period: Period) -> Digits:
    """Return every digit that anybody may be shown of a period."""
    as_of = int(world.sandbox.now)
    return {
        (scope, subject, key): (cell.n, cell.numerator, cell.denominator, cell.median, cell.p90)
        for scope in (Scope.ACCOUNT, Scope.TEAM, Scope.AGENT)
        for subject, card in figures(world.account, period, scope, as_of).scorecards.items()
        for key, cell in card.items()
    }


def state(world: "World", period: Period) -> PeriodState:
    return state_of(world.account, period, int(world.sandbox.now))


@pytest.fixture
def world(make_world: Callable[..., "World"]) -> "World":
    return make_world(**SHORT)


def until_settled(world: "World", period: Period) -> None:
    """Let time pass until a period is just settled."""
    world.advance(period.end + settles_after(world.account) + 3600 - world.sandbox.now)
    world.run()


@pytest.fixture
def week(world: "World") -> "tuple[World, list[Ticket]]":
    """Give a settled week of four tickets: answered, answered late, still open, and another answered one."""
    tickets = [world.answered(), world.answered(minutes=90, agent=1), world.ticket(), world.answered(agent=1)]
    until_settled(world, WEEK)
    return world, tickets


def late_things(world: "World", tickets: "list[Ticket]") -> "Iterator[tuple[str, Callable[[], object]]]":
    rewritten: dict[str, Any] = {
        **SHORT,
        "policies": {"version": 1, "policies": []},
        "statuses": {"sao-mai": {"open": "pending"}},
    }
    yield "a rating", lambda: world.state.rate(tickets[0].id, "bad")
    yield "a deletion", lambda: world.state.delete(tickets[1].id)
    yield "a merge", lambda: world.state.merge(tickets[3].id, tickets[2].id, world.agents[0])
    yield "a reply", lambda: world.state.comment(tickets[2].id, world.agents[1], status="solved")
    yield "a policy", lambda: world.configure(**rewritten)


def test_no_figure_of_a_settled_period_changes_without_a_correction(
    week: "tuple[World, list[Ticket]]",
) -> None:
    world, tickets = week
    assert state(world, WEEK) is PeriodState.SETTLED
    before = shown(world, WEEK)
    assert before["account", "sao-mai", "created"][0] == 4
    for what, happens in late_things(world, tickets):
        happens()
        world.advance(3600)
        world.run()
        assert shown(world, WEEK) == before, what


def test_a_late_change_is_seen_by_the_periods_that_are_not_settled(week: "tuple[World, list[Ticket]]") -> None:
    world, tickets = week
    before = shown(world, MONTH)
    assert state(world, MONTH) is PeriodState.PROVISIONAL
    world.state.delete(tickets[1].id)
    world.advance(3600)
    world.run()
    after = shown(world, MONTH)
    assert (before["account", "sao-mai", "created"][0], after["account", "sao-mai", "created"][0]) == (4, 3)
    assert shown(world, WEEK)["account", "sao-mai", "created"][0] == 4


def test_a_ticket_that_turns_up_late_counts_in_no_settled_period(week: "tuple[World, list[Ticket]]") -> None:
    world, tickets = week
    before, opened = shown(world, WEEK), WEEK.start + DAY
    known = world.store.records.snapshots("sao-mai", [str(tickets[2].id)])[str(tickets[2].id)]
    world.store.records.save("sao-mai", [replace(known, ticket_id="late", created_at=opened)])
    world.run()
    reading = world.store.readings.get("sao-mai", "late")
    assert reading is not None
    assert [line.at for line in reading.measurement.lines if line.indicator == "created"] == [opened]
    assert shown(world, WEEK) == before


def test_calls_that_come_late_count_in_a_settled_week_only_once_it_is_corrected(
    week: "tuple[World, list[Ticket]]", tmp_path: Path
) -> None:
    world, _ = week
    brought(world, tmp_path, "c-1,2026-11-24 10:00,inbound,{},answered")
    assert shown(world, WEEK)["account", "sao-mai", "calls_handled"][0] == 0
    assert shown(world, MONTH)["account", "sao-mai", "calls_handled"][0] == 1
    correct(world.account, WEEK, apply=True)
    assert shown(world, WEEK)["account", "sao-mai", "calls_handled"][0] == 1

    found = brought(world, tmp_path, "c-1,2026-11-24 10:00,inbound,{},voicemail")
    assert (found.corrected, found.late) == (1, 1)
    assert shown(world, WEEK)["account", "sao-mai", "calls_handled"][0] == 1
    assert shown(world, MONTH)["account", "sao-mai", "calls_handled"][0] == 0


def brought(world: "World", folder: Path, *rows: str) -> Imported:
    """Bring in a file of calls by the first agent."""
    path = folder / "calls.csv"
    told = "".join(f"{row.format(world.agents[0])}\n" for row in rows)
    path.write_text(f"call_id,started_at,direction,agent_ref,outcome\n{told}", encoding="utf-8")
    settings = world.account.settings
    return import_file(world.store, settings, Source(path, KINDS["calls"], Forms(ZONE)), world.account.clock)


def test_with_a_correction_the_figures_follow_and_what_is_kept_tells(week: "tuple[World, list[Ticket]]") -> None:
    world, tickets = week
    before = shown(world, WEEK)
    entries = world.store.ledger.entries("sao-mai", [str(tickets[1].id)])
    assert {entry.kind for entry in entries} == {"fired"}
    world.state.delete(tickets[1].id)
    world.advance(3600)
    world.run()
    assert world.store.ledger.entries("sao-mai", [str(tickets[1].id)]) == entries, "frozen with the figures"

    only_shown = correct(world.account, WEEK, apply=False)
    assert (only_shown.correction, shown(world, WEEK), state(world, WEEK)) == (None, before, PeriodState.SETTLED)
    assert world.store.ledger.entries("sao-mai", [str(tickets[1].id)]) == entries
    done = correct(world.account, WEEK, apply=True)

    assert [(c.scope, c.subject, c.indicator) for c in done.changes] == [
        (c.scope, c.subject, c.indicator) for c in only_shown.changes
    ]
    assert state(world, WEEK) is PeriodState.CORRECTED
    after = shown(world, WEEK)
    assert after["account", "sao-mai", "created"][0] == 3
    kinds = [entry.kind for entry in world.store.ledger.entries("sao-mai", [str(tickets[1].id)])]
    assert kinds.count("withdrawn") == kinds.count("fired") == len(entries)
    published = {
        (cell.scope, cell.subject, cell.indicator): cell.n
        for cell in world.store.published.for_period("sao-mai", "2026-W48")
        if f"correction:{done.correction}" in cell.editions
    }
    assert published["account", "sao-mai", "created"] == 3
    changed = {
        (scope, subject or "", key)
        for (scope, subject, key), digits in after.items()
        if before[scope, subject, key] != digits
    }
    assert changed <= published.keys()


def test_after_a_correction_the_period_is_frozen_again(week: "tuple[World, list[Ticket]]") -> None:
    world, tickets = week
    world.state.delete(tickets[1].id)
    world.advance(3600)
    world.run()
    correct(world.account, WEEK, apply=True)
    corrected = shown(world, WEEK)
    world.state.delete(tickets[0].id)
    world.advance(3600)
    world.run()
    assert shown(world, WEEK) == corrected
    assert correct(world.account, WEEK, apply=True).changes
    assert [made.period for made in corrections(world.account)] == ["2026-W48", "2026-W48"]


def test_a_correction_of_a_day_lets_the_rest_of_its_week_stay(make_world: Callable[..., "World"]) -> None:
    world = make_world(**SHORT)
    monday = world.answered()
    world.advance(DAY)
    tuesday = world.answered()
    until_settled(world, WEEK)
    world.state.delete(monday.id)
    world.state.delete(tuesday.id)
    world.advance(3600)
    world.run()
    correct(world.account, period_named("2026-11-24", ZONE), apply=True)
    created = {
        label: shown(world, period_named(label, ZONE)).get(("account", "sao-mai", "created"), (0,))[0]
        for label in ("2026-11-23", "2026-11-24", "2026-W48")
    }
    assert created == {"2026-11-23": 1, "2026-11-24": 0, "2026-W48": 1}
    assert state(world, period_named("2026-11-23", ZONE)) is PeriodState.SETTLED
    assert state(world, WEEK) is PeriodState.CORRECTED


def test_what_was_settled_once_stays_so_whatever_the_windows_become(week: "tuple[World, list[Ticket]]") -> None:
    world, _ = week
    through = settled_through(world.account)
    world.configure(**{**SHORT, "appeal": "30 days"})
    world.advance(3600)
    world.run()
    assert settled_through(world.account) == through
    assert state(world, WEEK) is PeriodState.SETTLED
    assert state_of(world.account, WEEK, WEEK.end - 1) is PeriodState.PROVISIONAL


def test_data_that_lags_behind_the_helpdesk_settles_nothing(world: "World") -> None:
    now = world.account.now()
    settle_periods(world.account, now - 2 * DAY)
    assert settled_through(world.account) == 0
    settle_periods(world.account, now)
    assert settled_through(world.account) == now - 3 * DAY


def test_by_default_a_period_waits_for_the_longest_window_and_the_appeal(make_world: Callable[..., "World"]) -> None:
    assert settles_after(make_world().account) == 14 * DAY


# What a late change is


BLANK = Measurement(ticket_id="1", account="sao-mai", as_of=900, edition="e")
LINE = CreditLine("created", Stamp(100, "7", None, "1", "sao-mai", None, None, None, "e"))
HELD = Holding(agent="7", team=None, status="open", start=100, end=None, channel=None, priority=None)
FULL = replace(
    BLANK,
    lines=(LINE,),
    holdings=(HELD,),
    omissions=(Omission("reopens", 120, "7", None, "no_start"),),
)
GONE = Exclusion("deleted", message("it was deleted"), 100)


def stamped(**values: Any) -> CreditLine:  # noqa: ANN401 -- of a stamp's fields
    return replace(LINE, stamp=LINE.stamp._replace(**values))


def differs(old: Measurement, new: Measurement, through: int = 500) -> tuple[int, int] | None:
    found = list(late_changes({"1": old}, [new], through))
    return (found[0].differs_from, found[0].differs_to) if found else None


@pytest.mark.parametrize(
    ("new", "span"),
    [
        (replace(FULL, as_of=950, edition="f", wake_at=3), None),
        (replace(FULL, lines=(stamped(agent="8"),)), (100, 100)),
        (replace(FULL, lines=(LINE, LINE)), (100, 100)),
        (replace(FULL, lines=(LINE, stamped(at=499))), (499, 499)),
        (replace(FULL, lines=(LINE, stamped(at=500))), None),
        (replace(FULL, omissions=()), (120, 120)),
        (replace(FULL, holdings=(replace(HELD, end=500),)), None),
        (replace(FULL, holdings=(replace(HELD, end=400),)), (100, 499)),
        (replace(FULL, holdings=(HELD, replace(HELD, start=600))), None),
        (replace(FULL, holdings=(HELD, replace(HELD, start=50, end=50))), None),
        (replace(FULL, excluded=GONE), (100, 100)),
        (replace(FULL, excluded=replace(GONE, at=500)), None),
    ],
)
def test_only_what_is_said_about_the_frozen_time_makes_a_late_change(
    new: Measurement, span: tuple[int, int] | None
) -> None:
    assert differs(FULL, new) == span
    assert differs(new, FULL) == span


def test_the_same_exclusion_in_other_words_is_no_change() -> None:
    old = replace(BLANK, excluded=GONE)
    assert differs(old, replace(BLANK, excluded=replace(GONE, reason=message("gone")))) is None
    assert differs(old, replace(BLANK, excluded=replace(GONE, code="own"))) == (100, 100)


def test_a_ticket_not_known_before_is_kept_as_one_that_said_nothing() -> None:
    (kept,) = late_changes({}, [FULL], 500)
    assert (kept.measurement.lines, kept.measurement.holdings, kept.through) == ((), (), 500)
    assert list(late_changes({}, [FULL], 100)) == []


def test_clipping_leaves_what_concerns_the_span() -> None:
    part = clipped(replace(FULL, excluded=GONE), 110, 130)
    assert (part.lines, part.omissions, part.excluded) == ((), FULL.omissions, None)
    assert part.holdings == (replace(HELD, start=110, end=130),)
    assert clipped(FULL, 0, 100).holdings == ()


def test_what_a_ticket_went_through_before_the_period_is_kept_with_it() -> None:
    """Without it a settled backlog would have aged by the calendar of the period's first day alone."""
    before = replace(HELD, start=20, end=100, calendar="day")
    now = replace(FULL, holdings=(before, HELD))
    kept = [KeptReading(measurement=now, through=500, differs_from=100, differs_to=300)]
    segments = [Segment(100, 200, 0), Segment(200, 300, 0)]
    unread = cast("Account", None)
    numbered = {"1": [replace(each, number=1) for each in kept]}
    first, second = list(Frozen(unread, segments, numbered)._as_settled(now))  # noqa: SLF001 -- no store is asked
    assert [(each.start, each.end) for each in first.holdings] == [(20, 100), (100, 200)]
    assert [(each.start, each.end) for each in second.holdings] == [(200, 300)]


def test_of_an_unsettled_period_the_newest_readings_are_taken(world: "World") -> None:
    world.answered()
    world.advance(120)
    world.run()
    found = list(world.store.readings.all("sao-mai"))
    assert list(frozen(world.account, WEEK, int(world.sandbox.now)).over(found)) == found


def test_a_kept_reading_is_handed_on_although_its_ticket_is_not_found_any_more(
    week: "tuple[World, list[Ticket]]",
) -> None:
    world, tickets = week
    world.state.delete(tickets[1].id)
    world.advance(3600)
    world.run()
    (kept,) = frozen(world.account, WEEK, int(world.sandbox.now)).over([])
    assert kept.ticket_id == str(tickets[1].id)
    assert "created" in {line.indicator for line in kept.lines}


@pytest.mark.untraced
def test_no_settled_day_or_week_of_a_whole_world_ever_moves(make_world: Callable[..., "World"]) -> None:
    """Two dozen lives told in passes four days apart: each period is looked at as it settles, and again at the end."""
    world = make_world(sandbox={"tickets": 24, "days": 10}, **SHORT)
    settled: dict[Period, Digits] = {}
    for _ in range(3):
        world.advance(4 * DAY)
        world.run()
        new = [period for period in settled_periods(world) if period not in settled]
        settled |= {period: shown(world, period) for period in new}
    assert sum(len(each) > 0 for each in settled.values()) > 8
    assert {period.label: shown(world, period) for period in settled} == {p.label: was for p, was in settled.items()}


def settled_periods(world: "World") -> "Iterator[Period]":
    through = settled_through(world.account)
    for kind in (PeriodKind.DAY, PeriodKind.WEEK):
        for period in periods_between(kind, ZONE, MONDAY - 14 * DAY, through):
            if period.end <= through:
                yield period
