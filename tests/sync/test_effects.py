"""What steps of escalations do on tickets: told on every helpdesk, once for each step, by the one way of writing."""

from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Stream
from kpi_engine.records import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

KINDS = ("zendesk", "freshdesk", "salesforce")
NAME = "sao-mai"
HOUR = 3600
EFFECTS = ["note", "add_tags", "raise_priority", "assign"]


def rules(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- parts of a document
    """Return policies: a first reply within an hour of the wall's time, and what follows."""
    clock = {"id": "first_reply", "goal": {"any": "1h"}, "time": "calendar", "stop": ["agent_public_reply"]}
    escalation = {"on": {"clock": "first_reply"}, "steps": list(steps), **more}
    return {"policies": [{"id": "all", "clocks": [clock]}], "escalations": [escalation]}


def configured(world: "World", *steps: dict[str, Any], allow: "list[str] | None" = None, **more: Any) -> "World":  # noqa: ANN401 -- parts of a document
    """Configure an account that may write, with its first pass behind it."""
    can = {"zendesk": EFFECTS, "freshdesk": EFFECTS, "salesforce": [each for each in EFFECTS if each != "add_tags"]}
    push = {"escalations": {"allow": can[world.kind] if allow is None else allow}}
    world.configure(push=push, policies=rules(*steps, **more))
    world.run()
    return world


def notes(world: "World", ticket: Any) -> list[str]:  # noqa: ANN401 -- any platform's
    """Return the escalations' notes on a ticket."""
    if world.kind == "zendesk":
        said = [body for _, body in world.state.comments_of(ticket.id)]
    elif world.kind == "freshdesk":
        said = [each.body for each in world.state.conversations[ticket.id]]
    else:
        rows = world.state.tables["CaseComment"].rows.values()
        said = [str(row["CommentBody"]) for row in rows if row["ParentId"] == ticket.key and not row["IsPublished"]]
    return [each for each in said if "helpdesk-kpi:escalation:" in each]


def name_of_group(world: "World", place: int) -> str:
    wanted = world.platform.person(world.state, world.state.account.group_ids[place])
    groups = world.store.records.account(NAME, Stream.GROUPS)
    return next(each.name for each in groups if each.group_id == wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_does_what_is_asked_once_and_nobody_is_credited_with_it(
    make_world: "Callable[..., World]", kind: str
) -> None:
    """08:00 a customer writes; 09:00 the first reply is due; nobody answers."""
    world = make_world(kind=kind)
    configured(world, {"level": 1})
    other = name_of_group(world, 1)
    step = {"level": 1, "notify": ["team_lead"], "note": True, "raise_priority": True, "assign": other}
    configured(world, step if kind == "salesforce" else {**step, "add_tags": ["late"]})
    ticket = world.ticket(priority="normal")
    key = world.platform.key(ticket)
    world.run()
    world.advance(HOUR + 600)
    shown = world.run(dry_run=True)
    assert [each.entry.ticket_id for each in shown.effects.plans] == [key]
    assert notes(world, ticket) == []
    report = world.run()
    assert report.effects.plans.total == 1, list(report.effects.sentences())
    assert report.sent.refused == []
    (note,) = notes(world, ticket)
    assert "team lead" in note
    measured = world.store.readings.get(NAME, key).measurement
    world.advance(300)
    for _ in range(3):
        world.run()
        world.advance(HOUR)
    assert len(notes(world, ticket)) == 1
    later = world.store.readings.get(NAME, key).measurement
    snapshot = world.store.records.snapshots(NAME, [key])[key]
    assert snapshot.priority == "high"
    assert snapshot.assignee_id is None
    assert snapshot.group_id == world.platform.person(world.state, world.state.account.group_ids[1])
    assert ("late" in snapshot.tags) is (kind != "salesforce")
    (history,) = world.store.records.histories(NAME, [key], 0)
    told = [event for event in history.events if event.kind is EventKind.COMMENTED and event.public is False]
    assert [event.automatic for event in told] in ([True], [])
    assert [line for line in later.lines if line.indicator == "tickets_touched"] == []
    assert {line.priority for line in later.lines} == {"normal"}
    assert [c.goal for c in later.clocks] == [c.goal for c in measured.clocks]
    assert later.firings[-1].step == "escalation:1"
