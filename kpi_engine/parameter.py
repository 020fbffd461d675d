"""A choice where the field disagrees."""

from dataclasses import dataclass

from kpi_engine.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A choice where the field disagrees: its name in the configuration, its default, and what else it may be.

    `allowed` lists the words; empty, `least` and `most` bound a whole number (seconds for a duration). `why` argues
    the default beside how the trade's products define the same name.
    """

    name: str
    default: str | int
    allowed: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    duration: bool = False
    why: Message
