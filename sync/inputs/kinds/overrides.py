"""Decisions about a ticket's clock, its rating or its dispute."""

from typing import Literal

from kpi_engine.message import message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind
from sync.inputs.kinds.shared_columns import Identity, Moment, Words, account_column, moment_column, ticket_column
from sync.store.observations import OVERRIDES


class Override(RowModel):
    """A decision that a ticket's clock or rating counts for nobody, or that a dispute is refused."""

    ticket_ref: Identity = ticket_column(optional=False)
    clock: Literal["first_reply", "next_reply", "resolution", "rating", "refused", "disputed"] = column(
        "what",
        "đồng hồ",
        "nội dung",
        example="first_reply",
        about="The clock that is exempted, or the rating; refused: the agent's dispute is, and all counts. "
        "disputed: the agent disputes the ticket and could not mark it.",
        words={
            "first_reply": ("phản hồi đầu tiên",),
            "next_reply": ("phản hồi tiếp theo",),
            "resolution": ("giải quyết",),
            "rating": ("đánh giá",),
            "refused": ("từ chối", "bác"),
            "disputed": ("khiếu nại", "phản đối"),
        },
    )
    reason: Words = column("lý do", example="The telephone exchange was down.")
    approved_by: Identity = column("approver", "người duyệt", example="lead@saomai.vn")
    approved_at: Moment = moment_column("ngày duyệt", "thời điểm duyệt")
    account: Identity | None = account_column()


KIND = Kind(
    name=OVERRIDES,
    title=message("overrides"),
    model=Override,
    key=("ticket_ref", "clock", "account"),
    at="approved_at",
    agent=None,
    customer=None,
)
