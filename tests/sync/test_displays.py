"""What is hard to show, shown in both languages: as a scorecard, as a report and as a summary ticket."""

import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import pytest
from rich.console import Console
from rich.table import Table

from kpi_engine.compiling import compiled
from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine, Stamp
from kpi_engine.periods import Period, period_named
from kpi_engine.reduce import Cell, Question, Scope, cell, cells
from sync.figures import Figures
from sync.locale import Language
from sync.scorecards import Shown, report_table, scorecard_table
from sync.settling import PeriodState
from sync.summaries.marking import Marking
from sync.summaries.page import as_text
from sync.summaries.text import Summarized, blocks, shown

NOVEMBER = period_named("2026-11", "Asia/Ho_Chi_Minh")
RULES = compiled([])
LANGUAGES: Final = {code: Language(code, "Asia/Ho_Chi_Minh") for code in ("en", "vi")}


def line(
    key: str, at: int, amount: tuple[int, int] = (1, 1), part: str | None = None, team: str = "north"
) -> CreditLine:
    stamp = Stamp(at, "an", team, "7", "acme", "mail", None, None, "")
    return CreditLine(key, stamp, *amount, part)


def card_of(lines: Iterable[CreditLine], period: Period = NOVEMBER) -> dict[str, Cell]:
    """Return a card with every indicator, made of these lines."""
    told = list(lines)
    question = Question(Scope.AGENT, "acme", period, period.end, {})
    return {
        key: cell(row, [each for each in told if each.indicator == key], question, "an")
        for key, row in INDICATORS.items()
    }


def plain(table: Table) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    return " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]  # the file is the StringIO above


def scorecard(cards: Mapping[str | None, Mapping[str, Cell]], code: str, period: Period = NOVEMBER) -> str:
    figures = Figures(Question(Scope.AGENT, "acme", period, period.end, {}), dict(cards))
    return plain(scorecard_table(figures, RULES, LANGUAGES[code]))


def report(card: Mapping[str, Cell], code: str, period: Period = NOVEMBER) -> str:
    figures = Figures(Question(Scope.AGENT, "acme", period, period.end, {}), {"an": dict(card)})
    return plain(report_table(Shown(figures), RULES, LANGUAGES[code]))


def summary(card: Mapping[str, Cell], code: str, period: Period = NOVEMBER) -> str:
    told = Summarized(
        name="An", period=period, state=PeriodState.PROVISIONAL, card=card, missing={},
        content=shown(card, [], ()), disputed={}, earlier=None, before={}, as_of=period.end,
        settles_at=period.end + 86_400, appeal_ends=period.end + 43_200, assigned=True, marking=Marking.ALL, readers=0,
        marker="m",
    )  # fmt: skip
    return " ".join(as_text(blocks(told, Language(code, period.zone))).split())


@pytest.mark.parametrize(("code", "title"), [("en", "Scorecards 2026-11"), ("vi", "Bảng chỉ số 2026-11")])
def test_without_an_agent_there_is_an_empty_scorecard(code: str, title: str) -> None:
    assert title in scorecard({}, code)


@pytest.mark.parametrize(
    ("code", "few", "none"),
    [("en", "not enough data yet", "Nothing to say about"), ("vi", "chưa đủ dữ liệu", "Chưa có số liệu")],
)
def test_no_rating_is_no_figure_and_one_is_too_few(code: str, few: str, none: str) -> None:
    solved = [line("solved", NOVEMBER.start + hour) for hour in range(3)]
    silent = card_of(solved)
    assert "(n=" not in scorecard({"an": silent}, code)
    assert few not in report(silent, code)
    assert none in summary(silent, code)
    rated = card_of([*solved, line("satisfaction_rate", NOVEMBER.start)])
    assert "(n=1)" in scorecard({"an": rated}, code)
    assert few in report(rated, code)
    assert few in summary(rated, code)
    assert "100%" not in scorecard({"an": rated}, code) + summary(rated, code)


@pytest.mark.parametrize("code", LANGUAGES)
def test_whose_tickets_are_all_excluded_has_counts_of_nothing_and_no_rate(code: str) -> None:
    nothing = card_of([])
    row = scorecard({"an": nothing}, code).split("an ")[-1].split()
    assert row == ["0", "0", "0", "–", "–", "0", "–"]
    for text in (report(nothing, code), summary(nothing, code)):
        assert "%" not in text.replace("95%", "")
        assert "None" not in text
        assert "nan" not in text.casefold().split()


@pytest.mark.parametrize(("code", "money"), [("en", "1,500.5 USD"), ("vi", "1.500,5 USD")])
def test_an_amount_never_stands_without_its_currency(code: str, money: str) -> None:
    spent = line("support_cost", NOVEMBER.start, (150_050, 100), "USD")
    assert money in report(card_of([spent]), code)
    without = card_of([line("support_cost", NOVEMBER.start, (150_050, 100))])
    assert without["support_cost"].value is None
    assert "1" + ("," if code == "en" else ".") + "500" not in report(without, code) + summary(without, code)


@pytest.mark.parametrize(
    ("code", "ends"),
    [("en", ("Mar 1, 2026", "Mar 31, 2026")), ("vi", ("1 thg 3, 2026", "31 thg 3, 2026"))],
)
def test_a_month_in_which_clocks_change_runs_from_its_first_day_to_its_last(code: str, ends: tuple[str, str]) -> None:
    """Berlin's March: solved at 00:00 on its first day and in its last second, not a second later."""
    march = period_named("2026-03", "Europe/Berlin")
    assert march.end - march.start == 743 * 3600
    assert datetime.fromisoformat("2026-04-01T00:00:00+02:00").timestamp() == march.end
    card = card_of([line("solved", march.start), line("solved", march.end - 1)], march)
    text = summary(card, code, march)
    assert all(end in text for end in ends), text[:200]
    assert "Europe/Berlin" in text
    assert "2026-03" in scorecard({"an": card}, code, march)
    assert card["solved"].value == 2


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_agent_in_two_teams_counts_once_himself_and_in_each_for_its_own(code: str) -> None:
    lines = [
        line("solved", NOVEMBER.start),
        line("solved", NOVEMBER.start + 60),
        line("solved", NOVEMBER.end - 1, team="south"),
    ]
    card = card_of(lines)
    assert card["solved"].value == 3
    assert " 3 " in f"{scorecard({'an': card}, code)} "
    teams = cells(INDICATORS["solved"], lines, Question(Scope.TEAM, "acme", NOVEMBER, NOVEMBER.end, {}))
    assert {name: each.value for name, each in teams.items()} == {"north": 2, "south": 1}
    whole = {name: {**card_of([]), "solved": each} for name, each in teams.items()}
    figures = Figures(Question(Scope.TEAM, "acme", NOVEMBER, NOVEMBER.end, {}), dict(whole))
    shown_teams = plain(scorecard_table(figures, RULES, LANGUAGES[code]))
    assert "north 0 2 " in shown_teams
    assert "south 0 1 " in shown_teams
