from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Desk

AGREED = {"window": "week", "owner": "Lan", "announced_on": "2026-10-01"}
TEAM = {**AGREED, "scope": "team"}


def aimed(desk: "Desk", *targets: dict[str, Any]) -> None:
    desk.configure(desk.account("sao-mai", desk.sandbox), targets=list(targets))
    desk.run("sync", "--dry-run")


def told(desk: "Desk", *arguments: str) -> list[dict[str, Any]]:
    (report,) = desk.told("report", *arguments)["reports"]
    targets: list[dict[str, Any]] = report["targets"]
    return targets


def test_each_figure_stands_beside_its_target_and_is_that_of_the_report(desk: "Desk") -> None:
    aimed(desk, {**TEAM, "indicator": "full_resolution", "value": "2h"})
    (report,) = desk.told("report", "--scope", "team")["reports"]
    figures = {card["subject"]: card["indicators"]["full_resolution"] for card in report["scorecards"]}
    assert figures
    assert {each["subject"]: each["figure"] for each in report["targets"]} == {
        subject: figure["value"] for subject, figure in figures.items() if subject is not None
    }
    for each in report["targets"]:
        if each["figure"] is not None:
            assert each["met"] == (each["figure"] <= 7200)
            assert each["attained"] == pytest.approx(min(1.2, 7200 / each["figure"]))
    shown = desk.run("report", "--scope", "team").stdout
    assert "Targets" in shown
    assert "2 hr" in shown
    assert "met so far" in shown
    assert "they show with: --scope team --by week" in " ".join(desk.run("report", "--scope", "agent").stdout.split())
    assert told(desk, "--scope", "agent") == told(desk, "--scope", "team", "--by", "month") == []
    assert told(desk, "--scope", "team", "--indicator", "created") == []


def test_a_count_of_none_attains_its_target_too(desk: "Desk") -> None:
    aimed(desk, {**TEAM, "indicator": "overdue_count", "value": 0}, {**TEAM, "indicator": "reopens", "value": 100})
    (report,) = desk.told("report", "--scope", "team")["reports"]
    counts = {card["subject"]: card["indicators"]["reopens"]["value"] for card in report["scorecards"]}
    assert 0 in counts.values()
    reopens = {each["subject"]: each["attained"] for each in report["targets"] if each["indicator"] == "reopens"}
    assert reopens == {subject: pytest.approx(1.2) for subject, n in counts.items() if subject and n < 83}


def test_one_who_is_named_has_a_target_of_his_own(desk: "Desk") -> None:
    (report,) = desk.told("report")["reports"] or [None]
    assert report is None
    everybody = {**AGREED, "scope": "agent", "indicator": "full_resolution", "value": "2h"}
    aimed(desk, everybody, {**everybody, "scope": "agent:an@sao-mai.example", "value": "1h"})
    found = {each["name"]: each["value"] for each in told(desk)}
    assert found.pop("Nguyễn Văn An") == 3600
    assert set(found.values()) == {7200}


def test_a_change_is_measured_against_the_window_before_of_the_same_tickets(desk: "Desk") -> None:
    days = ("2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20")
    change = {**TEAM, "scope": "account", "kind": "rel_change", "value": "10 %", "baseline": days[3]}
    wide = {**change, "indicator": "solved", "window": "day"}
    aimed(desk, wide)
    counts = {day: by_channel(desk, day) for day in days}
    (one,) = told(desk, "--scope", "account", "--period", days[4])
    assert (one["figure"], one["baseline"]) == (sum(counts[days[4]].values()), sum(counts[days[3]].values()))
    assert one["required"] == pytest.approx(one["baseline"] * 1.1)
    shown = desk.run("report", "--scope", "account", "--period", days[4]).stdout
    assert "(10%)" in shown
    # No benchmark is recorded, so it stands beside its own last three days as they are stored.
    before = sorted(sum(counts[day].values()) for day in days[1:4])
    own = one["beside"]
    assert (own["origin"], own["value"], own["low"], own["high"]) == ("before", before[1], before[0], before[2])
    assert (own["n"], own["source"]) == (sum(before), days[3])
    assert "own figures of the three periods before" in " ".join(shown.split())


def test_calls_attain_what_was_agreed_for_them(desk: "Desk") -> None:
    """An took eight calls of ten that were agreed; Bình none."""
    goal = {**AGREED, "scope": "agent", "indicator": "calls_handled", "value": 10}
    aimed(desk, goal)
    an = desk.sandbox.state.account.agent_ids[0]
    rows = [f"c-{n},2026-11-17 10:0{n},outbound,{an},60,answered" for n in range(8)]
    head = "call_id,started_at,direction,agent_ref,talk_s,outcome"
    (desk.folder / "calls.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    assert desk.run("import", "calls", "calls.csv").exit_code == 0
    found = {each["subject"]: each for each in told(desk, "--period", "2026-W47")}
    assert (found[str(an)]["figure"], found[str(an)]["attained"], found[str(an)]["met"]) == (8, 0.8, False)
    assert {each["attained"] for subject, each in found.items() if subject != str(an)} == {0}


def by_channel(desk: "Desk", day: str) -> dict[str, float]:
    arguments = ("--scope", "channel", "--period", day, "--indicator", "solved", "--no-trend")
    (report,) = desk.told("report", *arguments)["reports"]
    return {card["subject"]: card["indicators"]["solved"]["value"] for card in report["scorecards"]}


def test_a_window_of_several_days_and_one_channel_counts_just_these(desk: "Desk") -> None:
    goal = {**TEAM, "scope": "account", "indicator": "solved", "value": 3, "window": "5 days"}
    channels = sorted({ticket.channel for ticket in desk.sandbox.state.tickets.values()})
    aimed(desk, *({**goal, "only": {"channel": channel}} for channel in channels))
    days = ("2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20")
    counts = [by_channel(desk, day) for day in days]
    found = {each["only"]["channel"]: each for each in told(desk, "--scope", "account", "--period", days[4])}
    assert {each["stretch"] for each in found.values()} == {"2026-11-16…2026-11-20"}
    assert {channel: each["figure"] for channel, each in found.items()} == {
        channel: sum(day.get(channel, 0) for day in counts) for channel in found
    }
    assert sum(each["figure"] for each in found.values()) > 0


def test_a_baseline_from_before_the_history_is_not_known(desk: "Desk") -> None:
    change = {**TEAM, "scope": "account", "kind": "rel_change", "value": "-10 %", "baseline": "2020-Q2"}
    aimed(desk, {**change, "indicator": "full_resolution"})
    (each,) = told(desk, "--scope", "account")
    assert (each["baseline"], each["required"], each["met"]) == (None, None, None)
    assert "what it is measured against is not known" in desk.run("report", "--scope", "account").stdout


def test_nobody_is_judged_by_what_was_not_announced_before(desk: "Desk") -> None:
    late = {**TEAM, "indicator": "overdue_count", "value": 3, "announced_on": "2026-11-20"}
    aimed(desk, late)
    assert {(each["met"], each["attained"], each["evident"]) for each in told(desk, "--scope", "team")} == {
        (None, None, False)
    }
    assert "it judges nobody" in desk.run("report", "--scope", "team").stdout


def test_why_no_target_and_no_scorecard_shows_is_said(desk: "Desk") -> None:
    desk.run("sync", "--dry-run")
    weekly = {**TEAM, "indicator": "overdue_count", "value": 3}
    unannounced = {key: value for key, value in weekly.items() if key != "announced_on"}
    card = {"blocks": {"speed": {"weight": 1, "indicators": {"overdue_count": 1}}}}
    desk.configure(desk.account("sao-mai", desk.sandbox), targets=[weekly], scorecards={"agent": card})
    desk.run("sync", "--dry-run")

    def said(*words: str) -> str:
        return " ".join(desk.run(*words).stdout.split())

    late = "1 targets, none in force when 2026-W47 began; the first window they judge begins 2026-11-23"
    assert late in said("report", "--scope", "team")
    team = desk.told("report", "--scope", "team")["reports"][0]["scorecards"][0]["name"]
    why = said("explain", "scorecard", "--team", team)
    assert "has no scorecard in 2026-W47" in why
    assert "they judge only periods that begin later" in why
    assert "targets, none" not in said("report", "--scope", "team", "--indicator", "created")
    desk.configure(desk.account("sao-mai", desk.sandbox), targets=[unannounced])
    desk.run("sync", "--dry-run")
    assert "none was announced (`announced_on`)" in said("report", "--scope", "team")


def test_a_window_is_judged_by_the_targets_in_force_when_it_began(desk: "Desk") -> None:
    aimed(desk, {**TEAM, "indicator": "overdue_count", "value": 3})
    aimed(desk, {**TEAM, "indicator": "overdue_count", "value": 30})
    assert {each["value"] for each in told(desk, "--scope", "team")} == {3}
    assert {each["value"] for each in told(desk, "--scope", "team", "--period", "2026-W47")} == {3}


def test_what_a_target_lacks_is_said_by_check(desk: "Desk") -> None:
    bare = {"indicator": "overdue_count", "scope": "team", "window": "week", "owner": "Lan", "value": 3}
    aimed(desk, bare, {**bare, "scope": "account", "benchmark": "own 2025", "agreed_on": "2026-10-01", **AGREED})
    shown = desk.run("check").stdout
    assert "the target for overdue_count (team) was never announced" in shown
    assert "does not say when it was agreed" in shown
    assert "has no benchmark" in shown
    assert "(account)" not in shown
