"""Who is in which team under whom, dated: places of people, and what is agreed about teams."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Body: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody stands over [start, end), None for open ends; `lead` and `manager` are keys of persons."""

    team: str | None = None
    lead: str | None = None
    manager: str | None = None
    country: str | None = None
    tier: str | None = None
    timezone: str | None = None
    currency: str | None = None
    start: int | None = None
    end: int | None = None

    def covers(self, at: int) -> bool:
        """Tell whether it holds at an instant."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Organization:
    """One edition of the organization: `places` of agents by id, `teams` by name, `team_of` where no place says so.

    Of several that cover an instant the last holds. `managers` are the keys of those whom agents report to on the
    helpdesk, where nothing else says it. `keys` are those of leads and managers, by their agent's id here, who go by an
    account elsewhere.
    """

    places: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    teams: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    team_of: Mapping[str, str] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    def key_of(self, agent: str, account: str) -> str:
        """Return the key under which places name an agent of an account."""
        return self.keys.get(agent, f"{account}/{agent}")

    def team(self, agent: str | None, at: int) -> str | None:
        """Return the team an agent is in, None where nothing tells one."""
        key = agent or ""
        place = _covering(self.places[key], at) if key in self.places else None
        return (place.team if place is not None else None) or self.team_of.get(key)

    def place(self, agent: str | None, team: str | None, at: int) -> Place:
        """Return all that is known of an agent in a team: what his own place leaves open, the team's says."""
        own = _covering(self.places.get(agent or "", ()), at) or Place()
        of_team = _covering(self.teams.get(team or "", ()), at) or Place()
        return Place(
            team=team,
            lead=own.lead or of_team.lead,
            manager=own.manager or of_team.manager or self.managers.get(agent or ""),
            country=own.country or of_team.country,
            tier=own.tier or of_team.tier,
            timezone=of_team.timezone,
            currency=of_team.currency,
        )

    @property
    def names(self) -> set[str]:
        """The teams that are named, under any date."""
        placed = {place.team for places in self.places.values() for place in places if place.team is not None}
        return {*self.team_of.values(), *self.teams, *placed}

    @property
    def bounds(self) -> Iterator[int]:
        """The instants at which somebody's place, or a team's, begins or ends."""
        yield from (at for place in self.all for at in (place.start, place.end) if at is not None)

    @property
    def all(self) -> Iterator[Place]:
        """Every place of people and of teams, under any date."""
        yield from (place for line in (*self.places.values(), *self.teams.values()) for place in line)


def _covering(places: Iterable[Place], at: int) -> Place | None:
    found = [place for place in places if place.covers(at)]
    return found[-1] if found else None


def organization(body: Body) -> Organization:
    """Return the organization that an edition's body tells."""
    return Organization(
        {agent: _places(line) for agent, line in body.get("places", {}).items()},
        {team: _places(line) for team, line in body.get("teams", {}).items()},
        {str(agent): str(team) for agent, team in body.get("team_of", {}).items()},
        {str(agent): str(manager) for agent, manager in body.get("managers", {}).items()},
        {str(agent): str(key) for agent, key in body.get("keys", {}).items()},
    )


def _places(line: Iterable[Body]) -> tuple[Place, ...]:
    return tuple(Place(**each) for each in line)
