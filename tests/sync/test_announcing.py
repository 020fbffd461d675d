"""Rules announced: a ticket for each agent, once an edition, and who acknowledged it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from config.policies import PolicyDocument
from kpi_engine.penalties import Finding
from kpi_engine.periods import period_named
from sync.announcing import ACKNOWLEDGED_TAG, Announcement, queue_announcement, recipients, ticket_of
from sync.charging import charges_of
from sync.cycle import PassReport, running
from sync.outbox import Sent, send_all
from sync.store.announcements import Announced

if TYPE_CHECKING:
    from connectors.sandbox.zendesk.records import Ticket
    from tests.sync.conftest import World

IMPORTS = "/api/v2/imports/tickets*"
WEEK = period_named("2026-W49", "Asia/Ho_Chi_Minh")
POLICIES: dict[str, Any] = {
    "version": 1,
    "policies": [
        {
            "id": "care",
            "clocks": [
                {"id": "first_reply", "goal": {"any": "30m"}, "time": "calendar", "stop": ["agent_public_reply"]},
                {"id": "resolution", "goal_by": {"severity": {"S1": "4h", "default": "8h"}}, "stop": ["solved"]},
            ],
        }
    ],
    "penalties": [
        {
            "id": "overdue",
            "period": "week",
            "clocks": ["first_reply"],
            "quota_rate": "5 %",
            "min_volume": 1,
            "bands": [{"over": 0, "points": 1}, {"over": 3, "points": 3}],
            "cap": 10,
            "grace": "5m",
            "announced_on": "2026-11-23",
            "acknowledged": True,
            "worth": {"amount": 50000, "currency": "VND"},
        },
        {"id": "team", "scope": "team", "bands": [{"over": 0, "points": 1}]},
    ],
    "rewards": [{"id": "praise", "min_n": 10}],
}
ESCALATING: dict[str, Any] = {
    **POLICIES,
    "escalations": [
        {
            "on": {"clock": "first_reply"},
            "steps": [
                {"level": 1, "at": "warn", "notify": ["team_lead"], "note": True},
                {"level": 2, "assign": "L2", "add_tags": ["late", "vip"], "raise_priority": True},
                {"level": 3, "after": "1h30m", "assign": "L2", "note": True},
            ],
        },
        {"on": {"clock": "resolution", "policy": "care"}, "steps": [{"level": 1, "at": "met", "add_tags": ["late"]}]},
    ],
}


@pytest.fixture
def world(make_world: Callable[..., "World"]) -> "World":
    world = make_world(policies=POLICIES, fields={"severity": {"sao-mai": {"tag": "S1"}}})
    world.run(dry_run=True)
    return world


def test_what_escalations_do_on_tickets_is_told_as_far_as_the_account_allows_it(world: "World") -> None:
    def told(*allow: str) -> list[str]:
        meant = {"severity": {"sao-mai": {"tag": "S1"}}}
        world.configure(policies=POLICIES, fields=meant, push={"escalations": {"allow": [*allow]}})
        agent = recipients(world.account, [str(world.agents[0])])[0]
        announcement = Announcement(PolicyDocument.model_validate(ESCALATING), "2026-11-30")
        english = replace(agent, locale="en-US")
        lines = ticket_of(world.account, announcement, english, None).text.splitlines()
        return [line.strip(" -*•") for line in lines if "(level " in line or "escalations" in line]

    assert told() == []
    assert told("note", "add_tags", "raise_priority", "assign") == [
        "What escalations do on tickets",
        "First reply, at the first warning (level 1): a private note says so, naming roles alone",
        (
            "First reply, at the breach (level 2): the ticket goes to the group L2; the priority is raised by one; "
            "tags are added: late, vip"
        ),
        (
            "First reply, 1 hour 30 minutes after the breach (level 3): a private note says so, naming roles alone; "
            "the ticket goes to the group L2"
        ),
        "Resolution of care, at the end of the clock (level 1): tags are added: late",
    ]
    assert told("note")[-1].endswith("(level 3): a private note says so, naming roles alone")


def announced(world: "World", text: str = "Agreed on 20 November.\n\nBy all of us.", *, whom: int = 2) -> Sent:
    document = PolicyDocument.model_validate(POLICIES)
    agents = recipients(world.account, [str(each) for each in world.agents[:whom]])
    with running(world.account, "announce", PassReport("sao-mai")) as this:
        with world.store.transaction(this.lock):
            queue_announcement(world.account, this, Announcement(document, "2026-11-30", text), agents, "KPI")
        return send_all(world.account, this, None)


def listed(world: "World") -> list[Announced]:
    return world.store.announcements.all("sao-mai")


def tickets(world: "World") -> "list[Ticket]":
    return [world.state.tickets[int(each.remote_id or 0)] for each in listed(world)]


def hour_later(world: "World") -> None:
    world.advance(3600)
    world.run(dry_run=True)


def test_each_agent_is_told_once_in_his_language_what_was_agreed_and_what_it_costs(world: "World") -> None:
    world.state.users[world.agents[0]].locale, world.state.users[world.agents[1]].locale = "en-US", "vi"
    hour_later(world)
    announced(world)
    announced(world)
    found = tickets(world)
    assert [each.assignee_id for each in found] == world.agents[:2]
    assert len(world.summaries()) == 2
    english, vietnamese = ("\n".join(body for _, body in world.state.comments_of(each.id)) for each in found)
    assert "Agreed on 20 November." in english
    assert "These rules hold from 2026-11-30" in english
    assert "For every ticket." in english
    assert "First reply: 30 minutes; counted around the clock" in english
    assert "Resolution: S1: 4 hours; tickets without one: 8 hours; counted in opening hours" in english
    assert "Phản hồi đầu tiên: 30 phút; tính cả ngày lẫn đêm" in vietnamese
    assert "0 late, or 5% of all judged, cost nothing" in english
    assert "a point is 50,000 VND" in english
    assert (
        "points for each late one that is not free: 1; points for each after the first 3 that are not free: 3"
        in english
    )
    assert world.store.summaries.counts("sao-mai") == {}  # announcements are no summaries
    assert "nobody is charged with fewer than 1 judged" in english
    assert ACKNOWLEDGED_TAG in english
    assert "có hiệu lực từ 2026-11-30" in vietnamese
    announced(world, "Agreed anew.")  # another edition
    assert len(world.summaries()) == 4


def test_a_lost_answer_is_looked_for_and_a_refused_ticket_is_tried_again(world: "World") -> None:
    world.sandbox.fail_next(IMPORTS, "drop", 1, after_effect=True)
    announced(world)
    world.advance(120)
    announced(world)
    assert len(world.summaries()) == 2
    assert None not in {each.remote_id for each in listed(world)}
    world.sandbox.fail_next(IMPORTS, 422, 1)
    sent = announced(world, "Another text.", whom=1)
    assert (sent.refused.total, len(world.summaries())) == (1, 2)
    announced(world, "Another text.", whom=1)
    assert len(world.summaries()) == 3


def test_an_acknowledgement_is_the_agents_own_reply_tag_or_solve_and_what_others_do_is_none(world: "World") -> None:
    announced(world, whom=4)
    by_reply, by_tag, by_solve, by_nobody = tickets(world)
    first, second, third, _ = world.agents[:4]
    world.state.comment(by_reply.id, first, public=False)
    world.state.change(by_tag.id, second, tags=(*by_tag.tags, ACKNOWLEDGED_TAG))
    world.state.change(by_solve.id, third, status="solved")
    world.state.comment(by_nobody.id, first, status="solved")
    hour_later(world)
    assert {each.subject: each.how for each in listed(world)} == {
        str(agent): how for agent, how in zip(world.agents[:4], ("reply", "tag", "solve", None), strict=True)
    }
    when = [each.acknowledged_at for each in listed(world)]
    world.state.comment(by_reply.id, first, public=False)
    hour_later(world)
    assert [each.acknowledged_at for each in listed(world)] == when  # the first time stays
    world.store.forgetting.rename("sao-mai", str(first), "somebody-1")
    assert "somebody-1" in {each.subject for each in listed(world)}


def test_where_the_rule_says_so_only_who_acknowledged_it_before_the_period_is_judged(world: "World") -> None:
    announced(world)
    world.state.comment(tickets(world)[0].id, world.agents[0], public=False)
    hour_later(world)
    world.advance(WEEK.start + 9 * 3600 - world.sandbox.now)
    late = [world.answered(agent=place, minutes=90) for place in (0, 1)]
    hour_later(world)
    found = {each.ticket_id: each.finding for each in charges_of(world.account, WEEK, int(world.sandbox.now))}
    assert [found[str(each.id)] for each in late] == [Finding.OVER_QUOTA, Finding.NOT_ACKNOWLEDGED]
