"""What an indicator is: one row of a family's table."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import TypeAlias

from kpi_engine.evidence import Evidence
from kpi_engine.measurement import Clock, CreditLine, Holding, Omission
from kpi_engine.message import Message
from kpi_engine.parameter import Parameter
from kpi_engine.rulebook import Rulebook
from kpi_engine.seen import Seen

__all__ = [
    "CENTS",
    "MEANS",
    "NO_FACTS",
    "Asked",
    "Better",
    "Borrowed",
    "Bought",
    "Engaged",
    "Facts",
    "Indicator",
    "Input",
    "Interval",
    "Parameter",
    "Portion",
    "Reduction",
    "Seen",
    "Unit",
    "no_lines",
]


CENTS = 100
"""Amounts are whole hundredths of their currency, and what they are divided by counts a hundred for one."""


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
    NET_POINTS = "net_points"  # from -100 to 100
    DEVIATIONS = "deviations"  # standard deviations from the mean
    MONEY = "money"  # in the currency that the cell's series names
    REVIEWS = "reviews"
    PROPOSALS = "proposals"


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
    SHARED = "shared"  # as MEAN, of times that several had a part in: each ticket's parts are added up first
    RATIO = "ratio"  # sum of numerators over sum of denominators
    SNAPSHOT = "snapshot"  # how many tickets are held at the end of the period
    DISTINCT = "distinct"  # how many different parts
    DISTINCT_RATIO = "distinct_ratio"  # parts with a numerator in any of their lines, over all different parts
    MAX = "max"  # the largest numerator
    LEVEL = "level"  # the highest that numerators, +1 and -1 in order of time, add up to
    OVERLAP = "overlap"  # sum of each line's numerator over denominator: seconds held over seconds of the period
    SERIES_MEAN = "series_mean"  # as RATIO, but only of the newest series: the lines whose part is that of the last
    SCORE = "score"  # mean of each line's numerator over its denominator
    NET = "net"  # as RATIO, of numerators that may lie below 0; their squares serve an interval
    BREAKDOWN = "breakdown"  # how many, and how many of each part
    CURVE = "curve"  # as RATIO, and how it rises along parts that are numbers
    LARGEST = "largest"  # the largest part's share of the numerators
    NESTED = "nested"  # how many parts have all the bits of the denominators: who came through every step of a funnel
    NESTED_RATIO = "nested_ratio"  # of the parts that have all bits but the last, the share that has that too
    NESTED_REST = "nested_rest"  # the share of them that has not
    NESTED_BESIDE = "nested_beside"  # of the parts that have the first bit and none between, the share with the last
    MONEY = "money"  # sum of cents, of one currency (the part) only
    MONEY_EACH = "money_each"  # cents of one currency over the denominators of all lines


MEANS = frozenset({Reduction.MEAN, Reduction.SHARED})
"""The reductions that are a mean of times, with median and 90th percentile beside it."""


class Interval(StrEnum):
    """Which interval belongs to a value."""

    NONE = "none"
    WILSON = "wilson"
    NORMAL = "normal"  # of the mean of numerators


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
    SURVEYS = "surveys"
    SOCIAL = "social"
    QA_REVIEWS = "qa_reviews"
    EVALUATIONS = "evaluations"
    AGENT_STATES = "agent_states"
    COSTS = "costs"
    SALES = "sales"
    CUSTOMERS = "customers"
    PROPOSALS = "proposals"
    OUTBOUND_CONTACTS = "outbound_contacts"
    COMPLIMENTS = "compliments"
    KNOWLEDGE_CONTRIBUTIONS = "knowledge_contributions"
    TRAINING = "training"
    TOPIC = "fields.topic"
    COMPLAINT_CAUSE = "fields.complaint_cause"
    ROOT_CAUSE = "fields.root_cause"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the holdings of one ticket are asked about: the stretch [start, end), whose last second is its instant.

    `holdings` and `clocks` are all of the ticket's, `rulebook` knows its calendars and the parameters configured then,
    `facts` are those of the period.
    """

    start: int
    end: int
    rulebook: Rulebook
    holdings: Sequence[Holding]
    facts: "Facts"
    clocks: Sequence[Clock] = ()

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
class Engaged:
    """The customer who took most of an agent's time on the telephone, and the stretches [start, end) he took."""

    customer: str
    stretches: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Bought:
    """What was bought after a call: how many sales, and the cents of each with their currency."""

    sales: int = 0
    amounts: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What observations of a period and before it tell about tickets and customers.

    `sold` are the tickets after which the customer bought, as far as that is attributed to them; `core` are core
    customers, `referrers` those who sent somebody; `praises` are the compliments that say more than a ticket's good
    rating, or an earlier compliment on it, said already; `engaged` tells with whom each agent was on the telephone
    most. Customers go by their ids on the account. Until `window` seconds after a ticket nothing is known of its sales.
    `reviewed` are the tickets of which somebody reviewed the quality. `bought` tells of each call to a known customer
    what came of it; nothing is known of that until `call_window` seconds after it.
    """

    sold: frozenset[str] = frozenset()
    core: frozenset[str] = frozenset()
    referrers: frozenset[str] = frozenset()
    praises: frozenset[str] = frozenset()
    engaged: Mapping[str, Engaged] = field(default_factory=dict)
    window: int = 0
    as_of: int = 0
    reviewed: frozenset[str] = frozenset()
    bought: Mapping[str, Bought] = field(default_factory=dict)
    call_window: int = 0


NO_FACTS = Facts()

Borrowed: TypeAlias = Callable[[CreditLine, Facts], CreditLine | tuple[CreditLine, ...] | None]
"""What makes a line of one indicator a line of another one, or several, or none."""


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
    held the ticket is credited. `borrows`: lines of other indicators, by key, that enter it too, made its own.
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
    lines: Callable[[Evidence], Iterable[CreditLine | Omission]] = no_lines
    observed: Callable[[Seen], Iterator[CreditLine | Omission]] | None = None
    at_instant: Callable[[Holding, Asked], Portion | None] | None = None
    over_period: Callable[[Holding, Asked], Iterator[Portion]] | None = None
    needs: frozenset[Input]
    feeds: frozenset[Input] = frozenset()  # what adds to it where it is there; without needs, one of them must be
    borrows: Mapping[str, Borrowed] = field(default_factory=dict)
    interval: Interval = Interval.NONE
    min_n: int = 1
    floor: float = 0.0  # the lowest value of its scale: what is attained of a target is measured from there
    additive: bool = False  # agents' values, nobody included, add up to the team's
    parameters: tuple[Parameter, ...] = ()

    @property
    def held(self) -> bool:
        """Whether holdings answer it, in part at least."""
        return self.at_instant is not None or self.over_period is not None
