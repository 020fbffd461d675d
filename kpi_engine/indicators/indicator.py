"""What an indicator is: one row of a family's table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kpi_engine.evidence import Evidence
from kpi_engine.measurement import CreditLine, Omission
from kpi_engine.message import Message


class Unit(StrEnum):
    """What an indicator's value is measured in; a share is numerator over denominator."""

    TICKETS = "tickets"
    SECONDS = "seconds"
    SHARE = "share"


class Better(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"


class Reduction(StrEnum):
    """How credit lines become one value."""

    COUNT = "count"  # how many
    MEAN = "mean"  # of seconds; median and 90th percentile beside it
    RATIO = "ratio"  # sum of numerators over sum of denominators
    SNAPSHOT = "snapshot"  # how many tickets are held at the end of the period


class Interval(StrEnum):
    """Which interval belongs to a value."""

    NONE = "none"
    WILSON = "wilson"


class Input(StrEnum):
    """What must be connected for an indicator to say anything."""

    TICKETS = "tickets"
    HISTORY = "history"
    RATINGS = "ratings"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator: how it is called, what it counts, whom it credits and how it is reduced.

    `formula`, `stamp` and `credit` are the words of the explanation and of the documentation; `catalogue` is its
    label in the trade's catalogues. `lines` yields the credit lines of a ticket; snapshots take theirs from holdings.
    """

    key: str
    catalogue: str
    name: Message
    formula: Message
    stamp: Message
    credit: Message
    unit: Unit
    better: Better
    reduction: Reduction
    lines: Callable[[Evidence], Iterator[CreditLine | Omission]]
    needs: frozenset[Input]
    interval: Interval = Interval.NONE
    min_n: int = 1
    additive: bool = False  # agents' values, nobody included, add up to the team's
    parameters: tuple[Parameter, ...] = ()
