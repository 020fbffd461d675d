"""The parts of an account's settings that every helpdesk shares: when to pull, what to leave out, what to push."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from connectors.cron import checked_cron
from connectors.settings import Duration, Email, Identifier, Key, Line, Section, Tag, UnfitError, each_once
from kpi_engine.message import message

TicketField: TypeAlias = Literal[
    "due_at", "overdue", "overdue_clock", "escalation_level", "first_reply_minutes", "resolution_minutes"
]
TICKET_FIELDS: tuple[TicketField, ...] = (
    "due_at",
    "overdue",
    "overdue_clock",
    "escalation_level",
    "first_reply_minutes",
    "resolution_minutes",
)
SUMMARY_TAG = "helpdesk-kpi"
_SHORTEST_INTERVAL = 60


def _not_too_often(seconds: int) -> int:
    if seconds < _SHORTEST_INTERVAL:
        raise UnfitError(message("passes cannot follow one another so fast"), message("1m or more"))
    return seconds


class Schedule(Section):
    """When passes run: `every` so many seconds, or by `cron` in the report time zone; one of both is set."""

    every: Annotated[Duration, AfterValidator(_not_too_often)] | None = Field(
        None, description="Time between two passes, for example 15m."
    )
    cron: Annotated[str, AfterValidator(checked_cron)] | None = Field(
        None,
        description="Minute, hour, day, month and weekday (by name), in the report time zone.",
        examples=["*/15 8-18 * * mon-sat"],
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "Schedule":
        if (self.every is None) == (self.cron is None):
            raise UnfitError(message("say either {every} or {cron}", every="every", cron="cron"))
        return self


class Exclude(Section):
    """Tickets that count nowhere."""

    tags: Annotated[tuple[Tag, ...], AfterValidator(each_once)] = Field(
        (), description="Tickets with any of these tags."
    )
    forms: Annotated[tuple[Identifier, ...], AfterValidator(each_once)] = Field(
        (), description="Tickets of these forms, by the helpdesk's id."
    )


class Summary(Section):
    """A summary ticket for each agent or each team, made after each period; `grace` is in seconds."""

    scope: Literal["agent", "team"] = Field(description="Whom one summary ticket is about.")
    period: Literal["week", "month", "quarter"] = Field(
        description="What one summary ticket covers; weeks begin on Monday."
    )
    group: Line | None = Field(None, description="The helpdesk's group the ticket is put in.")
    assignee: Email | None = Field(
        None, description="The agent a team's ticket is assigned to, by e-mail; an agent's own goes to the agent."
    )
    tags: Annotated[tuple[Tag, ...], AfterValidator(each_once)] = Field(
        (SUMMARY_TAG,), description="The ticket's tags."
    )
    grace: Duration = Field(
        6 * 3600,
        description="How long after the end of the period the ticket is made.",
        json_schema_extra={"default": "6h"},
    )

    @model_validator(mode="after")
    def _own_ticket(self) -> "Summary":
        if self.scope == "agent" and self.assignee is not None:
            raise UnfitError(message("an agent's summary is assigned to the agent"), below=("assignee",))
        return self


class Push(Section):
    """What is written back to the helpdesk."""

    ticket_fields: Annotated[tuple[TicketField, ...], AfterValidator(each_once)] = Field(
        TICKET_FIELDS, description="Which of our custom fields are kept on tickets."
    )
    agent_fields: Annotated[tuple[Key, ...], AfterValidator(each_once)] = Field(
        (), description="Indicators shown on agents' profiles; on most plans every agent can read them."
    )
    summaries: tuple[Summary, ...] = Field((), description="Which summary tickets are made.")
    joined: bool = Field(
        default=False,
        description="Agents' fields and summaries show each person's figures over all connectors, not over this one.",
    )
