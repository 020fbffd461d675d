"""What is told of an account on any helpdesk: where it is, when to pull, what to leave out, what to push."""

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from connectors.address import checked_base_url
from connectors.cron import checked_cron
from connectors.settings import (
    Day,
    Duration,
    Email,
    FilePath,
    Identifier,
    Key,
    Line,
    Section,
    Slug,
    Tag,
    UnfitError,
    each_once,
)
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


Effect: TypeAlias = Literal["note", "add_tags", "raise_priority", "assign"]
EFFECTS: tuple[Effect, ...] = ("note", "add_tags", "raise_priority", "assign")


class Escalations(Section):
    """What steps of escalations may do on this helpdesk's tickets; `within` is in seconds."""

    allow: Annotated[tuple[Effect, ...], AfterValidator(each_once)] = Field(
        (), description="Each is allowed by itself, and done only where a step of the policy asks for it."
    )
    within: Duration = Field(
        86_400,
        description="A step that fell due longer ago, when a pass first learns of it, is kept in the ledger only.",
        json_schema_extra={"default": "24h"},
    )


class Push(Section):
    """What is written back to the helpdesk."""

    ticket_fields: Annotated[tuple[TicketField, ...], AfterValidator(each_once)] = Field(
        TICKET_FIELDS, description="Which of our custom fields are kept on tickets."
    )
    agent_fields: Annotated[tuple[Key, ...], AfterValidator(each_once)] = Field(
        (), description="Indicators shown on agents' profiles; on most plans every agent can read them."
    )
    summaries: tuple[Summary, ...] = Field((), description="Which summary tickets are made.")
    escalations: Escalations = Field(
        Escalations(), description="What escalations may do on tickets; default: nothing, they are fields only."
    )
    joined: bool = Field(
        default=False,
        description="Agents' fields and summaries show each person's figures over all connectors, not over this one.",
    )


Beginning = Annotated[Day, Field(description="The first pull starts at this date; default: with everything.")]
"""Where history begins."""


class AccountSettings(Section):
    """One account; each helpdesk adds its `kind`, its address, how to sign in, and the domain it may live on."""

    vendor_domain: ClassVar[str]

    name: Slug = Field(description="Unique and stable: it is part of every stored key.")
    kind: str
    trusted_host: bool = Field(
        default=False,
        description="Allow a base_url outside the vendor's domain; plain http for a loopback address only.",
    )
    base_url: str
    auth: Section
    history_from: Beginning
    schedule: Schedule = Field(
        Schedule(every=900), description="When passes run.", json_schema_extra={"default": {"every": "15m"}}
    )
    rate_limit_share: float = Field(
        0.5, gt=0, le=1, description="The part of the account's API quota we may use; people and tools need the rest."
    )
    exclude: Exclude = Field(Exclude(), description="Tickets that count nowhere.")
    push: Push = Field(Push(), description="What is written back.")
    ca_bundle: FilePath | None = Field(
        None, description="A file of certificates to trust instead of the usual ones, for a company's own proxy."
    )

    @field_validator("base_url")
    @classmethod
    def _safe_address(cls, address: str, info: ValidationInfo) -> str:
        return checked_base_url(address, cls.vendor_domain, trusted_host=info.data.get("trusted_host", False))
