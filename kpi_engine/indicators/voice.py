"""Family F: the customer's voice."""

from collections.abc import Iterator

from kpi_engine.evidence import Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Reduction, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message

POSITIVE = "good"


def _satisfaction_rate(evidence: Evidence) -> Iterator[CreditLine]:
    if (rating := evidence.verdict) is None:
        return
    agent = rating.agent_id or evidence.assignee_at(rating.at)
    positive = 1 if rating.category == POSITIVE else 0  # neutral counts against
    yield evidence.line("satisfaction_rate", rating.at, evidence.credit(agent, rating.at), (positive, 1))


INDICATORS = (
    Indicator(
        key="satisfaction_rate",
        catalogue="csat_pct",
        name=message("Satisfaction rate"),
        formula=message("tickets rated good divided by tickets rated; the latest rating of a ticket counts"),
        stamp=message("when the rating was given"),
        credit=message("the assignee at rating time"),
        unit=Unit.SHARE,
        better=Better.HIGHER,
        reduction=Reduction.RATIO,
        interval=Interval.WILSON,
        min_n=10,
        lines=_satisfaction_rate,
        needs=frozenset({Input.TICKETS, Input.RATINGS}),
    ),
)
