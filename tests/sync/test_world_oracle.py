"""The figures of the demo's whole world against two naive oracles: from what is stored, and from the raw audits."""

from collections.abc import Iterator
from math import sqrt
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import MEANS, Interval, Reduction
from kpi_engine.measurement import Certainty
from kpi_engine.periods import Period, PeriodKind, periods_between
from kpi_engine.reduce import Cell, Scope
from sync.explaining import explained
from sync.figures import figures
from sync.settling import settles_after

if TYPE_CHECKING:
    from connectors.sandbox.zendesk.records import Audit, Ticket
    from connectors.sandbox.zendesk.state import State
    from tests.sync.conftest import Played

NAME = "sao-mai"
ZONE = "Asia/Ho_Chi_Minh"
Line = tuple[Any, ...]  # indicator, part, agent, team, priority, segment, at, numerator, denominator, assumed, channel
KINDS = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH)
KEY, AT, ASSUMED = 0, 6, 9  # places in a line
PLACES = {Scope.AGENT: 2, Scope.TEAM: 3, Scope.PRIORITY: 4, Scope.CHANNEL: 10}
DAILY = (Scope.AGENT, Scope.TEAM, Scope.ACCOUNT)  # of the others weeks and months will do


@pytest.fixture(scope="module")
def as_of(played: "Played") -> int:
    assert played.third.as_of is not None
    return played.third.as_of


@pytest.fixture(scope="module")
def histories(played: "Played") -> list[Any]:
    store, account = played.world.store, played.world.account
    ids = [str(ticket_id) for ticket_id in played.world.state.tickets]
    return list(store.records.histories(NAME, ids, account.history_start))


@pytest.fixture(scope="module")
def editions(played: "Played") -> tuple[Any, ...]:
    return tuple((e.kind, e.key, e.valid_from, e.body) for e in played.world.store.editions.all(NAME))


@pytest.fixture(scope="module")
def answers(oracle: SimpleNamespace, histories: list[Any], editions: tuple[Any, ...], as_of: int) -> dict[str, Any]:
    """Return the oracle's answers about every ticket, None about those that count nowhere."""
    return {history.ticket_id: oracle.answers(history, editions, as_of) for history in histories}


@pytest.fixture(scope="module")
def passes(
    played: "Played", oracle: SimpleNamespace, histories: list[Any], editions: tuple[Any, ...]
) -> list[tuple[int, list[Line]]]:
    """Return for each pass the instant through which it settled, and every line of every ticket as the oracle tells."""
    found = []
    for as_of in (played.first.as_of, played.second.as_of, played.third.as_of):
        assert as_of is not None
        told = (oracle.answers(history, editions, as_of) for history in histories)
        lines = [line for answer in told if answer is not None for line in answer.lines]
        found.append((as_of - settles_after(played.world.account), lines))
    return found


@pytest.fixture(scope="module")
def periods(passes: list[tuple[int, list[Line]]], as_of: int) -> list[Period]:
    first = min(line[AT] for line in passes[-1][1])
    return [period for kind in KINDS for period in periods_between(kind, ZONE, first, as_of + 1)]


@pytest.fixture(scope="module")
def inside(  # noqa: PLR0913, PLR0917 -- what it is worked out from
    oracle: SimpleNamespace,
    histories: list[Any],
    editions: tuple[Any, ...],
    passes: list[tuple[int, list[Line]]],
    periods: list[Period],
    as_of: int,
) -> dict[str, list[Line]]:
    """Return the lines of each period by its label, with what was held in it: as the pass that settled it said."""
    pasts = [oracle.Past(history, editions, as_of) for history in histories]
    found = {}
    for period in periods:
        lines = next((lines for through, lines in passes if period.end <= through), passes[-1][1])
        held = [line for past in pasts for line in oracle.held_lines(past, period.start, period.end)]
        found[period.label] = [line for line in lines if period.start <= line[AT] < period.end] + held
    return found


OF_TICKETS = {key for key, row in INDICATORS.items() if not row.borrows}
"""The indicators that are made of tickets' own lines."""


def subject(line: Line, scope: Scope) -> str | None:
    name: str | None = NAME if scope is Scope.ACCOUNT else line[PLACES[scope]]
    return name


def expected(oracle: SimpleNamespace, key: str, lines: list[Line]) -> tuple[Any, ...]:
    """Return (n, numerator, denominator, value, median, p90, low, high, approximate) by the words of the catalogue."""
    row = INDICATORS[key]
    n, above, below, value = oracle.figure(str(row.reduction), lines)
    median = p90 = low = high = None
    if row.reduction in MEANS:
        shared = row.reduction is Reduction.SHARED
        median, p90 = oracle.spread(oracle.added_up(lines) if shared else [line[oracle.NUMERATOR] for line in lines])
    if row.interval is Interval.WILSON and below:
        share, z = above / below, 1.959963984540054
        root = z * sqrt(share * (1 - share) / below + z * z / (4 * below * below))
        ends = [(share + z * z / (2 * below) + sign * root) / (1 + z * z / below) for sign in (-1, 1)]
        low, high = max(0.0, ends[0]), min(1.0, ends[1])
    return n, above, below, value, median, p90, low, high, any(line[ASSUMED] for line in lines)


def shown(cell: Cell) -> tuple[Any, ...]:
    figures = (cell.n, cell.numerator, cell.denominator, cell.value, cell.median, cell.p90)
    return (*figures, cell.low, cell.high, cell.approximate)


def close(found: tuple[Any, ...], told: tuple[Any, ...], reduction: Reduction) -> bool:
    """Compare figures; of how many are held at once, lines are cut differently, and the value is what counts."""
    start = 3 if reduction in {Reduction.LEVEL, Reduction.OVERLAP} else 0
    pairs = zip(found[start:], told[start:], strict=True)
    return all(a == b or (a is not None and b is not None and abs(a - b) < 1e-6) for a, b in pairs)


@pytest.mark.parametrize("scope", [*DAILY, Scope.PRIORITY, Scope.CHANNEL])
def test_every_cell_of_every_day_week_and_month_is_the_oracles(  # noqa: PLR0913, PLR0917 -- what it compares
    played: "Played",
    oracle: SimpleNamespace,
    inside: dict[str, list[Line]],
    periods: list[Period],
    as_of: int,
    scope: Scope,
) -> None:
    compared = 0
    for period in (each for each in periods if scope in DAILY or each.kind is not PeriodKind.DAY):
        found = figures(played.world.account, period, scope, as_of)
        counting = [line for line in inside[period.label] if line[KEY] not in found.missing]
        assert set(found.scorecards) == {subject(line, scope) for line in counting}, period.label
        for whose, card in found.scorecards.items():
            these = [line for line in counting if subject(line, scope) == whose]
            for key in OF_TICKETS - found.missing.keys():
                told = expected(oracle, key, [line for line in these if line[KEY] == key])
                told = (*told[:3], None if card[key].value is None and not told[3] else told[3], *told[4:])
                assert close(shown(card[key]), told, INDICATORS[key].reduction), (period.label, whose, key)
                compared += bool(told[3])
    assert compared > {Scope.AGENT: 4000, Scope.TEAM: 2500, Scope.ACCOUNT: 1000}.get(scope, 300)


def test_every_cell_is_made_of_exactly_the_oracles_lines(
    played: "Played", oracle: SimpleNamespace, inside: dict[str, list[Line]], periods: list[Period], as_of: int
) -> None:
    for period in periods:
        found = figures(played.world.account, period, Scope.AGENT, as_of, keep=INDICATORS)
        for agent, of_agent in found.lines.items():
            for key, credited in of_agent.items():
                row, listed = INDICATORS[key], [line_of(line) for line in credited]
                if row.borrows or row.reduction in {Reduction.LEVEL, Reduction.OVERLAP}:
                    continue  # their lines are others', or cut differently: it is the value that counts
                recomputed = oracle.figure(str(row.reduction), listed)
                cell = found.scorecards[agent][key]
                assert close(shown(cell)[:4], recomputed, row.reduction), (period.label, agent, key)
                if row.over_period is None:
                    mine = [
                        line for line in inside[period.label] if line[KEY] == key and line[PLACES[Scope.AGENT]] == agent
                    ]
                    assert sorted(listed, key=repr) == sorted(mine, key=repr), (period.label, agent, key)


@pytest.mark.parametrize("scope", PLACES)
def test_explain_lists_exactly_the_lines_that_give_the_cell(  # noqa: PLR0913, PLR0917 -- what it compares
    played: "Played",
    oracle: SimpleNamespace,
    inside: dict[str, list[Line]],
    periods: list[Period],
    as_of: int,
    scope: Scope,
) -> None:
    """Every figure of the last week of whoever, or whatever, has most lines in it."""
    week = [period for period in periods if period.kind is PeriodKind.WEEK][-1]
    found = figures(played.world.account, week, scope, as_of, keep=INDICATORS)
    busiest = max(found.lines, key=lambda whose: (whose is not None, sum(map(len, found.lines[whose].values()))))
    for key, credited in found.lines[busiest].items():
        row = INDICATORS[key]
        told = explained(played.world.account, row, found.question, busiest)
        assert told.cell == found.scorecards[busiest][key]
        listed = [line_of(line) for line in credited]
        listed = oracle.newest_series(listed) if row.reduction is Reduction.SERIES_MEAN else listed
        assert sorted(map(line_of, told.lines), key=repr) == sorted(listed, key=repr), key
        if row.over_period is None and not row.borrows:
            mine = [line for line in inside[week.label] if line[KEY] == key and subject(line, scope) == busiest]
            mine = oracle.newest_series(mine) if row.reduction is Reduction.SERIES_MEAN else mine
            assert sorted(listed, key=repr) == sorted(mine, key=repr), key


def test_every_reading_holds_the_oracles_lines_and_fields(played: "Played", answers: dict[str, Any]) -> None:
    """Readings taken in earlier passes still say what a reading of today would."""
    for ticket_id, answer in answers.items():
        reading = played.world.store.readings.get(NAME, ticket_id)
        assert reading is not None
        assert (reading.measurement.excluded is None) == (answer is not None)
        if answer is not None:
            assert dict(reading.live) == answer.live, ticket_id
            assert sorted((line_of(line) for line in reading.measurement.lines), key=repr) == answer.lines


def line_of(line: Any) -> Line:  # noqa: ANN401 -- a credit line
    whose = (line.agent, line.team, line.priority, line.segment)
    guessed = line.certainty is Certainty.APPROXIMATE
    return (
        line.indicator,
        line.part,
        *whose,
        line.at,
        line.numerator,
        line.denominator,
        guessed,
        line.channel,
        line.ticket_id,
    )


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
