"""`ledger`: what was charged to whom on which evidence, for whoever may see it."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.periods import PeriodKind, period_at

if TYPE_CHECKING:
    from conftest import Desk

CARE = """\
version: 1
policies:
  - {id: care, clocks: [{id: first_reply, goal: {any: 30m}, time: calendar, stop: [agent_public_reply]}]}
penalties:
  - id: overdue
    period: week
    quota: 1
    min_volume: 1
    bands: [{over: 0, points: 2}]
    announced_on: 2026-10-01
    worth: {amount: 50000, currency: VND}
"""
SOON: dict[str, Any] = {
    "exemptions": {"sao-mai": {"approvers": ["lan@saomai.vn"]}},
    "policies": "care.yaml",
    "appeal": "1d",
    "indicators": {"first_contact_resolution": {"window": "1d"}, "repeat_contact_rate": {"window": "2d"}},
}


@pytest.fixture
def late(desk: "Desk") -> "tuple[Desk, list[str]]":
    """Give a helpdesk on which An was late three times today, once after Bình had held the ticket for long."""
    (desk.folder / "care.yaml").write_text(CARE, encoding="utf-8")
    desk.configure(desk.account("sao-mai", desk.sandbox), **SOON)
    desk.sandbox.advance(8 * 86_400)  # into a week of which the helpdesk's own tickets say nothing
    state = desk.sandbox.state
    an, binh = state.account.agent_ids[:2]
    tickets = [
        state.create_ticket(status="open", priority="high", assignee_id=who, group_id=state.account.group_ids[0])
        for who in (an, an, binh)
    ]
    desk.sandbox.advance(1200)
    state.change(tickets[2].id, binh, assignee_id=an)
    desk.sandbox.advance(3600)
    for ticket in tickets:
        state.comment(ticket.id, an, status="solved")
    passed(desk)
    return desk, [str(ticket.id) for ticket in tickets]


def passed(desk: "Desk") -> None:
    desk.sandbox.advance(600)
    assert desk.run("sync", "--dry-run").exit_code == 0


def test_status_and_ledger_name_the_helpdesk_that_charges_wait_for_and_since_when(
    late: "tuple[Desk, list[str]]",
) -> None:
    desk, _ = late
    label = week(desk)
    both = desk.account("sao-mai", desk.sandbox), desk.account("beside", desk.sandbox)
    desk.configure(*both, **SOON)
    sandbox = desk.sandboxes["sao-mai"]
    sandbox.advance(600)
    assert desk.run("sync", "--dry-run").exit_code == 0  # the last that "beside" ever does
    told = desk.run("ledger", "sao-mai", "--period", label).stdout
    assert "counted over all helpdesks together" in " ".join(told.split())
    (document,) = desk.told("ledger", "sao-mai", "--period", label)["ledgers"]
    assert document["waiting"] is None
    sandbox.advance(document["settles_at"] + 3600 - sandbox.now)
    assert desk.run("sync", "--dry-run", "sao-mai").exit_code == 0
    (document,) = desk.told("ledger", "sao-mai", "--period", label)["ledgers"]
    assert document["settled"] is False
    assert document["waiting"]["since"] == document["settles_at"]
    assert [each["connector"] for each in document["waiting"]["accounts"]] == ["beside"]
    why = f"the charges and rewards of {label} have waited since"
    assert why in " ".join(desk.run("ledger", "sao-mai", "--period", label).stdout.split())
    (state,) = desk.told("status", "sao-mai")["accounts"]
    assert state["charges_waiting"]["accounts"] == document["waiting"]["accounts"]
    shown = " ".join(desk.run("status", "sao-mai").stdout.split())
    assert "for beside (data complete to" in shown
    desk.configure(both[0], **SOON)  # taken out of the configuration
    assert desk.run("sync", "--dry-run").exit_code == 0
    assert desk.told("ledger", "--period", label)["ledgers"][0]["settled"] is True


def week(desk: "Desk") -> str:
    return period_at(PeriodKind.WEEK, "Asia/Ho_Chi_Minh", int(desk.sandbox.now) - 3600).label


def test_the_ledger_shows_who_is_charged_on_which_evidence_first_as_a_preview_and_then_for_good(
    late: "tuple[Desk, list[str]]",
) -> None:
    desk, tickets = late
    an, binh = (str(each) for each in desk.sandbox.state.account.agent_ids[:2])
    label = week(desk)
    (document,) = desk.told("ledger", "--period", label, "--agent", an)["ledgers"]
    assert document["settled"] is False
    (total,) = document["totals"]
    assert {key: total[key] for key in ("late", "free", "points", "money", "currency")} == {
        "late": 3, "free": 1, "points": 4, "money": "200000", "currency": "VND",
    }  # fmt: skip
    charges = {line["ticket_id"]: line for line in document["lines"] if line["line"] == "charge"}
    assert set(charges) == set(tickets)
    assert {line["kind"] for line in charges.values()} == {"preview"}
    handed_over = charges[tickets[2]]
    assert (handed_over["late_seconds"], handed_over["goal_seconds"]) == (3000, 1800)
    names = {agent: desk.sandbox.state.users[int(agent)].name for agent in (an, binh)}
    assert handed_over["shares"] == f"{names[binh]} 66.7%; {names[an]} 33.3%"

    shown = desk.run("ledger", "--period", label, "--agent", an)
    assert "A preview: nothing is charged before" in shown.stdout
    assert "200,000 VND" in shown.stdout
    age = desk.sandbox.now
    desk.sandbox.advance(90 * 86_400)  # without a pass
    late = desk.run("ledger", "--period", label, "--agent", an).stdout
    assert "A preview, though it was due on" in late
    assert "the data reach only to" in late
    desk.sandbox.advance(age - desk.sandbox.now)
    assert "overdue: over the quota" in shown.stdout
    everybody = desk.run("ledger", "--period", label)
    assert "noted, 0 taken back" in everybody.stdout

    why = ("--reason", "The line was down.", "--by", "lan@saomai.vn")
    assert desk.run("override", "add", tickets[0], "first_reply", *why).exit_code == 0
    desk.sandbox.advance(document["settles_at"] + 3600 - desk.sandbox.now)
    passed(desk)
    (settled,) = desk.told("ledger", "--period", label, "--agent", an)["ledgers"]
    assert settled["settled"] is True
    assert settled["totals"][0]["points"] == 2
    kinds = {(line["line"], line["kind"], line["finding"]) for line in settled["lines"]}
    assert kinds >= {
        ("charge", "charged", "exempted"),
        ("charge", "charged", "over_quota"),
        ("override", "noted", None),
        ("firing", "withdrawn", None),
    }
    told = desk.run("ledger", "--period", label, "--ticket", tickets[0]).stdout
    assert "exempted by lan@saomai.vn" in told
    assert "taken back" in told
    assert "in other periods" not in told
    this_week = desk.run("ledger", "--ticket", tickets[0]).stdout
    assert f"in other periods too something fell due on this ticket: {label};" in this_week

    assert desk.run("override", "refuse", tickets[1], *why).exit_code == 0
    assert desk.run("override", "remove", tickets[0], "first_reply", *why).exit_code == 0
    passed(desk)
    assert desk.run("recompute", "--corrects", label, "--yes").exit_code == 0
    corrected = desk.run("ledger", "--period", label, "--agent", an).stdout
    assert "settled and corrected since" in corrected
    assert "dispute refused by lan@saomai.vn" in corrected
    assert "ended by" in corrected
    assert "took back 0 points" in corrected


def test_the_lines_go_to_a_spreadsheet_and_to_vietnamese_readers(late: "tuple[Desk, list[str]]") -> None:
    desk, _ = late
    label = week(desk)
    rows = list(csv.DictReader(io.StringIO(desk.run("ledger", "--period", label, "--format", "csv").stdout)))
    assert {row["line"] for row in rows} == {"firing", "charge"}
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    written = desk.run("ledger", "--period", label, "--format", "json", "--output", "ledger.json")
    assert written.exit_code == 0
    assert len(json.loads(Path("ledger.json").read_text(encoding="utf-8"))) == len(rows)
    assert desk.run("ledger", "--output", "ledger.json").exit_code == 2
    desk.configure(desk.account("sao-mai", desk.sandbox), **SOON, language="vi")
    assert "Bản xem trước" in desk.run("ledger", "--period", label).stdout


def test_nobody_is_shown_who_may_not_be_and_what_is_free_of_penalties_is_told_as_such(
    late: "tuple[Desk, list[str]]",
) -> None:
    desk, tickets = late
    label, account = week(desk), desk.account("sao-mai", desk.sandbox)
    an, binh, chi = (desk.sandbox.state.users[each] for each in desk.sandbox.state.account.agent_ids[:3])
    desk.configure(account, **SOON, privacy={"individual": "self"})
    (document,) = desk.told("ledger", "--period", label, "--as", str(binh.email))["ledgers"]
    assert document["hidden"] >= 1
    told = json.dumps(document["lines"], ensure_ascii=False)
    assert an.name not in told
    assert str(an.id) not in told
    refused = desk.run("ledger", "--period", label, "--agent", str(an.id), "--as", str(chi.email))
    assert refused.exit_code == 2
    own = desk.told("ledger", "--period", label, "--as", str(an.email), "--agent", str(an.id))["ledgers"][0]
    shares = {line["ticket_id"]: line["shares"] for line in own["lines"] if line["line"] == "charge"}
    assert shares[tickets[2]] == f"somebody else 66.7%; {an.name} 33.3%"

    month = period_at(PeriodKind.MONTH, "Asia/Ho_Chi_Minh", int(desk.sandbox.now)).label
    free = desk.run("ledger", "--period", month)  # the penalty is about weeks
    assert free.exit_code == 0
    assert "no penalty of this period charges anybody here" in free.stdout
