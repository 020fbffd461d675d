"""Calls from a file, as the command line's user meets them: imported, reduced, explained, exported."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sync.inputs.kinds import KINDS

if TYPE_CHECKING:
    from conftest import Desk


STORE = "helpdesk-kpi.db"
MONTH = ("--period", "2026-11")
HEADER = "call_id,started_at,direction,agent_ref,wait_s,talk_s,hold_s,wrap_s,outcome,shift\n"
AT = "2026-11-18 10:00"
KILLED = """
import types
import sync.cli.frame
sync.cli.frame.WallClock = lambda: types.SimpleNamespace(now=lambda: {now})
from sync.cli import main
main()
"""
"""An import in a process of its own, at the helpdesk's time."""


@pytest.fixture
def known(known_apart: "Desk") -> "Desk":
    return known_apart


def agent(desk: "Desk", number: int) -> str:
    return str(desk.sandbox.state.account.agent_ids[number])


def email(desk: "Desk", number: int) -> str:
    return str(desk.sandbox.state.users[desk.sandbox.state.account.agent_ids[number]].email)


def written(desk: "Desk", *rows: str, name: str = "calls.csv") -> str:
    (desk.folder / name).write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return name


def imported(desk: "Desk", *options: str, code: int = 0, name: str = "calls.csv") -> Any:  # noqa: ANN401 -- JSON
    result = desk.run("import", "calls", name, "--json", *options)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def figure(desk: "Desk", key: str, *options: str) -> Any:  # noqa: ANN401 -- JSON
    return desk.told("explain", key, *options, *MONTH)


def handled(desk: "Desk") -> Any:  # noqa: ANN401 -- JSON
    (report,) = desk.told("report", "--scope", "account", "--indicator", "handling_time", "--no-trend", *MONTH)[
        "reports"
    ]
    return report["scorecards"][0]["indicators"]["handling_time"]


def usual(desk: "Desk") -> list[str]:
    first, second = email(desk, 0), agent(desk, 1)
    taken = [f"a-{n},{AT},inbound,{first},5,{60 + n},10,20,answered,am" for n in range(8)]
    missed = [f"m-{n},{AT},inbound,{first},5,,,,missed,am" for n in range(4)]
    other = [f"b-{n},{AT},inbound,{second},5,100,0,0,answered,am" for n in range(10)]
    return [*taken, *missed, *other, f"q-1,{AT},inbound,,40,,,,abandoned_queue,am"]


def test_calls_of_a_file_become_each_agents_missed_call_rate(known: "Desk") -> None:
    assert figure(known, "missed_call_rate")["missing"] == (
        "calls: none yet; `helpdesk-kpi import calls` brings them in"
    )
    written(known, *usual(known))
    found = imported(known)
    assert {key: found[key] for key in ("new", "same", "refused", "not_read", "strangers")} == {
        "new": 23,
        "same": 0,
        "refused": 0,
        "not_read": ["shift"],
        "strangers": {},
    }

    told = figure(known, "missed_call_rate", "--agent", agent(known, 0))
    assert (told["figure"]["numerator"], told["figure"]["denominator"], told["figure"]["value"]) == (4, 12, 4 / 12)
    # Naively, from the rows as they stand: rung at him and not picked up, over all that rang at him.
    rows = list(csv.DictReader(io.StringIO((known.folder / "calls.csv").read_text(encoding="utf-8"))))
    rung = [row["outcome"] for row in rows if row["agent_ref"] == email(known, 0)]
    assert told["figure"]["value"] == rung.count("missed") / len(rung)
    assert [line["source"] for line in told["lines"]] == [f"calls.csv:{n}" for n in range(2, 14)]
    assert {line["agent"] for line in told["lines"]} == {agent(known, 0)}
    shown = known.run("explain", "missed_call_rate", "--agent", agent(known, 0), *MONTH)
    assert "calls.csv:13" in shown.stdout
    (report,) = known.told("report", *MONTH)["reports"]
    cards = {card["subject"]: card["indicators"] for card in report["scorecards"]}
    assert cards[agent(known, 0)]["missed_call_rate"] == told["figure"]
    assert cards[agent(known, 1)]["handling_time"]["value"] == 100
    assert figure(known, "calls_handled")["figure"]["value"] == 18
    exported = known.run("export", "--grain", "line", "--indicator", "handling_time", *MONTH).stdout
    lines = list(csv.DictReader(io.StringIO(exported)))
    assert len(lines) == 18
    assert {lines[0][key] for key in ("channel", "source", "observation_id")} == {"phone", "calls.csv:2", "a-0"}


def test_a_file_read_again_changes_nothing_and_a_corrected_row_takes_the_place_of_the_old_one(known: "Desk") -> None:
    rows = usual(known)
    written(known, *rows)
    imported(known)
    before = figure(known, "missed_call_rate")
    again = imported(known)
    assert (again["new"], again["corrected"], again["same"]) == (0, 0, 23)
    assert figure(known, "missed_call_rate") == before

    written(known, *rows[:8], rows[8].replace("missed", "voicemail"), *rows[9:])
    assert imported(known)["corrected"] == 1
    assert figure(known, "missed_call_rate")["figure"]["numerator"] == 3

    written(known, *rows[:8])
    shorter = imported(known)
    assert (shorter["gone"], shorter["withdrawn"]) == (15, 0)
    assert figure(known, "missed_call_rate")["figure"]["numerator"] == 3
    assert "they stay, unless you say --replace" in known.run("import", "calls", "calls.csv").stdout
    assert imported(known, "--replace")["withdrawn"] == 15
    assert figure(known, "missed_call_rate")["figure"]["denominator"] == 8


@pytest.mark.parametrize("point", ["after_rows", "after_import"])
def test_an_import_that_is_killed_leaves_nothing_half_and_can_be_repeated(known: "Desk", point: str) -> None:
    an = email(known, 0)
    first = [f"k-{n},{AT},inbound,{an},5,60,0,0,answered,am" for n in range(600)]
    written(known, *first)
    imported(known)
    before = handled(known)
    assert (before["n"], before["value"]) == (600, 60)
    written(known, *(row.replace(",60,", ",90,") for row in first), *(row.replace("k-", "l-") for row in first))
    command = [sys.executable, "-c", KILLED.format(now=known.sandbox.now), "import", "calls", "calls.csv", "--replace"]
    killed = subprocess.run(command, env={**os.environ, "HELPDESK_KPI_CRASH_AT": point}, check=False)
    assert killed.returncode == -signal.SIGKILL
    half = handled(known)
    done = point.startswith("after_import")
    assert (half["n"], half["value"]) == ((1_200, 75) if done else (600, 60))
    again = imported(known, "--replace")
    told = {key: again[key] for key in ("new", "corrected", "same", "refused")}
    assert told == (
        {"new": 0, "corrected": 0, "same": 1_200, "refused": 0}
        if done
        else {"new": 600, "corrected": 600, "same": 0, "refused": 0}
    )
    whole = handled(known)
    assert (whole["n"], whole["value"]) == (1_200, 75)


def test_a_dry_run_says_what_would_become_of_each_row_and_keeps_none(known: "Desk") -> None:
    written(known, *usual(known), f"x,{AT},sideways,,,,,,answered,")
    found = imported(known, "--dry-run", code=5)
    assert (found["new"], found["refused"]) == (23, 1)
    assert figure(known, "calls_handled")["missing"] is not None
    assert known.told("quarantine", "list")["accounts"][0]["rows"] == []


def test_bad_rows_are_named_kept_aside_and_leave_with_the_corrected_file(known: "Desk") -> None:
    good, far = usual(known)[0], "2027-11-18 10:00"
    bad = [
        f"x,{AT},sideways,,,,,,answered,",
        f"y,{far},inbound,,,,,,abandoned_ivr,",
        good.replace("answered", "missed"),
    ]
    written(known, good, *bad)
    result = known.run("import", "calls", "calls.csv")
    assert result.exit_code == 5
    assert "calls.csv:3: direction: “sideways” is none of inbound, outbound" in result.stdout
    assert "calls.csv:4: started_at lies in the future" in result.stdout
    assert "calls.csv:5: line 2 has the same key, and says something else" in result.stdout
    kept = known.told("quarantine", "list", "inputs")["accounts"][0]["rows"]
    assert "  quarantine: 0; files: 3 rows" in known.run("status").stdout.splitlines()
    assert known.told("status")["accounts"][0]["quarantine_of_files"] == 3
    assert [row["key"] for row in kept] == ["calls.csv:5", "calls.csv:4", "calls.csv:3"]
    assert json.loads(known.run("status", "--json").stdout)  # it still answers

    written(known, good)
    imported(known)
    assert known.told("quarantine", "list", "inputs")["accounts"][0]["rows"] == []


def test_a_call_without_its_talk_time_is_left_out_with_its_place(known: "Desk") -> None:
    written(known, f"t-1,{AT},inbound,{email(known, 0)},5,,,,answered,")
    imported(known)
    (left,) = figure(known, "handling_time")["omitted"]
    assert (left["reason"], left["source"], left["url"]) == ("no_talk_time", "calls.csv:2", None)
    assert "calls.csv:2" in known.run("explain", "handling_time", *MONTH).stdout


def test_a_word_that_means_no_agent_is_told_and_counts_for_nobody(known: "Desk") -> None:
    written(known, f"s-1,{AT},inbound,someone@else.vn,5,60,0,0,answered,")
    found = imported(known)
    assert list(found["strangers"]) == ["someone@else.vn"]
    (line,) = figure(known, "calls_handled")["lines"]
    assert line["agent"] is None
    assert "someone@else.vn: no agent has" in known.run("import", "calls", "calls.csv").stdout


def test_a_row_for_a_connector_that_does_not_exist_is_refused(known: "Desk") -> None:
    (known.folder / "calls.csv").write_text(
        f"call_id,started_at,direction,outcome,account\nc,{AT},inbound,voicemail,elsewhere\n", encoding="utf-8"
    )
    (row,) = imported(known, code=5)["rows"]
    assert row["reason"] == "no connector is called elsewhere"


def test_a_file_that_cannot_be_read_is_refused_with_its_place(known: "Desk") -> None:
    (known.folder / "calls.csv").write_bytes(HEADER.encode("utf-16"))
    result = known.run("import", "calls", "calls.csv")
    assert result.exit_code == 2
    assert "calls.csv:1: this file is UTF-16" in result.stderr


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "overrides"])  # those need a ticket that is known
def test_a_template_can_be_imported_as_it_is(known: "Desk", kind: str) -> None:
    template = known.run("import", kind, "--template").stdout
    (known.folder / "template.csv").write_text(template, encoding="utf-8", newline="")
    result = known.run("import", kind, "template.csv")
    assert result.exit_code == 0, result.output
    assert ("1 new" if KINDS[kind].observed else "template.csv: 1 row;") in result.stdout


def test_an_import_without_a_file_says_what_is_needed(known: "Desk") -> None:
    result = known.run("import", "calls")
    assert result.exit_code == 2
    assert "--template" in result.stderr


def test_a_configured_folder_is_read_in_a_pass_where_it_changed(known: "Desk") -> None:
    folder = known.folder / "inbox"
    folder.mkdir()
    written(known, *usual(known), name="inbox/november.csv")
    own = [known.account(name, sandbox) for name, sandbox in known.sandboxes.items()]
    known.configure(*own, inputs={"calls": {"path": "inbox"}, "costs": "nowhere.csv"})

    first = known.run("sync", "--dry-run")
    assert "november.csv: 23 new, 0 corrected, 0 as before, 0 refused" in first.output
    assert "inputs.costs: nowhere.csv:" in first.output
    assert figure(known, "calls_handled")["figure"]["value"] == 18
    assert "november.csv" not in known.run("sync", "--dry-run").output


def test_a_teams_costs_are_told_in_its_own_currency_and_the_others_are_named(known: "Desk") -> None:
    own = [known.account(name, sandbox) for name, sandbox in known.sandboxes.items()]
    known.configure(*own, teams={"north": {"currency": "VND"}, "south": {"country": "US"}})
    known.run("sync", "--dry-run")
    rows = ("north,salary,15000000,VND", "north,rent,20,USD", "north,tools,30,USD", "south,rent,7,USD")
    (known.folder / "costs.csv").write_text(
        "period,scope,subject,cost_type,amount,currency\n" + "".join(f"2026-11-18,team,{row}\n" for row in rows),
        encoding="utf-8",
    )
    done = known.run("import", "costs", "costs.csv")
    assert done.exit_code == 0, done.output
    (report,) = known.told("report", "--scope", "team", "--indicator", "support_cost", *MONTH)["reports"]
    shown = {card["subject"]: card["indicators"]["support_cost"] for card in report["scorecards"]}
    assert {team: (each["value"], each["series"]) for team, each in shown.items() if each["value"]} == {
        "north": (15_000_000, "VND"),
        "south": (7, "USD"),
    }
    assert "15,000,000 VND" in known.run("report", "--scope", "team", "--indicator", "support_cost", *MONTH).stdout
    told = figure(known, "support_cost", "--team", "north")
    assert (told["figure"]["value"], [line["source"] for line in told["lines"]]) == (15_000_000, ["costs.csv:2"])
    assert {(each["source"], each["reason"]) for each in told["omitted"]} >= {
        ("costs.csv:3", "other_currency"),
        ("costs.csv:4", "other_currency"),
    }


def test_a_file_about_people_is_taken_whole_or_not_at_all(desk: "Desk") -> None:
    desk.run("sync", "--dry-run")
    agent, other = desk.sandbox.state.account.agent_ids[:2]
    path = desk.folder / "org.csv"
    path.write_text(f"agent_ref,team,lead\n{agent},north,{other}\n{other},north,{agent}\n", encoding="utf-8")
    told = desk.run("import", "org", "org.csv", "--json")
    assert (told.exit_code, json.loads(told.stdout)["taken"]) == (5, False)
    assert "is above those who are above him" in told.stdout
    path.write_text(f"agent_ref,team\n{agent},north\nnemo,north\n", encoding="utf-8")
    assert desk.told("import", "org", "org.csv", "--dry-run")["taken"] is False
    result = desk.run("import", "org", "org.csv")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        ["org.csv:3: nobody is called nemo; say an e-mail or an id", "org.csv: 2 rows; the next pass goes by it"],
    )
    desk.run("sync", "--dry-run")
    assert any("north" in body for (body,) in desk.rows("SELECT body FROM edition WHERE kind = 'organization'"))
    desk.configure(desk.account("sao-mai", desk.sandbox), inputs={"org": "org.csv"})
    refused = desk.run("import", "org", "org.csv")
    assert (refused.exit_code, "each pass reads that one" in refused.stderr) == (2, True)
    lines = desk.run("check").stdout
    assert "warning  sao-mai  file org.csv: org.csv:3: nobody is called nemo" in lines
    assert "ok  sao-mai  file org.csv: 2 rows" in lines
    path.write_text("agent_ref,team\n,north\n", encoding="utf-8")
    assert "warning  sao-mai  file org.csv: org.csv:2: agent_ref is empty" in desk.run("check").stdout
