"""Family H: calls, each observed by itself or as one agent's part of it."""

from collections.abc import Iterator
from dataclasses import replace

from kpi_engine.indicators.indicator import Better, Indicator, Input, Interval, Reduction, Seen, Unit
from kpi_engine.measurement import Certainty, CreditLine, Omission
from kpi_engine.message import message

KIND = "calls"
PHONE = "phone"
_ANSWERED, _MISSED = "answered", "missed"
_INBOUND = "inbound"


def _missed_call_rate(seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield a line for each time an agent's phone rang: 1 where he did not pick it up.

    A part of a call whose direction nobody told is left out.
    """
    values = seen.observation.values
    if values["outcome"] not in (_ANSWERED, _MISSED):
        return
    if "direction" not in values:
        yield seen.left_out_of("missed_call_rate", "no_direction")
    elif values["direction"] == _INBOUND:
        yield CreditLine("missed_call_rate", seen.stamp(), int(values["outcome"] == _MISSED))


def _calls_handled(seen: Seen) -> Iterator[CreditLine | Omission]:
    if seen.observation.values["outcome"] == _ANSWERED:
        yield CreditLine("calls_handled", seen.stamp())


def _handling_time(seen: Seen) -> Iterator[CreditLine | Omission]:
    if seen.observation.values["outcome"] != _ANSWERED:
        return
    seconds = handled_seconds(seen)
    if seconds is None:
        yield seen.left_out_of("handling_time", "no_talk_time")
        return
    line = CreditLine("handling_time", seen.stamp(), seconds)
    # Hold and wrap-up that nobody told may have been there: the time is at least this.
    known = seen.number("hold_s") is not None and seen.number("wrap_s") is not None
    yield line if known else replace(line, certainty=Certainty.APPROXIMATE)


def handled_seconds(seen: Seen) -> int | None:
    """Return the seconds talked, on hold and of wrap-up, None where not even those talked are told."""
    talked = seen.number("talk_s")
    return None if talked is None else talked + (seen.number("hold_s") or 0) + (seen.number("wrap_s") or 0)


_NEEDS = frozenset({Input.CALLS})
_BEGUN = message("the start of the call")
_AGENT = message("the agent who took the call")

INDICATORS = (
    Indicator(
        key="calls_handled",
        catalogue="calls_done",
        name=message("Calls handled"),
        formula=message(
            "calls taken by an agent, and calls dialled by one that were answered; where a call was passed on, each "
            "agent's part counts"
        ),
        stamp=_BEGUN,
        credit=_AGENT,
        unit=Unit.CALLS,
        better=Better.HIGHER,
        reduction=Reduction.COUNT,
        observed=_calls_handled,
        needs=_NEEDS,
        additive=True,
    ),
    Indicator(
        key="missed_call_rate",
        catalogue="missed_rate",
        name=message("Missed-call rate"),
        formula=message(
            "of the inbound calls that rang at an agent's, the share that the agent did not pick up; what a customer "
            "gave up in the queue rang nowhere and does not count here"
        ),
        stamp=_BEGUN,
        credit=message("the agent whose phone rang"),
        unit=Unit.SHARE,
        better=Better.LOWER,
        reduction=Reduction.RATIO,
        interval=Interval.WILSON,
        observed=_missed_call_rate,
        needs=_NEEDS,
        min_n=10,
    ),
    Indicator(
        key="handling_time",
        catalogue="aht",
        name=message("Handling time"),
        formula=message(
            "seconds talked, on hold and of wrap-up of an answered call; where a call was passed on, each agent's part"
        ),
        stamp=_BEGUN,
        credit=_AGENT,
        unit=Unit.SECONDS,
        better=Better.NEUTRAL,
        reduction=Reduction.MEAN,
        observed=_handling_time,
        needs=_NEEDS,
    ),
)
