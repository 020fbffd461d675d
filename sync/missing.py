"""Why an indicator has nothing to say: the inputs that an account does not supply."""

from collections.abc import Collection, Iterator

from connectors.base import STREAM_NAMES, Stream
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Indicator, Input, Unit
from kpi_engine.message import Message, message
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.editions import rulebook
from sync.inputs.kinds import KINDS
from sync.observed import observed_kinds
from sync.pull import complete_through

_STREAM_OF = {Input.TICKETS: Stream.TICKETS, Input.HISTORY: Stream.HISTORY, Input.RATINGS: Stream.RATINGS}


def missing_inputs(account: Account, as_of: int | None = None) -> dict[str, Message]:
    """Return why an indicator cannot say anything: by indicator, an input that this account does not supply."""
    at = complete_through(account) if as_of is None else as_of
    return lacking(account, rulebook(account), at or 0)


def lacking(account: Account, rules: Rulebook, as_of: int) -> dict[str, Message]:
    """Return the same under the rules that are given."""
    absent = set(_absent(account, rules, as_of))
    found = {
        key: _needed(min(wanting, key=list(Input).index))
        for key, indicator in INDICATORS.items()
        if (wanting := _wanting(indicator, absent))
    }
    if not account.connector.scales:
        untold = message("the helpdesk does not tell on which scale customers rate")
        rated = [each for each in INDICATORS.values() if Input.RATINGS in each.needs]
        scored = [each.key for each in rated if each.unit is Unit.POINTS]
        found = dict.fromkeys(scored, untold) | found
    return found


def _wanting(indicator: Indicator, absent: Collection[Input]) -> Collection[Input]:
    """Return the inputs for want of which an indicator has nothing to say; what only feeds it may lack but for one."""
    if indicator.needs:
        return indicator.needs.intersection(absent)
    return indicator.feeds if indicator.feeds.issubset(absent) else ()


def _absent(account: Account, rules: Rulebook, as_of: int) -> Iterator[Input]:
    cursors, mapped = account.store.cursors.all(account.name), rules.meanings.at(as_of).fields
    seen = observed_kinds(account)
    for needed in Input:
        stream = _STREAM_OF.get(needed)
        # One system of ratings is as good as the other, and an account has only one at a time.
        supplied = {*cursors, *([Stream.RATINGS] if Stream.SURVEYS in cursors else [])}
        there = stream in supplied if stream is not None else needed.removeprefix("fields.") in mapped
        if not there and needed not in seen:
            yield needed


def _needed(needed: Input) -> Message:
    if needed in _STREAM_OF:
        return message("this account supplies no {input}", input=STREAM_NAMES[_STREAM_OF[needed]])
    if needed in KINDS:
        return message("{input}: none yet; `helpdesk-kpi import {kind}` brings them in", **_named(needed))
    return message("it needs `{field}` in the configuration: the field or tag that says so", field=needed.value)


def _named(needed: Input) -> dict[str, object]:
    return {"input": KINDS[needed].title, "kind": needed.value}
