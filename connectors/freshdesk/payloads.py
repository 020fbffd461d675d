"""The JSON as Freshdesk sends it: only the fields we read, tolerant of what is new, strict about what decides."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from connectors.scalars import Id, Instant, Loose, No, OptionalId, OptionalInstant, OptionalText, Text, Texts, texts

Listed = Annotated[list[Loose], BeforeValidator(texts)]


class _Payload(BaseModel):
    """Keys we do not know are Freshdesk's business."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Stats(_Payload):
    """When things last happened to a ticket; which of them are told differs."""

    resolved_at: OptionalInstant = None
    closed_at: OptionalInstant = None
    reopened_at: OptionalInstant = None
    pending_since: OptionalInstant = None
    status_updated_at: OptionalInstant = None


class Ticket(_Payload):
    """A row of the list of tickets, or one ticket; `stats` come where they were asked for."""

    id: Id
    created_at: Instant
    updated_at: Instant
    status: int
    priority: int | None = None
    source: int | None = None
    responder_id: OptionalId = None
    group_id: OptionalId = None
    requester_id: OptionalId = None
    product_id: OptionalId = None
    company_id: OptionalId = None
    type: OptionalText = None
    spam: No = False
    deleted: No = False
    tags: Texts = []
    custom_fields: Loose = {}
    stats: Stats = Stats()


class Conversation(_Payload):
    """A reply or a note on a ticket; its words stay unread but for what a merge and our own notes leave."""

    id: Id
    ticket_id: OptionalId = None
    created_at: Instant
    user_id: OptionalId = None
    incoming: No = False
    private: No = False
    source: int | None = None
    auto_response: No = False
    automation_id: OptionalId = None
    body_text: OptionalText = None


class SatisfactionRating(_Payload):
    """A row of satisfaction_ratings: the verdicts of one answer, by question."""

    id: Id
    ticket_id: Id
    agent_id: OptionalId = None
    group_id: OptionalId = None
    ratings: Loose
    created_at: Instant
    updated_at: Instant


def _day_first(value: object) -> object:
    """Return the instant that "31-12-2026 23:59:59 +0000" means; raises ValueError for anything else."""
    return int(datetime.strptime(value, "%d-%m-%Y %H:%M:%S %z").timestamp()) if isinstance(value, str) else value


DayFirst = Annotated[int, BeforeValidator(_day_first)]


class Activity(_Payload):
    """A row of a day's activities: what somebody, or the system, set on a ticket. The status goes by its label."""

    performed_at: DayFirst
    ticket_id: Id
    performer_type: Text = ""
    performer_id: OptionalId = None
    activity: Loose = {}


class Span(_Payload):
    """From when to when a file of activities tells."""

    start_at: DayFirst
    end_at: DayFirst


class Activities(_Payload):
    """A file of activities."""

    metadata: Span
    activities_data: list[object] = []

    def span(self) -> tuple[int, int]:
        """Return the first and the last instant of which it tells."""
        return self.metadata.start_at, self.metadata.end_at


class Question(_Payload):
    """What a satisfaction survey asks."""

    id: Id
    label: Text = ""


class Survey(_Payload):
    """A satisfaction survey with its questions, of which some may not be told."""

    questions: list[Question] = []


class Contact(_Payload):
    """Who an agent is."""

    name: Text = ""
    email: OptionalText = None
    language: OptionalText = None
    active: No = True


class Agent(_Payload):
    """A row of the list of agents, or one agent, who alone names his groups."""

    id: Id
    contact: Contact = Contact()
    type: Text = "support_agent"
    ticket_scope: int | None = None
    group_ids: Annotated[list[Id], BeforeValidator(texts)] = []


class Group(_Payload):
    """A row of the list of groups, or one group, which alone names its agents."""

    id: Id
    name: Text
    business_hour_id: OptionalId = None
    agent_ids: Annotated[list[Id], BeforeValidator(texts)] = []


class BusinessHours(_Payload):
    """A calendar: weekdays by name, a missing one is closed; times on a clock of twelve hours."""

    id: Id
    name: Text
    time_zone: Text
    is_default: No = False
    business_hours: Loose = {}
    created_at: Instant


class SlaPolicy(_Payload):
    """A row of sla_policies: targets by priority in seconds."""

    id: Id
    name: Text = ""
    position: int | None = None
    active: No = True
    is_default: No = False
    sla_target: Loose = {}
    applicable_to: Loose = {}
    escalation: Loose = {}


class TicketField(_Payload):
    """A ticket field: `name` addresses it in writes, and is Freshdesk's own invention."""

    id: Id
    name: Text
    label: Text = ""
    label_for_customers: OptionalText = None
    type: Text = ""
    default: No = False
    choices: object = None
