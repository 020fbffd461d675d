"""The figures of the demo's whole world against its helpdesk's own audits, with nothing of ours between."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kpi_engine.periods import PeriodKind, periods_between
from kpi_engine.reduce import Scope
from sync.figures import figures

if TYPE_CHECKING:
    from connectors.sandbox.zendesk.records import Audit, Ticket
    from connectors.sandbox.zendesk.state import State
    from tests.sync.conftest import Played

ZONE = "Asia/Ho_Chi_Minh"
KINDS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH)


def counts(ticket: "Ticket", as_of: int) -> bool:
    left_out = {"test", "internal", "helpdesk-kpi", "closed_by_merge"}
    told = ticket.support_type == "agent" and ticket.status != "deleted" and ticket.created_at <= as_of
    return told and not left_out & set(ticket.tags)


def story(state: "State", audits: "list[Audit]") -> Iterator[tuple[int, str, Any]]:
    """Yield (at, what, value) of a ticket: its statuses and assignees, and who answered in public."""
    staff = {*state.account.agent_ids, state.account.admin_id, state.account.integration_id}  # those who left, too
    for place, audit in enumerate(audits):
        for child in audit.children:
            if child.kind in {"Create", "Change"} and child.name in {"status", "assignee_id"}:
                yield audit.at, str(child.name), child.value
            elif child.kind == "Comment" and child.public and child.rule_id is None and place > 0:
                asked_by = state.tickets[audit.ticket_id].requester_id
                yield from [(audit.at, "reply", child.author_id)] * (child.author_id in staff - {asked_by})


def raw_lines(state: "State", ticket: "Ticket", as_of: int) -> Iterator[tuple[str, str | None, int, int]]:
    """Yield (indicator, agent, at, numerator) of one ticket."""
    told = list(story(state, [audit for audit in state.audits_of(ticket.id) if audit.at <= as_of]))
    agents = [value for _, what, value in told if what == "assignee_id" and value]
    yield "created", text(agents[0]) if agents else None, ticket.created_at, 1
    replies = [(at, who) for at, what, who in told if what == "reply"]
    if replies:
        yield "first_reply_calendar", text(replies[0][1]), replies[0][0], replies[0][0] - ticket.created_at
    solved_at = None
    for at, what, value in told:
        if what == "status":
            solved_at = (solved_at or at) if value in {"solved", "closed"} else None
    if solved_at is not None:
        holder = [value for at, what, value in told if what == "assignee_id" and at <= solved_at]
        yield "solved", text(holder[-1]) if holder else None, solved_at, 1
        taken = solved_at - ticket.created_at
        yield "full_resolution_calendar", text(holder[-1]) if holder else None, solved_at, taken
    rating = state.ratings.get(ticket.rating_id or 0)
    if rating is not None and rating.score in {"good", "bad"} and rating.updated_at <= as_of:
        yield "satisfaction_rate", text(rating.assignee_id), rating.updated_at, int(rating.score == "good")


def text(user_id: object) -> str | None:
    return None if user_id is None else str(user_id)


RAW = ("created", "solved", "first_reply_calendar", "full_resolution_calendar", "satisfaction_rate")


def test_what_the_helpdesk_says_itself_gives_the_same_figures(played: "Played") -> None:
    state, as_of = played.world.state, played.third.as_of
    assert as_of is not None
    raw = [line for t in state.tickets.values() if counts(t, as_of) for line in raw_lines(state, t, as_of)]
    assert {line[0] for line in raw} == set(RAW)
    for period in (each for kind in KINDS for each in periods_between(kind, ZONE, min(line[2] for line in raw), as_of)):
        cards = figures(played.world.account, period, Scope.AGENT, as_of).scorecards
        for key in RAW:
            found = {agent: (card[key].n, card[key].numerator) for agent, card in cards.items() if card[key].n}
            inside = [line for line in raw if line[0] == key and period.start <= line[2] < period.end]
            told = {
                agent: (
                    sum(line[1] == agent for line in inside),
                    sum(line[3] for line in inside if line[1] == agent),
                )
                for agent in {line[1] for line in inside}
            }
            assert found == told, (period.label, key)
