"""When people are at work or away."""

from typing import Annotated, Final, Literal

from pydantic import Field

from config.calendars import minutes, weekdays
from connectors.settings import UnfitError
from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.kinds.kind import Kind, Values
from sync.inputs.kinds.misfits import out_of_order
from sync.inputs.kinds.shared_columns import (
    Identity,
    Moment,
    agent_column,
    first_day_column,
    last_day_column,
    word_column,
)
from sync.inputs.values import instant

Hours = Annotated[str, Field(min_length=1, max_length=500)]
Week = list[list[list[int]]]


class RosterRow(RowModel):
    """When somebody is at work or away: a shift, a leave, or the hours of every week."""

    agent_ref: Identity = agent_column()
    kind: Literal["shift", "leave", "week"] = column(
        "loại",
        example="leave",
        words={
            "shift": ("ca", "ca trực"),
            "leave": ("nghỉ", "nghỉ phép", "phép"),
            "week": ("tuần", "bán thời gian", "part-time"),
        },
    )
    first_day: Moment | None = first_day_column(
        example="2026-03-02", about="The first day of a leave or of weekly hours."
    )
    last_day: Moment | None = last_day_column(
        example="2026-03-06", about="The last day, it included; of weekly hours empty: until further notice."
    )
    starts_at: Moment | None = column(
        "start",
        "bắt đầu",
        example="",
        about="When a shift, or a leave of hours, begins.",
        optional=True,
        shape="date-time",
    )
    ends_at: Moment | None = column(
        "end", "kết thúc", example="", about="When it ends.", optional=True, shape="date-time"
    )
    hours: Hours | None = word_column(
        "giờ làm", example="", about="Of a week: mon..fri 08:00-12:00; sat 08:00-10:00, 10:30-12:00."
    )


def _misfit(row: Values) -> Message | None:
    lacking = [name for name in _NEEDED[_form(row)] if name not in row]
    if lacking:
        return message("a row of the kind {kind} needs {column}", kind=row["kind"], column=", ".join(lacking))
    if "starts_at" in row and instant(str(row["ends_at"])) <= instant(str(row["starts_at"])):
        return message("{later} is before {earlier}", later="ends_at", earlier="starts_at")
    if row["kind"] == "week":
        try:
            week_of(str(row["hours"]))
        except UnfitError as error:
            return message("{column}: {reason}", column="hours", reason=error.message)
    return out_of_order(row, "first_day", "last_day")


def _form(row: Values) -> str:
    return "hours" if row["kind"] == "leave" and "first_day" not in row else str(row["kind"])


_NEEDED: Final = {
    "shift": ("starts_at", "ends_at"),
    "hours": ("starts_at", "ends_at"),
    "leave": ("first_day",),
    "week": ("first_day", "hours"),
}


def week_of(text: str) -> Week:
    """Return seven lists of (opening, closing) minutes of "mon..fri 08:00-12:00; sat 08:00-10:00"; or UnfitError."""
    week: Week = [[] for _ in range(7)]
    for part in filter(None, (each.strip() for each in text.split(";"))):
        words, _, spans = part.partition(" ")
        opened = [minutes(span.strip()) for span in spans.split(",")]
        for day in weekdays(words):
            week[day] += opened
    return week


KIND = Kind(
    name="roster",
    title=message("rosters"),
    model=RosterRow,
    key=("agent_ref", "kind", "first_day", "starts_at"),
    customer=None,
    ticket=None,
    misfit=_misfit,
    observed=False,
)
