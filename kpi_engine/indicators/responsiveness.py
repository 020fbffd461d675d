"""Family B: responsiveness."""

from collections.abc import Iterator

from kpi_engine.evidence import Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Reduction, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message


def _first_reply(evidence: Evidence) -> Iterator[CreditLine]:
    if reply := evidence.first_reply:
        seconds = evidence.working_seconds(evidence.opened_at, reply.at)
        yield evidence.time_line("first_reply", reply.at, evidence.credit(reply.actor, reply.at), seconds)


def _first_reply_calendar(evidence: Evidence) -> Iterator[CreditLine]:
    if reply := evidence.first_reply:
        seconds = evidence.calendar_seconds(evidence.opened_at, reply.at)
        yield evidence.line("first_reply_calendar", reply.at, evidence.credit(reply.actor, reply.at), (seconds, 1))


_STAMP = message("the first public reply of a human agent")
_CREDIT = message("the agent who replied")

INDICATORS = (
    Indicator(
        key="first_reply",
        catalogue="frt (business)",
        name=message("First reply time"),
        formula=message("business time from creation to the first public reply of a human agent"),
        stamp=_STAMP,
        credit=_CREDIT,
        unit=Unit.SECONDS,
        better=Better.LOWER,
        reduction=Reduction.MEAN,
        lines=_first_reply,
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
    ),
    Indicator(
        key="first_reply_calendar",
        catalogue="frt (calendar)",
        name=message("First reply time (calendar)"),
        formula=message("calendar time from creation to the first public reply of a human agent"),
        stamp=_STAMP,
        credit=_CREDIT,
        unit=Unit.SECONDS,
        better=Better.LOWER,
        reduction=Reduction.MEAN,
        lines=_first_reply_calendar,
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
    ),
)
