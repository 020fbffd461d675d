"""Scorecards of roles over a period: who has which role, and what is attained of what counts for it."""

from collections.abc import Iterable, Iterator, Mapping
from math import fsum
from typing import Final

from kpi_engine.message import Message, message
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Scope
from kpi_engine.role_cards import SEVERE, Grading, RoleCard, graded
from kpi_engine.rulebook import Kind, Rulebook
from sync.account import Account
from sync.figures import Figures
from sync.locale import Language
from sync.people import people
from sync.sources import Asked
from sync.targets import Judged, judged
from sync.wording import subject_name
from sync.zones import homes, scorecards

GRADED: Final = (Scope.AGENT, Scope.TEAM)
"""The scopes in which somebody has a role."""

_PLAIN: Final = Language("en")


def cards_in_force(account: Account, at: int) -> list[RoleCard]:
    """Return the scorecards in force at an instant: those of the newest edition that had begun by then."""
    editions = [each for each in account.store.editions.all(account.name) if each.kind == Kind.SCORECARDS]
    begun = [each for each in editions if each.valid_from is None or each.valid_from <= at]
    documents = begun[-1].body["scorecards"] if begun else {}
    return (
        [RoleCard.from_document(role, each) for role, each in documents.items()] if isinstance(documents, dict) else []
    )


def gradings(asked: Asked, figures: Figures, found: Iterable[Judged]) -> dict[str | None, Grading]:
    """Return what the scorecard of each subject's role comes to in the period, of everybody who has a role.

    The scorecards are those in force when the period began; the shares are those of the targets that judge.
    """
    scope = figures.question.scope
    cards = cards_in_force(asked.account, asked.window.period.start) if scope in GRADED else []
    if not cards:
        return {}
    attained = _attained(found)
    roles = {subject: role_of(asked, scope, subject, cards) for subject in figures.scorecards if subject is not None}
    return {
        subject: graded(card, attained.get(subject, {}), _severe(figures, subject))
        for subject, card in roles.items()
        if card is not None
    }


def no_card(asked: Asked) -> Message | None:
    """Return why nobody without a role has a scorecard in the period; None where none is configured at all."""
    account, period = asked.account, asked.window.period
    here = cards_in_force(account, period.start)
    if here:
        roles = ", ".join(sorted(each.role for each in here))
        return message("no role of those in force names the team: {roles}", roles=roles)
    editions = [each for each in account.store.editions.all(account.name) if each.kind == Kind.SCORECARDS]
    if not editions or not editions[-1].body["scorecards"]:
        return None
    began = period_at(PeriodKind.DAY, period.zone, editions[-1].valid_from or 0).label
    return message("scorecards were configured on {day}: they judge only periods that begin later", day=began)


def graded_figures(asked: Asked, scope: Scope) -> tuple[Figures, dict[str | None, Grading]]:
    """Return everybody's own figures in the source's period, and what their scorecards come to."""
    found = scorecards(asked, scope)
    own = homes(asked, scope, found.scorecards)
    targets = [each for there, subjects in own for each in judged(there, scope, subjects)]
    return found, gradings(asked, found, targets)


def _attained(found: Iterable[Judged]) -> dict[str | None, dict[str, float | None]]:
    """Return the share each subject attains of each indicator: of several targets for one their mean."""
    shares: dict[str | None, dict[str, list[float]]] = {}
    for each in found:
        if each.judging and each.attainment.share is not None:
            shares.setdefault(each.subject, {}).setdefault(each.target.indicator, []).append(each.attainment.share)
    return {
        subject: {key: fsum(several) / len(several) for key, several in of_subject.items()}
        for subject, of_subject in shares.items()
    }


def _severe(figures: Figures, subject: str | None) -> int:
    cell = figures.scorecards[subject].get(SEVERE)
    return int(cell.value or 0) if cell is not None else 0


def role_of(asked: Asked, scope: Scope, subject: str, cards: Iterable[RoleCard]) -> RoleCard | None:
    """Return the scorecard of a team or an agent at the end of the period: a team's, else everybody's, else None."""
    names = {name.casefold() for name in _teams(asked, scope, subject)}
    everybody = None
    for card in cards:
        if names & {team.casefold() for team in card.teams}:
            return card
        everybody = card if not card.teams else everybody
    return everybody


def _teams(asked: Asked, scope: Scope, subject: str) -> Iterator[str]:
    """Yield what the teams are called that a subject is, or that an agent is in, on any of the helpdesks."""
    at = asked.window.period.end - 1
    if scope is Scope.TEAM:
        yield from (subject, _PLAIN(subject_name(subject, scope, asked.window.rulebook, at)))
        return
    for part in asked.parts:
        rules, agent = part.window.rulebook, _account_of(asked, subject).get(part.name)
        if agent is not None:
            yield from _teams_of(rules, agent, at)


def _account_of(asked: Asked, subject: str) -> Mapping[str, str]:
    if len(asked.parts) == 1:
        return {asked.name: subject}
    person = people(asked.account.store, asked.account.settings).person(subject)
    return person.accounts if person is not None else {}


def _teams_of(rules: Rulebook, agent: str, at: int) -> Iterator[str]:
    configured = rules.organization.at(at).team(agent, at)
    if configured is not None:
        yield configured
        return
    line = rules.memberships.get(agent)
    for group in line.at(at) if line is not None else ():
        named = rules.groups.get(group)
        yield named.at(at) if named is not None else group
