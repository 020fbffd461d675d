"""Fault 28 on every helpdesk: ratings edited, withdrawn, after a handover, on a merged ticket, on another scale."""

from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Scope
from sync.explaining import explained_by
from sync.figures import reduced
from sync.locale import Language
from sync.scorecards import scorecard_notes, unasked_scale_notes
from sync.sources import as_of_now, source
from sync.targets import judged
from sync.trends import trends
from sync.wording import detail_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.sources import Source
    from tests.sync.conftest import World

KINDS = ("zendesk", "freshdesk", "salesforce")
NAME = "sao-mai"
HOUR, DAY = 3600, 86_400
OF_RATINGS = ("satisfaction_rate", "ratings_improved", "ratings_worsened", "positive_feedback")


def asked(world: "World", kind: PeriodKind = PeriodKind.MONTH, *only: str) -> "Source":
    as_of = as_of_now(world.account) or 0
    return source(world.account, period_at(kind, world.account.settings.timezone, as_of), as_of, only)


def agents(world: "World", key: str) -> dict[str | None, tuple[int, int]]:
    """Return by agent what a figure of the month is made of."""
    cards = reduced(asked(world), Scope.AGENT).scorecards
    return {who: (card[key].numerator, card[key].denominator) for who, card in cards.items() if card[key].n}


def passed(world: "World", seconds: int = 2 * HOUR) -> None:
    """Let time pass, and have what happened pulled."""
    world.advance(seconds)
    world.run(dry_run=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rating_that_is_edited_counts_as_it_is_now_and_as_the_change_it_was(
    make_world: "Callable[..., World]", kind: str
) -> None:
    """Bad, and two hours later good; another one good, then bad: each pass sees one state of it."""
    world = make_world(kind=kind)
    tickets = world.answered(), world.answered()
    for said in (("bad", "good"), ("good", "bad")):
        for ticket, word in zip(tickets, said, strict=True):
            world.state.rate(ticket.id, word)
        passed(world)
    an = world.platform.person(world.state, world.agents[0])
    found = {key: agents(world, key) for key in OF_RATINGS}
    assert found == {
        "satisfaction_rate": {an: (1, 2)},
        "ratings_improved": {an: (1, 1)},
        "ratings_worsened": {an: (1, 1)},
        "positive_feedback": {an: (1, 1)},
    }
    world.configure(indicators={"satisfaction_rate": {"rating_policy": "worst"}})
    passed(world, DAY)
    third = world.answered()
    for word in ("bad", "good"):
        world.state.rate(third.id, word)
        passed(world)
    assert agents(world, "satisfaction_rate") == {an: (1, 3)}, "from now on the worst of a ticket counts"


@pytest.mark.parametrize("kind", ["zendesk", "salesforce"])
def test_a_rating_that_is_withdrawn_counts_no_more_and_is_told(make_world: "Callable[..., World]", kind: str) -> None:
    world = make_world(kind=kind)
    ticket = world.answered()
    world.state.rate(ticket.id, "bad")
    passed(world)
    assert list(agents(world, "satisfaction_rate").values()) == [(0, 1)]
    world.state.rate(ticket.id, "offered")
    passed(world)
    assert agents(world, "satisfaction_rate") == {}
    about = asked(world, PeriodKind.MONTH, "satisfaction_rate")
    shown = explained_by(about, INDICATORS["satisfaction_rate"], about.question(Scope.ACCOUNT), NAME)
    assert [each.reason for each in shown.omitted] == ["rating_withdrawn"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_rating_stays_with_who_had_the_ticket_and_that_of_a_merged_ticket_counts_nowhere(
    make_world: "Callable[..., World]", kind: str
) -> None:
    """One is rated and handed over, one handed over and rated, one rated and then merged away."""
    world = make_world(kind=kind)
    an, binh = (world.platform.person(world.state, number) for number in world.agents[:2])
    before, after, away = (world.answered() for _ in range(3))
    world.state.rate(before.id, "good")
    world.state.rate(away.id, "bad")
    passed(world)
    for ticket in (before, after):
        world.state.change(ticket.id, world.agents[2], assignee_id=world.agents[1])
    world.advance(60)
    world.state.rate(after.id, "bad")
    passed(world)
    assert agents(world, "satisfaction_rate") == {an: (1, 2), binh: (0, 1)}
    world.state.merge(away.id, before.id, world.agents[2])
    passed(world)
    assert agents(world, "satisfaction_rate") == {an: (1, 1), binh: (0, 1)}


def test_a_change_of_scale_begins_a_new_series_in_report_trend_and_explanation(
    make_world: "Callable[..., World]",
) -> None:
    """A month with three fives of five; then the survey's tool asks on a scale of ten: five is no five any more."""
    target = {"indicator": "satisfaction_mean", "scope": "account", "kind": "rel_change", "value": "5 %",
              "window": "week", "baseline": "previous", "owner": "Lan", "announced_on": "2026-11-01"}  # fmt: skip
    top: dict[str, Any] = {"indicators": {"satisfaction_mean": {"min_n": 1}}, "targets": [target]}
    own: dict[str, Any] = {"create_fields": True, "csat": {"field": "CSAT__c", "scale": [1, 5]}}
    world = make_world(kind="salesforce", own=own, **top)
    for _ in range(3):
        world.state.rate(world.answered().id, "good")
    passed(world, 7 * DAY)
    world.state.rate(world.answered().id, "good")
    passed(world)
    (alike,) = judged(asked(world, PeriodKind.WEEK), Scope.ACCOUNT, [NAME])
    assert (alike.attainment.required, alike.attainment.met) == (5.25, False)
    world.configure(own={**own, "csat": {"field": "CSAT__c", "scale": [1, 10]}}, **top)
    world.state.rate(world.answered().id, "good")
    passed(world)

    week = asked(world, PeriodKind.WEEK)
    found, english = reduced(week, Scope.ACCOUNT), Language("en", "Asia/Ho_Chi_Minh")
    mean = found.scorecards[NAME]["satisfaction_mean"]
    assert (mean.value, mean.n, mean.series, mean.others) == (5.0, 1, "1-10", 1)
    assert (
        detail_text(INDICATORS["satisfaction_mean"], mean, english) == "n = 1; scale 1-10; 1 on another scale left out"
    )
    rate = found.scorecards[NAME]["satisfaction_rate"]
    assert (rate.numerator, rate.denominator) == (1, 2), "five of ten is not good"
    (note,) = (english(each) for each in scorecard_notes(found) if "scales" in english(each))
    assert note.startswith("satisfaction_rate: customers rated on several scales in ")
    alone = [asked(world, PeriodKind.WEEK, key) for key in ("satisfaction_rate", "satisfaction_mean", "created")]
    assert [[english(each) for each in unasked_scale_notes(one)] for one in alone] == [[note], [], []]
    assert not list(unasked_scale_notes(week)), "the mean is there to tell it"

    trend = trends(week, Scope.ACCOUNT, [NAME], found)[NAME]["satisfaction_mean"]
    assert [(each.value, each.series) for each in trend[-2:]] == [(5.0, "1-5"), (5.0, "1-10")]
    (unlike,) = judged(week, Scope.ACCOUNT, [NAME])
    assert (unlike.attainment.required, unlike.attainment.met) == (None, None), (
        "a change from one scale to another is none"
    )
    about = asked(world, PeriodKind.WEEK, "satisfaction_mean")
    shown = explained_by(about, INDICATORS["satisfaction_mean"], about.question(Scope.ACCOUNT), NAME)
    assert [line.part for line in shown.lines] == ["1-10"]
    assert [each.reason for each in shown.omitted] == ["other_scale"]
