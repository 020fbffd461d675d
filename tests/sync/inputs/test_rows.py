import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sync.inputs.columns import Column, columns_of, schema_of
from sync.inputs.rows import KINDS, Forms, Kind, Refused, Row, Taken, UnreadableFileError, read_rows, template_of
from sync.inputs.values import CellError, DateOrder, Decimal, day_of, moment_of, number_of, period_of, truth_of

BAD = Path(__file__).parent / "bad"
HANOI = Forms("Asia/Ho_Chi_Minh")
CALLS = KINDS["calls"]
HEADER = "call_id,started_at,direction,agent_ref,outcome\n"


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., list[Row]]:
    def read(content: str | bytes, kind: Kind = CALLS, forms: Forms = HANOI) -> list[Row]:
        path = tmp_path / "calls.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_rows(path, kind, forms))

    return read


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_bad_row_of_a_file_is_named_by_its_line_and_its_reason(kind: Kind) -> None:
    found = read_rows(BAD / f"{kind.name}.csv", kind, HANOI)
    told = "".join(f"{row.line}: {'taken' if isinstance(row, Taken) else row.reason}\n" for row in found)

    assert told == (BAD / f"{kind.name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_template_of_a_kind_can_be_read_with_and_without_a_mark(
    rows: Callable[..., list[Row]], kind: Kind, mark: str
) -> None:
    (row,) = rows(mark + template_of(kind), kind)

    assert isinstance(row, Taken)
    assert row.line == 2


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_schema_of_a_kind_is_one_and_accepts_its_own_examples(kind: Kind) -> None:
    schema = schema_of(kind.model)
    Draft202012Validator.check_schema(schema)

    for name, column in columns_of(kind.model).items():
        assert column.names[0] == name
        if column.example:
            example = schema["properties"][name]["examples"][0]
            example = {"true": True, "false": False}.get(example, example) if column.reading == "boolean" else example
            Draft202012Validator(schema["properties"][name]).validate(example)


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(st.sampled_from('abc019",;\t\n\r.:/-+ =ơ\0\u202e'), max_size=200),
    head=st.sampled_from(["", HEADER, HEADER.replace(",", ";"), 'call_id,"started_at\n']),
)
def test_whatever_a_file_holds_each_row_is_taken_or_named(
    tmp_path_factory: pytest.TempPathFactory, text: str, head: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "calls.csv"
    path.write_bytes((head + text).encode())
    try:
        found = list(read_rows(path, CALLS, HANOI))
    except UnreadableFileError:
        return
    lines = [row.line for row in found]
    assert lines == sorted(set(lines))
    for row in found:
        assert isinstance(row, Taken) or str(row.reason)


WRONG = {
    "text": ("a\x07b", "3.5E+07"),
    "integer": ("two", "1.5", "1,234"),
    "number": ("two", "1e9", "1,234"),
    "boolean": ("perhaps",),
    "date": ("tomorrow", "31/02/2026", "5/6/2026"),
    "date-time": ("tomorrow", "2026-03-31", "5/6/2026 09:00", "2026-03-31 25:00"),
    "period": ("2026-13", "soon"),
}
"""Cells that cannot be read, by what their column holds."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_column_of_a_kind_names_itself_for_each_way_its_cells_can_be_wrong(tmp_path: Path, kind: Kind) -> None:
    header, example = csv.reader(template_of(kind).splitlines())
    bad = [(column, cell) for column in columns_of(kind.model).values() for cell in wrong_cells(kind, column)]
    with (tmp_path / "bad.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(
            [cell if name == column.name else old for name, old in zip(header, example, strict=True)]
            for column, cell in bad
        )

    found = list(read_rows(tmp_path / "bad.csv", kind, HANOI))

    assert [row.line for row in found] == list(range(2, len(bad) + 2))
    for (column, cell), row in zip(bad, found, strict=True):
        if isinstance(row, Taken):
            assert column.words, f"{column.name} takes {cell!r}"  # words of one's own beside those that are known
        else:
            assert column.name in str(row.reason)


def wrong_cells(kind: Kind, column: Column) -> list[str]:
    """Return cells that a column cannot take."""
    closed = "enum" in schema_of(kind.model)["properties"][column.name]
    return [*([""] if column.required else []), *(("no such word",) if closed else WRONG[column.reading])]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_one_strange_cell_in_a_good_row_is_taken_as_the_schema_allows_or_named(
    tmp_path_factory: pytest.TempPathFactory, kind: Kind, data: st.DataObject
) -> None:
    header, example = csv.reader(template_of(kind).splitlines())
    place = data.draw(st.integers(0, len(header) - 1))
    cell = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(STRANGE))
    path = tmp_path_factory.mktemp("fuzz") / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, [*example[:place], cell, *example[place + 1 :]]])

    (row,) = read_rows(path, kind, HANOI)

    if isinstance(row, Taken):
        Draft202012Validator(schema_of(kind.model)).validate(row.values)
    else:
        assert (row.line, bool(str(row.reason))) == (2, True)


STRANGE = (
    *("-1", "1e400", "99999999999999999999", "0001-01-01", "2026-02-30 10:00"),
    *("=1+1", "x" * 2_500, "\u0660", "24:00"),
)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "calls.csv: this file is empty"),
        (HEADER.encode("utf-16"), "calls.csv:1: this file is UTF-16"),
        (HEADER.encode() + b"c-1,\xd0\xed\n", "calls.csv:2: this file is not UTF-8"),
        (b"a,b\n1,2\n", "calls.csv:1: no column of this kind is here"),
        (b"call_id,outcome\nc-1,missed\n", "calls.csv:1: these columns are missing: started_at, direction"),
        (b"call_id,id,started_at,direction,outcome\n", "calls.csv:1: these columns are there twice: call_id"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused_whole(
    rows: Callable[..., list[Row]], content: bytes, told: str
) -> None:
    with pytest.raises(UnreadableFileError) as refusal:
        rows(content)
    assert str(refusal.value).startswith(told)


def test_a_quoted_line_break_and_a_stray_quote_keep_the_true_line_numbers(rows: Callable[..., list[Row]]) -> None:
    found = rows(
        "sep=;\r\n" + HEADER.replace(",", ";").replace("\n", "\r\n") + '"c\r\n1";2026-03-31 10:00;in;an;answered\r\n'
        '"c-2;2026-03-31 10:00;in;an;answered\r\n\r\nc-3;2026-03-31 10:00;in;an;answered\r\n'
    )

    assert [(row.line, isinstance(row, Taken)) for row in found] == [(3, True), (5, False), (7, True)]
    assert isinstance(found[1], Refused)
    assert found[1].raw == '"c-2;2026-03-31 10:00;in;an;answered'


def test_a_line_longer_than_any_row_is_one_bad_row(rows: Callable[..., list[Row]]) -> None:
    good = "c-2,2026-03-31 10:00,in,an,answered\n"
    found = rows(HEADER + "x" * 2_500_000 + "\n" + good)

    assert [(row.line, isinstance(row, Taken)) for row in found] == [(2, False), (3, True)]
    assert isinstance(found[0], Refused)
    assert len(found[0].raw) <= 2_000


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.234.567", 1234567),
        ("1,234,567.5", 1234567.5),
        ("1.234,5", 1234.5),
        ("1\u00a0234", 1234),
        ("12,5", 12.5),
        ("0.125", 0.125),
        ("1234.567", 1234.567),
        ("\u22123", -3),
        ("4.0", 4),
    ],
)
def test_a_number_is_read_as_either_language_writes_it(cell: str, value: float) -> None:
    assert number_of(cell, HANOI) == value


@pytest.mark.parametrize("cell", ["1.234", "-1,234", "12.34.5", "1e5", "１２", "9" * 40, "1,5,", "--1"])  # noqa: RUF001 -- digits of full width are no digits of ours
def test_a_number_that_may_be_two_or_is_none_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        number_of(cell, HANOI)


def test_what_is_said_about_numbers_and_dates_decides() -> None:
    comma, point = (Forms("UTC", decimal=decimal) for decimal in (Decimal.COMMA, Decimal.POINT))

    assert (number_of("1.234", comma), number_of("1.234", point), number_of("1,234", point)) == (1234, 1.234, 1234)
    assert number_of("1,5", comma) == 1.5
    for cell in ("1,5x", "1,2,3"):
        with pytest.raises(CellError):
            number_of(cell, comma)
    assert day_of("03/04/2026", Forms("UTC", dates=DateOrder.DAY_FIRST)) == "2026-04-03"
    assert day_of("03/04/2026", Forms("UTC", dates=DateOrder.MONTH_FIRST)) == "2026-03-04"


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-13T14:05:00+07:00",
        "2026-03-13T07:05:00.250Z",
        "2026/03/13 14:05",
        "13/03/2026 2:05 CH",
        "03/13/2026 2:05 PM",
        "14h05 13-03-2026",
        "13 tháng 3 năm 2026 14:05",
        "ngày 13 tháng 3, 2026 14:05",
        "March 13, 2026 02:05 pm",
        "13 Mar 2026 14:05:00",
    ],
)
def test_an_instant_is_read_as_either_language_writes_it(cell: str) -> None:
    assert moment_of(cell, HANOI) in ("2026-03-13T14:05:00+07:00", "2026-03-13T07:05:00+00:00")


@pytest.mark.parametrize(
    "cell",
    [
        "03/04/2026 10:00",
        "13/03/26 10:00",
        "2026-03-13",
        "2026-03-13 24:01",
        "13 Thermidor 2026 10:00",
        "1850-01-01 10:00",
        "2026-03-13 13:00 PM",
        "Brumaire 13, 2026 10:00",
        "2026-03-13T10:00+99:00",
        "10:00",
        "0000-00-00 00:00",
    ],
)
def test_an_instant_that_may_be_two_or_is_none_is_refused(cell: str) -> None:
    with pytest.raises(CellError):
        moment_of(cell, HANOI)


def test_a_time_that_comes_twice_or_never_needs_its_offset() -> None:
    berlin = Forms("Europe/Berlin")
    for cell in ("2026-10-25 02:30", "2026-03-29 02:30"):
        with pytest.raises(CellError, match="offset"):
            moment_of(cell, berlin)
    assert moment_of("2026-10-25 02:30 +01:00", berlin) == "2026-10-25T02:30:00+01:00"


def test_periods_and_truths_are_read_in_both_languages() -> None:
    assert [period_of(cell, HANOI) for cell in ("2026-W13", "03/2026", "Tháng 3/2026", "Quý 1 năm 2026")] == [
        "2026-W13",
        "2026-03",
        "2026-03",
        "2026-Q1",
    ]
    assert [truth_of(cell, HANOI) for cell in ("Có", "không", "x", "0")] == [True, False, True, False]


def test_a_row_is_json_that_its_published_schema_accepts(rows: Callable[..., list[Row]]) -> None:
    (row,) = rows(HEADER + "c-1,2026-03-31 10:00,Gọi đến,'=an,Nhỡ\n")

    assert isinstance(row, Taken)
    assert json.loads(json.dumps(row.values)) == {
        "call_id": "c-1",
        "started_at": "2026-03-31T10:00:00+07:00",
        "direction": "inbound",
        "agent_ref": "=an",
        "outcome": "missed",
    }
    Draft202012Validator(schema_of(CALLS.model)).validate(row.values)
