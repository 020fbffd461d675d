"""The rows as Salesforce sends them: only the fields we read, the same whether they come as JSON or as CSV."""

import re
from collections.abc import Callable
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_pascal

from connectors.salesforce.soql import whole_id
from connectors.scalars import Instant, OptionalInstant, OptionalText, Text, clean

_TIME = re.compile(r"(\d\d):(\d\d):\d\d(\.\d+)?Z?")


def _id(value: object) -> object:
    if isinstance(value, str) and value:
        return whole_id(clean(value))
    raise ValueError("not an id")


def _optional_id(value: object) -> object:
    return None if value is None else _id(value)


def _yes(value: object) -> object:
    """Return a yes or no; in CSV they are words, and an empty cell is no."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _minutes(value: object) -> object:
    """Return minutes since midnight; the Z behind a time of day says nothing: it is the local one."""
    if value is None:
        return None
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a time of day")
    return int(match[1]) * 60 + int(match[2])


Id: TypeAlias = Annotated[str, BeforeValidator(_id)]
OptionalId: TypeAlias = Annotated[str | None, BeforeValidator(_optional_id)]
Yes: TypeAlias = Annotated[bool, BeforeValidator(_yes)]
TimeOfDay: TypeAlias = Annotated[int | None, BeforeValidator(_minutes)]


class Payload(BaseModel):
    """A row of a query; fields we did not ask for are nobody's business."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_pascal)


class Creator(Payload):
    """Who made a row, as far as his kind goes; empty where a user may not be seen."""

    user_type: OptionalText = None
    contact_id: OptionalId = None


class OwnCase(Payload):
    """The case a row belongs to."""

    contact_id: OptionalId = None


_NOBODY = Creator()
Nested = BeforeValidator(lambda value: {} if value is None else value)


class Case(Payload):
    """A case; custom fields, and what an edition may lack, are read from the row itself."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=to_pascal)

    id: Id
    is_deleted: Yes = False
    master_record_id: OptionalId = None
    contact_id: OptionalId = None
    supplied_email: OptionalText = None
    record_type_id: OptionalId = None
    status: OptionalText = None
    origin: OptionalText = None
    priority: OptionalText = None
    owner_id: OptionalId = None
    created_date: Instant
    created_by_id: OptionalId = None
    created_by: Annotated[Creator, Nested] = _NOBODY
    last_modified_date: OptionalInstant = None
    system_modstamp: Instant
    business_hours_id: OptionalId = None
    type: OptionalText = None
    account_id: OptionalId = None
    closed_date: OptionalInstant = None


class CaseHistory(Payload):
    """One tracked change of a case; values are what people read, but for owners, who come in two rows."""

    id: Id
    case_id: Id
    field: Text
    old_value: object = None
    new_value: object = None
    created_date: Instant
    created_by_id: OptionalId = None
    created_by: Annotated[Creator, Nested] = _NOBODY
    is_deleted: Yes = False


class EmailMessage(Payload):
    """A mail of a case; its words stay unread."""

    id: Id
    parent_id: OptionalId = None
    parent: Annotated[OwnCase, Nested] = OwnCase()
    incoming: Yes = False
    status: OptionalText = None
    message_date: OptionalInstant = None
    created_date: Instant
    created_by_id: OptionalId = None
    created_by: Annotated[Creator, Nested] = _NOBODY
    is_deleted: Yes = False
    system_modstamp: Instant


class CaseComment(Payload):
    """A comment on a case; its words stay unread but for our own notes."""

    id: Id
    parent_id: Id
    is_published: Yes = False
    comment_body: OptionalText = None
    created_date: Instant
    created_by_id: OptionalId = None
    created_by: Annotated[Creator, Nested] = _NOBODY
    is_deleted: Yes = False
    system_modstamp: Instant


class ProfileRights(Payload):
    """What a user may do."""

    permissions_modify_all_data: Yes = False


class User(Payload):
    """A person, or a machine, that works here."""

    model_config = ConfigDict(extra="allow", frozen=True, alias_generator=to_pascal)

    id: Id
    name: Text = ""
    email: OptionalText = None
    is_active: Yes = False
    user_type: OptionalText = None
    language_locale_key: OptionalText = None
    user_role_id: OptionalId = None
    manager_id: OptionalId = None
    profile: Annotated[ProfileRights, Nested] = ProfileRights()


class Queue(Payload):
    """A queue, or any other group of users; `RelatedId` is the role a group stands for."""

    id: Id
    name: OptionalText = None
    type: OptionalText = None
    related_id: OptionalId = None


class GroupMember(Payload):
    """A user, or a whole group, in a group."""

    id: Id
    group_id: Id
    user_or_group_id: Id


class BusinessHours(Payload):
    """Opening hours; a missing day is closed, and 00:00 to 00:00 is open all day."""

    id: Id
    name: Text
    is_active: Yes = False
    is_default: Yes = False
    time_zone_sid_key: Text
    created_date: Instant
    monday_start_time: TimeOfDay = None
    monday_end_time: TimeOfDay = None
    tuesday_start_time: TimeOfDay = None
    tuesday_end_time: TimeOfDay = None
    wednesday_start_time: TimeOfDay = None
    wednesday_end_time: TimeOfDay = None
    thursday_start_time: TimeOfDay = None
    thursday_end_time: TimeOfDay = None
    friday_start_time: TimeOfDay = None
    friday_end_time: TimeOfDay = None
    saturday_start_time: TimeOfDay = None
    saturday_end_time: TimeOfDay = None
    sunday_start_time: TimeOfDay = None
    sunday_end_time: TimeOfDay = None


class Holiday(Payload):
    """A day on which people do not work, perhaps again and again."""

    name: Text
    activity_date: OptionalText = None
    is_all_day: Yes = True
    is_recurrence: Yes = False
    recurrence_type: OptionalText = None
    recurrence_interval: int | None = None
    recurrence_day_of_month: int | None = None
    recurrence_day_of_week_mask: int | None = None
    recurrence_instance: OptionalText = None
    recurrence_month_of_year: OptionalText = None
    recurrence_start_date: OptionalText = None
    recurrence_end_date_only: OptionalText = None


class MilestoneType(Payload):
    """What a milestone is called."""

    name: Text = ""


class CaseMilestone(Payload):
    """One of Salesforce's own clocks on a case."""

    id: Id
    case_id: Id
    milestone_type_id: OptionalId = None
    milestone_type: Annotated[MilestoneType, Nested] = MilestoneType()
    start_date: OptionalInstant = None
    target_date: OptionalInstant = None
    completion_date: OptionalInstant = None
    is_completed: Yes = False
    is_violated: Yes = False
    target_response_in_mins: object = None
    business_hours_id: OptionalId = None
    is_deleted: Yes = False
    system_modstamp: Instant


class EntitlementProcess(Payload):
    """An entitlement process: which milestones a case has to reach."""

    id: Id
    name: Text = ""
    is_active: Yes = False


class CaseStatus(Payload):
    """A status of cases as the org words it."""

    api_name: Text
    master_label: Text = ""
    is_closed: Yes = False
    is_default: Yes = False


class Survey(Payload):
    """The response an answer is part of."""

    invitation_id: OptionalId = None
    completion_date_time: OptionalInstant = None


class SurveyAnswer(Payload):
    """An answer to one question of a survey."""

    id: Id
    response_id: OptionalId = None
    response: Annotated[Survey, Nested] = Survey()
    number_value: object = None
    choice_value: object = None
    response_value: object = None
    created_date: Instant
    system_modstamp: Instant


class SurveySubject(Payload):
    """What a survey was about: a case, among others."""

    parent_id: Id
    subject_id: Id


def asked(payload: type[Payload], present: Callable[[str], bool] = lambda _: True) -> list[str]:
    """Return what is asked for to fill a payload, of what is `present`: its own fields, and those of what it names."""
    found = []
    for name, info in payload.model_fields.items():
        alias = info.alias or name
        nested = info.annotation
        if isinstance(nested, type) and issubclass(nested, Payload):
            if present(f"{alias}Id"):
                found += [f"{alias}.{field}" for field in asked(nested)]
        elif present(alias):
            found.append(alias)
    return found
