"""Customers, from when to when."""

from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.misfits import out_of_order
from sync.inputs.kinds.shared_columns import Identity, Moment, customer_column


class Customer(RowModel):
    """A customer, from when to when."""

    customer_ref: Identity = customer_column(optional=False)
    segment: Identity | None = column("phân khúc", "nhóm khách hàng", example="retail", optional=True)
    country: Identity | None = column("quốc gia", "nước", example="VN", optional=True)
    active_from: Moment = column("từ ngày", "ngày bắt đầu", example="2025-01-15", shape="date")
    active_to: Moment | None = column(
        "đến ngày",
        "ngày kết thúc",
        example="2026-03-31",
        about="The last day as a customer; empty while he stays.",
        optional=True,
        shape="date",
    )
    is_core: bool | None = column("core", "thân thiết", "khách hàng thân thiết", example="true", optional=True)
    requester_ref: Identity | None = column(
        "requester",
        "mã trên hệ thống hỗ trợ",
        example="361000001",
        about="The helpdesk's id of the customer, where it is another than your own key.",
        optional=True,
    )


def _misfit(values: Values) -> Message | None:
    return out_of_order(values, "active_from", "active_to")


KIND = Kind(
    name="customers",
    title=message("customers"),
    model=Customer,
    key=("customer_ref", "active_from"),
    at="active_from",
    agent=None,
    ticket=None,
    misfit=_misfit,
)
