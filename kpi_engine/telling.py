"""A ticket's history told through the rulebook: events become steps."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter

from kpi_engine.conditions import (
    CHANNEL,
    FORM,
    GROUP,
    NO,
    ORGANIZATION,
    PRIORITY,
    SEGMENT,
    SEVERITY,
    STATUS,
    TAG,
    TYPE,
    YES,
    YES_OR_NO,
)
from kpi_engine.contacts import asks_something
from kpi_engine.differences import DERIVED, blind, is_first_look
from kpi_engine.evidence import said
from kpi_engine.history import MERGED_IN, DerivedEvent, History
from kpi_engine.own_writes import OWN
from kpi_engine.records import EventKind, Field, TicketEvent, TicketSnapshot
from kpi_engine.rulebook import DONE, OWN_TAG, Places, Role, Rulebook, Status
from kpi_engine.rules import NO_POLICIES, Policies
from kpi_engine.story import State, Step, StepKind, Story


def told(history: History, rulebook: Rulebook, as_of: int) -> Story:
    """Return the story of a ticket opened at or before `as_of`."""
    events = history.events
    heard = events if not events or events[-1].at <= as_of else [event for event in events if event.at <= as_of]
    opening_order = next((event.order for event in heard if event.kind is EventKind.OPENED_WITH), None)
    whole = opening_order is not None or history.latest.created_at >= history.known_from
    teller = _Teller(history, rulebook, _opening_values(history, rulebook), whole)
    teller.open(_opening_comment(history.latest, heard, opening_order))
    teller.tell(heard, _interruptions(history, rulebook, as_of))
    return Story(
        ticket=history.latest,
        steps=tuple(teller.steps),
        as_of=as_of,
        whole=whole,
        unheard_at=_unheard_at(history, as_of),
        solves=tuple(teller.solves),
        reopens=tuple(teller.reopens),
        ungraded=blind(history, rulebook.grading),
    )


def _unheard_at(history: History, as_of: int) -> int | None:
    if not history.ratings and not history.derived and (not history.events or history.events[-1].at <= as_of):
        return None
    unheard = [event.at for event in history.events if event.at > as_of]
    unheard += [rating.at for rating in history.ratings if rating.at > as_of]
    unheard += [rating.offered_at for rating in history.ratings if (rating.offered_at or 0) > as_of]  # type: ignore[misc]  # None is not later
    unheard += [event.at for event in history.derived if event.at > as_of]
    return min(unheard, default=None)


def _opening_values(history: History, rulebook: Rulebook) -> dict[str, str | None]:
    """Return the followed properties at creation, as the platform words them.

    What the creation says; else what the first change says was there before; else nothing, where we heard of the
    creation, and what the snapshot shows where we did not, because it never changed since. Of a custom field that no
    event tells about, the snapshot is all there is: its history may not have been followed from the start.
    """
    ticket, known = history.latest, dict[str, str | None]()
    created = changed_status = False
    for event in history.events:
        name = event.field
        if name is None:
            continue
        if event.kind is EventKind.OPENED_WITH:
            created = True
            known.setdefault(name, event.new)
        else:
            changed_status |= name == Field.STATUS
            known.setdefault(name, event.old)
    unsaid: dict[str, str | None] = {
        Field.STATUS: ticket.status,
        # The concrete status belongs to the status it stands beside: to the one at creation only if that never changed.
        Field.CUSTOM_STATUS: None if created or changed_status else ticket.custom_status_id,
        Field.ASSIGNEE: None if created else ticket.assignee_id,
        Field.GROUP: None if created else ticket.group_id,
        Field.PRIORITY: None if created else ticket.priority,
        Field.BRAND: ticket.brand_id,
        Field.SCHEDULE: ticket.schedule_id,
        Field.REQUESTER: ticket.requester_id,
    }
    for name in rulebook.telling:
        unsaid[name] = _shown(ticket, name, created=created)
    return unsaid | known


_SHOWN: Mapping[str, Callable[[TicketSnapshot], str | None]] = {
    Field.FORM: attrgetter("form_id"),
    Field.TYPE: attrgetter("ticket_type"),
    Field.ORGANIZATION: attrgetter("organization_id"),
}


def _shown(ticket: TicketSnapshot, name: str, *, created: bool) -> str | None:
    """Return what the snapshot shows of a property or a custom field, worded as events word it."""
    if name == Field.TAGS:
        return None if created else " ".join(ticket.tags)
    if name in _SHOWN:
        return _SHOWN[name](ticket)
    value = ticket.fields.get(name.removeprefix("field:"))
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _opening_comment(
    ticket: TicketSnapshot, events: Iterable[TicketEvent], opening_order: int | None
) -> TicketEvent | None:
    """Return the comment the ticket was opened with: it answers nobody."""
    first = next((event for event in events if event.kind is EventKind.COMMENTED), None)
    if first is not None and (first.at <= ticket.created_at or first.order == opening_order):
        return first
    return None


def _interruptions(history: History, rulebook: Rulebook, as_of: int) -> list[tuple[int, DerivedEvent | None]]:
    """Return (instant, what another ticket caused here, or None for a later edition of the rules), in order.

    Both come after what happened to the ticket itself in the same second.
    """
    opened_at = history.latest.created_at
    turns = [(at, None) for at in rulebook.turning_points if opened_at < at <= as_of]
    if not history.derived:
        return list(turns)
    merges = [
        (event.at, event) for event in history.derived if event.kind == MERGED_IN and opened_at <= event.at <= as_of
    ]
    return sorted([*merges, *turns], key=lambda each: (each[0], each[1] is None))


_PUBLIC = {
    Role.AGENT: StepKind.AGENT_REPLY,
    Role.MACHINE: None,
    Role.OTHER: StepKind.CUSTOMER_MESSAGE,
    Role.STRANGER: StepKind.CUSTOMER_MESSAGE,
}


@dataclass(slots=True)
class _Teller:
    """Turns events into steps, one after another."""

    history: History
    rulebook: Rulebook
    values: dict[str, str | None]
    whole: bool
    policies: Policies = NO_POLICIES
    ruled_at: int = 0  # since when they, and the meanings they are read by, hold: after all of that second
    opening: TicketEvent | None = None
    answered: bool = False  # the first reply that was owed has been given
    solved_at: int | None = None
    had_it: frozenset[str | None] = frozenset()  # everybody who was given the ticket at some time
    changing: list[TicketEvent] = field(default_factory=list)  # changes of one hand in one go, not yet a step
    statuses: dict[str, str | None] = field(default_factory=dict)  # what the audit of these changes leaves behind
    concrete: tuple[int, int] | None = None  # instant and order of the last change of the custom status
    steps: list[Step] = field(default_factory=list)
    solves: list[Step] = field(default_factory=list)
    reopens: list[Step] = field(default_factory=list)

    def open(self, opening: TicketEvent | None) -> None:
        self.opening = opening
        self.had_it = _holders(self.history)
        ticket, at = self.history.latest, self.history.latest.created_at
        self.rule(at)
        voice = self.voice(opening) if opening is not None else None
        actor, by_agent = self.hand(opening) if opening is not None else self.hand_of(ticket.submitter_id, at)
        state = self.state(at)
        step = Step(
            at,
            StepKind.OPENED,
            state,
            actor,
            by_agent,
            state.status in DONE,
            voice is not StepKind.AGENT_REPLY,
            not self.whole,
            at if voice is StepKind.CUSTOMER_MESSAGE else None,
        )
        self.steps.append(step)
        if step.done and self.whole:
            self.solves.append(step)
            self.solved_at = at

    def tell(self, events: Sequence[TicketEvent], interruptions: list[tuple[int, DerivedEvent | None]]) -> None:
        followed = self.rulebook.followed
        for place, event in enumerate(events):
            while interruptions and interruptions[0][0] < event.at:
                self.interrupt(*interruptions.pop(0))
            if event.kind is EventKind.COMMENTED:
                self.comment(event)
            elif event.kind is EventKind.CHANGED and event.field in followed and not _says_nothing(event):
                self.change(event)
                if event.field in _STATUSES:
                    _leave_behind(self.statuses, events, place)
        for interruption in interruptions:
            self.interrupt(*interruption)
        self.settle_changes()

    def interrupt(self, at: int, caused: DerivedEvent | None) -> None:
        self.settle_changes()
        if caused is None:
            self.rule(at)
            self.add(at, StepKind.RULES, self.state(at), (None, False))
        elif asks_something(caused, self.rulebook):
            self.add(at, StepKind.CUSTOMER_MESSAGE, self.steps[-1].state, (caused.cause.requester_id, False))

    def rule(self, at: int) -> None:
        self.policies, self.ruled_at = self.rulebook.policies.at(at), at

    def comment(self, event: TicketEvent) -> None:
        self.settle_changes()
        if event is self.opening:
            return
        kind = self.voice(event)
        if kind is not None:
            by_agent = kind is not StepKind.CUSTOMER_MESSAGE
            self.add(event.at, kind, self.steps[-1].state, (event.actor_id, by_agent))

    def voice(self, event: TicketEvent) -> StepKind | None:
        """Return what a comment is: a reply or a note of ours, a message of the customer's side, or None."""
        actor = event.actor_id
        if event.automatic or actor is None or event.public is None:
            return None
        customer = actor == self.values[Field.REQUESTER]
        if event.public and customer:
            return StepKind.CUSTOMER_MESSAGE
        role = self.role(actor, event.at)
        if event.public:
            return _PUBLIC[role]
        return StepKind.NOTE if role is Role.AGENT and not customer else None

    def role(self, actor: str, at: int) -> Role:
        """Return what somebody was; an agent who left before we looked is known by having had this ticket."""
        role = self.rulebook.role(actor, at)
        return Role.AGENT if role is Role.STRANGER and actor in self.had_it else role

    def hand(self, event: TicketEvent) -> tuple[str | None, bool]:
        """Return the person who did something, None for machines, and whether that was an agent at work.

        An agent who asks for something himself is the customer of that ticket.
        """
        return (None, False) if event.automatic else self.hand_of(event.actor_id, event.at)

    def hand_of(self, actor: str | None, at: int) -> tuple[str | None, bool]:
        if actor is None:
            return None, False
        role = self.role(actor, at)
        if role is Role.MACHINE:
            return None, False
        return actor, role is Role.AGENT and actor != self.values[Field.REQUESTER]

    def change(self, event: TicketEvent) -> None:
        """Take a change in: those of one hand in one go, each property once, are one step."""
        if self.changing and not _in_one_go(self.changing, event):
            self.settle_changes()
        self.changing.append(event)

    def settle_changes(self) -> None:
        if not self.changing:
            return
        events, followed, decides = self.changing, self.rulebook.followed, False
        for event in events:
            name = event.field or ""
            self.values[name] = event.new
            decides |= followed[name]
        if self.statuses:
            self.take_statuses(events[0])
        self.changing = []
        state = self.state(events[0].at) if decides else self.steps[-1].state
        if events[0].event_id.startswith(OWN):
            self.escalate(events[0], state)
            return
        self.add(events[0].at, StepKind.CHANGED, state, self.hand(events[0]))
        if events[0].event_id.startswith(DERIVED):
            self.doubt(events[0].since)

    def escalate(self, first: TicketEvent, state: State) -> None:
        """Add what an escalation of ours did; it may be known as a span only when that was."""
        self.add(first.at, StepKind.ESCALATED, state, (None, False))
        self.steps[-1] = self.steps[-1]._replace(since=first.since)

    def take_statuses(self, first: TicketEvent) -> None:
        """Take a status and the custom status beside it as their audit leaves them: they change at once.

        The custom status belongs to its status: one that changes alone leaves the custom one behind.
        """
        self.values |= self.statuses
        audit = first.at, first.order
        if Field.CUSTOM_STATUS in self.statuses:
            self.concrete = audit
        elif self.concrete != audit:
            self.values[Field.CUSTOM_STATUS] = None
        self.statuses = {}

    def state(self, at: int) -> State:
        values, rulebook = self.values, self.rulebook
        group = values[Field.GROUP]
        places = Places(values[Field.SCHEDULE], group, values[Field.BRAND], values.get(Field.ORGANIZATION))
        calendar, assumed = rulebook.chosen_calendar(places, at)
        facts = partial(self.words, at=at)
        meanings = rulebook.meanings.at(at)
        return State(
            meanings.status(values[Field.STATUS], values[Field.CUSTOM_STATUS]),
            values[Field.ASSIGNEE],
            group,
            values[Field.PRIORITY],
            calendar,
            assumed,
            _meaning(SEGMENT, values, rulebook, at) if rulebook.telling else None,
            values[Field.REQUESTER],
            self.severity(at) if rulebook.grades else None,
            self.policies.match(facts),
            places,
            frozenset(key for key, when in rulebook.criteria.items() if when.fits(facts))
            if rulebook.criteria
            else _NONE,
        )

    def severity(self, at: int) -> str | None:
        worked_out = self.policies.severity is not None
        return self.word(SEVERITY, at) if worked_out else _meaning(SEVERITY, self.values, self.rulebook, at)

    def doubt(self, since: int | None) -> None:
        """Note of the last step that nobody tells whose hand it was, nor, after `since`, when it was exactly."""
        last = self.steps[-1]
        doubted = last._replace(since=since, nameless=True)
        for steps in (self.solves, self.reopens, self.steps):
            if steps and steps[-1] is last:
                steps[-1] = doubted

    def words(self, subject: str, at: int) -> Collection[str]:
        """Return the ticket's words for what a condition asks about; a group goes by its id and by its name."""
        values = self.values
        if subject == TAG:
            return (values[Field.TAGS] or "").split()
        if subject == GROUP:
            group = values[Field.GROUP] or ""
            name = self.rulebook.groups.get(group)
            return (group,) if name is None else (group, name.at(at))
        if subject in YES_OR_NO:
            return (YES if said(_meaning(subject, values, self.rulebook, self.ruled_at)) else NO,)
        word = self.word(subject, at)
        return () if word is None else (word,)

    def word(self, subject: str, at: int) -> str | None:
        """Return the one word that a ticket has for a subject."""
        if subject in _PLAIN:
            return self.values[_PLAIN[subject]]
        if subject == CHANNEL:
            return self.history.latest.channel
        if subject == STATUS:
            meanings = self.rulebook.meanings.at(self.ruled_at)
            return meanings.status(self.values[Field.STATUS], self.values[Field.CUSTOM_STATUS]).value
        if subject == SEVERITY and self.policies.severity is not None:
            return self.policies.severity.of(lambda asked: self.told(asked, at))
        return _meaning(subject, self.values, self.rulebook, self.ruled_at)

    def told(self, subject: str, at: int) -> Collection[str]:
        """Return the ticket's words for what its severity goes by, what it says of that itself included."""
        if subject != SEVERITY:
            return self.words(subject, at)
        word = _meaning(SEVERITY, self.values, self.rulebook, self.ruled_at)
        return () if word is None else (word,)

    def add(self, at: int, kind: StepKind, state: State, hand: tuple[str | None, bool]) -> None:
        """Add a step, with what it means for who waits for whom."""
        before = self.steps[-1]
        awaited, replied, owed_since = before.awaited, before.replied, before.owed_since
        if kind is StepKind.AGENT_REPLY:
            self.answered |= awaited
            awaited, replied, owed_since = False, True, None
        elif kind is StepKind.CUSTOMER_MESSAGE:
            awaited = not self.answered
            owed_since = at if owed_since is None else owed_since
        # Who deletes and restores a ticket neither reopens nor solves it.
        done = before.done if state.status is Status.DELETED else state.status in DONE
        if done and not before.done:
            self.solved_at = at
        # "Thanks!" and a silent solve: who was answered once is owed nothing any more, as in the course's waits.
        if at == self.solved_at and (self.answered or not self.whole):
            owed_since = None
        step = Step(at, kind, state, hand[0], hand[1], done, awaited, replied, owed_since)
        self.steps.append(step)
        if done is not before.done:
            (self.solves if done else self.reopens).append(step)


_PLAIN = {PRIORITY: Field.PRIORITY, FORM: Field.FORM, TYPE: Field.TYPE, ORGANIZATION: Field.ORGANIZATION}
_NONE = frozenset[str]()
_STATUSES = frozenset({Field.STATUS, Field.CUSTOM_STATUS})


def _leave_behind(statuses: dict[str, str | None], events: Sequence[TicketEvent], place: int) -> None:
    """Note the statuses that the audit of the event at `place` leaves the ticket in."""
    first, count = events[place], len(events)
    while place < count and events[place].order == first.order and events[place].at == first.at:
        event = events[place]
        if event.kind is EventKind.CHANGED and event.field in _STATUSES:
            statuses[event.field] = event.new
        place += 1


def _in_one_go(events: list[TicketEvent], event: TicketEvent) -> bool:
    first = events[0]
    return (
        first.order == event.order
        and first.at == event.at
        and first.actor_id == event.actor_id
        and first.automatic == event.automatic
        and first.since == event.since
        and all(event.field != other.field for other in events)
    )


def _holders(history: History) -> frozenset[str | None]:
    given = [event for event in history.events if event.field == Field.ASSIGNEE]
    return frozenset({history.latest.assignee_id, *(event.old for event in given), *(event.new for event in given)})


def _says_nothing(event: TicketEvent) -> bool:
    """Tell whether a change is none of the ticket: of our own tags alone, or what was first seen of a property."""
    if event.field != Field.TAGS:
        return is_first_look(event)
    changed = set((event.old or "").split()) ^ set((event.new or "").split())
    return all(tag.startswith(OWN_TAG) for tag in changed)


def _meaning(meaning: str, values: Mapping[str, str | None], rulebook: Rulebook, at: int) -> str | None:
    """Return a segment, severity or topic: the field's value or the tag itself, renamed where the account says so."""
    carrier = rulebook.meanings.at(at).fields.get(meaning)
    if carrier is None:
        return None
    word = values.get(f"field:{carrier.field}")
    if carrier.tag is not None and carrier.tag in (values.get(Field.TAGS) or "").split():
        word = carrier.tag
    return carrier.values.get(word, word) if word else None
