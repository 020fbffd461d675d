"""What periods come to: previewed while they are open, charged once they are settled, changed by corrections alone."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.charges import ChargeEntry, ChargeKind
from kpi_engine.penalties import Finding
from kpi_engine.periods import period_named
from sync.charging import charges_of, is_settled
from sync.overriding import Decision, decide
from sync.recompute import correct
from sync.settling import settles_after
from sync.summaries.text import DISPUTE_TAG

if TYPE_CHECKING:
    from tests.sync.conftest import World

ZONE = "Asia/Ho_Chi_Minh"
WEEK = period_named("2026-W48", ZONE)
CLOCKS = [{"id": "first_reply", "goal": {"any": "30m"}, "time": "calendar", "stop": ["agent_public_reply"]}]
WEEKLY = {
    "id": "overdue",
    "period": "week",
    "min_volume": 1,
    "bands": [{"over": 0, "points": 1}],
    "announced_on": "2026-11-01",
    "worth": {"amount": 50000, "currency": "VND"},
}


def agreed(*penalties: dict[str, Any]) -> dict[str, Any]:
    return {
        "appeal": "1d",
        "indicators": {
            "first_contact_resolution": {"window": "1d"},
            "repeat_contact_rate": {"window": "2d"},
        },
        "policies": {
            "version": 1,
            "policies": [{"id": "care", "clocks": CLOCKS}],
            "penalties": list(penalties),
        },
    }


@pytest.fixture
def world(make_world: Callable[..., "World"]) -> "World":
    return make_world(**agreed(WEEKLY))


def charged(world: "World") -> list[tuple[str, int, str]]:
    found = charges_of(world.account, WEEK, int(world.sandbox.now))
    return [(each.ticket_id, each.points, each.finding) for each in found]


def ledger(world: "World") -> list[ChargeEntry]:
    return world.store.charges.of_period("sao-mai", WEEK.label)


def until_settled(world: "World") -> None:
    world.advance(WEEK.end + settles_after(world.account) + 3600 - world.sandbox.now)
    world.run()


def test_a_week_is_previewed_then_charged_for_good_and_changed_by_a_correction_alone(world: "World") -> None:
    late, fine, open_one = world.answered(minutes=90), world.answered(), world.ticket(agent=1)
    world.advance(3600)
    world.run()
    assert charged(world) == [
        (str(late.id), 1, Finding.OVER_QUOTA),
        (str(open_one.id), 1, Finding.OVER_QUOTA),
    ]
    assert ledger(world) == []  # a preview is written nowhere

    until_settled(world)
    assert is_settled(world.account, WEEK)
    settled = ledger(world)
    assert [(each.ticket_id, each.subject, each.points, each.money) for each in settled] == [
        (str(late.id), str(world.agents[0]), 1, "50000"),
        (str(open_one.id), str(world.agents[1]), 1, "50000"),
    ]
    assert (settled[0].volume, settled[0].late, settled[0].goal) == (2, 3600, 1800)
    assert settled[0].shares == ((str(world.agents[0]), 1800),)

    world.state.delete(late.id)
    decide(world.account, _exempting(str(open_one.id)), int(world.sandbox.now), "by hand")
    world.advance(3600)
    world.run()
    world.configure(**agreed())  # nor does it help to do away with the penalty
    world.run()
    assert ledger(world) == settled

    done = correct(world.account, WEEK, apply=True)
    after = ledger(world)
    assert after[:2] == settled
    assert [(each.kind, each.ticket_id, each.finding, each.correction) for each in after[2:]] == [
        (ChargeKind.CHARGED, str(open_one.id), Finding.EXEMPTED, done.correction),
        (ChargeKind.WITHDRAWN, str(late.id), Finding.OVER_QUOTA, done.correction),
        (ChargeKind.WITHDRAWN, str(open_one.id), Finding.OVER_QUOTA, done.correction),
    ]
    assert charged(world) == [(str(open_one.id), 0, Finding.EXEMPTED)]
    assert str(fine.id) not in {each.ticket_id for each in after}


def _exempting(ticket_id: str) -> Decision:
    return Decision(ticket_id=ticket_id, what="first_reply", reason="The line was down.", approved_by="lan@saomai.vn")


def test_what_is_agreed_while_a_week_runs_says_nothing_about_it(world: "World") -> None:
    world.configure(**agreed())
    late = world.answered(minutes=90)
    world.run()
    world.configure(**agreed(WEEKLY))  # announced long ago, it says; but it was not there when the week began
    world.run()
    assert charged(world) == []
    until_settled(world)
    assert ledger(world) == []
    assert str(late.id) in {entry.ticket_id for entry in world.store.ledger.within("sao-mai", WEEK.start, WEEK.end)}


def test_a_dispute_that_nobody_decided_costs_nothing(world: "World") -> None:
    late = world.answered(minutes=90)
    world.state.change(late.id, world.agents[0], tags=(DISPUTE_TAG,))
    until_settled(world)
    assert charged(world) == [(str(late.id), 0, Finding.DISPUTED)]


def test_a_person_who_is_forgotten_is_charged_under_a_pseudonym(world: "World") -> None:
    world.answered(minutes=90)
    until_settled(world)
    world.store.forgetting.rename("sao-mai", str(world.agents[0]), "somebody-1")
    (entry,) = ledger(world)
    assert (entry.subject, entry.shares) == ("somebody-1", (("somebody-1", 1800),))
    assert world.store.retention.count_older("sao-mai", WEEK.end + 1) >= 1
    world.store.retention.drop_older("sao-mai", WEEK.end + 1)
    assert ledger(world) == []
