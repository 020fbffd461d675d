from dataclasses import dataclass
from enum import StrEnum

from sync.store.codec import decoded, encoded
from sync.store.packing import Packing


class Mood(StrEnum):
    """What one may be."""

    GLAD = "glad"
    SAD = "sad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of several kinds of values."""

    name: str | None
    count: int
    mood: Mood


PACKING = Packing(Row, mood=Mood)


def test_a_row_keeps_only_what_differs_from_the_one_before() -> None:
    rows = [
        Row(name=None, count=0, mood=Mood.GLAD),
        Row(name=None, count=7, mood=Mood.GLAD),
        Row(name=None, count=7, mood=Mood.GLAD),
        Row(name="an", count=7, mood=Mood.SAD),
        Row(name=None, count=7, mood=Mood.SAD),
    ]
    packed = list(PACKING.packed(rows))
    assert packed == [[6, 0, "glad"], [2, 7], [0], [5, "an", "sad"], [1, None]]
    back = list(PACKING.read(decoded(encoded(packed))))
    assert back == rows
    assert all(isinstance(row.mood, Mood) for row in back)


def test_no_rows_are_nothing() -> None:
    assert list(PACKING.packed([])) == list(PACKING.read([])) == []
