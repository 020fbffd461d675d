"""Family C: resolution."""

from collections.abc import Iterator

from kpi_engine.evidence import Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Reduction, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message


def _full_resolution(evidence: Evidence) -> Iterator[CreditLine]:
    if solve := evidence.last_solve:
        seconds = evidence.working_seconds(evidence.opened_at, solve.at)
        yield evidence.time_line("full_resolution", solve.at, evidence.solver(solve), seconds)


def _full_resolution_calendar(evidence: Evidence) -> Iterator[CreditLine]:
    if solve := evidence.last_solve:
        seconds = evidence.calendar_seconds(evidence.opened_at, solve.at)
        yield evidence.line("full_resolution_calendar", solve.at, evidence.solver(solve), (seconds, 1))


_STAMP = message("the last solve, while it stands")
_CREDIT = message("the assignee at that solve")

INDICATORS = (
    Indicator(
        key="full_resolution",
        catalogue="full_res (business)",
        name=message("Full resolution time"),
        formula=message("business time from creation to the last solve"),
        stamp=_STAMP,
        credit=_CREDIT,
        unit=Unit.SECONDS,
        better=Better.LOWER,
        reduction=Reduction.MEAN,
        lines=_full_resolution,
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
    ),
    Indicator(
        key="full_resolution_calendar",
        catalogue="full_res (calendar)",
        name=message("Full resolution time (calendar)"),
        formula=message("calendar time from creation to the last solve"),
        stamp=_STAMP,
        credit=_CREDIT,
        unit=Unit.SECONDS,
        better=Better.LOWER,
        reduction=Reduction.MEAN,
        lines=_full_resolution_calendar,
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
    ),
)
