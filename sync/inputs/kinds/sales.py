"""Sales, and what they came from."""

from typing import Literal

from kpi_engine.message import message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind
from sync.inputs.kinds.shared_columns import (
    Amount,
    Currency,
    Identity,
    Moment,
    account_column,
    agent_column,
    currency_column,
    customer_column,
    moment_column,
    ticket_column,
)


class Sale(RowModel):
    """A sale, and what it came from."""

    sale_id: Identity = column("order_id", "mã đơn hàng", "id", example="s-2001")
    customer_ref: Identity = customer_column(optional=False)
    sold_at: Moment = moment_column("ngày bán", "thời điểm bán")
    amount: Amount = column("số tiền", "doanh thu", "giá trị", example=2_500_000)
    currency: Currency = currency_column()
    source: Literal["support", "referral", "other"] = column(
        "nguồn",
        example="support",
        words={
            "support": ("hỗ trợ", "chăm sóc khách hàng"),
            "referral": ("giới thiệu", "referrer"),
            "other": ("khác",),
        },
    )
    ticket_ref: Identity | None = ticket_column()
    agent_ref: Identity | None = agent_column(optional=True)
    referrer_ref: Identity | None = column(
        "referrer", "người giới thiệu", example="KH-0007", about="The customer who sent him.", optional=True
    )
    account: Identity | None = account_column()


KIND = Kind(name="sales", title=message("sales"), model=Sale, key=("sale_id",), at="sold_at")
