"""The simulated company's set-up on Freshdesk: people, groups, business hours and fields."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from connectors.sandbox.freshdesk.records import TICKET_TYPES, Calendar, Group, Person, SlaPolicy, TicketField
from connectors.sandbox.world import people
from connectors.sandbox.world.people import DOWNGRADED, SUSPENDED, Account

FIRST_ID = 67_013_469_000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
STANDARD = ("subject", "requester", "status", "priority", "group", "agent", "description")


@dataclass(slots=True)
class Setup:
    """Everything the account is set up with."""

    account: Account = field(default_factory=Account)
    persons: dict[int, Person] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    calendars: list[Calendar] = field(default_factory=list)
    fields: dict[str, TicketField] = field(default_factory=dict)
    policies: list[SlaPolicy] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: count(FIRST_ID, 13))


def furnished(random: Random, founded_at: int, customers: int) -> Setup:
    """Return the company's account as it was set up at `founded_at`, with so many customers."""
    setup = Setup()
    _add_groups(setup, founded_at)
    _add_staff(setup, founded_at)
    for name, mail in people.customers(random, customers):
        setup.account.customer_ids.append(_add_person(setup, name, mail, founded_at).id)
    _add_calendars(setup, founded_at)
    _add_fields(setup)
    setup.policies.append(SlaPolicy(id=next(setup.ids), body=_policy()))
    return setup


def _add_groups(setup: Setup, at: int) -> None:
    for name in (*people.GROUPS, people.KPI_GROUP):
        group = Group(id=next(setup.ids), name=name, created_at=at)
        setup.groups[group.id] = group
    *setup.account.group_ids, setup.account.kpi_group_id = setup.groups


def _add_staff(setup: Setup, at: int) -> None:
    account = setup.account
    bosses = [_add_agent(setup, *boss, at, admin=True) for boss in (people.ADMIN, people.INTEGRATION)]
    account.admin_id, account.integration_id = (boss.id for boss in bosses)
    agents = [_add_agent(setup, name.strip(), mail, at) for name, mail in people.AGENTS]
    account.agent_ids = [agent.id for agent in agents]
    bot = _add_agent(setup, *people.BOT, at)
    account.bot_id = bot.id
    for place, agent in enumerate([*agents, bot]):
        agent.group_ids = [account.group_ids[group] for group in people.group_places(place)]
        agent.ticket_scope = (2, 1, 3)[place % 3]
    for boss in bosses:
        boss.group_ids = [account.kpi_group_id]
    for place in (SUSPENDED, DOWNGRADED):
        agents[place].is_agent = False


def _add_agent(setup: Setup, name: str, mail: str, at: int, *, admin: bool = False) -> Person:
    agent = _add_person(setup, name, mail, at)
    agent.is_agent, agent.is_admin = True, admin
    return agent


def _add_person(setup: Setup, name: str, mail: str, at: int) -> Person:
    person = Person(id=next(setup.ids), name=name, email=people.address(mail), created_at=at)
    setup.persons[person.id] = person
    return person


def _add_calendars(setup: Setup, at: int) -> None:
    home = dict.fromkeys(WEEKDAYS, ("8:00 am", "5:30 pm")) | {"saturday": ("08:00:00 am", "12:00:00 pm")}
    abroad = dict.fromkeys(WEEKDAYS, ("9:00 am", "5:00 pm"))
    for name, zone, hours in (("Default", "Hanoi", home), ("New York", "Eastern Time (US & Canada)", abroad)):
        made = Calendar(
            id=next(setup.ids), name=name, time_zone=zone, is_default=name == "Default", hours=hours, created_at=at
        )
        setup.calendars.append(made)


def _add_fields(setup: Setup) -> None:
    for name in STANDARD:
        _add_field(setup, name, name.capitalize(), f"default_{name}", default=True)
    complaint = _add_field(setup, "cf_loai_khieu_nai", people.COMPLAINT_FIELD, "custom_dropdown")
    complaint.choices = people.COMPLAINTS
    order = _add_field(setup, "cf_ma_don_hang", people.ORDER_FIELD, "custom_text")
    setup.account.complaint_field_id, setup.account.order_field_id = complaint.id, order.id
    _add_field(setup, "ticket_type", "Type", "default_ticket_type", default=True).choices = TICKET_TYPES


def _add_field(setup: Setup, name: str, label: str, kind: str, *, default: bool = False) -> TicketField:
    made = TicketField(
        id=next(setup.ids), name=name, label=label, label_for_customers=label, type=kind, default=default
    )
    setup.fields[name] = made
    return made


def _policy() -> dict[str, object]:
    target = {"next_respond_within": None, "business_hours": True, "escalation_enabled": True}
    return {
        "name": "Default SLA Policy",
        "description": None,
        "active": True,
        "is_default": True,
        "position": 1,
        "sla_target": {
            f"priority_{priority}": {"respond_within": 3600 * (5 - priority), "resolve_within": 86_400, **target}
            for priority in range(1, 5)
        },
        "applicable_to": {},
        "escalation": {},
    }
