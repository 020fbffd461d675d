import json
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from config import load
from connectors.sandbox import ZendeskSandbox
from sync.demo import Shown, played

if TYPE_CHECKING:
    from conftest import Desk

FOLDERS = "helpdesk-kpi-demo-*"


def on_little_helpdesks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("sync.demo.ZendeskSandbox", lambda **options: ZendeskSandbox(tickets=60, **options))
    patch.setattr("sync.demo_beside.TICKETS", 40)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Play the demo once on smaller helpdesks."""
    with pytest.MonkeyPatch.context() as patch:
        on_little_helpdesks(patch)
        with played("en", tmp_path_factory.mktemp("demo")) as what:
            yield what


@pytest.fixture
def little(empty_desk: "Desk", shown: Shown) -> "Desk":
    """Show what was played."""
    empty_desk.patch.setattr("sync.cli.demo_command.played", lambda *_: nullcontext(shown))
    return empty_desk


def test_the_demo_shows_the_things_it_promises(little: "Desk") -> None:
    result = little.run("demo")
    assert result.exit_code == 0
    assert "nothing leaves this machine" in result.stderr
    places = [
        result.stdout.index(part)
        for part in (
            "Scorecards 2026-W47",
            "── What was written ──",
            "custom fields created: KPI: due at, ",
            "first pass: ",
            "second pass, one working day later: ",
            "── One summary ticket ──",
            "KPI · ",
            "── One figure explained ──",
            "Overdue requests of ",
            "── One person on three helpdesks ──",
            "all accounts",
            "joined by the e-mail ",
            "── What files tell: surveys, reviews, money, customers, duties, calls ──",
            "Customer effort score",
            "Quality score",
            "── What was agreed, and how much of it was attained ──",
            "Scorecards by role",
            "── What it cost ──",
            " requests, the least possible is ",
        )
    ]
    assert places == sorted(places)
    assert " → " in result.stdout


def test_the_json_of_the_demo_has_its_documented_shape(little: "Desk") -> None:
    result = little.run("demo", "--json", "-q")
    document = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert set(document) == {
        "scorecards", "teams", "passes", "summaries", "explained", "person", "roles", "company"
    }  # fmt: skip
    first, second = document["passes"]
    assert first["fields_created"]
    assert second["fields_created"] == []
    for each in (first, second):
        assert each["refused"] == []
        assert each["requests"] >= each["least_requests"] > 0
    assert set(document["summaries"][0]) == {"subject", "html", "text"}
    explained = document["explained"]
    assert explained["figure"]["numerator"] == sum(line["numerator"] for line in explained["lines"]) > 0
    assert document["scorecards"]["scope"] == "agent"
    assert document["teams"]["scope"] == "team"
    person = document["person"]
    assert set(person["accounts"]) == set(person["each"]) == {"sao-mai", "cua-hang", "care"}
    for key in ("created", "solved", "overdue_count", "first_reply"):
        counted = [card[key]["n"] for card in person["each"].values() if card]
        assert person["joined"][key]["n"] == sum(counted) > max(counted)
    assert document["company"]["calls_handled"]["n"] > person["joined"]["calls_handled"]["n"]
    assert {each["role"] for each in document["roles"]} == {"care"}
    worked = {name: card["work_item_handling_time"]["n"] for name, card in person["each"].items()}
    assert worked["care"] == person["joined"]["work_item_handling_time"]["n"] > 0


def test_a_demo_without_summaries_says_nothing_of_them_and_leaves_nothing_behind(empty_desk: "Desk") -> None:
    on_little_helpdesks(empty_desk.patch)
    empty_desk.patch.setattr("tempfile.tempdir", str(empty_desk.folder))
    empty_desk.patch.setattr("sync.demo.WORKING_DAY", 3600)
    result = empty_desk.run("demo")
    assert result.exit_code == 0
    assert "nothing leaves this machine" in result.stderr
    assert "── One summary ticket ──" in result.stdout
    assert "KPI · " not in result.stdout
    assert not list(empty_desk.folder.glob(FOLDERS))


def test_kept_running_it_prints_its_address_and_a_configuration_that_works(empty_desk: "Desk") -> None:
    process = empty_desk.start("demo", "--keep", "--json")
    assert process.stdout is not None
    lines = []
    while not lines or lines[-1] != "}\n":
        lines.append(process.stdout.readline())
    told = json.loads("".join(lines))
    assert told["config"].count(told["address"]) == 1
    for variable, secret in told["environment"].items():
        empty_desk.patch.setenv(variable, secret)
    empty_desk.config.write_text(told["config"], encoding="utf-8")
    assert load(empty_desk.config).connectors[0].base_url == told["address"]
    assert empty_desk.run("check").exit_code == 0
    process.send_signal(signal.SIGINT)
    shown, trouble = process.communicate(timeout=10)
    assert (process.returncode, shown) == (130, "")
    assert trouble == "stopped; what was saved until now stays\n"


def test_for_people_the_address_the_configuration_and_the_secret_are_printed(empty_desk: "Desk") -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    empty_desk.patch.setattr("sync.cli.demo_command.sleep", interrupted)
    result = empty_desk.run("demo", "--keep", "--port", "0")
    assert result.exit_code == 130
    assert "the simulated helpdesk answers at http://127.0.0.1:" in result.stdout
    assert "\nversion: 1\norganization: " in result.stdout
    assert "export HELPDESK_KPI_DEMO_SECRET=" in result.stdout
    text = result.stdout[result.stdout.index("version: 1") : result.stdout.index("and set:")]
    empty_desk.config.write_text(text, encoding="utf-8")
    assert load(empty_desk.config).connectors[0].name == "sao-mai"


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_is_a_number(empty_desk: "Desk", port: str) -> None:
    result = empty_desk.run("demo", "--keep", "--port", port)
    assert (result.exit_code, result.stdout) == (2, "")
