"""Family C: resolution."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.evidence import Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Reduction, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message


def _full_resolution(evidence: Evidence) -> Iterator[CreditLine]:
    if solve := evidence.last_solve:
        yield evidence.business_line("full_resolution", solve.at, evidence.solver(solve))


def _full_resolution_calendar(evidence: Evidence) -> Iterator[CreditLine]:
    if solve := evidence.last_solve:
        yield evidence.calendar_line("full_resolution_calendar", solve.at, evidence.solver(solve))


_BUSINESS = Indicator(
    key="full_resolution",
    catalogue="full_res (business)",
    name=message("Full resolution time"),
    formula=message("business time from creation to the last solve"),
    stamp=message("the last solve, while it stands"),
    credit=message("the assignee at that solve"),
    unit=Unit.SECONDS,
    better=Better.LOWER,
    reduction=Reduction.MEAN,
    lines=_full_resolution,
    needs=frozenset({Input.TICKETS, Input.HISTORY}),
)

INDICATORS = (
    _BUSINESS,
    replace(
        _BUSINESS,
        key="full_resolution_calendar",
        catalogue="full_res (calendar)",
        name=message("Full resolution time (calendar)"),
        formula=message("calendar time from creation to the last solve"),
        lines=_full_resolution_calendar,
    ),
)
