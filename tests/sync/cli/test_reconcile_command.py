import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sync.store import Store

if TYPE_CHECKING:
    from conftest import Desk

REPLY = "reply_time.calendar"
MONTH = ("--period", "2026-11")


def differ(desk: "Desk") -> str:
    """Let the helpdesk's reply time of one solved ticket be a week more than anybody can explain."""
    with Store.open("sqlite:///helpdesk-kpi.db", desk.folder) as store:
        sets = [each for chunk in store.records.metric_sets("sao-mai") for each in chunk]
        one = next(each for each in sets if each.minutes[REPLY] is not None and each.instants.get("solved_at"))
        minutes = {**one.minutes, REPLY: (one.minutes[REPLY] or 0) + 10_080}
        store.records.save("sao-mai", [replace(one, version=one.version + 1, minutes=minutes)])
    return one.ticket_id


@pytest.fixture
def apart(desk: "Desk") -> "tuple[Desk, str]":
    """Give a folder whose store knows a ticket on which both differ, and the ticket's number."""
    desk.run("sync")
    return desk, differ(desk)


def test_the_json_of_a_comparison_has_its_documented_shape(known: "Desk") -> None:
    (document,) = known.told("reconcile", *MONTH)["reconciliations"]
    assert set(document) == {
        *("connector", "period", "as_of", "tickets", "unexplained_share", "figures", "differences"),
    }
    assert (document["connector"], document["period"]) == ("sao-mai", "2026-11")
    assert document["tickets"] > 20
    assert document["figures"][REPLY]["agrees"] > 20
    assert set(document["differences"][0]) == {
        *("ticket_id", "url", "metric", "indicator", "ours", "theirs", "cause", "detail"),
    }


def test_without_a_period_the_month_the_data_has_reached_is_compared(known: "Desk") -> None:
    assert known.told("reconcile") == known.told("reconcile", *MONTH)
    (week,) = known.told("reconcile", "--by", "week")["reconciliations"]
    assert week["period"] == "2026-W47"


def test_how_many_agree_is_told_with_what_can_be_done_about_the_rest(known: "Desk") -> None:
    result = known.run("reconcile", *MONTH)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "sao-mai, 2026-11: " in result.stdout
    assert "agree to the minute" in result.stdout
    assert "business figures need schedules on the helpdesk's plan" in result.stdout
    assert REPLY in result.stdout


def test_a_difference_nobody_can_explain_comes_first_with_both_values(apart: "tuple[Desk, str]") -> None:
    desk, ticket_id = apart
    shown = desk.run("reconcile", *MONTH).stdout
    assert "not explained" in shown
    first = next(line for line in shown.partition("Address")[2].splitlines() if line.strip())
    assert first.split()[0] == ticket_id
    assert "differences are shown, those where both have a figure first; --json lists up to 20" in shown
    assert shown.count("the helpdesk has no figure") < 20, "one example for each figure that only we have"
    (document,) = desk.told("reconcile", *MONTH)["reconciliations"]
    (found,) = (each for each in document["differences"] if each["cause"] == "unexplained")
    assert (found["ticket_id"], found["metric"]) == (ticket_id, REPLY)
    assert found["url"].endswith(ticket_id)
    assert found["theirs"] - found["ours"] > 9_000 * 60


@pytest.mark.parametrize(("gate", "code"), [("0", 8), ("50", 0), ("100", 0), (None, 0)])
def test_the_gate_fails_only_when_more_stays_unexplained(
    apart: "tuple[Desk, str]", gate: str | None, code: int
) -> None:
    desk, _ = apart
    options = () if gate is None else ("--gate", gate)
    result = desk.run("reconcile", *MONTH, *options, "--json")
    assert result.exit_code == code
    (document,) = json.loads(result.stdout)["reconciliations"]
    assert 0 < document["unexplained_share"] < 0.5


def test_the_gate_stays_open_where_everything_is_explained(desk: "Desk") -> None:
    desk.run("sync")
    result = desk.run("reconcile", *MONTH, "--gate", "0")
    assert (result.exit_code, "not explained" in result.stdout) == (0, False)
    assert "figures that both have" in result.stdout


@pytest.mark.parametrize("gate", ["-1", "101", "few"])
def test_the_gate_is_a_percentage(known: "Desk", gate: str) -> None:
    result = known.run("reconcile", "--gate", gate)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--gate" in result.stderr


def test_a_period_without_solved_tickets_says_so_and_passes_the_gate(known: "Desk") -> None:
    result = known.run("reconcile", "--period", "2026-01", "--gate", "0")
    assert result.exit_code == 0
    assert "nothing to compare in 2026-01" in result.stdout


def test_before_the_first_pass_there_is_nothing_to_compare(two_desks: "Desk") -> None:
    """Of two accounts only one was pulled: the other one says what to do first."""
    two_desks.run("sync", "sao-hom")
    result = two_desks.run("reconcile", *MONTH)
    assert result.exit_code == 0
    assert "sao-mai: no data yet; run `helpdesk-kpi sync --dry-run` first" in result.stdout
    assert "sao-hom, 2026-11: " in result.stdout
    assert [each["connector"] for each in two_desks.told("reconcile")["reconciliations"]] == ["sao-hom"]


def test_it_needs_no_secret_and_asks_the_helpdesk_nothing(known: "Desk") -> None:
    before = len(known.sandbox.requests)
    assert known.run("reconcile").exit_code == 0
    assert len(known.sandbox.requests) == before
