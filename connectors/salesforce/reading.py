"""Who can read a case: the org's default for cases, the queue it lies in, and whose it is (decided as of today)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.rows import understood
from connectors.salesforce.mapping import USER
from connectors.salesforce.org import Org
from connectors.salesforce.payloads import GroupMember, Queue, User, asked
from connectors.salesforce.soql import Query, chosen_by, is_

_PRIVATE = "None"


@dataclass(frozen=True, slots=True)
class Staff:
    """The org's users, queues and groups as they are now; `sharing` is what everybody may do with all cases."""

    users: Sequence[User]
    queues: Sequence[Queue]
    groups: Sequence[Queue]
    members: Sequence[GroupMember]
    sharing: str

    def queue_id(self, name: str) -> str | None:
        """Return the id of the queue called `name`."""
        return next((queue.id for queue in self.queues if queue.name == name), None)

    def members_of(self, group_id: str) -> set[str]:
        """Return the users in a queue: its own, those of groups in it, and those of roles."""
        return set(_within(group_id, self._entries(), self._roles(), frozenset()))

    def readers(self, queue: str | None, owner_id: str | None) -> list[str]:
        """Return the agents, admins left out, who can read a case in that queue with that owner.

        Those above the owner in the role hierarchy read it too: they are his leads.
        """
        agents = [user.id for user in self.users if user.is_active and not user.profile.permissions_modify_all_data]
        if self.sharing != _PRIVATE:
            return agents
        place = None if queue is None or owner_id is not None else self.queue_id(queue)
        within = self.members_of(place) if place is not None else set()
        return [agent for agent in agents if agent == owner_id or agent in within]

    def _entries(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for member in self.members:
            found.setdefault(member.group_id, []).append(member.user_or_group_id)
        return found

    def _roles(self) -> Mapping[str, list[str]]:
        """Return the users of each group that stands for a role."""
        return {
            group.id: [user.id for user in self.users if user.user_role_id == group.related_id]
            for group in self.groups
            if group.related_id is not None
        }


def _within(
    group_id: str, entries: Mapping[str, list[str]], roles: Mapping[str, list[str]], above: frozenset[str]
) -> list[str]:
    """Return the users in a group; a group inside itself adds nobody."""
    if group_id in above:
        return []
    found = list(roles.get(group_id, []))
    for entry in entries.get(group_id, []):
        if entry.startswith(USER):
            found.append(entry)
        else:
            found += _within(entry, entries, roles, above | {group_id})
    return found


def staff_of(org: Org) -> Staff:
    """Ask an org who works there, in which queues and groups, and who may read all cases."""
    sharing = [str(row.get("DefaultCaseAccess")) for row in org.rows(Query("Organization", ("DefaultCaseAccess",)))]
    users = Query("User", asked(User, org.has("User")), (is_("UserType", "Standard"),))
    return Staff(
        [understood(User, row) for row in org.rows(users)],
        [understood(Queue, row) for row in org.rows(org.queues())],
        org.all(Queue, "Group", Query("Group", ("Id", "Type", "RelatedId"))),
        org.all(GroupMember, "GroupMember", Query("GroupMember", ("Id", "GroupId", "UserOrGroupId"))),
        sharing[0] if sharing else "",
    )


def every_case(org: Org) -> Query:
    """Return the query that finds our right to see every case, whoever it is shared with; nothing where we lack it."""
    ours = Query("PermissionSetAssignment", ("PermissionSetId",), (is_("AssigneeId", org.own_id()),))
    wanted = (is_("SobjectType", "Case"), is_("PermissionsViewAllRecords", value=True), chosen_by("ParentId", ours))
    return Query("ObjectPermissions", ("Id",), wanted, most=1)
