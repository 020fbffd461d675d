"""`announce`: shown first, sent once, and who acknowledged it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

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


def test_a_day_that_is_no_day_to_come_is_refused_but_for_whoever_came_since_what_was_announced_in_time(
    pulled: "Desk",
) -> None:
    state = pulled.sandbox.state
    emails = [str(state.users[each].email) for each in state.account.agent_ids[:2]]
    what = ("announce", "send", "care.yaml", "--group", "KPI", "--yes", "--from")
    now = datetime.fromtimestamp(pulled.sandbox.now, ZoneInfo("Asia/Ho_Chi_Minh")).date()
    today, tomorrow, after = (str(now + timedelta(days)) for days in range(3))
    refused = pulled.run(*what, today)
    assert refused.exit_code == 2
    assert f"{today} is no day to come" in refused.stderr
    assert pulled.writes() == []
    assert pulled.told(*what, tomorrow, "--to", emails[0])["accounts"][0]["sent"] == 1
    pulled.sandbox.advance(3 * 86_400)
    assert pulled.told(*what, tomorrow, "--to", emails[1])["accounts"][0]["sent"] == 1
    assert pulled.run(*what, after).exit_code == 2


def test_status_counts_acknowledgements_tells_what_was_never_announced_and_counts_no_ticket_of_its_own(
    pulled: "Desk",
) -> None:
    state = pulled.sandbox.state
    an = state.users[state.account.agent_ids[0]]
    before = pulled.told("status")["accounts"][0]["tickets"]
    send = ("announce", "send", "care.yaml", "--from", "2026-12-01", "--to", str(an.email), "--yes")
    assert pulled.told(*send)["accounts"][0]["sent"] == 1
    pulled.sandbox.advance(3600)
    assert pulled.run("sync", "--dry-run").exit_code == 0
    assert "announcements: 0 acknowledged of 1" in pulled.run("status").stdout
    (made,) = pulled.told("announce", "list")["accounts"][0]["announcements"]
    state.comment(int(made["ticket_id"]), an.id, public=False)
    charging = CARE.replace("overdue,", "overdue, announced_on: 2026-11-01,")
    (pulled.folder / "care.yaml").write_text(charging, encoding="utf-8")
    pulled.configure(pulled.account("sao-mai", pulled.sandbox), policies="care.yaml")
    pulled.sandbox.advance(3600)
    assert pulled.run("sync", "--dry-run").exit_code == 0
    (stands,) = pulled.told("status")["accounts"]
    assert (stands["announcements"], stands["tickets"], stands["unannounced"]) == (
        {"made": 1, "acknowledged": 1},
        before,
        [],
    )
    (pulled.folder / "care.yaml").write_text(charging.replace("quota: 2", "quota: 1"), encoding="utf-8")
    pulled.sandbox.advance(3600)
    assert pulled.run("sync", "--dry-run").exit_code == 0
    assert pulled.told("status")["accounts"][0]["unannounced"] == ["overdue"]
    assert "`announce` told nobody of them as they are: overdue" in pulled.run("status").stdout
    assert "told nobody of them as they are: overdue" in pulled.run("check").stdout


def test_neither_machines_nor_whose_credentials_are_used_are_told_unless_they_are_named(pulled: "Desk") -> None:
    ours = pulled.sandbox.state.account.integration_id
    what = ("announce", "send", "care.yaml", "--from", "2026-12-01")
    shown = pulled.told(*what)["accounts"][0]["agents"]
    assert str(ours) not in shown
    assert {str(each) for each in pulled.sandbox.state.account.agent_ids[:2]} <= set(shown)
    assert f"whose credentials are used here; --to {ours} tells him" in pulled.run(*what).stdout
    assert pulled.told(*what, "--to", str(ours))["accounts"][0]["agents"] == [str(ours)]


def test_what_is_refused_or_not_sent_is_told(pulled: "Desk") -> None:
    assert pulled.run("announce", "send", "care.yaml", "--from", "soon").exit_code == 2
    pulled.sandbox.fail_next("/api/v2/imports/tickets*", 422, None)
    email = str(pulled.sandbox.state.users[pulled.sandbox.state.account.agent_ids[0]].email)
    refused = pulled.run("announce", "send", "--from", "2026-12-01", "--to", email, "--yes")
    assert refused.exit_code == 5
    assert "not sent yet" in pulled.run("announce", "list").stdout
