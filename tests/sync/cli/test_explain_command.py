import re
from typing import TYPE_CHECKING, Any

import pytest

from sync.naming import unaccented

if TYPE_CHECKING:
    from conftest import Desk

MONTH = ("--period", "2026-11")


def explained(desk: "Desk", indicator: str, *options: str) -> Any:  # noqa: ANN401 -- JSON
    """Return the JSON explanation of a figure of November."""
    return desk.told("explain", indicator, *options, *MONTH)


def agent(desk: "Desk", number: int) -> str:
    """Return an agent's id."""
    return str(desk.sandbox.state.account.agent_ids[number])


@pytest.mark.parametrize("indicator", ["created", "backlog", "first_reply", "full_resolution_calendar", "goals_met"])
@pytest.mark.parametrize("scope", ["agent", "team", "account", "channel", "priority"])
def test_a_figure_is_the_sum_of_its_lines_and_the_one_reported(known: "Desk", indicator: str, scope: str) -> None:
    (report,) = known.told("report", "--scope", scope, *MONTH)["reports"]
    most = max(
        (card for card in report["scorecards"] if card["subject"] is not None),
        key=lambda card: card["indicators"][indicator]["n"],
    )
    whose = [] if scope == "account" else [f"--{scope}", most["subject"]]
    document = explained(known, indicator, *whose)
    figure, lines = document["figure"], document["lines"]
    assert figure == most["indicators"][indicator]
    assert (document["scope"], document["subject"], document["name"]) == (scope, most["subject"], most["name"])
    assert figure["n"] == len(lines) > 0
    assert figure["numerator"] == sum(line["numerator"] for line in lines)
    assert figure["denominator"] == sum(line["denominator"] for line in lines)


def test_an_explanation_tells_formula_stamp_credit_and_every_ticket(known: "Desk") -> None:
    document = explained(known, "overdue_count")
    result = known.run("explain", "overdue_count", *MONTH)
    assert (result.exit_code, result.stderr) == (0, "")
    n = document["figure"]["n"]
    assert result.stdout.startswith(f"Overdue requests of sao-mai in 2026-11: {n}\n")
    assert f"What it is: {document['formula']}" in result.stdout
    assert "Counted in the period of: " in result.stdout
    assert "Credited to: " in result.stdout
    assert "Data complete to 2026-11-21 11:5" in result.stdout
    for line in document["lines"]:
        assert line["url"] == f"{known.sandbox.base_url}/agent/tickets/{line['ticket_id']}"
        assert line["url"] in result.stdout
    assert set(document["lines"][0]) == {
        *("ticket_id", "observation_id", "source", "account", "url", "at", "part", "agent", "team"),
        *("numerator", "denominator", "certainty", "edition"),
    }


def test_what_was_left_out_and_the_parameters_in_force_are_told(known: "Desk") -> None:
    document = explained(known, "first_contact_resolution")
    assert document["omitted"]
    assert {each["reason"] for each in document["omitted"]} <= {
        "window_open",
        "not_solved",
        "reopened",
        "before_history",
    }
    assert document["parameters"]["window"] == 7 * 86_400
    shown = known.run("explain", "first_contact_resolution", *MONTH).stdout
    assert "Parameters in force: window: 168 hr" in shown
    assert "it is not solved" in shown
    figure = document["figure"]
    assert f"Numerator {figure['numerator']}, denominator {figure['denominator']}" in shown


def test_what_counts_nowhere_is_listed_for_the_account_and_counted_for_anybody_else(known: "Desk") -> None:
    excluded = explained(known, "created")["excluded"]
    assert excluded
    whole = known.run("explain", "created", *MONTH).stdout
    assert all(each["url"] in whole for each in excluded)
    one = known.run("explain", "created", "--priority", "normal", *MONTH).stdout
    assert "Tickets of the whole account that count nowhere: " in one
    assert not any(each["url"] + " " in one for each in excluded)


def test_lengths_of_time_and_shares_are_put_into_words(known: "Desk") -> None:
    times = known.run("explain", "first_reply", *MONTH).stdout
    assert re.search(r"median .+, 9 of 10 within .+; n = \d+", times)
    share = known.run("explain", "satisfaction_rate", *MONTH).stdout
    assert re.search(r"Satisf.+: \d+(\.\d)?%\n\d+(\.\d)?% – \d+(\.\d)?%; n = \d+", share)
    assert " 1/1 " in share


def test_an_agent_is_found_by_id_name_and_e_mail_however_written(known: "Desk") -> None:
    wanted = agent(known, 1)
    person = known.sandbox.state.users[int(wanted)]
    ways = [wanted, person.name, person.name.upper(), unaccented(person.name), "hai.nguyen@sao-mai.EXAMPLE"]
    assert {explained(known, "created", "--agent", way)["subject"] for way in ways} == {wanted}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Trùng Tên", "2 agents are called Trùng Tên; give the id or the e-mail"),
        ("Nobody", "no agent is called Nobody; `report` lists them"),
    ],
)
def test_an_agent_who_is_nobody_or_several_is_a_usage_error(known: "Desk", name: str, told: str) -> None:
    result = known.run("explain", "created", "--agent", name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_team_is_a_group_or_a_configured_one(known: "Desk") -> None:
    group = known.sandbox.state.account.group_ids[0]
    for way in ("Hỗ trợ", "hỗ TRỢ", f"group:{group}"):
        document = explained(known, "created", "--team", way)
        assert (document["subject"], document["name"]) == (f"group:{group}", "Hỗ trợ")
    document = explained(known, "solved", "--team", "tuyến một")
    assert (document["scope"], document["subject"], document["name"]) == ("team", "Tuyến một", "Tuyến một")
    assert {line["agent"] for line in document["lines"]} == {agent(known, 1)}


def test_an_unknown_team_is_a_usage_error_that_lists_those_there_are(known: "Desk") -> None:
    result = known.run("explain", "created", "--team", "Hotline")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no team is called Hotline; there are: " in result.stderr
    assert "Hỗ trợ" in result.stderr
    assert "Tuyến một" in result.stderr


def test_agent_and_team_exclude_each_other(known: "Desk") -> None:
    result = known.run("explain", "created", "--team", "Hỗ trợ", "--agent", agent(known, 1))
    assert result.exit_code == 2
    assert "either --agent or --team" in result.stderr
    assert "either --team or --segment" in known.run("report", "--segment", "vip", "--team", "x").stderr


def test_an_unknown_indicator_is_a_usage_error_that_says_where_keys_are_listed(known: "Desk") -> None:
    result = known.run("explain", "happiness")
    assert result.exit_code == 2
    assert "no indicator has the key happiness; docs/indicators.md lists them" in " ".join(result.stderr.split())
    assert "did you mean scorecard?" in known.run("explain", "scorecrad").stderr


def test_a_figure_without_lines_is_a_dash_and_not_a_zero(known: "Desk") -> None:
    result = known.run("explain", "first_reply", "--period", "2020-01")
    assert result.stdout.startswith("First reply time of sao-mai in 2020-01: –\n")
    assert "rules –" in result.stdout
    document = known.told("explain", "created", "--period", "2020-01")
    assert (document["figure"]["value"], document["lines"]) == (0, [])


def test_a_figure_on_too_little_data_is_no_verdict(known: "Desk") -> None:
    (report,) = known.told("report", *MONTH)["reports"]
    few = next(c for c in report["scorecards"] if 0 < c["indicators"]["satisfaction_rate"]["n"] < 10)
    n = few["indicators"]["satisfaction_rate"]["n"]
    shown = known.run("explain", "satisfaction_rate", "--agent", few["subject"], *MONTH).stdout
    assert f"not enough data yet ({n} of 10)" in shown
    assert "%" not in shown.splitlines()[0]


def test_no_name_can_forge_a_line(known: "Desk") -> None:
    shown = known.run("explain", "created", "--agent", agent(known, 0), *MONTH).stdout
    assert "of Dư [31mđỏ okay sao-mai forged in 2026-11: " in shown.splitlines()[0]
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


def test_before_any_data_the_way_to_get_some_is_told(desk: "Desk") -> None:
    result = desk.run("explain", "created")
    assert (result.exit_code, result.stdout) == (
        0,
        "sao-mai: no data yet; run `helpdesk-kpi sync --dry-run` first\n",
    )
    assert desk.told("explain", "created") == {}


def test_what_the_account_does_not_supply_is_said(desk: "Desk") -> None:
    desk.sandbox.features.discard("satisfaction")
    desk.run("sync")
    assert "this account supplies no " in desk.told("explain", "satisfaction_rate")["missing"]
    assert "this account supplies no " in desk.run("explain", "satisfaction_rate").stdout.splitlines()[0]


def test_of_several_accounts_those_with_data_are_explained_together_or_the_one_named(two_desks: "Desk") -> None:
    result = two_desks.run("explain", "created")
    assert (result.exit_code, result.stdout.count("no data yet")) == (0, 2)
    two_desks.run("sync", "sao-hom")
    assert two_desks.told("explain", "created")["subject"] == "sao-hom"
    two_desks.run("sync", "sao-mai")
    together = two_desks.told("explain", "created", "--period", "2026-11")
    alone = [two_desks.told("explain", "created", "--account", a, "--period", "2026-11") for a in two_desks.sandboxes]
    assert (together["subject"], together["name"]) == ("*", "all accounts")
    assert together["figure"]["n"] == sum(each["figure"]["n"] for each in alone)
    assert {line["url"] for line in together["lines"]} == {line["url"] for each in alone for line in each["lines"]}
    assert two_desks.run("explain", "created", "--account", "nemo").exit_code == 2


@pytest.mark.parametrize("scope", ["agent", "team"])
def test_every_row_of_a_report_can_be_explained(known: "Desk", scope: str) -> None:
    """Also that of nobody, and of somebody who is no agent any more."""
    (report,) = known.told("report", "--scope", scope, *MONTH)["reports"]
    subjects = {card["subject"]: card["indicators"]["created"] for card in report["scorecards"]}
    if scope == "agent":
        downgraded = [
            each for each in subjects if each is not None and known.sandbox.state.users[int(each)].role == "end-user"
        ]
        assert downgraded
        assert None in subjects
    for subject, figure in subjects.items():
        document = explained(known, "created", f"--{scope}", subject or "nobody")
        assert (document["subject"], document["figure"]) == (subject, figure)


@pytest.mark.parametrize("indicator", ["created", "satisfaction_rate"])
@pytest.mark.parametrize(
    ("option", "name", "meant"),
    [
        ("--channel", "mial", "did you mean mail?"),
        ("--priority", "urgnt", "did you mean urgent?"),
        ("--segment", "vip", "there are: –"),
        ("--agent", "Nemo", "no agent is called Nemo"),
        ("--team", "Nemo", "no team is called Nemo"),
        ("--manager", "Nemo", "no agent is called Nemo"),
        ("--country", "Nemo", "nothing is called Nemo"),
        ("--tier", "Nemo", "nothing is called Nemo"),
    ],
)
def test_a_name_that_nothing_has_is_refused_and_no_figure_of_nothing(
    known: "Desk", indicator: str, option: str, name: str, meant: str
) -> None:
    result = known.run("explain", indicator, option, name, *MONTH)
    assert (result.exit_code, result.stdout) == (2, "")
    assert meant in result.stderr


def test_a_word_that_tickets_bear_has_a_figure_in_a_quiet_period_too(known: "Desk") -> None:
    document = known.told("explain", "created", "--channel", "mail", "--period", "2026-11-21")
    quiet = known.told("explain", "created", "--channel", "mail", "--period", "2026-10-01")
    assert (document["scope"], quiet["figure"]["value"]) == ("channel", 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("explain", "created", "--by", "week", *MONTH), "--by week beside --period 2026-11, which is a month"),
        (("report", "--by", "quarter", "--period", "2026-W47"), "--by quarter beside --period 2026-W47"),
        (("export", "--by", "day", *MONTH), "--by day beside --period 2026-11"),
        (("compare", "created", "--by", "day", *MONTH), "--by day beside --period 2026-11"),
        (("report", "--scope", "team", "--agent", "Nemo"), "say either --scope team or --agent"),
        (("export", "--scope", "team"), "--scope goes with --grain cell, --grain scorecard"),
        (("explain", "scorecard", "--team", "Nemo"), "no team is called Nemo"),
        (("explain", "scorecard", "--agent", "Nemo"), "no agent is called Nemo"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(known: "Desk", arguments: tuple[str, ...], told: str) -> None:
    result = known.run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_an_option_that_says_the_same_again_is_taken(known: "Desk") -> None:
    for more in (("--by", "month"), ("--by", "month", "--scope", "team")):
        assert known.run("report", *MONTH, *more).exit_code == 0
    named = agent(known, 0)
    assert known.told("report", "--scope", "agent", "--agent", named)["reports"][0]["scorecards"][0]["subject"] == named


def test_a_figure_of_what_is_overdue_tells_whom_its_escalations_were_for_and_how_many_more_there_are(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three tickets wait too long: a note is written on each, for the lead and the manager, whom nobody is."""
    clock = {"id": "first_reply", "goal": {"any": "1h"}, "time": "calendar", "stop": ["agent_public_reply"]}
    step = {"level": 1, "notify": ["team_lead", "manager"], "note": True}
    policies = {"policies": [{"id": "all", "clocks": [clock]}], "escalations": [
        {"on": {"clock": "first_reply"}, "steps": [step]}]}  # fmt: skip
    push = {"ticket_fields": [], "escalations": {"allow": ["note"]}}
    state = desk.sandbox.state
    group = state.account.group_ids[0]
    teams = {state.groups[group].name: {"lead": state.users[state.account.agent_ids[1]].email}}
    desk.configure(desk.account("sao-mai", desk.sandbox, push=push), policies=policies, teams=teams)
    assert desk.run("sync", "--yes").exit_code == 0
    agent = state.account.agent_ids[0]
    late = [
        state.create_ticket(priority="normal", status="open", assignee_id=agent, group_id=group).id for _ in range(3)
    ]
    desk.sandbox.advance(2 * 3600)
    assert desk.run("sync", "--yes").exit_code == 0
    monkeypatch.setattr("sync.cli.explain_command._LISTED", 2)
    asked = ("explain", "overdue_count", "--by", "week", "--agent", str(agent))
    shown, told = desk.run(*asked).stdout, desk.told(*asked)
    steps = [each for each in told["escalations"] if int(each["ticket_id"]) in late]
    assert [(each["level"], each["state"], each["stands"]) for each in steps] == [(1, "delivered", True)] * 3
    assert [[who["asked"] for who in each["recipients"]] for each in steps] == [["team_lead", "manager"]] * 3
    assert steps[0]["recipients"][0]["person"] == state.users[state.account.agent_ids[1]].name
    more = len(told["escalations"]) - 2
    assert shown.count("escalation level 1") == 2
    assert "on the ticket: delivered" in shown
    assert f"{more} more escalations; --json lists all" in shown
    assert desk.told("explain", "created", "--by", "week")["escalations"] == []
