"""Family H: calls as the customer meets them: how long he waits, whether he is answered, and when he gives up."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from kpi_engine.contacts import CALLS
from kpi_engine.indicators.calls import handled_seconds
from kpi_engine.indicators.indicator import Better, Facts, Indicator, Input, Interval, Parameter, Reduction, Seen, Unit
from kpi_engine.measurement import Certainty, CreditLine, Omission
from kpi_engine.message import message

_ANSWERED, _ABANDONED, _VOICEMAIL, _OUTBOUND = "answered", "abandoned_queue", "voicemail", "outbound"
_MISSED: Final = "missed"
_OFFERED: Final = frozenset({_ANSWERED, _ABANDONED, _MISSED, _VOICEMAIL})
_DIALLED: Final = frozenset({_ANSWERED, "no_answer", "busy"})
_LEVEL, _RATE = "service_level", "abandoned_call_rate"
_BOUNDS: Final = (10, 20, 30, 60, 120, 300, 600, 86_400)


def _call(seen: Seen) -> str:
    """Return what call the row is a part of."""
    return seen.text("call_id") or seen.observation.observation_id


def _outcome(seen: Seen) -> str | None:
    """Return how an inbound call went; None for any other."""
    return seen.text("outcome") if seen.text("direction") == "inbound" else None


def _offered(seen: Seen) -> Iterator[CreditLine]:
    if _outcome(seen) in _OFFERED:
        yield CreditLine("calls_offered", seen.stamp(), part=_call(seen))


def _answered(seen: Seen) -> Iterator[CreditLine]:
    if _outcome(seen) == _ANSWERED:
        yield CreditLine("calls_answered", seen.stamp(), part=_call(seen))


def _abandoned(seen: Seen) -> Iterator[CreditLine]:
    outcome, wait = _outcome(seen), seen.number("wait_s")
    short = outcome == _ABANDONED and wait is not None and wait < seen.chosen(_RATE, _SHORT)
    if outcome in (_ANSWERED, _ABANDONED) and not short:
        # How long he waited who gave up is not told: he may have gone at once.
        unsure = outcome == _ABANDONED and wait is None
        certainty = Certainty.APPROXIMATE if unsure else Certainty.EXACT
        yield CreditLine(_RATE, seen.stamp(), int(outcome == _ABANDONED), part=_call(seen), certainty=certainty)


def _waited(key: str, outcomes: frozenset[str], seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield the seconds in the queue; a part of a call that tells none is left out."""
    if _outcome(seen) in outcomes:
        wait = seen.number("wait_s")
        yield seen.left_out_of(key, "no_wait_time") if wait is None else CreditLine(key, seen.stamp(), wait)


def _service_level(seen: Seen) -> Iterator[CreditLine | Omission]:
    """Yield a line for each part of a call: it was answered in time if one of them was.

    What rang in vain is nobody's, and waited while it rang; as long as nobody else takes the call, it was given up.
    """
    outcome, wait = _outcome(seen), _waited_for(seen)
    if outcome not in _OFFERED:
        return
    stamp = seen.team_stamp() if outcome == _MISSED else seen.stamp()
    if wait is None:
        yield seen.left_out_of(_LEVEL, "no_wait_time", stamp)
        return
    rule, soon = seen.word(_LEVEL, _ABANDONS), wait <= seen.chosen(_LEVEL, _WITHIN)
    if outcome == _ANSWERED:
        yield CreditLine(_LEVEL, stamp, int(soon), part=_call(seen))
    elif _counts_abandoned(rule, wait, seen):
        served = soon and rule == "as_served" and outcome != _MISSED
        yield CreditLine(_LEVEL, stamp, int(served), part=_call(seen))


def _waited_for(seen: Seen) -> int | None:
    """Return how long the caller waited, of a call that rang in vain until it ended; None where nothing tells."""
    wait, rang = seen.number("wait_s"), seen.number("ring_s")
    if _outcome(seen) != _MISSED or rang is None:
        return wait
    return rang + (wait or 0)


def _counts_abandoned(rule: str, wait: int, seen: Seen) -> bool:
    return rule in ("against", "as_served") or (rule == "short_excluded" and wait >= seen.chosen(_LEVEL, _SHORT))


def _patience(seen: Seen) -> Iterator[CreditLine]:
    outcome, wait = _outcome(seen), seen.number("wait_s")
    if outcome in (_ANSWERED, _ABANDONED) and wait is not None:
        bound = _BOUNDS[min(bisect_left(_BOUNDS, wait), len(_BOUNDS) - 1)]
        yield CreditLine("abandonment_curve", seen.stamp(), int(outcome == _ABANDONED), part=str(bound))


def _reached(seen: Seen) -> Iterator[CreditLine]:
    if seen.text("direction") == _OUTBOUND and seen.text("outcome") in _DIALLED:
        yield CreditLine("contact_rate", seen.stamp(), int(seen.text("outcome") == _ANSWERED))


def _per_question(seen: Seen) -> Iterator[CreditLine | Omission]:
    questions, seconds = seen.number("questions"), handled_seconds(seen)
    if seen.text("outcome") == _ANSWERED and questions:
        line = CreditLine("time_per_question", seen.stamp(), seconds or 0, questions)
        yield seen.left_out_of("time_per_question", "no_talk_time") if seconds is None else line


def _customer_share(seen: Seen) -> Iterator[CreditLine | Omission]:
    seconds, customer = handled_seconds(seen), seen.observation.customer_id
    if seen.text("outcome") != _ANSWERED or seconds is None:
        return
    line = CreditLine("customer_share", seen.stamp(), seconds, part=customer)
    yield seen.left_out_of("customer_share", "no_customer") if customer is None else line


def _occupied(seen: Seen) -> Iterator[CreditLine]:
    seconds = handled_seconds(seen)
    if seen.observation.kind == Input.CALLS and seen.text("outcome") == _ANSWERED and seconds:
        yield CreditLine("occupancy", seen.stamp(), seconds, seconds)
    elif seen.text("state") == "available":
        yield CreditLine("occupancy", seen.stamp(), 0, seen.number("seconds") or 0)


def _first_call(line: CreditLine, _facts: Facts) -> CreditLine | None:
    return replace(line, indicator="first_call_resolution") if (line.channel or "").casefold() in CALLS else None


_SHORT = Parameter(
    name="short_abandon",
    default=5,
    duration=True,
    why=message(
        "Who hangs up within this time dialled wrongly or thought better of it; five to ten seconds are usual. Longer "
        "hides people who waited."
    ),
)
_WITHIN = Parameter(
    name="within",
    default=20,
    duration=True,
    why=message(
        "80 of 100 calls answered within 20 seconds is the trade's usual level; choose by your callers' patience."
    ),
)
_ABANDONS = Parameter(
    name="abandon_rule",
    default="short_excluded",
    allowed=("short_excluded", "against", "excluded", "as_served"),
    why=message(
        "At least four formulas are in use. `short_excluded`: who gave up counts against, but for those who hung up at "
        "once; `against`: everybody who gave up does; `excluded`: only answered calls count, which flatters a queue "
        "that nobody stays in; `as_served`: who gave up within the time counts for it."
    ),
)

_NEEDS = frozenset({Input.CALLS})
_BEGUN = message("the start of the call")
_WHO = message("the agent who took the call; a call that nobody took is nobody's")

_CALLS_OFFERED = Indicator(
    key="calls_offered",
    catalogue="calls_offered",
    name=message("Calls offered"),
    formula=message("inbound calls that came into a queue or rang at somebody's, not those that ended in the greeting"),
    stamp=_BEGUN,
    credit=_WHO,
    unit=Unit.CALLS,
    better=Better.NEUTRAL,
    reduction=Reduction.DISTINCT,
    observed=_offered,
    needs=_NEEDS,
)

_WAIT = replace(
    _CALLS_OFFERED,
    key="call_wait",
    catalogue="wait_call",
    name=message("Wait in the queue"),
    formula=message("seconds that callers waited, those who gave up included"),
    unit=Unit.SECONDS,
    better=Better.LOWER,
    reduction=Reduction.MEAN,
    observed=partial(_waited, "call_wait", frozenset({_ANSWERED, _ABANDONED})),
)

_ABANDONED_RATE = replace(
    _CALLS_OFFERED,
    key=_RATE,
    catalogue="missed_rate (queue)",
    name=message("Abandoned-call rate"),
    formula=message(
        "calls that the customer gave up in the queue divided by these and the answered ones; who hung up at once does "
        "not count"
    ),
    unit=Unit.SHARE,
    better=Better.LOWER,
    reduction=Reduction.DISTINCT_RATIO,
    interval=Interval.WILSON,
    min_n=10,
    observed=_abandoned,
    parameters=(_SHORT,),
)

INDICATORS = (
    _CALLS_OFFERED,
    replace(
        _CALLS_OFFERED,
        key="calls_answered",
        catalogue="calls_answered",
        name=message("Calls answered"),
        formula=message("inbound calls that an agent took; a call that was passed on is one"),
        observed=_answered,
    ),
    _ABANDONED_RATE,
    _WAIT,
    replace(
        _WAIT,
        key="speed_of_answer",
        catalogue="asa",
        name=message("Speed of answer"),
        formula=message("seconds that callers waited who were answered"),
        observed=partial(_waited, "speed_of_answer", frozenset({_ANSWERED})),
    ),
    replace(
        _ABANDONED_RATE,
        key=_LEVEL,
        catalogue="svc_level",
        name=message("Service level"),
        formula=message(
            "calls answered within the time divided by the calls that came; how those count that were given up, rang "
            "in vain or ended in a voicemail, is a rule"
        ),
        better=Better.HIGHER,
        observed=_service_level,
        parameters=(_WITHIN, _ABANDONS, _SHORT),
    ),
    replace(
        _ABANDONED_RATE,
        key="abandonment_curve",
        catalogue="abandonment curve",
        name=message("Abandonment by time waited"),
        formula=message("share of all callers who had given up within so many seconds"),
        reduction=Reduction.CURVE,
        observed=_patience,
        parameters=(),
    ),
    replace(
        _ABANDONED_RATE,
        key="first_call_resolution",
        catalogue="fcr (by call)",
        name=message("First call resolution"),
        formula=message(
            "of the requests that came by telephone, those solved by the first contact divided by all, the unsolved "
            "included"
        ),
        stamp=message("when the ticket is created, once the window is over"),
        credit=message("the assignee at the last solve, else who has it"),
        better=Better.HIGHER,
        reduction=Reduction.RATIO,
        observed=None,
        borrows={"first_contact_resolution_gross": _first_call},
        needs=frozenset({Input.TICKETS, Input.HISTORY}),
        parameters=(),
    ),
    replace(
        _ABANDONED_RATE,
        key="contact_rate",
        catalogue="contact_rate",
        name=message("Contact rate"),
        formula=message("calls dialled that were answered divided by calls dialled"),
        credit=message("the agent who dialled"),
        better=Better.HIGHER,
        reduction=Reduction.RATIO,
        observed=_reached,
        parameters=(),
    ),
    replace(
        _WAIT,
        key="time_per_question",
        catalogue="time_per_question",
        name=message("Time per question"),
        formula=message("seconds talked, on hold and of wrap-up divided by the questions asked"),
        better=Better.NEUTRAL,
        reduction=Reduction.RATIO,
        observed=_per_question,
    ),
    replace(
        _ABANDONED_RATE,
        key="customer_share",
        catalogue="customer share",
        name=message("One customer's share of the time"),
        formula=message("seconds of calls with the customer who took the most, divided by those with all customers"),
        reduction=Reduction.LARGEST,
        interval=Interval.NONE,
        min_n=2,
        observed=_customer_share,
        parameters=(),
    ),
    replace(
        _ABANDONED_RATE,
        key="occupancy",
        catalogue="occupancy",
        name=message("Occupancy"),
        formula=message("seconds of answered calls divided by these and the seconds in which the agent was available"),
        stamp=message("the start of the call, or of being available"),
        credit=message("the agent"),
        better=Better.NEUTRAL,
        reduction=Reduction.RATIO,
        interval=Interval.NONE,
        min_n=1,
        observed=_occupied,
        needs=frozenset({Input.CALLS, Input.AGENT_STATES}),
        parameters=(),
    ),
)
