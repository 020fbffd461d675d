from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Desk

EXPORT = "/api/v2/incremental/tickets/cursor.json"


@pytest.fixture
def spoiled(desk: "Desk") -> "Desk":
    """Give a desk with three tickets in quarantine."""

    def spoil(page: Any) -> Any:  # noqa: ANN401 -- JSON
        for row in page["tickets"][:3]:
            row["created_at"] = "yesterday"
        return page

    desk.sandbox.fail_next(EXPORT, spoil)
    assert desk.run("sync").exit_code == 5
    return desk


def ids(desk: "Desk") -> list[int]:
    (account,) = desk.told("quarantine", "list")["accounts"]
    return [row["id"] for row in account["rows"]]


def test_the_rows_are_listed_with_reason_stream_and_id(spoiled: "Desk") -> None:
    shown = spoiled.run("quarantine", "list")
    assert (shown.exit_code, shown.stderr) == (0, "")
    first, *rows = shown.stdout.splitlines()
    assert first == "sao-mai: 3 rows in quarantine"
    assert len(rows) == 3
    assert all("  tickets  tickets:" in row and "created_at cannot be read" in row for row in rows)
    (account,) = spoiled.told("quarantine", "list", "sao-mai")["accounts"]
    assert set(account["rows"][0]) == {
        *("id", "stream", "key", "reason", "pass_id", "first_seen_at", "last_seen_at", "raw")
    }


def test_no_more_rows_are_listed_than_a_screen_holds(spoiled: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.cli.quarantine_command._LISTED", 2)
    assert spoiled.run("quarantine", "list").stdout.splitlines()[-1] == "1 more; --json lists them all"


def test_a_retry_that_reads_nothing_ends_partial(spoiled: "Desk") -> None:
    result = spoiled.run("quarantine", "retry", "sao-mai", "--all")
    assert result.exit_code == 5
    assert "read: 0 rows" in result.stdout
    assert len(ids(spoiled)) == 3


def test_a_retry_that_reads_everything_ends_well(spoiled: "Desk", monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.zendesk import Zendesk  # noqa: PLC0415 -- only here does the program learn something

    real = Zendesk.read_again
    monkeypatch.setattr(
        Zendesk, "read_again",
        lambda self, stream, raw: real(self, stream, raw.replace('"yesterday"', '"2026-11-01T00:00:00Z"')),
    )  # fmt: skip
    first, *others = ids(spoiled)
    answer = spoiled.told("quarantine", "retry", "sao-mai", str(first))
    assert answer == {"connector": "sao-mai", "read": [first], "unreadable": [], "listed": []}
    assert ids(spoiled) == others


def test_rows_of_lists_are_told_to_come_anyway(desk: "Desk") -> None:
    def spoil(page: Any) -> Any:  # noqa: ANN401 -- JSON
        page["groups"][0]["name"] = None
        return page

    desk.sandbox.fail_next("/api/v2/groups.json", spoil)
    desk.run("sync")
    result = desk.run("quarantine", "retry", "sao-mai", "--all")
    assert result.exit_code == 0
    assert "to be dropped: 1 row of lists that every pull reads whole" in result.stdout


def test_rows_are_dropped_only_after_yes(spoiled: "Desk") -> None:
    first, *others = ids(spoiled)
    result = spoiled.run("quarantine", "drop", "sao-mai", str(first))
    assert (result.exit_code, "nothing was dropped" in result.stdout, len(ids(spoiled))) == (0, True, 3)
    assert spoiled.told("quarantine", "drop", "sao-mai", str(first), "--yes") == {"connector": "sao-mai", "dropped": 1}
    assert ids(spoiled) == others
    assert "dropped: 2 rows" in spoiled.run("quarantine", "drop", "sao-mai", "--all", "--yes").stdout
    assert ids(spoiled) == []


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("n\n", 3)])
def test_at_a_terminal_it_asks(spoiled: "Desk", monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
    monkeypatch.setattr("sync.cli.quarantine_command._is_asked", lambda _: True)
    spoiled.run("quarantine", "drop", "sao-mai", "--all", answers=answer)
    assert len(ids(spoiled)) == left


@pytest.mark.parametrize(
    "words",
    [("retry", "sao-mai"), ("drop", "sao-mai", "1", "--all"), ("retry", "sao-mai", "77"), ("drop", "nemo", "1")],
)
def test_what_is_meant_must_be_named_and_there(spoiled: "Desk", words: tuple[str, ...]) -> None:
    result = spoiled.run("quarantine", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr
    assert len(ids(spoiled)) == 3
