"""Whom steps of escalations were for, as the organization stood then, and what became of what they did."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from connectors.base import Target
from kpi_engine.ledger import Entry, EntryKind
from kpi_engine.measurement import Firing
from kpi_engine.message import Message, message
from kpi_engine.recipients import ASSIGNEE, Asked, Recipient, recipients
from kpi_engine.rulebook import Rulebook
from sync.account import Account
from sync.effect_text import written
from sync.effects import effect_key, forbidden, step_of
from sync.locale import Language
from sync.people import People, people
from sync.planning import ARMED
from sync.role_words import role_text
from sync.store.changes import Queued
from sync.wording import CHANGE_STATES, clock_name

Spot: TypeAlias = tuple[str, str, int, str, int]
"""Ticket, clock, instance, step and instant: what a step of an escalation is known by."""


def spot(entry: Entry) -> Spot:
    """Return what a step is known by."""
    return entry.ticket_id, entry.clock, entry.instance, entry.step, entry.at


@dataclass(frozen=True, slots=True)
class Followed:
    """A step that fell due: whom it was for, and what it did on the ticket, if it stands there.

    Where it did nothing (None), `left` says why.
    """

    entry: Entry
    recipients: tuple[Recipient, ...]
    change: Queued | None
    everybody: People
    stands: bool = True
    left: Message | None = None

    def roles(self, language: Language) -> str:
        """Return the roles that were reached, with the names of those who led; the assignee is named elsewhere."""
        return ", ".join(self._named(each, language) for each in self.recipients)

    def _named(self, each: Recipient, language: Language) -> str:
        name = self.name(each) if each.role != ASSIGNEE else None
        role = language(role_text(each))
        return role if name is None else f"{role}: {name}"

    def name(self, each: Recipient) -> str | None:
        """Return the name of who holds a role."""
        person = self.everybody.person(each.who or "")
        return each.who if person is None else person.name

    def done(self) -> Message | None:
        """Return what became of what the step did on the ticket."""
        if self.change is None:
            return None if self.left is None else message("nothing: {reason}", reason=self.left)
        if not self.stands:
            return message("taken by the helpdesk, but the ticket does not show it")
        if self.change.reason is not None:
            return message("{state}: {reason}", state=CHANGE_STATES[self.change.state], reason=self.change.reason)
        return CHANGE_STATES[self.change.state]

    def sentence(self, language: Language) -> Message:
        """Return what fell due, for whom, and what was done."""
        told = message(
            "ticket {id}: {clock}, escalation level {level}, {moment}",
            id=self.entry.ticket_id,
            clock=clock_name(self.entry.clock),
            level=self.entry.level,
            moment=language.moment(self.entry.at),
        )
        if roles := self.roles(language):
            told = message("{told}; for {roles}", told=told, roles=roles)
        done = self.done()
        return told if done is None else message("{told}; on the ticket: {done}", told=told, done=done)

    def document(self) -> dict[str, object]:
        """Return the same as JSON."""
        return {
            "ticket_id": self.entry.ticket_id,
            "clock": self.entry.clock,
            "instance": self.entry.instance,
            "step": self.entry.step,
            "level": self.entry.level,
            "at": self.entry.at,
            "recipients": [
                {"asked": each.asked, "role": each.role, "person": self._shown(each), "group": each.group}
                for each in self.recipients
            ],
            "written": None if self.change is None else written(self.change.values),
            "state": None if self.change is None else self.change.state,
            "stands": self.stands,
            "left": None if self.left is None else str(self.left),
        }

    def _shown(self, each: Recipient) -> str | None:
        return None if each.role == ASSIGNEE or each.who is None else self.name(each)


def followed(account: Account, rules: Rulebook, entries: Iterable[Entry]) -> Iterator[Followed]:
    """Yield what is known of those entries of the ledger that are steps of escalations and stand."""
    fired = [each for each in entries if each.kind is EntryKind.FIRED]
    ids = sorted({each.ticket_id for each in fired})
    measured = {each.ticket_id: each for each in account.store.readings.of(account.name, ids)}
    changes = _by_key(each for some in account.store.changes.escalated(account.name, ids).values() for each in some)
    unkept = account.store.findings.unkept(account.name, Target.ESCALATION, changes)
    everybody = people(account.store, account.settings)
    left, armed = _left(account, fired), account.store.switches.number(account.name, ARMED)
    for entry in fired:
        clocks = measured[entry.ticket_id].clocks if entry.ticket_id in measured else ()
        clock = next((each for each in clocks if (each.clock, each.instance) == (entry.clock, entry.instance)), None)
        step = None if clock is None else step_of(entry, clock, rules)
        if step is not None:
            severity = _severity(entry, measured[entry.ticket_id].firings)
            asked = Asked(account.name, entry.agent, entry.team, entry.at, severity)
            reached = recipients(step.notify, asked, rules)
            key = effect_key(entry)
            change = changes.get(key)
            why = None if change is not None else left.get(key) or forbidden(account, step) or _early(entry, armed)
            yield Followed(entry, reached, change, everybody, stands=key not in unkept, left=why)


EARLY = message("it fell due before a pass might write here")


def _early(entry: Entry, armed: int | None) -> Message | None:
    """Return that a step fell due before the first pass that might write; what fell due until then is past."""
    return EARLY if armed is None or entry.recorded_as_of <= armed else None


def _left(account: Account, entries: Sequence[Entry]) -> dict[str, Message]:
    """Return why some of these steps did nothing, by what names their effects."""
    if not entries:
        return {}
    instants = [each.at for each in entries]
    return account.store.steps_left.within(account.name, min(instants), max(instants) + 1)


def _by_key(changes: Iterable[Queued]) -> dict[str, Queued]:
    return {each.key: each for each in changes}


def _severity(entry: Entry, firings: Iterable[Firing]) -> str | None:
    same = (each for each in firings if (each.clock, each.instance, each.step, each.at) == spot(entry)[1:])
    return next((each.severity for each in same), None)
