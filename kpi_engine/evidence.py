"""One measured ticket as the indicators see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from kpi_engine.history import History
from kpi_engine.measurement import Certainty, Clock, CreditLine, Holding, Omission
from kpi_engine.records import FieldValue, Rating
from kpi_engine.rulebook import Rulebook
from kpi_engine.story import Step, StepKind, Story

Credit: TypeAlias = tuple[str | None, str | None]
"""Who a line is credited to: agent and team."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A ticket's history, story, clocks and holdings, and the rulebook they were read by."""

    history: History
    story: Story
    rulebook: Rulebook
    clocks: Sequence[Clock]
    holdings: Sequence[Holding]

    def line(self, indicator: str, at: int, credit: Credit, fraction: tuple[int, int] = (1, 1)) -> CreditLine:
        """Return a credit line; `fraction` is (numerator, denominator)."""
        state = self.story.state_at(at)
        numerator, denominator = fraction
        return CreditLine(
            indicator=indicator,
            ticket_id=self.history.ticket_id,
            observation_id=None,
            part=None,
            agent=credit[0],
            team=credit[1],
            account=self.history.account,
            channel=self.story.ticket.channel,
            priority=state.priority,
            segment=state.segment,
            at=at,
            numerator=numerator,
            denominator=denominator,
            certainty=Certainty.EXACT,
            edition=self.rulebook.policies.digest_at(at),
        )

    def business_line(self, indicator: str, at: int, credit: Credit) -> CreditLine:
        """Return the credit line of the business time from creation to `at`, marked where a calendar was assumed."""
        seconds = self.story.working_seconds(self.rulebook, self.opened_at, at)
        line = self.line(indicator, at, credit, (seconds, 1))
        assumed = self.story.assumes(self.opened_at, at)
        return replace(line, certainty=Certainty.APPROXIMATE) if assumed else line

    def calendar_line(self, indicator: str, at: int, credit: Credit) -> CreditLine:
        """Return the credit line of the calendar time from creation to `at`."""
        return self.line(indicator, at, credit, (self.story.calendar_seconds(self.opened_at, at), 1))

    def omission(self, indicator: str, at: int, credit: Credit, reason: str) -> Omission:
        """Return the note that an indicator leaves this ticket out; `reason` is a code that sync words."""
        return Omission(indicator, at, credit[0], credit[1], reason)

    def word(self, indicator: str, parameter: str, default: str) -> str:
        """Return the parameter of an indicator that is one of several words, as configured at `as_of`."""
        return str(self._configured(indicator).get(parameter, default))

    def number(self, indicator: str, parameter: str, default: int) -> int:
        """Return the parameter of an indicator that is a whole number (seconds for a duration), as configured."""
        return int(str(self._configured(indicator).get(parameter, default)))

    def _configured(self, indicator: str) -> Mapping[str, object]:
        return self.rulebook.parameters.at(self.story.as_of).get(indicator, {})

    def meaning(self, name: str) -> FieldValue:
        """Return what the ticket's fields and tags say about a meaning (complaint, topic, …) now; None: nothing."""
        ticket = self.story.ticket
        return self.rulebook.meanings.at(self.story.as_of).read(name, ticket.fields, ticket.tags)

    def credit(self, agent: str | None, at: int) -> Credit:
        """Return the agent with his team at that instant (the ticket's group where none is configured)."""
        return agent, self.rulebook.team(agent, self.story.state_at(at).group, at)

    def solver(self, solve: Step) -> Credit:
        """Return who a solve is credited to: the assignee after it, for who takes and solves in one go says both."""
        return self.credit(self.assignee_at(solve.at), solve.at)

    def assignee_at(self, at: int) -> str | None:
        """Return who had the ticket after what happened at `at`."""
        return self.story.state_at(at).agent

    @property
    def opened_at(self) -> int:
        """When the ticket was created."""
        return self.story.ticket.created_at

    @property
    def first_assignee(self) -> str | None:
        """The first agent the ticket was given to."""
        return next((step.state.agent for step in self.story.steps if step.state.agent is not None), None)

    @property
    def first_reply(self) -> Step | None:
        """The first answer of a human agent, None while there is none or where the beginning is unknown."""
        if not self.story.whole:
            return None
        return next((step for step in self.story.steps if step.kind is StepKind.AGENT_REPLY), None)

    @property
    def last_solve(self) -> Step | None:
        """The solve that stands: None while the ticket is unsolved, or where it was solved before we looked."""
        return self.story.standing_solve

    @property
    def verdict(self) -> Rating | None:
        """The ticket's latest rating, None where there is none or it was withdrawn."""
        heard = [rating for rating in self.history.ratings if rating.at <= self.story.as_of]
        latest = max(heard, key=lambda rating: (rating.at, rating.version), default=None)
        return latest if latest is not None and latest.category is not None else None
