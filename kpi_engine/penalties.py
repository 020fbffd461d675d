"""Penalties: how many deadlines missed cost how much, for whom, and which of them are not charged, and why."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

from kpi_engine.cases import COMPLAINT, Case
from kpi_engine.periods import Period, PeriodKind, period_named
from kpi_engine.reduce import Scope


class Metric(StrEnum):
    """What is charged: goals missed, those of the gravest tickets alone, or customers who complained of the agent."""

    OVERDUE = "overdue_count"
    SEVERE = "severe_overdue_count"
    COMPLAINTS = "complaints"


class Finding(StrEnum):
    """What became of a case under a penalty: only one that is over the quota costs anything."""

    OVER_QUOTA = "over_quota"
    CAPPED = "capped"  # over the quota, but the period's most was reached
    WITHIN_QUOTA = "within_quota"
    BELOW_VOLUME = "below_volume"  # too few cases in the period to judge anybody by
    REPEATED = "repeated"  # the same clock of the same ticket was late before in the period, or the customer complained
    IN_GRACE = "in_grace"
    UNSURE = "unsure"  # an assumed calendar, or an instant only known as a span, had a part in it
    DISPUTED = "disputed"  # and nobody has decided
    EXEMPTED = "exempted"
    NOT_ANNOUNCED = "not_announced"
    NOT_ACKNOWLEDGED = "not_acknowledged"


class Worth(NamedTuple):
    """What a point is worth: a decimal amount as text, in a currency by its ISO 4217 code."""

    amount: str
    currency: str

    def times(self, points: int) -> str:
        """Return what so many points are worth, exactly, as a decimal text."""
        return str(Decimal(self.amount) * points)


class Band(NamedTuple):
    """What each case costs that is more than `over` cases beyond the quota, until the next band."""

    over: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """A penalty's rule; a period's first `quota` cases cost nothing, nor a share `quota_rate` of all that were judged.

    The larger of both holds. Below `min_volume` judged cases nobody is charged. A clock that ended no more than `grace`
    seconds of its own time over its goal costs nothing. Empty `clocks`, `priorities` and `channels` stand for all. It
    judges no period that began before the day `announced_on` (an ISO date; None: none at all), and with `acknowledged`
    only who said before the period that he has read it. `unsure` has cases charged that are known only approximately.
    """

    penalty: str
    scope: Scope
    by: PeriodKind
    bands: tuple[Band, ...]
    metric: Metric = Metric.OVERDUE
    quota: int = 0
    quota_rate: float | None = None
    min_volume: int = 30
    cap: int | None = None
    grace: int = 0
    clocks: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    unsure: bool = False
    announced_on: str | None = None
    acknowledged: bool = False
    worth: Worth | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Penalty":
        """Return the penalty that an edition keeps."""
        sets = {name: frozenset(document.get(name, ())) for name in ("clocks", "priorities", "channels")}
        bands = tuple(Band(each["over"], each["points"]) for each in document["bands"])
        worth = Worth(*document["worth"]) if document.get("worth") else None
        kinds = {"scope": Scope(document["scope"]), "by": PeriodKind(document["by"])}
        kinds |= {"metric": Metric(document.get("metric", Metric.OVERDUE))}
        return cls(**{**document, **sets, **kinds, "bands": bands, "worth": worth})

    def takes(self, case: Case) -> bool:
        """Tell whether a case is among those it judges by."""
        return (
            (self.metric is Metric.COMPLAINTS) is (case.clock == COMPLAINT)
            and (not self.clocks or case.clock in self.clocks)
            and (not self.priorities or case.priority in self.priorities)
            and (not self.channels or case.channel in self.channels)
        )

    def charges(self, case: Case) -> bool:
        """Tell whether a case that it judges by is its own to charge: of severe ones alone, others are others'."""
        return self.metric is not Metric.SEVERE or (case.late is not None and case.severe)

    def subject(self, case: Case) -> str | None:
        """Return who is charged for a case, None where nobody of the scope answers for it."""
        return case.agent if self.scope is Scope.AGENT else case.team

    def allowed(self, volume: int) -> int:
        """Return how many cases cost nothing among so many that were judged."""
        share = Fraction(str(self.quota_rate or 0))
        return max(self.quota, floor(share * volume))

    def judges(self, period: Period) -> bool:
        """Tell whether it was announced before the period began: nothing acts backwards."""
        return self.announced_on is not None and period_named(self.announced_on, period.zone).start <= period.start

    def points(self, charged: int, volume: int) -> int:
        """Return what so many charged cases among so many judged ones cost in a period."""
        if volume < self.min_volume:
            return 0
        beyond = max(0, charged - self.allowed(volume))
        return self._capped(sum(self._costs(place) for place in range(1, beyond + 1)))

    def _costs(self, beyond: int) -> int:
        """Return what the case costs that is the so-and-so-manieth beyond the quota."""
        return next((band.points for band in reversed(self.bands) if beyond > band.over), 0)

    def _capped(self, points: int) -> int:
        return points if self.cap is None else min(points, self.cap)


@dataclass(frozen=True, slots=True)
class Charge:
    """A deadline missed under a penalty: what it costs in points, and what was found about it."""

    case: Case
    points: int
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a period comes to for one subject under one penalty.

    `volume` are the cases judged, those exempted included, `allowed` how many could be late for nothing, `counted` how
    many are held against the subject. `charges` lists every deadline missed in order of time, also those that cost
    nothing.
    """

    penalty: Penalty
    subject: str
    period: Period
    volume: int
    allowed: int
    counted: int
    charges: tuple[Charge, ...]

    @property
    def points(self) -> int:
        """What it costs altogether."""
        return sum(each.points for each in self.charges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What beside the cases decides: the disputed tickets, and who had acknowledged which penalty before the period.

    Tickets go by their account and id.
    """

    disputed: frozenset[tuple[str, str]] = frozenset()
    acknowledged: frozenset[tuple[str, str]] = frozenset()


def assessed(
    penalties: Sequence[Penalty], cases: Iterable[Case], period: Period, known: Circumstances
) -> list[Assessment]:
    """Return what a period's cases come to under the penalties of its kind, by penalty and subject.

    A case is charged once: under the first penalty of each scope that speaks of it, whatever others say. One about the
    gravest tickets alone judges by all, and leaves what it does not charge to those after it.
    """
    found: dict[tuple[int, str], list[Case]] = {}
    for case in cases:
        for place, subject, judged in _charged_under(penalties, case):
            found.setdefault((place, subject), []).append(judged)
    return [
        _assessment(penalties[place], subject, period, found[place, subject], known)
        for place, subject in sorted(found)
        if penalties[place].by is period.kind
    ]


def _charged_under(penalties: Sequence[Penalty], case: Case) -> Iterator[tuple[int, str, Case]]:
    for scope in (Scope.AGENT, Scope.TEAM):
        for place, each in enumerate(penalties):
            subject = each.subject(case) if each.scope is scope and each.takes(case) else None
            if subject is None:
                continue
            if each.charges(case):
                yield place, subject, case
                break
            yield place, subject, case._replace(late=None)


def _assessment(
    penalty: Penalty, subject: str, period: Period, cases: Sequence[Case], known: Circumstances
) -> Assessment:
    volume = len({_counted_by(case, place) for place, case in enumerate(cases)})
    late = sorted((case for case in cases if case.late is not None), key=_in_order)
    found = list(_findings(penalty, subject, period, late, known))
    charges = tuple(_charges(penalty, late, found, volume))
    counted = sum(finding is None for finding in found)
    return Assessment(
        penalty=penalty,
        subject=subject,
        period=period,
        volume=volume,
        allowed=penalty.allowed(volume),
        counted=counted,
        charges=charges,
    )


def _counted_by(case: Case, place: int) -> tuple[object, ...]:
    """Return what a case counts as among those judged: a customer once, however often he came, each clock by itself."""
    return (case.account, place if case.customer is None else case.customer)


def _in_order(case: Case) -> tuple[int, str, str]:
    return case.at, case.ticket_id, case.account


def _findings(
    penalty: Penalty, subject: str, period: Period, late: Sequence[Case], known: Circumstances
) -> Iterator[Finding | None]:
    """Yield why each case is not held against the subject, None where it is."""
    general = _general(penalty, subject, period, known)
    seen: Counter[tuple[str, str, str]] = Counter()
    for case in late:
        reason = general or _own(penalty, case, known)
        if reason is None:
            spot = (case.account, case.customer or case.ticket_id, case.clock)
            reason = Finding.REPEATED if seen[spot] else None
            seen[spot] += 1
        yield reason


def _general(penalty: Penalty, subject: str, period: Period, known: Circumstances) -> Finding | None:
    """Return why nothing in the period is held against the subject."""
    if not penalty.judges(period):
        return Finding.NOT_ANNOUNCED
    if penalty.acknowledged and (penalty.penalty, subject) not in known.acknowledged:
        return Finding.NOT_ACKNOWLEDGED
    return None


def _own(penalty: Penalty, case: Case, known: Circumstances) -> Finding | None:
    if case.exempt:
        return Finding.EXEMPTED
    if (case.account, case.ticket_id) in known.disputed:
        return Finding.DISPUTED
    if (case.late or 0) <= penalty.grace and penalty.grace:
        return Finding.IN_GRACE
    return Finding.UNSURE if case.unsure and not penalty.unsure else None


def _charges(penalty: Penalty, late: Sequence[Case], found: Sequence[Finding | None], volume: int) -> Iterator[Charge]:
    """Yield each case with what it adds to the points of those before it."""
    counted, allowed, before = 0, penalty.allowed(volume), 0
    for case, finding in zip(late, found, strict=True):
        if finding is not None:
            yield Charge(case, 0, finding)
            continue
        counted += 1
        points = penalty.points(counted, volume)
        yield Charge(case, points - before, _verdict(penalty, volume, within=counted <= allowed, costs=points > before))
        before = points


def _verdict(penalty: Penalty, volume: int, *, within: bool, costs: bool) -> Finding:
    if volume < penalty.min_volume:
        return Finding.BELOW_VOLUME
    if within:
        return Finding.WITHIN_QUOTA
    return Finding.OVER_QUOTA if costs else Finding.CAPPED
