"""Family H beside calls: work items that a helpdesk routed to agents, and how long they took."""

from collections.abc import Iterator
from typing import Final

from kpi_engine.indicators.indicator import Better, Indicator, Input, Parameter, Reduction, Seen, Unit
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import message

KIND: Final = "work_items"
_KEY: Final = "work_item_handling_time"
_ACTIVE: Final = "active"
_TIME: Final = Parameter(
    name="time",
    default="handle",
    allowed=("handle", _ACTIVE),
    why=message(
        "`handle` is the time from accepting a work item to closing it, `active` only that during which it was in "
        "front of the agent; Salesforce reports both, and tells the second for some ways of routing alone"
    ),
)


def _handling_time(seen: Seen) -> Iterator[CreditLine | Omission]:
    told = seen.number("active_s" if seen.word(_KEY, _TIME) == _ACTIVE else "handle_s")
    if told is None:
        yield seen.left_out_of(_KEY, "no_time_told")
    else:
        yield CreditLine(_KEY, seen.stamp(), told)


INDICATORS = (
    Indicator(
        key=_KEY,
        catalogue="handle",
        name=message("Handling time of work items"),
        formula=message(
            "seconds that an agent had a work item, from accepting it to closing it or passing it on; each agent's "
            "part by itself"
        ),
        stamp=message("the end of the agent's work on it"),
        credit=message("the agent who worked on it"),
        unit=Unit.SECONDS,
        better=Better.NEUTRAL,
        reduction=Reduction.MEAN,
        observed=_handling_time,
        needs=frozenset({Input.WORK_ITEMS}),
        parameters=(_TIME,),
    ),
)
