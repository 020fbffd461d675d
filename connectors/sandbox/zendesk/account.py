"""The simulated company's set-up: people, groups, business hours, fields and statuses."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from connectors.sandbox.world import people
from connectors.sandbox.world.people import DOWNGRADED, SUSPENDED, Account
from connectors.sandbox.zendesk.records import CustomField, CustomStatus, Group, Membership, Schedule, User

DAY = 86_400
FIRST_ID = 6_130_852_530_000
BRANDS = (6_130_830_354_842, 6_130_830_354_999)
FORM = 6_130_830_344_474
ROUTING_TRIGGER = 6_130_840_000_101
ESCALATION_TRIGGER = 6_130_840_000_202
CLOSING_AUTOMATION = 6_130_840_000_303
SURVEY_AUTOMATION = 6_130_840_000_404
ASSIGNING_TRIGGER = 6_130_840_000_505

STATUSES = (
    ("new", "Mới", True),
    ("open", "Đang mở", True),
    ("pending", "Chờ khách hàng", True),
    ("hold", "Tạm giữ", True),
    ("solved", "Đã giải quyết", True),
    ("hold", "Chờ nhà cung cấp", False),
)
SYSTEM_FIELDS = ("subject", "description", "status", "tickettype", "priority", "group", "assignee")
WORKING_WEEK = (
    *((day * 1440 + 480, day * 1440 + 720) for day in range(1, 6)),
    *((day * 1440 + 810, day * 1440 + 1050) for day in range(1, 6)),
    (6 * 1440 + 480, 6 * 1440 + 720),
)
NEW_YORK_WEEK = tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(1, 6))


@dataclass(slots=True)
class Setup:
    """Everything the account is set up with."""

    account: Account = field(default_factory=Account)
    users: dict[int, User] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    memberships: dict[int, Membership] = field(default_factory=dict)
    schedules: dict[int, Schedule] = field(default_factory=dict)
    statuses: list[CustomStatus] = field(default_factory=list)
    ticket_fields: dict[int, CustomField] = field(default_factory=dict)
    user_fields: dict[int, CustomField] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(FIRST_ID, 17))


def furnished(random: Random, founded_at: int, customers: int) -> Setup:
    """Return a Vietnamese company's account as it was set up at `founded_at`, with so many customers."""
    setup = Setup()
    setup.account.brand_ids = BRANDS
    setup.account.routing_rule_id, setup.account.assigning_rule_id = ROUTING_TRIGGER, ASSIGNING_TRIGGER
    _add_groups(setup, founded_at)
    _add_staff(setup, founded_at)
    _add_customers(setup, founded_at, customers, random)
    _add_schedules(setup, founded_at)
    _add_fields(setup, founded_at)
    setup.statuses = [
        CustomStatus(id=next(setup.ids), category=category, agent_label=label, default=default)
        for category, label, default in STATUSES
    ]
    return setup


def _add_groups(setup: Setup, at: int) -> None:
    for name in people.GROUPS:
        group = Group(id=next(setup.ids), name=name, created_at=at, default=name == people.GROUPS[0])
        setup.groups[group.id] = group
        setup.account.group_ids.append(group.id)
    hidden = Group(id=next(setup.ids), name=people.KPI_GROUP, created_at=at, is_public=False)
    dissolved = Group(id=next(setup.ids), name="Tổ cũ", created_at=at, deleted=True)
    setup.groups |= {hidden.id: hidden, dissolved.id: dissolved}
    setup.account.kpi_group_id = hidden.id


def _add_staff(setup: Setup, at: int) -> None:
    account = setup.account
    account.admin_id = _add_user(setup, *people.ADMIN, "admin", at)
    account.integration_id = _add_user(setup, *people.INTEGRATION, "admin", at)
    account.agent_ids = [_add_user(setup, name.strip(), mail, "agent", at) for name, mail in people.AGENTS]
    account.bot_id = _add_user(setup, *people.BOT, "agent", at)
    for place, agent_id in enumerate([*account.agent_ids, account.bot_id]):
        home = account.group_ids[people.group_places(place)[0]]
        setup.users[agent_id].default_group_id = home
        setup.users[agent_id].ticket_restriction = ("groups", None, "assigned")[place % 3]
        _join(setup, agent_id, home, at)
    for place in people.group_places(0)[1:]:
        _join(setup, account.agent_ids[0], account.group_ids[place], at)
    for boss in (account.admin_id, account.integration_id):
        _join(setup, boss, account.kpi_group_id, at)
    setup.users[account.agent_ids[SUSPENDED]].suspended = True
    setup.users[account.agent_ids[DOWNGRADED]].role = "end-user"


def _add_user(setup: Setup, name: str, mail: str, role: str, at: int) -> int:
    user = User(id=next(setup.ids), name=name, email=people.address(mail), role=role, created_at=at, updated_at=at)
    setup.users[user.id] = user
    return user.id


def _join(setup: Setup, user_id: int, group_id: int, at: int) -> None:
    member = Membership(id=next(setup.ids), user_id=user_id, group_id=group_id, created_at=at)
    member.default = setup.users[user_id].default_group_id == group_id
    setup.memberships[member.id] = member


def _add_customers(setup: Setup, at: int, customers: int, random: Random) -> None:
    for name, mail in people.customers(random, customers):
        user = _add_user(setup, name, mail, "end-user", at)
        setup.account.customer_ids.append(user)


def _add_schedules(setup: Setup, at: int) -> None:
    holidays = ((next(setup.ids), "Ngày Nhà giáo", "2026-11-20", "2026-11-20"),)
    home = Schedule(
        id=next(setup.ids), name="Việt Nam", time_zone="Asia/Ho_Chi_Minh", intervals=tuple(sorted(WORKING_WEEK)),
        holidays=holidays, created_at=at,
    )  # fmt: skip
    abroad = Schedule(
        id=next(setup.ids), name="New York", time_zone="Eastern Time (US & Canada)", intervals=NEW_YORK_WEEK,
        holidays=(), created_at=at + 30 * DAY,
    )  # fmt: skip
    setup.schedules = {home.id: home, abroad.id: abroad}


def _add_fields(setup: Setup, at: int) -> None:
    for kind in SYSTEM_FIELDS:
        _add_ticket_field(setup, kind, kind.capitalize(), at).removable = False
    complaint = _add_ticket_field(setup, "tagger", people.COMPLAINT_FIELD, at)
    complaint.options = people.COMPLAINTS
    order = _add_ticket_field(setup, "text", people.ORDER_FIELD, at)
    retired = _add_ticket_field(setup, "integer", "Trường cũ", at)
    retired.active = False
    account = setup.account
    account.complaint_field_id, account.order_field_id = complaint.id, order.id
    account.retired_field_id = retired.id
    shift = CustomField(id=next(setup.ids), type="text", title="Ca làm việc", key="shift", created_at=at, updated_at=at)
    setup.user_fields[shift.id] = shift
    cause = _add_ticket_field(setup, "tagger", people.ROOT_CAUSE_FIELD, at)
    cause.options = people.ROOT_CAUSES
    account.root_cause_field_id = cause.id


def _add_ticket_field(setup: Setup, kind: str, title: str, at: int) -> CustomField:
    made = CustomField(id=next(setup.ids), type=kind, title=title, created_at=at, updated_at=at)
    setup.ticket_fields[made.id] = made
    return made
