"""Files about people, not about what they did: who is in which team under whom, and when somebody is at work."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from config.calendars import minutes, weekdays
from connectors.settings import UnfitError
from kpi_engine.message import Message, message
from sync.inputs.columns import RowModel, column
from sync.inputs.values import Json, instant

Identity = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[str, Field(min_length=1)]
Hours = Annotated[str, Field(min_length=1, max_length=500)]
Week = list[list[list[int]]]

_AGENT: Final = ("agent", "email", "nhân viên", "mã nhân viên")
_FROM: Final = ("from", "từ ngày", "hiệu lực từ")
_TO: Final = ("to", "đến ngày", "hiệu lực đến")


def _agent() -> Identity:
    about = "The agent: the helpdesk's id, the e-mail address, or the name in the configuration."
    value: Identity = column(*_AGENT, example="an@saomai.vn", about=about)
    return value


def _day(*names: str, example: str, about: str) -> Day:
    value: Day = column(*names, example=example, about=about, optional=True, shape="date")
    return value


def _word(*names: str, example: str, about: str) -> Identity:
    value: Identity = column(*names, example=example, about=about, optional=True)
    return value


class OrgRow(RowModel):
    """Where somebody stands from one day to another: team, lead, manager, country, tier."""

    agent_ref: Identity = _agent()
    team: Identity = column("nhóm", "đội", example="tier-1")
    lead: Identity | None = _word(
        "trưởng nhóm", example="lan@saomai.vn", about="The team's lead; default: the manager."
    )
    manager: Identity | None = _word("quản lý", example="hoa@saomai.vn", about="The next level up.")
    country: Identity | None = _word("quốc gia", "nước", example="VN", about="Where the person works.")
    tier: Identity | None = _word("cấp", "bậc", example="1", about="The tier of support.")
    valid_from: Day | None = _day(*_FROM, example="2026-03-01", about="The first day; empty: from the beginning.")
    valid_to: Day | None = _day(
        *_TO, example="2026-08-31", about="The last day, it included; empty: until further notice."
    )


class RosterRow(RowModel):
    """When somebody is at work or away: a shift, a leave, or the hours of every week."""

    agent_ref: Identity = _agent()
    kind: Literal["shift", "leave", "week"] = column(
        "loại",
        example="leave",
        words={
            "shift": ("ca", "ca trực"),
            "leave": ("nghỉ", "nghỉ phép", "phép"),
            "week": ("tuần", "bán thời gian", "part-time"),
        },
    )
    first_day: Day | None = _day(*_FROM, example="2026-03-02", about="The first day of a leave or of weekly hours.")
    last_day: Day | None = _day(
        *_TO, example="2026-03-06", about="The last day, it included; of weekly hours empty: until further notice."
    )
    starts_at: Day | None = column(
        "start",
        "bắt đầu",
        example="",
        about="When a shift, or a leave of hours, begins.",
        optional=True,
        shape="date-time",
    )
    ends_at: Day | None = column("end", "kết thúc", example="", about="When it ends.", optional=True, shape="date-time")
    hours: Hours | None = _word(
        "giờ làm", example="", about="Of a week: mon..fri 08:00-12:00; sat 08:00-10:00, 10:30-12:00."
    )


Values = Mapping[str, Json]


def org_misfit(row: Values) -> Message | None:
    """Return what is wrong between the columns of a place."""
    return _order(row, "valid_from", "valid_to")


def roster_misfit(row: Values) -> Message | None:
    """Return what is wrong between the columns of a row of the roster."""
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
    return _order(row, "first_day", "last_day")


def _form(row: Values) -> str:
    return "hours" if row["kind"] == "leave" and "first_day" not in row else str(row["kind"])


_NEEDED: Final = {
    "shift": ("starts_at", "ends_at"),
    "hours": ("starts_at", "ends_at"),
    "leave": ("first_day",),
    "week": ("first_day", "hours"),
}


def _order(row: Values, earlier: str, later: str) -> Message | None:
    if earlier in row and later in row and str(row[later]) < str(row[earlier]):
        return message("{later} is before {earlier}", later=later, earlier=earlier)
    return None


def week_of(text: str) -> Week:
    """Return seven lists of (opening, closing) minutes of "mon..fri 08:00-12:00; sat 08:00-10:00"; or UnfitError."""
    week: Week = [[] for _ in range(7)]
    for part in filter(None, (each.strip() for each in text.split(";"))):
        words, _, spans = part.partition(" ")
        opened = [minutes(span.strip()) for span in spans.split(",")]
        for day in weekdays(words):
            week[day] += opened
    return week
