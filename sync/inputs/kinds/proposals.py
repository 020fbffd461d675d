"""Proposals for improvement."""

from typing import Literal

from kpi_engine.message import message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind
from sync.inputs.kinds.shared_columns import Identity, Moment, Words, account_column, agent_column, moment_column


class Proposal(RowModel):
    """Somebody's proposal to improve a product, a policy or the work."""

    proposal_id: Identity = column("mã đề xuất", "id", example="p-12")
    proposed_at: Moment = moment_column("ngày đề xuất", "thời điểm đề xuất")
    agent_ref: Identity = agent_column()
    topic: Identity | None = column("chủ đề", example="packaging", optional=True)
    state: Literal["proposed", "accepted", "done", "declined"] | None = column(
        "trạng thái",
        example="accepted",
        optional=True,
        words={
            "proposed": ("đề xuất", "mới"),
            "accepted": ("chấp nhận", "đã duyệt"),
            "done": ("hoàn thành", "đã làm"),
            "declined": ("từ chối",),
        },
    )
    root_cause: Identity | None = column(
        "nguyên nhân gốc",
        "nguyên nhân",
        example="packaging",
        about="The root cause of tickets that it would mend, in the helpdesk's word.",
        optional=True,
    )
    link: Words | None = column(
        "url", "liên kết", example="https://example.com/fixes/12", about="Where it is followed up.", optional=True
    )
    account: Identity | None = account_column()


KIND = Kind(
    name="proposals",
    title=message("proposals for improvement"),
    model=Proposal,
    key=("proposal_id",),
    at="proposed_at",
    customer=None,
    ticket=None,
)
