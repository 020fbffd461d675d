from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Desk

    from connectors.sandbox import ZendeskSandbox

NOVEMBER = ("--period", "2026-11")


def compared(desk: "Desk", *arguments: str) -> dict[str, Any]:
    (document,) = desk.told("compare", *arguments)["comparisons"]
    return document


def test_teams_stand_side_by_side_raw_and_adjusted_by_name_and_not_by_rank(known: "Desk") -> None:
    document = compared(known, "goals_met", *NOVEMBER)
    names = [each["name"] for each in document["subjects"]]
    assert names == sorted(names, key=str.casefold)
    assert document["adjustment"]["method"] in {"direct", "indirect"}
    assert 0 < document["adjustment"]["covered"] <= 1
    fit = [each for each in document["subjects"] if each["compared"]]
    assert len(fit) > 1
    for each in fit:
        assert each["raw"]["low"] <= each["raw"]["value"] <= each["raw"]["high"]
        assert each["adjusted"]["low"] <= each["adjusted"]["value"] <= each["adjusted"]["high"]
        assert each["finding"] in {"better", "worse", "no_evidence"}
    shown = known.run("compare", "goals_met", *NOVEMBER)
    assert shown.exit_code == 0
    assert "all together: " in shown.stdout
    assert "stand out by chance alone" in shown.stdout


def test_the_figures_are_those_of_the_report(known: "Desk") -> None:
    (report,) = known.told("report", "--scope", "team", "--indicator", "first_reply", *NOVEMBER)["reports"]
    told = {card["subject"]: card["indicators"]["first_reply"] for card in report["scorecards"]}
    document = compared(known, "first_reply", *NOVEMBER)
    assert {each["subject"]: each["figure"] for each in document["subjects"]} == told
    assert all(
        each["raw"]["value"] == pytest.approx(told[each["subject"]]["value"])
        for each in document["subjects"]
        if each["compared"]
    )


def test_two_who_are_named_are_told_their_difference_and_where_it_comes_from(known: "Desk") -> None:
    teams = [each["name"] for each in compared(known, "goals_met", *NOVEMBER)["subjects"] if each["compared"]]
    only = ("--only", teams[1], "--only", teams[0])
    document = compared(known, "goals_met", *NOVEMBER, *only)
    second, first = ({each["name"]: each for each in document["subjects"]}[name] for name in teams[:2])
    found = document["difference"]
    assert found["difference"]["value"] == pytest.approx(second["raw"]["value"] - first["raw"]["value"])
    assert sum(found["parting"].values()) == pytest.approx(found["difference"]["value"])
    shown = known.run("compare", "goals_met", *NOVEMBER, *only).stdout
    assert f"{teams[0]} beside {teams[1]}:" in shown
    assert "on the same kinds of tickets" in shown


def test_two_periods_are_compared_subject_by_subject(known: "Desk") -> None:
    document = compared(known, "goals_met", "--scope", "account", "--period", "2026-W47", "--against", "previous")
    assert (document["period"], document["against"]) == ("2026-W47", "2026-W46")
    (whole,) = document["subjects"]
    change = whole["after"]["raw"]["value"] - whole["before"]["raw"]["value"]
    assert whole["difference"]["value"] == pytest.approx(change)
    assert sum(whole["parting"].values()) == pytest.approx(change)
    named = compared(known, "goals_met", "--scope", "account", "--period", "2026-W47", "--against", "2026-W46")
    assert named == document
    shown = known.run("compare", "goals_met", "--scope", "account", "--against", "previous").stdout
    assert "2026-W46 → 2026-W47" in shown
    assert "2026-W47 is not over in the data" in shown


def test_how_many_there_were_differs_as_a_fact(known: "Desk") -> None:
    document = compared(known, "created", "--scope", "account", "--against", "2026-W46")
    (whole,) = document["subjects"]
    assert whole["difference"] == {
        "value": whole["after"]["figure"]["value"] - whole["before"]["figure"]["value"],
        "low": None,
        "high": None,
    }
    assert whole["parting"] is None
    assert "cannot be told" not in known.run("compare", "created", "--against", "2026-W46").stdout
    shown = known.run("compare", "created", *NOVEMBER).stdout
    assert "cannot be adjusted" in shown


def test_too_little_data_is_compared_with_nothing(known: "Desk") -> None:
    document = compared(known, "satisfaction_rate", "--scope", "account", "--against", "2026-W46")
    assert (document["subjects"][0]["difference"], document["subjects"][0]["finding"]) == (None, "unknown")
    assert "fewer than two have enough data" in known.run("compare", "goals_met", "--scope", "account").stdout


def test_what_an_account_does_not_supply_cannot_be_compared(known: "Desk") -> None:
    assert "fields.complaint" in compared(known, "complaint_rate")["missing"]
    assert "fields.complaint" in known.run("compare", "complaint_rate").stdout


def test_a_mean_of_few_and_somebody_without_any_are_shown_without_a_verdict(known: "Desk") -> None:
    shown = known.run("compare", "first_reply", "--scope", "agent", *NOVEMBER).stdout
    assert "cannot be told" in shown
    quiet = ("--period", "2026-10-03", "--only", "web", "--only", "chat")
    web = compared(known, "first_reply", "--scope", "channel", *quiet)["subjects"][-1]
    assert (web["name"], web["figure"]["value"], web["raw"], web["adjusted"]) == ("web", None, None, None)


def test_before_any_data_and_with_wrong_names_the_way_on_is_told(desk: "Desk") -> None:
    assert "no data yet" in desk.run("compare", "created").stdout
    desk.run("sync", "--dry-run")
    assert desk.run("compare", "created", "--only", "no such team").exit_code == 2
    assert desk.run("compare", "created", "--against", "long ago").exit_code == 2
    assert desk.run("compare", "no_such_figure").exit_code == 2


def test_each_one_has_a_point_in_a_funnel_and_may_be_drawn_to_the_whole(known: "Desk") -> None:
    document = compared(known, "goals_met", *NOVEMBER, "--shrink")
    fit = [each for each in document["subjects"] if each["compared"]]
    for each in fit:
        low, high = each["funnel"]["limits_95"]
        assert each["funnel"]["n"] == each["figure"]["denominator"]
        assert each["funnel"]["limits_99_8"][0] <= low <= high <= each["funnel"]["limits_99_8"][1]
        assert each["shrunk"]["low"] <= each["shrunk"]["value"] <= each["shrunk"]["high"]
    assert "shrunk" not in compared(known, "goals_met", *NOVEMBER)["subjects"][0]
    assert "Drawn to the whole" in known.run("compare", "goals_met", *NOVEMBER, "--shrink").stdout
    few = compared(known, "goals_met", *NOVEMBER, "--shrink", "--only", fit[0]["name"])
    assert (few["subjects"][0]["funnel"], few["subjects"][0]["shrunk"]) == (None, None)


def test_nobody_has_a_place_unless_ranking_is_allowed(desk: "Desk") -> None:
    desk.run("sync", "--dry-run")
    refused = desk.run("compare", "goals_met", "--scope", "agent", "--places")
    assert (refused.exit_code, "privacy.ranking is off" in refused.stderr) == (2, True)
    privacy = {"ranking": "lead", "individual": "all"}
    desk.configure(desk.account("sao-mai", desk.sandbox), privacy=privacy, indicators={"goals_met": {"min_n": 2}})
    document = compared(desk, "goals_met", "--scope", "agent", *NOVEMBER, "--places")
    placed = [each["places"] for each in document["subjects"] if each["places"]]
    assert len(placed) > 1
    assert all(1 <= first <= last <= len(placed) for first, last in placed)
    assert "Place" in desk.run("compare", "goals_met", "--scope", "agent", *NOVEMBER, "--places").stdout
    no_lead = desk.run("compare", "goals_met", "--scope", "agent", "--places", "--as", "an@sao-mai.example")
    assert no_lead.exit_code == 2


def test_managers_and_countries_are_compared_like_with_like(
    empty_desk: "Desk", simulated: "Callable[..., ZendeskSandbox]", monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = simulated(tickets=80, days=14)
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    ids, users = sandbox.state.account.agent_ids, sandbox.state.users
    agents = [
        {"name": f"Agent {place}", "accounts": {"sao-mai": str(each)}, "team": ("north", "south")[place % 2]}
        for place, each in enumerate(ids[:6])
    ]
    teams = {
        "north": {"manager": users[ids[0]].email, "country": "VN"},
        "south": {"manager": users[ids[1]].email, "country": "LA"},
    }
    empty_desk.configure(empty_desk.account("sao-mai", sandbox), agents=agents, teams=teams)
    assert empty_desk.run("sync", "--dry-run").exit_code == 0
    for scope, names in (("manager", {"Agent 0", "Agent 1"}), ("country", {"VN", "LA"})):
        (report,) = empty_desk.told("report", "--scope", scope, "--indicator", "goals_met", *NOVEMBER)["reports"]
        told = {card["subject"]: card["indicators"]["goals_met"] for card in report["scorecards"]}
        document = compared(empty_desk, "goals_met", "--scope", scope, *NOVEMBER)
        fit = [each for each in document["subjects"] if each["name"] in names]
        assert [each["compared"] for each in fit] == [True, True]
        assert {each["subject"]: each["figure"] for each in document["subjects"]} == told
        for each in fit:
            assert each["adjusted"]["low"] <= each["adjusted"]["value"] <= each["adjusted"]["high"]
        only = [word for name in sorted(names) for word in ("--only", name)]
        two = compared(empty_desk, "goals_met", "--scope", scope, *NOVEMBER, *only)["difference"]
        assert sum(two["parting"].values()) == pytest.approx(two["difference"]["value"])


def test_scores_are_compared_within_one_scale_and_amounts_within_one_currency(known_apart: "Desk") -> None:
    """An and Bình are rated on 1 to 5, An better; what An was told before on another scale does not count."""
    account = known_apart.sandbox.state.account
    an, binh = map(str, account.agent_ids[:2])
    rows = [
        f"n-{n},csat,satisfaction,{4 + n % 2},1,5,2026-11-1{n % 8} 09:00,2026-11-1{n % 8} 10:00,{an},{n + 1},KH-1"
        for n in range(40)
    ]
    rows += [
        f"b-{n},csat,satisfaction,{2 + n % 2},1,5,2026-11-1{n % 8} 09:00,2026-11-1{n % 8} 11:00,{binh},{n + 1},KH-1"
        for n in range(40)
    ]
    rows += [f"o-{n},csat,satisfaction,1,0,10,2026-11-03 09:00,2026-11-03 10:00,{an},{n + 1},KH-1" for n in range(12)]
    head = "response_id,instrument,item,score,scale_min,scale_max,sent_at,answered_at,agent_ref,ticket_ref,customer_ref"
    (known_apart.folder / "surveys.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    assert known_apart.run("import", "surveys", "surveys.csv").exit_code == 0
    document = compared(known_apart, "survey_satisfaction_mean", "--scope", "agent", *NOVEMBER)
    assert (document["series"], document["others"]) == ("1-5", 12)
    found = {each["subject"]: each for each in document["subjects"]}
    assert (found[an]["raw"]["value"], found[binh]["raw"]["value"]) == (4.5, 2.5)
    spread = (40 * 0.25 / 39) ** 0.5
    assert found[an]["raw"]["low"] == pytest.approx(4.5 - 1.959964 * spread / 40**0.5, abs=1e-6)
    assert (found[an]["finding"], found[binh]["finding"]) == ("better", "worse")
    assert document["difference"]["difference"]["value"] == pytest.approx(-2)
    earlier = compared(known_apart, "survey_satisfaction_mean", "--scope", "agent", *NOVEMBER, "--against", "previous")
    assert {each["before"]["figure"]["value"] for each in earlier["subjects"]} == {None}

    costs = [f"2026-W46,agent,{an},salary,{n},VND" for n in (100, 200)] + [f"2026-W46,agent,{binh},salary,50,VND"]
    costs += [f"2026-W46,agent,{binh},rent,7,USD", f"2026-W46,agent,{binh},tools,7,USD"]
    costs[1] = costs[1].replace("salary", "rent")
    head = "period,scope,subject,cost_type,amount,currency"
    (known_apart.folder / "costs.csv").write_text("\n".join([head, *costs]), encoding="utf-8")
    assert known_apart.run("import", "costs", "costs.csv").exit_code == 0
    money = compared(known_apart, "support_cost", "--scope", "agent", "--period", "2026-W46")
    assert (money["series"], money["others"]) == ("VND", 2)
    values = {each["subject"]: each["figure"]["value"] for each in money["subjects"] if each["figure"]["value"]}
    assert values == {an: 300, binh: 50}, "Bình has more amounts in dollars, and is compared in dong"
    shown = known_apart.run("compare", "support_cost", "--scope", "agent", "--period", "2026-W46").stdout
    assert "compared within one scale or currency, VND; left out, because in another: 2 values" in " ".join(
        shown.split()
    )
