"""Notes about data, planted and found: counts with tickets, for whoever may see them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from kpi_engine.periods import period_named
from kpi_engine.reduce import Cell, Scope
from kpi_engine.statistics import wilson
from sync.figures import reduced
from sync.guard_text import counts, note_lines
from sync.guarding import COVERAGE, Note, Noted, at_once, noted_document, notes, uneven
from sync.locale import Language
from sync.people import people
from sync.privacy import Sight
from sync.sources import source

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sync.conftest import World

WEEK = period_named("2026-W48", "Asia/Ho_Chi_Minh")
CLOCKS = [{"id": "first_reply", "goal": {"any": "2h"}, "time": "calendar", "stop": ["agent_public_reply"]}]
POLICIES = {"version": 1, "policies": [{"id": "care", "clocks": CLOCKS}]}


def found(world: "World", scope: Scope, **sight: Any) -> list[Noted]:  # noqa: ANN401 -- how a sight is restricted
    asked = source(world.account, WEEK, int(world.sandbox.now))
    if sight:
        asked = replace(asked, sight=Sight(everybody=people(world.store, world.account.settings), **sight))
    return notes(asked, scope, reduced(asked, scope))


def test_planted_patterns_are_found_with_their_tickets_and_ordinary_work_is_not(
    make_world: "Callable[..., World]",
) -> None:
    world = make_world(policies=POLICIES, push={"summaries": [{"scope": "team", "period": "week", "group": "KPI"}]})
    world.run()
    an, binh = world.agents[:2]
    for _ in range(5):
        world.answered(agent=1)
    parked = [world.ticket(agent=1) for _ in range(11)]
    for ticket in parked:
        world.state.change(ticket.id, binh, status="pending")
        world.advance(20)
    late, silent, rated = world.ticket(), world.ticket(), world.answered()
    world.state.change(silent.id, an, status="solved")
    world.state.rate(rated.id, "bad")
    world.advance(60)
    world.state.change(rated.id, an, assignee_id=binh)
    world.advance(7000 - 120)
    world.state.change(late.id, an, assignee_id=binh)
    undone = world.answered()
    world.state.change(undone.id, an, status="open")
    world.advance(3600)
    world.run()
    told = {(each.note, each.subject): [ticket for _, ticket in each.tickets] for each in found(world, Scope.AGENT)}
    assert told == {
        (Note.REASSIGNED_BEFORE_BREACH, str(an)): [str(late.id)],
        (Note.SOLVED_AND_REOPENED, str(an)): [str(undone.id)],
        (Note.SOLVED_WITHOUT_REPLY, str(an)): [str(silent.id)],
        (Note.REASSIGNED_AFTER_BAD_RATING, str(an)): [str(rated.id)],
        (Note.MANY_PUT_TO_WAIT, str(binh)): [str(each.id) for each in parked],
    }
    whole = found(world, Scope.ACCOUNT)
    assert sum(counts(whole).values()) == 15
    lines = [Language("en")(each) for each in note_lines(whole, str, Language("en"))]
    assert lines[0].startswith("Worth a look before anybody draws conclusions")
    assert any("11 tickets many put to wait" in line and "…" in line for line in lines)
    assert found(world, Scope.AGENT, individual="off", viewer=None) == []
    assert found(world, Scope.TEAM, individual="off", viewer=None)
    assert noted_document(whole[0], "all")["n"] == 1

    world.advance(WEEK.end + 7 * 3600 - world.sandbox.now)
    world.run()
    (summary,) = world.summaries()
    body = "\n".join(text for _, text in world.state.comments_of(summary.id))
    assert "About the data" in body
    assert world.state.users[an].name not in body.partition("About the data")[2]


def test_surveys_sent_evidently_less_often_than_elsewhere_are_noted_and_chance_is_not() -> None:
    language = Language("en")
    uneven = Noted(Note.SURVEYS_SENT_UNEVENLY, "an", share=0.4, others=0.8)
    (_, line) = note_lines([uneven], lambda _: "An", language)
    assert language(line) == "  An: surveys were sent after fewer or more solves than elsewhere: 40%, all others 80%"
    assert list(note_lines([], str, language)) == []


def test_many_at_once_are_found_wherever_ten_minutes_begin_and_few_more_slowly_are_not() -> None:
    def put(*instants: int) -> list[str]:
        listed = [(at, "an", ("sao-mai", f"t{place}")) for place, at in enumerate(instants)]
        return [ticket for _, found in at_once([listed]) for _, (_, ticket) in found]

    burst = [595 + n for n in range(16)]  # two halves, if ten minutes began with the first of all
    assert put(0, *burst) == [f"t{n}" for n in range(1, 17)]
    assert put(*range(0, 9 * 70, 70)) == []
    assert put(*range(0, 20 * 70, 70)) == []  # nine within any ten minutes, however long it goes on
    assert put(*range(10)) == [f"t{n}" for n in range(10)]
    assert [ticket for _, found in at_once([[(0, "an", ("sao-mai", "t1"))] * 12]) for ticket in found] == []


def test_who_sends_surveys_evidently_less_often_is_noted_and_nobody_beside_him_or_with_few_solves_is() -> None:
    def told(
        scope: Scope = Scope.AGENT, **sent: tuple[int, int]
    ) -> list[tuple[str | None, float | None, float | None]]:
        cells = {who or None: {COVERAGE: share_of(*each)} for who, each in sent.items()}
        found: Any = SimpleNamespace(missing=frozenset(), scorecards=cells)
        return [(each.subject, each.share, each.others) for each in uneven(found, scope)]

    assert told(an=(10, 100), binh=(80, 100), chi=(80, 100)) == [("an", 0.1, 0.8)]  # nor is Bình, beside An and Chi
    assert told(an=(75, 100), binh=(80, 100), chi=(80, 100)) == []
    assert told(an=(0, 5), binh=(80, 100), chi=(80, 100)) == []
    assert told(an=(10, 100)) == []
    assert told(Scope.ACCOUNT, an=(10, 100), binh=(80, 100), chi=(80, 100)) == []


def share_of(sent: int, solved: int) -> Cell:
    low, high = wilson(sent, solved) or (None, None)
    return Cell(
        indicator=COVERAGE, scope=Scope.AGENT, account="sao-mai", subject=None, period=WEEK, n=solved,
        numerator=sent, denominator=solved, value=sent / solved, median=None, p90=None, low=low, high=high,
        min_n=10, enough=solved >= 10, approximate=False, as_of=0, editions=(),
    )  # fmt: skip
