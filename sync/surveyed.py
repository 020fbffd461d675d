"""What stands beside every figure of a survey: how many were asked, who answered, and what that leaves open."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from kpi_engine.measurement import Measurement
from kpi_engine.reduce import Scope
from kpi_engine.response_bias import ELIGIBLE, VERDICT, Case, Kind, Responses, Unheard, cases, responses, unheard
from sync.joined import Joined, joined
from sync.sources import Asked, Source, source

AGENT, HOUR, LANGUAGE = "agent", "hour", "language"
DIMENSIONS: Final = ("channel", AGENT, HOUR, LANGUAGE, "priority", "segment")
"""By what it is told where surveys go unsent or unanswered."""

_WIDTH: Final = 3  # hours of the day that are taken together: one alone has too few tickets


def wide(asked: Asked) -> Asked:
    """Return the same source with just what surveys need, whatever was asked for."""
    keys = (ELIGIBLE, VERDICT)
    if isinstance(asked, Joined):
        accounts = [part.account for part in asked.sources]
        return joined(accounts, asked.window.period, asked.window.as_of, keys)
    return source(asked.account, asked.window.period, asked.window.as_of, keys)


def surveyed(asked: Asked) -> list[Case]:
    """Return the tickets solved in the period with whether their customers were asked, and what they said until now.

    Nothing where the account tells of no ratings. Agents are called as the source calls them.
    """
    asked = wide(asked)
    if ELIGIBLE in asked.missing:
        return []
    return [
        case
        for part in asked.parts
        for measurement in part.measurements()
        if asked.tells(part, measurement)
        for case in _own(asked, part, measurement)
    ]


def _own(asked: Asked, part: Source, measurement: Measurement) -> Iterator[Case]:
    for case in cases(measurement, asked.window):
        stamp = case.line.stamp
        agent, team = (asked.whose(part.name, scope, getattr(stamp, scope)) for scope in (Scope.AGENT, Scope.TEAM))
        line = replace(case.line, stamp=stamp._replace(agent=agent, team=team))
        yield replace(case, line=line)


def kinds(asked: Asked, found: Sequence[Case]) -> dict[str, Kind]:
    """Return how a case's kind is told in each dimension; the language only where `fields.language` tells it."""
    told: dict[str, Kind] = {name: attrgetter(f"line.{name}") for name in DIMENSIONS if name not in (HOUR, LANGUAGE)}
    told[HOUR] = partial(_hour, ZoneInfo(asked.window.period.zone))
    languages = _languages(asked, found)
    if languages:
        told[LANGUAGE] = partial(_language, languages)
    return {name: told[name] for name in DIMENSIONS if name in told}


def _hour(zone: ZoneInfo, case: Case) -> str:
    """Return the part of the day a ticket was solved in, such as 09–12, by the report's clock."""
    hour = datetime.fromtimestamp(case.line.at, UTC).astimezone(zone).hour // _WIDTH * _WIDTH
    return f"{hour:02}–{hour + _WIDTH:02}"


def _language(languages: Mapping[tuple[str, str], str], case: Case) -> str | None:
    return languages.get((case.line.account, case.line.ticket_id or ""))


def _languages(asked: Asked, found: Iterable[Case]) -> dict[tuple[str, str], str]:
    ids: dict[str, set[str]] = {}
    for case in found:
        ids.setdefault(case.line.account, set()).add(case.line.ticket_id or "")
    languages: dict[tuple[str, str], str] = {}
    for part in asked.parts:
        meanings = part.window.rulebook.meanings.at(asked.window.end - 1)
        if LANGUAGE in meanings.fields:
            newest = part.account.store.records.snapshots(part.name, ids.get(part.name, ()))
            read = {key: meanings.read(LANGUAGE, each.fields, each.tags) for key, each in newest.items()}
            languages |= {(part.name, key): str(word) for key, word in read.items() if word is not None}
    return languages


def beside_surveys(
    asked: Asked, scope: Scope, found: Sequence[Case], subjects: Iterable[str | None]
) -> dict[str | None, Responses]:
    """Return what stands beside the survey figures of each of these subjects who has a case."""
    told = [kind for name, kind in kinds(asked, found).items() if name != AGENT or scope is not Scope.AGENT]
    of_subject: dict[str | None, list[Case]] = {}
    for case in found:
        of_subject.setdefault(asked.subject(case.line, scope), []).append(case)
    return {each: responses(of_subject[each], told) for each in subjects if each in of_subject}


def silences(asked: Asked, found: Sequence[Case]) -> dict[str, list[Unheard]]:
    """Return, by dimension, where surveys go unsent or unanswered; nobody's name whose figures may not be shown."""
    told = kinds(asked, found)
    return {name: _seen(asked, name, unheard(found, kind)) for name, kind in told.items()}


def _seen(asked: Asked, dimension: str, rows: Sequence[Unheard]) -> list[Unheard]:
    if dimension != AGENT or asked.sight is None:
        return list(rows)
    sight = asked.sight
    return [row for row in rows if sight.sees(asked, row.kind)]
