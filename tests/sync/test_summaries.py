from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Target
from kpi_engine.indicators import INDICATORS
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Scope
from sync.figures import figures, reduced_in
from sync.planning import ARMED
from sync.store.changes import ChangeState
from sync.store.summaries import PROVISIONAL
from sync.summaries.text import offered

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.zendesk.records import Ticket
    from tests.sync.conftest import World

MONDAY = 1_795_399_200  # 09:00, when it all begins
HOUR = 3600
DAY = 24 * HOUR
WEEKLY = {"scope": "agent", "period": "week", "group": "KPI"}
TO_MONDAY = 7 * DAY - 9 * HOUR  # from Monday 09:00 to the end of its week
IMPORTS = "/api/v2/imports/tickets*"
VISIBLE = {"visible_to_all_agents": True}


@pytest.fixture
def weekly(make_world: "Callable[..., World]") -> "Callable[..., World]":
    """Return a function that makes a world with weekly summaries, armed on Monday, its agents 0 and 1 at work since."""

    def make(
        privacy: dict[str, Any] | None = None,
        wanted: dict[str, Any] | None = None,
        name: str = "",
        language: str = "en",
    ) -> "World":
        world = make_world(push={"summaries": [wanted or WEEKLY]}, privacy=privacy or VISIBLE, language=language)
        world.state.users[world.agents[0]].name = name or "Nguyễn Văn An"
        world.advance(120)
        world.run()
        world.answered(agent=0, minutes=40)
        world.answered(agent=1, minutes=10)
        return world

    return make


def after_the_week(world: "World", hours: float) -> None:
    """Move to so many hours after the end of the first week, as the data will be complete then."""
    world.advance(MONDAY + TO_MONDAY + hours * HOUR + 70 - world.sandbox.now)


def words(world: "World", ticket: "Ticket") -> str:
    return next(body for _, body in world.state.comments_of(ticket.id))


def of_agent(world: "World", place: int, week: str = "2026-W48") -> "Ticket":
    external_id = f"helpdesk-kpi:sao-mai:agent:{world.agents[place]}:{week}"
    (ticket_id,) = world.state.by_external_id[external_id]
    return world.state.tickets[ticket_id]


def test_a_summary_is_made_once_its_period_has_ended_and_its_grace_is_over(weekly: "Callable[..., World]") -> None:
    world = weekly()
    after_the_week(world, 5.9)
    assert world.run().summaries == []
    after_the_week(world, 6)
    report = world.run()
    assert {due.summary.subject for due in report.summaries} == {str(agent) for agent in world.agents[:2]}
    assert len(world.summaries()) == 2
    after_the_week(world, 30)
    assert world.run().summaries == []
    assert len(world.summaries()) == 2


def test_a_summary_goes_to_its_agent_in_private_and_disturbs_nobody(weekly: "Callable[..., World]") -> None:
    world = weekly(wanted={**WEEKLY, "tags": ["weekly"]})
    after_the_week(world, 6)
    world.run()
    ticket = of_agent(world, 0)
    assert ticket.assignee_id == world.agents[0]
    assert ticket.group_id == world.state.account.kpi_group_id
    assert ticket.tags == ("helpdesk-kpi", "weekly")
    assert not ticket.is_public
    assert world.state.notifications == []
    assert ticket.subject == "KPI · Nguyễn Văn An · 2026-W48"


def test_a_summary_says_the_figures_their_n_and_where_they_come_from(weekly: "Callable[..., World]") -> None:
    world = weekly(language="en")
    for agent in world.agents[:2]:
        world.state.users[agent].locale = "en-US"
    world.ticket(agent=1)
    after_the_week(world, 6)
    world.run()
    text = words(world, of_agent(world, 0))
    for piece in (
        "First reply time",
        "40 min",
        "n = 1",
        "Overdue requests in this period",
        "First reply · 2026-11-23 09:32 · goal 30 min, 10 min over it",
        "still change it until 2026-12-14 00:00",
        "to the ticket until 2026-12-07 00:00",
        "For Nguyễn Văn An, Nov 23, 2026 to Nov 29, 2026, both included (time zone Asia/Ho_Chi_Minh).",
        " known to lie before the first look or between two; 0 goals undecided and charged to nobody.",
        "/agent/tickets/1",
    ):
        assert piece in text
    assert "· goal 30 min, not done yet when this was written" in words(world, of_agent(world, 1))


def test_each_agent_reads_it_in_his_own_language(weekly: "Callable[..., World]") -> None:
    """One agent's helpdesk speaks Vietnamese, another's French, a third tells nothing: then the configured one."""
    world = weekly(language="en")
    world.answered(agent=2, minutes=40)
    for place, locale in enumerate(("vi", "fr", "")):
        world.state.users[world.agents[place]].locale = locale
    after_the_week(world, 6)
    world.run()
    texts = [words(world, of_agent(world, place)) for place in range(3)]
    assert ["40 phút" in text for text in texts] == [True, False, False]
    assert ["40 min" in text for text in texts] == [False, False, True]
    assert "10 min" in texts[1]


def test_names_that_look_like_markup_or_placeholders_stay_text(weekly: "Callable[..., World]") -> None:
    world = weekly(name="<b>Minh</b> & {{ticket.id}}")
    after_the_week(world, 6)
    world.run()
    text = words(world, of_agent(world, 0))
    assert "&lt;b&gt;Minh&lt;/b&gt; &amp;" in text
    assert "<b>" not in text
    assert "{{" not in text


def test_the_figures_shown_are_kept_as_they_were_shown(weekly: "Callable[..., World]") -> None:
    world = weekly()
    after_the_week(world, 6)
    report = world.run()
    kept = world.store.published.for_period("sao-mai", "2026-W48")
    assert {cell.subject for cell in kept} == {str(agent) for agent in world.agents[:2]}
    first_reply = next(cell for cell in kept if (cell.subject, cell.indicator) == (str(world.agents[0]), "first_reply"))
    assert (first_reply.value, first_reply.n, first_reply.as_of) == (2400, 1, report.as_of)
    assert first_reply.editions
    week = period_at(PeriodKind.WEEK, "Asia/Ho_Chi_Minh", MONDAY)
    cards = figures(world.account, week, Scope.AGENT, report.as_of or 0).scorecards
    summary = offered({})
    assert {cell.indicator for cell in kept} == summary | {f"{key}_calendar" for key in summary} & INDICATORS.keys()
    for cell in kept:
        figure = cards[cell.subject][cell.indicator]
        assert (cell.value, cell.n, cell.low, cell.high) == (figure.value, figure.n, figure.low, figure.high)


def test_weeks_missed_are_made_up_each_once(weekly: "Callable[..., World]") -> None:
    world = weekly()
    world.advance(7 * DAY)
    world.answered(agent=0)
    after_the_week(world, 3 * 7 * 24)
    report = world.run()
    weeks = sorted((due.summary.period, due.summary.subject) for due in report.summaries)
    an, ngoc = (str(agent) for agent in world.agents[:2])
    assert weeks == [("2026-W48", an), ("2026-W48", ngoc), ("2026-W49", an)]
    assert world.run().summaries == []


def test_the_time_before_the_first_writing_pass_gets_no_summary(make_world: "Callable[..., World]") -> None:
    world = make_world(push={"summaries": [WEEKLY]}, privacy=VISIBLE)
    world.answered()
    after_the_week(world, 1)
    world.run()
    after_the_week(world, 7)
    assert world.run().summaries == []
    assert world.summaries() == []


def test_a_dry_run_shows_the_summaries_that_are_due_and_makes_none(weekly: "Callable[..., World]") -> None:
    world = weekly()
    after_the_week(world, 6)
    assert len(world.run(dry_run=True).summaries) == 2
    assert (world.summaries(), world.store.summaries.all("sao-mai")) == ([], [])
    assert len(world.run().summaries) == 2


def test_figures_that_others_could_read_are_withheld(weekly: "Callable[..., World]") -> None:
    """The group is public and agent 1 reads all tickets: agent 0's summary is withheld, his own is his alone."""
    world = weekly(privacy={"visible_to_all_agents": False}, wanted={"scope": "agent", "period": "week"})
    for agent in world.agents:
        world.state.users[agent].ticket_restriction = "assigned"
    world.state.users[world.agents[1]].ticket_restriction = None
    world.state.users[world.state.account.bot_id].ticket_restriction = "assigned"
    after_the_week(world, 6)
    report = world.run()
    (withheld,) = report.withheld
    assert (withheld.subjects, withheld.period) == ((str(world.agents[0]),), "2026-W48")
    assert "it could be read by 1 other agent;" in str(report.withheld[0].reason)
    assert [ticket.assignee_id for ticket in world.summaries()] == [world.agents[1]]
    shown = world.store.published.for_period("sao-mai", "2026-W48")
    assert {cell.subject for cell in shown} == {str(world.agents[1])}


def test_what_is_withheld_is_told_by_every_pass_and_worked_out_by_none_until_something_changes(
    weekly: "Callable[..., World]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A week withheld; an hour later nothing is new; then the agents are let see only what is assigned to them."""
    world = weekly(privacy={"visible_to_all_agents": False}, wanted={"scope": "agent", "period": "week"})
    after_the_week(world, 6)
    withheld = world.run().withheld
    assert len(withheld[0].subjects) == 2

    worked_out = []
    monkeypatch.setattr(
        "sync.summaries.look.reduced_in", lambda *given, **named: worked_out.append(1) or reduced_in(*given, **named)
    )
    world.advance(HOUR / 2)
    assert (world.run().withheld, worked_out) == (withheld, [])

    for user in world.state.users.values():
        user.ticket_restriction = "assigned"
    world.advance(HOUR)
    assert (world.run().withheld, len(worked_out), len(world.summaries())) == ([], 1, 2)
    world.advance(HOUR)
    world.run()
    assert world.store.switches.under("sao-mai", "withheld:") == {}


def test_a_private_group_keeps_them_private(weekly: "Callable[..., World]") -> None:
    world = weekly(privacy={"visible_to_all_agents": False})
    after_the_week(world, 6)
    report = world.run()
    assert (report.withheld, len(world.summaries())) == ([], 2)


def test_an_agent_who_left_still_has_a_summary_that_nobody_is_assigned_to(weekly: "Callable[..., World]") -> None:
    world = weekly()
    world.state.users[world.agents[0]].suspended = True
    world.state.users[world.agents[1]].role = "end-user"
    after_the_week(world, 6)
    world.run()
    assert [ticket.assignee_id for ticket in world.summaries()] == [None, None]


def test_a_team_has_one_summary_for_its_lead(weekly: "Callable[..., World]") -> None:
    wanted = {"scope": "team", "period": "week", "assignee": "ha@sao-mai.example"}
    world = weekly(wanted=wanted, privacy={"visible_to_all_agents": False})
    world.answered(group_id=None)  # of no team: nobody's summary
    after_the_week(world, 6)
    world.run()
    (ticket,) = world.summaries()
    assert ticket.subject == "KPI · Hỗ trợ · 2026-W48"
    assert ticket.assignee_id == world.state.account.admin_id


def test_a_summary_is_no_evidence_for_later_figures(weekly: "Callable[..., World]") -> None:
    world = weekly()
    after_the_week(world, 6)
    world.run()
    world.advance(120)
    report = world.run()
    assert report.pulled.rows["tickets"] >= 2
    for ticket in world.summaries():
        reading = world.store.readings.get("sao-mai", str(ticket.id))
        assert reading is not None
        assert (reading.measurement.lines, reading.measurement.holdings) == ((), ())
        assert str(reading.measurement.excluded.reason) == "it is a summary or an announcement written by helpdesk-kpi"
    assert report.writes_planned == 0


@pytest.mark.parametrize(
    ("kind", "after_effect"),
    [
        ("drop", True),
        ("drop", False),
        (500, True),
        (500, False),
        (503, True),
        (503, False),
        ("cut", True),
        ("html", False),
    ],
)
def test_a_creation_whose_answer_was_lost_ends_in_exactly_one_ticket(
    weekly: "Callable[..., World]", kind: int | str, *, after_effect: bool
) -> None:
    world = weekly()
    after_the_week(world, 6)
    world.sandbox.fail_next(IMPORTS, kind, 1, after_effect=after_effect)
    world.run()
    world.sandbox.clear_faults()
    world.advance(600)
    report = world.run()
    assert report.sent.waiting == 0
    for place in range(2):
        assert of_agent(world, place).subject
    kept = world.store.summaries.all("sao-mai")
    assert {summary.remote_id for summary in kept} == {str(ticket.id) for ticket in world.summaries()}
    assert {summary.state for summary in kept} == {PROVISIONAL}
    assert len(world.summaries()) == 2


def test_what_was_sent_without_an_answer_is_looked_for_before_it_is_sent_again(weekly: "Callable[..., World]") -> None:
    world = weekly()
    after_the_week(world, 6)
    world.sandbox.fail_next(IMPORTS, "drop", 1, after_effect=True)
    world.run()
    assert world.store.changes.counts("sao-mai")[ChangeState.IN_DOUBT] == 1
    world.forget_writes()
    report = world.run()
    assert world.writes == []
    assert [queued.target for queued in report.sent.delivered] == [Target.SUMMARY]


def test_of_two_tickets_of_the_same_summary_the_older_one_is_it(weekly: "Callable[..., World]") -> None:
    world = weekly()
    after_the_week(world, 6)
    world.sandbox.fail_next(IMPORTS, "drop", 1, after_effect=True)
    world.run()
    first = of_agent(world, 0)
    world.state.create_ticket(external_id=first.external_id)
    world.run()
    summary = world.store.summaries.get(first.external_id or "")
    assert summary is not None
    assert summary.remote_id == str(first.id)


def test_a_group_nobody_made_refuses_the_summary(weekly: "Callable[..., World]") -> None:
    world = weekly(wanted={**WEEKLY, "group": "Nowhere"})
    after_the_week(world, 6)
    report = world.run()
    assert ["Nowhere" in str(reason) for _, reason in report.sent.refused] == [True, True]


def test_summaries_are_served_even_where_the_arming_lies_far_back(weekly: "Callable[..., World]") -> None:
    """Armed in the middle of a week: that week ends after it and is served."""
    world = weekly()
    armed = world.store.switches.number("sao-mai", ARMED)
    assert armed is not None
    assert armed > MONDAY
    after_the_week(world, 6)
    assert len(world.run().sent.delivered) == 2
