"""Calls: a row for each, or for each agent's part of it."""

from typing import Annotated, Literal

from pydantic import Field

from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    Seconds,
    account_column,
    agent_column,
    customer_column,
    moment_column,
    seconds_column,
    ticket_column,
)


class Call(RowModel):
    """A call, or one agent's part of it where it rang for several or was passed on."""

    call_id: Identity = column("mã cuộc gọi", "id", example="c-1001")
    leg: Identity | None = column(
        "leg_id", "chặng", example="1", about="Tells the rows of one call apart, where it has several.", optional=True
    )
    started_at: Moment = moment_column(
        "thời điểm bắt đầu", "bắt đầu", "thời gian", about="When it came in, or was dialled."
    )
    direction: Literal["inbound", "outbound"] = column(
        "chiều",
        "chiều gọi",
        "hướng",
        example="inbound",
        words={"inbound": ("in", "incoming", "gọi đến", "đến"), "outbound": ("out", "outgoing", "gọi đi", "đi")},
    )
    agent_ref: Identity | None = agent_column(optional=True, about="Who took it, or whose phone rang.")
    customer_ref: Identity | None = customer_column()
    ticket_ref: Identity | None = ticket_column()
    queue: Identity | None = column("hàng đợi", "nhánh", example="support", optional=True)
    wait_s: Seconds | None = seconds_column("wait", "thời gian chờ", example=12, about="Seconds in the queue.")
    ring_s: Seconds | None = seconds_column("ring", "thời gian đổ chuông", example=5, about="Seconds his phone rang.")
    talk_s: Seconds | None = seconds_column(
        "talk", "thời gian nói chuyện", "đàm thoại", example=180, about="Seconds talked."
    )
    hold_s: Seconds | None = seconds_column("hold", "thời gian giữ máy", example=20, about="Seconds on hold.")
    wrap_s: Seconds | None = seconds_column("wrap", "xử lý sau gọi", example=30, about="Seconds of work after it.")
    outcome: Literal["answered", "abandoned_queue", "abandoned_ivr", "missed", "voicemail", "no_answer", "busy"] = (
        column(
            "kết quả",
            "trạng thái",
            "status",
            example="answered",
            about="missed: it rang for this agent, who did not pick up. no_answer, busy: dialled by him in vain.",
            words={
                "answered": ("đã trả lời", "trả lời", "nghe máy", "completed"),
                "abandoned_queue": ("abandoned", "bỏ cuộc", "khách bỏ chờ"),
                "abandoned_ivr": ("bỏ ở lời chào",),
                "missed": ("nhỡ", "gọi nhỡ", "cuộc gọi nhỡ", "không bắt máy"),
                "voicemail": ("hộp thư thoại",),
                "no_answer": ("không trả lời", "không nghe máy"),
                "busy": ("bận", "máy bận"),
            },
        )
    )
    questions: Annotated[int, Field(ge=0, le=1_000)] | None = column(
        "số câu hỏi", example=2, about="Questions the customer asked.", optional=True
    )
    correct: Annotated[int, Field(ge=0, le=1_000)] | None = column(
        "số câu đúng", "trả lời đúng", example=2, about="Of these, answered correctly.", optional=True
    )
    account: Identity | None = account_column()


def _misfit(values: Values) -> Message | None:
    if int(values.get("correct", 0)) > int(values.get("questions", values.get("correct", 0))):
        return message("more answers are correct than questions were asked")
    if values["outcome"] in ("answered", "missed") and "agent_ref" not in values:
        return message("a call that was answered or missed needs {column}", column="agent_ref")
    return None


KIND = Kind(
    name="calls",
    title=message("calls"),
    model=Call,
    key=("call_id", "leg"),
    at="started_at",
    misfit=_misfit,
)
