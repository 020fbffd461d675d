"""In which currency amounts are told: that of the team, where one is said; amounts in others are never added to it."""

from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Rulebook


def currencies_of(rules: Rulebook, scope: Scope, at: int) -> dict[str | None, str]:
    """Return, by team or by agent, the currency of the team at an instant; of other scopes none is said."""
    organization = rules.organization.at(at)
    told = {team: organization.place(None, team, at).currency for team in organization.teams}
    of_team: dict[str | None, str] = {team: currency for team, currency in told.items() if currency is not None}
    if scope is Scope.AGENT and of_team:
        found = {agent: of_team.get(_team(rules, agent, at)) for agent in rules.agents}
        return {agent: currency for agent, currency in found.items() if currency is not None}
    return of_team if scope is Scope.TEAM else {}


def _team(rules: Rulebook, agent: str, at: int) -> str | None:
    """Return an agent's team, or the one group that he is in."""
    groups = rules.groups_of(agent, at)
    return rules.team(agent, groups[0] if len(groups) == 1 else None, at)
