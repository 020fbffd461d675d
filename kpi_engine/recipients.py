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


def holders(agent: str | None, team: str | None, at: int, rulebook: Rulebook) -> dict[str, str]:
    """Return who holds each role towards an agent in a team at an instant: keys of persons, the agent his own id."""
    organization = rulebook.organization.at(at)
    place = organization.place(agent, team, at)
    above = organization.persons.get(place.manager or "")
    over = organization.place(above, organization.team(above, at), at) if above is not None else None
    head = None if over is None else over.manager or over.lead
    found = {ASSIGNEE: agent, TEAM_LEAD: place.lead, MANAGER: place.manager, HEAD: head}
    return {role: who for role, who in found.items() if who is not None}


def reached(roles: Iterable[str], agent: str | None, team: str | None, at: int, rulebook: Rulebook) -> Reached:
    """Return which roles a notice reaches: each that somebody holds, else the next level up; nobody above: as it is."""
    known = holders(agent, team, at, rulebook)
    wanted = tuple(roles)
    missing = tuple(role for role in wanted if role in LADDER and role not in known)
    told = (next(iter(_upward(role, known)), role) for role in wanted)
    return Reached(tuple(dict.fromkeys(told)), missing)


def _upward(role: str, known: Iterable[str]) -> Iterator[str]:
    if role in LADDER:
        yield from (above for above in LADDER[LADDER.index(role) :] if above in known)


def is_one_of(roles: Iterable[str], step: Step, rulebook: Rulebook) -> bool:
    """Tell whether who did a step holds one of the roles towards the ticket's assignee then."""
    agent, at = step.state.agent, step.at
    found = holders(agent, rulebook.team(agent, step.state.group, at), at, rulebook)
    persons = rulebook.organization.at(at).persons
    ids = {role: who if role == ASSIGNEE else persons.get(who) for role, who in found.items()}
    return any(role in ids and ids[role] == step.actor for role in roles)
