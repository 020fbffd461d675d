"""What holdings answer at any past instant: the backlog and what weighs on it, load, customers."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from math import inf

from kpi_engine.indicators.indicator import (
    Asked,
    Better,
    Indicator,
    Input,
    Parameter,
    Portion,
    Reduction,
    Unit,
)
from kpi_engine.measurement import Clock, Holding
from kpi_engine.message import message

_WORKING_DAY = 8 * 3600
_DAY = 86_400


def _backlog(_holding: Holding, asked: Asked) -> Portion:
    return Portion(asked.instant)


def _unreplied(holding: Holding, asked: Asked) -> Portion | None:
    return None if holding.answered else Portion(asked.instant)


def _owed_replies(holding: Holding, asked: Asked) -> Portion | None:
    return None if holding.owed_since is None else Portion(asked.instant)


def _overdue_now(holding: Holding, asked: Asked) -> Portion | None:
    return None if holding.overdue_since is None else Portion(asked.instant)


def _overdue_now_by(clock: str, _holding: Holding, asked: Asked) -> Portion | None:
    late = any(each.clock == clock and _is_late(each, asked.instant) for each in asked.clocks)
    return Portion(asked.instant) if late else None


def _is_late(clock: Clock, at: int) -> bool:
    """Tell whether a clock of an unsolved ticket stood over its goal."""
    breached_at, stopped_at = clock.breached_at, clock.stopped_at
    return breached_at is not None and breached_at <= at and (stopped_at is None or at < stopped_at)


def _forgotten(holding: Holding, asked: Asked) -> Portion | None:
    if holding.owed_since is None:
        return None
    # A customer who wrote a minute ago is not forgotten, however long ago an agent last had the ticket in hand.
    since = max(holding.owed_since, holding.touched_at or holding.owed_since)
    if _worked_since(since, holding, asked) <= asked.number("forgotten", "after", _WORKING_DAY):
        return None
    return Portion(asked.instant, assumed=_assumed(asked))


def _backlog_age(holding: Holding, asked: Asked) -> Portion:
    return Portion(asked.instant, _worked_since(holding.opened_at, holding, asked), assumed=_assumed(asked))


def _backlog_age_calendar(holding: Holding, asked: Asked) -> Portion:
    return Portion(asked.instant, _age(holding, asked))


def _aged(days: int, fewer_than: float, holding: Holding, asked: Asked) -> Portion | None:
    return Portion(asked.instant) if days * _DAY <= _age(holding, asked) < fewer_than * _DAY else None


def _age(holding: Holding, asked: Asked) -> int:
    """Return the seconds from the creation to the instant, but for what the ticket lay in the bin."""
    binned = sum(end - start for start, end in holding.binned or ())
    return asked.instant - holding.opened_at - binned


def _assumed(asked: Asked) -> bool:
    """Tell whether some calendar up to the instant was guessed."""
    return any(holding.assumed for holding in asked.holdings if holding.start <= asked.instant)


def _worked_since(start: int, covering: Holding, asked: Asked) -> int:
    """Return the working seconds from `start` to the instant that a holding covers, but for those in the bin.

    Each stretch counts by the calendar the ticket had then.
    """
    seconds = 0
    for holding, following in zip_longest(asked.holdings, asked.holdings[1:]):
        first = start if holding is asked.holdings[0] else max(start, holding.start)
        last = min(asked.instant, following.start) if following else asked.instant
        seconds += _worked(holding.calendar, first, last, asked)
        for begun, end in covering.binned or ():
            seconds -= _worked(holding.calendar, max(first, begun), min(last, end), asked)
    return seconds


def _worked(calendar: str, first: int, last: int, asked: Asked) -> int:
    return asked.worked(calendar, first, last) if first < last else 0


def _within(holding: Holding, asked: Asked) -> tuple[int, int]:
    """Return the part of the asked stretch in which the ticket was held."""
    return max(holding.start, asked.start), asked.end if holding.end is None else min(holding.end, asked.end)


def _backlog_overlap(holding: Holding, asked: Asked) -> Iterator[Portion]:
    first, last = _within(holding, asked)
    if seconds := asked.worked(holding.calendar, first, last, holding.agent):
        whole = asked.worked(holding.calendar, asked.start, asked.end, holding.agent)
        yield Portion(last - 1, seconds, whole, assumed=holding.assumed)


def _backlog_overlap_max(holding: Holding, asked: Asked) -> Iterator[Portion]:
    """Yield +1 and -1 at the ends of what was worked: two tickets that only share a night do not overlap."""
    first, last = _within(holding, asked)
    if not asked.worked(holding.calendar, first, last, holding.agent):
        return
    roster = asked.rulebook.roster(holding.agent, asked.instant)
    start = roster.first_worked(asked.rulebook.calendar(holding.calendar, first), first)
    yield Portion(first if start is None else start, assumed=holding.assumed)
    if last < asked.end:
        end = roster.last_worked(asked.rulebook.calendar(holding.calendar, last), last)
        yield Portion(last if end is None else end + 1, -1, assumed=holding.assumed)


def _customers_served(holding: Holding, asked: Asked) -> Iterator[Portion]:
    if holding.requester is not None:
        yield Portion(_within(holding, asked)[0], part=holding.requester)


def _customers_waiting(holding: Holding, asked: Asked) -> Iterator[Portion]:
    """Yield the customer where he was owed a reply while the holder was on the telephone with the one he is with most.

    Whether he was is told by the holdings as they stood, which the one given joins.
    """
    engaged = asked.facts.engaged.get(holding.agent or "")
    if engaged is None or holding.requester in (None, engaged.customer):
        return
    first, last = _within(holding, asked)
    owed = [each for each in asked.holdings if each.owed_since is not None]
    waits = [(max(first, each.start), last if each.end is None else min(last, each.end)) for each in owed]
    for begun, end in waits:
        met = (max(begun, start) for start, until in engaged.stretches if max(begun, start) < min(end, until))
        yield from (Portion(at, part=holding.requester) for at in met)


_NEEDS = frozenset({Input.TICKETS, Input.HISTORY})

_BACKLOG = Indicator(
    key="backlog",
    catalogue="backlog",
    name=message("Open backlog"),
    formula=message("number of unsolved tickets held at the end of the period, or now if it has not ended"),
    stamp=message("the end of the period"),
    credit=message("who holds the ticket at that instant"),
    unit=Unit.TICKETS,
    better=Better.LOWER,
    reduction=Reduction.SNAPSHOT,
    at_instant=_backlog,
    needs=_NEEDS,
    additive=True,
)

_AGE = replace(
    _BACKLOG,
    key="backlog_age",
    catalogue="backlog_age (business)",
    name=message("Backlog age"),
    formula=message("business time from creation to the end of the period of each unsolved ticket, or to now"),
    unit=Unit.SECONDS,
    reduction=Reduction.MEAN,
    at_instant=_backlog_age,
    additive=False,
)

_OVERLAP = Indicator(
    key="backlog_overlap",
    catalogue="backlog_overlap (mean)",
    name=message("Concurrent load"),
    formula=message("business time in which tickets were held, summed up, divided by the business time of the period"),
    stamp=message("each stretch of the period in which the ticket was held"),
    credit=message("who held the ticket in that stretch"),
    unit=Unit.TICKETS,
    better=Better.LOWER,
    reduction=Reduction.OVERLAP,
    over_period=_backlog_overlap,
    needs=_NEEDS,
    additive=True,
)

INDICATORS = (
    _BACKLOG,
    _AGE,
    replace(
        _AGE,
        key="backlog_age_calendar",
        catalogue="backlog_age (calendar)",
        name=message("Backlog age (calendar)"),
        formula=message("calendar time from creation to the end of the period of each unsolved ticket, or to now"),
        at_instant=_backlog_age_calendar,
    ),
    *(
        replace(
            _BACKLOG,
            key=key,
            catalogue=f"backlog_age ({bucket})",
            name=name,
            formula=message(
                "number of unsolved tickets whose age in calendar time at the end of the period, or now, lies there"
            ),
            at_instant=partial(_aged, days, fewer_than),
        )
        for key, bucket, days, fewer_than, name in (
            ("backlog_0_to_1_days", "0-1 d", 0, 1, message("Backlog up to 1 day old")),
            ("backlog_1_to_3_days", "1-3 d", 1, 3, message("Backlog 1 to 3 days old")),
            ("backlog_3_to_7_days", "3-7 d", 3, 7, message("Backlog 3 to 7 days old")),
            ("backlog_7_to_14_days", "7-14 d", 7, 14, message("Backlog 7 to 14 days old")),
            ("backlog_from_14_days", "14+ d", 14, inf, message("Backlog 14 days old and more")),
        )
    ),
    _OVERLAP,
    replace(
        _OVERLAP,
        key="backlog_overlap_max",
        catalogue="backlog_overlap (max)",
        name=message("Highest concurrent load"),
        formula=message("the most tickets held at once in business time"),
        reduction=Reduction.LEVEL,
        over_period=_backlog_overlap_max,
        additive=False,
    ),
    replace(
        _BACKLOG,
        key="unreplied",
        catalogue="unreplied",
        name=message("Unreplied tickets"),
        formula=message("number of unsolved tickets that no agent had replied to"),
        at_instant=_unreplied,
    ),
    replace(
        _BACKLOG,
        key="owed_replies",
        catalogue="awaiting_us",
        name=message("Owed replies"),
        formula=message("number of unsolved tickets with a customer's message that nobody had answered"),
        at_instant=_owed_replies,
    ),
    replace(
        _BACKLOG,
        key="overdue_now",
        catalogue="overdue_open",
        name=message("Overdue now"),
        formula=message("number of unsolved tickets with a clock over its goal"),
        at_instant=_overdue_now,
    ),
    *(
        replace(
            _BACKLOG,
            key=f"overdue_now_{clock}",
            catalogue=f"overdue_open ({clock})",
            name=name,
            formula=message("number of unsolved tickets whose clock {clock} is over its goal", clock=clock),
            at_instant=partial(_overdue_now_by, clock),
        )
        for clock, name in (
            ("first_reply", message("First replies overdue now")),
            ("next_reply", message("Next replies overdue now")),
            ("resolution", message("Resolutions overdue now")),
        )
    ),
    replace(
        _BACKLOG,
        key="forgotten",
        catalogue="forgot",
        name=message("Forgotten tickets"),
        formula=message(
            "number of unsolved tickets that were owed a reply and that no agent had touched, "
            "both for more than `after` of business time"
        ),
        at_instant=_forgotten,
        parameters=(
            Parameter(
                name="after",
                default=_WORKING_DAY,
                least=1,
                duration=True,
                why=message(
                    "One working day of eight hours: practice asks for tickets that nobody looks after, but no product "
                    "names a number. The time runs from the customer's oldest unanswered message, so that "
                    "who writes after a quiet week is not forgotten at once."
                ),
            ),
        ),
    ),
    Indicator(
        key="customers_served",
        catalogue="vol_customers",
        name=message("Customers served"),
        formula=message("number of different requesters of the tickets held in the period"),
        stamp=message("each stretch of the period in which the ticket was held"),
        credit=message("who held the ticket in that stretch"),
        unit=Unit.CUSTOMERS,
        better=Better.NEUTRAL,
        reduction=Reduction.DISTINCT,
        over_period=_customers_served,
        needs=_NEEDS,
    ),
    Indicator(
        key="customers_waiting",
        catalogue="customer share (waiting)",
        name=message("Customers waiting meanwhile"),
        formula=message(
            "number of different customers who waited for a reply while the agent who held their ticket was on the "
            "telephone with the customer who took most of his time"
        ),
        stamp=message("when such a call and the wait begin to overlap"),
        credit=message("who held the ticket in that stretch"),
        unit=Unit.CUSTOMERS,
        better=Better.LOWER,
        reduction=Reduction.DISTINCT,
        over_period=_customers_waiting,
        needs=_NEEDS | {Input.CALLS},
    ),
)
