"""Family A: volume and workload."""

from collections.abc import Iterator

from kpi_engine.evidence import Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Reduction, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message


def _created(evidence: Evidence) -> Iterator[CreditLine]:
    at = evidence.opened_at
    yield evidence.line("created", at, evidence.credit(evidence.first_assignee, at))


def _solved(evidence: Evidence) -> Iterator[CreditLine]:
    if solve := evidence.last_solve:
        yield evidence.line("solved", solve.at, evidence.solver(solve))


def _from_holdings(_evidence: Evidence) -> Iterator[CreditLine]:
    yield from ()


INDICATORS = (
    Indicator(
        key="created",
        catalogue="vol_created",
        name=message("Tickets created"),
        formula=message("number of tickets created"),
        stamp=message("when the ticket is created"),
        credit=message("the first agent it is given to, else nobody in the ticket's group"),
        unit=Unit.TICKETS,
        better=Better.NEUTRAL,
        reduction=Reduction.COUNT,
        lines=_created,
        needs=frozenset({Input.TICKETS}),
        additive=True,
    ),
    Indicator(
        key="solved",
        catalogue="vol_solved",
        name=message("Tickets solved"),
        formula=message("number of tickets whose last solve lies in the period and still stands"),
        stamp=message("the last solve"),
        credit=message("the assignee at that solve"),
        unit=Unit.TICKETS,
        better=Better.HIGHER,
        reduction=Reduction.COUNT,
        lines=_solved,
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
        additive=True,
    ),
    Indicator(
        key="backlog",
        catalogue="backlog",
        name=message("Open backlog"),
        formula=message("number of unsolved tickets held at the end of the period, or now if it has not ended"),
        stamp=message("the end of the period"),
        credit=message("who holds the ticket at that instant"),
        unit=Unit.TICKETS,
        better=Better.LOWER,
        reduction=Reduction.SNAPSHOT,
        lines=_from_holdings,
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
        additive=True,
    ),
)
