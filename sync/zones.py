"""A team's own time zone: its scorecard's periods begin and end there; whatever is rolled up keeps the report zone."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from kpi_engine.periods import Period, period_named
from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Rulebook
from sync.figures import Figures, reduced, reduced_in
from sync.sources import Asked

Told = TypeVar("Told")


def zones_of(rules: Rulebook, period: Period) -> dict[str, str]:
    """Return, by a team's key, the zone that it has at the end of a period, where that is not the period's own."""
    at = period.end - 1
    told = {team: rules.place(None, team, at).timezone for team in rules.organization.at(at).teams}
    return {team: zone for team, zone in told.items() if zone is not None and zone != period.zone}


def own_period(period: Period, zone: str | None) -> Period:
    """Return the period of the same name in a zone, the period itself where none is given."""
    return period if zone is None else period_named(period.label, zone)


def widest(rules: Rulebook, period: Period) -> Period:
    """Return the period made as long as to hold that of every team, each in its own zone."""
    everywhere = [period, *(own_period(period, zone) for zone in set(zones_of(rules, period).values()))]
    return replace(period, start=min(each.start for each in everywhere), end=max(each.end for each in everywhere))


def asked_zones(asked: Asked) -> dict[str, str]:
    """Return the same as `zones_of` for whatever figures are asked of, teams by the keys they have there."""
    return {
        asked.whose(part.name, Scope.TEAM, team) or team: zone
        for part in asked.parts
        for team, zone in zones_of(part.window.rulebook, asked.window.period).items()
    }


def at_home(asked: Asked, scope: Scope, subject: str | None) -> Asked:
    """Return what a subject's own figures are asked of: a team's of its period in its own zone."""
    zone = asked_zones(asked).get(subject or "") if scope is Scope.TEAM else None
    return asked if zone is None else asked.of(own_period(asked.window.period, zone))


def homes(asked: Asked, scope: Scope, subjects: Iterable[str | None]) -> Iterator[tuple[Asked, list[str | None]]]:
    """Yield what the subjects' own figures are asked of, with those who share it."""
    zones = asked_zones(asked) if scope is Scope.TEAM else {}
    shared: dict[str | None, list[str | None]] = {}
    for subject in subjects:
        shared.setdefault(zones.get(subject or ""), []).append(subject)
    for zone, those in shared.items():
        yield asked if zone is None else asked.of(own_period(asked.window.period, zone)), those


def scorecards(asked: Asked, scope: Scope) -> Figures:
    """Return everybody's own scorecards: those of teams with a zone of their own over its period."""
    return in_own_zones(asked, reduced(asked, scope))


def in_own_zones(
    asked: Asked, found: Figures, keep: Collection[str] = (), only: Collection[str] | None = None
) -> Figures:
    """Return figures with those of teams that have a zone of their own made anew over its period."""
    scope = found.question.scope
    by_zone: dict[str, set[str]] = {}
    for team, zone in asked_zones(asked).items() if scope is Scope.TEAM else ():
        by_zone.setdefault(zone, set()).add(team)
    for zone, teams in by_zone.items():
        there = asked.of(own_period(asked.window.period, zone))
        found = _replaced(found, reduced_in(there, (scope,), keep, only)[scope], teams)
    return found


def _replaced(found: Figures, there: Figures, teams: Collection[str]) -> Figures:
    return replace(
        found,
        scorecards=_merged(found.scorecards, there.scorecards, teams),
        lines=_merged(found.lines, there.lines, teams),
    )


def _merged(
    found: Mapping[str | None, Told], there: Mapping[str | None, Told], teams: Collection[str]
) -> dict[str | None, Told]:
    others = {subject: each for subject, each in found.items() if subject not in teams}
    return others | {subject: each for subject, each in there.items() if subject in teams}
