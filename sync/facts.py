"""What the books say of tickets and customers beside: who bought, who is core, who sent others, who praised."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.books import CALL_WINDOW, WINDOW
from kpi_engine.indicators.calls import handled_seconds
from kpi_engine.indicators.customers import is_customer
from kpi_engine.indicators.indicator import CENTS, NO_FACTS, Bought, Engaged, Facts, Input, Parameter
from kpi_engine.indicators.reviews import REVIEW_WINDOW
from kpi_engine.records import Observation
from kpi_engine.reduce import Window
from kpi_engine.seen import Seen
from sync.account import Account
from sync.observed import observed_kinds, rows_within
from sync.settling import frozen

_BOOKS = frozenset(map(str, (Input.SALES, Input.CUSTOMERS, Input.COMPLIMENTS, Input.QA_REVIEWS)))
_PER_CALL = "sales_per_call"
_OF_CALLS = frozenset({_PER_CALL, "revenue_per_call"})
_COVERAGE = "review_coverage"
_REVIEWED_BEFORE = 90 * 86_400
"""A ticket that is solved again may have been reviewed after its first solve, so long before the period."""

_PRAISED = "positive_feedback"
_KEY = "support_to_sale_rate"
_WAITING = "customers_waiting"


def facts_of(account: Account, window: Window, asked: Collection[str]) -> Facts:
    """Return what files say beside tickets about a window, as far as some indicator asked for borrows lines."""
    borrowing = [INDICATORS[key] for key in asked if INDICATORS[key].borrows]
    needed = {str(kind) for each in borrowing for kind in each.needs | each.feeds} & _BOOKS
    needed |= {str(Input.CALLS)} if {_WAITING, *_OF_CALLS} & set(asked) else set()
    kinds = needed & observed_kinds(account) if needed else set()
    if not kinds:
        return NO_FACTS
    within = _window(window, _KEY, WINDOW)
    later = max(within, _called_within(window))
    sales = [row for row, _ in rows_within(account, window, kinds & {Input.SALES}, later)]
    referrals = [row for row in sales if row.at < window.period.end and "referrer_ref" in row.values]
    return Facts(
        sold=frozenset(_sold(account, sales, within)),
        core=frozenset(_core(account, window, kinds & {Input.CUSTOMERS})),
        referrers=frozenset(str(row.values["referrer_ref"]) for row in referrals),
        praises=frozenset(_praises(account, window, kinds & {Input.COMPLIMENTS})),
        engaged=_engaged(account, window, kinds & {Input.CALLS}),
        window=within,
        as_of=window.as_of,
        reviewed=frozenset(_reviewed(account, window, kinds & {Input.QA_REVIEWS})),
        bought=_bought(account, window, sales, kinds & {Input.CALLS} if Input.SALES in kinds else set()),
        call_window=_called_within(window),
    )


def _called_within(window: Window) -> int:
    return _window(window, _PER_CALL, CALL_WINDOW)


def _window(window: Window, key: str, parameter: Parameter) -> int:
    configured = window.rulebook.parameters.at(window.as_of).get(key, {})
    return int(str(configured.get(parameter.name, parameter.default)))


def _rows(account: Account, window: Window, kinds: Collection[str]) -> list[Observation]:
    return [row for row, _ in rows_within(account, window, kinds)] if kinds else []


def _core(account: Account, window: Window, kinds: Collection[str]) -> Iterator[str]:
    for row in _rows(account, window, kinds):
        seen = Seen((row,), None, window.rulebook, window.as_of, window.period)
        if row.customer_id is not None and seen.truth("is_core") and is_customer(seen, window.end - 1):
            yield row.customer_id


def _praises(account: Account, window: Window, kinds: Collection[str]) -> Iterator[str]:
    """Yield the compliments that are no second praise of one ticket: its first, where it was not rated good."""
    rows = sorted(_rows(account, window, kinds), key=lambda row: (row.at, row.observation_id))
    rows = [row for row in rows if window.has(row.at)]
    praised = set(_rated_good(account, window, {row.ticket_id for row in rows if row.ticket_id is not None}))
    for row in rows:
        if row.ticket_id is None or row.ticket_id not in praised:
            yield row.observation_id
            praised.add(row.ticket_id or "")


def _rated_good(account: Account, window: Window, tickets: Collection[str]) -> Iterator[str]:
    readings = account.store.readings.of(account.name, tickets)
    for measured in frozen(account, window.period, window.as_of).over(readings):
        if any(each.indicator == _PRAISED and window.has(each.at) for each in measured.lines):
            yield measured.ticket_id


def _engaged(account: Account, window: Window, kinds: Collection[str]) -> dict[str, Engaged]:
    """Return for each agent the customer who took most of his time on the telephone in the window, and when."""
    seconds: dict[str, Counter[str]] = {}
    stretches: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row in _rows(account, window, kinds):
        seen = Seen((row,), None, window.rulebook, window.as_of, window.period)
        taken = handled_seconds(seen)
        told = window.has(row.at) and row.values["outcome"] == "answered"
        if told and taken and row.agent is not None and row.customer_id is not None:
            seconds.setdefault(row.agent, Counter())[row.customer_id] += taken
            start = row.at + (seen.number("wait_s") or 0) + (seen.number("ring_s") or 0)
            stretches.setdefault((row.agent, row.customer_id), []).append((start, start + taken))
    most = {agent: max(found.items(), key=lambda each: (each[1], each[0]))[0] for agent, found in seconds.items()}
    return {agent: Engaged(customer, sorted(stretches[agent, customer])) for agent, customer in most.items()}


def _reviewed(account: Account, window: Window, kinds: Collection[str]) -> Iterator[str]:
    """Yield the tickets of which somebody reviewed the quality."""
    after = _window(window, _COVERAGE, REVIEW_WINDOW)
    before = replace(window, period=replace(window.period, start=window.period.start - _REVIEWED_BEFORE))
    for row, _ in rows_within(account, before, kinds, after) if kinds else ():
        if row.ticket_id is not None:
            yield row.ticket_id


def _bought(
    account: Account, window: Window, sales: Sequence[Observation], kinds: Collection[str]
) -> dict[str, Bought]:
    """Return what came of each call that reached a known customer: each sale is of the last one before it in time."""
    within = _called_within(window)
    earlier = replace(window, period=replace(window.period, start=window.period.start - within))
    calls = [row for row, _ in rows_within(account, earlier, kinds, within) if _reached(row)] if kinds else []
    found: dict[str, list[Observation]] = {call.observation_id: [] for call in calls}
    of_customer: dict[str | None, list[Observation]] = {}
    for call in calls:
        of_customer.setdefault(call.customer_id, []).append(call)
    for sale in sales:
        fitting = [call for call in of_customer.get(sale.customer_id, ()) if _may_have_sold(call, sale, within)]
        if fitting:
            found[fitting[-1].observation_id].append(sale)
    return {call: _summed(several) for call, several in found.items()}


def _reached(call: Observation) -> bool:
    told = call.values.get("direction"), call.values["outcome"]
    return told == ("outbound", "answered") and call.customer_id is not None


def _may_have_sold(call: Observation, sale: Observation, within: int) -> bool:
    return call.at <= sale.at <= call.at + within and sale.agent in (None, call.agent)


def _summed(sales: Sequence[Observation]) -> Bought:
    amounts = [(round(float(str(each.values["amount"])) * CENTS), str(each.values["currency"])) for each in sales]
    return Bought(len(sales), tuple(amounts))


def _sold(account: Account, sales: Sequence[Observation], within: int) -> Iterator[str]:
    """Yield the ticket of each sale: the one it names, else its customer's last one before it, within the window."""
    loose = [row for row in sales if row.ticket_id is None and row.customer_id is not None]
    yield from (row.ticket_id for row in sales if row.ticket_id is not None)
    contacts = account.store.contacts.of(account.name, {str(row.customer_id) for row in loose})
    for row in loose:
        found = _last_before(contacts, row)
        if found is not None and row.at - found[0] <= within:
            yield found[1]


def _last_before(contacts: Mapping[str, Sequence[tuple[int, str]]], sale: Observation) -> tuple[int, str] | None:
    tickets = contacts.get(str(sale.customer_id), ())
    place = bisect_right(tickets, sale.at, key=lambda each: each[0])
    return tickets[place - 1] if place else None
