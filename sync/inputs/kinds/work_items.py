"""Work on something, from taking it up to being done with it."""

from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    Seconds,
    account_column,
    agent_column,
    moment_column,
    seconds_column,
    ticket_column,
)


class WorkItem(RowModel):
    """Work on something, from taking it up to being done with it: a time entry, or an item routed to an agent."""

    work_item_id: Identity = column("mã công việc", "id", example="w-1001")
    closed_at: Moment = moment_column("thời điểm xong", "kết thúc", about="When the agent was done with it.")
    agent_ref: Identity = agent_column()
    ticket_ref: Identity | None = ticket_column()
    channel: Identity | None = column("kênh", example="chat", optional=True)
    handle_s: Seconds = seconds_column(
        "handle", "thời gian xử lý", example=540, about="Seconds it took.", optional=False
    )
    active_s: Seconds | None = seconds_column(
        "active", "thời gian tập trung", example=300, about="Of these, seconds in which it was in front of the agent."
    )
    account: Identity | None = account_column()


def _misfit(values: Values) -> Message | None:
    if int(values.get("active_s", 0)) > int(values["handle_s"]):
        return message("{part} is more than {whole}", part="active_s", whole="handle_s")
    return None


KIND = Kind(
    name="work_items",
    title=message("work items"),
    model=WorkItem,
    key=("work_item_id",),
    at="closed_at",
    customer=None,
    misfit=_misfit,
)
