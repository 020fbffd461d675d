"""The ledger of charges: what a settled period came to, appended to, and changed by corrections alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from kpi_engine.compensating import alive, compensated
from kpi_engine.penalties import Assessment, Charge
from kpi_engine.reduce import Scope


class ChargeKind(StrEnum):
    """Whether a line charges, or takes an earlier line back."""

    CHARGED = "charged"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeEntry:
    """A deadline missed in a settled period, what it cost its subject, and what that rests on.

    `volume`, `allowed` and `counted` are the whole period's; `shares` who had the clock for how many seconds;
    `correction` is the number of the correction that brought the line, 0 for those of the settlement itself; `team` is
    whose ticket it was for the agent. The
    money is what all the points of the line are worth, a decimal as text, None where points are worth nothing.
    """

    penalty: str
    scope: Scope
    subject: str
    period: str
    period_start: int
    period_end: int
    kind: ChargeKind
    ticket_id: str
    clock: str
    at: int
    points: int
    finding: str
    late: int
    goal: int
    volume: int
    allowed: int
    counted: int
    policy: str
    edition: str
    recorded_as_of: int
    money: str | None = None
    currency: str | None = None
    shares: tuple[tuple[str | None, int], ...] = ()
    correction: int = 0
    team: str | None = None


def _key(entry: ChargeEntry) -> ChargeEntry:
    """Return a line but for its kind and when it was written: one whose evidence is another now is another line."""
    return replace(entry, kind=ChargeKind.CHARGED, recorded_as_of=0, correction=0)


def cost(entry: ChargeEntry) -> tuple[object, ...]:
    """Return what a line charges whom for what, whatever the evidence beside it."""
    return (
        *(entry.penalty, entry.scope, entry.subject, entry.period, entry.ticket_id, entry.clock, entry.at),
        *(entry.points, entry.money, entry.currency),
    )


def standing_charges(entries: Iterable[ChargeEntry]) -> list[ChargeEntry]:
    """Return the lines that were not taken back, in the order they were made."""
    return list(alive(entries, _key, ChargeKind.CHARGED).values())


def settle_charges(
    entries: Iterable[ChargeEntry], assessments: Iterable[Assessment], as_of: int, correction: int = 0
) -> Iterator[ChargeEntry]:
    """Return the lines that bring the ledger of a period in line with what it comes to now.

    `entries` and `assessments` must speak of the same periods. What no longer holds is taken back by a compensating
    line; nothing is rewritten.
    """

    def withdrawn(gone: ChargeEntry) -> ChargeEntry:
        return replace(gone, kind=ChargeKind.WITHDRAWN, recorded_as_of=as_of, correction=correction)

    found = (_entry(each, charge, as_of, correction) for each in assessments for charge in each.charges)
    return compensated(alive(entries, _key, ChargeKind.CHARGED), found, _key, withdrawn)


def _entry(assessment: Assessment, charge: Charge, as_of: int, correction: int) -> ChargeEntry:
    penalty, case, worth = assessment.penalty, charge.case, assessment.penalty.worth
    return ChargeEntry(
        penalty=penalty.penalty,
        scope=penalty.scope,
        subject=assessment.subject,
        period=assessment.period.label,
        period_start=assessment.period.start,
        period_end=assessment.period.end,
        kind=ChargeKind.CHARGED,
        ticket_id=case.ticket_id,
        clock=case.clock,
        at=case.at,
        points=charge.points,
        finding=charge.finding,
        late=case.late or 0,
        goal=case.goal,
        volume=assessment.volume,
        allowed=assessment.allowed,
        counted=assessment.counted,
        policy=case.policy,
        edition=case.edition,
        recorded_as_of=as_of,
        money=worth.times(charge.points) if worth is not None else None,
        currency=worth.currency if worth is not None else None,
        shares=case.shares,
        correction=correction,
        team=case.team,
    )
