"""Praise that reached us outside a ticket's rating: by telephone, by letter, in the shop."""

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
    word_column,
)


class Compliment(RowModel):
    """A customer's praise, of an agent or of all."""

    compliment_id: Identity = column("mã lời khen", "id", example="k-8")
    received_at: Moment = moment_column("ngày nhận", "thời điểm nhận")
    agent_ref: Identity | None = agent_column(optional=True, about="Whom it praises; empty: no one in particular.")
    customer_ref: Identity | None = customer_column()
    ticket_ref: Identity | None = ticket_column()
    channel: Identity | None = word_column("kênh", example="phone")
    account: Identity | None = account_column()


KIND = Kind(
    name="compliments",
    title=message("compliments"),
    model=Compliment,
    key=("compliment_id",),
    at="received_at",
)
