from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from kpi_engine.compiling import compiled
from kpi_engine.editions import Edition
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Input
from kpi_engine.measurement import CreditLine, Measurement, Omission, Stamp
from kpi_engine.periods import Period, PeriodKind, period_at
from kpi_engine.reduce import Question, Scope, Window, cell
from sync.explaining import _omitted, explained, parameters_in_force
from sync.figures import empty_card, figures, reduced
from sync.missing import missing_inputs
from sync.sources import as_of_now, min_n, source
from sync.trends import TREND, trends

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.account import Account
    from tests.sync.conftest import Played, World


EACH_WAY = (
    *("created", "net_flow", "first_reply", "goals_met", "backlog", "customers_served", "escalation_rate"),
    *("backlog_overlap_max", "backlog_overlap", "satisfaction_mean", "backlog_age", "first_contact_resolution"),
)
"""An indicator for each way of reducing lines."""

_ONE = Measurement(ticket_id="1", account="acme", as_of=9, edition="")


def last_week(played: "Played") -> Period:
    as_of = played.second.as_of or 0
    return period_at(PeriodKind.WEEK, played.world.account.settings.timezone, as_of).previous()


@pytest.fixture
def account(played: "Played") -> "Account":
    return played.world.account


def test_a_figure_and_its_explanation_are_the_same_lines(played: "Played", account: "Account") -> None:
    period, as_of = last_week(played), as_of_now(account) or 0
    for scope in (Scope.AGENT, Scope.CHANNEL):
        found = figures(account, period, scope, as_of, keep=EACH_WAY)
        for subject, card in list(found.scorecards.items())[:1]:
            for key in EACH_WAY:
                explanation = explained(account, INDICATORS[key], found.question, subject)
                assert (
                    explanation.cell == card[key] == cell(INDICATORS[key], explanation.lines, found.question, subject)
                )
                kept = found.lines.get(subject, {}).get(key, [])
                order = [(line.at, line.ticket_id or "") for line in explanation.lines]
                assert order == sorted((line.at, line.ticket_id or "") for line in kept)
    assert figures(account, period, Scope.AGENT, as_of).lines == {}


@pytest.mark.parametrize("key", [key for key, indicator in INDICATORS.items() if indicator.additive])
def test_counts_of_agents_and_of_teams_add_up_to_the_accounts(played: "Played", account: "Account", key: str) -> None:
    period, as_of = last_week(played), as_of_now(account) or 0
    asked = source(account, period, as_of, (key,))
    whole = reduced(asked, Scope.ACCOUNT).scorecards.get("sao-mai") or empty_card(asked, Scope.ACCOUNT, "sao-mai")
    for scope in (Scope.AGENT, Scope.TEAM):
        cards = reduced(asked, scope).scorecards.values()
        assert sum(card[key].n for card in cards) == whole[key].n
        assert sum(card[key].value or 0 for card in cards) == pytest.approx(whole[key].value or 0)


def test_a_period_still_to_come_has_no_figures(played: "Played", account: "Account") -> None:
    as_of = as_of_now(account) or 0
    ahead = period_at(PeriodKind.WEEK, "UTC", as_of).next()
    assert figures(account, ahead, Scope.AGENT, as_of).scorecards == {}
    assert as_of == played.third.as_of


def test_a_subject_without_lines_has_a_figure_that_says_so(played: "Played", account: "Account") -> None:
    question = Question(Scope.AGENT, "sao-mai", last_week(played), as_of_now(account) or 0, {})
    explanation = explained(account, INDICATORS["first_reply"], question, "no such agent")
    assert (explanation.cell.value, explanation.cell.n, explanation.lines, explanation.missing) == (None, 0, (), None)
    assert explanation.omitted == ()


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
    assert "ratings" in str(missing_inputs(world.account)["satisfaction_rate"])
    assert "fields.complaint" in str(missing_inputs(world.account)["complaint_rate"])


def test_a_meaning_that_is_not_mapped_is_an_input_too(account: "Account") -> None:
    of_tickets = {Input.TICKETS, Input.HISTORY, Input.RATINGS}
    told = {key for key, each in INDICATORS.items() if each.needs and each.needs <= of_tickets}
    missing = missing_inputs(account)
    assert set(missing) == set(INDICATORS) - told | {"satisfaction_mean"}
    assert "fields.complaint" in str(missing["complaints"])
    assert "import surveys" in str(missing["net_promoter_score"])
    assert "import qa_reviews" in str(missing["review_coverage"])
    assert "import calls" in str(missing["correct_answer_rate"]), "the first of those that would do"


def test_scores_on_no_known_scale_have_no_mean_and_that_is_said(
    account: "Account", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zendesk's older ratings have no score at all, its newer surveys do not say how long their scale is."""
    assert "on which scale" in str(missing_inputs(account)["satisfaction_mean"])
    monkeypatch.setattr(account.connector, "scales", True)
    assert "satisfaction_mean" not in missing_inputs(account)


def test_a_score_whose_scale_is_not_told_is_left_out_of_the_mean(make_world: "Callable[..., World]") -> None:
    world = make_world()
    world.sandbox.features -= {"satisfaction"}
    world.sandbox.features.add("surveys")
    ticket = world.answered()
    world.state.offer_survey(ticket.id)
    world.state.answer_survey(ticket.id, 5, "good")
    world.advance(120)
    as_of = world.run(dry_run=True).as_of or 0
    today = period_at(PeriodKind.DAY, "Asia/Ho_Chi_Minh", as_of)
    question = Question(Scope.ACCOUNT, "sao-mai", today, as_of, {})
    explanation = explained(world.account, INDICATORS["satisfaction_mean"], question, "sao-mai")
    assert (explanation.cell.value, [each.reason for each in explanation.omitted]) == (None, ["scale_unknown"])
    assert "on which scale" in str(explanation.missing)
    assert explained(world.account, INDICATORS["satisfaction_rate"], question, "sao-mai").cell.value == 1


def test_what_lacks_its_inputs_has_no_value_not_even_zero(played: "Played", account: "Account") -> None:
    period, as_of = last_week(played), as_of_now(account) or 0
    card = figures(account, period, Scope.ACCOUNT, as_of).scorecards["sao-mai"]
    assert (card["complaints"].value, card["complaints"].enough, card["complaint_rate"].n) == (None, False, 0)
    question = Question(Scope.ACCOUNT, "sao-mai", period, as_of, {})
    explanation = explained(account, INDICATORS["complaints"], question, "sao-mai")
    assert (explanation.cell, explanation.lines) == (card["complaints"], ())
    assert "fields.complaint" in str(explanation.missing)


def test_an_indicator_that_is_off_is_left_out_unless_it_is_asked_for(make_world: "Callable[..., World]") -> None:
    world = make_world(indicators={"solved": {"on": False}})
    world.answered()
    world.advance(120)
    as_of = world.run(dry_run=True).as_of or 0
    today = period_at(PeriodKind.DAY, "Asia/Ho_Chi_Minh", as_of)
    usual = reduced(source(world.account, today, as_of), Scope.ACCOUNT).scorecards["sao-mai"]
    assert set(usual) == set(INDICATORS) - {"solved"}
    asked = reduced(source(world.account, today, as_of, ("solved", "created")), Scope.ACCOUNT).scorecards["sao-mai"]
    assert list(asked) == ["created", "solved"]


def test_an_explanation_says_what_was_left_out_and_why(make_world: "Callable[..., World]") -> None:
    world = make_world()
    silent = world.ticket()
    gone = world.ticket()
    world.advance(60)
    world.state.change(silent.id, world.agents[0], status="solved")
    world.state.delete(gone.id)
    world.advance(120)
    as_of = world.run(dry_run=True).as_of or 0
    today = period_at(PeriodKind.DAY, "Asia/Ho_Chi_Minh", as_of)
    of_agent = Question(Scope.AGENT, "sao-mai", today, as_of, {})
    explanation = explained(world.account, INDICATORS["goals_met"], of_agent, str(world.agents[0]))
    assert [(each.ticket_id, each.reason, each.agent) for each in explanation.omitted] == [
        (str(silent.id), "clock_void", str(world.agents[0]))
    ]
    assert [(each.ticket_id, each.reason) for each in explanation.excluded] == [(str(gone.id), "deleted")]
    for scope, subject, n in ((Scope.ACCOUNT, "sao-mai", 1), (Scope.PRIORITY, "urgent", 1), (Scope.PRIORITY, "low", 0)):
        question = Question(scope, "sao-mai", today, as_of, {})
        assert len(explained(world.account, INDICATORS["goals_met"], question, subject).omitted) == n


def test_an_omission_belongs_to_what_its_ticket_says() -> None:
    one = replace(_ONE, omissions=(Omission("solved", 5, "7", "t", "x"),))
    organization = {"teams": {"t": [{"manager": "m", "country": "VN"}]}}
    rules = compiled([Edition("organization", "", None, "o", organization)])
    window = Window(period_at(PeriodKind.DAY, "UTC", 5), 9, rules)
    asked = cast("Any", SimpleNamespace(window=window, whose=lambda _account, _scope, subject: subject))

    def found(scope: Scope, subject: str | None) -> int:
        return len(list(_omitted(one, INDICATORS["solved"], (asked, asked), scope, subject)))

    assert (found(Scope.AGENT, "7"), found(Scope.TEAM, "t"), found(Scope.ACCOUNT, "acme")) == (1, 1, 1)
    assert (found(Scope.CHANNEL, None), found(Scope.AGENT, "8"), found(Scope.TEAM, "7")) == (1, 0, 0)
    assert (found(Scope.MANAGER, "m"), found(Scope.COUNTRY, "VN"), found(Scope.TIER, None)) == (1, 1, 1)
    elsewhere = replace(
        one, omissions=(Omission("created", 5, "7", "t", "x"), Omission("solved", 99_999, "7", "t", "x"))
    )
    assert list(_omitted(elsewhere, INDICATORS["solved"], (asked, asked), Scope.AGENT, "7")) == []


def test_the_parameters_told_are_those_in_force_with_the_defaults(make_world: "Callable[..., World]") -> None:
    world = make_world(indicators={"forgotten": {"after": "3h"}, "near_miss": {}})
    world.answered()
    world.advance(120)
    as_of = world.run(dry_run=True).as_of or 0
    window = source(world.account, period_at(PeriodKind.DAY, "UTC", as_of), as_of).window
    assert parameters_in_force(INDICATORS["forgotten"], window) == {"after": 10_800}
    assert parameters_in_force(INDICATORS["near_miss"], window) == {"per_cent": 75}
    assert parameters_in_force(INDICATORS["backlog_age_calendar"], window) == {}


def test_a_trend_has_eight_periods_and_a_gap_where_nothing_was_pulled(played: "Played", account: "Account") -> None:
    asked = source(account, last_week(played), as_of_now(account) or 0, ("created", "first_reply"))
    latest = reduced(asked, Scope.ACCOUNT)
    found = trends(asked, Scope.ACCOUNT, ["sao-mai"], latest)["sao-mai"]
    assert [len(cells) for cells in found.values()] == [TREND, TREND]
    assert found["created"][-1] == latest.scorecards["sao-mai"]["created"]
    assert (found["created"][0].value, found["created"][0].enough) == (None, False)
    assert (
        found["created"][-2]
        == reduced(asked.of(last_week(played).previous()), Scope.ACCOUNT).scorecards["sao-mai"]["created"]
    )
    of_nobody = trends(asked, Scope.AGENT, ["no such agent"], reduced(asked, Scope.AGENT))["no such agent"]
    assert of_nobody["created"][-1].value == 0


def test_scores_on_an_earlier_scale_are_left_out_and_said(account: "Account", monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = Stamp(4, "7", "t", "1", "sao-mai", None, None, None, "e")
    old = CreditLine("satisfaction_mean", stamp, 300, 100, "1-3")
    new = CreditLine("satisfaction_mean", stamp._replace(at=5), 400, 100, "1-5")
    measured = replace(_ONE, lines=(old, new))
    monkeypatch.setattr(account.connector, "scales", True)
    monkeypatch.setattr("sync.sources.Source.measurements", lambda _: iter([measured]))
    question = Question(Scope.ACCOUNT, "sao-mai", period_at(PeriodKind.DAY, "UTC", 5), 9, {})
    explanation = explained(account, INDICATORS["satisfaction_mean"], question, "sao-mai")
    assert (explanation.cell.value, explanation.cell.series, len(explanation.lines)) == (4.0, "1-5", 1)
    assert [(each.reason, each.at) for each in explanation.omitted] == [("other_scale", 4)]
