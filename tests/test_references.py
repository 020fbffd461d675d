"""Every reference answer and every acceptance vector is a test that bears its number."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
NAMED = re.compile(r"def test_(?:[a-z0-9]+_)*?([rv])([0-9]{1,2})_")


def test_every_reference_answer_and_every_vector_is_named_by_a_test() -> None:
    named = {
        (letter, int(number))
        for path in TESTS.rglob("test_*.py")
        for letter, number in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    wanted = {("r", number) for number in range(1, 22)} | {("v", number) for number in range(1, 16)}
    assert wanted - named == set()
