from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base import Stream
from connectors.sandbox import ZendeskSandbox
from connectors.sandbox.world.people import ROOT_CAUSES
from kpi_engine.periods import PeriodKind, period_at, period_named
from kpi_engine.reduce import Scope
from sync.cycle import PassReport
from sync.demands import DEMANDS
from sync.demo import SECRET_VARIABLE, Shown, config_text, least_requests, played, settings_for
from sync.demo_books import kept
from sync.figures import reduced_in
from sync.locale import Language
from sync.pull import Pulled
from sync.remedies import remedies
from sync.sources import as_of_now, source
from sync.store.observations import INPUTS

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Play the demo once, as it ships."""
    with played("vi", tmp_path_factory.mktemp("demo")) as what:
        yield what


def test_the_configuration_of_the_demo_is_one_that_people_could_have_written(tmp_path: Path) -> None:
    with ZendeskSandbox(tickets=0, days=1) as sandbox:
        text = config_text(sandbox, "vi")
        settings = settings_for(sandbox, "vi", tmp_path)
        assert (tmp_path / "helpdesk-kpi.yaml").read_text(encoding="utf-8") == text
        assert sandbox.oauth.client_secret not in text
        assert f"${{env:{SECRET_VARIABLE}}}" in text
        assert settings.language == "vi"
        assert settings.connectors[0].base_url == sandbox.base_url


def test_both_passes_write_and_nothing_is_left_or_refused(shown: Shown) -> None:
    for report in (shown.first, shown.second):
        assert report.armed
        assert report.sent.delivered
        assert (report.sent.refused, report.sent.waiting, report.problems) == ([], 0, [])
    assert shown.first.created_fields
    assert not shown.second.created_fields


def test_the_second_pass_makes_the_summaries_of_the_week_that_ended(shown: Shown) -> None:
    assert shown.first.summaries == []
    assert {due.summary.period for due in shown.second.summaries} == {"2026-W47"}
    assert shown.figures.question.period.label == shown.teams.question.period.label == "2026-W47"


def test_three_examples_are_shown_those_with_the_most_changes_first(shown: Shown) -> None:
    counts = [len(plan.changes) for plan in shown.examples]
    assert counts == sorted(counts, reverse=True)
    assert len(counts) == 3
    assert counts[0] == max(len(plan.changes) for plan in shown.second.plans)


def test_the_figure_explained_is_the_most_overdue_and_adds_up(shown: Shown) -> None:
    cell = shown.explanation.cell
    most = max(card["overdue_count"].n for agent, card in shown.figures.scorecards.items() if agent is not None)
    assert cell.n == len(shown.explanation.lines) == most > 0


def test_every_demand_of_the_users_material_has_a_figure(shown: Shown) -> None:
    asked = shown.person.asked.of(period_named("2026-11", "Asia/Ho_Chi_Minh"))
    found = reduced_in(asked, (Scope.ACCOUNT, Scope.AGENT, Scope.TEAM)).values()
    told = {
        key
        for each in found
        for card in each.scorecards.values()
        for key, cell in card.items()
        if cell.value is not None
    }
    assert {key for demand in DEMANDS for key in demand.indicators} - told == set()
    assert set(asked.missing) == {"occupancy"}, "the world has no states of agents"
    assert "agent_states" in str(asked.missing["occupancy"])


def test_the_way_from_a_root_cause_to_its_mending_is_told(shown: Shown) -> None:
    """The proposals that name a cause of the week's tickets, as they stood at its end, whenever they were made."""
    account = shown.account
    as_of = as_of_now(account) or 0
    week = period_at(PeriodKind.WEEK, account.settings.timezone, as_of).previous()
    asked = source(account, week, as_of, ("root_causes",))
    assert remedies(asked, ("no such cause",)) == []
    causes = [cause.upper() for cause in ROOT_CAUSES]
    found = remedies(asked, [*causes, "no such cause"])
    assert {each.cause for each in found} < {*causes, "no such cause"}
    assert found == sorted(found, key=lambda each: (each.cause, each.at, each.proposal))
    day = period_at(PeriodKind.DAY, account.settings.timezone, min(each.at for each in found))
    then = remedies(source(account, day, as_of, ("root_causes",)), causes)
    assert then == [each for each in found if each.at < day.end]
    assert 0 < len(then) < len(found)
    first = found[0]
    assert first.link is not None
    assert first.document()["proposal"] == first.proposal
    told = str(first.sentence(Language("en")))
    assert told.startswith(f"{first.cause}: proposal {first.proposal} of ")
    assert told.endswith(f", {first.state}: {first.link}")
    bare = replace(first, state=None, link=None)
    assert Language("vi")(bare.sentence(Language("vi"))).endswith("mới đề xuất")


def test_the_companys_books_are_files_that_come_in_whole_and_are_the_same_each_time(
    shown: Shown, tmp_path: Path
) -> None:
    folder = shown.account.settings.origin.folder
    with ZendeskSandbox(quotas="plan") as again:
        kept(again, tmp_path)
    for file in tmp_path.glob("*.csv"):
        assert (folder / file.name).read_bytes() == file.read_bytes()
        assert file.stem in shown.account.settings.inputs.files
    assert shown.account.store.quarantine.count(INPUTS) == 0


def test_the_two_smaller_helpdesks_are_not_alike(shown: Shown) -> None:
    shop, care = shown.person.each["cua-hang"], shown.person.each["care"]
    assert any(shop[key].value != care[key].value for key in ("created", "solved", "first_reply"))


def test_who_has_attained_enough_is_graded_and_a_severe_breach_floors_the_grade(shown: Shown) -> None:
    graded = [each for each in shown.graded.values() if each.grade is not None]
    assert graded
    assert all(each.coverage >= 0.6 for each in graded)
    assert any(each.floored for each in graded)


def test_passes_cost_hardly_more_requests_than_the_least_possible(shown: Shown) -> None:
    for report, first in ((shown.first, True), (shown.second, False)):
        least = least_requests(report, shown.account, first=first)
        assert least <= report.usage.requests <= 2 * least


def test_the_least_possible_counts_pages_holidays_sign_in_fields_and_writes(shown: Shown) -> None:
    quiet = PassReport("sao-mai", pulled=Pulled(rows={Stream.TICKETS: 0, Stream.HISTORY: 0}))
    assert least_requests(quiet, shown.account, first=False) == 2
    assert least_requests(quiet, shown.account, first=True) == 3
    rows = {Stream.TICKETS: 1001, Stream.AGENTS: 101, Stream.SCHEDULES: 2}
    busy = PassReport("sao-mai", pulled=Pulled(rows=rows), created_fields=["a", "b"])
    busy.sent.delivered = shown.second.sent.delivered
    tickets = sum(each.target == "ticket" for each in busy.sent.delivered)
    summaries = sum(each.target == "summary" for each in busy.sent.delivered)
    assert 0 < tickets <= 100
    assert least_requests(busy, shown.account, first=False) == 5 + 2 + 3 + 2 + summaries
