import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Target
from sync.overriding import Decision, decide
from sync.settling import settles_after
from sync.store.changes import ChangeState
from sync.store.observations import REFUSED
from sync.store.settled import Correction
from sync.store.summaries import CORRECTED, PLANNED, PROVISIONAL, SETTLED
from sync.summaries.marking import DISPUTE_TAG
from sync.summaries.text import LISTED
from sync.summaries.withholding import Withheld

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.zendesk.records import Ticket
    from sync.cycle import PassReport
    from sync.store.summaries import Summary
    from sync.summaries.decisions import DueSummary
    from tests.sync.conftest import World

MONDAY = 1_795_399_200
HOUR = 3600
DAY = 24 * HOUR
WEEK_END = MONDAY + 7 * DAY - 9 * HOUR
WEEKLY = {"scope": "agent", "period": "week", "group": "KPI"}
IMPORTS = "/api/v2/imports/tickets*"
NAME = "sao-mai"
UPDATES = "/api/v2/tickets/[0-9]*"


@pytest.fixture
def weekly(make_world: "Callable[..., World]") -> "Callable[..., World]":
    """Return a function that makes a world with weekly summaries, armed on Monday, its agent 0 at work since."""

    def make(**configuration: Any) -> "World":  # noqa: ANN401 -- any key of the configuration
        top = {"push": {"summaries": [WEEKLY]}, "privacy": {"visible_to_all_agents": True}, **configuration}
        world = make_world(language="en", **top)
        for agent in world.agents:
            world.state.users[agent].locale = "en-US"
        world.advance(120)
        world.run()
        world.answered(agent=0, minutes=40)
        return world

    return make


def at(world: "World", hours: float) -> "PassReport":
    """Move to so many hours after the end of the first week, as the data will be complete then, and run a pass."""
    world.advance(WEEK_END + hours * HOUR + 70 - world.sandbox.now)
    return world.run()


def notes(world: "World", ticket: "Ticket") -> list[str]:
    return [body for _, body in world.state.comments_of(ticket.id)]


def known(world: "World", place: int = 0, correction: int = 0) -> "Summary":
    rows = world.store.summaries.of_period(NAME, "agent", "2026-W48")
    return rows[str(world.agents[place])][correction]


def remote(world: "World", place: int = 0, correction: int = 0) -> "Ticket":
    return world.state.tickets[int(known(world, place, correction).remote_id or 0)]


def of_week(report: "PassReport") -> "list[DueSummary]":
    return [due for due in report.summaries if due.summary.period == "2026-W48"]


def settled(world: "World") -> "PassReport":
    """Run the first pass after the week is settled."""
    return at(world, settles_after(world.account) / HOUR + 1)


# -- provisional ----------------------------------------------------------------------------------------------------


def test_a_headline_that_changes_is_one_private_note_and_the_subject_stays(weekly: "Callable[..., World]") -> None:
    """Solved on Monday; after the summary is made the customer comes back, and the solve does not stand."""
    world = weekly()
    at(world, 6)
    ticket = remote(world)
    subject, body = ticket.subject, notes(world, ticket)[0]
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    report = at(world, 8)
    assert [str(due.desired.why) for due in report.summaries] == ["its figures changed"]
    assert ticket.subject == subject
    assert len(notes(world, ticket)) == 2
    assert notes(world, ticket)[0] == body
    note = notes(world, ticket)[1]
    assert "What changed since the last version" in note
    assert "(before: 1)" in note
    assert all(not said.public for said, _ in world.state.comments_of(ticket.id))
    assert at(world, 9).summaries == []
    assert (known(world).version, known(world).state) == (2, PROVISIONAL)


def test_data_that_only_grew_older_is_no_news(weekly: "Callable[..., World]") -> None:
    world = weekly()
    at(world, 6)
    world.answered(agent=1)
    for hours in (7, 30, 50):
        assert at(world, hours).summaries == []
    assert len(notes(world, remote(world))) == 1


def test_an_unchanged_period_is_not_even_looked_at(
    weekly: "Callable[..., World]", monkeypatch: pytest.MonkeyPatch
) -> None:
    world = weekly()
    at(world, 6)
    at(world, 6.5)
    at(world, 7)
    monkeypatch.setattr("sync.summaries.look.reduced_in", lambda *_, **__: pytest.fail("nothing changed"))
    assert at(world, 7.5).summaries == []


def test_who_gets_a_line_only_afterwards_gets_his_ticket_later(weekly: "Callable[..., World]") -> None:
    """Agent 1 solved on Sunday; the survey's answer credits him, and a first ticket solved by agent 2 too late."""
    world = weekly()
    at(world, 6)
    late = world.ticket(agent=1)
    late.created_at -= 3 * DAY
    assert [due.summary.subject for due in at(world, 9).summaries] == [str(world.agents[1])]
    assert remote(world, 1).assignee_id == world.agents[1]


def test_a_note_that_waits_gives_way_to_a_newer_one(weekly: "Callable[..., World]") -> None:
    world = weekly()
    at(world, 6)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(HOUR)
    world.run(max_writes=0)
    world.state.comment(first, world.agents[0], status="solved")
    world.advance(HOUR)
    world.run()
    ticket = remote(world)
    assert len(notes(world, ticket)) == 2
    assert world.store.changes.pending_count(NAME) == 0
    world.advance(HOUR)
    world.run()
    assert known(world).version == len(notes(world, ticket))


def test_a_creation_that_waits_is_made_with_what_is_true_by_then(weekly: "Callable[..., World]") -> None:
    world = weekly()
    world.advance(WEEK_END + 6 * HOUR + 70 - world.sandbox.now)
    world.run(max_writes=0)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    at(world, 8)
    (ticket,) = world.summaries()
    assert len(notes(world, ticket)) == 1
    assert json.loads(known(world).shown or "")[0]["solved"][0] == "0"
    assert known(world).version == 1
    assert at(world, 9).summaries == []


# -- a ticket that can no longer be written ---------------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["close", "delete"])
def test_a_closed_or_deleted_ticket_is_never_made_again_but_its_settled_figures_are_told(
    weekly: "Callable[..., World]", fate: str
) -> None:
    world = weekly()
    at(world, 6)
    ticket = remote(world)
    getattr(world.state, fate)(ticket.id)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    at(world, 8)
    assert known(world).unwritable
    assert len(world.summaries()) == 1
    settled(world)
    assert known(world, correction=1).remote_id is not None
    assert f"/agent/tickets/{ticket.id}" in notes(world, remote(world, correction=1))[0]
    for hours in (500, 600):
        assert of_week(at(world, hours)) == []
    assert len([ticket for ticket in world.summaries() if "W48" in ticket.subject]) == 2


# -- settled ---------------------------------------------------------------------------------------------------------


def test_settled_without_news_is_settled_without_a_word(weekly: "Callable[..., World]") -> None:
    world = weekly(indicators={"first_contact_resolution": {"on": False}})
    at(world, 6)
    world.forget_writes()
    report = settled(world)
    assert (report.summaries, known(world).state) == ([], SETTLED)
    assert len(notes(world, remote(world))) == 1


def test_the_last_note_says_that_it_is_settled_and_nothing_is_written_afterwards(
    weekly: "Callable[..., World]",
) -> None:
    world = weekly()
    at(world, 6)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(HOUR)
    report = settled(world)
    assert len(of_week(report)) == 1
    assert known(world).state == SETTLED
    assert "Settled: it does not change any more" in notes(world, remote(world))[-1]
    written = len(notes(world, remote(world)))
    world.state.comment(first, world.agents[0], status="solved")
    at(world, 600)
    assert len(notes(world, remote(world))) == written


# -- corrected -------------------------------------------------------------------------------------------------------


def test_a_correction_is_a_new_ticket_and_both_lead_to_each_other(
    weekly: "Callable[..., World]", monkeypatch: pytest.MonkeyPatch
) -> None:
    world = weekly()
    at(world, 6)
    settled(world)
    old = remote(world)
    said = len(notes(world, old))
    world.state.comment(min(world.state.tickets), world.agents[1], status="open")
    world.advance(300)
    world.run()
    assert len(notes(world, old)) == said
    correct_by_patch(world, monkeypatch)
    report = at(world, 500)
    (due,) = report.summaries
    assert due.summary.external_id.endswith(":2026-W48:c1")
    new = remote(world, correction=1)
    assert f"/agent/tickets/{old.id}" in notes(world, new)[0]
    assert "Corrected: it takes the place of an earlier summary." in notes(world, new)[0]
    at(world, 501)
    assert f"/agent/tickets/{new.id}" in notes(world, old)[-1]
    assert len(notes(world, old)) == said + 1
    assert [known(world).state, known(world, correction=1).state] == [CORRECTED, SETTLED]
    shown = world.store.published.for_period(NAME, "2026-W48")
    assert len({cell.as_of for cell in shown}) >= 2
    at(world, 502)
    assert at(world, 503).summaries == []
    assert len(world.summaries()) == 2


def correct_by_patch(world: "World", monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the week stand corrected: measured as it is now, frozen no more."""
    week = Correction(
        number=1, period="2026-W48", start=WEEK_END - 7 * DAY, end=WEEK_END, as_of=int(world.sandbox.now),
        last_kept=10**9, last_edition=10**9, made_at=int(world.sandbox.now),
    )  # fmt: skip
    monkeypatch.setattr(world.store.settled, "corrections", lambda *_: [week])
    monkeypatch.setattr(world.store.settled, "within", lambda *_: [])


def test_nobody_is_told_to_dispute_until_a_day_that_is_past(weekly: "Callable[..., World]") -> None:
    """The appeal is over before the first summary is made, while its figures may still change."""
    world = weekly(appeal="1h")
    at(world, 6)
    (ticket,) = world.summaries()
    assert "Provisional" in notes(world, ticket)[-1]
    assert DISPUTE_TAG not in notes(world, ticket)[-1]


# -- withheld ---------------------------------------------------------------------------------------------------------


def test_what_is_withheld_is_told_each_pass_once_and_made_up_as_soon_as_it_is_allowed(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(push={"summaries": [{"scope": "agent", "period": "week"}]})
    world.advance(120)
    world.run()
    for place in range(2):
        world.answered(agent=place)
    told = [at(world, hours).withheld for hours in (6, 7, 8)]
    assert [len(each) for each in told] == [1, 1, 1]
    assert isinstance(told[0][0], Withheld)
    assert told[0][0].subjects == tuple(str(agent) for agent in sorted(world.agents[:2]))
    assert world.summaries() == []
    for agent in world.state.users.values():
        agent.ticket_restriction = "assigned"
    report = at(world, 9)
    assert (len(world.summaries()), report.withheld) == (2, [])


def test_people_and_groups_are_asked_for_once_a_pass(make_world: "Callable[..., World]") -> None:
    world = make_world(push={"summaries": [WEEKLY]})
    world.advance(120)
    world.run()
    for place in range(5):
        world.answered(agent=place)
    world.advance(WEEK_END + 6 * HOUR + 70 - world.sandbox.now)
    before = len(world.sandbox.requests)
    assert len(world.run().summaries) == 5
    asked = [path for _, path, _ in world.sandbox.requests[before:]]
    for listing in ("/api/v2/users.json", "/api/v2/groups.json", "/api/v2/group_memberships.json"):
        assert asked.count(listing) <= 2  # once for the pull where it is due, once to know who reads


# -- refused ----------------------------------------------------------------------------------------------------------


def test_a_refused_creation_is_tried_again_a_day_later(weekly: "Callable[..., World]") -> None:
    world = weekly(push={"summaries": [{**WEEKLY, "group": "Nowhere"}]})
    assert at(world, 6).sent.refused.total == 1
    assert at(world, 7).sent.refused.total == 0
    assert known(world).state == PLANNED
    world.state.groups[world.state.account.kpi_group_id].name = "Nowhere"
    at(world, 31)
    assert remote(world).group_id == world.state.account.kpi_group_id


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", [False, True])
def test_a_disputed_ticket_is_listed_with_the_figures_it_counts_in(
    weekly: "Callable[..., World]", *, closed: bool
) -> None:
    """A closed one takes no tag: the agent's summary, which is open, takes one with its number."""
    world = weekly(exemptions={"sao-mai": {"approvers": ["lan"]}})
    first = min(world.state.tickets)
    at(world, 6)
    assert "add helpdesk-kpi-dispute- and its number to this ticket instead" in notes(world, remote(world))[0]
    if closed:
        world.state.close(first)
        tags = (*remote(world).tags, f"{DISPUTE_TAG}-{first}", f"{DISPUTE_TAG}-999999")
        world.state.change(remote(world).id, world.agents[0], tags=tags)
    else:
        world.state.change(first, world.agents[0], tags=(DISPUTE_TAG,))
    told = [str(each) for each in at(world, 8).pulled.notes]
    summary = remote(world).id
    unknown = f"ticket {summary}, tag {DISPUTE_TAG}-999999: sao-mai has no ticket 999999"
    assert (unknown in told) is closed
    note = notes(world, remote(world))[-1]
    assert "Disputed tickets: 1 (before: 0)" in note
    assert "Disputed, not decided yet" in note
    assert "First reply time" in note.partition("Disputed, not decided yet")[2]
    told = {"ticket_id": str(first), "reason": "No outage that day.", "approved_by": "lan"}
    decide(world.account, Decision(what=REFUSED, **told), world.account.now(), "override")
    at(world, 10)
    answered = notes(world, remote(world))[-1]
    assert "Disputed, not decided yet" not in answered
    assert (
        "refused by lan: No outage that day. (typed with `override`)"
        in answered.partition("Disputes that were decided")[2]
    )
    decide(world.account, Decision(what="first_reply", **told), world.account.now(), "override")
    at(world, 12)
    spared = notes(world, remote(world))[-1].partition("Exempted, so not counted")[2]
    assert "exempted by lan: No outage that day. (typed with `override`)" in spared


def test_no_more_than_twenty_overdue_requests_are_listed(weekly: "Callable[..., World]") -> None:
    world = weekly()
    tickets = [world.ticket() for _ in range(23)]
    world.advance(HOUR)
    for ticket in tickets:
        world.state.comment(ticket.id, world.agents[0], status="solved")
    at(world, 6)
    body = notes(world, remote(world))[0].partition("Overdue requests in this period")[2]
    assert body.count("/agent/tickets/") == LISTED
    assert "<li>4 more</li>" in body


def test_the_week_after_is_told_beside_the_week_before(weekly: "Callable[..., World]") -> None:
    world = weekly()
    at(world, 6)
    world.advance(5 * HOUR)
    world.answered(agent=0, minutes=20)
    world.advance(WEEK_END + 7 * DAY + 7 * HOUR - world.sandbox.now)
    world.run()
    (second,) = [ticket for ticket in world.summaries() if "W49" in ticket.subject]
    assert "↓ from 40 min" in notes(world, second)[0]


def test_a_note_whose_answer_was_lost_is_looked_for_before_it_is_written_again(
    weekly: "Callable[..., World]",
) -> None:
    for after_effect in (True, False):
        world = weekly()
        at(world, 6)
        first = min(world.state.tickets)
        world.state.comment(first, world.state.tickets[first].requester_id, status="open")
        world.advance(HOUR)
        world.sandbox.fail_next(UPDATES, "drop", 1, after_effect=after_effect, method="PUT")
        world.run()
        assert world.store.changes.counts(NAME).get(ChangeState.IN_DOUBT) == 1
        world.advance(HOUR)
        world.run()
        assert len(notes(world, remote(world))) == 2
        assert known(world).version == 2
        assert world.store.changes.counts(NAME).get(ChangeState.IN_DOUBT, 0) == 0
        assert Target.SUMMARY in {each.target for each in world.store.changes.recent(NAME, 3)}
        world.close()


def test_a_note_in_doubt_on_a_ticket_that_is_gone_is_given_up(weekly: "Callable[..., World]") -> None:
    world = weekly()
    at(world, 6)
    first = min(world.state.tickets)
    world.state.comment(first, world.state.tickets[first].requester_id, status="open")
    world.advance(HOUR)
    world.sandbox.fail_next(UPDATES, "drop", 1, method="PUT")
    world.run()
    world.state.delete(remote(world).id)
    world.advance(HOUR)
    report = world.run()
    assert (report.sent.closed, report.sent.waiting, known(world).unwritable) == (1, 0, True)
