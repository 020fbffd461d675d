"""What steps of escalations do on tickets: told on every helpdesk, once for each step, by the one way of writing."""

import signal
from typing import TYPE_CHECKING, Any

import pytest

from connectors.base import Stream, Verdict
from connectors.effects import PRIORITY
from kpi_engine.measurement import ClockState
from kpi_engine.periods import period_named
from kpi_engine.records import EventKind
from sync.editions import rulebook
from sync.effect_checks import effect_checks, effect_sentences
from sync.effects import ENDED, FORBIDDEN, LATE, RULES_CHANGED
from sync.escalated import EARLY, followed
from sync.ledger import Told, Wish, told_ledger
from sync.ledger_rows import LedgerRows
from sync.ledger_text import Teller
from sync.locale import Language
from sync.reverting import reversal, revert
from sync.sources import source
from sync.store.changes import ChangeState

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


NOTE_ONLY = {"level": 1, "notify": ["team_lead"], "note": True}
SAYING = {
    "zendesk": ("/api/v2/tickets/*", "PUT"),
    "freshdesk": ("*/notes", "POST"),
    "salesforce": ("*/sobjects/CaseComment", "POST"),
}


def quiet(world: "World", *steps: dict[str, Any], **more: Any) -> "World":  # noqa: ANN401 -- parts of a document
    """Configure an account that writes nothing but what escalations do, with its first pass behind it."""
    push = {"ticket_fields": [], "escalations": {"allow": ["note", "raise_priority"], **more.pop("push", {})}}
    world.configure(push=push, policies=rules(*steps, **more))
    world.run()
    return world


@pytest.mark.untraced
@pytest.mark.parametrize("kind", KINDS)
def test_a_note_is_written_once_wherever_a_pass_dies_and_whether_its_answer_is_lost(
    make_world: "Callable[..., World]", fork_a_pass: "Callable[[World, str], int]", kind: str
) -> None:
    world = quiet(make_world(kind=kind), {**NOTE_ONLY, "raise_priority": True})
    tickets = []
    everywhere = ("after_planning", "before_request", "after_request", "after_outcome", "arrived", "lost")
    for death in everywhere if kind == "zendesk" else ("after_request", "arrived", "lost"):
        ticket = world.ticket(priority="normal")
        tickets.append(ticket)
        world.advance(HOUR + 600)
        if death in ("arrived", "lost"):
            path, method = SAYING[kind]
            world.sandbox.fail_next(path, "drop", method=method, after_effect=death == "arrived")
            world.run()
        else:
            assert fork_a_pass(world, death) == -signal.SIGKILL
        world.run()
        world.advance(120)
        world.run()
        assert len(notes(world, ticket)) == 1, death
    assert {len(notes(world, ticket)) for ticket in tickets} == {1}
    assert world.store.changes.pending_count(NAME) == 0
    changes = world.store.changes.escalated(NAME, [world.platform.key(ticket) for ticket in tickets])
    assert {each.state for some in changes.values() for each in some} == {ChangeState.DELIVERED}
    assert {each.values[PRIORITY] for some in changes.values() for each in some} == {"high"}


def told(world: "World", ticket: Any) -> Told:  # noqa: ANN401 -- any platform's
    """Return what the ledger of the month says of a ticket."""
    month = period_named("2026-11", "Asia/Ho_Chi_Minh")
    return told_ledger(source(world.account, month, world.account.now()), Wish(ticket_id=str(ticket.id)))


def test_only_what_falls_due_from_now_on_and_still_matters_is_acted_on(world: "World") -> None:
    """One was late before the first pass, one is answered, one is told too late, one is late by a changed rule."""
    before = world.ticket()
    world.advance(2 * HOUR)
    quiet(world, NOTE_ONLY, push={"within": "2h"})
    answered = world.ticket()
    world.advance(HOUR + 30)
    world.state.comment(answered.id, world.agents[0])
    world.advance(600)
    assert [reason for reason, _ in world.run().effects.left.values()] == [ENDED]
    forgotten = world.ticket()
    world.advance(5 * HOUR)
    assert [reason for reason, _ in world.run().effects.left.values()] == [LATE]
    changed = world.ticket()
    world.advance(1800)
    world.run()
    document = rules(NOTE_ONLY)
    document["policies"][0]["clocks"][0]["goal"] = {"any": "1m"}
    world.configure(push={"ticket_fields": [], "escalations": {"allow": ["note"]}}, policies=document)
    world.advance(300)
    report = world.run()
    world.advance(300)
    later = world.run()
    found = [reason for each in (report, later) for reason, _ in each.effects.left.values()]
    assert found == [RULES_CHANGED]
    tickets = (before, answered, forgotten, changed)
    assert [notes(world, each) for each in tickets] == [[], [], [], []]
    why = [[each.left for each in told(world, ticket).followed.values()] for ticket in tickets]
    assert why == [[EARLY], [ENDED], [LATE], [RULES_CHANGED]]  # kept beside the ledger, not only told by that pass
    late = told(world, forgotten)
    rows = [row["reason"] for row in LedgerRows(Teller(late, rulebook(world.account), Language("en"))).rows().rows]
    assert str(LATE) in rows
    world.configure(push={"ticket_fields": []}, policies=document)
    assert [each.document()["left"] for each in told(world, before).followed.values()] == [str(FORBIDDEN)]
    assert "rules changed" in " ".join(map(str, later.effects.sentences())) + " ".join(
        map(str, report.effects.sentences())
    )


def test_repeated_notices_are_notes_alone_and_steps_of_one_pass_build_on_one_another(world: "World") -> None:
    steps = [{"level": 1, "raise_priority": True}, {"level": 2, "after": "10m", "raise_priority": True, "note": True}]
    quiet(world, *steps, repeat={"every": "1h", "most": 1})
    ticket = world.ticket(priority="normal")
    world.advance(HOUR + 1200)
    report = world.run()
    assert [each.values.get(PRIORITY) for each in report.effects.plans] == ["high", "urgent"]
    assert ticket.priority == "urgent"
    world.advance(HOUR + 600)
    (repeated,) = world.run().effects.plans
    assert PRIORITY not in repeated.values
    assert "repeated notice 1" in notes(world, ticket)[1]
    assert [each.state for each in world.store.readings.get(NAME, str(ticket.id)).measurement.clocks] == [
        ClockState.BREACHED_OPEN
    ]


def test_a_pass_that_is_taken_back_gives_back_what_an_escalation_changed(world: "World") -> None:
    configured(world, {"level": 1})
    step = {"level": 1, "note": True, "raise_priority": True, "assign": name_of_group(world, 1), "add_tags": ["late"]}
    configured(world, step)
    ticket = world.ticket(priority="normal", tags=("vip",))
    group, agent = ticket.group_id, ticket.assignee_id
    world.advance(HOUR + 600)
    world.run()
    assert (ticket.priority, ticket.tags, ticket.assignee_id) == ("high", ("vip", "late"), None)
    newest = world.store.passes.last(NAME, 1)[0].pass_id
    plan = reversal(world.account, newest)
    assert any("note" in str(each.reason) for each in plan.kept)
    revert(world.account, plan)
    assert (ticket.priority, ticket.tags) == ("normal", ("vip",))
    assert (ticket.group_id, ticket.assignee_id) == (group, agent)


def test_check_says_what_is_asked_for_and_allowed_and_what_could_not_be_done(world: "World") -> None:
    steps = [{"level": 1, "note": True, "add_tags": ["late"]}, {"level": 2, "assign": "Nowhere", "notify": ["owner"]}]
    severity = {"scale": ["S1", "S2"], "matrix": {"any": {"any": "S1"}}, "tiers": {"S1": {"owner": "Nobody's"}}}
    push = {"escalations": {"allow": ["note", "assign"]}}
    world.configure(push=push, policies={**rules(*steps), "severity": severity})
    found = {str(each.finding): each.verdict for each in effect_checks(world.account)}
    assert found == {
        "for a private note on tickets: 1 step": Verdict.OK,
        "for tags: 1 step that nothing comes of, for it is not allowed here": Verdict.WARNING,
        "for a handover on tickets: 1 step": Verdict.OK,
        "there is no group Nowhere": Verdict.FAILURE,
        "steps are for the owner of a ticket's severity, and these have none: S2": Verdict.WARNING,
    }
    assert [str(each) for each in effect_sentences(world.account)] == [
        "for a private note on tickets: 1 step",
        "for a handover on tickets: 1 step",
    ]


@pytest.mark.parametrize("kind", ["freshdesk", "salesforce"])
def test_an_acknowledgement_holds_later_steps_on_helpdesks_that_tell_less(
    make_world: "Callable[..., World]", kind: str
) -> None:
    """A tag on Freshdesk, a field of the case on Salesforce: set twenty minutes after the breach, it holds an hour."""
    world = make_world(kind=kind)
    told = {"tag": ["seen"]} if kind == "freshdesk" else {"field": {"seen": ["DON-1"]}}
    held = {"when": {"all": [told]}, "holds_for": "1h"}
    fields = {} if kind == "freshdesk" else {"fields": {"seen": {NAME: {"field": "Ma_Don_Hang__c"}}}}
    policies = rules({"level": 1}, {"level": 2, "after": "30m"}, acknowledgement=held)
    world.configure(push={"ticket_fields": []}, policies=policies, **fields)
    world.run()
    ticket = world.ticket()
    key = world.platform.key(ticket)
    world.run()
    world.advance(HOUR + 1200)
    world.run()
    if kind == "freshdesk":
        world.state.change(ticket.id, world.agents[0], tags=("seen",))
    else:
        world.state.change(ticket.id, world.agents[0], fields={"Ma_Don_Hang__c": "DON-1"})
    world.advance(2400)
    world.run()
    steps = [each.step for each in world.store.readings.get(NAME, key).measurement.firings]
    assert "escalation:1" in steps
    assert "escalation:2" not in steps
    world.advance(HOUR)
    world.run()
    assert "escalation:2" in [each.step for each in world.store.readings.get(NAME, key).measurement.firings]


def test_a_role_is_found_in_the_organization_and_told_in_the_ledger(world: "World") -> None:
    """The lead gets the ticket at level 1, who answers for its severity at level 2; nobody is manager."""
    configured(world, {"level": 1})
    lead, group = world.agents[1], name_of_group(world, 0)
    email = next(each.email for each in world.store.records.account(NAME, Stream.AGENTS) if each.agent_id == str(lead))
    steps = [
        {"level": 1, "assign": "team_lead", "notify": ["manager"]},
        {"level": 2, "after": "30m", "assign": "owner", "note": True, "notify": ["owner"]},
        {"level": 3, "after": "35m", "assign": "manager"},
    ]
    severity = {"scale": ["S1"], "matrix": {"any": {"any": "S1"}},
                "tiers": {"S1": {"owner": name_of_group(world, 2), "authority": ["refund"]}}}  # fmt: skip
    push = {"ticket_fields": [], "escalations": {"allow": EFFECTS}}
    people = {"teams": {group: {"lead": email}}}
    world.configure(push=push, policies={**rules(*steps), "severity": severity}, **people)
    world.run()
    ticket = world.ticket()
    world.advance(HOUR + 600)
    report = world.run()
    assert ticket.assignee_id == lead
    assert any("nobody is manager" in told for told in report.effects.remarks)
    world.advance(1800)
    report = world.run()
    assert (ticket.group_id, ticket.assignee_id) == (world.state.account.group_ids[2], None)
    assert "may decide refund" in notes(world, ticket)[0]
    assert any("has no account here" in told for told in report.effects.remarks)
    entries = world.store.ledger.entries(NAME, [str(ticket.id)])
    told = [each.sentence(world.account.language) for each in followed(world.account, rulebook(world.account), entries)]
    assert "on the ticket: delivered" in str(told[0])
    assert name_of_group(world, 2) in str(told[1])
    documents = [each.document() for each in followed(world.account, rulebook(world.account), entries)]
    assert [each["state"] for each in documents] == ["delivered", "delivered", None]


def test_a_ticket_already_where_it_would_go_keeps_its_agent_and_notes_tell_each_kind_of_step(world: "World") -> None:
    """One is in the group already, one with the lead; a step before the goal, one while it rests, one after its end."""
    configured(world, {"level": 1})
    group, lead = name_of_group(world, 0), world.agents[0]
    email = next(each.email for each in world.store.records.account(NAME, Stream.AGENTS) if each.agent_id == str(lead))
    steps = [
        {"level": 1, "at": "warn", "note": True, "assign": group},
        {"level": 2, "note": True, "assign": "team_lead"},
        {"level": 3, "note": True, "at": "met"},
        {"level": 4, "after": "1h", "note": True, "assign": "Nowhere"},
    ]
    document = rules(*steps, calendar="always")
    document["policies"][0]["clocks"][0] |= {"warn": ["50%"], "pause_in": ["pending"]}
    always = {"week": {"mon..sun": ["00:00-24:00"]}}
    push = {"ticket_fields": [], "escalations": {"allow": EFFECTS}}
    world.configure(push=push, policies=document, calendars={"always": always}, teams={group: {"lead": email}})
    world.run()
    ticket = world.ticket(priority="normal")
    world.advance(2000)
    world.run()
    world.advance(HOUR)
    world.run()
    assert (ticket.group_id, ticket.assignee_id) == (world.state.account.group_ids[0], lead)
    world.state.change(ticket.id, lead, status="pending")
    world.advance(HOUR)
    report = world.run()
    assert any("there is no group Nowhere" in told for told in report.effects.remarks)
    world.state.comment(ticket.id, lead)
    world.advance(600)
    world.run()
    told = notes(world, ticket)
    assert [each.count("handed") for each in told] == [0, 0, 0, 0]
    for said, told_of in zip(told, ("before the goal", "level 2", "level 4", "after the end"), strict=True):
        assert told_of in said
    assert "has run" in told[0]
    assert "is due" in told[0]
    assert "ended after" in told[3]
