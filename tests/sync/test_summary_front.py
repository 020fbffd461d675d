"""The front of a summary: what needs doing now, at most four headlines, the scorecard, why, and the last feedback."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import CreditLine, Stamp
from kpi_engine.periods import period_named
from kpi_engine.reduce import Cell, Question, Scope, cell
from kpi_engine.response_bias import SURVEYS, Gap, Responses
from kpi_engine.role_cards import Grading, RoleCard, graded
from kpi_engine.targets import Target, attained
from sync.locale import Language
from sync.summaries.front import (
    DUE,
    OVERDUE,
    OWED,
    USUAL,
    Doing,
    Front,
    FrontPage,
    Headline,
    chosen,
    is_shown,
    ordered,
    worst,
)
from sync.summaries.page import as_html, as_text
from sync.surveyed import Answered
from sync.targets import Judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

ZONE = "Asia/Ho_Chi_Minh"
WEEK = period_named("2026-W48", ZONE)
MONDAY = 1_795_399_200  # 09:00, when it all begins
HOUR, DAY = 3600, 86_400
WEEKLY = {"scope": "agent", "period": "week", "group": "KPI"}
AGREED = {"window": "week", "owner": "Lan", "announced_on": "2026-10-01", "scope": "agent"}
CARD = RoleCard.from_document(
    "support",
    {
        "teams": [],
        "blocks": [
            {"name": "speed", "weight": 3, "indicators": {"first_reply": 1, "solved": 1}},
            {"name": "quality", "weight": 1, "indicators": {"satisfaction_rate": 1}},
        ],
        "grades": {"A": 1, "B": 0},
    },
)


def line(key: str, numerator: int, ticket: str, at: int = 0) -> CreditLine:
    return CreditLine(key, Stamp(WEEK.start + at, "an", None, ticket, "acme", "mail", None, None, "e"), numerator)


def figure(key: str, *numerators: int) -> Cell:
    lines = [line(key, each, str(place)) for place, each in enumerate(numerators)]
    return cell(INDICATORS[key], lines, Question(Scope.AGENT, "acme", WEEK, WEEK.end, {}), "an")


def grading(**shares: float) -> Grading:
    return graded(CARD, shares)


def told(front: Front, language: str = "en") -> str:
    page = FrontPage(
        front, Language(language, ZONE), WEEK.end, lambda ticket: (f"https://x/{ticket}", f"#{ticket}"), str
    )
    return as_text(list(page.blocks()))


def test_a_front_has_at_most_four_headlines_those_that_weigh_most_first() -> None:
    card = {key: figure(key, 1, 1) for key in (*USUAL, "solved", "reopens")}
    assert chosen(card, None) == list(USUAL)
    assert chosen(card, grading()) == ["first_reply", "solved", "satisfaction_rate", "full_resolution"]
    silent = {**card, "first_reply": figure("first_reply")}
    assert chosen(silent, grading()) == ["solved", "satisfaction_rate", "full_resolution", "overdue_count"]


def test_what_weighed_most_are_the_longest_times_and_the_newest_cases_on_the_wrong_side() -> None:
    times = [line("first_reply", seconds, str(seconds)) for seconds in (60, 600, 300, 900)]
    assert [each.ticket_id for each in worst(INDICATORS["first_reply"], times)] == ["900", "600", "300"]
    cases = [line("satisfaction_rate", good, str(at), at) for at, good in enumerate((0, 1, 0))]
    assert [each.ticket_id for each in worst(INDICATORS["satisfaction_rate"], cases)] == ["2", "0"]
    late = [line("reopen_rate", again, str(at), at) for at, again in enumerate((0, 1))]
    assert [each.ticket_id for each in worst(INDICATORS["reopen_rate"], late)] == ["1"]
    assert worst(INDICATORS["overdue_count"], cases) == worst(INDICATORS["created"], cases) == []


def test_what_needs_doing_is_told_with_the_overdue_first() -> None:
    doing = [Doing("1", OWED, 5), Doing("2", DUE, 9, "first_reply"), Doing("3", OVERDUE, 7), Doing("4", OVERDUE, 3)]
    assert [each.ticket for each in ordered(doing)] == ["4", "3", "2", "1"]
    text = told(Front(doing=doing))
    for piece in (
        "To do now",
        "overdue since",
        "First reply due at",
        "the customer has been waiting for",
        "https://x/1",
    ):
        assert piece in text
    many = told(Front(doing=[Doing(str(n), OWED, n) for n in range(13)]))
    assert "3 more" in many
    assert "https://x/10" not in many


def test_who_answered_stands_beside_survey_figures_with_the_worst_and_best_that_it_may_come_to() -> None:
    heard = Responses(10, 8, 2, 1.0, Gap(0.25, "mail", None), 0.6, 1.0)
    nps = Responses(8, 8, 4, 100.0, None, 25.0, 1.0, (-100.0, 100.0))
    front = Front(answered=[Answered(SURVEYS[0], heard, 2), Answered(SURVEYS[2], nps, 10)])
    text = told(front)
    assert "Who answered the surveys" in text
    assert "Satisfaction rate: asked 80% (8 of 10), answered 25% (2 of 8); bias 25.0 pp (mail)" in text
    assert "weighed 60%, worst to best 10% – 90%" in text
    assert "Net promoter score: answered 50% (4 of 8); bias –; weighed (n=4), worst to best -37.5 – 62.5" in text
    assert "Ai đã trả lời khảo sát" in told(front, "vi")


def test_headlines_stand_beside_their_own_past_and_the_scorecard_says_what_it_covers() -> None:
    cells = [figure("first_reply", 60, 120), figure("satisfaction_rate", 1, 0)]
    lines = {"first_reply": [line("first_reply", 120, "7")], "satisfaction_rate": [line("satisfaction_rate", 1, "8")]}
    lines["satisfaction_rate"].append(line("satisfaction_rate", 0, "9", 60))
    headlines = [Headline(cells[0], None, [None, 30.0, 60.0]), Headline(cells[1], None, [])]
    front = Front(headlines=headlines, grading=grading(first_reply=1.0, solved=1.1), lines=lines)
    text = told(front)
    for piece in (
        "2 min (median 2 min, 9 of 10 within 2 min; n = 2; ·▁▅█ from 1 min)",
        "not enough data yet (2 of 10)",
        "Scorecard: support",
        "A: 105% attained, 75% covered",
        "speed: 105% attained, weight 75%",
        "Quality: – attained, weight 25%",
        "Why: what weighed most",
        "1 good, 1 not; the latest:",
        "rated not good",
    ):
        assert piece in text
    assert "Chưa đủ" in told(front, "vi") or "chưa đủ" in told(front, "vi")
    assert told(Front()) == ""


def test_compliments_that_positive_feedback_counts_stand_beside_the_ratings() -> None:
    rated = line("positive_feedback", 1, "8")
    praised = replace(rated, stamp=rated.stamp._replace(observation_id="compliments/1"))
    rows = {"satisfaction_rate": [line("satisfaction_rate", 1, "8")], "positive_feedback": [rated, praised]}
    text = told(Front(lines=rows))
    assert "1 good, 0 not; the latest:" in text
    assert "Beside ratings 1 compliment, positive feedback as well." in text
    alone = told(Front(lines={"positive_feedback": [praised, praised]}), "vi")
    assert "2 lời khen" in alone


def test_an_earlier_figure_of_too_few_cases_is_no_part_of_a_trend() -> None:
    rate, count = figure("satisfaction_rate", 1), figure("solved", 1)
    assert not is_shown(rate, 0.5, 9)
    assert is_shown(rate, 0.5, 10)
    assert is_shown(count, 0.0, 0)
    assert not is_shown(count, None, 0)


@pytest.fixture
def summarized(make_world: "Callable[..., World]") -> "Callable[..., World]":
    """Return a function that lives through a week under targets and a scorecard, to its summaries."""

    def make(push: Any = None, **configuration: Any) -> "World":  # noqa: ANN401 -- any key of the configuration
        rated = configuration.pop("rated", False)
        agreed = [
            {**AGREED, "indicator": "first_reply", "value": "30m"},
            {**AGREED, "indicator": "solved", "value": 1},
            {**AGREED, "indicator": "full_resolution", "value": "8h", "only": {"channel": "mail"}},
        ]
        card = {"blocks": {"speed": {"indicators": ["first_reply"]}, "work": {"weight": 2, "indicators": ["solved"]}}}
        world = make_world(
            push=push or {"summaries": [WEEKLY]},
            privacy={"visible_to_all_agents": True},
            targets=agreed,
            scorecards={"support": card},
            **configuration,
        )
        for agent in world.agents[:2]:
            world.state.users[agent].locale = "en-US"
        world.advance(120)
        world.run()
        first = world.answered(agent=0, minutes=40)
        if rated:
            world.state.rate(first.id, "good")
        world.ticket(agent=1)
        world.advance(MONDAY + 7 * DAY - 9 * HOUR + 6 * HOUR + 70 - world.sandbox.now)
        world.run()
        return world

    return make


def words(world: "World", subject: str, week: str = "2026-W48") -> str:
    (ticket_id,) = world.state.by_external_id[f"helpdesk-kpi:sao-mai:agent:{subject}:{week}"]
    return next(body for _, body in world.state.comments_of(ticket_id))


def test_a_summary_begins_with_what_its_reader_needs_first(summarized: "Callable[..., World]") -> None:
    world = summarized(language="en")
    an, binh = (words(world, str(agent)) for agent in world.agents[:2])
    order = ["Headlines", "Scorecard: support", "Why: what weighed most", "All figures", "Data complete to", "Rules:"]
    assert sorted(an.index(each) for each in order) == [an.index(each) for each in order]
    assert "target ≤ 30 min: not met" in an
    assert "To do now" not in an
    assert "overdue since" in binh
    assert binh.index("To do now") < binh.index("Headlines")
    assert "because of severe overdue requests (2), whatever the average of 0% says" in binh


def test_a_later_summary_shows_the_way_since(summarized: "Callable[..., World]") -> None:
    world = summarized()
    world.answered(agent=0, minutes=10)
    world.advance(MONDAY + 14 * DAY - 9 * HOUR + 6 * HOUR + 70 - world.sandbox.now)
    world.run()
    assert "······█▁ from 40 min" in words(world, str(world.agents[0]), "2026-W49")


def test_a_teams_front_and_one_over_all_accounts_begin_alike_and_say_who_answered(
    summarized: "Callable[..., World]",
) -> None:
    """An's only ticket was rated good; it and Bình's, which is open, are their groups'."""
    team = {"scope": "team", "period": "week"}
    world = summarized(push={"summaries": [WEEKLY, team], "joined": True}, language="en", rated=True)
    an = words(world, str(world.agents[0]))
    order = ["Headlines", "Who answered the surveys", "Scorecard: support", "All figures"]
    assert sorted(an.index(each) for each in order) == [an.index(each) for each in order]
    heard = "Satisfaction rate: asked 100% (1 of 1), answered 100% (1 of 1); bias 0.0 pp"
    assert heard in an
    assert "weighed (n=1), worst to best 100% – 100%" in an
    assert "Who answered the surveys" not in words(world, str(world.agents[1])), "nothing of his can be answered"
    keys = [key for key in world.state.by_external_id if key.startswith("helpdesk-kpi:sao-mai:team:")]
    fronts = [body for key in keys for _, body in world.state.comments_of(world.state.by_external_id[key][0])]
    assert any(heard in each for each in fronts)
    waiting = next(each for each in fronts if "To do now" in each)
    assert waiting.index("To do now") < waiting.index("Headlines") < waiting.index("All figures")


def test_a_front_is_text_and_never_markup() -> None:
    card = RoleCard.from_document("<b>", {"teams": [], "blocks": [], "grades": {"A": 0}})
    page = FrontPage(Front(grading=graded(card, {})), Language("en", ZONE), 0, lambda each: (None, each), str)
    assert "<b>" not in as_html(list(page.blocks()))


def test_blocks_and_roles_are_called_as_their_titles_say_in_the_readers_language() -> None:
    blocks = [
        {"name": "quality", "weight": 1, "indicators": {"first_reply": 1}},
        {"name": "tempo", "weight": 1, "indicators": {"solved": 1}},
        {"name": "work", "weight": 1, "indicators": {"reopens": 1}, "titles": {"vi": "Công việc"}},
    ]
    document = {"teams": [], "blocks": blocks, "grades": {"A": 0}, "titles": {"vi": "Bán hàng", "en": "Telesales"}}
    front = Front(grading=graded(RoleCard.from_document("tele", document), {}))
    english, vietnamese = told(front), told(front, "vi")
    assert [each.splitlines()[0] for each in (english, vietnamese)] == ["Scorecard: Telesales", "Bảng điểm: Bán hàng"]
    assert [word in english for word in ("- Quality:", "- tempo:", "- Công việc:")] == [True] * 3
    assert [word in vietnamese for word in ("- Chất lượng:", "- tempo:", "- Công việc:")] == [True] * 3


def test_a_headline_shows_a_band_with_its_verdict_and_its_trend() -> None:
    band = Target.from_document(
        {
            "indicator": "handling_time",
            "scope": "agent",
            "subject": None,
            "kind": "abs",
            "value": 120,
            "high": 360,
            "windows": 1,
            "by": "week",
            "baseline": None,
            "owner": "Lan",
            "announced_on": "2026-01-01",
            "benchmark": None,
            "only": {},
            "comparator": "between",
        }
    )
    cell = figure("handling_time", 300, 480)
    judged = Judged(band, "an", cell, None, attained(band, cell, None), judging=True, running=False)
    assert "target 2 min – 6 min: not met" in told(Front(headlines=[Headline(cell, judged, [60.0])]))
    shown = told(Front(headlines=[Headline(cell, judged, [60.0])]), "vi")
    assert "mục tiêu 2 phút – 6 phút: chưa đạt" in shown
    assert "từ 1 phút" in shown
