"""Effects that a helpdesk took and did not keep: found after a quarter of an hour, and done once more."""

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Change, Delivered, Outcome, Target
from connectors.effects import ASSIGNEE, GROUP, MARKER, NOTE, PRIORITY, TAGS_ADDED
from sync.editions import rulebook
from sync.escalated import followed
from sync.store.changes import ChangeState
from sync.store.findings import What

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.sync.conftest import World

KINDS = ("zendesk", "freshdesk", "salesforce")
NAME = "sao-mai"
HOUR, LONG_ENOUGH = 3600, 1200
NOTE_KEYS, PLACE = {NOTE, MARKER}, {GROUP, ASSIGNEE}
HIGH = {"zendesk": "high", "freshdesk": 3, "salesforce": "High"}
NORMAL = {"zendesk": "normal", "freshdesk": 2, "salesforce": "Medium"}
ALL = frozenset({NOTE, MARKER, PRIORITY, GROUP, ASSIGNEE, TAGS_ADDED})


def configured(world: "World", **push: Any) -> "World":  # noqa: ANN401 -- parts of a document
    """Configure an account whose one step does all that the helpdesk lets it, with its first pass behind it."""
    clock = {"id": "first_reply", "goal": {"any": "1h"}, "time": "calendar", "stop": ["agent_public_reply"]}
    group = world.state.account.group_ids[1]
    step = {"level": 1, "note": True, "raise_priority": True, "assign": world.platform.person(world.state, group)}
    step |= {} if world.kind == "salesforce" else {"add_tags": ["late"]}
    rules = {"policies": [{"id": "all", "clocks": [clock]}], "escalations": [
        {"on": {"clock": "first_reply"}, "steps": [step]}]}  # fmt: skip
    allow = ["note", "raise_priority", "assign", *(() if world.kind == "salesforce" else ("add_tags",))]
    world.configure(push={"ticket_fields": [], "escalations": {"allow": allow, **push}}, policies=rules)
    world.run()
    return world


def losing(world: "World", keys: "frozenset[str] | set[str]") -> None:
    """Let the helpdesk say that it did what it is asked, but leave out some of it."""
    deliver = world.account.connector.deliver

    def lossy(changes: "Sequence[Change]") -> dict[int, Outcome]:
        if changes[0].target is not Target.ESCALATION:
            return deliver(changes)
        kept = [replace(each, values={k: v for k, v in each.values.items() if k not in keys}) for each in changes]
        return deliver(kept) if keys != ALL else {each.change_id: Delivered() for each in changes}

    world.instead(deliver=lossy)


def keeping(world: "World") -> None:
    """Let the helpdesk keep all again."""
    world.open(world.account.settings)


def late_ticket(world: "World") -> Any:  # noqa: ANN401 -- any platform's
    """Let a ticket's first reply be an hour late."""
    ticket = world.ticket(priority="normal")
    world.advance(HOUR + 600)
    return ticket


def notes(world: "World", ticket: Any) -> int:  # noqa: ANN401 -- any platform's
    if world.kind == "zendesk":
        said = [body for _, body in world.state.comments_of(ticket.id)]
    elif world.kind == "freshdesk":
        said = [each.body for each in world.state.conversations[ticket.id]]
    else:
        rows = world.state.tables["CaseComment"].rows.values()
        said = [str(row["CommentBody"]) for row in rows if row["ParentId"] == ticket.key]
    return sum("helpdesk-kpi:escalation:" in each for each in said)


def priority(world: "World", ticket: Any) -> object:  # noqa: ANN401 -- any platform's
    return ticket.row["Priority"] if world.kind == "salesforce" else ticket.priority


def group_of(world: "World", ticket: Any) -> object:  # noqa: ANN401 -- any platform's
    return ticket.row["OwnerId"] if world.kind == "salesforce" else str(ticket.group_id)


def stands(world: "World", ticket: Any) -> tuple[int, bool, bool, bool]:  # noqa: ANN401 -- any platform's
    """Return how many notes a ticket has, and whether it is more urgent, tagged and handed over."""
    tagged = world.kind == "salesforce" or "late" in ticket.tags
    return (
        notes(world, ticket),
        priority(world, ticket) == HIGH[world.kind],
        tagged,
        group_of(world, ticket) == world.platform.person(world.state, world.state.account.group_ids[1]),
    )


DONE = (1, True, True, True)


def later(world: "World", seconds: int = LONG_ENOUGH) -> int:
    """Run a pass some time later, and return how much of escalations it sent."""
    world.advance(seconds)
    before = world.store.changes.counts(NAME).get(ChangeState.DELIVERED, 0)
    world.run()
    return world.store.changes.counts(NAME).get(ChangeState.DELIVERED, 0) - before


def told(world: "World") -> list[str]:
    return [str(each.told) for each in world.store.findings.open(NAME, 9) if each.what is What.UNKEPT]


def parts(world: "World") -> set[str]:
    return {each.field for each in world.store.findings.open(NAME, 9) if each.what is What.UNKEPT}


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        *((kind, ALL) for kind in KINDS),
        ("freshdesk", NOTE_KEYS),
        ("salesforce", NOTE_KEYS),
        ("zendesk", PLACE | {PRIORITY, TAGS_ADDED}),
    ],
)
def test_what_a_helpdesk_took_and_did_not_keep_is_done_once_more(
    make_world: "Callable[..., World]", kind: str, lost: set[str]
) -> None:
    world = configured(make_world(kind=kind))
    losing(world, frozenset(lost))
    ticket = late_ticket(world)
    world.run()
    assert stands(world, ticket) != DONE
    keeping(world)
    assert later(world, 300) == 0, "it is given a quarter of an hour"
    assert stands(world, ticket) != DONE
    assert later(world) == 1
    assert stands(world, ticket) == DONE
    assert parts(world) == lost - {MARKER} - ({TAGS_ADDED} if kind == "salesforce" else set())
    assert all("done again" in each for each in told(world))
    assert [later(world), later(world)] == [0, 0]
    assert told(world) == []
    assert stands(world, ticket) == DONE


def test_what_is_not_kept_twice_is_told_and_left(world: "World") -> None:
    configured(world)
    losing(world, ALL)
    ticket = late_ticket(world)
    world.run()
    assert [later(world) for _ in range(3)] == [1, 0, 0]
    assert all("twice" in each and "left so" in each for each in told(world))
    assert NOTE in parts(world)
    assert notes(world, ticket) == 0
    entries = world.store.ledger.entries(NAME, [world.platform.key(ticket)])
    (step,) = followed(world.account, rulebook(world.account), entries)
    assert "does not show it" in str(step.done())
    assert step.document()["stands"] is False


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_kept_costs_a_look_at_its_note_and_nothing_is_written_again(
    make_world: "Callable[..., World]", kind: str
) -> None:
    """Meanwhile people lower the priority again, take the tag off and hand the ticket back: that stands."""
    world = configured(make_world(kind=kind))
    ticket = late_ticket(world)
    group, owner = ticket.group_id, group_of(world, ticket)
    world.run()
    assert stands(world, ticket) == DONE
    world.advance(300)
    world.run()
    an, less = world.agents[0], "normal" if kind == "salesforce" else NORMAL[kind]
    tags: dict[str, Any] = {} if kind == "salesforce" else {"tags": ()}
    world.state.change(ticket.id, an, priority=less, group_id=group, assignee_id=an, **tags)
    assert [later(world) for _ in range(3)] == [0, 0, 0]
    assert told(world) == []
    assert (notes(world, ticket), priority(world, ticket), group_of(world, ticket)) == (1, NORMAL[kind], owner)


def test_a_note_that_turns_up_after_all_is_not_written_again(make_world: "Callable[..., World]") -> None:
    """It is looked for right before the second would be written, however long that waited in the queue."""
    for kind in ("freshdesk", "salesforce"):
        world = configured(make_world(kind=kind))
        held: list[Change] = []

        def hold(changes: "Sequence[Change]", held: list[Change] = held) -> dict[int, Outcome]:
            held += changes
            return {each.change_id: Delivered() for each in changes}

        world.instead(deliver=hold)
        ticket = late_ticket(world)
        world.run()
        keeping(world)
        world.advance(LONG_ENOUGH)
        world.run(max_writes=0)
        assert world.store.changes.pending_count(NAME) == 1
        world.account.connector.begin()
        world.account.connector.deliver(held)
        assert notes(world, ticket) == 1
        assert later(world) == 1
        assert stands(world, ticket) == DONE
        assert later(world) == 0
        assert notes(world, ticket) == 1
        world.close()
        (world.folder / "helpdesk-kpi.db").unlink()


def test_only_what_still_matters_is_done_again(world: "World") -> None:
    """One ticket is answered meanwhile, one is deleted, and of one the pass that would look comes too late."""
    configured(world, within="1h")
    losing(world, ALL)
    answered, deleted = world.ticket(priority="normal"), world.ticket(priority="normal")
    world.advance(HOUR + 600)
    world.run()
    keeping(world)
    world.state.comment(answered.id, world.agents[0])
    world.state.delete(deleted.id)
    assert later(world) == 0
    assert {each.split()[1] for each in told(world)} == {str(answered.id)}
    assert all("left so, for it is over" in each for each in told(world))
    losing(world, ALL)
    forgotten = late_ticket(world)
    world.run()
    keeping(world)
    assert later(world, 2 * HOUR) == 0
    assert notes(world, forgotten) == 0
    assert any(str(forgotten.id) in each for each in told(world))
    losing(world, ALL)
    outage = late_ticket(world)
    world.run()
    keeping(world)
    assert later(world, 3 * 24 * HOUR) == 0
    assert not any(str(outage.id) in each for each in told(world))


@pytest.mark.untraced
def test_nothing_is_done_twice_wherever_a_pass_dies_that_looks_for_effects(
    world: "World", fork_a_pass: "Callable[[World, str], int]"
) -> None:
    configured(world)
    for death in ("before_request", "after_request"):
        losing(world, ALL)
        ticket = late_ticket(world)
        world.run()
        keeping(world)
        world.advance(LONG_ENOUGH)
        assert fork_a_pass(world, death) == -signal.SIGKILL
        assert later(world, 120) >= 0
        assert later(world) == 0
        assert stands(world, ticket) == DONE, death
        assert world.store.changes.pending_count(NAME) == 0
        assert told(world) == []
