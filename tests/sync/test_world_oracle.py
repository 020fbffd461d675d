"""The figures of the demo's whole world against two naive oracles: from what is stored, and from the raw audits."""

import importlib.util
import statistics
import sys
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import Certainty
from kpi_engine.periods import Period, PeriodKind, periods_between
from kpi_engine.reduce import Cell, Scope
from sync.figures import figures
from sync.measuring import history_start

if TYPE_CHECKING:
    from connectors.sandbox.zendesk.records import Audit, Ticket
    from connectors.sandbox.zendesk.state import State
    from tests.sync.conftest import Played

NAME = "sao-mai"
ZONE = "Asia/Ho_Chi_Minh"
Line = tuple[Any, ...]  # indicator, agent, team, at, numerator, denominator, assumed
KINDS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH)


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    """Return the engine's own naive oracle, which works out one ticket's lines minute by minute."""
    place = Path(__file__).parents[1] / "kpi_engine" / "oracle.py"
    spec = importlib.util.spec_from_file_location("sync_world_oracle", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def as_of(played: "Played") -> int:
    assert played.third.as_of is not None
    return played.third.as_of


@pytest.fixture(scope="module")
def histories(played: "Played") -> list[Any]:
    store, account = played.world.store, played.world.account
    ids = [str(ticket_id) for ticket_id in played.world.state.tickets]
    return list(store.records.histories(NAME, ids, history_start(account)))


@pytest.fixture(scope="module")
def editions(played: "Played") -> tuple[Any, ...]:
    return tuple((e.kind, e.key, e.valid_from, e.body) for e in played.world.store.editions.all(NAME))


@pytest.fixture(scope="module")
def answers(oracle: ModuleType, histories: list[Any], editions: tuple[Any, ...], as_of: int) -> dict[str, Any]:
    """Return the oracle's answers about every ticket, None about those that count nowhere."""
    return {history.ticket_id: oracle.answers(history, editions, as_of) for history in histories}


@pytest.fixture(scope="module")
def lines(answers: dict[str, Any]) -> list[Line]:
    """Return every line of every ticket, as the oracle tells it."""
    told = [line for answer in answers.values() if answer is not None for line in answer.lines]
    return [(key, agent, team, at, num, den, assumed) for key, _, agent, team, _, at, num, den, assumed in told]


@pytest.fixture(scope="module")
def periods(lines: list[Line], as_of: int) -> list[Period]:
    first = min(line[3] for line in lines)
    return [period for kind in KINDS for period in periods_between(kind, ZONE, first, as_of + 1)]


@pytest.fixture(scope="module")
def inside(  # noqa: PLR0913, PLR0917 -- what it is worked out from
    oracle: ModuleType,
    histories: list[Any],
    editions: tuple[Any, ...],
    lines: list[Line],
    periods: list[Period],
    as_of: int,
) -> dict[str, list[Line]]:
    """Return the lines of each period by its label, the backlog at its end among them."""
    found = {}
    for period in periods:
        held_at = min(period.end - 1, as_of)
        held = [oracle.backlog(history, editions, as_of, held_at) for history in histories]
        backlog = [("backlog", each[0], each[1], held_at, 1, 1, False) for each in held if each is not None]
        found[period.label] = [line for line in lines if period.start <= line[3] < period.end] + backlog
    return found


def subject(line: Line, scope: Scope) -> str | None:
    return {Scope.AGENT: line[1], Scope.TEAM: line[2], Scope.ACCOUNT: NAME}[scope]


def expected(key: str, lines: list[Line]) -> tuple[Any, ...]:
    """Return (n, numerator, denominator, value, median, p90, low, high, approximate) by the words of the catalogue."""
    n, above, below = len(lines), sum(line[4] for line in lines), sum(line[5] for line in lines)
    unit = INDICATORS[key].unit
    median = p90 = low = high = None
    value: float | None = float(n) if unit == "tickets" else (above / below if below else None)
    if unit == "seconds" and n:
        times = sorted(line[4] for line in lines)
        place = 0.9 * (n - 1)
        at, rest = int(place), place - int(place)
        median = statistics.median(times)
        p90 = times[at] + rest * (times[min(at + 1, n - 1)] - times[at])
    if unit == "share" and n:
        share, z = above / n, 1.959963984540054
        root = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        low, high = ((share + z * z / (2 * n) + sign * root) / (1 + z * z / n) for sign in (-1, 1))
    return n, above, below, value, median, p90, low, high, any(line[6] for line in lines)


def shown(cell: Cell) -> tuple[Any, ...]:
    figures = (cell.n, cell.numerator, cell.denominator, cell.value, cell.median, cell.p90)
    return (*figures, cell.low, cell.high, cell.approximate)


def close(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(a == b or (a is not None and b is not None and abs(a - b) < 1e-6) for a, b in pairs)


@pytest.mark.parametrize("scope", list(Scope))
def test_every_cell_of_every_day_week_and_month_is_the_oracles(
    played: "Played", inside: dict[str, list[Line]], periods: list[Period], as_of: int, scope: Scope
) -> None:
    compared = 0
    for period in periods:
        cards = figures(played.world.account, period, scope, as_of).scorecards
        assert set(cards) == {subject(line, scope) for line in inside[period.label]}, period.label
        for whose, card in cards.items():
            these = [line for line in inside[period.label] if subject(line, scope) == whose]
            for key in INDICATORS:
                told = expected(key, [line for line in these if line[0] == key])
                assert close(shown(card[key]), told), (period.label, whose, key)
                compared += told[0] > 0
    assert compared > {Scope.AGENT: 800, Scope.TEAM: 500, Scope.ACCOUNT: 200}[scope]


def test_every_reading_holds_the_oracles_lines_and_fields(played: "Played", answers: dict[str, Any]) -> None:
    """Readings taken in earlier passes still say what a reading of today would."""
    for ticket_id, answer in answers.items():
        reading = played.world.store.readings.get(NAME, ticket_id)
        assert reading is not None
        assert (reading.measurement.excluded is None) == (answer is not None)
        if answer is not None:
            assert dict(reading.live) == answer.live, ticket_id
            assert sorted((line_of(line) for line in reading.measurement.lines), key=repr) == answer.lines


def line_of(line: Any) -> tuple[Any, ...]:  # noqa: ANN401 -- a credit line
    fraction = (line.numerator, line.denominator)
    guessed = line.certainty is Certainty.APPROXIMATE
    return line.indicator, line.part, line.agent, line.team, line.priority, line.at, *fraction, guessed


# --- From the helpdesk's own audits, with nothing of ours between ---------------------------------------------------


def counts(ticket: "Ticket", as_of: int) -> bool:
    left_out = {"test", "internal", "helpdesk-kpi", "closed_by_merge"}
    told = ticket.support_type == "agent" and ticket.status != "deleted" and ticket.created_at <= as_of
    return told and not left_out & set(ticket.tags)


def story(state: "State", audits: "list[Audit]") -> Iterator[tuple[int, str, Any]]:
    """Yield (at, what, value) of a ticket: its statuses and assignees, and who answered in public."""
    staff = {*state.account.agent_ids, state.account.admin_id, state.account.integration_id}  # those who left, too
    for place, audit in enumerate(audits):
        for child in audit.children:
            if child.kind in {"Create", "Change"} and child.name in {"status", "assignee_id"}:
                yield audit.at, str(child.name), child.value
            elif child.kind == "Comment" and child.public and child.rule_id is None and place > 0:
                asked_by = state.tickets[audit.ticket_id].requester_id
                yield from [(audit.at, "reply", child.author_id)] * (child.author_id in staff - {asked_by})


def raw_lines(state: "State", ticket: "Ticket", as_of: int) -> Iterator[tuple[str, str | None, int, int]]:
    """Yield (indicator, agent, at, numerator) of one ticket."""
    told = list(story(state, [audit for audit in state.audits_of(ticket.id) if audit.at <= as_of]))
    agents = [value for _, what, value in told if what == "assignee_id" and value]
    yield "created", text(agents[0]) if agents else None, ticket.created_at, 1
    replies = [(at, who) for at, what, who in told if what == "reply"]
    if replies:
        yield "first_reply_calendar", text(replies[0][1]), replies[0][0], replies[0][0] - ticket.created_at
    solved_at = None
    for at, what, value in told:
        if what == "status":
            solved_at = (solved_at or at) if value in {"solved", "closed"} else None
    if solved_at is not None:
        holder = [value for at, what, value in told if what == "assignee_id" and at <= solved_at]
        yield "solved", text(holder[-1]) if holder else None, solved_at, 1
        taken = solved_at - ticket.created_at
        yield "full_resolution_calendar", text(holder[-1]) if holder else None, solved_at, taken
    rating = state.ratings.get(ticket.rating_id or 0)
    if rating is not None and rating.score in {"good", "bad"} and rating.updated_at <= as_of:
        yield "satisfaction_rate", text(rating.assignee_id), rating.updated_at, int(rating.score == "good")


def text(user_id: object) -> str | None:
    return None if user_id is None else str(user_id)


RAW = ("created", "solved", "first_reply_calendar", "full_resolution_calendar", "satisfaction_rate")


def test_what_the_helpdesk_says_itself_gives_the_same_figures(
    played: "Played", periods: list[Period], as_of: int
) -> None:
    state = played.world.state
    raw = [line for t in state.tickets.values() if counts(t, as_of) for line in raw_lines(state, t, as_of)]
    assert {line[0] for line in raw} == set(RAW)
    for period in periods:
        cards = figures(played.world.account, period, Scope.AGENT, as_of).scorecards
        for key in RAW:
            found = {agent: (card[key].n, card[key].numerator) for agent, card in cards.items() if card[key].n}
            inside = [line for line in raw if line[0] == key and period.start <= line[2] < period.end]
            told = {
                agent: (
                    sum(line[1] == agent for line in inside),
                    sum(line[3] for line in inside if line[1] == agent),
                )
                for agent in {line[1] for line in inside}
            }
            assert found == told, (period.label, key)
