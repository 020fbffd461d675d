"""Our figures of a ticket beside the platform's own, each difference with its cause.

A cause is not guessed: the ticket is measured again under one changed assumption at a time, and the assumption under
which both figures agree is the cause.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from kpi_engine.course import Course, Station
from kpi_engine.differences import completed
from kpi_engine.history import History
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Unit
from kpi_engine.measure import measure
from kpi_engine.measurement import Certainty, CreditLine, Measurement
from kpi_engine.records import MetricSet
from kpi_engine.rulebook import Rulebook, Status, Timeline
from kpi_engine.telling import told

_TOLERANCE = 60
"""Seconds: the platform tells whole minutes, and not how it rounds them."""


_STATIONS: Mapping[str, Callable[[Course], Sequence[Station]]] = {
    "assignee_stations": lambda course: course.stations,
    "group_stations": lambda course: course.group_stations,
}
"""What the platform counts over a ticket's whole life."""


class Cause(StrEnum):
    """Why two figures of a ticket differ; AGREES: they do not."""

    AGREES = "agrees"
    EXCLUDED = "excluded"  # the ticket counts nowhere here
    OLDER_THERE = "older_there"  # their figure was taken before what ours rests on
    NEWER_THERE = "newer_there"  # their figure was taken after our data ends
    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"  # `detail` is the reason for which ours leaves the ticket out
    CALENDAR_SWITCH = "calendar_switch"  # the calendar changed on the way; they measure by the last one
    MACHINES = "machines"  # who counts as a machine
    STATUS_MEANINGS = "status_meanings"  # what the account's statuses mean
    AFTER_SOLVE = "after_solve"  # they count the whole life, we count up to the solve that stands
    ASSUMED_CALENDAR = "assumed_calendar"  # nothing told us which calendar the ticket follows
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One of the platform's figures of one ticket beside ours: seconds for times, else counts."""

    ticket_id: str
    metric: str
    indicator: str
    ours: int | None
    theirs: int | None
    cause: Cause
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Compares tickets under a rulebook; `metrics` maps the platform's names to our indicators."""

    rulebook: Rulebook
    as_of: int
    metrics: Mapping[str, str]
    variations: tuple[tuple[Cause, Rulebook], ...]

    def comparisons(self, history: History, theirs: MetricSet) -> Iterator[Comparison]:
        """Yield each figure that the platform or we have for the ticket, compared."""
        measurement = measure(history, self.rulebook, self.as_of)
        varied = cache(lambda number: measure(history, self.variations[number][1], self.as_of))
        course = cache(lambda: self._course(history))
        for metric, indicator in self.metrics.items():
            count = _STATIONS.get(indicator)
            altogether = len(count(course())) if count is not None and measurement.excluded is None else None
            ours, platforms = _ours(measurement, indicator), _theirs(theirs, metric, indicator)
            pair = _Pair(metric, indicator, ours, platforms, altogether)
            if pair.ours is not None or pair.theirs is not None:
                cause, detail = next(self._causes(pair, theirs, measurement, varied))
                yield Comparison(history.ticket_id, metric, indicator, pair.ours, pair.theirs, cause, detail)

    def _course(self, history: History) -> Course:
        return Course(told(completed(history), self.rulebook, self.as_of), self.rulebook)

    def _causes(
        self, pair: "_Pair", theirs: MetricSet, measurement: Measurement, varied: Callable[[int], Measurement]
    ) -> Iterator[tuple[Cause, str | None]]:
        """Yield what could be the cause, the surest first: only the first one counts."""
        found = [line for line in measurement.lines if line.indicator == pair.indicator]
        if pair.agrees(pair.ours):
            yield Cause.AGREES, None
        if measurement.excluded is not None:
            yield Cause.EXCLUDED, measurement.excluded.code
        if theirs.version > self.as_of:
            yield Cause.NEWER_THERE, None
        if any(line.at > theirs.version for line in found):
            yield Cause.OLDER_THERE, None
        for number, (cause, _) in enumerate(self.variations):
            if pair.agrees(_ours(varied(number), pair.indicator)):
                yield cause, None
        if pair.agrees(pair.altogether) and pair.altogether is not None:
            yield Cause.AFTER_SOLVE, None
        yield from _last_causes(pair, measurement, found)


def _last_causes(
    pair: "_Pair", measurement: Measurement, found: Sequence[CreditLine]
) -> Iterator[tuple[Cause, str | None]]:
    """Yield what could be the cause where nothing that can be tried is."""
    if pair.theirs is None:
        yield Cause.MISSING_THERE, None
    if pair.ours is None:
        yield Cause.MISSING_HERE, _omitted(measurement, pair.indicator)
    if any(line.certainty is not Certainty.EXACT for line in found):
        yield Cause.ASSUMED_CALENDAR, None
    yield Cause.UNEXPLAINED, None


@dataclass(frozen=True, slots=True)
class _Pair:
    metric: str
    indicator: str
    ours: int | None
    theirs: int | None
    altogether: int | None  # what we count after the last solve, too: where they do

    def agrees(self, ours: int | None) -> bool:
        if ours is None or self.theirs is None:
            return ours is self.theirs
        return abs(ours - self.theirs) <= (_TOLERANCE if _is_time(self.indicator) else 0)


def reconciler(rulebook: Rulebook, as_of: int, metrics: Mapping[str, str], statuses: Mapping[str, str]) -> Reconciler:
    """Return what compares tickets as of an instant; `statuses` is the platform's own map of its statuses."""
    known = {metric: indicator for metric, indicator in metrics.items() if indicator in INDICATORS}
    variations: tuple[tuple[Cause, Callable[[], Rulebook]], ...] = (
        (Cause.CALENDAR_SWITCH, lambda: _by_the_closing_calendar(rulebook, known)),
        (Cause.MACHINES, lambda: _without_machines(rulebook)),
        (Cause.STATUS_MEANINGS, lambda: _with_statuses(rulebook, statuses)),
    )
    return Reconciler(rulebook, as_of, known, tuple((cause, varied()) for cause, varied in variations))


def _by_the_closing_calendar(rulebook: Rulebook, metrics: Mapping[str, str]) -> Rulebook:
    chosen = {indicator: {"calendar_switch": "closing_event"} for indicator in metrics.values()}
    changed = tuple(
        {**parameters, **{key: {**parameters.get(key, {}), **choice} for key, choice in chosen.items()}}
        for parameters in rulebook.parameters.values
    )
    return replace(rulebook, parameters=replace(rulebook.parameters, values=changed))


def _without_machines(rulebook: Rulebook) -> Rulebook:
    people = {
        key: replace(line, values=tuple(replace(person, bot=False) for person in line.values))
        for key, line in rulebook.agents.items()
    }
    meanings = tuple(replace(meaning, bots=frozenset()) for meaning in rulebook.meanings.values)
    return replace(rulebook, agents=people, meanings=replace(rulebook.meanings, values=meanings))


def _with_statuses(rulebook: Rulebook, statuses: Mapping[str, str]) -> Rulebook:
    plain = {word: Status(meaning) for word, meaning in statuses.items()}
    line = rulebook.meanings
    meanings = tuple(replace(meaning, statuses=plain, custom_statuses={}) for meaning in line.values)
    return replace(rulebook, meanings=Timeline(meanings, line.digests, line.starts))


def _is_time(indicator: str) -> bool:
    return INDICATORS[indicator].unit is Unit.SECONDS


def _ours(measurement: Measurement, indicator: str) -> int | None:
    """Return our figure of the ticket: the sum of its lines; without any, a count is 0 and a time nothing."""
    found = [line.numerator for line in measurement.lines if line.indicator == indicator]
    if found:
        return sum(found)
    return None if _is_time(indicator) or measurement.excluded is not None else 0


def _theirs(metrics: MetricSet, metric: str, indicator: str) -> int | None:
    if not _is_time(indicator):
        return metrics.counts.get(metric)
    minutes = metrics.minutes.get(metric)
    return None if minutes is None else minutes * 60


def _omitted(measurement: Measurement, indicator: str) -> str | None:
    return next((each.reason for each in measurement.omissions if each.indicator == indicator), None)
