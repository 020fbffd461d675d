"""What escalations do is planned and done once, whatever the order and grain of passes, and whichever of them die."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sync.crash import LOOK_UP_POINTS, POINTS
from sync.store.changes import ChangeState

if TYPE_CHECKING:
    from tests.sync.conftest import World

NAME, HOUR, TICKETS = "sao-mai", 3600, 2
EXAMPLES = max(4, int(os.environ.get("HELPDESK_KPI_EXAMPLES", "0")) // 100)
STEPS = ["escalation:1", "escalation:2", "repeat:1", "repeat:2"]
MARK = re.compile(r"helpdesk-kpi:escalation:[0-9a-f]{16}")
WRITE = ("/api/v2/tickets/*.json", "PUT")
DEATHS = (*POINTS, *LOOK_UP_POINTS)
DOINGS = ("pass", "pass", "dry", "held", "arrived", "lost", *DEATHS)
MODULES = ("sync.cycle", "sync.pull", "sync.outbox", "sync.look_ups", "sync.duplicates")


class KilledError(BaseException):
    """The process died."""


@pytest.fixture
def worlds(world_in: Callable[..., Any], platforms: dict[str, Any], tmp_path: Path) -> Callable[[], Any]:
    """Return what makes a world anew for each example, in a folder of its own."""
    made: Iterator[int] = iter(range(10_000))
    start = 1_795_399_200
    return lambda: world_in(platforms["zendesk"].sandbox(tickets=0, days=1, start=start), tmp_path / f"{next(made)}")


def ruled(world: "World") -> "World":
    clock = {"id": "first_reply", "goal": {"any": "1h"}, "time": "calendar", "stop": ["agent_public_reply"]}
    steps = [{"level": 1, "note": True}, {"level": 2, "after": "30m", "note": True, "raise_priority": True}]
    follows = {"on": {"clock": "first_reply"}, "steps": steps, "repeat": {"every": "1h", "most": 2}}
    push = {"ticket_fields": [], "escalations": {"allow": ["note", "raise_priority"]}}
    world.configure(push=push, policies={"policies": [{"id": "all", "clocks": [clock]}], "escalations": [follows]})
    world.run()
    return world


def do(world: "World", doing: str, patch: pytest.MonkeyPatch) -> None:
    """Run one pass: one that dies somewhere, writes nothing, loses its answers, or none of that."""
    if doing in ("arrived", "lost"):
        world.sandbox.fail_next(WRITE[0], "drop", method=WRITE[1], after_effect=doing == "arrived")
    if doing not in DEATHS:
        world.run(dry_run=doing == "dry", max_writes=0 if doing == "held" else None)
        return

    def die(name: str) -> None:
        if name == doing:
            raise KilledError

    with patch.context() as killing:
        for module in MODULES:
            killing.setattr(f"{module}.crash_point", die)
        try:
            world.run()
        except KilledError:
            world.open(world.account.settings)  # another process


@settings(
    max_examples=EXAMPLES,
    derandomize="HELPDESK_KPI_EXAMPLES" not in os.environ,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # to shrink a life of passes takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from((60, 600, 1800, 2 * HOUR)), st.sampled_from(DOINGS)), min_size=3, max_size=8))
def test_every_effect_is_planned_and_done_once_whatever_the_passes_and_their_deaths(
    worlds: Callable[[], Any], life: list[tuple[int, str]]
) -> None:
    with worlds() as world, pytest.MonkeyPatch.context() as patch:
        ruled(world)
        tickets = [world.ticket(priority="normal") for _ in range(TICKETS)]
        for seconds, doing in life:
            world.advance(seconds)
            do(world, doing, patch)
        world.sandbox.clear_faults()
        world.advance(5 * HOUR)
        for _ in range(3):
            world.run()
            world.advance(120)
        ids = [str(ticket.id) for ticket in tickets]
        changes = [each for some in world.store.changes.escalated(NAME, ids).values() for each in some]
        wanted = Counter(f"escalation:{key}:first_reply:1:{step}" for key in ids for step in STEPS)
        assert Counter(each.key for each in changes) == wanted
        assert {each.state for each in changes} == {ChangeState.DELIVERED}
        for ticket in tickets:
            marks = [mark for _, body in world.state.comments_of(ticket.id) for mark in MARK.findall(body)]
            assert Counter(marks) == Counter(
                str(each.values["marker"]) for each in changes if each.target_id == str(ticket.id)
            )
            assert ticket.priority == "high"
