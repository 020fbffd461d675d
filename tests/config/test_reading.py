import pytest

from config.problems import SettingsError
from config.reading import parse_document


def values(text: str) -> object:
    return parse_document(text, "x.yaml").value


def test_plain_values_are_those_of_yaml_1_2() -> None:
    text = """
    truth: [true, False, yes, off, no]
    nothing: [null, ~, Null, , NULL]
    numbers: [1, -2, 0.5, .5, 0]
    texts: ["1", 'true', 007, 0x10, 1e3, .nan, .inf, 12:30, 2026-01-01, 1_000, '']
    """
    assert values(text.replace(" , ", " ~, ")) == {
        "truth": [True, False, "yes", "off", "no"],
        "nothing": [None, None, None, None, None],
        "numbers": [1, -2, 0.5, 0.5, 0],
        "texts": ["1", "true", "007", "0x10", "1e3", ".nan", ".inf", "12:30", "2026-01-01", "1_000", ""],
    }


def test_a_number_too_long_for_a_number_stays_text() -> None:
    assert values(f"a: {'9' * 5000}") == {"a": "9" * 5000}


def test_keys_are_always_text() -> None:
    assert values("{1: a, 2027-02-13: b, true: c}") == {"1": "a", "2027-02-13": "b", "true": "c"}


def test_every_value_knows_its_line_and_every_key() -> None:
    document = parse_document("a:\n  - b: 1\n    c: |\n      text\n", "x.yaml")
    marks = {path: (mark.line, mark.column) for path, mark in document.marks.items()}
    assert marks == {(): (1, 1), ("a",): (1, 1), ("a", 0): (2, 5), ("a", 0, "b"): (2, 8), ("a", 0, "c"): (3, 8)}
    assert document.mark(("a", 0, "missing", 3)).line == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "x.yaml:1: the file is empty; a mapping of keys and values"),
        ("# only a comment\n", "x.yaml:1: the file is empty; a mapping of keys and values"),
        ("---\n", "x.yaml:2: the file is empty; a mapping of keys and values"),
        ("- a\n- b\n", "x.yaml:1: the file holds no mapping at its top; a mapping of keys and values"),
        ("\njust words\n", "x.yaml:2: the file holds no mapping at its top; a mapping of keys and values"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2: a second document begins here; one document a file"),
        ("a:\n\tb: 1\n", "x.yaml:2: a tab stands where YAML wants spaces; indent with spaces"),
        ("a: 1\n? [x]\n: 1\n", "x.yaml:2: a key must be one word; `key: value`"),
        ("a: 1\nb: \x07\n", "x.yaml:2: a character stands here that YAML does not allow"),
    ],
)
def test_fault_44_a_file_that_is_no_mapping_gives_one_clear_problem(text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_document(text, "x.yaml")
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ("a: 1\nb: {c: ${env:X}}\n", 2, 'a reference needs quotes, for example "${env:NAME}"'),
        ("a: b: c\n", 1, "needs quotes"),
        ("a: 1\nb\nc: 1\n", 3, "needs quotes"),
        ("cron: */15 8 * * *\n", 1, "begins with * needs quotes"),
        ("a: [1, 2\nb: 3\n", 2, "left open"),
        ("a: 'x\n", 2, "left open"),
        ("a: @x\n", 1, "put texts with special characters in quotes"),
        ("a: !kanarienvogel!x\n", 1, "put texts with special characters in quotes"),
        ("a: 1\n...\n%oops", 3, "put texts with special characters in quotes"),
    ],
)
def test_fault_44_what_is_no_yaml_is_placed_and_never_quoted(text: str, line: int, remedy: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_document(text, "x.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, str(problem.message)) == (line, "YAML cannot be read here")
    assert remedy in str(problem.allowed)
    assert "kanarienvogel" not in str(problem)


def test_fault_44_aliases_anchors_tags_and_repeated_keys_are_all_reported() -> None:
    text = "a: &x 1\nb: *x\nc: !!python/object:os.system [ls]\na: [2, {d: 1, d: 2}]\n!!str e: 1\n"
    document = parse_document(text, "x.yaml")
    found = [str(document.problem(finding)) for finding in document.findings]
    quotes = "a text that begins with * & ! needs quotes"
    assert found == [
        f"x.yaml:1: a: YAML anchors are not read here; {quotes}",
        f"x.yaml:2: b: YAML aliases are not read here; {quotes}",
        f"x.yaml:3: c: YAML tags are not read here; {quotes}",
        "x.yaml:4: a: this key was already given on line 1; each key once",
        f"x.yaml:5: YAML tags are not read here; {quotes}",
    ]
    assert document.value == {"a": 1, "b": None, "c": ["ls"], "e": 1}


def test_fault_44_a_bomb_of_aliases_never_goes_off() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    assert len(parse_document("\n".join(lines), "x.yaml").findings) == 60 + 2 * 59


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_fault_44_a_tower_of_brackets_is_not_climbed(opening: str) -> None:
    with pytest.raises(SettingsError, match="nested too deep"):
        parse_document("a: " + opening * 500 if opening != "- " else opening * 500, "x.yaml")
