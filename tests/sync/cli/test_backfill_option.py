from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Desk


def test_since_belongs_to_backfill(desk: "Desk") -> None:
    result = desk.run("sync", "--since", "2026-11-01")
    assert result.exit_code == 2
    assert "--since belongs to --backfill" in result.stderr
    assert desk.sandbox.requests == []


def test_a_backfill_tells_how_far_it_came(desk: "Desk") -> None:
    desk.run("sync", "--yes")
    answer = desk.run("sync", "--backfill", "--since", "2026-11-20")
    assert answer.exit_code == 0
    assert "backfill done: " in answer.stdout
    desk.sandbox.advance(300)
    (document,) = desk.told("sync", "--backfill")["passes"]
    assert set(document["backfill"]) == {"tickets", "planned", "closed", "summaries", "is_whole"}
    assert document["backfill"]["is_whole"] is True


def test_a_bounded_backfill_ends_partial_and_says_how_to_go_on(desk: "Desk") -> None:
    desk.run("sync", "--yes")
    result = desk.run("sync", "--backfill", "--max-writes", "0")
    assert result.exit_code == 5
    assert "`sync --backfill` goes on from there" in result.stdout
