"""Policies, parsed from plain documents: clocks, goals, pauses, warnings and escalation steps."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from kpi_engine.conditions import ALWAYS_FITS, CHANNEL, PRIORITY, SEVERITY, Facts, When, parse_when
from kpi_engine.durations import seconds_of

CALENDAR_TIME = "calendar"
BUSINESS_TIME = "business"
DEFAULT = "default"
ANY = "any"
TICKET_CALENDAR = "ticket"


class Start(StrEnum):
    """What starts a clock for the first time."""

    CREATED = "created"
    ASSIGNED = "assigned"
    GROUP_ASSIGNED = "group_assigned"
    CUSTOMER_MESSAGE = "customer_message"
    AGENT_REPLY = "agent_reply"


class Stop(StrEnum):
    """What ends a clock."""

    AGENT_PUBLIC_REPLY = "agent_public_reply"
    SOLVED = "solved"
    GROUP_CHANGED = "group_changed"


class Rearm(StrEnum):
    """When a stopped clock starts afresh."""

    NEVER = "never"
    ON_CUSTOMER_MESSAGE = "on_customer_message"
    ON_AGENT_REPLY = "on_agent_reply"
    ON_REOPEN = "on_reopen"
    ON_GROUP_CHANGE = "on_group_change"


class OnChange(StrEnum):
    """What a changed priority or policy does to the goal of a running clock."""

    RECOMPUTE = "recompute"
    FREEZE = "freeze"


class EscalationKind(StrEnum):
    """What an escalation brings in: more skill, or more authority."""

    FUNCTIONAL = "functional"
    HIERARCHICAL = "hierarchical"


class Stage(NamedTuple):
    """A step of a clock: its name, its escalation level and the seconds of the clock's own time at which it is due."""

    step: str
    level: int
    threshold: int
    kind: EscalationKind | None = None


BREACH = "breach"
NEXT_REPLY = "next_reply"


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A level that is reached `after` seconds of the clock's own time past its breach."""

    level: int
    after: int
    kind: EscalationKind = EscalationKind.HIERARCHICAL


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock of a policy: goals in seconds and kinds of time, by priority (or what `by` says) with a default.

    `warnings` are as written: "75%" of the goal, or "-15m" before it. `policy` names the policy the clock is of, and
    `calendar` the calendar that policy prescribes, None for the ticket's own.
    """

    clock: str
    goals: Mapping[str, int]
    times: Mapping[str, str]
    stop: frozenset[Stop]
    pause_in: frozenset[str]
    rearm: Rearm
    warnings: tuple[str, ...] = ()
    steps: tuple[EscalationStep, ...] = ()
    start: Start = Start.CREATED
    on_change: OnChange = OnChange.RECOMPUTE
    by: str = PRIORITY
    policy: str = ""
    calendar: str | None = None
    _stages: dict[int, tuple[Stage, ...]] = field(default_factory=dict, repr=False, compare=False)

    def goal(self, word: str | None) -> int | None:
        """Return the goal in seconds for a priority, severity or channel, as `by` says.

        None takes the default; a word left out takes the goal for any, and has no clock (None) without one.
        """
        return self.goals.get(word or DEFAULT, self.goals.get(ANY))

    def in_business_time(self, word: str | None) -> bool:
        """Tell whether the clock runs in business time at that priority, severity or channel."""
        return self.times.get(word or DEFAULT, self.times[DEFAULT]) == BUSINESS_TIME

    def stages(self, goal: int) -> tuple[Stage, ...]:
        """Return the warnings and the breach of a clock with that goal, in order.

        A warning that would lie before the start is due at once: no more than that is left.
        """
        if goal not in self._stages:  # as many as there are goals in the policy
            warnings = [Stage(f"warn:{word}", 0, _threshold(word, goal)) for word in self.warnings]
            self._stages[goal] = (*sorted(warnings, key=attrgetter("threshold")), Stage(BREACH, 0, goal))
        return self._stages[goal]

    @property
    def is_reply_clock(self) -> bool:
        """Whether a reply, not a solve, is what the clock waits for."""
        return Stop.AGENT_PUBLIC_REPLY in self.stop


def _threshold(warning: str, goal: int) -> int:
    if warning.endswith("%"):
        return goal * int(warning[:-1]) // 100
    return max(0, goal - seconds_of(warning[1:]))


@dataclass(frozen=True, slots=True)
class Policy:
    """A named set of clocks, and the tickets it is for."""

    policy: str
    clocks: tuple[ClockRule, ...]
    when: When = ALWAYS_FITS

    def rule(self, clock: str) -> ClockRule | None:
        """Return the rule of a clock, None where the policy has no such clock."""
        for rule in self.clocks:
            if rule.clock == clock:
                return rule
        return None


NO_POLICY = Policy("none", ())
NO_MATCH = -1


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of one document, in order: the first that fits a ticket gives it its clocks."""

    policies: tuple[Policy, ...] = ()

    def match(self, facts: Facts) -> int:
        """Return the place of the first policy that fits, NO_MATCH where none does."""
        return next((place for place, policy in enumerate(self.policies) if policy.when.fits(facts)), NO_MATCH)

    def at(self, place: int) -> Policy:
        """Return the policy at a place, the one without clocks at NO_MATCH."""
        return NO_POLICY if place == NO_MATCH else self.policies[place]

    @property
    def subjects(self) -> frozenset[str]:
        """What conditions and goals ask of a ticket."""
        asked = {subject for policy in self.policies for subject in policy.when.subjects}
        return frozenset(asked | {rule.by for policy in self.policies for rule in policy.clocks})


NO_POLICIES = Policies()

_Steps: TypeAlias = Mapping[tuple[str | None, str], tuple[EscalationStep, ...]]
"""Escalation steps by policy (None: every policy that has none of its own) and clock."""


def parse_policies(document: Mapping[str, object]) -> Policies:
    """Return the policies that a validated policy document describes.

    Raises ValueError naming the place where the document is not understood.
    """
    steps = _steps_by_clock(_list(document, "escalations"))
    listed = enumerate(_list(document, "policies"))
    return Policies(tuple(_policy(_mapping(policy, f"policies.{place}"), place, steps) for place, policy in listed))


def _policy(document: Mapping[str, object], place: int, steps: _Steps) -> Policy:
    name, calendar = str(document["id"]), str(document.get("calendar", TICKET_CALENDAR))
    prescribed = None if calendar == TICKET_CALENDAR else calendar
    clocks = [_mapping(clock, f"policies.{place}.clocks") for clock in _list(document, "clocks")]
    return Policy(
        policy=name,
        clocks=tuple(replace(_clock(clock, steps, name), policy=name, calendar=prescribed) for clock in clocks),
        when=parse_when(_mapping(document.get("when", {}), f"policies.{place}.when")),
    )


def _clock(document: Mapping[str, object], steps: _Steps, policy: str) -> ClockRule:
    name = str(document["id"])
    by, goals = _goals_and_by(document, name)
    return ClockRule(
        clock=name,
        goals=_goals(goals),
        times=_times(document.get("time", BUSINESS_TIME)),
        stop=frozenset(Stop(str(word)) for word in _list(document, "stop")),
        pause_in=frozenset(str(word) for word in _list(document, "pause_in")),
        rearm=Rearm(str(document.get("rearm", Rearm.NEVER))),
        warnings=tuple(_warning(word) for word in _list(document, "warn")),
        steps=steps.get((policy, name)) or steps.get((None, name), ()),
        start=Start(str(document.get("start", Start.CREATED))),
        on_change=OnChange(str(document.get("on_change", OnChange.RECOMPUTE))),
        by=by,
    )


def _goals_and_by(document: Mapping[str, object], clock: str) -> tuple[str, Mapping[str, object]]:
    """Return what the goals go by, and the goals: `goal` by priority, or `goal_by` severity or channel."""
    other = _mapping(document.get("goal_by", {}), f"{clock}.goal_by")
    for by in (SEVERITY, CHANNEL):
        if by in other:
            return by, _mapping(other[by], f"{clock}.goal_by.{by}")
    return PRIORITY, _mapping(document["goal"], f"{clock}.goal")


def _goals(document: Mapping[str, object]) -> dict[str, int]:
    """Return seconds by priority; a goal may name another priority whose goal it shares (`default: normal`)."""
    goals = {}
    for priority, goal in document.items():
        shared = document.get(str(goal), goal)
        goals[priority] = seconds_of(str(shared))
    return goals


def _times(document: object) -> dict[str, str]:
    if isinstance(document, Mapping):
        return {DEFAULT: BUSINESS_TIME, **{str(priority): str(time) for priority, time in document.items()}}
    return {DEFAULT: str(document)}


def _warning(word: object) -> str:
    text = str(word)
    if re.fullmatch(r"[0-9]{1,2}%", text) is None:
        if not text.startswith("-"):
            raise ValueError(f"a warning is a percentage of the goal or a time before it, not {text!r}")
        seconds_of(text[1:])
    return text


def _steps_by_clock(documents: Sequence[object]) -> _Steps:
    steps: dict[tuple[str | None, str], tuple[EscalationStep, ...]] = {}
    for document in documents:
        escalation = _mapping(document, "escalations")
        on = _mapping(escalation["on"], "escalations.on")
        whose = on.get("policy")
        levels = (_mapping(step, "escalations.steps") for step in _list(escalation, "steps"))
        steps[None if whose is None else str(whose), str(on["clock"])] = tuple(
            sorted(
                map(_escalation_step, levels),
                key=lambda step: (step.after, step.level),
            )
        )
    return steps


def _escalation_step(document: Mapping[str, object]) -> EscalationStep:
    kind = EscalationKind(str(document.get("type", EscalationKind.HIERARCHICAL)))
    return EscalationStep(int(str(document["level"])), seconds_of(str(document.get("after", "0m"))), kind)


def _mapping(value: object, place: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{place}: a mapping is needed, not {value!r}")


def _list(document: Mapping[str, object], key: str) -> Sequence[object]:
    value = document.get(key) or []
    if isinstance(value, list | tuple):
        return value
    raise ValueError(f"{key}: a list is needed, not {value!r}")
