from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Reduction
from kpi_engine.measurement import Holding, Measurement
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Scope
from sync.exporting import Grain, Row, Rows, Type, columns_of_every, exported, needed
from sync.figures import reduced
from sync.sources import Source, as_of_now, source

if TYPE_CHECKING:
    from tests.sync.conftest import Played


def asked(played: "Played", *only: str) -> Source:
    """Return the source of the last whole week's figures."""
    account = played.world.account
    as_of = as_of_now(account) or 0
    week = period_at(PeriodKind.WEEK, account.settings.timezone, as_of).previous()
    return source(account, week, as_of, only)


def rows(from_source: Source, grain: Grain, scope: Scope = Scope.ACCOUNT) -> list[Row]:
    """Return the rows, each with exactly the columns announced."""
    found = exported(from_source, grain, scope)
    listed = list(found.rows)
    assert listed
    assert all(set(row) == set(found.columns) for row in listed)
    return listed


def test_the_cells_are_the_figures_to_the_last_digit(played: "Played") -> None:
    from_source = asked(played)
    card = reduced(from_source, Scope.TEAM).scorecards
    listed = rows(from_source, Grain.CELL, Scope.TEAM)
    assert len(listed) == sum(len(each) for each in card.values())
    for row in listed:
        cell = card[row["subject"]][str(row["indicator"])]
        assert (row["value"], row["n"], row["low"], row["median"]) == (cell.value, cell.n, cell.low, cell.median)
    assert {row["name"] for row in listed} >= {"Hỗ trợ"}
    assert str(listed[0]["as_of"]).endswith("+07:00")


def test_the_lines_make_the_figures(played: "Played") -> None:
    from_source = asked(played)
    card = reduced(from_source, Scope.ACCOUNT).scorecards["sao-mai"]
    listed = rows(from_source, Grain.LINE)
    counted = Counter(str(row["indicator"]) for row in listed)
    for key in ("created", "first_reply", "goals_met", "backlog"):
        assert counted[key] == card[key].n
    assert sum(int(row["numerator"] or 0) for row in listed if row["indicator"] == "first_reply") == (
        card["first_reply"].numerator
    )
    assert listed[0]["url"] == f"{played.world.sandbox.base_url}/agent/tickets/{listed[0]['ticket_id']}"


def test_a_ticket_says_what_it_adds_to_each_figure(played: "Played") -> None:
    from_source = asked(played)
    card = reduced(from_source, Scope.ACCOUNT).scorecards["sao-mai"]
    listed = rows(from_source, Grain.TICKET)
    assert len({row["ticket_id"] for row in listed}) == len(listed)
    for key, cell in card.items():
        told = [row[key] for row in listed if row[key] is not None]
        if INDICATORS[key].reduction is Reduction.COUNT:
            assert sum(float(each) for each in told) == cell.n
    times = [float(row["first_reply"]) for row in listed if row["first_reply"] is not None]
    assert sum(times) / len(times) == pytest.approx(card["first_reply"].value)
    assert all(row["created_at"] for row in listed)


def test_a_turn_is_a_wait_that_ended(played: "Played") -> None:
    from_source = asked(played, *needed(Grain.TURN, ("solved",)))
    card = reduced(from_source, Scope.ACCOUNT).scorecards["sao-mai"]
    listed = rows(from_source, Grain.TURN)
    assert len(listed) == card["response_time"].n
    assert sum(int(row["business_seconds"] or 0) for row in listed) == card["response_time"].numerator
    assert sum(not row["first"] for row in listed) == card["next_reply"].n
    assert all(str(row["asked_at"]) <= str(row["replied_at"]) for row in listed)


def test_a_grain_is_made_of_what_it_needs() -> None:
    assert needed(Grain.LINE, ["solved"]) == ("solved",)
    assert needed(Grain.CELL, []) == ()


def test_the_rows_of_several_accounts_share_their_columns() -> None:
    one, other = Rows({"a": Type.TEXT, "b": Type.TEXT}, iter(())), Rows({"b": Type.TEXT, "c": Type.NUMBER}, iter(()))
    assert columns_of_every(one, [other]) == {"a": Type.TEXT, "b": Type.TEXT, "c": Type.NUMBER}


def test_a_ticket_of_which_only_the_backlog_is_known_was_created_when_its_holding_says(
    played: "Played", monkeypatch: pytest.MonkeyPatch
) -> None:
    from_source = asked(played, "backlog")
    start = from_source.window.period.start
    held = Holding(agent="7", team="t", status="open", start=start, end=None, channel=None, priority=None)
    bare = Measurement(
        ticket_id="1", account="sao-mai", as_of=start, edition="", holdings=(replace(held, opened_at=0),)
    )
    monkeypatch.setattr("sync.sources.Source.measurements", lambda _: iter([bare]))
    ((row),) = rows(from_source, Grain.TICKET)
    assert (row["created_at"], row["backlog"], row["agent"]) == ("1970-01-01T08:00:00+08:00", 1.0, "7")
