"""What follows a warning, a breach or a goal met: steps, acknowledgement and repeated notices, as parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kpi_engine.conditions import criterion
from kpi_engine.documents import Document, listed, mapping
from kpi_engine.durations import seconds_of


class EscalationKind(StrEnum):
    """What an escalation brings in: more skill, or more authority."""

    FUNCTIONAL = "functional"
    HIERARCHICAL = "hierarchical"


class Trigger(StrEnum):
    """What a step follows; a goal that is met late counts as met, too."""

    WARN = "warn"
    BREACH = "breach"
    MET = "met"


@dataclass(frozen=True, slots=True)
class Effects:
    """What a step may do on the ticket, where the account allows it: each is off unless the policy says so."""

    note: bool = False
    group: str | None = None  # the group, by name or id, that gets the ticket
    raise_priority: bool = False
    tags: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What it does, a word each, with the group and the tags behind their words."""
        told = {
            "note": self.note,
            f"assign:{self.group}": self.group,
            "raise_priority": self.raise_priority,
            f"add_tags:{' '.join(self.tags)}": self.tags,
        }
        return tuple(word for word, asked in told.items() if asked)


NO_EFFECTS = Effects()


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A level that is reached `after` seconds past its trigger; `notify` are roles."""

    level: int
    after: int
    kind: EscalationKind = EscalationKind.HIERARCHICAL
    at: Trigger = Trigger.BREACH
    notify: tuple[str, ...] = ()
    effects: Effects = NO_EFFECTS

    @property
    def name(self) -> str:
        """What the step is called where it fired."""
        return f"{_NAMES[self.at]}:{self.level}"


_NAMES = {Trigger.WARN: "early", Trigger.BREACH: "escalation", Trigger.MET: "success"}
REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What holds later steps: a condition (a key among the policies' criteria) that comes true by somebody's hand.

    `by` are the roles that may, nobody in particular where it is empty; `holds_for` seconds, None: until all is over.
    """

    criterion: str
    by: tuple[str, ...] = ()
    holds_for: int | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Notices after the last step, `every` so many seconds, `most` of them; none while the calendar `quiet` is shut."""

    every: int
    most: int
    quiet: str | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """All that follows one clock; `calendar` is the one that steps count in, None for the clock's own time.

    A plain one has nothing but steps after the breach, in the clock's own time, that nothing holds.
    """

    steps: tuple[EscalationStep, ...] = ()
    calendar: str | None = None
    acknowledgement: Acknowledgement | None = None
    repeat: Repeat | None = None
    after_breach: tuple[EscalationStep, ...] = field(init=False, compare=False)
    is_plain: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Work out what every clock of every ticket asks."""
        object.__setattr__(self, "after_breach", self.at(Trigger.BREACH))
        simple = self.calendar is None and self.acknowledgement is None and self.repeat is None
        object.__setattr__(self, "is_plain", simple and len(self.after_breach) == len(self.steps))

    def at(self, trigger: Trigger) -> tuple[EscalationStep, ...]:
        """Return the steps that follow a trigger, in their order."""
        return tuple(step for step in self.steps if step.at is trigger)

    def named(self, name: str) -> EscalationStep | None:
        """Return the step that fires under a name; a repeated notice is the last step's."""
        if name.startswith(f"{REPEAT}:"):
            return self.after_breach[-1] if self.after_breach else None
        return next((step for step in self.steps if step.name == name), None)


NO_ESCALATION = Escalation()


def parse_escalations(document: Document) -> Mapping[tuple[str | None, str], Escalation]:
    """Return escalations by policy (None: every policy that has none of its own) and clock."""
    return dict(_escalation(mapping(each, "escalations")) for each in listed(document, "escalations"))


def _escalation(document: Document) -> tuple[tuple[str | None, str], Escalation]:
    on = mapping(document["on"], "escalations.on")
    whose, calendar = on.get("policy"), document.get("calendar")
    steps = (_step(mapping(step, "escalations.steps")) for step in listed(document, "steps"))
    return (None if whose is None else str(whose), str(on["clock"])), Escalation(
        steps=tuple(sorted(steps, key=lambda step: (step.after, step.level))),
        calendar=None if calendar is None else str(calendar),
        acknowledgement=_acknowledgement(document.get("acknowledgement")),
        repeat=_repeat(document.get("repeat")),
    )


def _step(document: Document) -> EscalationStep:
    group = document.get("assign")
    return EscalationStep(
        level=int(str(document["level"])),
        after=seconds_of(str(document.get("after", "0m"))),
        kind=EscalationKind(str(document.get("type", EscalationKind.HIERARCHICAL))),
        at=Trigger(str(document.get("at", Trigger.BREACH))),
        notify=tuple(str(role) for role in listed(document, "notify")),
        effects=Effects(
            note=bool(document.get("note", False)),
            group=None if group is None else str(group),
            raise_priority=bool(document.get("raise_priority", False)),
            tags=tuple(str(tag) for tag in listed(document, "add_tags")),
        ),
    )


def _acknowledgement(document: object) -> Acknowledgement | None:
    if document is None:
        return None
    told = mapping(document, "escalations.acknowledgement")
    holds = told.get("holds_for")
    return Acknowledgement(
        criterion=criterion(told["when"]),
        by=tuple(str(role) for role in listed(told, "by")),
        holds_for=None if holds is None else seconds_of(str(holds)),
    )


def _repeat(document: object) -> Repeat | None:
    if document is None:
        return None
    told = mapping(document, "escalations.repeat")
    quiet = told.get("quiet_outside")
    return Repeat(
        every=seconds_of(str(told["every"])),
        most=int(str(told["most"])),
        quiet=None if quiet is None else str(quiet),
    )
