"""Family B: responsiveness."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.evidence import Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Reduction, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message


def _first_reply(evidence: Evidence) -> Iterator[CreditLine]:
    if reply := evidence.first_reply:
        yield evidence.business_line("first_reply", reply.at, evidence.credit(reply.actor, reply.at))


def _first_reply_calendar(evidence: Evidence) -> Iterator[CreditLine]:
    if reply := evidence.first_reply:
        yield evidence.calendar_line("first_reply_calendar", reply.at, evidence.credit(reply.actor, reply.at))


_BUSINESS = Indicator(
    key="first_reply",
    catalogue="frt (business)",
    name=message("First reply time"),
    formula=message("business time from creation to the first public reply of a human agent"),
    stamp=message("the first public reply of a human agent"),
    credit=message("the agent who replied"),
    unit=Unit.SECONDS,
    better=Better.LOWER,
    reduction=Reduction.MEAN,
    lines=_first_reply,
    needs=frozenset({Input.TICKETS, Input.HISTORY}),
)

INDICATORS = (
    _BUSINESS,
    replace(
        _BUSINESS,
        key="first_reply_calendar",
        catalogue="frt (calendar)",
        name=message("First reply time (calendar)"),
        formula=message("calendar time from creation to the first public reply of a human agent"),
        lines=_first_reply_calendar,
    ),
)
