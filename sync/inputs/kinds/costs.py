"""What customer care cost."""

from typing import Literal

from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.shared_columns import (
    Amount,
    Currency,
    Identity,
    Moment,
    account_column,
    currency_column,
    period_column,
)


class Cost(RowModel):
    """What customer care cost in a period."""

    period: Moment = period_column()
    scope: Literal["account", "team", "agent", "channel"] = column(
        "phạm vi",
        example="team",
        words={
            "account": ("all", "toàn bộ", "chung"),
            "team": ("nhóm", "đội"),
            "agent": ("nhân viên",),
            "channel": ("kênh",),
        },
    )
    subject: Identity | None = column(
        "name",
        "đối tượng",
        "tên",
        example="tier-1",
        about="Whose cost it is: the team, agent or channel.",
        optional=True,
    )
    cost_type: Identity = column("type", "loại chi phí", "khoản mục", example="salary")
    amount: Amount = column("số tiền", "chi phí", example=15_000_000)
    currency: Currency = currency_column()
    account: Identity | None = account_column()


def _misfit(values: Values) -> Message | None:
    if values["scope"] != "account" and "subject" not in values:
        return message("a cost of one team, agent or channel needs {column}", column="subject")
    return None


KIND = Kind(
    name="costs",
    title=message("costs"),
    model=Cost,
    key=("period", "scope", "subject", "cost_type", "currency"),
    at="period",
    agent="subject",
    of_agent=lambda values: values["scope"] == "agent",
    customer=None,
    ticket=None,
    misfit=_misfit,
)
