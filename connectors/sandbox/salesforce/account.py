"""The simulated company's org as it was set up: people, queues, statuses, business hours, holidays, rights."""

from dataclasses import dataclass, field
from itertools import count
from random import Random

from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.objects import Table, tables
from connectors.sandbox.world import people
from connectors.sandbox.world.people import DOWNGRADED, SUSPENDED, Account
from connectors.sandbox.world.verbs import SYSTEM_USER

STATUSES = (
    ("New", "Mới", False, True),
    ("Working", "Đang xử lý", False, False),
    ("Waiting on Customer", "Chờ khách hàng", False, False),
    ("On Hold", "Tạm giữ", False, False),
    ("Waiting on Supplier", "Chờ nhà cung cấp", False, False),
    ("Closed", "Đã đóng", True, False),
)
WORDS = {
    "new": "New",
    "open": "Working",
    "pending": "Waiting on Customer",
    "hold": "On Hold",
    "solved": "Closed",
    "closed": "Closed",
}
LABELS = {name: label for name, label, _, _ in STATUSES}
PRIORITIES = {"low": "Low", "normal": "Medium", "high": "High", "urgent": "Critical"}
ORIGINS = {"mail": "Email", "voice": "Phone"}
COMPANIES = ("Công ty Bình Minh", "Hợp tác xã Đồng Xanh")
TEST_TAGS = ("test", "internal")
WORKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
COMPLAINT, ORDER = "Loai_Khieu_Nai__c", "Ma_Don_Hang__c"
DAY = 86_400
FIRST_PERSON = 1000


@dataclass(slots=True)
class Org:
    """The org's tables, who is who by the world's numbers, and the ids these numbers have here."""

    tables: dict[str, Table] = field(default_factory=tables)
    account: Account = field(default_factory=Account)
    ids: dict[int, str] = field(default_factory=dict)
    emails: dict[int, str] = field(default_factory=dict)
    contacts: dict[int, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    record_types: dict[str, str] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(FIRST_PERSON, 7))
    hours_id: str = ""
    permission_set: str = ""

    def add(self, subject: str, **values: object) -> str:
        """Add a row and return its id."""
        row_id = made_id(subject, next(self.numbers))
        table = self.tables[subject]
        table.rows[row_id] = {"Id": row_id, **values}
        table.version += 1
        return row_id

    def person(self, row_id: str) -> int:
        """Return the world's number for somebody."""
        number = next(self.numbers)
        self.ids[number] = row_id
        return number

    def company(self, contact: str) -> object:
        """Return the account a contact belongs to; None where he writes for himself."""
        return self.tables["Contact"].rows[contact].get("AccountId")


def furnished(random: Random, founded_at: int, customers: int) -> Org:
    """Return the org as it was set up at `founded_at`, with so many customers."""
    org = Org()
    org.add("Organization", DefaultCaseAccess="None")
    org.tables["EntityDefinition"].rows["Case"] = {"Id": "Case", "QualifiedApiName": "Case"}
    _add_queues(org)
    _add_staff(org, founded_at)
    _add_customers(org, random, customers)
    _add_statuses(org)
    _add_hours(org, founded_at)
    _add_companies(org)
    org.account.complaint_field_id, org.account.order_field_id = 1, 2
    return org


def _add_queues(org: Org) -> None:
    names = (*people.GROUPS, people.KPI_GROUP)
    queues = [org.add("Group", Name=name, Type="Queue", RelatedId=None) for name in names]
    for queue in queues:
        org.add("QueueSobject", QueueId=queue, SobjectType="Case")
    numbers = [org.person(queue) for queue in queues]
    org.account.group_ids, org.account.kpi_group_id = numbers[:-1], numbers[-1]


def _add_staff(org: Org, at: int) -> None:
    admins = org.add("Profile", Name="System Administrator", PermissionsModifyAllData=True)
    agents = org.add("Profile", Name="Standard User", PermissionsModifyAllData=False)
    account = org.account
    account.admin_id = _add_user(org, people.ADMIN, admins, at)
    account.integration_id = _add_user(org, people.INTEGRATION, admins, at)
    account.agent_ids = [_add_user(org, person, agents, at) for person in people.AGENTS]
    account.bot_id = _add_user(org, people.BOT, agents, at, kind="AutomatedProcess")
    org.ids[SYSTEM_USER] = org.ids[_add_user(org, ("Automated Process", "auto"), agents, at, kind="AutomatedProcess")]
    for place, agent in enumerate(account.agent_ids):
        for group in people.group_places(place):
            org.add("GroupMember", GroupId=org.ids[account.group_ids[group]], UserOrGroupId=org.ids[agent])
    for boss in (account.admin_id, account.integration_id):
        org.add("GroupMember", GroupId=org.ids[account.kpi_group_id], UserOrGroupId=org.ids[boss])
    for gone in (SUSPENDED, DOWNGRADED):
        org.tables["User"].rows[org.ids[account.agent_ids[gone]]]["IsActive"] = False
    org.permission_set = org.add(
        "PermissionSet", Name="Service_Integration", Label="Service Integration", PermissionsManageUsers=True
    )
    own = org.ids[account.integration_id]
    org.add("PermissionSetAssignment", AssigneeId=own, PermissionSetId=org.permission_set)
    org.add("ObjectPermissions", ParentId=org.permission_set, SobjectType="Case", PermissionsViewAllRecords=True)


def _add_user(org: Org, person: tuple[str, str], profile: str, at: int, kind: str = "Standard") -> int:
    name, mail = person
    email = people.address(mail)
    row_id = org.add(
        "User", Name=name.strip(), Username=email, Email=email, IsActive=True, UserType=kind, ProfileId=profile,
        TimeZoneSidKey="Asia/Ho_Chi_Minh", LanguageLocaleKey="vi", UserRoleId=None, ContactId=None, SystemModstamp=at,
    )  # fmt: skip
    number = org.person(row_id)
    org.emails[number] = email
    org.contacts[number] = org.add("Contact", Name=name.strip(), Email=email)
    return number


def _add_customers(org: Org, random: Random, customers: int) -> None:
    for name, mail in people.customers(random, customers):
        row_id = org.add("Contact", Name=name, Email=people.address(mail))
        number = org.person(row_id)
        org.contacts[number] = row_id
        org.emails[number] = people.address(mail)
        org.account.customer_ids.append(number)


def _add_companies(org: Org) -> None:
    """Let customers work for the companies in turn; one in three writes for himself."""
    companies = [org.add("Account", Name=name) for name in COMPANIES]
    for place, customer in enumerate(org.account.customer_ids):
        contact = org.tables["Contact"].rows[org.contacts[customer]]
        contact["AccountId"] = [*companies, None][place % (len(companies) + 1)]


def _add_statuses(org: Org) -> None:
    for name, label, closed, default in STATUSES:
        org.add("CaseStatus", ApiName=name, MasterLabel=label, IsClosed=closed, IsDefault=default)
    org.record_types = {tag: org.add("RecordType", Name=tag) for tag in TEST_TAGS}


def _add_hours(org: Org, at: int) -> None:
    """Open from 8:00 to 17:30 on workdays: business hours know no lunch break; on Saturdays until noon."""
    week: dict[str, object] = {}
    for day in (*WORKDAYS, "Saturday", "Sunday"):
        end = "17:30:00.000Z" if day in WORKDAYS else "12:00:00.000Z"
        shown = (None, None) if day == "Sunday" else ("08:00:00.000Z", end)
        week[f"{day}StartTime"], week[f"{day}EndTime"] = shown
    made = {"CreatedDate": at, "CreatedById": None, "IsActive": True}
    org.hours_id = org.add(
        "BusinessHours", Name="Việt Nam", IsDefault=True, TimeZoneSidKey="Asia/Ho_Chi_Minh", **week, **made
    )
    always = {
        f"{day}{end}Time": "00:00:00.000Z" for day in (*WORKDAYS, "Saturday", "Sunday") for end in ("Start", "End")
    }
    org.add("BusinessHours", Name="24/7", IsDefault=False, TimeZoneSidKey="America/New_York", **always, **made)
    once = {"IsAllDay": True, "IsRecurrence": False}
    org.add("Holiday", Name="Ngày Nhà giáo", ActivityDate="2026-11-20", **once)
    org.channels = {name: org.add("ServiceChannel", DeveloperName=name) for name in ("Case", "Phone")}
    org.add("SlaProcess", Name="Hỗ trợ chuẩn", IsActive=True)
