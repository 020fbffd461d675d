"""Policies, parsed from plain documents: clocks, goals, pauses, warnings and escalation steps."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from kpi_engine.durations import seconds_of

CALENDAR_TIME = "calendar"
BUSINESS_TIME = "business"
DEFAULT = "default"


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


class Stage(NamedTuple):
    """A step of a clock: its name, its escalation level and the seconds of the clock's own time at which it is due."""

    step: str
    level: int
    threshold: int


BREACH = "breach"
NEXT_REPLY = "next_reply"


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """A level that is reached `after` seconds of the clock's own time past its breach."""

    level: int
    after: int


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock of a policy: goals in seconds and the kind of time, both by priority with a default.

    `warnings` are as written: "75%" of the goal, or "-15m" before it.
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
    _stages: dict[int, tuple[Stage, ...]] = field(default_factory=dict, repr=False, compare=False)

    def goal(self, priority: str | None) -> int | None:
        """Return the goal in seconds; no priority takes the default, and a priority left out has no clock (None)."""
        return self.goals.get(priority or DEFAULT)

    def in_business_time(self, priority: str | None) -> bool:
        """Tell whether the clock runs in business time at that priority."""
        return self.times.get(priority or DEFAULT, self.times[DEFAULT]) == BUSINESS_TIME

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
    """A named set of clocks."""

    policy: str
    clocks: tuple[ClockRule, ...]

    def rule(self, clock: str) -> ClockRule | None:
        """Return the rule of a clock, None where the policy has no such clock."""
        for rule in self.clocks:
            if rule.clock == clock:
                return rule
        return None


NO_POLICY = Policy("none", ())


def parse_policy(document: Mapping[str, object]) -> Policy:
    """Return the policy that a validated policy document describes: its first, whose conditions are empty.

    Raises ValueError naming the place where the document is not understood.
    """
    policies = _list(document, "policies")
    if not policies:
        return NO_POLICY
    steps = _steps_by_clock(_list(document, "escalations"))
    policy = _mapping(policies[0], "policies.0")
    clocks = (_mapping(clock, "policies.0.clocks") for clock in _list(policy, "clocks"))
    return Policy(str(policy["id"]), tuple(_clock(clock, steps) for clock in clocks))


def _clock(document: Mapping[str, object], steps: Mapping[str, tuple[EscalationStep, ...]]) -> ClockRule:
    name = str(document["id"])
    return ClockRule(
        clock=name,
        goals=_goals(_mapping(document["goal"], f"{name}.goal")),
        times=_times(document.get("time", BUSINESS_TIME)),
        stop=frozenset(Stop(str(word)) for word in _list(document, "stop")),
        pause_in=frozenset(str(word) for word in _list(document, "pause_in")),
        rearm=Rearm(str(document.get("rearm", Rearm.NEVER))),
        warnings=tuple(_warning(word) for word in _list(document, "warn")),
        steps=steps.get(name, ()),
        start=Start(str(document.get("start", Start.CREATED))),
        on_change=OnChange(str(document.get("on_change", OnChange.RECOMPUTE))),
    )


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


def _steps_by_clock(documents: Sequence[object]) -> dict[str, tuple[EscalationStep, ...]]:
    steps: dict[str, tuple[EscalationStep, ...]] = {}
    for document in documents:
        escalation = _mapping(document, "escalations")
        clock = str(_mapping(escalation["on"], "escalations.on")["clock"])
        levels = (_mapping(step, "escalations.steps") for step in _list(escalation, "steps"))
        steps[clock] = tuple(
            sorted(
                (EscalationStep(int(str(step["level"])), seconds_of(str(step.get("after", "0m")))) for step in levels),
                key=lambda step: (step.after, step.level),
            )
        )
    return steps


def _mapping(value: object, place: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{place}: a mapping is needed, not {value!r}")


def _list(document: Mapping[str, object], key: str) -> Sequence[object]:
    value = document.get(key) or []
    if isinstance(value, list | tuple):
        return value
    raise ValueError(f"{key}: a list is needed, not {value!r}")
