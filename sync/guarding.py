"""What a reader of figures should know about their data: counts with the tickets behind them, never an accusation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final, TypeAlias

from kpi_engine.measurement import Guard, Measurement, Sign
from kpi_engine.message import Message, message
from kpi_engine.reduce import Cell, Scope
from sync.charging import told_about
from sync.figures import Figures
from sync.sources import Asked, Source

_AT_ONCE: Final = 600
_MANY: Final = 10
"""So many tickets put to wait by one agent within so many seconds are many at once."""

_EVIDENT: Final = 0.1
"""A share of surveys sent must differ by so much from all others', beyond its interval, to be noted."""

COVERAGE: Final = "survey_coverage"


class Note(StrEnum):
    """What a note is about: what tickets show one by one, and what only several together do."""

    REASSIGNED_BEFORE_BREACH = Guard.REASSIGNED_BEFORE_BREACH.value
    SOLVED_AND_REOPENED = Guard.SOLVED_AND_REOPENED.value
    SOLVED_WITHOUT_REPLY = Guard.SOLVED_WITHOUT_REPLY.value
    REASSIGNED_AFTER_BAD_RATING = Guard.REASSIGNED_AFTER_BAD_RATING.value
    MANY_PUT_TO_WAIT = "many_put_to_wait"
    SURVEYS_SENT_UNEVENLY = "surveys_sent_unevenly"


NOTES: Mapping[Note, Message] = {
    Note.REASSIGNED_BEFORE_BREACH: message(
        "handed over shortly before a deadline was missed: who answers for it goes by who had it for how long"
    ),
    Note.SOLVED_AND_REOPENED: message("solved and reopened within an hour by the same agent"),
    Note.SOLVED_WITHOUT_REPLY: message("solved though the customer never got a reply"),
    Note.REASSIGNED_AFTER_BAD_RATING: message(
        "handed over within a week of a bad rating: ratings go by who had it when it was given"
    ),
    Note.MANY_PUT_TO_WAIT: message("many put to wait at once while their customers waited for an answer"),
    Note.SURVEYS_SENT_UNEVENLY: message("surveys were sent after fewer or more solves than elsewhere"),
}
"""Each note in words."""

Place: TypeAlias = tuple[str, str]
"""A ticket: its account and id."""

_Waiting: TypeAlias = tuple[int, str | None, Place]
"""When a ticket was put to wait, by or for whom, and which."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One note about one subject: the tickets it is made of, in order of time; of uneven surveys the two shares."""

    note: Note
    subject: str | None
    tickets: tuple[Place, ...] = ()
    share: float | None = None
    others: float | None = None


def notes(asked: Asked, scope: Scope, figures: Figures | None = None) -> list[Noted]:
    """Return what there is to know about a period's data, by subject of a scope (agent, team or account) and note.

    `figures` are those of the scope, where there are any: surveys are compared by them.
    """
    shown: dict[tuple[Note, str | None], list[tuple[int, Place]]] = {}
    waiting: dict[str, list[_Waiting]] = {}
    for part in asked.parts:
        for measurement, sign in _signs(part):
            if not asked.tells(part, measurement):
                continue
            place = (measurement.account, measurement.ticket_id)
            subject = _subject(asked, measurement.account, scope, sign)
            if sign.guard is Guard.PUT_TO_WAIT:
                waiting.setdefault(f"{measurement.account}/{sign.agent}", []).append((sign.at, subject, place))
            else:
                shown.setdefault((Note(sign.guard.value), subject), []).append((sign.at, place))
    for subject, found in at_once(waiting.values()):
        shown.setdefault((Note.MANY_PUT_TO_WAIT, subject), []).extend(found)
    listed = [
        Noted(note, subject, tuple(dict.fromkeys(place for _, place in sorted(found))))
        for (note, subject), found in shown.items()
    ]
    listed += uneven(figures, scope) if figures is not None else []
    visible = [each for each in listed if _sees(asked, scope, each.subject)]
    return sorted(visible, key=lambda each: (list(Note).index(each.note), each.subject or ""))


def _signs(part: Source) -> Iterator[tuple[Measurement, Sign]]:
    period = part.window.period
    for measurement in told_about(part.account, period, part.window.as_of):
        for sign in measurement.signs:
            if period.start <= sign.at < period.end:
                yield measurement, sign


def _subject(asked: Asked, account: str, scope: Scope, sign: Sign) -> str | None:
    if scope is Scope.ACCOUNT:
        return asked.name
    return asked.whose(account, scope, sign.agent if scope is Scope.AGENT else sign.team)


def at_once(waiting: Iterable[list[_Waiting]]) -> Iterator[tuple[str | None, list[tuple[int, Place]]]]:
    """Yield by subject what one agent put to wait within any ten minutes, where it was many tickets."""
    for listed in waiting:
        crowds: dict[str | None, list[tuple[int, Place]]] = {}
        for at, subject, place in _crowded(sorted(listed, key=lambda each: (each[0], each[2]))):
            crowds.setdefault(subject, []).append((at, place))
        yield from crowds.items()


def _crowded(listed: Sequence[_Waiting]) -> Iterator[_Waiting]:
    """Yield, of what is in order of time, each that is one of many tickets within some ten minutes."""
    first, told = 0, 0
    for last, (at, _, _) in enumerate(listed):
        while at - listed[first][0] > _AT_ONCE:
            first += 1
        if len({place for _, _, place in listed[first : last + 1]}) >= _MANY:
            yield from listed[max(first, told) : last + 1]
            told = last + 1


def uneven(figures: Figures, scope: Scope) -> Iterator[Noted]:
    """Yield who sent surveys evidently less or more often than all others together, and than is usual.

    One who sends hardly any moves what all others come to for everybody else, but not the median.
    """
    if scope not in (Scope.AGENT, Scope.TEAM) or COVERAGE in figures.missing:
        return
    cells = {subject: card[COVERAGE] for subject, card in figures.scorecards.items() if COVERAGE in card}
    known = [
        cell.value for whose, cell in cells.items() if whose is not None and cell.enough and cell.value is not None
    ]
    usual = median(known) if known else 0.0
    sent, solved = (sum(getattr(cell, name) for cell in cells.values()) for name in ("numerator", "denominator"))
    for subject, cell in cells.items():
        rest = solved - cell.denominator
        others = (sent - cell.numerator) / rest if rest else None
        if subject is not None and others is not None and all(_is_apart(cell, each) for each in (others, usual)):
            yield Noted(Note.SURVEYS_SENT_UNEVENLY, subject, share=cell.value, others=others)


def _is_apart(cell: Cell, share: float) -> bool:
    if cell.value is None or cell.low is None or cell.high is None or not cell.enough:
        return False
    return not cell.low <= share <= cell.high and abs(cell.value - share) >= _EVIDENT


def _sees(asked: Asked, scope: Scope, subject: str | None) -> bool:
    return scope is not Scope.AGENT or asked.sight is None or asked.sight.sees(asked, subject)


def noted_document(each: Noted, name: str) -> dict[str, object]:
    """Return a note as JSON."""
    return {
        "note": each.note.value,
        "subject": each.subject,
        "name": name,
        "n": len(each.tickets),
        "tickets": [{"account": account, "ticket_id": ticket} for account, ticket in each.tickets],
        "share": each.share,
        "others": each.others,
    }
