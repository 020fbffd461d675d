"""What stands beside figures in a report: benchmarks, scorecards of roles, and who answered the surveys."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox import ZendeskSandbox

if TYPE_CHECKING:
    from conftest import Desk

NOVEMBER = ("--by", "month", "--period", "2026-11")
AGREED = {"window": "month", "owner": "Lan", "announced_on": "2026-10-01", "agreed_on": "2026-09-20"}
TARGETS = [{**AGREED, "indicator": "full_resolution", "scope": scope, "value": "4h"} for scope in ("agent", "team")] + [
    {**AGREED, "indicator": "goals_met", "scope": "agent", "value": "90 %"},
    {**AGREED, "indicator": "solved", "scope": "agent", "value": 10},
    {**AGREED, "indicator": "reopens", "scope": "agent", "value": 2, "only": {"channel": "web"}},
    {**AGREED, "indicator": "solved", "scope": "agent", "value": 20, "announced_on": "2026-12-01"},
]
BENCHMARKS = [
    {
        "indicator": "goals_met",
        "value": "85 %",
        "low": "70 %",
        "high": "95 %",
        "source": "trade study",
        "date": "2026-03-01",
        "n": 4000,
    },
    {"indicator": "solved", "value": 30, "source": "partner", "date": "2023-03-01", "only": {"channel": "mail"}},
]
SCORECARDS = {
    "support": {
        "blocks": {
            "efficiency": {"weight": 40, "indicators": ["full_resolution"]},
            "quality": {"weight": 40, "indicators": {"goals_met": 2, "solved": 1}},
            "business": {"weight": 10, "indicators": ["satisfaction_rate"]},
            "later": {"on": False, "indicators": ["one_touch"]},
        },
        "grades": {"A": "100 %", "B": 0.8, "C": 0},
    }
}


@pytest.fixture(scope="module")
def agreed_world(tmp_path_factory: pytest.TempPathFactory, blank_store: Path) -> Iterator[tuple[Path, ZendeskSandbox]]:
    """Pull and measure a helpdesk once under targets, benchmarks and a scorecard."""
    folder = tmp_path_factory.mktemp("agreed")
    with ZendeskSandbox(tickets=90, days=28) as sandbox:
        shutil.copy(blank_store, folder / "helpdesk-kpi.db")
        yield folder, sandbox


@pytest.fixture
def agreed(agreed_world: tuple[Path, ZendeskSandbox], empty_desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> "Desk":
    folder, sandbox = agreed_world
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sync.cli.frame.WallClock", lambda: sandbox.clock)
    desk = type(empty_desk)(folder, monkeypatch)
    first = not desk.config.exists()
    desk.configure(desk.account("sao-mai", sandbox), targets=TARGETS, benchmarks=BENCHMARKS, scorecards=SCORECARDS)
    if first:
        first_pass = desk.run("sync", "--dry-run")
        assert first_pass.exit_code == 0, first_pass.output
    return desk


def report(desk: "Desk", *arguments: str) -> dict[str, Any]:
    (found,) = desk.told("report", *NOVEMBER, *arguments)["reports"]
    return found


def test_a_scorecard_weighs_what_is_attained_of_the_targets_that_judge(agreed: "Desk") -> None:
    found = report(agreed)
    assert found["roles"]
    shares = {
        (each["subject"], each["indicator"]): each["attained"]
        for each in found["targets"]
        if each["attained"] is not None
    }
    for card in found["roles"]:
        weights = {part["indicator"]: part["weight"] for part in card["parts"]}
        assert weights == pytest.approx(
            {"full_resolution": 40 / 90, "goals_met": 80 / 270, "solved": 40 / 270, "satisfaction_rate": 1 / 9}
        )
        known = {part["indicator"]: part["attained"] for part in card["parts"] if part["attained"] is not None}
        assert known == {
            key: share for (who, key), share in shares.items() if who == card["subject"] and key in weights
        }
        assert card["coverage"] == pytest.approx(sum(weights[key] for key in known))
        if card["grade"] is not None:
            assert card["attained"] == pytest.approx(sum(weights[key] * known[key] for key in known) / card["coverage"])
    assert {card["grade"] for card in found["roles"]} & {"A", "B", "C"}


def test_a_severe_breach_floors_the_grade_and_says_so(agreed: "Desk") -> None:
    found = report(agreed)
    counts = {each["subject"]: each["indicators"]["severe_overdue_count"]["value"] for each in found["scorecards"]}
    graded = [card for card in found["roles"] if card["grade"] is not None]
    assert {card["severe"] for card in found["roles"]} == {counts[card["subject"]] for card in found["roles"]}
    assert [card["grade"] for card in graded if card["severe"]] == ["C" for card in graded if card["severe"]]
    assert any(card["severe"] for card in graded)
    assert "because of severe overdue requests (" in agreed.run("report", *NOVEMBER).stdout


def test_one_persons_scorecard_is_shown_part_by_part_and_no_other_scope_has_one(agreed: "Desk") -> None:
    found = report(agreed)
    name = next(card["name"] for card in found["roles"])
    shown = agreed.run("report", *NOVEMBER, "--agent", name).stdout
    assert "Scorecards by role" in shown
    assert "Efficiency" in shown
    assert "later" not in shown
    assert "roles" not in report(agreed, "--scope", "channel")
    assert "roles" not in report(agreed, "--indicator", "solved")
    teams = report(agreed, "--scope", "team")["roles"]
    assert teams
    assert {card["grade"] for card in teams} == {None}
    assert "no grade: only" in agreed.run("report", *NOVEMBER, "--scope", "team").stdout


def test_each_target_stands_beside_its_benchmark_or_its_own_history(agreed: "Desk") -> None:
    found = {(each["indicator"], each["value"]): each["beside"] for each in report(agreed)["targets"]}
    goals = found["goals_met", 0.9]
    assert (goals["origin"], goals["source"], goals["value"], goals["n"]) == ("record", "trade study", 0.85, 4000)
    assert found["solved", 10] is None  # of the months before nothing was pulled
    assert found["reopens", 2] is None
    weekly = agreed.told("report", "--period", "2026-W47")["reports"]
    assert weekly[0]["targets"] == []
    shown = agreed.run("report", *NOVEMBER).stdout
    assert "trade study, 2026-03-01, n = 4,000" in shown.replace("\n", " ")


def test_figures_without_a_target_stand_beside_benchmarks_of_just_their_tickets(agreed: "Desk") -> None:
    listed = report(agreed, "--scope", "account")["benchmarks"]
    assert [(each["indicator"], each["benchmark"]["value"]) for each in listed] == [("goals_met", 0.85)]
    assert listed[0]["benchmark"]["band"] in {"low", "usual", "high"}
    by_channel = report(agreed, "--scope", "channel")["benchmarks"]
    assert {(each["subject"], each["indicator"]) for each in by_channel} == {("mail", "solved")}


def test_bias_by_agent_tells_a_name_and_no_id(agreed: "Desk") -> None:
    ids = {str(agent) for agent in agreed.sandbox.state.account.agent_ids}
    names = {agreed.sandbox.state.users[int(agent)].name for agent in ids}
    listed = [each["bias"] for scope in ("account", "team") for each in report(agreed, "--scope", scope)["surveys"]]
    kinds = {each["kind"] for each in listed if each is not None}
    assert not kinds & ids
    assert kinds & names
    agreed.configure(agreed.account("sao-mai", agreed.sandbox), privacy={"individual": "off"})
    (hidden,) = (each["bias"]["kind"] for each in report(agreed, "--scope", "account")["surveys"])
    assert hidden not in ids | names


def test_who_answered_stands_beside_the_figures_of_surveys(agreed: "Desk") -> None:
    (found,) = report(agreed, "--scope", "account")["surveys"]
    (figures,) = report(agreed, "--scope", "account")["scorecards"]
    assert found["asked"] / found["eligible"] == found["coverage"]
    assert found["eligible"] == figures["indicators"]["survey_coverage"]["denominator"]
    assert found["answered"] > 0
    assert found["worst"] <= found["weighed"] <= found["best"]
    assert found["worst"] <= found["value"] <= found["best"]
    shown = agreed.run("report", *NOVEMBER, "--scope", "account").stdout
    assert "Beside the survey figures" in shown
    assert "the two figures are not the same" in " ".join(shown.split())
    assert "the truth lies between" in " ".join(shown.split())
    assert "surveys" not in report(agreed, "--indicator", "solved")
    assert "(n=" in agreed.run("report", *NOVEMBER).stdout
    agents = report(agreed)["surveys"]
    assert {each["enough"] for each in agents} == {False}
    assert sum(each["eligible"] for each in agents) == found["eligible"]


def test_where_surveys_go_unsent_or_unanswered_is_told_by_kind(agreed: "Desk") -> None:
    found = report(agreed, "--scope", "account", "--surveys")
    assert list(found["silences"]) == ["ratings"]
    assert list(found["silences"]["ratings"]) == ["channel", "agent", "hour", "priority", "segment"]
    for rows in found["silences"]["ratings"].values():
        assert sum(row["eligible"] for row in rows) == found["surveys"][0]["eligible"]
        assert sum(row["answered"] for row in rows) == found["surveys"][0]["answered"]
    shown = agreed.run("report", *NOVEMBER, "--scope", "account", "--surveys").stdout
    assert "by Hour" in shown
    assert "Nguyễn Văn An" in shown


def test_what_benchmarks_and_scorecards_lack_is_said_by_check(agreed: "Desk") -> None:
    shown = " ".join(agreed.run("check").stdout.split())
    assert "the benchmark for solved (partner) is more than two years old" in shown
    assert "the benchmark for solved (partner) does not say from how many it was made" in shown
    assert "counts satisfaction_rate, for which targets agree on nothing" in shown
    assert "(trade study)" not in shown
    assert "the target for goals_met (agent) has no benchmark" not in shown
    assert "the target for reopens (agent) has no benchmark" in shown


def test_a_scorecard_is_explained_part_by_part(agreed: "Desk") -> None:
    card = next(each for each in report(agreed)["roles"] if each["grade"] is not None)
    told = agreed.told("explain", "scorecard", "--agent", card["subject"], *NOVEMBER)
    assert told == {"scorecard": card, "grades": {"A": 1.0, "B": 0.8, "C": 0.0}}
    shown = agreed.run("explain", "scorecard", "--agent", card["subject"], *NOVEMBER).stdout
    assert "No grade below 60%" in shown
    assert "A ≥ 100%" in shown
    assert "somebody's" in agreed.run("explain", "scorecard", *NOVEMBER).stderr
    nobody = agreed.told("explain", "scorecard", "--agent", "nobody", *NOVEMBER)
    assert nobody == {"scorecard": None}


def test_scorecards_are_exported_with_a_row_for_each_part(agreed: "Desk") -> None:
    rows = agreed.told("export", "--grain", "scorecard", *NOVEMBER)
    cards = {card["subject"]: card for card in report(agreed)["roles"]}
    assert len(rows) == 4 * len(cards)
    for row in rows:
        card = cards[row["subject"]]
        assert (row["grade"], row["coverage"], row["severe"]) == (card["grade"], card["coverage"], card["severe"])
        (part,) = [each for each in card["parts"] if each["indicator"] == row["indicator"]]
        assert (part["weight"], part["attained"]) == (row["weight"], row["attained"])


def test_all_of_it_is_said_in_vietnamese_too(agreed: "Desk") -> None:
    agreed.config.write_text(agreed.config.read_text(encoding="utf-8").replace("{", '{"language": "vi", ', 1), "utf-8")
    shown = agreed.run("report", *NOVEMBER).stdout
    for piece in ("Mức chuẩn", "Bảng điểm theo vai trò", "Bên cạnh số khảo sát", "quá hạn nghiêm trọng", "điểm %"):
        assert piece in shown
