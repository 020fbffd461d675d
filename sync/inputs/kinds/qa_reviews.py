"""Quality reviews, a row for each category."""

from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.misfits import off_scale
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    Score,
    Weight,
    account_column,
    agent_column,
    moment_column,
    ticket_column,
)

_CATEGORIES = {
    "listening": ("lắng nghe",),
    "attitude": ("thái độ",),
    "communication": ("giao tiếp",),
    "solving": ("problem solving", "giải quyết vấn đề"),
    "correctness": ("correct content", "đúng nội dung", "trả lời đúng"),
    "conciseness": ("to the point", "đúng trọng tâm", "ngắn gọn"),
    "room_to_speak": ("lets the customer speak", "để khách hàng nói"),
    "service_mention": ("mentions services", "giới thiệu dịch vụ khéo léo"),
}


class QualityReview(RowModel):
    """One category of a quality review; the rows of one review share its id."""

    review_id: Identity = column("mã đánh giá", "id", example="r-31")
    reviewed_at: Moment = moment_column("ngày đánh giá", "thời điểm đánh giá")
    reviewer: Identity = column("người đánh giá", example="lead@saomai.vn")
    agent_ref: Identity = agent_column()
    ticket_ref: Identity | None = ticket_column()
    scorecard_version: Identity = column("version", "phiên bản", "bảng điểm", example="2026-1")
    category: Identity = column("tiêu chí", "hạng mục", example="listening", words=_CATEGORIES)
    weight: Weight = column("trọng số", example=1)
    score: Score | None = column("điểm", example=4, about="Empty where the category did not apply.", optional=True)
    scale_min: Score = column("min", "điểm thấp nhất", example=1)
    scale_max: Score = column("max", "điểm cao nhất", example=5)
    critical: bool | None = column("nghiêm trọng", "trọng yếu", example="false", optional=True)
    na: bool | None = column("not applicable", "không áp dụng", example="false", optional=True)
    account: Identity | None = account_column()


def _misfit(values: Values) -> Message | None:
    if ("score" in values) is bool(values.get("na", False)):
        return message("a category has a score, or it is marked as not applicable ({column})", column="na")
    return off_scale(values)


KIND = Kind(
    name="qa_reviews",
    title=message("quality reviews"),
    model=QualityReview,
    key=("review_id", "category"),
    at="reviewed_at",
    customer=None,
    misfit=_misfit,
)
