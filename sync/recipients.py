"""Whom escalations are for, looked up in the organization: roles that nobody holds in some team."""

from collections.abc import Iterator

from kpi_engine.message import Message, message
from kpi_engine.recipients import ASSIGNEE, Asked, reached
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.editions import rulebook
from sync.sources import as_of_now
from sync.wording import NOBODY


def unknown_recipients(account: Account) -> Iterator[Message]:
    """Yield, for each role that escalations are for, the teams in which nobody holds it, and who stands in.

    Of an assignee it is never asked: a ticket may have none at any time.
    """
    as_of = as_of_now(account)
    if as_of is None:
        return
    rules = rulebook(account)
    wanted = dict.fromkeys(role for role in _roles(rules, as_of) if role != ASSIGNEE)
    lacking: dict[tuple[str, str | None], list[str]] = {}
    for team in _teams(rules, as_of) if wanted else ():
        for role in wanted:
            found = reached([role], Asked(account.name, None, team, as_of), rules)
            if found.missing:
                instead = found.roles[0] if found.roles[0] != role else None
                lacking.setdefault((role, instead), []).append(_named(rules, team, as_of))
    for (role, instead), teams in lacking.items():
        yield message(
            "nobody is {role} of {teams}: what it is told goes to {instead}",
            role=role,
            teams=", ".join(sorted(teams)),
            instead=NOBODY if instead is None else instead,
        )


def _roles(rules: Rulebook, as_of: int) -> Iterator[str]:
    for policy in rules.policies.at(as_of).policies:
        for clock in policy.clocks:
            yield from (role for step in clock.escalation.steps for role in step.notify)


def _teams(rules: Rulebook, as_of: int) -> list[str]:
    return [*sorted(rules.organization.at(as_of).names), *(f"group:{key}" for key in rules.groups)]


def _named(rules: Rulebook, team: str, as_of: int) -> str:
    group = rules.groups.get(team.removeprefix("group:"))
    return team if group is None else group.at(as_of)
