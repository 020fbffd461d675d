"""What agents added to the knowledge base."""

from typing import Literal

from kpi_engine.message import message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    account_column,
    agent_column,
    moment_column,
    ticket_column,
    word_column,
)


class KnowledgeContribution(RowModel):
    """An article that an agent wrote, brought up to date or reviewed."""

    contribution_id: Identity = column("mã đóng góp", "id", example="a-17")
    contributed_at: Moment = moment_column("ngày đóng góp", "thời điểm đóng góp")
    agent_ref: Identity = agent_column()
    action: Literal["written", "updated", "reviewed"] = column(
        "loại đóng góp",
        "việc",
        example="written",
        words={
            "written": ("created", "new", "viết mới", "viết"),
            "updated": ("improved", "cập nhật", "sửa"),
            "reviewed": ("rà soát", "kiểm tra"),
        },
    )
    article: Identity | None = word_column("bài viết", "mã bài viết", example="kb-204")
    topic: Identity | None = word_column("chủ đề", example="packaging")
    ticket_ref: Identity | None = ticket_column()
    account: Identity | None = account_column()


KIND = Kind(
    name="knowledge_contributions",
    title=message("contributions to the knowledge base"),
    model=KnowledgeContribution,
    key=("contribution_id",),
    at="contributed_at",
    customer=None,
)
