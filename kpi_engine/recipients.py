"""Whom an escalation reaches: roles, found in the dated organization; where one is missing, the next level up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kpi_engine.rulebook import Rulebook
from kpi_engine.story import Step

ASSIGNEE = "assignee"
TEAM_LEAD = "team_lead"
MANAGER = "manager"
HEAD = "head"
OWNER = "owner"
LADDER = (ASSIGNEE, TEAM_LEAD, MANAGER, HEAD)
"""Each role's next level up is the one after it."""

ROLES = (*LADDER, OWNER)


@dataclass(frozen=True, slots=True)
class Reached:
    """The roles that are reached, and those that nobody holds, in whose place the next level up stands."""

    roles: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom it is asked: an agent of an account, None for nobody, in a team at an instant."""

    account: str
    agent: str | None
    team: str | None
    at: int


def holders(asked: Asked, rulebook: Rulebook) -> dict[str, str]:
    """Return who holds each role towards an agent: keys of persons."""
    organization = rulebook.organization.at(asked.at)
    place = organization.place(asked.agent, asked.team, asked.at)
    manager = place.manager or organization.managers.get(asked.agent or "")
    over = _above(manager, asked, rulebook)
    assignee = None if asked.agent is None else organization.key_of(asked.agent, asked.account)
    found = {ASSIGNEE: assignee, TEAM_LEAD: place.lead, MANAGER: manager, HEAD: over}
    return {role: who for role, who in found.items() if who is not None}


def _above(manager: str | None, asked: Asked, rulebook: Rulebook) -> str | None:
    """Return who is above a manager: his own manager, else his lead."""
    organization = rulebook.organization.at(asked.at)
    known = {*organization.places, *organization.managers, *organization.team_of}
    agents = [agent for agent in sorted(known) if organization.key_of(agent, asked.account) == manager]
    if not agents:
        return None
    place = organization.place(agents[0], organization.team(agents[0], asked.at), asked.at)
    return place.manager or organization.managers.get(agents[0]) or place.lead


def reached(roles: Iterable[str], asked: Asked, rulebook: Rulebook) -> Reached:
    """Return which roles a notice reaches: each that somebody holds, else the next level up; nobody above: as it is."""
    known = holders(asked, rulebook)
    wanted = tuple(roles)
    missing = tuple(role for role in wanted if role in LADDER and role not in known)
    told = (next(_upward(role, known), role) for role in wanted)
    return Reached(tuple(dict.fromkeys(told)), missing)


def _upward(role: str, known: Iterable[str]) -> Iterator[str]:
    if role in LADDER:
        yield from (above for above in LADDER[LADDER.index(role) :] if above in known)


def is_one_of(roles: Iterable[str], step: Step, account: str, rulebook: Rulebook) -> bool:
    """Tell whether who did a step holds one of the roles towards the ticket's assignee then."""
    agent, at = step.state.agent, step.at
    found = holders(Asked(account, agent, rulebook.team(agent, step.state.group, at), at), rulebook)
    actor = rulebook.organization.at(at).key_of(step.actor or "", account)
    return any(found.get(role) == actor for role in roles)
