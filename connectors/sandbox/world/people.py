"""The simulated company's people: the same names, addresses and groups on every helpdesk."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from connectors.sandbox.world.texts import FAMILIES, GIVEN, MIDDLES

AGENTS = (
    ("Nguyễn Văn An", "an"),
    ("Trần Thị Bích Ngọc", "ngoc"),
    ("<b>Trần</b> & Minh", "minh"),
    ("=Lê Văn Cường", "cuong"),
    ("Phạm Thị Ánh Tuyết", "tuyet"),
    ("Huỳnh Quốc Đạt", "dat"),
    ("Vũ Đình Phước", "phuoc"),
    ("Công Tằng Tôn Nữ Bùi Thị Thùy Dương " * 5, "duong"),
)
SUSPENDED, DOWNGRADED = 6, 7  # places in AGENTS of those who have left
ADMIN = ("Đặng Thu Hà", "ha")
INTEGRATION = ("KPI Integration", "kpi")
BOT = ("Trợ lý tự động", "bot")
GROUPS = ("Hỗ trợ", "Kỹ thuật", "Khiếu nại")
KPI_GROUP = "KPI"
COMPLAINT_FIELD = "Loại khiếu nại"
COMPLAINTS = ("giao_hang", "chat_luong", "thai_do")
ROOT_CAUSE_FIELD = "Nguyên nhân gốc"
ROOT_CAUSES = ("giao_hang", "san_pham", "huong_dan", "thanh_toan")
ORDER_FIELD = "Mã đơn hàng"


@dataclass(slots=True)
class Account:
    """Who and what is who on one helpdesk, by its own ids; agents in the order of AGENTS, groups of GROUPS."""

    admin_id: int = 0
    integration_id: int = 0
    bot_id: int = 0
    agent_ids: list[int] = field(default_factory=list)
    customer_ids: list[int] = field(default_factory=list)
    group_ids: list[int] = field(default_factory=list)  # the three that take tickets
    kpi_group_id: int = 0
    brand_ids: tuple[int, int] = (1, 2)
    complaint_field_id: int = 0
    order_field_id: int = 0
    retired_field_id: int = 0
    root_cause_field_id: int = 0  # none: this helpdesk has no such field
    routing_rule_id: int = 0
    assigning_rule_id: int = 0


def address(mail: str) -> str:
    """Return the e-mail address that a person has on every helpdesk."""
    return f"{mail}@sao-mai.example"


def customers(random: Random, number: int) -> Iterator[tuple[str, str]]:
    """Yield so many customers as (name, first part of the address); the last one's name is very long."""
    for place in range(number):
        name = f"{random.choice(FAMILIES)} {random.choice(MIDDLES)} {random.choice(GIVEN)}"
        shown = "Khách " + "rất dài tên " * 20 if place == number - 1 else name
        yield shown, f"khach{place}"


def group_places(agent: int) -> tuple[int, ...]:
    """Return the places in GROUPS of an agent's groups, by the agent's place; his own first."""
    return (agent % 3, 2) if agent == 0 else (agent % 3,)
