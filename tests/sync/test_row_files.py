import csv
import io
import json
import sys
import tracemalloc
from pathlib import Path

import pytest

from sync.exporting import Columns, Row, Rows, Type
from sync.row_files import Format, FormatError, appearing_whole, write_rows

COLUMNS: Columns = {"name": Type.TEXT, "n": Type.INTEGER, "value": Type.NUMBER, "ok": Type.TRUTH, "at": Type.MOMENT}
ROWS: list[Row] = [
    {"name": "Nguyễn, An", "n": -3, "value": 0.1 + 0.2, "ok": True, "at": "2026-11-22T17:30:00+07:00"},
    {"name": None, "n": None, "value": None, "ok": False, "at": None},
]


def written(form: Format, rows: list[Row] = ROWS, *, bom: bool = False) -> bytes:
    """Return the bytes of rows in a format."""
    place = io.BytesIO()
    assert write_rows(Rows(COLUMNS, iter(rows)), form, place, bom=bom) == len(rows)
    return place.getvalue()


def test_a_csv_has_a_heading_and_every_digit() -> None:
    heading, first, second = csv.reader(io.StringIO(written(Format.CSV).decode("utf-8")))
    assert heading == list(COLUMNS)
    assert first == ["Nguyễn, An", "-3", "0.30000000000000004", "true", "2026-11-22T17:30:00+07:00"]
    assert second == ["", "", "", "false", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_text_in_a_csv_is_a_formula(start: str) -> None:
    text = written(Format.CSV, [{**ROWS[0], "name": f"{start}1+1"}]).decode("utf-8")
    (_, first) = csv.reader(io.StringIO(text, newline=""))
    assert first[0] == f"'{start}1+1"
    assert first[1] == "-3"


def test_a_mark_for_old_spreadsheets_stands_only_where_it_was_asked_for() -> None:
    assert written(Format.CSV, bom=True).startswith(b"\xef\xbb\xbfname,")
    assert written(Format.CSV).startswith(b"name,")
    assert written(Format.JSON, bom=True).startswith(b"[")


def test_json_is_a_list_of_rows_however_many_there_are() -> None:
    assert json.loads(written(Format.JSON)) == ROWS
    assert json.loads(written(Format.JSON, [])) == []
    assert json.loads(written(Format.JSON, ROWS[:1])) == ROWS[:1]


def test_parquet_keeps_types_and_digits() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(written(Format.PARQUET)))
    first, second = table.to_pylist()
    assert (first["value"], first["n"], first["ok"]) == (0.1 + 0.2, -3, True)
    assert first["at"].isoformat() == "2026-11-22T10:30:00+00:00"
    assert set(second.values()) == {None, False}


def test_parquet_without_its_library_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FormatError, match="pip install 'pyarrow"):
        written(Format.PARQUET)


@pytest.mark.parametrize("form", [Format.CSV, Format.JSON])
def test_memory_does_not_grow_with_the_rows(form: Format, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        made = (dict(ROWS[0]) for _ in range(count))
        with (tmp_path / "rows").open("wb") as place:
            tracemalloc.start()
            write_rows(Rows(COLUMNS, made), form, place)
            highest = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return highest

    assert peak(5_000) < 2 * peak(500) + 50_000


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")

    def fail() -> None:
        with appearing_whole(path) as file:
            file.write(b"half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    with appearing_whole(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    (tmp_path / "usual").touch()
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode
