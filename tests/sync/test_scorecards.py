import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console
from rich.table import Table

from connectors.base import Stream
from connectors.sandbox import ZendeskSandbox
from kpi_engine.indicators import INDICATORS
from kpi_engine.message import message
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Cell, Question, Scope, cell
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.accounts import opened
from sync.cycle import Mode, run_pass
from sync.demo import settings_for
from sync.editions import rulebook
from sync.explaining import LeftOut, explained
from sync.figures import Figures, figures, reduced
from sync.locale import Language
from sync.pull import silent
from sync.scorecards import (
    Shown,
    card_table,
    explanation_table,
    figures_document,
    indicator_table,
    left_out_table,
    line_text,
    ordered_subjects,
    report_table,
    scorecard_notes,
    scorecard_table,
    sparkline,
)
from sync.sources import min_n, source
from sync.trends import TREND, trends
from sync.wording import HEADLINES, part_text

EN = Language("en", "Asia/Ho_Chi_Minh")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Give an account whose agents have the names that people and attackers choose."""
    with ZendeskSandbox(tickets=80, days=14) as sandbox:
        first, second, third = sandbox.state.account.agent_ids[:3]
        sandbox.state.users[first].name = "zebra [red]loud[/red]\x1b[2J\nforged"
        sandbox.state.users[second].name = "Ánh"
        sandbox.state.users[third].name = "an"
        settings = settings_for(sandbox, "en", tmp_path_factory.mktemp("scorecards"))
        with opened(settings, [], sandbox.clock) as (made,):
            run_pass(made, Mode(dry_run=True), silent)
            yield made


@pytest.fixture
def rules(account: Account) -> Rulebook:
    """Give what was in force."""
    return rulebook(account)


def found(account: Account, scope: Scope = Scope.AGENT) -> Figures:
    """Return the scorecards of November."""
    as_of = account.store.cursors.all(account.name)[Stream.TICKETS].complete_through
    assert as_of is not None
    return figures(account, period_at(PeriodKind.MONTH, "Asia/Ho_Chi_Minh", as_of), scope, as_of)


def printed(table: Table, width: int = 200) -> list[str]:
    """Return the lines of a table."""
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_scorecard_is_no_ranking(account: Account, rules: Rulebook) -> None:
    names = [name for _, name in ordered_subjects(found(account), rules, EN)]
    assert names[-1] == "nobody"
    assert names[:-1] == sorted(names[:-1], key=str.casefold)
    assert names.index("an") < names.index("zebra [red]loud[/red]\x1b[2J\nforged")


@pytest.mark.parametrize("scope", list(Scope))
def test_the_table_has_a_row_for_each_subject_and_a_column_for_each_headline(
    account: Account, rules: Rulebook, scope: Scope
) -> None:
    figures_ = found(account, scope)
    table = scorecard_table(figures_, rules, EN)
    assert len(table.columns) == 1 + len(HEADLINES)
    assert table.row_count == len(figures_.scorecards)
    assert scope.value.capitalize() in printed(table)[1]


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("language", [EN, Language("vi", "Asia/Ho_Chi_Minh")], ids=["en", "vi"])
def test_a_narrow_table_folds_and_loses_nothing(
    account: Account, rules: Rulebook, language: Language, width: int
) -> None:
    """A cut-off figure would read as another one: 75 for 75%."""

    def letters(width: int) -> Counter[str]:
        table = scorecard_table(found(account), rules, language)
        return Counter("".join(printed(table, width)).replace(" ", ""))

    assert letters(width) == letters(1000)


def test_names_are_shown_as_they_are_on_one_line_without_control_characters(account: Account, rules: Rulebook) -> None:
    lines = printed(scorecard_table(found(account), rules, EN))
    (line,) = [line for line in lines if "zebra" in line]
    assert line.startswith("zebra [red]loud[/red] [2J forged ")


def test_too_little_data_is_shown_in_brackets_with_a_note(account: Account, rules: Rulebook) -> None:
    figures_ = found(account)
    few = next(
        card["satisfaction_rate"].n for card in figures_.scorecards.values() if 0 < card["satisfaction_rate"].n < 10
    )
    assert f"(n={few})" in "\n".join(printed(scorecard_table(figures_, rules, EN)))
    assert "too few" not in " ".join(map(EN, scorecard_notes(figures_, ("satisfaction_rate",))))
    assert "too few for a figure" in " ".join(map(EN, scorecard_notes(figures_)))


def test_where_there_is_enough_there_is_no_note(account: Account) -> None:
    empty = Figures(found(account).question, {}, {})
    assert scorecard_notes(empty) == []


def test_what_is_not_supplied_is_a_dash_with_a_note(account: Account, rules: Rulebook) -> None:
    missing = {"satisfaction_rate": message("this account supplies no ratings")}
    without = replace(found(account), missing=missing)
    _, _, *rows = printed(scorecard_table(without, rules, EN))
    assert {row.split()[-1] for row in rows} == {"–"}
    assert EN(scorecard_notes(without)[0]).endswith(": this account supplies no ratings")


def test_the_document_holds_every_indicator_of_everybody(account: Account, rules: Rulebook) -> None:
    figures_ = found(account)
    document = figures_document(figures_, ordered_subjects(figures_, rules, EN))
    cards = document["scorecards"]
    assert isinstance(cards, list)
    assert len(cards) == len(figures_.scorecards)
    assert all(list(card["indicators"]) == list(INDICATORS) for card in cards)
    assert (document["account"], document["scope"], document["period"]) == ("sao-mai", "agent", "2026-11")


@pytest.mark.parametrize(
    ("key", "denominator", "text"),
    [
        ("created", 1, "1"),
        ("first_reply", 1, "1 hr 1 min"),
        ("satisfaction_rate", 4, "3661/4"),
        ("backlog_overlap", 4, "3661/4"),
        ("satisfaction_mean", 1000, "3.66"),
    ],
)
def test_what_a_line_adds_is_in_the_indicators_unit(account: Account, key: str, denominator: int, text: str) -> None:
    explanation = explained(account, INDICATORS[key], found(account, Scope.ACCOUNT).question, account.name)
    assert line_text(explanation, 1 if key == "created" else 3661, denominator, EN) == text


def test_an_explanation_lists_each_ticket_with_its_clock_and_where_to_open_it(account: Account) -> None:
    whole = found(account, Scope.ACCOUNT).question
    question = Question(Scope.ACCOUNT, account.name, whole.period, whole.as_of, min_n(account))
    explanation = explained(account, INDICATORS["overdue_count"], question, account.name)
    urls = {(account.name, line.ticket_id or ""): f"https://x/{line.ticket_id}[bold]" for line in explanation.lines}
    urls.pop((account.name, explanation.lines[-1].ticket_id or ""))
    heading, *lines = printed(explanation_table(explanation, urls, EN))
    assert heading.split() == ["Ticket", "When", "Adds", "Part", "Link"]
    assert len(lines) == len(explanation.lines) > 1
    assert any("First reply" in line for line in lines)
    for each, line in zip(explanation.lines, lines, strict=True):
        assert line.split()[0] == each.ticket_id
        assert line.rstrip().endswith(urls.get((each.account, each.ticket_id or ""), part_text(each.part, EN)))


def test_what_a_count_of_different_things_counted_already_adds_nothing(account: Account) -> None:
    question = found(account, Scope.ACCOUNT).question
    explanation = explained(account, INDICATORS["overdue_count"], question, account.name)
    twice = replace(explanation, lines=(explanation.lines[0], *explanation.lines))
    lines = printed(explanation_table(twice, {}, EN))[1:]
    again = ["0, counted already" in line for line in lines]
    assert again[:2] == [False, True]
    assert again.count(False) == explanation.cell.n == len(lines) - 1


def test_a_line_of_no_clock_and_no_ticket_leaves_its_places_empty(account: Account) -> None:
    question = found(account, Scope.ACCOUNT).question
    explanation = explained(account, INDICATORS["created"], question, account.name)
    first = explanation.lines[0]
    bare = replace(explanation, lines=(replace(first, stamp=first.stamp._replace(ticket_id=None)),))
    (_, line) = printed(explanation_table(bare, {}, EN))
    assert line.split()[0].startswith("2026-")


def values(*numbers: float | None) -> list[Cell]:
    """Return cells with these values."""
    question = Question(Scope.AGENT, "sao-mai", period_at(PeriodKind.DAY, "UTC", 0), 0, {})
    blank = cell(INDICATORS["created"], [], question, None)
    return [replace(blank, value=number) for number in numbers]


@pytest.mark.parametrize(
    ("numbers", "drawn"),
    [
        ((0, 7), "▁█"),
        ((0, 1, 2, 3, 4, 5, 6, 7), "▁▂▃▄▅▆▇█"),
        ((None, 3, None, 3), "·▅·▅"),
        ((None, None), "··"),
        ((), ""),
        ((5, -5), "█▁"),
    ],
)
def test_a_trend_is_drawn_from_its_lowest_to_its_highest(numbers: tuple[float | None, ...], drawn: str) -> None:
    assert sparkline(values(*numbers)) == drawn


def test_a_trend_leaves_out_what_is_no_verdict_or_on_another_scale() -> None:
    first, second, third = values(1, 2, 3)
    assert sparkline([replace(first, enough=False), second, third]) == "·▁█"
    assert (
        sparkline([replace(first, series="1-3"), replace(second, series="1-5"), replace(third, series="1-5")]) == "·▁█"
    )


def test_a_single_subject_has_a_card_by_families_with_its_trend(account: Account, rules: Rulebook) -> None:
    figures_ = found(account, Scope.ACCOUNT)
    asked = source(account, figures_.question.period, figures_.question.as_of)
    trend = trends(asked, Scope.ACCOUNT, ["sao-mai"], figures_)
    lines = printed(report_table(Shown(figures_, (), trend), rules, EN))
    assert lines[0].startswith("Scorecards 2026-11: sao-mai")
    assert lines[1].split()[-1] == "Trend"
    assert any(line.strip() == "What is open" for line in lines)
    (row,) = [line for line in lines if "First reply time" in line]
    assert "median" in row
    assert len(row.split()[-1]) == TREND
    assert not any("(calendar)" in line or "Complaint" in line for line in lines)
    few = printed(card_table(Shown(figures_, ("solved",)), ("sao-mai", "Sao\nMai"), EN))
    assert [line.split()[0] for line in few[1:]] == ["Indicator", "Volume", "Tickets"]
    assert few[0].startswith("Scorecards 2026-11: Sao Mai")


def test_one_indicator_is_shown_with_what_stands_beside_it(account: Account, rules: Rulebook) -> None:
    figures_ = found(account)
    asked = source(account, figures_.question.period, figures_.question.as_of, ("first_reply",))
    one = reduced(asked, Scope.AGENT)
    lines = printed(report_table(Shown(one, ("first_reply",)), rules, EN))
    assert len(lines) == 2 + len(one.scorecards)
    assert any("; n = " in line for line in lines)
    drawn = Shown(one, ("first_reply",), trends(asked, Scope.AGENT, list(one.scorecards), one))
    wide = printed(indicator_table(drawn, ordered_subjects(one, rules, EN), EN))
    assert wide[1].split()[-1] == "Trend"
    document = figures_document(one, ordered_subjects(one, rules, EN), drawn.trends)
    cards = document["scorecards"]
    assert isinstance(cards, list)
    assert all(len(card["trend"]["first_reply"]) == TREND for card in cards)
    several = printed(report_table(Shown(figures_, ("solved", "reopens")), rules, EN))
    assert several[1].split() == ["Agent", "Solved", "Reopens"]


def test_what_is_left_out_is_listed_with_its_reason_in_words() -> None:
    left_out = [
        LeftOut("1", 0, "clock_void"),
        LeftOut("2", 0, "strange_code"),
        LeftOut("3", 0, "excluded_tag", why=message("its tag {tag} is excluded", tag="x\ny")),
    ]
    _, *rows = printed(left_out_table(left_out, {("", "1"): "https://x/1"}, EN))
    assert "its clock ended without a verdict" in rows[0]
    assert rows[0].rstrip().endswith("https://x/1")
    assert "strange_code" in rows[1]
    assert "its tag x y is excluded" in rows[2]
