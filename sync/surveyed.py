"""What stands beside every figure of a survey: how many were asked, who answered, and what that leaves open."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Input
from kpi_engine.measurement import Measurement
from kpi_engine.records import TicketSnapshot
from kpi_engine.reduce import Scope
from kpi_engine.response_bias import (
    RATINGS,
    SURVEYS,
    Case,
    Kind,
    Responses,
    Survey,
    Unheard,
    cases,
    of_one_series,
    responses,
    unheard,
)
from kpi_engine.rulebook import Meanings
from sync.joined import Joined, joined
from sync.sources import Asked, Source, source

AGENT, HOUR, LANGUAGE = "agent", "hour", "language"
DIMENSIONS: Final = ("channel", AGENT, HOUR, LANGUAGE, "priority", "segment")
"""By what it is told where surveys go unsent or unanswered."""

_WIDTH: Final = 3  # hours of the day that are taken together: one alone has too few tickets


_FIGURES: Final = {
    "csat": ("survey_satisfaction",),
    "nps": ("net_promoter", "promoter", "detractor"),
    "ces": ("customer_effort", "willingness"),
    "servqual": ("service_quality",),
}
"""How the keys of each survey's figures begin."""

Answers: TypeAlias = Mapping[Survey, Sequence[Case]]
"""Those who could have answered each survey, where the accounts tell of any."""


def figures_of(survey: Survey) -> set[str]:
    """Return the indicators that are figures of a survey: all that the same answers tell."""
    if survey is RATINGS:
        return {key for key, each in INDICATORS.items() if Input.RATINGS in each.needs}
    return {key for key in INDICATORS if key.startswith(_FIGURES[survey.name])}


def wide(asked: Asked) -> Asked:
    """Return the same source with just what surveys need, whatever was asked for."""
    keys = [key for each in SURVEYS for key in (each.asked, each.answered)]
    if isinstance(asked, Joined):
        accounts = [part.account for part in asked.sources]
        return joined(accounts, asked.window.period, asked.window.as_of, keys)
    return source(asked.account, asked.window.period, asked.window.as_of, keys)


def surveyed(asked: Asked, wanted: Collection[Survey] = SURVEYS) -> Answers:
    """Return whose answers could have been had in the period, with what they said until now, survey by survey.

    Of the helpdesk's survey these are the tickets solved in the period, of a file's the surveys sent in it. Agents are
    called as the source calls them; what a survey about a ticket says is of that ticket's kind.
    """
    asked, found = wide(asked), dict[Survey, list[Case]]()
    told = [each for each in wanted if each.asked not in asked.missing]
    for part in asked.parts if told else ():
        telling = (each for each in part.measurements() if asked.tells(part, each))
        for survey, case in chain.from_iterable(_own(asked, part, each, told) for each in telling):
            found.setdefault(survey, []).append(case)
    return {each: of_one_series(_of_tickets(asked, found[each])) for each in wanted if each in found}


def _own(asked: Asked, part: Source, measurement: Measurement, told: Iterable[Survey]) -> Iterator[tuple[Survey, Case]]:
    for survey in told:
        for case in cases(measurement, asked.window, survey):
            stamp = case.line.stamp
            agent, team = (asked.whose(part.name, scope, getattr(stamp, scope)) for scope in (Scope.AGENT, Scope.TEAM))
            line = replace(case.line, stamp=stamp._replace(agent=agent, team=team))
            yield survey, replace(case, line=line)


def _of_tickets(asked: Asked, found: Sequence[Case]) -> list[Case]:
    """Return the cases with the channel, the priority and the segment of the tickets they are about, as they stand."""
    loose = [each for each in found if each.line.ticket_id is not None and each.line.stamp.observation_id is not None]
    tickets = _tickets(asked, loose)
    return [_like(each, tickets.get((each.line.account, each.line.ticket_id or ""))) for each in found]


def _like(case: Case, ticket: "_Ticket | None") -> Case:
    if ticket is None or case.line.stamp.observation_id is None:
        return case
    stamp = case.line.stamp._replace(channel=ticket.channel, priority=ticket.priority, segment=ticket.word("segment"))
    return replace(case, line=replace(case.line, stamp=stamp))


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
    told = {key: ticket.word(LANGUAGE) for key, ticket in _tickets(asked, found).items()}
    return {key: word for key, word in told.items() if word is not None}


@dataclass(frozen=True, slots=True)
class _Ticket:
    """What a ticket is like by now, and what its fields and tags mean."""

    ticket: TicketSnapshot
    meanings: Meanings

    @property
    def channel(self) -> str | None:
        """By which channel it came."""
        return self.ticket.channel

    @property
    def priority(self) -> str | None:
        """How urgent it is."""
        return self.ticket.priority

    def word(self, meaning: str) -> str | None:
        """Return what it says of a meaning, None where nothing is mapped or filled in."""
        told = self.meanings.read(meaning, self.ticket.fields, self.ticket.tags)
        return None if told is None else str(told)


def _tickets(asked: Asked, found: Iterable[Case]) -> dict[tuple[str, str], _Ticket]:
    """Return the tickets of cases as they stand, by account and id."""
    ids: dict[str, set[str]] = {}
    for case in found:
        if case.line.ticket_id is not None:
            ids.setdefault(case.line.account, set()).add(case.line.ticket_id)
    return {
        (part.name, key): _Ticket(each, part.window.rulebook.meanings.at(asked.window.end - 1))
        for part in asked.parts
        for key, each in part.account.store.records.snapshots(part.name, ids.get(part.name, ())).items()
    }


def beside_survey(
    asked: Asked, scope: Scope, survey: Survey, found: Sequence[Case], *, unnamed: bool = False
) -> dict[str | None, Responses]:
    """Return what stands beside the figures of a survey, by whose they are; `unnamed`: telling no bias by agent."""
    apart = unnamed or scope is Scope.AGENT
    told = [kind for name, kind in kinds(asked, found).items() if name != AGENT or not apart]
    of_subject: dict[str | None, list[Case]] = {}
    for case in found:
        of_subject.setdefault(asked.subject(case.line, scope), []).append(case)
    return {each: responses(several, told, survey=survey) for each, several in of_subject.items()}


@dataclass(frozen=True, slots=True)
class Answered:
    """Who answered a survey whose figure is shown, and from how many answers on a figure of it is shown."""

    survey: Survey
    responses: Responses
    min_n: int


def surveys_of(keys: Collection[str]) -> list[Survey]:
    """Return the surveys of which some of these indicators are figures."""
    return [each for each in SURVEYS if figures_of(each).intersection(keys)]


def beside_figures(asked: Asked, scope: Scope, keys: Collection[str]) -> dict[str | None, list[Answered]]:
    """Return who answered each survey that these indicators are figures of, by whose answers; no agent's name."""
    wanted, found = surveys_of(keys), dict[str | None, list[Answered]]()
    for survey, several in (surveyed(asked, wanted) if wanted else {}).items():
        least = asked.question(scope).min_n.get(survey.answered, INDICATORS[survey.answered].min_n)
        for subject, each in beside_survey(asked, scope, survey, several, unnamed=True).items():
            found.setdefault(subject, []).append(Answered(survey, each, least))
    return found


def silences(asked: Asked, found: Sequence[Case]) -> dict[str, list[Unheard]]:
    """Return, by dimension, where surveys go unsent or unanswered; nobody's name whose figures may not be shown."""
    told = kinds(asked, found)
    return {name: _seen(asked, name, unheard(found, kind)) for name, kind in told.items()}


def _seen(asked: Asked, dimension: str, rows: Sequence[Unheard]) -> list[Unheard]:
    if dimension != AGENT or asked.sight is None:
        return list(rows)
    sight = asked.sight
    return [row for row in rows if sight.sees(asked, row.kind)]
