import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Desk

NOVEMBER = ("--period", "2026-11")
FORMULA = ("=", "+", "-", "@")


@pytest.mark.parametrize("grain", ["ticket", "turn", "line", "cell"])
def test_rows_of_every_grain_are_written_as_csv(known: "Desk", grain: str) -> None:
    result = known.run("export", "--grain", grain, *NOVEMBER)
    assert (result.exit_code, result.stderr) == (0, "")
    listed = list(csv.DictReader(io.StringIO(result.stdout, newline="")))
    assert len(listed) > 5
    assert {row["account"] for row in listed} == {"sao-mai"}
    assert all(None not in row and None not in row.values() for row in listed)


def test_the_screen_json_and_csv_say_the_same_to_the_last_digit(known: "Desk") -> None:
    (report,) = known.told("report", *NOVEMBER)["reports"]
    shown = {
        (card["subject"], key): figure["value"]
        for card in report["scorecards"]
        for key, figure in card["indicators"].items()
    }
    told = known.told("export", "--grain", "cell", *NOVEMBER)
    assert {(row["subject"], row["indicator"]): row["value"] for row in told} == shown
    listed = csv.DictReader(io.StringIO(known.run("export", "--grain", "cell", *NOVEMBER).stdout))
    as_text = {(row["subject"] or None, row["indicator"]): row["value"] for row in listed}
    assert as_text == {which: "" if value is None else repr(value) for which, value in shown.items()}


def test_only_the_indicators_asked_for_are_exported(known: "Desk") -> None:
    told = known.told("export", "--indicator", "first_reply", "--indicator", "solved", *NOVEMBER)
    assert [key for key in told[0] if key in ("first_reply", "solved", "created")] == ["solved", "first_reply"]
    of_teams = known.told("export", "--grain", "cell", "--scope", "team", "--indicator", "solved", *NOVEMBER)
    assert {row["scope"] for row in of_teams} == {"team"}


def test_a_file_is_written_whole_and_counted(known: "Desk") -> None:
    result = known.run("export", "--grain", "cell", "--bom", "--output", "figures.csv", *NOVEMBER)
    assert (result.exit_code, result.stdout) == (0, "")
    written = (known.folder / "figures.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfaccount,")
    count = len(list(csv.reader(io.StringIO(written.decode(), newline="")))) - 1
    assert f"{count:,} rows of 2026-11 written to figures.csv" in result.stderr


def test_a_file_that_cannot_be_made_is_named_as_it_was_given(known: "Desk") -> None:
    result = known.run("export", "--output", "nowhere/rows.csv", *NOVEMBER)
    assert (result.exit_code, result.stderr) == (
        1,
        "nowhere/rows.csv: there is no such file or folder; make it, or name another\n",
    )


def test_rows_of_a_period_that_nobody_named_say_which_one_it_is(known: "Desk") -> None:
    result = known.run("export", "--grain", "cell", "--by", "month", "--indicator", "solved")
    assert {row["period"] for row in csv.DictReader(io.StringIO(result.stdout, newline=""))} == {"2026-11"}
    assert result.stderr == "the rows of 2026-11; --period names another one\n"


def test_parquet_goes_to_a_file(known: "Desk") -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert (
        known.run("export", "--grain", "line", "--format", "parquet", "--output", "l.parquet", *NOVEMBER).exit_code == 0
    )
    table = parquet.read_table(known.folder / "l.parquet")
    assert table.num_rows == len(known.told("export", "--grain", "line", *NOVEMBER))


def test_parquet_without_its_library_is_an_error_that_says_how_to_install_it(known: "Desk") -> None:
    known.patch.setitem(__import__("sys").modules, "pyarrow", None)
    result = known.run("export", "--format", "parquet", "--output", "none.parquet", *NOVEMBER)
    assert result.exit_code == 2
    assert "pip install 'pyarrow>=17'" in result.stderr
    assert not (known.folder / "none.parquet").exists()


def test_parquet_is_not_for_a_terminal(known: "Desk") -> None:
    known.patch.setattr("sync.cli.export_command.on_terminal", lambda: True)
    result = known.run("export", "--format", "parquet", *NOVEMBER)
    assert result.exit_code == 2
    assert "--output" in result.stderr


def as_csv_says(value: object) -> str:
    """Return a value of JSON as the cell of a CSV file that holds just the same."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    text = value if isinstance(value, str) else repr(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def as_parquet_says(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def in_universal_time(value: object) -> object:
    """Return a moment with its offset as Parquet has it, and any other value as it is."""
    moment = isinstance(value, str) and value[10:11] == "T" and value.endswith("+07:00")
    return datetime.fromisoformat(str(value)).astimezone(UTC).isoformat() if moment else value


@pytest.mark.parametrize("grain", ["ticket", "turn", "line", "cell"])
def test_every_grain_says_the_same_to_the_last_digit_in_every_format(known_apart: "Desk", grain: str) -> None:
    """With a name that is a formula, names that are not ASCII, and the figures of single persons hidden or not."""
    parquet = pytest.importorskip("pyarrow.parquet")
    desk, ask = known_apart, ("export", "--grain", grain, *NOVEMBER)
    shown: list[Any] = desk.told(*ask)
    assert desk.run(*ask, "--output", "rows.csv").exit_code == 0
    text = (desk.folder / "rows.csv").read_bytes().decode()
    table = csv.DictReader(io.StringIO(text, newline=""))
    assert list(table) == [{name: as_csv_says(value) for name, value in row.items()} for row in shown]
    assert desk.run(*ask, "--format", "parquet", "--output", "rows.parquet").exit_code == 0
    typed = parquet.read_table(desk.folder / "rows.parquet").to_pylist()
    told = [{name: as_parquet_says(value) for name, value in row.items()} for row in typed]
    assert told == [{name: in_universal_time(value) for name, value in row.items()} for row in shown]

    agents = {str(each) for each in desk.sandbox.state.account.agent_ids}
    named = [row for row in shown if {row.get("agent"), row.get("subject")} & agents]
    assert named
    desk.configure(desk.account("sao-mai", desk.sandbox), privacy={"individual": "off"})
    hidden: list[Any] = desk.told(*ask)
    assert not [row for row in hidden if agents & {value for value in row.values() if isinstance(value, str)}]
    assert grain == "cell" or len(hidden) == len(shown), "what they did counts all the same"


def test_the_lines_of_an_export_are_those_of_the_explanation(known: "Desk") -> None:
    keys = ("created", "first_reply", "overdue_count", "satisfaction_rate", "backlog")
    rows = known.told("export", "--grain", "line", *NOVEMBER, *(word for key in keys for word in ("--indicator", key)))
    for key in keys:
        lines = known.told("explain", key, *NOVEMBER)["lines"]
        told = [(line["ticket_id"], line["part"], line["numerator"], line["denominator"], line["agent"], line["url"])
                for line in lines]  # fmt: skip
        mine = [(row["ticket_id"], row["part"], row["numerator"], row["denominator"], row["agent"], row["url"])
                for row in rows if row["indicator"] == key]  # fmt: skip
        assert sorted(told, key=repr) == sorted(mine, key=repr)
        assert told


@pytest.mark.parametrize("grain", ["ticket", "turn", "line", "cell", "scorecard"])
def test_a_period_without_anything_has_a_heading_and_no_rows(known: "Desk", grain: str) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    ask = ("export", "--grain", grain, "--period", "2026-08")
    assert known.told(*ask) == []
    heading = known.run(*ask).stdout
    assert (heading.count("\n"), "account" in heading) == (1, True)
    assert known.run(*ask, "--format", "parquet", "--output", f"{grain}.parquet").exit_code == 0
    assert parquet.read_table(known.folder / f"{grain}.parquet").num_rows == 0


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_store_without_anything_has_no_rows_in_any_format(desk: "Desk", form: str) -> None:
    pytest.importorskip("pyarrow.parquet")
    result = desk.run("export", "--format", form, "--output", "rows")
    assert (result.exit_code, "0 rows" in result.stderr) == (0, True)
    assert len((desk.folder / "rows").read_bytes()) < 500


def test_before_any_data_there_are_no_rows(desk: "Desk") -> None:
    result = desk.run("export", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert "no data yet" in result.stderr


def test_a_period_that_is_none_is_a_usage_error(known: "Desk") -> None:
    assert known.run("export", "--period", "soon").exit_code == 2
