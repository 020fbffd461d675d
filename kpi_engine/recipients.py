"""Whom an escalation reaches: roles, found in the dated organization; where one is missing, the next level up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from kpi_engine.rulebook import Rulebook
from kpi_engine.severity import Tier
from kpi_engine.story import Step

ASSIGNEE = "assignee"
TEAM_LEAD = "team_lead"
MANAGER = "manager"
HEAD = "head"
OWNER = "owner"
LADDER = (ASSIGNEE, TEAM_LEAD, MANAGER, HEAD)
"""Each role's next level up is the one after it."""

ROLES = (*LADDER, OWNER)

_NO_TIER = Tier()


class Recipient(NamedTuple):
    """What a role that was asked for came to: the role that is reached, and who holds it.

    `who` is the key of a person, None where nobody holds it; `group` is the one that answers for a severity, by name or
    id, where that is no person's.
    """

    asked: str
    role: str
    who: str | None = None
    group: str | None = None

    @property
    def is_missing(self) -> bool:
        """Whether nobody holds the role that was asked for."""
        return self.role != self.asked or (self.who is None and self.group is None)


@dataclass(frozen=True, slots=True)
class Reached:
    """The roles that are reached, and those that nobody holds, in whose place the next level up stands."""

    roles: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom it is asked: an agent of an account, None for nobody, in a team at an instant, of a ticket so grave."""

    account: str
    agent: str | None
    team: str | None
    at: int
    severity: str | None = None


def tier(asked: Asked, rulebook: Rulebook) -> Tier:
    """Return who answers for the severity, and what he may decide."""
    severity = rulebook.policies.at(asked.at).severity
    return _NO_TIER if severity is None else severity.tiers.get(asked.severity or "", _NO_TIER)


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


def recipients(roles: Iterable[str], asked: Asked, rulebook: Rulebook) -> tuple[Recipient, ...]:
    """Return what each role comes to: who holds it, else the next level up; nobody above: as it is, held by nobody.

    The owner is who answers for the ticket's severity: a role like any other, or a group.
    """
    known = holders(asked, rulebook)
    return tuple(_recipient(role, tier(asked, rulebook).owner, known) for role in dict.fromkeys(roles))


def _recipient(role: str, owner: str | None, known: dict[str, str]) -> Recipient:
    if role == OWNER and owner is not None and owner not in LADDER:
        return Recipient(OWNER, OWNER, group=owner)
    if role == OWNER and owner is not None:
        found = next(_upward(owner, known), OWNER)
        return Recipient(OWNER, OWNER if found == owner else found, known.get(found))
    reached_role = next(_upward(role, known), role)
    return Recipient(role, reached_role, known.get(reached_role))


def reached(roles: Iterable[str], asked: Asked, rulebook: Rulebook) -> Reached:
    """Return which roles a notice reaches: each that somebody holds, else the next level up; nobody above: as it is."""
    found = recipients(roles, asked, rulebook)
    missing = tuple(each.asked for each in found if each.is_missing and each.asked in LADDER)
    return Reached(tuple(dict.fromkeys(each.role for each in found)), missing)


def _upward(role: str, known: Iterable[str]) -> Iterator[str]:
    if role in LADDER:
        yield from (above for above in LADDER[LADDER.index(role) :] if above in known)


def is_one_of(roles: Iterable[str], step: Step, account: str, rulebook: Rulebook) -> bool:
    """Tell whether who did a step holds one of the roles towards the ticket's assignee then."""
    agent, at = step.state.agent, step.at
    asked = Asked(account, agent, rulebook.team(agent, step.state.group, at), at, step.state.severity)
    found = holders(asked, rulebook)
    owner = tier(asked, rulebook).owner
    actor = rulebook.organization.at(at).key_of(step.actor or "", account)
    held = {role for role, who in found.items() if who == actor}
    if OWNER in roles and owner is not None and (owner in held or owner in _groups(step.actor or "", at, rulebook)):
        return True
    return not held.isdisjoint(roles)


def _groups(actor: str, at: int, rulebook: Rulebook) -> Iterator[str]:
    """Yield what the groups of an agent, and his team, are called."""
    groups = rulebook.groups_of(actor, at)
    names = [rulebook.groups[group].at(at) for group in groups if group in rulebook.groups]
    yield from (*groups, *names, rulebook.team(actor, None, at) or "")
