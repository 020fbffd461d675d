"""Contacts of an agent's own accord."""

from kpi_engine.message import message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    account_column,
    agent_column,
    customer_column,
    moment_column,
    ticket_column,
)


class Outbound(RowModel):
    """A contact that the agent made of his own accord."""

    contact_id: Identity = column("mã liên hệ", "id", example="o-5")
    contacted_at: Moment = moment_column("ngày liên hệ", "thời điểm liên hệ")
    agent_ref: Identity = agent_column()
    customer_ref: Identity = customer_column(optional=False)
    channel: Identity = column("kênh", example="phone")
    purpose: Identity | None = column("mục đích", example="follow-up", optional=True)
    reached: bool | None = column("liên hệ được", "gặp được", example="true", optional=True)
    ticket_ref: Identity | None = ticket_column()
    account: Identity | None = account_column()


KIND = Kind(
    name="outbound_contacts",
    title=message("contacts of our own accord"),
    model=Outbound,
    key=("contact_id",),
    at="contacted_at",
)
