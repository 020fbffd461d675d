"""What the roles of escalations and the priorities of tickets are called."""

from collections.abc import Sequence

from kpi_engine.message import Message, message
from kpi_engine.recipients import ASSIGNEE, HEAD, MANAGER, OWNER, TEAM_LEAD, Recipient
from sync.locale import Language

ROLE_NAMES = {
    ASSIGNEE: message("assignee"),
    TEAM_LEAD: message("team lead"),
    MANAGER: message("manager"),
    HEAD: message("head"),
    OWNER: message("who answers for its severity"),
}

_PRIORITIES = {
    "low": message("low"),
    "normal": message("normal"),
    "high": message("high"),
    "urgent": message("urgent"),
}


def priority_name(priority: object) -> Message:
    """Return a priority's name; a word of the helpdesk's own is shown as it is."""
    return message("none") if priority is None else _PRIORITIES.get(str(priority), Message(str(priority)))


def roles_text(recipients: Sequence[Recipient], language: Language) -> str:
    """Return the roles that are reached, each with the one that nobody holds in whose place it stands."""
    return ", ".join(language(role_text(each)) for each in recipients) or language(message("nobody in particular"))


def role_text(each: Recipient) -> Message:
    """Return the role that is reached, and which one nobody holds."""
    if each.group is not None:
        return message("the group {group}, which answers for its severity", group=each.group)
    if each.is_missing and each.role == each.asked:
        return message("{role} (held by nobody)", role=ROLE_NAMES[each.asked])
    if each.is_missing:
        return message("{role} ({missing}: nobody)", role=ROLE_NAMES[each.role], missing=ROLE_NAMES[each.asked])
    return ROLE_NAMES[each.role]
