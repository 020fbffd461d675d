"""What periods come to: previewed while they are open, charged once they are settled, changed by corrections alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sync_agreement as agreement
from sync_agreement import PRAISE, WEEK, agreed

from kpi_engine.charges import ChargeEntry, ChargeKind
from kpi_engine.penalties import Finding
from kpi_engine.periods import period_named
from kpi_engine.rewards import Standing
from sync.charging import charges_of, is_settled
from sync.ledger import Wish, told_ledger
from sync.ledger_rows import LedgerRows
from sync.ledger_text import Teller
from sync.locale import Language
from sync.overriding import Decision, decide
from sync.people import people
from sync.privacy import Sight
from sync.recompute import correct
from sync.settling import settles_after
from sync.sources import source
from sync.summaries.marking import DISPUTE_TAG

if TYPE_CHECKING:
    from tests.sync.conftest import World

WEEKLY = {**agreement.WEEKLY, "worth": {"amount": 50000, "currency": "VND"}}


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


def test_v9_a_merged_ticket_is_charged_to_nobody_and_one_merged_after_the_settlement_stays_as_it_was_agreed(
    world: "World",
) -> None:
    late, twin, stays = (world.answered(minutes=90) for _ in range(3))
    other = world.answered()
    world.advance(3600)
    world.run()
    assert [ticket for ticket, _, _ in charged(world)] == [str(late.id), str(twin.id), str(stays.id)]
    world.state.merge(late.id, other.id, world.agents[0])
    world.advance(3600)
    world.run()
    assert charged(world) == [(str(each.id), 1, Finding.OVER_QUOTA) for each in (twin, stays)]
    fired = [
        each for each in world.store.ledger.within("sao-mai", WEEK.start, WEEK.end) if each.ticket_id == str(late.id)
    ]
    assert sorted(each.kind for each in fired if each.step == "breach") == ["fired", "withdrawn"]
    until_settled(world)
    settled = ledger(world)
    assert [(each.ticket_id, each.volume) for each in settled] == [(str(twin.id), 3), (str(stays.id), 3)]
    world.state.merge(twin.id, other.id, world.agents[0])
    world.advance(3600)
    world.run()
    assert ledger(world) == settled
    correct(world.account, WEEK, apply=True)
    kinds = [ChargeKind.CHARGED] * 3 + [ChargeKind.WITHDRAWN] * 2
    assert [each.kind for each in ledger(world)] == kinds
    told = told_ledger(source(world.account, WEEK, int(world.sandbox.now)), Wish())
    (total,) = told.totals  # the numbers beside the points are those of what stands, not of what once was settled
    assert (total.counted, total.allowed, total.volume, total.points) == (1, 0, 2, 1)
    assert [each.ticket_id for each in told.taken_back] == [str(twin.id), str(stays.id)]
    assert [each.ticket_id for each in told.undone] == [str(twin.id)]


def test_a_dispute_that_nobody_decided_costs_nothing(world: "World") -> None:
    late = world.answered(minutes=90)
    world.state.change(late.id, world.agents[0], tags=(DISPUTE_TAG,))
    until_settled(world)
    assert charged(world) == [(str(late.id), 0, Finding.DISPUTED)]


def test_a_person_who_is_forgotten_is_charged_under_a_pseudonym(world: "World") -> None:
    world.configure(**agreed(WEEKLY, rewards=({**PRAISE, "within": "account"},)))
    world.run()
    world.state.rate(world.answered(minutes=90).id, "good")
    until_settled(world)
    world.store.forgetting.rename("sao-mai", str(world.agents[0]), "somebody-1")
    (entry,), (award,) = ledger(world), world.store.awards.of_period("sao-mai", WEEK.label)
    assert (entry.subject, entry.shares) == ("somebody-1", (("somebody-1", 1800),))
    assert (award.agent, award.standing, award.good, award.points) == ("somebody-1", Standing.FEW_ANSWERS, 1, 1)
    assert world.store.retention.count_older("sao-mai", WEEK.end + 1) >= 1
    world.store.retention.drop_older("sao-mai", WEEK.end + 1)
    assert ledger(world) == world.store.awards.of_period("sao-mai", WEEK.label) == []


# --- What is written, and for whom -----------------------------------------------------------------------------------

PEOPLE_VISIBLE = {"visible_to_all_agents": True}


def summarized(world: "World", scope: str, subject: str) -> str:
    (ticket_id,) = world.state.by_external_id[f"helpdesk-kpi:sao-mai:{scope}:{subject}:{WEEK.label}"]
    return "\n".join(body for _, body in world.state.comments_of(ticket_id))


def after_the_week(world: "World") -> None:
    world.advance(WEEK.end + 7 * 3600 - world.sandbox.now)
    world.run()


def with_summaries(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- any key of the configuration
    team = {**WEEKLY, "id": "team", "scope": "team"}
    told = agreed(WEEKLY, team, rewards=(PRAISE,))
    wanted = [{"scope": scope, "period": "week", "group": "KPI"} for scope in ("agent", "team")]
    return {**told, "push": {"summaries": wanted}, "privacy": PEOPLE_VISIBLE, **more}


def test_an_agent_reads_his_own_points_and_a_lead_those_of_the_team_first_as_a_preview_then_for_good(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(**with_summaries())
    for each in world.agents:
        world.state.users[each].locale = "en-US"
    world.run()
    late = world.answered(minutes=90)
    for _ in range(10):
        world.state.rate(world.answered(agent=1, minutes=2).id, "good")
    after_the_week(world)
    an, binh = (str(each) for each in world.agents[:2])
    names = [world.state.users[each].name for each in world.agents[:2]]
    own = summarized(world, "agent", an)
    assert "overdue: 1 late of 1 judged, 0 of them free: 1 points (50,000 VND)" in own
    assert f"#{late.id}" in own
    assert "yours for 100% of the goal" in own
    assert "A preview: nothing is charged before" in own
    assert "Penalty points" not in summarized(world, "agent", binh)
    assert "praise" not in summarized(world, "agent", binh)
    team = summarized(world, "team", f"group:{world.state.account.group_ids[0]}")
    assert "team: 1 late of 11 judged, 0 of them free: 1 points" in team
    assert f"{names[0]}: overdue: 1 late of 1 judged" in team
    assert f"praise: {names[1]}, 10 good of 10" in team
    asked = source(world.account, WEEK, int(world.sandbox.now))
    teller = Teller(told_ledger(asked, Wish()), asked.window.rulebook, Language("en"))
    told = [Language("en")(each) for each in teller.closing()]
    assert f"reward praise: {names[1]}, 10 good of 10: rewarded" in told
    (award,) = LedgerRows(teller).document()["rewards"]  # type: ignore[misc]  # a list
    assert (award["subject"], award["standing"], award["place"]) == (binh, "rewarded", 1)
    everybody = people(world.store, world.account.settings)
    own = replace(asked, sight=Sight("self", everybody.person_of("sao-mai", binh), everybody))
    assert told_ledger(own, Wish()).rewards == ()  # leads alone are told

    decide(world.account, _exempting(str(late.id)), int(world.sandbox.now), "by hand")
    world.advance(3600)
    world.run()
    assert "Penalty points: 0 (before: 1)" in summarized(world, "agent", an)
    until_settled(world)
    assert [each.finding for each in ledger(world)] == [Finding.EXEMPTED] * 2


def test_what_others_than_leads_could_read_says_nothing_of_anybodys_points(
    make_world: "Callable[..., World]",
) -> None:
    open_to_all = {"summaries": [{"scope": "team", "period": "week"}]}
    world = make_world(**with_summaries(privacy={"visible_to_all_agents": False}, push=open_to_all))
    world.run()
    world.answered(minutes=90)
    after_the_week(world)
    team = summarized(world, "team", f"group:{world.state.account.group_ids[0]}")
    assert "team: 1 late of 1 judged" in team
    assert "The points of 1 people are left out: others could read them here." in team
    assert world.state.users[world.agents[0]].name not in team


def test_a_breach_is_charged_once_though_penalties_by_the_week_and_by_the_month_speak_of_it(
    make_world: Callable[..., "World"],
) -> None:
    monthly = {**agreement.WEEKLY, "id": "monthly", "period": "month", "announced_on": "2026-11-01"}
    world = make_world(**agreed({**WEEKLY, "clocks": ["first_reply"]}, monthly))
    late = world.answered(minutes=90)
    world.advance(3600)
    world.run()
    month = period_named("2026-11", agreement.ZONE)
    assert charged(world) == [(str(late.id), 1, Finding.OVER_QUOTA)]
    assert charges_of(world.account, month, int(world.sandbox.now)) == []
