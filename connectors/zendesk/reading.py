"""Who can read a ticket: groups, memberships and each agent's ticket access put together (decided as of today)."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.base import Stream
from connectors.connecting import Account
from connectors.zendesk.payloads import Group, Membership, User
from connectors.zendesk.settings import ZendeskSettings
from connectors.zendesk.streams import all_of


@dataclass(frozen=True, slots=True)
class Staff:
    """The account's agents, groups and memberships as they are now."""

    users: Sequence[User]
    groups: Sequence[Group]
    memberships: Sequence[Membership]

    def group_id(self, name: str) -> str | None:
        """Return the id of the group called `name`."""
        return next((group.id for group in self.groups if group.name == name and not group.deleted), None)

    def readers(self, group: str | None, assignee_id: str | None) -> list[str]:
        """Return the agents, admins left out, who can read a private ticket there with that assignee."""
        place = next((found for found in self.groups if found.name == group and not found.deleted), None)
        members = {entry.user_id for entry in self.memberships if place and entry.group_id == place.id}
        hidden = place is not None and not place.is_public
        return [
            user.id
            for user in self.users
            if user.id is not None
            and user.role != "admin"
            and user.active
            and not user.suspended
            and (user.id == assignee_id or _reads(user, member=user.id in members, hidden=hidden))
        ]


def _reads(user: User, *, member: bool, hidden: bool) -> bool:
    """Whether an agent reads tickets of a group beyond those assigned to him.

    A private group hides its tickets from other agents, but a custom role may open them: such a role is taken to.
    """
    if user.ticket_restriction == "assigned":
        return False
    if user.ticket_restriction == "groups":
        return member
    return member or not hidden or user.custom_role_id is not None


def staff_of(account: Account[ZendeskSettings]) -> Staff:
    """Ask an account who works there, in which groups."""
    return Staff(
        all_of(account, Stream.AGENTS, User),
        all_of(account, Stream.GROUPS, Group),
        all_of(account, Stream.MEMBERSHIPS, Membership),
    )
