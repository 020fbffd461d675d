"""What steps of escalations do on tickets: decided once for each that falls due, and queued like any other write."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Final

from connectors.account import Effect
from connectors.base import Stream, Target
from connectors.effects import (
    ASSIGNEE,
    GROUP,
    MARKER,
    NOTE,
    PRIORITY,
    RANKS,
    TAGS,
    TAGS_ADDED,
    WHILE_UNSOLVED,
    marker,
    rank,
)
from kpi_engine.escalating import REPEAT, EscalationStep, Trigger
from kpi_engine.ledger import Entry, EntryKind
from kpi_engine.measurement import Clock, ClockState, Measurement
from kpi_engine.message import Message, message
from kpi_engine.recipients import ROLES, Asked, Recipient, recipients, tier
from kpi_engine.records import FieldValue, Group, TicketSnapshot
from kpi_engine.reduce import Scope
from kpi_engine.rulebook import Rulebook, Status
from sync.account import Account
from sync.counting import STEPS
from sync.effect_note import Noted, note_text, title
from sync.people import people
from sync.role_words import ROLE_NAMES
from sync.sample import Sample
from sync.store.changes import ChangeState, Desired, Queued
from sync.store.steps_left import StepLeft
from sync.wording import NOBODY, subject_name

LEARNED: Final = "effects_through"
"""The switch that remembers the last entry of the ledger about which it was decided."""

_FIRST: Final = 2**42
"""More urgent than any ticket's fields: people are waiting for it."""

GOING_ON: Final = frozenset({ClockState.RUNNING, ClockState.PAUSED, ClockState.BREACHED_OPEN})
_AFTER: Final = ("escalation:", "early:", "success:", "repeat:")

LATE: Final = message("they fell due longer ago than push.escalations.within")
RULES_CHANGED: Final = message("they fell due only because the rules changed")
ENDED: Final = message("what they were about is over")
FORBIDDEN: Final = message("the account does not allow it (push.escalations.allow)")
LACKING: Final = message("this helpdesk cannot do it")
_CLOSED: Final = message("their tickets are closed")


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """What one step does on one ticket: the change's values and what stands in their place now."""

    entry: Entry
    values: Mapping[str, FieldValue]
    previous: Mapping[str, FieldValue]
    why: Message
    group: str | None = None

    @property
    def key(self) -> str:
        """What names it for good: a step does what it does once, however often it falls due anew."""
        return effect_key(self.entry)

    def desired(self) -> Desired:
        """Return the plan as a row for the outbox."""
        return Desired(
            key=self.key,
            target=Target.ESCALATION,
            target_id=self.entry.ticket_id,
            values=self.values,
            previous=self.previous,
            why=self.why,
            urgency=_FIRST + self.entry.level,
        )


def effect_key(entry: Entry) -> str:
    """Return the key of what a step does on a ticket."""
    return f"{clock_key(entry.ticket_id, entry)}{entry.step}"


def clock_key(ticket_id: str, of: Entry | Clock) -> str:
    """Return how the keys of all begin that follows one run of a clock."""
    return f"escalation:{ticket_id}:{of.clock}:{of.instance}:"


@dataclass(slots=True)
class Effects:
    """What a pass decided: what is to be done, how many steps do nothing and why, and what admins should know."""

    plans: Sample[EffectPlan] = field(default_factory=Sample)
    left: dict[str, tuple[Message, int]] = field(default_factory=dict)  # by the words of the reason
    remarks: dict[str, Message] = field(default_factory=dict)  # by their words: one for many tickets is one
    steps_left: list[StepLeft] = field(default_factory=list)  # for the ledger, with those that may do nothing here

    def leave(self, entry: Entry, reason: Message) -> None:
        """Count a step that does nothing."""
        _, n = self.left.get(str(reason), (reason, 0))
        self.left[str(reason)] = reason, n + 1
        self.note(entry, reason)

    def note(self, entry: Entry, reason: Message) -> None:
        """Have the ledger say why a step did nothing."""
        self.steps_left.append(StepLeft(effect_key(entry), entry.ticket_id, entry.at, reason))

    def remark(self, told: Message) -> None:
        """Add what admins should know."""
        self.remarks[str(told)] = told

    def sentences(self) -> Iterator[Message]:
        """Yield what there is to say beside the plans."""
        for reason, n in self.left.values():
            yield message(
                "nothing on their tickets of {steps} of escalations: {reason}", steps=STEPS.of(n), reason=reason
            )
        yield from self.remarks.values()


def new_effects(account: Account, rules: Rulebook, as_of: int, found: Effects) -> Iterator[EffectPlan]:
    """Yield what the steps do that the ledger learned of since it was last decided, noting in `found` what they don't.

    Nothing before the first pass that may write: what fell due until then is past.
    """
    learned = account.store.switches.number(account.name, LEARNED)
    if learned is None or not account.own.push.escalations.allow:
        return
    for _, entries in account.store.ledger.after(account.name, learned):
        fired = [each for each in entries if each.kind is EntryKind.FIRED and each.step.startswith(_AFTER)]
        if fired:
            yield from _Decider.of(account, rules, as_of, fired, found).plans(fired)


def note_learned(account: Account) -> None:
    """Remember that about all that the ledger knows by now it was decided; in the caller's transaction."""
    account.store.switches.set(account.name, LEARNED, account.store.ledger.last(account.name))


@dataclass
class _Decider:
    """Decides what some entries of the ledger do on their tickets, by what is known of these."""

    account: Account
    rules: Rulebook
    as_of: int
    found: Effects
    measurements: Mapping[str, Measurement]
    tickets: Mapping[str, TicketSnapshot]
    earlier: Mapping[str, Sequence[Queued]]
    planned: dict[str, list[EffectPlan]] = field(default_factory=dict)

    @classmethod
    def of(cls, account: Account, rules: Rulebook, as_of: int, fired: Iterable[Entry], found: Effects) -> "_Decider":
        store, name = account.store, account.name
        ids = sorted({each.ticket_id for each in fired})
        measured = {each.ticket_id: each for each in store.readings.of(name, ids)}
        tickets, earlier = store.records.snapshots(name, ids), store.changes.escalated(name, ids)
        return cls(account, rules, as_of, found, measured, tickets, earlier)

    @cached_property
    def groups(self) -> dict[str, Group]:
        """The helpdesk's groups, by id and by name."""
        listed = [
            each
            for each in self.account.store.records.account(self.account.name, Stream.GROUPS)
            if isinstance(each, Group)
        ]
        return {each.name.casefold(): each for each in listed} | {each.group_id: each for each in listed}

    def plans(self, fired: Iterable[Entry]) -> Iterator[EffectPlan]:
        standing = {
            (each.ticket_id, each.clock, each.instance, each.step, each.at): each
            for measured in self.measurements.values()
            for each in measured.firings
        }
        for entry in fired:
            firing = standing.get((entry.ticket_id, entry.clock, entry.instance, entry.step, entry.at))
            clock = self.clock(entry)
            step = None if firing is None or clock is None else step_of(entry, clock, self.rules)
            if firing is not None and clock is not None and step is not None:
                yield from self.plan(_Due(entry, clock, step, firing.severity))

    def clock(self, entry: Entry) -> Clock | None:
        """Return the clock that an entry is about, as the ticket was last measured."""
        clocks = self.measurements[entry.ticket_id].clocks if entry.ticket_id in self.measurements else ()
        return next((each for each in clocks if (each.clock, each.instance) == (entry.clock, entry.instance)), None)

    def plan(self, due: "_Due") -> Iterator[EffectPlan]:
        asked = due.asked(self.account)
        if not asked:
            if (reason := forbidden(self.account, due.step)) is not None:
                self.found.note(due.entry, reason)
            return
        reason = self.reason_to_leave(due)
        if reason is not None:
            self.found.leave(due.entry, reason)
            return
        made = self.made(due, asked)
        before = {each.key for each in self.earlier.get(due.entry.ticket_id, ())}
        if made.key not in before and made.values.keys() - {WHILE_UNSOLVED}:
            self.planned.setdefault(due.entry.ticket_id, []).append(made)
            self.found.plans.note(made)
            yield made

    def reason_to_leave(self, due: "_Due") -> Message | None:
        """Return why a step does nothing on its ticket."""
        entry = due.entry
        if self.as_of - entry.at > self.account.own.push.escalations.within:
            return LATE
        if entry.at in self.rules.policies.starts:
            return RULES_CHANGED
        status = self.rules.meanings.at(self.as_of).status(self.tickets[entry.ticket_id].status)
        if status in (Status.CLOSED, Status.DELETED):
            return _CLOSED
        return None if due.step.at is Trigger.MET or due.clock.state in GOING_ON else ENDED

    def made(self, due: "_Due", asked: frozenset[Effect]) -> EffectPlan:
        ticket, step = self.tickets[due.entry.ticket_id], due.step
        reached = self.recipients(due, step.notify)
        before = self.standing(ticket)
        values: dict[str, FieldValue] = {}
        if "raise_priority" in asked:
            values |= _raised(before[PRIORITY])
        if "add_tags" in asked:
            values |= {TAGS_ADDED: " ".join(step.effects.tags)}
        group = self.assign(due, before, values) if "assign" in asked else None
        if "note" in asked:
            values |= self.note(due, reached, values, before, group)
        values[WHILE_UNSOLVED] = step.at is not Trigger.MET
        return EffectPlan(due.entry, values, before, title(due.entry, step.at), group)

    def standing(self, ticket: TicketSnapshot) -> dict[str, FieldValue]:
        """Return how a ticket stands as far as we know: as it was pulled, with what we set and have not seen yet."""
        held: dict[str, FieldValue] = {
            PRIORITY: ticket.priority,
            GROUP: ticket.group_id,
            ASSIGNEE: ticket.assignee_id,
            TAGS: " ".join(ticket.tags),
        }
        unseen = [each.values for each in self.earlier.get(ticket.ticket_id, ()) if _is_unseen(each, ticket)]
        for values in (*unseen, *(each.values for each in self.planned.get(ticket.ticket_id, ()))):
            held |= {key: value for key, value in values.items() if key in held}
        return held

    def recipients(self, due: "_Due", roles: Iterable[str]) -> tuple[Recipient, ...]:
        """Return whom roles come to, remarking on those that nobody holds."""
        found = recipients(roles, due.whose(self.account), self.rules)
        for each in found:
            if each.is_missing:
                instead = NOBODY if each.role == each.asked else ROLE_NAMES[each.role]
                told = message(
                    "{team}: nobody is {role}; an escalation goes to: {instead}",
                    team=_team_name(due.entry, self.rules),
                    role=ROLE_NAMES[each.asked],
                    instead=instead,
                )
                self.found.remark(told)
        return found

    def assign(self, due: "_Due", before: Mapping[str, FieldValue], values: dict[str, FieldValue]) -> str | None:
        """Add to whom the ticket is given; return the name of the group that gets it, where a group does."""
        word = due.step.effects.group or ""
        reached = self.recipients(due, [word]) if word in ROLES else ()
        group_word = reached[0].group if reached else word
        if group_word is None:
            values |= self.person(due, reached[0], before)
            return None
        group = self.groups.get(group_word.casefold()) or self.groups.get(group_word)
        if group is None:
            told = message("there is no group {group}: no escalation assigns a ticket to it", group=group_word)
            self.found.remark(told)
            return None
        if group.group_id != before[GROUP]:
            values |= {GROUP: group.group_id, ASSIGNEE: None}
        return group.name

    def person(self, due: "_Due", reached: Recipient, before: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        """Return the place of who holds a role: himself, in the ticket's group if he is in it, else in one of his."""
        known = people(self.account.store, self.account.settings).person(reached.who or "")
        agent = None if known is None else known.accounts.get(self.account.name)
        if agent is None:
            told = message(
                "{team}: {role} has no account here to assign a ticket to",
                team=_team_name(due.entry, self.rules),
                role=ROLE_NAMES[reached.role],
            )
            self.found.remark(told)
            return {}
        if agent == before[ASSIGNEE]:
            return {}
        groups = self.rules.groups_of(agent, self.as_of)
        group = before[GROUP] if before[GROUP] in groups or not groups else groups[0]
        return {GROUP: group, ASSIGNEE: agent}

    def note(
        self,
        due: "_Due",
        reached: Sequence[Recipient],
        values: Mapping[str, FieldValue],
        previous: Mapping[str, FieldValue],
        group: str | None,
    ) -> dict[str, FieldValue]:
        """Return the note and what it is known by."""
        digits = sha256(f"{self.account.name}:{effect_key(due.entry)}".encode()).hexdigest()[:16]
        noted = Noted(
            entry=due.entry,
            trigger=due.step.at,
            clock=due.clock,
            recipients=reached,
            severity=due.severity,
            authority=tier(due.whose(self.account), self.rules).authority,
            values=values,
            previous=previous,
            group=group,
            marker=marker(digits),
        )
        return {NOTE: note_text(noted, self.account.language), MARKER: noted.marker}


@dataclass(frozen=True, slots=True)
class _Due:
    """A step that fell due, with the clock it follows and how grave the ticket was."""

    entry: Entry
    clock: Clock
    step: EscalationStep
    severity: str | None

    def whose(self, account: Account) -> Asked:
        entry = self.entry
        return Asked(account.name, entry.agent, entry.team, entry.at, self.severity)

    def asked(self, account: Account) -> frozenset[Effect]:
        """Return what it does here: what the policy asks for, the account allows and the helpdesk can do.

        A repeated notice is a note and nothing else.
        """
        may = account.connector.effects.intersection(account.own.push.escalations.allow)
        wanted = effects_of(self.step).intersection(may)
        return wanted & {"note"} if self.entry.step.startswith(f"{REPEAT}:") else wanted


def effects_of(step: EscalationStep) -> frozenset[Effect]:
    """Return what the policy wants a step to do."""
    wanted: dict[Effect, object] = {
        "note": step.effects.note,
        "add_tags": step.effects.tags,
        "raise_priority": step.effects.raise_priority,
        "assign": step.effects.group,
    }
    return frozenset(effect for effect, value in wanted.items() if value)


def forbidden(account: Account, step: EscalationStep) -> Message | None:
    """Return what keeps a step from what it asks for on a ticket; None where nothing does, or it asks for nothing."""
    wanted = effects_of(step)
    if not wanted:
        return None
    if not wanted & account.connector.effects:
        return LACKING
    return None if wanted.intersection(account.own.push.escalations.allow) else FORBIDDEN


def step_of(entry: Entry, clock: Clock, rules: Rulebook) -> EscalationStep | None:
    """Return the step that an entry tells of, under the rules of its own instant; None where it is no step's."""
    return rules.policies.at(entry.at).step(clock.policy, entry.clock, entry.step)


def _raised(priority: FieldValue) -> dict[str, FieldValue]:
    """Return the next higher priority; nothing where there is none, or where the helpdesk has a word of its own."""
    if priority is not None and priority not in RANKS:
        return {}
    above = RANKS[rank(None if priority is None else str(priority)) + 1 :]
    return {PRIORITY: above[0]} if above else {}


def _is_unseen(each: Queued, ticket: TicketSnapshot) -> bool:
    """Tell whether a ticket was last pulled before what an escalation set on it could show."""
    if each.state is not ChangeState.DELIVERED:
        return each.state is not ChangeState.REFUSED
    return max(ticket.updated_at, ticket.version) < each.changed_at


def _team_name(entry: Entry, rules: Rulebook) -> Message:
    return subject_name(entry.team, Scope.TEAM, rules, entry.at)
