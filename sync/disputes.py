"""Disputes (decision 23): an agent sets a tag, a lead decides within the appeal days, and the figure says so."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kpi_engine.evidence import EXEMPTED
from kpi_engine.history import RATING
from kpi_engine.measurement import Measurement
from kpi_engine.message import Message, message
from kpi_engine.periods import PeriodKind, period_at
from kpi_engine.reduce import Window
from sync.account import Account
from sync.editions import rulebook
from sync.exempted import exemption_text
from sync.overriding import Decision, decisions, place_text
from sync.settling import PeriodState
from sync.store.observations import DISPUTED, REFUSED
from sync.summaries.marking import DISPUTE_TAG


class DisputeState(StrEnum):
    """What became of a dispute."""

    OPEN = "open"  # nobody has decided
    REFUSED = "refused"  # all counts as it does
    GRANTED = "granted"  # something of the ticket was exempted
    LAPSED = "lapsed"  # nobody decided before the period was settled


@dataclass(frozen=True, slots=True)
class Dispute:
    """The dispute of a ticket: what became of it, and the answer, where there is one."""

    ticket_id: str
    state: DisputeState
    answer: Message | None = None


def disputes(account: Account, window: Window, period: PeriodState) -> Iterator[Dispute]:
    """Yield the disputes of tickets about which something is said in a window of a period that is so final."""
    made: dict[str, list[Decision]] = {}
    found = decisions(account)
    for each in (each for each in found if each.what != DISPUTED):
        made.setdefault(each.ticket_id, []).append(each)
    for measurement in _disputed(account, found, window.period.start, window.end):
        ticket_id = measurement.ticket_id
        decided = made.get(ticket_id, [])
        if _is_spared(measurement) or any(each.what != REFUSED for each in decided):
            rated = all(each.what == RATING for each in decided if each.what != REFUSED) and bool(decided)
            yield Dispute(ticket_id, DisputeState.GRANTED, exemption_text(account, window, ticket_id, rating=rated))
        elif decided:
            yield Dispute(ticket_id, DisputeState.REFUSED, _refusal(decided[-1]))
        else:
            yield Dispute(ticket_id, DisputeState.OPEN if period is PeriodState.PROVISIONAL else DisputeState.LAPSED)


def _refusal(told: Decision) -> Message:
    place = place_text(told.source)
    return message("refused by {name}: {reason} ({place})", name=told.approved_by, reason=told.reason, place=place)


def open_disputes(account: Account, start: int, end: int) -> list[str]:
    """Return the disputed tickets about which something is said in [start, end) and nobody has decided anything."""
    made = decisions(account)
    decided = {each.ticket_id for each in made if each.what != DISPUTED}
    found = _disputed(account, made, start, end)
    return sorted({each.ticket_id for each in found if not _is_spared(each)} - decided)


def _disputed(account: Account, made: Iterable[Decision], start: int, end: int) -> Iterator[Measurement]:
    """Yield what is said in [start, end) of tickets that bear the tag, or of which a dispute was noted."""
    noted = {each.ticket_id for each in made if each.what == DISPUTED}
    return account.store.readings.tagged(account.name, DISPUTE_TAG, start, end, noted)


def _is_spared(measurement: Measurement) -> bool:
    return any(each.reason == EXEMPTED for each in measurement.omissions)


def everything(account: Account) -> Window:
    """Return the window that holds all that was ever said, by the rules of today."""
    now = account.now()
    today = period_at(PeriodKind.DAY, account.settings.timezone, now)
    return Window(replace(today, start=0, end=now + 1), now, rulebook(account))


def dispute_document(dispute: Dispute) -> dict[str, object]:
    """Return a dispute as JSON."""
    answer = None if dispute.answer is None else str(dispute.answer)
    return {"ticket_id": dispute.ticket_id, "state": dispute.state.value, "answer": answer}


_STATES: Final = {
    DisputeState.OPEN: message("disputed, not decided yet"),
    DisputeState.REFUSED: message("disputed, and refused"),
    DisputeState.GRANTED: message("disputed, and granted"),
    DisputeState.LAPSED: message("disputed, and not decided before the period was settled"),
}


def dispute_text(dispute: Dispute) -> Message:
    """Return in words what became of a dispute, and the answer."""
    state = _STATES[dispute.state]
    return state if dispute.answer is None else message("{state}: {answer}", state=state, answer=dispute.answer)
