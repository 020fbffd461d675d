"""Family E: overdue requests."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.evidence import Evidence
from kpi_engine.indicators.indicator import Better, Indicator, Input, Reduction, Unit
from kpi_engine.measurement import CreditLine
from kpi_engine.message import message


def _overdue_count(evidence: Evidence) -> Iterator[CreditLine]:
    counted = set()
    for clock in evidence.clocks:  # instances in order: a ticket counts once per clock, at its first breach
        if clock.breached_at is not None and clock.clock not in counted:
            counted.add(clock.clock)
            line = evidence.line("overdue_count", clock.breached_at, (clock.agent, clock.team))
            yield replace(line, part=clock.clock, certainty=clock.certainty)


INDICATORS = (
    Indicator(
        key="overdue_count",
        catalogue="overdue_cnt",
        name=message("Overdue requests"),
        formula=message("number of clocks that went over their goal, each ticket once per clock"),
        stamp=message("the instant of the breach"),
        credit=message(
            "the holder at the breach if he held the clock for at least a tenth of its goal, "
            "else who held it longest if for at least half of the goal, else the team"
        ),
        unit=Unit.TICKETS,
        better=Better.LOWER,
        reduction=Reduction.COUNT,
        lines=_overdue_count,
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
        additive=True,
    ),
)
