"""All that is known about one ticket, in order: what `measure` is given."""

from dataclasses import dataclass

from kpi_engine.own_writes import OwnWrite
from kpi_engine.records import Rating, TicketEvent, TicketSnapshot

REQUESTER_RETURNED = "requester_returned"
MERGED_IN = "merged_in"
RATING = "rating"
"""What is exempted beside clocks: the ticket's rating."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedEvent:
    """Something another ticket caused here, noted when that ticket was seen.

    `kind` is REQUESTER_RETURNED (`at`: when the requester's other ticket was created) or MERGED_IN (`at`: when the
    other was merged into this one). `cause` is the other ticket as it is, so that whether it counts, and what it is
    about, is judged at measuring. `spoken` tells who wrote publicly and by hand on a merged ticket after its opening
    and before the merge, in order.
    """

    ticket_id: str
    kind: str
    at: int
    cause_ticket_id: str
    cause: TicketSnapshot
    spoken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One ticket's snapshots (oldest first), events (in order), ratings and derived events.

    `known_from` is the instant before which the account's history was not pulled. `own` marks a ticket that we
    created ourselves: a summary, never evidence. `exempt` names the clocks that somebody exempted, and RATING.
    `covered` are the stretches, in order, of which a helpdesk that keeps no history told every change. `writes` is what
    escalations set on the ticket.
    """

    account: str
    ticket_id: str
    snapshots: tuple[TicketSnapshot, ...]
    events: tuple[TicketEvent, ...] = ()
    ratings: tuple[Rating, ...] = ()
    derived: tuple[DerivedEvent, ...] = ()
    known_from: int = 0
    own: bool = False
    exempt: frozenset[str] = frozenset()
    covered: tuple[tuple[int, int], ...] = ()
    writes: tuple[OwnWrite, ...] = ()

    @property
    def latest(self) -> TicketSnapshot:
        """The newest snapshot."""
        return self.snapshots[-1]
