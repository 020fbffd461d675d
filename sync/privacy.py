"""Who may see the figures of a single person: asked wherever such figures leave the store."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from config import Settings
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.counting import PEOPLE
from sync.people import People, Person

if TYPE_CHECKING:
    from sync.sources import Asked

OFF: Final = "off"
ALL: Final = "all"
TO_LEADS: Final = "self_and_lead"
NO_RANKING: Final = message("nobody is ranked here: privacy.ranking is off, or you lead nobody")


@dataclass(frozen=True, slots=True)
class Sight:
    """What `viewer` may see of single persons under `privacy.individual`.

    None is whoever runs the product: he prepares for leads what they may see, and nothing where they may not.
    """

    individual: str
    viewer: Person | None
    everybody: People

    def sees(self, asked: "Asked", subject: str | None) -> bool:
        """Tell whether an agent's figures, by the id or the person's key, may be shown; nobody's always may."""
        if subject is None or self.individual == ALL:
            return True
        if self.individual == OFF:
            return False
        if self.viewer is None:
            return self.individual == TO_LEADS
        person = self._person(asked, subject)
        return person.key == self.viewer.key or (self.individual == TO_LEADS and self._leads(asked, person))

    def part(self, asked: "Asked", part: str | None) -> str | None:
        """Return a part of a ticket's lines; None for one that is an agent whose own figures may not be shown."""
        owners = (each for each in asked.parts if part in each.window.rulebook.agents)
        seen = all(self.sees(asked, asked.whose(each.name, Scope.AGENT, part)) for each in owners)
        return part if seen else None

    def ranks(self, asked: "Asked") -> bool:
        """Tell whether places may be shown: privacy.ranking allows it, to who runs the product and to leads alone."""
        if asked.account.settings.privacy.ranking == OFF:
            return False
        agents = asked.window.rulebook.agents
        return self.viewer is None or any(self._leads(asked, self._person(asked, agent)) for agent in agents)

    def _person(self, asked: "Asked", subject: str) -> Person:
        if len(asked.parts) == 1:
            return self.everybody.person_of(asked.name, subject)
        return self.everybody.person(subject) or Person(subject, subject, {}, None, None)

    def _leads(self, asked: "Asked", person: Person) -> bool:
        """Tell whether the viewer is above somebody on any of the helpdesks, as of the end of what is shown."""
        at = asked.window.end - 1
        above = {
            key
            for part in asked.parts
            if part.name in person.accounts
            for key in superiors(part.window.rulebook, person.accounts[part.name], at)
        }
        return any(self.everybody.matched(key) == self.viewer for key in above)

    def hidden(self, n: int) -> Message:
        """Return the remark that so many people's figures are not shown."""
        return hidden_text(self.individual, n)

    def refusal(self, name: str) -> Message:
        """Return why a person's figures are not shown to whoever asked for them."""
        return message(
            "the figures of {name} are not for you: privacy.individual is {rule}", name=name, rule=self.individual
        )


def hidden_text(individual: str, n: int) -> Message:
    """Return the remark that so many people's figures are not shown under a rule."""
    told = PEOPLE.of(n)
    return message("own figures of {people} are not shown: privacy.individual is {rule}", people=told, rule=individual)


def to_the_operator(account: Account, subject: str | None) -> bool:
    """Tell whether whoever runs the product may be shown an agent's figures, to prepare them for others."""
    return subject is None or account.settings.privacy.individual in (TO_LEADS, ALL)


def superiors(rules: Rulebook, agent_id: str, at: int) -> Iterator[str]:
    """Yield the keys of an agent's lead and manager at an instant; whom no team is given, those of his groups."""
    team = rules.organization.at(at).team(agent_id, at)
    groups: list[str | None] = [f"group:{group}" for group in rules.groups_of(agent_id, at)] if team is None else []
    for each in groups or [team]:
        place = rules.place(agent_id, each, at)
        yield from (key for key in (place.lead, place.manager) if key is not None)


def superiors_here(rules: Rulebook, everybody: People, account: str, agent_id: str, at: int) -> set[str]:
    """Return the ids, on an account, of an agent's lead and manager."""
    people = (everybody.matched(key) for key in superiors(rules, agent_id, at))
    return {person.accounts[account] for person in people if isinstance(person, Person) and account in person.accounts}


def on_profiles(settings: Settings) -> bool:
    """Tell whether figures may stand on agents' profiles, which on most plans every agent can read."""
    rule = settings.privacy.individual
    return rule == ALL or (rule != OFF and settings.privacy.visible_to_all_agents)


def withheld_from(settings: Settings, readers: Collection[str], superior: Collection[str]) -> set[str] | None:
    """Return who could read a person's summary and must not; None where no such summary is made at all."""
    rule = settings.privacy.individual
    if rule == OFF:
        return None
    if rule == ALL or settings.privacy.visible_to_all_agents:
        return set()
    return set(readers) - (set(superior) if rule == TO_LEADS else set())
