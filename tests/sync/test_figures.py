from typing import TYPE_CHECKING

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.reduce import Question, Scope
from sync.figures import as_of_now, explained, figures, min_n, missing_inputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.account import Account
    from tests.sync.conftest import Played, World


def last_week(played: "Played") -> Period:
    as_of = played.second.as_of or 0
    return period_at(PeriodKind.WEEK, played.world.account.settings.timezone, as_of).previous()


@pytest.fixture
def account(played: "Played") -> "Account":
    return played.world.account


def test_a_figure_and_its_explanation_are_the_same_lines(played: "Played", account: "Account") -> None:
    period, as_of = last_week(played), as_of_now(account) or 0
    for scope in (Scope.AGENT, Scope.ACCOUNT):
        found = figures(account, period, scope, as_of)
        for subject, card in list(found.scorecards.items())[:3]:
            for key, indicator in INDICATORS.items():
                explanation = explained(account, indicator, found.question, subject)
                assert explanation.cell == card[key]
                assert len(explanation.lines) == card[key].n
                order = [(line.at, line.ticket_id) for line in explanation.lines]
                assert order == sorted(order)


@pytest.mark.parametrize("key", [key for key, indicator in INDICATORS.items() if indicator.additive])
def test_counts_of_agents_and_of_teams_add_up_to_the_accounts(played: "Played", account: "Account", key: str) -> None:
    period, as_of = last_week(played), as_of_now(account) or 0
    of_account = figures(account, period, Scope.ACCOUNT, as_of).scorecards["sao-mai"][key]
    assert of_account.n > 0
    for scope in (Scope.AGENT, Scope.TEAM):
        cards = figures(account, period, scope, as_of).scorecards
        assert sum(card[key].n for card in cards.values()) == of_account.n


def test_a_period_still_to_come_has_no_figures(played: "Played", account: "Account") -> None:
    as_of = as_of_now(account) or 0
    ahead = period_at(PeriodKind.WEEK, "UTC", as_of).next()
    assert figures(account, ahead, Scope.AGENT, as_of).scorecards == {}
    assert as_of == played.third.as_of


def test_a_subject_without_lines_has_a_figure_that_says_so(played: "Played", account: "Account") -> None:
    question = Question(Scope.AGENT, "sao-mai", last_week(played), as_of_now(account) or 0, {})
    explanation = explained(account, INDICATORS["first_reply"], question, "no such agent")
    assert (explanation.cell.value, explanation.cell.n, explanation.lines, explanation.missing) == (None, 0, (), None)


def test_the_least_numbers_are_the_configured_ones(make_world: "Callable[..., World]") -> None:
    world = make_world(indicators={"first_reply": {"min_n": 2}, "solved": {}})
    world.answered()
    world.advance(120)
    as_of = world.run(dry_run=True).as_of or 0
    assert min_n(world.account) == {"first_reply": 2}
    today = period_at(PeriodKind.DAY, "Asia/Ho_Chi_Minh", as_of)
    card = figures(world.account, today, Scope.ACCOUNT, as_of).scorecards["sao-mai"]
    assert (card["first_reply"].min_n, card["first_reply"].enough) == (2, False)
    assert card["first_reply_calendar"].enough


def test_an_indicator_whose_input_is_absent_says_so(make_world: "Callable[..., World]") -> None:
    world = make_world()
    assert set(missing_inputs(world.account)) == set(INDICATORS)
    assert as_of_now(world.account) is None
    world.sandbox.features.discard("satisfaction")
    world.run(dry_run=True)
    assert list(missing_inputs(world.account)) == ["satisfaction_rate"]
    assert "ratings" in str(missing_inputs(world.account)["satisfaction_rate"])
    world.sandbox.features.add("satisfaction")
    world.run(dry_run=True)
    assert missing_inputs(world.account) == {}
