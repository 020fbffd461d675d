"""Why an indicator has nothing to say: the inputs that an account does not supply, or did not in a period."""

from collections.abc import Collection, Iterator, Sequence

from connectors.base import STREAM_NAMES, Stream
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Input, Unit
from kpi_engine.message import Message, message
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Window
from kpi_engine.rulebook import Meanings
from sync.account import Account
from sync.editions import rulebook
from sync.inputs.kinds import KINDS
from sync.observed import observed_kinds
from sync.pull import complete_through

_STREAM_OF = {Input.TICKETS: Stream.TICKETS, Input.HISTORY: Stream.HISTORY, Input.RATINGS: Stream.RATINGS}


def missing_inputs(account: Account, as_of: int | None = None) -> dict[str, Message]:
    """Return why an indicator cannot say anything: by indicator, an input that this account does not supply."""
    at = complete_through(account) if as_of is None else as_of
    day = period_at(PeriodKind.DAY, account.settings.timezone, at or 0)
    return lacking(account, Window(day, at or 0, rulebook(account)))


def lacking(account: Account, window: Window) -> dict[str, Message]:
    """Return the same of a period, under the rules that are given.

    A meaning that was mapped to nothing then says nothing then, not even that there was none.
    """
    absent = set(_absent(account, window))
    found = {
        key: _needed(min(wanting, key=list(Input).index), window)
        for key, indicator in INDICATORS.items()
        if (wanting := _wanting(indicator, absent))
    }
    if not account.connector.scales:
        untold = message("the helpdesk does not tell on which scale customers rate")
        rated = [each for each in INDICATORS.values() if Input.RATINGS in each.needs]
        scored = [each.key for each in rated if each.unit is Unit.POINTS]
        found = dict.fromkeys(scored, untold) | found
    return found


def mapped_within(window: Window, keys: Collection[str]) -> Iterator[Message]:
    """Yield which of some indicators tell of a part of the period only: since when a meaning is mapped, or until."""
    for needed in sorted(set(_mapped(window)) - _mapped_throughout(window)):
        told = [key for key in keys if f"fields.{needed}" in INDICATORS[key].needs]
        if told:
            yield message(
                "{indicators}: `{field}` was mapped in a part of {period} only, and nothing of the rest is counted; "
                "`helpdesk-kpi recompute --corrects {period}` has today's mapping act on all of it, once it is over",
                indicators=", ".join(told),
                field=f"fields.{needed}",
                period=window.period.label,
            )


def _wanting(indicator: Indicator, absent: Collection[Input]) -> Collection[Input]:
    """Return the inputs for want of which an indicator has nothing to say; what only feeds it may lack but for one."""
    if indicator.needs:
        return indicator.needs.intersection(absent)
    return indicator.feeds if indicator.feeds.issubset(absent) else ()


def _absent(account: Account, window: Window) -> Iterator[Input]:
    cursors, mapped = account.store.cursors.all(account.name), _mapped(window)
    seen = observed_kinds(account)
    for needed in Input:
        stream = _STREAM_OF.get(needed)
        # One system of ratings is as good as the other, and an account has only one at a time.
        supplied = {*cursors, *([Stream.RATINGS] if Stream.SURVEYS in cursors else [])}
        there = stream in supplied if stream is not None else needed.removeprefix("fields.") in mapped
        if not there and needed not in seen:
            yield needed


def _mapped(window: Window) -> set[str]:
    """Return the meanings that something was mapped to at some time of the period, as far as the data goes."""
    return {name for meanings in _meanings(window) for name in meanings.fields}


def _mapped_throughout(window: Window) -> set[str]:
    return set.intersection(*(set(meanings.fields) for meanings in _meanings(window)))


def _meanings(window: Window) -> Sequence[Meanings]:
    first = min(window.period.start, window.as_of)
    return window.rulebook.meanings.between(first, max(first, min(window.period.end - 1, window.as_of)))


def _needed(needed: Input, window: Window) -> Message:
    if needed in _STREAM_OF:
        return message("this account supplies no {input}", input=STREAM_NAMES[_STREAM_OF[needed]])
    if needed in KINDS:
        return message("{input}: none yet; `helpdesk-kpi import {kind}` brings them in", **_named(needed))
    if needed.removeprefix("fields.") in window.rulebook.meanings.at(window.as_of).fields:
        return message(
            "`{field}` was not mapped yet in {period}; `helpdesk-kpi recompute --corrects {period}` has it act there",
            field=needed.value,
            period=window.period.label,
        )
    return message("it needs `{field}` in the configuration: the field or tag that says so", field=needed.value)


def _named(needed: Input) -> dict[str, object]:
    return {"input": KINDS[needed].title, "kind": needed.value}
