"""What somebody exempted: a clock without a verdict, a rating that counts for nobody, and that it is said."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kpi_engine.editions import Edition
from kpi_engine.history import RATING, History
from kpi_engine.live import live_fields
from kpi_engine.measurement import ClockState

Play = Callable[..., Any]
LATE = """A ticket that was answered late.

06-09 09:00 customer opens assignee=an group=1
06-09 16:00 an replies, status becomes solved
06-09 17:00 customer rated bad
"""


@pytest.fixture
def rules(timelines: ModuleType) -> Edition:
    """Return goals of an hour and of four."""
    made: Edition = timelines.edition(
        "policies", timelines.policy(timelines.first_reply("1h"), timelines.resolution("4h"))
    )
    return made


@pytest.fixture
def played(play: Play, rules: Edition, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return the late ticket measured with these things exempted."""
    request.function.__doc__ = LATE

    def exempting(*what: str) -> Any:  # noqa: ANN401 -- a Played
        return play("06-20 09:00", rules, change=lambda history: replace(history, exempt=frozenset(what)))

    return exempting


def said(played: Any, key: str) -> tuple[list[object], list[object]]:  # noqa: ANN401 -- a Played
    measured = played.measurement
    lines: list[object] = [line.part for line in measured.lines if line.indicator == key]
    left: list[object] = [(each.reason, each.agent) for each in measured.omissions if each.indicator == key]
    return lines, left


def test_an_exempted_clock_has_no_verdict_and_a_forgiven_breach_is_told_where_it_would_count(
    played: Callable[..., Any],
) -> None:
    before, after = played(), played("first_reply")
    (was,), (now,) = before.clocks("first_reply"), after.clocks("first_reply")
    assert was.state is ClockState.BREACHED_CLOSED
    assert (now.state, now.breached_at, now.forgiven_at, now.agent) == (
        ClockState.VOID,
        None,
        was.breached_at,
        was.agent,
    )
    for key in ("overdue_count", "overdue_rate", "goals_met", "first_reply_within"):
        lines, left = said(before, key)
        assert lines, key
        lines, left = said(after, key)
        assert not any("first_reply" in str(part) for part in lines), key
        assert ("exempted", "an") in left, key
    told = {(each.indicator, each.at) for each in after.measurement.omissions if each.reason == "exempted"}
    assert ("overdue_count", was.breached_at) in told


def test_what_is_exempted_fires_nothing_and_leaves_the_other_clocks_alone(played: Callable[..., Any]) -> None:
    before, after = played(), played("first_reply")
    assert any(firing.clock == "first_reply" for firing in before.measurement.firings)
    assert not any(firing.clock == "first_reply" for firing in after.measurement.firings)
    assert after.clocks("resolution") == before.clocks("resolution")


def test_an_exempted_clock_that_kept_its_goal_is_left_out_and_forgives_nothing(play: Play, rules: Edition) -> None:
    """A ticket within all its goals.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:05 an replies
    06-09 09:30 status becomes solved
    """
    quick = play("06-20 09:00", rules, change=lambda history: replace(history, exempt=frozenset({"first_reply"})))
    assert quick.clock("first_reply").forgiven_at is None
    assert said(quick, "overdue_count") == ([], [])
    assert said(quick, "first_reply_within") == ([], [("exempted", "an")])


def test_a_clock_that_still_runs_over_its_goal_shows_nothing_once_it_is_exempted(play: Play, rules: Edition) -> None:
    """A ticket that nobody answers.

    06-09 09:00 customer opens assignee=an group=1
    """
    late = play("06-20 09:00", rules)
    spared = play(
        "06-20 09:00", rules, change=lambda history: replace(history, exempt=frozenset({"first_reply", "resolution"}))
    )
    assert live_fields(late.measurement)["overdue"] is True
    assert live_fields(spared.measurement)["overdue"] is False
    assert live_fields(spared.measurement)["due_at"] is None
    assert said(spared, "first_reply_within") == ([], [("exempted", "an")])
    running = play("06-09 09:01", rules, change=lambda history: replace(history, exempt=frozenset({"first_reply"})))
    assert said(running, "first_reply_within") == ([], [])


def test_an_exempted_rating_counts_in_no_figure_but_was_an_answer(played: Callable[..., Any]) -> None:
    before, after = played(), played(RATING)
    assert said(before, "satisfaction_rate")[0]
    assert said(after, "satisfaction_rate") == ([], [("exempted", "an")])
    assert said(after, "satisfaction_mean") == ([], [("exempted", "an")])
    assert said(after, "positive_feedback") == ([], [])
    assert said(after, "survey_response_rate") == said(before, "survey_response_rate")
    assert said(after, "ratings_worsened") == ([], [])


@pytest.mark.parametrize(("who", "forgiven"), [("lan", True), ("an", False)])
def test_a_tag_exempts_where_an_approver_set_it(
    play: Play, timelines: ModuleType, rules: Edition, who: str, *, forgiven: bool
) -> None:
    """A ticket that was answered late.

    06-09 09:00 customer opens assignee=an group=1
    06-09 16:00 an replies
    06-09 17:00 tags becomes spare by binh
    """
    body = {"exempting": {"spare": "first_reply", "other": "rating"}, "approvers": ["lan"], **timelines.MEANINGS}
    meanings = timelines.edition("meanings", body)

    def by(history: History) -> History:
        return replace(
            history,
            events=tuple(
                replace(each, actor_id=who if each.actor_id == "binh" else each.actor_id) for each in history.events
            ),
        )

    played = play("06-20 09:00", rules, meanings, change=by)
    assert (played.clock("first_reply").forgiven_at is not None) is forgiven
    assert said(played, "satisfaction_rate") == ([], [])


def test_a_tag_that_nobody_was_seen_to_set_exempts_nothing(play: Play, timelines: ModuleType, rules: Edition) -> None:
    """A ticket that was answered late, and whose history does not tell of its tag.

    06-09 09:00 customer opens assignee=an group=1 tags=spare
    06-09 16:00 an replies
    """
    body = {"exempting": {"spare": "first_reply"}, "approvers": ["lan"], **timelines.MEANINGS}
    meanings = timelines.edition("meanings", body)

    def untold(history: History) -> History:
        return replace(history, events=tuple(each for each in history.events if each.field != "tags"))

    assert play("06-20 09:00", rules, meanings, change=untold).clock("first_reply").breached_at is not None
    assert play("06-20 09:00", rules, meanings).clock("first_reply").breached_at is not None


FIELDS = {"exempting": {}, "exempting_fields": {"77": {"outage": "first_reply", "true": "rating"}}}
ORGANIZATION = {
    "teams": {"group:1": [{"lead": "acme/binh", "manager": "other/9"}]},
    "team_of": {"chi": "south"},
    "keys": {"lan": "other/9"},
}


def spared(played: Any) -> bool:  # noqa: ANN401 -- a Played
    forgiven: bool = played.clock("first_reply").forgiven_at is not None
    return forgiven


def given(who: str) -> Callable[[History], History]:
    """Return what lets somebody else than binh have set it."""

    def by(history: History) -> History:
        named = (replace(each, actor_id=who if each.actor_id == "binh" else each.actor_id) for each in history.events)
        return replace(history, events=tuple(named))

    return by


@pytest.mark.parametrize(
    ("who", "forgiven"), [("binh", True), ("lan", True), ("an", False), ("chi", False), (None, False)]
)
def test_a_field_exempts_where_who_leads_the_holder_then_set_it(
    play: Play, timelines: ModuleType, rules: Edition, who: str, *, forgiven: bool
) -> None:
    """A ticket that was answered late: Bình leads its group, Lan, who goes by an account elsewhere, manages it.

    06-09 09:00 customer opens assignee=an group=1
    06-09 16:00 an replies
    06-09 17:00 field:77 becomes Outage by binh
    """
    meanings = timelines.edition("meanings", {**FIELDS, "leads_approve": True, **timelines.MEANINGS})
    organized = timelines.edition("organization", ORGANIZATION)
    assert spared(play("06-20 09:00", rules, meanings, organized, change=given(who))) is forgiven
    assert not spared(play("06-20 09:00", rules, meanings, change=given(who)))
    unled = timelines.edition("meanings", {**FIELDS, **timelines.MEANINGS})
    assert not spared(play("06-20 09:00", rules, unled, organized, change=given(who)))


def test_nobody_exempts_what_he_holds_himself_and_a_setting_to_come_counts_for_nothing_yet(
    play: Play, timelines: ModuleType, rules: Edition
) -> None:
    """The lead takes the ticket over and is late himself; only his manager may spare him.

    06-09 09:00 customer opens assignee=an group=1
    06-09 09:30 assignee becomes binh by binh
    06-09 16:00 binh replies
    06-09 17:00 field:77 becomes other by binh
    06-09 17:30 field:77 becomes outage by binh
    """
    meanings = timelines.edition("meanings", {**FIELDS, "leads_approve": True, **timelines.MEANINGS})
    organized = timelines.edition("organization", ORGANIZATION)
    assert not spared(play("06-20 09:00", rules, meanings, organized))

    def managed(history: History) -> History:
        turn = timelines.moment("06-09 17:30")
        named = (replace(each, actor_id="lan" if each.at == turn else each.actor_id) for each in history.events)
        return replace(history, events=tuple(named))

    assert spared(play("06-20 09:00", rules, meanings, organized, change=managed))
    assert not spared(play("06-09 17:10", rules, meanings, organized, change=managed))
    assert not spared(
        play(
            "06-20 09:00",
            rules,
            meanings,
            organized,
            change=lambda told: timelines.snapshot_of(managed(told), fields={}),
        )
    )
