"""What is said beside figures about single tickets: what was exempted of them and by whom, what is disputed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kpi_engine.evidence import EXEMPTED
from kpi_engine.indicators import INDICATORS
from kpi_engine.indicators.indicator import Input
from kpi_engine.message import Message, message
from kpi_engine.reduce import Scope
from sync.disputes import Dispute, dispute_document, dispute_text, disputes
from sync.exempted import exemption_text, one_after_another
from sync.explaining import whose
from sync.sources import Asked, Source
from sync.zones import homes

if TYPE_CHECKING:
    from kpi_engine.measurement import Measurement, Omission


@dataclass(frozen=True, slots=True)
class Exempted:
    """A ticket of which something was exempted, whose figures that concerns, and by whom and why it was."""

    account: str
    ticket_id: str
    subjects: frozenset[str | None]
    why: Message


@dataclass(frozen=True, slots=True)
class Disputed:
    """A ticket that its agent disputes, and whose figures that concerns."""

    account: str
    subjects: frozenset[str | None]
    dispute: Dispute


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is said about single tickets in figures of one scope."""

    exempted: tuple[Exempted, ...]
    disputed: tuple[Disputed, ...]

    def about(self, subjects: Iterable[str | None]) -> "Remarks":
        """Return those that concern any of some subjects."""
        wanted = set(subjects)
        return Remarks(
            tuple(each for each in self.exempted if each.subjects & wanted),
            tuple(each for each in self.disputed if each.subjects & wanted),
        )


def remarks(asked: Asked, scope: Scope) -> Remarks:
    """Return what is to be said about single tickets in the figures that are asked for, as far as they may be seen."""
    found = [(part, *told) for part in asked.parts for told in _exempted(asked, part, scope)]
    return Remarks(
        tuple(
            Exempted(part.name, ticket, seen, why)
            for part, ticket, subjects, why in found
            if (seen := _seen(asked, scope, subjects))
        ),
        tuple(_disputed(asked, scope)),
    )


def remarks_at_home(asked: Asked, scope: Scope, subjects: Iterable[str | None]) -> Remarks:
    """Return what concerns some subjects' own figures, those of teams with a zone of their own over its period."""
    there = [remarks(own, scope).about(those) for own, those in homes(asked, scope, dict.fromkeys(subjects))]
    return Remarks(
        tuple(each for own in there for each in own.exempted), tuple(each for own in there for each in own.disputed)
    )


def _exempted(asked: Asked, part: Source, scope: Scope) -> Iterator[tuple[str, set[str | None], Message]]:
    left: dict[str, list[tuple[Measurement, Omission]]] = {}
    for measurement in part.saying(EXEMPTED):
        for each in measurement.omissions:
            if each.reason == EXEMPTED and each.indicator in asked.keys and asked.window.has(each.at):
                left.setdefault(measurement.ticket_id, []).append((measurement, each))
    for ticket, those in left.items():
        subjects = {asked.whose(part.name, scope, whose(*each, part.window, scope)) for each in those}
        rated = sorted({Input.RATINGS in INDICATORS[each.indicator].needs for _, each in those})
        words = [exemption_text(part.account, part.window, ticket, rating=each) for each in rated]
        yield ticket, subjects, one_after_another(words)


def _disputed(asked: Asked, scope: Scope) -> Iterator[Disputed]:
    for part in asked.parts:
        found = {each.ticket_id: each for each in disputes(part.account, part.window, asked.state)}
        concerned: dict[str, set[str | None]] = {}
        for measurement in part.kept.over(part.account.store.readings.of(part.name, found)) if found else ():
            of_ticket = concerned.setdefault(measurement.ticket_id, set())
            of_ticket |= {asked.subject(line, scope) for line in asked.told(part, measurement)}
            of_ticket |= {
                asked.whose(part.name, scope, whose(measurement, each, part.window, scope))
                for each in measurement.omissions
                if each.indicator in asked.keys and asked.window.has(each.at)
            }
        for ticket, dispute in found.items():
            if seen := _seen(asked, scope, concerned.get(ticket, ())):
                yield Disputed(part.name, seen, dispute)


def _seen(asked: Asked, scope: Scope, subjects: Iterable[str | None]) -> frozenset[str | None]:
    """Return those of the subjects whose own figures may be shown."""
    sight = asked.sight
    if sight is None or scope is not Scope.AGENT:
        return frozenset(subjects)
    return frozenset(each for each in subjects if sight.sees(asked, each))


LISTED: Final = 20
"""How many tickets are named one by one below a report; JSON names all."""


def remark_notes(found: Remarks) -> Iterator[Message]:
    """Yield what stands below a report about single tickets."""
    told = [(each.ticket_id, each.why) for each in found.exempted]
    told += [(each.dispute.ticket_id, dispute_text(each.dispute)) for each in found.disputed]
    yield from (message("ticket {ticket}: {told}", ticket=ticket, told=words) for ticket, words in told[:LISTED])
    if len(told) > LISTED:
        yield message("{n} more tickets were exempted or are disputed; --json names all", n=len(told) - LISTED)


def remarks_document(found: Remarks) -> dict[str, object]:
    """Return the same as JSON: `subjects` are those whose figures each ticket concerns."""
    return {
        "exempted": [
            {
                "account": each.account,
                "ticket_id": each.ticket_id,
                "subjects": _listed(each.subjects),
                "why": str(each.why),
            }
            for each in found.exempted
        ],
        "disputed": [
            {"account": each.account, **dispute_document(each.dispute), "subjects": _listed(each.subjects)}
            for each in found.disputed
        ],
    }


def _listed(subjects: frozenset[str | None]) -> list[str | None]:
    return sorted(subjects, key=lambda each: (each is None, each or ""))
