"""What the org's lists mean: users, queues and who is in them, business hours, processes, statuses."""

from collections.abc import Sequence
from datetime import date

from connectors.salesforce import payloads
from connectors.salesforce.history import MACHINES
from connectors.salesforce.holidays import days
from connectors.salesforce.sense import Sense
from kpi_engine.records import Agent, CustomStatus, Group, Membership, Schedule, SlaPolicy

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_WAITS = {
    "on hold": "hold",
    "hold": "hold",
    "pending": "pending",
    "waiting on customer": "pending",
    "waiting for customer": "pending",
    "awaiting customer": "pending",
}
_DAY = 1440


def agent(row: object, _: Sense) -> list[Agent]:
    """Return a user who works cases."""
    read = payloads.User.model_validate(row)
    return [
        Agent(
            agent_id=read.id,
            name=read.name,
            email=read.email,
            role="admin" if read.profile.permissions_modify_all_data else "agent",
            active=read.is_active,
            bot=read.user_type in MACHINES,
            locale=read.language_locale_key,
            ticket_access="all",
            manager_id=read.manager_id,
        )
    ]


def group(row: object, _: Sense) -> list[Group]:
    """Return a queue: the team that cases wait with."""
    read = payloads.Queue.model_validate(row)
    return [Group(group_id=read.id, name=read.name or read.id, active=True, private=False)]


def membership(group_id: str, user_id: str) -> Membership:
    """Return an agent's place in a queue, his own or through groups in it."""
    return Membership(membership_id=f"{group_id}:{user_id}", agent_id=user_id, group_id=group_id)


def schedule(row: object, sense: Sense) -> list[Schedule]:
    """Return business hours with the holidays the admin chose."""
    read = payloads.BusinessHours.model_validate(row)
    return [
        Schedule(
            schedule_id=read.id,
            name=read.name,
            zone=read.time_zone_sid_key,
            week=tuple(_opening_hours(read, day) for day in DAYS),
            holidays=sense.holidays,
            created_at=read.created_date,
            default=read.is_default,
        )
    ]


def _opening_hours(read: payloads.BusinessHours, day: str) -> tuple[tuple[int, int], ...]:
    """Return a day's opening hours; an end at 00:00 is the midnight at which the day ends."""
    opening, closing = getattr(read, f"{day}_start_time"), getattr(read, f"{day}_end_time")
    if opening is None or closing is None:
        return ()
    closing = closing or _DAY
    if closing <= opening:
        raise ValueError(f"{day} closes before it opens")
    return ((opening, closing),)


def holidays_of(rows: Sequence[payloads.Holiday], chosen: Sequence[str], today: date) -> tuple[tuple[str, str], ...]:
    """Return the chosen holidays as (first, last) dates; part of a day is none, for opening hours end with days."""
    closed = {day for row in rows if row.name in chosen and row.is_all_day for day in days(row, today)}
    return tuple((day.isoformat(), day.isoformat()) for day in sorted(closed))


def entitlement_process(row: object, _: Sense) -> list[SlaPolicy]:
    """Return an entitlement process; what its milestones ask for is told by those of the cases."""
    read = payloads.EntitlementProcess.model_validate(row)
    return [SlaPolicy(policy_id=read.id, title=read.name, position=0, body={"active": read.is_active})]


def custom_status(row: object, _: Sense) -> list[CustomStatus]:
    """Return a status of the org's own, and which of ours it counts to unless the configuration says otherwise."""
    read = payloads.CaseStatus.model_validate(row)
    if read.is_closed:
        counts_to = "solved"
    else:
        usual = "new" if read.is_default else "open"
        counts_to = _WAITS.get(read.api_name.casefold()) or _WAITS.get(read.master_label.casefold(), usual)
    return [
        CustomStatus(
            custom_status_id=read.api_name, label=read.master_label or read.api_name, status=counts_to, active=True
        )
    ]
