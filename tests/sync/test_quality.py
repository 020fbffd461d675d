"""How sure the figures are is told beside them, told of, and explained line by line."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from sync.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

HOUR = 3600
CALENDARS = {"vn": {"tz": "Asia/Ho_Chi_Minh", "week": {"mon..fri": ["08:00-17:30"]}}, "default": "vn"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Callable[..., tuple[str, Any]]":
    """Return a function that runs a command, in words and as JSON."""

    def ran(world: "World", *command: str) -> tuple[str, Any]:
        for name, secret in world.secrets.items():
            monkeypatch.setenv(name, secret)
        words = []
        for more in ((), ("--json",)):
            with pytest.raises(SystemExit):
                main([*command, "--config", str(world.path), *more])
            words.append(capsys.readouterr())
        return words[0].out + words[0].err, json.loads(words[1].out)

    return ran


def test_what_was_not_seen_in_time_is_counted_and_can_be_explained(
    make_world: "Callable[..., World]", told: "Callable[..., tuple[str, Any]]"
) -> None:
    """09:00 opened and seen; 10:40 handed to somebody else, which nobody sees before 12:00."""
    world = make_world(kind="freshdesk", language="en", calendars=CALENDARS)
    ticket = world.ticket()
    world.advance(60)
    world.run()
    world.advance(100 * 60)
    world.state.change(ticket.id, assignee_id=world.agents[1])
    world.advance(80 * 60)
    world.run()
    text, document = told(world, "report", "--by", "day")
    assert "Data quality" in text
    assert "explain goals_undecided" in text
    quality = document["reports"][0]["quality"]
    assert quality["approximate"] > 0
    status, state = told(world, "status")
    assert state["accounts"][0]["quality"]["approximate"] >= quality["approximate"]
    assert "this month: Data quality" in status
    explained, _ = told(world, "explain", "assigned", "--by", "day")
    assert "≈ 0, counted already" in explained
    assert "It costs nobody points unless a penalty says" in explained


def test_where_all_is_exact_nothing_is_said(
    make_world: "Callable[..., World]", told: "Callable[..., tuple[str, Any]]"
) -> None:
    world = make_world(language="en", calendars=CALENDARS)
    world.answered()
    world.advance(HOUR)
    world.run()
    text, document = told(world, "report")
    assert "≈" not in told(world, "explain", "assigned")[0]
    assert "Data quality" not in text
    assert document["reports"][0]["quality"] == {"approximate": 0, "undecided": 0}
