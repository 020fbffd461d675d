import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

FIGURE = {
    *("value", "n", "numerator", "denominator", "median", "p90", "low", "high"),
    *("enough", "min_n", "approximate", "approximated", "editions", "series", "others", "parts", "strays"),
}
DAY = 86_400
NOVEMBER = ("--period", "2026-11")


@pytest.mark.parametrize("scope", ["agent", "team", "account", "channel", "priority", "segment"])
@pytest.mark.parametrize(("by", "label"), [("day", "2026-11-21"), ("week", "2026-W47"), ("month", "2026-11")])
def test_scorecards_of_whoever_is_asked_for_in_the_period_the_data_has_reached(
    known: "Desk", scope: str, by: str, label: str
) -> None:
    (report,) = known.told("report", "--scope", scope, "--by", by)["reports"]
    assert (report["account"], report["scope"], report["period"]) == ("sao-mai", scope, label)
    assert report["start"] < report["as_of"] < report["end"]
    assert report["scorecards"]
    assert all(set(figure) == FIGURE for card in report["scorecards"] for figure in card["indicators"].values())
    shown = known.run("report", "--scope", scope, "--by", by)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert f"Scorecards {label}" in shown.stdout
    assert f"{label} is provisional" in shown.stdout
    assert report["state"] == "provisional"
    assert "data complete to 2026-11-21 11:5" in shown.stdout
    assert "time zone Asia/Ho_Chi_Minh" in shown.stdout


def test_without_options_the_agents_week_is_shown(known: "Desk") -> None:
    (report,) = known.told("report")["reports"]
    assert (report["scope"], report["period"], report["end"] - report["start"]) == ("agent", "2026-W47", 7 * DAY)


@pytest.mark.parametrize(
    ("named", "days"), [("2026-11-20", 1), ("2026-W46", 7), ("2026-10", 31), ("2026-Q4", 92), (" 2026-w46", 7)]
)
def test_a_period_may_be_named(known: "Desk", named: str, days: int) -> None:
    (report,) = known.told("report", "--period", named)["reports"]
    assert report["period"] == named.strip().upper()
    assert report["end"] - report["start"] == days * DAY


@pytest.mark.parametrize("command", [["report"], ["explain", "created"]])
@pytest.mark.parametrize("named", ["last week", "2026-13", "2026-W54", ""])
def test_a_period_that_is_none_is_a_usage_error_with_examples(known: "Desk", command: list[str], named: str) -> None:
    result = known.run(*command, "--period", named)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"“{named}” is not a period" in result.stderr
    assert "2026-W47" in result.stderr


def test_the_parts_make_the_whole(known: "Desk") -> None:
    def counted(scope: str) -> dict[str, int]:
        (report,) = known.told("report", "--scope", scope, "--period", "2026-11")["reports"]
        keys = ("created", "solved", "backlog", "overdue_count")
        return {key: sum(card["indicators"][key]["n"] for card in report["scorecards"]) for key in keys}

    whole = counted("account")
    assert whole["created"] > 50
    assert counted("agent") == counted("team") == whole


def test_a_figure_on_too_little_data_is_no_verdict_but_says_how_much_there_is(known: "Desk") -> None:
    (report,) = known.told("report", "--period", "2026-11")["reports"]
    few = [c for c in report["scorecards"] if 0 < c["indicators"]["satisfaction_rate"]["n"] < 10]
    n = few[0]["indicators"]["satisfaction_rate"]["n"]
    assert few[0]["indicators"]["satisfaction_rate"]["enough"] is False
    shown = known.run("report", "--period", "2026-11").stdout
    assert f"(n={n})" in shown
    assert "too few for a figure" in shown


def test_the_least_n_can_be_configured(desk: "Desk") -> None:
    desk.configure(desk.account("sao-mai", desk.sandbox), indicators={"first_reply": {"min_n": 7}})
    desk.run("sync")
    (report,) = desk.told("report", "--scope", "account")["reports"]
    assert report["scorecards"][0]["indicators"]["first_reply"]["min_n"] == 7


def test_a_period_without_anything_says_so(known: "Desk") -> None:
    result = known.run("report", "--period", "2020-01")
    told = r"sao-mai: nothing to show for 2020-01; there is data from 2026-\d\d-\d\d to 2026-11-21\n"
    assert result.exit_code == 0
    assert re.fullmatch(told, result.stdout)
    (report,) = known.told("report", "--period", "2020-01")["reports"]
    assert (report["period"], report["scorecards"]) == ("2020-01", [])


def test_before_any_data_the_way_to_get_some_is_told(desk: "Desk") -> None:
    result = desk.run("report")
    assert (result.exit_code, result.stdout) == (
        0,
        "sao-mai: no data yet; run `helpdesk-kpi sync --dry-run` first\n",
    )
    assert desk.told("report") == {"reports": []}


def test_every_account_is_reported_or_those_named(two_desks: "Desk") -> None:
    two_desks.run("sync")
    assert [r["account"] for r in two_desks.told("report")["reports"]] == ["*", "sao-mai", "sao-hom"]
    assert [r["account"] for r in two_desks.told("report", "sao-hom")["reports"]] == ["sao-hom"]
    lines = two_desks.run("report").stdout.splitlines()
    above = [line for line in lines if line.startswith("── ")]
    assert above == ["── all accounts (sao-mai, sao-hom) ──", "── sao-mai ──", "── sao-hom ──"]
    assert sum(line.startswith("`explain` marks what is approximate") for line in lines) == 1
    assert all(line == line.rstrip() for line in lines)
    assert "── " not in two_desks.run("report", "sao-hom").stdout


def test_what_the_account_does_not_supply_is_said_instead_of_a_zero(desk: "Desk") -> None:
    desk.sandbox.features.discard("satisfaction")
    desk.run("sync")
    (report,) = desk.told("report", "--scope", "account")["reports"]
    assert "ratings" in report["missing"]["satisfaction_rate"]
    assert report["scorecards"][0]["indicators"]["satisfaction_rate"]["value"] is None
    assert "this account supplies no " in desk.run("report", "--scope", "account").stdout


def test_no_name_can_steer_the_terminal_or_forge_a_line(known: "Desk") -> None:
    (report,) = known.told("report", "--period", "2026-11")["reports"]
    assert any("\x1b[31m" in card["name"] for card in report["scorecards"])
    shown = known.run("report", "--period", "2026-11").stdout
    assert any(line.startswith("Dư [31mđỏ okay sao-mai forged") for line in shown.splitlines())
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


@pytest.mark.parametrize("columns", ["40", "80"])
def test_nothing_is_cut_off_on_a_narrow_terminal(known: "Desk", columns: str) -> None:
    known.patch.setenv("COLUMNS", columns)
    shown = known.run("report", "--period", "2026-11").stdout
    assert "…" not in shown
    table = shown.partition("(n=)")[0].splitlines()
    assert len(table) > 10
    assert max(map(len, table)) <= int(columns)


def test_an_old_terminal_gets_question_marks_instead_of_an_error(known: "Desk") -> None:
    result = known.run("report", "--period", "2026-11", charset="ascii")
    assert result.exit_code == 0
    assert "Tr?ng T?n" in result.stdout


def test_json_is_whole_whatever_the_terminal_can_show(known: "Desk") -> None:
    result = known.run("report", "--json", "--period", "2026-11", charset="ascii")
    names = [card["name"] for card in json.loads(result.stdout)["reports"][0]["scorecards"]]
    assert "Trùng Tên" in names


def test_only_the_indicators_asked_for_are_shown(known: "Desk") -> None:
    (report,) = known.told("report", "--indicator", "solved", "--indicator", "created", *NOVEMBER)["reports"]
    assert all(list(card["indicators"]) == ["created", "solved"] for card in report["scorecards"])
    assert "trend" not in report["scorecards"][0]
    (one,) = known.told("report", "--indicator", "solved", *NOVEMBER)["reports"]
    assert [each["period"] for each in one["scorecards"][0]["trend"]["solved"]][-2:] == ["2026-10", "2026-11"]
    (plain,) = known.told("report", "--indicator", "solved", "--no-trend", *NOVEMBER)["reports"]
    assert "trend" not in plain["scorecards"][0]


def test_one_agents_card_says_how_much_is_missing_and_how_it_went(known: "Desk") -> None:
    (report,) = known.told("report", *NOVEMBER)["reports"]
    few = next(c for c in report["scorecards"] if 0 < c["indicators"]["satisfaction_rate"]["n"] < 10)
    shown = known.run("report", "--agent", few["subject"], *NOVEMBER).stdout
    assert f"not enough data yet ({few['indicators']['satisfaction_rate']['n']} of 10)" in shown
    assert "Trend" in shown
    assert "fields.complaint" in shown
    (of_one,) = known.told("report", "--agent", few["subject"], "--no-trend", *NOVEMBER)["reports"]
    assert [card["indicators"] for card in of_one["scorecards"]] == [few["indicators"]]


def test_somebody_without_a_line_has_an_empty_card(known: "Desk") -> None:
    (report,) = known.told("report", "--channel", "mail", "--period", "2026-10-03")["reports"]
    (card,) = report["scorecards"]
    figures = card["indicators"]
    assert (card["subject"], figures["created"]["value"], figures["first_reply"]["value"]) == ("mail", 0, None)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--channel", "emial"), "--channel: nothing is called emial; did you mean mail? There are: "),
        (("--channel", "pigeon"), "--channel: nothing is called pigeon; there are: "),
        (("--priority", "norml"), "did you mean normal?"),
        (("--segment", "vip"), "--segment: nothing is called vip; there are: –"),
        (("--tier", "9"), "--tier: nothing is called 9; there are: "),
        (("--agent", "Trùng Tenn"), "no agent is called Trùng Tenn; did you mean Trùng Tên?"),
        (("--agent", "pigeon"), "no agent is called pigeon; `report` lists them"),
        (("--indicator", "first_repy"), "no indicator has the key first_repy; did you mean first_reply"),
        (("--indicator", "resolution"), "did you mean full_resolution"),
        (("--indicator", "pigeon"), "no indicator has the key pigeon; docs/indicators.md lists them"),
    ],
)
def test_a_name_that_nothing_has_is_refused_with_what_was_meant(
    known: "Desk", asked: tuple[str, str], told: str
) -> None:
    result = known.run("report", *asked)
    assert (result.exit_code, result.stdout) == (2, "")
    shown = " ".join(result.stderr.split())
    assert told in shown
    assert "first_contact_resolution, " not in shown
    again = known.run("compare", "created", "--scope", asked[0][2:], "--only", asked[1])
    assert asked[0] == "--indicator" or (again.exit_code, again.stdout) == (2, "")


def test_a_command_without_its_indicator_does_not_list_them_all(known: "Desk") -> None:
    shown = known.run("explain")
    assert shown.exit_code == 2
    assert "docs/indicators.md lists them" in shown.stderr
    assert len(shown.stderr) < 400


def test_before_anything_is_measured_there_is_nothing_to_show(desk: "Desk") -> None:
    desk.run("sync", "--dry-run")
    with closing(sqlite3.connect(desk.store)) as connection:
        connection.execute("DELETE FROM reading_day")
        connection.execute("DELETE FROM reading")
        connection.commit()
    assert desk.run("report").stdout.startswith("sao-mai: nothing to show for 2026-W47\n")


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("manager", "nobody stood under a manager in this period: `teams` in the configuration, or org.csv,"),
        ("country", "no team had a country in this period: `teams` in the configuration, or org.csv, says which"),
        ("tier", "no team had a tier in this period: `teams` in the configuration, or org.csv, says which"),
        ("segment", "no ticket of this period has a segment: `fields.segment` in the configuration says which field"),
    ],
)
def test_where_nothing_is_mapped_a_scope_says_what_to_map(known: "Desk", scope: str, told: str) -> None:
    assert told in " ".join(known.run("report", "--scope", scope).stdout.split())


def test_where_something_is_mapped_nothing_of_it_is_said(known: "Desk") -> None:
    shown = known.run("report", "--scope", "channel").stdout + known.run("report", "--scope", "team").stdout
    assert "in this period:" not in shown
