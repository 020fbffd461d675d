"""What an indicator is: one row of a family's table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from kpi_engine.evidence import Evidence
from kpi_engine.measurement import CreditLine, Holding, Omission, Stamp
from kpi_engine.message import Message
from kpi_engine.records import Observation
from kpi_engine.rulebook import Rulebook


class Unit(StrEnum):
    """What an indicator's value is measured in; a share is numerator over denominator."""

    TICKETS = "tickets"
    SECONDS = "seconds"
    SHARE = "share"
    MESSAGES = "messages"
    CUSTOMERS = "customers"
    PEOPLE = "people"
    TIMES = "times"
    CALLS = "calls"
    POINTS = "points"  # on the scale that the cell's series names


class Better(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"


class Reduction(StrEnum):
    """How credit lines become one value."""

    COUNT = "count"  # how many
    SUM = "sum"  # of numerators
    MEAN = "mean"  # of numerators, seconds mostly; median and 90th percentile beside it
    RATIO = "ratio"  # sum of numerators over sum of denominators
    SNAPSHOT = "snapshot"  # how many tickets are held at the end of the period
    DISTINCT = "distinct"  # how many different parts
    DISTINCT_RATIO = "distinct_ratio"  # parts with a numerator in any of their lines, over all different parts
    MAX = "max"  # the largest numerator
    LEVEL = "level"  # the highest that numerators, +1 and -1 in order of time, add up to
    OVERLAP = "overlap"  # sum of each line's numerator over denominator: seconds held over seconds of the period
    SERIES_MEAN = "series_mean"  # as RATIO, but only of the newest series: the lines whose part is that of the last


class Interval(StrEnum):
    """Which interval belongs to a value."""

    NONE = "none"
    WILSON = "wilson"


class Input(StrEnum):
    """What must be connected for an indicator to say anything."""

    TICKETS = "tickets"
    HISTORY = "history"
    RATINGS = "ratings"
    COMPLAINT = "fields.complaint"  # which field or tag marks a complaint, in the configuration
    WARRANTY = "fields.warranty"
    SEVERITY = "fields.severity"
    CALLS = "calls"
    WORK_ITEMS = "work_items"


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


@dataclass(frozen=True, slots=True)
class Asked:
    """What the holdings of one ticket are asked about: the stretch [start, end), whose last second is its instant.

    `holdings` are all of the ticket's, `rulebook` knows its calendars and the parameters configured then.
    """

    start: int
    end: int
    rulebook: Rulebook
    holdings: Sequence[Holding]

    @property
    def instant(self) -> int:
        """The last instant of the stretch."""
        return self.end - 1

    def worked(self, calendar: str, start: int, end: int, agent: str | None = None) -> int:
        """Return the working seconds in [start, end) of a calendar, each part by its edition in force then.

        Of an `agent` those that he is at work, by what is known of his roster at the end of the asked stretch.
        """
        line, roster = self.rulebook.calendars.get(calendar), self.rulebook.roster(agent, self.instant)
        turns = line.starts if line is not None else ()
        cuts = [start, *(turn for turn in turns if start < turn < end), end]
        parts = ((self.rulebook.calendar(calendar, first), first, last) for first, last in pairwise(cuts))
        return sum(roster.between(*part) for part in parts)

    def number(self, indicator: str, parameter: str, default: int) -> int:
        """Return the parameter of an indicator that is a whole number (seconds for a duration), as configured then."""
        configured = self.rulebook.parameters.at(self.instant).get(indicator, {})
        return int(str(configured.get(parameter, default)))


@dataclass(frozen=True, slots=True)
class Portion:
    """What one holding adds to an indicator: when, how much, and for which part; `assumed`: by a guessed calendar."""

    at: int
    numerator: int = 1
    denominator: int = 1
    part: str | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation, its agent an id of its account or nobody, and the rulebook it is read through."""

    observation: Observation
    channel: str | None
    rulebook: Rulebook

    def stamp(self) -> Stamp:
        """Return the stamp of its instant, for its agent in his team then."""
        seen = self.observation
        return Stamp(
            at=seen.at,
            agent=seen.agent,
            team=self.rulebook.team(seen.agent, None, seen.at),
            ticket_id=seen.ticket_id,
            account=seen.account or "",
            channel=self.channel,
            priority=None,
            segment=None,
            edition=self.rulebook.policies.digest_at(seen.at),
            observation_id=seen.observation_id,
        )

    def number(self, name: str) -> int | None:
        """Return a value that is a whole number; None where nothing says it."""
        value = self.observation.values.get(name)
        return None if value is None else int(value)

    def word(self, indicator: str, parameter: Parameter) -> str:
        """Return the parameter of an indicator that is one of several words, as configured at its instant."""
        configured = self.rulebook.parameters.at(self.observation.at).get(indicator, {})
        return str(configured.get(parameter.name, parameter.default))

    def left_out_of(self, indicator: str, reason: str) -> Omission:
        """Return the remark that an indicator leaves it out."""
        stamp = self.stamp()
        return Omission(indicator, stamp.at, stamp.agent, stamp.team, reason)


def no_lines(_evidence: Evidence) -> Iterator[CreditLine | Omission]:
    """Yield nothing: the lines of an indicator that only holdings answer."""
    yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator: how it is called, what it counts, whom it credits and how it is reduced.

    `formula`, `stamp` and `credit` are the words of the explanation and of the documentation; `catalogue` is its
    label in the trade's catalogues. `lines` yields the credit lines of a ticket, `observed` those of an observation.
    What holdings answer, whenever it is asked: `at_instant` is given the one that covers the end of the period,
    `over_period` each one that shares an instant with it (those that follow each other in the same hands joined); who
    held the ticket is credited.
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
    lines: Callable[[Evidence], Iterator[CreditLine | Omission]] = no_lines
    observed: Callable[[Seen], Iterator[CreditLine | Omission]] | None = None
    at_instant: Callable[[Holding, Asked], Portion | None] | None = None
    over_period: Callable[[Holding, Asked], Iterator[Portion]] | None = None
    needs: frozenset[Input]
    interval: Interval = Interval.NONE
    min_n: int = 1
    floor: float = 0.0  # the lowest value of its scale: what is attained of a target is measured from there
    additive: bool = False  # agents' values, nobody included, add up to the team's
    parameters: tuple[Parameter, ...] = ()

    @property
    def held(self) -> bool:
        """Whether holdings answer it, in part at least."""
        return self.at_instant is not None or self.over_period is not None
