"""Answers of surveys outside the helpdesk."""

from typing import Literal

from kpi_engine.indicators.service_quality import DIMENSIONS
from kpi_engine.message import Message, message
from kpi_engine.observe import YEAR
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.misfits import off_scale
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    Score,
    account_column,
    agent_column,
    customer_column,
    moment_column,
    ticket_column,
)
from sync.inputs.values import instant


class Survey(RowModel):
    """One answer of a survey outside the helpdesk; without an answer the row says that it was sent."""

    response_id: Identity = column("mã phản hồi", "id", example="n-77")
    instrument: Literal["csat", "nps", "ces", "servqual"] = column("loại khảo sát", "khảo sát", example="nps")
    item: Identity = column(
        "câu hỏi",
        "mục",
        example="recommend",
        about="recommend, effort, willingness (to go on paying), satisfaction; of servqual the item's name.",
        words={
            "recommend": ("giới thiệu", "sẵn sàng giới thiệu"),
            "effort": ("nỗ lực", "mức độ dễ dàng"),
            "willingness": ("go on paying", "tiếp tục chi trả", "tiếp tục sử dụng"),
            "satisfaction": ("hài lòng", "mức độ hài lòng"),
        },
    )
    dimension: Identity | None = column(
        "khía cạnh",
        example="reliability",
        about="Of servqual: tangibles, reliability, responsiveness, assurance or empathy.",
        optional=True,
        words={
            "tangibles": ("hữu hình", "phương tiện hữu hình"),
            "reliability": ("tin cậy", "độ tin cậy"),
            "responsiveness": ("đáp ứng", "khả năng đáp ứng"),
            "assurance": ("đảm bảo", "năng lực phục vụ"),
            "empathy": ("đồng cảm", "thấu cảm"),
        },
    )
    kind: Literal["single", "expectation", "perception"] | None = column(
        "loại",
        example="single",
        optional=True,
        words={"single": ("đơn",), "expectation": ("kỳ vọng",), "perception": ("cảm nhận",)},
    )
    score: Score | None = column("điểm", example=9, about="Empty where nobody answered.", optional=True)
    scale_min: Score = column("min", "điểm thấp nhất", example=0)
    scale_max: Score = column("max", "điểm cao nhất", example=10)
    higher_is_better: bool | None = column("cao là tốt", example="true", optional=True)
    sent_at: Moment = moment_column("ngày gửi", "thời điểm gửi")
    answered_at: Moment | None = moment_column(
        "ngày trả lời", "thời điểm trả lời", example="2026-03-31 18:20", optional=True
    )
    customer_ref: Identity = customer_column(optional=False)
    ticket_ref: Identity | None = ticket_column()
    agent_ref: Identity | None = agent_column(optional=True)
    account: Identity | None = account_column()


def _misfit(values: Values) -> Message | None:
    if ("score" in values) is not ("answered_at" in values):
        return message("{one} and {other} go together", one="score", other="answered_at")
    if "answered_at" in values and instant(str(values["answered_at"])) < instant(str(values["sent_at"])):
        return message("{later} is before {earlier}", later="answered_at", earlier="sent_at")
    if "answered_at" in values and instant(str(values["answered_at"])) > instant(str(values["sent_at"])) + YEAR:
        return message("{later} is more than a year after {earlier}", later="answered_at", earlier="sent_at")
    return _gap_misfit(values) or off_scale(values)


def _gap_misfit(values: Values) -> Message | None:
    """Return what a row of a SERVQUAL survey lacks."""
    if values["instrument"] != "servqual":
        return None
    if values.get("dimension") not in DIMENSIONS:
        return message("a row of servqual needs {column}: {allowed}", column="dimension", allowed=", ".join(DIMENSIONS))
    if values.get("kind") not in ("expectation", "perception"):
        return message("a row of servqual needs {column}: {allowed}", column="kind", allowed="expectation, perception")
    return None


KIND = Kind(
    name="surveys",
    title=message("survey responses"),
    model=Survey,
    key=("response_id", "instrument", "item", "kind"),
    at="sent_at",
    misfit=_misfit,
)
