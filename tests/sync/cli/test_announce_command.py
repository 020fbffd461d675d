"""`announce`: shown first, sent once, and who acknowledged it."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

CARE = """\
version: 1
policies:
  - {id: care, clocks: [{id: first_reply, goal: {any: 30m}, stop: [agent_public_reply]}]}
penalties:
  - {id: overdue, quota: 2, bands: [{over: 0, points: 1}]}
"""


@pytest.fixture
def pulled(desk: "Desk") -> "Desk":
    (desk.folder / "care.yaml").write_text(CARE, encoding="utf-8")
    (desk.folder / "agreed.txt").write_text("Agreed by all of us.\n", encoding="utf-8")
    desk.sandbox.advance(600)
    assert desk.run("sync", "--dry-run").exit_code == 0
    return desk


def test_an_announcement_is_shown_then_sent_once_and_acknowledged(pulled: "Desk") -> None:
    state = pulled.sandbox.state
    an = state.users[state.account.agent_ids[0]]
    what = ("announce", "send", "care.yaml", "--from", "2026-12-01", "--text", "agreed.txt")
    whom = ("--to", str(an.email), "--group", "KPI")
    shown = pulled.run(*what, *whom)
    assert shown.exit_code == 0
    assert "Agreed by all of us." in shown.stdout or "2 late cost nothing" in shown.stdout
    assert "nothing was sent" in shown.stdout
    assert pulled.writes() == []

    sent = pulled.told(*what, *whom, "--yes")
    assert (sent["accounts"][0]["sent"], sent["accounts"][0]["waiting"]) == (1, 0)
    assert pulled.told(*what, *whom, "--yes")["accounts"][0]["sent"] == 0
    (announced,) = pulled.told("announce", "list")["accounts"][0]["announcements"]
    assert (announced["agent"], announced["penalties"], announced["how"]) == (str(an.id), ["overdue"], None)
    assert "sent, not acknowledged" in pulled.run("announce", "list").stdout

    state.comment(int(announced["ticket_id"]), an.id, public=False)
    pulled.sandbox.advance(3600)
    assert pulled.run("sync", "--dry-run").exit_code == 0
    assert "by a reply" in pulled.run("announce", "list").stdout
    assert pulled.told("announce", "list")["accounts"][0]["announcements"][0]["how"] == "reply"


def test_what_is_refused_or_not_sent_is_told(pulled: "Desk") -> None:
    assert pulled.run("announce", "send", "care.yaml", "--from", "soon").exit_code == 2
    pulled.sandbox.fail_next("/api/v2/imports/tickets*", 422, None)
    email = str(pulled.sandbox.state.users[pulled.sandbox.state.account.agent_ids[0]].email)
    refused = pulled.run("announce", "send", "--from", "2026-12-01", "--to", email, "--yes")
    assert refused.exit_code == 5
    assert "not sent yet" in pulled.run("announce", "list").stdout
