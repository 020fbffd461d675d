"""Training that agents completed."""

from typing import Annotated

from pydantic import Field

from kpi_engine.message import message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind
from sync.inputs.kinds.shared_columns import Identity, Moment, account_column, agent_column, moment_column

Hours = Annotated[float, Field(ge=0, le=10_000)]


class Training(RowModel):
    """One agent's completion of one course; the rows of one course share its id."""

    training_id: Identity = column("mã khóa học", "mã đào tạo", "id", example="t-3")
    completed_at: Moment = moment_column("ngày hoàn thành", "thời điểm hoàn thành")
    agent_ref: Identity = agent_column()
    course: Identity = column("khóa học", "tên khóa học", example="Product safety")
    hours: Hours | None = column("số giờ", "giờ học", example=2, about="How long it took.", optional=True)
    passed: bool | None = column(
        "đạt", example="true", about="Of a course that ends with a test: whether it was passed.", optional=True
    )
    account: Identity | None = account_column()


KIND = Kind(
    name="training",
    title=message("training"),
    model=Training,
    key=("training_id", "agent_ref"),
    at="completed_at",
    customer=None,
    ticket=None,
)
