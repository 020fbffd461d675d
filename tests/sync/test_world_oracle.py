"""The figures of the demo's whole world, and what explains them, against the naive oracle.

HELPDESK_KPI_TEST_EVERY_CELL=1 explains every cell there is, which takes some minutes, instead of a share of them.
"""

import os
from collections.abc import Iterable, Iterator
from math import sqrt
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import MEANS, Indicator, Interval, Reduction
from kpi_engine.measurement import Certainty, CreditLine, Measurement
from kpi_engine.periods import Period, PeriodKind, periods_between
from kpi_engine.reduce import Cell, Scope, asks_holdings
from sync.explaining import explained_by
from sync.figures import figures, reduced_in
from sync.settling import settles_after
from sync.sources import Source, source

if TYPE_CHECKING:
    from tests.sync.conftest import Played

pytestmark = pytest.mark.untraced

NAME = "sao-mai"
ZONE = "Asia/Ho_Chi_Minh"
Line = tuple[Any, ...]  # indicator, part, agent, team, priority, segment, at, numerator, denominator, assumed, channel
KEY, AT, ASSUMED = 0, 6, 9  # places in a line
PLACES = {Scope.AGENT: 2, Scope.TEAM: 3, Scope.PRIORITY: 4, Scope.SEGMENT: 5, Scope.CHANNEL: 10, Scope.SEVERITY: 12}
SHARE = (
    1 if os.environ.get("HELPDESK_KPI_TEST_EVERY_CELL") else 31
)  # of so many indicators, one is explained in a period
STRIDE = 7  # by how many indicators the choice moves on from one period to the next
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
    return [period for kind in PeriodKind for period in periods_between(kind, ZONE, first, as_of + 1)]


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
    """Return whose figure a line enters; the demo's world has no managers, countries or tiers."""
    name: str | None = NAME if scope is Scope.ACCOUNT else line[PLACES[scope]] if scope in PLACES else None
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


class _Remembered:
    """A source of one indicator that reads each ticket once for whoever asks, and not at all where it says nothing."""

    def __init__(self, asked: Source, row: Indicator, read: list[Measurement]) -> None:
        self.asked = asked
        self.lines_by_id = {id(each): list(asked.told(asked, each)) for each in read}
        self.saying = [
            each
            for each in read
            if self.lines_by_id[id(each)] or each.excluded or any(o.indicator == row.key for o in each.omissions)
        ]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the source has
        return getattr(self.asked, name)

    @property
    def parts(self) -> tuple["_Remembered"]:
        return (self,)

    def measurements(self) -> list[Measurement]:
        return self.saying

    def told(self, part: object, measurement: Measurement) -> list[CreditLine]:
        del part
        return self.lines_by_id[id(measurement)]


def explaining(account: Any, period: Period, as_of: int, keys: Iterable[str]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield what `explain` asks about each of these indicators, its tickets read once for all that read the same."""
    read: dict[object, list[Measurement]] = {}
    for key in keys:
        row, asked = INDICATORS[key], source(account, period, as_of, (key,))
        alike = asks_holdings(asked.indicators), row.needs | row.feeds
        if alike not in read:
            read[alike] = list(asked.measurements())
        yield key, _Remembered(asked, row, read[alike])


def whole(oracle: SimpleNamespace, key: str, listed: list[Line]) -> tuple[Any, ...]:
    """Return what the lines listed come to; those of a level tell of one ticket more, or of one less."""
    if INDICATORS[key].reduction is not Reduction.LEVEL:
        return expected(oracle, key, listed)
    levels = [sum(line[oracle.NUMERATOR] for line in listed if line[AT] <= at) for at in {line[AT] for line in listed}]
    return (None, None, None, max(levels, default=0), *[None] * 4, any(line[ASSUMED] for line in listed))


@pytest.mark.parametrize("kind", PeriodKind)
def test_explain_lists_exactly_the_lines_whose_naive_recomputation_gives_the_cell(  # noqa: PLR0913, PLR0917
    played: "Played",
    oracle: SimpleNamespace,
    inside: dict[str, list[Line]],
    periods: list[Period],
    as_of: int,
    kind: PeriodKind,
) -> None:
    """Every indicator, subject and scope in every period, or a share of the indicators, others in each period."""
    compared = 0
    for place, period in enumerate(each for each in periods if each.kind is kind):
        keys = [key for rank, key in enumerate(INDICATORS) if (rank + place * STRIDE) % SHARE == 0]
        found = reduced_in(source(played.world.account, period, as_of, keys), tuple(Scope))
        for key, asked in explaining(played.world.account, period, as_of, keys):
            row, mine = INDICATORS[key], [line for line in inside[period.label] if line[KEY] == key]
            for scope, whose in ((each, whose) for each, cards in found.items() for whose in cards.scorecards):
                told, where = explained_by(asked, row, found[scope].question, whose), (period.label, key, scope, whose)
                listed = [line_of(line) for line in told.lines]
                assert told.cell == found[scope].scorecards[whose][key], where
                if told.missing:
                    assert (listed, told.cell.value) == ([], None), where
                    continue
                assert close(shown(told.cell), whole(oracle, key, listed), row.reduction), where
                if row.over_period is None and not row.borrows:
                    of_whose = [line for line in mine if subject(line, scope) == whose]
                    series = row.reduction is Reduction.SERIES_MEAN
                    of_whose = oracle.newest_series(of_whose) if series else of_whose
                    assert sorted(listed, key=repr) == sorted(of_whose, key=repr), where
                compared += bool(listed)
    assert compared > 0


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
        line.severity,
    )
