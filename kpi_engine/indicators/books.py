"""Family I: what customer care costs, what is sold, and who came back: from the books of the company."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from kpi_engine.indicators.indicator import (
    CENTS,
    Better,
    Bought,
    Facts,
    Indicator,
    Input,
    Interval,
    Parameter,
    Reduction,
    Seen,
    Unit,
)
from kpi_engine.measurement import CreditLine, Omission, Stamp
from kpi_engine.message import message

_PER_CALL, _EARNED = "sales_per_call", "revenue_per_call"
_EACH, _REVENUE, _CONVERSION = "cost_per_interaction", "attributed_revenue", "support_to_sale_rate"
_PERCENT = 100
WINDOW: Final = Parameter(
    name="window",
    default=30 * 86_400,
    duration=True,
    why=message(
        "A sale belongs to the last ticket its customer opened before it, within this time, or to the ticket that the "
        "file names; one sale counts once. Until the time is over a solved ticket is in no figure."
    ),
)
CALL_WINDOW: Final = replace(
    WINDOW,
    why=message(
        "A sale belongs to the last call before it that reached its customer, within this time; where the sale names "
        "an agent, to the last of his calls. One sale counts once. Until the time is over a call is in no figure."
    ),
)


def _cents(seen: Seen) -> int:
    return round((seen.decimal("amount") or 0.0) * CENTS)


def _cost(key: str, denominator: int, seen: Seen) -> Iterator[CreditLine | Omission]:
    if seen.observation.kind != Input.COSTS:
        return
    stamp = _bearer(seen)
    if seen.period() is None:
        yield seen.left_out_of(key, "period_unfit", stamp)
    else:
        yield CreditLine(key, stamp, _cents(seen), denominator, seen.text("currency"))


def _bearer(seen: Seen) -> Stamp:
    """Return the stamp for whom a cost is told of: an agent, a team, a channel, or nobody."""
    stamp, subject = seen.stamp(), seen.text("subject")
    match seen.text("scope"):
        case "team":
            return stamp._replace(team=subject)
        case "channel":
            return stamp._replace(channel=subject)
        case _:
            return stamp


def _interaction(line: CreditLine, _facts: Facts) -> CreditLine | None:
    """Return a ticket, or a call that no ticket writes down, as something that costs were spent on."""
    if line.indicator == "calls_handled" and line.ticket_id is not None:
        return None
    return replace(line, indicator=_EACH, numerator=0, denominator=CENTS, part=None)


def _revenue(seen: Seen) -> Iterator[CreditLine]:
    if seen.text("source") == "support":
        cents = round(_cents(seen) * seen.chosen(_REVENUE, _SHARE) / _PERCENT)
        yield CreditLine(_REVENUE, seen.stamp(), cents, CENTS, seen.text("currency"))


def _bought(line: CreditLine, facts: Facts) -> Bought | None:
    """Return what came of a call that reached its customer; None of others, and before the time for it is over."""
    known = line.numerator and line.at + facts.call_window < facts.as_of
    return facts.bought.get(line.stamp.observation_id or "") if known else None


def _sales_of(line: CreditLine, facts: Facts) -> CreditLine | None:
    bought = _bought(line, facts)
    return None if bought is None else replace(line, indicator=_PER_CALL, numerator=bought.sales, denominator=1)


def _revenue_of(line: CreditLine, facts: Facts) -> tuple[CreditLine, ...] | None:
    """Return the call, which is one in every currency, and the amounts that came of it."""
    bought = _bought(line, facts)
    if bought is None:
        return None
    call = replace(line, indicator=_EARNED, numerator=0, denominator=CENTS)
    return call, *(replace(call, numerator=cents, denominator=0, part=currency) for cents, currency in bought.amounts)


def _sold(line: CreditLine, facts: Facts) -> CreditLine | None:
    if line.at + facts.window >= facts.as_of:
        return None
    return replace(line, indicator=_CONVERSION, numerator=int(line.ticket_id in facts.sold), denominator=1)


_SHARE = Parameter(
    name="share",
    default=100,
    most=_PERCENT,
    why=message(
        "In per cent: how much of a sale's amount care answers for. Revenue is a joint matter and no quota of the "
        "team's own; agree on the share before anybody is measured by it."
    ),
)

_COST = Indicator(
    key="support_cost",
    catalogue="support_cost",
    name=message("Support cost"),
    formula=message(
        "sum of the costs told; of several currencies the one with the most amounts, they are never added up"
    ),
    stamp=message("the end of the period the cost is told for; only in periods in which it lies wholly"),
    credit=message("the agent, the team or the channel whose cost it is, else nobody"),
    unit=Unit.MONEY,
    better=Better.NEUTRAL,
    reduction=Reduction.MONEY,
    observed=partial(_cost, "support_cost", CENTS),
    needs=frozenset({Input.COSTS}),
)

_TO_SALE = Indicator(
    key=_CONVERSION,
    catalogue="s2s_conv",
    name=message("Support-to-sale rate"),
    formula=message("solved tickets after which the customer bought divided by solved tickets"),
    stamp=message("the last solve, while it stands"),
    credit=message("the assignee at that solve"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.RATIO,
    interval=Interval.WILSON,
    min_n=10,
    borrows={"solved": _sold},
    needs=frozenset({Input.TICKETS, Input.HISTORY, Input.SALES}),
    parameters=(WINDOW,),
)

_CALLED = message("the start of the call, once the time for sales is over")
_DIALLED = message("the agent who dialled")

INDICATORS = (
    _COST,
    replace(
        _COST,
        key=_EACH,
        catalogue="cost_per_contact",
        name=message("Cost per interaction"),
        formula=message(
            "costs told divided by interactions: tickets created, and calls taken that no ticket writes down"
        ),
        better=Better.LOWER,
        reduction=Reduction.MONEY_EACH,
        observed=partial(_cost, _EACH, 0),
        borrows={"created": _interaction, "calls_handled": _interaction},
        needs=frozenset({Input.TICKETS, Input.COSTS}),
        feeds=frozenset({Input.CALLS}),
    ),
    replace(
        _COST,
        key=_REVENUE,
        catalogue="revenue_share",
        name=message("Attributed revenue"),
        formula=message("amounts of the sales that came of support, times the share that care answers for"),
        stamp=message("the sale"),
        credit=message("the agent whom the file names"),
        better=Better.HIGHER,
        observed=_revenue,
        needs=frozenset({Input.SALES}),
        parameters=(_SHARE,),
    ),
    _TO_SALE,
    replace(
        _TO_SALE,
        key="sales_per_call",
        catalogue="conversion",
        name=message("Sales per call"),
        formula=message(
            "sales that came of calls divided by these calls: those dialled that were answered by a customer whom the "
            "file names"
        ),
        stamp=_CALLED,
        credit=_DIALLED,
        interval=Interval.NONE,
        borrows={"contact_rate": _sales_of},
        needs=frozenset({Input.SALES, Input.CALLS}),
        parameters=(CALL_WINDOW,),
    ),
    replace(
        _COST,
        key="revenue_per_call",
        catalogue="revenue_per_call",
        name=message("Revenue per call"),
        formula=message(
            "amounts of the sales that came of calls divided by these calls: those dialled that were answered by a "
            "customer whom the file names"
        ),
        stamp=_CALLED,
        credit=_DIALLED,
        better=Better.HIGHER,
        reduction=Reduction.MONEY_EACH,
        observed=None,
        borrows={"contact_rate": _revenue_of},
        needs=frozenset({Input.SALES, Input.CALLS}),
        parameters=(CALL_WINDOW,),
    ),
)
