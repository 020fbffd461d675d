"""Family I: customers who stay, who are served, satisfied and core, and who send others."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from kpi_engine.indicators.indicator import Better, Facts, Indicator, Input, Reduction, Seen, Unit
from kpi_engine.measurement import CreditLine, Stamp
from kpi_engine.message import message

_AT_START, _SERVED_BETWEEN, _AT_END = 1, 2, 4
_ALL = _AT_START | _SERVED_BETWEEN | _AT_END
_SERVED, _SATISFIED, _CORE, _REFERRED = 1, 2, 4, 8
_DAY = 86_400


def _stays(key: str, mask: int, seen: Seen) -> Iterator[CreditLine]:
    """Yield when the customer was one: at the start of the period, at its end, or both."""
    if seen.asked is None or seen.observation.customer_id is None:
        return
    last = min(seen.asked.end - 1, seen.as_of)
    bits = _AT_START * is_customer(seen, seen.asked.start) + _AT_END * is_customer(seen, last)
    if bits:
        stamp = seen.stamp(max(seen.asked.start, seen.observation.at))
        yield CreditLine(key, stamp, bits, mask, seen.observation.customer_id)


def is_customer(seen: Seen, at: int) -> bool:
    """Tell whether a row says that somebody was a customer at an instant; his last day counts whole."""
    zone = seen.asked.zone if seen.asked is not None else "UTC"
    left = seen.day("active_to", zone)
    return seen.observation.at <= at and (left is None or at < left + _DAY)


def _served(key: str, line: CreditLine, _facts: Facts) -> CreditLine | None:
    """Return a customer as one who was served: whoever held his ticket, that he stays is nobody's credit."""
    held = line.stamp
    nobody = Stamp(held.at, None, None, held.ticket_id, held.account, None, None, None, held.edition)
    return replace(line, indicator=key, stamp=nobody, numerator=_SERVED_BETWEEN, denominator=_ALL)


def _step(key: str, mask: int, line: CreditLine, facts: Facts) -> CreditLine | None:
    """Return a customer who was served, and what else is known of him, as steps of the funnel."""
    if line.part is None:
        return None
    bits = _SATISFIED if line.indicator == "positive_feedback" else _SERVED
    bits |= _CORE * (line.part in facts.core) | _REFERRED * (line.part in facts.referrers)
    return replace(line, indicator=key, numerator=bits, denominator=mask)


def _refers(line: CreditLine, facts: Facts) -> CreditLine | None:
    """Return a customer who was served as one of the core, and as one who sent others."""
    bits = 1 * (line.part in facts.core) | 2 * (line.part in facts.referrers)
    return replace(line, indicator="referral_rate", numerator=bits, denominator=3) if bits else None


_RETENTION = Indicator(
    key="retention",
    catalogue="retention",
    name=message("Customer retention"),
    formula=message(
        "customers at the start of the period who are still ones at its end, divided by those at its start"
    ),
    stamp=message("the period as a whole"),
    credit=message("nobody: a customer stays or goes for many reasons"),
    unit=Unit.SHARE,
    better=Better.HIGHER,
    reduction=Reduction.NESTED_RATIO,
    min_n=10,
    observed=partial(_stays, "retention", _AT_START | _AT_END),
    needs=frozenset({Input.CUSTOMERS}),
)

_SATISFIED_CUSTOMERS = replace(
    _RETENTION,
    key="funnel_satisfied",
    catalogue="funnel (satisfied)",
    name=message("Satisfied customers"),
    formula=message("different customers served who rated a ticket good"),
    stamp=message("the period as a whole"),
    credit=message("who held the customer's ticket; the assignee at rating time"),
    unit=Unit.CUSTOMERS,
    reduction=Reduction.NESTED,
    min_n=1,
    observed=None,
    needs=frozenset({Input.TICKETS, Input.HISTORY, Input.RATINGS}),
)

_WORDS: Final = (
    (
        "satisfied",
        _SATISFIED,
        frozenset[Input](),
        message("Satisfied customers"),
        message("Share of customers satisfied"),
    ),
    (
        "core",
        _CORE,
        frozenset({Input.CUSTOMERS}),
        message("Core customers"),
        message("Share of satisfied customers who are core"),
    ),
    (
        "referrers",
        _REFERRED,
        frozenset({Input.CUSTOMERS, Input.SALES}),
        message("Referring customers"),
        message("Share of core customers who refer others"),
    ),
)
_FORMULA = message(
    "different customers who came through each step up to this one: served in the period, rated a ticket good in it, a "
    "core customer at its end, sent somebody in it"
)
_STEP_FORMULA = message("of the customers who came through every step before, the share that came through this one too")


def _steps() -> Iterator[Indicator]:
    """Yield each step of the funnel: how many come through it, and what share of those before."""
    for word, last, more, name, share in _WORDS:
        for key, title, formula, reduction in (
            (f"funnel_{word}", name, _FORMULA, Reduction.NESTED),
            (f"funnel_{word}_rate", share, _STEP_FORMULA, Reduction.NESTED_RATIO),
        ):
            make: Callable[[CreditLine, Facts], CreditLine | None] = partial(_step, key, 2 * last - 1)
            yield replace(
                _SATISFIED_CUSTOMERS,
                key=key,
                catalogue=key.replace("_", " "),
                name=title,
                formula=formula,
                unit=Unit.CUSTOMERS if reduction is Reduction.NESTED else Unit.SHARE,
                reduction=reduction,
                borrows={"customers_served": make, "positive_feedback": make},
                needs=_SATISFIED_CUSTOMERS.needs | more,
            )


INDICATORS = (
    _RETENTION,
    replace(
        _RETENTION,
        key="churn",
        catalogue="churn",
        name=message("Customer churn"),
        formula=message(
            "customers at the start of the period who are none any more at its end, divided by those at its start"
        ),
        better=Better.LOWER,
        reduction=Reduction.NESTED_REST,
        observed=partial(_stays, "churn", _AT_START | _AT_END),
    ),
    replace(
        _RETENTION,
        key="retention_served",
        catalogue="retention (served)",
        name=message("Retention of customers served"),
        formula=message(
            "the same of those customers whose tickets were held in the period: what it differs by from all customers' "
            "retention is no proof of a cause"
        ),
        observed=partial(_stays, "retention_served", _ALL),
        borrows={"customers_served": partial(_served, "retention_served")},
        needs=frozenset({Input.TICKETS, Input.HISTORY, Input.CUSTOMERS}),
    ),
    replace(
        _RETENTION,
        key="retention_not_served",
        catalogue="retention (not served)",
        name=message("Retention of customers not served"),
        formula=message(
            "the same of those customers of whom no ticket was held in the period: the cohort beside those served, "
            "which may differ from them in more than that"
        ),
        reduction=Reduction.NESTED_BESIDE,
        observed=partial(_stays, "retention_not_served", _ALL),
        borrows={"customers_served": partial(_served, "retention_not_served")},
        needs=frozenset({Input.TICKETS, Input.HISTORY, Input.CUSTOMERS}),
    ),
    replace(
        _RETENTION,
        key="referral_rate",
        catalogue="referral",
        name=message("Referral rate"),
        formula=message("of the core customers served in the period, the share that sent somebody in it"),
        credit=message("who held the customer's ticket"),
        observed=None,
        borrows={"customers_served": _refers},
        needs=frozenset({Input.TICKETS, Input.HISTORY, Input.CUSTOMERS, Input.SALES}),
    ),
    *_steps(),
)
