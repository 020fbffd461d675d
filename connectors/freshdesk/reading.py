"""Who can read a ticket: groups, their agents and each agent's scope put together (decided as of today)."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.base import Stream
from connectors.freshdesk.payloads import Agent, Group
from connectors.freshdesk.pulling import all_rows
from connectors.freshdesk.streams import WHOLE
from connectors.http import Session

_OF_GROUPS, _OF_HIS_OWN = 2, 3  # the scopes of agents who do not read every ticket


@dataclass(frozen=True, slots=True)
class Staff:
    """The account's agents and its groups with their agents, as they are now."""

    agents: Sequence[Agent]
    groups: Sequence[Group]

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents who could read a ticket in that group with that assignee.

        Administrators are among them: the list of agents does not tell them apart.
        """
        place = next((each for each in self.groups if each.name == group), None)
        members = set(place.agent_ids) if place is not None else set()
        return [each.id for each in self.agents if each.id == assignee_id or _reads(each, member=each.id in members)]


def _reads(agent: Agent, *, member: bool) -> bool:
    """Tell whether an agent reads tickets of a group beyond those assigned to him; a scope unknown is the widest."""
    return agent.ticket_scope not in (_OF_GROUPS, _OF_HIS_OWN) or (agent.ticket_scope == _OF_GROUPS and member)


def staff_of(session: Session) -> Staff:
    """Ask an account who works there, in which groups."""
    agents = all_rows(session, WHOLE[Stream.AGENTS], Agent)
    return Staff(agents, all_rows(session, WHOLE[Stream.MEMBERSHIPS], Group))


def group_id(session: Session, name: str) -> str | None:
    """Return the id of the group called `name`."""
    groups = all_rows(session, WHOLE[Stream.GROUPS], Group)
    return next((each.id for each in groups if each.name == name), None)
