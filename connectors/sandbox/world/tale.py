"""How one ticket's life is planned: verb after verb, each a while after the last."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from connectors.sandbox.world.people import ROOT_CAUSES, Account
from connectors.sandbox.world.texts import NOTES, QUESTIONS, REPLIES
from connectors.sandbox.world.verbs import Comment, Helpdesk, Opening, RuleChanges, Update, Values, named
from connectors.sandbox.world.working_hours import next_working

FORGETS_EVERY = 5  # solved tickets: there the cause stays empty
Step = Callable[[Helpdesk, int], object]
"""What happens to a ticket, given the helpdesk and the ticket's id."""


@dataclass(slots=True)
class Tale:
    """A ticket's life: how it opens, then what happens when."""

    random: Random
    account: Account
    at: int
    agent: int
    group: int
    requester: int
    subject: str
    opening: Opening | None = None
    steps: list[tuple[int, Step]] = field(default_factory=list)
    clock: int = 0

    def __post_init__(self) -> None:
        self.clock = self.at

    def opens(self, opening: Opening) -> None:
        """Begin the ticket."""
        self.opening = opening

    def wait(self, minutes: float, *, working: bool = True) -> None:
        """Let about so many minutes pass, to the next working hour where an agent acts."""
        self.clock += int(60 * minutes * self.random.lognormvariate(0, 0.9)) + self.random.randrange(5, 60)
        if working:
            self.clock = next_working(self.clock, self.random)

    def then(self, step: Step) -> None:
        """Add what happens now."""
        self.steps.append((self.clock, step))

    def take(self, minutes: float = 20) -> None:
        """Let the agent take the ticket."""
        self.wait(minutes)
        self.update(Update(author_id=self.agent, changes={"assignee_id": self.agent, "status": "open"}))

    def reply(self, minutes: float = 60, *, author: int | None = None, channel: str = "web", **changes: object) -> None:
        """Let the agent (or `author`) answer publicly."""
        self.wait(minutes)
        said = Comment(self.random.choice(REPLIES))
        self.update(Update(author_id=author or self.agent, comment=said, changes=named(changes), channel=channel))

    def note(self, minutes: float = 30, **changes: object) -> None:
        """Let the agent write a private note."""
        self.wait(minutes)
        said = Comment(self.random.choice(NOTES), public=False)
        self.update(Update(author_id=self.agent, comment=said, changes=named(changes)))

    def ask(self, minutes: float = 240, **changes: object) -> None:
        """Let the requester write again, at any hour."""
        self.wait(minutes, working=False)
        said = Comment(self.random.choice(QUESTIONS))
        self.update(Update(author_id=self.requester, comment=said, changes=named(changes), channel="mail"))

    def change(self, minutes: float = 30, **changes: object) -> None:
        """Let the agent change properties without a word."""
        self.wait(minutes)
        self.update(Update(author_id=self.agent, changes=named(changes)))

    def hand_over(self, agent: int, group: int, minutes: float = 60) -> None:
        """Let the agent pass the ticket on."""
        self.note(minutes, assignee_id=agent, group_id=group)
        self.agent, self.group = agent, group

    def solve(self, minutes: float = 120) -> None:
        """Let the agent answer and solve, and note the cause where there is a field for it; now and then he forgets."""
        self.wait(minutes)
        changes = named({"status": "solved"}, self._cause())
        self.update(Update(author_id=self.agent, comment=Comment(self.random.choice(REPLIES)), changes=changes))

    def _cause(self) -> Values:
        field_id, draw = self.account.root_cause_field_id, len(self.subject) + self.at
        if not field_id or draw % FORGETS_EVERY == 0:
            return {}
        return {field_id: ROOT_CAUSES[draw % len(ROOT_CAUSES)]}

    def assigned_by_trigger(self, minutes: float = 60) -> None:
        """Let the agent reply with pending while a trigger, in the same audit, puts the ticket on hold."""
        self.wait(minutes)
        changes: Values = {"assignee_id": self.agent, "status": "pending"}
        trigger = RuleChanges(rule_id=self.account.assigning_rule_id, changes={"status": "hold", "priority": "high"})
        said = Comment(self.random.choice(REPLIES))
        self.update(Update(author_id=self.agent, comment=said, changes=changes, rules=(trigger,)))

    def survey(self, score: str | None, comment: str | None = None) -> None:
        """Let the survey go out a day after the solution, and the requester answer it or not."""
        self.clock += 86_400
        self.then(lambda helpdesk, ticket_id: helpdesk.offer_rating(ticket_id))
        if score is not None:
            self.rate(score, comment)

    def rate(self, score: str, comment: str | None = None) -> None:
        """Let the requester rate, rate anew, or withdraw."""
        self.wait(300, working=False)
        self.then(partial(_rate, score=score, comment=comment))

    def update(self, update: Update) -> None:
        """Add an update."""
        self.then(partial(_update, update=update))


def _update(helpdesk: Helpdesk, ticket_id: int, *, update: Update) -> None:
    helpdesk.update(ticket_id, update)


def _rate(helpdesk: Helpdesk, ticket_id: int, *, score: str, comment: str | None) -> None:
    helpdesk.rate(ticket_id, score, comment)
