"""What managers, peers and agents themselves think of somebody's work."""

from typing import Literal

from kpi_engine.message import message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind
from sync.inputs.kinds.misfits import off_scale
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    Score,
    Weight,
    Words,
    account_column,
    agent_column,
    period_column,
)


class Evaluation(RowModel):
    """What a manager, a peer or the agent himself thinks of a period's work."""

    period: Moment = period_column()
    agent_ref: Identity = agent_column()
    evaluator: Identity = column("người đánh giá", example="lead@saomai.vn")
    role: Literal["manager", "peer", "self"] = column(
        "vai trò",
        example="manager",
        words={
            "manager": ("quản lý", "lead", "trưởng nhóm"),
            "peer": ("đồng nghiệp",),
            "self": ("tự đánh giá", "bản thân"),
        },
    )
    item: Identity = column(
        "tiêu chí",
        "hạng mục",
        example="teamwork",
        words={
            "teamwork": ("làm việc nhóm", "tinh thần đồng đội"),
            "adaptability": ("thích ứng", "khả năng thích ứng"),
        },
    )
    weight: Weight | None = column("trọng số", example=1, about="1 where it is empty.", optional=True)
    score: Score = column("điểm", example=4)
    scale_min: Score | None = column("min", "điểm thấp nhất", example=1, about="1 where it is empty.", optional=True)
    scale_max: Score = column("max", "thang điểm", "điểm cao nhất", example=5)
    comment: Words | None = column(
        "nhận xét", "ghi chú", example="", about="Read, and not kept.", optional=True, kept=False
    )
    account: Identity | None = account_column()


KIND = Kind(
    name="evaluations",
    title=message("evaluations"),
    model=Evaluation,
    key=("period", "agent_ref", "evaluator", "role", "item"),
    at="period",
    customer=None,
    ticket=None,
    misfit=off_scale,
)
