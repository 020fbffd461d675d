"""One person on two helpdesks: figures over both, against a naive reduction of the exported credit lines."""

import json
import math
from collections.abc import Callable
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS

if TYPE_CHECKING:
    from conftest import Desk

    from connectors.sandbox import ZendeskSandbox

MONTH = ("--period", "2026-11")
Row = dict[str, Any]


@pytest.fixture
def joined_desk(two_desks: "Desk") -> "Desk":
    """Give two helpdesks, pulled, on which two agents have accounts: one by e-mail, one by the map."""
    first, second = two_desks.sandboxes.values()
    _email(first, 0, "an@acme.vn")
    _email(second, 1, "AN@acme.vn")
    _email(first, 1, "binh@acme.vn")
    _email(second, 0, "b@home.vn")
    accounts = {"sao-mai": _agent(first, 1), "sao-hom": _agent(second, 0)}
    own = [two_desks.account(name, sandbox) for name, sandbox in two_desks.sandboxes.items()]
    two_desks.configure(*own, agents=[{"name": "Bình", "accounts": accounts}])
    assert two_desks.run("sync", "--dry-run").exit_code == 0
    return two_desks


def _agent(sandbox: "ZendeskSandbox", number: int) -> str:
    return str(sandbox.state.account.agent_ids[number])


def _email(sandbox: "ZendeskSandbox", number: int, email: str) -> None:
    sandbox.state.users[sandbox.state.account.agent_ids[number]].email = email


def _percentile(values: list[int], share: float) -> float:
    ordered = sorted(values)
    rank = (len(ordered) - 1) * share
    low, high = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))


def _ratio(rows: list[Row]) -> float:
    return sum(row["numerator"] for row in rows) / sum(row["denominator"] for row in rows)


NAIVE: dict[str, Callable[[list[Row]], float]] = {
    "created": len,
    "solved": len,
    "first_reply": lambda rows: fmean(row["numerator"] for row in rows),
    "goals_met": _ratio,
    "satisfaction_rate": _ratio,
    "overdue_count": lambda rows: len({(row["account"], row["part"]) for row in rows}),
    "customers_served": lambda rows: len({(row["account"], row["part"]) for row in rows}),
    "backlog": len,
    "backlog_overlap": lambda rows: sum(row["numerator"] / row["denominator"] for row in rows),
}


def test_joined_figures_are_reduced_from_the_lines_of_both_accounts(joined_desk: "Desk") -> None:
    both, *_ = joined_desk.told("report", *MONTH)["reports"]
    assert (both["account"], both["state"]) == ("*", "provisional")
    asked = [option for key in NAIVE for option in ("--indicator", key)]
    rows = joined_desk.told("export", "--grain", "line", *asked, *MONTH)
    cards = {card["subject"]: card["indicators"] for card in both["scorecards"]}
    assert None in cards
    compared = 0
    for person, card in cards.items():
        mine = [row for row in rows if row["person"] == person]
        for key, reduce in NAIVE.items():
            lines = [row for row in mine if row["indicator"] == key]
            if lines:
                assert card[key]["value"] == pytest.approx(reduce(lines)), (person, key)
                compared += len({row["account"] for row in lines}) == 2
            if lines and key == "first_reply":
                assert card[key]["p90"] == pytest.approx(_percentile([row["numerator"] for row in lines], 0.9))
    assert compared >= 10
    whole = joined_desk.told("report", "--scope", "account", *MONTH)["reports"]
    n = [report["scorecards"][0]["indicators"]["solved"]["n"] for report in whole]
    assert n[0] == n[1] + n[2] == sum(card["solved"]["n"] for card in cards.values())


def test_a_person_is_found_by_any_account_and_explained_over_both(joined_desk: "Desk") -> None:
    first, second = joined_desk.sandboxes.values()
    key = f"sao-mai/{_agent(first, 0)}"
    for word in ("an@acme.vn", key, f"sao-hom/{_agent(second, 1)}"):
        told = joined_desk.told("explain", "created", "--agent", word, *MONTH)
        assert told["subject"] == key
    assert {line["account"] for line in told["lines"]} == {"sao-mai", "sao-hom"}
    assert told["figure"]["n"] == len(told["lines"])
    named = joined_desk.told("report", "--agent", "Bình", "--indicator", "solved", *MONTH)["reports"]
    assert named[0]["scorecards"][0]["subject"] == f"sao-mai/{_agent(first, 1)}"
    assert joined_desk.told("explain", "goals_met", "--agent", "an@acme.vn", *MONTH)["omitted"] is not None
    cells = joined_desk.told("export", "--grain", "cell", "--joined", "--indicator", "created", *MONTH)
    assert {row["account"] for row in cells} == {"*"}
    assert next(row["n"] for row in cells if row["subject"] == key) == told["figure"]["n"]
    assert joined_desk.run("export", "--grain", "line", "--joined").exit_code == 2


def test_groups_stay_teams_of_their_own_helpdesk_and_nothing_is_newer_than_the_oldest_data(joined_desk: "Desk") -> None:
    first, second = joined_desk.sandboxes.values()
    first.advance(86_400)
    first.state.create_ticket(priority="urgent", status="open", assignee_id=int(_agent(first, 0)))
    first.advance(120)
    joined_desk.run("sync", "--dry-run", "sao-mai")
    both, one, other = joined_desk.told("report", "--scope", "team", "--indicator", "created", *MONTH)["reports"]
    assert both["as_of"] == other["as_of"] < one["as_of"]
    groups = {f"group:sao-mai/{group}" for group in first.state.account.group_ids}
    groups |= {f"group:sao-hom/{group}" for group in second.state.account.group_ids}
    assert {card["subject"] for card in both["scorecards"]} - {None} <= groups
    counted = [sum(c["indicators"]["created"]["n"] for c in report["scorecards"]) for report in (both, one, other)]
    lines = joined_desk.told("explain", "created", "--account", "sao-mai", *MONTH)["lines"]
    newer = sum(line["at"] > both["as_of"] for line in lines)
    assert newer > 0
    assert counted[0] == counted[1] - newer + counted[2]
    assert "all accounts (sao-mai, sao-hom): data complete to" in joined_desk.run("report", *MONTH).stdout
    assert "all accounts (sao-mai, sao-hom): nothing to show" in joined_desk.run("report", "--period", "2020-01").stdout


def test_what_one_account_does_not_supply_is_said_beside_the_others_figure(two_desks: "Desk") -> None:
    two_desks.sandboxes["sao-hom"].features.discard("satisfaction")
    two_desks.run("sync", "--dry-run")
    both, one, other = two_desks.told("report", "--scope", "account", *MONTH)["reports"]
    assert both["partly"]["satisfaction_rate"] == ["sao-hom"]
    assert "satisfaction_rate" in other["missing"]
    rates = [report["scorecards"][0]["indicators"]["satisfaction_rate"] for report in (both, one)]
    assert rates[0] == rates[1]
    assert "without sao-hom, which supply no inputs for it" in two_desks.run("report", *MONTH).stdout
    assert set(INDICATORS) >= set(both["partly"])


def test_each_helpdesk_gets_the_persons_figures_over_both_where_that_is_asked_for(two_desks: "Desk") -> None:
    first, second = two_desks.sandboxes.values()
    _email(first, 0, "an@acme.vn")
    _email(second, 1, "an@acme.vn")
    weekly = {"scope": "agent", "period": "week", "group": "KPI"}
    push = {"agent_fields": ["solved"], "summaries": [weekly], "joined": True}
    accounts = [two_desks.account(name, sandbox, push=push) for name, sandbox in two_desks.sandboxes.items()]
    two_desks.configure(*accounts, privacy={"visible_to_all_agents": True})
    result = two_desks.run("sync", "--yes")
    assert result.exit_code == 0, result.output
    tickets: list[str] = []
    for sandbox, number in ((first, 0), (second, 1)):
        sandbox.advance(2 * 86_400)
        ticket = sandbox.state.create_ticket(priority="urgent", status="open", assignee_id=int(_agent(sandbox, number)))
        tickets.append(f"{sandbox.base_url}/agent/tickets/{ticket.id}")
        sandbox.advance(86_400)
        sandbox.state.comment(ticket.id, int(_agent(sandbox, number)), status="solved")
        sandbox.advance(7 * 86_400)
    for _ in range(2):  # whoever is pulled first still waits for the other
        assert two_desks.run("sync").exit_code == 0
    ended = two_desks.told("report", "--agent", "an@acme.vn", "--period", "2026-W48", "--indicator", "solved")[
        "reports"
    ]
    both, *alone = [report["scorecards"][0]["indicators"]["solved"]["value"] for report in ended]
    assert both == sum(alone) > max(alone)
    for name, sandbox, number in (("sao-mai", first, 0), ("sao-hom", second, 1)):
        agent = int(_agent(sandbox, number))
        assert list(sandbox.state.users[agent].user_fields.values()) == [f"{both:.0f}"]
        summaries = [
            each for each in sandbox.state.tickets.values() if (each.external_id or "").startswith("helpdesk-kpi")
        ]
        mine = [each.external_id for each in summaries if each.assignee_id == agent]
        (summary,) = [each for each in summaries if each.external_id == f"helpdesk-kpi:{name}:agent:{agent}:2026-W48"]
        shown = next(body for _, body in sandbox.state.comments_of(summary.id))
        assert [address for address in tickets if address not in shown] == []
        assert [each for each in mine if each.endswith("W48")] == [f"helpdesk-kpi:{name}:agent:{agent}:2026-W48"]


def test_figures_go_by_manager_country_and_tier_of_each_day_and_over_both_helpdesks(joined_desk: "Desk") -> None:
    first, second = joined_desk.sandboxes.values()
    _email(first, 2, "lan@acme.vn")
    group = first.state.groups[first.state.account.group_ids[0]].name
    rows = [
        ("an@acme.vn", "north", "lan@acme.vn", "VN", "1", "", "2026-11-18"),
        ("an@acme.vn", "south", "b@home.vn", "Lào", "2", "2026-11-19", ""),
        (f"sao-hom/{_agent(second, 2)}", "south", "b@home.vn", "", "", "", ""),
    ]
    header = "agent_ref,team,manager,country,tier,valid_from,valid_to\n"
    lines = "".join(",".join(row) + "\n" for row in rows)
    (joined_desk.folder / "org.csv").write_text(header + lines, encoding="utf-8")
    own = [joined_desk.account(name, sandbox) for name, sandbox in joined_desk.sandboxes.items()]
    mapped = {"name": "Bình", "accounts": {"sao-mai": _agent(first, 1), "sao-hom": _agent(second, 0)}}
    more: dict[str, Any] = {
        "inputs": {"org": "org.csv"},
        "teams": {"south": {"country": "KH"}, group.upper(): {"country": "TH"}},
    }
    agreed = {"scope": "country:lào", "window": "month", "owner": "Lan", "announced_on": "2026-10-01"}
    more["targets"] = [{"indicator": "goals_met", "value": "50 %", **agreed}]
    joined_desk.store.unlink()  # the first organization holds from the beginning
    joined_desk.configure(*own, agents=[mapped], **more)
    assert joined_desk.run("sync", "--dry-run").exit_code == 0
    lan, binh = f"sao-mai/{_agent(first, 2)}", f"sao-mai/{_agent(first, 1)}"
    asked = [option for key in NAIVE for option in ("--indicator", key)]
    exported = joined_desk.told("export", "--grain", "line", *asked, *MONTH)
    for scope, some in (("manager", {lan, binh}), ("country", {"VN", "Lào", "KH", "TH"}), ("tier", {"1", "2"})):
        both, *_ = joined_desk.told("report", "--scope", scope, *MONTH)["reports"]
        cards = {card["subject"]: card["indicators"] for card in both["scorecards"]}
        assert {*some, None} == set(cards), scope
        assert [each["subject"] for each in both["targets"]] == (["Lào"] if scope == "country" else [])
        for subject, card in cards.items():
            for key, reduce in NAIVE.items():
                if of_subject := [row for row in exported if (row[scope], row["indicator"]) == (subject, key)]:
                    assert card[key]["value"] == pytest.approx(reduce(of_subject)), (subject, key)
    both, *_ = joined_desk.told("report", "--manager", "Bình", "--indicator", "solved", *MONTH)["reports"]
    explained = joined_desk.told("explain", "solved", "--manager", "b@home.vn", *MONTH)
    assert (explained["subject"], explained["name"]) == (binh, "Bình")
    assert explained["figure"]["n"] == both["scorecards"][0]["indicators"]["solved"]["n"] == len(explained["lines"])
    assert {line["account"] for line in explained["lines"]} == {"sao-mai", "sao-hom"}
    there = joined_desk.told("explain", "goals_met", "--country", "lào", *MONTH)
    assert {line["agent"] for line in there["lines"]} <= {f"sao-mai/{_agent(first, 0)}", None}
    compared = joined_desk.told("compare", "goals_met", "--scope", "country", *MONTH)["comparisons"][0]
    assert {each["subject"] for each in compared["subjects"]} >= {"VN", "TH"}
    cells = joined_desk.told("export", "--grain", "cell", "--scope", "manager", "--joined", *MONTH)
    assert {row["name"] for row in cells} == {first.state.users[int(_agent(first, 2))].name, "Bình", "nobody"}
    assert joined_desk.run("report", "--manager", "nemo", *MONTH).exit_code == 2


def test_a_row_of_a_file_about_somebody_with_two_accounts_counts_once_where_they_are_joined(
    joined_desk: "Desk",
) -> None:
    """The whole of two helpdesks has each call once, though each helpdesk alone tells it of its own agent."""
    first, second = joined_desk.sandboxes.values()
    at = "2026-11-18 10:00"
    rows = [
        f"c-1,{at},inbound,an@acme.vn,answered,60",
        f"c-2,{at},inbound,an@acme.vn,missed,",
        f"c-3,{at},inbound,sao-hom/{_agent(second, 1)},answered,30",
        f"c-4,{at},inbound,{second.state.users[int(_agent(second, 2))].email},answered,90",
    ]
    text = "call_id,started_at,direction,agent_ref,outcome,talk_s\n" + "".join(f"{row}\n" for row in rows)
    (joined_desk.folder / "calls.csv").write_text(text, encoding="utf-8")
    assert joined_desk.run("import", "calls", "calls.csv").exit_code == 0
    asked = ("--indicator", "calls_handled", *MONTH)
    counted = [
        {card["subject"]: card["indicators"]["calls_handled"]["n"] for card in report["scorecards"]}
        for report in joined_desk.told("report", *asked)["reports"]
    ]
    assert counted[0][f"sao-mai/{_agent(first, 0)}"] == 2
    assert sorted(n for n in counted[0].values() if n) == [1, 2]
    assert counted[1][_agent(first, 0)] == counted[2][_agent(second, 1)] == 2
    told = joined_desk.told("explain", "missed_call_rate", "--agent", "an@acme.vn", *MONTH)
    assert (told["figure"]["numerator"], told["figure"]["denominator"]) == (1, 3)
    assert sorted(line["source"] for line in told["lines"]) == ["calls.csv:2", "calls.csv:3", "calls.csv:4"]
    whole = joined_desk.told("report", "--scope", "account", *asked)["reports"][0]
    assert whole["scorecards"][0]["indicators"]["calls_handled"]["n"] == 3


def test_a_row_that_names_neither_helpdesk_nor_agent_is_told_to_count_nowhere(two_desks: "Desk") -> None:
    _email(two_desks.sandboxes["sao-mai"], 0, "an@acme.vn")
    rows = [f"Google,2026-11-1{n} 10:00,{n},https://example.com/{n},,," for n in range(1, 3)]
    rows += ["Google,2026-11-13 10:00,5,https://example.com/3,,an@acme.vn,"]
    rows += ["Google,2026-11-14 10:00,5,https://example.com/4,,,sao-mai"]
    header = "site,posted_at,stars,url,ticket_ref,agent_ref,account"
    (two_desks.folder / "social.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    own = [two_desks.account(name, sandbox) for name, sandbox in two_desks.sandboxes.items()]
    two_desks.configure(*own, inputs={"social": {"path": "social.csv"}})
    assert "social.csv: 2 rows name neither a connector nor an agent" in two_desks.run("sync", "--dry-run").output
    found = json.loads(two_desks.run("import", "social", "social.csv", "--json").stdout)
    assert (found["same"], found["nowhere"]) == (4, {"rows": 2, "lines": [2, 3]})
    shown = two_desks.run("import", "social", "social.csv").stdout
    assert "2 rows name neither a connector nor an agent" in shown
    assert "lines 2, 3" in shown
    assert "import --account" in shown
    reports = two_desks.told("report", "--scope", "account", "--indicator", "social_reviews", *MONTH)["reports"]
    cards = {each["account"]: each["scorecards"] for each in reports}
    counted = {name: card[0]["indicators"]["social_reviews"]["value"] for name, card in cards.items() if card}
    assert counted == {"*": 2, "sao-mai": 2}

    told = [check for each in two_desks.told("check")["accounts"] for check in each["checks"]]
    (warned,) = [check for check in told if "social.csv" in check["subject"]]
    assert (warned["verdict"], "lines 2, 3" in warned["finding"]) == ("warning", True)
    assert "account" in warned["mend"]

    again = json.loads(two_desks.run("import", "social", "social.csv", "--account", "sao-hom", "--json").stdout)
    assert again["nowhere"] == {"rows": 0, "lines": []}
    assert "social.csv" not in two_desks.run("check").stdout
