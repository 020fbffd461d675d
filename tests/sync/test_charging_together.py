"""Penalties where people work on several helpdesks, and teams in zones of their own."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sync_agreement import PRAISE, WEEK, WEEKLY, ZONE, agreed

from config import load
from kpi_engine.awards import AwardKind
from kpi_engine.charges import ChargeKind
from kpi_engine.penalties import Finding
from kpi_engine.periods import period_named
from kpi_engine.reduce import Scope
from kpi_engine.rewards import Standing
from sync.account import Account
from sync.accounts import opened
from sync.charging import charges_of, is_settled
from sync.cli.status_command import charge_sentences
from sync.cycle import Mode, run_pass
from sync.editions import rulebook
from sync.ledger import Wish, told_ledger
from sync.ledger_rows import LedgerRows
from sync.ledger_text import COUNTED_TOGETHER, REWARDED_TOGETHER, Teller
from sync.locale import Language
from sync.locking import locked
from sync.overriding import Decision, decide
from sync.people import people
from sync.pull import silent
from sync.recompute import correct
from sync.rewarding import awards_of
from sync.settling import settles_after
from sync.settling_charges import Wait, corrections_left, wait_for, wait_of
from sync.sources import source
from sync.summaries.consequences import ConsequencePage, consequences
from sync.summaries.marking import DISPUTE_TAG
from sync.summaries.page import Paragraph

if TYPE_CHECKING:
    from tests.sync.conftest import World


@contextmanager
def twice(
    world: "World", *penalties: dict[str, Any], rewards: tuple[dict[str, Any], ...] = ()
) -> Iterator[tuple[Account, Account]]:
    """Give two accounts on one helpdesk: everybody works on both, joined by e-mail, and every ticket is on both."""
    world.configure(**agreed(*penalties, rewards=rewards))
    document = json.loads(world.path.read_text())
    (first,) = document["connectors"]
    document["exemptions"]["beside"] = document["exemptions"]["sao-mai"]
    world.path.write_text(json.dumps({**document, "connectors": [first, {**first, "name": "beside"}]}))
    with opened(load(world.path, world.secrets), [], world.clock) as (one, other):
        yield one, other


def passed(*accounts: Account) -> None:
    for account in accounts:
        run_pass(account, Mode(dry_run=True), silent)


def ledger(account: Account) -> list[tuple[ChargeKind, str, int, str]]:
    listed = account.store.charges.of_period(account.name, WEEK.label)
    return [(each.kind, each.ticket_id, each.points, each.finding) for each in listed]


def says_which_numbers_are_of_all(account: Account, agent: str, now: int, spoken: str) -> bool:
    """Tell whether the agent's summary says that his points are of this helpdesk, and what stands beside of all."""
    everybody, language = people(account.store, account.settings), Language(spoken, ZONE)
    charges = charges_of(account, WEEK, now)
    look: Any = SimpleNamespace(account=account, charges=charges, period=WEEK, scope=Scope.AGENT, everybody=everybody)
    told, rules = consequences(look, agent, set()), rulebook(account)
    page = ConsequencePage(told, rules, WEEK.end - 1, WEEK.end, language, addresses={}, data={})
    return Paragraph(language(COUNTED_TOGETHER)) in list(page.blocks())


def test_a_person_has_one_quota_over_all_his_helpdesks_and_is_charged_once_all_are_settled(
    make_world: Callable[..., "World"],
) -> None:
    world = make_world(**agreed())
    with twice(world, {**WEEKLY, "quota": 1}) as (here, beside):
        passed(here, beside)
        late = world.answered(minutes=90)
        for _ in range(2):
            world.answered()
        world.advance(3600)
        passed(here, beside)
        now = int(world.sandbox.now)
        preview = {
            account.name: [
                (each.points, each.finding, each.counted, each.allowed, each.volume, each.subject)
                for each in charges_of(account, WEEK, now)
            ]
            for account in (here, beside)
        }
        an = str(world.agents[0])
        assert preview == {  # late once on each: one of them is free, and by itself on each helpdesk both would be
            "beside": [(0, Finding.WITHIN_QUOTA, 2, 1, 6, an)],
            "sao-mai": [(1, Finding.OVER_QUOTA, 2, 1, 6, an)],
        }
        assert [says_which_numbers_are_of_all(here, an, now, language) for language in ("en", "vi")] == [True, True]
        world.advance(WEEK.end + settles_after(here) + 3600 - world.sandbox.now)
        passed(here)
        assert not is_settled(here, WEEK)  # the other helpdesk may still tell of something
        wait = wait_of(here)
        assert wait is not None  # the week before has nothing to charge, and waits all the same
        assert wait.period == "2026-W47"
        assert wait_for(here, WEEK) == Wait(
            "2026-W48", WEEK.end + settles_after(here), (("beside", wait.behind[0][1]),)
        )
        assert wait_of(beside) is None
        passed(beside, here)
        assert is_settled(here, WEEK)
        assert is_settled(beside, WEEK)
        assert wait_of(here) is None
        charged = (ChargeKind.CHARGED, str(late.id), 1, Finding.OVER_QUOTA)
        assert ledger(here) == [charged]
        assert ledger(beside) == [(ChargeKind.CHARGED, str(late.id), 0, Finding.WITHIN_QUOTA)]
        decide(beside, _exempting(str(late.id)), int(world.sandbox.now), "by hand")
        world.advance(3600)
        passed(beside, here)
        assert ledger(here) == [charged]
        with locked(here):  # a pass runs there, and keeps its ledger to itself
            correct(beside, WEEK, apply=True)  # on this one it is one less, so that the one there is the free one
        assert ledger(here) == [charged]
        assert corrections_left(here) == 1
        ran = Language("en", ZONE).moment(here.store.passes.last(here.name, 1)[0].began_at)
        said = [str(each) for each in charge_sentences(here, Language("en", ZONE))]
        assert any(f": 1; the last pass was on {ran}, so let this account run" in each for each in said)
        world.advance(3600)
        passed(here)
        assert corrections_left(here) == 0
        assert ledger(here)[1:] == [
            (ChargeKind.CHARGED, str(late.id), 0, Finding.WITHIN_QUOTA),
            (ChargeKind.WITHDRAWN, *charged[1:]),
        ]


def standings(account: Account) -> list[tuple[AwardKind, str, Standing, int, int, int]]:
    listed = account.store.awards.of_period(account.name, WEEK.label)
    return [(each.kind, each.agent, each.standing, each.place, each.good, each.points) for each in listed]


def test_a_reward_is_for_what_a_person_has_on_all_helpdesks_and_settles_waits_and_is_corrected_as_charges_are(
    make_world: Callable[..., "World"],
) -> None:
    world = make_world(**agreed())
    worth = {"amount": 100000, "currency": "VND"}
    praise = {**PRAISE, "within": "account", "min_n": 12, "penalty_points_below": 2, "worth": worth}
    with twice(world, WEEKLY, rewards=(praise,)) as (here, beside):
        passed(here, beside)
        an, binh = (str(each) for each in world.agents[:2])
        late = world.answered(agent=1, minutes=90)
        for agent, good in ((0, 6), (1, 7)):  # six are too few on each helpdesk, and twelve are enough
            for _ in range(good):
                world.state.rate(world.answered(agent=agent).id, "good")
        world.advance(3600)
        passed(here, beside)
        now = int(world.sandbox.now)
        for account in (here, beside):
            assert [(each.agent, each.standing, each.place, each.good) for each in awards_of(account, WEEK, now)] == [
                (an, Standing.REWARDED, 1, 12),
                (binh, Standing.PENALIZED, 0, 14),  # a point on each helpdesk are two
            ]
            assert standings(account) == []  # a preview is written nowhere
        world.advance(WEEK.end + settles_after(here) + 3600 - world.sandbox.now)
        passed(here)
        wait = wait_for(here, WEEK)
        assert wait is not None
        assert [name for name, _ in wait.behind] == ["beside"]
        assert standings(here) == []
        passed(beside, here)
        settled = [
            (AwardKind.PLACED, an, Standing.REWARDED, 1, 12, 0),
            (AwardKind.PLACED, binh, Standing.PENALIZED, 0, 14, 2),
        ]
        assert standings(here) == standings(beside) == settled
        asked = source(here, WEEK, int(world.sandbox.now))
        told = list(Teller(told_ledger(asked, Wish(agent=an)), asked.window.rulebook, Language("en")).closing())
        assert REWARDED_TOGETHER in told
        assert any(str(each).endswith("12 good of 12: rewarded (100,000 VND)") for each in told)
        decide(beside, _exempting(str(late.id)), int(world.sandbox.now), "by hand")
        done = correct(beside, WEEK, apply=True)
        passed(here)
        corrected = [
            (AwardKind.PLACED, binh, Standing.REWARDED, 1, 14, 1),
            (AwardKind.PLACED, an, Standing.BEHIND, 2, 12, 0),
            (AwardKind.WITHDRAWN, *settled[0][1:]),
            (AwardKind.WITHDRAWN, *settled[1][1:]),
        ]
        for account in (beside, here):
            assert standings(account) == [*settled, *corrected]
            listed = account.store.awards.of_period(account.name, WEEK.label)
            assert {each.correction for each in listed[2:]} == {done.correction}
        teller = Teller(told_ledger(asked, Wish()), asked.window.rulebook, Language("en"))
        taken = [str(each) for each in teller.closing() if str(each).startswith(f"correction {done.correction} took")]
        assert any("12 good of 12: rewarded" in each for each in taken)
        rows = [row for row in LedgerRows(teller).rows().rows if row["line"] == "reward"]
        assert [(row["kind"], row["subject"], row["finding"], row["good"], row["money"]) for row in rows] == [
            ("placed", binh, "rewarded", 14, "100000"),
            ("placed", an, "behind", 12, None),
            ("withdrawn", an, "rewarded", 12, "100000"),
            ("withdrawn", binh, "penalized", 14, None),
        ]


def _exempting(ticket_id: str) -> Decision:
    return Decision(ticket_id=ticket_id, what="first_reply", reason="Down.", approved_by="lan@saomai.vn")


def test_a_dispute_on_one_helpdesk_is_none_on_another_and_who_never_ran_is_waited_for_by_nobody(
    make_world: Callable[..., "World"],
) -> None:
    world = make_world(**agreed())
    with twice(world, WEEKLY) as (here, beside):
        passed(here)
        late = world.answered(minutes=90)
        world.advance(WEEK.end + settles_after(here) + 3600 - world.sandbox.now)
        passed(here)
        assert ledger(here) == [(ChargeKind.CHARGED, str(late.id), 1, Finding.OVER_QUOTA)]
        passed(beside)
        world.state.change(late.id, world.agents[0], tags=(DISPUTE_TAG,))
        assert not is_settled(beside, period_named("2026-W49", ZONE))


def test_a_teams_penalty_goes_by_the_week_of_its_own_zone(make_world: Callable[..., "World"]) -> None:
    team = {**WEEKLY, "scope": "team"}
    world = make_world(**agreed(team))
    agents = [
        {"name": name, "accounts": {"sao-mai": str(world.agents[number])}, "team": name}
        for number, name in enumerate(("north", "south"))
    ]
    zones = {"north": {"timezone": "America/New_York"}, "south": {"timezone": ZONE}}
    world.configure(**agreed(team), teams=zones, agents=agents)
    world.run(dry_run=True)
    for agent in (0, 1):
        world.answered(agent=agent, minutes=90)  # Monday morning in Hanoi, Sunday evening in New York
    world.advance(3600)
    world.run(dry_run=True)
    before = period_named("2026-W47", ZONE)

    def told(week: Any) -> list[tuple[str, int]]:  # noqa: ANN401 -- a Period
        return [(each.subject, each.period_end) for each in charges_of(world.account, week, int(world.sandbox.now))]

    assert told(before) == [("north", WEEK.start + 12 * 3600)]
    assert told(WEEK) == [("south", WEEK.end)]
    world.advance(WEEK.end + settles_after(world.account) + 3600 - world.sandbox.now)
    world.run(dry_run=True)
    assert is_settled(world.account, before)
    assert not is_settled(world.account, WEEK)  # in New York it ends twelve hours later
    world.advance(13 * 3600)
    world.run(dry_run=True)
    assert is_settled(world.account, WEEK)
    entries = [each for week in (before, WEEK) for each in world.store.charges.of_period("sao-mai", week.label)]
    assert [(each.period, each.subject, each.points) for each in entries] == [
        ("2026-W47", "north", 1),
        ("2026-W48", "south", 1),
    ]
