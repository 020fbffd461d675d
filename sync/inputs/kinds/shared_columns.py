"""What several kinds of files have in common: columns, and what their cells may hold."""

from typing import Annotated, Final

from pydantic import Field

from sync.inputs.columns import column

Identity = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=2_000)]
Seconds = Annotated[int, Field(ge=0, le=604_800)]
Amount = Annotated[float, Field(ge=-1e15, le=1e15)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Weight = Annotated[float, Field(ge=0, le=1_000)]
Score = Annotated[float, Field(ge=-1_000, le=1_000)]
Moment = Annotated[str, Field(min_length=1)]

_NAMES: Final = {
    "agent": ("agent", "email", "nhân viên", "tổng đài viên", "mã nhân viên"),
    "customer": ("customer", "customer_id", "khách hàng", "mã khách hàng"),
    "ticket": ("ticket", "ticket_id", "yêu cầu", "mã yêu cầu", "phiếu"),
    "account": ("connector", "tài khoản", "kênh kết nối"),
    "currency": ("tiền tệ", "loại tiền"),
    "first_day": ("from", "từ ngày", "hiệu lực từ"),
    "last_day": ("to", "đến ngày", "hiệu lực đến"),
}
_AGENT: Final = "The agent: the helpdesk's id, the e-mail address, or the name in the configuration."


def agent_column(*, optional: bool = False, about: str = _AGENT) -> Identity:
    """Return the column of the agent of whom a row speaks."""
    value: Identity = column(*_NAMES["agent"], example="an@saomai.vn", about=about, optional=optional)
    return value


def customer_column(*, optional: bool = True) -> Identity:
    """Return the column of the customer."""
    about = "Your own key of the customer."
    value: Identity = column(*_NAMES["customer"], example="KH-1042", about=about, optional=optional)
    return value


def ticket_column(*, optional: bool = True) -> Identity:
    """Return the column of the ticket a row belongs to."""
    about = "The helpdesk's id of the ticket."
    value: Identity = column(*_NAMES["ticket"], example="35436", about=about, optional=optional)
    return value


def account_column() -> Identity:
    """Return the column of the connector a row belongs to."""
    about = "The connector's name, where a row belongs to one helpdesk of several."
    value: Identity = column(*_NAMES["account"], example="sao-mai", about=about, optional=True)
    return value


def currency_column() -> Currency:
    """Return the column of the currency of an amount."""
    value: Currency = column(*_NAMES["currency"], example="VND")
    return value


def moment_column(
    *names: str, example: str = "2026-03-31 14:05", optional: bool = False, about: str | None = None
) -> Moment:
    """Return a column of an instant."""
    value: Moment = column(*names, example=example, about=about, optional=optional, shape="date-time")
    return value


def period_column() -> Moment:
    """Return the column of the period a row is about."""
    value: Moment = column("kỳ", "tháng", example="2026-03", shape="period")
    return value


def first_day_column(*, example: str, about: str) -> Moment:
    """Return the column of the day from which on a row holds."""
    value: Moment = column(*_NAMES["first_day"], example=example, about=about, optional=True, shape="date")
    return value


def last_day_column(*, example: str, about: str) -> Moment:
    """Return the column of the last day on which a row holds."""
    value: Moment = column(*_NAMES["last_day"], example=example, about=about, optional=True, shape="date")
    return value


def seconds_column(*names: str, example: int, about: str, optional: bool = True) -> Seconds:
    """Return a column of a number of seconds."""
    value: Seconds = column(*names, example=example, about=about, optional=optional)
    return value


def word_column(*names: str, example: str, about: str | None = None) -> Identity:
    """Return a column of a word that may be left out."""
    value: Identity = column(*names, example=example, about=about, optional=True)
    return value
