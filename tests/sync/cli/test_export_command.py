import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

NOVEMBER = ("--period", "2026-11")


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


def test_before_any_data_there_are_no_rows(desk: "Desk") -> None:
    result = desk.run("export", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert "no data yet" in result.stderr


def test_a_period_that_is_none_is_a_usage_error(known: "Desk") -> None:
    assert known.run("export", "--period", "soon").exit_code == 2
