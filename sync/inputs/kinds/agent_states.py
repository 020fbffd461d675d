"""When agents were there for calls."""

from typing import Literal

from kpi_engine.message import message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    Seconds,
    account_column,
    agent_column,
    moment_column,
    seconds_column,
)


class AgentState(RowModel):
    """A stretch in which an agent was there for calls, or was not."""

    agent_ref: Identity = agent_column()
    started_at: Moment = moment_column("bắt đầu", "thời điểm bắt đầu")
    state: Literal["available", "away"] = column(
        "trạng thái",
        example="available",
        about="available: ready, and not on a call; away: anything else.",
        words={"available": ("ready", "sẵn sàng"), "away": ("break", "vắng mặt", "nghỉ")},
    )
    seconds: Seconds = seconds_column("giây", example=1_800, about="How long it lasted.", optional=False)
    account: Identity | None = account_column()


KIND = Kind(
    name="agent_states",
    title=message("states of agents"),
    model=AgentState,
    key=("agent_ref", "started_at"),
    at="started_at",
    customer=None,
    ticket=None,
)
