"""What an observation says: the credit lines of everything that is no ticket."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from kpi_engine.indicators import INDICATORS, calls
from kpi_engine.indicators.indicator import Input
from kpi_engine.measurement import CreditLine, Measurement, Omission
from kpi_engine.periods import Period
from kpi_engine.records import Observation
from kpi_engine.rulebook import Rulebook
from kpi_engine.seen import Seen

_CHANNELS: Final[Mapping[str, str]] = {calls.KIND: calls.PHONE}

_OF_OBSERVATIONS: Final = frozenset(
    each
    for each in Input
    if not each.startswith("fields.") and each not in (Input.TICKETS, Input.HISTORY, Input.RATINGS)
)

_OBSERVING: Final = {
    str(kind): tuple(
        each.observed for each in INDICATORS.values() if each.observed is not None and kind in each.needs | each.feeds
    )
    for kind in sorted(_OF_OBSERVATIONS)
}
"""What tells the lines of each kind of observation: an indicator needs the kind, or is fed by it, by its name."""

OBSERVED: Final = frozenset(_OBSERVING)
"""The kinds of observations that some indicator asks for."""

_TOGETHER: Final[Mapping[str, Callable[[Observation], object]]] = {
    Input.QA_REVIEWS: lambda row: row.values["review_id"],
    Input.SURVEYS: lambda row: row.values["response_id"],
    Input.EVALUATIONS: lambda row: (row.values["evaluator"], row.at),
}
"""The kinds that have several rows to one thing, and what rows of one have in common."""

SEVERAL_ROWS: Final = frozenset(map(str, _TOGETHER))
"""The kinds of which several rows are read together."""

_DAY: Final = 86_400
YEAR: Final = 366 * _DAY
_REACH: Final[Mapping[str, tuple[int, int]]] = {
    Input.SURVEYS: (YEAR, 0),  # an answer comes after the question
    Input.CUSTOMERS: (200 * YEAR, 0),  # who became a customer long ago still is one
    Input.COSTS: (_DAY, _DAY),  # a month ends at another instant in another time zone
    Input.EVALUATIONS: (_DAY, _DAY),
}


def reach(kind: str) -> tuple[int, int]:
    """Return how many seconds before and after a period a row may stand that says something of it, at the most."""
    return _REACH.get(kind, (0, 0))


def together(rows: Iterable[Observation]) -> list[tuple[Observation, ...]]:
    """Return rows of one kind, of which several are read together, by what they belong to."""
    found: dict[object, list[Observation]] = {}
    for row in rows:
        found.setdefault(_TOGETHER[row.kind](row), []).append(row)
    return [tuple(each) for each in found.values()]


def observe(seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield what an observation adds to every indicator, and which of them leave it out.

    Nothing of it lies after the instant it is asked as of. Its agents are ids of its account, or None for nobody.
    """
    for observing in _OBSERVING.get(seen.observation.kind, ()):
        for each in observing(seen):
            if each.at <= seen.as_of:
                yield each


def observed(
    rows: Sequence[Observation], rulebook: Rulebook, as_of: int, asked: Period | None = None
) -> Iterator[Measurement]:
    """Yield all that an observation says as measurements of tickets say it, so that both count alike.

    `rows` are those that belong together; what they say of several agents is a measurement for each of them.
    """
    told = rows[0].values.get("channel")
    channel = _CHANNELS.get(rows[0].kind, None if told is None else str(told))
    found = list(observe(Seen(tuple(rows), channel, rulebook, as_of, asked)))
    for row, mine in _by_agent(rows, found):
        yield Measurement(
            ticket_id=row.ticket_id or "",
            account=row.account or "",
            as_of=as_of,
            edition=rulebook.policies.digest_at(as_of),
            lines=tuple(each for each in mine if isinstance(each, CreditLine)),
            omissions=tuple(each for each in mine if isinstance(each, Omission)),
            source=row.source,
        )


def _by_agent(
    rows: Sequence[Observation], found: list[CreditLine | Omission]
) -> Iterator[tuple[Observation, list[CreditLine | Omission]]]:
    """Yield the first row with what was found; of several agents' evaluations each one's first with what is his."""
    if rows[0].kind != Input.EVALUATIONS:
        yield rows[0], found
        return
    for agent in dict.fromkeys(row.agent for row in rows):
        yield next(row for row in rows if row.agent == agent), [each for each in found if each.agent == agent]
