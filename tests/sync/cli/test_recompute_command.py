import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox import ZendeskSandbox
from sync.store import Holder, Store

if TYPE_CHECKING:
    from conftest import Desk

HALF_AN_HOUR = 1800
WEEKS = {
    "appeal": "1d",
    "indicators": {"first_contact_resolution": {"window": "1d"}, "repeat_contact_rate": {"window": "1d"}},
}


@pytest.fixture
def settled(desk: "Desk", simulated: Callable[..., ZendeskSandbox], monkeypatch: pytest.MonkeyPatch) -> "Desk":
    """Give a desk on which a Monday's ticket was settled long ago and is deleted now."""
    sandbox = simulated(tickets=0, days=1, start=1_795_399_200)
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    desk.configure(desk.account("sao-mai", sandbox), **WEEKS)
    agent, group = sandbox.state.account.agent_ids[0], sandbox.state.account.group_ids[0]
    ticket = sandbox.state.create_ticket(priority="urgent", assignee_id=agent, group_id=group, status="open")
    sandbox.advance(HALF_AN_HOUR)
    sandbox.state.comment(ticket.id, agent, status="solved")
    sandbox.advance(20 * 86_400)
    assert desk.run("sync").exit_code == 0
    sandbox.state.delete(ticket.id)
    sandbox.advance(HALF_AN_HOUR)
    assert desk.run("sync").exit_code == 0
    return desk


def recomputed(desk: "Desk", *arguments: str) -> Any:  # noqa: ANN401 -- JSON
    (document,) = desk.told("recompute", *arguments)["recomputed"]
    return document


def created(desk: "Desk") -> int:
    (report,) = desk.told("report", "--scope", "account", "--period", "2026-W48")["reports"]
    cards = report["scorecards"]
    return cards[0]["indicators"]["created"]["n"] if cards else 0


def test_everything_can_be_measured_again(settled: "Desk") -> None:
    assert recomputed(settled)["measured"] == 1
    result = settled.run("recompute")
    assert "sao-mai: 1 ticket measured again, data complete to" in result.output
    assert created(settled) == 1, "settled figures stay"


def test_a_correction_is_shown_first_and_made_with_yes(settled: "Desk") -> None:
    shown = settled.run("recompute", "--corrects", "2026-W48")
    assert shown.exit_code == 0
    assert "sao-mai: changes in " in shown.output
    assert "nothing was done; --yes does it" in shown.output
    assert created(settled) == 1
    document = recomputed(settled, "--corrects", "2026-W48")
    assert (document["period"], document["measured"], document["correction"]) == ("2026-W48", 1, None)
    change = next(c for c in document["changes"] if (c["scope"], c["indicator"]) == ("account", "created"))
    assert (change["subject"], change["old"]["n"], change["new"]) == ("sao-mai", 1, None)
    assert any(each["scope"] == "agent" and each["subject"] for each in document["changes"])
    own = settled.account("sao-mai", settled.sandbox)
    settled.configure(own, **WEEKS, privacy={"individual": "self"})
    document = recomputed(settled, "--corrects", "2026-W48")
    assert {each["scope"] for each in document["changes"] if each["subject"]} == {"account", "team"}
    told = settled.run("recompute", "--corrects", "2026-W48").output
    assert "own figures of 1 person are not shown: privacy.individual is self" in told
    done = settled.run("recompute", "--corrects", "2026-W48", "--yes")
    assert "correction 1 is made" in done.output
    assert "\n  sao-mai\n    " in done.output, "changes stand below whose they are"
    assert " → –" in done.output
    assert created(settled) == 0
    assert "no figure of 2026-W48 would change" in settled.run("recompute", "--corrects", "2026-W48").output


def test_what_cannot_be_corrected_is_said(settled: "Desk", two_desks: "Desk") -> None:
    result = settled.run("recompute", "--corrects", "2026-Q9")
    assert (result.exit_code, "is not a period" in result.output) == (2, True)
    assert settled.run("recompute", "--corrects", "2026-W48", "--refetch").exit_code == 2
    result = two_desks.run("recompute", "sao-hom")
    assert result.exit_code == 2
    assert "sao-hom: no data yet" in result.output


def test_a_pass_that_runs_is_waited_for_by_trying_again(settled: "Desk") -> None:
    now = int(settled.sandbox.clock.now())
    with Store.open("sqlite:///helpdesk-kpi.db", settled.folder) as store:
        store.locks.acquire("sao-mai", Holder(socket.gethostname(), os.getpid(), now), now)
        assert settled.run("recompute").exit_code == 7


def test_fetching_again_is_priced_first_and_done_with_yes(settled: "Desk") -> None:
    cursor = "SELECT cursor FROM cursor WHERE stream IN ('tickets', 'history')"
    before = settled.rows(cursor)
    assert recomputed(settled, "--refetch") == {"connector": "sao-mai", "requests": 2, "minutes": 1, "done": False}
    assert "takes about 2 requests, 1 minutes" in settled.run("recompute", "--refetch").output
    assert settled.rows(cursor) == before
    assert "the next passes do it" in settled.run("recompute", "--refetch", "--yes").output
    assert settled.rows(cursor) == [(None,), (None,)]


def test_a_field_that_was_not_pulled_is_told_by_status_and_check(settled: "Desk") -> None:
    account = settled.account("sao-mai", settled.sandbox)
    settled.configure(account, **WEEKS, fields={"topic": {"sao-mai": {"field": 360}}})
    (status,) = settled.told("status")["accounts"]
    assert status["lacking"][0].startswith(
        "fields.topic: the field 360 was not pulled with the 1 tickets already stored"
    )
    assert "fields.topic: the field 360" in settled.run("status").output
    checked = settled.run("check").output
    assert "fields.topic: the field 360 was not pulled" in checked
    assert "recompute --refetch" in checked
