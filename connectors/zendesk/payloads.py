"""The JSON as Zendesk sends it: only the fields we read, tolerant of what is new, strict about what decides."""

from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from connectors.scalars import (
    Id,
    Instant,
    Loose,
    No,
    OptionalId,
    OptionalInstant,
    OptionalText,
    Text,
    Texts,
    Yes,
    mapping,
    texts,
)


class _Payload(BaseModel):
    """Keys we do not know are Zendesk's business: it adds some every month."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class CustomField(_Payload):
    """One custom field's value on a ticket."""

    id: Id
    value: object = None


class Ticket(_Payload):
    """A row of the ticket export, or of tickets/show_many."""

    id: Id
    external_id: OptionalText = None
    created_at: Instant
    updated_at: Instant
    generated_timestamp: OptionalInstant = None
    status: Text
    priority: OptionalText = None
    assignee_id: OptionalId = None
    group_id: OptionalId = None
    requester_id: OptionalId = None
    submitter_id: OptionalId = None
    brand_id: OptionalId = None
    ticket_form_id: OptionalId = None
    organization_id: OptionalId = None
    type: OptionalText = None
    custom_status_id: OptionalId = None
    support_type: OptionalText = None
    satisfaction_rating: Loose = {}
    via: object = None
    followup_source_id: OptionalId = Field(
        default=None, validation_alias=AliasChoices("via_followup_source_id", "followup_source_id")
    )
    tags: Texts = []
    custom_fields: Annotated[list[CustomField], BeforeValidator(texts)] = []


class TicketEventRow(_Payload):
    """A row of the ticket event export: one audit with its children, whose bodies stay unread but for our own notes."""

    id: Id
    ticket_id: Id
    timestamp: OptionalInstant = None
    created_at: OptionalInstant = None
    updater_id: OptionalId = None
    via: object = None
    child_events: Annotated[list[dict[str, object]], BeforeValidator(texts)] = []


class SatisfactionRating(_Payload):
    """A row of satisfaction_ratings; the customer's comment stays unread."""

    id: Id
    ticket_id: Id
    score: Text
    assignee_id: OptionalId = None
    group_id: OptionalId = None
    created_at: OptionalInstant = None
    updated_at: Instant


class Answer(_Payload):
    """One answer of a survey response; its words stay unread."""

    type: Text = ""
    rating: object = None
    rating_category: OptionalText = None
    created_at: OptionalInstant = None
    updated_at: OptionalInstant = None
    question: Loose = {}


class SurveyResponse(_Payload):
    """A row of guide/survey_responses; what it is about stands in `subjects`, in older answers in `subject_zrns`."""

    id: Id
    subjects: Annotated[list[Loose], BeforeValidator(texts)] = []
    subject_zrns: Texts = []
    answers: Annotated[list[Answer], BeforeValidator(texts)] = []


class MetricSet(_Payload):
    """A ticket's figures by Zendesk's own count; which there are differs from plan to plan."""

    model_config = ConfigDict(extra="allow", frozen=True)

    ticket_id: Id
    created_at: OptionalInstant = None
    updated_at: Instant


class MetricEvent(_Payload):
    """A row of the ticket metric event export; `sla` and `group_sla` come with the kinds that apply one."""

    id: Id
    ticket_id: Id
    metric: Text
    instance_id: int = 0
    type: Text
    time: Instant
    sla: Loose = {}
    group_sla: Loose = {}
    deleted: No = False


class SlaPolicy(_Payload):
    """An SLA policy, or a group SLA policy."""

    id: Id
    title: Text = ""
    position: int | None = None
    filter: Loose = {}
    policy_metrics: Annotated[list[Loose], BeforeValidator(texts)] = []


class CustomStatus(_Payload):
    """A status as the account words it, in one of Zendesk's categories."""

    id: Id
    agent_label: Text = ""
    status_category: Text
    active: Yes = True


class User(_Payload):
    """An agent or an admin, or ourselves (`id` is null for an anonymous visitor)."""

    id: OptionalId
    name: Text = ""
    email: OptionalText = None
    role: Text = "end-user"
    active: Yes = True
    suspended: No = False
    locale: OptionalText = None
    ticket_restriction: OptionalText = None
    custom_role_id: OptionalId = None
    is_bot: No = Field(default=False, validation_alias=AliasChoices("is_bot", "bot"))
    user_fields: Loose = {}


class Group(_Payload):
    """A group of agents."""

    id: Id
    name: Text
    deleted: No = False
    is_public: Yes = True


class Membership(_Payload):
    """An agent's place in a group."""

    id: Id
    user_id: Id
    group_id: Id


class Interval(_Payload):
    """Opening hours in minutes since Sunday 00:00 local."""

    start_time: int = Field(ge=0, le=10080)
    end_time: int = Field(ge=0, le=10080)


class Holiday(_Payload):
    """Whole days, both ends included."""

    start_date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    end_date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")


class Schedule(_Payload):
    """Business hours; its holidays come from their own address and are laid in."""

    id: Id
    name: Text
    time_zone: Text
    intervals: list[Interval] = []
    holidays: list[Holiday] = []
    created_at: Instant


class CustomFieldDefinition(_Payload):
    """A ticket field or a user field as the account defines it."""

    id: Id
    key: OptionalText = None
    type: Text
    title: Text = ""
    description: OptionalText = None
    active: Yes = True


class TicketForm(_Payload):
    """A ticket form: which fields agents see, in order."""

    id: Id
    name: Text = ""
    active: Yes = True
    ticket_field_ids: Annotated[list[Id], BeforeValidator(texts)] = []


class Condition(_Payload):
    """One condition of a trigger, an automation or a view."""

    field: Text = ""
    operator: OptionalText = None
    value: object = None


class Conditions(_Payload):
    """All of `all` must hold, and one of `any` where there is one."""

    all: Annotated[list[Condition], BeforeValidator(texts)] = []
    any: Annotated[list[Condition], BeforeValidator(texts)] = []


class Rule(_Payload):
    """A trigger, an automation or a view, as far as they are alike; `execution` belongs to views."""

    id: Id
    title: Text = ""
    description: OptionalText = None
    active: Yes = True
    conditions: Annotated[Conditions, BeforeValidator(mapping)] = Conditions()
    actions: Annotated[list[Loose], BeforeValidator(texts)] = []
    execution: Loose = {}


class JobResult(_Payload):
    """What a bulk job says about one item."""

    id: OptionalId = None
    success: bool | None = None
    status: object = None
    error: object = None
    details: object = None


class JobStatus(_Payload):
    """A bulk job; `results` is a list of items, or one object, or nothing yet."""

    id: Id
    status: Text
    results: object = None
