"""Ratings on public pages."""

from typing import Annotated

from pydantic import Field

from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    Words,
    account_column,
    agent_column,
    moment_column,
    ticket_column,
)


class Social(RowModel):
    """A rating on a public page."""

    site: Identity = column("trang", "nền tảng", example="Google")
    posted_at: Moment = moment_column("ngày đăng", "thời điểm đăng")
    stars: Annotated[float, Field(ge=0, le=10)] = column("số sao", "sao", example=4)
    scale_max: Annotated[float, Field(gt=0, le=10)] | None = column(
        "max", "thang điểm", example=5, about="5 where it is empty.", optional=True
    )
    url: Words = column("link", "liên kết", "địa chỉ", example="https://example.com/reviews/1")
    ticket_ref: Identity | None = ticket_column()
    agent_ref: Identity | None = agent_column(optional=True)
    account: Identity | None = account_column()


def _misfit(values: Values) -> Message | None:
    if float(values["stars"]) > float(values.get("scale_max", 5)):
        return message("the score {score} is not on the scale", score=values["stars"])
    return None


KIND = Kind(
    name="social",
    title=message("ratings on public pages"),
    model=Social,
    key=("url",),
    at="posted_at",
    customer=None,
    misfit=_misfit,
)
