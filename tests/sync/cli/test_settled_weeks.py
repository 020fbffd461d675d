"""A settled week as an administrator lives it: every command over a real helpdesk on loopback."""

import csv
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox import ZendeskSandbox

if TYPE_CHECKING:
    from conftest import Desk

    from connectors.sandbox.zendesk.records import Ticket

MONDAY = 1_795_399_200
HOUR, DAY = 3600, 86_400
WEEK = "2026-W48"
SETTINGS = {
    "language": "en",
    "appeal": "1d",
    "indicators": {
        "first_contact_resolution": {"window": "1d"},
        "repeat_contact_rate": {"window": "1d"},
        "satisfaction_rate": {"min_n": 1},
    },
    "privacy": {"visible_to_all_agents": True},
}


class Week:
    """A week in which agent 0 answered three tickets, one of them rated good; it is settled, its summary made."""

    def __init__(self, desk: "Desk", sandbox: ZendeskSandbox) -> None:
        self.desk, self.sandbox = desk, sandbox
        self.agent, self.group = sandbox.state.account.agent_ids[0], sandbox.state.account.group_ids[0]
        sandbox.advance(120)
        self.synced("--yes")
        self.tickets = [self.answered() for _ in range(3)]
        sandbox.state.rate(self.tickets[0].id, "good")
        self.to(8)
        self.to(80)

    def answered(self) -> "Ticket":
        """Let a customer open an urgent ticket, and the agent solve it an hour later."""
        ticket = self.sandbox.state.create_ticket(
            priority="urgent", assignee_id=self.agent, group_id=self.group, status="open"
        )
        self.sandbox.advance(HOUR)
        self.sandbox.state.comment(ticket.id, self.agent, status="solved")
        return ticket

    def to(self, hours: float) -> None:
        """Move to so many hours after the end of the week, and make a pass."""
        self.sandbox.advance(MONDAY + 7 * DAY - 9 * HOUR + hours * HOUR - self.sandbox.now)
        self.synced()

    def synced(self, *words: str) -> None:
        """Make a pass by command."""
        result = self.desk.run("sync", *words)
        assert result.exit_code == 0, result.output

    def summaries(self) -> dict[str, "Ticket"]:
        """Return the summary tickets of the week by what follows its name in their external ids."""
        found = [t for t in self.sandbox.state.tickets.values() if WEEK in (t.external_id or "")]
        return {str(each.external_id).rpartition(WEEK)[2]: each for each in found}

    def said(self, ticket: "Ticket") -> list[str]:
        """Return the comments on a ticket."""
        return [body for _, body in self.sandbox.state.comments_of(ticket.id)]

    # -- the same figure, asked in each way there is ----------------------------------------------------------------

    def reported(self, key: str) -> tuple[int, int, str]:
        """Return numerator and denominator in the agent's report, and the week's state."""
        (report,) = self.desk.told("report", "--period", WEEK, "--agent", str(self.agent))["reports"]
        figure = report["scorecards"][0]["indicators"][key]
        return figure["numerator"], figure["denominator"], report["state"]

    def explained(self, key: str) -> tuple[int, int, int]:
        """Return numerator and denominator as explained, and how many lines make them."""
        told = self.desk.told("explain", key, "--period", WEEK, "--agent", str(self.agent))
        return told["figure"]["numerator"], told["figure"]["denominator"], len(told["lines"])

    def exported(self, key: str) -> tuple[int, int]:
        """Return numerator and denominator as the exported lines add up to."""
        lines = [row for row in self.rows("line") if row["indicator"] == key and row["agent"] == str(self.agent)]
        return sum(int(row["numerator"]) for row in lines), sum(int(row["denominator"]) for row in lines)

    def rows(self, grain: str) -> list[dict[str, Any]]:
        """Return the exported rows of the week."""
        written = self.desk.run("export", "--grain", grain, "--period", WEEK).stdout
        return list(csv.DictReader(io.StringIO(written)))

    def everywhere(self, key: str) -> tuple[object, ...]:
        """Return the figure as report, explain and export give it."""
        return self.reported(key), self.explained(key), self.exported(key)


@pytest.fixture
def week(desk: "Desk", simulated: Callable[..., ZendeskSandbox], monkeypatch: pytest.MonkeyPatch) -> Week:
    sandbox = simulated(tickets=0, days=1, start=MONDAY)
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    for agent in sandbox.state.account.agent_ids:
        sandbox.state.users[agent].locale = "en-US"
    push = {"summaries": [{"scope": "agent", "period": "week", "group": "KPI"}]}
    desk.configure(desk.account("sao-mai", sandbox, push=push), **SETTINGS)
    desk.sandboxes = {"sao-mai": sandbox}
    return Week(desk, sandbox)


def test_a_late_rating_changes_nothing_of_a_settled_week_until_it_is_corrected(week: Week) -> None:
    """Rated good in time and bad a week later: frozen everywhere, then corrected by the command and told anew."""
    frozen = ((1, 1, "settled"), (1, 1, 1), (1, 1))
    assert week.everywhere("satisfaction_rate") == frozen
    (old,) = week.summaries().values()
    was = week.said(old)
    asked = week.rows("cell")

    week.sandbox.state.rate(week.tickets[0].id, "bad")
    week.sandbox.state.rate(week.tickets[1].id, "bad")
    week.to(90)
    week.to(91)
    assert week.everywhere("satisfaction_rate") == frozen
    unchanging = [{k: v for k, v in row.items() if k != "as_of"} for row in week.rows("cell")]
    assert unchanging == [{k: v for k, v in row.items() if k != "as_of"} for row in asked]
    assert (week.summaries().keys(), week.said(old)) == ({""}, was)

    shown = week.desk.run("recompute", "--corrects", WEEK)
    assert "nothing was done; --yes does it" in shown.output
    assert week.everywhere("satisfaction_rate") == frozen

    done = week.desk.run("recompute", "--corrects", WEEK, "--yes")
    assert done.exit_code == 0, done.output
    assert "correction 1 is made" in done.output
    # The ratings themselves were given later: what counts in the week is that the first one no longer stands.
    after = week.everywhere("satisfaction_rate")
    assert after[0][2] == "corrected"  # type: ignore[index]  # the first is a triple
    assert after[0][:2] == after[1][:2] == after[2] == (0, 0)  # type: ignore[index]


def test_a_correction_makes_a_new_summary_linked_both_ways_and_keeps_the_old_one(week: Week) -> None:
    (old,) = week.summaries().values()
    was = week.said(old)
    week.sandbox.state.delete(week.tickets[2].id)
    week.to(90)
    assert week.everywhere("solved") == ((3, 3, "settled"), (3, 3, 3), (3, 3))
    assert week.desk.run("recompute", "--corrects", WEEK, "--yes").exit_code == 0
    assert week.everywhere("solved") == ((2, 2, "corrected"), (2, 2, 2), (2, 2))

    week.to(91)
    week.to(92)
    both = week.summaries()
    assert both.keys() == {"", ":c1"}
    new = both[":c1"]
    assert both[""].id == old.id
    assert f"/agent/tickets/{old.id}" in week.said(new)[0]
    assert "Corrected: it takes the place of an earlier summary." in week.said(new)[0]
    assert week.said(old)[: len(was)] == was
    (pointing,) = week.said(old)[len(was) :]
    assert f"/agent/tickets/{new.id}" in pointing

    published = week.desk.rows(
        "SELECT n, editions FROM published_cell WHERE indicator = 'solved' AND scope = 'agent' AND period = '2026-W48'"
        f" AND subject = '{week.agent}' ORDER BY cell_id"
    )
    assert (published[0][0], published[-1][0]) == (3, 2)
    assert any("correction:1" in editions for _, editions in published)
    gone = str(week.tickets[2].id)
    entries = week.desk.rows(f"SELECT kind FROM ledger_entry WHERE ticket_id = '{gone}' ORDER BY entry_id")
    kinds = [kind for (kind,) in entries]
    assert kinds.count("fired") == kinds.count("withdrawn") > 0

    week.to(93)
    week.to(94)
    assert week.summaries().keys() == {"", ":c1"}
    assert re.search(r"summaries: .*corrected 1", week.desk.run("status").stdout)
