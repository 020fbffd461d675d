"""Settled periods: when a period's figures are frozen, what they are then made of, and what corrects them."""

import itertools
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from kpi_engine.indicators import INDICATORS
from kpi_engine.measurement import Holding, Measurement
from kpi_engine.observe import OBSERVED
from kpi_engine.periods import Period
from sync.account import Account
from sync.store.observations import INPUTS
from sync.store.settled import Correction, KeptReading

LOOK_AHEAD = "window"
"""The name of the parameters that say for how long after its instant a line may still change by itself."""

_SETTLED_THROUGH = "settled_through"
_CAUGHT_UP = 86_400
Atom = TypeVar("Atom", bound=Hashable)


class PeriodState(StrEnum):
    """How final a period's figures are."""

    PROVISIONAL = "provisional"
    SETTLED = "settled"
    CORRECTED = "corrected"


def state_of(account: Account, period: Period, as_of: int) -> PeriodState:
    """Return how final a period's figures are, asked of the data complete to `as_of`."""
    if period.end > min(settled_through(account), as_of):
        return PeriodState.PROVISIONAL
    corrected = any(each.concerns(period.start, period.end) for each in corrections(account))
    return PeriodState.CORRECTED if corrected else PeriodState.SETTLED


def looks(account: Account, period: Period, state: PeriodState) -> str:
    """Return a text that changes whenever a figure of the period may have: it costs far less than the figures."""
    if state is PeriodState.PROVISIONAL:
        readings = account.store.readings.stamp(account.name, period.start, period.end)
        told = account.store.observations.stamp((account.name, INPUTS))
        return f"{state}:{account.store.editions.last(account.name)}:{readings}:{told}"
    numbers = [each.number for each in corrections(account) if each.concerns(period.start, period.end)]
    return f"{state}:{max(numbers, default=0)}"


def corrections(account: Account, after: int = 0) -> list[Correction]:
    """Return the corrections numbered above `after`, in the order they were made."""
    return account.store.settled.corrections(account.name, after)


def settled_through(account: Account) -> int:
    """Return the instant before which everything is frozen: a period that ends by then is settled; 0: nothing is."""
    return account.store.switches.number(account.name, _SETTLED_THROUGH) or 0


def settles_after(account: Account) -> int:
    """Return the seconds from a period's end until it is settled: the longest window in force, and the appeal."""
    return longest_window(account) + account.settings.appeal


def longest_window(account: Account) -> int:
    """Return the seconds after which no line changes by itself any more.

    What waits for observations of a kind that nobody ever brought in, for sales after a solve, keeps nobody waiting.
    """
    configured = account.settings.parameters
    absent = OBSERVED - account.store.observations.kinds((account.name, INPUTS), OBSERVED)
    windows = (
        configured.get(indicator.key, {}).get(parameter.name, parameter.default)
        for indicator in INDICATORS.values()
        if not absent.intersection(map(str, indicator.needs))
        for parameter in indicator.parameters
        if parameter.duration and parameter.name == LOOK_AHEAD
    )
    return max(map(int, windows), default=0)


def settle_periods(account: Account, as_of: int) -> None:
    """Freeze what is old enough, once everything is measured; what was frozen once stays so.

    Data that has not caught up with the helpdesk freezes nothing: an export tells of a ticket's early life only where
    its last change stands.
    """
    through = as_of - settles_after(account)
    if account.now() - as_of <= _CAUGHT_UP and through > settled_through(account):
        account.store.switches.set(account.name, _SETTLED_THROUGH, through)
        account.store.observations.settle(account.name, through)


@dataclass(frozen=True, slots=True)
class Freeze:
    """What may not change any more: everything before `through`, but for [start, end), which a correction opens."""

    through: int = 0
    start: int = 0
    end: int = 0

    def binds(self, instant: int) -> bool:
        """Tell whether what is said about `instant` must stay as it is."""
        return instant < self.through and not self.start <= instant < self.end


def late_changes(before: Mapping[str, Measurement], now: Iterable[Measurement], through: int) -> Iterator[KeptReading]:
    """Yield the readings to be kept aside: those whose answers about the time before `through` change.

    A ticket that was not measured before is kept as one that said nothing.
    """
    for new in now:
        blank = Measurement(ticket_id=new.ticket_id, account=new.account, as_of=new.as_of, edition="")
        old = before.get(new.ticket_id, blank)
        instants = _differences(clipped(old, 0, through), clipped(new, 0, through))
        if instants:
            yield KeptReading(measurement=old, through=through, differs_from=min(instants), differs_to=max(instants))


def clipped(measurement: Measurement, start: int, end: int) -> Measurement:
    """Return what a measurement says about [start, end)."""
    why = measurement.excluded
    return replace(
        measurement,
        lines=tuple(line for line in measurement.lines if start <= line.at < end),
        omissions=tuple(each for each in measurement.omissions if start <= each.at < end),
        signs=tuple(each for each in measurement.signs if start <= each.at < end),
        holdings=tuple(_held_within(measurement.holdings, start, end)),
        excluded=why if why is not None and start <= why.at < end else None,
    )


def _held_within(holdings: Iterable[Holding], start: int, end: int) -> Iterator[Holding]:
    for holding in holdings:
        first, last = max(holding.start, start), end if holding.end is None else min(holding.end, end)
        if first < last:
            yield replace(holding, start=first, end=last)


def _differences(old: Measurement, new: Measurement) -> list[int]:
    """Return the instants about which the two say different things."""
    instants = [line.at for line in _unshared(old.lines, new.lines)]
    instants += [omission.at for omission in _unshared(old.omissions, new.omissions)]
    for held in _unshared(old.holdings, new.holdings):
        instants += [held.start, (held.end or held.start + 1) - 1]
    reasons = [{(why.code, why.at)} if why is not None else set() for why in (old.excluded, new.excluded)]
    return instants + [at for _, at in reasons[0] ^ reasons[1]]


def _unshared(old: Iterable[Atom], new: Iterable[Atom]) -> Iterator[Atom]:
    before, now = Counter(old), Counter(new)
    return ((before - now) + (now - before)).elements()


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a period that one correction, or none, covers: made of readings kept after `last_kept`."""

    start: int
    end: int
    last_kept: int


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the figures of one period are made of: for a settled one, readings kept from before late changes."""

    account: Account
    segments: Sequence[Segment]
    kept: Mapping[str, Sequence[KeptReading]]

    def over(self, found: Iterable[Measurement]) -> Iterator[Measurement]:
        """Yield the measurements found, each with what was kept in its place, and those kept that were not found.

        A ticket may come more than once, each time with what it says about another part of the period.
        """
        seen = set()
        for measurement in found:
            if measurement.ticket_id in self.kept:
                seen.add(measurement.ticket_id)
                yield from self._as_settled(measurement)
            else:
                yield measurement
        for measurement in self.account.store.readings.of(self.account.name, sorted(self.kept.keys() - seen)):
            yield from self._as_settled(measurement)

    def _as_settled(self, current: Measurement) -> Iterator[Measurement]:
        for segment in self.segments:
            chosen = next(self._kept_for(current.ticket_id, segment), current)
            # What was held before the period says by which calendars a ticket aged until then.
            held_from = 0 if segment is self.segments[0] else segment.start
            holdings = tuple(_held_within(chosen.holdings, held_from, segment.end))
            yield replace(clipped(chosen, segment.start, segment.end), holdings=holdings)

    def _kept_for(self, ticket_id: str, segment: Segment) -> Iterator[Measurement]:
        for each in self.kept[ticket_id]:
            overlaps = each.differs_from < segment.end and segment.start <= each.differs_to
            if each.number > segment.last_kept and overlaps:
                yield each.measurement


def frozen(account: Account, period: Period, as_of: int) -> Frozen:
    """Return what the figures of a period are made of; of one that is not settled, the newest readings."""
    if state_of(account, period, as_of) is PeriodState.PROVISIONAL:
        return Frozen(account, (), {})
    kept: dict[str, list[KeptReading]] = {}
    for each in account.store.settled.within(account.name, period.start, period.end):
        kept.setdefault(each.measurement.ticket_id, []).append(each)
    return Frozen(account, _segments(period, corrections(account)), kept)


def _segments(period: Period, made: Iterable[Correction]) -> list[Segment]:
    here = [each for each in made if each.concerns(period.start, period.end)]
    turns = {period.start, period.end}
    turns |= {turn for each in here for turn in (each.start, each.end) if period.start < turn < period.end}
    ordered = sorted(turns)
    return [
        Segment(start, end, max((each.last_kept for each in here if each.concerns(start, end)), default=0))
        for start, end in itertools.pairwise(ordered)
    ]
